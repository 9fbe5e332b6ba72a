//! What the center's checks of a submission found: read part by part, told with place, reason and remedy. Changes nothing.

use std::process::ExitCode;

use api::claims::submission::ClaimsFinding;

use super::MOST_TOLD;
use super::entry::{OneArguments, SignedIn};
use super::patience::patiently;
use crate::client::explain;
use crate::listing;

/// `onshi claims findings`.
pub(crate) async fn list(arguments: OneArguments) -> anyhow::Result<ExitCode> {
    let signed_in = arguments.entry.sign_in().await?;
    let found = of_number(&signed_in, &arguments.number).await;
    signed_in.end().await;
    listing::show(&found?, arguments.entry.json, |it| out!("{}", text(it)))?;
    Ok(ExitCode::SUCCESS)
}

async fn of_number(signed_in: &SignedIn, number: &str) -> anyhow::Result<Vec<ClaimsFinding>> {
    let id = signed_in.numbered(number).await?;
    all(signed_in, &id).await
}

/// What refuses the file or a claim.
pub(super) async fn refusing(signed_in: &SignedIn, id: &str) -> anyhow::Result<Vec<ClaimsFinding>> {
    let mut found = all(signed_in, id).await?;
    found.retain(|it| it.severity != "warning");
    Ok(found)
}

async fn all(signed_in: &SignedIn, id: &str) -> anyhow::Result<Vec<ClaimsFinding>> {
    let (mut all, mut next) = (Vec::new(), Some(0));
    while let Some(part) = next {
        let (client, token) = (&signed_in.client, signed_in.token());
        let read = patiently(async || client.claims_findings(token, id, part).await).await;
        let read = read.map_err(|error| explain(&error))?;
        all.extend(read.findings);
        next = read.next;
    }
    Ok(all)
}

/// Tells what refuses a submission of a number, and how the rest is asked for.
pub(super) fn tell(found: &[ClaimsFinding], number: &str) {
    let most = usize::try_from(MOST_TOLD).unwrap_or(usize::MAX);
    for it in found.iter().take(most) {
        out!("{}", text(it));
    }
    if most < found.len() {
        let more = found.len() - most;
        out!(
            "ほかに{more}件あります（onshi claims findings {number} ですべて出ます）。 / {more} more; onshi claims findings {number} prints all"
        );
    }
}

fn text(finding: &ClaimsFinding) -> String {
    let (ja, en) = match finding.severity.as_str() {
        "file" => ("ファイルを受け付けられません", "file refused"),
        "claim" => ("レセプトを受け付けられません", "claim refused"),
        _ => ("要確認", "look at it"),
    };
    let (place_ja, place_en) = place(finding);
    format!(
        "{ja} / {en} ({})\n  {place_ja}{}\n  {place_en}{}",
        finding.rule, finding.text.ja, finding.text.en
    )
}

/// Where in the file, in Japanese and English, with the sign that leads over to the reason; nothing where no place is meant.
fn place(finding: &ClaimsFinding) -> (String, String) {
    let (mut ja, mut en) = (Vec::new(), Vec::new());
    let mut add = |it: (String, String)| {
        ja.push(it.0);
        en.push(it.1);
    };
    if let Some(line) = finding.line {
        add((format!("{line}行目"), format!("line {line}")));
    }
    if let Some(claim) = finding.claim {
        add((format!("レセプト{claim}"), format!("claim {claim}")));
    }
    if let Some(record) = &finding.record {
        add((record.clone(), record.clone()));
    }
    if let Some(position) = finding.position {
        let (name_ja, name_en) = finding
            .field
            .as_ref()
            .map_or(("", ""), |it| (it.ja.as_str(), it.en.as_str()));
        add((
            format!("項目{position} {name_ja}").trim_end().to_owned(),
            format!("field {position} {name_en}").trim_end().to_owned(),
        ));
    }
    if !finding.days.is_empty() {
        let days: Vec<String> = finding.days.iter().map(ToString::to_string).collect();
        add((
            format!("{}日", days.join("・")),
            format!("days {}", days.join(", ")),
        ));
    }
    if ja.is_empty() {
        return (String::new(), String::new());
    }
    (
        format!("{}: ", ja.join("、")),
        format!("{}: ", en.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use api::problem::Text;

    use super::*;

    #[test]
    fn a_finding_is_told_with_place_reason_and_remedy() {
        let mut finding = ClaimsFinding {
            claim: Some(2),
            days: vec![3, 4],
            field: Some(Text::new("氏名", "name")),
            known: None,
            line: Some(7),
            position: Some(5),
            record: Some("RE".into()),
            rule: "some_rule".into(),
            severity: "claim".into(),
            text: Text::new("直してください。", "mend it"),
        };
        assert_eq!(
            text(&finding),
            "レセプトを受け付けられません / claim refused (some_rule)\n  \
             7行目、レセプト2、RE、項目5 氏名、3・4日: 直してください。\n  \
             line 7, claim 2, RE, field 5 name, days 3, 4: mend it"
        );
        finding = ClaimsFinding {
            claim: None,
            days: Vec::new(),
            line: None,
            position: None,
            record: None,
            severity: "file".into(),
            ..finding
        };
        assert_eq!(
            text(&finding),
            "ファイルを受け付けられません / file refused (some_rule)\n  直してください。\n  mend it"
        );
    }
}
