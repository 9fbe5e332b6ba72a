//! Two operators are two people: not two names of the shell, nor an operator and whoever holds what that operator signs in with.

use super::*;
use crate::operators::browser::{Browser, PASSWORD, SURE};
use crate::world::check;

const DAY: i64 = 86_400;

/// Nobody had it before a reset.
const ANOTHER: &str = "Betsujin-9876";

/// A center as it is by default, with operators who were added from the shell so long ago that nobody else holds their links.
struct Center {
    world: World,
    secrets: Vec<(&'static str, Vec<u8>)>,
}

impl Center {
    async fn start(names: &[&'static str]) -> Self {
        let world = World::start_in_emergency(Emergency::default()).await;
        world.register(&neighbours()).await;
        let mut secrets = Vec::new();
        for name in names {
            secrets.push((*name, world.operator(name).await.0));
        }
        world.pass_seconds(8 * DAY);
        Self { world, secrets }
    }

    async fn sign_in(&self, name: &str) -> Browser<'_> {
        let secret = self.secrets.iter().find(|it| it.0 == name).unwrap();
        self.world.pass_seconds(30);
        let mut browser = Browser::new(&self.world);
        let code = self.world.code(&secret.1);
        assert_eq!(browser.sign_in(name, PASSWORD, &code).await.status, 303);
        browser
    }

    /// The newest window.
    async fn newest(&self) -> WindowLine {
        let reply = send(self.world.dir.path(), &Order::ListWindows).await;
        let Reply::Windows(lines) = reply.unwrap() else {
            panic!("not listed");
        };
        lines.into_iter().next().unwrap()
    }

    /// Opens a disaster on the pages.
    async fn open(&self, browser: &mut Browser<'_>) -> String {
        let form = [
            ("kind", "disaster"),
            ("prefecture", "13"),
            ("reason", "地震"),
            ("until", "72"),
        ];
        assert_eq!(browser.post("/modes", &form).await.status, 303);
        let line = self.newest().await;
        assert_eq!(line.standing, "waiting");
        line.id
    }

    async fn approve_from_shell(&self, id: &str, who: &str) -> Result<WindowLine, String> {
        let order = Order::StepWindow(id.into(), WindowStep::Approve, who.into());
        self.world.window(order).await
    }

