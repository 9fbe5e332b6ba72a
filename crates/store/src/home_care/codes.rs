//! Activation codes: issued for an account of the facility, listed, invalidated, and used once by a device's key. Holds them as keyed hashes
//! and never in clear.

use domain::account::AccountId;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::home_care::VisualCheck;
use domain::home_care::activation::{CODE_LIFE_S, CodeState, DeviceLabel, MOST_TRIES};
use domain::home_care::address::AddressId;
use domain::permit::{ManageHomeCare, Permit};

use super::addresses::in_force;
use super::devices::{self, Device, key_mark};
use crate::access::{actor, number};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{Earlier, KeptAnswer, keep_or_find};
use crate::sql::{Connection, OptionalExtension, Row, params};

/// A code as it is listed.
#[derive(Debug, Clone)]
pub struct Code {
    /// Its identifier.
    pub id: u128,
    /// For whom it was issued.
    pub account: AccountId,
    /// What the device will be called.
    pub label: DeviceLabel,
    /// Whether staff may confirm by eye there.
    pub visual: VisualCheck,
    /// When it was issued.
    pub made: Instant,
    /// By whom.
    pub made_by: String,
    /// The first instant at which it is worth nothing.
    pub until: Instant,
    /// Wrong tries so far.
    pub tries: u32,
    /// What became of it.
    pub state: CodeState,
}

/// A code to issue.
#[derive(Debug, Clone)]
pub struct NewCode {
    /// Its identifier: a UUIDv7.
    pub id: u128,
    /// For whom.
    pub account: AccountId,
    /// What the device will be called.
    pub label: DeviceLabel,
    /// Whether staff may confirm by eye there.
    pub visual: VisualCheck,
    /// Its keyed hash.
    pub hash: [u8; 32],
}

/// A device that shows a code.
#[derive(Debug, Clone)]
pub struct Activation {
    /// Identifier for the device, if it becomes one.
    pub id: u128,
    /// The facility's address that it was given.
    pub address: AddressId,
    /// The account the code was issued for.
    pub account: AccountId,
    /// The keyed hash of the code.
    pub hash: [u8; 32],
    /// The device's key: the two coordinates on P-256.
    pub key: [u8; 64],
}

const COLUMNS: &str = "id, account, label, visual, made, made_by, until, tries, state";

/// Codes listed at once.
const MOST_LISTED: u32 = 200;

impl Engine {
    /// Codes of the permit's facility, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn activation_codes(
        &self,
        permit: &Permit<ManageHomeCare>,
    ) -> Result<Vec<Code>, StoreError> {
        self.read(|connection| {
            let text = format!(
                "SELECT {COLUMNS} FROM home_activation_code WHERE facility = ?1 ORDER BY made DESC, id DESC LIMIT ?2"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query(params![number(permit.facility()), MOST_LISTED])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(code(&row)?);
            }
            Ok(found)
        })
    }

    /// Issues a code; one that is open for the same account ends. What is kept under the request's key holds no code.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing changed.
    pub async fn issue_activation_code(
        &self,
        permit: &Permit<ManageHomeCare>,
        new: NewCode,
        now: Instant,
        kept: Option<KeptAnswer>,
    ) -> Result<Option<Earlier>, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            if let Some(earlier) = keep_or_find(connection, batch, kept.as_ref())? {
                return Ok(Some(earlier));
            }
            let facility = number(holder.facility);
            if let Some(open) = open(connection, facility, &new.account)? {
                end(connection, batch, (facility, open.0.id), (CodeState::Replaced, actor(&holder)), now)?;
            }
            connection
                .prepare_cached("INSERT INTO home_activation_code VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 'open', NULL, NULL)")?
                .execute(params![
                    facility,
                    new.id.to_be_bytes(),
                    new.account.as_str(),
                    new.label.as_str(),
                    new.visual.as_str(),
                    new.hash,
                    now.as_micros(),
                    holder.account.as_str(),
                    now.plus_seconds(CODE_LIFE_S).as_micros()
                ])?;
            let event = Event {
                at: now,
                actor: actor(&holder),
                deed: Deed::ActivationCode,
                subject: Some(new.id),
                detail: format!("account={} visual={}", new.account, new.visual.as_str()),
            };
            batch.append(connection, &event, None)?;
            Ok(None)
        })
        .await
    }

    /// Invalidates a code of the permit's facility. False where there is none that could still be used.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn invalidate_activation_code(
        &self,
        permit: &Permit<ManageHomeCare>,
        id: u128,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            let facility = number(holder.facility);
            let by = (CodeState::Invalidated, actor(&holder));
            end(connection, batch, (facility, id), by, now)
        })
        .await
    }

    /// Binds a device's key to a facility and an account by a code. `None` whatever was wrong: address, account, code, its time or its
    /// tries. A wrong code counts against the one that is open for the account; the same device that shows its own code again, whose answer
    /// was lost, is answered alike.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing changed.
    pub async fn activate_device(
        &self,
        activation: Activation,
        now: Instant,
    ) -> Result<Option<Device>, StoreError> {
        self.write(move |connection, batch| {
            let Some(address) = in_force(connection, &activation.address)? else {
                return Ok(None);
            };
            let facility = number(address.facility);
            let client = Actor::Client {
                facility: address.facility,
                certificate: key_mark(&activation.key),
            };
            if is_its_own(connection, facility, &activation)? {
                return devices::by_key(connection, &activation.key, now);
            }
            let mut refuse = |why: &str| -> Result<Option<Device>, StoreError> {
                let event = Event {
                    at: now,
                    actor: client.clone(),
                    deed: Deed::ActivationRefused,
                    subject: None,
                    detail: format!("account={} why={why}", activation.account),
                };
                batch.append(connection, &event, None)?;
                Ok(None)
            };
            let Some((code, hash)) = open(connection, facility, &activation.account)? else {
                return refuse("no-code");
            };
            if code.until <= now {
                return refuse("expired");
            }
            if hash != activation.hash {
                refuse("wrong")?;
                connection
                    .prepare_cached("UPDATE home_activation_code SET tries = tries + 1 WHERE facility = ?1 AND id = ?2")?
                    .execute(params![facility, code.id.to_be_bytes()])?;
                if MOST_TRIES <= code.tries + 1 {
                    let by = (CodeState::Locked, client.clone());
                    end(connection, batch, (facility, code.id), by, now)?;
                }
                return Ok(None);
            }
            if devices::is_bound(connection, &activation.key)? {
                return refuse("key-in-use");
            }
            if !devices::may_use(connection, facility, &activation.account)? {
                return refuse("account");
            }
            connection
                .prepare_cached("UPDATE home_activation_code SET state = 'used', ended = ?3, device = ?4 WHERE facility = ?1 AND id = ?2")?
                .execute(params![
                    facility,
                    code.id.to_be_bytes(),
                    now.as_micros(),
                    activation.id.to_be_bytes()
                ])?;
            devices::bind(connection, batch, facility, (&activation, &code, client), now)?;
            devices::by_key(connection, &activation.key, now)
        })
        .await
    }
}

