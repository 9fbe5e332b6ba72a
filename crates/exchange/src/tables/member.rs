//! How what stands under one row is read and written: a value, values, a group, groups in a list or without. Knows no message.

use crate::document::{Element, Sink, entry_of};
use crate::rejected::{Reason, Rejected};
use crate::tables::{Holds, Part, Row};

/// A member of a [`Part`]: what stands under one row.
pub(crate) trait Member: Sized {
    const HOLDS: Holds;

    fn read(row: &Row, from: Shelf<'_, '_>) -> Result<Self, Rejected>;

    fn write(&self, row: &Row, to: &mut dyn Sink);
}

/// Those children of a group that are of one row.
#[derive(Clone, Copy)]
pub(crate) struct Shelf<'e, 'a> {
    pub(crate) of: &'e Element<'a>,
    /// The row of each child.
    pub(crate) places: &'e [Option<usize>],
    pub(crate) row: usize,
}

impl<'e, 'a> Shelf<'e, 'a> {
    fn all(self) -> impl Iterator<Item = &'e Element<'a>> {
        let placed = self.of.children.iter().zip(self.places);
        placed
            .filter(move |(_, place)| **place == Some(self.row))
            .map(|(child, _)| child)
    }
}

impl Member for Option<String> {
    const HOLDS: Holds = Holds::Value;

    fn read(row: &Row, from: Shelf<'_, '_>) -> Result<Self, Rejected> {
        match once(from.all())? {
            Some(element) => element.value(row),
            None => Ok(None),
        }
    }

    fn write(&self, row: &Row, to: &mut dyn Sink) {
        if let Some(text) = self.as_deref().filter(|text| !text.is_empty()) {
            to.value(row, text);
        }
    }
}

impl Member for Vec<String> {
    const HOLDS: Holds = Holds::Values;

    fn read(row: &Row, from: Shelf<'_, '_>) -> Result<Self, Rejected> {
        let mut values = Self::new();
        for element in from.all() {
            values.extend(element.value(row)?);
        }
        Ok(values)
    }

    fn write(&self, row: &Row, to: &mut dyn Sink) {
        to.values(row, self);
    }
}

impl<G: Part> Member for Option<G> {
    const HOLDS: Holds = Holds::Group(G::ROWS);

    fn read(_: &Row, from: Shelf<'_, '_>) -> Result<Self, Rejected> {
        once(from.all())?.map(G::read).transpose()
    }

    fn write(&self, row: &Row, to: &mut dyn Sink) {
        if let Some(group) = self {
            to.group(row, &mut |inside| group.write(inside));
        }
    }
}

impl<G: Part> Member for Vec<G> {
    const HOLDS: Holds = Holds::Groups(G::ROWS);

    /// A list in its wrapper, entries without their wrapper, and wrappers that are the entries themselves: clients read a
    /// specified-disease list in all three ways (R1).
    fn read(row: &Row, from: Shelf<'_, '_>) -> Result<Self, Rejected> {
        let Some(entry) = entry_of(row) else {
            return from.all().map(G::read).collect();
        };
        let mut groups = Self::new();
        for child in from.all() {
            if child.name == entry || child.is_one_of(G::ROWS) {
                groups.push(G::read(child)?);
                continue;
            }
            child.refuse_text()?;
            for inner in child.all(entry) {
                groups.push(G::read(inner)?);
            }
        }
        Ok(groups)
    }

    fn write(&self, row: &Row, to: &mut dyn Sink) {
        if self.is_empty() {
            return;
        }
        let mut rest = self.iter();
        to.groups(row, self.len(), &mut |inside| {
            if let Some(group) = rest.next() {
                group.write(inside);
            }
        });
    }
}

/// A group that has to be there.
pub(crate) fn must<'e, 'a: 'e, G: Part>(
    row: &Row,
    of: &'e Element<'a>,
    all: impl Iterator<Item = &'e Element<'a>>,
) -> Result<G, Rejected> {
    match once(all)? {
        Some(element) => G::read(element),
        None => Err(of.rejected_in(row.element, Reason::MissingGroup)),
    }
}

impl Shelf<'_, '_> {
    /// The group of this row, which has to be there.
    pub(crate) fn must<G: Part>(self, row: &Row) -> Result<G, Rejected> {
        must(row, self.of, self.all())
    }
}

/// The only one. Two of them contradict each other, and none is chosen in silence.
fn once<'e, 'a: 'e>(
    mut all: impl Iterator<Item = &'e Element<'a>>,
) -> Result<Option<&'e Element<'a>>, Rejected> {
    let first = all.next();
    match all.next() {
        Some(again) => Err(again.rejected(Reason::Repeated)),
        None => Ok(first),
    }
}
