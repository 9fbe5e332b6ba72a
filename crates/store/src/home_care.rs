//! Home care and remote care (G32): addresses, activation codes, devices and their proofs, pages that wait for a device, and with whom care
//! was agreed. Every change stands with its audit event in one transaction. Makes no code and verifies no signature.

pub mod addresses;
pub mod checks;
pub mod codes;
pub mod consents;
pub mod devices;
pub mod notices;
pub mod pages;
