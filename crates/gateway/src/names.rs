//! Names of files: of requests as receipt computers give them, of what is published for them, and of what lies in the work folder.
//! Opens nothing.

use exchange::file_name::RequestName;
use exchange::message::Message;
use store::journal::Origin;

use crate::journal_steps::Part;

/// How a file is exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As XML.
    Xml,
    /// As a zip holding the XML.
    Zip,
}

impl Form {
    const fn extension(self) -> &'static str {
        match self {
            Self::Xml => ".xml",
            Self::Zip => ".zip",
        }
    }
}

/// The name of a request file: that of a message, with the extension `.xml`, or `.zip` where it comes as one. Names that say they are
/// requests of this system but of no message of this version are read as well, so that their senders can be told.
///
/// ```
/// use gateway::names::{Form, Name};
/// let name = Name::parse("OQSsiquc01req_1.zip").unwrap();
/// assert_eq!(name.form(), Form::Zip);
/// assert_eq!(name.result(Form::Zip), "OQSsiquc01res_1.zip");
/// assert_eq!(name.rejection(), "OQSsiquc01req_1.err");
/// assert_eq!(Name::parse("OQSsiupd01req_1.xml").unwrap().message(), None);
/// assert_eq!(Name::parse("EPSsiPIR01req_1.xml"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    text: String,
    request: Option<RequestName>,
    form: Form,
}

impl Name {
    /// Reads a name; `None` for files that are left alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(char::REPLACEMENT_CHARACTER) {
            return None;
        }
        let as_xml = with_extension(text, Form::Zip, Form::Xml);
        let form = if as_xml.is_some() {
            Form::Zip
        } else {
            Form::Xml
        };
        let request = RequestName::parse(as_xml.as_deref().unwrap_or(text));
        if request.is_none() && !is_of_this_system(text) {
            return None;
        }
        Some(Self {
            text: text.to_owned(),
            request,
            form,
        })
    }

    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The message, where this version knows it.
    #[must_use]
    pub fn message(&self) -> Option<Message> {
        self.request.as_ref().map(RequestName::message)
    }

    /// How the request came.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The same name for another message.
    #[must_use]
    pub fn of_message(&self, message: Message) -> Option<Self> {
        let own = self.message()?.prefix().len();
        Self::parse(&format!("{}{}", message.prefix(), self.text.get(own..)?))
    }

    /// The same name with the extension of a form.
    #[must_use]
    pub fn in_form(&self, form: Form) -> Option<Self> {
        let text = with_extension(&self.text, self.form, form)?;
        Self::parse(&text)
    }

    /// The name with the extension of XML.
    pub(crate) fn request_name(&self) -> &str {
        self.request
            .as_ref()
            .map_or(&self.text, RequestName::as_str)
    }

    /// The result's name in a form.
    #[must_use]
    pub fn result(&self, form: Form) -> String {
        let xml = self.request.as_ref().map(RequestName::result);
        let xml = xml.unwrap_or_else(|| self.text.clone());
        with_extension(&xml, Form::Xml, form).unwrap_or(xml)
    }

    /// The result's name where it is a PDF (interface §1.2).
    ///
    /// ```
    /// use gateway::names::Name;
    /// let name = Name::parse("YZKsiquc01req_1.xml").unwrap();
    /// assert_eq!(name.document(), "YZKsiquc01res_1.pdf");
    /// ```
    #[must_use]
    pub fn document(&self) -> String {
        let xml = self.result(Form::Xml);
        let stem = xml.len() - Form::Xml.extension().len();
        format!("{}.pdf", xml.get(..stem).unwrap_or_default())
    }

    /// The name of the text that says why the request was rejected.
    #[must_use]
    pub fn rejection(&self) -> String {
        let stem = self.text.len() - self.form.extension().len();
        format!("{}.err", self.text.get(..stem).unwrap_or_default())
    }
}

/// The systems whose requests this link app answers. Those of others (`EPS`, `CIP`, `PMH`) may be for another program at the same folder.
const SYSTEMS: [&str; 3] = ["OQS", "YZK", "TKK"];

