//! The certificates of this terminal (G08, G10): which there are, installing one by notice or file, renewing, following what is put in
//! their place. What takes effect does so in the running terminal, and in the PC's other parts. Keeps no password, decides no right.

pub(crate) mod announcement;
mod installing;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use api::client::{Client, ClientError};
use domain::civil_date::Instant;
use pki::authority::printed_fingerprint;
use pki::client::Refusal;
use pki::clock::Clock;
use pki::identity::{Holder, Identity};
use pki::installed::{InstallError, Installed, Mark};
use rustls_pki_types::CertificateDer;

use crate::serve::Certificate;

pub(crate) use installing::{
    Doubt, Offered, Question, Replaced, Right, anyway, for_notice, from_file, renewal,
};
pub use installing::{InstallFailed, Installation, by_file, by_notice, renew};

/// The files of certificates are looked at this often: looking is the truth, no notification is relied on.
const EVERY: Duration = Duration::from_secs(1);

/// How long the center may take to say whether the certificate in use is good.
const ASK: Duration = Duration::from_secs(3);

/// Where a terminal's certificates come from and lie.
#[derive(Clone)]
pub struct Setup {
    /// Where they are sealed, for all parts of the PC.
    pub installed: Installed,
    /// Name under which one is installed.
    pub name: String,
    /// The center's root.
    pub root: CertificateDer<'static>,
    /// Address of the center's api listener.
    pub center: String,
    /// Address of the center's enroll listener.
    pub enroll: String,
    /// Folder of downloaded `.p12` files, watched for the backup (G09).
    pub downloads: PathBuf,
    /// The clock.
    pub clock: Clock,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({}, …)", self.center)
    }
}

impl Setup {
    /// A client of the api listener.
    fn client(&self, identity: &Identity) -> Result<Client, ClientError> {
        Client::by(self.clock.clone(), &self.center, &self.root, Some(identity))
    }

    /// A client of the enroll listener.
    fn enroll_client(&self, identity: Option<&Identity>) -> Result<Client, ClientError> {
        Client::by(self.clock.clone(), &self.enroll, &self.root, identity)
    }

    /// Address of the page on which a certificate is applied for.
    pub(crate) fn application_page(&self) -> String {
        let enroll = self.enroll.trim_end_matches('/');
        format!("{enroll}{}", api::routes::APPLICATION_PAGE)
    }

    /// Fingerprint of the center's root, as a notice prints it.
    pub(crate) fn root_fingerprint(&self) -> String {
        printed_fingerprint(&self.root)
    }

    /// All that are installed, the one of the settings first. One that cannot be opened is told of in the log and left out, so that
    /// another can be put in its place on the page.
    ///
    /// # Errors
    /// The folder's.
    pub fn read(&self) -> Result<Vec<Certificate>, InstallError> {
        let mut names = self.installed.names()?;
        names.sort_by_key(|name| (*name != self.name, name.clone()));
        let mut all = Vec::new();
        for name in names {
            match self
                .installed
                .read(&name)
                .map(|identity| self.certificate(&name, &identity))
            {
                Ok(Some(certificate)) => all.push(certificate),
                Ok(None) => tracing::error!(name, "what is installed is no client certificate"),
                Err(error) => tracing::error!(error = %error, "a certificate cannot be used"),
            }
        }
        Ok(all)
    }

    fn certificate(&self, name: &str, identity: &Identity) -> Option<Certificate> {
        Some(Certificate {
            name: name.to_owned(),
            holder: identity.holder()?,
            client: self.client(identity).ok()?,
        })
    }
}

/// The certificates of a running terminal. A place in the list is one name's for good.
pub(crate) struct Certificates {
    list: RwLock<Vec<Arc<Certificate>>>,
    seen: Mutex<BTreeMap<String, Mark>>,
    setup: Setup,
    /// One is installed or renewed at a time.
    turn: tokio::sync::Mutex<()>,
    /// The one that a person was asked about last.
    questioned: Mutex<Option<installing::Questioned>>,
}

