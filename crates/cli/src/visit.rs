//! Home visits from the shell (G32): a device that reads cards at home or anywhere else. Activates itself, reads a card, records what the patient
//! answers, checks again without the card. Over a line that drops it keeps what is on its way, sealed, and sends it until it is answered.

mod device;
mod queue;
mod sending;

use std::path::PathBuf;
use std::process::ExitCode;

use api::card::AnswerOfPatient;
use api::home_care::device::{DeviceActivation, HomeCardCheckRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use domain::card_challenge::CenterName;
use domain::institution_code::InstitutionCode;
use domain::questions::{Choice, Question};
use kiosk::card_at_hand::{CardAtHand, How, Pin, read_pin};
use kiosk::machine::Machine;

use self::device::{Device, Told};
use self::queue::{Entry, Wish, Work};
use crate::system::{Stop, Unseen, unbuffered_input};
use crate::told;

/// `onshi visit`.
#[derive(Subcommand)]
pub(crate) enum VisitCommand {
    /// Make this device known to a facility: bound to it by an activation code, or, without one, a patient's own for a day.
    #[command(
        after_help = "Example: onshi visit activate --dir visit --address https://home.example:8446/f/0123… --root root.pem \\\n    --account hanako --code-file code.txt"
    )]
    Activate(Activate),
    /// Read a card, and record what the patient answers.
    #[command(
        after_help = "Example: onshi visit card --dir visit --home-care yes --answer drugs=yes < pin.txt"
    )]
    Card(Card),
    /// List with whom care is agreed; at a bound device alone.
    #[command(after_help = "Example: onshi visit list --dir visit")]
    List(Plain),
    /// Check somebody of the list without the card.
    #[command(after_help = "Example: onshi visit check --dir visit --consent 019a…")]
    Check(OfConsent),
    /// End what is agreed with somebody of the list.
    #[command(
        after_help = "Example: onshi visit withdraw --dir visit --consent 019a… --reason patient"
    )]
    Withdraw(Withdraw),
    /// Send what is still on its way.
    #[command(after_help = "Example: onshi visit send --dir visit")]
    Send(Plain),
    /// Say what this device holds and what is on its way; asks nobody.
    #[command(after_help = "Example: onshi visit status --dir visit")]
    Status(Plain),
}

/// What every command is given.
#[derive(Args)]
pub(crate) struct Plain {
    /// Folder of this device: its sealed key, its name at the center, what is on its way.
    #[arg(long)]
    dir: PathBuf,
    /// Seconds to go on trying over a line that drops.
    #[arg(long, default_value_t = 60)]
    wait_s: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `onshi visit activate`.
#[derive(Args)]
pub(crate) struct Activate {
    #[command(flatten)]
    plain: Plain,
    /// The facility's address, as its QR code holds it.
    #[arg(long)]
    address: String,
    /// The center's root certificate, PEM.
    #[arg(long)]
    root: PathBuf,
    /// The account the activation code was issued for.
    #[arg(long, requires = "code_file")]
    account: Option<String>,
    /// File holding the activation code; delete it afterwards.
    #[arg(long, requires = "account")]
    code_file: Option<PathBuf>,
}

/// `onshi visit card`.
#[derive(Args)]
pub(crate) struct Card {
    #[command(flatten)]
    plain: Plain,
    /// The card reader: `pcsc:NAME`, where a part of the name is enough.
    #[arg(long, default_value = "pcsc:")]
    reader: String,
    /// Another of the facility's addresses than the one this device was made known by, or its new one.
    #[arg(long)]
    address: Option<String>,
    /// Staff compared the patient's face with the photo, in place of the PIN; needs a device that was activated for it and terminal keys.
    #[arg(long, requires = "terminal_certificate", requires = "terminal_key")]
    visual: bool,
    /// The terminal's certificate, for --visual.
    #[arg(long)]
    terminal_certificate: Option<PathBuf>,
    /// File with the terminal's key (PKCS#8), for --visual.
    #[arg(long)]
    terminal_key: Option<PathBuf>,
    /// The number a page shows that waits for this card; the questions are answered there then.
    #[arg(long, conflicts_with_all = ["home_care", "answers"])]
    join: Option<String>,
    /// Whether the patient agrees to home care: yes or no. Without it nothing is answered.
    #[arg(long, value_parser = ["yes", "no"])]
    home_care: Option<String>,
    /// What the patient answered, such as drugs=yes; may be given more than once. What is left out is "no".
    #[arg(
        long = "answer",
        value_name = "QUESTION=ANSWER",
        requires = "home_care"
    )]
    answers: Vec<String>,
    /// Seconds to wait for a card.
    #[arg(long, default_value_t = 60)]
    card_wait_s: u32,
}

