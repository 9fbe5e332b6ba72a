//! Sign-ins and refused tries of each account, for the person to look at; what is unusual is kept until it was shown. Keeps the last
//! few hundred. The audit chain tells of them besides.

use domain::account::{AccountId, AccountKind};
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::permit::{ManageOwnAccess, Permit, SignedIn};
use domain::sign_in_notice::{Before, Outcome, ProvedBy, Unusual, unusual};

use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::facility_settings;
use crate::sql::{Connection, OptionalExtension, Row, params};

/// Rows kept of each account \[ours\].
const KEPT: i64 = 300;

/// A machine's PC counts as in use so long after its last sign-in \[ours\]: sessions of machines last half a day.
const IN_USE_S: i64 = 31 * 86_400;

/// A try to sign in.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The facility.
    pub facility: InstitutionCode,
    /// The account.
    pub account: AccountId,
    /// Its kind.
    pub kind: AccountKind,
    /// When.
    pub at: Instant,
    /// SHA-256 of the certificate.
    pub certificate: [u8; 32],
    /// Name of the PC, as the certificate says it.
    pub terminal: String,
    /// How who it is was proved, or not.
    pub proved_by: ProvedBy,
}

/// A row of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Its number within the account.
    pub seq: i64,
    /// When.
    pub at: Instant,
    /// SHA-256 of the certificate.
    pub certificate: [u8; 32],
    /// Name of the PC.
    pub terminal: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How who it is was proved, or not.
    pub proved_by: ProvedBy,
    /// What is unusual about it.
    pub unusual: Vec<Unusual>,
    /// Whether it waits to be shown as unusual.
    pub is_news: bool,
}

impl Engine {
    /// The person's sign-ins and refused tries, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sign_ins(
        &self,
        permit: &Permit<ManageOwnAccess>,
        limit: u32,
    ) -> Result<Vec<SignIn>, StoreError> {
        self.read(|connection| {
            let text =
                "SELECT seq, at, certificate, terminal, outcome, method, unusual, seen FROM sign_in
                WHERE facility = ?1 AND account = ?2 ORDER BY seq DESC LIMIT ?3";
            let mut statement = connection.prepare_cached(text)?;
            let account = permit.holder().account.as_str();
            let mut rows = statement.query(params![number(permit.facility()), account, limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(sign_in(&row)?);
            }
            Ok(found)
        })
    }

    /// By what an account proved itself last, in a session that was opened then: a step up counts as well.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn proved_by(
        &self,
        holder: &SignedIn,
        opened: Instant,
    ) -> Result<Option<ProvedBy>, StoreError> {
        self.read(|connection| {
            let text = "SELECT method FROM sign_in WHERE facility = ?1 AND account = ?2 AND certificate = ?3
                AND outcome = ?4 AND ?5 <= at ORDER BY seq DESC LIMIT 1";
            let method: Option<String> = connection
                .prepare_cached(text)?
                .query_row(
                    params![
                        number(holder.facility),
                        holder.account.as_str(),
                        holder.certificate,
                        Outcome::Opened.as_str(),
                        opened.as_micros()
                    ],
                    |row| row.get(0),
                )
                .optional()?;
            let read = |it: &String| ProvedBy::parse(it).ok_or(StoreError::Row("sign_in"));
            method.as_ref().map(read).transpose()
        })
    }

    /// The sign-ins of a facility since an instant that something was unusual about, with their accounts, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unusual_sign_ins(
        &self,
        facility: InstitutionCode,
        since: Instant,
    ) -> Result<Vec<(AccountId, SignIn)>, StoreError> {
        self.read(|connection| {
            let text =
                "SELECT seq, at, certificate, terminal, outcome, method, unusual, seen, account FROM sign_in
                WHERE facility = ?1 AND ?2 <= at AND unusual <> '' ORDER BY at DESC, account, seq DESC";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query(params![number(facility), since.as_micros()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let account: String = row.get(8)?;
                let account = AccountId::parse(&account);
                let account = account.map_err(|_| StoreError::Row("sign_in"))?;
                found.push((account, sign_in(&row)?));
            }
            Ok(found)
        })
    }

    /// Notes that the person was shown what is unusual, up to a row.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sign_ins_seen(
        &self,
        permit: &Permit<ManageOwnAccess>,
        up_to: i64,
        now: Instant,
    ) -> Result<(), StoreError> {
        let holder = permit.holder().clone();
        self.write(move |connection, _| {
            connection
                .prepare_cached(
                    "UPDATE sign_in SET seen = ?4 WHERE facility = ?1 AND account = ?2 AND seq <= ?3 AND seen IS NULL",
                )?
                .execute(params![
                    number(holder.facility),
                    holder.account.as_str(),
                    up_to,
                    now.as_micros()
                ])?;
            Ok(())
        })
        .await
    }
}

