//! Searches who looked (G27): by time, account and patient, newest first, page by page. Names are read from the registry at the moment of
//! the search and kept nowhere; that a search is recorded is the caller's duty.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::account::AccountId;
use domain::civil_date::{CivilDate, Instant};
use domain::emergency::matching_form::NameForm;
use domain::institution_code::InstitutionCode;
use domain::insured::{Branch, InsuranceKey};
use domain::medical_information::kind::Basis;
use domain::medical_information::look::Look;
use domain::permit::{Permit, ReadLooks};
use domain::person::{Person, PersonId};
use domain::reference_number::ReferenceNumber;

use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::looks::{COLUMNS, read};
use crate::reference_numbers::holder_of;
use crate::registry::medical_information::led_to;
use crate::registry::registration_of;
use crate::sight::of_reference;
use crate::sql::{Connection, Value, params_from_iter};

/// Looks gone through for one page at most, where names are compared: the next page goes on from there.
const MOST_COMPARED: u32 = 20_000;

/// Which looks are sought. An absent condition does not limit.
#[derive(Clone, Default)]
pub struct LookSearch {
    /// Not before.
    pub from: Option<Instant>,
    /// Before.
    pub until: Option<Instant>,
    /// By this account.
    pub account: Option<AccountId>,
    /// At one of these people; nobody's where the list is empty.
    pub people: Option<Vec<PersonId>>,
    /// At people in whose name or kana this stands, however it is typed ([`NameForm`]).
    pub name: Option<String>,
    /// At people born on this day.
    pub birth_date: Option<CivilDate>,
    /// That rested on this.
    pub basis: Option<Basis>,
    /// Only those under an emergency.
    pub only_emergencies: bool,
    /// Only those behind this place, where an earlier page ended.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: u32,
}

/// What a patient is named by in a search; all that is given must fit.
#[derive(Clone, Default)]
pub struct Named {
    /// The identifier of a check by card of the facility, or of an emergency's opening.
    pub reference: Option<u128>,
    /// The facility's own number.
    pub number: Option<ReferenceNumber>,
    /// The qualification, with the branch where it was given.
    pub insured: Option<(InsuranceKey, Option<Branch>)>,
}

/// The place of a look among all: by time, then by writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it was taken.
    pub at: Instant,
    /// Its number.
    pub seq: i64,
}

/// A look with its place and the patient as they are registered now; of somebody whom the insurers took back, nobody.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The place.
    pub place: Place,
    /// The look.
    pub look: Look,
    /// The patient.
    pub patient: Option<Person>,
}

/// A page of looks.
#[derive(Debug, Clone, Default)]
pub struct LooksFound {
    /// The newest first.
    pub looks: Vec<Placed>,
    /// Where the next page goes on, if there may be more.
    pub next: Option<Place>,
}

// Both may name somebody.
impl std::fmt::Debug for LookSearch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LookSearch(…)")
    }
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Named(…)")
    }
}

impl Engine {
    /// The looks of the permit's facility, the newest first. The caller records the search.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn looks(
        &self,
        permit: &Permit<ReadLooks>,
        search: &LookSearch,
    ) -> Result<LooksFound, StoreError> {
        self.looks_anywhere(Some(permit.facility()), search)
    }

    /// The looks of one facility, or of all, the newest first: for the operator, and for the patient whom they are about. The caller has
    /// the right to them already, and records the search.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn looks_anywhere(
        &self,
        facility: Option<InstitutionCode>,
        search: &LookSearch,
    ) -> Result<LooksFound, StoreError> {
        // Readers of the registry see the center's tables as well, so one snapshot holds looks and names.
        self.registry().read_lately(|connection| {
            let _snapshot = connection.snapshot()?;
            let mut names = BTreeMap::new();
            select(connection, facility.map(number), search, |id| {
                patient(connection, &mut names, id)
            })
        })
    }

    /// Whom a search may be about, for a facility: everybody all of whose given names fit. Says nothing of whether anybody was looked at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn named_in_search(
        &self,
        permit: &Permit<ReadLooks>,
        named: &Named,
    ) -> Result<Option<Vec<PersonId>>, StoreError> {
        let facility = number(permit.facility());
        self.registry().read(|connection| {
            let _snapshot = connection.snapshot()?;
            let mut people: Option<Vec<PersonId>> = None;
            let mut narrow = |found: Vec<PersonId>| {
                people = Some(match people.take() {
                    None => found,
                    Some(earlier) => earlier
                        .into_iter()
                        .filter(|it| found.contains(it))
                        .collect(),
                });
            };
            if let Some(reference) = named.reference {
                narrow(
                    of_reference(connection, facility, reference)?
                        .into_iter()
                        .collect(),
                );
            }
            if let Some(number) = &named.number {
                narrow(
                    holder_of(connection, facility, number)?
                        .into_iter()
                        .collect(),
                );
            }
            if let Some((key, branch)) = &named.insured {
                let found = led_to(connection, key, *branch)?;
                narrow(found.iter().map(|it| it.person.id).collect());
            }
            Ok(people)
        })
    }
}

