//! The way of checks by number into PostgreSQL: all that wait share a transaction of few statements. Needs no other writer's turn: its keys
//! decide between processes, and its events are in a chain of its own.

use crate::audit::columns as events;
use crate::audit::{Chain, Content, EventRow};
use crate::checks::{Record, Recorded, columns, known, server};
use crate::database::server::pool::Pool;
use crate::engine::StoreError;
use crate::sealing::{self, Unsealed};
use crate::sql::Connection;
use crate::sql::postgres::columns::references;
use crate::sql::postgres::{Server, Step};

/// Where checks by number are handed over.
pub(crate) type ChecksLane = crate::lane::Lane<Record, Recorded>;

/// Seals the answers of a group together.
pub(crate) fn seal(records: &mut [Record]) -> Result<(), StoreError> {
    let unsealed: Vec<&Unsealed> = records
        .iter()
        .filter_map(|it| it.unsealed.as_ref())
        .collect();
    let sealed = sealing::seal(&unsealed);
    let waiting = records.iter_mut().filter(|it| it.unsealed.is_some());
    for (record, answer) in waiting.zip(sealed) {
        record.unsealed = None;
        record.seal(answer?);
    }
    Ok(())
}

/// Writes all of them or none.
pub(crate) fn write(
    _: &Pool,
    connection: &Connection,
    chain: &mut Chain,
    records: &[Record],
) -> Result<Vec<Recorded>, StoreError> {
    let Connection::Postgres(server) = connection else {
        return Err(StoreError::Closing);
    };
    chain.be_sure(connection)?;
    let is_keyed = records.iter().any(|it| it.row.key.is_some());
    let taken = if is_keyed {
        server.begin("BEGIN")?;
        take_keys(server, records)?
    } else {
        Vec::new()
    };
    let is_new = |record: &Record| record.row.key.is_none() || taken.contains(&record.row.id);
    let new: Vec<&Record> = records.iter().filter(|it| is_new(it)).collect();
    let events: Vec<(EventRow, [u8; 32])> = new
        .iter()
        .map(|record| {
            let content = Content {
                facility: record.row.facility,
                record: 0,
                hash: record.hash,
            };
            chain.next(&record.event, Some(content))
        })
        .collect();
    insert(server, &new, &events, new.len() == records.len(), is_keyed)?;
    if new.len() == records.len() {
        return Ok(records.iter().map(recorded).collect());
    }
    // Some keys were used before, by this group or by another process: what was answered then stands in the table by now.
    let outcomes = records.iter().map(|record| match &record.row.key {
        Some(key) if !is_new(record) => {
            let of = (
                record.row.facility,
                record.row.account.as_str(),
                key.as_str(),
            );
            let found = server::known_key(connection, of, |row| known(row, &record.row.question))?;
            found.ok_or(StoreError::Row("idempotency"))
        }
        Some(_) | None => Ok(recorded(record)),
    });
    let outcomes: Result<Vec<Recorded>, StoreError> = outcomes.collect();
    let outcomes = outcomes?;
    server.end("COMMIT")?;
    Ok(outcomes)
}

fn recorded(record: &Record) -> Recorded {
    Recorded::New(record.row.answer.clone())
}

/// Takes the keys of checks; returns the identifiers of the checks that have theirs.
fn take_keys(server: &Server, records: &[Record]) -> Result<Vec<[u8; 16]>, StoreError> {
    let records: Vec<&Record> = records.iter().collect();
    let text = format!("{} ON CONFLICT DO NOTHING RETURNING id", columns::KEYS);
    let mut taken = Vec::with_capacity(records.len());
    for row in server.find(&text, &columns::keys(&records))? {
        taken.push(row.get(0)?);
    }
    Ok(taken)
}

/// Inserts checks and their events, and ends the transaction with them where nothing is left to do in it: all in one message.
fn insert(
    server: &Server,
    records: &[&Record],
    events: &[(EventRow, [u8; 32])],
    is_last: bool,
    is_begun: bool,
) -> Result<(), StoreError> {
    let (begin, commit) = (server.prepare("BEGIN")?, server.prepare("COMMIT")?);
    let checks = server.prepare(columns::CHECKS)?;
    let chain = server.prepare(events::INSERT)?;
    let of_checks = columns::checks(records);
    let of_events = events::columns(events);
    let of_checks = references(&of_checks);
    let of_events = references(&of_events);
    let mut steps: Vec<Step<'_>> = Vec::new();
    if !is_begun {
        steps.push((&begin, &[]));
    }
    if !records.is_empty() {
        steps.push((&checks, &of_checks));
        steps.push((&chain, &of_events));
    }
    if is_last {
        steps.push((&commit, &[]));
    }
    Ok(server.run_together(&steps, is_last)?)
}
