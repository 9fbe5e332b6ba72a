//! How fast the center is asked: fully while it answers, one question at a time after trouble, not before it said to come back
//! (`Retry-After`), and never at the same moment as the others that were cut off with it. Pure; clock and lots are handed in.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::admission::WorkClass;
use domain::back_off::{after_wish, upper_half};
use domain::civil_date::Instant;

/// The classes of work that messages of receipt computers are.
pub(crate) const CLASSES: [WorkClass; 3] = [WorkClass::Check, WorkClass::Pages, WorkClass::Bulk];

/// Questions of one class under way at once for one folder pair while all is well.
const MOST_AT_ONCE: usize = 64;

/// The first pause after trouble, in seconds; each further one is twice as long.
const FIRST_PAUSE_S: i64 = 1;

/// The longest pause that is not the center's own wish, in seconds.
const LONGEST_PAUSE_S: i64 = 30;

/// Whether and how fast the center may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It answers.
    Open,
    /// It did not, or said to come back later.
    Waits {
        /// From when on one question may be tried.
        until: Instant,
        /// When that was decided: a clock that was set back makes nobody wait longer.
        since: Instant,
        /// The pause in seconds.
        pause_s: i64,
    },
}

/// A pace for each class of work. The center turns the less urgent away first (decision 0076), and what has many lines takes longest: trouble
/// with one class says nothing of another.
#[derive(Debug, Default)]
pub(crate) struct Paces(BTreeMap<WorkClass, Pace>);

impl Paces {
    /// That of a class.
    pub(crate) fn of(&mut self, class: WorkClass) -> &mut Pace {
        self.0.entry(class).or_insert(Pace::Open)
    }
}

/// Which questions of a class may be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// So many, the oldest first.
    All(usize),
    /// So many, those that were tried least often first: a file that comes to nothing each time holds up no other. So many others are read, so
    /// that what is rejected anyway does not wait for the center.
    Tries {
        /// Questions.
        questions: usize,
        /// Files that are only read.
        reads: usize,
    },
}

/// The room of each class; none for one that is not named.
pub(crate) type Rooms = BTreeMap<WorkClass, Room>;

impl Pace {
    /// What may be begun now, with so many under way.
    #[must_use]
    pub(crate) fn room(&self, under_way: usize, now: Instant) -> Room {
        let questions = self.most_at_once(now).saturating_sub(under_way);
        match self {
            Self::Open => Room::All(questions),
            Self::Waits { .. } => Room::Tries {
                questions,
                reads: MOST_AT_ONCE.saturating_sub(under_way),
            },
        }
    }

    /// How many questions may be under way now.
    #[must_use]
    pub(crate) fn most_at_once(&self, now: Instant) -> usize {
        match self {
            Self::Open => MOST_AT_ONCE,
            Self::Waits { until, since, .. } if *until <= now || now < *since => 1,
            Self::Waits { .. } => 0,
        }
    }

    /// The center answered.
    pub(crate) fn answered(&mut self) {
        *self = Self::Open;
    }

    /// The center did not answer, or not now; `wish_s` is what it said about when to come back. The lot spreads the pause.
    pub(crate) fn refused(&mut self, wish_s: Option<u32>, lot: u64, now: Instant) {
        let longer = match self {
            Self::Open => FIRST_PAUSE_S,
            // Questions that were under way together fail together: that is one trouble.
            Self::Waits { until, since, .. } if *since <= now && now < *until => {
                if wish_s.is_none() {
                    return;
                }
                FIRST_PAUSE_S
            }
            Self::Waits { pause_s, .. } => (*pause_s * 2).min(LONGEST_PAUSE_S),
        };
        let wait = match wish_s {
            Some(wish) => after_wish(wish.max(1), lot),
            None => upper_half(Duration::from_secs(longer.unsigned_abs()), lot),
        };
        let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        let wished_s = wish_s.map_or(longer, i64::from);
        *self = Self::Waits {
            until: Instant::from_micros(now.as_micros().saturating_add(micros)),
            since: now,
            pause_s: wished_s.clamp(FIRST_PAUSE_S, LONGEST_PAUSE_S),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn after_trouble_one_question_tries_and_an_answer_opens_everything() {
        let mut pace = Pace::Open;
        assert_eq!(pace.most_at_once(at(0)), MOST_AT_ONCE);
        pace.refused(None, u64::MAX, at(0));
        assert_eq!(pace.most_at_once(at(0)), 0);
        assert_eq!(pace.most_at_once(at(1)), 1);
        pace.answered();
        assert_eq!(pace.most_at_once(at(1)), MOST_AT_ONCE);
    }

    #[test]
    fn pauses_grow_to_half_a_minute_and_questions_that_fail_together_count_once() {
        let mut pace = Pace::Open;
        let mut now = 0;
        for expected in [1, 2, 4, 8, 16, 30, 30] {
            for _ in 0..64 {
                pace.refused(None, u64::MAX, at(now));
            }
            assert_eq!(pace.most_at_once(at(now + expected - 1)), 0, "{expected}");
            assert_eq!(pace.most_at_once(at(now + expected)), 1, "{expected}");
            now += expected;
        }
    }

    #[test]
    fn trouble_with_one_class_slows_no_other() {
        let mut paces = Paces::default();
        paces.of(WorkClass::Bulk).refused(Some(30), 0, at(0));
        let reads = MOST_AT_ONCE;
        for (seconds, questions) in [(29, 0), (30, 1)] {
            let room = paces.of(WorkClass::Bulk).room(0, at(seconds));
            assert_eq!(room, Room::Tries { questions, reads });
        }
        let others = [WorkClass::Check, WorkClass::Pages, WorkClass::CardCheck];
        for class in others {
            assert_eq!(paces.of(class).room(1, at(0)), Room::All(MOST_AT_ONCE - 1));
        }
    }

    #[test]
    fn every_message_is_of_a_class_that_is_asked() {
        use exchange::message::Message;
        assert!(
            Message::ALL
                .iter()
                .all(|it| CLASSES.contains(&it.work_class()))
        );
    }

    #[test]
    fn what_the_center_wishes_is_done() {
        let mut pace = Pace::Open;
        pace.refused(Some(120), 0, at(0));
        assert_eq!(pace.most_at_once(at(119)), 0);
        assert_eq!(pace.most_at_once(at(120)), 1);
    }

    #[test]
    fn a_clock_set_back_makes_nobody_wait_for_yesterday() {
        let mut pace = Pace::Open;
        pace.refused(Some(600), 0, at(1_000_000));
        assert_eq!(pace.most_at_once(at(10)), 1);
    }

    #[test]
    fn link_apps_that_were_cut_off_together_come_back_one_after_the_other() {
        let until = |lot| {
            let mut pace = Pace::Open;
            pace.refused(Some(10), lot, at(0));
            match pace {
                Pace::Waits { until, .. } => until.as_micros(),
                Pace::Open => panic!("it waits"),
            }
        };
        let (first, half, last) = (until(0), until(u64::MAX / 2), until(u64::MAX));
        assert!(10_000_000 <= first && first < half && half < last);
        assert!(last <= 15_000_000);
    }
}
