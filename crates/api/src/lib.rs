//! The center's JSON messages, routes, receipts and the typed client everyone calls it with. Decides nothing: rules are `domain`'s.

pub mod access;
pub mod account;
pub mod bulk;
pub mod canonical;
pub mod card;
pub mod certificate;
pub mod check;
pub mod client;
pub mod emergency;
pub mod event;
pub mod history;
pub mod link_state;
pub mod medical;
pub mod notice;
pub mod openapi;
pub mod own;
pub mod problem;
pub mod reader;
pub mod receipt;
pub mod reference_number;
pub mod rotation;
pub mod routes;
pub mod screen_lock;
pub mod session;
pub mod settings;
pub mod update;
mod whole;
