//! Medical aid and its tickets.
