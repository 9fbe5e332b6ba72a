### 運用者の画面に共通の文言

product = onshi センター 運用画面
menu = メニュー
sign-out = ログアウト
to-menu = メニューに戻る
to-sign-in = ログイン画面へ
try-again = もう一度試す
trouble = 表示できませんでした
no-such-page = この画面はありません。メニューから選び直してください。
no-such-language = この言語では表示できません。日本語またはEnglishを選んでください。
form-unreadable = 送信内容を読み取れませんでした。前の画面に戻り、もう一度入力してください。
operator-name = 運用者名
password = パスワード
about-product = onshi { $version }
about-official = onshi はオンライン資格確認の仕組みを公開資料から実装したもので、公的な製品ではありません。
about-licences = 使用しているソフトウェアとライセンス
