//! An insured person as the insurers registered them. Holds no 12-digit individual number and no place for one.

use crate::civil_date::CivilDate;
use crate::codes::person::Sex;
use crate::personal_text::personal_text;

personal_text! {
    /// A person's or householder's name (氏名), Unicode as given.
    ///
    /// ```
    /// use domain::person::PersonName;
    /// assert_eq!(PersonName::parse("資格　太郎").unwrap().as_str(), "資格　太郎");
    /// ```
    PersonName, 100
}

personal_text! {
    /// A name in kana (氏名カナ), half width in files, family and given name apart by a blank.
    ///
    /// ```
    /// use domain::person::Kana;
    /// assert!(Kana::parse("ｼｶｸ ﾀﾛｳ").is_ok());
    /// ```
    Kana, 100
}

personal_text! {
    /// An address (住所).
    ///
    /// ```
    /// use domain::person::Address;
    /// assert!(Address::parse("東京都架空区見本町１丁目").is_ok());
    /// ```
    Address, 200
}

personal_text! {
    /// A postal code (郵便番号) as registered, usually `123-4567`.
    ///
    /// ```
    /// use domain::person::PostalCode;
    /// assert!(PostalCode::parse("100-0000").is_ok());
    /// ```
    PostalCode, 8
}

/// Identifies a person inside the center: a UUID, never shown to a facility.
///
/// ```
/// use domain::person::PersonId;
/// assert_eq!(PersonId::from_u128(7).as_u128(), 7);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(u128);

impl PersonId {
    /// From the UUID's 128 bits.
    #[must_use]
    pub const fn from_u128(id: u128) -> Self {
        Self(id)
    }

    /// The UUID's 128 bits.
    #[must_use]
    pub const fn as_u128(self) -> u128 {
        self.0
    }
}

/// What is registered about a person beside their coverages (operations §1.5, block "Insured").
///
/// ```
/// use domain::{civil_date::CivilDate, codes::person::Sex, person::{Person, PersonId, PersonName}};
/// let person = Person {
///     id: PersonId::from_u128(1),
///     name: PersonName::parse("資格　太郎").unwrap(),
///     name_of_other: None,
///     kana: None,
///     kana_of_other: None,
///     sex: Sex::Male,
///     shown_sex: None,
///     birth_date: CivilDate::new(1970, 1, 2).unwrap(),
///     address: None,
///     postal_code: None,
/// };
/// assert!(!format!("{person:?}").contains("太郎"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The center's identifier.
    pub id: PersonId,
    /// Name (氏名).
    pub name: PersonName,
    /// Another name in use, such as a common name (氏名（その他）).
    pub name_of_other: Option<PersonName>,
    /// Name in kana.
    pub kana: Option<Kana>,
    /// The other name in kana.
    pub kana_of_other: Option<Kana>,
    /// Registered sex (性別1).
    pub sex: Sex,
    /// Sex shown on the card where it differs (性別2).
    pub shown_sex: Option<Sex>,
    /// Date of birth.
    pub birth_date: CivilDate,
    /// Address.
    pub address: Option<Address>,
    /// Postal code.
    pub postal_code: Option<PostalCode>,
}

impl core::fmt::Debug for Person {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Person({:?}, …)", self.id)
    }
}
