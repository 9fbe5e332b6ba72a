//! Names of request and result files (interface §1.2). The part after the prefix is opaque and echoed as it is.

use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;

use crate::message::{Message, NAMED_ONLY, NamedOnly};

/// What follows the prefix of a request.
const REQUEST: &str = "req_";

/// The extension of requests and results.
const EXTENSION: &str = ".xml";

/// The prefix of a reader's result.
const FACE_RESULT: &str = "OQSsiquc01res_face_";

/// Characters between institution code and time of a reader's result.
const FACE_DIGITS: usize = 20;

/// The longest file name taken, in bytes.
const MOST_BYTES: usize = 200;

/// A request file's name that this version answers. Capital and small letters count alike in prefix and extension, as they do
/// on the shares of receipt computers, and stay as they were sent.
///
/// ```
/// use exchange::file_name::RequestName;
/// use exchange::message::Message;
/// let name = RequestName::parse("OQSsiquc01req_202611230001.xml").unwrap();
/// assert_eq!(name.message(), Message::SingleCheck);
/// assert_eq!(name.result(), "OQSsiquc01res_202611230001.xml");
/// assert_eq!(name.rejection(), "OQSsiquc01req_202611230001.err");
/// assert!(RequestName::parse(".receptionagent-1.tmp").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestName {
    name: String,
    message: Message,
}

impl RequestName {
    /// Reads a name; `None` for files that are not requests of ours and must be left alone.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let message = Message::ALL
            .into_iter()
            .find(|it| begins(name, it.prefix()))?;
        is_whole(name, message.prefix()).then(|| Self {
            name: name.to_owned(),
            message,
        })
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The message it names.
    #[must_use]
    pub fn message(&self) -> Message {
        self.message
    }

    /// The result's name: `req` turned into `res`, all else unchanged.
    #[must_use]
    pub fn result(&self) -> String {
        let mut name = self.name.clone();
        let at = self.message.prefix().len() + 2;
        let capital = name.get(at..=at) == Some("Q");
        name.replace_range(at..=at, if capital { "S" } else { "s" });
        name
    }

    /// The name of the text that says why a request was rejected.
    #[must_use]
    pub fn rejection(&self) -> String {
        let stem = self.name.len() - EXTENSION.len();
        format!("{}.err", self.name.get(..stem).unwrap_or_default())
    }
}

/// The message a request file is of when that is known by name alone: such a file is not answered, and its sender can be told.
///
/// ```
/// use exchange::file_name::named_only;
/// assert_eq!(named_only("OQSsihvq01req_1.xml").unwrap().prefix, "OQSsihvq01");
/// assert!(named_only("OQSsiquc01req_1.xml").is_none());
/// ```
#[must_use]
pub fn named_only(name: &str) -> Option<NamedOnly> {
    NAMED_ONLY.into_iter().find(|it| {
        // Of some not even the digits of the step are known.
        let rest = name.get(it.prefix.len()..).unwrap_or_default();
        let step = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let kind = rest.get(step..step + REQUEST.len()).unwrap_or_default();
        name.get(..it.prefix.len())
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case(it.prefix))
            && kind.eq_ignore_ascii_case(REQUEST)
    })
}

/// True when a name begins with a prefix and `req_`.
fn begins(name: &str, prefix: &str) -> bool {
    let rest = name.get(prefix.len()..);
    let kind = rest.and_then(|rest| rest.get(..REQUEST.len()));
    name.get(..prefix.len())
        .is_some_and(|it| it.eq_ignore_ascii_case(prefix))
        && kind.is_some_and(|kind| kind.eq_ignore_ascii_case(REQUEST))
}

/// True when what follows prefix and `req_` is a suffix that can be echoed, and the extension.
fn is_whole(name: &str, prefix: &str) -> bool {
    let rest = name.get(prefix.len() + REQUEST.len()..).unwrap_or_default();
    let stem = rest.len().checked_sub(EXTENSION.len());
    let Some((suffix, extension)) = stem.and_then(|stem| rest.split_at_checked(stem)) else {
        return false;
    };
    let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':');
    extension.eq_ignore_ascii_case(EXTENSION)
        && !suffix.is_empty()
        && suffix.chars().all(plain)
        && name.len() <= MOST_BYTES
}

/// The request a result's or a rejection's file answers, by its name; `None` for files that are neither.
///
/// ```
/// use exchange::file_name::{RequestName, request_of};
/// let request = RequestName::parse("OQSsiquc01req_1.xml");
/// assert_eq!(request_of("OQSsiquc01res_1.xml"), request);
/// assert_eq!(request_of("OQSsiquc01req_1.err"), request);
/// assert_eq!(request_of("CIPsiquc01res_1.xml"), None);
/// ```
#[must_use]
pub fn request_of(published: &str) -> Option<RequestName> {
    let mut name = published.to_owned();
    if let Some(stem) = name.strip_suffix(".err") {
        name = format!("{stem}{EXTENSION}");
    }
    // `res` turned into `req`, where the prefix is ten or nine characters long.
    for message in Message::ALL {
        let at = message.prefix().len() + 2;
        let mut request = name.clone();
        match name.get(at..=at) {
            Some("s") => request.replace_range(at..=at, "q"),
            Some("S") => request.replace_range(at..=at, "Q"),
            Some(_) | None => {}
        }
        let read = RequestName::parse(&request);
        if read.as_ref().is_some_and(|it| it.message() == message) {
            return read;
        }
    }
    None
}

