//! Accounts with their passwords' hashes, generations and lock-out. Never sees a password.

use domain::account::grounds::{Grounds, Profession};
use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::Event;
use domain::civil_date::Instant;
use domain::codes::setting::Right;
use domain::institution_code::InstitutionCode;
use domain::lockout::{self, Settled, Try};
use domain::password::{GENERATIONS, Length};
use domain::permit::SignedIn;
use domain::sign_in_notice::Outcome;

use crate::access::number;
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::home_care::devices;
use crate::kept_answers::{self, Earlier, KeptAnswer};
use crate::recoveries::forget_codes;
use crate::sessions::end_other_sessions;
use crate::sign_ins::{self, Attempt};
use crate::sql::{Connection, Row, params};
use crate::tries::{self, Tries};

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its facility.
    pub facility: InstitutionCode,
    /// Identifier.
    pub id: AccountId,
    /// Kind.
    pub kind: AccountKind,
    /// Whether it may be used.
    pub state: AccountState,
    /// Name to show.
    pub display_name: String,
    /// Why a medical viewer may look; empty for every other kind.
    pub grounds: Grounds,
    /// Its right to ambulance mode (救急時閲覧権限, OQSCD043).
    pub ambulance: Right,
    /// Its password.
    pub password: PasswordRow,
    /// Failures and locks.
    pub lockout: lockout::State,
}

impl Account {
    /// True when everything an edit changes is the same: failures and locks do not count.
    #[must_use]
    pub fn is_edited_alike(&self, other: &Self) -> bool {
        self.state == other.state
            && self.display_name == other.display_name
            && self.grounds == other.grounds
            && self.ambulance == other.ambulance
            && self.password.hash == other.password.hash
            && self.password.change_needed == other.password.change_needed
    }

    /// True while the account may be used and its password is the one of this slow hash.
    #[must_use]
    pub fn is_opened_by(&self, hash: &str) -> bool {
        self.state == AccountState::Active && self.password.hash == hash
    }
}

/// The slow hash of a password that was shown and was right, before something that lasts.
#[derive(Clone)]
pub struct PasswordShown(pub String);

impl PasswordShown {
    /// Whether it still opens the account: it may be disabled or have another password since.
    pub(crate) fn still_opens(
        &self,
        connection: &Connection,
        holder: &SignedIn,
    ) -> Result<bool, StoreError> {
        let account = read(connection, holder.facility, &holder.account)?;
        Ok(account.is_some_and(|it| it.is_opened_by(&self.0)))
    }
}

/// What became of accounts to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// They are on the disk.
    Done,
    /// This identifier is taken; nothing was done.
    Taken(AccountId),
    /// The request's key was used before; nothing was done now.
    Earlier(Earlier),
}

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// It is on the disk.
    Done,
    /// The account changed after it was seen; nothing was done.
    ChangedBefore,
    /// The request's key was used before; nothing was done now.
    Earlier(Earlier),
}

/// What is kept of a password.
#[derive(Clone)]
pub struct PasswordRow {
    /// Slow hash in PHC form.
    pub hash: String,
    /// Keyed hash of its first five characters.
    pub prefix: [u8; 32],
    /// Whether it had 13 characters or more.
    pub length: Length,
    /// When it was set.
    pub set_at: Instant,
    /// Whether the next sign-in must change it.
    pub change_needed: bool,
}

impl std::fmt::Debug for PasswordRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordRow(…)")
    }
}

/// An earlier password: (slow hash, keyed hash of the first five characters).
pub type Generation = (String, [u8; 32]);

const COLUMNS: &str = "facility, id, kind, state, display_name, designation, password_hash, password_long, password_set,
    change_needed, failures, locks, locked_until, last_failure, ambulance, profession, designated_by";

