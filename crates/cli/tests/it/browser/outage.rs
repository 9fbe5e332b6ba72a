//! The center out of reach in the middle of a day: what staff saw today stays to be read as copies, in the past tense, and goes when the line is back.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use super::Walk;
use super::every_page::look;
use super::reception::TARO;
use crate::line::Line;
use crate::running::{Part, succeed, wait_until};
use crate::turned_clock::{TurnedClock, command};

/// A terminal of the demo's first facility whose line to the center can be cut.
async fn behind_a_line(walk: &mut Walk) -> (Part, Line) {
    let of = |it: &Value, member: &str| it[member].as_str().unwrap().to_owned();
    let path = |name: &str| walk.dir.path().join(name).display().to_string();
    let facility = &walk.demo["facilities"][0];
    let center = &walk.demo["center"];
    let line = Line::lay(&of(center, "api")).await;
    let (data, settings, ready) = (path("pc"), path("pc.toml"), path("pc-ready.json"));
    std::fs::write(path("p12.pw"), of(facility, "p12_password")).unwrap();
    let import = ["certificate", "import", "--name", "clinic"];
    let from = ["--p12", &of(facility, "p12"), "--p12-password-file"];
    let (password, to) = (path("p12.pw"), ["--data-dir", &data]);
    succeed(&[&import[..], &from, &[&password], &to].concat());
    let text = format!(
        "data_dir = \"{data}\"\ncenter = \"{}\"\nca = \"{}\"\nlisten = \"127.0.0.1:0\"\n[identity]\nname = \"clinic\"\n",
        line.address,
        of(center, "ca"),
    );
    std::fs::write(&settings, text).unwrap();
    let terminal = command()
        .args(["terminal", "--config", &settings])
        .args(["--ready-file", &ready])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let terminal = Part::of(terminal.unwrap());
    wait_until("the terminal", || Path::new(&ready).exists());
    let told: Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    walk.demo["facilities"][0]["terminal"] = told["terminal"].clone();
    (terminal, line)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_seen_today_is_read_as_copies_while_the_line_is_cut() {
    let mut clock = TurnedClock::start();
    clock.pass_to_noon();
    let mut walk = Walk::start().await;
    let (_terminal, line) = behind_a_line(&mut walk).await;
    walk.sign_in("general").await;
    walk.open("check").await;
    walk.send(&TARO).await;
    let result = walk.browser.current_url().await.unwrap();
    let result = result.path().trim_start_matches('/').to_owned();
    walk.open("history").await;
    assert!(walk.text("tbody").await.contains("資格　太郎"));
    line.cut();
    walk.open("history").await;
    assert_eq!(walk.text("h1").await, "本日の結果（控え）");
    walk.see(&["資格　太郎", "「有効」でした", "検索とCSV出力はできません"])
        .await;
    assert!(!walk.shows("[data-verdict]").await);
    look(&walk, "copies").await;
    walk.press("tbody a").await;
    assert_eq!(walk.text("h1").await, "資格確認の結果（控え）");
    walk.see(&["資格　太郎", "架空健康保険組合", "この控えだけで判断せず"])
        .await;
    assert!(!walk.shows("[data-verdict]").await);
    look(&walk, "copies-result").await;
    walk.devtools("Emulation.setEmulatedMedia", json!({"media": "print"}))
        .await;
    walk.picture("copies-paper").await;
    walk.devtools("Emulation.setEmulatedMedia", json!({"media": ""}))
        .await;
    // A new check waits for the line, and what was typed is still there.
    walk.open("check").await;
    walk.send(&TARO).await;
    assert!(walk.shows("[role=alert]").await);
    assert_eq!(walk.value("#number").await.as_deref(), Some("4567"));
    walk.picture("copies-check").await;
    line.mend();
    walk.open(&result).await;
    assert_eq!(walk.text("h1").await, "資格確認の結果");
    assert!(walk.shows("[data-verdict='1']").await);
    walk.end().await;
}
