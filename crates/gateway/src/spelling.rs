//! How the messages of one folder pair are spelled in files: as XML or in a zip, in which encoding, and what happens to characters the
//! encoding lacks. Leaves XML to `exchange`, asks nobody.

use std::sync::Arc;

use exchange::answer::{Answer, CannotBeWritten, Unrepresentable, Written};
use exchange::encoding::Encoding;
use exchange::message::{MOST_BYTES, Message};
use exchange::request::Request;

use crate::config::{AnswerEncoding, FolderPair, UnrepresentablePolicy};
use crate::names::{Form, Name};
use crate::zipped::{self, Cipher, Zip, ZipTrouble};

/// The settings of one folder pair about how messages are spelled.
#[derive(Debug, Clone)]
pub struct Spelling {
    encoding: AnswerEncoding,
    unrepresentable: UnrepresentablePolicy,
    /// Whether results of bulk messages come in a zip without password.
    bulk_zip: bool,
    zip: Option<Arc<Zip>>,
}

/// Whether a file may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    /// It is whole, or wrong in a way that time does not heal.
    Yes,
    /// It may still be written, or be for another program.
    NotYet,
}

/// A request as it was sent.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) request: Request,
    pub(crate) encoding: Encoding,
    /// The zip's cipher, where it came in one.
    pub(crate) cipher: Option<Cipher>,
}

/// A result as it goes.
pub(crate) struct Spelled {
    /// Its name in the result folder.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// The original texts of what the encoding lacks.
    pub(crate) original: Option<Vec<u8>>,
}

impl Spelling {
    /// The spelling of a folder pair, without zips.
    #[must_use]
    pub fn of(pair: &FolderPair) -> Self {
        Self {
            encoding: pair.encoding,
            unrepresentable: pair.unrepresentable,
            bulk_zip: pair.bulk_zip,
            zip: None,
        }
    }

    /// The same with prefixes exchanged in zips.
    #[must_use]
    pub fn with_zip(mut self, zip: Zip) -> Self {
        self.zip = Some(Arc::new(zip));
        self
    }

    /// The largest file of a name that is read, in bytes.
    pub(crate) fn most_bytes(&self, name: &Name) -> usize {
        name.message().map_or(MOST_BYTES, Message::most_bytes)
    }

    /// Whether a file is whole.
    pub(crate) fn whole(&self, name: &Name, bytes: &[u8]) -> Whole {
        let unfinished = match (name.message(), name.form()) {
            // Another program may take it; else it is rejected.
            (None, _) => true,
            (Some(message), Form::Xml) => {
                Request::from_xml(message, bytes).is_err_and(|rejected| rejected.reason.may_pass())
            }
            (Some(message), Form::Zip) => {
                message.most_bytes() < bytes.len() || !zipped::is_whole(bytes)
            }
        };
        if unfinished {
            Whole::NotYet
        } else {
            Whole::Yes
        }
    }

    /// Reads a request; otherwise the text of its rejection.
    pub(crate) fn read(&self, name: &Name, bytes: &[u8]) -> Result<Read, String> {
        let Some(message) = name.message() else {
            return Err(unknown());
        };
        let zip = self.zip.as_ref().filter(|zip| zip.takes(name));
        match (name.form(), zip) {
            (Form::Xml, None) => parse(message, bytes, None),
            (Form::Zip, Some(zip)) => {
                let opened = zip.open(bytes, message.most_bytes());
                let (xml, cipher) = opened.map_err(ZipTrouble::text)?;
                parse(message, &xml, Some(cipher))
            }
            (Form::Zip, None) => Err(ZipTrouble::NotSetUp.text()),
            (Form::Xml, Some(_)) => Err(ZipTrouble::OnlyZip.text()),
        }
    }

    /// Spells an answer; otherwise the text of a rejection. What cannot be written in the encoding although the setting allows other
    /// forms - an identifier that is echoed, say - is written in UTF-8.
    pub(crate) fn spell(
        &self,
        name: &Name,
        answer: &Answer,
        read: &Read,
    ) -> Result<Spelled, String> {
        let encoding = self.encoding(answer.message(), read.encoding);
        let policy = match self.unrepresentable {
            UnrepresentablePolicy::Reduced => Unrepresentable::Reduced,
            UnrepresentablePolicy::BlackCircle => Unrepresentable::BlackCircle,
            UnrepresentablePolicy::Refuse => Unrepresentable::Refuse,
        };
        let written = answer.to_xml(encoding, policy);
        let Written { bytes, sidecar, .. } = written.map_err(|error| cannot_be_written(&error))?;
        let (name, bytes) = self
            .packed(name, answer.message(), bytes, read.cipher)
            .map_err(ZipTrouble::text)?;
        Ok(Spelled {
            name,
            bytes,
            original: sidecar,
        })
    }

