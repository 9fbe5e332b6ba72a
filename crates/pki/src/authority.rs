//! Our own certificate authority (G08): a root, an issuing CA below it, certificates for servers and clients. Keeps no client's key.

mod issuing;

use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PublicKeyData, RevocationReason, RevokedCertParams, SanType, SerialNumber,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};

use crate::authority::issuing::Former;
use crate::est::SigningRequest;
use crate::identity::Identity;
use crate::issue_notice::VALIDITY_MONTHS;
use crate::sealed::{MachineKey, SealError};

/// Name in the certificates. Says plainly that this is no public authority.
const ORGANISATION: &str = "onshi private CA";

/// Months a server certificate is valid.
const SERVER_MONTHS: i32 = 12;

/// Days after which a server makes itself another one: in two thirds of its time.
pub const SERVER_RENEWAL_DAYS: i64 = 240;

/// Why the authority could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A sealed key or another file.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A file of the authority is missing or no certificate.
    #[error("{0} is missing or holds no certificate; restore the CA folder from its backup")]
    File(PathBuf),
    /// A root's key that is none of the root's.
    #[error(
        "{0} is not the key of root.pem; bring the root.key of this authority back from where it is kept"
    )]
    OtherRootKey(PathBuf),
    /// The root is over: nothing below it would count.
    #[error("the root ended {0}; another authority is needed")]
    RootOver(Instant),
    /// The issuing CA there is ends with the root: another one would be good no longer.
    #[error(
        "the present issuing CA is good until the root ends, {0}, and another one would be good no longer; before that day another authority is needed, with every PC enrolled anew (docs/operations/certificate-and-key-ceremony.md)"
    )]
    EndsWithRoot(Instant),
    /// The certificate library refused.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// What a folder holds of an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// The beginnings of one that issued nothing: its making was cut off.
    Beginnings,
    /// One, of which files may be missing.
    One,
}

/// Its first files. The root's key may lie elsewhere: it is read for another issuing CA alone.
const FILES: [&str; 4] = [ROOT, "root.key", issuing::CERTIFICATE, issuing::KEY];

/// Written last: says that the authority is whole.
const ROOT: &str = "root.pem";

/// Lies beside the others until the authority is whole.
const UNFINISHED: &str = "unfinished";

/// A certificate on the revocation list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Its serial number.
    pub serial: [u8; 16],
    /// When it was revoked.
    pub at: Instant,
    /// Why.
    pub reason: Reason,
}

/// Why a certificate was revoked (RFC 5280 §5.3.1), as far as we tell reasons apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A later download of the same notice took its place.
    Superseded,
    /// An operator revoked it; the reason is the operator's.
    Unspecified,
}

/// Hours a revocation list is good for; clients fetch it anew before.
const LIST_HOURS: i64 = 24;

/// Which kind of key a client certificate gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyKind {
    /// P-256: the default.
    #[default]
    P256,
    /// RSA with 2048 bits, where a client needs it.
    Rsa,
}

impl KeyKind {
    /// Makes a key.
    pub(crate) fn generate(self) -> Result<KeyPair, rcgen::Error> {
        match self {
            Self::P256 => KeyPair::generate(),
            Self::Rsa => {
                KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
            }
        }
    }
}

/// A root CA with an issuing CA in a folder; private keys sealed with the machine key.
pub struct Authority {
    root: CertificateDer<'static>,
    issuing: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    ends: Instant,
    root_ends: Instant,
    /// The issuing CAs before, the first one first.
    formers: Vec<Former>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority(…)")
    }
}

/// A client certificate just made, with its key: for the PKCS#12 file and nothing else.
#[derive(Debug)]
pub struct Issued {
    /// Chain and private key.
    pub identity: Identity,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
    /// Serial number, 16 bytes.
    pub serial: [u8; 16],
    /// First instant of validity.
    pub not_before: Instant,
    /// Last instant of validity.
    pub not_after: Instant,
}

/// A certificate is good from so many seconds before it is made.
pub const BACKDATED_S: i64 = 300;

