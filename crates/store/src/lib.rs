//! Persistence on SQLite: people, accounts, certificates, the check log and its audit chain. Nothing else knows SQL.

pub mod access;
pub mod accounts;
pub mod audit;
pub mod checks;
mod database;
pub mod engine;
pub mod journal;
pub mod kept_answers;
mod recent;
pub mod registry;
mod rows;
pub mod sessions;
mod writeback;