/// A consent of the list.
#[derive(Args)]
pub(crate) struct OfConsent {
    #[command(flatten)]
    plain: Plain,
    /// Its identifier in the list.
    #[arg(long)]
    consent: String,
}

/// `onshi visit withdraw`.
#[derive(Args)]
pub(crate) struct Withdraw {
    #[command(flatten)]
    of: OfConsent,
    /// Why: patient, facility or purpose.
    #[arg(long, value_parser = ["patient", "facility", "purpose"])]
    reason: String,
}

pub(crate) async fn run(command: VisitCommand) -> anyhow::Result<ExitCode> {
    match command {
        VisitCommand::Activate(it) => activate(it).await,
        VisitCommand::Card(it) => card_or_stop(it).await,
        VisitCommand::List(it) => list(&it).await,
        VisitCommand::Check(it) => {
            let work = Work::CheckAgain {
                consent: it.consent,
            };
            one(&it.plain, work).await
        }
        VisitCommand::Withdraw(it) => {
            let work = Work::Withdraw {
                consent: it.of.consent,
                reason: it.reason,
            };
            one(&it.of.plain, work).await
        }
        VisitCommand::Send(it) => send(&it).await,
        VisitCommand::Status(it) => status(&it),
    }
}

async fn activate(it: Activate) -> anyhow::Result<ExitCode> {
    let activation = match (it.account, &it.code_file) {
        (Some(account), Some(file)) => Some(DeviceActivation {
            account,
            code: crate::client::secret(file)?,
        }),
        _ => None,
    };
    let known = Told::at(&it.address, &it.root)?;
    let device = Device::make(&it.plain.dir, known)?;
    let registered = sending::register(&device, activation, it.plain.wait_s).await?;
    if it.plain.json {
        out!("{}", serde_json::to_string(&registered)?);
        return Ok(ExitCode::SUCCESS);
    }
    let facility = &device.known().facility_name;
    match &registered.account {
        Some(account) => out!(
            "この機器を {facility} の {account} の機器として登録しました。 / this device is bound to {account} of {facility}"
        ),
        None => out!(
            "この機器は24時間、{facility} の受付に使えます（暗証番号だけ）。 / this device is known to {facility} for 24 hours, by PIN alone"
        ),
    }
    out!(
        "保存: 封印した鍵、機器の番号、アドレス。保存しない: 暗証番号、アクティベーションコード。 / stored: the sealed key, the device's number, the address; not stored: PINs, the activation code"
    );
    Ok(ExitCode::SUCCESS)
}

/// Reads a card until whoever is there gives up: the terminal is then as it was, and what was on its way stays so.
async fn card_or_stop(it: Card) -> anyhow::Result<ExitCode> {
    let mut stop = Stop::listen()?;
    let dir = it.plain.dir.clone();
    let given_up = tokio::select! {
        done = card(it) => return done,
        () = stop.came() => told::both("中止しました。", "given up"),
    };
    if Device::open(&dir).is_ok_and(|it| it.queue().entries().is_ok_and(|it| !it.is_empty())) {
        err!(
            "送信待ちのものは封印してこの機器に残しています。onshi visit send で送れます。 / what is on its way is kept sealed on this device; onshi visit send sends it"
        );
    }
    Err(given_up)
}

