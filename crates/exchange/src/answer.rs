//! An answer, in either spelling, typed for each message. Adds nothing to what the center answered.

mod abnormal;
pub mod bulk;
pub mod consents;
pub mod coverage;
pub mod medical_information;
pub mod single_check;
mod tickets;

use serde_json::Value;

use crate::document::json::{self, Image};
use crate::document::xml;
use crate::document::xml_text::Text;
use crate::document::{Element, Sink};
use crate::encoding::Encoding;
use crate::message::Message;
use crate::rejected::Rejected;
use crate::request::text_of;
use crate::tables::{
    self, Part, bulk_check, checkup_information, drug_information, reference_number,
};

/// An answer: the type of each message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `OQSsiquc01`, and the result of a check at a reader.
    SingleCheck(Box<tables::single_check::Answer>),
    /// `OQSsiimm01`.
    ReferenceNumber(reference_number::Answer),
    /// `OQSmuquc01`.
    BulkCheck(tables::bulk::Accepted),
    /// `OQSmuquc02`.
    BulkCheckResult(Box<bulk_check::BulkResult>),
    /// `OQSmuimm01`.
    BulkReferenceNumbers(tables::bulk::Accepted),
    /// `OQSmuimm02`.
    BulkReferenceNumbersResult(Box<reference_number::BulkResult>),
    /// `OQSmutic01`.
    MedicalAidList(tables::bulk::Accepted),
    /// `OQSmutic02`.
    MedicalAidListResult(Box<bulk_check::BulkResult>),
    /// `OQSmuhvq01`.
    HomeVisitList(tables::bulk::Accepted),
    /// `OQSmuhvq02`.
    HomeVisitListResult(Box<bulk_check::BulkResult>),
    /// `OQSmuonq01`.
    OnlineList(tables::bulk::Accepted),
    /// `OQSmuonq02`.
    OnlineListResult(Box<bulk_check::BulkResult>),
    /// `YZKsiquc01`.
    Drugs(drug_information::Answer),
    /// `TKKsiquc01`.
    Checkups(checkup_information::Answer),
}

/// What happens to a text for people to read where the encoding lacks one of its characters. Values that others compare are never
/// changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unrepresentable {
    /// The reduced form (𠮷 as 吉, by a table; a letter without its marks, µ as μ), `●` where there is none; the original stands in a sidecar.
    #[default]
    Reduced,
    /// `●`, as the original system does; the original stands in a sidecar.
    BlackCircle,
    /// The message is not written.
    Refuse,
}

/// Bytes of a message, and what stands in them in another form.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// The encoding it is in: UTF-8 where a value that may not be changed is not in Shift_JIS.
    pub encoding: Encoding,
    /// A second file with the originals of all texts that were reduced, if any were: UTF-8 JSON,
    /// `{"replaced": [{"element": XPath, "written": text, "original": text}]}`.
    pub sidecar: Option<Vec<u8>>,
}

// The bytes are about people.
impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Written({} bytes)", self.bytes.len())
    }
}

/// A value that cannot be written. Names the place, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotBeWritten {
    /// Shift_JIS lacks one of its characters, and the value may not be changed.
    #[error("{element}: character {place} cannot be represented in Shift_JIS")]
    NotInShiftJis {
        /// XPath of the element.
        element: String,
        /// Place in the value, in characters from 1.
        place: usize,
    },
    /// A control character, which XML does not know.
    #[error("{element}: character {place} is a control character, which XML does not know")]
    ControlCharacter {
        /// XPath of the element.
        element: String,
        /// Place in the value, in characters from 1.
        place: usize,
    },
}

impl CannotBeWritten {
    /// What is wrong and what to do, in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        match self {
            Self::NotInShiftJis { element, place } => format!(
                "{element} の {place} 文字目は Shift_JIS で表せません。UTF-8 で受け取る設定にしてください。"
            ),
            Self::ControlCharacter { element, place } => format!(
                "{element} の {place} 文字目は制御文字のため、XMLに書けません。データの登録元に連絡してください。"
            ),
        }
    }
}

/// The largest answer read, in bytes: a bulk result of 10,000 lines.
const MOST_BYTES: usize = 64 << 20;

/// What a receipt computer is told when characters were replaced; the answer itself is good.
const REPLACED: &str = "Shift_JISにない文字を置き換えました。元の文字は別ファイルにあります。";

