//! The ward of practice (練習): a store of the same form as the center's, in a folder of its own, of people who do not exist. Made anew whenever
//! it is opened; nothing leads from it to the center's files, or from them to it.

use std::path::Path;

use domain::codes::setting::Right;
use domain::emergency::training::MadeUpPatient;
use domain::emergency::window::EmergencyWindow;
use domain::facility_settings::{FacilitySettings, Use};
use domain::medical_information::look_back::LookBack;
use domain::permit::{AskInOutage, Permit};

use crate::access::{Facility, number};
use crate::accounts::Account;
use crate::emergency::keep_whole;
use crate::engine::{Engine, OpenError, StoreError};
use crate::facility_settings;
use crate::sql::{Connection, params};

/// What a practice leaves behind, by facility. Checks and the ward's own chain stay until the ward is made anew: nothing reads them.
const TRACES: [&str; 7] = [
    "emergency_search",
    "emergency_opening",
    "emergency_report",
    "opened_information",
    "look",
    "kept_answer",
    "idempotency",
];

/// The store of the ward. Only what is opened here can be emptied.
#[derive(Debug, Clone)]
pub struct Ward {
    engine: Engine,
}

impl Ward {
    /// Makes the ward anew in a folder of its own; what lay there before is gone. `chain` is 16 random bytes.
    ///
    /// # Errors
    /// [`OpenError`], with the remedy.
    pub fn open(dir: &Path, chain: [u8; 16]) -> Result<Self, OpenError> {
        let failed = |error: std::io::Error| OpenError::File {
            path: dir.into(),
            why: error.to_string(),
        };
        match std::fs::remove_dir_all(dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
        std::fs::create_dir_all(dir).map_err(failed)?;
        let engine = Engine::open_center(&dir.join("center.db"), chain)?;
        Ok(Self { engine })
    }

    /// Shows medical information as far back as the center does.
    #[must_use]
    pub fn looking_back(self, look_back: LookBack) -> Self {
        Self {
            engine: self.engine.looking_back(look_back),
        }
    }

    /// The store, for the same work as the center's is for.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Begins a day of practice: the people as they are that day, its windows, and nothing of the days before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_day(
        &self,
        patients: &[MadeUpPatient],
        windows: Vec<EmergencyWindow>,
    ) -> Result<(), StoreError> {
        let people = patients.iter().map(|it| it.registration.clone());
        self.engine.store_people(people.collect()).await?;
        let known = patients
            .iter()
            .map(|it| (it.registration.person.id, it.information.clone()));
        self.engine
            .store_medical_information(known.collect())
            .await?;
        self.engine
            .write(move |connection, _| {
                for table in TRACES.iter().chain(&WINDOWS) {
                    connection.execute(&format!("DELETE FROM {table}"), [])?;
                }
                windows.iter().try_for_each(|it| keep_whole(connection, it))
            })
            .await
    }

    /// Lets somebody in, so that the names of facility and account stand on what they print: a facility takes part in every mode here, and its
    /// accounts have the right to ambulance mode. No password comes along.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn let_in(&self, facility: Facility, account: Account) -> Result<(), StoreError> {
        let known = self.engine.facility(facility.code)?;
        let same = known.is_some_and(|it| it == facility);
        let known = self.engine.account(facility.code, &account.id)?;
        let known = known.is_some_and(|it| {
            (it.kind, it.display_name) == (account.kind, account.display_name.clone())
        });
        if same && known {
            return Ok(());
        }
        self.engine
            .write(move |connection, _| enter(connection, &facility, &account))
            .await
    }

    /// Forgets what the permit's facility practised, so that it begins afresh.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn start_afresh(&self, permit: &Permit<AskInOutage>) -> Result<(), StoreError> {
        let facility = permit.facility();
        self.engine
            .write(move |connection, _| {
                let of_facility = |table: &&str| forget(connection, table, number(facility));
                TRACES.iter().try_for_each(of_facility)
            })
            .await
    }
}

/// The windows of a day.
const WINDOWS: [&str; 2] = ["emergency_window", "emergency_window_change"];

fn enter(
    connection: &Connection,
    facility: &Facility,
    account: &Account,
) -> Result<(), StoreError> {
    let settings = FacilitySettings {
        ambulance: Use::On,
        ..FacilitySettings::default()
    };
    let code = number(facility.code);
    facility_settings::store(connection, (code, 1), &settings)?;
    connection
        .prepare_cached("INSERT INTO facility VALUES (?1, ?2, ?3) ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, name = excluded.name")?
        .execute(params![code, facility.kind.as_str(), facility.name])?;
    connection
        .prepare_cached(
            "INSERT INTO account (facility, id, kind, state, display_name, password_hash, password_long, password_set, change_needed,
               ambulance) VALUES (?1, ?2, ?3, ?4, ?5, '', FALSE, 0, FALSE, ?6)
             ON CONFLICT (facility, id) DO UPDATE SET kind = excluded.kind, display_name = excluded.display_name",
        )?
        .execute(params![
            code,
            account.id.as_str(),
            account.kind.as_str(),
            account.state.as_str(),
            account.display_name,
            Right::Given.code()
        ])?;
    Ok(())
}

fn forget(connection: &Connection, table: &str, facility: i64) -> Result<(), StoreError> {
    let text = format!("DELETE FROM {table} WHERE facility = ?1");
    connection
        .prepare_cached(&text)?
        .execute(params![facility])?;
    Ok(())
}
