//! What a claims account does at the claims entry from the shell: its sign-in, what was sent, acceptance, taking back. Sends no file.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use api::claims::submission::{ClaimsSubmission, ClaimsSubmissions};
use api::claims::{ClaimsSession, ClaimsSignIn};
use api::client::Client;
use clap::Args;

use super::patience::patiently;
use super::unfinished;
use crate::client::{explain, identity, root, secret};
use crate::listing;
use crate::told;

/// How the claims entry is reached, and who signs in.
#[derive(Args)]
pub(crate) struct EntryArguments {
    /// Address of the center's api listener.
    #[arg(long)]
    center: String,
    /// The center's root certificate, PEM.
    #[arg(long)]
    root: PathBuf,
    /// The client certificate, PKCS#12.
    #[arg(long)]
    p12: PathBuf,
    /// File holding the PKCS#12 password.
    #[arg(long)]
    p12_password_file: PathBuf,
    /// Review body: fund, or federation- and the two digits of the prefecture.
    #[arg(long)]
    tenant: String,
    /// Claims account.
    #[arg(long)]
    account: String,
    /// File holding the account's password.
    #[arg(long)]
    password_file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// Whoever signed in.
pub(super) struct SignedIn {
    pub(super) client: Client,
    pub(super) session: ClaimsSession,
}

impl EntryArguments {
    /// Signs in.
    pub(super) async fn sign_in(&self) -> anyhow::Result<SignedIn> {
        let identity = identity(&self.p12, &self.p12_password_file)?;
        let client = Client::new(&self.center, &root(&self.root)?, Some(&identity));
        let client = client.map_err(|error| explain(&error))?;
        let body = ClaimsSignIn {
            account: self.account.clone(),
            force: true,
            password: secret(&self.password_file)?,
            tenant: self.tenant.clone(),
        };
        let session = patiently(async || client.claims_sign_in(&body).await).await;
        let session = session.map_err(|error| explain(&error))?;
        if session.password.change_needed {
            return Err(told::both(
                "請求用のパスワードを、先に端末の画面（オンライン請求）で変更してください。",
                "change the password of the claims account first, on the staff pages",
            ));
        }
        Ok(SignedIn { client, session })
    }
}

impl SignedIn {
    pub(super) fn token(&self) -> &str {
        &self.session.token
    }

    /// Ends the session, whatever came of it.
    pub(super) async fn end(self) {
        let _ = self.client.claims_sign_out(&self.session.token).await;
    }

    /// All of them, page after page.
    pub(super) async fn list(&self) -> anyhow::Result<ClaimsSubmissions> {
        let (client, token) = (&self.client, self.token());
        let first = patiently(async || client.claims_submissions(token).await).await;
        let mut listed = first.map_err(|error| explain(&error))?;
        while let Some(after) = listed.next.take() {
            let page =
                patiently(async || client.claims_submissions_after(token, &after).await).await;
            let page = page.map_err(|error| explain(&error))?;
            listed.submissions.extend(page.submissions);
            listed.next = page.next;
        }
        Ok(listed)
    }

    /// The identifier of a submission that people call by its number.
    pub(super) async fn numbered(&self, number: &str) -> anyhow::Result<String> {
        let listed = self.list().await?;
        let mut all = listed.submissions.into_iter();
        let found = all.find(|it| it.number == number);
        let found = found.map(|it| it.id).with_context(|| {
            format!(
                "受付番号 {number} の送信がありません。onshi claims list で確かめてください。 / there is no submission {number}; see onshi claims list"
            )
        })?;
        Ok(found)
    }
}

/// `onshi claims list`.
pub(crate) async fn list(arguments: EntryArguments) -> anyhow::Result<ExitCode> {
    let signed_in = arguments.sign_in().await?;
    let listed = signed_in.list().await;
    signed_in.end().await;
    let listed = listed?;
    if arguments.json {
        out!("{}", serde_json::to_string_pretty(&listed)?);
        return Ok(ExitCode::SUCCESS);
    }
    for it in &listed.submissions {
        out!("{}", line(it));
    }
    for it in &listed.uploads {
        out!(
            "{}  {} バイトまで届いています / {} bytes arrived",
            unfinished::line(it, &listed.submissions),
            it.offset,
            it.offset
        );
    }
    if listed.submissions.is_empty() && listed.uploads.is_empty() {
        listing::nothing();
    }
    Ok(ExitCode::SUCCESS)
}

fn line(it: &ClaimsSubmission) -> String {
    format!(
        "{}  {:<9}  {:>6}  {:>6}  {:>6}  {}",
        it.number, it.state, it.claims, it.refused, it.to_confirm, it.file_name
    )
}

/// `onshi claims accept`, `onshi claims withdraw` and `onshi claims findings`.
#[derive(Args)]
pub(crate) struct OneArguments {
    /// Its number (受付番号), such as S202610070001.
    pub(super) number: String,
    #[command(flatten)]
    pub(super) entry: EntryArguments,
}

/// What is done with a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It is accepted (請求確定).
    Accept,
    /// It is taken back (取下げ).
    Withdraw,
}

pub(crate) async fn fulfil(arguments: OneArguments, deed: Deed) -> anyhow::Result<ExitCode> {
    let signed_in = arguments.entry.sign_in().await?;
    let done = fulfilled(&signed_in, &arguments.number, deed).await;
    signed_in.end().await;
    let done = done?;
    if arguments.entry.json {
        out!("{}", serde_json::to_string_pretty(&done)?);
    } else {
        out!("{}", line(&done));
    }
    Ok(ExitCode::SUCCESS)
}

async fn fulfilled(
    signed_in: &SignedIn,
    number: &str,
    deed: Deed,
) -> anyhow::Result<ClaimsSubmission> {
    let id = signed_in.numbered(number).await?;
    let (client, token) = (&signed_in.client, signed_in.token());
    let done = match deed {
        Deed::Accept => client.accept_claims(token, &id).await,
        Deed::Withdraw => client.withdraw_claims(token, &id).await,
    };
    done.map_err(|error| explain(&error))
}
