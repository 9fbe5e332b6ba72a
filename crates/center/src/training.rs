//! `/v1/training` (練習): the modes practised at any time with made-up patients. The handlers are the modes' own; what they are given are the
//! records of the ward, a store with keys of its own, so that nothing real can be reached from here, nor anybody of here from there. Who may
//! practise is decided, and the practice put on record, by the center.

mod handlers;

use std::path::Path;
use std::sync::Arc;

use api::openapi::operations::Method;
use api::routes;
use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{FromRef, FromRequest, FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::routing::{MethodRouter, get, post};
use domain::audit::Deed;
use domain::card_challenge::CenterName;
use domain::civil_date::CivilDate;
use domain::emergency::training::{MadeUpPatient, windows_of_day};
use domain::permit::{Permission, SignedIn};
use exchange::medical_document::People;
use pki::receipt_key::ReceiptKeys;
use serde::de::DeserializeOwned;
use store::training::Ward as Store;
use tokio::sync::{Mutex, Semaphore};

use crate::app::{App, random};
use crate::config::emergency::Emergency;
use crate::emergency::{disaster, outage, reports};
use crate::extract::{Body, Granted};
use crate::medical::{self, documents};
use crate::receipts::Sealer;
use crate::records::Records;
use crate::serve::StartError;
use crate::sessions::{actor, event};
use crate::trouble::{Refused, internal};

/// Makes up the patients of a day: the same day, the same patients.
pub type MadeUpPatients = fn(CivilDate) -> Vec<MadeUpPatient>;

/// The ward's folder, in the center's.
const DIR: &str = "training";

/// Who signs the answers of the ward: no center bears this name in its receipts.
const NAME: &str = "training";

pub(crate) type Ward = Arc<Practice>;

/// The ward, and the center at its door.
pub(crate) struct Practice {
    /// Who may come in, and the record that they did. No handler gets it.
    center: App,
    store: Store,
    records: Records,
    make_up: MadeUpPatients,
    day: Mutex<Day>,
}

/// The day the ward is set up for.
#[derive(Default)]
struct Day {
    date: Option<CivilDate>,
    patients: Arc<[MadeUpPatient]>,
}

impl Practice {
    /// Sets up a ward beside a center. Its patients come with the first practice of a day.
    pub(crate) fn open(
        center: &App,
        data_dir: &Path,
        make_up: MadeUpPatients,
    ) -> Result<Ward, StartError> {
        let dir = data_dir.join(DIR);
        let chain = random().map_err(|_| StartError::Random)?;
        let look_back = *center.engine.look_back();
        let store = Store::open(&dir, chain)?.looking_back(look_back);
        let keys = ReceiptKeys::open(&dir, &center.machine)?;
        let receipt_keys = Arc::new(ArcSwap::from_pointee(keys));
        let name = CenterName::parse(NAME)?;
        let records = Records {
            engine: store.engine().clone(),
            sealer: Arc::new(Sealer {
                keys: Arc::clone(&receipt_keys),
                name: name.clone(),
                clock: center.clock.clone(),
            }),
            receipt_keys,
            name,
            clock: center.clock.clone(),
            check_ids: center.check_ids.clone(),
            emergency: Arc::new(Emergency {
                ambulance_by_data: true,
                ..Emergency::clone(&center.emergency)
            }),
            request_hash: center.request_hash.clone(),
            // One at a time, beside those of real patients.
            exporting: Arc::new(Semaphore::new(1)),
            events: Arc::default(),
            people: People::MadeUp,
        };
        Ok(Arc::new(Self {
            center: center.clone(),
            store,
            records,
            make_up,
            day: Mutex::default(),
        }))
    }

    /// The patients of today; with the first practice of a day all of the days before is forgotten.
    async fn patients(&self) -> Result<Arc<[MadeUpPatient]>, Refused> {
        let now = self.records.now();
        let today = now.date_in_japan();
        let mut day = self.day.lock().await;
        if day.date != Some(today) {
            let patients = (self.make_up)(today);
            let ids = &self.records.check_ids;
            let ids = [ids.next(now, random()?), ids.next(now, random()?)];
            let windows =
                windows_of_day(ids, now).map_err(internal("a day of practice cannot be opened"))?;
            self.store.begin_day(&patients, windows.into()).await?;
            *day = Day {
                date: Some(today),
                patients: patients.into(),
            };
        }
        Ok(day.patients.clone())
    }

    /// Lets somebody in whom the center permitted, and has that on record there.
    async fn let_in(&self, who: &SignedIn, what: String) -> Result<(), Refused> {
        let mut practised = event(self.records.now(), actor(who.clone()), Deed::Practice);
        practised.detail = what;
        self.center.engine.record(practised).await?;
        self.patients().await?;
        let engine = &self.center.engine;
        let facility = engine.facility(who.facility)?;
        let account = engine.account(who.facility, &who.account)?;
        if let Some((facility, account)) = facility.zip(account) {
            self.store.let_in(facility, account).await?;
        }
        Ok(())
    }
}

impl FromRef<Ward> for Records {
    fn from_ref(ward: &Ward) -> Self {
        ward.records.clone()
    }
}

/// The rights are those of the modes themselves, as the center gives them.
impl<A: Permission> FromRequestParts<Ward> for Granted<A> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, ward: &Ward) -> Result<Self, Refused> {
        let granted = <Self as FromRequestParts<App>>::from_request_parts(parts, &ward.center);
        let Self(permit) = granted.await?;
        let path = parts.extensions.get::<MatchedPath>();
        let path = path.map(MatchedPath::as_str).unwrap_or_default();
        let what = format!("action={:?} route={} {path}", A::ACTION, parts.method);
        ward.let_in(permit.holder(), what).await?;
        Ok(Self(permit))
    }
}

