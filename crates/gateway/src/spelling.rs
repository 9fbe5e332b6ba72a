//! How the messages of one folder pair are spelled in files: as XML or in a zip, in which encoding, and what happens to characters the
//! encoding lacks. Leaves XML to `exchange`, asks nobody.

use std::sync::Arc;

use exchange::answer::{Answer, CannotBeWritten, Unrepresentable, Written};
use exchange::encoding::Encoding;
use exchange::message::{MOST_BYTES, Message};
use exchange::request::Request;

use crate::config::{AnswerEncoding, FolderPair, UnrepresentablePolicy};
use crate::lane::Further;
use crate::names::{Form, Name, original};
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
    /// The original texts of what the encoding lacks, packed as the result is.
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
        let written = answer.to_xml(encoding, self.policy());
        let Written { bytes, sidecar, .. } = written.map_err(|error| cannot_be_written(&error))?;
        let packed = |inside: &str, bytes| {
            let packed = self.packed(inside, answer.message(), bytes, read.cipher);
            packed.map_err(ZipTrouble::text)
        };
        let inside = name.result(Form::Xml);
        let (form, bytes) = packed(&inside, bytes)?;
        // They hold names that may lie open no more than the result.
        let original = match sidecar {
            Some(texts) => Some(packed(&original(&inside), texts)?.1),
            None => None,
        };
        Ok(Spelled {
            name: name.result(form),
            bytes,
            original,
        })
    }

    /// A PDF as it goes: bare (interface §5.1), in a protected zip where the request came in one.
    pub(crate) fn spell_document(
        &self,
        name: &Name,
        pdf: Vec<u8>,
        read: &Read,
    ) -> Result<Spelled, String> {
        let inside = name.document();
        let (name, bytes) = match (read.cipher, &self.zip) {
            (Some(cipher), Some(zip)) => {
                let packed = zip.pack(&inside, &pdf, cipher);
                (name.result(Form::Zip), packed.map_err(ZipTrouble::text)?)
            }
            _ => (inside, pdf),
        };
        Ok(Spelled {
            name,
            bytes,
            original: None,
        })
    }

    /// Spells a reader's result. Nobody asked for it, so there is nobody to be refused: where the setting would, it is written in UTF-8.
    pub(crate) fn spell_reader_result(
        &self,
        answer: &Answer,
        encoding: Encoding,
    ) -> Result<Written, CannotBeWritten> {
        let written = answer.to_xml(encoding, self.policy());
        written.or_else(|_| answer.to_xml(Encoding::Utf8, self.policy()))
    }

    fn policy(&self) -> Unrepresentable {
        match self.unrepresentable {
            UnrepresentablePolicy::Reduced => Unrepresentable::Reduced,
            UnrepresentablePolicy::BlackCircle => Unrepresentable::BlackCircle,
            UnrepresentablePolicy::Refuse => Unrepresentable::Refuse,
        }
    }

    /// A request of the link app's own, in the form its message is exchanged in, otherwise as the one it follows from was sent. One that
    /// came in Shift_JIS may bear a mark beyond it, of the receipt computer's own characters.
    pub(crate) fn spell_request(
        &self,
        name: &Name,
        request: &Request,
        read: &Read,
    ) -> Option<Further> {
        let xml = request.to_xml(read.encoding);
        let xml = xml.or_else(|_| request.to_xml(Encoding::Utf8)).ok()?;
        let zip = self.zip.as_ref().filter(|zip| zip.takes(name));
        let (name, bytes) = match zip {
            Some(zip) => {
                let name = name.in_form(Form::Zip)?;
                let cipher = read.cipher.unwrap_or(Cipher::ZipCrypto);
                let bytes = zip.seal(name.request_name(), &xml, cipher).ok()?;
                (name, bytes)
            }
            None => (name.in_form(Form::Xml)?, xml),
        };
        Some(Further { name, bytes })
    }

    /// In which encoding a request is answered. Clients are known to read consented lists in the encoding they asked in, and all else
    /// as UTF-8 (interface R8).
    fn encoding(&self, message: Message, request: Encoding) -> Encoding {
        match self.encoding {
            AnswerEncoding::Usual if message.is_consented_list() => request,
            AnswerEncoding::Usual | AnswerEncoding::Utf8 => Encoding::Utf8,
            AnswerEncoding::ShiftJis => Encoding::ShiftJis,
            AnswerEncoding::Request => request,
        }
    }

    /// In a protected zip where the request came in one, in an open one where the settings want bulk results so.
    fn packed(
        &self,
        inside: &str,
        message: Message,
        bytes: Vec<u8>,
        cipher: Option<Cipher>,
    ) -> Result<(Form, Vec<u8>), ZipTrouble> {
        match (cipher, &self.zip) {
            (Some(cipher), Some(zip)) => Ok((Form::Zip, zip.pack(inside, &bytes, cipher)?)),
            _ if self.bulk_zip && message.is_for_result() => {
                Ok((Form::Zip, zipped::pack_open(inside, &bytes)?))
            }
            _ => Ok((Form::Xml, bytes)),
        }
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use zeroize::Zeroizing;

    use super::*;
    use crate::zipped::AnswerCipher;

    fn pair() -> FolderPair {
        let folder = PathBuf::from;
        FolderPair::new("receipt", folder("q"), folder("s"), folder("w"))
    }

    fn sample(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../exchange/tests/samples");
        std::fs::read(format!("{folder}/{name}")).unwrap()
    }

    fn answer(message: Message, name: &str) -> Answer {
        Answer::from_xml(message, &sample(name)).unwrap().0
    }

    /// The sample's answer about somebody whose name the old set lacks.
    fn rare() -> Answer {
        let text = String::from_utf8(sample("OQSsiquc01res_202611230001.xml")).unwrap();
        let text = text.replace("<Name>", "<Name>\u{20bb7}");
        assert!(text.contains('\u{20bb7}'), "the sample names somebody");
        let read = Answer::from_xml(Message::SingleCheck, text.as_bytes());
        read.unwrap().0
    }

    fn single() -> (Name, Read) {
        let name = Name::parse("OQSsiquc01req_1.xml").unwrap();
        let bytes = sample("OQSsiquc01req_202611230002_sjis.xml");
        let read = Spelling::of(&pair()).read(&name, &bytes).unwrap();
        (name, read)
    }

    fn spelled(pair: &FolderPair, answer: &Answer) -> Result<Spelled, String> {
        let (name, read) = single();
        Spelling::of(pair).spell(&name, answer, &read)
    }

    #[test]
    fn consented_lists_are_answered_in_the_requests_encoding_and_all_else_in_utf_8() {
        let spelling = Spelling::of(&pair());
        for message in Message::ALL {
            let own = spelling.encoding(message, Encoding::ShiftJis);
            let prefix = message.prefix();
            let list = ["OQSmutic", "OQSmuhvq", "OQSmuonq"]
                .iter()
                .any(|it| prefix.starts_with(it));
            assert_eq!(own == Encoding::ShiftJis, list, "{prefix}");
        }
    }

    #[test]
    fn what_the_encoding_lacks_follows_the_folders_setting() {
        let mut pair = pair();
        pair.encoding = AnswerEncoding::ShiftJis;
        for policy in [
            UnrepresentablePolicy::Reduced,
            UnrepresentablePolicy::BlackCircle,
        ] {
            pair.unrepresentable = policy;
            let spelled = spelled(&pair, &rare()).unwrap();
            let original = String::from_utf8(spelled.original.unwrap()).unwrap();
            assert!(original.contains('\u{20bb7}'), "{original}");
        }
        pair.unrepresentable = UnrepresentablePolicy::Refuse;
        let told = spelled(&pair, &rare()).err().unwrap();
        assert!(
            told.contains("Shift_JIS") && told.contains("unrepresentable"),
            "{told}"
        );
        pair.encoding = AnswerEncoding::Usual;
        assert!(spelled(&pair, &rare()).unwrap().original.is_none());
    }

    #[test]
    fn a_zip_is_read_with_its_password_and_answered_with_it() {
        let zip = |word: &str| {
            let password = Zeroizing::new(word.as_bytes().to_vec());
            Zip::new(vec!["OQSsiquc01".into()], password, AnswerCipher::Request)
        };
        let spelling = Spelling::of(&pair()).with_zip(zip("himitsu"));
        let xml = sample("OQSsiquc01req_202611230001.xml");
        let name = Name::parse("OQSsiquc01req_1.zip").unwrap();
        for cipher in [Cipher::ZipCrypto, Cipher::Aes256] {
            let request = zip("himitsu").seal("a.xml", &xml, cipher).unwrap();
            let half = &request[..request.len() / 2];
            assert_eq!(spelling.whole(&name, half), Whole::NotYet);
            assert_eq!(spelling.whole(&name, &request), Whole::Yes);
            let read = spelling.read(&name, &request).unwrap();
            let answer = answer(Message::SingleCheck, "OQSsiquc01res_202611230001.xml");
            let spelled = spelling.spell(&name, &answer, &read).unwrap();
            assert_eq!(spelled.name, "OQSsiquc01res_1.zip");
            let opened = zip("himitsu").open(&spelled.bytes, 1 << 20).unwrap();
            assert_eq!(opened.1, cipher);
            assert!(opened.0.ends_with(b"</XmlMsg>\n"));
            let other = zip("betsu").seal("a.xml", &xml, cipher).unwrap();
            let told = spelling.read(&name, &other).unwrap_err();
            assert!(told.contains("password") && told.contains("zip_password_file"));
        }
        // This prefix comes in zips only, and another one not in zips.
        let plain = Name::parse("OQSsiquc01req_1.xml").unwrap();
        assert!(
            spelling
                .read(&plain, &xml)
                .unwrap_err()
                .contains("zips only")
        );
        let other = Name::parse("OQSsiimm01req_1.zip").unwrap();
        assert!(
            spelling
                .read(&other, b"PK")
                .unwrap_err()
                .contains("not set up")
        );
    }

    #[test]
    fn results_of_bulk_messages_come_in_an_open_zip_where_set() {
        let mut pair = pair();
        pair.bulk_zip = true;
        let name = Name::parse("OQSmuquc02req_1.xml").unwrap();
        let spelling = Spelling::of(&pair);
        let request = sample("OQSmuquc02req_202611230020.xml");
        let read = spelling.read(&name, &request).unwrap();
        let answer = answer(Message::BulkCheckResult, "OQSmuquc02res_202611230020.xml");
        let spelled = spelling.spell(&name, &answer, &read).unwrap();
        assert_eq!(spelled.name, "OQSmuquc02res_1.zip");
        assert!(zipped::is_whole(&spelled.bytes));
        let single = spelled_single(&pair);
        assert_eq!(single, "OQSsiquc01res_1.xml", "bulk results alone");
    }

    fn spelled_single(pair: &FolderPair) -> String {
        let answer = answer(Message::SingleCheck, "OQSsiquc01res_202611230001.xml");
        spelled(pair, &answer).unwrap().name
    }

    #[test]
    fn an_acceptance_leads_to_the_question_for_its_result_and_the_result_ends_it() {
        let spelling = Spelling::of(&pair());
        for (one, two) in [
            ("OQSmuquc", "20"),
            ("OQSmuimm", "11"),
            ("OQSmuhvq", "30"),
            ("OQSmuonq", "31"),
            ("OQSmutic", "32"),
        ] {
            let first = Message::from_prefix(&format!("{one}01")).unwrap();
            let second = Message::from_prefix(&format!("{one}02")).unwrap();
            let name = Name::parse(&format!("{one}01req_a 1.xml")).unwrap();
            let request = sample(&format!("{one}01req_2026112300{two}.xml"));
            let read = spelling.read(&name, &request).unwrap();
            let accepted = answer(first, &format!("{one}01res_2026112300{two}.xml"));
            let further = crate::further::of(&name, &accepted, &read, &spelling).unwrap();
            assert_eq!(further.name.as_str(), format!("{one}02req_a 1.xml"));
            let asked = Request::from_xml(second, &further.bytes).unwrap().0;
            let image = asked.to_json().to_string();
            assert!(image.contains("ReceptionNumber"), "{image}");
            let result = answer(second, &format!("{one}02res_2026112300{two}.xml"));
            assert!(!crate::further::is_under_way(&result));
            assert!(crate::further::of(&further.name, &result, &read, &spelling).is_none());
        }
        let waits = "OQSmuquc02res_202611230020_processing.xml";
        assert!(crate::further::is_under_way(&answer(
            Message::BulkCheckResult,
            waits
        )));
        let refused = answer(
            Message::BulkCheck,
            "OQSmuquc01res_202611230022_abnormal.xml",
        );
        let name = Name::parse("OQSmuquc01req_1.xml").unwrap();
        let (_, read) = single();
        assert!(crate::further::of(&name, &refused, &read, &spelling).is_none());
    }
}
