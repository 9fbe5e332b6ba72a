### 電子証明書のダウンロード画面

title = 電子証明書のダウンロード
lead = 「電子証明書取得発行通知書」を手元に用意してください。期限までは何度でもダウンロードできます。リファレンスIDを5回間違えると、その通知書は使えなくなります。
request-id = リクエストID
request-id-support = 通知書に記載の12文字。ハイフンや小文字でも構いません。
reference-id = リファレンスID
reference-id-support = 通知書に記載の20文字。
password = ファイルのパスワード
password-support = ダウンロードするファイルを守るパスワードを、ご自身で決めてください。8〜20文字で、英大文字・英小文字・数字・記号をそれぞれ1文字以上。センターには残りません。
password-again = ファイルのパスワード（確認）
password-again-support = 確認のため、もう一度入力してください。
windows = ファイルの形式
windows-support = 取り込むときに「パスワードが違う」と表示される古いWindowsでは、旧形式を選んでください。
windows-new = 標準（Windows 10 バージョン1709以降など）
windows-old = 旧形式（それより前のWindows）
key = 鍵の種類
key-support = 担当ベンダーから指定がなければ、標準のままにしてください。
key-p256 = 標準（P-256）
key-rsa = RSA（2048ビット）
download = ダウンロード
after = ダウンロードした後に
after-backup = ファイルを、別の機器（USBメモリーやファイルサーバー）に必ず保管してください。
after-earlier = 新しい証明書を使い始めると、同じ通知書で先にダウンロードした証明書は使えなくなります。
after-lost = ファイルやUSBメモリーをなくしたときは、すぐに届け出て、失効と再発行を申請してください。
