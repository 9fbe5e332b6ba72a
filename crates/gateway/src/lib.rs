//! The link app 連携アプリ: takes request files, asks the center, publishes each answer exactly once (contracts §11). Knows no XML.

mod asking;
pub mod config;
pub mod folders;
mod leftovers;
pub mod pickup;
