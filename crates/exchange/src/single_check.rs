//! The single check: `OQSsiquc01req` in, `OQSsiquc01res` out (interface §2.2, §2.3). Echoes what was sent character by character.

pub mod answer;

use domain::civil_date::CivilDate;

use crate::encoding::{Encoding, decode};
use crate::rejected::{Reason, Rejected};
use crate::xml::{Element, read};

/// The largest file read, in bytes.
pub const MOST_BYTES: usize = 1 << 20;

/// The longest value of any element, in characters; no element of the interface is longer.
const MOST_CHARS: usize = 200;

/// A request as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The encoding it came in.
    pub encoding: Encoding,
    /// 資格確認日, eight digits when right.
    pub confirmation_date: Option<String>,
    /// 医療機関コード.
    pub institution_code: Option<String>,
    /// 任意のファイル識別子.
    pub file_identifier: Option<String>,
    /// The values of `QualificationConfirmSearchInfo`.
    pub info: SearchInfo,
}

/// The values of `QualificationConfirmSearchInfo`, as they were sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SearchInfo {
    /// 保険者番号, padded or not.
    pub insurer_number: Option<String>,
    /// 被保険者証記号.
    pub symbol: Option<String>,
    /// 被保険者証番号.
    pub number: Option<String>,
    /// 被保険者証枝番.
    pub branch: Option<String>,
    /// 生年月日.
    pub birth_date: Option<String>,
    /// 限度額適用認定証提供同意フラグ.
    pub ceiling_consent: Option<String>,
    /// 任意の識別子.
    pub identifier: Option<String>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Request(…)")
    }
}

impl std::fmt::Debug for SearchInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SearchInfo(…)")
    }
}

/// A request that is readable but not answerable: it gets an abnormal answer, as the interface has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswerable {
    /// Our own error code.
    pub code: String,
    /// What is wrong, for the receipt computer's screen.
    pub message: String,
}

/// The values a check needs, checked for presence and form; what they mean is the center's to say.
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
    /// Reads a file.
    ///
    /// # Errors
    /// [`Rejected`]: the file is not readable as a request. [`Reason::Incomplete`] may mean that it is still being written.
    pub fn parse(bytes: &[u8]) -> Result<Self, Rejected> {
        if MOST_BYTES < bytes.len() {
            return Err(Rejected {
                line: 1,
                element: None,
                reason: Reason::TooLarge,
            });
        }
        if bytes.is_empty() {
            return Err(Rejected {
                line: 1,
                element: None,
                reason: Reason::Empty,
            });
        }
        let (text, encoding) = decode(bytes)?;
        let root = read(&text)?;
        let group = |parent: &Element, name: &str| {
            bounded(parent)?;
            parent.child(name).map(|_| ()).ok_or_else(|| Rejected {
                line: parent.line,
                element: Some(name.into()),
                reason: Reason::MissingGroup,
            })
        };
        if root.name != "XmlMsg" {
            return Err(Rejected {
                line: root.line,
                element: Some("XmlMsg".into()),
                reason: Reason::MissingGroup,
            });
        }
        group(&root, "MessageHeader")?;
        group(&root, "MessageBody")?;
        let nothing = Element::default();
        let header = root.child("MessageHeader").unwrap_or(&nothing);
        let body = root.child("MessageBody").unwrap_or(&nothing);
        group(body, "QualificationConfirmSearchInfo")?;
        let info = body
            .child("QualificationConfirmSearchInfo")
            .unwrap_or(&nothing);
        bounded(header)?;
        bounded(info)?;
        Ok(Self {
            encoding,
            confirmation_date: header.text_of("QualificationConfirmationDate"),
            institution_code: header.text_of("MedicalInstitutionCode"),
            file_identifier: header.text_of("ArbitraryFileIdentifier"),
            info: SearchInfo {
                insurer_number: info.text_of("InsurerNumber"),
                symbol: info.text_of("InsuredCardSymbol"),
                number: info.text_of("InsuredIdentificationNumber"),
                branch: info.text_of("InsuredBranchNumber"),
                birth_date: info.text_of("Birthdate"),
                ceiling_consent: info.text_of("LimitApplicationCertificateRelatedConsFlg"),
                identifier: info.text_of("ArbitraryIdentifier"),
            },
        })
    }

    /// The values a check needs. `own` is the code of the facility whose folder the file lay in.
    ///
    /// # Errors
    /// [`Unanswerable`] with the first thing that is missing or wrong.
    pub fn asked(&self, own: &str) -> Result<Asked, Unanswerable> {
        let must = |text: &Option<String>, ja: &str| {
            let given = text.clone().filter(|text| !text.trim().is_empty());
            given.ok_or_else(|| wrong("E0001", format!("必須項目（{ja}）が設定されていません。")))
        };
        let date = |text: &Option<String>, ja: &str| {
            CivilDate::parse_compact(&must(text, ja)?).map_err(|_| {
                wrong(
                    "E0002",
                    format!("{ja}が正しい日付（yyyyMMdd）ではありません。"),
                )
            })
        };
        let visit_date = date(&self.confirmation_date, "資格確認日")?;
        if must(&self.institution_code, "医療機関コード")? != own {
            return Err(wrong(
                "E0003",
                "医療機関コードがこの端末の医療機関のものではありません。".into(),
            ));
        }
        let info = &self.info;
        let insurer_number = must(&info.insurer_number, "保険者番号")?;
        let number = must(&info.number, "被保険者証番号")?;
        let birth_date = date(&info.birth_date, "生年月日")?;
        let consent = must(&info.ceiling_consent, "限度額適用認定証提供同意フラグ")?;
        let ceiling_consent = match consent.as_str() {
            "0" => false,
            "1" => true,
            _ => {
                return Err(wrong(
                    "E0004",
                    "限度額適用認定証提供同意フラグは 0 か 1 です。".into(),
                ));
            }
        };
        Ok(Asked {
            insurer_number,
            symbol: info.symbol.clone(),
            number,
            branch: info.branch.clone(),
            birth_date,
            visit_date,
            ceiling_consent,
        })
    }
}

fn wrong(code: &str, message: String) -> Unanswerable {
    Unanswerable {
        code: code.into(),
        message,
    }
}

fn bounded(group: &Element) -> Result<(), Rejected> {
    let long = group
        .children
        .iter()
        .find(|child| child.children.is_empty() && MOST_CHARS < child.text.chars().count());
    match long {
        Some(child) => Err(Rejected {
            line: child.line,
            element: Some(child.name.clone()),
            reason: Reason::TooLong,
        }),
        None => Ok(()),
    }
}
