//! `/v1/medical/own`: the patient's own page at a kiosk or reader. A card that signed for this page after its PIN opens it, and nothing else
//! does; it says who looked and what may be seen, names nobody of a facility's staff and shows no medical information.

use std::collections::BTreeMap;

use api::card::CardCheckRequest;
use api::own::{
    OwnConsent, OwnConsents, OwnHomeCare, OwnLook, OwnLooks, OwnLooksRequest, OwnPage as Told,
    OwnRequest, OwnWithdrawal,
};
use api::problem::card::CardTrouble;
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::audit::{Deed, Event};
use domain::card_challenge::SignedFor;
use domain::civil_date::Instant;
use domain::home_care::UNTIL_WITHDRAWN;
use domain::identification::{Confirmation, Method, vouched};
use domain::institution_code::InstitutionCode;
use domain::medical_information::kind::{Basis, InformationKind, Way};
use domain::medical_information::look::{Look, Opened};
use domain::permit::{AskByCard, Permit};
use store::own::{Opening, OwnPage};
use store::readers::Reader;
use store::registry::cards::Holder;
use store::withdrawals::Withdrawn;
use uuid::Uuid;

use crate::app::{App, Shared, random};
use crate::card_checks::{Shown, read};
use crate::card_proof::{Refusal, Signed, challenge_trouble, prove};
use crate::extract::{Body, Granted, Peer};
use crate::sessions::{actor, event};
use crate::trouble::Refused;

/// There is nothing of that name to withdraw, or nothing any more.
const NOT_IN_FORCE: Trouble = Trouble::Card(CardTrouble::ConsentNotInForce);

/// Looks in one answer.
const LOOKS_AT_ONCE: u32 = 30;

/// Who asks, where.
struct Asking<'a> {
    permit: &'a Permit<AskByCard>,
    reader: &'a Reader,
    now: Instant,
}

pub(crate) async fn open(
    State(app): State<App>,
    Granted(permit): Granted<AskByCard>,
    Peer(peer): Peer,
    body: Body<OwnRequest>,
) -> Result<Json<Told>, Refused> {
    let now = app.now();
    let OwnRequest {
        certificate,
        challenge,
        method,
        signature,
    } = body.value;
    // A card shows the same here as for a check.
    let request = CardCheckRequest {
        certificate,
        challenge,
        method,
        signature,
        visit_date: None,
    };
    let shown = read(&request, now.date_in_japan())
        .map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    let reader = app.engine.own_reader(&permit, &peer.terminal)?;
    let asking = Asking {
        permit: &permit,
        reader: &reader,
        now,
    };
    let trouble = match identify(&app, &asking, &shown) {
        Ok(holder) => match opened(&app, &asking, &shown, &holder).await? {
            Ok(page) => return told(&app, &asking, &page, &holder).map(Json),
            Err(trouble) => trouble,
        },
        Err(Refusal::Card(trouble) | Refusal::Recorded(trouble)) => trouble,
        Err(Refusal::Other(refused)) => return Err(refused),
    };
    app.metrics.count_card_refusal(trouble);
    let event = refused(&asking, &shown, trouble);
    app.engine
        .refuse_card(&permit, shown.challenge, None, event)
        .await?;
    Err(Trouble::Card(trouble).into())
}

/// The holder of a card that signed for this page. An expired certificate opens it as long as it opens a check: what is shown is no
/// medical information, and whoever agreed must be able to take it back
/// (`docs/decisions/0071-the-patients-own-page.md`).
fn identify(app: &Shared, asking: &Asking<'_>, shown: &Shown) -> Result<Holder, Refusal> {
    let signed = Signed {
        challenge: shown.challenge,
        certificate: &shown.certificate,
        signature: &shown.signature,
        signed_for: SignedFor::OwnPage,
    };
    let proven = prove(app, asking.permit, &signed, asking.now)?;
    if shown.method != Method::Pin {
        return Err(CardTrouble::MethodNotAllowed.into());
    }
    let today = asking.now.date_in_japan();
    let serial = &proven.certificate.serial;
    let holder = app.engine.card_holder(asking.permit, serial, today)?;
    holder.ok_or_else(|| CardTrouble::NotRegistered.into())
}

