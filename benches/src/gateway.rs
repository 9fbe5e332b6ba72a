//! `bench gateway`: files through `onshi gateway` and a center, one at a time and in a burst, against plain files written, synced and moved on
//! the same disk in the same run. Asserts no time.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use api::client::Client;
use api::link_state::LinkState;
use center::control::{self, Order, Reply};
use center::enroll::Enrolment;
use clap::Args;
use synthetic::population::Population;

use crate::running::{Part, Running};
use crate::{check, disk, running};

/// Protects the bench's own certificate for the length of a run.
const P12_PASSWORD: &str = "Hakaru-12345678";

/// The facility that asks.
const FACILITY: &str = "1319900017";

/// Between two looks into the result folder.
const LOOK: Duration = Duration::from_micros(200);

/// `bench gateway`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder on a real disk.
    #[arg(long)]
    dir: PathBuf,
    /// People in the store.
    #[arg(long, default_value_t = 10_000)]
    people: u64,
    /// Files put one at a time, each with as plain a file beside it.
    #[arg(long, default_value_t = 100)]
    singles: usize,
    /// Files of a burst.
    #[arg(long, default_value_t = 1_000)]
    burst: usize,
    /// Bursts, each with its floor.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// The folders and what runs over them.
struct Place {
    dir: PathBuf,
    gateway: Part,
    people: u64,
    next: u64,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let run = check::fresh(&arguments.dir.join("gateway"))?;
    let (device, kind) = disk::real(&run)?;
    println!("machine: {}", check::machine());
    let syncs = disk::syncs_per_second(&run, Duration::from_secs(2))?;
    println!(
        "disk: {device} ({kind}), {syncs:.0} appends of 4 KiB with fdatasync per second, one at a time"
    );
    std::fs::create_dir(run.join("center"))?;
    running::succeed(&[
        "synth",
        "--people",
        &arguments.people.to_string(),
        "--seed",
        "1",
        "--data-dir",
        &run.join("center").display().to_string(),
    ])?;
    let center = Running::start(&run, 0).await?;
    let mut place = Place {
        gateway: gateway(&run, &center).await?,
        dir: run,
        people: arguments.people,
        next: 0,
    };
    // What a running link app has warm: connections, session, caches.
    for _ in 0..5 {
        place.single().await?;
    }
    place.singles(arguments.singles).await?;
    for round in 1..=arguments.rounds {
        place.burst(round, arguments.burst, &center).await?;
    }
    Ok(())
}

