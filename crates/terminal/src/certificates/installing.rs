//! Installing a certificate: opened, examined, sealed beside its place, tried at the center, then put. Whatever fails before that leaves
//! the one before in use, and says why.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use api::client::{Client, ClientError};
use domain::certificate_care::is_step_back;
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use pki::authority::KeyKind;
use pki::client::Refusal;
use pki::est::NewKey;
use pki::identity::{Holder, Identity, InvalidIdentity, P12Encryption};
use pki::installed::InstallError;
use pki::server::{Examiner, Revocations, Unfit};
use rustls_pki_types::CertificateDer;
use serde_json::json;

use super::{Certificates, Setup};
use crate::browsers::random_text;
use crate::serve::Certificate;

/// A person has so long to say that what was asked about is wanted.
const ASKED_S: i64 = 10 * 60;

/// Why no certificate was installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallFailed {
    /// The center refused, or could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The file does not open.
    #[error(transparent)]
    File(#[from] InvalidIdentity),
    /// It holds no client's certificate.
    #[error("it is no client certificate")]
    NoClient,
    /// It is of another facility than every one before.
    #[error("it is of another facility: {0}")]
    OtherFacility(InstitutionCode),
    /// It is none of this center's.
    #[error("it is not of this center's root")]
    OtherCenter,
    /// It is past its end, or this PC's clock is wrong.
    #[error("it is outside its validity by this PC's clock")]
    Expired,
    /// The center refuses it: revoked.
    #[error("the center refuses it")]
    Revoked,
    /// It would take the place of a good one, and whoever puts it has not shown who they are.
    #[error("it would take the place of a good one: sign in, or prove to be the terminal user")]
    Unproved,
    /// There is none to renew.
    #[error("there is no certificate to renew")]
    None,
    /// The system gave no random bytes.
    #[error("the system's random generator failed")]
    Random,
    /// It could not be sealed.
    #[error(transparent)]
    Seal(#[from] InstallError),
    /// The `.p12` file could not be written.
    #[error("cannot write {0}: {1}")]
    Written(PathBuf, String),
}

/// What was installed.
#[derive(Debug, Clone)]
pub struct Installation {
    /// What the certificate says.
    pub holder: Holder,
    /// The `.p12` file, to be backed up; where it was read from the person has it already.
    pub file: Option<PathBuf>,
}

/// What whoever puts a certificate may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Any: they are signed in, or the terminal user.
    Any,
    /// None that is good: they have not shown who they are.
    NoneGood,
}

/// Downloads the certificate of a notice, keeps its file among the downloads and installs it. The password is the file's.
///
/// # Errors
/// [`InstallFailed`].
pub(crate) async fn for_notice(
    certificates: &Certificates,
    right: Right,
    request_id: &str,
    reference_id: &str,
    password: &str,
) -> Result<Offered, InstallFailed> {
    let _turn = certificates.turn.lock().await;
    let setup = &certificates.setup;
    let downloaded = download(setup, request_id, reference_id, password).await?;
    downloaded_one(certificates, right, downloaded).await
}

/// Keeps the file of a downloaded certificate and installs it.
async fn downloaded_one(
    certificates: &Certificates,
    right: Right,
    (file, identity, holder): Ready,
) -> Result<Offered, InstallFailed> {
    let before = certificates.predecessor(&holder)?;
    certificates.permit(right, before.as_deref()).await?;
    let downloads = &certificates.setup.downloads;
    let kept = keep(downloads, &file, &holder, certificates.now())?;
    if let Some(present) = before
        .as_deref()
        .filter(|it| it.holder.terminal != holder.terminal)
    {
        let offered = (identity, holder);
        return certificates.question(Doubt::OtherTerminal, right, present, offered, Some(kept));
    }
    let name = certificates.name_of(before.as_deref());
    let put = certificates.put(&name, &identity, holder, Some(kept));
    Ok(Offered::Installed(put.await?))
}

/// A certificate that is in use now.
#[derive(Debug)]
pub(crate) struct Put {
    /// What was installed.
    pub(crate) installed: Installation,
    /// Whose place it took, where there was one.
    pub(crate) replaced: Option<Replaced>,
}

/// A certificate whose place another took.
#[derive(Debug)]
pub(crate) struct Replaced {
    /// Its place among the terminal's certificates.
    pub(crate) place: usize,
    /// A client that still shows it: what was opened with it ends with no other.
    pub(crate) client: Client,
}

