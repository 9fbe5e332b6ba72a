//! What becomes of the rows of people, gathered and written together: in a file one by one, at a server whole columns at a time, and by COPY
//! where many rows are new. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::types::{ToSql, Type};

use super::many::{all_rows, last_rows, places_of, rows_at};
use super::{Id, Part, Prepared, other_keys};
use crate::engine::StoreError;
use crate::registry::without_card;
use crate::sql::postgres::Server;
use crate::sql::postgres::columns::column;
use crate::sql::{Connection, params};

/// From so many new rows on they are copied.
const COPIED: usize = 256;

/// The row a person lies in.
pub(super) type Place = (String, u32);

/// What is known of people and keys before the first of them changes. In a file each is found as it is needed.
#[derive(Default)]
pub(super) struct Known {
    pub(super) places: BTreeMap<Id, Option<Place>>,
    /// Rows that were read; of each key at least the last one.
    pub(super) keys: BTreeMap<String, BTreeMap<u32, Part>>,
    /// Keys of which all rows were read.
    pub(super) whole: BTreeSet<String>,
}

impl Known {
    /// Reads from a server where people lie who are put or taken out, their rows, and the last row of each key of whoever is put.
    pub(super) fn read(
        connection: &Connection,
        put: &[Prepared],
        ids: BTreeSet<Id>,
    ) -> Result<Self, StoreError> {
        let mut known = Self::default();
        let Connection::Postgres(server) = connection else {
            return Ok(known);
        };
        let mut places = places_of(server, &Vec::from_iter(ids.iter().copied()))?;
        for (place, record) in rows_at(server, places.values())? {
            known.take(place, &record)?;
        }
        for (id, (key, part)) in &places {
            let row = known.keys.get(key).and_then(|it| it.get(part));
            let members = row.iter().flat_map(|it| &it.members);
            let mut whole = members.filter(|it| it.member.id.as_u128().to_be_bytes() == *id);
            if let Some(registration) = whole.find_map(|it| it.member.registration.as_ref()) {
                known.whole.extend(other_keys(registration, key));
            }
        }
        let whole: Vec<&str> = known.whole.iter().map(String::as_str).collect();
        let rows = all_rows(server, &whole)?;
        let mut keys = BTreeSet::new();
        keys.extend(known.keys.keys().map(String::as_str));
        keys.extend(put.iter().map(|it| it.main.as_str()));
        keys.extend(put.iter().flat_map(|it| &it.others).map(String::as_str));
        keys.retain(|it| !known.whole.contains(*it));
        let last = last_rows(server, &Vec::from_iter(keys.iter().copied()))?;
        let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
        for (place, record) in rows.into_iter().chain(last) {
            known.take(place, &record)?;
        }
        // Of a key without rows it is known that there are none.
        for key in known.whole.iter().cloned().chain(keys) {
            known.keys.entry(key).or_default();
        }
        known.places = ids.into_iter().map(|it| (it, places.remove(&it))).collect();
        Ok(known)
    }

    fn take(&mut self, (key, part): Place, record: &[u8]) -> Result<(), StoreError> {
        if let std::collections::btree_map::Entry::Vacant(new) =
            self.keys.entry(key).or_default().entry(part)
        {
            new.insert(Part::read(part, record)?);
        }
        Ok(())
    }
}

/// What becomes of a row.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) enum Becomes<T> {
    /// It is put where none lies.
    New(T),
    /// It is put, whether one lies there or not.
    Put(T),
    /// It is deleted.
    Gone,
}

impl<T> Becomes<T> {
    /// A row with this in it, or none; `was` says whether one lay there.
    pub(super) fn of(it: Option<T>, was: bool) -> Self {
        match it {
            Some(it) if was => Self::Put(it),
            Some(it) => Self::New(it),
            None => Self::Gone,
        }
    }
}

/// Rows to write, each in one place of its table.
pub(super) struct Changes {
    /// In the order of keys: rows of neighbours lie beside each other.
    pub(super) rows: Vec<(Place, Becomes<Vec<u8>>)>,
    pub(super) places: BTreeMap<Id, Becomes<Place>>,
    pub(super) births: BTreeMap<(i32, Id), Becomes<Vec<u8>>>,
    /// Whose tickets are deleted, before others are put.
    pub(super) without_tickets: BTreeSet<Id>,
    /// Facility, month and person of tickets.
    pub(super) tickets: BTreeSet<(i64, String, Id)>,
}

