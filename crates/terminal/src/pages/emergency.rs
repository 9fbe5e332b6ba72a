//! 緊急時・災害時 (G28): what is open, one page for each mode, and the banner of every page while anything is. Each mode has pages, words and a
//! look of its own. Decides no right: the center does.

pub(crate) mod ambulance;
pub(in crate::pages) mod asking;
pub(crate) mod disaster;
pub(in crate::pages) mod eligibility;
pub(crate) mod outage;
pub(crate) mod reports;
pub(in crate::pages) mod search;

use api::emergency::OpenWindow;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::account::AccountKind;
use domain::civil_date::Instant;
use domain::emergency::Mode;
use domain::permissions::{Action, EmergencyMode, allows};
use serde::Deserialize;
use ui::component::{Banner, Tone, WayOn};
use ui::language::Words;

use crate::browsers::{hash, hex};
use crate::pages::{Frame, Staff, Visitor, show};
use crate::serve::App;
use crate::training::Ground;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/emergency";

/// The page of a mode with a window.
fn page_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Disaster => disaster::HERE,
        Mode::Outage => outage::HERE,
        Mode::Ambulance => ambulance::HERE,
    }
}

/// What the banner of every page says of a mode that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModeBanner {
    /// Its name in the style sheet: each mode looks different, and not by colour alone.
    pub(crate) mode: &'static str,
    /// One word, in a box.
    pub(crate) sign: String,
    pub(crate) title: String,
    pub(crate) until: String,
    pub(crate) allowed: String,
    pub(crate) reason: String,
    /// Where it is used, by whoever may.
    pub(crate) way_on: Option<(&'static str, String)>,
}

/// The banners of windows, for somebody who is signed in or for nobody yet.
pub(crate) fn banners(
    windows: &[OpenWindow],
    kind: Option<AccountKind>,
    words: &Words,
) -> Vec<ModeBanner> {
    windows
        .iter()
        .filter_map(|it| banner(it, kind, words))
        .collect()
}

fn banner(window: &OpenWindow, kind: Option<AccountKind>, words: &Words) -> Option<ModeBanner> {
    let mode = Mode::parse(&window.mode)?;
    let (sign, allowed, action) = match mode {
        Mode::Disaster => (
            "mode-disaster-sign",
            "mode-disaster-allowed",
            Action::ViewInDisaster,
        ),
        Mode::Outage => (
            "mode-outage-sign",
            "mode-outage-allowed",
            Action::AskInOutage,
        ),
        // It has no window.
        Mode::Ambulance => return None,
    };
    let may = kind.is_some_and(|kind| allows(kind, action));
    let until = days::show_instant(&window.until);
    Some(ModeBanner {
        mode: mode.as_str(),
        sign: words.say(sign),
        title: words.choose(mode.label_ja(), mode.label_en()).to_owned(),
        until: words.say_with("mode-until", &[("at", until.as_str())]),
        allowed: match kind {
            Some(_) if !may => words.say("mode-not-you"),
            Some(_) | None => words.say(allowed),
        },
        reason: window.reason.clone(),
        way_on: may.then(|| (page_of(mode), words.say("mode-use"))),
    })
}

/// What a page shows already, so that nothing is said twice.
pub(crate) fn seen(banners: &[ModeBanner]) -> String {
    let parts = banners
        .iter()
        .map(|it| format!("{}\u{1f}{}\u{1f}{}", it.mode, it.until, it.allowed));
    let text = parts.collect::<Vec<_>>().join("\u{1e}");
    hash(&text).map(|hash| hex(&hash)).unwrap_or_default()
}

/// The banner alone, for a page that is open.
#[derive(Template)]
#[template(path = "emergency_banner.html")]
struct BannerPart {
    frame: Frame,
}

/// A page that asks whether its banner still holds.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Shown {
    seen: String,
    from: String,
}

/// The banner anew; nothing while it is as it was. The main screen is asked to come anew, since its entries follow.
pub(crate) async fn live(
    State(app): State<App>,
    visitor: Visitor,
    Query(shown): Query<Shown>,
) -> Response {
    let mut frame = match Staff::of(&visitor, &app) {
        Some(staff) => staff.frame(&shown.from),
        None => visitor.frame(&shown.from),
    };
    frame.ground = Ground::of(&shown.from);
    if frame.modes_seen() == shown.seen {
        return StatusCode::NO_CONTENT.into_response();
    }
    let anew = matches!(shown.from.as_str(), "/" | HERE);
    let mut response = show(StatusCode::OK, &BannerPart { frame });
    if anew {
        let headers = response.headers_mut();
        headers.insert("hx-refresh", HeaderValue::from_static("true"));
    }
    response
}

/// Whether anything is open to the facility of whoever is signed in.
pub(crate) fn mode(app: &App, staff: &Staff) -> EmergencyMode {
    let facility = &staff.session.facility.code;
    let may = staff
        .kind()
        .is_some_and(|kind| allows(kind, Action::ViewInAmbulance));
    let ambulance = may && app.emergencies.takes_ambulances(facility);
    if ambulance || !staff.windows.is_empty() {
        EmergencyMode::Open
    } else {
        EmergencyMode::Closed
    }
}

/// The report that is owed once a window is over, when the menu leads there no more. As the center said last: nobody waits for it.
pub(in crate::pages) fn report_owed(app: &App, staff: &Staff) -> Option<Banner> {
    let facility = &staff.session.facility.code;
    let owed = staff.may(Action::AskInOutage) && app.emergencies.owes_report(facility);
    owed.then(|| {
        let fault = faults::own(&staff.words, "report_owed", "report-owed");
        let mut banner = Banner::new(Tone::Warning, fault);
        banner.way_on = Some(WayOn {
            href: reports::HERE.into(),
            text: staff.words.say("report-owed-way"),
        });
        banner
    })
}

#[derive(Template)]
#[template(path = "emergency.html")]
pub(super) struct EmergencyPage {
    pub(super) frame: Frame,
    pub(super) open: Vec<OpenMode>,
}

/// A mode that is open to whoever looks.
pub(super) struct OpenMode {
    pub(super) mode: &'static str,
    pub(super) sign: String,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) href: &'static str,
    pub(super) until: String,
}

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    crate::emergency::tell(&app, &staff.session.facility.code).await;
    let open = open_modes(&app, &staff, app.now());
    show(
        StatusCode::OK,
        &EmergencyPage {
            frame: staff.frame(HERE),
            open,
        },
    )
}

fn open_modes(app: &App, staff: &Staff, now: Instant) -> Vec<OpenMode> {
    let (words, facility) = (&staff.words, &staff.session.facility.code);
    let may = |action| staff.kind().is_some_and(|kind| allows(kind, action));
    let mut open = Vec::new();
    for window in app.emergencies.windows(facility, now) {
        let Some(banner) = banner(&window, staff.kind(), words) else {
            continue;
        };
        if let Some((href, _)) = banner.way_on {
            open.push(OpenMode {
                mode: banner.mode,
                sign: banner.sign,
                title: banner.title,
                about: banner.allowed,
                href,
                until: banner.until,
            });
        }
    }
    if may(Action::ViewInAmbulance) && app.emergencies.takes_ambulances(facility) {
        let mode = Mode::Ambulance;
        open.push(OpenMode {
            mode: mode.as_str(),
            sign: words.say("mode-ambulance-sign"),
            title: words.choose(mode.label_ja(), mode.label_en()).to_owned(),
            about: words.say("mode-ambulance-allowed"),
            href: ambulance::HERE,
            until: words.say("mode-ambulance-until"),
        });
    }
    open
}
