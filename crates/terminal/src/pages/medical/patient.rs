//! A patient's page (G26, G27): what is taken now, what needs a look, what changed, the timeline, every supply, checkups, treatment and surgery.
//! Every opening is a look on record; whoever may not be seen gets one and the same page.

use api::client::ClientError;
use api::medical::record::MedicalRecord;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::{CivilDate, Instant};
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::MedicalInformation;
use domain::medical_information::chart::Chart;
use domain::medical_information::chart::bar::Evidence;
use domain::medical_information::chart::search::Words as Sought;
use domain::medical_information::chart::supply::Days;
use domain::medical_information::chart::trend::Standing;
use domain::medical_information::drugs::DrugMonth;
use domain::medical_information::kind::{InformationKind, Way};
use serde::Deserialize;
use ui::component::{Banner, Checkbox, ErrorSummary, Fault, Need, TextField, Tone, Width};
use ui::language::Words;

use super::changes::{self, ChangeLine};
use super::checkups::{self, CheckupTable, TrendFigure};
use super::drugs::{self, CourseLine, NowLine, VisitLine, source_key};
use super::flags::{self, FlagLine};
use super::still_open::StillOpen;
use super::treatment::{self, SurgeryLine, TreatmentLine};
use super::view::{Looked, Span, ViewForm, look, not_seen};
use super::{HERE, OpenLine, kind_key};
use crate::charts::timeline::{Mark, timeline};
use crate::charts::{Sample, patterns, sample};
use crate::pages::result::is_identifier;
use crate::pages::withdrawal::Offer;
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::{App, InteractionList};
use crate::training::Ground;
use crate::{days, faults};

/// Days after today that the timeline shows.
const AHEAD_DAYS: i32 = 45;
/// Days back in which a change is told as one of late.
const LATE_DAYS: i32 = 183;

#[derive(Template)]
#[template(path = "medical_patient.html")]
pub(in crate::pages) struct PatientPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) here: String,
    /// What follows the page's own path in an address, and goes along from view to view.
    pub(in crate::pages) question: String,
    /// Where the eligibility of the day is shown that an opening was answered with.
    pub(in crate::pages) eligibility: Option<String>,
    pub(in crate::pages) summary: ErrorSummary,
    pub(in crate::pages) person: Header,
    pub(in crate::pages) still_open: StillOpen,
    pub(in crate::pages) form: ViewPart,
    pub(in crate::pages) is_print: bool,
    pub(in crate::pages) drugs: Option<DrugPart>,
    pub(in crate::pages) checkups: Option<CheckupPart>,
    pub(in crate::pages) treatment: Option<Vec<TreatmentLine>>,
    pub(in crate::pages) surgery: Option<Vec<SurgeryLine>>,
    /// What was looked at, when, why, and the number of the record of it.
    pub(in crate::pages) recorded: String,
    /// The words searched for.
    pub(in crate::pages) sought: Option<String>,
    pub(in crate::pages) patterns: String,
    /// The consent that may be withdrawn from here.
    pub(in crate::pages) withdrawal: Option<Offer>,
}

/// Lines of drugs from which on a page is long.
const LONG: usize = 200;

impl PatientPage {
    /// Whether the browser need not lay out all of it before it shows any.
    fn is_long(&self) -> bool {
        self.drugs.as_ref().is_some_and(|it| LONG <= it.lines)
    }

    /// What is said where a kind that is shown of all years, whatever the months, has no line.
    fn none_of_all_years(&self) -> &'static str {
        match self.sought {
            Some(_) => "medical-none-sought",
            None => "medical-none-all",
        }
    }
}

/// Who it is.
pub(in crate::pages) struct Header {
    pub(in crate::pages) name: String,
    pub(in crate::pages) kana: String,
    pub(in crate::pages) born: String,
}

