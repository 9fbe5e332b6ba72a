//! Twins, variants, missing items: whom a description means, and what is asked for.

use super::*;
use crate::person::{Address, PersonName};
use proptest::prelude::*;

fn born() -> CivilDate {
    CivilDate::new(1970, 1, 2).unwrap()
}

fn person(id: u128, name: &str, kana: &str, address: &str) -> Person {
    Person {
        id: PersonId::from_u128(id),
        name: PersonName::parse(name).unwrap(),
        name_of_other: None,
        kana: Kana::parse(kana).ok(),
        kana_of_other: None,
        sex: Sex::Male,
        shown_sex: None,
        birth_date: born(),
        address: Address::parse(address).ok(),
        postal_code: None,
    }
}

fn asked(name: &str, kana: &str, address: &str) -> Description {
    let said = Described {
        name,
        kana,
        address,
    };
    Description::of(&said, born(), Sex::Male).unwrap()
}

fn check(description: &Description, people: &[Person], outcome: Outcome) {
    assert_eq!(description.meant(people), outcome);
    let reversed: Vec<&Person> = people.iter().rev().collect();
    assert_eq!(description.meant(reversed), outcome, "by the order");
}

const HOME: &str = "東京都架空区見本町一丁目２番３号";

fn one(id: u128) -> Outcome {
    Outcome::One(PersonId::from_u128(id))
}

#[test]
fn twins_of_one_house_are_told_apart_by_the_written_name_alone() {
    let twins = [
        person(1, "双子　健", "ﾌﾀｺﾞ ｹﾝ", HOME),
        person(2, "双子　賢", "ﾌﾀｺﾞ ｹﾝ", HOME),
    ];
    check(&asked("双子 賢", "", ""), &twins, one(2));
    check(&asked("双子 健", "ふたご けん", HOME), &twins, one(1));
    check(
        &asked("ふたごけん", "", ""),
        &twins,
        Outcome::OneMore(Item::Address),
    );
    check(
        &asked("", "フタゴケン", HOME),
        &twins,
        Outcome::OneMore(Item::Name),
    );
}

#[test]
fn a_name_two_people_share_is_never_answered_by_either() {
    let two = [
        person(1, "資格　太郎", "ｼｶｸ ﾀﾛｳ", HOME),
        person(2, "資格　太郎", "ｼｶｸ ﾀﾛｳ", HOME),
    ];
    check(
        &asked("資格太郎", "", ""),
        &two,
        Outcome::OneMore(Item::Address),
    );
    check(
        &asked("資格太郎", "", HOME),
        &two,
        Outcome::OneMore(Item::Kana),
    );
    let all = asked("資格太郎", "シカクタロウ", HOME);
    check(&all, &two, Outcome::OneMore(Item::Insurance));
    let many: Vec<Person> = (1..=200)
        .map(|id| person(id, "資格　太郎", "ｼｶｸ ﾀﾛｳ", HOME))
        .collect();
    check(&all, &many, Outcome::OneMore(Item::Insurance));
}

#[test]
fn a_reading_needs_the_address_beside_it() {
    let people = [person(1, "資格　太郎", "ｼｶｸ ﾀﾛｳ", HOME)];
    check(
        &asked("しかくたろう", "", ""),
        &people,
        Outcome::OneMore(Item::Address),
    );
    check(
        &asked("しかくたろう", "", "架空区見本町1-2-3"),
        &people,
        one(1),
    );
    check(
        &asked("しかくたろう", "", "東京都"),
        &people,
        Outcome::OneMore(Item::Name),
    );
    check(&asked("資格太郎", "しかくたろう", ""), &people, one(1));
}

#[test]
fn an_empty_address_confirms_nobody_and_excludes_nobody() {
    for empty in ["", " ", "　", "-"] {
        let description = asked("しかくたろう", "", empty);
        let people = [person(1, "資格　太郎", "ｼｶｸ ﾀﾛｳ", HOME)];
        check(&description, &people, Outcome::OneMore(Item::Address));
    }
    let without = [person(1, "資格　太郎", "ｼｶｸ ﾀﾛｳ", "")];
    check(
        &asked("しかくたろう", "", HOME),
        &without,
        Outcome::OneMore(Item::Name),
    );
    check(&asked("資格太郎", "", HOME), &without, one(1));
}

