//! Certificates of cards, real in form and made up in content: which are taken, which are refused, and what revocation lists say.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use domain::card_certificate::{CertificateState, GRACE_MONTHS, OutOfDate, TokenKind};
use domain::civil_date::{CivilDate, Instant};
use pki::card_certificate::{CardCertificate, CardRefused, InvalidRoot, Policies, Root};
use pki::card_revocation::{InvalidList, Revocation, RevocationList, revocation};
use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber, SignatureAlgorithm,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use synthetic::card::authority::{CardAuthority, Generation, serial};
use synthetic::card::case::Case;
use synthetic::card::persona::Persona;
use synthetic::card::policy;

const TODAY: &str = "2026-11-25";

fn today() -> CivilDate {
    CivilDate::parse_iso(TODAY).unwrap()
}

/// What a test needs of the made-up authority; keys take a moment to make, so all tests share them.
struct Deck {
    authority: CardAuthority,
    other: CardAuthority,
    card: Persona,
    phone: Persona,
    forged: Persona,
}

fn deck() -> &'static Deck {
    static DECK: OnceLock<Deck> = OnceLock::new();
    DECK.get_or_init(|| {
        let authority = CardAuthority::new(1, today()).unwrap();
        // Another key under the same name: what a forger of the name alone would have.
        let other = CardAuthority::new(2, today()).unwrap();
        Deck {
            card: authority.persona(Case::Valid).unwrap(),
            phone: authority.persona(Case::Android).unwrap(),
            forged: other.persona(Case::Valid).unwrap(),
            authority,
            other,
        }
    })
}

fn roots() -> Vec<Root> {
    Root::read(deck().authority.certificate()).unwrap()
}

fn policies() -> Policies {
    Policies {
        card: policy::CARD.into(),
        phone: policy::PHONE.into(),
    }
}

fn leaf(persona: &Persona) -> &[u8] {
    let jpki = persona.jpki.as_ref().unwrap();
    jpki.authentication.certificate.as_slice()
}

fn verify(der: &[u8]) -> Result<CardCertificate, CardRefused> {
    CardCertificate::verify(der, &roots(), &policies())
}

#[test]
fn a_card_and_a_phone_are_told_apart_by_their_policy_and_prove_themselves_by_signature() {
    let card = verify(leaf(&deck().card)).unwrap();
    assert_eq!(card.token, TokenKind::Card);
    assert_eq!(verify(leaf(&deck().phone)).unwrap().token, TokenKind::Phone);
    let jpki = deck().card.jpki.as_ref().unwrap();
    let key = RsaKeyPair::from_pkcs8(jpki.authentication.key.as_slice()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    let random = SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, b"challenge", &mut signature)
        .unwrap();
    assert!(card.has_signed(b"challenge", &signature));
    assert!(!card.has_signed(b"another", &signature));
    let phone = verify(leaf(&deck().phone)).unwrap();
    assert!(!phone.has_signed(b"challenge", &signature), "another's key");
    signature.pop();
    assert!(!card.has_signed(b"challenge", &signature));
}

#[test]
fn an_authority_of_the_same_name_is_not_believed() {
    assert_eq!(verify(leaf(&deck().forged)), Err(CardRefused::Untrusted));
    // Both are believed where both are roots: the key decides which it was.
    let both = [roots(), Root::read(deck().other.certificate()).unwrap()].concat();
    let forged = CardCertificate::verify(leaf(&deck().forged), &both, &policies()).unwrap();
    let own = CardCertificate::verify(leaf(&deck().card), &both, &policies()).unwrap();
    assert_ne!(forged.serial.authority(), own.serial.authority());
    assert_eq!(forged.serial.number(), own.serial.number());
}

#[test]
fn the_signature_certificate_of_the_same_card_is_not_one_for_authentication() {
    let jpki = deck().card.jpki.as_ref().unwrap();
    let signature = jpki.signature.as_ref().unwrap();
    let roots = Root::read(signature.authority.as_slice()).unwrap();
    let refused = CardCertificate::verify(signature.certificate.as_slice(), &roots, &policies());
    assert_eq!(refused, Err(CardRefused::Policy));
}

/// A workshop that issues whatever it is told to, by a root of its own.
struct Workshop {
    root: Vec<u8>,
    params: CertificateParams,
    key: KeyPair,
    leaf: KeyPair,
}

fn key_pair(persona: &Persona) -> KeyPair {
    let jpki = persona.jpki.as_ref().unwrap();
    let der = PrivatePkcs8KeyDer::from(jpki.authentication.key.as_slice().to_vec());
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256).unwrap()
}

fn workshop() -> Workshop {
    let key = key_pair(&deck().phone);
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "JPKI-EXAMPLE");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Workshop {
        root: params.self_signed(&key).unwrap().der().to_vec(),
        params,
        key,
        leaf: key_pair(&deck().card),
    }
}

