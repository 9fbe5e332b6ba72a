### 電子証明書の選択とログイン

eligibility = 資格確認
certificates-lead = この端末の電子証明書を選び、「システムの利用を始める」を押してください。
certificates = 電子証明書の選択
certificate-holder = 医療機関コード { $facility }、証明書の名前「{ $name }」
certificate-good = 有効期限 { $day }
certificate-ending = 有効期限 { $day }（残り{ $left }日）。期限までに更新してください。
certificate-expired = { $day }に有効期限が切れました。再発行を申請してください。
no-certificate = 使える電子証明書がありません。電子証明書をダウンロードして取り込むか、再発行を申請してください。
no-certificate-apply = 発行通知書も手元にないときは、ブラウザーで { $address } を開いて申請してください。ブラウザーが警告を出すときは、先へ進まず、システム担当者に、センターのルート証明書をブラウザーに取り込んでもらってください。そのルート証明書のフィンガープリント（SHA-256）は { $fingerprint } です。取り込む前に、同じであることを確かめてもらってください。
choose-certificate = 電子証明書を選んでください。
start = システムの利用を始める

sign-in = ログイン
sign-in-now = ログイン
other-certificate = 電子証明書を選び直す
account = ユーザーID
account-support = セットアップシートの「PC設定」に書かれています。
password = パスワード
no-pages-for-machines = システム用アカウントでは画面を使えません。ご自身のアカウントでログインしてください。
end-earlier = 先のログインを終了して続ける
end-earlier-support = 同じIDで使用中の画面は終了します。入力途中の内容は失われます。
forgot-password = パスワードを忘れたとき（復旧コード）
