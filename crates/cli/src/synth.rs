//! Loads synthetic people into a center's store and makes their cards.

pub(crate) mod cards;
pub(crate) mod claims;
mod feeds;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{ArgGroup, Args};
use domain::audit::{Actor, Deed, Event};
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use domain::person::PersonId;
use domain::reference_number::ReferenceNumber;
use serde::Serialize;
use store::engine::{Engine, StoreError};
use store::registry::{self, Prepared};
use synthetic::card::case::Case;
use synthetic::population::Population;
use tokio::sync::mpsc;

use crate::progress::Progress;
use crate::store_place::StorePlace;
use crate::synth::cards::{CardFolder, Entry};
use crate::told;

/// So many people are compared with those that are stored, about.
const LOOKED_AT: u64 = 32;

/// `onshi synth`.
#[derive(Args)]
#[command(
    group(ArgGroup::new("what").required(true).multiple(true).args(["samples", "people", "cards"])),
    group(ArgGroup::new("where").required(true).multiple(true).args(["data_dir", "config", "cards", "feeds", "claims"])),
    after_help = "Example: onshi synth --samples --data-dir /var/lib/onshi\n         \
        onshi synth --people 100000 --seed 7 --data-dir /var/lib/onshi\n         \
        onshi synth --people 100000 --config /etc/onshi/center.toml\n         \
        onshi synth --people 1000 --feeds feeds\n         \
        onshi synth --people 1000 --claims claims --month 2026-10\n         \
        onshi synth --cards cards --data-dir /var/lib/onshi\n         \
        onshi synth --cards cards --renew valid --data-dir /var/lib/onshi\n         \
        onshi synth --cards cards --revoke valid"
)]
pub(crate) struct Arguments {
    /// The people of the interface's sample files.
    #[arg(long)]
    samples: bool,
    /// So many further people, a fifth of whom lost their coverage.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    people: u64,
    /// Which people: the same seed always makes the same ones.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Put these people in the place of those whom another seed made. Without it they are not loaded into a store that holds others.
    #[arg(long, requires = "people")]
    replace: bool,
    /// Make virtual cards in this folder, and register their holders where a center is named. With --renew or --revoke: the folder.
    #[arg(long)]
    cards: Option<PathBuf>,
    /// Give the holder of this case, such as `valid`, a new card beside the old one.
    #[arg(long, requires = "cards", value_parser = case)]
    renew: Option<Case>,
    /// Put the newest certificate of this case on the revocation list.
    #[arg(long, requires = "cards", value_parser = case)]
    revoke: Option<Case>,
    /// Write the medical histories of --people, and what insurers and the resident register say of them, as files for `onshi feed load`, into
    /// this folder. Some people have no history.
    #[arg(long, requires = "people")]
    feeds: Option<PathBuf>,
    /// Write a month's claims of those of --people who came, as claim files of each kind of facility to each review body, into this folder.
    #[arg(long, requires = "people")]
    claims: Option<PathBuf>,
    /// The month of treatment of --claims, from 2026-08 on; without it the month before this one.
    #[arg(long, requires = "claims", value_parser = claims::month)]
    month: Option<TreatmentMonth>,
    /// Put faults into the medical claims, one into a claim, and write beside them which.
    #[arg(long, requires = "claims")]
    faults: bool,
    /// Data folder of the center.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Settings file of the center, in place of the folder: with it the store may lie at a database server.
    #[arg(long, conflicts_with = "data_dir")]
    config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn case(text: &str) -> Result<Case, String> {
    let names = || Case::ALL.map(Case::name).join(", ");
    Case::parse(text)
        .ok_or_else(|| format!("次のどれかを指定してください / name one of: {}", names()))
}

/// What was done.
#[derive(Default, Serialize)]
struct Done {
    people: u64,
    /// Cards made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cards: Vec<Entry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revoked: Vec<Entry>,
    /// Lines of feeds written, by kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    feeds: BTreeMap<&'static str, u64>,
    /// Claims written, by file.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    claims: BTreeMap<String, u32>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut done = Done::default();
    let place = StorePlace::read(arguments.data_dir.as_deref(), arguments.config.as_deref())?;
    // All that may be refused comes first: cards that are made once would stand in the way of doing it again as the refusal says.
    let engine = match &place {
        Some(place) => Some(open(place, &arguments)?),
        None => {
            needs_no_store(&arguments)?;
            None
        }
    };
    if let Some(dir) = &arguments.cards {
        make_cards(dir, &arguments, &mut done)
            .inspect_err(|_| engine.iter().for_each(Engine::close))?;
    }
    if let Some(engine) = &engine {
        load(engine, &arguments, &mut done).await?;
    }
    if let Some(dir) = &arguments.feeds {
        let people = (arguments.seed, arguments.people);
        done.feeds = feeds::write(dir, people, crate::serve::now().date_in_japan())?;
    }
    if let Some(dir) = &arguments.claims {
        let people = (arguments.seed, arguments.people);
        let today = crate::serve::now().date_in_japan();
        let month = arguments.month.unwrap_or(claims::last_month(today));
        if place.is_some() && !population(arguments.seed).are_of_year(month.first_day()) {
            warn_of_other_year(month, TreatmentMonth::of(today));
        }
        done.claims = claims::write(dir, people, month, arguments.faults)?;
    }
    if arguments.json {
        out!("{}", serde_json::to_string(&done)?);
        return Ok(ExitCode::SUCCESS);
    }
    if place.is_some() {
        out!("{} synthetic people loaded", done.people);
    }
    for (kind, lines) in &done.feeds {
        out!("{lines} lines of {kind} written");
    }
    for (file, claims) in &done.claims {
        out!("{claims} claims written to {file}");
    }
    for card in &done.cards {
        out!("card {} made, serial {}", card.case.name(), card.serial);
    }
    for card in &done.revoked {
        out!("card {} revoked, serial {}", card.case.name(), card.serial);
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses what is put into a store where none is named.
fn needs_no_store(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.samples {
        return Err(told::both(
            "--samples には --data-dir か --config も指定してください。",
            "--samples needs --data-dir or --config, too",
        ));
    }
    if 0 < arguments.people && arguments.feeds.is_none() && arguments.claims.is_none() {
        return Err(told::both(
            "--people には --data-dir・--config・--feeds・--claims のどれかも指定してください。",
            "--people needs --data-dir, --config, --feeds or --claims, too",
        ));
    }
    Ok(())
}

/// Says that claims are of people as they were in another year than those who were loaded.
fn warn_of_other_year(month: TreatmentMonth, this: TreatmentMonth) {
    let (month, this) = (month.to_iso(), this.to_iso());
    err!(
        "onshi: 注意: 登録した人は今の年度（8月から翌年7月まで）のもので、{month} の請求は別の年度の人のものです。75歳になった人の保険者・番号、負担割合、証が合わない請求があります。合わせるには、--month {this} のように今の年度の月を指定してください。 / remark: the people who were loaded are of this year, from August to July, and the claims of {month} of another: insurer and number of whoever turned 75, shares and certificates do not agree in some; name a month of this year, such as --month {this}, for claims that fit"
    );
}

fn make_cards(dir: &Path, arguments: &Arguments, done: &mut Done) -> anyhow::Result<()> {
    let today = crate::serve::now().date_in_japan();
    if arguments.renew.is_none() && arguments.revoke.is_none() {
        let folder = CardFolder::make(dir, arguments.seed, today)?;
        done.cards = folder.entries().to_vec();
        return Ok(());
    }
    let mut folder = CardFolder::open(dir)?;
    if let Some(case) = arguments.renew {
        done.cards.push(folder.renew(case, today)?);
    }
    if let Some(case) = arguments.revoke {
        done.revoked.push(folder.revoke(case, today)?);
    }
    Ok(())
}

/// The people of a seed as they are today.
fn population(seed: u64) -> Population {
    Population::as_of(seed, crate::serve::now().date_in_japan())
}

/// People made on a thread of their own, while those before them are stored.
fn made(seed: u64, people: u64, at_once: u64) -> mpsc::Receiver<Vec<Prepared>> {
    let (sender, batches) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let population = population(seed);
        let mut start = 0;
        while start < people {
            let end = people.min(start + at_once);
            let batch = (start..end).filter_map(|index| population.person(index).map(Prepared::of));
            if sender.blocking_send(batch.collect()).is_err() {
                return;
            }
            start = end;
        }
    });
    batches
}

/// Loads so many people: sorted first where nobody is stored yet, otherwise as they are made.
async fn load_people(engine: &Engine, seed: u64, people: u64) -> anyhow::Result<()> {
    let Some(mut first) = engine.first_load(people)? else {
        let mut progress = Progress::new("people", people);
        let mut batches = made(seed, people, registry::at_once(people));
        let mut stored = 0;
        while let Some(batch) = batches.recv().await {
            stored += batch.len() as u64;
            engine.store_prepared(batch).await?;
            progress.reached(stored);
        }
        return Ok(());
    };
    let mut batches = made(seed, people, registry::SORTED_AT_ONCE);
    let mut progress = Progress::new("people sorted", people);
    let sorting = tokio::task::spawn_blocking(move || {
        let mut sorted = 0;
        while let Some(batch) = batches.blocking_recv() {
            sorted += batch.len() as u64;
            first.take(batch)?;
            progress.reached(sorted);
        }
        Ok::<_, StoreError>(first)
    });
    let mut progress = Progress::new("people stored", people);
    let first = sorting.await??;
    first.publish(|stored| progress.reached(stored)).await?;
    Ok(())
}

/// Whether the store holds people whom another seed made at the places of those to be loaded. Some are looked at, from the first on.
fn holds_others(engine: &Engine, arguments: &Arguments) -> anyhow::Result<bool> {
    let population = population(arguments.seed);
    let apart = usize::try_from(arguments.people / LOOKED_AT)?.max(1);
    let some = (0..arguments.people).step_by(apart);
    let some: Vec<_> = some.filter_map(|index| population.person(index)).collect();
    Ok(engine.holds_others(&some)?)
}

/// Opens the store, unless these people may not be put into it.
fn open(place: &StorePlace, arguments: &Arguments) -> anyhow::Result<Engine> {
    let mut chain = [0; 16];
    aws_lc_rs::rand::fill(&mut chain).context("the system's random generator failed")?;
    center::data_dir::make(place.data_dir())
        .map_err(|error| told::unwritable(place.data_dir(), &error))?;
    let engine = place.open(chain)?;
    if !arguments.replace && holds_others(&engine, arguments)? {
        engine.close();
        return Err(told::both(
            "別の --seed で作った架空の人が登録されています。登録したときと同じ --seed を指定するか、入れ替えてよければ --replace を付けてください。",
            "the store holds made-up people of another --seed; name the seed they were made with, or let these take their place with --replace",
        ));
    }
    Ok(engine)
}

async fn load(engine: &Engine, arguments: &Arguments, done: &mut Done) -> anyhow::Result<()> {
    // Before anybody else: a registry that holds nobody is loaded fastest.
    load_people(engine, arguments.seed, arguments.people).await?;
    done.people += arguments.people;
    if arguments.samples {
        let today = crate::serve::now().date_in_japan();
        let people = synthetic::samples::people_as_of(today);
        done.people += people.len() as u64;
        engine.store_people(people).await?;
        let information = synthetic::samples::medical_information::of_samples(today);
        engine.store_medical_information(information).await?;
        let facility = InstitutionCode::parse(synthetic::samples::FACILITY)?;
        let (person, number) = synthetic::samples::REFERENCE_NUMBER;
        let wanted = (ReferenceNumber::parse(number)?, PersonId::from_u128(person));
        engine
            .store_reference_number(facility, wanted, crate::serve::now())
            .await??;
    }
    if let Some(dir) = &arguments.cards {
        done.people += CardFolder::open(dir)?.register(engine).await?;
    }
    engine
        .record(Event {
            at: crate::serve::now(),
            actor: Actor::Operator("local".into()),
            deed: Deed::Load,
            subject: None,
            detail: format!("people={}", done.people),
        })
        .await?;
    engine.close();
    Ok(())
}
