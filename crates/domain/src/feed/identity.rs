//! Whether what an insurer says of a person agrees with the resident register (本人確認): name, kana, birth date, sex, address. Decides
//! nothing about the coverage: a contradiction keeps medical information from view, never a check.

use crate::emergency::matching_form::{AddressFit, AddressForm, NameForm};
use crate::named::named;
use crate::person::{Kana, Person, PersonName};

named! {
    /// What an insurer and the register can disagree about.
    ///
    /// ```
    /// use domain::feed::identity::IdentityItem;
    /// assert_eq!(IdentityItem::parse("kana"), Some(IdentityItem::Kana));
    /// ```
    IdentityItem {
        /// The name (氏名).
        Name = "name";
        /// Its reading (カナ氏名).
        Kana = "kana";
        /// The date of birth (生年月日).
        BirthDate = "birth_date";
        /// Sex (性別).
        Sex = "sex";
        /// Address (住所).
        Address = "address";
    }
}

impl IdentityItem {
    /// The item in Japanese.
    ///
    /// ```
    /// use domain::feed::identity::IdentityItem;
    /// assert_eq!(IdentityItem::Address.label_ja(), "住所");
    /// ```
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Name => "氏名",
            Self::Kana => "カナ氏名",
            Self::BirthDate => "生年月日",
            Self::Sex => "性別",
            Self::Address => "住所",
        }
    }

    /// The item in English.
    ///
    /// ```
    /// use domain::feed::identity::IdentityItem;
    /// assert_eq!(IdentityItem::Sex.label_en(), "sex");
    /// ```
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Kana => "kana",
            Self::BirthDate => "date of birth",
            Self::Sex => "sex",
            Self::Address => "address",
        }
    }
}

/// What of `claimed` contradicts the register, in the order of items. Names in another spelling of the same characters, and addresses written
/// another way, do not; nor does what one side leaves out.
///
/// ```
/// use domain::{civil_date::CivilDate, codes::person::Sex, feed::identity::{IdentityItem, contradictions}};
/// use domain::person::{Person, PersonId, PersonName};
/// let person = |name: &str| Person {
///     id: PersonId::from_u128(1),
///     name: PersonName::parse(name).unwrap(),
///     name_of_other: None,
///     kana: None,
///     kana_of_other: None,
///     sex: Sex::Female,
///     shown_sex: None,
///     birth_date: CivilDate::new(1970, 1, 2).unwrap(),
///     address: None,
///     postal_code: None,
/// };
/// assert!(contradictions(&person("髙橋　花子"), &person("高橋花子")).is_empty());
/// assert_eq!(contradictions(&person("高橋"), &person("田中")), [IdentityItem::Name]);
/// ```
#[must_use]
pub fn contradictions(claimed: &Person, register: &Person) -> Vec<IdentityItem> {
    let contradicts = |item: &IdentityItem| match item {
        IdentityItem::Name => differ(
            &names(&claimed.name, claimed.name_of_other.as_ref()),
            &names(&register.name, register.name_of_other.as_ref()),
        ),
        IdentityItem::Kana => differ(&kana(claimed), &kana(register)),
        IdentityItem::BirthDate => claimed.birth_date != register.birth_date,
        IdentityItem::Sex => claimed.sex != register.sex,
        IdentityItem::Address => is_elsewhere(claimed, register),
    };
    let all = IdentityItem::ALL.iter().copied();
    all.filter(contradicts).collect()
}

/// Whether both sides name something, and nothing in common.
fn differ(claimed: &[NameForm], register: &[NameForm]) -> bool {
    !claimed.is_empty() && !register.is_empty() && !claimed.iter().any(|it| register.contains(it))
}

fn names(name: &PersonName, other: Option<&PersonName>) -> Vec<NameForm> {
    let all = [Some(name), other].into_iter().flatten();
    all.filter_map(|it| NameForm::of(it.as_str())).collect()
}

fn kana(person: &Person) -> Vec<NameForm> {
    let all = [&person.kana, &person.kana_of_other].into_iter().flatten();
    all.filter_map(|it| NameForm::of(Kana::as_str(it)))
        .collect()
}

fn is_elsewhere(claimed: &Person, register: &Person) -> bool {
    let form = |person: &Person| {
        let address = person.address.as_ref();
        address.and_then(|it| AddressForm::of(it.as_str()))
    };
    match form(claimed).zip(form(register)) {
        Some((claimed, register)) => claimed.fit(&register) == AddressFit::Contradicts,
        None => false,
    }
}
