//! Second factors of people: sealed secrets of clocks, public keys of passkeys, and the proofs at sign-in, each counted where nothing else
//! comes between. Opens no secret and judges no signature.

use domain::account::AccountId;
use domain::audit::Event;
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::lockout::{self, Settled, Try};
use domain::permit::{ManageAccounts, ManageOwnAccess, Permit, SignedIn};
use domain::second_factor::{Entry, FactorKind};
use domain::sign_in_notice::Outcome;

use crate::access::number;
use crate::accounts::{self, PasswordShown, keep_lockout};
use crate::engine::{Engine, StoreError};
use crate::recoveries::use_code;
use crate::sessions::{TokenHash, end_other_sessions, open_fully};
use crate::sign_ins::{self, Attempt};
use crate::sql::{Connection, OptionalExtension, Row, params};

/// A second factor.
#[derive(Clone)]
pub struct Factor {
    /// Its identifier.
    pub id: u128,
    /// What it is.
    pub kind: FactorKind,
    /// What the person calls it.
    pub name: String,
    /// A clock's sealed secret, or a passkey with its counter.
    pub secret: Vec<u8>,
    /// When it was made.
    pub made: Instant,
    /// When it was proved for the first time; until then it counts for nothing.
    pub confirmed: Option<Instant>,
    /// When it was last used.
    pub used: Option<Instant>,
    /// The last step of its clock that was used.
    pub last_step: Option<i64>,
}

impl std::fmt::Debug for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Factor({:?}, …)", self.kind)
    }
}

/// What was shown as second factor, after it was judged.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The code of a step of a clock.
    Step(u128, i64),
    /// The signature of a passkey, which is kept with its new counter.
    Passkey(u128, Vec<u8>),
    /// A recovery code.
    RecoveryCode([u8; 32]),
    /// Nothing that fits.
    Wrong,
}

/// What became of a factor its holder removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Done,
    /// There is no such one.
    None,
    /// It is the last, and one must stay.
    Last,
    /// The account is no longer opened by the password that was shown.
    ShownNoMore,
}

const COLUMNS: &str = "id, kind, name, secret, made, confirmed, used, last_step";

