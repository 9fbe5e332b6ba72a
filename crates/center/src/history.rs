//! The history of a facility's checks (G15): search, and export as a file. Never reaches beyond the permit's facility.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use api::check::Origin;
use api::history::{Export, FileEncoding, History, HistoryEntry, Listing, Search};
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::account::AccountId;
use domain::audit::Deed;
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::identification::Method;
use domain::permit::{Permit, ReadHistory};
use exchange::encoding::Encoding;
use exchange::history_file::{HistoryFile, HistoryLine};
use store::checks::Line;

use crate::app::{App, Shared};
use crate::extract::{Body, Granted, Query, TokenHash, is_background};
use crate::sessions::{actor, event};
use crate::trouble::{Refused, absent, internal, stopped};

/// Lines of one page.
const PAGE: u32 = 50;

/// Lines of an exported file at most. More is refused by number, never cut.
pub(crate) const MOST_LINES: usize = 50_000;

/// An exported file's size at most, in bytes: the typed client reads no larger answer.
const MOST_BYTES: usize = 16 << 20;

/// Lines read at once while exporting.
const STEP: u32 = 1_000;

pub(crate) async fn search(
    State(app): State<App>,
    Granted(permit): Granted<ReadHistory>,
    token: TokenHash,
    headers: HeaderMap,
    body: Body<Search>,
) -> Result<Json<History>, Refused> {
    let by = (token, is_background(&headers));
    found(&app, &permit, by, body.value).await
}

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<ReadHistory>,
    token: TokenHash,
    headers: HeaderMap,
    query: Query<Listing>,
) -> Result<Json<History>, Refused> {
    let Query(days) = query;
    let empty = [&days.after, &days.from, &days.to];
    if empty.into_iter().flatten().any(String::is_empty) {
        return Err(Trouble::InvalidQuery.into());
    }
    let by = (token, is_background(&headers));
    found(&app, &permit, by, days.into()).await
}

async fn found(
    app: &App,
    permit: &Permit<ReadHistory>,
    (session, is_background): (TokenHash, bool),
    wanted: Search,
) -> Result<Json<History>, Refused> {
    let now = app.now();
    let mut search = read(wanted, now.date_in_japan())?;
    search.limit = PAGE + 1;
    let followed = Terms::of(session, &search);
    let (reader, allowed) = (app.clone(), permit.clone());
    // By name every check of the days is read: off the threads that answer checks.
    let lines = tokio::task::spawn_blocking(move || reader.engine.search_checks(&allowed, &search));
    let lines = lines.await.map_err(stopped("a search stopped"))??;
    let is_recorded = followed
        .as_ref()
        .is_some_and(|terms| app.followed.is_recorded(terms, now));
    if !(is_background && is_recorded) {
        let told = event(now, actor(permit.holder().clone()), Deed::HistorySearch);
        app.engine.record(told).await?;
        if let Some(terms) = followed {
            app.followed.recorded(terms, now);
        }
    }
    Ok(Json(page(lines)))
}

/// A search that a page which is open repeats by itself is recorded again after so long.
const RECORDED_AGAIN_S: i64 = 3_600;

/// Searches remembered at most; one that finds no room is recorded each time.
const MOST_FOLLOWED: usize = 4_096;

/// When which search was recorded last, of those that a page may repeat by itself at every check: a row more would cost every check a write, and
/// say nothing that the first does not.
#[derive(Default)]
pub(crate) struct Followed(Mutex<HashMap<Terms, Instant>>);

/// Whose search it is, and what it asks for.
#[derive(PartialEq, Eq, Hash)]
struct Terms {
    session: [u8; 32],
    from: Instant,
    until: Instant,
    verdict: Option<u8>,
    origin: Option<String>,
    account: Option<String>,
}

impl Terms {
    /// None of a search for a name or for a later page: no page repeats one, and each is recorded.
    fn of(TokenHash(session): TokenHash, search: &store::checks::Search) -> Option<Self> {
        let may_be_repeated = search.name.is_none() && search.after.is_none();
        may_be_repeated.then(|| Self {
            session,
            from: search.from,
            until: search.until,
            verdict: search.verdict,
            origin: search.origin.clone(),
            account: search.account.clone(),
        })
    }
}

impl Followed {
    fn is_recorded(&self, terms: &Terms, now: Instant) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(terms).is_some_and(|at| is_recent(*at, now))
    }

    fn recorded(&self, terms: Terms, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if MOST_FOLLOWED <= all.len() {
            all.retain(|_, at| is_recent(*at, now));
        }
        if all.len() < MOST_FOLLOWED {
            all.insert(terms, now);
        }
    }
}

fn is_recent(recorded: Instant, now: Instant) -> bool {
    (0..RECORDED_AGAIN_S).contains(&recorded.seconds_until(now))
}

