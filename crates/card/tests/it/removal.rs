//! A card taken away at each command of each conversation: always a typed error, never an open card, never a PIN shown twice.

use card::card_desk::{DeskSettings, Event};
use card::error::CardError;
use card::pin::{LastTry, Pin};
use card::reader::LinkError;
use synthetic::card::case::Case;

use crate::laid::{Laid, lay, text, with_terminal};

/// Which conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Pin,
    Terminal,
    Phone,
}

async fn sign(laid: &Laid, way: Way) -> Result<(), CardError> {
    let placement = laid.placed.placement;
    let signed = match way {
        Way::Pin => {
            let pin = Pin::parse("1234").unwrap();
            laid.desk
                .sign_with_pin(placement, pin, LastTry::Keep, text())
                .await
        }
        Way::Terminal => laid.desk.sign_with_terminal(placement, text()).await,
        Way::Phone => laid.desk.sign_on_phone(placement, text()).await,
    };
    signed.map(|_| ())
}

fn settings(way: Way) -> DeskSettings {
    match way {
        Way::Terminal => with_terminal(),
        Way::Pin | Way::Phone => DeskSettings::default(),
    }
}

/// Takes the card away after 0, 1, 2 … commands until the conversation gets through, and looks at what is left each time.
async fn check(case: Case, way: Way) {
    for endured in 0.. {
        let mut laid = lay(case, settings(way)).await;
        laid.card.endure(endured);
        let signed = sign(&laid, way).await;
        assert!(laid.card.pins_shown() <= 1);
        if signed.is_ok() {
            let enough = if way == Way::Phone { 8 } else { 12 };
            assert!(enough < endured, "{endured} commands sign");
            return;
        }
        assert_eq!(
            signed,
            Err(CardError::Link(LinkError::Removed)),
            "{way:?}: {endured}"
        );
        assert_eq!(laid.events.recv().await, Some(Event::Removed));
        // Laid down again, it signs for nobody who shows nothing.
        laid.card.endure(100);
        laid.tray.place(laid.card.to_lay());
        assert!(matches!(laid.events.recv().await, Some(Event::Placed(_))));
        assert!(way == Way::Phone || !laid.card.signs_for_anyone());
    }
}

#[tokio::test]
async fn a_card_taken_away_while_the_pin_is_shown_is_removed_and_closed() {
    check(Case::Valid, Way::Pin).await;
}

#[tokio::test]
async fn a_card_taken_away_while_the_terminal_is_shown_is_removed_and_closed() {
    check(Case::Valid, Way::Terminal).await;
}

#[tokio::test]
async fn a_phone_taken_away_is_removed() {
    check(Case::Android, Way::Pin).await;
    check(Case::Iphone, Way::Phone).await;
}
