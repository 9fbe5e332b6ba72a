//! The same desk through a real pcscd: events, exclusive use, readers and services that come and go.

use std::future::Future;
use std::path::PathBuf;
use std::process::Command;
use std::task::{Context, Waker};

use card::card_desk::{CardDesk, DeskSettings, Event, Placed};
use card::error::CardError;
use card::jpki::Jpki;
use card::pcsc::{PcscReader, reader_names};
use card::pin::{LastTry, Pin};
use card::reader::{LinkError, Missing, Reader};
use card::reader_setting::ReaderName;
use card::session::Session;
use synthetic::card::case::Case;
use tokio::sync::mpsc::UnboundedReceiver;
use virtual_card::rig::Rig;

use crate::laid::{check_signed, persona, text};

/// Where this process and its children look for the service. libpcsclite reads it once, so each test is a process of its own.
const SOCKET: &str = "PCSCLITE_CSOCK_NAME";

/// The folder of the service of this process.
const FOLDER: &str = "ONSHI_TEST_READERS";

/// A place for a service, which may be started and ended.
struct Place(PathBuf);

/// Runs the test anew with a service of its own.
fn apart(test: &str, body: impl AsyncFnOnce(Place)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        return runtime.unwrap().block_on(body(Place(folder.into())));
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("pcsc::{test}"), "--nocapture"])
        .env(FOLDER, folder.path())
        .env(SOCKET, folder.path().join("run/pcscd.comm"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    let passed = output.status.success() && said.contains("1 passed");
    assert!(passed, "{test}:\n{said}\n{failed}");
}

impl Place {
    fn start(&self, names: &[&str]) -> Rig {
        Rig::start(&Rig::program().unwrap(), &self.0, names).unwrap()
    }

    fn lay(&self, rig: &Rig, reader: &str, case: Case) {
        let file = self.0.join(format!("{}.toml", case.name()));
        std::fs::write(&file, persona(case).to_toml().unwrap()).unwrap();
        order(rig, reader, &format!("place {}", file.display()));
    }
}

fn order(rig: &Rig, reader: &str, line: &str) {
    rig.reader(reader).unwrap().order(line).unwrap();
}

fn desk(reader: &str) -> (CardDesk, UnboundedReceiver<Event>) {
    let reader = PcscReader::new(ReaderName::Containing(reader.to_owned()));
    CardDesk::open(reader, DeskSettings::default()).unwrap()
}

async fn placed(events: &mut UnboundedReceiver<Event>) -> Placed {
    match events.recv().await {
        Some(Event::Placed(placed)) => placed,
        other => panic!("{other:?}"),
    }
}

fn pin() -> Pin {
    Pin::parse("1234").unwrap()
}

async fn sign(desk: &CardDesk, placed: Placed) -> Result<(), CardError> {
    let signed = desk
        .sign_with_pin(placed.placement, pin(), LastTry::Keep, text())
        .await?;
    check_signed(&signed);
    Ok(())
}

#[test]
fn a_card_is_told_signs_is_taken_away_and_laid_back() {
    apart(
        "a_card_is_told_signs_is_taken_away_and_laid_back",
        async |place| {
            let rig = place.start(&["Kiosk"]);
            let (desk, mut events) = desk("Kiosk");
            assert_eq!(events.recv().await, Some(Event::ReaderBack));
            place.lay(&rig, "Kiosk", Case::Valid);
            let first = placed(&mut events).await;
            sign(&desk, first).await.unwrap();
            order(&rig, "Kiosk", "remove");
            assert_eq!(events.recv().await, Some(Event::Removed));
            let gone = sign(&desk, first).await;
            assert_eq!(gone, Err(CardError::Link(LinkError::Removed)));
            order(&rig, "Kiosk", "insert");
            let second = placed(&mut events).await;
            assert_eq!(sign(&desk, first).await, Err(CardError::Exchanged));
            sign(&desk, second).await.unwrap();
            drop(desk);
            assert_eq!(events.recv().await, None);
        },
    );
}

#[test]
fn two_readers_have_a_desk_each() {
    apart("two_readers_have_a_desk_each", async |place| {
        let rig = place.start(&["Left", "Right"]);
        let (left, mut left_events) = desk("Left");
        let (right, mut right_events) = desk("Right");
        assert_eq!(left_events.recv().await, Some(Event::ReaderBack));
        assert_eq!(right_events.recv().await, Some(Event::ReaderBack));
        place.lay(&rig, "Right", Case::Valid);
        let on_right = placed(&mut right_events).await;
        place.lay(&rig, "Left", Case::Everything);
        let on_left = placed(&mut left_events).await;
        let both = tokio::join!(sign(&left, on_left), sign(&right, on_right));
        assert_eq!(both, (Ok(()), Ok(())));
        let certificates = (
            left.certificate(on_left.placement).await.unwrap(),
            right.certificate(on_right.placement).await.unwrap(),
        );
        assert_ne!(certificates.0, certificates.1);
        order(&rig, "Left", "remove");
        assert_eq!(left_events.recv().await, Some(Event::Removed));
        sign(&right, on_right).await.unwrap();
    });
}

#[test]
fn no_other_program_uses_a_key_after_our_pin() {
    apart("no_other_program_uses_a_key_after_our_pin", async |place| {
        let rig = place.start(&["Kiosk"]);
        place.lay(&rig, "Kiosk", Case::Valid);
        let mut reader = watched("Kiosk").await;
        let insertion = reader.open().unwrap();
        reader.close();
        let stranger = "80:2A:00:80:33:30:31:30:0D:06:09:60:86:48:01:65:03:04:02:01:05:00:04:20:\
            00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00";
        let select = "00:A4:04:0C:0A:D3:92:F0:00:26:01:00:00:00:01";
        let key = "00:A4:02:0C:02:00:17";
        {
            let mut session = Session::open(&mut reader, insertion).unwrap();
            let jpki = Jpki::select(&mut session).unwrap();
            let mut unlocked = jpki.verify(&pin(), LastTry::Keep).unwrap();
            // Verified now: another program does not even reach the card.
            assert!(!opensc(&["-s", key, "-s", stranger]).0);
            let certificate = unlocked.certificate().unwrap();
            unlocked.sign(&text(), certificate.algorithm()).unwrap();
        }
        // Given back: it reaches the card and the key is closed.
        let (_, said) = opensc(&["-s", select, "-s", key, "-s", stranger]);
        assert!(said.contains("SW1=0x69, SW2=0x82"), "{said}");
        let (_, said) = opensc(&["-s", key, "-s", stranger]);
        assert!(!said.contains("SW1=0x90, SW2=0x00):"), "{said}");
    });
}

/// A reader once its card is there.
async fn watched(name: &str) -> PcscReader {
    let (desk, mut events) = desk(name);
    read(&mut events).await;
    drop(desk);
    PcscReader::new(ReaderName::Containing(name.to_owned()))
}

fn opensc(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("opensc-tool")
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn a_card_another_program_holds_is_read_when_it_is_free() {
    apart(
        "a_card_another_program_holds_is_read_when_it_is_free",
        async |place| {
            let rig = place.start(&["Kiosk"]);
            place.lay(&rig, "Kiosk", Case::Valid);
            drop(watched("Kiosk").await);
            let context = pcsc::Context::establish(pcsc::Scope::System).unwrap();
            let name = context.list_readers_owned().unwrap().remove(0);
            for mode in [pcsc::ShareMode::Shared, pcsc::ShareMode::Exclusive] {
                let held = context.connect(&name, mode, pcsc::Protocols::ANY);
                let held = held.unwrap();
                let (_desk, mut events) = desk("Kiosk");
                let busy = CardError::Link(LinkError::Busy);
                let told = loop {
                    match events.recv().await {
                        Some(Event::ReaderBack) => {}
                        other => break other,
                    }
                };
                assert_eq!(told, Some(Event::Unreadable(busy)), "{mode:?}");
                drop(held);
                placed(&mut events).await;
            }
        },
    );
}

#[test]
fn a_service_that_ends_and_begins_again_is_told_and_works() {
    apart(
        "a_service_that_ends_and_begins_again_is_told_and_works",
        async |place| {
            assert_eq!(reader_names(), Err(LinkError::NoService));
            let (desk, mut events) = desk("Kiosk");
            let no_service = Some(Event::ReaderGone(Missing::Service));
            assert_eq!(events.recv().await, no_service);
            let rig = place.start(&["Kiosk"]);
            assert_eq!(events.recv().await, Some(Event::ReaderBack));
            place.lay(&rig, "Kiosk", Case::Valid);
            let before = placed(&mut events).await;
            sign(&desk, before).await.unwrap();
            rig.service("stop").unwrap();
            assert_eq!(events.recv().await, Some(Event::Removed));
            assert_eq!(events.recv().await, no_service);
            let gone = sign(&desk, before).await;
            assert_eq!(gone, Err(CardError::Link(LinkError::NoService)));
            // The card lay there all the time.
            rig.service("start").unwrap();
            let after = read(&mut events).await;
            sign(&desk, after).await.unwrap();
        },
    );
}

#[test]
fn a_reader_that_is_not_among_the_others_is_told_until_it_is() {
    apart(
        "a_reader_that_is_not_among_the_others_is_told_until_it_is",
        async |place| {
            // The service has a reader plugged in or unplugged by USB only; a start with other readers is as near as it gets here.
            let rig = place.start(&["Kiosk", "Other"]);
            let (desk, mut events) = desk("Kiosk");
            place.lay(&rig, "Kiosk", Case::Valid);
            let before = read(&mut events).await;
            let file = place.0.join("conf/readers");
            let both = std::fs::read_to_string(&file).unwrap();
            let other = both.find("FRIENDLYNAME \"Other\"").unwrap();
            rig.service("stop").unwrap();
            std::fs::write(&file, &both[other..]).unwrap();
            rig.service("start").unwrap();
            assert_eq!(events.recv().await, Some(Event::Removed));
            while events.recv().await != Some(Event::ReaderGone(Missing::Reader)) {}
            let gone = sign(&desk, before).await;
            assert_eq!(gone, Err(CardError::Link(LinkError::ReaderGone)));
            rig.service("stop").unwrap();
            std::fs::write(&file, both).unwrap();
            rig.service("start").unwrap();
            let after = read(&mut events).await;
            sign(&desk, after).await.unwrap();
        },
    );
}

/// The next card that can be read, whatever is told before it.
async fn read(events: &mut UnboundedReceiver<Event>) -> Placed {
    loop {
        if let Some(Event::Placed(placed)) = events.recv().await {
            return placed;
        }
    }
}

#[test]
fn a_card_that_falls_silent_holds_the_desk_only_until_it_is_taken_away() {
    apart(
        "a_card_that_falls_silent_holds_the_desk_only_until_it_is_taken_away",
        async |place| {
            let rig = place.start(&["Kiosk"]);
            let (desk, mut events) = desk("Kiosk");
            assert_eq!(events.recv().await, Some(Event::ReaderBack));
            place.lay(&rig, "Kiosk", Case::Valid);
            let laid = placed(&mut events).await;
            desk.certificate(laid.placement).await.unwrap();
            order(&rig, "Kiosk", "fault mute at sign");
            let signing = sign(&desk, laid);
            let taking = async {
                // The signature is on its way, or the card silent already; the second waits behind it.
                let waiting = desk.tries(laid.placement);
                order(&rig, "Kiosk", "remove");
                order(&rig, "Kiosk", "clear");
                waiting.await
            };
            let (signed, tries) = tokio::join!(signing, taking);
            assert_eq!(signed, Err(CardError::Link(LinkError::Removed)));
            assert_eq!(tries, Err(CardError::Link(LinkError::Removed)));
            assert_eq!(events.recv().await, Some(Event::Removed));
            order(&rig, "Kiosk", "insert");
            let again = placed(&mut events).await;
            sign(&desk, again).await.unwrap();
        },
    );
}

#[test]
fn a_card_taken_away_at_any_command_is_removed_and_closed() {
    apart(
        "a_card_taken_away_at_any_command_is_removed_and_closed",
        async |place| {
            let rig = place.start(&["Kiosk"]);
            let (desk, mut events) = desk("Kiosk");
            assert_eq!(events.recv().await, Some(Event::ReaderBack));
            place.lay(&rig, "Kiosk", Case::Valid);
            for command in 1.. {
                let laid = placed(&mut events).await;
                order(&rig, "Kiosk", &format!("fault remove at {command}"));
                match sign(&desk, laid).await {
                    Ok(()) => {
                        assert!(10 < command);
                        return;
                    }
                    Err(error) => {
                        assert_eq!(error, CardError::Link(LinkError::Removed), "{command}")
                    }
                }
                assert_eq!(events.recv().await, Some(Event::Removed));
                order(&rig, "Kiosk", "insert");
            }
        },
    );
}

#[test]
fn a_signature_waits_for_a_program_that_gives_the_card_back() {
    apart(
        "a_signature_waits_for_a_program_that_gives_the_card_back",
        async |place| {
            let rig = place.start(&["Kiosk"]);
            let (desk, mut events) = desk("Kiosk");
            assert_eq!(events.recv().await, Some(Event::ReaderBack));
            place.lay(&rig, "Kiosk", Case::Valid);
            let laid = placed(&mut events).await;
            for _ in 0..5 {
                let mut other = PcscReader::new(ReaderName::First);
                other.open().unwrap();
                let mut signing = Box::pin(sign(&desk, laid));
                let mut context = Context::from_waker(Waker::noop());
                assert!(signing.as_mut().poll(&mut context).is_pending());
                other.close();
                signing.await.unwrap();
            }
        },
    );
}
