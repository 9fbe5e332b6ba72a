//! How much of a claim file goes in one request: less after one that took too long, so that a slow line gets it there. Sends nothing itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pki::client::Refusal;

use crate::claims::ClaimsUpload;
use crate::client::{ClientError, LIMIT};
use crate::problem::Trouble;

/// Bytes sent at a time where the center takes as many.
const MOST: usize = 1 << 20;

/// A piece of no more than this is not made smaller.
const LEAST: usize = 64 << 10;

/// The size of the pieces of one file.
#[derive(Debug)]
pub struct PieceSize(AtomicUsize);

impl Default for PieceSize {
    fn default() -> Self {
        Self(AtomicUsize::new(MOST))
    }
}

impl PieceSize {
    /// Bytes of the next piece: no more than the center takes.
    #[must_use]
    pub fn of(&self, upload: &ClaimsUpload) -> usize {
        let taken = usize::try_from(upload.most_bytes).unwrap_or(usize::MAX);
        self.0.load(Ordering::Relaxed).min(taken).max(1)
    }

    /// Halves it after a piece of `sent` bytes that did not get there in the time it `took`; false where something else is wrong, as a line that
    /// broke at once, or it is small already.
    #[must_use]
    pub fn shrinks_after(&self, error: &ClientError, sent: usize, took: Duration) -> bool {
        let is_slow = match error {
            ClientError::Problem(problem) => problem.code == Trouble::TooSlow.code(),
            // A request that is given up for its time is told as a line that broke, and whoever stands between may give up earlier.
            ClientError::Connection(refusal) => *refusal == Refusal::Line && LIMIT / 2 <= took,
            ClientError::Address
            | ClientError::Answer
            | ClientError::TooLarge
            | ClientError::Tls(_) => false,
        };
        let shrinks = is_slow && LEAST < sent;
        if shrinks {
            self.0.store((sent / 2).max(LEAST), Ordering::Relaxed);
        }
        shrinks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(most_bytes: u64) -> ClaimsUpload {
        ClaimsUpload {
            account: "seikyu1".into(),
            corrects: None,
            file_name: "RECEIPTC.UKE".into(),
            id: "1".into(),
            most_bytes,
            offset: 0,
            started_at: "2026-11-23T03:00:00.000000Z".into(),
            submission: None,
        }
    }

    fn refused(trouble: Trouble) -> ClientError {
        ClientError::Problem(Box::new(trouble.problem()))
    }

    #[test]
    fn a_piece_is_no_larger_than_the_center_takes() {
        let size = PieceSize::default();
        assert_eq!(size.of(&upload(4_096)), 4_096);
        assert_eq!(size.of(&upload(64 << 20)), MOST);
    }

    #[test]
    fn pieces_become_smaller_while_they_are_too_slow_and_only_then() {
        let (size, upload) = (PieceSize::default(), upload(64 << 20));
        let at_once = Duration::from_millis(1);
        for other in [
            (refused(Trouble::MediaType), LIMIT),
            (ClientError::Connection(Refusal::Clock), LIMIT),
            (ClientError::Connection(Refusal::Line), at_once),
        ] {
            assert!(!size.shrinks_after(&other.0, MOST, other.1), "{other:?}");
        }
        assert_eq!(size.of(&upload), MOST);
        let slow = [
            ClientError::Connection(Refusal::Line),
            refused(Trouble::TooSlow),
        ];
        for kilobytes in [512, 256, 128, 64] {
            let sent = size.of(&upload);
            assert!(size.shrinks_after(&slow[kilobytes / 64 % 2], sent, LIMIT));
            assert_eq!(size.of(&upload), kilobytes << 10);
        }
        assert!(!size.shrinks_after(&slow[0], size.of(&upload), LIMIT));
        assert_eq!(size.of(&upload), LEAST);
    }
}
