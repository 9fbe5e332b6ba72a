//! The pages of claims (G33): they say whom to ask, and a filing prints for its own review body alone.

use api::claims::{ClaimsFiling, ClaimsFilings, ClaimsTenant, ClaimsWindow};
use api::client::claims::ClaimsFile;
use api::problem::Text;
use askama::Template;
use axum::http::StatusCode;
use ui::component::{Choice, NextPage, Radio, TextField};
use ui::language::Language;

use super::{Written, staff};
use crate::lock::tests::Terminal;
use crate::pages::Staff;
use crate::pages::claims::contacts::Contacts;
use crate::pages::claims::filings::{FilingForm, at_door, filings_page, form_page};
use crate::pages::claims::submission::attached;
use crate::pages::claims::work::{Line, Open, WorkPage};
use crate::pages::claims::{DoorPage, FormPage};

/// How many pages there are here.
pub(super) const PAGES: usize = 5;

const DESK: &str = "0120-60-7210";

pub(super) fn filing(id: &str, tenant_name: &str) -> ClaimsFiling {
    ClaimsFiling {
        account: "kanri".into(),
        decided_at: None,
        handed_in_at: None,
        id: id.into(),
        kind: "another_pc".into(),
        line: "ip_vpn".into(),
        made_at: "2026-11-26T03:00:00Z".into(),
        reason: None,
        starts_on: "2026-12-01".into(),
        state: "made".into(),
        tenant: "fund".into(),
        tenant_name: Text::new(tenant_name, "A <review> body"),
        terminal: "受付端末1".into(),
    }
}

fn filings() -> ClaimsFilings {
    ClaimsFilings {
        filings: vec![
            filing("f-1", "見本支払基金"),
            filing("f-2", "見本国保連合会"),
        ],
    }
}

fn work(staff: &Staff, contacts: Contacts) -> WorkPage {
    let line = Line {
        id: "s".into(),
        number: "1".into(),
        sent: "A".into(),
        file_name: "<a>.uke".into(),
        counts: "B".into(),
        state: "C".into(),
        tone: "good",
        is_correction: true,
    };
    WorkPage {
        frame: staff.frame("/claims/work"),
        tenant: "A".into(),
        who: "B".into(),
        window: "C".into(),
        file: TextField::new("file", "D".into()),
        uploads: vec![Open {
            id: "u".into(),
            text: "<a>".into(),
        }],
        heads: vec!["E".into()],
        lines: vec![line],
        next: Some(NextPage {
            action: "/claims/work",
            terms: vec![("after", "s".into())],
        }),
        is_further: true,
        contacts,
    }
}

pub(super) fn of_claims(staff: &Staff, written: &mut Written) {
    let terminal = Terminal::start();
    let contacts = || Contacts::of(&terminal.app, &staff.words);
    let radio = || Radio {
        value: "a".into(),
        label: "<A>".into(),
        support: vec!["B".into()],
        chosen: true,
        barred: false,
    };
    let door = DoorPage {
        frame: staff.frame("/claims"),
        tenants: vec![radio()],
        certificates: vec![radio()],
        contacts: contacts(),
    };
    written.add("claims-door", &door);
    let form = FormPage {
        frame: staff.frame("/claims/sign-in/fund/0"),
        title: "A".into(),
        lead: "B".into(),
        action: "/claims/sign-in",
        hidden: vec![("tenant", "fund".into())],
        fields: vec![TextField::new("account", "C".into())],
        force: None,
        submit: "D".into(),
        contacts: Some(contacts()),
    };
    written.add("claims-sign-in", &form);
    written.add("claims-work", &work(staff, contacts()));
    let tenants = vec![Choice {
        value: "fund".into(),
        label: "A".into(),
    }];
    let page = filings_page(
        staff.frame("/claims/filings"),
        &filings(),
        (tenants, "<PC>".into()),
        &FilingForm::default(),
        &[],
    );
    written.add("claims-filings", &page);
    let frame = staff.frame("/claims/filings/f-1");
    let page = form_page(frame, &filing("f-1", "A"), &staff.session.facility);
    written.add("claims-filing", &page);
}

#[test]
fn the_desk_for_claims_and_the_payers_page_as_a_code_stand_where_claims_are_handed_in() {
    for language in Language::ALL {
        let mut written = Written(Vec::new());
        of_claims(&staff(language, "administrator"), &mut written);
        for (name, page) in written.0.into_iter().take(3) {
            assert!(page.contains(DESK), "{name}");
            assert_eq!(page.matches("<svg role=\"img\"").count(), 1, "{name}");
        }
    }
}

