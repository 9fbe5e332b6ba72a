//! Which cards are believed: roots, policies and revocation lists of the settings (`[cards]`). Lists are read anew when their file
//! changes; one that cannot be read leaves the earlier one in place until that is out of date.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use api::problem::card::CardTrouble;
use arc_swap::ArcSwapOption;
use domain::civil_date::Instant;
use pki::card_certificate::{CardCertificate, CardRefused, Policies, Root};
use pki::card_revocation::{Age, Revocation, RevocationList, revocation};

use crate::app::App;
use crate::config::{Cards, StaleLists};
use crate::serve::StartError;

/// How often it is looked for lists whose time ends.
const EVERY: Duration = Duration::from_secs(3_600);

/// So many seconds after a list could not be read it is tried again: its rights may be mended, which changes nothing that is looked at.
const AGAIN_S: i64 = 5;

/// What the center holds a card's certificate against.
pub(crate) struct CardTrust {
    roots: Vec<Root>,
    policies: Policies,
    pub(crate) grace_months: u8,
    stale_lists: StaleLists,
    lists: Vec<ListFile>,
}

/// A file that holds a revocation list.
struct ListFile {
    path: PathBuf,
    held: ArcSwapOption<Held>,
    /// One reads; the others go on with what was there.
    reading: Mutex<()>,
}

/// A list whose next update is over or close.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ageing {
    file: PathBuf,
    /// `None` for one that names none.
    next_update: Option<Instant>,
    age: Age,
}

/// What was read of it, and when the file was last changed.
struct Held {
    stamp: Option<Stamp>,
    list: Option<Arc<RevocationList>>,
    /// When the file could not be read, and why.
    failed: Option<(Instant, String)>,
}

impl Held {
    /// Whether there is nothing to be read.
    fn is_current(&self, stamp: Option<Stamp>, now: Instant) -> bool {
        let waits =
            |failed: &(Instant, String)| (0..AGAIN_S).contains(&failed.0.seconds_until(now));
        self.stamp == stamp && self.failed.as_ref().is_none_or(waits)
    }
}

/// Tells one content of a file from the next without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    size_bytes: u64,
    file: u64,
}

impl CardTrust {
    /// Reads roots and lists. A root must be readable; a list that is not is told of and waited for.
    pub(crate) fn open(cards: &Cards, now: Instant) -> Result<Self, StartError> {
        let mut roots = Vec::new();
        for path in &cards.roots {
            let refused = |why: String| StartError::CardRoot(path.clone(), why);
            let file = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
            roots.extend(Root::read(&file).map_err(|error| refused(error.to_string()))?);
        }
        let lists = cards.revocation_lists.iter().map(|path| ListFile {
            path: path.clone(),
            held: ArcSwapOption::empty(),
            reading: Mutex::default(),
        });
        let trust = Self {
            roots,
            policies: Policies {
                card: cards.policies.card.clone(),
                phone: cards.policies.phone.clone(),
            },
            grace_months: cards.grace_months,
            stale_lists: cards.stale_lists,
            lists: lists.collect(),
        };
        for list in &trust.lists {
            list.look(&trust.roots, now);
        }
        Ok(trust)
    }

    /// The earliest next update of the lists; `None` where no list was read. A list that names none counts as long over.
    pub(crate) fn next_update(&self, now: Instant) -> Option<Instant> {
        let lists = self.lists.iter().filter_map(|it| it.look(&self.roots, now));
        lists
            .map(|it| it.next_update.unwrap_or(Instant::from_micros(0)))
            .min()
    }

    /// The lists whose next update is over or close.
    fn ageing(&self, now: Instant) -> Vec<Ageing> {
        let lists = self.lists.iter();
        lists
            .filter_map(|it| {
                let list = it.look(&self.roots, now)?;
                it.ageing(&list, now)
            })
            .collect()
    }

    /// A certificate that a root vouches for and that is one for user authentication.
    pub(crate) fn verify(&self, der: &[u8]) -> Result<CardCertificate, CardTrouble> {
        CardCertificate::verify(der, &self.roots, &self.policies).map_err(|refused| match refused {
            CardRefused::Unreadable => CardTrouble::CertificateUnreadable,
            CardRefused::Untrusted => CardTrouble::CertificateUntrusted,
            CardRefused::Key => CardTrouble::CertificateKey,
            CardRefused::Policy => CardTrouble::CertificatePolicy,
        })
    }

