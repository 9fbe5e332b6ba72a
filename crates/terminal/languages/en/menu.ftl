### Menu

account-information = Account information
menu-check = Ask whether the coverage on a certificate or prescription is valid.
menu-history = Search the checks of this facility and see their results again, or export them as CSV.
menu-accounts = Register, edit and disable accounts, and give new passwords.
menu-password = Change your own password and see until when it is good.
menu-readers = See the readers, switch between visual checks and unattended, and get their results as they arrive.
facility = Facility
menu-settings = Decide what patients are asked at the reader, and how long a visual check lasts.
