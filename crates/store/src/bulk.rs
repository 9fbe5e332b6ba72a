//! Bulk orders (interface §1.5): accepted with all their lines in one transaction, read within their facility, forgotten in time. Knows
//! neither what a line says nor what an answer looks like: both are the caller's bytes.

pub mod work;

use domain::account::{AccountId, AccountKind};
use domain::audit::{Deed, Event};
use domain::bulk::{BulkFailure, BulkKind, BulkState, Progress, ReceptionNumber};
use domain::civil_date::{CivilDate, Instant};
use domain::permit::{AskInBulk, Permit, SignedIn};

use crate::access::{actor, institution, number};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{Earlier, KeptAnswer, earlier, keep};
use crate::sql::{Connection, Row, params};

/// Orders whose lines are forgotten in one transaction.
const AT_ONCE: u32 = 20;

/// An order to accept.
#[derive(Clone)]
pub struct NewOrder {
    /// The number it is asked for by.
    pub reception: ReceptionNumber,
    /// Identifier in the audit chain: a UUIDv7.
    pub id: u128,
    /// What it asks for.
    pub kind: BulkKind,
    /// Where it was given.
    pub origin: &'static str,
    /// When.
    pub at: Instant,
    /// The day asked about.
    pub day: CivilDate,
    /// The identifier its file carried, to be sent back.
    pub identifier: Option<String>,
    /// Of a list: whom it is about, in the caller's own form.
    pub list: Option<String>,
    /// How many lines there are.
    pub lines: u32,
    /// The lines in the caller's own form, some together.
    pub parts: Vec<Vec<u8>>,
}

impl std::fmt::Debug for NewOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewOrder({}, {:?}, …)", self.reception, self.kind)
    }
}

/// What became of an order to accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It is on the disk with all its lines.
    Done,
    /// The reception number is in use; draw another.
    Drawn,
    /// The facility has as many unfinished orders as it may have.
    TooManyOpen,
    /// The request's key was used before: nothing was done.
    Before(Earlier),
}

/// An order as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    /// The number it is asked for by.
    pub reception: ReceptionNumber,
    /// Identifier in the audit chain.
    pub id: u128,
    /// What it asks for.
    pub kind: BulkKind,
    /// Where it was given.
    pub origin: String,
    /// Who gave it.
    pub holder: SignedIn,
    /// When it was accepted.
    pub accepted: Instant,
    /// The day asked about.
    pub day: CivilDate,
    /// The identifier its file carried.
    pub identifier: Option<String>,
    /// Of a list: whom it is about.
    pub list: Option<String>,
    /// How far it is.
    pub progress: Progress,
    /// How far it is, in a word.
    pub state: BulkState,
    /// Why it came to nothing.
    pub failure: Option<BulkFailure>,
    /// When it came to its end.
    pub finished: Option<Instant>,
    /// How often its results were fetched.
    pub downloads: u32,
    /// The idempotency key they were last fetched under.
    pub fetched_under: Option<String>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Order({}, {:?}, {:?}, …)",
            self.reception, self.kind, self.state
        )
    }
}

/// What is handed out when an order is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It is not at its end, or has no results: how far it is.
    Without(Order),
    /// Its results, in order.
    Results(Order, Vec<Vec<u8>>),
    /// Its results were fetched as often as they may be.
    TooOften(Order),
    /// It is an order of the facility, of another kind.
    OtherKind,
}

