//! What was done under emergency windows, put together from searches, openings and looks, and the facilities' reports on it (利用報告).

use std::collections::{BTreeMap, BTreeSet};

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::emergency::window::{EmergencyWindow, Standing};
use domain::institution_code::InstitutionCode;
use domain::permit::{AskInOutage, Permit};
use domain::person::PersonId;

use crate::access::{institution, number};
use crate::checks::file;
use crate::emergency::windows;
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{Earlier, KeptAnswer, keep_or_find};
use crate::looks::search::{LookSearch, select};
use crate::recent::Recent;
use crate::sql::{Connection, OptionalExtension, params};

/// Things done that are told of each window at most, the newest first.
const MOST: u32 = 500;

/// What one facility did under a window.
#[derive(Debug, Clone)]
pub struct Usage {
    /// The window.
    pub window: EmergencyWindow,
    /// The facility.
    pub facility: InstitutionCode,
    /// What was done, the newest first.
    pub done: Vec<Done>,
    /// Its report, once it was filed.
    pub report: Option<Report>,
}

/// A window that a facility used: how much it did under it, and whether it reported.
#[derive(Debug, Clone)]
pub struct UsedWindow {
    /// The window.
    pub window: EmergencyWindow,
    /// Searches it made.
    pub searches: u64,
    /// What it opened.
    pub openings: u64,
    /// Its report, once it was filed.
    pub report: Option<Report>,
}

/// One thing that was done.
#[derive(Clone)]
pub struct Done {
    /// When.
    pub at: Instant,
    /// Who.
    pub account: String,
    /// `search`, `check`, `opening` or `look`.
    pub deed: &'static str,
    /// What it came to, the consent, or the way of the look.
    pub detail: String,
    /// The patient.
    pub person: Option<PersonId>,
    /// The patient's name, where it is told.
    pub name: Option<String>,
}

impl std::fmt::Debug for Done {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Done({}, …)", self.deed)
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When it was filed.
    pub at: Instant,
    /// By whom.
    pub account: String,
    /// Its text.
    pub text: String,
}

/// What became of a report to file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// It is on the disk.
    Done,
    /// The facility did nothing under the window, or there is none.
    NothingDone,
    /// The request's key was used before: nothing was filed.
    Before(Earlier),
}

