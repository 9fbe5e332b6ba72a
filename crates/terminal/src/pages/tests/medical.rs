//! The pages of medical information, written with sample data; and what they must and must not say of it.

use api::client::ClientError;
use api::emergency::Opening;
use api::medical::record::{MedicalRecord, Person};
use api::medical::{OpenedKind, Patient, Patients};
use api::problem::Trouble;
use askama::Template;
use axum::body::to_bytes;
use axum::http::StatusCode;
use domain::account::AccountKind;
use domain::civil_date::{CivilDate, Instant};
use domain::facility_settings::{Answered, FacilitySettings};
use domain::home_care::UNTIL_WITHDRAWN;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::checkup::{Checkup, Item, ItemCode, ReferenceRange, Value};
use domain::medical_information::drugs::{
    Drug, DrugDay, DrugMonth, NamedFacility, Source, Treatment,
};
use domain::medical_information::kind::Way;
use domain::medical_information::surgery::Surgery;
use domain::medical_information::{Amount, MedicalInformation, MedicalText};
use domain::permissions::{Action, allows};
use serde_json::json;
use ui::language::Language;

use super::copies::Center;
use super::{Written, answer, fault, staff};
use crate::lock::tests::Terminal;
use crate::pages::Staff;
use crate::pages::emergency::asking::chart_of;
use crate::pages::medical::patient::{PatientPage, Shown, patient_page};
use crate::pages::medical::view::{self, Span, ViewForm};
use crate::pages::medical::{ListForm, PatientsPage, patients_page};
use crate::pages::receipt_link;
use crate::training::Ground;

/// How many pages there are here.
pub(super) const PAGES: usize = 6;

fn now() -> Instant {
    Instant::parse("2026-11-26T03:00:00Z").unwrap()
}

fn text(text: &str) -> MedicalText {
    MedicalText::parse(text).unwrap()
}

fn day(month: i8, day: i8) -> CivilDate {
    CivilDate::new(2026, month, day).unwrap()
}

fn opened(basis: &str) -> Vec<OpenedKind> {
    let kinds = ["drugs", "treatment", "surgery", "checkups"];
    let open = |kind: &str| OpenedKind {
        basis: basis.into(),
        given: "2026-11-26T00:00:00.000000Z".into(),
        kind: kind.into(),
        until: "2026-11-27T00:00:00.000000Z".into(),
    };
    kinds.into_iter().map(open).collect()
}

fn at(name: &str) -> NamedFacility {
    NamedFacility {
        code: None,
        name: Some(text(name)),
    }
}

/// Four weeks of a drug.
fn supply(source: Source, on: CivilDate, by: &str, quantity: &str) -> DrugMonth {
    let mut record = DrugMonth::new(source, TreatmentMonth::of(on));
    record.prescriber = at(by);
    let drug = Drug {
        ingredient: Some(text("架空成分<b>甲")),
        quantity: Amount::parse(quantity).ok(),
        unit: Some(text("錠")),
        usage: Some(text("１日１回朝食後")),
        times: Some(28),
        ..Drug::new(text("架空錠１０ｍｇ"))
    };
    record.days.push(DrugDay {
        dispensed: (source != Source::Prescription).then_some(on),
        prescribed: Some(on),
        drugs: vec![drug],
        treatments: vec![Treatment::new(text("架空検査"))],
    });
    record
}

fn checkup(year: i16, amount: &str) -> Checkup {
    let mut checkup = Checkup::new(CivilDate::new(year, 6, 10).unwrap());
    checkup.items.push(Item {
        code: ItemCode::parse("3B035000002327201").unwrap(),
        name: text("ＡＳＴ"),
        value: Value::Measured {
            amount: text(amount),
            unit: Some(text("U/L")),
        },
        range: ReferenceRange {
            low: None,
            high: Amount::parse("30").ok(),
        },
        method: Some(text("可視吸光光度法")),
    });
    checkup
}

pub(super) fn information() -> MedicalInformation {
    MedicalInformation {
        drugs: vec![
            supply(Source::Claims, day(9, 29), "見本医院", "1"),
            supply(Source::Dispensing, day(10, 27), "見本医院", "1"),
            supply(Source::Dispensing, day(11, 10), "架空病院", "1"),
            supply(Source::Prescription, day(11, 24), "見本医院", "2"),
        ],
        surgeries: vec![Surgery::new(day(3, 1), text("架空手術"))],
        checkups: vec![checkup(2025, "28"), checkup(2026, "41")],
    }
}

