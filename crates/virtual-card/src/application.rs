//! The applications of a card: which files lie where and what opens them (my-number-card reference §2, §3; our own choices in
//! `docs/decisions/0016-terminal-authentication.md`). Executes no command.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use synthetic::card::persona::{CardFace, InputSupport, Jpki, Persona, Pins, Shared, Token, Tries};

/// A secret with a counter of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// PIN of the authentication key (利用者証明用).
    Authentication,
    /// Password of the signature key (署名用).
    Signature,
    /// Date of birth, for the age record of the card face.
    FaceBirthDate,
    /// Number A of the card face application.
    FaceNumberA,
    /// Number B of the card face application.
    FaceNumberB,
    /// PIN of the input support application.
    InputSupport,
    /// Number A of the input support application.
    InputNumberA,
    /// Number B of the input support application.
    InputNumberB,
    /// A reference of the input support application that is locked on every card seen.
    InputBlocked,
    /// PIN of the resident registry application.
    Registry,
    /// PIN of the shared application.
    Shared,
}

impl Secret {
    /// All.
    pub const ALL: [Self; 11] = [
        Self::Authentication,
        Self::Signature,
        Self::FaceBirthDate,
        Self::FaceNumberA,
        Self::FaceNumberB,
        Self::InputSupport,
        Self::InputNumberA,
        Self::InputNumberB,
        Self::InputBlocked,
        Self::Registry,
        Self::Shared,
    ];
}

/// A key that signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyName {
    Authentication,
    Signature,
    CardFace,
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
    /// Records, numbered from one.
    Records(Vec<Vec<u8>>),
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
    /// The key used where a command names none.
    pub(crate) default_key: Option<KeyName>,
}

impl Application {
    pub(crate) fn file(&self, id: u16) -> Option<&File> {
        self.files.iter().find(|file| file.id == id)
    }

    /// A short identifier stands for the file whose number ends so.
    pub(crate) fn short(&self, id: u8) -> Option<&File> {
        self.file(u16::from(id & 0x1f))
    }
}

/// 公的個人認証AP.
pub const JPKI: &[u8] = &[0xd3, 0x92, 0xf0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];
/// 券面事項確認AP.
pub const CARD_FACE: &[u8] = &[0xd3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02];
/// 券面事項入力補助AP.
pub const INPUT_SUPPORT: &[u8] = &[0xd3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08];
/// 住基AP.
pub const REGISTRY: &[u8] = &[0xd3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x01];
/// 共通カードAP.
pub const SHARED: &[u8] = &[0xd3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00];

/// All applications of a persona.
pub(crate) fn all(persona: &Persona) -> Vec<Application> {
    let jpki = persona.jpki.as_ref().map(|it| jpki(it, persona.token));
    let face = persona.card_face.as_ref().map(card_face);
    let input = persona.input_support.as_ref().map(input_support);
    let shared_data = persona.shared.as_ref();
    let registry = shared_data.map(|_| registry());
    [jpki, face, input, registry, shared_data.map(shared)]
        .into_iter()
        .flatten()
        .collect()
}

/// Reference §3.1. Files whose meaning is unknown are left out.
fn jpki(jpki: &Jpki, token: Token) -> Application {
    let certificate_access = match token {
        Token::Android => Access::After(&[Secret::Authentication]),
        Token::Card | Token::Iphone | Token::Other => Access::Free,
    };
    let signature = jpki.signature.as_ref();
    let own = padded(&jpki.authentication.certificate.0);
    let above = padded(&jpki.authentication.authority.0);
    let mut files = vec![
        bytes(0x0006, token_information(token), Access::Free),
        bytes(0x0008, existing(jpki), Access::Free),
        bytes(0x000a, own, certificate_access),
        bytes(0x000b, above, Access::Free),
        bytes(0x0016, jpki.terminal_authority.0.clone(), Access::Free),
        key(0x0017, KeyName::Authentication),
        secret(0x0018, Secret::Authentication),
        secret(0x001b, Secret::Signature),
    ];
    if let Some(signature) = signature {
        let own = padded(&signature.certificate.0);
        let above = padded(&signature.authority.0);
        files.extend([
            bytes(0x0001, own, Access::After(&[Secret::Signature])),
            bytes(0x0002, above, Access::Free),
            key(0x001a, KeyName::Signature),
        ]);
    }
    Application {
        name: JPKI,
        files,
        default_key: None,
    }
}

/// Reference §3.2.
fn card_face(it: &CardFace) -> Application {
    const EITHER: Access = Access::After(&[Secret::FaceNumberA, Secret::FaceNumberB]);
    let birth_date = Access::After(&[Secret::FaceBirthDate]);
    let number_a = Access::After(&[Secret::FaceNumberA]);
    let files = vec![
        bytes(0x0001, padded(&it.age.0), birth_date),
        bytes(0x0002, padded(&it.face.0), EITHER),
        bytes(0x0003, it.information.0.clone(), Access::Free),
        bytes(0x0004, it.certificate.0.clone(), Access::Free),
        bytes(0x0005, padded(&it.number_picture.0), number_a),
        bytes(0x0006, vec![0xff; 16], EITHER),
        secret(0x0011, Secret::FaceBirthDate),
        secret(0x0012, Secret::FaceNumberB),
        secret(0x0013, Secret::FaceNumberA),
    ];
    Application {
        name: CARD_FACE,
        files,
        default_key: Some(KeyName::CardFace),
    }
}

