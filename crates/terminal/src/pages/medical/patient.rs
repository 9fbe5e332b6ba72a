//! A patient's page (G26, G27): what is taken now, what needs a look, what changed, the timeline, every supply, checkups, treatment and surgery.
//! Every opening is a look on record; whoever may not be seen gets one and the same page.

use api::client::ClientError;
use api::medical::LookRequest;
use api::medical::record::MedicalRecord;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::{CivilDate, Instant};
use domain::facility_kind::FacilityKind;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::MedicalInformation;
use domain::medical_information::chart::Chart;
use domain::medical_information::chart::bar::Evidence;
use domain::medical_information::chart::search::Words as Sought;
use domain::medical_information::chart::supply::Days;
use domain::medical_information::chart::trend::Standing;
use domain::medical_information::kind::{InformationKind, Purpose, Way};
use serde::Deserialize;
use ui::component::{Banner, Checkbox, ErrorSummary, Fault, Need, TextField, Tone, WayOn, Width};
use ui::language::Words;

use super::changes::{self, ChangeLine};
use super::checkups::{self, CheckupTable, TrendFigure};
use super::drugs::{self, CourseLine, NowLine, VisitLine, source_key};
use super::flags::{self, FlagLine};
use super::treatment::{self, SurgeryLine, TreatmentLine};
use super::{HERE, OpenLine, kind_key, open_lines};
use crate::charts::timeline::{Mark, timeline};
use crate::charts::{Sample, patterns, sample};
use crate::pages::{Filled, Frame, Staff, TroublePage, show};
use crate::serve::App;
use crate::{days, faults};

/// Months of drugs and treatment shown at first, the running one among them.
const MONTHS: i32 = 12;
/// Days after today that the timeline shows.
const AHEAD_DAYS: i32 = 45;
/// Days back in which a change is told as one of late.
const LATE_DAYS: i32 = 183;

#[derive(Template)]
#[template(path = "medical_patient.html")]
pub(in crate::pages) struct PatientPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) here: String,
    pub(in crate::pages) summary: ErrorSummary,
    pub(in crate::pages) person: Header,
    pub(in crate::pages) opened: Vec<OpenLine>,
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

/// What is to be shown, as chosen on the page.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct ViewForm {
    from: String,
    until: String,
    /// So many months instead; `all` as far back as is shown.
    span: String,
    words: String,
    /// The kinds that were open at first, since a look at some of them tells of these alone.
    open: String,
    drugs: String,
    treatment: String,
    surgery: String,
    checkups: String,
}

impl ViewForm {
    /// The kinds ticked; none ticked is all.
    fn kinds(&self) -> Option<Vec<InformationKind>> {
        let ticked: Vec<InformationKind> = InformationKind::ALL
            .iter()
            .copied()
            .filter(|it| !self.tick(*it).is_empty())
            .collect();
        (!ticked.is_empty()).then_some(ticked)
    }

    fn tick(&self, kind: InformationKind) -> &str {
        match kind {
            InformationKind::Drugs => &self.drugs,
            InformationKind::Treatment => &self.treatment,
            InformationKind::Surgery => &self.surgery,
            InformationKind::Checkups => &self.checkups,
        }
    }

    /// The months, or what is wrong with them.
    fn months(&self, today: CivilDate, words: &Words) -> Result<Span, Vec<(String, Fault)>> {
        let this = TreatmentMonth::of(today);
        let back = |months: i32| Some(TreatmentMonth::of(this.first_day().plus_months(1 - months)));
        match self.span.as_str() {
            "all" => {
                return Ok(Span::default());
            }
            "3" => {
                return Ok(Span {
                    from: back(3),
                    until: None,
                });
            }
            "12" => {
                return Ok(Span {
                    from: back(MONTHS),
                    until: None,
                });
            }
            "36" => {
                return Ok(Span {
                    from: back(36),
                    until: None,
                });
            }
            _ => {}
        }
        if self.from.trim().is_empty() && self.until.trim().is_empty() {
            return Ok(Span {
                from: back(MONTHS),
                until: None,
            });
        }
        let mut wrong = Vec::new();
        let mut read = |name: &str, text: &str| {
            let read = month(text);
            if read.is_err() {
                let fault = faults::own(words, "month", "medical-month-form");
                wrong.push((name.to_owned(), fault));
            }
            read.ok().flatten()
        };
        let (from, until) = (read("from", &self.from), read("until", &self.until));
        if let (Some(first), Some(last)) = (from, until)
            && last < first
        {
            let fault = faults::own(words, "before_from", "medical-month-before");
            wrong.push(("until".into(), fault));
        }
        if wrong.is_empty() {
            Ok(Span { from, until })
        } else {
            Err(wrong)
        }
    }
}

/// Months of drugs and treatment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::pages) struct Span {
    from: Option<TreatmentMonth>,
    until: Option<TreatmentMonth>,
}

/// A month as typed: by year or by era; empty is none.
fn month(text: &str) -> Result<Option<TreatmentMonth>, ()> {
    let text = text.trim().trim_end_matches('月');
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(month) = TreatmentMonth::parse_iso(text) {
        return Ok(Some(month));
    }
    let day = domain::era::parse(&format!("{text}/1")).map_err(|_| ())?;
    Ok(Some(TreatmentMonth::of(day)))
}

pub(crate) async fn open(State(app): State<App>, staff: Staff, Path(id): Path<String>) -> Response {
    view(&app, &staff, &id, &ViewForm::default(), Way::Page).await
}

pub(crate) async fn change(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(form): Filled<ViewForm>,
) -> Response {
    view(&app, &staff, &id, &form, Way::Page).await
}

