//! 「サポート」 (G34): what is wrong, whom to call for the model installed, what to have at hand, and a record to save for the desk. Open to
//! whoever may unlock this screen, with or without the center (contracts §10); shows nothing of patients and staff.

mod desks;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::diagnosis::{Diagnosis, PartState, Seen};
use domain::equipment::Part;
use domain::facility_kind::{FacilityKind, MobileDesk};
use domain::holidays::Lasting;
use domain::inventory::Contents;
use domain::support_directory::desk::{Contract, Matter};
use serde::Deserialize;
use ui::component::{Banner, Fact, Fault, Tone, WayOn};
use ui::language::Words;

use crate::doctor::SignedIn;
use crate::doctor::report::{self, Heading};
use crate::pages::start_stop::{self, StoppingPage};
use crate::pages::{Frame, Staff, Visitor, show, trouble, updates};
use crate::serve::{App, CardReader};
use crate::update::{AtShutDown, Standing};
use crate::{days, faults};

pub(super) use desks::DeskView;

/// The page's own path.
pub(crate) const HERE: &str = "/support";

#[derive(Template)]
#[template(path = "support.html")]
pub(super) struct SupportPage {
    pub(super) frame: Frame,
    /// When it was examined, and the outcome in one sentence.
    pub(super) outcome: Option<(String, String)>,
    pub(super) is_broken: bool,
    /// What to do about the fault to mend first.
    pub(super) remedy: Option<String>,
    /// Faults beside the first, each with what explains it.
    pub(super) others: Vec<String>,
    pub(super) chain: Vec<PartView>,
    pub(super) steps: Vec<StepView>,
    /// What the desks below are for.
    pub(super) about: Option<String>,
    pub(super) desks: Vec<DeskView>,
    /// What to say and have at hand.
    pub(super) ready: Vec<Fact>,
    pub(super) matters: Vec<MatterView>,
    /// With or without the contract, as the inventory says.
    pub(super) contract: String,
    pub(super) as_of: String,
    pub(super) notes: Vec<String>,
    pub(super) version: Vec<Fact>,
    pub(super) has_start_stop: bool,
    /// An update is installed on the way when the PC is switched off from here, where there is no page of starting and stopping (G38).
    pub(super) updates_now: bool,
    /// An update waits, and from when on it would be installed; or one is under way.
    pub(super) updates_later: Option<String>,
}

pub(super) struct PartView {
    pub(super) label: &'static str,
    pub(super) word: String,
    pub(super) tone: &'static str,
    pub(super) href: String,
}

pub(super) struct StepView {
    pub(super) label: &'static str,
    pub(super) state: String,
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
    pub(super) evidence: String,
}

pub(super) struct MatterView {
    pub(super) label: &'static str,
    pub(super) href: String,
    pub(super) is_chosen: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct About {
    about: String,
}

/// Kind of this terminal's facility, as its certificate's code says it.
pub(super) fn facility_kind(app: &App) -> Option<FacilityKind> {
    let code = app.certificates.first()?.holder.facility;
    FacilityKind::of_fee_table_digit(code.fee_table_digit())
}

/// The page's frame, for whoever is there.
pub(super) fn frame(app: &App, visitor: &Visitor, here: &str) -> Frame {
    match Staff::of(visitor, app) {
        Some(staff) => staff.frame(here),
        None => visitor.frame(here),
    }
}

/// The desks to call about a matter, the first one first, for pages of that matter.
pub(super) fn desks_of(app: &App, words: &Words, matter: Matter) -> Vec<DeskView> {
    desks::of(app, words, matter, &app.upkeep.inventory().contents)
}

pub(super) fn signed_in(app: &App, visitor: &Visitor) -> Option<SignedIn> {
    let staff = Staff::of(visitor, app)?;
    Some(SignedIn {
        token: staff.token().to_owned(),
        client: staff.client,
    })
}

/// What is wrong, for pages that people open first; looked at again when it may be mended.
pub(super) fn trouble_banner(app: &App, words: &Words) -> Option<Banner> {
    if app.upkeep.is_to_be_looked_at_again(app.now()) {
        let again = app.clone();
        tokio::spawn(async move { again.upkeep.examine(None, again.now()).await });
    }
    let examined = app.upkeep.last()?;
    let fault = examined.diagnosis.first_broken()?;
    let texts = fault.texts();
    let what = words.choose(texts.what.0, texts.what.1);
    let at = examined.at.to_minute_in_japan();
    let text = words.say_with("support-trouble", &[("at", at.as_str()), ("what", what)]);
    let mut banner = Banner::new(
        Tone::Warning,
        Fault {
            code: fault.as_str().into(),
            text,
        },
    );
    banner.way_on = Some(WayOn {
        href: HERE.into(),
        text: words.say("support-what-to-do"),
    });
    Some(banner)
}

pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    Query(about): Query<About>,
) -> Response {
    let standing = app.updates.standing().await;
    let at_shut_down = at_shut_down_here(&app).await;
    let page = support_page(&app, &visitor, &about.about, &standing, at_shut_down);
    show(StatusCode::OK, &page)
}

