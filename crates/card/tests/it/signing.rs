//! Signatures with PIN, with a terminal and with a phone, and what keeps a card from signing.

use card::card_desk::DeskSettings;
use card::certificate::Signed;
use card::error::CardError;
use card::pin::{LastTry, Pin, Tries};
use card::terminal::TerminalRefused;
use card::terminal::example::ExampleTerminal;
use card::token::TokenKind;
use synthetic::card::case::Case;

use crate::laid::{AUTHORITY, Laid, check_signed as check, day, lay, text, with_terminal};

fn right() -> Pin {
    Pin::parse("1234").unwrap()
}

fn wrong() -> Pin {
    Pin::parse("9999").unwrap()
}

async fn sign(laid: &Laid, pin: Pin, last_try: LastTry) -> Result<Signed, CardError> {
    let placement = laid.placed.placement;
    laid.desk
        .sign_with_pin(placement, pin, last_try, text())
        .await
}

#[tokio::test]
async fn the_right_pin_signs_the_challenge_once_and_leaves_nothing_open() {
    let laid = lay(Case::Valid, DeskSettings::default()).await;
    assert_eq!(laid.placed.token, TokenKind::Card);
    assert_eq!(laid.placed.tries, Some(Tries(3)));
    let certificate = laid.desk.certificate(laid.placed.placement).await.unwrap();
    let signed = sign(&laid, right(), LastTry::Keep).await.unwrap();
    check(&signed);
    assert_eq!(signed.certificate, certificate);
    assert_eq!(laid.card.pins_shown(), 1);
    assert!(laid.card.ended_by_reset());
    assert!(!laid.card.signs_for_anyone());
}

#[tokio::test]
async fn tries_are_asked_before_each_pin_and_the_last_is_kept() {
    let laid = lay(Case::Valid, DeskSettings::default()).await;
    for left in [2, 1] {
        let refused = sign(&laid, wrong(), LastTry::Keep).await;
        assert_eq!(refused, Err(CardError::PinWrong { left: Tries(left) }));
    }
    assert_eq!(
        sign(&laid, right(), LastTry::Keep).await,
        Err(CardError::LastTry)
    );
    assert_eq!(laid.card.pins_shown(), 2);
    check(&sign(&laid, right(), LastTry::Spend).await.unwrap());
    assert_eq!(laid.desk.tries(laid.placed.placement).await, Ok(Tries(3)));
}

#[tokio::test]
async fn the_last_try_spent_on_a_wrong_pin_locks() {
    let laid = lay(Case::LastTry, DeskSettings::default()).await;
    assert_eq!(laid.placed.tries, Some(Tries::LAST));
    assert_eq!(
        sign(&laid, wrong(), LastTry::Spend).await,
        Err(CardError::PinLocked)
    );
    assert_eq!(
        sign(&laid, right(), LastTry::Spend).await,
        Err(CardError::PinLocked)
    );
    assert_eq!(laid.card.pins_shown(), 1);
    assert_eq!(
        laid.desk.tries(laid.placed.placement).await,
        Ok(Tries::LOCKED)
    );
}

#[tokio::test]
async fn a_locked_card_and_one_without_pin_are_shown_no_pin() {
    for case in [Case::Locked, Case::NoPin] {
        let laid = lay(case, DeskSettings::default()).await;
        assert_eq!(laid.placed.tries, Some(Tries::LOCKED));
        assert_eq!(
            sign(&laid, right(), LastTry::Spend).await,
            Err(CardError::PinLocked)
        );
        assert_eq!(laid.card.pins_shown(), 0);
    }
}

#[tokio::test]
async fn a_terminal_signs_without_pin_and_only_until_the_reset() {
    for case in [Case::Valid, Case::Locked, Case::NoPin] {
        let laid = lay(case, with_terminal()).await;
        let placement = laid.placed.placement;
        let signed = laid.desk.sign_with_terminal(placement, text()).await;
        check(&signed.unwrap());
        assert_eq!(laid.card.pins_shown(), 0);
        assert!(!laid.card.signs_for_anyone());
    }
}

