//! Some people of a batch being published: what is stored of them is read at once, one after the other is put in place, and what becomes of
//! them is written at once. Commits nothing.

use std::collections::BTreeMap;

use domain::civil_date::Instant;
use domain::coverage::Registration;
use domain::feed::insurer::Unnamed;
use domain::feed::part::Part;
use domain::insurer_number::InsurerNumber;
use domain::person::PersonId;

use super::{Put, left, left_of_register, settle};
use crate::engine::StoreError;
use crate::registry::Prepared;
use crate::registry::feeds::batches::Changed;
use crate::registry::households::{registrations_of, store_people};
use crate::registry::identity::{self, Claim, Testimonies};
use crate::registry::insurer_feeds::parts::Arrived;
use crate::registry::insurer_feeds::remarks::{NewRemark, Noted, What};
use crate::registry::insurer_feeds::{Arriving, FAILED};
use crate::rows;
use crate::sql::postgres::Server;
use crate::sql::postgres::columns::{column, single};
use crate::sql::{Connection, params};

/// The reason of a line about somebody who is there no more, by the name it has for lines that are refused as they come.
const UNKNOWN_PERSON: &str = "unknown_person";

/// Some people of a batch.
pub(super) struct Page<'a> {
    connection: &'a Connection,
    arriving: &'a Arriving,
    now: Instant,
    current: BTreeMap<PersonId, Registration>,
    testimonies: Testimonies,
    stored: Vec<Prepared>,
    befores: Vec<Before>,
    noted: Noted,
}

/// What a batch found and left of a person.
struct Before {
    person: [u8; 16],
    is_person_changed: bool,
    found: Vec<u8>,
    left: Vec<u8>,
    claim: Option<Vec<u8>>,
}

