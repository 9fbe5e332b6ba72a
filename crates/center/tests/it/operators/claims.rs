//! The claims entry on the operators' pages: accounts, filings, openings. Each deed is on record under the operator's name, and no page tells a claim.

use api::claims::NewClaimsFiling;
use domain::account::AccountId;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::{CivilDate, Instant};
use domain::claims::entry::{FilingKind, FilingState, Line};
use domain::claims::tenant::Tenant;
use domain::institution_code::InstitutionCode;
use store::claims::filings::Filing;

use crate::claims::{IN_TIME, first_session, world_at};
use crate::operators::browser::{Browser, SURE};
use crate::operators::events;
use crate::world::World;

const CLINIC: &str = "1319999999";

const ACCOUNTS: &str = "/claims/accounts/1319999999";

async fn add(browser: &mut Browser<'_>, id: &str) -> crate::world::RawAnswer {
    let form = [("tenant", "fund"), ("id", id), ("display_name", "請求<係>")];
    browser.post(&format!("{ACCOUNTS}/add"), &form).await
}

/// A filing that is handed in; its identifier.
async fn filed(world: &World) -> (crate::world::Clinic, String) {
    let clinic = world.enrol(CLINIC).await;
    let (administrator, _) = clinic.administrator().await;
    let token = clinic.sign_in_again(&administrator).await;
    let filing = NewClaimsFiling {
        kind: "first_use".into(),
        line: "ip_vpn".into(),
        starts_on: "2026-10-01".into(),
        tenant: "fund".into(),
        terminal: clinic.enrolled.terminal.clone(),
    };
    let made = clinic.client.make_claims_filing(&token, "1", &filing).await;
    let id = made.unwrap().id;
    clinic
        .client
        .hand_in_claims_filing(&token, &id)
        .await
        .unwrap();
    (clinic, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_shown_once_reset_and_disabled_for_its_facility_alone() {
    let world = world_at(IN_TIME).await;
    let (clinic, filing) = filed(&world).await;
    let (_, mut browser) = world.operator("suzuki").await;
    let accept = format!("/claims/filings/{filing}/accept");
    assert_eq!(browser.post(&accept, &[]).await.status, 303);
    let issued = add(&mut browser, "seikyu1").await;
    assert_eq!(issued.status, 200);
    let password = issued.between("初期パスワード</dt><dd><code class=\"onshi-secret\">", "<");
    let marks = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ];
    let password = marks
        .iter()
        .fold(password, |text, (from, to)| text.replace(from, to));
    let page = browser.get(ACCOUNTS).await.text();
    assert!(page.contains("seikyu1") && page.contains("請求&#60;係&#62;"));
    assert!(!page.contains(&password), "shown once");
    first_session(&clinic, "fund", "seikyu1", &password).await;
    let again = add(&mut browser, "seikyu1").await;
    assert_eq!(
        (again.status, again.code_of_field("id")),
        (422, "taken".into())
    );
    let bad = add(&mut browser, "請求").await;
    assert_eq!((bad.status, bad.code_of_field("id")), (422, "form".into()));
    // A federation of another prefecture is not of this facility.
    let form = [
        ("tenant", "federation-34"),
        ("id", "x"),
        ("display_name", ""),
    ];
    let other = browser.post(&format!("{ACCOUNTS}/add"), &form).await;
    assert_eq!(
        (other.status, other.code_of_field("tenant")),
        (422, "other_prefecture".into())
    );
    let of = [("tenant", "fund"), ("id", "seikyu1"), SURE[0]];
    let reset = browser.post(&format!("{ACCOUNTS}/reset"), &of).await;
    assert_eq!(reset.status, 200);
    for (deed, mark) in [("disable", "停止中"), ("enable", "使用中")] {
        let done = browser.post(&format!("{ACCOUNTS}/{deed}"), &of).await;
        assert_eq!(done.status, 303, "{deed}");
        assert!(browser.get(ACCOUNTS).await.text().contains(mark), "{deed}");
    }
    let nobody = [("tenant", "fund"), ("id", "nobody"), SURE[0]];
    let none = browser.post(&format!("{ACCOUNTS}/reset"), &nobody).await;
    assert_eq!(none.status, 404);
    assert_eq!(browser.get("/claims/accounts/1310000001").await.status, 404);
    let unknown = browser.post("/claims/accounts", &[("code", "131")]).await;
    assert_eq!(
        (unknown.status, unknown.code_of_field("code")),
        (422, "form".into())
    );
    let found = browser.post("/claims/accounts", &[("code", CLINIC)]).await;
    assert_eq!(found.header("location"), Some(ACCOUNTS));
    let told = events(&world, "claims-account").await;
    let own = told.iter().filter(|it| it.actor == "operator:suzuki");
    assert_eq!(own.count(), 4);
    assert!(told.iter().all(|it| !it.detail.contains(&password)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filing_is_refused_with_a_reason_or_accepted_and_decided_once() {
    let world = world_at(IN_TIME).await;
    let (clinic, filing) = filed(&world).await;
    let (_, mut browser) = world.operator("suzuki").await;
    let list = browser.get("/claims/filings").await.text();
    assert!(list.contains(CLINIC) && list.contains("審査中"), "{list}");
    let menu = browser.get("/claims").await.text();
    assert!(menu.contains("審査中：1件"), "{menu}");
    let of = |deed: &str| format!("/claims/filings/{filing}/{deed}");
    let no_reason = browser.post(&of("refuse"), &[("reason", " ")]).await;
    assert_eq!(
        (no_reason.status, no_reason.code_of_field("reason")),
        (422, "length".into())
    );
    let why = [("reason", "回線の契約が確認できません")];
    assert_eq!(browser.post(&of("refuse"), &why).await.status, 303);
    let door = clinic.client.claims_entry().await.unwrap();
    let told = door.tenants[0].filing.as_ref().unwrap();
    assert_eq!(
        (told.state.as_str(), told.reason.as_deref()),
        ("refused", Some(why[0].1))
    );
    let twice = browser.post(&of("accept"), &[]).await;
    assert_eq!((twice.status, twice.code_shown()), (422, "state".into()));
    let page = browser
        .get(&format!("/claims/filings/{filing}"))
        .await
        .text();
    assert!(page.contains(why[0].1) && !page.contains(&of("accept")));
    for path in ["/claims/filings/nobody", "/claims/filings/nobody/else"] {
        assert_ne!(browser.get(path).await.status, 200, "{path}");
    }
    let decided = events(&world, "claims-filing").await;
    let own = decided.iter().filter(|it| it.actor == "operator:suzuki");
    assert_eq!(own.count(), 1);
}

/// Files many times through the store, a second after each other.
async fn file_often(world: &World, count: i64) {
    let engine = crate::places::store(&world.dir.path().join("center.db"), 8);
    let facility = InstitutionCode::parse(CLINIC).unwrap();
    for id in 1..=count {
        let at = Instant::parse(IN_TIME).unwrap().plus_seconds(id);
        let id = u128::try_from(id).unwrap();
        let event = || Event {
            at,
            actor: Actor::Center,
            deed: Deed::ClaimsFiling,
            subject: None,
            detail: String::new(),
        };
        let filing = Filing {
            id,
            tenant: Tenant::Fund,
            facility,
            kind: FilingKind::FirstUse,
            terminal: "受付1".into(),
            line: Line::IpVpn,
            starts: CivilDate::new(2026, 12, 1).unwrap(),
            state: FilingState::Made,
            account: AccountId::parse("kanri").unwrap(),
            made: at,
            handed_in: None,
            decided: None,
            operator: None,
            reason: None,
        };
        engine.make_filing(filing, event(), None).await.unwrap();
        let handed_in = engine.hand_in_filing(facility, id, event()).await;
        assert!(handed_in.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filing_that_waits_longest_is_shown_and_all_that_wait_are_counted() {
    let world = world_at(IN_TIME).await;
    file_often(&world, 201).await;
    let (_, mut browser) = world.operator("suzuki").await;
    let menu = browser.get("/claims").await.text();
    assert!(menu.contains("審査中：201件"), "{menu}");
    let list = browser.get("/claims/filings").await.text();
    let first = "/claims/filings/00000000-0000-0000-0000-000000000001";
    assert!(list.contains(first) && list.contains("審査中：201件"));
    assert!(list.contains("200件を表示しています"), "{list}");
    let accept = format!("{first}/accept");
    assert_eq!(browser.post(&accept, &[]).await.status, 303);
    // The one that had no room.
    let list = browser.get("/claims/filings").await.text();
    assert!(list.contains("/claims/filings/00000000-0000-0000-0000-0000000000c9"));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_opened_with_a_reason_withdrawn_before_it_begins_and_ended_after() {
    let world = world_at("2026-10-11T09:00:00+09:00").await;
    let clinic = world.enrol(CLINIC).await;
    let (_, mut browser) = world.operator("suzuki").await;
    let page = browser.get("/claims/windows").await.text();
    for part in [
        "5日～7日 8:00～21:00",
        "8日～10日 8:00～24:00",
        "11日～12日",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for (from, until, reason, field, code) in [
        ("きのう", "2026-10-12 21:00", "x", "from", "form"),
        ("2026-10-12 21:00", "2026-10-12 10:75", "x", "until", "form"),
        ("2026-10-12 21:00", "2026-10-12 25:00", "x", "until", "form"),
        (
            "2026-10-12 21:00",
            "2026-10-12 20:00",
            "x",
            "until",
            "order",
        ),
        (
            "2026-10-01 08:00",
            "2026-10-10 20:00",
            "x",
            "until",
            "order",
        ),
        (
            "2026-10-12 08:00",
            "2026-10-12 20:00",
            "",
            "reason",
            "length",
        ),
    ] {
        let form = [
            ("tenant", ""),
            ("from", from),
            ("until", until),
            ("reason", reason),
        ];
        let wrong = browser.post("/claims/windows", &form).await;
        assert_eq!(
            (wrong.status, wrong.code_of_field(field)),
            (422, code.into()),
            "{from} {until}"
        );
    }
    assert!(
        !clinic.client.claims_entry().await.unwrap().tenants[0]
            .submission
            .is_open
    );
    let now = [
        ("tenant", "fund"),
        ("from", "R8.10.11 8:00"),
        ("until", "令和8年10月12日 24:00"),
        ("reason", "障害のため"),
    ];
    assert_eq!(browser.post("/claims/windows", &now).await.status, 303);
    let later = [
        ("tenant", ""),
        ("from", "2026-10-20 8:00"),
        ("until", "2026-10-21 8:00"),
        ("reason", "予備日"),
    ];
    assert_eq!(browser.post("/claims/windows", &later).await.status, 303);
    let door = clinic.client.claims_entry().await.unwrap();
    assert!(door.tenants[0].submission.is_open && !door.tenants[1].submission.is_open);
    assert_eq!(
        door.tenants[0].submission.last_at.as_deref(),
        Some("2026-10-20T23:00:00.000000Z")
    );
    let page = browser.get("/claims/windows").await;
    let begun = page.between("href=\"/claims/windows/", "/end\"");
    let planned = page.text();
    let planned = planned.split("/withdraw\"").next().unwrap();
    let planned = planned
        .rsplit("/claims/windows/")
        .next()
        .unwrap()
        .to_owned();
    for (id, deed, status) in [
        (&begun, "withdraw", 422),
        (&planned, "end", 422),
        (&begun, "end", 303),
        (&begun, "end", 404),
        (&planned, "withdraw", 303),
        (&planned, "forget", 404),
    ] {
        let path = format!("/claims/windows/{id}/{deed}");
        assert_eq!(browser.post(&path, &SURE).await.status, status, "{deed}");
    }
    let door = clinic.client.claims_entry().await.unwrap();
    assert!(!door.tenants[0].submission.is_open);
    let told = events(&world, "claims-opening").await;
    assert_eq!(told.len(), 4);
    assert!(told.iter().all(|it| it.actor == "operator:suzuki"));
}
