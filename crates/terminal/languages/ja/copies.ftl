### 本日の結果（控え）：センターにつながらない間に見るもの

copies = 本日の結果（控え）
copies-result = 資格確認の結果（控え）
copies-title = 控えを表示しています。いま確認した結果ではありません
copies-of-result = センターから応答がないため、{ $at }（{ $age }）に受け取った回答の控えを表示しています。資格はその後に変わっていることがあります。
copies-of-list = センターから応答がないため、このログインの間にこの画面で見た本日分の回答の控えを表示しています。資格はその後に変わっていることがあります。
copies-answered = そのときの回答
copies-answer-was = { $at }（{ $age }）の回答は「{ $verdict }」でした。
copies-was = 「{ $verdict }」でした
copies-do = この控えだけで判断せず、資格確認書などの書類で確かめてください。センターにつながったら、もう一度確認してください。
copies-limits = ほかの人や別の端末が確認したものは、この画面で見ていなければ表示されません。検索とCSV出力はできません。控えは、ログアウトしたとき、しばらく操作がないとき、日付が変わったときに消えます。
copies-at = 回答の日時
copies-age = 経過
copies-answer = そのときの結果
copies-age-minutes = { $minutes }分前
copies-age-hours = { $hours }時間{ $minutes }分前
copies-mark = 控え { $at }
