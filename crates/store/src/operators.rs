//! Operators of the center with their one-time links, passwords, second factors and sessions (contracts §12). Never sees a password, a
//! token or an open secret; what is kept of a name stays, so that no name ever means two people.

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::lockout;
use domain::operator::{OperatorName, OperatorState, leaves_nobody, session_is_good};
use domain::password::{GENERATIONS, Length};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::accounts::{Generation, PasswordRow, Settled};
use crate::engine::{Engine, StoreError};
use crate::sessions::TokenHash;
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

/// A session of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSession {
    /// Who signed in.
    pub name: OperatorName,
    /// When.
    pub opened: Instant,
    /// The last request.
    pub active: Instant,
    /// When the password was set.
    pub password_set: Instant,
    /// Whether the password had 13 characters or more.
    pub password_length: Length,
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
                found.push(operator(row)?);
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

    /// Settles a sign-in whose password and code were looked at; `shown` is the step of the code where both were right. Counted and
    /// locked where nothing else comes between; a code counts once. A right one opens a session and ends the operator's others.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_operator_sign_in(
        &self,
        name: OperatorName,
        shown: Option<i64>,
        token: TokenHash,
        policy: lockout::Policy,
        (success, failure): (Event, Event),
    ) -> Result<Settled, StoreError> {
        self.write(move |connection, batch| {
            let spent = match shown {
                Some(step) => spend(connection, &name, step, failure.at)?,
                None => false,
            };
            let settled = settle(connection, &name, spent, policy, failure.at)?;
            if settled == Settled::Open {
                open_session(connection, &name, token, success.at)?;
                batch.append(connection, &success, None)?;
            } else {
                batch.append(connection, &failure, None)?;
            }
            Ok(settled)
        })
        .await
    }

    /// Settles a try of the password of an operator who is signed in: a wrong one counts as at sign-in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_operator_password(
        &self,
        name: OperatorName,
        is_right: bool,
        policy: lockout::Policy,
        failure: Event,
    ) -> Result<Settled, StoreError> {
        self.write(move |connection, batch| {
            let settled = settle(connection, &name, is_right, policy, failure.at)?;
            if settled != Settled::Open {
                batch.append(connection, &failure, None)?;
            }
            Ok(settled)
        })
        .await
    }

    /// The session of a token's hash, if it is good now and its operator may sign in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operator_session(
        &self,
        token: &TokenHash,
        now: Instant,
    ) -> Result<Option<OperatorSession>, StoreError> {
        self.read(|connection| {
            let text = "SELECT s.operator, s.opened, s.active, p.set_at, p.is_long FROM operator_session s
                JOIN operator o ON o.name = s.operator JOIN operator_password p ON p.operator = s.operator
                WHERE s.token = ?1 AND o.state = 'active' ORDER BY p.set_at DESC LIMIT 1";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([token])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            let session = OperatorSession {
                name: name_of(&row.get::<_, String>(0)?)?,
                opened: Instant::from_micros(row.get(1)?),
                active: Instant::from_micros(row.get(2)?),
                password_set: Instant::from_micros(row.get(3)?),
                password_length: length(row.get(4)?),
            };
            Ok(Some(session).filter(|it| session_is_good(it.active, now)))
        })
    }

    /// How many operators are signed in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operator_sessions(&self, now: Instant) -> Result<usize, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT active FROM operator_session")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            let active: Vec<i64> = rows.collect::<Result<_, _>>()?;
            let good = |at: &&i64| session_is_good(Instant::from_micros(**at), now);
            Ok(active.iter().filter(good).count())
        })
    }

    /// Notes that an operator used a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn touch_operator_session(
        &self,
        token: TokenHash,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            connection
                .prepare_cached(
                    "UPDATE operator_session SET active = max(active, ?2) WHERE token = ?1",
                )?
                .execute(params![token, now.as_micros()])?;
            Ok(())
        })
        .await
    }

    /// Ends a session, with the event that tells of it. Nothing happens, and nothing is told, when it had ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_operator_session(
        &self,
        token: TokenHash,
        event: Event,
    ) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
            let ended = connection
                .prepare_cached("DELETE FROM operator_session WHERE token = ?1")?
                .execute([token])?;
            if ended == 1 {
                batch.append(connection, &event, None)?;
            }
            Ok(())
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

/// Uses a step of an operator's clock up. False when it, or a later one, was used before, when the operator may not sign in, or while the
/// operator waits.
fn spend(
    connection: &Connection,
    name: &OperatorName,
    step: i64,
    now: Instant,
) -> Result<bool, StoreError> {
    if count(connection, name)?.0.waits_s(now).is_some() {
        return Ok(false);
    }
    let text = "UPDATE operator SET last_step = ?2 WHERE name = ?1 AND state = 'active' AND coalesce(last_step, -1) < ?2";
    let spent = connection
        .prepare_cached(text)?
        .execute(params![name.as_str(), step])?;
    Ok(spent == 1)
}

/// Counts a try. While the name waits even a right one is none, and none is counted.
fn settle(
    connection: &Connection,
    name: &OperatorName,
    is_right: bool,
    policy: lockout::Policy,
    now: Instant,
) -> Result<Settled, StoreError> {
    let (before, is_operators) = count(connection, name)?;
    if let Some(seconds) = before.waits_s(now) {
        return Ok(Settled::Locked(seconds));
    }
    let after = if is_right {
        lockout::State::default()
    } else {
        before.after_failure(policy, now)
    };
    if is_operators {
        keep_lockout(connection, name, after)?;
    } else {
        Tries::UnknownAccount.keep_at(connection, (CENTER, name.as_str()), after, now)?;
    }
    Ok(match (is_right, after.waits_s(now)) {
        (true, _) => Settled::Open,
        (false, Some(seconds)) => Settled::Locked(seconds),
        (false, None) => Settled::Wrong,
    })
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

fn keep_lockout(
    connection: &Connection,
    name: &OperatorName,
    state: lockout::State,
) -> Result<(), StoreError> {
    let text = "UPDATE operator SET failures = ?2, locks = ?3, locked_until = ?4, last_failure = ?5 WHERE name = ?1";
    connection.prepare_cached(text)?.execute(params![
        name.as_str(),
        state.failures,
        state.locks,
        state.until.map(Instant::as_micros),
        state.last.map(Instant::as_micros)
    ])?;
    Ok(())
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
        .prepare_cached("DELETE FROM operator_session WHERE operator = ?1 AND token IS NOT ?2")?
        .execute(params![name.as_str(), keep])?;
    Ok(())
}

fn keep_password(
    connection: &Connection,
    name: &OperatorName,
    password: &PasswordRow,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO operator_password VALUES (?1, ?2, ?3, ?4, ?5)")?
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
    rows.next()?.map(operator).transpose()
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
