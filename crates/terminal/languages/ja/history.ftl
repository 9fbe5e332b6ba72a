### 資格確認履歴照会

history = 資格確認履歴照会
search = 検索する
export-utf-8 = CSV出力（UTF-8）
export-cp932 = CSV出力（Shift_JIS）
from = 確認した日（から）
from-support = 空欄のときは「まで」の30日前
to = 確認した日（まで）
to-support = 空欄のときは今日
name = 氏名・カナ
name-support = 一部でも検索できます。
user-id-support = 確認した人のID
verdict = 結果
origin = 確認の方法
all = すべて
origin-page = 端末の画面
origin-shell = コマンド
origin-file = レセコン（連携アプリ）
origin-web-api = Web API
origin-card = マイナンバーカード
found = 検索結果
none-found = 条件に合う資格確認はありません。
at = 確認日時
no-name = （該当なし）
