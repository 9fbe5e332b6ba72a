//! From a request's members to the question of `domain`, with an error for every member that is wrong. Changes nothing given.

use domain::check::{CeilingConsent, NumberQuestion};
use domain::civil_date::{CivilDate, InvalidDate};
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::{CheckDigit, InsurerNumber, InvalidInsurerNumber};
use domain::personal_text::InvalidText;

use crate::check::{CheckRequest, Origin, Remark};
use crate::problem::{MemberError, Text};

/// A request that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The question.
    pub question: NumberQuestion,
    /// Where it was asked.
    pub origin: Origin,
    /// Remarks that go into the answer.
    pub remarks: Vec<Remark>,
}

/// Reads a request. `today` is the civil date in Japan, used where no day is asked about.
///
/// # Errors
/// One [`MemberError`] for every member that is wrong, all at once.
pub fn read(request: &CheckRequest, today: CivilDate) -> Result<Asked, Vec<MemberError>> {
    let mut errors = Vec::new();
    let insurer = keep(&mut errors, insurer(&request.insurer_number));
    let symbol = keep(&mut errors, symbol(request.symbol.as_deref()));
    let number = keep(&mut errors, insured_number(&request.number));
    let branch = keep(&mut errors, branch(request.branch.as_deref()));
    let birth_date = keep(&mut errors, date("birth_date", &request.birth_date));
    let visit_date = keep(
        &mut errors,
        visit_date(request.visit_date.as_deref(), today),
    );
    if let (Some(birth), Some(visit)) = (birth_date, visit_date)
        && visit < birth
    {
        errors.push(MemberError::new(
            "visit_date",
            "before_birth",
            "受診日が生年月日より前です。どちらかを直してください。",
            "The date of visit is before the birth date; correct one of them.",
        ));
    }
    let origin = keep(&mut errors, origin(request.origin.as_deref()));
    match (
        insurer, symbol, number, branch, birth_date, visit_date, origin,
    ) {
        (
            Some(insurer),
            Some(symbol),
            Some(number),
            Some(branch),
            Some(birth_date),
            Some(visit_date),
            Some(origin),
        ) if errors.is_empty() => Ok(Asked {
            question: NumberQuestion {
                insurer,
                symbol,
                number,
                branch,
                birth_date,
                visit_date,
                ceiling_consent: if request.ceiling_consent {
                    CeilingConsent::Given
                } else {
                    CeilingConsent::NotGiven
                },
            },
            origin,
            remarks: remarks(insurer),
        }),
        _ => Err(errors),
    }
}

/// The remarks an insurer number earns: a wrong check digit warns and never refuses (contracts §5).
#[must_use]
pub fn remarks(insurer: InsurerNumber) -> Vec<Remark> {
    match insurer.check_digit() {
        CheckDigit::Right => Vec::new(),
        CheckDigit::Wrong => vec![Remark {
            code: "insurer_check_digit".into(),
            text: Text::new(
                "保険者番号の検証番号が合いません。番号の打ち間違いがないか確認してください。",
                "The insurer number's check digit does not fit; look for a typing error.",
            ),
        }],
    }
}

pub(crate) fn keep<T>(errors: &mut Vec<MemberError>, result: Result<T, MemberError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

/// An optional member given empty is one not given.
pub(crate) fn optional<T>(
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, MemberError>,
) -> Result<Option<T>, MemberError> {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => parse(text).map(Some),
        None => Ok(None),
    }
}

pub(crate) fn symbol(text: Option<&str>) -> Result<Option<Symbol>, MemberError> {
    optional(text, |text| {
        Symbol::parse(text).map_err(|e| text_error("symbol", e))
    })
}

pub(crate) fn insured_number(text: &str) -> Result<InsuredNumber, MemberError> {
    InsuredNumber::parse(text).map_err(|e| text_error("number", e))
}

pub(crate) fn branch(text: Option<&str>) -> Result<Option<Branch>, MemberError> {
    optional(text, |text| {
        Branch::parse(text).map_err(|_| {
            MemberError::new(
                "branch",
                "form",
                "枝番は数字2桁です。分からないときは空欄にしてください。",
                "The branch is two digits; leave it empty when unknown.",
            )
        })
    })
}

pub(crate) fn insurer(text: &str) -> Result<InsurerNumber, MemberError> {
    let error = |code, ja, en| MemberError::new("insurer_number", code, ja, en);
    InsurerNumber::parse(text).map_err(|invalid| match invalid {
        InvalidInsurerNumber::Empty => error(
            "required",
            "保険者番号を入力してください。",
            "Enter the insurer number.",
        ),
        InvalidInsurerNumber::NotADigit(_) => error(
            "not_a_digit",
            "保険者番号は数字だけで入力してください。",
            "The insurer number holds digits only.",
        ),
        InvalidInsurerNumber::Length => error(
            "length",
            "保険者番号は8桁（国民健康保険は6桁）です。",
            "The insurer number has eight digits, six for National Health Insurance.",
        ),
    })
}

