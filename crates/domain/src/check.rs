//! The eligibility question by number, and the verdict on it (G13, contracts §5). Looks nothing up and records nothing.

use crate::civil_date::CivilDate;
use crate::codes::code_table;
use crate::coverage::card::Card;
use crate::coverage::certificate::{CeilingCertificate, ElderlyCertificate};
use crate::coverage::select::{Selection, select};
use crate::coverage::validity::covers;
use crate::coverage::{Coverage, Registration};
use crate::feed::BatchNumber;
use crate::institution_code::InstitutionCode;
use crate::insured::{Branch, InsuranceKey, InsuredNumber, Symbol};
use crate::insurer_number::InsurerNumber;
use crate::medical_aid::{Ticket, has_ticket, tickets_of};
use crate::person::Person;

code_table! {
    /// The answer in one digit (資格有効性, OQSCD006).
    ///
    /// ```
    /// use domain::check::Verdict;
    /// assert_eq!(Verdict::from_code("3"), Some(Verdict::NewerExists));
    /// assert_eq!(Verdict::Valid.code(), "1");
    /// ```
    Verdict = 6, "資格有効性" {
        /// The coverage asked about covers the day.
        Valid = "1", "有効", "Valid";
        /// It does not, and no other coverage of the person does.
        Invalid = "2", "無効", "Not valid";
        /// It does not, but another coverage of the person does.
        NewerExists = "3", "無効（新しい資格あり）", "Not valid (newer coverage exists)";
        /// No such person.
        NotFound = "4", "該当資格なし", "No such coverage";
        /// Several fit and no rule chooses.
        Several = "5", "複数該当", "Several match";
        /// Medical aid is valid, but no ticket is registered for this facility and month (our reading).
        ValidUnregistered = "6", "有効（未登録）", "Valid (ticket not registered)";
    }
}

code_table! {
    /// Whether the patient agreed, by word of mouth, that the ceiling certificate is provided (OQSCD001).
    ///
    /// ```
    /// use domain::check::CeilingConsent;
    /// assert_eq!(CeilingConsent::from_code("1"), Some(CeilingConsent::Given));
    /// ```
    CeilingConsent = 1, "限度額適用認定証提供同意" {
        NotGiven = "0", "未同意", "consent not given or not asked for";
        Given = "1", "同意", "consent given";
    }
}

/// A question by the data of an insurance card or prescription (interface §2.2).
///
/// ```
/// use domain::check::{CeilingConsent, NumberQuestion};
/// use domain::{civil_date::CivilDate, insured::InsuredNumber, insurer_number::InsurerNumber};
/// let question = NumberQuestion {
///     insurer: InsurerNumber::parse("06139992").unwrap(),
///     symbol: None,
///     number: InsuredNumber::parse("4567").unwrap(),
///     branch: None,
///     birth_date: CivilDate::new(1970, 1, 2).unwrap(),
///     visit_date: CivilDate::new(2026, 11, 23).unwrap(),
///     ceiling_consent: CeilingConsent::NotGiven,
/// };
/// assert_eq!(format!("{question:?}"), "NumberQuestion(…)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct NumberQuestion {
    /// Insurer number as given, its check digit right or wrong.
    pub insurer: InsurerNumber,
    /// Symbol, absent for the elderly and some others.
    pub symbol: Option<Symbol>,
    /// Number.
    pub number: InsuredNumber,
    /// Branch; absent on old cards.
    pub branch: Option<Branch>,
    /// Birth date.
    pub birth_date: CivilDate,
    /// The day for which eligibility is asked (資格確認日), past, present or future.
    pub visit_date: CivilDate,
    /// Whether the ceiling may be answered.
    pub ceiling_consent: CeilingConsent,
}

impl NumberQuestion {
    /// The matching form to look up.
    #[must_use]
    pub fn key(&self) -> InsuranceKey {
        InsuranceKey::new(self.insurer, self.symbol.as_ref(), &self.number)
    }

    fn asks_about(&self, coverage: &Coverage, key: &InsuranceKey) -> bool {
        coverage.goes_by(key, self.branch)
    }
}

