//! The record of looks (閲覧記録, G27): each is written once, with an audit event that vouches for its row, before anything is shown. Changes
//! none of them, ever.

pub mod search;

use domain::account::{AccountId, AccountKind};
use domain::audit::{Deed, Event};
use domain::civil_date::{CivilDate, Instant};
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::kind::{Basis, InformationKind, Purpose, Way};
use domain::medical_information::look::{Look, Months, Opened};
use domain::person::PersonId;
use serde::{Deserialize, Serialize};

use crate::access::{institution, number};
use crate::audit::{Content, row_hash};
use crate::database::Batch;
use crate::engine::StoreError;
use crate::sql::{Connection, Row, params};

/// The columns of a look, in the order [`read`] takes them.
pub(crate) const COLUMNS: &str =
    "id, at, facility, account, account_kind, person, under, way, purpose, month_from, month_until";

/// One of the things a look rested on, as it lies in its row.
#[derive(Serialize, Deserialize)]
struct OpenedRow<'a> {
    #[serde(borrow)]
    kind: &'a str,
    basis: &'a str,
    reference: u128,
    given: i64,
    valid_until: i64,
}

/// Writes a look and the event that vouches for it within the running transaction. The event's actor is the caller's; its subject is the
/// person, and its detail begins with the way, the kinds and the bases.
pub(crate) fn record(
    connection: &Connection,
    batch: &mut Batch,
    look: &Look,
    event: Event,
) -> Result<(), StoreError> {
    let first_day = |month: TreatmentMonth| month.first_day().to_epoch_days();
    let (facility, given) = (number(look.facility), batch.number(look.at));
    connection
        .prepare_cached(
            "INSERT INTO look (seq, facility, id, at, account, account_kind, person, under, way, purpose, month_from, month_until, emergency)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            given,
            facility,
            look.id.to_be_bytes(),
            look.at.as_micros(),
            look.account.as_str(),
            look.account_kind.as_str(),
            look.person.as_u128().to_be_bytes(),
            pack(&look.under)?,
            look.way.as_str(),
            look.purpose.as_str(),
            look.months.from.map(first_day),
            look.months.until.map(first_day),
            look.is_emergency()
        ])?;
    let record = connection.placed(given);
    let hash = content_hash(connection, (facility, record))?.ok_or(StoreError::Row("look"))?;
    let told = Event {
        deed: Deed::MedicalRead,
        subject: Some(look.person.as_u128()),
        detail: detail(look, &event.detail),
        ..event
    };
    batch.append(
        connection,
        &told,
        Some(Content {
            facility,
            record,
            hash,
        }),
    )
}

/// What the audit chain says of a look; nothing of what was seen.
fn detail(look: &Look, more: &str) -> String {
    let under = look
        .under
        .iter()
        .map(|it| format!("{}:{}", it.kind.as_str(), it.basis.as_str()));
    let under = under.collect::<Vec<_>>().join(",");
    let id = uuid::Uuid::from_u128(look.id);
    let (way, purpose) = (look.way.as_str(), look.purpose.as_str());
    let detail = format!("look={id} way={way} purpose={purpose} under={under} {more}");
    detail.trim_end().to_owned()
}

pub(crate) fn pack(under: &[Opened]) -> Result<Vec<u8>, StoreError> {
    let rows = under.iter().map(|it| OpenedRow {
        kind: it.kind.as_str(),
        basis: it.basis.as_str(),
        reference: it.reference,
        given: it.given.as_micros(),
        valid_until: it.valid_until.as_micros(),
    });
    postcard::to_stdvec(&rows.collect::<Vec<_>>()).map_err(|_| StoreError::Row("look"))
}

pub(crate) fn unpack(bytes: &[u8]) -> Option<Vec<Opened>> {
    let rows: Vec<OpenedRow<'_>> = postcard::from_bytes(bytes).ok()?;
    let opened = rows.iter().map(|it| {
        Some(Opened {
            kind: InformationKind::parse(it.kind)?,
            basis: Basis::parse(it.basis)?,
            reference: it.reference,
            given: Instant::from_micros(it.given),
            valid_until: Instant::from_micros(it.valid_until),
        })
    });
    opened.collect()
}

/// Reads a row of [`COLUMNS`].
pub(crate) fn read(row: &Row<'_>) -> Result<Look, StoreError> {
    const FAILED: StoreError = StoreError::Row("look");
    let text = |place: usize| -> Result<String, StoreError> { Ok(row.get(place)?) };
    let month = |day: Option<i32>| match day {
        None => Ok(None),
        Some(day) => match CivilDate::from_epoch_days(day) {
            Ok(day) => Ok(Some(TreatmentMonth::of(day))),
            Err(_) => Err(FAILED),
        },
    };
    let under = row.get_ref(6)?.as_blob().map_err(|_| FAILED)?;
    Ok(Look {
        id: u128::from_be_bytes(row.get(0)?),
        at: Instant::from_micros(row.get(1)?),
        facility: institution(row.get(2)?)?,
        account: AccountId::parse(&text(3)?).map_err(|_| FAILED)?,
        account_kind: AccountKind::parse(&text(4)?).ok_or(FAILED)?,
        person: PersonId::from_u128(u128::from_be_bytes(row.get(5)?)),
        under: unpack(under).ok_or(FAILED)?,
        way: Way::parse(&text(7)?).ok_or(FAILED)?,
        purpose: Purpose::parse(&text(8)?).ok_or(FAILED)?,
        months: Months {
            from: month(row.get(9)?)?,
            until: month(row.get(10)?)?,
        },
    })
}

/// The hash of a facility's look as it lies in the table now.
pub(crate) fn content_hash(
    connection: &Connection,
    record: (i64, i64),
) -> Result<Option<[u8; 32]>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM look WHERE facility = ?1 AND seq = ?2");
    row_hash::of(connection, &[&text], record)
}
