//! Files of others: receipt computers' messages, the CSV files of history and accounts, their encodings. Bytes to `domain` and
//! back; opens no file.

pub mod account_file;
pub mod encoding;
pub mod face_result;
pub mod file_name;
pub mod history_file;
pub mod rejected;
pub mod single_check;
mod xml;
