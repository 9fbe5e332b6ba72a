### アカウント管理

accounts = アカウント管理（登録）
no-accounts = 管理するアカウントはまだありません。
display-name = 表示名
display-name-support = 画面と記録に表示されます。1〜60文字。
kind = 種別
kind-support = できることは種別で決まります。後から変更できません。
state = 状態
state-active = 利用中
state-locked = 一時停止中
state-disabled = 利用停止
password-change-needed = 次のログインで変更が必要
password-until = { $day }まで有効
password-never = 無期限
propose-general = 一般アカウントがまだありません。日常の受付は、管理アカウントと分けて一般アカウントで行うことをお勧めします。
propose-medical-viewer = 医療情報閲覧アカウントがまだありません。医師・歯科医師・薬剤師など、医療情報を見る方に登録してください。
propose-now = 今すぐ登録する

register = アカウントの登録
register-now = 登録する
id-support = 半角の英数字と . _ - で1〜32文字。後から変更できません。
designation = 選定者
designation-support = 医療情報閲覧アカウントを医師・歯科医師・薬剤師以外の方に作るとき、職種と選定した人を書きます。
first-password = 初回パスワード
first-password-support = 本人に伝えてください。本人は最初のログインで変更します。連携アプリ用・WebAPI用・顔認証用は13文字以上で、変更は求められません。
account-registered = アカウント「{ $id }」を登録しました。
account-changed = アカウント「{ $id }」を変更しました。
account-disabled = アカウント「{ $id }」の利用を停止しました。
account-enabled = アカウント「{ $id }」を再び使えるようにしました。
account-password = アカウント「{ $id }」のパスワードを再設定しました。

save = 変更を保存する
system-account = IDとパスワードの変更、利用停止はできません
system-account-way = 機器を止めずにパスワードを新しくする（システム用アカウントの切り替え）
to-rotations = システム用アカウントの切り替え
account-of = アカウント「{ $id }」
temporary-password = 仮パスワード
temporary-password-support = 本人に伝えてください。
reset-password = パスワードの再設定
reset-password-lead = 忘れたときや、続けて間違えて一時停止になったときに使います。本人は次のログインで変更します。
reset-password-now = 再設定する
use = 利用
disable-lead = 利用を停止すると、このアカウントはすぐに使えなくなります。履歴は残り、いつでも再開できます。
disable = 利用を停止する
enable-lead = このアカウントは利用を停止しています。
enable = 利用を再開する

reset-factors-lead = 認証アプリやパスキーをなくした人のために、登録をすべて取り消します。本人であることを確かめてから行ってください。
reset-factors = 二要素認証の登録を取り消す
factors-reset = アカウント「{ $id }」の二要素認証の登録を取り消しました。
accounts-unusual = いつもと違うログイン
accounts-unusual-lead = 直近31日のものです。本人に心当たりがあるか確かめ、なければパスワードを変更してもらうか、アカウントを停止してください。
