//! The link app's conversation with the center: signs in, asks, reads the answer. Repeats a question only under its own key.

use api::check::{Answer, CheckRequest, answered};
use api::client::{Client, ClientError};
use api::problem::{Problem, Trouble};
use api::session::SignIn;
use domain::civil_date::Instant;
use exchange::encoding::Encoding;
use exchange::single_check::answer::{Shown, write, write_unanswerable};
use exchange::single_check::{Request, Unanswerable};

use crate::pickup::RoundError;

/// After a refused sign-in the next one waits this long, so that the account is not locked by us.
const SIGN_IN_PAUSE_S: i64 = 300;

/// Whom the gateway asks, and as whom.
pub(crate) struct Asking {
    pub(crate) client: Client,
    pub(crate) facility: String,
    pub(crate) account: String,
    pub(crate) password: String,
    pub(crate) token: Option<String>,
    pub(crate) sign_in_from: Option<Instant>,
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asking({}, …)", self.facility)
    }
}

impl Asking {
    /// The answer's bytes; asks the center under the file's own key, so that a repetition brings the same.
    pub(crate) async fn answer(
        &mut self,
        request: &Request,
        id: u128,
        encoding: Encoding,
        now: Instant,
    ) -> Result<Vec<u8>, RoundError> {
        let asked = match request.asked(&self.facility) {
            Ok(asked) => asked,
            Err(why) => return Ok(write_unanswerable(request, &why, encoding, now)),
        };
        let body = CheckRequest {
            birth_date: asked.birth_date.to_string(),
            branch: asked.branch,
            ceiling_consent: asked.ceiling_consent,
            insurer_number: asked.insurer_number,
            number: asked.number,
            origin: Some("file".into()),
            symbol: asked.symbol,
            visit_date: Some(asked.visit_date.to_string()),
        };
        let key = uuid::Uuid::from_u128(id).to_string();
        let answer = match self.ask(&key, &body, now).await {
            Ok(answer) => answer,
            Err(RoundError::Center(ClientError::Problem(problem)))
                if problem.code == Trouble::InvalidInput.code() =>
            {
                let why = unanswerable(&problem);
                return Ok(write_unanswerable(request, &why, encoding, now));
            }
            Err(other) => return Err(other),
        };
        let (verdict, read) =
            answered::read(&answer).map_err(|_| RoundError::Center(ClientError::Answer))?;
        let shown: Vec<Shown<'_>> = read
            .iter()
            .map(|it| Shown {
                person: &it.person,
                coverage: &it.coverage,
                reference_number: it.reference_number.as_deref(),
            })
            .collect();
        Ok(write(request, verdict, &shown, encoding, now))
    }

    async fn ask(
        &mut self,
        key: &str,
        body: &CheckRequest,
        now: Instant,
    ) -> Result<Answer, RoundError> {
        for _ in 0..2 {
            let token = self.token(now).await?;
            match self.client.check(&token, key, body).await {
                Ok((answer, _)) => return Ok(answer),
                // The session ended: sign in again, once.
                Err(ClientError::Problem(problem)) if problem.status == 401 => self.token = None,
                Err(other) => return Err(RoundError::Center(other)),
            }
        }
        Err(RoundError::SignIn)
    }

    async fn token(&mut self, now: Instant) -> Result<String, RoundError> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        if self.sign_in_from.is_some_and(|from| now < from) {
            return Err(RoundError::SignIn);
        }
        let body = SignIn {
            account: self.account.clone(),
            force: false,
            password: self.password.clone(),
        };
        match self.client.sign_in(&body).await {
            Ok(session) => {
                self.token = Some(session.token.clone());
                Ok(session.token)
            }
            Err(error) => {
                if let ClientError::Problem(_) = &error {
                    self.sign_in_from = Some(now.plus_seconds(SIGN_IN_PAUSE_S));
                }
                Err(RoundError::Center(error))
            }
        }
    }
}

fn unanswerable(problem: &Problem) -> Unanswerable {
    let first = problem.errors.first();
    Unanswerable {
        code: "E0100".into(),
        message: first.map_or_else(|| problem.clerk.ja.clone(), |error| error.text.ja.clone()),
    }
}