impl Engine {
    /// Accepts an order for the permit's facility, with its event; done when all its lines are on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was accepted.
    pub async fn accept_order(
        &self,
        permit: &Permit<AskInBulk>,
        order: NewOrder,
        most_open: u32,
        kept: Option<KeptAnswer>,
    ) -> Result<Accepted, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            if let Some(kept) = &kept
                && let Some(earlier) = earlier(connection, kept)?
            {
                return Ok(Accepted::Before(earlier));
            }
            let facility = number(holder.facility);
            if find(connection, facility, &order.reception)?.is_some() {
                return Ok(Accepted::Drawn);
            }
            let text = "SELECT count(*) FROM bulk_order WHERE facility = ?1 AND finished IS NULL";
            let open: u32 = connection
                .prepare_cached(text)?
                .query_row([facility], |row| row.get(0))?;
            if most_open <= open {
                return Ok(Accepted::TooManyOpen);
            }
            insert(connection, batch, &holder, &order)?;
            let event = Event {
                at: order.at,
                actor: actor(&holder),
                deed: Deed::BulkAccept,
                subject: Some(order.id),
                detail: format!(
                    "kind={} lines={} reception={}",
                    order.kind.as_str(),
                    order.lines,
                    order.reception
                ),
            };
            batch.append(connection, &event, None)?;
            if let Some(kept) = &kept {
                keep(connection, batch, kept)?;
            }
            Ok(Accepted::Done)
        })
        .await
    }

    /// An order of the permit's facility, with its results where it is done: the look is recorded first, and counted where there are
    /// results. A look repeated under the idempotency key of the one before it counts once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fetch_order(
        &self,
        permit: &Permit<AskInBulk>,
        kind: Option<BulkKind>,
        reception: &ReceptionNumber,
        (most_downloads, key): (u32, Option<String>),
        at: Instant,
    ) -> Result<Option<Fetched>, StoreError> {
        let (holder, reception) = (permit.holder().clone(), reception.clone());
        let facility = number(holder.facility);
        let wanted = reception.clone();
        let counted = self
            .write(move |connection, batch| {
                let found = find(connection, facility, &wanted)?;
                let Some(order) = found else {
                    return Ok(None);
                };
                let is_other = kind.is_some_and(|kind| kind != order.kind);
                let has_results = order.state == BulkState::Done && !is_other;
                let again = key.is_some() && key == order.fetched_under;
                let too_often = has_results && !again && most_downloads <= order.downloads;
                if has_results && !again && !too_often {
                    connection
                        .prepare_cached(
                            "UPDATE bulk_order SET downloads = downloads + 1, fetched_under = ?3
                             WHERE facility = ?1 AND reception = ?2",
                        )?
                        .execute(params![facility, wanted.as_str(), key])?;
                }
                let event = Event {
                    at,
                    actor: actor(&holder),
                    deed: Deed::BulkRead,
                    subject: Some(order.id),
                    detail: format!(
                        "state={} results={}",
                        order.state.as_str(),
                        has_results && !too_often
                    ),
                };
                batch.append(connection, &event, None)?;
                Ok(Some((order, is_other, has_results, too_often)))
            })
            .await?;
        let Some((order, is_other, has_results, too_often)) = counted else {
            return Ok(None);
        };
        if is_other {
            return Ok(Some(Fetched::OtherKind));
        }
        Ok(Some(match (has_results, too_often) {
            (_, true) => Fetched::TooOften(order),
            (false, false) => Fetched::Without(order),
            (true, false) => {
                let parts = self.parts(facility, &reception)?;
                if parts.is_empty() && 0 < order.progress.lines {
                    // Forgotten meanwhile.
                    return Ok(Some(Fetched::Without(Order {
                        state: BulkState::Expired,
                        ..order
                    })));
                }
                Fetched::Results(order, parts)
            }
        }))
    }

    /// An order of the permit's facility. Says nothing of any person.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn order(
        &self,
        permit: &Permit<AskInBulk>,
        reception: &ReceptionNumber,
    ) -> Result<Option<Order>, StoreError> {
        self.read(|connection| find(connection, number(permit.facility()), reception))
    }

    /// The orders of the permit's facility, the newest first, at most so many, and of them those behind one. Says nothing of any person.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn orders(
        &self,
        permit: &Permit<AskInBulk>,
        after: Option<&ReceptionNumber>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let facility = number(permit.facility());
        self.read(|connection| {
            let (accepted, reception) = match after {
                None => (i64::MAX, String::new()),
                Some(after) => match find(connection, facility, after)? {
                    Some(order) => (order.accepted.as_micros(), order.reception.to_string()),
                    None => return Ok(Vec::new()),
                },
            };
            let text = "SELECT * FROM bulk_order
                WHERE facility = ?1 AND (accepted < ?2 OR (accepted = ?2 AND reception < ?3))
                ORDER BY accepted DESC, reception DESC LIMIT ?4";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query(params![facility, accepted, reception, limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(&row)?);
            }
            Ok(found)
        })
    }

    /// Forgets the results of orders that ended before an instant, a few orders at a time; an order itself is forgotten as long
    /// again later. True when there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_orders(
        &self,
        ended: Instant,
        long_ended: Instant,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, _| {
            let text = "SELECT facility, reception FROM bulk_order
                WHERE finished < ?1 AND state <> 'expired' LIMIT ?2";
            let mut statement = connection.prepare_cached(text)?;
            let due = statement.query_map(params![ended.as_micros(), AT_ONCE], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?;
            let due: Vec<(i64, String)> = due.collect::<Result<_, _>>()?;
            for (facility, reception) in &due {
                let of = params![facility, reception];
                connection
                    .prepare_cached("DELETE FROM bulk_part WHERE facility = ?1 AND reception = ?2")?
                    .execute(of)?;
                connection
                    .prepare_cached(
                        "UPDATE bulk_order SET state = 'expired' WHERE facility = ?1 AND reception = ?2",
                    )?
                    .execute(of)?;
            }
            connection
                .prepare_cached("DELETE FROM bulk_order WHERE finished < ?1 AND state = 'expired'")?
                .execute([long_ended.as_micros()])?;
            Ok(due.len() == AT_ONCE as usize)
        })
        .await
    }

    fn parts(
        &self,
        facility: i64,
        reception: &ReceptionNumber,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.read(|connection| {
            let text = "SELECT content FROM bulk_part WHERE facility = ?1 AND reception = ?2 ORDER BY place";
            let mut statement = connection.prepare_cached(text)?;
            let parts = statement.query_map(params![facility, reception.as_str()], |row| row.get(0))?;
            Ok(parts.collect::<Result<_, _>>()?)
        })
    }
}

