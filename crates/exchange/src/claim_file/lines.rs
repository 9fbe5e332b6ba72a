//! The lines of a claim file, as its bytes arrive: CR LF, the bound of a line, and the byte 0x1A at the end. Holds one line at most.

use crate::claim_file::rule::{Rule, of_files};

/// The byte that ends a file.
pub(crate) const END_MARK: u8 = 0x1A;

/// A rule that ends the reading, and the line it stands in.
pub(crate) type Stop = (u64, &'static Rule);

/// The lines of a file that arrives piece by piece.
#[derive(Clone)]
pub(crate) struct Lines {
    most_bytes: usize,
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    count: u64,
    has_ended: bool,
}

impl Lines {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            rest: Vec::new(),
            count: 0,
            has_ended: false,
        }
    }

    /// Lines that ended.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Tells the lines that end within the next bytes, without their line ends.
    pub(crate) fn take(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(u64, &[u8]) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        while let Some(first) = bytes.first() {
            if self.has_ended {
                return Err((self.count + 1, &of_files::AFTER_END_MARK));
            }
            if self.rest.is_empty() && *first == END_MARK {
                self.has_ended = true;
                bytes = bytes.get(1..).unwrap_or_default();
                continue;
            }
            let length = bytes.iter().position(|byte| *byte == b'\n');
            let (piece, after) = bytes.split_at(length.map_or(bytes.len(), |at| at + 1));
            bytes = after;
            // Each line's end belongs to it.
            if self.most_bytes + 2 < self.rest.len() + piece.len() {
                return Err((self.count + 1, &of_files::LINE_TOO_LONG));
            }
            if length.is_none() || !self.rest.is_empty() {
                self.rest.extend_from_slice(piece);
            }
            if length.is_none() {
                continue;
            }
            self.count += 1;
            let whole = if self.rest.is_empty() {
                piece
            } else {
                &self.rest
            };
            let Some(line) = whole.strip_suffix(b"\r\n") else {
                return Err((self.count, &of_files::LINE_END));
            };
            each(self.count, line)?;
            self.rest.clear();
        }
        Ok(())
    }

    /// What is wrong with how the file ends.
    pub(crate) fn end(&self) -> Option<Stop> {
        if !self.rest.is_empty() {
            Some((self.count + 1, &of_files::CUT_LINE))
        } else if self.has_ended {
            None
        } else {
            Some((self.count.max(1), &of_files::NO_END_MARK))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes the pieces again and again; answers the most bytes held and why reading stopped.
    fn check(pieces: &[&[u8]], times: usize) -> (usize, Option<&'static str>) {
        let mut lines = Lines::new(100);
        let mut most = 0;
        for _ in 0..times {
            for piece in pieces {
                let outcome = lines.take(piece, |_, _| Ok(()));
                most = most.max(lines.rest.capacity());
                if let Err((_, rule)) = outcome {
                    return (most, Some(rule.id));
                }
            }
        }
        (most, None)
    }

    #[test]
    fn never_more_than_a_line_is_held_however_the_file_goes_on() {
        for (pieces, why) in [
            (&[&b"x"[..]][..], Some("line_too_long")),
            (&[&[b'x'; 4096][..]], Some("line_too_long")),
            (&[&b"IR,1\r"[..], b"\nRE", b",2\r\n"], None),
            (&[&[b'x'; 50][..], &[b'x'; 50], b"\r\n"], None),
        ] {
            let (most, stopped) = check(pieces, 10_000);
            assert_eq!(stopped, why);
            assert!(most <= 256, "{most} bytes held");
        }
    }
}
