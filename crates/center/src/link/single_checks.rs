//! `OQSsiquc01`: one eligibility by card data, by the same code and into the same log as `/v1/checks`. The interface's answer is made of
//! the recorded one, so that a repetition under its key is answered alike.

use api::check::{Answer as Recorded, CheckRequest, answered, asked};
use domain::civil_date::{CivilDate, Instant};
use domain::permit::AskByNumber;
use exchange::answer::Answer;
use exchange::answer::coverage::Shown;
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::tables::single_check::Request;

use super::{Asking, Stop, must};
use crate::checks::{self, Question};
use crate::trouble::{internal, unreadable};

pub(super) async fn answer(asking: &Asking<'_>, message: &Request) -> Result<Answer, Stop> {
    let permit = asking.right::<AskByNumber>().await?;
    let request = members(asking, message)?;
    let today = asking.now.date_in_japan();
    let asked = asked::read(&request, today).map_err(|errors| {
        let text = errors.first().map_or("", |error| error.text.ja.as_str());
        ErrorCode::Refused.about(text)
    })?;
    let question = Question {
        asked,
        bytes: asking.bytes.clone(),
        key: crate::repeats::key(asking.headers)?,
    };
    let bytes = checks::check(asking.app, &permit, question).await?;
    let recorded: Recorded =
        serde_json::from_slice(&bytes).map_err(unreadable("an answer of our own"))?;
    let (verdict, coverages) =
        answered::read(&recorded).map_err(internal("an answer of our own"))?;
    let at = Instant::parse(&recorded.as_of).map_err(internal("an answer of our own"))?;
    let shown: Vec<Shown<'_>> = coverages
        .iter()
        .map(|it| Shown {
            person: &it.person,
            coverage: &it.coverage,
            reference_number: it.reference_number.as_deref(),
        })
        .collect();
    let mut answer = Answer::checked(message, verdict, &shown, at);
    if let Answer::SingleCheck(told) = &mut answer {
        let remarks = recorded.messages.iter().map(|it| it.text.ja.as_str());
        let remarks: Vec<&str> = remarks.collect();
        told.body.message = (!remarks.is_empty()).then(|| remarks.join(" "));
    }
    Ok(answer)
}

/// The message's values as `/v1/checks` takes them; the first that is missing or no value of its kind is told.
fn members(asking: &Asking<'_>, message: &Request) -> Result<CheckRequest, Unanswerable> {
    let (header, info) = (&message.header, &message.body.search_info);
    let visit_date = date(header.confirmation_date.as_deref(), "資格確認日")?;
    asking.of_own_facility(header.institution_code.as_deref())?;
    let insurer_number = must(info.insurer_number.as_deref(), "保険者番号")?;
    let number = must(info.number.as_deref(), "被保険者証番号")?;
    let birth_date = date(info.birth_date.as_deref(), "生年月日")?;
    let flag = "限度額適用認定証提供同意フラグ";
    let ceiling_consent = match must(info.ceiling_consent.as_deref(), flag)? {
        "0" => false,
        "1" => true,
        _ => return Err(ErrorCode::UnknownCode.about(flag)),
    };
    Ok(CheckRequest {
        birth_date: birth_date.to_string(),
        branch: info.branch.clone(),
        ceiling_consent,
        insurer_number: insurer_number.into(),
        number: number.into(),
        origin: Some(asking.origin().as_str().into()),
        symbol: info.symbol.clone(),
        visit_date: Some(visit_date.to_string()),
    })
}

fn date(value: Option<&str>, item: &str) -> Result<CivilDate, Unanswerable> {
    CivilDate::parse_compact(must(value, item)?).map_err(|_| ErrorCode::NotADate.about(item))
}
