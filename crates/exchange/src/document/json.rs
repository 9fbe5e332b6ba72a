//! The JSON image (interface §4): objects by element name, every leaf a string, absent items left out. A list with entries of a name
//! is an array of single-key objects; groups that repeat without one are an array under their own name, which is ours.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::document::{Element, Inside, MOST_ELEMENTS, ROOT, Sink, entry_of};
use crate::rejected::{Reason, Rejected};
use crate::tables::{Holds, Row};

/// Entries of one list at most: ten times the lines of a bulk request. Empty ones would else fill a hundred times the memory of their
/// image.
const MOST_ENTRIES: usize = 100_000;

/// Objects and arrays in one image at most: two for each entry, and what is around them. A parsed object takes a hundred times the memory
/// of its text, so that they are counted before.
const MOST_GROUPS: usize = 2 * MOST_ENTRIES + 100;

/// Refuses an image with more objects or values than any message has, by its text alone. Says nothing of its form.
pub(crate) fn within_bounds(text: &[u8]) -> Result<(), Rejected> {
    let (mut in_string, mut escaped) = (false, false);
    let (mut groups, mut values) = (0_usize, 0_usize);
    for byte in text.iter().copied() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                groups += 1;
                values += 1;
            }
            b',' if !in_string => values += 1,
            _ => {}
        }
        if MOST_GROUPS < groups || MOST_ELEMENTS < values {
            return Err(rejected(ROOT, Reason::TooManyElements));
        }
    }
    Ok(())
}

/// Reads an image into the tree that XML is read into.
pub(crate) fn read<'a>(image: &'a Value, rows: &[Row]) -> Result<Element<'a>, Rejected> {
    let root = image
        .get(ROOT)
        .ok_or_else(|| rejected(ROOT, Reason::WrongRoot))?;
    element(ROOT, rows, root)
}

/// What is of no row is passed over, as unknown elements are.
fn element<'a>(
    name: &'static str,
    rows: &[Row],
    value: &'a Value,
) -> Result<Element<'a>, Rejected> {
    let mut group = Element {
        name: Cow::Borrowed(name),
        ..Element::default()
    };
    match value {
        Value::Null => {}
        Value::String(text) => group.text = Cow::Borrowed(text),
        Value::Object(members) => {
            for row in rows {
                if let Some(value) = members.get(row.element) {
                    push(&mut group, row, value)?;
                }
                // An entry without its list.
                let bare = entry_of(row).and_then(|entry| Some((entry, members.get(entry)?)));
                if let (Some((entry, value)), Holds::Groups(rows)) = (bare, row.holds) {
                    for value in one_or_more(value) {
                        group.children.push(element(entry, rows, value)?);
                    }
                }
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            return Err(rejected(name, Reason::NotAGroup));
        }
    }
    Ok(group)
}

fn push<'a>(group: &mut Element<'a>, row: &Row, value: &'a Value) -> Result<(), Rejected> {
    if MOST_ENTRIES < one_or_more(value).len() {
        return Err(rejected(row.element, Reason::TooManyElements));
    }
    match row.holds {
        Holds::Value => group.children.extend(leaf(row, value)?),
        Holds::Values => {
            for value in one_or_more(value) {
                group.children.extend(leaf(row, value)?);
            }
        }
        Holds::Group(rows) => {
            if !value.is_null() {
                group.children.push(element(row.element, rows, value)?);
            }
        }
        Holds::Groups(rows) => {
            for value in one_or_more(value) {
                group.children.push(entry(row, rows, value)?);
            }
        }
    }
    Ok(())
}

/// One entry of a list: `{"Entry": {…}}`, several under `{"Entry": […]}`, or the entry's members themselves.
fn entry<'a>(row: &Row, rows: &[Row], value: &'a Value) -> Result<Element<'a>, Rejected> {
    let named = entry_of(row).and_then(|entry| Some((entry, value.get(entry)?)));
    let Some((entry, values)) = named else {
        return element(row.element, rows, value);
    };
    let mut list = Element {
        name: Cow::Borrowed(row.element),
        ..Element::default()
    };
    for value in one_or_more(values) {
        list.children.push(element(entry, rows, value)?);
    }
    Ok(list)
}

fn leaf<'a>(row: &Row, value: &'a Value) -> Result<Option<Element<'a>>, Rejected> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(Element {
            name: Cow::Borrowed(row.element),
            text: Cow::Borrowed(text),
            ..Element::default()
        })),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(rejected(row.element, Reason::NotText))
        }
    }
}

fn one_or_more(value: &Value) -> &[Value] {
    match value {
        Value::Array(several) => several,
        Value::Null => &[],
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(value)
        }
    }
}

fn rejected(element: &str, reason: Reason) -> Rejected {
    Rejected {
        line: 0,
        element: Some(element.to_owned()),
        reason,
    }
}

/// Writes an image.
#[derive(Debug, Default)]
pub(crate) struct Image(Map<String, Value>);

impl Image {
    /// The image of a message.
    pub(crate) fn finish(self) -> Value {
        let mut root = Map::new();
        root.insert(ROOT.to_owned(), Value::Object(self.0));
        Value::Object(root)
    }

    fn insert(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Sink for Image {
    fn value(&mut self, row: &Row, text: &str) {
        self.insert(row.element, text);
    }

    fn values(&mut self, row: &Row, texts: &[String]) {
        if !texts.is_empty() {
            self.insert(row.element, texts.to_vec());
        }
    }

    fn group(&mut self, row: &Row, inside: Inside<'_>) {
        let mut group = Self::default();
        inside(&mut group);
        if !group.0.is_empty() {
            self.insert(row.element, group.0);
        }
    }

    fn groups(&mut self, row: &Row, count: usize, inside: Inside<'_>) {
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            let mut group = Self::default();
            inside(&mut group);
            match entry_of(row) {
                Some(_) if group.0.is_empty() => {}
                Some(entry) => {
                    let mut named = Self::default();
                    named.insert(entry, group.0);
                    all.push(Value::Object(named.0));
                }
                None => all.push(Value::Object(group.0)),
            }
        }
        if !all.is_empty() {
            self.insert(row.element, all);
        }
    }

    fn kept(&mut self, row: &Row, inside: Inside<'_>) {
        let mut group = Self::default();
        inside(&mut group);
        self.insert(row.element, group.0);
    }
}
