//! A phone in place of the card at home: laid on the reader, confirmed as its kind asks for it. And what a terminal shows of a PIN that is typed.

use api::client::cards::Cause;
use serde_json::Value;

use crate::card_at_home::ReaderAtHome;
use crate::home_round::{demo, station};

/// What asks for the PIN at a terminal.
const ASKED: &str = "type the PIN (four digits), which is not shown";

/// The last line of JSON that a terminal showed.
fn told(shown: &str) -> Value {
    let mut lines = shown.lines().rev().map(str::trim);
    let line = lines.find(|it| it.starts_with('{')).unwrap();
    serde_json::from_str(line).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_read_at_home_as_its_kind_asks_for_and_a_typed_pin_is_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (demo, told_by_demo) = demo(&dir.path().join("demo"));
    let (client, token, address) = station(&told_by_demo).await;
    let reader = ReaderAtHome::start(&dir.path().join("reader"));
    let folder = dir.path().join("visit");
    let folder = folder.to_str().unwrap();
    let ca = told_by_demo["center"]["ca"].as_str().unwrap();
    let known = [
        "activate",
        "--dir",
        folder,
        "--json",
        "--address",
        &address,
        "--root",
        ca,
    ];
    reader.told(&known, "");
    let cards = told_by_demo["cards"].as_array().unwrap();
    let card = |case: &str| cards.iter().find(|it| it["case"] == case).unwrap();
    let text = |card: &Value, member: &str| card[member].as_str().unwrap().to_owned();
    let arguments = ["card", "--dir", folder, "--json", "--home-care", "yes"];

    // Android asks for its PIN here; whoever gives up in the middle is not left with a terminal that shows nothing, and nothing is recorded.
    let android = card("android");
    reader.place(&text(android, "persona"));
    let pin = text(android, "pin");
    let given_up = reader.at_terminal(&arguments, ASKED, "\u{3}");
    assert!(given_up.contains("given up"), "{given_up}");
    let consents = client.home_consents(&token, Cause::Person).await.unwrap();
    assert!(consents.consents.is_empty());
    let shown = reader.at_terminal(&arguments, ASKED, &format!("{pin}\n"));
    let after = shown.split_once(ASKED).unwrap().1;
    assert!(!after.contains(&pin), "the PIN is shown: {after}");
    let done = told(&shown);
    assert_eq!(
        (&done["outcome"], &done["verdict"]),
        (&"done".into(), &1.into())
    );
    assert_eq!(done["name"], android["name"]);
    reader.order("remove");

    // An iPhone asks its holder itself: nothing is typed.
    let iphone = card("iphone");
    reader.place(&text(iphone, "persona"));
    let done = reader.told(&arguments, "");
    assert_eq!(done[0]["name"], iphone["name"]);
    assert_eq!(done[0]["answered"][0], "home_care=yes");
    reader.order("remove");

    let consents = client.home_consents(&token, Cause::Person).await.unwrap();
    let names: Vec<&str> = consents
        .consents
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, [text(iphone, "name"), text(android, "name")]);
    let history = client.search(&token, &Default::default()).await.unwrap();
    let at_home = history.checks.iter().filter(|it| it.origin == "home");
    let at_home: Vec<_> = at_home.collect();
    assert_eq!(at_home.len(), 2);
    for entry in at_home {
        let check = client.card_check(&token, &entry.check_id, Cause::Person);
        assert_eq!(check.await.unwrap().certificate.token, "phone");
    }

    // Without a line, whoever gives up learns what is kept for later.
    drop(demo);
    let first = &consents.consents[0].id;
    let again = [
        "check",
        "--dir",
        folder,
        "--wait-s",
        "0",
        "--consent",
        first,
    ];
    assert!(!reader.visit(&again, "").status.success());
    let given_up = reader.at_terminal(&arguments, "first sending what is kept", "\u{3}");
    for said in [
        "given up",
        "what is on its way is kept sealed",
        "onshi visit send",
    ] {
        assert!(given_up.contains(said), "{said}: {given_up}");
    }
    let status = reader.told(&["status", "--dir", folder, "--json"], "");
    assert_eq!(status[0]["on_its_way"], serde_json::json!(["check"]));
}
