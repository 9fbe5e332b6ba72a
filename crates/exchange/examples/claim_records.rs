//! Prints the records and rules of claim files as Markdown, as docs/claims.md holds them: `cargo run -p exchange --example claim_records`.
#![allow(clippy::print_stdout, reason = "it prints")]

use exchange::claim_file::page;

fn main() {
    print!("{}", page::whole());
}
