//! The screen lock at work (G17): asked before every page, it lets through, or answers the lock screen in place of anything else. The
//! rule is `domain::screen_lock`'s. Knows nothing of kiosk, gateway and receipt computers, which go on.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::Response;
use domain::civil_date::Instant;
use domain::lockout::{self, Settled, Try};
use domain::screen_lock::{Cause, IdleMinutes, Mode, ScreenLock, Weakening};
use kiosk::profile::Lock as LockName;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};

use crate::browsers;
use crate::pages;
use crate::serve::App;
use crate::terminal_user::{self, CannotTell, TerminalUser};

/// Name of the file that holds what must survive a restart.
const FILE: &str = "screen-lock.json";

/// What a screen lock works with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The terminal's own folder.
    pub data_dir: PathBuf,
    /// After how many idle minutes it locks.
    pub idle: IdleMinutes,
    /// How the facility knows it; by the maker of its reader when `None`.
    pub name: Option<LockName>,
}

/// A weakening with who chose it, and when.
#[derive(Serialize, Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct Weakened {
    degree: String,
    since_micros: i64,
    /// ID of the administrator's account.
    pub(crate) by: String,
}

/// What survives a restart.
#[derive(Serialize, Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default)]
struct Saved {
    weakened: Option<Weakened>,
    failures: u32,
    locks: u32,
    until_micros: Option<i64>,
    last_micros: Option<i64>,
}

/// The lock of this terminal.
pub(crate) struct Lock {
    state: Mutex<(ScreenLock, Saved)>,
    closed: watch::Sender<bool>,
    setup: Setup,
    /// One password is tried at a time, so that no try is forgotten.
    turn: Semaphore,
}

/// What becomes of a try to unlock.
pub(crate) enum Unlocking {
    /// It is open.
    Open,
    /// It is open, but nobody could be asked for a password: who is signed in must sign in again.
    WithoutUser,
    /// A wrong password.
    Wrong,
    /// Too many wrong passwords: so many seconds.
    Waits(i64),
    /// Who unlocks cannot be read: it stays locked.
    CannotTell,
}

/// What becomes of a terminal user's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It is the terminal user's.
    Right,
    /// It is not.
    Wrong,
    /// Too many were wrong: so many seconds.
    Waits(i64),
    /// There is no terminal user.
    WithoutUser,
    /// Who the terminal user is cannot be read.
    CannotTell,
}

/// What a page has to know of the lock.
#[derive(Clone, Copy, Default)]
pub(crate) struct Head {
    pub(crate) is_closed: bool,
    /// Seconds until the page leaves by itself.
    pub(crate) leaves_after_s: Option<i64>,
    /// Whether it can be locked by hand.
    pub(crate) by_hand: bool,
}

impl Head {
    /// As the pages' script knows it.
    pub(crate) fn state(self) -> &'static str {
        if self.is_closed { "locked" } else { "open" }
    }
}

impl Weakened {
    pub(crate) fn degree(&self) -> Option<Weakening> {
        Weakening::parse(&self.degree)
    }

    pub(crate) fn since(&self) -> Instant {
        Instant::from_micros(self.since_micros)
    }
}

impl Saved {
    fn tries(&self) -> lockout::State {
        lockout::State {
            failures: self.failures,
            locks: self.locks,
            until: self.until_micros.map(Instant::from_micros),
            last: self.last_micros.map(Instant::from_micros),
        }
    }

    fn with_tries(&self, tries: lockout::State) -> Self {
        Self {
            weakened: self.weakened.clone(),
            failures: tries.failures,
            locks: tries.locks,
            until_micros: tries.until.map(Instant::as_micros),
            last_micros: tries.last.map(Instant::as_micros),
        }
    }
}