impl<T: DeserializeOwned> FromRequest<Ward> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, ward: &Ward) -> Result<Self, Refused> {
        <Self as FromRequest<App>>::from_request(request, &ward.center).await
    }
}

/// The routes of practice.
pub(crate) fn router(ward: &Ward) -> Router {
    let mut router = Router::new();
    for (method, path, handler) in routes() {
        let timer = ward.center.metrics.timer(method.as_str(), path);
        router = router.route(path, handler.layer(timer));
    }
    router.with_state(ward.clone())
}

/// Which handler answers which route.
pub(crate) fn routes() -> Vec<(Method, &'static str, MethodRouter<Ward>)> {
    use Method::{Get, Post};
    vec![
        (Get, routes::TRAINING_PATIENTS, get(handlers::patients)),
        (
            Post,
            routes::TRAINING_FRESH_STARTS,
            post(handlers::start_afresh),
        ),
        (
            Post,
            routes::TRAINING_DISASTER_SEARCHES,
            post(disaster::search),
        ),
        (
            Post,
            routes::TRAINING_DISASTER_OPENINGS,
            post(disaster::open),
        ),
        (
            Post,
            routes::TRAINING_DISASTER_CHECKS,
            post(disaster::check),
        ),
        (Post, routes::TRAINING_OUTAGE_CHECKS, post(outage::ask)),
        (
            Get,
            routes::TRAINING_AMBULANCE,
            get(handlers::ambulance_access),
        ),
        (
            Post,
            routes::TRAINING_AMBULANCE_SEARCHES,
            post(handlers::search_in_ambulance),
        ),
        (
            Post,
            routes::TRAINING_AMBULANCE_OPENINGS,
            post(handlers::open_in_ambulance),
        ),
        (Get, routes::TRAINING_REPORTS, get(reports::list)),
        (Post, routes::TRAINING_REPORTS, post(reports::file)),
        (
            Get,
            routes::TRAINING_MEDICAL_PATIENTS,
            get(medical::patients),
        ),
        (Post, routes::TRAINING_MEDICAL_LOOKS, post(medical::look)),
        (
            Post,
            routes::TRAINING_MEDICAL_DOCUMENTS,
            post(documents::take),
        ),
    ]
}
