//! 緊急時の練習: the modes an account may practise, the made-up patients with what they say of themselves, and a fresh start. From here on it is the
//! pages of the modes themselves, on the side of practice. Shows nobody who exists.

pub(crate) mod ambulance;

use api::training::{TrainingPatient, TrainingPatients};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::codes::person::Sex;
use domain::emergency::Mode;
use domain::permissions::Action;
use ui::language::{Language, Words};

use crate::pages::emergency::{disaster, outage};
use crate::pages::{Frame, Staff, done, emergency, show};
use crate::serve::App;
use crate::training::Ground;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/training/emergency";
/// Where a practice is begun afresh.
pub(crate) const AFRESH: &str = "/training/emergency/afresh";

#[derive(Template)]
#[template(path = "training.html")]
pub(super) struct TrainingPage {
    pub(super) frame: Frame,
    pub(super) modes: Vec<PractisedMode>,
}

/// A mode to practise, with the patients whose scenes are about it.
pub(super) struct PractisedMode {
    pub(super) mode: &'static str,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) href: String,
    pub(super) patients: Vec<PatientCard>,
}

/// A made-up patient, as they come in and as they are looked for.
pub(super) struct PatientCard {
    pub(super) scene: String,
    pub(super) name: String,
    pub(super) kana: String,
    pub(super) born: String,
    pub(super) address: String,
    pub(super) insurance: String,
}

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    match staff.client.training_patients(staff.token()).await {
        Ok(found) => {
            let mut page = training_page(&staff, found);
            let told = app.browsers.with(&staff.key, |browser| browser.told.take());
            page.frame.banners.extend(told.flatten().map(done));
            show(StatusCode::OK, &page)
        }
        Err(error) => staff.failed(&app, &error, emergency::HERE),
    }
}

pub(crate) async fn start_afresh(State(app): State<App>, staff: Staff) -> Response {
    match staff.client.start_training_afresh(staff.token()).await {
        Ok(()) => {
            let fault = faults::own(&staff.words, "training_afresh", "training-afresh-done");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(fault));
            Redirect::to(HERE).into_response()
        }
        Err(error) => staff.failed(&app, &error, emergency::HERE),
    }
}

/// The page for whoever practises.
pub(super) fn training_page(staff: &Staff, found: TrainingPatients) -> TrainingPage {
    let (words, mut patients) = (&staff.words, found.patients);
    let modes = [
        (Mode::Disaster, Action::ViewInDisaster, disaster::HERE),
        (Mode::Outage, Action::AskInOutage, outage::HERE),
        (
            Mode::Ambulance,
            Action::ViewInAmbulance,
            emergency::ambulance::HERE,
        ),
    ];
    let may = modes
        .into_iter()
        .filter(|(_, action, _)| staff.may(*action));
    let modes = may.map(|(mode, _, href)| {
        let of_mode = patients.extract_if(.., |it| it.mode == mode.as_str());
        practised((mode, href), of_mode, words)
    });
    TrainingPage {
        modes: modes.collect(),
        frame: staff.frame(emergency::HERE),
    }
}

fn practised(
    (mode, href): (Mode, &str),
    patients: impl Iterator<Item = TrainingPatient>,
    words: &Words,
) -> PractisedMode {
    let about = match mode {
        Mode::Disaster => "training-disaster",
        Mode::Outage => "training-outage",
        Mode::Ambulance => "training-ambulance",
    };
    PractisedMode {
        mode: mode.as_str(),
        title: words.choose(mode.label_ja(), mode.label_en()).to_owned(),
        about: words.say(about),
        href: Ground::Training.at(href),
        patients: patients.map(|it| card(it, words)).collect(),
    }
}

fn card(it: TrainingPatient, words: &Words) -> PatientCard {
    let sex = Sex::from_code(&it.sex).map_or("", |it| words.choose(it.label_ja(), it.label_en()));
    let numbers = [it.insurer_number, it.symbol, it.number, it.branch];
    let numbers: Vec<String> = numbers.into_iter().flatten().collect();
    PatientCard {
        scene: match words.language() {
            Language::Japanese => it.scene_ja,
            Language::English => it.scene_en,
        },
        name: it.name,
        kana: it.kana.unwrap_or_default(),
        born: [days::show(&it.birth_date, words), sex.to_owned()].join(words.choose("　", ", ")),
        address: it.address.unwrap_or_default(),
        insurance: numbers.join(" / "),
    }
}
