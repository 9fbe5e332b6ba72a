//! Puts the lines of an arrived batch in place, statement by statement: a line replaces the one of the same number, the others stay.
//! Runs within one transaction, and holds one statement in memory at a time.

use std::collections::BTreeMap;

use domain::civil_date::CivilDate;
use domain::feed::FeedKind;
use domain::feed::statement::Record;
use domain::medical_information::kind::InformationKind;

use super::batches::Changed;
use super::{FAILED, pack, unpack};
use crate::engine::StoreError;
use crate::sql::{Connection, OptionalExtension, params};

/// Statements whose names are read at a time.
const AT_ONCE: u32 = 1_000;

/// Where the record of a statement lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    person: [u8; 16],
    day: i32,
    place: i64,
}

/// A statement as it is stored: where, and its lines by their numbers.
type Stored = (Place, BTreeMap<u32, Record>);

/// Puts everything that arrived with a batch in place.
pub(super) fn publish(
    connection: &Connection,
    kind: FeedKind,
    batch: u32,
) -> Result<Changed, StoreError> {
    let text = "SELECT statement, person FROM arriving_statement WHERE batch = ?1 AND ?2 < statement ORDER BY statement LIMIT ?3";
    let (mut changed, mut after) = (Changed::default(), String::new());
    loop {
        let mut page = connection.prepare_cached(text)?;
        let mut rows = page.query(params![batch, after, AT_ONCE])?;
        let mut statements = Vec::new();
        while let Some(row) = rows.next()? {
            let found: (String, [u8; 16]) = (row.get(0)?, row.get(1)?);
            statements.push(found);
        }
        let Some((last, _)) = statements.last() else {
            return Ok(changed);
        };
        after.clone_from(last);
        for (statement, person) in statements {
            put(
                connection,
                (kind, &statement),
                (batch, person),
                &mut changed,
            )?;
        }
    }
}

fn put(
    connection: &Connection,
    (kind, statement): (FeedKind, &str),
    (batch, person): (u32, [u8; 16]),
    changed: &mut Changed,
) -> Result<(), StoreError> {
    let new = arrived(connection, kind, (batch, statement))?;
    let before = stored(connection, kind, statement)?;
    let (earlier, mut lines) = match before {
        // What another person's statement of this name held is never put to this one.
        Some((place, _)) if place.person != person => (Some(place), BTreeMap::new()),
        Some((place, lines)) => (Some(place), lines),
        None => (None, BTreeMap::new()),
    };
    let head = new.first_key_value().ok_or(FAILED)?.1.head();
    let moved = earlier.is_some_and(|place| place.person != person)
        || lines
            .values()
            .next()
            .is_some_and(|line| line.head() != head);
    let mut is_changed = moved;
    for (number, line) in new {
        match lines.insert(number, line.clone()) {
            None => changed.added += 1,
            Some(old) if old == line && !moved => {
                changed.unchanged += 1;
                continue;
            }
            Some(_) => changed.replaced += 1,
        }
        is_changed = true;
    }
    if !is_changed {
        return Ok(());
    }
    // A corrected head is that of all lines, those that did not come again included.
    let lines = lines
        .into_iter()
        .map(|(number, line)| (number, line.under(&head)));
    let (record, numbers) = Record::join(lines.collect()).ok_or(FAILED)?;
    let day = day_of(&record).to_epoch_days();
    let place = match earlier {
        Some(it) if (it.person, it.day) == (person, day) => it,
        Some(_) | None => Place {
            person,
            day,
            place: free_place(connection, (kind, statement), (&person, day))?,
        },
    };
    if let Some(earlier) = earlier.filter(|it| *it != place) {
        remove(connection, kind, earlier)?;
    }
    write(connection, kind, place, &record)?;
    let numbers = postcard::to_stdvec(&numbers).map_err(|_| FAILED)?;
    connection
        .prepare_cached("INSERT INTO statement VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (kind, statement) DO UPDATE SET person = excluded.person, day = excluded.day, place = excluded.place, numbers = excluded.numbers")?
        .execute(params![
            kind.as_str(),
            statement,
            person,
            day,
            place.place,
            numbers
        ])?;
    // The reader asks about what exists.
    connection
        .prepare_cached("INSERT INTO holding VALUES (?1, ?2, NULL, NULL) ON CONFLICT (person, kind) DO UPDATE SET first_day = excluded.first_day, last_day = excluded.last_day")?
        .execute(params![person, kind.information().as_str()])?;
    Ok(())
}

fn arrived(
    connection: &Connection,
    kind: FeedKind,
    (batch, statement): (u32, &str),
) -> Result<BTreeMap<u32, Record>, StoreError> {
    let text = "SELECT number, record FROM arriving_line WHERE batch = ?1 AND statement = ?2";
    let mut lines = connection.prepare_cached(text)?;
    let mut rows = lines.query(params![batch, statement])?;
    let mut all = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let record = row.get_ref(1)?.as_blob().map_err(|_| FAILED)?;
        all.insert(row.get(0)?, unpack(kind, record)?);
    }
    Ok(all)
}

