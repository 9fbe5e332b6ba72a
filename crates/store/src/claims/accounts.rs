//! Claims accounts: their passwords' hashes, generations and lock-out. Never sees a password; none of them opens anything at the center.

use domain::account::{AccountId, AccountState};
use domain::audit::Event;
use domain::civil_date::Instant;
use domain::claims::tenant::Tenant;
use domain::institution_code::InstitutionCode;
use domain::lockout::{self, Settled, Try};
use domain::password::{GENERATIONS, Length};

use super::Key;
use super::sessions::end_sessions;
use crate::access::number;
use crate::accounts::{Edited, Generation, PasswordRow};
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{self, KeptAnswer};
use crate::sql::{Connection, Row, params};
use crate::tries::{self, Tries};

/// A claims account.
#[derive(Debug, Clone)]
pub struct ClaimsAccount {
    /// Its whole name.
    pub key: Key,
    /// Whether it may be used.
    pub state: AccountState,
    /// Name to show.
    pub display_name: String,
    /// Its password.
    pub password: PasswordRow,
    /// Failures and locks.
    pub lockout: lockout::State,
}

impl ClaimsAccount {
    /// True while the account may be used and its password is the one of this slow hash.
    #[must_use]
    pub fn is_opened_by(&self, hash: &str) -> bool {
        self.state == AccountState::Active && self.password.hash == hash
    }
}

/// What became of an account to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is on the disk.
    Done,
    /// The identifier is taken at this review body; nothing was done.
    Taken,
}

impl Engine {
    /// Makes an account, with the event that tells of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn make_claims_account(
        &self,
        account: ClaimsAccount,
        event: Event,
    ) -> Result<Made, StoreError> {
        self.write(move |connection, batch| {
            if read(connection, &account.key)?.is_some() {
                return Ok(Made::Taken);
            }
            let key = &account.key;
            connection
                .prepare_cached(
                    "INSERT INTO claims_account VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,0,0,NULL,NULL)",
                )?
                .execute(params![
                    key.tenant.to_string(),
                    key.facility(),
                    key.id.as_str(),
                    account.state.as_str(),
                    account.display_name,
                    event.at.as_micros(),
                    account.password.hash,
                    account.password.length == Length::Long,
                    account.password.set_at.as_micros(),
                    account.password.change_needed
                ])?;
            keep_generation(connection, key, &account.password)?;
            batch.append(connection, &event, None)?;
            Ok(Made::Done)
        })
        .await
    }

    /// An account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claims_account(&self, key: &Key) -> Result<Option<ClaimsAccount>, StoreError> {
        self.read(|connection| read(connection, key))
    }

    /// The accounts of a facility, or of all where none is named, by facility, review body and identifier.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claims_accounts(
        &self,
        facility: Option<InstitutionCode>,
    ) -> Result<Vec<ClaimsAccount>, StoreError> {
        self.read(|connection| {
            let text = "SELECT * FROM claims_account WHERE facility = ?1 OR ?1 IS NULL ORDER BY facility, tenant, id";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([facility.map(number)])?;
            let mut accounts = Vec::new();
            while let Some(row) = rows.next()? {
                accounts.push(of_row(&row)?);
            }
            Ok(accounts)
        })
    }

    /// Disables an account, or enables it again; of a disabled one all sessions end. False when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_claims_account_state(
        &self,
        key: Key,
        state: AccountState,
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let text = "UPDATE claims_account SET state = ?4 WHERE tenant = ?1 AND facility = ?2 AND id = ?3";
            let changed = connection.prepare_cached(text)?.execute(params![
                key.tenant.to_string(),
                key.facility(),
                key.id.as_str(),
                state.as_str()
            ])?;
            if changed == 0 {
                return Ok(false);
            }
            if state == AccountState::Disabled {
                end_sessions(connection, &key, None)?;
            }
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }

    /// Sets a password, keeps the last five, clears the lock and ends the account's sessions but one. `ChangedBefore` when there is no
    /// account, or it was disabled or got another password since the one of the slow hash `shown` was looked at. With an answer to keep whose
    /// key was used before nothing is done, and that is what comes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_claims_password(
        &self,
        key: Key,
        shown: Option<String>,
        password: PasswordRow,
        keep: Option<[u8; 32]>,
        event: Event,
        kept: Option<KeptAnswer>,
    ) -> Result<Edited, StoreError> {
        self.write(move |connection, batch| {
            if let Some(kept) = &kept
                && let Some(earlier) = kept_answers::earlier(connection, kept)?
            {
                return Ok(Edited::Earlier(earlier));
            }
            let account = read(connection, &key)?;
            let is_as_shown =
                |it: ClaimsAccount| shown.as_ref().is_none_or(|hash| it.is_opened_by(hash));
            if !account.is_some_and(is_as_shown) {
                return Ok(Edited::ChangedBefore);
            }
            let text = "UPDATE claims_account SET password_hash = ?4, password_long = ?5, password_set = ?6, change_needed = ?7,
                failures = 0, locks = 0, locked_until = NULL, last_failure = NULL
                WHERE tenant = ?1 AND facility = ?2 AND id = ?3";
            connection.prepare_cached(text)?.execute(params![
                key.tenant.to_string(),
                key.facility(),
                key.id.as_str(),
                password.hash,
                password.length == Length::Long,
                password.set_at.as_micros(),
                password.change_needed
            ])?;
            keep_generation(connection, &key, &password)?;
            end_sessions(connection, &key, keep)?;
            if let Some(token) = keep {
                connection
                    .prepare_cached("UPDATE claims_session SET change_needed = 0 WHERE token = ?1")?
                    .execute([token])?;
            }
            batch.append(connection, &event, None)?;
            if let Some(kept) = &kept {
                kept_answers::keep(connection, batch, kept)?;
            }
            Ok(Edited::Done)
        })
        .await
    }

    /// The last five passwords, newest first; the first is the present one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claims_generations(&self, key: &Key) -> Result<Vec<Generation>, StoreError> {
        self.read(|connection| {
            let text = "SELECT hash, prefix FROM claims_password
                WHERE tenant = ?1 AND facility = ?2 AND account = ?3 ORDER BY set_at DESC";
            let mut statement = connection.prepare_cached(text)?;
            let of = params![key.tenant.to_string(), key.facility(), key.id.as_str()];
            let rows = statement.query_map(of, |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Settles a try whose password was looked at, as [`Engine::settle_try`] does for the center's accounts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_claims_try(
        &self,
        key: Key,
        outcome: Try,
        policy: lockout::Policy,
        failure: Event,
    ) -> Result<Settled, StoreError> {
        self.write(move |connection, batch| {
            let now = failure.at;
            let account = read(connection, &key)?;
            let unknown = unknown(key.tenant, &key.id);
            let place = (key.facility(), unknown.as_str());
            let before = match &account {
                Some(account) => account.lockout,
                None => Tries::UnknownAccount.read_at(connection, place)?,
            };
            let (after, settled) = before.after_try(outcome, policy, now);
            if after != before {
                match &account {
                    Some(_) => keep_lockout(connection, &key, after)?,
                    None => Tries::UnknownAccount.keep_at(connection, place, after, now)?,
                }
            }
            if settled != Settled::Open {
                batch.append(connection, &failure, None)?;
            }
            Ok(settled)
        })
        .await
    }

    /// Failures and locks of an identifier that no account of the review body has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unknown_claims_lockout(&self, key: &Key) -> Result<lockout::State, StoreError> {
        let unknown = unknown(key.tenant, &key.id);
        self.read(|connection| {
            Tries::UnknownAccount.read_at(connection, (key.facility(), unknown.as_str()))
        })
    }
}

