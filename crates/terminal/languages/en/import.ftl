### Register from a CSV file

import = Register from a CSV file
import-lead = Registers many accounts at once (up to 200) from a CSV file with one account per line. If one line is wrong, no account is registered. The first line is this header.
import-professions = In a line of a medical_viewer, profession is physician, dentist, pharmacist or designated. A designated person needs designated_by, who designated them, and may have designation, their work. In every other line these three stay empty.
import-kinds = The kind is general, medical_viewer, link_app, web_api or reader; a master registers administrator only.
file = CSV file
file-support = UTF-8 or Shift_JIS (Windows-31J), as Excel saves it.
file-missing = Choose a CSV file.
import-now = Register
imported = { $count ->
    [one] One account is registered.
   *[other] { $count } accounts are registered.
}
not-imported = { $count ->
    [one] Nothing is registered: one line is wrong. Correct it and choose the file again.
   *[other] Nothing is registered: { $count } lines are wrong. Correct them and choose the file again.
}
report = Report by line
line = Line
line-good = Nothing wrong
