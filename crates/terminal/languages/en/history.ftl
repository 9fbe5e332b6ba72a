### History of checks

history = History of checks
search = Search
export-utf-8 = Export CSV (UTF-8)
export-cp932 = Export CSV (Shift_JIS)
from = Checked from
from-support = Empty: 30 days before the last day
to = Checked until
to-support = Empty: today
name = Name or kana
name-support = A part will do.
user-id-support = Who checked
verdict = Result
origin = Asked by
all = All
origin-page = Page of the terminal
origin-shell = Command
origin-file = Receipt computer (link app)
origin-web-api = Web API
origin-card = My Number card
found = Found
none-found = No check fits these terms.
at = Checked at
no-name = (none found)