impl Engine {
    /// Makes accounts with the events that tell of it and the answer to keep: all or nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_accounts(
        &self,
        accounts: Vec<Account>,
        events: Vec<Event>,
        kept: Option<KeptAnswer>,
    ) -> Result<Created, StoreError> {
        self.write(move |connection, batch| {
            // Looked at before anything is written, so that a refusal leaves nothing behind.
            if let Some(kept) = &kept
                && let Some(earlier) = kept_answers::earlier(connection, kept)?
            {
                return Ok(Created::Earlier(earlier));
            }
            for account in &accounts {
                if read(connection, account.facility, &account.id)?.is_some() {
                    return Ok(Created::Taken(account.id.clone()));
                }
            }
            if let Some(kept) = &kept {
                kept_answers::keep(connection, batch, kept)?;
            }
            for account in &accounts {
                insert(connection, account)?;
            }
            for event in &events {
                batch.append(connection, event, None)?;
            }
            Ok(Created::Done)
        })
        .await
    }

    /// An account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn account(
        &self,
        facility: InstitutionCode,
        id: &AccountId,
    ) -> Result<Option<Account>, StoreError> {
        self.read(|connection| read(connection, facility, id))
    }

    /// All accounts of a facility, by kind and identifier.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn accounts(&self, facility: InstitutionCode) -> Result<Vec<Account>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM account WHERE facility = ?1 ORDER BY id"
            ))?;
            let mut rows = statement.query([number(facility)])?;
            let mut accounts = Vec::new();
            while let Some(row) = rows.next()? {
                accounts.push(account(&row)?);
            }
            accounts.sort_by_key(|account| account.kind);
            Ok(accounts)
        })
    }

    /// Changes what a manager may change by hand, a new password included, with the events that tell of it. The sessions of
    /// an account that is disabled or gets a password end; with a password its recovery codes end, too. The devices at home of one that is
    /// disabled, or was, end by whoever did the first of the events: whoever has the account later is another person. Nothing happens unless the
    /// account is still as it was `seen`: what was derived from that, the events as well, would undo what another manager did meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_account(
        &self,
        changed: Account,
        password: Option<PasswordRow>,
        seen: Account,
        events: Vec<Event>,
        kept: Option<KeptAnswer>,
    ) -> Result<Edited, StoreError> {
        self.write(move |connection, batch| {
            if let Some(kept) = &kept
                && let Some(earlier) = kept_answers::earlier(connection, kept)?
            {
                return Ok(Edited::Earlier(earlier));
            }
            let now = read(connection, seen.facility, &seen.id)?;
            if !now.is_some_and(|now| now.is_edited_alike(&seen)) {
                return Ok(Edited::ChangedBefore);
            }
            connection
                .prepare_cached(
                    "UPDATE account SET state = ?3, display_name = ?4, designation = ?5, ambulance = ?6, profession = ?7, designated_by = ?8
                     WHERE facility = ?1 AND id = ?2",
                )?
                .execute(params![
                    number(changed.facility),
                    changed.id.as_str(),
                    changed.state.as_str(),
                    changed.display_name,
                    changed.grounds.designation,
                    changed.ambulance.code(),
                    changed.grounds.profession.map(Profession::as_str),
                    changed.grounds.designated_by
                ])?;
            if changed.state == AccountState::Disabled {
                end_other_sessions(connection, batch, changed.facility, &changed.id, None)?;
            }
            // Also of one that was disabled before: earlier versions left its devices as they were.
            let is_ending = [changed.state, seen.state].contains(&AccountState::Disabled);
            if let Some(event) = events.first().filter(|_| is_ending) {
                let whose = (changed.facility, &changed.id);
                let by = (event.at, &event.actor);
                devices::end_of_account(connection, batch, whose, by)?;
            }
            if let Some(password) = &password {
                write_password(connection, batch, changed.facility, &changed.id, password, None)?;
                // Whoever had the account before may have its codes; the new holder prints new ones (G06).
                forget_codes(connection, changed.facility, &changed.id)?;
            }
            for event in &events {
                batch.append(connection, event, None)?;
            }
            if let Some(kept) = &kept {
                kept_answers::keep(connection, batch, kept)?;
            }
            Ok(Edited::Done)
        })
        .await
    }

    /// Sets a password in place of the one whose slow hash was `shown`, keeps the last five and ends the account's other sessions. Clears the
    /// lock, too, unless the person changes it in a session to keep: what the old password counted for was settled before. `ChangedBefore`
    /// when the account was disabled or got another password meanwhile: whoever did that means it to stay.
    /// With an answer to keep whose key was used before nothing is done, and that is what comes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_password(
        &self,
        facility: InstitutionCode,
        id: AccountId,
        shown: String,
        password: PasswordRow,
        keep: Option<[u8; 32]>,
        kept: Option<KeptAnswer>,
    ) -> Result<Edited, StoreError> {
        self.write(move |connection, batch| {
            if let Some(kept) = &kept
                && let Some(earlier) = kept_answers::earlier(connection, kept)?
            {
                return Ok(Edited::Earlier(earlier));
            }
            let account = read(connection, facility, &id)?;
            if !account.is_some_and(|it| it.is_opened_by(&shown)) {
                return Ok(Edited::ChangedBefore);
            }
            write_password(connection, batch, facility, &id, &password, keep)?;
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
    pub fn generations(
        &self,
        facility: InstitutionCode,
        id: &AccountId,
    ) -> Result<Vec<Generation>, StoreError> {
        self.read(|connection| {
            let text = "SELECT hash, prefix FROM password_generation WHERE facility = ?1 AND account = ?2 ORDER BY set_at DESC";
            let mut statement = connection.prepare_cached(text)?;
            let rows = statement.query_map(params![number(facility), id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// When the last five passwords were set, newest first; the first is the present one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn passwords_set(
        &self,
        facility: InstitutionCode,
        id: &AccountId,
    ) -> Result<Vec<Instant>, StoreError> {
        self.read(|connection| {
            let text = "SELECT set_at FROM password_generation WHERE facility = ?1 AND account = ?2 ORDER BY set_at DESC";
            let mut statement = connection.prepare_cached(text)?;
            let rows = statement.query_map(params![number(facility), id.as_str()], |row| Ok(Instant::from_micros(row.get(0)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Settles a try whose password was looked at: counted and locked where nothing else comes between, so that tries sent at the
    /// same moment are each counted. While the account waits even a right password is none. A failure's event is recorded with
    /// it, and the attempt, where it was one to sign in. An identifier without account is counted under its hash, so that nothing tells.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_try(
        &self,
        facility: InstitutionCode,
        id: AccountId,
        outcome: Try,
        policy: lockout::Policy,
        failure: Event,
        attempt: Option<Attempt>,
    ) -> Result<Settled, StoreError> {
        self.write(move |connection, batch| {
            let now = failure.at;
            let account = read(connection, facility, &id)?;
            let known = account.is_some();
            let before = match &account {
                Some(account) => account.lockout,
                None => Tries::UnknownAccount.read(connection, facility, &id)?,
            };
            let (after, settled) = before.after_try(outcome, policy, now);
            if after != before {
                match account {
                    Some(_) => keep_lockout(connection, facility, &id, after)?,
                    None => Tries::UnknownAccount.keep(connection, facility, &id, after, now)?,
                }
            }
            if settled == Settled::Open {
                return Ok(settled);
            }
            if let Some(attempt) = attempt.filter(|_| known) {
                sign_ins::note(connection, &attempt, Outcome::Refused)?;
            }
            batch.append(connection, &failure, None)?;
            Ok(settled)
        })
        .await
    }

    /// Failures and locks of an identifier that no account has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unknown_lockout(
        &self,
        facility: InstitutionCode,
        id: &AccountId,
    ) -> Result<lockout::State, StoreError> {
        self.read(|connection| Tries::UnknownAccount.read(connection, facility, id))
    }
}

pub(crate) fn keep_lockout(
    connection: &Connection,
    facility: InstitutionCode,
    id: &AccountId,
    state: lockout::State,
) -> Result<(), StoreError> {
    let text = "UPDATE account SET failures = ?3, locks = ?4, locked_until = ?5, last_failure = ?6
        WHERE facility = ?1 AND id = ?2";
    let micros = |at: Option<Instant>| at.map(Instant::as_micros);
    connection.prepare_cached(text)?.execute(params![
        number(facility),
        id.as_str(),
        state.failures,
        state.locks,
        micros(state.until),
        micros(state.last)
    ])?;
    Ok(())
}

pub(crate) fn insert(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO account VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,0,0,NULL,NULL,?11,?12,?13)",
        )?
        .execute(params![
            number(account.facility),
            account.id.as_str(),
            account.kind.as_str(),
            account.state.as_str(),
            account.display_name,
            account.grounds.designation,
            account.password.hash,
            account.password.length == Length::Long,
            account.password.set_at.as_micros(),
            account.password.change_needed,
            account.ambulance.code(),
            account.grounds.profession.map(Profession::as_str),
            account.grounds.designated_by
        ])?;
    keep_generation(connection, account.facility, &account.id, &account.password)
}

/// Sets a password, clears the lock and ends all sessions but the one to keep.
pub(crate) fn write_password(
    connection: &Connection,
    batch: &mut Batch,
    facility: InstitutionCode,
    id: &AccountId,
    password: &PasswordRow,
    keep: Option<[u8; 32]>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE account SET password_hash = ?3, password_long = ?4, password_set = ?5, change_needed = ?6
             WHERE facility = ?1 AND id = ?2",
        )?
        .execute(params![
            number(facility),
            id.as_str(),
            password.hash,
            password.length == Length::Long,
            password.set_at.as_micros(),
            password.change_needed
        ])?;
    keep_generation(connection, facility, id, password)?;
    end_other_sessions(connection, batch, facility, id, keep)?;
    match keep {
        Some(token) => {
            connection
                .prepare_cached("UPDATE session SET change_needed = 0 WHERE token = ?1")?
                .execute([token])?;
            batch.forget_session(token);
        }
        None => keep_lockout(connection, facility, id, lockout::State::default())?,
    }
    Ok(())
}

fn keep_generation(
    connection: &Connection,
    facility: InstitutionCode,
    id: &AccountId,
    password: &PasswordRow,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO password_generation VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (facility, account, set_at) DO UPDATE SET hash = excluded.hash, prefix = excluded.prefix")?
        .execute(params![
            number(facility),
            id.as_str(),
            password.set_at.as_micros(),
            password.hash,
            password.prefix
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM password_generation WHERE facility = ?1 AND account = ?2 AND set_at NOT IN
             (SELECT set_at FROM password_generation WHERE facility = ?1 AND account = ?2 ORDER BY set_at DESC LIMIT ?3)",
        )?
        .execute(params![number(facility), id.as_str(), GENERATIONS as i64])?;
    Ok(())
}

pub(crate) fn read(
    connection: &Connection,
    facility: InstitutionCode,
    id: &AccountId,
) -> Result<Option<Account>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM account WHERE facility = ?1 AND id = ?2"
    ))?;
    let mut rows = statement.query(params![number(facility), id.as_str()])?;
    rows.next()?.map(|row| account(&row)).transpose()
}

fn account(row: &Row<'_>) -> Result<Account, StoreError> {
    let bad = || StoreError::Row("account");
    let (id, kind, state): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let ambulance: String = row.get(14)?;
    let profession: Option<String> = row.get(15)?;
    let profession = profession.map(|name| Profession::parse(&name).ok_or_else(bad));
    Ok(Account {
        facility: crate::access::institution(row.get(0)?)?,
        id: AccountId::parse(&id).map_err(|_| bad())?,
        kind: AccountKind::parse(&kind).ok_or_else(bad)?,
        state: AccountState::parse(&state).ok_or_else(bad)?,
        display_name: row.get(4)?,
        grounds: Grounds {
            profession: profession.transpose()?,
            designation: row.get(5)?,
            designated_by: row.get(16)?,
        },
        ambulance: Right::from_code(&ambulance).ok_or_else(bad)?,
        password: PasswordRow {
            hash: row.get(6)?,
            prefix: [0; 32],
            length: if row.get(7)? {
                Length::Long
            } else {
                Length::Short
            },
            set_at: Instant::from_micros(row.get(8)?),
            change_needed: row.get(9)?,
        },
        lockout: tries::state(row, 10)?,
    })
}
