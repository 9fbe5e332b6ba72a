//! Ways back in (G06): recovery codes and the secret number as hashes, and what is done with them, each with its event in one transaction.
//! Wrong codes lock out apart from passwords, so that whoever locks an account keeps nobody from recovering it.

use domain::account::{AccountId, AccountState};
use domain::audit::Event;
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::lockout::{self, Settled, Try};
use domain::permit::{ManageOwnAccess, Permit};
use domain::recovery::resets_password;

use crate::access::number;
use crate::accounts::{self, PasswordRow, PasswordShown, write_password};
use crate::claims::accounts::end_of_facility;
use crate::engine::{Engine, StoreError};
use crate::home_care::devices;
use crate::sql::{Connection, OptionalExtension, params};
use crate::tries::Tries;

/// Wrong secret numbers after which the number opens nothing any more \[ours, as of reference IDs\].
const SECRET_NUMBER_TRIES: u32 = 5;

/// What is known of an account's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Codes {
    /// Not used yet.
    pub left: usize,
    /// When the present ones were printed.
    pub printed: Option<Instant>,
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    /// It is the account's and was not used.
    Right,
    /// It is not, or was used.
    Wrong,
    /// Too many were wrong: so many seconds.
    Locked(i64),
}

/// What became of a secret number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretNumber {
    /// It is the facility's; what it was given for is done.
    Right,
    /// It is not.
    Wrong,
    /// Too many were wrong, or the facility has none: a new one must be made.
    Frozen,
}

/// How many accounts a succession ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Of the facility's people.
    pub people: usize,
    /// Claims accounts.
    pub claims: usize,
}

impl Engine {
    /// Replaces the person's codes by new ones. False when the account is no longer opened by the password that was shown.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace_recovery_codes(
        &self,
        permit: &Permit<ManageOwnAccess>,
        shown: PasswordShown,
        hashes: Vec<[u8; 32]>,
        event: Event,
    ) -> Result<bool, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            if !shown.still_opens(connection, &holder)? {
                return Ok(false);
            }
            forget_codes(connection, holder.facility, &holder.account)?;
            for hash in &hashes {
                connection
                    .prepare_cached("INSERT INTO recovery_code VALUES (?1, ?2, ?3, ?4, NULL)")?
                    .execute(params![
                        number(holder.facility),
                        holder.account.as_str(),
                        hash,
                        event.at.as_micros()
                    ])?;
            }
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }

    /// What is known of an account's codes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn recovery_codes(
        &self,
        facility: InstitutionCode,
        account: &AccountId,
    ) -> Result<Codes, StoreError> {
        self.read(|connection| {
            let text = "SELECT count(*) FILTER (WHERE used IS NULL), max(printed) FROM recovery_code WHERE facility = ?1 AND account = ?2";
            let parameters = params![number(facility), account.as_str()];
            let (left, printed): (i64, Option<i64>) = connection
                .prepare_cached(text)?
                .query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(Codes {
                left: usize::try_from(left).unwrap_or_default(),
                printed: printed.map(Instant::from_micros),
            })
        })
    }

    /// Looks at a code that shall reset a password, and counts a wrong one, where nothing else comes between. It is not used by this.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn try_recovery_code(
        &self,
        facility: InstitutionCode,
        account: AccountId,
        hash: [u8; 32],
        policy: lockout::Policy,
        failure: Event,
    ) -> Result<Recovered, StoreError> {
        self.write(move |connection, batch| {
            let now = failure.at;
            let before = Tries::RecoveryCode.read(connection, facility, &account)?;
            let is_right = may_recover(connection, facility, &account)?
                && is_unused(connection, facility, &account, hash)?;
            let outcome = if is_right {
                Try::RightSoFar
            } else {
                Try::Wrong
            };
            let (after, settled) = before.after_try(outcome, policy, now);
            if after != before {
                Tries::RecoveryCode.keep(connection, facility, &account, after, now)?;
            }
            if settled != Settled::Open {
                batch.append(connection, &failure, None)?;
            }
            Ok(match settled {
                Settled::Open => Recovered::Right,
                Settled::Wrong => Recovered::Wrong,
                Settled::Locked(seconds) => Recovered::Locked(seconds),
            })
        })
        .await
    }

    /// Uses a code and sets the password: both or neither. `Wrong` when the code was used meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recover_password(
        &self,
        facility: InstitutionCode,
        account: AccountId,
        hash: [u8; 32],
        password: PasswordRow,
        event: Event,
    ) -> Result<Recovered, StoreError> {
        self.write(move |connection, batch| {
            if !may_recover(connection, facility, &account)?
                || !use_code(connection, facility, &account, hash, event.at)?
            {
                return Ok(Recovered::Wrong);
            }
            write_password(connection, batch, facility, &account, &password, None)?;
            let none = lockout::State::default();
            Tries::RecoveryCode.keep(connection, facility, &account, none, event.at)?;
            batch.append(connection, &event, None)?;
            Ok(Recovered::Right)
        })
        .await
    }

    /// Gives a facility a secret number, in place of an earlier one. False when there is no such facility.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_secret_number(
        &self,
        facility: InstitutionCode,
        hash: [u8; 32],
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let known = connection
                .prepare_cached("SELECT 1 FROM facility WHERE code = ?1")?
                .exists([number(facility)])?;
            if known {
                write_secret_number(connection, facility, hash, event.at)?;
                batch.append(connection, &event, None)?;
            }
            Ok(known)
        })
        .await
    }

    /// Resets the master's password with the secret number, which is good once: `next` takes its place. Also ends the master's lock and
    /// sessions, and recovery codes and second factors: they were lost with the password, perhaps to somebody. A wrong number is
    /// counted, with its event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reset_master(
        &self,
        facility: InstitutionCode,
        (shown, next): ([u8; 32], [u8; 32]),
        (master, password): (AccountId, PasswordRow),
        (event, failure): (Event, Event),
    ) -> Result<SecretNumber, StoreError> {
        self.write(move |connection, batch| {
            let text = "SELECT hash, wrong_tries FROM secret_number WHERE facility = ?1";
            let row: Option<([u8; 32], u32)> = connection
                .prepare_cached(text)?
                .query_row([number(facility)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let settled = match row {
                Some((hash, wrong)) if wrong < SECRET_NUMBER_TRIES && hash == shown => {
                    write_secret_number(connection, facility, next, event.at)?;
                    write_password(connection, batch, facility, &master, &password, None)?;
                    forget_codes(connection, facility, &master)?;
                    crate::second_factors::forget_all(connection, facility, &master)?;
                    batch.append(connection, &event, None)?;
                    return Ok(SecretNumber::Right);
                }
                Some((_, wrong)) if wrong < SECRET_NUMBER_TRIES => {
                    connection
                        .prepare_cached("UPDATE secret_number SET wrong_tries = wrong_tries + 1 WHERE facility = ?1")?
                        .execute([number(facility)])?;
                    SecretNumber::Wrong
                }
                Some(_) | None => SecretNumber::Frozen,
            };
            batch.append(connection, &failure, None)?;
            Ok(settled)
        })
        .await
    }

    /// Passes a facility to a new owner (承継): the accounts of its people but the master are disabled and lose recovery codes, second
    /// factors and devices at home, its claims accounts are disabled, the master begins anew, the name is the new one. Machines' accounts and
    /// certificates stay, so that nothing stops.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn succeed(
        &self,
        facility: InstitutionCode,
        (name, secret): (String, [u8; 32]),
        (master, password): (AccountId, PasswordRow),
        event: Event,
    ) -> Result<Ended, StoreError> {
        self.write(move |connection, batch| {
            connection
                .prepare_cached("UPDATE facility SET name = ?2 WHERE code = ?1")?
                .execute(params![number(facility), name])?;
            let mut people_ended = 0;
            for account in people(connection, facility)? {
                forget_codes(connection, facility, &account)?;
                crate::second_factors::forget_all(connection, facility, &account)?;
                if account == master {
                    continue;
                }
                people_ended += connection
                    .prepare_cached(
                        "UPDATE account SET state = 'disabled' WHERE facility = ?1 AND id = ?2 AND state <> 'disabled'",
                    )?
                    .execute(params![number(facility), account.as_str()])?;
                crate::sessions::end_other_sessions(connection, batch, facility, &account, None)?;
                let by = (event.at, &event.actor);
                devices::end_of_account(connection, batch, (facility, &account), by)?;
            }
            write_password(connection, batch, facility, &master, &password, None)?;
            write_secret_number(connection, facility, secret, event.at)?;
            batch.append(connection, &event, None)?;
            Ok(Ended {
                people: people_ended,
                claims: end_of_facility(connection, facility)?,
            })
        })
        .await
    }
}

