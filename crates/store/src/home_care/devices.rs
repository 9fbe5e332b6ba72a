//! Devices of home care by their public key: bound to a facility and one of its people, or a patient's own for a day. What a request proves
//! counts once. Verifies no signature.

use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::home_care::address::AddressId;
use domain::home_care::{OWN_DEVICE_LIFE_S, PROOF_SKEW_S, VisualCheck};
use domain::institution_code::InstitutionCode;
use domain::permissions::{Action, allows};
use domain::permit::{ManageHomeCare, Permit, SignedIn};
use sha2::{Digest, Sha256};

use super::addresses::in_force;
use super::codes::{self, Activation, Code};
use crate::access::{actor, institution, number};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, Row, params};

/// A device that may be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its identifier.
    pub id: u128,
    /// Its public key: the two coordinates on P-256.
    pub key: [u8; 64],
    /// The facility it works with.
    pub facility: InstitutionCode,
    /// Who uses it; `None` of a patient's own.
    pub bound: Option<Bound>,
    /// When it is known no more; a bound one stays until it is removed.
    pub until: Option<Instant>,
}

/// What a device is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The account.
    pub account: AccountId,
    /// Its kind.
    pub kind: AccountKind,
    /// What staff call the device.
    pub label: String,
    /// Whether staff may confirm by eye there.
    pub visual: VisualCheck,
}

impl Device {
    /// Whose doing its requests are: its account's, or of the patient's own device that of a reader, which its identifier names.
    #[must_use]
    pub fn holder(&self) -> Option<SignedIn> {
        let (account, kind) = match &self.bound {
            Some(bound) => (bound.account.clone(), bound.kind),
            None => (
                AccountId::parse(&format!("{:032x}", self.id)).ok()?,
                AccountKind::Reader,
            ),
        };
        Some(SignedIn {
            facility: self.facility,
            account,
            kind,
            certificate: key_mark(&self.key),
        })
    }

    /// Whether staff may confirm the holder of a card by eye there.
    #[must_use]
    pub fn visual(&self) -> VisualCheck {
        self.bound.as_ref().map_or(VisualCheck::No, |it| it.visual)
    }
}

/// What stands for a key where a client certificate's fingerprint stands elsewhere: SHA-256 of its coordinates.
#[must_use]
pub fn key_mark(key: &[u8; 64]) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// A bound device as it is listed.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its identifier.
    pub id: u128,
    /// Who uses it.
    pub account: String,
    /// What staff call it.
    pub label: String,
    /// Whether staff may confirm by eye there.
    pub visual: VisualCheck,
    /// When it was activated.
    pub made: Instant,
    /// When it was removed, or its account disabled.
    pub ended: Option<Instant>,
}

/// A device of the facility's people may be used while the account may; the reader's kind is of devices without one.
const COLUMNS: &str =
    "d.id, d.key, d.facility, d.account, d.label, d.visual, d.until, a.kind, a.state";
const FROM: &str =
    "home_device d LEFT JOIN account a ON a.facility = d.facility AND a.id = d.account";