pub(crate) async fn print(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(form): Filled<ViewForm>,
) -> Response {
    view(&app, &staff, &id, &form, Way::Print).await
}

async fn view(app: &App, staff: &Staff, id: &str, form: &ViewForm, way: Way) -> Response {
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
    let looked = look(staff, id, form, span, way).await;
    let record = match looked {
        Ok(record) => record,
        Err(error) => return not_seen(app, staff, &error),
    };
    let Some(information) = record.information() else {
        return staff.failed(app, &ClientError::Answer, HERE);
    };
    let status = if wrong.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let shown = Shown {
        here: format!("{HERE}/{id}"),
        record: &record,
        information: &information,
        form,
        span,
        way,
        wrong: &wrong,
        now: app.now(),
    };
    show(status, &patient_page(staff.frame(&shown.here), &shown))
}

/// Looks at drugs and treatment of the months, and at surgery and checkups of all years, where any may be seen: their few entries are read
/// as a whole. Each is a look of its own on record.
async fn look(
    staff: &Staff,
    id: &str,
    form: &ViewForm,
    span: Span,
    way: Way,
) -> Result<MedicalRecord, ClientError> {
    let purpose = match FacilityKind::parse(&staff.session.facility.kind) {
        Some(FacilityKind::Pharmacy) => Purpose::Dispensing,
        Some(FacilityKind::Medical | FacilityKind::Dental | FacilityKind::HomeNursing) | None => {
            Purpose::Treatment
        }
    };
    let kinds = form.kinds();
    let names = |kinds: &[InformationKind]| -> Vec<String> {
        kinds.iter().map(|it| it.as_str().to_owned()).collect()
    };
    let mut request = LookRequest {
        from: span.from.map(TreatmentMonth::to_iso),
        until: span.until.map(TreatmentMonth::to_iso),
        kinds: kinds.as_deref().map(names),
        purpose: Some(purpose.as_str().into()),
        way: way.as_str().into(),
    };
    let ask = |request: LookRequest| async move {
        let client = &staff.client;
        client
            .look_at_medical_information(staff.token(), id, &request)
            .await
    };
    let mut record = ask(request.clone()).await?;
    let lasting: Vec<InformationKind> = [InformationKind::Surgery, InformationKind::Checkups]
        .into_iter()
        .filter(|kind| record.opened.iter().any(|it| it.kind == kind.as_str()))
        .collect();
    if lasting.is_empty() || (span.from.is_none() && span.until.is_none()) {
        return Ok(record);
    }
    (request.from, request.until) = (None, None);
    request.kinds = Some(names(&lasting));
    let whole = ask(request).await?;
    record.surgeries = whole.surgeries;
    record.checkups = whole.checkups;
    Ok(record)
}

/// What a person sees where nothing may be seen: the same for whoever is unknown, of elsewhere, withdrew, or agreed too long ago.
fn not_seen(app: &App, staff: &Staff, error: &ClientError) -> Response {
    let ClientError::Problem(problem) = error else {
        return staff.failed(app, error, HERE);
    };
    if problem.code != "unknown_patient" {
        return staff.failed(app, error, HERE);
    }
    let fault = faults::own(&staff.words, "unknown_patient", "medical-unknown");
    let mut banner = Banner::new(Tone::Error, fault);
    banner.way_on = Some(WayOn {
        href: HERE.into(),
        text: staff.words.say("medical-to-list"),
    });
    let mut frame = staff.frame(HERE);
    frame.banners.push(banner);
    let page = TroublePage {
        frame,
        signed_in: true,
    };
    show(StatusCode::NOT_FOUND, &page)
}

/// What a page is made of.
pub(in crate::pages) struct Shown<'a> {
    pub(in crate::pages) here: String,
    pub(in crate::pages) record: &'a MedicalRecord,
    pub(in crate::pages) information: &'a MedicalInformation,
    pub(in crate::pages) form: &'a ViewForm,
    pub(in crate::pages) span: Span,
    pub(in crate::pages) way: Way,
    pub(in crate::pages) wrong: &'a [(String, Fault)],
    pub(in crate::pages) now: Instant,
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
    let opened = open_lines(&record.opened, shown.now, &words);
    frame.banners.extend(emergency(&opened, &words));
    let mut form = view_part(shown, &words);
    let summary = faults::spread(shown.wrong, &mut form.months, &mut []);
    PatientPage {
        here: shown.here.clone(),
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
        recorded: recorded(record, &opened, &words),
        sought: (!sought.is_empty()).then(|| shown.form.words.trim().to_owned()),
        patterns: patterns(),
        opened,
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

fn recorded(record: &MedicalRecord, opened: &[OpenLine], words: &Words) -> String {
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
    for kind in form.kinds().unwrap_or_default() {
        current.push((kind.as_str(), "1".into()));
    }
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
    let chart = Chart::of(&shown.information.drugs, today);
    let found = drugs::found(&chart, sought);
    let window = window(&chart, shown.span, today);
    let newest = chart.newest.iter().map(|(source, day)| {
        let values = [
            ("source", words.say(source_key(*source))),
            ("day", day.to_string()),
        ];
        words.say_with("medical-newest-of", &values)
    });
    let visits = drugs::visit_lines(&chart, sought, words);
    DrugPart {
        now: drugs::now_lines(&chart, words),
        newest: newest.collect::<Vec<_>>().join(words.choose("、", ", ")),
        flags: flags::lines(&chart, words),
        interactions: words.say("medical-interactions-none"),
        changes: changes::lines(&chart, today.plus_days(-LATE_DAYS), words),
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
