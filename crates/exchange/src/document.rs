//! The two spellings of a message, XML and its JSON image (interface §1.3, §4), as one tree to read and one set of steps to write.
//! Knows no message.

pub(crate) mod json;
pub(crate) mod xml;
pub(crate) mod xml_text;

use std::borrow::Cow;

use crate::rejected::{Reason, Rejected};
use crate::tables::{Form, Row};

/// The name of every message's root.
pub(crate) const ROOT: &str = "XmlMsg";

/// Elements within elements at most; medical information has nine.
pub(crate) const MOST_DEPTH: usize = 10;

/// Elements in one file at most: what a bulk result of 10,000 lines holds, and no more than fits into memory.
pub(crate) const MOST_ELEMENTS: usize = 1_000_000;

/// An element with its text or children.
#[derive(Debug, Default)]
pub(crate) struct Element<'a> {
    pub(crate) name: Cow<'a, str>,
    /// From 1; 0 where there are no lines.
    pub(crate) line: usize,
    pub(crate) text: Cow<'a, str>,
    pub(crate) children: Vec<Self>,
}

impl<'a> Element<'a> {
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The value of a leaf, as it stands; an empty one is one left out. A value somebody set on lines of its own stands without
    /// them: it is echoed on one line (interface §1.4).
    pub(crate) fn value(&self, row: &Row) -> Result<Option<String>, Rejected> {
        if !self.children.is_empty() {
            return Err(self.rejected(Reason::NotText));
        }
        let text: &str = &self.text;
        // Nearly every value is of characters that need no second look.
        let is_plain = text
            .bytes()
            .all(|byte| b' ' <= byte && byte != 0x7F && byte != 0xEF);
        let text = if is_plain || !text.contains(['\n', '\r']) {
            text
        } else {
            text.trim_matches([' ', '\t', '\n', '\r'])
        };
        if text.is_empty() {
            return Ok(None);
        }
        if row.form.most_read() < text.len() && row.form.most_read() < text.chars().count() {
            return Err(self.rejected(Reason::TooLong));
        }
        if is_plain {
            return Ok(Some(text.to_owned()));
        }
        if text.chars().any(is_forbidden) {
            return Err(self.rejected(Reason::ControlCharacter));
        }
        if !text.contains(['\n', '\r']) {
            return Ok(Some(text.to_owned()));
        }
        if !row.form.is_for_people() {
            return Err(self.rejected(Reason::LineBreak));
        }
        Ok(Some(text.replace("\r\n", "\n").replace('\r', "\n")))
    }

    /// Which row each child is of. Most files keep the order of their table, so the search begins behind the last one found, and the cost
    /// is that of one pass.
    pub(crate) fn by_row(&self, rows: &[Row]) -> Vec<Option<usize>> {
        let mut next = 0;
        let mut places = Vec::with_capacity(self.children.len());
        for child in &self.children {
            let is_of = |row: &Row| {
                child.name == row.element || entry_of(row).is_some_and(|it| child.name == it)
            };
            let (before, behind) = rows.split_at(next.min(rows.len()));
            let found = behind.iter().position(is_of).map(|at| at + next);
            let found = found.or_else(|| before.iter().position(is_of));
            next = found.unwrap_or(next);
            places.push(found);
        }
        places
    }

    /// True when a child is an element of the rows.
    pub(crate) fn is_one_of(&self, rows: &[Row]) -> bool {
        self.children
            .iter()
            .any(|child| rows.iter().any(|row| child.name == row.element))
    }

    /// A group holds elements; a text in it belongs to none of them.
    pub(crate) fn refuse_text(&self) -> Result<(), Rejected> {
        if self.text.trim().is_empty() {
            Ok(())
        } else {
            Err(self.rejected(Reason::StrayText))
        }
    }

    pub(crate) fn rejected(&self, reason: Reason) -> Rejected {
        Rejected {
            line: self.line,
            element: told(&self.name),
            reason,
        }
    }

    /// Rejected at this place, for an element that may not be here.
    pub(crate) fn rejected_in(&self, element: &'static str, reason: Reason) -> Rejected {
        Rejected {
            line: self.line,
            element: Some(element.to_owned()),
            reason,
        }
    }
}

/// The name of an element as a rejection tells it. What is written like no element of any message is told to nobody: a file of rubbish
/// may hold anything there.
pub(crate) fn told(name: &str) -> Option<String> {
    let plain = name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| name.to_owned())
}

/// Characters XML 1.0 does not know, line breaks and tabs apart.
pub(crate) fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// What writes the inside of a group.
pub(crate) type Inside<'i> = &'i mut dyn FnMut(&mut dyn Sink);

/// Takes a message, element by element in the order of its table.
pub(crate) trait Sink {
    fn value(&mut self, row: &Row, text: &str);

    fn values(&mut self, row: &Row, texts: &[String]);

    /// Nothing is written of an empty one: clients fail on it (R4).
    fn group(&mut self, row: &Row, inside: Inside<'_>);

    /// Calls `inside` so many times, once for each. An empty one stands where it is a line of its own, and is dropped from a list.
    fn groups(&mut self, row: &Row, count: usize, inside: Inside<'_>);

    /// A group that has to be there, and stands even when empty.
    fn kept(&mut self, row: &Row, inside: Inside<'_>);
}

/// The name of a list's entries, if they have one of their own.
pub(crate) fn entry_of(row: &Row) -> Option<&'static str> {
    match row.form {
        Form::List(entry) => Some(entry),
        Form::Group
        | Form::Text(_)
        | Form::Exact(_)
        | Form::Digits(_)
        | Form::Insurer
        | Form::Count
        | Form::Date
        | Form::DateTime
        | Form::Month
        | Form::PostalCode
        | Form::Code(_)
        | Form::OpenCode(_)
        | Form::Base64 => None,
    }
}
