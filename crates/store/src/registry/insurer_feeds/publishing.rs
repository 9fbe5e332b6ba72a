//! Puts an arrived batch of an insurer in place, person by person, within one transaction; or weighs what that would change. Keeps what it
//! found, so that the batch can be undone.

use std::collections::HashSet;

use domain::certificate::Period;
use domain::civil_date::Instant;
use domain::codes::coverage::LossReason;
use domain::coverage::{Coverage, Loss, Registration};
use domain::feed::insurer::{InsurerKind, Scope, Unnamed};
use domain::feed::part::Part;
use domain::feed::review::{Figures, Weighed};
use domain::insurer_number::InsurerNumber;
use domain::person::{Person, PersonId};
use sha2::{Digest, Sha256};

use super::remarks::{NewRemark, What};
use super::{Arriving, part, remarks};
use crate::engine::StoreError;
use crate::registry::feeds::batches::Changed;
use crate::registry::identity::{self, Claim};
use crate::registry::{households, registration_of, store_person};
use crate::rows;
use crate::rows::part::{pack_part, unpack_part};
use crate::sql::{Connection, params};

const FAILED: StoreError = StoreError::Row("feeds");

/// People of a batch read at a time.
const AT_ONCE: u32 = 1_000;

/// Rows of an insurer's members read at a time, each with some people.
const ROWS: u32 = 500;

/// People a batch may name for who they are to be held in memory: some mebibytes.
const MOST_NAMED: usize = 200_000;

/// What becomes of a person.
struct Settled {
    registration: Registration,
    is_person_changed: bool,
    is_changed: bool,
    /// Coverages or certificates the full file does not name.
    unnamed: u64,
}

/// Puts everything that arrived in place.
pub(super) fn publish(
    connection: &Connection,
    arriving: &Arriving,
    now: Instant,
) -> Result<Changed, StoreError> {
    let mut changed = Changed::default();
    for_each_part(connection, arriving, |person, line, part| {
        let publishing = Publishing {
            connection,
            arriving,
            now,
            line,
        };
        match arriving.insurer {
            Some(insurer) => publishing.put(insurer, person, Some(part), &mut changed),
            None => publishing.put_resident(person, part.person.as_ref(), &mut changed),
        }
    })?;
    if let (Some(insurer), Scope::Full) = (arriving.insurer, arriving.scope) {
        let publishing = Publishing {
            connection,
            arriving,
            now,
            line: 0,
        };
        for_each_member(connection, insurer, |registration| {
            let person = registration.person.id;
            if part(connection, arriving.number, person)?.is_none() {
                publishing.put(insurer, person, None, &mut changed)?;
            }
            Ok(())
        })?;
    }
    Ok(changed)
}

/// What publishing would change of the insurer's figures.
pub(super) fn weigh(connection: &Connection, arriving: &Arriving) -> Result<Weighed, StoreError> {
    let mut weighed = Weighed::default();
    let Some(insurer) = arriving.insurer else {
        return Ok(weighed);
    };
    let count = |coverages: &[Coverage]| {
        let own = coverages.iter().filter(|it| it.insurer == insurer);
        Figures::of(&own.cloned().collect::<Vec<_>>(), arriving.day)
    };
    let named = Named::by(connection, arriving)?;
    for_each_member(connection, insurer, |registration| {
        let person = registration.person.id;
        let part = if named.may_hold(person) {
            part(connection, arriving.number, person)?
        } else {
            None
        };
        let settled = settle(arriving, insurer, Some(registration), part.as_ref());
        let after = settled.map_or(Figures::default(), |it| count(&it.registration.coverages));
        weighed.add(count(&registration.coverages), after);
        Ok(())
    })?;
    // Those who are not the insurer's yet.
    for_each_part(connection, arriving, |person, _, part| {
        let stored = registration_of(connection, person)?;
        let is_member = |it: &Registration| it.coverages.iter().any(|it| it.insurer == insurer);
        if !stored.as_ref().is_some_and(is_member) {
            let settled = settle(arriving, insurer, stored.as_ref(), Some(part));
            let after = settled.map_or(Figures::default(), |it| count(&it.registration.coverages));
            weighed.add(Figures::default(), after);
        }
        Ok(())
    })?;
    Ok(weighed)
}