/// Records that the page is opened.
async fn opened(
    app: &Shared,
    asking: &Asking<'_>,
    shown: &Shown,
    holder: &Holder,
) -> Result<Result<OwnPage, CardTrouble>, Refused> {
    let vouched = vouched(asking.reader.abilities, Confirmation::NotNeeded);
    let opening = Opening {
        id: app.check_ids.next(asking.now, random()?),
        challenge: shown.challenge,
        person: holder.found.registration.person.id,
        detail: format!(
            "method={} vouched={} reader={}",
            shown.method.as_str(),
            vouched.as_str(),
            asking.reader.id
        ),
    };
    let opened = app
        .engine
        .open_own_page(asking.permit, opening, asking.now)
        .await?;
    Ok(opened.map_err(challenge_trouble))
}

fn told(
    app: &Shared,
    asking: &Asking<'_>,
    page: &OwnPage,
    holder: &Holder,
) -> Result<Told, Refused> {
    let OwnLooks { looks, next } = looks_before(app, page, None)?;
    Ok(Told {
        consents: consents(app, asking, page)?,
        expires_at: page.ends().to_string(),
        id: Uuid::from_u128(page.id()).to_string(),
        looks,
        name: holder.found.registration.person.name.as_str().to_owned(),
        next,
        token: token(app, asking, page.id()),
    })
}

