//! 「同意の取消」 (G27): staff end a patient's consent to medical information for their facility, after a page that names what ends. Decides no
//! right, and takes back neither what was seen nor what was delivered. Whose consent it is travels in bodies, never in an address.

use api::card::CardCheckRecord;
use api::client::ClientError;
use api::medical::withdrawal::{WithdrawalDone, WithdrawalRequest};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::civil_date::Instant;
use domain::medical_information::kind::InformationKind;
use domain::medical_information::withdrawal::Reason;
use domain::permissions::Action;
use domain::questions::{Choice, Question};
use serde::Deserialize;
use ui::component::{Banner, ErrorSummary, Fault, Need, Radio, TextField, Tone, WayOn, Width};
use ui::language::Words;

use crate::browsers::{hash, hex, random_text};
use crate::faults;
use crate::pages::medical::{self, kind_key};
use crate::pages::result::is_identifier;
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;

/// Where a withdrawal is asked for, to be confirmed.
pub(crate) const ASK: &str = "/withdrawal";
/// Where it is done.
pub(crate) const CONFIRM: &str = "/withdrawal/confirm";

/// The field an error in the reason leads to: the first choice.
const FIRST_REASON: &str = "reason-1";

/// What a page offers to withdraw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// The check by card, or what opened the information.
    pub(super) id: String,
    /// The page it is offered on: `card` or `medical`.
    pub(super) origin: &'static str,
    /// The patient's name.
    pub(super) name: String,
    /// The kinds, with commas between them.
    pub(super) kinds: String,
}

impl Offer {
    /// What of a check by card still counts: answers "yes" that are neither over nor withdrawn. `None` where nothing does, or for whoever
    /// may not withdraw.
    pub(super) fn of_check(staff: &Staff, record: &CardCheckRecord, now: Instant) -> Option<Self> {
        let counts = |until: &str| Instant::parse(until).is_ok_and(|until| now < until);
        let agreed = record.consents.iter();
        let agreed = agreed
            .filter(|it| it.answer == Choice::Yes.as_str() && counts(&it.valid_until))
            .filter_map(|it| Question::parse(&it.question));
        let agreed: Vec<InformationKind> = agreed
            .flat_map(|it| InformationKind::of(it).iter().copied())
            .filter(|it| !record.withdrawn.iter().any(|gone| gone == it.as_str()))
            .collect();
        let name = record.check.results.first().map(|it| it.name.as_str());
        let id = &record.check.check_id;
        Self::new(staff, id, "card", name.unwrap_or_default(), &agreed)
    }

    /// The kinds that are open on a patient's page.
    pub(super) fn of_patient(
        staff: &Staff,
        id: &str,
        name: &str,
        open: &[InformationKind],
    ) -> Option<Self> {
        Self::new(staff, id, "medical", name, open)
    }

    fn new(
        staff: &Staff,
        id: &str,
        origin: &'static str,
        name: &str,
        kinds: &[InformationKind],
    ) -> Option<Self> {
        let kinds = InformationKind::ALL.iter().filter(|it| kinds.contains(it));
        let kinds: Vec<&str> = kinds.map(|it| it.as_str()).collect();
        (staff.may(Action::WithdrawConsent) && !kinds.is_empty()).then(|| Self {
            id: id.to_owned(),
            origin,
            name: name.to_owned(),
            kinds: kinds.join(","),
        })
    }
}

/// What is to be withdrawn, as offered and then as confirmed: who was shown comes along, so that a page with a fault shows them again.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct WithdrawForm {
    id: String,
    origin: String,
    name: String,
    kinds: String,
    reason: String,
    note: String,
    /// Made for each confirmation, so that one sent twice is done once and another is another.
    key: String,
}

impl WithdrawForm {
    fn kinds(&self) -> Vec<InformationKind> {
        let all = InformationKind::ALL.iter().copied();
        all.filter(|kind| self.kinds.split(',').any(|it| it == kind.as_str()))
            .collect()
    }

