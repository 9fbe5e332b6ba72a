### The download page of certificates

title = Download your certificate
lead = Have your issue notice at hand. You may download again and again until the deadline. Five wrong reference IDs freeze the notice.
request-id = Request ID
request-id-support = The 12 characters on the notice; hyphens and small letters do not matter.
reference-id = Reference ID
reference-id-support = The 20 characters on the notice.
password = Password of the file
password-support = Choose a password that protects the file: 8 to 20 characters with a capital letter, a small letter, a digit and a special character. The center does not keep it.
password-again = Password of the file, again
password-again-support = Type it once more.
windows = Format of the file
windows-support = Choose the old format where an older Windows says that the password is wrong.
windows-new = Standard (Windows 10 version 1709 and later, and others)
windows-old = Old (Windows before that)
key = Kind of key
key-support = Leave it unless your vendor says otherwise.
key-p256 = Standard (P-256)
key-rsa = RSA (2048 bits)
download = Download
after = After the download
after-backup = Keep a copy of the file on other hardware, such as a USB stick or a file server.
after-earlier = When the new certificate is first used, earlier ones of the same notice stop working.
after-lost = If the file or the stick is lost, report it at once and apply for revocation and a new certificate.
