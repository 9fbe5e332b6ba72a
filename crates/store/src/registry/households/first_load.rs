//! Everybody into a registry of files that holds nobody yet. They are sorted before they are written, so that each page is filled once,
//! into tables of their own, which take the place of the empty ones at the end. Changes nobody who is stored.

mod spill;

use std::collections::BTreeMap;
use std::path::Path;

use tokio::sync::mpsc;
use uuid::Uuid;

use self::spill::{Sorted, Spill};
use super::changes::{Becomes, Place};
use super::{Household, Id, Member, Part, Prepared, gather, id_of};
use crate::database::Database;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, params};

/// From so many people on they are sorted: fewer fill few pages in any case.
const FEWEST: u64 = 20_000;

/// Bytes of what is sorted in memory: of rows, and of each of the smaller tables.
const RUN_OF_ROWS: usize = 64 << 20;
const RUN_OF_OTHERS: usize = 16 << 20;

/// Bytes of one transaction.
const CHUNK_BYTES: usize = 8 << 20;

/// How the tables of a first load begin.
const PREFIX: &str = "first_load_";

/// The tables that are sorted.
const TABLES: [&str; 3] = ["insured", "person_place", "person_by_birth"];

/// People on their way into a registry that holds nobody. Nobody sees one of them before [`FirstLoad::publish`] has ended; dropped
/// instead, nothing of them is left.
pub struct FirstLoad {
    registry: Database,
    people: u64,
    rows: Spill,
    places: Spill,
    births: Spill,
    tickets: Spill,
}

impl std::fmt::Debug for FirstLoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FirstLoad({} people)", self.people)
    }
}

impl Engine {
    /// Begins to load so many people, where that is worth it: `None` where they are few, where somebody is stored already, and at a server.
    /// Until it ends it takes about as much disk beside the registry as the registry will have.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn first_load(&self, people: u64) -> Result<Option<FirstLoad>, StoreError> {
        let Some(path) = self.registry().path() else {
            return Ok(None);
        };
        if people < FEWEST || self.registry().read(is_somebody_stored)? {
            return Ok(None);
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let spill = |bytes| Spill::new(folder, bytes);
        Ok(Some(FirstLoad {
            registry: self.registry().clone(),
            people: 0,
            rows: spill(RUN_OF_ROWS)?,
            places: spill(RUN_OF_OTHERS)?,
            births: spill(RUN_OF_OTHERS)?,
            tickets: spill(RUN_OF_OTHERS)?,
        }))
    }
}

fn is_somebody_stored(connection: &Connection) -> Result<bool, StoreError> {
    let text = "SELECT EXISTS (SELECT 1 FROM insured)";
    Ok(connection.query_row(text, [], |row| row.get(0))?)
}

impl FirstLoad {
    /// Takes people, each once in the whole load. Blocks the thread; tens of thousands at a time pack best, on all threads.
    ///
    /// # Errors
    /// [`StoreError`]; then the load is of no use any more.
    pub fn take(&mut self, people: Vec<Prepared>) -> Result<(), StoreError> {
        self.people += people.len() as u64;
        let mut keys: BTreeMap<String, BTreeMap<u32, Part>> = BTreeMap::new();
        for prepared in people {
            self.take_beside(&prepared)?;
            let person = &prepared.registration.person;
            let (id, birth_date) = (person.id, person.birth_date);
            let member = |registration| Member {
                id,
                birth_date,
                registration,
            };
            for key in prepared.others {
                Part::add(keys.entry(key).or_default(), member(None));
            }
            let whole = member(Some(prepared.registration));
            Part::add(keys.entry(prepared.main).or_default(), whole);
        }
        for ((key, _), record) in packed(keys)? {
            self.rows.push(key.as_bytes(), &record)?;
        }
        Ok(())
    }

    /// What stands of somebody beside their rows.
    fn take_beside(&mut self, prepared: &Prepared) -> Result<(), StoreError> {
        let person = &prepared.registration.person;
        let id = id_of(person.id);
        let birth = key_of_birth(person.birth_date.to_epoch_days(), id);
        self.births.push(&birth, &prepared.tags)?;
        let coverages = &prepared.registration.coverages;
        for ticket in coverages.iter().flat_map(|it| &it.tickets) {
            let facility = ticket.facility.as_u64().to_be_bytes();
            let month = ticket.month.to_iso();
            let key = [&facility, month.as_bytes(), &id].concat();
            self.tickets.push(&key, &[])?;
        }
        Ok(())
    }

