//! Checks in PostgreSQL: by facility and identifier, in parts of a month, with their keys beside them. Decides nothing.

use domain::civil_date::Instant;

use crate::audit::EventRow;
use crate::checks::named::Named;
use crate::checks::{
    Answer, COLUMNS, FITS, KEYS_AT_ONCE, LINE, Line, OfKey, Recorded, Row, Search, line,
};
use crate::engine::StoreError;
use crate::sql::{self, Connection, OptionalExtension, params};

pub(super) fn answer_of(
    connection: &Connection,
    (facility, id): (i64, [u8; 16]),
) -> Result<Option<Answer>, StoreError> {
    let text = format!(
        "SELECT {} FROM check_record WHERE facility = ?1 AND id = ?2",
        Answer::COLUMNS
    );
    let found = connection
        .prepare_cached(&text)?
        .query_row(params![facility, id], Answer::read);
    Ok(found.optional()?)
}

/// What fits a search but for the name.
pub(super) fn search<T>(
    connection: &Connection,
    facility: i64,
    search: &Search,
    columns: &str,
    read: fn(&sql::Row<'_>) -> sql::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {columns} FROM check_record c WHERE c.facility = ?1 AND ?9 <= c.id AND c.id < ?2 AND {FITS} ORDER BY c.id DESC LIMIT ?8",
    ))?;
    let values = params![
        facility,
        search.after.unwrap_or(u128::MAX).to_be_bytes(),
        search.from.as_micros(),
        search.until.as_micros(),
        search.verdict,
        search.origin,
        search.account,
        search.limit,
        search.first_id()
    ];
    let rows = statement.query_map(values, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The columns of [`Named::read`], of a check `c`: here a check lies at no place of its own.
pub(super) const NAMED: &str = "c.id, c.name, c.kana, CAST(0 AS bigint)";

/// The line of a check that was found by its name.
pub(super) fn line_of(
    connection: &Connection,
    facility: i64,
    named: &Named,
) -> Result<Option<Line>, StoreError> {
    let text = format!("SELECT {LINE} FROM check_record c WHERE c.facility = ?1 AND c.id = ?2");
    let mut statement = connection.prepare_cached(&text)?;
    let of = params![facility, named.id.to_be_bytes()];
    Ok(statement.query_row(of, line).optional()?)
}

/// Question and answer of the check a key was used for; nulls where it came with a request of another kind.
pub(crate) const KNOWN_KEY: &str = "SELECT c.question, c.answer FROM idempotency i
    LEFT JOIN check_record c ON c.facility = ?1 AND c.id = i.id
    WHERE i.facility = ?1 AND i.account = ?2 AND i.key = ?3";

pub(super) fn known_key(
    connection: &Connection,
    of: OfKey<'_>,
    known: impl FnOnce(&sql::Row<'_>) -> sql::Result<Recorded>,
) -> Result<Option<Recorded>, StoreError> {
    let mut statement = connection.prepare_cached(KNOWN_KEY)?;
    let found = statement.query_row(params![of.0, of.1, of.2], known);
    Ok(found.optional()?)
}

/// The identifier of no check: theirs are UUIDs.
const NO_CHECK: [u8; 16] = [0; 16];

/// Takes a key that no check came under; false where one did, in whichever process.
pub(super) fn take_key(
    connection: &Connection,
    of: OfKey<'_>,
    at: Instant,
) -> Result<bool, StoreError> {
    take(connection, of, NO_CHECK, at.as_micros())
}

/// Forgets the keys of other requests that were answered before an instant.
pub(super) fn forget_taken(connection: &Connection, before: Instant) -> Result<(), StoreError> {
    let text = "DELETE FROM idempotency WHERE id = ?2 AND (facility, account, key) IN (
        SELECT facility, account, key FROM kept_answer WHERE at < ?1)";
    connection
        .prepare_cached(text)?
        .execute(params![before.as_micros(), NO_CHECK])?;
    Ok(())
}

/// Takes a key for the check of an identifier; false where it is taken.
fn take(connection: &Connection, of: OfKey<'_>, id: [u8; 16], at: i64) -> Result<bool, StoreError> {
    let taken = connection
        .prepare_cached(
            "INSERT INTO idempotency VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(params![of.0, of.1, of.2, id, at])?;
    Ok(taken == 1)
}

/// Inserts a record and its key. It is found by what its event says, so the place it returns is none. [`StoreError::KeyUsed`] where a check
/// by number, which waits for no turn, came under the key since it was looked for: then the work has to be undone.
pub(super) fn insert(connection: &Connection, row: &Row) -> Result<i64, StoreError> {
    if let Some(key) = &row.key {
        let of = (row.facility, row.account.as_str(), key.as_str());
        if !take(connection, of, row.id, row.at)? {
            return Err(StoreError::KeyUsed);
        }
    }
    let text = "INSERT INTO check_record VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)";
    connection.prepare_cached(text)?.execute(params![
        row.facility,
        row.id,
        row.at,
        row.account,
        row.visit_date,
        row.origin,
        row.verdict,
        row.insurer,
        row.name,
        row.kana,
        row.key,
        &row.question[..],
        &row.answer[..],
        row.sources
    ])?;
    Ok(0)
}

/// Forgets the next keys older than an instant. True when there may be more.
pub(super) fn forget_keys(connection: &Connection, before: Instant) -> Result<bool, StoreError> {
    let text = "DELETE FROM idempotency WHERE (facility, account, key) IN (
        SELECT facility, account, key FROM idempotency WHERE at < ?1 ORDER BY at LIMIT ?2)";
    let forgotten = connection
        .prepare_cached(text)?
        .execute(params![before.as_micros(), KEYS_AT_ONCE])?;
    Ok(KEYS_AT_ONCE as usize <= forgotten)
}

/// The record an event is about.
pub(super) fn record(
    connection: &Connection,
    event: &EventRow,
    read: fn(&sql::Row<'_>) -> sql::Result<Row>,
) -> Result<Option<Row>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM check_record WHERE facility = ?1 AND id = ?2");
    let mut statement = connection.prepare_cached(&text)?;
    let found = statement.query_row(params![event.facility, event.subject], read);
    Ok(found.optional()?)
}
