//! The cards a coverage has one after another (更新): which of them counts on a day, and what a line with another one leaves of those before.
//! Ends no coverage.

use crate::civil_date::CivilDate;
use crate::codes::coverage::{CardClassification, Preschool};
use crate::coverage::Coverage;
use crate::coverage::period::Period;
use crate::coverage::ratio::Ratio;
use crate::feed::BatchNumber;

/// Cards before the latest that are kept of a coverage \[ours\]: a year of monthly ones, and more years of yearly ones than anybody asks about.
pub const MOST_EARLIER: usize = 12;

/// What may change from one card of a coverage to the next.
///
/// ```
/// use domain::{codes::coverage::CardClassification, coverage::{card::Card, period::Period}};
/// let card = Card {
///     classification: CardClassification::General,
///     issued: None,
///     period: Period::default(),
///     ratio: None,
///     preschool: None,
///     source: None,
/// };
/// assert!(card.period.start.is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// Kind of card (被保険者証区分).
    pub classification: CardClassification,
    /// Day of issue (交付年月日).
    pub issued: Option<CivilDate>,
    /// First and last day of validity (有効開始・終了年月日).
    pub period: Period,
    /// The person's share of the cost, where the card itself states it.
    pub ratio: Option<Ratio>,
    /// Whether the person was below school age (未就学区分).
    pub preschool: Option<Preschool>,
    /// The batch of an insurer's feed that said so; none where it came in another way.
    pub source: Option<BatchNumber>,
}

impl Coverage {
    /// The latest card.
    #[must_use]
    pub fn card(&self) -> Card {
        Card {
            classification: self.classification,
            issued: self.issued,
            period: self.period,
            ratio: self.ratio,
            preschool: self.preschool,
            source: self.card_source,
        }
    }

    /// The card that counts on `day`, valid then or not: of those that have begun the one that begins last, so that a card ends before the
    /// next begins, whatever it says of its end. Where none has begun it is the first to begin.
    #[must_use]
    pub fn card_on(&self, day: CivilDate) -> Card {
        if self.earlier.is_empty() {
            return self.card();
        }
        let all = || self.earlier.iter().copied().chain([self.card()]);
        let begun = all().filter(|it| it.period.start.is_none_or(|first| first <= day));
        begun
            .max_by_key(|it| it.period.start)
            .or_else(|| all().min_by_key(|it| it.period.start))
            .unwrap_or_else(|| self.card())
    }

    /// The coverage after a line of the insurer about it. A line speaks of the days from its start to its end, without an end to the next
    /// known card: a known card that begins in them is put right by it, and every other stays. One that says what a known card says puts
    /// none right. Where the latest card stays, all but the cards stays as the latest line said.
    pub(crate) fn renewed(&self, line: &Self) -> Self {
        // No card counts before the acquisition.
        let begins = |it: &Card| it.period.start.max(line.acquired);
        let new = line.card();
        let (begin, end) = (begins(&new), new.period.end);
        let known: Vec<Card> = self.earlier.iter().copied().chain([self.card()]).collect();
        // A card that is said again keeps the batch that said so first.
        let is_new = |it: &&Card| {
            let source = new.source;
            Card { source, ..**it } == new
        };
        let again = known.iter().find(is_new).copied();
        // Without any days it speaks of all, unless it puts right a card that has no start either.
        let is_of_all =
            new.period == Period::default() && known.iter().all(|it| it.period.start.is_some());
        let is_put_right = |it: &Card| {
            let first = begins(it);
            let is_reached = end.map_or(is_of_all, |end| first <= Some(end));
            first == begin || (again.is_none() && begin < first && is_reached)
        };
        let said = again.unwrap_or(new);
        let rest = known.into_iter().filter(|it| !is_put_right(it));
        let mut cards: Vec<Card> = rest.chain([said]).collect();
        cards.sort_by_key(begins);
        let mut renewed = if cards.pop() == Some(said) {
            line.clone()
        } else {
            // That the line named it is told by its number until the batch is put in place; there it gets back its own.
            Self {
                source: line.source,
                ..self.clone()
            }
        };
        cards.drain(..cards.len().saturating_sub(MOST_EARLIER));
        renewed.earlier = cards;
        renewed
    }
}
