//! The packed form of all whom one insurance key leads to: what they have in common once, then each person behind a head that tells whether
//! the rest need be read. A row, not the domain: it may change only together with a migration.

use domain::civil_date::CivilDate;
use domain::coverage::Registration;
use domain::person::{Address, PersonId, PersonName, PostalCode};

use super::packing::{Packer, Unpacker};
use super::person::{pack_into, unpack_from};
use crate::engine::StoreError;

const FAILED: StoreError = StoreError::Row("household");

/// Bytes of a text below which nothing is gained by sharing it.
const SHORT: usize = 4;

/// Somebody an insurance key leads to.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Who.
    pub(crate) id: PersonId,
    /// Their birth date.
    pub(crate) birth_date: CivilDate,
    /// All of them; `None` where they lie whole under another key.
    pub(crate) registration: Option<Registration>,
}

/// Packs members in their order.
pub(crate) fn pack<'m>(
    members: impl Iterator<Item = &'m Member> + Clone,
) -> Result<Vec<u8>, StoreError> {
    let whole: Vec<&Registration> = members
        .clone()
        .filter_map(|it| it.registration.as_ref())
        .collect();
    let shared = shared(&whole);
    let mut row = Packer::default();
    row.number(shared.len() as u64);
    shared.iter().for_each(|text| row.text(text));
    for member in members {
        row.raw(&member.id.as_u128().to_be_bytes());
        row.absolute_day(member.birth_date);
        match &member.registration {
            Some(registration) => {
                let mut body = Packer::beside(&shared, member.birth_date);
                pack_into(&mut body, registration)?;
                row.bytes(&body.finish());
            }
            None => row.bytes(&[]),
        }
    }
    Ok(row.finish())
}

/// Texts that stand more than once in what is packed, in the order in which they come first.
fn shared<'r>(whole: &[&'r Registration]) -> Vec<&'r str> {
    let texts = whole.iter().flat_map(|it| texts(it)).enumerate();
    let mut texts: Vec<(&str, usize)> = texts
        .filter(|(_, text)| SHORT <= text.len())
        .map(|(place, text)| (text, place))
        .collect();
    texts.sort_unstable_by(|(a, at), (b, bt)| (a.len(), a, at).cmp(&(b.len(), b, bt)));
    let same = texts.chunk_by(|(a, _), (b, _)| a == b);
    let mut shared: Vec<(usize, &str)> = same
        .filter(|it| 1 < it.len())
        .filter_map(|it| it.first().map(|(text, place)| (*place, *text)))
        .collect();
    shared.sort_unstable();
    shared.into_iter().map(|(_, text)| text).collect()
}

/// What members of a household may have in common.
fn texts(registration: &Registration) -> impl Iterator<Item = &str> {
    let person = &registration.person;
    let home = [
        Some(person.name.as_str()),
        person.address.as_ref().map(Address::as_str),
        person.postal_code.as_ref().map(PostalCode::as_str),
    ];
    let coverages = registration.coverages.iter().flat_map(|it| {
        let insured = it.insured_name.as_ref().filter(|it| **it != person.name);
        [
            Some(it.insurer_name.as_str()),
            it.symbol.as_ref().map(|it| it.as_str()),
            Some(it.number.as_str()),
            insured.map(PersonName::as_str),
        ]
    });
    home.into_iter().chain(coverages).flatten()
}

impl Head<'_> {
    /// Whether all of them lies here.
    pub(crate) fn is_whole(&self) -> bool {
        !self.body.is_empty()
    }
}

/// A packed household. Its members are read one by one.
pub(crate) struct Household<'a> {
    shared: Vec<&'a [u8]>,
    members: Unpacker<'a>,
}

/// A member whose head was read.
pub(crate) struct Head<'a> {
    /// Who.
    pub(crate) id: PersonId,
    /// Their birth date.
    pub(crate) birth_date: CivilDate,
    body: &'a [u8],
}

