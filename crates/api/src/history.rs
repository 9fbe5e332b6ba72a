//! Messages of the history of checks (G15). Search terms travel in bodies, never in URLs.

use serde::{Deserialize, Serialize};

/// Body of `POST /v1/checks/search`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Account that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z0-9._-]{1,32}$")]
    pub account: Option<String>,
    /// Where to go on: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// First day, in Japan, on which the check was made; 30 days before the last one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Part of a name or of its kana; width, kind of kana and blanks do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// `page`, `shell`, `file`, `web_api`, `card`, `bulk`, `disaster`, `outage`, `ambulance` or `home`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(page|shell|file|web_api|card|bulk|disaster|outage|ambulance|home)$")]
    pub origin: Option<String>,
    /// Last day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Verdict, 1-6.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::whole::maybe"
    )]
    #[schema(minimum = 1, maximum = 6)]
    pub verdict: Option<u8>,
}

impl core::fmt::Debug for Search {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Search(…)")
    }
}

/// Query of `GET /v1/checks`: what may stand in a URL, so nothing about a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Where to go on: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// First day, in Japan, on which the check was made; 30 days before the last one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Last day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl From<Listing> for Search {
    fn from(listing: Listing) -> Self {
        Self {
            after: listing.after,
            from: listing.from,
            to: listing.to,
            ..Self::default()
        }
    }
}

/// Body of `POST /v1/checks/export`: what to search for, and the character set of the file. All lines are written, or none.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Account that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z0-9._-]{1,32}$")]
    pub account: Option<String>,
    /// `utf-8` or `cp932`: see [`FileEncoding`].
    #[schema(pattern = "^(utf-8|cp932)$")]
    pub encoding: String,
    /// First day, in Japan, on which the check was made; 30 days before the last one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Part of a name or of its kana; width, kind of kana and blanks do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// `page`, `shell`, `file`, `web_api`, `card`, `bulk`, `disaster`, `outage`, `ambulance` or `home`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(page|shell|file|web_api|card|bulk|disaster|outage|ambulance|home)$")]
    pub origin: Option<String>,
    /// Last day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Verdict, 1-6.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::whole::maybe"
    )]
    #[schema(minimum = 1, maximum = 6)]
    pub verdict: Option<u8>,
}

impl Export {
    /// An export of everything a search finds; where its page begins does not matter.
    #[must_use]
    pub fn of(search: Search, encoding: FileEncoding) -> Self {
        Self {
            account: search.account,
            encoding: encoding.as_str().into(),
            from: search.from,
            name: search.name,
            origin: search.origin,
            to: search.to,
            verdict: search.verdict,
        }
    }

    /// The search it exports.
    #[must_use]
    pub fn into_search(self) -> Search {
        Search {
            account: self.account,
            after: None,
            from: self.from,
            name: self.name,
            origin: self.origin,
            to: self.to,
            verdict: self.verdict,
        }
    }
}

impl core::fmt::Debug for Export {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Export(…)")
    }
}

/// The character set of a CSV file, exported or imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileEncoding {
    /// UTF-8; an exported file begins with a byte order mark.
    Utf8,
    /// Windows-31J, which Windows calls code page 932 and many call Shift_JIS.
    Cp932,
}

impl FileEncoding {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Cp932 => "cp932",
        }
    }

    /// The encoding of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Utf8, Self::Cp932]
            .into_iter()
            .find(|it| it.as_str() == name)
    }

    /// The media type of a CSV file in it.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Utf8 => "text/csv; charset=utf-8; header=present",
            Self::Cp932 => "text/csv; charset=windows-31j; header=present",
        }
    }
}

/// One check in a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HistoryEntry {
    /// Account that asked.
    pub account: String,
    /// When it was answered, RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// The check's identifier.
    #[schema(format = "uuid")]
    pub check_id: String,
    /// Insurer number asked about; of a check by card the one answered, or empty.
    pub insurer_number: String,
    /// Of a check by card: how the holder was identified, `pin`, `visual` or `face`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Name answered, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `page`, `shell`, `file` or `web_api`, as the client stated; else how it was made: `card`, `bulk`, `disaster`, `outage`, `ambulance` or `home`.
    pub origin: String,
    /// Verdict, 1-6.
    #[schema(minimum = 1, maximum = 6)]
    pub verdict: u8,
    /// The day asked about.
    #[schema(format = Date)]
    pub visit_date: String,
}

impl core::fmt::Debug for HistoryEntry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "HistoryEntry({}, …)", self.check_id)
    }
}

/// A page of checks, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct History {
    /// The checks.
    pub checks: Vec<HistoryEntry>,
    /// Give it as `after` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_whole_however_it_is_written() {
        let read = |text: &str| {
            let search: Result<Search, _> = serde_json::from_str(text);
            search.map(|search| search.verdict).ok()
        };
        assert_eq!(read(r#"{"verdict":4}"#), Some(Some(4)));
        assert_eq!(read(r#"{"verdict":4.0}"#), Some(Some(4)));
        assert_eq!(read(r#"{"verdict":null}"#), Some(None));
        assert_eq!(read("{}"), Some(None));
        for wrong in ["4.5", "-1", "256", "1e400", "\"4\"", "true"] {
            assert_eq!(read(&format!("{{\"verdict\":{wrong}}}")), None, "{wrong}");
        }
    }
}