impl Changes {
    pub(super) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        match connection {
            Connection::Postgres(server) => self.write_columns(server),
            Connection::Sqlite(_) => self.write_each(connection),
        }
    }

    fn write_each(self, connection: &Connection) -> Result<(), StoreError> {
        let (put, delete) = (
            "INSERT INTO insured VALUES (?1, ?2, ?3) ON CONFLICT (key, part) DO UPDATE SET record = excluded.record",
            "DELETE FROM insured WHERE key = ?1 AND part = ?2",
        );
        for ((key, part), becomes) in self.rows {
            match becomes {
                Becomes::New(record) | Becomes::Put(record) => connection
                    .prepare_cached(put)?
                    .execute(params![key, part, record])?,
                Becomes::Gone => connection
                    .prepare_cached(delete)?
                    .execute(params![key, part])?,
            };
        }
        let (put, delete) = (
            "INSERT INTO person_place VALUES (?1, ?2, ?3)
             ON CONFLICT (person) DO UPDATE SET key = excluded.key, part = excluded.part",
            "DELETE FROM person_place WHERE person = ?1",
        );
        for (person, becomes) in self.places {
            match becomes {
                Becomes::New((key, part)) | Becomes::Put((key, part)) => connection
                    .prepare_cached(put)?
                    .execute(params![person, key, part])?,
                Becomes::Gone => connection.prepare_cached(delete)?.execute([person])?,
            };
        }
        for (birth, becomes) in self.births {
            let tags = match becomes {
                Becomes::New(tags) | Becomes::Put(tags) => Some(tags),
                Becomes::Gone => None,
            };
            without_card::write(connection, birth, tags)?;
        }
        let delete = "DELETE FROM ticket_month WHERE person = ?1";
        for person in self.without_tickets {
            connection.prepare_cached(delete)?.execute([person])?;
        }
        let put = "INSERT INTO ticket_month VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        for (facility, month, person) in self.tickets {
            connection
                .prepare_cached(put)?
                .execute(params![facility, month, person])?;
        }
        Ok(())
    }

    fn write_columns(self, server: &Server) -> Result<(), StoreError> {
        write_rows(server, Sorted::of(self.rows))?;
        write_places(server, Sorted::of(self.places))?;
        write_births(server, Sorted::of(self.births))?;
        if !self.without_tickets.is_empty() {
            let people = Vec::from_iter(self.without_tickets);
            let text = "DELETE FROM ticket_month WHERE person = ANY (?1::bytea[])";
            server.put(text, &[column(&people, |it| &it[..])])?;
        }
        if !self.tickets.is_empty() {
            let tickets = Vec::from_iter(self.tickets);
            let text = "INSERT INTO ticket_month SELECT * FROM unnest(?1::bigint[], ?2::text[], ?3::bytea[]) ON CONFLICT DO NOTHING";
            let columns = [
                column(&tickets, |it| it.0),
                column(&tickets, |it| it.1.as_str()),
                column(&tickets, |it| &it.2[..]),
            ];
            server.put(text, &columns)?;
        }
        Ok(())
    }
}

/// What becomes of the rows of one table, sorted by how it is written.
struct Sorted<K, T> {
    copied: Vec<(K, T)>,
    put: Vec<(K, T)>,
    gone: Vec<K>,
}

