//! A month's claims through a running center: sent over mTLS in pieces, stored, checked against a registry of all the people, answered. The center
//! is the release executable as its users start it, and its claims entry is opened beside its calendar.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use api::claims::submission::ClaimsSubmission;
use api::claims::{ClaimsSignIn, ClaimsUploadEnd, NewClaimsFiling, NewClaimsUpload};
use api::client::Client;
use api::session::{PasswordChange, SignIn};
use center::claims::operating::{ClaimsAccountName, ClaimsOrder, ClaimsReply, NewClaimsOpening};
use center::control::{self, Order, Reply};
use domain::medical_aid::TreatmentMonth;

use super::{Arguments, SEED, clinic, made};
use crate::check;
use crate::running::{Facility, Running, now};

/// The review body.
const TENANT: &str = "fund";

/// The claims account, and what its holder and the administrator choose.
const ACCOUNT: &str = "seikyu1";
const OWN_PASSWORD: &str = "Seikyu-7654321";

/// How often it is asked whether the checks are over.
const EVERY: Duration = Duration::from_millis(20);

/// Hands files in. Seconds from the first byte sent to the answer, the middle of the rounds.
pub(super) async fn run(
    arguments: &Arguments,
    month: TreatmentMonth,
    among: u64,
) -> anyhow::Result<f64> {
    // Other draws look through a few people more.
    let people = (among + among / 20).next_multiple_of(10_000);
    let registry = check::load_people(&arguments.dir, people, SEED)?;
    let dir = check::fresh(&arguments.dir.join("claims"))?;
    let data_dir = dir.join("center");
    std::fs::create_dir_all(&data_dir)?;
    std::fs::copy(registry, data_dir.join("registry.db"))?;
    let center = Running::start(&dir, 0).await?;
    let code = clinic(month).institution_code();
    let facility = center.enrol(code.clone(), "計測".into()).await?;
    let token = opened(&center.data_dir, &facility, code).await?;
    let mut all = Vec::new();
    for round in 1..=arguments.rounds {
        // Another file each time: the same one would be refused as sent before.
        let file = made(arguments.claims, month, round as u64)?.file;
        let [before, ..] = center.part.resident_mb();
        let sent = handed_in(&facility.client, &token, &file).await?;
        let [_, _, most] = center.part.resident_mb();
        println!(
            "round {round}: arrived whole after {:.2} s, checked after {:.2} s; memory of the center {before:.0} MB before, {most:.0} MB at most (with what is mapped of the registry)",
            sent.arrived, sent.checked
        );
        let answer = sent.answer;
        ensure!(answer.claims == arguments.claims, "claims are missing");
        if answer.refused + answer.to_confirm != 0 {
            println!(
                "  {} refused, {} to look at",
                answer.refused, answer.to_confirm
            );
        }
        all.push(sent.checked);
    }
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().context("no round")
}

/// What came of a file, and the seconds it took.
struct Sent {
    arrived: f64,
    checked: f64,
    answer: ClaimsSubmission,
}

async fn handed_in(client: &Client, token: &str, file: &[u8]) -> anyhow::Result<Sent> {
    let start = Instant::now();
    let size_bytes = file.len() as u64;
    let new = NewClaimsUpload {
        corrects: None,
        file_name: "RECEIPTC.UKE".into(),
        size_bytes: Some(size_bytes),
    };
    let mut upload = client.begin_claims_upload(token, &new).await?;
    let most = usize::try_from(upload.most_bytes)?;
    for piece in file.chunks(most) {
        let at = (upload.id.as_str(), upload.offset);
        upload = client.send_claims(token, at, piece.to_vec()).await?;
    }
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, file);
    let digest = digest.as_ref().iter();
    let end = ClaimsUploadEnd {
        sha256: digest.map(|it| format!("{it:02x}")).collect(),
        size_bytes,
    };
    let arrived = start.elapsed().as_secs_f64();
    let mut answer = client.end_claims_upload(token, &upload.id, &end).await?;
    while answer.state == "checking" {
        tokio::time::sleep(EVERY).await;
        answer = client.claims_submission(token, &answer.id).await?;
    }
    if answer.state != "checked" {
        bail!("the file is {}", answer.state);
    }
    Ok(Sent {
        arrived,
        checked: start.elapsed().as_secs_f64(),
        answer,
    })
}

/// Files for the PC, has it accepted, opens the entry, makes an account; the token of its session.
async fn opened(data_dir: &Path, facility: &Facility, code: String) -> anyhow::Result<String> {
    let client = &facility.client;
    let (account, first) = facility.account("administrator")?;
    let sign_in = |password: &str| SignIn {
        account: account.clone(),
        force: true,
        password: password.into(),
    };
    let session = client.sign_in(&sign_in(&first)).await?;
    let change = PasswordChange {
        new_password: OWN_PASSWORD.into(),
        old_password: first,
    };
    client.change_password(&session.token, &change).await?;
    let token = client.sign_in(&sign_in(OWN_PASSWORD)).await?.token;
    let filing = NewClaimsFiling {
        kind: "first_use".into(),
        line: "ip_vpn".into(),
        starts_on: now().date_in_japan().to_string(),
        tenant: TENANT.into(),
        terminal: facility.enrolled.terminal.clone(),
    };
    let filing = client
        .make_claims_filing(&token, "claims-filing", &filing)
        .await?;
    client.hand_in_claims_filing(&token, &filing.id).await?;
    order(data_dir, ClaimsOrder::AcceptFiling(filing.id)).await?;
    let opening = NewClaimsOpening {
        tenant: None,
        from: now().plus_seconds(-60).to_string(),
        until: now().plus_seconds(86_400).to_string(),
        reason: "計測".into(),
    };
    order(data_dir, ClaimsOrder::Open(opening)).await?;
    let name = ClaimsAccountName {
        tenant: TENANT.into(),
        code,
        id: ACCOUNT.into(),
    };
    let made = order(data_dir, ClaimsOrder::AddAccount(name, "請求係".into())).await?;
    let ClaimsReply::Account(made) = made else {
        bail!("the center did not make a claims account");
    };
    let body = ClaimsSignIn {
        account: ACCOUNT.into(),
        force: true,
        password: made.password.clone(),
        tenant: TENANT.into(),
    };
    let session = client.claims_sign_in(&body).await?;
    let change = PasswordChange {
        new_password: OWN_PASSWORD.into(),
        old_password: made.password,
    };
    client
        .change_claims_password(&session.token, &change)
        .await?;
    Ok(session.token)
}

async fn order(data_dir: &Path, order: ClaimsOrder) -> anyhow::Result<ClaimsReply> {
    match control::send(data_dir, &Order::Claims(order)).await? {
        Reply::Claims(reply) => Ok(reply),
        Reply::Refused(why) => bail!("the center refused: {why}"),
        _ => bail!("another answer than was asked for"),
    }
}
