//! Prints the tables of fields, or, with `errors`, the table of error codes, as Markdown:
//! `cargo run -p exchange --example fields`.
#![allow(clippy::print_stdout, reason = "it prints")]

fn main() {
    if std::env::args().any(|it| it == "errors") {
        print!("{}", exchange::error_code::table_markdown());
    } else {
        print!("{}", exchange::schema::fields::markdown());
    }
}
