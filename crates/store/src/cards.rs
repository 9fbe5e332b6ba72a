//! Checks by card: challenges, and the record with what belongs to it in one transaction (contracts §4). The check, the challenge's use,
//! a release that is used up and the audit event stand or fall together. Verifies no signature.

pub(crate) mod lane;
pub mod questions;

use domain::audit::{Actor, Event};
use domain::card_certificate::{CertificateState, TokenKind};
use domain::card_challenge::{LIFE_S, Nonce};
use domain::civil_date::{CivilDate, Instant};
use domain::event::EventKind;
use domain::identification::{Confirmation, Method, Vouched};
use domain::permit::{AskByCard, Permit, SignedIn};
use domain::person::PersonId;
use domain::questions::{Question, QuestionsState, presence_until};
use domain::reader::ReaderId;

use self::questions::Closing;

use crate::access::number;
use crate::checks::{NewCheck, Record, Recorded};
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::events;
use crate::home_care::checks::{self as home_checks, Asks, NewHomeCheck};
use crate::readers::{end_releases, take_release};
use crate::sql::{self, Connection, OptionalExtension, Row, params};

/// A challenge the center made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Identifier: a UUIDv7.
    pub id: u128,
    /// What makes it new.
    pub nonce: Nonce,
    /// When it was made.
    pub issued: Instant,
}

/// Why a challenge is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeRefused {
    /// There is none, or it was forgotten.
    Unknown,
    /// It was made for another facility or client certificate.
    Foreign,
    /// It was used before.
    Used,
    /// Its time is over.
    Expired,
}

/// A check by card to record.
#[derive(Debug, Clone)]
pub struct NewCardCheck {
    /// The check.
    pub check: NewCheck,
    /// The challenge that was signed.
    pub challenge: u128,
    /// What belongs to the check.
    pub card: CardDetails,
    /// Whether a release at the reader is used up.
    pub confirmation: Confirmation,
    /// What is recorded when there is no such release after all.
    pub refusal: Event,
    /// What else belongs to one at home, where no reader stands.
    pub home: Option<NewHomeCheck>,
}

/// What belongs to a check by card.
#[derive(Clone)]
pub struct CardDetails {
    /// The card's holder.
    pub person: PersonId,
    /// The reader.
    pub reader: ReaderId,
    /// How the holder was identified.
    pub method: Method,
    /// Who vouches for that.
    pub vouched: Vouched,
    /// What holds the certificate.
    pub token: TokenKind,
    /// What the certificate was worth.
    pub worth: CertificateState,
    /// Its last day.
    pub expires_on: CivilDate,
    /// What is asked, in order.
    pub questions: Vec<Question>,
    /// What is delivered only after the patient's consent, in the caller's own form.
    pub withheld: Vec<u8>,
}

impl std::fmt::Debug for CardDetails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CardDetails({}, {:?}, …)", self.reader, self.method)
    }
}

/// What became of a check by card to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardRecorded {
    /// It is on the disk; staff who released it, if anybody had to.
    New {
        /// The account that released it.
        released_by: Option<String>,
    },
    /// The idempotency key was used for the same request before: the check that was answered then.
    Before(Vec<u8>),
    /// The idempotency key was used for another request.
    Conflict,
    /// The challenge is not taken.
    Challenge(ChallengeRefused),
    /// There is no release for it. The challenge is used up.
    NotReleased,
}

