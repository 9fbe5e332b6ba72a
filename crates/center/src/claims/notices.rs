//! What the claims entry tells a facility among its notices (G36): made of how things stand each time they are read, so that none is left over when
//! that changed. Names no person and no claim.

use std::collections::BTreeMap;

use api::posted_notice::Notice;
use domain::civil_date::{CivilDate, Instant};
use domain::claims::entry::{FilingState, Holder, SubmissionState};
use domain::claims::tenant::Tenant;
use domain::claims::window::State;
use domain::institution_code::InstitutionCode;
use domain::posted_notice::Importance;
use sha2::{Digest, Sha256};
use store::claims::filings::{Filing, PermittedTerminal};
use store::claims::openings::MadeOpening;
use store::claims::submissions::Submission;

use super::{accepted_until, openings, until_of_month_before, uploads};
use crate::app::Shared;
use crate::config::claims::Claims;
use crate::trouble::Refused;

/// So long before the end it is said that something is not accepted.
const CLOSES_SOON_S: i64 = 24 * 60 * 60;

/// Days for which a decision about a filing is told.
const DECISION_DAYS: i32 = 14;

/// Days for which it is told that a file is checked.
const RESULT_DAYS: i32 = 7;

/// Submissions looked at.
const MOST: u32 = 50;

/// The notices of a facility now. Who never made a filing does not use the entry and is told nothing.
pub(crate) fn of(
    app: &Shared,
    facility: InstitutionCode,
    now: Instant,
) -> Result<Vec<Notice>, Refused> {
    let filings = app.engine.filings_of(facility)?;
    if filings.is_empty() {
        return Ok(Vec::new());
    }
    let mut notices = Vec::new();
    let mut used = Vec::new();
    for tenant in Tenant::of_facility(facility) {
        let permitted = app.engine.claims_terminals(tenant, facility)?;
        let its = filings.iter().filter(|it| it.tenant == tenant);
        notices.extend(its.filter_map(|it| decided(it, &permitted, now)));
        if !permitted.is_empty() {
            notices.extend(of_tenant(app, (tenant, facility), now)?);
            used.push(tenant);
        }
    }
    let made = app.engine.claims_openings(now)?;
    let told = made.iter().filter(|it| {
        let is_of_use = match it.tenant {
            Some(tenant) => used.contains(&tenant),
            None => !used.is_empty(),
        };
        is_of_use && it.withdrawn.is_none()
    });
    notices.extend(told.map(opened));
    Ok(notices)
}

/// Of the submissions to a review body.
fn of_tenant(
    app: &Shared,
    (tenant, facility): (Tenant, InstitutionCode),
    now: Instant,
) -> Result<Vec<Notice>, Refused> {
    let Some(account) = app
        .engine
        .claims_accounts(Some(facility))?
        .into_iter()
        .next()
    else {
        return Ok(Vec::new());
    };
    // Of a holder tenant and facility bound what is read, not the account.
    let holder = Holder {
        tenant,
        facility,
        account: account.key.id,
        certificate: [0; 32],
    };
    let submissions = app.engine.submissions(&holder, None, MOST)?;
    let today = now.date_in_japan();
    let mut notices = Vec::new();
    let uploads = uploads::open(app, &holder)?;
    let mut left = Vec::new();
    for it in &submissions {
        if it.state == SubmissionState::Checked {
            let Some(until) = accepted_until(app, it, now)? else {
                notices.extend(too_late(it, today));
                continue;
            };
            left.push((it, until));
        }
        notices.extend(checked(it, today));
    }
    let open = openings(app, tenant, now)?;
    let settings = &app.claims.settings;
    for (is_correction, calendar) in [
        (false, &settings.submission.0),
        (true, &settings.correction.0),
    ] {
        let State::Open { last, .. } = calendar.state(&open, now) else {
            continue;
        };
        let mut by_end: BTreeMap<Instant, Waiting<'_>> = BTreeMap::new();
        for (it, until) in &left {
            if it.corrects.is_some() == is_correction {
                by_end.entry(*until).or_default().numbers.push(&it.number);
            }
        }
        let cut_off = uploads
            .iter()
            .filter(|it| it.corrects.is_some() == is_correction);
        let cut_off = cut_off.count();
        if 0 < cut_off {
            // In time that the month before left they may be its files.
            let of_before = until_of_month_before(app, tenant, calendar, now)?;
            let last = of_before.unwrap_or(last);
            by_end.entry(last).or_default().cut_off = cut_off;
        }
        let soon = by_end
            .iter()
            .filter(|(until, _)| now.seconds_until(**until) <= CLOSES_SOON_S);
        notices.extend(soon.map(|(until, waiting)| {
            let of = (tenant, is_correction);
            closes_soon(settings, of, waiting, *until)
        }));
    }
    Ok(notices)
}

