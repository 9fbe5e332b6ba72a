//! Applications for certificates: the page anybody may use, what operators see of it and do, and how far the applicant sees it is.

use center::applications::{ApplicationLine, ApplicationsOrder};
use center::control::{Order, Reply, send};

use crate::operators::events;
use crate::world::{RawAnswer, World};

const CLINIC: &str = "1319999999";

const FORM: &str = "content-type: application/x-www-form-urlencoded";

/// What the form sends, with the members given in place of the right ones.
fn body(changed: &[(&str, &str)]) -> String {
    let right = [
        ("number", ""),
        ("code", CLINIC),
        ("name", "見本<医院>"),
        ("terminal", "受付1"),
        ("kind", "first"),
        ("contact", "見本 花子"),
        ("phone", "03-0000-0000"),
        ("remark", "平日の午前に"),
    ];
    let members = right.map(|(name, value)| {
        let other = changed.iter().find(|(changed, _)| *changed == name);
        (name, other.map_or(value, |(_, value)| *value))
    });
    encoded(&members)
}

fn encoded(members: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let bytes = text.bytes().map(|byte| format!("%{byte:02x}"));
        bytes.collect()
    };
    let pairs = members.iter();
    let pairs = pairs.map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

async fn post(world: &World, path: &str, body: &str) -> RawAnswer {
    let headers = [&*world.enroll_host(), "sec-fetch-site: same-origin", FORM];
    let line = format!("POST {path}");
    world.raw_enroll(&line, &headers, body.as_bytes()).await
}

async fn get(world: &World, path: &str) -> RawAnswer {
    let line = format!("GET {path}");
    world.raw_enroll(&line, &[&world.enroll_host()], b"").await
}

/// Applies; the application number.
async fn apply(world: &World, changed: &[(&str, &str)]) -> String {
    let answer = post(world, "/application", &body(changed)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.code_shown(), "applied");
    answer.between("<dt>受付番号</dt><dd>", "<")
}

/// Sends a form that was sent before; the page that says so.
async fn sent_again(world: &World, changed: &[(&str, &str)]) -> RawAnswer {
    let answer = post(world, "/application", &body(changed)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.code_shown(), "applied_before");
    answer
}

/// The page that says how far an application is.
async fn state(world: &World, receipt: &str) -> RawAnswer {
    let body = encoded(&[("receipt", receipt)]);
    post(world, "/application/state", &body).await
}

