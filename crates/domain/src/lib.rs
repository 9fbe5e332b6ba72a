//! The rules of online eligibility verification: no I/O, no clock, no randomness, no wire names.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod account;
pub mod audit;
pub mod certificate;
pub mod check;
pub mod civil_date;
pub mod codes;
pub mod coverage;
pub mod era;
pub mod facility_kind;
pub mod institution_code;
pub mod insured;
pub mod insurer_number;
pub mod lockout;
pub mod medical_aid;
pub mod password;
pub mod permissions;
pub mod permit;
pub mod person;
pub mod personal_text;
pub mod session;
