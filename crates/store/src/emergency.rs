//! Emergency windows (緊急時の開放) and what is done under them. Windows are read from their steps; a step is never changed.

pub mod openings;
pub mod reports;
pub mod searches;

use domain::audit::{Actor, Deed as AuditDeed, Event};
use domain::civil_date::Instant;
use domain::emergency::window::{
    Change, Deed, District, EmergencyWindow, Places, Planned, Reach, RefusedStep, WindowKind,
};
use domain::institution_code::InstitutionCode;
use domain::posted_notice::Prefecture;

use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::operators::given;
use crate::sql::{Connection, Row, params};

/// A step an operator takes with a window that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Approve what waits. What operators were given to sign in with after this instant is in the hand of whoever gave it.
    Approve(Instant),
    /// Give it a later end, with as many operators as openings need.
    Extend(Instant, domain::emergency::window::Operators),
    /// End it now.
    Close,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stepped {
    /// It is on the disk.
    Done(Box<EmergencyWindow>),
    /// There is no such window.
    Unknown,
    /// The window takes no such step.
    Refused(RefusedStep),
}

impl Engine {
    /// All windows, the newest first, those that are over among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn emergency_windows(&self) -> Result<Vec<EmergencyWindow>, StoreError> {
        self.read(windows)
    }

    /// Keeps a window that was opened, with its event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_window(
        &self,
        window: EmergencyWindow,
        event: Event,
    ) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
            keep_whole(connection, &window)?;
            batch.append(connection, &event, None)
        })
        .await
    }

    /// Takes a step with a window, with its event; a window that closes ends what was opened under it in the same transaction. The
    /// event's actor is the operator.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn step_window(
        &self,
        id: u128,
        step: Step,
        event: Event,
    ) -> Result<Stepped, StoreError> {
        self.write(move |connection, batch| take(connection, batch, (id, step), &event))
            .await
    }
}

fn take(
    connection: &Connection,
    batch: &mut Batch,
    (id, step): (u128, Step),
    event: &Event,
) -> Result<Stepped, StoreError> {
    let known = windows(connection)?;
    let Some(window) = known.into_iter().find(|it| it.planned.id == id) else {
        return Ok(Stepped::Unknown);
    };
    let Actor::Operator(operator) = &event.actor else {
        return Err(StoreError::Row("emergency_window"));
    };
    let (before, now) = (window.changes().len(), event.at);
    let taken = match step {
        Step::Approve(after) => window.approve(operator, &given::since(connection, after)?, now),
        Step::Extend(until, operators) => window.extend(until, operator, now, operators),
        Step::Close => window.close(operator, now),
    };
    let window = match taken {
        Ok(window) => window,
        Err(why) => {
            // Whoever tries to be two people is on record.
            if let RefusedStep::OnePerson(_) = why {
                let refused = Event {
                    deed: AuditDeed::EmergencyRefused,
                    detail: format!("{} code=one_person", event.detail),
                    ..event.clone()
                };
                batch.append(connection, &refused, None)?;
            }
            return Ok(Stepped::Refused(why));
        }
    };
    keep(connection, &window, before)?;
    if step == Step::Close {
        openings::end_with(connection, id, now)?;
    }
    batch.append(connection, event, None)?;
    Ok(Stepped::Done(Box::new(window)))
}

/// Keeps a window with all its steps.
pub(crate) fn keep_whole(
    connection: &Connection,
    window: &EmergencyWindow,
) -> Result<(), StoreError> {
    insert(connection, &window.planned)?;
    keep(connection, window, 0)
}

fn insert(connection: &Connection, planned: &Planned) -> Result<(), StoreError> {
    let none = Places::default();
    let (everywhere, places) = match &planned.reach {
        Reach::Everywhere => (true, &none),
        Reach::Within(places) => (false, places),
    };
    let prefectures = places.prefectures.iter().map(|it| it.number().to_string());
    connection
        .prepare_cached("INSERT INTO emergency_window VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            planned.id.to_be_bytes(),
            planned.kind.as_str(),
            everywhere,
            joined(prefectures),
            joined(places.districts.iter().map(ToString::to_string)),
            joined(places.facilities.iter().map(ToString::to_string)),
            planned.reason,
            planned.from.as_micros()
        ])?;
    Ok(())
}

/// Keeps the steps from a place on.
fn keep(connection: &Connection, window: &EmergencyWindow, from: usize) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO emergency_window_change VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (place, change) in window.changes().iter().enumerate().skip(from) {
        statement.execute(params![
            window.planned.id.to_be_bytes(),
            place,
            change.at.as_micros(),
            change.operator,
            change.deed.as_str(),
            change.until.map(Instant::as_micros),
            change.waits
        ])?;
    }
    Ok(())
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

/// All windows, the newest first.
pub(crate) fn windows(connection: &Connection) -> Result<Vec<EmergencyWindow>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM emergency_window ORDER BY id DESC")?;
    let mut steps = connection.prepare_cached(
        "SELECT * FROM emergency_window_change WHERE window_id = ?1 ORDER BY place",
    )?;
    let mut rows = statement.query([])?;
    let mut windows = Vec::new();
    while let Some(row) = rows.next()? {
        let planned = planned(&row)?;
        let mut changes = Vec::new();
        let mut kept = steps.query([planned.id.to_be_bytes()])?;
        while let Some(row) = kept.next()? {
            changes.push(change(&row)?);
        }
        windows.push(EmergencyWindow::kept(planned, changes));
    }
    Ok(windows)
}

fn planned(row: &Row<'_>) -> Result<Planned, StoreError> {
    let unreadable = || StoreError::Row("emergency_window");
    let (kind, everywhere): (String, bool) = (row.get("kind")?, row.get("is_everywhere")?);
    let reach = if everywhere {
        Reach::Everywhere
    } else {
        Reach::Within(Places {
            prefectures: list(row, "prefectures", Prefecture::parse)?,
            districts: list(row, "districts", District::parse)?,
            facilities: list(row, "facilities", |it| InstitutionCode::parse(it).ok())?,
        })
    };
    Ok(Planned {
        id: u128::from_be_bytes(row.get("id")?),
        kind: WindowKind::parse(&kind).ok_or_else(unreadable)?,
        reach,
        reason: row.get("reason")?,
        from: Instant::from_micros(row.get("begins")?),
    })
}

fn list<T, L: FromIterator<T>>(
    row: &Row<'_>,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<L, StoreError> {
    let text: String = row.get(column)?;
    let parts: Option<L> = text.split_whitespace().map(parse).collect();
    parts.ok_or(StoreError::Row("emergency_window"))
}

fn change(row: &Row<'_>) -> Result<Change, StoreError> {
    let deed: String = row.get("deed")?;
    let until: Option<i64> = row.get("until")?;
    Ok(Change {
        at: Instant::from_micros(row.get("at")?),
        operator: row.get("operator")?,
        deed: Deed::parse(&deed).ok_or(StoreError::Row("emergency_window_change"))?,
        until: until.map(Instant::from_micros),
        waits: row.get("waits")?,
    })
}
