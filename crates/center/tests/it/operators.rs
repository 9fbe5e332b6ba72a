//! Operators: the one-time link, sign-in with its second factor, the lock-out, and who stays outside.

pub(crate) mod browser;
mod claims;
mod deed_pages;
mod feeds;
mod pages;

use center::control::{Order, Reply, send};

use crate::operators::browser::{Browser, PASSWORD, SURE};
use crate::world::World;

pub(crate) async fn events(world: &World, deed: &str) -> Vec<center::audit::AuditLine> {
    let query = center::audit::AuditQuery {
        deed: Some(deed.into()),
        ..Default::default()
    };
    let Reply::Audit(lines) = send(world.dir.path(), &Order::AuditSearch(query))
        .await
        .unwrap()
    else {
        panic!("the chain was not searched");
    };
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_password_and_second_factor_and_signs_in_once() {
    let world = World::start().await;
    let link = world.invite("suzuki").await;
    let mut browser = Browser::new(&world);
    let secret = browser.secret_of(&link).await;
    let answer = browser.set_up(&link, PASSWORD, &world.code(&secret)).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), Some("/"));
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["__Host-", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let menu = browser.get("/").await;
    assert_eq!(menu.status, 200);
    assert!(menu.text().contains("suzuki"));
    // Used up: for whoever comes later it is as if it had never been.
    let mut other = Browser::new(&world);
    for answer in [
        other.get(&link).await,
        other.set_up(&link, PASSWORD, &world.code(&secret)).await,
        other.get("/set-up/AAAA").await,
    ] {
        assert_eq!(
            (answer.status, answer.code_shown()),
            (410, "link_closed".into())
        );
    }
    assert_eq!(events(&world, "operator-set-up").await.len(), 1);
    let added = events(&world, "operator-add").await;
    assert_eq!(
        (added[0].actor.as_str(), added[0].detail.as_str()),
        ("operator:local", "operator=suzuki")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_nothing_after_its_hours_nor_after_a_reset_or_the_end_of_its_operator() {
    let world = World::start().await;
    let first = world.invite("suzuki").await;
    let Reply::Invited(second) = send(world.dir.path(), &Order::ResetOperator("suzuki".into()))
        .await
        .unwrap()
    else {
        panic!("not reset");
    };
    let second = browser::path(&second.link);
    let mut browser = Browser::new(&world);
    assert_eq!(
        browser.get(&first).await.status,
        410,
        "taken back by the reset"
    );
    assert_eq!(browser.get(&second).await.status, 200);
    world.pass_seconds(24 * 3600 - 1);
    assert_eq!(browser.get(&second).await.status, 200);
    world.pass_seconds(1);
    assert_eq!(browser.get(&second).await.status, 410, "over");
    let third = world.invite("tanaka").await;
    let disabled = send(world.dir.path(), &Order::DisableOperator("tanaka".into())).await;
    assert!(matches!(disabled.unwrap(), Reply::Done));
    assert_eq!(browser.get(&third).await.status, 410, "disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_password_a_wrong_code_or_two_that_differ_use_no_link_up() {
    let world = World::start().await;
    let link = world.invite("suzuki").await;
    let mut browser = Browser::new(&world);
    let secret = browser.secret_of(&link).await;
    let code = world.code(&secret);
    for (password, again, code, faults) in [
        (
            "short",
            "short",
            &*code,
            vec!["too_short", "no_digit", "no_upper_case", "no_special"],
        ),
        (PASSWORD, "Tegami-99", &code, vec!["not_the_same"]),
        (PASSWORD, PASSWORD, "000000", vec!["second_factor_wrong"]),
        (PASSWORD, PASSWORD, "", vec!["second_factor_wrong"]),
    ] {
        let form = [("new_password", password), ("again", again), ("code", code)];
        let answer = browser.post(&link, &form).await;
        assert_eq!(answer.status, 422);
        let text = answer.text();
        for fault in faults {
            assert!(text.contains(&format!("data-code=\"{fault}\"")), "{fault}");
        }
        assert!(!text.contains(PASSWORD), "a password was repeated");
    }
    assert_eq!(browser.set_up(&link, PASSWORD, &code).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn name_password_and_code_are_all_needed_and_a_code_counts_once() {
    let world = World::start().await;
    let (secret, _) = world.operator("suzuki").await;
    let mut browser = Browser::new(&world);
    let used = world.code(&secret);
    let wrong = browser.sign_in("suzuki", PASSWORD, &used).await;
    assert_eq!(
        (wrong.status, wrong.code_shown()),
        (422, "wrong_credentials".into()),
        "the set-up used it"
    );
    world.pass_seconds(30);
    let next = world.code(&secret);
    for (name, password, code) in [
        ("suzuki", "Tegami-99", &*next),
        ("suzuki", PASSWORD, ""),
        ("nobody", PASSWORD, &next),
    ] {
        let wrong = browser.sign_in(name, password, code).await;
        assert_eq!(
            (wrong.status, wrong.code_shown()),
            (422, "wrong_credentials".into())
        );
        assert!(wrong.header("set-cookie").is_none());
    }
    assert_eq!(browser.sign_in("suzuki", PASSWORD, &next).await.status, 303);
    assert_eq!(browser.get("/").await.status, 200);
    let refused = events(&world, "sign-in-refused").await;
    let told: Vec<&str> = refused.iter().map(|it| it.detail.as_str()).collect();
    assert_eq!(
        told,
        [
            "operator=",
            "operator=suzuki second_factor=wrong",
            "operator=suzuki",
            "operator=suzuki second_factor=wrong"
        ]
    );
    assert!(refused.iter().all(|it| it.actor == "center"));
    assert_eq!(events(&world, "sign-in").await[0].actor, "operator:suzuki");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_tries_lock_a_name_alike_whether_or_not_it_is_an_operators() {
    let world = World::start().await;
    let (secret, _) = world.operator("suzuki").await;
    world.pass_seconds(60);
    for name in ["suzuki", "nobody"] {
        let mut browser = Browser::new(&world);
        let mut codes = Vec::new();
        for _ in 0..6 {
            codes.push(
                browser
                    .sign_in(name, "Tegami-99", "123456")
                    .await
                    .code_shown(),
            );
        }
        let expected = ["wrong_credentials"; 4]
            .into_iter()
            .chain(["account_locked"; 2]);
        assert_eq!(codes, expected.collect::<Vec<_>>(), "{name}");
    }
    let mut browser = Browser::new(&world);
    let code = world.code(&secret);
    let right = browser.sign_in("suzuki", PASSWORD, &code).await;
    assert_eq!(right.code_shown(), "account_locked", "even a right one");
    world.pass_seconds(15 * 60);
    let code = world.code(&secret);
    assert_eq!(browser.sign_in("suzuki", PASSWORD, &code).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_thirty_minutes_at_sign_out_and_with_the_next_sign_in() {
    let world = World::start().await;
    let (secret, mut browser) = world.operator("suzuki").await;
    for _ in 0..3 {
        world.pass_seconds(29 * 60);
        assert_eq!(browser.get("/operators").await.status, 200);
    }
    world.pass_seconds(31 * 60);
    let turned = browser.get("/operators").await;
    assert_eq!(
        (turned.status, turned.header("location")),
        (303, Some("/sign-in?back=/operators"))
    );
    let code = world.code(&secret);
    assert_eq!(browser.sign_in("suzuki", PASSWORD, &code).await.status, 303);
    world.pass_seconds(30);
    let mut second = Browser::new(&world);
    let code = world.code(&secret);
    assert_eq!(second.sign_in("suzuki", PASSWORD, &code).await.status, 303);
    assert_eq!(
        browser.get("/operators").await.status,
        303,
        "the first ended"
    );
    let kept = second.cookies();
    assert_eq!(second.post("/sign-out", &[]).await.status, 303);
    let mut thief = Browser::with(&world, &kept);
    assert_eq!(thief.get("/operators").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_is_disabled_or_reset_while_signed_in_is_out_at_once() {
    let world = World::start().await;
    let (_, mut first) = world.operator("suzuki").await;
    let (_, mut second) = world.operator("tanaka").await;
    assert_eq!(second.get("/operators").await.status, 200);
    let done = first.post("/operators/tanaka/disable", &SURE).await;
    assert_eq!(done.status, 303);
    let told = first.get(done.header("location").unwrap()).await;
    assert_eq!(told.code_shown(), "disabled");
    assert_eq!(second.get("/operators").await.status, 303);
    let disabled = events(&world, "operator-disable").await;
    assert_eq!(
        (disabled[0].actor.as_str(), disabled[0].detail.as_str()),
        ("operator:suzuki", "operator=tanaka")
    );
    // One who was disabled comes back by a reset, with everything chosen anew.
    let page = first.post("/operators/tanaka/reset", &SURE).await;
    assert_eq!(page.status, 200);
    let link = browser::path(&page.between("data-link>", "<"));
    let secret = second.secret_of(&link).await;
    let code = world.code(&secret);
    assert_eq!(
        second.set_up(&link, PASSWORD, &code).await.status,
        422,
        "one of the last five"
    );
    assert_eq!(second.set_up(&link, "Yubin-12345", &code).await.status, 303);
    assert_eq!(second.get("/operators").await.status, 200);
    // Nobody resets the factor of somebody at work without ending that work.
    assert_eq!(
        second.post("/operators/suzuki/reset", &SURE).await.status,
        200
    );
    assert_eq!(first.get("/operators").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_who_signs_in_is_not_disabled_on_the_page_but_from_the_shell() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    world.invite("tanaka").await;
    let refused = browser.post("/operators/suzuki/disable", &SURE).await;
    assert_eq!(
        (refused.status, refused.code_shown()),
        (422, "last_operator".into())
    );
    assert_eq!(browser.get("/operators").await.status, 200);
    let done = send(world.dir.path(), &Order::DisableOperator("suzuki".into())).await;
    assert!(matches!(done.unwrap(), Reply::Done));
    assert_eq!(browser.get("/operators").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_means_one_person_for_good() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    world.operator("tanaka").await;
    browser.post("/operators/tanaka/disable", &SURE).await;
    let taken = browser.post("/operators", &[("name", "tanaka")]).await;
    assert_eq!((taken.status, taken.code_shown()), (422, "taken".into()));
    for wrong in ["", "local", "鈴木", "Suzuki"] {
        let answer = browser.post("/operators", &[("name", wrong)]).await;
        assert_eq!(
            (answer.status, answer.code_shown()),
            (422, "form".into()),
            "{wrong}"
        );
    }
    let reply = send(world.dir.path(), &Order::AddOperator("tanaka".into())).await;
    assert!(matches!(reply.unwrap(), Reply::Refused(why) if why.contains("name: tanaka")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_password_follows_the_rule_and_expires_like_any_short_one() {
    let world = World::start().await;
    let (secret, mut browser) = world.operator("suzuki").await;
    let change = |old: &'static str, new: &'static str| {
        [("old_password", old), ("new_password", new), ("again", new)]
    };
    let wrong = browser
        .post("/password", &change("Tegami-99", "Yubin-12345"))
        .await;
    assert_eq!(wrong.code_of_field("old_password"), "wrong");
    let start = browser
        .post("/password", &change(PASSWORD, "Tegam-7654"))
        .await;
    assert_eq!(start.code_of_field("new_password"), "same_start");
    let done = browser
        .post("/password", &change(PASSWORD, "Yubin-12345"))
        .await;
    assert_eq!(
        done.header("location"),
        Some("/password?done=password_changed")
    );
    assert_eq!(
        events(&world, "password-change").await[0].actor,
        "operator:suzuki"
    );
    assert_eq!(events(&world, "password-refused").await.len(), 1);
    world.pass_seconds(61 * 86_400);
    let code = world.code(&secret);
    assert_eq!(
        browser.sign_in("suzuki", "Yubin-12345", &code).await.status,
        303
    );
    for path in ["/", "/operators"] {
        assert_eq!(
            browser.get(path).await.header("location"),
            Some("/password")
        );
    }
    let long = browser
        .post("/password", &change("Yubin-12345", "Yubin-1234567890"))
        .await;
    assert_eq!(long.status, 303);
    assert_eq!(browser.get("/operators").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_hosts_and_foreign_pages_are_refused() {
    let world = World::start().await;
    let (_, browser) = world.operator("suzuki").await;
    let port = world.operator.port();
    for host in ["evil.example", "localhost", "localhost:1", ""] {
        let answer = browser.raw("GET /", &[&format!("host: {host}")], b"").await;
        assert_eq!(answer.status, 421, "{host}");
    }
    let host = format!("host: localhost:{port}");
    for headers in [
        vec![&*host],
        vec![&host, "sec-fetch-site: cross-site"],
        vec![&host, "sec-fetch-site: same-site"],
        vec![&host, "origin: https://evil.example"],
        vec![&host, "origin: null"],
    ] {
        let answer = browser
            .raw("POST /operators/suzuki/reset", &headers, b"")
            .await;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    let own = format!("origin: https://localhost:{port}");
    let answer = browser.raw("POST /sign-out", &[&host, &own], b"").await;
    assert_eq!(answer.status, 303);
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_but_the_entrance_is_there_without_a_sign_in() {
    let world = World::start().await;
    world.operator("suzuki").await;
    let mut stranger = Browser::new(&world);
    for path in ["/sign-in", "/about"] {
        assert_eq!(stranger.get(path).await.status, 200, "{path}");
    }
    for path in browser::PAGES {
        let answer = stranger.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(
            answer.header("location").unwrap().starts_with("/sign-in"),
            "{path}"
        );
        assert!(answer.body.is_empty(), "{path}");
    }
    for path in browser::DEEDS {
        let answer = stranger.post(path, &[("name", "mallory")]).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/sign-in")),
            "{path}"
        );
    }
    assert!(events(&world, "operator-add").await.len() == 1);
    assert_eq!(stranger.get("/nowhere").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facilitys_account_certificate_or_token_opens_no_operators_page() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let session = clinic.sign_in("administrator").await;
    let mut browser = Browser::new(&world);
    let password = clinic.password("administrator");
    let answer = browser.sign_in("administrator", &password, "123456").await;
    assert_eq!(answer.code_shown(), "wrong_credentials");
    // The listener asks for no certificate; who shows one is as any other.
    let host = format!("host: localhost:{}", world.operator.port());
    let bearer = format!("authorization: Bearer {}", session.token);
    let cookie = format!("cookie: __Host-onshi_operator={}", session.token);
    let stream = world
        .connect_to(world.operator, Some(&clinic.identity))
        .await;
    let headers = [&*host, &bearer, &cookie];
    let answer = crate::world::exchange(stream, "GET /operators", &headers, b"").await;
    assert_eq!(answer.status, 303);
    // And an operator's session opens nothing where facilities ask.
    let (_, operator) = world.operator("suzuki").await;
    let token = operator.cookies();
    let token = token.split_once('=').unwrap().1;
    let answer = clinic.client.accounts(token).await;
    crate::world::check(answer, "not_signed_in");
}
