//! My Number cards of made-up people: keys, certificates and files that follow from a seed, so they protect nothing. Issues nothing
//! in the name of a real authority: every issuer here is `O=JPKI-EXAMPLE`.

pub mod authority;
pub mod case;
mod certificate;
mod data_object;
pub mod face;
pub mod holder;
mod key;
pub mod octets;
pub mod persona;
mod pictures;
pub mod policy;
pub mod terminal;

/// What kept a card from being made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The RSA key did not come out.
    #[error("the card's key could not be made: {0}")]
    Key(#[from] rsa::Error),
    /// The certificate or list could not be written as DER.
    #[error("the card's certificate could not be written: {0}")]
    Certificate(#[from] x509_cert::der::Error),
    /// The key's encoding failed.
    #[error("the card's key could not be written: {0}")]
    KeyForm(#[from] rsa::pkcs8::Error),
    /// An issuer's key did not sign.
    #[error("the issuer's key could not be used")]
    IssuingKey,
    /// The key of a terminal did not come out.
    #[error("the terminal's key could not be made")]
    TerminalKey,
    /// A built-in text did not parse.
    #[error("the built-in {0} is not well formed")]
    BuiltIn(&'static str),
}
