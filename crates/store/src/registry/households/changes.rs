//! What becomes of the rows of people, gathered and written together: one statement a row, or by COPY to a server where they are many.
//! Decides nothing.

use std::collections::BTreeMap;

use tokio_postgres::types::{ToSql, Type};

use super::{Id, Part, Prepared, id_of};
use crate::engine::StoreError;
use crate::registry::without_card;
use crate::sql::postgres::Server;
use crate::sql::{self, Connection, params};

/// From so many on they go the other way to a server.
const MANY: usize = 32;

/// The row a person lies in.
pub(super) type Place = (String, u32);

/// What is known of people and keys before the first of them changes.
#[derive(Default)]
pub(super) struct Known {
    pub(super) places: BTreeMap<Id, Option<Place>>,
    pub(super) keys: BTreeMap<String, BTreeMap<u32, Part>>,
}

impl Known {
    /// Reads where many people lie, and the last row of each of their keys, from a server. In a file each is found as it is needed.
    pub(super) fn read(connection: &Connection, people: &[Prepared]) -> Result<Self, StoreError> {
        let mut known = Self::default();
        let Connection::Postgres(server) = connection else {
            return Ok(known);
        };
        if people.len() < MANY {
            return Ok(known);
        }
        let ids = people.iter().map(|it| id_of(it.registration.person.id));
        known.places = ids.map(|it| (it, None)).collect();
        let ids: Vec<&[u8]> = known.places.keys().map(|it| &it[..]).collect();
        let text = "SELECT person, key, part FROM person_place WHERE person = ANY (?1::bytea[])";
        let rows = server.query_columns(&server.prepare(text)?, &[&ids])?;
        for row in &rows {
            let (person, key, part): (&[u8], String, i64) = three(row)?;
            let person = person.try_into().map_err(|_| FAILED)?;
            known.places.insert(person, Some((key, narrow(part)?)));
        }
        for it in people {
            for key in it.others.iter().chain([&it.main]) {
                known.keys.entry(key.clone()).or_default();
            }
        }
        let keys: Vec<&str> = known.keys.keys().map(String::as_str).collect();
        let text = "SELECT DISTINCT ON (key) key, record, part FROM insured WHERE key = ANY (?1::text[]) ORDER BY key, part DESC";
        let rows = server.query_columns(&server.prepare(text)?, &[&keys])?;
        for row in &rows {
            let (key, record, part): (String, &[u8], i64) = three(row)?;
            let part = narrow(part)?;
            let parts = known.keys.entry(key).or_default();
            parts.insert(part, Part::read(part, record)?);
        }
        Ok(known)
    }
}

const FAILED: StoreError = StoreError::Row("person_place");

fn narrow(part: i64) -> Result<u32, StoreError> {
    u32::try_from(part).map_err(|_| FAILED)
}

fn three<'r, A, B, C>(row: &'r tokio_postgres::Row) -> Result<(A, B, C), StoreError>
where
    A: tokio_postgres::types::FromSql<'r>,
    B: tokio_postgres::types::FromSql<'r>,
    C: tokio_postgres::types::FromSql<'r>,
{
    let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    read().map_err(|error| sql::Error::Postgres(error).into())
}

/// Rows to write. Without a value a row is deleted.
pub(super) struct Changes {
    /// In the order of keys: rows of neighbours lie beside each other.
    pub(super) rows: Vec<(Place, Option<Vec<u8>>)>,
    pub(super) places: BTreeMap<Id, Option<Place>>,
    pub(super) births: BTreeMap<(i32, Id), Option<Vec<u8>>>,
}