async fn card(it: Card) -> anyhow::Result<ExitCode> {
    let device = Device::open(&it.plain.dir)?;
    let address = match &it.address {
        Some(address) => device::identifier(address)?.to_owned(),
        None => device.known().address.clone(),
    };
    let wish = Wish {
        home_care: it.home_care.clone(),
        answers: answers(&it.answers)?,
    };
    // What was on its way before comes first: a patient's check is not overtaken by the next one's.
    let kept = device.queue().entries()?.len();
    if 0 < kept {
        err!(
            "先に、この機器に残っている{kept}件を送ります。 / first sending what is kept on this device: {kept}"
        );
    }
    let earlier = sending::all(&device, it.plain.wait_s).await?;
    print(&earlier, it.plain.json)?;
    let mut machine = Machine::of(&it.reader)?;
    let how = if it.visual {
        let read =
            |file: &Option<PathBuf>| told::read_bytes(file.as_deref().unwrap_or("".as_ref()));
        machine =
            machine.with_terminal(&read(&it.terminal_certificate)?, &read(&it.terminal_key)?)?;
        How::ByEye
    } else {
        How::Pin
    };
    err!("カードを置いてください。 / place the card");
    let card = CardAtHand::wait(machine, it.card_wait_s).await?;
    let pin = match how {
        How::Pin if card.takes_pin() => Some(pin().await?),
        How::Pin | How::ByEye => None,
    };
    let challenge = sending::challenge(&device, &address, it.plain.wait_s).await?;
    let known = device.known();
    let center = CenterName::parse(&known.center_name)?;
    let facility = InstitutionCode::parse(&known.facility).map_err(|_| {
        told::both(
            "施設コードが読めません。",
            "the facility's code does not read",
        )
    })?;
    let text = challenge.text(&center, facility)?;
    let signed = card.sign(how, pin, text).await?;
    let request = HomeCardCheckRequest {
        address,
        certificate: STANDARD.encode(&signed.certificate),
        challenge: challenge.id,
        join: it.join.clone(),
        method: how.as_str().into(),
        signature: STANDARD.encode(&signed.signature),
    };
    device.queue().add(&Entry::new(Work::Card {
        request: Box::new(request),
        wish: it.join.is_none().then_some(wish),
        checked: None,
    }))?;
    finish(&device, &it.plain).await
}

/// The four digits, from standard input; a slip of the finger is told before anybody is asked. Where that is a terminal they are not shown, and whoever gives up finds it as it was.
async fn pin() -> anyhow::Result<Pin> {
    let unseen = Unseen::begin().map_err(|error| {
        told::both(
            "暗証番号を画面に出さないようにできませんでした。別の端末で行ってください。",
            &format!("this terminal cannot be kept from showing the PIN: {error}; use another one"),
        )
    })?;
    let is_unseen = unseen.is_some();
    let (ja, en) = if is_unseen {
        ("（表示されません）", ", which is not shown")
    } else {
        ("", "")
    };
    err!("暗証番号（4桁）を入力してください{ja}。 / type the PIN (four digits){en}");
    let input = unbuffered_input()?;
    let (told, typed) = tokio::sync::oneshot::channel();
    // Not one of the runtime's threads: it would keep the process from ending while nobody types.
    std::thread::Builder::new().spawn(move || {
        // Whoever asked may have given up.
        let _ = told.send(read_pin(input));
    })?;
    let typed = typed.await?;
    drop(unseen);
    Ok(typed?)
}

