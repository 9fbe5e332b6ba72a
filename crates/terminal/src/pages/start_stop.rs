//! 「起動と終了」 (G18): the order of the reader's maker, with what can be checked, and the way to switch the PC off from here, which
//! refuses the wrong order. Open to whoever may unlock this screen, with or without the center.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::diagnosis::{Diagnosis, FactName, Observation, Seen, Step};
use domain::equipment::Part;
use domain::inventory::{Contents, DeviceText};
use domain::screen_lock::Mode;
use domain::start_stop::{Machine, StartStep, StopPlan, Switching, WrongOrder};
use kiosk::profile::{self, Profile};
use serde::Deserialize;
use ui::component::{Banner, Checkbox, Fault, Tone, WayOn};
use ui::language::Words;

use crate::doctor::report;
use crate::faults;
use crate::pages::support::{frame, has_start_stop, signed_in, tone};
use crate::pages::{Filled, Frame, Visitor, show, trouble};
use crate::serve::App;
use crate::support::Pc;
use crate::update::AtShutDown;
use crate::upkeep::KnownBy;

/// The page's own path.
pub(crate) const HERE: &str = "/start-stop";

#[derive(Template)]
#[template(path = "start_stop.html")]
pub(super) struct StartStopPage {
    pub(super) frame: Frame,
    /// Whose reader it is, and what that is known by.
    pub(super) reader: String,
    pub(super) start: Vec<StepView>,
    pub(super) stop: Vec<StepView>,
    /// What must be off before the PC, to be confirmed.
    pub(super) before: Vec<Checkbox>,
    pub(super) may_power_off: bool,
    /// An update is installed on the way (G38).
    pub(super) updates_now: bool,
    /// An update waits, and from when on it would be installed; or one is under way or was cut off.
    pub(super) updates_later: Option<String>,
    /// When the checks were made.
    pub(super) checked_at: Option<String>,
    pub(super) source: String,
    pub(super) doubts: Vec<String>,
}

#[derive(Template)]
#[template(path = "stopping.html")]
pub(super) struct StoppingPage {
    pub(super) frame: Frame,
    /// What a person still does, in order.
    pub(super) left: Vec<StepView>,
    pub(super) by_itself: bool,
    /// The page it was begun on.
    pub(super) back: (&'static str, String),
}

pub(super) struct StepView {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
    pub(super) checks: Vec<CheckView>,
}

/// A line of a step.
pub(super) struct Line {
    pub(super) text: String,
    /// Whether it is data of the guide, which are Japanese in every language.
    pub(super) is_data: bool,
}

impl Line {
    fn own(text: String) -> Self {
        Self {
            text,
            is_data: false,
        }
    }

    fn data(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            is_data: true,
        }
    }
}

pub(super) struct CheckView {
    pub(super) label: String,
    pub(super) state: String,
    pub(super) tone: &'static str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct StopForm {
    /// Set when the reader was stopped.
    reader: Option<String>,
    /// Set when it was stopped although it is still seen.
    seen_anyway: Option<String>,
}

/// The plan of a profile, whose order was checked when it was read.
fn plan(profile: &Profile) -> Option<StopPlan> {
    let machine = |part: &profile::Part| match part {
        profile::Part::Pc => Machine::Pc,
        profile::Part::Monitor => Machine::Monitor,
        profile::Part::Reader => Machine::Reader,
    };
    let order: Vec<Machine> = profile.stop.order.iter().map(machine).collect();
    let how = match profile.stop.how {
        profile::Switching::Auto => Switching::FollowsPc,
        profile::Switching::Manual => Switching::ByHand,
    };
    StopPlan::new(order.try_into().ok()?, how)
}

pub(crate) async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    if let Some(not_here) = not_here(&app, &visitor) {
        return not_here;
    }
    answer(&app, &visitor, StatusCode::OK, None, false).await
}

/// Looks at what can be checked, and shows it by asking for the page again.
pub(crate) async fn check(State(app): State<App>, visitor: Visitor) -> Response {
    app.upkeep
        .examine(signed_in(&app, &visitor), app.now())
        .await;
    Redirect::to(HERE).into_response()
}

