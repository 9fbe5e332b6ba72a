//! The check by card (contracts §4): challenge, verification in a fixed order, identification, verdict, durable record. Believes no method
//! that only a reader names, and shows nothing that is not on the disk.

use api::card::{
    CardCheck, CardCheckRequest, CertificateWorth, Challenge, ChallengeRequest, Presence,
};
use api::check::answered::certificates::specified_disease;
use api::check::{Answer, Origin, SpecifiedDisease, answered, asked};
use api::problem::card::CardTrouble;
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use domain::audit::{Deed, Event};
use domain::card_certificate::CertificateState;
use domain::card_challenge::{LIFE_S, Nonce, SignedFor};
use domain::check::{CeilingConsent, Finding, Verdict, evaluate_card};
use domain::civil_date::{CivilDate, Instant};
use domain::home_care::address::JoinCode;
use domain::identification::{Abilities, Confirmation, Method, confirmation, vouched};
use domain::permit::{AskByCard, Permit, SignedIn};
use domain::questions::{QuestionsState, asked as questions_of, asked_at_home, holdings_on};
use domain::reader::ReaderId;
use store::cards::questions::Delivered;
use store::cards::{CardDetails, CardRecorded, NewCardCheck};
use store::checks::NewCheck;
use store::home_care::addresses::Address;
use store::home_care::devices::Device;
use store::registry::cards::Holder;
use traces::Stage;

use crate::app::{App, Shared, random};
use crate::card_proof::{self, Proven, Refusal, Signed, challenge_trouble};
use crate::extract::{Body, Granted, Peer};
use crate::home_care;
use crate::receipts::sign;
use crate::sessions::{actor, event};
use crate::trouble::{Refused, absent, internal, unreadable};

pub(crate) async fn challenge(
    State(app): State<App>,
    Granted(permit): Granted<AskByCard>,
    _: Body<ChallengeRequest>,
) -> Result<(StatusCode, Json<Challenge>), Refused> {
    let challenge = new_challenge(&app, &permit).await?;
    Ok((StatusCode::CREATED, Json(challenge)))
}

/// A new challenge for whoever holds the permit.
pub(crate) async fn new_challenge(
    app: &App,
    permit: &Permit<AskByCard>,
) -> Result<Challenge, Refused> {
    let now = app.now();
    let made = store::cards::Challenge {
        id: app.check_ids.next(now, random()?),
        nonce: Nonce::from_bytes(random()?),
        issued: now,
    };
    app.engine.store_challenge(permit, made.clone()).await?;
    Ok(Challenge {
        center: app.name.to_string(),
        expires_at: now.plus_seconds(LIFE_S).to_string(),
        facility: permit.facility().to_string(),
        id: uuid::Uuid::from_u128(made.id).to_string(),
        issued_at: now.to_string(),
        nonce: made.nonce.as_str().into(),
    })
}

/// A request whose members read.
pub(crate) struct Shown {
    pub(crate) challenge: u128,
    pub(crate) certificate: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) method: Method,
    visit_date: CivilDate,
}

pub(crate) async fn ask(
    State(app): State<App>,
    Granted(permit): Granted<AskByCard>,
    Peer(peer): Peer,
    headers: HeaderMap,
    body: Body<CardCheckRequest>,
) -> Result<Json<CardCheck>, Refused> {
    let key = crate::repeats::key(&headers)?;
    let question = Question {
        body: &body.value,
        bytes: &body.bytes,
        key,
    };
    let at = At::Facility {
        terminal: &peer.terminal,
    };
    check(&app, &permit, at, question).await.map(Json)
}

/// Where a card lies.
pub(crate) enum At<'a> {
    /// At a reader of the facility, or of the PC of this name.
    Facility { terminal: &'a str },
    /// At a device at home or anywhere else.
    Home(&'a AtHome),
}

/// A device at home, and by which address the check is begun there.
pub(crate) struct AtHome {
    pub(crate) device: Device,
    pub(crate) address: Address,
    pub(crate) join: Option<JoinCode>,
}

/// What is asked, as it came.
pub(crate) struct Question<'a> {
    pub(crate) body: &'a CardCheckRequest,
    pub(crate) bytes: &'a Bytes,
    pub(crate) key: Option<String>,
}

