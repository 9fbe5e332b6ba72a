//! Claim files in the public electronic receipt format (レセプト電算): bytes, as they arrive, to claims and findings, and back. Holds one
//! claim at a time, changes no byte, moves no money and sends nothing. The format was gathered from public programs
//! (docs/claims.md); no official specification was read, so each rule says how well it is known.

mod cells;
pub mod columns;
pub mod finding;
mod finished;
mod header;
mod lines;
mod open_claim;
pub mod page;
mod parts;
mod reading;
pub mod record;
pub mod rule;
pub mod writing;

use std::fmt;
use std::io::{ErrorKind, Read};

use domain::claims::{Place, facts};
use sha2::{Digest as _, Sha256};

use crate::claim_file::finding::Finding;
pub use crate::claim_file::header::Header;
use crate::claim_file::lines::{Lines, Stop};
use crate::claim_file::reading::Reading;
use crate::claim_file::record::Record;
use crate::claim_file::rule::of_files;

/// How much a file may hold. The number of claims, headers and refusals comes from the format; bytes are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of a line, without its line end.
    pub line_bytes: usize,
    /// Claims: their number has six digits.
    pub claims: u32,
    /// Headers of pharmacies (L1928).
    pub headers: u32,
    /// Refusals and unknown records after which the rest is not read (L1920).
    pub refusals: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 30,
            // A narrative has 2400 bytes, a pharmacy's claim names 20 doctors, a dental act has 109 fields.
            line_bytes: 8 << 10,
            claims: 999_999,
            headers: 999,
            refusals: 1000,
        }
    }
}

/// A claim that was read.
#[derive(Clone)]
pub struct ReadClaim {
    /// Where it begins.
    pub place: Place,
    /// Whether it is refused by what stands in it.
    pub is_refused: bool,
    /// Its points that count in the total.
    pub points: u64,
    /// What eligibility is held against; none where that cannot be told, which is a finding.
    pub facts: Option<facts::Claim>,
}

impl fmt::Debug for ReadClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadClaim({}, …)", self.place)
    }
}

/// What reading tells of, in the order of the file.
#[derive(Debug)]
pub enum Event<'a> {
    /// A record, byte for byte.
    Record(&'a Record<'a>),
    /// Something wrong.
    Finding(&'a Finding),
    /// A claim, after its last record.
    Claim(&'a ReadClaim),
}

/// Nothing more is read of this file: a finding that refuses it says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file is refused; the rest of it is not read")]
pub struct Stopped;

/// What a file was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its first header, where it could be read.
    pub header: Option<Header>,
    /// Claims read.
    pub claims: u32,
    /// Of them refused.
    pub refused_claims: u32,
    /// Findings that refuse the file.
    pub file_findings: u64,
    /// Findings that refuse a claim.
    pub claim_findings: u64,
    /// Findings that refuse nothing.
    pub warnings: u64,
    /// Lines read.
    pub lines: u64,
    /// Bytes read.
    pub bytes: u64,
    /// The SHA-256 of the file as it came; none where not all of it was read.
    pub sha256: Option<[u8; 32]>,
}

impl Summary {
    /// Whether nothing of the file is taken.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.file_findings != 0
    }
}

/// Told what reading finds.
pub type Tell<'a> = &'a mut dyn FnMut(Event<'_>);

/// A claim file that arrives piece by piece.
pub struct ClaimFile {
    limits: Limits,
    /// The first bytes, which say what file it is.
    head: Vec<u8>,
    lines: Lines,
    reading: Reading,
    digest: Sha256,
    bytes: u64,
    has_stopped: bool,
}

impl fmt::Debug for ClaimFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimFile({} lines)", self.lines.count())
    }
}

impl ClaimFile {
    /// A file of which nothing has arrived.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            head: Vec::with_capacity(HEAD_BYTES),
            lines: Lines::new(limits.line_bytes),
            reading: Reading::new(limits),
            digest: Sha256::new(),
            bytes: 0,
            has_stopped: false,
        }
    }

    /// Takes the next bytes and tells what they bring.
    ///
    /// # Errors
    /// [`Stopped`] after a finding that leaves nothing more to be read.
    pub fn take(&mut self, bytes: &[u8], tell: Tell<'_>) -> Result<(), Stopped> {
        if self.has_stopped {
            return Err(Stopped);
        }
        self.bytes += bytes.len() as u64;
        self.digest.update(bytes);
        let outcome = self.try_take(bytes, tell);
        outcome.map_err(|stop| self.stop(stop, tell))
    }

    /// The file has ended: tells what is wrong with that, and answers what it was.
    pub fn end(mut self, tell: Tell<'_>) -> Summary {
        if !self.has_stopped {
            if self.head.len() < HEAD_BYTES {
                self.stop((1, &of_files::NOT_A_CLAIM_FILE), tell);
            } else {
                let cut = self.lines.end();
                if let Err(stop) = self.reading.end(self.lines.count(), cut, tell) {
                    self.stop(stop, tell);
                }
            }
        }
        let digest = self.digest.finalize();
        let mut summary = self.reading.summary();
        summary.lines = self.lines.count();
        summary.bytes = self.bytes;
        summary.sha256 = (!self.has_stopped).then(|| digest.into());
        summary
    }

    fn try_take(&mut self, bytes: &[u8], tell: Tell<'_>) -> Result<(), Stop> {
        if self.limits.file_bytes < self.bytes {
            return Err((self.lines.count() + 1, &of_files::FILE_TOO_LARGE));
        }
        if self.head.len() < HEAD_BYTES {
            let missing = HEAD_BYTES - self.head.len();
            self.head.extend(bytes.iter().take(missing));
            if self.head.len() == HEAD_BYTES {
                header::begins_a_claim_file(&self.head)?;
            }
        }
        let reading = &mut self.reading;
        self.lines
            .take(bytes, |line, bytes| reading.line(line, bytes, tell))
    }

    fn stop(&mut self, (line, rule): Stop, tell: Tell<'_>) -> Stopped {
        self.has_stopped = true;
        let place = Place { line, claim: None };
        self.reading.tell(&Finding::at(rule, place, None), tell);
        Stopped
    }
}

/// Record id and comma, or a byte order mark.
const HEAD_BYTES: usize = 3;

/// Bytes read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Reads a whole file from its source, a piece at a time, and stops where the file is refused.
///
/// # Errors
/// What the source answers.
pub fn read(source: &mut impl Read, limits: Limits, tell: Tell<'_>) -> std::io::Result<Summary> {
    let mut file = ClaimFile::new(limits);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = match source.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if file
            .take(piece.get(..length).unwrap_or_default(), tell)
            .is_err()
        {
            break;
        }
    }
    Ok(file.end(tell))
}
