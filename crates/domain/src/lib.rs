//! The rules of online eligibility verification: no I/O, no clock, no randomness, no wire names.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod account;
pub mod audit;
pub mod card_certificate;
pub mod card_challenge;
pub mod certificate;
pub mod check;
pub mod civil_date;
pub mod codes;
pub mod coverage;
pub mod diagnosis;
pub mod equipment;
pub mod era;
pub mod event;
pub mod facility_kind;
pub mod facility_settings;
pub mod holidays;
pub mod identification;
pub mod institution_code;
pub mod insured;
pub mod insurer_number;
pub mod inventory;
pub mod lockout;
pub mod medical_aid;
mod named;
pub mod password;
pub mod permissions;
pub mod permit;
pub mod person;
pub mod personal_text;
pub mod questions;
pub mod reader;
pub mod screen_lock;
pub mod session;
pub mod start_stop;
pub mod support_directory;
pub mod terminal_user;
