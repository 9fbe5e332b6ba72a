//! Puts an arrived batch of an insurer in place within one transaction, some people at a time; or weighs what that would change. Keeps what it
//! found, so that the batch can be undone.

mod page;

use std::collections::HashSet;

use domain::civil_date::Instant;
use domain::codes::coverage::LossReason;
use domain::coverage::card::Card;
use domain::coverage::period::Period;
use domain::coverage::{Coverage, Loss, Registration};
use domain::feed::BatchNumber;
use domain::feed::insurer::{InsurerKind, Scope, Unnamed};
use domain::feed::part::Part;
use domain::feed::part::full::{gives_way, join_certificates};
use domain::feed::review::Weighed;
use domain::insurer_number::InsurerNumber;
use domain::person::{Person, PersonId};
use sha2::{Digest, Sha256};

use self::page::Page;
use super::parts::{self, Arrived};
use super::remarks::What;
use super::{Arriving, FAILED};
use crate::engine::StoreError;
use crate::registry::feeds::batches::Changed;
use crate::registry::households::{self, registrations_of};
use crate::registry::identity::pack_person;
use crate::rows::part::pack_part;
use crate::sql::{Connection, params};

/// Rows of an insurer's members read at a time, each with some people.
const ROWS: u32 = 500;

/// People a batch may name for who they are to be held in memory: some mebibytes.
const MOST_NAMED: usize = 200_000;

/// What becomes of a person.
struct Settled {
    registration: Registration,
    is_person_changed: bool,
    is_changed: bool,
    left_out: LeftOut,
}

/// Coverages or certificates of a person that a full file does not name.
#[derive(Clone, Copy, Default)]
struct LeftOut {
    ended: u64,
    listed: u64,
}

/// What publishing came to.
#[derive(Default)]
pub(super) struct Put {
    pub(super) changed: Changed,
    /// People who were there when their lines came, and are no more.
    pub(super) gone: u64,
}

/// Puts everything that arrived in place.
pub(super) fn publish(
    connection: &Connection,
    arriving: &Arriving,
    now: Instant,
) -> Result<Put, StoreError> {
    let arriving = &as_it_reads(connection, arriving)?;
    let mut put = Put::default();
    for_each_page(connection, arriving, |page| {
        let people: Vec<PersonId> = page.iter().map(|it| it.person).collect();
        let mut putting = Page::open(connection, (arriving, now), &people)?;
        for it in page {
            match arriving.insurer {
                Some(insurer) => putting.put(insurer, it.person, Some(it), &mut put)?,
                None => putting.put_resident(it, &mut put.changed)?,
            }
        }
        putting.write()
    })?;
    if let (Some(insurer), Scope::Full) = (arriving.insurer, arriving.scope) {
        for_each_member_page(connection, insurer, |members| {
            let people: Vec<PersonId> = members.iter().map(|it| it.person.id).collect();
            let named = parts::named_among(connection, arriving.number, &people)?;
            let left = people.into_iter().filter(|it| !named.contains(it));
            let left: Vec<PersonId> = left.collect();
            if left.is_empty() {
                return Ok(());
            }
            let mut putting = Page::open(connection, (arriving, now), &left)?;
            for person in left {
                putting.put(insurer, person, None, &mut put)?;
            }
            putting.write()
        })?;
    }
    Ok(put)
}

