//! Emergency windows (緊急時の開放): for which facilities and until when the operator opened a disaster or an outage, and which step
//! of which operator is taken. Counts a window as open from its first instant to before its last, and never one nobody approved.

use std::collections::BTreeSet;

use crate::civil_date::Instant;
use crate::emergency::Mode;
use crate::emergency::two_people::{Given, OnePerson, are_two};
use crate::institution_code::InstitutionCode;
use crate::named::named;
use crate::posted_notice::Prefecture;

/// The most characters of a reason.
///
/// ```
/// assert_eq!(domain::emergency::window::REASON_CHARS, 500);
/// ```
pub const REASON_CHARS: usize = 500;

/// Days from one step to the window's end at most \[ours\]: who needs longer extends it, so that somebody looks again.
///
/// ```
/// assert_eq!(domain::emergency::window::LONGEST_DAYS, 92);
/// ```
pub const LONGEST_DAYS: i64 = 92;

named! {
    /// What a window opens.
    ///
    /// ```
    /// use domain::emergency::{Mode, window::WindowKind};
    /// assert_eq!(WindowKind::Outage.mode(), Mode::Outage);
    /// ```
    WindowKind {
        /// 災害時医療情報閲覧.
        Disaster = "disaster";
        /// システム障害時の資格照会.
        Outage = "outage";
    }
}

impl WindowKind {
    /// Its mode.
    #[must_use]
    pub fn mode(self) -> Mode {
        match self {
            Self::Disaster => Mode::Disaster,
            Self::Outage => Mode::Outage,
        }
    }
}

/// The facilities of a district, by the four digits of prefecture and 郡市区番号: digits 1-2 and 4-5 of the institution code. A prefecture's
/// second block of codes (51-97) counts with its first. That a code's digits follow the municipality is a reading of ours.
///
/// ```
/// use domain::{emergency::window::District, institution_code::InstitutionCode};
/// let district = District::parse("1399").unwrap();
/// assert_eq!(District::of(InstitutionCode::parse("1319999999").unwrap()), Some(district));
/// assert_eq!(District::parse("4801"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct District(u16);

impl District {
    /// Reads four digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 4 && text.bytes().all(|it| it.is_ascii_digit());
        let number: u16 = text.parse().ok().filter(|_| digits)?;
        (1..=47).contains(&(number / 100)).then_some(Self(number))
    }

    /// The district an institution code names.
    #[must_use]
    pub fn of(code: InstitutionCode) -> Option<Self> {
        let prefecture = u16::from(Prefecture::of(code)?.number());
        let district = u16::try_from(code.as_u64() / 100_000 % 100).ok()?;
        Some(Self(prefecture * 100 + district))
    }
}

impl core::fmt::Display for District {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

/// Which facilities a window reaches.
///
/// ```
/// use domain::emergency::window::{InvalidReach, Reach, WindowKind};
/// let nowhere = Reach::Within(Default::default());
/// assert_eq!(nowhere.fits(WindowKind::Disaster), Err(InvalidReach::Nowhere));
/// assert_eq!(Reach::Everywhere.fits(WindowKind::Outage), Ok(()));
/// assert_eq!(Reach::Everywhere.fits(WindowKind::Disaster), Err(InvalidReach::DisasterEverywhere));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Every facility: an outage of the system itself.
    Everywhere,
    /// Those of any of these.
    Within(Places),
}

/// Places a window is opened for: a facility in any of them is reached.
///
/// ```
/// use domain::{emergency::window::Places, institution_code::InstitutionCode, posted_notice::Prefecture};
/// let places = Places { prefectures: [Prefecture::parse("13").unwrap()].into(), ..Places::default() };
/// assert!(places.hold(InstitutionCode::parse("1319999999").unwrap()));
/// assert!(!places.hold(InstitutionCode::parse("1419999999").unwrap()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// Prefectures.
    pub prefectures: BTreeSet<Prefecture>,
    /// Districts.
    pub districts: BTreeSet<District>,
    /// Named facilities.
    pub facilities: BTreeSet<InstitutionCode>,
}

impl Places {
    /// Whether a facility is in one of them.
    #[must_use]
    pub fn hold(&self, facility: InstitutionCode) -> bool {
        let prefecture = Prefecture::of(facility);
        let district = District::of(facility);
        prefecture.is_some_and(|it| self.prefectures.contains(&it))
            || district.is_some_and(|it| self.districts.contains(&it))
            || self.facilities.contains(&facility)
    }
}