impl Place {
    /// A request about the next person: its name and its bytes.
    fn request(&mut self) -> anyhow::Result<(String, Vec<u8>)> {
        let population = Population::as_of(1, running::now().date_in_japan());
        loop {
            let at = self.next;
            self.next += 1;
            let found = population.person(at % self.people);
            let person = found.context("the people are fewer than said")?;
            let Some(coverage) = person.coverages.first() else {
                continue;
            };
            let symbol = coverage.symbol.as_ref().map_or("", |it| it.as_str());
            let (insurer, number) = (coverage.insurer.as_digits(), coverage.number.as_str());
            let branch = coverage.branch.map_or(String::new(), |it| it.to_digits());
            let birth_date = person.person.birth_date.to_compact();
            let today = running::now().date_in_japan().to_compact();
            let xml = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<XmlMsg>\n<MessageHeader>\n\
                 <QualificationConfirmationDate>{today}</QualificationConfirmationDate>\n\
                 <MedicalInstitutionCode>{FACILITY}</MedicalInstitutionCode>\n\
                 <ArbitraryFileIdentifier>{at}</ArbitraryFileIdentifier>\n</MessageHeader>\n<MessageBody>\n\
                 <QualificationConfirmSearchInfo>\n<InsurerNumber>{insurer}</InsurerNumber>\n\
                 <InsuredCardSymbol>{symbol}</InsuredCardSymbol>\n\
                 <InsuredIdentificationNumber>{number}</InsuredIdentificationNumber>\n\
                 <InsuredBranchNumber>{branch}</InsuredBranchNumber>\n<Birthdate>{birth_date}</Birthdate>\n\
                 <LimitApplicationCertificateRelatedConsFlg>1</LimitApplicationCertificateRelatedConsFlg>\n\
                 </QualificationConfirmSearchInfo>\n</MessageBody>\n</XmlMsg>\n"
            );
            return Ok((format!("OQSsiquc01req_{at:08}.xml"), xml.into_bytes()));
        }
    }

    fn path(&self, folder: &str, name: &str) -> PathBuf {
        self.dir.join(folder).join(name)
    }

    /// One file there and back; how long, and the answer.
    async fn single(&mut self) -> anyhow::Result<(Duration, Vec<u8>)> {
        let (name, bytes) = self.request()?;
        let staged = self.path("staged", &name);
        std::fs::write(&staged, bytes)?;
        let result = self.path("res", &name.replace("req_", "res_"));
        let begun = Instant::now();
        std::fs::rename(&staged, self.path("req", &name))?;
        while !result.exists() {
            ensure!(
                begun.elapsed() < Duration::from_secs(60),
                "no answer within a minute"
            );
            tokio::time::sleep(LOOK).await;
        }
        let took = begun.elapsed();
        let answer = std::fs::read(&result)?;
        answered(&answer, &name)?;
        std::fs::remove_file(result)?;
        Ok((took, answer))
    }

    /// As much as a plain program does with the same bytes: write, sync, move, sync the folder.
    fn plain(&self, name: &str, bytes: &[u8]) -> anyhow::Result<Duration> {
        let (staged, published) = (self.path("staged", name), self.path("plain", name));
        let begun = Instant::now();
        let mut file = File::create(&staged)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&staged, &published)?;
        File::open(self.dir.join("plain"))?.sync_all()?;
        let took = begun.elapsed();
        std::fs::remove_file(published)?;
        Ok(took)
    }

    async fn singles(&mut self, count: usize) -> anyhow::Result<()> {
        let (mut own, mut floor) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (took, answer) = self.single().await?;
            own.push(took);
            floor.push(self.plain("one.xml", &answer)?);
        }
        println!(
            "one file, {count} times: {} · floor (write, sync, move, sync) {}",
            spread(&mut own),
            spread(&mut floor)
        );
        Ok(())
    }

    async fn burst(&mut self, round: usize, count: usize, center: &Running) -> anyhow::Result<()> {
        let mut requests = Vec::new();
        for _ in 0..count {
            let (name, bytes) = self.request()?;
            std::fs::write(self.path("staged", &name), bytes)?;
            requests.push(name);
        }
        let before = self.state().await?;
        let (center_before, cpu_before) = (center.part.cpu_seconds(), self.gateway.cpu_seconds());
        let begun = Instant::now();
        for name in &requests {
            std::fs::rename(self.path("staged", name), self.path("req", name))?;
        }
        let put = begun.elapsed();
        let mut missing: BTreeSet<PathBuf> = requests
            .iter()
            .map(|name| self.path("res", &name.replace("req_", "res_")))
            .collect();
        while let Some(next) = missing.first() {
            ensure!(
                begun.elapsed() < Duration::from_secs(300),
                "{} answers are missing",
                missing.len()
            );
            if next.exists() {
                missing.pop_first();
            } else {
                tokio::time::sleep(LOOK).await;
            }
        }
        let took = begun.elapsed();
        let mut answers = Vec::new();
        for name in &requests {
            let path = self.path("res", &name.replace("req_", "res_"));
            let answer = std::fs::read(&path)?;
            answered(&answer, name)?;
            std::fs::remove_file(path)?;
            answers.push(answer);
        }
        let mut plain = Duration::ZERO;
        for (name, answer) in requests.iter().zip(&answers) {
            plain += self.plain(name, answer)?;
        }
        let after = self.state().await?;
        let per = |count: u64| count as f64 / answers.len() as f64;
        let (own, floor) = (rate(count, took), rate(count, plain));
        let used = |now: (f64, f64), before: (f64, f64)| {
            (now.0 + now.1 - before.0 - before.1) / count as f64 * 1e6
        };
        println!(
            "burst {round} of {count}: {own:.0} files/s ({:.2} s, put in {:.2} s) · floor {floor:.0}/s · ratio {:.2} · \
             {:.2} syncs and {:.3} transactions of the journal a file · CPU a file: gateway {:.0} µs, center {:.0} µs",
            took.as_secs_f64(),
            put.as_secs_f64(),
            own / floor,
            per(after.syncs - before.syncs),
            per(after.transactions - before.transactions),
            used(self.gateway.cpu_seconds(), cpu_before),
            used(center.part.cpu_seconds(), center_before),
        );
        Ok(())
    }

    /// How the link app stands, told after everything that is to be told of.
    async fn state(&self) -> anyhow::Result<LinkState> {
        let data_dir = self.dir.join("link");
        let mut last = None;
        for _ in 0..60 {
            let state = LinkState::read(&data_dir);
            let counts = |it: &LinkState| (it.syncs, it.transactions);
            let quiet = |it: &LinkState| it.folders.iter().all(|it| it.waiting == 0);
            if let (Some(last), Some(state)) = (&last, &state)
                && counts(last) == counts(state)
                && quiet(state)
            {
                return Ok(state.clone());
            }
            last = state;
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
        bail!("the link app does not tell how it stands")
    }
}