    fn request(&self) -> WithdrawalRequest {
        let kinds = self.kinds().iter().map(|it| it.as_str().into()).collect();
        WithdrawalRequest {
            kinds: Some(kinds),
            note: Some(self.note.trim().to_owned()).filter(|it| !it.is_empty()),
            reason: self.reason.clone(),
        }
    }

    /// The idempotency key: the same contents sent twice are done once.
    fn idempotency_key(&self) -> Option<String> {
        let parts = [&self.key, &self.id, &self.kinds, &self.reason, &self.note];
        let parts = parts.map(String::as_str);
        hash(&parts.join("\u{1f}")).map(|hash| hex(&hash))
    }

    /// The page it came from.
    fn back(&self) -> String {
        match self.origin.as_str() {
            "medical" => format!("{}/{}", medical::HERE, self.id),
            _ => format!("/card-checks/{}", self.id),
        }
    }

    fn offers_something(&self) -> bool {
        is_identifier(&self.id) && !self.kinds().is_empty()
    }
}

#[derive(Template)]
#[template(path = "withdrawal.html")]
pub(super) struct WithdrawalPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) name: String,
    /// What ends, in words.
    pub(super) ends: Vec<String>,
    pub(super) reasons: Vec<Radio>,
    pub(super) note: TextField,
    /// What the form carries along.
    pub(super) carried: Vec<(&'static str, String)>,
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "withdrawal_done.html")]
pub(super) struct DonePage {
    pub(super) frame: Frame,
    pub(super) name: String,
    pub(super) ended: Vec<String>,
    /// True where some of what was named had ended before.
    pub(super) is_less: bool,
    pub(super) withdrawal: String,
    pub(super) way_on: WayOn,
}

#[derive(Template)]
#[template(path = "withdrawal_nothing.html")]
pub(super) struct NothingPage {
    pub(super) frame: Frame,
}

pub(crate) async fn ask(staff: Staff, Filled(form): Filled<WithdrawForm>) -> Response {
    if !form.offers_something() {
        return nothing(&staff);
    }
    let Some(key) = random_text() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let form = WithdrawForm { key, ..form };
    let page = withdrawal_page(staff.frame(&form.back()), &form, &[]);
    show(StatusCode::OK, &page)
}

pub(crate) async fn confirm(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<WithdrawForm>,
) -> Response {
    if !form.offers_something() {
        return nothing(&staff);
    }
    if Reason::parse(&form.reason).is_none() {
        let fault = faults::own(&staff.words, "required", "withdrawal-reason-missing");
        return wrong(&staff, &form, &[(FIRST_REASON.into(), fault)]);
    }
    let Some(key) = form.idempotency_key() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let (client, request) = (&staff.client, form.request());
    let done = client.withdraw_consent(staff.token(), &key, &form.id, &request);
    match done.await {
        Ok(done) => {
            let page = done_page(staff.frame(&form.back()), &form, &done);
            show(StatusCode::OK, &page)
        }
        Err(error) => undone(&app, &staff, &form, &error),
    }
}

