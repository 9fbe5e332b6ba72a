//! The link app 連携アプリ: takes request files, asks the center, publishes each answer exactly once (contracts §11), and puts the
//! results of readers into the face folders. Knows no XML.

mod arrivals;
mod asking;
mod clock;
pub mod config;
mod deliveries;
mod file_work;
mod files;
pub mod folders;
mod further;
pub mod hearing;
mod hints;
mod journal_steps;
mod lane;
mod leftovers;
pub mod names;
pub mod opening;
mod pace;
mod pair_upkeep;
pub mod pickup;
mod round_error;
mod runner;
mod session;
pub mod spelling;
mod standing;
mod system;
mod touches;
pub mod zipped;
