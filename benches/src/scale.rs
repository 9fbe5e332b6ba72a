//! `bench scale`: what ten million people cost on the embedded store: loading in order, out of it and to others, bytes on the disk, checks among
//! few and among many, memory, new TLS connections. Each beside a floor of the same run. Asserts no time.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use pki::identity::Identity;
use rustls_pki_types::{CertificateDer, ServerName};
use store::engine::Engine;
use store::registry::{Prepared, SORTED_AT_ONCE, at_once};
use synthetic::population::Population;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::client::Resumption;

use crate::load::{Asker, Generator, Target};
use crate::running::{Part, Running};
use crate::{check, disk, floor, load};

/// `bench scale`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// People of the large registry.
    #[arg(long, default_value_t = 10_000_000)]
    people: u64,
    /// People of the small one, which is also the one that is loaded out of order.
    #[arg(long, default_value_t = 1_000_000)]
    few: u64,
    /// Which people.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Few and many, so many times each, in turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of each.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections that ask at once.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// New TLS connections of each kind.
    #[arg(long, default_value_t = 4_000)]
    handshakes: usize,
    /// Folder on a real disk; what is loaded stays there for the next run.
    #[arg(long)]
    dir: PathBuf,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    std::fs::create_dir_all(&arguments.dir)
        .with_context(|| format!("cannot make {}", arguments.dir.display()))?;
    let (device, kind) = disk::real(&arguments.dir)?;
    println!("machine: {}; disk: {device} ({kind})", check::machine());
    let few = Registry::load(&arguments, arguments.few, Order::AsMade).await?;
    for order in [Order::Shuffled, Order::Added] {
        drop(Registry::load(&arguments, arguments.few, order).await?);
    }
    let many = Registry::load(&arguments, arguments.people, Order::AsMade).await?;
    growth(&arguments, &few, &many).await?;
    handshakes(&arguments, &few).await
}

/// In which order people arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    AsMade,
    Shuffled,
    /// As made, where somebody is stored already: not sorted before.
    Added,
}

impl Order {
    /// The person who arrives at a place among so many.
    fn person(self, at: u64, people: u64) -> u64 {
        match self {
            Self::AsMade | Self::Added => at,
            // A step without a common divisor visits everybody once. The constant is a prime above any number of people.
            Self::Shuffled => {
                let at = u128::from(at) * 998_244_353;
                u64::try_from(at % u128::from(people)).unwrap_or_default()
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::AsMade => "in order",
            Self::Shuffled => "out of order",
            Self::Added => "added to others",
        }
    }
}

/// A loaded registry.
struct Registry {
    people: u64,
    file: PathBuf,
}

impl Registry {
    /// Loads so many people, once; prints what it took beside writing as many bytes.
    async fn load(arguments: &Arguments, people: u64, order: Order) -> anyhow::Result<Self> {
        let kept = arguments.dir.join(format!(
            "scale-{people}-{}-{}",
            arguments.seed,
            order.name().replace(' ', "-")
        ));
        let file = kept.join("registry.db");
        if file.exists() {
            let size = std::fs::metadata(&file)?.len();
            println!(
                "{people} people {}: loaded in an earlier run, {:.0} bytes each",
                order.name(),
                size as f64 / people as f64
            );
            return Ok(Self { people, file });
        }
        let making = check::fresh(&arguments.dir.join("loading"))?;
        let engine = Engine::open_center(&making.join("center.db"), [0; 16])?;
        let today = crate::running::now().date_in_japan();
        // The people are made beside, as a feed is read beside.
        let (sender, batches) = sync_channel::<Vec<Prepared>>(1);
        if order == Order::Added {
            let somebody = Population::as_of(arguments.seed, today).person(people);
            engine.store_people(somebody.into_iter().collect()).await?;
        }
        let first = engine.first_load(people)?;
        let at_once = match first {
            Some(_) => SORTED_AT_ONCE,
            None => at_once(people),
        };
        let seed = arguments.seed;
        let maker = std::thread::spawn(move || {
            let population = Population::as_of(seed, today);
            let mut start = 0;
            while start < people {
                let end = people.min(start + at_once);
                let made = |at| population.person(order.person(at, people));
                let batch = (start..end).filter_map(|at| made(at).map(Prepared::of));
                if sender.send(batch.collect()).is_err() {
                    return;
                }
                start = end;
            }
        });
        let start = Instant::now();
        match first {
            Some(mut first) => {
                tokio::task::block_in_place(|| batches.iter().try_for_each(|it| first.take(it)))?;
                let sorted = start.elapsed().as_secs_f64();
                first.publish(|_| ()).await?;
                println!("{people} people {}: sorted in {sorted:.1} s", order.name());
            }
            None => {
                while let Ok(batch) = tokio::task::block_in_place(|| batches.recv()) {
                    engine.store_prepared(batch).await?;
                }
            }
        }
        let took = start.elapsed();
        maker
            .join()
            .map_err(|_| anyhow::anyhow!("the people were not made"))?;
        // Brings the log into the file, which is weighed.
        engine.close();
        std::fs::rename(&making, &kept)?;
        let size = std::fs::metadata(&file)?.len();
        let floor = write_and_sync(&arguments.dir, size, people.div_ceil(at_once))?;
        println!(
            "{people} people {}: {:.0} a second, {:.0} bytes each on the disk; {:.2} of the rate of writing as many bytes with as many syncs ({:.1} s, {:.1} s)",
            order.name(),
            people as f64 / took.as_secs_f64(),
            size as f64 / people as f64,
            floor.as_secs_f64() / took.as_secs_f64(),
            took.as_secs_f64(),
            floor.as_secs_f64()
        );
        Ok(Self { people, file })
    }