/// One check, wherever the card lies.
pub(crate) async fn check(
    app: &App,
    permit: &Permit<AskByCard>,
    at: At<'_>,
    question: Question<'_>,
) -> Result<CardCheck, Refused> {
    let now = app.now();
    let shown = read(question.body, now.date_in_japan())
        .map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    if let Some(before) = before(app, permit, question.key.as_deref(), question.bytes)? {
        return Ok(before);
    }
    let (reader, home) = match at {
        At::Facility { terminal } => {
            let reader = app.engine.own_reader(permit, terminal)?;
            ((reader.id, reader.abilities), None)
        }
        At::Home(home) => {
            home_care::at_device::page_waits(app, permit, home)?;
            (home_care::reader_of(&home.device), Some(home))
        }
    };
    let asked = Asked {
        permit,
        reader: &reader,
        home,
        shown: &shown,
        now,
    };
    let (key, bytes) = (question.key.clone(), question.bytes);
    let outcome = match prove(app, &asked).and_then(|proven| identify(app, &asked, proven)) {
        Ok((proven, holder, confirmed)) => {
            let new = answer(app, &asked, &proven, (&holder, confirmed), question)?;
            record(app, permit, new).await?
        }
        Err(refusal) => Err(refusal),
    };
    match outcome {
        Ok(done) => Ok(done),
        Err(Refusal::Card(trouble)) => {
            // Sent twice at once, the other one may have been answered since it was looked for: with that challenge and release were used.
            let is_used = matches!(
                trouble,
                CardTrouble::ChallengeUsed | CardTrouble::ConfirmationNeeded
            );
            if is_used && let Some(before) = before(app, permit, key.as_deref(), bytes)? {
                return Ok(before);
            }
            let request = key.map(|key| request_of(app, permit.holder(), &key, bytes));
            // Its answer was lost on the line: it is on record, and what staff released since is for what comes next.
            if let Some(earlier) = request.and_then(|it| app.card_refusals.of(&it, now)) {
                return Err(Trouble::Card(earlier).into());
            }
            app.metrics.count_card_refusal(trouble);
            let event = refused(&asked, trouble);
            // A card that waits for staff goes on; any other refusal is the end of what they released for it.
            let waits = trouble == CardTrouble::ConfirmationNeeded;
            let ended = (!waits).then_some(&reader.0);
            app.engine
                .refuse_card(permit, shown.challenge, ended, event)
                .await?;
            if let Some(request) = request {
                app.card_refusals.keep(request, trouble, now);
            }
            Err(Trouble::Card(trouble).into())
        }
        Err(Refusal::Recorded(trouble)) => {
            app.metrics.count_card_refusal(trouble);
            if let Some(key) = key {
                let request = request_of(app, permit.holder(), &key, bytes);
                app.card_refusals.keep(request, trouble, now);
            }
            Err(Trouble::Card(trouble).into())
        }
        Err(Refusal::Other(refused)) => Err(refused),
    }
}

/// What a request that may come twice is known by.
fn request_of(app: &Shared, holder: &SignedIn, key: &str, question: &[u8]) -> [u8; 32] {
    let facility = holder.facility.as_u64().to_be_bytes();
    app.request_hash.of(&[
        &facility,
        holder.account.as_str().as_bytes(),
        &holder.certificate,
        key.as_bytes(),
        question,
    ])
}

/// What every step of a check looks at.
struct Asked<'a> {
    permit: &'a Permit<AskByCard>,
    /// Which reader, and what it can.
    reader: &'a (ReaderId, Abilities),
    home: Option<&'a AtHome>,
    shown: &'a Shown,
    now: Instant,
}

