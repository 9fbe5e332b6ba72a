//! Filings (届出) of facilities to review bodies, and the PCs that accepted ones let in. Sends nothing to anybody.

use domain::account::AccountId;
use domain::audit::Event;
use domain::civil_date::{CivilDate, Instant};
use domain::claims::entry::{FilingKind, FilingState, Line};
use domain::claims::tenant::Tenant;
use domain::institution_code::InstitutionCode;

use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{Earlier, KeptAnswer, keep_or_find};
use crate::sql::{Connection, Row, params};

/// Filings an operator looks at in one page.
const MOST_SHOWN: u32 = 200;

/// A filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// Identifier.
    pub id: u128,
    /// The review body it goes to.
    pub tenant: Tenant,
    /// The facility it is from.
    pub facility: InstitutionCode,
    /// What for.
    pub kind: FilingKind,
    /// The PC claims are sent from, as its certificate names it.
    pub terminal: String,
    /// The line.
    pub line: Line,
    /// From when on.
    pub starts: CivilDate,
    /// How far it is.
    pub state: FilingState,
    /// Who made it.
    pub account: AccountId,
    /// When it was made.
    pub made: Instant,
    /// When it was handed in.
    pub handed_in: Option<Instant>,
    /// When it was decided.
    pub decided: Option<Instant>,
    /// Who decided it.
    pub operator: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// What an operator decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The filing is accepted.
    Accept,
    /// It is refused, for this reason.
    Refuse(String),
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It is on the disk.
    Done(Box<Filing>),
    /// There is no such filing.
    Unknown,
    /// It is not handed in, or decided already.
    NotNow(FilingState),
}

/// A PC that may hand claims in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedTerminal {
    /// Its name, as its certificate names it.
    pub terminal: String,
    /// Its line.
    pub line: Line,
    /// Since when: its filing was accepted, and the day it begins on had come. It may lie ahead.
    pub since: Instant,
}

impl Engine {
    /// Makes a filing, with its event. With an answer to keep whose key was used before nothing is done, and that is what comes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn make_filing(
        &self,
        filing: Filing,
        event: Event,
        kept: Option<KeptAnswer>,
    ) -> Result<Option<Earlier>, StoreError> {
        self.write(move |connection, batch| {
            if let Some(earlier) = keep_or_find(connection, batch, kept.as_ref())? {
                return Ok(Some(earlier));
            }
            connection
                .prepare_cached(
                    "INSERT INTO claims_filing VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,NULL,NULL,NULL,NULL)",
                )?
                .execute(params![
                    filing.id.to_be_bytes(),
                    filing.tenant.to_string(),
                    number(filing.facility),
                    filing.kind.as_str(),
                    filing.terminal,
                    filing.line.as_str(),
                    filing.starts.to_epoch_days(),
                    FilingState::Made.as_str(),
                    filing.account.as_str(),
                    filing.made.as_micros()
                ])?;
            batch.append(connection, &event, None)?;
            Ok(None)
        })
        .await
    }

    /// Notes that a facility handed its filing in. False when there is none of it that is made and not handed in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hand_in_filing(
        &self,
        facility: InstitutionCode,
        id: u128,
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let text = "UPDATE claims_filing SET state = 'handed_in', handed_in = ?3
                WHERE id = ?1 AND facility = ?2 AND state = 'made'";
            let changed = connection.prepare_cached(text)?.execute(params![
                id.to_be_bytes(),
                number(facility),
                event.at.as_micros()
            ])?;
            if changed == 0 {
                return Ok(false);
            }
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }

    /// Decides a filing that is handed in; an accepted one lets its PC in from the day it begins.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decide_filing(
        &self,
        id: u128,
        decision: Decision,
        operator: String,
        event: Event,
    ) -> Result<Decided, StoreError> {
        self.write(move |connection, batch| {
            let Some(mut filing) = find(connection, id)? else {
                return Ok(Decided::Unknown);
            };
            if filing.state != FilingState::HandedIn {
                return Ok(Decided::NotNow(filing.state));
            }
            (filing.state, filing.reason) = match decision {
                Decision::Accept => (FilingState::Accepted, None),
                Decision::Refuse(reason) => (FilingState::Refused, Some(reason)),
            };
            (filing.decided, filing.operator) = (Some(event.at), Some(operator));
            connection
                .prepare_cached(
                    "UPDATE claims_filing SET state = ?2, decided = ?3, operator = ?4, reason = ?5 WHERE id = ?1",
                )?
                .execute(params![
                    id.to_be_bytes(),
                    filing.state.as_str(),
                    event.at.as_micros(),
                    filing.operator,
                    filing.reason
                ])?;
            if filing.state == FilingState::Accepted {
                permit(connection, &filing, event.at)?;
            }
            batch.append(connection, &event, None)?;
            Ok(Decided::Done(Box::new(filing)))
        })
        .await
    }

    /// A filing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn filing(&self, id: u128) -> Result<Option<Filing>, StoreError> {
        self.read(|connection| find(connection, id))
    }

    /// The filings of a facility, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn filings_of(&self, facility: InstitutionCode) -> Result<Vec<Filing>, StoreError> {
        self.read(|connection| {
            let text = "SELECT * FROM claims_filing WHERE facility = ?1 ORDER BY made DESC, id DESC LIMIT ?2";
            all(connection, text, params![number(facility), MOST_SHOWN])
        })
    }

    /// The filings of all facilities, up to a bound: those that wait first, the longest waiting before others, then the newest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn filings(&self) -> Result<Vec<Filing>, StoreError> {
        self.read(|connection| {
            let text = "SELECT * FROM claims_filing WHERE state <> 'made'
                ORDER BY CASE WHEN state = 'handed_in' THEN 0 ELSE 1 END, CASE WHEN state = 'handed_in' THEN handed_in END,
                CASE WHEN state = 'handed_in' THEN id END, made DESC, id DESC LIMIT ?1";
            all(connection, text, [MOST_SHOWN])
        })
    }

    /// How many filings of all facilities were handed in, decided or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_filings(&self) -> Result<u32, StoreError> {
        self.read(|connection| {
            let text = "SELECT count(*) FROM claims_filing WHERE state <> 'made'";
            let mut statement = connection.prepare_cached(text)?;
            Ok(statement.query_row([], |row| row.get(0))?)
        })
    }

    /// How many of them wait for a decision.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_waiting_filings(&self) -> Result<u32, StoreError> {
        self.read(|connection| {
            let text = "SELECT count(*) FROM claims_filing WHERE state = 'handed_in'";
            let mut statement = connection.prepare_cached(text)?;
            Ok(statement.query_row([], |row| row.get(0))?)
        })
    }

    /// The PCs of a facility that may hand claims in to a review body, each since its instant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claims_terminals(
        &self,
        tenant: Tenant,
        facility: InstitutionCode,
    ) -> Result<Vec<PermittedTerminal>, StoreError> {
        self.read(|connection| {
            let text = "SELECT terminal, line, since FROM claims_terminal WHERE tenant = ?1 AND facility = ?2 ORDER BY terminal";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query(params![tenant.to_string(), number(facility)])?;
            let mut terminals = Vec::new();
            while let Some(row) = rows.next()? {
                terminals.push(PermittedTerminal {
                    terminal: row.get(0)?,
                    line: line(&row, "line", "claims_terminal")?,
                    since: Instant::from_micros(row.get(2)?),
                });
            }
            Ok(terminals)
        })
    }
}

