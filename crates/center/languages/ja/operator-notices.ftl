### お知らせ

no-notices = 掲載したお知らせはありません。
new-notice = お知らせを掲載する
new-notice-lead = 対象を何も指定しないと、すべての施設に表示されます。端末は定期的に読み込みます。
notice-title = 題
notice-state = 状態
notice-audience = 対象
notice-until = 表示の最終日
notice-until-support = 例：2026-12-31、令和8年12月31日。空欄なら、取り下げるまで表示します。
notice-in-force = 掲載中
notice-over = 終了
notice-withdrawn-state = 取下げ
notice-title-ja = 題（日本語）
notice-body-ja = 本文（日本語）
notice-title-en = 題（英語）
notice-body-en = 本文（英語）
notice-important = 重要
notice-important-support = 読まれるまで、端末の最初の画面に表示します。
notice-important-mark = 重要
notice-kinds = 施設の種類（選ばなければすべて）
notice-prefectures-support = 都道府県番号を空白で区切って入力します（例：13 14）。空欄ならすべて。
notice-facilities = 施設
notice-facilities-support = 医療機関コードを空白か改行で区切って入力します。空欄ならすべて。
post-notice = 掲載する
withdraw = 取り下げる
notice-posted = お知らせを掲載しました。
notice-withdrawn = お知らせを取り下げました。
