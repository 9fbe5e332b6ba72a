//! Where register and insurers lie that speak of people: read and written by few statements at a server, one by one in a file. Compares nothing.

use domain::insurer_number::InsurerNumber;
use domain::person::PersonId;

use super::{Claim, Testimonies, pack_person, unpack_person};
use crate::engine::StoreError;
use crate::sql::postgres::Server;
use crate::sql::postgres::columns::column;
use crate::sql::{Connection, Row, params};

const FAILED: StoreError = StoreError::Row("identity_claim");

fn id_of(person: PersonId) -> [u8; 16] {
    person.as_u128().to_be_bytes()
}

pub(super) fn read_one(
    connection: &Connection,
    person: PersonId,
    into: &mut Testimonies,
) -> Result<(), StoreError> {
    let text = "SELECT person, record FROM resident WHERE person = ?1";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query([id_of(person)])?;
    while let Some(row) = rows.next()? {
        take_resident(&row, into)?;
    }
    let text = "SELECT person, insurer, claim, items, confirmed, batch, since FROM identity_claim WHERE person = ?1";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query([id_of(person)])?;
    while let Some(row) = rows.next()? {
        take_claim(&row, into)?;
    }
    Ok(())
}

pub(super) fn read_all(
    server: &Server,
    people: &[PersonId],
    into: &mut Testimonies,
) -> Result<(), StoreError> {
    if people.is_empty() {
        return Ok(());
    }
    let ids: Vec<[u8; 16]> = people.iter().map(|it| id_of(*it)).collect();
    let ids = [column(&ids, |it| &it[..])];
    let text = "SELECT person, record FROM resident WHERE person = ANY (?1::bytea[])";
    for row in server.find(text, &ids)? {
        take_resident(&row, into)?;
    }
    let text = "SELECT person, insurer, claim, items, confirmed, batch, since FROM identity_claim
        WHERE person = ANY (?1::bytea[])";
    for row in server.find(text, &ids)? {
        take_claim(&row, into)?;
    }
    Ok(())
}

fn take_resident(row: &Row<'_>, into: &mut Testimonies) -> Result<(), StoreError> {
    let person = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
    let record = row.get_ref(1)?.as_blob().map_err(|_| FAILED)?;
    into.residents
        .insert(person, unpack_person(person, record)?);
    Ok(())
}

fn take_claim(row: &Row<'_>, into: &mut Testimonies) -> Result<(), StoreError> {
    let person = PersonId::from_u128(u128::from_be_bytes(row.get(0)?));
    let insurer = InsurerNumber::from_u32(row.get(1)?).map_err(|_| FAILED)?;
    let claim = Claim {
        claim: row.get(2)?,
        items: row.get(3)?,
        is_confirmed: row.get(4)?,
        batch: row.get(5)?,
        since: row.get(6)?,
    };
    into.claims
        .entry(person)
        .or_default()
        .insert(insurer, claim);
    Ok(())
}

pub(super) fn write_each(connection: &Connection, it: &Testimonies) -> Result<(), StoreError> {
    let (put, delete) = (
        "INSERT INTO resident (person, record) VALUES (?1, ?2) ON CONFLICT (person) DO UPDATE SET record = excluded.record",
        "DELETE FROM resident WHERE person = ?1",
    );
    for &person in &it.changed_residents {
        match it.resident(person) {
            Some(register) => connection
                .prepare_cached(put)?
                .execute(params![id_of(person), pack_person(register)?])?,
            None => connection
                .prepare_cached(delete)?
                .execute([id_of(person)])?,
        };
    }
    let (put, delete) = (
        "INSERT INTO identity_claim (person, insurer, claim, items, confirmed, batch, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (person, insurer) DO UPDATE SET claim = excluded.claim, items = excluded.items, confirmed = excluded.confirmed,
         batch = excluded.batch, since = excluded.since",
        "DELETE FROM identity_claim WHERE person = ?1 AND insurer = ?2",
    );
    for &(insurer, person) in &it.changed_claims {
        match it.claim((insurer, person)) {
            Some(it) => connection.prepare_cached(put)?.execute(params![
                id_of(person),
                insurer.as_u32(),
                it.claim,
                it.items,
                it.is_confirmed,
                it.batch,
                it.since
            ])?,
            None => connection
                .prepare_cached(delete)?
                .execute(params![id_of(person), insurer.as_u32()])?,
        };
    }
    Ok(())
}

pub(super) fn write_all(server: &Server, it: &Testimonies) -> Result<(), StoreError> {
    write_residents(server, it)?;
    write_claims(server, it)
}

fn write_residents(server: &Server, it: &Testimonies) -> Result<(), StoreError> {
    let (mut put, mut gone) = (Vec::new(), Vec::new());
    for &person in &it.changed_residents {
        match it.resident(person) {
            Some(register) => put.push((id_of(person), pack_person(register)?)),
            None => gone.push(id_of(person)),
        }
    }
    if !put.is_empty() {
        let text =
            "INSERT INTO resident (person, record) SELECT * FROM unnest(?1::bytea[], ?2::bytea[])
            ON CONFLICT (person) DO UPDATE SET record = excluded.record";
        let columns = [
            column(&put, |(person, _)| &person[..]),
            column(&put, |(_, record)| &record[..]),
        ];
        server.put(text, &columns)?;
    }
    if !gone.is_empty() {
        let text = "DELETE FROM resident WHERE person = ANY (?1::bytea[])";
        server.put(text, &[column(&gone, |it| &it[..])])?;
    }
    Ok(())
}

fn write_claims(server: &Server, it: &Testimonies) -> Result<(), StoreError> {
    let (mut put, mut gone) = (Vec::new(), Vec::new());
    for &(insurer, person) in &it.changed_claims {
        let whose = (id_of(person), i64::from(insurer.as_u32()));
        match it.claim((insurer, person)) {
            Some(claim) => put.push((whose, claim)),
            None => gone.push(whose),
        }
    }
    if !put.is_empty() {
        let text = "INSERT INTO identity_claim (person, insurer, claim, items, confirmed, batch, since)
            SELECT * FROM unnest(?1::bytea[], ?2::bigint[], ?3::bytea[], ?4::text[], ?5::bigint[], ?6::bigint[], ?7::bigint[])
            ON CONFLICT (person, insurer) DO UPDATE SET claim = excluded.claim, items = excluded.items,
            confirmed = excluded.confirmed, batch = excluded.batch, since = excluded.since";
        let columns = [
            column(&put, |(whose, _)| &whose.0[..]),
            column(&put, |(whose, _)| whose.1),
            column(&put, |(_, claim)| claim.claim.as_deref()),
            column(&put, |(_, claim)| claim.items.as_str()),
            column(&put, |(_, claim)| i64::from(claim.is_confirmed)),
            column(&put, |(_, claim)| i64::from(claim.batch)),
            column(&put, |(_, claim)| claim.since),
        ];
        server.put(text, &columns)?;
    }
    if !gone.is_empty() {
        let text = "DELETE FROM identity_claim c USING unnest(?1::bytea[], ?2::bigint[]) AS gone (person, insurer)
            WHERE c.person = gone.person AND c.insurer = gone.insurer";
        let columns = [column(&gone, |it| &it.0[..]), column(&gone, |it| it.1)];
        server.put(text, &columns)?;
    }
    Ok(())
}
