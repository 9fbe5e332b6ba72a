//! The operator's pages on feeds say what the columns' tables say.

use exchange::{feed_file, insurer_file};

const FEEDS: &str = include_str!("../../../../docs/operations/feeds.md");
const INSURERS: &str = include_str!("../../../../docs/operations/insurer-feeds.md");

fn check(page: &str, table: &str, example: &str) {
    let after = page.split_once("<!-- columns").expect("a mark").1;
    let after = after.split_once("-->\n").unwrap().1;
    let page = after.split_once("<!-- end of columns").expect("a mark").0;
    assert_eq!(page, table, "cargo run -p exchange --example {example}");
}

#[test]
fn the_pages_columns_are_the_tables() {
    check(FEEDS, &feed_file::columns::markdown(), "feed_columns");
    let insurers = insurer_file::columns::markdown();
    check(INSURERS, &insurers, "insurer_columns");
}
