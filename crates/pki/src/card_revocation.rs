//! Revocation lists of card authorities (RFC 5280 §5): read once, asked for each card. Believes no list that a root has not signed, and no
//! kind of list it does not understand.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use domain::civil_date::Instant;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::card_certificate::{CardCertificate, Root, authority_key_id, directory_names};

/// Why a file is no list. The texts name the remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidList {
    /// It is not one revocation list in PEM or DER.
    #[error("is not one revocation list (X.509 CRL) in PEM or DER")]
    Unreadable,
    /// No root has signed it.
    #[error("is signed by none of cards.roots")]
    Untrusted,
    /// It is a kind of list that is not understood: of changes only, of other issuers, of some reasons, or with an unknown critical
    /// extension.
    #[error(
        "is a list of changes, of some reasons, of another issuer, or has an unknown critical extension"
    )]
    Kind,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationList {
    authority: [u8; 32],
    made: Instant,
    /// Until when it is good; `None` where it does not say.
    pub next_update: Option<Instant>,
    /// The names of the part it covers, as DER; all of the authority's certificates when empty.
    part: BTreeSet<Vec<u8>>,
    serials: HashSet<Vec<u8>>,
}

/// A list is told of from so long before its next update on, in seconds, or from the last quarter of its time on where that is shorter:
/// a list that is made anew every day would be told of always.
const ENDING_S: i64 = 3 * 86_400;

/// Where a list stands in its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Its next update is not close.
    Current,
    /// Its next update is close.
    Ending,
    /// It is past its next update, or names none.
    Over,
}

/// What lists say of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// A current list covers it and does not name it.
    Good,
    /// A list names it. That holds whatever the list's age.
    Revoked,
    /// Lists that cover it are past their next update.
    Stale,
    /// No list covers it.
    Unknown,
}

impl RevocationList {
    /// Reads a list and verifies its signature.
    ///
    /// # Errors
    /// [`InvalidList`].
    pub fn read(file: &[u8], roots: &[Root]) -> Result<Self, InvalidList> {
        use rustls_pki_types::CertificateRevocationListDer;
        use rustls_pki_types::pem::PemObject;
        let from_pem = CertificateRevocationListDer::from_pem_slice(file);
        let der = from_pem.as_ref().map_or(file, |der| der.as_ref());
        let (rest, list) =
            CertificateRevocationList::from_der(der).map_err(|_| InvalidList::Unreadable)?;
        if !rest.is_empty() || list.signature_algorithm != list.tbs_cert_list.signature {
            return Err(InvalidList::Unreadable);
        }
        let named = (list.issuer().as_raw(), authority_key_id(list.extensions()));
        let signed_by = |root: &&Root| {
            root.has_signed(
                named,
                &list.signature_algorithm,
                list.tbs_cert_list.as_ref(),
                &list.signature_value.data,
            )
        };
        let root = roots.iter().find(signed_by).ok_or(InvalidList::Untrusted)?;
        let mut part = BTreeSet::new();
        for extension in list.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::IssuingDistributionPoint(point) => {
                    let whole = !point.only_contains_ca_certs
                        && !point.only_contains_attribute_certs
                        && !point.indirect_crl
                        && point.only_some_reasons.is_none();
                    if let (true, Some(name)) = (whole, &point.distribution_point) {
                        part.extend(directory_names(name));
                    }
                    // A part whose name is not understood covers nothing that could be told.
                    if !whole || point.distribution_point.is_some() && part.is_empty() {
                        return Err(InvalidList::Kind);
                    }
                }
                _ if extension.critical => return Err(InvalidList::Kind),
                _ => {}
            }
        }
        let entries = list.iter_revoked_certificates();
        let unknown_entry = list
            .iter_revoked_certificates()
            .any(|it| it.extensions().iter().any(|it| it.critical));
        if unknown_entry {
            return Err(InvalidList::Kind);
        }
        let bare = |serial: &[u8]| {
            serial
                .iter()
                .copied()
                .skip_while(|byte| *byte == 0)
                .collect()
        };
        let instant = |at: i64| Instant::from_micros(at.saturating_mul(1_000_000));
        Ok(Self {
            authority: root.authority,
            made: instant(list.last_update().timestamp()),
            next_update: list.next_update().map(|at| instant(at.timestamp())),
            part,
            serials: entries.map(|entry| bare(entry.raw_serial())).collect(),
        })
    }

    /// How many certificates it names.
    #[must_use]
    pub fn count(&self) -> usize {
        self.serials.len()
    }

    /// Where it stands in its time.
    #[must_use]
    pub fn age(&self, now: Instant) -> Age {
        let Some(next) = self.next_update.filter(|next| now < *next) else {
            return Age::Over;
        };
        let close = ENDING_S.min(self.made.seconds_until(next) / 4);
        if now.seconds_until(next) <= close {
            Age::Ending
        } else {
            Age::Current
        }
    }

    fn covers(&self, certificate: &CardCertificate) -> bool {
        self.authority == *certificate.serial.authority()
            && (self.part.is_empty() || !self.part.is_disjoint(&certificate.lists))
    }

    fn is_current(&self, now: Instant) -> bool {
        self.next_update.is_some_and(|next| now < next)
    }
}

/// What all lists together say of a certificate now.
#[must_use]
pub fn revocation(
    lists: &[Arc<RevocationList>],
    certificate: &CardCertificate,
    now: Instant,
) -> Revocation {
    let own = || lists.iter().filter(|list| list.covers(certificate));
    if own().any(|list| list.serials.contains(certificate.serial.number())) {
        Revocation::Revoked
    } else if own().any(|list| list.is_current(now)) {
        Revocation::Good
    } else if own().next().is_some() {
        Revocation::Stale
    } else {
        Revocation::Unknown
    }
}
