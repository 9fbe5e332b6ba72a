//! The issuing CAs of an authority, one after the other below one root: the first beside the root, each later one in a folder of its own, which is
//! there whole or not at all. The newest signs; what a former one signed is good to its end. Changes none that is there.

use std::path::{Path, PathBuf};

use domain::civil_date::Instant;
use rcgen::{BasicConstraints, CertificateParams, Issuer, KeyPair, PublicKeyData};
use rustls_pki_types::CertificateDer;

use super::{Authority, AuthorityError, Held, ROOT, Revoked, ca_params, certificate, offset, pem};
use crate::identity::validity_of;
use crate::sealed::{MachineKey, SealError, write_private};

/// Its certificate.
pub(super) const CERTIFICATE: &str = "issuing.pem";

/// Its key, sealed.
pub(super) const KEY: &str = "issuing.key";

/// Months one is valid, where the root is as well.
const MONTHS: i32 = 180;

/// The name of a later one's folder, before its number.
const FOLDER: &str = "issuing-";

/// The end of the name of a folder whose making is not over.
const UNFINISHED: &str = ".unfinished";

/// So many missing files are named at most: a folder that somebody called after a date has a number of millions.
const NAMED: usize = 10;

/// One in whose place another signs.
pub(super) struct Former {
    certificate: CertificateDer<'static>,
    ends: Instant,
    /// None where its key was taken away for good: nothing but revocation lists needs it.
    issuer: Option<Issuer<'static, KeyPair>>,
}

impl Former {
    pub(super) fn open(folder: &Path, machine: &MachineKey) -> Result<Self, AuthorityError> {
        let file = folder.join(CERTIFICATE);
        let certificate = certificate(&file)?;
        let validity = validity_of(&certificate);
        let (_, ends) = validity.ok_or(AuthorityError::File(file))?;
        // Of a key that cannot be looked for, opening says why.
        let issuer = if folder.join(KEY).try_exists().unwrap_or(true) {
            Some(signer(folder, &certificate, machine)?)
        } else {
            None
        };
        Ok(Self {
            certificate,
            ends,
            issuer,
        })
    }
}

/// The folder of the one of a number, counted from 1.
pub(super) fn folder(dir: &Path, number: u32) -> PathBuf {
    if number <= 1 {
        dir.into()
    } else {
        dir.join(format!("{FOLDER}{number}"))
    }
}

/// The number of the newest.
pub(super) fn newest(dir: &Path) -> Result<u32, AuthorityError> {
    Ok(later(dir)?.into_iter().fold(1, u32::max))
}

/// The numbers of those that have a folder of their own, in no order.
fn later(dir: &Path) -> Result<Vec<u32>, AuthorityError> {
    let failed = |source| SealError::File {
        what: "read",
        path: dir.into(),
        source,
    };
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let digits = name.to_str().and_then(|it| it.strip_prefix(FOLDER));
        numbers.extend(digits.and_then(|it| it.parse::<u32>().ok()));
    }
    Ok(numbers)
}

/// What signs with the key of a folder.
pub(super) fn signer(
    folder: &Path,
    certificate: &CertificateDer<'static>,
    machine: &MachineKey,
) -> Result<Issuer<'static, KeyPair>, AuthorityError> {
    let key = machine.unseal(&folder.join(KEY))?;
    let key = KeyPair::try_from(key.as_slice())?;
    Ok(Issuer::from_ca_cert_der(certificate, key)?)
}

/// What stands in the certificate of one that is made now. All have one name: they are one CA with one key after the other.
pub(super) fn params(now: Instant) -> Result<CertificateParams, AuthorityError> {
    ca_params(
        "onshi issuing CA",
        BasicConstraints::Constrained(0),
        now,
        MONTHS,
    )
}

