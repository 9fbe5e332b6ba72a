//! Outage mode システム障害時の資格照会: eligibility of a person without a card, and nothing else of them, whatever other window is open.

use api::check::Origin;
use api::emergency::{OutageCheck, PersonSearch};
use api::routes;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::emergency::window::WindowKind;
use domain::permit::AskInOutage;
use store::registry::without_card::FoundWithoutCard;

use crate::emergency::opening::check;
use crate::emergency::search::{Answered, Made, Recorded, record_answered, sought};
use crate::emergency::window_of;
use crate::extract::{Body, Granted};
use crate::records::Records;
use crate::repeats::{Repeatable, again};
use crate::trouble::{Refused, unreadable};

pub(crate) async fn ask(
    State(records): State<Records>,
    Granted(permit): Granted<AskInOutage>,
    headers: HeaderMap,
    body: Body<PersonSearch>,
) -> Result<Json<OutageCheck>, Refused> {
    let parts = [routes::OUTAGE_CHECKS.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&records, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&records)? {
        return told_before(&before);
    }
    let window = window_of(&records, &permit, WindowKind::Outage).await?;
    let (sought, way) = sought(&body.value)?;
    let found = records.engine.find_without_card(&permit, &sought)?;
    let (told, check) = match &found {
        FoundWithoutCard::One(one) => {
            let asked = (Origin::Outage, &body.bytes);
            let (told, check) = check(&records, permit.facility(), one, asked)?;
            let told = OutageCheck {
                check: Some(told),
                item: None,
                outcome: "one".into(),
            };
            (told, Some(check))
        }
        FoundWithoutCard::OneMore(item) => {
            let told = OutageCheck {
                check: None,
                item: Some(item.as_str().into()),
                outcome: "one_more".into(),
            };
            (told, None)
        }
        FoundWithoutCard::Nobody => {
            let told = OutageCheck {
                outcome: "nobody".into(),
                ..OutageCheck::default()
            };
            (told, None)
        }
    };
    let made_check = check.as_ref().map(|it| it.id);
    let made = Made {
        window: Some(window.planned.id),
        way,
        found,
    };
    let answered = Answered {
        check,
        kept: repeatable.keep(&told, records.now())?,
    };
    match record_answered(&records, &permit, made, answered).await? {
        Recorded::Now(_) => {
            if let Some(id) = made_check {
                records.events.check(permit.facility(), id);
            }
            Ok(Json(told))
        }
        Recorded::Before(earlier) => told_before(&again(earlier)?),
    }
}

fn told_before(before: &[u8]) -> Result<Json<OutageCheck>, Refused> {
    let told = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok(Json(told))
}