#[test]
fn a_near_match_asks_for_more_and_is_never_answered() {
    let people = [person(1, "資格　太郎", "ｼｶｸ ﾀﾛｳ", HOME)];
    let near = asked("視覚太郎", "シカクタロウ", "");
    check(&near, &people, Outcome::OneMore(Item::Address));
    let near = asked("視覚太郎", "シカクタロウ", HOME);
    check(&near, &people, Outcome::OneMore(Item::Insurance));
    let moved = asked("資格太郎", "", "大阪府架空市手本町9-9");
    check(&moved, &people, Outcome::OneMore(Item::Kana));
    let twice_wrong = asked("視覚太郎", "シカクタロウ", "大阪府架空市手本町9-9");
    check(&twice_wrong, &people, Outcome::Nobody);
    check(&asked("視覚太郎", "", HOME), &people, Outcome::Nobody);
}

#[test]
fn birth_date_and_sex_must_be_right() {
    let people = [person(1, "資格　太郎", "ｼｶｸ ﾀﾛｳ", HOME)];
    let said = Described {
        name: "資格太郎",
        kana: "シカクタロウ",
        address: HOME,
    };
    let other_sex = Description::of(&said, born(), Sex::Female).unwrap();
    check(&other_sex, &people, Outcome::Nobody);
    let other_day = Description::of(&said, born().plus_days(1), Sex::Male).unwrap();
    check(&other_day, &people, Outcome::Nobody);
    let shown = Person {
        shown_sex: Some(Sex::Female),
        ..person(1, "資格　太郎", "ｼｶｸ ﾀﾛｳ", HOME)
    };
    check(&other_sex, &[shown], one(1));
}

#[test]
fn a_name_written_in_kana_is_its_own_reading() {
    let people = [person(1, "スミス　ジョン", "", HOME)];
    check(&asked("すみす・じょん", "", ""), &people, one(1));
}

#[test]
fn another_name_in_use_counts_as_the_name_does() {
    let both = Person {
        name_of_other: PersonName::parse("旧姓　花子").ok(),
        ..person(1, "新姓　花子", "ｼﾝｾｲ ﾊﾅｺ", HOME)
    };
    check(&asked("旧姓花子", "", ""), &[both], one(1));
}

#[test]
fn a_person_is_found_under_the_tag_of_every_name() {
    let both = Person {
        name_of_other: PersonName::parse("旧姓　花子").ok(),
        ..person(1, "髙橋　花子", "ﾀｶﾊｼ ﾊﾅｺ", HOME)
    };
    let tags = tags_of(&both);
    for name in ["高橋花子", "タカハシハナコ", "旧姓 花子"] {
        let wanted = asked(name, "", "").tags();
        assert!(wanted.iter().all(|tag| tags.contains(tag)), "{name}");
    }
}

proptest! {
    #[test]
    fn whoever_is_added_never_turns_an_answer_into_another_person(
        names in proptest::collection::vec(0_usize..3, 0..6),
        homes in proptest::collection::vec(0_usize..3, 6),
        asks in (0_usize..3, 0_usize..3),
    ) {
        let name = |at| ["資格　太郎", "資格　次郎", "視覚　太郎"][at];
        let home = |at| ["", HOME, "大阪府架空市手本町９－９"][at];
        let people: Vec<Person> = names
            .iter()
            .zip(&homes)
            .enumerate()
            .map(|(id, (n, h))| person(id as u128, name(*n), "ｼｶｸ ﾀﾛｳ", home(*h)))
            .collect();
        let description = asked(name(asks.0), "", home(asks.1));
        let all = description.meant(&people);
        if let Outcome::One(person) = all {
            // Whoever is meant among all is meant alone, and nobody else alone is.
            for other in &people {
                let alone = description.meant([other]);
                prop_assert_eq!(matches!(alone, Outcome::One(_)), other.id == person);
            }
        }
        let reversed: Vec<&Person> = people.iter().rev().collect();
        prop_assert_eq!(description.meant(reversed), all);
    }
}