    /// Stores them all; `told` is how many of them are written so far. All of them are found at the same moment. Others may write between.
    ///
    /// # Errors
    /// [`StoreError`]; then none was stored. Somebody was given twice, or people were stored meanwhile.
    pub async fn publish(self, told: impl FnMut(u64)) -> Result<(), StoreError> {
        let registry = self.registry.clone();
        let load = Uuid::now_v7().simple().to_string();
        let published = self.write(load.clone(), told).await;
        if published.is_err() {
            // If this fails as well, the next load does it.
            let _ = registry.write(move |it, _| drop_tables(it, &load)).await;
        }
        published
    }

    async fn write(self, load: String, mut told: impl FnMut(u64)) -> Result<(), StoreError> {
        let Self {
            registry,
            people,
            rows,
            places,
            births,
            tickets,
        } = self;
        let name = load.clone();
        registry
            .write(move |connection, _| make_tables(connection, &name))
            .await?;
        let (sender, mut chunks) = mpsc::channel(2);
        let sorting = tokio::task::spawn_blocking(move || {
            let mut out = Chunks { sender };
            let rows = rows.sorted()?;
            let places = households(rows, places, &mut out)?;
            place_everybody(places, &mut out)?;
            let births = births.sorted()?;
            enter_births(births, &mut out)
        });
        let mut written = 0;
        while let Some(chunk) = chunks.recv().await {
            written += chunk.people();
            let load = load.clone();
            registry
                .write(move |connection, _| chunk.write(connection, &load))
                .await?;
            // Everybody stands in each of the tables.
            told(written / TABLES.len() as u64);
        }
        let ended = sorting.await;
        ended.map_err(|_| StoreError::Failed("sorting people ended".into()))??;
        if written != people * TABLES.len() as u64 {
            let text = "not all people came through sorting; nobody was stored, load them again";
            return Err(StoreError::Failed(text.into()));
        }
        let tickets = tickets.sorted()?;
        registry
            .write(move |connection, _| take_place(connection, &load, tickets))
            .await?;
        told(people);
        Ok(())
    }
}

fn packed(
    keys: BTreeMap<String, BTreeMap<u32, Part>>,
) -> Result<impl Iterator<Item = (Place, Vec<u8>)>, StoreError> {
    let rows = gather(keys)?.rows.into_iter();
    Ok(rows.filter_map(|(place, becomes)| match becomes {
        Becomes::New(record) | Becomes::Put(record) => Some((place, record)),
        Becomes::Gone => None,
    }))
}

/// A birth date and a person, so that their bytes have the order of the table.
fn key_of_birth(day: i32, id: Id) -> [u8; 20] {
    let mut key = [0; 20];
    let day = (day.cast_unsigned() ^ 1 << 31).to_be_bytes();
    let bytes = day.into_iter().chain(id);
    key.iter_mut().zip(bytes).for_each(|(to, it)| *to = it);
    key
}

/// What [`key_of_birth`] made.
fn birth_of(key: &[u8]) -> Option<(i32, Id)> {
    let (day, id) = key.split_first_chunk()?;
    let day = (u32::from_be_bytes(*day) ^ 1 << 31).cast_signed();
    Some((day, id.try_into().ok()?))
}

/// Facility, month and person of the key of a ticket.
fn ticket_of(key: &[u8]) -> Option<(i64, &str, Id)> {
    let (facility, rest) = key.split_first_chunk()?;
    let (month, id) = rest.split_last_chunk()?;
    let facility = u64::from_be_bytes(*facility).cast_signed();
    Some((facility, std::str::from_utf8(month).ok()?, *id))
}

/// Rows of one table, sorted.
enum Chunk {
    /// With how many people lie in them whole.
    Rows(Vec<(Place, Vec<u8>)>, u64),
    Places(Vec<(Id, Place)>),
    Births(Vec<((i32, Id), Vec<u8>)>),
}

impl Chunk {
    fn people(&self) -> u64 {
        match self {
            Self::Rows(_, people) => *people,
            Self::Places(places) => places.len() as u64,
            Self::Births(births) => births.len() as u64,
        }
    }

