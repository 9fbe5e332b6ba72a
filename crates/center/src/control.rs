//! The operator's local door (contracts §12): one JSON line in, one out, over a Unix socket that only the center's user opens.

use std::path::{Path, PathBuf};

use domain::audit::Actor;
use domain::person::PersonId;
use domain::reference_number::ReferenceNumber;
use serde::{Deserialize, Serialize};
use store::operators::Last;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};

use crate::app::App;
use crate::applications::{ApplicationLine, ApplicationsOrder};
use crate::audit::{self, AuditLine, AuditQuery};
use crate::claims::operating::{self, ClaimsOrder, ClaimsReply};
use crate::doors;
use crate::emergency::windows::{self, NewWindow, WindowLine, WindowStep};
use crate::enroll::{Enrolled, Enrolment, ReaderEnrolment};
use crate::feeds::{self, BatchLine, FeedPart, FeedProgress, FeedReport, NewFeed};
use crate::insurer_feeds::{self, LateLine, RemarkLine};
use crate::looks::{LookPage, LookQuery};
use crate::operators::{self, Invitation, OperatorLine};
use crate::posted_notices::{self, NewNotice, NoticeLine};
use crate::recoveries::MasterReset;
use crate::reissue::{self, CertificateLine, RevokeEarlier, Terminal, WaitingLine};
use crate::system::{self, ControlListener, ControlReader, ControlStream, ControlWriter};
use crate::told::Told;

/// What an operator may ask for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Enrol a facility or another terminal.
    Enroll(Enrolment),
    /// Revoke a certificate: SHA-256 in hexadecimal.
    Revoke(String),
    /// Issue a terminal's certificate anew.
    Reissue(Terminal, RevokeEarlier),
    /// Revoke all certificates of a terminal.
    RevokeTerminal(Terminal),
    /// List the certificates of a facility, and its terminals without one; without a code those reported lost that still open something.
    Certificates(Option<String>),
    /// Make a new key for receipts and checkpoints.
    RotateKeys,
    /// Give a person the facility's own number: (institution code, person's UUID, number).
    ReferenceNumber(String, u128, String),
    /// Enrol a reader with what it has, or take it away.
    EnrollReader(ReaderEnrolment),
    /// Post a notice to facilities.
    PostNotice(Box<NewNotice>),
    /// List the notices to facilities.
    ListNotices,
    /// Take a notice to facilities back, by its identifier.
    WithdrawNotice(String),
    /// Open an emergency window: the window, and who opens it.
    OpenWindow(Box<NewWindow>, String),
    /// Take a step with an emergency window: its identifier, the step, and who takes it.
    StepWindow(String, WindowStep, String),
    /// List the emergency windows.
    ListWindows,
    /// What facilities did under an emergency window, by its identifier: those after the one whose institution code is given.
    WindowUsage(String, Option<String>),
    /// Give a facility a new secret number: its institution code.
    SecretNumber(String),
    /// Reset the master: institution code and secret number.
    ResetMaster(String, String),
    /// Pass a facility to a new owner: institution code and new name.
    Succeed(String, String),
    /// Load a feed: its parts follow.
    Feed(Box<NewFeed>),
    /// List the batches of feeds that wait for somebody, and the newest.
    ListFeeds,
    /// Publish a batch that is held for review: its number or identifier.
    ReleaseFeed(String),
    /// Reject a batch that is held for review.
    RejectFeed(String),
    /// Undo a published batch of an insurer.
    UndoFeed(String),
    /// What is told to the insurer of a batch's lines, after a line and place.
    FeedRemarks(String, Option<(u64, u64)>),
    /// A batch as it stands.
    ShowFeed(String),
    /// The batches a check was answered from: institution code, and the check's identifier.
    FeedSources(String, String),
    /// Late registrations by insurer.
    LateRegistrations,
    /// Search the audit chain, newest first.
    AuditSearch(AuditQuery),
    /// Read the audit chain page by page: the query, and the last line (chain, number) of the page before.
    AuditPage(AuditQuery, Option<(String, i64)>),
    /// Read who looked at medical information, newest first, page by page: the query, and where the page before ended.
    LooksPage(Box<LookQuery>, Option<(i64, i64)>),
    /// Add an operator of this name.
    AddOperator(String),
    /// Disable an operator.
    DisableOperator(String),
    /// Take an operator's password and second factor away, for a new one-time link.
    ResetOperator(String),
    /// List the operators.
    ListOperators,
    /// What is ordered of the claims entry.
    Claims(ClaimsOrder),
    /// What is ordered of applications for certificates.
    Applications(ApplicationsOrder),
}

