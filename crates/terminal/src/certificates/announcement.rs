//! Which announcement of a certificate's end an administrator has put away until the next (G10). Decides nothing: the rule is
//! `domain::certificate_care`.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use domain::certificate_care::Ending;
use serde::{Deserialize, Serialize};

/// Name of the file that remembers it.
const FILE: &str = "certificate-announcement.json";

/// The announcement of a certificate that was put away last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    /// SHA-256 of the certificate, hexadecimal.
    of: String,
    days: i32,
}

/// What was put away.
pub(crate) struct PutAway {
    file: PathBuf,
    last: Mutex<Vec<Last>>,
}

impl PutAway {
    /// What is remembered; a damaged file hides nothing.
    pub(crate) fn open(data_dir: &Path) -> Self {
        let file = data_dir.join(FILE);
        let last = std::fs::read(&file).ok();
        Self {
            last: Mutex::new(
                last.and_then(|bytes| serde_json::from_slice(&bytes).ok())
                    .unwrap_or_default(),
            ),
            file,
        }
    }

    /// Whether the announcement is to be shown.
    pub(crate) fn shows(&self, of: &[u8; 32], ending: Ending) -> bool {
        let Ending::Announced(days) = ending else {
            return ending == Ending::Over;
        };
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let of = crate::browsers::hex(of);
        let is_away = last.iter().any(|it| it.of == of && it.days == days);
        !(is_away && ending.may_be_put_away())
    }

    /// Puts it away until the next.
    pub(crate) fn put_away(&self, of: &[u8; 32], ending: Ending) -> std::io::Result<()> {
        let Ending::Announced(days) = ending else {
            return Ok(());
        };
        let of = crate::browsers::hex(of);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = last.clone();
        next.retain(|it| it.of != of);
        next.push(Last { of, days });
        let bytes = serde_json::to_vec(&next)?;
        pki::sealed::write_private(&self.file, &bytes).map_err(std::io::Error::other)?;
        *last = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_put_away_until_the_next_and_the_last_ones_never() {
        let dir = tempfile::tempdir().unwrap();
        let away = PutAway::open(dir.path());
        let of = [7; 32];
        assert!(!away.shows(&of, Ending::Far));
        assert!(away.shows(&of, Ending::Announced(90)));
        away.put_away(&of, Ending::Announced(90)).unwrap();
        let again = PutAway::open(dir.path());
        assert!(!again.shows(&of, Ending::Announced(90)));
        assert!(again.shows(&of, Ending::Announced(60)), "the next");
        assert!(
            again.shows(&[8; 32], Ending::Announced(90)),
            "another certificate"
        );
        again.put_away(&[8; 32], Ending::Announced(90)).unwrap();
        for of in [[7; 32], [8; 32]] {
            assert!(!again.shows(&of, Ending::Announced(90)), "each its own");
        }
        again.put_away(&of, Ending::Announced(7)).unwrap();
        assert!(again.shows(&of, Ending::Announced(7)) && again.shows(&of, Ending::Over));
        std::fs::write(dir.path().join(FILE), "rubbish").unwrap();
        assert!(PutAway::open(dir.path()).shows(&of, Ending::Announced(90)));
    }
}
