//! Messages of RFC 7030 (enrolment over secure transport): the request for a certificate (PKCS#10, RFC 2986) and certificates as
//! "certs-only" CMS (RFC 5652 §5). Speaks no HTTP, and signs nothing but requests with keys made here.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::institution_code::InstitutionCode;
use rcgen::{CertificateParams, KeyPair, SubjectPublicKeyInfo};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::asn1_rs::{Any, FromDer};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo as ParsedKey;

use crate::authority::{AuthorityError, KeyKind, client_subject};
use crate::identity::Identity;

/// The longest request read, in bytes: one with an RSA key of 4096 bits has less than half of it.
pub const MOST_BYTES: usize = 8 << 10;

/// A key made at the client, with the request that asks for its certificate. The key leaves it only in an [`Identity`].
pub struct NewKey {
    key: KeyPair,
    request: Vec<u8>,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewKey(…)")
    }
}

impl NewKey {
    /// Makes a key and a request in the name of a facility's terminal, as its certificate has it (RFC 7030 §4.2.2).
    ///
    /// # Errors
    /// [`AuthorityError::Certificate`].
    pub fn generate(
        kind: KeyKind,
        facility: InstitutionCode,
        terminal: &str,
    ) -> Result<Self, AuthorityError> {
        let key = kind.generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = client_subject(facility, terminal);
        let request = params.serialize_request(&key)?.der().to_vec();
        Ok(Self { key, request })
    }

    /// The request, DER.
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// The key with the certificate made for it and those between it and the root; `None` when the certificate is another key's.
    #[must_use]
    pub fn with(
        self,
        leaf: CertificateDer<'static>,
        between: Vec<CertificateDer<'static>>,
    ) -> Option<Identity> {
        use rcgen::PublicKeyData;
        let (_, parsed) = x509_parser::certificate::X509Certificate::from_der(&leaf).ok()?;
        if parsed.public_key().raw != self.key.subject_public_key_info() {
            return None;
        }
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let chain = std::iter::once(leaf).chain(between).collect();
        Some(Identity::new(chain, key))
    }
}

/// Why a request is not answered with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// No PKCS#10 request in base64 or DER.
    #[error("not a PKCS#10 request (RFC 2986) in base64")]
    Form,
    /// Its signature is not its key's.
    #[error("the request is not signed with its own key")]
    Signature,
    /// A kind of key that is not taken.
    #[error("the key is none of P-256, P-384, RSA with 2048 to 4096 bits")]
    Key,
}

/// A request whose signature was verified.
#[derive(Debug, Clone)]
pub struct SigningRequest {
    pub(crate) key: SubjectPublicKeyInfo,
    subject: Vec<(String, String)>,
    names: Vec<u8>,
}

impl SigningRequest {
    /// Reads the body of an enrolment: base64 (RFC 7030 §4.2.1), or DER as some clients send it.
    ///
    /// # Errors
    /// [`InvalidRequest`].
    pub fn parse(body: &[u8]) -> Result<Self, InvalidRequest> {
        if MOST_BYTES < body.len() {
            return Err(InvalidRequest::Form);
        }
        let der = match body.first() {
            // The first byte of a SEQUENCE; in base64 it would be a digit that no request starts with.
            Some(0x30) if STANDARD.decode(body).is_err() => body.to_vec(),
            _ => unarmoured(body).ok_or(InvalidRequest::Form)?,
        };
        let (rest, request) =
            X509CertificationRequest::from_der(&der).map_err(|_| InvalidRequest::Form)?;
        if !rest.is_empty() {
            return Err(InvalidRequest::Form);
        }
        request
            .verify_signature()
            .map_err(|_| InvalidRequest::Signature)?;
        let info = &request.certification_request_info;
        if !is_taken(&info.subject_pki) {
            return Err(InvalidRequest::Key);
        }
        let key = SubjectPublicKeyInfo::from_der(info.subject_pki.raw);
        let mut names = Vec::new();
        for extension in request.requested_extensions().into_iter().flatten() {
            if let x509_parser::extensions::ParsedExtension::SubjectAlternativeName(it) = extension
            {
                names.extend(
                    it.general_names
                        .iter()
                        .flat_map(|it| format!("{it:?}").into_bytes()),
                );
            }
        }
        Ok(Self {
            key: key.map_err(|_| InvalidRequest::Key)?,
            subject: subject_of(&info.subject),
            names,
        })
    }

    /// Whether it asks in the name of this client certificate: the same subject, and no other names (RFC 7030 §4.2.2).
    #[must_use]
    pub fn is_in_the_name_of(&self, leaf: &CertificateDer<'_>) -> bool {
        let parsed = x509_parser::certificate::X509Certificate::from_der(leaf);
        let same = parsed.is_ok_and(|(_, leaf)| subject_of(leaf.subject()) == self.subject);
        same && self.names.is_empty()
    }