/// Disables all accounts of a facility and ends their sessions, within the running transaction. Returns how many were in use.
pub(crate) fn end_of_facility(
    connection: &Connection,
    facility: InstitutionCode,
) -> Result<usize, StoreError> {
    let text =
        "UPDATE claims_account SET state = 'disabled' WHERE facility = ?1 AND state <> 'disabled'";
    let ended = connection
        .prepare_cached(text)?
        .execute([number(facility)])?;
    connection
        .prepare_cached("DELETE FROM claims_session WHERE facility = ?1")?
        .execute([number(facility)])?;
    Ok(ended)
}

/// The name an unknown identifier is counted under: no account of the center has a blank in its name.
fn unknown(tenant: Tenant, id: &AccountId) -> String {
    format!("{tenant} {id}")
}

fn keep_lockout(
    connection: &Connection,
    key: &Key,
    state: lockout::State,
) -> Result<(), StoreError> {
    let text =
        "UPDATE claims_account SET failures = ?4, locks = ?5, locked_until = ?6, last_failure = ?7
        WHERE tenant = ?1 AND facility = ?2 AND id = ?3";
    connection.prepare_cached(text)?.execute(params![
        key.tenant.to_string(),
        key.facility(),
        key.id.as_str(),
        state.failures,
        state.locks,
        state.until.map(Instant::as_micros),
        state.last.map(Instant::as_micros)
    ])?;
    Ok(())
}

fn keep_generation(
    connection: &Connection,
    key: &Key,
    password: &PasswordRow,
) -> Result<(), StoreError> {
    let (tenant, facility, id) = (key.tenant.to_string(), key.facility(), key.id.as_str());
    connection
        .prepare_cached("INSERT INTO claims_password VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant, facility, account, set_at) DO UPDATE SET hash = excluded.hash, prefix = excluded.prefix")?
        .execute(params![
            tenant,
            facility,
            id,
            password.set_at.as_micros(),
            password.hash,
            password.prefix
        ])?;
    let text = "DELETE FROM claims_password WHERE tenant = ?1 AND facility = ?2 AND account = ?3 AND set_at NOT IN
        (SELECT set_at FROM claims_password WHERE tenant = ?1 AND facility = ?2 AND account = ?3 ORDER BY set_at DESC LIMIT ?4)";
    connection
        .prepare_cached(text)?
        .execute(params![tenant, facility, id, GENERATIONS as i64])?;
    Ok(())
}

pub(super) fn read(
    connection: &Connection,
    key: &Key,
) -> Result<Option<ClaimsAccount>, StoreError> {
    let text = "SELECT * FROM claims_account WHERE tenant = ?1 AND facility = ?2 AND id = ?3";
    let mut statement = connection.prepare_cached(text)?;
    let of = params![key.tenant.to_string(), key.facility(), key.id.as_str()];
    let mut rows = statement.query(of)?;
    rows.next()?.map(|row| of_row(&row)).transpose()
}

fn of_row(row: &Row<'_>) -> Result<ClaimsAccount, StoreError> {
    const TABLE: &str = "claims_account";
    let state: String = row.get("state")?;
    let is_long: bool = row.get("password_long")?;
    Ok(ClaimsAccount {
        key: Key {
            tenant: super::tenant(row, "tenant", TABLE)?,
            facility: super::facility(row)?,
            id: super::account(row, "id", TABLE)?,
        },
        state: AccountState::parse(&state).ok_or(StoreError::Row(TABLE))?,
        display_name: row.get("display_name")?,
        password: PasswordRow {
            hash: row.get("password_hash")?,
            prefix: [0; 32],
            length: if is_long { Length::Long } else { Length::Short },
            set_at: Instant::from_micros(row.get("password_set")?),
            change_needed: row.get("change_needed")?,
        },
        lockout: tries::state(row, 10)?,
    })
}
