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

    /// So many are done; all of them may be told more than once.
    pub(crate) fn reached(&mut self, done: u64) {
        if self.shown {
            let percent = done * 100 / self.total;
            let end = if done == self.total { "\n" } else { "" };
            let line = format!(
                "\r{done} of {} {} ({percent} %){end}",
                self.total, self.what
            );
            // A screen that went away stops no work.
            let _ = std::io::stderr().write_all(line.as_bytes());
            self.shown = done < self.total;
        }
    }
}
