//! What operators do on their pages: facilities, notices, the audit chain, the load. Each deed is on record under the operator's name.

use crate::operators::browser::{Browser, PASSWORD, SURE};
use crate::operators::events;
use crate::world::World;

const CLINIC: &str = "1319999999";

async fn enrol(browser: &mut Browser<'_>, code: &str) -> crate::world::RawAnswer {
    let form = [
        ("code", code),
        ("name", "見本<医院>"),
        ("terminal", "受付1"),
    ];
    browser.post("/facilities", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_is_enrolled_once_and_its_notice_shown_once() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let issued = enrol(&mut browser, CLINIC).await;
    assert_eq!(issued.status, 200);
    let text = issued.text();
    for part in [
        "発行先",
        "リファレンスID",
        "秘密番号",
        "master",
        "administrator",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let page = browser.get("/facilities/1319999999").await;
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(
        page.contains("見本&#60;医院&#62;") && page.contains("受付1"),
        "{page}"
    );
    assert!(!page.contains("リファレンスID"), "it is shown once");
    for deed in ["facility-enroll", "notice-issue", "secret-number"] {
        let told = events(&world, deed).await;
        assert_eq!(told.len(), 1, "{deed}");
        assert_eq!(told[0].actor, "operator:suzuki", "{deed}");
    }
    let again = enrol(&mut browser, CLINIC).await;
    assert_eq!(
        (again.status, again.code_of_field("code")),
        (422, "enrolled".into())
    );
    for (code, name, terminal, field) in [
        ("131", "x", "y", "code"),
        ("9910000000", "x", "y", "code"),
        ("1310000001", " ", "y", "name"),
        ("1310000001", "x", "", "terminal"),
    ] {
        let form = [("code", code), ("name", name), ("terminal", terminal)];
        let wrong = browser.post("/facilities", &form).await;
        assert_eq!(
            (wrong.status, wrong.code_of_field(field)),
            (422, "form".into()),
            "{field}"
        );
    }
    assert_eq!(
        browser.get("/facilities/1310000001").await.status,
        404,
        "nothing half done"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn facilities_are_found_by_code_name_kind_and_prefecture() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    for (code, name) in [
        ("1319999999", "東京医院"),
        ("1340000001", "東京薬局"),
        ("2719999999", "大阪医院"),
    ] {
        let form = [("code", code), ("name", name), ("terminal", "受付1")];
        assert_eq!(
            browser.post("/facilities", &form).await.status,
            200,
            "{name}"
        );
    }
    for (form, found) in [
        (vec![("code", "13")], vec!["東京医院", "東京薬局"]),
        (vec![("name", "医院")], vec!["東京医院", "大阪医院"]),
        (vec![("kind", "pharmacy")], vec!["東京薬局"]),
        (vec![("prefecture", "27")], vec!["大阪医院"]),
        (
            vec![("name", "医院"), ("prefecture", "13")],
            vec!["東京医院"],
        ),
        (vec![("code", "%")], vec![]),
        (vec![("name", "%")], vec![]),
    ] {
        let text = browser.post("/facilities/search", &form).await.text();
        for name in ["東京医院", "東京薬局", "大阪医院"] {
            assert_eq!(
                text.contains(name),
                found.contains(&name),
                "{name}: {form:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_something_away_needs_a_tick_and_is_done_at_its_own_facility_alone() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let clinic = world.enrol(CLINIC).await;
    enrol(&mut browser, "1310000001").await;
    clinic.client.keys().await.unwrap();
    let print = clinic.identity.holder().unwrap().fingerprint;
    let print: String = print.iter().map(|byte| format!("{byte:02x}")).collect();
    let form = [("fingerprint", print.as_str())];
    let page = browser.get(&format!("/facilities/{CLINIC}")).await;
    assert!(page.text().contains(&print));
    let unticked = browser.post("/facilities/1319999999/revoke", &form).await;
    assert_eq!(
        (unticked.status, unticked.code_shown()),
        (422, "invalid_input".into())
    );
    assert!(unticked.text().contains("data-code=\"invalid_input\""));
    let ticked = [form[0], ("confirm", "yes")];
    let foreign = browser.post("/facilities/1310000001/revoke", &ticked).await;
    assert_eq!(foreign.status, 404);
    clinic.client.keys().await.unwrap();
    let done = browser.post("/facilities/1319999999/revoke", &ticked).await;
    assert_eq!(
        done.header("location"),
        Some("/facilities/1319999999?done=certificate_revoked")
    );
    assert!(clinic.client.keys().await.is_err(), "revoked at once");
    assert_eq!(
        events(&world, "certificate-revoke").await[0].actor,
        "operator:suzuki"
    );
    for path in [
        "/facilities/abc",
        "/facilities/1310000009",
        "/facilities/1319999999/nothing",
        "/facilities/1310000009/reissue",
    ] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let none = [("terminal", "受付9"), ("confirm", "yes")];
    for order in ["reissue", "revoke-terminal"] {
        let path = format!("/facilities/{CLINIC}/{order}");
        assert_eq!(browser.post(&path, &none).await.status, 404, "{order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_of_the_page_reaches_whom_it_is_for_until_it_is_withdrawn() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let clinic = world.enrol(CLINIC).await;
    let day = world.now().date_in_japan().plus_days(30);
    let (year, month) = (day.year() - 2018, day.month());
    let until = format!("令和{year}年{month}月{}日", day.day());
    let notice = [
        ("title", "回線工事"),
        ("body", "夜間に止まります。\r\n翌朝には動きます。"),
        ("title_en", "Line works"),
        ("body_en", "Down at night."),
        ("important", "yes"),
        ("kind_medical", "yes"),
        ("prefecture", "13 14"),
        ("facility", CLINIC),
        ("until", until.as_str()),
    ];
    assert_eq!(browser.post("/notices", &notice).await.status, 303);
    let read = clinic.client.notices().await.unwrap().notices;
    assert_eq!((read.len(), read[0].title_ja.as_str()), (1, "回線工事"));
    for (changed, field, code) in [
        (("title", " "), "title", "form"),
        (("title_en", ""), "title_en", "form"),
        (("prefecture", "48"), "prefecture", "unknown"),
        (("facility", "131"), "facility", "form"),
        (("facility", "1310000009"), "facility", "not_enrolled"),
        (("until", "2020-01-01"), "until", "over"),
        (("until", "いつか"), "until", "form"),
    ] {
        let form = notice.map(|(name, value)| {
            if name == changed.0 {
                changed
            } else {
                (name, value)
            }
        });
        let wrong = browser.post("/notices", &form).await;
        assert_eq!(
            (wrong.status, wrong.code_of_field(field)),
            (422, code.into()),
            "{changed:?}"
        );
    }
    let page = browser.get("/notices").await;
    let id = page.between("href=\"/notices/", "/withdraw");
    let done = browser
        .post(&format!("/notices/{id}/withdraw"), &SURE)
        .await;
    assert_eq!(done.status, 303);
    assert!(clinic.client.notices().await.unwrap().notices.is_empty());
    assert_eq!(
        browser
            .post(&format!("/notices/{id}/withdraw"), &SURE)
            .await
            .status,
        404
    );
    for deed in ["notice-post", "notice-withdraw"] {
        assert_eq!(
            events(&world, deed).await[0].actor,
            "operator:suzuki",
            "{deed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_search_export_and_verification_of_the_chain_is_an_event_of_it() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    enrol(&mut browser, CLINIC).await;
    // A search shows what was before it.
    world.pass_seconds(1);
    let found = browser
        .post("/audit", &[("operator", "suzuki")])
        .await
        .text();
    assert!(
        found.contains("<td data-cell=\"fixed\">facility-enroll")
            && !found.contains("<td data-cell=\"fixed\">operator-add"),
        "{found}"
    );
    let csv = browser
        .post("/audit/export.csv", &[("deed", "facility-enroll")])
        .await;
    assert!(
        csv.header("content-disposition")
            .unwrap()
            .ends_with(".csv\"")
    );
    let csv = dechunked(&csv);
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(csv.starts_with("\u{feff}chain,seq,at,deed,actor,"), "{csv}");
    let jsonl = dechunked(&browser.post("/audit/export.jsonl", &[]).await);
    let all = jsonl
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    assert!(all.clone().any(|it| it["deed"] == "operator-set-up"));
    let looks = browser.post("/looks", &[("facility", CLINIC)]).await;
    assert_eq!(looks.status, 200);
    assert_eq!(browser.post("/audit/verify", &[]).await.status, 303);
    let ended = async {
        loop {
            let verdict = browser.get("/audit/verify").await.code_shown();
            if verdict != "verifying" {
                break verdict;
            }
            tokio::task::yield_now().await;
        }
    };
    let verdict = crate::patience::in_time("the end of the verification", ended).await;
    assert_eq!(verdict, "chain_whole");
    let reads = events(&world, "audit-read").await;
    let own = reads.iter().filter(|it| it.actor == "operator:suzuki");
    let mut told: Vec<&str> = own.map(|it| it.detail.as_str()).collect();
    told.reverse();
    assert_eq!(
        told,
        [
            "how=search",
            "how=export",
            "how=export",
            "how=looks",
            "how=verify"
        ]
    );
    for (form, field, code) in [
        (("from", "きのう"), "from", "form"),
        (("facility", "131"), "facility", "form"),
        (("deed", "dance"), "deed", "unknown"),
        (("subject", "x"), "subject", "form"),
        (("operator", "鈴木"), "operator", "form"),
    ] {
        let wrong = browser.post("/audit", &[form]).await;
        assert_eq!(wrong.status, 422, "{form:?}");
        assert_eq!(wrong.code_of_field(field), code, "{form:?}");
    }
    assert_eq!(
        browser
            .post("/looks", &[("person", "x")])
            .await
            .code_of_field("person"),
        "form"
    );
}

/// The body of an answer that came in chunks.
fn dechunked(answer: &crate::world::RawAnswer) -> String {
    let text = answer.text();
    if answer.header("transfer-encoding") != Some("chunked") {
        return text;
    }
    let (mut rest, mut whole) = (text.as_bytes(), Vec::new());
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        whole.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
        if size == 0 {
            break;
        }
    }
    String::from_utf8(whole).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_search_show_every_event_once_whatever_comes_meanwhile() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    for _ in 0..120 {
        world.pass_seconds(1);
        browser.post("/audit", &[("deed", "start")]).await;
    }
    world.pass_seconds(1);
    let form = [("deed", "audit-read"), ("operator", "suzuki")];
    let first = browser.post("/audit", &form).await;
    let asked = first.between("name=\"asked\" value=\"", "\"");
    world.pass_seconds(1);
    browser.post("/audit", &[("deed", "start")]).await;
    let more = [form[0], form[1], ("skip", "100"), ("asked", asked.as_str())];
    let second = browser.post("/audit", &more).await.text();
    let rows = |text: &str| text.matches("how=search").count();
    assert_eq!((rows(&first.text()), rows(&second)), (100, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_load_shows_checks_of_the_last_minutes_and_what_was_never_done() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let clinic = world.enrol(CLINIC).await;
    let (_, password) = clinic.administrator().await;
    let session = clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    clinic.ask(&session.token, "key", "4567").await.unwrap();
    world.pass_seconds(60);
    let page = browser.get("/load").await.text();
    assert_eq!(page.matches("onshi-chart__bar").count(), 1, "{page}");
    assert!(page.contains("まだありません"), "no backup yet");
    assert!(page.contains("資格確認の件数"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_too_large_or_unreadable_changes_nothing() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let long = "x".repeat(300 << 10);
    let answer = browser.post("/notices", &[("title", &*long)]).await;
    assert_eq!(answer.status, 413);
    let host = format!("host: localhost:{}", world.operator.port());
    let headers = [
        &*host,
        "sec-fetch-site: same-origin",
        "content-type: text/plain",
    ];
    let answer = browser.raw("POST /notices", &headers, b"title=x").await;
    assert_eq!(answer.status, 415);
    assert!(events(&world, "notice-post").await.is_empty());
}

/// The key of a page's forms.
async fn key_on(browser: &mut Browser<'_>, path: &str) -> String {
    let page = browser.get(path).await;
    page.between("name=\"key\" value=\"", "\"")
}

/// What a form is answered that is sent twice at the same moment; both times the same.
async fn sent_twice(
    world: &World,
    browser: &Browser<'_>,
    path: &str,
    form: &[(&str, &str)],
) -> crate::world::RawAnswer {
    let mut one = Browser::with(world, &browser.cookies());
    let mut other = Browser::with(world, &browser.cookies());
    let (first, second) = tokio::join!(one.post(path, form), other.post(path, form));
    assert_eq!(first.status, second.status, "{path}");
    assert_eq!(first.text(), second.text(), "{path}");
    let third = one.post(path, form).await;
    assert_eq!((third.status, third.text()), (first.status, first.text()));
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_twice_shows_again_what_is_shown_once_to_its_own_session_alone() {
    let world = World::start().await;
    let (secret, mut browser) = world.operator("suzuki").await;
    let key = key_on(&mut browser, "/new-facility").await;
    let enrolment = [
        ("code", CLINIC),
        ("name", "見本医院"),
        ("terminal", "受付1"),
        ("key", &*key),
    ];
    let issued = sent_twice(&world, &browser, "/facilities", &enrolment).await;
    assert_eq!(issued.status, 200);
    let number = issued.between("秘密番号</dt><dd><code class=\"onshi-secret\">", "<");
    let path = format!("/facilities/{CLINIC}/reset-master");
    let key = key_on(&mut browser, &path).await;
    let form = [
        ("secret_number", &*number),
        ("confirm", "yes"),
        ("key", &*key),
    ];
    let master = sent_twice(&world, &browser, &path, &form).await;
    assert_eq!(master.status, 200);
    assert!(!master.text().contains(&number), "the next number");
    let key = key_on(&mut browser, "/operators").await;
    let form = [("name", "tanaka"), ("key", &*key)];
    let invited = sent_twice(&world, &browser, "/operators", &form).await;
    assert!(invited.text().contains("/set-up/"));
    let path = format!("/claims/accounts/{CLINIC}");
    let key = key_on(&mut browser, &path).await;
    let form = [("tenant", "fund"), ("id", "seikyu1"), ("key", &*key)];
    let made = sent_twice(&world, &browser, &format!("{path}/add"), &form).await;
    assert!(made.text().contains("初期パスワード"));
    for (deed, count) in [
        ("facility-enroll", 1),
        ("master-reset", 1),
        ("master-reset-refused", 0),
        // One from the shell.
        ("operator-add", 2),
        ("claims-account", 1),
    ] {
        assert_eq!(events(&world, deed).await.len(), count, "{deed}");
    }
    // Another session has the form with its key, and is answered as to a form of its own.
    let (_, mut other) = world.operator("sato").await;
    let foreign = other.post("/facilities", &enrolment).await;
    assert_eq!(foreign.code_of_field("code"), "enrolled");
    let again = browser.post("/facilities", &enrolment).await;
    assert_eq!(again.text(), issued.text());
    let thief = browser.cookies();
    browser.post("/sign-out", &[]).await;
    let turned = Browser::with(&world, &thief)
        .post("/facilities", &enrolment)
        .await;
    assert_eq!(turned.header("location"), Some("/sign-in"));
    world.pass_seconds(30);
    let code = world.code(&secret);
    assert_eq!(browser.sign_in("suzuki", PASSWORD, &code).await.status, 303);
    let later = browser.post("/facilities", &enrolment).await;
    assert_eq!(later.code_of_field("code"), "enrolled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_ten_minutes_and_a_refusal_is_not() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let key = key_on(&mut browser, "/operators").await;
    let form = [("name", "tanaka"), ("key", &*key)];
    let invited = browser.post("/operators", &form).await;
    world.pass_seconds(599);
    assert_eq!(
        browser.post("/operators", &form).await.text(),
        invited.text()
    );
    world.pass_seconds(1);
    let later = browser.post("/operators", &form).await;
    assert_eq!((later.status, later.code_shown()), (422, "taken".into()));
    // The page that refuses carries another key.
    assert_ne!(later.between("name=\"key\" value=\"", "\""), key);
    let form = [("code", ""), ("id", "x"), ("key", &*key)];
    let path = format!("/claims/accounts/{CLINIC}/add");
    assert_eq!(browser.post(&path, &form).await.status, 404);
    enrol(&mut browser, CLINIC).await;
    assert_eq!(browser.post(&path, &form).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_a_wrong_secret_number_that_comes_again_is_one_try() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let issued = enrol(&mut browser, CLINIC).await;
    let number = issued.between("秘密番号</dt><dd><code class=\"onshi-secret\">", "<");
    let path = format!("/facilities/{CLINIC}/reset-master");
    // It is good once, and wrong from then on. The page of each form has a key of its own.
    for (times, status, tries) in [(1, 200, 0), (3, 422, 1), (2, 422, 2)] {
        let key = key_on(&mut browser, &path).await;
        let form = [
            ("secret_number", &*number),
            ("confirm", "yes"),
            ("key", &*key),
        ];
        for _ in 0..times {
            let answer = browser.post(&path, &form).await;
            assert_eq!(answer.status, status);
            if status == 422 {
                assert_eq!(answer.code_of_field("secret_number"), "wrong");
            }
        }
        let refused = events(&world, "master-reset-refused").await;
        assert_eq!(refused.len(), tries);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_or_a_window_sent_twice_is_one_and_other_contents_are_another() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let key = key_on(&mut browser, "/notices").await;
    let notice = |title| {
        [
            ("title", title),
            ("body", "夜間に止まります。"),
            ("key", &*key),
        ]
    };
    let posted = sent_twice(&world, &browser, "/notices", &notice("回線工事")).await;
    assert_eq!(posted.header("location"), Some("/notices?done=posted"));
    assert_eq!(events(&world, "notice-post").await.len(), 1);
    browser.post("/notices", &notice("回線工事の延期")).await;
    assert_eq!(events(&world, "notice-post").await.len(), 2);
    let key = key_on(&mut browser, "/modes").await;
    let window = [
        ("kind", "disaster"),
        ("prefecture", "13"),
        ("reason", "地震"),
        ("until", "72"),
        ("key", &*key),
    ];
    let opened = sent_twice(&world, &browser, "/modes", &window).await;
    assert_eq!(opened.header("location"), Some("/modes?done=open"));
    assert_eq!(events(&world, "emergency-step").await.len(), 1);
    let key = key_on(&mut browser, "/claims/windows").await;
    let opening = [
        ("tenant", "fund"),
        ("from", "2026-01-01 0:00"),
        ("until", "2099-12-31 24:00"),
        ("reason", "障害のため"),
        ("key", &*key),
    ];
    let opened = sent_twice(&world, &browser, "/claims/windows", &opening).await;
    assert_eq!(opened.status, 303);
    assert_eq!(events(&world, "claims-opening").await.len(), 1);
}