/// What comes back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The notice.
    Enrolled(Box<Enrolled>),
    /// The identifier of the posted notice.
    Posted(String),
    /// The notices to facilities.
    Notices(Vec<NoticeLine>),
    /// An emergency window.
    Window(Box<WindowLine>),
    /// Emergency windows.
    Windows(Vec<WindowLine>),
    /// What facilities did under one, and after which code more of them follow.
    WindowUsage(Vec<api::emergency::WindowUsage>, Option<String>),
    /// Lines of the audit chain.
    Audit(Vec<AuditLine>),
    /// Looks at medical information.
    Looks(LookPage),
    /// Certificates, and terminals without one.
    Certificates(Vec<CertificateLine>, Vec<WaitingLine>),
    /// A new secret number.
    SecretNumber(String),
    /// The master's first password.
    MasterReset(MasterReset),
    /// The identifier of the new key.
    Rotated(String),
    /// An operator's one-time link.
    Invited(Invitation),
    /// The operators.
    Operators(Vec<OperatorLine>),
    /// How far a feed has come.
    FeedProgress(FeedProgress),
    /// What became of a feed.
    Feed(Box<FeedReport>),
    /// Batches of feeds.
    Feeds(Vec<BatchLine>),
    /// What is told to an insurer.
    FeedRemarks(Vec<RemarkLine>),
    /// Late registrations by insurer.
    LateRegistrations(Vec<LateLine>),
    /// Of the claims entry.
    Claims(ClaimsReply),
    /// Open applications for certificates; none where one was declined.
    Applications(Vec<ApplicationLine>),
    /// Done.
    Done,
    /// Revoked, although no certificate of this SHA-256 is known.
    RevokedUnknown,
    /// Not done, and why.
    Refused(String),
}

/// The socket of a center's data folder.
#[must_use]
pub fn socket(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

/// Sends an order to a running center.
///
/// # Errors
/// The socket's; a center that is not running is `NotFound` or `ConnectionRefused`.
pub async fn send(data_dir: &Path, order: &Order) -> std::io::Result<Reply> {
    let mut stream = system::call(&socket(data_dir)).await?;
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await?;
    Ok(serde_json::from_str(&answer)?)
}

/// Whether a center runs on a data folder.
pub async fn is_running(data_dir: &Path) -> bool {
    system::call(&socket(data_dir)).await.is_ok()
}

/// Makes the socket. Whoever calls waits until the center listens.
pub(crate) fn bind(data_dir: &Path) -> std::io::Result<ControlListener> {
    ControlListener::bind(&socket(data_dir))
}

pub(crate) fn listen(listener: ControlListener, app: App) {
    tokio::spawn(doors::take_in("control.sock", listener, move |called| {
        if let Some(stream) = called {
            tokio::spawn(serve(stream, app.clone()));
        }
    }));
}

/// A center that was called, for orders that follow each other.
pub struct Call {
    lines: Lines<BufReader<ControlReader>>,
    writer: ControlWriter,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Call")
    }
}

impl Call {
    /// Calls the running center of a data folder.
    ///
    /// # Errors
    /// The socket's.
    pub async fn place(data_dir: &Path) -> std::io::Result<Self> {
        let (reader, writer) = system::call(&socket(data_dir)).await?.into_split();
        let lines = BufReader::new(reader).lines();
        Ok(Self { lines, writer })
    }

    /// Announces a feed. It is answered with the first part.
    ///
    /// # Errors
    /// The socket's.
    pub async fn announce(&mut self, feed: NewFeed) -> std::io::Result<()> {
        self.say(&Order::Feed(Box::new(feed))).await
    }

