//! A folder of virtual cards: personas, the authority's certificate, its revocation list, a terminal's key, and which serial is whose.
//! Holds no real card's key; those it holds can be made again from the seed.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::card_certificate::CardSerial;
use domain::civil_date::CivilDate;
use domain::coverage::period::Period;
use domain::person::PersonId;
use pki::card_certificate::Root;
use serde::{Deserialize, Serialize};
use store::engine::Engine;
use store::registry::cards::Held;
use synthetic::card::NotMade;
use synthetic::card::authority::{CardAuthority, Generation, serial};
use synthetic::card::case::Case;
use synthetic::card::holder;
use synthetic::card::persona::Persona;

use crate::told;

const INDEX: &str = "cards.toml";
const AUTHORITY: &str = "authority.cer";
const REVOCATION_LIST: &str = "revocations.crl";
const TERMINAL_CERTIFICATE: &str = "terminal.cvc";
const TERMINAL_KEY: &str = "terminal.pk8";

/// Years for which the terminal is certified.
const TERMINAL_YEARS: i32 = 1;

/// The folder.
pub(crate) struct CardFolder {
    dir: PathBuf,
    index: Index,
}

/// What `cards.toml` says.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    seed: u64,
    cards: Vec<Entry>,
}

/// A certificate of a card.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) case: Case,
    pub(crate) generation: u8,
    pub(crate) serial: u32,
    /// The insured person it belongs to; none where the center is to know nobody.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) person: Option<u64>,
    /// The persona; none for a card that was replaced before this folder was made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) file: Option<String>,
    pub(crate) revoked: bool,
}