fn record(information: &MedicalInformation, basis: &str) -> MedicalRecord {
    MedicalRecord {
        at: "2026-11-26T03:00:00.000000Z".into(),
        look: "019aae5e-0000-7000-8000-000000000001".into(),
        opened: opened(basis),
        patient: Person {
            birth_date: "1970-01-02".into(),
            kana: Some("ｼｶｸ ﾀﾛｳ".into()),
            name: "資格　太郎".into(),
            sex: "1".into(),
        },
        ..MedicalRecord::of(information)
    }
}

/// The list as it is first shown.
pub(super) fn list(staff: &Staff, found: Patients) -> PatientsPage {
    patients_page(staff.frame("/medical"), found, &ListForm::default(), now())
}

pub(super) fn page(
    staff: &Staff,
    information: &MedicalInformation,
    way: Way,
    basis: &str,
) -> PatientPage {
    page_beside(staff, information, (way, basis), None)
}

/// A patient's page whose address tells of a check.
fn page_beside(
    staff: &Staff,
    information: &MedicalInformation,
    (way, basis): (Way, &str),
    check: Option<&str>,
) -> PatientPage {
    let wrong = [fault("from")];
    let shown = Shown {
        here: staff
            .ground
            .at("/medical/019aae5e-0000-7000-8000-000000000002"),
        check,
        record: &record(information, basis),
        information,
        lately: None,
        form: &ViewForm::default(),
        span: Span::default(),
        way,
        wrong: if way == Way::Print { &wrong } else { &[] },
        now: now(),
        changes: 0,
        interactions: None,
    };
    patient_page(staff.frame(&shown.here), &shown)
}

/// What is chosen on a page.
fn chosen(form: serde_json::Value) -> ViewForm {
    serde_json::from_value(form).unwrap()
}

/// The drugs of a page at months that are chosen, where these are all there are: each look brings those of its own months.
fn page_of(form: &ViewForm, way: Way, drugs: &[DrugMonth]) -> PatientPage {
    let staff = staff(Language::Japanese, "medical_viewer");
    let today = now().date_in_japan();
    let span = form.months(today, &staff.words).unwrap();
    let within = |span: Span| -> Vec<DrugMonth> {
        let drugs = drugs.iter().filter(|it| {
            span.from.is_none_or(|from| from <= it.month)
                && span.until.is_none_or(|until| it.month <= until)
        });
        drugs.cloned().collect()
    };
    let information = MedicalInformation {
        drugs: within(span),
        ..MedicalInformation::default()
    };
    let lately = span.lately(today).map(within);
    let shown = Shown {
        here: "/medical/019aae5e-0000-7000-8000-000000000002".into(),
        check: None,
        record: &record(&information, "visit"),
        information: &information,
        lately: lately.as_deref(),
        form,
        span,
        way,
        wrong: &[],
        now: now(),
        changes: 0,
        interactions: None,
    };
    patient_page(staff.frame(&shown.here), &shown)
}

pub(super) fn of_medical_information(staff: &Staff, written: &mut Written) {
    let patient = Patient {
        birth_date: "1970-01-02".into(),
        id: "019aae5e-0000-7000-8000-000000000002".into(),
        kana: Some("ｼｶｸ ﾀﾛｳ".into()),
        kinds: opened("visit"),
        name: "資格　<fill>".into(),
        reference_number: Some("K-1".into()),
        sex: "1".into(),
    };
    let patients = Patients {
        patients: vec![patient],
    };
    let form = ListForm::default();
    let list = |found| patients_page(staff.frame("/medical"), found, &form, now());
    written.add("medical", &list(patients));
    written.add("medical-nobody", &list(Patients::default()));
    let information = information();
    for (name, way, basis) in [
        ("medical-patient", Way::Page, "visit"),
        ("medical-print", Way::Print, "visit"),
        ("medical-disaster", Way::Page, "disaster"),
    ] {
        written.add(name, &page(staff, &information, way, basis));
    }
    let nothing = MedicalInformation::default();
    written.add(
        "medical-nothing",
        &page(staff, &nothing, Way::Page, "visit"),
    );
}

#[test]
fn a_drug_that_was_only_prescribed_is_never_told_as_taken_for_sure() {
    let information = MedicalInformation {
        drugs: vec![supply(Source::Prescription, day(11, 24), "見本医院", "1")],
        ..MedicalInformation::default()
    };
    let page = page(
        &staff(Language::Japanese, "medical_viewer"),
        &information,
        Way::Page,
        "visit",
    );
    let drugs = page.drugs.unwrap();
    assert_eq!(drugs.now[0].mark, "処方のみ・調剤の記録なし");
    assert!(drugs.timeline.contains("onshi-chart__prescribed"));
    assert!(!drugs.timeline.contains("onshi-chart__dispensed"));
}

