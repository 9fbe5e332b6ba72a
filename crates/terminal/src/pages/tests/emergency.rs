//! The pages of emergencies: whom they offer, and what they say of whom was found.

use api::emergency::{
    AmbulanceAccess, EmergencyReports, EmergencyState, FiledReport, OpenWindow, UsageLine,
    WindowUsage,
};
use api::history::{History, HistoryEntry};
use askama::Template;
use domain::civil_date::Instant;
use ui::language::Language;

use super::{answer, staff};
use crate::lock::tests::Terminal;
use crate::pages::emergency::ambulance::{ambulance_page, recent};
use crate::pages::emergency::eligibility::eligibility_page;
use crate::pages::emergency::reports::{report_page, reports_page};
use crate::pages::second_factor::Proving;

fn now() -> Instant {
    Instant::parse("2026-11-24T00:05:00+09:00").unwrap()
}

/// A page of cards checked so many seconds ago, with more behind it.
fn checked(ago: &[i64]) -> History {
    let checks = ago.iter().map(|ago| HistoryEntry {
        account: "reader".into(),
        at: now().plus_seconds(-ago).to_string(),
        check_id: format!("check-{ago}"),
        insurer_number: "06139992".into(),
        method: Some("pin".into()),
        name: Some("見本　一郎".into()),
        origin: "card".into(),
        verdict: 1,
        visit_date: "2026-11-23".into(),
    });
    History {
        checks: checks.collect(),
        next: Some("mark".into()),
    }
}

#[test]
fn an_ambulances_patient_is_reached_beyond_the_first_page_and_over_midnight() {
    let staff = staff(Language::Japanese, "medical_viewer");
    let page = |ago: &[i64]| {
        let access = AmbulanceAccess::default();
        let found = recent(checked(ago), now());
        let page = ambulance_page(staff.frame("/emergency/ambulance"), &access, found, None);
        page.render().unwrap()
    };
    let whole = page(&[60, 600]);
    assert!(whole.contains("value=\"check-600\""));
    assert!(whole.contains("name=\"after\" value=\"mark\""));
    let last = page(&[600, 86_399, 86_400]);
    assert!(last.contains("value=\"check-86399\""));
    assert!(!last.contains("check-86400") && !last.contains("name=\"after\""));
}

#[test]
fn a_second_factor_is_proved_for_an_ambulance_in_every_way_there_is_or_added_first() {
    let staff = staff(Language::Japanese, "medical_viewer");
    let access = AmbulanceAccess {
        missing: Some("factor".into()),
        ..AmbulanceAccess::default()
    };
    let page = |proving: Option<Proving>| {
        let frame = staff.frame("/emergency/ambulance");
        let page = ambulance_page(frame, &access, History::default(), proving);
        page.render().unwrap()
    };
    let forms = |options: Option<&str>| {
        let options = options.map(str::to_owned);
        Proving::new("/emergency/ambulance/factor", options, &staff.words)
    };
    let (to_add, passkey) = ("href=\"/own-access\"", "data-passkey=\"get\"");
    let with_passkey = page(Some(forms(Some("{\"publicKey\":{}}"))));
    assert!(with_passkey.contains(passkey) && with_passkey.contains("name=\"credential\""));
    let with_codes = page(Some(forms(None)));
    assert!(!with_codes.contains(passkey));
    for page in [&with_passkey, &with_codes] {
        assert!(page.contains("name=\"code\"") && page.contains("name=\"recovery_code\""));
        assert!(page.contains("action=\"/emergency/ambulance/factor\""));
        assert!(!page.contains("action=\"/second-factor\"") && !page.contains(to_add));
    }
    let without = page(None);
    assert!(without.contains(to_add) && without.contains("先にどちらかを登録"));
    assert!(!without.contains("/emergency/ambulance/factor"));
}

#[tokio::test]
async fn the_main_screen_leads_to_the_report_that_is_owed_after_a_window() {
    let terminal = Terminal::start();
    let owed = |report_owed| {
        let state = EmergencyState {
            report_owed,
            ..EmergencyState::default()
        };
        terminal.app.emergencies.hear("1319999999", state);
    };
    let leads = async |kind: &str| {
        let page = terminal.get("/", &terminal.sign_in(kind)).await;
        assert!(!page.text.contains("href=\"/emergency\""));
        page.text.contains("href=\"/emergency/reports\"")
    };
    owed(true);
    assert!(leads("administrator").await && leads("medical_viewer").await);
    assert!(!leads("general").await);
    owed(false);
    assert!(!leads("administrator").await);
}

#[test]
fn the_windows_that_were_used_are_listed_without_names_and_each_has_a_page_of_its_own() {
    let staff = staff(Language::Japanese, "administrator");
    let used = |id: &str, report: Option<FiledReport>| WindowUsage {
        lines: vec![UsageLine {
            name: Some("見本　一郎".into()),
            ..UsageLine::default()
        }],
        openings: Some(1),
        report,
        searches: Some(3),
        window: OpenWindow {
            id: id.into(),
            mode: "disaster".into(),
            ..OpenWindow::default()
        },
        ..WindowUsage::default()
    };
    // An older center tells of what was done as well.
    let found = EmergencyReports {
        next: Some("w-2".into()),
        windows: vec![used("w-1", Some(FiledReport::default())), used("w-2", None)],
    };
    let page = reports_page(staff.frame("/emergency/reports"), found);
    let page = page.render().unwrap();
    for said in [
        "href=\"/emergency/reports/w-1\"",
        "href=\"/emergency/reports/w-2\"",
        "href=\"/emergency/reports?after=w-2\"",
        "検索 3件、開いた医療情報 1件",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert_eq!(page.matches(">報告済み<").count(), 1);
    assert_eq!(page.matches(">未報告<").count(), 1);
    assert!(!page.contains("見本　一郎") && !page.contains("<textarea"));
    let of_one = report_page(
        staff.frame("/emergency/reports/w-1"),
        Some(used("w-1", None)),
        None,
    );
    let of_one = of_one.render().unwrap();
    assert!(of_one.contains("見本　一郎") && of_one.contains("name=\"window\" value=\"w-1\""));
    let last = reports_page(
        staff.frame("/emergency/reports"),
        EmergencyReports::default(),
    );
    assert!(!last.render().unwrap().contains("?after="));
}

#[test]
fn every_coverage_that_counts_alike_is_shown_without_a_card_and_with_why() {
    let staff = staff(Language::Japanese, "administrator");
    let page = |answer: &api::check::Answer| {
        let words = ("outage-result", "outage-recorded");
        let page = eligibility_page(staff.frame("/"), "/emergency/outage", words, answer);
        page.render().unwrap()
    };
    let mut several = answer(5);
    let mut second = several.results[0].clone();
    second.insurer_number = "01130012".into();
    several.results.push(second);
    let shown = page(&several);
    for said in [
        "受診日に有効な資格が複数あり",
        "06139992",
        "01130012",
        "<h2>資格 1</h2>",
        "<h2>資格 2</h2>",
        "2割（20%）",
    ] {
        assert!(shown.contains(said), "{said}");
    }
    let one = page(&answer(1));
    assert!(one.contains("2割（20%）") && !one.contains("資格 1"));
    let lost = page(&answer(2));
    assert!(lost.contains("喪失事由：") && !lost.contains("2割（20%）"));
}
