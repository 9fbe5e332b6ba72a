//! A reader (顔認証付きカードリーダー) or the general card reader of a PC (G31): its name, its mode, what it does now. Knows no device.

use core::fmt;

use crate::account::AccountId;
use crate::civil_date::Instant;
use crate::named::named;

/// Which reader: the account of a face reader, or the PC of a terminal.
///
/// ```
/// use domain::{account::AccountId, reader::ReaderId};
/// let reader = ReaderId::Account(AccountId::parse("reader").unwrap());
/// assert_eq!(ReaderId::parse(&reader.to_string()), Some(reader));
/// assert_eq!(ReaderId::parse("pc:受付1"), Some(ReaderId::Pc("受付1".into())));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReaderId {
    /// A face reader: one account is one device.
    Account(AccountId),
    /// The PC of this terminal name (端末名称), as its client certificate says.
    Pc(String),
    /// A device of home care (G32), by its identifier at the center.
    HomeDevice(u128),
}

impl ReaderId {
    /// Reads the text form: an account's identifier, `pc:` and a terminal name of up to 60 characters, or `home:` and 32 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(device) = text.strip_prefix("home:") {
            let fits = device.len() == 32 && device.bytes().all(|it| it.is_ascii_hexdigit());
            let number = u128::from_str_radix(device, 16).ok().filter(|_| fits);
            return number.map(Self::HomeDevice);
        }
        match text.strip_prefix("pc:") {
            Some(terminal) if (1..=60).contains(&terminal.chars().count()) => {
                Some(Self::Pc(terminal.to_owned()))
            }
            Some(_) => None,
            None => AccountId::parse(text).ok().map(Self::Account),
        }
    }
}

impl fmt::Display for ReaderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "{account}"),
            Self::Pc(terminal) => write!(f, "pc:{terminal}"),
            Self::HomeDevice(device) => write!(f, "home:{device:032x}"),
        }
    }
}

named! {
    /// How the reader is run (G14). The mode alone confirms nobody (contracts §2).
    ///
    /// ```
    /// use domain::reader::ReaderMode;
    /// assert_eq!(ReaderMode::parse("visual"), Some(ReaderMode::Visual));
    /// ```
    ReaderMode {
        /// 無人運転: patients check in alone.
        Unattended = "unattended";
        /// 目視確認: staff compare face and photo.
        Visual = "visual";
    }
}

named! {
    /// What a reader does now, as it says itself.
    ///
    /// ```
    /// use domain::reader::ReaderState;
    /// assert_eq!(ReaderState::parse("waiting_for_staff"), Some(ReaderState::WaitingForStaff));
    /// ```
    ReaderState {
        /// It has not been heard of, or its kiosk is stopped.
        Away = "away";
        /// It waits for a card.
        Idle = "idle";
        /// A card lies on it.
        Card = "card";
        /// The card waits for a confirmation of staff.
        WaitingForStaff = "waiting_for_staff";
        /// The patient is being asked.
        Asking = "asking";
        /// Something is out of order.
        Trouble = "trouble";
    }
}

named! {
    /// Whether the patient has called for staff.
    ///
    /// ```
    /// use domain::reader::StaffCall;
    /// assert_eq!(StaffCall::None.as_str(), "none");
    /// ```
    StaffCall {
        /// Nobody has.
        None = "none";
        /// Somebody has.
        Called = "called";
    }
}

/// Seconds without a word of a reader after which it counts as away \[ours\].
pub const SILENT_S: i64 = 660;

/// Seconds after which a reader says again what it does, though nothing changed \[ours\]. Not oftener: each word is a write, and a
/// country has hundreds of thousands of readers.
pub const SAY_AGAIN_S: i64 = 300;

/// What a reader does at an instant: what it said last, or away when that was too long ago.
///
/// ```
/// use domain::{civil_date::Instant, reader::{ReaderState, state_at}};
/// let said = Instant::from_micros(0);
/// assert_eq!(state_at(ReaderState::Idle, said, said.plus_seconds(659)), ReaderState::Idle);
/// assert_eq!(state_at(ReaderState::Idle, said, said.plus_seconds(660)), ReaderState::Away);
/// ```
#[must_use]
pub fn state_at(said: ReaderState, at: Instant, now: Instant) -> ReaderState {
    if at.seconds_until(now) < SILENT_S {
        said
    } else {
        ReaderState::Away
    }
}

/// A mode with the time it ends by itself.
///
/// ```
/// use domain::{civil_date::Instant, reader::{ModeSet, ReaderMode}};
/// let now = Instant::from_micros(0);
/// let set = ModeSet { mode: ReaderMode::Visual, since: now, returns_at: Some(now.plus_seconds(600)) };
/// assert_eq!(set.at(now.plus_seconds(599)), ReaderMode::Visual);
/// assert_eq!(set.at(now.plus_seconds(600)), ReaderMode::Unattended);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModeSet {
    /// The mode that was set.
    pub mode: ReaderMode,
    /// Since when.
    pub since: Instant,
    /// When the reader is unattended again by itself; never when absent.
    pub returns_at: Option<Instant>,
}

impl ModeSet {
    /// The mode at an instant.
    #[must_use]
    pub fn at(&self, now: Instant) -> ReaderMode {
        match self.returns_at {
            Some(end) if end <= now => ReaderMode::Unattended,
            Some(_) | None => self.mode,
        }
    }
}
