//! Withdrawals of consents to medical information (閲覧同意取消): what is open ends, the withdrawal is on record and the facility hears of it,
//! in one transaction. Takes back nothing that was seen, and leaves the consents themselves as the patient gave them.

use domain::account::{AccountId, AccountKind};
use domain::audit::{Deed, Event};
use domain::civil_date::Instant;
use domain::event::EventKind;
use domain::institution_code::InstitutionCode;
use domain::medical_information::kind::InformationKind;
use domain::medical_information::withdrawal::{Reason, Withdrawal, WithdrawalNote};
use domain::permit::{AskByCard, Permit, SignedIn, WithdrawConsent};
use domain::person::PersonId;

use crate::access::{actor, institution, number};
use crate::audit::{Content, row_hash};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::events;
use crate::home_care::consents as home_consents;
use crate::kept_answers::{Earlier, KeptAnswer, earlier, keep};
use crate::looks::{pack, unpack};
use crate::own::OwnPage;
use crate::sight::{close, of_reference, opened_to};
use crate::sql::{Connection, Row, params};

/// The columns of a withdrawal, in the order [`read`] takes them.
const COLUMNS: &str =
    "facility, id, at, person, ended, reason, note, by_facility, account, account_kind";

/// What is to be withdrawn, and why.
#[derive(Debug, Clone)]
pub struct Withdrawing {
    /// Identifier of the withdrawal: unique, and never used before.
    pub id: u128,
    /// Which kinds; `None` for all that are open.
    pub kinds: Option<Vec<InformationKind>>,
    /// Why.
    pub reason: Reason,
    /// What staff wrote about it.
    pub note: Option<WithdrawalNote>,
}

/// What became of a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withdrawn {
    /// These kinds can be seen no more; empty where home care alone ended.
    Done(Vec<InformationKind>),
    /// There was nothing of it to withdraw: nobody, nobody of this facility, no consent, or none any more.
    Nothing,
    /// The request's key was used before: nothing was done.
    Before(Earlier),
}

/// Whose consent ends, where.
enum Whose {
    /// Of whom an identifier of the facility leads to.
    Reference(u128),
    Person(PersonId),
}

impl Engine {
    /// Withdraws consents at the permit's facility of the patient whom an identifier leads to: the id of a check by card, or of an emergency's
    /// opening. Also what the facility does not use now ends, so that no setting brings it back. `answer` makes what is kept under the
    /// request's key.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub async fn withdraw_consent(
        &self,
        permit: &Permit<WithdrawConsent>,
        id: u128,
        withdrawing: Withdrawing,
        now: Instant,
        kept: Option<KeptAnswer>,
        answer: impl FnOnce(&[InformationKind]) -> Vec<u8> + Send + 'static,
    ) -> Result<Withdrawn, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            if let Some(kept) = &kept
                && let Some(earlier) = earlier(connection, kept)?
            {
                return Ok(Withdrawn::Before(earlier));
            }
            let whose = (holder.facility, Whose::Reference(id));
            let ended = withdraw(connection, batch, &holder, whose, &withdrawing, now)?;
            if let Some((mut kept, ended)) = kept.zip(ended.as_ref()) {
                kept.answer = answer(ended);
                keep(connection, batch, &kept)?;
            }
            Ok(Withdrawn::of(ended))
        })
        .await
    }

    /// Withdraws a patient's own consents at one facility, wherever they stand: the page is theirs by their card's signature. The permit's
    /// account is that of the device.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub async fn withdraw_own_consent(
        &self,
        permit: &Permit<AskByCard>,
        (page, facility): (&OwnPage, InstitutionCode),
        id: u128,
        kinds: Option<Vec<InformationKind>>,
        now: Instant,
    ) -> Result<Withdrawn, StoreError> {
        let (holder, person) = (permit.holder().clone(), page.person());
        let withdrawing = Withdrawing {
            id,
            kinds,
            reason: Reason::Patient,
            note: None,
        };
        self.write(move |connection, batch| {
            let whose = (facility, Whose::Person(person));
            let ended = withdraw(connection, batch, &holder, whose, &withdrawing, now)?;
            Ok(Withdrawn::of(ended))
        })
        .await
    }
}

impl Withdrawn {
    fn of(ended: Option<Vec<InformationKind>>) -> Self {
        ended.map_or(Self::Nothing, Self::Done)
    }
}

