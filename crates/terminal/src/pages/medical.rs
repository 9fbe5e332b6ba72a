//! 「医療情報確認」 (G26, G27): the patients who may be seen now, and the pages of each. Decides no right: the center does at every request, and
//! nothing of a patient is kept here or stands in an address.

pub(crate) mod changes;
pub(crate) mod checkups;
pub(crate) mod documents;
pub(crate) mod drugs;
pub(crate) mod flags;
pub(crate) mod patient;
pub(crate) mod still_open;
pub(crate) mod treatment;
pub(crate) mod view;

use api::client::cards::Cause;
use api::medical::{OpenedKind, Patient, Patients};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::{CivilDate, Instant};
use domain::codes::person::Sex;
use domain::medical_information::chart::search::Words as Sought;
use domain::medical_information::kind::{Basis, InformationKind};
use domain::permissions::Action;
use serde::Deserialize;
use ui::component::{Choice, Need, Select, TextField, Width};
use ui::language::Words;

use crate::days;
use crate::pages::receipt_link;
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;
use crate::training::Ground;

/// The page's own path.
pub(crate) const HERE: &str = "/medical";

#[derive(Template)]
#[template(path = "medical.html")]
pub(super) struct PatientsPage {
    pub(super) frame: Frame,
    pub(super) words_field: TextField,
    pub(super) order: Select,
    /// Whether who looked is a page of this account.
    pub(super) reads_looks: bool,
    /// Whether the list is written anew when somebody agrees: one that was searched stays as it was found.
    pub(super) follows: bool,
    pub(super) list: PatientsLive,
}

/// The list by itself, as it is written anew when there is news.
#[derive(Template)]
#[template(path = "medical_live.html")]
pub(super) struct PatientsLive {
    words: Words,
    pub(super) lines: Vec<PatientLine>,
    /// How many may be seen, whatever is searched for.
    all: usize,
    at: String,
    /// The page, for reading it again.
    again: String,
}

/// A patient in the list.
pub(super) struct PatientLine {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) kana: String,
    pub(super) born: String,
    pub(super) reference_number: String,
    pub(super) opened: Vec<OpenLine>,
}

/// What may be seen, and until when.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OpenLine {
    pub(super) kinds: String,
    pub(super) basis: String,
    /// True of what an emergency opened.
    pub(super) is_emergency: bool,
    /// Empty of what lasts until it is withdrawn.
    pub(super) until: String,
    pub(super) left: String,
}

/// Search terms, in the body of the request.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ListForm {
    words: String,
    order: String,
}

pub(crate) async fn list(State(app): State<App>, staff: Staff) -> Response {
    listed(&app, &staff, &ListForm::default()).await
}

pub(crate) async fn search(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ListForm>,
) -> Response {
    listed(&app, &staff, &form).await
}

async fn listed(app: &App, staff: &Staff, form: &ListForm) -> Response {
    let found = staff.client.medical_patients(staff.token());
    match found.await {
        Ok(found) => {
            let mut page = patients_page(staff.frame(HERE), found, form, app.now());
            if staff.ground == Ground::Real {
                page.reads_looks = staff.may(Action::ReadLooks);
                let place = receipt_link::of_medical(app, staff);
                page.frame.banners.extend(place);
            }
            show(StatusCode::OK, &page)
        }
        Err(error) => view::failed(app, staff, &error),
    }
}

/// The list once more, because somebody agreed while it was open: no person asked, so it keeps no session alive.
pub(crate) async fn live(State(app): State<App>, staff: Staff) -> Response {
    let client = &staff.client;
    let asked = client.medical_patients_by(staff.token(), Cause::Background);
    match asked.await {
        Ok(found) => {
            let form = ListForm::default();
            let list = patients_live(found, &form, app.now(), (staff.ground, &staff.words));
            show(StatusCode::OK, &list)
        }
        Err(error) => view::failed(&app, &staff, &error),
    }
}

pub(super) fn patients_page(
    frame: Frame,
    found: Patients,
    form: &ListForm,
    now: Instant,
) -> PatientsPage {
    let (words, ground) = (frame.words.clone(), frame.ground);
    // Nobody tells of what is practised elsewhere.
    let is_told = ground == Ground::Real;
    PatientsPage {
        words_field: TextField {
            need: Need::Plain,
            width: Width::Full,
            support: words.say("medical-list-words-support"),
            value: form.words.clone(),
            ..TextField::new("words", words.say("medical-list-words"))
        },
        order: order(&words, &form.order),
        reads_looks: false,
        follows: is_told && form.words.trim().is_empty() && form.order.is_empty(),
        list: patients_live(found, form, now, (ground, &words)),
        frame,
    }
}

