//! Commands to a card and its status words (ISO/IEC 7816-4, short form). Builds only the commands listed here: none of them
//! changes a secret or writes to the card.

use core::fmt;

use zeroize::Zeroizing;

/// A command as it goes to the card. Its bytes are wiped when dropped, as they may hold a PIN, and never printed.
pub struct Command {
    bytes: Zeroizing<Vec<u8>>,
    expects: Expects,
}

/// What may be done with a status word that asks for more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expects {
    /// Only a status: sent once, whatever comes (a PIN must never be sent twice by itself).
    Status,
    /// Data: `61xx` is followed by GET RESPONSE, `6Cxx` by the same command with the right length.
    Data,
}

/// Bytes a short answer carries at most.
pub(crate) const SHORT_ANSWER_BYTES: usize = 256;

/// Bytes a short command carries at most.
pub const SHORT_DATA_BYTES: usize = 255;

impl Command {
    /// SELECT an application by its whole name; a part of a name may match another one.
    #[must_use]
    pub fn select_application(name: &[u8; 10]) -> Self {
        Self::with_data([0x00, 0xA4, 0x04, 0x0C], name)
    }

    /// SELECT an elementary file, also of a PIN or key, below the current application.
    #[must_use]
    pub fn select_file(file: FileId) -> Self {
        Self::with_data([0x00, 0xA4, 0x02, 0x0C], &file.0.to_be_bytes())
    }

    /// READ BINARY: up to 256 bytes from an offset below 32,768.
    #[must_use]
    pub fn read_binary(offset: u16, length: usize) -> Self {
        let [high, low] = (offset & 0x7FFF).to_be_bytes();
        // 00 stands for 256.
        let length = u8::try_from(length).unwrap_or(0);
        Self {
            bytes: Zeroizing::new(vec![0x00, 0xB0, high, low, length]),
            expects: Expects::Data,
        }
    }

    /// VERIFY without data: asks how many tries the selected PIN has left and costs none.
    #[must_use]
    pub fn tries() -> Self {
        Self {
            bytes: Zeroizing::new(vec![0x00, 0x20, 0x00, 0x80]),
            expects: Expects::Status,
        }
    }

    /// VERIFY: shows the secret of the selected PIN file.
    pub(crate) fn verify(secret: &[u8]) -> Self {
        Self::with_data([0x00, 0x20, 0x00, 0x80], secret)
    }

    /// COMPUTE DIGITAL SIGNATURE with the selected key over a DigestInfo.
    #[must_use]
    pub fn sign(digest: &DigestInfo) -> Self {
        Self::with_answer([0x80, 0x2A, 0x00, 0x80], &digest.0)
    }

    /// The same with the key of the card-face application (INS 2A, P2 00).
    #[must_use]
    pub fn sign_with_face_key(digest: &DigestInfo) -> Self {
        Self::with_answer([0x80, 0x2A, 0x00, 0x00], &digest.0)
    }

    /// GET CHALLENGE: random bytes of the card.
    #[must_use]
    pub fn challenge(length: u8) -> Self {
        Self {
            bytes: Zeroizing::new(vec![0x00, 0x84, 0x00, 0x00, length]),
            expects: Expects::Data,
        }
    }

    /// EXTERNAL AUTHENTICATE: one part of what a terminal shows; `p1` and `p2` as the protocol of the terminal says. `None`
    /// for a part that a short command does not carry.
    #[must_use]
    pub fn external_authenticate(p1: u8, p2: u8, part: &[u8]) -> Option<Self> {
        (part.len() <= SHORT_DATA_BYTES).then(|| Self::with_data([0x00, 0x82, p1, p2], part))
    }

    /// The last-command indicator an iPhone waits for.
    #[must_use]
    pub fn last_command() -> Self {
        Self {
            bytes: Zeroizing::new(vec![0x80, 0xFC, 0x00, 0x00]),
            expects: Expects::Status,
        }
    }

    pub(crate) fn get_response(length: u8) -> Self {
        Self {
            bytes: Zeroizing::new(vec![0x00, 0xC0, 0x00, 0x00, length]),
            expects: Expects::Data,
        }
    }

    /// The same command with the length the card named in `6Cxx`.
    pub(crate) fn with_length(&self, length: u8) -> Self {
        let mut bytes = self.bytes.clone();
        if let Some(last) = bytes.last_mut() {
            *last = length;
        }
        let expects = self.expects;
        Self { bytes, expects }
    }

    /// The bytes for the reader.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn expects(&self) -> Expects {
        self.expects
    }

    /// All data are far shorter than [`SHORT_DATA_BYTES`]: names, files, PINs, digests, and parts that were measured.
    fn with_data(header: [u8; 4], data: &[u8]) -> Self {
        let mut bytes = Zeroizing::new(Vec::with_capacity(header.len() + 2 + data.len()));
        bytes.extend_from_slice(&header);
        bytes.push(u8::try_from(data.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(data);
        Self {
            bytes,
            expects: Expects::Status,
        }
    }

    fn with_answer(header: [u8; 4], data: &[u8]) -> Self {
        let mut command = Self::with_data(header, data);
        command.bytes.push(0x00);
        command.expects = Expects::Data;
        command
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instruction = self.bytes.get(1).copied().unwrap_or_default();
        write!(f, "Command(INS {instruction:02X}, …)")
    }
}

/// The DigestInfo of a SHA-256 digest (RFC 8017 §9.2), which the card pads and signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestInfo([u8; 51]);

/// What comes before the 32 bytes of a SHA-256 digest.
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

impl DigestInfo {
    /// Of a message.
    #[must_use]
    pub fn sha256(message: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message);
        let mut bytes = [0; 51];
        let whole = SHA256_PREFIX.iter().chain(digest.as_ref());
        bytes
            .iter_mut()
            .zip(whole)
            .for_each(|(to, from)| *to = *from);
        Self(bytes)
    }
}

