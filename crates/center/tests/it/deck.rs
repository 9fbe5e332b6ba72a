//! Made-up cards, their authority, and how a card checks in at the center's door.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use api::card::{
    AnswerOfPatient, Answers, CardCheck, CardCheckRequest, Challenge, Consents, PresenceRenewal,
};
use api::client::ClientError;
use api::settings::Settings;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use center::config::Cards;
use center::control::{Order, Reply, send};
use center::enroll::ReaderEnrolment;
use domain::card_certificate::CardSerial;
use domain::card_challenge::CenterName;
use domain::civil_date::Instant;
use domain::codes::disease::SpecificDisease;
use domain::coverage::certificate::DiseaseCertificate;
use domain::coverage::period::Period;
use domain::institution_code::InstitutionCode;
use domain::person::PersonId;
use domain::questions::Holding;
use pki::card_certificate::Root;
use store::engine::Engine;
use store::registry::cards::Held;
use synthetic::card::authority::{CardAuthority, Generation, serial};
use synthetic::card::case::Case;
use synthetic::card::holder;
use synthetic::card::persona::Persona;

use crate::world::{Clinic, World};

/// The authority and the cards made so far; keys take a moment to make, so all tests share them.
pub(crate) struct Deck {
    pub(crate) authority: CardAuthority,
    /// Another key under the same name.
    pub(crate) forger: CardAuthority,
    made: Mutex<BTreeMap<(bool, Case, u8), Arc<Persona>>>,
}

pub(crate) fn deck() -> &'static Deck {
    static DECK: OnceLock<Deck> = OnceLock::new();
    DECK.get_or_init(|| {
        let today = Instant::from_micros(crate::world::now_micros()).date_in_japan();
        Deck {
            authority: CardAuthority::new(1, today).unwrap(),
            forger: CardAuthority::new(2, today).unwrap(),
            made: Mutex::default(),
        }
    })
}

impl Deck {
    pub(crate) fn card(&self, case: Case) -> Arc<Persona> {
        let mut made = self.made.lock().unwrap();
        let make = || Arc::new(self.authority.persona(case).unwrap());
        Arc::clone(made.entry((false, case, 1)).or_insert_with(make))
    }

    pub(crate) fn forged(&self, case: Case) -> Arc<Persona> {
        let mut made = self.made.lock().unwrap();
        let make = || Arc::new(self.forger.persona(case).unwrap());
        Arc::clone(made.entry((true, case, 1)).or_insert_with(make))
    }
}

/// Files of root and list in a center's folder, and the settings that name them.
pub(crate) fn settings(dir: &Path) -> Cards {
    let (root, list) = (dir.join("cards-root.der"), dir.join("cards.crl"));
    let authority = &deck().authority;
    std::fs::write(&root, authority.certificate()).unwrap();
    let revoked = authority.revoked_from_start();
    std::fs::write(&list, authority.revocation_list(&revoked).unwrap()).unwrap();
    Cards {
        roots: vec![root],
        revocation_lists: vec![list],
        ..Cards::default()
    }
}

/// Registers the holders, leads their cards to them, and gives one of them everything there is.
pub(crate) async fn register(engine: &Engine) {
    let mut people = holder::all();
    let everything = holder::registration(Case::Everything).unwrap().person.id;
    for person in &mut people {
        if person.person.id == everything {
            person.coverages[0].diseases = vec![DiseaseCertificate {
                disease: SpecificDisease::from_code("1").unwrap(),
                issued: None,
                period: Period::default(),
                self_pay_yen: Some(10_000),
            }];
        }
    }
    engine.store_people(people).await.unwrap();
    let authority = Root::read(deck().authority.certificate()).unwrap()[0].authority;
    let mut cards = Vec::new();
    let mut holdings = Vec::new();
    for case in Case::ALL {
        let Some(registration) = holder::registration(case) else {
            continue;
        };
        let person: PersonId = registration.person.id;
        for generation in [Generation::FIRST, Generation(2)] {
            let number = serial(case, generation).to_be_bytes();
            cards.push((CardSerial::new(authority, &number).unwrap(), person));
        }
        // A specified-disease certificate is part of a coverage.
        let kinds = Holding::ALL
            .iter()
            .filter(|kind| **kind != Holding::SpecifiedDisease);
        let all = kinds.map(|kind| Held {
            kind: *kind,
            period: Period::default(),
        });
        let all: Vec<Held> = all.filter(|_| case != Case::Valid).collect();
        holdings.push((person, all));
    }
    engine.store_cards(cards).await.unwrap();
    engine.store_holdings(holdings).await.unwrap();
    let today = Instant::from_micros(crate::world::now_micros()).date_in_japan();
    let information = Case::ALL.map(|case| holder::medical_information(case, today));
    let information = information.into_iter().flatten().collect();
    engine.store_medical_information(information).await.unwrap();
}

