//! The facility's own checks about visits of a month, by the person that was answered: each with a signed receipt (contracts §6),
//! which is verified before it counts as proof. Makes no check.

use std::collections::{BTreeMap, HashMap};

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

/// Months whose checks are held at a time: claims of one file are of few.
const MOST_MONTHS: usize = 4;

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
    months: BTreeMap<TreatmentMonth, HashMap<String, Vec<u128>>>,
}

impl<'a> Proofs<'a> {
    pub(super) fn new(app: &'a Shared, holder: &'a Holder, sent: Instant) -> Self {
        Self {
            app,
            holder,
            sent,
            keys: KeySet::default(),
            months: BTreeMap::new(),
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
        if !self.months.contains_key(&month) {
            if MOST_MONTHS <= self.months.len() {
                self.months.clear();
            }
            let checks = self.read(month)?;
            // Behind the checks: each of them is signed with a key that was announced before.
            self.keys = crate::receipt_key_rotation::published(self.app)?;
            self.months.insert(month, checks);
        }
        let known = self
            .months
            .get(&month)
            .and_then(|it| it.get(&named(key, claim.birth_date)));
        let mut proofs = Vec::new();
        for id in known.into_iter().flatten().take(MOST_TOLD) {
            proofs.extend(self.proof(*id)?);
        }
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

    fn read(&self, month: TreatmentMonth) -> Result<HashMap<String, Vec<u128>>, StoreError> {
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
        let mut checks: HashMap<String, Vec<u128>> = HashMap::new();
        loop {
            let page = self.app.engine.checks_for_claims(self.holder, &search)?;
            let of_month = |it: &&Line| TreatmentMonth::of(it.visit_date) == month;
            for line in page.iter().filter(of_month) {
                let answer: Option<Answer> = serde_json::from_slice(&line.answer).ok();
                let answered = answer.iter().flat_map(|it| &it.results).filter_map(key_of);
                for key in answered {
                    checks.entry(key).or_default().push(line.id);
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