impl Answer {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Rejected`]: the file is not readable as this answer.
    pub fn from_xml(message: Message, bytes: &[u8]) -> Result<(Self, Encoding), Rejected> {
        let (text, encoding) = text_of(bytes, MOST_BYTES)?;
        Ok((Self::read(message, &xml::read(&text)?)?, encoding))
    }

    /// Reads a JSON image.
    ///
    /// # Errors
    /// [`Rejected`] without a line: the image is not readable as this answer.
    pub fn from_json(message: Message, image: &Value) -> Result<Self, Rejected> {
        Self::read(message, &json::read(image, message.answer_rows())?)
    }

    fn read(message: Message, root: &Element<'_>) -> Result<Self, Rejected> {
        Ok(match message {
            Message::SingleCheck => Self::SingleCheck(Box::new(Part::read(root)?)),
            Message::ReferenceNumber => Self::ReferenceNumber(Part::read(root)?),
            Message::BulkCheck => Self::BulkCheck(Part::read(root)?),
            Message::BulkCheckResult => Self::BulkCheckResult(Box::new(Part::read(root)?)),
            Message::BulkReferenceNumbers => Self::BulkReferenceNumbers(Part::read(root)?),
            Message::BulkReferenceNumbersResult => {
                Self::BulkReferenceNumbersResult(Box::new(Part::read(root)?))
            }
            Message::MedicalAidList => Self::MedicalAidList(Part::read(root)?),
            Message::MedicalAidListResult => {
                Self::MedicalAidListResult(Box::new(Part::read(root)?))
            }
            Message::HomeVisitList => Self::HomeVisitList(Part::read(root)?),
            Message::HomeVisitListResult => Self::HomeVisitListResult(Box::new(Part::read(root)?)),
            Message::OnlineList => Self::OnlineList(Part::read(root)?),
            Message::OnlineListResult => Self::OnlineListResult(Box::new(Part::read(root)?)),
            Message::Drugs => Self::Drugs(Part::read(root)?),
            Message::Checkups => Self::Checkups(Part::read(root)?),
        })
    }

    /// Its JSON image.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut image = Image::default();
        self.write(&mut image);
        image.finish()
    }

    /// Its file, LF, as the samples are. `CharacterCodeIdentifier` says the encoding it is written in. Where a single check's texts
    /// were replaced, its message says so. A value that may not be changed, as an identifier that is echoed, and that Shift_JIS lacks
    /// makes the whole file UTF-8.
    ///
    /// # Errors
    /// [`CannotBeWritten`] where the policy refuses, or for a control character.
    pub fn to_xml(
        &self,
        encoding: Encoding,
        policy: Unrepresentable,
    ) -> Result<Written, CannotBeWritten> {
        match (self.text(encoding, policy), policy) {
            (
                Err(CannotBeWritten::NotInShiftJis { .. }),
                Unrepresentable::Reduced | Unrepresentable::BlackCircle,
            ) => self.text(Encoding::Utf8, policy),
            (written, _) => written,
        }
    }

    fn text(
        &self,
        encoding: Encoding,
        policy: Unrepresentable,
    ) -> Result<Written, CannotBeWritten> {
        let mut text = Text::new(encoding, policy);
        self.write(&mut text);
        let (true, Self::SingleCheck(answer)) = (text.is_reduced(), self) else {
            return text.finish();
        };
        let mut told = answer.clone();
        let message = [told.body.message.as_deref(), Some(REPLACED)];
        let message: Vec<&str> = message.into_iter().flatten().collect();
        told.body.message = Some(message.join(" "));
        let mut text = Text::new(encoding, policy);
        told.write(&mut text);
        text.finish()
    }

    fn write(&self, to: &mut dyn Sink) {
        match self {
            Self::SingleCheck(it) => it.write(to),
            Self::ReferenceNumber(it) => it.write(to),
            Self::BulkCheck(it)
            | Self::BulkReferenceNumbers(it)
            | Self::MedicalAidList(it)
            | Self::HomeVisitList(it)
            | Self::OnlineList(it) => it.write(to),
            Self::BulkCheckResult(it)
            | Self::MedicalAidListResult(it)
            | Self::HomeVisitListResult(it)
            | Self::OnlineListResult(it) => it.write(to),
            Self::BulkReferenceNumbersResult(it) => it.write(to),
            Self::Drugs(it) => it.write(to),
            Self::Checkups(it) => it.write(to),
        }
    }

    /// The message it is of.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::SingleCheck(_) => Message::SingleCheck,
            Self::ReferenceNumber(_) => Message::ReferenceNumber,
            Self::BulkCheck(_) => Message::BulkCheck,
            Self::BulkCheckResult(_) => Message::BulkCheckResult,
            Self::BulkReferenceNumbers(_) => Message::BulkReferenceNumbers,
            Self::BulkReferenceNumbersResult(_) => Message::BulkReferenceNumbersResult,
            Self::MedicalAidList(_) => Message::MedicalAidList,
            Self::MedicalAidListResult(_) => Message::MedicalAidListResult,
            Self::HomeVisitList(_) => Message::HomeVisitList,
            Self::HomeVisitListResult(_) => Message::HomeVisitListResult,
            Self::OnlineList(_) => Message::OnlineList,
            Self::OnlineListResult(_) => Message::OnlineListResult,
            Self::Drugs(_) => Message::Drugs,
            Self::Checkups(_) => Message::Checkups,
        }
    }
}