/// The identifier of an elementary file. Only the files this crate may select have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId(u16);

impl FileId {
    /// JPKI 0006: what kind of token it is.
    pub const TOKEN: Self = Self(0x0006);
    /// JPKI 000A: certificate for user authentication (利用者証明用).
    pub const CERTIFICATE: Self = Self(0x000A);
    /// JPKI 0017: key for user authentication.
    pub const KEY: Self = Self(0x0017);
    /// JPKI 0018: PIN of that key.
    pub const PIN: Self = Self(0x0018);
    /// Card face 0002: face data with the photo.
    pub const FACE: Self = Self(0x0002);
    /// Card face 0004: card-verifiable certificate of the key that signed the face data.
    pub const FACE_CERTIFICATE: Self = Self(0x0004);
    /// Card face 0012: number B (照合番号B).
    pub const NUMBER_B: Self = Self(0x0012);
}

/// The two bytes at the end of every answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// There is no such file or application.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// The security condition is not satisfied: a PIN is needed first.
    pub const SECURITY: Self = Self(0x6982);

    /// Tries left, from `63Cx`.
    #[must_use]
    pub fn tries_left(self) -> Option<u8> {
        let [high, low] = self.0.to_be_bytes();
        (high == 0x63 && low & 0xF0 == 0xC0).then_some(low & 0x0F)
    }

    /// Whether the PIN is locked: `6984`, or `6983` as ISO/IEC 7816-4 has it.
    #[must_use]
    pub fn locked(self) -> bool {
        matches!(self.0, 0x6983 | 0x6984) || self.tries_left() == Some(0)
    }

    /// Whether a read went beyond the end: `6B00`, or the warning `6282` that less was there.
    #[must_use]
    pub fn end_of_file(self) -> bool {
        matches!(self.0, 0x6B00 | 0x6282)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Status({self})")
    }
}

/// Data and status word of an answer.
pub struct Answer {
    /// What came before the status word; wiped when dropped, as it may be part of a photo.
    pub data: Zeroizing<Vec<u8>>,
    /// How it went.
    pub status: Status,
}

impl Answer {
    /// Splits what a reader returned; `None` when it is shorter than a status word.
    #[must_use]
    pub fn parse(bytes: Vec<u8>) -> Option<Self> {
        let mut data = Zeroizing::new(bytes);
        let (_, status) = data.split_last_chunk::<2>()?;
        let status = Status(u16::from_be_bytes(*status));
        let length = data.len() - 2;
        data.truncate(length);
        Some(Self { data, status })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} bytes, {})", self.data.len(), self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_the_bytes_of_the_reference() {
        let check = |command: &Command, bytes: &[u8]| assert_eq!(command.bytes(), bytes);
        check(
            &Command::select_file(FileId::KEY),
            &[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x17],
        );
        check(&Command::tries(), &[0x00, 0x20, 0x00, 0x80]);
        check(
            &Command::verify(b"1234"),
            &[0x00, 0x20, 0x00, 0x80, 4, 0x31, 0x32, 0x33, 0x34],
        );
        check(
            &Command::read_binary(0x0100, 256),
            &[0x00, 0xB0, 0x01, 0x00, 0x00],
        );
        check(
            &Command::read_binary(0xFFFF, 4),
            &[0x00, 0xB0, 0x7F, 0xFF, 0x04],
        );
        check(&Command::last_command(), &[0x80, 0xFC, 0x00, 0x00]);
    }

    #[test]
    fn a_signature_is_asked_for_over_a_digest_info_with_its_prefix() {
        let command = Command::sign(&DigestInfo::sha256(b"abc"));
        let [header @ .., last] = command.bytes() else {
            panic!("no bytes");
        };
        assert_eq!(header[..5], [0x80, 0x2A, 0x00, 0x80, 0x33]);
        // The digest of "abc" (FIPS 180-4, example).
        assert_eq!(header[5 + 19..][..4], [0xBA, 0x78, 0x16, 0xBF]);
        assert_eq!((header.len(), *last), (5 + 51, 0));
    }

    #[test]
    fn a_part_too_long_for_a_short_command_is_none() {
        assert!(Command::external_authenticate(0, 0, &[0; 255]).is_some());
        assert!(Command::external_authenticate(0, 0, &[0; 256]).is_none());
    }

    #[test]
    fn a_command_never_prints_its_data() {
        let printed = format!("{:?}", Command::verify(b"1234"));
        assert_eq!(printed, "Command(INS 20, …)");
    }

    #[test]
    fn status_words_are_read() {
        assert_eq!(Status(0x63C3).tries_left(), Some(3));
        assert_eq!(Status(0x6300).tries_left(), None);
        for locked in [0x6984, 0x6983, 0x63C0] {
            assert!(Status(locked).locked());
        }
        assert!(!Status(0x63C1).locked());
        assert!(Answer::parse(vec![0x90]).is_none());
        assert!(Answer::parse(vec![0x90, 0x00]).is_some_and(|it| it.status == Status::OK));
    }
}
