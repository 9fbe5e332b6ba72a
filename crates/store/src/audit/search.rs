//! Reads the audit chain for an operator: by time, facility, account and deed, or page by page. Changes nothing; that a look is
//! recorded is the caller's duty.

use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;

use crate::engine::{Engine, StoreError};
use crate::sql::{Row, params};

/// What to look for. `None` does not limit.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// From this instant on.
    pub from: Option<Instant>,
    /// Before this instant.
    pub until: Option<Instant>,
    /// Events of this facility.
    pub facility: Option<InstitutionCode>,
    /// Events of this actor.
    pub actor: Option<ActorIs>,
    /// Events of this kind.
    pub deed: Option<Deed>,
    /// Events about this.
    pub subject: Option<u128>,
    /// Of a search, which begins with the newest: leave out so many.
    pub skip: u32,
}

/// Whose events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActorIs {
    /// Of an account, by its identifier.
    Account(String),
    /// Of an operator, by name.
    Operator(String),
}

/// The place of an event: its chain and its number in it.
pub type Place = ([u8; 16], i64);

/// One event as it stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands.
    pub place: Place,
    /// Hash of the event before it.
    pub prev: [u8; 32],
    /// Its own hash.
    pub hash: [u8; 32],
    /// When.
    pub at: Instant,
    /// Who: `center`, `client`, `operator:NAME` or `account:ID`.
    pub actor: String,
    /// The facility that acted.
    pub facility: Option<u64>,
    /// SHA-256 of the certificate used.
    pub certificate: Option<Vec<u8>>,
    /// What was done.
    pub deed: String,
    /// What it was about: the 16 bytes of an identifier.
    pub subject: Option<Vec<u8>>,
    /// The machine-readable addition.
    pub detail: String,
    /// SHA-256 of the record the event vouches for.
    pub content: Option<Vec<u8>>,
}

const COLUMNS: &str =
    "chain, seq, prev, hash, at, actor, facility, certificate, deed, subject, detail, content";

/// Beside the bounds of time, which each query writes so that its own order is walked.
const FITS: &str = "(facility = ?3 OR ?3 IS NULL)
    AND (actor = ?4 OR ?4 IS NULL) AND (deed = ?5 OR ?5 IS NULL) AND (subject = ?6 OR ?6 IS NULL)";

impl Engine {
    /// The events that fit, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn search_audit(&self, query: &Query, limit: u32) -> Result<Vec<Found>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM audit_event WHERE ?1 <= at AND at < ?2 AND {FITS}
             ORDER BY at DESC, chain DESC, seq DESC LIMIT ?7 OFFSET ?8"
        );
        let (from, until, facility, actor, deed, subject) = bound(query);
        self.read_lately(|connection| {
            let mut statement = connection.prepare_cached(&text)?;
            let rows = statement.query_map(
                params![
                    from, until, facility, actor, deed, subject, limit, query.skip
                ],
                found,
            )?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The events that fit and stand behind `after`, chain by chain in order: an export goes on with the last place of a page.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit_page(
        &self,
        query: &Query,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<Found>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM audit_event WHERE ?1 <= +at AND +at < ?2 AND {FITS} AND (chain, seq) > (?7, ?8)
             ORDER BY chain, seq LIMIT ?9"
        );
        let (from, until, facility, actor, deed, subject) = bound(query);
        let (chain, seq) = after.unwrap_or_default();
        self.read_lately(|connection| {
            let mut statement = connection.prepare_cached(&text)?;
            let rows = statement.query_map(
                params![
                    from, until, facility, actor, deed, subject, chain, seq, limit
                ],
                found,
            )?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

type Bound = (
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<&'static str>,
    Option<[u8; 16]>,
);

fn bound(query: &Query) -> Bound {
    (
        query.from.map_or(i64::MIN, Instant::as_micros),
        query.until.map_or(i64::MAX, Instant::as_micros),
        query.facility.map(|it| it.as_u64().cast_signed()),
        query.actor.as_ref().map(|actor| match actor {
            ActorIs::Account(id) => format!("account:{id}"),
            ActorIs::Operator(name) => format!("operator:{name}"),
        }),
        query.deed.map(Deed::as_str),
        query.subject.map(u128::to_be_bytes),
    )
}

fn found(row: &Row<'_>) -> crate::sql::Result<Found> {
    Ok(Found {
        place: (row.get(0)?, row.get(1)?),
        prev: row.get(2)?,
        hash: row.get(3)?,
        at: Instant::from_micros(row.get(4)?),
        actor: row.get(5)?,
        facility: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
        certificate: row.get(7)?,
        deed: row.get(8)?,
        subject: row.get(9)?,
        detail: row.get(10)?,
        content: row.get(11)?,
    })
}
