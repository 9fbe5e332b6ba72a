//! The center as its clients see it, with a clock that the test turns.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod accounts;
mod certificates;
mod checks;
mod history;
mod reads;
mod sessions;
mod world;
