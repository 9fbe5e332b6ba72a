//! The browsers at this terminal: the certificate each chose, who is signed in, what they were doing when the session ended.
//! Lives in memory only: a restart asks to sign in again. Keeps no password but of a change that waits for its confirmation or its answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use api::session::Session;
use axum::http::{HeaderMap, header};
use domain::civil_date::Instant;
use domain::password::Password;
use ui::component::Fault;
use ui::security::find_cookie;

use crate::copies::{Copies, PastAnswer};
use crate::pages::check::CheckForm;
use crate::pages::claims;
use crate::pages::credential_sheet;
use crate::pages::own_access::factor::Begun;
use crate::pages::password;

/// Name of the browser's cookie.
const COOKIE: &str = "onshi_terminal";

/// A browser that did nothing for so long is forgotten.
const FORGOTTEN_AFTER_S: i64 = 12 * 60 * 60;

/// What was being done is kept for so long while somebody signs in again, and so long a browser at which nobody chose anything.
const KEPT_S: i64 = 15 * 60;

/// Browsers that are known at most: more than a terminal ever has. Each request without a cookie brings another one.
const MOST: usize = 1_000;

/// Browsers to be forgotten are looked for this often at most.
const TIDIED_AFTER_S: i64 = 60;

/// Hash of a browser's cookie.
pub(crate) type Key = [u8; 32];

/// One browser.
#[derive(Default)]
pub(crate) struct Browser {
    /// Place of the chosen certificate in the terminal's list.
    pub(crate) certificate: Option<usize>,
    /// The session at the center.
    pub(crate) session: Option<Session>,
    /// Told once, on the next page.
    pub(crate) told: Option<Fault>,
    /// Where to go on after signing in.
    pub(crate) kept: Option<Kept>,
    /// A password change that waits for its confirmation, or for the center's answer to it.
    pub(crate) password_change: Option<password::Waiting>,
    /// A second factor that waits for its first proof.
    pub(crate) begun_factor: Option<Begun>,
    /// A new password of the terminal user that waits for its confirmation.
    pub(crate) next_terminal_password: Option<Password>,
    /// A sealed sheet that waits for its confirmation, or for the center's answer to it.
    pub(crate) credential_sheet: Option<credential_sheet::Waiting>,
    /// Who is signed in at the claims entry; another session than the one above.
    pub(crate) claims: Option<claims::Login>,
    /// What the session was answered today.
    pub(crate) copies: Copies,
    used: Option<Instant>,
}

/// What a person was doing when the session ended.
pub(crate) struct Kept {
    /// The page.
    pub(crate) path: String,
    /// The check form as filled, where it was that.
    pub(crate) check: Option<CheckForm>,
    /// Who was signed in, where that is known: nobody else gets the form.
    account: Option<String>,
    at: Instant,
}

/// Sessions that ended at this terminal, each with the place of the certificate it was opened with.
#[derive(Default)]
pub(crate) struct EndedSessions {
    pub(crate) center: Vec<(Key, usize, Session)>,
    pub(crate) claims: Vec<claims::Login>,
}

/// All browsers by their cookie's hash.
#[derive(Default)]
pub(crate) struct Browsers(Mutex<Known>);

#[derive(Default)]
struct Known {
    all: HashMap<Key, Browser>,
    tidied: Option<Instant>,
}

impl Known {
    /// Makes room for another one: lets those go that are over, and where that is not enough the one that is missed least.
    fn make_room(&mut self, now: Instant) {
        // Also after the clock was set back.
        let is_due = |at: Instant| now < at || at.plus_seconds(TIDIED_AFTER_S) <= now;
        if self.tidied.is_none_or(is_due) {
            self.all.retain(|_, it| !it.is_over(now));
            self.tidied = Some(now);
        }
        if self.all.len() < MOST {
            return;
        }
        let least = self.all.iter().min_by_key(|(_, it)| (it.stage(), it.used));
        if let Some(least) = least.map(|(key, _)| *key) {
            self.all.remove(&least);
        }
    }
}

/// How far somebody got at a browser: the further, the more is lost with it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Opened,
    CertificateChosen,
    SignedIn,
}

impl Browsers {
    /// Adds a browser; returns its cookie. Every sign-in gets a new one, so that none is set from outside.
    pub(crate) fn open(&self, mut browser: Browser, now: Instant) -> Option<(Key, String)> {
        let id = random_text()?;
        let key = hash(&id)?;
        browser.used = Some(now);
        let mut known = self.lock();
        known.make_room(now);
        known.all.insert(key, browser);
        Some((
            key,
            format!("{COOKIE}={id}; HttpOnly; SameSite=Strict; Path=/"),
        ))
    }

    /// Works on a browser; `None` when there is no such one.
    pub(crate) fn with<T>(&self, key: &Key, work: impl FnOnce(&mut Browser) -> T) -> Option<T> {
        self.lock().all.get_mut(key).map(work)
    }

