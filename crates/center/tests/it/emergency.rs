//! Care without a card: what each mode opens, to whom, for how long, and that nothing else leaks.

mod ambulance;
mod disaster;
mod killed;
mod outage;
mod review;
mod two_operators;

use api::client::ClientError;
use api::emergency::{NewOpening, PersonSearch, SearchOutcome};
use api::medical::LookRequest;
use center::audit::{AuditLine, AuditQuery};
use center::config::emergency::Emergency;
use center::control::{Order, Reply, send};
use center::emergency::windows::{NewWindow, WindowLine, WindowStep};
use domain::civil_date::CivilDate;
use domain::codes::person::Sex;
use domain::coverage::Registration;
use domain::person::{Address, Kana, Person, PersonId, PersonName};

use crate::world::{Clinic, World};

/// A facility of the prefecture that disasters are opened for here.
const CODE: &str = "1319999999";

/// A center where one operator is enough, and one facility takes ambulances.
pub(crate) async fn world() -> World {
    let emergency = Emergency {
        two_operators: false,
        ambulance_facilities: vec![domain::institution_code::InstitutionCode::parse(CODE).unwrap()],
        ..Emergency::default()
    };
    let world = World::start_in_emergency(emergency).await;
    world.register(&neighbours()).await;
    world
}

const HOME: &str = "東京都架空区見本町一丁目２番３号";

fn person(id: u128, name: &str, kana: &str, address: &str) -> Registration {
    Registration {
        person: Person {
            id: PersonId::from_u128(id),
            name: PersonName::parse(name).unwrap(),
            name_of_other: None,
            kana: Kana::parse(kana).ok(),
            kana_of_other: None,
            sex: Sex::Female,
            shown_sex: None,
            birth_date: CivilDate::new(1955, 8, 9).unwrap(),
            address: Address::parse(address).ok(),
            postal_code: None,
        },
        coverages: Vec::new(),
    }
}

/// Twins of one house, two of one name, and somebody with a variant in the name.
fn neighbours() -> Vec<Registration> {
    vec![
        person(0xa1, "双子　花", "ﾌﾀｺﾞ ﾊﾅ", HOME),
        person(0xa2, "双子　華", "ﾌﾀｺﾞ ﾊﾅ", HOME),
        person(0xb1, "同名　花子", "ﾄﾞｳﾒｲ ﾊﾅｺ", HOME),
        person(0xb2, "同名　花子", "ﾄﾞｳﾒｲ ﾊﾅｺ", "大阪府架空市手本町９－９"),
        person(0xc1, "髙𣘺　邊子", "ﾀｶﾊｼ ﾍﾝｺ", HOME),
    ]
}

fn search(name: &str, address: Option<&str>) -> PersonSearch {
    PersonSearch {
        address: address.map(Into::into),
        birth_date: "1955-08-09".into(),
        name: Some(name.into()),
        sex: Some("2".into()),
        ..PersonSearch::default()
    }
}

fn opening(outcome: &SearchOutcome, consent: &str) -> NewOpening {
    let found = outcome.found.as_ref().unwrap();
    NewOpening {
        consent: consent.into(),
        search: found.search.clone(),
    }
}

fn page() -> LookRequest {
    LookRequest {
        way: "page".into(),
        ..LookRequest::default()
    }
}

impl World {
    async fn register(&self, people: &[Registration]) {
        let path = self.dir.path().join("center.db");
        let engine = crate::places::store(&path, 9);
        engine.store_people(people.to_vec()).await.unwrap();
    }

    /// Sends an order about a window.
    async fn window(&self, order: Order) -> Result<WindowLine, String> {
        match send(self.dir.path(), &order).await.unwrap() {
            Reply::Window(line) => Ok(*line),
            Reply::Refused(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    /// Opens a window for so many seconds from now on.
    async fn open(&self, kind: &str, change: impl FnOnce(&mut NewWindow), seconds: i64) -> String {
        let mut new = NewWindow {
            kind: kind.into(),
            reason: "地震".into(),
            until: self.now().plus_seconds(seconds).to_string(),
            ..NewWindow::default()
        };
        change(&mut new);
        let order = Order::OpenWindow(Box::new(new), "unyo1".into());
        self.window(order).await.unwrap().id
    }

    pub(crate) async fn disaster(&self, seconds: i64) -> String {
        self.open("disaster", |it| it.prefectures = vec!["13".into()], seconds)
            .await
    }

    async fn close(&self, id: &str) {
        let order = Order::StepWindow(id.into(), WindowStep::Close, "unyo1".into());
        self.window(order).await.unwrap();
    }

    /// Lines of the audit chain of some deeds, the newest first.
    async fn told(&self, deed: &str) -> Vec<AuditLine> {
        let query = AuditQuery {
            deed: Some(deed.into()),
            ..AuditQuery::default()
        };
        match send(self.dir.path(), &Order::AuditSearch(query))
            .await
            .unwrap()
        {
            Reply::Audit(lines) => lines,
            other => panic!("{other:?}"),
        }
    }
}

/// The codes of outcomes, for comparing them.
fn code<T: std::fmt::Debug>(outcome: Result<T, ClientError>) -> String {
    match outcome {
        Err(ClientError::Problem(problem)) => problem.code,
        other => panic!("{other:?}"),
    }
}

/// A session of an account the administrator made.
pub(crate) async fn account(
    clinic: &Clinic,
    staff: &str,
    id: &str,
    kind: &str,
    ambulance: bool,
) -> String {
    let new = api::account::NewAccount {
        ambulance,
        designated_by: None,
        designation: None,
        display_name: "見本".into(),
        id: id.into(),
        kind: kind.into(),
        password: "Hajime-123456".into(),
        profession: (kind == "medical_viewer").then(|| "physician".into()),
    };
    clinic.client.register_account(staff, &new).await.unwrap();
    let session = clinic
        .try_sign_in(id, "Hajime-123456", false)
        .await
        .unwrap();
    if kind == "link_app" {
        return session.token;
    }
    let change = api::session::PasswordChange {
        new_password: "Tsugi-1234567".into(),
        old_password: "Hajime-123456".into(),
    };
    clinic
        .client
        .change_password(&session.token, &change)
        .await
        .unwrap();
    session.token
}