    /// A center over it, in a folder of its own. The file is not copied: checks write nothing into it.
    async fn start(&self, dir: &Path) -> anyhow::Result<Running> {
        let run = check::fresh(&dir.join(format!("scale-run-{}", self.people)))?;
        std::fs::create_dir(run.join("center"))?;
        let file = std::path::absolute(&self.file)?;
        std::os::unix::fs::symlink(file, run.join("center/registry.db"))?;
        Running::start(&run, 16).await
    }

    /// Reads the file through once, as one does before a center of that size takes its load: what fits stays in the kernel's memory.
    fn read_through(&self) -> anyhow::Result<()> {
        let mut file = std::fs::File::open(&self.file)?;
        let start = Instant::now();
        let bytes = std::io::copy(&mut file, &mut std::io::sink())?;
        let took = start.elapsed().as_secs_f64();
        println!(
            "{} people: {:.1} GB read through once in {took:.1} s",
            self.people,
            bytes as f64 / 1e9
        );
        Ok(())
    }
}

/// Writes so many bytes in so many parts, each synced.
fn write_and_sync(dir: &Path, bytes: u64, parts: u64) -> anyhow::Result<Duration> {
    let path = dir.join("floor.bin");
    let part = vec![7; usize::try_from(bytes / parts.max(1))?];
    let start = Instant::now();
    let mut file = std::fs::File::create(&path)?;
    for _ in 0..parts {
        file.write_all(&part)?;
        file.sync_data()?;
    }
    let took = start.elapsed();
    std::fs::remove_file(path)?;
    Ok(took)
}

/// Checks among few people and among many, in turn.
async fn growth(arguments: &Arguments, few: &Registry, many: &Registry) -> anyhow::Result<()> {
    let mut costs: [Vec<f64>; 2] = Default::default();
    let questions = [few, many].map(|it| check::questions(it.people, arguments.seed));
    for registry in [few, many] {
        registry.read_through()?;
    }
    for round in 1..=arguments.rounds {
        let registries = [few, many].into_iter().zip(&questions);
        for ((registry, questions), costs) in registries.zip(&mut costs) {
            let center = registry.start(&arguments.dir).await?;
            let target = Target {
                generator: Generator::Bytes,
                address: center.api.trim_start_matches("https://").parse()?,
                path: api::routes::CHECKS,
                askers: center.askers.clone(),
                bodies: Arc::clone(questions),
                samples: None,
            };
            let time = Duration::from_secs(arguments.seconds);
            let warming = load::run(&target, arguments.connections, time, 1).await?;
            println!(
                "round {round}, {} people, warming up: {}",
                registry.people,
                check::line(&warming)
            );
            let before = check::Work::of(&center).await?;
            let outcome = load::run(&target, arguments.connections, time, 2).await?;
            let work = check::Work::of(&center).await?.since(&before);
            let [own, mapped, most] = center.part.resident_mb();
            println!(
                "round {round}, {} people, {} connections: {} · {} · memory {own:.0} MB of its own, {mapped:.0} MB mapped of files, {most:.0} MB at most",
                registry.people,
                arguments.connections,
                check::line(&outcome),
                work.line()
            );
            costs.push(work.cpu_us());
        }
    }
    let [few, many] = costs.map(middle);
    println!(
        "== a check costs the center {few:.0} µs among few and {many:.0} µs among many people: {:.2} times",
        many / few
    );
    Ok(())
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// New connections with client certificates, whole and resumed, at the center and at a bare server of the same library.
async fn handshakes(arguments: &Arguments, registry: &Registry) -> anyhow::Result<()> {
    let center = registry.start(&arguments.dir).await?;
    let asker = center.askers.first().context("nobody asks")?;
    let own = Server::new(&center.api, asker)?;
    let dir = check::fresh(&arguments.dir.join("scale-bare"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("floor").arg("--dir").arg(&dir);
    command.args(["--bytes", "0", "--bare"]);
    let (_bare, line) = Part::start(&mut command)?;
    let bare = floor::asker(&dir)?;
    let bare = Server::new(line.trim().trim_start_matches("floor: "), &bare)?;
    for resumed in [false, true] {
        let mut rates: [Vec<f64>; 2] = Default::default();
        for _ in 0..arguments.rounds {
            for (server, rates) in [&bare, &own].into_iter().zip(&mut rates) {
                rates.push(server.connect(arguments.handshakes, resumed).await?);
            }
        }
        let [bare, own] = rates.map(middle);
        println!(
            "== new TLS connections, {}: {own:.0} a second at the center, {bare:.0} at a bare server: {:.2}",
            if resumed { "resumed" } else { "whole" },
            own / bare
        );
    }
    Ok(())
}

/// Who connects where.
struct Server {
    address: String,
    root: CertificateDer<'static>,
    identity: Identity,
}

impl Server {
    fn new(address: &str, asker: &Asker) -> anyhow::Result<Self> {
        Ok(Self {
            address: address.trim_start_matches("https://").to_owned(),
            root: asker.root.clone(),
            identity: asker.identity.clone(),
        })
    }

    /// Connects so many times over a few tasks, one small request each; connections a second.
    async fn connect(&self, times: usize, resumed: bool) -> anyhow::Result<f64> {
        const TASKS: usize = 8;
        let start = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..TASKS {
            let mut config = pki::client::config(&self.root, Some(&self.identity))?;
            if !resumed {
                config.resumption = Resumption::disabled();
            }
            let (config, address) = (Arc::new(config), self.address.clone());
            tasks.push(tokio::spawn(async move {
                for _ in 0..times / TASKS {
                    visit(&config, &address).await?;
                }
                anyhow::Ok(())
            }));
        }
        for task in tasks {
            task.await??;
        }
        Ok(times as f64 / start.elapsed().as_secs_f64())
    }
}

/// One connection with a request that costs nothing, so that the tickets behind the handshake are read, too.
async fn visit(config: &Arc<ClientConfig>, address: &str) -> anyhow::Result<()> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from("localhost")?;
    let mut stream = TlsConnector::from(Arc::clone(config))
        .connect(name, stream)
        .await?;
    stream
        .write_all(b"GET /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(())
}
