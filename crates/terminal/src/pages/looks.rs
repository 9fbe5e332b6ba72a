//! 「閲覧記録」 (G27): who of the facility looked at whose medical information, when and on what ground; search, next page, export. Decides no
//! right and shows nothing of what was seen. Search terms travel in bodies, never in addresses; the center records every search.

use api::client::ClientError;
use api::medical::looks::{LookEntry, Looks, LooksExport, LooksSearch, PatientTerms};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::medical_information::kind::{Basis, InformationKind, Purpose, Way};
use serde::Deserialize;
use ui::component::{Checkbox, ErrorSummary, Fault, Need, NextPage, TextField, Width};
use ui::language::Words;

use crate::pages::csv_export::{ExportForm, attachment};
use crate::pages::medical::{basis_key, kind_key};
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/looks";
/// Where a file of them is made.
pub(crate) const EXPORT: &str = "/looks/export";

/// Days shown before anybody searched: the center's own default.
const DAYS: i32 = 30;

#[derive(Template)]
#[template(path = "looks.html")]
pub(super) struct LooksPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) fields: Vec<TextField>,
    pub(super) emergencies: Checkbox,
    pub(super) heads: Vec<String>,
    pub(super) lines: Vec<Line>,
    /// False where nothing was searched because the terms are wrong.
    pub(super) searched: bool,
    pub(super) next: Option<NextPage>,
}

/// A look in the list.
pub(super) struct Line {
    pub(super) at: String,
    pub(super) account: String,
    pub(super) account_kind: String,
    pub(super) name: String,
    pub(super) kana: String,
    pub(super) kinds: String,
    /// The months asked for, where any were.
    pub(super) months: String,
    pub(super) way: String,
    pub(super) purpose: String,
    pub(super) grounds: Vec<Ground>,
}

/// What a look rested on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ground {
    pub(super) text: String,
    pub(super) tone: &'static str,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct SearchForm {
    from: String,
    until: String,
    account: String,
    name: String,
    emergencies: String,
    after: String,
}

impl SearchForm {
    fn search(&self) -> LooksSearch {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let patient = given(&self.name).map(|name| PatientTerms {
            name: Some(name),
            ..PatientTerms::default()
        });
        LooksSearch {
            account: given(&self.account),
            after: given(&self.after),
            basis: None,
            emergencies: !self.emergencies.is_empty(),
            from: given(&self.from).map(|text| days::to_iso(&text)),
            patient,
            until: given(&self.until).map(|text| days::to_iso(&text)),
        }
    }

    fn faults(&self, words: &Words) -> Vec<(String, Fault)> {
        let fields = [("from", &self.from), ("until", &self.until)];
        let wrong = fields
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), days::fault(text, words)?)));
        wrong.collect()
    }

    fn terms(&self, next: &str) -> Vec<(&'static str, String)> {
        vec![
            ("from", self.from.clone()),
            ("until", self.until.clone()),
            ("account", self.account.clone()),
            ("name", self.name.clone()),
            ("emergencies", self.emergencies.clone()),
            ("after", next.to_owned()),
        ]
    }
}

pub(crate) async fn latest(State(app): State<App>, staff: Staff) -> Response {
    let today = app.now().date_in_japan();
    let form = SearchForm {
        from: today.plus_days(-DAYS).to_string(),
        until: today.to_string(),
        ..SearchForm::default()
    };
    find(&app, &staff, &form).await
}

pub(crate) async fn search(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<SearchForm>,
) -> Response {
    find(&app, &staff, &form).await
}

async fn find(app: &App, staff: &Staff, form: &SearchForm) -> Response {
    let faults = form.faults(&staff.words);
    if !faults.is_empty() {
        return wrong(staff, form, &faults);
    }
    match staff.client.looks(staff.token(), &form.search()).await {
        Ok(found) => {
            let page = looks_page(staff.frame(HERE), form, Some(found), &[]);
            show(StatusCode::OK, &page)
        }
        Err(error) => unfound(app, staff, form, &error),
    }
}