pub(crate) fn certificate(persona: &Persona) -> Vec<u8> {
    let jpki = persona.jpki.as_ref().unwrap();
    jpki.authentication.certificate.as_slice().to_vec()
}

pub(crate) fn sign(persona: &Persona, text: &str) -> Vec<u8> {
    let jpki = persona.jpki.as_ref().unwrap();
    let key = RsaKeyPair::from_pkcs8(jpki.authentication.key.as_slice()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .unwrap();
    signature
}

/// The same in base64.
pub(crate) fn signature(persona: &Persona, text: &str) -> String {
    STANDARD.encode(sign(persona, text))
}

/// The request of a card that signed a challenge.
pub(crate) fn request(persona: &Persona, challenge: &Challenge, method: &str) -> CardCheckRequest {
    let center = CenterName::parse("test").unwrap();
    let facility = InstitutionCode::parse(&challenge.facility).unwrap();
    let text = challenge.text(&center, facility).unwrap().to_text();
    CardCheckRequest {
        certificate: STANDARD.encode(certificate(persona)),
        challenge: challenge.id.clone(),
        method: method.into(),
        signature: signature(persona, &text),
        visit_date: None,
    }
}

impl World {
    pub(crate) async fn enroll_reader(&self, clinic: &Clinic, reader: &str, face: bool) {
        let order = Order::EnrollReader(ReaderEnrolment {
            code: clinic.enrolled.code.clone(),
            reader: reader.into(),
            terminal_keys: true,
            face,
        });
        let reply = send(self.dir.path(), &order).await.unwrap();
        assert!(matches!(reply, Reply::Done), "{reply:?}");
    }
}

impl Clinic {
    /// Lays a card on the reader of a session and goes through with the check.
    pub(crate) async fn lay(
        &self,
        token: &str,
        case: Case,
        method: &str,
    ) -> Result<CardCheck, ClientError> {
        let challenge = self.client.card_challenge(token).await?;
        let body = request(&deck().card(case), &challenge, method);
        self.client.check_card(token, &challenge.id, &body).await
    }

    pub(crate) async fn answer(
        &self,
        token: &str,
        check: &CardCheck,
        answers: &[(&str, &str)],
    ) -> Result<Consents, ClientError> {
        let body = Answers {
            answers: answers
                .iter()
                .map(|(question, answer)| AnswerOfPatient {
                    answer: (*answer).into(),
                    question: (*question).into(),
                })
                .collect(),
            token: presence(check),
        };
        self.client
            .answer_questions(token, &check.check.check_id, &body)
            .await
    }

    pub(crate) async fn renew(&self, token: &str, check: &CardCheck) -> Result<(), ClientError> {
        let body = PresenceRenewal {
            token: presence(check),
        };
        let id = &check.check.check_id;
        let renewed = self.client.renew_presence(token, id, &body).await?;
        assert_eq!(renewed.token, body.token);
        Ok(())
    }

    /// Switches everything on that a reader may ask about.
    pub(crate) async fn ask_everything(&self, administrator: &str) -> Settings {
        let on = || "on".to_owned();
        let shown = self
            .client
            .settings(administrator, api::client::cards::Cause::Person)
            .await
            .unwrap();
        let settings = Settings {
            checkups: on(),
            drugs: on(),
            electronic_prescriptions: on(),
            medical_subsidy: on(),
            prescription_question: on(),
            surgery: on(),
            treatment: on(),
            ..shown.clone()
        };
        let version = shown.version.as_deref();
        self.client
            .change_settings(administrator, version, &settings)
            .await
            .unwrap()
    }
}

fn presence(check: &CardCheck) -> String {
    let presence = check.presence.as_ref();
    presence.map(|it| it.token.clone()).unwrap_or_default()
}