    async fn is_open(&self) -> bool {
        self.newest().await.standing == "open"
    }
}

/// Approves on the pages; the code of the refusal, empty when it was approved.
async fn approve(browser: &mut Browser<'_>, id: &str) -> (String, String) {
    let answer = browser.post(&format!("/modes/{id}/approve"), &[]).await;
    match answer.status {
        303 => (String::new(), String::new()),
        _ => (answer.code_shown(), answer.text()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_shell_asks_is_approved_on_the_pages_and_by_no_other_name_of_the_shell() {
    let center = Center::start(&["suzuki"]).await;
    let clinic = center.world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let id = center.world.disaster(72 * 3_600).await;
    let looked = || async {
        let wanted = search("双子花", None);
        clinic.client.search_in_disaster(&staff, &wanted).await
    };
    for name in ["unyo1", "unyo2", "", "suzuki"] {
        let refused = center.approve_from_shell(&id, name).await.unwrap_err();
        for part in ["運用者の画面", "operators' pages", "suzuki"] {
            assert!(refused.contains(part), "{refused}");
        }
    }
    check(looked().await, "emergency_closed");
    let tries = center.world.told("emergency-refused").await;
    let names = tries.iter().filter(|it| it.detail.contains("one_person"));
    assert_eq!(names.count(), 4, "each try is on record");
    let mut suzuki = center.sign_in("suzuki").await;
    assert!(
        suzuki
            .get("/modes")
            .await
            .text()
            .contains(&format!("/modes/{id}/approve"))
    );
    assert_eq!(approve(&mut suzuki, &id).await.0, "");
    assert!(looked().await.is_ok());
    let steps = center.newest().await.steps;
    let names: Vec<_> = steps.iter().map(|it| it.1.as_str()).collect();
    assert_eq!(names, ["local:unyo1", "suzuki"]);
    // A later end as well.
    let later = center.world.now().plus_seconds(80 * 3_600).to_string();
    let extend = Order::StepWindow(id.clone(), WindowStep::Extend(later), "unyo1".into());
    center.world.window(extend).await.unwrap();
    assert!(center.approve_from_shell(&id, "unyo2").await.is_err());
    assert_eq!(approve(&mut suzuki, &id).await.0, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_asks_on_the_pages_is_approved_by_another_or_from_the_shell() {
    let center = Center::start(&["suzuki", "tanaka"]).await;
    let mut suzuki = center.sign_in("suzuki").await;
    let mut tanaka = center.sign_in("tanaka").await;
    let id = center.open(&mut suzuki).await;
    let page = suzuki.get("/modes").await.text();
    assert!(
        !page.contains(&format!("/modes/{id}/approve")),
        "no button for oneself"
    );
    assert!(page.contains("tanaka"), "{page}");
    let (code, told) = approve(&mut suzuki, &id).await;
    assert_eq!(code, "one_person");
    assert!(told.contains("tanaka"), "{told}");
    assert_eq!(approve(&mut tanaka, &id).await.0, "");
    let id = center.open(&mut suzuki).await;
    center.approve_from_shell(&id, "unyo1").await.unwrap();
    assert!(center.is_open().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reset_another_is_no_second_person_beside_that_one_for_a_week() {
    let center = Center::start(&["suzuki", "tanaka", "sato"]).await;
    let mut suzuki = center.sign_in("suzuki").await;
    let reset = suzuki.post("/operators/tanaka/reset", &SURE).await;
    let link = link_in(&reset.text());
    let mut thief = Browser::new(&center.world);
    let secret = thief.secret_of(&link).await;
    let code = center.world.code(&secret);
    assert_eq!(thief.set_up(&link, ANOTHER, &code).await.status, 303);
    // Either way round.
    let asked = center.open(&mut suzuki).await;
    let (code, told) = approve(&mut thief, &asked).await;
    assert_eq!(code, "one_person");
    assert!(told.contains("sato") && !center.is_open().await, "{told}");
    let page = thief.get("/modes").await;
    assert!(!page.text().contains(&format!("/modes/{asked}/approve")));
    let taken = center.open(&mut thief).await;
    assert_eq!(approve(&mut suzuki, &taken).await.0, "one_person");
    let mut sato = center.sign_in("sato").await;
    assert_eq!(approve(&mut sato, &taken).await.0, "");
    // A week later the link is no longer anybody else's.
    center.world.pass_seconds(7 * DAY);
    let mut suzuki = center.sign_in("suzuki").await;
    let asked = center.open(&mut suzuki).await;
    let mut tanaka = Browser::new(&center.world);
    let code = center.world.code(&secret);
    let signed_in = tanaka.sign_in("tanaka", ANOTHER, &code).await;
    assert_eq!(signed_in.status, 303);
    assert_eq!(approve(&mut tanaka, &asked).await.0, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_the_opener_added_or_brought_back_approves_nothing_of_the_openers() {
    let center = Center::start(&["suzuki", "tanaka", "sato"]).await;
    let mut suzuki = center.sign_in("suzuki").await;
    let added = suzuki.post("/operators", &[("name", "yamada")]).await;
    let links = [link_in(&added.text()), {
        suzuki.post("/operators/tanaka/disable", &SURE).await;
        let back = suzuki.post("/operators/tanaka/reset", &SURE).await;
        link_in(&back.text())
    }];
    let asked = center.open(&mut suzuki).await;
    for link in links {
        let mut own = Browser::new(&center.world);
        let secret = own.secret_of(&link).await;
        let code = center.world.code(&secret);
        assert_eq!(own.set_up(&link, ANOTHER, &code).await.status, 303);
        assert_eq!(approve(&mut own, &asked).await.0, "one_person");
    }
    let mut sato = center.sign_in("sato").await;
    assert_eq!(approve(&mut sato, &asked).await.0, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_shell_reset_lately_is_no_second_person_beside_anybody() {
    let center = Center::start(&["suzuki", "tanaka"]).await;
    let mut suzuki = center.sign_in("suzuki").await;
    let reset = Order::ResetOperator("tanaka".into());
    let Reply::Invited(invitation) = send(center.world.dir.path(), &reset).await.unwrap() else {
        panic!("not reset");
    };
    let link = crate::operators::browser::path(&invitation.link);
    let mut tanaka = Browser::new(&center.world);
    let secret = tanaka.secret_of(&link).await;
    let code = center.world.code(&secret);
    assert_eq!(tanaka.set_up(&link, ANOTHER, &code).await.status, 303);
    let asked = center.world.disaster(3_600).await;
    assert_eq!(approve(&mut tanaka, &asked).await.0, "one_person");
    let asked = center.open(&mut suzuki).await;
    assert_eq!(approve(&mut tanaka, &asked).await.0, "one_person");
    assert_eq!(center.newest().await.approvers, ["local"]);
    let asked = center.open(&mut tanaka).await;
    let refused = center
        .approve_from_shell(&asked, "unyo1")
        .await
        .unwrap_err();
    for part in ["7日", "within 7 days", "いません", "Nobody can"] {
        assert!(refused.contains(part), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_cannot_be_is_refused_with_its_reason() {
    let center = Center::start(&[]).await;
    let id = center.world.disaster(3_600).await;
    let later = WindowStep::Extend("tomorrow".into());
    for (id, step, why) in [
        ("x", WindowStep::Close, "no such window"),
        (id.as_str(), later, "RFC 3339"),
    ] {
        let order = Order::StepWindow(id.into(), step, String::new());
        let refused = center.world.window(order).await.unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

/// The one-time link a page shows.
fn link_in(page: &str) -> String {
    let at = page.find("/set-up/").unwrap();
    let rest = &page[at..];
    let end = rest.find(['<', '"', '&', ' ', '\n']).unwrap();
    rest[..end].to_owned()
}
