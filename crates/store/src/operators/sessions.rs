//! How operators sign in, and what stays open: tries counted where nothing else comes between, codes that count once, one session each.

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::lockout::{self, Settled, Try};
use domain::operator::{OperatorName, session_is_good};
use domain::password::Length;

use super::{count, length, name_of, open_session};
use crate::engine::{Engine, StoreError};
use crate::sessions::TokenHash;
use crate::sql::{Connection, params};
use crate::tries::{CENTER, Tries};

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

impl Engine {
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
                    "UPDATE operator_session SET active = ?2 WHERE token = ?1 AND active < ?2",
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
    let outcome = if is_right { Try::Right } else { Try::Wrong };
    let (after, settled) = before.after_try(outcome, policy, now);
    if after == before {
        return Ok(settled);
    }
    if is_operators {
        keep_lockout(connection, name, after)?;
    } else {
        Tries::UnknownAccount.keep_at(connection, (CENTER, name.as_str()), after, now)?;
    }
    Ok(settled)
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
