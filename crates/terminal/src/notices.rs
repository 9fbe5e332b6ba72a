//! Notices of the operator kept on this terminal (お知らせ, G36), so that they are read while the center is out of reach; and who has read
//! which. Asks with the certificate alone; shows nothing of another facility.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::client::ClientError;
use api::client::lots::Lots;
use api::posted_notice::Notice;
use domain::back_off::turn;
use domain::civil_date::{CivilDate, Instant};
use serde::{Deserialize, Serialize};

use crate::serve::App;

/// Names of the files in the data folder.
const NOTICES_FILE: &str = "notices.json";
const READ_FILE: &str = "notices-read.json";

/// The center is asked this often.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// Somebody who opens the main screen has it asked again when the last answer is older.
const FRESH_S: i64 = 60;

/// What the center said last to one facility.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Kept {
    fetched_micros: i64,
    notices: Vec<Notice>,
}

/// Accounts' marks: facility and account, then the identifiers they have read.
type Marks = BTreeMap<String, BTreeSet<String>>;

/// The notices of this terminal's facilities.
pub(crate) struct Notices {
    data_dir: PathBuf,
    state: Mutex<(BTreeMap<String, Kept>, Marks)>,
    asking: tokio::sync::Semaphore,
}

/// What a facility reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    /// The notices, the newest first.
    pub(crate) notices: Vec<Notice>,
    /// When the center last said so; `None` when it never did.
    pub(crate) fetched: Option<Instant>,
}

/// How many notices somebody has not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Unread {
    /// All of them.
    pub(crate) all: usize,
    /// The important ones among them.
    pub(crate) important: usize,
}

impl Notices {
    /// Those kept in a data folder. A damaged file is told of in the log and asked for anew.
    pub(crate) fn open(data_dir: &Path) -> Self {
        let state = (
            kept(&data_dir.join(NOTICES_FILE)),
            kept(&data_dir.join(READ_FILE)),
        );
        Self {
            data_dir: data_dir.to_owned(),
            state: Mutex::new(state),
            asking: tokio::sync::Semaphore::new(1),
        }
    }

    /// What a facility reads on a day: what is over since it was fetched is left out.
    pub(crate) fn of(&self, facility: &str, today: CivilDate) -> Read {
        let state = self.lock();
        let Some(kept) = state.0.get(facility) else {
            return Read::default();
        };
        let mut notices = kept.notices.clone();
        notices.retain(|it| !is_over(it, today));
        Read {
            notices,
            fetched: Some(Instant::from_micros(kept.fetched_micros)),
        }
    }

    /// Whether an account has read a notice.
    pub(crate) fn has_read(&self, facility: &str, account: &str, id: &str) -> bool {
        let state = self.lock();
        let marks = state.1.get(&owner(facility, account));
        marks.is_some_and(|marks| marks.contains(id))
    }

    /// What an account has not read.
    pub(crate) fn unread(&self, facility: &str, account: &str, today: CivilDate) -> Vec<Notice> {
        let mut notices = self.of(facility, today).notices;
        notices.retain(|it| !self.has_read(facility, account, &it.id));
        notices
    }

    /// Notes that an account has read a notice. When it cannot be written it is forgotten at the next start, no more.
    pub(crate) fn mark(&self, facility: &str, account: &str, id: &str) {
        let bytes = {
            let mut state = self.lock();
            let known: BTreeSet<String> = state
                .0
                .values()
                .flat_map(|kept| kept.notices.iter().map(|it| it.id.clone()))
                .collect();
            let marks = state.1.entry(owner(facility, account)).or_default();
            marks.insert(id.to_owned());
            // What is not shown any more needs no mark.
            marks.retain(|it| known.contains(it));
            serde_json::to_vec(&state.1)
        };
        self.write(READ_FILE, bytes);
    }

    fn hear(&self, facility: &str, notices: Vec<Notice>, now: Instant) {
        let bytes = {
            let mut state = self.lock();
            let kept = Kept {
                fetched_micros: now.as_micros(),
                notices,
            };
            state.0.insert(facility.to_owned(), kept);
            serde_json::to_vec(&state.0)
        };
        self.write(NOTICES_FILE, bytes);
    }

