//! The applications of a card: which files lie where and what opens them (sources in `docs/decisions/0016-terminal-authentication.md`).
//! Executes no command.

use std::collections::BTreeMap;

use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use serde::{Deserialize, Serialize};
use synthetic::card::octets::Octets;
use synthetic::card::persona::{Jpki, Persona, Pins, Token, Tries};

/// A secret with a counter of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// 利用者証明用 暗証番号.
    Authentication,
    /// 署名用 暗証番号.
    Signature,
}

impl Secret {
    const ALL: [Self; 2] = [Self::Authentication, Self::Signature];
}

/// A key that signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyName {
    Authentication,
    Signature,
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Free,
    /// Whoever verified one of these.
    After(&'static [Secret]),
}

/// What a file is.
pub(crate) enum Holds {
    Bytes(Vec<u8>, Access),
    Secret(Secret),
    Key(KeyName),
}

pub(crate) struct File {
    pub(crate) id: u16,
    pub(crate) holds: Holds,
}

pub(crate) struct Application {
    pub(crate) name: &'static [u8],
    pub(crate) files: Vec<File>,
}

impl Application {
    pub(crate) fn file(&self, id: u16) -> Option<&File> {
        self.files.iter().find(|file| file.id == id)
    }

    /// A short identifier stands for the file whose number ends so.
    pub(crate) fn short(&self, id: u8) -> Option<&File> {
        self.files
            .iter()
            .find(|file| file.id == u16::from(id & 0x1f))
    }
}

/// 公的個人認証AP.
pub const JPKI: &[u8] = &[0xd3, 0x92, 0xf0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];

/// The keys of a card, ready to sign.
pub(crate) struct Keys {
    authentication: Option<RsaPrivateKey>,
    signature: Option<RsaPrivateKey>,
}

impl Keys {
    pub(crate) fn of(persona: &Persona) -> Result<Self, rsa::pkcs8::Error> {
        let read = |key: Option<&Octets>| {
            key.map(|key| RsaPrivateKey::from_pkcs8_der(&key.0))
                .transpose()
        };
        let jpki = persona.jpki.as_ref();
        Ok(Self {
            authentication: read(jpki.map(|it| &it.authentication.key))?,
            signature: read(jpki.and_then(|it| it.signature.as_ref()).map(|it| &it.key))?,
        })
    }

    pub(crate) fn key(&self, name: KeyName) -> Option<&RsaPrivateKey> {
        match name {
            KeyName::Authentication => self.authentication.as_ref(),
            KeyName::Signature => self.signature.as_ref(),
        }
    }
}

/// All applications of a persona.
pub(crate) fn all(persona: &Persona) -> Vec<Application> {
    let jpki = persona.jpki.as_ref().map(|it| jpki(it, persona.token));
    jpki.into_iter().collect()
}

/// my-number-card reference §3.1. Files whose meaning is unknown are left out.
fn jpki(jpki: &Jpki, token: Token) -> Application {
    let bytes = |id, content: &[u8], access| File {
        id,
        holds: Holds::Bytes(padded(content), access),
    };
    let certificate_access = match token {
        Token::Android => Access::After(&[Secret::Authentication]),
        Token::Card | Token::Iphone | Token::Other => Access::Free,
    };
    let signature = jpki.signature.as_ref();
    let mut files = vec![
        bytes(0x0006, &token_information(token), Access::Free),
        bytes(0x0008, &existing(signature.is_some()), Access::Free),
        bytes(
            0x000a,
            &jpki.authentication.certificate.0,
            certificate_access,
        ),
        bytes(0x000b, &jpki.authentication.authority.0, Access::Free),
        bytes(0x0016, &jpki.terminal_authority.0, Access::Free),
        File {
            id: 0x0017,
            holds: Holds::Key(KeyName::Authentication),
        },
        File {
            id: 0x0018,
            holds: Holds::Secret(Secret::Authentication),
        },
        File {
            id: 0x001b,
            holds: Holds::Secret(Secret::Signature),
        },
    ];
    if let Some(signature) = signature {
        files.extend([
            bytes(
                0x0001,
                &signature.certificate.0,
                Access::After(&[Secret::Signature]),
            ),
            bytes(0x0002, &signature.authority.0, Access::Free),
            File {
                id: 0x001a,
                holds: Holds::Key(KeyName::Signature),
            },
        ]);
    }
    Application { name: JPKI, files }
}

/// PKCS#11's description of a token, of which the label tells card from phone.
fn token_information(token: Token) -> Vec<u8> {
    let label = match token {
        Token::Card | Token::Other => "JPKIAPICCTOKEN2",
        Token::Android => "JPKIAPGPSETOKEN",
        Token::Iphone => "JPKIAPIOSTOKEN",
    };
    let mut out = label.as_bytes().to_vec();
    out.resize(32, b' ');
    out.extend([b' '; 32 + 16 + 16]);
    out.resize(160, 0);
    out
}

/// Which of the two certificates exist: signature, authentication.
fn existing(signature: bool) -> [u8; 3] {
    [if signature { 0x8f } else { 0x00 }, 0x8f, 0x00]
}

/// Files are longer than what they hold; the rest is FF.
fn padded(content: &[u8]) -> Vec<u8> {
    const STEP: usize = 64;
    let mut out = content.to_vec();
    if content.len() != 160 && content.len() != 3 {
        out.resize((content.len() / STEP + 2) * STEP, 0xff);
    }
    out
}

/// What opens a secret; none if it was never set.
pub(crate) fn text(pins: &Pins, secret: Secret) -> Option<&str> {
    match secret {
        Secret::Authentication => pins.authentication.as_deref(),
        Secret::Signature => pins.signature.as_deref(),
    }
}

/// Tries after a right entry.
pub(crate) fn most_tries(secret: Secret) -> u8 {
    tries_of(Tries::FULL, secret)
}

/// Tries of all secrets when the card leaves the office; none for those that were never set.
pub(crate) fn tries(persona: &Persona) -> BTreeMap<Secret, u8> {
    let left = |secret| match text(&persona.pins, secret) {
        Some(_) => tries_of(persona.tries, secret),
        None => 0,
    };
    Secret::ALL.into_iter().map(|it| (it, left(it))).collect()
}

fn tries_of(tries: Tries, secret: Secret) -> u8 {
    match secret {
        Secret::Authentication => tries.authentication,
        Secret::Signature => tries.signature,
    }
}