    /// Refuses a certificate that was revoked, or of which that is not known while the settings ask for it.
    pub(crate) fn not_revoked(
        &self,
        certificate: &CardCertificate,
        now: Instant,
    ) -> Result<(), CardTrouble> {
        let lists: Vec<Arc<RevocationList>> = self
            .lists
            .iter()
            .filter_map(|list| list.look(&self.roots, now))
            .collect();
        match (revocation(&lists, certificate, now), self.stale_lists) {
            (Revocation::Revoked, _) => Err(CardTrouble::CertificateRevoked),
            (Revocation::Good, _)
            | (Revocation::Stale | Revocation::Unknown, StaleLists::Accept) => Ok(()),
            (Revocation::Stale | Revocation::Unknown, StaleLists::Refuse) => {
                Err(CardTrouble::RevocationUnknown)
            }
        }
    }
}

/// Warns of lists whose time ends, as long as the center runs. Opening and reading them warned already.
pub(crate) async fn watch(app: App) {
    let begin = tokio::time::Instant::now() + EVERY;
    let mut every = tokio::time::interval_at(begin, EVERY);
    loop {
        every.tick().await;
        for list in app.cards.ageing(app.now()) {
            list.warn();
        }
    }
}

impl Ageing {
    fn warn(&self) {
        let next_update = self
            .next_update
            .map_or_else(|| "none".to_owned(), |it| it.to_string());
        let file = self.file.display();
        if self.age == Age::Over {
            tracing::warn!(%file, next_update, "cards.revocation_lists: a list is past its next update; put a new one in its place");
        } else {
            tracing::warn!(%file, next_update, "cards.revocation_lists: a list is close to its next update; put a new one in its place before");
        }
    }
}

impl ListFile {
    /// What is to be told of its list; `None` for one that is current.
    fn ageing(&self, list: &RevocationList, now: Instant) -> Option<Ageing> {
        let age = list.age(now);
        (age != Age::Current).then(|| Ageing {
            file: self.path.clone(),
            next_update: list.next_update,
            age,
        })
    }

    /// The list as the file holds it now.
    fn look(&self, roots: &[Root], now: Instant) -> Option<Arc<RevocationList>> {
        let stamp = stamp(&self.path);
        let held = self.held.load_full();
        if let Some(held) = held.as_deref().filter(|it| it.is_current(stamp, now)) {
            return held.list.clone();
        }
        let before = held.as_ref().and_then(|held| held.list.clone());
        // A large list takes a moment.
        let Ok(_reading) = self.reading.try_lock() else {
            return before;
        };
        let read = std::fs::read(&self.path)
            .map_err(|error| error.to_string())
            .and_then(|file| RevocationList::read(&file, roots).map_err(|error| error.to_string()));
        let (list, failed) = match read {
            Ok(list) => {
                tracing::info!(file = %self.path.display(), entries = list.count(), "a revocation list of cards was read");
                if let Some(ageing) = self.ageing(&list, now) {
                    ageing.warn();
                }
                (Some(Arc::new(list)), None)
            }
            Err(error) => {
                let held = held.as_deref().filter(|held| held.stamp == stamp);
                let told = held.and_then(|held| held.failed.as_ref());
                // Once, until the file or the reason is another.
                if told.is_none_or(|(_, told)| *told != error) {
                    tracing::error!(file = %self.path.display(), error, "a revocation list of cards cannot be read; the earlier one stays until it is out of date, and it is tried again");
                }
                (before, Some((now, error)))
            }
        };
        self.held.store(Some(Arc::new(Held {
            stamp,
            list: list.clone(),
            failed,
        })));
        list
    }
}

/// `None` for a file that is not there.
fn stamp(path: &Path) -> Option<Stamp> {
    let it = std::fs::metadata(path).ok()?;
    Some(Stamp {
        modified: it.modified().ok()?,
        size_bytes: it.len(),
        file: crate::system::inode(&it),
    })
}

#[cfg(test)]
mod tests {
    use domain::civil_date::CivilDate;
    use synthetic::card::authority::CardAuthority;
    use synthetic::card::case::Case;

    use super::*;

    const ROOT: &str = "root.der";

