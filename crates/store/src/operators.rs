//! Operators of the center with their one-time links, passwords, second factors and sessions (contracts §12). Never sees a password, a
//! token or an open secret; what is kept of a name stays, so that no name ever means two people.

pub mod given;
pub mod sessions;

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::lockout;
use domain::operator::{OperatorName, OperatorState, leaves_nobody};
use domain::password::{GENERATIONS, Length};

use crate::accounts::{Generation, PasswordRow};
use crate::engine::{Engine, StoreError};
use crate::sessions::TokenHash;
use crate::sql::{Connection, OptionalExtension, Row, params};
use crate::tries::{self, CENTER, Tries};

/// An operator.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Name.
    pub name: OperatorName,
    /// How far the operator has come.
    pub state: OperatorState,
    /// When the operator was added.
    pub made: Instant,
    /// Until when the one-time link opens, where there is one.
    pub link_until: Option<Instant>,
    /// When the operator last signed in.
    pub signed_in: Option<Instant>,
    /// Failures and locks.
    pub lockout: lockout::State,
}

/// What an operator signs in with. The hash is slow, the secret sealed.
#[derive(Clone)]
pub struct Credentials {
    /// The password.
    pub password: PasswordRow,
    /// The second factor's sealed secret.
    pub secret: Vec<u8>,
    /// The last step of its clock that was used.
    pub last_step: Option<i64>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// A one-time link.
#[derive(Clone)]
pub struct Link {
    /// SHA-256 of its token.
    pub hash: [u8; 32],
    /// The first instant at which it opens nothing any more.
    pub until: Instant,
    /// The sealed secret of the second factor that its page shows.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link(until {})", self.until)
    }
}

/// What became of an operator to add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// The link is on the disk.
    Done,
    /// The name is, or was, another's; nothing was done.
    Taken,
}

/// What became of an operator to disable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabled {
    /// The operator is, and every session ended.
    Done,
    /// There is none of this name.
    Unknown,
    /// The operator was disabled before; nothing was done.
    Before,
    /// Nobody would be left who signs in; nothing was done.
    Last,
}

/// Whether the last operator who signs in may be disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// Not on a page: nobody could open the pages any more.
    Stays,
    /// From the shell, which adds another.
    Goes,
}

const COLUMNS: &str =
    "name, state, made, link_until, signed_in, failures, locks, locked_until, last_failure";

