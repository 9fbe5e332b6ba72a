//! Makes the lines of a piece of a file part of what their insurer says of people, and keeps that aside (取込の受付). Publishes nothing.

use std::collections::{BTreeMap, BTreeSet};

use domain::codes::coverage::LossReason;
use domain::coverage::{Coverage, Registration};
use domain::feed::insurer::{Change, InsurerKind, Scope};
use domain::feed::part::{Applied, NotApplied, Part};
use domain::feed::review::Deadlines;
use domain::insurer_number::InsurerNumber;
use domain::person::{Person, PersonId};

use super::parts::{self, Arrived, Kept};
use super::remarks::{NewRemark, Noted, What};
use super::{Arriving, NewLine};
use crate::engine::StoreError;
use crate::registry::households::registrations_of;
use crate::registry::identity::Testimonies;
use crate::rows;
use crate::sql::Connection;

/// The reason of a line of an earlier piece that gave way, by the name it has for lines that are refused as they come.
const OVERLAPS: &str = "overlaps";

/// What became of a line.
type Outcome = Result<Applied, NotApplied>;

/// A person whose part is being changed by the lines at hand.
struct Held {
    arrived: Arrived,
    /// Who the insurer says they are now.
    stored: Option<Person>,
    is_known: bool,
    is_changed: bool,
}

impl Held {
    /// Notes that a line about them was refused, where there is such a person.
    fn note_refused(&mut self, line: u64) {
        let part = &mut self.arrived.part;
        if part.is_known {
            part.refused = part.refused.saturating_add(1);
            self.arrived.line = line;
            self.is_changed = true;
        }
    }
}

/// Keeps lines aside; answers for each whether it could be made part of its person. Of whom a full file has a line that was refused, or that is
/// told of in what is remarked, that is noted with their part.
pub(super) fn keep(
    connection: &Connection,
    arriving: &Arriving,
    ((lines, unread), deadlines): ((&[NewLine], &[NewRemark]), Deadlines),
    noted: &mut Noted,
) -> Result<Vec<Result<(), NotApplied>>, StoreError> {
    let is_full = arriving.scope == Scope::Full;
    let unread = unread
        .iter()
        .filter(|it| is_full && it.what == What::Refused);
    let unread = unread.filter_map(|it| Some((it.person?, it.line)));
    let unread: Vec<(PersonId, u64)> = unread.collect();
    let mut people: BTreeSet<PersonId> = lines.iter().map(|it| it.person).collect();
    people.extend(unread.iter().map(|it| it.0));
    let mut people = hold(connection, arriving, &Vec::from_iter(people))?;
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(lines.len());
    for line in lines {
        let held = people.get_mut(&line.person).ok_or(super::FAILED)?;
        let part = &mut held.arrived.part;
        let applied = match named(arriving, &line.change) {
            Change::Coverage(coverage) if is_full => match part.put_in_full(&coverage) {
                Err(NotApplied::Overlaps) => {
                    let earlier = (lines, outcomes.as_mut_slice());
                    put_stored(connection, earlier, (line.person, &coverage), held, noted)?
                }
                applied => applied,
            },
            change => part.apply(&change, held.stored.as_ref()),
        };
        if applied.is_ok() {
            held.is_changed = true;
            held.arrived.line = line.number;
            if is_full && applied == Ok(Applied::Began) {
                held.arrived.part.brought = line.number;
            }
        } else if is_full {
            held.note_refused(line.number);
        }
        outcomes.push(applied);
    }
    for (line, outcome) in lines.iter().zip(&outcomes) {
        if let Ok(applied) = outcome {
            note_late((arriving, line), *applied, deadlines, noted);
            if let (true, Some(held)) = (is_full, people.get(&line.person)) {
                note_lost((arriving, line), &held.arrived.part, noted);
            }
        }
    }
    for (person, line) in unread {
        people
            .get_mut(&person)
            .ok_or(super::FAILED)?
            .note_refused(line);
    }
    let changed = people.values().filter(|it| it.is_changed);
    let kept = changed.map(|it| Kept {
        arrived: &it.arrived,
        is_known: it.is_known,
    });
    parts::keep(connection, arriving.number, &Vec::from_iter(kept))?;
    Ok(outcomes.into_iter().map(|it| it.map(|_| ())).collect())
}

