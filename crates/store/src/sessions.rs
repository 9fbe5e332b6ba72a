//! Sessions: rows, and what was read of them lately. Holds hashes of tokens, never tokens; a change empties what is remembered.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use domain::account::{AccountId, AccountKind};
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::permit::SignedIn;
use domain::second_factor::Entry;
use domain::session::{SecondSignIn, is_good, second_sign_in};
use domain::sign_in_notice::Outcome;

use crate::access::{institution, number};
use crate::accounts;
use crate::certificates::is_revoked;
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::kept_answers::{self, Earlier, KeptAnswer};
use crate::sign_ins::{self, Attempt};
use crate::sql::{Connection, Params, Row, params};

/// Sessions remembered at most; beyond that all are read anew.
const MOST_REMEMBERED: usize = 100_000;

/// A session as the center remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who signed in.
    pub who: SignedIn,
    /// When.
    pub opened: Instant,
    /// The last request a person caused.
    pub active: Instant,
    /// Whether only a password change is possible.
    pub change_needed: bool,
    /// How far it is open.
    pub entry: Entry,
    /// From where it was opened, where that counts.
    pub address: Option<IpAddr>,
}

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// What a sign-in rests on.
#[derive(Clone)]
pub struct Shown {
    /// The slow hash that the password was held against.
    pub hash: String,
    /// Whether the person said that an earlier session may end.
    pub agreed: bool,
}

/// What became of a session to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It is open.
    Done,
    /// The request's key was used before; nothing was done now.
    Earlier(Earlier),
    /// It was not opened.
    Not(NotOpened),
}

/// Why a session was not opened: what came between the look at the password and this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotOpened {
    /// The account was disabled, or has another password now.
    Changed,
    /// The certificate was revoked, perhaps by another process.
    Revoked,
    /// The person has a good session, and was not asked whether it may end.
    Asks,
}

/// Sessions read before (contracts §8). The writer empties what it changed before the change is acknowledged, so that an
/// ended session is never found here by whoever was told of its end.
#[derive(Debug, Default)]
pub(crate) struct Remembered(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Counts the changes: a row read before one of them is not remembered after it.
    changes: u64,
    sessions: HashMap<TokenHash, Session>,
}

impl Remembered {
    /// The session, or the count of changes to hand back with what the table says.
    fn find(&self, token: &TokenHash) -> Result<Session, u64> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.sessions.get(token).cloned().ok_or(known.changes)
    }

    /// Remembers a row that was read when so many changes had been made.
    fn keep(&self, token: TokenHash, session: Session, changes: u64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.changes == changes {
            if MOST_REMEMBERED <= known.sessions.len() {
                known.sessions.clear();
            }
            known.sessions.insert(token, session);
        }
    }

    /// Forgets a session that changed.
    fn forget(&self, token: &TokenHash) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.changes += 1;
        known.sessions.remove(token);
    }
}

impl Batch {
    /// Has a session forgotten before anybody is told that it changed.
    pub(crate) fn forget_session(&mut self, token: TokenHash) {
        let held = Arc::clone(self.held());
        self.afterwards(move |_| held.remembered.forget(&token));
    }
}