/// The form of what is shown.
pub(in crate::pages) struct ViewPart {
    pub(in crate::pages) months: Vec<TextField>,
    pub(in crate::pages) words: TextField,
    pub(in crate::pages) kinds: Vec<Checkbox>,
    /// The names of all kinds that may be chosen.
    pub(in crate::pages) open: String,
    pub(in crate::pages) spans: Vec<(&'static str, String)>,
    /// The same as it stands now, for the print view and the files.
    pub(in crate::pages) current: Vec<(&'static str, String)>,
}

/// Drugs.
pub(in crate::pages) struct DrugPart {
    pub(in crate::pages) now: Vec<NowLine>,
    pub(in crate::pages) newest: String,
    /// Since when the records are read that this is told by, where the months shown are others.
    pub(in crate::pages) since: Option<String>,
    pub(in crate::pages) flags: Vec<FlagLine>,
    /// By which list pairs of drugs were looked for, if by any.
    pub(in crate::pages) interactions: String,
    pub(in crate::pages) changes: Vec<ChangeLine>,
    pub(in crate::pages) timeline: String,
    pub(in crate::pages) legend: Vec<(String, String)>,
    pub(in crate::pages) courses: Vec<CourseLine>,
    pub(in crate::pages) visits: Vec<VisitLine>,
    pub(in crate::pages) months: String,
    pub(in crate::pages) lines: usize,
}

/// Checkups.
pub(in crate::pages) struct CheckupPart {
    pub(in crate::pages) figures: Vec<TrendFigure>,
    pub(in crate::pages) legend: Vec<(String, String)>,
    pub(in crate::pages) table: CheckupTable,
    pub(in crate::pages) outside: String,
}

/// What stands in the address of a patient's page and goes along from view to view: the check an opening was answered with.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Along {
    check: String,
}

impl Along {
    fn check(&self) -> Option<&str> {
        is_identifier(&self.check).then_some(self.check.as_str())
    }
}

pub(crate) async fn open(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Query(along): Query<Along>,
) -> Response {
    let of = (id.as_str(), along.check());
    view(&app, &staff, of, &ViewForm::default(), Way::Page).await
}

pub(crate) async fn change(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Query(along): Query<Along>,
    Filled(form): Filled<ViewForm>,
) -> Response {
    view(&app, &staff, (&id, along.check()), &form, Way::Page).await
}

pub(crate) async fn print(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Query(along): Query<Along>,
    Filled(form): Filled<ViewForm>,
) -> Response {
    view(&app, &staff, (&id, along.check()), &form, Way::Print).await
}

async fn view(
    app: &App,
    staff: &Staff,
    (id, check): (&str, Option<&str>),
    form: &ViewForm,
    way: Way,
) -> Response {
    let today = app.now().date_in_japan();
    let (span, wrong) = match form.months(today, &staff.words) {
        Ok(span) => (span, Vec::new()),
        // What is shown stays as it was at first, and the page says what is wrong.
        Err(wrong) => {
            let first = ViewForm::default().months(today, &staff.words);
            let none = Span::default();
            (first.unwrap_or(none), wrong)
        }
    };
    let changes = app.emergencies.changes();
    let Looked { record, lately } = match look(staff, id, form, (span, today), way).await {
        Ok(looked) => looked,
        Err(error) => return not_seen(app, staff, &error),
    };
    let lately = match &lately {
        Some(record) => record.information().map(Some),
        None => Some(None),
    };
    let (Some(information), Some(lately)) = (record.information(), lately) else {
        return staff.failed(app, &ClientError::Answer, HERE);
    };
    let status = if wrong.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let here = format!("{HERE}/{id}");
    let shown = Shown {
        here: staff.ground.at(&here),
        check,
        record: &record,
        information: &information,
        lately: lately.as_ref().map(|it| it.drugs.as_slice()),
        form,
        span,
        way,
        wrong: &wrong,
        now: app.now(),
        changes,
        interactions: app.interactions.as_ref(),
    };
    let mut page = patient_page(staff.frame(&here), &shown);
    page.withdrawal = match staff.ground {
        Ground::Real => Offer::of_patient(staff, id, &page.person.name, &open_kinds(&shown)),
        Ground::Training => None,
    };
    show(status, &page)
}

/// What a page is made of.
pub(in crate::pages) struct Shown<'a> {
    pub(in crate::pages) here: String,
    /// The check that what is open was answered with, where the address tells.
    pub(in crate::pages) check: Option<&'a str>,
    pub(in crate::pages) record: &'a MedicalRecord,
    pub(in crate::pages) information: &'a MedicalInformation,
    /// The drugs of a year up to today, where the months shown leave any of it out.
    pub(in crate::pages) lately: Option<&'a [DrugMonth]>,
    pub(in crate::pages) form: &'a ViewForm,
    pub(in crate::pages) span: Span,
    pub(in crate::pages) way: Way,
    pub(in crate::pages) wrong: &'a [(String, Fault)],
    pub(in crate::pages) now: Instant,
    /// The changes of what may be seen that were told of before the look.
    pub(in crate::pages) changes: u64,
    pub(in crate::pages) interactions: Option<&'a InteractionList>,
}