    /// The session of a browser, which counts as used now.
    pub(crate) fn session(&self, key: &Key, now: Instant) -> Option<(usize, Session)> {
        self.with(key, |browser| {
            browser.used = Some(now);
            browser.certificate.zip(browser.session.clone())
        })?
    }

    /// Keeps copies of what a session was answered, while it is the browser's.
    pub(crate) fn keep(
        &self,
        key: &Key,
        session: &Session,
        answers: Vec<PastAnswer>,
        now: Instant,
    ) {
        self.with(key, |browser| {
            let own = browser.session.as_ref();
            if own.is_some_and(|it| it.token == session.token) {
                browser.copies.keep(answers, session.ends_after_min, now);
            }
        });
    }

    /// Lets copies go whose time is over, and changes of a claims password that wait for too long.
    pub(crate) fn wipe_copies(&self, now: Instant) {
        for browser in self.lock().all.values_mut() {
            browser.copies.wipe_if_over(now);
            if let Some(login) = &mut browser.claims {
                login.changes.let_go(now);
            }
        }
    }

    /// Ends every session of every browser, at the claims entry too, and keeps where its person was.
    pub(crate) fn end_sessions(&self, now: Instant) -> EndedSessions {
        self.end_those(now, |_| true)
    }

    /// The same of those alone that were opened with the certificate of a place.
    pub(crate) fn end_sessions_of(&self, place: usize, now: Instant) -> EndedSessions {
        self.end_those(now, |certificate| certificate == place)
    }

    fn end_those(&self, now: Instant, is_one: impl Fn(usize) -> bool) -> EndedSessions {
        let mut ended = EndedSessions::default();
        for (key, browser) in &mut self.lock().all {
            let claims = browser.claims.take_if(|it| is_one(it.certificate));
            ended.claims.extend(claims);
            let session = browser.certificate.zip(browser.session.clone());
            if let Some((certificate, session)) = session.filter(|(place, _)| is_one(*place)) {
                browser.end_session("/", None, now);
                ended.center.push((*key, certificate, session));
            }
        }
        ended
    }

    /// Takes a browser away.
    pub(crate) fn close(&self, key: &Key) -> Option<Browser> {
        self.lock().all.remove(key)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Browser {
    /// A browser that chose a certificate.
    pub(crate) fn choosing(certificate: usize) -> Self {
        Self {
            certificate: Some(certificate),
            ..Self::default()
        }
    }

    fn stage(&self) -> Stage {
        if self.session.is_some() || self.claims.is_some() {
            Stage::SignedIn
        } else if self.certificate.is_some() {
            Stage::CertificateChosen
        } else {
            Stage::Opened
        }
    }

    /// Whether it did nothing for so long that it is forgotten.
    fn is_over(&self, now: Instant) -> bool {
        let kept_s = match self.stage() {
            Stage::Opened => KEPT_S,
            Stage::CertificateChosen | Stage::SignedIn => FORGOTTEN_AFTER_S,
        };
        self.used
            .is_none_or(|used| used.plus_seconds(kept_s) <= now)
    }

    /// Ends the session and keeps where its person was.
    pub(crate) fn end_session(&mut self, path: &str, check: Option<CheckForm>, now: Instant) {
        let session = self.session.take();
        self.password_change = None;
        self.next_terminal_password = None;
        self.credential_sheet = None;
        self.begun_factor = None;
        self.copies = Copies::default();
        self.kept = Some(Kept {
            path: path.to_owned(),
            check,
            account: session.map(|session| session.account.id),
            at: now,
        });
    }

    /// Where to go on for this account, if it was its own doing and not long ago. A form stays until it is shown.
    pub(crate) fn way_on(&mut self, account: &str, now: Instant) -> Option<String> {
        let kept = self.kept.take()?;
        let own = kept.account.as_deref().is_none_or(|id| id == account);
        if !own || kept.at.plus_seconds(KEPT_S) <= now {
            return None;
        }
        let path = kept.path.clone();
        self.kept = kept.check.is_some().then_some(kept);
        Some(path)
    }
}

/// The hash of the cookie a request brings.
pub(crate) fn key(headers: &HeaderMap) -> Option<Key> {
    hash(cookie(headers, COOKIE)?)
}

/// A cookie of a request.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    find_cookie(headers.get(header::COOKIE)?.to_str().ok()?, name)
}

/// SHA-256 of a text.
pub(crate) fn hash(text: &str) -> Option<Key> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().try_into().ok()
}

