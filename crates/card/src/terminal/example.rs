//! Terminal authentication of this project's own, `ONSHI-TERMINAL-v1` (`docs/decisions/0016-terminal-authentication.md`). It is not
//! J-LIS's protocol: the virtual card answers it and no real card does.

use aws_lc_rs::signature::Ed25519KeyPair;

use super::{TerminalAuthenticator, TerminalChannel, TerminalRefused};
use crate::apdu::Status;
use crate::error::{CardError, Step};

/// A terminal with a key and a certificate that virtual cards believe.
pub struct ExampleTerminal {
    /// `7F21 { 5F4E body, 5F37 signature }`.
    certificate: Vec<u8>,
    key: Ed25519KeyPair,
}

/// What is signed before the card's challenge.
const KIND: &[u8] = b"ONSHI-TERMINAL-v1\n";

/// Bytes of the challenge.
const CHALLENGE_BYTES: u8 = 32;

/// Tag and length of the terminal's signature, 64 bytes.
const SIGNATURE_HEADER: [u8; 2] = [0x9E, 0x40];

/// The statuses of the protocol.
const NOT_CERTIFIED: Status = Status(0x6982);
const NOT_PROVEN: Status = Status(0x6300);

impl ExampleTerminal {
    /// Of a certificate and its private key in PKCS#8.
    ///
    /// # Errors
    /// [`TerminalRefused::Unreadable`].
    pub fn new(certificate: &[u8], key_pkcs8: &[u8]) -> Result<Self, TerminalRefused> {
        let key = Ed25519KeyPair::from_pkcs8(key_pkcs8);
        Ok(Self {
            certificate: certificate.to_vec(),
            key: key.map_err(|_| TerminalRefused::Unreadable)?,
        })
    }
}

impl TerminalAuthenticator for ExampleTerminal {
    fn authenticate(&mut self, card: &mut TerminalChannel<'_, '_>) -> Result<(), CardError> {
        let challenge = card.challenge(CHALLENGE_BYTES)?;
        if challenge.status != Status::OK || challenge.data.len() != usize::from(CHALLENGE_BYTES) {
            return Err(TerminalRefused::Unknown.into());
        }
        let signature = self.key.sign(&[KIND, &challenge.data].concat());
        let part = [&self.certificate, &SIGNATURE_HEADER[..], signature.as_ref()].concat();
        match card.external_authenticate(0, 0, &part)? {
            Status::OK => Ok(()),
            status @ NOT_CERTIFIED => Err(TerminalRefused::Certificate(status).into()),
            status @ NOT_PROVEN => Err(TerminalRefused::Key(status).into()),
            Status(0x6A80) => Err(TerminalRefused::Unreadable.into()),
            // A real card knows the instruction, or not, but never this form of it.
            Status(0x6A81 | 0x6A86 | 0x6D00 | 0x6E00 | 0x6700) => {
                Err(TerminalRefused::Unknown.into())
            }
            status => Err(CardError::Refused {
                step: Step::Terminal,
                status,
            }),
        }
    }
}

impl core::fmt::Debug for ExampleTerminal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ExampleTerminal(…)")
    }
}
