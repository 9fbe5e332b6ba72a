### Shared by the operators' pages

product = onshi center, operation
menu = Menu
sign-out = Sign out
to-menu = Back to the menu
to-sign-in = To the sign-in
try-again = Try again
trouble = This could not be shown
no-such-page = There is no such page. Choose again from the menu.
no-such-language = The pages do not speak this language. Choose 日本語 or English.
form-unreadable = What was sent could not be read. Go back and fill in the form again.
operator-name = Operator name
password = Password
about-product = onshi { $version }
about-official = onshi implements online eligibility verification from public documents. It is not an official product.
about-licences = Software it is built from, and licences
