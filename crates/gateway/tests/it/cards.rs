//! A patient's card at the facility's reader: made up, registered, laid down and answered for.

use std::path::Path;
use std::sync::OnceLock;

use api::card::{AnswerOfPatient, Answers, CardCheck, CardCheckRequest};
use api::client::Client;
use api::client::cards::Cause;
use api::session::{PasswordChange, SignIn};
use api::settings::Settings;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use center::config::Cards;
use center::enroll::Enrolled;
use domain::card_certificate::CardSerial;
use domain::card_challenge::CenterName;
use domain::civil_date::Instant;
use domain::codes::disease::SpecificDisease;
use domain::coverage::certificate::DiseaseCertificate;
use domain::coverage::period::Period;
use domain::institution_code::InstitutionCode;
use domain::person::PersonName;
use domain::questions::Holding;
use pki::card_certificate::Root;
use store::engine::Engine;
use store::registry::cards::Held;
use synthetic::card::authority::{CardAuthority, Generation, serial};
use synthetic::card::case::Case;
use synthetic::card::holder;
use synthetic::card::persona::Persona;
use synthetic::samples::medical_information;

/// Whoever has everything there is to ask about.
const CASE: Case = Case::Everything;

fn authority() -> &'static CardAuthority {
    static AUTHORITY: OnceLock<CardAuthority> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let now = Instant::from_micros(i64::try_from(since.as_micros()).unwrap());
        CardAuthority::new(1, now.date_in_japan()).unwrap()
    })
}

fn persona() -> &'static Persona {
    static PERSONA: OnceLock<Persona> = OnceLock::new();
    PERSONA.get_or_init(|| authority().persona(CASE).unwrap())
}

/// Files of root and revocation list, and the settings that name them.
pub(crate) fn settings(dir: &Path) -> Cards {
    let (root, list) = (dir.join("cards-root.der"), dir.join("cards.crl"));
    std::fs::write(&root, authority().certificate()).unwrap();
    std::fs::write(&list, authority().revocation_list(&[]).unwrap()).unwrap();
    Cards {
        roots: vec![root],
        revocation_lists: vec![list],
        ..Cards::default()
    }
}

/// Registers the holder with a specified disease, and what there is to ask about.
pub(crate) async fn register(engine: &Engine) {
    let mut holder = holder::registration(CASE).unwrap();
    let person = holder.person.id;
    // Beyond Shift_JIS.
    holder.person.name = PersonName::parse("架空　𠮷子").unwrap();
    holder.coverages[0].diseases = vec![DiseaseCertificate {
        disease: SpecificDisease::from_code("1").unwrap(),
        issued: None,
        period: Period::default(),
        self_pay_yen: Some(10_000),
    }];
    engine.store_people(vec![holder]).await.unwrap();
    let key = Root::read(authority().certificate()).unwrap()[0].authority;
    let number = serial(CASE, Generation::FIRST).to_be_bytes();
    let card = (CardSerial::new(key, &number).unwrap(), person);
    engine.store_cards(vec![card]).await.unwrap();
    let kinds = [
        Holding::Surgery,
        Holding::Treatment,
        Holding::Drugs,
        Holding::Checkups,
    ];
    let held = kinds.map(|kind| Held {
        kind,
        period: Period::default(),
    });
    engine
        .store_holdings(vec![(person, held.into())])
        .await
        .unwrap();
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = Instant::from_micros(i64::try_from(since.as_micros()).unwrap());
    let information = medical_information::usual(now.date_in_japan()).unwrap();
    engine
        .store_medical_information(vec![(person, information)])
        .await
        .unwrap();
}

/// The facility's reader.
pub(crate) struct Clinic {
    client: Client,
    passwords: Vec<(String, String)>,
}

impl Clinic {
    pub(crate) fn new(client: Client, enrolled: &Enrolled) -> Self {
        let accounts = enrolled.accounts.iter();
        Self {
            client,
            passwords: accounts
                .map(|it| (it.id.clone(), it.password.clone()))
                .collect(),
        }
    }

    async fn sign_in(&self, id: &str) -> String {
        let password = self.passwords.iter().find(|(it, _)| it == id);
        let body = SignIn {
            account: id.into(),
            force: true,
            password: password.unwrap().1.clone(),
        };
        self.client.sign_in(&body).await.unwrap().token
    }

    /// A session of the administrator, who has a password of their own.
    pub(crate) async fn administrator(&self) -> String {
        let token = self.sign_in("administrator").await;
        let old_password = self.passwords.iter().find(|(it, _)| it == "administrator");
        let change = PasswordChange {
            new_password: "Kanri-7654321".into(),
            old_password: old_password.unwrap().1.clone(),
        };
        self.client.change_password(&token, &change).await.unwrap();
        token
    }

    /// Switches everything on that a reader may ask about.
    pub(crate) async fn ask_everything(&self) {
        let token = self.administrator().await;
        let shown = self.client.settings(&token, Cause::Person).await.unwrap();
        let on = || "on".to_owned();
        let settings = Settings {
            electronic_prescriptions: on(),
            prescription_question: on(),
            surgery: on(),
            treatment: on(),
            ..shown
        };
        let changed = self.client.change_settings(&token, None, &settings).await;
        changed.unwrap();
    }

    /// Lays the card on the reader and goes through with the check.
    pub(crate) async fn lay(&self) -> Open {
        let token = self.sign_in("reader").await;
        let challenge = self.client.card_challenge(&token).await.unwrap();
        let center = CenterName::parse("test").unwrap();
        let facility = InstitutionCode::parse(&challenge.facility).unwrap();
        let text = challenge.text(&center, facility).unwrap().to_text();
        let jpki = persona().jpki.as_ref().unwrap();
        let key = RsaKeyPair::from_pkcs8(jpki.authentication.key.as_slice()).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        let random = SystemRandom::new();
        key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
            .unwrap();
        let body = CardCheckRequest {
            certificate: STANDARD.encode(jpki.authentication.certificate.as_slice()),
            challenge: challenge.id.clone(),
            method: "pin".into(),
            signature: STANDARD.encode(&signature),
            visit_date: None,
        };
        let check = self.client.check_card(&token, &challenge.id, &body).await;
        Open {
            token,
            check: check.unwrap(),
        }
    }

    /// Answers what was asked; nothing at all closes the questions.
    pub(crate) async fn answer(&self, open: &Open, answers: &[(&str, &str)]) {
        let answer = |(question, answer): &(&str, &str)| AnswerOfPatient {
            answer: (*answer).into(),
            question: (*question).into(),
        };
        let body = Answers {
            answers: answers.iter().map(answer).collect(),
            token: open.check.presence.as_ref().unwrap().token.clone(),
        };
        let id = &open.check.check.check_id;
        self.client
            .answer_questions(&open.token, id, &body)
            .await
            .unwrap();
    }
}

/// A check whose questions are open.
pub(crate) struct Open {
    token: String,
    pub(crate) check: CardCheck,
}