impl CardFolder {
    /// Makes the card of every case.
    pub(crate) fn make(dir: &Path, seed: u64, today: CivilDate) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir).map_err(|error| told::unwritable(dir, &error))?;
        let index = dir.join(INDEX);
        if index.exists() {
            return Err(told::both(
                &format!(
                    "{} にはカードがもうあります。別のフォルダーを指定するか、--renew・--revoke を使ってください。",
                    dir.display()
                ),
                &format!(
                    "{} holds cards already; name another folder, or use --renew or --revoke",
                    dir.display()
                ),
            ));
        }
        let authority = CardAuthority::new(seed, today)?;
        let mut folder = Self {
            dir: std::fs::canonicalize(dir).map_err(|error| told::unreadable(dir, &error))?,
            index: Index {
                seed,
                cards: Vec::new(),
            },
        };
        for persona in personas(&authority)? {
            if persona.case == Case::Renewed {
                // The replaced certificate is still the holder's.
                folder.enter(&persona, Generation::FIRST, None);
            }
            let generation = match persona.case {
                Case::Renewed => Generation(2),
                _ => Generation::FIRST,
            };
            folder.add(&persona, generation)?;
        }
        for revoked in authority.revoked_from_start() {
            folder.mark_revoked(|entry| entry.serial == revoked);
        }
        folder.write_authority(&authority, today)?;
        folder.save(&authority)?;
        Ok(folder)
    }

    /// The folder as it was left.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        let file = dir.join(INDEX);
        let index = toml::from_str(&told::read_text(&file)?).with_context(|| {
            format!(
                "{}: カードの一覧ではありません / not a list of cards",
                file.display()
            )
        })?;
        let dir = std::fs::canonicalize(dir).map_err(|error| told::unreadable(dir, &error))?;
        Ok(Self { dir, index })
    }

    /// Gives the holder of a case a new card with a new certificate; the old one stays as it is.
    pub(crate) fn renew(&mut self, case: Case, today: CivilDate) -> anyhow::Result<Entry> {
        let generations = self.of_case(case)?.map(|entry| entry.generation);
        let next = generations.max().and_then(|it| it.checked_add(1));
        let generation = Generation(next.context("the card was renewed too often")?);
        let authority = self.issuer(today)?;
        let persona = authority.renew(case, generation)?;
        let entry = self.add(&persona, generation)?;
        self.save(&authority)?;
        Ok(entry)
    }

    /// Puts the newest certificate of a case on the revocation list.
    pub(crate) fn revoke(&mut self, case: Case, today: CivilDate) -> anyhow::Result<Entry> {
        let newest = self.of_case(case)?.max_by_key(|entry| entry.generation);
        let newest = newest.context("the case has no card")?.clone();
        let authority = self.issuer(today)?;
        self.mark_revoked(|entry| entry.serial == newest.serial);
        self.save(&authority)?;
        Ok(newest)
    }

    /// Who issued the folder's cards. Another version may make other keys from a seed, and what those sign nobody here would believe.
    fn issuer(&self, today: CivilDate) -> anyhow::Result<CardAuthority> {
        let authority = CardAuthority::new(self.index.seed, today)?;
        let kept = Root::read(&told::read_bytes(&self.authority())?)?;
        let made = Root::read(authority.certificate())?;
        if kept.first().map(|it| it.authority) == made.first().map(|it| it.authority) {
            return Ok(authority);
        }
        let shown = self.dir.display();
        Err(told::both(
            &format!(
                "{shown} のカードは別の版の onshi が作ったもので、この版では同じ発行者の鍵になりません。別のフォルダーに作り直してください。"
            ),
            &format!(
                "the cards in {shown} are of another version of onshi, which makes other issuers' keys; make them anew in another folder"
            ),
        ))
    }

    /// All certificates.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.index.cards
    }

    /// The certificate of the authority, DER.
    pub(crate) fn authority(&self) -> PathBuf {
        self.dir.join(AUTHORITY)
    }

    /// The revocation list, DER.
    pub(crate) fn revocation_list(&self) -> PathBuf {
        self.dir.join(REVOCATION_LIST)
    }

    /// Certificate and private key (PKCS#8) of a terminal that these cards believe.
    pub(crate) fn terminal(&self) -> (PathBuf, PathBuf) {
        (
            self.dir.join(TERMINAL_CERTIFICATE),
            self.dir.join(TERMINAL_KEY),
        )
    }

    /// The persona file of a case: its newest card. Cards without a certificate stand in no entry.
    pub(crate) fn persona_file(&self, case: Case) -> PathBuf {
        let of_case = |entry: &&Entry| entry.case == case && entry.file.is_some();
        let newest = self.index.cards.iter().filter(of_case);
        let newest = newest.max_by_key(|entry| entry.generation);
        match newest.and_then(|entry| entry.file.as_ref()) {
            Some(file) => self.dir.join(file),
            None => self.dir.join(format!("{}.toml", case.name())),
        }
    }

    /// Registers the holders with what the center holds of them, and leads each certificate to its holder. Answers how many people.
    pub(crate) async fn register(&self, engine: &Engine) -> anyhow::Result<u64> {
        let people = holder::all();
        let count = people.len() as u64;
        engine.store_people(people).await?;
        let authority = Root::read(&told::read_bytes(&self.authority())?)?;
        let authority = authority.first().context("no authority")?.authority;
        let mut cards = Vec::new();
        for entry in &self.index.cards {
            let serial = CardSerial::new(authority, &entry.serial.to_be_bytes());
            let serial = serial.context("a serial has 1 to 20 bytes")?;
            let person = entry.person.map(|it| PersonId::from_u128(it.into()));
            cards.extend(person.map(|person| (serial, person)));
        }
        engine.store_cards(cards).await?;
        let mut holdings = Vec::new();
        for case in Case::ALL {
            let held = holder::holdings(case).into_iter().map(|kind| Held {
                kind,
                period: Period::default(),
            });
            let person = holder::registration(case).map(|it| it.person.id);
            holdings.extend(person.map(|person| (person, held.collect())));
        }
        engine.store_holdings(holdings).await?;
        let today = crate::serve::now().date_in_japan();
        let information = Case::ALL.map(|case| holder::medical_information(case, today));
        let information = information.into_iter().flatten().collect();
        engine.store_medical_information(information).await?;
        Ok(count)
    }

    fn of_case(&self, case: Case) -> anyhow::Result<impl Iterator<Item = &Entry>> {
        let has_certificate = move |entry: &&Entry| entry.case == case;
        if !self.index.cards.iter().any(|entry| entry.case == case) {
            return Err(told::both(
                &format!("「{}」のカードに電子証明書はありません。", case.name()),
                &format!("the card {} has no certificate", case.name()),
            ));
        }
        Ok(self.index.cards.iter().filter(has_certificate))
    }

    fn add(&mut self, persona: &Persona, generation: Generation) -> anyhow::Result<Entry> {
        let file = match generation {
            Generation::FIRST => format!("{}.toml", persona.case.name()),
            Generation(number) => format!("{}-{number}.toml", persona.case.name()),
        };
        write(&self.dir.join(&file), persona.to_toml()?.as_bytes())?;
        Ok(self.enter(persona, generation, Some(file)))
    }

    /// Cards without a certificate are files alone.
    fn enter(&mut self, persona: &Persona, generation: Generation, file: Option<String>) -> Entry {
        let case = persona.case;
        let holder = persona.holder.as_ref().map(|it| it.person);
        let entry = Entry {
            case,
            generation: generation.0,
            serial: serial(case, generation),
            person: holder.filter(|_| case != Case::Unregistered),
            file,
            revoked: false,
        };
        if persona.jpki.is_some() {
            self.index.cards.push(entry.clone());
        }
        entry
    }

    fn mark_revoked(&mut self, which: impl Fn(&Entry) -> bool) {
        for entry in self.index.cards.iter_mut().filter(|it| which(it)) {
            entry.revoked = true;
        }
    }

    fn write_authority(&self, authority: &CardAuthority, today: CivilDate) -> anyhow::Result<()> {
        write(&self.authority(), authority.certificate())?;
        let until = today.plus_months(12 * TERMINAL_YEARS);
        let terminal = authority
            .terminals()
            .certify("ONSHI-EXAMPLE", today, until)?;
        write(
            &self.dir.join(TERMINAL_CERTIFICATE),
            terminal.certificate.as_slice(),
        )?;
        write(&self.dir.join(TERMINAL_KEY), terminal.key.as_slice())
    }

    /// Revocation list first: an index that names a revoked card never stands beside a list that does not.
    fn save(&self, authority: &CardAuthority) -> anyhow::Result<()> {
        let revoked = self.index.cards.iter().filter(|it| it.revoked);
        let serials: Vec<u32> = revoked.map(|it| it.serial).collect();
        write(
            &self.revocation_list(),
            &authority.revocation_list(&serials)?,
        )?;
        write(
            &self.dir.join(INDEX),
            toml::to_string(&self.index)?.as_bytes(),
        )
    }
}

