//! The pages of emergencies: whom they offer, and what they say of whom was found.

use api::emergency::{AmbulanceAccess, EmergencyState};
use api::history::{History, HistoryEntry};
use askama::Template;
use domain::civil_date::Instant;
use ui::language::Language;

use super::staff;
use crate::lock::tests::Terminal;
use crate::pages::emergency::ambulance::{ambulance_page, recent};

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
        let page = ambulance_page(staff.frame("/emergency/ambulance"), &access, found);
        page.render().unwrap()
    };
    let whole = page(&[60, 600]);
    assert!(whole.contains("value=\"check-600\""));
    assert!(whole.contains("name=\"after\" value=\"mark\""));
    let last = page(&[600, 86_399, 86_400]);
    assert!(last.contains("value=\"check-86399\""));
    assert!(!last.contains("check-86400") && !last.contains("name=\"after\""));
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
