//! When published results are touched: each batch its own pause after its publication, however close they follow each other (contracts §11).

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Between publishing results and touching them (contracts §11).
pub(crate) const TOUCH_AFTER: Duration = Duration::from_millis(20);

/// Batches of results that wait for their touch, in the order they were published.
#[derive(Debug, Default)]
pub(crate) struct Touches(VecDeque<(Instant, u64)>);

impl Touches {
    /// When the next touch is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.0.front().map(|(due, _)| *due)
    }

    /// The batch whose touch is due next: it and all before it may be touched.
    pub(crate) fn take(&mut self) -> Option<u64> {
        self.0.pop_front().map(|(_, batch)| batch)
    }

    /// Results wait for their touch, the last of them in this batch.
    pub(crate) fn published(&mut self, batch: u64, now: Instant) {
        match self.0.back() {
            Some((_, last)) if *last == batch => return,
            // The folders are looked at anew, and batches count from the start.
            Some((_, last)) if batch < *last => self.0.clear(),
            // Without any the last touch came to nothing.
            Some(_) | None => {}
        }
        self.0.push_back((now + TOUCH_AFTER, batch));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_batch_is_touched_its_own_pause_after_its_publication() {
        let start = Instant::now();
        let later = start + Duration::from_millis(15);
        let mut touches = Touches::default();
        assert_eq!(touches.due(), None);
        touches.published(1, start);
        touches.published(2, later);
        // Said again on every turn of the loop.
        touches.published(2, later + TOUCH_AFTER);
        assert_eq!(touches.due(), Some(start + TOUCH_AFTER));
        assert_eq!(touches.take(), Some(1));
        assert_eq!(touches.due(), Some(later + TOUCH_AFTER));
        assert_eq!(touches.take(), Some(2));
        assert_eq!(touches.due(), None);
    }

    #[test]
    fn a_touch_that_came_to_nothing_is_tried_again_and_a_lane_made_anew_counts_anew() {
        let start = Instant::now();
        let mut touches = Touches::default();
        touches.published(7, start);
        assert_eq!(touches.take(), Some(7));
        touches.published(7, start + TOUCH_AFTER);
        assert_eq!(touches.due(), Some(start + TOUCH_AFTER + TOUCH_AFTER));
        touches.published(1, start + TOUCH_AFTER);
        assert_eq!(touches.take(), Some(1));
        assert_eq!(touches.take(), None);
    }
}
