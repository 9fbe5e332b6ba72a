//! The patient's screens and the flow between them (G19-G25, G40). Holds no truth: what is asked and what is valid says the center;
//! a PIN passes through and is kept nowhere.

pub mod config;
pub mod flow;
mod launch;
mod link;
pub mod machine;
mod pages;
pub mod profile;
mod reading;
mod room;
pub mod screens;
pub mod serve;
pub mod texts;
mod view;

pub use link::ReaderAccount;
