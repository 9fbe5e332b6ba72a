//! Checks in a SQLite file: in the order they were written, found by two indexes that the newest enter together. Decides nothing.

use std::sync::Arc;

use domain::civil_date::Instant;

use crate::checks::named::Named;
use crate::checks::{
    Answer, COLUMNS, FITS, KEYS_AT_ONCE, LINE, Line, OfKey, Recorded, Row, Search, line,
};
use crate::database::{Batch, Fate};
use crate::engine::StoreError;
use crate::recent::Entry;
use crate::sql::{self, Connection, OptionalExtension, params};

pub(super) fn answer_of(
    connection: &Connection,
    (facility, id): (i64, [u8; 16]),
    waiting: Option<i64>,
) -> Result<Option<Answer>, StoreError> {
    let text = format!(
        "SELECT {} FROM check_record WHERE facility = ?1 AND id = ?2 AND seq = coalesce(
           ?3, (SELECT check_seq FROM check_of_facility WHERE facility = ?1 AND id = ?2))",
        Answer::COLUMNS
    );
    let mut statement = connection.prepare_cached(&text)?;
    let found = statement.query_row(params![facility, id, waiting], Answer::read);
    Ok(found.optional()?)
}

/// When a check was answered, in microseconds; `None` once its record was let go. `waiting` is its place while the index lacks it.
pub(crate) fn at_of(
    connection: &Connection,
    (facility, id): (i64, [u8; 16]),
    waiting: Option<i64>,
) -> Result<Option<i64>, StoreError> {
    let text = "SELECT at FROM check_record WHERE facility = ?1 AND id = ?2 AND seq = coalesce(
           ?3, (SELECT check_seq FROM check_of_facility WHERE facility = ?1 AND id = ?2))";
    let mut statement = connection.prepare_cached(text)?;
    let found = statement.query_row(params![facility, id, waiting], |row| row.get(0));
    Ok(found.optional()?)
}

/// What fits a search but for the name, from the index and from the checks that wait for it; some may be there twice.
pub(super) fn search<T>(
    connection: &Connection,
    facility: i64,
    (search, waiting): (&Search, &[i64]),
    columns: &str,
    read: fn(&sql::Row<'_>) -> sql::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let indexed = format!(
        "SELECT {columns} FROM check_of_facility i JOIN check_record c ON c.seq = i.check_seq
         WHERE i.facility = ?1 AND ?9 <= i.id AND i.id < ?2 AND ?10 IS NULL AND {FITS} ORDER BY i.id DESC LIMIT ?8"
    );
    let one = format!(
        "SELECT {columns} FROM check_record c
         WHERE c.seq = ?10 AND c.facility = ?1 AND ?9 <= c.id AND c.id < ?2 AND {FITS} LIMIT ?8"
    );
    let first = search.first_id();
    let select = |text: &str, waiting: Option<i64>| {
        let values = params![
            facility,
            search.after.unwrap_or(u128::MAX).to_be_bytes(),
            search.from.as_micros(),
            search.until.as_micros(),
            search.verdict,
            search.origin,
            search.account,
            search.limit,
            first,
            waiting
        ];
        let mut statement = connection.prepare_cached(text)?;
        let rows = statement.query_map(values, read)?;
        Ok::<Vec<T>, StoreError>(rows.collect::<Result<_, _>>()?)
    };
    let mut found = select(&indexed, None)?;
    for seq in waiting {
        found.extend(select(&one, Some(*seq))?);
    }
    Ok(found)
}

/// The columns of [`Named::read`], of a check `c`.
pub(super) const NAMED: &str = "c.id, c.name, c.kana, c.seq";

/// The line of a check that was found by its name.
pub(super) fn line_of(connection: &Connection, named: &Named) -> Result<Option<Line>, StoreError> {
    let text = format!("SELECT {LINE} FROM check_record c WHERE c.seq = ?1");
    let mut statement = connection.prepare_cached(&text)?;
    Ok(statement.query_row([named.place], line).optional()?)
}

/// What stands under a key. A check that waits for the indexes may lie where this reader sees no row yet: then nothing does.
pub(super) fn known_key(
    connection: &Connection,
    of: OfKey<'_>,
    waiting: Option<i64>,
    known: impl FnOnce(&sql::Row<'_>) -> sql::Result<Recorded>,
) -> Result<Option<Recorded>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.question, c.answer FROM (SELECT coalesce(
           ?4, (SELECT check_seq FROM idempotency WHERE facility = ?1 AND account = ?2 AND key = ?3)) AS seq) k
         LEFT JOIN check_record c ON c.seq = k.seq WHERE k.seq = ?5 OR c.seq IS NOT NULL",
    )?;
    let found = statement.query_row(params![of.0, of.1, of.2, waiting, NO_CHECK], known);
    Ok(found.optional()?)
}

