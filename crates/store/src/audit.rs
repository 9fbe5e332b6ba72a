//! The audit chain (contracts §7): every event holds the hash of the one before. Finds change, deletion, insertion, cut and fork.

pub(crate) mod columns;
pub mod heads;
pub mod outside;
pub(crate) mod row_hash;
pub mod search;
pub mod verify;

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use sha2::{Digest, Sha256};

use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, params};

/// The record an event vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    /// Whose it is.
    pub(crate) facility: i64,
    /// Where it lies among that facility's.
    pub(crate) record: i64,
    /// The hash of all of it.
    pub(crate) hash: [u8; 32],
}

/// The growing end of this process's chain.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    id: [u8; 16],
    seq: i64,
    hash: [u8; 32],
    /// Whether its end must be read from the table first.
    is_doubted: bool,
}

impl Chain {
    pub(crate) fn new(id: [u8; 16]) -> Self {
        Self {
            id,
            seq: 0,
            hash: [0; 32],
            is_doubted: false,
        }
    }

    /// Has the end read from the table before the next event: whether the last transaction was written is not known.
    pub(crate) fn doubt(&mut self) {
        self.is_doubted = true;
    }

    /// Reads the end from the table where it is doubted.
    pub(crate) fn be_sure(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if !self.is_doubted {
            return Ok(());
        }
        (self.seq, self.hash) = end(connection, self.id)?.unwrap_or((0, [0; 32]));
        self.is_doubted = false;
        Ok(())
    }

    /// Appends an event within the running transaction. `content` is the record the event vouches for.
    pub(crate) fn append(
        &mut self,
        connection: &Connection,
        event: &Event,
        content: Option<Content>,
    ) -> Result<(), StoreError> {
        self.be_sure(connection)?;
        let (row, hash) = self.next(event, content);
        let holder = content.map(|it| it.facility);
        let elsewhere = holder.filter(|it| Some(*it) != row.facility);
        connection
            .prepare_cached(
                "INSERT INTO audit_event VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
            )?
            .execute(params![
                row.chain,
                row.seq,
                row.prev,
                hash,
                row.at,
                row.actor,
                row.facility,
                row.certificate,
                row.deed,
                row.subject,
                row.detail,
                row.content,
                content.map(|it| it.record),
                elsewhere
            ])?;
        Ok(())
    }

    /// The next row of the chain, with its hash: whoever takes it inserts it.
    pub(crate) fn next(&mut self, event: &Event, content: Option<Content>) -> (EventRow, [u8; 32]) {
        let row = EventRow::new(self, event, content);
        let hash = row.hash();
        (self.seq, self.hash) = (row.seq, hash);
        (row, hash)
    }
}

/// The last event of a chain, and its hash.
fn end(connection: &Connection, chain: [u8; 16]) -> Result<Option<(i64, [u8; 32])>, StoreError> {
    let text = "SELECT seq, hash FROM audit_event WHERE chain = ?1 ORDER BY seq DESC LIMIT 1";
    let end = connection.query_row(text, [chain], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(end.optional()?)
}

/// An event as it lies in the table, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventRow {
    pub(crate) chain: [u8; 16],
    pub(crate) seq: i64,
    pub(crate) prev: [u8; 32],
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) facility: Option<i64>,
    pub(crate) certificate: Option<Vec<u8>>,
    pub(crate) deed: String,
    pub(crate) subject: Option<Vec<u8>>,
    pub(crate) detail: String,
    pub(crate) content: Option<Vec<u8>>,
}

impl EventRow {
    fn new(chain: &Chain, event: &Event, content: Option<Content>) -> Self {
        let (actor, certificate) = match &event.actor {
            Actor::Center => ("center".to_owned(), None),
            Actor::Operator(name) => (format!("operator:{name}"), None),
            Actor::Client { certificate, .. } => ("client".to_owned(), Some(certificate.to_vec())),
            Actor::Account {
                account,
                certificate,
                ..
            } => (format!("account:{account}"), Some(certificate.to_vec())),
        };
        Self {
            chain: chain.id,
            seq: chain.seq + 1,
            prev: chain.hash,
            at: event.at.as_micros(),
            actor,
            facility: event.actor.facility().map(|it| it.as_u64().cast_signed()),
            certificate,
            deed: event.deed.as_str().to_owned(),
            subject: event.subject.map(|id| id.to_be_bytes().to_vec()),
            detail: event.detail.clone(),
            content: content.map(|it| it.hash.to_vec()),
        }
    }

