//! Submissions (送信): files that are whole, what their checks found, acceptance, withdrawal and the history. Judges nothing.

use domain::account::AccountId;
use domain::audit::Event;
use domain::civil_date::Instant;
use domain::claims::entry::{Holder, Step, SubmissionState};
use domain::claims::tenant::Tenant;
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;

use super::history::step;
use super::uploads::{self, Settled};
use crate::access::number;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, Params, Row, params};
use crate::work_turns::{self, FREE};

/// A submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Identifier.
    pub id: u128,
    /// The review body.
    pub tenant: Tenant,
    /// The facility.
    pub facility: InstitutionCode,
    /// Who sent it.
    pub account: AccountId,
    /// The number people call it by.
    pub number: String,
    /// The upload that holds its bytes.
    pub upload: u128,
    /// The file's name.
    pub file_name: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// The submission whose refused claims it corrects.
    pub corrects: Option<u128>,
    /// How far it is.
    pub state: SubmissionState,
    /// When it was whole.
    pub sent: Instant,
    /// When it was checked.
    pub checked: Option<Instant>,
    /// When it was accepted or withdrawn.
    pub ended: Option<Instant>,
    /// What the checks counted.
    pub counts: Counts,
    /// What was claimed, once it is accepted.
    pub taken: Option<Taken>,
    /// The run of the checks that counts.
    pub run: Option<[u8; 16]>,
}

/// What the checks of a file counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Kind of facility, as the file says.
    pub kind: Option<FacilityKind>,
    /// The month of the claim, as the file says.
    pub claim_month: Option<TreatmentMonth>,
    /// Claims.
    pub claims: u32,
    /// Of them refused.
    pub refused: u32,
    /// Of them to be looked at, and not refused.
    pub to_confirm: u32,
    /// Points of the claims that are not refused.
    pub points: u64,
    /// Points of the claims that are good.
    pub good_points: u64,
    /// Findings.
    pub findings: u32,
}

/// What was claimed by an acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Claims.
    pub claims: u32,
    /// Their points.
    pub points: u64,
}

/// What became of an upload that its sender says is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// It is a submission from now on.
    Done(Box<Submission>),
    /// It was one before.
    Before(Box<Submission>),
    /// The same file is handed in already; the upload is forgotten.
    Duplicate(Box<Submission>),
    /// What it corrects is handed in corrected already; the upload is kept, should that be taken back.
    Corrected(Box<Submission>),
    /// More came than its SHA-256 is of: so many bytes are there.
    Incomplete(u64),
    /// There is no such upload.
    Unknown,
}

/// Which parts of a result are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultKind {
    /// Findings.
    Findings,
    /// Claims.
    Claims,
    /// What was found altogether: one part.
    Overview,
}

impl ResultKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Claims => "claims",
            Self::Overview => "overview",
        }
    }
}

/// What became of the end of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It is on the disk.
    Done(Box<Submission>),
    /// There is no such submission.
    Unknown,
    /// It is not in a state from which that is possible.
    NotNow(Box<Submission>),
}

