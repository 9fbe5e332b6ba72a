//! Passkeys of an authenticator in software: what it signs is held against host, origin, challenge and counter, and is good once.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;

const ORIGIN: &str = "http://terminal.localhost:8100";
const HOST: &str = "terminal.localhost";

/// User present and verified.
const FLAGS: u8 = 0x05;
/// And a new credential is among the data.
const ATTESTED: u8 = 0x40;

/// An authenticator with one key.
struct Authenticator {
    key: EcdsaKeyPair,
    counter: u32,
}

/// What it is made to say, each member as it should be unless a test changes it.
#[derive(Clone, Copy)]
struct Said {
    origin: &'static str,
    host: &'static str,
    flags: u8,
}

const RIGHT: Said = Said {
    origin: ORIGIN,
    host: HOST,
    flags: FLAGS,
};

impl Authenticator {
    fn new() -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            counter: 0,
        }
    }

    fn id(&self) -> [u8; 32] {
        Sha256::digest(self.key.public_key().as_ref()).into()
    }

    fn data(&mut self, said: Said, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let mut data = Sha256::digest(said.host.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// Answers `navigator.credentials.create`.
    fn make(&mut self, options: &str, said: Said) -> String {
        let mut data = self.data(said, said.flags | ATTESTED);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(self.id());
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..65]);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        let client = client_data("webauthn.create", options, said.origin);
        let response = json!({"attestationObject": BASE64.encode(object),
            "clientDataJSON": BASE64.encode(client), "transports": ["internal"]});
        self.credential(&response)
    }

    /// Answers `navigator.credentials.get`.
    fn sign(&mut self, options: &str, said: Said) -> String {
        let data = self.data(said, said.flags);
        let client = client_data("webauthn.get", options, said.origin);
        let mut signed = data.clone();
        signed.extend(Sha256::digest(client.as_bytes()));
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let response = json!({"authenticatorData": BASE64.encode(data),
            "clientDataJSON": BASE64.encode(client), "signature": BASE64.encode(signature)});
        self.credential(&response)
    }

    fn credential(&self, response: &Value) -> String {
        let id = BASE64.encode(self.id());
        json!({"id": id, "rawId": id, "type": "public-key", "response": response,
            "authenticatorAttachment": "platform", "clientExtensionResults": {}})
        .to_string()
    }
}

fn client_data(kind: &str, options: &str, origin: &str) -> String {
    let options: Value = serde_json::from_str(options).unwrap();
    let challenge = &options["publicKey"]["challenge"];
    json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
        .to_string()
}

impl Clinic {
    async fn begin_passkey(&self, token: &str, password: &str) -> (String, String) {
        let new = NewSecondFactor {
            kind: "passkey".into(),
            name: "受付のPC".into(),
            origin: Some(ORIGIN.into()),
            password: password.into(),
        };
        let begun = self.client.begin_second_factor(token, &new).await.unwrap();
        (begun.id, begun.options.unwrap())
    }

    async fn confirm_passkey(
        &self,
        token: &str,
        id: &str,
        answer: String,
    ) -> Result<(), ClientError> {
        let body = FactorConfirmation {
            code: None,
            credential: Some(answer),
        };
        self.client.confirm_second_factor(token, id, &body).await
    }

    async fn prove_passkey(&self, token: &str, answer: &str) -> Result<(), ClientError> {
        let proof = FactorProof {
            credential: Some(answer.into()),
            ..FactorProof::default()
        };
        self.client.prove_second_factor(token, &proof).await
    }

    async fn asked(&self, token: &str) -> String {
        let challenge = self.client.passkey_challenge(token, ORIGIN).await;
        challenge.unwrap().options
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_made_for_this_page_and_signs_each_challenge_once() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let token = &session.token;
    let mut key = Authenticator::new();
    let (id, options) = clinic.begin_passkey(token, &password).await;
    for wrong in [
        Said {
            origin: "http://evil.localhost:8100",
            ..RIGHT
        },
        Said {
            host: "evil.localhost",
            ..RIGHT
        },
        // Present, but nobody looked who it is.
        Said {
            flags: 0x01,
            ..RIGHT
        },
    ] {
        let answer = key.make(&options, wrong);
        check(
            clinic.confirm_passkey(token, &id, answer).await,
            "passkey_refused",
        );
    }
    let answer = key.make(&options, RIGHT);
    clinic.confirm_passkey(token, &id, answer).await.unwrap();

    let waits = async || {
        let again = clinic.try_sign_in("administrator", &password, true).await;
        again.unwrap().token
    };
    let token = waits().await;
    let answer = key.sign(&clinic.asked(&token).await, RIGHT);
    clinic.prove_passkey(&token, &answer).await.unwrap();
    clinic.client.accounts(&token).await.unwrap();

    // What was signed once opens nothing again, in this session or another.
    let token = waits().await;
    clinic.asked(&token).await;
    check(
        clinic.prove_passkey(&token, &answer).await,
        "second_factor_wrong",
    );
    // A challenge is taken by the first answer, wrong or right.
    let options = clinic.asked(&token).await;
    let wrong = key.sign(
        &options,
        Said {
            flags: 0x01,
            ..RIGHT
        },
    );
    check(
        clinic.prove_passkey(&token, &wrong).await,
        "second_factor_wrong",
    );
    let late = key.sign(&options, RIGHT);
    check(
        clinic.prove_passkey(&token, &late).await,
        "second_factor_wrong",
    );
    // Another's key signs for nobody here.
    let options = clinic.asked(&token).await;
    let foreign = Authenticator::new().sign(&options, RIGHT);
    check(
        clinic.prove_passkey(&token, &foreign).await,
        "second_factor_wrong",
    );
    let right = key.sign(&clinic.asked(&token).await, RIGHT);
    clinic.prove_passkey(&token, &right).await.unwrap();
    // A copy of the key whose counter was left behind.
    let token = waits().await;
    key.counter = 0;
    let copied = key.sign(&clinic.asked(&token).await, RIGHT);
    check(
        clinic.prove_passkey(&token, &copied).await,
        "second_factor_wrong",
    );
}
