//! The whole system on this machine (contracts §13): starts a center, enrols a facility, asks about synthetic people.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use api::account::NewAccount;
use api::check::CheckRequest;
use api::client::Client;
use api::session::{PasswordChange, Session, SignIn};
use center::config::{Config, Listen};
use center::control::Order;
use center::enroll::{Enrolled, Enrolment};
use center::serve::Center;
use clap::Args;
use domain::password::Password;
use pki::identity::Identity;
use serde_json::{Value, json};

use crate::client::explain;

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
}

/// What the first check asks: (case, insurer, symbol, number, branch, birth date, verdict).
type Case = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
    Option<&'static str>,
    &'static str,
    u8,
);

const CASES: [Case; 18] = [
    (
        "valid",
        "06139992",
        Some("123"),
        "4567",
        Some("01"),
        "1970-01-02",
        1,
    ),
    ("valid", "39139993", None, "01234567", None, "1948-03-03", 1),
    (
        "valid",
        "06139992",
        Some("123"),
        "4570",
        Some("01"),
        "1988-08-08",
        1,
    ),
    (
        "lost",
        "06139992",
        Some("123"),
        "4569",
        Some("01"),
        "1964-04-04",
        2,
    ),
    (
        "lost",
        "06139992",
        Some("123"),
        "4580",
        Some("01"),
        "1964-04-04",
        2,
    ),
    (
        "lost",
        "06139992",
        Some("123"),
        "4581",
        Some("01"),
        "1964-04-04",
        2,
    ),
    (
        "newer",
        "06139992",
        Some("123"),
        "4568",
        Some("01"),
        "1972-03-04",
        3,
    ),
    (
        "newer",
        "06139992",
        Some("123"),
        "4582",
        Some("01"),
        "1964-04-04",
        3,
    ),
    (
        "newer",
        "06139992",
        Some("123"),
        "4583",
        Some("01"),
        "1964-04-04",
        3,
    ),
    (
        "unknown",
        "06139992",
        Some("123"),
        "9997",
        Some("01"),
        "1970-01-02",
        4,
    ),
    (
        "unknown",
        "06139992",
        Some("123"),
        "9998",
        Some("01"),
        "1970-01-02",
        4,
    ),
    (
        "unknown",
        "06139992",
        Some("123"),
        "9999",
        Some("01"),
        "1970-01-02",
        4,
    ),
    (
        "several",
        "06139992",
        Some("123"),
        "4571",
        None,
        "2019-02-02",
        5,
    ),
    (
        "several",
        "06139992",
        Some("123"),
        "4584",
        None,
        "2019-02-02",
        5,
    ),
    (
        "several",
        "06139992",
        Some("123"),
        "4585",
        None,
        "2019-02-02",
        5,
    ),
    (
        "unregistered",
        "12139995",
        None,
        "1000001",
        None,
        "1975-07-07",
        6,
    ),
    (
        "unregistered",
        "12139995",
        None,
        "1000002",
        None,
        "1975-07-07",
        6,
    ),
    (
        "unregistered",
        "12139995",
        None,
        "1000003",
        None,
        "1975-07-07",
        6,
    ),
];

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let dir = fresh(&arguments.dir)?;
    let center = start(&dir).await?;
    let data_dir = dir.join("center");
    load(&data_dir).await?;
    let enrolled = crate::enroll::enroll(
        &data_dir,
        Enrolment {
            code: synthetic::samples::FACILITY.into(),
            kind: None,
            name: "見本クリニック".into(),
            terminal: "受付端末1".into(),
        },
    )
    .await?;
    let (person, number) = synthetic::samples::REFERENCE_NUMBER;
    let order = Order::ReferenceNumber(synthetic::samples::FACILITY.into(), person, number.into());
    crate::enroll::order(&data_dir, order).await?;
    let facility = Facility::set_up(&dir, &center, &enrolled).await?;
    let link = facility.link(&dir, &center)?;
    let link = tokio::spawn(crate::gateway::watch(link));
    let pages = crate::terminal::start(&terminal::config::Config {
        data_dir: dir.join("gateway"),
        center: format!("https://{}", center.api),
        ca: dir.join("center/root.pem"),
        identity: terminal::config::IdentityName {
            name: "clinic".into(),
        },
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        host_name: "terminal.localhost".into(),
    })
    .await?;
    let demo = facility.describe(&dir, &center, &pages);
    pki::sealed::write_private(&dir.join("demo.json"), &serde_json::to_vec_pretty(&demo)?)?;
    let answer = facility.first_check().await?;
    println!("== 最初の資格確認 / the first check");
    crate::check::print(&answer);
    println!(
        "== センター / center: api https://{} · enroll https://{}",
        center.api, center.enroll
    );
    println!(
        "   metrics http://{}/metrics · health http://{}/healthz",
        center.metrics, center.metrics
    );
    println!(
        "   accounts, files and people: {}",
        dir.join("demo.json").display()
    );
    println!("   端末の画面 / staff pages: {pages}");
    println!(
        "   レセコン / receipt computer: {} → {}",
        dir.join("req").display(),
        dir.join("res").display()
    );
    if !arguments.once {
        println!("   serving until Ctrl-C");
        crate::serve::stopped().await;
    }
    link.abort();
    center.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// The demo's folder, emptied; refuses a folder that is not a demo's.
