//! Sessions of the claims entry: rows of their own, so that no token opens both the entry and the center. Holds hashes of tokens.

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::claims::entry::Holder;

use super::Key;
use crate::engine::{Engine, StoreError};
use crate::sessions::TokenHash;
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
    /// Opens a session with its event; the account's earlier one ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_claims_session(
        &self,
        token: TokenHash,
        session: ClaimsSession,
        event: Event,
    ) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
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
            batch.append(connection, &event, None)
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

    /// When an account was last active in a session that is still open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claims_last_active(&self, key: &Key) -> Result<Option<Instant>, StoreError> {
        self.read(|connection| {
            let text = "SELECT max(active) FROM claims_session WHERE tenant = ?1 AND facility = ?2 AND account = ?3";
            let of = params![key.tenant.to_string(), key.facility(), key.id.as_str()];
            let active: Option<i64> = connection
                .prepare_cached(text)?
                .query_row(of, |row| row.get(0))?;
            Ok(active.map(Instant::from_micros))
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