impl core::fmt::Debug for NumberQuestion {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("NumberQuestion(…)")
    }
}

/// One coverage of the answer with what counts on the day. No specified-disease certificate is among it: the patient agrees to
/// that at the reader alone, and a question by number has no place for such a consent (interface §2.2, §2.3 rows 29-30).
///
/// ```
/// # use domain::check::Entry;
/// fn shows_the_ceiling(entry: &Entry<'_>) -> bool {
///     entry.ceiling.is_some()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Whose coverage.
    pub person: &'a Person,
    /// The coverage.
    pub coverage: &'a Coverage,
    /// Its card of the day.
    pub card: Card,
    /// The elderly recipient certificate of the day.
    pub elderly: Option<&'a ElderlyCertificate>,
    /// The ceiling certificate of the day, where consent was given.
    pub ceiling: Option<&'a CeilingCertificate>,
    /// The tickets of medical aid that stand for the asking facility in the month.
    pub tickets: Vec<&'a Ticket>,
}

/// The verdict with the coverages to show. Several people give no entries: nobody's data are shown for another's.
///
/// ```
/// use domain::check::{Finding, Verdict};
/// let nobody = Finding { verdict: Verdict::NotFound, entries: Vec::new() };
/// assert!(nobody.entries.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The verdict.
    pub verdict: Verdict,
    /// The coverages shown: one, or those among which no rule chooses.
    pub entries: Vec<Entry<'a>>,
}

impl Finding<'_> {
    /// The batches of insurers' feeds that what is shown came from, each once.
    ///
    /// ```
    /// use domain::check::{Finding, Verdict};
    /// let nobody = Finding { verdict: Verdict::NotFound, entries: Vec::new() };
    /// assert!(nobody.sources().is_empty());
    /// ```
    #[must_use]
    pub fn sources(&self) -> Vec<BatchNumber> {
        let all = self.entries.iter();
        let all = all.flat_map(|it| [it.coverage.source, it.card.source]);
        let once: std::collections::BTreeSet<BatchNumber> = all.flatten().collect();
        once.into_iter().collect()
    }
}

/// Answers a question by number from the registrations its matching form leads to (contracts §5).
///
/// ```
/// use domain::check::{CeilingConsent, NumberQuestion, Verdict, evaluate};
/// use domain::{civil_date::CivilDate, insured::InsuredNumber, institution_code::InstitutionCode, insurer_number::InsurerNumber};
/// # let question = NumberQuestion {
/// #     insurer: InsurerNumber::parse("06139992").unwrap(),
/// #     symbol: None,
/// #     number: InsuredNumber::parse("4567").unwrap(),
/// #     branch: None,
/// #     birth_date: CivilDate::new(1970, 1, 2).unwrap(),
/// #     visit_date: CivilDate::new(2026, 11, 23).unwrap(),
/// #     ceiling_consent: CeilingConsent::NotGiven,
/// # };
/// let facility = InstitutionCode::parse("1319999999").unwrap();
/// assert_eq!(evaluate(&question, facility, &[]).verdict, Verdict::NotFound);
/// ```
#[must_use]
pub fn evaluate<'a>(
    question: &NumberQuestion,
    facility: InstitutionCode,
    registrations: &'a [Registration],
) -> Finding<'a> {
    let key = question.key();
    let mut people = registrations.iter().filter(|it| {
        it.person.birth_date == question.birth_date
            && it.coverages.iter().any(|c| question.asks_about(c, &key))
    });
    let Some(registration) = people.next() else {
        return Finding {
            verdict: Verdict::NotFound,
            entries: Vec::new(),
        };
    };
    if people.any(|other| other.person.id != registration.person.id) {
        return Finding {
            verdict: Verdict::Several,
            entries: Vec::new(),
        };
    }
    let day = question.visit_date;
    let asked: Vec<&Coverage> = registration
        .coverages
        .iter()
        .filter(|coverage| question.asks_about(coverage, &key))
        .collect();
    let covering: Vec<&Coverage> = asked.iter().copied().filter(|c| covers(c, day)).collect();
    let entry = |coverage| {
        let consent = question.ceiling_consent;
        entry_of(&registration.person, coverage, facility, day, consent)
    };
    match select(&covering, day) {
        Selection::One(coverage) => Finding {
            verdict: verdict_of_valid(coverage, facility, day),
            entries: vec![entry(coverage)],
        },
        Selection::Several(equal) => Finding {
            verdict: Verdict::Several,
            entries: equal.into_iter().map(entry).collect(),
        },
        Selection::None => {
            let other = registration.coverages.iter().any(|c| covers(c, day));
            Finding {
                verdict: if other {
                    Verdict::NewerExists
                } else {
                    Verdict::Invalid
                },
                entries: latest(&asked, day).into_iter().map(entry).collect(),
            }
        }
    }
}

