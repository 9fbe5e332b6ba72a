//! What a batch takes from a person on a later day: certificates and cards that begin blank, and losses ahead. A setting that leaves ratios
//! blank is sent days before they begin, so the day of the file shows nothing of it. What merely runs out is not the batch's doing.

use super::Figures;
use crate::civil_date::CivilDate;
use crate::codes::ceiling::Category;
use crate::coverage::Coverage;
use crate::coverage::card::Card;
use crate::coverage::period::Period;
use crate::coverage::ratio::Ratio;
use crate::coverage::validity::covers;

/// What is gone of a person after the day.
#[derive(Default)]
pub(super) struct Later {
    pub(super) is_ratio_gone: bool,
    pub(super) is_ceiling_gone: bool,
    pub(super) are_members_gone: bool,
}

impl Later {
    /// Compares what a person had on the day with what they have when something begins, or is lost, that the batch changed.
    pub(super) fn of(
        (before, after): (&[Coverage], &[Coverage]),
        was: Figures,
        day: CivilDate,
    ) -> Self {
        let mut it = Self::default();
        if before == after {
            return it;
        }
        let has_by_card = before
            .iter()
            .any(|it| it.card_on(day).ratio.is_some() && covers(it, day));
        for coverage in after {
            let known = before.iter().find(|it| is_same(it, coverage));
            if known == Some(coverage) {
                continue;
            }
            let had = known.map_or(&[][..], |it| &it.elderly);
            let mut begun = begun_later((had, coverage.elderly.as_slice()), |it| it.period, day);
            it.is_ratio_gone |= begun.any(|on| {
                let had = 0 < was.with_ratio || known.is_some_and(|it| ratio_on(it, on).is_some());
                had && is_kept(coverage, on) && ratio_on(coverage, on).is_none()
            });
            let had = known.map_or(&[][..], |it| &it.ceilings);
            let mut begun = begun_later((had, coverage.ceilings.as_slice()), |it| it.period, day);
            it.is_ceiling_gone |= begun.any(|on| {
                let had =
                    0 < was.with_ceiling || known.is_some_and(|it| category_on(it, on).is_some());
                had && is_kept(coverage, on) && category_on(coverage, on).is_none()
            });
            let begins = coverage.acquired;
            let begins = begins.filter(|on| known.is_none() && day < *on);
            let had = known.map(cards_of).unwrap_or_default();
            let cards = cards_of(coverage);
            let begun = begun_later((had.as_slice(), cards.as_slice()), |it| it.period, day);
            // A ratio that an elderly certificate gave runs out with that, whatever card comes.
            it.is_ratio_gone |= begun.chain(begins).any(|on| {
                let had = has_by_card || known.is_some_and(|it| it.card_on(on).ratio.is_some());
                had && is_kept(coverage, on) && ratio_on(coverage, on).is_none()
            });
            it.are_members_gone |= 0 < was.members
                && lost_later(known, coverage, day)
                    .is_some_and(|on| !after.iter().any(|it| is_kept(it, on)));
        }
        it
    }
}

fn is_same(one: &Coverage, other: &Coverage) -> bool {
    one.acquired == other.acquired && one.key() == other.key()
}

/// Its cards without the batches that said so: another number alone begins nothing.
fn cards_of(coverage: &Coverage) -> Vec<Card> {
    let all = coverage.earlier.iter().copied().chain([coverage.card()]);
    all.map(|it| Card { source: None, ..it }).collect()
}

/// Later days on which something begins that only one side has.
fn begun_later<'a, T: PartialEq>(
    (before, after): (&'a [T], &'a [T]),
    period: fn(&T) -> Period,
    day: CivilDate,
) -> impl Iterator<Item = CivilDate> + 'a {
    let new = after.iter().filter(move |it| !before.contains(it));
    let gone = before.iter().filter(move |it| !after.contains(it));
    let starts = new.chain(gone).filter_map(move |it| period(it).start);
    starts.filter(move |start| day < *start)
}

/// The later day of a loss that was not on record, or further away.
fn lost_later(known: Option<&Coverage>, coverage: &Coverage, day: CivilDate) -> Option<CivilDate> {
    let on = coverage.loss.map(|it| it.date).filter(|on| day < *on)?;
    let earlier = known.and_then(|it| it.loss);
    earlier.is_none_or(|it| on < it.date).then_some(on)
}

