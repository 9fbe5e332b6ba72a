//! Files of others: receipt computers' messages and bulk files, claim files and the results of their checks, feeds and
//! insurers' files, the CSV files of history, looks and accounts, their encodings. Bytes to `domain` and back; opens no file.

pub mod account_file;
pub mod answer;
pub mod bulk_file;
pub mod claim_file;
pub mod claims_result_file;
pub mod csv_file;
mod document;
pub mod encoding;
pub mod error_code;
pub mod face_result;
pub mod feed_file;
pub mod file_name;
pub mod history_file;
pub mod insurer_file;
pub mod look_file;
pub mod medical_document;
pub mod message;
pub mod rejected;
pub mod request;
pub mod schema;
pub mod tables;
