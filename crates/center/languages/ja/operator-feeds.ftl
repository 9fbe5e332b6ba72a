### 取込

feeds-lead = 保険者などから受け取ったファイルを取り込んだ記録です。取込はセンターの機器で onshi feed を使って行います。
no-feeds = 取込の記録はありません。
feed-kind = 内容
feed-file = ファイル
feed-begun = 開始
feed-ended = 終了
feed-state = 状態
feed-lines = 行（全体 / 採用 / 拒否）
feed-changed = 変化（追加 / 置換 / 同じ）
feed-who = 運用者
feed-report = 拒否した行の一覧（個人情報を含む）：
feed-insurer = 保険者
feed-members = 加入者
feed-with-ratio = 負担割合のある人
feed-with-ceiling = 限度額の認定のある人
feed-lost = 喪失
feed-release = 確かめたので取り込む
feed-reject = 取り込まずに却下する
