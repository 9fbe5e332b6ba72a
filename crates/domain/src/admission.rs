//! Which work of the center comes first when there is more than it can do, and how much of it one facility may have. Counts nothing: who is
//! in progress, who waits and for how long is the center's.

use crate::named::named;

named! {
    /// Work by how long it may wait for other work, the most urgent first.
    ///
    /// ```
    /// use domain::admission::WorkClass;
    /// assert!(WorkClass::CardCheck < WorkClass::Bulk);
    /// assert_eq!(WorkClass::parse("bulk"), Some(WorkClass::Bulk));
    /// ```
    WorkClass {
        /// A check by card and all that belongs to it: somebody stands at the reader.
        CardCheck = "card_check";
        /// A check by number, of the page, a receipt computer or a record.
        Check = "check";
        /// Sign-ins and what they need.
        SignIn = "sign_in";
        /// What staff look at and change on their pages.
        Pages = "pages";
        /// Bulk orders, lists, exports, imports, downloads of updates: nobody waits for the second.
        Bulk = "bulk";
        /// Operators' pages. They have places of their own, so that somebody can see why the rest is crowded.
        Operators = "operators";
        /// What comes to the home listener, from anybody on the internet. It has places of its own; a check that a device proved takes one
        /// of [`Self::CardCheck`] besides.
        Home = "home";
        /// What comes to the enroll listener, from anybody as well. It has places of its own and takes no other.
        Enroll = "enroll";
    }
}

impl WorkClass {
    /// Its place in [`WorkClass::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// Hundredths of all places that may be taken when work of this class still begins: what is less urgent stops first, and for the most
    /// urgent there is always room that nothing else takes \[ours\].
    ///
    /// ```
    /// use domain::admission::WorkClass;
    /// assert_eq!(WorkClass::CardCheck.reach_per_cent(), 100);
    /// assert!(WorkClass::Bulk.reach_per_cent() < WorkClass::Pages.reach_per_cent());
    /// ```
    #[must_use]
    pub fn reach_per_cent(self) -> usize {
        match self {
            Self::CardCheck | Self::Operators | Self::Home | Self::Enroll => 100,
            Self::Check => 90,
            Self::SignIn => 75,
            Self::Pages => 50,
            Self::Bulk => 25,
        }
    }

    /// Places that may be taken when work of this class still begins.
    ///
    /// ```
    /// use domain::admission::WorkClass;
    /// assert_eq!(WorkClass::Bulk.reach(512), 128);
    /// assert_eq!(WorkClass::Bulk.reach(1), 1);
    /// ```
    #[must_use]
    pub fn reach(self, places: usize) -> usize {
        (places * self.reach_per_cent() / 100).max(1)
    }

    /// Places of one facility that may be taken when work of this class still begins for it: the last quarter is for checks, so that what hangs
    /// elsewhere in a facility keeps none of its own patients waiting \[ours\].
    ///
    /// ```
    /// use domain::admission::WorkClass;
    /// assert_eq!(WorkClass::CardCheck.reach_of_facility(96), 96);
    /// assert_eq!(WorkClass::Bulk.reach_of_facility(96), 72);
    /// ```
    #[must_use]
    pub fn reach_of_facility(self, places: usize) -> usize {
        let per_cent = self.reach_per_cent().max(Self::SignIn.reach_per_cent());
        (places * per_cent / 100).max(1)
    }

    /// Seconds after which work that was turned away may come again, at least; it is told up to twice as many, so that not all come at once
    /// \[ours\].
    ///
    /// ```
    /// use domain::admission::WorkClass;
    /// assert_eq!(WorkClass::CardCheck.again_after_s(), 1);
    /// ```
    #[must_use]
    pub fn again_after_s(self) -> u32 {
        match self {
            Self::CardCheck => 1,
            Self::Check => 2,
            Self::SignIn | Self::Pages | Self::Operators | Self::Home | Self::Enroll => 5,
            Self::Bulk => 30,
        }
    }
}

/// Places a facility may always have, however crowded it is \[ours\].
///
/// ```
/// assert_eq!(domain::admission::LEAST_SHARE, 4);
/// ```
pub const LEAST_SHARE: usize = 4;

/// True when so many places are taken that facilities share them evenly: half of all \[ours\].
///
/// ```
/// use domain::admission::is_crowded;
/// assert!(is_crowded(256, 512) && !is_crowded(255, 512));
/// ```
#[must_use]
pub fn is_crowded(taken: usize, places: usize) -> bool {
    places <= taken * 2
}

/// Places a facility may have when it is crowded: an even part of all among those that have any.
///
/// ```
/// use domain::admission::fair_share;
/// assert_eq!(fair_share(512, 2), 256);
/// assert_eq!(fair_share(512, 100_000), 4);
/// assert_eq!(fair_share(512, 0), 512);
/// ```
#[must_use]
pub fn fair_share(places: usize, facilities: usize) -> usize {
    (places / facilities.max(1)).max(LEAST_SHARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_less_urgent_never_reaches_further() {
        let facilities = &WorkClass::ALL[..5];
        for pair in facilities.windows(2) {
            assert!(
                pair[1].reach_per_cent() < pair[0].reach_per_cent(),
                "{pair:?}"
            );
            assert!(
                pair[0].again_after_s() <= pair[1].again_after_s(),
                "{pair:?}"
            );
        }
        for (at, class) in WorkClass::ALL.iter().enumerate() {
            assert_eq!(class.index(), at);
        }
    }

    #[test]
    fn every_class_has_a_place_in_the_smallest_center() {
        assert!(WorkClass::ALL.iter().all(|it| 0 < it.reach(1)));
    }
}