#[test]
fn two_prescribers_of_an_ingredient_are_both_among_todays_drugs_and_flagged_with_their_names() {
    let page = page(
        &staff(Language::Japanese, "medical_viewer"),
        &information(),
        Way::Page,
        "visit",
    );
    let drugs = page.drugs.unwrap();
    assert!(drugs.now[0].by.contains("見本医院") && drugs.now[0].by.contains("架空病院"));
    let flag = &drugs.flags[0];
    assert_eq!((flag.code, flag.is_now), ("same_ingredient", true));
    for part in ["見本医院", "架空病院", "架空錠１０ｍｇ"] {
        assert!(flag.text.contains(part), "{part} is not in: {}", flag.text);
    }
}

#[test]
fn what_is_taken_now_is_told_by_the_newest_records_whatever_months_are_shown() {
    let months = 3..=11;
    let drugs: Vec<DrugMonth> = months
        .map(|month| supply(Source::Dispensing, day(month, 3), "見本医院", "1"))
        .collect();
    for (way, words) in [(Way::Page, ""), (Way::Print, "架空錠")] {
        let form = chosen(json!({"from": "2026-03", "until": "2026-08", "words": words}));
        let page = page_of(&form, way, &drugs);
        let part = page.drugs.as_ref().unwrap();
        assert_eq!(part.now.len(), 1);
        assert_eq!(part.now[0].mark, "期間内");
        assert!(part.newest.contains("2026-11-03"), "{}", part.newest);
        assert!(part.changes.is_empty());
        // The list is of the months chosen, and does not tell that nothing followed them.
        assert_eq!((part.visits.len(), part.courses.len()), (6, 1));
        assert!(part.courses[0].changes.is_empty());
        let page = page.render().unwrap();
        assert!(page.contains("表示期間にかかわらず、2025-12 から今日まで"));
    }
    let whole = page_of(&ViewForm::default(), Way::Page, &drugs);
    assert_eq!(whole.drugs.as_ref().unwrap().visits.len(), 9);
    assert!(!whole.render().unwrap().contains("表示期間にかかわらず"));
}

#[test]
fn a_drug_is_told_by_the_newest_records_though_other_months_do_not_name_its_ingredient() {
    let of = |months: std::ops::RangeInclusive<i8>, is_named: bool| -> Vec<DrugMonth> {
        let supplies = months.map(|month| {
            let mut it = supply(Source::Dispensing, day(month, 3), "見本医院", "1");
            it.days[0].drugs[0].ingredient = is_named.then(|| text("架空成分甲"));
            it
        });
        supplies.collect()
    };
    let mut other = supply(Source::Dispensing, day(8, 5), "見本医院", "1");
    let drug = &mut other.days[0].drugs[0];
    (drug.name, drug.ingredient, drug.times) = (text("別の錠"), None, Some(7));
    let drugs = [of(3..=8, false), of(9..=11, true), vec![other]].concat();
    let form = chosen(json!({"from": "2026-03", "until": "2026-08"}));
    let part = page_of(&form, Way::Page, &drugs).drugs.unwrap();
    // What is still taken comes first, and nothing says that it ran out.
    let names: Vec<&str> = part.courses.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["架空錠１０ｍｇ", "別の錠"]);
    assert!(part.courses[0].changes.is_empty());
    // The other way round: the newest records do not name it, and it did run out.
    let long_ago = CivilDate::new(2025, 11, 3).unwrap();
    let named = supply(Source::Dispensing, long_ago, "見本医院", "1");
    let drugs = [vec![named], of(3..=5, false)].concat();
    let form = chosen(json!({"from": "2025-10", "until": "2026-05"}));
    let part = page_of(&form, Way::Page, &drugs).drugs.unwrap();
    assert_eq!(part.courses.len(), 1);
    let last = part.courses[0].changes.last().unwrap();
    assert!(last.contains("以後の記録なし"), "{last}");
}

#[test]
fn a_long_supply_from_before_the_months_shown_is_still_told_as_one_that_may_go_on() {
    let mut long = supply(Source::Claims, day(8, 15), "見本医院", "1");
    long.days[0].drugs[0].times = Some(90);
    let page = page_of(&chosen(json!({"span": "3"})), Way::Page, &[long]);
    let part = page.drugs.unwrap();
    assert_eq!(part.now.len(), 1);
    assert_eq!(part.now[0].mark, "終了・継続の可能性");
    assert!(part.visits.is_empty());
}