/// Begins to stop: in the wrong order nothing happens.
pub(crate) async fn stop(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<StopForm>,
) -> Response {
    if let Some(not_here) = not_here(&app, &visitor) {
        return not_here;
    }
    let words = &visitor.words;
    let contents = app.upkeep.inventory().contents;
    let profile = app.upkeep.reader_profile(&contents);
    let Some(plan) = profile.as_ref().and_then(plan) else {
        return no_profile(&app, &visitor);
    };
    let stopped: Vec<Machine> = form.reader.iter().map(|_| Machine::Reader).collect();
    if let Err(WrongOrder { first }) = plan.may_stop(Machine::Pc, &stopped) {
        let text = words.say_with("stop-first", &[("machine", machine(first, words))]);
        let fault = Fault {
            code: "wrong_order".into(),
            text,
        };
        return answer(
            &app,
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(fault),
            false,
        )
        .await;
    }
    let reader_goes_first = plan.before_pc().any(|it| it == Machine::Reader);
    if reader_goes_first
        && form.seen_anyway.is_none()
        && app.upkeep.sees_reader().await == Some(true)
    {
        let fault = faults::own(words, "reader_still_on", "stop-reader-seen");
        return answer(
            &app,
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(fault),
            true,
        )
        .await;
    }
    let by_itself = order_power_off(&app);
    match stopping_page(&app, &visitor, by_itself) {
        Some(page) => show(StatusCode::OK, &page),
        None => no_profile(&app, &visitor),
    }
}

/// Tells the system to switch the PC off; false where it cannot be told, and a person does it.
pub(super) fn order_power_off(app: &App) -> bool {
    let by_itself = match app.upkeep.power_off() {
        None => false,
        Some(order) => match pki::sealed::write_private(order, b"power off\n") {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(error = %error, "the order to switch off cannot be written");
                false
            }
        },
    };
    tracing::info!(by_itself, "the workplace is being stopped");
    by_itself
}

/// That an update waits which is not installed now, and from when on it is; or that one is under way or was cut off.
pub(super) fn updates_later(it: AtShutDown, words: &Words) -> Option<String> {
    match it {
        AtShutDown::Nothing | AtShutDown::Installs => None,
        AtShutDown::UnderWay => Some(words.say("stop-update-under-way")),
        AtShutDown::CutOff => Some(words.say("stop-update-cut-off")),
        AtShutDown::NotBefore(version, at) => {
            let of = [
                ("version", version.to_string()),
                ("at", at.to_minute_in_japan()),
            ];
            Some(words.say_with("stop-updates-later", &of))
        }
    }
}

pub(super) fn stopping_page(app: &App, visitor: &Visitor, by_itself: bool) -> Option<StoppingPage> {
    let contents = app.upkeep.inventory().contents;
    let profile = app.upkeep.reader_profile(&contents)?;
    let plan = plan(&profile)?;
    Some(StoppingPage {
        frame: frame(app, visitor, HERE),
        left: left(app, &visitor.words, &profile, plan, &contents, by_itself),
        by_itself,
        back: (HERE, visitor.words.say("start-stop")),
    })
}

/// After the day's reception, for pages that people have open then: that the reader is to be switched off, where it updates its own
/// system by that (G18, G38).
pub(super) fn reader_reminder(app: &App, words: &Words) -> Option<Banner> {
    if !has_start_stop(app) {
        return None;
    }
    app.updates.closed_since(app.now())?;
    let profile = app
        .upkeep
        .reader_profile(&app.upkeep.inventory().contents)?;
    profile.stop.note.as_ref()?;
    let mut text = words.say_with("stop-reader-now", &[("maker", profile.maker.as_str())]);
    if profile.stop.note_doubt {
        text = format!("{text} {}", words.say("stop-note-doubt"));
    }
    let fault = Fault {
        code: "switch_reader_off".into(),
        text,
    };
    let mut banner = Banner::new(Tone::Note, fault);
    banner.way_on = Some(WayOn {
        href: HERE.into(),
        text: words.say("start-stop"),
    });
    Some(banner)
}

/// Home-visit nursing has no reader, and no page of starting and stopping (G18, G37).
fn not_here(app: &App, visitor: &Visitor) -> Option<Response> {
    if has_start_stop(app) {
        return None;
    }
    let fault = faults::own(&visitor.words, "no_such_page", "no-such-page");
    let frame = frame(app, visitor, "/support");
    Some(trouble(StatusCode::NOT_FOUND, frame, fault))
}

fn no_profile(app: &App, visitor: &Visitor) -> Response {
    let fault = faults::own(&visitor.words, "no_profile", "stop-no-profile");
    let frame = frame(app, visitor, HERE);
    trouble(StatusCode::INTERNAL_SERVER_ERROR, frame, fault)
}

async fn answer(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    fault: Option<Fault>,
    is_seen: bool,
) -> Response {
    let at_shut_down = app.updates.at_shut_down(app.now()).await;
    match start_stop_page(app, visitor, is_seen, at_shut_down) {
        None => no_profile(app, visitor),
        Some(mut page) => {
            let banner = fault.map(|fault| Banner::new(Tone::Error, fault));
            page.frame.banners.extend(banner);
            show(status, &page)
        }
    }
}

