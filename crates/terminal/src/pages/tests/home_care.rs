//! The list of home care, the question before a consent ends, and the results: who is meant where two patients bear one name.

use api::home_care::{
    EndedHomeConsent, EndedHomePatient, HomeAddress, HomeAddresses, HomeCareNotices, HomeConsent,
    HomeConsents,
};
use api::problem::Trouble;
use askama::Template;
use axum::http::StatusCode;
use ui::language::Language;

use super::copies::{Center, Line};
use super::{answer, staff};
use crate::pages::home_care::addresses::addresses_page;
use crate::pages::home_care::notices::ended_page;
use crate::pages::home_care::{asked_again, checked_page, list_page};

/// One of two who are called the same.
fn namesake(id: &str, kana: &str, birth_date: &str) -> HomeConsent {
    HomeConsent {
        birth_date: Some(birth_date.into()),
        care: "home_visit".into(),
        checked_at: None,
        given_at: "2026-11-26T00:00:00.000000Z".into(),
        id: id.into(),
        kana: Some(kana.into()),
        kinds: Vec::new(),
        last_check: None,
        name: "見本　清".into(),
        reference_number: None,
        until: None,
    }
}

#[test]
fn two_patients_of_one_name_are_told_apart_wherever_one_of_them_is_chosen() {
    let staff = staff(Language::Japanese, "administrator");
    let both = [
        namesake("a", "ﾐﾎﾝ ｷﾖｼ", "1940-03-04"),
        namesake("b", "ﾐﾎﾝ ｻﾔｶ", "1951-06-07"),
    ];
    let consents = both.to_vec();
    let frame = staff.frame("/home-care");
    let notices = HomeCareNotices::default();
    let list = list_page(&staff, frame, HomeConsents { consents }, &notices);
    let checked = checked_page(&staff, &both, vec![Ok(answer(1)), Ok(answer(1))]);
    let pages = [list.render().unwrap(), checked.render().unwrap()];
    for it in &both {
        let (kana, born) = (it.kana.as_deref(), it.birth_date.as_deref());
        let (kana, born) = (kana.unwrap(), born.unwrap());
        let asked = asked_again(&staff, it.clone()).render().unwrap();
        for page in pages.iter().chain([&asked]) {
            assert!(page.contains(kana) && page.contains(born), "{page}");
        }
        for other in both.iter().filter(|other| other.id != it.id) {
            let other = other.birth_date.as_deref().unwrap();
            assert!(!asked.contains(other), "{asked}");
        }
    }
}

/// What stands on paper of a page: what is within `onshi-noprint`, and what is pressed, does not.
pub(super) fn on_paper(page: &str) -> String {
    let mut left = String::new();
    let mut rest = page;
    while let Some(at) = rest.find("onshi-noprint\"") {
        let start = rest[..at].rfind('<').unwrap();
        let name = rest[start + 1..at].split(' ').next().unwrap();
        let end = format!("</{name}>");
        left.push_str(&rest[..start]);
        let close = start + rest[start..].find(&end).unwrap();
        rest = &rest[close + end.len()..];
    }
    left + rest
}

#[test]
fn the_hand_out_of_a_cares_code_is_a_page_of_its_own_without_what_is_for_the_staff() {
    let address = |care: &str| HomeAddress {
        account: "uketsuke-hanako".into(),
        care: care.into(),
        id: "0".repeat(26),
        made_at: "2026-11-26T00:00:00.000000Z".into(),
        url: format!("https://center.example/f/{care}"),
    };
    let staff = staff(Language::Japanese, "administrator");
    let shown = |cares: &[&str]| {
        let found = HomeAddresses {
            addresses: cares.iter().map(|care| address(care)).collect(),
            served: true,
        };
        let frame = staff.frame("/home-care/addresses");
        addresses_page(&staff, frame, &found).render().unwrap()
    };
    let page = shown(&["home_visit", "remote_care"]);
    let (_, main) = page.split_once("<main").unwrap();
    let paper = on_paper(main);
    for staffs in [
        "uketsuke-hanako",
        "知っているだけでは",
        "配ったQRコードは使えなくなります",
        "印刷して渡せます",
        "href=\"/home-care\"",
        "<form",
    ] {
        assert!(main.contains(staffs), "{staffs}");
        assert!(!paper.contains(staffs), "{staffs}: {paper}");
    }
    for care in ["home_visit", "remote_care"] {
        assert!(paper.contains(&format!("https://center.example/f/{care}")));
    }
    assert_eq!(paper.matches("<section class=\"onshi-handout\"").count(), 2);
    // Where one care has no address yet, the other's paper says nothing of that.
    let page = shown(&["remote_care"]);
    let (_, main) = page.split_once("<main").unwrap();
    let paper = on_paper(main);
    assert!(main.contains("まだありません") && !paper.contains("まだありません"));
    assert!(paper.contains("https://center.example/f/remote_care"));
    // Banners are everybody's to read on the screen alone, and each care begins a page.
    assert!(main.starts_with(" id=\"main\" class=\"onshi-main onshi-main--handout\""));
    let style = ui::assets::find(ui::assets::STYLESHEET).unwrap();
    let style = std::str::from_utf8(style.bytes).unwrap();
    for rule in [
        ".onshi-main--handout .onshi-banner",
        ".onshi-handout ~ .onshi-handout",
    ] {
        assert!(style.contains(rule), "{rule}");
    }
}

#[test]
fn whose_consent_ended_is_named_and_leads_to_no_check_that_was_let_go() {
    let staff = staff(Language::Japanese, "administrator");
    let shown = |check_kept: bool| {
        let found = EndedHomePatient {
            birth_date: "1940-03-04".into(),
            check_kept,
            ended: EndedHomeConsent {
                care: "home_visit".into(),
                check_id: "019aae5e-0000-7000-8000-000000000001".into(),
                ended_at: "2026-11-26T00:00:00.000000Z".into(),
                why: "withdrawn".into(),
            },
            kana: None,
            name: "見本　清".into(),
            reference_number: None,
        };
        ended_page(&staff, &found).render().unwrap()
    };
    let link = "/checks/019aae5e-0000-7000-8000-000000000001";
    for kept in [true, false] {
        let page = shown(kept);
        assert!(page.contains("見本　清") && page.contains("1940-03-04"));
        assert_eq!(page.contains(link), kept, "{page}");
    }
}

#[tokio::test]
async fn whose_consent_ended_is_read_from_its_check_where_an_older_center_has_no_page_for_it() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("administrator");
    let check = "019aae5e-0000-7000-8000-000000000001";
    let ended = format!("/home-care/ended/{check}");
    let page = terminal.get(&ended, &cookie).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert_eq!(page.header("location"), format!("/checks/{check}"));
    // What is no check leads nowhere, and any other refusal is told as it is.
    let page = terminal.get("/home-care/ended/x", &cookie).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND, "{}", page.text);
    center.set(Line::Refuses(Trouble::NotPermitted));
    let page = terminal.get(&ended, &cookie).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
}