/// Lets the PC of a filing in from the day the filing begins; a PC that is let in earlier, by another filing, stays so.
fn permit(connection: &Connection, filing: &Filing, at: Instant) -> Result<(), StoreError> {
    let since = at.max(Instant::start_of_day_in_japan(filing.starts));
    connection
        .prepare_cached(
            "INSERT INTO claims_terminal VALUES (?1,?2,?3,?4,?5,?6) ON CONFLICT (tenant, facility, terminal)
             DO UPDATE SET line = excluded.line, filing = excluded.filing,
             since = CASE WHEN claims_terminal.since < excluded.since THEN claims_terminal.since ELSE excluded.since END",
        )?
        .execute(params![
            filing.tenant.to_string(),
            number(filing.facility),
            filing.terminal,
            filing.line.as_str(),
            since.as_micros(),
            filing.id.to_be_bytes()
        ])?;
    Ok(())
}

fn find(connection: &Connection, id: u128) -> Result<Option<Filing>, StoreError> {
    let text = "SELECT * FROM claims_filing WHERE id = ?1";
    Ok(all(connection, text, [id.to_be_bytes()])?.pop())
}

fn all(
    connection: &Connection,
    text: &str,
    of: impl crate::sql::Params,
) -> Result<Vec<Filing>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(of)?;
    let mut filings = Vec::new();
    while let Some(row) = rows.next()? {
        filings.push(of_row(&row)?);
    }
    Ok(filings)
}

fn line(row: &Row<'_>, column: &str, table: &'static str) -> Result<Line, StoreError> {
    let text: String = row.get(column)?;
    Line::parse(&text).ok_or(StoreError::Row(table))
}

fn of_row(row: &Row<'_>) -> Result<Filing, StoreError> {
    const TABLE: &str = "claims_filing";
    let unreadable = || StoreError::Row(TABLE);
    let text = |column: &str| row.get::<_, String>(column);
    let at = |column: &str| {
        let micros: Option<i64> = row.get(column)?;
        Ok::<_, StoreError>(micros.map(Instant::from_micros))
    };
    Ok(Filing {
        id: super::id(row, "id")?,
        tenant: super::tenant(row, "tenant", TABLE)?,
        facility: super::facility(row)?,
        kind: FilingKind::parse(&text("kind")?).ok_or_else(unreadable)?,
        terminal: text("terminal")?,
        line: line(row, "line", TABLE)?,
        starts: CivilDate::from_epoch_days(row.get("starts")?).map_err(|_| unreadable())?,
        state: FilingState::parse(&text("state")?).ok_or_else(unreadable)?,
        account: super::account(row, "account", TABLE)?,
        made: Instant::from_micros(row.get("made")?),
        handed_in: at("handed_in")?,
        decided: at("decided")?,
        operator: row.get("operator")?,
        reason: row.get("reason")?,
    })
}