/// Ends what is open on every basis within the running transaction, and home care with it where nothing shall stay; writes that down and tells
/// the facility. Returns the kinds that ended; that nothing was open is written down as a refusal, like any other guess.
fn withdraw(
    connection: &Connection,
    batch: &mut Batch,
    holder: &SignedIn,
    (facility, whose): (InstitutionCode, Whose),
    withdrawing: &Withdrawing,
    now: Instant,
) -> Result<Option<Vec<InformationKind>>, StoreError> {
    let at = number(facility);
    let person = match whose {
        Whose::Reference(id) => of_reference(connection, at, id)?,
        Whose::Person(person) => Some(person),
    };
    let mut ended = match person {
        Some(person) => opened_to(connection, (at, person), now)?,
        None => Vec::new(),
    };
    if let Some(kinds) = &withdrawing.kinds {
        ended.retain(|it| kinds.contains(&it.kind));
    }
    let home_care = match person.filter(|_| withdrawing.kinds.is_none()) {
        Some(person) => home_consents::end(connection, (at, person), None, now)?,
        None => None,
    };
    let Some(person) = person.filter(|_| !ended.is_empty() || home_care.is_some()) else {
        let refused = Event {
            at: now,
            actor: actor(holder),
            deed: Deed::MedicalRefused,
            subject: None,
            detail: format!("way=withdrawal facility={facility} why=nothing-open"),
        };
        batch.append(connection, &refused, None)?;
        return Ok(None);
    };
    for it in &ended {
        close(connection, (at, person), (it.kind, it.basis))?;
    }
    let mut kinds: Vec<InformationKind> = ended.iter().map(|it| it.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let reference = ended.iter().max_by_key(|it| it.given);
    let reference = reference.map(|it| it.reference).or(home_care);
    let withdrawal = Withdrawal {
        id: withdrawing.id,
        at: now,
        facility,
        person,
        ended,
        reason: withdrawing.reason,
        note: withdrawing.note.clone(),
        by: (holder.facility, holder.account.clone(), holder.kind),
    };
    record(
        connection,
        batch,
        holder,
        (&withdrawal, home_care.is_some()),
        &kinds,
    )?;
    let about = (EventKind::ConsentWithdrawn, None, reference);
    events::tell(connection, at, now, about)?;
    Ok(Some(kinds))
}

fn record(
    connection: &Connection,
    batch: &mut Batch,
    holder: &SignedIn,
    (withdrawal, ends_home_care): (&Withdrawal, bool),
    kinds: &[InformationKind],
) -> Result<(), StoreError> {
    let (by, account, kind) = &withdrawal.by;
    let text = format!(
        "INSERT INTO consent_withdrawal ({COLUMNS}, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    );
    let facility = number(withdrawal.facility);
    let given = batch.number(withdrawal.at);
    connection.prepare_cached(&text)?.execute(params![
        facility,
        withdrawal.id.to_be_bytes(),
        withdrawal.at.as_micros(),
        withdrawal.person.as_u128().to_be_bytes(),
        pack(&withdrawal.ended)?,
        withdrawal.reason.as_str(),
        withdrawal.note.as_ref().map(WithdrawalNote::as_str),
        number(*by),
        account.as_str(),
        kind.as_str(),
        given
    ])?;
    let record = connection.placed(given);
    let hash = content_hash(connection, (facility, record))?
        .ok_or(StoreError::Row("consent_withdrawal"))?;
    let id = uuid::Uuid::from_u128(withdrawal.id);
    let kinds: Vec<&str> = kinds.iter().map(|it| it.as_str()).collect();
    let event = Event {
        at: withdrawal.at,
        actor: actor(holder),
        deed: Deed::ConsentWithdraw,
        subject: Some(withdrawal.person.as_u128()),
        detail: format!(
            "withdrawal={id} facility={} reason={} kinds={}{}",
            withdrawal.facility,
            withdrawal.reason.as_str(),
            kinds.join(","),
            if ends_home_care {
                " home_care=ended"
            } else {
                ""
            }
        ),
    };
    batch.append(
        connection,
        &event,
        Some(Content {
            facility,
            record,
            hash,
        }),
    )
}

/// The kinds of a consent given at an instant that were withdrawn since.
pub(crate) fn withdrawn_since(
    connection: &Connection,
    (facility, person): (i64, PersonId),
    given: Instant,
) -> Result<Vec<InformationKind>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM consent_withdrawal WHERE person = ?1 AND facility = ?2 AND ?3 <= at"
    );
    let mut statement = connection.prepare_cached(&text)?;
    let mut rows = statement.query(params![
        person.as_u128().to_be_bytes(),
        facility,
        given.as_micros()
    ])?;
    let mut kinds = Vec::new();
    while let Some(row) = rows.next()? {
        kinds.extend(read(&row)?.ended.iter().map(|it| it.kind));
    }
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

/// Reads a row of [`COLUMNS`].
fn read(row: &Row<'_>) -> Result<Withdrawal, StoreError> {
    const FAILED: StoreError = StoreError::Row("consent_withdrawal");
    let text = |place: usize| -> Result<String, StoreError> { Ok(row.get(place)?) };
    let note: Option<String> = row.get(6)?;
    let note = note.map(|it| WithdrawalNote::parse(&it)).transpose();
    let ended = row.get_ref(4)?.as_blob().map_err(|_| FAILED)?;
    Ok(Withdrawal {
        facility: institution(row.get(0)?)?,
        id: u128::from_be_bytes(row.get(1)?),
        at: Instant::from_micros(row.get(2)?),
        person: PersonId::from_u128(u128::from_be_bytes(row.get(3)?)),
        ended: unpack(ended).ok_or(FAILED)?,
        reason: Reason::parse(&text(5)?).ok_or(FAILED)?,
        note: note.map_err(|_| FAILED)?,
        by: (
            institution(row.get(7)?)?,
            AccountId::parse(&text(8)?).map_err(|_| FAILED)?,
            AccountKind::parse(&text(9)?).ok_or(FAILED)?,
        ),
    })
}

/// The hash of a withdrawal at a facility as it lies in the table now.
pub(crate) fn content_hash(
    connection: &Connection,
    record: (i64, i64),
) -> Result<Option<[u8; 32]>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM consent_withdrawal WHERE facility = ?1 AND seq = ?2");
    row_hash::of(connection, &[&text], record)
}