impl Engine {
    /// The windows the permit's facility used, the newest first, so many of those before one; what was done is counted alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn used_windows(
        &self,
        permit: &Permit<AskInOutage>,
        after: Option<u128>,
        limit: usize,
    ) -> Result<Vec<UsedWindow>, StoreError> {
        let facility = permit.facility();
        self.read(|connection| {
            let mut used = Vec::new();
            for window in windows(connection)? {
                if used.len() == limit {
                    break;
                }
                let of = (window.planned.id, number(facility));
                let behind = after.is_none_or(|after| of.0 < after);
                if !behind || !window.planned.reach.holds(facility) {
                    continue;
                }
                let searches = counted(connection, "emergency_search", of)?;
                if searches == 0 {
                    continue;
                }
                used.push(UsedWindow {
                    window,
                    searches,
                    openings: counted(connection, "emergency_opening", of)?,
                    report: last_report(connection, of)?,
                });
            }
            Ok(used)
        })
    }

    /// What the permit's facility did under a window, with its patients' names, so much of the newest at most; `None` where it did nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn usage_in(
        &self,
        permit: &Permit<AskInOutage>,
        window: u128,
        most: usize,
    ) -> Result<Option<Usage>, StoreError> {
        let facility = number(permit.facility());
        let Some(mut used) = self.usage(window, Some(facility), (None, 1))?.pop() else {
            return Ok(None);
        };
        used.done.truncate(most);
        // One patient stands in several lines.
        let mut names: BTreeMap<PersonId, Option<String>> = BTreeMap::new();
        for done in &mut used.done {
            let Some(person) = done.person else {
                continue;
            };
            if let Some(known) = names.get(&person) {
                done.name.clone_from(known);
                continue;
            }
            let registration = self.registration(person)?;
            done.name = registration.map(|it| it.person.name.as_str().to_owned());
            names.insert(person, done.name.clone());
        }
        Ok(Some(used))
    }

    /// What each facility did under a window, for the operator: without names, by institution code, so many of those after one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn usage_under(
        &self,
        window: u128,
        after: Option<InstitutionCode>,
        limit: u32,
    ) -> Result<Vec<Usage>, StoreError> {
        self.usage(window, None, (after.map(number), limit))
    }

    /// Whether a facility used a window that is over and has not reported on it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn owes_report(&self, facility: InstitutionCode, now: Instant) -> Result<bool, StoreError> {
        self.read(|connection| {
            let used =
                "SELECT 1 FROM emergency_search WHERE window_id = ?1 AND facility = ?2 LIMIT 1";
            let mut used = connection.prepare_cached(used)?;
            for window in windows(connection)? {
                let over = matches!(window.standing(now), Standing::Ended | Standing::Closed);
                if !over || !window.planned.reach.holds(facility) {
                    continue;
                }
                let of = (window.planned.id, number(facility));
                if used.exists(params![of.0.to_be_bytes(), of.1])?
                    && last_report(connection, of)?.is_none()
                {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    fn usage(
        &self,
        window: u128,
        facility: Option<i64>,
        (after, limit): (Option<i64>, u32),
    ) -> Result<Vec<Usage>, StoreError> {
        let recent = &self.held().recent;
        self.read(|connection| {
            let text = "SELECT DISTINCT window_id, facility FROM emergency_search
                WHERE window_id = ?1 AND (facility = ?2 OR ?2 IS NULL)
                AND (facility > ?3 OR ?3 IS NULL) ORDER BY facility LIMIT ?4";
            let mut statement = connection.prepare_cached(text)?;
            let of = params![window.to_be_bytes(), facility, after, limit];
            let places = statement.query_map(of, |row| {
                Ok((u128::from_be_bytes(row.get(0)?), row.get::<_, i64>(1)?))
            })?;
            let places: Vec<(u128, i64)> = places.collect::<Result<_, _>>()?;
            let all = windows(connection)?;
            let mut used = Vec::new();
            for (id, facility) in places {
                let Some(window) = all.iter().find(|it| it.planned.id == id) else {
                    continue;
                };
                used.push(Usage {
                    window: window.clone(),
                    facility: institution(facility)?,
                    done: done(connection, recent, (id, facility))?,
                    report: last_report(connection, (id, facility))?,
                });
            }
            Ok(used)
        })
    }

    /// Files a facility's report on a window under which it did something.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn file_report(
        &self,
        permit: &Permit<AskInOutage>,
        window: u128,
        text: String,
        event: Event,
        kept: Option<KeptAnswer>,
    ) -> Result<Filed, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            let (facility, id) = (number(holder.facility), window.to_be_bytes());
            let used = "SELECT 1 FROM emergency_search WHERE window_id = ?1 AND facility = ?2 LIMIT 1";
            let used = connection
                .prepare_cached(used)?
                .exists(params![id, facility])?;
            if !used {
                return Ok(Filed::NothingDone);
            }
            if let Some(earlier) = keep_or_find(connection, batch, kept.as_ref())? {
                return Ok(Filed::Before(earlier));
            }
            connection
                .prepare_cached(
                    "INSERT INTO emergency_report SELECT ?1, ?2, coalesce(max(place), 0) + 1, ?3, ?4, ?5
                     FROM emergency_report WHERE window_id = ?1 AND facility = ?2",
                )?
                .execute(params![
                    id,
                    facility,
                    event.at.as_micros(),
                    holder.account.as_str(),
                    text
                ])?;
            batch.append(connection, &event, None)?;
            Ok(Filed::Done)
        })
        .await
    }
}

/// How many rows a table holds of what a facility did under a window.
fn counted(
    connection: &Connection,
    table: &str,
    (window, facility): (u128, i64),
) -> Result<u64, StoreError> {
    let text = format!("SELECT count(*) FROM {table} WHERE window_id = ?1 AND facility = ?2");
    let rows: i64 = connection
        .prepare_cached(&text)?
        .query_row(params![window.to_be_bytes(), facility], |row| row.get(0))?;
    Ok(u64::try_from(rows).unwrap_or_default())
}

/// What a facility did under a window, the newest first.
fn done(
    connection: &Connection,
    recent: &Recent,
    (window, facility): (u128, i64),
) -> Result<Vec<Done>, StoreError> {
    let of = params![window.to_be_bytes(), facility, MOST];
    // In an outage a search is answered with its check: they are one. In a disaster the check comes later, or not at all.
    let searches = "SELECT at, account, CASE WHEN check_id IS NULL OR mode = 'disaster' THEN 'search' ELSE 'check' END,
          way || ':' || outcome, person
        FROM emergency_search WHERE window_id = ?1 AND facility = ?2 ORDER BY at DESC LIMIT ?3";
    let openings = "SELECT at, account, 'opening', consent, person, id FROM emergency_opening
        WHERE window_id = ?1 AND facility = ?2 ORDER BY at DESC LIMIT ?3";
    let mut all = checks_under(connection, recent, (window, facility))?;
    for text in [searches, openings] {
        let mut statement = connection.prepare_cached(text)?;
        let mut rows = statement.query(of)?;
        while let Some(row) = rows.next()? {
            let (deed, person): (String, Option<[u8; 16]>) = (row.get(2)?, row.get(4)?);
            all.push(Done {
                at: Instant::from_micros(row.get(0)?),
                account: row.get(1)?,
                deed: match deed.as_str() {
                    "check" => "check",
                    "opening" => "opening",
                    _ => "search",
                },
                detail: row.get(3)?,
                person: person.map(|it| PersonId::from_u128(u128::from_be_bytes(it))),
                name: None,
            });
        }
    }
    all.extend(looks_under(connection, (window, facility))?);
    all.sort_by_key(|it| std::cmp::Reverse(it.at));
    all.truncate(MOST as usize);
    Ok(all)
}