pub(super) fn start_stop_page(
    app: &App,
    visitor: &Visitor,
    is_seen: bool,
    at_shut_down: AtShutDown,
) -> Option<StartStopPage> {
    let words = &visitor.words;
    let contents = app.upkeep.inventory().contents;
    let (profile, known_by) = app.upkeep.reader(&contents)?;
    let plan = plan(&profile)?;
    let examined = app.upkeep.recent(app.now());
    let diagnosis = examined.as_ref().map(|it| it.diagnosis.as_ref());
    let tick = |name: &'static str, label: &str, support: String| Checkbox {
        name,
        label: words.say(label),
        support,
        value: "1".into(),
        checked: false,
    };
    let mut before: Vec<Checkbox> = plan
        .before_pc()
        .filter(|it| *it == Machine::Reader)
        .map(|_| tick("reader", "stop-reader-done", profile.stop.steps.join("、")))
        .collect();
    before.extend(is_seen.then(|| tick("seen_anyway", "stop-seen-anyway", String::new())));
    let steps = StartStep::ALL.iter();
    Some(StartStopPage {
        frame: frame(app, visitor, HERE),
        reader: reader(words, &profile, known_by),
        start: steps
            .map(|step| start_step(app, words, *step, &profile, &contents, diagnosis))
            .collect(),
        stop: plan
            .order()
            .into_iter()
            .map(|it| stop_step(app, words, it, plan, &profile, &contents))
            .collect(),
        before,
        may_power_off: app.upkeep.power_off().is_some(),
        updates_now: at_shut_down.updates(),
        updates_later: updates_later(at_shut_down, words),
        checked_at: examined.as_ref().map(|it| it.at.to_minute_in_japan()),
        source: words.say_with(
            "start-stop-source",
            &[
                ("document", profile.source.document.as_str()),
                ("edition", profile.source.as_of.as_str()),
            ],
        ),
        doubts: profile.source.doubts.clone(),
    })
}

/// Whose order is shown, and where to put it right.
fn reader(words: &Words, profile: &Profile, known_by: KnownBy) -> String {
    let maker = [("maker", profile.maker.as_str())];
    match known_by {
        KnownBy::Inventory => words.say_with("start-stop-reader-inventory", &maker),
        KnownBy::Settings => words.say_with("start-stop-reader-settings", &maker),
        KnownBy::Nothing => words.say("start-stop-reader-unknown"),
    }
}

fn machine(machine: Machine, words: &Words) -> String {
    words.say(match machine {
        Machine::Pc => "machine-pc",
        Machine::Monitor => "machine-monitor",
        Machine::Reader => "machine-reader",
    })
}

fn button(words: &Words, place: &str) -> String {
    words.say_with("button-at", &[("place", place)])
}

/// Where the PC's button is, where the maker of the inventory is the one this is known of.
fn pc(known: &Pc, words: &Words, contents: &Contents) -> String {
    let maker = contents.device(Part::Pc).and_then(|it| it.maker.as_ref());
    if !maker.is_some_and(|it| known.is_by(it.as_str())) {
        return words.say("pc-button-unknown");
    }
    let place = format!("{} {}", known.maker, known.button);
    words.say_with("pc-button-at", &[("place", place)])
}

/// Where the monitor's button is, for the model of the inventory.
fn monitor(app: &App, words: &Words, contents: &Contents) -> Option<String> {
    let data = app.upkeep.support.start_stop().data;
    let display = contents.device(Part::Display);
    let model = display
        .and_then(|it| it.model.as_ref())
        .map(DeviceText::as_str);
    let known = data.monitor_named(model)?;
    let about = [("model", known.model.as_str()), ("place", &known.button)];
    Some(words.say_with("monitor-button-at", &about))
}

