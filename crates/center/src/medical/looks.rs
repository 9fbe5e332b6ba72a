//! `/v1/medical/looks`: who of the facility looked at medical information (G27), for its administrators; every search and export is on record.
//! It goes through the facility's own looks alone, so that it tells of nobody else whether they exist.

use api::history::FileEncoding;
use api::medical::looks::{
    LookEntry, LookUnder, LookedAt, Looks, LooksExport, LooksSearch, LooksWish, next,
};
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::audit::Deed;
use domain::civil_date::{CivilDate, Instant};
use domain::medical_aid::TreatmentMonth;
use domain::permit::{Permit, ReadLooks};
use domain::person::PersonId;
use exchange::encoding::Encoding;
use exchange::look_file;
use store::engine::StoreError;
use store::looks::search::{LookSearch, LooksFound, Named, Place, Placed};
use uuid::Uuid;

use crate::app::{App, Shared};
use crate::extract::{Body, Granted};
use crate::sessions::{actor, event};
use crate::trouble::{Refused, internal, stopped};

/// Looks of one page.
const PAGE: u32 = 50;

/// Looks of an exported file at most. More is refused, never cut.
const MOST_LINES: usize = 50_000;

/// An exported file's size at most, in bytes: the typed client reads no larger answer.
const MOST_BYTES: usize = 16 << 20;

/// Looks read at once while exporting.
const STEP: u32 = 1_000;

/// Days before the last one where no first one is given.
const DAYS: i32 = 30;

pub(crate) async fn search(
    State(app): State<App>,
    Granted(permit): Granted<ReadLooks>,
    body: Body<LooksSearch>,
) -> Result<Json<Looks>, Refused> {
    let read = body.value.read();
    let wish = read.map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    let search = LookSearch {
        limit: PAGE,
        ..wanted(&app, &permit, &wish)?
    };
    let (reader, allowed, sought) = (app.clone(), permit.clone(), search.clone());
    // Comparing names takes a while: off the threads that answer checks.
    let found = tokio::task::spawn_blocking(move || reader.engine.looks(&allowed, &sought));
    let found = found.await.map_err(stopped("a search stopped"))??;
    let count = found.looks.len();
    record(&app, &permit, &search, &format!("how=search found={count}")).await?;
    Ok(Json(told(&found)))
}

