//! What keys show of themselves, by which the processes over one store know that theirs are the same. Holds no secret, and judges nothing.

use domain::audit::Event;

use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, params};

impl Engine {
    /// Writes what a key shows where nothing is written of it yet; returns what is written then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn share_key(
        &self,
        name: &'static str,
        shown: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        self.write(move |connection, _| {
            let text = "INSERT INTO shared_key (name, shown) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
            connection
                .prepare_cached(text)?
                .execute(params![name, shown])?;
            find(connection, name)?.ok_or(StoreError::Row("shared_key"))
        })
        .await
    }

    /// Writes what keys show in place of what is written, where those before are lost for good or were followed by these: all of it or nothing, with the
    /// event of that, where there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace_keys<const N: usize>(
        &self,
        keys: [(&'static str, Vec<u8>); N],
        event: Option<Event>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
            let text = "INSERT INTO shared_key (name, shown) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET shown = excluded.shown";
            for (name, shown) in keys {
                connection
                    .prepare_cached(text)?
                    .execute(params![name, shown])?;
            }
            match &event {
                Some(event) => batch.append(connection, event, None),
                None => Ok(()),
            }
        })
        .await
    }

    /// What is written of a key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn shared_key(&self, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| find(connection, name))
    }

    /// Whether it is written what a key shows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_key_shared(&self, name: &'static str) -> Result<bool, StoreError> {
        Ok(self.shared_key(name)?.is_some())
    }
}

fn find(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT shown FROM shared_key WHERE name = ?1")?;
    let row = statement.query_row(params![name], |row| row.get(0));
    Ok(row.optional()?)
}
