//! Emergency windows as operators open, approve, extend and close them, from the shell and from their pages.

use std::collections::BTreeSet;

use domain::audit::{Actor, Deed as Done};
use domain::civil_date::Instant;
use domain::emergency::window::{
    District, EmergencyWindow, InvalidReach, Places, Planned, Reach, RefusedStep, WindowKind,
};
use domain::institution_code::InstitutionCode;
use domain::posted_notice::Prefecture;
use serde::{Deserialize, Serialize};
use store::emergency::{Step, Stepped};
use uuid::Uuid;

use crate::app::{App, Shared, random};
use crate::emergency::approval::Approvers;
use crate::sessions::event;
use crate::told::Told;

/// A window as an operator opens it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWindow {
    /// `disaster` or `outage`.
    pub kind: String,
    /// Whether it reaches every facility.
    #[serde(default)]
    pub everywhere: bool,
    /// Prefectures by number.
    #[serde(default)]
    pub prefectures: Vec<String>,
    /// Districts: prefecture and 郡市区番号, four digits.
    #[serde(default)]
    pub districts: Vec<String>,
    /// Institution codes.
    #[serde(default)]
    pub facilities: Vec<String>,
    /// Why.
    pub reason: String,
    /// The first instant, RFC 3339; now when absent.
    #[serde(default)]
    pub from: Option<String>,
    /// The first instant at which it is open no more, RFC 3339.
    pub until: String,
}

/// What an operator does with a window that is there.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowStep {
    /// Approve what waits.
    Approve,
    /// Give it a later end, RFC 3339.
    Extend(String),
    /// End it now.
    Close,
}

/// A window as operators see it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WindowLine {
    /// Identifier.
    pub id: String,
    /// `disaster` or `outage`.
    pub kind: String,
    /// `waiting`, `planned`, `open`, `ended` or `closed`.
    pub standing: String,
    /// Whether it reaches every facility.
    pub everywhere: bool,
    /// Prefectures by number.
    pub prefectures: Vec<String>,
    /// Districts.
    pub districts: Vec<String>,
    /// Institution codes.
    pub facilities: Vec<String>,
    /// Why.
    pub reason: String,
    /// The first instant.
    pub from: String,
    /// The first instant at which it is open no more.
    pub until: String,
    /// What waits for another operator: who asked, and until when.
    pub waiting: Option<(String, String)>,
    /// Who may approve what waits: operators of the pages by name, and `local` for the shell.
    pub approvers: Vec<String>,
    /// Every step: when, who, what, until when.
    pub steps: Vec<(String, String, String, Option<String>)>,
}

/// Opens a window as this operator.
pub(crate) async fn open(app: &App, new: NewWindow, by: Actor) -> Result<WindowLine, Told> {
    let now = app.now();
    let kind = WindowKind::parse(&new.kind).ok_or_else(|| {
        let ja = "disaster（災害時）か outage（システム障害時）を指定してください。";
        Told::of("kind", "unknown", ja, "disaster or outage")
    })?;
    let from = new.from.as_deref().map(|text| instant("from", text));
    let planned = Planned {
        id: app.check_ids.next(now, random()?),
        kind,
        reach: reach(app, &new)?,
        reason: new.reason.trim().to_owned(),
        from: from.transpose()?.unwrap_or(now),
    };
    let until = instant("until", &new.until)?;
    let operators = app.emergency.operators();
    let window = EmergencyWindow::open(planned, until, name(&by), now, operators);
    let window = window.map_err(refused)?;
    let mut told = event(now, by, Done::EmergencyStep);
    told.subject = Some(window.planned.id);
    told.detail = format!("step=open kind={} until={until}", kind.as_str());
    app.engine.open_window(window.clone(), told).await?;
    news(app);
    Ok(line(&window, now, &Approvers::read(app, now)?))
}

