//! An operator's browser: cookies, forms, and an authenticator application beside it.

use center::control::{Order, Reply, send};

use crate::access::bytes;
use crate::world::{RawAnswer, World, exchange};

pub(crate) const PASSWORD: &str = "Tegami-12345";

/// The tick of a deed that takes something away.
pub(crate) const SURE: [(&str, &str); 1] = [("confirm", "yes")];

/// Every page that needs a sign-in.
pub(crate) const PAGES: [&str; 28] = [
    "/",
    "/load",
    "/facilities",
    "/facilities/1319999999",
    "/facilities/1319999999/reissue",
    "/new-facility",
    "/applications",
    "/applications/AAAA",
    "/feeds",
    "/feeds/late",
    "/notices",
    "/notices/1/withdraw",
    "/modes/1/close",
    "/claims",
    "/claims/accounts",
    "/claims/accounts/1319999999",
    "/claims/accounts/1319999999/disable",
    "/claims/filings",
    "/claims/windows",
    "/claims/windows/1/end",
    "/audit",
    "/audit/verify",
    "/looks",
    "/password",
    "/operators",
    "/operators/suzuki",
    "/operators/suzuki/disable",
    "/operators/suzuki/reset",
];

/// Every form that changes or tells something.
pub(crate) const DEEDS: [&str; 29] = [
    "/password",
    "/sign-out",
    "/facilities",
    "/facilities/search",
    "/facilities/1319999999/reissue",
    "/applications",
    "/applications/1/issued",
    "/applications/1/decline",
    "/feeds/1/release",
    "/feeds/1/reject",
    "/feeds/1/undo",
    "/feeds/1/report.csv",
    "/notices",
    "/notices/1/withdraw",
    "/modes/1/close",
    "/claims/accounts",
    "/claims/accounts/1319999999/add",
    "/claims/accounts/1319999999/reset",
    "/claims/filings/1/accept",
    "/claims/windows",
    "/claims/windows/1/end",
    "/audit",
    "/audit/export.csv",
    "/audit/export.jsonl",
    "/audit/verify",
    "/looks",
    "/operators",
    "/operators/suzuki/disable",
    "/operators/suzuki/reset",
];

pub(crate) struct Browser<'a> {
    world: &'a World,
    cookie: String,
}

/// The path of a link.
pub(crate) fn path(link: &str) -> String {
    let at = link.find("/set-up/").unwrap();
    assert!(link.starts_with("https://localhost:"), "{link}");
    link[at..].to_owned()
}

impl World {
    /// Adds an operator from the shell; the path of the link.
    pub(crate) async fn invite(&self, name: &str) -> String {
        let reply = send(self.dir.path(), &Order::AddOperator(name.into())).await;
        match reply.unwrap() {
            Reply::Invited(invitation) => path(&invitation.link),
            other => panic!("not added: {other:?}"),
        }
    }

    /// An operator who is set up and signed in; the secret of the second factor.
    pub(crate) async fn operator(&self, name: &str) -> (Vec<u8>, Browser<'_>) {
        let link = self.invite(name).await;
        let mut browser = Browser::new(self);
        let secret = browser.secret_of(&link).await;
        let code = self.code(&secret);
        assert_eq!(browser.set_up(&link, PASSWORD, &code).await.status, 303);
        (secret, browser)
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self::with(world, "")
    }

    /// A browser into which somebody put a cookie.
    pub(crate) fn with(world: &'a World, cookie: &str) -> Self {
        Self {
            world,
            cookie: cookie.into(),
        }
    }

    pub(crate) fn cookies(&self) -> String {
        self.cookie.clone()
    }

    /// A request as it is given, with the browser's cookie.
    pub(crate) async fn raw(&self, line: &str, headers: &[&str], body: &[u8]) -> RawAnswer {
        let stream = self.world.connect_to(self.world.operator, None).await;
        let cookie = format!("cookie: {}", self.cookie);
        let all = [&[&*cookie], headers].concat();
        exchange(stream, line, &all, body).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> RawAnswer {
        let host = format!("host: localhost:{}", self.world.operator.port());
        self.raw(&format!("GET {path}"), &[&host], b"").await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> RawAnswer {
        let encode = |text: &str| -> String {
            let bytes = text.bytes().map(|byte| format!("%{byte:02x}"));
            bytes.collect()
        };
        let pairs = form.iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encode(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let host = format!("host: localhost:{}", self.world.operator.port());
        let headers = [
            &*host,
            "sec-fetch-site: same-origin",
            "content-type: application/x-www-form-urlencoded",
        ];
        let answer = self
            .raw(&format!("POST {path}"), &headers, body.as_bytes())
            .await;
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        answer
    }

    /// The secret that the page of a link shows.
    pub(crate) async fn secret_of(&mut self, link: &str) -> Vec<u8> {
        let page = self.get(link).await;
        assert_eq!(page.status, 200, "{}", page.text());
        bytes(&page.between("data-secret>", "<").replace(' ', ""))
    }

    pub(crate) async fn set_up(&mut self, link: &str, password: &str, code: &str) -> RawAnswer {
        let form = [
            ("new_password", password),
            ("again", password),
            ("code", code),
        ];
        self.post(link, &form).await
    }

    pub(crate) async fn sign_in(&mut self, name: &str, password: &str, code: &str) -> RawAnswer {
        let form = [("name", name), ("password", password), ("code", code)];
        self.post("/sign-in", &form).await
    }
}

impl RawAnswer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// What stands between two marks of a page.
    pub(crate) fn between(&self, start: &str, end: &str) -> String {
        let text = self.text();
        let rest = text
            .split(start)
            .nth(1)
            .unwrap_or_else(|| panic!("{start} in {text}"));
        rest.split(end).next().unwrap().to_owned()
    }

    /// The code of the first thing a page tells.
    pub(crate) fn code_shown(&self) -> String {
        self.between("data-code=\"", "\"")
    }

    /// The code of what is wrong with a field.
    pub(crate) fn code_of_field(&self, name: &str) -> String {
        self.between(&format!("id=\"{name}-error-1\" data-code=\""), "\"")
    }
}