/// Why a window of this kind cannot reach this far.
///
/// ```
/// use domain::emergency::window::InvalidReach;
/// assert!(InvalidReach::OutageByArea.to_string().contains("facilities"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReach {
    /// No place is named.
    #[error("no place is named")]
    Nowhere,
    /// A disaster is somewhere.
    #[error("a disaster is opened for named places, never for all")]
    DisasterEverywhere,
    /// An outage is of facilities that called, or of the system.
    #[error("an outage is opened for named facilities or for all, never for an area")]
    OutageByArea,
}

impl Reach {
    /// Whether a window of a kind may reach so far (operations §1.10: a disaster by area, later by facility; an outage for the facility
    /// that called, or for all when the system is down).
    ///
    /// # Errors
    /// [`InvalidReach`].
    pub fn fits(&self, kind: WindowKind) -> Result<(), InvalidReach> {
        let places = match (self, kind) {
            (Self::Everywhere, WindowKind::Outage) => return Ok(()),
            (Self::Everywhere, WindowKind::Disaster) => {
                return Err(InvalidReach::DisasterEverywhere);
            }
            (Self::Within(places), _) => places,
        };
        let areas = places.prefectures.len() + places.districts.len();
        if areas + places.facilities.len() == 0 {
            return Err(InvalidReach::Nowhere);
        }
        if kind == WindowKind::Outage && 0 < areas {
            return Err(InvalidReach::OutageByArea);
        }
        Ok(())
    }

    /// Whether a facility is reached.
    #[must_use]
    pub fn holds(&self, facility: InstitutionCode) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Within(places) => places.hold(facility),
        }
    }
}

/// How many operators a window needs.
///
/// ```
/// use domain::emergency::window::Operators;
/// assert_ne!(Operators::One, Operators::Two);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operators {
    /// One opens it.
    One,
    /// One opens it, another approves; also a later end.
    Two,
}

named! {
    /// What an operator did to a window.
    ///
    /// ```
    /// use domain::emergency::window::Deed;
    /// assert_eq!(Deed::parse("approve"), Some(Deed::Approve));
    /// ```
    Deed {
        /// Opened it.
        Open = "open";
        /// Approved what another one opened or extended.
        Approve = "approve";
        /// Gave it a later end.
        Extend = "extend";
        /// Ended it before its end, or took it back before anybody approved.
        Close = "close";
    }
}

/// One step, as it is kept. Steps are added, never changed.
///
/// ```
/// use domain::{civil_date::Instant, emergency::window::{Change, Deed}};
/// let at = Instant::from_micros(0);
/// let opened = Change { at, operator: "unyo1".into(), deed: Deed::Open, until: Some(at.plus_seconds(60)), waits: true };
/// assert!(opened.waits);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// Who.
    pub operator: String,
    /// What.
    pub deed: Deed,
    /// The end that was given, of an opening or an extension.
    pub until: Option<Instant>,
    /// Whether it counts only once another operator approves.
    pub waits: bool,
}

/// A window as its changes made it.
///
/// ```
/// use domain::{civil_date::Instant, emergency::window::*};
/// let at = Instant::from_micros(0);
/// let end = at.plus_seconds(3_600);
/// let planned = Planned { id: 1, kind: WindowKind::Outage, reach: Reach::Everywhere, reason: "回線障害".into(), from: at };
/// let window = EmergencyWindow::open(planned, end, "unyo1", at, Operators::Two).unwrap();
/// assert!(!window.is_open(at));
/// let window = window.approve("unyo2", &[], at).unwrap();
/// assert!(window.is_open(at) && !window.is_open(end));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyWindow {
    /// What was decided when it was opened.
    pub planned: Planned,
    /// Every step, oldest first.
    changes: Vec<Change>,
}

/// What is decided once about a window.
///
/// ```
/// use domain::{civil_date::Instant, emergency::window::{Planned, Reach, WindowKind}};
/// let from = Instant::from_micros(0);
/// let planned = Planned { id: 1, kind: WindowKind::Outage, reach: Reach::Everywhere, reason: "回線障害".into(), from };
/// assert_eq!(planned.kind, WindowKind::Outage);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Identifier.
    pub id: u128,
    /// What it opens.
    pub kind: WindowKind,
    /// For whom.
    pub reach: Reach,
    /// Why: read by operators and, with the banner, by the facilities it reaches.
    pub reason: String,
    /// The first instant it may be open.
    pub from: Instant,
}