/// Whether a coverage is held on a day, whatever its card says: the next card comes in a file of its own.
fn is_kept(coverage: &Coverage, day: CivilDate) -> bool {
    let acquired = coverage.acquired.is_none_or(|it| it <= day);
    acquired && coverage.loss.is_none_or(|it| day < it.date)
}

fn ratio_on(coverage: &Coverage, day: CivilDate) -> Option<Ratio> {
    let elderly = coverage.elderly_on(day).and_then(|it| it.ratio);
    coverage.card_on(day).ratio.or(elderly)
}

fn category_on(coverage: &Coverage, day: CivilDate) -> Option<Category> {
    coverage.ceiling_on(day).and_then(|it| it.category)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::ceiling::CertificateKind;
    use crate::codes::coverage::CardClassification;
    use crate::coverage::certificate::{CeilingCertificate, ElderlyCertificate};
    use crate::coverage::{InsurerName, Loss};
    use crate::feed::BatchNumber;
    use crate::feed::review::Weighed;
    use crate::insured::InsuredNumber;
    use crate::insurer_number::InsurerNumber;

    fn date(month: i8, day: i8) -> CivilDate {
        CivilDate::new(2026, month, day).unwrap()
    }

    fn july() -> Period {
        Period {
            start: Some(date(1, 1)),
            end: Some(date(7, 31)),
        }
    }

    fn august() -> Period {
        Period {
            start: Some(date(8, 1)),
            end: Some(date(12, 31)),
        }
    }

    fn elderly(period: Period, percent: Option<u8>) -> ElderlyCertificate {
        ElderlyCertificate {
            issued: None,
            period,
            ratio: percent.and_then(Ratio::from_percent),
        }
    }

    fn ceiling(period: Period, category: Option<Category>) -> CeilingCertificate {
        CeilingCertificate {
            kind: CertificateKind::Ceiling,
            category,
            issued: None,
            period,
            long_term_since: None,
        }
    }

    /// Somebody with a ratio and a ceiling until the end of July.
    fn member() -> Coverage {
        let mut it = Coverage::new(
            CardClassification::from_code("01").unwrap(),
            InsurerNumber::parse("06139992").unwrap(),
            InsurerName::parse("架空健康保険組合").unwrap(),
            InsuredNumber::parse("4567").unwrap(),
        );
        it.acquired = Some(date(1, 1));
        it.elderly = vec![elderly(july(), Some(20))];
        it.ceilings = vec![ceiling(july(), Some(Category::A03))];
        it
    }

    /// Ratio, ceiling and membership gone, weighed on 20 July.
    fn gone(before: &[Coverage], after: &[Coverage]) -> [u64; 3] {
        let mut weighed = Weighed::default();
        weighed.add(before, after, date(7, 20));
        [
            weighed.ratio_gone,
            weighed.ceiling_gone,
            weighed.members_gone,
        ]
    }

    #[test]
    fn certificates_that_begin_blank_take_ratio_and_ceiling_away() {
        let before = member();
        let mut blank = before.clone();
        blank.elderly.push(elderly(august(), None));
        assert_eq!(
            gone(std::slice::from_ref(&before), std::slice::from_ref(&blank)),
            [1, 0, 0]
        );
        blank.ceilings.push(ceiling(august(), None));
        assert_eq!(
            gone(std::slice::from_ref(&before), std::slice::from_ref(&blank)),
            [1, 1, 0]
        );
        // Also where the card has run out by then, and its successor is still to come.
        blank.period.end = Some(date(7, 31));
        assert_eq!(gone(std::slice::from_ref(&before), &[blank]), [1, 1, 0]);
        let mut full = before.clone();
        full.elderly.push(elderly(august(), Some(20)));
        full.ceilings.push(ceiling(august(), Some(Category::A03)));
        assert_eq!(gone(&[before], &[full.clone()]), [0, 0, 0]);
        // Neither may what was to begin be taken back.
        let mut ended = full.clone();
        ended.elderly[1].period.end = Some(date(7, 19));
        ended.ceilings[1].period.end = Some(date(7, 19));
        assert_eq!(gone(&[full], &[ended]), [1, 1, 0]);
    }

    #[test]
    fn what_runs_out_is_not_taken_away_by_what_comes_beside_it() {
        let before = member();
        // Ceilings come before the ratios of the same day.
        let mut after = before.clone();
        after.ceilings.push(ceiling(august(), Some(Category::A03)));
        assert_eq!(gone(std::slice::from_ref(&before), &[after]), [0, 0, 0]);
        let mut renewed = before.clone();
        renewed.issued = Some(date(7, 20));
        renewed.elderly[0].ratio = Ratio::from_percent(30);
        assert_eq!(gone(&[before], &[renewed]), [0, 0, 0]);
    }

    #[test]
    fn a_loss_ahead_takes_a_member_away_unless_another_coverage_follows() {
        let before = member();
        let mut lost = before.clone();
        lost.loss = Some(Loss {
            date: date(8, 1),
            reason: None,
        });
        assert_eq!(
            gone(std::slice::from_ref(&before), std::slice::from_ref(&lost)),
            [0, 0, 1]
        );
        // It was on record already.
        let mut said_again = lost.clone();
        said_again.issued = Some(date(7, 20));
        assert_eq!(gone(&[lost.clone()], &[said_again]), [0, 0, 0]);
        let mut next = before.clone();
        next.number = InsuredNumber::parse("4568").unwrap();
        next.acquired = Some(date(8, 1));
        next.elderly = vec![elderly(august(), Some(20))];
        assert_eq!(gone(&[before], &[lost, next]), [0, 0, 0]);
    }

    #[test]
    fn a_coverage_that_begins_later_without_the_ratio_of_the_earlier_one_takes_it_away() {
        let mut before = member();
        before.ratio = Ratio::from_percent(30);
        let mut lost = before.clone();
        lost.loss = Some(Loss {
            date: date(8, 1),
            reason: None,
        });
        let mut next = before.clone();
        next.number = InsuredNumber::parse("4568").unwrap();
        next.acquired = Some(date(8, 1));
        let with = [lost.clone(), next.clone()];
        assert_eq!(gone(&[before.clone()], &with), [0, 0, 0]);
        next.ratio = None;
        assert_eq!(gone(&[before], &[lost, next]), [1, 0, 0]);
    }

    /// The card from August on, with a ratio or none.
    fn renewal(of: &Coverage, percent: Option<u8>) -> Coverage {
        let mut line = of.clone();
        line.period = august();
        line.ratio = percent.and_then(Ratio::from_percent);
        of.renewed(&line)
    }

    #[test]
    fn a_renewed_card_without_the_ratio_of_the_present_one_takes_it_away() {
        let mut before = member();
        before.ratio = Ratio::from_percent(30);
        let blank = renewal(&before, None);
        let full = renewal(&before, Some(20));
        let before = [before];
        assert_eq!(gone(&before, std::slice::from_ref(&blank)), [1, 0, 0]);
        assert_eq!(gone(&before, std::slice::from_ref(&full)), [0, 0, 0]);
        // One that is known is put right, or taken back.
        let emptied = renewal(&full, None);
        assert_eq!(gone(std::slice::from_ref(&full), &[emptied]), [1, 0, 0]);
        // Said before, it is not taken away by the next batch.
        let mut said_again = blank.clone();
        said_again.source = BatchNumber::new(9);
        assert_eq!(gone(std::slice::from_ref(&blank), &[said_again]), [0, 0, 0]);
        // Of the present coverage the present card is looked at, not the one that is still to begin.
        let mut lost = blank.clone();
        lost.loss = Some(Loss {
            date: date(8, 1),
            reason: None,
        });
        let mut next = member();
        next.number = InsuredNumber::parse("4568").unwrap();
        next.acquired = Some(date(8, 1));
        assert_eq!(gone(&[blank], &[lost, next]), [1, 0, 0]);
    }

    #[test]
    fn a_ratio_of_a_certificate_runs_out_beside_a_renewed_card() {
        let before = member();
        let renewed = renewal(&before, None);
        assert_eq!(gone(&[before], &[renewed]), [0, 0, 0]);
        // A card that was to begin with a ratio begins without one.
        let had = renewal(&member(), Some(20));
        let emptied = renewal(&had, None);
        assert_eq!(gone(&[had], &[emptied]), [1, 0, 0]);
    }
}
