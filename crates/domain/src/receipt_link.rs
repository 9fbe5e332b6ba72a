//! What the two facts about a facility's receipt computer (G16) mean for who looks where. Asks no receipt computer: the facts are
//! settings, answered by the vendor.

use crate::facility_settings::{Answered, FacilitySettings};
use crate::permissions::MenuEntry;

/// How a facility's receipt computer is linked.
///
/// ```
/// use domain::{facility_settings::FacilitySettings, receipt_link::{Place, ReceiptLink}};
/// let link = ReceiptLink::of(&FacilitySettings::default());
/// assert_eq!(link.reader_results_at(), Place::Terminal);
/// assert!(!link.is_answered());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptLink {
    /// Whether results of readers flow to it.
    pub results_flow: Answered,
    /// Whether it can ask by itself.
    pub asks_by_itself: Answered,
}

/// Where something is done in normal use.
///
/// ```
/// use domain::receipt_link::Place;
/// assert_ne!(Place::Terminal, Place::ReceiptComputer);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the pages of the terminal.
    Terminal,
    /// At the receipt computer or the record beside it.
    ReceiptComputer,
}

impl ReceiptLink {
    /// The link a facility's settings tell of.
    #[must_use]
    pub fn of(settings: &FacilitySettings) -> Self {
        Self {
            results_flow: settings.results_flow,
            asks_by_itself: settings.receipt_computer_asks,
        }
    }

    /// Whether both facts are known.
    ///
    /// ```
    /// use domain::{facility_settings::Answered, receipt_link::ReceiptLink};
    /// let link = ReceiptLink { results_flow: Answered::Yes, asks_by_itself: Answered::No };
    /// assert!(link.is_answered());
    /// ```
    #[must_use]
    pub fn is_answered(self) -> bool {
        self.results_flow != Answered::NotAsked && self.asks_by_itself != Answered::NotAsked
    }

    /// Where clerks find the results of readers: with the link they are stored at the receipt computer by themselves, without it they
    /// stand in the history.
    ///
    /// ```
    /// use domain::{facility_settings::Answered, receipt_link::{Place, ReceiptLink}};
    /// let link = ReceiptLink { results_flow: Answered::Yes, asks_by_itself: Answered::No };
    /// assert_eq!(link.reader_results_at(), Place::ReceiptComputer);
    /// ```
    #[must_use]
    pub fn reader_results_at(self) -> Place {
        place(self.results_flow)
    }

    /// Where clerks check by card or prescription.
    ///
    /// ```
    /// use domain::{facility_settings::Answered, receipt_link::{Place, ReceiptLink}};
    /// let link = ReceiptLink { results_flow: Answered::Yes, asks_by_itself: Answered::No };
    /// assert_eq!(link.checks_at(), Place::Terminal);
    /// ```
    #[must_use]
    pub fn checks_at(self) -> Place {
        place(self.asks_by_itself)
    }

    /// Whether an entry of the main screen carries the guide's note 「通常運用では使用しません」 (G12). It stays usable.
    ///
    /// ```
    /// use domain::{facility_settings::Answered, permissions::MenuEntry, receipt_link::ReceiptLink};
    /// let link = ReceiptLink { results_flow: Answered::Yes, asks_by_itself: Answered::Yes };
    /// assert!(!link.is_usual(MenuEntry::History) && link.is_usual(MenuEntry::ReaderControl));
    /// ```
    #[must_use]
    pub fn is_usual(self, entry: MenuEntry) -> bool {
        if entry == MenuEntry::CheckByNumber {
            self.checks_at() == Place::Terminal
        } else if entry == MenuEntry::History {
            self.reader_results_at() == Place::Terminal
        } else {
            true
        }
    }
}

fn place(linked: Answered) -> Place {
    match linked {
        Answered::Yes => Place::ReceiptComputer,
        // What nobody asked for is not assumed.
        Answered::No | Answered::NotAsked => Place::Terminal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_moves_its_own_work_and_what_was_not_asked_moves_none() {
        for results_flow in Answered::ALL {
            for asks_by_itself in Answered::ALL {
                let link = ReceiptLink {
                    results_flow: *results_flow,
                    asks_by_itself: *asks_by_itself,
                };
                let not_usual = MenuEntry::ALL.into_iter().filter(|it| !link.is_usual(*it));
                let not_usual: Vec<MenuEntry> = not_usual.collect();
                let mut expected = Vec::new();
                if *asks_by_itself == Answered::Yes {
                    expected.push(MenuEntry::CheckByNumber);
                }
                if *results_flow == Answered::Yes {
                    expected.push(MenuEntry::History);
                }
                assert_eq!(not_usual, expected, "{link:?}");
            }
        }
    }
}