/// Answers a check by card: the holder is known, so of all their coverages the one that counts on the day is answered (G23,
/// contracts §5), with its ceiling, which has come with the check since 2024-10.
///
/// ```
/// use domain::check::{Verdict, evaluate_card};
/// use domain::coverage::Registration;
/// use domain::{civil_date::CivilDate, institution_code::InstitutionCode};
/// fn verdict_of_someone_never_insured(nobody: &Registration) -> Verdict {
///     let facility = InstitutionCode::parse("1319999999").unwrap();
///     assert!(nobody.coverages.is_empty());
///     evaluate_card(nobody, facility, CivilDate::new(2026, 11, 23).unwrap()).verdict // NotFound
/// }
/// ```
#[must_use]
pub fn evaluate_card(
    registration: &Registration,
    facility: InstitutionCode,
    day: CivilDate,
) -> Finding<'_> {
    let all: Vec<&Coverage> = registration.coverages.iter().collect();
    let covering: Vec<&Coverage> = all.iter().copied().filter(|c| covers(c, day)).collect();
    let consent = CeilingConsent::Given;
    let entry = |coverage| entry_of(&registration.person, coverage, facility, day, consent);
    let (verdict, shown) = match select(&covering, day) {
        Selection::One(coverage) => (verdict_of_valid(coverage, facility, day), vec![coverage]),
        Selection::Several(equal) => (Verdict::Several, equal),
        Selection::None => match latest(&all, day) {
            Some(coverage) => (Verdict::Invalid, vec![coverage]),
            None => (Verdict::NotFound, Vec::new()),
        },
    };
    Finding {
        verdict,
        entries: shown.into_iter().map(entry).collect(),
    }
}

fn verdict_of_valid(coverage: &Coverage, facility: InstitutionCode, day: CivilDate) -> Verdict {
    if coverage.classification.is_medical_aid() && !has_ticket(&coverage.tickets, facility, day) {
        Verdict::ValidUnregistered
    } else {
        Verdict::Valid
    }
}

/// Of coverages none of which covers the day, the one that ended or ends last; one that has not begun by then tells nothing of why it is so,
/// and is shown only where there is no other.
fn latest<'a>(others: &[&'a Coverage], day: CivilDate) -> Option<&'a Coverage> {
    others.iter().copied().max_by_key(|coverage| {
        let card = coverage.card_on(day);
        let begins = coverage.acquired.max(card.period.start);
        let has_begun = begins.is_none_or(|first| first <= day);
        let lost = coverage.loss.map(|loss| loss.date);
        let last = (lost.is_none(), lost, coverage.acquired, card.issued);
        (has_begun, last)
    })
}

fn entry_of<'a>(
    person: &'a Person,
    coverage: &'a Coverage,
    facility: InstitutionCode,
    day: CivilDate,
    consent: CeilingConsent,
) -> Entry<'a> {
    let (elderly, ceiling, tickets) = if covers(coverage, day) {
        (
            coverage.elderly_on(day),
            coverage.ceiling_on(day),
            tickets_of(&coverage.tickets, facility, day),
        )
    } else {
        (None, None, Vec::new())
    };
    Entry {
        person,
        coverage,
        card: coverage.card_on(day),
        elderly,
        ceiling: ceiling.filter(|_| consent == CeilingConsent::Given),
        tickets,
    }
}

#[cfg(test)]
mod tests;
