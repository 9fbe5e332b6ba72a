### この製品について

about-product = onshi（オン資）{ $version } は、オンライン資格確認等システムのオープンな実装です。
about-official = 公的な製品ではなく、どの行政機関・審査支払機関ともつながっていません。
about-sources = 使っているもの
about-design-system = 画面は、デジタル庁デザインシステムのデザイントークンを使い、その考え方に沿って独自に作成しています（出典：デジタル庁デザインシステムウェブサイト）。
about-font = 文字は Noto Sans CJK JP から作ったフォントで表示します。JIS X 0213 の漢字（第1〜第4水準）と、異体字セレクタで表す異体字を含みます。
about-licences = ライセンスの全文
