//! Nothing personal and no secret reaches a log, whatever is asked and however much is logged (invariant 6).

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use api::card::{Answers, CardCheckRequest};
use api::check::CheckRequest;
use api::client::Client;
use api::history::Search;
use api::session::SignIn;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::card_challenge::CenterName;
use domain::institution_code::InstitutionCode;
use pki::identity::{Identity, first_certificate};
use serde_json::Value;
use synthetic::card::persona::Persona;

use crate::running::{Part, first_line, sample, wait_until};

/// What people typed, sent or were answered: names, kana, birth dates, insured numbers, addresses.
const PERSONAL: [&str; 24] = [
    "太郎",
    "三郎",
    "花子",
    "𠮷",
    "ﾀﾛｳ",
    "ｼｶｸ",
    "ﾐﾎﾝ",
    "1970-01-02",
    "19700102",
    "S45.1.2",
    "1948-03-03",
    "19480303",
    "06139992",
    "39139993",
    "01234567",
    "４５６７",
    "1000001",
    "見本町",
    "Machigai-12345",
    "NameNobodyHas",
    "百恵",
    "ﾓﾓｴ",
    "1958-10-09",
    // The subject of every made-up card ends so.
    "EXAMPLE99999003A",
];

#[test]
fn no_log_holds_anything_personal_or_secret() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("demo");
    let log = dir.path().join("log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_onshi"))
        .args(["demo", "--json", "--dir", folder.to_str().unwrap()])
        .env("ONSHI_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let output = child.stdout.take().unwrap();
    let demo = Part::of(child);
    assert!(!first_line(output).is_empty(), "the demo did not start");
    let file = std::fs::read(folder.join("demo.json")).unwrap();
    let demo_json: Value = serde_json::from_slice(&file).unwrap();
    let mut secrets = passwords(&demo_json);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    secrets.extend(runtime.block_on(ask_the_center(&demo_json)));
    let card = folder.join("cards/everything.toml");
    secrets.extend(runtime.block_on(check_by_card(&demo_json, &card)));
    secrets.extend(walk_the_pages(&demo_json));
    #[cfg(feature = "pcsc")]
    secrets.extend(visit_the_kiosk(&demo_json, &folder));
    put_files(&demo_json["facilities"][0]["folders"]);
    demo.kill();

    let log = std::fs::read_to_string(&log).unwrap();
    assert!(
        log.contains("TRACE") && log.contains("a request file was rejected"),
        "everything is logged"
    );
    for secret in PERSONAL
        .iter()
        .copied()
        .chain(secrets.iter().map(String::as_str))
    {
        let found = log.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret} reached the log");
    }
    let pins = [PIN, WRONG_PIN];
    let found = log.lines().find(|line| {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric());
        words.into_iter().any(|word| pins.contains(&word))
    });
    assert_eq!(found, None, "a PIN reached the log");
}

/// PINs typed at the kiosk: the card's own and a wrong one.
const PIN: &str = "7351";
const WRONG_PIN: &str = "9062";

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Every password of the demo.
fn passwords(demo: &Value) -> Vec<String> {
    let facilities = demo["facilities"].as_array().unwrap();
    let mut found = Vec::new();
    for facility in facilities {
        found.push(text(&facility["p12_password"]).to_owned());
        let accounts = facility["accounts"].as_array().unwrap();
        found.extend(accounts.iter().map(|it| text(&it["password"]).to_owned()));
    }
    assert!(20 < found.len());
    found
}

fn account<'a>(demo: &'a Value, kind: &str) -> &'a Value {
    let accounts = demo["facilities"][0]["accounts"].as_array().unwrap();
    accounts.iter().find(|it| it["kind"] == kind).unwrap()
}

/// A client with the first facility's certificate.
fn client(demo: &Value) -> Client {
    let facility = &demo["facilities"][0];
    let file = std::fs::read(text(&facility["p12"])).unwrap();
    let identity = Identity::from_pkcs12(&file, text(&facility["p12_password"])).unwrap();
    let root = std::fs::read(text(&demo["center"]["ca"])).unwrap();
    let root = first_certificate(&root).unwrap();
    Client::new(text(&demo["center"]["api"]), &root, Some(&identity)).unwrap()
}

