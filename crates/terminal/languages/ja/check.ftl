### 保険証/処方箋で確認

check = 保険証/処方箋で確認
check-now = 確認する
form-kept = ログインし直す前に入力した内容を戻しました。確かめて「確認する」を押してください。
check-not-answered = まだ確認できていません。入力内容はそのまま残っています。
insurer-number = 保険者番号
insurer-number-support = 8桁（国民健康保険は6桁）。医療扶助は公費負担者番号を入力します。
symbol = 記号
symbol-support = 後期高齢者医療など、記号がないときは空欄にします。
number = 番号
number-support = 後期高齢者医療は被保険者番号、医療扶助は受給者番号です。全角・半角のどちらでも入力できます。
branch = 枝番
branch-support = 2桁。書かれていないときは空欄にします。
birth-date = 生年月日
birth-date-support = 例：S45.1.2、昭和45年1月2日、3450102、1970-01-02
visit-date = 受診日
visit-date-support = 今日のときは空欄にします。過去や先の日も確かめられます。
ceiling-consent = 限度額情報の提供に、患者の口頭での同意を得た
ceiling-consent-support = 同意があるときだけ、限度額適用認定証の情報が表示されます。
check-digit = 保険者番号の検証番号（末尾の1桁）が合いません
check-digit-support = 「{ $number }」に打ち間違いがないか確かめてください。書かれたとおりであれば、画面下の「このまま照会する」を押してください。
ask-anyway = このまま照会する
