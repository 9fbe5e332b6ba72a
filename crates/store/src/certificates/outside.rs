//! What was revoked, kept beyond the reach of a restore: a file beside the checkpoints outside the store (`crate::audit::outside`), by which what a
//! restore undid is revoked again. Takes no line away, and names no person.

use std::io::{ErrorKind, Result as IoResult};
use std::path::{Path, PathBuf};

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;

use super::{SUPERSEDED, append_about, is_revoked};
use crate::access::{institution, number};
use crate::audit::outside::{Added, append_to, holds_in, read_lines};
use crate::audit::verify::hex;
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::sessions::end_sessions_of;
use crate::sql::{Connection, params};

/// The file, in the folder of the checkpoints.
const FILE: &str = "revocations.jsonl";

/// So many are revoked again in one piece of work.
const GROUP: usize = 500;

/// A certificate's own date is to the second, the store's to the microsecond, and the clock was read once for each.
const SPARED_S: i64 = 2;

/// The file in a folder.
#[must_use]
pub fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// What counts no more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ended {
    /// A certificate that was revoked, known or not.
    Certificate {
        /// SHA-256.
        fingerprint: [u8; 32],
        /// When.
        at: Instant,
        /// True when a later certificate took its place.
        superseded: bool,
    },
    /// Whatever a terminal was issued until then.
    Terminal {
        /// The facility.
        facility: InstitutionCode,
        /// Terminal name.
        terminal: String,
        /// Until when.
        until: Instant,
    },
}

impl Ended {
    fn to_line(&self) -> String {
        let line = match self {
            Self::Certificate {
                fingerprint,
                at,
                superseded,
            } => serde_json::json!({
                "certificate": hex(fingerprint), "at": at.to_string(), "superseded": superseded,
            }),
            Self::Terminal {
                facility,
                terminal,
                until,
            } => serde_json::json!({
                "facility": facility.to_string(), "terminal": terminal, "until": until.to_string(),
            }),
        };
        format!("{line}\n")
    }

    fn from_line(line: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        let text = |member: &str| value.get(member).and_then(serde_json::Value::as_str);
        let at = |member: &str| Instant::parse(text(member)?).ok();
        if let Some(certificate) = text("certificate") {
            return Some(Self::Certificate {
                fingerprint: unhex(certificate)?,
                at: at("at")?,
                superseded: value.get("superseded")?.as_bool()?,
            });
        }
        Some(Self::Terminal {
            facility: InstitutionCode::parse(text("facility")?).ok()?,
            terminal: text("terminal")?.to_owned(),
            until: at("until")?,
        })
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = (text.len() == 64 && text.is_ascii()).then_some(text)?;
    let mut out = [0; 32];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(out)
}

/// What such a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndedOutside {
    /// What counts no more.
    pub ended: Vec<Ended>,
    /// The lines that say nothing of that, counted from 1: cut off in the middle, or changed.
    pub unreadable: Vec<usize>,
}

impl EndedOutside {
    /// Reads what a file holds. A line that cannot be read keeps no other from being read.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let (ended, unreadable) = read_lines(bytes, Ended::from_line);
        Self { ended, unreadable }
    }
}