/// Whether the code that is shown is the one by which this very key was bound to this account before.
fn is_its_own(
    connection: &Connection,
    facility: i64,
    activation: &Activation,
) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM home_activation_code c JOIN home_device d ON d.id = c.device
        WHERE c.facility = ?1 AND c.account = ?2 AND c.hash = ?3 AND c.state = 'used' AND d.key = ?4 AND d.ended IS NULL";
    let mut statement = connection.prepare_cached(text)?;
    Ok(statement.exists(params![
        facility,
        activation.account.as_str(),
        activation.hash,
        activation.key
    ])?)
}

/// The code that is open for an account, its time over or not, with its hash.
fn open(
    connection: &Connection,
    facility: i64,
    account: &AccountId,
) -> Result<Option<(Code, [u8; 32])>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS}, hash FROM home_activation_code WHERE facility = ?1 AND account = ?2 AND state = 'open'"
    );
    let mut statement = connection.prepare_cached(&text)?;
    let mut rows = statement.query(params![facility, account.as_str()])?;
    rows.next()?
        .map(|row| Ok((code(&row)?, row.get(9)?)))
        .transpose()
}

/// Ends an open code within the running transaction; false where it is not open.
fn end(
    connection: &Connection,
    batch: &mut Batch,
    (facility, id): (i64, u128),
    (state, actor): (CodeState, Actor),
    now: Instant,
) -> Result<bool, StoreError> {
    let text = "SELECT account FROM home_activation_code WHERE facility = ?1 AND id = ?2 AND state = 'open'";
    let account: Option<String> = connection
        .prepare_cached(text)?
        .query_row(params![facility, id.to_be_bytes()], |row| row.get(0))
        .optional()?;
    let Some(account) = account else {
        return Ok(false);
    };
    connection
        .prepare_cached(
            "UPDATE home_activation_code SET state = ?3, ended = ?4 WHERE facility = ?1 AND id = ?2",
        )?
        .execute(params![
            facility,
            id.to_be_bytes(),
            state.as_str(),
            now.as_micros()
        ])?;
    let event = Event {
        at: now,
        actor,
        deed: Deed::ActivationCodeEnd,
        subject: Some(id),
        detail: format!("account={account} why={}", state.as_str()),
    };
    batch.append(connection, &event, None)?;
    Ok(true)
}

/// Ends the code that is open for an account, if there is one, within the running transaction.
pub(super) fn end_open(
    connection: &Connection,
    batch: &mut Batch,
    (facility, account): (i64, &AccountId),
    (at, actor): (Instant, Actor),
) -> Result<(), StoreError> {
    if let Some((code, _)) = open(connection, facility, account)? {
        let state = (CodeState::Invalidated, actor);
        end(connection, batch, (facility, code.id), state, at)?;
    }
    Ok(())
}

fn code(row: &Row<'_>) -> Result<Code, StoreError> {
    const FAILED: StoreError = StoreError::Row("home_activation_code");
    let text = |place: usize| -> Result<String, StoreError> { Ok(row.get(place)?) };
    let tries: i64 = row.get(7)?;
    Ok(Code {
        id: u128::from_be_bytes(row.get(0)?),
        account: AccountId::parse(&text(1)?).map_err(|_| FAILED)?,
        label: DeviceLabel::parse(&text(2)?).map_err(|_| FAILED)?,
        visual: VisualCheck::parse(&text(3)?).ok_or(FAILED)?,
        made: Instant::from_micros(row.get(4)?),
        made_by: text(5)?,
        until: Instant::from_micros(row.get(6)?),
        tries: u32::try_from(tries).map_err(|_| FAILED)?,
        state: CodeState::parse(&text(8)?).ok_or(FAILED)?,
    })
}
