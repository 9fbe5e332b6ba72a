//! Faults seeded one by one.
