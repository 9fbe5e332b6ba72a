### 画面の枠と部品

skip = 本文へ移動
language = 表示言語
disclaimer = onshi は公的な製品ではありません。人物・番号はすべて架空です。
about = この製品について
required = 必須
optional = 任意
error-summary = 入力内容を確かめてください（{ $count }件）
next-page = 次のページ
