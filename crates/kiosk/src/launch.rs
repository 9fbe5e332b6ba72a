//! Who may open the kiosk's pages (contracts §1): the browser that comes with the launch token, which is good once. Keeps hashes
//! only; the next launch address lies in a file of the kiosk's user, for whoever starts the browser again.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, rand};

/// Name of the browser's cookie.
const COOKIE: &str = "onshi_kiosk";

/// So many browsers at most hold a cookie; a further launch ends the oldest.
const BROWSERS: usize = 2;

type Hash = [u8; 32];

/// Why there is no launch address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    /// The system gives no random bytes.
    #[error("the system's random generator failed")]
    Random,
    /// The file cannot be written.
    #[error("the launch address cannot be written: {0}")]
    File(#[from] pki::sealed::SealError),
}

/// The launch token and the browsers it let in.
pub(crate) struct Launch {
    address: String,
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Hash>,
    browsers: Vec<Hash>,
}

impl Launch {
    /// Makes the first token for pages at this address (`http://host:port/`); the file is written with every new token.
    pub(crate) fn new(address: String, file: PathBuf) -> Self {
        Self {
            address,
            file,
            state: Mutex::default(),
        }
    }

    /// A fresh launch address; the one before is good no more.
    ///
    /// # Errors
    /// [`LaunchError`].
    pub(crate) fn renew(&self) -> Result<String, LaunchError> {
        let token = random_text()?;
        let url = format!("{}?launch={token}", self.address);
        pki::sealed::write_private(&self.file, url.as_bytes())?;
        self.lock().token = Some(hash(&token)?);
        Ok(url)
    }

    /// Takes a launch token; returns the cookie for the browser that brought it.
    pub(crate) fn enter(&self, token: &str) -> Option<String> {
        let id = random_text().ok()?;
        let (given, own) = (hash(token).ok()?, hash(&id).ok()?);
        {
            let mut state = self.lock();
            let known = state.token.take()?;
            if verify_slices_are_equal(&known, &given).is_err() {
                // A wrong guess costs the right one nothing.
                state.token = Some(known);
                return None;
            }
            state.browsers.push(own);
            if BROWSERS < state.browsers.len() {
                state.browsers.remove(0);
            }
        }
        if let Err(error) = self.renew() {
            tracing::warn!(error = %error, "the next launch address could not be written; restart the kiosk to open it again");
        }
        Some(format!("{COOKIE}={id}; HttpOnly; SameSite=Strict; Path=/"))
    }

    /// Whether a request's cookies let it in.
    pub(crate) fn knows(&self, cookies: Option<&str>) -> bool {
        let found = cookies.and_then(|cookies| {
            cookies
                .split("; ")
                .find_map(|cookie| cookie.strip_prefix(COOKIE)?.strip_prefix('='))
        });
        let Some(Ok(id)) = found.map(hash) else {
            return false;
        };
        let browsers = &self.lock().browsers;
        browsers
            .iter()
            .any(|known| verify_slices_are_equal(known, &id).is_ok())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(text: &str) -> Result<Hash, LaunchError> {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest.as_ref().try_into().map_err(|_| LaunchError::Random)
}

/// 256 random bits as text.
fn random_text() -> Result<String, LaunchError> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| LaunchError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(dir: &tempfile::TempDir) -> Launch {
        Launch::new(
            "http://kiosk.localhost:1/".into(),
            dir.path().join("launch"),
        )
    }

    fn token(url: &str) -> &str {
        url.split_once("launch=").unwrap().1
    }

    #[test]
    fn a_launch_address_is_good_once_and_the_next_lies_in_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let launch = launch(&dir);
        let first = launch.renew().unwrap();
        let cookie = launch.enter(token(&first)).unwrap();
        assert!(cookie.contains("HttpOnly; SameSite=Strict"));
        assert_eq!(launch.enter(token(&first)), None);
        let next = std::fs::read_to_string(dir.path().join("launch")).unwrap();
        assert_ne!(next, first);
        assert!(launch.enter(token(&next)).is_some());
    }

    #[test]
    fn only_browsers_that_were_let_in_are_known() {
        let dir = tempfile::tempdir().unwrap();
        let launch = launch(&dir);
        let cookie = launch.enter(token(&launch.renew().unwrap())).unwrap();
        let cookie = cookie.split(';').next().unwrap();
        assert!(launch.knows(Some(cookie)));
        assert!(launch.knows(Some(&format!("a=b; {cookie}"))));
        for wrong in [None, Some("onshi_kiosk=0"), Some("other=1"), Some("")] {
            assert!(!launch.knows(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_wrong_guess_does_not_spend_the_token() {
        let dir = tempfile::tempdir().unwrap();
        let launch = launch(&dir);
        let url = launch.renew().unwrap();
        assert_eq!(launch.enter("guess"), None);
        assert!(launch.enter(token(&url)).is_some());
    }
}