    /// Whether it asks in nobody's name, as for a first certificate: the notice says whose it is.
    #[must_use]
    pub fn is_in_no_name(&self) -> bool {
        self.subject.is_empty() && self.names.is_empty()
    }

    /// Whether it asks in the name of a facility's terminal.
    #[must_use]
    pub fn is_in_the_name_of_terminal(&self, facility: InstitutionCode, terminal: &str) -> bool {
        let named = client_subject(facility, terminal);
        let mut expected = named.iter().map(|(_, value)| match value {
            rcgen::DnValue::Utf8String(text) => text.as_str(),
            _ => "",
        });
        let same = self.subject.len() == 3
            && self
                .subject
                .iter()
                .all(|(_, own)| expected.next() == Some(own.as_str()));
        same && self.names.is_empty()
    }
}

/// Kind and value of each part of a name, whatever kind of string it is written in.
fn subject_of(name: &x509_parser::x509::X509Name<'_>) -> Vec<(String, String)> {
    let parts = name.iter_attributes();
    parts
        .map(|part| {
            let value = part.as_str().map(str::to_owned);
            (part.attr_type().to_id_string(), value.unwrap_or_default())
        })
        .collect()
}

fn is_taken(key: &ParsedKey<'_>) -> bool {
    match key.parsed() {
        Ok(PublicKey::EC(point)) => matches!(point.key_size(), 256 | 384),
        Ok(PublicKey::RSA(key)) => (2_048..=4_096).contains(&key.key_size()),
        Ok(_) | Err(_) => false,
    }
}

/// Base64 with any line ends, or a PEM text.
fn unarmoured(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let joined: String = lines.flat_map(str::split_whitespace).collect();
    STANDARD.decode(joined).ok()
}

/// The object identifier of signed data, DER.
const SIGNED_DATA: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
];
/// The object identifier of data, DER.
const DATA: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01,
];
/// Version 1.
const VERSION: &[u8] = &[0x02, 0x01, 0x01];
/// An empty SET.
const NOTHING: &[u8] = &[0x31, 0x00];

const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed: content of a ContentInfo, certificates of signed data.
const FIRST: u8 = 0xa0;

/// Certificates without a signature over anything: "certs-only" (RFC 7030 §4.1.3), DER.
#[must_use]
pub fn certs_only(certificates: &[CertificateDer<'_>]) -> Vec<u8> {
    let all: Vec<u8> = certificates
        .iter()
        .flat_map(|it| it.iter().copied())
        .collect();
    let parts = [
        VERSION.to_vec(),
        NOTHING.to_vec(),
        wrapped(SEQUENCE, DATA),
        wrapped(FIRST, &all),
        NOTHING.to_vec(),
    ];
    let signed = wrapped(FIRST, &wrapped(SEQUENCE, &parts.concat()));
    wrapped(SEQUENCE, &[SIGNED_DATA, &signed].concat())
}

/// The same in base64, as it goes over the line.
#[must_use]
pub fn certs_only_text(certificates: &[CertificateDer<'_>]) -> String {
    let body = STANDARD.encode(certs_only(certificates));
    let lines = body.as_bytes().chunks(64).map(String::from_utf8_lossy);
    lines
        .flat_map(|line| [line.into_owned(), "\r\n".into()])
        .collect()
}

/// The certificates of a "certs-only" text; `None` for anything else.
#[must_use]
pub fn read_certs_only(body: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let der = unarmoured(body)?;
    let inside = |bytes: &[u8], tag: u8| {
        let (_, any) = Any::from_der(bytes).ok()?;
        let is = bytes.first() == Some(&tag);
        is.then(|| any.data.to_vec())
    };
    let content = inside(&der, SEQUENCE)?;
    let signed = inside(content.strip_prefix(SIGNED_DATA)?, FIRST)?;
    let signed = inside(&signed, SEQUENCE)?;
    let mut rest = signed.as_slice();
    while let Some(tag) = rest.first() {
        let (after, any) = Any::from_der(rest).ok()?;
        if *tag == FIRST {
            return certificates_of(any.data);
        }
        rest = after;
    }
    None
}

fn certificates_of(mut bytes: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (after, _) = x509_parser::certificate::X509Certificate::from_der(bytes).ok()?;
        let length = bytes.len() - after.len();
        found.push(CertificateDer::from(bytes.get(..length)?.to_vec()));
        bytes = after;
    }
    Some(found)
}

/// A DER value with its tag and length.
fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let mut out = vec![tag];
    if content.len() < 0x80 {
        out.extend(length.last());
    } else {
        let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
        out.extend(u8::try_from(significant.len()).map(|many| 0x80 | many));
        out.extend(significant);
    }
    out.extend_from_slice(content);
    out
}
