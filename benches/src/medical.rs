//! `bench medical`: a look at five years of medical information at the center, the page of it at the terminal and its first paint in Chromium,
//! and a search by name among a million people. Each beside a floor of the same run. Asserts no time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use api::client::Client;
use api::session::SignIn;
use clap::Args;
use domain::account::{AccountId, AccountKind};
use domain::card_certificate::{CertificateState, TokenKind};
use domain::card_challenge::Nonce;
use domain::check::Verdict;
use domain::emergency::description::{Described, Description};
use domain::identification::{Confirmation, Method, Vouched};
use domain::institution_code::InstitutionCode;
use domain::permit::{Permission, Permit, SignedIn, ViewInDisaster};
use domain::person::{Person, PersonId};
use domain::questions::{Answered, Choice, Question};
use domain::reader::ReaderId;
use pki::identity::Identity;
use serde_json::{Value, json};
use store::cards::{CardDetails, Challenge, NewCardCheck};
use store::checks::NewCheck;
use store::engine::Engine;
use store::registry::without_card::{FoundWithoutCard, Sought};
use synthetic::card::case::Case;
use synthetic::card::holder;
use synthetic::population::Population;

use crate::paint::{self, Paint};
use crate::running::{self, Part};
use crate::{check, disk};

const FACILITY: &str = "1319999999";

/// The check at which the patient agreed.
const CHECK: u128 = 0x019a_ae5e_0000_7000_8000_0000_0000_00b1;

/// `bench medical`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder on a real disk.
    #[arg(long)]
    dir: PathBuf,
    /// Lines of drugs in the history.
    #[arg(long, default_value_t = 2_000)]
    lines: usize,
    /// Looks at the center, and as many of its floor.
    #[arg(long, default_value_t = 100)]
    rounds: usize,
    /// Pages in the browser, and as many of its floor.
    #[arg(long, default_value_t = 20)]
    pages: usize,
    /// People among whom one is searched.
    #[arg(long, default_value_t = 1_000_000)]
    people: u64,
}

pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    println!("machine: {}", check::machine());
    search(arguments)?;
    let run = check::fresh(&arguments.dir.join("medical"))?;
    disk::real(&run)?;
    let demo = run.join("demo");
    let mut command = Command::new(running::onshi()?);
    command
        .args(["demo", "--json", "--dir"])
        .arg(&demo)
        .env("ONSHI_LOG", "error");
    let (_demo, _) = Part::start_quietly(&mut command)?;
    let described: Value = serde_json::from_slice(&std::fs::read(demo.join("demo.json"))?)?;
    let lines = store(&demo, arguments.lines).await?;
    println!(
        "history: {lines} lines of drugs in five years, with treatment, surgery and a checkup a year beside them"
    );
    center(&described, arguments.rounds).await?;
    page(&run, &described, arguments.pages).await
}

/// Puts a history of five years in place, and the patient's consent at the demo's clinic.
async fn store(demo: &Path, lines: usize) -> anyhow::Result<usize> {
    let engine = Engine::open_center(&demo.join("center/center.db"), [0xbe; 16])?;
    let now = running::now();
    let history = synthetic::history::long(lines, now.date_in_japan()).context("no history")?;
    let claims = history.drugs.iter().flat_map(|it| &it.days);
    let count = claims.map(|day| day.drugs.len()).sum();
    let person = holder::registration(Case::Valid)
        .context("no holder")?
        .person;
    engine
        .store_medical_information(vec![(person.id, history)])
        .await?;
    let asker = permit(AccountKind::Reader)?;
    let challenge = Challenge {
        id: CHECK,
        nonce: Nonce::from_bytes([1; 32]),
        issued: now,
    };
    engine.store_challenge(&asker, challenge).await?;
    engine.record_card_check(&asker, agreed(&person)?).await?;
    let questions = [
        Question::TreatmentAndDrugs,
        Question::Surgery,
        Question::Checkups,
    ];
    let yes = questions.map(|question| Answered {
        question,
        choice: Choice::Yes,
    });
    let answered = engine
        .answer_questions(&asker, CHECK, yes.into(), now)
        .await?;
    ensure!(answered.is_ok(), "the answers were not taken");
    Ok(count)
}

