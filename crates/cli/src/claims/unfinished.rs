//! Files that were cut off while they were sent: how a list shows one, and how one is dropped.

use std::collections::BTreeSet;
use std::process::ExitCode;

use api::claims::ClaimsUpload;
use api::claims::submission::{ClaimsSubmission, ClaimsSubmissions};
use api::client::ClientError;
use clap::Args;
use serde::Serialize;

use super::entry::{EntryArguments, SignedIn};
use super::patience::patiently;
use crate::client::explain;
use crate::told;

/// `onshi claims drop`.
#[derive(Args)]
pub(crate) struct DropArguments {
    /// Name of a file of this account, as `onshi claims list` shows it.
    #[arg(required_unless_present = "id", conflicts_with = "id")]
    file_name: Option<String>,
    /// ID of one file instead, as `onshi claims list` shows it; it may be another account's.
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    entry: EntryArguments,
}

pub(crate) async fn run(arguments: DropArguments) -> anyhow::Result<ExitCode> {
    let signed_in = arguments.entry.sign_in().await?;
    let done = done(&signed_in, &arguments).await;
    signed_in.end().await;
    let (outcome, submissions) = done?;
    if arguments.entry.json {
        out!("{}", serde_json::to_string_pretty(&outcome)?);
    } else {
        tell(&outcome, &submissions);
    }
    Ok(if outcome.handed_in.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A file on its way: its name, who sends it, its identifier, and what it corrects.
pub(super) fn line(it: &ClaimsUpload, submissions: &[ClaimsSubmission]) -> String {
    let corrects = it.corrects.as_deref().map_or_else(String::new, |id| {
        let corrected = submissions.iter().find(|it| it.id == id);
        let number = corrected.map_or(id, |it| it.number.as_str());
        format!("  受付番号 {number} の訂正分 / corrects {number}")
    });
    format!("{}  {}  {}{corrects}", it.file_name, it.account, it.id)
}

/// What became of the files that were to be dropped.
#[derive(Default, Serialize)]
struct Outcome {
    /// Dropped now.
    dropped: Vec<ClaimsUpload>,
    /// Not there any more when they were to be dropped.
    gone: Vec<ClaimsUpload>,
    /// Whole by then: they stay.
    handed_in: Vec<ClaimsSubmission>,
}

fn tell(outcome: &Outcome, submissions: &[ClaimsSubmission]) {
    for it in &outcome.dropped {
        out!(
            "{}  途中の送信を取り消しました（{} バイト） / what arrived was dropped ({} bytes)",
            line(it, submissions),
            it.offset,
            it.offset
        );
    }
    for it in &outcome.gone {
        out!(
            "{}  途中の送信はもうありません / it is not on its way any more",
            line(it, submissions)
        );
    }
    for it in &outcome.handed_in {
        let (number, name, account) = (&it.number, &it.file_name, &it.account);
        out!(
            "{name}  {account}  受付番号 {number} で送信が終わっていたため、取り消していません。取り下げるときは onshi claims withdraw {number} を使ってください。 / it was handed in as {number} meanwhile, and is not dropped; onshi claims withdraw {number} takes it back"
        );
    }
}

/// Drops what the arguments mean; with the submissions that are known.
async fn done(
    signed_in: &SignedIn,
    arguments: &DropArguments,
) -> anyhow::Result<(Outcome, Vec<ClaimsSubmission>)> {
    let ClaimsSubmissions {
        submissions,
        uploads,
        ..
    } = signed_in.list().await?;
    let uploads = match &arguments.id {
        Some(id) => vec![identified(signed_in, id).await?],
        None => {
            let file_name = arguments.file_name.as_deref().unwrap_or_default();
            own(uploads, file_name, &signed_in.session.account.id)?
        }
    };
    let (client, token) = (&signed_in.client, signed_in.token());
    let outcome = drop_each(
        uploads,
        async |id: &str| patiently(async || client.drop_claims_upload(token, id).await).await,
        async |id: &str| became(signed_in, id).await,
    );
    let outcome = outcome.await.map_err(|error| explain(&error))?;
    Ok((outcome, submissions))
}

/// The file of an identifier, whosever it is.
async fn identified(signed_in: &SignedIn, id: &str) -> anyhow::Result<ClaimsUpload> {
    let (client, token) = (&signed_in.client, signed_in.token());
    let found = patiently(async || client.claims_upload(token, id).await).await;
    found.map_err(|error| {
        if !is_not_found(&error) {
            return explain(&error);
        }
        told::both(
            &format!(
                "送信途中のファイル（ID {id}）がありません。onshi claims list で確かめてください。"
            ),
            &format!("no file with the ID {id} is on its way; see onshi claims list"),
        )
    })
}

/// The files of a name that an account sends. A colleague's of the same name may be on its way just now.
fn own(
    uploads: Vec<ClaimsUpload>,
    file_name: &str,
    account: &str,
) -> anyhow::Result<Vec<ClaimsUpload>> {
    let named = uploads.into_iter().filter(|it| it.file_name == file_name);
    let (own, others): (Vec<_>, Vec<_>) = named.partition(|it| it.account == account);
    if !own.is_empty() {
        return Ok(own);
    }
    if others.is_empty() {
        return Err(told::both(
            &format!(
                "送信途中のファイル {file_name} がありません。onshi claims list で確かめてください。"
            ),
            &format!("no file {file_name} is on its way; see onshi claims list"),
        ));
    }
    let accounts: BTreeSet<&str> = others.iter().map(|it| it.account.as_str()).collect();
    let accounts = Vec::from_iter(accounts).join(", ");
    Err(told::both(
        &format!(
            "送信途中のファイル {file_name} は、ほかのアカウント（{accounts}）のものです。取り消すときは、送信中でないことを確かめてから、onshi claims list で ID を確かめて --id で指定してください。"
        ),
        &format!(
            "the file {file_name} on its way is another account's ({accounts}); to drop it, make sure that nobody is sending it, and name its ID, which onshi claims list shows, with --id"
        ),
    ))
}

/// Drops files. One that cannot be found was dropped before, or is whole by now.
async fn drop_each(
    uploads: Vec<ClaimsUpload>,
    forget: impl AsyncFn(&str) -> Result<(), ClientError>,
    became: impl AsyncFn(&str) -> Result<Option<ClaimsSubmission>, ClientError>,
) -> Result<Outcome, ClientError> {
    let mut outcome = Outcome::default();
    for upload in uploads {
        let forgotten = forget(&upload.id).await;
        match forgotten {
            Ok(()) => outcome.dropped.push(upload),
            Err(error) if is_not_found(&error) => {
                let submission = became(&upload.id).await?;
                match submission {
                    Some(submission) => outcome.handed_in.push(submission),
                    None => outcome.gone.push(upload),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(outcome)
}

/// The submission that a file became.
async fn became(signed_in: &SignedIn, id: &str) -> Result<Option<ClaimsSubmission>, ClientError> {
    let (client, token) = (&signed_in.client, signed_in.token());
    let found = patiently(async || client.claims_upload(token, id).await).await;
    let of = match found {
        Err(error) if is_not_found(&error) => return Ok(None),
        found => found?.submission,
    };
    let Some(of) = of else {
        return Ok(None);
    };
    let submission = patiently(async || client.claims_submission(token, &of).await).await;
    submission.map(Some)
}

fn is_not_found(error: &ClientError) -> bool {
    matches!(error, ClientError::Problem(problem) if problem.code == "not_found")
}

#[cfg(test)]
mod tests {
    use api::problem::Trouble;

    use super::*;

    fn upload(id: &str, account: &str) -> ClaimsUpload {
        ClaimsUpload {
            account: account.into(),
            corrects: None,
            file_name: "RECEIPTC.UKE".into(),
            id: id.into(),
            most_bytes: 1 << 20,
            offset: 100,
            started_at: "2026-10-07T12:00:00+09:00".into(),
            submission: None,
        }
    }

    fn submission(id: &str, number: &str) -> ClaimsSubmission {
        let text = serde_json::json!({
            "account": "seikyu1", "claims": 2, "file_name": "RECEIPTC.UKE", "findings": 0, "id": id, "number": number, "points": 0,
            "refused": 0, "sent_at": "2026-10-07T12:00:00+09:00", "sha256": "", "size_bytes": 0, "state": "checked", "to_confirm": 0,
        });
        serde_json::from_value(text).unwrap()
    }

    fn ids(uploads: &[ClaimsUpload]) -> Vec<&str> {
        uploads.iter().map(|it| it.id.as_str()).collect()
    }

    #[tokio::test]
    async fn what_is_whole_or_gone_between_list_and_drop_is_not_told_as_dropped() {
        let uploads = ["1", "2", "3"].map(|id| upload(id, "seikyu1"));
        let outcome = drop_each(
            uploads.into(),
            async |id: &str| {
                if id == "1" {
                    return Ok(());
                }
                let problem = Trouble::NotFound.problem();
                Err(ClientError::Problem(Box::new(problem)))
            },
            async |id: &str| Ok((id == "2").then(|| submission("9", "S202610070001"))),
        );
        let outcome = outcome.await.unwrap();
        assert_eq!(ids(&outcome.dropped), ["1"]);
        assert_eq!(ids(&outcome.gone), ["3"]);
        let numbers: Vec<&str> = outcome
            .handed_in
            .iter()
            .map(|it| it.number.as_str())
            .collect();
        assert_eq!(numbers, ["S202610070001"]);
    }

    #[test]
    fn a_name_means_the_own_accounts_file_alone() {
        let both = || vec![upload("1", "seikyu1"), upload("2", "seikyu2")];
        let meant = own(both(), "RECEIPTC.UKE", "seikyu2").unwrap();
        assert_eq!(ids(&meant), ["2"]);
        let told = own(both(), "RECEIPTC.UKE", "seikyu3").unwrap_err();
        let told = told.to_string();
        for part in ["seikyu1, seikyu2", "--id"] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }

    #[test]
    fn a_line_tells_who_sends_and_what_is_corrected() {
        let mut it = upload("1", "seikyu2");
        let known = [submission("9", "S202610070001")];
        assert_eq!(line(&it, &known), "RECEIPTC.UKE  seikyu2  1");
        it.corrects = Some("9".into());
        assert_eq!(
            line(&it, &known),
            "RECEIPTC.UKE  seikyu2  1  受付番号 S202610070001 の訂正分 / corrects S202610070001"
        );
    }
}
