//! Symbol, number and branch.