/// certificatePolicies with one policy, DER.
fn policy_extension(oid: &[u64]) -> CustomExtension {
    let mut body = vec![u8::try_from(oid[0] * 40 + oid[1]).unwrap()];
    for part in &oid[2..] {
        let mut groups = vec![u8::try_from(part & 0x7f).unwrap()];
        let mut rest = part >> 7;
        while rest != 0 {
            groups.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        body.extend(groups.iter().rev());
    }
    let wrap = |tag: u8, inner: &[u8]| [&[tag, u8::try_from(inner.len()).unwrap()], inner].concat();
    let content = wrap(0x30, &wrap(0x30, &wrap(0x06, &body)));
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 32], content);
    extension.set_criticality(true);
    extension
}

const CARD: [u64; 9] = [1, 3, 6, 1, 4, 1, 32473, 20, 30];

impl Workshop {
    fn plain(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from_slice(&[2, 1]));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.custom_extensions = vec![policy_extension(&CARD)];
        params.use_authority_key_identifier_extension = true;
        params
    }

    fn issue(&self, params: &CertificateParams, key: &impl PublicKeyData) -> Vec<u8> {
        let issuer = Issuer::new(self.params.clone(), &self.key);
        params.signed_by(key, &issuer).unwrap().der().to_vec()
    }

    fn verify(&self, der: &[u8]) -> Result<TokenKind, CardRefused> {
        let roots = Root::read(&self.root).unwrap();
        CardCertificate::verify(der, &roots, &policies()).map(|it| it.token)
    }
}

#[test]
fn every_wrong_usage_is_refused() {
    let shop = workshop();
    let wrong = |change: fn(&mut CertificateParams)| {
        let mut params = shop.plain();
        change(&mut params);
        shop.verify(&shop.issue(&params, &shop.leaf))
    };
    assert_eq!(wrong(|_| {}), Ok(TokenKind::Card), "the plain one is good");
    let refused = Err(CardRefused::Policy);
    assert_eq!(
        wrong(|it| it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        refused,
        "an authority's"
    );
    assert_eq!(wrong(|it| it.key_usages.clear()), refused, "no usage");
    assert_eq!(
        wrong(|it| it.key_usages.push(KeyUsagePurpose::ContentCommitment)),
        refused,
        "for signatures"
    );
    assert_eq!(
        wrong(|it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
        refused,
        "a server's"
    );
    assert_eq!(
        wrong(|it| it.custom_extensions.clear()),
        refused,
        "no policy"
    );
    assert_eq!(
        wrong(
            |it| it.custom_extensions = vec![policy_extension(&[1, 3, 6, 1, 4, 1, 32473, 20, 20])]
        ),
        refused,
        "another policy"
    );
    assert_eq!(
        wrong(|it| {
            let mut strange =
                CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 32473, 1], vec![5, 0]);
            strange.set_criticality(true);
            it.custom_extensions.push(strange);
        }),
        refused,
        "an unknown critical extension"
    );
    assert_eq!(
        wrong(|it| it.custom_extensions.push(policy_extension(&CARD))),
        Err(CardRefused::Unreadable),
        "an extension twice"
    );
}

/// A public key of any number of bits, which no card could sign with.
struct Bits(usize);

impl PublicKeyData for Bits {
    fn der_bytes(&self) -> &[u8] {
        static KEYS: OnceLock<Vec<(usize, Vec<u8>)>> = OnceLock::new();
        let keys = KEYS.get_or_init(|| {
            [1_024, 2_040, 8_192]
                .map(|bits| {
                    let length = |n: usize| {
                        if n < 128 {
                            vec![u8::try_from(n).unwrap()]
                        } else {
                            [vec![0x82], u16::try_from(n).unwrap().to_be_bytes().to_vec()].concat()
                        }
                    };
                    let mut modulus = vec![0_u8];
                    modulus.extend(vec![0xc5; bits / 8]);
                    let mut inner = [vec![0x02], length(modulus.len()), modulus].concat();
                    inner.extend([0x02, 3, 1, 0, 1]);
                    (bits, [vec![0x30], length(inner.len()), inner].concat())
                })
                .into()
        });
        &keys.iter().find(|(bits, _)| *bits == self.0).unwrap().1
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

#[test]
fn small_large_and_other_keys_and_weak_signatures_are_refused() {
    let shop = workshop();
    for bits in [1_024, 2_040, 8_192] {
        let issued = shop.issue(&shop.plain(), &Bits(bits));
        assert_eq!(shop.verify(&issued), Err(CardRefused::Key), "{bits}");
    }
    let curve = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let issued = shop.issue(&shop.plain(), &curve);
    assert_eq!(shop.verify(&issued), Err(CardRefused::Key), "EC");
    // SHA-1 stands where SHA-256 did: it is refused before the signature is looked at.
    let mut weak = shop.issue(&shop.plain(), &shop.leaf);
    let sha256 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    for at in 0..weak.len() - sha256.len() {
        if weak[at..].starts_with(&sha256) {
            weak[at + 8] = 0x05;
        }
    }
    assert_eq!(shop.verify(&weak), Err(CardRefused::Key), "SHA-1");
}

#[test]
fn a_certificate_that_vouches_for_itself_or_claims_anothers_key_is_untrusted() {
    let shop = workshop();
    let own = shop.plain().self_signed(&shop.leaf).unwrap();
    assert_eq!(shop.verify(own.der()), Err(CardRefused::Untrusted));
    // A chain over a leaf that is good itself: a leaf is no authority.
    let issuer = Issuer::new(shop.plain(), &shop.leaf);
    let below = shop.plain().signed_by(&shop.key, &issuer).unwrap();
    assert_eq!(shop.verify(below.der()), Err(CardRefused::Untrusted));
    // The root's name and key identifier, another key.
    let mut forger = shop.params.clone();
    let roots = Root::read(&shop.root).unwrap();
    assert_eq!(roots.len(), 1);
    forger.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20]);
    let issuer = Issuer::new(forger, &shop.leaf);
    let forged = shop.plain().signed_by(&shop.leaf, &issuer).unwrap();
    assert_eq!(shop.verify(forged.der()), Err(CardRefused::Untrusted));
}