/// The page of a look.
pub(in crate::pages) fn patient_page(mut frame: Frame, shown: &Shown<'_>) -> PatientPage {
    let words = frame.words.clone();
    let (record, information) = (shown.record, shown.information);
    let sought = Sought::new(&shown.form.words);
    let sees = |kind: InformationKind| {
        let is_open = record.opened.iter().any(|it| it.kind == kind.as_str());
        is_open.then_some(kind)
    };
    let still_open = StillOpen::of(
        (&shown.here, shown.changes),
        &record.opened,
        shown.now,
        &words,
    );
    frame.banners.extend(emergency(&still_open.lines, &words));
    let mut form = view_part(shown, &words);
    let summary = faults::spread(shown.wrong, &mut form.months, &mut []);
    let check = shown.check.filter(|_| !frame.ground.is_training());
    PatientPage {
        here: shown.here.clone(),
        question: check.map_or_else(String::new, |it| format!("?check={it}")),
        eligibility: check.map(|it| format!("/checks/{it}")),
        summary,
        person: Header {
            name: record.patient.name.clone(),
            kana: record.patient.kana.clone().unwrap_or_default(),
            born: super::born(
                &record.patient.birth_date,
                &record.patient.sex,
                shown.now.date_in_japan(),
                &words,
            ),
        },
        form,
        is_print: shown.way == Way::Print,
        drugs: sees(InformationKind::Drugs).map(|_| drug_part(shown, &sought, &words)),
        checkups: sees(InformationKind::Checkups).map(|_| checkup_part(shown, &sought, &words)),
        treatment: sees(InformationKind::Treatment)
            .map(|_| treatment::treatment_lines(&information.drugs, &sought, &words)),
        surgery: sees(InformationKind::Surgery)
            .map(|_| treatment::surgery_lines(&information.surgeries, &sought, &words)),
        recorded: recorded(record, &still_open.lines, (frame.ground, &words)),
        sought: (!sought.is_empty()).then(|| shown.form.words.trim().to_owned()),
        patterns: patterns(),
        withdrawal: None,
        still_open,
        frame,
    }
}

/// The mark of what an emergency opened.
fn emergency(opened: &[OpenLine], words: &Words) -> Option<Banner> {
    let basis = opened.iter().find(|it| it.is_emergency)?;
    let text = words.say_with("medical-emergency", &[("basis", basis.basis.as_str())]);
    let fault = Fault {
        code: "emergency_look".into(),
        text,
    };
    Some(Banner::new(Tone::Warning, fault))
}

fn recorded(
    record: &MedicalRecord,
    opened: &[OpenLine],
    (ground, words): (Ground, &Words),
) -> String {
    if ground.is_training() {
        return words.say("training-recorded");
    }
    let kinds: Vec<&str> = opened.iter().map(|it| it.kinds.as_str()).collect();
    let values = [
        ("at", days::show_instant(&record.at)),
        ("kinds", kinds.join(words.choose("・", ", "))),
        ("look", record.look.clone()),
    ];
    words.say_with("medical-recorded", &values)
}

