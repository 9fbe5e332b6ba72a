//! One round: finish what a crash left, take what lies in `req`, ask, publish, deliver. Every file is answered exactly once, and
//! none holds up another.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::client::machine::{MachineAccount, MachineError};
use api::client::{Client, ClientError};
use domain::civil_date::Instant;
use exchange::encoding::Encoding;
use exchange::file_name::RequestName;
use exchange::message::Message;
use exchange::single_check::{MOST_BYTES, Request};
use pki::sealed::SealError;
use store::engine::StoreError;
use store::journal::{Entry, Journal, State};

use crate::asking::Asking;
use crate::config::AnswerEncoding;
use crate::deliveries::Deliveries;
use crate::folders::{Folders, move_durably, names, read_at_most, touch, write_durably};
use crate::hearing::Hearing;
use crate::leftovers;
use crate::session::Session;

/// A file that is not whole, or cannot be read, is given this long from its last growth.
const SETTLE_S: i64 = 10;

/// Between publishing a result and touching it (contracts §11).
pub(crate) const TOUCH_AFTER: Duration = Duration::from_millis(20);

/// Forgotten results are looked for this often.
const LEFTOVERS_EVERY_S: i64 = 60;

/// The journal remembers finished files this long.
const REMEMBERED_S: i64 = 90 * 86_400;

/// What a gateway works with.
pub struct Setup {
    /// The watched folders.
    pub folders: Vec<Folders>,
    /// The journal.
    pub journal: Journal,
    /// The center.
    pub client: Client,
    /// The facility's institution code.
    pub facility: String,
    /// The link-app account.
    pub account: MachineAccount,
    /// Reads the time.
    pub clock: Arc<dyn Fn() -> Instant + Send + Sync>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({:?}, …)", self.folders)
    }
}

/// Why a round could not go on. What was taken stays in the work folder and is answered later.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// A folder or file.
    #[error(
        "folder {folder}: {error}; its files wait; look at space and rights of req, res, face and work"
    )]
    File {
        /// The folder pair's name.
        folder: String,
        /// What the file system said.
        error: std::io::Error,
    },
    /// The settings name a folder pair no more whose files are under way.
    #[error(
        "folder {0}: files of it are under way, and the settings hold it no more; set it up again until they are answered"
    )]
    NoFolder(String),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] StoreError),
    /// The center does not answer, or not now.
    #[error("requests wait: {0}")]
    Center(ClientError),
    /// The sealed password of the account.
    #[error("requests wait: {0}")]
    Secret(SealError),
    /// The sign-in was refused a moment ago.
    #[error("requests wait: the link app's sign-in was refused; look at account and secret_file")]
    SignIn,
}

impl From<MachineError> for RoundError {
    fn from(error: MachineError) -> Self {
        match error {
            MachineError::Center(error) => Self::Center(error),
            MachineError::Secret(error) => Self::Secret(error),
        }
    }
}

impl RoundError {
    /// True when every other question would fail alike.
    fn concerns_all_questions(&self) -> bool {
        matches!(
            self,
            Self::Center(ClientError::Connection(_)) | Self::SignIn | Self::Secret(_)
        )
    }
}

/// The link app.
#[derive(Debug)]
pub struct Gateway {
    folders: Vec<Folders>,
    journal: Journal,
    asking: Asking,
    deliveries: Deliveries,
    clock: Clock,
    /// Files in request folders that are not taken yet.
    waiting: HashMap<PathBuf, Waiting>,
    looked_for_leftovers: Option<Instant>,
}

#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    pub(crate) fn now(&self) -> Instant {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// A file that lies in a request folder and is not taken.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// Its size when it was last seen to grow.
    size_bytes: usize,
    /// When that was.
    since: Instant,
    /// Whether the log tells of it.
    told: bool,
}

