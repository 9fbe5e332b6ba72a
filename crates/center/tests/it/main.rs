//! The center as its clients see it, with a clock that the test turns.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and run a center under strace, which reports on its output"
)]

mod access;
mod accounts;
mod applications;
mod at_a_server;
mod bulk;
mod capacity;
mod card_misuse;
mod cards;
mod certificates;
mod checks;
mod claims;
mod clock_steps;
mod consented_lists;
mod deck;
mod documents;
mod download_page;
mod emergency;
mod est;
mod events;
mod existing_paths;
mod feeds;
mod history;
mod home_care;
mod home_misuse;
mod home_pages;
mod insurer_feeds;
mod issuing;
mod keys;
mod link;
mod live_settings;
mod looks;
mod medical_information;
mod medical_misuse;
mod metrics;
mod misuse;
mod no_writes;
mod operators;
mod outside;
mod own;
mod own_misuse;
mod patience;
mod places;
mod posted_notices;
mod readers;
mod reads;
mod reference_numbers;
mod reissue;
mod renewal;
mod repeats;
#[path = "../../../store/tests/it/server.rs"]
mod server;
mod sessions;
mod slow_clients;
mod starts;
#[cfg(feature = "otel")]
mod traces;
mod training;
mod updates;
mod withdrawals;
mod world;