/// The name of a reader's result: `OQSsiquc01res_face_`, the institution code and 20 characters, the time of the file.
///
/// What the 20 characters are is not known; in the example they look hexadecimal \[C\]. Ours are the last 20 digits of the check's
/// identifier, so that every check has a name of its own and support finds the check by it.
///
/// ```
/// use domain::{civil_date::Instant, institution_code::InstitutionCode};
/// use exchange::file_name::{face_result, is_face_result};
/// let facility = InstitutionCode::parse("1319999999").unwrap();
/// let at = Instant::parse("2026-11-23T00:15:02Z").unwrap();
/// let name = face_result(facility, 0x0123_4567_89ab_7def_8123_4567_89ab_cdef, at);
/// assert_eq!(name, "OQSsiquc01res_face_13199999997def8123456789abcdef_20261123091502.xml");
/// assert!(is_face_result(&name));
/// ```
#[must_use]
pub fn face_result(facility: InstitutionCode, check_id: u128, at: Instant) -> String {
    let digits = check_id & ((1 << (4 * FACE_DIGITS)) - 1);
    let at = at.to_compact_in_japan();
    format!(
        "{FACE_RESULT}{facility}{digits:0width$x}_{at}{EXTENSION}",
        width = FACE_DIGITS
    )
}

/// True for the name of a reader's result.
#[must_use]
pub fn is_face_result(name: &str) -> bool {
    let inner = name
        .strip_prefix(FACE_RESULT)
        .and_then(|rest| rest.strip_suffix(EXTENSION));
    inner.is_some_and(|inner| match inner.split_once('_') {
        Some((who, at)) => {
            who.len() == 10 + FACE_DIGITS
                && at.len() == 14
                && at.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_is_opaque_and_echoed() {
        for suffix in [
            "202611230001",
            "1",
            "2026-11-23 患者1",
            "a.b.xml",
            "01req_01req_",
        ] {
            let name = RequestName::parse(&format!("OQSsiquc01req_{suffix}.xml")).unwrap();
            assert_eq!(name.result(), format!("OQSsiquc01res_{suffix}.xml"));
        }
    }

    #[test]
    fn every_message_has_its_names() {
        for message in Message::ALL {
            let prefix = message.prefix();
            let name = RequestName::parse(&format!("{prefix}req_1.xml")).unwrap();
            assert_eq!(name.message(), message);
            assert_eq!(name.result(), format!("{prefix}res_1.xml"));
            assert_eq!(request_of(&name.result()), Some(name.clone()));
            assert_eq!(request_of(&name.rejection()), Some(name));
        }
    }

    #[test]
    fn messages_known_by_name_alone_are_told_apart() {
        for name in [
            "OQSsionq01req_1.xml",
            "oqssiurl01REQ_1.xml",
            "PMHsimsm01req_1.xml",
        ] {
            assert!(
                named_only(name).is_some() && RequestName::parse(name).is_none(),
                "{name}"
            );
        }
        for name in [
            "OQSsionq01res_1.xml",
            "OQSxxxxx01req_1.xml",
            "OQSsiquc01req_1.xml",
        ] {
            assert!(named_only(name).is_none(), "{name}");
        }
    }

    #[test]
    fn capital_and_small_letters_count_alike_and_stay_as_sent() {
        for (request, result, rejection) in [
            (
                "OQSsiquc01req_1.XML",
                "OQSsiquc01res_1.XML",
                "OQSsiquc01req_1.err",
            ),
            (
                "oqssiquc01req_1.xml",
                "oqssiquc01res_1.xml",
                "oqssiquc01req_1.err",
            ),
            (
                "OQSSIQUC01REQ_A.XML",
                "OQSSIQUC01RES_A.XML",
                "OQSSIQUC01REQ_A.err",
            ),
        ] {
            let name = RequestName::parse(request).unwrap();
            assert_eq!(name.result(), result);
            assert_eq!(name.rejection(), rejection);
        }
    }

    #[test]
    fn other_files_are_left_alone() {
        for name in [
            "OQSsiquc01res_1.xml",
            "OQSsiquc01req_.xml",
            "OQSsiquc01req_1.xml.tmp",
            "x.xml",
            "OQSsiquc01req_1.txt",
            "OQSmuquc03req_1.xml",
            "OQSsihvq01req_1.xml",
            "OQSmuticreq_1.xml",
            "ＯＱＳsiquc01req_1.xml",
            "OQSsiquc01req_a/b.xml",
            "OQSsiquc01req_a\u{7}.xml",
        ] {
            assert_eq!(RequestName::parse(name), None, "{name}");
        }
        assert_eq!(
            RequestName::parse(&format!("OQSsiquc01req_{}.xml", "1".repeat(300))),
            None
        );
    }
}
