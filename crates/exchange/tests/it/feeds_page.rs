//! The operator's page on feeds says what the columns' table says.

use exchange::feed_file::columns::markdown;

const PAGE: &str = include_str!("../../../../docs/operations/feeds.md");

#[test]
fn the_pages_columns_are_the_tables() {
    let after = PAGE.split_once("<!-- columns").expect("a mark").1;
    let after = after.split_once("-->\n").unwrap().1;
    let page = after.split_once("<!-- end of columns").expect("a mark").0;
    assert_eq!(
        page,
        markdown(),
        "cargo run -p exchange --example feed_columns"
    );
}
