//! Searches without a card: each on record whatever came of it, counted against those who would fish, and good for an opening, or for a check of
//! whom it found, for a while.

use domain::audit::{Deed, Event};
use domain::civil_date::Instant;
use domain::emergency::window::{WindowKind, counting};
use domain::emergency::{COUNTED_OVER_S, FOUND_FOR_S, Mode, Way, WithoutCard};
use domain::permit::{Permit, SignedIn};
use domain::person::PersonId;
use uuid::Uuid;

use crate::access::number;
use crate::checks::{NewCheck, Record};
use crate::database::Batch;
use crate::emergency::windows;
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{Earlier, KeptAnswer, earlier, keep_or_find};
use crate::sql::{Connection, OptionalExtension, params};

/// What a search came to, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// One person was found.
    One(PersonId),
    /// One more item was asked for.
    OneMore,
    /// Nobody was found.
    Nobody,
}

impl Came {
    /// The name in rows and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One(_) => "one",
            Self::OneMore => "one_more",
            Self::Nobody => "nobody",
        }
    }
}

/// A search to record.
#[derive(Debug, Clone)]
pub struct NewSearch {
    /// Identifier.
    pub id: u128,
    /// The window it was made in, of modes that have one.
    pub window: Option<u128>,
    /// By what.
    pub way: Way,
    /// What it came to.
    pub came: Came,
    /// The check it is answered with: recorded with it.
    pub check: Option<NewCheck>,
}

/// How many searches may be made in an hour, in all modes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchLimits {
    /// By one account.
    pub account: u32,
    /// By all accounts of a facility together.
    pub facility: u32,
}

/// Who searched too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searched {
    /// The account.
    Account,
    /// The facility's accounts together.
    Facility,
}

/// What became of a search to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchRecorded {
    /// It is on the disk.
    Done,
    /// So many seconds until there may be another. The refusal is on the disk, the search counts not.
    TooMany(Searched, i64),
    /// The window closed meanwhile.
    Closed,
    /// The request's key was used before: nothing was recorded.
    Before(Earlier),
}

/// A search that found one person, for an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundBefore {
    /// Its identifier.
    pub id: u128,
    /// Who was found.
    pub person: PersonId,
    /// The window.
    pub window: Option<u128>,
    /// By what.
    pub way: Way,
}

/// What became of a check of whom a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundChecked {
    /// It is on the disk.
    Done,
    /// The search was answered with a check before: this was the answer.
    Before(Vec<u8>),
    /// The window closed meanwhile.
    Closed,
    /// The search is gone: practice was begun anew meanwhile.
    Unknown,
}

/// What became of it in its transaction.
enum Kept {
    Now,
    Before(u128),
    Closed,
    Unknown,
}

impl Engine {
    /// Records a search before it is answered. `event` tells of it. Beyond `limits` it is refused. With an answer to keep whose key was used
    /// before nothing is done, and that is what comes back.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded and nothing may be answered.
    pub async fn record_search<A: WithoutCard>(
        &self,
        permit: &Permit<A>,
        search: NewSearch,
        limits: SearchLimits,
        event: Event,
        kept: Option<KeptAnswer>,
    ) -> Result<SearchRecorded, StoreError> {
        let holder = permit.holder().clone();
        let check = search.check.clone();
        let check = check.map(|check| Record::new(&holder, check));
        let work = move |connection: &Connection, batch: &mut Batch| {
            let told = (&search, limits, &event);
            let recorded = record(connection, batch, (&holder, A::MODE), told, kept.as_ref())?;
            if let (SearchRecorded::Done, Some(check)) = (&recorded, check) {
                check.append(connection, batch, &format!(" mode={}", A::MODE.as_str()))?;
            }
            Ok(recorded)
        };
        // A part of a check fails only with the whole file.
        self.write_or_fail_all(work).await
    }

