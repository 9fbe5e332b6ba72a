//! The doctor (G34): looks at everything between card and center, each look with a time limit, and has `domain::diagnosis` say what is
//! wrong. Changes nothing but a file with the center's time of the last contact, and puts nothing of people into its evidence.

mod center;
mod certificate;
mod folders;
mod network;
mod readers;
pub mod report;
mod software;
pub mod system;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::client::{Client, ClientError, cards::Cause};
use card::reader::LinkError;
use domain::civil_date::Instant;
use domain::diagnosis::fault::Fault;
use domain::diagnosis::{Diagnosis, Fact, FactName, NotChecked, Observation, Seen, Step, diagnose};
use domain::institution_code::InstitutionCode;
use tokio::time::Instant as Stopwatch;

use system::System;

/// What is looked at.
#[derive(Clone)]
pub struct Workplace {
    /// The terminal's data folder.
    pub data_dir: PathBuf,
    /// Address of the center's api listener.
    pub center: String,
    /// File with the center's root certificate.
    pub ca: PathBuf,
    /// Name of the sealed certificate.
    pub identity: String,
    /// The terminal's pages.
    pub pages: Pages,
    /// Readers of the settings, such as `pcsc:NAME`, of terminal and kiosk.
    pub readers: Vec<String>,
    /// Asks the machine for its readers.
    pub reader_names: ReaderNames,
    /// A part of the name of the keypad for PINs, where there is one.
    pub keypad: Option<String>,
    /// The kiosk.
    pub kiosk: Neighbour<Kiosk>,
    /// The link app.
    pub link: Neighbour<Link>,
    /// How long each look may take.
    pub limits: Limits,
    /// Where the operating system tells of itself.
    pub system: System,
}

impl std::fmt::Debug for Workplace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Workplace({}, …)", self.data_dir.display())
    }
}

/// The terminal's pages as they are seen from where the doctor runs.
#[derive(Debug, Clone, Copy)]
pub enum Pages {
    /// It runs in the terminal itself.
    Own,
    /// At this address.
    At(SocketAddr),
}

/// Why the machine names no readers.
#[derive(Debug, Clone)]
pub enum NoReaders {
    /// This build reads no cards.
    NotBuilt,
    /// The service does not answer, or otherwise.
    Link(LinkError),
}

/// Asks for the names of readers; may block.
pub type ReaderNames = Arc<dyn Fn() -> Result<Vec<String>, NoReaders> + Send + Sync>;

/// The readers of this machine.
#[must_use]
pub fn readers_of_this_machine() -> ReaderNames {
    Arc::new(readers::of_this_machine)
}

/// Another part on this PC.
#[derive(Debug, Clone)]
pub enum Neighbour<T> {
    /// There is none here.
    None,
    /// Its settings file is not good; the text names file and line.
    BadSettings(String),
    /// As its settings say.
    Here(T),
}

/// The kiosk of this PC.
#[derive(Debug, Clone)]
pub struct Kiosk {
    /// Its data folder.
    pub data_dir: PathBuf,
}

/// The link app of this PC.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its data folder.
    pub data_dir: PathBuf,
    /// Its folders, one set for each receipt computer.
    pub folders: Vec<LinkFolders>,
}

/// The folders of one receipt computer.
#[derive(Debug, Clone)]
pub struct LinkFolders {
    /// Name in the settings.
    pub name: String,
    /// Requests.
    pub req: PathBuf,
    /// Results.
    pub res: PathBuf,
    /// Results of readers.
    pub face: Option<PathBuf>,
    /// Files under way.
    pub work: PathBuf,
    /// After so many minutes a result counts as forgotten.
    pub stay_minutes: u32,
}

/// How long each look may take, and from when on it counts as slow.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Each look.
    pub each: Duration,
    /// Slow.
    pub slow: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            each: Duration::from_secs(5),
            slow: Duration::from_secs(1),
        }
    }
}

/// The session of whoever is signed in, to see whether the center still lets them in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The center, asked with the certificate of the session.
    pub client: Client,
    /// The session's token.
    pub token: String,
}

/// Looks at everything and says what is wrong. `now` is the PC's own time.
pub async fn examine(
    workplace: &Workplace,
    signed_in: Option<SignedIn>,
    now: Instant,
) -> Diagnosis {
    let local = async {
        let mut seen = readers::observe(workplace).await;
        seen.extend(software::observe(workplace).await);
        seen.extend(folders::observe(workplace, now).await);
        seen
    };
    let (mut seen, distant) = tokio::join!(local, towards_center(workplace, now));
    let is_reached = distant
        .iter()
        .any(|it| it.step == Step::CenterTls && matches!(it.seen, Seen::Good | Seen::Slow));
    seen.extend(distant);
    seen.push(sign_in(workplace, signed_in, is_reached, now).await);
    diagnose(&seen)
}