/// What the patient answered. Looked at before a card is read: the center would have recorded the check by the time it refuses.
fn answers(given: &[String]) -> anyhow::Result<Vec<AnswerOfPatient>> {
    let read = |text: &String| {
        let (question, answer) = text.split_once('=').ok_or_else(|| {
            told::both(
                "--answer は drugs=yes の形で指定してください。",
                "--answer: write it like drugs=yes",
            )
        })?;
        let Some(asked) = Question::parse(question) else {
            let known: Vec<&str> = Question::ALL.iter().map(|it| it.as_str()).collect();
            let known = known.join(", ");
            return Err(told::both(
                &format!("--answer: {question} という質問はありません。次のどれかです: {known}"),
                &format!("--answer: there is no question {question}; there are {known}"),
            ));
        };
        let choices = asked.choices();
        if !Choice::parse(answer).is_some_and(|it| choices.contains(&it)) {
            let choices: Vec<&str> = choices.iter().map(|it| it.as_str()).collect();
            let choices = choices.join(", ");
            return Err(told::both(
                &format!("--answer: {question} の答えは次のどれかです: {choices}"),
                &format!("--answer: {question} is answered by one of {choices}"),
            ));
        }
        Ok(AnswerOfPatient {
            answer: answer.into(),
            question: question.into(),
        })
    };
    given.iter().map(read).collect()
}

async fn list(it: &Plain) -> anyhow::Result<ExitCode> {
    let device = Device::open(&it.dir)?;
    let found = sending::list(&device, it.wait_s).await?;
    if it.json {
        out!("{}", serde_json::to_string(&found)?);
        return Ok(ExitCode::SUCCESS);
    }
    if found.consents.is_empty() {
        crate::listing::nothing();
    }
    for one in &found.consents {
        let known = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".into());
        // Two patients may bear one name: what tells them apart stands beside it.
        out!(
            "{}  {}  {}  born {}  number {}  {}  since {}  checked {}",
            one.id,
            one.name,
            known(&one.kana),
            known(&one.birth_date),
            known(&one.reference_number),
            one.care,
            one.given_at,
            known(&one.checked_at)
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn one(it: &Plain, work: Work) -> anyhow::Result<ExitCode> {
    let device = Device::open(&it.dir)?;
    device.queue().add(&Entry::new(work))?;
    finish(&device, it).await
}

async fn send(it: &Plain) -> anyhow::Result<ExitCode> {
    let device = Device::open(&it.dir)?;
    finish(&device, it).await
}

/// Sends all that is on its way, and says what became of it.
async fn finish(device: &Device, it: &Plain) -> anyhow::Result<ExitCode> {
    let ends = sending::all(device, it.wait_s).await?;
    print(&ends, it.json)?;
    let left = device.queue().entries()?.len();
    if 0 < left {
        err!(
            "回線がつながらないため、{left}件を封印してこの機器に残しました。つながったら onshi visit send で送れます。二重に登録されることはありません。 / \
             the line is down: {left} kept sealed on this device; onshi visit send sends them, and nothing is recorded twice"
        );
        return Ok(ExitCode::FAILURE);
    }
    let refused = ends.iter().any(|end| end.is_refused());
    Ok(if refused {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn print(ends: &[sending::End], json: bool) -> anyhow::Result<()> {
    for end in ends {
        if json {
            out!("{}", serde_json::to_string(end)?);
        } else {
            out!("{end}");
        }
    }
    Ok(())
}

fn status(it: &Plain) -> anyhow::Result<ExitCode> {
    let device = Device::open(&it.dir)?;
    let known = device.known();
    let entries = device.queue().entries()?;
    let kinds: Vec<&str> = entries.iter().map(|(_, entry)| entry.work.name()).collect();
    if it.json {
        let told = serde_json::json!({
            "center": known.center, "device": known.device, "facility": known.facility,
            "address": known.address, "on_its_way": kinds,
        });
        out!("{told}");
        return Ok(ExitCode::SUCCESS);
    }
    out!("center: {}", known.center);
    out!("facility: {} {}", known.facility, known.facility_name);
    out!("device: {}", known.device);
    out!(
        "この機器に保存しているもの: 封印した鍵、アドレス、送信待ち {}件（封印）。暗証番号と個人番号は保存しません。 / \
         stored here: the sealed key, the address, {} on their way (sealed); no PIN and no individual number",
        kinds.len(),
        kinds.len()
    );
    for kind in kinds {
        out!("  {kind}");
    }
    Ok(ExitCode::SUCCESS)
}
