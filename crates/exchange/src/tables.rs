//! What every message holds: one table for each message and direction, with its typed form beside it (interface §2). Readers,
//! writers, schemas and the vendors' page go by these rows alone. Holds no rule about what a value means.
//!
//! No row was read in the official layout, which is not public; each says how well it is known.

pub mod as_sent;
pub mod bulk;
pub mod bulk_check;
pub mod checkup_information;
pub mod consented_list;
pub mod drug_information;
pub mod found_coverage;
pub mod medical_document;
pub mod medical_information;
pub mod medical_ticket;
mod member;
pub mod reference_number;
pub mod single_check;

use domain::codes::Table;

use crate::document::{Element, Sink};
use crate::rejected::Rejected;
use crate::tables::member::must;

/// Whether an element has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Always.
    Must,
    /// Where there is something to say.
    May,
    /// In abnormal answers only.
    OnError,
}

/// How well a row is known. None was read in the official layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Two or more independent client programs, or a file of a real layout, show it.
    Several,
    /// One credible client program shows it.
    One,
    /// Inferred, or from one weak source.
    Inferred,
    /// Ours: the interface as far as it is known says nothing.
    Ours,
}

/// The form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// No value: elements.
    Group,
    /// No value: a list, whose entries stand in elements of this name.
    List(&'static str),
    /// A text for people to read, of at most so many characters.
    Text(u16),
    /// A text that comes back exactly as it went, of at most so many characters.
    Exact(u16),
    /// Exactly so many digits.
    Digits(u8),
    /// An insurer's number: up to eight digits, at the left blanks or zeros (R6).
    Insurer,
    /// A whole number.
    Count,
    /// `yyyyMMdd`.
    Date,
    /// `yyyyMMddHHmmss`.
    DateTime,
    /// `yyyyMM`.
    Month,
    /// `123-4567`.
    PostalCode,
    /// A code of a table.
    Code(&'static Table),
    /// A code of no known table: one to so many letters or digits.
    OpenCode(u8),
    /// The bytes of a file, in base64 (RFC 4648 §4).
    Base64,
}

impl Form {
    /// The longest value, in characters, where one is set.
    #[must_use]
    pub const fn longest(self) -> Option<u16> {
        match self {
            Self::Group | Self::List(_) | Self::Count | Self::Code(_) | Self::Base64 => None,
            Self::Text(most) | Self::Exact(most) => Some(most),
            Self::Digits(many) | Self::OpenCode(many) => Some(many as u16),
            Self::Insurer | Self::Date | Self::PostalCode => Some(8),
            Self::DateTime => Some(14),
            Self::Month => Some(6),
        }
    }

    /// True for texts that may be written in another form where the receiver's set of characters is smaller.
    #[must_use]
    pub const fn is_for_people(self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// More than any value of the form may have on reading: the interface's own lengths are the schema's business, this one
    /// keeps rubbish out.
    pub(crate) const fn most_read(self) -> usize {
        match self {
            Self::Text(_) => 4_000,
            Self::Base64 => MOST_BASE64,
            Self::Group
            | Self::List(_)
            | Self::Exact(_)
            | Self::Digits(_)
            | Self::Insurer
            | Self::Count
            | Self::Date
            | Self::DateTime
            | Self::Month
            | Self::PostalCode
            | Self::Code(_)
            | Self::OpenCode(_) => 200,
        }
    }
}

/// The longest file in base64 that is read: a document of 2,000 drugs has 3 MB.
const MOST_BASE64: usize = 32 << 20;

/// What stands under an element's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// One value.
    Value,
    /// Any number of values.
    Values,
    /// One group of elements.
    Group(&'static [Row]),
    /// Any number of groups of elements.
    Groups(&'static [Row]),
}

/// One row of a table: one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The element's name.
    pub element: &'static str,
    /// What it is, in Japanese.
    pub ja: &'static str,
    /// What it is, in English.
    pub en: &'static str,
    /// Whether it has to be there.
    pub presence: Presence,
    /// The form of its value.
    pub form: Form,
    /// How well it is known.
    pub known: Known,
    /// The part of the interface page that names it.
    pub source: &'static str,
    /// What stands under it.
    pub holds: Holds,
}

/// A group of elements as a type.
pub(crate) trait Part: Default {
    const ROWS: &'static [Row];

    fn read(from: &Element<'_>) -> Result<Self, Rejected>;

    /// In the order of the rows.
    fn write(&self, to: &mut dyn Sink);
}

// A macro because a table and its typed form are one list, which Rust gives no other way to share.
macro_rules! part {
    (
        $(#[$doc:meta])*
        $name:ident = $source:literal {
            $(
                $(#[$note:meta])*
                $field:ident: $kind:ty = $element:literal, $ja:literal, $en:literal, $presence:ident, $form:expr, $known:ident;
            )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $(
                #[doc = concat!("`", $element, "` ", $ja, ": ", $en, ".")]
                $(#[doc = ""] #[$note])*
                pub $field: $kind,
            )+
        }

        // Its values are about people.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl $crate::tables::Part for $name {
            const ROWS: &'static [$crate::tables::Row] = &[$(
                $crate::tables::Row {
                    element: $element,
                    ja: $ja,
                    en: $en,
                    presence: $crate::tables::Presence::$presence,
                    form: $form,
                    known: $crate::tables::Known::$known,
                    source: $source,
                    holds: <$kind as $crate::tables::member::Member>::HOLDS,
                },
            )+];

            fn read(
                from: &$crate::document::Element<'_>,
            ) -> Result<Self, $crate::rejected::Rejected> {
                from.refuse_text()?;
                let places = from.by_row(Self::ROWS);
                let mut rows = Self::ROWS.iter().enumerate();
                Ok(Self { $(
                    $field: match rows.next() {
                        Some((at, row)) => {
                            let shelf = $crate::tables::member::Shelf {
                                of: from,
                                places: &places,
                                row: at,
                            };
                            $crate::tables::member::Member::read(row, shelf)?
                        }
                        None => <$kind>::default(),
                    },
                )+ })
            }

            fn write(&self, to: &mut dyn $crate::document::Sink) {
                let mut rows = Self::ROWS.iter();
                $(
                    if let Some(row) = rows.next() {
                        $crate::tables::member::Member::write(&self.$field, row, to);
                    }
                )+
            }
        }

        impl $crate::tables::member::Member for $name {
            const HOLDS: $crate::tables::Holds =
                $crate::tables::Holds::Group(<Self as $crate::tables::Part>::ROWS);

            fn read(
                row: &$crate::tables::Row,
                from: $crate::tables::member::Shelf<'_, '_>,
            ) -> Result<Self, $crate::rejected::Rejected> {
                from.must(row)
            }

            fn write(&self, row: &$crate::tables::Row, to: &mut dyn $crate::document::Sink) {
                to.kept(row, &mut |inside| $crate::tables::Part::write(self, inside));
            }
        }
    };
}

pub(crate) use part;

/// A message: its header and its body, below `XmlMsg`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Envelope<H, B> {
    /// `MessageHeader`.
    pub header: H,
    /// `MessageBody`.
    pub body: B,
}

impl<H, B> std::fmt::Debug for Envelope<H, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Envelope(…)")
    }
}

