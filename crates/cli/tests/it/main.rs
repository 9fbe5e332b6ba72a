//! The executable as a user starts it: real processes, real mTLS, kills at bad moments.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests fail by panicking, start other programs and print their seeds"
)]

mod applications;
mod at_a_server;
mod audit;
mod backup;
mod bare_names;
mod browser;
mod ca;
#[cfg(feature = "pcsc")]
mod card_at_home;
mod card_reader;
mod certificate_care;
mod claims;
mod claims_line;
mod cluster;
mod config_check;
mod demo;
mod doctor;
mod empty_lists;
mod feeds;
mod first_mark;
mod help_pages;
#[cfg(feature = "pcsc")]
mod home_round;
mod insurer_feeds;
mod kill;
mod line;
mod logs;
mod operators;
mod pages;
#[cfg(feature = "pcsc")]
mod phone_at_home;
mod plain_browser;
mod point_in_time;
mod printing;
mod receipt_day;
mod receipt_facts;
mod refusals;
mod rotation;
mod running;
#[path = "../../../store/tests/it/server.rs"]
mod server;
mod setup;
mod starts;
mod synth;
mod time_travel;
mod turned_clock;
mod units;
mod updates;
mod vendors_page;
mod versions;
