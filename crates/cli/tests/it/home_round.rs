//! A nurse's round with three patients on a line that drops: real processes, a reader with virtual cards, a line that is cut at every place of an
//! exchange. Nothing is doubled and nothing is lost.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::Ordering;

use api::client::Client;
use api::client::cards::Cause;
use api::home_care::NewActivationCode;
use api::session::SignIn;
use pki::identity::Identity;
use serde_json::Value;

use crate::card_at_home::ReaderAtHome;
use crate::line::{Cut, dropping};
use crate::running::{Part, within};
use crate::turned_clock::command;

/// Bytes that come back over each connection in turn before it is cut: within the handshake, after the request was done but before its answer,
/// within the answer. Of six, two get through.
const CUTS: [Cut; 6] = [
    Cut::AT_ONCE,
    Cut::NEVER,
    Cut::back_after(900),
    Cut::back_after(1_700),
    Cut::back_after(2_100),
    Cut::NEVER,
];

/// A demo, until the test ends.
pub(crate) fn demo(folder: &std::path::Path) -> (Part, Value) {
    let mut child = command()
        .arg("demo")
        .arg("--dir")
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let demo = Part::of(child);
    let (is_ready, lines) = within("the demo to be ready", move || {
        let mut said = lines.by_ref().map_while(Result::ok);
        let is_ready = said.any(|it| it.contains("serving until"));
        (is_ready, lines)
    });
    assert!(is_ready);
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    let told = std::fs::read(folder.join("demo.json")).unwrap();
    (demo, serde_json::from_slice(&told).unwrap())
}

