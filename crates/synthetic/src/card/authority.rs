//! The made-up issuer of cards: makes personas, renews and revokes their certificates. Knows no real person and no real authority's name.

use domain::civil_date::CivilDate;
use rsa::RsaPrivateKey;

use crate::card::case::Case;
use crate::card::certificate::{Holder, Issuer, Part, Purpose, name};
use crate::card::face::{self, FaceIssuer, FaceRoot};
use crate::card::key::{KeyMaker, KeyOf, to_der};
use crate::card::octets::Octets;
use crate::card::persona::{Credential, Jpki, Persona, Pins, Shared, Token, Tries};
use crate::card::terminal::TerminalAuthority;
use crate::card::{NotMade, holder, persona, policy};

/// Days for which a revocation list is good.
pub const LIST_DAYS: i32 = 30;

/// Years from issue to the end of a certificate: the fifth birthday after it.
const BIRTHDAYS: i16 = 5;

/// Years from issue to the end of a card: the tenth birthday after it.
const CARD_BIRTHDAYS: i16 = 10;

/// The PIN of every authentication key here.
pub const PIN: &str = "1234";

/// The password of every signature key here.
pub const SIGNATURE_PASSWORD: &str = "ABC123";

/// Which certificate of a holder: the first, or a renewed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation(pub u8);

impl Generation {
    /// The first certificate.
    pub const FIRST: Self = Self(1);
}

/// The issuer of a seed, on a day.
pub struct CardAuthority {
    keys: KeyMaker,
    today: CivilDate,
    authentication: Issuer,
    signature: Issuer,
    faces: FaceIssuer,
    terminals: TerminalAuthority,
}

impl CardAuthority {
    /// The issuer of a seed on a day. The same seed has the same keys on every day.
    ///
    /// # Errors
    /// [`NotMade`].
    pub fn new(seed: u64, today: CivilDate) -> Result<Self, NotMade> {
        let from = today.plus_months(-24);
        let keys = KeyMaker::new(seed);
        let issuer = |of: KeyOf, unit: &str, serial| {
            let key = keys.key(of)?;
            Issuer::new(key, name(&authority_parts(unit))?, serial, from)
        };
        Ok(Self {
            today,
            authentication: issuer(
                KeyOf::AuthenticationAuthority,
                AUTHENTICATION_UNIT,
                0x06d1_8001,
            )?,
            signature: issuer(KeyOf::SignatureAuthority, SIGNATURE_UNIT, 0x067c_6001)?,
            faces: FaceIssuer::new(&keys)?,
            terminals: TerminalAuthority::new(seed)?,
            keys,
        })
    }