impl Gateway {
    /// A gateway over opened folders.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let session = Arc::new(Session::new(setup.client, setup.facility, setup.account));
        let clock = Clock(setup.clock);
        Self {
            folders: setup.folders,
            deliveries: Deliveries {
                session: Arc::clone(&session),
                journal: setup.journal.clone(),
                clock: clock.clone(),
            },
            journal: setup.journal,
            asking: Asking(session),
            clock,
            waiting: HashMap::new(),
            looked_for_leftovers: None,
        }
    }

    /// What listens beside the rounds: for results of readers that go into folders, and for the change of the account's password.
    #[must_use]
    pub fn hearing(&self) -> Hearing {
        let takes = |it: &&Folders| it.face.is_some();
        let folders: Vec<String> = self
            .folders
            .iter()
            .filter(takes)
            .map(|it| it.name.clone())
            .collect();
        let Deliveries {
            session,
            journal,
            clock,
        } = self.deliveries.clone();
        Hearing::new(session, journal, clock, folders)
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Runs one round over all folders; returns how many files were finished.
    ///
    /// # Errors
    /// The first [`RoundError`]; files it does not concern are finished all the same, and the next round goes on.
    pub async fn round(&mut self) -> Result<usize, RoundError> {
        let mut stuck = None;
        for folders in self.folders.clone() {
            keep_first(&mut stuck, self.claim(&folders).await);
        }
        let mut done = 0;
        let mut no_questions = false;
        for entry in self.journal.unfinished()? {
            let known = self.folders.iter().find(|it| it.name == entry.folder);
            let Some(folders) = known.cloned() else {
                keep_first(&mut stuck, Err(RoundError::NoFolder(entry.folder)));
                continue;
            };
            match self.finish(&folders, entry, no_questions).await {
                Ok(finished) => done += usize::from(finished),
                Err(error) => {
                    no_questions |= error.concerns_all_questions();
                    keep_first(&mut stuck, Err(error));
                }
            }
        }
        for delivery in self.journal.undelivered()? {
            match self
                .deliveries
                .finish(&self.folders, delivery, no_questions)
                .await
            {
                Ok(finished) => done += usize::from(finished),
                Err(error) => {
                    no_questions |= error.concerns_all_questions();
                    keep_first(&mut stuck, Err(error));
                }
            }
        }
        keep_first(&mut stuck, self.look_for_leftovers().await);
        stuck.map_or(Ok(done), Err)
    }

    /// Takes every complete request out of `req`, and into the journal what a crash left between the two steps.
    async fn claim(&mut self, folders: &Folders) -> Result<(), RoundError> {
        let mut stuck = None;
        let found = names(&folders.req).map_err(|error| failed(folders, error))?;
        for name in &found {
            keep_first(&mut stuck, self.claim_one(folders, name));
        }
        // What is gone from the folder waits no more.
        self.waiting.retain(|path, _| {
            let name = path.file_name().map(|name| name.to_string_lossy());
            path.parent() != Some(&folders.req)
                || name.is_some_and(|name| found.iter().any(|it| *it == name))
        });
        for name in names(&folders.work).map_err(|error| failed(folders, error))? {
            let Some((id, request)) = read_work_name(&name) else {
                continue;
            };
            match self.journal.state(id)? {
                None => {
                    self.note(folders, id, request.as_str(), State::Claimed)
                        .await?;
                }
                // Answered; a crash came before the request itself was thrown away.
                Some(State::Done) => {
                    let removed = std::fs::remove_file(folders.work.join(&name));
                    keep_first(&mut stuck, removed.map_err(|error| failed(folders, error)));
                }
                Some(State::Claimed | State::Ready) => {}
            }
        }
        stuck.map_or(Ok(()), Err)
    }

    fn claim_one(&mut self, folders: &Folders, name: &str) -> Result<(), RoundError> {
        let path = folders.req.join(name);
        // The others wait for the way of all messages to the center.
        let single = |it: &RequestName| it.message() == Message::SingleCheck;
        let Some(request) = RequestName::parse(name).filter(single) else {
            if !is_passing(name) {
                self.wait(
                    folders,
                    &path,
                    0,
                    "is no request this version answers and is left alone",
                );
            }
            return Ok(());
        };
        if name.contains(char::REPLACEMENT_CHARACTER) {
            self.wait(
                folders,
                &path,
                0,
                "has a name that is no UTF-8 and is left alone",
            );
            return Ok(());
        }
        let bytes = match read_at_most(&path, MOST_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(_) => {
                self.wait(
                    folders,
                    &path,
                    0,
                    "cannot be read and waits; look at its rights and who holds it",
                );
                return Ok(());
            }
        };
        let unfinished = Request::parse(&bytes).is_err_and(|rejected| rejected.reason.may_pass());
        if unfinished
            && self.wait(
                folders,
                &path,
                bytes.len(),
                "is not whole and is rejected now",
            ) == Settled::NotYet
        {
            return Ok(());
        }
        let id = uuid::Uuid::now_v7().as_u128();
        let moved = move_durably(&path, &folders.work.join(work_name(id, request.as_str())));
        moved.map_err(|error| failed(folders, error))
    }

    /// Lets a file wait from its last growth on, and tells of it once when it has waited long enough.
    fn wait(&mut self, folders: &Folders, path: &Path, size_bytes: usize, what: &str) -> Settled {
        let now = self.now();
        let waiting = self.waiting.entry(path.to_owned()).or_insert(Waiting {
            size_bytes,
            since: now,
            told: false,
        });
        if waiting.size_bytes != size_bytes {
            (waiting.size_bytes, waiting.since) = (size_bytes, now);
        }
        if waiting.since.seconds_until(now) < SETTLE_S {
            return Settled::NotYet;
        }
        if !waiting.told {
            waiting.told = true;
            // Not its name: receipt computers put patients' numbers into it.
            tracing::warn!(folder = %folders.name, "a file in req {what}");
        }
        Settled::Yes
    }

    async fn note(
        &self,
        folders: &Folders,
        id: u128,
        name: &str,
        state: State,
    ) -> Result<(), StoreError> {
        let entry = Entry {
            id,
            folder: folders.name.clone(),
            name: name.to_owned(),
            state,
        };
        self.journal.write(entry, self.now()).await
    }

    /// Brings one file to its end from wherever it stands; false when it needs a question and none may be asked now.
    async fn finish(
        &mut self,
        folders: &Folders,
        entry: Entry,
        no_questions: bool,
    ) -> Result<bool, RoundError> {
        let Some(name) = RequestName::parse(&entry.name) else {
            return Ok(false);
        };
        let taken = folders.work.join(work_name(entry.id, name.as_str()));
        let (result, rejection) = (
            folders.work.join(part(entry.id, "res")),
            folders.work.join(part(entry.id, "err")),
        );
        let file = |error| failed(folders, error);
        if entry.state == State::Claimed {
            let bytes = read_at_most(&taken, MOST_BYTES).map_err(file)?;
            match Request::parse(&bytes) {
                Ok(_) if no_questions => return Ok(false),
                Ok(request) => {
                    let encoding = encoding_of_answer(folders.encoding, &request);
                    let now = self.now();
                    let answer = self
                        .asking
                        .answer(&request, entry.id, encoding, now)
                        .await?;
                    write_durably(&result, &answer).map_err(file)?;
                }
                Err(rejected) => {
                    tracing::warn!(folder = %folders.name, reason = %rejected.reason, "a request file was rejected");
                    write_durably(&rejection, rejected.text().as_bytes()).map_err(file)?;
                }
            }
            self.note(folders, entry.id, name.as_str(), State::Ready)
                .await?;
        }
        // What lies finished in the work folder was not published; what is absent was. A rejected request goes back to
        // the receipt computer as the last step, so an absent one was rejected.
        let rejected =
            read_at_most(&taken, MOST_BYTES).map_or(true, |bytes| Request::parse(&bytes).is_err());
        let published = if rejected {
            move_if_there(&rejection, &folders.res.join(name.rejection())).map_err(file)?;
            move_if_there(&taken, &folders.res.join(name.as_str())).map_err(file)?;
            folders.res.join(name.rejection())
        } else {
            move_if_there(&result, &folders.res.join(name.result())).map_err(file)?;
            folders.res.join(name.result())
        };
        tokio::time::sleep(TOUCH_AFTER).await;
        touch(&published, leftovers::in_system_time(self.now()));
        self.note(folders, entry.id, name.as_str(), State::Done)
            .await?;
        if taken.exists() {
            std::fs::remove_file(&taken).map_err(file)?;
        }
        Ok(true)
    }

    /// Once a minute: results that nobody takes, and journal rows that nobody needs.
    async fn look_for_leftovers(&mut self) -> Result<(), RoundError> {
        let now = self.now();
        let looked = self.looked_for_leftovers;
        if looked.is_some_and(|looked| looked.seconds_until(now) < LEFTOVERS_EVERY_S) {
            return Ok(());
        }
        self.looked_for_leftovers = Some(now);
        for folders in &self.folders {
            let count = leftovers::look(folders, &self.journal, now)?;
            if 0 < count {
                tracing::warn!(folder = %folders.name, count, treatment = ?folders.forgotten, "results were not taken in time");
            }
        }
        self.journal
            .forget_done(now.plus_seconds(-REMEMBERED_S))
            .await?;
        Ok(())
    }
}