const fn header_row(rows: &'static [Row]) -> Row {
    group_of("MessageHeader", "メッセージヘッダー", "header", rows)
}

const fn body_row(rows: &'static [Row]) -> Row {
    group_of("MessageBody", "メッセージボディー", "body", rows)
}

const fn group_of(
    element: &'static str,
    ja: &'static str,
    en: &'static str,
    rows: &'static [Row],
) -> Row {
    Row {
        element,
        ja,
        en,
        presence: Presence::Must,
        form: Form::Group,
        known: Known::Several,
        source: "§1.3",
        holds: Holds::Group(rows),
    }
}

impl<H: Part, B: Part> Part for Envelope<H, B> {
    const ROWS: &'static [Row] = &[header_row(H::ROWS), body_row(B::ROWS)];

    fn read(from: &Element<'_>) -> Result<Self, Rejected> {
        Ok(Self {
            header: must(&header_row(H::ROWS), from, from.all("MessageHeader"))?,
            body: must(&body_row(B::ROWS), from, from.all("MessageBody"))?,
        })
    }

    fn write(&self, to: &mut dyn Sink) {
        to.kept(&header_row(H::ROWS), &mut |inside| {
            self.header.write(inside)
        });
        to.kept(&body_row(B::ROWS), &mut |inside| self.body.write(inside));
    }
}
