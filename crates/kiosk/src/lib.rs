//! The patient's screens and the flow between them (G19-G25, G40). Holds no truth: what is asked and what is valid says the center;
//! a PIN passes through and is kept nowhere.

pub mod card_at_hand;
pub mod config;
pub mod flow;
mod launch;
pub mod link;
pub mod machine;
mod pages;
pub mod profile;
pub mod reading;
mod room;
pub mod screens;
pub mod serve;
pub mod texts;
pub mod told;
mod view;
