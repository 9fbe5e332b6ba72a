//! A patient's share of the cost. Decides only which values there are.

/// A patient's share of the cost in percent, 0-100 in whole tens in practice; `010` in files is 10 %.
///
/// ```
/// use domain::coverage::ratio::Ratio;
/// assert_eq!(Ratio::from_percent(30).unwrap().to_code(), "030");
/// assert!(Ratio::from_percent(101).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u8);

impl Ratio {
    /// From a percentage, 0-100.
    #[must_use]
    pub fn from_percent(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self(percent))
    }

    /// The percentage.
    #[must_use]
    pub fn as_percent(self) -> u8 {
        self.0
    }

    /// Three digits, as files carry it.
    #[must_use]
    pub fn to_code(self) -> String {
        format!("{:03}", self.0)
    }
}
