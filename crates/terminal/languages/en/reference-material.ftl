### Reference material

reference-material = Reference material
reference-material-lead = This terminal has no internet. Read the QR code with another device, such as a phone.
reference-material-as-of = The list is an example as of “{ $as_of }”. Addresses and names may have changed.
reference-material-refused = The file of reference material has a mistake, so the earlier contents are shown. { $trouble }
material-place = Where
material-manual = Manual of this terminal
material-qr = QR code of “{ $title }”