impl Changes {
    pub(super) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        match connection {
            Connection::Postgres(server) if MANY <= self.rows.len() => {
                self.copy(connection, server)
            }
            Connection::Postgres(_) | Connection::Sqlite(_) => self.write_each(connection),
        }
    }

    fn write_each(self, connection: &Connection) -> Result<(), StoreError> {
        let (put, delete) = (
            "INSERT INTO insured VALUES (?1, ?2, ?3) ON CONFLICT (key, part) DO UPDATE SET record = excluded.record",
            "DELETE FROM insured WHERE key = ?1 AND part = ?2",
        );
        for ((key, part), record) in self.rows {
            match record {
                Some(record) => connection
                    .prepare_cached(put)?
                    .execute(params![key, part, record])?,
                None => connection
                    .prepare_cached(delete)?
                    .execute(params![key, part])?,
            };
        }
        let (put, delete) = (
            "INSERT INTO person_place VALUES (?1, ?2, ?3)
             ON CONFLICT (person) DO UPDATE SET key = excluded.key, part = excluded.part",
            "DELETE FROM person_place WHERE person = ?1",
        );
        for (person, place) in self.places {
            match place {
                Some((key, part)) => connection
                    .prepare_cached(put)?
                    .execute(params![person, key, part])?,
                None => connection.prepare_cached(delete)?.execute([person])?,
            };
        }
        for (birth, tags) in self.births {
            without_card::write(connection, birth, tags)?;
        }
        Ok(())
    }

    /// Copies what is put into tables of this transaction's own, and from there into their places; deletes the rest one by one.
    fn copy(mut self, connection: &Connection, server: &Server) -> Result<(), StoreError> {
        connection.execute_batch(
            "CREATE TEMPORARY TABLE copied_row (key text, part bigint, record bytea) ON COMMIT DROP;
             CREATE TEMPORARY TABLE copied_place (person bytea, key text, part bigint) ON COMMIT DROP;
             CREATE TEMPORARY TABLE copied_birth (day bigint, person bytea, tags bytea) ON COMMIT DROP",
        )?;
        let rows = std::mem::take(&mut self.rows).into_iter();
        let (put, gone): (Vec<_>, Vec<_>) = rows.partition(|(_, it)| it.is_some());
        self.rows = gone;
        let put: Vec<(String, i64, Option<Vec<u8>>)> = put
            .into_iter()
            .map(|((key, part), record)| (key, part.into(), record))
            .collect();
        let (text, kinds) = (
            "COPY copied_row FROM STDIN BINARY",
            [Type::TEXT, Type::INT8, Type::BYTEA],
        );
        server.copy(
            text,
            &kinds,
            put.iter().map(|it| [&it.0 as &Value, &it.1, &it.2]),
        )?;

        let places = std::mem::take(&mut self.places).into_iter();
        let (put, gone): (Vec<_>, Vec<_>) = places.partition(|(_, it)| it.is_some());
        self.places = gone.into_iter().collect();
        let put: Vec<(Vec<u8>, String, i64)> = put
            .into_iter()
            .filter_map(|(person, place)| {
                let (key, part) = place?;
                Some((person.to_vec(), key, part.into()))
            })
            .collect();
        let (text, kinds) = (
            "COPY copied_place FROM STDIN BINARY",
            [Type::BYTEA, Type::TEXT, Type::INT8],
        );
        server.copy(
            text,
            &kinds,
            put.iter().map(|it| [&it.0 as &Value, &it.1, &it.2]),
        )?;

        let births = std::mem::take(&mut self.births).into_iter();
        let (put, gone): (Vec<_>, Vec<_>) = births.partition(|(_, it)| it.is_some());
        self.births = gone.into_iter().collect();
        let put: Vec<(i64, Vec<u8>, Option<Vec<u8>>)> = put
            .into_iter()
            .map(|((day, person), tags)| (day.into(), person.to_vec(), tags))
            .collect();
        let (text, kinds) = (
            "COPY copied_birth FROM STDIN BINARY",
            [Type::INT8, Type::BYTEA, Type::BYTEA],
        );
        server.copy(
            text,
            &kinds,
            put.iter().map(|it| [&it.0 as &Value, &it.1, &it.2]),
        )?;

        self.write_each(connection)?;
        Ok(connection.execute_batch(
            "INSERT INTO insured SELECT * FROM copied_row ON CONFLICT (key, part) DO UPDATE SET record = excluded.record;
             INSERT INTO person_place SELECT * FROM copied_place
               ON CONFLICT (person) DO UPDATE SET key = excluded.key, part = excluded.part;
             INSERT INTO person_by_birth SELECT * FROM copied_birth ON CONFLICT (day, person) DO UPDATE SET tags = excluded.tags;
             DROP TABLE copied_row, copied_place, copied_birth",
        )?)
    }
}

type Value = dyn ToSql + Sync;