/// What the file in a folder holds, and by what it is known again; neither where there is none yet.
///
/// # Errors
/// Of the file system.
pub fn read(dir: &Path) -> IoResult<(EndedOutside, Option<Added>)> {
    match std::fs::read(file(dir)) {
        Ok(bytes) => Ok((EndedOutside::read(&bytes), Added::end_of(&bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Default::default()),
        Err(error) => Err(error),
    }
}

/// Adds lines to the file in a folder, and brings them to the disk.
///
/// # Errors
/// Of the file system; then a part of them may be there.
pub fn append(dir: &Path, ended: &[Ended]) -> IoResult<Added> {
    append_to(&file(dir), ended.iter().map(Ended::to_line).collect())
}

/// Whether what the file in a folder is known by is there still.
#[must_use]
pub fn holds(dir: &Path, added: &Added) -> bool {
    holds_in(&file(dir), added)
}

/// What was revoked again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Again {
    /// Certificates, known or not.
    pub certificates: u64,
    /// Terminals whose certificates that are not known count no more, nor do their notices.
    pub terminals: u64,
}

impl Engine {
    /// The certificates that count no more since an instant or later, and the ends of all terminals, of which each has one at most: a first use
    /// ends a terminal with the date of the certificate's issue, which may be long past. A terminal's end spares what is in force: the one that
    /// took the others' place, which a restored store may not know, and its notice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ended_since(&self, since: Instant) -> Result<Vec<Ended>, StoreError> {
        self.read(|connection| {
            let text = "SELECT fingerprint, revoked, revoked_why FROM certificate WHERE ?1 <= revoked
                UNION ALL SELECT fingerprint, revoked, NULL FROM revoked_unknown WHERE ?1 <= revoked";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([since.as_micros()])?;
            let mut ended = Vec::new();
            while let Some(row) = rows.next()? {
                let why: Option<String> = row.get(2)?;
                ended.push(Ended::Certificate {
                    fingerprint: row.get(0)?,
                    at: Instant::from_micros(row.get(1)?),
                    superseded: why.as_deref() == Some(SUPERSEDED),
                });
            }
            let text = "SELECT t.facility, t.terminal, t.ended, MIN(COALESCE(n.issued, c.issued)) FROM terminal_ended t
                LEFT JOIN certificate c ON c.facility = t.facility AND c.terminal = t.terminal AND c.revoked IS NULL AND c.issued <= t.ended
                LEFT JOIN notice n ON n.request_id = c.notice
                GROUP BY t.facility, t.terminal, t.ended";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let until = Instant::from_micros(row.get(2)?);
                let in_force: Option<i64> = row.get(3)?;
                let spared = in_force.map(|it| Instant::from_micros(it).plus_seconds(-SPARED_S));
                ended.push(Ended::Terminal {
                    facility: institution(row.get(0)?)?,
                    terminal: row.get(1)?,
                    until: spared.map_or(until, |it| it.min(until)),
                });
            }
            Ok(ended)
        })
    }

    /// Revokes again what counted no more before the store was restored, each exactly as it was: with its time and without those renewed from
    /// it, which are named themselves. Records `event` about each that is not revoked here.
    ///
    /// # Errors
    /// [`StoreError`]; then a part of it may be done.
    pub async fn end_again(&self, ended: &[Ended], event: &Event) -> Result<Again, StoreError> {
        let mut again = Again::default();
        for group in ended.chunks(GROUP) {
            let (group, event) = (group.to_vec(), event.clone());
            let done = self.write(move |connection, batch| {
                let mut done = Again::default();
                for one in &group {
                    match one {
                        Ended::Certificate {
                            fingerprint,
                            at,
                            superseded,
                        } => {
                            let why = if *superseded { SUPERSEDED } else { "operator" };
                            let shown = (*fingerprint, *at, why);
                            let is_new = end_certificate(connection, batch, shown, &event)?;
                            done.certificates += u64::from(is_new);
                        }
                        Ended::Terminal {
                            facility,
                            terminal,
                            until,
                        } => {
                            let shown = (*facility, terminal.as_str(), *until);
                            let is_new = end_terminal(connection, batch, shown, &event)?;
                            done.terminals += u64::from(is_new);
                        }
                    }
                }
                Ok(done)
            });
            let done = done.await?;
            again.certificates += done.certificates;
            again.terminals += done.terminals;
        }
        Ok(again)
    }
}

fn end_certificate(
    connection: &Connection,
    batch: &mut Batch,
    (fingerprint, at, why): ([u8; 32], Instant, &str),
    event: &Event,
) -> Result<bool, StoreError> {
    if is_revoked(connection, fingerprint)? {
        return Ok(false);
    }
    let known = connection
        .prepare_cached(
            "UPDATE certificate SET revoked = ?2, revoked_why = ?3 WHERE fingerprint = ?1",
        )?
        .execute(params![fingerprint, at.as_micros(), why])?;
    if known == 0 {
        connection
            .prepare_cached("INSERT INTO revoked_unknown VALUES (?1, ?2)")?
            .execute(params![fingerprint, at.as_micros()])?;
    }
    end_sessions_of(connection, batch, fingerprint)?;
    append_about(connection, batch, event, &fingerprint)?;
    Ok(true)
}

fn end_terminal(
    connection: &Connection,
    batch: &mut Batch,
    (facility, terminal, until): (InstitutionCode, &str, Instant),
    event: &Event,
) -> Result<bool, StoreError> {
    let later = connection
        .prepare_cached(
            "INSERT INTO terminal_ended VALUES (?1, ?2, ?3)
             ON CONFLICT (facility, terminal) DO UPDATE SET ended = excluded.ended WHERE terminal_ended.ended < excluded.ended",
        )?
        .execute(params![number(facility), terminal, until.as_micros()])?;
    if later == 0 {
        return Ok(false);
    }
    // Whoever still has one would get another certificate of the terminal.
    connection
        .prepare_cached(
            "UPDATE notice SET closed = 1 WHERE facility = ?1 AND terminal = ?2 AND closed = 0 AND issued <= ?3",
        )?
        .execute(params![number(facility), terminal, until.as_micros()])?;
    let mut event = event.clone();
    event.detail = format!("{} facility={facility} until={until}", event.detail);
    batch.append(connection, &event, None)?;
    Ok(true)
}
