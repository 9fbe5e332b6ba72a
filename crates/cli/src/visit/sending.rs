//! Sending what is on its way, again and again over a line that drops, each under its own key. What the center refuses comes to its end and is
//! told; what was not answered stays.

use std::fmt;
use std::time::Duration;

use api::card::{AnswerOfPatient, Challenge};
use api::client::ClientError;
use api::client::home_care::Prover;
use api::home_care::device::{
    DeviceActivation, DeviceRegistration, HomeAnswers, HomeCardCheck, RegisteredDevice,
};
use api::home_care::proof::PublicKey;
use api::home_care::{CheckAgain, HomeConsents, HomeWithdrawal};
use domain::back_off::BackOff;
use serde::Serialize;

use super::device::{Device, Told};
use super::queue::{Entry, Wish, Work};
use crate::client::{Given, explain_of};

/// Between two tries, at first and at most.
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

/// How something came to its end.
#[derive(Debug, Serialize)]
pub(crate) struct End {
    /// What it was.
    what: &'static str,
    /// What the center made of it.
    #[serde(flatten)]
    outcome: Outcome,
}

/// What became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
enum Outcome {
    /// It is recorded.
    Done {
        /// The check's or withdrawal's identifier.
        id: String,
        /// The patient's name, where there is one to show.
        name: String,
        /// The verdict, 1 to 6.
        verdict: Option<u8>,
        /// What was answered, where something was.
        answered: Vec<String>,
        /// What was given as an answer and not asked of this patient.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        not_asked: Vec<String>,
        /// Why the answers are not recorded, where the center took the check and not them.
        #[serde(skip_serializing_if = "Option::is_none")]
        answers_refused: Option<No>,
    },
    /// The center says no: nothing of it is recorded.
    Refused(No),
}

/// A refusal.
#[derive(Debug, Serialize)]
struct No {
    /// The code.
    code: String,
    /// What to do.
    text: String,
}

impl End {
    pub(crate) fn is_refused(&self) -> bool {
        match &self.outcome {
            Outcome::Done {
                answers_refused, ..
            } => answers_refused.is_some(),
            Outcome::Refused(_) => true,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Done {
                id,
                name,
                verdict,
                answered,
                not_asked,
                answers_refused,
            } => {
                write!(f, "{}: 登録しました / recorded {id}", self.what)?;
                if let Some(verdict) = verdict {
                    write!(f, "  {name} 様  verdict {verdict}")?;
                }
                if !answered.is_empty() {
                    write!(f, "  {}", answered.join(" "))?;
                }
                if !not_asked.is_empty() {
                    let not_asked = not_asked.join(" ");
                    write!(f, "  質問の対象外 / not asked: {not_asked}")?;
                }
                if let Some(No { code, text }) = answers_refused {
                    write!(
                        f,
                        "  回答は登録していません / the answers are not recorded: {text} [{code}]"
                    )?;
                }
                Ok(())
            }
            Outcome::Refused(No { code, text }) => {
                write!(
                    f,
                    "{}: 登録していません / not recorded: {text} [{code}]",
                    self.what
                )
            }
        }
    }
}

fn prover(device: &Device) -> Prover<'_> {
    Prover {
        key: device.key(),
        device: &device.known().device,
        now: crate::serve::now(),
    }
}

/// Whether a refusal ends by itself: the line, or a center that is crowded or restarts.
fn passes(error: &ClientError) -> bool {
    match error {
        ClientError::Connection(_) => true,
        // An answer that was cut off does not read.
        ClientError::Answer => true,
        ClientError::Problem(problem) => problem.status == 429 || 500 <= problem.status,
        ClientError::Address | ClientError::TooLarge | ClientError::Tls(_) => false,
    }
}

