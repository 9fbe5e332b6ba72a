//! The whole system on this machine (contracts §13): a center, one facility of each kind, synthetic people, a first check.

mod cards;
mod claims;
mod facility;
mod folder;
mod people;
mod readers;
mod settings;
mod tray;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use api::check::Answer;
use center::config::{Config, Listen};
use center::control::Order;
use center::operators::ready_made::ReadyMade;
use center::serve::Center;
use clap::Args;
use domain::account::AccountKind;
use serde_json::{Value, json};

use crate::demo::cards::Cards;
use crate::demo::facility::{Facility, PLANS};
use crate::demo::folder::Folder;
use crate::demo::readers::Readers;
use crate::demo::tray::{Page, Place, Setup as Tray};
use crate::system::Stop;

/// Name of the demo's center.
const CENTER_NAME: &str = "onshi-demo";

/// Name of the demo's operator.
const OPERATOR: &str = "demo";

/// `onshi demo`.
#[derive(Args)]
#[command(after_help = "Example: onshi demo --dir /tmp/onshi-demo")]
pub(crate) struct Arguments {
    /// Folder for everything the demo keeps; started anew each time.
    #[arg(long)]
    dir: PathBuf,
    /// End after the first check instead of serving until stopped.
    #[arg(long)]
    once: bool,
    /// Let windows of emergencies wait for a second operator, as a real center does.
    #[arg(long)]
    two_operators: bool,
    /// Print one line of JSON: where demo.json lies, and the first check.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let held = Folder::take(&arguments.dir)?;
    let dir = held.dir.clone();
    readers::lead_to(&dir)?;
    let today = crate::serve::now().date_in_japan();
    let folder = dir.join("cards");
    let cards = tokio::task::spawn_blocking(move || Cards::make(&folder, today)).await??;
    let center = start(&dir, &cards, arguments.two_operators).await?;
    load(&dir.join("center"), &cards).await?;
    let kiosks = PLANS.map(|plan| plan.reader_name());
    let pcs = PLANS.into_iter().filter_map(|plan| plan.pc_reader_name());
    let names: BTreeSet<String> = kiosks.into_iter().chain(pcs).collect();
    let readers = Readers::start(&dir, &names.into_iter().collect::<Vec<_>>());
    let no_readers = readers.as_ref().err().map(ToString::to_string);
    let readers = readers.ok();
    let set_up = |plan| Facility::set_up(plan, &dir, &center, &cards);
    let [medical, dental, pharmacy, nursing] = PLANS;
    let mut facilities: [Facility; 4] = tokio::try_join!(
        set_up(medical),
        set_up(dental),
        set_up(pharmacy),
        set_up(nursing)
    )?
    .into();
    let folder = dir.clone();
    tokio::task::spawn_blocking(move || claims::write(&folder, today)).await??;
    let [clinic, ..] = &mut facilities;
    clinic.claims = Some(claims::let_in(clinic, &dir).await?);
    let (person, number) = synthetic::samples::REFERENCE_NUMBER;
    let order = Order::ReferenceNumber(synthetic::samples::FACILITY.into(), person, number.into());
    crate::enroll::order(&dir.join("center"), order).await?;
    let operator = center.ready_made_operator(OPERATOR).await;
    let operator = operator.map_err(anyhow::Error::msg)?;
    let tray = Tray {
        places: places(&facilities, readers.as_ref()),
        cards: cards.laid.clone(),
        no_readers: no_readers.clone(),
    };
    let tray = tray::start(tray).await?;
    let [clinic, ..] = &facilities;
    let answer = clinic.first_check().await?;
    let file = dir.join("demo.json");
    let laid = clinic.reader(readers.as_ref());
    let laid = laid.map(|(readers, reader)| cards.describe(readers, reader));
    let demo = describe(&dir, (&center, &operator), &facilities, &tray, laid)?;
    let mut stop = Stop::listen()?;
    pki::sealed::write_private(&file, &serde_json::to_vec_pretty(&demo)?)?;
    if arguments.json {
        out!(
            "{}",
            json!({"demo_json": file.display().to_string(), "first_check": answer})
        );
    } else {
        print(&answer, &facilities, &tray, &file)?;
        print_operator(&center, &operator, &dir);
        if let Some(why) = no_readers {
            out!("   カードは置けません / no cards can be placed: {why}");
        }
    }
    if !arguments.once {
        if !arguments.json {
            out!("   止めるには Ctrl-C / serving until Ctrl-C");
        }
        stop.came().await;
    }
    center.stop().await?;
    Ok(ExitCode::SUCCESS)
}

fn print(
    answer: &Answer,
    facilities: &[Facility; 4],
    tray: &str,
    file: &Path,
) -> anyhow::Result<()> {
    let [clinic, others @ ..] = facilities;
    let account = clinic.account(AccountKind::General)?;
    out!("== 最初の資格確認 / the first check");
    crate::check::print(answer);
    out!("== 試すには / to try");
    out!("   端末の画面 / staff pages: {}", clinic.terminal);
    out!(
        "     ユーザID / user ID: {}   パスワード / password: {}",
        account.id,
        account.password
    );
    out!("   患者さんの画面とカード / kiosks and cards: {tray}");
    out!(
        "   レセコン / receipt computer: {} → {}",
        clinic.path("req"),
        clinic.path("res")
    );
    for other in others {
        out!("   {}: {}", other.plan.name, other.terminal);
    }
    out!(
        "   すべてのアカウントと人 / all accounts and people: {}",
        file.display()
    );
    Ok(())
}

