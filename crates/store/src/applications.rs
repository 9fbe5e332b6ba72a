//! Applications for certificates (電子証明書発行申請, G08): left by whoever applies, closed by a notice or by an operator. So many are open at most,
//! and none stays for good.

use domain::audit::{Deed, Event};
use domain::certificate_application::{
    ApplicationKind, ApplicationState, ContactName, ContactPhone, KEPT_DAYS, MOST_OF_FACILITY,
    MOST_OPEN, Remark,
};
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;

use crate::access::{Notice, institution, number};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, Params, Row, params};

/// Applications forgotten in one transaction.
const AT_ONCE: u32 = 1_000;

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Application number, without hyphens.
    pub number: String,
    /// The institution code it names.
    pub facility: InstitutionCode,
    /// The facility's name, as typed.
    pub name: String,
    /// Terminal name, as typed.
    pub terminal: String,
    /// What is applied for.
    pub kind: ApplicationKind,
    /// Who applies.
    pub contact: ContactName,
    /// Where they are called.
    pub phone: ContactPhone,
    /// What they add.
    pub remark: Option<Remark>,
    /// When it came.
    pub at: Instant,
    /// How far it is.
    pub state: ApplicationState,
    /// When it was closed.
    pub closed: Option<Instant>,
    /// Why it was declined.
    pub reason: Option<String>,
}

/// What became of an application that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is on the disk.
    Done,
    /// It was there already, as it is kept: the form was sent twice.
    Again(Box<Application>),
    /// Another application has its number.
    NumberTaken,
    /// As many as may be are open under its institution code.
    TooManyOfFacility,
    /// As many as may be are open.
    TooMany,
}

/// What an operator says of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// Its notice was made, under another terminal name.
    Issued,
    /// It is declined, for this reason.
    Declined(String),
}

impl Engine {
    /// Keeps an application that came; one of the same number with the same content is the same. None is found by its content alone: whoever
    /// guesses what another applied with would be shown the other's number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn apply_for_certificate(&self, new: Application) -> Result<Applied, StoreError> {
        self.write(move |connection, _| {
            if let Some(there) = find(connection, &new.number)? {
                return Ok(if is_same(&there, &new) {
                    Applied::Again(Box::new(there))
                } else {
                    Applied::NumberTaken
                });
            }
            let text = "SELECT count(*) FROM certificate_application WHERE facility = ?1 AND state = 'open'";
            let own: u32 = connection
                .prepare_cached(text)?
                .query_row([number(new.facility)], |row| row.get(0))?;
            if MOST_OF_FACILITY <= own {
                return Ok(Applied::TooManyOfFacility);
            }
            if MOST_OPEN <= count_open(connection)? {
                return Ok(Applied::TooMany);
            }
            connection
                .prepare_cached(
                    "INSERT INTO certificate_application VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,'open',NULL,NULL,?10)",
                )?
                .execute(params![
                    new.number,
                    number(new.facility),
                    new.name,
                    new.terminal,
                    new.kind.as_str(),
                    new.contact.as_str(),
                    new.phone.as_str(),
                    new.remark.as_ref().map(Remark::as_str),
                    new.at.as_micros(),
                    kept_until(new.at)
                ])?;
            Ok(Applied::Done)
        })
        .await
    }

    /// An application by its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn application(&self, number: &str) -> Result<Option<Application>, StoreError> {
        self.read(|connection| find(connection, number))
    }

    /// The open applications, the oldest first: so many of them after one by its time and number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_applications(
        &self,
        after: Option<(Instant, &str)>,
        limit: u32,
    ) -> Result<Vec<Application>, StoreError> {
        self.read(|connection| {
            let text = "SELECT * FROM certificate_application
                WHERE state = 'open' AND (?1 < at OR (at = ?1 AND ?2 < number) OR ?1 IS NULL)
                ORDER BY at, number LIMIT ?3";
            let of = params![
                after.map(|(at, _)| at.as_micros()),
                after.map(|(_, number)| number),
                limit
            ];
            all(connection, text, of)
        })
    }

    /// How many applications are open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_open_applications(&self) -> Result<u32, StoreError> {
        self.read(count_open)
    }

    /// Closes an open application, with its event. False when none of this number is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close_application(
        &self,
        number: String,
        closing: Closing,
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let (state, reason) = match closing {
                Closing::Issued => (ApplicationState::Issued, None),
                Closing::Declined(reason) => (ApplicationState::Declined, Some(reason)),
            };
            let text = "UPDATE certificate_application SET state = ?2, closed = ?3, reason = ?4, until = ?5
                WHERE number = ?1 AND state = 'open'";
            let closed = connection.prepare_cached(text)?.execute(params![
                number,
                state.as_str(),
                event.at.as_micros(),
                reason,
                kept_until(event.at)
            ])?;
            if closed == 0 {
                return Ok(false);
            }
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }

    /// Forgets applications that were kept long enough, the next thousand of them. True when there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_applications(&self, now: Instant) -> Result<bool, StoreError> {
        self.write(move |connection, _| {
            let text = "DELETE FROM certificate_application WHERE number IN (
                  SELECT number FROM certificate_application WHERE until < ?1 ORDER BY until LIMIT ?2)";
            let count = connection
                .prepare_cached(text)?
                .execute(params![now.as_micros(), AT_ONCE])?;
            Ok(count == AT_ONCE as usize)
        })
        .await
    }
}