#[test]
fn the_list_of_submissions_leads_to_those_before_and_back_to_the_newest() {
    let terminal = Terminal::start();
    let staff = staff(Language::Japanese, "administrator");
    let page = work(&staff, Contacts::of(&terminal.app, &staff.words));
    let shown = page.render().unwrap();
    let next = "<form method=\"post\" action=\"/claims/work\"><input type=\"hidden\" name=\"after\" value=\"s\">";
    assert!(shown.contains(next) && shown.contains("<a href=\"/claims/work\">"));
    let all = WorkPage {
        next: None,
        is_further: false,
        ..page
    };
    let shown = all.render().unwrap();
    assert!(!shown.contains("next-page") && !shown.contains("href=\"/claims/work\""));
}

#[test]
fn result_files_of_two_submissions_are_saved_under_names_with_their_numbers() {
    for (file, name) in [
        (ClaimsFile::Findings, "onshi-claims-202611-7-findings.csv"),
        (
            ClaimsFile::Acceptance,
            "onshi-claims-202611-7-acceptance.jws",
        ),
    ] {
        let header = attached("202611-7", file);
        assert_eq!(header, format!("attachment; filename=\"{name}\""));
        assert_ne!(header, attached("202611-8", file));
    }
    // Whatever a center calls a number, the header stays one.
    let header = attached("7\"\r\n", ClaimsFile::Returns);
    assert!(
        header.ends_with("\"onshi-claims-7-returns.csv\""),
        "{header}"
    );
}

#[tokio::test]
async fn door_and_sign_in_say_whom_to_ask_also_where_the_center_is_away() {
    let terminal = Terminal::start();
    for path in ["/claims", "/claims/sign-in/fund/0"] {
        let page = terminal.get(path, "").await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        for part in [DESK, "<svg role=\"img\"", "https://www.ssk.or.jp/"] {
            assert!(page.text.contains(part), "{path}: {part}");
        }
    }
}

#[test]
fn a_filing_prints_for_its_own_review_body_alone_with_room_to_sign() {
    let staff = staff(Language::Japanese, "administrator");
    let all = filings();
    let frame = staff.frame("/claims/filings/f-1");
    let page = form_page(frame, &all.filings[0], &staff.session.facility);
    let page = page.render().unwrap();
    let (_, main) = page.split_once("<main").unwrap();
    for part in [
        "見本支払基金 御中",
        "1319999999",
        "受付端末1",
        "別のパソコンからの請求",
        "IP-VPN",
        "2026-12-01",
        "onshi-signature",
        "data-print",
    ] {
        assert!(main.contains(part), "{part}");
    }
    assert!(!main.contains("見本国保連合会") && !main.contains("<input"));
    let typed = FilingForm::default();
    let frame = staff.frame("/claims/filings");
    let list = filings_page(frame, &all, (Vec::new(), String::new()), &typed, &[]);
    let list = list.render().unwrap();
    for id in ["f-1", "f-2"] {
        assert!(list.contains(&format!("href=\"/claims/filings/{id}\"")));
    }
}

#[test]
fn the_door_tells_of_a_newer_filing_beside_the_one_that_lets_in_and_of_one_that_begins_later() {
    let staff = staff(Language::Japanese, "administrator");
    let from = |is_terminal_permitted, permitted_from: Option<&str>, state: &str| {
        let window = || ClaimsWindow {
            closes_at: None,
            is_open: false,
            last_at: None,
            openings: Vec::new(),
            opens_at: None,
        };
        let tenant = ClaimsTenant {
            correction: window(),
            filing: Some(ClaimsFiling {
                state: state.into(),
                ..filing("f-1", "見本支払基金")
            }),
            id: "fund".into(),
            is_terminal_permitted,
            name: Text::new("見本支払基金", "A review body"),
            permitted_from: permitted_from.map(str::to_owned),
            submission: window(),
        };
        at_door(&tenant, &staff.words)
    };
    // What an older center says.
    let says = |is_terminal_permitted, state: &str| from(is_terminal_permitted, None, state);
    let permitted = says(true, "accepted");
    assert!(!permitted.contains("新しい届出"));
    for (state, told) in [("handed_in", "審査中"), ("refused", "不受理")] {
        let both = says(true, state);
        assert!(
            both.starts_with(&permitted) && both.contains(told),
            "{both}"
        );
    }
    assert!(says(false, "accepted").contains("2026-12-01"));
    assert!(says(false, "refused").contains("不受理"));
    // The day is that of the filing that lets in, whatever a newer one says.
    let since = Some("2026-11-14T15:00:00.000000Z");
    let begins = from(false, since, "accepted");
    assert!(begins.contains("2026-11-15") && !begins.contains("2026-12-01"));
    assert!(!begins.contains("新しい届出"), "{begins}");
    let both = from(false, since, "handed_in");
    assert!(both.starts_with(&begins), "{both}");
    assert!(both.contains("新しい届出") && both.contains("審査中"));
    assert_eq!(from(true, since, "accepted"), permitted);
}
