### パスワード変更

change-password = パスワード変更
change-needed-now = パスワードの変更が必要です。変更すると、ほかの機能を使えます。
password-set-at = 設定した日時
password-set-before = 以前に設定した日時
password-set-before-meaning = 新しい順です。自分で変更したもののほか、管理アカウントや復旧コードでの再設定も含みます。心当たりがないときは、管理アカウントの方に知らせてください。
password-expiry = 有効期限
old-password = 旧パスワード
new-password = 新パスワード
new-password-support = 13文字以上にすると、有効期限がなくなります。12文字以下は60日で期限が切れます。
new-password-again = 新パスワード（確認）
old-password-missing = 旧パスワードを入力してください。
passwords-differ = 新パスワードと一致しません。同じものをもう一度入力してください。
to-confirmation = 確認画面へ進む

rule = パスワードの決まり
rule-length = 8〜20文字
rule-digit = 数字を1文字以上
rule-lower = 英小文字を1文字以上
rule-upper = 英大文字を1文字以上
rule-special = 記号を1文字以上（{ $characters }）
rule-characters = 半角の英数字と上の記号だけ
rule-met = （満たしています）
rule-broken = （満たしていません）
rule-generations = 12文字以下のときは、直近5回のパスワードと同じもの、先頭5文字が同じものは使えません。これは更新するときに確かめます。

confirm-password = 更新確認
confirm-password-lead = パスワードを更新します。よろしければ「更新する」を押してください。次のログインから新しいパスワードを使います。
password-perhaps = 応答がまだ届いていません。パスワードは、もう替わっているかもしれません。「更新する」をもう一度押してください。何度押しても、替わるのは一度だけです。
change-unanswered = 応答を受け取れませんでした。新しいパスワードは、もう有効になっているかもしれません。
password-expiry-new = 新しい有効期限
update = 更新する
password-changed = パスワードを変更しました。
