//! Rotations of system accounts' secrets (G05): asked for, registered by the device, done by its first sign-in, each step with its event
//! in one transaction. Holds the next secret as a hash beside the present one, never a secret.

use domain::account::AccountId;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::event::EventKind;
use domain::institution_code::InstitutionCode;
use domain::password::Length;
use domain::permit::{ManageAccounts, Permit, RotateOwnSecret, SignedIn};
use domain::rotation::{NotRotatable, Stage, Step, rotatable};

use crate::access::number;
use crate::accounts::{self, PasswordRow, write_password};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::events;
use crate::sign_ins;
use crate::sql::{Connection, OptionalExtension, Row, params};

/// A rotation of one account.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The account.
    pub account: AccountId,
    /// Its identifier; later ones are greater.
    pub id: u128,
    /// How far it is.
    pub stage: Stage,
    /// When it was asked for.
    pub asked: Instant,
    /// The administrator who asked.
    pub asked_by: String,
    /// When it came to its stage.
    pub changed: Instant,
    /// The next secret, once it is registered.
    pub next: Option<PasswordRow>,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// It is on the disk.
    Done,
    /// There is no such rotation, or it is at another stage: nothing was done.
    NotNow,
    /// The account may not be rotated: nothing was done.
    Not(NotRotatable),
}

const COLUMNS: &str = "account, id, stage, asked, asked_by, changed, next_hash, next_prefix";

impl Engine {
    /// The last rotation of each account of the permit's facility.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rotations(&self, permit: &Permit<ManageAccounts>) -> Result<Vec<Rotation>, StoreError> {
        let facility = number(permit.facility());
        self.read(|connection| {
            let text = format!(
                "SELECT {COLUMNS} FROM rotation r WHERE facility = ?1 AND NOT EXISTS
                 (SELECT 1 FROM rotation n WHERE n.facility = r.facility AND n.account = r.account AND r.id < n.id) ORDER BY account"
            );
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([facility])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(rotation(&row)?);
            }
            Ok(found)
        })
    }

    /// The rotation of an account that is under way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_rotation(
        &self,
        facility: InstitutionCode,
        account: &AccountId,
    ) -> Result<Option<Rotation>, StoreError> {
        self.read(|connection| open(connection, facility, account))
    }

    /// Asks for the rotation of an account, under an identifier of its own. `NotNow` while one is under way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_rotation(
        &self,
        permit: &Permit<ManageAccounts>,
        account: AccountId,
        id: u128,
        now: Instant,
    ) -> Result<Stepped, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            let facility = holder.facility;
            if let Err(why) = may_rotate(connection, facility, &account, now)? {
                return Ok(Stepped::Not(why));
            }
            if open(connection, facility, &account)?.is_some() {
                return Ok(Stepped::NotNow);
            }
            connection
                .prepare_cached(
                    "INSERT INTO rotation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, NULL, NULL)",
                )?
                .execute(params![
                    number(facility),
                    account.as_str(),
                    id.to_be_bytes(),
                    Stage::Asked.as_str(),
                    now.as_micros(),
                    holder.account.as_str()
                ])?;
            tell(
                connection,
                batch,
                &holder,
                &account,
                (Deed::RotationAsk, id),
                now,
            )?;
            Ok(Stepped::Done)
        })
        .await
    }

    /// Keeps a machine's next secret beside the present one. A later one takes the place of an earlier one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn register_next_secret(
        &self,
        permit: &Permit<RotateOwnSecret>,
        id: u128,
        next: PasswordRow,
        now: Instant,
    ) -> Result<Stepped, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            let (facility, account) = (holder.facility, holder.account.clone());
            // Another PC may have signed in since it was asked for.
            if let Err(why) = may_rotate(connection, facility, &account, now)? {
                return Ok(Stepped::Not(why));
            }
            let Some(stage) = stage_after(connection, facility, &account, id, Step::Register)? else {
                return Ok(Stepped::NotNow);
            };
            set_stage(connection, facility, &account, id, stage, now)?;
            connection
                .prepare_cached(
                    "UPDATE rotation SET next_hash = ?4, next_prefix = ?5 WHERE facility = ?1 AND account = ?2 AND id = ?3",
                )?
                .execute(params![
                    number(facility),
                    account.as_str(),
                    id.to_be_bytes(),
                    next.hash,
                    next.prefix
                ])?;
            tell(connection, batch, &holder, &account, (Deed::RotationRegister, id), now)?;
            Ok(Stepped::Done)
        })
        .await
    }

    /// Makes the next secret the only one: the machine signed in with it. `hash` is the one it was held against, so that another one
    /// registered meanwhile is not taken for it. All earlier sessions of the account end. `Not` when another PC began to use the account
    /// since the secret was registered: the present one goes on counting for both.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn complete_rotation(
        &self,
        who: SignedIn,
        id: u128,
        hash: String,
        now: Instant,
    ) -> Result<Stepped, StoreError> {
        self.write(move |connection, batch| {
            let (facility, account) = (who.facility, who.account.clone());
            if let Err(why) = may_rotate(connection, facility, &account, now)? {
                return Ok(Stepped::Not(why));
            }
            let found = open(connection, facility, &account)?.filter(|it| it.id == id);
            let next = found.and_then(|it| it.next.filter(|next| next.hash == hash));
            let stage = stage_after(connection, facility, &account, id, Step::FirstSignIn)?;
            let (Some(next), Some(stage)) = (next, stage) else {
                return Ok(Stepped::NotNow);
            };
            let next = PasswordRow {
                set_at: now,
                ..next
            };
            write_password(connection, batch, facility, &account, &next, None)?;
            set_stage(connection, facility, &account, id, stage, now)?;
            forget_next(connection, facility, &account, id)?;
            tell(
                connection,
                batch,
                &who,
                &account,
                (Deed::RotationDone, id),
                now,
            )?;
            Ok(Stepped::Done)
        })
        .await
    }

    /// Takes the rotation of an account back, whatever its open stage.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw_rotation(
        &self,
        permit: &Permit<ManageAccounts>,
        account: AccountId,
        now: Instant,
    ) -> Result<Stepped, StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, batch| {
            let facility = holder.facility;
            let Some(id) = open(connection, facility, &account)?.map(|it| it.id) else {
                return Ok(Stepped::NotNow);
            };
            let stage = stage_after(connection, facility, &account, id, Step::Withdraw)?;
            let Some(stage) = stage else {
                return Ok(Stepped::NotNow);
            };
            set_stage(connection, facility, &account, id, stage, now)?;
            forget_next(connection, facility, &account, id)?;
            tell(
                connection,
                batch,
                &holder,
                &account,
                (Deed::RotationWithdraw, id),
                now,
            )?;
            Ok(Stepped::Done)
        })
        .await
    }
}

