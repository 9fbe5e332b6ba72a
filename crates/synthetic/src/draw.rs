//! Numbers that follow from a seed: the same seed always draws the same. No random numbers, and none for keys.

/// A row of numbers that follow from one (SplitMix64).
pub(crate) struct Draw(u64);

impl Draw {
    /// The row of one thing of a seed.
    pub(crate) fn of(seed: u64, index: u64) -> Self {
        Self(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    /// A number below an end.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number from one to another, both included.
    pub(crate) fn between(&mut self, first: i32, last: i32) -> i32 {
        let count = u64::from(last.abs_diff(first)) + 1;
        first + i32::try_from(self.below(count)).unwrap_or(0)
    }

    /// Whether a chance of one in so many came true.
    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(usize::try_from(self.below(all.len() as u64)).ok()?)
    }
}