impl Engine {
    /// Opens a session, and notes the sign-in unless a second factor is still to be proved. A person's earlier ones end; of a machine those of the same certificate. With an answer to keep whose key
    /// was used before nothing is done, and that is what comes back. What was looked at before is looked at again here, where nothing else
    /// comes between: whoever ended the account's sessions meanwhile meant this one, too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_session(
        &self,
        token_hash: TokenHash,
        session: Session,
        shown: Shown,
        attempt: Attempt,
        kept: Option<KeptAnswer>,
    ) -> Result<Opened, StoreError> {
        self.write(move |connection, batch| {
            if let Some(kept) = &kept
                && let Some(earlier) = kept_answers::earlier(connection, kept)?
            {
                return Ok(Opened::Earlier(earlier));
            }
            if let Some(why) = obstacle(connection, &session, &shown)? {
                if why == NotOpened::Changed {
                    sign_ins::note(connection, &attempt, Outcome::Refused)?;
                }
                return Ok(Opened::Not(why));
            }
            if let Some(kept) = &kept {
                kept_answers::keep(connection, batch, kept)?;
            }
            let who = &session.who;
            let (facility, account) = (number(who.facility), who.account.as_str());
            if who.kind.is_system() {
                let of = "facility = ?1 AND account = ?2 AND certificate = ?3";
                end(
                    connection,
                    batch,
                    of,
                    params![facility, account, who.certificate],
                )?;
            } else if session.entry == Entry::Prove {
                // Whoever has the password alone ends nobody's session.
                let of = "facility = ?1 AND account = ?2 AND entry = 'prove'";
                end(connection, batch, of, params![facility, account])?;
            } else {
                let of = "facility = ?1 AND account = ?2";
                end(connection, batch, of, params![facility, account])?;
            }
            if session.entry != Entry::Prove {
                sign_ins::note(connection, &attempt, Outcome::Opened)?;
            }
            connection
                .prepare_cached(
                    "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?
                .execute(params![
                    token_hash,
                    facility,
                    account,
                    who.kind.as_str(),
                    who.certificate,
                    session.opened.as_micros(),
                    session.active.as_micros(),
                    session.change_needed,
                    session.entry.as_str(),
                    session.address.map(|it| it.to_string())
                ])?;
            Ok(Opened::Done)
        })
        .await
    }

    /// The session of a token's hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn session(&self, token_hash: &TokenHash) -> Result<Option<Session>, StoreError> {
        if self.is_shared() {
            // Another process may have ended it: the table alone knows.
            return self.read_session(token_hash);
        }
        let changes = match self.held().remembered.find(token_hash) {
            Ok(session) => return Ok(Some(session)),
            Err(changes) => changes,
        };
        let found = self.read_session(token_hash)?;
        if let Some(session) = &found {
            self.held()
                .remembered
                .keep(*token_hash, session.clone(), changes);
        }
        Ok(found)
    }

    /// The session of a token's hash that comes with a request.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session_of_request(
        &self,
        token_hash: &TokenHash,
    ) -> Result<Option<Session>, StoreError> {
        match self.ask(SESSION, &[&&token_hash[..]]).await {
            Some(rows) => rows?.first().map(session).transpose(),
            None => self.session(token_hash),
        }
    }

    fn read_session(&self, token_hash: &TokenHash) -> Result<Option<Session>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(SESSION)?;
            let mut rows = statement.query([token_hash])?;
            rows.next()?.map(|row| session(&row)).transpose()
        })
    }

    /// How many sessions are good at an instant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_sessions(&self, now: Instant) -> Result<usize, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT kind, opened, active FROM session")?;
            let mut rows = statement.query([])?;
            let mut open = 0;
            while let Some(row) = rows.next()? {
                let kind: String = row.get(0)?;
                let kind = AccountKind::parse(&kind).ok_or(StoreError::Row("session"))?;
                let at = |column| Ok::<_, StoreError>(Instant::from_micros(row.get(column)?));
                open += usize::from(is_good(kind, at(1)?, at(2)?, now));
            }
            Ok(open)
        })
    }

    /// Notes that a person used a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn touch_session(
        &self,
        token_hash: TokenHash,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
            connection
                .prepare_cached("UPDATE session SET active = ?2 WHERE token = ?1 AND active < ?2")?
                .execute(params![token_hash, now.as_micros()])?;
            batch.forget_session(token_hash);
            Ok(())
        })
        .await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_session(&self, token_hash: TokenHash) -> Result<(), StoreError> {
        self.write(move |connection, batch| end(connection, batch, "token = ?1", [token_hash]))
            .await
    }
}

/// The row of a token, in the order [`session`] reads it.
const SESSION: &str = "SELECT facility, account, kind, certificate, opened, active, change_needed, entry, address FROM session WHERE token = ?1";

fn session(row: &Row<'_>) -> Result<Session, StoreError> {
    let (account, kind): (String, String) = (row.get(1)?, row.get(2)?);
    let (entry, address): (String, Option<String>) = (row.get(7)?, row.get(8)?);
    let address = address.map(|text| text.parse()).transpose();
    Ok(Session {
        who: SignedIn {
            facility: institution(row.get(0)?)?,
            account: AccountId::parse(&account).map_err(|_| StoreError::Row("session"))?,
            kind: AccountKind::parse(&kind).ok_or(StoreError::Row("session"))?,
            certificate: row.get(3)?,
        },
        opened: Instant::from_micros(row.get(4)?),
        active: Instant::from_micros(row.get(5)?),
        change_needed: row.get(6)?,
        entry: Entry::parse(&entry).ok_or(StoreError::Row("session"))?,
        address: address.map_err(|_| StoreError::Row("session"))?,
    })
}

