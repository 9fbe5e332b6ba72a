//! Passkeys (WebAuthn Level 2): what a browser is asked to make or to sign, and whether its answer fits. The page that asks is a terminal's
//! own on loopback, so its origin comes with the request; a passkey signs for the host it was made for alone. Keeps nothing.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use webauthn_rs::prelude::{
    CredentialID, Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// The browser's answer, or the page's origin, is not what it must be. Says no more: the clerk tries again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unfit;

/// A page that asks for passkeys: its host and its origin.
pub(crate) struct Page {
    host: String,
    ceremonies: Webauthn,
}

/// What is kept while a passkey is being made.
#[derive(Serialize, Deserialize)]
struct Making {
    origin: String,
    state: PasskeyRegistration,
}

/// What is kept of a passkey.
#[derive(Serialize, Deserialize)]
struct Kept {
    host: String,
    passkey: Passkey,
}

/// What is kept while a passkey signs.
#[derive(Serialize, Deserialize)]
struct Signing {
    origin: String,
    state: PasskeyAuthentication,
}

impl Page {
    /// The page of an origin: `https`, or `http` on a host of this machine, which browsers hold to be as safe.
    pub(crate) fn of(origin: &str) -> Result<Self, Unfit> {
        let url = Url::parse(origin).map_err(|_| Unfit)?;
        let host = url.host_str().ok_or(Unfit)?.to_owned();
        let local = host == "localhost" || host.ends_with(".localhost");
        let bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        if !bare || !(url.scheme() == "https" || local && url.scheme() == "http") {
            return Err(Unfit);
        }
        let builder = WebauthnBuilder::new(&host, &url).map_err(|_| Unfit)?;
        let ceremonies = builder.rp_name("onshi").build().map_err(|_| Unfit)?;
        Ok(Self { host, ceremonies })
    }
}

/// Asks a browser to make a passkey for somebody; returns its options, and what is kept meanwhile. Passkeys there are already are not made
/// twice on one device.
pub(crate) fn begin(
    origin: &str,
    (user, name): (Uuid, &str),
    present: &[Vec<u8>],
) -> Result<(String, Vec<u8>), Unfit> {
    let page = Page::of(origin)?;
    let present: Vec<CredentialID> = present
        .iter()
        .filter_map(|kept| read::<Kept>(kept).ok())
        .map(|kept| kept.passkey.cred_id().clone())
        .collect();
    let (options, state) = page
        .ceremonies
        .start_passkey_registration(user, name, name, Some(present))
        .map_err(|_| Unfit)?;
    let making = Making {
        origin: origin.to_owned(),
        state,
    };
    let options = serde_json::to_string(&options).map_err(|_| Unfit)?;
    Ok((options, write(&making)?))
}

/// The passkey a browser made, as it is kept.
pub(crate) fn finish(making: &[u8], answer: &str) -> Result<Vec<u8>, Unfit> {
    let making: Making = read(making)?;
    let page = Page::of(&making.origin)?;
    let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| Unfit)?;
    let passkey = page
        .ceremonies
        .finish_passkey_registration(&answer, &making.state)
        .map_err(|error| refused(&error))?;
    write(&Kept {
        host: page.host,
        passkey,
    })
}

/// Asks a browser to sign with one of somebody's passkeys; returns its options, and what is kept meanwhile.
pub(crate) fn challenge(origin: &str, present: &[Vec<u8>]) -> Result<(String, String), Unfit> {
    let page = Page::of(origin)?;
    let own: Vec<Passkey> = present
        .iter()
        .filter_map(|kept| read::<Kept>(kept).ok())
        .filter(|kept| kept.host == page.host)
        .map(|kept| kept.passkey)
        .collect();
    if own.is_empty() {
        return Err(Unfit);
    }
    let (options, state) = page
        .ceremonies
        .start_passkey_authentication(&own)
        .map_err(|_| Unfit)?;
    let signing = Signing {
        origin: origin.to_owned(),
        state,
    };
    let options = serde_json::to_string(&options).map_err(|_| Unfit)?;
    let signing = serde_json::to_string(&signing).map_err(|_| Unfit)?;
    Ok((options, signing))
}

/// Judges what a browser signed; returns which of the passkeys it was, with its new counter. A counter that goes back is a copy's.
pub(crate) fn judge<K: Copy>(
    signing: &str,
    answer: &str,
    present: &[(K, Vec<u8>)],
) -> Result<(K, Vec<u8>), Unfit> {
    let signing: Signing = serde_json::from_str(signing).map_err(|_| Unfit)?;
    let page = Page::of(&signing.origin)?;
    let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(|_| Unfit)?;
    let result = page
        .ceremonies
        .finish_passkey_authentication(&answer, &signing.state)
        .map_err(|error| refused(&error))?;
    for (key, kept) in present {
        let Ok(mut kept) = read::<Kept>(kept) else {
            continue;
        };
        if kept.passkey.update_credential(&result).is_some() {
            return Ok((*key, write(&kept)?));
        }
    }
    Err(Unfit)
}

/// Why a browser's answer does not fit is for the engineer alone.
fn refused(error: &WebauthnError) -> Unfit {
    tracing::info!(error = %error, "a passkey was refused");
    Unfit
}

fn read<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Unfit> {
    serde_json::from_slice(bytes).map_err(|_| Unfit)
}

fn write(value: &impl Serialize) -> Result<Vec<u8>, Unfit> {
    serde_json::to_vec(value).map_err(|_| Unfit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_this_machine_or_one_over_tls_asks_for_passkeys() {
        for good in [
            "http://terminal.localhost:8100",
            "http://dental.terminal.localhost:40123",
            "http://localhost:1",
            "https://terminal.example:8443",
        ] {
            assert!(Page::of(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "terminal.localhost",
            "http://terminal.example",
            "http://notlocalhost",
            "https://a@terminal.example",
            "https://terminal.example/path",
            "ftp://terminal.localhost",
            "https://127.0.0.1:1",
        ] {
            assert_eq!(Page::of(bad).err(), Some(Unfit), "{bad}");
        }
    }

    #[test]
    fn an_answer_that_does_not_read_fits_nothing() {
        let origin = "http://terminal.localhost:8100";
        let (options, making) = begin(origin, (Uuid::nil(), "uketsuke"), &[]).unwrap();
        assert!(options.contains("\"challenge\""));
        for answer in ["", "{}", "[]", "{\"id\":\"AA\"}"] {
            assert_eq!(finish(&making, answer), Err(Unfit), "{answer}");
            assert_eq!(judge::<()>("{}", answer, &[]), Err(Unfit));
        }
        assert!(
            challenge(origin, &[]).is_err(),
            "there is none to sign with"
        );
    }
}
