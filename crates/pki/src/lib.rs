//! Certificate authority, PKCS#12, revocation, mTLS for both ends, sealed secrets. Stores no client's private key.

pub mod authority;
pub mod client;
pub mod identity;
pub mod notice;
pub mod receipt_key;
pub mod sealed;
pub mod server;
