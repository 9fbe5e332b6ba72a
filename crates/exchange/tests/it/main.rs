//! Messages as receipt computers write them, and files nobody should have written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, print their seeds and ask xmllint"
)]

mod claim_headers;
mod claims;
mod echoes;
mod face;
mod feeds_page;
mod golden;
mod medical_document;
mod mutation;
mod reading;
mod round_trip;
mod vendors_page;
mod writing;
