//! Claim files on their way: pieces of bounded size, one after the other, so that an upload that was cut off goes on where it was. Reads none
//! of them, and keeps every byte as it came.

use domain::account::AccountId;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::claims::entry::{Holder, SubmissionState};

use crate::access::number;
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, Row, params};

/// The largest piece, in bytes: what one row holds.
pub const PIECE_BYTES: usize = 128 << 10;

/// Uploads forgotten in one transaction.
const AT_ONCE: u32 = 4;

/// Pieces of a submission's file that are let go in one transaction: others write in between.
const PIECES_AT_ONCE: usize = 64;

/// What became of a submission from which on its file is kept for a time alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was refused or taken back.
    GivenUp,
    /// It was accepted.
    Accepted,
}

impl Settled {
    /// The column that says when.
    fn column(self) -> &'static str {
        match self {
            Self::GivenUp => "given_up",
            Self::Accepted => "accepted",
        }
    }
}

/// An upload to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// Identifier.
    pub id: u128,
    /// The file's name, for people.
    pub file_name: String,
    /// The submission whose refused claims it corrects.
    pub corrects: Option<u128>,
    /// When.
    pub at: Instant,
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Identifier.
    pub id: u128,
    /// Who began it.
    pub account: AccountId,
    /// The file's name.
    pub file_name: String,
    /// The submission whose refused claims it corrects.
    pub corrects: Option<u128>,
    /// When it began.
    pub made: Instant,
    /// When bytes last came.
    pub touched: Instant,
    /// Bytes that are on the disk.
    pub bytes: u64,
    /// What became of it, once it was whole.
    pub submission: Option<u128>,
}

/// What became of an upload to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It may come.
    Done,
    /// The facility has as many unfinished ones as it may have.
    TooManyOpen,
}

/// What became of pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// They are on the disk; so many bytes are there now.
    Done(u64),
    /// They do not begin where the upload is: so many bytes are there.
    Elsewhere(u64),
    /// There is no such upload of the facility at the review body.
    Unknown,
    /// It was whole before.
    Whole,
}

impl Engine {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_upload(
        &self,
        holder: &Holder,
        new: NewUpload,
        most_open: u32,
    ) -> Result<Begun, StoreError> {
        let holder = holder.clone();
        self.write(move |connection, _| {
            let text = "SELECT count(*) FROM claims_upload WHERE tenant = ?1 AND facility = ?2 AND submission IS NULL";
            let (tenant, facility) = (holder.tenant.to_string(), number(holder.facility));
            let open: u32 = connection
                .prepare_cached(text)?
                .query_row(params![tenant, facility], |row| row.get(0))?;
            if most_open <= open {
                return Ok(Begun::TooManyOpen);
            }
            connection
                .prepare_cached("INSERT INTO claims_upload VALUES (?1,?2,?3,?4,?5,?6,?7,?7,0,NULL,NULL,NULL)")?
                .execute(params![
                    new.id.to_be_bytes(),
                    tenant,
                    facility,
                    holder.account.as_str(),
                    new.file_name,
                    new.corrects.map(u128::to_be_bytes),
                    new.at.as_micros()
                ])?;
            Ok(Begun::Done)
        })
        .await
    }