/// Challenge, certificate, revocation, dates, signature, in this order.
fn prove(app: &Shared, asked: &Asked<'_>) -> Result<Proven, Refusal> {
    let signed = Signed {
        challenge: asked.shown.challenge,
        certificate: &asked.shown.certificate,
        signature: &asked.shown.signature,
        signed_for: SignedFor::Check,
    };
    traces::during(Stage::CardProof, || {
        card_proof::prove(app, asked.permit, &signed, asked.now)
    })
}

/// Whether the reader may name the method, whether staff have confirmed it, and who the holder is.
fn identify(
    app: &Shared,
    asked: &Asked<'_>,
    proven: Proven,
) -> Result<(Proven, Holder, Confirmation), Refusal> {
    let (permit, now) = (asked.permit, asked.now);
    let (reader, abilities) = asked.reader;
    let policy = app.engine.settings(permit.facility())?.settings.face_policy;
    let token = proven.certificate.token;
    let confirmed = confirmation(asked.shown.method, token, *abilities, policy)
        .map_err(|_| CardTrouble::MethodNotAllowed)?;
    // Used up with the record; here it is only looked for, so that nobody's data are looked up before.
    // At home staff are there themselves: their device alone can have had the card sign so.
    let by_device = asked.home.is_some();
    if confirmed == Confirmation::Needed
        && !by_device
        && !app.engine.is_released(permit, reader, now)?
    {
        return Err(CardTrouble::ConfirmationNeeded.into());
    }
    let serial = &proven.certificate.serial;
    let found = traces::during(Stage::LookUp, || {
        let day = asked.shown.visit_date;
        app.engine.card_holder(permit, serial, day)
    });
    let holder = found?.ok_or(CardTrouble::NotRegistered)?;
    Ok((proven, holder, confirmed))
}

/// The verdict, the signed answer and all that is recorded with it.
fn answer(
    app: &Shared,
    asked: &Asked<'_>,
    proven: &Proven,
    (holder, confirmed): (&Holder, Confirmation),
    question: Question<'_>,
) -> Result<NewCardCheck, Refused> {
    let (permit, now, day) = (asked.permit, asked.now, asked.shown.visit_date);
    let registration = &holder.found.registration;
    let finding = evaluate_card(registration, permit.facility(), day);
    let circumstances = answered::Circumstances {
        check_id: app.check_ids.next(now, random()?),
        facility: permit.facility(),
        as_of: now,
        visit_date: day,
        ceiling_consent: CeilingConsent::Given,
        remarks: Vec::new(),
    };
    let number = holder.found.reference_number.as_deref();
    let answer = answered::write(&finding, number, &circumstances);
    let bytes = sign(app, &answer, now)?;
    let origin = if asked.home.is_some() {
        Origin::Home
    } else {
        Origin::Card
    };
    let person = &registration.person;
    let insurer = finding.entries.first().map(|it| it.coverage.insurer);
    let check = NewCheck {
        id: circumstances.check_id,
        at: now,
        visit_date: day,
        origin: origin.as_str(),
        verdict: finding.verdict,
        insurer: insurer.map(|it| it.as_digits()).unwrap_or_default(),
        name: Some(person.name.as_str().to_owned()),
        kana: person.kana.as_ref().map(|kana| kana.as_str().to_owned()),
        question: question.bytes.clone(),
        answer: bytes,
        key: question.key,
        sources: finding.sources(),
    };
    let card = CardDetails {
        person: person.id,
        reader: asked.reader.0.clone(),
        method: asked.shown.method,
        vouched: vouched(asked.reader.1, confirmed),
        token: proven.certificate.token,
        worth: proven.worth,
        expires_on: proven.certificate.validity.last_day(),
        questions: questions(app, asked, &finding, (holder, proven.worth))?,
        withheld: serde_json::to_vec(&diseases(&finding, day))
            .map_err(internal("withheld diseases are not written"))?,
    };
    Ok(NewCardCheck {
        check,
        challenge: asked.shown.challenge,
        card,
        confirmation: confirmed,
        refusal: refused(asked, CardTrouble::ConfirmationNeeded),
        home: asked.home.map(|it| home_care::recorded(it, &finding)),
    })
}