impl Engine {
    /// All operators by name, the disabled ones among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operators(&self) -> Result<Vec<Operator>, StoreError> {
        self.read(|connection| {
            let text = format!("SELECT {COLUMNS} FROM operator ORDER BY name");
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(operator(&row)?);
            }
            Ok(found)
        })
    }

    /// What an operator who may sign in does it with; `None` for every other name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operator_credentials(
        &self,
        name: &OperatorName,
    ) -> Result<Option<Credentials>, StoreError> {
        self.read(|connection| {
            let text = "SELECT p.hash, p.prefix, p.is_long, p.set_at, o.secret, o.last_step FROM operator o JOIN operator_password p
                ON p.operator = o.name WHERE o.name = ?1 AND o.state = 'active' AND o.secret IS NOT NULL ORDER BY p.set_at DESC LIMIT 1";
            let mut statement = connection.prepare_cached(text)?;
            let found = statement.query_row([name.as_str()], |row| {
                Ok(Credentials {
                    password: PasswordRow {
                        hash: row.get(0)?,
                        prefix: row.get(1)?,
                        length: length(row.get(2)?),
                        set_at: Instant::from_micros(row.get(3)?),
                        change_needed: false,
                    },
                    secret: row.get(4)?,
                    last_step: row.get(5)?,
                })
            });
            Ok(found.optional()?)
        })
    }

    /// Failures and locks of a name, whether or not it is an operator's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operator_lockout(&self, name: &OperatorName) -> Result<lockout::State, StoreError> {
        self.read(|connection| Ok(count(connection, name)?.0))
    }

    /// Adds an operator with a one-time link, and the event that tells of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_operator(
        &self,
        name: OperatorName,
        link: Link,
        event: Event,
    ) -> Result<Added, StoreError> {
        self.write(move |connection, batch| {
            if find(connection, &name)?.is_some() {
                return Ok(Added::Taken);
            }
            connection
                .prepare_cached(
                    "INSERT INTO operator VALUES (?1, 'invited', ?2, ?3, ?4, ?5, NULL, NULL, NULL, 0, 0, NULL, NULL)",
                )?
                .execute(params![
                    name.as_str(),
                    event.at.as_micros(),
                    link.hash,
                    link.until.as_micros(),
                    link.secret
                ])?;
            given::keep(connection, &name, &event)?;
            batch.append(connection, &event, None)?;
            Ok(Added::Done)
        })
        .await
    }

    /// Takes an operator's second factor and password away, ends every session, and opens a new one-time link in place of any before.
    /// False when there is no such operator.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reset_operator(
        &self,
        name: OperatorName,
        link: Link,
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let reset = connection
                .prepare_cached(
                    "UPDATE operator SET state = 'invited', link = ?2, link_until = ?3, link_secret = ?4, secret = NULL, last_step = NULL,
                     failures = 0, locks = 0, locked_until = NULL, last_failure = NULL WHERE name = ?1",
                )?
                .execute(params![
                    name.as_str(),
                    link.hash,
                    link.until.as_micros(),
                    link.secret
                ])?;
            if reset == 0 {
                return Ok(false);
            }
            end_sessions(connection, &name, None)?;
            given::keep(connection, &name, &event)?;
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }

    /// Disables an operator: sessions and link end with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn disable_operator(
        &self,
        name: OperatorName,
        last: Last,
        event: Event,
    ) -> Result<Disabled, StoreError> {
        self.write(move |connection, batch| {
            let Some(found) = find(connection, &name)? else {
                return Ok(Disabled::Unknown);
            };
            if found.state == OperatorState::Disabled {
                return Ok(Disabled::Before);
            }
            let text = "SELECT count(*) FROM operator WHERE state = 'active'";
            let active: i64 = connection
                .prepare_cached(text)?
                .query_row([], |row| row.get(0))?;
            let active = usize::try_from(active).unwrap_or_default();
            if last == Last::Stays && leaves_nobody(found.state, active) {
                return Ok(Disabled::Last);
            }
            connection
                .prepare_cached(
                    "UPDATE operator SET state = 'disabled', link = NULL, link_until = NULL, link_secret = NULL, secret = NULL,
                     last_step = NULL WHERE name = ?1",
                )?
                .execute([name.as_str()])?;
            end_sessions(connection, &name, None)?;
            batch.append(connection, &event, None)?;
            Ok(Disabled::Done)
        })
        .await
    }

    /// Whose link a token's hash is, with the sealed secret its page shows. `None` when it was used, taken back or is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operator_of_link(
        &self,
        hash: &[u8; 32],
        now: Instant,
    ) -> Result<Option<(OperatorName, Vec<u8>)>, StoreError> {
        self.read(|connection| of_link(connection, hash, now))
    }

    /// Uses a link up: password and second factor are the operator's from now on, and a session is open. False when the link was used
    /// meanwhile, taken back or is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_up_operator(
        &self,
        link: [u8; 32],
        (password, step): (PasswordRow, i64),
        token: TokenHash,
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let Some((name, secret)) = of_link(connection, &link, event.at)? else {
                return Ok(false);
            };
            connection
                .prepare_cached(
                    "UPDATE operator SET state = 'active', link = NULL, link_until = NULL, link_secret = NULL, secret = ?2, last_step = ?3
                     WHERE name = ?1",
                )?
                .execute(params![name.as_str(), secret, step])?;
            keep_password(connection, &name, &password)?;
            open_session(connection, &name, token, event.at)?;
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }

    /// The last five passwords of an operator, newest first; the first is the present one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operator_generations(&self, name: &OperatorName) -> Result<Vec<Generation>, StoreError> {
        self.read(|connection| {
            let text = "SELECT hash, prefix FROM operator_password WHERE operator = ?1 ORDER BY set_at DESC";
            let mut statement = connection.prepare_cached(text)?;
            let rows =
                statement.query_map([name.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Sets an operator's password and ends all sessions but `keep`, with the event that tells of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_operator_password(
        &self,
        name: OperatorName,
        password: PasswordRow,
        keep: TokenHash,
        event: Event,
    ) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
            keep_password(connection, &name, &password)?;
            end_sessions(connection, &name, Some(keep))?;
            batch.append(connection, &event, None)
        })
        .await
    }
}

