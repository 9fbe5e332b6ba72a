//! Undoing a published batch (取込の取消): what it changed goes back to what it found, all of it or nothing. What was changed again since
//! stands in the way and is named.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::civil_date::Instant;
use domain::coverage::Registration;
use domain::feed::{BatchKind, BatchNumber, BatchState};
use domain::insurer_number::InsurerNumber;
use domain::person::PersonId;

use super::{Arriving, is_in, parts, publishing};
use crate::engine::{Engine, StoreError};
use crate::registry::Prepared;
use crate::registry::feeds::batches::{Changed, Counted, end};
use crate::registry::feeds::beginning::{self, give_up_those_it_would_mix_with};
use crate::registry::households::{change_people, registrations_of};
use crate::registry::identity::{Earlier, Testimonies, unpack_found};
use crate::rows;
use crate::sql::postgres::columns::column;
use crate::sql::{Connection, params};

const FAILED: StoreError = StoreError::Row("part_before");

/// Batches of which what they found is forgotten at a time.
const AT_ONCE: u32 = 4_000;

/// People read at a time.
const PEOPLE: u32 = 1_000;

/// What came of undoing a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// Everything it changed is as it was: so many people.
    Done(u64),
    /// Nothing was undone.
    InTheWay {
        /// People of whom something was changed since.
        people: u64,
        /// The later batches that did it, as far as they can be told.
        batches: Vec<BatchNumber>,
    },
    /// What it found is no longer kept.
    Forgotten,
}

/// What a batch found and left of a person.
struct Before {
    person: PersonId,
    is_person_changed: bool,
    found: Vec<u8>,
    left: Vec<u8>,
    /// The insurer's claim, with those of others where there were any; of the register those of all insurers. Packed.
    claim: Option<Vec<u8>>,
}

impl Before {
    fn earlier_of_register(&self) -> Result<Option<Earlier>, StoreError> {
        let earlier = self.claim.as_deref().map(postcard::from_bytes);
        earlier.transpose().map_err(|_| FAILED)
    }
}

impl Engine {
    /// Puts back what a published batch changed.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was undone.
    pub async fn undo_insurer_feed(
        &self,
        arriving: Arriving,
        (counted, changed): (Counted, Changed),
        now: Instant,
    ) -> Result<Undone, StoreError> {
        let turn = self.feed_turn();
        let undone = self
            .registry()
            .write(move |connection, _| {
                beginning::touch(connection, turn, now)?;
                is_in(connection, arriving.id, &[BatchState::Published])?;
                undo(connection, &arriving, (counted, changed), now)
            })
            .await?;
        self.tell_ended_feeds().await?;
        Ok(undone)
    }

    /// Forgets what batches found that were published before an instant, the next few thousand people. True when there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_undoing(&self, before: Instant) -> Result<bool, StoreError> {
        let is_any: bool = self.registry().read(|connection| {
            let text = "SELECT EXISTS (SELECT 1 FROM part_before WHERE batch IN
                (SELECT number FROM feed_batch WHERE ended < ?1))";
            let mut statement = connection.prepare_cached(text)?;
            Ok(statement.query_row([before.as_micros()], |row| row.get(0))?)
        })?;
        if !is_any {
            return Ok(false);
        }
        self.registry()
            .write(move |connection, _| {
                let text = "DELETE FROM part_before WHERE (batch, person) IN (
                    SELECT p.batch, p.person FROM part_before p JOIN feed_batch b ON b.number = p.batch
                    WHERE b.ended < ?1 LIMIT ?2)";
                let mut statement = connection.prepare_cached(text)?;
                let count = statement.execute(params![before.as_micros(), AT_ONCE])?;
                Ok(count == AT_ONCE as usize)
            })
            .await
    }
}

