//! Where people lie: whole in a row of the key of their newest coverage, by a mark under every other key they ever had. Reads and writes
//! those rows; what is in them is `rows::household`'s.

mod changes;
pub(super) mod first_load;
mod gathering;
mod many;

use std::collections::{BTreeMap, BTreeSet};

use domain::civil_date::CivilDate;
use domain::coverage::Registration;
use domain::person::PersonId;

use self::changes::{Becomes, Changes, Known, Place};
use self::gathering::gather;
pub(crate) use self::many::registrations_of;
use super::without_card;
use crate::engine::StoreError;
use crate::rows::household::{Household, Member, pack};
use crate::sql::{Connection, OptionalExtension, Row, params};

/// Members of one row at most.
const MEMBERS: usize = 6;

/// Bytes of a row of several members at most: what is longer would not fit beside others on a page of a file.
const BYTES: usize = 900;

/// How often somebody is looked for who moves between finding their row and reading it.
const MOVES: usize = 4;

type Id = [u8; 16];

fn id_of(person: PersonId) -> Id {
    person.as_u128().to_be_bytes()
}

/// Everybody one key leads to, those born on one day where it is given, each once.
pub(crate) fn led_to(
    connection: &Connection,
    key: &str,
    born: Option<CivilDate>,
) -> Result<Vec<Registration>, StoreError> {
    let mut statement = connection.prepare_cached(LED_TO)?;
    let mut rows = statement.query([key])?;
    let mut members = Members::default();
    while let Some(row) = rows.next()? {
        members.read(&row, born)?;
    }
    drop(rows);
    members.with_others(|person| registration_of(connection, person))
}

/// The rows of a key.
pub(super) const LED_TO: &str = "SELECT record FROM insured WHERE key = ?1 ORDER BY part LIMIT 64";

/// Those of a key's rows who are meant: who lies there whole, and who is only marked there.
#[derive(Default)]
pub(super) struct Members {
    found: Vec<Registration>,
    elsewhere: Vec<PersonId>,
}

impl Members {
    /// Reads a row of [`LED_TO`].
    pub(super) fn read(
        &mut self,
        row: &Row<'_>,
        born: Option<CivilDate>,
    ) -> Result<(), StoreError> {
        let record = row.get_ref(0)?.as_blob();
        let mut household = Household::open(record.map_err(|_| StoreError::Row("household"))?)?;
        while let Some(head) = household.next()? {
            if born.is_some_and(|born| born != head.birth_date) {
                continue;
            }
            match household.read(&head)? {
                Some(registration) => self.found.push(registration),
                None => self.elsewhere.push(head.id),
            }
        }
        Ok(())
    }

    /// All of them, those who lie elsewhere as they are read there.
    pub(super) fn with_others(
        self,
        mut read: impl FnMut(PersonId) -> Result<Option<Registration>, StoreError>,
    ) -> Result<Vec<Registration>, StoreError> {
        let mut found = self.found;
        for person in self.elsewhere {
            found.extend(read(person)?);
        }
        found.sort_by_key(|it| it.person.id);
        // Somebody who moved between two of these reads.
        found.dedup_by_key(|it| it.person.id);
        Ok(found)
    }
}

/// The rows of keys from one on and before another, behind a place and so many of them: whom they lead to, each with the key, and the place
/// of the last; no place where there are no more.
pub(crate) fn rows_behind(
    connection: &Connection,
    (key, part): (&str, i64),
    end: &str,
    rows: u32,
) -> Result<RowsBehind, StoreError> {
    let text = "SELECT key, part, record FROM insured
        WHERE ?1 <= key AND key < ?3 AND (?1 < key OR ?2 < part) ORDER BY key, part LIMIT ?4";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![key, part, end, rows])?;
    let mut records: Vec<(String, i64, Vec<u8>)> = Vec::new();
    while let Some(row) = rows.next()? {
        records.push((row.get(0)?, row.get(1)?, row.get(2)?));
    }
    drop(rows);
    let last = records.last().map(|(key, part, _)| (key.clone(), *part));
    let (mut met, mut marks) = (Vec::new(), Vec::new());
    for (key, _, record) in records {
        let mut household = Household::open(&record)?;
        while let Some(head) = household.next()? {
            let whole = household.read(&head)?;
            if whole.is_none() {
                marks.push(head.id);
            }
            met.push((key.clone(), head.id, whole));
        }
    }
    let elsewhere = registrations_of(connection, &marks)?;
    let found = met.into_iter().filter_map(|(key, id, whole)| {
        let registration = whole.or_else(|| elsewhere.get(&id).cloned());
        registration.map(|it| (key, it))
    });
    Ok((found.collect(), last))
}