impl Engine {
    /// Makes a submission of an upload that is whole, of the SHA-256 and the bytes that it was worked out of.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn submit(
        &self,
        holder: &Holder,
        (upload, id): (u128, u128),
        (sha256, bytes): ([u8; 32], u64),
        event: Event,
    ) -> Result<Submitted, StoreError> {
        let holder = holder.clone();
        // Whoever received it checks it, unless that dies.
        let process = self.is_shared().then(|| self.process());
        self.write(move |connection, batch| {
            let Some(from) = uploads::find(connection, &holder, upload)? else {
                return Ok(Submitted::Unknown);
            };
            if let Some(before) = from.submission {
                let before = find(connection, &holder, before)?;
                return Ok(before.map_or(Submitted::Unknown, |it| Submitted::Before(Box::new(it))));
            }
            if from.bytes != bytes {
                return Ok(Submitted::Incomplete(from.bytes));
            }
            if let Some(same) = same_file(connection, &holder, &sha256)? {
                uploads::forget(connection, upload)?;
                return Ok(Submitted::Duplicate(Box::new(same)));
            }
            if let Some(earlier) = from.corrects
                && let Some(other) = correction_of(connection, &holder, earlier)?
            {
                return Ok(Submitted::Corrected(Box::new(other)));
            }
            let submission = Submission {
                id,
                tenant: holder.tenant,
                facility: holder.facility,
                account: holder.account.clone(),
                number: next_number(connection, &holder, event.at)?,
                upload,
                file_name: from.file_name,
                bytes,
                sha256,
                corrects: from.corrects,
                state: SubmissionState::Checking,
                sent: event.at,
                checked: None,
                ended: None,
                counts: Counts::default(),
                taken: None,
                run: None,
            };
            insert(connection, &submission)?;
            if let Some(process) = process {
                work_turns::take(connection, process, id, event.at)?;
            }
            connection
                .prepare_cached("UPDATE claims_upload SET submission = ?2 WHERE id = ?1")?
                .execute(params![upload.to_be_bytes(), id.to_be_bytes()])?;
            let by = Some(holder.account.as_str());
            step(connection, id, event.at, by, Step::Sent, &submission.number)?;
            if let Some(earlier) = from.corrects {
                let number = &submission.number;
                step(connection, earlier, event.at, by, Step::Corrected, number)?;
            }
            batch.append(connection, &event, None)?;
            Ok(Submitted::Done(Box::new(submission)))
        })
        .await
    }

    /// A submission of the holder's facility and review body.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn submission(&self, holder: &Holder, id: u128) -> Result<Option<Submission>, StoreError> {
        self.read(|connection| find(connection, holder, id))
    }

    /// The submission that corrects another of the holder's facility and review body, and is neither refused nor taken back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn correction_of(
        &self,
        holder: &Holder,
        id: u128,
    ) -> Result<Option<Submission>, StoreError> {
        self.read(|connection| correction_of(connection, holder, id))
    }

    /// Submissions that wait for their checks, the oldest first, whoever sent them; none that another process has in hand.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn unchecked(&self, now: Instant, limit: u32) -> Result<Vec<Submission>, StoreError> {
        self.read(|connection| {
            let text = format!("SELECT * FROM claims_submission s WHERE state = 'checking' AND {FREE} ORDER BY sent LIMIT ?3");
            all(connection, &text, params![self.process(), now.as_micros(), limit])
        })
    }

    /// Submissions with good claims that are checked and not accepted, whoever sent them, the oldest first: those behind the one that was
    /// sent at an instant, if one is named.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn not_accepted(
        &self,
        sent_before: Instant,
        behind: Option<(Instant, u128)>,
        limit: u32,
    ) -> Result<Vec<Submission>, StoreError> {
        self.read(|connection| {
            let text = "SELECT * FROM claims_submission WHERE state = 'checked' AND claims > refused + to_confirm AND sent < ?1
                AND (sent, id) > (?2, ?3) ORDER BY sent, id LIMIT ?4";
            let (sent, id) = behind.map_or((i64::MIN, 0), |(sent, id)| (sent.as_micros(), id));
            let of = params![sent_before.as_micros(), sent, id.to_be_bytes(), limit];
            all(connection, text, of)
        })
    }

    /// Keeps a part of what a run of the checks found; nothing once another run ended, which would forget it no more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_result(
        &self,
        (submission, run): (u128, [u8; 16]),
        (kind, part): (ResultKind, u32),
        content: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, _| {
            connection
                .prepare_cached(
                    "INSERT INTO claims_result SELECT ?1, ?2, ?3, ?4, ?5 FROM claims_submission WHERE id = ?1 AND state = 'checking'",
                )?
                .execute(params![
                    submission.to_be_bytes(),
                    run,
                    kind.as_str(),
                    part,
                    content
                ])?;
            Ok(())
        })
        .await
    }

    /// Ends a run of the checks: what it found counts from now on, unless another ended before. Parts of other runs are forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn finish_claims_check(
        &self,
        (id, run): (u128, [u8; 16]),
        state: SubmissionState,
        counts: Counts,
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            uploads::note_refused(connection, (id, state), event.at)?;
            let text = "UPDATE claims_submission SET state = ?2, checked = ?3, kind = ?4, claim_month = ?5, claims = ?6, refused = ?7,
                to_confirm = ?8, points = ?9, findings = ?10, run = ?11, good_points = ?12 WHERE id = ?1 AND state = 'checking'";
            let changed = connection.prepare_cached(text)?.execute(params![
                id.to_be_bytes(),
                state.as_str(),
                event.at.as_micros(),
                counts.kind.map(FacilityKind::as_str),
                counts.claim_month.map(TreatmentMonth::to_iso),
                counts.claims,
                counts.refused,
                counts.to_confirm,
                counts.points as i64,
                counts.findings,
                run,
                counts.good_points as i64
            ])?;
            let (of, taken) = if changed == 0 {
                ("run = ?2", false)
            } else {
                ("run <> ?2", true)
            };
            let text = format!("DELETE FROM claims_result WHERE submission = ?1 AND {of}");
            connection
                .prepare_cached(&text)?
                .execute(params![id.to_be_bytes(), run])?;
            work_turns::leave(connection, id)?;
            if taken {
                let what = match state {
                    SubmissionState::Refused => Step::Refused,
                    SubmissionState::Checking
                    | SubmissionState::Checked
                    | SubmissionState::Accepted
                    | SubmissionState::Withdrawn => Step::Checked,
                };
                step(connection, id, event.at, None, what, "")?;
                batch.append(connection, &event, None)?;
            }
            Ok(taken)
        })
        .await
    }

    /// A part of what the checks of a submission found; none behind the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn result(
        &self,
        submission: &Submission,
        kind: ResultKind,
        part: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(run) = submission.run else {
            return Ok(None);
        };
        self.read(|connection| {
            let text = "SELECT content FROM claims_result WHERE submission = ?1 AND run = ?2 AND kind = ?3 AND part = ?4";
            let of = params![submission.id.to_be_bytes(), run, kind.as_str(), part];
            let found = connection
                .prepare_cached(text)?
                .query_row(of, |row| row.get(0));
            Ok(found.optional()?)
        })
    }

    /// Accepts a submission that is checked, with the event. Without an account the center does it by itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accept_submission(
        &self,
        (tenant, facility): (Tenant, InstitutionCode),
        id: u128,
        (taken, by): (Taken, Option<AccountId>),
        event: Event,
    ) -> Result<Ended, StoreError> {
        self.write(move |connection, batch| {
            let Some(mut found) = find_of(connection, tenant, facility, id)? else {
                return Ok(Ended::Unknown);
            };
            if found.state != SubmissionState::Checked {
                return Ok(Ended::NotNow(Box::new(found)));
            }
            let text = "UPDATE claims_submission SET state = 'accepted', ended = ?2, taken = ?3, taken_points = ?4 WHERE id = ?1 AND facility = ?5";
            connection.prepare_cached(text)?.execute(params![
                id.to_be_bytes(),
                event.at.as_micros(),
                taken.claims,
                taken.points as i64,
                number(facility)
            ])?;
            let of = (number(facility), found.upload);
            uploads::note(connection, Settled::Accepted, of, event.at)?;
            let by = by.as_ref().map(AccountId::as_str);
            let claims = taken.claims.to_string();
            step(connection, id, event.at, by, Step::Accepted, &claims)?;
            batch.append(connection, &event, None)?;
            found.state = SubmissionState::Accepted;
            (found.ended, found.taken) = (Some(event.at), Some(taken));
            Ok(Ended::Done(Box::new(found)))
        })
        .await
    }

    /// Takes a submission back that is checked or refused, with the event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw_submission(
        &self,
        holder: &Holder,
        id: u128,
        event: Event,
    ) -> Result<Ended, StoreError> {
        let holder = holder.clone();
        self.write(move |connection, batch| {
            let Some(mut found) = find(connection, &holder, id)? else {
                return Ok(Ended::Unknown);
            };
            let from = [SubmissionState::Checked, SubmissionState::Refused];
            if !from.contains(&found.state) {
                return Ok(Ended::NotNow(Box::new(found)));
            }
            let text = "UPDATE claims_submission SET state = 'withdrawn', ended = ?2 WHERE id = ?1 AND facility = ?3";
            let of = params![id.to_be_bytes(), event.at.as_micros(), number(holder.facility)];
            connection.prepare_cached(text)?.execute(of)?;
            let file = (number(holder.facility), found.upload);
            uploads::note(connection, Settled::GivenUp, file, event.at)?;
            let by = Some(holder.account.as_str());
            step(connection, id, event.at, by, Step::Withdrawn, "")?;
            batch.append(connection, &event, None)?;
            (found.state, found.ended) = (SubmissionState::Withdrawn, Some(event.at));
            Ok(Ended::Done(Box::new(found)))
        })
        .await
    }
}