/// The looks of one facility, or of all, the newest first, with what `patient` knows of each person.
pub(crate) fn select(
    connection: &Connection,
    facility: Option<i64>,
    search: &LookSearch,
    mut patient: impl FnMut(PersonId) -> Result<Option<Person>, StoreError>,
) -> Result<LooksFound, StoreError> {
    let (text, values) = query(facility, search);
    let mut statement = connection.prepare_cached(&text)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = LooksFound::default();
    let (mut last, mut compared) = (None, 0);
    while let Some(row) = rows.next()? {
        // One more than is wanted says that there are more.
        if search.limit as usize <= found.looks.len() || MOST_COMPARED <= compared {
            found.next = last;
            break;
        }
        compared += 1;
        let look = read(&row)?;
        let place = Place {
            at: look.at,
            seq: row.get(11)?,
        };
        last = Some(place);
        let patient = patient(look.person)?;
        if search.fits(&look, patient.as_ref()) {
            found.looks.push(Placed {
                place,
                look,
                patient,
            });
        }
    }
    Ok(found)
}

/// Only the conditions that are given stand in the text, so that each has its index.
fn query(facility: Option<i64>, search: &LookSearch) -> (String, Vec<Value>) {
    let mut conditions: Vec<String> = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    let mut given = |condition: &str, value: Value| {
        values.push(value);
        let place = format!("?{}", values.len());
        conditions.push(condition.replace('?', &place));
    };
    if let Some(facility) = facility {
        given("facility = ?", Value::Integer(facility));
    }
    if let Some(from) = search.from {
        given("? <= at", Value::Integer(from.as_micros()));
    }
    if let Some(until) = search.until {
        given("at < ?", Value::Integer(until.as_micros()));
    }
    if let Some(account) = &search.account {
        given("account = ?", Value::Text(account.as_str().to_owned()));
    }
    if let Some(after) = search.after {
        let at = after.at.as_micros();
        given("at <= ?", Value::Integer(at));
        values.extend([Value::Integer(at), Value::Integer(after.seq)]);
        let (at, seq) = (values.len() - 1, values.len());
        conditions.push(format!("(at < ?{at} OR seq < ?{seq})"));
    }
    if let Some(people) = &search.people {
        let mut places = Vec::new();
        for person in people {
            values.push(Value::Blob(person.as_u128().to_be_bytes().into()));
            places.push(format!("?{}", values.len()));
        }
        conditions.push(if places.is_empty() {
            "1 = 0".to_owned()
        } else {
            format!("person IN ({})", places.join(", "))
        });
    }
    let is_emergency = search.basis.is_some_and(Basis::is_emergency);
    if search.only_emergencies || is_emergency {
        conditions.push("emergency = 1".to_owned());
    }
    let conditions = if conditions.is_empty() {
        "1 = 1".to_owned()
    } else {
        conditions.join(" AND ")
    };
    // One more than is wanted says that there are more; what no index knows is compared row by row.
    let compares = search.basis.is_some() || search.birth_date.is_some() || search.name.is_some();
    let most = if compares {
        MOST_COMPARED
    } else {
        search.limit
    };
    values.push(Value::Integer(i64::from(most) + 1));
    let text = format!(
        "SELECT {COLUMNS}, seq FROM look WHERE {conditions} ORDER BY at DESC, seq DESC LIMIT ?{}",
        values.len()
    );
    (text, values)
}

/// A patient by their number, each read once.
fn patient(
    connection: &Connection,
    names: &mut BTreeMap<PersonId, Option<Person>>,
    id: PersonId,
) -> Result<Option<Person>, StoreError> {
    Ok(match names.entry(id) {
        Entry::Occupied(known) => known.get().clone(),
        Entry::Vacant(new) => {
            let found = registration_of(connection, id)?.map(|it| it.person);
            new.insert(found).clone()
        }
    })
}

impl LookSearch {
    /// What no index knows.
    fn fits(&self, look: &Look, patient: Option<&Person>) -> bool {
        let basis = self
            .basis
            .is_none_or(|basis| look.under.iter().any(|it| it.basis == basis));
        let born = self
            .birth_date
            .is_none_or(|day| patient.is_some_and(|it| it.birth_date == day));
        let named = self.name.as_deref().is_none_or(|name| {
            // Marks alone are no part of any name.
            let part = NameForm::of(name);
            let contains = |text: &str| {
                let part = part.as_ref();
                NameForm::of(text).is_some_and(|it| part.is_some_and(|part| it.holds(part)))
            };
            patient.is_some_and(|it| {
                contains(it.name.as_str())
                    || it.kana.as_ref().is_some_and(|it| contains(it.as_str()))
            })
        });
        basis && born && named
    }
}