fn wrong(staff: &Staff, form: &SearchForm, faults: &[(String, Fault)]) -> Response {
    let page = looks_page(staff.frame(HERE), form, None, faults);
    show(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn unfound(app: &App, staff: &Staff, form: &SearchForm, error: &ClientError) -> Response {
    match faults::of_named(error, &staff.words) {
        Some(faults) => wrong(staff, form, &faults),
        None => staff.failed(app, error, HERE),
    }
}

/// What was found as a CSV file.
pub(crate) async fn export(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ExportForm<SearchForm>>,
) -> Response {
    let faults = form.search.faults(&staff.words);
    if !faults.is_empty() {
        return wrong(&staff, &form.search, &faults);
    }
    let Some(encoding) = form.encoding() else {
        return Redirect::to(HERE).into_response();
    };
    let body = LooksExport {
        encoding: encoding.as_str().into(),
        search: form.search.search(),
    };
    let bytes = match staff.client.export_looks(staff.token(), &body).await {
        Ok(bytes) => bytes,
        Err(error) => return unfound(&app, &staff, &form.search, &error),
    };
    attachment(bytes, encoding, "looks", app.now())
}

/// A page of the record of looks; `found` is absent where the terms are wrong.
pub(super) fn looks_page(
    frame: Frame,
    form: &SearchForm,
    found: Option<Looks>,
    faults: &[(String, Fault)],
) -> LooksPage {
    let words = frame.words.clone();
    let mut fields = fields(form, &words);
    let summary = faults::spread(faults, &mut fields, &mut []);
    let searched = found.is_some();
    let found = found.unwrap_or_default();
    let heads = [
        "looks-at",
        "user-id",
        "looks-patient",
        "looks-kinds",
        "looks-way",
        "looks-purpose",
        "looks-ground",
    ];
    LooksPage {
        summary,
        fields,
        emergencies: Checkbox {
            name: "emergencies",
            label: words.say("looks-emergencies"),
            support: String::new(),
            value: "1".into(),
            checked: !form.emergencies.is_empty(),
        },
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        searched,
        next: found.next.map(|next| NextPage {
            action: HERE,
            terms: form.terms(&next),
        }),
        lines: found.looks.into_iter().map(|it| line(it, &words)).collect(),
        frame,
    }
}

fn fields(form: &SearchForm, words: &Words) -> Vec<TextField> {
    let field = |name, label: &str, support: &str, value: &str| TextField {
        need: Need::Plain,
        width: Width::Full,
        support: words.say(support),
        value: value.to_owned(),
        ..TextField::new(name, words.say(label))
    };
    vec![
        field("from", "looks-from", "from-support", &form.from),
        field("until", "looks-until", "to-support", &form.until),
        field("account", "user-id", "looks-account-support", &form.account),
        field("name", "looks-name", "name-support", &form.name),
    ]
}

pub(super) fn line(entry: LookEntry, words: &Words) -> Line {
    let kinds = InformationKind::ALL.iter();
    let kinds = kinds.filter(|kind| entry.under.iter().any(|it| it.kind == kind.as_str()));
    let kinds: Vec<String> = kinds.map(|it| words.say(kind_key(*it))).collect();
    let kind = AccountKind::parse(&entry.account_kind);
    let (name, kana) = match entry.patient {
        Some(patient) => (patient.name, patient.kana.unwrap_or_default()),
        None => (words.say("looks-nobody"), String::new()),
    };
    let bases = Basis::ALL.iter().copied();
    let bases = bases.filter(|basis| entry.under.iter().any(|it| it.basis == basis.as_str()));
    Line {
        at: days::show_instant(&entry.at),
        account: entry.account,
        account_kind: kind.map_or(entry.account_kind, |it| {
            words.choose(it.label_ja(), it.label_en()).to_owned()
        }),
        name,
        kana,
        kinds: kinds.join(words.choose("・", ", ")),
        months: months(entry.from, entry.until, words),
        way: Way::parse(&entry.way).map_or(entry.way, |it| words.say(way_key(it))),
        purpose: Purpose::parse(&entry.purpose)
            .map_or(entry.purpose, |it| words.say(purpose_key(it))),
        grounds: bases.map(|it| ground(it, words)).collect(),
    }
}

/// An emergency is told in words, not by its colour alone.
fn ground(basis: Basis, words: &Words) -> Ground {
    let text = words.say(basis_key(basis));
    if basis.is_emergency() {
        Ground {
            text: words.say_with("looks-emergency", &[("basis", text)]),
            tone: "bad",
        }
    } else {
        Ground { text, tone: "note" }
    }
}

fn months(from: Option<String>, until: Option<String>, words: &Words) -> String {
    match (from, until) {
        (None, None) => String::new(),
        (from, until) => {
            let values = [
                ("from", from.unwrap_or_default()),
                ("until", until.unwrap_or_default()),
            ];
            words.say_with("looks-months", &values)
        }
    }
}

fn way_key(way: Way) -> &'static str {
    match way {
        Way::Page => "looks-way-page",
        Way::Print => "looks-way-print",
        Way::Pdf => "looks-way-pdf",
        Way::Xml => "looks-way-xml",
        Way::Machine => "looks-way-machine",
        Way::Own => "looks-way-own",
    }
}

fn purpose_key(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Treatment => "looks-for-treatment",
        Purpose::Dispensing => "looks-for-dispensing",
        Purpose::Disaster => "looks-for-disaster",
        Purpose::Ambulance => "looks-for-ambulance",
        Purpose::Own => "looks-for-own",
    }
}
