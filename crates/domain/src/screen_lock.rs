//! The screen lock of the terminal (G17): when it locks, what keeps it open, how far it may be weakened. Opens nothing by itself.

use crate::civil_date::Instant;

/// Minutes without a person's action after which the terminal locks: 15 as in the guide, or fewer. More would be a weakening that
/// G17 does not name.
///
/// ```
/// use domain::screen_lock::IdleMinutes;
/// assert_eq!(IdleMinutes::default().get(), 15);
/// assert!(IdleMinutes::new(5).is_some());
/// assert!(IdleMinutes::new(16).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleMinutes(u8);

impl IdleMinutes {
    /// The guide's, and the most.
    ///
    /// ```
    /// assert_eq!(domain::screen_lock::IdleMinutes::MOST, 15);
    /// ```
    pub const MOST: u8 = 15;

    /// 1 to 15 minutes; `None` for others.
    ///
    /// ```
    /// assert!(domain::screen_lock::IdleMinutes::new(0).is_none());
    /// ```
    #[must_use]
    pub fn new(minutes: u8) -> Option<Self> {
        (1..=Self::MOST).contains(&minutes).then_some(Self(minutes))
    }

    /// The minutes.
    ///
    /// ```
    /// assert_eq!(domain::screen_lock::IdleMinutes::new(1).unwrap().get(), 1);
    /// ```
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    fn seconds(self) -> i64 {
        i64::from(self.0) * 60
    }
}

impl Default for IdleMinutes {
    fn default() -> Self {
        Self(Self::MOST)
    }
}

/// Who caused a request to the terminal's pages. Only a person's counts; patients at the reader, the gateway and receipt computers
/// send none at all.
///
/// ```
/// use domain::screen_lock::Cause;
/// assert_ne!(Cause::Person, Cause::Background);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Somebody opened a page, sent a form, typed or pressed.
    Person,
    /// A page that renews itself, or asks for news.
    Background,
}

/// How far an administrator weakened the lock: the guide's four ways of switching it off.
///
/// ```
/// use domain::screen_lock::Weakening;
/// assert_eq!(Weakening::ALL.len(), 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakening {
    /// 停止: off until the terminal starts next.
    UntilNextStart,
    /// 自動起動の解除: from the next start on it does not begin by itself; a person may still lock by hand.
    NotStartedByItself,
    /// アンインストール: from the next start on there is none.
    Removed,
    /// パスワード要求の解除: the screen is hidden as ever, but anybody may bring it back.
    NoPassword,
}

impl Weakening {
    /// All, from the shortest to the one that leaves the screen hidden.
    ///
    /// ```
    /// use domain::screen_lock::Weakening;
    /// assert_eq!(Weakening::ALL[0], Weakening::UntilNextStart);
    /// ```
    pub const ALL: [Self; 4] = [
        Self::UntilNextStart,
        Self::NotStartedByItself,
        Self::Removed,
        Self::NoPassword,
    ];

    /// Its name in forms and files.
    ///
    /// ```
    /// assert_eq!(domain::screen_lock::Weakening::Removed.as_str(), "removed");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UntilNextStart => "until_next_start",
            Self::NotStartedByItself => "not_started_by_itself",
            Self::Removed => "removed",
            Self::NoPassword => "no_password",
        }
    }

    /// The one of a name.
    ///
    /// ```
    /// use domain::screen_lock::Weakening;
    /// assert_eq!(Weakening::parse("no_password"), Some(Weakening::NoPassword));
    /// assert_eq!(Weakening::parse("off"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    /// What is left of it when the terminal starts.
    ///
    /// ```
    /// use domain::screen_lock::Weakening;
    /// assert_eq!(Weakening::UntilNextStart.after_start(), None);
    /// assert_eq!(Weakening::Removed.after_start(), Some(Weakening::Removed));
    /// ```
    #[must_use]
    pub fn after_start(self) -> Option<Self> {
        (self != Self::UntilNextStart).then_some(self)
    }
}