/// 256 random bits as text; `None` when the system has none to give.
pub(crate) fn random_text() -> Option<String> {
    let mut bytes = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(hex(&bytes))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use api::session::{SessionAccount, SessionFacility};

    use super::*;
    use crate::copies::tests::answered;

    fn ended(account: Option<&str>) -> Browser {
        let mut browser = Browser::default();
        browser.end_session(
            "/check",
            Some(CheckForm::default()),
            Instant::from_micros(0),
        );
        if let Some(kept) = &mut browser.kept {
            kept.account = account.map(str::to_owned);
        }
        browser
    }

    #[test]
    fn the_same_person_goes_on_where_the_session_ended() {
        let mut browser = ended(Some("uketsuke"));
        let way = browser.way_on("uketsuke", Instant::from_micros(0).plus_seconds(60));
        assert_eq!(way.as_deref(), Some("/check"));
        assert!(browser.kept.is_some_and(|kept| kept.check.is_some()));
    }

    #[test]
    fn nobody_else_and_nobody_late_gets_what_was_typed() {
        let now = Instant::from_micros(0);
        let mut other = ended(Some("uketsuke"));
        assert_eq!(other.way_on("ishi", now), None);
        assert!(other.kept.is_none());
        let mut late = ended(Some("uketsuke"));
        assert_eq!(late.way_on("uketsuke", now.plus_seconds(KEPT_S)), None);
        assert!(late.kept.is_none());
    }

    fn session(token: &str) -> Session {
        Session {
            account: SessionAccount {
                display_name: "受付".into(),
                id: "uketsuke".into(),
                kind: "general".into(),
            },
            facility: SessionFacility {
                code: "1319999999".into(),
                kind: "medical".into(),
                name: "見本クリニック".into(),
            },
            ends_after_min: 30,
            entry: "full".into(),
            password: crate::pages::tests::state(),
            token: token.into(),
        }
    }

    #[test]
    fn copies_are_of_the_browsers_own_session_and_go_with_it() {
        let now = Instant::parse("2026-11-23T03:00:00Z").unwrap();
        let answers = || vec![PastAnswer::made(answered(1, now), "uketsuke", "06139992")];
        let browsers = Browsers::default();
        let browser = Browser {
            session: Some(session("a")),
            ..Browser::choosing(0)
        };
        let (key, _) = browsers.open(browser, now).unwrap();
        let holds = |at| browsers.with(&key, |it| it.copies.holds_any(at)).unwrap();
        // What comes late, when the session it was for is another, is nobody's.
        browsers.keep(&key, &session("b"), answers(), now);
        assert!(!holds(now));
        browsers.keep(&key, &session("a"), answers(), now);
        assert!(holds(now));
        // The screen lock's own ending is the same.
        browsers.end_sessions(now);
        assert!(!holds(now));
        browsers.keep(&key, &session("a"), answers(), now);
        assert!(!holds(now));
        browsers.with(&key, |it| it.session = Some(session("a")));
        browsers.keep(&key, &session("a"), answers(), now);
        browsers.wipe_copies(now.plus_seconds(30 * 60));
        assert!(!holds(now));
    }

    #[test]
    fn requests_without_a_cookie_leave_no_more_than_the_bound_and_whoever_signed_in_stays() {
        let browsers = Browsers::default();
        let start = Instant::from_micros(0);
        let signed_in = Browser {
            session: Some(session("a")),
            ..Browser::choosing(0)
        };
        let (signed_in, _) = browsers.open(signed_in, start).unwrap();
        let (choosing, _) = browsers.open(Browser::choosing(0), start).unwrap();
        let (first, _) = browsers.open(Browser::default(), start).unwrap();
        let mut last = first;
        for request in 1..10_000 {
            let now = Instant::from_micros(request);
            last = browsers.open(Browser::default(), now).unwrap().0;
        }
        assert_eq!(browsers.lock().all.len(), MOST);
        for (key, stays) in [
            (signed_in, true),
            (choosing, true),
            (first, false),
            (last, true),
        ] {
            assert_eq!(browsers.with(&key, |_| ()).is_some(), stays);
        }
        assert!(browsers.session(&signed_in, start).is_some());
    }

    #[test]
    fn a_browser_at_which_nobody_chose_anything_is_forgotten_soon() {
        let browsers = Browsers::default();
        let start = Instant::from_micros(0);
        let (opened, _) = browsers.open(Browser::default(), start).unwrap();
        let (choosing, _) = browsers.open(Browser::choosing(0), start).unwrap();
        let is_known = |key: &Key| browsers.with(key, |_| ()).is_some();
        for (after_s, opened_stays) in [(KEPT_S - 1, true), (KEPT_S + TIDIED_AFTER_S, false)] {
            let later = start.plus_seconds(after_s);
            browsers.open(Browser::default(), later).unwrap();
            assert_eq!(
                (is_known(&opened), is_known(&choosing)),
                (opened_stays, true)
            );
        }
    }

    #[test]
    fn a_browser_long_unused_is_forgotten() {
        let browsers = Browsers::default();
        let start = Instant::from_micros(0);
        let (old, _) = browsers.open(Browser::choosing(0), start).unwrap();
        let later = start.plus_seconds(FORGOTTEN_AFTER_S);
        let (new, cookie) = browsers.open(Browser::default(), later).unwrap();
        assert!(browsers.with(&old, |_| ()).is_none());
        assert!(browsers.with(&new, |_| ()).is_some());
        assert!(cookie.contains("HttpOnly; SameSite=Strict"));
    }
}
