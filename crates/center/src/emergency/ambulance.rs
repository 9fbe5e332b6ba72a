//! Ambulance mode 救急時医療情報閲覧: by the card of one who cannot be asked, at facilities that opted in, to accounts with the right and a
//! second factor. What is opened is open to the account that opened it alone.

use api::check::Origin;
use api::emergency::{
    AmbulanceAccess, AmbulanceSearch, NewOpening, Opening, PersonSearch, SearchOutcome,
};
use api::problem::emergency::EmergencyTrouble;
use axum::Json;
use axum::extract::State;
use domain::codes::setting::Right;
use domain::coverage::Registration;
use domain::emergency::Way;
use domain::emergency::ambulance::{Listing, NotAdmitted, Standing, method_of};
use domain::facility_kind::FacilityKind;
use domain::facility_settings::Use;
use domain::institution_code::InstitutionCode;
use domain::permit::{Permit, ViewInAmbulance};
use domain::sign_in_notice::ProvedBy;
use store::engine::StoreError;
use store::registry::without_card::FoundWithoutCard;
use uuid::Uuid;

use crate::app::{App, Shared};
use crate::emergency::opening;
use crate::emergency::search::{Made, outcome, record, refuse, sought};
use crate::extract::{Body, Granted, TokenHash};
use crate::records::Records;
use crate::trouble::Refused;

/// Whether a facility takes part, whoever works there.
pub(super) fn takes_part(app: &Shared, facility: InstitutionCode) -> Result<bool, StoreError> {
    let (kind, listing, setting) = of_facility(app, facility)?;
    let all = Standing {
        kind,
        listing,
        setting,
        right: Right::Given,
        proved: Some(ProvedBy::Totp),
    };
    Ok(all.admitted().is_ok())
}

fn of_facility(
    app: &Shared,
    facility: InstitutionCode,
) -> Result<(Option<FacilityKind>, Listing, Use), StoreError> {
    let known = app.engine.facility(facility)?;
    let by_code = FacilityKind::of_fee_table_digit(facility.fee_table_digit());
    let kind = known.map(|it| it.kind).or(by_code);
    let listing = if app.emergency.ambulance_facilities.contains(&facility) {
        Listing::Listed
    } else {
        Listing::NotListed
    };
    let setting = app.engine.settings(facility)?.settings.ambulance;
    Ok((kind, listing, setting))
}

/// What facility, account and session bring.
fn standing(
    app: &Shared,
    permit: &Permit<ViewInAmbulance>,
    token: TokenHash,
) -> Result<Standing, StoreError> {
    let holder = permit.holder();
    let (kind, listing, setting) = of_facility(app, holder.facility)?;
    let account = app.engine.account(holder.facility, &holder.account)?;
    let session = app.engine.session(&token.0)?;
    let proved = match session {
        Some(session) => app.engine.proved_by(holder, session.opened)?,
        None => None,
    };
    Ok(Standing {
        kind,
        listing,
        setting,
        right: account.map_or(Right::NotGiven, |it| it.ambulance),
        proved,
    })
}

pub(crate) async fn access(
    State(app): State<App>,
    Granted(permit): Granted<ViewInAmbulance>,
    token: TokenHash,
) -> Result<Json<AmbulanceAccess>, Refused> {
    let standing = standing(&app, &permit, token)?;
    let missing = standing.admitted().err().map(|why| match why {
        NotAdmitted::Kind => "kind",
        NotAdmitted::Listing => "listing",
        NotAdmitted::Setting => "setting",
        NotAdmitted::Right => "right",
        NotAdmitted::Factor => "factor",
    });
    Ok(Json(AmbulanceAccess {
        by_data: app.emergency.ambulance_by_data,
        missing: missing.map(Into::into),
        proved_by: standing.proved.map(|it| it.as_str().into()),
    }))
}

/// By what the caller proved themselves, or the refusal, which is on record.
async fn admit(
    app: &App,
    permit: &Permit<ViewInAmbulance>,
    token: TokenHash,
) -> Result<ProvedBy, Refused> {
    let why = match standing(app, permit, token)?.admitted() {
        Ok(proved) => return Ok(proved),
        Err(NotAdmitted::Kind | NotAdmitted::Listing | NotAdmitted::Setting) => {
            EmergencyTrouble::AmbulanceNotHere
        }
        Err(NotAdmitted::Right) => EmergencyTrouble::AmbulanceRight,
        Err(NotAdmitted::Factor) => EmergencyTrouble::AmbulanceFactor,
    };
    Err(refuse(app, permit, why).await?)
}

pub(crate) async fn search(
    State(app): State<App>,
    Granted(permit): Granted<ViewInAmbulance>,
    token: TokenHash,
    body: Body<AmbulanceSearch>,
) -> Result<Json<SearchOutcome>, Refused> {
    admit(&app, &permit, token).await?;
    let now = app.now();
    let by = By::of(&body.value, |card| match Uuid::parse_str(card) {
        Ok(id) => app.engine.holder_of(&permit, id.as_u128(), now),
        Err(_) => Ok(None),
    })?;
    Ok(Json(find(&app, &permit, by).await?))
}

/// By what a person is looked for in this mode.
pub(crate) enum By<'a> {
    /// By a card that was checked, if it was.
    Card(Option<Box<Registration>>),
    /// By what somebody says of them.
    Data(&'a PersonSearch),
    /// By nothing.
    Nothing,
}

impl<'a> By<'a> {
    /// What a search names; a card goes before data.
    pub(crate) fn of(
        search: &'a AmbulanceSearch,
        holder_of: impl FnOnce(&str) -> Result<Option<Registration>, StoreError>,
    ) -> Result<Self, StoreError> {
        Ok(match (&search.card_check, &search.person) {
            (Some(card), _) => Self::Card(holder_of(card)?.map(Box::new)),
            (None, Some(person)) => Self::Data(person),
            (None, None) => Self::Nothing,
        })
    }
}

/// Finds the holder of a card, or the person of data where the center allows it.
pub(crate) async fn find(
    records: &Records,
    permit: &Permit<ViewInAmbulance>,
    by: By<'_>,
) -> Result<SearchOutcome, Refused> {
    let (way, found) = match by {
        By::Card(Some(holder)) => (Way::Card, FoundWithoutCard::One(holder)),
        By::Data(person) if records.emergency.ambulance_by_data => {
            let (sought, way) = sought(person)?;
            (way, records.engine.find_without_card(permit, &sought)?)
        }
        By::Card(None) | By::Data(_) | By::Nothing => {
            return Err(refuse(records, permit, EmergencyTrouble::AmbulanceCard).await?);
        }
    };
    let made = Made {
        window: None,
        way,
        found,
    };
    let found = record(records, permit, made).await?;
    Ok(outcome(records, &found))
}

pub(crate) async fn open(
    State(app): State<App>,
    Granted(permit): Granted<ViewInAmbulance>,
    token: TokenHash,
    body: Body<NewOpening>,
) -> Result<Json<Opening>, Refused> {
    let proved = admit(&app, &permit, token).await?;
    let proof = Some(method_of(proved));
    let made = opening::make(&app, &permit, &body, (Origin::Ambulance, proof)).await?;
    Ok(Json(made))
}
