//! The parts of people that an arriving or held batch has made so far: read and written many at a time. Makes none.

use std::collections::{BTreeMap, HashSet};

use domain::feed::BatchNumber;
use domain::feed::part::Part;
use domain::person::PersonId;
use tokio_postgres::types::{ToSql, Type};

use crate::engine::StoreError;
use crate::rows::part::{pack_part, unpack_part};
use crate::sql::postgres::Server;
use crate::sql::postgres::columns::{column, single};
use crate::sql::{Connection, OptionalExtension, params};

/// People of a batch read at a time.
const AT_ONCE: u32 = 1_000;

/// From so many new parts on they are copied.
const COPIED: usize = 256;

/// A person a batch names, with the line that did so last.
pub(super) struct Arrived {
    pub(super) person: PersonId,
    pub(super) line: u64,
    pub(super) part: Part,
}

/// A part to be kept.
pub(super) struct Kept<'p> {
    pub(super) arrived: &'p Arrived,
    /// Whether the batch has one of this person already.
    pub(super) is_known: bool,
}

fn id_of(person: PersonId) -> [u8; 16] {
    person.as_u128().to_be_bytes()
}

/// Those of the people a batch names who come behind somebody, in order: the next thousand.
pub(super) fn behind(
    connection: &Connection,
    number: BatchNumber,
    last: Option<PersonId>,
) -> Result<Vec<Arrived>, StoreError> {
    let text = "SELECT person, line, record FROM arriving_part WHERE batch = ?1 AND ?2 < person ORDER BY person LIMIT ?3";
    let last = last.map_or(Vec::new(), |it| id_of(it).to_vec());
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![number.as_u32(), last, AT_ONCE])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let person = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
        let record: Vec<u8> = row.get(2)?;
        all.push(Arrived {
            person,
            line: row.get(1)?,
            part: unpack_part(person, &record)?,
        });
    }
    Ok(all)
}

/// What a batch makes so far of those of these people whom it names.
pub(super) fn of(
    connection: &Connection,
    number: BatchNumber,
    people: &[PersonId],
) -> Result<BTreeMap<PersonId, Part>, StoreError> {
    let mut found = BTreeMap::new();
    if people.is_empty() {
        return Ok(found);
    }
    match connection {
        Connection::Postgres(server) => {
            let ids: Vec<[u8; 16]> = people.iter().map(|it| id_of(*it)).collect();
            let text = "SELECT person, record FROM arriving_part WHERE batch = ?1 AND person = ANY (?2::bytea[])";
            let columns = [
                single(i64::from(number.as_u32())),
                column(&ids, |it| &it[..]),
            ];
            for row in server.find(text, &columns)? {
                let person = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
                let record: Vec<u8> = row.get(1)?;
                found.insert(person, unpack_part(person, &record)?);
            }
        }
        Connection::Sqlite(_) => {
            let text = "SELECT record FROM arriving_part WHERE batch = ?1 AND person = ?2";
            let mut statement = connection.prepare_cached(text)?;
            for &person in people {
                let of = params![number.as_u32(), id_of(person)];
                let record: Option<Vec<u8>> =
                    statement.query_row(of, |row| row.get(0)).optional()?;
                if let Some(record) = record {
                    found.insert(person, unpack_part(person, &record)?);
                }
            }
        }
    }
    Ok(found)
}

/// Whom a batch names among these people.
pub(super) fn named_among(
    connection: &Connection,
    number: BatchNumber,
    people: &[PersonId],
) -> Result<HashSet<PersonId>, StoreError> {
    let mut named = HashSet::new();
    if people.is_empty() {
        return Ok(named);
    }
    match connection {
        Connection::Postgres(server) => {
            let ids: Vec<[u8; 16]> = people.iter().map(|it| id_of(*it)).collect();
            let text =
                "SELECT person FROM arriving_part WHERE batch = ?1 AND person = ANY (?2::bytea[])";
            let columns = [
                single(i64::from(number.as_u32())),
                column(&ids, |it| &it[..]),
            ];
            for row in server.find(text, &columns)? {
                named.insert(PersonId::from_u128(u128::from_be_bytes(row.get(0)?)));
            }
        }
        Connection::Sqlite(_) => {
            let text = "SELECT 1 FROM arriving_part WHERE batch = ?1 AND person = ?2";
            let mut statement = connection.prepare_cached(text)?;
            for &person in people {
                if statement.exists(params![number.as_u32(), id_of(person)])? {
                    named.insert(person);
                }
            }
        }
    }
    Ok(named)
}