    /// An upload of the holder's facility and review body.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn upload(&self, holder: &Holder, id: u128) -> Result<Option<Upload>, StoreError> {
        self.read(|connection| find(connection, holder, id))
    }

    /// The unfinished uploads of the holder's facility and review body, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_uploads(&self, holder: &Holder) -> Result<Vec<Upload>, StoreError> {
        self.read(|connection| {
            let text = "SELECT * FROM claims_upload WHERE tenant = ?1 AND facility = ?2 AND submission IS NULL ORDER BY touched DESC";
            let mut statement = connection.prepare_cached(text)?;
            let of = params![holder.tenant.to_string(), number(holder.facility)];
            let mut rows = statement.query(of)?;
            let mut uploads = Vec::new();
            while let Some(row) = rows.next()? {
                uploads.push(of_row(&row)?);
            }
            Ok(uploads)
        })
    }

    /// Takes the next pieces, each of [`PIECE_BYTES`] at most, if they begin where the upload is.
    ///
    /// # Errors
    /// [`StoreError`]; then none of them was taken.
    pub async fn put_pieces(
        &self,
        holder: &Holder,
        (id, from): (u128, u64),
        pieces: Vec<Vec<u8>>,
        at: Instant,
    ) -> Result<Put, StoreError> {
        let holder = holder.clone();
        self.write(move |connection, _| {
            let Some(upload) = find(connection, &holder, id)? else {
                return Ok(Put::Unknown);
            };
            if upload.submission.is_some() {
                return Ok(Put::Whole);
            }
            if upload.bytes != from {
                return Ok(Put::Elsewhere(upload.bytes));
            }
            let mut bytes = from;
            let mut statement =
                connection.prepare_cached("INSERT INTO claims_piece VALUES (?1, ?2, ?3)")?;
            for piece in pieces {
                statement.execute(params![id.to_be_bytes(), bytes as i64, piece])?;
                bytes += piece.len() as u64;
            }
            connection
                .prepare_cached("UPDATE claims_upload SET bytes = ?2, touched = ?3 WHERE id = ?1")?
                .execute(params![id.to_be_bytes(), bytes as i64, at.as_micros()])?;
            Ok(Put::Done(bytes))
        })
        .await
    }

    /// Forgets an unfinished upload of the holder's facility and review body. False when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_upload(&self, holder: &Holder, id: u128) -> Result<bool, StoreError> {
        let holder = holder.clone();
        self.write(move |connection, _| {
            let found = find(connection, &holder, id)?;
            let is_open = found.is_some_and(|it| it.submission.is_none());
            if is_open {
                forget(connection, id)?;
            }
            Ok(is_open)
        })
        .await
    }

    /// The piece of an upload that begins at a byte.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn piece(&self, upload: u128, begins: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| {
            let text = "SELECT content FROM claims_piece WHERE upload = ?1 AND begins = ?2";
            let found = connection
                .prepare_cached(text)?
                .query_row(params![upload.to_be_bytes(), begins as i64], |row| {
                    row.get(0)
                });
            Ok(found.optional()?)
        })
    }

    /// Forgets uploads that nothing came of since an instant, a few at a time. True when there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_uploads(&self, touched: Instant) -> Result<bool, StoreError> {
        self.write(move |connection, _| {
            let text = "SELECT id FROM claims_upload WHERE touched < ?1 AND submission IS NULL ORDER BY touched LIMIT ?2";
            let mut statement = connection.prepare_cached(text)?;
            let due = statement.query_map(params![touched.as_micros(), AT_ONCE], |row| {
                row.get::<_, [u8; 16]>(0)
            })?;
            let due: Vec<[u8; 16]> = due.collect::<Result<_, _>>()?;
            for id in &due {
                forget(connection, u128::from_be_bytes(*id))?;
            }
            Ok(due.len() == AT_ONCE as usize)
        })
        .await
    }

    /// Lets go of files whose submission was settled before an instant, some pieces at a time. An event names the submission and goes with the
    /// file's first piece. The submission stays, with its SHA-256 and its history. True when there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn let_files_go(
        &self,
        settled: Settled,
        before: Instant,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let column = settled.column();
        let due = self.read(|connection| {
            let text = format!(
                "SELECT facility, id, submission, bytes FROM claims_upload WHERE {column} < ?1 ORDER BY {column} LIMIT 1"
            );
            let found = connection
                .prepare_cached(&text)?
                .query_row([before.as_micros()], |row| {
                    let submission: Option<[u8; 16]> = row.get(2)?;
                    let file = (row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?);
                    Ok((file, submission, row.get::<_, i64>(3)?))
                });
            Ok(found.optional()?)
        })?;
        let Some((file, submission, bytes)) = due else {
            return Ok(false);
        };
        let event = Event {
            at: now,
            actor: Actor::Center,
            deed: Deed::ClaimsFileLetGo,
            subject: submission.map(u128::from_be_bytes),
            detail: format!("settled={column} bytes={bytes}"),
        };
        self.write(move |connection, batch| let_go(connection, batch, file, &event))
            .await?;
        Ok(true)
    }
}

