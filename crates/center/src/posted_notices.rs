//! Notices to facilities (お知らせ, G36): posted, listed and taken back by the operator, read with the certificate alone (contracts §2), beside
//! those the claims entry makes of how things stand. Asks nobody who has read what: terminals keep that.

use api::posted_notice::{Notice, Notices};
use axum::Json;
use axum::extract::State;
use domain::audit::{Actor, Deed};
use domain::civil_date::{CivilDate, Instant};
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::posted_notice::{
    Audience, Importance, InvalidWording, MOST_IN_FORCE, PostedNotice, Prefecture, Wording,
};
use serde::{Deserialize, Serialize};
use store::posted_notices::Posted;

use crate::app::{App, random};
use crate::extract::Peer;
use crate::told::Told;
use crate::trouble::Refused;

/// A notice as the operator writes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewNotice {
    /// Title in Japanese.
    pub title: String,
    /// Text in Japanese.
    pub body: String,
    /// Title and text in English.
    #[serde(default)]
    pub english: Option<(String, String)>,
    /// Whether it is shown on the main screen until it is read.
    #[serde(default)]
    pub important: bool,
    /// Kinds of facilities it reaches; all when empty.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Prefectures it reaches, by number; all when empty.
    #[serde(default)]
    pub prefectures: Vec<String>,
    /// Institution codes it reaches; all when empty.
    #[serde(default)]
    pub facilities: Vec<String>,
    /// The last day, in Japan, on which it is shown.
    #[serde(default)]
    pub until: Option<String>,
}

/// A notice as the operator sees it in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NoticeLine {
    /// Identifier.
    pub id: String,
    /// When it was posted.
    pub posted_at: String,
    /// Title in Japanese.
    pub title: String,
    /// `ordinary` or `important`.
    pub importance: String,
    /// `in_force`, `over` or `withdrawn`.
    pub state: String,
    /// Kinds of facilities it reaches; all when empty.
    pub kinds: Vec<String>,
    /// Prefectures.
    pub prefectures: Vec<String>,
    /// Institution codes.
    pub facilities: Vec<String>,
    /// The last day on which it is shown.
    pub until: Option<String>,
}

pub(crate) async fn read(
    State(app): State<App>,
    Peer(holder): Peer,
) -> Result<Json<Notices>, Refused> {
    let found = app.engine.facility(holder.facility)?;
    let by_code = || FacilityKind::of_fee_table_digit(holder.facility.fee_table_digit());
    let Some(kind) = found.map(|it| it.kind).or_else(by_code) else {
        return Ok(Json(Notices::default()));
    };
    let now = app.now();
    let found = app.engine.notices_for(holder.facility, kind, now)?;
    let mut notices: Vec<Notice> = found.iter().map(Notice::from).collect();
    let of_claims = crate::claims::notices::of(&app, holder.facility, now)?;
    if !of_claims.is_empty() {
        notices.extend(of_claims);
        notices.sort_by(|a, b| b.posted_at.cmp(&a.posted_at));
    }
    Ok(Json(Notices { notices }))
}

/// Posts a notice and returns its identifier.
pub(crate) async fn post(app: &App, new: NewNotice, by: Actor) -> Result<String, Told> {
    let now = app.now();
    let japanese = Wording::parse(&new.title, &new.body)
        .map_err(|error| refused_wording(error, ["title", "body"]))?;
    let english = new
        .english
        .map(|(title, body)| Wording::parse(&title, &body))
        .transpose();
    let english = english.map_err(|error| refused_wording(error, ["title_en", "body_en"]))?;
    let until = new.until.as_deref().map(|text| last_day(text, now));
    let notice = PostedNotice {
        id: app.check_ids.next(now, random()?),
        importance: if new.important {
            Importance::Important
        } else {
            Importance::Ordinary
        },
        audience: audience(app, &new.kinds, &new.prefectures, &new.facilities)?,
        japanese,
        english,
        posted: now,
        until: until.transpose()?,
        withdrawn: None,
    };
    let id = notice.id;
    let mut event = crate::sessions::event(now, by, Deed::NoticePost);
    event.subject = Some(id);
    match app.engine.post_notice(notice, event).await? {
        Posted::Done => Ok(uuid::Uuid::from_u128(id).to_string()),
        Posted::TooMany => Err(Told::of(
            "",
            "too_many",
            format!(
                "掲載中のお知らせが{MOST_IN_FORCE}件あります。先にどれかを取り下げてください。"
            ),
            format!("{MOST_IN_FORCE} notices are in force; withdraw some first"),
        )),
    }
}