/// Examines, and shows the outcome by asking for the page again.
pub(crate) async fn examine(State(app): State<App>, visitor: Visitor) -> Response {
    app.upkeep
        .examine(signed_in(&app, &visitor), app.now())
        .await;
    Redirect::to(HERE).into_response()
}

/// The record for a desk, as a file.
pub(crate) async fn save(State(app): State<App>, visitor: Visitor) -> Response {
    let examined = match app.upkeep.recent(app.now()) {
        Some(examined) => examined,
        None => {
            app.upkeep
                .examine(signed_in(&app, &visitor), app.now())
                .await
        }
    };
    let standing = app.updates.standing().await;
    let facility = app.certificates.first().map(|it| it.holder.facility);
    let heading = Heading {
        at: Some(examined.at),
        facility: facility.map(|it| it.to_string()),
        devices: app.upkeep.inventory().contents.devices,
        version: standing.installed.unwrap_or(standing.running),
    };
    let text = report::text(&examined.diagnosis, &heading, visitor.words.language());
    let day = examined.at.date_in_japan().to_compact();
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"onshi-support-{day}.txt\""),
        ),
    ];
    (headers, text).into_response()
}

pub(super) fn support_page(
    app: &App,
    visitor: &Visitor,
    about: &str,
    standing: &Standing,
    at_shut_down: AtShutDown,
) -> SupportPage {
    let words = &visitor.words;
    let mut frame = frame(app, visitor, HERE);
    let inventory = app.upkeep.inventory().contents;
    let examined = app.upkeep.recent(app.now());
    let diagnosis = examined.as_ref().map(|it| it.diagnosis.as_ref());
    let first = diagnosis.and_then(Diagnosis::first_broken);
    let matter = Matter::parse(about).or(first.map(|fault| Matter::Part(fault.part())));
    frame.banners.extend(data_banners(app, words));
    let directory = app.upkeep.support.directory().data;
    SupportPage {
        outcome: examined.as_ref().map(|it| {
            let (ja, en) = report::summary(&it.diagnosis);
            (it.at.to_minute_in_japan(), words.choose(ja, en))
        }),
        is_broken: first.is_some(),
        remedy: first.map(|fault| {
            let remedy = fault.texts().remedy;
            words.choose(remedy.0, remedy.1).to_owned()
        }),
        others: diagnosis.map(|it| others(it, words)).unwrap_or_default(),
        chain: chain(diagnosis, words, shows_reader(app, &inventory)),
        steps: diagnosis.map(|it| steps(it, words)).unwrap_or_default(),
        about: matter.map(|it| label(it, words).to_owned()),
        desks: matter
            .map(|it| desks::of(app, words, it, &inventory))
            .unwrap_or_default(),
        ready: desks::ready(app, words, matter, &inventory),
        matters: matters(app, words, matter, &inventory),
        contract: words.say(match inventory.contract {
            Some(Contract::With) => "contract-with",
            Some(Contract::Without) => "contract-without",
            None => "contract-not-said",
        }),
        as_of: directory.as_of().to_owned(),
        notes: directory.notes().to_vec(),
        version: updates::facts(words, standing),
        has_start_stop: has_start_stop(app),
        updates_now: at_shut_down.updates(),
        updates_later: start_stop::updates_later(at_shut_down, words),
        frame,
    }
}

/// Start and stop are for places with a reader (G18, G37).
pub(super) fn has_start_stop(app: &App) -> bool {
    facility_kind(app).is_none_or(|kind| kind.differences().has_reader)
}

/// Whether a reader is spoken of: by kind (G37), or because there is one all the same.
fn shows_reader(app: &App, inventory: &Contents) -> bool {
    has_start_stop(app)
        || !matches!(app.card_reader, CardReader::None)
        || inventory.device(Part::Reader).is_some()
}

/// What becomes of an update when the PC is switched off from this page: of none where another page does that, or nobody but a person.
async fn at_shut_down_here(app: &App) -> AtShutDown {
    if has_start_stop(app) || app.upkeep.power_off().is_none() {
        return AtShutDown::Nothing;
    }
    app.updates.at_shut_down(app.now()).await
}

/// 「更新してシャットダウン」 where there is no page of starting and stopping: not while the update would be refused.
pub(crate) async fn stop(State(app): State<App>, visitor: Visitor) -> Response {
    if has_start_stop(&app) {
        return Redirect::to(start_stop::HERE).into_response();
    }
    let words = &visitor.words;
    let at_shut_down = at_shut_down_here(&app).await;
    if at_shut_down.updates() && start_stop::order_power_off(&app) {
        let page = StoppingPage {
            frame: frame(&app, &visitor, HERE),
            left: Vec::new(),
            by_itself: true,
            back: (HERE, words.say("support")),
        };
        return show(StatusCode::OK, &page);
    }
    let (status, fault) = match start_stop::updates_later(at_shut_down, words) {
        _ if at_shut_down.updates() => (
            StatusCode::INTERNAL_SERVER_ERROR,
            faults::own(words, "stop_not_begun", "stop-not-begun"),
        ),
        Some(text) => {
            let code = "reception".into();
            (StatusCode::CONFLICT, Fault { code, text })
        }
        None => (
            StatusCode::CONFLICT,
            faults::own(words, "no_update", "stop-no-update"),
        ),
    };
    trouble(status, frame(&app, &visitor, HERE), fault)
}

