//! The link app 連携アプリ: takes request files, asks the center, publishes each answer exactly once (contracts §11), and puts the
//! results of readers into the face folders. Knows no XML.

mod asking;
pub mod config;
mod deliveries;
pub mod folders;
pub mod hearing;
mod leftovers;
pub mod pickup;
mod session;
mod system;