pub(crate) async fn export(
    State(app): State<App>,
    Granted(permit): Granted<ReadHistory>,
    body: Body<Export>,
) -> Result<Response, Refused> {
    let now = app.now();
    let encoding = FileEncoding::parse(&body.value.encoding);
    let search = read(body.value.into_search(), now.date_in_japan());
    let (encoding, search) = match (encoding, search) {
        (Some(encoding), Ok(search)) => (encoding, search),
        (None, Ok(_)) => return Err(Refused::members(Trouble::InvalidInput, vec![no_encoding()])),
        (Some(_), Err(refused)) => return Err(refused),
        (None, Err(refused)) => return Err(refused.and(no_encoding())),
    };
    let _turn = app.exporting.acquire().await.map_err(|_| Trouble::Busy)?;
    let days = (
        search.from.date_in_japan(),
        search.until.plus_seconds(-1).date_in_japan(),
    );
    let (reader, allowed) = (app.clone(), permit.clone());
    // Reading takes a while for a long range: off the threads that answer checks.
    let written =
        tokio::task::spawn_blocking(move || write(&reader, &allowed, search, file_of(encoding)));
    let (bytes, lines) = written
        .await
        .map_err(stopped("the writing of a file stopped"))??;
    let mut told = event(now, actor(permit.holder().clone()), Deed::HistoryExport);
    told.detail = format!("lines={lines} encoding={}", encoding.as_str());
    app.engine.record(told).await?;
    let name = format!(
        "attachment; filename=\"onshi-checks-{}-{}.csv\"",
        days.0, days.1
    );
    let headers = [
        (header::CONTENT_TYPE, encoding.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

/// All lines of a search as a file, newest first, and how many there are.
fn write(
    app: &Shared,
    permit: &Permit<ReadHistory>,
    mut search: store::checks::Search,
    encoding: Encoding,
) -> Result<(Vec<u8>, usize), Refused> {
    let mut file = HistoryFile::new(encoding).map_err(internal("a line is not written"))?;
    let mut count = 0;
    search.limit = STEP;
    loop {
        let lines = app.engine.search_checks(permit, &search)?;
        count += lines.len();
        search.after = lines.last().map(|line| line.id);
        let last = lines.len() < STEP as usize;
        for line in lines {
            file.push(&file_line(line)?)
                .map_err(internal("a line is not written"))?;
        }
        if MOST_LINES < count || MOST_BYTES < file.size_bytes() {
            return Err(Refused::members(Trouble::InvalidInput, vec![too_many()]));
        }
        if last {
            return Ok((file.into_bytes(), count));
        }
    }
}

fn file_line(line: Line) -> Result<HistoryLine, Refused> {
    let origin =
        Origin::parse(&line.origin).ok_or_else(absent("the origin of a recorded check"))?;
    let origin = match origin {
        Origin::Page => "画面",
        Origin::Shell => "コマンド",
        Origin::File => "ファイル連携",
        Origin::WebApi => "WebAPI",
        Origin::Bulk => "一括照会",
        Origin::Disaster => "災害時",
        Origin::Outage => "システム障害時",
        Origin::Ambulance => "救急時",
        Origin::Home => "訪問・オンライン",
        Origin::Card => match line.method.as_deref().and_then(Method::parse) {
            Some(Method::Pin) => "マイナンバーカード（暗証番号）",
            Some(Method::Visual) => "マイナンバーカード（目視確認）",
            Some(Method::Face) => "マイナンバーカード（顔認証）",
            None => "マイナンバーカード",
        },
    };
    Ok(HistoryLine {
        at: line.at,
        visit_date: line.visit_date,
        verdict: Verdict::from_code(&line.verdict.to_string())
            .ok_or_else(absent("the verdict of a recorded check"))?,
        insurer: line.insurer,
        name: line.name,
        origin: origin.into(),
        account: line.account,
        check_id: uuid::Uuid::from_u128(line.id).to_string(),
    })
}

fn file_of(encoding: FileEncoding) -> Encoding {
    match encoding {
        FileEncoding::Utf8 => Encoding::Utf8,
        FileEncoding::Cp932 => Encoding::ShiftJis,
    }
}

/// A page of the lines found; one more than the page says that there are more.
fn page(mut lines: Vec<Line>) -> History {
    let more = (PAGE as usize) < lines.len();
    lines.truncate(PAGE as usize);
    let id = |id| uuid::Uuid::from_u128(id).to_string();
    let next = lines.last().filter(|_| more).map(|line| id(line.id));
    let checks = lines.into_iter().map(|line| HistoryEntry {
        account: line.account,
        at: line.at.to_string(),
        check_id: id(line.id),
        insurer_number: line.insurer,
        method: line.method,
        name: line.name,
        origin: line.origin,
        verdict: line.verdict,
        visit_date: line.visit_date.to_string(),
    });
    History {
        checks: checks.collect(),
        next,
    }
}

/// What is searched for, or every member that is wrong.
fn read(body: Search, today: CivilDate) -> Result<store::checks::Search, Refused> {
    let mut errors = Vec::new();
    let to = day(&mut errors, "to", body.to, today);
    let from = day(&mut errors, "from", body.from, to.plus_days(-30));
    if to < from {
        errors.push(MemberError::new(
            "to",
            "before_from",
            "終了日が開始日より前です。どちらかを直してください。",
            "The last day is before the first; correct one of them.",
        ));
    }
    let after = body.after.map(|id| uuid::Uuid::parse_str(&id));
    if matches!(after, Some(Err(_))) {
        errors.push(MemberError::new(
            "after",
            "form",
            "after には前のページの next をそのまま指定してください。",
            "Give the next of the page before as after.",
        ));
    }
    if body.verdict.is_some_and(|code| !(1..=6).contains(&code)) {
        errors.push(MemberError::new(
            "verdict",
            "unknown",
            "資格有効性は1から6の数字です。",
            "The verdict is a number from 1 to 6.",
        ));
    }
    if body
        .origin
        .as_deref()
        .is_some_and(|name| Origin::parse(name).is_none())
    {
        errors.push(MemberError::new(
            "origin",
            "unknown",
            "origin は page、shell、file、web_api、card、bulk、disaster、outage、ambulance、home のいずれかです。",
            "origin is page, shell, file, web_api, card, bulk, disaster, outage, ambulance or home.",
        ));
    }
    if body
        .account
        .as_deref()
        .is_some_and(|id| AccountId::parse(id).is_err())
    {
        errors.push(MemberError::new(
            "account",
            "form",
            "IDは半角英数字と . _ - の1〜32文字です。",
            "An ID is 1 to 32 letters, digits, '.', '_' or '-'.",
        ));
    }
    let name = body.name.filter(|name| !name.trim().is_empty());
    if name
        .as_deref()
        .is_some_and(|name| domain::personal_text::check(name, NAME_CHARS).is_err())
    {
        errors.push(MemberError::new(
            "name",
            "form",
            "氏名は100文字までで、制御文字は使えません。",
            "A name has up to 100 characters and no control characters.",
        ));
    }
    if !errors.is_empty() {
        return Err(Refused::members(Trouble::InvalidInput, errors));
    }
    Ok(store::checks::Search {
        from: Instant::start_of_day_in_japan(from),
        until: Instant::start_of_day_in_japan(to.plus_days(1)),
        name,
        verdict: body.verdict,
        origin: body.origin,
        account: body.account,
        after: after.and_then(Result::ok).map(|id| id.as_u128()),
        limit: PAGE,
    })
}

/// Characters of a name to search for.
const NAME_CHARS: usize = 100;

fn day(
    errors: &mut Vec<MemberError>,
    member: &str,
    text: Option<String>,
    default: CivilDate,
) -> CivilDate {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return default;
    };
    CivilDate::parse_iso(&text).unwrap_or_else(|_| {
        errors.push(MemberError::new(
            member,
            "form",
            "日付は「2026-11-23」の形で入力してください。",
            "Write the date like 2026-11-23.",
        ));
        default
    })
}

fn no_encoding() -> MemberError {
    MemberError::new(
        "encoding",
        "unknown",
        "文字コードは utf-8 か cp932 を指定してください。",
        "encoding is utf-8 or cp932.",
    )
}

fn too_many() -> MemberError {
    MemberError::new(
        "from",
        "too_many",
        "該当が50,000件（または16MiB）を超えるため、ファイルにできません。期間を短くするか、条件を加えてください。",
        "More than 50,000 checks (or 16 MiB) fit, so no file is made. Choose a shorter range or add a condition.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_is_repeated_is_recorded_once_an_hour_for_each_session_and_terms() {
        let now = Instant::from_micros(1_800_000_000_000_000);
        let terms = |session: u8, verdict| {
            let asked = Search {
                verdict,
                ..Search::default()
            };
            let search = read(asked, now.date_in_japan()).ok().unwrap();
            Terms::of(TokenHash([session; 32]), &search).unwrap()
        };
        let followed = Followed::default();
        assert!(!followed.is_recorded(&terms(1, None), now));
        followed.recorded(terms(1, None), now);
        assert!(followed.is_recorded(&terms(1, None), now.plus_seconds(3_599)));
        for (other, at) in [
            (terms(1, None), now.plus_seconds(3_600)),
            (terms(1, None), now.plus_seconds(-1)),
            (terms(1, Some(1)), now),
            (terms(2, None), now),
        ] {
            assert!(!followed.is_recorded(&other, at));
        }
    }
}
