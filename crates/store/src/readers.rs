//! Readers of facilities: what they are enrolled with, their mode, what they say they do, and releases for one check. Decides nothing.

use domain::account::AccountKind;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::event::EventKind;
use domain::identification::{Abilities, FaceCapability, TerminalKeys};
use domain::institution_code::InstitutionCode;
use domain::permit::{AskByCard, ControlReader, Permit, ReceiveEvents};
use domain::reader::{ModeSet, ReaderId, ReaderMode, ReaderState, SAY_AGAIN_S, StaffCall};

use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::events;
use crate::kept_answers::{Earlier, KeptAnswer, keep_or_find};
use crate::sql::{Connection, OptionalExtension, Row, params};

/// A reader as the center knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Which.
    pub id: ReaderId,
    /// Name to show: its account's, or the terminal's.
    pub name: String,
    /// What it is enrolled with.
    pub abilities: Abilities,
    /// The mode that was set; `None` before the first time.
    pub mode: Option<ModeSet>,
    /// What it said last.
    pub said: Said,
    /// When.
    pub said_at: Instant,
}

/// What a reader says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it does.
    pub state: ReaderState,
    /// Whether the patient calls for staff.
    pub call: StaffCall,
    /// Identifier of its profile.
    pub profile: Option<String>,
    /// Another number for each visit.
    pub visit: Option<u32>,
}

impl Said {
    /// Whether whoever was there is gone, and what staff released for them with it. A release given while nobody was there waits on.
    fn visitor_left(&self, now: &Self) -> bool {
        self.state != ReaderState::Idle
            && (now.state == ReaderState::Idle || now.visit != self.visit)
    }
}

/// One check at one reader may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Identifier: a UUIDv7.
    pub id: u128,
    /// The reader.
    pub reader: String,
    /// Who gave it.
    pub account: String,
    /// When it was given.
    pub issued: Instant,
    /// When it ends unused.
    pub expires: Instant,
}

/// What became of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseKept {
    /// It is kept.
    New,
    /// Its answer's key was used before: nothing was done.
    Before(Earlier),
    /// The patient it was for has left the reader: nothing was done.
    VisitOver,
}

/// Every reader of a facility: accounts of readers that may be used, and PCs that were enrolled as one.
const READERS: &str = "SELECT a.id AS id, a.display_name AS name, r.terminal_keys, r.face, r.mode, r.mode_since, r.returns_at,
      r.state, r.staff_call, r.profile, r.visit, coalesce(r.said, 0) AS said
    FROM account a LEFT JOIN reader r ON r.facility = a.facility AND r.id = a.id
    WHERE a.facility = ?1 AND a.kind = 'reader' AND a.state = 'active'
    UNION ALL SELECT r.id, substr(r.id, 4), r.terminal_keys, r.face, r.mode, r.mode_since, r.returns_at,
      r.state, r.staff_call, r.profile, r.visit, r.said
    FROM reader r WHERE r.facility = ?1 AND r.id LIKE 'pc:%'";