    fn write(self, connection: &Connection, load: &str) -> Result<(), StoreError> {
        let put = |table| format!("INSERT INTO {PREFIX}{load}_{table} VALUES (?1, ?2, ?3)");
        match self {
            Self::Rows(rows, _) => {
                let mut put = connection.prepare_cached(&put("insured"))?;
                for ((key, part), record) in rows {
                    put.execute(params![key, part, record])?;
                }
            }
            Self::Places(places) => {
                let mut put = connection.prepare_cached(&put("person_place"))?;
                for (person, (key, part)) in places {
                    put.execute(params![person, key, part])?;
                }
            }
            Self::Births(births) => {
                let mut put = connection.prepare_cached(&put("person_by_birth"))?;
                for ((day, person), tags) in births {
                    put.execute(params![day, person, tags])?;
                }
            }
        }
        Ok(())
    }
}

/// Where chunks go.
struct Chunks {
    sender: mpsc::Sender<Chunk>,
}

impl Chunks {
    /// Hands a chunk on; an error where nobody wants it any more, which has told why.
    fn give(&mut self, chunk: Chunk) -> Result<(), StoreError> {
        self.sender
            .blocking_send(chunk)
            .map_err(|_| StoreError::Closing)
    }
}

const UNREADABLE: StoreError = StoreError::Row("people sorted aside");

/// Puts together the rows of each key, and where people lie in them.
fn households(rows: Sorted, places: Spill, out: &mut Chunks) -> Result<Sorted, StoreError> {
    let mut gathering = Gathering {
        places,
        ready: Vec::new(),
        several: BTreeMap::new(),
        bytes: 0,
    };
    let mut of_key: Option<(Vec<u8>, Vec<Vec<u8>>)> = None;
    for row in rows {
        let (key, record) = row?;
        match &mut of_key {
            Some((same, records)) if *same == key => records.push(record),
            _ => {
                if let Some((key, records)) = of_key.replace((key, vec![record])) {
                    gathering.take(key, records)?;
                }
                if CHUNK_BYTES <= gathering.bytes {
                    out.give(gathering.chunk()?)?;
                }
            }
        }
    }
    if let Some((key, records)) = of_key {
        gathering.take(key, records)?;
    }
    out.give(gathering.chunk()?)?;
    gathering.places.sorted()
}

/// Rows that become a chunk.
struct Gathering {
    places: Spill,
    /// Rows as they will lie.
    ready: Vec<(Place, Vec<u8>)>,
    /// Keys of which several rows came, one after the other.
    several: BTreeMap<String, BTreeMap<u32, Part>>,
    bytes: usize,
}

impl Gathering {
    /// Takes all rows of a key: a single one stays as it is, several become as few as possible.
    fn take(&mut self, key: Vec<u8>, records: Vec<Vec<u8>>) -> Result<(), StoreError> {
        let key = String::from_utf8(key).map_err(|_| UNREADABLE)?;
        self.bytes += records.iter().map(Vec::len).sum::<usize>();
        match <[Vec<u8>; 1]>::try_from(records) {
            Ok([only]) => self.ready.push(((key, 0), only)),
            Err(records) => {
                let parts = self.several.entry(key).or_default();
                for record in records {
                    for member in Household::open(&record)?.members()? {
                        Part::add(parts, member);
                    }
                }
            }
        }
        Ok(())
    }

    /// What was taken so far.
    fn chunk(&mut self) -> Result<Chunk, StoreError> {
        self.bytes = 0;
        let mut rows = std::mem::take(&mut self.ready);
        rows.extend(packed(std::mem::take(&mut self.several))?);
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut people = 0;
        for ((key, part), record) in &rows {
            let mut household = Household::open(record)?;
            while let Some(head) = household.next()? {
                if head.is_whole() {
                    people += 1;
                    let place = [&part.to_be_bytes(), key.as_bytes()].concat();
                    self.places.push(&id_of(head.id), &place)?;
                }
            }
        }
        Ok(Chunk::Rows(rows, people))
    }
}

