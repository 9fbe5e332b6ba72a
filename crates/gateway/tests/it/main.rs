//! The link app over real folders, against a center in the same process, round by round under a clock of the test's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod answers;
mod bad_files;
mod bulk;
mod cards;
mod documents;
mod faces;
mod hanging;
mod leftovers;
mod link;
mod rotation;
mod standing;
mod stuck;
mod zips;
