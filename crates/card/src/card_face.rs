//! The application of the card face (券面事項確認): the photo, signed by the issuer, for the face path. Selects only EF 0002, 0004
//! and 0012; keeps nothing but the photo, in memory only.

pub mod face_data;
pub mod issuer;
pub mod number_b;
pub mod photo;

use crate::apdu::{Command, DigestInfo, FileId, Status};
use crate::error::{CardError, Step};
use crate::jpki::tries_of;
use crate::pin::Tries;
use crate::session::Session;
use crate::tlv::whole_length;
use face_data::FaceData;
use issuer::{CardCertificate, IssuerKeys};
use number_b::NumberB;
use photo::{Photo, PhotoBounds, PhotoError};

/// Name of the application.
pub(crate) const CARD_FACE: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02];

/// What the challenge to the face key begins with, so that its signatures are of no use elsewhere.
const POSSESSION: &[u8] = b"ONSHI-FACE-v1\n";

/// How far a photo may be read and trusted.
#[derive(Debug, Clone)]
pub struct FaceSettings {
    /// Whose signatures on face data count. Without any, no photo is trusted.
    pub issuers: IssuerKeys,
    /// Below this many tries the number B is not shown, so that misreadings never lock a card. A card has ten.
    pub tries_floor: Tries,
    /// What a photo may be at most.
    pub photo: PhotoBounds,
}

/// The floor unless a setting says otherwise.
pub const TRIES_FLOOR: Tries = Tries(5);

/// Why there is no photo to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FaceError {
    /// Face data were asked for and nobody configured whom to trust.
    #[error(
        "顔写真の発行者の鍵が設定されていません。 / no issuer keys for face data are configured"
    )]
    NotConfigured,
    /// The number B was wrong: something printed on the card was misread.
    #[error(
        "券面の情報（生年月日・有効期限・セキュリティコード）がカードと一致しません。残り{left}回です。 / what was read from the card's face does not fit the card; {left} tries are left"
    )]
    NumberBWrong {
        /// What is left.
        left: Tries,
    },
    /// So few tries are left that none is spent on a machine's reading.
    #[error(
        "照合番号の残り回数が{left}回のため読み取りません。暗証番号か目視確認をしてください。 / only {left} tries of the number B are left, so it is not tried; use the PIN or a check by eye"
    )]
    TooFewTries {
        /// What is left.
        left: Tries,
    },
    /// The face data do not read.
    #[error(
        "カードの顔写真データを読めません（{0}）。暗証番号か目視確認をしてください。 / the card's face data do not read ({0}); use the PIN or a check by eye"
    )]
    Unreadable(crate::tlv::TlvError),
    /// The certificate on the card is of an issuer nobody configured.
    #[error(
        "顔写真の発行者を信頼できません。暗証番号か目視確認をしてください。 / the issuer of the face data is not trusted; use the PIN or a check by eye"
    )]
    UnknownIssuer,
    /// A signature does not fit: the data were changed.
    #[error(
        "顔写真データの署名が正しくありません。カードを確認してください。 / the signature of the face data is wrong; look at the card"
    )]
    Forged,
    /// The data are genuine and the card is not the one they belong to: a copy.
    #[error(
        "カードが顔写真データの鍵を持っていません（複製の疑い）。職員が確認してください。 / the card does not hold the key of its face data, as if copied; staff must look at it"
    )]
    Copied,
    /// The photo is outside the bounds or does not decode.
    #[error(transparent)]
    Photo(#[from] PhotoError),
}

/// Reads the photo: number B, face data, issuer's signature, proof of possession, decoding; the first that fails ends it.
///
/// # Errors
/// [`CardError::Face`]; [`CardError::OtherToken`] for a token without this application, as phones are.
pub fn read_photo(
    session: &mut Session<'_>,
    code: &NumberB,
    settings: &FaceSettings,
) -> Result<Photo, CardError> {
    if settings.issuers.is_empty() {
        return Err(FaceError::NotConfigured.into());
    }
    if session.select(&CARD_FACE, Step::SelectCardFace)? == Status::NOT_FOUND {
        return Err(CardError::OtherToken);
    }
    show_code(session, code, settings.tries_floor)?;
    let file = session.read_file(FileId::FACE, Step::Face, whole_length)?;
    let face = FaceData::parse(&file).map_err(FaceError::Unreadable)?;
    let file = session.read_file(
        FileId::FACE_CERTIFICATE,
        Step::FaceCertificate,
        whole_length,
    )?;
    let certificate = CardCertificate::parse(&file).map_err(FaceError::Unreadable)?;
    let issuer = settings.issuers.certified(&certificate)?;
    face.check_signature(issuer)?;
    prove_possession(session, &face)?;
    Ok(Photo::decode(face.photo(), settings.photo).map_err(FaceError::Photo)?)
}

fn show_code(session: &mut Session<'_>, code: &NumberB, floor: Tries) -> Result<(), CardError> {
    let step = Step::NumberB;
    session.expect_ok(&Command::select_file(FileId::NUMBER_B), step)?;
    let left = tries_of(session.exchange(&Command::tries())?.status, step)?;
    if left < floor {
        return Err(FaceError::TooFewTries { left }.into());
    }
    session.forget_by_selecting(&CARD_FACE);
    let status = session.exchange(&Command::verify(code.digits()))?.status;
    if status == Status::OK {
        return Ok(());
    }
    let left = tries_of(status, step)?;
    Err(FaceError::NumberBWrong { left }.into())
}

/// Has the card sign something new with the key that its issuer put into the face data.
fn prove_possession(session: &mut Session<'_>, face: &FaceData<'_>) -> Result<(), CardError> {
    let mut message = POSSESSION.to_vec();
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| CardError::Malformed(Step::Possession))?;
    message.extend_from_slice(&random);
    let command = Command::sign_with_face_key(&DigestInfo::sha256(&message));
    let answer = session.exchange(&command)?;
    if answer.status != Status::OK {
        return Err(FaceError::Copied.into());
    }
    let proved = face.key().verify(&message, &answer.data);
    proved.map_err(|_| FaceError::Copied.into())
}