/// The submission that holds the same file and was not taken back.
fn same_file(
    connection: &Connection,
    holder: &Holder,
    sha256: &[u8; 32],
) -> Result<Option<Submission>, StoreError> {
    let text = "SELECT * FROM claims_submission WHERE tenant = ?1 AND facility = ?2 AND sha256 = ?3
        AND state IN ('checking', 'checked', 'accepted')";
    let of = params![holder.tenant.to_string(), number(holder.facility), sha256];
    Ok(all(connection, text, of)?.pop())
}

/// The correction of a submission that is in force: there is one at most.
fn correction_of(
    connection: &Connection,
    holder: &Holder,
    id: u128,
) -> Result<Option<Submission>, StoreError> {
    let text =
        "SELECT * FROM claims_submission WHERE facility = ?1 AND corrects = ?2 AND tenant = ?3
        AND state IN ('checking', 'checked', 'accepted')";
    let of = params![
        number(holder.facility),
        id.to_be_bytes(),
        holder.tenant.to_string()
    ];
    Ok(all(connection, text, of)?.pop())
}

/// The facility's next number of the day: `S`, the day, four digits.
fn next_number(
    connection: &Connection,
    holder: &Holder,
    at: Instant,
) -> Result<String, StoreError> {
    let day = at.date_in_japan().to_compact();
    let text = "SELECT count(*) FROM claims_submission WHERE tenant = ?1 AND facility = ?2 AND number LIKE ?3";
    let tenant = holder.tenant.to_string();
    let of = params![tenant, number(holder.facility), format!("S{day}%")];
    let before: i64 = connection
        .prepare_cached(text)?
        .query_row(of, |row| row.get(0))?;
    Ok(format!("S{day}{:04}", before + 1))
}