/// The checks, in a disaster, of whom searches found: each at its own time, or at the search's once its record was let go.
fn checks_under(
    connection: &Connection,
    recent: &Recent,
    (window, facility): (u128, i64),
) -> Result<Vec<Done>, StoreError> {
    let text = match connection {
        Connection::Sqlite(_) => {
            "SELECT s.at, s.account, s.way || ':' || s.outcome, s.person, s.check_id, NULL FROM emergency_search s
            WHERE s.window_id = ?1 AND s.facility = ?2 AND s.mode = 'disaster' AND s.check_id IS NOT NULL
            ORDER BY s.at DESC LIMIT ?3"
        }
        Connection::Postgres(_) => {
            "SELECT s.at, s.account, s.way || ':' || s.outcome, s.person, s.check_id, c.at FROM emergency_search s
            LEFT JOIN check_record c ON c.facility = s.facility AND c.id = s.check_id
            WHERE s.window_id = ?1 AND s.facility = ?2 AND s.mode = 'disaster' AND s.check_id IS NOT NULL
            ORDER BY s.at DESC LIMIT ?3"
        }
    };
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![window.to_be_bytes(), facility, MOST])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let person: Option<[u8; 16]> = row.get(3)?;
        let done = Done {
            at: Instant::from_micros(row.get(0)?),
            account: row.get(1)?,
            deed: "check",
            detail: row.get(2)?,
            person: person.map(|it| PersonId::from_u128(u128::from_be_bytes(it))),
            name: None,
        };
        all.push((done, row.get::<_, [u8; 16]>(4)?, row.get(5)?));
    }
    // The checks that wait for the index are asked for before what is read of it: so nothing is read here any more.
    drop(rows);
    let own = all.into_iter().map(|(done, id, at)| {
        let at: Option<i64> = match connection {
            Connection::Sqlite(_) => {
                file::at_of(connection, (facility, id), recent.of_id(facility, &id))?
            }
            Connection::Postgres(_) => at,
        };
        Ok(Done {
            at: at.map_or(done.at, Instant::from_micros),
            ..done
        })
    });
    own.collect()
}

/// The looks that rested on openings of a window.
fn looks_under(
    connection: &Connection,
    (window, facility): (u128, i64),
) -> Result<Vec<Done>, StoreError> {
    let text = "SELECT id, at FROM emergency_opening WHERE window_id = ?1 AND facility = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let rows = statement.query_map(params![window.to_be_bytes(), facility], |row| {
        Ok((u128::from_be_bytes(row.get(0)?), row.get(1)?))
    })?;
    let openings: BTreeMap<u128, i64> = rows.collect::<Result<_, _>>()?;
    let Some(first) = openings.values().min() else {
        return Ok(Vec::new());
    };
    let mut search = LookSearch {
        from: Some(Instant::from_micros(*first)),
        only_emergencies: true,
        limit: MOST,
        ..LookSearch::default()
    };
    let known: BTreeSet<u128> = openings.keys().copied().collect();
    let mut under = Vec::new();
    // Looks under other windows may lie between, so it is gone on until there are enough of this one.
    loop {
        let page = select(connection, Some(facility), &search, |_| Ok(None))?;
        under.extend(page.looks.into_iter().filter(|it| {
            let mut rests_on = it.look.under.iter().map(|opened| opened.reference);
            rests_on.any(|reference| known.contains(&reference))
        }));
        match page.next {
            Some(next) if under.len() < MOST as usize => search.after = Some(next),
            Some(_) | None => break,
        }
    }
    Ok(under
        .into_iter()
        .map(|it| Done {
            at: it.look.at,
            account: it.look.account.as_str().to_owned(),
            deed: "look",
            detail: it.look.way.as_str().to_owned(),
            person: Some(it.look.person),
            name: None,
        })
        .collect())
}

fn last_report(
    connection: &Connection,
    (window, facility): (u128, i64),
) -> Result<Option<Report>, StoreError> {
    let text = "SELECT at, account, text FROM emergency_report
        WHERE window_id = ?1 AND facility = ?2 ORDER BY place DESC LIMIT 1";
    let found = connection.prepare_cached(text)?.query_row(
        params![window.to_be_bytes(), facility],
        |row| {
            Ok(Report {
                at: Instant::from_micros(row.get(0)?),
                account: row.get(1)?,
                text: row.get(2)?,
            })
        },
    );
    Ok(found.optional()?)
}
