//! The pages of training, written with sample data: each says what it is, and leads nowhere else.

use api::emergency::{EmergencyReports, OpenWindow, OutageCheck, UsageLine, WindowUsage};
use api::medical::Patients;
use api::training::{TrainingPatient, TrainingPatients};
use domain::medical_information::kind::Way;
use ui::language::Language;

use super::{Written, answer, medical, staff};
use crate::pages::emergency::reports::{report_page, reports_page};
use crate::pages::emergency::{disaster::check_page, outage::outage_page};
use crate::pages::training::{ambulance::ambulance_page, training_page};
use crate::pages::{Staff, emergency};

/// How many pages there are here.
pub(super) const PAGES: usize = 8;

fn patients() -> TrainingPatients {
    let patient = |mode: &str, card: Option<&str>| TrainingPatient {
        address: Some("架空町<b>".into()),
        birth_date: "1958-03-03".into(),
        card_check: card.map(Into::into),
        insurer_number: Some("06139992".into()),
        kana: Some("ﾚﾝｼｭｳ ﾊﾅｺ".into()),
        mode: mode.into(),
        name: "練習　花子".into(),
        scene_en: "Comes from a shelter.".into(),
        scene_ja: "避難所から来ました。".into(),
        sex: "2".into(),
        ..TrainingPatient::default()
    };
    TrainingPatients {
        patients: vec![
            patient("disaster", None),
            patient("outage", None),
            patient("ambulance", Some("card")),
        ],
    }
}

fn window() -> OpenWindow {
    OpenWindow {
        from: "2026-11-25T15:00:00Z".into(),
        id: "019aae5e-0000-7000-8000-000000000001".into(),
        mode: "disaster".into(),
        reason: "練習 Training".into(),
        until: "2026-11-26T15:00:00Z".into(),
    }
}

pub(super) fn of_training(asked: &Staff, written: &mut Written) {
    let language = asked.words.language();
    let trainee = || staff(language, "medical_viewer").in_training();
    let staff = trainee();
    written.add("training", &training_page(&staff, patients()));
    let page = ambulance_page(&staff, true, patients());
    written.add("training-ambulance", &page);
    let answered = OutageCheck {
        check: Some(answer(1)),
        item: None,
        outcome: "one".into(),
    };
    let page = outage_page(staff.frame(emergency::outage::HERE), &answered).unwrap();
    written.add("training-outage", &page);
    let page = check_page(staff.frame(emergency::disaster::HERE), &answer(1));
    written.add("training-disaster-check", &page);
    let line = UsageLine {
        account: "ishi".into(),
        at: "2026-11-26T03:00:00Z".into(),
        deed: "opening".into(),
        detail: "oral".into(),
        name: Some("練習　花子".into()),
    };
    let used = WindowUsage {
        facility: "1319999999".into(),
        lines: vec![line],
        openings: Some(1),
        report: None,
        searches: Some(1),
        window: window(),
    };
    let listed = EmergencyReports {
        next: Some(used.window.id.clone()),
        windows: vec![used.clone()],
    };
    let page = reports_page(staff.frame(emergency::reports::HERE), listed);
    written.add("training-reports", &page);
    let page = report_page(staff.frame(emergency::reports::HERE), Some(used), None);
    written.add("training-report", &page);
    written.add(
        "training-patients",
        &medical::list(&staff, Patients::default()),
    );
    let page = medical::page(&staff, &medical::information(), Way::Print, "disaster");
    written.add("training-patient", &page);
}

fn pages(language: Language) -> Vec<(String, String)> {
    let mut written = Written(Vec::new());
    of_training(&staff(language, "administrator"), &mut written);
    written.0
}

#[test]
fn every_page_of_training_says_so_in_title_frame_and_banner() {
    for language in Language::ALL {
        for (name, page) in pages(language) {
            let mark = match language {
                Language::Japanese => "<title>【練習】",
                Language::English => "<title>[Training] ",
            };
            assert!(page.contains(mark), "{name}");
            assert!(page.contains("<body data-ground=\"training\">"), "{name}");
            assert_eq!(page.matches("data-mode=\"training\"").count(), 1, "{name}");
        }
    }
}

#[test]
fn no_page_of_training_leads_to_a_real_patient() {
    for (name, page) in pages(Language::Japanese) {
        for attribute in ["href=\"", "action=\""] {
            for target in page.split(attribute).skip(1) {
                for real in ["/emergency", "/medical", "/checks", "/looks", "/withdrawal"] {
                    assert!(!target.starts_with(real), "{name}: {attribute}{real}");
                }
            }
        }
        assert!(!page.contains("緊急時・災害時へ戻る"), "{name}");
    }
}

#[test]
fn a_window_open_in_earnest_goes_before_training_and_leads_out_of_it() {
    let staff = Staff {
        windows: vec![window()],
        ..staff(Language::Japanese, "medical_viewer").in_training()
    };
    let page = askama::Template::render(&training_page(&staff, patients())).unwrap();
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    let real = place("data-code=\"real_emergency\"");
    assert!(real < place("href=\"/emergency/disaster\""));
    assert!(real < place("data-mode=\"training\""));
}

#[test]
fn an_account_is_offered_only_the_modes_it_might_use() {
    let of = |kind: &str| {
        let staff = staff(Language::Japanese, kind).in_training();
        let page = training_page(&staff, patients());
        page.modes.iter().map(|it| it.mode).collect::<Vec<_>>()
    };
    assert_eq!(of("administrator"), ["disaster", "outage"]);
    assert_eq!(of("medical_viewer"), ["disaster", "outage", "ambulance"]);
    assert!(of("general").is_empty());
}