/// How the lock works until the terminal starts anew.
///
/// ```
/// use domain::screen_lock::{Mode, Weakening};
/// assert_eq!(Mode::at_start(None), Mode::Full);
/// assert_eq!(Mode::Full.after_weakening(Weakening::Removed), Mode::Full, "it takes effect after a restart");
/// assert_eq!(Mode::at_start(Some(Weakening::Removed)), Mode::Absent);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Idle minutes lock, the password unlocks.
    Full,
    /// Only a person locks; the password unlocks.
    ByHand,
    /// Idle minutes lock, anybody unlocks.
    NoPassword,
    /// Nothing locks.
    Absent,
}

impl Mode {
    /// How it works after a start, by the weakening that was left.
    ///
    /// ```
    /// use domain::screen_lock::{Mode, Weakening};
    /// assert_eq!(Mode::at_start(Some(Weakening::NotStartedByItself)), Mode::ByHand);
    /// ```
    #[must_use]
    pub fn at_start(saved: Option<Weakening>) -> Self {
        match saved.and_then(Weakening::after_start) {
            None | Some(Weakening::UntilNextStart) => Self::Full,
            Some(Weakening::NotStartedByItself) => Self::ByHand,
            Some(Weakening::Removed) => Self::Absent,
            Some(Weakening::NoPassword) => Self::NoPassword,
        }
    }

    /// How it works at once after an administrator weakened it. What takes effect at a start leaves it as it is; undoing is
    /// [`Mode::Full`] at once.
    ///
    /// ```
    /// use domain::screen_lock::{Mode, Weakening};
    /// assert_eq!(Mode::Full.after_weakening(Weakening::UntilNextStart), Mode::ByHand);
    /// ```
    #[must_use]
    pub fn after_weakening(self, weakening: Weakening) -> Self {
        match weakening {
            Weakening::UntilNextStart => Self::ByHand,
            Weakening::NotStartedByItself | Weakening::Removed => self,
            Weakening::NoPassword => Self::NoPassword,
        }
    }

    fn locks_when_idle(self) -> bool {
        matches!(self, Self::Full | Self::NoPassword)
    }

    /// Whether a person may lock.
    ///
    /// ```
    /// use domain::screen_lock::Mode;
    /// assert!(Mode::ByHand.locks_by_hand() && !Mode::Absent.locks_by_hand());
    /// ```
    #[must_use]
    pub fn locks_by_hand(self) -> bool {
        self != Self::Absent
    }

    /// Whether unlocking asks for the terminal user's password.
    ///
    /// ```
    /// use domain::screen_lock::Mode;
    /// assert!(Mode::ByHand.asks_password() && !Mode::NoPassword.asks_password());
    /// ```
    #[must_use]
    pub fn asks_password(self) -> bool {
        self != Self::NoPassword
    }
}

/// The lock of one terminal. Every look at it tells the time; once it has locked, only [`ScreenLock::unlock`] opens it.
///
/// ```
/// use domain::{civil_date::Instant, screen_lock::{Cause, IdleMinutes, Mode, ScreenLock}};
/// let start = Instant::from_micros(0);
/// let mut lock = ScreenLock::new(IdleMinutes::default(), Mode::Full, start);
/// assert!(!lock.is_locked(Cause::Background, start.plus_seconds(899)));
/// assert!(lock.is_locked(Cause::Person, start.plus_seconds(900)));
/// lock.unlock(start.plus_seconds(901));
/// assert!(!lock.is_locked(Cause::Person, start.plus_seconds(902)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScreenLock {
    idle: IdleMinutes,
    mode: Mode,
    acted: Instant,
    locked: bool,
}

impl ScreenLock {
    /// The lock of a terminal that starts: open, as signing in at boot asks no password.
    ///
    /// ```
    /// use domain::{civil_date::Instant, screen_lock::{Cause, Mode, ScreenLock}};
    /// let now = Instant::from_micros(0);
    /// assert!(!ScreenLock::new(Default::default(), Mode::Full, now).is_locked(Cause::Background, now));
    /// ```
    #[must_use]
    pub fn new(idle: IdleMinutes, mode: Mode, now: Instant) -> Self {
        Self {
            idle,
            mode,
            acted: now,
            locked: false,
        }
    }

