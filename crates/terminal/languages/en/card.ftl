### Check by card at this PC's card reader

card-check = Check by My Number card
card-check-lead = The card reader of this PC is used. The patient types the PIN and answers the questions; staff do not ask for the PIN.
card-pin = PIN
card-pin-support = The patient types four digits.
card-pin-enter = Enter
card-choices = Choices
card-stop = End
card-result = Show the result of this check
card-result-earlier = Show the result of the patient before
card-by-number = Check by the number of a certificate
no-card-reader = No card reader is set up at this PC. Check by the number of a certificate, or use the face reader.
reader-taken = { $name } is checking a patient in at this PC's card reader.
reader-take = End what is under way and use it
to-card = Check by My Number card at this PC's card reader
