//! Counts of wrong tries under the hash of an identifier: passwords of accounts that do not exist, recovery codes of all. Keeps no
//! identifier.

use domain::account::AccountId;
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::lockout::{FORGOTTEN_AFTER_S, State};
use sha2::{Digest, Sha256};

use crate::access::number;
use crate::engine::StoreError;
use crate::sql::{Connection, OptionalExtension, Row, params};

/// The place of names typed on the center's own pages: no facility's code.
pub(crate) const CENTER: i64 = 0;

/// Identifiers counted at a place at most \[ours\].
const MOST: i64 = 1_000;

/// As many make room at once.
const ROOM: i64 = 100;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tries {
    /// Passwords of an identifier that no account has.
    UnknownAccount,
    /// Recovery codes.
    RecoveryCode,
}

impl Tries {
    fn table(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::RecoveryCode => "recovery_try",
        }
    }

    /// The count of an account's identifier.
    pub(crate) fn read(
        self,
        connection: &Connection,
        facility: InstitutionCode,
        id: &AccountId,
    ) -> Result<State, StoreError> {
        self.read_at(connection, (number(facility), id.as_str()))
    }

    /// The count of an identifier at a place: a facility, or [`CENTER`].
    pub(crate) fn read_at(
        self,
        connection: &Connection,
        (place, id): (i64, &str),
    ) -> Result<State, StoreError> {
        let text = format!(
            "SELECT failures, locks, locked_until, last_failure FROM {} WHERE facility = ?1 AND id_hash = ?2",
            self.table()
        );
        let mut statement = connection.prepare_cached(&text)?;
        let row = statement.query_row(params![place, hash(id)], |row| state(row, 0));
        Ok(row.optional()?.unwrap_or_default())
    }

    /// Keeps the count of an account's identifier.
    pub(crate) fn keep(
        self,
        connection: &Connection,
        facility: InstitutionCode,
        id: &AccountId,
        state: State,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.keep_at(connection, (number(facility), id.as_str()), state, now)
    }

    /// Keeps the count of an identifier at a place. Before one that is new there, those that count no more are wiped, and where as many count as
    /// may the oldest make room.
    pub(crate) fn keep_at(
        self,
        connection: &Connection,
        (place, id): (i64, &str),
        state: State,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (table, hash) = (self.table(), hash(id));
        let write = |text: &str| -> Result<usize, StoreError> {
            let mut statement = connection.prepare_cached(text)?;
            Ok(statement.execute(params![
                place,
                hash,
                state.failures,
                state.locks,
                state.until.map(Instant::as_micros),
                state.last.map(Instant::as_micros)
            ])?)
        };
        let changed = write(&format!(
            "UPDATE {table} SET failures = ?3, locks = ?4, locked_until = ?5, last_failure = ?6 WHERE facility = ?1 AND id_hash = ?2"
        ))?;
        // None is as good as a count of nothing.
        if changed != 0 || state == State::default() {
            return Ok(());
        }
        self.make_room(connection, place, now)?;
        write(&format!(
            "INSERT INTO {table} VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (facility, id_hash) DO UPDATE SET failures = excluded.failures, locks = excluded.locks, locked_until = excluded.locked_until, last_failure = excluded.last_failure"
        ))?;
        Ok(())
    }

    /// Looks at the rows of one place alone, which are never many: whoever types ever new identifiers delays no other write.
    fn make_room(
        self,
        connection: &Connection,
        place: i64,
        now: Instant,
    ) -> Result<(), StoreError> {
        let table = self.table();
        let old = now.plus_seconds(-FORGOTTEN_AFTER_S).as_micros();
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE facility = ?1 AND coalesce(last_failure, 0) <= ?2 AND coalesce(locked_until, 0) <= ?2"
            ))?
            .execute([place, old])?;
        let counted: i64 = connection
            .prepare_cached(&format!("SELECT count(*) FROM {table} WHERE facility = ?1"))?
            .query_row([place], |row| row.get(0))?;
        if counted < MOST {
            return Ok(());
        }
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE facility = ?1 AND id_hash IN
                 (SELECT id_hash FROM {table} WHERE facility = ?1 ORDER BY coalesce(last_failure, 0), id_hash LIMIT {ROOM})"
            ))?
            .execute([place])?;
        Ok(())
    }
}

/// The count of a row: failures, locks, end of the lock, last failure, from this column on.
pub(crate) fn state(row: &Row<'_>, first: usize) -> crate::sql::Result<State> {
    let at = |column| {
        let micros: Option<i64> = row.get(column)?;
        Ok::<_, crate::sql::Error>(micros.map(Instant::from_micros))
    };
    Ok(State {
        failures: row.get(first)?,
        locks: row.get(first + 1)?,
        until: at(first + 2)?,
        last: at(first + 3)?,
    })
}

fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}
