//! `/v1/medical/patients` and its looks (G26, G27): who may be seen now, and a look at one of them. Whoever may not be seen is one and the same
//! unknown patient; a look is on record before anything of it is answered.

pub(crate) mod documents;
pub(crate) mod looks;
pub(crate) mod withdrawal;

use api::medical::record::{LookBack, MedicalRecord, Person as Told};
use api::medical::{LookRequest, LookWish, OpenNow, OpenedKind, Patient, Patients};
use api::problem::Trouble;
use api::problem::medical::MedicalTrouble;
use axum::Json;
use axum::extract::{Path, State};
use domain::audit::Deed;
use domain::institution_code::InstitutionCode;
use domain::medical_information::kind::Purpose;
use domain::permit::{Permit, ViewMedicalPages};
use domain::person::Person;
use store::engine::StoreError;
use store::sight::{Looking, Seen, Sight, ViewablePatient};
use uuid::Uuid;

use crate::app::random;
use crate::extract::{Body, Granted};
use crate::records::Records;
use crate::sessions::{actor, event};
use crate::trouble::Refused;

/// Nobody of whom anything may be seen.
const UNKNOWN: Trouble = Trouble::Medical(MedicalTrouble::UnknownPatient);

pub(crate) async fn patients(
    State(records): State<Records>,
    Granted(permit): Granted<ViewMedicalPages>,
) -> Result<Json<Patients>, Refused> {
    let now = records.now();
    let patients = records.engine.viewable(&permit, now)?;
    let mut listed = event(now, actor(permit.holder().clone()), Deed::MedicalList);
    listed.detail = format!("patients={}", patients.len());
    records.engine.record(listed).await?;
    Ok(Json(Patients {
        patients: patients.iter().map(told).collect(),
    }))
}

/// What may be seen of one patient now, for a page that shows it already: only a refusal tells anything new, and is on record.
pub(crate) async fn open_now(
    State(records): State<Records>,
    Granted(permit): Granted<ViewMedicalPages>,
    Path(id): Path<String>,
) -> Result<Json<OpenNow>, Refused> {
    let sight = sight(&records, &permit, &id, "open").await?;
    let kinds = sight.opened().iter().map(OpenedKind::from).collect();
    Ok(Json(OpenNow { kinds }))
}

pub(crate) async fn look(
    State(records): State<Records>,
    Granted(permit): Granted<ViewMedicalPages>,
    Path(id): Path<String>,
    body: Body<LookRequest>,
) -> Result<Json<MedicalRecord>, Refused> {
    let read = body.value.read();
    let wish = read.map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    let seen = seen(&records, &permit, &id, wish).await?;
    let first = records
        .engine
        .look_back()
        .first_days(seen.look.at.date_in_japan());
    Ok(Json(MedicalRecord {
        at: seen.look.at.to_string(),
        look_back: LookBack::from(&first),
        look: Uuid::from_u128(seen.look.id).to_string(),
        opened: seen.look.under.iter().map(OpenedKind::from).collect(),
        patient: person(&seen.person),
        ..MedicalRecord::of(&seen.information)
    }))
}

/// Takes a look at whom an identifier leads to; every way of looking goes through here.
pub(crate) async fn seen(
    records: &Records,
    permit: &Permit<ViewMedicalPages>,
    id: &str,
    wish: LookWish,
) -> Result<Seen, Refused> {
    let now = records.now();
    let sight = sight(records, permit, id, wish.way.as_str()).await?;
    let looking = Looking {
        id: records.check_ids.next(now, random()?),
        kinds: wish.kinds,
        months: wish.months,
        way: wish.way,
        purpose: match wish.purpose {
            Some(purpose) => purpose,
            None => usual_purpose(records, permit.facility())?,
        },
    };
    let seen = records.engine.look(permit, &sight, looking, now).await?;
    Ok(seen.ok_or(UNKNOWN)?)
}

/// The right to see whom an identifier leads to; that there is none is on record, with the way that was asked.
async fn sight(
    records: &Records,
    permit: &Permit<ViewMedicalPages>,
    id: &str,
    way: &str,
) -> Result<Sight, Refused> {
    let now = records.now();
    // What is no identifier leads to nobody, and is on record like any other guess.
    let sight = match Uuid::parse_str(id) {
        Ok(id) => records.engine.sight(permit, id.as_u128(), now)?,
        Err(_) => None,
    };
    if let Some(sight) = sight {
        return Ok(sight);
    }
    let mut refused = event(now, actor(permit.holder().clone()), Deed::MedicalRefused);
    refused.detail = format!("way={way} why=no-consent");
    records.engine.record(refused).await?;
    Err(UNKNOWN.into())
}

/// What a facility looks for where nobody says otherwise.
pub(crate) fn usual_purpose(
    records: &Records,
    facility: InstitutionCode,
) -> Result<Purpose, StoreError> {
    let kind = records.engine.facility(facility)?.map(|it| it.kind);
    Ok(kind.map_or(Purpose::Treatment, Purpose::usual_at))
}

fn told(it: &ViewablePatient) -> Patient {
    Patient {
        birth_date: it.person.birth_date.to_string(),
        id: Uuid::from_u128(it.id()).to_string(),
        kana: it.person.kana.as_ref().map(|kana| kana.as_str().to_owned()),
        kinds: it.opened.iter().map(OpenedKind::from).collect(),
        name: it.person.name.as_str().to_owned(),
        reference_number: it.reference_number.clone(),
        sex: it.person.sex.code().into(),
    }
}

fn person(it: &Person) -> Told {
    Told {
        birth_date: it.birth_date.to_string(),
        kana: it.kana.as_ref().map(|kana| kana.as_str().to_owned()),
        name: it.name.as_str().to_owned(),
        sex: it.sex.code().into(),
    }
}