impl Engine {
    /// An account's second factors, those not confirmed yet included, by age.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn factors(
        &self,
        facility: InstitutionCode,
        account: &AccountId,
    ) -> Result<Vec<Factor>, StoreError> {
        self.read(|connection| {
            let text = format!(
                "SELECT {COLUMNS} FROM second_factor WHERE facility = ?1 AND account = ?2 ORDER BY made, id"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query(params![number(facility), account.as_str()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(factor(&row)?);
            }
            Ok(found)
        })
    }

    /// Keeps a factor that is to be confirmed, in place of one that never was. False when the account is no longer opened by the password that
    /// was shown.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_factor(
        &self,
        permit: &Permit<ManageOwnAccess>,
        shown: PasswordShown,
        made: Factor,
    ) -> Result<bool, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, _| {
            if !shown.still_opens(connection, &holder)? {
                return Ok(false);
            }
            let (facility, account) = (number(holder.facility), holder.account.as_str());
            connection
                .prepare_cached(
                    "DELETE FROM second_factor WHERE facility = ?1 AND account = ?2 AND confirmed IS NULL",
                )?
                .execute(params![facility, account])?;
            connection
                .prepare_cached("INSERT INTO second_factor VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, NULL, NULL)")?
                .execute(params![
                    facility,
                    account,
                    made.id.to_be_bytes(),
                    made.kind.as_str(),
                    made.name,
                    made.secret,
                    made.made.as_micros()
                ])?;
            Ok(true)
        })
        .await
    }

    /// Makes a factor count that was proved now, and opens a session that waited for one. False when it is gone or was confirmed before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn confirm_factor(
        &self,
        permit: &Permit<ManageOwnAccess>,
        token: TokenHash,
        (id, secret, step): (u128, Vec<u8>, Option<i64>),
        event: Event,
    ) -> Result<bool, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            let confirmed = connection
                .prepare_cached(
                    "UPDATE second_factor SET secret = ?4, confirmed = ?5, used = ?5, last_step = ?6
                     WHERE facility = ?1 AND account = ?2 AND id = ?3 AND confirmed IS NULL",
                )?
                .execute(params![
                    number(holder.facility),
                    holder.account.as_str(),
                    id.to_be_bytes(),
                    secret,
                    event.at.as_micros(),
                    step
                ])?;
            if confirmed == 0 {
                return Ok(false);
            }
            open_fully(connection, batch, token, Entry::Enrol)?;
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }

    /// Removes one of the person's factors; not the last where `keep_one` is set.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_factor(
        &self,
        permit: &Permit<ManageOwnAccess>,
        shown: PasswordShown,
        (id, keep_one): (u128, bool),
        event: Event,
    ) -> Result<Removed, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            if !shown.still_opens(connection, &holder)? {
                return Ok(Removed::ShownNoMore);
            }
            let (facility, account) = (number(holder.facility), holder.account.as_str());
            let text = "SELECT count(*) FROM second_factor WHERE facility = ?1 AND account = ?2 AND confirmed IS NOT NULL AND id <> ?3";
            let others: i64 = connection
                .prepare_cached(text)?
                .query_row(params![facility, account, id.to_be_bytes()], |row| row.get(0))?;
            if keep_one && others == 0 {
                return Ok(Removed::Last);
            }
            let removed = connection
                .prepare_cached("DELETE FROM second_factor WHERE facility = ?1 AND account = ?2 AND id = ?3")?
                .execute(params![facility, account, id.to_be_bytes()])?;
            if removed == 0 {
                return Ok(Removed::None);
            }
            batch.append(connection, &event, None)?;
            Ok(Removed::Done)
        })
        .await
    }

    /// Removes all factors of an account its manager found; its sessions end. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reset_factors(
        &self,
        permit: &Permit<ManageAccounts>,
        account: AccountId,
        event: Event,
    ) -> Result<usize, StoreError> {
        let facility = permit.facility();
        self.write(move |connection, batch| {
            let removed = forget_all(connection, facility, &account)?;
            end_other_sessions(connection, batch, facility, &account, None)?;
            batch.append(connection, &event, None)?;
            Ok(removed)
        })
        .await
    }

    /// Keeps what a passkey is to sign for a session, in place of an earlier one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_passkey_challenge(
        &self,
        token: TokenHash,
        state: String,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            let old = now
                .plus_seconds(-domain::second_factor::PROVE_WITHIN_S)
                .as_micros();
            connection
                .prepare_cached("DELETE FROM passkey_challenge WHERE at < ?1")?
                .execute([old])?;
            connection
                .prepare_cached("INSERT INTO passkey_challenge VALUES (?1, ?2, ?3) ON CONFLICT (token) DO UPDATE SET state = excluded.state, at = excluded.at")?
                .execute(params![token, state, now.as_micros()])?;
            Ok(())
        })
        .await
    }

    /// Takes what a passkey was to sign for a session: it is good once, and not after its time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_passkey_challenge(
        &self,
        token: TokenHash,
        now: Instant,
    ) -> Result<Option<String>, StoreError> {
        self.write(move |connection, _| {
            let text = "DELETE FROM passkey_challenge WHERE token = ?1 RETURNING state, at";
            let row: Option<(String, i64)> = connection
                .prepare_cached(text)?
                .query_row([token], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let good = |at: &i64| {
                let until = domain::second_factor::PROVE_WITHIN_S;
                now < Instant::from_micros(*at).plus_seconds(until)
            };
            Ok(row.filter(|(_, at)| good(at)).map(|(state, _)| state))
        })
        .await
    }

    /// Settles the proof of a second factor: a right one opens the session fully, ends the account's others and clears the lock; a wrong
    /// one, a code used before included, is counted as a wrong password is. While the account waits even a right proof is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle_proof(
        &self,
        who: SignedIn,
        token: TokenHash,
        proof: Proof,
        policy: lockout::Policy,
        (attempt, success, failure): (Attempt, Event, Event),
    ) -> Result<Settled, StoreError> {
        self.write(move |connection, batch| {
            let now = failure.at;
            let (facility, account) = (who.facility, who.account.clone());
            let found = accounts::read(connection, facility, &account)?;
            let before = found.map(|it| it.lockout).unwrap_or_default();
            // While the account waits a proof is not used up.
            let is_right = before.waits_s(now).is_none()
                && spend(connection, facility, &account, &proof, now)?;
            let outcome = if is_right { Try::Right } else { Try::Wrong };
            let (after, settled) = before.after_try(outcome, policy, now);
            keep_lockout(connection, facility, &account, after)?;
            if settled == Settled::Open {
                open_fully(connection, batch, token, Entry::Prove)?;
                end_other_sessions(connection, batch, facility, &account, Some(token))?;
                sign_ins::note(connection, &attempt, Outcome::Opened)?;
                batch.append(connection, &success, None)?;
                return Ok(settled);
            }
            sign_ins::note(connection, &attempt, Outcome::Refused)?;
            batch.append(connection, &failure, None)?;
            Ok(settled)
        })
        .await
    }
}

/// Uses a proof up. False when it was used before.
fn spend(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
    proof: &Proof,
    now: Instant,
) -> Result<bool, StoreError> {
    let spent = match proof {
        Proof::Step(id, step) => connection
            .prepare_cached(
                "UPDATE second_factor SET last_step = ?4, used = ?5 WHERE facility = ?1 AND account = ?2 AND id = ?3
                 AND confirmed IS NOT NULL AND coalesce(last_step, -1) < ?4",
            )?
            .execute(params![
                number(facility),
                account.as_str(),
                id.to_be_bytes(),
                step,
                now.as_micros()
            ])?,
        Proof::Passkey(id, passkey) => connection
            .prepare_cached(
                "UPDATE second_factor SET secret = ?4, used = ?5 WHERE facility = ?1 AND account = ?2 AND id = ?3
                 AND confirmed IS NOT NULL",
            )?
            .execute(params![
                number(facility),
                account.as_str(),
                id.to_be_bytes(),
                passkey,
                now.as_micros()
            ])?,
        Proof::RecoveryCode(hash) => {
            usize::from(use_code(connection, facility, account, *hash, now)?)
        }
        Proof::Wrong => 0,
    };
    Ok(spent == 1)
}

/// Removes all factors of an account.
pub(crate) fn forget_all(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached("DELETE FROM second_factor WHERE facility = ?1 AND account = ?2")?
        .execute(params![number(facility), account.as_str()])?)
}

fn factor(row: &Row<'_>) -> Result<Factor, StoreError> {
    let kind: String = row.get(1)?;
    let at = |column| {
        let micros: Option<i64> = row.get(column)?;
        Ok::<_, StoreError>(micros.map(Instant::from_micros))
    };
    Ok(Factor {
        id: u128::from_be_bytes(row.get(0)?),
        kind: FactorKind::parse(&kind).ok_or(StoreError::Row("second_factor"))?,
        name: row.get(2)?,
        secret: row.get(3)?,
        made: Instant::from_micros(row.get(4)?),
        confirmed: at(5)?,
        used: at(6)?,
        last_step: row.get(7)?,
    })
}
