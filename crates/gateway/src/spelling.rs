//! How the messages of one folder pair are spelled in files: as XML or in a zip, in which encoding, and what happens to characters the
//! encoding lacks. Leaves XML to `exchange`, asks nobody.

use std::sync::Arc;

use exchange::encoding::Encoding;
use exchange::single_check::{MOST_BYTES, Request};

use crate::config::AnswerEncoding;
use crate::names::{Form, Name};
use crate::zipped::{self, Cipher, Zip, ZipTrouble};

/// The settings of one folder pair about how messages are spelled.
#[derive(Debug, Clone)]
pub struct Spelling {
    encoding: AnswerEncoding,
    zip: Option<Arc<Zip>>,
}

/// Whether a file may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    /// It is whole, or wrong in a way that time does not heal.
    Yes,
    /// It may still be written.
    NotYet,
}

/// A request as it was sent.
pub(crate) struct Read {
    pub(crate) request: Request,
    /// The zip's cipher, where it came in one.
    pub(crate) cipher: Option<Cipher>,
}

impl Spelling {
    /// A spelling with an encoding, and with the prefixes and password of zips where there are any.
    #[must_use]
    pub fn new(encoding: AnswerEncoding, zip: Option<Zip>) -> Self {
        Self {
            encoding,
            zip: zip.map(Arc::new),
        }
    }

    /// The same with prefixes exchanged in zips.
    #[must_use]
    pub fn with_zip(mut self, zip: Zip) -> Self {
        self.zip = Some(Arc::new(zip));
        self
    }

    /// The largest file of a name that is read, in bytes.
    pub(crate) fn most_bytes(&self, _name: &Name) -> usize {
        MOST_BYTES
    }

    /// Whether a file is whole.
    pub(crate) fn whole(&self, name: &Name, bytes: &[u8]) -> Whole {
        let unfinished = match name.form() {
            Form::Xml => Request::parse(bytes).is_err_and(|rejected| rejected.reason.may_pass()),
            Form::Zip => bytes.len() <= MOST_BYTES && !zipped::is_whole(bytes),
        };
        if unfinished || MOST_BYTES < bytes.len() {
            Whole::NotYet
        } else {
            Whole::Yes
        }
    }

    /// Reads a request; otherwise the text of its rejection.
    pub(crate) fn read(&self, name: &Name, bytes: &[u8]) -> Result<Read, String> {
        let zip = self.zip.as_ref().filter(|zip| zip.takes(name));
        match (name.form(), zip) {
            (Form::Xml, None) => Ok(Read {
                request: parse(bytes)?,
                cipher: None,
            }),
            (Form::Zip, Some(zip)) => {
                let (xml, cipher) = zip.open(bytes, MOST_BYTES).map_err(|it| it.text())?;
                Ok(Read {
                    request: parse(&xml)?,
                    cipher: Some(cipher),
                })
            }
            (Form::Zip, None) => Err(ZipTrouble::NotSetUp.text()),
            (Form::Xml, Some(_)) => Err(ZipTrouble::OnlyZip.text()),
        }
    }

    /// In which encoding a request is answered.
    pub(crate) fn encoding(&self, request: Encoding) -> Encoding {
        match self.encoding {
            AnswerEncoding::Utf8 => Encoding::Utf8,
            AnswerEncoding::ShiftJis => Encoding::ShiftJis,
            AnswerEncoding::Request => request,
        }
    }

    /// Name and bytes of a result: in a zip where the request came in one.
    pub(crate) fn result(
        &self,
        name: &Name,
        xml: Vec<u8>,
        cipher: Option<Cipher>,
    ) -> Result<(String, Vec<u8>), ZipTrouble> {
        match (cipher, &self.zip) {
            (Some(cipher), Some(zip)) => {
                let packed = zip.pack(&name.result(Form::Xml), &xml, cipher)?;
                Ok((name.result(Form::Zip), packed))
            }
            _ => Ok((name.result(Form::Xml), xml)),
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Request, String> {
    Request::parse(bytes).map_err(|rejected| {
        tracing::warn!(reason = %rejected.reason, "a request file was rejected");
        rejected.text()
    })
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
