//! Facilities as an operator looks for them and at them: found by code, name, kind and prefecture; their terminals, readers and how many
//! accounts of each kind. Shows no person's identifier or name.

use domain::account::{AccountKind, AccountState};
use domain::civil_date::{CivilDate, Instant};
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::posted_notice::Prefecture;

use crate::access::{Facility, institution, number};
use crate::engine::{Engine, StoreError};
use crate::sql::{Row, params};

/// What an operator looks for. `None` does not limit.
#[derive(Debug, Clone, Default)]
pub struct FacilitySearch {
    /// First digits of the code.
    pub code: Option<String>,
    /// A part of the name.
    pub name: Option<String>,
    /// Kind.
    pub kind: Option<FacilityKind>,
    /// Prefecture the code begins with.
    pub prefecture: Option<Prefecture>,
    /// Only those after this code: the last of the page before.
    pub after: Option<InstitutionCode>,
}

/// A terminal of a facility: a PC for which a notice was made, or whose certificate was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalLine {
    /// Its name.
    pub name: String,
    /// Its newest notice; `None` for one that is known by its certificate alone, as after a restore from a copy older than it is.
    pub notice: Option<NoticeLine>,
}

/// The newest notice of a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeLine {
    /// When it was made.
    pub issued: Instant,
    /// The last day on which it downloads.
    pub deadline: CivilDate,
    /// Whether it opens nothing any more.
    pub closed: bool,
}

/// How many accounts of a kind are in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountCount {
    /// Kind.
    pub kind: AccountKind,
    /// State.
    pub state: AccountState,
    /// How many.
    pub count: usize,
}

impl Engine {
    /// The facilities that fit, by code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search_facilities(
        &self,
        search: &FacilitySearch,
        limit: u32,
    ) -> Result<Vec<Facility>, StoreError> {
        self.read(|connection| {
            // Above 50 it is the prefecture's second block of codes.
            let text = "SELECT code, kind, name FROM facility
                WHERE (substr(CAST(10000000000 + code AS TEXT), 2, length(?1)) = ?1 OR ?1 IS NULL)
                  AND (replace(name, ?2, '') <> name OR ?2 IS NULL)
                  AND (kind = ?3 OR ?3 IS NULL) AND (code / 100000000 % 50 = ?4 OR ?4 IS NULL) AND (?5 < code OR ?5 IS NULL)
                ORDER BY code LIMIT ?6";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query(params![
                search.code,
                search.name,
                search.kind.map(FacilityKind::as_str),
                search.prefecture.map(Prefecture::number),
                search.after.map(number),
                limit
            ])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(facility(&row)?);
            }
            Ok(found)
        })
    }

    /// The terminals of a facility by name, each with its newest notice where it has one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn terminals_of(&self, code: InstitutionCode) -> Result<Vec<TerminalLine>, StoreError> {
        self.read(|connection| {
            let text = "SELECT named.terminal, n.issued, n.deadline, n.closed FROM (
                  SELECT terminal FROM notice WHERE facility = ?1
                  UNION SELECT terminal FROM certificate WHERE facility = ?1) AS named
                LEFT JOIN (
                  SELECT terminal, issued, deadline, closed,
                    row_number() OVER (PARTITION BY terminal ORDER BY issued DESC, request_id DESC) AS place
                  FROM notice WHERE facility = ?1) AS n ON n.terminal = named.terminal AND n.place = 1
                ORDER BY named.terminal";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([number(code)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(TerminalLine {
                    name: row.get(0)?,
                    notice: newest_notice(&row)?,
                });
            }
            Ok(found)
        })
    }

    /// How many accounts of each kind and state a facility has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_accounts(&self, code: InstitutionCode) -> Result<Vec<AccountCount>, StoreError> {
        self.read(|connection| {
            let text = "SELECT kind, state, count(*) FROM account WHERE facility = ?1 GROUP BY kind, state";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([number(code)])?;
            let mut found = Vec::new();
            let bad = || StoreError::Row("account");
            while let Some(row) = rows.next()? {
                let (kind, state): (String, String) = (row.get(0)?, row.get(1)?);
                found.push(AccountCount {
                    kind: AccountKind::parse(&kind).ok_or_else(bad)?,
                    state: AccountState::parse(&state).ok_or_else(bad)?,
                    count: usize::try_from(row.get::<_, i64>(2)?).unwrap_or_default(),
                });
            }
            found.sort_by_key(|it| (it.kind, it.state));
            Ok(found)
        })
    }
}

/// The notice of a row of `terminals_of`, where there is one.
fn newest_notice(row: &Row<'_>) -> Result<Option<NoticeLine>, StoreError> {
    let issued: Option<i64> = row.get(1)?;
    let Some(issued) = issued else {
        return Ok(None);
    };
    let deadline: String = row.get(2)?;
    Ok(Some(NoticeLine {
        issued: Instant::from_micros(issued),
        deadline: CivilDate::parse_iso(&deadline).map_err(|_| StoreError::Row("notice"))?,
        closed: row.get(3)?,
    }))
}

fn facility(row: &Row<'_>) -> Result<Facility, StoreError> {
    let kind: String = row.get(1)?;
    Ok(Facility {
        code: institution(row.get(0)?)?,
        kind: FacilityKind::parse(&kind).ok_or(StoreError::Row("facility"))?,
        name: row.get(2)?,
    })
}
