//! A reader of the clinic without a screen: signs in with its account and has a made-up card sign.

use std::path::PathBuf;

use api::card::{AnswerOfPatient, Answers, CardCheck, CardCheckRequest};
use api::client::{Client, ClientError};
use api::session::SignIn;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::card_challenge::CenterName;
use domain::institution_code::InstitutionCode;
use pki::clock::Clock;
use pki::identity::Identity;
use synthetic::card::persona::Persona;

use crate::running::Clinic;

/// The reader of the clinic, and the card on it.
pub(crate) struct Reader {
    client: Client,
    token: String,
    /// Where the cards lie.
    cards: PathBuf,
}

impl Reader {
    /// Signs in with the reader account.
    pub(crate) async fn sign_in(clinic: &Clinic, clock: Clock) -> Self {
        let file = std::fs::read(clinic.path("clinic.p12")).unwrap();
        let identity = Identity::from_pkcs12(&file, "Tegami-12345678").unwrap();
        let root = std::fs::read(clinic.path("center/root.pem")).unwrap();
        let root = pki::identity::first_certificate(&root).unwrap();
        let client = Client::by(clock, &clinic.api, &root, Some(&identity)).unwrap();
        let body = SignIn {
            account: "reader".into(),
            force: false,
            password: std::fs::read_to_string(clinic.path("reader.pw")).unwrap(),
        };
        let token = client.sign_in(&body).await.unwrap().token;
        Self {
            client,
            token,
            cards: clinic.path("cards").into(),
        }
    }

    /// One patient, insured, who goes without answering. Returns the check's identifier.
    pub(crate) async fn check(&self) -> String {
        self.check_with("valid", |_| None).await
    }

    /// One patient with a card of a case, who agrees to everything.
    pub(crate) async fn check_and_agree(&self, case: &str) -> String {
        let say = |question: &str| match question {
            "prescription_issue" | "prescription_submit" => "paper",
            _ => "yes",
        };
        self.check_with(case, |question| Some(say(question))).await
    }

    /// One patient with a card of a case, whose reader falls over before anything is answered.
    pub(crate) async fn check_and_fall_over(&self, case: &str) -> String {
        let check = self.lay(case).await;
        assert!(check.presence.is_some(), "there is something to answer");
        check.check.check_id
    }

    async fn lay(&self, case: &str) -> CardCheck {
        let mut challenge = self.client.card_challenge(&self.token).await;
        if let Err(ClientError::Connection(_)) = challenge {
            // The connection that was kept ended with a center that was killed.
            challenge = self.client.card_challenge(&self.token).await;
        }
        let challenge = challenge.unwrap();
        let center = CenterName::parse(&challenge.center).unwrap();
        let facility = InstitutionCode::parse(&challenge.facility).unwrap();
        let text = challenge.text(&center, facility).unwrap().to_text();
        let persona = std::fs::read_to_string(self.cards.join(format!("{case}.toml"))).unwrap();
        let persona = Persona::parse(&persona).unwrap();
        let jpki = persona.jpki.as_ref().unwrap();
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
        check
    }

    async fn check_with(&self, case: &str, say: impl Fn(&str) -> Option<&'static str>) -> String {
        let check = self.lay(case).await;
        if let Some(presence) = &check.presence {
            let answers = check.questions.iter().filter_map(|question| {
                Some(AnswerOfPatient {
                    answer: say(question)?.to_owned(),
                    question: question.clone(),
                })
            });
            let answers = Answers {
                answers: answers.collect(),
                token: presence.token.clone(),
            };
            let id = &check.check.check_id;
            let closed = self
                .client
                .answer_questions(&self.token, id, &answers)
                .await;
            closed.unwrap();
        }
        check.check.check_id
    }
}
