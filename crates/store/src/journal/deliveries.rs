//! Deliveries of readers' results: a row for each check and folder, made once, with how far the events were heard.

use domain::civil_date::Instant;

use crate::engine::StoreError;
use crate::journal::{Journal, State};
use crate::sql::{OptionalExtension, params};

/// One reader's result for one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The check's UUID.
    pub check_id: u128,
    /// The folder pair's name.
    pub folder: String,
    /// Its own UUID: its name in the work folder.
    pub id: u128,
    /// Its name in the face folder, once it is known.
    pub name: Option<String>,
    /// How far it has come; [`State::Claimed`] means that the check is not read yet.
    pub state: State,
}

/// What an event says that is to be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// The event's identifier: where to go on after a restart.
    pub event: Option<String>,
    /// The deliveries of the check it closes: one for each folder.
    pub deliveries: Vec<Delivery>,
}

impl Journal {
    /// Keeps what was heard in one transaction. A check heard of before gets no second delivery.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hear(&self, heard: Heard, now: Instant) -> Result<(), StoreError> {
        self.0
            .write(move |connection, _| {
                for it in &heard.deliveries {
                    connection
                        .prepare_cached(
                            "INSERT OR IGNORE INTO delivery VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        )?
                        .execute(params![
                            it.check_id.to_be_bytes(),
                            it.folder,
                            it.id.to_be_bytes(),
                            it.name,
                            it.state.as_str(),
                            now.as_micros()
                        ])?;
                }
                if let Some(event) = &heard.event {
                    connection
                        .prepare_cached("INSERT OR REPLACE INTO heard VALUES (1, ?1)")?
                        .execute([event])?;
                }
                Ok(())
            })
            .await
    }

    /// The last event heard.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_event(&self) -> Result<Option<String>, StoreError> {
        self.0.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT event FROM heard")?;
            Ok(statement.query_row([], |row| row.get(0)).optional()?)
        })
    }

    /// Writes how far a delivery has come; done when it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deliver(&self, delivery: Delivery, now: Instant) -> Result<(), StoreError> {
        self.0
            .write(move |connection, _| {
                let text = "UPDATE delivery SET name = ?3, state = ?4, at = ?5 WHERE check_id = ?1 AND folder = ?2";
                connection.prepare_cached(text)?.execute(params![
                    delivery.check_id.to_be_bytes(),
                    delivery.folder,
                    delivery.name,
                    delivery.state.as_str(),
                    now.as_micros()
                ])?;
                Ok(())
            })
            .await
    }

    /// Every delivery that is not done, in the order of the checks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn undelivered(&self) -> Result<Vec<Delivery>, StoreError> {
        self.0.read(|connection| {
            let text = "SELECT check_id, folder, id, name, state FROM delivery WHERE state IN ('claimed', 'ready') ORDER BY check_id, folder";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([])?;
            let mut deliveries = Vec::new();
            while let Some(row) = rows.next()? {
                deliveries.push(Delivery {
                    check_id: u128::from_be_bytes(row.get(0)?),
                    folder: row.get(1)?,
                    id: u128::from_be_bytes(row.get(2)?),
                    name: row.get(3)?,
                    state: State::read(&row.get::<_, String>(4)?)?,
                });
            }
            Ok(deliveries)
        })
    }

    /// True when a reader's result of this name was put into this folder: it is ours.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delivered(&self, folder: &str, name: &str) -> Result<bool, StoreError> {
        self.0.read(|connection| {
            let text = "SELECT 1 FROM delivery WHERE folder = ?1 AND name = ?2 AND state = 'done'";
            Ok(connection.prepare_cached(text)?.exists([folder, name])?)
        })
    }
}
