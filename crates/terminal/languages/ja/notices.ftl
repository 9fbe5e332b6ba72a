### お知らせ

notices = お知らせ
search-words = 探すことば
search-support = ひらがな・カタカナ、全角・半角は区別しません。患者の情報は入力しないでください。
notices-none = 表示するお知らせはありません。
notices-fetched = { $at } にセンターから受け取った内容です。センターに接続できないときも読めます。
notices-never-fetched = まだセンターから受け取っていません。
notices-refresh = 今すぐ受け取る
notices-show-kept = 受け取り済みのお知らせを見る
notices-unread = 未読{ $count }件
notices-unread-important = 未読{ $count }件（重要{ $important }件）
notice-important = 重要
notice-unread = 未読
notice-read = このお知らせを読む
notice-until = 掲載は{ $day }まで
to-notices = お知らせの一覧に戻る
menu-notices = センターからのお知らせを読みます。接続できないときも、受け取り済みのものを読めます。