named! {
    /// How a window stands.
    ///
    /// ```
    /// use domain::emergency::window::Standing;
    /// assert_eq!(Standing::Waiting.as_str(), "waiting");
    /// ```
    Standing {
        /// For the approval of another operator.
        Waiting = "waiting";
        /// Approved, and not begun.
        Planned = "planned";
        /// Open now.
        Open = "open";
        /// Past its end.
        Ended = "ended";
        /// Ended before its end, or taken back.
        Closed = "closed";
    }
}

/// Why a step is refused.
///
/// ```
/// use domain::emergency::{two_people::OnePerson, window::RefusedStep};
/// assert!(RefusedStep::OnePerson(OnePerson::Same).to_string().contains("another operator"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedStep {
    /// The window cannot reach so far.
    #[error(transparent)]
    Reach(#[from] InvalidReach),
    /// No reason, a long one, or one with control characters.
    #[error("a reason of 1 to 500 characters is needed")]
    Reason,
    /// The end is not after the beginning or is past.
    #[error("the end must lie after the beginning and in the future")]
    End,
    /// The end lies too far away.
    #[error("the end may lie 92 days ahead at most; extend the window later")]
    TooLong,
    /// An extension that ends no later.
    #[error("an extension must end later than the window does")]
    NotLater,
    /// It is over.
    #[error("the window is over; open another one")]
    Over,
    /// There is nothing to approve.
    #[error("nothing waits for approval")]
    NotWaiting,
    /// Who asked and who approves may be one person.
    #[error(transparent)]
    OnePerson(#[from] OnePerson),
    /// Something waits already.
    #[error("the window waits for approval already")]
    Waiting,
}

impl EmergencyWindow {
    /// Opens a window; with two operators it waits for the other one.
    ///
    /// # Errors
    /// [`RefusedStep`].
    pub fn open(
        planned: Planned,
        until: Instant,
        operator: &str,
        now: Instant,
        operators: Operators,
    ) -> Result<Self, RefusedStep> {
        planned.reach.fits(planned.kind)?;
        crate::personal_text::check(&planned.reason, REASON_CHARS)
            .map_err(|_| RefusedStep::Reason)?;
        if until <= planned.from || until <= now {
            return Err(RefusedStep::End);
        }
        within_reason(planned.from.max(now), until)?;
        let mut window = Self {
            planned,
            changes: Vec::new(),
        };
        window.push(now, operator, Deed::Open, Some(until), operators);
        Ok(window)
    }

    /// Reads what was kept.
    ///
    /// ```
    /// use domain::{civil_date::Instant, emergency::window::*};
    /// let at = Instant::from_micros(0);
    /// let planned = Planned { id: 1, kind: WindowKind::Outage, reach: Reach::Everywhere, reason: "回線障害".into(), from: at };
    /// let window = EmergencyWindow::open(planned.clone(), at.plus_seconds(60), "a", at, Operators::One).unwrap();
    /// assert_eq!(EmergencyWindow::kept(planned, window.changes().to_vec()), window);
    /// ```
    #[must_use]
    pub fn kept(planned: Planned, changes: Vec<Change>) -> Self {
        Self { planned, changes }
    }

    /// Approves what waits: the window, or its later end. `given` is what operators were given lately to sign in with.
    ///
    /// # Errors
    /// [`RefusedStep`].
    pub fn approve(
        mut self,
        operator: &str,
        given: &[Given],
        now: Instant,
    ) -> Result<Self, RefusedStep> {
        let waiting = self.waiting().ok_or(RefusedStep::NotWaiting)?;
        are_two(&waiting.operator, operator, given)?;
        let end = waiting.until;
        // A later end that nobody approved in time does not open again what had ended: nothing was open in between.
        let ended = self.approved_at().is_some() && self.until() <= now;
        if ended || self.closed_at().is_some() || end.is_none_or(|end| end <= now) {
            return Err(RefusedStep::Over);
        }
        self.push(now, operator, Deed::Approve, end, Operators::One);
        Ok(self)
    }

    /// Gives it a later end.
    ///
    /// # Errors
    /// [`RefusedStep`].
    pub fn extend(
        mut self,
        until: Instant,
        operator: &str,
        now: Instant,
        operators: Operators,
    ) -> Result<Self, RefusedStep> {
        match self.standing(now) {
            Standing::Ended | Standing::Closed => return Err(RefusedStep::Over),
            Standing::Waiting => return Err(RefusedStep::Waiting),
            Standing::Planned | Standing::Open if self.waiting().is_some() => {
                return Err(RefusedStep::Waiting);
            }
            Standing::Planned | Standing::Open => {}
        }
        if until <= self.until() {
            return Err(RefusedStep::NotLater);
        }
        within_reason(self.planned.from.max(now), until)?;
        self.push(now, operator, Deed::Extend, Some(until), operators);
        Ok(self)
    }

    /// Ends it now. One operator is enough: it takes rights away and gives none.
    ///
    /// # Errors
    /// [`RefusedStep::Over`].
    pub fn close(mut self, operator: &str, now: Instant) -> Result<Self, RefusedStep> {
        match self.standing(now) {
            Standing::Ended | Standing::Closed => return Err(RefusedStep::Over),
            Standing::Waiting | Standing::Planned | Standing::Open => {}
        }
        self.push(now, operator, Deed::Close, None, Operators::One);
        Ok(self)
    }

    fn push(
        &mut self,
        at: Instant,
        operator: &str,
        deed: Deed,
        until: Option<Instant>,
        operators: Operators,
    ) {
        self.changes.push(Change {
            at,
            operator: operator.to_owned(),
            deed,
            until,
            waits: operators == Operators::Two,
        });
    }

    /// Every step, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The step that waits for another operator.
    #[must_use]
    pub fn waiting(&self) -> Option<&Change> {
        self.changes.last().filter(|it| it.waits)
    }

    /// The first instant at which it is open no more: the last end that counts, or when it was closed.
    #[must_use]
    pub fn until(&self) -> Instant {
        let counting = self.changes.iter().filter(|it| !it.waits);
        let end = counting.filter_map(|it| it.until).next_back();
        let first = self.changes.first().and_then(|it| it.until);
        let end = end.or(first).unwrap_or(self.planned.from);
        self.closed_at().map_or(end, |closed| closed.min(end))
    }

    /// When it was first approved, or opened where one operator is enough.
    fn approved_at(&self) -> Option<Instant> {
        let gives = |it: &&Change| !it.waits && it.deed != Deed::Close;
        self.changes.iter().find(gives).map(|it| it.at)
    }

    fn closed_at(&self) -> Option<Instant> {
        let closes = |it: &&Change| it.deed == Deed::Close;
        self.changes.iter().find(closes).map(|it| it.at)
    }

    /// Whether it is open: approved, begun, not over. The first instant counts, the last does not.
    #[must_use]
    pub fn is_open(&self, now: Instant) -> bool {
        let approved = self.approved_at().is_some_and(|at| at <= now);
        approved && self.planned.from <= now && now < self.until()
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self, now: Instant) -> Standing {
        if self.closed_at().is_some() {
            Standing::Closed
        } else if self.until() <= now {
            Standing::Ended
        } else if self.approved_at().is_none() {
            Standing::Waiting
        } else if now < self.planned.from {
            Standing::Planned
        } else {
            Standing::Open
        }
    }
}

fn within_reason(from: Instant, until: Instant) -> Result<(), RefusedStep> {
    if until <= from.plus_seconds(LONGEST_DAYS * 86_400) {
        Ok(())
    } else {
        Err(RefusedStep::TooLong)
    }
}

/// The window that counts for a facility where several of a kind overlap: of those open now the one that ends last, so that nothing ends
/// earlier than it must; of equal ends the one opened first.
///
/// ```
/// use domain::{civil_date::Instant, emergency::window::*, institution_code::InstitutionCode};
/// let at = Instant::from_micros(0);
/// let window = |id, seconds| {
///     let planned = Planned { id, kind: WindowKind::Outage, reach: Reach::Everywhere, reason: "障害".into(), from: at };
///     EmergencyWindow::open(planned, at.plus_seconds(seconds), "a", at, Operators::One).unwrap()
/// };
/// let windows = [window(1, 60), window(2, 600)];
/// let code = InstitutionCode::parse("1319999999").unwrap();
/// assert_eq!(counting(&windows, WindowKind::Outage, code, at).map(|it| it.planned.id), Some(2));
/// assert!(counting(&windows, WindowKind::Disaster, code, at).is_none());
/// ```
#[must_use]
pub fn counting(
    windows: &[EmergencyWindow],
    kind: WindowKind,
    facility: InstitutionCode,
    now: Instant,
) -> Option<&EmergencyWindow> {
    let open = windows.iter().filter(|it| {
        it.planned.kind == kind && it.planned.reach.holds(facility) && it.is_open(now)
    });
    open.max_by_key(|it| (it.until(), std::cmp::Reverse(it.planned.id)))
}

#[cfg(test)]
mod tests;
