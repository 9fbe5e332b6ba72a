//! Terminals that may use a card's key without its PIN, in this project's own way (`docs/decisions/0016-terminal-authentication.md`).
//! This is not J-LIS's 特定機関認証 and opens no real card.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use domain::civil_date::CivilDate;
use serde::{Deserialize, Serialize};

use crate::card::NotMade;
use crate::card::data_object::object;
use crate::card::key::Stream;
use crate::card::octets::Octets;

/// Letters of a terminal's name.
const NAME_LENGTH: usize = 16;

/// Who certifies terminals.
pub struct TerminalAuthority {
    seed: u64,
    key: Ed25519KeyPair,
}

/// A terminal's key with its certificate, as a file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terminal {
    /// `7F21 { 5F4E body, 5F37 signature }`.
    pub certificate: Octets,
    /// Ed25519 private key, PKCS#8.
    pub key: Octets,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Terminal(…)")
    }
}

impl TerminalAuthority {
    /// The authority of a seed.
    ///
    /// # Errors
    /// [`NotMade::TerminalKey`].
    pub fn new(seed: u64) -> Result<Self, NotMade> {
        let key = ed25519(seed, "terminal authority")?;
        Ok(Self { seed, key })
    }

    /// The key by which cards believe terminals.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        self.key.public_key().as_ref().to_vec()
    }

    /// Certifies a terminal from one day to another. The name is cut or filled with blanks to sixteen ASCII letters.
    ///
    /// # Errors
    /// [`NotMade::TerminalKey`].
    pub fn certify(
        &self,
        name: &str,
        from: CivilDate,
        until: CivilDate,
    ) -> Result<Terminal, NotMade> {
        let key = ed25519(self.seed, &format!("terminal {name}"))?;
        let mut letters: Vec<u8> = name.bytes().filter(u8::is_ascii_graphic).collect();
        letters.resize(NAME_LENGTH, b' ');
        let body = [
            object(&[0x5f, 0x20], &letters),
            object(&[0x7f, 0x49], &object(&[0x86], key.public_key().as_ref())),
            object(&[0x5f, 0x25], from.to_compact().as_bytes()),
            object(&[0x5f, 0x24], until.to_compact().as_bytes()),
        ]
        .concat();
        let signature = self.key.sign(&body);
        let both = [
            object(&[0x5f, 0x4e], &body),
            object(&[0x5f, 0x37], signature.as_ref()),
        ]
        .concat();
        let der = key.to_pkcs8().map_err(|_| NotMade::TerminalKey)?;
        Ok(Terminal {
            certificate: object(&[0x7f, 0x21], &both).into(),
            key: der.as_ref().to_vec().into(),
        })
    }
}

fn ed25519(seed: u64, purpose: &str) -> Result<Ed25519KeyPair, NotMade> {
    let secret = Stream::new(seed, purpose).block();
    Ed25519KeyPair::from_seed_unchecked(&secret).map_err(|_| NotMade::TerminalKey)
}