/// Closes the open applications a notice is the answer to, each with an event of whoever made the notice.
pub(crate) fn close_issued(
    connection: &Connection,
    batch: &mut Batch,
    notice: &Notice,
    made: &Event,
) -> Result<(), StoreError> {
    let text = "UPDATE certificate_application SET state = 'issued', closed = ?3, until = ?4
        WHERE facility = ?1 AND terminal = ?2 AND state = 'open' RETURNING number";
    let mut closed: Vec<String> = Vec::new();
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![
        number(notice.facility),
        notice.terminal,
        made.at.as_micros(),
        kept_until(made.at)
    ])?;
    while let Some(row) = rows.next()? {
        closed.push(row.get(0)?);
    }
    for application in closed {
        let event = Event {
            at: made.at,
            actor: made.actor.clone(),
            deed: Deed::ApplicationClose,
            subject: None,
            detail: format!(
                "facility={} application={application} state=issued",
                notice.facility
            ),
        };
        batch.append(connection, &event, None)?;
    }
    Ok(())
}

fn kept_until(since: Instant) -> i64 {
    since.plus_seconds(KEPT_DAYS * 86_400).as_micros()
}

/// Whether two are the same but for when they came and what became of them since.
fn is_same(there: &Application, new: &Application) -> bool {
    let there = Application {
        at: new.at,
        state: new.state,
        closed: new.closed,
        reason: new.reason.clone(),
        ..there.clone()
    };
    there == *new
}

fn count_open(connection: &Connection) -> Result<u32, StoreError> {
    let text = "SELECT count(*) FROM certificate_application WHERE state = 'open'";
    let mut statement = connection.prepare_cached(text)?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn find(connection: &Connection, number: &str) -> Result<Option<Application>, StoreError> {
    let text = "SELECT * FROM certificate_application WHERE number = ?1";
    Ok(all(connection, text, [number])?.pop())
}

fn all(
    connection: &Connection,
    text: &str,
    of: impl Params,
) -> Result<Vec<Application>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(of)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(of_row(&row)?);
    }
    Ok(found)
}

fn of_row(row: &Row<'_>) -> Result<Application, StoreError> {
    let unreadable = || StoreError::Row("certificate_application");
    let text = |column: &str| row.get::<_, String>(column);
    let remark: Option<String> = row.get("remark")?;
    let remark = remark.map(|it| Remark::parse(&it)).transpose();
    let closed: Option<i64> = row.get("closed")?;
    Ok(Application {
        number: text("number")?,
        facility: institution(row.get("facility")?)?,
        name: text("name")?,
        terminal: text("terminal")?,
        kind: ApplicationKind::parse(&text("kind")?).ok_or_else(unreadable)?,
        contact: ContactName::parse(&text("contact")?).map_err(|_| unreadable())?,
        phone: ContactPhone::parse(&text("phone")?).map_err(|_| unreadable())?,
        remark: remark.map_err(|_| unreadable())?,
        at: Instant::from_micros(row.get("at")?),
        state: ApplicationState::parse(&text("state")?).ok_or_else(unreadable)?,
        closed: closed.map(Instant::from_micros),
        reason: row.get("reason")?,
    })
}
