### マニュアル

manuals = マニュアル
manuals-lead = この端末の使いかたです。センターに接続できないときも、ログインしていなくても読めます。
manuals-all = マニュアルの一覧
manuals-none-found = 見つかりませんでした。ことばを短くするか、別のことばで探してください。
manual-contents = 目次
to-manuals = マニュアルの一覧に戻る
to-reference-material = 公的な手順書などの参考資料（二次元コード）
menu-manuals = この端末の使いかたを調べます。公的な手順書の二次元コードもあります。