    /// Whether it is locked when something is asked of the terminal; if not, a person's action starts the idle minutes anew. An
    /// action after the idle minutes comes too late. A clock set back starts them anew as well, so that they never grow.
    ///
    /// ```
    /// use domain::{civil_date::Instant, screen_lock::{Cause, Mode, ScreenLock}};
    /// let start = Instant::from_micros(0);
    /// let mut lock = ScreenLock::new(Default::default(), Mode::Full, start);
    /// assert!(!lock.is_locked(Cause::Person, start.plus_seconds(600)));
    /// assert!(!lock.is_locked(Cause::Background, start.plus_seconds(1_499)));
    /// assert!(lock.is_locked(Cause::Background, start.plus_seconds(1_500)));
    /// ```
    pub fn is_locked(&mut self, cause: Cause, now: Instant) -> bool {
        let is_over = self.acted.plus_seconds(self.idle.seconds()) <= now;
        if !self.locked && self.mode.locks_when_idle() && is_over {
            self.locked = true;
        }
        if !self.locked && (cause == Cause::Person || now < self.acted) {
            self.acted = now;
        }
        self.locked
    }

    /// Locks at a person's wish; says whether it is locked now.
    ///
    /// ```
    /// use domain::{civil_date::Instant, screen_lock::{Mode, ScreenLock}};
    /// let mut lock = ScreenLock::new(Default::default(), Mode::Absent, Instant::from_micros(0));
    /// assert!(!lock.lock());
    /// ```
    pub fn lock(&mut self) -> bool {
        self.locked |= self.mode.locks_by_hand();
        self.locked
    }

    /// Opens it. Who may is decided before: see [`Mode::asks_password`].
    ///
    /// ```
    /// use domain::{civil_date::Instant, screen_lock::{Cause, Mode, ScreenLock}};
    /// let now = Instant::from_micros(0);
    /// let mut lock = ScreenLock::new(Default::default(), Mode::Full, now);
    /// lock.lock();
    /// lock.unlock(now);
    /// assert!(!lock.is_locked(Cause::Background, now));
    /// ```
    pub fn unlock(&mut self, now: Instant) {
        self.locked = false;
        self.acted = now;
    }