impl<K, T> Sorted<K, T> {
    fn of(all: impl IntoIterator<Item = (K, Becomes<T>)>) -> Self {
        let (mut copied, mut put, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for (key, becomes) in all {
            match becomes {
                Becomes::New(it) => copied.push((key, it)),
                Becomes::Put(it) => put.push((key, it)),
                Becomes::Gone => gone.push(key),
            }
        }
        if copied.len() < COPIED {
            put.append(&mut copied);
        }
        Self { copied, put, gone }
    }
}

type Value = dyn ToSql + Sync;

fn write_rows(server: &Server, rows: Sorted<Place, Vec<u8>>) -> Result<(), StoreError> {
    let Sorted { copied, put, gone } = rows;
    if !gone.is_empty() {
        let text = "DELETE FROM insured i USING unnest(?1::text[], ?2::bigint[]) AS gone (key, part) WHERE i.key = gone.key AND i.part = gone.part";
        let columns = [
            column(&gone, |it| it.0.as_str()),
            column(&gone, |it| i64::from(it.1)),
        ];
        server.put(text, &columns)?;
    }
    if !put.is_empty() {
        let text = "INSERT INTO insured SELECT * FROM unnest(?1::text[], ?2::bigint[], ?3::bytea[])
            ON CONFLICT (key, part) DO UPDATE SET record = excluded.record";
        let columns = [
            column(&put, |((key, _), _)| key.as_str()),
            column(&put, |((_, part), _)| i64::from(*part)),
            column(&put, |(_, record)| &record[..]),
        ];
        server.put(text, &columns)?;
    }
    if !copied.is_empty() {
        let rows = copied.into_iter();
        let rows: Vec<(String, i64, Vec<u8>)> = rows
            .map(|((key, part), record)| (key, part.into(), record))
            .collect();
        let kinds = [Type::TEXT, Type::INT8, Type::BYTEA];
        let rows = rows.iter().map(|it| [&it.0 as &Value, &it.1, &it.2]);
        server.copy("COPY insured FROM STDIN BINARY", &kinds, rows)?;
    }
    Ok(())
}

fn write_places(server: &Server, places: Sorted<Id, Place>) -> Result<(), StoreError> {
    let Sorted { copied, put, gone } = places;
    if !gone.is_empty() {
        let text = "DELETE FROM person_place WHERE person = ANY (?1::bytea[])";
        server.put(text, &[column(&gone, |it| &it[..])])?;
    }
    if !put.is_empty() {
        let text =
            "INSERT INTO person_place SELECT * FROM unnest(?1::bytea[], ?2::text[], ?3::bigint[])
            ON CONFLICT (person) DO UPDATE SET key = excluded.key, part = excluded.part";
        let columns = [
            column(&put, |(person, _)| &person[..]),
            column(&put, |(_, (key, _))| key.as_str()),
            column(&put, |(_, (_, part))| i64::from(*part)),
        ];
        server.put(text, &columns)?;
    }
    if !copied.is_empty() {
        let rows = copied.into_iter();
        let rows: Vec<(Vec<u8>, String, i64)> = rows
            .map(|(person, (key, part))| (person.to_vec(), key, part.into()))
            .collect();
        let kinds = [Type::BYTEA, Type::TEXT, Type::INT8];
        let rows = rows.iter().map(|it| [&it.0 as &Value, &it.1, &it.2]);
        server.copy("COPY person_place FROM STDIN BINARY", &kinds, rows)?;
    }
    Ok(())
}

fn write_births(server: &Server, births: Sorted<(i32, Id), Vec<u8>>) -> Result<(), StoreError> {
    let Sorted { copied, put, gone } = births;
    if !gone.is_empty() {
        let text = "DELETE FROM person_by_birth b USING unnest(?1::bigint[], ?2::bytea[]) AS gone (day, person)
            WHERE b.day = gone.day AND b.person = gone.person";
        let columns = [
            column(&gone, |it| i64::from(it.0)),
            column(&gone, |it| &it.1[..]),
        ];
        server.put(text, &columns)?;
    }
    if !put.is_empty() {
        let text = "INSERT INTO person_by_birth SELECT * FROM unnest(?1::bigint[], ?2::bytea[], ?3::bytea[])
            ON CONFLICT (day, person) DO UPDATE SET tags = excluded.tags";
        let columns = [
            column(&put, |((day, _), _)| i64::from(*day)),
            column(&put, |((_, person), _)| &person[..]),
            column(&put, |(_, tags)| &tags[..]),
        ];
        server.put(text, &columns)?;
    }
    if !copied.is_empty() {
        let rows = copied.into_iter();
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = rows
            .map(|((day, person), tags)| (day.into(), person.to_vec(), tags))
            .collect();
        let kinds = [Type::INT8, Type::BYTEA, Type::BYTEA];
        let rows = rows.iter().map(|it| [&it.0 as &Value, &it.1, &it.2]);
        server.copy("COPY person_by_birth FROM STDIN BINARY", &kinds, rows)?;
    }
    Ok(())
}
