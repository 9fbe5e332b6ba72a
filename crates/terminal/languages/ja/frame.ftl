### 各画面に共通の文言

product = onshi 資格確認端末
menu = メニュー
sign-out = ログアウト
account-kind = { $kind }アカウント
to-menu = メニューに戻る
to-start = はじめの画面に戻る
to-accounts = アカウント一覧に戻る
cancel = 取り消す
try-again = もう一度試す
trouble = 表示できませんでした
no-such-page = この画面はありません。メニューから選び直してください。
no-such-check = この確認番号の記録はありません。資格確認履歴照会から選び直してください。
no-such-account = このIDのアカウントはありません。アカウント一覧から選び直してください。
no-such-language = この言語では表示できません。日本語またはEnglishを選んでください。
form-unreadable = 送信内容を読み取れませんでした。前の画面に戻り、もう一度入力してください。
form-too-large = 送信内容が大きすぎます。内容を減らすか、ファイルを分けてください。
unknown-choice = 選べない値です。一覧から選び直してください。
wait = （あと約{ $minutes }分）
certificate-refused = 電子証明書が期限切れか失効しています。再発行を申請してください。
clock-wrong = このパソコンの日時が正しくないため、センターに接続できません。日時（年月日と時刻、日本時間）を直してから、もう一度お試しください。
center-unreachable = センターに接続できません。回線とルータを確かめて、もう一度お試しください。
center-not-understood = センターの応答を読み取れません。システム担当者に連絡してください。

day-form = 「S45.1.2」「昭和45年1月2日」「1970-01-02」のように入力してください。
day-no-such-day = 暦にない日です。年号・年・月・日を確かめてください。
day-out-of-range = 1868年1月25日（明治元年）以後の日を入力してください。

user-id = ユーザーID