    /// Sends a part of the feed, and waits until it is worked off.
    ///
    /// # Errors
    /// The socket's.
    pub async fn send(&mut self, part: &FeedPart) -> std::io::Result<Reply> {
        self.say(part).await?;
        let gone = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        let answer = self.lines.next_line().await?.ok_or_else(gone)?;
        Ok(serde_json::from_str(&answer)?)
    }

    async fn say(&mut self, what: &impl Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        self.writer.write_all(&line).await
    }
}

/// The center's side of a call.
pub(crate) struct Conversation {
    lines: Lines<BufReader<ControlReader>>,
    writer: ControlWriter,
}

impl Conversation {
    /// The next line; `None` when the other end is gone.
    pub(crate) async fn next_line(&mut self) -> Option<String> {
        self.lines.next_line().await.ok().flatten()
    }

    /// Says how far a feed has come. Whoever went away is noticed at the next line.
    pub(crate) async fn say_progress(&mut self, progress: FeedProgress) {
        let _ = self.say(&Reply::FeedProgress(progress)).await;
    }

    async fn say(&mut self, reply: &Reply) -> std::io::Result<()> {
        let mut answer = serde_json::to_vec(reply).unwrap_or_default();
        answer.push(b'\n');
        self.writer.write_all(&answer).await
    }
}

async fn serve(stream: ControlStream, app: App) {
    let (reader, writer) = stream.into_split();
    let lines = BufReader::new(reader).lines();
    let mut conversation = Conversation { lines, writer };
    while let Some(line) = conversation.next_line().await {
        let reply = match serde_json::from_str(&line) {
            Ok(Order::Feed(new)) => feeds::receive(&app, *new, "local", &mut conversation)
                .await
                .map_or_else(Reply::Refused, |report| Reply::Feed(Box::new(report))),
            Ok(order) => obey(&app, order).await.unwrap_or_else(Reply::Refused),
            Err(_) => {
                Reply::Refused("this center does not know the order; use the same version".into())
            }
        };
        if conversation.say(&reply).await.is_err() {
            return;
        }
    }
}

