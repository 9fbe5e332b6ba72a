//! The patient's own page: who looked, what may be seen, withdrawal; and what somebody may try who is not the patient.

use api::client::ClientError;
use api::medical::LookRequest;
use api::own::{OwnConsents, OwnLooks, OwnLooksRequest, OwnPage, OwnRequest, OwnWithdrawal};
use domain::card_challenge::CenterName;
use domain::institution_code::InstitutionCode;
use synthetic::card::case::Case;
use synthetic::card::persona::Persona;

use crate::deck::{deck, request};
use crate::own_misuse::audit;
use crate::world::{Clinic, World, check};

/// A clinic with its staff's and its reader's sessions.
pub(crate) struct Desk {
    pub(crate) clinic: Clinic,
    pub(crate) staff: String,
    pub(crate) reader: String,
}

pub(crate) async fn desk(world: &World, code: &str) -> Desk {
    let clinic = world.enrol(code).await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    Desk {
        clinic,
        staff: staff.token,
        reader,
    }
}

/// A card that signed for its holder's page.
pub(crate) async fn signed(desk: &Desk, token: &str, card: &Persona) -> OwnRequest {
    let challenge = desk.clinic.client.card_challenge(token).await.unwrap();
    let center = CenterName::parse("test").unwrap();
    let facility = InstitutionCode::parse(&challenge.facility).unwrap();
    let text = challenge.text(&center, facility).unwrap().of_own_page();
    let of_check = request(card, &challenge, "pin");
    OwnRequest {
        certificate: of_check.certificate,
        challenge: of_check.challenge,
        method: "pin".into(),
        signature: crate::deck::signature(card, &text.to_text()),
    }
}

impl Desk {
    pub(crate) async fn own(&self, case: Case) -> Result<OwnPage, ClientError> {
        self.own_at(&self.reader, case).await
    }

    pub(crate) async fn own_at(&self, token: &str, case: Case) -> Result<OwnPage, ClientError> {
        let body = signed(self, token, &deck().card(case)).await;
        self.clinic.client.open_own_page(token, &body).await
    }

    pub(crate) async fn consent(&self, case: Case, answers: &[(&str, &str)]) {
        let laid = self.clinic.lay(&self.reader, case, "pin").await.unwrap();
        let given = self.clinic.answer(&self.reader, &laid, answers);
        given.await.unwrap();
    }

    /// The doctor looks at the only patient of the list.
    pub(crate) async fn look(&self) -> Result<(), ClientError> {
        let client = &self.clinic.client;
        let listed = client.medical_patients(&self.staff).await.unwrap();
        let id = listed.patients.first().map(|it| it.id.clone());
        let id = id.unwrap_or_else(|| uuid::Uuid::from_u128(7).to_string());
        let body = LookRequest {
            way: "page".into(),
            ..LookRequest::default()
        };
        let looked = client.look_at_medical_information(&self.staff, &id, &body);
        looked.await.map(drop)
    }

    pub(crate) async fn withdraw(
        &self,
        page: &OwnPage,
        consent: &str,
    ) -> Result<OwnConsents, ClientError> {
        let body = OwnWithdrawal {
            consent: consent.into(),
            kinds: Vec::new(),
            token: page.token.clone(),
        };
        let client = &self.clinic.client;
        client
            .withdraw_own_consent(&self.reader, &page.id, &body)
            .await
    }

