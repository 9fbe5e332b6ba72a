### What all screens say

product = onshi eligibility terminal
menu = Menu
sign-out = Sign out
account-kind = { $kind } account
use-general-account = Use a general account for daily reception work. The administrator account is for accounts and settings.
to-menu = Back to the menu
to-start = Back to the first page
to-accounts = Back to the accounts
cancel = Cancel
try-again = Try again
trouble = This page cannot be shown
no-such-page = There is no such page. Choose again from the menu.
no-such-check = There is no check of this number. Choose again from the history of checks.
no-such-account = There is no account of this ID. Choose again from the accounts.
no-such-language = This language is not spoken here. Choose 日本語 or English.
form-unreadable = What was sent could not be read. Go back and enter it again.
form-too-large = What was sent is too large. Shorten it or split the file.
form-not-answered = No answer came. What you entered is still here.
unknown-choice = This value cannot be chosen. Choose again from the list.
wait = { "" } { $minutes ->
    [one] (About a minute to wait.)
   *[other] (About { $minutes } minutes to wait.)
}
certificate-refused = The certificate has expired or was revoked. Apply for a new one.
clock-wrong = The clock of this PC is wrong, so the center cannot be reached. Please set date and time (Japan), then try again.
center-unreachable = The center cannot be reached. Look at the line and the router, then try again.
center-not-ours = What answered is not this center. Look at the center's address in the settings, and at security software and routers that open connections to look into them; then try again.
center-not-understood = The center's answer cannot be read. Tell your system administrator.
center-too-large = The center's answer is too large to be shown. Narrow the search, or ask for fewer at a time.

day-form = Write the day like 1970-01-02, 19700102, S45.1.2, S450102 or 昭和45年1月2日.
day-no-such-day = The calendar has no such day. Look at era, year, month and day.
day-out-of-range = Enter a day from 25 January 1868 (Meiji 1) on.

user-id = User ID
