//! One round: finish what a crash left, take what lies in `req`, ask, publish. Every file is answered exactly once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use api::check::CheckRequest;
use api::check::answered;
use api::client::{Client, ClientError};
use api::problem::{Problem, Trouble};
use api::session::SignIn;
use domain::civil_date::Instant;
use exchange::file_name::RequestName;
use exchange::rejected::{Reason, Rejected};
use exchange::single_check::answer::{Shown, write, write_unanswerable};
use exchange::single_check::{Request, Unanswerable};
use store::engine::StoreError;
use store::journal::{Entry, Journal, State};

use crate::folders::{Folders, move_durably, touch, write_durably};

/// A file that ends in the middle is given this long to be finished.
const SETTLE_S: i64 = 10;

/// After a refused sign-in the next one waits this long, so that the account is not locked by us.
const SIGN_IN_PAUSE_S: i64 = 300;

/// Between publishing a result and touching it (contracts §11).
const TOUCH_AFTER: Duration = Duration::from_millis(20);

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
    /// Link-app account.
    pub account: String,
    /// Its password.
    pub password: String,
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
    #[error("folder {folder}: {error}")]
    File {
        /// The folder pair's name.
        folder: String,
        /// What the file system said.
        error: std::io::Error,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] StoreError),
    /// The center does not answer, or not now.
    #[error("requests wait: {0}")]
    Center(ClientError),
    /// The sign-in was refused a moment ago.
    #[error("requests wait: the link app's sign-in was refused; look at account and secret_file")]
    SignIn,
}

/// The link app.
#[derive(Debug)]
pub struct Gateway {
    setup: Setup,
    token: Option<String>,
    sign_in_from: Option<Instant>,
    /// Files that ended in the middle, and since when.
    unfinished: HashMap<PathBuf, Instant>,
}

