//! Certificate policies of the made-up card authority, under the enterprise number that RFC 5612 sets aside for examples. None is
//! J-LIS's.

/// Authentication certificate on a plastic card.
pub const CARD: &str = "1.3.6.1.4.1.32473.20.30";

/// Authentication certificate in a phone.
pub const PHONE: &str = "1.3.6.1.4.1.32473.20.31";

/// Signature certificate, on card or phone.
pub const SIGNATURE: &str = "1.3.6.1.4.1.32473.20.20";

/// Where the authority says what its certificates are for: nowhere but in this project's documents.
pub(crate) const STATEMENT: &str = "http://jpki.example/cps.html";

/// Where the authority's OCSP responder would be; none runs, the lists are files.
pub(crate) const OCSP: &str = "http://ocsp.jpki.example/";
