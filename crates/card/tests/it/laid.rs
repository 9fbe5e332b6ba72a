//! Virtual cards laid on a reader in memory, with everything that was said to them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use card::card_desk::{CardDesk, DeskSettings, Event, Placed};
use card::certificate::Signed;
use card::memory::{MemoryCard, Signal, Tray};
use card::terminal::example::ExampleTerminal;
use domain::card_challenge::{CenterName, ChallengeText, Nonce, SignedFor};
use domain::civil_date::{CivilDate, Instant};
use domain::institution_code::InstitutionCode;
use synthetic::card::authority::CardAuthority;
use synthetic::card::case::Case;
use synthetic::card::persona::Persona;
use tokio::sync::mpsc::UnboundedReceiver;
use virtual_card::card::Card;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Made once: the keys take a while.
pub(crate) static AUTHORITY: LazyLock<CardAuthority> =
    LazyLock::new(|| CardAuthority::new(1, day("2026-11-25")).unwrap());

/// The personas of the cases, each made once.
static PERSONAS: Mutex<BTreeMap<Case, Persona>> = Mutex::new(BTreeMap::new());

pub(crate) fn persona(case: Case) -> Persona {
    let mut personas = PERSONAS.lock().unwrap();
    let made = personas
        .entry(case)
        .or_insert_with(|| AUTHORITY.persona(case).unwrap());
    made.clone()
}

pub(crate) fn day(text: &str) -> CivilDate {
    CivilDate::parse_iso(text).unwrap()
}

pub(crate) fn text() -> ChallengeText {
    ChallengeText {
        signed_for: SignedFor::Check,
        center: CenterName::parse("onshi-example").unwrap(),
        facility: InstitutionCode::parse("1319999999").unwrap(),
        nonce: Nonce::from_bytes([7; 32]),
        issued_at: Instant::parse("2026-11-25T00:15:02Z").unwrap(),
    }
}

/// The signature is over the five lines, by the key of the certificate.
pub(crate) fn check_signed(signed: &Signed) {
    let (_, certificate) = X509Certificate::from_der(signed.certificate.der()).unwrap();
    let key = certificate.public_key().subject_public_key.data.to_vec();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    let text = text().to_text();
    key.verify(text.as_bytes(), &signed.signature.bytes)
        .unwrap();
}

/// A virtual card whose conversation is written down. Clones are the same card.
#[derive(Clone)]
pub(crate) struct Listened {
    card: Arc<Mutex<Card>>,
    /// Every command, and `None` for a reset.
    said: Arc<Mutex<Vec<Option<Vec<u8>>>>>,
    /// Commands after which the card is taken away, at the next one.
    endures: Arc<Mutex<Option<usize>>>,
}

impl Listened {
    pub(crate) fn of(case: Case) -> Self {
        Self::of_persona(persona(case))
    }

    pub(crate) fn of_persona(persona: Persona) -> Self {
        Self {
            card: Arc::new(Mutex::new(Card::new(persona).unwrap())),
            said: Arc::default(),
            endures: Arc::default(),
        }
    }

    /// The card for the tray.
    pub(crate) fn to_lay(&self) -> MemoryCard {
        let this = self.clone();
        Box::new(move |signal| match signal {
            Signal::Reset => {
                this.said.lock().unwrap().push(None);
                this.card.lock().unwrap().reset();
                Some(Vec::new())
            }
            Signal::Command(command) => {
                if let Some(left) = &mut *this.endures.lock().unwrap() {
                    *left = left.checked_sub(1)?;
                }
                this.said.lock().unwrap().push(Some(command.to_vec()));
                Some(this.card.lock().unwrap().transmit(command))
            }
        })
    }

    /// Has the card answer nothing as long as this is kept.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Card> {
        self.card.lock().unwrap()
    }

    /// From now on the card stays for so many commands only.
    pub(crate) fn endure(&self, commands: usize) {
        *self.endures.lock().unwrap() = Some(commands);
    }

    pub(crate) fn commands(&self) -> Vec<Vec<u8>> {
        self.said
            .lock()
            .unwrap()
            .iter()
            .flatten()
            .cloned()
            .collect()
    }

    /// Commands of VERIFY that held a PIN.
    pub(crate) fn pins_shown(&self) -> usize {
        let shown = |command: &Vec<u8>| command[1] == 0x20 && 4 < command.len();
        self.commands().iter().filter(|it| shown(it)).count()
    }

    /// Whether the last thing that reached the card was a reset.
    pub(crate) fn ended_by_reset(&self) -> bool {
        self.said.lock().unwrap().last() == Some(&None)
    }

    /// Whether the key still signs without anything being shown, as it must never. Asked without a reset.
    pub(crate) fn signs_for_anyone(&self) -> bool {
        let mut card = self.card.lock().unwrap();
        card.transmit(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x17]);
        let digest_info = [&[0x80, 0x2A, 0x00, 0x80, 0x33][..], &[0x30; 51], &[0x00]].concat();
        card.transmit(&digest_info).ends_with(&[0x90, 0x00])
    }
}

/// A desk with a card lying on it.
pub(crate) struct Laid {
    pub(crate) desk: CardDesk,
    pub(crate) events: UnboundedReceiver<Event>,
    pub(crate) tray: Tray,
    pub(crate) card: Listened,
    pub(crate) placed: Placed,
}

pub(crate) fn empty(settings: DeskSettings) -> (CardDesk, UnboundedReceiver<Event>, Tray) {
    let (tray, reader) = Tray::new();
    let (desk, events) = CardDesk::open(reader, settings).unwrap();
    (desk, events, tray)
}

impl From<Case> for Listened {
    fn from(case: Case) -> Self {
        Self::of(case)
    }
}

pub(crate) async fn lay(card: impl Into<Listened>, settings: DeskSettings) -> Laid {
    let card = card.into();
    let (desk, mut events, tray) = empty(settings);
    assert_eq!(events.recv().await, Some(Event::ReaderBack));
    tray.place(card.to_lay());
    let Some(Event::Placed(placed)) = events.recv().await else {
        panic!("nothing was placed");
    };
    Laid {
        desk,
        events,
        tray,
        card,
        placed,
    }
}

/// Settings with a terminal that all cards of the authority believe.
pub(crate) fn with_terminal() -> DeskSettings {
    let terminals = AUTHORITY.terminals();
    let terminal = terminals.certify("KIOSK1", day("2026-01-01"), day("2027-01-01"));
    let terminal = terminal.unwrap();
    let terminal = ExampleTerminal::new(terminal.certificate.as_slice(), terminal.key.as_slice());
    DeskSettings {
        terminal: Some(Box::new(terminal.unwrap())),
        face: None,
    }
}