/// Keeps parts, each in place of the person's earlier one.
pub(super) fn keep(
    connection: &Connection,
    number: BatchNumber,
    parts: &[Kept<'_>],
) -> Result<(), StoreError> {
    let number = number.as_u32();
    let Connection::Postgres(server) = connection else {
        let text = "INSERT INTO arriving_part (batch, person, line, record) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (batch, person) DO UPDATE SET line = excluded.line, record = excluded.record";
        let mut statement = connection.prepare_cached(text)?;
        for it in parts.iter().map(|it| it.arrived) {
            let packed = pack_part(&it.part)?;
            statement.execute(params![number, id_of(it.person), it.line, packed])?;
        }
        return Ok(());
    };
    let (mut copied, mut put) = (Vec::new(), Vec::new());
    for kept in parts {
        let it = kept.arrived;
        let row = (
            id_of(it.person).to_vec(),
            it.line.cast_signed(),
            pack_part(&it.part)?,
        );
        if kept.is_known {
            put.push(row);
        } else {
            copied.push(row);
        }
    }
    if copied.len() < COPIED {
        put.append(&mut copied);
    }
    write(server, i64::from(number), (&put, &copied))
}

/// Identifier, line and packed part.
type PartRow = (Vec<u8>, i64, Vec<u8>);

fn write(
    server: &Server,
    number: i64,
    (put, copied): (&[PartRow], &[PartRow]),
) -> Result<(), StoreError> {
    if !put.is_empty() {
        let text = "INSERT INTO arriving_part (batch, person, line, record)
            SELECT ?1::bigint, * FROM unnest(?2::bytea[], ?3::bigint[], ?4::bytea[])
            ON CONFLICT (batch, person) DO UPDATE SET line = excluded.line, record = excluded.record";
        let columns = [
            single(number),
            column(put, |it| &it.0[..]),
            column(put, |it| it.1),
            column(put, |it| &it.2[..]),
        ];
        server.put(text, &columns)?;
    }
    if !copied.is_empty() {
        let kinds = [Type::INT8, Type::BYTEA, Type::INT8, Type::BYTEA];
        let rows = copied
            .iter()
            .map(|it| [&number as &(dyn ToSql + Sync), &it.0, &it.1, &it.2]);
        let text = "COPY arriving_part (batch, person, line, record) FROM STDIN BINARY";
        server.copy(text, &kinds, rows)?;
    }
    Ok(())
}

/// Whom a batch names, where they are at most so many; nothing is known of a batch of more.
pub(super) fn named(
    connection: &Connection,
    number: BatchNumber,
    most: usize,
) -> Result<Option<HashSet<PersonId>>, StoreError> {
    let text = "SELECT person FROM arriving_part WHERE batch = ?1 AND ?2 < person ORDER BY person LIMIT ?3";
    let (mut named, mut after) = (HashSet::new(), Vec::new());
    loop {
        let mut statement = connection.prepare_cached(text)?;
        let mut rows = statement.query(params![number.as_u32(), after, AT_ONCE])?;
        let mut last: Option<[u8; 16]> = None;
        while let Some(row) = rows.next()? {
            let id: [u8; 16] = row.get(0)?;
            named.insert(PersonId::from_u128(u128::from_be_bytes(id)));
            last = Some(id);
        }
        match last {
            None => return Ok(Some(named)),
            Some(_) if most < named.len() => return Ok(None),
            Some(last) => after = last.to_vec(),
        }
    }
}
