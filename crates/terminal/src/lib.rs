//! The clinic's terminal: staff pages on loopback, in front of the center. Holds no truth: the center answers, this shows.

pub mod backups;
mod browsers;
pub mod certificates;
mod charts;
pub mod config;
mod copies;
mod days;
pub mod doctor;
mod emergency;
mod faults;
mod general_reader;
pub mod inventory;
mod live;
pub mod lock;
mod manuals;
#[cfg(test)]
mod mounted;
mod notices;
mod pages;
mod procedures;
mod receipt_links;
mod reference_material;
pub mod running;
mod search;
pub mod serve;
mod setup_sheet;
mod setup_state;
pub mod setup_wizard;
pub mod support;
mod system;
pub mod terminal_user;
mod texts;
mod training;
pub mod update;
pub mod upkeep;
