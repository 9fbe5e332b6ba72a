//! What a single check's request asks, checked for presence and form; what it means is the center's to say.

use domain::civil_date::CivilDate;

use crate::error_code::{ErrorCode, Unanswerable};
use crate::tables::single_check::Request;

/// The values a check needs.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// Insurer number as sent.
    pub insurer_number: String,
    /// Symbol.
    pub symbol: Option<String>,
    /// Number.
    pub number: String,
    /// Branch.
    pub branch: Option<String>,
    /// Birth date.
    pub birth_date: CivilDate,
    /// The day asked about.
    pub visit_date: CivilDate,
    /// Whether consent to the ceiling was given.
    pub ceiling_consent: bool,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asked(…)")
    }
}

impl Request {
    /// The values a check needs. `own` is the code of the facility that asks.
    ///
    /// # Errors
    /// [`Unanswerable`] with the first thing that is missing or wrong.
    pub fn asked(&self, own: &str) -> Result<Asked, Unanswerable> {
        let header = &self.header;
        let visit_date = date(header.confirmation_date.as_ref(), "資格確認日")?;
        if required(header.institution_code.as_ref(), "医療機関コード")? != own {
            return Err(ErrorCode::OtherFacility.plain());
        }
        let info = &self.body.search_info;
        let insurer_number = required(info.insurer_number.as_ref(), "保険者番号")?;
        let number = required(info.number.as_ref(), "被保険者証番号")?;
        let birth_date = date(info.birth_date.as_ref(), "生年月日")?;
        let item = "限度額適用認定証提供同意フラグ";
        let ceiling_consent = match required(info.ceiling_consent.as_ref(), item)? {
            "0" => false,
            "1" => true,
            _ => return Err(ErrorCode::UnknownCode.about(item)),
        };
        Ok(Asked {
            insurer_number: insurer_number.to_owned(),
            symbol: info.symbol.clone(),
            number: number.to_owned(),
            branch: info.branch.clone(),
            birth_date,
            visit_date,
            ceiling_consent,
        })
    }
}

/// A value that has to be there; `item` names it in Japanese.
///
/// # Errors
/// [`Unanswerable`] when it is absent or blank.
pub fn required<'v>(value: Option<&'v String>, item: &str) -> Result<&'v str, Unanswerable> {
    value
        .map(String::as_str)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| ErrorCode::Missing.about(item))
}

/// A date that has to be there.
///
/// # Errors
/// [`Unanswerable`] when it is absent or no day.
pub fn date(value: Option<&String>, item: &str) -> Result<CivilDate, Unanswerable> {
    CivilDate::parse_compact(required(value, item)?).map_err(|_| ErrorCode::NotADate.about(item))
}