fn permit<A: Permission>(kind: AccountKind) -> anyhow::Result<Permit<A>> {
    Ok(Permit::grant(SignedIn {
        facility: InstitutionCode::parse(FACILITY)?,
        account: AccountId::parse("reader")?,
        kind,
        certificate: [9; 32],
    })?)
}

fn agreed(person: &Person) -> anyhow::Result<NewCardCheck> {
    let now = running::now();
    let check = NewCheck {
        id: CHECK,
        at: now,
        visit_date: now.date_in_japan(),
        origin: "card",
        verdict: Verdict::Valid,
        insurer: "06139992".into(),
        name: Some(person.name.as_str().into()),
        kana: None,
        question: "{}".into(),
        answer: "{}".into(),
        key: None,
        sources: Vec::new(),
    };
    Ok(NewCardCheck {
        home: None,
        check,
        challenge: CHECK,
        card: CardDetails {
            person: person.id,
            reader: ReaderId::parse("reader").context("no reader")?,
            method: Method::Pin,
            vouched: Vouched::ByCard,
            token: TokenKind::Card,
            worth: CertificateState::Valid,
            expires_on: now.date_in_japan().plus_months(12),
            questions: vec![
                Question::TreatmentAndDrugs,
                Question::Surgery,
                Question::Checkups,
            ],
            withheld: b"[]".to_vec(),
        },
        confirmation: Confirmation::NotNeeded,
        refusal: domain::audit::Event {
            at: now,
            actor: domain::audit::Actor::Center,
            deed: domain::audit::Deed::CardRefused,
            subject: None,
            detail: String::new(),
        },
    })
}

