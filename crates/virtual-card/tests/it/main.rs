//! The virtual card, from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]

mod face;
mod independent;
mod jpki;
mod odd_commands;
mod opensc;
mod state;
mod tray;
mod vpcd;