/// Whom rows lead to, and where the last of them lies.
type RowsBehind = (Vec<(String, Registration)>, Option<(String, i64)>);

/// A person with their coverages.
pub(crate) fn registration_of(
    connection: &Connection,
    person: PersonId,
) -> Result<Option<Registration>, StoreError> {
    for _ in 0..MOVES {
        let Some((key, part)) = place_of(connection, person)? else {
            return Ok(None);
        };
        // A text of its own, which names what a divided table is divided by (`packaging/cluster/shards.sql`).
        let text = "SELECT record FROM insured WHERE key = ?1 AND part = ?2";
        let mut statement = connection.prepare_cached(text)?;
        let mut rows = statement.query(params![key, part])?;
        if let Some(row) = rows.next()? {
            let record = row.get_ref(0)?.as_blob();
            let household = Household::open(record.map_err(|_| StoreError::Row("household"))?)?;
            if let Some(registration) = household.find(person)? {
                return Ok(Some(registration));
            }
        }
    }
    Err(StoreError::Row("person_place"))
}

/// In which row a person lies whole.
fn place_of(
    connection: &Connection,
    person: PersonId,
) -> Result<Option<(String, u32)>, StoreError> {
    let text = "SELECT key, part FROM person_place WHERE person = ?1";
    let mut statement = connection.prepare_cached(text)?;
    let place = statement.query_row([id_of(person)], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(place.optional()?)
}

/// Stores people, replacing those already known by the same identifier.
pub(crate) fn store_people(
    connection: &Connection,
    people: Vec<Prepared>,
) -> Result<(), StoreError> {
    change_people(connection, people, &[])
}

/// Stores people as [`store_people`] does, and takes others out of everything they are found by.
pub(crate) fn change_people(
    connection: &Connection,
    people: Vec<Prepared>,
    leaving: &[PersonId],
) -> Result<(), StoreError> {
    let put = people.iter().map(|it| id_of(it.registration.person.id));
    let ids = put.chain(leaving.iter().map(|it| id_of(*it))).collect();
    let mut editing = Editing::new(connection, Known::read(connection, &people, ids)?);
    for person in people {
        editing.put(person)?;
    }
    for person in leaving {
        editing.take_out(*person)?;
    }
    editing.write()
}

/// A person with what is worked out of them before anything is written, which any thread may do.
pub struct Prepared {
    registration: Registration,
    main: String,
    others: BTreeSet<String>,
    tags: Vec<u8>,
}

impl Prepared {
    /// Works it out.
    #[must_use]
    pub fn of(registration: Registration) -> Self {
        let main = main_key(&registration);
        Self {
            others: other_keys(&registration, &main),
            main,
            tags: without_card::tags(&registration.person),
            registration,
        }
    }
}

/// The key under which a person lies whole.
fn main_key(registration: &Registration) -> String {
    let newest = registration
        .coverages
        .iter()
        .max_by_key(|it| (it.loss.is_none(), it.acquired, it.issued));
    match newest {
        Some(coverage) => coverage.key().as_str().to_owned(),
        // Somebody who never had a coverage is found by card alone; no question has such a key.
        None => format!("~{:032x}", registration.person.id.as_u128()),
    }
}

/// The other keys of a person.
fn other_keys(registration: &Registration, main: &str) -> BTreeSet<String> {
    let keys = registration
        .coverages
        .iter()
        .map(|it| it.key().as_str().to_owned());
    keys.filter(|it| it != main).collect()
}

/// Rows being changed. Each is read once and written once, in the order of keys: those of neighbours lie beside each other.
struct Editing<'c> {
    connection: &'c Connection,
    met: BTreeSet<Id>,
    /// Those who were stored before.
    stored: BTreeSet<Id>,
    /// What was read, of people who did not change yet and of keys.
    known: Known,
    places: BTreeMap<Id, Option<Place>>,
    births: BTreeMap<(i32, Id), Option<Vec<u8>>>,
    without_tickets: BTreeSet<Id>,
    tickets: BTreeSet<(i64, String, Id)>,
}

