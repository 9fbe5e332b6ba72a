//! From a search's members to who is looked for, with an error for every member that is wrong. Looks nobody up.

use domain::civil_date::CivilDate;
use domain::codes::person::Sex;
use domain::emergency::description::{Described, Description};
use domain::insured::{Branch, InsuranceKey};

use super::PersonSearch;
use crate::check::asked::{branch, date, insured_number, insurer, keep, symbol};
use crate::problem::MemberError;

/// Who is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// By insurance data.
    Insured(InsuranceKey, Option<Branch>, CivilDate),
    /// By name, birth date, sex and address.
    Described(Description),
}

/// The longest name and address, in characters.
const NAME_CHARS: usize = 100;
const ADDRESS_CHARS: usize = 200;

/// Reads a search; with an insurer number it is one by insurance data.
///
/// # Errors
/// One [`MemberError`] for every member that is wrong, all at once.
pub fn read(search: &PersonSearch) -> Result<Asked, Vec<MemberError>> {
    let given = |text: &Option<String>| text.as_deref().is_some_and(|it| !it.trim().is_empty());
    if given(&search.insurer_number) || (given(&search.number) && !given(&search.name)) {
        insured(search)
    } else {
        described(search)
    }
}

fn insured(search: &PersonSearch) -> Result<Asked, Vec<MemberError>> {
    let mut errors = Vec::new();
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    let insurer = keep(&mut errors, insurer(&text(&search.insurer_number)));
    let symbol = keep(&mut errors, symbol(search.symbol.as_deref()));
    let number = keep(&mut errors, insured_number(&text(&search.number)));
    let branch = keep(&mut errors, branch(search.branch.as_deref()));
    let birth_date = keep(&mut errors, date("birth_date", &search.birth_date));
    match (insurer, symbol, number, branch, birth_date) {
        (Some(insurer), Some(symbol), Some(number), Some(branch), Some(birth_date)) => {
            let key = InsuranceKey::new(insurer, symbol.as_ref(), &number);
            Ok(Asked::Insured(key, branch, birth_date))
        }
        _ => Err(errors),
    }
}

fn described(search: &PersonSearch) -> Result<Asked, Vec<MemberError>> {
    let mut errors = Vec::new();
    let bounded = [
        ("name", &search.name, NAME_CHARS),
        ("kana", &search.kana, NAME_CHARS),
        ("address", &search.address, ADDRESS_CHARS),
    ];
    for (member, text, most) in bounded {
        errors.extend(text.as_deref().and_then(|it| too_much(member, it, most)));
    }
    let birth_date = keep(&mut errors, date("birth_date", &search.birth_date));
    let sex = search.sex.as_deref().and_then(Sex::from_code);
    let sex = sex.filter(|it| *it != Sex::Unset);
    if sex.is_none() {
        errors.push(MemberError::new(
            "sex",
            "required",
            "性別を選んでください。",
            "Choose the sex.",
        ));
    }
    let text = |it: &'_ Option<String>| it.clone().unwrap_or_default();
    let (name, kana, address) = (
        text(&search.name),
        text(&search.kana),
        text(&search.address),
    );
    let said = Described {
        name: &name,
        kana: &kana,
        address: &address,
    };
    // Any day and sex will do to see whether there is a name.
    if Description::of(&said, CivilDate::earliest(), Sex::Unset).is_none() {
        errors.push(MemberError::new(
            "name",
            "required",
            "氏名（漢字またはカナ）を入力してください。",
            "Enter the name, as written or in kana.",
        ));
    }
    let description = birth_date
        .zip(sex)
        .and_then(|(birth_date, sex)| Description::of(&said, birth_date, sex));
    match description {
        Some(description) if errors.is_empty() => Ok(Asked::Described(description)),
        Some(_) | None => Err(errors),
    }
}

/// What is wrong with a text beside being blank.
fn too_much(member: &str, text: &str, most: usize) -> Option<MemberError> {
    use domain::personal_text::{InvalidText, check};
    match check(text, most) {
        Ok(()) | Err(InvalidText::Empty) => None,
        Err(InvalidText::TooLong { max }) => Some(MemberError::new(
            member,
            "too_long",
            &format!("{max}文字までです。"),
            &format!("Up to {max} characters."),
        )),
        Err(InvalidText::ControlCharacter { .. }) => Some(MemberError::new(
            member,
            "control_character",
            "入力できない文字（制御文字）があります。",
            "It holds a control character.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(search: &PersonSearch) -> Vec<String> {
        let errors = read(search).unwrap_err();
        errors.into_iter().map(|it| it.member).collect()
    }

    #[test]
    fn every_wrong_member_is_named_at_once_and_blank_ones_were_not_given() {
        assert_eq!(
            members(&PersonSearch::default()),
            ["birth_date", "sex", "name"]
        );
        let wrong = PersonSearch {
            address: Some("a\u{7}".into()),
            birth_date: "1970-02-30".into(),
            name: Some("字".repeat(101)),
            sex: Some("3".into()),
            ..PersonSearch::default()
        };
        assert_eq!(members(&wrong), ["name", "address", "birth_date", "sex"]);
        let blank = PersonSearch {
            address: Some("　".into()),
            birth_date: "1970-01-02".into(),
            name: Some("資格太郎".into()),
            sex: Some("1".into()),
            ..PersonSearch::default()
        };
        assert!(matches!(read(&blank), Ok(Asked::Described(_))));
    }

    #[test]
    fn with_an_insurer_number_it_is_a_search_by_insurance_data() {
        let search = PersonSearch {
            insurer_number: Some("06139992".into()),
            number: Some("4567".into()),
            birth_date: "1970-01-02".into(),
            ..PersonSearch::default()
        };
        assert!(matches!(read(&search), Ok(Asked::Insured(_, None, _))));
        let without = PersonSearch {
            number: None,
            ..search
        };
        assert_eq!(members(&without), ["number"]);
    }
}
