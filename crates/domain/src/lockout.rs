//! The account lock-out.