/// What became of a certificate that was to be installed.
#[derive(Debug)]
pub(crate) enum Offered {
    /// It is in use.
    Installed(Put),
    /// Nothing was changed: it waits for a person to want it.
    Questioned(Question),
}

/// Why a person is asked before a certificate takes the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It is a step back from one that is good.
    StepBack,
    /// It was issued to another of the facility's terminals.
    OtherTerminal,
}

/// A certificate that a person is asked about.
#[derive(Debug)]
pub(crate) struct Question {
    /// Why.
    pub(crate) doubt: Doubt,
    /// What the offered one says.
    pub(crate) offered: Holder,
    /// What the one in use says.
    pub(crate) present: Holder,
    /// The downloaded file, where it came by notice.
    pub(crate) file: Option<PathBuf>,
    /// Names it when the person wants it so.
    pub(crate) token: String,
}

/// The certificate a person was asked about.
pub(super) struct Questioned {
    token: String,
    /// What that person may change.
    right: Right,
    /// The name it is put under.
    name: String,
    identity: Identity,
    file: Option<PathBuf>,
    since: Instant,
}

/// Installs the certificate of a `.p12` file: the way back from a backup.
///
/// # Errors
/// [`InstallFailed`].
pub(crate) async fn from_file(
    certificates: &Certificates,
    right: Right,
    file: &[u8],
    password: &str,
) -> Result<Offered, InstallFailed> {
    let _turn = certificates.turn.lock().await;
    let (identity, holder) = opened(&certificates.setup, file, password)?;
    let before = certificates.predecessor(&holder)?;
    certificates.permit(right, before.as_deref()).await?;
    if let Some(present) = &before
        && let Some(doubt) = certificates.doubt(&holder, present).await
    {
        return certificates.question(doubt, right, present, (identity, holder), None);
    }
    let name = certificates.name_of(before.as_deref());
    let put = certificates.put(&name, &identity, holder, None);
    Ok(Offered::Installed(put.await?))
}

/// Installs the certificate a person was asked about; `None` when it was asked too long ago, or for another since.
///
/// # Errors
/// [`InstallFailed`].
pub(crate) async fn anyway(
    certificates: &Certificates,
    token: &str,
) -> Result<Option<Put>, InstallFailed> {
    let _turn = certificates.turn.lock().await;
    let Some(wanted) = certificates.wanted(token) else {
        return Ok(None);
    };
    let holder = wanted.identity.holder().ok_or(InstallFailed::NoClient)?;
    // Another may lie there since the person was asked.
    let mut all = certificates.all().into_iter();
    let present = all.find(|it| it.name == wanted.name);
    certificates
        .permit(wanted.right, present.as_deref())
        .await?;
    let put = certificates.put(&wanted.name, &wanted.identity, holder, wanted.file);
    Ok(Some(put.await?))
}

/// Renews the certificate of a name: a new key is made here, the old certificate proves who asks (RFC 7030), the file for the
/// backup is kept among the downloads.
///
/// # Errors
/// [`InstallFailed`]; then the old one goes on.
pub(crate) async fn renewal(
    certificates: &Certificates,
    name: &str,
    password: &str,
) -> Result<Installation, InstallFailed> {
    let _turn = certificates.turn.lock().await;
    let setup = Setup {
        name: name.to_owned(),
        ..certificates.setup.clone()
    };
    let (file, identity, holder) = renewed(&setup, password).await?;
    let kept = keep(&setup.downloads, &file, &holder, certificates.now())?;
    // The sessions of the one before go on with one that was renewed from it.
    let put = certificates.put(name, &identity, holder, Some(kept));
    Ok(put.await?.installed)
}

impl Certificates {
    /// The certificate that one of this holder takes over from: that of the same terminal, else one of the same facility; of several the
    /// one of the settings, else the one that lasts longest. `None` where the place of the settings is free and none is of this terminal.
    fn predecessor(&self, holder: &Holder) -> Result<Option<Arc<Certificate>>, InstallFailed> {
        let all = self.all();
        let is_own = |it: &Certificate| it.name == self.setup.name;
        let same_terminal = |it: &Certificate| it.holder.terminal == holder.terminal;
        let nearest = all
            .iter()
            .filter(|it| it.holder.facility == holder.facility)
            .max_by_key(|it| (same_terminal(it), is_own(it), it.holder.not_after));
        let is_free = self.is_free();
        match nearest {
            Some(it) if same_terminal(it) || !is_free => Ok(Some(Arc::clone(it))),
            None if !is_free => Err(InstallFailed::OtherFacility(holder.facility)),
            Some(_) | None => Ok(None),
        }
    }

