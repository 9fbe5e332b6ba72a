//! Counters that outlive the card's power, and what happens when they cannot be kept.

use std::path::Path;

use synthetic::card::case::Case;
use virtual_card::application::Secret;
use virtual_card::card::Card;

use crate::tray::{AUTHORITY, card, day, persona, select_jpki, status};

const SELECT_PIN: &str = "00A4020C02 0018";
const WRONG: &str = "0020008004 39393939";
const RIGHT: &str = "0020008004 31323334";

fn kept(case: Case, state: &Path) -> Card {
    let mut card = card(case);
    card.keep_state_in(state).unwrap();
    card
}

#[test]
fn a_try_is_gone_before_it_is_judged() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let mut card = kept(Case::Valid, &state);
    select_jpki(&mut card);
    for command in [SELECT_PIN, WRONG, WRONG] {
        status(&mut card, command);
    }
    let mut again = kept(Case::Valid, &state);
    assert_eq!(again.tries_left(Secret::Authentication), 1);
    select_jpki(&mut again);
    status(&mut again, SELECT_PIN);
    assert_eq!(status(&mut again, RIGHT), "9000");
    let renewed = kept(Case::Valid, &state);
    assert_eq!(renewed.tries_left(Secret::Authentication), 3);
}

#[test]
fn a_counter_that_cannot_be_kept_refuses_the_pin() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("gone").join("state");
    let mut card = kept(Case::Valid, &state);
    select_jpki(&mut card);
    status(&mut card, SELECT_PIN);
    assert_eq!(status(&mut card, RIGHT), "6581");
    assert_eq!(card.tries_left(Secret::Authentication), 3);
}

#[test]
fn a_state_that_is_none_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    std::fs::write(&state, "tries = 3").unwrap();
    let error = card(Case::Valid).keep_state_in(&state).unwrap_err();
    assert!(error.to_string().contains(&state.display().to_string()));
}

#[test]
fn a_card_remembers_the_latest_day_a_terminal_showed() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let certify = |from, until| {
        let terminals = AUTHORITY.terminals();
        terminals.certify("KIOSK1", day(from), day(until)).unwrap()
    };
    let later = certify("2027-03-01", "2028-03-01");
    let earlier = certify("2026-11-01", "2027-02-28");
    let mut card = kept(Case::Valid, &state);
    select_jpki(&mut card);
    assert_eq!(crate::jpki::prove(&mut card, &earlier), "9000");
    assert_eq!(crate::jpki::prove(&mut card, &later), "9000");
    let mut again = kept(Case::Valid, &state);
    select_jpki(&mut again);
    assert_eq!(crate::jpki::prove(&mut again, &earlier), "6982");
}

#[test]
fn a_persona_is_the_same_after_it_was_written() {
    for case in [Case::Valid, Case::Iphone, Case::NotAMyNumberCard] {
        let it = persona(case);
        let text = it.to_toml().unwrap();
        assert_eq!(synthetic::card::persona::Persona::parse(&text).unwrap(), it);
    }
}

#[test]
fn the_same_seed_and_day_make_the_same_persona() {
    let again = synthetic::card::authority::CardAuthority::new(1, day(crate::tray::TODAY));
    assert_eq!(
        again.unwrap().persona(Case::Valid).unwrap(),
        persona(Case::Valid)
    );
}