pub(crate) async fn looks(
    State(app): State<App>,
    Granted(permit): Granted<AskByCard>,
    Peer(peer): Peer,
    Path(id): Path<String>,
    body: Body<OwnLooksRequest>,
) -> Result<Json<OwnLooks>, Refused> {
    let reader = app.engine.own_reader(&permit, &peer.terminal)?;
    let asking = Asking {
        permit: &permit,
        reader: &reader,
        now: app.now(),
    };
    let page = present(&app, &asking, &id, &body.value.token)?;
    let before = Uuid::parse_str(&body.value.after).map_err(|_| {
        let error = MemberError::new(
            "after",
            "form",
            "after には前の答えの next を指定してください。",
            "after is the next of the answer before.",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })?;
    looks_before(&app, &page, Some(before.as_u128())).map(Json)
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    Granted(permit): Granted<AskByCard>,
    Peer(peer): Peer,
    Path(id): Path<String>,
    body: Body<OwnWithdrawal>,
) -> Result<Json<OwnConsents>, Refused> {
    let reader = app.engine.own_reader(&permit, &peer.terminal)?;
    let asking = Asking {
        permit: &permit,
        reader: &reader,
        now: app.now(),
    };
    let page = present(&app, &asking, &id, &body.value.token)?;
    let kinds = kinds(&body.value.kinds)?;
    let agreed = agreed(&app, &page, asking.now)?;
    let named = agreed
        .iter()
        .find(|it| name(&app, &page, it.facility) == body.value.consent);
    let facility = named.ok_or(NOT_IN_FORCE)?.facility;
    let id = app.check_ids.next(asking.now, random()?);
    let kinds = (!kinds.is_empty()).then_some(kinds);
    let withdrawn = app
        .engine
        .withdraw_own_consent(&permit, (&page, facility), id, kinds, asking.now)
        .await?;
    match withdrawn {
        Withdrawn::Done(_) => app.events.wake(facility),
        // Without a key nothing was asked before.
        Withdrawn::Nothing | Withdrawn::Before(_) => return Err(NOT_IN_FORCE.into()),
    }
    Ok(Json(OwnConsents {
        consents: consents(&app, &asking, &page)?,
    }))
}

/// The page whose token came, if it is its token and its time is not over.
fn present(app: &Shared, asking: &Asking<'_>, id: &str, shown: &str) -> Result<OwnPage, Refused> {
    let id = Uuid::parse_str(id)
        .map_err(|_| Trouble::NotFound)?
        .as_u128();
    let own = token(app, asking, id);
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(own.as_bytes(), shown.as_bytes());
    same.map_err(|_| Trouble::Card(CardTrouble::PresenceWrong))?;
    let page = app.engine.own_page(asking.permit, id, asking.now)?;
    Ok(page.ok_or(Trouble::Card(CardTrouble::OwnPageEnded))?)
}

/// The token of a page: bound to it, to account, client certificate and reader, and to be made again by nobody without the center's key.
fn token(app: &Shared, asking: &Asking<'_>, id: u128) -> String {
    let holder = asking.permit.holder();
    let hash = app.presence_hash.of(&[
        b"own page",
        &id.to_be_bytes(),
        &holder.facility.as_u64().to_be_bytes(),
        holder.account.as_str().as_bytes(),
        &holder.certificate,
        asking.reader.id.to_string().as_bytes(),
    ]);
    URL_SAFE_NO_PAD.encode(hash)
}

/// What a page calls the consent to a facility: good on this page alone.
fn name(app: &Shared, page: &OwnPage, facility: InstitutionCode) -> String {
    let hash = app.presence_hash.of(&[
        b"own consent",
        &page.id().to_be_bytes(),
        &facility.as_u64().to_be_bytes(),
    ]);
    URL_SAFE_NO_PAD.encode(hash)
}

fn kinds(names: &[String]) -> Result<Vec<InformationKind>, Refused> {
    let known = names.iter().map(|name| InformationKind::parse(name));
    known.collect::<Option<_>>().ok_or_else(|| {
        let error = MemberError::new(
            "kinds",
            "unknown",
            "kinds は drugs、treatment、surgery、checkups のいずれかです。",
            "kinds are drugs, treatment, surgery or checkups.",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })
}

/// Names of facilities, each read once.
struct Names<'a> {
    app: &'a Shared,
    known: BTreeMap<InstitutionCode, String>,
}

impl Names<'_> {
    fn of(&mut self, code: InstitutionCode) -> Result<String, Refused> {
        if let Some(name) = self.known.get(&code) {
            return Ok(name.clone());
        }
        let facility = self.app.engine.facility(code)?;
        // One that is enrolled no more is still told by its code.
        let name = facility.map_or_else(|| code.to_string(), |it| it.name);
        self.known.insert(code, name.clone());
        Ok(name)
    }
}

fn names(app: &Shared) -> Names<'_> {
    Names {
        app,
        known: BTreeMap::new(),
    }
}

fn looks_before(app: &Shared, page: &OwnPage, before: Option<u128>) -> Result<OwnLooks, Refused> {
    // One more than is shown tells whether there are older ones.
    let mut found = app
        .engine
        .looks_at_own(page, before, LOOKS_AT_ONCE.saturating_add(1))?;
    let most = usize::try_from(LOOKS_AT_ONCE).unwrap_or(usize::MAX);
    let is_more = most < found.len();
    found.truncate(most);
    let last = found.last().map(|it| Uuid::from_u128(it.id).to_string());
    let mut names = names(app);
    let looks: Result<Vec<OwnLook>, Refused> =
        found.iter().map(|it| look(&mut names, it)).collect();
    Ok(OwnLooks {
        looks: looks?,
        next: last.filter(|_| is_more),
    })
}