/// Where no check lies: they are counted from 1.
const NO_CHECK: i64 = 0;

/// Takes a key that no check is indexed under; false where one is.
pub(super) fn take_key(connection: &Connection, of: OfKey<'_>) -> Result<bool, StoreError> {
    let taken = connection
        .prepare_cached("INSERT INTO idempotency VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?
        .execute(params![of.0, of.1, of.2, NO_CHECK])?;
    Ok(taken == 1)
}

/// Forgets the keys of other requests that were answered before an instant.
pub(super) fn forget_taken(connection: &Connection, before: Instant) -> Result<(), StoreError> {
    let text = "DELETE FROM idempotency WHERE check_seq = ?2 AND (facility, account, key) IN (
        SELECT facility, account, key FROM kept_answer WHERE at < ?1)";
    connection
        .prepare_cached(text)?
        .execute(params![before.as_micros(), NO_CHECK])?;
    Ok(())
}

/// Inserts a record and has it found where checks wait for the indexes; returns where it lies.
pub(super) fn insert(
    connection: &Connection,
    batch: &mut Batch,
    row: &Row,
) -> Result<i64, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO check_record VALUES (NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
        )?
        .execute(params![
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
    let record = connection.placed(None);
    let held = Arc::clone(batch.held());
    held.recent.add(Entry {
        seq: record,
        facility: row.facility,
        id: row.id,
        at: row.at,
        account: row.account.clone(),
        key: row.key.clone(),
    });
    let indexed = held.recent.index(connection)?;
    batch.afterwards(move |fate| match (fate, indexed) {
        (Fate::Written, Some(last)) => held.recent.forget_until(last),
        (Fate::Written, None) => {}
        (Fate::Undone, _) => held.recent.forget(record),
    });
    Ok(record)
}

/// Forgets the next keys older than an instant, by walking the checks from where the last walk ended. True when there may be more.
pub(super) fn forget_keys(connection: &Connection, before: Instant) -> Result<bool, StoreError> {
    let from: i64 = connection.query_row(
        "SELECT seq FROM walk WHERE name = 'idempotency'",
        [],
        |row| row.get(0),
    )?;
    let mut statement = connection.prepare_cached(
        "SELECT seq, facility, account, key, at FROM check_record
         WHERE ?1 < seq AND seq <= (SELECT seq FROM walk WHERE name = 'indexed') ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = statement.query(params![from, KEYS_AT_ONCE])?;
    let (mut end, mut count) = (from, 0);
    while let Some(row) = rows.next()? {
        if before.as_micros() <= row.get(4)? {
            break;
        }
        end = row.get(0)?;
        count += 1;
        let (facility, account, key): (i64, String, Option<String>) =
            (row.get(1)?, row.get(2)?, row.get(3)?);
        connection
            .prepare_cached("DELETE FROM idempotency WHERE facility = ?1 AND account = ?2 AND key = ?3 AND check_seq = ?4")?
            .execute(params![facility, account, key, end])?;
    }
    connection
        .prepare_cached("UPDATE walk SET seq = ?1 WHERE name = 'idempotency'")?
        .execute([end])?;
    Ok(count == KEYS_AT_ONCE)
}

/// The record that lies at a place.
pub(super) fn record(
    connection: &Connection,
    place: i64,
    read: fn(&sql::Row<'_>) -> sql::Result<Row>,
) -> Result<Option<Row>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM check_record WHERE seq = ?1");
    let mut statement = connection.prepare_cached(&text)?;
    Ok(statement.query_row([place], read).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_whose_check_is_being_written_is_told_from_one_of_another_request() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let tables = "CREATE TABLE check_record (seq INTEGER PRIMARY KEY, question BLOB, answer BLOB);
            CREATE TABLE idempotency (facility, account, key, check_seq, PRIMARY KEY (facility, account, key));
            INSERT INTO check_record VALUES (1, x'01', x'02');";
        connection.execute_batch(tables).unwrap();
        let connection = Connection::Sqlite(connection);
        let found = |key, waiting| {
            known_key(&connection, (7, "uketsuke", key), waiting, |row| {
                crate::checks::known(row, &[1])
            })
        };
        let before = found("a", Some(1)).unwrap();
        assert!(matches!(before, Some(Recorded::Before(_))), "{before:?}");
        assert_eq!(found("a", Some(2)).unwrap(), None, "it is not there yet");
        assert_eq!(found("a", None).unwrap(), None);
        assert!(take_key(&connection, (7, "uketsuke", "a")).unwrap());
        assert_eq!(found("a", None).unwrap(), Some(Recorded::Conflict));
    }
}
