//! The session rule.
