### Notices

notices = Notices
search-words = Words to look for
search-support = Width, case and kana do not matter. Do not type anything about a patient.
notices-none = There are no notices to show.
notices-fetched = As received from the center at { $at }. They can be read without a connection.
notices-never-fetched = Nothing was received from the center yet.
notices-refresh = Receive now
notices-show-kept = Show the notices received earlier
notices-unread = { $count } unread
notices-unread-important = { $count } unread, { $important } of them important
notice-important = Important
notice-unread = Unread
notice-read = Read this notice
notice-until = Shown until { $day }
to-notices = Back to the notices
menu-notices = Read what the center tells you; what was received can be read without a connection.
