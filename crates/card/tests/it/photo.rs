//! The photo of a card: read with number B, believed only with every signature, decoded within bounds.

use card::card_desk::DeskSettings;
use card::card_face::face_data::FaceData;
use card::card_face::issuer::{IssuerKey, IssuerKeys};
use card::card_face::number_b::NumberB;
use card::card_face::photo::{Photo, PhotoBounds, PhotoError};
use card::card_face::{FaceError, FaceSettings, TRIES_FLOOR};
use card::error::CardError;
use card::pin::Tries;
use card::reader::LinkError;
use domain::civil_date::CivilDate;
use synthetic::card::authority::CardAuthority;
use synthetic::card::case::Case;
use synthetic::card::persona::Persona;

use crate::laid::{AUTHORITY, Laid, Listened, day, lay, persona};

pub(crate) fn settings() -> FaceSettings {
    let root = AUTHORITY.face_root().unwrap();
    let key = IssuerKey::new(root.key_id, &root.key).unwrap();
    FaceSettings {
        issuers: IssuerKeys::new(vec![key]),
        tries_floor: TRIES_FLOOR,
        photo: PhotoBounds::default(),
    }
}

pub(crate) fn with_face(face: FaceSettings) -> DeskSettings {
    DeskSettings {
        terminal: None,
        face: Some(face),
    }
}

/// What is printed on the card: birth date, year of expiry, security code.
fn printed(persona: &Persona) -> (CivilDate, i16, String) {
    let birth = CivilDate::parse_iso(&persona.holder.as_ref().unwrap().birth_date).unwrap();
    let number_b = persona.pins.number_b.clone().unwrap();
    (
        birth,
        number_b[6..10].parse().unwrap(),
        number_b[10..].to_owned(),
    )
}

pub(crate) fn right(persona: &Persona) -> NumberB {
    let (birth, year, code) = printed(persona);
    NumberB::new(birth, year, &code).unwrap()
}

fn misread(persona: &Persona) -> NumberB {
    let (birth, year, code) = printed(persona);
    NumberB::new(birth, year + 1, &code).unwrap()
}

async fn photo(laid: &Laid, number_b: NumberB) -> Result<Photo, CardError> {
    laid.desk.photo(laid.placed.placement, number_b).await
}

/// A persona with its face data changed.
fn changed(case: Case, change: impl FnOnce(&mut Persona)) -> Persona {
    let mut persona = persona(case);
    change(&mut persona);
    persona
}

async fn refused(persona: Persona, face: FaceSettings) -> CardError {
    let number_b = right(&persona);
    let laid = lay(Listened::of_persona(persona), with_face(face)).await;
    let refused = photo(&laid, number_b).await.unwrap_err();
    assert!(laid.card.ended_by_reset());
    refused
}

#[tokio::test]
async fn the_photo_of_a_genuine_card_is_read() {
    for case in [Case::Valid, Case::Locked, Case::NoPin] {
        let laid = lay(case, with_face(settings())).await;
        let photo = photo(&laid, right(&persona(case))).await.unwrap();
        assert_eq!((photo.width(), photo.height()), (378, 472));
        assert_eq!(photo.grey().len(), 378 * 472);
        assert!(!format!("{photo:?}").contains(&format!("{:?}", &photo.grey()[..8])));
        assert!(laid.card.ended_by_reset());
    }
}

#[tokio::test]
async fn the_individual_number_is_never_selected_for_the_photo_either() {
    let laid = lay(Case::Valid, with_face(settings())).await;
    photo(&laid, right(&persona(Case::Valid))).await.unwrap();
    let selected: Vec<[u8; 2]> = laid
        .card
        .commands()
        .iter()
        .filter(|it| it.starts_with(&[0x00, 0xA4, 0x02]))
        .map(|it| [it[5], it[6]])
        .collect();
    // Token kind and tries when the card was laid down; then number B, the face data and their certificate.
    let expected = [[0, 0x06], [0, 0x18], [0, 0x12], [0, 0x02], [0, 0x04]];
    assert_eq!(selected, expected);
}

#[tokio::test]
async fn misreadings_stop_at_the_floor_and_cost_no_further_try() {
    let persona = persona(Case::Valid);
    let laid = lay(Case::Valid, with_face(settings())).await;
    for left in [9, 8, 7, 6, 5, 4] {
        let refused = photo(&laid, misread(&persona)).await;
        let left = Tries(left);
        assert_eq!(
            refused.unwrap_err(),
            FaceError::NumberBWrong { left }.into()
        );
    }
    let shown = laid.card.pins_shown();
    let left = Tries(4);
    let refused = photo(&laid, right(&persona)).await.unwrap_err();
    assert_eq!(refused, FaceError::TooFewTries { left }.into());
    assert_eq!(laid.card.pins_shown(), shown);
}

