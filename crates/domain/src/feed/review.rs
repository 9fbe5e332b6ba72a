//! Whether a batch changes more than a batch usually does, and which registrations came late. Stops nothing itself.

mod later;

use self::later::Later;
use crate::civil_date::CivilDate;
use crate::coverage::Coverage;
use crate::coverage::validity::covers;
use crate::named::named;

/// An insurer's coverages in force, counted.
///
/// ```
/// use domain::feed::review::Figures;
/// assert_eq!(Figures::default().share(3), None);
/// assert_eq!(Figures { members: 200, ..Figures::default() }.share(3), Some(15));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Coverages in force.
    pub members: u64,
    /// Those with a co-payment ratio, of their own or by an elderly certificate.
    pub with_ratio: u64,
    /// Those with a ceiling certificate that names its category.
    pub with_ceiling: u64,
    /// Coverages whose loss is on record.
    pub lost: u64,
}

impl Figures {
    /// Counts the coverages of one person with an insurer, as they hold on a day.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, feed::review::Figures};
    /// assert_eq!(Figures::of(&[], CivilDate::new(2026, 4, 1).unwrap()), Figures::default());
    /// ```
    #[must_use]
    pub fn of(coverages: &[Coverage], day: CivilDate) -> Self {
        let mut it = Self::default();
        for coverage in coverages {
            it.lost += u64::from(coverage.loss.is_some());
            if !covers(coverage, day) {
                continue;
            }
            it.members += 1;
            let elderly = coverage.elderly_on(day).and_then(|it| it.ratio);
            it.with_ratio += u64::from(coverage.card_on(day).ratio.or(elderly).is_some());
            let ceiling = coverage.ceiling_on(day).and_then(|it| it.category);
            it.with_ceiling += u64::from(ceiling.is_some());
        }
        it
    }

    /// Both together.
    ///
    /// ```
    /// use domain::feed::review::Figures;
    /// let one = Figures { members: 1, ..Figures::default() };
    /// assert_eq!(one.plus(one).members, 2);
    /// ```
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            members: self.members + other.members,
            with_ratio: self.with_ratio + other.with_ratio,
            with_ceiling: self.with_ceiling + other.with_ceiling,
            lost: self.lost + other.lost,
        }
    }

    /// Thousandths of the members; `None` without any.
    #[must_use]
    pub fn share(self, of: u64) -> Option<u64> {
        (0 < self.members).then(|| of.saturating_mul(1_000) / self.members)
    }
}

/// What a batch changes of an insurer's coverages.
///
/// ```
/// use domain::feed::review::Weighed;
/// assert_eq!(Weighed::default().before, Weighed::default().after);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weighed {
    /// All of the insurer before.
    pub before: Figures,
    /// All of the insurer after.
    pub after: Figures,
    /// People who had a ratio, are members still, and have none; or will have none from when something of the batch begins.
    pub ratio_gone: u64,
    /// People who had a ceiling, are members still, and have none; or will have none from when something of the batch begins.
    pub ceiling_gone: u64,
    /// People who were members and are none; or will be none from a loss of the batch on.
    pub members_gone: u64,
}

impl Weighed {
    /// Adds what becomes of one person's coverages with the insurer: on a day, and by what begins or is lost after it.
    ///
    /// ```
    /// use domain::feed::review::Weighed;
    /// # use domain::{codes::coverage::CardClassification, coverage::{Coverage, InsurerName, ratio::Ratio}};
    /// # use domain::{civil_date::CivilDate, insured::InsuredNumber, insurer_number::InsurerNumber};
    /// # let day = CivilDate::new(2026, 7, 20).unwrap();
    /// # let mut before = Coverage::new(
    /// #     CardClassification::from_code("01").unwrap(),
    /// #     InsurerNumber::parse("06139992").unwrap(),
    /// #     InsurerName::parse("架空健康保険組合").unwrap(),
    /// #     InsuredNumber::parse("4567").unwrap(),
    /// # );
    /// before.ratio = Ratio::from_percent(30);
    /// let mut after = before.clone();
    /// after.ratio = None;
    /// let mut weighed = Weighed::default();
    /// weighed.add(&[before], &[after], day);
    /// assert_eq!((weighed.ratio_gone, weighed.after.members), (1, 1));
    /// ```
    pub fn add(&mut self, before: &[Coverage], after: &[Coverage], day: CivilDate) {
        let (was, is) = (Figures::of(before, day), Figures::of(after, day));
        self.before = self.before.plus(was);
        self.after = self.after.plus(is);
        let later = Later::of((before, after), was, day);
        let is_member = 0 < is.members;
        let is_gone = |before: u64, after: u64| 0 < before && after == 0;
        let ratio = is_member && is_gone(was.with_ratio, is.with_ratio);
        let ceiling = is_member && is_gone(was.with_ceiling, is.with_ceiling);
        let members = is_gone(was.members, is.members);
        self.ratio_gone += u64::from(ratio || later.is_ratio_gone);
        self.ceiling_gone += u64::from(ceiling || later.is_ceiling_gone);
        self.members_gone += u64::from(members || later.are_members_gone);
    }
}

