//! The center server: sign-in, checks, accounts, enrolment, audit. Holds all truth; decides by the rules of `domain`.

mod accounts;
mod app;
pub mod audit;
mod checkpoints;
mod checks;
mod conditional;
pub mod config;
pub mod control;
pub mod enroll;
mod extract;
mod history;
mod imports;
mod listeners;
mod passwords;
mod repeats;
mod router;
pub mod serve;
mod sessions;
mod trouble;
