//! A month's claims sent by `onshi claims send` over a line that drops within a piece, before an answer and within it: it goes on by itself, and
//! the file is handed in once.

use std::sync::atomic::Ordering;

use api::claims::{ClaimsSession, ClaimsSignIn, NewClaimsFiling, NewClaimsUpload};
use api::client::Client;
use api::session::{PasswordChange, SignIn};
use pki::identity::{Identity, first_certificate};
use serde_json::Value;

use crate::line::{Cut, dropping, happening};
use crate::running::{Clinic, onshi, succeed};

/// What the holders of accounts choose.
const OWN_PASSWORD: &str = "Seikyu-7654321";

/// Within the first pieces, within the handshake, after a piece arrived but before its answer came; then the answers of what follows are lost one
/// after the other.
const CUTS: [Cut; 8] = [
    Cut::there_after(30_000),
    Cut::AT_ONCE,
    Cut::back_after(900),
    Cut::there_after(24_000),
    Cut::back_after(1_900),
    Cut::back_after(2_600),
    Cut::NEVER,
    Cut::AT_ONCE,
];

/// Pieces the center takes: several of them make the file.
const SETTINGS: &str = "[claims]\nmost_piece_bytes = 16384\n";

/// A command of the claims entry at the center; what it answers.
fn ordered(clinic: &Clinic, command: &[&str], further: &[&str]) -> Value {
    let data_dir = clinic.path("center");
    let place = ["--data-dir", &data_dir, "--json"];
    let text = succeed(&[&["claims"], command, &place, further].concat());
    serde_json::from_str(&text).unwrap()
}

fn client(clinic: &Clinic) -> Client {
    let p12 = std::fs::read(clinic.path("clinic.p12")).unwrap();
    let identity = Identity::from_pkcs12(&p12, "Tegami-12345678").unwrap();
    let root = std::fs::read(clinic.path("center/root.pem")).unwrap();
    let root = first_certificate(&root).unwrap();
    Client::new(&clinic.api, &root, Some(&identity)).unwrap()
}

/// Files for the PC as the facility's administrator, and has it accepted.
async fn file_for_the_pc(clinic: &Clinic, notice: &Value) {
    let client = client(clinic);
    let mut accounts = notice["accounts"].as_array().unwrap().iter();
    let account = accounts.find(|it| it["kind"] == "administrator").unwrap();
    let text = |name: &str| account[name].as_str().unwrap().to_owned();
    let sign_in = |password: String| SignIn {
        account: text("id"),
        force: true,
        password,
    };
    let session = client.sign_in(&sign_in(text("password"))).await.unwrap();
    let change = PasswordChange {
        new_password: OWN_PASSWORD.into(),
        old_password: text("password"),
    };
    let changed = client.change_password(&session.token, &change).await;
    changed.unwrap();
    let session = client.sign_in(&sign_in(OWN_PASSWORD.into())).await;
    let token = session.unwrap().token;
    let filing = NewClaimsFiling {
        kind: "first_use".into(),
        line: "ip_vpn".into(),
        starts_on: "2026-10-01".into(),
        tenant: "fund".into(),
        terminal: "受付1".into(),
    };
    let filing = client.make_claims_filing(&token, "1", &filing).await;
    let filing = filing.unwrap();
    let handed = client.hand_in_claims_filing(&token, &filing.id).await;
    assert_eq!(handed.unwrap().state, "handed_in");
    ordered(clinic, &["filing", "accept"], &["--id", &filing.id]);
}

async fn signed_in(client: &Client, password: &str) -> ClaimsSession {
    signed_in_as(client, "seikyu1", password).await
}

async fn signed_in_as(client: &Client, account: &str, password: &str) -> ClaimsSession {
    let asked = ClaimsSignIn {
        account: account.into(),
        force: true,
        password: password.into(),
        tenant: "fund".into(),
    };
    client.claims_sign_in(&asked).await.unwrap()
}

/// Makes an account, whose holder then chooses the password that lies in a file by its name.
async fn add_account(clinic: &Clinic, client: &Client, id: &str) {
    let account = ["--tenant", "fund", "--code", "1319999999", "--id", id];
    let account = ordered(clinic, &["account", "add"], &account);
    let first = account["password"].as_str().unwrap();
    let session = signed_in_as(client, id, first).await;
    let change = PasswordChange {
        new_password: OWN_PASSWORD.into(),
        old_password: first.into(),
    };
    let changed = client.change_claims_password(&session.token, &change);
    changed.await.unwrap();
    std::fs::write(clinic.path(&format!("{id}.pw")), OWN_PASSWORD).unwrap();
}

