//! Which cards are believed: roots, policies and revocation lists of the settings (`[cards]`). Lists are read anew when their file
//! changes; one that cannot be read leaves the earlier one in place until that is out of date.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use api::problem::card::CardTrouble;
use arc_swap::ArcSwapOption;
use domain::civil_date::Instant;
use pki::card_certificate::{CardCertificate, CardRefused, Policies, Root};
use pki::card_revocation::{Revocation, RevocationList, revocation};

use crate::config::{Cards, StaleLists};
use crate::serve::StartError;

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

/// What was read of it, and when the file was last changed.
struct Held {
    stamp: Option<Stamp>,
    list: Option<Arc<RevocationList>>,
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
    pub(crate) fn open(cards: &Cards) -> Result<Self, StartError> {
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
            list.look(&trust.roots);
        }
        Ok(trust)
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
            .filter_map(|list| list.look(&self.roots))
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

impl ListFile {
    /// The list as the file holds it now.
    fn look(&self, roots: &[Root]) -> Option<Arc<RevocationList>> {
        let stamp = stamp(&self.path);
        let held = self.held.load_full();
        if let Some(held) = held.as_deref().filter(|held| held.stamp == stamp) {
            return held.list.clone();
        }
        let before = held.and_then(|held| held.list.clone());
        // A large list takes a moment.
        let Ok(_reading) = self.reading.try_lock() else {
            return before;
        };
        let read = std::fs::read(&self.path)
            .map_err(|error| error.to_string())
            .and_then(|file| RevocationList::read(&file, roots).map_err(|error| error.to_string()));
        let list = match read {
            Ok(list) => {
                tracing::info!(file = %self.path.display(), entries = list.count(), "a revocation list of cards was read");
                Some(Arc::new(list))
            }
            Err(error) => {
                tracing::error!(file = %self.path.display(), error, "a revocation list of cards cannot be read; the earlier one stays until it is out of date");
                before
            }
        };
        self.held.store(Some(Arc::new(Held {
            stamp,
            list: list.clone(),
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

    #[test]
    fn a_card_without_a_current_list_is_taken_only_where_the_settings_say_so() {
        let today = CivilDate::new(2026, 11, 25).unwrap();
        let now = Instant::start_of_day_in_japan(today).plus_seconds(36_000);
        let authority = CardAuthority::new(3, today).unwrap();
        let card = authority.persona(Case::Valid).unwrap().jpki.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (root, list) = (dir.path().join("root.der"), dir.path().join("list.crl"));
        std::fs::write(&root, authority.certificate()).unwrap();
        let cards = |stale_lists| Cards {
            roots: vec![root.clone()],
            revocation_lists: vec![list.clone()],
            stale_lists,
            ..Cards::default()
        };
        let check = |stale_lists, now, expected| {
            let trust = CardTrust::open(&cards(stale_lists)).unwrap();
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
            let error = CardTrust::open(&cards).err().unwrap().to_string();
            assert!(error.contains("root.pem"), "{error}");
        }
    }
}