    /// The certificate that authentication certificates lead to, DER: the center's trust anchor.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.authentication.certificate
    }

    /// The key that signed card faces lead to: the reader's trust anchor for photos.
    ///
    /// # Errors
    /// [`NotMade`].
    pub fn face_root(&self) -> Result<FaceRoot, NotMade> {
        self.faces.root()
    }

    /// Who certifies the terminals these cards believe.
    #[must_use]
    pub fn terminals(&self) -> &TerminalAuthority {
        &self.terminals
    }

    /// The revocation list of these serials, DER, good for [`LIST_DAYS`].
    ///
    /// # Errors
    /// [`NotMade`].
    pub fn revocation_list(&self, revoked: &[u32]) -> Result<Vec<u8>, NotMade> {
        let next = self.today.plus_days(LIST_DAYS);
        self.authentication
            .revocation_list(revoked, self.today, next)
    }

    /// The serials that are revoked from the start.
    #[must_use]
    pub fn revoked_from_start(&self) -> Vec<u32> {
        vec![serial(Case::Revoked, Generation::FIRST)]
    }

    /// The card of a case.
    ///
    /// # Errors
    /// [`NotMade`].
    pub fn persona(&self, case: Case) -> Result<Persona, NotMade> {
        let generation = match case {
            Case::Renewed => Generation(2),
            _ => Generation::FIRST,
        };
        self.issue(case, generation, self.dates(case)?)
    }

    /// A new card or phone for the holder of a case, with a new key and serial.
    ///
    /// # Errors
    /// [`NotMade`].
    pub fn renew(&self, case: Case, generation: Generation) -> Result<Persona, NotMade> {
        let until = birthday_end(case, self.today)?;
        self.issue(case, generation, (self.today, until))
    }

    fn issue(
        &self,
        case: Case,
        generation: Generation,
        (from, until): (CivilDate, CivilDate),
    ) -> Result<Persona, NotMade> {
        let token = token(case);
        let mut persona = Persona {
            case,
            token,
            made_on: self.today.to_string(),
            holder: holder::of(case)?,
            pins: pins(case),
            tries: tries(case),
            jpki: None,
            card_face: None,
            input_support: None,
            shared: None,
        };
        if token == Token::Other {
            return Ok(persona);
        }
        let authentication =
            self.credential(case, generation, Purpose::Authentication, (from, until))?;
        let signature = self.credential(case, generation, Purpose::Signature, (from, until))?;
        persona.jpki = Some(Jpki {
            authentication,
            signature: Some(signature),
            terminal_authority: self.terminals.public_key().into(),
        });
        if token == Token::Card {
            self.print(&mut persona, generation, from)?;
        }
        Ok(persona)
    }

    /// The parts that phones lack: the face as pictures and text, and what it says of the card itself.
    fn print(
        &self,
        persona: &mut Persona,
        generation: Generation,
        from: CivilDate,
    ) -> Result<(), NotMade> {
        let (case, Some(holder)) = (persona.case, &persona.holder) else {
            return Ok(());
        };
        let ends_on = birthday(holder, from, CARD_BIRTHDAYS)?;
        let key = self.keys.key(KeyOf::CardFace(case, generation))?;
        persona.pins.number_a = Some(face::NO_NUMBER.into());
        persona.pins.number_b = Some(face::number_b(holder, ends_on)?);
        persona.pins.birth_date = Some(face::era_date(holder)?);
        persona.card_face = Some(self.faces.card_face(case, holder, ends_on, &key)?);
        persona.input_support = Some(self.faces.input_support(holder, &key.to_public_key())?);
        persona.shared = Some(Shared {
            serial: format!("{:015}", serial(case, generation)),
            municipality: face::MUNICIPALITY.into(),
            ends_on: ends_on.to_compact(),
        });
        Ok(())
    }

    fn credential(
        &self,
        case: Case,
        generation: Generation,
        purpose: Purpose,
        (from, until): (CivilDate, CivilDate),
    ) -> Result<Credential, NotMade> {
        let (issuer, unit) = match purpose {
            Purpose::Authentication => (&self.authentication, AUTHENTICATION_UNIT),
            Purpose::Signature => (&self.signature, SIGNATURE_UNIT),
        };
        let key = self.key(case, generation, purpose)?;
        let public = key.to_public_key();
        let serial = serial(case, generation);
        let policy = match (purpose, token(case)) {
            (Purpose::Signature, _) => policy::SIGNATURE,
            (Purpose::Authentication, Token::Card | Token::Other) => policy::CARD,
            (Purpose::Authentication, Token::Android | Token::Iphone) => policy::PHONE,
        };
        let certificate = issuer.issue(&Holder {
            serial,
            subject: name(&[(Part::CommonName, &pseudonym(serial))])?,
            key: &public,
            from,
            until,
            purpose,
            policy,
            list: list_name(unit)?,
        })?;
        Ok(Credential {
            key: to_der(&key)?.into(),
            certificate: certificate.into(),
            authority: Octets(issuer.certificate.clone()),
        })
    }

    /// Authentication keys are each card's own. No check looks at a signature, so all cards of a seed share that key.
    fn key(
        &self,
        case: Case,
        generation: Generation,
        purpose: Purpose,
    ) -> Result<RsaPrivateKey, NotMade> {
        self.keys.key(match purpose {
            Purpose::Authentication => KeyOf::Authentication(case, generation),
            Purpose::Signature => KeyOf::Signature,
        })
    }

    /// First and last day of the first certificate of a case.
    fn dates(&self, case: Case) -> Result<(CivilDate, CivilDate), NotMade> {
        let ended = |days| {
            let until = self.today.plus_days(days);
            (until.plus_months(-12 * i32::from(BIRTHDAYS)), until)
        };
        Ok(match case {
            Case::ExpiredRecently => ended(-40),
            Case::ExpiredLong => ended(-130),
            Case::AboutToExpire => ended(40),
            _ => {
                let from = self.today.plus_days(-400);
                (from, birthday_end(case, from)?)
            }
        })
    }
}