/// A row of one key.
struct Part {
    members: Vec<Kept>,
    is_known: bool,
    is_changed: bool,
}

/// A member and in which row they are known to lie.
struct Kept {
    member: Member,
    place: Option<u32>,
}

impl<'c> Editing<'c> {
    fn new(connection: &'c Connection, known: Known) -> Self {
        Self {
            connection,
            met: BTreeSet::new(),
            stored: BTreeSet::new(),
            known,
            places: BTreeMap::new(),
            births: BTreeMap::new(),
            without_tickets: BTreeSet::new(),
            tickets: BTreeSet::new(),
        }
    }

    fn put(&mut self, prepared: Prepared) -> Result<(), StoreError> {
        let registration = prepared.registration;
        let person = &registration.person;
        let (id, birth_date) = (person.id, person.birth_date);
        self.take_out(id)?;
        let birth = (birth_date.to_epoch_days(), id_of(id));
        self.births.insert(birth, Some(prepared.tags));
        for ticket in registration.coverages.iter().flat_map(|it| &it.tickets) {
            let facility = ticket.facility.as_u64().cast_signed();
            self.tickets
                .insert((facility, ticket.month.to_iso(), id_of(id)));
        }
        let mark = |registration| Member {
            id,
            birth_date,
            registration,
        };
        for key in prepared.others {
            self.add(key, mark(None))?;
        }
        self.add(prepared.main, mark(Some(registration)))
    }

    fn take_out(&mut self, person: PersonId) -> Result<(), StoreError> {
        let id = id_of(person);
        if !self.met.insert(id) {
            // Put or taken out by this very change: from here on they are where it says.
            self.write()?;
            self.met.insert(id);
        }
        let place = match self.known.places.remove(&id) {
            Some(known) => known,
            None => place_of(self.connection, person)?,
        };
        let Some((key, part)) = place else {
            return Ok(());
        };
        self.stored.insert(id);
        self.without_tickets.insert(id);
        self.places.insert(id, None);
        let taken = self.part(&key, part)?.take_out(person);
        let registration = taken.and_then(|it| it.registration);
        let registration = registration.ok_or(StoreError::Row("person_place"))?;
        let born = registration.person.birth_date.to_epoch_days();
        self.births.insert((born, id), None);
        for other in other_keys(&registration, &key) {
            for part in self.parts(&other)? {
                self.part(&other, part)?.take_out(person);
            }
        }
        Ok(())
    }

    /// Adds a member to the last row of a key, or to one behind it.
    fn add(&mut self, key: String, member: Member) -> Result<(), StoreError> {
        self.last(&key)?;
        Part::add(self.known.keys.entry(key).or_default(), member);
        Ok(())
    }

    /// The number of a key's last row, which is read; 0 where there is none.
    fn last(&mut self, key: &str) -> Result<u32, StoreError> {
        if let Some(parts) = self.known.keys.get(key) {
            // Whatever was read of a key, its last row was among it.
            return Ok(parts.last_key_value().map_or(0, |(last, _)| *last));
        }
        let text = "SELECT part, record FROM insured WHERE key = ?1 ORDER BY part DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(text)?;
        let mut rows = statement.query([key])?;
        let Some(row) = rows.next()? else {
            return Ok(0);
        };
        let last = row.get(0)?;
        let record = row.get_ref(1)?.as_blob();
        let part = Part::read(last, record.map_err(|_| StoreError::Row("household"))?)?;
        self.known
            .keys
            .entry(key.to_owned())
            .or_default()
            .insert(last, part);
        Ok(last)
    }