fn print_operator(center: &Center, operator: &ReadyMade, dir: &Path) {
    out!(
        "   運用者の画面 / operators' pages: https://{}/",
        center.operator
    );
    out!(
        "     運用者名 / name: {}   パスワード / password: {}   認証アプリの鍵 / authenticator key: {}",
        operator.name,
        operator.password,
        operator.totp_secret
    );
    out!(
        "     ブラウザーの警告には、このデモのルート証明書を試す間だけ信頼させてください / the browser warns: trust this demo's root while you try it: {}",
        dir.join("center/root.pem").display()
    );
}

async fn start(dir: &Path, cards: &Cards, two_operators: bool) -> anyhow::Result<Center> {
    let free = || SocketAddr::from(([127, 0, 0, 1], 0));
    let config = Config {
        data_dir: dir.join("center"),
        database: None,
        retention: Default::default(),
        traces: None,
        claims: claims::settings(),
        name: CENTER_NAME.into(),
        host_names: Vec::new(),
        tls12: false,
        read_through: true,
        checkpoint_dir: None,
        listen: Listen {
            api: free(),
            enroll: free(),
            operator: free(),
            home: Some(free()),
            metrics: free(),
            balancers: Vec::new(),
        },
        lockout: Default::default(),
        cards: center::config::Cards {
            roots: vec![cards.folder.authority()],
            revocation_lists: vec![cards.folder.revocation_list()],
            ..Default::default()
        },
        limits: Default::default(),
        // An ordinary PC lets a program open about a thousand files.
        capacity: center::config::capacity::Capacity {
            connections: NonZeroU32::new(500).unwrap_or(NonZeroU32::MIN),
            ..Default::default()
        },
        // So that a renewal can be tried at once.
        certificates: center::config::Certificates {
            renewal_days: 1_200,
        },
        updates: Default::default(),
        link: Default::default(),
        operators: Default::default(),
        // As newer texts say (operations §1.9), so that a page of five years can be seen.
        medical: center::config::medical::Medical {
            drugs_months: 60,
            treatment_months: 60,
            surgery_months: 60,
            ..Default::default()
        },
        insurer_feeds: Default::default(),
        // Unless asked otherwise one person opens a disaster and looks at what it does; the facility of 医科 takes ambulances, once it
        // opts in.
        home: Default::default(),
        emergency: center::config::emergency::Emergency {
            two_operators,
            // Its operator was made this minute.
            approval_after_days: 0,
            ambulance_facilities: facility::takes_ambulances(),
            ..Default::default()
        },
    };
    let made_up = synthetic::training::patients;
    let started = Center::start(&config, crate::serve::clock(), made_up).await;
    started.map_err(|error| crate::serve::not_started(&error))
}

async fn load(data_dir: &Path, cards: &Cards) -> anyhow::Result<()> {
    let mut chain = [0; 16];
    aws_lc_rs::rand::fill(&mut chain).context("the system's random generator failed")?;
    let engine = store::engine::Engine::open_center(&data_dir.join("center.db"), chain)?;
    let today = crate::serve::now().date_in_japan();
    let people = synthetic::samples::people_as_of(today);
    engine.store_people(people).await?;
    engine.store_people(claims::people(today)).await?;
    let information = synthetic::samples::medical_information::of_samples(today);
    engine.store_medical_information(information).await?;
    cards.folder.register(&engine).await?;
    engine.close();
    Ok(())
}

/// The readers' places for the tray.
fn places(facilities: &[Facility; 4], readers: Option<&Readers>) -> Vec<Place> {
    let kiosk = |facility: &Facility| {
        let reader = facility.reader(readers).map(|(_, reader)| reader.clone());
        facility.kiosk.clone().map(|kiosk| Place {
            id: facility.plan.kind.as_str().into(),
            facility: facility.plan.name.into(),
            reader,
            page: Page::Kiosk(kiosk),
        })
    };
    let pc = |facility: &Facility| {
        facility.plan.pc_reader_name().map(|_| Place {
            id: format!("{}-pc", facility.plan.kind.as_str()),
            facility: format!("{}の端末 (PC)", facility.plan.name),
            reader: facility.pc_reader(readers),
            page: Page::Terminal(format!("{}card", facility.terminal)),
        })
    };
    let kiosks = facilities.iter().filter_map(kiosk);
    kiosks.chain(facilities.iter().filter_map(pc)).collect()
}

/// demo.json. `tray` and each facility's `kiosk_launch` are ours
/// beside the members of contracts §13: the latter leads to the kiosk with a fresh launch address every time.
fn describe(
    dir: &Path,
    (center, operator): (&Center, &ReadyMade),
    facilities: &[Facility],
    tray: &str,
    cards: Option<Vec<Value>>,
) -> anyhow::Result<Value> {
    let facilities: Vec<Value> = facilities
        .iter()
        .map(|facility| facility.describe(tray))
        .collect::<anyhow::Result<_>>()?;
    Ok(json!({
        "version": 1,
        "center": {
            "api": format!("https://{}", center.api), "enroll": format!("https://{}", center.enroll),
            "operator": format!("https://{}", center.operator), "metrics": format!("http://{}", center.metrics),
            "home": center.home.map(|home| format!("https://{home}")).unwrap_or_default(),
            "ca": dir.join("center/root.pem").display().to_string(),
        },
        "operator": {
            "id": operator.name, "password": operator.password, "totp_secret": operator.totp_secret,
        },
        "facilities": facilities,
        "people": people::describe(),
        "cards": cards.unwrap_or_default(),
        "tray": tray,
    }))
}