impl Engine {
    /// Keeps a new challenge, bound to the permit's facility and client certificate.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn store_challenge(
        &self,
        permit: &Permit<AskByCard>,
        challenge: Challenge,
    ) -> Result<(), StoreError> {
        let (facility, certificate) = (number(permit.facility()), permit.holder().certificate);
        self.write(move |connection, _| {
            connection
                .prepare_cached("INSERT INTO card_challenge VALUES (?1, ?2, ?3, ?4, ?5, NULL)")?
                .execute(params![
                    challenge.id.to_be_bytes(),
                    facility,
                    certificate,
                    challenge.nonce.as_str(),
                    challenge.issued.as_micros()
                ])?;
            Ok(())
        })
        .await
    }

    /// A challenge that may be answered now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn challenge(
        &self,
        permit: &Permit<AskByCard>,
        id: u128,
        now: Instant,
    ) -> Result<Result<Challenge, ChallengeRefused>, StoreError> {
        self.read(|connection| challenge(connection, permit.holder(), id, now))
    }

    /// Uses a challenge up whose check is refused, and records why. What staff released at `ended`, the reader where the card
    /// can go no further, ends with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn refuse_card(
        &self,
        permit: &Permit<AskByCard>,
        challenge: u128,
        ended: Option<&ReaderId>,
        event: Event,
    ) -> Result<(), StoreError> {
        let permit = permit.clone();
        let ended = ended.map(ReaderId::to_string);
        self.write(move |connection, batch| {
            // One that may not be used is refused already.
            let _ = use_up(connection, permit.holder(), challenge, event.at)?;
            if let Some(reader) = &ended {
                end_releases(connection, number(permit.facility()), reader, event.at)?;
            }
            batch.append(connection, &event, None)
        })
        .await
    }

    /// Records a check by card with its audit event; done when all that belongs to it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded and nothing may be answered. [`StoreError::KeyUsed`] where another check came under the key at
    /// the same moment.
    pub async fn record_card_check(
        &self,
        permit: &Permit<AskByCard>,
        new: NewCardCheck,
    ) -> Result<CardRecorded, StoreError> {
        let recording = Recording::of(permit.holder(), new);
        match self.lanes() {
            Some(lanes) if recording.home.is_none() => lanes.cards.record(recording).await,
            // A check by number may come under its key meanwhile: then it is undone, and nothing else.
            Some(_) => {
                self.write(move |connection, batch| recording.write(connection, batch))
                    .await
            }
            // As with checks by number nothing is undone alone; what is refused has written nothing but the challenge's use.
            None => {
                self.write_or_fail_all(move |connection, batch| recording.write(connection, batch))
                    .await
            }
        }
    }
}

/// A check by card on its way into the log.
pub(crate) struct Recording {
    holder: SignedIn,
    record: Record,
    id: u128,
    at: Instant,
    visit_date: CivilDate,
    challenge: u128,
    reader: String,
    card: CardDetails,
    confirmation: Confirmation,
    refusal: Event,
    home: Option<NewHomeCheck>,
}

impl Recording {
    fn of(holder: &SignedIn, new: NewCardCheck) -> Self {
        Self {
            holder: holder.clone(),
            id: new.check.id,
            at: new.check.at,
            visit_date: new.check.visit_date,
            record: Record::new(holder, new.check),
            challenge: new.challenge,
            reader: new.card.reader.to_string(),
            card: new.card,
            confirmation: new.confirmation,
            refusal: new.refusal,
            home: new.home,
        }
    }

    /// Until when the card counts as present.
    fn present_until(&self) -> Instant {
        presence_until(self.at, self.at).unwrap_or(self.at)
    }

    /// What is asked, by name.
    fn questions(&self) -> String {
        let all = self.card.questions.iter().map(|it| it.as_str());
        Vec::from_iter(all).join(" ")
    }

    /// What the check's event says of the card.
    fn detail(&self, released_by: Option<&str>) -> String {
        format!(
            " method={} vouched={} reader={} released_by={}",
            self.card.method.as_str(),
            self.card.vouched.as_str(),
            self.reader,
            released_by.unwrap_or("-")
        )
    }

    /// Writes it within the running transaction.
    fn write(self, connection: &Connection, batch: &mut Batch) -> Result<CardRecorded, StoreError> {
        match self.record.before(connection, batch)? {
            Some(Recorded::Before(answer)) => return Ok(CardRecorded::Before(answer)),
            Some(Recorded::Conflict) => return Ok(CardRecorded::Conflict),
            Some(Recorded::New(_)) | None => {}
        }
        let (id, at) = (self.id, self.at);
        if let Err(refused) = use_up(connection, &self.holder, self.challenge, at)? {
            return Ok(CardRecorded::Challenge(refused));
        }
        let (facility, reader) = (number(self.holder.facility), self.reader.as_str());
        let at_home = self.home.as_ref();
        let released_by = match self.confirmation {
            Confirmation::NotNeeded => None,
            // Staff stand beside the patient with a device that is theirs by its key: they confirm by using it.
            Confirmation::Needed if at_home.is_some() => {
                at_home.and_then(|it| it.confirmed_by.clone())
            }
            Confirmation::Needed => match take_release(connection, facility, reader, id, at)? {
                Some(account) => Some(account),
                None => {
                    batch.append(connection, &self.refusal, None)?;
                    return Ok(CardRecorded::NotReleased);
                }
            },
        };
        // However this patient was identified: a release that is left was theirs, and confirms nobody after them.
        end_releases(connection, facility, reader, at)?;
        self.insert(connection, batch.number(at), released_by.as_deref())?;
        if let Some(home) = at_home {
            home_checks::insert(connection, facility, (id, at), home)?;
        }
        let detail = self.detail(released_by.as_deref());
        let kind = if at_home.is_some() {
            EventKind::HomeCare
        } else {
            EventKind::CardCheckOpened
        };
        // Where nothing is asked there is nothing to wait for.
        let asks_home_care = at_home.is_some_and(|it| it.asks == Asks::HomeCare);
        let is_over = self.card.questions.is_empty() && !asks_home_care;
        self.record.append(connection, batch, &detail)?;
        let about = (kind, Some(reader), Some(id));
        events::tell(connection, facility, at, about)?;
        if is_over && let Some(check) = questions::find(connection, facility, id)? {
            let when = (at, Actor::Center);
            questions::close(connection, batch.chain(), &check, Closing::NONE, when)?;
        }
        Ok(CardRecorded::New { released_by })
    }