/// A client certificate made for a key that its client keeps (RFC 7030).
#[derive(Debug)]
pub struct IssuedForRequest {
    /// The certificate alone.
    pub certificate: CertificateDer<'static>,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
    /// Serial number, 16 bytes.
    pub serial: [u8; 16],
    /// First instant of validity.
    pub not_before: Instant,
    /// Last instant of validity.
    pub not_after: Instant,
}

impl Authority {
    /// What a folder holds. A file that cannot be looked for counts as there: nothing is made over it.
    #[must_use]
    pub fn held_in(dir: &Path) -> Held {
        let is_there = |name: &str| dir.join(name).try_exists().unwrap_or(true);
        if is_there(ROOT) {
            Held::One
        } else if is_there(UNFINISHED) {
            Held::Beginnings
        } else if FILES.iter().any(|name| is_there(name)) {
            Held::One
        } else {
            Held::Nothing
        }
    }

    /// Opens the authority of a folder, making one when the folder holds none. Where files of one are missing none is made: its keys
    /// would be lost.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn open(dir: &Path, machine: &MachineKey, now: Instant) -> Result<Self, AuthorityError> {
        if Self::held_in(dir) != Held::One {
            create(dir, machine, now)?;
        }
        let file = dir.join(ROOT);
        let root = certificate(&file)?;
        let validity = crate::identity::validity_of(&root);
        let (_, root_ends) = validity.ok_or(AuthorityError::File(file))?;
        let number = issuing::newest(dir)?;
        let folder = issuing::folder(dir, number);
        let file = folder.join(issuing::CERTIFICATE);
        let issuing = certificate(&file)?;
        let validity = crate::identity::validity_of(&issuing);
        let (_, ends) = validity.ok_or(AuthorityError::File(file))?;
        let issuer = issuing::signer(&folder, &issuing, machine)?;
        let formers = (1..number).map(|it| Former::open(&issuing::folder(dir, it), machine));
        Ok(Self {
            root,
            issuing,
            issuer,
            ends,
            root_ends,
            formers: formers.collect::<Result<_, _>>()?,
        })
    }

    /// The last instant of the issuing CA: nothing it signed counts after that.
    #[must_use]
    pub fn ends(&self) -> Instant {
        self.ends
    }

    /// The root certificate: what clients are given to trust.
    #[must_use]
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The certificate of the issuing CA below the root: the newest, which signs.
    #[must_use]
    pub fn issuing(&self) -> &CertificateDer<'static> {
        &self.issuing
    }

    /// The root certificate as PEM.
    #[must_use]
    pub fn root_pem(&self) -> String {
        pem("CERTIFICATE", &self.root)
    }

    /// SHA-256 of the root in groups of four hexadecimal digits, as a notice prints it.
    #[must_use]
    pub fn root_fingerprint(&self) -> String {
        printed_fingerprint(&self.root)
    }

    /// Makes a server's certificate for names and addresses, valid a year, and no longer than the issuing CA.
    ///
    /// # Errors
    /// [`AuthorityError::Certificate`].
    pub fn issue_server(
        &self,
        names: &[String],
        addresses: &[IpAddr],
        now: Instant,
    ) -> Result<Identity, AuthorityError> {
        let mut params = CertificateParams::new(names.to_vec())?;
        params
            .subject_alt_names
            .extend(addresses.iter().map(|it| SanType::IpAddress(*it)));
        let name = names.first().map_or("onshi center", String::as_str);
        params.distinguished_name = subject(&[
            (DnType::OrganizationName, ORGANISATION),
            (DnType::CommonName, name),
        ]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let (identity, ..) = self.issue(params, &KeyPair::generate()?, now, SERVER_MONTHS)?;
        Ok(identity)
    }

    /// Makes a client's key and certificate: institution code and terminal name in the subject, valid 39 months, and no
    /// longer than the issuing CA.
    ///
    /// # Errors
    /// [`AuthorityError::Certificate`].
    pub fn issue_client(
        &self,
        facility: InstitutionCode,
        terminal: &str,
        kind: KeyKind,
        now: Instant,
    ) -> Result<Issued, AuthorityError> {
        let params = client_params(facility, terminal);
        let key = kind.generate()?;
        let (identity, serial, not_before, not_after) =
            self.issue(params, &key, now, VALIDITY_MONTHS)?;
        Ok(Issued {
            fingerprint: identity.fingerprint(),
            identity,
            serial,
            not_before,
            not_after,
        })
    }

    /// Makes a client's certificate for the key of a request: the client keeps the key. Of the request nothing else is taken over.
    ///
    /// # Errors
    /// [`AuthorityError::Certificate`].
    pub fn issue_for(
        &self,
        facility: InstitutionCode,
        terminal: &str,
        request: &SigningRequest,
        now: Instant,
    ) -> Result<IssuedForRequest, AuthorityError> {
        let params = client_params(facility, terminal);
        let (certificate, serial, not_before, not_after) =
            self.sign(params, &request.key, now, VALIDITY_MONTHS)?;
        Ok(IssuedForRequest {
            fingerprint: Sha256::digest(&certificate).into(),
            certificate,
            serial,
            not_before,
            not_after,
        })
    }

    /// The list of revoked certificates, signed by the issuing CA (RFC 5280 §5), DER. Its number grows with the time.
    ///
    /// # Errors
    /// [`AuthorityError::Certificate`].
    pub fn revocation_list(
        &self,
        revoked: &[Revoked],
        now: Instant,
    ) -> Result<Vec<u8>, AuthorityError> {
        list(&self.issuer, revoked, now)
    }

    fn issue(
        &self,
        params: CertificateParams,
        key: &KeyPair,
        now: Instant,
        months: i32,
    ) -> Result<(Identity, [u8; 16], Instant, Instant), AuthorityError> {
        let (certificate, serial, not_before, not_after) = self.sign(params, key, now, months)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain = vec![certificate, self.issuing.clone()];
        Ok((Identity::new(chain, key), serial, not_before, not_after))
    }

    fn sign(
        &self,
        mut params: CertificateParams,
        key: &impl PublicKeyData,
        now: Instant,
        months: i32,
    ) -> Result<(CertificateDer<'static>, [u8; 16], Instant, Instant), AuthorityError> {
        let serial = random_serial()?;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let (not_before, not_after) = validity(now, months);
        // Whoever reads the certificate would otherwise count on days on which nobody believes it.
        let not_after = not_after.min(self.ends);
        params.not_before = offset(not_before);
        params.not_after = offset(not_after);
        let certificate = params.signed_by(key, &self.issuer)?;
        Ok((certificate.der().clone(), serial, not_before, not_after))
    }
}

