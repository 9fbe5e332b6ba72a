//! Made-up insurers of all kinds and what a household has with them. Prefecture 99 does not exist, so no insurer here is a real one.

use domain::civil_date::CivilDate;
use domain::codes::coverage::CardClassification;
use domain::coverage::{Coverage, InsurerName};
use domain::insured::{InsuredNumber, Symbol};
use domain::insurer_number::{InsurerNumber, check_digit};

use super::wide;
use crate::draw::Draw;

/// Kinds of insurance, by how their numbers begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Society-managed (組合健保, 06).
    Society,
    /// The association's (協会けんぽ, 01).
    Association,
    /// Mutual aid of civil servants (共済, 33).
    MutualAid,
    /// A municipality's (市町村国保, six digits).
    Municipal,
    /// Of the very old (後期高齢者医療, 39): each person for himself.
    VeryOld,
}

/// Insurers of a kind.
const INSURERS: u64 = 40;

impl Kind {
    /// What a household below 75 has: about as often as in the country.
    pub(super) fn draw(draw: &mut Draw) -> Self {
        match draw.below(100) {
            0..=29 => Self::Society,
            30..=63 => Self::Association,
            64..=71 => Self::MutualAid,
            _ => Self::Municipal,
        }
    }

    /// True where the person's share is on the card itself.
    pub(super) fn states_the_share(self) -> bool {
        matches!(self, Self::VeryOld | Self::Municipal)
    }

    /// The number's digits before the check digit, for one of its insurers.
    fn body(self, insurer: u64) -> u64 {
        insurer
            + match self {
                Self::Society => 699_000,
                Self::Association => 199_000,
                Self::MutualAid => 3_399_000,
                Self::Municipal => 99_000,
                Self::VeryOld => 3_999_000,
            }
    }

    fn name(self, insurer: u64) -> String {
        let number = wide(insurer + 1);
        match self {
            Self::Society => format!("架空第{number}産業健康保険組合"),
            Self::Association => format!("架空健康保険協会　第{number}支部"),
            Self::MutualAid => format!("架空第{number}共済組合"),
            Self::Municipal => format!("架空県第{number}国民健康保険"),
            Self::VeryOld => format!("架空県後期高齢者医療広域連合　第{number}"),
        }
    }

    /// A coverage of this kind; its numbers belong to this number among all of the kind alone.
    pub(super) fn coverage(self, among: u64, acquired: CivilDate) -> Option<Coverage> {
        let insurer = among % INSURERS;
        let body = self.body(insurer);
        let number = u32::try_from(body * 10).ok()? + check_digit(body);
        let rest = among / INSURERS;
        let (symbol, insured) = match self {
            // No symbol, eight digits with their check digit.
            Self::VeryOld => {
                let body = rest + 1;
                (None, format!("{body:07}{}", check_digit(body)))
            }
            Self::Municipal => (Some(wide(rest / 10_000 + 1)), wide(rest % 10_000 + 1)),
            // Eight digits.
            Self::Association => (
                Some(wide(99_000_000 + rest / 1_000)),
                wide(rest % 1_000 + 1),
            ),
            Self::Society | Self::MutualAid => {
                (Some(wide(rest / 1_000 + 1)), wide(rest % 1_000 + 1))
            }
        };
        let mut it = Coverage::new(
            CardClassification::General,
            InsurerNumber::from_u32(number).ok()?,
            InsurerName::parse(&self.name(insurer)).ok()?,
            InsuredNumber::parse(&insured).ok()?,
        );
        it.symbol = match symbol {
            Some(symbol) => Some(Symbol::parse(&symbol).ok()?),
            None => None,
        };
        it.acquired = Some(acquired);
        it.issued = Some(acquired);
        it.period.start = Some(acquired);
        Some(it)
    }
}