/// Whether a waiting file had its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Yes,
    NotYet,
}

fn keep_first(stuck: &mut Option<RoundError>, outcome: Result<(), RoundError>) {
    if let (None, Err(error)) = (&stuck, outcome) {
        *stuck = Some(error);
    }
}

fn encoding_of_answer(setting: AnswerEncoding, request: &Request) -> Encoding {
    match setting {
        AnswerEncoding::Utf8 => Encoding::Utf8,
        AnswerEncoding::ShiftJis => Encoding::ShiftJis,
        AnswerEncoding::Request => request.encoding,
    }
}

/// True for names writers use until a file is whole: they will be renamed.
fn is_passing(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with(['.', '~']) || lower.ends_with(".tmp") || lower.ends_with(".part")
}

pub(crate) fn move_if_there(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.exists() {
        move_durably(from, to)
    } else {
        Ok(())
    }
}

pub(crate) fn failed(folders: &Folders, error: std::io::Error) -> RoundError {
    RoundError::File {
        folder: folders.name.clone(),
        error,
    }
}

/// A request in the work folder: its identifier and its name, so that a crash before the journal's row loses neither.
fn work_name(id: u128, name: &str) -> String {
    format!("{id:032x}.{name}")
}

pub(crate) fn part(id: u128, kind: &str) -> String {
    format!("{id:032x}.{kind}")
}

fn read_work_name(name: &str) -> Option<(u128, RequestName)> {
    let (id, request) = name.split_once('.')?;
    Some((
        u128::from_str_radix(id, 16).ok()?,
        RequestName::parse(request)?,
    ))
}