impl Engine {
    /// The device of an identifier, if it may be used now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_device(&self, id: u128, now: Instant) -> Result<Option<Device>, StoreError> {
        self.read(|connection| {
            let text = format!("SELECT {COLUMNS} FROM {FROM} WHERE d.id = ?1 AND d.ended IS NULL");
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([id.to_be_bytes()])?;
            let row = rows.next()?;
            row.map_or(Ok(None), |row| device(&row, now))
        })
    }

    /// Takes note of a proof. False when it was shown before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn use_home_proof(
        &self,
        device: u128,
        id: String,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, _| {
            // What is too old to be taken need not be known any more.
            let over = now.plus_seconds(-4 * PROOF_SKEW_S).as_micros();
            connection
                .prepare_cached("DELETE FROM home_proof WHERE at < ?1")?
                .execute([over])?;
            let count = connection
                .prepare_cached(
                    "INSERT INTO home_proof VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                )?
                .execute(params![device.to_be_bytes(), id, now.as_micros()])?;
            Ok(count == 1)
        })
        .await
    }

    /// Lets a patient's own device be known for a day, for the facility of an address. `None` where the address leads nowhere, or the key
    /// is bound to a facility's account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn know_own_device(
        &self,
        (id, key): (u128, [u8; 64]),
        address: AddressId,
        now: Instant,
    ) -> Result<Option<Device>, StoreError> {
        self.write(move |connection, batch| {
            let Some(address) = in_force(connection, &address)? else {
                return Ok(None);
            };
            forget_own(connection, now)?;
            if is_bound(connection, &key)? {
                return Ok(None);
            }
            let until = now.plus_seconds(OWN_DEVICE_LIFE_S);
            connection
                .prepare_cached(
                    "INSERT INTO home_device VALUES (?1, ?2, ?3, NULL, NULL, 'no', ?4, ?5, NULL, NULL)
                     ON CONFLICT (key) DO UPDATE SET facility = excluded.facility, until = excluded.until",
                )?
                .execute(params![
                    id.to_be_bytes(),
                    key,
                    number(address.facility),
                    now.as_micros(),
                    until.as_micros()
                ])?;
            let event = Event {
                at: now,
                actor: Actor::Client {
                    facility: address.facility,
                    certificate: key_mark(&key),
                },
                deed: Deed::HomeDevice,
                subject: None,
                detail: "bound=no".into(),
            };
            batch.append(connection, &event, None)?;
            by_key(connection, &key, now)
        })
        .await
    }

    /// The bound devices of the permit's facility, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn home_devices(&self, permit: &Permit<ManageHomeCare>) -> Result<Vec<Listed>, StoreError> {
        self.read(|connection| {
            let text = "SELECT id, account, label, visual, made, ended FROM home_device
                WHERE facility = ?1 AND account IS NOT NULL ORDER BY made DESC, id DESC LIMIT 500";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([number(permit.facility())])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (visual, ended): (String, Option<i64>) = (row.get(3)?, row.get(5)?);
                found.push(Listed {
                    id: u128::from_be_bytes(row.get(0)?),
                    account: row.get(1)?,
                    label: row.get(2)?,
                    visual: VisualCheck::parse(&visual).ok_or(StoreError::Row("home_device"))?,
                    made: Instant::from_micros(row.get(4)?),
                    ended: ended.map(Instant::from_micros),
                });
            }
            Ok(found)
        })
    }

    /// Removes a bound device of the permit's facility. False where there is none in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_home_device(
        &self,
        permit: &Permit<ManageHomeCare>,
        id: u128,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            let changed = connection
                .prepare_cached(
                    "UPDATE home_device SET ended = ?3, ended_by = ?4
                     WHERE facility = ?1 AND id = ?2 AND account IS NOT NULL AND ended IS NULL",
                )?
                .execute(params![
                    number(holder.facility),
                    id.to_be_bytes(),
                    now.as_micros(),
                    holder.account.as_str()
                ])?;
            if changed == 0 {
                return Ok(false);
            }
            let event = Event {
                at: now,
                actor: actor(&holder),
                deed: Deed::HomeDeviceEnd,
                subject: Some(id),
                detail: String::new(),
            };
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }
}

/// The device of a key, if it may be used now, as the running transaction sees it.
pub(super) fn by_key(
    connection: &Connection,
    key: &[u8; 64],
    now: Instant,
) -> Result<Option<Device>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM {FROM} WHERE d.key = ?1 AND d.ended IS NULL");
    let mut statement = connection.prepare_cached(&text)?;
    let mut rows = statement.query(params![key])?;
    let row = rows.next()?;
    row.map_or(Ok(None), |row| device(&row, now))
}

/// Whether a key belongs to an account, or did: it is never bound twice.
pub(super) fn is_bound(connection: &Connection, key: &[u8; 64]) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM home_device WHERE key = ?1 AND account IS NOT NULL";
    Ok(connection.prepare_cached(text)?.exists(params![key])?)
}

/// Ends the devices of an account that is disabled, and the code that is open for it, within the running transaction: who has the account later
/// binds devices of their own.
pub(crate) fn end_of_account(
    connection: &Connection,
    batch: &mut Batch,
    (facility, account): (InstitutionCode, &AccountId),
    (at, actor): (Instant, &Actor),
) -> Result<(), StoreError> {
    let by = match actor {
        Actor::Account { account, .. } => Some(account.as_str()),
        Actor::Center | Actor::Operator(_) | Actor::Client { .. } => None,
    };
    let text = "UPDATE home_device SET ended = ?3, ended_by = ?4
        WHERE facility = ?1 AND account = ?2 AND ended IS NULL RETURNING id";
    let mut statement = connection.prepare_cached(text)?;
    let of = params![number(facility), account.as_str(), at.as_micros(), by];
    let ended = statement.query_map(of, |row| row.get::<_, [u8; 16]>(0))?;
    let ended: Vec<[u8; 16]> = ended.collect::<Result<_, _>>()?;
    for id in ended {
        let event = Event {
            at,
            actor: actor.clone(),
            deed: Deed::HomeDeviceEnd,
            subject: Some(u128::from_be_bytes(id)),
            detail: format!("account={account} why=account-disabled"),
        };
        batch.append(connection, &event, None)?;
    }
    let by = (at, actor.clone());
    codes::end_open(connection, batch, (number(facility), account), by)
}

