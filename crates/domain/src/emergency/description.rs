//! Whom a description without a card means (G28): one person, one more item needed, or nobody. Never a list: two and two hundred people
//! who fit are one and the same answer, and so is one who fits only nearly.

use std::collections::BTreeMap;

use crate::civil_date::CivilDate;
use crate::codes::person::Sex;
use crate::emergency::matching_form::{AddressFit, AddressForm, NameForm};
use crate::named::named;
use crate::person::{Kana, Person, PersonId};

named! {
    /// An item that would tell more.
    ///
    /// ```
    /// use domain::emergency::description::Item;
    /// assert_eq!(Item::Address.as_str(), "address");
    /// ```
    Item {
        /// The address (住所).
        Address = "address";
        /// The name as it is written (氏名).
        Name = "name";
        /// The reading of the name (氏名カナ).
        Kana = "kana";
        /// Insurer number, symbol, number (資格確認書等).
        Insurance = "insurance";
        /// The branch number (枝番) of insurance data.
        Branch = "branch";
    }
}

/// Name, birth date, sex and address as somebody gave them, in the forms they are compared in.
///
/// ```
/// use domain::{civil_date::CivilDate, codes::person::Sex, emergency::description::{Described, Description}};
/// let said = Described { name: "資格 太郎", kana: "", address: "" };
/// let birth = CivilDate::new(1970, 1, 2).unwrap();
/// let description = Description::of(&said, birth, Sex::Male).unwrap();
/// assert_eq!(description.birth_date(), birth);
/// assert!(Description::of(&Described::default(), birth, Sex::Male).is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Description {
    name: Option<NameForm>,
    kana: Option<NameForm>,
    birth_date: CivilDate,
    sex: Sex,
    address: Option<AddressForm>,
}

impl core::fmt::Debug for Description {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Description(…)")
    }
}

/// The texts of a description as typed; blank ones were not given.
///
/// ```
/// use domain::emergency::description::Described;
/// assert_eq!(Described::default().name, "");
/// ```
#[derive(Clone, Copy, Default)]
pub struct Described<'a> {
    /// Name as written, or its reading.
    pub name: &'a str,
    /// Reading.
    pub kana: &'a str,
    /// Address, or a part of it.
    pub address: &'a str,
}

impl core::fmt::Debug for Described<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Described(…)")
    }
}

/// Who is meant.
///
/// ```
/// use domain::emergency::description::{Item, Outcome};
/// assert_ne!(Outcome::Nobody, Outcome::OneMore(Item::Address));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// This person.
    One(PersonId),
    /// Somebody fits, but not enough is known to say who: this item would tell more.
    OneMore(Item),
    /// Nobody fits.
    Nobody,
}

/// What an item that was given says of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It is theirs.
    Yes,
    /// It is not theirs.
    No,
    /// Nothing: it was not given, is not registered, or holds for thousands.
    Nothing,
}

impl Description {
    /// A description; `None` without any name. A name in nothing but kana is a reading.
    #[must_use]
    pub fn of(said: &Described<'_>, birth_date: CivilDate, sex: Sex) -> Option<Self> {
        let mut name = NameForm::of(said.name);
        let mut kana = NameForm::of(said.kana);
        if kana.is_none() && name.as_ref().is_some_and(NameForm::is_reading) {
            kana = name.take();
        }
        if name.is_none() && kana.is_none() {
            return None;
        }
        Some(Self {
            name,
            kana,
            birth_date,
            sex,
            address: AddressForm::of(said.address),
        })
    }

    /// The birth date candidates have.
    #[must_use]
    pub fn birth_date(&self) -> CivilDate {
        self.birth_date
    }

    /// Tags of which a candidate has at least one.
    #[must_use]
    pub fn tags(&self) -> Vec<u16> {
        let forms = [&self.name, &self.kana].into_iter().flatten();
        forms.map(NameForm::tag).collect()
    }

