//! Numbers of rows where many processes insert and no counter is shared: newer ones are greater, but for what clocks differ. Two that
//! are alike are refused by the table's key.

use aws_lc_rs::rand;
use domain::civil_date::Instant;

/// The bits below the milliseconds.
const TAIL_BITS: u32 = 22;

/// 2020-01-01, from where milliseconds are counted: 63 bits last until 2089.
const BEGIN_MS: i64 = 1_577_836_800_000;

/// The numbers one process gives.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers {
    last: i64,
}

impl Numbers {
    /// The next number, greater than all before it.
    pub(crate) fn next(&mut self, at: Instant) -> i64 {
        let mut tail = [0; 4];
        // Without chance the numbers begin at the millisecond itself, which the key of the table allows as well.
        rand::fill(&mut tail).unwrap_or_default();
        let tail = i64::from(u32::from_be_bytes(tail) >> (u32::BITS - TAIL_BITS));
        let milliseconds = (at.as_micros() / 1_000 - BEGIN_MS).max(0);
        let number = milliseconds << TAIL_BITS | tail;
        self.last = number.max(self.last + 1);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_greater_than_all_before_it_even_when_the_clock_steps_back() {
        let mut numbers = Numbers::default();
        let at = |micros: i64| Instant::from_micros(1_795_392_902_000_000 + micros);
        let given: Vec<i64> = [0, 0, 1, -5_000_000, 2_000, 9_000_000]
            .into_iter()
            .map(|it| numbers.next(at(it)))
            .collect();
        assert!(given.is_sorted_by(|one, other| one < other), "{given:?}");
        let last = Numbers::default().next(Instant::parse("2088-12-31T00:00:00Z").unwrap());
        assert!(0 < last);
    }
}
