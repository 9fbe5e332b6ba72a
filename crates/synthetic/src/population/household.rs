//! Who lives together: one to four people with one address, and below 75 years with one insurance. Knows no certificate.

use domain::civil_date::CivilDate;
use domain::codes::person::Sex;

use super::insurance::Kind;
use super::names::FAMILY;
use crate::draw::Draw;

/// Ten people in a row live in four households, of one, two, three and four.
const IN_A_ROW: u64 = 10;
const HOUSEHOLDS: [(u64, u64); 4] = [(0, 1), (1, 2), (3, 3), (6, 4)];

/// Sets the households' draws apart from the people's.
const HOUSEHOLD: u64 = 0x6865_6c6c_6f5f_6f6e;

/// A household, and which of its members somebody is.
pub(super) struct Household {
    /// Its number among all.
    pub(super) number: u64,
    /// Zero is whom the insurance is of.
    pub(super) member: u64,
    pub(super) family: (&'static str, &'static str),
    pub(super) kind: Kind,
    /// What it had before, if it changed.
    pub(super) earlier: Option<Kind>,
    /// Whether it lives on pensions: then its first two members are old.
    is_old: bool,
    seed: u64,
}

impl Household {
    /// The household of a person.
    pub(super) fn of(seed: u64, person: u64) -> Option<Self> {
        let (row, place) = (person / IN_A_ROW, person % IN_A_ROW);
        let (which, (first, _)) = (0_u64..)
            .zip(HOUSEHOLDS)
            .find(|(_, (first, size))| place < first + size)?;
        let number = row * HOUSEHOLDS.len() as u64 + which;
        let mut draw = Draw::of(seed ^ HOUSEHOLD, number);
        let family = *draw.one_of(&FAMILY)?;
        let is_old = which < 2 && draw.one_in(2);
        let drawn = Kind::draw(&mut draw);
        // Whoever has retired is with the municipality.
        let kind = if is_old { Kind::Municipal } else { drawn };
        let before = match Kind::draw(&mut draw) {
            // Whoever changes goes to another insurer.
            same if same == kind && kind == Kind::Municipal => Kind::Association,
            same if same == kind => Kind::Municipal,
            other => other,
        };
        let earlier = draw.one_in(2).then_some(before);
        Some(Self {
            number,
            member: place - first,
            family,
            kind,
            earlier,
            is_old,
            seed,
        })
    }

    /// What all of it share: the same for each member.
    pub(super) fn draw(&self) -> Draw {
        Draw::of(self.seed ^ HOUSEHOLD ^ 1, self.number)
    }

    /// Sex and day of birth of the member: two adults, then children.
    pub(super) fn born(&self, draw: &mut Draw) -> Option<(Sex, CivilDate)> {
        let mut shared = self.draw();
        let first_is_woman = shared.one_in(2);
        let is_woman = match self.member {
            0 => first_is_woman,
            1 => !first_is_woman,
            _ => draw.one_in(2),
        };
        let sex = if is_woman { Sex::Female } else { Sex::Male };
        let (from, days) = match (self.member, self.is_old) {
            (0 | 1, true) => ("1935-01-01", 8_400),
            (0 | 1, false) => ("1962-01-01", 15_000),
            _ => ("2004-01-01", 8_000),
        };
        let days = i32::try_from(draw.below(days)).ok()?;
        Some((sex, CivilDate::parse_iso(from).ok()?.plus_days(days)))
    }
}