    /// An authority of cards, ten o'clock of its first day, and a folder with its certificate.
    fn vouched() -> (CardAuthority, Instant, tempfile::TempDir) {
        let today = CivilDate::new(2026, 11, 25).unwrap();
        let now = Instant::start_of_day_in_japan(today).plus_seconds(36_000);
        let authority = CardAuthority::new(3, today).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(ROOT), authority.certificate()).unwrap();
        (authority, now, dir)
    }

    #[test]
    fn a_card_without_a_current_list_is_taken_only_where_the_settings_say_so() {
        let (authority, now, dir) = vouched();
        let (root, list) = (dir.path().join(ROOT), dir.path().join("list.crl"));
        let card = authority.persona(Case::Valid).unwrap().jpki.unwrap();
        let cards = |stale_lists| Cards {
            roots: vec![root.clone()],
            revocation_lists: vec![list.clone()],
            stale_lists,
            ..Cards::default()
        };
        let check = |stale_lists, now, expected| {
            let trust = CardTrust::open(&cards(stale_lists), now).unwrap();
            let card = trust.verify(card.authentication.certificate.as_slice());
            assert_eq!(trust.not_revoked(&card.unwrap(), now), expected);
        };
        let unknown = Err(CardTrouble::RevocationUnknown);
        check(StaleLists::Refuse, now, unknown);
        check(StaleLists::Accept, now, Ok(()));
        std::fs::write(&list, authority.revocation_list(&[]).unwrap()).unwrap();
        check(StaleLists::Refuse, now, Ok(()));
        let later = now.plus_seconds(40 * 86_400);
        check(StaleLists::Refuse, later, unknown);
        check(StaleLists::Accept, later, Ok(()));
        let serial = synthetic::card::authority::serial(
            Case::Valid,
            synthetic::card::authority::Generation::FIRST,
        );
        std::fs::write(&list, authority.revocation_list(&[serial]).unwrap()).unwrap();
        check(
            StaleLists::Accept,
            later,
            Err(CardTrouble::CertificateRevoked),
        );
    }

    #[test]
    fn a_list_is_told_of_from_three_days_before_its_next_update_on() {
        let (authority, now, dir) = vouched();
        let (root, list) = (dir.path().join(ROOT), dir.path().join("list.crl"));
        std::fs::write(&list, authority.revocation_list(&[]).unwrap()).unwrap();
        let missing = dir.path().join("missing.crl");
        let cards = Cards {
            roots: vec![root],
            revocation_lists: vec![list.clone(), missing],
            ..Cards::default()
        };
        let trust = CardTrust::open(&cards, now).unwrap();
        let next = trust.next_update(now).unwrap();
        assert_eq!(trust.ageing(now), vec![]);
        let told = |at: Instant, age| {
            let expected = Ageing {
                file: list.clone(),
                next_update: Some(next),
                age,
            };
            assert_eq!(trust.ageing(at), vec![expected]);
        };
        let days = |days: i64| next.plus_seconds(days * 86_400);
        assert_eq!(trust.ageing(days(-4)), vec![]);
        told(days(-3), Age::Ending);
        told(next.plus_seconds(-1), Age::Ending);
        told(next, Age::Over);
        told(days(40), Age::Over);
        // A list that is put in its place ends that.
        let newer = CardAuthority::new(3, now.date_in_japan().plus_days(28)).unwrap();
        std::fs::write(&list, newer.revocation_list(&[7]).unwrap()).unwrap();
        assert_eq!(trust.ageing(next), vec![]);
        assert!(next < trust.next_update(next).unwrap());
    }

    #[test]
    fn a_list_that_could_not_be_read_is_tried_again_though_its_file_looks_the_same() {
        let (authority, now, dir) = vouched();
        let (root, list) = (dir.path().join(ROOT), dir.path().join("list.crl"));
        let good = authority.revocation_list(&[]).unwrap();
        std::fs::write(&list, vec![0; good.len()]).unwrap();
        let cards = Cards {
            roots: vec![root],
            revocation_lists: vec![list.clone()],
            ..Cards::default()
        };
        let trust = CardTrust::open(&cards, now).unwrap();
        assert_eq!(trust.next_update(now), None);
        // As after its rights were mended: what there is to see of the file is what it was.
        let before = stamp(&list).unwrap();
        std::fs::write(&list, &good).unwrap();
        let file = std::fs::File::options().write(true).open(&list).unwrap();
        file.set_modified(before.modified).unwrap();
        assert_eq!(stamp(&list), Some(before));
        assert_eq!(trust.next_update(now), None, "not with each request");
        assert!(trust.next_update(now.plus_seconds(AGAIN_S)).is_some());
    }

    #[test]
    fn a_root_that_is_none_keeps_the_center_from_starting_and_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root.pem");
        for content in [None, Some("no certificate")] {
            if let Some(content) = content {
                std::fs::write(&root, content).unwrap();
            }
            let cards = Cards {
                roots: vec![root.clone()],
                ..Cards::default()
            };
            let error = CardTrust::open(&cards, Instant::from_micros(0))
                .err()
                .unwrap()
                .to_string();
            assert!(error.contains("root.pem"), "{error}");
        }
    }
}