#[test]
fn months_of_long_ago_show_their_own_flags_and_that_the_last_year_has_no_records() {
    let on = |day| CivilDate::new(2025, 6, day).unwrap();
    let drugs = [
        supply(Source::Claims, on(3), "見本医院", "1"),
        supply(Source::Claims, on(10), "架空病院", "1"),
    ];
    let form = chosen(json!({"from": "2025-06", "until": "2025-08"}));
    let page = page_of(&form, Way::Page, &drugs);
    let part = page.drugs.as_ref().unwrap();
    assert!(part.now.is_empty() && part.newest.is_empty());
    let flag = &part.flags[0];
    assert_eq!((flag.code, flag.is_now), ("same_ingredient", false));
    let page = page.render().unwrap();
    assert!(page.contains("直近12か月のお薬の記録はありません。"));
}

#[test]
fn a_year_up_to_today_is_read_besides_where_the_months_chosen_leave_any_of_it_out() {
    let words = staff(Language::Japanese, "medical_viewer").words.clone();
    let today = now().date_in_japan();
    for (form, is_read) in [
        (json!({}), false),
        (json!({"span": "3"}), true),
        (json!({"span": "36"}), false),
        (json!({"span": "all"}), false),
        (json!({"until": "2026-08"}), true),
        (json!({"from": "2025-12", "until": "2026-11"}), false),
        (json!({"from": "2026-01"}), true),
        (json!({"from": "2024-01", "until": "2026-10"}), true),
    ] {
        let span = chosen(form.clone()).months(today, &words).unwrap();
        let lately = span.lately(today);
        assert_eq!(lately.is_some(), is_read, "{form}");
        let whole = ViewForm::default().months(today, &words).unwrap();
        assert!(lately.is_none_or(|it| it == whole), "{form}");
    }
}

#[test]
fn surgery_and_checkups_are_told_of_all_years_also_where_there_are_none() {
    for way in [Way::Page, Way::Print] {
        for (words, none, other) in [
            ("", "全期間に、記録はありません。", "この言葉を含む記録"),
            (
                "架空",
                "全期間に、この言葉を含む記録はありません。",
                "全期間に、記録は",
            ),
        ] {
            let form = chosen(json!({"from": "2026-03", "until": "2026-08", "words": words}));
            let page = page_of(&form, way, &[]).render().unwrap();
            assert_eq!(page.matches(none).count(), 2, "{page}");
            assert!(!page.contains(other), "{page}");
            assert_eq!(page.matches(">全期間（").count(), 2, "{page}");
            // Treatment is of the months chosen.
            let treatment = page.split("id=\"record-treatment\"").nth(1).unwrap();
            let treatment = treatment.split("</section>").next().unwrap();
            assert!(treatment.contains("この期間の記録はありません。"));
        }
    }
}

#[test]
fn a_consent_at_home_says_until_withdrawn_only_where_it_has_no_end() {
    let staff = staff(Language::Japanese, "medical_viewer");
    let shown = |until: &str| {
        let mut kinds = opened("home");
        for it in &mut kinds {
            it.until = until.into();
        }
        let patient = Patient {
            birth_date: "1970-01-02".into(),
            id: "019aae5e-0000-7000-8000-000000000002".into(),
            kana: None,
            kinds,
            name: "資格　太郎".into(),
            reference_number: None,
            sex: "1".into(),
        };
        let patients = vec![patient];
        list(&staff, Patients { patients }).render().unwrap()
    };
    let ends = shown("2026-11-27T00:00:00.000000Z");
    assert!(ends.contains("2026-11-27 09:00まで"), "{ends}");
    assert!(!ends.contains("取り消されるまで"), "{ends}");
    let lasts = shown(&UNTIL_WITHDRAWN.to_string());
    assert!(lasts.contains("取り消されるまで"), "{lasts}");
    assert!(!lasts.contains("（まで）"), "{lasts}");
}

#[test]
fn without_a_list_of_interactions_the_page_says_that_none_is_checked() {
    let page = page(
        &staff(Language::Japanese, "medical_viewer"),
        &information(),
        Way::Page,
        "visit",
    );
    assert!(page.drugs.unwrap().interactions.contains("調べていません"));
}

