//! Prints the columns of feeds as Markdown, as docs/operations/feeds.md holds them: `cargo run -p exchange --example feed_columns`.
#![allow(clippy::print_stdout, reason = "it prints")]

fn main() {
    print!("{}", exchange::feed_file::columns::markdown());
}