    /// Records a check of whom a search found, once for each search. Nothing is opened with it.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded and nothing may be answered.
    pub async fn check_found<A: WithoutCard>(
        &self,
        permit: &Permit<A>,
        found: FoundBefore,
        check: NewCheck,
    ) -> Result<FoundChecked, StoreError> {
        let (holder, mode) = (permit.holder().clone(), A::MODE);
        let facility = number(holder.facility);
        let (now, id) = (check.at, check.id.to_be_bytes());
        let check = Record::new(&holder, check);
        let work = move |connection: &Connection, batch: &mut Batch| {
            if !is_within(connection, &holder, mode, found.window, now)? {
                return Ok(Kept::Closed);
            }
            let search = found.id.to_be_bytes();
            let text = "UPDATE emergency_search SET check_id = ?3 WHERE facility = ?1 AND id = ?2 AND check_id IS NULL";
            let of = params![facility, search, id];
            if connection.prepare_cached(text)?.execute(of)? == 0 {
                let text = "SELECT check_id FROM emergency_search WHERE facility = ?1 AND id = ?2";
                let before: Option<[u8; 16]> = connection
                    .prepare_cached(text)?
                    .query_row(params![facility, search], |row| row.get(0))
                    .optional()?;
                // An error would undo the work of others in the transaction with it.
                return Ok(before.map_or(Kept::Unknown, |it| Kept::Before(u128::from_be_bytes(it))));
            }
            let search = Uuid::from_u128(found.id);
            let detail = format!(" mode={} opening=none search={search}", mode.as_str());
            check.append(connection, batch, &detail)?;
            Ok(Kept::Now)
        };
        // A part of a check fails only with the whole file.
        match self.write_or_fail_all(work).await? {
            Kept::Now => Ok(FoundChecked::Done),
            Kept::Closed => Ok(FoundChecked::Closed),
            Kept::Unknown => Ok(FoundChecked::Unknown),
            Kept::Before(id) => {
                let before = self.answer_of(facility, id)?;
                let before = before.ok_or(StoreError::Row("emergency_search"))?;
                Ok(FoundChecked::Before(before.answer))
            }
        }
    }

    /// What a search of this account found, while it may be opened: unknown, another's, too old and without a person are all `None`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn found_before<A: WithoutCard>(
        &self,
        permit: &Permit<A>,
        id: u128,
        now: Instant,
    ) -> Result<Option<FoundBefore>, StoreError> {
        let holder = permit.holder();
        self.read(|connection| {
            let text = "SELECT person, window_id, way FROM emergency_search
                WHERE id = ?1 AND facility = ?2 AND account = ?3 AND mode = ?4 AND person IS NOT NULL AND ?5 < at AND at <= ?6";
            let mut statement = connection.prepare_cached(text)?;
            let since = now.plus_seconds(-FOUND_FOR_S);
            let parameters = params![
                id.to_be_bytes(),
                number(holder.facility),
                holder.account.as_str(),
                A::MODE.as_str(),
                since.as_micros(),
                now.as_micros()
            ];
            let found = statement.query_row(parameters, |row| {
                let window: Option<[u8; 16]> = row.get(1)?;
                Ok((row.get(0)?, window, row.get::<_, String>(2)?))
            });
            let Some((person, window, way)) = found.optional()? else {
                return Ok(None);
            };
            Ok(Some(FoundBefore {
                id,
                person: PersonId::from_u128(u128::from_be_bytes(person)),
                window: window.map(u128::from_be_bytes),
                way: Way::parse(&way).ok_or(StoreError::Row("emergency_search"))?,
            }))
        })
    }
}