/// What a batch makes of each person it names, with the line that did so last, in pieces.
fn for_each_part(
    connection: &Connection,
    arriving: &Arriving,
    mut work: impl FnMut(PersonId, u64, &Part) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let text = "SELECT person, line, record FROM arriving_part WHERE batch = ?1 AND ?2 < person ORDER BY person LIMIT ?3";
    let mut after = Vec::new();
    loop {
        let mut statement = connection.prepare_cached(text)?;
        let mut rows = statement.query(params![arriving.number.as_u32(), after, AT_ONCE])?;
        let mut piece: Vec<([u8; 16], u64, Vec<u8>)> = Vec::new();
        while let Some(row) = rows.next()? {
            piece.push((row.get(0)?, row.get(1)?, row.get(2)?));
        }
        let Some((last, _, _)) = piece.last() else {
            return Ok(());
        };
        after = last.to_vec();
        for (person, line, record) in piece {
            let person = PersonId::from_u128(u128::from_be_bytes(person));
            work(person, line, &unpack_part(person, &record)?)?;
        }
    }
}

/// Everybody with a coverage of an insurer, each once, in pieces: what is done to them may change their rows.
fn for_each_member(
    connection: &Connection,
    insurer: InsurerNumber,
    mut work: impl FnMut(&Registration) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    // Keys are the eight digits, a stroke, and what follows; "0" is the character after the stroke.
    let digits = format!("{:08}", insurer.as_u32());
    let (mut place, end) = ((format!("{digits}/"), -1), format!("{digits}0"));
    loop {
        let behind = (place.0.as_str(), place.1);
        let (found, last) = households::rows_behind(connection, behind, &end, ROWS)?;
        let Some(last) = last else {
            return Ok(());
        };
        for (key, registration) in found {
            let own = registration.coverages.iter();
            let own = own.filter(|it| it.insurer == insurer).map(Coverage::key);
            // Under the first of their keys alone.
            if own.min().is_some_and(|first| first.as_str() == key) {
                work(&registration)?;
            }
        }
        place = last;
    }
}

/// Whom a batch names, so that members it does not name are not looked for among its parts. Of a batch of very many that is not known.
struct Named(Option<HashSet<PersonId>>);

impl Named {
    fn by(connection: &Connection, arriving: &Arriving) -> Result<Self, StoreError> {
        let text = "SELECT person FROM arriving_part WHERE batch = ?1 AND ?2 < person ORDER BY person LIMIT ?3";
        let (mut named, mut after) = (HashSet::new(), Vec::new());
        loop {
            let mut statement = connection.prepare_cached(text)?;
            let number = arriving.number.as_u32();
            let mut rows = statement.query(params![number, after, AT_ONCE])?;
            let mut last: Option<[u8; 16]> = None;
            while let Some(row) = rows.next()? {
                let id: [u8; 16] = row.get(0)?;
                named.insert(PersonId::from_u128(u128::from_be_bytes(id)));
                last = Some(id);
            }
            match last {
                None => return Ok(Self(Some(named))),
                Some(_) if MOST_NAMED < named.len() => return Ok(Self(None)),
                Some(last) => after = last.to_vec(),
            }
        }
    }

    /// Whether somebody may be named.
    fn may_hold(&self, person: PersonId) -> bool {
        self.0.as_ref().is_none_or(|it| it.contains(&person))
    }
}

/// What a part, or not being named, makes of a person; `None` where there is nobody.
fn settle(
    arriving: &Arriving,
    insurer: InsurerNumber,
    current: Option<&Registration>,
    part: Option<&Part>,
) -> Option<Settled> {
    let person = current.map(|it| it.person.clone());
    let person = person.or_else(|| part.and_then(|it| it.person.clone()))?;
    let stored = current.map_or(&[][..], |it| &it.coverages);
    let before: Vec<&Coverage> = stored.iter().filter(|it| it.insurer == insurer).collect();
    let mut own: Vec<Coverage> = match part {
        Some(part) => part.coverages.clone(),
        None => before.iter().copied().cloned().collect(),
    };
    let unnamed = if arriving.scope == Scope::Full {
        end_unnamed(arriving, &mut own, part)
    } else {
        0
    };
    for coverage in &mut own {
        let same = before.iter().find(|it| {
            let mut as_new = coverage.clone();
            as_new.source = it.source;
            as_new == ***it
        });
        coverage.source = same.map_or(Some(arriving.number), |it| it.source);
    }
    let is_changed = !before.iter().copied().eq(own.iter());
    let mut coverages: Vec<Coverage> = stored
        .iter()
        .filter(|it| it.insurer != insurer)
        .cloned()
        .collect();
    coverages.extend(own);
    Some(Settled {
        registration: Registration { person, coverages },
        is_person_changed: current.is_none(),
        is_changed: is_changed || current.is_none(),
        unnamed,
    })
}

