//! Writes the schemas of every message, and of the document of medical information, into a folder: `cargo run -p exchange --example schemas -- docs/schemas`.
#![allow(
    clippy::print_stderr,
    reason = "it speaks to the person who started it"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use exchange::medical_document;
use exchange::schema::{Way, json_schema, xsd};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("schemas FOLDER");
        return ExitCode::from(2);
    };
    let of_document = (
        format!("{}.xsd", medical_document::ROOT),
        medical_document::schema(),
    );
    let of_messages = Way::all().flat_map(|way| {
        let name = way.name();
        [
            (format!("{name}.xsd"), xsd::schema(way)),
            (format!("{name}.schema.json"), json_schema::schema(way)),
        ]
    });
    for (file, text) in of_messages.chain([of_document]) {
        if let Err(error) = std::fs::write(folder.join(&file), text) {
            eprintln!("{file}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
