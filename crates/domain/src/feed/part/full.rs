//! What a full file (全件) does to what it does not name. Deletes nothing, and decides nothing about what nothing takes the place of.

use super::{
    Applied, NotApplied, Part, begins, is_same_ceiling, is_same_disease, is_same_elderly,
    is_same_ticket, overlap,
};
use crate::civil_date::CivilDate;
use crate::coverage::Coverage;
use crate::coverage::period::Period;

impl Part {
    /// Puts a coverage that a full file names. What the file has not named and has no loss is not in its way: it [`gives_way`]. What a file
    /// names is told by its source.
    ///
    /// # Errors
    /// [`NotApplied`]; then nothing was changed.
    pub fn put_in_full(&mut self, new: &Coverage) -> Result<Applied, NotApplied> {
        if !self.is_known {
            return Err(NotApplied::UnknownPerson);
        }
        self.put_beside(new, |it| it.source == new.source || it.loss.is_some())
    }

    /// Puts a coverage that a full file names and that was `stored` before it: what the file brought anew is taken out where it holds on a day
    /// with it, so that both orders of the lines end alike. Answers what was taken out.
    ///
    /// # Errors
    /// [`NotApplied`]; then nothing was changed.
    pub fn put_stored_in_full(
        &mut self,
        new: &Coverage,
        stored: &[Coverage],
    ) -> Result<Vec<Coverage>, NotApplied> {
        let was_there = |it: &Coverage| stored.iter().any(|other| is_same(it, other));
        let known = self.coverages.iter().find(|it| is_same(it, new));
        let Some(known) = known.filter(|it| was_there(it)) else {
            return Err(NotApplied::Overlaps);
        };
        let is_in_the_way =
            |it: &Coverage| it.source == new.source && !was_there(it) && overlap(it, known);
        let all = self.coverages.iter().cloned();
        let (taken_out, rest): (Vec<Coverage>, Vec<Coverage>) = all.partition(is_in_the_way);
        let mut part = Self {
            coverages: rest,
            ..self.clone()
        };
        part.put_in_full(new)?;
        *self = part;
        Ok(taken_out)
    }
}

fn is_same(one: &Coverage, other: &Coverage) -> bool {
    one.acquired == other.acquired && one.key() == other.key()
}

/// The day from which others take the place of a coverage: the first of those that hold on a day with it. None where nothing does.
///
/// ```
/// use domain::{coverage::Coverage, feed::part::full::gives_way};
/// use domain::{civil_date::CivilDate, codes::coverage::CardClassification, coverage::InsurerName, insured::InsuredNumber};
/// use domain::insurer_number::InsurerNumber;
/// let from = |number: &str, month| {
///     let (insurer, name) = (InsurerNumber::parse("06139992").unwrap(), InsurerName::parse("架空組合").unwrap());
///     let number = InsuredNumber::parse(number).unwrap();
///     let mut it = Coverage::new(CardClassification::General, insurer, name, number);
///     it.acquired = CivilDate::new(2026, month, 1).ok();
///     it
/// };
/// assert_eq!(gives_way(&from("1", 4), &[from("2", 6)]), CivilDate::new(2026, 6, 1).ok());
/// assert_eq!(gives_way(&from("1", 4), &[]), None);
/// ```
#[must_use]
pub fn gives_way(it: &Coverage, named: &[Coverage]) -> Option<CivilDate> {
    let others = named.iter().filter(|other| overlap(it, other));
    others.map(begins).min()
}

/// Joins the certificates that a full file names of a coverage with those that were there: one of the same kind and start takes the place of
/// the old one, and the others stay behind what becomes of them. Tickets that are not named stay as they are: each is of one month.
///
/// ```
/// use domain::coverage::certificate::ElderlyCertificate;
/// use domain::coverage::period::Period;
/// use domain::coverage::ratio::Ratio;
/// use domain::civil_date::CivilDate;
/// use domain::codes::coverage::CardClassification;
/// use domain::coverage::{Coverage, InsurerName};
/// use domain::feed::part::full::join_certificates;
/// use domain::{insured::InsuredNumber, insurer_number::InsurerNumber};
/// let of = |year: i16, percent| {
///     let (insurer, name) = (InsurerNumber::parse("39139997").unwrap(), InsurerName::parse("架空広域連合").unwrap());
///     let number = InsuredNumber::parse("1").unwrap();
///     let mut it = Coverage::new(CardClassification::General, insurer, name, number);
///     let period = Period { start: CivilDate::new(year, 8, 1).ok(), end: None };
///     it.elderly.push(ElderlyCertificate { issued: None, period, ratio: Ratio::from_percent(percent) });
///     it
/// };
/// let (mut named, stored) = (of(2026, 20), of(2025, 10));
/// join_certificates(&mut named, &stored, |period| period.end = CivilDate::new(2026, 7, 31).ok());
/// assert_eq!(named.elderly[0].ratio, Ratio::from_percent(10));
/// assert_eq!(named.elderly[0].period.end, CivilDate::new(2026, 7, 31).ok());
/// assert_eq!(named.elderly[1].ratio, Ratio::from_percent(20));
/// ```
pub fn join_certificates(
    named: &mut Coverage,
    stored: &Coverage,
    mut unnamed: impl FnMut(&mut Period),
) {
    join(&mut named.elderly, &stored.elderly, is_same_elderly, |it| {
        unnamed(&mut it.period);
    });
    join(
        &mut named.ceilings,
        &stored.ceilings,
        is_same_ceiling,
        |it| unnamed(&mut it.period),
    );
    join(
        &mut named.diseases,
        &stored.diseases,
        is_same_disease,
        |it| unnamed(&mut it.period),
    );
    join(&mut named.tickets, &stored.tickets, is_same_ticket, |_| {});
}

/// In the order in which they were there, the new ones behind.
fn join<T: Clone>(
    named: &mut Vec<T>,
    stored: &[T],
    is_same: fn(&T, &T) -> bool,
    mut unnamed: impl FnMut(&mut T),
) {
    let mut new = core::mem::take(named);
    for it in stored {
        let named_as = new.iter().position(|named| is_same(it, named));
        named.push(match named_as {
            Some(place) => new.remove(place),
            None => {
                let mut left = it.clone();
                unnamed(&mut left);
                left
            }
        });
    }
    named.append(&mut new);
}
