//! What lies in the tables and no event vouches for: more records than events, and openings of medical information that rest on nothing.

use domain::audit::Deed;
use domain::medical_information::kind::{Basis, InformationKind};
use domain::questions::Question;
use uuid::Uuid;

use crate::audit::EventRow;
use crate::audit::verify::letting_go::LettingGo;
use crate::audit::verify::{Fault, PAGE, counts};
use crate::engine::StoreError;
use crate::sql::{Connection, params};

/// How many records the events of the chains vouch for.
#[derive(Default)]
pub(super) struct Vouched {
    checks: u64,
    looks: u64,
    withdrawals: u64,
    /// Checks by card whose questions are closed.
    cards: u64,
    /// Answers to their questions.
    answers: u64,
    /// When the newest event was.
    newest: i64,
}

/// A row of what may be seen of whom.
struct Opening {
    facility: i64,
    person: Vec<u8>,
    kind: String,
    basis: String,
    reference: Vec<u8>,
    given: i64,
    valid_until: i64,
}

impl Vouched {
    /// Sees an event, whatever it is about.
    pub(super) fn see(&mut self, event: &EventRow) {
        self.newest = self.newest.max(event.at);
    }

    /// Counts the event of a record that is to be there.
    pub(super) fn count(&mut self, event: &EventRow) {
        match Deed::parse(&event.deed) {
            Some(Deed::Check) => self.checks += 1,
            Some(Deed::MedicalRead) => self.looks += 1,
            Some(Deed::ConsentWithdraw) => self.withdrawals += 1,
            Some(_) | None => {
                self.cards += 1;
                let answers = event.detail.rsplit_once("answers=");
                let answers = answers.and_then(|(_, count)| count.parse().ok());
                self.answers = self.answers.saturating_add(answers.unwrap_or(0));
            }
        }
    }

    /// What there is more of than that.
    pub(super) fn faults(
        &self,
        connection: &Connection,
        letting_go: &LettingGo,
    ) -> Result<Vec<Fault>, StoreError> {
        let rows = |table, key: &[&str]| counts::rows(connection, table, key);
        let beyond = |records: u64, vouched: u64| {
            let count = records.saturating_sub(vouched);
            Some(count).filter(|it| 0 < *it)
        };
        let checks = rows("check_record", &["facility", "id"])?;
        let looks = rows("look", &["facility", "seq"])?;
        let withdrawals = rows("consent_withdrawal", &["facility", "seq"])?;
        // While questions are open no event says how they were closed.
        let text = "SELECT count(*) FROM card_check WHERE state = 'open'";
        let open: u64 = connection.query_row(text, [], |row| row.get(0))?;
        let cards = rows("card_check", &["facility", "seq"])?.saturating_sub(open);
        let answers = rows("consent", &["facility", "check_id", "question"])?;
        let openings = self.openings(connection, letting_go)?;
        let faults = [
            beyond(checks, self.checks).map(|count| Fault::Unvouched { count }),
            beyond(looks, self.looks).map(|count| Fault::UnvouchedLooks { count }),
            beyond(withdrawals, self.withdrawals)
                .map(|count| Fault::UnvouchedWithdrawals { count }),
            beyond(cards, self.cards).map(|count| Fault::UnvouchedCards { count }),
            beyond(answers, self.answers).map(|count| Fault::UnvouchedAnswers { count }),
            beyond(openings, 0).map(|count| Fault::UnvouchedOpenings { count }),
        ];
        Ok(faults.into_iter().flatten().collect())
    }