/// What publishing would change of the insurer's figures.
pub(super) fn weigh(connection: &Connection, arriving: &Arriving) -> Result<Weighed, StoreError> {
    let mut weighed = Weighed::default();
    let Some(insurer) = arriving.insurer else {
        return Ok(weighed);
    };
    let own = |coverages: &[Coverage]| -> Vec<Coverage> {
        let own = coverages.iter().filter(|it| it.insurer == insurer);
        own.cloned().collect()
    };
    let arriving = &as_it_reads(connection, arriving)?;
    let named = parts::named(connection, arriving.number, MOST_NAMED)?;
    let may_be_named = |it: &PersonId| named.as_ref().is_none_or(|all| all.contains(it));
    for_each_member_page(connection, insurer, |members| {
        let people = members.iter().map(|it| it.person.id).filter(may_be_named);
        let parts = parts::of(connection, arriving.number, &Vec::from_iter(people))?;
        for registration in members {
            let part = parts.get(&registration.person.id);
            let settled = settle(arriving, insurer, Some(registration), part);
            let after = settled.map_or(Vec::new(), |it| own(&it.registration.coverages));
            weighed.add(&own(&registration.coverages), &after, arriving.day);
        }
        Ok(())
    })?;
    // Those who are not the insurer's yet.
    for_each_page(connection, arriving, |page| {
        let people: Vec<PersonId> = page.iter().map(|it| it.person).collect();
        let stored = registrations_of(connection, &people)?;
        let is_member = |it: &Registration| it.coverages.iter().any(|it| it.insurer == insurer);
        for it in page {
            let stored = stored.get(&it.person);
            if stored.is_some_and(is_member) {
                continue;
            }
            let settled = settle(arriving, insurer, stored, Some(&it.part));
            let after = settled.map_or(Vec::new(), |it| own(&it.registration.coverages));
            weighed.add(&[], &after, arriving.day);
        }
        Ok(())
    })?;
    Ok(weighed)
}

/// A batch as it is published: a refused line of a full file that names nobody who could be read may have named anybody, so that what is not
/// named is only listed.
fn as_it_reads(connection: &Connection, arriving: &Arriving) -> Result<Arriving, StoreError> {
    let mut it = *arriving;
    if it.scope == Scope::Full {
        let text = "SELECT EXISTS (SELECT 1 FROM feed_remark WHERE batch = ?1 AND what = ?2 AND person IS NULL)";
        let mut statement = connection.prepare_cached(text)?;
        let of = params![it.number.as_u32(), What::Refused.as_str()];
        let may_be_anybody: bool = statement.query_row(of, |row| row.get(0))?;
        if may_be_anybody {
            it.unnamed = Unnamed::List;
        }
    }
    Ok(it)
}

/// What a batch makes of the people it names, some of them at a time.
fn for_each_page(
    connection: &Connection,
    arriving: &Arriving,
    mut work: impl FnMut(&[Arrived]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut last = None;
    loop {
        let page = parts::behind(connection, arriving.number, last)?;
        let Some(end) = page.last() else {
            return Ok(());
        };
        last = Some(end.person);
        work(&page)?;
    }
}

/// Everybody with a coverage of an insurer, each once, some of them at a time: what is done to them may change their rows.
fn for_each_member_page(
    connection: &Connection,
    insurer: InsurerNumber,
    mut work: impl FnMut(&[Registration]) -> Result<(), StoreError>,
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
        let mut met = HashSet::new();
        let members = found.into_iter().filter_map(|(key, registration)| {
            let own = registration.coverages.iter();
            let own = own.filter(|it| it.insurer == insurer).map(Coverage::key);
            // Under the first of their keys alone.
            let is_first = own.min().is_some_and(|first| first.as_str() == key);
            (is_first && met.insert(registration.person.id)).then_some(registration)
        });
        work(&Vec::from_iter(members))?;
        place = last;
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
    let left_out = if arriving.scope == Scope::Full {
        leave_out(arriving, (&before, part), &mut own)
    } else {
        LeftOut::default()
    };
    for coverage in &mut own {
        let known = before
            .iter()
            .find(|it| it.acquired == coverage.acquired && it.key() == coverage.key());
        number(coverage, known.copied(), arriving.number);
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
        left_out,
    })
}

/// Numbers a coverage and its cards by the batch that said so: what this one leaves as it was keeps the number it had. A certificate, a loss or
/// another item numbers the coverage and no card.
fn number(coverage: &mut Coverage, known: Option<&Coverage>, batch: BatchNumber) {
    let Some(known) = known else {
        (coverage.source, coverage.card_source) = (Some(batch), Some(batch));
        return;
    };
    let said_by = |card: Card| {
        let mut had = std::iter::once(known.card()).chain(known.earlier.iter().copied());
        let source = card.source;
        let same = had.find(|it| Card { source, ..*it } == card);
        same.map_or(Some(batch), |it| it.source)
    };
    for card in &mut coverage.earlier {
        card.source = said_by(*card);
    }
    coverage.card_source = said_by(coverage.card());
    let as_known = Coverage {
        earlier: known.earlier.clone(),
        source: known.source,
        ..coverage.clone()
    };
    let is_as_known = as_known == *known;
    coverage.source = if is_as_known {
        known.source
    } else {
        Some(batch)
    };
}