/// Ends what a full file does not name, by setting; answers how much that is.
fn end_unnamed(arriving: &Arriving, own: &mut [Coverage], part: Option<&Part>) -> u64 {
    let mut count = 0;
    let yesterday = arriving.day.plus_days(-1);
    let ends = arriving.unnamed == Unnamed::End;
    for coverage in own {
        match arriving.kind {
            InsurerKind::Coverages => {
                if coverage.source == Some(arriving.number) || coverage.loss.is_some() {
                    continue;
                }
                count += 1;
                if ends {
                    coverage.loss = Some(Loss {
                        date: coverage
                            .acquired
                            .map_or(arriving.day, |it| it.max(arriving.day)),
                        reason: Some(LossReason::Other),
                    });
                }
            }
            InsurerKind::Certificates if part.is_none() => {
                for period in periods(coverage) {
                    if period.end.is_some_and(|end| end <= yesterday) {
                        continue;
                    }
                    count += 1;
                    if ends {
                        // One that had not begun never holds.
                        period.end = Some(yesterday);
                    }
                }
            }
            InsurerKind::Certificates
            | InsurerKind::Persons
            | InsurerKind::Losses
            | InsurerKind::Corrections
            | InsurerKind::Residents => {}
        }
    }
    count
}

fn periods(coverage: &mut Coverage) -> Vec<&mut Period> {
    let elderly = coverage.elderly.iter_mut().map(|it| &mut it.period);
    let ceilings = coverage.ceilings.iter_mut().map(|it| &mut it.period);
    let diseases = coverage.diseases.iter_mut().map(|it| &mut it.period);
    elderly.chain(ceilings).chain(diseases).collect()
}

/// A hash of what a batch left of a person: the insurer's coverages, and who they are where it changed that.
pub(super) fn left(
    stored: Option<&Registration>,
    insurer: InsurerNumber,
    is_person_changed: bool,
) -> Result<Vec<u8>, StoreError> {
    let mut sha = Sha256::new();
    if let Some(stored) = stored {
        let part = Part {
            person: is_person_changed.then(|| stored.person.clone()),
            ..Part::of(insurer, Some(stored))
        };
        sha.update(pack_part(&part)?);
    }
    Ok(sha.finalize().get(..8).ok_or(FAILED)?.to_vec())
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

/// One person's turn in a batch.
struct Publishing<'a> {
    connection: &'a Connection,
    arriving: &'a Arriving,
    now: Instant,
    line: u64,
}