impl Engine {
    /// All readers of the permit's facility, by identifier.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn readers(&self, permit: &Permit<ControlReader>) -> Result<Vec<Reader>, StoreError> {
        self.readers_of(permit.facility())
    }

    /// All readers of a facility, by identifier, for an operator.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn readers_of(&self, facility: InstitutionCode) -> Result<Vec<Reader>, StoreError> {
        let facility = number(facility);
        self.read(|connection| {
            let text = format!("SELECT * FROM ({READERS}) AS readers ORDER BY id");
            let mut statement = connection.prepare_cached(&text)?;
            let mut rows = statement.query([facility])?;
            let mut readers = Vec::new();
            while let Some(row) = rows.next()? {
                readers.push(reader(&row)?);
            }
            Ok(readers)
        })
    }

    /// One reader of the facility, for whoever hears of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reader_for_event(
        &self,
        permit: &Permit<ReceiveEvents>,
        id: &str,
    ) -> Result<Option<Reader>, StoreError> {
        self.read(|connection| find(connection, number(permit.facility()), id))
    }

    /// One reader of the permit's facility.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reader(
        &self,
        permit: &Permit<ControlReader>,
        id: &ReaderId,
    ) -> Result<Option<Reader>, StoreError> {
        self.read(|connection| find(connection, number(permit.facility()), &id.to_string()))
    }

    /// The reader of the permit's holder: of a reader's account itself, of another account the PC it asks from. A PC that was
    /// never enrolled has no abilities.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn own_reader(
        &self,
        permit: &Permit<AskByCard>,
        terminal: &str,
    ) -> Result<Reader, StoreError> {
        let holder = permit.holder();
        let id = if holder.kind == AccountKind::Reader {
            ReaderId::Account(holder.account.clone())
        } else {
            ReaderId::Pc(terminal.to_owned())
        };
        let known =
            self.read(|connection| find(connection, number(holder.facility), &id.to_string()))?;
        Ok(known.unwrap_or_else(|| Reader {
            name: id.to_string(),
            id,
            abilities: Abilities::default(),
            mode: None,
            said: Said {
                state: ReaderState::Away,
                call: StaffCall::None,
                profile: None,
                visit: None,
            },
            said_at: Instant::from_micros(0),
        }))
    }

    /// Enrols a reader with what it has, or takes it away; recorded with `event`. False when the facility has no such reader.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enroll_reader(
        &self,
        facility: InstitutionCode,
        id: ReaderId,
        abilities: Abilities,
        event: Event,
    ) -> Result<bool, StoreError> {
        let facility = number(facility);
        self.write(move |connection, batch| {
            let text = id.to_string();
            let known = match &id {
                ReaderId::Account(_) => find(connection, facility, &text)?.is_some(),
                ReaderId::Pc(terminal) => connection
                    .prepare_cached("SELECT 1 FROM notice WHERE facility = ?1 AND terminal = ?2")?
                    .exists(params![facility, terminal])?,
                // What a device at home may do was said when it was activated.
                ReaderId::HomeDevice(_) => false,
            };
            if !known {
                return Ok(false);
            }
            make(connection, facility, &text)?;
            connection
                .prepare_cached("UPDATE reader SET terminal_keys = ?3, face = ?4 WHERE facility = ?1 AND id = ?2")?
                .execute(params![
                    facility,
                    text,
                    abilities.terminal_keys.as_str(),
                    abilities.face.as_str()
                ])?;
            batch.append(connection, &event, None)?;
            let about = (EventKind::Reader, Some(text.as_str()), None);
            events::tell(connection, facility, event.at, about)?;
            Ok(true)
        })
        .await
    }

    /// Sets a reader's mode, with its event; the reader is known to exist.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_reader_mode(
        &self,
        permit: &Permit<ControlReader>,
        id: &ReaderId,
        set: ModeSet,
    ) -> Result<(), StoreError> {
        let (holder, text) = (permit.holder().clone(), id.to_string());
        let facility = number(holder.facility);
        self.write(move |connection, batch| {
            make(connection, facility, &text)?;
            connection
                .prepare_cached("UPDATE reader SET mode = ?3, mode_since = ?4, returns_at = ?5 WHERE facility = ?1 AND id = ?2")?
                .execute(params![
                    facility,
                    text,
                    set.mode.as_str(),
                    set.since.as_micros(),
                    set.returns_at.map(Instant::as_micros)
                ])?;
            let event = Event {
                at: set.since,
                actor: Actor::Account {
                    facility: holder.facility,
                    account: holder.account,
                    certificate: holder.certificate,
                },
                deed: Deed::ReaderMode,
                subject: None,
                detail: format!("reader={text} mode={}", set.mode.as_str()),
            };
            batch.append(connection, &event, None)?;
            let about = (EventKind::Reader, Some(text.as_str()), None);
            events::tell(connection, facility, set.since, about)
        })
        .await
    }

    /// Keeps what the permit's reader says of itself. True when it is something new, which others hear of; the same again is
    /// written down only now and then, so that it still counts as there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hear_reader(
        &self,
        permit: &Permit<AskByCard>,
        said: Said,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let facility = number(permit.facility());
        let id = permit.holder().account.as_str().to_owned();
        let known = self.read(|connection| find(connection, facility, &id))?;
        let same = known.as_ref().is_some_and(|known| known.said == said);
        let before = known.as_ref().map(|known| known.said.clone());
        if same && known.is_some_and(|known| known.said_at.seconds_until(at) < SAY_AGAIN_S / 2) {
            return Ok(false);
        }
        self.write(move |connection, _| {
            make(connection, facility, &id)?;
            connection
                .prepare_cached("UPDATE reader SET state = ?3, staff_call = ?4, profile = ?5, visit = ?6, said = ?7 WHERE facility = ?1 AND id = ?2")?
                .execute(params![
                    facility,
                    id,
                    said.state.as_str(),
                    said.call.as_str(),
                    said.profile,
                    said.visit,
                    at.as_micros()
                ])?;
            if !same {
                let about = (EventKind::Reader, Some(id.as_str()), None);
                events::tell(connection, facility, at, about)?;
            }
            if before.is_some_and(|before| before.visitor_left(&said)) {
                end_releases(connection, facility, &id, at)?;
            }
            Ok(!same)
        })
        .await
    }

    /// Keeps a release, with its event: for whoever is at the reader, or for the `visit` that staff saw alone. With an answer whose key was
    /// used before nothing is done, and that is what comes back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_release(
        &self,
        permit: &Permit<ControlReader>,
        release: Release,
        visit: Option<u32>,
        kept: Option<KeptAnswer>,
    ) -> Result<ReleaseKept, StoreError> {
        let holder = permit.holder().clone();
        let facility = number(holder.facility);
        self.write(move |connection, batch| {
            // Looked at within the transaction: the next patient may have come since staff saw this one.
            if visit.is_some() {
                let known = find(connection, facility, &release.reader)?;
                if known.and_then(|it| it.said.visit) != visit {
                    return Ok(ReleaseKept::VisitOver);
                }
            }
            if let Some(earlier) = keep_or_find(connection, batch, kept.as_ref())? {
                return Ok(ReleaseKept::Before(earlier));
            }
            connection
                .prepare_cached("INSERT INTO reader_release VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)")?
                .execute(params![
                    release.id.to_be_bytes(),
                    facility,
                    release.reader,
                    release.account,
                    release.issued.as_micros(),
                    release.expires.as_micros()
                ])?;
            let event = Event {
                at: release.issued,
                actor: Actor::Account {
                    facility: holder.facility,
                    account: holder.account,
                    certificate: holder.certificate,
                },
                deed: Deed::Release,
                subject: Some(release.id),
                detail: format!("reader={}", release.reader),
            };
            batch.append(connection, &event, None)?;
            let about = (
                EventKind::Release,
                Some(release.reader.as_str()),
                Some(release.id),
            );
            events::tell(connection, facility, release.issued, about)?;
            Ok(ReleaseKept::New)
        })
        .await
    }

    /// A release of the facility that may still be used, for whoever hears of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release_for_event(
        &self,
        permit: &Permit<ReceiveEvents>,
        id: u128,
        now: Instant,
    ) -> Result<Option<Release>, StoreError> {
        let facility = number(permit.facility());
        self.read(|connection| {
            let text = "SELECT id, reader, account, issued, expires FROM reader_release
                WHERE id = ?1 AND facility = ?2 AND used_by IS NULL AND ?3 < expires";
            let mut statement = connection.prepare_cached(text)?;
            let parameters = params![id.to_be_bytes(), facility, now.as_micros()];
            Ok(statement.query_row(parameters, release).optional()?)
        })
    }

    /// Whether a release waits for a check of the permit's facility at a reader.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn is_released(
        &self,
        permit: &Permit<AskByCard>,
        reader: &ReaderId,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let of = (number(permit.facility()), reader.to_string());
        self.read(|connection| Ok(waiting_release(connection, of.0, &of.1, now)?.is_some()))
    }

    /// Ends visual modes whose time is over, a few hundred at once. Returns the facilities whose clients hear of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn return_readers(&self, now: Instant) -> Result<Vec<InstitutionCode>, StoreError> {
        let due = self.read(|connection| {
            let text = "SELECT facility, id FROM reader WHERE returns_at <= ?1 LIMIT 500";
            let mut statement = connection.prepare_cached(text)?;
            let rows =
                statement.query_map([now.as_micros()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<Vec<(i64, String)>, _>>()?)
        })?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        self.write(move |connection, batch| {
            let mut told = Vec::new();
            for (facility, id) in due {
                let changed = connection
                    .prepare_cached("UPDATE reader SET mode = 'unattended', mode_since = returns_at, returns_at = NULL
                        WHERE facility = ?1 AND id = ?2 AND returns_at <= ?3")?
                    .execute(params![facility, id, now.as_micros()])?;
                if changed == 0 {
                    continue;
                }
                let code = crate::access::institution(facility)?;
                let event = Event {
                    at: now,
                    actor: Actor::Center,
                    deed: Deed::ReaderMode,
                    subject: None,
                    detail: format!("facility={code} reader={id} mode=unattended why=time"),
                };
                batch.append(connection, &event, None)?;
                let about = (EventKind::Reader, Some(id.as_str()), None);
                events::tell(connection, facility, now, about)?;
                told.push(code);
            }
            Ok(told)
        })
        .await
    }
}