/// What is not accepted yet.
#[derive(Default)]
struct Waiting<'a> {
    numbers: Vec<&'a str>,
    /// Files that did not become whole.
    cut_off: usize,
}

/// That the time is nearly over in which something is accepted.
fn closes_soon(
    settings: &Claims,
    (tenant, is_correction): (Tenant, bool),
    waiting: &Waiting<'_>,
    last: Instant,
) -> Notice {
    let what = if is_correction {
        "closes for corrections"
    } else {
        "closes"
    };
    let (numbers, cut_off) = (&waiting.numbers, waiting.cut_off);
    let at = last.to_minute_in_japan();
    let (name_ja, name_en) = tenant.label();
    let (after_ja, after_en) = if settings.accept_at_close {
        (
            "締切を過ぎると、エラーも要確認もないレセプトだけが自動で確定します。",
            "When it is over, only claims of which nothing was found are accepted by themselves.",
        )
    } else {
        (
            "確定しないまま締切を過ぎると、請求になりません。",
            "What is not accepted then is not claimed.",
        )
    };
    let (mut ja, mut en) = (
        format!("{name_ja}への請求の締切は {at} です。"),
        format!("{name_en} takes claims until {at}."),
    );
    if !numbers.is_empty() {
        let numbers = numbers.join(", ");
        ja.push_str(&format!("\n確定していない送信：{numbers}。{after_ja}"));
        en.push_str(&format!("\nNot accepted: {numbers}. {after_en}"));
    }
    if 0 < cut_off {
        ja.push_str(&format!("\n途中で切れた送信が {cut_off} 件あります。"));
        en.push_str(&format!("\nFiles that were cut off: {cut_off}."));
    }
    notice(
        (what, &last.as_micros().to_be_bytes(), Some(tenant)),
        Importance::Important,
        (
            "オンライン請求：締切の前に確定してください",
            "Claims entry: accept before the time is over",
        ),
        (ja, en),
        (last.plus_seconds(-CLOSES_SOON_S), last_day(last)),
    )
}

/// That a file is checked and waits for its sender.
fn checked(it: &Submission, today: CivilDate) -> Option<Notice> {
    let at = it.checked?;
    let until = at.date_in_japan().plus_days(RESULT_DAYS);
    let is_waiting = matches!(
        it.state,
        SubmissionState::Checked | SubmissionState::Refused
    );
    if !is_waiting || until < today {
        return None;
    }
    let number = &it.number;
    let (name_ja, name_en) = it.tenant.label();
    let (ja, en) = if it.state == SubmissionState::Refused {
        (
            format!(
                "{name_ja}に送ったファイル（受付番号 {number}）は、全体がエラーになりました。直して送り直してください。"
            ),
            format!(
                "The file sent to the {name_en} ({number}) is refused as a whole. Mend it and send it again."
            ),
        )
    } else {
        (
            format!(
                "{name_ja}に送ったファイル（受付番号 {number}）の点検が終わりました。結果を確かめて、確定してください。"
            ),
            format!(
                "The file sent to the {name_en} ({number}) is checked. Look at what was found, and accept it."
            ),
        )
    };
    Some(notice(
        ("checked", &it.id.to_be_bytes(), Some(it.tenant)),
        Importance::Ordinary,
        (
            "オンライン請求：点検の結果が出ました",
            "Claims entry: a file is checked",
        ),
        (ja, en),
        (at, until),
    ))
}

/// That a file can be accepted no more: until the month is over in which its claims may be sent again.
fn too_late(it: &Submission, today: CivilDate) -> Option<Notice> {
    let at = it.checked?;
    let day = it.sent.date_in_japan();
    let first = day.plus_days(1 - i32::from(day.day()));
    let until = first.plus_months(2).plus_days(-1);
    if until < today {
        return None;
    }
    let number = &it.number;
    let (name_ja, name_en) = it.tenant.label();
    Some(notice(
        ("too late", &it.id.to_be_bytes(), Some(it.tenant)),
        Importance::Important,
        (
            "オンライン請求：確定できる受付時間が終わりました",
            "Claims entry: the time to accept is over",
        ),
        (
            format!(
                "{name_ja}に送ったファイル（受付番号 {number}）は、確定しないまま受付時間が終わったため、請求になっていません。取り下げて、レセプトを次に送る請求ファイルに含めてください。"
            ),
            format!(
                "The file sent to the {name_en} ({number}) was not accepted in time, so nothing of it is claimed. Take it back, and put its claims into the next file."
            ),
        ),
        (at, until),
    ))
}

