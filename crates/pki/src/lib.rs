//! Certificate authority, PKCS#12, revocation, mTLS for both ends, cards' certificates, sealed secrets, hashes of
//! passwords. Stores no client's private key.

pub mod authority;
pub mod card_certificate;
pub mod card_revocation;
pub mod client;
pub mod clock;
pub mod device_key;
pub mod est;
pub mod identity;
pub mod installed;
pub mod issue_notice;
pub mod machine_secret;
pub mod paper_code;
pub mod password_hash;
pub mod publisher;
pub mod receipt_key;
pub mod sealed;
pub mod server;
mod system;
pub mod totp;