    /// SHA-256 over every column, each with its length, so that no two rows read alike.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let mut sha = Sha256::new();
        let mut part = |bytes: Option<&[u8]>| {
            let length = bytes.map_or(u64::MAX, |bytes| bytes.len() as u64);
            sha.update(length.to_be_bytes());
            sha.update(bytes.unwrap_or_default());
        };
        part(Some(&self.chain));
        part(Some(&self.seq.to_be_bytes()));
        part(Some(&self.prev));
        part(Some(&self.at.to_be_bytes()));
        part(Some(self.actor.as_bytes()));
        part(
            self.facility
                .map(i64::to_be_bytes)
                .as_ref()
                .map(|it| it.as_slice()),
        );
        part(self.certificate.as_deref());
        part(Some(self.deed.as_bytes()));
        part(self.subject.as_deref());
        part(Some(self.detail.as_bytes()));
        part(self.content.as_deref());
        sha.finalize().into()
    }
}

/// The end of one chain: what a checkpoint signs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Head {
    /// The chain.
    pub chain: [u8; 16],
    /// Its last event.
    pub seq: i64,
    /// That event's hash.
    pub hash: [u8; 32],
}

/// A signed statement of where chains stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// When.
    pub at: Instant,
    /// The text that was signed: the heads, in the store's own form.
    pub heads: Vec<u8>,
    /// The key.
    pub kid: String,
    /// Its signature over `at` and `heads`.
    pub signature: Vec<u8>,
}

impl Checkpoint {
    /// One line of JSON, for a folder outside the store.
    #[must_use]
    pub fn to_line(&self) -> String {
        let line = serde_json::json!({
            "at": self.at.to_string(), "heads": self.heads, "kid": self.kid, "signature": self.signature,
        });
        format!("{line}\n")
    }

    /// Reads a line of [`Checkpoint::to_line`]; `None` for any other text.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        let bytes = |member: &str| serde_json::from_value(value.get(member)?.clone()).ok();
        Some(Self {
            at: Instant::parse(value.get("at")?.as_str()?).ok()?,
            heads: bytes("heads")?,
            kid: value.get("kid")?.as_str()?.to_owned(),
            signature: bytes("signature")?,
        })
    }
}

/// What a checkpoint's signature covers.
#[must_use]
pub fn checkpoint_message(at: Instant, heads: &[u8]) -> Vec<u8> {
    let mut message = b"ONSHI-CHECKPOINT-v1\n".to_vec();
    message.extend_from_slice(&at.as_micros().to_be_bytes());
    message.extend_from_slice(heads);
    message
}

impl Engine {
    /// Appends an event of its own.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was appended.
    pub async fn record(&self, event: Event) -> Result<(), StoreError> {
        self.write(move |connection, batch| batch.append(connection, &event, None))
            .await
    }

    /// How many events of a deed there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_deeds(&self, deed: Deed) -> Result<u64, StoreError> {
        self.read(|connection| {
            let text = "SELECT count(*) FROM audit_event WHERE deed = ?1";
            let mut statement = connection.prepare_cached(text)?;
            Ok(statement.query_row([deed.as_str()], |row| row.get(0))?)
        })
    }

    /// Whether an event of a deed with this detail was recorded of an instant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_recorded(&self, at: Instant, deed: Deed, detail: &str) -> Result<bool, StoreError> {
        self.read(|connection| {
            let text = "SELECT EXISTS (SELECT 1 FROM audit_event WHERE at = ?1 AND deed = ?2 AND detail = ?3)";
            let mut statement = connection.prepare_cached(text)?;
            let of = params![at.as_micros(), deed.as_str(), detail];
            Ok(statement.query_row(of, |row| row.get(0))?)
        })
    }

    /// Keeps a signed checkpoint. False when there is one of the same instant, which stays: then nothing was kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_checkpoint(&self, checkpoint: Checkpoint) -> Result<bool, StoreError> {
        self.write(move |connection, _| {
            let kept = connection
                .prepare_cached(
                    "INSERT INTO checkpoint VALUES (?1, ?2, ?3, ?4) ON CONFLICT (at) DO NOTHING",
                )?
                .execute(params![
                    checkpoint.at.as_micros(),
                    checkpoint.heads,
                    checkpoint.kid,
                    checkpoint.signature
                ])?;
            Ok(0 < kept)
        })
        .await
    }
}