fn fresh(dir: &Path) -> anyhow::Result<PathBuf> {
    if dir.exists() {
        let mut inside =
            std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
        let is_demo = dir.join("center").is_dir();
        if !is_demo && inside.next().is_some() {
            bail!(
                "{} holds other files; choose an empty folder with --dir",
                dir.display()
            );
        }
        std::fs::remove_dir_all(dir).with_context(|| format!("cannot empty {}", dir.display()))?;
    }
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    std::fs::canonicalize(dir).with_context(|| format!("cannot find {}", dir.display()))
}

async fn start(dir: &Path) -> anyhow::Result<Center> {
    let free = || std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let config = Config {
        data_dir: dir.join("center"),
        name: "onshi-demo".into(),
        host_names: Vec::new(),
        tls12: false,
        checkpoint_dir: None,
        listen: Listen {
            api: free(),
            enroll: free(),
            metrics: free(),
        },
        lockout: Default::default(),
        limits: Default::default(),
    };
    Ok(Center::start(&config, crate::serve::clock()).await?)
}

async fn load(data_dir: &Path) -> anyhow::Result<()> {
    let mut chain = [0; 16];
    aws_lc_rs::rand::fill(&mut chain).context("the system's random generator failed")?;
    let engine = store::engine::Engine::open_center(&data_dir.join("center.db"), chain)?;
    engine.store_people(synthetic::samples::people()).await?;
    Ok(())
}

struct Facility {
    client: Client,
    p12: PathBuf,
    p12_password: String,
    accounts: Vec<(String, String, String)>,
}

impl Facility {
    /// Downloads the certificate, gives every person's account its own password and registers a general account.
    async fn set_up(dir: &Path, center: &Center, enrolled: &Enrolled) -> anyhow::Result<Self> {
        let root = dir.join("center/root.pem");
        let p12_password = generate()?;
        let body = json!({"request_id": enrolled.request_id, "reference_id": enrolled.reference_id, "password": p12_password});
        let file =
            crate::enroll::download(&format!("https://{}", center.enroll), &root, &body).await?;
        let p12 = dir.join("clinic.p12");
        pki::sealed::write_private(&p12, &file)?;
        let identity = Identity::from_pkcs12(&file, &p12_password)?;
        let (certificates, key) = identity.to_pem();
        pki::sealed::write_private(&dir.join("clinic.pem"), certificates.as_bytes())?;
        pki::sealed::write_private(&dir.join("clinic.key"), key.as_bytes())?;
        let base = format!("https://{}", center.api);
        let client = Client::new(&base, &crate::client::root(&root)?, Some(&identity))?;
        let mut accounts = Vec::new();
        for first in &enrolled.accounts {
            let password = match first.kind.as_str() {
                "master" | "administrator" => renew(&client, &first.id, &first.password).await?,
                _ => first.password.clone(),
            };
            accounts.push((first.kind.clone(), first.id.clone(), password));
        }
        let administrator = accounts
            .iter()
            .find(|(kind, ..)| kind == "administrator")
            .context("no administrator was made")?;
        let session = sign_in(&client, &administrator.1, &administrator.2).await?;
        for (kind, id, name) in [
            ("general", "uketsuke", "受付"),
            ("medical_viewer", "ishi", "医師"),
            ("web_api", "karte", "電子カルテ"),
        ] {
            let first = generate()?;
            let body = NewAccount {
                designation: None,
                display_name: name.into(),
                id: id.into(),
                kind: kind.into(),
                password: first.clone(),
            };
            let made: Result<Value, _> = client
                .send(
                    http::Method::POST,
                    api::routes::ACCOUNTS,
                    Some(&session.token),
                    None,
                    Some(&body),
                )
                .await;
            made.map_err(|error| explain(&error))?;
            let password = if kind == "web_api" {
                first
            } else {
                renew(&client, id, &first).await?
            };
            accounts.push((kind.into(), id.into(), password));
        }
        client
            .sign_out(&session.token)
            .await
            .map_err(|error| explain(&error))?;
        Ok(Self {
            client,
            p12,
            p12_password,
            accounts,
        })
    }