/// The station's administrator, signed in.
pub(crate) async fn station(demo: &Value) -> (Client, String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let facilities = demo["facilities"].as_array().unwrap();
    let nursing = facilities.iter().find(|it| it["kind"] == "home_nursing");
    let nursing = nursing.unwrap();
    let file = std::fs::read(text(&nursing["p12"])).unwrap();
    let identity = Identity::from_pkcs12(&file, &text(&nursing["p12_password"])).unwrap();
    let root = std::fs::read(text(&demo["center"]["ca"])).unwrap();
    let root = pki::identity::first_certificate(&root).unwrap();
    let client = Client::new(&text(&demo["center"]["api"]), &root, Some(&identity)).unwrap();
    let accounts = nursing["accounts"].as_array().unwrap();
    let own = accounts.iter().find(|it| it["kind"] == "administrator");
    let own = own.unwrap();
    let body = SignIn {
        account: text(&own["id"]),
        force: true,
        password: text(&own["password"]),
    };
    let token = client.sign_in(&body).await.unwrap().token;
    (client, token, text(&nursing["home_address"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nurses_round_with_three_patients_on_a_line_that_drops() {
    let dir = tempfile::tempdir().unwrap();
    let (_demo, told) = demo(&dir.path().join("demo"));
    let (client, token, address) = station(&told).await;
    let (center, id) = address.split_once("/f/").unwrap();
    let (through, cut) = dropping(
        center
            .trim_start_matches("https://")
            .replace("localhost", "127.0.0.1"),
        &CUTS,
    )
    .await;
    let administrator = told["facilities"][3]["accounts"].as_array().unwrap();
    let administrator = administrator
        .iter()
        .find(|it| it["kind"] == "administrator");
    let account = administrator.unwrap()["id"].as_str().unwrap();
    let body = NewActivationCode {
        account: account.into(),
        label: "訪問用タブレット".into(),
        visual: false,
    };
    let issued = client
        .issue_activation_code(&token, "round", &body)
        .await
        .unwrap();
    let file = dir.path().join("code");
    std::fs::write(&file, issued.code.unwrap()).unwrap();
    let reader = ReaderAtHome::start(&dir.path().join("reader"));
    let folder = dir.path().join("visit");
    let [folder, file] = [&folder, &file].map(|it| it.to_str().unwrap());
    let ca = told["center"]["ca"].as_str().unwrap();
    let address = format!("https://{through}/f/{id}");
    let activated = reader.told(
        &[
            "activate",
            "--dir",
            folder,
            "--json",
            "--address",
            &address,
            "--root",
            ca,
            "--account",
            account,
            "--code-file",
            file,
        ],
        "",
    );
    assert_eq!(activated[0]["account"], account);
    let mut names = Vec::new();
    for case in ["everything", "valid", "rare_name"] {
        let cards = told["cards"].as_array().unwrap();
        let card = cards.iter().find(|it| it["case"] == case).unwrap();
        reader.place(card["persona"].as_str().unwrap());
        let pin = card["pin"].as_str().unwrap();
        let done = reader.told(
            &[
                "card",
                "--dir",
                folder,
                "--json",
                "--home-care",
                "yes",
                "--answer",
                "drugs=yes",
                "--answer",
                "treatment_and_drugs=yes",
            ],
            pin,
        );
        assert_eq!(
            (done.len(), &done[0]["outcome"]),
            (1, &Value::from("done")),
            "{done:?}"
        );
        assert_eq!(done[0]["verdict"], 1);
        assert_eq!(done[0]["answered"][0], "home_care=yes");
        names.push(done[0]["name"].as_str().unwrap().to_owned());
        reader.order("remove");
    }
    // The next round, without the cards.
    let list = reader.told(&["list", "--dir", folder, "--json"], "");
    let consents = list[0]["consents"].as_array().unwrap();
    let plain = reader.visit(&["list", "--dir", folder], "");
    let plain = String::from_utf8_lossy(&plain.stdout).into_owned();
    for consent in consents {
        let born = consent["birth_date"].as_str().unwrap();
        assert!(plain.contains(&format!("born {born}")), "{plain}");
    }
    assert_eq!(
        consents.len(),
        3,
        "nobody is lost and nobody is there twice"
    );
    for consent in consents {
        assert!(names.contains(&consent["name"].as_str().unwrap().to_owned()));
        let consent = consent["id"].as_str().unwrap();
        let done = reader.told(
            &["check", "--dir", folder, "--json", "--consent", consent],
            "",
        );
        assert_eq!(done[0]["verdict"], 1);
    }
    let history = client.search(&token, &Default::default()).await.unwrap();
    let at_home = history.checks.iter().filter(|it| it.origin == "home");
    assert_eq!(
        at_home.count(),
        6,
        "three by card and three without, each once"
    );
    let at_center = client.home_consents(&token, Cause::Person).await.unwrap();
    assert_eq!(at_center.consents.len(), 3);
    let status = reader.told(&["status", "--dir", folder, "--json"], "");
    assert_eq!(status[0]["on_its_way"], serde_json::json!([]));
    assert!(
        8 < cut.load(Ordering::SeqCst),
        "the line dropped all the time"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_line_that_stays_away_keeps_lies_sealed_and_goes_out_once_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let (_demo, told) = demo(&dir.path().join("demo"));
    let (client, token, address) = station(&told).await;
    let (center, id) = address.split_once("/f/").unwrap();
    let line = crate::line::Line::lay(&center.replace("localhost", "127.0.0.1")).await;
    let address = format!("{}/f/{id}", line.address);
    let reader = ReaderAtHome::start(&dir.path().join("reader"));
    let folder = dir.path().join("visit");
    let folder = folder.to_str().unwrap();
    let ca = told["center"]["ca"].as_str().unwrap();
    let cards = told["cards"].as_array().unwrap();
    let card = cards.iter().find(|it| it["case"] == "everything").unwrap();
    // A patient's own device: no code is needed, and the PIN alone counts.
    reader.told(
        &[
            "activate",
            "--dir",
            folder,
            "--json",
            "--address",
            &address,
            "--root",
            ca,
        ],
        "",
    );
    reader.place(card["persona"].as_str().unwrap());
    let pin = card["pin"].as_str().unwrap();
    // A slip of the pen is told before the card is read, so that no check is recorded without its answers.
    for (answer, why) in [
        (
            &["--home-care", "yes", "--answer", "drug=yes"][..],
            "there are specified_disease",
        ),
        (
            &["--home-care", "yes", "--answer", "drugs=maybe"],
            "one of yes, no",
        ),
        (&["--answer", "drugs=yes"], "--home-care"),
    ] {
        let output = reader.visit(&[&["card", "--dir", folder], answer].concat(), pin);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{said}");
        assert!(!said.contains("place the card"), "{said}");
    }
    let arguments = ["card", "--dir", folder, "--json", "--home-care", "yes"];
    let not_asked = ["--answer", "prescription_issue=paper"];
    let told = reader.told(&[&arguments[..], &not_asked].concat(), pin);
    assert_eq!(
        (&told[0]["outcome"], &told[0]["not_asked"]),
        (
            &"done".into(),
            &serde_json::json!(["prescription_issue=paper"])
        )
    );
    let consents = client.home_consents(&token, Cause::Person).await.unwrap();
    let consent = consents.consents[0].id.clone();
    line.cut();
    // A slip of the finger is told before the center is asked for anything: it is out of reach now.
    let card = [
        "card",
        "--dir",
        folder,
        "--wait-s",
        "0",
        "--home-care",
        "yes",
    ];
    let output = reader.visit(&card, "12345");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("four digits; enter"),
        "{said}"
    );
    let withdrawal = [
        "withdraw",
        "--dir",
        folder,
        "--wait-s",
        "0",
        "--consent",
        &consent,
        "--reason",
        "patient",
    ];
    let output = reader.visit(&withdrawal, "");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("onshi visit send"), "{said}");
    let status = reader.told(&["status", "--dir", folder, "--json"], "");
    assert_eq!(status[0]["on_its_way"], serde_json::json!(["withdrawal"]));
    let sealed = std::fs::read_dir(format!("{folder}/on-its-way")).unwrap();
    for file in sealed {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let plain = bytes
            .windows(consent.len())
            .any(|it| it == consent.as_bytes());
        assert!(!plain, "it is sealed");
    }
    line.mend();
    // A patient's own device ends nothing for a facility: that is refused, told, and not kept.
    let output = reader.visit(&["send", "--dir", folder, "--json"], "");
    assert!(!output.status.success());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&told["outcome"], &told["code"]),
        (&"refused".into(), &"not_permitted".into())
    );
    let status = reader.told(&["status", "--dir", folder, "--json"], "");
    assert_eq!(status[0]["on_its_way"], serde_json::json!([]));
}
