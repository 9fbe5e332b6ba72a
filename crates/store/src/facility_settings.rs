//! Settings of facilities (環境設定情報). A facility without a row has the defaults of `domain`.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::event::EventKind;
use domain::facility_settings::{FacilitySettings, Use};
use domain::identification::FacePolicy;
use domain::institution_code::InstitutionCode;
use domain::permit::{EditSettings, Permit};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::engine::{Engine, StoreError};
use crate::events;
use crate::kept_answers::{Earlier, KeptAnswer, keep_or_find};

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

impl Engine {
    /// A facility's settings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn settings(&self, facility: InstitutionCode) -> Result<Versioned, StoreError> {
        self.read(|connection| read(connection, facility.as_u64().cast_signed()))
    }

    /// Changes the settings of the permit's facility, if they are still those of `shown`; its event is recorded with it.
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
            keep_or_find(connection, kept.as_ref())?;
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO facility_settings VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
                )?
                .execute(params![
                    facility,
                    now.version + 1,
                    settings.checkups.as_str(),
                    settings.drugs.as_str(),
                    settings.treatment.as_str(),
                    settings.surgery.as_str(),
                    settings.electronic_prescriptions.as_str(),
                    settings.prescription_question.as_str(),
                    settings.medical_subsidy.as_str(),
                    settings.face_policy.as_str(),
                    settings.visual_return_minutes,
                    settings.visual_reminder.as_str(),
                ])?;
            let event = Event {
                at,
                actor: Actor::Account {
                    facility: holder.facility,
                    account: holder.account,
                    certificate: holder.certificate,
                },
                deed: Deed::SettingsChange,
                subject: None,
                detail: difference(&now.settings, &settings),
            };
            batch.append(connection, &event, None)?;
            events::tell(connection, facility, at, (EventKind::Settings, None, None))?;
            Ok(Changed::Done)
        })
        .await
    }
}

/// What changed, as the audit chain tells it: `drugs=off face_policy=face_auto`.
fn difference(old: &FacilitySettings, new: &FacilitySettings) -> String {
    let rows = |it: &FacilitySettings| {
        [
            ("checkups", it.checkups.as_str().to_owned()),
            ("drugs", it.drugs.as_str().to_owned()),
            ("treatment", it.treatment.as_str().to_owned()),
            ("surgery", it.surgery.as_str().to_owned()),
            (
                "electronic_prescriptions",
                it.electronic_prescriptions.as_str().to_owned(),
            ),
            (
                "prescription_question",
                it.prescription_question.as_str().to_owned(),
            ),
            ("medical_subsidy", it.medical_subsidy.as_str().to_owned()),
            ("face_policy", it.face_policy.as_str().to_owned()),
            (
                "visual_return_minutes",
                it.visual_return_minutes.to_string(),
            ),
            ("visual_reminder", it.visual_reminder.as_str().to_owned()),
        ]
    };
    let changed = rows(old)
        .into_iter()
        .zip(rows(new))
        .filter(|(was, is)| was != is);
    let told: Vec<String> = changed
        .map(|(_, (name, value))| format!("{name}={value}"))
        .collect();
    told.join(" ")
}

pub(crate) fn read(connection: &Connection, facility: i64) -> Result<Versioned, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM facility_settings WHERE facility = ?1")?;
    let row = statement
        .query_row([facility], |row| Ok(settings(row)))
        .optional()?;
    row.unwrap_or(Ok(Versioned {
        settings: FacilitySettings::default(),
        version: 0,
    }))
}

fn settings(row: &Row<'_>) -> Result<Versioned, StoreError> {
    let unreadable = || StoreError::Row("facility_settings");
    let used = |column: &str| {
        let text: String = row.get(column)?;
        Use::parse(&text).ok_or_else(unreadable)
    };
    let policy: String = row.get("face_policy")?;
    Ok(Versioned {
        settings: FacilitySettings {
            checkups: used("checkups")?,
            drugs: used("drugs")?,
            treatment: used("treatment")?,
            surgery: used("surgery")?,
            electronic_prescriptions: used("electronic_prescriptions")?,
            prescription_question: used("prescription_question")?,
            medical_subsidy: used("medical_subsidy")?,
            face_policy: FacePolicy::parse(&policy).ok_or_else(unreadable)?,
            visual_return_minutes: row.get("visual_return_minutes")?,
            visual_reminder: used("visual_reminder")?,
        },
        version: row.get("version")?,
    })
}