/// A look as the patient reads it: facility and kind of account, never a name of a person who works there.
fn look(names: &mut Names<'_>, it: &Look) -> Result<OwnLook, Refused> {
    let mut kinds: Vec<InformationKind> = it.under.iter().map(|opened| opened.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let newest = it.under.iter().max_by_key(|opened| opened.given);
    let viewer = match it.way {
        Way::Own => "patient",
        Way::Page | Way::Print | Way::Pdf | Way::Xml | Way::Machine => it.account_kind.as_str(),
    };
    Ok(OwnLook {
        at: it.at.to_string(),
        basis: newest.map(|opened| opened.basis.as_str().into()),
        emergency: it.is_emergency(),
        facility: names.of(it.facility)?,
        kinds: kinds.iter().map(|kind| kind.as_str().into()).collect(),
        purpose: it.purpose.as_str().into(),
        viewer: viewer.into(),
        way: it.way.as_str().into(),
    })
}

/// What is open, or agreed to for home care, at one facility.
struct Agreed {
    facility: InstitutionCode,
    open: Vec<Opened>,
    /// Since and until when care at home or from afar is agreed.
    home_care: Vec<(Instant, Instant)>,
}

/// What is open or agreed to, by facility.
fn agreed(app: &Shared, page: &OwnPage, now: Instant) -> Result<Vec<Agreed>, Refused> {
    let mut all: Vec<Agreed> = Vec::new();
    let mut at = |facility: InstitutionCode, add: &mut dyn FnMut(&mut Agreed)| match all
        .iter_mut()
        .find(|it| it.facility == facility)
    {
        Some(known) => add(known),
        None => {
            let mut new = Agreed {
                facility,
                open: Vec::new(),
                home_care: Vec::new(),
            };
            add(&mut new);
            all.push(new);
        }
    };
    for it in app.engine.open_at_facilities(page, now)? {
        at(it.facility, &mut |agreed| agreed.open.push(it.opened));
    }
    for (facility, given, until) in app.engine.home_care_at_facilities(page, now)? {
        at(facility, &mut |agreed| {
            agreed.home_care.push((given, until))
        });
    }
    Ok(all)
}

/// The consents in force: all that a facility may see is one, with home care, since the patient withdraws it from the facility.
fn consents(app: &Shared, asking: &Asking<'_>, page: &OwnPage) -> Result<Vec<OwnConsent>, Refused> {
    let mut names = names(app);
    let told = agreed(app, page, asking.now)?.into_iter().map(|it| {
        Ok(OwnConsent {
            consent: name(app, page, it.facility),
            facility: names.of(it.facility)?,
            ..consent(&it)
        })
    });
    told.collect()
}

/// What may be seen at one facility: begun with the newest answer, over with the last. Home care opens nothing, ends by itself, and is told beside it.
fn consent(at: &Agreed) -> OwnConsent {
    let mut kinds: Vec<InformationKind> = at.open.iter().map(|it| it.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let basis = |is: fn(Basis) -> bool| at.open.iter().map(|it| it.basis).find(|it| is(*it));
    let basis = basis(Basis::is_emergency).or_else(|| basis(|_| true));
    let home = at.home_care.iter();
    let given = at.open.iter().map(|it| it.given);
    let given = given.chain(home.clone().map(|(given, _)| *given)).max();
    let home_until = home.map(|(_, until)| *until).max();
    let until = at.open.iter().map(|it| it.valid_until).max();
    // What lasts until it is withdrawn has no end to tell.
    let told = |it: Instant| (it < UNTIL_WITHDRAWN).then(|| it.to_string());
    OwnConsent {
        basis: basis.unwrap_or(Basis::Home).as_str().into(),
        consent: String::new(),
        facility: String::new(),
        given: given.map(|it| it.to_string()).unwrap_or_default(),
        home_care: home_until.map(|it| OwnHomeCare { until: told(it) }),
        kinds: kinds.iter().map(|it| it.as_str().into()).collect(),
        until: until.or(home_until).and_then(told),
    }
}

fn refused(asking: &Asking<'_>, shown: &Shown, trouble: CardTrouble) -> Event {
    let holder = asking.permit.holder().clone();
    let mut event = event(asking.now, actor(holder), Deed::CardRefused);
    event.subject = Some(shown.challenge);
    event.detail = format!(
        "code={} method={} reader={} page=own",
        Trouble::Card(trouble).code(),
        shown.method.as_str(),
        asking.reader.id
    );
    event
}
