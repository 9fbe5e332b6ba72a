//! The ten-digit institution code.
