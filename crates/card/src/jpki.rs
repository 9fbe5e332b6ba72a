//! The application of public authentication (公的個人認証, JPKI): certificate, tries, PIN, signature with the key for user
//! authentication. Does not use the key for signatures (署名用) and changes no PIN.
//!
//! The order is in the types: [`Jpki`] reads, and only [`Unlocked`], got by showing something to the card, signs.

use domain::card_challenge::ChallengeText;

use crate::apdu::{Command, DigestInfo, FileId, Status};
use crate::certificate::{Algorithm, Certificate, InvalidCertificate, Signature, der_length};
use crate::error::{CardError, Step};
use crate::pin::{LastTry, Pin, Tries};
use crate::session::Session;
use crate::terminal::{TerminalAuthenticator, TerminalChannel};
use crate::token::{LABEL_BYTES, TokenKind};

/// Name of the application.
pub(crate) const JPKI: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];

/// The selected application, with nothing shown to the card.
#[derive(Debug)]
pub struct Jpki<'s, 'r> {
    session: &'s mut Session<'r>,
    token: TokenKind,
}

/// The selected application of a card that lets its key be used, until the session ends.
#[derive(Debug)]
pub struct Unlocked<'s, 'r>(Jpki<'s, 'r>);

impl<'s, 'r> Jpki<'s, 'r> {
    /// Selects the application and asks what kind of token it is.
    ///
    /// # Errors
    /// [`CardError::NotMyNumberCard`] when the card has no such application.
    pub fn select(session: &'s mut Session<'r>) -> Result<Self, CardError> {
        if session.select(&JPKI, Step::SelectJpki)? == Status::NOT_FOUND {
            return Err(CardError::NotMyNumberCard);
        }
        session.expect_ok(&Command::select_file(FileId::TOKEN), Step::Token)?;
        let read = Command::read_binary(0, LABEL_BYTES);
        let label = session.expect_ok(&read, Step::Token)?;
        let token = TokenKind::of_label(&label.data).ok_or(CardError::Malformed(Step::Token))?;
        Ok(Self { session, token })
    }

    /// What kind of token it is.
    #[must_use]
    pub fn token(&self) -> TokenKind {
        self.token
    }

    /// Reads the certificate. Free on a card; it proves nothing, as any reader may copy it.
    ///
    /// # Errors
    /// [`CardError::NeedsHolder`] for an Android phone, which wants the PIN first, and for any other that refuses.
    pub fn certificate(&mut self) -> Result<Certificate, CardError> {
        if self.token == TokenKind::Android {
            return Err(CardError::NeedsHolder);
        }
        self.read_certificate()
    }

    /// How many tries the PIN has left. Costs none.
    ///
    /// # Errors
    /// [`CardError::Link`], [`CardError::Refused`].
    pub fn tries(&mut self) -> Result<Tries, CardError> {
        self.select_pin()?;
        self.tries_told()
    }

    fn select_pin(&mut self) -> Result<(), CardError> {
        let command = Command::select_file(FileId::PIN);
        self.session.expect_ok(&command, Step::Tries).map(drop)
    }

    /// The tries of the selected PIN.
    fn tries_told(&mut self) -> Result<Tries, CardError> {
        let status = self.session.exchange(&Command::tries())?.status;
        tries_of(status, Step::Tries)
    }

    /// Shows the PIN, after asking for the tries left. A phone may keep them to itself: it is shown the PIN once all the same.
    ///
    /// # Errors
    /// [`CardError::PinWrong`], [`CardError::PinLocked`], and [`CardError::LastTry`] unless the holder insists. After
    /// [`CardError::Link`] the try may or may not be spent: ask for the tries, never show the PIN again by yourself.
    pub fn verify(mut self, pin: &Pin, last_try: LastTry) -> Result<Unlocked<'s, 'r>, CardError> {
        self.select_pin()?;
        match self.tries_told() {
            Ok(Tries::LOCKED) => return Err(CardError::PinLocked),
            Ok(Tries::LAST) if last_try == LastTry::Keep => return Err(CardError::LastTry),
            Ok(_) => {}
            Err(CardError::Refused { .. }) if self.token != TokenKind::Card => {}
            Err(error) => return Err(error),
        }
        self.session.forget_by_selecting(&JPKI);
        let status = self
            .session
            .exchange(&Command::verify(pin.digits()))?
            .status;
        match status {
            Status::OK => Ok(Unlocked(self)),
            status if status.locked() => Err(CardError::PinLocked),
            status => match status.tries_left() {
                Some(left) => Err(CardError::PinWrong { left: Tries(left) }),
                None => Err(CardError::Refused {
                    step: Step::Verify,
                    status,
                }),
            },
        }
    }

