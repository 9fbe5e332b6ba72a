//! The situations a virtual card can bring to a reader. Decides no outcome.

use serde::{Deserialize, Serialize};

/// One situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// An ordinary outpatient.
    Valid,
    /// Specified disease, medical aid and all kinds of medical information exist.
    Everything,
    /// The PIN is locked.
    Locked,
    /// One try of the PIN is left.
    LastTry,
    /// The certificate ended less than three months ago.
    ExpiredRecently,
    /// The certificate ended more than three months ago.
    ExpiredLong,
    /// The certificate is on the revocation list.
    Revoked,
    /// 顔認証マイナンバーカード: no PIN was set.
    NoPin,
    /// The holder lost the coverage.
    NoCoverage,
    /// The center does not know the certificate.
    Unregistered,
    /// Two coverages tie (G23).
    Several,
    /// The face data were copied to another chip, which lacks their key.
    Clone,
    /// A phone with Android.
    Android,
    /// An iPhone.
    Iphone,
    /// Some other card.
    NotAMyNumberCard,
    /// The second certificate of a holder.
    Renewed,
    /// The certificate ends within three months.
    AboutToExpire,
    /// A name beyond JIS X 0208, with variation selectors.
    RareName,
}

impl Case {
    /// All, in the order of the demo's tray.
    pub const ALL: [Self; 18] = [
        Self::Valid,
        Self::Everything,
        Self::Locked,
        Self::LastTry,
        Self::ExpiredRecently,
        Self::ExpiredLong,
        Self::Revoked,
        Self::NoPin,
        Self::NoCoverage,
        Self::Unregistered,
        Self::Several,
        Self::Clone,
        Self::Android,
        Self::Iphone,
        Self::NotAMyNumberCard,
        Self::Renewed,
        Self::AboutToExpire,
        Self::RareName,
    ];

    /// The name in files and in `demo.json`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Everything => "everything",
            Self::Locked => "locked",
            Self::LastTry => "last_try",
            Self::ExpiredRecently => "expired_recently",
            Self::ExpiredLong => "expired_long",
            Self::Revoked => "revoked",
            Self::NoPin => "no_pin",
            Self::NoCoverage => "no_coverage",
            Self::Unregistered => "unregistered",
            Self::Several => "several",
            Self::Clone => "clone",
            Self::Android => "android",
            Self::Iphone => "iphone",
            Self::NotAMyNumberCard => "not_a_my_number_card",
            Self::Renewed => "renewed",
            Self::AboutToExpire => "about_to_expire",
            Self::RareName => "rare_name",
        }
    }

    /// The case of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The number that keys, serials and holders of the case are made from.
    pub(crate) fn number(self) -> u32 {
        Self::ALL
            .into_iter()
            .zip(1..)
            .find(|(it, _)| *it == self)
            .map_or(0, |(_, at)| at)
    }
}