/// Every answer is one, and its own.
fn answered(answer: &[u8], name: &str) -> anyhow::Result<()> {
    let text = std::str::from_utf8(answer)?;
    let number: u64 = name
        .trim_start_matches("OQSsiquc01req_")
        .trim_end_matches(".xml")
        .parse()?;
    let own = format!("<ArbitraryFileIdentifier>{number}</ArbitraryFileIdentifier>");
    ensure!(
        text.contains("<SegmentOfResult>1</SegmentOfResult>") && text.contains(&own),
        "{name} was not answered well"
    );
    Ok(())
}

/// A running link app of one facility, set up by the commands its users have.
async fn gateway(run: &Path, center: &Running) -> anyhow::Result<Part> {
    let enrolment = Enrolment {
        code: FACILITY.into(),
        kind: Some("medical".into()),
        name: "計測クリニック".into(),
        terminal: "計測".into(),
    };
    let order = Order::Enroll(enrolment);
    let Reply::Enrolled(enrolled) = control::send(&run.join("center"), &order).await? else {
        bail!("the center did not enrol the facility");
    };
    let root = std::fs::read(run.join("center/root.pem"))?;
    let root = pki::identity::first_certificate(&root).context("no root")?;
    let body = serde_json::json!({
        "request_id": enrolled.request_id, "reference_id": enrolled.reference_id, "password": P12_PASSWORD,
    });
    let p12 = Client::new(&center.enroll, &root, None)?
        .call(
            http::Method::POST,
            api::routes::CERTIFICATE_DOWNLOAD,
            None,
            None,
            Some(body.to_string().into_bytes()),
        )
        .await?;
    let account = enrolled
        .accounts
        .iter()
        .find(|it| it.kind == "link_app")
        .context("no link app")?;
    for folder in ["link", "staged", "plain"] {
        std::fs::create_dir(run.join(folder))?;
    }
    let file = |name: &str| run.join("link").join(name);
    std::fs::write(file("clinic.p12"), p12)?;
    std::fs::write(file("p12.pw"), P12_PASSWORD)?;
    std::fs::write(file("link_app.pw"), &account.password)?;
    let quoted = |path: PathBuf| format!("{:?}", path.display().to_string());
    let settings = format!(
        "data_dir = {}\ncenter = {:?}\nca = {}\n[identity]\nname = \"clinic\"\n[account]\nid = {:?}\nsecret_file = {}\n\
         [[folders]]\nname = \"receipt\"\nreq = {}\nres = {}\nwork = {}\n",
        quoted(run.join("link")),
        center.api,
        quoted(run.join("center/root.pem")),
        account.id,
        quoted(file("link_app.sealed")),
        quoted(run.join("req")),
        quoted(run.join("res")),
        quoted(run.join("work")),
    );
    let config = run.join("gateway.toml");
    std::fs::write(&config, settings)?;
    let shown = |path: PathBuf| path.display().to_string();
    running::succeed(&[
        "certificate",
        "import",
        "--data-dir",
        &shown(run.join("link")),
        "--name",
        "clinic",
        "--p12",
        &shown(file("clinic.p12")),
        "--p12-password-file",
        &shown(file("p12.pw")),
    ])?;
    running::succeed(&[
        "gateway",
        "seal-password",
        "--config",
        &shown(config.clone()),
        "--password-file",
        &shown(file("link_app.pw")),
    ])?;
    let mut command = Command::new(running::onshi()?);
    command.args(["gateway", "--json", "--config"]).arg(&config);
    Ok(Part::start_quietly(&mut command)?.0)
}

fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn spread(times: &mut [Duration]) -> String {
    times.sort();
    let at = |percent: usize| {
        let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(place).map_or(0.0, |it| it.as_secs_f64() * 1e3)
    };
    format!(
        "median {:.1} ms, p95 {:.1} ms, longest {:.1} ms",
        at(50),
        at(95),
        at(100)
    )
}
