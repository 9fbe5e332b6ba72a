//! Messages of the record of looks (閲覧記録), and the way from their members to `domain`. Names of patients travel in bodies alone.

use core::fmt;

use domain::account::AccountId;
use domain::civil_date::CivilDate;
use domain::insured::{Branch, InsuranceKey};
use domain::medical_information::kind::Basis;
use domain::reference_number::ReferenceNumber;
use serde::{Deserialize, Serialize};

use super::unknown;
use crate::check::asked::{branch, insured_number, insurer, keep, optional, symbol};
use crate::history::FileEncoding;
use crate::problem::MemberError;

/// Characters of a name to search for.
const NAME_CHARS: usize = 100;

/// Body of `POST /v1/medical/looks/search`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"account": "doctor1", "from": "2026-11-01", "until": "2026-11-30"}))]
pub struct LooksSearch {
    /// Account that looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Where to go on: `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What the look rested on: `visit`, `home`, `disaster` or `ambulance`; whatever it was when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(|visit|home|disaster|ambulance)$")]
    pub basis: Option<String>,
    /// Only looks under an emergency.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub emergencies: bool,
    /// First day, in Japan; 30 days before the last one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// At whom.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::object::maybe"
    )]
    pub patient: Option<PatientTerms>,
    /// Last day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// By what a patient is named in a search; all that is given must fit. Whoever was not looked at here is not found, whether they exist or not.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatientTerms {
    /// Birth date, `yyyy-MM-dd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Branch number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The identifier of a check by card of the facility, or of a patient who may be seen now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Insurer number; with the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32)]
    pub insurer_number: Option<String>,
    /// Part of the name or of its kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// Number; with the insurer number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20)]
    pub number: Option<String>,
    /// The facility's own number for the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 50)]
    pub reference_number: Option<String>,
    /// Symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20)]
    pub symbol: Option<String>,
}

/// Body of `POST /v1/medical/looks/export`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LooksExport {
    /// `utf-8` or `cp932`: see [`FileEncoding`].
    #[schema(pattern = "^(utf-8|cp932)$")]
    pub encoding: String,
    /// What to search for; where its page begins does not matter.
    #[serde(deserialize_with = "crate::object::one")]
    pub search: LooksSearch,
}

/// Answer of `POST /v1/medical/looks/search`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Looks {
    /// The newest first.
    pub looks: Vec<LookEntry>,
    /// Where the next page goes on; absent on the last one. A page may be short and have a next one: older looks were not gone through yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One look.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LookEntry {
    /// The account that looked.
    pub account: String,
    /// Its kind then.
    pub account_kind: String,
    /// When, RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// True where any of it rested on an emergency.
    pub emergency: bool,
    /// The first month asked for, `yyyy-MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// The patient as registered now; absent where the insurers took the person back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<LookedAt>,
    /// `treatment`, `dispensing`, `disaster`, `ambulance` or `own`.
    #[schema(pattern = "^(treatment|dispensing|disaster|ambulance|own)$")]
    pub purpose: String,
    /// What was looked at, and what gave the right to.
    pub under: Vec<LookUnder>,
    /// The last month asked for, `yyyy-MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// `page`, `print`, `pdf`, `xml`, `machine` or `own`.
    #[schema(pattern = "^(page|print|pdf|xml|machine|own)$")]
    pub way: String,
}

/// Whom a look was at.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LookedAt {
    /// Birth date, `yyyy-MM-dd`.
    #[schema(format = Date)]
    pub birth_date: String,
    /// Name in kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// Name.
    pub name: String,
}

/// A kind that was looked at, and what gave the right to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LookUnder {
    /// `visit`, `home`, `disaster` or `ambulance`.
    #[schema(pattern = "^(visit|home|disaster|ambulance)$")]
    pub basis: String,
    /// `drugs`, `treatment`, `surgery` or `checkups`.
    #[schema(pattern = "^(drugs|treatment|surgery|checkups)$")]
    pub kind: String,
    /// The check by card, or the emergency's opening.
    #[schema(format = "uuid")]
    pub reference: String,
}

/// What a search asks for.
#[derive(Clone, Default)]
pub struct LooksWish {
    /// By this account.
    pub account: Option<AccountId>,
    /// Behind this place of an earlier page.
    pub after: Option<(i64, i64)>,
    /// That rested on this.
    pub basis: Option<Basis>,
    /// Only under an emergency.
    pub emergencies: bool,
    /// First day.
    pub from: Option<CivilDate>,
    /// Last day.
    pub until: Option<CivilDate>,
    /// At whom.
    pub patient: PatientWish,
}

/// By what a patient is named.
#[derive(Clone, Default)]
pub struct PatientWish {
    /// Born on.
    pub birth_date: Option<CivilDate>,
    /// The identifier.
    pub id: Option<u128>,
    /// The qualification.
    pub insured: Option<(InsuranceKey, Option<Branch>)>,
    /// Part of the name.
    pub name: Option<String>,
    /// The facility's own number.
    pub reference_number: Option<ReferenceNumber>,
}

