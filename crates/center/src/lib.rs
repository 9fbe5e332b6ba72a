//! The center server: sign-in, checks, accounts, enrolment, audit. Holds all truth; decides by the rules of `domain`.

mod accounts;
mod app;
pub mod audit;
mod checkpoints;
mod checks;
mod conditional;
pub mod config;
pub mod control;
mod download_page;
mod downloads;
pub mod enroll;
mod extract;
mod history;
mod imports;
pub mod listeners;
mod metrics;
pub mod notice;
mod passwords;
mod repeats;
mod revocation_list;
mod rotation;
mod router;
pub mod serve;
mod sessions;
mod throttle;
mod trouble;
