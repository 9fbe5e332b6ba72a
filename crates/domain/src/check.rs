//! The eligibility question and its verdict.