impl LooksSearch {
    /// Its members.
    ///
    /// # Errors
    /// One [`MemberError`] for every member that is wrong, all at once.
    pub fn read(&self) -> Result<LooksWish, Vec<MemberError>> {
        let mut errors = Vec::new();
        let mut wish = LooksWish {
            emergencies: self.emergencies,
            ..LooksWish::default()
        };
        wish.from = keep(&mut errors, day("from", self.from.as_deref())).flatten();
        wish.until = keep(&mut errors, day("until", self.until.as_deref())).flatten();
        if let (Some(from), Some(until)) = (wish.from, wish.until)
            && until < from
        {
            errors.push(MemberError::new(
                "until",
                "before_from",
                "終了日が開始日より前です。どちらかを直してください。",
                "The last day is before the first; correct one of them.",
            ));
        }
        let account = given(self.account.as_deref()).map(AccountId::parse);
        wish.account = account.and_then(|it| keep(&mut errors, it.map_err(|_| unknown("account"))));
        let basis = given(self.basis.as_deref()).map(|it| Basis::parse(it).ok_or(unknown("basis")));
        wish.basis = basis.and_then(|it| keep(&mut errors, it));
        let after = given(self.after.as_deref()).map(|it| place(it).ok_or_else(no_place));
        wish.after = after.and_then(|it| keep(&mut errors, it));
        if let Some(patient) = &self.patient {
            wish.patient = patient.read(&mut errors);
        }
        if errors.is_empty() {
            Ok(wish)
        } else {
            Err(errors)
        }
    }
}

impl PatientTerms {
    fn read(&self, errors: &mut Vec<MemberError>) -> PatientWish {
        let mut wish = PatientWish {
            birth_date: keep(errors, day("birth_date", self.birth_date.as_deref())).flatten(),
            ..PatientWish::default()
        };
        let id = given(self.id.as_deref()).map(uuid::Uuid::parse_str);
        let id = id.map(|it| it.map_err(|_| unknown("id")));
        wish.id = id.and_then(|it| keep(errors, it)).map(|it| it.as_u128());
        let number = given(self.reference_number.as_deref()).map(ReferenceNumber::parse);
        let number = number.map(|it| it.map_err(|_| unknown("reference_number")));
        wish.reference_number = number.and_then(|it| keep(errors, it));
        wish.name = given(self.name.as_deref()).map(str::to_owned);
        if let Some(name) = &wish.name
            && domain::personal_text::check(name, NAME_CHARS).is_err()
        {
            errors.push(MemberError::new(
                "name",
                "form",
                "氏名は100文字までで、制御文字は使えません。",
                "A name has up to 100 characters and no control characters.",
            ));
        }
        let insurance = [
            &self.insurer_number,
            &self.number,
            &self.symbol,
            &self.branch,
        ];
        if insurance
            .into_iter()
            .any(|it| given(it.as_deref()).is_some())
        {
            let insurer = insurer(self.insurer_number.as_deref().unwrap_or_default());
            let insurer = keep(errors, insurer);
            let symbol = keep(errors, symbol(self.symbol.as_deref()));
            let number = insured_number(self.number.as_deref().unwrap_or_default());
            let number = keep(errors, number);
            let branch = keep(errors, branch(self.branch.as_deref()));
            if let (Some(insurer), Some(symbol), Some(number), Some(branch)) =
                (insurer, symbol, number, branch)
            {
                let key = InsuranceKey::new(insurer, symbol.as_ref(), &number);
                wish.insured = Some((key, branch));
            }
        }
        wish
    }
}

impl LooksExport {
    /// The character set of the file.
    #[must_use]
    pub fn encoding(&self) -> Option<FileEncoding> {
        FileEncoding::parse(&self.encoding)
    }
}

/// Where a page ends, as text for `next`.
#[must_use]
pub fn next(at_micros: i64, seq: i64) -> String {
    format!("{at_micros}-{seq}")
}

fn place(text: &str) -> Option<(i64, i64)> {
    let (at, seq) = text.split_once('-')?;
    Some((at.parse().ok()?, seq.parse().ok()?))
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|it| !it.is_empty())
}

fn day(member: &str, text: Option<&str>) -> Result<Option<CivilDate>, MemberError> {
    optional(text, |text| {
        CivilDate::parse_iso(text).map_err(|_| {
            MemberError::new(
                member,
                "form",
                "日付は「2026-11-23」の形で入力してください。",
                "Write the date like 2026-11-23.",
            )
        })
    })
}

fn no_place() -> MemberError {
    MemberError::new(
        "after",
        "form",
        "after には前のページの next をそのまま指定してください。",
        "Give the next of the page before as after.",
    )
}

// All of them may name a patient.
macro_rules! says_nothing {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+ };
}

says_nothing!(
    LooksSearch,
    PatientTerms,
    LooksExport,
    LookEntry,
    LookedAt,
    LooksWish,
    PatientWish
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_member_is_named_at_once_and_half_a_qualification_is_one() {
        let search = LooksSearch {
            account: Some("no such\u{7}".into()),
            after: Some("x".into()),
            basis: Some("luck".into()),
            from: Some("2026-13-01".into()),
            patient: Some(PatientTerms {
                id: Some("7".into()),
                insurer_number: Some("06139992".into()),
                ..PatientTerms::default()
            }),
            ..LooksSearch::default()
        };
        let errors = search.read().unwrap_err();
        let members: Vec<_> = errors.iter().map(|it| it.member.as_str()).collect();
        assert_eq!(
            members,
            ["from", "account", "basis", "after", "id", "number"]
        );
    }

    #[test]
    fn a_place_reads_back() {
        assert_eq!(
            place(&next(1_764_000_000_000_000, 42)),
            Some((1_764_000_000_000_000, 42))
        );
    }
}
