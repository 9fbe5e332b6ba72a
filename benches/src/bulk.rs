//! `bench bulk`: a bulk check of so many lines from its acceptance to its results in hand, against as many bare syncs as it has parts on the
//! same disk in the same run. Asserts no time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use api::client::Client;
use clap::Args;
use serde_json::{Value, json};
use synthetic::population::Population;

use crate::running::Running;
use crate::{check, disk, running};

/// The facility that [`Running`] signs in first.
const FACILITY: &str = "1319900007";

/// Lines the center works off in one transaction.
const PART_LINES: u64 = 100;

/// `bench bulk`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder on a real disk.
    #[arg(long)]
    dir: PathBuf,
    /// People in the store.
    #[arg(long, default_value_t = 20_000)]
    people: u64,
    /// Lines of an order.
    #[arg(long, default_value_t = 10_000)]
    lines: u64,
    /// Orders, one after the other.
    #[arg(long, default_value_t = 5)]
    rounds: u64,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let run = check::fresh(&arguments.dir.join("bulk"))?;
    let (device, kind) = disk::real(&run)?;
    println!("machine: {}", check::machine());
    let syncs = disk::syncs_per_second(&run, Duration::from_secs(2))?;
    println!(
        "disk: {device} ({kind}), {syncs:.0} appends of 4 KiB with fdatasync per second, one at a time"
    );
    std::fs::create_dir(run.join("center"))?;
    let (people, data) = (
        arguments.people.to_string(),
        run.join("center").display().to_string(),
    );
    running::succeed(&[
        "synth",
        "--people",
        &people,
        "--seed",
        "1",
        "--data-dir",
        &data,
    ])?;
    let center = Running::start(&run, 1).await?;
    let asker = center.askers.first().context("no facility")?;
    let client = Client::new(&center.api, &asker.root, Some(&asker.identity))?;
    for round in 1..=arguments.rounds {
        let asked = request(round * arguments.lines, arguments)?;
        let cpu_before = center.part.cpu_seconds();
        let begun = Instant::now();
        let key = format!("bench-{round}");
        let accepted = client
            .link(&asker.token, &key, "OQSmuquc01", &asked)
            .await?;
        let reception = accepted.pointer("/XmlMsg/MessageBody/ReceptionNumber");
        let reception = reception.and_then(Value::as_str).context("not accepted")?;
        let accepted_after = begun.elapsed();
        while client.bulk_order(&asker.token, reception).await?.state != "done" {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let done_after = begun.elapsed();
        let body = json!({"XmlMsg": {
            "MessageHeader": {"MedicalInstitutionCode": FACILITY},
            "MessageBody": {"ReceptionNumber": reception},
        }});
        let result = client
            .link(&asker.token, &format!("{key}-result"), "OQSmuquc02", &body)
            .await?;
        let in_hand_after = begun.elapsed();
        let units = result.pointer("/XmlMsg/MessageBody/BulkConfirmUnit");
        let units = units.and_then(Value::as_array).map_or(0, Vec::len) as u64;
        ensure!(
            units == arguments.lines,
            "{units} results for {} lines",
            arguments.lines
        );
        let cpu = center.part.cpu_seconds();
        let floor_s = arguments.lines.div_ceil(PART_LINES) as f64 / syncs;
        println!(
            "round {round}: {} lines: accepted after {:.2} s, worked off after {:.2} s, results in hand after {:.2} s · \
             {:.0} lines/s · center CPU {:.2} s · floor of its syncs {floor_s:.2} s, ratio {:.1}",
            arguments.lines,
            accepted_after.as_secs_f64(),
            done_after.as_secs_f64(),
            in_hand_after.as_secs_f64(),
            arguments.lines as f64 / done_after.as_secs_f64(),
            cpu.0 + cpu.1 - cpu_before.0 - cpu_before.1,
            done_after.as_secs_f64() / floor_s,
        );
    }
    Ok(())
}

/// An order about people of the store, one after the other.
fn request(from: u64, arguments: &Arguments) -> anyhow::Result<Value> {
    let population = Population::as_of(1, running::now().date_in_japan());
    let mut lines = Vec::new();
    let mut at = from;
    while (lines.len() as u64) < arguments.lines {
        let person = population.person(at % arguments.people);
        let person = person.context("the people are fewer than said")?;
        at += 1;
        let Some(coverage) = person.coverages.first() else {
            continue;
        };
        let mut line = json!({
            "InsurerNumber": coverage.insurer.as_digits(),
            "InsuredIdentificationNumber": coverage.number.as_str(),
            "Birthdate": person.person.birth_date.to_compact(),
            "ArbitraryIdentifier": format!("PT{at}"),
        });
        let Some(members) = line.as_object_mut() else {
            bail!("a line is an object");
        };
        if let Some(symbol) = &coverage.symbol {
            members.insert("InsuredCardSymbol".into(), symbol.as_str().into());
        }
        if let Some(branch) = coverage.branch {
            members.insert("InsuredBranchNumber".into(), branch.to_digits().into());
        }
        lines.push(line);
    }
    let today = running::now().date_in_japan().to_compact();
    Ok(json!({"XmlMsg": {
        "MessageHeader": {"QualificationConfirmationDate": today, "MedicalInstitutionCode": FACILITY},
        "MessageBody": {"QualificationConfirmSearchInfo": lines},
    }}))
}