fn record(
    connection: &Connection,
    batch: &mut Batch,
    (holder, mode): (&SignedIn, Mode),
    (search, limits, event): (&NewSearch, SearchLimits, &Event),
    kept: Option<&KeptAnswer>,
) -> Result<SearchRecorded, StoreError> {
    let now = event.at;
    // What was answered comes again, whatever has changed since.
    if let Some(kept) = kept
        && let Some(earlier) = earlier(connection, kept)?
    {
        return Ok(SearchRecorded::Before(earlier));
    }
    if !is_within(connection, holder, mode, search.window, now)? {
        return Ok(SearchRecorded::Closed);
    }
    if let Some((who, seconds)) = waits(connection, holder, limits, now)? {
        let of = match who {
            Searched::Account => "account",
            Searched::Facility => "facility",
        };
        let refused = Event {
            deed: Deed::EmergencyRefused,
            detail: format!("mode={} code=too_many_searches of={of}", mode.as_str()),
            ..event.clone()
        };
        batch.append(connection, &refused, None)?;
        return Ok(SearchRecorded::TooMany(who, seconds));
    }
    if let Some(earlier) = keep_or_find(connection, batch, kept)? {
        return Ok(SearchRecorded::Before(earlier));
    }
    let person = match search.came {
        Came::One(person) => Some(person.as_u128().to_be_bytes()),
        Came::OneMore | Came::Nobody => None,
    };
    connection
        .prepare_cached("INSERT INTO emergency_search VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)")?
        .execute(params![
            search.id.to_be_bytes(),
            number(holder.facility),
            holder.account.as_str(),
            mode.as_str(),
            search.window.map(u128::to_be_bytes),
            now.as_micros(),
            search.way.as_str(),
            search.came.as_str(),
            person,
            search.check.as_ref().map(|it| it.id.to_be_bytes())
        ])?;
    batch.append(connection, event, None)?;
    Ok(SearchRecorded::Done)
}

/// Whether the window that was named is the one that counts now; a mode without windows needs none.
pub(crate) fn is_within(
    connection: &Connection,
    holder: &SignedIn,
    mode: Mode,
    window: Option<u128>,
    now: Instant,
) -> Result<bool, StoreError> {
    let kind = match mode {
        Mode::Ambulance => return Ok(window.is_none()),
        Mode::Disaster => WindowKind::Disaster,
        Mode::Outage => WindowKind::Outage,
    };
    let all = windows(connection)?;
    let counts = counting(&all, kind, holder.facility, now);
    Ok(window.is_some() && counts.map(|it| it.planned.id) == window)
}

/// Who searched too often, and the seconds until another search is free; `None` while one is.
fn waits(
    connection: &Connection,
    holder: &SignedIn,
    limits: SearchLimits,
    now: Instant,
) -> Result<Option<(Searched, i64)>, StoreError> {
    let of_account =
        "SELECT at FROM emergency_search WHERE facility = ?1 AND account = ?2 AND ?3 < at
        ORDER BY at DESC LIMIT 1 OFFSET ?4";
    let of_facility = "SELECT at FROM emergency_search WHERE facility = ?1 AND ?2 < at ORDER BY at DESC LIMIT 1 OFFSET ?3";
    let since = now.plus_seconds(-COUNTED_OVER_S).as_micros();
    let (facility, account) = (number(holder.facility), holder.account.as_str());
    let nth = |limit: u32| limit.saturating_sub(1);
    let by_account = connection
        .prepare_cached(of_account)?
        .query_row(
            params![facility, account, since, nth(limits.account)],
            |row| row.get(0),
        )
        .optional()?;
    let by_facility = connection
        .prepare_cached(of_facility)?
        .query_row(params![facility, since, nth(limits.facility)], |row| {
            row.get(0)
        })
        .optional()?;
    let free = |at: i64| {
        let free = Instant::from_micros(at).plus_seconds(COUNTED_OVER_S);
        now.seconds_until(free).max(1)
    };
    // Both may hold: whoever waits as long as this says has waited for the other as well.
    let account = by_account.map(|at| (Searched::Account, free(at)));
    let facility = by_facility.map(|at| (Searched::Facility, free(at)));
    Ok([account, facility]
        .into_iter()
        .flatten()
        .max_by_key(|it| it.1))
}
