//! Certificates and revocation lists in the profile of JPKI, as read from a published test card (`docs/decisions/0017-card-authority.md`).
//! Decides neither who gets one nor for how long.

use std::time::Duration;

use domain::civil_date::{CivilDate, Instant};
use rsa::pkcs8::EncodePublicKey;
use rsa::{RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::der::asn1::{
    Any, BitString, GeneralizedTime, Ia5String, ObjectIdentifier, OctetString, PrintableStringRef,
    SetOfVec, Uint, UtcTime, Utf8StringRef,
};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::{DateTime, Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CertificatePolicies, CrlDistributionPoints, CrlNumber, ExtendedKeyUsage, IssuerAltName,
    KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::card::key::IssuingKey;
use crate::card::{NotMade, policy};

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const CLIENT_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const STATEMENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// An issuing key with its names.
pub(crate) struct Issuer {
    key: IssuingKey,
    pub(crate) name: Name,
    pub(crate) serial: u32,
    pub(crate) certificate: Vec<u8>,
}

/// What a holder's certificate says.
pub(crate) struct Holder<'a> {
    pub(crate) serial: u32,
    pub(crate) subject: Name,
    pub(crate) key: &'a RsaPublicKey,
    pub(crate) from: CivilDate,
    /// The last day.
    pub(crate) until: CivilDate,
    pub(crate) purpose: Purpose,
    pub(crate) policy: &'static str,
    /// Name of the revocation list the certificate would be on.
    pub(crate) list: Name,
}

/// What a holder's key is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Authentication,
    Signature,
}

impl Issuer {
    /// An authority that certifies itself for ten years.
    pub(crate) fn new(
        key: RsaPrivateKey,
        name: Name,
        serial: u32,
        from: CivilDate,
    ) -> Result<Self, NotMade> {
        let key = IssuingKey::new(key)?;
        let public = key.public();
        let mut usage = KeyUsages::KeyCertSign.into();
        usage |= KeyUsages::CRLSign;
        let extensions = vec![
            extension(&KeyUsage(usage), Critical::Yes)?,
            extension(
                &BasicConstraints {
                    ca: true,
                    path_len_constraint: None,
                },
                Critical::Yes,
            )?,
            extension(&identifier(&public)?, Critical::No)?,
            extension(&points(name.clone()), Critical::No)?,
        ];
        let body = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&serial.to_be_bytes())?,
            signature: algorithm(),
            issuer: name.clone(),
            validity: validity(from, from.plus_months(120))?,
            subject: name.clone(),
            subject_public_key_info: key_info(&public)?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        };
        let certificate = signed(body, &key)?;
        Ok(Self {
            key,
            name,
            serial,
            certificate,
        })
    }

    /// A holder's certificate.
    pub(crate) fn issue(&self, holder: &Holder<'_>) -> Result<Vec<u8>, NotMade> {
        let mut usage = KeyUsages::DigitalSignature.into();
        if holder.purpose == Purpose::Signature {
            usage |= KeyUsages::NonRepudiation;
        }
        let mut extensions = vec![
            extension(&KeyUsage(usage), Critical::Yes)?,
            extension(&policies(holder.policy)?, Critical::Yes)?,
            extension(&other_name()?, Critical::No)?,
            extension(&points(holder.list.clone()), Critical::No)?,
            extension(&self.authority_identifier()?, Critical::No)?,
            extension(&identifier(holder.key)?, Critical::No)?,
        ];
        if holder.purpose == Purpose::Authentication {
            let client = ExtendedKeyUsage(vec![CLIENT_AUTHENTICATION]);
            extensions.push(extension(&client, Critical::No)?);
            let ocsp = AuthorityInfoAccessSyntax(vec![AccessDescription {
                access_method: OCSP,
                access_location: GeneralName::UniformResourceIdentifier(Ia5String::new(
                    policy::OCSP,
                )?),
            }]);
            extensions.push(extension(&ocsp, Critical::No)?);
        }
        let body = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&holder.serial.to_be_bytes())?,
            signature: algorithm(),
            issuer: self.name.clone(),
            validity: validity(holder.from, holder.until)?,
            subject: holder.subject.clone(),
            subject_public_key_info: key_info(holder.key)?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        };
        signed(body, &self.key)
    }

    /// A revocation list of these serials.
    pub(crate) fn revocation_list(
        &self,
        serials: &[u32],
        from: CivilDate,
        next: CivilDate,
    ) -> Result<Vec<u8>, NotMade> {
        let mut revoked = Vec::new();
        for serial in serials {
            revoked.push(RevokedCert {
                serial_number: SerialNumber::new(&serial.to_be_bytes())?,
                revocation_date: first_moment(from)?,
                crl_entry_extensions: None,
            });
        }
        let number = CrlNumber(Uint::new(&from.to_epoch_days().to_be_bytes())?);
        let body = TbsCertList {
            version: Version::V2,
            signature: algorithm(),
            issuer: self.name.clone(),
            this_update: first_moment(from)?,
            next_update: Some(first_moment(next)?),
            revoked_certificates: (!revoked.is_empty()).then_some(revoked),
            crl_extensions: Some(vec![
                extension(&self.authority_identifier()?, Critical::No)?,
                extension(&number, Critical::No)?,
            ]),
        };
        let signature = signature(&body.to_der()?, &self.key)?;
        let list = CertificateList {
            tbs_cert_list: body,
            signature_algorithm: algorithm(),
            signature,
        };
        Ok(list.to_der()?)
    }

    fn authority_identifier(&self) -> Result<AuthorityKeyIdentifier, NotMade> {
        let key = identifier(&self.key.public())?;
        Ok(AuthorityKeyIdentifier {
            key_identifier: Some(key.0),
            authority_cert_issuer: Some(vec![GeneralName::DirectoryName(self.name.clone())]),
            authority_cert_serial_number: Some(SerialNumber::new(&self.serial.to_be_bytes())?),
        })
    }
}

