//! Whoever uses the reader of this PC, and where their patient is. Decides nothing: the flow does.

use std::time::Duration;

use api::client::cards::Cause;
use api::reader::Reader;
use card::pin::Pin;
use domain::back_off::BackOff;
use domain::reader::ReaderMode;
use kiosk::flow::facts::{FaceMatching, Facts, Keys, Line, Presence};
use kiosk::flow::own::Own;
use kiosk::flow::{Effect, Event, Step};
use kiosk::link::{self, Link, OpenCheck, OpenPage};

use super::awaits_somebody;
use crate::browsers::Key;

/// A card that was taken, or a last screen without card, is waited for so long.
const MOMENT: Duration = Duration::from_secs(20);

/// A step that somebody may leave half way ends after so long: whoever sat here is gone.
const IDLE: Duration = Duration::from_secs(300);

/// Somebody who sits down.
pub(crate) struct Sitting {
    pub(crate) browser: Key,
    /// The account's name to show.
    pub(crate) name: String,
    pub(crate) link: Link,
    /// Whether a person asks for the page, or it reads itself again.
    pub(crate) cause: Cause,
    /// Whether whoever sits there is sent away.
    pub(crate) force: bool,
}

pub(super) struct Seat {
    pub(super) browser: Key,
    pub(super) name: String,
    pub(super) link: Link,
    pub(super) facts: Facts,
    pub(super) step: Step,
    pub(super) open: Option<OpenCheck>,
    pub(super) own_page: Option<OpenPage>,
    pub(super) check: Option<String>,
    pub(super) pin: Option<Pin>,
    pub(super) pin_incomplete: bool,
    /// Whether staff confirm the patient right now: gone after its one use.
    pub(super) confirmed: bool,
    /// Waits before answers that could not be sent are sent again.
    pub(super) waits: BackOff,
}

impl Seat {
    pub(super) fn new(sitting: Sitting, facts: Facts) -> Self {
        Self {
            browser: sitting.browser,
            name: sitting.name,
            link: sitting.link,
            facts,
            step: Step::Welcome,
            open: None,
            own_page: None,
            check: None,
            pin: None,
            pin_incomplete: false,
            confirmed: false,
            waits: link::waits(),
        }
    }

    /// Drops the check that was made before this visit: beside another patient's card its result would pass for theirs. The own page
    /// is no check at all.
    pub(super) fn part_from_earlier_check(&mut self, effects: &[Effect]) {
        let begins = match &self.step {
            Step::Welcome | Step::OutOfOrder(_) | Step::TakeCard => false,
            Step::Own(_) => true,
            step if step.holds_check() => false,
            _ => effects
                .iter()
                .any(|it| matches!(it, Effect::ReadCard | Effect::Identify(_) | Effect::Forget)),
        };
        if begins {
            self.check = None;
        }
    }

    /// How long the step lasts if nothing happens, and what ends it then. One that waits for staff, or for a card that reads, is left
    /// half way like one that waits for the patient.
    pub(super) fn ends_by_itself(&self) -> Option<(Duration, Event)> {
        if self.step.passes(&self.facts) {
            return Some((MOMENT, Event::MomentOver));
        }
        let is_left = match &self.step {
            Step::WaitingForStaff(_) | Step::Unreadable { .. } | Step::Own(Own::Unreadable(_)) => {
                true
            }
            step => awaits_somebody(step),
        };
        is_left.then_some((IDLE, Event::Stop))
    }

    /// Whether somebody else may take the seat.
    pub(super) fn makes_room_for(&self, sitting: &Sitting) -> bool {
        sitting.force || (sitting.cause == Cause::Person && !self.is_busy())
    }

    /// Whether a patient is under way.
    fn is_busy(&self) -> bool {
        !matches!(
            self.step,
            Step::Welcome
                | Step::OutOfOrder(_)
                | Step::Own(Own::Start)
                | Step::Done(_)
                | Step::TakeCard
        )
    }
}

/// The facts at this PC: what the center knows of it as a reader counts, where it was enrolled as one.
pub(super) fn facts(held: Keys, pc: Option<&Reader>, card: Presence) -> Facts {
    let enrolled = pc.is_some_and(|it| it.terminal_keys);
    let mode = pc.and_then(|it| ReaderMode::parse(&it.mode));
    Facts {
        center: Line::Up,
        card,
        mode: mode.unwrap_or(ReaderMode::Unattended),
        keys: match (held, enrolled) {
            (Keys::Held, true) => Keys::Held,
            (Keys::Held | Keys::Missing, _) => Keys::Missing,
        },
        face: FaceMatching::Missing,
    }
}