/// Whether an account may be rotated, by its kind and the PCs that use it.
fn may_rotate(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
    now: Instant,
) -> Result<Result<(), NotRotatable>, StoreError> {
    let Some(found) = accounts::read(connection, facility, account)? else {
        return Ok(Err(NotRotatable::Person));
    };
    let pcs = sign_ins::pcs_in_use(connection, facility, account, now)?;
    Ok(rotatable(found.kind, pcs))
}

fn open(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
) -> Result<Option<Rotation>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM rotation WHERE facility = ?1 AND account = ?2 ORDER BY id DESC LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&text)?;
    let parameters = params![number(facility), account.as_str()];
    let found = statement.query_row(parameters, |row| Ok(rotation(row)));
    let found = found.optional()?.transpose()?;
    Ok(found.filter(|it| it.stage.is_open()))
}

/// The stage of a rotation after a step; `None` where it may not be taken.
fn stage_after(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
    id: u128,
    step: Step,
) -> Result<Option<Stage>, StoreError> {
    let found = open(connection, facility, account)?.filter(|it| it.id == id);
    Ok(found.and_then(|it| it.stage.after(step)))
}

fn set_stage(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
    id: u128,
    stage: Stage,
    now: Instant,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE rotation SET stage = ?4, changed = ?5 WHERE facility = ?1 AND account = ?2 AND id = ?3",
        )?
        .execute(params![
            number(facility),
            account.as_str(),
            id.to_be_bytes(),
            stage.as_str(),
            now.as_micros()
        ])?;
    Ok(())
}

/// A closed rotation keeps no hash.
fn forget_next(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
    id: u128,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE rotation SET next_hash = NULL, next_prefix = NULL WHERE facility = ?1 AND account = ?2 AND id = ?3",
        )?
        .execute(params![number(facility), account.as_str(), id.to_be_bytes()])?;
    Ok(())
}

/// Records what was done to an account's rotation, and tells whoever listens.
fn tell(
    connection: &Connection,
    batch: &mut Batch,
    who: &SignedIn,
    account: &AccountId,
    (deed, id): (Deed, u128),
    now: Instant,
) -> Result<(), StoreError> {
    let event = Event {
        at: now,
        actor: Actor::Account {
            facility: who.facility,
            account: who.account.clone(),
            certificate: who.certificate,
        },
        deed,
        subject: Some(id),
        detail: format!("account={account}"),
    };
    batch.append(connection, &event, None)?;
    let about = (EventKind::Rotation, Some(account.as_str()), Some(id));
    events::tell(connection, number(who.facility), now, about)
}

fn rotation(row: &Row<'_>) -> Result<Rotation, StoreError> {
    let unreadable = || StoreError::Row("rotation");
    let (account, stage): (String, String) = (row.get(0)?, row.get(2)?);
    let changed = Instant::from_micros(row.get(5)?);
    let next: (Option<String>, Option<[u8; 32]>) = (row.get(6)?, row.get(7)?);
    Ok(Rotation {
        account: AccountId::parse(&account).map_err(|_| unreadable())?,
        id: u128::from_be_bytes(row.get(1)?),
        stage: Stage::parse(&stage).ok_or_else(unreadable)?,
        asked: Instant::from_micros(row.get(3)?),
        asked_by: row.get(4)?,
        changed,
        next: next.0.zip(next.1).map(|(hash, prefix)| PasswordRow {
            hash,
            prefix,
            length: Length::Long,
            set_at: changed,
            change_needed: false,
        }),
    })
}
