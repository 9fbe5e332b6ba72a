//! Home care and remote care: from the address to the consent, the later visit without the card, and the end.

use std::net::SocketAddr;

use api::card::{AnswerOfPatient, Consents};
use api::client::cards::Cause;
use api::client::home_care::Prover;
use api::client::{Client, ClientError};
use api::home_care::device::{
    DeviceActivation, DeviceRegistration, HomeAnswers, HomeCardCheck, HomeCardCheckRequest,
    RegisteredDevice,
};
use api::home_care::proof::PublicKey;
use api::home_care::{CheckAgain, HomeWithdrawal, NewActivationCode, NewHomeAddress};
use pki::device_key::DeviceKey;
use pki::sealed::MachineKey;
use synthetic::card::case::Case;

use crate::deck::{deck, request};
use crate::world::{Clinic, World, check};

/// A device with its key, in a folder of its own.
pub(crate) struct Device {
    pub(crate) client: Client,
    pub(crate) key: DeviceKey,
    pub(crate) id: String,
    _folder: tempfile::TempDir,
}

impl Device {
    pub(crate) fn new(world: &World, home: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = MachineKey::open(&folder.path().join("machine.key")).unwrap();
        Self {
            client: world.client_of(&format!("https://localhost:{}", home.port()), None),
            key: DeviceKey::open(&folder.path().join("device.key"), &machine).unwrap(),
            id: String::new(),
            _folder: folder,
        }
    }

    pub(crate) fn prover(&self, world: &World) -> Prover<'_> {
        Prover {
            key: &self.key,
            device: &self.id,
            now: world.now(),
        }
    }

    pub(crate) async fn register(
        &mut self,
        world: &World,
        address: &str,
        code: Option<(&str, &str)>,
    ) -> Result<RegisteredDevice, ClientError> {
        let (x, y) = self.key.coordinates();
        let body = DeviceRegistration {
            activation: code.map(|(account, code)| DeviceActivation {
                account: account.into(),
                code: code.into(),
            }),
            address: address.into(),
            key: PublicKey::of(&x, &y),
        };
        let registered = self
            .client
            .register_home_device(&self.prover(world), &body)
            .await?;
        self.id.clone_from(&registered.id);
        Ok(registered)
    }

    /// What a card of a case sends when it is laid on this device.
    pub(crate) async fn signed(
        &self,
        world: &World,
        address: &str,
        (case, method): (Case, &str),
    ) -> Result<HomeCardCheckRequest, ClientError> {
        let by = self.prover(world);
        let challenge = self.client.home_challenge(&by, address).await?;
        let signed = request(&deck().card(case), &challenge, method);
        Ok(HomeCardCheckRequest {
            address: address.into(),
            certificate: signed.certificate,
            challenge: signed.challenge,
            join: None,
            method: method.into(),
            signature: signed.signature,
        })
    }

    pub(crate) async fn lay(
        &self,
        world: &World,
        address: &str,
        laid: (Case, &str),
    ) -> Result<HomeCardCheck, ClientError> {
        let body = self.signed(world, address, laid).await?;
        let key = body.challenge.clone();
        self.client
            .check_card_at_home(&self.prover(world), &key, &body)
            .await
    }

    pub(crate) async fn answer(
        &self,
        world: &World,
        check: &HomeCardCheck,
        (home_care, answers): (Option<&str>, &[(&str, &str)]),
    ) -> Result<Consents, ClientError> {
        let given = answers.iter().map(|(question, answer)| AnswerOfPatient {
            answer: (*answer).into(),
            question: (*question).into(),
        });
        let body = HomeAnswers {
            answers: given.collect(),
            home_care: home_care.map(str::to_owned),
            token: check.presence.as_ref().unwrap().token.clone(),
        };
        self.client
            .answer_at_home(&self.prover(world), &check.id, &body)
            .await
    }
}

/// A facility's address for a care.
pub(crate) async fn address(clinic: &Clinic, token: &str, care: &str) -> String {
    let body = NewHomeAddress { care: care.into() };
    let key = uuid::Uuid::now_v7().to_string();
    let made = clinic.client.make_home_address(token, &key, &body).await;
    made.unwrap().id
}

/// A code for the administrator's device.
pub(crate) async fn code(clinic: &Clinic, token: &str, visual: bool) -> String {
    let body = NewActivationCode {
        account: "administrator".into(),
        label: "タブレット1".into(),
        visual,
    };
    let key = uuid::Uuid::now_v7().to_string();
    let issued = clinic
        .client
        .issue_activation_code(token, &key, &body)
        .await;
    issued.unwrap().code.unwrap()
}

/// A home-visit nursing station with its address, and a tablet bound to it.
pub(crate) struct Station {
    pub(crate) world: World,
    pub(crate) home: SocketAddr,
    pub(crate) clinic: Clinic,
    pub(crate) token: String,
    pub(crate) address: String,
    pub(crate) tablet: Device,
}

