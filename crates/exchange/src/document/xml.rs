//! Reads XML into a small tree, with bounds: no DOCTYPE, no depth beyond ten, no entity but the five, no attribute looked at.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::errors::IllFormedError;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::document::{Element, MOST_DEPTH, MOST_ELEMENTS, ROOT, told};
use crate::rejected::{Reason, Rejected};

/// Reads a document into its root element, which is `XmlMsg`.
pub(crate) fn read(text: &str) -> Result<Element<'_>, Rejected> {
    let mut tree = Tree::new(text);
    let start = text.trim_start();
    if !start.is_empty() && !start.starts_with('<') {
        tree.go_to(text.len() - start.len());
        return Err(tree.rejected(Reason::Malformed));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_markup_names_in_closing_tags = true;
    loop {
        tree.go_to(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        match reader.read_event() {
            Ok(Event::Start(tag)) => tree.start(&tag)?,
            Ok(Event::Empty(tag)) => {
                tree.start(&tag)?;
                tree.end()?;
            }
            Ok(Event::End(_)) => tree.end()?,
            Ok(Event::Text(part)) => tree.text(part.into_inner())?,
            Ok(Event::CData(part)) => tree.text(part.into_inner())?,
            Ok(Event::GeneralRef(reference)) => {
                let text = resolved(&reference);
                tree.text(text.ok_or_else(|| tree.rejected(Reason::Malformed))?)?;
            }
            Ok(Event::DocType(_)) => return Err(tree.rejected(Reason::Doctype)),
            Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_)) => {}
            Ok(Event::Eof) => return tree.finish(),
            Err(quick_xml::Error::Syntax(_)) => return Err(tree.rejected(Reason::Incomplete)),
            Err(quick_xml::Error::IllFormed(IllFormedError::UnclosedReference))
                if tree.ends_within_a_reference() =>
            {
                return Err(tree.rejected(Reason::Incomplete));
            }
            Err(_) => return Err(tree.rejected(Reason::Malformed)),
        }
    }
}

/// The text a reference stands for; `None` for an entity nobody declared.
fn resolved(reference: &BytesRef<'_>) -> Option<Cow<'static, str>> {
    if let Some(character) = reference.resolve_char_ref().ok().flatten() {
        return Some(Cow::Owned(character.to_string()));
    }
    resolve_predefined_entity(reference.as_ref()).map(Cow::Borrowed)
}

/// The tree as far as it was read.
struct Tree<'a> {
    source: &'a str,
    /// Where the reader stands.
    at: usize,
    /// The line of that place.
    line: usize,
    elements: usize,
    open: Vec<Element<'a>>,
    root: Option<Element<'a>>,
}

impl<'a> Tree<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            at: 0,
            line: 1,
            elements: 0,
            open: Vec::new(),
            root: None,
        }
    }

    /// Counts lines forward only, so that the line of every element costs one pass over the text.
    fn go_to(&mut self, at: usize) {
        let at = at.min(self.source.len());
        let passed = self.source.as_bytes().get(self.at..at).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = self.at.max(at);
    }

    /// True when nothing but a begun reference (`&am`) comes from here on.
    fn ends_within_a_reference(&self) -> bool {
        let rest = self.source.get(self.at..).unwrap_or_default();
        rest.strip_prefix('&')
            .is_some_and(|rest| rest.chars().all(|c| c == '#' || c.is_ascii_alphanumeric()))
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), Rejected> {
        let element = Element {
            name: self.name(tag),
            line: self.line,
            ..Element::default()
        };
        self.elements += 1;
        if MOST_ELEMENTS < self.elements {
            return Err(self.rejected(Reason::TooManyElements));
        }
        if MOST_DEPTH <= self.open.len() {
            return Err(self.rejected(Reason::TooDeep));
        }
        if self.root.is_some() {
            return Err(self.rejected(Reason::Malformed));
        }
        if self.open.is_empty() && element.name != ROOT {
            return Err(element.rejected(Reason::WrongRoot));
        }
        self.open.push(element);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Rejected> {
        let Some(done) = self.open.pop() else {
            return Err(self.rejected(Reason::Malformed));
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(done),
            None => self.root = Some(done),
        }
        Ok(())
    }

    fn text(&mut self, part: Cow<'a, str>) -> Result<(), Rejected> {
        let blank = part.trim().is_empty();
        let Some(element) = self.open.last_mut() else {
            return if blank {
                Ok(())
            } else {
                Err(self.rejected(Reason::Malformed))
            };
        };
        // Blanks between elements belong to no value.
        if blank && !element.children.is_empty() {
            return Ok(());
        }
        if element.text.is_empty() {
            element.text = part;
        } else {
            element.text.to_mut().push_str(&part);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Element<'a>, Rejected> {
        match self.root.take() {
            Some(root) if self.open.is_empty() => Ok(root),
            Some(_) | None => Err(self.rejected(Reason::Incomplete)),
        }
    }

    /// The name of a tag at this place, as a piece of the text where that is possible.
    fn name(&self, tag: &BytesStart<'_>) -> Cow<'a, str> {
        let name = tag.name();
        let name: &str = name.as_ref();
        let start = self.at + "<".len();
        let piece = self.source.get(start..start + name.len());
        match piece.filter(|piece| *piece == name) {
            Some(piece) => Cow::Borrowed(piece.trim()),
            None => Cow::Owned(name.trim().to_owned()),
        }
    }

    /// Rejected here, in the innermost open element.
    fn rejected(&self, reason: Reason) -> Rejected {
        Rejected {
            line: self.line,
            element: self.open.last().and_then(|element| told(&element.name)),
            reason,
        }
    }
}
