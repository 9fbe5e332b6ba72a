### CSVファイルでの登録

import = CSVファイルで登録
import-lead = 1行に1アカウントを書いたCSVファイルで、まとめて登録します（200件まで）。1行でも誤りがあれば、どのアカウントも登録しません。1行目は次の見出しにします。
import-professions = medical_viewer の行には profession に physician（医師）、dentist（歯科医師）、pharmacist（薬剤師）、designated（選定者）のどれかを書きます。designated の行では、designated_by に選定した人の職種と氏名を必ず書きます。designation に本人の職種も書けます。physician・dentist・pharmacist の行では、designation と designated_by を空欄にします。medical_viewer 以外の行では、3項目とも空欄にします。
import-kinds = kind には general（一般）、medical_viewer（医療情報閲覧）、link_app（連携アプリ用）、web_api（WebAPI用）、reader（顔認証用）を書きます。マスタアカウントで登録できるのは administrator（管理）です。
file = CSVファイル
file-support = UTF-8 または Shift_JIS（Windows-31J）。Excelで保存したものも使えます。
file-missing = CSVファイルを選んでください。
import-now = 登録する
imported = { $count }件のアカウントを登録しました。
not-imported = 登録していません。{ $count }行に誤りがあります。直してから、もう一度ファイルを選んでください。
report = 行ごとの結果
line = 行
line-good = 誤りなし
