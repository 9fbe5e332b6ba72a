//! Why a medical viewer may look (G01): the three members of an account that say so, read and judged. What was typed while it was one free
//! text stays until somebody changes it.

use api::account::AccountChange;
use api::problem::MemberError;
use domain::account::AccountKind;
use domain::account::grounds::{Grounds, GroundsFault, Profession};
use store::accounts::Account;

/// The longest text, in characters.
const CHARS: usize = 100;

/// The code of what must be said and is not.
const REQUIRED: &str = "required";

/// The three members as they were given.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) profession: Option<&'a str>,
    pub(super) designation: Option<&'a str>,
    pub(super) designated_by: Option<&'a str>,
}

/// The grounds of an account of this kind, where it is known, and what is wrong with the members.
pub(super) fn read(kind: Option<AccountKind>, given: Given<'_>) -> (Grounds, Vec<MemberError>) {
    let filled = |text: Option<&str>| text.filter(|it| !it.is_empty()).map(str::to_owned);
    let grounds = Grounds {
        profession: given.profession.and_then(Profession::parse),
        designation: filled(given.designation),
        designated_by: filled(given.designated_by),
    };
    let texts = [
        ("designation", &grounds.designation),
        ("designated_by", &grounds.designated_by),
    ];
    if kind.is_some_and(|kind| kind != AccountKind::MedicalViewer) {
        let profession = given.profession.map(|_| "profession");
        let texts = texts.into_iter().filter(|(_, text)| text.is_some());
        let members = profession.into_iter().chain(texts.map(|it| it.0));
        let errors = members.map(not_for_kind).collect();
        return (grounds, errors);
    }
    let is_unknown = given.profession.is_some() && grounds.profession.is_none();
    let mut errors = Vec::new();
    if is_unknown {
        errors.push(unknown());
    } else if kind.is_some() {
        errors.extend(grounds.faults().into_iter().map(told));
    }
    for (member, text) in texts {
        let text = text.as_deref();
        if text.is_some_and(|text| domain::personal_text::check(text, CHARS).is_err()) {
            errors.push(of_form(member));
        }
    }
    (grounds, errors)
}

/// The grounds of an account after a change. What is not given stays, but for the designation of somebody who is now physician, dentist or
/// pharmacist. Grounds that stay as they are lack nothing: an account of before keeps its free text while its name is changed.
pub(super) fn changed(seen: &Account, change: &AccountChange) -> (Grounds, Vec<MemberError>) {
    let before = &seen.grounds;
    if change.profession.is_none() && change.designation.is_none() && change.designated_by.is_none()
    {
        return (before.clone(), Vec::new());
    }
    let name = change.profession.as_deref();
    let now = name.and_then(Profession::parse);
    let designates = now.is_none_or(|it| it == Profession::Designated);
    let stays = |text: &Option<String>| text.clone().filter(|_| designates);
    let designation = change.designation.clone();
    let designation = designation.or_else(|| stays(&before.designation));
    let designated_by = change.designated_by.clone();
    let designated_by = designated_by.or_else(|| stays(&before.designated_by));
    let given = Given {
        profession: name.or(before.profession.map(Profession::as_str)),
        designation: designation.as_deref(),
        designated_by: designated_by.as_deref(),
    };
    let (grounds, mut errors) = read(Some(seen.kind), given);
    if grounds == *before {
        errors.retain(|it| it.code != REQUIRED);
    }
    (grounds, errors)
}

fn told(fault: GroundsFault) -> MemberError {
    match fault {
        GroundsFault::NoProfession => MemberError::new(
            "profession",
            REQUIRED,
            "医療情報閲覧アカウントには、医師（physician）・歯科医師（dentist）・薬剤師（pharmacist）・選定者（designated）のどれかを指定してください。",
            "State of a medical viewer whether it is a physician, dentist, pharmacist or designated person (designated).",
        ),
        GroundsFault::NoDesignator => MemberError::new(
            "designated_by",
            REQUIRED,
            "選定者には、選定した人の職種と氏名を記入してください（例：院長 見本一郎）。",
            "State who designated the person, by work and name.",
        ),
        GroundsFault::NeedlessDesignation => needless("designation"),
        GroundsFault::NeedlessDesignator => needless("designated_by"),
    }
}

fn needless(member: &str) -> MemberError {
    MemberError::new(
        member,
        "not_for_profession",
        "この欄は選定者のときだけ記入します。医師・歯科医師・薬剤師のときは空欄にしてください。",
        "This belongs to a designated person only; leave it empty for a physician, dentist or pharmacist.",
    )
}

fn not_for_kind(member: &str) -> MemberError {
    MemberError::new(
        member,
        "not_for_kind",
        "この欄は医療情報閲覧アカウントのときだけ記入します。ほかの種別では空欄にしてください。",
        "Only a medical viewer has this; leave it empty.",
    )
}

fn unknown() -> MemberError {
    MemberError::new(
        "profession",
        "unknown",
        "profession は physician（医師）・dentist（歯科医師）・pharmacist（薬剤師）・designated（選定者）のどれかです。",
        "profession is physician, dentist, pharmacist or designated.",
    )
}

fn of_form(member: &str) -> MemberError {
    MemberError::new(
        member,
        "form",
        "この欄は1〜100文字で入力してください。改行などの制御文字は使えません。",
        "This has 1 to 100 characters and no control characters.",
    )
}