#[test]
fn what_is_not_one_certificate_is_unreadable() {
    let der = leaf(&deck().card);
    let mut longer = der.to_vec();
    longer.push(0);
    for wrong in [
        &[][..],
        b"certificate",
        &der[..der.len() - 1],
        &longer,
        &vec![0x30; 7_000],
    ] {
        assert_eq!(verify(wrong), Err(CardRefused::Unreadable));
    }
    assert_eq!(Root::read(der), Err(InvalidRoot::NoAuthority));
    assert_eq!(Root::read(b"nothing"), Err(InvalidRoot::Unreadable));
}

proptest! {
    #[test]
    fn no_changed_byte_leaves_a_certificate_good(at in 0_usize..900, to: u8) {
        let mut der = leaf(&deck().card).to_vec();
        let at = at % der.len();
        prop_assume!(der[at] != to);
        der[at] = to;
        prop_assert!(verify(&der).is_err());
    }

    #[test]
    fn no_bytes_make_a_list_panic(file in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(RevocationList::read(&file, &roots()).is_err());
    }
}

#[test]
fn dates_decide_by_the_three_month_rule() {
    let at = |text: &str| Instant::parse(text).unwrap();
    let recently = deck().authority.persona(Case::ExpiredRecently).unwrap();
    let long = deck().authority.persona(Case::ExpiredLong).unwrap();
    let soon = deck().authority.persona(Case::AboutToExpire).unwrap();
    let state = |persona: &Persona, now: &str| {
        let it = verify(leaf(persona)).unwrap();
        it.validity.state(it.token, GRACE_MONTHS, at(now))
    };
    let noon = "2026-11-25T03:00:00Z";
    assert_eq!(
        state(&recently, noon),
        Ok(CertificateState::EligibilityOnly)
    );
    assert_eq!(state(&long, noon), Err(OutOfDate::Expired));
    assert_eq!(state(&soon, noon), Ok(CertificateState::AboutToExpire));
    let early = "2020-01-01T00:00:00Z";
    assert_eq!(state(&deck().card, early), Err(OutOfDate::NotYetValid));
}

#[test]
fn a_list_speaks_for_its_own_authority_until_its_next_update() {
    let own = &deck().authority;
    let card = verify(leaf(&deck().card)).unwrap();
    let serial = serial(Case::Valid, Generation::FIRST);
    let read = |file: Vec<u8>| RevocationList::read(&file, &roots()).map(Arc::new);
    let with = read(own.revocation_list(&[serial]).unwrap()).unwrap();
    let without = read(own.revocation_list(&[]).unwrap()).unwrap();
    let now = Instant::start_of_day_in_japan(today()).plus_seconds(3_600);
    let later = now.plus_seconds(31 * 86_400);
    let said = |lists: &[Arc<RevocationList>], now| revocation(lists, &card, now);
    assert_eq!(said(&[], now), Revocation::Unknown);
    assert_eq!(said(std::slice::from_ref(&without), now), Revocation::Good);
    assert_eq!(
        said(std::slice::from_ref(&without), later),
        Revocation::Stale
    );
    assert_eq!(said(std::slice::from_ref(&with), now), Revocation::Revoked);
    assert_eq!(
        said(std::slice::from_ref(&with), later),
        Revocation::Revoked,
        "for good"
    );
    assert_eq!(said(&[without.clone(), with], now), Revocation::Revoked);
    let foreign = deck().other.revocation_list(&[serial]).unwrap();
    assert_eq!(read(foreign.clone()), Err(InvalidList::Untrusted));
    let both = [roots(), Root::read(deck().other.certificate()).unwrap()].concat();
    let foreign = Arc::new(RevocationList::read(&foreign, &both).unwrap());
    assert_eq!(said(&[foreign], now), Revocation::Unknown, "another's list");
    let mut changed = own.revocation_list(&[serial]).unwrap();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert_eq!(read(changed), Err(InvalidList::Untrusted));
}