/// The certificate of a file of the authority.
fn certificate(file: &Path) -> Result<CertificateDer<'static>, AuthorityError> {
    let pem = std::fs::read(file).map_err(|source| match source.kind() {
        ErrorKind::NotFound => AuthorityError::File(file.into()),
        // What is there and may not be read, say, is no matter of a backup.
        _ => AuthorityError::Seal(SealError::File {
            what: "read",
            path: file.into(),
            source,
        }),
    })?;
    crate::identity::first_certificate(&pem).ok_or_else(|| AuthorityError::File(file.into()))
}

/// The list of revoked certificates as one issuing CA signs it.
fn list(
    issuer: &Issuer<'static, KeyPair>,
    revoked: &[Revoked],
    now: Instant,
) -> Result<Vec<u8>, AuthorityError> {
    let certificates = revoked.iter().map(|it| RevokedCertParams {
        serial_number: SerialNumber::from_slice(&it.serial),
        revocation_time: offset(it.at),
        reason_code: match it.reason {
            Reason::Superseded => Some(RevocationReason::Superseded),
            // RFC 5280 §5.3.1 would have "unspecified" left out.
            Reason::Unspecified => None,
        },
        invalidity_date: None,
    });
    let number = u64::try_from(now.as_micros()).unwrap_or_default();
    let params = CertificateRevocationListParams {
        this_update: offset(now),
        next_update: offset(now.plus_seconds(LIST_HOURS * 3600)),
        crl_number: SerialNumber::from_slice(&number.to_be_bytes()),
        issuing_distribution_point: None,
        revoked_certs: certificates.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(params.signed_by(issuer)?.der().to_vec())
}

/// SHA-256 of a certificate in groups of four hexadecimal digits, as a notice prints it.
#[must_use]
pub fn printed_fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = Sha256::digest(certificate);
    let groups = digest.chunks(2);
    let groups: Vec<String> = groups
        .map(|pair| pair.iter().map(|byte| format!("{byte:02X}")).collect())
        .collect();
    groups.join(" ")
}

