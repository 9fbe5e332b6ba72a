### Change of password

change-password = Change password
change-needed-now = Your password must be changed. After that you can use the other functions.
password-set-at = Set at
password-set-before = Set before
password-set-before-meaning = The newest first: by yourself, by an administrator or with a recovery code. Tell your administrator of one you do not know.
password-expiry = Good until
old-password = Old password
new-password = New password
new-password-support = With 13 characters or more it never expires; shorter ones expire after 60 days.
new-password-again = New password again
old-password-missing = Enter the old password.
passwords-differ = It is not the same as the new password. Enter the same one again.
to-confirmation = Go on to confirm

rule = Rules for passwords
rule-length = 8 to 20 characters
rule-digit = At least one digit
rule-lower = At least one small letter
rule-upper = At least one capital letter
rule-special = At least one special character ({ $characters })
rule-characters = Only half-width letters, digits and the characters above
rule-met = (met)
rule-broken = (not met)
rule-generations = A password shorter than 13 characters must differ from the last five and from their first five characters. This is checked on update.

confirm-password = Confirm the change
confirm-password-lead = Your password will be changed. Press “Update” to go on. From the next sign-in on the new one is used.
password-perhaps = No answer has come yet, and your password may be changed already. Press “Update” once more. However often you press, it is changed once.
change-unanswered = No answer came. The new password may count already.
password-expiry-new = New expiry
update = Update
password-changed = Your password is changed.