/// Ends or lists what a full file does not name, by setting; answers how much that is.
fn leave_out(
    arriving: &Arriving,
    (before, part): (&[&Coverage], Option<&Part>),
    own: &mut [Coverage],
) -> LeftOut {
    match arriving.kind {
        InsurerKind::Coverages => leave_out_coverages(arriving, is_spared(part), own),
        InsurerKind::Certificates => leave_out_certificates(arriving, (before, part), own),
        InsurerKind::Persons
        | InsurerKind::Losses
        | InsurerKind::Corrections
        | InsurerKind::Residents => LeftOut::default(),
    }
}

/// Whether a line about them was refused: what it meant to name is not known.
fn is_spared(part: Option<&Part>) -> bool {
    part.is_some_and(|it| 0 < it.refused)
}

fn leave_out_coverages(arriving: &Arriving, is_spared: bool, own: &mut [Coverage]) -> LeftOut {
    let is_named = |it: &Coverage| it.source == Some(arriving.number);
    let named: Vec<Coverage> = own.iter().filter(|it| is_named(it)).cloned().collect();
    let mut left_out = LeftOut::default();
    for coverage in own {
        if is_named(coverage) || coverage.loss.is_some() {
            continue;
        }
        // What the file names takes its place by either setting: two never hold on one day.
        let day = match (gives_way(coverage, &named), arriving.unnamed) {
            (Some(day), _) => day,
            (None, _) if is_spared => continue,
            (None, Unnamed::End) => arriving.day,
            (None, Unnamed::List) => {
                left_out.listed += 1;
                continue;
            }
        };
        left_out.ended += 1;
        coverage.loss = Some(Loss {
            date: coverage.acquired.map_or(day, |it| it.max(day)),
            reason: Some(LossReason::Other),
        });
    }
    left_out
}

fn leave_out_certificates(
    arriving: &Arriving,
    (before, part): (&[&Coverage], Option<&Part>),
    own: &mut [Coverage],
) -> LeftOut {
    let yesterday = arriving.day.plus_days(-1);
    let is_spared = is_spared(part);
    let mut left_out = LeftOut::default();
    let mut leave = |period: &mut Period| {
        if is_spared || period.end.is_some_and(|end| end <= yesterday) {
            return;
        }
        match arriving.unnamed {
            Unnamed::End => {
                left_out.ended += 1;
                // One that had not begun never holds.
                period.end = Some(yesterday);
            }
            Unnamed::List => left_out.listed += 1,
        }
    };
    for coverage in own {
        if part.is_none() {
            periods(coverage).into_iter().for_each(&mut leave);
            continue;
        }
        // The part holds what the file names alone.
        let is_same =
            |it: &&&Coverage| it.acquired == coverage.acquired && it.key() == coverage.key();
        if let Some(stored) = before.iter().find(is_same) {
            join_certificates(coverage, stored, &mut leave);
        }
    }
    left_out
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
        // Of what is stored no line was refused: the packed form is the one it always had, so that batches of earlier versions can be undone.
        let part = Part {
            person: is_person_changed.then(|| stored.person.clone()),
            ..Part::of(insurer, Some(stored))
        };
        sha.update(pack_part(&part)?);
    }
    Ok(sha.finalize().get(..8).ok_or(FAILED)?.to_vec())
}

/// A hash of what a batch of the register left of a person: what it says of them, and who is stored where that changed with it.
pub(super) fn left_of_register(
    register: Option<&Person>,
    stored: Option<&Person>,
) -> Result<Vec<u8>, StoreError> {
    let mut sha = Sha256::new();
    for person in register.into_iter().chain(stored) {
        sha.update(pack_person(person)?);
    }
    Ok(sha.finalize().get(..8).ok_or(FAILED)?.to_vec())
}