impl Publishing<'_> {
    fn put(
        &self,
        insurer: InsurerNumber,
        person: PersonId,
        part: Option<&Part>,
        changed: &mut Changed,
    ) -> Result<(), StoreError> {
        let connection = self.connection;
        let current = registration_of(connection, person)?;
        let settled = settle(self.arriving, insurer, current.as_ref(), part);
        let Some(mut settled) = settled else {
            return Ok(());
        };
        let claim_before = identity::claim(connection, (insurer, person))?;
        if let Some(part) = part {
            self.claim((insurer, person), part, claim_before.as_ref())?;
            if let Some(claimed) = &part.person
                && self.is_taken(current.as_ref(), claimed)?
            {
                settled.is_person_changed |= settled.registration.person != *claimed;
                settled.registration.person = claimed.clone();
            }
        }
        settled.is_changed |= settled.is_person_changed;
        if settled.is_changed {
            store_person(connection, &settled.registration)?;
        }
        let came = identity::examine(
            connection,
            &settled.registration,
            (self.arriving.number, self.now),
        )?;
        for (whose, items) in came {
            if whose == insurer {
                self.remark(What::Mismatch, person, items)?;
            }
        }
        if 0 < settled.unnamed {
            let detail = format!("{},{}", self.arriving.unnamed.as_str(), settled.unnamed);
            self.remark(What::Unnamed, person, detail)?;
        }
        let claim_after = identity::claim(connection, (insurer, person))?;
        let is_changed = settled.is_changed || claim_before != claim_after;
        if is_changed {
            let after = left(
                Some(&settled.registration),
                insurer,
                settled.is_person_changed,
            )?;
            let before = (found(current.as_ref(), insurer)?, claim_before);
            self.keep_before(person, settled.is_person_changed, before, &after)?;
        }
        match (is_changed, current) {
            (false, _) => changed.unchanged += 1,
            (true, None) => changed.added += 1,
            (true, Some(current)) => {
                let had = current.coverages.iter().filter(|it| it.insurer == insurer);
                let has = settled.registration.coverages.iter();
                let has = has.filter(|it| it.insurer == insurer);
                if had.count() < has.count() {
                    changed.added += 1;
                } else {
                    changed.replaced += 1;
                }
            }
        }
        Ok(())
    }

    /// Notes whom the insurer says a person is, where the register says otherwise, and what it confirms.
    fn claim(
        &self,
        whose: identity::Whose,
        part: &Part,
        before: Option<&Claim>,
    ) -> Result<(), StoreError> {
        let connection = self.connection;
        if let Some(claimed) = &part.person {
            let register = identity::resident(connection, whose.1)?;
            let items = register.map_or(Vec::new(), |register| {
                domain::feed::identity::contradictions(claimed, &register)
            });
            if items.is_empty() {
                identity::put_claim(connection, whose, None)?;
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
                    identity::put_claim(connection, whose, Some(&claim))?;
                    self.remark(What::Mismatch, whose.1, claim.items)?;
                }
            }
        }
        if part.is_confirmed
            && let Some(mut claim) = identity::claim(connection, whose)?
            && !claim.is_confirmed
        {
            claim.is_confirmed = true;
            claim.batch = self.arriving.number.as_u32();
            identity::put_claim(connection, whose, Some(&claim))?;
        }
        Ok(())
    }

    /// Whether who the insurer says a person is takes the place of who is stored: unless the register contradicts it and not them.
    fn is_taken(
        &self,
        current: Option<&Registration>,
        claimed: &Person,
    ) -> Result<bool, StoreError> {
        if current.is_none() {
            return Ok(true);
        }
        let register = identity::resident(self.connection, claimed.id)?;
        Ok(register.is_none_or(|register| {
            domain::feed::identity::contradictions(claimed, &register).is_empty()
        }))
    }

    fn put_resident(
        &self,
        person: PersonId,
        register: Option<&Person>,
        changed: &mut Changed,
    ) -> Result<(), StoreError> {
        let connection = self.connection;
        let before = identity::resident(connection, person)?;
        match (&before, register) {
            (Some(before), Some(register)) if before == register => {
                changed.unchanged += 1;
                return Ok(());
            }
            (Some(_), _) => changed.replaced += 1,
            (None, _) => changed.added += 1,
        }
        identity::put_resident(connection, person, register)?;
        if let Some(stored) = registration_of(connection, person)? {
            let when = (self.arriving.number, self.now);
            for (_, items) in identity::examine(connection, &stored, when)? {
                self.remark(What::Mismatch, person, items)?;
            }
        }
        let packed = before.as_ref().map(identity::pack_person).transpose()?;
        let after = register.map(identity::pack_person).transpose()?;
        let after = Sha256::digest(after.unwrap_or_default());
        let after = after.get(..8).ok_or(FAILED)?;
        self.keep_before(person, false, (packed.unwrap_or_default(), None), after)
    }

    fn keep_before(
        &self,
        person: PersonId,
        is_person_changed: bool,
        (before, claim): (Vec<u8>, Option<Claim>),
        after: &[u8],
    ) -> Result<(), StoreError> {
        let claim = claim
            .map(|it| postcard::to_stdvec(&it))
            .transpose()
            .map_err(|_| FAILED)?;
        // A full file comes to somebody twice at most: what was found first counts.
        let text = "INSERT INTO part_before (batch, person, changed_person, before, after, claim) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (batch, person) DO UPDATE SET after = excluded.after";
        self.connection.prepare_cached(text)?.execute(params![
            self.arriving.number.as_u32(),
            person.as_u128().to_be_bytes(),
            is_person_changed,
            before,
            after,
            claim
        ])?;
        Ok(())
    }

    fn remark(&self, what: What, person: PersonId, detail: String) -> Result<(), StoreError> {
        let remark = NewRemark {
            line: self.line,
            what,
            person: Some(person),
            cell: None,
            detail,
        };
        remarks::put(self.connection, self.arriving.number, &remark)
    }
}