#[tokio::test]
async fn a_terminal_the_card_does_not_believe_signs_nothing() {
    let laid = lay(Case::Valid, DeskSettings::default()).await;
    let none = laid.desk.sign_with_terminal(laid.placed.placement, text());
    assert_eq!(none.await, Err(CardError::NoTerminal));

    let ours = AUTHORITY.terminals();
    let expired = ours
        .certify("OLD", day("2020-01-01"), day("2021-01-01"))
        .unwrap();
    let good = ours
        .certify("NEW", day("2026-01-01"), day("2027-01-01"))
        .unwrap();
    let refused = |certificate: &[u8], key: &[u8]| {
        let terminal = ExampleTerminal::new(certificate, key).unwrap();
        let settings = DeskSettings {
            terminal: Some(Box::new(terminal)),
            face: None,
        };
        async {
            let laid = lay(Case::Valid, settings).await;
            let signed = laid
                .desk
                .sign_with_terminal(laid.placed.placement, text())
                .await;
            assert!(!laid.card.signs_for_anyone());
            match signed {
                Err(CardError::Terminal(refused)) => refused,
                other => panic!("{other:?}"),
            }
        }
    };
    let outdated = refused(expired.certificate.as_slice(), expired.key.as_slice()).await;
    assert!(matches!(outdated, TerminalRefused::Certificate(_)));
    let stolen = refused(good.certificate.as_slice(), expired.key.as_slice()).await;
    assert!(matches!(stolen, TerminalRefused::Key(_)));
    let broken = refused(b"no certificate", good.key.as_slice()).await;
    assert_eq!(broken, TerminalRefused::Unreadable);
    assert!(ExampleTerminal::new(b"", b"no key").is_err());
}

#[tokio::test]
async fn an_android_phone_shows_nothing_before_the_pin() {
    let laid = lay(Case::Android, with_terminal()).await;
    let placement = laid.placed.placement;
    assert_eq!(laid.placed.token, TokenKind::Android);
    assert_eq!(
        laid.desk.certificate(placement).await,
        Err(CardError::NeedsHolder)
    );
    let terminal = laid.desk.sign_with_terminal(placement, text()).await;
    assert_eq!(terminal, Err(CardError::OtherToken));
    let phone = laid.desk.sign_on_phone(placement, text()).await;
    assert_eq!(phone, Err(CardError::OtherToken));
    check(&sign(&laid, right(), LastTry::Keep).await.unwrap());
    assert!(!laid.card.signs_for_anyone());
}

#[tokio::test]
async fn an_iphone_signs_for_its_holder_and_is_told_the_end() {
    let laid = lay(Case::Iphone, DeskSettings::default()).await;
    assert_eq!(laid.placed.token, TokenKind::IPhone);
    check(
        &laid
            .desk
            .sign_on_phone(laid.placed.placement, text())
            .await
            .unwrap(),
    );
    assert_eq!(laid.card.pins_shown(), 0);
    let commands = laid.card.commands();
    assert!(commands.contains(&vec![0x80, 0xFC, 0x00, 0x00]));
}

#[tokio::test]
async fn a_plastic_card_does_not_count_as_confirmed_on_a_phone() {
    let laid = lay(Case::Valid, DeskSettings::default()).await;
    let signed = laid.desk.sign_on_phone(laid.placed.placement, text()).await;
    assert_eq!(signed, Err(CardError::OtherToken));
}

#[tokio::test]
async fn the_individual_number_is_never_selected() {
    let laid = lay(Case::Valid, with_terminal()).await;
    let placement = laid.placed.placement;
    laid.desk.certificate(placement).await.unwrap();
    sign(&laid, right(), LastTry::Keep).await.unwrap();
    laid.desk
        .sign_with_terminal(placement, text())
        .await
        .unwrap();
    for command in laid.card.commands() {
        // 券面事項入力補助, which holds it as text, is not selected at all.
        assert!(!command.windows(10).any(|it| it == INPUT_SUPPORT));
        // 0001 and 0005 are where the two applications hold it; JPKI 0001 is the other certificate, not read either.
        assert!(!command.starts_with(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x01]));
        assert!(!command.starts_with(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x05]));
        // And none is read by short identifier.
        assert!(!(command[1] == 0xB0 && command[2] & 0x80 != 0));
    }
}

/// Name of 券面事項入力補助.
const INPUT_SUPPORT: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08];
