//! Certificates that stand beside a coverage.