    fn write(&self, name: &str, bytes: serde_json::Result<Vec<u8>>) {
        let file = self.data_dir.join(name);
        let written = bytes.map_err(|error| error.to_string()).and_then(|bytes| {
            pki::sealed::write_private(&file, &bytes).map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            tracing::warn!(
                error,
                "{name} cannot be written; it is kept until the next start"
            );
        }
    }

    fn is_fresh(&self, facility: &str, now: Instant) -> bool {
        let state = self.lock();
        let fetched = state.0.get(facility).map(|it| it.fetched_micros);
        fetched.is_some_and(|at| now < Instant::from_micros(at).plus_seconds(FRESH_S))
    }

    fn lock(&self) -> MutexGuard<'_, (BTreeMap<String, Kept>, Marks)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unread {
    /// Counts them.
    pub(crate) fn count(notices: &[Notice]) -> Self {
        Self {
            all: notices.len(),
            important: notices.iter().filter(|it| is_important(it)).count(),
        }
    }
}

/// Whether a notice is shown on the main screen until it is read.
pub(crate) fn is_important(notice: &Notice) -> bool {
    notice.importance == "important"
}

fn is_over(notice: &Notice, today: CivilDate) -> bool {
    let until = notice.until.as_deref().map(CivilDate::parse_iso);
    until.is_some_and(|until| until.is_ok_and(|until| until < today))
}

fn owner(facility: &str, account: &str) -> String {
    format!("{facility}/{account}")
}

fn kept<T: Default + serde::de::DeserializeOwned>(file: &Path) -> T {
    let Ok(bytes) = std::fs::read(file) else {
        return T::default();
    };
    serde_json::from_slice(&bytes).unwrap_or_else(|_| {
        tracing::warn!(file = %file.display(), "a file of notices is damaged; the center is asked anew");
        T::default()
    })
}

/// Asks now and then for as long as the terminal runs.
pub(crate) async fn keep(app: App) {
    let lots = Lots::default();
    loop {
        for facility in facilities(&app) {
            if let Err(error) = ask(&app, &facility).await {
                tracing::debug!(error = %error, "the center was not asked for notices");
            }
        }
        // A country of terminals must not ask in one moment.
        tokio::time::sleep(turn(EVERY, lots.draw())).await;
    }
}

/// Has the center asked behind the page that is being shown, when its last answer is not fresh.
pub(crate) fn freshen(app: &App, facility: &str) {
    if app.notices.is_fresh(facility, app.now()) {
        return;
    }
    let (app, facility) = (app.clone(), facility.to_owned());
    tokio::spawn(async move {
        // One at a time: a center that does not answer collects no crowd.
        let Ok(_turn) = app.notices.asking.try_acquire() else {
            return;
        };
        let _ = ask(&app, &facility).await;
    });
}

/// Asks the center now, with the certificate of a facility.
pub(crate) async fn ask(app: &App, facility: &str) -> Result<(), ClientError> {
    let own = app.certificates.all().into_iter();
    let mut own = own.filter(|it| it.holder.facility.to_string() == facility);
    let Some(client) = own.next().map(|it| it.client.clone()) else {
        return Ok(());
    };
    let answer = client.notices().await?;
    app.notices.hear(facility, answer.notices, app.now());
    Ok(())
}

/// The facilities of this terminal's certificates.
pub(crate) fn facilities(app: &App) -> BTreeSet<String> {
    let holders = app.certificates.all();
    holders
        .iter()
        .map(|it| it.holder.facility.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(id: &str, importance: &str, until: Option<&str>) -> Notice {
        Notice {
            body_en: None,
            body_ja: "本文".into(),
            id: id.into(),
            importance: importance.into(),
            posted_at: "2026-11-26T00:00:00.000000Z".into(),
            title_en: None,
            title_ja: "題".into(),
            until: until.map(str::to_owned),
        }
    }

    fn day(text: &str) -> CivilDate {
        CivilDate::parse_iso(text).unwrap()
    }

    #[test]
    fn notices_and_marks_outlive_a_restart_and_what_is_over_is_left_out_without_the_center() {
        let dir = tempfile::tempdir().unwrap();
        let notices = Notices::open(dir.path());
        let now = Instant::from_micros(1_000_000);
        let two = vec![
            notice("a", "important", None),
            notice("b", "ordinary", Some("2026-11-30")),
        ];
        notices.hear("1319999999", two, now);
        notices.mark("1319999999", "uketsuke", "a");
        let again = Notices::open(dir.path());
        let unread = |account: &str, today: &str| {
            Unread::count(&again.unread("1319999999", account, day(today)))
        };
        assert_eq!(
            unread("uketsuke", "2026-11-30"),
            Unread {
                all: 1,
                important: 0
            }
        );
        assert_eq!(
            unread("kanri", "2026-11-30"),
            Unread {
                all: 2,
                important: 1
            }
        );
        assert_eq!(
            unread("kanri", "2026-12-01"),
            Unread {
                all: 1,
                important: 1
            }
        );
        let read = again.of("1319999999", day("2026-12-01"));
        assert_eq!((read.notices.len(), read.fetched), (1, Some(now)));
        assert!(again.of("3410712362", day("2026-12-01")).notices.is_empty());
    }

    #[test]
    fn a_damaged_file_is_as_none_and_a_taken_back_notice_loses_its_mark() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(NOTICES_FILE), "{").unwrap();
        let notices = Notices::open(dir.path());
        assert!(
            notices
                .of("1319999999", day("2026-12-01"))
                .fetched
                .is_none()
        );
        let now = Instant::from_micros(0);
        notices.hear("1319999999", vec![notice("a", "ordinary", None)], now);
        notices.mark("1319999999", "uketsuke", "a");
        notices.hear("1319999999", vec![notice("b", "ordinary", None)], now);
        notices.mark("1319999999", "uketsuke", "b");
        assert!(!notices.has_read("1319999999", "uketsuke", "a"));
        assert!(notices.has_read("1319999999", "uketsuke", "b"));
    }
}
