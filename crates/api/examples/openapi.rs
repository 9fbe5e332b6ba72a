//! Prints the OpenAPI document: `cargo run -p api --example openapi > docs/openapi.json`. Writes no file itself.

use std::io::Write;

fn main() -> std::io::Result<()> {
    let text = api::openapi::text()?;
    std::io::stdout().write_all(text.as_bytes())
}
