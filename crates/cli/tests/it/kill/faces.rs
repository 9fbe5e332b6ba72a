//! The gateway killed at random moments while patients check in at a reader: every result reaches the face folder once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::card::{Answers, CardCheckRequest};
use api::client::Client;
use api::session::SignIn;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::card_challenge::CenterName;
use domain::institution_code::InstitutionCode;
use exchange::file_name::is_face_result;
use pki::identity::Identity;
use synthetic::card::persona::Persona;

use super::Chance;
use crate::running::{Clinic, succeed, wait_until};

/// Checks at the reader, and kills of the gateway during them.
const CHECKS: usize = 120;
const KILLS: usize = 20;

/// The reader of the clinic, and the card on it.
struct Reader {
    client: Client,
    token: String,
    persona: Persona,
}

impl Reader {
    async fn sign_in(clinic: &Clinic) -> Self {
        let file = std::fs::read(clinic.path("clinic.p12")).unwrap();
        let identity = Identity::from_pkcs12(&file, "Tegami-12345678").unwrap();
        let root = std::fs::read(clinic.path("center/root.pem")).unwrap();
        let root = pki::identity::first_certificate(&root).unwrap();
        let client = Client::new(&clinic.api, &root, Some(&identity)).unwrap();
        let body = SignIn {
            account: "reader".into(),
            force: false,
            password: std::fs::read_to_string(clinic.path("reader.pw")).unwrap(),
        };
        let token = client.sign_in(&body).await.unwrap().token;
        let persona = std::fs::read_to_string(clinic.path("cards/valid.toml")).unwrap();
        Self {
            client,
            token,
            persona: Persona::parse(&persona).unwrap(),
        }
    }

    /// One patient, who goes without answering.
    async fn check(&self) -> String {
        let challenge = self.client.card_challenge(&self.token).await.unwrap();
        let center = CenterName::parse(&challenge.center).unwrap();
        let facility = InstitutionCode::parse(&challenge.facility).unwrap();
        let text = challenge.text(&center, facility).unwrap().to_text();
        let jpki = self.persona.jpki.as_ref().unwrap();
        let key = RsaKeyPair::from_pkcs8(jpki.authentication.key.as_slice()).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        let random = SystemRandom::new();
        let signed = key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature);
        signed.unwrap();
        let body = CardCheckRequest {
            certificate: STANDARD.encode(jpki.authentication.certificate.as_slice()),
            challenge: challenge.id.clone(),
            method: "pin".into(),
            signature: STANDARD.encode(&signature),
            visit_date: None,
        };
        let check = self
            .client
            .check_card(&self.token, &challenge.id, &body)
            .await;
        let check = check.unwrap();
        assert_eq!(check.check.verdict, 1);
        if let Some(presence) = &check.presence {
            let none = Answers {
                answers: Vec::new(),
                token: presence.token.clone(),
            };
            let id = &check.check.check_id;
            let closed = self.client.answer_questions(&self.token, id, &none).await;
            closed.unwrap();
        }
        check.check.check_id
    }
}

/// How often each name was in the folder.
type Taken = Arc<Mutex<BTreeMap<String, usize>>>;

/// A receipt computer: takes what it finds, whole, until it is told to stop.
fn take(clinic: &Clinic, taken: &Taken, stop: &Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    let (folder, taken, stop) = (clinic.path("face"), Arc::clone(taken), Arc::clone(stop));
    std::thread::spawn(move || {
        while !stop.load(Ordering::SeqCst) {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(text.ends_with("</XmlMsg>\n"), "it is whole");
                std::fs::remove_file(&path).unwrap();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                *taken.lock().unwrap().entry(name).or_insert(0) += 1;
            }
            std::thread::yield_now();
        }
    })
}

/// How often the result of a check came.
fn came(taken: &Taken, check: &str) -> usize {
    let digits = check.replace('-', "");
    let taken = taken.lock().unwrap();
    let of_it = taken
        .iter()
        .filter(|(name, _)| name.contains(&digits[12..]));
    of_it.map(|(_, count)| *count).sum()
}

#[test]
fn kills_while_patients_check_in_lose_no_result_and_deliver_none_twice() {
    let mut chance = Chance::new();
    let mut clinic = Clinic::start();
    succeed(&[
        "synth",
        "--cards",
        &clinic.path("cards"),
        "--data-dir",
        &clinic.path("center"),
    ]);
    let settings = std::fs::read_to_string(clinic.path("center.toml")).unwrap();
    let trust = format!(
        "{settings}[cards]\nroots = [\"{0}/authority.cer\"]\nrevocation_lists = [\"{0}/revocations.crl\"]\n",
        clinic.path("cards")
    );
    std::fs::write(clinic.path("center.toml"), trust).unwrap();
    clinic.center.take().unwrap().kill();
    clinic.start_center();
    clinic.enrol();
    clinic.set_up_gateway();
    let settings = std::fs::read_to_string(clinic.path("gateway.toml")).unwrap();
    let face = format!("{settings}face = \"{}\"\n", clinic.path("face"));
    std::fs::write(clinic.path("gateway.toml"), face).unwrap();
    std::fs::create_dir(clinic.path("face")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reader = runtime.block_on(Reader::sign_in(&clinic));
    let (taken, stop) = (Taken::default(), Arc::new(AtomicBool::new(false)));
    let receipt_computer = take(&clinic, &taken, &stop);
    let mut gateway = Some(clinic.start_gateway());
    // A gateway set up anew begins with what happens from then on.
    wait_until("the first result", || {
        runtime.block_on(reader.check());
        !taken.lock().unwrap().is_empty()
    });
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let mut checks = Vec::new();
    for number in 0..CHECKS {
        checks.push(runtime.block_on(reader.check()));
        if number % (CHECKS / KILLS) == 0 {
            let pause = Duration::from_millis(chance.below(120) as u64);
            let _ = never.recv_timeout(pause);
            gateway.take().unwrap().kill();
            gateway = Some(clinic.start_gateway());
        }
    }
    let all = || checks.iter().all(|check| 0 < came(&taken, check));
    wait_until("every result", all);
    // Nothing that was delivered is delivered by a later start.
    gateway.take().unwrap().kill();
    let gateway = clinic.start_gateway();
    let last = runtime.block_on(reader.check());
    wait_until("a result after the last start", || 0 < came(&taken, &last));
    gateway.kill();
    stop.store(true, Ordering::SeqCst);
    receipt_computer.join().unwrap();
    checks.push(last);
    for check in checks {
        assert_eq!(came(&taken, &check), 1, "{check}");
    }
    assert!(
        taken
            .lock()
            .unwrap()
            .keys()
            .all(|name| is_face_result(name))
    );
}