    pub(crate) async fn older(&self, page: &OwnPage, after: &str) -> Result<OwnLooks, ClientError> {
        let body = OwnLooksRequest {
            after: after.into(),
            token: page.token.clone(),
        };
        let client = &self.clinic.client;
        client.own_looks(&self.reader, &page.id, &body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_sees_who_looked_and_what_they_withdraw_is_seen_by_nobody_from_then_on() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    let answers = [("treatment_and_drugs", "yes"), ("checkups", "yes")];
    desk.consent(Case::Renewed, &answers).await;
    desk.look().await.unwrap();
    let page = desk.own(Case::Renewed).await.unwrap();
    let [own, look] = &page.looks[..] else {
        panic!("{:?}", page.looks)
    };
    assert_eq!((own.way.as_str(), own.viewer.as_str()), ("own", "patient"));
    assert!(own.kinds.is_empty() && own.basis.is_none() && own.purpose == "own");
    assert_eq!(look.viewer, "administrator", "a kind of account, no name");
    assert_eq!(look.kinds, ["drugs", "treatment", "checkups"]);
    assert_eq!(
        (look.way.as_str(), look.basis.as_deref()),
        ("page", Some("visit"))
    );
    assert!(!look.emergency && !look.facility.is_empty());
    assert_eq!(page.next, None);
    let [consent] = &page.consents[..] else {
        panic!("{:?}", page.consents)
    };
    assert_eq!(consent.kinds, ["drugs", "treatment", "checkups"]);
    let left = desk.withdraw(&page, &consent.consent).await.unwrap();
    assert!(left.consents.is_empty());
    check(desk.look().await, "unknown_patient");
    check(
        desk.withdraw(&page, &consent.consent).await,
        "consent_not_in_force",
    );
    let withdrawn = audit(&world, "consent-withdraw").await;
    let [event] = &withdrawn[..] else {
        panic!("{withdrawn:?}")
    };
    assert!(event.detail.contains("reason=patient"), "{}", event.detail);
    let again = desk.own(Case::Renewed).await.unwrap();
    assert_eq!(again.looks.len(), 3, "what was seen before stays on record");
    assert!(again.consents.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_at_all_facilities_are_shown_and_one_is_withdrawn_without_the_others() {
    let world = World::start_with_cards().await;
    let (one, other) = (
        desk(&world, "1319999999").await,
        desk(&world, "3410712362").await,
    );
    one.consent(Case::Renewed, &[("treatment_and_drugs", "yes")])
        .await;
    world.pass_seconds(60);
    other.consent(Case::Renewed, &[("checkups", "yes")]).await;
    // At the first facility, about the second one's.
    let page = one.own(Case::Renewed).await.unwrap();
    let kinds: Vec<_> = page.consents.iter().map(|it| it.kinds.len()).collect();
    assert_eq!(kinds, [1, 2], "what was given last comes first");
    let left = one
        .withdraw(&page, &page.consents[0].consent)
        .await
        .unwrap();
    assert_eq!(left.consents, page.consents[1..]);
    check(other.look().await, "unknown_patient");
    one.look().await.unwrap();
    let some = OwnWithdrawal {
        consent: page.consents[1].consent.clone(),
        kinds: vec!["treatment".into()],
        token: page.token.clone(),
    };
    let client = &one.clinic.client;
    let left = client.withdraw_own_consent(&one.reader, &page.id, &some);
    assert_eq!(left.await.unwrap().consents[0].kinds, ["drugs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_whom_nothing_was_ever_seen_finds_their_own_look_alone() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    for case in [Case::Valid, Case::NoCoverage, Case::ExpiredRecently] {
        let page = desk.own(case).await.unwrap();
        assert!(!page.name.is_empty());
        assert_eq!((page.looks.len(), page.consents.len()), (1, 0), "{case:?}");
    }
    check(desk.own(Case::Unregistered).await, "card_not_registered");
    check(desk.own(Case::Revoked).await, "card_certificate_revoked");
    check(
        desk.own(Case::ExpiredLong).await,
        "card_certificate_expired",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ended_lately_still_withdraws_what_was_agreed_to_before() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    desk.consent(Case::AboutToExpire, &[("checkups", "yes")])
        .await;
    let page = desk.own(Case::AboutToExpire).await.unwrap();
    let name = &page.consents[0].consent;
    assert!(
        desk.withdraw(&page, name)
            .await
            .unwrap()
            .consents
            .is_empty()
    );
    assert!(desk.own(Case::ExpiredRecently).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn older_looks_follow_in_order_until_there_are_none() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    let mut page = desk.own(Case::Valid).await.unwrap();
    let foreign = desk.own(Case::RareName).await.unwrap();
    for _ in 0..31 {
        world.pass_seconds(1);
        page = desk.own(Case::Valid).await.unwrap();
    }
    assert_eq!(page.looks.len(), 30);
    let older = desk
        .older(&page, &page.next.clone().unwrap())
        .await
        .unwrap();
    assert_eq!((older.looks.len(), older.next), (2, None));
    let mut times: Vec<_> = page.looks.iter().chain(&older.looks).collect();
    times.reverse();
    assert!(times.is_sorted_by_key(|it| &it.at));
    // A look at somebody else is no place in this list, and says nothing of itself.
    let none = desk.older(&page, &foreign.id).await.unwrap();
    assert!(none.looks.is_empty() && none.next.is_none());
    check(desk.older(&page, "?").await, "invalid_input");
}