fn view_part(shown: &Shown<'_>, words: &Words) -> ViewPart {
    let form = shown.form;
    let typed = |typed: &str, read: Option<TreatmentMonth>| {
        if shown.wrong.is_empty() {
            read.map_or_else(String::new, TreatmentMonth::to_iso)
        } else {
            typed.to_owned()
        }
    };
    let (from, until) = (
        typed(&form.from, shown.span.from),
        typed(&form.until, shown.span.until),
    );
    let field = |name, key: &str, support: &str, value: &str| TextField {
        need: Need::Plain,
        width: Width::Full,
        support: words.say(support),
        value: value.to_owned(),
        ..TextField::new(name, words.say(key))
    };
    let open = open_kinds(shown);
    let names: Vec<&str> = open.iter().map(|it| it.as_str()).collect();
    let seen = form.kinds();
    let mut current = vec![
        ("from", from.clone()),
        ("until", until.clone()),
        ("words", form.words.clone()),
        ("open", names.join(",")),
    ];
    if shown.span.from.is_none() && shown.span.until.is_none() {
        current.push(("span", "all".into()));
    }
    let chosen = seen.iter().flatten().filter(|it| open.contains(it));
    current.extend(chosen.map(|kind| (kind.as_str(), "1".into())));
    ViewPart {
        months: vec![
            field("from", "medical-from", "medical-from-support", &from),
            field(
                "until",
                "medical-until-month",
                "medical-until-support",
                &until,
            ),
        ],
        words: field(
            "words",
            "medical-words",
            "medical-words-support",
            &form.words,
        ),
        kinds: open
            .iter()
            .map(|kind| Checkbox {
                name: kind.as_str(),
                label: words.say(kind_key(*kind)),
                support: String::new(),
                value: "1".into(),
                checked: seen.as_ref().is_none_or(|it| it.contains(kind)),
            })
            .collect(),
        open: names.join(","),
        spans: vec![
            ("3", words.say("medical-span-3")),
            ("12", words.say("medical-span-12")),
            ("36", words.say("medical-span-36")),
            ("all", words.say("medical-span-all")),
        ],
        current,
    }
}

/// The kinds that may be chosen: those open now, and those that were at first.
fn open_kinds(shown: &Shown<'_>) -> Vec<InformationKind> {
    let now = shown.record.opened.iter().map(|it| it.kind.as_str());
    let first = shown.form.open.split(',');
    let names: Vec<&str> = now.chain(first).collect();
    let all = InformationKind::ALL.iter().copied();
    all.filter(|it| names.contains(&it.as_str())).collect()
}

fn drug_part(shown: &Shown<'_>, sought: &Sought, words: &Words) -> DrugPart {
    let today = shown.now.date_in_japan();
    let months = &shown.information.drugs;
    let mut chart = Chart::of(months, today);
    // What is told of today needs the newest records, whatever months are shown; what needs a look may lie in either.
    let since = shown.span.lately(today).and_then(|it| it.from);
    let lately = shown.lately.map(|it| Chart::of(it, today));
    let both = shown
        .lately
        .map(|it| Chart::of(&together(months, it, since), today));
    if let Some(lately) = &lately {
        drugs::tell_by_the_newest(&mut chart, lately);
    }
    let now = lately.as_ref().unwrap_or(&chart);
    let both = both.as_ref().unwrap_or(&chart);
    let found = drugs::found(&chart, sought);
    let window = window(&chart, shown.span, today);
    let newest = now.newest.iter().map(|(source, day)| {
        let values = [
            ("source", words.say(source_key(*source))),
            ("day", day.to_string()),
        ];
        words.say_with("medical-newest-of", &values)
    });
    let visits = drugs::visit_lines(&chart, sought, words);
    DrugPart {
        now: drugs::now_lines(now, words),
        newest: newest.collect::<Vec<_>>().join(words.choose("、", ", ")),
        since: since
            .filter(|_| shown.lately.is_some())
            .map(|it| words.say_with("medical-now-since", &[("from", it.to_iso())])),
        flags: {
            let listed = shown
                .interactions
                .map(|it| flags::interaction_lines(now, it, words));
            let listed = listed.unwrap_or_default().into_iter();
            listed.chain(flags::lines(both, words)).collect()
        },
        interactions: flags::checked_by(shown.interactions, words),
        changes: changes::lines(now, today.plus_days(-LATE_DAYS), words),
        timeline: if found.courses.is_empty() {
            String::new()
        } else {
            timeline(&found, window, words)
        },
        legend: legend(words),
        courses: drugs::course_lines(&found, words),
        lines: visits.iter().map(|it| it.drugs.len()).sum(),
        visits,
        months: {
            let until = shown.span.until.unwrap_or(TreatmentMonth::of(today));
            let values = [
                ("from", TreatmentMonth::of(window.first).to_iso()),
                ("until", until.to_iso()),
            ];
            words.say_with("medical-months", &values)
        },
    }
}

