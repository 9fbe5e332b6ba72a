//! Terminal authentication in this project's own way: bytes and reasons in `docs/decisions/0016-terminal-authentication.md`. It is not
//! J-LIS's 特定機関認証, whose parameters are not public.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

use crate::data_object::{only, take};
use crate::status::Status;

/// Bytes of a challenge.
pub(crate) const CHALLENGE_LENGTH: usize = 32;

/// What a terminal signs before the challenge, so that the signature means nothing elsewhere.
const DOMAIN: &[u8] = b"ONSHI-TERMINAL-v1\n";

/// Checks certificate and signature. Answers the first day of the certificate: the card now knows it is not earlier.
pub(crate) fn authenticate(
    data: &[u8],
    authority: &[u8],
    challenge: &[u8; CHALLENGE_LENGTH],
    today: &str,
) -> Result<String, Status> {
    let (certificate, rest) = take(data, 0x7f21).ok_or(Status::DATA)?;
    let signature = only(rest, 0x9e).ok_or(Status::DATA)?;
    let (body, rest) = take(certificate, 0x5f4e).ok_or(Status::DATA)?;
    let certified = only(rest, 0x5f37).ok_or(Status::DATA)?;
    verify(authority, body, certified).ok_or(Status::NOT_OPEN)?;
    let (_, rest) = take(body, 0x5f20).ok_or(Status::DATA)?;
    let (key, rest) = take(rest, 0x7f49).ok_or(Status::DATA)?;
    let key = only(key, 0x86).ok_or(Status::DATA)?;
    let (from, rest) = take(rest, 0x5f25).ok_or(Status::DATA)?;
    let until = only(rest, 0x5f24).ok_or(Status::DATA)?;
    let (from, until) = (day(from)?, day(until)?);
    if until < today {
        return Err(Status::NOT_OPEN);
    }
    verify(key, &[DOMAIN, challenge].concat(), signature).ok_or(Status::NOT_PROVEN)?;
    Ok(from.to_owned())
}

/// Eight digits; so written, days are in order as texts.
fn day(bytes: &[u8]) -> Result<&str, Status> {
    let text = std::str::from_utf8(bytes).map_err(|_| Status::DATA)?;
    let is_day = domain::civil_date::CivilDate::parse_compact(text).is_ok();
    is_day.then_some(text).ok_or(Status::DATA)
}

fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    UnparsedPublicKey::new(&ED25519, key)
        .verify(message, signature)
        .ok()
}
