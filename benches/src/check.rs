//! `bench check`: floor and check interleaved over 64 and 256 connections. Prints both, their ratio and what the disk did.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use synthetic::population::Population;
use tokio::sync::mpsc;

use crate::load::{Generator, Outcome, Target};
use crate::running::{Part, Running};
use crate::{disk, floor as floor_server, load, running};

/// Questions made before the clock runs, about people drawn over the whole store: at least so many, and about one person in so many.
const QUESTIONS: u64 = 200_000;
const ONE_IN: u64 = 100;

/// `bench check`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// People in the store; a fifth of them lost their coverage.
    #[arg(long, default_value_t = 1_000_000)]
    people: u64,
    /// Which people.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Floor and check, so many times each, in turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections.
    #[arg(long, value_delimiter = ',', default_values_t = [64, 256])]
    connections: Vec<usize>,
    /// Facilities that ask, each with its certificate and session.
    #[arg(long, default_value_t = 16)]
    facilities: u32,
    /// What makes the requests.
    #[arg(long, value_enum, default_value = "bytes")]
    generator: Generator,
    /// Folder on a real disk; the loaded people stay there for the next run.
    #[arg(long)]
    dir: PathBuf,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    std::fs::create_dir_all(&arguments.dir)
        .with_context(|| format!("cannot make {}", arguments.dir.display()))?;
    let (device, kind) = disk::real(&arguments.dir)?;
    println!("machine: {}", machine());
    let syncs = disk::syncs_per_second(&arguments.dir, Duration::from_secs(2))?;
    println!(
        "disk: {device} ({kind}), {syncs:.0} appends of 4 KiB with fdatasync per second, one at a time"
    );
    let people = load_people(&arguments.dir, arguments.people, arguments.seed)?;
    let run = fresh(&arguments.dir.join("run"))?;
    std::fs::create_dir(run.join("center"))?;
    std::fs::copy(&people, run.join("center/registry.db"))?;
    let center = Running::start(&run, arguments.facilities).await?;
    let verifier = Verifier::start(&run, &center)?;
    let bodies = questions(arguments.people, arguments.seed);
    let check = Target {
        generator: arguments.generator,
        address: center.api.trim_start_matches("https://").parse()?,
        path: api::routes::CHECKS,
        askers: center.askers.clone(),
        bodies: bodies.clone(),
        samples: Some(verifier.samples.clone()),
    };
    // The first answers tell how large the floor's must be, and warm what a running center has warm.
    let first = load::run(&check, 64, Duration::from_secs(3), 0).await?;
    let (_floor, floor) = floor(&run, first.answer_bytes, bodies, arguments.generator)?;
    println!(
        "answer: {} bytes; {} facilities, keep-alive TLS 1.3 with client certificates, one load generator on the same cores",
        first.answer_bytes, arguments.facilities
    );
    let time = Duration::from_secs(arguments.seconds);
    let mut offset = 1;
    for connections in &arguments.connections {
        let mut rounds = Vec::new();
        for round in 1..=arguments.rounds {
            offset += 1;
            let floor = load::run(&floor, *connections, time, offset).await?;
            let before = Work::of(&center).await?;
            let check = load::run(&check, *connections, time, offset).await?;
            let work = Work::of(&center).await?.since(&before);
            let ratio = check.per_second / floor.per_second;
            println!(
                "{connections} connections, round {round}: floor {} · check {} · ratio {ratio:.3} · {}",
                line(&floor),
                line(&check),
                work.line()
            );
            rounds.push((ratio, floor.per_second, check.per_second));
        }
        summary(*connections, rounds);
    }
    verifier.report(check)?;
    let size = std::fs::metadata(run.join("center/center.db"))?.len();
    println!("store after the run: {:.0} MB", size as f64 / 1e6);
    Ok(())
}

fn summary(connections: usize, mut rounds: Vec<(f64, f64, f64)>) {
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (least, most) = (rounds.first(), rounds.last());
    if let (Some(least), Some(middle), Some(most)) = (least, rounds.get(rounds.len() / 2), most) {
        println!(
            "== {connections} connections: ratio median {:.3} (from {:.3} to {:.3}); in the median round floor {:.0}/s, check {:.0}/s",
            middle.0, least.0, most.0, middle.1, middle.2
        );
    }
}

pub(crate) fn line(outcome: &Outcome) -> String {
    format!(
        "{:.0}/s (p50 {:.2} ms, p99 {:.2} ms)",
        outcome.per_second,
        f64::from(outcome.percentile_us(50)) / 1e3,
        f64::from(outcome.percentile_us(99)) / 1e3
    )
}

/// What the center did, from its metrics and the kernel.
pub(crate) struct Work {
    at: Instant,
    checks: f64,
    commits: f64,
    cpu: (f64, f64),
}

impl Work {
    pub(crate) async fn of(center: &Running) -> anyhow::Result<Self> {
        Ok(Self {
            at: Instant::now(),
            checks: center.counter("onshi_checks_total").await?,
            commits: center.counter("onshi_store_commits_total").await?,
            cpu: center.part.cpu_seconds(),
        })
    }

    pub(crate) fn since(self, before: &Self) -> Self {
        Self {
            at: self.at,
            checks: self.checks - before.checks,
            commits: (self.commits - before.commits) / (self.at - before.at).as_secs_f64(),
            cpu: (self.cpu.0 - before.cpu.0, self.cpu.1 - before.cpu.1),
        }
        .over((self.at - before.at).as_secs_f64())
    }

