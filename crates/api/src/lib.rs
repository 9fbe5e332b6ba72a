//! The center's JSON messages, routes, receipts and the typed client everyone calls it with; beside them the file in which the link app tells
//! the terminal of its PC how it stands (`link_state.rs`). Decides nothing: rules are `domain`'s.

pub mod access;
pub mod account;
pub mod bulk;
mod canonical;
pub mod card;
pub mod certificate;
pub mod check;
pub mod claims;
pub mod client;
pub mod emergency;
pub mod event;
pub mod history;
pub mod home_care;
pub mod link_state;
pub mod medical;
mod object;
pub mod openapi;
pub mod own;
pub mod posted_notice;
pub mod problem;
pub mod reader;
pub mod receipt;
pub mod reference_number;
pub mod rotation;
pub mod routes;
pub mod screen_lock;
pub mod session;
pub mod settings;
pub mod training;
pub mod update;
mod whole;
