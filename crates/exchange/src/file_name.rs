//! Names of request and result files (interface §1.2). The part after the prefix is opaque and echoed as it is.

/// The prefix of a single check's request.
const SINGLE_CHECK: &str = "OQSsiquc01req_";

/// The longest file name taken, in bytes.
const MOST_BYTES: usize = 200;

/// A request file's name that this version answers.
///
/// ```
/// use exchange::file_name::RequestName;
/// let name = RequestName::parse("OQSsiquc01req_202611230001.xml").unwrap();
/// assert_eq!(name.result(), "OQSsiquc01res_202611230001.xml");
/// assert_eq!(name.rejection(), "OQSsiquc01req_202611230001.err");
/// assert!(RequestName::parse(".receptionagent-1.tmp").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestName(String);

impl RequestName {
    /// Reads a name; `None` for files that are not requests of ours and must be left alone.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let suffix = name.strip_prefix(SINGLE_CHECK)?.strip_suffix(".xml")?;
        let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':');
        let fits = !suffix.is_empty() && suffix.chars().all(plain) && name.len() <= MOST_BYTES;
        fits.then(|| Self(name.to_owned()))
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The result's name: `req` turned into `res`, the suffix unchanged.
    #[must_use]
    pub fn result(&self) -> String {
        self.0.replacen("01req_", "01res_", 1)
    }

    /// The name of the text that says why a request was rejected.
    #[must_use]
    pub fn rejection(&self) -> String {
        format!("{}.err", self.0.trim_end_matches(".xml"))
    }
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
    fn other_files_are_left_alone() {
        for name in [
            "OQSsiquc01res_1.xml",
            "OQSsiquc01req_.xml",
            "OQSsiquc01req_1.xml.tmp",
            "x.xml",
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