/// That a filing is decided. From when its PC may claim is what the PC is let in by: an earlier filing may have done so long before.
fn decided(it: &Filing, permitted: &[PermittedTerminal], now: Instant) -> Option<Notice> {
    let at = it.decided?;
    let until = at.date_in_japan().plus_days(DECISION_DAYS);
    if until < now.date_in_japan() {
        return None;
    }
    let (name_ja, name_en) = it.tenant.label();
    let terminal = &it.terminal;
    let is_accepted = it.state == FilingState::Accepted;
    let (importance, ja, en) = if is_accepted {
        let own = permitted.iter().find(|own| own.terminal == *terminal);
        let since = own.map(|own| own.since).filter(|since| now < *since);
        let (from_ja, from_en) = match since.map(Instant::date_in_japan) {
            Some(day) => (format!("{day} から、"), format!("from {day} on claims")),
            None => (String::new(), "claims".to_owned()),
        };
        (
            Importance::Ordinary,
            format!(
                "{name_ja}への届出が受理されました。{from_ja}端末「{terminal}」から請求できます。"
            ),
            format!(
                "The filing to the {name_en} is accepted: {from_en} may be sent from “{terminal}”."
            ),
        )
    } else {
        let reason = it.reason.as_deref().unwrap_or_default();
        (
            Importance::Important,
            format!(
                "{name_ja}への届出（端末「{terminal}」）は受理されませんでした。理由：{reason}"
            ),
            format!("The filing to the {name_en} about “{terminal}” is refused: {reason}"),
        )
    };
    let title = if is_accepted {
        (
            "オンライン請求：届出が受理されました",
            "Claims entry: a filing is accepted",
        )
    } else {
        (
            "オンライン請求：届出が受理されませんでした",
            "Claims entry: a filing is refused",
        )
    };
    Some(notice(
        ("decided", &it.id.to_be_bytes(), Some(it.tenant)),
        importance,
        title,
        (ja, en),
        (at, until),
    ))
}

/// That an operator opened more time.
fn opened(it: &MadeOpening) -> Notice {
    let from = it.opening.from().to_minute_in_japan();
    let until = it.opening.until().to_minute_in_japan();
    let reason = &it.reason;
    notice(
        ("opened", &it.id.to_be_bytes(), it.tenant),
        Importance::Important,
        ("オンライン請求：受付時間の延長", "Claims entry: more time"),
        (
            format!("{from} から {until} まで請求を受け付けます。\n理由：{reason}"),
            format!("Claims are taken from {from} to {until}.\nReason: {reason}"),
        ),
        (it.made, last_day(it.opening.until())),
    )
}

/// The last day with a moment before an instant.
fn last_day(until: Instant) -> CivilDate {
    until.plus_seconds(-1).date_in_japan()
}

/// The same thing has the same identifier each time it is told, so that it is read once. The title ends with the review body; all of them
/// without one.
fn notice(
    (what, id, tenant): (&str, &[u8], Option<Tenant>),
    importance: Importance,
    (title_ja, title_en): (&str, &str),
    (body_ja, body_en): (String, String),
    (posted, until): (Instant, CivilDate),
) -> Notice {
    let name = tenant.map_or_else(|| "all".to_owned(), |it| it.to_string());
    let all = || ("すべての請求先".to_owned(), "all review bodies".to_owned());
    let (of_ja, of_en) = tenant.map_or_else(all, Tenant::label);
    let mut hash = Sha256::new();
    for part in [what.as_bytes(), id, name.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let id = digest
        .iter()
        .take(16)
        .fold(0, |id, byte| id << 8 | u128::from(*byte));
    Notice {
        body_en: Some(body_en),
        body_ja,
        id: uuid::Uuid::from_u128(id).to_string(),
        importance: importance.as_str().into(),
        posted_at: posted.to_string(),
        title_en: Some(format!("{title_en} ({of_en})")),
        title_ja: format!("{title_ja}（{of_ja}）"),
        until: Some(until.to_string()),
    }
}
