//! The insurer number.