named! {
    /// Why a batch is held for review.
    ///
    /// ```
    /// use domain::feed::review::Cause;
    /// assert_eq!(Cause::parse("ratio"), Some(Cause::Ratio));
    /// ```
    Cause {
        /// Co-payment ratios vanish, or the share of those who have one falls.
        Ratio = "ratio";
        /// Ceiling certificates vanish.
        Ceiling = "ceiling";
        /// Members vanish.
        Members = "members";
    }
}

impl Cause {
    /// The cause in Japanese.
    ///
    /// ```
    /// use domain::feed::review::Cause;
    /// assert_eq!(Cause::Ratio.label_ja(), "負担割合のない加入者が急に増えます");
    /// ```
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Ratio => "負担割合のない加入者が急に増えます",
            Self::Ceiling => "限度額の認定がなくなる加入者が急に増えます",
            Self::Members => "資格のなくなる加入者が急に増えます",
        }
    }

    /// The cause in English.
    ///
    /// ```
    /// use domain::feed::review::Cause;
    /// assert_eq!(Cause::Members.label_en(), "many members would lose their coverage");
    /// ```
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Ratio => "many members would be without a co-payment ratio",
            Self::Ceiling => "many members would be without their ceiling",
            Self::Members => "many members would lose their coverage",
        }
    }
}

/// When a batch is held: a share of the members in thousandths, and from how many members on shares say anything.
///
/// ```
/// use domain::feed::review::{Cause, Figures, Review, Weighed};
/// let before = Figures { members: 100, with_ratio: 100, ..Figures::default() };
/// let after = Figures { with_ratio: 95, ..before };
/// let weighed = Weighed { before, after, ratio_gone: 5, ..Weighed::default() };
/// assert_eq!(Review::default().causes(&weighed), [Cause::Ratio]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Review {
    /// Thousandths of the members.
    pub per_mille: u16,
    /// Members below which nothing is held.
    pub from_members: u64,
}

impl Default for Review {
    /// A twentieth, from 20 members on: our choice.
    fn default() -> Self {
        Self {
            per_mille: 50,
            from_members: 20,
        }
    }
}

impl Review {
    /// Why a batch is to be held; empty where it is not.
    #[must_use]
    pub fn causes(self, weighed: &Weighed) -> Vec<Cause> {
        let (before, after) = (weighed.before, weighed.after);
        if before.members < self.from_members {
            return Vec::new();
        }
        let limit = u64::from(self.per_mille);
        let is_many = |gone: u64| {
            0 < gone && before.members.saturating_mul(limit) <= gone.saturating_mul(1_000)
        };
        // New members without a ratio take none away from anybody, and are as wrong.
        let falls = match (
            before.share(before.with_ratio),
            after.share(after.with_ratio),
        ) {
            (Some(before), Some(after)) => limit <= before.saturating_sub(after),
            (None, _) | (_, None) => false,
        };
        let holds = |cause: &Cause| match cause {
            Cause::Ratio => is_many(weighed.ratio_gone) || falls,
            Cause::Ceiling => is_many(weighed.ceiling_gone),
            Cause::Members => is_many(weighed.members_gone),
        };
        let all = Cause::ALL.iter().copied();
        all.filter(holds).collect()
    }
}

/// Days within which a coverage or its end has to be registered: the employer to the insurer, the insurer to the center.
///
/// ```
/// use domain::{civil_date::CivilDate, feed::review::{Deadlines, Late}};
/// let day = |d| CivilDate::new(2026, 4, d).unwrap();
/// let deadlines = Deadlines::default();
/// assert_eq!(deadlines.late(day(1), Some(day(3)), day(8)), Late::default());
/// assert_eq!(deadlines.late(day(1), Some(day(8)), day(10)), Late { employer_days: 2, insurer_days: 0 });
/// assert_eq!(deadlines.late(day(1), None, day(12)), Late { employer_days: 0, insurer_days: 1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// From what happened to the notification (届出).
    pub employer_days: u16,
    /// From the notification to the center.
    pub insurer_days: u16,
}

impl Default for Deadlines {
    /// Five days each.
    fn default() -> Self {
        Self {
            employer_days: 5,
            insurer_days: 5,
        }
    }
}

/// By how many days a registration is late.
///
/// ```
/// use domain::feed::review::Late;
/// assert!(!Late::default().is_late());
/// assert!(Late { employer_days: 0, insurer_days: 1 }.is_late());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Late {
    /// Days the notification came late.
    pub employer_days: u32,
    /// Days the file came late.
    pub insurer_days: u32,
}

impl Late {
    /// Whether anybody was late.
    #[must_use]
    pub fn is_late(self) -> bool {
        0 < self.employer_days || 0 < self.insurer_days
    }
}

impl Deadlines {
    /// What is late of something that happened on a day, was notified on a day, and comes today. Without a notification both times count
    /// as the insurer's.
    #[must_use]
    pub fn late(self, happened: CivilDate, notified: Option<CivilDate>, today: CivilDate) -> Late {
        let over = |from: CivilDate, to: CivilDate, days: u32| {
            let taken = u32::try_from(from.days_until(to)).unwrap_or(0);
            taken.saturating_sub(days)
        };
        let (employer, insurer) = (u32::from(self.employer_days), u32::from(self.insurer_days));
        match notified {
            Some(notified) => Late {
                employer_days: over(happened, notified, employer),
                insurer_days: over(notified, today, insurer),
            },
            None => Late {
                employer_days: 0,
                insurer_days: over(happened, today, employer + insurer),
            },
        }
    }
}