fn write(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    pki::sealed::write_private(file, content).with_context(|| file.display().to_string())
}

/// The cards of all cases, made by as many threads as there are cores: keys take long.
fn personas(authority: &CardAuthority) -> Result<Vec<Persona>, NotMade> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = Case::ALL.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let parts: Vec<_> = Case::ALL
            .chunks(share)
            .map(|cases| {
                let make = |case: &Case| authority.persona(*case);
                scope.spawn(move || cases.iter().map(make).collect::<Result<Vec<_>, _>>())
            })
            .collect();
        let mut personas = Vec::new();
        for part in parts {
            personas.extend(part.join().unwrap_or(Err(NotMade::BuiltIn("persona")))?);
        }
        Ok(personas)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        CivilDate::parse_iso(text).unwrap()
    }

    /// The card of an entry, as a virtual card would read it.
    fn persona(folder: &CardFolder, entry: &Entry) -> Persona {
        let file = folder.dir.join(entry.file.as_ref().unwrap());
        Persona::parse(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    #[test]
    fn cards_of_another_issuer_are_neither_renewed_nor_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = CardFolder::make(dir.path(), 1, day("2026-11-25")).unwrap();
        let other = CardAuthority::new(2, day("2026-11-25")).unwrap();
        std::fs::write(folder.authority(), other.certificate()).unwrap();
        let kept = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
        let before = (kept(INDEX), kept(REVOCATION_LIST));
        for refused in [
            folder.renew(Case::Valid, day("2026-12-01")),
            folder.revoke(Case::Valid, day("2026-12-01")),
        ] {
            let error = refused.err().unwrap().to_string();
            assert!(error.contains("make them anew"), "{error}");
        }
        assert_eq!((kept(INDEX), kept(REVOCATION_LIST)), before);
        assert!(!dir.path().join("valid-2.toml").exists());
    }

    #[test]
    fn a_folder_holds_every_card_once_and_renews_and_revokes() {
        let dir = tempfile::tempdir().unwrap();
        let folder = CardFolder::make(dir.path(), 1, day("2026-11-25")).unwrap();
        for entry in folder.entries().iter().filter(|it| it.file.is_some()) {
            assert_eq!(persona(&folder, entry).case, entry.case);
            assert_eq!(entry.person.is_none(), entry.case == Case::Unregistered);
            assert_eq!(entry.revoked, entry.case == Case::Revoked);
        }
        let renewed = folder
            .entries()
            .iter()
            .filter(|it| it.case == Case::Renewed);
        assert_eq!(renewed.map(|it| it.generation).collect::<Vec<_>>(), [1, 2]);

        let again = CardFolder::make(dir.path(), 1, day("2026-11-25"));
        assert!(again.is_err_and(|it| it.to_string().contains("holds cards already")));

        let mut folder = CardFolder::open(dir.path()).unwrap();
        let first = folder.entries()[0].clone();
        let second = folder.renew(Case::Valid, day("2026-12-01")).unwrap();
        assert_eq!(second.person, first.person);
        assert_ne!(second.serial, first.serial);
        let (old, new) = (persona(&folder, &first), persona(&folder, &second));
        let certificate = |it: Persona| it.jpki.unwrap().authentication.certificate;
        assert_ne!(certificate(old), certificate(new));

        let list = std::fs::read(folder.revocation_list()).unwrap();
        assert!(folder.authority().is_file());
        folder.revoke(Case::Valid, day("2026-12-01")).unwrap();
        assert_ne!(std::fs::read(folder.revocation_list()).unwrap(), list);
        let folder = CardFolder::open(dir.path()).unwrap();
        let revoked = folder.entries().iter().filter(|it| it.revoked);
        let serials: Vec<u32> = revoked.map(|it| it.serial).collect();
        assert_eq!(
            serials,
            [serial(Case::Revoked, Generation::FIRST), second.serial]
        );
    }
}