impl Authority {
    /// Makes another issuing CA below the same root, valid as long as the first was, and no longer than the root. `root_key` is the root's sealed
    /// key. Cut off at any moment it leaves the authority as it was, or with the new one whole.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn renew(
        dir: &Path,
        root_key: &Path,
        machine: &MachineKey,
        now: Instant,
    ) -> Result<Self, AuthorityError> {
        if Self::held_in(dir) != Held::One {
            return Err(AuthorityError::File(dir.join(ROOT)));
        }
        let present = Self::open(dir, machine, now)?;
        present.may_be_followed(now)?;
        let key = machine.unseal(root_key)?;
        let key = KeyPair::try_from(key.as_slice())?;
        let parsed = x509_parser::parse_x509_certificate(&present.root);
        let is_own = parsed.is_ok_and(|(_, root)| {
            root.public_key().raw == key.subject_public_key_info().as_slice()
        });
        if !is_own {
            return Err(AuthorityError::OtherRootKey(root_key.into()));
        }
        let root = Issuer::from_ca_cert_der(&present.root, key)?;
        let issuing_key = KeyPair::generate()?;
        let mut params = params(now)?;
        params.not_after = params.not_after.min(offset(present.root_ends));
        let made = params.signed_by(&issuing_key, &root)?;
        let whole = folder(dir, present.number() + 1);
        let mut unfinished = whole.clone().into_os_string();
        unfinished.push(UNFINISHED);
        let unfinished = PathBuf::from(unfinished);
        // Both are written over what an earlier try left.
        machine.seal(&unfinished.join(KEY), &issuing_key.serialize_der())?;
        let text = pem("CERTIFICATE", made.der());
        write_private(&unfinished.join(CERTIFICATE), text.as_bytes())?;
        let put = || {
            std::fs::rename(&unfinished, &whole)?;
            std::fs::File::open(dir)?.sync_all()
        };
        put().map_err(|source| SealError::File {
            what: "make",
            path: whole.clone(),
            source,
        })?;
        Self::open(dir, machine, now)
    }

    /// The files without which the authority of a folder issues nothing, of those that are not there. The root's key may lie elsewhere, and that of a
    /// former issuing CA may be destroyed.
    #[must_use]
    pub fn missing_in(dir: &Path) -> Vec<PathBuf> {
        // A folder that is not there has no later ones.
        let newest = newest(dir).unwrap_or(1);
        let certificates = (1..=newest).map(|it| folder(dir, it).join(CERTIFICATE));
        let key = folder(dir, newest).join(KEY);
        let needed = std::iter::once(dir.join(ROOT))
            .chain(certificates)
            .chain([key]);
        needed.filter(|it| !it.is_file()).take(NAMED).collect()
    }

    /// The root's certificate that lies in a folder; none where it cannot be read. Opens no key.
    #[must_use]
    pub fn root_in(dir: &Path) -> Option<CertificateDer<'static>> {
        certificate(&dir.join(ROOT)).ok()
    }

    /// The certificates of the issuing CAs that lie in a folder; one that cannot be read is passed over. Opens no key.
    pub fn issuing_in(dir: &Path) -> impl Iterator<Item = CertificateDer<'static>> {
        let later = later(dir).unwrap_or_default();
        let numbers = std::iter::once(1).chain(later);
        numbers.filter_map(move |it| certificate(&folder(dir, it).join(CERTIFICATE)).ok())
    }

    /// Whether the newest issuing CA is good for as long as the root: no other one below it would be good for longer.
    #[must_use]
    pub fn ends_with_root(&self) -> bool {
        self.root_ends <= self.ends
    }

    /// Whether another issuing CA would be good for longer than the newest.
    ///
    /// # Errors
    /// [`AuthorityError::RootOver`] or [`AuthorityError::EndsWithRoot`].
    pub fn may_be_followed(&self, now: Instant) -> Result<(), AuthorityError> {
        if self.root_ends <= now {
            return Err(AuthorityError::RootOver(self.root_ends));
        }
        if self.ends_with_root() {
            return Err(AuthorityError::EndsWithRoot(self.root_ends));
        }
        Ok(())
    }

    /// Which issuing CA signs, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        u32::try_from(self.formers.len()).map_or(u32::MAX, |formers| formers.saturating_add(1))
    }

    /// The certificates of the issuing CAs before the newest, the first one first.
    pub fn formers(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.formers.iter().map(|it| &it.certificate)
    }

    /// The certificates that a leaf which is good now may have been signed with: of the newest issuing CA, and of the former ones until their end.
    #[must_use]
    pub fn issuers(&self, now: Instant) -> Vec<CertificateDer<'static>> {
        let formers = self.formers.iter().filter(|it| now <= it.ends);
        let formers = formers.map(|it| it.certificate.clone());
        std::iter::once(self.issuing.clone())
            .chain(formers)
            .collect()
    }

    /// The list of revoked certificates as the issuing CA of a number signs it: programs that hold a list against the key which signed a certificate
    /// want that of its own. `None` where there is no such issuing CA, or its key is gone.
    ///
    /// # Errors
    /// [`AuthorityError::Certificate`].
    pub fn revocation_list_of(
        &self,
        number: u32,
        revoked: &[Revoked],
        now: Instant,
    ) -> Result<Option<Vec<u8>>, AuthorityError> {
        if number == self.number() {
            return self.revocation_list(revoked, now).map(Some);
        }
        let before = number
            .checked_sub(1)
            .and_then(|it| usize::try_from(it).ok());
        let former = before.and_then(|it| self.formers.get(it));
        let issuer = former.and_then(|it| it.issuer.as_ref());
        issuer.map(|it| super::list(it, revoked, now)).transpose()
    }
}
