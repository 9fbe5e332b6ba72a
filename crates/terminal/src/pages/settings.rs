//! 「環境設定情報更新」: what the facility uses and what its readers ask (operations §1.8). Administrators only, as the center sees to; a
//! change counts at once, without a new sign-in or a restart of readers.

use api::client::ClientError;
use api::client::cards::Cause;
use api::settings::Settings;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::facility_kind::FacilityKind;
use serde::Deserialize;
use ui::component::{
    Banner, Choice, ErrorSummary, Fault, Kind, Need, Select, TextField, Tone, Width,
};
use ui::language::Words;

use crate::faults;
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;

/// The page's own path.
const HERE: &str = "/settings";

#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) version: String,
    /// What is viewed.
    pub(super) information: Vec<Select>,
    /// What readers ask beside it.
    pub(super) questions: Vec<Select>,
    /// How readers are run; empty where the kind of facility has none.
    pub(super) readers: Vec<Select>,
    pub(super) minutes: [TextField; 1],
}

/// The settings as filled.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct SettingsForm {
    checkups: String,
    drugs: String,
    electronic_prescriptions: String,
    face_policy: String,
    medical_subsidy: String,
    prescription_question: String,
    surgery: String,
    treatment: String,
    version: String,
    visual_reminder: String,
    visual_return_minutes: String,
}

impl SettingsForm {
    fn of(it: &Settings) -> Self {
        Self {
            checkups: it.checkups.clone(),
            drugs: it.drugs.clone(),
            electronic_prescriptions: it.electronic_prescriptions.clone(),
            face_policy: it.face_policy.clone(),
            medical_subsidy: it.medical_subsidy.clone(),
            prescription_question: it.prescription_question.clone(),
            surgery: it.surgery.clone(),
            treatment: it.treatment.clone(),
            version: it.version.clone().unwrap_or_default(),
            visual_reminder: it.visual_reminder.clone(),
            visual_return_minutes: it.visual_return_minutes.to_string(),
        }
    }

    /// The message; what is no number of minutes becomes one that no rule allows, and is named.
    fn settings(&self) -> Settings {
        Settings {
            checkups: self.checkups.clone(),
            drugs: self.drugs.clone(),
            electronic_prescriptions: self.electronic_prescriptions.clone(),
            face_policy: self.face_policy.clone(),
            medical_subsidy: self.medical_subsidy.clone(),
            prescription_question: self.prescription_question.clone(),
            surgery: self.surgery.clone(),
            treatment: self.treatment.clone(),
            version: None,
            visual_reminder: self.visual_reminder.clone(),
            visual_return_minutes: self
                .visual_return_minutes
                .trim()
                .parse()
                .unwrap_or_default(),
        }
    }
}

fn choices(options: &[(&str, &str)], words: &Words) -> Vec<Choice> {
    let choice = |(value, key): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        label: words.say(key),
    };
    options.iter().map(choice).collect()
}

/// Key of the label and of its support.
type Keys = (&'static str, &'static str);

fn select(
    name: &'static str,
    (label, support): Keys,
    value: &str,
    options: Vec<Choice>,
    words: &Words,
) -> Select {
    Select {
        name,
        label: words.say(label),
        support: words.say(support),
        need: Need::Plain,
        width: Width::Medium,
        options,
        value: value.to_owned(),
        errors: Vec::new(),
    }
}

pub(super) fn settings_page(
    staff: &Staff,
    form: &SettingsForm,
    faults: &[(String, Fault)],
) -> SettingsPage {
    let words = &staff.words;
    let used = |name, keys: Keys, value: &str| {
        let options = choices(&[("on", "use-on"), ("off", "use-off")], words);
        select(name, keys, value, options, words)
    };
    let facility = FacilityKind::parse(&staff.session.facility.kind);
    let has_reader = facility.is_none_or(|kind| kind.differences().has_reader);
    let mut information = vec![
        used(
            "checkups",
            ("set-checkups", "set-checkups-support"),
            &form.checkups,
        ),
        used("drugs", ("set-drugs", "set-drugs-support"), &form.drugs),
        used(
            "treatment",
            ("set-treatment", "set-treatment-support"),
            &form.treatment,
        ),
        used(
            "surgery",
            ("set-surgery", "set-surgery-support"),
            &form.surgery,
        ),
    ];
    let mut questions = vec![
        used(
            "electronic_prescriptions",
            (
                "set-electronic-prescriptions",
                "set-electronic-prescriptions-support",
            ),
            &form.electronic_prescriptions,
        ),
        used(
            "prescription_question",
            (
                "set-prescription-question",
                "set-prescription-question-support",
            ),
            &form.prescription_question,
        ),
        used(
            "medical_subsidy",
            ("set-medical-subsidy", "set-medical-subsidy-support"),
            &form.medical_subsidy,
        ),
    ];
    let policies = [("face_assist", "face-assist"), ("face_auto", "face-auto")];
    let mut readers = vec![
        select(
            "face_policy",
            ("set-face-policy", "set-face-policy-support"),
            &form.face_policy,
            choices(&policies, words),
            words,
        ),
        used(
            "visual_reminder",
            ("set-visual-reminder", "set-visual-reminder-support"),
            &form.visual_reminder,
        ),
    ];
    let mut minutes = [TextField {
        kind: Kind::Digits,
        width: Width::Short,
        support: words.say("set-visual-return-minutes-support"),
        value: form.visual_return_minutes.clone(),
        ..TextField::new(
            "visual_return_minutes",
            words.say("set-visual-return-minutes"),
        )
    }];
    let summary = faults::spread(faults, &mut minutes, &mut information);
    faults::spread(faults, &mut [], &mut questions);
    faults::spread(faults, &mut [], &mut readers);
    let mut frame = staff.frame(HERE);
    if !has_reader {
        let fault = faults::own(words, "no_reader", "set-no-reader");
        frame.banners.push(Banner::new(Tone::Note, fault));
    }
    SettingsPage {
        frame,
        summary,
        version: form.version.clone(),
        information,
        questions,
        readers,
        minutes,
    }
}

pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    match staff.client.settings(staff.token(), Cause::Person).await {
        Ok(settings) => {
            let mut page = settings_page(&staff, &SettingsForm::of(&settings), &[]);
            let told = app.browsers.with(&staff.key, |browser| browser.told.take());
            page.frame.banners.extend(told.flatten().map(done));
            show(StatusCode::OK, &page)
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

pub(crate) async fn change(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<SettingsForm>,
) -> Response {
    let body = form.settings();
    if let Err(errors) = body.read() {
        let faults: Vec<_> = errors
            .iter()
            .map(|error| faults::of_member(error, &staff.words))
            .collect();
        let page = settings_page(&staff, &form, &faults);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let version = Some(form.version.as_str()).filter(|version| !version.is_empty());
    match staff
        .client
        .change_settings(staff.token(), version, &body)
        .await
    {
        Ok(_) => {
            let fault = faults::own(&staff.words, "settings_saved", "settings-saved");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(fault));
            Redirect::to(HERE).into_response()
        }
        Err(error) => unchanged(&app, &staff, &form, &error),
    }
}

/// The form again with what kept it from being saved; whoever came first is not overwritten.
fn unchanged(app: &App, staff: &Staff, form: &SettingsForm, error: &ClientError) -> Response {
    if let ClientError::Problem(problem) = error
        && !problem.errors.is_empty()
    {
        let faults = faults::of_members(problem, &staff.words);
        let page = settings_page(staff, form, &faults);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    staff.failed(app, error, HERE)
}