/// What is asked: nothing where there is no coverage to treat the patient under \[ours\].
fn questions(
    app: &Shared,
    asked: &Asked<'_>,
    finding: &Finding<'_>,
    (holder, worth): (&Holder, CertificateState),
) -> Result<Vec<domain::questions::Question>, Refused> {
    let (permit, day) = (asked.permit, asked.shown.visit_date);
    if !is_covered(finding) {
        return Ok(Vec::new());
    }
    let facility = app.engine.facility(permit.facility())?;
    let kind = facility.ok_or_else(absent("the facility that asks"))?.kind;
    let settings = app.engine.settings(permit.facility())?.settings;
    let coverages: Vec<_> = finding.entries.iter().map(|it| it.coverage).collect();
    let has = holdings_on(holder.holdings.clone(), &coverages, day);
    let rule = match asked.home {
        Some(_) => asked_at_home,
        None => questions_of,
    };
    Ok(rule(kind, &settings, &has, worth))
}

/// Whether there is a coverage to treat the patient under.
pub(crate) fn is_covered(finding: &Finding<'_>) -> bool {
    match finding.verdict {
        Verdict::Valid | Verdict::ValidUnregistered => true,
        Verdict::Invalid | Verdict::NewerExists | Verdict::NotFound | Verdict::Several => false,
    }
}

/// The specified-disease certificates that count on the day: delivered once the patient provides them.
fn diseases(finding: &Finding<'_>, day: CivilDate) -> Vec<SpecifiedDisease> {
    let entries = finding.entries.iter();
    let counting = entries.flat_map(|it| it.coverage.diseases_on(day));
    counting.map(specified_disease).collect()
}

async fn record(
    app: &App,
    permit: &Permit<AskByCard>,
    new: NewCardCheck,
) -> Result<Result<CardCheck, Refusal>, Refused> {
    let (id, verdict) = (new.check.id, new.check.verdict);
    let origin = if new.home.is_some() {
        Origin::Home
    } else {
        Origin::Card
    };
    let recorded = app.engine.record_card_check(permit, new).await?;
    let refusal = match recorded {
        CardRecorded::New { .. } => {
            app.metrics.count_check(verdict, origin);
            app.events.wake(permit.facility());
            return delivered(app, permit, id).map(Ok);
        }
        CardRecorded::Before(answer) => return repeated(app, permit, &answer).map(Ok),
        CardRecorded::Conflict => Refusal::Other(Trouble::IdempotencyConflict.into()),
        CardRecorded::Challenge(why) => Refusal::Card(challenge_trouble(why)),
        CardRecorded::NotReleased => Refusal::Recorded(CardTrouble::ConfirmationNeeded),
    };
    Ok(Err(refusal))
}

/// What the same request was answered before, if it was: a challenge is used once, an answer lost on the line may be asked for again.
fn before(
    app: &App,
    permit: &Permit<AskByCard>,
    key: Option<&str>,
    question: &[u8],
) -> Result<Option<CardCheck>, Refused> {
    let Some(key) = key else {
        return Ok(None);
    };
    match app.engine.answered(permit.holder(), key, question)? {
        Some(store::checks::Recorded::Before(answer)) => repeated(app, permit, &answer).map(Some),
        Some(store::checks::Recorded::Conflict) => Err(Trouble::IdempotencyConflict.into()),
        Some(store::checks::Recorded::New(_)) | None => Ok(None),
    }
}

fn repeated(app: &App, permit: &Permit<AskByCard>, answer: &[u8]) -> Result<CardCheck, Refused> {
    let answer: Answer = serde_json::from_slice(answer).map_err(unreadable("a kept answer"))?;
    let id = uuid::Uuid::parse_str(&answer.check_id)
        .map_err(internal("the identifier in a kept answer"))?;
    delivered(app, permit, id.as_u128())
}

