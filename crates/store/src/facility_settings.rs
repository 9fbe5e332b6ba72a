//! Settings of facilities (環境設定情報) and the history of their changes. A facility without a row has the defaults of `domain`.
//! Which settings there are, is `domain`'s matter.

use domain::account::AccountId;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::event::EventKind;
use domain::facility_settings::{FacilitySettings, InvalidSetting};
use domain::institution_code::InstitutionCode;
use domain::permit::{EditSettings, Permit};

use crate::engine::{Engine, StoreError};
use crate::events;
use crate::kept_answers::{Earlier, KeptAnswer, keep_or_find};
use crate::sql::{Connection, OptionalExtension, params};

/// Settings with the number of their last change; 0 before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versioned {
    /// The settings.
    pub settings: FacilitySettings,
    /// How often they were changed.
    pub version: i64,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It is on the disk.
    Done,
    /// The settings were changed since they were shown: nothing was done.
    Since,
    /// The request's key was used before: nothing was done.
    Before(Earlier),
}

/// One setting that was changed, with who did it and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Version the change made; settings changed together share it.
    pub version: i64,
    /// When.
    pub at: Instant,
    /// The account that did it.
    pub account: AccountId,
    /// Name of the setting; one that only a later version knows is told as well.
    pub setting: String,
    /// Its value before.
    pub was: String,
    /// Its value since.
    pub became: String,
}

impl Engine {
    /// A facility's settings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settings(&self, facility: InstitutionCode) -> Result<Versioned, StoreError> {
        self.read(|connection| read(connection, facility.as_u64().cast_signed()))
    }

    /// The changes of the facility's settings that made a version before `before`, the newest first: those of `versions` versions
    /// at most.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settings_history(
        &self,
        permit: &Permit<EditSettings>,
        before: i64,
        versions: u32,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let facility = permit.facility().as_u64().cast_signed();
        self.read(|connection| {
            let text =
                "SELECT version, at, account, setting, was, became FROM facility_settings_change
                WHERE facility = ?1 AND version IN (
                  SELECT DISTINCT version FROM facility_settings_change
                  WHERE facility = ?1 AND version < ?2 ORDER BY version DESC LIMIT ?3)
                ORDER BY version DESC, place";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query(params![facility, before, versions])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let account: String = row.get(2)?;
                found.push(ChangeRow {
                    version: row.get(0)?,
                    at: Instant::from_micros(row.get(1)?),
                    account: AccountId::parse(&account)
                        .map_err(|_| StoreError::Row("facility_settings_change"))?,
                    setting: row.get(3)?,
                    was: row.get(4)?,
                    became: row.get(5)?,
                });
            }
            Ok(found)
        })
    }

    /// Changes the settings of the permit's facility, if they are still those of `shown`; its event and its history are recorded
    /// with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_settings(
        &self,
        permit: &Permit<EditSettings>,
        settings: FacilitySettings,
        shown: Option<i64>,
        kept: Option<KeptAnswer>,
        at: Instant,
    ) -> Result<Changed, StoreError> {
        let holder = permit.holder().clone();
        let facility = holder.facility.as_u64().cast_signed();
        self.write(move |connection, batch| {
            let now = read(connection, facility)?;
            if let Some(earlier) = kept.as_ref().map_or(Ok(None), |kept| crate::kept_answers::earlier(connection, kept))? {
                return Ok(Changed::Before(earlier));
            }
            if shown.is_some_and(|shown| shown != now.version) {
                return Ok(Changed::Since);
            }
            if let Some(earlier) = keep_or_find(connection, batch, kept.as_ref())? {
                return Ok(Changed::Before(earlier));
            }
            let version = now.version + 1;
            store(connection, (facility, version), &settings)?;
            let changes = now.settings.changes(&settings);
            for (place, change) in changes.iter().enumerate() {
                connection
                    .prepare_cached("INSERT INTO facility_settings_change VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
                    .execute(params![
                        facility,
                        version,
                        i64::try_from(place).unwrap_or(i64::MAX),
                        at.as_micros(),
                        holder.account.as_str(),
                        change.setting,
                        change.was,
                        change.became
                    ])?;
            }
            let told: Vec<String> = changes.iter().map(|it| format!("{}={}", it.setting, it.became)).collect();
            let event = Event {
                at,
                actor: Actor::Account {
                    facility: holder.facility,
                    account: holder.account,
                    certificate: holder.certificate,
                },
                deed: Deed::SettingsChange,
                subject: None,
                detail: told.join(" "),
            };
            batch.append(connection, &event, None)?;
            events::tell(connection, facility, at, (EventKind::Settings, None, None))?;
            Ok(Changed::Done)
        })
        .await
    }
}

/// Settings as a row keeps them: `checkups=on drugs=on …`.
fn written(settings: &FacilitySettings) -> String {
    let each = settings.values();
    let each: Vec<String> = each
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    each.join(" ")
}

/// Stores a version of a facility's settings.
pub(crate) fn store(
    connection: &Connection,
    (facility, version): (i64, i64),
    settings: &FacilitySettings,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO facility_settings VALUES (?1, ?2, ?3) ON CONFLICT (facility) DO UPDATE SET version = excluded.version, settings = excluded.settings")?
        .execute(params![facility, version, written(settings)])?;
    Ok(())
}

pub(crate) fn read(connection: &Connection, facility: i64) -> Result<Versioned, StoreError> {
    let text = "SELECT version, settings FROM facility_settings WHERE facility = ?1";
    let row: Option<(i64, String)> = connection
        .prepare_cached(text)?
        .query_row([facility], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((version, text)) = row else {
        return Ok(Versioned {
            settings: FacilitySettings::default(),
            version: 0,
        });
    };
    let unreadable = || StoreError::Row("facility_settings");
    let mut settings = FacilitySettings::default();
    for pair in text.split(' ') {
        let (name, value) = pair.split_once('=').ok_or_else(unreadable)?;
        settings = match settings.with(name, value) {
            Ok(settings) => settings,
            // Written by a later version, before this one was gone back to.
            Err(InvalidSetting::Name) => settings,
            Err(InvalidSetting::Value) => return Err(unreadable()),
        };
    }
    Ok(Versioned { settings, version })
}
