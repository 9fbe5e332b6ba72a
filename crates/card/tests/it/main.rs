//! What others see of the crate, against virtual cards in memory and, with the feature `pcsc`, through a real pcscd.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and start other programs"
)]

mod card_desk;
mod laid;
mod mutation;
#[cfg(feature = "pcsc")]
mod pcsc;
mod photo;
mod removal;
mod signing;
mod tolerance;
