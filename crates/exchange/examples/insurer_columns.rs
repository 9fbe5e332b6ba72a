//! Prints the columns of insurers' files as Markdown, as docs/operations/insurer-feeds.md holds them:
//! `cargo run -p exchange --example insurer_columns`.
#![allow(clippy::print_stdout, reason = "it prints")]

fn main() {
    print!("{}", exchange::insurer_file::columns::markdown());
}
