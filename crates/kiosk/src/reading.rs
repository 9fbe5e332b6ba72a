//! What the flow asks of the card: its mark, and signatures of the center's challenge. Turns the desk's words into the flow's; the
//! PIN passes through it once and is wiped with its type.

use std::time::Duration;

use api::card::CardCheck;
use api::own::OwnPage;
use aws_lc_rs::digest;
use card::card_desk::{CardDesk, Placed, Placement};
use card::certificate::{Certificate, Signed};
use card::error::CardError;
use card::pin::{LastTry, Pin};
use card::reader::LinkError;
use card::token::TokenKind;
use domain::card_challenge::ChallengeText;
use domain::identification::Method;
use domain::questions::Question;
use tokio::time::Instant;

use crate::flow::asking::{self, Outcome, Visit};
use crate::flow::facts::{Card, CardMark, Token};
use crate::flow::failure::{Failure, Refusal, Unreadable};
use crate::link::Link;
use crate::profile::Steps;

/// A phone is asked again this often, and so many times, whether its holder has confirmed: it tells nobody by itself.
const PHONE_EVERY: Duration = Duration::from_millis(500);
const PHONE_TIMES: u32 = 60;

/// Reads the card that was placed.
///
/// # Errors
/// [`Unreadable`].
pub async fn card(desk: &CardDesk, placed: Placed) -> Result<Card, Unreadable> {
    let started = Instant::now();
    let mark = match desk.certificate(placed.placement).await {
        Ok(certificate) => mark(&certificate),
        // A phone shows it with the signature only.
        Err(CardError::NeedsHolder) => None,
        Err(error) => return Err(unreadable(&error)),
    };
    tracing::debug!(card_us = since(started), "a card was read");
    Ok(Card {
        token: token(placed.token),
        tries: placed.tries.map(|tries| tries.0),
        mark,
    })
}

/// Proves who the person is: challenge, signature, check.
///
/// # Errors
/// [`Refusal`].
pub async fn identify(
    link: &Link,
    desk: &CardDesk,
    placed: Placed,
    method: Method,
    pin: Option<Pin>,
) -> Result<CardCheck, Refusal> {
    let started = Instant::now();
    let (challenge, text) = link.challenge().await?;
    let challenged = Instant::now();
    let signed = sign(desk, placed, method, pin, text).await?;
    let card_us = since(challenged);
    let check = link.check(challenge, &signed, method).await?;
    let center_us = since(started).saturating_sub(card_us);
    tracing::debug!(card_us, center_us, "a signature was checked");
    Ok(check)
}

/// The same for a card whose holder staff confirmed at this PC's reader. The center hears of that once the card has signed: a card
/// that is taken before leaves nothing that would confirm another.
///
/// # Errors
/// [`Refusal`].
pub async fn identify_confirmed(
    link: &Link,
    desk: &CardDesk,
    placed: Placed,
) -> Result<CardCheck, Refusal> {
    let (challenge, text) = link.challenge().await?;
    let signed = sign(desk, placed, Method::Visual, None, text).await?;
    link.release_here().await?;
    link.check(challenge, &signed, Method::Visual).await
}

/// Opens the own page of the card's holder: challenge, signature for this page after the PIN.
///
/// # Errors
/// [`Refusal`].
pub async fn open_own(
    link: &Link,
    desk: &CardDesk,
    placed: Placed,
    pin: Option<Pin>,
) -> Result<OwnPage, Refusal> {
    let (challenge, text) = link.challenge().await?;
    let signed = sign(desk, placed, Method::Pin, pin, text.of_own_page()).await?;
    link.open_own(challenge, &signed).await
}

/// Microseconds since an instant.
fn since(instant: Instant) -> u64 {
    u64::try_from(instant.elapsed().as_micros()).unwrap_or(u64::MAX)
}

async fn sign(
    desk: &CardDesk,
    placed: Placed,
    method: Method,
    pin: Option<Pin>,
    text: ChallengeText,
) -> Result<Signed, Refusal> {
    let signed = signed(desk, placed, method, pin, text).await;
    signed.map_err(|error| refusal(&error))
}

