//! Writes records of claim files: fields by what they mean, CP932, CR LF, 0x1A. Replaces no character and checks no claim.

use domain::facility_kind::FacilityKind;

use crate::claim_file::cells;
use crate::claim_file::columns::{self, Item, Layout};
use crate::claim_file::lines::END_MARK;
use crate::encoding::windows_31j;

/// Why a record cannot be written. Says where, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotWritten {
    /// The kind has no such record.
    #[error("no such record in this kind of file")]
    NoRecord,
    /// The record has no such field, as far as is known.
    #[error("the record has no such field")]
    NoField,
    /// A character that CP932 does not hold, or that would break the record.
    #[error("field {position} holds a character a claim file cannot hold")]
    Character {
        /// The field's position, from 1.
        position: usize,
    },
}

/// A record to be written.
#[derive(Clone)]
pub struct Line {
    layout: &'static Layout,
    cells: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({}, …)", self.layout.id)
    }
}

impl Line {
    /// An empty record of an id; records whose number of fields is not known have the id alone.
    ///
    /// # Errors
    /// [`NotWritten::NoRecord`].
    pub fn new(kind: FacilityKind, id: &str) -> Result<Self, NotWritten> {
        let layouts = columns::layouts(kind);
        let layout = layouts.iter().find(|it| it.id == id);
        let layout = layout.ok_or(NotWritten::NoRecord)?;
        let mut cells = vec![Vec::new(); layout.count.max(1)];
        if let Some(first) = cells.first_mut() {
            *first = id.as_bytes().to_vec();
        }
        Ok(Self { layout, cells })
    }

    /// With a field, by what it means.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn with(self, item: Item, text: &str) -> Result<Self, NotWritten> {
        let position = self.layout.position(item).ok_or(NotWritten::NoField)?;
        self.at(position, text)
    }

    /// With a field, by its position from 1.
    ///
    /// # Errors
    /// [`NotWritten`].
    pub fn at(mut self, position: usize, text: &str) -> Result<Self, NotWritten> {
        let breaks = |c: char| c.is_control() || matches!(c, ',' | '"');
        if text.contains(breaks) {
            return Err(NotWritten::Character { position });
        }
        let bytes = windows_31j::encode(text).map_err(|_| NotWritten::Character { position })?;
        let cell = position
            .checked_sub(1)
            .and_then(|at| self.cells.get_mut(at));
        *cell.ok_or(NotWritten::NoField)? = bytes;
        Ok(self)
    }

    /// The bytes with their line end.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.cells.join(&b","[..]);
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

/// Whether a text goes into a claim file without a finding: JIS X 0208 alone, nothing that breaks a record.
#[must_use]
pub fn holds(text: &str) -> bool {
    let breaks = text.contains([',', '"']);
    let bytes = windows_31j::encode(text);
    !breaks && bytes.is_ok_and(|bytes| cells::characters(&bytes).is_none())
}

/// What ends a file.
#[must_use]
pub fn end() -> [u8; 1] {
    [END_MARK]
}
