//! Persistence on SQLite or PostgreSQL: people, accounts, certificates, cards, readers, the check log and its audit chain. Nothing else knows SQL.

pub mod access;
pub mod accounts;
pub mod audit;
pub mod bulk;
pub mod cards;
pub mod certificates;
pub mod checks;
mod database;
pub mod emergency;
pub mod engine;
pub mod events;
pub mod facilities;
pub mod facility_settings;
pub mod journal;
pub mod kept_answers;
pub mod looks;
pub mod operators;
pub mod own;
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
pub mod sight;
pub mod sign_ins;
mod sql;
mod tries;
pub mod upkeep;
pub mod withdrawals;
mod writeback;

pub use database::server;
