//! `onshi kiosk` as a process of its own, from its settings file, with short waits and a line that can be cut: nobody there, line lost
//! at every moment, the pages' own protection.

use std::process::Command;

use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::super::{Ended, Walk};
use crate::line::Line;

/// The demo's reader that no kiosk of the demo uses.
const FREE_READER: usize = 3;

/// A kiosk beside those of the demo, with an account of its own. Its waits are short, yet no screen is gone before a slow machine saw it.
async fn start(walk: &Walk, line: &Line, idle_s: u32) -> (Ended, String) {
    let token = walk.center_token("administrator").await;
    let password = "Kiosuku-2026-Nana";
    let account = json!({"kind": "reader", "id": "reader2", "display_name": "受付の画面2", "password": password});
    let made = walk.center("POST", "/v1/accounts", &token, account).await;
    assert_eq!(made["id"], "reader2", "{made}");
    let dir = walk.dir.path().join("kiosk2");
    std::fs::create_dir(&dir).unwrap();
    let file = |name: &str| dir.join(name).display().to_string();
    let facility = &walk.demo["facilities"][0];
    std::fs::write(file("p12.pw"), facility["p12_password"].as_str().unwrap()).unwrap();
    std::fs::write(file("reader.pw"), password).unwrap();
    let settings = format!(
        "data_dir = \"{}\"\ncenter = \"{}\"\nca = {}\ncenter_name = \"onshi-demo\"\nreader = \"pcsc:onshi home-nursing\"\n\
         [identity]\nname = \"clinic\"\n[account]\nid = \"reader2\"\nsecret_file = \"{}\"\n[listen]\npages = \"127.0.0.1:0\"\n\
         [times]\nidle_s = {idle_s}\nanswer_s = 30\nmoment_s = 10\ncall_s = 10\nrenew_s = 1\n",
        dir.display(),
        line.address,
        walk.demo["center"]["ca"],
        file("reader.sealed"),
    );
    std::fs::write(file("kiosk.toml"), settings).unwrap();
    crate::running::succeed(&[
        "certificate",
        "import",
        "--data-dir",
        &dir.display().to_string(),
        "--name",
        "clinic",
        "--p12",
        facility["p12"].as_str().unwrap(),
        "--p12-password-file",
        &file("p12.pw"),
    ]);
    let config = file("kiosk.toml");
    let sealed = [
        "kiosk",
        "seal-password",
        "--config",
        &config,
        "--password-file",
        &file("reader.pw"),
    ];
    crate::running::succeed(&sealed);
    let mut onshi = Command::new(env!("CARGO_BIN_EXE_onshi"));
    let socket = walk.dir.path().join("demo/readers/run/pcscd.comm");
    onshi.env("PCSCLITE_CSOCK_NAME", socket);
    onshi.args(["kiosk", "--json", "--config", &config]);
    onshi.args(["--ready-file", &file("ready.json")]);
    let (kiosk, ready) = super::super::try_start(&mut onshi, "launch=")
        .unwrap_or_else(|said| panic!("the kiosk did not start:\n{said}"));
    let ready: Value = serde_json::from_str(&ready).unwrap();
    let written: Value =
        serde_json::from_slice(&std::fs::read(file("ready.json")).unwrap()).unwrap();
    assert_eq!(ready, written);
    (kiosk, ready["kiosk"].as_str().unwrap().to_owned())
}