/// Who acts, as a window's steps name them.
fn name(by: &Actor) -> &str {
    match by {
        Actor::Operator(name) => name,
        Actor::Center | Actor::Client { .. } | Actor::Account { .. } => "",
    }
}

/// Takes a step as this operator.
pub(crate) async fn step(
    app: &App,
    id: &str,
    step: WindowStep,
    by: Actor,
) -> Result<WindowLine, Told> {
    let now = app.now();
    let uuid = Uuid::parse_str(id).map_err(|_| unknown(id))?;
    let (step, name) = match step {
        WindowStep::Approve => {
            let after = app.emergency.given_counts_after(now);
            (Step::Approve(after), "approve")
        }
        WindowStep::Close => (Step::Close, "close"),
        WindowStep::Extend(until) => {
            let until = instant("until", &until)?;
            (Step::Extend(until, app.emergency.operators()), "extend")
        }
    };
    let mut told = event(now, by, Done::EmergencyStep);
    told.subject = Some(uuid.as_u128());
    told.detail = format!("step={name}");
    match app.engine.step_window(uuid.as_u128(), step, told).await? {
        Stepped::Done(window) => {
            news(app);
            Ok(line(&window, now, &Approvers::read(app, now)?))
        }
        Stepped::Unknown => Err(unknown(id)),
        Stepped::Refused(RefusedStep::OnePerson(why)) => {
            let all = app.engine.emergency_windows()?;
            let window = all.iter().find(|it| it.planned.id == uuid.as_u128());
            Err(Approvers::read(app, now)?.refused(why, window))
        }
        Stepped::Refused(why) => Err(refused(why)),
    }
}

/// There is no such window.
pub(crate) fn unknown(id: &str) -> Told {
    Told::none(
        "id",
        format!(
            "{id} の開放はありません。運用者の画面の「緊急時の開放」か、onshi emergency list で確かめてください。"
        ),
        "no such window; see the page \"Emergency windows\" or onshi emergency list",
    )
}

/// All windows, the newest first.
pub(crate) fn list(app: &Shared) -> Result<Vec<WindowLine>, Told> {
    let all = app.engine.emergency_windows()?;
    let now = app.now();
    let approvers = Approvers::read(app, now)?;
    Ok(all.iter().map(|it| line(it, now, &approvers)).collect())
}

/// Has facilities told at once.
fn news(app: &Shared) {
    if let Err(error) = crate::emergency::tell(app) {
        tracing::error!(error = %error, "facilities could not be told of an emergency window");
    }
}

fn instant(member: &'static str, text: &str) -> Result<Instant, Told> {
    Instant::parse(text).map_err(|_| {
        Told::of(
            member,
            "form",
            format!("{text}: 2026-12-31T15:00:00Z のような日時（RFC 3339）を指定してください。"),
            format!("{text}: a date and time of RFC 3339 such as 2026-12-31T15:00:00Z"),
        )
    })
}

fn reach(app: &Shared, new: &NewWindow) -> Result<Reach, Told> {
    let named = new.prefectures.len() + new.districts.len() + new.facilities.len();
    if new.everywhere && 0 < named {
        return Err(Told::of(
            "everywhere",
            "both",
            "全施設と、地域や施設は、同時に指定できません。",
            "either everywhere, or areas and facilities",
        ));
    }
    if new.everywhere {
        return Ok(Reach::Everywhere);
    }
    let mut places = Places::default();
    for text in &new.prefectures {
        let prefecture = Prefecture::parse(text).ok_or_else(|| {
            let ja = format!("{text}: 01から47の番号を指定してください。");
            Told::of("prefecture", "form", ja, "a number from 01 to 47")
        })?;
        places.prefectures.insert(prefecture);
    }
    for text in &new.districts {
        let district = District::parse(text).ok_or_else(|| {
            let ja = format!("{text}: 都道府県番号と郡市区番号の4桁を指定してください。");
            let en = "four digits: prefecture and district";
            Told::of("district", "form", ja, en)
        })?;
        places.districts.insert(district);
    }
    places.facilities = facilities(app, &new.facilities)?;
    Ok(Reach::Within(places))
}