/// Asks until there is an answer, or the time is over.
async fn until_answered<T>(
    wait_s: u32,
    ask: impl AsyncFn() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let mut waits = BackOff::new(FIRST, LONGEST);
    let lots = api::client::lots::Lots::default();
    let end = tokio::time::Instant::now() + Duration::from_secs(wait_s.into());
    loop {
        let error = match ask().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let wish = match &error {
            ClientError::Problem(problem) => problem.retry_after_s,
            _ => None,
        };
        let wait = waits.next(wish, lots.draw());
        if !passes(&error) || end < tokio::time::Instant::now() + wait {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
    }
}

fn explained(error: &ClientError) -> anyhow::Error {
    explain_of(error, Given::Visit)
}

/// Makes the device known; a registration whose answer was lost is answered alike.
pub(crate) async fn register(
    device: &Device,
    activation: Option<DeviceActivation>,
    wait_s: u32,
) -> anyhow::Result<RegisteredDevice> {
    let client = device.client();
    let known = device.known();
    let facility = until_answered(wait_s, async || client.home_facility(&known.address).await)
        .await
        .map_err(|error| explained(&error))?;
    let (x, y) = device.key().coordinates();
    let body = DeviceRegistration {
        activation,
        address: known.address.clone(),
        key: PublicKey::of(&x, &y),
    };
    let ask = async || {
        let by = Prover {
            device: "",
            ..prover(device)
        };
        client.register_home_device(&by, &body).await
    };
    let registered = until_answered(wait_s, ask)
        .await
        .map_err(|error| explained(&error))?;
    device.learn(&Told {
        center_name: facility.center,
        facility: facility.facility,
        facility_name: facility.name,
        device: registered.id.clone(),
        ..known.clone()
    })?;
    Ok(registered)
}

/// A challenge for the card that lies there.
pub(crate) async fn challenge(
    device: &Device,
    address: &str,
    wait_s: u32,
) -> anyhow::Result<Challenge> {
    let ask = async || {
        device
            .client()
            .home_challenge(&prover(device), address)
            .await
    };
    until_answered(wait_s, ask)
        .await
        .map_err(|error| explained(&error))
}

/// With whom care is agreed.
pub(crate) async fn list(device: &Device, wait_s: u32) -> anyhow::Result<HomeConsents> {
    let ask = async || {
        device
            .client()
            .home_consents_at_device(&prover(device))
            .await
    };
    until_answered(wait_s, ask)
        .await
        .map_err(|error| explained(&error))
}

/// Sends all that is on its way, the oldest first. What a line that stays away keeps from being answered stays, with all after it.
pub(crate) async fn all(device: &Device, wait_s: u32) -> anyhow::Result<Vec<End>> {
    let mut ends = Vec::new();
    for (key, entry) in device.queue().entries()? {
        let what = entry.work.name();
        let outcome = match one(device, entry, wait_s).await {
            Ok(outcome) => outcome,
            Err(Stopped::Line) => break,
            Err(Stopped::Refused(no)) => Outcome::Refused(no),
            Err(Stopped::Other(error)) => return Err(error),
        };
        device.queue().remove(&key)?;
        ends.push(End { what, outcome });
    }
    Ok(ends)
}

/// Why one did not come to a good end.
enum Stopped {
    /// It was not answered; it stays.
    Line,
    /// The center says no.
    Refused(No),
    /// This device.
    Other(anyhow::Error),
}

impl From<ClientError> for Stopped {
    fn from(error: ClientError) -> Self {
        if passes(&error) {
            return Self::Line;
        }
        match error {
            ClientError::Problem(problem) => Self::Refused(No {
                text: format!("{} / {}", problem.clerk.ja, problem.clerk.en),
                code: problem.code,
            }),
            other => Self::Other(explained(&other)),
        }
    }
}

impl From<anyhow::Error> for Stopped {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

async fn one(device: &Device, mut entry: Entry, wait_s: u32) -> Result<Outcome, Stopped> {
    check(device, &mut entry, wait_s).await?;
    let Entry { key, work } = entry;
    match work {
        Work::Card { checked: None, .. } => Err(Stopped::Line),
        Work::Card {
            wish,
            checked: Some(check),
            ..
        } => answer(device, *check, wish, wait_s).await,
        Work::CheckAgain { consent } => check_again(device, &key, &consent, wait_s).await,
        Work::Withdraw { consent, reason } => {
            let body = HomeWithdrawal { reason };
            withdraw(device, &key, (&consent, &body), wait_s).await
        }
    }
}

/// Has a card checked that was not yet.
async fn check(device: &Device, entry: &mut Entry, wait_s: u32) -> Result<(), Stopped> {
    let (key, work) = (&entry.key, &mut entry.work);
    let Work::Card {
        request, checked, ..
    } = work
    else {
        return Ok(());
    };
    if checked.is_some() {
        return Ok(());
    }
    let ask = async || {
        device
            .client()
            .check_card_at_home(&prover(device), key, request)
            .await
    };
    *checked = Some(Box::new(until_answered(wait_s, ask).await?));
    // From here on only the answers are sent again.
    Ok(device.queue().add(entry)?)
}

/// Sends what the patient answers to what they are asked.
async fn answer(
    device: &Device,
    check: HomeCardCheck,
    wish: Option<Wish>,
    wait_s: u32,
) -> Result<Outcome, Stopped> {
    let (mut answered, mut not_asked, mut answers_refused) = (Vec::new(), Vec::new(), None);
    if let (Some(wish), Some(presence)) = (wish, &check.presence) {
        let is_asked = |it: &AnswerOfPatient| check.questions.contains(&it.question);
        let (asked, others) = wish.answers.into_iter().partition(is_asked);
        let others: Vec<AnswerOfPatient> = others;
        let others = others.iter();
        not_asked.extend(others.map(|it| format!("{}={}", it.question, it.answer)));
        let body = HomeAnswers {
            answers: asked,
            home_care: wish.home_care.clone(),
            token: presence.token.clone(),
        };
        let ask = async || {
            device
                .client()
                .answer_at_home(&prover(device), &check.id, &body)
                .await
        };
        match until_answered(wait_s, ask).await.map_err(Stopped::from) {
            Ok(consents) => {
                answered.extend(wish.home_care.map(|it| format!("home_care={it}")));
                let told = consents.consents.iter();
                answered.extend(told.map(|it| format!("{}={}", it.question, it.answer)));
            }
            // The check stands all the same, and is told of.
            Err(Stopped::Refused(no)) => answers_refused = Some(no),
            Err(stopped) => return Err(stopped),
        }
    }
    Ok(Outcome::Done {
        id: check.id,
        name: check.name,
        verdict: Some(check.verdict),
        answered,
        not_asked,
        answers_refused,
    })
}

/// Has somebody checked without the card, by a consent.
async fn check_again(
    device: &Device,
    key: &str,
    consent: &str,
    wait_s: u32,
) -> Result<Outcome, Stopped> {
    let body = CheckAgain::default();
    let ask = async || {
        device
            .client()
            .check_again_at_device(&prover(device), key, (consent, &body))
            .await
    };
    let done = until_answered(wait_s, ask).await?;
    Ok(Outcome::Done {
        id: done.id,
        name: done.name,
        verdict: Some(done.verdict),
        answered: Vec::new(),
        not_asked: Vec::new(),
        answers_refused: None,
    })
}

/// Ends what is agreed with somebody.
async fn withdraw(
    device: &Device,
    key: &str,
    (consent, body): (&str, &HomeWithdrawal),
    wait_s: u32,
) -> Result<Outcome, Stopped> {
    let ask = async || {
        device
            .client()
            .withdraw_at_device(&prover(device), key, (consent, body))
            .await
    };
    let done = until_answered(wait_s, ask).await?;
    Ok(Outcome::Done {
        id: done.withdrawal,
        name: String::new(),
        verdict: None,
        answered: done.ended,
        not_asked: Vec::new(),
        answers_refused: None,
    })
}
