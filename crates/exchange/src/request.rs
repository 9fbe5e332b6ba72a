//! A request as it was sent, in either spelling. Checks no value: what a value means is the center's to say.

use serde_json::Value;

use crate::answer::{CannotBeWritten, Unrepresentable, Written};
use crate::document::json::{self, Image};
use crate::document::xml;
use crate::document::xml_text::Text;
use crate::document::{Element, Sink};
use crate::encoding::{Encoding, decode};
use crate::message::Message;
use crate::rejected::{Reason, Rejected};
use crate::tables::{
    self, Part, bulk, bulk_check, consented_list, medical_information, reference_number,
};

/// A request: the type of each message, with its values as they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `OQSsiquc01`.
    SingleCheck(tables::single_check::Request),
    /// `OQSsiimm01`.
    ReferenceNumber(reference_number::Request),
    /// `OQSmuquc01`.
    BulkCheck(bulk_check::Request),
    /// `OQSmuquc02`.
    BulkCheckResult(bulk::ResultRequest),
    /// `OQSmuimm01`.
    BulkReferenceNumbers(reference_number::BulkRequest),
    /// `OQSmuimm02`.
    BulkReferenceNumbersResult(bulk::ResultRequest),
    /// `OQSmutic01`.
    MedicalAidList(consented_list::MedicalAidRequest),
    /// `OQSmutic02`.
    MedicalAidListResult(bulk::ResultRequest),
    /// `OQSmuhvq01`.
    HomeVisitList(consented_list::HomeVisitRequest),
    /// `OQSmuhvq02`.
    HomeVisitListResult(bulk::ResultRequest),
    /// `OQSmuonq01`.
    OnlineList(consented_list::OnlineRequest),
    /// `OQSmuonq02`.
    OnlineListResult(bulk::ResultRequest),
    /// `YZKsiquc01`.
    Drugs(medical_information::DrugRequest),
    /// `TKKsiquc01`.
    Checkups(medical_information::CheckupRequest),
}

impl Request {
    /// Reads a file. Its elements may stand in any order; what is in no table is passed over.
    ///
    /// # Errors
    /// [`Rejected`]: the file is not readable as this request. [`Reason::Incomplete`] may mean that it is still being written.
    pub fn from_xml(message: Message, bytes: &[u8]) -> Result<(Self, Encoding), Rejected> {
        let (text, encoding) = text_of(bytes, message.most_bytes())?;
        let request = Self::read(message, &xml::read(&text)?)?;
        Ok((request, encoding))
    }

    /// Reads a JSON image.
    ///
    /// # Errors
    /// [`Rejected`] without a line: the image is not readable as this request.
    pub fn from_json(message: Message, image: &Value) -> Result<Self, Rejected> {
        Self::read(message, &json::read(image, message.request_rows())?)
    }

    /// Whether the bytes of a JSON image have no more objects and values than any message has. To be asked before they are parsed: what is
    /// parsed may take a hundred times their memory.
    ///
    /// # Errors
    /// [`Reason::TooManyElements`].
    pub fn within_bounds(image: &[u8]) -> Result<(), Rejected> {
        json::within_bounds(image)
    }

    fn read(message: Message, root: &Element<'_>) -> Result<Self, Rejected> {
        Ok(match message {
            Message::SingleCheck => Self::SingleCheck(Part::read(root)?),
            Message::ReferenceNumber => Self::ReferenceNumber(Part::read(root)?),
            Message::BulkCheck => Self::BulkCheck(Part::read(root)?),
            Message::BulkCheckResult => Self::BulkCheckResult(Part::read(root)?),
            Message::BulkReferenceNumbers => Self::BulkReferenceNumbers(Part::read(root)?),
            Message::BulkReferenceNumbersResult => {
                Self::BulkReferenceNumbersResult(Part::read(root)?)
            }
            Message::MedicalAidList => Self::MedicalAidList(Part::read(root)?),
            Message::MedicalAidListResult => Self::MedicalAidListResult(Part::read(root)?),
            Message::HomeVisitList => Self::HomeVisitList(Part::read(root)?),
            Message::HomeVisitListResult => Self::HomeVisitListResult(Part::read(root)?),
            Message::OnlineList => Self::OnlineList(Part::read(root)?),
            Message::OnlineListResult => Self::OnlineListResult(Part::read(root)?),
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

    /// Its file.
    ///
    /// # Errors
    /// [`CannotBeWritten`] for a value the encoding lacks: nothing of a request is reduced.
    pub fn to_xml(&self, encoding: Encoding) -> Result<Vec<u8>, CannotBeWritten> {
        let mut text = Text::new(encoding, Unrepresentable::Refuse);
        self.write(&mut text);
        let Written { bytes, .. } = text.finish()?;
        Ok(bytes)
    }

    fn write(&self, to: &mut dyn Sink) {
        match self {
            Self::SingleCheck(it) => it.write(to),
            Self::ReferenceNumber(it) => it.write(to),
            Self::BulkCheck(it) => it.write(to),
            Self::BulkReferenceNumbers(it) => it.write(to),
            Self::MedicalAidList(it) => it.write(to),
            Self::HomeVisitList(it) => it.write(to),
            Self::OnlineList(it) => it.write(to),
            Self::BulkCheckResult(it)
            | Self::BulkReferenceNumbersResult(it)
            | Self::MedicalAidListResult(it)
            | Self::HomeVisitListResult(it)
            | Self::OnlineListResult(it) => it.write(to),
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

    /// The institution code in its header.
    #[must_use]
    pub fn institution_code(&self) -> Option<&str> {
        self.marks().0
    }

    /// The sender's mark for the file, which its answer echoes.
    #[must_use]
    pub fn file_identifier(&self) -> Option<&str> {
        self.marks().1
    }

    /// Institution code and file identifier.
    fn marks(&self) -> (Option<&str>, Option<&str>) {
        let (code, identifier) = match self {
            Self::SingleCheck(it) => (&it.header.institution_code, &it.header.file_identifier),
            Self::BulkCheck(it) => (&it.header.institution_code, &it.header.file_identifier),
            Self::ReferenceNumber(it) => (&it.header.institution_code, &it.header.file_identifier),
            Self::BulkReferenceNumbers(it) => {
                (&it.header.institution_code, &it.header.file_identifier)
            }
            Self::MedicalAidList(it) => (&it.header.institution_code, &it.header.file_identifier),
            Self::HomeVisitList(it) => (&it.header.institution_code, &it.header.file_identifier),
            Self::OnlineList(it) => (&it.header.institution_code, &it.header.file_identifier),
            Self::BulkCheckResult(it)
            | Self::BulkReferenceNumbersResult(it)
            | Self::MedicalAidListResult(it)
            | Self::HomeVisitListResult(it)
            | Self::OnlineListResult(it) => {
                (&it.header.institution_code, &it.header.file_identifier)
            }
            Self::Drugs(it) => (&it.header.institution_code, &it.header.file_identifier),
            Self::Checkups(it) => (&it.header.institution_code, &it.header.file_identifier),
        };
        (code.as_deref(), identifier.as_deref())
    }
}

/// The text of a file that is neither empty nor too large.
pub(crate) fn text_of(bytes: &[u8], most_bytes: usize) -> Result<(String, Encoding), Rejected> {
    let reject = |reason| Rejected {
        line: 1,
        element: None,
        reason,
    };
    if most_bytes < bytes.len() {
        return Err(reject(Reason::TooLarge));
    }
    if bytes.is_empty() {
        return Err(reject(Reason::Empty));
    }
    decode(bytes)
}
