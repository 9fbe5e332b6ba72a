//! Lines of a bulk registration of reference numbers (interface §2.4), registered in their order, each with a result of its own. Decides
//! nothing: `domain::reference_number` does.

use domain::codes::check::ProcessingStatus;
use domain::reference_number::{Assignment, TakenByAnother};
use exchange::answer::Answer;
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::message::Message;
use exchange::request::Request;
use exchange::tables::reference_number::{
    BulkResult, BulkResultBody, Registration, RegistrationUnit,
};
use store::bulk::Order;
use store::bulk::work::{Answers, Part};

use super::checks::permit;
use crate::app::App;
use crate::reference_numbers::{bearer, person};
use crate::trouble::{Refused, internal, unreadable};

/// Works off the lines of a part.
pub(super) async fn work(app: &App, order: &Order, part: &Part) -> Result<(), Refused> {
    let permit = permit(order)?;
    let image = serde_json::from_slice(&part.content).map_err(unreadable("a part of an order"))?;
    let request = Request::from_json(Message::BulkReferenceNumbers, &image);
    let Request::BulkReferenceNumbers(request) = request.map_err(internal("a part of an order"))?
    else {
        return Err(Refused::internal("a part of an order", &"another message"));
    };
    let (mut wanted, mut lines) = (Vec::new(), Vec::new());
    for registration in request.body.registrations {
        let read = bearer(&registration);
        let known = match read {
            Ok((number, bearer)) => person(app, &permit, &bearer)
                .await?
                .map(|person| (number, person)),
            Err(why) => Err(why),
        };
        match known {
            Ok(it) => {
                wanted.push(it);
                lines.push((registration, None));
            }
            Err(why) => lines.push((registration, Some(why))),
        }
    }
    app.engine
        .finish_numbers(order, part, wanted, app.now(), |outcomes| {
            answers(lines, outcomes)
        })
        .await?;
    Ok(())
}

/// The results of a part: those refused before, and the outcomes of the others in order.
fn answers(
    lines: Vec<(Registration, Option<Unanswerable>)>,
    outcomes: Vec<Result<Assignment, TakenByAnother>>,
) -> Answers {
    let mut outcomes = outcomes.into_iter();
    let mut normal = 0;
    let count = lines.len();
    let units = lines.into_iter().map(|(registration, refused)| {
        let told = match refused {
            Some(why) => Err(why),
            None => told(outcomes.next()),
        };
        normal += u32::from(told.is_ok());
        unit(registration, told)
    });
    let units = units.collect();
    let answer = Answer::BulkReferenceNumbersResult(Box::new(BulkResult {
        body: BulkResultBody {
            status: None,
            units,
        },
        ..BulkResult::default()
    }));
    Answers {
        content: answer.to_json().to_string().into_bytes(),
        lines: u32::try_from(count).unwrap_or(u32::MAX),
        normal,
    }
}

/// What is said of a registration beside that it is done: where it changed an earlier one, that.
fn told(
    outcome: Option<Result<Assignment, TakenByAnother>>,
) -> Result<Option<String>, Unanswerable> {
    match outcome {
        Some(Ok(done)) => Ok(crate::reference_numbers::remark(&done)),
        Some(Err(TakenByAnother)) => Err(ErrorCode::NumberInUse.plain()),
        None => Err(ErrorCode::Unavailable.plain()),
    }
}

fn unit(
    registration: Registration,
    told: Result<Option<String>, Unanswerable>,
) -> RegistrationUnit {
    let (status, code, message) = match told {
        Ok(message) => (ProcessingStatus::Normal, None, message),
        Err(why) => (
            ProcessingStatus::Error,
            Some(why.code.code().to_owned()),
            Some(why.message),
        ),
    };
    RegistrationUnit {
        registration: Some(registration.into()),
        status: Some(status.code().to_owned()),
        code,
        message,
    }
}
