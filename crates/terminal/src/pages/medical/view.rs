//! What of a patient is to be shown, as chosen on the page, and the looks that bring it. Decides no right and keeps nothing.

use api::client::ClientError;
use api::medical::LookRequest;
use api::medical::record::MedicalRecord;
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::CivilDate;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::kind::{InformationKind, Way};
use serde::Deserialize;
use ui::component::{Banner, Fault, Tone, WayOn};
use ui::language::Words;

use super::HERE;
use crate::faults;
use crate::pages::{Staff, TroublePage, show, trouble};
use crate::serve::App;

/// Months of drugs and treatment shown at first, the running one among them.
const MONTHS: i32 = 12;

/// What is to be shown, as chosen on the page.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct ViewForm {
    pub(super) from: String,
    pub(super) until: String,
    /// So many months instead; `all` as far back as is shown.
    pub(super) span: String,
    pub(super) words: String,
    /// The kinds that were open at first, since a look at some of them tells of these alone.
    pub(super) open: String,
    drugs: String,
    treatment: String,
    surgery: String,
    checkups: String,
}

impl ViewForm {
    /// The kinds ticked; none ticked is all.
    pub(super) fn kinds(&self) -> Option<Vec<InformationKind>> {
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
    pub(in crate::pages) fn months(
        &self,
        today: CivilDate,
        words: &Words,
    ) -> Result<Span, Vec<(String, Fault)>> {
        let is_empty = self.from.trim().is_empty() && self.until.trim().is_empty();
        let since = match self.span.as_str() {
            "all" => return Ok(Span::default()),
            "3" => Some(3),
            "12" => Some(MONTHS),
            "36" => Some(36),
            _ => is_empty.then_some(MONTHS),
        };
        if let Some(months) = since {
            return Ok(Span {
                from: Some(back(today, months)),
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
    pub(in crate::pages) from: Option<TreatmentMonth>,
    pub(in crate::pages) until: Option<TreatmentMonth>,
}

impl Span {
    /// The months by which it is told what is taken now, where these leave any of them out: a year up to today.
    pub(in crate::pages) fn lately(self, today: CivilDate) -> Option<Self> {
        let first = back(today, MONTHS);
        let begins = self.from.is_none_or(|it| it <= first);
        let ends = self.until.is_none_or(|it| TreatmentMonth::of(today) <= it);
        (!begins || !ends).then_some(Self {
            from: Some(first),
            until: None,
        })
    }
}

/// The first of so many months, the running one among them.
fn back(today: CivilDate, months: i32) -> TreatmentMonth {
    let this = TreatmentMonth::of(today);
    TreatmentMonth::of(this.first_day().plus_months(1 - months))
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

/// What the looks of a view brought.
pub(super) struct Looked {
    /// What is shown.
    pub(super) record: MedicalRecord,
    /// Drugs of a year up to today, where the months shown leave any of it out.
    pub(super) lately: Option<MedicalRecord>,
}

/// Looks at drugs and treatment of the months, at drugs of a year up to today where the months leave any of it out, and at surgery and
/// checkups of all years: their few entries are read as a whole. Each is a look of its own on record, at what may be seen alone.
pub(super) async fn look(
    staff: &Staff,
    id: &str,
    form: &ViewForm,
    (span, today): (Span, CivilDate),
    way: Way,
) -> Result<Looked, ClientError> {
    let kinds = form.kinds();
    let names = |kinds: &[InformationKind]| -> Vec<String> {
        kinds.iter().map(|it| it.as_str().to_owned()).collect()
    };
    let mut request = LookRequest {
        from: span.from.map(TreatmentMonth::to_iso),
        until: span.until.map(TreatmentMonth::to_iso),
        kinds: kinds.as_deref().map(names),
        // Why, the center knows by the kind of facility and by what opened it.
        purpose: None,
        way: way.as_str().into(),
    };
    let ask = |request: LookRequest| async move {
        let client = &staff.client;
        client
            .look_at_medical_information(staff.token(), id, &request)
            .await
    };
    let mut record = ask(request.clone()).await?;
    let mut open = InformationKind::ALL.to_vec();
    open.retain(|kind| record.opened.iter().any(|it| it.kind == kind.as_str()));
    let mut lately = None;
    if let Some(months) = span.lately(today)
        && open.contains(&InformationKind::Drugs)
    {
        let drugs = LookRequest {
            from: months.from.map(TreatmentMonth::to_iso),
            until: months.until.map(TreatmentMonth::to_iso),
            kinds: Some(names(&[InformationKind::Drugs])),
            ..request.clone()
        };
        lately = Some(ask(drugs).await?);
    }
    let lasting = open.iter().copied();
    let lasting: Vec<InformationKind> = lasting.filter(|it| it.is_of_all_years()).collect();
    if !lasting.is_empty() && span != Span::default() {
        (request.from, request.until) = (None, None);
        request.kinds = Some(names(&lasting));
        let whole = ask(request).await?;
        record.surgeries = whole.surgeries;
        record.checkups = whole.checkups;
    }
    Ok(Looked { record, lately })
}

/// What a person sees where the center did not answer as hoped. Whose account may see nobody is told whose may, whoever the patient is.
pub(in crate::pages) fn failed(app: &App, staff: &Staff, error: &ClientError) -> Response {
    match error {
        ClientError::Problem(problem) if problem.code == "not_permitted" => {
            let fault = faults::own(&staff.words, "not_permitted", "medical-not-permitted");
            trouble(StatusCode::FORBIDDEN, staff.frame(HERE), fault)
        }
        other => staff.failed(app, other, HERE),
    }
}

/// What a person sees where nothing may be seen: the same for whoever is unknown, of elsewhere, withdrew, or agreed too long ago.
pub(in crate::pages) fn not_seen(app: &App, staff: &Staff, error: &ClientError) -> Response {
    let ClientError::Problem(problem) = error else {
        return failed(app, staff, error);
    };
    if problem.code != "unknown_patient" {
        return failed(app, staff, error);
    }
    let fault = faults::own(&staff.words, "unknown_patient", "medical-unknown");
    let mut banner = Banner::new(Tone::Error, fault);
    banner.way_on = Some(WayOn {
        href: staff.ground.at(HERE),
        text: staff.words.say("medical-to-list"),
    });
    let mut frame = staff.frame(HERE);
    frame.banners.push(banner);
    let page = TroublePage {
        frame,
        signed_in: true,
        copies: None,
    };
    show(StatusCode::NOT_FOUND, &page)
}
