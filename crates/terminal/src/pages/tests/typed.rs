//! What a form that was not taken keeps.

use api::account::{Account, AccountChange};
use api::emergency::{OpenWindow, WindowUsage};
use api::history::History;
use api::settings::Settings;
use askama::Template;
use axum::http::StatusCode;
use domain::civil_date::CivilDate;
use domain::facility_settings::FacilitySettings;
use serde_json::json;
use ui::language::Language;

use super::{account, fault, staff};
use crate::lock::tests::Terminal;
use crate::pages::accounts::account::{EditForm, account_page, meanwhile};
use crate::pages::emergency::reports::{ReportForm, report_page};
use crate::pages::history::{SearchForm, history_page};

#[test]
fn an_account_that_was_not_changed_keeps_what_was_typed_and_says_what_it_is_now() {
    let staff = staff(Language::Japanese, "administrator");
    let typed = AccountChange {
        designation: Some("看護師、院長が選定".into()),
        display_name: Some("見本の新しい名".into()),
        ..AccountChange::default()
    };
    let now = account("ishi", "medical_viewer");
    let others = meanwhile(&now, &typed, &staff.words);
    let [(name, now_named), (designation, now_empty)] = others.as_slice() else {
        panic!("{others:?}");
    };
    assert_eq!(
        (name.as_str(), designation.as_str()),
        ("display_name", "designation")
    );
    assert!(now_named.text.contains("「受付」") && now_empty.text.contains("何も"));
    for faults in [vec![fault("display_name")], others] {
        let frame = staff.frame("/accounts/ishi");
        let page = account_page(frame, now.clone(), &typed, None, &faults);
        let page = page.render().unwrap();
        for value in ["看護師、院長が選定", "見本の新しい名"] {
            assert!(page.contains(&format!("value=\"{value}\"")), "{value}");
        }
    }
    let untouched = AccountChange::default();
    assert!(meanwhile(&now, &untouched, &staff.words).is_empty());
}

#[test]
fn what_was_typed_of_a_medical_viewer_before_is_shown_as_such_until_it_is_said() {
    let staff = staff(Language::Japanese, "administrator");
    let shown = |account: Account| {
        let page = account_page(
            staff.frame("/accounts/ishi"),
            account,
            &AccountChange::default(),
            None,
            &[],
        );
        page.render().unwrap()
    };
    let mut viewer = account("ishi", "medical_viewer");
    viewer.designation = Some("看護師、院長が選定".into());
    let page = shown(viewer.clone());
    assert!(page.contains("看護師、院長が選定（以前の記載）"));
    assert!(page.contains("<option value=\"\" selected>未記入</option>"));
    assert!(!page.contains("value=\"看護師、院長が選定\""));
    viewer.profession = Some("designated".into());
    viewer.designation = Some("看護師".into());
    viewer.designated_by = Some("院長 見本一郎".into());
    let page = shown(viewer);
    assert!(page.contains("<option value=\"designated\" selected>選定者</option>"));
    assert!(!page.contains("<option value=\"\""));
    for value in ["看護師", "院長 見本一郎"] {
        assert!(page.contains(&format!("value=\"{value}\"")), "{value}");
        assert!(page.contains(&format!(">{value}</")), "{value}");
    }
    let form = |profession: &str, designation: &str| EditForm {
        profession: Some(profession.into()),
        designation: Some(designation.into()),
        designated_by: Some(String::new()),
        ..EditForm::default()
    };
    // A name is changed without a word on the rest.
    let change = form("", "").change();
    assert!(change.profession.is_none() && change.designation.is_none());
    let change = form("", "看護師").change();
    assert_eq!(change.designation.as_deref(), Some("看護師"));
    let change = form("physician", "").change();
    let given = (change.profession.as_deref(), change.designation.as_deref());
    assert_eq!(given, (Some("physician"), Some("")));
}

#[tokio::test]
async fn a_history_is_written_anew_by_the_terms_it_was_searched_with_and_behind_nobodys_back() {
    let staff = staff(Language::Japanese, "general");
    let today = CivilDate::parse_iso("2026-11-25").unwrap();
    let page = |terms: serde_json::Value| {
        let form: SearchForm = serde_json::from_value(terms).unwrap();
        let found = Some((History::default(), today));
        let page = history_page(staff.frame("/history"), &form, found, &[]);
        page.render().unwrap()
    };
    let follows = |page: &str, terms: &[(&str, &str)]| {
        assert!(
            page.contains("data-live=\"/live\" data-news=\"check home_care\" data-pause=\"2000\"")
        );
        assert!(page.contains("hx-post=\"/history/live?by=itself\""));
        for (name, value) in terms {
            let term = format!("&#34;{name}&#34;:&#34;{value}&#34;");
            assert!(page.contains(&term), "{term} is not in {page}");
        }
    };
    let own =
        page(json!({"verdict": "1", "account": "a<b", "from": "2026-11-01", "to": "R8.11.25"}));
    follows(
        &own,
        &[
            ("verdict", "1"),
            ("account", "a&#60;b"),
            ("from", "2026-11-01"),
            ("to", ""),
        ],
    );
    // The days it begins with are today's still after midnight.
    let first = page(json!({"from": "2026-10-26", "to": "2026-11-25"}));
    follows(&first, &[("from", ""), ("to", "")]);
    let later = page(json!({"to": "2026-12-31"}));
    follows(&later, &[("to", "2026-12-31")]);
    // What comes is on the first page, and not among days that are over; a name is looked for once.
    for terms in [
        json!({"after": "c"}),
        json!({"to": "2026-11-24"}),
        json!({"name": "見本"}),
    ] {
        let stays = page(terms);
        assert!(stays.contains("id=\"live\"") && !stays.contains("data-live"));
    }
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("general");
    let path = "/history/live?by=itself";
    let lost = terminal.post(path, &cookie, "name=x").await;
    assert_eq!(lost.status, StatusCode::BAD_GATEWAY);
}