    /// Who is meant, of people who may be; their order does not matter, nor who else is among them.
    ///
    /// One person is meant where every item that was given fits them and nobody else, and either their name as written is among those
    /// items or reading and address are. Somebody is nearly meant whose name fits one way and of whose items one other does not.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, codes::person::Sex, person::{Address, Person, PersonId, PersonName}};
    /// use domain::emergency::description::{Described, Description, Item, Outcome};
    /// let birth_date = CivilDate::new(1970, 1, 2).unwrap();
    /// let person = |id, address: &str| Person {
    ///     id: PersonId::from_u128(id), name: PersonName::parse("髙橋　健").unwrap(), name_of_other: None, kana: None,
    ///     kana_of_other: None, sex: Sex::Male, shown_sex: None, birth_date, address: Address::parse(address).ok(), postal_code: None,
    /// };
    /// let people = [person(1, "東京都架空区見本町１丁目"), person(2, "東京都架空区手本町２丁目")];
    /// let ask = |address| Description::of(&Described { name: "高橋健", kana: "", address }, birth_date, Sex::Male).unwrap();
    /// assert_eq!(ask("").meant(&people), Outcome::OneMore(Item::Address));
    /// assert_eq!(ask("架空区手本町2丁目").meant(&people), Outcome::One(PersonId::from_u128(2)));
    /// assert_eq!(ask("").meant(&[]), Outcome::Nobody);
    /// ```
    #[must_use]
    pub fn meant<'a>(&self, people: impl IntoIterator<Item = &'a Person>) -> Outcome {
        let alike = people.into_iter().filter(|it| self.is_alike(it));
        // By identifier: a person with several registrations is one.
        let verdicts: BTreeMap<PersonId, [Says; 3]> =
            alike.map(|it| (it.id, self.says(it))).collect();
        let fits = |says: &[Says; 3]| !says.contains(&Says::No) && self.is_named(says);
        let mut fitting = verdicts.iter().filter(|(_, says)| fits(says));
        match (fitting.next(), fitting.next()) {
            (Some((person, says)), None) if is_enough(says) => Outcome::One(*person),
            (Some(_), _) => Outcome::OneMore(self.next_item()),
            (None, _) if verdicts.values().any(is_near) => Outcome::OneMore(self.next_item()),
            (None, _) => Outcome::Nobody,
        }
    }

    /// Birth date and sex are not asked about again, so they must be right.
    fn is_alike(&self, person: &Person) -> bool {
        let sex = person.sex == self.sex || person.shown_sex == Some(self.sex);
        sex && person.birth_date == self.birth_date
    }

    /// What name, reading and address say of a person.
    fn says(&self, person: &Person) -> [Says; 3] {
        let written = [Some(&person.name), person.name_of_other.as_ref()];
        let written: Vec<NameForm> = written
            .into_iter()
            .flatten()
            .filter_map(|it| NameForm::of(it.as_str()))
            .collect();
        let read = [person.kana.as_ref(), person.kana_of_other.as_ref()];
        let read: Vec<NameForm> = read
            .into_iter()
            .flatten()
            .filter_map(|it| NameForm::of(Kana::as_str(it)))
            .collect();
        let name = self.name.as_ref().map(|it| written.contains(it));
        let mut kana = match (&self.kana, read.is_empty()) {
            (Some(kana), false) => says(Some(read.contains(kana))),
            (Some(_), true) | (None, _) => Says::Nothing,
        };
        let mut name = says(name);
        // A name that is written in kana is its own reading.
        if self.name.is_none() && self.kana.as_ref().is_some_and(|it| written.contains(it)) {
            (name, kana) = (Says::Yes, Says::Yes);
        }
        let registered = person.address.as_ref();
        let registered = registered.and_then(|it| AddressForm::of(it.as_str()));
        let address = match self.address.as_ref().zip(registered.as_ref()) {
            Some((given, registered)) => match given.fit(registered) {
                AddressFit::Confirms => Says::Yes,
                AddressFit::Contradicts => Says::No,
                AddressFit::TooCoarse => Says::Nothing,
            },
            None => Says::Nothing,
        };
        [name, kana, address]
    }

    /// Whether a name that was given is theirs: a person is never meant by birth date, sex and address alone.
    fn is_named(&self, [name, kana, _]: &[Says; 3]) -> bool {
        *name == Says::Yes || *kana == Says::Yes
    }

    /// The item to ask for: the first that was not given. It depends on what was given alone, never on who was found.
    fn next_item(&self) -> Item {
        let missing = [
            (Item::Address, self.address.is_none()),
            (Item::Name, self.name.is_none()),
            (Item::Kana, self.kana.is_none()),
        ];
        let first = missing.into_iter().find(|(_, is_missing)| *is_missing);
        first.map_or(Item::Insurance, |(item, _)| item)
    }
}

fn says(fits: Option<bool>) -> Says {
    match fits {
        Some(true) => Says::Yes,
        Some(false) => Says::No,
        None => Says::Nothing,
    }
}

/// Whether what fits tells one person from others: many share a reading, so it needs the address beside it.
fn is_enough([name, kana, address]: &[Says; 3]) -> bool {
    *name == Says::Yes || (*kana == Says::Yes && *address == Says::Yes)
}

/// Whether one item alone is wrong, and a name is right.
fn is_near(says: &[Says; 3]) -> bool {
    let wrong = says.iter().filter(|it| **it == Says::No).count();
    let [name, kana, _] = says;
    wrong == 1 && (*name == Says::Yes || *kana == Says::Yes)
}

/// The tags under which a person is found by their names: each once, in order.
///
/// ```
/// use domain::{civil_date::CivilDate, codes::person::Sex, emergency::description::tags_of, person::{Person, PersonId, PersonName}};
/// let person = Person {
///     id: PersonId::from_u128(1), name: PersonName::parse("資格　太郎").unwrap(), name_of_other: None, kana: None,
///     kana_of_other: None, sex: Sex::Male, shown_sex: None, birth_date: CivilDate::new(1970, 1, 2).unwrap(),
///     address: None, postal_code: None,
/// };
/// assert_eq!(tags_of(&person).len(), 1);
/// ```
#[must_use]
pub fn tags_of(person: &Person) -> Vec<u16> {
    let written = [Some(&person.name), person.name_of_other.as_ref()];
    let written = written.into_iter().flatten().map(|it| it.as_str());
    let read = [person.kana.as_ref(), person.kana_of_other.as_ref()];
    let read = read.into_iter().flatten().map(|it| it.as_str());
    let forms = written.chain(read).filter_map(NameForm::of);
    let mut tags: Vec<u16> = forms.map(|it| it.tag()).collect();
    tags.sort_unstable();
    tags.dedup();
    tags
}

#[cfg(test)]
mod tests;
