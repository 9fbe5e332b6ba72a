### Menu

account-information = Account information
menu-check = Ask whether the coverage on a certificate or prescription is valid.
menu-history = Search the checks of this facility and see their results again, or export them as CSV.
menu-accounts = Register, edit and disable accounts, and give new passwords.
menu-password = Change your own password and see until when it is good.
menu-readers = See the readers, switch between visual checks and unattended, and get their results as they arrive.
facility = Facility
menu-settings = Decide what patients are asked at the reader, and how long a visual check lasts.

menu-not-usual = Not used in normal use
link-checks-elsewhere = Not used in normal use: checks by insurance data or prescription are made at the receipt computer. While it is out of order, you can check here.
link-results-elsewhere = Not used in normal use: results of the readers reach the receipt computer by themselves and are stored there. Read them there.
link-results-here = Results of the readers are read here. They also appear as they arrive under “Control the face reader”.
link-results-flow = Results reach the receipt computer by themselves and are stored there; reception reads them there. Visual checks are confirmed, and switched on and off, on this page.
link-medical-elsewhere = The results of the reader flow to the receipt computer and are kept there. Look at medicines, checkups and the rest at the terminal of the record. Where that does not show them, this page does.
link-medical-here = Medicines, checkups and the rest of patients who agreed are shown on this page. Choose a patient.
link-unanswered = What the vendor says about the link with the receipt computer is not entered yet. Hints on the pages follow the answers.
link-to-settings = Open the settings
help = Notices and help
menu-support = When a device or the line is out of order: what is wrong and whom to call; start and stop, and the inventory.
menu-medical = See drugs, checkups and other records of patients who agreed: what is taken now, what changed, what to check.
