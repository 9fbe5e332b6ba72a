//! Receipt-computer files: names, encodings, XML. Bytes to `domain` and back; opens no file.

pub mod encoding;
pub mod file_name;
pub mod rejected;
pub mod single_check;
mod xml;