async fn line_of(walk: &Walk) -> Line {
    Line::lay(walk.demo["center"]["api"].as_str().unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_still_there_goes_on_and_whoever_is_gone_leaves_nothing() {
    let walk = Walk::start().await;
    let line = line_of(&walk).await;
    let (_kiosk, launch) = start(&walk, &line, 6).await;
    walk.browser.goto(&launch).await.unwrap();
    walk.screen("welcome").await;
    walk.place_at(FREE_READER, "valid");
    walk.screen("method").await;
    walk.screen("still-there").await;
    walk.is_accessible().await;
    walk.picture("kiosk-still-there").await;
    walk.choose("continue").await;
    walk.screen("method").await;
    walk.screen("still-there").await;
    walk.screen("take-card").await;
    walk.order(FREE_READER, "remove");
    walk.screen("welcome").await;
    walk.touch("footer [name=call][value=true]").await;
    walk.wait_for(".kiosk-called").await;
    // Nobody came: the call ends by itself.
    walk.wait_for("footer [data-tone=call]").await;
    // A card taken before it was read leads back to the start.
    walk.order(FREE_READER, "insert");
    walk.screen("method").await;
    walk.order(FREE_READER, "remove");
    walk.screen("card-gone").await;
    walk.screen("welcome").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_line_is_told_at_every_moment_and_the_kiosk_goes_on_by_itself() {
    let walk = Walk::start().await;
    let line = line_of(&walk).await;
    let (_kiosk, launch) = start(&walk, &line, 600).await;
    walk.browser.goto(&launch).await.unwrap();
    walk.screen("welcome").await;
    line.cut();
    walk.screen("center-out").await;
    walk.is_accessible().await;
    walk.picture("kiosk-center-out").await;
    walk.place_at(FREE_READER, "everything");
    line.mend();
    // The card that was laid there meanwhile is read.
    walk.screen("method").await;
    line.cut();
    walk.choose("pin").await;
    walk.type_pin("1234").await;
    walk.screen("center-unreachable").await;
    walk.is_accessible().await;
    walk.picture("kiosk-center-unreachable").await;
    line.mend();
    walk.screen("method").await;
    walk.choose("pin").await;
    walk.type_pin("1234").await;
    walk.screen("specified-disease").await;
    walk.choose("yes").await;
    walk.choose("yes").await;
    walk.screen("consents").await;
    walk.choose("all").await;
    walk.screen("prescription-issue").await;
    line.cut();
    walk.choose("paper").await;
    walk.screen("unsent").await;
    walk.is_accessible().await;
    walk.picture("kiosk-unsent").await;
    line.mend();
    walk.screen("done").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kiosk_that_ended_leaves_no_screen_behind() {
    let walk = Walk::start().await;
    let line = line_of(&walk).await;
    let (kiosk, launch) = start(&walk, &line, 600).await;
    walk.browser.goto(&launch).await.unwrap();
    walk.screen("welcome").await;
    walk.place_at(FREE_READER, "valid");
    walk.screen("method").await;
    drop(kiosk);
    walk.screen("offline").await;
    assert!(!walk.shows("main button").await);
    walk.is_accessible().await;
    walk.picture("kiosk-offline").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_that_was_lost_while_the_screens_still_come_leaves_no_page_behind() {
    let walk = Walk::start().await;
    walk.open_kiosk(super::CLINIC).await;
    walk.touch("footer [value=en]").await;
    walk.wait_for("html[lang=en]").await;
    // One request fails; the stream of screens stands, and none is due. It is said in the language that was chosen.
    let lost = "const kept = window.fetch; \
        window.fetch = () => { window.fetch = kept; return Promise.reject(new TypeError('lost')); }; \
        return send('/touch', new URLSearchParams()).then(() => { \
            const main = document.querySelector('main'); \
            return [main.dataset.screen, main.lang, main.querySelector('h1').textContent].join(': '); });";
    assert_eq!(
        walk.script(lost).await,
        "offline: en: This machine is being made ready"
    );
    walk.screen("welcome").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_hosts_pages_and_browsers_get_nothing() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let walk = Walk::start().await;
    let launch = walk.demo["facilities"][0]["kiosk"].as_str().unwrap();
    let host = launch
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap();
    let port = host.rsplit(':').next().unwrap();
    let ask = async |head: String| {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}"))
            .await
            .unwrap();
        let request = format!("{head}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let foreign = ask(format!("GET / HTTP/1.1\r\nhost: evil.example:{port}")).await;
    assert!(foreign.starts_with("HTTP/1.1 421"), "{foreign}");
    let unknown = ask(format!("GET / HTTP/1.1\r\nhost: {host}")).await;
    assert!(unknown.starts_with("HTTP/1.1 403"), "{unknown}");
    assert!(unknown.contains("cache-control: no-store"), "{unknown}");
    assert!(unknown.contains("default-src 'none'"), "{unknown}");
    for path in ["/press", "/pin", "/call", "/language", "/comfort", "/touch"] {
        let cross = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://evil.example");
        assert!(ask(cross).await.starts_with("HTTP/1.1 403"), "{path}");
        let own = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}");
        assert!(
            ask(own).await.starts_with("HTTP/1.1 403"),
            "{path} without a launch"
        );
    }
    let events = ask(format!("GET /events HTTP/1.1\r\nhost: {host}")).await;
    assert!(events.starts_with("HTTP/1.1 403"), "{events}");
    walk.end().await;
}
