//! A card from the moment the service tells of it to its signature, through real pcscd and the virtual card, step by step, against as
//! many bare round trips of commands. Asserts no time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use card::card_desk::{CardDesk, DeskSettings, Event, Placed};
use card::pin::{LastTry, Pin};
use card::reader::{Insertion, LinkError, Presence, Reader, Watcher};
use card::reader_setting::ReaderName;
use clap::Args;
use domain::card_challenge::{CenterName, ChallengeText, Nonce, SignedFor};
use domain::civil_date::{CivilDate, Instant as Moment};
use domain::institution_code::InstitutionCode;
use synthetic::card::authority::CardAuthority;
use synthetic::card::case::Case;
use tokio::sync::mpsc::UnboundedReceiver;
use virtual_card::rig::Rig;

/// The reader's name, and what the service puts behind it.
const READER: &str = "Bench";

/// libpcsclite reads it once, so the bench runs in a process of its own that has it from the start.
const SOCKET: &str = "PCSCLITE_CSOCK_NAME";

/// SELECT of JPKI: the bare round trip.
const BARE: [u8; 15] = [
    0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01,
];

/// `bench card`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder for the service's sockets and the card.
    #[arg(long)]
    dir: PathBuf,
    /// Cards laid down, after five that are not measured.
    #[arg(long, default_value_t = 30)]
    rounds: usize,
    /// What the outer process starts.
    #[arg(long, hide = true)]
    inside: bool,
}

/// What happened at the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Told,
    Open,
    Command,
    Verify,
    Sign,
    Close,
}

type Steps = Arc<Mutex<Vec<(Step, Instant, Duration)>>>;

/// What one round took, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    noticed: f64,
    whole: f64,
    opens: f64,
    closes: f64,
    commands: f64,
    verifying: f64,
    signing: f64,
    count: usize,
    floor: f64,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let dir = arguments.dir.join("card");
    std::fs::create_dir_all(&dir)?;
    let dir = std::fs::canonicalize(&dir)?;
    if !arguments.inside {
        let status = tokio::process::Command::new(std::env::current_exe()?)
            .args([
                "card",
                "--inside",
                "--rounds",
                &arguments.rounds.to_string(),
            ])
            .arg("--dir")
            .arg(&arguments.dir)
            .env(SOCKET, dir.join("run/pcscd.comm"))
            .status()
            .await?;
        return status
            .success()
            .then_some(())
            .context("the bench itself failed");
    }
    let rig = Rig::start(
        &std::env::current_exe()?.with_file_name("virtual-card"),
        &dir,
        &[READER],
    )?;
    let persona = dir.join("card.toml");
    let today = CivilDate::new(2026, 11, 25)?;
    let made = CardAuthority::new(1, today)?.persona(Case::Valid)?;
    std::fs::write(&persona, made.to_toml()?)?;
    let steps = Steps::default();
    let reader = Timed {
        reader: reader()?,
        steps: steps.clone(),
    };
    let (desk, mut events) = CardDesk::open(reader, DeskSettings::default())?;
    let mut rounds = Vec::new();
    for at in 0..arguments.rounds + 5 {
        let mut round = round(&rig, &persona, &desk, &mut events, &steps).await?;
        round.floor = floor(round.count)?;
        order(&rig, "remove")?;
        while events.recv().await != Some(Event::Removed) {}
        if 5 <= at {
            rounds.push(round);
        }
    }
    report(&rounds)
}

fn reader() -> anyhow::Result<Box<dyn Reader>> {
    Ok(ReaderName::Containing(READER.to_owned()).reader()?)
}

fn order(rig: &Rig, line: &str) -> anyhow::Result<()> {
    rig.reader(READER)
        .context("the reader is there")?
        .order(line)?;
    Ok(())
}

/// Lays the card down and has it sign.
async fn round(
    rig: &Rig,
    persona: &Path,
    desk: &CardDesk,
    events: &mut UnboundedReceiver<Event>,
    steps: &Steps,
) -> anyhow::Result<Round> {
    lock(steps).clear();
    let placing = Instant::now();
    order(rig, &format!("place {}", persona.display()))?;
    let placed = loop {
        match events.recv().await.context("the desk is open")? {
            Event::Placed(placed) => break placed,
            Event::Unreadable(error) => bail!("{error}"),
            Event::Removed | Event::ReaderGone(_) | Event::ReaderBack => {}
        }
    };
    sign(desk, placed).await?;
    let signed = Instant::now();
    let steps = lock(steps).clone();
    let told = steps.iter().find(|(step, ..)| *step == Step::Told);
    let (_, told, _) = told.context("the service told of the card")?;
    let sum = |which: &[Step]| -> f64 {
        let those = steps.iter().filter(|(step, ..)| which.contains(step));
        those.map(|(.., took)| millis(*took)).sum()
    };
    let is_command = |step: &Step| matches!(step, Step::Command | Step::Verify | Step::Sign);
    Ok(Round {
        noticed: millis(*told - placing),
        whole: millis(signed - *told),
        opens: sum(&[Step::Open]),
        closes: sum(&[Step::Close]),
        commands: sum(&[Step::Command]),
        verifying: sum(&[Step::Verify]),
        signing: sum(&[Step::Sign]),
        count: steps.iter().filter(|(step, ..)| is_command(step)).count(),
        floor: 0.0,
    })
}