/// What keeps a session from being opened, seen within the running transaction.
fn obstacle(
    connection: &Connection,
    session: &Session,
    shown: &Shown,
) -> Result<Option<NotOpened>, StoreError> {
    let who = &session.who;
    if is_revoked(connection, who.certificate)? {
        return Ok(Some(NotOpened::Revoked));
    }
    let account = accounts::read(connection, who.facility, &who.account)?;
    if !account.is_some_and(|it| it.is_opened_by(&shown.hash)) {
        return Ok(Some(NotOpened::Changed));
    }
    let active = last_active(connection, who.facility, &who.account)?;
    Ok(asks(who.kind, active, shown, session.opened))
}

/// The obstacle of an earlier session whose person was not asked.
pub(crate) fn asks(
    kind: AccountKind,
    active: Option<Instant>,
    shown: &Shown,
    now: Instant,
) -> Option<NotOpened> {
    match second_sign_in(kind, active, shown.agreed, now) {
        SecondSignIn::Open => None,
        SecondSignIn::Ask => Some(NotOpened::Asks),
    }
}

/// When the account was last active in a session that is still open; `None` when it has none.
fn last_active(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
) -> Result<Option<Instant>, StoreError> {
    let text =
        "SELECT max(active) FROM session WHERE facility = ?1 AND account = ?2 AND entry <> 'prove'";
    let active: Option<i64> = connection
        .prepare_cached(text)?
        .query_row(params![number(facility), account.as_str()], |row| {
            row.get(0)
        })?;
    Ok(active.map(Instant::from_micros))
}

/// Opens a session to everything, if it is still open so far.
pub(crate) fn open_fully(
    connection: &Connection,
    batch: &mut Batch,
    token: TokenHash,
    from: Entry,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE session SET entry = 'full' WHERE token = ?1 AND entry = ?2")?
        .execute(params![token, from.as_str()])?;
    batch.forget_session(token);
    Ok(())
}

/// Ends all sessions of a certificate.
pub(crate) fn end_sessions_of(
    connection: &Connection,
    batch: &mut Batch,
    certificate: [u8; 32],
) -> Result<(), StoreError> {
    end(connection, batch, "certificate = ?1", [certificate])
}

/// Ends all sessions of an account but one.
pub(crate) fn end_other_sessions(
    connection: &Connection,
    batch: &mut Batch,
    facility: InstitutionCode,
    account: &AccountId,
    keep: Option<TokenHash>,
) -> Result<(), StoreError> {
    let of = "facility = ?1 AND account = ?2 AND token IS DISTINCT FROM ?3";
    let parameters = params![number(facility), account.as_str(), keep];
    end(connection, batch, of, parameters)
}

fn end(
    connection: &Connection,
    batch: &mut Batch,
    of: &str,
    parameters: impl Params,
) -> Result<(), StoreError> {
    let text = format!("DELETE FROM session WHERE {of} RETURNING token");
    let mut statement = connection.prepare_cached(&text)?;
    let tokens = statement.query_map(parameters, |row| row.get(0))?;
    for token in tokens {
        batch.forget_session(token?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(active: i64) -> Session {
        Session {
            who: SignedIn {
                facility: InstitutionCode::parse("1319999999").unwrap(),
                account: AccountId::parse("uketsuke").unwrap(),
                kind: AccountKind::General,
                certificate: [9; 32],
            },
            opened: Instant::from_micros(0),
            active: Instant::from_micros(active),
            change_needed: false,
            entry: Entry::Full,
            address: None,
        }
    }

    #[test]
    fn a_row_read_before_a_change_is_not_remembered_after_it() {
        let remembered = Remembered::default();
        let changes = remembered.find(&[1; 32]).unwrap_err();
        remembered.forget(&[1; 32]);
        remembered.keep([1; 32], session(1), changes);
        let changes = remembered.find(&[1; 32]).unwrap_err();
        remembered.keep([1; 32], session(2), changes);
        assert_eq!(remembered.find(&[1; 32]), Ok(session(2)));
        remembered.forget(&[2; 32]);
        assert_eq!(
            remembered.find(&[1; 32]),
            Ok(session(2)),
            "another's change"
        );
        remembered.forget(&[1; 32]);
        assert!(remembered.find(&[1; 32]).is_err());
    }
}
