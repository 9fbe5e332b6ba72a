### メニュー

people = 運用者
people-about = 運用者を加える、止める、認証アプリを再設定する。
facilities = 施設
facilities-about = 医療機関・薬局を探す、登録する、電子証明書を発行・失効する。
notices = お知らせ
notices-about = 施設の端末に表示するお知らせを掲載する、取り下げる。
feeds = 取込
feeds-about = 取り込んだファイルと、採用・拒否した行の数を見る。
claims = オンライン請求
claims-about = 請求用の利用者ID、医療機関からの届出、受付期間と延長。
audit = 監査記録
audit-about = 誰が何をしたかを探す、書き出す、改変がないか検証する。
looks = 閲覧記録
looks-about = 医療情報を誰がいつ見たかを探す。
load = 稼働状況
load-about = 資格確認の件数と応答時間、待ち、接続、空き容量、最後のバックアップと取込。
modes = 緊急時の開放
modes-about = 災害時とシステム障害時の機能を開き、延ばし、閉じます。施設の利用報告もここで見ます