/// Clock, certificate, name, way, center: each needs what comes before it.
async fn towards_center(workplace: &Workplace, now: Instant) -> Vec<Observation> {
    let (certificate, credentials) = certificate::observe(workplace, now).await;
    let (name, addresses) = network::resolve(workplace).await;
    let (route, stream) = network::reach(workplace, &addresses).await;
    let (tls, told) = match (&credentials, stream) {
        (Some(credentials), Some(stream)) => center::ask(workplace, credentials, stream).await,
        (None, _) => (after(Step::CenterTls, Step::Certificate), None),
        (Some(_), None) => (after(Step::CenterTls, Step::Route), None),
    };
    let valid_from = credentials.as_ref().and_then(|it| it.valid_from);
    let clock = certificate::clock(workplace, told, valid_from, now);
    vec![clock, certificate, name, route, tls]
}

/// The outcome where the terminal's settings file is not good, and nothing else can be looked at.
#[must_use]
pub fn bad_settings(said: &str) -> Diagnosis {
    let said = vec![fact(FactName::System, said)];
    diagnose(&[broken(Step::Terminal, Fault::TerminalSettings, said)])
}

/// The institution code that desks ask for; `None` where the sealed certificate is not there or cannot be read in time.
pub async fn facility(workplace: &Workplace) -> Option<InstitutionCode> {
    certificate::facility(workplace).await
}

/// Whether a reader of the settings is seen now; `None` where that cannot be told.
pub async fn sees_reader(workplace: &Workplace) -> Option<bool> {
    let seen = readers::of_service(workplace).await;
    let mut readers = seen.iter().filter(|it| it.step == Step::Reader);
    let told = readers.find(|it| !matches!(it.seen, Seen::NotChecked(_)))?;
    Some(told.seen == Seen::Good)
}

async fn sign_in(
    workplace: &Workplace,
    signed_in: Option<SignedIn>,
    is_reached: bool,
    now: Instant,
) -> Observation {
    if let Some(code) = software::link_refused(workplace, now) {
        return broken(
            Step::SignIn,
            Fault::SignInRefused,
            vec![fact(FactName::Code, format!("link_app: {code}"))],
        );
    }
    if !is_reached {
        return after(Step::SignIn, Step::CenterTls);
    }
    let Some(SignedIn { client, token }) = signed_in else {
        return not_checked(Step::SignIn, NotChecked::NobodySignedIn);
    };
    let watch = Stopwatch::now();
    let asked = client.settings(&token, Cause::Background);
    match tokio::time::timeout(workplace.limits.each, asked).await {
        Ok(Ok(_)) => timed(Step::SignIn, workplace, watch, Vec::new()),
        // A right that this account lacks is a session all the same.
        Ok(Err(ClientError::Problem(problem))) if problem.status == 403 => {
            timed(Step::SignIn, workplace, watch, Vec::new())
        }
        Ok(Err(ClientError::Problem(problem))) => {
            let code = vec![fact(FactName::Code, problem.code)];
            broken(Step::SignIn, Fault::SignInRefused, code)
        }
        Ok(Err(_)) | Err(_) => after(Step::SignIn, Step::CenterTls),
    }
}

fn fact(name: FactName, value: impl Into<String>) -> Fact {
    Fact {
        name,
        value: value.into(),
    }
}

fn observed(step: Step, seen: Seen, evidence: Vec<Fact>) -> Observation {
    Observation {
        step,
        seen,
        evidence,
    }
}

fn good(step: Step, evidence: Vec<Fact>) -> Observation {
    observed(step, Seen::Good, evidence)
}

fn broken(step: Step, fault: Fault, evidence: Vec<Fact>) -> Observation {
    observed(step, Seen::Broken(fault), evidence)
}

fn not_checked(step: Step, why: NotChecked) -> Observation {
    observed(step, Seen::NotChecked(why), Vec::new())
}

fn after(step: Step, earlier: Step) -> Observation {
    not_checked(step, NotChecked::After(earlier))
}

/// Good or slow, with the time it took.
fn timed(
    step: Step,
    workplace: &Workplace,
    watch: Stopwatch,
    mut evidence: Vec<Fact>,
) -> Observation {
    let took = watch.elapsed();
    let seen = if workplace.limits.slow < took {
        Seen::Slow
    } else {
        Seen::Good
    };
    evidence.push(fact(FactName::Took, format!("{} ms", took.as_millis())));
    observed(step, seen, evidence)
}

/// A look at a file or service that may block; `None` when the limit is over. What it is doing then ends by itself.
async fn within<T: Send + 'static>(
    limit: Duration,
    look: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let looking = tokio::task::spawn_blocking(look);
    tokio::time::timeout(limit, looking).await.ok()?.ok()
}

#[cfg(test)]
mod tests;
