//! What all pages share: layout, stylesheet, protection against foreign pages. Knows no page of its own.

pub mod security;

/// The stylesheet: our own, without anything from another origin.
pub const STYLESHEET: &str = include_str!("../assets/onshi.css");
