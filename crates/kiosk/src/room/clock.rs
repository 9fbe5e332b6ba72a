//! What a room does by the clock: patience with a person, calls, renewals, answers that are sent again. Reads no clock where it is told
//! the time.

use std::time::Duration;

use api::client::lots::Lots;
use tokio::time::Instant;

use super::Room;
use crate::flow::facts::Line;
use crate::flow::{Event, Step};
use crate::link::Sent;
use crate::texts::Language;
use crate::view::Comfort;

impl Room {
    /// When something is due next; far away when nothing is.
    pub(super) fn due(&self) -> Instant {
        let far = Instant::now() + Duration::from_secs(24 * 60 * 60);
        let call = self.called_at.map(|at| at + self.times.call());
        let renewal = self
            .step
            .holds_check()
            .then(|| self.renewed_at + self.times.renewal());
        [call, renewal, self.sends_again(), self.patience_ends()]
            .into_iter()
            .flatten()
            .fold(far, Instant::min)
    }

    /// What became of answers. Lost ones are sent again after a while: the line itself may never have been gone.
    pub(super) fn sent(&mut self, sent: Sent) {
        let event = match sent {
            Sent::Recorded => Event::Recorded,
            Sent::Lost => Event::NotSent,
            Sent::Refused => Event::NotTaken,
        };
        if sent == Sent::Lost {
            let wait = self.waits.next(None, Lots::default().draw());
            self.again_at = Some(Instant::now() + wait);
        } else {
            self.waits.answered();
            self.again_at = None;
        }
        self.happens(event);
    }

    /// When answers are sent again. Without the line they wait for it.
    fn sends_again(&self) -> Option<Instant> {
        let waits = match &self.step {
            Step::StillThere { at } => matches!(**at, Step::Unsent(_)),
            step => matches!(step, Step::Unsent(_)),
        };
        self.again_at
            .filter(|_| waits && self.facts.center == Line::Up)
    }

    /// When the step has waited long enough.
    fn patience_ends(&self) -> Option<Instant> {
        let waits = match &self.step {
            Step::StillThere { .. } => self.times.answer(),
            step if step.passes(&self.facts) => self.times.moment(),
            step if step.waits_for_person() => self.times.idle(),
            Step::Welcome | Step::OutOfOrder(_) if self.is_left_changed() => self.times.idle(),
            _ => return None,
        };
        Some(self.touched_at + waits)
    }

    /// Whether language, size of type or colours are somebody's choice, who does not wait for staff.
    fn is_left_changed(&self) -> bool {
        let chosen =
            self.words.language() != Language::default() || self.comfort != Comfort::default();
        chosen && self.called_at.is_none()
    }

    pub(super) fn time_passed(&mut self, now: Instant) {
        if self
            .called_at
            .is_some_and(|at| at + self.times.call() <= now)
        {
            self.called_at = None;
        }
        if self.step.holds_check() && self.renewed_at + self.times.renewal() <= now {
            self.renewed_at = now;
            if let Some(open) = self.open.clone() {
                let link = self.link.clone();
                tokio::spawn(async move { link.renew(&open).await });
            }
        }
        if self.sends_again().is_some_and(|at| at <= now) {
            self.again_at = None;
            self.happens(Event::SendAgain);
        }
        if self.patience_ends().is_some_and(|end| end <= now) {
            self.touched_at = now;
            let event = match &self.step {
                Step::StillThere { .. } => Event::NobodyThere,
                step if step.passes(&self.facts) => Event::MomentOver,
                _ => Event::Idle,
            };
            self.happens(event);
        }
    }
}
