//! How far long work has come, on the error stream: one line that is written over on a screen, nothing elsewhere.

use std::io::{IsTerminal, Write};

/// Work of a known size.
pub(crate) struct Progress {
    what: &'static str,
    total: u64,
    shown: bool,
}

impl Progress {
    /// Work of `total` things.
    pub(crate) fn new(what: &'static str, total: u64) -> Self {
        let shown = 0 < total && std::io::stderr().is_terminal();
        Self { what, total, shown }
    }

    /// Work of so many bytes.
    pub(crate) fn of_bytes(total: u64) -> Self {
        Self::new("バイト / bytes", total)
    }

    /// So many are done; all of them may be told more than once.
    pub(crate) fn reached(&mut self, done: u64) {
        if self.shown {
            let end = if done == self.total { "\n" } else { "" };
            let line = format!("\r{}{end}", self.said(done));
            // A screen that went away stops no work.
            let _ = std::io::stderr().write_all(line.as_bytes());
            self.shown = done < self.total;
        }
    }

    fn said(&self, done: u64) -> String {
        let (total, what) = (self.total, self.what);
        let percent = done.saturating_mul(100) / total.max(1);
        format!("{percent} %  {done} / {total} {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_as_bytes_in_both_languages() {
        let said = Progress::of_bytes(200).said(50);
        assert_eq!(said, "25 %  50 / 200 バイト / bytes");
        assert_eq!(Progress::of_bytes(0).said(0), "0 %  0 / 0 バイト / bytes");
    }
}