/// The releases of a reader that wait at an instant for a check, the first to end before the others.
pub(crate) const WAITING: &str = "SELECT id, reader, account, issued, expires FROM reader_release
    WHERE facility = ?1 AND reader = ?2 AND used_by IS NULL AND ?3 < expires ORDER BY expires";

/// Has a release used by a check.
pub(crate) const TAKE: &str =
    "UPDATE reader_release SET used_by = ?3 WHERE facility = ?1 AND id = ?2";

/// Ends what was released at a reader and nobody used.
pub(crate) const END: &str = "UPDATE reader_release SET expires = ?3
    WHERE facility = ?1 AND reader = ?2 AND used_by IS NULL AND ?3 < expires";

/// Takes the oldest release that waits for a check, within the running transaction: the account that gave it.
pub(crate) fn take_release(
    connection: &Connection,
    facility: i64,
    reader: &str,
    check: u128,
    now: Instant,
) -> Result<Option<String>, StoreError> {
    let Some(release) = waiting_release(connection, facility, reader, now)? else {
        return Ok(None);
    };
    connection.prepare_cached(TAKE)?.execute(params![
        facility,
        release.id.to_be_bytes(),
        check.to_be_bytes()
    ])?;
    Ok(Some(release.account))
}

/// Ends what staff released at a reader and nobody used, within the running transaction: a release is for the one patient who
/// is there, never for the next.
pub(crate) fn end_releases(
    connection: &Connection,
    facility: i64,
    reader: &str,
    now: Instant,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(END)?
        .execute(params![facility, reader, now.as_micros()])?;
    Ok(())
}