pub(crate) async fn export(
    State(app): State<App>,
    Granted(permit): Granted<ReadLooks>,
    body: Body<LooksExport>,
) -> Result<Response, Refused> {
    let (encoding, wish) = match (body.value.encoding(), body.value.search.read()) {
        (Some(encoding), Ok(wish)) => (encoding, wish),
        (encoding, wish) => {
            let mut errors = wish.err().unwrap_or_default();
            errors.extend(encoding.is_none().then(no_encoding));
            return Err(Refused::members(Trouble::InvalidInput, errors));
        }
    };
    let search = LookSearch {
        after: None,
        limit: STEP,
        ..wanted(&app, &permit, &wish)?
    };
    let _turn = app.exporting.acquire().await.map_err(|_| Trouble::Busy)?;
    let (reader, allowed, sought) = (app.clone(), permit.clone(), search.clone());
    let written =
        tokio::task::spawn_blocking(move || write(&reader, &allowed, sought, file_of(encoding)));
    let (bytes, lines) = written
        .await
        .map_err(stopped("the writing of a file stopped"))??;
    let how = format!("how=export lines={lines} encoding={}", encoding.as_str());
    record(&app, &permit, &search, &how).await?;
    let day = app.now().date_in_japan();
    let name = format!("attachment; filename=\"onshi-looks-{day}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, encoding.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

/// All looks of a search as a file, the newest first, and how many there are.
fn write(
    app: &Shared,
    permit: &Permit<ReadLooks>,
    mut search: LookSearch,
    encoding: Encoding,
) -> Result<(Vec<u8>, usize), Refused> {
    let mut file = look_file::start(encoding).map_err(internal("a line is not written"))?;
    let mut count = 0;
    loop {
        let found = app.engine.looks(permit, &search)?;
        count += found.looks.len();
        for it in &found.looks {
            let id = Uuid::from_u128(it.look.id).to_string();
            let pushed = look_file::push(&mut file, &it.look, &id, it.patient.as_ref());
            pushed.map_err(internal("a line is not written"))?;
        }
        if MOST_LINES < count || MOST_BYTES < file.size_bytes() {
            return Err(Refused::members(Trouble::InvalidInput, vec![too_many()]));
        }
        let Some(next) = found.next else {
            return Ok((file.into_bytes(), count));
        };
        search.after = Some(next);
    }
}

/// What is sought; whoever is named and not found is nobody, and so are their looks.
fn wanted(
    app: &App,
    permit: &Permit<ReadLooks>,
    wish: &LooksWish,
) -> Result<LookSearch, StoreError> {
    let until = wish.until.unwrap_or_else(|| app.now().date_in_japan());
    let from = wish.from.unwrap_or_else(|| until.plus_days(-DAYS));
    let named = Named {
        reference: wish.patient.id,
        number: wish.patient.reference_number.clone(),
        insured: wish.patient.insured.clone(),
    };
    Ok(LookSearch {
        from: Some(Instant::start_of_day_in_japan(from)),
        until: Some(after(until)),
        account: wish.account.clone(),
        people: app.engine.named_in_search(permit, &named)?,
        name: wish.patient.name.clone(),
        birth_date: wish.patient.birth_date,
        basis: wish.basis,
        only_emergencies: wish.emergencies,
        after: wish.after.map(|(at, seq)| Place {
            at: Instant::from_micros(at),
            seq,
        }),
        limit: PAGE,
    })
}

fn after(day: CivilDate) -> Instant {
    Instant::start_of_day_in_japan(day.plus_days(1))
}

/// Puts the search on record: by what was searched, and never for whom but where it was one known person.
async fn record(
    app: &App,
    permit: &Permit<ReadLooks>,
    search: &LookSearch,
    how: &str,
) -> Result<(), Refused> {
    let by = [
        ("account", search.account.is_some()),
        ("patient", search.people.is_some()),
        ("name", search.name.is_some()),
        ("birth_date", search.birth_date.is_some()),
        ("basis", search.basis.is_some() || search.only_emergencies),
    ];
    let by: Vec<&str> = by.iter().filter(|it| it.1).map(|it| it.0).collect();
    let mut searched = event(app.now(), actor(permit.holder().clone()), Deed::LookSearch);
    searched.subject = match search.people.as_deref() {
        Some([one]) => Some(PersonId::as_u128(*one)),
        Some(_) | None => None,
    };
    searched.detail = format!("{how} by={}", by.join(","));
    Ok(app.engine.record(searched).await?)
}

fn told(found: &LooksFound) -> Looks {
    Looks {
        looks: found.looks.iter().map(entry).collect(),
        next: found.next.map(|it| next(it.at.as_micros(), it.seq)),
    }
}

fn entry(it: &Placed) -> LookEntry {
    let look = &it.look;
    let uuid = |id: u128| Uuid::from_u128(id).to_string();
    LookEntry {
        account: look.account.as_str().into(),
        account_kind: look.account_kind.as_str().into(),
        at: look.at.to_string(),
        emergency: look.is_emergency(),
        from: look.months.from.map(TreatmentMonth::to_iso),
        id: uuid(look.id),
        patient: it.patient.as_ref().map(|it| LookedAt {
            birth_date: it.birth_date.to_string(),
            kana: it.kana.as_ref().map(|kana| kana.as_str().to_owned()),
            name: it.name.as_str().to_owned(),
        }),
        purpose: look.purpose.as_str().into(),
        under: look
            .under
            .iter()
            .map(|it| LookUnder {
                basis: it.basis.as_str().into(),
                kind: it.kind.as_str().into(),
                reference: uuid(it.reference),
            })
            .collect(),
        until: look.months.until.map(TreatmentMonth::to_iso),
        way: look.way.as_str().into(),
    }
}

fn file_of(encoding: FileEncoding) -> Encoding {
    match encoding {
        FileEncoding::Utf8 => Encoding::Utf8,
        FileEncoding::Cp932 => Encoding::ShiftJis,
    }
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
        "More than 50,000 looks (or 16 MiB) fit, so no file is made. Choose a shorter range or add a condition.",
    )
}