impl Certificates {
    pub(crate) fn new(setup: Setup, all: Vec<Certificate>) -> Self {
        let marks = all.iter();
        let marks = marks.filter_map(|it| Some((it.name.clone(), setup.installed.mark(&it.name)?)));
        Self {
            seen: Mutex::new(marks.collect()),
            list: RwLock::new(all.into_iter().map(Arc::new).collect()),
            setup,
            turn: tokio::sync::Mutex::default(),
            questioned: Mutex::default(),
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<Certificate>> {
        self.list
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn get(&self, place: usize) -> Option<Arc<Certificate>> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.get(place).cloned()
    }

    /// The one of the settings, or the first there is.
    pub(crate) fn first(&self) -> Option<Arc<Certificate>> {
        let all = self.all();
        let own = all.iter().find(|it| it.name == self.setup.name);
        own.or(all.first()).cloned()
    }

    /// The one in use while it is good.
    pub(crate) async fn good(&self) -> Option<Arc<Certificate>> {
        let first = self.first()?;
        self.is_good(&first).await.then_some(first)
    }

    /// Whether one is good: by this PC's clock, and by the center where it can be asked.
    async fn is_good(&self, certificate: &Certificate) -> bool {
        let (holder, now) = (&certificate.holder, self.now());
        if now < holder.not_before || holder.not_after <= now {
            return false;
        }
        let asked = tokio::time::timeout(ASK, certificate.client.certificate()).await;
        !matches!(
            asked,
            Ok(Err(ClientError::Connection(Refusal::Certificate)))
        )
    }

    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Shows a certificate under its name from now on. Requests under way end on their own connections.
    fn show(&self, name: &str, identity: &Identity, holder: Holder) -> Result<(), InstallFailed> {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let place = list.iter().position(|it| it.name == name);
        match place.and_then(|place| list.get_mut(place)) {
            Some(entry) => {
                entry.client.show(identity)?;
                *entry = Arc::new(Certificate {
                    name: name.to_owned(),
                    holder,
                    client: entry.client.clone(),
                });
            }
            None => list.push(Arc::new(Certificate {
                name: name.to_owned(),
                holder,
                client: self.setup.client(identity)?,
            })),
        }
        Ok(())
    }

    /// Takes over what was put in the place of a name since it was looked at.
    fn look(&self) {
        let Ok(names) = self.setup.installed.names() else {
            return;
        };
        for name in names {
            let mark = self.setup.installed.mark(&name);
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.get(&name).copied() == mark {
                continue;
            }
            seen.extend(mark.map(|mark| (name.clone(), mark)));
            drop(seen);
            if let Err(why) = self.take_over(&name) {
                tracing::error!(error = %why, "a certificate that was installed is not used");
            }
        }
    }

    fn take_over(&self, name: &str) -> Result<(), InstallFailed> {
        let identity = self.setup.installed.read(name)?;
        let holder = identity.holder().ok_or(InstallFailed::NoClient)?;
        let known = self.all().into_iter().find(|it| it.name == name);
        if let Some(known) = known {
            if known.holder.fingerprint == holder.fingerprint {
                return Ok(());
            }
            if known.holder.facility != holder.facility {
                return Err(InstallFailed::OtherFacility(holder.facility));
            }
        }
        self.show(name, &identity, holder)?;
        tracing::info!("another certificate was installed; it is used from now on");
        Ok(())
    }

    pub(crate) fn now(&self) -> Instant {
        (self.setup.clock)()
    }
}

/// Follows the files for as long as the runtime lives.
pub(crate) async fn follow(certificates: Arc<Certificates>) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        let certificates = Arc::clone(&certificates);
        // Opening a sealed file is quick, but a disk may be slow.
        let _ = tokio::task::spawn_blocking(move || certificates.look()).await;
    }
}