/// The answer to the reader, read from what was recorded.
fn delivered(app: &App, permit: &Permit<AskByCard>, id: u128) -> Result<CardCheck, Refused> {
    let Delivered {
        card, answer, name, ..
    } = app
        .engine
        .own_card_check(permit, id)?
        .ok_or_else(absent("the check of a kept answer"))?;
    let open = card.state == QuestionsState::Open && app.now() < card.present_until;
    Ok(CardCheck {
        certificate: worth(&card),
        check: serde_json::from_slice(&answer).map_err(unreadable("a recorded answer"))?,
        method: card.method.as_str().into(),
        name: name.unwrap_or_default(),
        presence: open.then(|| Presence {
            expires_at: card.present_until.to_string(),
            token: presence_token(app, permit.holder(), id),
        }),
        questions: card.questions.iter().map(|it| it.as_str().into()).collect(),
        reader: card.reader,
        released_by: card.released_by,
    })
}

/// What the card's certificate was worth.
pub(crate) fn worth(card: &store::cards::questions::CardCheck) -> CertificateWorth {
    CertificateWorth {
        expires_on: card.expires_on.to_string(),
        state: card.worth.as_str().into(),
        token: card.token.as_str().into(),
    }
}

/// The presence token of a check: bound to it, to the account and to the client certificate, and to be made again by nobody without the
/// center's key.
pub(crate) fn presence_token(app: &Shared, holder: &SignedIn, id: u128) -> String {
    let hash = app.presence_hash.of(&[
        &id.to_be_bytes(),
        &holder.facility.as_u64().to_be_bytes(),
        holder.account.as_str().as_bytes(),
        &holder.certificate,
    ]);
    URL_SAFE_NO_PAD.encode(hash)
}

fn refused(asked: &Asked<'_>, trouble: CardTrouble) -> Event {
    let mut event = event(
        asked.now,
        actor(asked.permit.holder().clone()),
        Deed::CardRefused,
    );
    event.subject = Some(asked.shown.challenge);
    event.detail = format!(
        "code={} method={} reader={}",
        Trouble::Card(trouble).code(),
        asked.shown.method.as_str(),
        asked.reader.0
    );
    event
}

/// Reads a request's members, or says of each what is wrong.
pub(crate) fn read(body: &CardCheckRequest, today: CivilDate) -> Result<Shown, Vec<MemberError>> {
    let mut errors = Vec::new();
    let challenge = uuid::Uuid::parse_str(&body.challenge).ok();
    if challenge.is_none() {
        errors.push(MemberError::new(
            "challenge",
            "form",
            "challenge には POST /v1/card-challenges の id を指定してください。",
            "challenge is the id of POST /v1/card-challenges.",
        ));
    }
    let mut octets = |member, text: &str| {
        STANDARD.decode(text).unwrap_or_else(|_| {
            errors.push(MemberError::new(
                member,
                "form",
                "Base64で指定してください。",
                "Give it in base64.",
            ));
            Vec::new()
        })
    };
    let certificate = octets("certificate", &body.certificate);
    let signature = octets("signature", &body.signature);
    let method = Method::parse(&body.method);
    if method.is_none() {
        errors.push(MemberError::new(
            "method",
            "unknown",
            "method は pin、visual、face のいずれかです。",
            "method is pin, visual or face.",
        ));
    }
    let visit_date = asked::visit_date(body.visit_date.as_deref(), today)
        .map_err(|error| errors.push(error))
        .ok();
    match (challenge, method, visit_date) {
        (Some(challenge), Some(method), Some(visit_date)) if errors.is_empty() => Ok(Shown {
            challenge: challenge.as_u128(),
            certificate,
            signature,
            method,
            visit_date,
        }),
        _ => Err(errors),
    }
}