/// What is wrong with a wording, at its title or at its text.
fn refused_wording(error: InvalidWording, [title, body]: [&'static str; 2]) -> Told {
    let (member, ja) = match error {
        InvalidWording::EmptyTitle => (title, "題が空です。"),
        InvalidWording::EmptyBody => (body, "本文が空です。"),
        InvalidWording::LongTitle => (title, "題は100文字までです。"),
        InvalidWording::LongBody => (body, "本文は10000文字までです。"),
        InvalidWording::ControlCharacter => {
            (body, "制御文字があります。本文では改行だけが使えます。")
        }
    };
    Told::of(member, "form", ja, error.to_string())
}

fn last_day(text: &str, now: Instant) -> Result<CivilDate, Told> {
    let day = CivilDate::parse_iso(text).map_err(|error| {
        Told::of(
            "until",
            "form",
            format!("{text}: 2026-12-31 のように指定してください。"),
            format!("{text}: {error}; write a day such as 2026-12-31"),
        )
    })?;
    if day < now.date_in_japan() {
        return Err(Told::of(
            "until",
            "over",
            format!("{text} は過ぎています。だれにも表示されません。"),
            format!("{text} is over; nobody would see the notice"),
        ));
    }
    Ok(day)
}

fn audience(
    app: &App,
    kinds: &[String],
    prefectures: &[String],
    facilities: &[String],
) -> Result<Audience, Told> {
    let mut audience = Audience::default();
    for text in kinds {
        let kind = FacilityKind::parse(text);
        let wrong = || {
            Told::of(
                "kind",
                "unknown",
                format!(
                    "{text}: medical, dental, pharmacy, home_nursing のどれかを指定してください。"
                ),
                format!("{text}: one of medical, dental, pharmacy, home_nursing"),
            )
        };
        audience.kinds.push(kind.ok_or_else(wrong)?);
    }
    for text in prefectures {
        let prefecture = Prefecture::parse(text);
        let wrong = || {
            Told::of(
                "prefecture",
                "unknown",
                format!("{text}: 01から47の番号を指定してください。"),
                format!("{text}: a number from 01 to 47"),
            )
        };
        audience.prefectures.push(prefecture.ok_or_else(wrong)?);
    }
    for text in facilities {
        let code = InstitutionCode::parse(text).map_err(|error| {
            Told::of(
                "facility",
                "form",
                format!("{text}: 10桁の医療機関コードを指定してください。"),
                format!("{text}: {error}"),
            )
        })?;
        // A code that was mistyped would reach nobody, and nobody would notice.
        if app.engine.facility(code)?.is_none() {
            return Err(Told::of(
                "facility",
                "not_enrolled",
                format!("{text} は登録されていません。コードを確かめてください。"),
                format!("{text} is not enrolled here"),
            ));
        }
        audience.facilities.push(code);
    }
    Ok(audience)
}

/// All notices, the newest first.
pub(crate) fn list(app: &App) -> Result<Vec<NoticeLine>, Told> {
    let notices = app.engine.posted_notices()?;
    let now = app.now();
    Ok(notices.iter().map(|it| line(it, now)).collect())
}

fn line(it: &PostedNotice, now: Instant) -> NoticeLine {
    let state = match (it.withdrawn, it.is_in_force(now)) {
        (Some(_), _) => "withdrawn",
        (None, true) => "in_force",
        (None, false) => "over",
    };
    let audience = &it.audience;
    let prefectures = audience.prefectures.iter();
    NoticeLine {
        id: uuid::Uuid::from_u128(it.id).to_string(),
        posted_at: it.posted.to_string(),
        title: it.japanese.title().to_owned(),
        importance: it.importance.as_str().to_owned(),
        state: state.to_owned(),
        kinds: audience
            .kinds
            .iter()
            .map(|kind| kind.as_str().to_owned())
            .collect(),
        prefectures: prefectures
            .map(|it| format!("{:02}", it.number()))
            .collect(),
        facilities: audience
            .facilities
            .iter()
            .map(ToString::to_string)
            .collect(),
        until: it.until.map(|day| day.to_string()),
    }
}

/// Takes a notice back; terminals drop it when they next ask.
pub(crate) async fn withdraw(app: &App, id: &str, by: Actor) -> Result<(), Told> {
    let id = uuid::Uuid::parse_str(id).map_err(|_| {
        Told::of(
            "id",
            "form",
            format!(
                "{id} は識別子ではありません。運用者の画面の「お知らせ」か、onshi notice list で確かめてください。"
            ),
            format!(
                "{id} is no identifier; see the page \"Notices\" or onshi notice list"
            ),
        )
    })?;
    let mut event = crate::sessions::event(app.now(), by, Deed::NoticeWithdraw);
    event.subject = Some(id.as_u128());
    if app.engine.withdraw_notice(id.as_u128(), event).await? {
        Ok(())
    } else {
        Err(none_in_force())
    }
}

/// No notice of an identifier can be withdrawn.
pub(crate) fn none_in_force() -> Told {
    Told::none(
        "id",
        "この id の掲載中のお知らせはありません。運用者の画面の「お知らせ」か、onshi notice list で確かめてください。",
        "no notice of this id is in force; see the page \"Notices\" or onshi notice list",
    )
}
