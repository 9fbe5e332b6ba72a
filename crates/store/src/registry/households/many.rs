//! Many people found at once: at a server by few statements for all of them, in a file one by one. Changes nothing.

use std::collections::BTreeMap;

use domain::coverage::Registration;
use domain::person::PersonId;

use super::changes::Place;
use super::{Household, Id, id_of, registration_of};
use crate::engine::StoreError;
use crate::sql::Connection;
use crate::sql::postgres::Server;
use crate::sql::postgres::columns::column;

/// Those of these people who are known, with their coverages.
pub(crate) fn registrations_of(
    connection: &Connection,
    people: &[PersonId],
) -> Result<BTreeMap<PersonId, Registration>, StoreError> {
    let mut found = BTreeMap::new();
    let Connection::Postgres(server) = connection else {
        for &person in people {
            found.extend(registration_of(connection, person)?.map(|it| (person, it)));
        }
        return Ok(found);
    };
    if people.is_empty() {
        return Ok(found);
    }
    let ids: Vec<Id> = people.iter().map(|it| id_of(*it)).collect();
    let places = places_of(server, &ids)?;
    let records = rows_at(server, places.values())?;
    for (id, place) in places {
        let person = PersonId::from_u128(u128::from_be_bytes(id));
        let lies_there = match records.get(&place) {
            Some(record) => Household::open(record)?.find(person)?,
            None => None,
        };
        let registration = match lies_there {
            Some(registration) => Some(registration),
            // Moved between the two statements.
            None => registration_of(connection, person)?,
        };
        found.extend(registration.map(|it| (person, it)));
    }
    Ok(found)
}

/// In which rows people lie whole.
pub(super) fn places_of(server: &Server, ids: &[Id]) -> Result<BTreeMap<Id, Place>, StoreError> {
    let text = "SELECT person, key, part FROM person_place WHERE person = ANY (?1::bytea[])";
    let rows = server.find(text, &[column(ids, |it| &it[..])])?;
    let mut places = BTreeMap::new();
    for row in &rows {
        places.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
    }
    Ok(places)
}

/// The rows that lie at places.
pub(super) fn rows_at<'p>(
    server: &Server,
    places: impl Iterator<Item = &'p Place>,
) -> Result<BTreeMap<Place, Vec<u8>>, StoreError> {
    let places: Vec<&Place> = places.collect();
    let text = "SELECT i.key, i.part, i.record FROM (SELECT DISTINCT * FROM unnest(?1::text[], ?2::bigint[])) AS at (key, part)
        JOIN insured i ON i.key = at.key AND i.part = at.part";
    let columns = [
        column(&places, |it| it.0.as_str()),
        column(&places, |it| i64::from(it.1)),
    ];
    read(&server.find(text, &columns)?)
}

/// The last row of each of these keys.
pub(super) fn last_rows(
    server: &Server,
    keys: &[&str],
) -> Result<BTreeMap<Place, Vec<u8>>, StoreError> {
    let text = "SELECT DISTINCT ON (key) key, part, record FROM insured WHERE key = ANY (?1::text[]) ORDER BY key, part DESC";
    read(&server.find(text, &[column(keys, |it| *it)])?)
}

/// All rows of these keys.
pub(super) fn all_rows(
    server: &Server,
    keys: &[&str],
) -> Result<BTreeMap<Place, Vec<u8>>, StoreError> {
    let text = "SELECT key, part, record FROM insured WHERE key = ANY (?1::text[])";
    read(&server.find(text, &[column(keys, |it| *it)])?)
}

fn read(rows: &[crate::sql::Row<'_>]) -> Result<BTreeMap<Place, Vec<u8>>, StoreError> {
    let mut records = BTreeMap::new();
    for row in rows {
        records.insert((row.get(0)?, row.get(1)?), row.get(2)?);
    }
    Ok(records)
}
