//! Writes the tables of the vendors' page anew: `cargo run -p exchange --example vendors_page -- docs/receipt-computers.md`.
#![allow(
    clippy::print_stderr,
    reason = "a tool speaks to the person who started it"
)]

use std::process::ExitCode;

use exchange::error_code::table_markdown;
use exchange::schema::fields;

/// Where each table stands: the beginnings of the comments around it.
const ERROR_CODES: [&str; 2] = ["<!-- error codes", "<!-- end of error codes"];
const FIELDS: [&str; 2] = ["<!-- fields", "<!-- end of fields"];

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("name the page");
        return ExitCode::from(2);
    };
    let written = std::fs::read_to_string(&path).and_then(|page| {
        let page = filled(&page, ERROR_CODES, &table_markdown())
            .and_then(|page| filled(&page, FIELDS, &fields::markdown()))
            .ok_or_else(|| std::io::Error::other("the comments around a table are missing"))?;
        std::fs::write(&path, page)
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The page with a table between its two comments.
fn filled(page: &str, [begin, end]: [&str; 2], table: &str) -> Option<String> {
    let at = page.find(begin)?;
    let from = at + page.get(at..)?.find('\n')? + 1;
    let to = from + page.get(from..)?.find(end)?;
    Some(format!("{}{table}{}", page.get(..from)?, page.get(to..)?))
}