/// A check by card that is refused and one that is answered; returns what the card and the reader showed.
async fn check_by_card(demo: &Value, persona: &Path) -> Vec<String> {
    let persona = Persona::parse(&std::fs::read_to_string(persona).unwrap()).unwrap();
    let card = persona.jpki.unwrap().authentication;
    let client = client(demo);
    let reader = account(demo, "reader");
    let sign_in = SignIn {
        account: text(&reader["id"]).into(),
        force: true,
        password: text(&reader["password"]).into(),
    };
    let token = client.sign_in(&sign_in).await.unwrap().token;
    let mut shown = Vec::new();
    for change in ["", "changed"] {
        let challenge = client.card_challenge(&token).await.unwrap();
        let center = CenterName::parse(&challenge.center).unwrap();
        let facility = InstitutionCode::parse(&challenge.facility).unwrap();
        let mut signed = challenge.text(&center, facility).unwrap().to_text();
        signed.push_str(change);
        let key = RsaKeyPair::from_pkcs8(card.key.as_slice()).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        let random = SystemRandom::new();
        key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            signed.as_bytes(),
            &mut signature,
        )
        .unwrap();
        let body = CardCheckRequest {
            certificate: STANDARD.encode(card.certificate.as_slice()),
            challenge: challenge.id.clone(),
            method: "pin".into(),
            signature: STANDARD.encode(signature),
            visit_date: None,
        };
        let answered = client.check_card(&token, &challenge.id, &body).await;
        assert_eq!(answered.is_ok(), change.is_empty());
        if let Ok(check) = answered {
            let presence = check.presence.map(|it| it.token).unwrap_or_default();
            let answers = Answers {
                answers: Vec::new(),
                token: presence.clone(),
            };
            let id = &check.check.check_id;
            client.answer_questions(&token, id, &answers).await.unwrap();
            assert!(check.name.contains("百恵"));
            shown.push(presence);
        }
        shown.push(body.certificate);
        shown.push(body.signature);
    }
    shown.push(token);
    shown
}

/// Checks about everybody, a wrong sign-in, wrong input, a search by name; returns the token used.
async fn ask_the_center(demo: &Value) -> Vec<String> {
    let client = client(demo);
    let sign_in = |password: &str| SignIn {
        account: "uketsuke".into(),
        force: true,
        password: password.into(),
    };
    client
        .sign_in(&sign_in("Machigai-12345"))
        .await
        .unwrap_err();
    let right = text(&account(demo, "general")["password"]);
    let token = client.sign_in(&sign_in(right)).await.unwrap().token;
    for (at, person) in demo["people"].as_array().unwrap().iter().enumerate() {
        let member = |name: &str| text(&person[name]).to_owned();
        let optional = |name: &str| Some(member(name)).filter(|it| !it.is_empty());
        let mut body = CheckRequest {
            birth_date: member("birth_date"),
            branch: optional("branch"),
            ceiling_consent: true,
            insurer_number: member("insurer_number"),
            number: member("number"),
            origin: None,
            symbol: optional("symbol"),
            visit_date: None,
        };
        let key = format!("key-{at}");
        client.check(&token, &key, &body).await.unwrap();
        body.insurer_number = "NameNobodyHas".into();
        client.check(&token, "another", &body).await.unwrap_err();
    }
    let search = Search {
        name: Some("太郎".into()),
        ..Search::default()
    };
    client.search(&token, &search).await.unwrap();
    vec![token]
}

/// The same over the staff pages; returns the cookies used.
fn walk_the_pages(demo: &Value) -> Vec<String> {
    let host = text(&demo["facilities"][0]["terminal"]);
    let host = host.trim_start_matches("http://").trim_end_matches('/');
    let mut pages = Pages {
        host: host.to_owned(),
        cookies: BTreeMap::new(),
    };
    let general = account(demo, "general");
    let (id, password) = (text(&general["id"]), text(&general["password"]));
    let first = pages.send("GET", "/", &[]);
    let certificate = value(&first, "certificate");
    pages.send("POST", "/start", &[("certificate", &certificate)]);
    for password in ["Machigai-12345", password] {
        let fields = [("account", id), ("password", password), ("force", "1")];
        pages.send("POST", "/sign-in", &fields);
    }
    let key = value(&pages.send("GET", "/check", &[]), "key");
    for insurer in ["NameNobodyHas", "06139992"] {
        let fields = [
            ("key", key.as_str()),
            ("insurer_number", insurer),
            ("symbol", "123"),
            ("number", "4567"),
            ("branch", "01"),
            ("birth_date", "S45.1.2"),
            ("visit_date", ""),
        ];
        pages.send("POST", "/check", &fields);
    }
    let history = pages.send("GET", "/history", &[]);
    assert!(history.contains("資格　太郎"), "{history}");
    pages.send("POST", "/history", &[("name", "太郎")]);
    let wrong = [
        ("old_password", "Machigai-12345"),
        ("new_password", "Machigai-12345x"),
        ("again", "x"),
    ];
    pages.send("POST", "/password", &wrong);
    pages
        .cookies
        .into_values()
        .filter(|it| 16 < it.len())
        .collect()
}

