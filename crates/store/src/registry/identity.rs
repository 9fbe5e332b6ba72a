//! Whether insurers and the resident register agree about who somebody is (本人確認), and insurers among themselves where the register says
//! nothing. While they do not, no medical information of the person is seen; what an insurer confirms is seen again. Never touches a coverage.

pub mod review;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use domain::civil_date::Instant;
use domain::coverage::Registration;
use domain::feed::BatchNumber;
use domain::feed::identity::{IdentityItem, contradictions};
use domain::insurer_number::InsurerNumber;
use domain::person::{Person, PersonId};
use serde::{Deserialize, Serialize};

use crate::engine::StoreError;
use crate::sql::Connection;

const FAILED: StoreError = StoreError::Row("identity_claim");

/// Within a query whose person is ?2: nothing of them is seen.
pub(crate) const IS_SUSPENDED: &str = "EXISTS (SELECT 1 FROM identity_claim c WHERE c.person = ?2 AND c.items <> '' AND c.confirmed = 0)";

/// Whether an insurer's contradiction to the register keeps medical information of a person from view.
pub(crate) fn is_suspended(connection: &Connection, person: PersonId) -> Result<bool, StoreError> {
    let text = "SELECT EXISTS (SELECT 1 FROM identity_claim WHERE person = ?1 AND items <> '' AND confirmed = 0)";
    let mut statement = connection.prepare_cached(text)?;
    let person = person.as_u128().to_be_bytes();
    Ok(statement.query_row([person], |row| row.get(0))?)
}

/// A row of what an insurer says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    /// Whom; none where the stored person is meant.
    pub(super) claim: Option<Vec<u8>>,
    pub(super) items: String,
    pub(super) is_confirmed: bool,
    pub(super) batch: u32,
    pub(super) since: i64,
}

/// What insurers said of a person before a batch of the register, or of one of them, changed what stands of it, and who was stored then.
#[derive(Serialize, Deserialize)]
pub(super) struct Earlier {
    stored: Vec<u8>,
    claims: Vec<(u32, Claim)>,
}

impl Earlier {
    /// Who was stored.
    pub(super) fn stored(&self, id: PersonId) -> Result<Person, StoreError> {
        unpack_person(id, &self.stored)
    }
}

/// What an insurer's batch found of claims begins so where others' are among it. Its own alone, as earlier versions kept it, begins with 0 or 1.
const OF_ALL: u8 = 2;

/// What an insurer's batch found of claims, packed; none where it found none.
pub(super) fn pack_found(
    insurer: InsurerNumber,
    own: Option<&Claim>,
    earlier: Option<&Earlier>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let is_of_other = |it: &&Earlier| it.claims.iter().any(|it| it.0 != insurer.as_u32());
    if let Some(earlier) = earlier.filter(is_of_other) {
        let mut packed = vec![OF_ALL];
        packed.extend(postcard::to_stdvec(earlier).map_err(|_| FAILED)?);
        return Ok(Some(packed));
    }
    let own = own.map(postcard::to_stdvec).transpose();
    own.map_err(|_| FAILED)
}

/// The insurer's own claim that its batch found, and those of all where there were others.
pub(super) fn unpack_found(
    insurer: InsurerNumber,
    found: Option<&[u8]>,
) -> Result<(Option<Claim>, Option<Earlier>), StoreError> {
    let Some(found) = found else {
        return Ok((None, None));
    };
    let Some((&OF_ALL, of_all)) = found.split_first() else {
        let own = postcard::from_bytes(found).map_err(|_| FAILED)?;
        return Ok((Some(own), None));
    };
    let earlier: Earlier = postcard::from_bytes(of_all).map_err(|_| FAILED)?;
    let own = earlier.claims.iter().find(|it| it.0 == insurer.as_u32());
    Ok((own.map(|it| it.1.clone()), Some(earlier)))
}

/// An insurer and a person of its.
pub(super) type Whose = (InsurerNumber, PersonId);

