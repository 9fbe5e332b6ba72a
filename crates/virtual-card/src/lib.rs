//! A My Number card in software: its applications, secrets, counters and signatures, from a persona. For tests and the demo alone; it
//! is no copy of the chip, and what the sources (`docs/decisions/0016-terminal-authentication.md`) leave open is our own choice.

mod apdu;
pub mod application;
pub mod card;
pub mod control;
pub mod counters;
mod data_object;
pub mod fault;
pub mod pcscd;
pub mod rig;

mod signing;
pub mod slot;
pub mod status;
mod terminal;
pub mod vpcd;
