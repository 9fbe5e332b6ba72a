//! The link app's conversation with the center: reads a request, asks, spells the answer. Repeats a question only under its own key, and
//! publishes nothing.

use std::sync::Arc;

use api::client::ClientError;
use api::problem::Problem;
use domain::civil_date::Instant;
use exchange::answer::Answer;
use serde_json::Value;
use store::journal::{Ending, Origin};

use crate::folders::BulkResults;
use crate::further;
use crate::lane::{End, Outcome, Pause, Purpose, Question};
use crate::names::Name;
use crate::round_error::RoundError;
use crate::session::Session;
use crate::spelling::{Read, Spelling, rejection};

/// The result of a bulk order that is still being worked off is asked for again after so many seconds (interface §1.5).
const ASK_AGAIN_S: i64 = 5;

/// Asks for the request files of one folder pair.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) session: Arc<Session>,
    pub(crate) spelling: Spelling,
    pub(crate) bulk_results: BulkResults,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) outcome: Outcome,
    pub(crate) of: Of,
}

/// Of whom an outcome came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// The center answered.
    Center,
    /// The link app itself said it; nothing is known of the center.
    LinkApp,
}

impl Asking {
    /// What comes of a request: rejected where it cannot be read, otherwise what the center says.
    ///
    /// # Errors
    /// [`RoundError`]: the center has to be asked again.
    pub(crate) async fn outcome(
        &self,
        question: &Question,
        now: Instant,
    ) -> Result<Came, RoundError> {
        let of_link_app = |outcome| {
            Ok(Came {
                outcome,
                of: Of::LinkApp,
            })
        };
        let read = match self.spelling.read(&question.name, &question.bytes) {
            Ok(read) => read,
            Err(text) => {
                return of_link_app(Outcome::End(End::rejected(&question.name, text)));
            }
        };
        if question.purpose == Purpose::Reading {
            return of_link_app(Outcome::Readable);
        }
        let outcome = self.answer(question, &read, now).await?;
        Ok(Came {
            outcome,
            of: Of::Center,
        })
    }

    /// What the center says; asks it under the file's own key, so that a repetition brings the same.
    async fn answer(
        &self,
        question: &Question,
        read: &Read,
        now: Instant,
    ) -> Result<Outcome, RoundError> {
        let name = &question.name;
        let rejected = |text| Ok(Outcome::End(End::rejected(name, text)));
        let polled = question.origin == Origin::Own
            || self.bulk_results == BulkResults::Polled && read.request.message().is_for_result();
        // Also for one that is polled: the center keeps no answer to it, and under the same key a result that was lost on the way counts
        // as one download.
        let key = uuid::Uuid::from_u128(question.id);
        let image = match self.ask(&key.to_string(), read, now).await {
            Ok(image) => image,
            Err(error) => match refusal(&error) {
                Some(text) => return rejected(text),
                None => return Err(error),
            },
        };
        let answer = Answer::from_json(read.request.message(), &image)
            .map_err(|_| RoundError::Center(ClientError::Answer))?;
        if polled && further::is_under_way(&answer) {
            return Ok(Outcome::Later(Pause {
                since: now,
                until: now.plus_seconds(ASK_AGAIN_S),
            }));
        }
        let pdf = answer.pdf();
        let pdf = pdf.map_err(|_| RoundError::Center(ClientError::Answer))?;
        self.end(name, &answer, pdf, read).or_else(rejected)
    }

    fn end(
        &self,
        name: &Name,
        answer: &Answer,
        pdf: Option<Vec<u8>>,
        read: &Read,
    ) -> Result<Outcome, String> {
        let spelled = match pdf {
            Some(pdf) => self.spelling.spell_document(name, pdf, read)?,
            None => self.spelling.spell(name, answer, read)?,
        };
        let further = match self.bulk_results {
            BulkResults::Polled => further::of(name, answer, read, &self.spelling),
            BulkResults::AskedFor => None,
        };
        Ok(Outcome::End(End {
            ending: Ending::Answered,
            name: spelled.name,
            bytes: spelled.bytes,
            original: spelled.original,
            further,
        }))
    }

    async fn ask(&self, key: &str, read: &Read, now: Instant) -> Result<Value, RoundError> {
        let (message, image) = (read.request.message().prefix(), read.request.to_json());
        for _ in 0..2 {
            let token = self.session.token(now).await?;
            match self.session.client.link(&token, key, message, &image).await {
                Ok(answer) => return Ok(answer),
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

/// The `.err` for what no repetition heals.
fn refusal(error: &RoundError) -> Option<String> {
    match error {
        RoundError::Center(ClientError::Problem(problem)) if is_final(problem) => {
            tracing::warn!(code = %problem.code, "the center takes a request not as it is; it is rejected");
            Some(told(problem))
        }
        // Asked for again it is as large, and each time the center makes it anew.
        RoundError::Center(error @ ClientError::TooLarge) => {
            tracing::warn!(reason = %error, "a request is rejected");
            let ja = "結果が大きすぎて、連携アプリで受け取れません（64 MiB まで）。";
            Some(rejection(
                (ja, &error.to_string()),
                (
                    "端末の「一括照会・照会番号」から結果をCSVで取得するか、件数を分けてもう一度要求してください。",
                    "fetch the result as CSV from the terminal (Bulk checks and reference numbers), or ask again in smaller parts",
                ),
            ))
        }
        _ => None,
    }
}

/// True for refusals that are about the message itself: no repetition heals them.
fn is_final(problem: &Problem) -> bool {
    matches!(problem.status, 400 | 404 | 405 | 413 | 415 | 422)
}

/// The `.err` for a message the center refuses.
fn told(problem: &Problem) -> String {
    let first = problem.errors.first().map(|it| &it.text);
    let reason = first.unwrap_or(&problem.engineer);
    rejection(
        (&reason.ja, &reason.en),
        (&problem.clerk.ja, &problem.clerk.en),
    )
}

#[cfg(test)]
mod tests {
    use api::problem::Trouble;

    use super::*;

    #[test]
    fn an_answer_too_large_to_take_ends_its_request_and_a_center_that_is_away_none() {
        let of = |error| refusal(&RoundError::Center(error));
        let told = of(ClientError::TooLarge).unwrap();
        assert!(
            told.contains("64 MiB") && told.contains("CSV") && told.contains("smaller parts"),
            "{told}"
        );
        for trouble in [Trouble::NotFound, Trouble::BodyTooLarge] {
            let problem = Box::new(trouble.problem());
            assert!(of(ClientError::Problem(problem)).is_some(), "{trouble:?}");
        }
        let crowded = ClientError::Problem(Box::new(Trouble::Overloaded.problem()));
        assert!(of(crowded).is_none());
        // A version that understands it may come.
        assert!(of(ClientError::Answer).is_none());
    }
}