/// What register and insurers say of some people: read at once, changed here, written at once.
#[derive(Default)]
pub(super) struct Testimonies {
    residents: BTreeMap<PersonId, Person>,
    claims: BTreeMap<PersonId, BTreeMap<InsurerNumber, Claim>>,
    changed_residents: BTreeSet<PersonId>,
    changed_claims: BTreeSet<Whose>,
}

impl Testimonies {
    /// What is stored of these people.
    pub(super) fn read(connection: &Connection, people: &[PersonId]) -> Result<Self, StoreError> {
        let mut read = Self::default();
        match connection {
            Connection::Postgres(server) => table::read_all(server, people, &mut read)?,
            Connection::Sqlite(_) => {
                for &person in people {
                    table::read_one(connection, person, &mut read)?;
                }
            }
        }
        Ok(read)
    }

    /// What the register says of a person.
    pub(super) fn resident(&self, person: PersonId) -> Option<&Person> {
        self.residents.get(&person)
    }

    /// Puts what the register says of a person, or takes it away.
    pub(super) fn put_resident(&mut self, person: PersonId, register: Option<Person>) {
        self.changed_residents.insert(person);
        match register {
            Some(register) => self.residents.insert(person, register),
            None => self.residents.remove(&person),
        };
    }

    /// What an insurer says of a person.
    pub(super) fn claim(&self, (insurer, person): Whose) -> Option<&Claim> {
        self.claims.get(&person)?.get(&insurer)
    }

    /// Puts what an insurer says, or takes it away.
    pub(super) fn put_claim(&mut self, (insurer, person): Whose, claim: Option<Claim>) {
        let of_person = self.claims.entry(person).or_default();
        let is_changed = match claim {
            Some(claim) => {
                of_person.insert(insurer, claim);
                true
            }
            None => of_person.remove(&insurer).is_some(),
        };
        if is_changed {
            self.changed_claims.insert((insurer, person));
        }
    }

    /// Whom an insurer claims a person is; none where the stored person is meant.
    fn claimed(&self, whose: Whose) -> Result<Option<Person>, StoreError> {
        let claim = self.claim(whose).and_then(|it| it.claim.as_deref());
        claim.map(|it| unpack_person(whose.1, it)).transpose()
    }

    /// What of whom an insurer says a person is contradicts the register. Of whom the register says nothing, who is stored stands in its
    /// place, as long as another insurer means them.
    pub(super) fn contradicted(
        &self,
        insurer: InsurerNumber,
        claimed: &Person,
        stored: &Registration,
    ) -> Result<Vec<IdentityItem>, StoreError> {
        if let Some(register) = self.residents.get(&stored.person.id) {
            return Ok(contradictions(claimed, register));
        }
        let is_meant = self.is_meant(stored, Some(insurer))?;
        Ok(if is_meant {
            between_insurers(claimed, &stored.person)
        } else {
            Vec::new()
        })
    }

