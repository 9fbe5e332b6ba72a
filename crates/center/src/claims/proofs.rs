//! The facility's own checks about visits of a month, by the person that was answered: each with a signed receipt (contracts §6),
//! which is verified before it counts as proof. Makes no check.

use std::collections::{HashMap, VecDeque};

use api::check::{Answer, CoverageResult};
use api::claims::submission::ClaimsProof;
use api::receipt::{KeySet, verify};
use domain::civil_date::{CivilDate, Instant};
use domain::claims::entry::Holder;
use domain::claims::facts::Claim;
use domain::insured::{InsuranceKey, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::TreatmentMonth;
use store::checks::{Line, Search};
use store::engine::StoreError;

use crate::app::Shared;

/// Checks read at a time.
const PAGE: u32 = 1_000;

/// Months whose checks are held at a time: late claims are of years, and they come in any order.
const MOST_MONTHS: usize = 60;

/// Checks that are held at a time, of all months together; those of the month asked for last are, however many.
const MOST_HELD: usize = 500_000;

/// A visit is asked about so many days before its month or behind it, at most, to count.
const DAYS_AROUND: i32 = 31;

/// Proofs told of one claim.
const MOST_TOLD: usize = 5;

/// The checks of a facility by month and person.
pub(super) struct Proofs<'a> {
    app: &'a Shared,
    holder: &'a Holder,
    /// When the claims were sent: what was asked later is no proof of them.
    sent: Instant,
    keys: KeySet,
    months: Months,
}

/// The checks about visits of a month.
#[derive(Default)]
struct Checks {
    /// The newest first.
    by_person: HashMap<String, Vec<u128>>,
    count: usize,
}

/// The months whose checks are held, the one asked for last behind.
#[derive(Default)]
struct Months(VecDeque<(TreatmentMonth, Checks)>);

impl Months {
    /// Takes out a month, if it is held.
    fn take(&mut self, month: TreatmentMonth) -> Option<Checks> {
        let at = self.0.iter().position(|(of, _)| *of == month)?;
        self.0.remove(at).map(|(_, checks)| checks)
    }

    /// Puts a month behind the others. Those that were not asked for the longest go where there are too many.
    fn put(&mut self, month: TreatmentMonth, checks: Checks) {
        self.0.push_back((month, checks));
        let mut held: usize = self.0.iter().map(|(_, it)| it.count).sum();
        while 1 < self.0.len() && (MOST_MONTHS < self.0.len() || MOST_HELD < held) {
            let gone = self.0.pop_front();
            held -= gone.map_or(0, |(_, it)| it.count);
        }
    }
}

impl<'a> Proofs<'a> {
    pub(super) fn new(app: &'a Shared, holder: &'a Holder, sent: Instant) -> Self {
        Self {
            app,
            holder,
            sent,
            keys: KeySet::default(),
            months: Months::default(),
        }
    }

    /// The checks of a claim's person about its month whose receipts prove their answers, the newest first. A household shares one insurance:
    /// the birth date tells its members apart.
    pub(super) fn of(
        &mut self,
        key: &InsuranceKey,
        claim: &Claim,
    ) -> Result<Vec<ClaimsProof>, StoreError> {
        let month = claim.month;
        let checks = match self.months.take(month) {
            Some(held) => held,
            None => {
                let read = self.read(month)?;
                // Behind the checks: each of them is signed with a key that was announced before.
                self.keys = crate::receipt_key_rotation::published(self.app)?;
                read
            }
        };
        let mut proofs = Vec::new();
        let known = checks.by_person.get(&named(key, claim.birth_date));
        for id in known.into_iter().flatten().take(MOST_TOLD) {
            proofs.extend(self.proof(*id)?);
        }
        self.months.put(month, checks);
        Ok(proofs)
    }

    fn proof(&self, id: u128) -> Result<Option<ClaimsProof>, StoreError> {
        let Some(answer) = self.app.engine.check_for_claims(self.holder, id)? else {
            return Ok(None);
        };
        let Ok(whole) = serde_json::from_slice(&answer) else {
            return Err(StoreError::Row("check_record"));
        };
        let Ok(claims) = verify(&whole, &self.keys) else {
            tracing::error!(check.id = %uuid::Uuid::from_u128(id), "a check's receipt does not prove its answer; it counts as no proof");
            return Ok(None);
        };
        let day = whole.get("visit_date").and_then(|it| it.as_str());
        Ok(Some(ClaimsProof {
            check_id: claims.jti,
            day: day.unwrap_or_default().to_owned(),
            verdict: claims.verdict,
        }))
    }

