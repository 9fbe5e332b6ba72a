//! The kiosk's client of the center: signs in with the reader account, hears of mode and releases, says what the reader does, and
//! makes checks. Connects again by itself; decides nothing about a patient and logs nothing of one.

mod rotation;

use std::sync::Arc;
use std::time::Duration;

use api::card::{AnswerOfPatient, Answers, CardCheck, CardCheckRequest, PresenceRenewal};
use api::client::events::{Events, Received};
use api::client::lots::Lots;
use api::client::machine::{MachineAccount, MachineError};
use api::client::{Client, ClientError};
use api::event::Event as CenterEvent;
use api::own::{OwnLooksRequest, OwnPage, OwnRequest, OwnWithdrawal};
use api::reader::{Reader, ReaderReport};
use api::session::{Session, SessionFacility};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use card::certificate::Signed;
use domain::back_off::BackOff;
use domain::card_challenge::{CenterName, ChallengeText};
use domain::identification::Method;
use domain::institution_code::InstitutionCode;
use domain::questions::{Choice, Question};
use domain::reader::ReaderState;
use tokio::sync::{Mutex, mpsc, watch};

use crate::flow::failure::{Failure, Refusal};
use crate::flow::own::OwnAnswer;
use crate::link::rotation::Wanted;

/// The reader says what it does at least this often; the center waits three times as long.
const REPORT_EVERY: Duration = Duration::from_secs(50);

/// Waits before signing in again: after a lost line, and after a refusal that only a person can mend. Trying a refused password
/// more often would lock the account.
const RETRY: Duration = Duration::from_secs(2);
/// Kiosks that lost the center together do not come back together.
const LONGEST_RETRY: Duration = Duration::from_secs(20);
const RETRY_REFUSED: Duration = Duration::from_secs(300);

/// Before a check whose answer was lost is asked for again; the patient waits.
const LOST_PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];
/// An answer that is asked for again is waited for so long.
const LOST_LIMIT: Duration = Duration::from_secs(5);

/// What the center tells a kiosk.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// The line stands.
    Up(SessionFacility, Reader),
    /// It does not.
    Down,
    /// The reader's attributes or mode.
    Reader(Reader),
    /// Staff released one check.
    Released,
}

/// What the kiosk tells the center.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) state: ReaderState,
    pub(crate) staff_called: bool,
    /// Counts visits, over and over.
    pub(crate) visit: u32,
}

/// A check whose answers are awaited. Its lock is held across each request, so that a renewal and the answers never cross.
pub type OpenCheck = Arc<Mutex<Open>>;

/// Identifier and presence token of an open check.
pub struct Open {
    id: String,
    token: String,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Open({}, …)", self.id)
    }
}

/// Identifier and token of a patient's own page.
#[derive(Clone)]
pub struct OpenPage {
    id: String,
    token: String,
}

impl std::fmt::Debug for OpenPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenPage({}, …)", self.id)
    }
}

impl OpenPage {
    /// Of what the center answered.
    #[must_use]
    pub fn of(page: &OwnPage) -> Self {
        Self {
            id: page.id.clone(),
            token: page.token.clone(),
        }
    }
}

/// What became of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// They are recorded.
    Recorded,
    /// The center could not be reached.
    Lost,
    /// The center refused them.
    Refused,
}

/// The way to the center.
#[derive(Clone)]
pub struct Link {
    client: Client,
    center: CenterName,
    session: Arc<watch::Sender<Option<Session>>>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link({:?}, …)", self.client)
    }
}

/// How a kiosk signs in and what it tells of itself.
pub(crate) struct Kiosk {
    pub(crate) account: MachineAccount,
    /// Identifier of its profile.
    pub(crate) profile: String,
}

impl Link {
    /// A way that [`Link::run`] opens.
    pub(crate) fn new(client: Client, center: CenterName) -> Self {
        Self {
            client,
            center,
            session: Arc::new(watch::Sender::new(None)),
        }
    }

    /// The way of somebody who is signed in already: staff at a general card reader (G31).
    #[must_use]
    pub fn of_session(client: Client, center: CenterName, session: Session) -> Self {
        let link = Self::new(client, center);
        link.session.send_replace(Some(session));
        link
    }

