//! The certificate a server shows: one for good, or one that is made anew long before it ends, so that a center that runs for years
//! is never taken for a stranger. Looks at its age at every handshake, by the clock that is handed in; has no timer.

use std::sync::{Arc, Mutex, PoisonError};

use domain::civil_date::Instant;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;

use crate::authority::SERVER_RENEWAL_DAYS;
use crate::clock::Clock;
use crate::identity::Identity;
use crate::server::TlsSetup;

/// Makes a server's certificate for a moment.
type Issue = Box<dyn Fn(Instant) -> Option<Identity> + Send + Sync>;

/// A server's certificate with its key. Connections that stand keep the one they saw; new ones are shown the newest.
#[derive(Clone)]
pub struct ServerCertificate {
    shown: Arc<Shown>,
    /// Between root and clients' leaves, beside those it is shown with.
    known: Arc<[CertificateDer<'static>]>,
}

struct Shown {
    current: Mutex<Current>,
    renewal: Option<(Clock, Issue)>,
}

#[derive(Clone)]
struct Current {
    key: Arc<CertifiedKey>,
    good_from: Instant,
    renew_from: Instant,
}

impl std::fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerCertificate(…)")
    }
}

impl ServerCertificate {
    /// One for good.
    ///
    /// # Errors
    /// [`TlsSetup`] for a key that is none of the certificate's.
    pub fn new(identity: &Identity) -> Result<Self, TlsSetup> {
        Self::of(identity, None)
    }

    /// One that `issue` makes, and makes anew in good time, or when the clock was set back before it began.
    ///
    /// # Errors
    /// [`TlsSetup`] when there is nothing to show at the start.
    pub fn renewed(
        clock: Clock,
        issue: impl Fn(Instant) -> Option<Identity> + Send + Sync + 'static,
    ) -> Result<Self, TlsSetup> {
        let first = issue(clock()).ok_or_else(|| TlsSetup("no server certificate".into()))?;
        Self::of(&first, Some((clock, Box::new(issue))))
    }

    fn of(identity: &Identity, renewal: Option<(Clock, Issue)>) -> Result<Self, TlsSetup> {
        let current = Mutex::new(Current::of(identity)?);
        Ok(Self {
            shown: Arc::new(Shown { current, renewal }),
            known: Arc::default(),
        })
    }

    /// The same at a server that knows certificates between root and clients' leaves: those that a former issuing CA signed may come alone, too.
    #[must_use]
    pub fn knowing(mut self, issuers: Vec<CertificateDer<'static>>) -> Self {
        self.known = issuers.into();
        self
    }

    /// The certificates between root and leaves that are known: those shown with it, and the further ones.
    pub(crate) fn issuers(&self) -> Vec<CertificateDer<'static>> {
        let shown = self.now();
        let shown = shown.cert.get(1..).unwrap_or_default();
        let further = self.known.iter().filter(|it| !shown.contains(*it));
        shown.iter().chain(further).cloned().collect()
    }

    /// What is shown now. What cannot be made anew is shown to its end.
    fn now(&self) -> Arc<CertifiedKey> {
        let current = self.shown.current.lock();
        let mut current = current.unwrap_or_else(PoisonError::into_inner);
        if let Some((clock, issue)) = &self.shown.renewal {
            let now = clock();
            if now < current.good_from || current.renew_from <= now {
                let made = issue(now).and_then(|made| Current::of(&made).ok());
                *current = made.unwrap_or_else(|| current.clone());
            }
        }
        Arc::clone(&current.key)
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}

impl Current {
    fn of(identity: &Identity) -> Result<Self, TlsSetup> {
        let (good_from, _) = identity
            .validity()
            .ok_or_else(|| TlsSetup("no dates in the server certificate".into()))?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = CertifiedKey::from_der(identity.chain().to_vec(), identity.key(), &provider);
        Ok(Self {
            key: Arc::new(key.map_err(|error| TlsSetup(error.to_string()))?),
            good_from,
            renew_from: good_from.plus_seconds(SERVER_RENEWAL_DAYS * 86_400),
        })
    }
}