    /// Shows this terminal instead of a PIN, after the holder's face was checked by machine or by eye.
    ///
    /// # Errors
    /// [`CardError::Terminal`]; [`CardError::OtherToken`] for a phone, which has no face to check.
    pub fn authenticate_terminal(
        self,
        terminal: &mut dyn TerminalAuthenticator,
    ) -> Result<Unlocked<'s, 'r>, CardError> {
        if self.token != TokenKind::Card {
            return Err(CardError::OtherToken);
        }
        self.session.forget_by_selecting(&JPKI);
        terminal.authenticate(&mut TerminalChannel::new(self.session))?;
        Ok(Unlocked(self))
    }

    /// Relies on the holder's confirmation on an iPhone (Face ID or Touch ID), which replaces the PIN. The phone itself refuses
    /// to sign without it.
    ///
    /// # Errors
    /// [`CardError::OtherToken`] for anything but an iPhone.
    pub fn confirmed_on_phone(self) -> Result<Unlocked<'s, 'r>, CardError> {
        match self.token {
            TokenKind::IPhone => {
                self.session.forget_by_selecting(&JPKI);
                Ok(Unlocked(self))
            }
            TokenKind::Card | TokenKind::Android => Err(CardError::OtherToken),
        }
    }

    fn read_certificate(&mut self) -> Result<Certificate, CardError> {
        let read = self
            .session
            .read_file(FileId::CERTIFICATE, Step::Certificate, der_length);
        let der = read.map_err(needs_holder)?;
        Certificate::parse(&der).map_err(|invalid| match invalid {
            InvalidCertificate::Form => CardError::Malformed(Step::Certificate),
            InvalidCertificate::Key => CardError::UnsupportedKey,
        })
    }
}

impl Unlocked<'_, '_> {
    /// Reads the certificate, of a phone too.
    ///
    /// # Errors
    /// [`CardError::Malformed`], [`CardError::UnsupportedKey`].
    pub fn certificate(&mut self) -> Result<Certificate, CardError> {
        self.0.read_certificate()
    }

    /// Signs the text of a challenge: nothing else can be signed, so that nobody uses the patient's key through us for another
    /// purpose.
    ///
    /// # Errors
    /// [`CardError::NeedsHolder`] when the card wants more than was shown to it.
    pub fn sign(
        &mut self,
        text: &ChallengeText,
        algorithm: Algorithm,
    ) -> Result<Signature, CardError> {
        let session = &mut *self.0.session;
        session.expect_ok(&Command::select_file(FileId::KEY), Step::Sign)?;
        let Algorithm::RsaPkcs1Sha256 = algorithm;
        let command = Command::sign(&DigestInfo::sha256(text.to_text().as_bytes()));
        let answer = session
            .expect_ok(&command, Step::Sign)
            .map_err(needs_holder)?;
        if self.0.token == TokenKind::IPhone {
            // Only tells the phone that it may close its sheet; the signature stands without.
            let _ = session.exchange(&Command::last_command());
        }
        if answer.data.is_empty() {
            return Err(CardError::Malformed(Step::Sign));
        }
        Ok(Signature {
            algorithm,
            bytes: answer.data.to_vec(),
        })
    }
}

/// What a status to VERIFY without data says.
pub(crate) fn tries_of(status: Status, step: Step) -> Result<Tries, CardError> {
    if status.locked() {
        return Ok(Tries::LOCKED);
    }
    let left = status.tries_left().map(Tries);
    left.ok_or(CardError::Refused { step, status })
}

/// A card that refuses for its security condition wants its holder first.
fn needs_holder(error: CardError) -> CardError {
    match error {
        CardError::Refused { status, .. } if status == Status::SECURITY => CardError::NeedsHolder,
        other => other,
    }
}