impl Gateway {
    /// A gateway over opened folders.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            token: None,
            sign_in_from: None,
            unfinished: HashMap::new(),
        }
    }

    /// Runs one round over all folders; returns how many files were finished.
    ///
    /// # Errors
    /// [`RoundError`]; the next round goes on where this one stopped.
    pub async fn round(&mut self) -> Result<usize, RoundError> {
        let mut done = 0;
        let mut stuck = None;
        for folders in self.setup.folders.clone() {
            self.claim(&folders).await?;
        }
        for entry in self.setup.journal.unfinished()? {
            let Some(folders) = self
                .setup
                .folders
                .iter()
                .find(|it| it.name == entry.folder)
                .cloned()
            else {
                tracing::error!(folder = %entry.folder, "the journal holds files of a folder that is not set up any more");
                continue;
            };
            match self.finish(&folders, entry).await {
                Ok(()) => done += 1,
                // Without a center or a session the others would wait as well.
                Err(
                    error @ (RoundError::Center(ClientError::Connection(_)) | RoundError::SignIn),
                ) => {
                    return Err(error);
                }
                // One file that cannot go on holds up no other.
                Err(error) => stuck = stuck.or(Some(error)),
            }
        }
        stuck.map_or(Ok(done), Err)
    }

    /// Takes every complete request out of `req`, and into the journal what a crash left between the two steps.
    async fn claim(&mut self, folders: &Folders) -> Result<(), RoundError> {
        let now = (self.setup.clock)();
        for name in names(folders, &folders.req)? {
            let Some(request) = RequestName::parse(&name) else {
                continue;
            };
            let path = folders.req.join(&name);
            // Gone or not readable yet: the next round sees.
            let Ok(bytes) = std::fs::read(&path) else {
                continue;
            };
            let incomplete = matches!(
                Request::parse(&bytes),
                Err(Rejected {
                    reason: Reason::Incomplete,
                    ..
                })
            );
            let since = *self.unfinished.entry(path.clone()).or_insert(now);
            if incomplete && since.seconds_until(now) < SETTLE_S {
                continue;
            }
            self.unfinished.remove(&path);
            let id = uuid::Uuid::now_v7().as_u128();
            let moved = move_durably(&path, &folders.work.join(work_name(id, request.as_str())));
            moved.map_err(|error| failed(folders, error))?;
        }
        for name in names(folders, &folders.work)? {
            let Some((id, request)) = read_work_name(&name) else {
                continue;
            };
            match self.setup.journal.state(id)? {
                None => {
                    self.note(folders, id, request.as_str(), State::Claimed)
                        .await?;
                }
                // Answered; a crash came before the request itself was thrown away.
                Some(State::Done) => std::fs::remove_file(folders.work.join(&name))
                    .map_err(|error| failed(folders, error))?,
                Some(State::Claimed | State::Ready) => {}
            }
        }
        Ok(())
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
        self.setup.journal.write(entry, (self.setup.clock)()).await
    }

    /// Brings one file to its end from wherever it stands.
    async fn finish(&mut self, folders: &Folders, entry: Entry) -> Result<(), RoundError> {
        let Some(name) = RequestName::parse(&entry.name) else {
            return Ok(());
        };
        let taken = folders.work.join(work_name(entry.id, name.as_str()));
        let (result, rejection) = (
            folders.work.join(part(entry.id, "res")),
            folders.work.join(part(entry.id, "err")),
        );
        let file = |error| failed(folders, error);
        if entry.state == State::Claimed {
            let bytes = std::fs::read(&taken).map_err(file)?;
            match Request::parse(&bytes) {
                Ok(request) => {
                    let answer = self.answer(&request, entry.id).await?;
                    write_durably(&result, answer.as_bytes()).map_err(file)?;
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
        let rejected = std::fs::read(&taken).map_or(true, |bytes| Request::parse(&bytes).is_err());
        let published = if rejected {
            move_if_there(&rejection, &folders.res.join(name.rejection())).map_err(file)?;
            move_if_there(&taken, &folders.res.join(name.as_str())).map_err(file)?;
            folders.res.join(name.rejection())
        } else {
            move_if_there(&result, &folders.res.join(name.result())).map_err(file)?;
            folders.res.join(name.result())
        };
        tokio::time::sleep(TOUCH_AFTER).await;
        touch(
            &published,
            SystemTime::UNIX_EPOCH
                + Duration::from_micros(
                    u64::try_from((self.setup.clock)().as_micros()).unwrap_or_default(),
                ),
        );
        self.note(folders, entry.id, name.as_str(), State::Done)
            .await?;
        if taken.exists() {
            std::fs::remove_file(&taken).map_err(file)?;
        }
        Ok(())
    }

    /// The answer's text; asks the center under the file's own key, so that a repetition brings the same.
    async fn answer(&mut self, request: &Request, id: u128) -> Result<String, RoundError> {
        let now = (self.setup.clock)();
        let asked = match request.asked(&self.setup.facility) {
            Ok(asked) => asked,
            Err(why) => return Ok(write_unanswerable(request, &why, now)),
        };
        let body = CheckRequest {
            birth_date: asked.birth_date.to_string(),
            branch: asked.branch,
            ceiling_consent: asked.ceiling_consent,
            insurer_number: asked.insurer_number,
            number: asked.number,
            origin: Some("file".into()),
            symbol: asked.symbol,
            visit_date: Some(asked.visit_date.to_string()),
        };
        let key = uuid::Uuid::from_u128(id).to_string();
        let answer = match self.ask(&key, &body).await {
            Ok(answer) => answer,
            Err(RoundError::Center(ClientError::Problem(problem)))
                if problem.code == Trouble::InvalidInput.code() =>
            {
                return Ok(write_unanswerable(request, &unanswerable(&problem), now));
            }
            Err(other) => return Err(other),
        };
        let (verdict, read) =
            answered::read(&answer).map_err(|_| RoundError::Center(ClientError::Answer))?;
        let shown: Vec<Shown<'_>> = read
            .iter()
            .map(|it| Shown {
                person: &it.person,
                coverage: &it.coverage,
                reference_number: it.reference_number.as_deref(),
            })
            .collect();
        Ok(write(request, verdict, &shown, now))
    }

    async fn ask(
        &mut self,
        key: &str,
        body: &CheckRequest,
    ) -> Result<api::check::Answer, RoundError> {
        for _ in 0..2 {
            let token = self.token().await?;
            match self.setup.client.check(&token, key, body).await {
                Ok((answer, _)) => return Ok(answer),
                // The session ended: sign in again, once.
                Err(ClientError::Problem(problem)) if problem.status == 401 => self.token = None,
                Err(other) => return Err(RoundError::Center(other)),
            }
        }
        Err(RoundError::SignIn)
    }

    async fn token(&mut self) -> Result<String, RoundError> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        let now = (self.setup.clock)();
        if self.sign_in_from.is_some_and(|from| now < from) {
            return Err(RoundError::SignIn);
        }
        let body = SignIn {
            account: self.setup.account.clone(),
            force: false,
            password: self.setup.password.clone(),
        };
        match self.setup.client.sign_in(&body).await {
            Ok(session) => {
                self.token = Some(session.token.clone());
                Ok(session.token)
            }
            Err(error) => {
                if let ClientError::Problem(_) = &error {
                    self.sign_in_from = Some(now.plus_seconds(SIGN_IN_PAUSE_S));
                }
                Err(RoundError::Center(error))
            }
        }
    }
}

fn move_if_there(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    if from.exists() {
        move_durably(from, to)
    } else {
        Ok(())
    }
}

fn unanswerable(problem: &Problem) -> Unanswerable {
    let first = problem.errors.first();
    Unanswerable {
        code: "E0100".into(),
        message: first.map_or_else(|| problem.clerk.ja.clone(), |error| error.text.ja.clone()),
    }
}

fn failed(folders: &Folders, error: std::io::Error) -> RoundError {
    RoundError::File {
        folder: folders.name.clone(),
        error,
    }
}

fn names(folders: &Folders, folder: &std::path::Path) -> Result<Vec<String>, RoundError> {
    let entries = std::fs::read_dir(folder).map_err(|error| failed(folders, error))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

/// A request in the work folder: its identifier and its name, so that a crash before the journal's row loses neither.
fn work_name(id: u128, name: &str) -> String {
    format!("{id:032x}.{name}")
}

fn part(id: u128, kind: &str) -> String {
    format!("{id:032x}.{kind}")
}

fn read_work_name(name: &str) -> Option<(u128, RequestName)> {
    let (id, request) = name.split_once('.')?;
    Some((
        u128::from_str_radix(id, 16).ok()?,
        RequestName::parse(request)?,
    ))
}
