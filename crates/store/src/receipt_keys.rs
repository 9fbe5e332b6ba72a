//! The public keys of receipts and checkpoints as the processes over one store announced them. Holds no private key, and believes no row: whoever
//! reads one holds it against its proof.

use domain::audit::Event;
use domain::civil_date::Instant;

use crate::engine::{Engine, StoreError};
use crate::sql::params;

/// A public key as it was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedKey {
    /// Key identifier.
    pub kid: String,
    /// X coordinate.
    pub x: [u8; 32],
    /// Y coordinate.
    pub y: [u8; 32],
    /// Shows that a process of the center announced it.
    pub proof: [u8; 32],
    /// When it was announced first.
    pub announced: Instant,
    /// When it was replaced, if it was.
    pub retired: Option<Instant>,
}

impl Engine {
    /// The keys there are: those that sign, the last announced first, then those that did, the last retired first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn announced_keys(&self) -> Result<Vec<AnnouncedKey>, StoreError> {
        self.read(|connection| {
            let text = "SELECT kid, x, y, proof, announced, retired FROM receipt_key
                ORDER BY retired IS NOT NULL, retired DESC, announced DESC, kid";
            let mut statement = connection.prepare_cached(text)?;
            let rows = statement.query_map([], |row| {
                let retired: Option<i64> = row.get(5)?;
                Ok(AnnouncedKey {
                    kid: row.get(0)?,
                    x: row.get(1)?,
                    y: row.get(2)?,
                    proof: row.get(3)?,
                    announced: Instant::from_micros(row.get(4)?),
                    retired: retired.map(Instant::from_micros),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Announces keys, with an event where one of them takes the place of another. One that is there keeps its first time, and when it was retired.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn announce_keys(
        &self,
        keys: Vec<AnnouncedKey>,
        event: Option<Event>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
            let text = "INSERT INTO receipt_key (kid, x, y, proof, announced, retired) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                ON CONFLICT (kid) DO UPDATE SET x = excluded.x, y = excluded.y, proof = excluded.proof,
                    retired = COALESCE(receipt_key.retired, excluded.retired)";
            let mut statement = connection.prepare_cached(text)?;
            for key in &keys {
                statement.execute(params![
                    key.kid,
                    key.x,
                    key.y,
                    key.proof,
                    key.announced.as_micros(),
                    key.retired.map(Instant::as_micros)
                ])?;
            }
            match &event {
                Some(event) => batch.append(connection, event, None),
                None => Ok(()),
            }
        })
        .await
    }
}