    /// How many rows open something that nobody gave.
    fn openings(&self, connection: &Connection, letting_go: &LettingGo) -> Result<u64, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT facility, person, kind, basis, reference, given, valid_until FROM opened_information
             WHERE (facility, person, kind, basis) > (?1, ?2, ?3, ?4) ORDER BY facility, person, kind, basis LIMIT ?5",
        )?;
        let mut after: (i64, Vec<u8>, String, String) =
            (i64::MIN, Vec::new(), String::new(), String::new());
        let mut count = 0;
        loop {
            let mut read = 0;
            let mut rows = statement.query(params![after.0, after.1, after.2, after.3, PAGE])?;
            while let Some(row) = rows.next()? {
                read += 1;
                let it = Opening {
                    facility: row.get(0)?,
                    person: row.get(1)?,
                    kind: row.get(2)?,
                    basis: row.get(3)?,
                    reference: row.get(4)?,
                    given: row.get(5)?,
                    valid_until: row.get(6)?,
                };
                if !self.is_given(connection, letting_go, &it)? {
                    count += 1;
                }
                after = (it.facility, it.person, it.kind, it.basis);
            }
            if read < PAGE {
                return Ok(count);
            }
        }
    }

    /// Whether a consent, or what was opened in an emergency, stands behind a row.
    fn is_given(
        &self,
        connection: &Connection,
        letting_go: &LettingGo,
        it: &Opening,
    ) -> Result<bool, StoreError> {
        match Basis::parse(&it.basis) {
            Some(Basis::Visit | Basis::Home) => {
                Ok(by_consent(connection, it)? || self.is_over(letting_go, it))
            }
            Some(Basis::Disaster | Basis::Ambulance) => by_emergency(connection, it),
            None => Ok(false),
        }
    }

    /// Whether it was over when its consent was let go.
    fn is_over(&self, letting_go: &LettingGo, it: &Opening) -> bool {
        let reference = <[u8; 16]>::try_from(it.reference.as_slice());
        it.valid_until <= self.newest && reference.is_ok_and(|id| letting_go.holds(id))
    }
}

/// Whether the patient agreed to it at a check by card. That the check and its consents are vouched for is seen elsewhere.
fn by_consent(connection: &Connection, it: &Opening) -> Result<bool, StoreError> {
    let text = "SELECT c.question FROM card_check k JOIN consent c ON c.facility = k.facility AND c.check_id = k.id
        WHERE k.facility = ?1 AND k.id = ?2 AND k.person = ?3 AND k.state = 'answered'
          AND c.answer = 'yes' AND c.at = ?4 AND c.valid_until = ?5";
    let mut statement = connection.prepare_cached(text)?;
    let of = params![
        it.facility,
        it.reference,
        it.person,
        it.given,
        it.valid_until
    ];
    let mut rows = statement.query(of)?;
    let kind = InformationKind::parse(&it.kind);
    while let Some(row) = rows.next()? {
        let question: String = row.get(0)?;
        let opens = Question::parse(&question).map(InformationKind::of);
        if kind
            .zip(opens)
            .is_some_and(|(kind, opens)| opens.contains(&kind))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether it was opened in an emergency, as an event says. What a window's end shortened is as good.
fn by_emergency(connection: &Connection, it: &Opening) -> Result<bool, StoreError> {
    let Ok(id) = <[u8; 16]>::try_from(it.reference.as_slice()) else {
        return Ok(false);
    };
    let named = format!("opening={}", Uuid::from_bytes(id));
    let text = "SELECT a.detail FROM emergency_opening e
        JOIN audit_event a ON a.at = e.at AND a.facility = e.facility AND a.subject = e.person
        WHERE e.facility = ?1 AND e.id = ?2 AND e.person = ?3 AND e.mode = ?4 AND e.at = ?5 AND ?6 <= e.until AND a.deed = ?7";
    let mut statement = connection.prepare_cached(text)?;
    let of = params![
        it.facility,
        it.reference,
        it.person,
        it.basis,
        it.given,
        it.valid_until,
        Deed::EmergencyOpening.as_str()
    ];
    let mut rows = statement.query(of)?;
    while let Some(row) = rows.next()? {
        let detail: String = row.get(0)?;
        if detail.split(' ').any(|it| it == named) {
            return Ok(true);
        }
    }
    Ok(false)
}
