//! Events of the audit chain.