/// A clinic whose PC may hand claims in, with a month's claims made in `made`.
async fn ready() -> (Clinic, Client) {
    let clinic = Clinic::start_over(SETTINGS);
    let notice = clinic.enrol();
    file_for_the_pc(&clinic, &notice).await;
    let opening = [
        ["--from", "2026-01-01T00:00:00+09:00"],
        ["--until", "2099-12-31T00:00:00+09:00"],
        ["--reason", "test"],
    ];
    ordered(&clinic, &["opening", "add"], opening.as_flattened());
    let client = client(&clinic);
    add_account(&clinic, &client, "seikyu1").await;
    let made = clinic.path("made");
    // Of last month, which is the one whose claims go out.
    let claims = ["--claims", &made];
    succeed(&[&["synth", "--people", "2000", "--seed", "5"], &claims[..]].concat());
    (clinic, client)
}

/// A command about a file or a submission, as the account's holder gives it over an address.
fn line(clinic: &Clinic, command: &str, of: &str, center: &str) -> Vec<String> {
    line_of(clinic, &[command, of], center, "seikyu1")
}

/// A command, as the holder of an account gives it over an address.
fn line_of(clinic: &Clinic, command: &[&str], center: &str, account: &str) -> Vec<String> {
    let place = [
        "--center",
        center,
        "--root",
        &clinic.path("center/root.pem"),
        "--p12",
        &clinic.path("clinic.p12"),
        "--p12-password-file",
        &clinic.path("p12.pw"),
        "--tenant",
        "fund",
        "--account",
        account,
        "--password-file",
        &clinic.path(&format!("{account}.pw")),
    ]
    .map(str::to_owned);
    let mut arguments = vec!["claims".to_owned()];
    arguments.extend(command.iter().copied().map(str::to_owned));
    arguments.extend(place);
    arguments
}