fn undo(
    connection: &Connection,
    arriving: &Arriving,
    (counted, changed): (Counted, Changed),
    now: Instant,
) -> Result<Undone, StoreError> {
    let (mut people, mut batches) = (0, BTreeSet::new());
    let mut count = 0;
    let waiting = waiting(connection, arriving)?;
    for_each_page(connection, arriving.number, |page| {
        count += page.len() as u64;
        let stands = Stands::read(connection, page)?;
        let resting = resting(connection, &waiting, page)?;
        for before in page {
            let rests: Vec<BatchNumber> =
                resting.iter().filter_map(|it| it.rests(before)).collect();
            if !rests.is_empty() || !stands.is_as_left(arriving, before)? {
                people += 1;
                batches.extend(rests);
                let later = stands.current.get(&before.person).into_iter();
                let later = later.flat_map(|it| &it.coverages);
                let later = later.flat_map(|it| {
                    let earlier = it.earlier.iter().map(|card| card.source);
                    earlier.chain([it.source, it.card_source]).flatten()
                });
                batches.extend(later.filter(|it| arriving.number < *it));
            }
        }
        Ok(())
    })?;
    // It is forgotten some thousands of people at a time: what is there of it may be a part.
    if count != changed.added + changed.replaced {
        return Ok(Undone::Forgotten);
    }
    if 0 < people {
        return Ok(Undone::InTheWay {
            people,
            batches: batches.into_iter().collect(),
        });
    }
    // What was cut off rests on what goes back.
    let kind = BatchKind::Insurer(arriving.kind);
    give_up_those_it_would_mix_with(connection, kind, arriving.insurer, now.as_micros())?;
    for_each_page(connection, arriving.number, |page| {
        let stands = Stands::read(connection, page)?;
        stands.put_back(connection, (arriving, now), page)
    })?;
    connection.execute(
        "DELETE FROM part_before WHERE batch = ?1",
        [arriving.number.as_u32()],
    )?;
    end(
        connection,
        arriving.id,
        (BatchState::Undone, now),
        counted,
        changed,
    )?;
    Ok(Undone::Done(count))
}