/// A distinguished name of `C=JP` and these parts, in the order of the certificate.
pub(crate) fn name(parts: &[(Part, &str)]) -> Result<Name, NotMade> {
    let country = Any::from(PrintableStringRef::new("JP")?);
    let mut names = vec![relative(COUNTRY, country)?];
    for (part, text) in parts {
        let kind = match part {
            Part::Organization => ORGANIZATION,
            Part::Unit => UNIT,
            Part::CommonName => COMMON_NAME,
        };
        names.push(relative(kind, Any::from(Utf8StringRef::new(text)?))?);
    }
    Ok(RdnSequence(names))
}

/// A part of a distinguished name.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Organization,
    Unit,
    CommonName,
}

fn relative(oid: ObjectIdentifier, value: Any) -> Result<RelativeDistinguishedName, NotMade> {
    let pair = AttributeTypeAndValue { oid, value };
    Ok(RelativeDistinguishedName(SetOfVec::try_from(vec![pair])?))
}

/// The last 23:59:59 of `until` in Japan is the certificate's end (a published test card ends so).
fn validity(from: CivilDate, until: CivilDate) -> Result<Validity, NotMade> {
    Ok(Validity {
        not_before: first_moment(from)?,
        not_after: time(Instant::start_of_day_in_japan(until.plus_days(1)).plus_seconds(-1))?,
    })
}

fn first_moment(day: CivilDate) -> Result<Time, NotMade> {
    time(Instant::start_of_day_in_japan(day))
}

/// `UTCTime` to the end of 2049 and `GeneralizedTime` from 2050 on (RFC 5280 4.1.2.5).
fn time(at: Instant) -> Result<Time, NotMade> {
    let seconds = u64::try_from(at.as_seconds()).map_err(|_| NotMade::BuiltIn("date"))?;
    let time = DateTime::from_unix_duration(Duration::from_secs(seconds))?;
    Ok(match UtcTime::from_date_time(time) {
        Ok(time) => Time::UtcTime(time),
        Err(_) => Time::GeneralTime(GeneralizedTime::from_date_time(time)),
    })
}

fn other_name() -> Result<IssuerAltName, NotMade> {
    let name = name(&[(Part::Organization, "架空の公的個人認証サービス")])?;
    Ok(IssuerAltName(vec![GeneralName::DirectoryName(name)]))
}

fn points(name: Name) -> CrlDistributionPoints {
    let full = DistributionPointName::FullName(vec![GeneralName::DirectoryName(name)]);
    CrlDistributionPoints(vec![DistributionPoint {
        distribution_point: Some(full),
        reasons: None,
        crl_issuer: None,
    }])
}

fn policies(policy: &str) -> Result<CertificatePolicies, NotMade> {
    let statement = Ia5String::new(policy::STATEMENT)?;
    let identifier = ObjectIdentifier::new(policy).map_err(|_| NotMade::BuiltIn("policy"))?;
    Ok(CertificatePolicies(vec![PolicyInformation {
        policy_identifier: identifier,
        policy_qualifiers: Some(vec![PolicyQualifierInfo {
            policy_qualifier_id: STATEMENT,
            qualifier: Some(Any::encode_from(&statement)?),
        }]),
    }]))
}

fn identifier(key: &RsaPublicKey) -> Result<SubjectKeyIdentifier, NotMade> {
    let info = key_info(key)?;
    let hash = Sha256::digest(info.subject_public_key.raw_bytes());
    // RFC 7093 2.1: the leftmost 160 bits of SHA-256.
    let left = hash.iter().copied().take(20).collect::<Vec<u8>>();
    Ok(SubjectKeyIdentifier(OctetString::new(left)?))
}

fn key_info(key: &RsaPublicKey) -> Result<SubjectPublicKeyInfoOwned, NotMade> {
    let der = key.to_public_key_der().map_err(rsa::pkcs8::Error::from)?;
    Ok(SubjectPublicKeyInfoOwned::from_der(der.as_bytes())?)
}

fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: SHA256_WITH_RSA,
        parameters: Some(Any::null()),
    }
}

#[derive(Clone, Copy)]
enum Critical {
    Yes,
    No,
}

fn extension<E: AssociatedOid + Encode>(it: &E, critical: Critical) -> Result<Extension, NotMade> {
    Ok(Extension {
        extn_id: E::OID,
        critical: matches!(critical, Critical::Yes),
        extn_value: OctetString::new(it.to_der()?)?,
    })
}

fn signed(body: TbsCertificate, key: &IssuingKey) -> Result<Vec<u8>, NotMade> {
    let signature = signature(&body.to_der()?, key)?;
    let certificate = Certificate {
        tbs_certificate: body,
        signature_algorithm: algorithm(),
        signature,
    };
    Ok(certificate.to_der()?)
}

fn signature(body: &[u8], key: &IssuingKey) -> Result<BitString, NotMade> {
    Ok(BitString::from_bytes(&key.sign(body)?)?)
}