    fn insert(
        &self,
        connection: &Connection,
        place: Option<i64>,
        released_by: Option<&str>,
    ) -> Result<(), StoreError> {
        let (holder, card) = (&self.holder, &self.card);
        connection
            .prepare_cached(
                "INSERT INTO card_check VALUES (?19,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,NULL,?18)",
            )?
            .execute(params![
                number(holder.facility),
                self.id.to_be_bytes(),
                card.person.as_u128().to_be_bytes(),
                holder.account.as_str(),
                holder.certificate,
                self.reader,
                card.method.as_str(),
                card.vouched.as_str(),
                released_by,
                card.token.as_str(),
                card.worth.as_str(),
                card.expires_on.to_epoch_days(),
                self.questions(),
                card.withheld,
                self.at.as_micros(),
                self.present_until().as_micros(),
                QuestionsState::Open.as_str(),
                self.visit_date.to_epoch_days(),
                place
            ])?;
        Ok(())
    }
}

/// A challenge as it lies in its table: facility, certificate, nonce, when it was made, when it was used.
type RawChallenge = (i64, [u8; 32], String, i64, Option<i64>);

const CHALLENGE: &str =
    "SELECT facility, certificate, nonce, issued, used FROM card_challenge WHERE id = ?1";

const USE_UP: &str = "UPDATE card_challenge SET used = ?2 WHERE id = ?1";

fn raw_challenge(row: &Row<'_>) -> sql::Result<RawChallenge> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
    ))
}

fn challenge(
    connection: &Connection,
    holder: &SignedIn,
    id: u128,
    now: Instant,
) -> Result<Result<Challenge, ChallengeRefused>, StoreError> {
    let row = connection
        .prepare_cached(CHALLENGE)?
        .query_row([id.to_be_bytes()], raw_challenge)
        .optional()?;
    judged(row, holder, id, now)
}

/// Whether a challenge may be answered now.
fn judged(
    row: Option<RawChallenge>,
    holder: &SignedIn,
    id: u128,
    now: Instant,
) -> Result<Result<Challenge, ChallengeRefused>, StoreError> {
    let Some((facility, certificate, nonce, issued, used)) = row else {
        return Ok(Err(ChallengeRefused::Unknown));
    };
    if (facility, certificate) != (number(holder.facility), holder.certificate) {
        return Ok(Err(ChallengeRefused::Foreign));
    }
    if used.is_some() {
        return Ok(Err(ChallengeRefused::Used));
    }
    let issued = Instant::from_micros(issued);
    if issued.plus_seconds(LIFE_S) <= now {
        return Ok(Err(ChallengeRefused::Expired));
    }
    let nonce = Nonce::parse(&nonce).map_err(|_| StoreError::Row("card_challenge"))?;
    Ok(Ok(Challenge { id, nonce, issued }))
}

/// Marks a challenge used, if it may be, within the running transaction.
pub(crate) fn use_up(
    connection: &Connection,
    holder: &SignedIn,
    id: u128,
    now: Instant,
) -> Result<Result<(), ChallengeRefused>, StoreError> {
    if let Err(refused) = challenge(connection, holder, id, now)? {
        return Ok(Err(refused));
    }
    connection
        .prepare_cached(USE_UP)?
        .execute(params![id.to_be_bytes(), now.as_micros()])?;
    Ok(Ok(()))
}
