//! What the pages share whose list is taken as a CSV file (G15, G27): the form and the file. Knows no list.

use api::history::FileEncoding;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::civil_date::Instant;
use serde::Deserialize;

/// Search terms, and the character set of the file of what they find.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ExportForm<S> {
    encoding: String,
    #[serde(flatten)]
    pub(super) search: S,
}

impl<S> ExportForm<S> {
    /// The character set; `None` for a name that is none.
    pub(super) fn encoding(&self) -> Option<FileEncoding> {
        FileEncoding::parse(&self.encoding)
    }
}

/// A list as a file to keep. Its name says when it was made and nothing of a person.
pub(super) fn attachment(
    file: impl IntoResponse,
    encoding: FileEncoding,
    list: &str,
    made: Instant,
) -> Response {
    let name = format!(
        "attachment; filename=\"onshi-{list}-{}-{}.csv\"",
        made.to_compact_in_japan(),
        encoding.as_str()
    );
    let headers = [
        (header::CONTENT_TYPE, encoding.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, file).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Terms {
        name: String,
        account: String,
    }

    #[test]
    fn the_form_holds_the_terms_of_its_search_beside_the_character_set() {
        let read = |text: &str| serde_json::from_str::<ExportForm<Terms>>(text).unwrap();
        let form = read("{\"encoding\":\"cp932\",\"name\":\"n\"}");
        assert_eq!(form.encoding(), Some(FileEncoding::Cp932));
        assert_eq!(form.search.name, "n");
        assert_eq!(form.search.account, "");
        assert_eq!(read("{\"encoding\":\"ebcdic\"}").encoding(), None);
        assert_eq!(read("{}").encoding(), None);
    }

    #[test]
    fn the_name_of_a_file_says_of_which_list_it_is_and_when_it_was_made() {
        let made = Instant::parse("2026-11-23T00:15:02Z").unwrap();
        let response = attachment("id\r\n", FileEncoding::Cp932, "looks", made);
        let headers = response.headers();
        assert_eq!(
            headers[header::CONTENT_DISPOSITION],
            "attachment; filename=\"onshi-looks-20261123091502-cp932.csv\""
        );
        assert_eq!(
            headers[header::CONTENT_TYPE],
            "text/csv; charset=windows-31j; header=present"
        );
    }
}