impl<'a> Page<'a> {
    /// Reads what is stored of them.
    pub(super) fn open(
        connection: &'a Connection,
        (arriving, now): (&'a Arriving, Instant),
        people: &[PersonId],
    ) -> Result<Self, StoreError> {
        Ok(Self {
            connection,
            arriving,
            now,
            current: registrations_of(connection, people)?,
            testimonies: Testimonies::read(connection, people)?,
            stored: Vec::new(),
            befores: Vec::new(),
            noted: Noted::of(arriving.number),
        })
    }

    /// Puts what the batch makes of one of them, or of somebody whom it does not name.
    pub(super) fn put(
        &mut self,
        insurer: InsurerNumber,
        person: PersonId,
        arrived: Option<&Arrived>,
        put: &mut Put,
    ) -> Result<(), StoreError> {
        let current = self.current.remove(&person);
        let (line, part) = (arrived.map_or(0, |it| it.line), arrived.map(|it| &it.part));
        let settled = settle(self.arriving, insurer, current.as_ref(), part);
        let Some(mut settled) = settled else {
            if arrived.is_some() {
                put.gone += 1;
                self.remark(What::Refused, (line, person), UNKNOWN_PERSON.into());
            }
            return Ok(());
        };
        let changed = &mut put.changed;
        let whose = (insurer, person);
        let claim_before = self.testimonies.claim(whose).cloned();
        let earlier = current.as_ref().map(|it| self.testimonies.earlier(it));
        let earlier = earlier.transpose()?.flatten();
        let own = |it: &Registration| {
            let own = it.coverages.iter().filter(|it| it.insurer == insurer);
            own.count()
        };
        let own_before = current.as_ref().map_or(0, own);
        let own_after = own(&settled.registration);
        if 0 < own_before && own_after == 0 {
            // All it had of them was never theirs, so neither is whom it said they are.
            self.testimonies.put_claim(whose, None);
        } else if let Some(part) = part {
            let is_contradicted = self.claim(whose, (line, part), &settled.registration)?;
            let is_taken = current.is_none() || !is_contradicted;
            if let Some(claimed) = part.person.as_ref().filter(|_| is_taken) {
                settled.is_person_changed |= settled.registration.person != *claimed;
                settled.registration.person = claimed.clone();
            }
        }
        if let Some(successor) = self.testimonies.successor(&settled.registration)? {
            settled.is_person_changed = true;
            settled.registration.person = successor;
        }
        settled.is_changed |= settled.is_person_changed;
        let when = (self.arriving.number, self.now);
        let came = self.testimonies.examine(&settled.registration, when)?;
        for (whose, items) in came {
            if whose == insurer {
                self.remark(What::Mismatch, (line, person), items);
            }
        }
        let left_out = settled.left_out;
        let left_out = [
            (Unnamed::End, left_out.ended),
            (Unnamed::List, left_out.listed),
        ];
        for (became, count) in left_out.into_iter().filter(|it| 0 < it.1) {
            let detail = format!("{},{count}", became.as_str());
            self.remark(What::Unnamed, (line, person), detail);
        }
        let is_changed =
            settled.is_changed || claim_before.as_ref() != self.testimonies.claim(whose);
        if is_changed {
            let is_person_changed = settled.is_person_changed;
            let left = left(Some(&settled.registration), insurer, is_person_changed)?;
            let found = found(current.as_ref(), insurer)?;
            // Of others as well: who is stored may change with it, and with that what of their words contradicts.
            let claim = identity::pack_found(insurer, claim_before.as_ref(), earlier.as_ref())?;
            self.keep_before(person, is_person_changed, (found, claim), left);
        }
        match (is_changed, &current) {
            (false, _) => changed.unchanged += 1,
            (true, None) => changed.added += 1,
            (true, Some(_)) if own_before < own_after => changed.added += 1,
            (true, Some(_)) => changed.replaced += 1,
        }
        if settled.is_changed {
            self.stored.push(Prepared::of(settled.registration));
        }
        Ok(())
    }

    /// Notes whom the insurer says a person is, where that contradicts the register or another insurer, and what it confirms. Answers whether it
    /// contradicts.
    fn claim(
        &mut self,
        whose: identity::Whose,
        (line, part): (u64, &Part),
        stored: &Registration,
    ) -> Result<bool, StoreError> {
        let mut is_contradicted = false;
        if let Some(claimed) = &part.person {
            let items = self.testimonies.contradicted(whose.0, claimed, stored)?;
            is_contradicted = !items.is_empty();
            let before = self.testimonies.claim(whose);
            if items.is_empty() {
                self.testimonies.put_claim(whose, None);
            } else {
                let packed = identity::pack_person(claimed)?;
                if before.and_then(|it| it.claim.as_ref()) != Some(&packed) {
                    let claim = Claim {
                        claim: Some(packed),
                        items: identity::names(&items),
                        is_confirmed: false,
                        batch: self.arriving.number.as_u32(),
                        since: self.now.as_micros(),
                    };
                    self.remark(What::Mismatch, (line, whose.1), claim.items.clone());
                    self.testimonies.put_claim(whose, Some(claim));
                }
            }
        }
        let claim = self.testimonies.claim(whose);
        let is_open = |it: &&Claim| !it.is_confirmed && !it.items.is_empty();
        if part.is_confirmed
            && let Some(mut claim) = claim.filter(is_open).cloned()
        {
            claim.is_confirmed = true;
            claim.batch = self.arriving.number.as_u32();
            self.testimonies.put_claim(whose, Some(claim));
        }
        Ok(is_contradicted)
    }

    /// Puts what the register says of one of them.
    pub(super) fn put_resident(
        &mut self,
        arrived: &Arrived,
        changed: &mut Changed,
    ) -> Result<(), StoreError> {
        let (person, register) = (arrived.person, arrived.part.person.as_ref());
        let before = self.testimonies.resident(person).cloned();
        match (&before, register) {
            (Some(before), Some(register)) if before == register => {
                changed.unchanged += 1;
                return Ok(());
            }
            (Some(_), _) => changed.replaced += 1,
            (None, _) => changed.added += 1,
        }
        let mut stored = self.current.remove(&person);
        let earlier = stored.as_ref().map(|it| self.testimonies.earlier(it));
        let earlier = earlier.transpose()?;
        let earlier = earlier.flatten().as_ref().map(postcard::to_stdvec);
        let earlier = earlier.transpose().map_err(|_| FAILED)?;
        self.testimonies.put_resident(person, register.cloned());
        let mut is_person_changed = false;
        if let Some(stored) = &mut stored {
            // Whom an insurer named before the register did.
            if let Some(successor) = self.testimonies.successor(stored)? {
                is_person_changed = true;
                stored.person = successor;
            }
            let when = (self.arriving.number, self.now);
            for (_, items) in self.testimonies.examine(stored, when)? {
                self.remark(What::Mismatch, (arrived.line, person), items);
            }
        }
        let stored = stored.filter(|_| is_person_changed);
        let found = before.as_ref().map(identity::pack_person).transpose()?;
        let left = left_of_register(register, stored.as_ref().map(|it| &it.person))?;
        let found = (found.unwrap_or_default(), earlier);
        self.keep_before(person, is_person_changed, found, left);
        self.stored.extend(stored.map(Prepared::of));
        Ok(())
    }

    fn keep_before(
        &mut self,
        person: PersonId,
        is_person_changed: bool,
        (found, claim): (Vec<u8>, Option<Vec<u8>>),
        left: Vec<u8>,
    ) {
        self.befores.push(Before {
            person: person.as_u128().to_be_bytes(),
            is_person_changed,
            found,
            left,
            claim,
        });
    }

    fn remark(&mut self, what: What, (line, person): (u64, PersonId), detail: String) {
        self.noted.note(NewRemark {
            line,
            what,
            person: Some(person),
            cell: None,
            detail,
        });
    }

    /// Writes what became of them.
    pub(super) fn write(self) -> Result<(), StoreError> {
        let (connection, number) = (self.connection, self.arriving.number.as_u32());
        if !self.stored.is_empty() {
            store_people(connection, self.stored)?;
        }
        self.testimonies.write(connection)?;
        match connection {
            Connection::Postgres(server) => write_befores(server, number, &self.befores)?,
            Connection::Sqlite(_) => {
                // A full file comes to somebody twice at most: what was found first counts.
                let text = "INSERT INTO part_before (batch, person, changed_person, before, after, claim) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                    ON CONFLICT (batch, person) DO UPDATE SET after = excluded.after";
                let mut statement = connection.prepare_cached(text)?;
                for it in &self.befores {
                    let row = params![
                        number,
                        it.person,
                        it.is_person_changed,
                        it.found,
                        it.left,
                        it.claim
                    ];
                    statement.execute(row)?;
                }
            }
        }
        self.noted.write(connection)
    }
}

fn write_befores(server: &Server, number: u32, befores: &[Before]) -> Result<(), StoreError> {
    if befores.is_empty() {
        return Ok(());
    }
    let text = "INSERT INTO part_before (batch, person, changed_person, before, after, claim)
        SELECT ?1::bigint, * FROM unnest(?2::bytea[], ?3::bigint[], ?4::bytea[], ?5::bytea[], ?6::bytea[])
        ON CONFLICT (batch, person) DO UPDATE SET after = excluded.after";
    let columns = [
        single(i64::from(number)),
        column(befores, |it| &it.person[..]),
        column(befores, |it| i64::from(it.is_person_changed)),
        column(befores, |it| &it.found[..]),
        column(befores, |it| &it.left[..]),
        column(befores, |it| it.claim.as_deref()),
    ];
    server.put(text, &columns)?;
    Ok(())
}

/// What is stored of a person with an insurer before a batch, packed; empty where there was nobody.
fn found(current: Option<&Registration>, insurer: InsurerNumber) -> Result<Vec<u8>, StoreError> {
    let Some(current) = current else {
        return Ok(Vec::new());
    };
    rows::pack(&Registration {
        person: current.person.clone(),
        coverages: Part::of(insurer, Some(current)).coverages,
    })
}
