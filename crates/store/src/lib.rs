//! Persistence on SQLite: people, accounts, certificates, cards, readers, the check log and its audit chain. Nothing else knows SQL.

pub mod access;
pub mod accounts;
pub mod audit;
pub mod bulk;
pub mod cards;
pub mod certificates;
pub mod checks;
mod database;
pub mod engine;
pub mod events;
pub mod facility_settings;
pub mod journal;
pub mod kept_answers;
pub mod posted_notices;
pub mod readers;
mod recent;
pub mod recoveries;
pub mod reference_numbers;
pub mod registry;
pub mod rotations;
mod rows;
pub mod second_factors;
pub mod sessions;
pub mod sign_ins;
mod tries;
mod writeback;