/// What is stored of a statement, by the numbers of its lines.
fn stored(
    connection: &Connection,
    kind: FeedKind,
    statement: &str,
) -> Result<Option<Stored>, StoreError> {
    let text =
        "SELECT person, day, place, numbers FROM statement WHERE kind = ?1 AND statement = ?2";
    let found: Option<(Place, Vec<u8>)> = connection
        .prepare_cached(text)?
        .query_row(params![kind.as_str(), statement], |row| {
            let place = Place {
                person: row.get(0)?,
                day: row.get(1)?,
                place: row.get(2)?,
            };
            Ok((place, row.get(3)?))
        })
        .optional()?;
    let Some((place, numbers)) = found else {
        return Ok(None);
    };
    let numbers: Vec<u32> = postcard::from_bytes(&numbers).map_err(|_| FAILED)?;
    let text = match kind.information() {
        InformationKind::Drugs | InformationKind::Treatment => {
            "SELECT record FROM drug_month WHERE person = ?1 AND month = ?2 AND place = ?3 AND kind = ?4"
        }
        InformationKind::Surgery => {
            "SELECT record FROM surgery WHERE person = ?1 AND day = ?2 AND place = ?3 AND ?4 = 'surgery'"
        }
        InformationKind::Checkups => {
            "SELECT record FROM checkup WHERE person = ?1 AND day = ?2 AND place = ?3 AND ?4 = 'checkups'"
        }
    };
    let record: Vec<u8> = connection.prepare_cached(text)?.query_row(
        params![
            place.person,
            place.day,
            place.place,
            kind.information().as_str()
        ],
        |row| row.get(0),
    )?;
    let lines = unpack(kind, &record)?.lines();
    Ok(Some((place, numbers.into_iter().zip(lines).collect())))
}

fn day_of(record: &Record) -> CivilDate {
    match record {
        Record::Month(month) => month.month.first_day(),
        Record::Surgery(surgery) => surgery.day,
        Record::Checkup(checkup) => checkup.day,
    }
}

/// A place nothing lies at. Drugs and treatment of one claim lie at the same one, so that readers find them together.
fn free_place(
    connection: &Connection,
    (kind, statement): (FeedKind, &str),
    (person, day): (&[u8; 16], i32),
) -> Result<i64, StoreError> {
    let sibling = match kind {
        FeedKind::Drugs => Some(FeedKind::Treatment),
        FeedKind::Treatment => Some(FeedKind::Drugs),
        FeedKind::Prescriptions
        | FeedKind::Dispensings
        | FeedKind::Surgery
        | FeedKind::Checkups => None,
    };
    if let Some(sibling) = sibling {
        let text = "SELECT place FROM statement WHERE kind = ?1 AND statement = ?2 AND person = ?3 AND day = ?4";
        let beside: Option<i64> = connection
            .prepare_cached(text)?
            .query_row(params![sibling.as_str(), statement, person, day], |row| {
                row.get(0)
            })
            .optional()?;
        if let Some(place) = beside {
            return Ok(place);
        }
    }
    let text = match kind.information() {
        InformationKind::Drugs | InformationKind::Treatment => {
            "SELECT coalesce(max(place), -1) + 1 FROM drug_month WHERE person = ?1 AND month = ?2"
        }
        InformationKind::Surgery => {
            "SELECT coalesce(max(place), -1) + 1 FROM surgery WHERE person = ?1 AND day = ?2"
        }
        InformationKind::Checkups => {
            "SELECT coalesce(max(place), -1) + 1 FROM checkup WHERE person = ?1 AND day = ?2"
        }
    };
    Ok(connection
        .prepare_cached(text)?
        .query_row(params![person, day], |row| row.get(0))?)
}

/// Takes a record away from where it lay, and what is said to exist with it where nothing of its kind is left there.
fn remove(connection: &Connection, kind: FeedKind, place: Place) -> Result<(), StoreError> {
    let information = kind.information();
    let (delete, left) = match information {
        InformationKind::Drugs | InformationKind::Treatment => (
            "DELETE FROM drug_month WHERE person = ?1 AND month = ?2 AND place = ?3 AND kind = ?4",
            "SELECT EXISTS (SELECT 1 FROM drug_month WHERE person = ?1 AND kind = ?2)",
        ),
        InformationKind::Surgery => (
            "DELETE FROM surgery WHERE person = ?1 AND day = ?2 AND place = ?3 AND ?4 = 'surgery'",
            "SELECT EXISTS (SELECT 1 FROM surgery WHERE person = ?1 AND ?2 = 'surgery')",
        ),
        InformationKind::Checkups => (
            "DELETE FROM checkup WHERE person = ?1 AND day = ?2 AND place = ?3 AND ?4 = 'checkups'",
            "SELECT EXISTS (SELECT 1 FROM checkup WHERE person = ?1 AND ?2 = 'checkups')",
        ),
    };
    connection.prepare_cached(delete)?.execute(params![
        place.person,
        place.day,
        place.place,
        information.as_str()
    ])?;
    let is_left: bool = connection
        .prepare_cached(left)?
        .query_row(params![place.person, information.as_str()], |row| {
            row.get(0)
        })?;
    if !is_left {
        connection
            .prepare_cached("DELETE FROM holding WHERE person = ?1 AND kind = ?2")?
            .execute(params![place.person, information.as_str()])?;
    }
    Ok(())
}

fn write(
    connection: &Connection,
    kind: FeedKind,
    Place { person, day, place }: Place,
    record: &Record,
) -> Result<(), StoreError> {
    let packed = pack(record)?;
    match record {
        Record::Month(month) => connection
            .prepare_cached("INSERT INTO drug_month VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (person, month, place, kind) DO UPDATE SET source = excluded.source, record = excluded.record")?
            .execute(params![
                person,
                day,
                place,
                kind.information().as_str(),
                month.source.as_str(),
                packed
            ])?,
        Record::Surgery(_) => connection
            .prepare_cached("INSERT INTO surgery VALUES (?1, ?2, ?3, ?4) ON CONFLICT (person, day, place) DO UPDATE SET record = excluded.record")?
            .execute(params![person, day, place, packed])?,
        Record::Checkup(_) => connection
            .prepare_cached("INSERT INTO checkup VALUES (?1, ?2, ?3, ?4) ON CONFLICT (person, day, place) DO UPDATE SET record = excluded.record")?
            .execute(params![person, day, place, packed])?,
    };
    Ok(())
}
