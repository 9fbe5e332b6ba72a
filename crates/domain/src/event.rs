//! What happens at a facility that its clients hear of at once, and which account hears of what (contracts §2). Tells nobody.

use crate::account::AccountKind;
use crate::named::named;
use crate::permissions::{Action, allows};

named! {
    /// A kind of event.
    ///
    /// ```
    /// use domain::event::EventKind;
    /// assert_eq!(EventKind::parse("release"), Some(EventKind::Release));
    /// ```
    EventKind {
        /// A reader's mode, state or enrolment changed.
        Reader = "reader";
        /// Staff released one check at a reader.
        Release = "release";
        /// A check by card was made; its questions are open, or there are none.
        CardCheckOpened = "card_check_opened";
        /// A check by card is complete: its questions were answered, or closed without answers.
        CardCheckClosed = "card_check_closed";
        /// The facility's settings changed.
        Settings = "settings";
        /// A check by number was made, or one without a card in an emergency.
        Check = "check";
        /// The rotation of a system account's secret moved on.
        Rotation = "rotation";
        /// A consent to medical information was withdrawn, or taken back by a later answer: what is listed and shown of it is over.
        ConsentWithdrawn = "consent_withdrawn";
        /// An emergency window opened, closed or changed.
        Emergency = "emergency";
        /// A patient answered at home or from afar (G32), or a later visit was checked there without the card.
        HomeCare = "home_care";
    }
}

/// Whose reader, or machine account, an event is about.
///
/// ```
/// use domain::event::Whose;
/// assert_ne!(Whose::Own, Whose::Other);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The account's own, or no reader's in particular.
    Own,
    /// Another reader of the facility.
    Other,
}

/// Whether an account of this kind hears of an event of its facility. A reader hears of mode, releases and settings of itself and
/// never of a result; machines that deliver results hear of a check by card when it is complete; each machine hears of its own rotation;
/// staff hear of everything, of rotations those who manage accounts.
///
/// ```
/// use domain::account::AccountKind;
/// use domain::event::{EventKind, Whose, hears};
/// assert!(hears(AccountKind::Reader, EventKind::Release, Whose::Own));
/// assert!(!hears(AccountKind::Reader, EventKind::Release, Whose::Other));
/// assert!(!hears(AccountKind::Reader, EventKind::CardCheckClosed, Whose::Own));
/// assert!(hears(AccountKind::LinkApp, EventKind::CardCheckClosed, Whose::Other));
/// ```
#[must_use]
pub fn hears(kind: AccountKind, event: EventKind, whose: Whose) -> bool {
    if !allows(kind, Action::ReceiveEvents) {
        return false;
    }
    let is_reader = kind == AccountKind::Reader;
    match event {
        EventKind::Reader | EventKind::Release => {
            allows(kind, Action::ControlReader) || is_reader && whose == Whose::Own
        }
        EventKind::CardCheckOpened
        | EventKind::Check
        | EventKind::ConsentWithdrawn
        | EventKind::Emergency => allows(kind, Action::ReadHistory),
        EventKind::CardCheckClosed => allows(kind, Action::ReadCardResults),
        EventKind::HomeCare => allows(kind, Action::HomeCare),
        EventKind::Settings => true,
        EventKind::Rotation => {
            allows(kind, Action::ManageAccounts) || kind.is_system() && whose == Whose::Own
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_never_hears_of_a_result_and_the_master_of_nothing() {
        for event in EventKind::ALL {
            for whose in [Whose::Own, Whose::Other] {
                assert!(!hears(AccountKind::Master, *event, whose));
                let result = matches!(
                    event,
                    EventKind::CardCheckOpened
                        | EventKind::CardCheckClosed
                        | EventKind::Check
                        | EventKind::ConsentWithdrawn
                        | EventKind::HomeCare
                );
                assert!(!(result && hears(AccountKind::Reader, *event, whose)));
            }
        }
    }

    #[test]
    fn machines_hear_of_complete_checks_and_settings_alone() {
        for kind in [AccountKind::LinkApp, AccountKind::WebApi] {
            let heard = EventKind::ALL
                .iter()
                .filter(|event| hears(kind, **event, Whose::Other));
            let heard: Vec<EventKind> = heard.copied().collect();
            assert_eq!(heard, [EventKind::CardCheckClosed, EventKind::Settings]);
        }
    }
}
