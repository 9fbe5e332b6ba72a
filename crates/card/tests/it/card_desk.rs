//! What a desk tells of its reader, and for which card a command counts.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use card::card_desk::{CardDesk, DeskSettings, Event};
use card::error::CardError;
use card::memory::{MemoryReader, Signal, Tray};
use card::pin::{LastTry, Pin};
use card::reader::{Insertion, LinkError, Missing, Presence, Reader, Watcher};
use synthetic::card::case::Case;

use crate::laid::{Listened, check_signed, empty, lay, text};

#[tokio::test]
async fn laying_down_and_taking_away_is_told() {
    let mut laid = lay(Case::Valid, DeskSettings::default()).await;
    laid.tray.remove();
    assert_eq!(laid.events.recv().await, Some(Event::Removed));
    laid.tray.place(laid.card.to_lay());
    let Some(Event::Placed(again)) = laid.events.recv().await else {
        panic!("nothing was placed");
    };
    assert_ne!(again.placement, laid.placed.placement);
}

#[tokio::test]
async fn a_reader_that_is_gone_and_back_is_told() {
    let mut laid = lay(Case::Valid, DeskSettings::default()).await;
    for missing in [Missing::Reader, Missing::Service] {
        laid.tray.lose(missing);
        if missing == Missing::Reader {
            assert_eq!(laid.events.recv().await, Some(Event::Removed));
        }
        assert_eq!(laid.events.recv().await, Some(Event::ReaderGone(missing)));
        let error = laid.desk.tries(laid.placed.placement).await.unwrap_err();
        let expected = match missing {
            Missing::Reader => LinkError::ReaderGone,
            Missing::Service => LinkError::NoService,
        };
        assert_eq!(error, CardError::Link(expected));
        laid.tray.bring_back();
        assert_eq!(laid.events.recv().await, Some(Event::ReaderBack));
    }
}

#[tokio::test]
async fn a_service_that_comes_back_without_the_reader_brings_none_back() {
    let (_desk, mut events, tray) = empty(DeskSettings::default());
    assert_eq!(events.recv().await, Some(Event::ReaderBack));
    for missing in [Missing::Service, Missing::Reader] {
        tray.lose(missing);
        assert_eq!(events.recv().await, Some(Event::ReaderGone(missing)));
    }
    tray.bring_back();
    assert_eq!(events.recv().await, Some(Event::ReaderBack));
}

#[tokio::test]
async fn another_kind_of_card_is_unreadable() {
    let (_desk, mut events, tray) = empty(DeskSettings::default());
    assert_eq!(events.recv().await, Some(Event::ReaderBack));
    tray.place(Listened::of(Case::NotAMyNumberCard).to_lay());
    let told = events.recv().await;
    assert_eq!(told, Some(Event::Unreadable(CardError::NotMyNumberCard)));
    tray.remove();
    assert_eq!(events.recv().await, Some(Event::Removed));
}

#[tokio::test]
async fn a_card_another_program_uses_is_read_when_that_ends() {
    let (_desk, mut events, tray) = empty(DeskSettings::default());
    assert_eq!(events.recv().await, Some(Event::ReaderBack));
    tray.use_elsewhere(true);
    tray.place(Listened::of(Case::Valid).to_lay());
    let busy = CardError::Link(LinkError::Busy);
    assert_eq!(events.recv().await, Some(Event::Unreadable(busy)));
    tray.use_elsewhere(false);
    assert!(matches!(events.recv().await, Some(Event::Placed(_))));
}

#[tokio::test]
async fn a_pin_for_one_card_never_reaches_another() {
    let laid = lay(Case::Valid, DeskSettings::default()).await;
    let other = Listened::of(Case::Everything);
    // Exchanged in a moment: the command is on its way before the desk has told of anything.
    laid.tray.place(other.to_lay());
    let pin = Pin::parse("1234").unwrap();
    let placement = laid.placed.placement;
    let signed = laid
        .desk
        .sign_with_pin(placement, pin, LastTry::Spend, text());
    assert_eq!(signed.await, Err(CardError::Exchanged));
    assert_eq!(other.pins_shown(), 0);
}

#[tokio::test]
async fn a_pin_whose_asker_has_gone_is_not_shown() {
    let laid = lay(Case::Valid, DeskSettings::default()).await;
    let placement = laid.placed.placement;
    let pin = Pin::parse("9999").unwrap();
    let mut first = Box::pin(laid.desk.certificate(placement));
    let mut second = Box::pin(
        laid.desk
            .sign_with_pin(placement, pin, LastTry::Spend, text()),
    );
    {
        // The desk is held up by the card while the second command is given up.
        let _held = laid.card.hold();
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert!(second.as_mut().poll(&mut context).is_pending());
        drop(second);
    }
    first.await.unwrap();
    laid.desk.tries(placement).await.unwrap();
    assert_eq!(laid.card.pins_shown(), 0);
}

#[tokio::test]
async fn a_closed_desk_gives_its_reader_back() {
    let mut laid = lay(Case::Valid, DeskSettings::default()).await;
    drop(laid.desk);
    assert_eq!(laid.events.recv().await, None);
    assert!(laid.card.ended_by_reset());
}