/// True for a name of the form of a request of this system: `OQSxxxxx00req_….xml`.
fn is_of_this_system(text: &str) -> bool {
    let system = text.get(..3).unwrap_or_default();
    let (function, kind) = (text.get(3..10), text.get(10..14));
    let extension = text.get(text.len().saturating_sub(4)..).unwrap_or_default();
    let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':');
    SYSTEMS.iter().any(|it| it.eq_ignore_ascii_case(system))
        && function.is_some_and(|it| it.bytes().all(|b| b.is_ascii_alphanumeric()))
        && kind.is_some_and(|it| it.eq_ignore_ascii_case("req_"))
        && [Form::Xml, Form::Zip]
            .iter()
            .any(|form| form.extension().eq_ignore_ascii_case(extension))
        && text.chars().all(plain)
        && text.len() <= MOST_BYTES
}

/// The longest file name taken, in bytes.
const MOST_BYTES: usize = 200;

/// The text with another extension, in capital letters where the first one has them; `None` when it has not the first one, for which
/// capital and small letters count alike.
fn with_extension(text: &str, from: Form, to: Form) -> Option<String> {
    let stem = text.len().checked_sub(from.extension().len())?;
    let (stem, extension) = text.split_at_checked(stem)?;
    let fits = extension.eq_ignore_ascii_case(from.extension());
    if from == to {
        return fits.then(|| text.to_owned());
    }
    let letters = extension.chars().zip(to.extension().chars());
    let in_its_case = letters.map(|(sent, own)| {
        if sent.is_ascii_uppercase() {
            own.to_ascii_uppercase()
        } else {
            own
        }
    });
    fits.then(|| format!("{stem}{}", in_its_case.collect::<String>()))
}

/// The name in the result folder of the original texts of a result; in a zip where the result is in one. It begins like no file a
/// receipt computer looks for.
///
/// ```
/// use gateway::names::original;
/// assert_eq!(original("OQSsiquc01res_1.xml"), "onshi-original_OQSsiquc01res_1.xml.json");
/// assert_eq!(original("OQSsiquc01res_1.zip"), "onshi-original_OQSsiquc01res_1.zip.json.zip");
/// ```
#[must_use]
pub fn original(result: &str) -> String {
    let zip = match with_extension(result, Form::Zip, Form::Zip) {
        Some(_) => Form::Zip.extension(),
        None => "",
    };
    format!("{ORIGINAL}{result}.json{zip}")
}

/// The name that a version before this one gave the original texts of a result in a zip, which it left open; `None` for any other result.
pub(crate) fn open_original(result: &str) -> Option<String> {
    let zip = with_extension(result, Form::Zip, Form::Zip)?;
    Some(format!("{ORIGINAL}{zip}.json"))
}

/// The result whose original texts a file holds, by its name.
#[must_use]
pub fn original_of(name: &str) -> Option<&str> {
    let result = name.strip_prefix(ORIGINAL)?;
    let zipped = result.strip_suffix(".json.zip");
    zipped.or_else(|| result.strip_suffix(".json"))
}

const ORIGINAL: &str = "onshi-original_";

/// True for names writers use until a file is whole: they will be renamed.
pub(crate) fn is_passing(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with(['.', '~']) || lower.ends_with(".tmp") || lower.ends_with(".part")
}

/// The name under which two requests are one for a share that knows no capital letters.
pub(crate) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// A part of one request in the work folder. The request keeps its name and says who asks, so that a crash before the journal's
/// row loses neither.
pub(crate) fn in_work(id: u128, part: Part, request: &str, origin: Origin) -> String {
    match (part, origin) {
        (Part::Original, _) => beside(id, "org"),
        (Part::Result, _) => beside(id, "res"),
        (Part::Rejection, _) => beside(id, "err"),
        (Part::Request, Origin::Folder) => format!("{id:032x}.{request}"),
        (Part::Request, Origin::Own) => format!("{id:032x}+{request}"),
    }
}