/// The address of an application on the operators' pages.
fn page_of(receipt: &str) -> String {
    format!("/applications/{}", receipt.replace('-', ""))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_applies_an_operator_issues_and_the_facility_sees_it() {
    let world = World::start().await;
    let page = get(&world, "/application").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    assert!(!page.text().contains("<script") && page.text().contains("電子証明書発行申請"));
    assert!(get(&world, "/").await.text().contains("/application?lang="));
    let number = page.between("name=\"number\" value=\"", "\"");
    let receipt = apply(&world, &[("number", &number)]).await;
    assert_eq!(receipt.replace('-', ""), number);
    // Sent once more, it is the same.
    let again = sent_again(&world, &[("number", &number)]).await;
    assert_eq!(again.between("<dt>受付番号</dt><dd>", "<"), receipt);
    let waits = state(&world, &receipt.to_lowercase()).await.text();
    assert!(waits.contains("<dd>受付<"), "{waits}");
    assert!(
        !waits.contains("花子") && !waits.contains("03-0000"),
        "{waits}"
    );
    let (_, mut browser) = world.operator("suzuki").await;
    assert!(
        browser
            .get("/facilities")
            .await
            .text()
            .contains("処理待ち：1件")
    );
    let list = browser.get("/applications").await.text();
    assert!(list.contains(&page_of(&receipt)) && list.contains("見本&#60;医院&#62;"));
    let one = browser.get(&page_of(&receipt)).await.text();
    for part in ["見本 花子", "03-0000-0000", "平日の午前に", "未登録"] {
        assert!(one.contains(part), "{part}: {one}");
    }
    assert!(one.contains("action=\"/new-facility\""), "{one}");
    let facility = [("code", CLINIC), ("name", "見本"), ("terminal", "受付1")];
    let path = format!("/new-facility?{}", encoded(&facility));
    let filled = browser.get(&path).await.text();
    assert!(filled.contains("value=\"受付1\"") && filled.contains(CLINIC));
    let issued = browser.post("/facilities", &facility).await;
    let reference = issued.between("リファレンスID</dt><dd><code class=\"onshi-secret\">", "<");
    let seen = state(&world, &receipt).await.text();
    assert!(seen.contains("<dd>発行済<"), "{seen}");
    assert!(!reference.is_empty() && !seen.contains(&reference));
    let told = events(&world, "application-close").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].actor, "operator:suzuki");
    let detail = format!("facility={CLINIC} application={number} state=issued");
    assert_eq!(told[0].detail, detail);
    let none = browser.get("/applications").await.text();
    assert!(none.contains("処理待ちの申請はありません"), "{none}");
    // The next ones lead to the facility's own forms.
    let further = [("kind", "further"), ("terminal", "受付2"), ("remark", "")];
    for (changed, order) in [
        (&further[..], "new-terminal"),
        (&[("kind", "reissue")][..], "reissue"),
    ] {
        let receipt = apply(&world, changed).await;
        let page = browser.get(&page_of(&receipt)).await.text();
        let action = format!("action=\"/facilities/{CLINIC}/{order}\"");
        assert!(page.contains(&action) && page.contains("見本"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_declines_with_a_reason_that_the_applicant_reads() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let receipt = apply(&world, &[]).await;
    let decline = format!("{}/decline", page_of(&receipt));
    let none = browser.post(&decline, &[("reason", " ")]).await;
    assert_eq!(
        (none.status, none.code_of_field("reason")),
        (422, "required".into())
    );
    let why = [("reason", "連絡が取れません")];
    let declined = browser.post(&decline, &why).await;
    assert_eq!(
        declined.header("location"),
        Some("/applications?done=declined")
    );
    let seen = state(&world, &receipt).await.text();
    assert!(
        seen.contains("<dd>見送り<") && seen.contains(why[0].1),
        "{seen}"
    );
    let twice = browser.post(&decline, &why).await;
    assert_eq!((twice.status, twice.code_shown()), (422, "state".into()));
    let page = browser.get(&page_of(&receipt)).await.text();
    assert!(
        page.contains(why[0].1) && !page.contains(&decline),
        "{page}"
    );
    // One that was issued under another name is noted by hand.
    let other = apply(&world, &[("terminal", "受付9")]).await;
    let noted = browser
        .post(&format!("{}/issued", page_of(&other)), &[])
        .await;
    assert_eq!(noted.status, 303);
    assert!(state(&world, &other).await.text().contains("<dd>発行済<"));
    let told = events(&world, "application-close").await;
    assert_eq!(told.len(), 2);
    for part in ["花子", "03-0000", "午前", "連絡"] {
        assert!(told.iter().all(|it| !it.detail.contains(part)), "{part}");
    }
    for path in ["/applications/AAAA", "/applications/AAAA/else"] {
        assert_ne!(browser.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_again_shows_its_application_as_it_stands() {
    let world = World::start().await;
    let number = get(&world, "/application").await;
    let number = number.between("name=\"number\" value=\"", "\"");
    let first = apply(&world, &[("number", &number)]).await;
    // Back, another terminal typed, sent, and the result loaded anew.
    let second = [("number", &*number), ("terminal", "受付2")];
    let receipt = apply(&world, &second).await;
    assert_ne!(receipt, first);
    world.pass_seconds(60);
    let again = sent_again(&world, &second).await;
    assert_eq!(again.between("<dt>受付番号</dt><dd>", "<"), receipt);
    let list = async || {
        let order = Order::Applications(ApplicationsOrder::List);
        match send(world.dir.path(), &order).await.unwrap() {
            Reply::Applications(lines) => lines,
            other => panic!("not listed: {other:?}"),
        }
    };
    let lines = list().await;
    assert_eq!(lines.len(), 2);
    for (of, changed) in [
        (&first, &[("number", &*number)][..]),
        (&receipt, &second[..]),
    ] {
        let decline = ApplicationsOrder::Decline(of.clone(), "連絡が取れません".into());
        let order = Order::Applications(decline);
        send(world.dir.path(), &order).await.unwrap();
        let seen = sent_again(&world, changed).await;
        assert_eq!(&seen.between("<dt>受付番号</dt><dd>", "<"), of);
        let seen = seen.text();
        assert!(
            seen.contains("<dd>見送り<") && seen.contains("連絡が取れません"),
            "{seen}"
        );
    }
    assert_eq!(list().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_ones_own_with_anothers_content_shows_nothing_of_the_other() {
    let world = World::start().await;
    let number = apply(&world, &[]).await;
    let theirs = apply(&world, &[("terminal", "受付2")]).await;
    let decline = ApplicationsOrder::Decline(theirs.clone(), "連絡が取れません".into());
    let order = Order::Applications(decline);
    send(world.dir.path(), &order).await.unwrap();
    let guessed = [("number", &*number), ("terminal", "受付2")];
    let answer = post(&world, "/application", &body(&guessed)).await;
    assert_eq!(answer.code_shown(), "applied");
    let own = answer.between("<dt>受付番号</dt><dd>", "<");
    assert!(own != theirs && own != number);
    let page = answer.text();
    assert!(!page.contains(&theirs) && !page.contains("連絡"), "{page}");
    // Loaded anew, the form shows its own; the other's form shows the other.
    let again = sent_again(&world, &guessed).await;
    assert_eq!(again.between("<dt>受付番号</dt><dd>", "<"), own);
    let other = [("number", &*theirs), ("terminal", "受付2")];
    let other = sent_again(&world, &other).await;
    assert_eq!(other.between("<dt>受付番号</dt><dd>", "<"), theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_lists_open_applications_and_declines_one() {
    let world = World::start().await;
    let first = apply(&world, &[]).await;
    world.pass_seconds(60);
    let second = apply(&world, &[("terminal", "受付2"), ("remark", "")]).await;
    let order = async |order: ApplicationsOrder| {
        let reply = send(world.dir.path(), &Order::Applications(order)).await;
        reply.unwrap()
    };
    let list = async || -> Vec<ApplicationLine> {
        match order(ApplicationsOrder::List).await {
            Reply::Applications(lines) => lines,
            other => panic!("not listed: {other:?}"),
        }
    };
    let lines = list().await;
    let numbers: Vec<&str> = lines.iter().map(|it| &*it.number).collect();
    assert_eq!(numbers, [&*first, &*second]);
    assert_eq!(lines[0].contact, "見本 花子");
    assert_eq!(lines[0].remark.as_deref(), Some("平日の午前に"));
    assert_eq!((&*lines[1].code, lines[1].remark.as_ref()), (CLINIC, None));
    assert!(!format!("{lines:?}").contains("花子"));
    let typo = ApplicationsOrder::Decline("AAAA".into(), "重複".into());
    assert!(matches!(order(typo).await, Reply::Refused(why) if why.contains("12")));
    let declined = ApplicationsOrder::Decline(first.to_lowercase(), "重複".into());
    assert!(matches!(order(declined).await, Reply::Applications(none) if none.is_empty()));
    assert_eq!(list().await.len(), 1);
    assert!(state(&world, &first).await.text().contains("重複"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_has_five_open_applications_at_most() {
    let world = World::start().await;
    for _ in 0..5 {
        apply(&world, &[]).await;
    }
    let more = post(&world, "/application", &body(&[])).await;
    assert_eq!(
        (more.status, more.code_of_field("code")),
        (422, "too_many_of_facility".into())
    );
    apply(&world, &[("code", "3410712362")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_entry_is_named_at_its_field_in_both_languages() {
    let world = World::start().await;
    let long = "あ".repeat(201);
    let wrong = [
        ("code", "12", "form"),
        ("name", " ", "required"),
        ("terminal", "受付\n1", "control_character"),
        ("kind", "", "unknown"),
        ("contact", "", "required"),
        ("phone", &*long, "too_long"),
        ("remark", &*long, "too_long"),
    ];
    let changed: Vec<(&str, &str)> = wrong.iter().map(|it| (it.0, it.1)).collect();
    for (path, said) in [
        ("/application", "施設の名称を入力してください。"),
        ("/application?lang=en", "Choose what you apply for."),
    ] {
        let answer = post(&world, path, &body(&changed)).await;
        assert_eq!(answer.status, 422);
        for (name, _, code) in wrong {
            assert_eq!(answer.code_of_field(name), code, "{name}");
        }
        assert!(answer.text().contains(said), "{path}");
    }
    for (receipt, status, code) in [
        ("12", 422, "form"),
        ("AAAA-AAAA-AAAB", 422, "typing"),
        ("2222-2222-2222", 404, "not_found"),
    ] {
        let answer = state(&world, receipt).await;
        assert_eq!(
            (answer.status, &*answer.code_of_field("receipt")),
            (status, code),
            "{receipt}"
        );
    }
    for path in ["/application", "/application/state"] {
        let broken = post(&world, path, "x=1").await;
        assert_eq!(
            (broken.status, broken.code_shown()),
            (422, "invalid_input".into())
        );
    }
    let (_, mut browser) = world.operator("suzuki").await;
    let list = browser.get("/applications").await.text();
    assert!(
        list.contains("処理待ちの申請はありません"),
        "nothing was kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_hosts_and_pages_apply_for_nothing_and_an_address_waits_after_its_burst() {
    let world = World::start().await;
    let own = world.enroll_host();
    for (line, headers, status) in [
        ("GET /application", &["host: evil.example"][..], 421),
        ("POST /application", &[&own, FORM], 403),
        (
            "POST /application",
            &[&own, FORM, "sec-fetch-site: cross-site"],
            403,
        ),
        (
            "POST /application/state",
            &[&own, FORM, "origin: https://evil.example"],
            403,
        ),
        ("GET /application/state", &[&own], 405),
    ] {
        let answer = world.raw_enroll(line, headers, body(&[]).as_bytes()).await;
        assert_eq!(answer.status, status, "{line} {headers:?}");
    }
    let mut waits = None;
    for _ in 0..40 {
        let answer = get(&world, "/application").await;
        if answer.status == 429 {
            waits = answer.header("retry-after").map(str::to_owned);
            break;
        }
    }
    assert_eq!(waits.as_deref(), Some("2"));
    let (_, mut browser) = world.operator("suzuki").await;
    let list = browser.get("/applications").await.text();
    assert!(list.contains("処理待ちの申請はありません"), "{list}");
}
