### Manuals

manuals = Manuals
manuals-lead = How to use this terminal. The manuals are in Japanese and are read without a connection and without signing in.
manuals-all = All manuals
manuals-none-found = Nothing was found. Try shorter words, or others.
manual-contents = Contents
to-manuals = Back to the manuals
to-reference-material = Official manuals and other reference material (QR codes)
menu-manuals = Look up how to use this terminal. QR codes of the official manuals are there, too.