/// The newest records, and those shown that are older.
fn together(
    shown: &[DrugMonth],
    lately: &[DrugMonth],
    since: Option<TreatmentMonth>,
) -> Vec<DrugMonth> {
    let older = shown
        .iter()
        .filter(|it| since.is_some_and(|since| it.month < since));
    older.chain(lately).cloned().collect()
}

/// The days the timeline shows: the months asked for, where they have no beginning from the first supply on; some days beyond today.
fn window(chart: &Chart, span: Span, today: CivilDate) -> Days {
    let starts = chart.courses.iter().flat_map(|it| &it.supplies);
    let earliest = starts.filter_map(|it| it.start()).min();
    let first = span
        .from
        .map(TreatmentMonth::first_day)
        .or(earliest)
        .unwrap_or(today);
    let end = |it: TreatmentMonth| it.first_day().plus_months(1).plus_days(-1);
    let last = span.until.map(end).filter(|it| *it < today);
    let last = last.unwrap_or_else(|| today.plus_days(AHEAD_DAYS));
    Days {
        first: first.min(last.plus_days(-30)),
        last,
    }
}

fn legend(words: &Words) -> Vec<(String, String)> {
    let of = |it, key: &str| (sample(it), words.say(key));
    vec![
        of(
            Sample::Bar(Evidence::Dispensed),
            "medical-evidence-dispensed",
        ),
        of(Sample::Bar(Evidence::Claimed), "medical-evidence-claimed"),
        of(
            Sample::Bar(Evidence::Prescribed),
            "medical-evidence-prescribed",
        ),
        of(Sample::Mark(Mark::More), "medical-change-more"),
        of(Sample::Mark(Mark::Less), "medical-change-less"),
        of(Sample::Mark(Mark::Other), "medical-mark-other"),
        of(Sample::Mark(Mark::Supplied), "medical-mark-supplied"),
        of(
            Sample::Mark(Mark::OnlyPrescribed),
            "medical-mark-prescribed",
        ),
    ]
}

fn checkup_part(shown: &Shown<'_>, sought: &Sought, words: &Words) -> CheckupPart {
    let checkups = &shown.information.checkups;
    let all = checkups::found(checkups, sought);
    let of = |it, key: &str| (sample(it), words.say(key));
    CheckupPart {
        figures: checkups::figures(&all, words),
        legend: vec![
            of(Sample::Range, "medical-legend-range"),
            of(Sample::Standing(Standing::Within), "medical-legend-within"),
            of(Sample::Standing(Standing::Above), "medical-legend-above"),
            of(Sample::Standing(Standing::Below), "medical-legend-below"),
            of(
                Sample::Standing(Standing::Unknown),
                "medical-legend-unknown",
            ),
        ],
        table: checkups::table(checkups, &all, words),
        outside: words.say_with("medical-outside", &[("items", checkups::outside(&all))]),
    }
}
