//! The link app's conversation with the center: reads a request, asks, writes the end. Repeats a question only under its own key, and
//! publishes nothing.

use std::sync::Arc;

use api::check::{Answer, CheckRequest, answered};
use api::client::ClientError;
use api::problem::{Problem, Trouble};
use domain::civil_date::Instant;
use exchange::encoding::Encoding;
use exchange::single_check::answer::{Shown, write, write_unanswerable};
use exchange::single_check::{Request, Unanswerable};
use store::journal::Ending;

use crate::lane::{End, Outcome, Question};
use crate::round_error::RoundError;
use crate::session::Session;
use crate::spelling::Spelling;

/// Asks for the request files of one folder pair.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) session: Arc<Session>,
    pub(crate) spelling: Spelling,
}

impl Asking {
    /// What comes of a request; asks the center under the file's own key, so that a repetition brings the same.
    ///
    /// # Errors
    /// [`RoundError`]: the center has to be asked again.
    pub(crate) async fn outcome(
        &self,
        question: &Question,
        now: Instant,
    ) -> Result<Outcome, RoundError> {
        let name = &question.name;
        let read = match self.spelling.read(name, &question.bytes) {
            Ok(read) => read,
            Err(text) => return Ok(Outcome::End(End::rejected(name, text))),
        };
        let encoding = self.spelling.encoding(read.request.encoding);
        let xml = self
            .answer(&read.request, question.id, encoding, now)
            .await?;
        Ok(Outcome::End(
            match self.spelling.result(name, xml, read.cipher) {
                Ok((result, bytes)) => End {
                    ending: Ending::Answered,
                    name: result,
                    bytes,
                    original: None,
                    further: None,
                },
                Err(trouble) => End::rejected(name, trouble.text()),
            },
        ))
    }

    async fn answer(
        &self,
        request: &Request,
        id: u128,
        encoding: Encoding,
        now: Instant,
    ) -> Result<Vec<u8>, RoundError> {
        let asked = match request.asked(&self.session.facility) {
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
        &self,
        key: &str,
        body: &CheckRequest,
        now: Instant,
    ) -> Result<Answer, RoundError> {
        for _ in 0..2 {
            let token = self.session.token(now).await?;
            match self.session.client.check(&token, key, body).await {
                Ok((answer, _)) => return Ok(answer),
                // The session ended: sign in again, once.
                Err(ClientError::Problem(problem)) if problem.status == 401 => {
                    self.session.forget(&token).await;
                }
                Err(other) => return Err(RoundError::Center(other)),
            }
        }
        Err(RoundError::SignIn)
    }
}

fn unanswerable(problem: &Problem) -> Unanswerable {
    let first = problem.errors.first();
    Unanswerable {
        code: "E0100".into(),
        message: first.map_or_else(|| problem.clerk.ja.clone(), |error| error.text.ja.clone()),
    }
}
