//! What keys show of themselves, by which the processes over one store know that theirs are the same. Holds no secret, and judges nothing.

use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, params};

impl Engine {
    /// What is written of a key, if anything is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn shared_key(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| find(connection, name))
    }

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

    /// Writes what a key shows in the place of what another one showed. False where something else is written by now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace_shared_key(
        &self,
        name: &'static str,
        before: Vec<u8>,
        shown: Vec<u8>,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, _| {
            let text = "UPDATE shared_key SET shown = ?3 WHERE name = ?1 AND shown = ?2";
            let of = params![name, before, shown];
            Ok(connection.prepare_cached(text)?.execute(of)? == 1)
        })
        .await
    }
}

fn find(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT shown FROM shared_key WHERE name = ?1")?;
    let row = statement.query_row(params![name], |row| row.get(0));
    Ok(row.optional()?)
}