fn facilities(app: &Shared, texts: &[String]) -> Result<BTreeSet<InstitutionCode>, Told> {
    let mut facilities = BTreeSet::new();
    for text in texts {
        let code = InstitutionCode::parse(text).map_err(|error| {
            let ja = format!("{text}: 10桁の医療機関コードを指定してください。");
            Told::of("facility", "form", ja, error.to_string())
        })?;
        // A code that was mistyped would open nothing, and nobody would notice.
        if app.engine.facility(code)?.is_none() {
            let ja = format!("{text} は登録されていません。コードを確かめてください。");
            let en = format!("{text} is not enrolled here");
            return Err(Told::of("facility", "unknown", ja, en));
        }
        facilities.insert(code);
    }
    Ok(facilities)
}

/// Why a step is refused, at the member it is about.
fn refused(why: RefusedStep) -> Told {
    let (member, ja) = match why {
        RefusedStep::Reach(InvalidReach::Nowhere) => {
            ("prefecture", "地域か施設を指定してください。")
        }
        RefusedStep::Reach(InvalidReach::DisasterEverywhere) => (
            "everywhere",
            "災害時の開放は、地域か施設を指定して行います。全施設には開放できません。",
        ),
        RefusedStep::Reach(InvalidReach::OutageByArea) => (
            "prefecture",
            "システム障害時の開放は、施設を指定するか全施設に行います。地域では開放できません。",
        ),
        RefusedStep::Reason => (
            "reason",
            "理由を1〜500文字で入力してください。制御文字は使えません。",
        ),
        RefusedStep::End => (
            "until",
            "終わりは、始まりより後の、これからの日時にしてください。",
        ),
        RefusedStep::TooLong => (
            "until",
            "終わりは92日先までです。長引くときは延長してください。",
        ),
        RefusedStep::NotLater => ("until", "延長の終わりは、今の終わりより後にしてください。"),
        RefusedStep::Over => ("", "この開放は終わっています。新しく開放してください。"),
        RefusedStep::NotWaiting => ("", "承認を待っているものはありません。"),
        RefusedStep::OnePerson(_) => ("", "承認は、別の運用者が行ってください。"),
        RefusedStep::Waiting => ("", "すでに承認を待っています。"),
    };
    Told::of(member, "refused", ja, why.to_string())
}

/// A window as operators see it.
fn line(window: &EmergencyWindow, now: Instant, approvers: &Approvers) -> WindowLine {
    let none = Places::default();
    let (everywhere, places) = match &window.planned.reach {
        Reach::Everywhere => (true, &none),
        Reach::Within(places) => (false, places),
    };
    let prefectures = places.prefectures.iter();
    let steps = window.changes().iter().map(|it| {
        let until = it.until.map(|it| it.to_string());
        let deed = it.deed.as_str().to_owned();
        (it.at.to_string(), it.operator.clone(), deed, until)
    });
    WindowLine {
        id: Uuid::from_u128(window.planned.id).to_string(),
        kind: window.planned.kind.as_str().into(),
        standing: window.standing(now).as_str().into(),
        everywhere,
        prefectures: prefectures
            .map(|it| format!("{:02}", it.number()))
            .collect(),
        districts: places.districts.iter().map(ToString::to_string).collect(),
        facilities: places.facilities.iter().map(ToString::to_string).collect(),
        reason: window.planned.reason.clone(),
        from: window.planned.from.to_string(),
        until: window.until().to_string(),
        waiting: window.waiting().map(|it| {
            let until = it.until.map(|it| it.to_string());
            (it.operator.clone(), until.unwrap_or_default())
        }),
        approvers: approvers.of(window),
        steps: steps.collect(),
    }
}
