### Accounts

accounts = Manage accounts
no-accounts = There are no accounts yet that you manage.
display-name = Name to show
display-name-support = Shown on pages and in records. 1 to 60 characters.
kind = Kind
kind-support = It decides what the account may do, and cannot be changed later.
state = State
state-active = In use
state-locked = Locked for now
state-disabled = Disabled
password-change-needed = To be changed at the next sign-in
password-until = Good until { $day }
password-never = Without end
propose-general = There is no general account yet. For daily reception work a general account apart from the administrator's is advised.
propose-medical-viewer = There is no medical-viewer account yet. Register one for each physician, dentist, pharmacist or other person who looks at medical information.
propose-now = Register one now

register = Register an account
register-now = Register
id-support = 1 to 32 letters, digits, “.”, “_” or “-”. It cannot be changed later.
designation = Designation
designation-support = Where a medical viewer is no physician, dentist or pharmacist: as what the person was designated, and by whom.
first-password = First password
first-password-support = Tell it to the person, who changes it at the first sign-in. Link-app, Web API and reader accounts need 13 characters or more and are not asked to change it.
account-registered = Account “{ $id }” is registered.
account-changed = Account “{ $id }” is changed.
account-disabled = Account “{ $id }” is disabled.
account-enabled = Account “{ $id }” can be used again.
account-password = Account “{ $id }” has a new password.

save = Save
system-account = ID and password cannot be changed, nor the account disabled
system-account-way = Give it a new password without stopping a device (rotate system accounts)
to-rotations = Rotate system accounts
account-of = Account “{ $id }”
temporary-password = Temporary password
temporary-password-support = Tell it to the person.
reset-password = New password
reset-password-lead = For a forgotten password, or when too many wrong tries made the account wait. The person changes it at the next sign-in.
reset-password-now = Set password
use = Use
disable-lead = A disabled account stops at once. Its history stays, and it can be enabled again at any time.
disable = Disable
enable-lead = This account is disabled.
enable = Enable

reset-factors-lead = For somebody who lost the application or passkey: removes everything that was added. Make sure first who asks.
reset-factors = Reset the second factor
factors-reset = The second factor of "{ $id }" was reset.
accounts-unusual = Unusual sign-ins
accounts-unusual-lead = Those of the last 31 days. Ask the person whether it was they; if not, have the password changed or disable the account.