    /// Whether the place of the settings holds no certificate that can be used.
    fn is_free(&self) -> bool {
        !self.all().iter().any(|it| it.name == self.setup.name)
    }

    /// The name under which a certificate is put: that of the settings where its place is free, since gateway and kiosk look there; else
    /// that of the one whose place it takes.
    fn name_of(&self, before: Option<&Certificate>) -> String {
        match before {
            Some(it) if !self.is_free() => it.name.clone(),
            Some(_) | None => self.setup.name.clone(),
        }
    }

    /// Holds that whoever puts a certificate may do so in the place of this one.
    async fn permit(
        &self,
        right: Right,
        before: Option<&Certificate>,
    ) -> Result<(), InstallFailed> {
        if right == Right::NoneGood
            && let Some(before) = before
            && self.is_good(before).await
        {
            return Err(InstallFailed::Unproved);
        }
        Ok(())
    }

    /// Why a person is asked before a file's certificate takes the place of this one.
    async fn doubt(&self, holder: &Holder, present: &Certificate) -> Option<Doubt> {
        if present.holder.terminal != holder.terminal {
            return Some(Doubt::OtherTerminal);
        }
        let span = |it: &Holder| [it.not_before, it.not_after];
        let is_back = is_step_back(span(holder), span(&present.holder));
        (is_back && self.is_good(present).await).then_some(Doubt::StepBack)
    }

    /// Remembers what a person is asked about, in place of what was before.
    fn question(
        &self,
        doubt: Doubt,
        right: Right,
        present: &Certificate,
        (identity, offered): (Identity, Holder),
        file: Option<PathBuf>,
    ) -> Result<Offered, InstallFailed> {
        let token = random_text().ok_or(InstallFailed::Random)?;
        let name = self.name_of(Some(present));
        let mut questioned = self
            .questioned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *questioned = Some(Questioned {
            token: token.clone(),
            right,
            name,
            identity,
            file: file.clone(),
            since: self.now(),
        });
        Ok(Offered::Questioned(Question {
            doubt,
            offered,
            present: present.holder.clone(),
            file,
            token,
        }))
    }

    /// What a person was asked about under this name, once.
    fn wanted(&self, token: &str) -> Option<Questioned> {
        let mut questioned = self
            .questioned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |it: &mut Questioned| it.token == token && self.now() < it.since.plus_seconds(ASKED_S);
        questioned.take_if(is_it)
    }

    /// Puts a certificate into the place of a name and shows it; its file is kept there.
    async fn put(
        &self,
        name: &str,
        identity: &Identity,
        holder: Holder,
        file: Option<PathBuf>,
    ) -> Result<Put, InstallFailed> {
        let setup = Setup {
            name: name.to_owned(),
            ..self.setup.clone()
        };
        let replaced = self.under(name);
        place(&setup, identity).await?;
        self.show(name, identity, holder.clone())?;
        Ok(Put {
            installed: Installation { holder, file },
            replaced,
        })
    }

    /// The certificate of a name, before another takes its place.
    fn under(&self, name: &str) -> Option<Replaced> {
        let all = self.all();
        let mut all = all.iter().enumerate();
        let (place, certificate) = all.find(|(_, it)| it.name == name)?;
        Some(Replaced {
            place,
            client: certificate.client.bound_to_certificate(),
        })
    }
}

/// Downloads and installs by notice, where no terminal runs: returns what was installed.
///
/// # Errors
/// [`InstallFailed`].
pub async fn by_notice(
    setup: &Setup,
    request_id: &str,
    reference_id: &str,
    password: &str,
) -> Result<Installation, InstallFailed> {
    let (file, identity, holder) = download(setup, request_id, reference_id, password).await?;
    let kept = keep(&setup.downloads, &file, &holder, (setup.clock)())?;
    place(setup, &identity).await?;
    Ok(Installation {
        holder,
        file: Some(kept),
    })
}

/// Installs a `.p12` file, where no terminal runs.
///
/// # Errors
/// [`InstallFailed`].
pub async fn by_file(
    setup: &Setup,
    file: &[u8],
    password: &str,
) -> Result<Installation, InstallFailed> {
    let (identity, holder) = opened(setup, file, password)?;
    place(setup, &identity).await?;
    Ok(Installation { holder, file: None })
}

/// Renews what is installed, whether or not a terminal runs: one that does follows.
///
/// # Errors
/// [`InstallFailed`].
pub async fn renew(setup: &Setup, password: &str) -> Result<Installation, InstallFailed> {
    let (file, identity, holder) = renewed(setup, password).await?;
    let kept = keep(&setup.downloads, &file, &holder, (setup.clock)())?;
    place(setup, &identity).await?;
    Ok(Installation {
        holder,
        file: Some(kept),
    })
}