/// A visit with a wrong PIN, the right one and all consents; returns launch token and cookie.
#[cfg(feature = "pcsc")]
fn visit_the_kiosk(demo: &Value, folder: &Path) -> Vec<String> {
    let launch = text(&demo["facilities"][0]["kiosk"]);
    let (host, path) = launch
        .trim_start_matches("http://")
        .split_once('/')
        .unwrap();
    let mut page = Pages {
        host: host.to_owned(),
        cookies: BTreeMap::new(),
    };
    page.send("GET", &format!("/{path}"), &[]);
    let persona = std::fs::read_to_string(folder.join("cards/everything.toml")).unwrap();
    let own = folder.join("cards/own-pin.toml");
    let pin = |pin: &str| format!("authentication = \"{pin}\"");
    assert!(persona.contains(&pin("1234")));
    std::fs::write(&own, persona.replace(&pin("1234"), &pin(PIN))).unwrap();
    let control = folder.join("readers/onshi medical.control");
    let mut control = std::os::unix::net::UnixStream::connect(control).unwrap();
    writeln!(control, "place {}", own.display()).unwrap();
    let mut typed = [WRONG_PIN, PIN].into_iter();
    let mut last = String::new();
    let start = std::time::Instant::now();
    loop {
        let shown = page.send("GET", "/", &[]);
        let waited = start.elapsed();
        assert!(waited < crate::running::PATIENCE, "not done: {shown}");
        let within = |name: &str| {
            let rest = shown
                .split(&format!("{name}=\""))
                .nth(1)
                .unwrap_or_default();
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        let (screen, turn) = (within("data-screen"), within("data-turn"));
        if screen == "done" {
            assert!(shown.contains("百恵"), "{shown}");
            break;
        }
        if turn == last {
            continue;
        }
        let press = match screen.as_str() {
            "method" => "pin",
            "consents" => "all",
            "prescription-issue" => "paper",
            "specified-disease" | "medical-subsidy" => "yes",
            "pin" => {
                let pin = typed.next().unwrap();
                page.send("POST", "/pin", &[("turn", &turn), ("pin", pin)]);
                last = turn;
                continue;
            }
            _ => continue,
        };
        page.send("POST", "/press", &[("turn", &turn), ("press", press)]);
        last = turn;
    }
    let token = path.trim_start_matches("?launch=").to_owned();
    page.cookies.into_values().chain([token]).collect()
}

/// Good files in both encodings, and one that comes back with its reason.
fn put_files(folders: &Value) {
    let (req, res) = (text(&folders["req"]), text(&folders["res"]));
    let taro = sample("OQSsiquc01req_202611230001.xml");
    let shift_jis = sample("OQSsiquc01req_202611230002_sjis.xml");
    let broken = String::from_utf8(taro.clone())
        .unwrap()
        .replace("</MessageBody>", "</NameNobodyHas>");
    for (name, file) in [
        ("19700102-1", taro),
        ("06139992", shift_jis),
        ("太郎", broken.into_bytes()),
    ] {
        std::fs::write(format!("{req}/OQSsiquc01req_{name}.xml"), file).unwrap();
    }
    wait_until("two answers and a rejection", || {
        std::fs::read_dir(res).unwrap().count() == 4
    });
}

/// The staff pages by plain HTTP.
struct Pages {
    host: String,
    cookies: BTreeMap<String, String>,
}

impl Pages {
    fn send(&mut self, method: &str, path: &str, fields: &[(&str, &str)]) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let body = form.finish();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\ncookie: {1}\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {2}\r\n\r\n{body}",
            self.host,
            cookies.join("; "),
            body.len()
        );
        let port = self.host.rsplit(':').next().unwrap();
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let patience = Some(crate::running::PATIENCE);
        stream.set_read_timeout(patience).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        for line in answer.lines().take_while(|line| !line.is_empty()) {
            if let Some(cookie) = line.strip_prefix("set-cookie: ") {
                let (name, rest) = cookie.split_once('=').unwrap();
                let value = rest.split(';').next().unwrap();
                self.cookies.insert(name.into(), value.into());
            }
        }
        answer
    }
}

/// The value of the first field of this name.
fn value(page: &str, name: &str) -> String {
    let field = page.split(&format!("name=\"{name}\"")).nth(1).unwrap();
    let value = field.split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}
