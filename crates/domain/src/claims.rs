//! Claims (請求) as far as no file matters: who reviews a claim, who pays, on which days, how bad a finding is. Reads no format.

pub mod claim_type;
pub mod eligibility;
pub mod entry;
pub mod facts;
pub mod office;
pub mod tenant;
pub mod window;

use core::fmt;

use crate::civil_date::CivilDate;
use crate::insurer_number::InsurerNumber;
use crate::medical_aid::TreatmentMonth;
use crate::named::named;

named! {
    /// How bad a finding is: what becomes of what it stands in.
    ///
    /// ```
    /// use domain::claims::Severity;
    /// assert!(Severity::File < Severity::Warning);
    /// ```
    Severity {
        /// The file as a whole is refused: nothing of it is taken.
        File = "file";
        /// The claim is refused; the others of the file are taken.
        Claim = "claim";
        /// To be looked at; refuses nothing.
        Warning = "warning";
    }
}

named! {
    /// Who reviews and pays out claims (審査支払機関).
    ///
    /// ```
    /// use domain::claims::ReviewBody;
    /// assert_eq!(ReviewBody::of_code('2'), Some(ReviewBody::Federation));
    /// ```
    ReviewBody {
        /// The payment fund (社会保険診療報酬支払基金).
        Fund = "fund";
        /// The prefecture's federation (国民健康保険団体連合会).
        Federation = "federation";
    }
}

impl ReviewBody {
    /// The body of a code in files: 1 the fund, 2 the federation.
    #[must_use]
    pub fn of_code(code: char) -> Option<Self> {
        match code {
            '1' => Some(Self::Fund),
            '2' => Some(Self::Federation),
            _ => None,
        }
    }

    /// The code in files.
    #[must_use]
    pub fn code(self) -> char {
        match self {
            Self::Fund => '1',
            Self::Federation => '2',
        }
    }

    /// Where claims to an insurer go: National Health Insurance and the very old's to the federation, all others to the fund. One
    /// implementation says so, and it is not sure of 67 (claims-format §9, \[B\]).
    ///
    /// ```
    /// use domain::{claims::ReviewBody, insurer_number::InsurerNumber};
    /// let of = |number| ReviewBody::of_insurer(InsurerNumber::parse(number).unwrap());
    /// assert_eq!((of("139998"), of("39139993"), of("06139992")), (ReviewBody::Federation, ReviewBody::Federation, ReviewBody::Fund));
    /// ```
    #[must_use]
    pub fn of_insurer(insurer: InsurerNumber) -> Self {
        if insurer.is_national_health_insurance() || is_of_the_very_old(insurer) {
            Self::Federation
        } else {
            Self::Fund
        }
    }
}

/// True for insurers of the very old (後期高齢者医療, law number 39).
///
/// ```
/// use domain::{claims::is_of_the_very_old, insurer_number::InsurerNumber};
/// assert!(is_of_the_very_old(InsurerNumber::parse("39139993").unwrap()));
/// ```
#[must_use]
pub fn is_of_the_very_old(insurer: InsurerNumber) -> bool {
    insurer.as_u32() / 1_000_000 == 39
}

named! {
    /// Who pays a part of a claim (負担者種別), in the order files number them from 1.
    ///
    /// ```
    /// use domain::claims::Payer;
    /// assert_eq!(Payer::of_number(2), Some(Payer::FirstScheme));
    /// ```
    Payer {
        /// The health insurance.
        Insurer = "insurer";
        /// The first public scheme (第一公費).
        FirstScheme = "first_scheme";
        /// The second.
        SecondScheme = "second_scheme";
        /// The third.
        ThirdScheme = "third_scheme";
        /// The fourth.
        FourthScheme = "fourth_scheme";
    }
}

impl Payer {
    /// The payer of a number, 1 to 5.
    #[must_use]
    pub fn of_number(number: usize) -> Option<Self> {
        Self::ALL.get(number.checked_sub(1)?).copied()
    }

    /// Its number, 1 to 5.
    #[must_use]
    pub fn number(self) -> usize {
        1 + Self::ALL.iter().position(|it| *it == self).unwrap_or(0)
    }
}

/// Where something stands in a file: its line, from 1, and the claim by its running number.
///
/// ```
/// use domain::claims::Place;
/// let place = Place { line: 12, claim: Some(2) };
/// assert_eq!(place.to_string(), "line 12, claim 2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The claim, counted from 1; none where the file as a whole is meant.
    pub claim: Option<u32>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        match self.claim {
            Some(claim) => write!(f, ", claim {claim}"),
            None => Ok(()),
        }
    }
}

/// Days of one month, as a set.
///
/// ```
/// use domain::claims::Days;
/// let days: Days = [5, 19].into_iter().collect();
/// assert_eq!((days.count(), days.contains(19)), (2, true));
/// assert_eq!(days.to_string(), "5, 19");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Days(u32);

impl Days {
    /// Adds a day, 1 to 31; others are left out.
    pub fn insert(&mut self, day: u8) {
        if (1..=31).contains(&day) {
            self.0 |= 1 << (day - 1);
        }
    }

    /// Whether a day is among them.
    #[must_use]
    pub fn contains(self, day: u8) -> bool {
        (1..=31).contains(&day) && self.0 & (1 << (day - 1)) != 0
    }

    /// How many there are.
    #[must_use]
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The days of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The days that are not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The days in order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=31).filter(move |day| self.contains(*day))
    }

    /// All days a month has.
    ///
    /// ```
    /// use domain::{claims::Days, medical_aid::TreatmentMonth};
    /// assert_eq!(Days::of_month(TreatmentMonth::parse_compact("202402").unwrap()).count(), 29);
    /// ```
    #[must_use]
    pub fn of_month(month: TreatmentMonth) -> Self {
        let last = month.first_day().plus_months(1).plus_days(-1).day();
        (1..=u8::try_from(last).unwrap_or(31)).collect()
    }

    /// The days as dates of a month, in order; those it does not have are left out.
    pub fn in_month(self, month: TreatmentMonth) -> impl Iterator<Item = (u8, CivilDate)> {
        let first = month.first_day();
        let of_month = Self(self.0 & Self::of_month(month).0);
        of_month
            .iter()
            .map(move |day| (day, first.plus_days(i32::from(day) - 1)))
    }
}

impl FromIterator<u8> for Days {
    fn from_iter<T: IntoIterator<Item = u8>>(days: T) -> Self {
        let mut all = Self::default();
        for day in days {
            all.insert(day);
        }
        all
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, day) in self.iter().enumerate() {
            let gap = if at == 0 { "" } else { ", " };
            write!(f, "{gap}{day}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Days({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_a_month_does_not_have_are_no_dates_of_it() {
        let month = TreatmentMonth::parse_compact("202609").unwrap();
        let days: Days = [0, 1, 30, 31, 32].into_iter().collect();
        assert_eq!(days.count(), 3);
        let dates: Vec<String> = days
            .in_month(month)
            .map(|(_, date)| date.to_compact())
            .collect();
        assert_eq!(dates, ["20260901", "20260930"]);
    }

    #[test]
    fn payers_are_numbered_from_the_insurer() {
        for (number, payer) in (1..).zip(Payer::ALL) {
            assert_eq!(
                (Payer::of_number(number), payer.number()),
                (Some(*payer), number)
            );
        }
        assert_eq!((Payer::of_number(0), Payer::of_number(6)), (None, None));
    }
}
