//! How far a file of a feed has come, on the error stream: bytes, lines a second and the time that is left, in one line that is written over on a
//! screen, nothing elsewhere. What is passed over, since it was kept before, counts for no speed.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use center::feeds::FeedProgress;

/// Lines taken in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    lines: u64,
    bytes: u64,
    took: Duration,
}

impl Pace {
    /// Lines taken in a second.
    pub(crate) fn lines_a_second(self) -> u64 {
        by_time(self.lines, self.took)
    }

    /// Seconds until so many bytes more are taken; none while nothing says how fast that goes.
    fn seconds_for(self, bytes: u64) -> Option<u64> {
        match by_time(self.bytes, self.took) {
            0 => None,
            rate => Some(bytes.div_ceil(rate)),
        }
    }
}

/// So much in a time, as so much in a second.
fn by_time(much: u64, time: Duration) -> u64 {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
    much.saturating_mul(1_000) / millis
}

/// A file on its way.
pub(crate) struct Progress {
    size: u64,
    is_shown: bool,
    /// When what had not been kept before began to be taken, behind how many bytes and lines.
    begun: (Instant, u64, u64),
    pace: Option<Pace>,
}

impl Progress {
    /// Of so many bytes.
    pub(crate) fn of_file(size: u64) -> Self {
        Self {
            size,
            is_shown: 0 < size && std::io::stderr().is_terminal(),
            begun: (Instant::now(), 0, 0),
            pace: None,
        }
    }

    /// So many bytes are sent, and the center says how far it has come.
    pub(crate) fn reached(&mut self, bytes: u64, reached: FeedProgress) {
        if reached.lines <= reached.behind {
            self.begun = (Instant::now(), bytes, reached.lines);
        } else {
            let (begun, before, lines) = self.begun;
            self.pace = Some(Pace {
                lines: reached.lines - lines,
                bytes: bytes - before,
                took: begun.elapsed(),
            });
        }
        if self.is_shown {
            let end = if bytes == self.size { "\n" } else { "" };
            let line = format!("\r{}{end}", said(self.size, bytes, reached, self.pace));
            // A screen that went away stops no work.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    /// How fast lines were taken, where any were.
    pub(crate) fn pace(&self) -> Option<Pace> {
        self.pace
    }
}

fn said(size: u64, bytes: u64, reached: FeedProgress, pace: Option<Pace>) -> String {
    let percent = bytes * 100 / size.max(1);
    let lines = reached.lines;
    let Some(pace) = pace else {
        return format!("{percent} %  {lines} lines, kept before / 前回の分        ");
    };
    let left = pace.seconds_for(size.saturating_sub(bytes));
    let left = left.map_or_else(String::new, |it| {
        format!("  残り / left {}:{:02}", it / 60, it % 60)
    });
    let rate = pace.lines_a_second();
    format!("{percent} %  {lines} lines  {rate} lines/s{left}        ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(lines: u64, bytes: u64, millis: u64) -> Pace {
        Pace {
            lines,
            bytes,
            took: Duration::from_millis(millis),
        }
    }

    #[test]
    fn what_is_left_takes_as_long_as_what_came() {
        let half = pace(50_000, 5_000_000, 2_000);
        assert_eq!(half.lines_a_second(), 25_000);
        let reached = FeedProgress {
            lines: 50_000,
            ..FeedProgress::default()
        };
        let said = said(10_000_000, 5_000_000, reached, Some(half));
        assert!(
            said.starts_with("50 %  50000 lines  25000 lines/s  残り / left 0:02"),
            "{said}"
        );
    }

    #[test]
    fn nothing_is_divided_by_no_time_and_no_bytes() {
        assert_eq!(pace(7, 0, 0).lines_a_second(), 7_000);
        assert_eq!(pace(7, 0, 0).seconds_for(9), None);
    }

    #[test]
    fn what_was_kept_before_counts_for_no_speed() {
        let mut progress = Progress::of_file(0);
        let behind = |lines| FeedProgress {
            lines,
            refused: 0,
            behind: 90,
        };
        progress.reached(900, behind(90));
        assert_eq!(progress.pace(), None);
        progress.reached(1_000, behind(100));
        let pace = progress.pace().unwrap();
        assert_eq!((pace.lines, pace.bytes), (10, 100));
    }
}
