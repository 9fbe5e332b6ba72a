//! A persona: everything one virtual card holds, as a file. Decides nothing of what the card does with it.

use serde::{Deserialize, Serialize};

use crate::card::case::Case;
use crate::card::octets::Octets;

/// Everything one virtual card holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// The situation it brings.
    pub case: Case,
    /// What is laid on the reader.
    pub token: Token,
    /// The day the card was made, `2026-11-25`: a chip has no clock, so this is its date until a terminal certificate shows a later one.
    pub made_on: String,
    /// Who it belongs to.
    pub holder: Option<Holder>,
    /// The secrets that open it.
    pub pins: Pins,
    /// Tries left when it leaves the office.
    pub tries: Tries,
    /// Keys and certificates (公的個人認証AP).
    pub jpki: Option<Jpki>,
    /// Card face with photo (券面事項確認AP).
    pub card_face: Option<CardFace>,
    /// Card face as text (券面事項入力補助AP).
    pub input_support: Option<InputSupport>,
    /// Serial, municipality and end of the card (共通カードAP).
    pub shared: Option<Shared>,
}

/// What is laid on the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Token {
    /// A plastic card.
    Card,
    /// A phone with Android.
    Android,
    /// An iPhone.
    Iphone,
    /// A card that knows no application of ours.
    Other,
}

/// The made-up insured person a card belongs to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Their identifier among the synthetic people.
    pub person: u64,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// Date of birth, `1970-01-02`.
    pub birth_date: String,
    /// Sex as on the card: `1` male, `2` female.
    pub sex: String,
    /// Insurer number.
    pub insurer_number: String,
    /// Symbol.
    pub symbol: String,
    /// Number.
    pub number: String,
    /// Branch.
    pub branch: String,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Holder({}, …)", self.person)
    }
}

/// The secrets that open the files and keys. An absent one was never set, so nothing opens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// Four digits for the authentication key.
    pub authentication: Option<String>,
    /// Six to sixteen upper-case letters and digits for the signature key.
    pub signature: Option<String>,
    /// Four digits of the input support application.
    pub input_support: Option<String>,
    /// Four digits of the resident registry application.
    pub registry: Option<String>,
    /// Four digits of the shared application.
    pub shared: Option<String>,
    /// 照合番号A: twelve zeros, because nobody here has an individual number.
    pub number_a: Option<String>,
    /// 照合番号B: year, month and day of birth by era, year the card ends, security code.
    pub number_b: Option<String>,
    /// The date of birth, eight digits.
    pub birth_date: Option<String>,
}

impl std::fmt::Debug for Pins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pins(…)")
    }
}

/// Tries left of each secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tries {
    /// Of the authentication PIN.
    pub authentication: u8,
    /// Of the signature password.
    pub signature: u8,
    /// Of the PIN of the input support application.
    pub input_support: u8,
    /// Of the PIN of the resident registry application.
    pub registry: u8,
    /// Of the PIN of the shared application.
    pub shared: u8,
    /// Of 照合番号A, in each application that knows it.
    pub number_a: u8,
    /// Of 照合番号B, in each application that knows it.
    pub number_b: u8,
    /// Of the date of birth.
    pub birth_date: u8,
}

impl Tries {
    /// As many as a card allows at most.
    pub const FULL: Self = Self {
        authentication: 3,
        signature: 5,
        input_support: 3,
        registry: 3,
        shared: 3,
        number_a: 10,
        number_b: 10,
        birth_date: 10,
    };
}

/// Keys and certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jpki {
    /// The key a reader may use after PIN or terminal authentication.
    pub authentication: Credential,
    /// The key for signatures, if one was issued.
    pub signature: Option<Credential>,
    /// Public key of the authority whose terminals the card believes (file 0016), Ed25519.
    pub terminal_authority: Octets,
}

/// A key with its certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The private key, PKCS#8.
    pub key: Octets,
    /// Its certificate, DER.
    pub certificate: Octets,
    /// The certificate of the authority that issued it, DER.
    pub authority: Octets,
}

/// Files of the card face application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardFace {
    /// File 0001: date of birth alone.
    pub age: Octets,
    /// File 0002: the card face with the photo, signed.
    pub face: Octets,
    /// File 0003: what the application is.
    pub information: Octets,
    /// File 0004: the certificate of the key that signed the face.
    pub certificate: Octets,
    /// File 0005: a picture of twelve zeros where others have their individual number.
    pub number_picture: Octets,
    /// The key that proves the chip is the one the face was issued to, PKCS#8; a copied card lacks it.
    pub key: Option<Octets>,
}

/// Files of the input support application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSupport {
    /// File 0001: twelve zeros where others have their individual number.
    pub number: Octets,
    /// File 0002: name, address, date of birth, sex.
    pub attributes: Octets,
    /// File 0003: hashes of both, signed.
    pub signature: Octets,
    /// File 0004: the certificate of the key that signed them.
    pub certificate: Octets,
    /// File 0005: what the application is.
    pub information: Octets,
    /// File 0006: public key for session keys.
    pub session_key: Octets,
    /// File 0007: the same, signed.
    pub signed_key: Octets,
}

/// What the shared application tells without a PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// The card's serial, fifteen digits.
    pub serial: String,
    /// The issuing municipality, five digits.
    pub municipality: String,
    /// The day the card ends, eight digits.
    pub ends_on: String,
}

/// The text is no persona.
#[derive(Debug, thiserror::Error)]
#[error("not a persona: {0}")]
pub struct InvalidPersona(#[from] toml::de::Error);

impl Persona {
    /// Reads a persona file.
    ///
    /// # Errors
    /// [`InvalidPersona`] names line and member.
    pub fn parse(text: &str) -> Result<Self, InvalidPersona> {
        Ok(toml::from_str(text)?)
    }

    /// The persona file.
    ///
    /// # Errors
    /// As the writer says; none is known.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}