    /// The center's CPU time for a check, in microseconds.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.cpu.0 + self.cpu.1
    }

    fn over(mut self, seconds: f64) -> Self {
        self.cpu = (
            self.cpu.0 / self.checks.max(1.0) * 1e6,
            self.cpu.1 / self.checks.max(1.0) * 1e6,
        );
        self.checks /= seconds;
        self
    }

    pub(crate) fn line(&self) -> String {
        format!(
            "{:.0} fsyncs/s, {:.1} checks per fsync, center CPU {:.0}+{:.0} µs per check",
            self.commits,
            self.checks / self.commits.max(1.0),
            self.cpu.0,
            self.cpu.1
        )
    }
}

/// The registry of so many people of a seed, loaded once.
pub(crate) fn load_people(dir: &Path, people: u64, seed: u64) -> anyhow::Result<PathBuf> {
    let kept = dir.join(format!("people-{people}-{seed}"));
    let database = kept.join("registry.db");
    if !database.exists() {
        let making = fresh(&dir.join("loading"))?;
        let start = Instant::now();
        running::succeed(&[
            "synth",
            "--people",
            &people.to_string(),
            "--seed",
            &seed.to_string(),
            "--data-dir",
            &making.display().to_string(),
        ])?;
        println!(
            "loaded {} people in {:.1} s",
            people,
            start.elapsed().as_secs_f64()
        );
        std::fs::rename(making, &kept)?;
    }
    let size = std::fs::metadata(&database)?.len();
    println!(
        "people: {}, {:.0} bytes each on the disk",
        people,
        size as f64 / people as f64
    );
    Ok(database)
}

pub(crate) fn fresh(dir: &Path) -> anyhow::Result<PathBuf> {
    if dir.exists() {
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir)?;
    Ok(dir.to_path_buf())
}

/// Questions about people drawn over the whole store, as a receipt computer asks.
pub(crate) fn questions(people: u64, seed: u64) -> Arc<[String]> {
    let population = Population::as_of(seed, running::now().date_in_japan());
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1;
    let draw = (0..QUESTIONS.max(people / ONE_IN)).filter_map(|_| {
        // Xorshift: any spread over the store will do.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let it = population.person(state % people)?;
        let coverage = it.coverages.first()?;
        let body = serde_json::json!({
            "insurer_number": coverage.insurer.as_digits(), "symbol": coverage.symbol.as_ref().map(|it| it.as_str().to_owned()),
            "number": coverage.number.as_str(), "branch": coverage.branch.map(|it| it.to_digits()),
            "birth_date": it.person.birth_date.to_string(), "ceiling_consent": true, "origin": "file",
        });
        Some(body.to_string())
    });
    draw.collect()
}

fn floor(
    run: &Path,
    bytes: usize,
    bodies: Arc<[String]>,
    generator: Generator,
) -> anyhow::Result<(Part, Target)> {
    let dir = fresh(&run.join("floor"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("floor")
        .arg("--dir")
        .arg(&dir)
        .arg("--bytes")
        .arg(bytes.to_string());
    let (part, line) = Part::start(&mut command)?;
    let target = Target {
        generator,
        address: line.trim().trim_start_matches("floor: ").parse()?,
        path: api::routes::CHECKS,
        askers: vec![floor_server::asker(&dir)?],
        bodies,
        samples: None,
    };
    Ok((part, target))
}

/// The verifying process and the pipe to it.
struct Verifier {
    child: std::process::Child,
    samples: mpsc::UnboundedSender<Vec<u8>>,
    feeder: std::thread::JoinHandle<()>,
}

impl Verifier {
    fn start(run: &Path, center: &Running) -> anyhow::Result<Self> {
        let keys = run.join("keys.json");
        std::fs::write(&keys, serde_json::to_vec(&center.keys)?)?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("verify")
            .arg("--keys")
            .arg(keys)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut pipe = child.stdin.take().context("no pipe to the verifier")?;
        let (samples, mut waiting) = mpsc::unbounded_channel::<Vec<u8>>();
        let feeder = std::thread::spawn(move || {
            while let Some(answer) = waiting.blocking_recv() {
                let length = u32::try_from(answer.len())
                    .unwrap_or_default()
                    .to_be_bytes();
                if pipe
                    .write_all(&length)
                    .and_then(|()| pipe.write_all(&answer))
                    .is_err()
                {
                    return;
                }
            }
        });
        Ok(Self {
            child,
            samples,
            feeder,
        })
    }

    /// Ends the pipe and prints what was proven; fails when an answer was not.
    fn report(self, target: Target) -> anyhow::Result<()> {
        drop(target);
        drop(self.samples);
        self.feeder
            .join()
            .map_err(|_| anyhow::anyhow!("the pipe to the verifier broke"))?;
        let output = self.child.wait_with_output()?;
        let text = String::from_utf8(output.stdout)?;
        let numbers: Vec<u64> = text
            .split_whitespace()
            .filter_map(|it| it.parse().ok())
            .collect();
        let [answers, proven, valid] = numbers[..] else {
            anyhow::bail!("the verifier did not end well");
        };
        println!(
            "receipts: {proven} of {answers} sampled answers proven in another process; {valid} of them valid"
        );
        anyhow::ensure!(proven == answers && 0 < answers, "an answer was not proven");
        Ok(())
    }
}

pub(crate) fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let name = info.lines().find_map(|line| {
        line.strip_prefix("model name")?
            .split(": ")
            .nth(1)
            .map(str::to_owned)
    });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{cores} cores, {}, Linux {}",
        name.unwrap_or_default(),
        read("/proc/sys/kernel/osrelease").trim()
    )
}