async fn obey(app: &App, order: Order) -> Result<Reply, String> {
    let by = operators::shell;
    match order {
        Order::Enroll(enrolment) => {
            let enrolled = crate::enroll::enroll(app, enrolment, by()).await?;
            Ok(Reply::Enrolled(Box::new(enrolled)))
        }
        Order::Revoke(fingerprint) => {
            let is_known = reissue::revoke_line(app, &fingerprint, by()).await?;
            Ok(if is_known {
                Reply::Done
            } else {
                Reply::RevokedUnknown
            })
        }
        Order::Reissue(terminal, earlier) => {
            let enrolled = reissue::reissue(app, terminal, earlier, by()).await?;
            Ok(Reply::Enrolled(Box::new(enrolled)))
        }
        Order::RevokeTerminal(terminal) => {
            reissue::revoke_terminal(app, terminal, by()).await?;
            Ok(Reply::Done)
        }
        Order::Certificates(code) => {
            let (certificates, waiting) = reissue::list_with_waiting(app, code.as_deref())?;
            Ok(Reply::Certificates(certificates, waiting))
        }
        Order::EnrollReader(enrolment) => {
            crate::enroll::enroll_reader(app, enrolment, by()).await?;
            Ok(Reply::Done)
        }
        Order::PostNotice(new) => Ok(Reply::Posted(posted_notices::post(app, *new, by()).await?)),
        Order::ListNotices => Ok(Reply::Notices(posted_notices::list(app)?)),
        Order::WithdrawNotice(id) => {
            posted_notices::withdraw(app, &id, by()).await?;
            Ok(Reply::Done)
        }
        Order::OpenWindow(new, operator) => {
            let opened = windows::open(app, *new, local(&operator)).await?;
            Ok(Reply::Window(Box::new(opened)))
        }
        Order::StepWindow(id, step, operator) => {
            let stepped = windows::step(app, &id, step, local(&operator)).await?;
            Ok(Reply::Window(Box::new(stepped)))
        }
        Order::ListWindows => Ok(Reply::Windows(windows::list(app)?)),
        Order::WindowUsage(id, after) => {
            let reports =
                crate::emergency::reports::under(app, (id.as_str(), after.as_deref()), by());
            let (used, next) = reports.await?;
            Ok(Reply::WindowUsage(used, next))
        }
        Order::SecretNumber(code) => Ok(Reply::SecretNumber(
            crate::recoveries::give_secret_number(app, &code, by()).await?,
        )),
        Order::ResetMaster(code, number) => Ok(Reply::MasterReset(
            crate::recoveries::reset_master(app, &code, &number, by()).await?,
        )),
        Order::Succeed(code, name) => Ok(Reply::MasterReset(
            crate::recoveries::succeed(app, &code, &name, by()).await?,
        )),
        // It is taken up where its parts are read.
        Order::Feed(_) => Err("a feed is the first order of a call".into()),
        Order::ListFeeds => Ok(Reply::Feeds(feeds::list(app).map_err(Told::from)?)),
        Order::ReleaseFeed(batch) => {
            let released = insurer_feeds::release(app, &batch, by()).await?;
            Ok(Reply::Feed(Box::new(released)))
        }
        Order::RejectFeed(batch) => {
            let rejected = insurer_feeds::reject(app, &batch, by()).await?;
            Ok(Reply::Feed(Box::new(rejected)))
        }
        Order::UndoFeed(batch) => {
            let undone = insurer_feeds::undo(app, &batch, by()).await?;
            Ok(Reply::Feed(Box::new(undone)))
        }
        Order::ShowFeed(batch) => {
            let batch = insurer_feeds::find(app, &batch)?;
            let report = insurer_feeds::report(app, &batch)?;
            Ok(Reply::Feed(Box::new(report)))
        }
        Order::FeedRemarks(batch, after) => {
            let remarks = insurer_feeds::remarks(app, &batch, after, by()).await?;
            Ok(Reply::FeedRemarks(remarks))
        }
        Order::FeedSources(code, check) => {
            let sources = insurer_feeds::sources(app, (&code, &check), by()).await?;
            Ok(Reply::Feeds(sources))
        }
        Order::LateRegistrations => Ok(Reply::LateRegistrations(insurer_feeds::late(app)?)),
        Order::AuditSearch(query) => Ok(Reply::Audit(audit::search(app, query, by()).await?)),
        Order::AuditPage(query, after) => {
            Ok(Reply::Audit(audit::page(app, query, after, by()).await?))
        }
        Order::AddOperator(name) => Ok(Reply::Invited(operators::add(app, &name, by()).await?)),
        Order::LooksPage(query, after) => Ok(Reply::Looks(
            crate::looks::page(app, *query, after, "local").await?,
        )),
        Order::DisableOperator(name) => {
            // The shell adds another where nobody is left.
            operators::disable(app, &name, by(), Last::Goes).await?;
            Ok(Reply::Done)
        }
        Order::ResetOperator(name) => Ok(Reply::Invited(operators::reset(app, &name, by()).await?)),
        Order::ListOperators => Ok(Reply::Operators(operators::list(app)?)),
        Order::Claims(order) => Ok(Reply::Claims(operating::obey(app, order, by()).await?)),
        Order::Applications(order) => Ok(Reply::Applications(
            crate::applications::obey(app, order, by()).await?,
        )),
        Order::RotateKeys => crate::receipt_key_rotation::rotate(app)
            .await
            .map(Reply::Rotated),
        Order::ReferenceNumber(code, person, number) => {
            let code = domain::institution_code::InstitutionCode::parse(&code)
                .map_err(|error| error.to_string())?;
            let number = ReferenceNumber::parse(&number).map_err(|error| error.to_string())?;
            let wanted = (number, PersonId::from_u128(person));
            let stored = app.engine.store_reference_number(code, wanted, app.now());
            let stored = stored.await.map_err(|error| error.to_string())?;
            stored.map_err(|taken| taken.to_string())?;
            Ok(Reply::Done)
        }
    }
}

/// An operator who uses the shell: no name of theirs is taken for that of one who signs in on the pages.
fn local(operator: &str) -> Actor {
    match operator {
        "" => operators::shell(),
        name => Actor::Operator(format!("local:{name}")),
    }
}