    /// A gateway over the demo's folders, with the link-app account.
    fn link(&self, dir: &Path, center: &Center) -> anyhow::Result<gateway::pickup::Gateway> {
        let data_dir = dir.join("gateway");
        std::fs::create_dir_all(&data_dir)?;
        let identity = Identity::from_pkcs12(&std::fs::read(&self.p12)?, &self.p12_password)?;
        crate::gateway::seal_identity(&data_dir, "clinic", &identity)?;
        let (_, id, password) = self
            .accounts
            .iter()
            .find(|(kind, ..)| kind == "link_app")
            .context("no link-app account was made")?;
        let secret_file = data_dir.join("link.pw");
        pki::sealed::write_private(&secret_file, password.as_bytes())?;
        crate::gateway::open(&gateway::config::Config {
            center: format!("https://{}", center.api),
            ca: dir.join("center/root.pem"),
            identity: gateway::config::IdentityName {
                name: "clinic".into(),
            },
            account: gateway::config::Account {
                id: id.clone(),
                secret_file,
            },
            folders: vec![gateway::config::FolderPair::new(
                "receipt",
                dir.join("req"),
                dir.join("res"),
                data_dir.join("work"),
            )],
            data_dir,
        })
    }

    async fn first_check(&self) -> anyhow::Result<api::check::Answer> {
        let (_, id, password) = self
            .accounts
            .iter()
            .find(|(kind, ..)| kind == "general")
            .context("no general account was made")?;
        let session = sign_in(&self.client, id, password).await?;
        let request = CheckRequest {
            birth_date: "1970-01-02".into(),
            branch: Some("01".into()),
            ceiling_consent: true,
            insurer_number: "06139992".into(),
            number: "4567".into(),
            origin: Some("shell".into()),
            symbol: Some("123".into()),
            visit_date: None,
        };
        let asked = self
            .client
            .check(&session.token, &uuid::Uuid::now_v7().to_string(), &request)
            .await;
        let (answer, bytes) = asked.map_err(|error| explain(&error))?;
        let keys = self.client.keys().await.map_err(|error| explain(&error))?;
        api::receipt::verify(&serde_json::from_slice(&bytes)?, &keys)?;
        self.client
            .sign_out(&session.token)
            .await
            .map_err(|error| explain(&error))?;
        Ok(answer)
    }

    fn describe(&self, dir: &Path, center: &Center, pages: &str) -> Value {
        let path = |name: &str| dir.join(name).display().to_string();
        let accounts: Vec<Value> = self
            .accounts
            .iter()
            .map(|(kind, id, password)| json!({"kind": kind, "id": id, "password": password}))
            .collect();
        let people = CASES.iter().map(|(case, insurer, symbol, number, branch, birth, verdict)| {
            json!({
                "case": case, "insurer_number": insurer, "symbol": symbol.unwrap_or_default(), "number": number,
                "branch": branch.unwrap_or_default(), "birth_date": birth, "expect_verdict": verdict,
            })
        });
        json!({
            "version": 1,
            "center": {
                "api": format!("https://{}", center.api), "enroll": format!("https://{}", center.enroll),
                "operator": "", "metrics": format!("http://{}", center.metrics), "ca": path("center/root.pem"),
            },
            "facilities": [{
                "code": synthetic::samples::FACILITY, "kind": "medical", "name": "見本クリニック",
                "p12": self.p12.display().to_string(), "p12_password": self.p12_password,
                "cert": path("clinic.pem"), "key": path("clinic.key"), "accounts": accounts, "terminal": pages,
                "folders": {"req": path("req"), "res": path("res"), "face": ""},
            }],
            "people": people.collect::<Vec<_>>(),
            "cards": [],
        })
    }
}

async fn sign_in(client: &Client, id: &str, password: &str) -> anyhow::Result<Session> {
    let body = SignIn {
        account: id.into(),
        force: true,
        password: password.into(),
    };
    client.sign_in(&body).await.map_err(|error| explain(&error))
}

/// Replaces a first password, as the person would at the first sign-in.
async fn renew(client: &Client, id: &str, first: &str) -> anyhow::Result<String> {
    let session = sign_in(client, id, first).await?;
    let new_password = generate()?;
    let body = PasswordChange {
        new_password: new_password.clone(),
        old_password: first.into(),
    };
    client
        .change_password(&session.token, &body)
        .await
        .map_err(|error| explain(&error))?;
    client
        .sign_out(&session.token)
        .await
        .map_err(|error| explain(&error))?;
    Ok(new_password)
}

fn generate() -> anyhow::Result<String> {
    let mut random = [0; 40];
    aws_lc_rs::rand::fill(&mut random).context("the system's random generator failed")?;
    Ok(Password::generate(&random).expose().to_owned())
}
