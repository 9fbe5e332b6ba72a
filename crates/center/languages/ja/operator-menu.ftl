### メニュー

people = 運用者
people-about = 運用者を加える、止める、認証アプリを再設定する。