#[tokio::test]
async fn a_card_that_answers_nothing_sensible_is_unreadable() {
    for answer in [vec![], vec![0x90], vec![0x6F, 0x00], vec![0x90, 0x00]] {
        let (_desk, mut events, tray) = empty(DeskSettings::default());
        assert_eq!(events.recv().await, Some(Event::ReaderBack));
        let answer = answer.clone();
        tray.place(Box::new(move |signal| match signal {
            Signal::Reset => Some(Vec::new()),
            Signal::Command(_) => Some(answer.clone()),
        }));
        assert!(matches!(events.recv().await, Some(Event::Unreadable(_))));
    }
}

#[tokio::test]
async fn a_card_another_program_only_looks_at_is_not_told_as_busy() {
    let (_desk, mut events, tray) = empty(DeskSettings::default());
    assert_eq!(events.recv().await, Some(Event::ReaderBack));
    tray.use_elsewhere(true);
    tray.place(Listened::of(Case::Valid).to_lay());
    tray.use_elsewhere(false);
    assert!(matches!(events.recv().await, Some(Event::Placed(_))));
}

/// A reader whose card another program has just taken, the next few times it is asked for.
struct Contended {
    reader: MemoryReader,
    refusals: Arc<AtomicU32>,
}

impl Reader for Contended {
    fn watch(&mut self, watcher: Watcher) {
        self.reader.watch(watcher);
    }

    fn open(&mut self) -> Result<Insertion, LinkError> {
        let fewer = |left: u32| left.checked_sub(1);
        match self
            .refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer)
        {
            Ok(_) => Err(LinkError::Busy),
            Err(_) => self.reader.open(),
        }
    }

    fn wait_until_free(&mut self, longest: Duration) {
        self.reader.wait_until_free(longest);
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.reader.transmit(command)
    }

    fn close(&mut self) {
        self.reader.close();
    }
}

/// A reader whose service says for a while that the card does not answer.
struct Silent {
    reader: MemoryReader,
    is_silent: Arc<AtomicBool>,
}

impl Reader for Silent {
    fn watch(&mut self, watcher: Watcher) {
        let is_silent = Arc::clone(&self.is_silent);
        self.reader.watch(Watcher::new(move |presence| {
            watcher.tell(match presence {
                Presence::Card(insertion) if is_silent.load(Ordering::SeqCst) => {
                    Presence::Mute(insertion)
                }
                other => other,
            });
        }));
    }

    fn open(&mut self) -> Result<Insertion, LinkError> {
        self.reader.open()
    }

    fn wait_until_free(&mut self, longest: Duration) {
        self.reader.wait_until_free(longest);
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.reader.transmit(command)
    }

    fn close(&mut self) {
        self.reader.close();
    }
}

#[tokio::test]
async fn a_card_the_service_found_silent_is_read_when_it_answers() {
    let (tray, reader) = Tray::new();
    let is_silent = Arc::new(AtomicBool::new(true));
    let reader = Silent {
        reader,
        is_silent: Arc::clone(&is_silent),
    };
    let (_desk, mut events) = CardDesk::open(reader, DeskSettings::default()).unwrap();
    assert_eq!(events.recv().await, Some(Event::ReaderBack));
    tray.place(Listened::of(Case::Valid).to_lay());
    let mute = CardError::Link(LinkError::Mute);
    assert_eq!(events.recv().await, Some(Event::Unreadable(mute)));
    // Another program had it powered up.
    is_silent.store(false, Ordering::SeqCst);
    tray.use_elsewhere(true);
    tray.use_elsewhere(false);
    assert!(matches!(events.recv().await, Some(Event::Placed(_))));
}

#[tokio::test]
async fn a_command_waits_for_a_program_that_only_looks_at_the_card() {
    let (tray, reader) = Tray::new();
    let refusals = Arc::new(AtomicU32::new(0));
    let reader = Contended {
        reader,
        refusals: Arc::clone(&refusals),
    };
    let (desk, mut events) = CardDesk::open(reader, DeskSettings::default()).unwrap();
    assert_eq!(events.recv().await, Some(Event::ReaderBack));
    let card = Listened::of(Case::Valid);
    tray.place(card.to_lay());
    let Some(Event::Placed(placed)) = events.recv().await else {
        panic!("nothing was placed");
    };
    refusals.store(2, Ordering::SeqCst);
    desk.certificate(placed.placement).await.unwrap();
    refusals.store(2, Ordering::SeqCst);
    let pin = Pin::parse("1234").unwrap();
    let signed = desk.sign_with_pin(placed.placement, pin, LastTry::Keep, text());
    check_signed(&signed.await.unwrap());
    assert_eq!((refusals.load(Ordering::SeqCst), card.pins_shown()), (0, 1));
    // One that keeps the card is told as such.
    tray.use_elsewhere(true);
    let tries = desk.tries(placed.placement).await;
    assert_eq!(tries, Err(CardError::Link(LinkError::Busy)));
}
