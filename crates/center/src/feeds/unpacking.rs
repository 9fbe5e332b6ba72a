//! A feed's bytes, packed by gzip (RFC 1952) or not: told by the first two. Holds some mebibytes at most, whatever a file unpacks to, and
//! refuses one that unpacks to far more than any table does.

use std::io::Write as _;

use flate2::write::MultiGzDecoder;

use crate::trouble::how_it_stopped;

/// Unpacked bytes handed on at a time.
const PIECE_BYTES: usize = 512 << 10;

/// Packed bytes unpacked in one go: a thousand times that may come of them.
const STEP_BYTES: usize = 4 << 10;

/// Tables shrink to a tenth or a fiftieth; nothing that is one shrinks to less than this share.
const MOST_RATIO: u64 = 200;

/// Unpacked bytes below which the share says nothing.
const FREE_BYTES: u64 = 16 << 20;

/// How a feed's bytes are packed.
#[derive(Default)]
enum Packing {
    /// Too few bytes have come to tell.
    #[default]
    Unknown,
    Plain,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
}

/// A feed that is being unpacked.
#[derive(Default)]
pub(crate) struct Unpacking {
    packing: Packing,
    /// What came, and is not unpacked yet.
    waiting: Vec<u8>,
    came: u64,
    unpacked: u64,
}

impl Unpacking {
    /// Takes the next bytes of the file.
    pub(crate) fn take(&mut self, bytes: Vec<u8>) {
        self.came += bytes.len() as u64;
        if self.waiting.is_empty() {
            self.waiting = bytes;
        } else {
            self.waiting.extend(bytes);
        }
        if let (Packing::Unknown, Some(first)) = (&self.packing, self.waiting.get(..2)) {
            self.packing = if first == [0x1F, 0x8B] {
                Packing::Gzip(Box::new(MultiGzDecoder::new(Vec::new())))
            } else {
                Packing::Plain
            };
        }
    }

    /// The next unpacked bytes; `None` where more must come first.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, String> {
        let mut gzip = match std::mem::take(&mut self.packing) {
            Packing::Unknown => return Ok(None),
            Packing::Plain => {
                self.packing = Packing::Plain;
                let bytes = std::mem::take(&mut self.waiting);
                return Ok((!bytes.is_empty()).then_some(bytes));
            }
            Packing::Gzip(gzip) => gzip,
        };
        // Unpacking is work; checks must not wait behind it.
        let mut waiting = std::mem::take(&mut self.waiting);
        let working = tokio::task::spawn_blocking(move || {
            let mut taken = 0;
            let mut outcome = Ok(());
            while outcome.is_ok() && gzip.get_ref().len() < PIECE_BYTES {
                let step = waiting.get(taken..).unwrap_or_default();
                let step = step.get(..STEP_BYTES).unwrap_or(step);
                if step.is_empty() {
                    break;
                }
                outcome = gzip.write_all(step);
                taken += step.len();
            }
            waiting.drain(..taken);
            (gzip, waiting, outcome)
        });
        let (mut gzip, waiting, outcome) = working
            .await
            .map_err(|why| how_it_stopped(&why).to_owned())?;
        outcome.map_err(|_| broken())?;
        let bytes = std::mem::take(gzip.get_mut());
        self.waiting = waiting;
        self.packing = Packing::Gzip(gzip);
        self.counted(bytes)
    }

    /// What is left when the file has ended; `None` when it was handed on.
    pub(crate) fn rest(&mut self) -> Result<Option<Vec<u8>>, String> {
        match &mut self.packing {
            Packing::Unknown | Packing::Plain => {
                let bytes = std::mem::take(&mut self.waiting);
                Ok((!bytes.is_empty()).then_some(bytes))
            }
            Packing::Gzip(gzip) => {
                gzip.try_finish().map_err(|_| broken())?;
                let bytes = std::mem::take(gzip.get_mut());
                self.counted(bytes)
            }
        }
    }

    fn counted(&mut self, bytes: Vec<u8>) -> Result<Option<Vec<u8>>, String> {
        self.unpacked += bytes.len() as u64;
        if FREE_BYTES < self.unpacked && self.came.saturating_mul(MOST_RATIO) < self.unpacked {
            return Err("gzipを解くと元の200倍を超えます。表のファイルではありません。送り主に確かめてください。 / unpacked, it is more than 200 times its size: no table packs so well; ask the sender".into());
        }
        Ok((!bytes.is_empty()).then_some(bytes))
    }
}

fn broken() -> String {
    "gzipのファイルが壊れているか、途中で切れています。もう一度受け取ってください。 / the gzip file is broken or cut off; fetch it again".into()
}