/// Certificate, tries, PIN and signature, as a kiosk asks for them.
async fn sign(desk: &CardDesk, placed: Placed) -> anyhow::Result<()> {
    desk.certificate(placed.placement).await?;
    let text = ChallengeText {
        signed_for: SignedFor::Check,
        center: CenterName::parse("onshi-example")?,
        facility: InstitutionCode::parse("1319999999")?,
        nonce: Nonce::from_bytes([7; 32]),
        issued_at: Moment::parse("2026-11-25T00:15:02Z")?,
    };
    let pin = Pin::parse("1234")?;
    desk.sign_with_pin(placed.placement, pin, LastTry::Keep, text)
        .await?;
    Ok(())
}

/// As many bare round trips over one connection: what no order of commands can save.
fn floor(count: usize) -> anyhow::Result<f64> {
    let mut reader = reader()?;
    reader.open()?;
    let started = Instant::now();
    for _ in 0..count {
        reader.transmit(&BARE)?;
    }
    let took = millis(started.elapsed());
    reader.close();
    Ok(took)
}

fn report(rounds: &[Round]) -> anyhow::Result<()> {
    let count = rounds.first().map_or(0, |round| round.count);
    println!(
        "{} cards laid down, {count} commands each; milliseconds, median and p95",
        rounds.len()
    );
    type Member = fn(&Round) -> f64;
    let lines: [(&str, Member); 9] = [
        ("service tells of the card to signature", |it| it.whole),
        ("  taking the card", |it| it.opens),
        ("  reading and selecting", |it| it.commands),
        ("  PIN (the card keeps its count on the disk)", |it| {
            it.verifying
        }),
        ("  signature", |it| it.signing),
        ("  resetting the card", |it| it.closes),
        ("floor: as many bare round trips", |it| it.floor),
        ("ratio to the floor", |it| it.whole / it.floor),
        ("before: laid down until the service tells", |it| it.noticed),
    ];
    for (name, member) in lines {
        let mut values: Vec<f64> = rounds.iter().map(member).collect();
        values.sort_by(f64::total_cmp);
        let last = values.len().saturating_sub(1);
        let median = values.get(last / 2).context("nothing was measured")?;
        let p95 = values
            .get(last * 95 / 100)
            .context("nothing was measured")?;
        println!("{name:44} {median:8.2} {p95:8.2}");
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn lock(steps: &Steps) -> std::sync::MutexGuard<'_, Vec<(Step, Instant, Duration)>> {
    steps.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A reader that notes how long each step takes.
struct Timed {
    reader: Box<dyn Reader>,
    steps: Steps,
}

impl Timed {
    fn note(&self, step: Step, since: Instant) {
        lock(&self.steps).push((step, since, since.elapsed()));
    }
}

impl Reader for Timed {
    fn watch(&mut self, watcher: Watcher) {
        let steps = self.steps.clone();
        self.reader.watch(Watcher::new(move |presence| {
            if matches!(presence, Presence::Card(_)) {
                lock(&steps).push((Step::Told, Instant::now(), Duration::ZERO));
            }
            watcher.tell(presence);
        }));
    }

    fn open(&mut self) -> Result<Insertion, LinkError> {
        let since = Instant::now();
        let opened = self.reader.open();
        self.note(Step::Open, since);
        opened
    }

    fn wait_until_free(&mut self, longest: Duration) {
        self.reader.wait_until_free(longest);
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        let since = Instant::now();
        let answer = self.reader.transmit(command);
        let step = match command {
            [_, 0x2A, ..] => Step::Sign,
            [_, 0x20, _, _, _, ..] => Step::Verify,
            _ => Step::Command,
        };
        self.note(step, since);
        answer
    }

    fn close(&mut self) {
        let since = Instant::now();
        self.reader.close();
        self.note(Step::Close, since);
    }
}