/// The list. The center gives those who agreed last first.
fn patients_live(
    found: Patients,
    form: &ListForm,
    now: Instant,
    (ground, words): (Ground, &Words),
) -> PatientsLive {
    let all = found.patients.len();
    let mut patients = found.patients;
    let sought = Sought::new(&form.words);
    patients.retain(|it| {
        let texts = [
            Some(it.name.as_str()),
            it.kana.as_deref(),
            it.reference_number.as_deref(),
        ];
        sought.are_in(texts.into_iter().flatten())
    });
    match form.order.as_str() {
        "kana" => patients.sort_by(|a, b| (&a.kana, &a.name).cmp(&(&b.kana, &b.name))),
        "ends" => patients.sort_by_key(ends),
        _ => {}
    }
    let lines = patients
        .into_iter()
        .map(|it| line(it, now, (ground, words)));
    PatientsLive {
        lines: lines.collect(),
        all,
        at: now.to_minute_in_japan(),
        again: ground.at(HERE),
        words: words.clone(),
    }
}

fn order(words: &Words, value: &str) -> Select {
    let choice = |value: &str, key: &str| Choice {
        value: value.into(),
        label: words.say(key),
    };
    Select {
        name: "order",
        label: words.say("medical-order"),
        support: String::new(),
        need: Need::Plain,
        width: Width::Full,
        options: vec![
            choice("", "medical-order-newest"),
            choice("kana", "medical-order-kana"),
            choice("ends", "medical-order-ends"),
        ],
        value: value.to_owned(),
        errors: Vec::new(),
    }
}

/// When the first of a patient's kinds ends.
fn ends(patient: &Patient) -> Option<String> {
    patient.kinds.iter().map(|it| it.until.clone()).min()
}

fn line(patient: Patient, now: Instant, (ground, words): (Ground, &Words)) -> PatientLine {
    PatientLine {
        href: ground.at(&format!("{HERE}/{}", patient.id)),
        born: born(
            &patient.birth_date,
            &patient.sex,
            now.date_in_japan(),
            words,
        ),
        opened: open_lines(&patient.kinds, now, words),
        kana: patient.kana.unwrap_or_default(),
        reference_number: patient.reference_number.unwrap_or_default(),
        name: patient.name,
    }
}

/// Birth date, age and sex.
pub(super) fn born(birth_date: &str, sex: &str, today: CivilDate, words: &Words) -> String {
    let mut parts = vec![days::show(birth_date, words)];
    if let Ok(day) = CivilDate::parse_iso(birth_date) {
        let years = day.full_years_on(today).to_string();
        parts.push(words.say_with("medical-age", &[("years", years)]));
    }
    if let Some(sex) = Sex::from_code(sex) {
        parts.push(words.choose(sex.label_ja(), sex.label_en()).to_owned());
    }
    parts.join(words.choose("　", ", "))
}

/// What may be seen: one line for the kinds that rest on the same and end together.
pub(super) fn open_lines(kinds: &[OpenedKind], now: Instant, words: &Words) -> Vec<OpenLine> {
    let mut together: Vec<(&OpenedKind, Vec<InformationKind>)> = Vec::new();
    for kind in InformationKind::ALL {
        for it in kinds.iter().filter(|it| it.kind == kind.as_str()) {
            let same = together
                .iter_mut()
                .find(|(first, _)| (&first.basis, &first.until) == (&it.basis, &it.until));
            match same {
                Some((_, kinds)) => kinds.push(*kind),
                None => together.push((it, vec![*kind])),
            }
        }
    }
    let together = together.iter();
    together
        .map(|(it, kinds)| open_line(it, kinds, now, words))
        .collect()
}

fn open_line(it: &OpenedKind, kinds: &[InformationKind], now: Instant, words: &Words) -> OpenLine {
    let basis = Basis::parse(&it.basis);
    let kinds: Vec<String> = kinds.iter().map(|it| words.say(kind_key(*it))).collect();
    let end = days::show_end(&it.until);
    OpenLine {
        kinds: kinds.join(words.choose("・", ", ")),
        basis: basis.map_or_else(|| it.basis.clone(), |it| words.say(basis_key(it))),
        is_emergency: basis.is_some_and(Basis::is_emergency),
        left: match Instant::parse(&it.until) {
            _ if end.is_none() => words.say("medical-until-withdrawn"),
            Ok(until) => left(now.seconds_until(until), words),
            Err(_) => String::new(),
        },
        until: end.unwrap_or_default(),
    }
}

/// The time left, told in whole minutes and never as more than it is.
fn left(seconds: i64, words: &Words) -> String {
    let minutes = seconds.max(0) / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => words.say("medical-left-moment"),
        (0, minutes) => words.say_with("medical-left-minutes", &[("minutes", minutes)]),
        (hours, minutes) => {
            let values = [("hours", hours), ("minutes", minutes)];
            words.say_with("medical-left-hours", &values)
        }
    }
}

/// The key of a kind's words.
pub(super) fn kind_key(kind: InformationKind) -> &'static str {
    match kind {
        InformationKind::Drugs => "medical-kind-drugs",
        InformationKind::Treatment => "medical-kind-treatment",
        InformationKind::Surgery => "medical-kind-surgery",
        InformationKind::Checkups => "medical-kind-checkups",
    }
}

/// The key of the words of what a right to see rests on.
pub(super) fn basis_key(basis: Basis) -> &'static str {
    match basis {
        Basis::Visit => "medical-basis-visit",
        Basis::Home => "medical-basis-home",
        Basis::Disaster => "medical-basis-disaster",
        Basis::Ambulance => "medical-basis-ambulance",
    }
}
