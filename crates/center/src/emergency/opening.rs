//! An opening, the same in disaster and ambulance mode: of what the caller's own search found, with a consent that was recorded, never
//! without, and with the eligibility of the day.

use api::check::{Answer, Origin, answered};
use api::emergency::{NewOpening as Asked, Opening};
use api::problem::emergency::EmergencyTrouble;
use api::problem::{MemberError, Trouble};
use domain::audit::Deed;
use domain::check::{CeilingConsent, evaluate_card};
use domain::codes::authentication::Factor;
use domain::coverage::Registration;
use domain::emergency::{EmergencyConsent, Way, WithoutCard};
use domain::institution_code::InstitutionCode;
use domain::permit::Permit;
use store::checks::NewCheck;
use store::emergency::openings::{NewOpening, Openings};
use store::emergency::searches::FoundBefore;
use uuid::Uuid;

use crate::app::random;
use crate::emergency::search::{refuse, told};
use crate::extract::Body;
use crate::receipts::sign;
use crate::records::Records;
use crate::trouble::{Refused, unreadable};

/// How whoever opens something proved themselves: factor, and code of the method (OQSCD041, 042).
pub(crate) type ProofCodes = (Factor, &'static str);

/// Makes an opening of what a search found.
pub(crate) async fn make<A: WithoutCard>(
    records: &Records,
    permit: &Permit<A>,
    body: &Body<Asked>,
    (origin, proof): (Origin, Option<ProofCodes>),
) -> Result<Opening, Refused> {
    let now = records.now();
    let consent = EmergencyConsent::parse(&body.value.consent).ok_or_else(no_consent)?;
    let (found, registration) = found_by(records, permit, &body.value.search).await?;
    let check = match found.way {
        // The check of the card was the answer.
        Way::Card => None,
        Way::Insurance | Way::Description => {
            let facility = permit.facility();
            Some(check(
                records,
                facility,
                &registration,
                (origin, &body.bytes),
            )?)
        }
    };
    let id = records.check_ids.next(now, random()?);
    let mut event = told(records, permit, Deed::EmergencyOpening);
    event.subject = Some(found.person.as_u128());
    event.detail = format!(
        "{} opening={} search={} consent={} code={}",
        event.detail,
        Uuid::from_u128(id),
        Uuid::from_u128(found.id),
        consent.as_str(),
        consent.code().code()
    );
    if let Some((factor, method)) = proof {
        event.detail = format!("{} factor={} method={method}", event.detail, factor.code());
    }
    let (answer, check) = check.unzip();
    let made_check = check.as_ref().map(|it| it.id);
    let new = NewOpening {
        id,
        found,
        consent,
        proof,
        check,
    };
    match records.engine.open_without_card(permit, new, event).await? {
        Openings::Done(until) => {
            if let Some(check) = made_check {
                records.events.check(permit.facility(), check);
            }
            Ok(Opening {
                check: answer,
                id: Uuid::from_u128(id).to_string(),
                until: until.to_string(),
            })
        }
        Openings::Before(id, until) => Ok(Opening {
            check: None,
            id: Uuid::from_u128(id).to_string(),
            until: until.to_string(),
        }),
        Openings::Closed => Err(refuse(records, permit, EmergencyTrouble::Closed).await?),
    }
}

/// Whom a search of the caller's own found, or the refusal, which is on record.
pub(super) async fn found_by<A: WithoutCard>(
    records: &Records,
    permit: &Permit<A>,
    search: &str,
) -> Result<(FoundBefore, Registration), Refused> {
    let unknown = EmergencyTrouble::UnknownSearch;
    let found = match Uuid::parse_str(search) {
        Ok(id) => records
            .engine
            .found_before(permit, id.as_u128(), records.now())?,
        Err(_) => None,
    };
    let Some(found) = found else {
        return Err(refuse(records, permit, unknown).await?);
    };
    let Some(registration) = records.engine.registration_of(&found)? else {
        return Err(refuse(records, permit, unknown).await?);
    };
    Ok((found, registration))
}

/// The eligibility of a person today, as it is answered and kept.
pub(super) fn check(
    records: &Records,
    facility: InstitutionCode,
    registration: &Registration,
    (origin, question): (Origin, &bytes::Bytes),
) -> Result<(Answer, NewCheck), Refused> {
    let now = records.now();
    let day = now.date_in_japan();
    let finding = evaluate_card(registration, facility, day);
    let circumstances = answered::Circumstances {
        check_id: records.check_ids.next(now, random()?),
        facility,
        as_of: now,
        visit_date: day,
        ceiling_consent: CeilingConsent::Given,
        remarks: Vec::new(),
    };
    let person = &registration.person;
    let number = records.engine.reference_number(facility, person.id)?;
    let answer = answered::write(&finding, number.as_deref(), &circumstances);
    let signed = sign(records, &answer, now)?;
    let answer = serde_json::from_slice(&signed).map_err(unreadable("a signed answer"))?;
    let insurer = finding.entries.first().map(|it| it.coverage.insurer);
    let check = NewCheck {
        id: circumstances.check_id,
        at: now,
        visit_date: day,
        origin: origin.as_str(),
        verdict: finding.verdict,
        insurer: insurer.map(|it| it.as_digits()).unwrap_or_default(),
        name: Some(person.name.as_str().to_owned()),
        kana: person.kana.as_ref().map(|kana| kana.as_str().to_owned()),
        question: question.clone(),
        answer: signed,
        key: None,
        sources: finding.sources(),
    };
    Ok((answer, check))
}

fn no_consent() -> Refused {
    let error = MemberError::new(
        "consent",
        "required",
        "同意の状況（口頭同意あり、または同意取得困難）を選んでください。",
        "Say which it is: consent by word of mouth, or consent that cannot be obtained.",
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}