#[tokio::test]
async fn a_copied_card_is_found_out() {
    let refused = refused(persona(Case::Clone), settings()).await;
    assert_eq!(refused, FaceError::Copied.into());
    // Another card's key does not prove these data.
    let other = persona(Case::Everything).card_face.unwrap().key;
    let swapped = changed(Case::Valid, |it| it.card_face.as_mut().unwrap().key = other);
    assert_eq!(
        self::refused(swapped, settings()).await,
        FaceError::Copied.into()
    );
}

#[tokio::test]
async fn changed_data_and_foreign_issuers_are_refused() {
    // The last byte of the photo, far before the unsigned parts.
    let forged = changed(Case::Valid, |it| {
        let face = &mut it.card_face.as_mut().unwrap().face.0;
        let signature = face.windows(2).position(|it| it == [0xDF, 0x28]).unwrap();
        face[signature - 1] ^= 1;
    });
    assert_eq!(refused(forged, settings()).await, FaceError::Forged.into());

    let foreign = CardAuthority::new(2, day("2026-11-25"))
        .unwrap()
        .face_root()
        .unwrap();
    let trust = |id, key: &[u8]| FaceSettings {
        issuers: IssuerKeys::new(vec![IssuerKey::new(id, key).unwrap()]),
        ..settings()
    };
    // The same identifier with another key, and an identifier nobody configured.
    let wrong_key = refused(persona(Case::Valid), trust(foreign.key_id, &foreign.key)).await;
    assert_eq!(wrong_key, FaceError::Forged.into());
    let unknown = refused(persona(Case::Valid), trust([0; 16], &foreign.key)).await;
    assert_eq!(unknown, FaceError::UnknownIssuer.into());
    let nobody = FaceSettings {
        issuers: IssuerKeys::default(),
        ..settings()
    };
    let nobody = refused(persona(Case::Valid), nobody).await;
    assert_eq!(nobody, FaceError::NotConfigured.into());
}

#[tokio::test]
async fn several_generations_of_issuer_keys_may_share_an_identifier() {
    let ours = AUTHORITY.face_root().unwrap();
    let older = CardAuthority::new(2, day("2026-11-25"))
        .unwrap()
        .face_root()
        .unwrap();
    let key = |bytes: &[u8]| IssuerKey::new(ours.key_id, bytes).unwrap();
    let face = FaceSettings {
        issuers: IssuerKeys::new(vec![key(&older.key), key(&ours.key)]),
        ..settings()
    };
    let laid = lay(Case::Valid, with_face(face)).await;
    photo(&laid, right(&persona(Case::Valid))).await.unwrap();
}

#[tokio::test]
async fn a_phone_has_no_photo() {
    let laid = lay(Case::Android, with_face(settings())).await;
    let read = photo(&laid, right(&persona(Case::Valid))).await;
    assert_eq!(read.unwrap_err(), CardError::OtherToken);
}

#[tokio::test]
async fn a_card_taken_away_at_any_command_gives_no_photo_and_costs_one_try_at_most() {
    let persona = persona(Case::Valid);
    for endured in 0.. {
        let laid = lay(Case::Valid, with_face(settings())).await;
        laid.card.endure(endured);
        let read = photo(&laid, right(&persona)).await;
        assert!(laid.card.pins_shown() <= 1);
        match read {
            Err(error) => assert_eq!(error, CardError::Link(LinkError::Removed)),
            Ok(_) => return,
        }
    }
}

#[test]
fn a_photo_beyond_the_bounds_is_not_decoded() {
    let face = persona(Case::Valid).card_face.unwrap().face;
    let face = FaceData::parse(face.as_slice()).unwrap();
    let decode = |bounds| Photo::decode(face.photo(), bounds).map(|_| ());
    let fits = PhotoBounds::default();
    assert_eq!(decode(fits), Ok(()));
    let size_bytes = face.photo().len();
    let small = PhotoBounds {
        size_bytes: size_bytes - 1,
        ..fits
    };
    assert_eq!(decode(small), Err(PhotoError::Size { size_bytes }));
    let beyond = Err(PhotoError::Dimensions {
        width: 378,
        height: 472,
    });
    assert_eq!(decode(PhotoBounds { width: 377, ..fits }), beyond);
    assert_eq!(
        decode(PhotoBounds {
            height: 471,
            ..fits
        }),
        beyond
    );
    // Far out on the grid, where the decoder would count for ever: the size stays the same.
    let mut far = face.photo().to_vec();
    let grid = far
        .windows(4)
        .position(|it| it == [0xFF, 0x4F, 0xFF, 0x51])
        .unwrap()
        + 8;
    for (index, number) in [u32::MAX, u32::MAX, u32::MAX - 378, u32::MAX - 472]
        .iter()
        .enumerate()
    {
        far[grid + 4 * index..][..4].copy_from_slice(&number.to_be_bytes());
    }
    let far = Photo::decode(&far, fits).map(|_| ());
    assert_eq!(far, Err(PhotoError::Kind));
    let other = Photo::decode(b"\x89PNG\r\n\x1a\n", fits).map(|_| ());
    assert_eq!(other, Err(PhotoError::Broken));
}