impl Lock {
    /// The lock of a terminal that starts. What was kept for this long only is forgotten; a damaged file weakens nothing.
    pub(crate) fn start(setup: Setup, now: Instant) -> Self {
        let mut saved = read(&setup);
        let left = saved.weakened.take();
        saved.weakened = left.filter(|it| it.degree().and_then(Weakening::after_start).is_some());
        let mode = Mode::at_start(saved.weakened.as_ref().and_then(Weakened::degree));
        let lock = Self {
            state: Mutex::new((ScreenLock::new(setup.idle, mode, now), saved.clone())),
            closed: watch::channel(false).0,
            setup,
            turn: Semaphore::new(1),
        };
        if let Err(error) = lock.write(&saved) {
            tracing::error!(error = %error, "{FILE} cannot be written");
        }
        lock
    }

    /// Whether it is locked when something is asked of the terminal.
    pub(crate) fn is_locked(&self, cause: Cause, now: Instant) -> bool {
        let mut state = self.lock();
        let is = state.0.is_locked(cause, now);
        self.tell(is);
        is
    }

    /// Locks at a person's wish.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        self.tell(state.0.lock());
    }

    fn open(&self, now: Instant) {
        let mut state = self.lock();
        state.0.unlock(now);
        self.tell(false);
    }

    /// Told while the state is held, so that what is told last is true.
    fn tell(&self, is_closed: bool) {
        self.closed
            .send_if_modified(|it| std::mem::replace(it, is_closed) != is_closed);
    }

    /// Told when it locks or opens.
    pub(crate) fn changes(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    /// What a page has to know.
    pub(crate) fn head(&self, now: Instant) -> Head {
        let lock = self.lock().0;
        Head {
            is_closed: false,
            leaves_after_s: lock.locks_after_s(now),
            by_hand: lock.mode().locks_by_hand(),
        }
    }

    /// How it works now, and what an administrator weakened.
    pub(crate) fn weakened(&self) -> (Mode, Option<Weakened>) {
        let state = self.lock();
        (state.0.mode(), state.1.weakened.clone())
    }

    /// After how many idle minutes it locks, where it does so by itself.
    pub(crate) fn idle_minutes(&self) -> u8 {
        self.setup.idle.get()
    }

    /// Name by which the facility knows the lock, where its settings say.
    pub(crate) fn name(&self) -> Option<LockName> {
        self.setup.name
    }

    /// Who unlocks.
    pub(crate) fn user(&self) -> Result<Option<TerminalUser>, CannotTell> {
        terminal_user::read(&self.setup.data_dir)
    }

    /// The name of who unlocks, where there is one and it can be read.
    pub(crate) fn user_name(&self) -> Option<String> {
        let user = self.user().unwrap_or_default();
        user.map(|user| user.id)
    }

    /// The terminal's own folder.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.setup.data_dir
    }

    /// Tries to unlock.
    pub(crate) async fn unlock(&self, password: String, now: Instant) -> Unlocking {
        let _turn = self.turn.acquire().await;
        let asks = {
            let mut state = self.lock();
            state.0.is_locked(Cause::Background, now) && state.0.mode().asks_password()
        };
        if !asks {
            self.open(now);
            return Unlocking::Open;
        }
        match self.tried(password, now).await {
            Proof::Right => {
                self.open(now);
                Unlocking::Open
            }
            Proof::WithoutUser => {
                self.open(now);
                Unlocking::WithoutUser
            }
            Proof::Wrong => Unlocking::Wrong,
            Proof::Waits(seconds) => Unlocking::Waits(seconds),
            Proof::CannotTell => Unlocking::CannotTell,
        }
    }

    /// Whether a password is the terminal user's, for what only that person or somebody signed in may do. Counts as a try to unlock.
    pub(crate) async fn prove(&self, password: String, now: Instant) -> Proof {
        let _turn = self.turn.acquire().await;
        self.tried(password, now).await
    }

    /// Tries a password; whoever calls holds the turn.
    async fn tried(&self, password: String, now: Instant) -> Proof {
        let user = match self.user() {
            Ok(Some(user)) => user,
            Ok(None) => return Proof::WithoutUser,
            Err(CannotTell) => return Proof::CannotTell,
        };
        if let Some(seconds) = self.lock().1.tries().waits_s(now) {
            return Proof::Waits(seconds);
        }
        let right = tokio::task::spawn_blocking(move || {
            pki::password_hash::verify(&password, Some(&user.password_hash))
        });
        let outcome = match right.await {
            Ok(true) => Try::Right,
            Ok(false) | Err(_) => Try::Wrong,
        };
        match self.settle(outcome, now) {
            Settled::Open => Proof::Right,
            Settled::Wrong => Proof::Wrong,
            Settled::Locked(seconds) => Proof::Waits(seconds),
        }
    }

    /// Remembers a try, also over a restart, and says what became of it.
    fn settle(&self, outcome: Try, now: Instant) -> Settled {
        let (saved, settled) = {
            let mut state = self.lock();
            let before = state.1.tries();
            let (after, settled) = before.after_try(outcome, lockout::Policy::default(), now);
            state.1 = state.1.with_tries(after);
            (state.1.clone(), settled)
        };
        if let Err(error) = self.write(&saved) {
            tracing::error!(error = %error, "a try to unlock is remembered until the next start only");
        }
        settled
    }

    /// Weakens it, or undoes that with `None`. Nothing changes when it cannot be written.
    pub(crate) fn weaken(
        &self,
        degree: Option<Weakening>,
        by: &str,
        now: Instant,
    ) -> std::io::Result<()> {
        let mut state = self.lock();
        let mut saved = state.1.clone();
        saved.weakened = degree.map(|degree| Weakened {
            degree: degree.as_str().to_owned(),
            since_micros: now.as_micros(),
            by: by.to_owned(),
        });
        self.write(&saved)?;
        state.1 = saved;
        let mode = state.0.mode();
        state
            .0
            .set_mode(degree.map_or(Mode::Full, |it| mode.after_weakening(it)));
        let degree = degree.map_or("none", Weakening::as_str);
        tracing::warn!(degree, "the weakening of the screen lock was changed");
        Ok(())
    }

    fn write(&self, saved: &Saved) -> std::io::Result<()> {
        let bytes = serde_json::to_vec(saved)?;
        let file = self.setup.data_dir.join(FILE);
        pki::sealed::write_private(&file, &bytes).map_err(std::io::Error::other)
    }

    fn lock(&self) -> MutexGuard<'_, (ScreenLock, Saved)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(setup: &Setup) -> Saved {
    let Ok(bytes) = std::fs::read(setup.data_dir.join(FILE)) else {
        return Saved::default();
    };
    serde_json::from_slice(&bytes).unwrap_or_else(|_| {
        tracing::error!("{FILE} is damaged; the screen lock works in full");
        Saved::default()
    })
}