fn insert(
    connection: &Connection,
    batch: &mut Batch,
    holder: &SignedIn,
    order: &NewOrder,
) -> Result<(), StoreError> {
    let state = if order.kind.is_list() {
        BulkState::Listing
    } else {
        BulkState::Open
    };
    connection
        .prepare_cached(
            "INSERT INTO bulk_order VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,0,0,?14,NULL,0,NULL,0,NULL)",
        )?
        .execute(params![
            number(holder.facility),
            order.reception.as_str(),
            order.id.to_be_bytes(),
            order.kind.as_str(),
            order.origin,
            holder.account.as_str(),
            holder.kind.as_str(),
            holder.certificate,
            order.at.as_micros(),
            order.day.to_epoch_days(),
            order.identifier,
            order.list,
            order.lines,
            state.as_str()
        ])?;
    insert_parts(
        connection,
        batch,
        (number(holder.facility), &order.reception),
        &order.parts,
        order.at,
    )
}

fn insert_parts(
    connection: &Connection,
    batch: &mut Batch,
    (facility, reception): (i64, &ReceptionNumber),
    parts: &[Vec<u8>],
    at: Instant,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("INSERT INTO bulk_part VALUES (?5, ?1, ?2, ?3, ?4, 0)")?;
    for (place, part) in parts.iter().enumerate() {
        let given = batch.number(at);
        statement.execute(params![
            facility,
            reception.as_str(),
            place as i64,
            part,
            given
        ])?;
    }
    Ok(())
}

fn find(
    connection: &Connection,
    facility: i64,
    reception: &ReceptionNumber,
) -> Result<Option<Order>, StoreError> {
    let text = "SELECT * FROM bulk_order WHERE facility = ?1 AND reception = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![facility, reception.as_str()])?;
    rows.next()?.map(|row| read(&row)).transpose()
}

fn read(row: &Row<'_>) -> Result<Order, StoreError> {
    let text = |column: &str| row.get::<_, String>(column).ok();
    let failure: Option<String> = row.get("failure")?;
    let finished: Option<i64> = row.get("finished")?;
    let facility = institution(row.get("facility")?)?;
    let read = || {
        Some(Order {
            reception: ReceptionNumber::parse(&text("reception")?).ok()?,
            id: u128::from_be_bytes(row.get("id").ok()?),
            kind: BulkKind::parse(&text("kind")?)?,
            origin: text("origin")?,
            holder: SignedIn {
                facility,
                account: AccountId::parse(&text("account")?).ok()?,
                kind: AccountKind::parse(&text("account_kind")?)?,
                certificate: row.get("certificate").ok()?,
            },
            accepted: Instant::from_micros(row.get("accepted").ok()?),
            day: CivilDate::from_epoch_days(row.get("day").ok()?).ok()?,
            identifier: row.get("identifier").ok()?,
            list: row.get("list").ok()?,
            progress: Progress {
                lines: row.get("lines").ok()?,
                done: row.get("done").ok()?,
                normal: row.get("normal").ok()?,
            },
            state: BulkState::parse(&text("state")?)?,
            failure: match &failure {
                None => None,
                Some(name) => Some(BulkFailure::parse(name)?),
            },
            finished: finished.map(Instant::from_micros),
            downloads: row.get("downloads").ok()?,
            fetched_under: row.get("fetched_under").ok()?,
        })
    };
    read().ok_or(StoreError::Row("bulk_order"))
}
