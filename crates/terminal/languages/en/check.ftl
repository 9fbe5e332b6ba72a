### Check by insurance card or prescription

check = Check by insurance card or prescription
check-now = Check
form-kept = What you had entered before signing in again is back. Look at it and press “Check”.
check-not-answered = Not checked yet. Your entries are still here.
insurer-number = Insurer number
insurer-number-support = 8 digits, or 6 for National Health Insurance. For medical aid, the public-expense number.
symbol = Symbol
symbol-support = Leave it empty where there is none, as for people from 75.
number = Number
number-support = For people from 75 the insured number, for medical aid the beneficiary number. Full or half width.
branch = Branch
branch-support = 2 digits. Leave it empty where none is written.
birth-date = Birth date
birth-date-support = For example 1970-01-02, S45.1.2, 3450102 or 昭和45年1月2日
visit-date = Date of visit
visit-date-support = Leave it empty for today. Past and future days can be asked about.
ceiling-consent = The patient agreed by word of mouth that ceiling information is provided
ceiling-consent-support = The ceiling certificate is shown only with this consent.
check-digit = The check digit (last digit) of the insurer number does not fit
check-digit-support = Look for a typing error in “{ $number }”. If it is as written, press “Ask anyway” at the foot of the page.
ask-anyway = Ask anyway
