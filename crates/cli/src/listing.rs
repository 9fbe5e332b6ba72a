//! Lists on a shell: a line for each, and a word where there is nothing, so that an empty answer is not taken for none.

use serde::Serialize;

/// Prints what was found, as JSON where that is asked, else by `row`.
pub(crate) fn show<T: Serialize>(
    found: &[T],
    json: bool,
    row: impl FnMut(&T),
) -> anyhow::Result<()> {
    if json {
        out!("{}", serde_json::to_string_pretty(found)?);
    } else if found.is_empty() {
        nothing();
    } else {
        found.iter().for_each(row);
    }
    Ok(())
}

/// Says that nothing was found, on the error stream: whoever reads the lines by a program gets none.
pub(crate) fn nothing() {
    err!("該当するものはありません / nothing to list");
}