#[test]
fn an_opening_leads_to_a_chart_every_view_of_which_leads_to_the_eligibility() {
    let answered = answer(1);
    let check = answered.check_id.clone();
    let opening = Opening {
        check: Some(answered),
        id: "019aae5e-0000-7000-8000-000000000002".into(),
        until: "2026-11-27T00:00:00Z".into(),
    };
    let chart = chart_of(Ground::Real, &opening);
    let here = format!("/medical/{}", opening.id);
    assert_eq!(chart, format!("{here}?check={check}"));
    let viewer = || staff(Language::Japanese, "medical_viewer");
    let written = |staff: &Staff, way, check| {
        let page = page_beside(staff, &information(), (way, "disaster"), check);
        page.render().unwrap()
    };
    for way in [Way::Page, Way::Print] {
        let page = written(&viewer(), way, Some(check.as_str()));
        for part in [
            format!("href=\"/checks/{check}\""),
            format!("action=\"{chart}\""),
            format!("action=\"{here}/print?check={check}\""),
        ] {
            assert!(page.contains(&part), "{part}");
        }
        assert!(!written(&viewer(), way, None).contains("/checks/"));
    }
    // A check of practice stands in no history.
    let practised = chart_of(Ground::Training, &opening);
    assert_eq!(practised, format!("/training{here}"));
    let trainee = viewer().in_training();
    let page = written(&trainee, Way::Page, Some(check.as_str()));
    assert!(!page.contains("/checks/"));
}

#[test]
fn a_value_outside_its_range_is_told_in_text_and_by_shape() {
    let page = page(
        &staff(Language::Japanese, "medical_viewer"),
        &information(),
        Way::Page,
        "visit",
    );
    let checkups = page.checkups.unwrap();
    assert_eq!(checkups.figures[0].mark.as_deref(), Some("高"));
    assert!(checkups.figures[0].svg.contains("onshi-chart__outside"));
    assert_eq!(checkups.table.rows[0].cells[0].mark.as_deref(), Some("高"));
    assert!(checkups.table.rows[0].cells[1].mark.is_none());
}

#[tokio::test]
async fn a_center_that_knows_no_files_of_all_years_still_gives_its_file() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("medical_viewer");
    for (format, span, times) in [("pdf", "12", 2), ("xml", "12", 2), ("pdf", "all", 1)] {
        let path = "/medical/019aae5e-0000-7000-8000-000000000002/file";
        let form = format!("format={format}&span={span}");
        let file = terminal.post(path, &cookie, &form).await;
        assert_eq!(
            (file.status, file.text.as_str()),
            (StatusCode::OK, "a file")
        );
        let asked = std::mem::take(&mut *center.documents.lock().unwrap());
        assert_eq!(asked.len(), times, "{asked:?}");
    }
}

#[tokio::test]
async fn whoever_may_see_nobody_is_told_whose_account_may_whoever_the_patient_is() {
    let terminal = Terminal::start();
    let refused = ClientError::Problem(Box::new(Trouble::NotPermitted.problem()));
    for language in Language::ALL {
        let general = staff(language, "general");
        let mut told = Vec::new();
        for answer in [
            view::failed(&terminal.app, &general, &refused),
            view::not_seen(&terminal.app, &general, &refused),
        ] {
            assert_eq!(answer.status(), StatusCode::FORBIDDEN);
            let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            told.push(String::from_utf8(body.to_vec()).unwrap());
        }
        assert_eq!(told[0], told[1]);
        assert!(told[0].contains("data-code=\"not_permitted\""));
        let viewers = AccountKind::ALL.into_iter();
        for kind in viewers.filter(|it| allows(*it, Action::ViewMedicalPages)) {
            let name = general.words.choose(kind.label_ja(), kind.label_en());
            let named = general.words.say_with("account-kind", &[("kind", name)]);
            assert!(told[0].contains(&named), "{named} is not in: {}", told[0]);
        }
    }
}

#[tokio::test]
async fn doctors_are_told_where_to_look_by_what_is_known_of_the_receipt_computer() {
    let terminal = Terminal::start();
    let staff = staff(Language::Japanese, "medical_viewer");
    let told = || receipt_link::of_medical(&terminal.app, &staff).map(|it| it.code);
    assert_eq!(told(), None);
    for (results_flow, code) in [
        (Answered::Yes, "medical_elsewhere"),
        (Answered::No, "medical_here"),
    ] {
        let settings = FacilitySettings {
            results_flow,
            ..FacilitySettings::default()
        };
        let settings = api::settings::Settings::from(&settings);
        assert!(
            terminal
                .app
                .receipt_links
                .hear("1319999999", &settings)
                .is_some()
        );
        assert_eq!(told().as_deref(), Some(code));
    }
}