/// Reference §3.3.
fn input_support(it: &InputSupport) -> Application {
    const ANY: Access = Access::After(&[
        Secret::InputSupport,
        Secret::InputNumberA,
        Secret::InputNumberB,
    ]);
    let number = Access::After(&[Secret::InputSupport, Secret::InputNumberA]);
    let attributes = Access::After(&[Secret::InputSupport, Secret::InputNumberB]);
    let files = vec![
        bytes(0x0001, it.number.0.clone(), number),
        bytes(0x0002, padded(&it.attributes.0), attributes),
        bytes(0x0003, padded(&it.signature.0), ANY),
        bytes(0x0004, it.certificate.0.clone(), Access::Free),
        bytes(0x0005, it.information.0.clone(), Access::Free),
        bytes(0x0006, it.session_key.0.clone(), ANY),
        bytes(0x0007, it.signed_key.0.clone(), ANY),
        secret(0x0011, Secret::InputSupport),
        secret(0x0012, Secret::InputBlocked),
        secret(0x0014, Secret::InputNumberA),
        secret(0x0015, Secret::InputNumberB),
    ];
    Application {
        name: INPUT_SUPPORT,
        files,
        default_key: Some(KeyName::CardFace),
    }
}

/// Of this one only the PIN is known (reference §2).
fn registry() -> Application {
    Application {
        name: REGISTRY,
        files: vec![secret(0x001c, Secret::Registry)],
        default_key: None,
    }
}

/// Reference §3.4: one record of serial, municipality and end.
fn shared(it: &Shared) -> Application {
    let digits = format!("{}{}{}", it.serial, it.municipality, it.ends_on);
    let length = u8::try_from(digits.len()).unwrap_or(u8::MAX);
    let record = [&[0x01, length], digits.as_bytes()].concat();
    let files = vec![
        File {
            id: 0x0001,
            holds: Holds::Records(vec![record]),
        },
        secret(0x001c, Secret::Shared),
    ];
    Application {
        name: SHARED,
        files,
        default_key: None,
    }
}

/// GET DATA while no application is selected (reference §4).
pub(crate) fn data(shared: &Shared, tag: u16) -> Option<&[u8]> {
    match tag {
        0x0045 => Some(shared.serial.as_bytes()),
        0x00f0 => Some(shared.municipality.as_bytes()),
        0x00f2 => Some(shared.ends_on.as_bytes()),
        _ => None,
    }
}

fn bytes(id: u16, content: Vec<u8>, access: Access) -> File {
    File {
        id,
        holds: Holds::Bytes(content, access),
    }
}

fn secret(id: u16, secret: Secret) -> File {
    File {
        id,
        holds: Holds::Secret(secret),
    }
}

fn key(id: u16, name: KeyName) -> File {
    File {
        id,
        holds: Holds::Key(name),
    }
}

/// Files are longer than what they hold; the rest is FF.
fn padded(content: &[u8]) -> Vec<u8> {
    const STEP: usize = 64;
    let mut out = content.to_vec();
    out.resize((content.len() / STEP + 2) * STEP, 0xff);
    out
}

/// PKCS#11's description of a token in 160 bytes, of which the label tells card from phone.
fn token_information(token: Token) -> Vec<u8> {
    let label = match token {
        Token::Card | Token::Other => "JPKIAPICCTOKEN2",
        Token::Android => "JPKIAPGPSETOKEN",
        Token::Iphone => "JPKIAPIOSTOKEN",
    };
    let mut out = label.as_bytes().to_vec();
    // Label, manufacturer, model and serial are texts.
    out.resize(32 + 32 + 16 + 16, b' ');
    out.resize(160, 0);
    out
}

/// Which of the two certificates exist: signature, authentication.
fn existing(jpki: &Jpki) -> Vec<u8> {
    let signature = jpki.signature.as_ref().map_or(0x00, |_| 0x8f);
    vec![signature, 0x8f, 0x00]
}

/// What opens a secret; none if it was never set.
pub(crate) fn text(pins: &Pins, secret: Secret) -> Option<&str> {
    let it = match secret {
        Secret::Authentication => &pins.authentication,
        Secret::Signature => &pins.signature,
        Secret::FaceBirthDate => &pins.birth_date,
        Secret::FaceNumberA | Secret::InputNumberA => &pins.number_a,
        Secret::FaceNumberB | Secret::InputNumberB => &pins.number_b,
        Secret::InputSupport => &pins.input_support,
        Secret::InputBlocked => &None,
        Secret::Registry => &pins.registry,
        Secret::Shared => &pins.shared,
    };
    it.as_deref()
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
        Secret::FaceBirthDate => tries.birth_date,
        Secret::FaceNumberA | Secret::InputNumberA => tries.number_a,
        Secret::FaceNumberB | Secret::InputNumberB => tries.number_b,
        Secret::InputSupport => tries.input_support,
        Secret::InputBlocked => 0,
        Secret::Registry => tries.registry,
        Secret::Shared => tries.shared,
    }
}
