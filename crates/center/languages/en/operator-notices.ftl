### Notices

no-notices = No notice was posted.
new-notice = Post a notice
new-notice-lead = With no audience given it reaches every facility. Terminals fetch notices by themselves.
notice-title = Title
notice-state = State
notice-audience = Audience
notice-until = Last day shown
notice-until-support = Such as 2026-12-31 or 令和8年12月31日; until it is withdrawn when left empty.
notice-in-force = In force
notice-over = Over
notice-withdrawn-state = Withdrawn
notice-title-ja = Title in Japanese
notice-body-ja = Text in Japanese
notice-title-en = Title in English
notice-body-en = Text in English
notice-important = Important
notice-important-support = Shown on the terminal's first screen until it is read.
notice-important-mark = Important
notice-kinds = Kinds of facilities (all when none is chosen)
notice-prefectures-support = Numbers of prefectures, separated by blanks, such as 13 14; all when empty.
notice-facilities = Facilities
notice-facilities-support = Institution codes, separated by blanks or lines; all when empty.
post-notice = Post
withdraw = Withdraw
notice-posted = The notice was posted.
notice-withdrawn = The notice was withdrawn.