    /// Whether an insurer with a coverage in force, other than one, means whom is stored.
    fn is_meant(
        &self,
        stored: &Registration,
        but: Option<InsurerNumber>,
    ) -> Result<bool, StoreError> {
        for insurer in in_force(stored) {
            let claimed = self.claimed((insurer, stored.person.id))?;
            let means = |it: Person| between_insurers(&it, &stored.person).is_empty();
            if Some(insurer) != but && claimed.is_none_or(means) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who is to be stored of a person in place of whom the register contradicts: whom an insurer claims and the register does not contradict.
    /// Where the register says nothing, in place of whom no insurer with a coverage in force means any more: whom one of them claims. Of several
    /// the newest, first of those with a coverage in force.
    pub(super) fn successor(&self, stored: &Registration) -> Result<Option<Person>, StoreError> {
        let person = stored.person.id;
        let Some(said) = self.claims.get(&person).filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let register = self.residents.get(&person);
        let stays = match register {
            Some(register) => contradictions(&stored.person, register).is_empty(),
            None => self.is_meant(stored, None)?,
        };
        if stays {
            return Ok(None);
        }
        let in_force = in_force(stored);
        let mut newest: Option<((bool, u32), Person)> = None;
        for (insurer, claim) in said {
            let Some(claimed) = self.claimed((*insurer, person))? else {
                continue;
            };
            let is_in_force = in_force.contains(insurer);
            let fits = register.map_or(is_in_force, |register| {
                contradictions(&claimed, register).is_empty()
            });
            let rank = (is_in_force, claim.batch);
            if fits && newest.as_ref().is_none_or(|(than, _)| *than < rank) {
                newest = Some((rank, claimed));
            }
        }
        Ok(newest.map(|(_, it)| it))
    }

    /// Holds what insurers say of a person, and who is stored, against the register once more, after any of them changed. Answers which
    /// insurers' rows came to contradict by that.
    pub(super) fn examine(
        &mut self,
        stored: &Registration,
        (batch, now): (BatchNumber, Instant),
    ) -> Result<Vec<(InsurerNumber, String)>, StoreError> {
        let person = stored.person.id;
        let is_register_changed = self.changed_residents.contains(&person);
        let register = self.residents.get(&person);
        let of_stored = register.map_or(String::new(), |register| {
            names(&contradictions(&stored.person, register))
        });
        let said = self.claims.get(&person).into_iter();
        let mut known: BTreeSet<InsurerNumber> = said.flat_map(BTreeMap::keys).copied().collect();
        let in_force = in_force(stored);
        if !of_stored.is_empty() {
            known.extend(&in_force);
        }
        let (mut changed, mut came) = (Vec::new(), Vec::new());
        for insurer in known {
            let before = self.claim((insurer, person));
            let items = match self.claimed((insurer, person))? {
                Some(claimed) => names(&self.contradicted(insurer, &claimed, stored)?),
                None => of_stored.clone(),
            };
            // What an insurer confirmed, it confirmed against what the register said then.
            let is_confirmed = !is_register_changed
                && before.is_some_and(|it| it.is_confirmed && it.items == items);
            // One that insures them no more is never going to confirm or correct it, so it keeps nothing from view.
            let items = if is_confirmed || in_force.contains(&insurer) {
                items
            } else {
                String::new()
            };
            if before.is_some_and(|it| it.items == items && it.is_confirmed == is_confirmed) {
                continue;
            }
            let after = Claim {
                claim: before.and_then(|it| it.claim.clone()),
                items: items.clone(),
                is_confirmed: false,
                batch: batch.as_u32(),
                since: now.as_micros(),
            };
            // Who is stored agrees: nothing is left to say. A claim stays, to be held against the register again.
            let is_over = items.is_empty() && after.claim.is_none();
            changed.push((insurer, (!is_over).then_some(after)));
            if !items.is_empty() {
                came.push((insurer, items));
            }
        }
        for (insurer, claim) in changed {
            self.put_claim((insurer, person), claim);
        }
        Ok(came)
    }

    /// Ends contradictions of insurers that insure a person no more. What they claim stays, and so does the batch that brought it. Answers whether
    /// there were any.
    fn end_of_uninsured(&mut self, stored: &Registration) -> bool {
        let person = stored.person.id;
        let in_force = in_force(stored);
        let said = self.claims.get(&person).into_iter().flatten();
        let idle = said
            .filter(|it| !it.1.items.is_empty() && !it.1.is_confirmed && !in_force.contains(it.0));
        let idle: Vec<(InsurerNumber, Claim)> = idle.map(|it| (*it.0, it.1.clone())).collect();
        let is_any = !idle.is_empty();
        for (insurer, mut claim) in idle {
            claim.items.clear();
            let is_claimed = claim.claim.is_some();
            self.put_claim((insurer, person), is_claimed.then_some(claim));
        }
        is_any
    }

    /// What insurers say of a person now; none where none says anything.
    pub(super) fn earlier(&self, stored: &Registration) -> Result<Option<Earlier>, StoreError> {
        let said = self.claims.get(&stored.person.id);
        let Some(said) = said.filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let claims = said.iter().map(|(whose, it)| (whose.as_u32(), it.clone()));
        Ok(Some(Earlier {
            stored: pack_person(&stored.person)?,
            claims: claims.collect(),
        }))
    }

    /// Puts back what insurers said, confirmations too, after what a batch changed came back: where they mean the same person as then, and the
    /// same of it contradicts. Of an insurer's batch only where no later one had a hand in it.
    pub(super) fn put_earlier(
        &mut self,
        stored: &Registration,
        earlier: Earlier,
        of_insurer: Option<BatchNumber>,
    ) -> Result<(), StoreError> {
        let person = stored.person.id;
        let stored_now = pack_person(&stored.person)?;
        for (insurer, before) in earlier.claims {
            let insurer = InsurerNumber::from_u32(insurer).map_err(|_| FAILED)?;
            let is_same = self.claim((insurer, person)).is_some_and(|now| {
                let meant_then = before.claim.as_ref().unwrap_or(&earlier.stored);
                let meant_now = now.claim.as_ref().unwrap_or(&stored_now);
                let is_of_it = of_insurer.is_none_or(|it| it.as_u32() == now.batch);
                is_of_it && meant_then == meant_now && before.items == now.items
            });
            if is_same {
                self.put_claim((insurer, person), Some(before));
            }
        }
        Ok(())
    }

    /// Writes what was changed.
    pub(super) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        match connection {
            Connection::Postgres(server) => table::write_all(server, &self),
            Connection::Sqlite(_) => table::write_each(connection, &self),
        }
    }
}

/// The insurers of a person with a coverage whose loss is not on record.
fn in_force(stored: &Registration) -> BTreeSet<InsurerNumber> {
    let kept = stored.coverages.iter().filter(|it| it.loss.is_none());
    kept.map(|it| it.insurer).collect()
}

/// What of two insurers' words cannot be of one person. Where they live is not among it: one has only heard of a move before the other.
fn between_insurers(one: &Person, other: &Person) -> Vec<IdentityItem> {
    let mut items = contradictions(one, other);
    items.retain(|it| *it != IdentityItem::Address);
    items
}

/// A person alone, packed.
pub(super) fn pack_person(person: &Person) -> Result<Vec<u8>, StoreError> {
    crate::rows::pack(&Registration {
        person: person.clone(),
        coverages: Vec::new(),
    })
}

fn unpack_person(id: PersonId, bytes: &[u8]) -> Result<Person, StoreError> {
    Ok(crate::rows::unpack(id, bytes)?.person)
}

/// The names of items, with commas between.
pub(super) fn names(items: &[IdentityItem]) -> String {
    let names: Vec<&str> = items.iter().map(|it| it.as_str()).collect();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_a_batch_of_an_earlier_version_found_is_read() {
        let insurer = InsurerNumber::from_u32(6_990_014).unwrap();
        for said in [None, Some(vec![OF_ALL])] {
            let claim = Claim {
                claim: said,
                items: "name".into(),
                is_confirmed: true,
                batch: 3,
                since: 5,
            };
            let found = postcard::to_stdvec(&claim).unwrap();
            let (own, earlier) = unpack_found(insurer, Some(&found)).unwrap();
            assert!(own == Some(claim) && earlier.is_none());
        }
    }

    #[test]
    fn what_others_said_is_kept_beside_the_insurers_own_claim() {
        let (own, other) = (6_990_014, 6_139_992);
        let insurer = InsurerNumber::from_u32(own).unwrap();
        let claim = |batch| Claim {
            claim: None,
            items: "name".into(),
            is_confirmed: false,
            batch,
            since: 5,
        };
        let earlier = Earlier {
            stored: vec![7],
            claims: vec![(other, claim(2)), (own, claim(3))],
        };
        let found = pack_found(insurer, Some(&claim(3)), Some(&earlier)).unwrap();
        let (found, all) = unpack_found(insurer, found.as_deref()).unwrap();
        assert!(found == Some(claim(3)) && all.unwrap().claims == earlier.claims);
    }
}
