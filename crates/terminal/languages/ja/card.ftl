### マイナンバーカードで確認（この端末のカードリーダー）

card-check = マイナンバーカードで確認
card-check-lead = この端末のカードリーダーで確認します。暗証番号の入力と質問への回答は、患者ご本人が行います。職員は暗証番号を聞かないでください。
card-pin = 暗証番号
card-pin-support = 患者ご本人が、数字4けたを入力します。
card-pin-enter = 確定する
card-choices = 選択肢
card-stop = 終了する
card-result = この確認の結果を見る
card-result-earlier = 直前に確認した患者の結果を見る
card-by-number = 資格確認書などの番号で確認する
no-card-reader = この端末では、カードリーダーが設定されていません。資格確認書などの番号で確認するか、顔認証付きカードリーダーを使ってください。
reader-taken = 「{ $name }」が、この端末のカードリーダーで受付中です。
reader-take = 受付中の内容を終了して、使う
to-card = マイナンバーカードで確認する（この端末のカードリーダー）