/// What the executable says to these arguments.
async fn said(arguments: Vec<String>) -> std::process::Output {
    let said = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        onshi(&arguments)
    });
    said.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_handed_in_once_over_a_line_that_drops_again_and_again() {
    let (clinic, client) = ready().await;
    let file = clinic.path("made/medical-fund.uke");
    let size = std::fs::metadata(&file).unwrap().len();
    assert!(100_000 < size, "several pieces: {size}");

    let to = clinic.api.trim_start_matches("https://").to_owned();
    let (through, cut) = dropping(to, &CUTS).await;
    let mut arguments = line(&clinic, "send", &file, &format!("https://{through}"));
    arguments.push("--json".into());
    let sent = said(arguments).await;
    let told = String::from_utf8_lossy(&sent.stderr);
    let answer: Value = serde_json::from_slice(&sent.stdout).expect(&told);
    assert_eq!(answer["size_bytes"], size, "{answer}");
    let count = cut.load(Ordering::SeqCst);
    assert!(5 <= count, "cut {count} times");
    // The people of these claims are not registered, so each is to be looked at; what counts is that they are there once.
    let session = signed_in(&client, OWN_PASSWORD).await;
    let listed = client.claims_submissions(&session.token).await.unwrap();
    assert_eq!(listed.submissions.len(), 1);
    assert!(listed.uploads.is_empty(), "nothing is left on its way");
    assert_eq!(listed.submissions[0].sha256, answer["sha256"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_becomes_shorter_while_it_is_sent_ends_the_sending() {
    let (clinic, client) = ready().await;
    let file = clinic.path("made/medical-fund.uke");
    let size = std::fs::metadata(&file).unwrap().len();
    assert!(100_000 < size, "several pieces: {size}");
    let written = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
    let to = clinic.api.trim_start_matches("https://").to_owned();
    // Within the first pieces.
    let through = happening(to, 30_000, move || written.set_len(10).unwrap()).await;
    let sent = said(line(&clinic, "send", &file, &format!("https://{through}"))).await;
    let text = String::from_utf8(sent.stderr).unwrap();
    assert_eq!(sent.status.code(), Some(1), "{text}");
    for part in ["短くなりました", "became shorter"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let session = signed_in(&client, OWN_PASSWORD).await;
    let listed = client.claims_submissions(&session.token).await.unwrap();
    assert!(listed.submissions.is_empty() && listed.uploads.is_empty());
}

/// Begins an upload of a name as the account's holder; its identifier, and the session.
async fn begun(client: &Client, file_name: &str) -> (String, ClaimsSession) {
    begun_by(client, "seikyu1", file_name).await
}

/// The same as the holder of any account.
async fn begun_by(client: &Client, account: &str, file_name: &str) -> (String, ClaimsSession) {
    let session = signed_in_as(client, account, OWN_PASSWORD).await;
    let new = NewClaimsUpload {
        file_name: file_name.into(),
        ..NewClaimsUpload::default()
    };
    let upload = client.begin_claims_upload(&session.token, &new).await;
    (upload.unwrap().id, session)
}

/// The names of the files on their way.
async fn on_their_way(client: &Client) -> Vec<String> {
    let session = signed_in(client, OWN_PASSWORD).await;
    let listed = client.claims_submissions(&session.token).await.unwrap();
    let names = listed.uploads.into_iter().map(|it| it.file_name);
    names.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_become_whole_is_not_begun_or_dropped_and_stops_no_other_file() {
    let (clinic, client) = ready().await;
    let file = clinic.path("RECEIPTC.UKE");
    let good = std::fs::read(clinic.path("made/medical-fund.uke")).unwrap();
    std::fs::write(&file, "").unwrap();
    let sent = said(line(&clinic, "send", &file, &clinic.api)).await;
    let text = String::from_utf8(sent.stderr).unwrap();
    assert_eq!(sent.status.code(), Some(1), "{text}");
    for part in ["ファイルが空です", "the file is empty"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(on_their_way(&client).await.is_empty());
    // More arrived under the name than the file has now.
    let (id, session) = begun(&client, "RECEIPTC.UKE").await;
    let piece = good[..16_384].to_vec();
    let sent = client.send_claims(&session.token, (&id, 0), piece).await;
    sent.unwrap();
    std::fs::write(&file, &good[..1_000]).unwrap();
    said(line(&clinic, "send", &file, &clinic.api)).await;
    assert!(on_their_way(&client).await.is_empty());
    // As many as may be are on their way: one is dropped, and the file goes out.
    for at in 1..=5 {
        begun(&client, &format!("{at}.uke")).await;
    }
    std::fs::write(&file, &good).unwrap();
    let sent = said(line(&clinic, "send", &file, &clinic.api)).await;
    let text = String::from_utf8(sent.stderr).unwrap();
    assert_eq!(sent.status.code(), Some(1), "{text}");
    assert!(text.contains("onshi claims drop"), "{text}");
    let unknown = said(line(&clinic, "drop", "6.uke", &clinic.api)).await;
    let text = String::from_utf8(unknown.stderr).unwrap();
    assert_eq!(unknown.status.code(), Some(1), "{text}");
    assert!(text.contains("onshi claims list"), "{text}");
    let mut arguments = line(&clinic, "drop", "3.uke", &clinic.api);
    arguments.push("--json".into());
    let dropped = said(arguments).await;
    let told: Value = serde_json::from_slice(&dropped.stdout).unwrap();
    assert_eq!(told["dropped"][0]["file_name"], "3.uke", "{told}");
    let mut arguments = line(&clinic, "send", &file, &clinic.api);
    arguments.push("--json".into());
    let sent = said(arguments).await;
    let told = String::from_utf8_lossy(&sent.stderr);
    let answer: Value = serde_json::from_slice(&sent.stdout).expect(&told);
    assert_eq!(answer["size_bytes"], good.len(), "{answer}");
    let left = on_their_way(&client).await;
    assert_eq!(left.len(), 4, "{left:?}");
    assert!(!left.contains(&"3.uke".to_owned()), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drop_leaves_another_accounts_file_of_the_name_and_what_was_handed_in() {
    let (clinic, client) = ready().await;
    add_account(&clinic, &client, "seikyu2").await;
    let (own, _) = begun(&client, "RECEIPTC.UKE").await;
    let (other, _) = begun_by(&client, "seikyu2", "RECEIPTC.UKE").await;
    let listed = said(line_of(&clinic, &["list"], &clinic.api, "seikyu1")).await;
    let text = String::from_utf8(listed.stdout).unwrap();
    for (account, id) in [("seikyu1", &own), ("seikyu2", &other)] {
        let part = format!("RECEIPTC.UKE  {account}  {id}  0 バイト");
        assert!(text.contains(&part), "{part} in {text}");
    }
    // By its name, the own one alone, as often as it is said.
    let mut arguments = line(&clinic, "drop", "RECEIPTC.UKE", &clinic.api);
    arguments.push("--json".into());
    let dropped = said(arguments).await;
    let told: Value = serde_json::from_slice(&dropped.stdout).unwrap();
    assert_eq!(told["dropped"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told["dropped"][0]["id"], own.as_str(), "{told}");
    let again = said(line(&clinic, "drop", "RECEIPTC.UKE", &clinic.api)).await;
    let text = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.code(), Some(1), "{text}");
    for part in ["（seikyu2）", "--id"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(on_their_way(&client).await, ["RECEIPTC.UKE"]);
    // The colleague goes on with it and hands it in.
    let file = clinic.path("RECEIPTC.UKE");
    std::fs::copy(clinic.path("made/medical-fund.uke"), &file).unwrap();
    let mut arguments = line_of(&clinic, &["send", &file], &clinic.api, "seikyu2");
    arguments.push("--json".into());
    let sent = said(arguments).await;
    let errors = String::from_utf8_lossy(&sent.stderr);
    let sent: Value = serde_json::from_slice(&sent.stdout).expect(&errors);
    let number = sent["number"].as_str().unwrap();
    let by_id = ["drop", "--id", &other];
    let late = said(line_of(&clinic, &by_id, &clinic.api, "seikyu1")).await;
    let text = String::from_utf8(late.stdout).unwrap();
    assert_eq!(late.status.code(), Some(1), "{text}");
    for part in [number, "seikyu2", "onshi claims withdraw"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("途中の送信を取り消しました"), "{text}");
    // By its identifier, another account's too.
    let (other, _) = begun_by(&client, "seikyu2", "RECEIPTC.UKE").await;
    let by_id = ["drop", "--id", &other];
    let dropped = said(line_of(&clinic, &by_id, &clinic.api, "seikyu1")).await;
    let text = String::from_utf8(dropped.stdout).unwrap();
    let part = format!("RECEIPTC.UKE  seikyu2  {other}  途中の送信を取り消しました");
    assert!(text.contains(&part), "{part} in {text}");
    assert!(on_their_way(&client).await.is_empty());
    let unknown = said(line_of(&clinic, &by_id, &clinic.api, "seikyu1")).await;
    let text = String::from_utf8(unknown.stderr).unwrap();
    assert_eq!(unknown.status.code(), Some(1), "{text}");
    assert!(text.contains("onshi claims list"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_refused_is_told_with_the_reasons() {
    let (clinic, _) = ready().await;
    let file = clinic.path("made/medical-federation.uke");
    let why = [
        "(other_review_body)",
        "1行目: ほかの審査支払機関あてのファイルです",
        "line 1: the file is for another review body",
    ];
    let sent = said(line(&clinic, "send", &file, &clinic.api)).await;
    let text = String::from_utf8(sent.stdout).unwrap();
    assert_eq!(sent.status.code(), Some(1), "{text}");
    for part in why {
        assert!(text.contains(part), "{part} in {text}");
    }
    let number = text.split_once("受付番号 ").unwrap().1;
    let number = number.split_once(':').unwrap().0;
    let found = said(line(&clinic, "findings", number, &clinic.api)).await;
    let text = String::from_utf8(found.stdout).unwrap();
    for part in why {
        assert!(text.contains(part), "{part} in {text}");
    }
    let mut arguments = line(&clinic, "findings", number, &clinic.api);
    arguments.push("--json".into());
    let found: Value = serde_json::from_slice(&said(arguments).await.stdout).unwrap();
    assert_eq!(found[0]["rule"], "other_review_body", "{found}");
    // Nothing of it can be accepted, for a reason of its own.
    let accepted = said(line(&clinic, "accept", number, &clinic.api)).await;
    let text = String::from_utf8(accepted.stderr).unwrap();
    assert_eq!(accepted.status.code(), Some(1));
    assert!(text.contains("The file as a whole was refused"), "{text}");
    // Taken back, it may come again, and a program reads why.
    let withdrawn = said(line(&clinic, "withdraw", number, &clinic.api)).await;
    let text = String::from_utf8(withdrawn.stderr).unwrap();
    assert_eq!(withdrawn.status.code(), Some(0), "{text}");
    let mut arguments = line(&clinic, "send", &file, &clinic.api);
    arguments.push("--json".into());
    let again = said(arguments).await;
    let sent: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again.status.code(), Some(1), "{sent}");
    assert_eq!(sent["state"], "refused", "{sent}");
    assert_eq!(sent["refusals"][0]["rule"], "other_review_body", "{sent}");
}
