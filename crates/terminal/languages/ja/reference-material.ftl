### 参考資料

reference-material = 参考資料
reference-material-lead = この端末はインターネットにつながっていません。二次元コードを、スマートフォンなど別の機器で読み取ってください。
reference-material-as-of = 一覧は「{ $as_of }」の時点の例です。アドレスや名前は変わることがあります。
reference-material-refused = 参考資料のファイルに誤りがあるため、前の内容を表示しています。{ $trouble }
material-place = 場所
material-manual = この端末のマニュアル
material-qr = 「{ $title }」の二次元コード
