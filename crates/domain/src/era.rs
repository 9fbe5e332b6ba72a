//! Japanese eras.