/// Looks at all of it, and as the floor at a month that holds nothing: the same route, record, sync and connection.
async fn center(demo: &Value, rounds: usize) -> anyhow::Result<()> {
    let text = |at: &str| {
        demo.pointer(at)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let root = pki::identity::first_certificate(&std::fs::read(text("/center/ca"))?);
    let p12 = std::fs::read(text("/facilities/0/p12"))?;
    let identity = Identity::from_pkcs12(&p12, &text("/facilities/0/p12_password"))?;
    let client = Client::new(
        &text("/center/api"),
        &root.context("no root")?,
        Some(&identity),
    )?;
    let (id, password) = account(demo, "medical_viewer")?;
    let session = client
        .sign_in(&SignIn {
            account: id,
            force: true,
            password,
        })
        .await?;
    let patients = client.medical_patients(&session.token).await?;
    let patient = patients.patients.first().context("nobody may be seen")?;
    let path = api::routes::MEDICAL_LOOKS.replace("{id}", &patient.id);
    let whole = json!({"way": "page"});
    let nothing = json!({"way": "page", "from": "2000-01", "until": "2000-01"});
    let (mut looks, mut floors, mut bytes) = (Vec::new(), Vec::new(), 0);
    for round in 0..rounds + 5 {
        for (body, times) in [(&nothing, &mut floors), (&whole, &mut looks)] {
            let body = Some(serde_json::to_vec(body)?);
            let begun = Instant::now();
            let token = Some(session.token.as_str());
            let answer = client
                .call(http::Method::POST, &path, token, None, body)
                .await?;
            if 5 <= round {
                times.push(begun.elapsed());
            }
            bytes = answer.len();
        }
    }
    let (look, floor) = (spread(looks)?, spread(floors)?);
    println!(
        "center, a look: {:.1} ms (p95 {:.1} ms), {bytes} bytes of JSON · floor, a look at an empty month: {:.1} ms (p95 {:.1} ms) · ratio {:.1}",
        look.0,
        look.1,
        floor.0,
        floor.1,
        look.0 / floor.0
    );
    Ok(())
}

/// The page in Chromium, and as the floor the list of patients there.
async fn page(run: &Path, demo: &Value, rounds: usize) -> anyhow::Result<()> {
    let base = demo
        .pointer("/facilities/0/terminal")
        .and_then(Value::as_str);
    let base = base.context("no terminal")?;
    let (id, password) = account(demo, "medical_viewer")?;
    let browser = paint::Browser::start(run).await?;
    browser.sign_in(base, &id, &password).await?;
    let patient = browser
        .first_link(&format!("{base}medical"), "main .onshi-patients a")
        .await?;
    let mut told = Vec::new();
    for address in [format!("{base}medical"), patient] {
        let mut paints = Vec::new();
        for round in 0..rounds + 2 {
            let paint = browser.paint(&address).await?;
            if 2 <= round {
                paints.push(paint);
            }
        }
        told.push(paints);
    }
    browser.end().await?;
    let [floor, page] = told.as_slice() else {
        anyhow::bail!("two pages were measured");
    };
    let of = |paints: &[Paint], member: fn(&Paint) -> f64| {
        spread(
            paints
                .iter()
                .map(|it| Duration::from_secs_f64(member(it) / 1000.0))
                .collect(),
        )
    };
    for (name, member) in [
        (
            "answer of the terminal",
            (|it| it.answered) as fn(&Paint) -> f64,
        ),
        ("first paint", |it| it.first),
        ("first paint with contents", |it| it.contentful),
    ] {
        let (page, floor) = (of(page, member)?, of(floor, member)?);
        println!(
            "page, {name}: {:.1} ms (p95 {:.1} ms) · floor, the list of patients: {:.1} ms (p95 {:.1} ms) · ratio {:.1}",
            page.0,
            page.1,
            floor.0,
            floor.1,
            page.0 / floor.0
        );
    }
    let bytes = page.first().map_or(0.0, |it| it.bytes);
    println!("page: {bytes:.0} bytes of HTML");
    Ok(())
}

/// People by name, birth date and sex, as a disaster's search does it, and as the floor by insurance data.
fn search(arguments: &Arguments) -> anyhow::Result<()> {
    let database = check::load_people(&arguments.dir, arguments.people, 1)?;
    let run = check::fresh(&arguments.dir.join("search"))?;
    std::fs::copy(database, run.join("registry.db"))?;
    let engine = Engine::open_center(&run.join("center.db"), [0xbd; 16])?;
    let permit = permit::<ViewInDisaster>(AccountKind::MedicalViewer)?;
    let population = Population::as_of(1, running::now().date_in_japan());
    let (mut names, mut floors, mut ones) = (Vec::new(), Vec::new(), 0);
    for at in 0..1_000 {
        let index = at * arguments.people / 1_000;
        let it = population.person(index).context("no person")?;
        let coverage = it.coverages.first().context("no coverage")?;
        let name = it.person.name.as_str().replace('　', " ");
        let said = Described {
            name: &name,
            ..Described::default()
        };
        let described = Description::of(&said, it.person.birth_date, it.person.sex);
        let by_name = Sought::Described(described.context("no description")?);
        let by_insurance = Sought::Insured {
            key: coverage.key(),
            branch: coverage.branch,
            birth_date: it.person.birth_date,
        };
        for (sought, times) in [(by_insurance, &mut floors), (by_name, &mut names)] {
            let begun = Instant::now();
            let found = engine.find_without_card(&permit, &sought)?;
            times.push(begun.elapsed());
            ones += usize::from(is_one(&found, it.person.id));
        }
    }
    let (name, floor) = (spread(names)?, spread(floors)?);
    println!(
        "search among {} people: by name {:.2} ms (p95 {:.2} ms) · floor, by insurance data {:.2} ms (p95 {:.2} ms) · ratio {:.1} · {ones} of 2000 led to the one person",
        arguments.people,
        name.0,
        name.1,
        floor.0,
        floor.1,
        name.0 / floor.0
    );
    Ok(())
}

fn is_one(found: &FoundWithoutCard, person: PersonId) -> bool {
    matches!(found, FoundWithoutCard::One(it) if it.person.id == person)
}

fn account(demo: &Value, kind: &str) -> anyhow::Result<(String, String)> {
    let accounts = demo
        .pointer("/facilities/0/accounts")
        .and_then(Value::as_array);
    let mut accounts = accounts.context("no accounts")?.iter();
    let found = accounts.find(|it| it.get("kind").and_then(Value::as_str) == Some(kind));
    let member = |name: &str| {
        let text = found.and_then(|it| it.get(name)).and_then(Value::as_str);
        text.map(str::to_owned).context("no such account")
    };
    Ok((member("id")?, member("password")?))
}

/// Median and 95th percentile, in milliseconds.
fn spread(mut times: Vec<Duration>) -> anyhow::Result<(f64, f64)> {
    times.sort();
    let last = times.len().saturating_sub(1) as f64;
    let at = |part: f64| {
        times
            .get((last * part).round() as usize)
            .map(|it| it.as_secs_f64() * 1000.0)
    };
    at(0.5).zip(at(0.95)).context("nothing was measured")
}