fn wrong(staff: &Staff, form: &WithdrawForm, faults: &[(String, Fault)]) -> Response {
    let page = withdrawal_page(staff.frame(&form.back()), form, faults);
    show(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// Nothing was withdrawn. Where it is not known whether it was, the form comes back under the same key, so that sending it again does it once.
fn undone(app: &App, staff: &Staff, form: &WithdrawForm, error: &ClientError) -> Response {
    let is_refused = match error {
        ClientError::Problem(problem) if problem.code == "unknown_patient" => {
            return nothing(staff);
        }
        ClientError::Problem(problem) if !problem.errors.is_empty() => {
            return wrong(staff, form, &faults::of_members(problem, &staff.words));
        }
        ClientError::Problem(problem) => problem.status < 500,
        _ => false,
    };
    if is_refused {
        return staff.failed(app, error, &form.back());
    }
    let mut page = withdrawal_page(staff.frame(&form.back()), form, &[]);
    let mut banner = Banner::new(Tone::Error, faults::of_client(error, &staff.words));
    banner.title = staff.words.say("withdrawal-unanswered");
    page.frame.banners.push(banner);
    show(StatusCode::BAD_GATEWAY, &page)
}

/// There is nothing to withdraw: no consent, none any more, or nobody of this facility; which of them is not told.
fn nothing(staff: &Staff) -> Response {
    let frame = staff.frame("/");
    show(StatusCode::NOT_FOUND, &NothingPage { frame })
}

/// The page that names what ends.
pub(super) fn withdrawal_page(
    frame: Frame,
    form: &WithdrawForm,
    faults: &[(String, Fault)],
) -> WithdrawalPage {
    let words = frame.words.clone();
    let mut note = [TextField {
        need: Need::Optional,
        width: Width::Full,
        support: words.say("withdrawal-note-support"),
        value: form.note.clone(),
        ..TextField::new("note", words.say("withdrawal-note"))
    }];
    let summary = faults::spread(faults, &mut note, &mut []);
    let [note] = note;
    WithdrawalPage {
        summary,
        name: form.name.clone(),
        ends: said(&form.kinds(), &words),
        reasons: Reason::ALL
            .iter()
            .map(|it| reason(*it, form, &words))
            .collect(),
        note,
        carried: vec![
            ("id", form.id.clone()),
            ("origin", form.origin.clone()),
            ("name", form.name.clone()),
            ("kinds", form.kinds.clone()),
            ("key", form.key.clone()),
        ],
        back: form.back(),
        frame,
    }
}

fn reason(it: Reason, form: &WithdrawForm, words: &Words) -> Radio {
    let support = match it {
        Reason::Facility => "withdrawal-by-facility-support",
        Reason::Patient => "withdrawal-by-patient-support",
        Reason::Purpose => "withdrawal-by-purpose-support",
    };
    let label = match it {
        Reason::Facility => "withdrawal-by-facility",
        Reason::Patient => "withdrawal-by-patient",
        Reason::Purpose => "withdrawal-by-purpose",
    };
    Radio {
        value: it.as_str().into(),
        label: words.say(label),
        support: vec![words.say(support)],
        chosen: form.reason == it.as_str(),
        barred: false,
    }
}

/// What a withdrawal came to.
pub(super) fn done_page(frame: Frame, form: &WithdrawForm, done: &WithdrawalDone) -> DonePage {
    let words = frame.words.clone();
    let ended = done
        .ended
        .iter()
        .filter_map(|it| InformationKind::parse(it));
    let ended: Vec<InformationKind> = ended.collect();
    let way_on = match form.origin.as_str() {
        "medical" => WayOn {
            href: medical::HERE.into(),
            text: words.say("medical-to-list"),
        },
        _ => WayOn {
            href: form.back(),
            text: words.say("withdrawal-to-result"),
        },
    };
    DonePage {
        name: form.name.clone(),
        is_less: ended.len() < form.kinds().len(),
        ended: said(&ended, &words),
        withdrawal: done.withdrawal.clone(),
        way_on,
        frame,
    }
}

fn said(kinds: &[InformationKind], words: &Words) -> Vec<String> {
    kinds.iter().map(|it| words.say(kind_key(*it))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_sent_twice_is_done_once_and_another_is_another() {
        let form = |key: &str| WithdrawForm {
            key: key.into(),
            kinds: "drugs".into(),
            ..WithdrawForm::default()
        };
        let key = |form: &WithdrawForm| form.idempotency_key().unwrap();
        assert_eq!(key(&form("a")), key(&form("a")));
        assert_ne!(key(&form("a")), key(&form("b")));
    }

    #[test]
    fn what_is_no_identifier_or_names_no_kind_offers_nothing() {
        let form = |id: &str, kinds: &str| WithdrawForm {
            id: id.into(),
            kinds: kinds.into(),
            ..WithdrawForm::default()
        };
        let id = "019aae5e-0000-7000-8000-000000000001";
        assert!(form(id, "surgery,drugs").offers_something());
        assert!(!form(id, "teeth").offers_something());
        assert!(!form("../looks", "drugs").offers_something());
    }
}
