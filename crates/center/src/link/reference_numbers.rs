//! `OQSsiimm01`: one reference number (interface §2.4). A repetition under its key is answered as the first time.

use domain::codes::check::{ProcessingStatus, ResultSegment};
use domain::permit::AskInBulk;
use domain::reference_number::{Assignment, TakenByAnother};
use exchange::answer::Answer;
use exchange::answer::bulk::plain_header;
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::message::Message;
use exchange::request::Request;
use exchange::tables::reference_number;
use store::reference_numbers::Registered;

use super::{Asking, Stop};
use crate::reference_numbers::{bearer, person, remark};
use crate::repeats::{Repeatable, again};
use crate::trouble::{internal, unreadable};

pub(super) async fn answer(
    asking: &Asking<'_>,
    request: &Request,
    message: &reference_number::Request,
) -> Result<Answer, Stop> {
    let permit = asking.right::<AskInBulk>().await?;
    asking.of_own_facility(request.institution_code())?;
    let parts = [Message::ReferenceNumber.prefix().as_bytes(), &asking.bytes];
    let repeatable = Repeatable::of(asking.app, asking.headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(asking.app)? {
        return read(&before);
    }
    let told = Told {
        head: plain_header(request, ResultSegment::Normal, asking.now),
        registration: message.body.registration.clone(),
    };
    let (number, bearer) = bearer(&told.registration)?;
    let person = match person(asking.app, &permit, &bearer).await? {
        Ok(person) => person,
        Err(why) => return Ok(told.refused(&why)),
    };
    let (wanted, kept) = ((number, person), repeatable.keep(&(), asking.now)?);
    let keeping = told.clone();
    let registered = asking
        .app
        .engine
        .register_reference_number(&permit, wanted, asking.now, kept, move |assigned| {
            keeping
                .assigned(assigned)
                .to_json()
                .to_string()
                .into_bytes()
        })
        .await?;
    match registered {
        Registered::Done(done) => Ok(told.assigned(Ok(&done))),
        Registered::Taken => Ok(told.assigned(Err(TakenByAnother))),
        Registered::Before(earlier) => read(&again(earlier)?),
    }
}

fn read(before: &[u8]) -> Result<Answer, Stop> {
    let image = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    let answer = Answer::from_json(Message::ReferenceNumber, &image);
    Ok(answer.map_err(internal("a kept answer"))?)
}

/// What an answer says whatever became of the number.
#[derive(Clone)]
struct Told {
    head: exchange::tables::bulk::PlainAnswerHeader,
    registration: reference_number::Registration,
}

impl Told {
    fn assigned(&self, assigned: Result<&Assignment, TakenByAnother>) -> Answer {
        match assigned {
            Ok(done) => self.answer(ProcessingStatus::Normal, None, remark(done)),
            Err(TakenByAnother) => self.refused(&ErrorCode::NumberInUse.plain()),
        }
    }

    /// An error of its matter: segment 1, status 2 with code and text.
    fn refused(&self, why: &Unanswerable) -> Answer {
        let (code, message) = (why.code.code().to_owned(), why.message.clone());
        self.answer(ProcessingStatus::Error, Some(code), Some(message))
    }

    fn answer(
        &self,
        status: ProcessingStatus,
        code: Option<String>,
        message: Option<String>,
    ) -> Answer {
        Answer::ReferenceNumber(reference_number::Answer {
            header: self.head.clone(),
            body: reference_number::AnswerBody {
                registration: Some(self.registration.clone().into()),
                status: Some(status.code().to_owned()),
                code,
                message,
            },
        })
    }
}