fn for_each_page(
    connection: &Connection,
    number: BatchNumber,
    mut work: impl FnMut(&[Before]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let text = "SELECT person, changed_person, before, after, claim FROM part_before WHERE batch = ?1 AND ?2 < person
        ORDER BY person LIMIT ?3";
    let mut after = Vec::new();
    loop {
        let mut statement = connection.prepare_cached(text)?;
        let mut rows = statement.query(params![number.as_u32(), after, PEOPLE])?;
        let mut page = Vec::new();
        while let Some(row) = rows.next()? {
            page.push(Before {
                person: PersonId::from_u128(u128::from_be_bytes(row.get(0)?)),
                is_person_changed: row.get(1)?,
                found: row.get(2)?,
                left: row.get(3)?,
                claim: row.get(4)?,
            });
        }
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.person.as_u128().to_be_bytes().to_vec();
        work(&page)?;
    }
}

/// Batches of other insurers that wait to be published, or to go on. Those of the same insurer are given up, or end before.
fn waiting(connection: &Connection, arriving: &Arriving) -> Result<Vec<BatchNumber>, StoreError> {
    let Some(insurer) = arriving.insurer else {
        return Ok(Vec::new());
    };
    let text = "SELECT number FROM feed_batch WHERE state IN ('receiving', 'interrupted', 'held') AND insurer <> ?1 ORDER BY number";
    let mut statement = connection.prepare_cached(text)?;
    let numbers = statement.query_map([insurer.as_u32()], |row| row.get(0))?;
    let mut waiting = Vec::new();
    for number in numbers {
        let number: u32 = number?;
        waiting.push(BatchNumber::new(number).ok_or(FAILED)?);
    }
    Ok(waiting)
}

/// A batch that waits, and whom of some people it names.
struct Resting {
    number: BatchNumber,
    named: HashSet<PersonId>,
}

impl Resting {
    /// The batch, where it rests on somebody whom the one to be undone brought: they would be nobody when it is published.
    fn rests(&self, before: &Before) -> Option<BatchNumber> {
        let rests = before.found.is_empty() && self.named.contains(&before.person);
        rests.then_some(self.number)
    }
}

fn resting(
    connection: &Connection,
    waiting: &[BatchNumber],
    page: &[Before],
) -> Result<Vec<Resting>, StoreError> {
    let brought = page.iter().filter(|it| it.found.is_empty());
    let brought: Vec<PersonId> = brought.map(|it| it.person).collect();
    let of_one = |&number: &BatchNumber| -> Result<Resting, StoreError> {
        let named = parts::named_among(connection, number, &brought)?;
        Ok(Resting { number, named })
    };
    waiting.iter().map(of_one).collect()
}

/// How it stands now with some people.
struct Stands {
    current: BTreeMap<PersonId, Registration>,
    testimonies: Testimonies,
    /// Whom the batch brought, and of whom there is medical information by now.
    informed: HashSet<PersonId>,
}

impl Stands {
    fn read(connection: &Connection, page: &[Before]) -> Result<Self, StoreError> {
        let people: Vec<PersonId> = page.iter().map(|it| it.person).collect();
        let brought = page.iter().filter(|it| it.found.is_empty());
        let brought: Vec<PersonId> = brought.map(|it| it.person).collect();
        Ok(Self {
            current: registrations_of(connection, &people)?,
            testimonies: Testimonies::read(connection, &people)?,
            informed: with_information(connection, &brought)?,
        })
    }

    /// Whether nothing that a batch left of a person was changed since.
    fn is_as_left(&self, arriving: &Arriving, before: &Before) -> Result<bool, StoreError> {
        let person = before.person;
        let Some(insurer) = arriving.insurer else {
            let register = self.testimonies.resident(person);
            let stored = self.current.get(&person).map(|it| &it.person);
            let stored = stored.filter(|_| before.is_person_changed);
            return Ok(publishing::left_of_register(register, stored)? == before.left);
        };
        let current = self.current.get(&person);
        if publishing::left(current, insurer, before.is_person_changed)? != before.left {
            return Ok(false);
        }
        let claim = self.testimonies.claim((insurer, person));
        if claim.is_some_and(|it| arriving.number.as_u32() < it.batch) {
            return Ok(false);
        }
        // Whom the batch brought stays while another insurer, or medical information, rests on them.
        let others = current.is_some_and(|it| it.coverages.iter().any(|it| it.insurer != insurer));
        Ok(!before.found.is_empty() || (!others && !self.informed.contains(&person)))
    }

    /// Puts back what a batch found of them.
    fn put_back(
        self,
        connection: &Connection,
        (arriving, now): (&Arriving, Instant),
        page: &[Before],
    ) -> Result<(), StoreError> {
        let Self {
            mut current,
            mut testimonies,
            ..
        } = self;
        let when = (arriving.number, now);
        let (mut stored, mut leaving) = (Vec::new(), Vec::new());
        for before in page {
            let person = before.person;
            let Some(insurer) = arriving.insurer else {
                let register = if before.found.is_empty() {
                    None
                } else {
                    Some(rows::unpack(person, &before.found)?.person)
                };
                testimonies.put_resident(person, register);
                let Some(mut registration) = current.remove(&person) else {
                    continue;
                };
                let earlier = before.earlier_of_register()?;
                if before.is_person_changed {
                    let earlier = earlier.as_ref().ok_or(FAILED)?;
                    registration.person = earlier.stored(person)?;
                }
                testimonies.examine(&registration, when)?;
                if let Some(earlier) = earlier {
                    testimonies.put_earlier(&registration, earlier, None)?;
                }
                if before.is_person_changed {
                    stored.push(Prepared::of(registration));
                }
                continue;
            };
            let (own, earlier) = unpack_found(insurer, before.claim.as_deref())?;
            testimonies.put_claim((insurer, person), own);
            if before.found.is_empty() {
                leaving.push(person);
                continue;
            }
            let found = rows::unpack(person, &before.found)?;
            let current = current.remove(&person).ok_or(FAILED)?;
            let registration = together(&current, found, (insurer, before.is_person_changed));
            testimonies.examine(&registration, when)?;
            if let Some(earlier) = earlier {
                testimonies.put_earlier(&registration, earlier, Some(arriving.number))?;
            }
            stored.push(Prepared::of(registration));
        }
        change_people(connection, stored, &leaving)?;
        testimonies.write(connection)
    }
}

/// Of whom of these people there is medical information.
fn with_information(
    connection: &Connection,
    people: &[PersonId],
) -> Result<HashSet<PersonId>, StoreError> {
    let ids: Vec<[u8; 16]> = people.iter().map(|it| it.as_u128().to_be_bytes()).collect();
    let mut found = HashSet::new();
    if ids.is_empty() {
        return Ok(found);
    }
    match connection {
        Connection::Postgres(server) => {
            let text = "SELECT DISTINCT person FROM holding WHERE person = ANY (?1::bytea[])";
            for row in server.find(text, &[column(&ids, |it| &it[..])])? {
                found.insert(PersonId::from_u128(u128::from_be_bytes(row.get(0)?)));
            }
        }
        Connection::Sqlite(_) => {
            let text = "SELECT 1 FROM holding WHERE person = ?1";
            let mut statement = connection.prepare_cached(text)?;
            for id in ids {
                if statement.exists([id])? {
                    found.insert(PersonId::from_u128(u128::from_be_bytes(id)));
                }
            }
        }
    }
    Ok(found)
}

/// What others say of a person now, and what the insurer said before.
fn together(
    current: &Registration,
    found: Registration,
    (insurer, is_person_changed): (InsurerNumber, bool),
) -> Registration {
    let others = current.coverages.iter().filter(|it| it.insurer != insurer);
    let mut coverages: Vec<_> = others.cloned().collect();
    coverages.extend(found.coverages);
    Registration {
        person: if is_person_changed {
            found.person
        } else {
            current.person.clone()
        },
        coverages,
    }
}
