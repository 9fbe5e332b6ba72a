//! An insured person.
