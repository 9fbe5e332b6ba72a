//! Messages as receipt computers write them, and files nobody should have written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests fail by panicking and print their seeds"
)]

mod face;
mod golden;
mod mutation;
mod reading;
mod round_trip;
mod vendors_page;
mod writing;
