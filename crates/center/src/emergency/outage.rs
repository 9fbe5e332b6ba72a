//! Outage mode システム障害時の資格照会: eligibility of a person without a card, and nothing else of them, whatever other window is open.

use api::check::Origin;
use api::emergency::{OutageCheck, PersonSearch};
use axum::Json;
use axum::extract::State;
use domain::emergency::window::WindowKind;
use domain::permit::AskInOutage;

use crate::emergency::opening::check;
use crate::emergency::search::{Found, Made, record, sought};
use crate::emergency::window_of;
use crate::extract::{Body, Granted};
use crate::records::Records;
use crate::trouble::Refused;

pub(crate) async fn ask(
    State(records): State<Records>,
    Granted(permit): Granted<AskInOutage>,
    body: Body<PersonSearch>,
) -> Result<Json<OutageCheck>, Refused> {
    let window = window_of(&records, &permit, WindowKind::Outage).await?;
    let (sought, way) = sought(&body.value)?;
    let made = Made {
        window: Some(window.planned.id),
        way,
        found: records.engine.find_without_card(&permit, &sought)?,
    };
    let mut answer = None;
    let found = record(&records, &permit, made, |registration| {
        let asked = (Origin::Outage, &body.bytes);
        let (told, check) = check(&records, permit.facility(), registration, asked)?;
        answer = Some(told);
        Ok(Some(check))
    });
    Ok(Json(match found.await? {
        Found::One(_, _) => OutageCheck {
            check: answer,
            item: None,
            outcome: "one".into(),
        },
        Found::OneMore(item) => OutageCheck {
            check: None,
            item: Some(item.as_str().into()),
            outcome: "one_more".into(),
        },
        Found::Nobody => OutageCheck {
            outcome: "nobody".into(),
            ..OutageCheck::default()
        },
    }))
}