/// The file that tells the work folder a journal speaks of from any other.
pub(crate) const MARK: &str = "onshi-work.txt";

/// What it says to whoever finds it.
pub(crate) const MARK_TEXT: &str = "連携アプリの作業フォルダーです。ファイルを削除しないでください。 / the link app's work folder; delete nothing here\n";

/// A mark of so many bytes says nothing: a file that a person made, with a byte order mark or an end of line at most.
pub(crate) const BLANK_AT_MOST: u64 = 5;

/// A file in the work folder beside a request or for a delivery.
pub(crate) fn beside(id: u128, kind: &str) -> String {
    format!("{id:032x}.{kind}")
}

/// What lies in the work folder under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InWork {
    pub(crate) id: u128,
    pub(crate) part: Part,
    /// The request's name, where the part is the request.
    pub(crate) request: Option<(String, Origin)>,
}

impl InWork {
    /// Reads a name; `None` for what is none of ours.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (digits, rest) = name.split_at_checked(32)?;
        let id = u128::from_str_radix(digits, 16).ok()?;
        let (sign, rest) = rest.split_at_checked(1)?;
        let (part, request) = match (sign, rest) {
            (".", "org") => (Part::Original, None),
            (".", "res") => (Part::Result, None),
            (".", "err") => (Part::Rejection, None),
            (".", request) => (Part::Request, Some((request, Origin::Folder))),
            ("+", request) => (Part::Request, Some((request, Origin::Own))),
            _ => return None,
        };
        let request = match request {
            Some((text, origin)) => Some((Name::parse(text)?.text, origin)),
            None => None,
        };
        Some(Self { id, part, request })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_work_folder_tells_all_of_a_request() {
        for origin in [Origin::Folder, Origin::Own] {
            for part in Part::ALL {
                let name = in_work(7, part, "OQSsiquc01req_1.xml", origin);
                let read = InWork::parse(&name).unwrap();
                assert_eq!((read.id, read.part), (7, part));
                assert_eq!(read.request.is_some(), part == Part::Request);
                if let Some(request) = read.request {
                    assert_eq!(request, ("OQSsiquc01req_1.xml".to_owned(), origin));
                }
            }
        }
        assert_eq!(InWork::parse(&beside(7, "face")), None);
        assert_eq!(InWork::parse("Thumbs.db"), None);
    }

    #[test]
    fn a_zip_is_named_as_its_message_and_keeps_its_letters() {
        let name = Name::parse("oqssiquc01req_1.ZIP").unwrap();
        assert_eq!(name.as_str(), "oqssiquc01req_1.ZIP");
        assert_eq!(name.result(Form::Zip), "oqssiquc01res_1.ZIP");
        assert_eq!(name.result(Form::Xml), "oqssiquc01res_1.XML");
        let mixed = Name::parse("OQSsiquc01req_1.Zip").unwrap();
        assert_eq!(mixed.result(Form::Zip), "OQSsiquc01res_1.Zip");
        assert_eq!(name.rejection(), "oqssiquc01req_1.err");
        assert_eq!(
            Name::parse("OQSsiquc01req_1.XML")
                .unwrap()
                .result(Form::Xml),
            "OQSsiquc01res_1.XML"
        );
        for other in ["OQSsiquc01req_1.7z", "x.zip", "EPSsiPIR01req_1.zip"] {
            assert_eq!(Name::parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_original_texts_have_a_name_no_watcher_looks_for() {
        for result in [
            "OQSsiquc01res_1.xml",
            "OQSsiquc01res_1.zip",
            "OQSsiquc01res_1.json.zip",
        ] {
            let name = original(result);
            assert!(!name.ends_with(".xml") && !name.starts_with("OQS"));
            assert_eq!(original_of(&name), Some(result));
            assert_eq!(original_of(result), None);
        }
        // As a version before this one named it.
        let earlier = original_of("onshi-original_OQSsiquc01res_1.zip.json");
        assert_eq!(earlier, Some("OQSsiquc01res_1.zip"));
    }
}
