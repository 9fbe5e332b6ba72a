//! What differs between kinds of facility.
