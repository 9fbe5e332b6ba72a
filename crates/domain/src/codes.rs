//! Code tables of the receipt-computer interface (OQSCD001-044), gathered from public clients. Holds meanings, no rules.
//!
//! None of the tables was read in the official document; all are as public client programs use them (interface §3), and
//! each says how many do. `docs/codes.md` is their print.

pub mod authentication;
pub mod ceiling;
pub mod check;
pub mod consent;
pub mod coverage;
pub mod disease;
pub mod medical_information;
pub mod person;
pub mod prescription;
pub mod setting;
pub mod ticket;

/// How well a table is known. No table is known from the official document.
///
/// ```
/// use domain::codes::{Known, TABLES};
/// let of = |number| TABLES.iter().find(|table| table.number == number).unwrap().known;
/// assert_eq!((of(1), of(18), of(44)), (Known::Several, Known::Few, Known::One));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Two or more independent client programs use it alike.
    Several,
    /// One client program and one that follows it.
    Few,
    /// One client program only.
    One,
}

impl Known {
    /// How well tables of a number are known (interface §3).
    pub(crate) const fn of(number: u8) -> Self {
        match number {
            ..=17 => Self::Several,
            18..=27 => Self::Few,
            28.. => Self::One,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Several => "several independent clients",
            Self::Few => "one or two clients",
            Self::One => "one client",
        }
    }
}

/// One item: code, meaning in Japanese, meaning in English.
pub type Item = (&'static str, &'static str, &'static str);

/// One printed table.
///
/// ```
/// let table = domain::codes::consent::Viewing::TABLE;
/// assert_eq!((table.number, table.name), (16, "閲覧同意"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The number after `OQSCD`.
    pub number: u8,
    /// The name in Japanese.
    pub name: &'static str,
    /// How well it is known.
    pub known: Known,
    /// Its items in order.
    pub items: &'static [Item],
}

/// Every table, by number. Table 042 is three: its codes depend on the factor of table 041.
///
/// ```
/// use domain::codes::TABLES;
/// let mut numbers: Vec<u8> = TABLES.iter().map(|table| table.number).collect();
/// numbers.dedup();
/// assert_eq!(numbers, (1..=44).collect::<Vec<u8>>());
/// ```
pub const TABLES: [Table; 46] = [
    crate::check::CeilingConsent::TABLE,
    check::ReferenceKind::TABLE,
    check::ResultSegment::TABLE,
    check::ProcessingStatus::TABLE,
    check::CharacterCode::TABLE,
    crate::check::Verdict::TABLE,
    person::Sex::TABLE,
    coverage::LossReason::TABLE,
    person::Relationship::TABLE,
    coverage::CardClassification::TABLE,
    ceiling::CertificateKind::TABLE,
    ceiling::Category::TABLE,
    disease::SpecificDisease::TABLE,
    ceiling::Change::TABLE,
    coverage::Preschool::TABLE,
    consent::Viewing::TABLE,
    prescription::IssueForm::TABLE,
    ticket::Kind::TABLE,
    ticket::Treatment::TABLE,
    ticket::Combination::TABLE,
    ticket::SocialInsurance::TABLE,
    ticket::Inconsistency::TABLE,
    ticket::InfectiousDisease::TABLE,
    ticket::ElderlyCare::TABLE,
    ticket::PrefecturalExpense::TABLE,
    ticket::Designation::TABLE,
    ticket::SamePerson::TABLE,
    check::VisitKind::TABLE,
    medical_information::Kind::TABLE,
    prescription::Display::TABLE,
    consent::EndReason::TABLE,
    check::CoverageChange::TABLE,
    setting::AccessUrl::TABLE,
    medical_information::FileFormat::TABLE,
    setting::Change::TABLE,
    consent::Subject::TABLE,
    setting::Use::TABLE,
    prescription::IssueSetting::TABLE,
    prescription::QuestionTime::TABLE,
    medical_information::Pattern::TABLE,
    authentication::Factor::TABLE,
    authentication::ByKnowledge::TABLE,
    authentication::ByBody::TABLE,
    authentication::ByPossession::TABLE,
    setting::Right::TABLE,
    setting::LinkedSystem::TABLE,
];

/// All tables as Markdown: the text of `docs/codes.md` below its opening.
///
/// ```
/// assert!(domain::codes::tables_markdown().contains("## OQSCD006 資格有効性"));
/// ```
#[must_use]
pub fn tables_markdown() -> String {
    let mut out = String::new();
    for table in TABLES {
        let Table {
            number,
            name,
            known,
            items,
        } = table;
        out.push_str(&format!(
            "\n## OQSCD{number:03} {name}\n\nKnown from {}.\n\n| code | 日本語 | English |\n|---|---|---|\n",
            known.text()
        ));
        for (code, ja, en) in items {
            out.push_str(&format!("| {code} | {ja} | {en} |\n"));
        }
    }
    out
}

// A macro because every table needs the same functions over another list, which Rust gives no other way to share.
macro_rules! code_table {
    (
        $(#[$doc:meta])*
        $name:ident = $number:literal, $title:literal {
            $( $(#[$item_doc:meta])* $item:ident = $code:literal, $ja:literal, $en:literal; )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( #[doc = $ja] #[doc = ""] $(#[$item_doc])* $item, )+
        }

        impl $name {
            /// Every item, in the table's order.
            pub const ALL: &'static [Self] = &[$( Self::$item, )+];

            /// The table as it is printed.
            pub const TABLE: $crate::codes::Table = $crate::codes::Table {
                number: $number,
                name: $title,
                known: $crate::codes::Known::of($number),
                items: &[$( ($code, $ja, $en), )+],
            };

            /// The code on the wire.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $( Self::$item => $code, )+ }
            }

            /// The item of a code; `None` for a code the table does not hold.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $( $code => Some(Self::$item), )+ _ => None }
            }

            /// The meaning in Japanese.
            #[must_use]
            pub fn label_ja(self) -> &'static str {
                match self { $( Self::$item => $ja, )+ }
            }

            /// The meaning in English.
            #[must_use]
            pub fn label_en(self) -> &'static str {
                match self { $( Self::$item => $en, )+ }
            }
        }
    };
}

pub(crate) use code_table;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_tables_are_those_in_the_docs() {
        let docs = include_str!("../../../docs/codes.md");
        assert!(
            docs.ends_with(&tables_markdown()),
            "print them anew:\n{}",
            tables_markdown()
        );
    }

    #[test]
    fn no_table_holds_a_code_twice() {
        for table in TABLES {
            for (at, (code, ..)) in table.items.iter().enumerate() {
                let again = table.items.iter().skip(at + 1).any(|(it, ..)| it == code);
                assert!(!again, "OQSCD{:03} {code}", table.number);
            }
        }
    }
}