/// Notes a try within the running transaction. What is unusual about a person's sign-in is judged by the rows before it.
pub(crate) fn note(
    connection: &Connection,
    attempt: &Attempt,
    outcome: Outcome,
) -> Result<(), StoreError> {
    let (facility, account) = (number(attempt.facility), attempt.account.as_str());
    let unusual = if attempt.kind.is_system() || outcome == Outcome::Refused {
        Vec::new()
    } else {
        let hours = facility_settings::read(connection, facility)?
            .settings
            .usual_hours;
        unusual(before(connection, attempt)?, attempt.at, hours)
    };
    let told: Vec<&str> = unusual.iter().map(|it| it.as_str()).collect();
    let seen = unusual.is_empty().then_some(attempt.at.as_micros());
    connection
        .prepare_cached(
            "INSERT INTO sign_in SELECT ?1, ?2, coalesce(max(seq), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9
             FROM sign_in WHERE facility = ?1 AND account = ?2",
        )?
        .execute(params![
            facility,
            account,
            attempt.at.as_micros(),
            attempt.certificate,
            attempt.terminal,
            outcome.as_str(),
            attempt.proved_by.as_str(),
            told.join(" "),
            seen
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM sign_in WHERE facility = ?1 AND account = ?2 AND seq <=
             (SELECT max(seq) FROM sign_in WHERE facility = ?1 AND account = ?2) - ?3",
        )?
        .execute(params![facility, account, KEPT])?;
    Ok(())
}

fn before(connection: &Connection, attempt: &Attempt) -> Result<Before, StoreError> {
    let text = "SELECT max(seq), max(CASE WHEN certificate = ?3 THEN 1 ELSE 0 END) FROM sign_in
        WHERE facility = ?1 AND account = ?2 AND outcome = 'opened'";
    let (facility, account) = (number(attempt.facility), attempt.account.as_str());
    let parameters = params![facility, account, attempt.certificate];
    let (last, known): (Option<i64>, Option<i64>) = connection
        .prepare_cached(text)?
        .query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let text = "SELECT count(*) FROM sign_in WHERE facility = ?1 AND account = ?2 AND ?3 < seq AND outcome = 'refused'";
    let failures: i64 = connection.prepare_cached(text)?.query_row(
        params![facility, account, last.unwrap_or_default()],
        |row| row.get(0),
    )?;
    Ok(Before {
        signed_in: last.is_some(),
        with_this_certificate: known == Some(1),
        failures: usize::try_from(failures).unwrap_or_default(),
    })
}

/// On how many PCs an account is in use: those it signed in at lately whose certificate was not revoked.
pub(crate) fn pcs_in_use(
    connection: &Connection,
    facility: InstitutionCode,
    account: &AccountId,
    now: Instant,
) -> Result<usize, StoreError> {
    let text = "SELECT count(DISTINCT s.terminal) FROM sign_in s LEFT JOIN certificate c ON c.fingerprint = s.certificate
        WHERE s.facility = ?1 AND s.account = ?2 AND s.outcome = 'opened' AND ?3 <= s.at AND c.revoked IS NULL";
    let since = now.plus_seconds(-IN_USE_S).as_micros();
    let count: i64 = connection
        .prepare_cached(text)?
        .query_row(params![number(facility), account.as_str(), since], |row| {
            row.get(0)
        })?;
    Ok(usize::try_from(count).unwrap_or_default())
}

fn sign_in(row: &Row<'_>) -> Result<SignIn, StoreError> {
    let unreadable = || StoreError::Row("sign_in");
    let (outcome, method): (String, String) = (row.get(4)?, row.get(5)?);
    let unusual: String = row.get(6)?;
    let seen: Option<i64> = row.get(7)?;
    let each = unusual.split_whitespace();
    let unusual: Option<Vec<Unusual>> = each.map(Unusual::parse).collect();
    Ok(SignIn {
        seq: row.get(0)?,
        at: Instant::from_micros(row.get(1)?),
        certificate: row.get(2)?,
        terminal: row.get(3)?,
        outcome: Outcome::parse(&outcome).ok_or_else(unreadable)?,
        proved_by: ProvedBy::parse(&method).ok_or_else(unreadable)?,
        unusual: unusual.ok_or_else(unreadable)?,
        is_news: seen.is_none(),
    })
}