fn start_step(
    app: &App,
    words: &Words,
    step: StartStep,
    profile: &Profile,
    contents: &Contents,
    diagnosis: Option<&Diagnosis>,
) -> StepView {
    let data = app.upkeep.support.start_stop().data;
    let (title, lines, checks): (_, Vec<String>, &[Step]) = match step {
        StartStep::PcAndMonitor => {
            let mut lines = vec![pc(&data.pc, words, contents)];
            lines.extend(monitor(app, words, contents));
            ("start-pc", lines, &[Step::Terminal, Step::Clock])
        }
        StartStep::SignIn => {
            let lines = vec![words.say("start-sign-in-auto"), screen_lock(app, words)];
            ("start-sign-in", lines, &[])
        }
        StartStep::Reader => {
            let line = match profile.start.how {
                profile::Switching::Auto => words.say("reader-follows-pc"),
                profile::Switching::Manual => words.say("start-reader-by-hand"),
            };
            let place = profile.start.button.as_ref().map(|it| button(words, it));
            let lines = [line].into_iter().chain(place).collect();
            ("start-reader", lines, &[Step::ReaderService, Step::Reader])
        }
        StartStep::ConfirmReaderScreen => {
            let lines = vec![words.say("start-confirm-line")];
            ("start-confirm", lines, &[Step::Kiosk, Step::CenterTls])
        }
    };
    let seen = diagnosis.map(|it| it.steps.as_slice()).unwrap_or_default();
    let seen = seen.iter().filter(|it| checks.contains(&it.step));
    StepView {
        title: words.say(title),
        lines: lines.into_iter().map(Line::own).collect(),
        checks: seen.filter_map(|it| checked(words, it)).collect(),
    }
}

/// When the screen locks here, as it is set and weakened.
fn screen_lock(app: &App, words: &Words) -> String {
    let minutes = [("minutes", app.lock.idle_minutes())];
    match app.lock.weakened().0 {
        Mode::Full => words.say_with("start-sign-in-lock", &minutes),
        Mode::NoPassword => words.say_with("start-sign-in-hides", &minutes),
        Mode::ByHand => words.say("lock-mode-by-hand"),
        Mode::Absent => words.say("lock-mode-absent"),
    }
}

fn checked(words: &Words, it: &Observation) -> Option<CheckView> {
    if let Seen::NotChecked(_) = it.seen {
        return None;
    }
    let (ja, en) = report::state(it.seen);
    // Two readers are told apart by what the settings call them.
    let wanted = it.evidence.iter();
    let wanted = wanted
        .filter(|fact| fact.name == FactName::Wanted)
        .map(|fact| format!(" {}", fact.value));
    let label = words.choose(it.step.label_ja(), it.step.label_en());
    Some(CheckView {
        label: format!("{label}{}", wanted.collect::<String>()),
        state: words.choose(ja, en),
        tone: tone(it.seen),
    })
}

fn stop_step(
    app: &App,
    words: &Words,
    it: Machine,
    plan: StopPlan,
    profile: &Profile,
    contents: &Contents,
) -> StepView {
    let data = app.upkeep.support.start_stop().data;
    let lines = match (it, plan.how(it)) {
        (Machine::Pc, _) => vec![
            Line::own(words.say("stop-pc-line")),
            Line::data(&data.pc.shutdown.join(" → ")),
            Line::own(words.say("stop-pc-updates")),
            Line::data(&data.pc.shutdown_when_updates_wait),
        ],
        (Machine::Monitor, _) => {
            let line = Line::own(words.say("stop-monitor-line"));
            let place = monitor(app, words, contents).map(Line::own);
            [line, Line::data(&data.monitor.stop_note)]
                .into_iter()
                .chain(place)
                .collect()
        }
        (Machine::Reader, Switching::FollowsPc) => {
            vec![Line::own(words.say("reader-follows-pc"))]
        }
        (Machine::Reader, Switching::ByHand) => reader_by_hand(words, profile),
    };
    StepView {
        title: machine(it, words),
        lines,
        checks: Vec::new(),
    }
}

fn reader_by_hand(words: &Words, profile: &Profile) -> Vec<Line> {
    // Where the maker has steps they are the whole of it: the power of such a reader is not cut.
    let mut lines: Vec<Line> = match profile.stop.steps.as_slice() {
        [] => vec![Line::own(words.say("stop-reader-by-hand"))],
        steps => steps.iter().map(|it| Line::data(it)).collect(),
    };
    let place = profile.start.button.as_ref();
    lines.extend(place.map(|it| Line::own(button(words, it))));
    // Such a reader updates its own system when it is switched off (G18, G38).
    lines.extend(profile.stop.note.as_deref().map(Line::data));
    if profile.stop.note_doubt {
        lines.push(Line::own(words.say("stop-note-doubt")));
    }
    lines
}

/// What a person still does once the PC goes off: told before, for then nothing can be shown any more.
fn left(
    app: &App,
    words: &Words,
    profile: &Profile,
    plan: StopPlan,
    contents: &Contents,
    by_itself: bool,
) -> Vec<StepView> {
    let order = plan.order().into_iter();
    let left = order.skip_while(|it| *it != Machine::Pc);
    let left = left.filter(|it| !(by_itself && *it == Machine::Pc));
    left.map(|it| stop_step(app, words, it, plan, profile, contents))
        .collect()
}