    /// The numbers of a key's rows.
    fn parts(&mut self, key: &str) -> Result<BTreeSet<u32>, StoreError> {
        if self.known.whole.contains(key) {
            let read = self.known.keys.get(key).into_iter();
            return Ok(read.flat_map(BTreeMap::keys).copied().collect());
        }
        let text = "SELECT part FROM insured WHERE key = ?1";
        let mut statement = self.connection.prepare_cached(text)?;
        let stored = statement.query_map([key], |row| row.get(0))?;
        let mut parts = stored.collect::<Result<BTreeSet<u32>, _>>()?;
        if let Some(read) = self.known.keys.get(key) {
            parts.extend(read.keys());
        }
        Ok(parts)
    }

    /// A row of a key.
    fn part(&mut self, key: &str, part: u32) -> Result<&mut Part, StoreError> {
        // Its last row as well, so that a new one comes behind it.
        self.last(key)?;
        let parts = self.known.keys.entry(key.to_owned()).or_default();
        match parts.entry(part) {
            std::collections::btree_map::Entry::Occupied(read) => Ok(read.into_mut()),
            std::collections::btree_map::Entry::Vacant(new) => {
                let text = "SELECT record FROM insured WHERE key = ?1 AND part = ?2";
                let mut statement = self.connection.prepare_cached(text)?;
                let record: Option<Vec<u8>> = statement
                    .query_row(params![key, part], |row| row.get(0))
                    .optional()?;
                let record = record.ok_or(StoreError::Row("person_place"))?;
                Ok(new.insert(Part::read(part, &record)?))
            }
        }
    }

    /// Writes what was changed.
    fn write(&mut self) -> Result<(), StoreError> {
        self.met.clear();
        let gathered = gather(std::mem::take(&mut self.known).keys)?;
        self.stored.extend(gathered.moved);
        let mut places = std::mem::take(&mut self.places);
        let found = gathered.places.into_iter();
        places.extend(found.map(|(person, place)| (person, Some(place))));
        let places = places.into_iter().map(|(id, place)| {
            let was = self.stored.contains(&id);
            (id, Becomes::of(place, was))
        });
        let births = std::mem::take(&mut self.births).into_iter();
        let births = births.map(|(birth, tags)| {
            let was = self.stored.contains(&birth.1);
            (birth, Becomes::of(tags, was))
        });
        let changes = Changes {
            rows: gathered.rows,
            places: places.collect(),
            births: births.collect(),
            without_tickets: std::mem::take(&mut self.without_tickets),
            tickets: std::mem::take(&mut self.tickets),
        };
        changes.write(self.connection)
    }
}

impl Part {
    fn new() -> Self {
        Self {
            members: Vec::new(),
            is_known: false,
            is_changed: false,
        }
    }

    fn read(number: u32, record: &[u8]) -> Result<Self, StoreError> {
        let members = Household::open(record)?.members()?;
        let kept = |member| Kept {
            member,
            place: Some(number),
        };
        Ok(Self {
            members: members.into_iter().map(kept).collect(),
            is_known: true,
            is_changed: false,
        })
    }

    /// Adds a member to the last of a key's rows, or to one behind it.
    fn add(parts: &mut BTreeMap<u32, Self>, member: Member) {
        let last = parts.last_key_value();
        let number = last.map_or(0, |(last, it)| {
            last + u32::from(MEMBERS <= it.members.len())
        });
        let part = parts.entry(number).or_insert_with(Self::new);
        part.is_changed = true;
        part.members.push(Kept {
            member,
            place: None,
        });
    }

    fn take_out(&mut self, person: PersonId) -> Option<Member> {
        let at = self.members.iter().position(|it| it.member.id == person)?;
        self.is_changed = true;
        Some(self.members.remove(at).member)
    }

    fn pack(&self) -> Result<Vec<u8>, StoreError> {
        pack(self.members.iter().map(|it| &it.member))
    }
}