/// Has what was placed sign a challenge, each kind of token in its way.
pub(crate) async fn signed(
    desk: &CardDesk,
    placed: Placed,
    method: Method,
    pin: Option<Pin>,
    text: ChallengeText,
) -> Result<Signed, CardError> {
    let at = placed.placement;
    match (method, placed.token, pin) {
        (Method::Pin, TokenKind::IPhone, _) => sign_on_phone(desk, at, text).await,
        (Method::Pin, TokenKind::Card | TokenKind::Android, Some(pin)) => {
            desk.sign_with_pin(at, pin, LastTry::Keep, text).await
        }
        (Method::Pin, TokenKind::Card | TokenKind::Android, None) => Err(CardError::NeedsHolder),
        (Method::Visual | Method::Face, _, _) => desk.sign_with_terminal(at, text).await,
    }
}

/// An iPhone signs when its holder has confirmed on it.
async fn sign_on_phone(
    desk: &CardDesk,
    at: Placement,
    text: ChallengeText,
) -> Result<Signed, CardError> {
    let mut every = tokio::time::interval(PHONE_EVERY);
    let mut last = CardError::NeedsHolder;
    for _ in 0..PHONE_TIMES {
        every.tick().await;
        match desk.sign_on_phone(at, text.clone()).await {
            Err(CardError::NeedsHolder) => last = CardError::NeedsHolder,
            done => return done,
        }
    }
    Err(last)
}

/// What the center said, in the flow's words. Questions of a later version, and those this reader does not show, are left out:
/// unanswered they are "no".
#[must_use]
pub fn visit(check: &CardCheck, steps: Steps) -> Visit {
    Visit {
        name: check.name.clone(),
        outcome: match check.check.verdict {
            1 => Outcome::Covered,
            6 => Outcome::NoTicket,
            5 => Outcome::Several,
            _ => Outcome::NotCovered,
        },
        certificate: match check.certificate.state.as_str() {
            "about_to_expire" => {
                asking::Certificate::AboutToExpire(check.certificate.expires_on.clone())
            }
            "eligibility_only" => asking::Certificate::Expired,
            _ => asking::Certificate::Valid,
        },
        questions: check
            .questions
            .iter()
            .filter_map(|name| Question::parse(name))
            .filter(|question| steps.show(*question))
            .collect(),
    }
}

/// Why a card that lies there is of no use.
#[must_use]
pub fn unreadable(error: &CardError) -> Unreadable {
    match error {
        CardError::NotMyNumberCard => Unreadable::NotMyNumberCard,
        _ => Unreadable::Silent,
    }
}

fn refusal(error: &CardError) -> Refusal {
    match error {
        CardError::PinWrong { left } => return Refusal::PinWrong { left: left.0 },
        CardError::PinLocked => return Refusal::PinWrong { left: 0 },
        CardError::LastTry => return Refusal::PinWrong { left: 1 },
        CardError::Exchanged | CardError::Link(LinkError::Removed | LinkError::ReaderGone) => {
            return Refusal::CardTaken;
        }
        _ => {}
    }
    // Says what failed at the card, never whose it is.
    tracing::info!(error = %error, "a card did not sign");
    match error {
        CardError::NoTerminal
        | CardError::Terminal(_)
        | CardError::NeedsHolder
        | CardError::OtherToken => Refusal::Failed(Failure::MethodNotAllowed),
        CardError::UnsupportedKey => Refusal::Failed(Failure::CardNotAccepted),
        error => Refusal::CardFailed(unreadable(error)),
    }
}

fn mark(certificate: &Certificate) -> Option<CardMark> {
    let digest = digest::digest(&digest::SHA256, certificate.der());
    digest.as_ref().try_into().ok()
}

fn token(kind: TokenKind) -> Token {
    match kind {
        TokenKind::Card => Token::Card,
        TokenKind::Android => Token::Android,
        TokenKind::IPhone => Token::Iphone,
    }
}