impl<'a> Household<'a> {
    /// Reads what the members share.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, StoreError> {
        let mut members = Unpacker::new(bytes);
        let mut read = || {
            let mut shared = Vec::new();
            for _ in 0..members.number()? {
                shared.push(members.packed_text()?);
            }
            Some(shared)
        };
        let shared = read().ok_or(FAILED)?;
        Ok(Self { shared, members })
    }

    /// The head of the next member; `None` behind the last.
    pub(crate) fn next(&mut self) -> Result<Option<Head<'a>>, StoreError> {
        if self.members.is_empty() {
            return Ok(None);
        }
        let mut read = || {
            Some(Head {
                id: PersonId::from_u128(u128::from_be_bytes(self.members.raw()?)),
                birth_date: self.members.absolute_day()?,
                body: self.members.bytes()?,
            })
        };
        read().map(Some).ok_or(FAILED)
    }

    /// All of a member; `None` for one who lies whole under another key.
    pub(crate) fn read(&self, head: &Head<'_>) -> Result<Option<Registration>, StoreError> {
        if !head.is_whole() {
            return Ok(None);
        }
        let row = Unpacker::beside(head.body, &self.shared, head.birth_date);
        unpack_from(row, head.id, head.birth_date)
            .map(Some)
            .ok_or(FAILED)
    }

    /// All of one person.
    pub(crate) fn find(mut self, person: PersonId) -> Result<Option<Registration>, StoreError> {
        while let Some(head) = self.next()? {
            if head.id == person {
                return self.read(&head);
            }
        }
        Ok(None)
    }

    /// All of everybody.
    pub(crate) fn members(mut self) -> Result<Vec<Member>, StoreError> {
        let mut members = Vec::new();
        while let Some(head) = self.next()? {
            members.push(Member {
                id: head.id,
                birth_date: head.birth_date,
                registration: self.read(&head)?,
            });
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use synthetic::population::Population;

    use super::*;

    /// A family, and somebody who is whole elsewhere.
    fn family() -> Vec<Member> {
        let population = Population::new(11);
        let mut members: Vec<Member> = (0..4)
            .filter_map(|index| population.person(index))
            .map(|it| Member {
                id: it.person.id,
                birth_date: it.person.birth_date,
                registration: Some(it),
            })
            .collect();
        let address = members[0]
            .registration
            .as_ref()
            .unwrap()
            .person
            .address
            .clone();
        members[1].registration.as_mut().unwrap().person.address = address;
        members[2].registration = None;
        members
    }

    #[test]
    fn everybody_of_a_household_comes_back_as_they_were_stored() {
        let family = family();
        let packed = pack(family.iter()).unwrap();
        let back = Household::open(&packed).unwrap().members().unwrap();
        assert_eq!(back.len(), family.len());
        for (one, other) in back.iter().zip(&family) {
            assert_eq!((one.id, one.birth_date), (other.id, other.birth_date));
            assert!(one.registration == other.registration);
            let found = Household::open(&packed).unwrap().find(other.id).unwrap();
            assert!(found == other.registration);
        }
        let nobody = PersonId::from_u128(1);
        assert!(
            Household::open(&packed)
                .unwrap()
                .find(nobody)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn what_a_household_shares_is_stored_once() {
        let mut family = family();
        let one = family.swap_remove(0);
        let of_one = pack(std::iter::once(&one)).unwrap().len();
        let twins = [one.clone(), one];
        let of_two = pack(twins.iter()).unwrap().len();
        assert!(of_two * 3 < of_one * 5, "{of_one} {of_two}");
    }

    #[test]
    fn damaged_households_are_refused_or_read_and_stop_nothing() {
        let packed = pack(family().iter()).unwrap();
        let read = |bytes: &[u8]| Household::open(bytes).and_then(Household::members);
        for at in 0..packed.len() {
            for flip in [1, 0x80, 0xff] {
                let mut damaged = packed.clone();
                damaged[at] ^= flip;
                if let Ok(other) = read(&damaged) {
                    assert!(other.len() <= packed.len(), "{at}");
                }
            }
        }
        assert!(read(&packed[..packed.len() - 1]).is_err());
    }
}