/// Puts a coverage of a full file that overlaps what the file has named: where it was there before the file, what the file brought anew gives
/// way, and the line that brought it is refused in its stead.
fn put_stored(
    connection: &Connection,
    (lines, outcomes): (&[NewLine], &mut [Outcome]),
    (person, coverage): (PersonId, &Coverage),
    held: &mut Held,
    noted: &mut Noted,
) -> Result<Outcome, StoreError> {
    let part = &mut held.arrived.part;
    if !part.coverages.iter().any(|it| is_same(it, coverage)) {
        return Ok(Err(NotApplied::Overlaps));
    }
    let stored = registrations_of(connection, &[person])?;
    let stored = stored.get(&person).map_or(&[][..], |it| &it.coverages);
    let taken_out = match part.put_stored_in_full(coverage, stored) {
        Ok(taken_out) => taken_out,
        Err(why) => return Ok(Err(why)),
    };
    let brought = |change: &Change| match change {
        Change::Coverage(it) => taken_out.iter().any(|other| is_same(it, other)),
        _ => false,
    };
    let mut is_told = false;
    for (earlier, outcome) in lines.iter().zip(outcomes) {
        if earlier.person == person && outcome.is_ok() && brought(&earlier.change) {
            *outcome = Err(NotApplied::Overlaps);
            held.note_refused(earlier.number);
            is_told = true;
        }
    }
    let line = std::mem::take(&mut held.arrived.part.brought);
    if 0 < line && lines.first().is_some_and(|it| line < it.number) {
        noted.note(NewRemark {
            person: Some(person),
            ..NewRemark::refused(line, OVERLAPS)
        });
    }
    // What an earlier piece brought was counted there, and its line is not kept: it is counted, and handed back, at this one.
    Ok(if is_told {
        Ok(Applied::Other)
    } else {
        Err(NotApplied::Displaces)
    })
}

fn is_same(one: &Coverage, other: &Coverage) -> bool {
    one.acquired == other.acquired && one.key() == other.key()
}

/// A coverage that a line names bears the batch's number from then on, whichever of its cards the line is about: what a full file does not
/// name is told by that. Publishing gives back the numbers of what did not change.
fn named(arriving: &Arriving, change: &Change) -> Change {
    let mut change = change.clone();
    if let Change::Coverage(coverage) = &mut change {
        let number = Some(arriving.number);
        (coverage.source, coverage.card_source) = (number, number);
    }
    change
}

/// The parts of people as the batch left them so far, or as they are stored.
fn hold(
    connection: &Connection,
    arriving: &Arriving,
    people: &[PersonId],
) -> Result<BTreeMap<PersonId, Held>, StoreError> {
    let mut known = parts::of(connection, arriving.number, people)?;
    let Some(insurer) = arriving.insurer else {
        let of_register = |&person| {
            let held = Held {
                is_known: known.contains_key(&person),
                arrived: arrived(person, Part::of_register()),
                stored: None,
                is_changed: false,
            };
            (person, held)
        };
        return Ok(people.iter().map(of_register).collect());
    };
    let is_corrected = arriving.kind == InsurerKind::Corrections;
    let of_stored = people.iter().copied();
    let of_stored = of_stored.filter(|it| is_corrected || !known.contains_key(it));
    let stored = registrations_of(connection, &Vec::from_iter(of_stored))?;
    let testimonies = if is_corrected {
        Testimonies::read(connection, people)?
    } else {
        Testimonies::default()
    };
    let mut held = BTreeMap::new();
    for &person in people {
        let (known, stored) = (known.remove(&person), stored.get(&person));
        let is_known = known.is_some();
        let mut part = known.unwrap_or_else(|| Part::of(insurer, stored));
        if !is_known && (arriving.kind, arriving.scope) == (InsurerKind::Certificates, Scope::Full)
        {
            part.clear_certificates();
        }
        let stored = if is_corrected {
            said(&testimonies, (insurer, person), stored)?
        } else {
            None
        };
        let it = Held {
            arrived: arrived(person, part),
            stored,
            is_known,
            is_changed: false,
        };
        held.insert(person, it);
    }
    Ok(held)
}

fn arrived(person: PersonId, part: Part) -> Arrived {
    Arrived {
        person,
        line: 0,
        part,
    }
}

/// Who an insurer says somebody is: by its own claim, else as they are stored.
fn said(
    testimonies: &Testimonies,
    whose: (InsurerNumber, PersonId),
    stored: Option<&Registration>,
) -> Result<Option<Person>, StoreError> {
    let claim = testimonies.claim(whose);
    Ok(match claim.and_then(|it| it.claim.as_deref()) {
        Some(claimed) => Some(rows::unpack(whose.1, claimed)?.person),
        None => stored.map(|it| it.person.clone()),
    })
}

fn note_late(
    (arriving, line): (&Arriving, &NewLine),
    applied: Applied,
    deadlines: Deadlines,
    noted: &mut Noted,
) {
    let (Applied::Began, Some(happened)) = (applied, line.happened) else {
        return;
    };
    let late = deadlines.late(happened, line.notified, arriving.day);
    if !late.is_late() {
        return;
    }
    noted.note(NewRemark {
        line: line.number,
        what: What::Late,
        person: Some(line.person),
        cell: None,
        detail: format!("{},{}", late.employer_days, late.insurer_days),
    });
}

/// Notes where a full file names a coverage that was lost by the day it came: no line of coverages takes a loss back, whoever gave it.
fn note_lost((arriving, line): (&Arriving, &NewLine), part: &Part, noted: &mut Noted) {
    let Change::Coverage(named) = &line.change else {
        return;
    };
    let known = part.coverages.iter().find(|it| is_same(it, named));
    let loss = known.and_then(|it| it.loss);
    let Some(loss) = loss.filter(|it| it.date <= arriving.day) else {
        return;
    };
    let reason = loss.reason.map_or("", LossReason::code);
    noted.note(NewRemark {
        line: line.number,
        what: What::Lost,
        person: Some(line.person),
        cell: None,
        detail: format!("{},{reason}", loss.date),
    });
}
