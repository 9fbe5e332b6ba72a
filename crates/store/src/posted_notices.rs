//! Notices to facilities (お知らせ): posted and taken back by the operator, read by those they reach. Deletes none.

use domain::audit::Event;
use domain::civil_date::{CivilDate, Instant};
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::posted_notice::{
    Audience, Importance, MOST_IN_FORCE, PostedNotice, Prefecture, Wording,
};

use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, Row, params};

/// What became of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// It is on the disk.
    Done,
    /// As many as may be are in force: nothing was done.
    TooMany,
}

impl Engine {
    /// All notices, the newest first, those taken back or over among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn posted_notices(&self) -> Result<Vec<PostedNotice>, StoreError> {
        self.read(all)
    }

    /// The notices a facility reads now, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn notices_for(
        &self,
        facility: InstitutionCode,
        kind: FacilityKind,
        now: Instant,
    ) -> Result<Vec<PostedNotice>, StoreError> {
        let mut notices = self.posted_notices()?;
        notices.retain(|it| it.is_in_force(now) && it.audience.reaches(facility, kind));
        Ok(notices)
    }

    /// Posts a notice; its event is recorded with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn post_notice(
        &self,
        notice: PostedNotice,
        event: Event,
    ) -> Result<Posted, StoreError> {
        self.write(move |connection, batch| {
            let in_force = all(connection)?
                .iter()
                .filter(|it| it.is_in_force(notice.posted))
                .count();
            if MOST_IN_FORCE <= in_force {
                return Ok(Posted::TooMany);
            }
            let english = notice.english.as_ref();
            connection
                .prepare_cached(
                    "INSERT INTO posted_notice VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,NULL)",
                )?
                .execute(params![
                    notice.id.to_be_bytes(),
                    notice.importance.as_str(),
                    joined(
                        notice
                            .audience
                            .kinds
                            .iter()
                            .map(|it| it.as_str().to_owned())
                    ),
                    joined(
                        notice
                            .audience
                            .prefectures
                            .iter()
                            .map(|it| it.number().to_string())
                    ),
                    joined(notice.audience.facilities.iter().map(ToString::to_string)),
                    notice.japanese.title(),
                    notice.japanese.body(),
                    english.map(Wording::title),
                    english.map(Wording::body),
                    notice.posted.as_micros(),
                    notice.until.map(|it| it.to_string()),
                ])?;
            batch.append(connection, &event, None)?;
            Ok(Posted::Done)
        })
        .await
    }

    /// Takes a notice back; its event is recorded with it. False when there is none of this identifier that is not taken back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw_notice(&self, id: u128, event: Event) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let text =
                "UPDATE posted_notice SET withdrawn = ?2 WHERE id = ?1 AND withdrawn IS NULL";
            let count = connection
                .prepare_cached(text)?
                .execute(params![id.to_be_bytes(), event.at.as_micros()])?;
            if count == 0 {
                return Ok(false);
            }
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

fn all(connection: &Connection) -> Result<Vec<PostedNotice>, StoreError> {
    let text = "SELECT * FROM posted_notice ORDER BY posted DESC, id DESC";
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query([])?;
    let mut notices = Vec::new();
    while let Some(row) = rows.next()? {
        notices.push(notice(&row)?);
    }
    Ok(notices)
}

fn notice(row: &Row<'_>) -> Result<PostedNotice, StoreError> {
    let unreadable = || StoreError::Row("posted_notice");
    let text = |column: &str| row.get::<_, String>(column);
    let wording = |title: &str, body: &str| Wording::parse(title, body).map_err(|_| unreadable());
    let (kinds, prefectures, facilities) =
        (text("kinds")?, text("prefectures")?, text("facilities")?);
    let kinds: Option<Vec<FacilityKind>> =
        kinds.split_whitespace().map(FacilityKind::parse).collect();
    let prefectures: Option<Vec<Prefecture>> = prefectures
        .split_whitespace()
        .map(Prefecture::parse)
        .collect();
    let facilities: Option<Vec<InstitutionCode>> = facilities
        .split_whitespace()
        .map(|it| InstitutionCode::parse(it).ok())
        .collect();
    let title_en: Option<String> = row.get("title_en")?;
    let body_en: Option<String> = row.get("body_en")?;
    let english = title_en.zip(body_en);
    let until: Option<String> = row.get("until")?;
    let until = until.map(|it| CivilDate::parse_iso(&it)).transpose();
    let withdrawn: Option<i64> = row.get("withdrawn")?;
    Ok(PostedNotice {
        id: u128::from_be_bytes(row.get("id")?),
        importance: Importance::parse(&text("importance")?).ok_or_else(unreadable)?,
        audience: Audience {
            kinds: kinds.ok_or_else(unreadable)?,
            prefectures: prefectures.ok_or_else(unreadable)?,
            facilities: facilities.ok_or_else(unreadable)?,
        },
        japanese: wording(&text("title_ja")?, &text("body_ja")?)?,
        english: english
            .map(|(title, body)| wording(&title, &body))
            .transpose()?,
        posted: Instant::from_micros(row.get("posted")?),
        until: until.map_err(|_| unreadable())?,
        withdrawn: withdrawn.map(Instant::from_micros),
    })
}