    fn read(&self, month: TreatmentMonth) -> Result<Checks, StoreError> {
        let first = month.first_day();
        let asked_from = first.plus_days(-DAYS_AROUND);
        let asked_until = first.plus_months(1).plus_days(DAYS_AROUND);
        let mut search = Search {
            from: Instant::start_of_day_in_japan(asked_from),
            until: Instant::start_of_day_in_japan(asked_until).min(self.sent),
            name: None,
            verdict: None,
            origin: None,
            account: None,
            after: None,
            limit: PAGE,
        };
        let mut checks = Checks::default();
        loop {
            let page = self.app.engine.checks_for_claims(self.holder, &search)?;
            let of_month = |it: &&Line| TreatmentMonth::of(it.visit_date) == month;
            for line in page.iter().filter(of_month) {
                let answer: Option<Answer> = serde_json::from_slice(&line.answer).ok();
                let answered = answer.iter().flat_map(|it| &it.results).filter_map(key_of);
                for key in answered {
                    checks.by_person.entry(key).or_default().push(line.id);
                    checks.count += 1;
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => search.after = Some(last.id),
                Some(_) | None => return Ok(checks),
            }
        }
    }
}

/// What a person is found by: the matching form of an insurance, and the birth date.
fn named(key: &InsuranceKey, born: CivilDate) -> String {
    format!("{} {born}", key.as_str())
}

/// The same of an answered coverage.
fn key_of(result: &CoverageResult) -> Option<String> {
    let born = CivilDate::parse_iso(&result.birth_date).ok()?;
    let insurer = InsurerNumber::parse(&result.insurer_number).ok()?;
    let number = InsuredNumber::parse(&result.number).ok()?;
    let symbol = match &result.symbol {
        Some(symbol) => Some(Symbol::parse(symbol).ok()?),
        None => None,
    };
    let key = InsuranceKey::new(insurer, symbol.as_ref(), &number);
    Some(named(&key, born))
}

/// The days that proofs are about.
pub(super) fn days(proofs: &[ClaimsProof]) -> Vec<CivilDate> {
    let days = proofs.iter();
    days.filter_map(|it| CivilDate::parse_iso(&it.day).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for months of so many checks each; how often one had to be read.
    fn reads(months: &mut Months, asked: impl Iterator<Item = i32>, count: usize) -> usize {
        let mut reads = 0;
        for later in asked {
            let first = CivilDate::new(2026, 1, 1).unwrap();
            let month = TreatmentMonth::of(first.plus_months(later));
            let checks = months.take(month).unwrap_or_else(|| {
                reads += 1;
                Checks {
                    by_person: HashMap::new(),
                    count,
                }
            });
            months.put(month, checks);
        }
        reads
    }

    #[test]
    fn months_that_claims_name_by_turns_are_read_once() {
        let mut months = Months::default();
        let three_times = (0..3).flat_map(|_| 0..6);
        assert_eq!(reads(&mut months, three_times, 1_000), 6);
    }

    #[test]
    fn of_too_many_checks_those_not_asked_for_the_longest_go() {
        let mut months = Months::default();
        let third = MOST_HELD / 3;
        assert_eq!(reads(&mut months, 0..3, third), 3);
        // The first is asked for again, so a fourth takes the place of the second.
        assert_eq!(reads(&mut months, [0, 3].into_iter(), third), 1);
        assert_eq!(reads(&mut months, [0, 2, 3].into_iter(), third), 0);
        assert_eq!(reads(&mut months, [1].into_iter(), third), 1);
        // One of more than may be held is held alone.
        let many = MOST_HELD + 1;
        assert_eq!(reads(&mut months, [9, 9, 9].into_iter(), many), 1);
        assert_eq!(months.0.len(), 1);
    }

    #[test]
    fn so_many_months_are_held_at_a_time_however_few_their_checks() {
        let mut months = Months::default();
        let most = i32::try_from(MOST_MONTHS).unwrap();
        assert_eq!(reads(&mut months, 0..=most, 0), MOST_MONTHS + 1);
        assert_eq!(months.0.len(), MOST_MONTHS);
    }
}
