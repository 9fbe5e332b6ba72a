//! Checks by card, readers, releases and settings, as the client calls them. Signs nothing: the card does.

use http::{HeaderName, Method, header};

use super::{Client, ClientError, decode, encode};
use crate::card::{
    Answers, CardCheck, CardCheckRecord, CardCheckRequest, Challenge, ChallengeRequest, Consents,
    Presence, PresenceRenewal,
};
use crate::posted_notice::Notices;
use crate::problem::Trouble;
use crate::reader::{ModeChange, NewRelease, Reader, ReaderReport, Readers, Release};
use crate::routes;
use crate::screen_lock::ScreenLockReport;
use crate::settings::{Settings, SettingsHistory};

/// Whether a person caused a request (contracts §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A person did: it keeps the session alive.
    Person,
    /// A timer or a page by itself did.
    Background,
}

/// The header of requests that no person caused.
pub(super) const BACKGROUND: HeaderName = HeaderName::from_static("onshi-background");

impl Cause {
    /// The header that tells of it, if there is anything to tell.
    pub(super) fn header(self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::Person => None,
            Self::Background => Some((BACKGROUND, "1")),
        }
    }
}

impl Client {
    /// A challenge for a card to sign.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn card_challenge(&self, token: &str) -> Result<Challenge, ClientError> {
        let body = Some(&ChallengeRequest {});
        self.send(
            Method::POST,
            routes::CARD_CHALLENGES,
            Some(token),
            None,
            body,
        )
        .await
    }

    /// Asks by card whether its holder is insured. `key` makes a repetition safe.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn check_card(
        &self,
        token: &str,
        key: &str,
        body: &CardCheckRequest,
    ) -> Result<CardCheck, ClientError> {
        let path = routes::CARD_CHECKS;
        self.send(Method::POST, path, Some(token), Some(key), Some(body))
            .await
    }

    /// One check by card with its consents.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn card_check(
        &self,
        token: &str,
        id: &str,
        cause: Cause,
    ) -> Result<CardCheckRecord, ClientError> {
        let path = check_path(routes::CARD_CHECK, id)?;
        self.read(&path, token, cause).await
    }

    /// Says that the card is still there.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn renew_presence(
        &self,
        token: &str,
        id: &str,
        body: &PresenceRenewal,
    ) -> Result<Presence, ClientError> {
        let path = check_path(routes::CARD_CHECK_PRESENCE, id)?;
        self.send(Method::POST, &path, Some(token), None, Some(body))
            .await
    }

    /// Records what the patient answered.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn answer_questions(
        &self,
        token: &str,
        id: &str,
        body: &Answers,
    ) -> Result<Consents, ClientError> {
        let path = check_path(routes::CARD_CHECK_ANSWERS, id)?;
        self.send(Method::POST, &path, Some(token), None, Some(body))
            .await
    }

    /// The facility's readers.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn readers(&self, token: &str, cause: Cause) -> Result<Readers, ClientError> {
        self.read(routes::READERS, token, cause).await
    }

    /// The reader of the account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn own_reader(&self, token: &str) -> Result<Reader, ClientError> {
        self.read(routes::READER_CURRENT, token, Cause::Background)
            .await
    }

    /// Says what the reader of the account does now.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn report_reader(
        &self,
        token: &str,
        body: &ReaderReport,
    ) -> Result<Reader, ClientError> {
        let path = routes::READER_CURRENT_STATE;
        self.send(Method::PUT, path, Some(token), None, Some(body))
            .await
    }

    /// Switches a reader's mode.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn set_reader_mode(
        &self,
        token: &str,
        reader: &str,
        body: &ModeChange,
    ) -> Result<Reader, ClientError> {
        let path = reader_path(reader)?;
        self.send(Method::PUT, &path, Some(token), None, Some(body))
            .await
    }

    /// Releases one check at one reader.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn release(&self, token: &str, reader: &str) -> Result<Release, ClientError> {
        self.release_visit(token, reader, None).await
    }

    /// The same for the visit that staff saw; of one that is over nothing is released (`reader_visit_over`).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn release_visit(
        &self,
        token: &str,
        reader: &str,
        visit: Option<u32>,
    ) -> Result<Release, ClientError> {
        let body = NewRelease {
            reader: reader.to_owned(),
            visit,
        };
        let path = routes::RELEASES;
        self.send(Method::POST, path, Some(token), None, Some(&body))
            .await
    }

    /// The facility's settings and their version.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn settings(&self, token: &str, cause: Cause) -> Result<Settings, ClientError> {
        self.read(routes::SETTINGS, token, cause).await
    }

    /// Changes the facility's settings. `version` is the one that was shown: settings changed since then are left as they are
    /// (`changed`); `None` changes them whatever they are now.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn change_settings(
        &self,
        token: &str,
        version: Option<&str>,
        body: &Settings,
    ) -> Result<Settings, ClientError> {
        let quoted = version.map(|version| format!("\"{version}\""));
        let mut headers = vec![(header::CONTENT_TYPE, "application/json")];
        headers.extend(quoted.as_deref().map(|it| (header::IF_MATCH, it)));
        let body = encode(Some(body))?.unwrap_or_default();
        let path = routes::SETTINGS;
        let bytes = self
            .request(Method::PUT, path, Some(token), &headers, body)
            .await?;
        decode(&bytes)
    }

    /// Who changed which settings when: the newest, or those before a version.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn settings_history(
        &self,
        token: &str,
        before: Option<&str>,
    ) -> Result<SettingsHistory, ClientError> {
        let digits = |text: &&str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let path = match before {
            Some(before) => {
                let before = Some(before).filter(digits).ok_or_else(not_found)?;
                format!("{}?before={before}", routes::SETTINGS_HISTORY)
            }
            None => routes::SETTINGS_HISTORY.to_owned(),
        };
        self.read(&path, token, Cause::Person).await
    }

    /// The notices to the certificate's facility; no session is needed.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn notices(&self) -> Result<Notices, ClientError> {
        let body = None::<&()>;
        self.send(Method::GET, routes::NOTICES, None, None, body)
            .await
    }

    /// Records how the screen lock of this terminal works: `full`, or how far it is weakened.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn record_screen_lock(&self, token: &str, state: &str) -> Result<(), ClientError> {
        let body = encode(Some(&ScreenLockReport {
            state: state.to_owned(),
        }))?;
        let path = routes::SCREEN_LOCK;
        self.call(Method::PUT, path, Some(token), None, body)
            .await
            .map(drop)
    }

    pub(super) async fn read<A: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        token: &str,
        cause: Cause,
    ) -> Result<A, ClientError> {
        let headers: Vec<_> = cause.header().into_iter().collect();
        let bytes = self
            .request(Method::GET, path, Some(token), &headers, Vec::new())
            .await?;
        decode(&bytes)
    }
}

fn not_found() -> ClientError {
    ClientError::Problem(Box::new(Trouble::NotFound.problem()))
}

/// The path of a check, or of a patient's own page: only a UUID goes into one.
pub(super) fn check_path(route: &str, id: &str) -> Result<String, ClientError> {
    let id = uuid::Uuid::parse_str(id).map_err(|_| not_found())?;
    Ok(route.replace("{id}", &id.to_string()))
}

/// The path of a reader. The name of a terminal may hold any character, so everything but letters and digits is escaped.
fn reader_path(reader: &str) -> Result<String, ClientError> {
    domain::reader::ReaderId::parse(reader).ok_or_else(not_found)?;
    let mut escaped = String::new();
    for byte in reader.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' => {
                escaped.push(char::from(byte));
            }
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    Ok(routes::READER_MODE.replace("{id}", &escaped))
}