fn waiting_release(
    connection: &Connection,
    facility: i64,
    reader: &str,
    now: Instant,
) -> Result<Option<Release>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{WAITING} LIMIT 1"))?;
    let parameters = params![facility, reader, now.as_micros()];
    Ok(statement.query_row(parameters, release).optional()?)
}

pub(crate) fn release(row: &Row<'_>) -> crate::sql::Result<Release> {
    Ok(Release {
        id: u128::from_be_bytes(row.get(0)?),
        reader: row.get(1)?,
        account: row.get(2)?,
        issued: Instant::from_micros(row.get(3)?),
        expires: Instant::from_micros(row.get(4)?),
    })
}

/// Makes the row of a reader that has none.
fn make(connection: &Connection, facility: i64, id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO reader VALUES (?1, ?2, 'none', 'none', 'unattended', NULL, NULL, 'away', 'none', NULL, NULL, 0)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![facility, id])?;
    Ok(())
}

fn find(connection: &Connection, facility: i64, id: &str) -> Result<Option<Reader>, StoreError> {
    let text = format!("SELECT * FROM ({READERS}) AS readers WHERE id = ?2");
    let mut statement = connection.prepare_cached(&text)?;
    let mut rows = statement.query(params![facility, id])?;
    rows.next()?.map(|row| reader(&row)).transpose()
}

fn reader(row: &Row<'_>) -> Result<Reader, StoreError> {
    let id: String = row.get("id")?;
    let text = |column: &str| row.get::<_, Option<String>>(column);
    let since: Option<i64> = row.get("mode_since")?;
    let returns: Option<i64> = row.get("returns_at")?;
    // A reader that is not enrolled, or has said nothing, has no row of its own.
    let read = || {
        Some(Reader {
            id: ReaderId::parse(&id)?,
            name: row.get("name").ok()?,
            abilities: Abilities {
                terminal_keys: known(
                    text("terminal_keys").ok()?,
                    TerminalKeys::None,
                    TerminalKeys::parse,
                )?,
                face: known(
                    text("face").ok()?,
                    FaceCapability::None,
                    FaceCapability::parse,
                )?,
            },
            mode: match since {
                Some(since) => Some(ModeSet {
                    mode: ReaderMode::parse(&text("mode").ok()??)?,
                    since: Instant::from_micros(since),
                    returns_at: returns.map(Instant::from_micros),
                }),
                None => None,
            },
            said: Said {
                state: known(text("state").ok()?, ReaderState::Away, ReaderState::parse)?,
                call: known(text("staff_call").ok()?, StaffCall::None, StaffCall::parse)?,
                profile: text("profile").ok()?,
                visit: row.get("visit").ok()?,
            },
            said_at: Instant::from_micros(row.get("said").ok()?),
        })
    };
    read().ok_or(StoreError::Row("reader"))
}

/// The member of a stored name, or what holds where nothing is stored; `None` for a name that is none.
fn known<T>(
    stored: Option<String>,
    otherwise: T,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    match stored {
        Some(name) => parse(&name),
        None => Some(otherwise),
    }
}
