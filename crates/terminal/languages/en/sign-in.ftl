### Choice of a certificate, and sign-in

eligibility = Eligibility check
certificates-lead = Choose this terminal's certificate, then press “Start using the system”.
certificates = Certificate
certificate-holder = Institution code { $facility }, stored as “{ $name }”
certificate-good = Valid until { $day }
certificate-ending = Valid until { $day } ({ $left } days left). Renew it before.
certificate-expired = It expired on { $day }. Apply for a new one.
no-certificate = There is no usable certificate. Download and import one, or apply for a new one.
no-certificate-apply = Without an issue notice, open { $address } in a browser and apply there. If the browser warns, do not go on: have your system administrator import the center's root certificate (SHA-256 fingerprint { $fingerprint }) into the browser.
choose-certificate = Choose a certificate.
start = Start using the system

sign-in = Sign in
sign-in-now = Sign in
other-certificate = Choose another certificate
account = User ID
account-support = It is written on the set-up sheet, tab “PC設定”.
password = Password
no-pages-for-machines = A system account has no pages. Sign in with an account of your own.
end-earlier = End the earlier sign-in and go on
end-earlier-support = The page in use under the same ID ends; what is half entered there is lost.
forgot-password = Forgot your password (recovery code)