/// Who caused a request: pages that renew themselves, news and questions about the lock are no person's action.
pub(crate) fn cause_of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Cause {
    let path = uri.path();
    let by_itself = uri.query().is_some_and(|it| it.contains("by=itself"));
    // What htmx reads, it reads when news came; what it sends, a person typed.
    let news = method == Method::GET && headers.contains_key("hx-request");
    let asks = matches!(path, "/live" | "/card/news" | "/lock/state" | "/lock/wait");
    if by_itself || news || asks {
        Cause::Background
    } else {
        Cause::Person
    }
}

/// Lets a request through, or answers the lock screen.
pub(crate) async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/assets/") {
        return next.run(request).await;
    }
    let is_post = request.method() == Method::POST;
    let open_when_locked =
        path == "/lock/state" || is_post && matches!(path, "/unlock" | "/language");
    let cause = cause_of(request.method(), request.uri(), request.headers());
    let now = app.now();
    if app.lock.is_locked(cause, now) {
        if !open_when_locked {
            return pages::lock::in_place_of(&app, &request);
        }
    } else if cause == Cause::Person
        && let Some(key) = browsers::key(request.headers())
    {
        // On whatever page somebody works, the session's copies stay.
        app.browsers.with(&key, |it| it.copies.act(now));
    }
    next.run(request).await
}

#[cfg(test)]
pub(crate) mod tests;
