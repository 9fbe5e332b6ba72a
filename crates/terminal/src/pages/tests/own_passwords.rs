//! Changes of one's own password, alone, with the sealed sheet or at the claims entry: pressed twice, at a browser that leaves, and without an answer.

use std::time::Duration;

use api::problem::Trouble;
use axum::http::StatusCode;

use super::copies::{Center, Line};
use crate::browsers::Browser;
use crate::lock::tests::{Answer, Terminal, claims_login};
use crate::setup_state;
use crate::terminal_user::{self, UserState};

const OLD: &str = "Kanri-2026-Tegami";

const NEW: &str = "Atarashii-2026-x";

const SHEET: &str = "/credential-sheet";

const IN_FORCE: &str = "/credential-sheet/confirm";

const UPDATE: &str = "/password/confirm";

/// A center at which the old password counts.
async fn center() -> Center {
    let center = Center::start().await;
    center.passwords.lock().unwrap().present = OLD.into();
    center
}

/// A form as a browser sends it.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let each = fields.iter().map(|(name, text)| {
        let text: String = text.bytes().map(|it| format!("%{it:02X}")).collect();
        format!("{name}={text}")
    });
    each.collect::<Vec<_>>().join("&")
}

/// Asks for a sheet.
async fn ask(terminal: &Terminal, cookie: &str) -> Answer {
    let fields = [("old_password", OLD), ("terminal_user", "OqsUser")];
    let page = terminal.post(SHEET, cookie, &form(&fields)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page
}

/// The cookie of an administrator who asked for a sheet, and what it shows.
async fn with_sheet(terminal: &Terminal) -> (String, [String; 2]) {
    let cookie = terminal.sign_in("administrator");
    let sheet = printed(&ask(terminal, &cookie).await);
    (cookie, sheet)
}

/// Administrator's and terminal user's new password, as a sheet shows them.
fn printed(page: &Answer) -> [String; 2] {
    let codes = page.text.split("<code>").skip(1);
    let codes = codes.map(|it| it.split("</code>").next().unwrap().to_owned());
    codes.collect::<Vec<_>>().try_into().unwrap()
}

/// The form of both, typed from the paper.
fn typed([administrator, terminal]: &[String; 2]) -> String {
    let (administrator, terminal) = (administrator.as_str(), terminal.as_str());
    form(&[("administrator", administrator), ("terminal", terminal)])
}

fn unlocks(terminal: &Terminal, password: &str) -> bool {
    let dir = &terminal.app.data_dir;
    let Ok(Some(user)) = terminal_user::read(dir) else {
        return false;
    };
    user.id == "OqsUser"
        && pki::password_hash::verify(password, Some(&user.password_hash))
        && terminal_user::state(dir) == UserState::AsKept
}

/// What counts at the center, and how often it was changed.
fn present(center: &Center) -> (String, usize) {
    let passwords = center.passwords.lock().unwrap();
    (passwords.present.clone(), passwords.changed)
}

/// The cookie of somebody who is not signed in.
fn stranger(terminal: &Terminal) -> String {
    let app = &terminal.app;
    let opened = app.browsers.open(Browser::choosing(0), app.now());
    let (_, cookie) = opened.unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// The form of somebody who forgot the password.
fn recovery() -> String {
    form(&[
        ("account", "kanri"),
        ("code", "AAAAA-BBBBB-CCCCC-DDDDD"),
        ("new_password", NEW),
        ("again", NEW),
    ])
}

async fn until(mut so: impl FnMut() -> bool) {
    let waiting = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, waiting).await.unwrap();
}

#[tokio::test]
async fn a_sealed_sheet_pressed_twice_at_once_counts_and_both_are_told_so() {
    let center = center().await;
    let terminal = center.terminal();
    let (cookie, sheet) = with_sheet(&terminal).await;
    let typed = typed(&sheet);
    let press = || terminal.post(IN_FORCE, &cookie, &typed);
    let (one, other) = tokio::join!(press(), press());
    for page in [one, other, press().await] {
        assert_eq!(page.header("location"), "/setup", "{}", page.text);
    }
    assert_eq!(present(&center), (sheet[0].clone(), 1));
    assert!(unlocks(&terminal, &sheet[1]));
}

#[tokio::test]
async fn a_sealed_sheet_counts_at_the_terminal_too_though_the_browser_left() {
    let center = center().await;
    let terminal = center.terminal();
    let (cookie, sheet) = with_sheet(&terminal).await;
    let typed = typed(&sheet);
    let press = || terminal.post(IN_FORCE, &cookie, &typed);
    tokio::select! {
        _ = press() => {}
        () = until(|| 0 < center.passwords.lock().unwrap().asked) => {}
    }
    until(|| unlocks(&terminal, &sheet[1])).await;
    let page = press().await;
    assert_eq!(page.header("location"), "/setup", "{}", page.text);
    assert_eq!(present(&center), (sheet[0].clone(), 1));
}

#[tokio::test]
async fn a_sealed_sheet_without_an_answer_may_count_and_waits_to_be_pressed_again() {
    let center = center().await;
    let terminal = center.terminal();
    let (cookie, sheet) = with_sheet(&terminal).await;
    center.set(Line::Unheard);
    let page = terminal.post(IN_FORCE, &cookie, &typed(&sheet)).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{}", page.text);
    assert!(page.text.contains("data-code=\"center_unreachable\""));
    assert!(!unlocks(&terminal, &sheet[1]));
    // Neither the way to try again nor an old form makes another, which nobody could put in force.
    for page in [
        page,
        terminal.get(SHEET, &cookie).await,
        ask(&terminal, &cookie).await,
    ] {
        assert_eq!(printed(&page), sheet);
        let says = page.text.contains("もう有効になっているかもしれません");
        assert!(says && !page.text.contains("まだ何も変わっていません"));
    }
    center.set(Line::Answers);
    let page = terminal.post(IN_FORCE, &cookie, "").await;
    assert_eq!(page.header("location"), "/setup", "{}", page.text);
    assert_eq!(present(&center), (sheet[0].clone(), 1));
    assert!(unlocks(&terminal, &sheet[1]));
}

#[tokio::test]
async fn a_sealed_sheet_that_is_refused_is_told_why_to_everybody_who_pressed() {
    let center = center().await;
    center.passwords.lock().unwrap().present = NEW.into();
    let terminal = center.terminal();
    let (cookie, sheet) = with_sheet(&terminal).await;
    let typed = typed(&sheet);
    let press = || terminal.post(IN_FORCE, &cookie, &typed);
    let (one, other) = tokio::join!(press(), press());
    for page in [one, other] {
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains("違います。"), "{}", page.text);
    }
    // A wrong password counts to the lockout: it was sent once.
    assert_eq!(center.passwords.lock().unwrap().asked, 1);
    assert!(!unlocks(&terminal, &sheet[1]));
}

