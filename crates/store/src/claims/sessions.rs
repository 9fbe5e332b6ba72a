//! Sessions of the claims entry: rows of their own, so that no token opens both the entry and the center. Holds hashes of tokens.

use domain::account::AccountKind;
use domain::audit::Event;
use domain::civil_date::Instant;
use domain::claims::entry::Holder;

use super::Key;
use super::accounts;
use crate::certificates::is_revoked;
use crate::engine::{Engine, StoreError};
use crate::sessions::{NotOpened, Shown, TokenHash, asks};
use crate::sql::{Connection, params};

/// A session of the claims entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimsSession {
    /// Who signed in.
    pub who: Holder,
    /// When.
    pub opened: Instant,
    /// The last request a person caused.
    pub active: Instant,
    /// Whether only a password change is possible.
    pub change_needed: bool,
}

impl Engine {
    /// Opens a session with its event; the account's earlier one ends. Looks again at what was looked at before, as
    /// [`Engine::open_session`] does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_claims_session(
        &self,
        token: TokenHash,
        session: ClaimsSession,
        shown: Shown,
        event: Event,
    ) -> Result<Result<(), NotOpened>, StoreError> {
        self.write(move |connection, batch| {
            if let Some(why) = obstacle(connection, &session, &shown)? {
                return Ok(Err(why));
            }
            let who = &session.who;
            end_sessions(connection, &Key::of(who), None)?;
            connection
                .prepare_cached("INSERT INTO claims_session VALUES (?1,?2,?3,?4,?5,?6,?7,?8)")?
                .execute(params![
                    token,
                    who.tenant.to_string(),
                    crate::access::number(who.facility),
                    who.account.as_str(),
                    who.certificate,
                    session.opened.as_micros(),
                    session.active.as_micros(),
                    session.change_needed
                ])?;
            batch.append(connection, &event, None)?;
            Ok(Ok(()))
        })
        .await
    }

    /// The session of a token's hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claims_session(&self, token: &TokenHash) -> Result<Option<ClaimsSession>, StoreError> {
        const TABLE: &str = "claims_session";
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM claims_session WHERE token = ?1")?;
            let mut rows = statement.query([token])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            Ok(Some(ClaimsSession {
                who: Holder {
                    tenant: super::tenant(&row, "tenant", TABLE)?,
                    facility: super::facility(&row)?,
                    account: super::account(&row, "account", TABLE)?,
                    certificate: row.get("certificate")?,
                },
                opened: Instant::from_micros(row.get("opened")?),
                active: Instant::from_micros(row.get("active")?),
                change_needed: row.get("change_needed")?,
            }))
        })
    }

    /// Notes that a person used a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn touch_claims_session(
        &self,
        token: TokenHash,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            connection
                .prepare_cached(
                    "UPDATE claims_session SET active = ?2 WHERE token = ?1 AND active < ?2",
                )?
                .execute(params![token, now.as_micros()])?;
            Ok(())
        })
        .await
    }

    /// Ends a session, with the event that tells of it if a person did.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_claims_session(
        &self,
        token: TokenHash,
        event: Option<Event>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
            connection
                .prepare_cached("DELETE FROM claims_session WHERE token = ?1")?
                .execute([token])?;
            match event {
                Some(event) => batch.append(connection, &event, None),
                None => Ok(()),
            }
        })
        .await
    }
}

/// What keeps a session from being opened, seen within the running transaction.
fn obstacle(
    connection: &Connection,
    session: &ClaimsSession,
    shown: &Shown,
) -> Result<Option<NotOpened>, StoreError> {
    let key = Key::of(&session.who);
    if is_revoked(connection, session.who.certificate)? {
        return Ok(Some(NotOpened::Revoked));
    }
    let account = accounts::read(connection, &key)?;
    if !account.is_some_and(|it| it.is_opened_by(&shown.hash)) {
        return Ok(Some(NotOpened::Changed));
    }
    let active = last_active(connection, &key)?;
    // Of sessions it is a person's like any other.
    Ok(asks(AccountKind::General, active, shown, session.opened))
}

/// When an account was last active in a session that is still open.
fn last_active(connection: &Connection, key: &Key) -> Result<Option<Instant>, StoreError> {
    let text = "SELECT max(active) FROM claims_session WHERE tenant = ?1 AND facility = ?2 AND account = ?3";
    let of = params![key.tenant.to_string(), key.facility(), key.id.as_str()];
    let active: Option<i64> = connection
        .prepare_cached(text)?
        .query_row(of, |row| row.get(0))?;
    Ok(active.map(Instant::from_micros))
}

/// Ends the sessions of an account but one.
pub(super) fn end_sessions(
    connection: &Connection,
    key: &Key,
    keep: Option<TokenHash>,
) -> Result<(), StoreError> {
    let text = "DELETE FROM claims_session
        WHERE tenant = ?1 AND facility = ?2 AND account = ?3 AND token IS DISTINCT FROM ?4";
    connection.prepare_cached(text)?.execute(params![
        key.tenant.to_string(),
        key.facility(),
        key.id.as_str(),
        keep
    ])?;
    Ok(())
}
