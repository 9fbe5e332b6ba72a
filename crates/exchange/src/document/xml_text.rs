//! Writes XML as the interface's samples are: two blanks of indent, LF, every value on the line of its element. Where the encoding
//! lacks a character the policy decides, and a value that others compare is never changed.

use std::fmt::Write as _;

use serde_json::json;

use crate::answer::{CannotBeWritten, Unrepresentable, Written};
use crate::document::{Inside, ROOT, Sink, entry_of, is_forbidden};
use crate::encoding::{Encoding, windows_31j};
use crate::tables::Row;

/// The element that says which encoding a file has: only its writer knows.
const CHARACTER_CODE: &str = "CharacterCodeIdentifier";

/// What becomes of a group nothing was written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Empty {
    Kept,
    Dropped,
}

/// One text that was written in another form.
struct Replaced {
    element: String,
    written: String,
    original: String,
}

/// Takes a message and makes its file.
pub(crate) struct Text {
    out: String,
    root: &'static str,
    path: Vec<(&'static str, usize)>,
    encoding: Encoding,
    policy: Unrepresentable,
    replaced: Vec<Replaced>,
    failure: Option<CannotBeWritten>,
}

impl Text {
    pub(crate) fn new(encoding: Encoding, policy: Unrepresentable) -> Self {
        Self::under(ROOT, encoding, policy)
    }

    /// The same under another root than a message's.
    pub(crate) fn under(root: &'static str, encoding: Encoding, policy: Unrepresentable) -> Self {
        let declared = match encoding {
            Encoding::Utf8 => "UTF-8",
            Encoding::ShiftJis => "Shift_JIS",
        };
        Self {
            out: format!(
                "<?xml version=\"1.0\" encoding=\"{declared}\" standalone=\"no\"?>\n<{root}>\n"
            ),
            root,
            path: vec![(root, 0)],
            encoding,
            policy,
            replaced: Vec::new(),
            failure: None,
        }
    }

    /// True when a text stands in another form.
    pub(crate) fn is_reduced(&self) -> bool {
        !self.replaced.is_empty()
    }

    /// The file.
    pub(crate) fn finish(mut self) -> Result<Written, CannotBeWritten> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let _ = writeln!(self.out, "</{}>", self.root);
        let bytes = match self.encoding {
            Encoding::Utf8 => self.out.into_bytes(),
            Encoding::ShiftJis => {
                windows_31j::encode(&self.out).map_err(|error| CannotBeWritten::NotInShiftJis {
                    element: format!("/{}", self.root),
                    place: error.place,
                })?
            }
        };
        let replaced: Vec<_> = self
            .replaced
            .iter()
            .map(
                |it| json!({"element": it.element, "written": it.written, "original": it.original}),
            )
            .collect();
        let sidecar = (!replaced.is_empty())
            .then(|| format!("{:#}\n", json!({ "replaced": replaced })).into_bytes());
        Ok(Written {
            bytes,
            encoding: self.encoding,
            sidecar,
        })
    }

    fn indent(&mut self) {
        for _ in 0..self.path.len() {
            self.out.push_str("  ");
        }
    }

    fn enclosed(&mut self, name: &'static str, index: usize, inside: Inside<'_>, empty: Empty) {
        self.enclosed_with(name, index, empty, |text| inside(text));
    }

    /// An element around what `inside` writes.
    fn enclosed_with(
        &mut self,
        name: &'static str,
        index: usize,
        empty: Empty,
        inside: impl FnOnce(&mut Self),
    ) {
        let before = self.out.len();
        self.indent();
        let _ = writeln!(self.out, "<{name}>");
        let opened = self.out.len();
        self.path.push((name, index));
        inside(self);
        self.path.pop();
        if self.out.len() == opened && empty == Empty::Dropped {
            self.out.truncate(before);
            return;
        }
        self.indent();
        let _ = writeln!(self.out, "</{name}>");
    }

    /// XPath of an element at this place.
    fn place_of(&self, element: &str) -> String {
        let mut place = String::new();
        for (name, index) in &self.path {
            let _ = write!(place, "/{name}");
            if 0 < *index {
                let _ = write!(place, "[{index}]");
            }
        }
        format!("{place}/{element}")
    }

    /// The text in the characters of the encoding; `None` where it may not be written.
    fn held(&mut self, row: &Row, text: &str) -> Option<String> {
        let forbidden = text.chars().position(is_forbidden);
        if let Some(at) = forbidden {
            self.fail(CannotBeWritten::ControlCharacter {
                element: self.place_of(row.element),
                place: at + 1,
            });
            return None;
        }
        let lacking = match self.encoding {
            Encoding::Utf8 => None,
            Encoding::ShiftJis => windows_31j::first_unmappable(text),
        };
        let Some(lacking) = lacking else {
            return Some(text.to_owned());
        };
        let element = self.place_of(row.element);
        let written = match self.policy {
            Unrepresentable::Reduced if row.form.is_for_people() => {
                windows_31j::reduced_or_circled(text)
            }
            Unrepresentable::BlackCircle if row.form.is_for_people() => windows_31j::circled(text),
            Unrepresentable::Reduced | Unrepresentable::BlackCircle | Unrepresentable::Refuse => {
                self.fail(CannotBeWritten::NotInShiftJis {
                    element,
                    place: lacking.place,
                });
                return None;
            }
        };
        self.replaced.push(Replaced {
            element,
            written: written.clone(),
            original: text.to_owned(),
        });
        Some(written)
    }

    fn fail(&mut self, failure: CannotBeWritten) {
        self.failure.get_or_insert(failure);
    }
}

impl Sink for Text {
    fn value(&mut self, row: &Row, text: &str) {
        let own = match self.encoding {
            Encoding::Utf8 => "0",
            Encoding::ShiftJis => "1",
        };
        let text = if row.element == CHARACTER_CODE {
            own
        } else {
            text
        };
        let Some(text) = self.held(row, text) else {
            return;
        };
        self.indent();
        let name = row.element;
        let _ = write!(self.out, "<{name}>");
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                // Readers take a carriage return for a line feed.
                '\r' => self.out.push('\n'),
                c => self.out.push(c),
            }
        }
        let _ = writeln!(self.out, "</{name}>");
    }

    fn values(&mut self, row: &Row, texts: &[String]) {
        for text in texts {
            self.value(row, text);
        }
    }

    fn group(&mut self, row: &Row, inside: Inside<'_>) {
        self.enclosed(row.element, 0, inside, Empty::Dropped);
    }

    fn groups(&mut self, row: &Row, count: usize, inside: Inside<'_>) {
        let Some(entry) = entry_of(row) else {
            for index in 1..=count {
                self.enclosed(row.element, index, inside, Empty::Kept);
            }
            return;
        };
        self.enclosed_with(row.element, 0, Empty::Dropped, |text| {
            for index in 1..=count {
                text.enclosed(entry, index, inside, Empty::Dropped);
            }
        });
    }

    fn kept(&mut self, row: &Row, inside: Inside<'_>) {
        self.enclosed(row.element, 0, inside, Empty::Kept);
    }
}