/// Lets some pieces of a file go. Of several centers that do so at once, the one that takes the first piece writes the event.
fn let_go(
    connection: &Connection,
    batch: &mut Batch,
    (facility, id): (i64, [u8; 16]),
    event: &Event,
) -> Result<(), StoreError> {
    let text = "DELETE FROM claims_piece WHERE upload = ?1 AND begins = 0";
    let first = connection.prepare_cached(text)?.execute([id])?;
    if 0 < first {
        batch.append(connection, event, None)?;
    }
    let text = format!(
        "DELETE FROM claims_piece WHERE upload = ?1 AND begins IN
          (SELECT begins FROM claims_piece WHERE upload = ?1 ORDER BY begins LIMIT {PIECES_AT_ONCE})"
    );
    let gone = connection.prepare_cached(&text)?.execute([id])?;
    // Another center may have taken the same ones: what is behind them is for the next time.
    let text = "SELECT 1 FROM claims_piece WHERE upload = ?1 LIMIT 1";
    if gone < PIECES_AT_ONCE && !connection.prepare_cached(text)?.exists([id])? {
        let text = "UPDATE claims_upload SET given_up = NULL, accepted = NULL WHERE facility = ?1 AND id = ?2";
        connection.prepare_cached(text)?.execute((facility, id))?;
    }
    Ok(())
}

/// Notes when a submission was settled; its file is at this place.
pub(super) fn note(
    connection: &Connection,
    settled: Settled,
    (facility, upload): (i64, u128),
    at: Instant,
) -> Result<(), StoreError> {
    let column = settled.column();
    let text = format!("UPDATE claims_upload SET {column} = ?3 WHERE facility = ?1 AND id = ?2");
    connection.prepare_cached(&text)?.execute(params![
        facility,
        upload.to_be_bytes(),
        at.as_micros()
    ])?;
    Ok(())
}

/// The same of a submission in its checks, where these refuse it.
pub(super) fn note_refused(
    connection: &Connection,
    (submission, state): (u128, SubmissionState),
    at: Instant,
) -> Result<(), StoreError> {
    if state != SubmissionState::Refused {
        return Ok(());
    }
    let text =
        "SELECT facility, upload FROM claims_submission WHERE id = ?1 AND state = 'checking'";
    let found = connection
        .prepare_cached(text)?
        .query_row([submission.to_be_bytes()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?))
        });
    match found.optional()? {
        Some((facility, upload)) => {
            let of = (facility, u128::from_be_bytes(upload));
            note(connection, Settled::GivenUp, of, at)
        }
        None => Ok(()),
    }
}

pub(super) fn forget(connection: &Connection, id: u128) -> Result<(), StoreError> {
    for text in [
        "DELETE FROM claims_piece WHERE upload = ?1",
        "DELETE FROM claims_upload WHERE id = ?1",
    ] {
        connection
            .prepare_cached(text)?
            .execute([id.to_be_bytes()])?;
    }
    Ok(())
}

pub(super) fn find(
    connection: &Connection,
    holder: &Holder,
    id: u128,
) -> Result<Option<Upload>, StoreError> {
    let text = "SELECT * FROM claims_upload WHERE id = ?1 AND tenant = ?2 AND facility = ?3";
    let mut statement = connection.prepare_cached(text)?;
    let of = params![
        id.to_be_bytes(),
        holder.tenant.to_string(),
        number(holder.facility)
    ];
    let mut rows = statement.query(of)?;
    rows.next()?.map(|row| of_row(&row)).transpose()
}

fn of_row(row: &Row<'_>) -> Result<Upload, StoreError> {
    let bytes: i64 = row.get("bytes")?;
    let id = |column: &str| {
        let bytes: Option<[u8; 16]> = row.get(column)?;
        Ok::<_, StoreError>(bytes.map(u128::from_be_bytes))
    };
    Ok(Upload {
        id: super::id(row, "id")?,
        account: super::account(row, "account", "claims_upload")?,
        file_name: row.get("file_name")?,
        corrects: id("corrects")?,
        made: Instant::from_micros(row.get("made")?),
        touched: Instant::from_micros(row.get("touched")?),
        bytes: bytes.unsigned_abs(),
        submission: id("submission")?,
    })
}