/// The accounts of people at a facility.
fn people(
    connection: &Connection,
    facility: InstitutionCode,
) -> Result<Vec<AccountId>, StoreError> {
    let text = "SELECT id FROM account WHERE facility = ?1 AND kind IN ('master', 'administrator', 'general', 'medical_viewer')";
    let mut statement = connection.prepare_cached(text)?;
    let ids = statement.query_map([number(facility)], |row| row.get::<_, String>(0))?;
    let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
    let parsed = ids.iter().map(|id| AccountId::parse(id));
    let parsed: Result<Vec<AccountId>, _> = parsed.collect();
    parsed.map_err(|_| StoreError::Row("account"))
}

/// Marks a code used. False when the account has no such unused one.
pub(crate) fn use_code(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
    hash: [u8; 32],
    now: Instant,
) -> Result<bool, StoreError> {
    let used = connection
        .prepare_cached(
            "UPDATE recovery_code SET used = ?4 WHERE facility = ?1 AND account = ?2 AND hash = ?3 AND used IS NULL",
        )?
        .execute(params![
            number(facility),
            account.as_str(),
            hash,
            now.as_micros()
        ])?;
    Ok(used == 1)
}

/// Whether there is an account whose password a code may reset.
fn may_recover(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
) -> Result<bool, StoreError> {
    let found = accounts::read(connection, facility, account)?;
    Ok(found.is_some_and(|it| it.state == AccountState::Active && resets_password(it.kind)))
}

fn is_unused(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
    hash: [u8; 32],
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM recovery_code WHERE facility = ?1 AND account = ?2 AND hash = ?3 AND used IS NULL";
    let parameters = params![number(facility), account.as_str(), hash];
    Ok(connection.prepare_cached(text)?.exists(parameters)?)
}

/// Has all codes of an account forgotten: none of them resets its password any more.
pub(crate) fn forget_codes(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM recovery_code WHERE facility = ?1 AND account = ?2")?
        .execute(params![number(facility), account.as_str()])?;
    Ok(())
}

pub(crate) fn write_secret_number(
    connection: &Connection,
    facility: InstitutionCode,
    hash: [u8; 32],
    now: Instant,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO secret_number VALUES (?1, ?2, ?3, 0) ON CONFLICT (facility) DO UPDATE SET hash = excluded.hash, made = excluded.made, wrong_tries = excluded.wrong_tries")?
        .execute(params![number(facility), hash, now.as_micros()])?;
    Ok(())
}