/// What the set-up's page says of the sealed sheet.
async fn step_of_sheet(terminal: &Terminal, cookie: &str) -> String {
    let page = terminal.get("/setup", cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let (_, steps) = page.text.split_once("<ol class=\"onshi-steps\">").unwrap();
    let (step, _) = steps.split_once("</li>").unwrap();
    assert!(step.contains("href=\"/credential-sheet\""), "{step}");
    step.to_owned()
}

#[tokio::test]
async fn a_sealed_sheet_counts_as_made_until_a_password_on_it_is_changed() {
    let center = center().await;
    let terminal = center.terminal();
    let (cookie, sheet) = with_sheet(&terminal).await;
    terminal.post(IN_FORCE, &cookie, &typed(&sheet)).await;
    let is_done = |step: &str| step.contains("data-state=\"done\"");
    let step = step_of_sheet(&terminal, &cookie).await;
    assert!(is_done(&step) && !step.contains("作り直し"), "{step}");
    propose_after(&terminal, &cookie, &sheet[0]).await;
    let page = terminal.post(UPDATE, &cookie, "").await;
    assert_eq!(page.header("location"), "/", "{}", page.text);
    let page = terminal.get("/", &cookie).await;
    let says = page
        .text
        .contains("封をした控えのパスワードは、古くなりました");
    assert!(says, "{}", page.text);
    let step = step_of_sheet(&terminal, &cookie).await;
    assert!(!is_done(&step) && step.contains("作り直し"), "{step}");
    // Another sheet counts again, until the terminal user's password alone is changed.
    let fields = [("old_password", NEW), ("terminal_user", "OqsUser")];
    let page = terminal.post(SHEET, &cookie, &form(&fields)).await;
    let sheet = printed(&page);
    terminal.post(IN_FORCE, &cookie, &typed(&sheet)).await;
    let step = step_of_sheet(&terminal, &cookie).await;
    assert!(is_done(&step), "{step}");
    let name = domain::terminal_user::TerminalUserName::parse("OqsUser").unwrap();
    let password = domain::terminal_user::parse_password("Gamen-Kaijo-2027").unwrap();
    terminal_user::keep(&terminal.app.data_dir, &name, &password).unwrap();
    let step = step_of_sheet(&terminal, &cookie).await;
    assert!(!is_done(&step) && step.contains("作り直し"), "{step}");
}

#[tokio::test]
async fn whoever_resets_the_password_on_the_sealed_sheet_is_told_to_make_it_again() {
    let center = center().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("master");
    let (dir, now) = (&terminal.app.data_dir, terminal.app.now());
    // The sheet of another facility's account of the same identifier is not meant.
    for facility in ["1319999998", "1319999999"] {
        let by = setup_state::Whose {
            facility,
            account: "kanri",
        };
        setup_state::note_sheet(dir, by, setup_state::Passwords::default(), now);
        let page = reset(&terminal, &cookie, "kanri", "password").await;
        assert_eq!(
            says_outdated(&page),
            facility == "1319999999",
            "{}",
            page.text
        );
    }
    for (account, changed) in [("kanri", "state"), ("kanri2", "password")] {
        let page = reset(&terminal, &cookie, account, changed).await;
        assert!(!says_outdated(&page), "{}", page.text);
    }
}

/// The list of accounts after a change of one.
async fn reset(terminal: &Terminal, cookie: &str, account: &str, changed: &str) -> Answer {
    let path = format!("/accounts/{account}/{changed}");
    let fields = form(&[("password", NEW), ("state", "active")]);
    let page = terminal.post(&path, cookie, &fields).await;
    assert_eq!(page.header("location"), "/accounts", "{}", page.text);
    let page = terminal.get("/accounts", cookie).await;
    let told = format!("「{account}」");
    assert!(page.text.contains(&told), "{path}: {}", page.text);
    page
}

fn says_outdated(page: &Answer) -> bool {
    page.text
        .contains("封をした控えのパスワードは、古くなりました")
}

/// A new password that waits for its confirmation.
async fn propose(terminal: &Terminal, cookie: &str) {
    propose_after(terminal, cookie, OLD).await;
}

/// The same after this one.
async fn propose_after(terminal: &Terminal, cookie: &str, old: &str) {
    let fields = [("old_password", old), ("new_password", NEW), ("again", NEW)];
    let page = terminal.post("/password", cookie, &form(&fields)).await;
    assert_eq!(page.header("location"), UPDATE, "{}", page.text);
}

#[tokio::test]
async fn a_password_change_pressed_twice_at_once_is_one_and_both_are_told_so() {
    let center = center().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("general");
    propose(&terminal, &cookie).await;
    let press = || terminal.post(UPDATE, &cookie, "");
    let (one, other) = tokio::join!(press(), press());
    for page in [one, other, press().await] {
        assert_eq!(page.header("location"), "/", "{}", page.text);
    }
    assert_eq!(present(&center), (NEW.into(), 1));
}

#[tokio::test]
async fn a_password_change_without_an_answer_may_count_and_waits_to_be_pressed_again() {
    let center = center().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("general");
    propose(&terminal, &cookie).await;
    center.set(Line::Unheard);
    let page = terminal.post(UPDATE, &cookie, "").await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{}", page.text);
    let says = page.text.contains("もう替わっているかもしれません");
    assert!(says && page.text.contains("action=\"/password/confirm\""));
    // The way to the form, where whoever must change a password is led, leads there too.
    let page = terminal.get("/password", &cookie).await;
    assert_eq!(page.header("location"), UPDATE, "{}", page.text);
    propose(&terminal, &cookie).await;
    center.set(Line::Answers);
    let page = terminal.post(UPDATE, &cookie, "").await;
    assert_eq!(page.header("location"), "/", "{}", page.text);
    assert_eq!(present(&center), (NEW.into(), 1));
}

const CLAIMS: &str = "/claims/password";

/// A browser with somebody signed in at the claims entry alone; its cookie.
pub(super) fn claimant(terminal: &Terminal) -> String {
    let mut browser = Browser::choosing(0);
    browser.claims = Some(claims_login());
    let app = &terminal.app;
    let (_, cookie) = app.browsers.open(browser, app.now()).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// The form of the claims entry under a key.
fn for_claims(key: &str, new: &str) -> String {
    form(&[
        ("key", key),
        ("old_password", OLD),
        ("new_password", new),
        ("again", new),
    ])
}

#[tokio::test]
async fn a_password_change_for_claims_pressed_twice_is_one_and_both_are_told_so() {
    let center = center().await;
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    let page = terminal.get(CLAIMS, &cookie).await;
    assert!(page.text.contains("name=\"key\""), "{}", page.text);
    let typed = for_claims("k", NEW);
    let press = || terminal.post(CLAIMS, &cookie, &typed);
    let (one, other) = tokio::join!(press(), press());
    for page in [one, other, press().await] {
        assert_eq!(page.header("location"), "/claims/work", "{}", page.text);
    }
    assert_eq!(present(&center), (NEW.into(), 1));
    assert_eq!(center.passwords.lock().unwrap().asked, 1);
}

#[tokio::test]
async fn a_password_change_for_claims_without_an_answer_may_count_and_waits_to_be_pressed_again() {
    let center = center().await;
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    center.set(Line::Unheard);
    let page = terminal.post(CLAIMS, &cookie, &for_claims("k", NEW)).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{}", page.text);
    assert!(page.text.contains("data-code=\"center_unreachable\""));
    center.set(Line::Answers);
    // Neither the form nor another change takes its place.
    for page in [
        page,
        terminal.get(CLAIMS, &cookie).await,
        terminal
            .post(CLAIMS, &cookie, &for_claims("l", "Betsuno-2026-y"))
            .await,
    ] {
        let says = page.text.contains("もう替わっているかもしれません");
        assert!(says && page.text.contains("name=\"key\" value=\"k\""));
        assert!(!page.text.contains("name=\"new_password\""));
    }
    let page = terminal.post(CLAIMS, &cookie, "key=k").await;
    assert_eq!(page.header("location"), "/claims/work", "{}", page.text);
    assert_eq!(present(&center), (NEW.into(), 1));
}

/// Sends a change that gets no answer, and waits until it is let go; until then the page has no form for another.
async fn let_go(center: &Center, terminal: &Terminal, cookie: &str) {
    center.set(Line::Unheard);
    terminal.post(CLAIMS, cookie, &for_claims("k", NEW)).await;
    // Somebody is at the terminal meanwhile, so that the screen is not locked.
    terminal.pass(15 * 60 - 1);
    let page = terminal.get(CLAIMS, cookie).await;
    assert!(!page.text.contains("name=\"new_password\""));
    terminal.pass(1);
}

#[tokio::test]
async fn a_password_change_for_claims_without_an_answer_is_let_go_after_a_quarter_of_an_hour() {
    let center = center().await;
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    let_go(&center, &terminal, &cookie).await;
    let page = terminal.get(CLAIMS, &cookie).await;
    assert!(page.text.contains("name=\"new_password\""));
    let says = page.text.contains("data-code=\"may_count\"");
    assert!(says && !page.text.contains("value=\"k\""), "{}", page.text);
    // What waited is sent no more.
    center.set(Line::Answers);
    let page = terminal.post(CLAIMS, &cookie, "key=k").await;
    assert!(
        page.text.contains("data-code=\"required\""),
        "{}",
        page.text
    );
    assert_eq!(center.passwords.lock().unwrap().asked, 1);
}

#[tokio::test]
async fn an_old_form_for_claims_whose_change_was_let_go_and_counts_leads_to_the_sign_in() {
    let center = center().await;
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    let_go(&center, &terminal, &cookie).await;
    // The center knows the key with the change that was let go.
    center.set(Line::Refuses(Trouble::IdempotencyConflict));
    let anew = for_claims("k", "Betsuno-2026-y");
    let page = terminal.post(CLAIMS, &cookie, &anew).await;
    let says = page.text.contains("data-code=\"form_used\"");
    assert!(says && !page.text.contains("要求番号"), "{}", page.text);
    assert!(page.text.contains("ログインし直してください"));
    assert!(page.text.contains("href=\"/claims/sign-in/fund/0\""));
    // And to a form of its own.
    let is_fresh = !page.text.contains("value=\"k\"");
    assert!(is_fresh && page.text.contains("name=\"new_password\""));
}

#[tokio::test]
async fn an_old_form_for_claims_filled_anew_is_another_change_and_not_told_as_done() {
    let center = center().await;
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    let page = terminal.post(CLAIMS, &cookie, &for_claims("k", NEW)).await;
    assert_eq!(page.header("location"), "/claims/work", "{}", page.text);
    let anew = for_claims("k", "Betsuno-2026-y");
    let page = terminal.post(CLAIMS, &cookie, &anew).await;
    assert!(page.text.contains("違います。"), "{}", page.text);
    let anew = form(&[
        ("key", "k"),
        ("old_password", NEW),
        ("new_password", "Betsuno-2026-y"),
        ("again", "Betsuno-2026-y"),
    ]);
    let press = || terminal.post(CLAIMS, &cookie, &anew);
    let (one, other) = tokio::join!(press(), press());
    for page in [one, other, press().await] {
        assert_eq!(page.header("location"), "/claims/work", "{}", page.text);
    }
    assert_eq!(present(&center), ("Betsuno-2026-y".into(), 2));
    // Nor does it take the place of one that may count.
    center.passwords.lock().unwrap().present = OLD.into();
    center.set(Line::Unheard);
    terminal.post(CLAIMS, &cookie, &for_claims("l", NEW)).await;
    center.set(Line::Answers);
    let asked = center.passwords.lock().unwrap().asked;
    let anew = for_claims("l", "Betsuno-2026-y");
    let page = terminal.post(CLAIMS, &cookie, &anew).await;
    let says = page.text.contains("もう替わっているかもしれません");
    assert!(says, "{}", page.text);
    assert_eq!(center.passwords.lock().unwrap().asked, asked);
    assert_eq!(present(&center), (NEW.into(), 3));
}

#[tokio::test]
async fn a_password_change_for_claims_refused_by_an_older_center_after_no_answer_leads_to_the_sign_in()
 {
    let center = center().await;
    center.passwords.lock().unwrap().is_older = true;
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    center.set(Line::Unheard);
    terminal.post(CLAIMS, &cookie, &for_claims("k", NEW)).await;
    center.set(Line::Answers);
    let page = terminal.post(CLAIMS, &cookie, "key=k").await;
    let says = page.text.contains("data-code=\"counts_before\"");
    assert!(says && !page.text.contains("違います。"), "{}", page.text);
    assert!(page.text.contains("href=\"/claims/sign-in/fund/0\""));
    assert_eq!(present(&center), (NEW.into(), 1));
    // Nothing waits to be refused once more.
    let page = terminal.get(CLAIMS, &cookie).await;
    assert!(page.text.contains("name=\"new_password\""));
    // Refused at the first time, an old password is wrong.
    let page = terminal.post(CLAIMS, &cookie, &for_claims("l", NEW)).await;
    assert!(page.text.contains("違います。"), "{}", page.text);
}

#[tokio::test]
async fn a_password_change_for_claims_that_is_refused_is_sent_once_and_told_to_everybody_who_pressed()
 {
    let center = center().await;
    center.passwords.lock().unwrap().present = NEW.into();
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    let typed = for_claims("k", "Betsuno-2026-y");
    let press = || terminal.post(CLAIMS, &cookie, &typed);
    let (one, other) = tokio::join!(press(), press());
    for page in [one, other] {
        assert!(page.text.contains("違います。"), "{}", page.text);
    }
    assert_eq!(center.passwords.lock().unwrap().asked, 1);
    // The next form is a change of its own.
    center.passwords.lock().unwrap().present = OLD.into();
    let page = terminal.post(CLAIMS, &cookie, &for_claims("l", NEW)).await;
    assert_eq!(page.header("location"), "/claims/work", "{}", page.text);
}

#[tokio::test]
async fn a_recovery_without_an_answer_says_that_the_new_password_may_open_the_account() {
    let center = center().await;
    let terminal = center.terminal();
    let (cookie, typed) = (stranger(&terminal), recovery());
    center.set(Line::Unheard);
    let page = terminal.post("/recover", &cookie, &typed).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{}", page.text);
    let says = page
        .text
        .contains("新しいパスワードでログインしてみてください");
    assert!(says && page.text.contains("href=\"/sign-in\""));
    // A center that refuses it changed nothing.
    center.set(Line::Answers);
    let page = terminal.post("/recover", &cookie, &typed).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!page.text.contains("ログインしてみてください"));
}

#[tokio::test]
async fn a_center_too_crowded_to_begin_changed_no_password_and_is_asked_again() {
    let center = center().await;
    let terminal = center.terminal();
    let (stranger, recovery) = (stranger(&terminal), recovery());
    let general = terminal.sign_in("general");
    propose(&terminal, &general).await;
    let administrator = terminal.sign_in("administrator");
    let sheet = printed(&ask(&terminal, &administrator).await);
    let claimant = claimant(&terminal);
    for trouble in [Trouble::Overloaded, Trouble::Busy] {
        center.set(Line::Refuses(trouble));
        for page in [
            terminal.post("/recover", &stranger, &recovery).await,
            terminal.post(UPDATE, &general, "").await,
            terminal
                .post(IN_FORCE, &administrator, &typed(&sheet))
                .await,
            terminal
                .post(CLAIMS, &claimant, &for_claims("k", NEW))
                .await,
        ] {
            let code = format!("data-code=\"{}\"", trouble.code());
            assert!(page.text.contains(&code), "{}", page.text);
            assert!(!page.text.contains("かもしれません"), "{}", page.text);
        }
    }
    // Each is still to be tried, and none is taken for one that may count.
    let page = terminal.get(CLAIMS, &claimant).await;
    assert!(page.text.contains("name=\"new_password\""));
    let page = terminal.get("/password", &general).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    center.set(Line::Answers);
    let page = terminal
        .post(IN_FORCE, &administrator, &typed(&sheet))
        .await;
    assert_eq!(page.header("location"), "/setup", "{}", page.text);
    assert_eq!(present(&center), (sheet[0].clone(), 1));
}