fn label(matter: Matter, words: &Words) -> &'static str {
    words.choose(matter.label_ja(), matter.label_en())
}

/// Edited data that are not good, and holidays that end.
fn data_banners(app: &App, words: &Words) -> Vec<Banner> {
    let troubles = app.upkeep.support.troubles().into_iter();
    let mut banners: Vec<Banner> = troubles
        .map(|trouble| {
            let text = words.say_with("support-bad-file", &[("trouble", trouble.to_string())]);
            Banner::new(
                Tone::Warning,
                Fault {
                    code: "bad_data_file".into(),
                    text,
                },
            )
        })
        .collect();
    let list = app.upkeep.support.holidays().data;
    let last = days::show(&list.holidays.last().to_string(), words);
    let (code, key) = match list.holidays.lasting(app.now().date_in_japan()) {
        Lasting::Long => return banners,
        Lasting::EndsIn(_) => ("holidays_end", "support-holidays-end"),
        Lasting::Ended => ("holidays_ended", "support-holidays-ended"),
    };
    let mut fault = faults::own(words, code, key);
    fault.text = words.say_with(key, &[("day", last)]);
    banners.push(Banner::new(Tone::Warning, fault));
    banners
}

fn others(diagnosis: &Diagnosis, words: &Words) -> Vec<String> {
    let others = diagnosis.found.iter().skip(1).map(|found| {
        let what = found.fault.texts().what;
        let what = words.choose(what.0, what.1);
        match found.because_of {
            None => what.to_owned(),
            Some(cause) => {
                let cause = cause.texts().what;
                let cause = words.choose(cause.0, cause.1);
                words.say_with("support-because", &[("what", what), ("cause", cause)])
            }
        }
    });
    others.collect()
}

fn chain(diagnosis: Option<&Diagnosis>, words: &Words, reader: bool) -> Vec<PartView> {
    let shown = Part::CHAIN
        .into_iter()
        .filter(|it| *it != Part::Reader || reader);
    let parts = shown.map(|part| {
        let state = diagnosis.map_or(PartState::NotKnown, |it| it.part(part));
        let (key, tone) = match state {
            PartState::Good => ("part-good", "good"),
            PartState::Broken => ("part-broken", "bad"),
            PartState::Suspect => ("part-suspect", "warn"),
            PartState::NotKnown => ("part-not-known", ""),
        };
        PartView {
            label: words.choose(part.label_ja(), part.label_en()),
            word: words.say(key),
            tone,
            href: call_about(Matter::Part(part)),
        }
    });
    parts.collect()
}

fn call_about(matter: Matter) -> String {
    format!("{HERE}?about={}#call", matter.as_str())
}

fn steps(diagnosis: &Diagnosis, words: &Words) -> Vec<StepView> {
    let steps = diagnosis.steps.iter().map(|it| {
        let (ja, en) = report::state(it.seen);
        StepView {
            label: words.choose(it.step.label_ja(), it.step.label_en()),
            state: words.choose(ja, en),
            word: report::word(it.seen),
            tone: tone(it.seen),
            evidence: report::evidence(it, words.language()),
        }
    });
    steps.collect()
}

pub(super) fn tone(seen: Seen) -> &'static str {
    match seen {
        Seen::Good => "good",
        Seen::Slow => "warn",
        Seen::Broken(_) => "bad",
        Seen::NotChecked(_) => "",
    }
}

/// What one may call about here. Mobile devices where they are used, or by kind (G37).
fn matters(
    app: &App,
    words: &Words,
    chosen: Option<Matter>,
    inventory: &Contents,
) -> Vec<MatterView> {
    let kind = facility_kind(app);
    let mobile = kind.is_some_and(|it| it.differences().mobile_desk == MobileDesk::Always)
        || inventory.device(Part::Mobile).is_some();
    let parts = Part::CHAIN.into_iter().chain(Part::BESIDE);
    let parts = parts.filter(|it| *it != Part::Mobile || mobile);
    let reader = shows_reader(app, inventory);
    let parts = parts.filter(|it| *it != Part::Reader || reader);
    let all = parts.map(Matter::Part).chain(Matter::OTHERS);
    let views = all.map(|matter| MatterView {
        label: label(matter, words),
        href: call_about(matter),
        is_chosen: Some(matter) == chosen,
    });
    views.collect()
}
