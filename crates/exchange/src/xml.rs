//! A small tree of elements and texts, read with bounds: no DOCTYPE, no depth beyond ten, no entity but the five.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

use crate::encoding::{Encoding, windows_31j};
use crate::rejected::{Reason, Rejected};

/// Elements within elements at most.
const MOST_DEPTH: usize = 10;

/// An element with its text or children.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
}

impl Element {
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child, as it stands; an absent and an empty child are alike.
    pub(crate) fn text_of(&self, name: &str) -> Option<String> {
        self.child(name)
            .map(|child| child.text.clone())
            .filter(|text| !text.is_empty())
    }
}

/// Reads a document into its root element.
pub(crate) fn read(text: &str) -> Result<Element, Rejected> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_markup_names_in_closing_tags = true;
    let line = |at: u64| {
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
        1 + text
            .as_bytes()
            .get(..at)
            .unwrap_or_default()
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
    };
    let start = text.trim_start();
    if !start.is_empty() && !start.starts_with('<') {
        let before = text.len() - start.len();
        return Err(Rejected {
            line: line(u64::try_from(before).unwrap_or(u64::MAX)),
            element: None,
            reason: Reason::Malformed,
        });
    }
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let start = reader.buffer_position();
        let event = reader.read_event();
        let reject = |open: &[Element], reason| Rejected {
            line: line(start),
            element: open.last().map(|element| element.name.clone()),
            reason,
        };
        match event {
            Ok(Event::Start(tag)) => {
                if MOST_DEPTH <= open.len() {
                    return Err(reject(&open, Reason::TooDeep));
                }
                if root.is_some() {
                    return Err(reject(&open, Reason::Malformed));
                }
                open.push(element(tag.name().as_ref(), line(start)));
            }
            Ok(Event::Empty(tag)) => {
                let Some(parent) = open.last_mut() else {
                    return Err(reject(&open, Reason::MissingGroup));
                };
                parent
                    .children
                    .push(element(tag.name().as_ref(), line(start)));
            }
            Ok(Event::End(_)) => {
                let Some(done) = open.pop() else {
                    return Err(reject(&open, Reason::Malformed));
                };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => root = Some(done),
                }
            }
            Ok(Event::Text(part)) => {
                push(&mut open, part.as_ref());
            }
            Ok(Event::CData(part)) => {
                push(&mut open, part.as_ref());
            }
            Ok(Event::GeneralRef(reference)) => {
                let number = reference.resolve_char_ref().ok().flatten();
                let text = number
                    .map(String::from)
                    .or_else(|| resolve_predefined_entity(reference.as_ref()).map(str::to_owned));
                let Some(text) = text else {
                    return Err(reject(&open, Reason::Malformed));
                };
                push(&mut open, &text);
            }
            Ok(Event::DocType(_)) => return Err(reject(&open, Reason::Doctype)),
            Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_)) => {}
            Ok(Event::Eof) => {
                return match root {
                    Some(root) if open.is_empty() => Ok(root),
                    Some(_) | None => Err(reject(&open, Reason::Incomplete)),
                };
            }
            Err(quick_xml::Error::Syntax(_)) => return Err(reject(&open, Reason::Incomplete)),
            Err(_) => return Err(reject(&open, Reason::Malformed)),
        }
    }
}

fn element(name: &str, line: usize) -> Element {
    Element {
        name: name.trim().to_owned(),
        line,
        ..Element::default()
    }
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        // Blanks between elements belong to no value; a group's text is never read.
        element.text.push_str(text);
    }
}

/// Writes elements as the interface's samples do: two blanks of indent, LF. In Shift_JIS a character it does not hold is never
/// dropped: it stands as a character reference, which every XML reader gives back, or reduced beside its original.
#[derive(Debug)]
pub(crate) struct Writer {
    out: String,
    depth: usize,
    encoding: Encoding,
}

impl Writer {
    pub(crate) fn new(encoding: Encoding) -> Self {
        let declared = match encoding {
            Encoding::Utf8 => "UTF-8",
            Encoding::ShiftJis => "Shift_JIS",
        };
        Self {
            out: format!("<?xml version=\"1.0\" encoding=\"{declared}\" standalone=\"no\"?>\n"),
            depth: 0,
            encoding,
        }
    }

    pub(crate) fn group(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.line(&format!("<{name}>"));
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.line(&format!("</{name}>"));
    }

    /// A value that comes back exactly as it went.
    pub(crate) fn value(&mut self, name: &str, text: &str) {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                c if self.holds(c) => escaped.push(c),
                c => escaped.push_str(&format!("&#x{:X};", u32::from(c))),
            }
        }
        self.line(&format!("<{name}>{escaped}</{name}>"));
    }

    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.value(name, text);
        }
    }

    /// A text for people to read. Where the encoding does not hold it, the reduced form stands in the element and the
    /// original right behind it in an element of ours, `…Original`, that clients pass over.
    pub(crate) fn readable(&mut self, name: &str, text: Option<&str>) {
        let Some(text) = text else {
            return;
        };
        if text.chars().all(|c| self.holds(c)) {
            self.value(name, text);
        } else {
            self.value(name, &windows_31j::reduce(text).text);
            self.value(&format!("{name}Original"), text);
        }
    }

    /// The bytes of the document.
    #[expect(
        clippy::expect_used,
        reason = "names of elements are ASCII, and `value` writes what the encoding lacks as references"
    )]
    pub(crate) fn finish(self) -> Vec<u8> {
        match self.encoding {
            Encoding::Utf8 => self.out.into_bytes(),
            Encoding::ShiftJis => windows_31j::encode(&self.out).expect("all of it is held"),
        }
    }

    fn holds(&self, c: char) -> bool {
        match self.encoding {
            Encoding::Utf8 => true,
            Encoding::ShiftJis => windows_31j::holds(c),
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(&"  ".repeat(self.depth));
        self.out.push_str(text);
        self.out.push('\n');
    }
}
