//! A claim file of 100,000 claims, against a bare pass of a CSV reader over the same bytes in the same run: parsed and checked, each claim held
//! against the registration of its person, and the whole way through a running center: sent over mTLS, stored, checked against the registry,
//! answered.

mod entry;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, ensure};
use clap::Args;
use domain::claims::ReviewBody;
use domain::claims::eligibility::judge;
use domain::coverage::Registration;
use domain::facility_kind::FacilityKind;
use domain::medical_aid::TreatmentMonth;
use exchange::claim_file::{Event, Limits, read};
use synthetic::claims::Clinic;
use synthetic::population::Population;

const SEED: u64 = 5;

/// `bench claims`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Claims of the file.
    #[arg(long, default_value_t = 100_000)]
    claims: u32,
    /// Rounds of each measurement; the median is told.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Folder on a real disk.
    #[arg(long)]
    dir: PathBuf,
}

/// Measures and prints.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    println!("machine: {}", crate::check::machine());
    let month = last_month();
    let Made {
        file,
        people,
        among,
    } = made(arguments.claims, month, 0)?;
    let megabytes = file.len() as f64 / 1e6;
    let claims = f64::from(arguments.claims);
    println!(
        "one file: {claims} medical claims, {megabytes:.1} MB; median of {} rounds",
        arguments.rounds
    );
    let bare = median(arguments.rounds, || bare(&file))?;
    println!(
        "floor: bare CSV pass {bare:.3} s, {:.0} MB/s",
        megabytes / bare
    );
    let checked = median(arguments.rounds, || checked(&file, arguments.claims))?;
    print(
        "parsed and checked, with SHA-256",
        checked,
        (megabytes, claims),
        bare,
    );
    let judged = median(arguments.rounds, || judged(&file, &people))?;
    print(
        "the same, each claim held against its registration",
        judged,
        (megabytes, claims),
        bare,
    );
    drop((file, people));
    let through = entry::run(&arguments, month, among).await?;
    print(
        "through a center, from the first byte sent to the answer",
        through,
        (megabytes, claims),
        bare,
    );
    Ok(())
}

/// The month whose claims go out in this one.
fn last_month() -> TreatmentMonth {
    let today = crate::running::now().date_in_japan();
    let first = TreatmentMonth::of(today).first_day();
    TreatmentMonth::of(first.plus_days(-1))
}

/// Who hands the claims in.
fn clinic(month: TreatmentMonth) -> Clinic {
    Clinic {
        kind: FacilityKind::Medical,
        review_body: ReviewBody::Fund,
        month,
    }
}

fn print(what: &str, seconds: f64, (megabytes, claims): (f64, f64), bare: f64) {
    println!(
        "{what}: {seconds:.3} s, {:.0} MB/s, {:.0} claims/s, {:.1} times the floor",
        megabytes / seconds,
        claims / seconds,
        seconds / bare
    );
}

/// A claim file.
struct Made {
    file: Vec<u8>,
    /// The registration of each claim, in order.
    people: Vec<Registration>,
    /// So many people, from the first, had to be looked through for the claims.
    among: u64,
}

/// A file of so many claims. Files of different draws are of different people of one population.
fn made(claims: u32, month: TreatmentMonth, draw: u64) -> anyhow::Result<Made> {
    let clinic = clinic(month);
    let population = Population::as_of(SEED, month.first_day());
    let mut file = clinic.header().context("a header")?;
    let (mut people, mut among, mut parts, mut points) = (Vec::new(), 0, 0, 0);
    for index in 0.. {
        let number = u32::try_from(people.len())? + 1;
        if claims < number {
            break;
        }
        let person = population.person(index).context("a person")?;
        let Some(claim) = clinic.claim((SEED + draw, index), &person, number) else {
            continue;
        };
        among = index + 1;
        file.extend(claim.bytes(&clinic));
        parts += claim.parts();
        points += claim.points;
        people.push(person);
    }
    file.extend(clinic.end(parts, points).context("a total")?);
    Ok(Made {
        file,
        people,
        among,
    })
}

fn bare(file: &[u8]) -> anyhow::Result<()> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .quoting(false)
        .from_reader(file);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        black_box(record.len());
    }
    Ok(())
}

fn checked(mut file: &[u8], claims: u32) -> anyhow::Result<()> {
    let mut findings = 0_u64;
    let mut tell = |event: Event<'_>| {
        findings += u64::from(matches!(event, Event::Finding(_)));
    };
    let summary = read(&mut file, Limits::default(), &mut tell)?;
    ensure!(
        summary.claims == claims && findings == 0,
        "the file is not in form"
    );
    Ok(())
}

fn judged(mut file: &[u8], people: &[Registration]) -> anyhow::Result<()> {
    let mut people = people.chunks(1);
    let mut wrong = 0_u64;
    let mut tell = |event: Event<'_>| {
        let Event::Claim(claim) = event else { return };
        let facts = claim.facts.as_ref().zip(people.next());
        let is_good = facts.is_some_and(|(facts, who)| judge(facts, who, &[]).findings.is_empty());
        wrong += u64::from(!is_good);
    };
    read(&mut file, Limits::default(), &mut tell)?;
    ensure!(
        wrong == 0,
        "{wrong} claims do not agree with their registrations"
    );
    Ok(())
}

/// The median of the rounds, in seconds.
fn median(rounds: usize, mut one: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let mut all = Vec::with_capacity(rounds);
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        one()?;
        all.push(start.elapsed().as_secs_f64());
    }
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2)
        .copied()
        .context("one round at least")
}