/// Whether an account is one of whom a device may be: of a person who cares for patients at home.
pub(super) fn may_use(
    connection: &Connection,
    facility: i64,
    account: &AccountId,
) -> Result<bool, StoreError> {
    let text = "SELECT kind, state FROM account WHERE facility = ?1 AND id = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![facility, account.as_str()])?;
    let Some(row) = rows.next()? else {
        return Ok(false);
    };
    let (kind, state): (String, String) = (row.get(0)?, row.get(1)?);
    let kind = AccountKind::parse(&kind).ok_or(StoreError::Row("account"))?;
    Ok(AccountState::parse(&state) == Some(AccountState::Active) && uses_devices(kind))
}

fn uses_devices(kind: AccountKind) -> bool {
    allows(kind, Action::HomeCare) && allows(kind, Action::AskByCard)
}

/// Binds a key to the account of a code within the running transaction, with its event.
pub(super) fn bind(
    connection: &Connection,
    batch: &mut Batch,
    facility: i64,
    (activation, code, client): (&Activation, &Code, Actor),
    now: Instant,
) -> Result<(), StoreError> {
    // The same key as a patient's own device was known to nobody's harm: it takes the new place.
    connection
        .prepare_cached("DELETE FROM home_device WHERE key = ?1 AND account IS NULL")?
        .execute(params![activation.key])?;
    connection
        .prepare_cached(
            "INSERT INTO home_device VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, NULL, NULL)",
        )?
        .execute(params![
            activation.id.to_be_bytes(),
            activation.key,
            facility,
            activation.account.as_str(),
            code.label.as_str(),
            code.visual.as_str(),
            now.as_micros()
        ])?;
    let event = Event {
        at: now,
        actor: client,
        deed: Deed::HomeDevice,
        subject: Some(activation.id),
        detail: format!(
            "bound=yes account={} visual={}",
            activation.account,
            code.visual.as_str()
        ),
    };
    batch.append(connection, &event, None)
}

/// Forgets patients' own devices whose time is over.
fn forget_own(connection: &Connection, now: Instant) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM home_device WHERE until < ?1 AND account IS NULL")?
        .execute([now.plus_seconds(-OWN_DEVICE_LIFE_S).as_micros()])?;
    Ok(())
}

/// Reads a device; nothing of one that may not be used now.
fn device(row: &Row<'_>, now: Instant) -> Result<Option<Device>, StoreError> {
    const FAILED: StoreError = StoreError::Row("home_device");
    let text = |place: usize| -> Result<Option<String>, StoreError> { Ok(row.get(place)?) };
    let until: Option<i64> = row.get(6)?;
    let until = until.map(Instant::from_micros);
    if until.is_some_and(|it| it <= now) {
        return Ok(None);
    }
    let key = row.get_ref(1)?.as_blob().map_err(|_| FAILED)?;
    let bound = match text(3)? {
        None => None,
        Some(account) => {
            let kind = text(7)?.and_then(|it| AccountKind::parse(&it));
            let state = text(8)?.and_then(|it| AccountState::parse(&it));
            let Some(kind) = kind.filter(|it| uses_devices(*it)) else {
                return Ok(None);
            };
            if state != Some(AccountState::Active) {
                return Ok(None);
            }
            let visual = text(5)?.and_then(|it| VisualCheck::parse(&it));
            Some(Bound {
                account: AccountId::parse(&account).map_err(|_| FAILED)?,
                kind,
                label: text(4)?.unwrap_or_default(),
                visual: visual.ok_or(FAILED)?,
            })
        }
    };
    Ok(Some(Device {
        id: u128::from_be_bytes(row.get(0)?),
        key: key.try_into().map_err(|_| FAILED)?,
        facility: institution(row.get(2)?)?,
        bound,
        until,
    }))
}
