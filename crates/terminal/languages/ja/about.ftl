### この製品について

about-product = onshi（オン資）{ $version } は、オンライン資格確認等システムのオープンな実装です。
about-official = 公的な製品ではなく、どの行政機関・審査支払機関ともつながっていません。
about-sources = 使っているもの
about-design-system = 画面は、デジタル庁デザインシステムのデザイントークンを使い、その考え方に沿って独自に作成しています（出典：デジタル庁デザインシステムウェブサイト）。
about-font = 文字は Noto Sans CJK JP から作ったフォントで表示します。JIS X 0213 の漢字（第1〜第4水準）と、異体字セレクタで表す異体字を含みます。
about-licences = ライセンスの全文

### 自動更新

update-heading = 更新
update-installed = 入っている版
update-waiting = 待っている更新
update-looked = センターに最後に確認した日時
update-last = 前回の更新
update-stopped = 更新されない理由
update-put-off = 見送った更新
update-put-off-why = 受付時間中（{ $until } まで）だったため、更新しませんでした。受付時間のあとに終了すると更新します。
update-none = なし
update-ended-installed = { $from } から { $to } に更新しました。
update-ended-not-installed = { $to } を入れられなかったため、{ $from } に戻しました。
update-ended-self-check = { $to } が自己診断に通らなかったため、{ $from } に戻しました。
update-ended-not-running = { $to } で起動しない部分があったため、{ $from } に戻しました。
update-ended-cut-off = { $to } への更新が途切れ、いまは { $from } が入っています。{ $to } のほうが新しいときは、次の機会にやり直します。