/// Failures and locks of a name, and whether it is an operator's.
fn count(
    connection: &Connection,
    name: &OperatorName,
) -> Result<(lockout::State, bool), StoreError> {
    Ok(match find(connection, name)? {
        Some(found) => (found.lockout, true),
        None => (
            Tries::UnknownAccount.read_at(connection, (CENTER, name.as_str()))?,
            false,
        ),
    })
}

/// Opens the one session an operator has.
fn open_session(
    connection: &Connection,
    name: &OperatorName,
    token: TokenHash,
    now: Instant,
) -> Result<(), StoreError> {
    end_sessions(connection, name, None)?;
    connection
        .prepare_cached("INSERT INTO operator_session VALUES (?1, ?2, ?3, ?3)")?
        .execute(params![token, name.as_str(), now.as_micros()])?;
    connection
        .prepare_cached("UPDATE operator SET signed_in = ?2 WHERE name = ?1")?
        .execute(params![name.as_str(), now.as_micros()])?;
    Ok(())
}

fn end_sessions(
    connection: &Connection,
    name: &OperatorName,
    keep: Option<TokenHash>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM operator_session WHERE operator = ?1 AND token IS DISTINCT FROM ?2",
        )?
        .execute(params![name.as_str(), keep])?;
    Ok(())
}

fn keep_password(
    connection: &Connection,
    name: &OperatorName,
    password: &PasswordRow,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO operator_password VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (operator, set_at) DO UPDATE SET hash = excluded.hash, prefix = excluded.prefix, is_long = excluded.is_long")?
        .execute(params![
            name.as_str(),
            password.set_at.as_micros(),
            password.hash,
            password.prefix,
            password.length == Length::Long
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM operator_password WHERE operator = ?1 AND set_at NOT IN
             (SELECT set_at FROM operator_password WHERE operator = ?1 ORDER BY set_at DESC LIMIT ?2)",
        )?
        .execute(params![name.as_str(), GENERATIONS as i64])?;
    Ok(())
}

fn of_link(
    connection: &Connection,
    hash: &[u8; 32],
    now: Instant,
) -> Result<Option<(OperatorName, Vec<u8>)>, StoreError> {
    let text = "SELECT name, link_secret FROM operator WHERE link = ?1 AND ?2 < link_until AND state = 'invited'";
    let mut statement = connection.prepare_cached(text)?;
    let found: Option<(String, Vec<u8>)> = statement
        .query_row(params![hash, now.as_micros()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    found
        .map(|(name, secret)| Ok((name_of(&name)?, secret)))
        .transpose()
}

fn find(connection: &Connection, name: &OperatorName) -> Result<Option<Operator>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM operator WHERE name = ?1");
    let mut statement = connection.prepare_cached(&text)?;
    let mut rows = statement.query([name.as_str()])?;
    rows.next()?.map(|row| operator(&row)).transpose()
}

fn operator(row: &Row<'_>) -> Result<Operator, StoreError> {
    let at =
        |column| Ok::<_, StoreError>(row.get::<_, Option<i64>>(column)?.map(Instant::from_micros));
    let state: String = row.get(1)?;
    Ok(Operator {
        name: name_of(&row.get::<_, String>(0)?)?,
        state: OperatorState::parse(&state).ok_or(StoreError::Row("operator"))?,
        made: Instant::from_micros(row.get(2)?),
        link_until: at(3)?,
        signed_in: at(4)?,
        lockout: tries::state(row, 5)?,
    })
}

fn name_of(text: &str) -> Result<OperatorName, StoreError> {
    OperatorName::parse(text).map_err(|_| StoreError::Row("operator"))
}

fn length(is_long: bool) -> Length {
    if is_long { Length::Long } else { Length::Short }
}