type Ready = (Vec<u8>, Identity, Holder);

async fn download(
    setup: &Setup,
    request_id: &str,
    reference_id: &str,
    password: &str,
) -> Result<Ready, InstallFailed> {
    let body = json!({
        "request_id": request_id, "reference_id": reference_id, "password": password,
    });
    let body = zeroize::Zeroizing::new(body.to_string());
    let client = setup.enroll_client(None)?;
    let file = client.call(
        http::Method::POST,
        api::routes::CERTIFICATE_DOWNLOAD,
        None,
        None,
        Some(body.as_bytes().to_vec()),
    );
    let file = file.await?.to_vec();
    let (identity, holder) = opened(setup, &file, password)?;
    Ok((file, identity, holder))
}

async fn renewed(setup: &Setup, password: &str) -> Result<Ready, InstallFailed> {
    let old = match setup.installed.read(&setup.name) {
        Err(InstallError::None(_)) => return Err(InstallFailed::None),
        read => read?,
    };
    let holder = old.holder().ok_or(InstallFailed::NoClient)?;
    let client = setup.enroll_client(Some(&old))?;
    let key = NewKey::generate(KeyKind::P256, holder.facility, &holder.terminal);
    let key = key.map_err(|_| InstallFailed::File(InvalidIdentity::Write))?;
    let leaf = client.renew(key.request()).await?;
    let is_between = |it: &CertificateDer<'static>| *it != setup.root;
    let between = client.authority().await?.into_iter().filter(is_between);
    let identity = key.with(leaf, between.collect());
    let identity = identity.ok_or(InstallFailed::Client(ClientError::Answer))?;
    let file = identity.to_pkcs12(&setup.root, password, P12Encryption::Aes256)?;
    // Opened as whoever restores it will.
    let (identity, holder) = opened(setup, &file, password)?;
    Ok((file, identity, holder))
}

/// Opens a file and examines what it holds.
fn opened(setup: &Setup, file: &[u8], password: &str) -> Result<(Identity, Holder), InstallFailed> {
    let identity = Identity::from_pkcs12(file, password)?;
    let examiner = Examiner::new(&setup.root, Revocations::default());
    let examiner = examiner.map_err(ClientError::Tls)?;
    let holder = match examiner.examine(identity.chain(), (setup.clock)()) {
        Ok(holder) => holder,
        Err(Unfit::Expired) => return Err(InstallFailed::Expired),
        Err(Unfit::Missing | Unfit::Revoked) => return Err(InstallFailed::NoClient),
        Err(Unfit::Foreign) => return Err(InstallFailed::OtherCenter),
    };
    Ok((identity, holder))
}

/// Seals beside, tries, puts. Where the center cannot be asked it is put untried: what it was got with, or a backup, must not wait for
/// the line, the clock or whatever answers in the center's place.
async fn place(setup: &Setup, identity: &Identity) -> Result<(), InstallFailed> {
    let prepared = setup.installed.prepare(&setup.name, identity)?;
    match setup.client(identity)?.certificate().await {
        Ok(_) | Err(ClientError::Connection(Refusal::Line | Refusal::Clock | Refusal::Server)) => {
            Ok(prepared.put()?)
        }
        Err(ClientError::Connection(Refusal::Certificate)) => {
            prepared.drop_it();
            Err(InstallFailed::Revoked)
        }
        Err(error) => {
            prepared.drop_it();
            Err(InstallFailed::Client(error))
        }
    }
}

/// Keeps a `.p12` file among the downloads under a name that no other file has.
fn keep(
    folder: &Path,
    file: &[u8],
    holder: &Holder,
    now: Instant,
) -> Result<PathBuf, InstallFailed> {
    let day = now.date_in_japan().to_compact();
    let names = (1..100).map(|number| match number {
        1 => format!("onshi-{}-{day}.p12", holder.facility),
        number => format!("onshi-{}-{day}-{number}.p12", holder.facility),
    });
    let mut free = names
        .map(|name| folder.join(name))
        .filter(|it| !it.exists());
    let path = free.next().unwrap_or_else(|| folder.join("onshi.p12"));
    pki::sealed::write_private(&path, file)
        .map_err(|error| InstallFailed::Written(path.clone(), error.to_string()))?;
    Ok(path)
}

#[cfg(test)]
mod tests;