/// The name in a client's certificate: institution code and terminal (G07).
pub(crate) fn client_subject(facility: InstitutionCode, terminal: &str) -> DistinguishedName {
    subject(&[
        (DnType::OrganizationName, ORGANISATION),
        (DnType::OrganizationalUnitName, &facility.to_string()),
        (DnType::CommonName, terminal),
    ])
}

fn client_params(facility: InstitutionCode, terminal: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = client_subject(facility, terminal);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn create(dir: &Path, machine: &MachineKey, now: Instant) -> Result<(), AuthorityError> {
    let root_key = KeyPair::generate()?;
    let root_params = ca_params("onshi root CA", BasicConstraints::Constrained(1), now, 240)?;
    let root = root_params.self_signed(&root_key)?;
    let root_der = root.der().clone();
    let root_sealed = root_key.serialize_der();
    let root_issuer = Issuer::new(root_params, root_key);
    let issuing_key = KeyPair::generate()?;
    let issuing = issuing::params(now)?.signed_by(&issuing_key, &root_issuer)?;
    crate::sealed::write_private(&dir.join(UNFINISHED), b"")?;
    machine.seal(&dir.join("root.key"), &root_sealed)?;
    machine.seal(&dir.join(issuing::KEY), &issuing_key.serialize_der())?;
    let write = |name: &str, der: &[u8]| {
        crate::sealed::write_private(&dir.join(name), pem("CERTIFICATE", der).as_bytes())
    };
    write(issuing::CERTIFICATE, issuing.der())?;
    write(ROOT, &root_der)?;
    // Beside a root it says nothing any more.
    let _ = std::fs::remove_file(dir.join(UNFINISHED));
    Ok(())
}

fn ca_params(
    name: &str,
    constraints: BasicConstraints,
    now: Instant,
    months: i32,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(&[
        (DnType::OrganizationName, ORGANISATION),
        (DnType::CommonName, name),
    ]);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params.serial_number = Some(SerialNumber::from_slice(&random_serial()?));
    params.use_authority_key_identifier_extension = true;
    let (not_before, not_after) = validity(now, months);
    params.not_before = offset(not_before);
    params.not_after = offset(not_after);
    Ok(params)
}

fn subject(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, text) in parts {
        name.push(kind.clone(), *text);
    }
    name
}

fn random_serial() -> Result<[u8; 16], AuthorityError> {
    let mut serial = [0; 16];
    aws_lc_rs::rand::fill(&mut serial).map_err(|_| SealError::Random)?;
    // A positive number of full length (RFC 5280 §4.1.2.2).
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    Ok(serial)
}

/// From now, less [`BACKDATED_S`] for clocks that are behind, to the same day `months` later.
fn validity(now: Instant, months: i32) -> (Instant, Instant) {
    let whole = Instant::from_micros(now.as_seconds() * 1_000_000);
    let last = now.date_in_japan().plus_months(months).plus_days(1);
    (
        whole.plus_seconds(-BACKDATED_S),
        Instant::start_of_day_in_japan(last).plus_seconds(-1),
    )
}

fn offset(at: Instant) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(at.as_seconds())
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

/// PEM armour of DER bytes (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}