    /// Signs in, listens and reports until nobody listens any more.
    pub(crate) async fn run(
        self,
        kiosk: Kiosk,
        news: mpsc::Sender<News>,
        mut reports: watch::Receiver<Report>,
    ) {
        let mut last_id = None;
        let (mut waits, lots) = (waits(), Lots::default());
        loop {
            let wait = match self.sign_in(&kiosk.account).await {
                Ok((session, rotation)) => {
                    waits.answered();
                    let mut events = self.client.events(&session.token, last_id.take());
                    let ended = self
                        .listen(&kiosk, session, rotation, &mut events, &news, &mut reports)
                        .await;
                    last_id = events.last_id().map(str::to_owned);
                    if ended.is_err() {
                        return;
                    }
                    Duration::ZERO
                }
                Err(error) => {
                    tracing::warn!(error = %error, "the kiosk cannot sign in at the center");
                    match error {
                        MachineError::Center(ClientError::Problem(problem)) => {
                            match problem.retry_after_s {
                                // Crowded, or too many tries: it says when.
                                Some(wish) => waits.next(Some(wish), lots.draw()),
                                None if problem.status < 500 => RETRY_REFUSED,
                                None => waits.next(None, lots.draw()),
                            }
                        }
                        MachineError::Center(_) | MachineError::Secret(_) => {
                            waits.next(None, lots.draw())
                        }
                    }
                }
            };
            self.session.send_replace(None);
            if news.send(News::Down).await.is_err() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// A session; with a new password where an administrator asked for one while the kiosk was away. Where that cannot be begun the
    /// session is good all the same.
    async fn sign_in(&self, account: &MachineAccount) -> Result<(Session, Wanted), MachineError> {
        let mut session = account.sign_in(&self.client).await?;
        let rotation = Wanted::Yes;
        let rotation = rotation.change(account, &self.client, &mut session).await?;
        self.session.send_replace(Some(session.clone()));
        Ok((session, rotation))
    }

    /// One session: until it ends. Fails when nobody listens any more.
    async fn listen(
        &self,
        kiosk: &Kiosk,
        mut session: Session,
        mut rotation: Wanted,
        events: &mut Events,
        news: &mpsc::Sender<News>,
        reports: &mut watch::Receiver<Report>,
    ) -> Result<(), mpsc::error::SendError<News>> {
        let mut every = tokio::time::interval(REPORT_EVERY);
        loop {
            // The reports below wake it often enough for a change that waits.
            if rotation.is_due(reports.borrow().state) {
                let old = session.token.clone();
                let changing = rotation.change(&kiosk.account, &self.client, &mut session);
                rotation = match changing.await {
                    Ok(rotation) => rotation,
                    Err(error) => {
                        tracing::warn!(error = %error, "the change of the account's password was cut off");
                        return Ok(());
                    }
                };
                if session.token != old {
                    events.renew(&session.token);
                    self.session.send_replace(Some(session.clone()));
                }
            }
            let told = tokio::select! {
                received = events.next() => match received {
                    Ok(Received::Connected) => match self.client.own_reader(&session.token).await {
                        Ok(reader) => Some(News::Up(session.facility.clone(), reader)),
                        Err(error) => {
                            // Without its mode and keys the reader is no reader: the line counts when they are known.
                            tracing::warn!(error = %error, "the center does not say what this reader is");
                            tokio::time::sleep(RETRY).await;
                            events.renew(&session.token);
                            Some(News::Down)
                        }
                    },
                    Ok(Received::Moved) => None,
                    Ok(Received::Lost(_)) => Some(News::Down),
                    Ok(Received::Event(CenterEvent::Reader(reader))) => Some(News::Reader(reader)),
                    Ok(Received::Event(CenterEvent::Release(_))) => Some(News::Released),
                    Ok(Received::Event(CenterEvent::Rotation(_))) => {
                        rotation = Wanted::Yes;
                        None
                    }
                    Ok(Received::Event(
                        CenterEvent::CardCheck(_)
                        | CenterEvent::Check(_)
                        | CenterEvent::Settings(_)
                        | CenterEvent::ConsentWithdrawn(_)
                        | CenterEvent::HomeCare(_)
                        | CenterEvent::Emergency(_),
                    )) => None,
                    Err(_) => return Ok(()),
                },
                _ = every.tick() => {
                    let report = *reports.borrow();
                    self.report(&kiosk.profile, &session, report).await;
                    None
                }
                changed = reports.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let report = *reports.borrow_and_update();
                    self.report(&kiosk.profile, &session, report).await;
                    None
                }
            };
            if let Some(told) = told {
                news.send(told).await?;
            }
        }
    }

    /// A report that is lost is said again with the next one.
    async fn report(&self, profile: &str, session: &Session, report: Report) {
        let body = ReaderReport {
            profile: Some(profile.to_owned()),
            staff_called: report.staff_called,
            state: report.state.as_str().into(),
            visit: Some(report.visit),
        };
        if let Err(error) = self.client.report_reader(&session.token, &body).await {
            tracing::debug!(error = %error, "the reader's state was not taken");
        }
    }

    /// A challenge of our center for our facility, and its identifier.
    pub(crate) async fn challenge(&self) -> Result<(String, ChallengeText), Refusal> {
        let session = self.session().ok_or(UNREACHABLE)?;
        let asked = self.client.card_challenge(&session.token).await;
        let challenge = asked.map_err(|error| refusal(&error))?;
        let facility = InstitutionCode::parse(&session.facility.code);
        let facility = facility.map_err(|_| Refusal::Failed(Failure::CenterRefused))?;
        let text = challenge.text(&self.center, facility).map_err(|error| {
            tracing::error!(error = %error, "the center's challenge is not for this kiosk and was not signed; check center_name");
            Refusal::Failed(Failure::CenterRefused)
        })?;
        Ok((challenge.id, text))
    }

    /// Releases one check at the reader of this PC, by the account that is signed in.
    pub(crate) async fn release_here(&self) -> Result<(), Refusal> {
        let session = self.session().ok_or(UNREACHABLE)?;
        let asked = self.client.release(&session.token, "pc").await;
        asked.map(drop).map_err(|error| refusal(&error))
    }

    /// Asks with a signed challenge. An answer that was lost is asked for again.
    pub(crate) async fn check(
        &self,
        challenge: String,
        signed: &Signed,
        method: Method,
    ) -> Result<CardCheck, Refusal> {
        let body = CardCheckRequest {
            certificate: STANDARD.encode(signed.certificate.der()),
            signature: STANDARD.encode(&signed.signature.bytes),
            method: method.as_str().into(),
            visit_date: None,
            challenge,
        };
        self.ask(&body, &LOST_PAUSES).await
    }

    /// The same request and key each time: what the center recorded before its answer was lost stays the only check, and its answer
    /// comes again. With another challenge it would be a second one. A refusal is not kept: of a lost one only the spent challenge is told,
    /// which says nothing of the card.
    async fn ask(
        &self,
        body: &CardCheckRequest,
        pauses: &[Duration],
    ) -> Result<CardCheck, Refusal> {
        let session = self.session().ok_or(UNREACHABLE)?;
        // A challenge is good once, so it names the request, too.
        let key = body.challenge.as_str();
        let mut asked = self.client.check_card(&session.token, key, body).await;
        for pause in pauses {
            let Err(ClientError::Connection(_) | ClientError::Answer) = asked else {
                break;
            };
            tracing::info!("the answer to a check by card was lost and is asked for again");
            tokio::time::sleep(*pause).await;
            // Whoever lost the line may have signed in anew.
            let session = self.session().unwrap_or_else(|| session.clone());
            let again = self.client.check_card(&session.token, key, body);
            if let Ok(answer) = tokio::time::timeout(LOST_LIMIT, again).await {
                asked = answer;
            }
            if asked.as_ref().is_err_and(is_spent) {
                return Err(UNREACHABLE);
            }
        }
        asked.map_err(|error| refusal(&error))
    }

    /// Opens the own page of whoever signed for it.
    pub(crate) async fn open_own(
        &self,
        challenge: String,
        signed: &Signed,
    ) -> Result<OwnPage, Refusal> {
        let session = self.session().ok_or(UNREACHABLE)?;
        let body = OwnRequest {
            certificate: STANDARD.encode(signed.certificate.der()),
            challenge,
            method: Method::Pin.as_str().into(),
            signature: STANDARD.encode(&signed.signature.bytes),
        };
        let asked = self.client.open_own_page(&session.token, &body).await;
        asked.map_err(|error| refusal(&error))
    }

    /// Reads older looks of an own page.
    pub async fn older_looks(&self, page: &OpenPage, after: String) -> OwnAnswer {
        let Some(session) = self.session() else {
            return OwnAnswer::Lost;
        };
        let body = OwnLooksRequest {
            after,
            token: page.token.clone(),
        };
        let asked = self.client.own_looks(&session.token, &page.id, &body);
        asked
            .await
            .map_or_else(|error| own_answer(&error), OwnAnswer::Looks)
    }

    /// Withdraws a consent.
    pub async fn withdraw(&self, page: &OpenPage, consent: String) -> OwnAnswer {
        let Some(session) = self.session() else {
            return OwnAnswer::Lost;
        };
        let body = OwnWithdrawal {
            consent,
            kinds: Vec::new(),
            token: page.token.clone(),
        };
        let asked = self
            .client
            .withdraw_own_consent(&session.token, &page.id, &body);
        asked
            .await
            .map_or_else(|error| own_answer(&error), OwnAnswer::Withdrawn)
    }

    /// Records the answers; none close the check.
    pub async fn answer(&self, open: &OpenCheck, answers: &[(Question, Choice)]) -> Sent {
        let open = open.lock().await;
        let Some(session) = self.session() else {
            return Sent::Lost;
        };
        let answers = answers.iter().map(|(question, choice)| AnswerOfPatient {
            answer: choice.as_str().into(),
            question: question.as_str().into(),
        });
        let body = Answers {
            answers: answers.collect(),
            token: open.token.clone(),
        };
        let started = tokio::time::Instant::now();
        let asked = self
            .client
            .answer_questions(&session.token, &open.id, &body)
            .await;
        match asked {
            Ok(_) => {
                let center_us = started.elapsed().as_micros();
                tracing::debug!(center_us, "answers were recorded");
                Sent::Recorded
            }
            Err(ClientError::Problem(problem)) if problem.status < 500 && problem.status != 401 => {
                tracing::info!(
                    problem.code = problem.code,
                    "the center did not take the answers"
                );
                Sent::Refused
            }
            Err(_) => Sent::Lost,
        }
    }

    /// Says that the person is still there. A renewal that fails is tried again with the next.
    pub async fn renew(&self, open: &OpenCheck) {
        let mut open = open.lock().await;
        let Some(session) = self.session() else {
            return;
        };
        let body = PresenceRenewal {
            token: open.token.clone(),
        };
        let asked = self
            .client
            .renew_presence(&session.token, &open.id, &body)
            .await;
        match asked {
            Ok(presence) => open.token = presence.token,
            Err(error) => tracing::debug!(error = %error, "a presence was not renewed"),
        }
    }

    fn session(&self) -> Option<Session> {
        self.session.borrow().clone()
    }
}

/// How long whoever was not answered waits before asking again.
#[must_use]
pub fn waits() -> BackOff {
    BackOff::new(RETRY, LONGEST_RETRY)
}

/// The open check of an answer that asks something.
#[must_use]
pub fn open(check: &CardCheck) -> Option<OpenCheck> {
    let presence = check.presence.as_ref()?;
    Some(Arc::new(Mutex::new(Open {
        id: check.check.check_id.clone(),
        token: presence.token.clone(),
    })))
}

/// What a refusal on an own page is to the patient.
fn own_answer(error: &ClientError) -> OwnAnswer {
    let ClientError::Problem(problem) = error else {
        return OwnAnswer::Lost;
    };
    tracing::info!(
        problem.code = problem.code,
        "the center refused something on an own page"
    );
    match problem.code.as_str() {
        "consent_not_in_force" => OwnAnswer::Over,
        // A page of a session that ended meanwhile is opened anew like one whose time is over.
        "own_page_ended" | "card_presence_wrong" => OwnAnswer::Ended,
        _ => OwnAnswer::Lost,
    }
}

/// Whether the challenge is of no more use: a new one is to be asked for.
fn is_spent(error: &ClientError) -> bool {
    let ClientError::Problem(problem) = error else {
        return false;
    };
    matches!(
        problem.code.as_str(),
        "card_challenge_used" | "card_challenge_expired"
    )
}

const UNREACHABLE: Refusal = Refusal::Failed(Failure::CenterUnreachable);

/// What a refusal of the center is to the patient. Codes are stable (`api::problem`).
fn refusal(error: &ClientError) -> Refusal {
    let ClientError::Problem(problem) = error else {
        return UNREACHABLE;
    };
    tracing::info!(
        problem.code = problem.code,
        "the center refused a check by card"
    );
    Refusal::Failed(match problem.code.as_str() {
        "card_confirmation_needed" => return Refusal::ConfirmationNeeded,
        "card_certificate_expired" => Failure::CardExpired,
        "card_certificate_not_yet_valid" => Failure::CardNotYetValid,
        "card_certificate_revoked" => Failure::CardRevoked,
        // The center answers; another try would say the same.
        "card_revocation_unknown" => Failure::RevocationUnknown,
        "card_certificate_unreadable"
        | "card_certificate_untrusted"
        | "card_certificate_policy"
        | "card_certificate_key"
        | "card_signature_wrong" => Failure::CardNotAccepted,
        "card_not_registered" => Failure::NotRegistered,
        "card_method_not_allowed" => Failure::MethodNotAllowed,
        // The line, or the session, comes back by itself.
        _ if matches!(problem.status, 401 | 503) => Failure::CenterUnreachable,
        _ => Failure::CenterRefused,
    })
}

#[cfg(test)]
mod tests;
