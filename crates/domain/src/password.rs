//! The password rule.