/// Hands on in which row each person lies.
fn place_everybody(sorted: Sorted, out: &mut Chunks) -> Result<(), StoreError> {
    let (mut places, mut bytes, mut before) = (Vec::new(), 0, None);
    for entry in sorted {
        let (id, place) = entry?;
        let id: Id = id.try_into().map_err(|_| UNREADABLE)?;
        if before.replace(id) == Some(id) {
            let text = "somebody was given twice to a first load; nobody was stored, give each person once";
            return Err(StoreError::Failed(text.into()));
        }
        let (part, key) = place.split_first_chunk().ok_or(UNREADABLE)?;
        let key = String::from_utf8(key.into()).map_err(|_| UNREADABLE)?;
        bytes += place.len() + id.len();
        places.push((id, (key, u32::from_be_bytes(*part))));
        if CHUNK_BYTES <= bytes {
            out.give(Chunk::Places(std::mem::take(&mut places)))?;
            bytes = 0;
        }
    }
    out.give(Chunk::Places(places))
}

/// Hands on who was born on which day.
fn enter_births(sorted: Sorted, out: &mut Chunks) -> Result<(), StoreError> {
    let (mut births, mut bytes) = (Vec::new(), 0);
    for entry in sorted {
        let (key, tags) = entry?;
        bytes += key.len() + tags.len();
        births.push((birth_of(&key).ok_or(UNREADABLE)?, tags));
        if CHUNK_BYTES <= bytes {
            out.give(Chunk::Births(std::mem::take(&mut births)))?;
            bytes = 0;
        }
    }
    out.give(Chunk::Births(births))
}

/// Makes the tables of a load, with the columns of those whose place they take. What a load left that was cut off goes first.
fn make_tables(connection: &Connection, load: &str) -> Result<(), StoreError> {
    drop_tables(connection, "*")?;
    for table in TABLES {
        let text = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let made: String = connection.query_row(text, [table], |row| row.get(0))?;
        let (_, columns) = made
            .split_once('(')
            .ok_or(StoreError::Row("sqlite_master"))?;
        connection.execute_batch(&format!("CREATE TABLE {PREFIX}{load}_{table} ({columns}"))?;
    }
    Ok(())
}

/// Drops the tables of loads whose name is like this.
fn drop_tables(connection: &Connection, load: &str) -> Result<(), StoreError> {
    let text = "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB ?1";
    let mut statement = connection.prepare_cached(text)?;
    let names = statement.query_map([format!("{PREFIX}{load}_*")], |row| row.get(0))?;
    let names = names.collect::<Result<Vec<String>, _>>()?;
    for name in names {
        connection.execute_batch(&format!("DROP TABLE {name}"))?;
    }
    Ok(())
}

/// Puts the tables of a load in the place of the empty ones.
fn take_place(connection: &Connection, load: &str, tickets: Sorted) -> Result<(), StoreError> {
    if is_somebody_stored(connection)? {
        let text =
            "people were stored while a first load ran; nobody of it was stored, load them again";
        return Err(StoreError::Failed(text.into()));
    }
    let put = "INSERT INTO ticket_month VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let mut put = connection.prepare_cached(put)?;
    for ticket in tickets {
        let (key, _) = ticket?;
        let (facility, month, person) = ticket_of(&key).ok_or(UNREADABLE)?;
        put.execute(params![facility, month, person])?;
    }
    for table in TABLES {
        connection.execute_batch(&format!(
            "DROP TABLE {table}; ALTER TABLE {PREFIX}{load}_{table} RENAME TO {table}"
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use synthetic::population::Population;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_load_of_which_somebody_is_missing_stores_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open_center(&folder.path().join("center.db"), [1; 16]).unwrap();
        let population = Population::new(5);
        let people = || (0..20).filter_map(|it| population.person(it).map(Prepared::of));
        let begun = || engine.first_load(FEWEST).unwrap().unwrap();
        let mut load = begun();
        load.take(people().collect()).unwrap();
        // As after a disk that was full while one of them was taken.
        load.people += 1;
        let refused = load.publish(|_| ()).await.unwrap_err();
        assert!(refused.to_string().contains("not all"), "{refused}");
        assert_eq!(engine.people().unwrap(), 0);
        let mut load = begun();
        load.take(people().collect()).unwrap();
        load.publish(|_| ()).await.unwrap();
        assert_eq!(engine.people().unwrap(), 20);
    }
}