    /// Changes how it works from now on. One that is locked stays so.
    ///
    /// ```
    /// use domain::{civil_date::Instant, screen_lock::{Mode, ScreenLock}};
    /// let mut lock = ScreenLock::new(Default::default(), Mode::Full, Instant::from_micros(0));
    /// lock.set_mode(Mode::NoPassword);
    /// assert_eq!(lock.mode(), Mode::NoPassword);
    /// ```
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// How it works now.
    ///
    /// ```
    /// use domain::{civil_date::Instant, screen_lock::{Mode, ScreenLock}};
    /// let lock = ScreenLock::new(Default::default(), Mode::ByHand, Instant::from_micros(0));
    /// assert_eq!(lock.mode(), Mode::ByHand);
    /// ```
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Seconds, rounded up, until it locks by itself if nobody does anything; `None` when it does not. At least 1.
    ///
    /// ```
    /// use domain::{civil_date::Instant, screen_lock::{Mode, ScreenLock}};
    /// let start = Instant::from_micros(0);
    /// let lock = ScreenLock::new(Default::default(), Mode::Full, start);
    /// assert_eq!(lock.locks_after_s(start.plus_seconds(60)), Some(840));
    /// ```
    #[must_use]
    pub fn locks_after_s(&self, now: Instant) -> Option<i64> {
        let at = self.acted.plus_seconds(self.idle.seconds()).as_micros();
        let left = at.saturating_sub(now.as_micros()).max(1);
        let seconds = left.div_euclid(1_000_000) + i64::from(left % 1_000_000 != 0);
        (!self.locked && self.mode.locks_when_idle()).then_some(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn start() -> Instant {
        Instant::from_micros(1_000_000_000_000)
    }

    fn lock(mode: Mode) -> ScreenLock {
        ScreenLock::new(IdleMinutes::default(), mode, start())
    }

    #[test]
    fn it_locks_at_fifteen_idle_minutes_to_the_microsecond() {
        let last = Instant::from_micros(start().as_micros() + 899_999_999);
        assert!(!lock(Mode::Full).is_locked(Cause::Background, last));
        assert!(lock(Mode::Full).is_locked(Cause::Background, start().plus_seconds(900)));
        // An action in the last microsecond keeps it open, one at the very end does not.
        assert!(!lock(Mode::Full).is_locked(Cause::Person, last));
        assert!(lock(Mode::Full).is_locked(Cause::Person, start().plus_seconds(900)));
    }

    #[test]
    fn what_locks_and_unlocks_in_each_mode() {
        let late = start().plus_seconds(100_000);
        for (mode, idle, by_hand, password) in [
            (Mode::Full, true, true, true),
            (Mode::ByHand, false, true, true),
            (Mode::NoPassword, true, true, false),
            (Mode::Absent, false, false, true),
        ] {
            assert_eq!(
                lock(mode).is_locked(Cause::Background, late),
                idle,
                "{mode:?}"
            );
            assert_eq!(lock(mode).lock(), by_hand, "{mode:?}");
            assert_eq!(mode.asks_password(), password, "{mode:?}");
            assert_eq!(lock(mode).locks_after_s(start()), idle.then_some(900));
        }
    }

    #[test]
    fn each_weakening_takes_effect_and_survives_a_start_as_named() {
        for (weakening, at_once, after_start) in [
            (Weakening::UntilNextStart, Mode::ByHand, Mode::Full),
            (Weakening::NotStartedByItself, Mode::Full, Mode::ByHand),
            (Weakening::Removed, Mode::Full, Mode::Absent),
            (Weakening::NoPassword, Mode::NoPassword, Mode::NoPassword),
        ] {
            assert_eq!(Mode::Full.after_weakening(weakening), at_once);
            assert_eq!(Mode::at_start(Some(weakening)), after_start);
            assert_eq!(Weakening::parse(weakening.as_str()), Some(weakening));
        }
    }

    #[test]
    fn a_weakening_does_not_open_what_is_locked() {
        let mut lock = lock(Mode::Full);
        lock.lock();
        for weakening in Weakening::ALL {
            lock.set_mode(lock.mode().after_weakening(weakening));
            assert!(lock.is_locked(Cause::Person, start()));
        }
    }

    #[test]
    fn a_clock_set_back_does_not_make_the_idle_minutes_longer() {
        let mut lock = lock(Mode::Full);
        let back = start().plus_seconds(-86_400);
        assert!(!lock.is_locked(Cause::Background, back));
        assert!(!lock.is_locked(Cause::Background, back.plus_seconds(899)));
        assert!(lock.is_locked(Cause::Background, back.plus_seconds(900)));
    }

    #[test]
    fn only_one_to_fifteen_minutes_can_be_set() {
        let allowed: Vec<u8> = (0..=u8::MAX)
            .filter(|it| IdleMinutes::new(*it).is_some())
            .collect();
        assert_eq!(allowed, (1..=15).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn it_is_locked_exactly_when_a_gap_between_actions_reached_the_idle_minutes(
            gaps in proptest::collection::vec((0_i64..1_200, any::<bool>()), 1..40)
        ) {
            let mut lock = lock(Mode::Full);
            let (mut now, mut acted, mut expected) = (start(), start(), false);
            for (gap, person) in gaps {
                now = now.plus_seconds(gap);
                expected |= acted.plus_seconds(900) <= now;
                let cause = if person { Cause::Person } else { Cause::Background };
                prop_assert_eq!(lock.is_locked(cause, now), expected);
                if person && !expected {
                    acted = now;
                }
            }
        }

        #[test]
        fn after_the_seconds_it_tells_it_is_locked_and_not_a_second_earlier(micros in 0_i64..899_999_999) {
            let now = Instant::from_micros(start().as_micros() + micros);
            let mut lock = lock(Mode::Full);
            let after = lock.locks_after_s(now).unwrap();
            prop_assert!(!lock.is_locked(Cause::Background, now.plus_seconds(after - 1)));
            prop_assert!(lock.is_locked(Cause::Background, now.plus_seconds(after)));
        }
    }
}