fn birthday_end(case: Case, from: CivilDate) -> Result<CivilDate, NotMade> {
    match holder::of(case)? {
        Some(holder) => birthday(&holder, from, BIRTHDAYS),
        None => Ok(from),
    }
}

/// The holder's birthday so many years on.
fn birthday(holder: &persona::Holder, from: CivilDate, count: i16) -> Result<CivilDate, NotMade> {
    let born = CivilDate::parse_iso(&holder.birth_date);
    let born = born.map_err(|_| NotMade::BuiltIn("date of birth"))?;
    Ok(born.plus_months(12 * i32::from(born.full_years_on(from) + count)))
}

const AUTHENTICATION_UNIT: &str = "JPKI for user authentication";
const SIGNATURE_UNIT: &str = "JPKI for digital signature";

fn authority_parts(unit: &str) -> [(Part, &str); 3] {
    [
        (Part::Organization, "JPKI-EXAMPLE"),
        (Part::Unit, unit),
        (Part::Unit, "Onshi Example Card Authority"),
    ]
}

/// Lists are by municipality and have names, not addresses.
fn list_name(unit: &str) -> Result<x509_cert::name::Name, NotMade> {
    name(&[
        (Part::Organization, "JPKI-EXAMPLE"),
        (Part::Unit, unit),
        (Part::Unit, "CRL Distribution Points"),
        (Part::Unit, "Kakuu-to"),
        (Part::CommonName, "Kakuu-ku CRLDP"),
    ])
}

/// The serial of a case's certificate.
#[must_use]
pub fn serial(case: Case, generation: Generation) -> u32 {
    0x0200_0000 | (case.number() << 8) | u32::from(generation.0)
}

/// A subject says nothing of its holder. Municipality 99999 does not exist.
fn pseudonym(serial: u32) -> String {
    format!("E{serial:08X}EXAMPLE99999003A")
}

fn token(case: Case) -> Token {
    match case {
        Case::Android => Token::Android,
        Case::Iphone => Token::Iphone,
        Case::NotAMyNumberCard => Token::Other,
        _ => Token::Card,
    }
}

fn pins(case: Case) -> Pins {
    let four_digits = || (case != Case::NoPin).then(|| PIN.to_owned());
    Pins {
        authentication: four_digits(),
        signature: (case != Case::NoPin).then(|| SIGNATURE_PASSWORD.to_owned()),
        input_support: four_digits(),
        registry: four_digits(),
        shared: four_digits(),
        number_a: None,
        number_b: None,
        birth_date: None,
    }
}

fn tries(case: Case) -> Tries {
    let authentication = match case {
        Case::Locked | Case::NoPin => 0,
        Case::LastTry => 1,
        _ => Tries::FULL.authentication,
    };
    Tries {
        authentication,
        ..Tries::FULL
    }
}

#[cfg(test)]
mod tests {
    use x509_parser::extensions::{GeneralName, ParsedExtension};
    use x509_parser::prelude::*;

    use super::*;

    fn day(text: &str) -> CivilDate {
        CivilDate::parse_iso(text).unwrap()
    }

    fn authority() -> CardAuthority {
        CardAuthority::new(3, day("2026-11-25")).unwrap()
    }

    /// Last day of a certificate, as people in Japan read it.
    fn last_day(certificate: &[u8]) -> CivilDate {
        let (_, parsed) = parse_x509_certificate(certificate).unwrap();
        let seconds = parsed.validity().not_after.timestamp();
        domain::civil_date::Instant::from_micros(seconds * 1_000_000).date_in_japan()
    }