pub(crate) async fn station(visual: bool) -> Station {
    station_with(Default::default(), visual).await
}

pub(crate) async fn station_with(home: center::config::home::Home, visual: bool) -> Station {
    let (world, home) = World::start_at_home(home).await;
    let clinic = world.enrol("1369999998").await;
    let (staff, _) = clinic.administrator().await;
    let token = staff.token;
    clinic.ask_everything(&token).await;
    let address = address(&clinic, &token, "home_visit").await;
    let mut tablet = Device::new(&world, home);
    let code = code(&clinic, &token, visual).await;
    let bound = tablet
        .register(&world, &address, Some(("administrator", &code)))
        .await
        .unwrap();
    assert_eq!(
        (bound.account.as_deref(), bound.visual),
        (Some("administrator"), visual)
    );
    Station {
        world,
        home,
        clinic,
        token,
        address,
        tablet,
    }
}

impl Station {
    /// A new session of the administrator, after days.
    async fn sign_in_again(&self) -> String {
        let again = self
            .clinic
            .try_sign_in("administrator", "Kanri-7654321", true);
        again.await.unwrap().token
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_agrees_at_home_and_is_checked_without_the_card_until_they_withdraw() {
    let at = station(false).await;
    let shown = at.tablet.client.home_facility(&at.address).await.unwrap();
    assert_eq!(
        (shown.care.as_str(), shown.center.as_str()),
        ("home_visit", "test")
    );
    let laid = (Case::Everything, "pin");
    let first = at.tablet.lay(&at.world, &at.address, laid).await.unwrap();
    assert_eq!((first.verdict, first.asks_home_care), (1, true));
    let asked: Vec<&str> = first.questions.iter().map(String::as_str).collect();
    let expected = [
        "specified_disease",
        "medical_subsidy",
        "surgery",
        "treatment_and_drugs",
        "checkups",
    ];
    assert_eq!(
        asked, expected,
        "home-visit nursing asks for no prescription"
    );
    let yes = [("treatment_and_drugs", "yes")];
    let given = at
        .tablet
        .answer(&at.world, &first, (Some("yes"), &yes))
        .await;
    let given = given.unwrap();
    assert_eq!(given.valid_until, None, "it lasts until it is withdrawn");
    assert_eq!(given.consents.len(), 5);
    // A year later the consent still stands, at the terminal and at the tablet.
    at.world.pass_seconds(365 * 86_400);
    let token = at
        .clinic
        .try_sign_in("administrator", "Kanri-7654321", true)
        .await;
    let token = token.unwrap().token;
    let list = at.clinic.client.home_consents(&token, Cause::Person).await;
    let list = list.unwrap().consents;
    assert_eq!(list.len(), 1);
    assert_eq!(
        (list[0].id.as_str(), &list[0].until),
        (first.id.as_str(), &None)
    );
    assert_eq!(list[0].kinds, ["drugs", "treatment"]);
    assert_eq!(list[0].name, first.name);
    // Two patients may bear one name.
    assert!(list[0].birth_date.is_some() && list[0].kana.is_some());
    let again = at
        .clinic
        .client
        .check_again(&token, "key-1", (&list[0].id, &CheckAgain::default()))
        .await
        .unwrap();
    let same = at
        .clinic
        .client
        .check_again(&token, "key-1", (&list[0].id, &CheckAgain::default()))
        .await
        .unwrap();
    assert_eq!(
        (again.verdict, &again),
        (1, &same),
        "a repetition is one check"
    );
    let at_home = at
        .tablet
        .client
        .check_again_at_device(
            &at.tablet.prover(&at.world),
            "key-2",
            (&first.id, &CheckAgain::default()),
        )
        .await
        .unwrap();
    assert_eq!((at_home.verdict, &at_home.name), (1, &first.name));
    let list = at.clinic.client.home_consents(&token, Cause::Person).await;
    assert_eq!(
        list.unwrap().consents[0].last_check.as_deref(),
        Some(at_home.id.as_str())
    );
    let history = at.clinic.client.search(&token, &Default::default()).await;
    let history = history.unwrap().checks;
    assert_eq!(history.len(), 2, "the one by card is a year old");
    assert!(history.iter().all(|it| it.origin == "home"));
    // Withdrawn, nothing is left of it.
    let body = HomeWithdrawal {
        reason: "patient".into(),
    };
    let ended = at
        .clinic
        .client
        .withdraw_home_consent(&token, "key-3", (&first.id, &body))
        .await;
    assert_eq!(ended.unwrap().ended, ["drugs", "treatment"]);
    let list = at.clinic.client.home_consents(&token, Cause::Person).await;
    assert!(list.unwrap().consents.is_empty());
    let told = at.clinic.client.home_care_notices(&token, Cause::Person);
    let told = told.await.unwrap().ended;
    let ended = (told[0].why.as_str(), &told[0].check_id);
    assert_eq!((told.len(), ended), (1, ("withdrawn", &first.id)));
    let client = &at.clinic.client;
    let whose = client.ended_home_consent(&token, Cause::Person, &first.id);
    let whose = whose.await.unwrap();
    assert_eq!((&whose.name, whose.check_kept), (&first.name, true));
    let nobody = uuid::Uuid::from_u128(7).to_string();
    let nobody = client.ended_home_consent(&token, Cause::Person, &nobody);
    check(nobody.await, "not_found");
    let again = at
        .clinic
        .client
        .check_again(&token, "key-4", (&first.id, &CheckAgain::default()))
        .await;
    check(again, "home_not_agreed");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_to_home_care_the_rest_holds_for_a_day() {
    let at = station(false).await;
    let laid = (Case::Everything, "pin");
    let first = at.tablet.lay(&at.world, &at.address, laid).await.unwrap();
    let yes = [("checkups", "yes")];
    let given = at
        .tablet
        .answer(&at.world, &first, (Some("no"), &yes))
        .await;
    let until = given.unwrap().valid_until.unwrap();
    let until = domain::civil_date::Instant::parse(&until).unwrap();
    assert_eq!(at.world.now().seconds_until(until), 86_400);
    let list = at.clinic.client.home_consents(&at.token, Cause::Person);
    assert!(list.await.unwrap().consents.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_no_ends_what_was_agreed_at_home() {
    let at = station(false).await;
    for (answer, left) in [("yes", 1), ("no", 0)] {
        let laid = (Case::Everything, "pin");
        let check = at.tablet.lay(&at.world, &at.address, laid).await.unwrap();
        let answers = [("checkups", answer)];
        let given = at
            .tablet
            .answer(&at.world, &check, (Some(answer), &answers));
        given.await.unwrap();
        at.world.pass_seconds(1);
        let list = at.clinic.client.home_consents(&at.token, Cause::Person);
        assert_eq!(list.await.unwrap().consents.len(), left, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_confirm_by_eye_at_a_device_that_was_activated_for_it() {
    let at = station(true).await;
    let laid = (Case::Everything, "visual");
    let check = at.tablet.lay(&at.world, &at.address, laid).await.unwrap();
    let given = at.tablet.answer(&at.world, &check, (Some("yes"), &[]));
    given.await.unwrap();
    let record = at
        .clinic
        .client
        .card_check(&at.token, &check.id, Cause::Background)
        .await
        .unwrap();
    assert_eq!(record.vouched_by, "staff");
    assert_eq!(record.released_by.as_deref(), Some("administrator"));
    assert!(record.reader.starts_with("home:"), "{}", record.reader);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patients_own_phone_needs_no_code_and_takes_the_pin() {
    let at = station(false).await;
    let mut phone = Device::new(&at.world, at.home);
    let known = phone.register(&at.world, &at.address, None).await.unwrap();
    assert!(known.account.is_none() && known.until.is_some() && !known.visual);
    let laid = (Case::Everything, "pin");
    let check = phone.lay(&at.world, &at.address, laid).await.unwrap();
    phone
        .answer(&at.world, &check, (Some("yes"), &[]))
        .await
        .unwrap();
    let list = at.clinic.client.home_consents(&at.token, Cause::Person);
    assert_eq!(list.await.unwrap().consents.len(), 1);
    // It sees nobody's list, and is known for a day.
    let list = phone
        .client
        .home_consents_at_device(&phone.prover(&at.world))
        .await;
    check_code(list, "not_permitted");
    at.world.pass_seconds(86_400);
    let challenge = phone
        .client
        .home_challenge(&phone.prover(&at.world), &at.address)
        .await;
    check_code(challenge, "home_proof_refused");
}

fn check_code<T: std::fmt::Debug>(outcome: Result<T, ClientError>, expected: &str) {
    check(outcome, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_the_operator_end_a_consent_by_itself() {
    let home = center::config::home::Home {
        consent_days: Some(30),
        ..Default::default()
    };
    let (world, at) = World::start_at_home(home).await;
    let clinic = world.enrol("1369999998").await;
    let (staff, _) = clinic.administrator().await;
    let address = address(&clinic, &staff.token, "remote_care").await;
    let mut phone = Device::new(&world, at);
    phone.register(&world, &address, None).await.unwrap();
    let laid = (Case::Everything, "pin");
    let check = phone.lay(&world, &address, laid).await.unwrap();
    phone
        .answer(&world, &check, (Some("yes"), &[]))
        .await
        .unwrap();
    let list = clinic
        .client
        .home_consents(&staff.token, Cause::Person)
        .await;
    let list = list.unwrap().consents;
    assert_eq!((list.len(), list[0].care.as_str()), (1, "remote_care"));
    assert!(list[0].until.is_some());
    world.pass_seconds(30 * 86_400);
    let token = clinic.sign_in_again(&staff).await;
    let list = clinic.client.home_consents(&token, Cause::Person).await;
    assert!(list.unwrap().consents.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_ends_home_care_on_their_own_page_even_where_nothing_may_be_seen() {
    let at = station(false).await;
    let laid = (Case::Everything, "pin");
    let check = at.tablet.lay(&at.world, &at.address, laid).await.unwrap();
    at.tablet
        .answer(&at.world, &check, (Some("yes"), &[]))
        .await
        .unwrap();
    let desk = crate::own::desk(&at.world, "1319999999").await;
    let page = desk.own(Case::Everything).await.unwrap();
    assert_eq!(page.consents.len(), 1);
    let consent = &page.consents[0];
    assert!(consent.kinds.is_empty() && consent.until.is_none());
    let care = consent.home_care.as_ref();
    assert!(care.is_some_and(|it| it.until.is_none()));
    assert_eq!(consent.basis, "home");
    let left = desk.withdraw(&page, &consent.consent).await;
    assert!(left.unwrap().consents.is_empty());
    let list = at.clinic.client.home_consents(&at.token, Cause::Person);
    assert!(list.await.unwrap().consents.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_page_tells_home_care_and_its_end_beside_what_may_be_seen_for_a_day() {
    let (world, home) = World::start_at_home(Default::default()).await;
    let desk = crate::own::desk(&world, "1319999999").await;
    let address = address(&desk.clinic, &desk.staff, "home_visit").await;
    let mut phone = Device::new(&world, home);
    phone.register(&world, &address, None).await.unwrap();
    let laid = (Case::Everything, "pin");
    let check = phone.lay(&world, &address, laid).await.unwrap();
    let given = phone.answer(&world, &check, (Some("yes"), &[]));
    given.await.unwrap();
    world.pass_seconds(60);
    let yes = [("treatment_and_drugs", "yes")];
    desk.consent(Case::Everything, &yes).await;
    let page = desk.own(Case::Everything).await.unwrap();
    let [consent] = &page.consents[..] else {
        panic!("{} consents", page.consents.len())
    };
    assert_eq!(consent.kinds, ["drugs", "treatment"]);
    let until = consent.until.as_deref().unwrap();
    let until = domain::civil_date::Instant::parse(until).unwrap();
    assert!(world.now().seconds_until(until) <= 86_400);
    let care = consent.home_care.as_ref().unwrap();
    assert_eq!(care.until, None, "it lasts until it is withdrawn");
    let left = desk.withdraw(&page, &consent.consent).await;
    assert!(left.unwrap().consents.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_round_the_office_is_told_what_ends_and_what_ended_and_nobody_is_named() {
    let home = center::config::home::Home {
        consent_days: Some(30),
        ..Default::default()
    };
    let at = station_with(home, false).await;
    let read = async || {
        let told = at
            .clinic
            .client
            .home_care_notices(&at.token, Cause::Background);
        told.await.unwrap()
    };
    let day_s = 86_400;
    let laid = (Case::Everything, "pin");
    let first = at.tablet.lay(&at.world, &at.address, laid).await.unwrap();
    at.tablet
        .answer(&at.world, &first, (Some("yes"), &[]))
        .await
        .unwrap();
    let told = read().await;
    assert_eq!((told.consents_end_soon, told.ended.len()), (0, 0));
    // A code of 24 hours is told of in its last three.
    let code = NewActivationCode {
        account: "administrator".into(),
        label: "二台目".into(),
        visual: false,
    };
    let client = &at.clinic.client;
    let issued = client.issue_activation_code(&at.token, "second", &code);
    issued.await.unwrap();
    assert_eq!(read().await.codes_end_soon, 0);
    at.world.pass_seconds(21 * 3_600);
    let token = at.sign_in_again().await;
    let told = client.home_care_notices(&token, Cause::Background).await;
    assert_eq!(told.unwrap().codes_end_soon, 1);
    // The consent ends by itself after 30 days.
    for (days, soon, ended) in [(17, 1, 0), (12, 1, 0), (1, 0, 1), (15, 0, 0)] {
        at.world.pass_seconds(days * day_s);
        let token = at.sign_in_again().await;
        let told = client.home_care_notices(&token, Cause::Background).await;
        let told = told.unwrap();
        let found = (told.consents_end_soon, told.ended.len());
        assert_eq!(found, (soon, ended), "{days} days later");
        for it in told.ended {
            assert_eq!((it.why.as_str(), &it.check_id), ("expired", &first.id));
        }
    }
}