    /// The bytes of a request of the link app's own, as the one it follows from was sent; nothing where it cannot be written.
    pub(crate) fn spell_request(
        &self,
        name: &Name,
        request: &Request,
        read: &Read,
    ) -> Option<Vec<u8>> {
        let xml = request.to_xml(read.encoding).ok()?;
        match (name.form(), read.cipher, &self.zip) {
            (Form::Zip, Some(cipher), Some(zip)) => {
                zip.seal(name.request_name(), &xml, cipher).ok()
            }
            _ => Some(xml),
        }
    }

    /// In which encoding a request is answered. Clients are known to read consented lists in the encoding they asked in, and all else
    /// as UTF-8 (interface R8).
    fn encoding(&self, message: Message, request: Encoding) -> Encoding {
        match self.encoding {
            AnswerEncoding::Usual if is_consented_list(message) => request,
            AnswerEncoding::Usual | AnswerEncoding::Utf8 => Encoding::Utf8,
            AnswerEncoding::ShiftJis => Encoding::ShiftJis,
            AnswerEncoding::Request => request,
        }
    }

    /// In a protected zip where the request came in one, in an open one where the settings want bulk results so.
    fn packed(
        &self,
        name: &Name,
        message: Message,
        xml: Vec<u8>,
        cipher: Option<Cipher>,
    ) -> Result<(String, Vec<u8>), ZipTrouble> {
        let inside = name.result(Form::Xml);
        match (cipher, &self.zip) {
            (Some(cipher), Some(zip)) => {
                Ok((name.result(Form::Zip), zip.pack(&inside, &xml, cipher)?))
            }
            _ if self.bulk_zip && is_bulk_result(message) => {
                Ok((name.result(Form::Zip), zipped::pack_open(&inside, &xml)?))
            }
            _ => Ok((inside, xml)),
        }
    }
}

fn is_consented_list(message: Message) -> bool {
    match message {
        Message::MedicalAidList
        | Message::MedicalAidListResult
        | Message::HomeVisitList
        | Message::HomeVisitListResult
        | Message::OnlineList
        | Message::OnlineListResult => true,
        Message::SingleCheck
        | Message::ReferenceNumber
        | Message::BulkCheck
        | Message::BulkCheckResult
        | Message::BulkReferenceNumbers
        | Message::BulkReferenceNumbersResult
        | Message::Drugs
        | Message::Checkups => false,
    }
}

/// True for answers that hold a result of many lines.
fn is_bulk_result(message: Message) -> bool {
    match message {
        Message::BulkCheckResult
        | Message::BulkReferenceNumbersResult
        | Message::MedicalAidListResult
        | Message::HomeVisitListResult
        | Message::OnlineListResult => true,
        Message::SingleCheck
        | Message::ReferenceNumber
        | Message::BulkCheck
        | Message::BulkReferenceNumbers
        | Message::MedicalAidList
        | Message::HomeVisitList
        | Message::OnlineList
        | Message::Drugs
        | Message::Checkups => false,
    }
}

fn parse(message: Message, bytes: &[u8], cipher: Option<Cipher>) -> Result<Read, String> {
    match Request::from_xml(message, bytes) {
        Ok((request, encoding)) => Ok(Read {
            request,
            encoding,
            cipher,
        }),
        Err(rejected) => {
            tracing::warn!(reason = %rejected.reason, "a request file was rejected");
            Err(rejected.text())
        }
    }
}

/// The text of an `.err`: where, why, what to do, each in Japanese and English; UTF-8, CRLF.
pub(crate) fn rejection(reason: (&str, &str), remedy: (&str, &str)) -> String {
    format!(
        "行 / line: -\r\n要素 / element: -\r\n理由 / reason: {} / {}\r\n対処 / remedy: {} / {}\r\n",
        reason.0, reason.1, remedy.0, remedy.1
    )
}

/// The text for a request that is gone from the work folder.
pub(crate) fn lost() -> String {
    rejection(
        (
            "受け取った要求ファイルが、連携アプリの作業フォルダーから削除されました。",
            "the request was deleted from the link app's work folder after it was taken",
        ),
        (
            "もう一度 req フォルダーに置いてください。work フォルダーのファイルは削除しないでください。",
            "put the request into req again; do not delete files of the work folder",
        ),
    )
}

/// The text for a message this version does not know.
fn unknown() -> String {
    tracing::warn!("a request file was rejected: its message is not known");
    rejection(
        (
            "この種類の要求には対応していません。",
            "this kind of request is not supported",
        ),
        (
            "ファイル名の先頭（メッセージの種類）を確かめてください。対応する種類は docs/receipt-computers.md にあります。",
            "look at the beginning of the name, which says the message; docs/receipt-computers.md lists those supported",
        ),
    )
}

fn cannot_be_written(error: &CannotBeWritten) -> String {
    tracing::warn!(reason = %error, "an answer cannot be written as the folder's settings say");
    rejection(
        (&error.ja(), &error.to_string()),
        (
            "gateway.toml の encoding を utf-8 にするか、unrepresentable を変えてください。",
            "set encoding to utf-8 in gateway.toml, or change unrepresentable",
        ),
    )
}
