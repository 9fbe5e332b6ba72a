//! Reads XML into a small tree, with bounds: no DOCTYPE, no depth beyond ten, no entity but the five, no attribute looked at.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use crate::document::{Element, MOST_DEPTH, ROOT};
use crate::rejected::{Reason, Rejected};

/// Reads a document into its root element, which is `XmlMsg`.
pub(crate) fn read(text: &str) -> Result<Element<'_>, Rejected> {
    let mut lines = Lines::new(text);
    let start = text.trim_start();
    if !start.is_empty() && !start.starts_with('<') {
        return Err(Rejected {
            line: lines.at(text.len() - start.len()),
            element: None,
            reason: Reason::Malformed,
        });
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_markup_names_in_closing_tags = true;
    let mut open: Vec<Element<'_>> = Vec::new();
    let mut root = None;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line = lines.at(at);
        let reject = |open: &[Element<'_>], reason| Rejected {
            line,
            element: open.last().map(|element| element.name.to_string()),
            reason,
        };
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                if MOST_DEPTH <= open.len() {
                    return Err(reject(&open, Reason::TooDeep));
                }
                if root.is_some() {
                    return Err(reject(&open, Reason::Malformed));
                }
                let element = element(text, at, &tag, line);
                if open.is_empty() && element.name != ROOT {
                    return Err(element.rejected(Reason::WrongRoot));
                }
                open.push(element);
            }
            Ok(Event::Empty(tag)) => {
                let element = element(text, at, &tag, line);
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None if root.is_some() => return Err(reject(&open, Reason::Malformed)),
                    None if element.name == ROOT => root = Some(element),
                    None => return Err(element.rejected(Reason::WrongRoot)),
                }
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
                if !push(&mut open, part.into_inner()) {
                    return Err(reject(&open, Reason::Malformed));
                }
            }
            Ok(Event::CData(part)) => {
                if !push(&mut open, part.into_inner()) {
                    return Err(reject(&open, Reason::Malformed));
                }
            }
            Ok(Event::GeneralRef(reference)) => {
                let number = reference.resolve_char_ref().ok().flatten();
                let character = number
                    .map(String::from)
                    .or_else(|| resolve_predefined_entity(reference.as_ref()).map(str::to_owned));
                let is_held = character.is_some_and(|it| push(&mut open, Cow::Owned(it)));
                if !is_held {
                    return Err(reject(&open, Reason::Malformed));
                }
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

/// Counts lines forward only, so that the line of every element costs one pass over the text.
struct Lines<'a> {
    text: &'a [u8],
    counted: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            counted: 0,
            line: 1,
        }
    }

    fn at(&mut self, at: usize) -> usize {
        let at = at.min(self.text.len());
        let passed = self.text.get(self.counted..at).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.counted = self.counted.max(at);
        self.line
    }
}

/// An element whose name is a piece of the text where that is possible.
fn element<'a>(text: &'a str, at: usize, tag: &BytesStart<'_>, line: usize) -> Element<'a> {
    let name = tag.name();
    let name: &str = name.as_ref();
    let piece = text.get(at + 1..at + 1 + name.len());
    let name = match piece.filter(|piece| *piece == name) {
        Some(piece) => Cow::Borrowed(piece.trim()),
        None => Cow::Owned(name.trim().to_owned()),
    };
    Element {
        name,
        line,
        ..Element::default()
    }
}

/// False for a text outside of the root.
fn push<'a>(open: &mut [Element<'a>], part: Cow<'a, str>) -> bool {
    let blank = part.trim().is_empty();
    let Some(element) = open.last_mut() else {
        return blank || part == "\u{FEFF}";
    };
    // Blanks between elements belong to no value.
    if blank && !element.children.is_empty() {
        return true;
    }
    if element.text.is_empty() {
        element.text = part;
    } else {
        element.text.to_mut().push_str(&part);
    }
    true
}