fn used(id: &str) -> WindowUsage {
    WindowUsage {
        facility: "1319999999".into(),
        window: OpenWindow {
            from: "2026-11-25T15:00:00Z".into(),
            id: id.into(),
            mode: "disaster".into(),
            reason: "見本".into(),
            until: "2026-11-26T15:00:00Z".into(),
        },
        ..WindowUsage::default()
    }
}

#[tokio::test]
async fn a_form_stays_as_filled_where_the_line_is_lost() {
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("administrator");
    for (path, body, kept) in [
        (
            "/emergency/disaster",
            "by=description&name=MIHON&birth_date=S45.1.2&sex=2&address=KAKUU",
            &["value=\"MIHON\"", "value=\"S45.1.2\"", "value=\"KAKUU\""][..],
        ),
        (
            "/emergency/outage",
            "by=insurance&key=k-1&insurer_number=06139992&number=4567",
            &["value=\"k-1\"", "value=\"06139992\"", "value=\"4567\""][..],
        ),
        (
            "/emergency/disaster/open",
            "search=s-1&consent=oral&name=MIHON&birth_date=1970-01-02&sex=2",
            &["value=\"s-1\"", "value=\"oral\" checked", "MIHON"][..],
        ),
        (
            "/emergency/disaster/check",
            "search=s-1&name=MIHON&birth_date=1970-01-02&sex=2",
            &[
                "value=\"s-1\"",
                "MIHON",
                "formaction=\"/emergency/disaster/check\"",
            ][..],
        ),
        (
            "/emergency/reports",
            "key=k-1&window=w-1&text=written+at+length",
            &[
                "value=\"k-1\"",
                "value=\"w-1\"",
                ">written at length</textarea>",
            ][..],
        ),
        (
            "/training/emergency/reports",
            "window=w-1&text=written+at+length",
            &[">written at length</textarea>"][..],
        ),
        (
            "/reference-numbers",
            "key=k-1&reference_number=000123&insurer_number=06139992&number=4567",
            &["value=\"k-1\"", "value=\"000123\"", "value=\"4567\""][..],
        ),
        (
            "/reference-numbers/search",
            "reference_number=000123",
            &["value=\"000123\""][..],
        ),
        (
            "/inventory/device",
            "version=0&part=router&maker=MIHON&serial=S-1",
            &["value=\"MIHON\"", "value=\"S-1\""][..],
        ),
        (
            "/inventory/contract",
            "version=0&contract=with&installer=MIHON",
            &["value=\"with\" selected", "value=\"MIHON\""][..],
        ),
    ] {
        let page = terminal.post(path, &cookie, body).await;
        assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{path}");
        assert!(page.text.contains("そのまま残っています"), "{path}");
        for kept in kept {
            assert!(page.text.contains(kept), "{path}: {kept}");
        }
    }
}

#[tokio::test]
async fn the_contracts_form_stays_as_filled_with_a_wrong_number_in_it() {
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("administrator");
    let body = "version=0&contract=without&contract_phone=x&installer=MIHON";
    let page = terminal.post("/inventory/contract", &cookie, body).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in [
        "value=\"without\" selected",
        "value=\"x\"",
        "value=\"MIHON\"",
        "href=\"#contract_phone\"",
    ] {
        assert!(page.text.contains(kept), "{kept}");
    }
}

#[test]
fn a_report_that_was_not_taken_stands_under_its_window() {
    let staff = staff(Language::Japanese, "administrator");
    let page = |found: Option<WindowUsage>| {
        let written = ReportForm {
            key: "k-1".into(),
            text: "written".into(),
            window: "w-2".into(),
        };
        report_page(staff.frame("/emergency/reports"), found, Some(&written))
    };
    let at_its_window = page(Some(used("w-2")));
    assert!(at_its_window.unsent.is_none());
    assert!(
        at_its_window
            .render()
            .unwrap()
            .contains(">written</textarea>")
    );
    let without = page(None);
    assert_eq!(without.unsent, Some(("w-2".into(), "written".into())));
    assert!(without.render().unwrap().contains(">written</textarea>"));
}

#[tokio::test]
async fn settings_with_a_fault_do_not_say_that_nothing_was_ever_changed() {
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("administrator");
    let page = terminal.post("/settings", &cookie, "version=1").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("href=\"/settings/history\""));
    assert!(!page.text.contains("まだ変更されていません"));
}

#[tokio::test]
async fn settings_stay_as_chosen_where_the_line_is_lost() {
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("administrator");
    let settings = Settings::from(&FacilitySettings::default());
    let fields = settings.values().into_iter().map(|(name, value)| {
        let value = if name == "visual_return_minutes" {
            "7"
        } else {
            value.as_str()
        };
        format!("{name}={value}")
    });
    let body = fields.collect::<Vec<_>>().join("&");
    let page = terminal.post("/settings", &cookie, &body).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.text.contains("そのまま残っています") && page.text.contains("value=\"7\""));
}