    #[test]
    fn an_authentication_certificate_has_the_profile_and_names_nobody() {
        let authority = authority();
        let persona = authority.persona(Case::Valid).unwrap();
        let jpki = persona.jpki.unwrap();
        let (_, it) = parse_x509_certificate(jpki.authentication.certificate.as_slice()).unwrap();
        let (_, above) = parse_x509_certificate(authority.certificate()).unwrap();
        let issuer = "C=JP, O=JPKI-EXAMPLE, OU=JPKI for user authentication, OU=Onshi Example Card Authority";
        assert_eq!(it.issuer().to_string(), issuer);
        assert_eq!(above.subject().to_string(), issuer);
        let subject = it.subject().to_string();
        assert_eq!(subject, "C=JP, CN=E02000101EXAMPLE99999003A");
        assert_eq!(it.raw_serial(), [0x02, 0x00, 0x01, 0x01]);
        let critical: Vec<_> = it.iter_extensions().filter(|it| it.critical).collect();
        assert_eq!(critical.len(), 2, "key usage and policy");
        let usage = it.key_usage().unwrap().unwrap().value;
        assert_eq!(usage.flags, 1, "digital signature alone");
        for extension in it.iter_extensions() {
            match extension.parsed_extension() {
                ParsedExtension::CertificatePolicies(found) => {
                    assert_eq!(found[0].policy_id.to_id_string(), policy::CARD);
                }
                ParsedExtension::CRLDistributionPoints(found) => {
                    let DistributionPointName::FullName(names) =
                        found.points[0].distribution_point.as_ref().unwrap()
                    else {
                        panic!("a whole name");
                    };
                    assert!(matches!(names[0], GeneralName::DirectoryName(_)));
                }
                _ => (),
            }
        }
        let end = it.validity().not_after.to_datetime();
        assert_eq!((end.hour(), end.minute(), end.second()), (14, 59, 59));
    }

    #[test]
    fn a_certificate_ends_on_the_fifth_birthday_and_odd_ones_when_their_case_says() {
        let authority = authority();
        let ends = |case| {
            let jpki = authority.persona(case).unwrap().jpki.unwrap();
            last_day(jpki.authentication.certificate.as_slice())
        };
        assert_eq!(ends(Case::Valid), day("2030-02-17"));
        let today = day("2026-11-25");
        assert!(today.plus_months(-3) < ends(Case::ExpiredRecently));
        assert!(ends(Case::ExpiredRecently) < today);
        assert!(ends(Case::ExpiredLong) < today.plus_months(-3));
        assert!(today < ends(Case::AboutToExpire));
        assert!(ends(Case::AboutToExpire) < today.plus_months(3));
    }

    #[test]
    fn a_certificate_may_end_after_2049() {
        let authority = CardAuthority::new(1, day("2045-01-01")).unwrap();
        assert_eq!(last_day(authority.certificate()), day("2053-01-01"));
        let jpki = authority.persona(Case::Valid).unwrap().jpki.unwrap();
        let above = jpki.authentication.authority;
        assert_eq!(above.as_slice(), authority.certificate());
    }

    #[test]
    fn phones_have_a_policy_of_their_own() {
        for case in [Case::Android, Case::Iphone] {
            let jpki = authority().persona(case).unwrap().jpki.unwrap();
            let certificate = jpki.authentication.certificate;
            let (_, it) = parse_x509_certificate(certificate.as_slice()).unwrap();
            let is_phone = |it: &X509Extension<'_>| match it.parsed_extension() {
                ParsedExtension::CertificatePolicies(found) => {
                    found[0].policy_id.to_id_string() == policy::PHONE
                }
                _ => false,
            };
            assert!(it.extensions().iter().any(is_phone));
        }
    }

    #[test]
    fn the_list_is_the_authoritys_and_names_the_revoked() {
        let authority = authority();
        let list = authority.revocation_list(&[0x0200_0701, 7]).unwrap();
        let (_, list) = parse_x509_crl(&list).unwrap();
        let (_, above) = parse_x509_certificate(authority.certificate()).unwrap();
        assert_eq!(list.issuer(), above.subject());
        let serials: Vec<_> = list
            .iter_revoked_certificates()
            .map(|it| it.raw_serial().to_vec())
            .collect();
        assert_eq!(serials, [vec![0x02, 0x00, 0x07, 0x01], vec![7]]);
        assert!(list.next_update().is_some());
    }

    #[test]
    fn a_renewed_certificate_has_another_key_and_serial_and_the_same_holder() {
        let authority = authority();
        let first = authority.persona(Case::Valid).unwrap();
        let second = authority.renew(Case::Valid, Generation(2)).unwrap();
        assert_eq!(first.holder, second.holder);
        let certificate = |it: &Persona| it.jpki.clone().unwrap().authentication.certificate;
        let (one, other) = (certificate(&first), certificate(&second));
        let (_, one) = parse_x509_certificate(one.as_slice()).unwrap();
        let (_, other) = parse_x509_certificate(other.as_slice()).unwrap();
        assert_ne!(one.raw_serial(), other.raw_serial());
        assert_ne!(one.public_key().raw, other.public_key().raw);
    }
}
