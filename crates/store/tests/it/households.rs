//! People of households as the store keeps them: found by every key they ever had, once, however they came together and parted.

use std::collections::{BTreeMap, BTreeSet};

use domain::civil_date::CivilDate;
use domain::codes::coverage::CardClassification;
use domain::codes::person::Sex;
use domain::coverage::{Coverage, InsurerName, Loss, Registration};
use domain::insured::InsuredNumber;
use domain::insurer_number::InsurerNumber;
use domain::permit::{AskByNumber, AskInBulk};
use domain::person::{Address, Person, PersonId, PersonName};
use store::engine::Engine;

use crate::{Place, on_both, permit};

const FACILITY: &str = "1319999999";

/// Somebody with a coverage of each of these numbers, the last of which is in force.
fn person(id: u128, numbers: &[u32]) -> Registration {
    let mut coverages: Vec<Coverage> = numbers.iter().map(|it| coverage(*it)).collect();
    let past = coverages.len().saturating_sub(1);
    for (it, day) in coverages.iter_mut().take(past).zip(1..) {
        it.loss = Some(Loss {
            date: CivilDate::new(2026, 4, day).unwrap(),
            reason: None,
        });
    }
    Registration {
        person: Person {
            id: PersonId::from_u128(id),
            name: PersonName::parse("資格　太郎").unwrap(),
            name_of_other: None,
            kana: None,
            kana_of_other: None,
            sex: Sex::Male,
            shown_sex: None,
            birth_date: born(id),
            address: Some(Address::parse("東京都架空区見本町１丁目２番３号").unwrap()),
            postal_code: None,
        },
        coverages,
    }
}

fn coverage(number: u32) -> Coverage {
    Coverage::new(
        CardClassification::General,
        InsurerNumber::parse("06139992").unwrap(),
        InsurerName::parse("架空健康保険組合").unwrap(),
        InsuredNumber::parse(&number.to_string()).unwrap(),
    )
}

/// Few days, so that several people share one.
fn born(id: u128) -> CivilDate {
    CivilDate::new(1970, 1, 1 + i8::try_from(id % 5).unwrap()).unwrap()
}

fn found(engine: &Engine, number: u32, born: Option<CivilDate>) -> Vec<Registration> {
    let permit = permit::<AskInBulk>(FACILITY);
    let found = engine.look_up_in_bulk(&permit, &coverage(number).key(), born);
    found.unwrap()
}

/// Holds what the store finds against what it was told.
fn hold_against(engine: &Engine, told: &BTreeMap<u128, Registration>, numbers: u32) {
    let permit = permit::<AskInBulk>(FACILITY);
    for (id, registration) in told {
        let stored = engine
            .registered(&permit, PersonId::from_u128(*id))
            .unwrap();
        assert!(stored.unwrap().registration == *registration, "{id}");
    }
    for number in 0..numbers {
        let key = coverage(number).key();
        let has = |it: &&Registration| it.coverages.iter().any(|it| it.key() == key);
        let expected: Vec<&Registration> = told.values().filter(has).collect();
        let all = found(engine, number, None);
        assert!(all.iter().eq(expected.iter().copied()), "{number}");
        for day in expected.iter().map(|it| it.person.birth_date) {
            let of_day = expected.iter().filter(|it| it.person.birth_date == day);
            let found = found(engine, number, Some(day));
            assert!(found.iter().eq(of_day.copied()), "{number} {day}");
        }
    }
    assert_eq!(engine.people().unwrap(), told.len() as u64);
}

async fn everybody_is_found_by_every_key_whatever_changes(place: &Place) {
    const NUMBERS: u32 = 7;
    let engine = place.open();
    let mut told = BTreeMap::new();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for _ in 0..40 {
        let mut people = Vec::new();
        for _ in 0..1 + draw(9) {
            let id = u128::from(draw(30));
            let numbers: BTreeSet<u32> = (0..draw(4))
                .map(|_| u32::try_from(draw(NUMBERS.into())).unwrap())
                .collect();
            let mut numbers: Vec<u32> = numbers.into_iter().collect();
            if draw(2) == 0 {
                numbers.reverse();
            }
            // Somebody may come twice in one batch: the later counts.
            let person = person(id, &numbers);
            told.insert(id, person.clone());
            people.push(person);
        }
        engine.store_people(people).await.unwrap();
        hold_against(&engine, &told, NUMBERS);
    }
}

async fn a_key_of_very_many_people_keeps_its_rows_short_and_finds_all_of_them(place: &Place) {
    const PEOPLE: u128 = 200;
    let engine = place.open();
    let people: BTreeMap<u128, Registration> =
        (0..PEOPLE).map(|id| (id, person(id, &[1]))).collect();
    for some in people.values().cloned().collect::<Vec<_>>().chunks(7) {
        engine.store_people(some.to_vec()).await.unwrap();
    }
    hold_against(&engine, &people, 3);
    // Half of them leave.
    let mut people = people;
    for id in (0..PEOPLE).step_by(2) {
        people.insert(id, person(id, &[1, 2]));
    }
    let left: Vec<Registration> = people.values().step_by(2).cloned().collect();
    engine.store_people(left).await.unwrap();
    hold_against(&engine, &people, 3);
    if let Place::Folder(folder) = place {
        let path = folder.path().join("registry.db");
        let connection = rusqlite::Connection::open(path).unwrap();
        let text = "SELECT max(length(record)), count(*) FROM insured";
        let (longest, rows): (u32, u32) = connection
            .query_row(text, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert!(longest <= 900, "{longest}");
        assert!(rows < 90, "{rows}");
    }
}

async fn a_question_leads_to_those_born_on_its_day(place: &Place) {
    let engine = place.open();
    let family = vec![person(1, &[4]), person(2, &[4]), person(6, &[4])];
    engine.store_people(family).await.unwrap();
    let permit = permit::<AskByNumber>(FACILITY);
    let key = coverage(4).key();
    let ids = async |day| {
        let found = engine.look_up(&permit, &key, day).await.unwrap();
        let ids: Vec<u128> = found.iter().map(|it| it.person.id.as_u128()).collect();
        ids
    };
    assert_eq!(ids(born(1)).await, [1, 6]);
    assert_eq!(ids(born(2)).await, [2]);
    assert!(ids(born(3)).await.is_empty());
}

on_both!(
    everybody_is_found_by_every_key_whatever_changes,
    a_key_of_very_many_people_keeps_its_rows_short_and_finds_all_of_them,
    a_question_leads_to_those_born_on_its_day,
);
