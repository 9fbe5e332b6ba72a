//! Account kinds and identifiers.