fn insert(connection: &Connection, it: &Submission) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO claims_submission VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,NULL,NULL,NULL,NULL,0,0,0,0,0,0,NULL,NULL,NULL)",
        )?
        .execute(params![
            it.id.to_be_bytes(),
            it.tenant.to_string(),
            number(it.facility),
            it.account.as_str(),
            it.number,
            it.upload.to_be_bytes(),
            it.file_name,
            it.bytes as i64,
            it.sha256,
            it.corrects.map(u128::to_be_bytes),
            it.state.as_str(),
            it.sent.as_micros()
        ])?;
    Ok(())
}

fn find(
    connection: &Connection,
    holder: &Holder,
    id: u128,
) -> Result<Option<Submission>, StoreError> {
    find_of(connection, holder.tenant, holder.facility, id)
}

fn find_of(
    connection: &Connection,
    tenant: Tenant,
    facility: InstitutionCode,
    id: u128,
) -> Result<Option<Submission>, StoreError> {
    let text = "SELECT * FROM claims_submission WHERE id = ?1 AND tenant = ?2 AND facility = ?3";
    let of = params![id.to_be_bytes(), tenant.to_string(), number(facility)];
    Ok(all(connection, text, of)?.pop())
}

pub(super) fn all(
    connection: &Connection,
    text: &str,
    of: impl Params,
) -> Result<Vec<Submission>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(of)?;
    let mut submissions = Vec::new();
    while let Some(row) = rows.next()? {
        submissions.push(of_row(&row)?);
    }
    Ok(submissions)
}

fn taken(row: &Row<'_>) -> Result<Option<Taken>, StoreError> {
    let (claims, points): (Option<u32>, Option<i64>) =
        (row.get("taken")?, row.get("taken_points")?);
    Ok(claims.zip(points).map(|(claims, points)| Taken {
        claims,
        points: points.unsigned_abs(),
    }))
}

fn of_row(row: &Row<'_>) -> Result<Submission, StoreError> {
    const TABLE: &str = "claims_submission";
    let unreadable = || StoreError::Row(TABLE);
    let at = |column: &str| {
        let micros: Option<i64> = row.get(column)?;
        Ok::<_, StoreError>(micros.map(Instant::from_micros))
    };
    let whole = |column: &str| Ok::<_, StoreError>(row.get::<_, i64>(column)?.unsigned_abs());
    let state: String = row.get("state")?;
    let (kind, month): (Option<String>, Option<String>) =
        (row.get("kind")?, row.get("claim_month")?);
    let corrects: Option<[u8; 16]> = row.get("corrects")?;
    Ok(Submission {
        id: super::id(row, "id")?,
        tenant: super::tenant(row, "tenant", TABLE)?,
        facility: super::facility(row)?,
        account: super::account(row, "account", TABLE)?,
        number: row.get("number")?,
        upload: super::id(row, "upload")?,
        file_name: row.get("file_name")?,
        bytes: whole("bytes")?,
        sha256: row.get("sha256")?,
        corrects: corrects.map(u128::from_be_bytes),
        state: SubmissionState::parse(&state).ok_or_else(unreadable)?,
        sent: Instant::from_micros(row.get("sent")?),
        checked: at("checked")?,
        ended: at("ended")?,
        counts: Counts {
            kind: kind.as_deref().and_then(FacilityKind::parse),
            claim_month: month.as_deref().and_then(TreatmentMonth::parse_iso),
            claims: row.get("claims")?,
            refused: row.get("refused")?,
            to_confirm: row.get("to_confirm")?,
            points: whole("points")?,
            good_points: whole("good_points")?,
            findings: row.get("findings")?,
        },
        taken: taken(row)?,
        run: row.get("run")?,
    })
}
