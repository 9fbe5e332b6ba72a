//! What a step is to clock, staff and the center: whether it waits, passes, or holds a check open. Moves nothing.

use domain::reader::ReaderState;

use super::Step;
use super::facts::{Facts, Presence};
use super::own::Own;

impl Step {
    /// Whether a check is open at the center whose answers are awaited.
    #[must_use]
    pub fn holds_check(&self) -> bool {
        match self {
            Self::Asking(_) | Self::Sending(_) | Self::Unsent(_) => true,
            Self::Reading { kept, .. }
            | Self::Unreadable { kept, .. }
            | Self::CardGone { kept, .. } => kept.is_some(),
            Self::StillThere { at } => at.holds_check(),
            Self::Welcome
            | Self::OutOfOrder(_)
            | Self::Method(_)
            | Self::Pin { .. }
            | Self::Identifying { .. }
            | Self::WaitingForStaff(_)
            | Self::Done(_)
            | Self::Failed { .. }
            | Self::Own(_)
            | Self::TakeCard => false,
        }
    }

    /// Whether the step goes on without the card it began with: whoever signed with a phone may have lifted it and gone, so that
    /// a card that is placed now is the next person's.
    pub(super) fn goes_on_without_card(&self) -> bool {
        match self {
            Self::Identifying { card, .. } => !card.stays(),
            Self::Asking(asking) | Self::Sending(asking) | Self::Unsent(asking) => {
                !asking.card.stays()
            }
            Self::Done(_) | Self::Failed { .. } => true,
            Self::Own(own) => own.goes_on_without_card(),
            Self::StillThere { at } => at.goes_on_without_card(),
            Self::Welcome
            | Self::OutOfOrder(_)
            | Self::Reading { .. }
            | Self::Unreadable { .. }
            | Self::Method(_)
            | Self::Pin { .. }
            | Self::WaitingForStaff(_)
            | Self::CardGone { .. }
            | Self::TakeCard => false,
        }
    }

    /// Whether the step waits for the person, so that nothing touched for a while means nobody is there.
    #[must_use]
    pub fn waits_for_person(&self) -> bool {
        match self {
            Self::Method(_)
            | Self::Pin { .. }
            | Self::Asking(_)
            | Self::Failed { .. }
            | Self::Done(_) => true,
            // Answers are sent by themselves; only taking the card ends it. A phone that is lifted says nothing of its holder.
            Self::Unsent(asking) => !asking.card.stays(),
            Self::Own(own) => own.waits_for_person(),
            _ => false,
        }
    }

    /// Whether the step ends by itself after a moment.
    #[must_use]
    pub fn passes(&self, facts: &Facts) -> bool {
        match self {
            Self::CardGone { .. } => true,
            Self::Done(_) | Self::Failed { .. } => facts.card == Presence::Absent,
            Self::Own(own) => own.is_last() && facts.card == Presence::Absent,
            _ => false,
        }
    }

    /// What staff see of the reader.
    #[must_use]
    pub fn reader_state(&self) -> ReaderState {
        match self {
            // Whom nothing is kept of, is gone: what staff released for them ends.
            Self::Welcome | Self::CardGone { kept: None, .. } | Self::Own(Own::Start) => {
                ReaderState::Idle
            }
            Self::OutOfOrder(_)
            | Self::Failed { .. }
            | Self::Unreadable { .. }
            | Self::Own(Own::Failed { .. } | Own::Unreadable(_)) => ReaderState::Trouble,
            Self::WaitingForStaff(_) => ReaderState::WaitingForStaff,
            Self::Asking(_) | Self::Sending(_) | Self::Unsent(_) => ReaderState::Asking,
            Self::StillThere { at } => at.reader_state(),
            Self::Reading { .. }
            | Self::Method(_)
            | Self::Pin { .. }
            | Self::Identifying { .. }
            | Self::Done(_)
            | Self::Own(_)
            | Self::CardGone { .. }
            | Self::TakeCard => ReaderState::Card,
        }
    }
}
