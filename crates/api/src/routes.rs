//! Placeholder of this commit's layout.
