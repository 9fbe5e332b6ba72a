//! Answers of cards with bytes changed, cut, doubled and swapped: never a panic, and nothing changed is believed.

use card::card_desk::Event;
use card::card_face::face_data::FaceData;
use card::card_face::issuer::CardCertificate;
use card::card_face::photo::{Photo, PhotoBounds};
use card::certificate::Certificate;
use card::memory::MemoryCard;
use synthetic::card::case::Case;

use crate::laid::{Listened, empty, persona};
use crate::photo::{right, settings, with_face};

/// Numbers for mutations, the same in each run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from(mixed >> 33).unwrap() % bound
    }
}

/// Changes, cuts, doubles and swaps a few bytes.
fn mutate(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut mutated = bytes.to_vec();
    for _ in 0..=numbers.below(4) {
        if mutated.is_empty() {
            break;
        }
        let at = numbers.below(mutated.len());
        match numbers.below(5) {
            0 => mutated[at] ^= 1 << numbers.below(8),
            1 => mutated[at] = [0x00, 0xFF, 0x7F, 0x80][numbers.below(4)],
            2 => mutated.truncate(at),
            3 => {
                let end = (at + 1 + numbers.below(16)).min(mutated.len());
                let piece = mutated[at..end].to_vec();
                mutated.splice(at..at, piece);
            }
            _ => {
                let other = numbers.below(mutated.len());
                mutated.swap(at, other);
            }
        }
    }
    mutated
}

#[test]
fn mutated_face_data_and_certificates_never_panic_and_never_pass() {
    let card_face = persona(Case::Valid).card_face.unwrap();
    let issuers = settings().issuers;
    let certificate = CardCertificate::parse(card_face.certificate.as_slice()).unwrap();
    let issuer = issuers.certified(&certificate).unwrap();
    let genuine = FaceData::parse(card_face.face.as_slice()).unwrap();
    genuine.check_signature(issuer).unwrap();
    let mut numbers = Numbers(1);
    for _ in 0..3_000 {
        let mutated = mutate(card_face.face.as_slice(), &mut numbers);
        if let Ok(face) = FaceData::parse(&mutated)
            && face.check_signature(issuer).is_ok()
        {
            // Only what the issuer did not sign may differ.
            assert_eq!(face.photo(), genuine.photo());
            assert_eq!(face.key(), genuine.key());
        }
        let mutated = mutate(card_face.certificate.as_slice(), &mut numbers);
        if let Ok(certificate) = CardCertificate::parse(&mutated)
            && let Ok(key) = issuers.certified(&certificate)
        {
            assert_eq!(key, issuer);
        }
    }
}

#[test]
fn mutated_photos_never_panic_and_stay_within_bounds() {
    let face = persona(Case::Valid).card_face.unwrap().face;
    let photo = FaceData::parse(face.as_slice()).unwrap().photo().to_vec();
    let bounds = PhotoBounds {
        size_bytes: 64 * 1024,
        width: 400,
        height: 500,
    };
    let mut numbers = Numbers(2);
    for _ in 0..2_000 {
        let mutated = mutate(&photo, &mut numbers);
        if let Ok(photo) = Photo::decode(&mutated, bounds) {
            assert!(photo.width() <= 400 && photo.height() <= 500);
            assert_eq!(
                photo.grey().len(),
                (photo.width() * photo.height()) as usize
            );
        }
    }
}

#[tokio::test]
async fn a_card_whose_every_answer_is_mutated_never_stops_the_desk() {
    let (desk, mut events, tray) = empty(with_face(settings()));
    let persona = persona(Case::Valid);
    let mut numbers = Numbers(3);
    events.recv().await.unwrap();
    for _ in 0..60 {
        let card = Listened::of_persona(persona.clone());
        tray.place(mutating(&card, Numbers(numbers.0)));
        numbers.below(2);
        let placed = loop {
            match events.recv().await.unwrap() {
                Event::Placed(placed) => break Some(placed),
                Event::Unreadable(_) => break None,
                _ => {}
            }
        };
        if let Some(placed) = placed {
            let _ = desk.certificate(placed.placement).await;
            let _ = desk.photo(placed.placement, right(&persona)).await;
        }
    }
}

/// A card every eighth answer of which is mutated.
fn mutating(card: &Listened, mut numbers: Numbers) -> MemoryCard {
    let mut whole = card.to_lay();
    Box::new(move |signal| {
        let answer = whole(signal)?;
        let spoil = numbers.below(8) == 0;
        Some(if spoil {
            mutate(&answer, &mut numbers)
        } else {
            answer
        })
    })
}

#[test]
fn mutated_certificates_of_the_key_never_panic() {
    let certificate = persona(Case::Valid)
        .jpki
        .unwrap()
        .authentication
        .certificate;
    Certificate::parse(certificate.as_slice()).unwrap();
    let mut numbers = Numbers(4);
    for _ in 0..5_000 {
        let mutated = mutate(certificate.as_slice(), &mut numbers);
        if let Ok(certificate) = Certificate::parse(&mutated) {
            assert_eq!(certificate.der(), mutated);
        }
    }
}