fn text_error(member: &str, invalid: InvalidText) -> MemberError {
    let (name_ja, name_en) = match member {
        "symbol" => ("記号", "symbol"),
        "number" => ("番号", "number"),
        other => (other, other),
    };
    match invalid {
        InvalidText::Empty => MemberError::new(
            member,
            "required",
            &format!("{name_ja}を入力してください。"),
            &format!("Enter the {name_en}."),
        ),
        InvalidText::TooLong { max } => MemberError::new(
            member,
            "too_long",
            &format!("{name_ja}は{max}文字までです。"),
            &format!("The {name_en} holds up to {max} characters."),
        ),
        InvalidText::ControlCharacter { place } => MemberError::new(
            member,
            "control_character",
            &format!("{name_ja}の{place}文字目に入力できない文字（制御文字）があります。"),
            &format!("Character {place} of the {name_en} is a control character."),
        ),
    }
}

pub(crate) fn date(member: &str, text: &str) -> Result<CivilDate, MemberError> {
    let (name_ja, name_en) = match member {
        "birth_date" => ("生年月日", "birth date"),
        _ => ("受診日", "date of visit"),
    };
    if text.trim().is_empty() {
        return Err(MemberError::new(
            member,
            "required",
            &format!("{name_ja}を入力してください。"),
            &format!("Enter the {name_en}."),
        ));
    }
    CivilDate::parse_iso(text).map_err(|invalid| match invalid {
        InvalidDate::Form => MemberError::new(
            member,
            "form",
            &format!("{name_ja}は「1970-01-02」の形で入力してください。"),
            &format!("Write the {name_en} like 1970-01-02."),
        ),
        InvalidDate::NoSuchDay => MemberError::new(
            member,
            "no_such_day",
            &format!("{name_ja}は暦にない日です。"),
            &format!("The calendar has no such {name_en}."),
        ),
        InvalidDate::OutOfRange => MemberError::new(
            member,
            "out_of_range",
            &format!("{name_ja}は1868年1月25日以後の日にしてください。"),
            &format!("The {name_en} lies before 1868-01-25 or after 9998."),
        ),
    })
}

/// The day asked about; today where none is.
///
/// # Errors
/// A [`MemberError`] for a text that is no day.
pub fn visit_date(text: Option<&str>, today: CivilDate) -> Result<CivilDate, MemberError> {
    let day = optional(text, |text| date("visit_date", text))?;
    Ok(day.unwrap_or(today))
}

fn origin(name: Option<&str>) -> Result<Origin, MemberError> {
    let Some(name) = name else {
        return Ok(Origin::WebApi);
    };
    // The others are the center's own words for what did not come as a question by number.
    let asks = [Origin::Page, Origin::Shell, Origin::File, Origin::WebApi];
    let origin = Origin::parse(name).filter(|origin| asks.contains(origin));
    origin.ok_or_else(|| {
        MemberError::new(
            "origin",
            "unknown",
            "origin は page、shell、file、web_api のいずれかです。",
            "origin is page, shell, file or web_api.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CheckRequest {
        CheckRequest {
            birth_date: "1970-01-02".into(),
            insurer_number: "06139992".into(),
            number: "４５６７".into(),
            symbol: Some("１２３".into()),
            ..CheckRequest::default()
        }
    }

    #[test]
    fn no_question_by_number_comes_from_a_card() {
        let mut request = request();
        request.origin = Some("card".into());
        check(&request, &[("origin", "unknown")]);
    }

    fn today() -> CivilDate {
        CivilDate::new(2026, 11, 23).unwrap()
    }

    fn check(request: &CheckRequest, expected: &[(&str, &str)]) {
        let errors = read(request, today()).unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (&*e.member, &*e.code)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_request_without_a_day_asks_about_today() {
        let asked = read(&request(), today()).unwrap();
        assert_eq!(asked.question.visit_date, today());
        assert_eq!(asked.origin, Origin::WebApi);
    }

    #[test]
    fn every_wrong_member_is_named_at_once() {
        let wrong = CheckRequest {
            birth_date: "1970-02-30".into(),
            branch: Some("abc".into()),
            insurer_number: "12".into(),
            number: "1".repeat(21),
            symbol: Some("a\u{7}".into()),
            visit_date: Some("2026/01/01".into()),
            origin: Some("fax".into()),
            ceiling_consent: false,
        };
        check(
            &wrong,
            &[
                ("insurer_number", "length"),
                ("symbol", "control_character"),
                ("number", "too_long"),
                ("branch", "form"),
                ("birth_date", "no_such_day"),
                ("visit_date", "form"),
                ("origin", "unknown"),
            ],
        );
        check(
            &CheckRequest::default(),
            &[
                ("insurer_number", "required"),
                ("number", "required"),
                ("birth_date", "required"),
            ],
        );
    }

    #[test]
    fn a_visit_before_birth_is_refused() {
        let mut early = request();
        early.visit_date = Some("1969-12-31".into());
        check(&early, &[("visit_date", "before_birth")]);
    }

    #[test]
    fn a_wrong_check_digit_only_earns_a_remark() {
        let mut wrong = request();
        wrong.insurer_number = "06139991".into();
        let asked = read(&wrong, today()).unwrap();
        assert_eq!(asked.remarks[0].code, "insurer_check_digit");
        assert!(read(&request(), today()).unwrap().remarks.is_empty());
    }
}
