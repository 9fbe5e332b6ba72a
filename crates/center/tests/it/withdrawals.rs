//! Withdrawal of a consent, and who of a facility looked: what ends, what is told of it, and what is on record.

use api::client::cards::Cause;
use api::medical::LookRequest;
use api::medical::looks::{LooksExport, LooksSearch, PatientTerms};
use api::medical::withdrawal::WithdrawalRequest;
use domain::account::AccountKind;
use http::Method;
use serde_json::json;
use store::looks::search::LookSearch;
use synthetic::card::case::Case;
use synthetic::card::holder;

use crate::world::{Clinic, World, check};

/// A clinic with its administrator's and its reader's sessions.
pub(crate) struct Ward {
    pub(crate) clinic: Clinic,
    pub(crate) staff: String,
    pub(crate) reader: String,
}

pub(crate) async fn ward(world: &World, code: &str) -> Ward {
    let clinic = world.enrol(code).await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    Ward {
        clinic,
        staff: staff.token,
        reader,
    }
}

pub(crate) fn page() -> LookRequest {
    LookRequest {
        way: "page".into(),
        ..LookRequest::default()
    }
}

impl Ward {
    /// The holder of a card agrees at the reader; returns the check.
    pub(crate) async fn consent(&self, case: Case, questions: &[&str]) -> String {
        let laid = self.clinic.lay(&self.reader, case, "pin").await.unwrap();
        let answers: Vec<(&str, &str)> = questions.iter().map(|it| (*it, "yes")).collect();
        let answered = self.clinic.answer(&self.reader, &laid, &answers).await;
        answered.unwrap();
        laid.check.check_id
    }

    pub(crate) async fn looks_at(&self, id: &str) -> bool {
        let client = &self.clinic.client;
        let asked = page();
        let looked = client.look_at_medical_information(&self.staff, id, &asked);
        looked.await.is_ok()
    }

    /// Registers an account of a person and signs it in.
    pub(crate) async fn person(&self, kind: AccountKind) -> String {
        let id = kind.as_str().replace('_', "");
        let mut new = json!({"id": id, "kind": kind.as_str(), "display_name": "見本", "password": "Staff-1234567"});
        if kind == AccountKind::MedicalViewer {
            new["profession"] = "physician".into();
        }
        let path = api::routes::ACCOUNTS;
        let made = self.clinic.call(Method::POST, path, &self.staff, &new);
        made.await.unwrap();
        let session = self.clinic.try_sign_in(&id, "Staff-1234567", true).await;
        let token = session.unwrap().token;
        let change = api::session::PasswordChange {
            new_password: "Staff-7654321".into(),
            old_password: "Staff-1234567".into(),
        };
        // Somebody else chose the first password.
        let client = &self.clinic.client;
        client.change_password(&token, &change).await.unwrap();
        token
    }
}

pub(crate) fn withdrawal(kinds: Option<&[&str]>) -> WithdrawalRequest {
    WithdrawalRequest {
        kinds: kinds.map(|it| it.iter().map(|it| (*it).to_owned()).collect()),
        note: Some("別の患者さんの同意でした".into()),
        reason: "facility".into(),
    }
}

pub(crate) fn verified(world: &World) -> store::audit::verify::Report {
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 7);
    store.verify_audit(&[], |_, _, _| true).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_is_seen_no_more_and_the_rest_goes_on() {
    let world = World::start_with_cards().await;
    let all = withdrawal(None);
    let ward = ward(&world, "1319999999").await;
    let client = &ward.clinic.client;
    let id = ward
        .consent(
            Case::Renewed,
            &["surgery", "treatment_and_drugs", "checkups"],
        )
        .await;
    // Whoever receives patients withdraws by the check they see the result of, and sees no medical information.
    let clerk = ward.person(AccountKind::General).await;
    let some = withdrawal(Some(&["surgery", "treatment"]));
    let done = client.withdraw_consent(&clerk, "w1", &id, &some);
    let done = done.await.unwrap();
    assert_eq!(done.ended, ["treatment", "surgery"]);
    let again = client.withdraw_consent(&clerk, "w1", &id, &some);
    assert_eq!(again.await.unwrap(), done, "the same key is done once");
    let none_left = client.withdraw_consent(&clerk, "w2", &id, &some);
    check(none_left.await, "unknown_patient");
    let listed = client.medical_patients(&ward.staff).await.unwrap();
    let kinds: Vec<_> = listed.patients[0]
        .kinds
        .iter()
        .map(|it| it.kind.as_str())
        .collect();
    assert_eq!(kinds, ["checkups", "drugs"]);
    // Delivered from now on, the check says what still counts.
    let delivered = client.card_check(&ward.staff, &id, Cause::Background);
    let delivered = delivered.await.unwrap();
    assert_eq!(delivered.withdrawn, ["treatment", "surgery"]);
    let rest = client.withdraw_consent(&ward.staff, "w3", &id, &all);
    assert_eq!(rest.await.unwrap().ended, ["drugs", "checkups"]);
    assert!(!ward.looks_at(&id).await);
    let listed = client.medical_patients(&ward.staff).await.unwrap();
    assert!(listed.patients.is_empty());
    let report = verified(&world);
    assert_eq!((report.faults, report.withdrawals), (Vec::new(), 2));
    // With the card at hand they may agree again.
    world.pass_seconds(1);
    let anew = ward.consent(Case::Renewed, &["surgery"]).await;
    assert!(ward.looks_at(&anew).await);
    let delivered = client.card_check(&ward.staff, &anew, Cause::Background);
    assert!(delivered.await.unwrap().withdrawn.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_reaches_what_the_facility_does_not_use_now() {
    let world = World::start_with_cards().await;
    let all = withdrawal(None);
    let ward = ward(&world, "1319999999").await;
    let client = &ward.clinic.client;
    let id = ward.consent(Case::Renewed, &["surgery"]).await;
    let switch = async |to: &str| {
        let mut settings = client.settings(&ward.staff, Cause::Person).await.unwrap();
        settings.surgery = to.into();
        let version = settings.version.clone();
        let changed = client.change_settings(&ward.staff, version.as_deref(), &settings);
        changed.await.unwrap();
    };
    assert!(ward.looks_at(&id).await);
    switch("off").await;
    assert!(!ward.looks_at(&id).await, "switched off, at once");
    let listed = client.medical_patients(&ward.staff).await.unwrap();
    assert!(listed.patients.is_empty());
    switch("on").await;
    assert!(ward.looks_at(&id).await, "switched on, at once");
    switch("off").await;
    let done = client.withdraw_consent(&ward.staff, "w", &id, &all);
    assert_eq!(done.await.unwrap().ended, ["surgery"]);
    switch("on").await;
    assert!(!ward.looks_at(&id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_withdraws_at_another_facility_or_without_the_right_to() {
    let world = World::start_with_cards().await;
    let all = withdrawal(None);
    let (here, elsewhere) = (
        ward(&world, "1319999999").await,
        ward(&world, "3410712362").await,
    );
    let id = here.consent(Case::Renewed, &["checkups"]).await;
    let theirs = &elsewhere.clinic.client;
    let foreign = theirs.withdraw_consent(&elsewhere.staff, "w", &id, &all);
    check(foreign.await, "unknown_patient");
    let unknown = uuid::Uuid::from_u128(7).to_string();
    let ours = &here.clinic.client;
    let nobody = ours.withdraw_consent(&here.staff, "w", &unknown, &all);
    check(nobody.await, "unknown_patient");
    let no_identifier = ours.withdraw_consent(&here.staff, "w2", "kanja-1", &all);
    check(no_identifier.await, "unknown_patient");
    // What finds nothing is on record all the same, and names nobody.
    let tried = crate::own_misuse::audit(&world, "medical-refused").await;
    assert_eq!(tried.len(), 3);
    for it in &tried {
        assert!(it.detail.contains("way=withdrawal") && it.subject.is_none());
    }
    for machine in ["link_app", "reader"] {
        let token = here.clinic.sign_in(machine).await.token;
        let refused = ours.withdraw_consent(&token, "w", &id, &all);
        check(refused.await, "not_permitted");
    }
    assert!(here.looks_at(&id).await);
    assert_eq!(verified(&world).withdrawals, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_alone_search_who_looked_and_only_at_their_facility() {
    let world = World::start_with_cards().await;
    let (here, elsewhere) = (
        ward(&world, "1319999999").await,
        ward(&world, "3410712362").await,
    );
    let id = here.consent(Case::Renewed, &["checkups"]).await;
    let other = here.consent(Case::Everything, &["checkups"]).await;
    let viewer = here.person(AccountKind::MedicalViewer).await;
    let client = &here.clinic.client;
    for (token, id) in [(&here.staff, &id), (&viewer, &id), (&here.staff, &other)] {
        let asked = page();
        let looked = client.look_at_medical_information(token, id, &asked);
        looked.await.unwrap();
        world.pass_seconds(1);
    }
    let search = async |search: LooksSearch| {
        let found = client.looks(&here.staff, &search).await.unwrap();
        let each = found.looks.into_iter();
        let named = each.map(|it| (it.account, it.patient.map(|it| it.name).unwrap_or_default()));
        named.collect::<Vec<_>>()
    };
    let patient = |patient: PatientTerms| LooksSearch {
        patient: Some(patient),
        ..LooksSearch::default()
    };
    let (mine, theirs) = ("administrator".to_owned(), "medicalviewer".to_owned());
    let (arata, momoe) = ("見本　新".to_owned(), "見本　百恵".to_owned());
    let all = search(LooksSearch::default()).await;
    let expected = [
        (mine.clone(), momoe.clone()),
        (theirs.clone(), arata.clone()),
        (mine.clone(), arata.clone()),
    ];
    assert_eq!(all, expected);
    let of_id = search(patient(PatientTerms {
        id: Some(other),
        ..PatientTerms::default()
    }))
    .await;
    assert_eq!(of_id, [(mine.clone(), momoe.clone())]);
    let by_account = LooksSearch {
        account: Some(theirs.clone()),
        ..LooksSearch::default()
    };
    assert_eq!(search(by_account).await, [(theirs.clone(), arata.clone())]);
    for typed in ["見本 新", "見本新", "ミホンアラタ", "あらた"] {
        let named = PatientTerms {
            name: Some(typed.into()),
            ..PatientTerms::default()
        };
        assert_eq!(search(patient(named)).await.len(), 2, "{typed}");
    }
    let registration = holder::registration(Case::Everything).unwrap();
    let insured = PatientTerms {
        insurer_number: Some(registration.coverages[0].insurer.to_padded_with_blanks()),
        number: Some(registration.coverages[0].number.as_str().into()),
        symbol: registration.coverages[0]
            .symbol
            .as_ref()
            .map(|it| it.as_str().into()),
        ..PatientTerms::default()
    };
    assert_eq!(search(patient(insured.clone())).await, [(mine, momoe)]);
    // Somebody who exists and was not looked at here is found as little as nobody.
    let unseen = holder::registration(Case::AboutToExpire).unwrap();
    let unseen = PatientTerms {
        number: Some(unseen.coverages[0].number.as_str().into()),
        ..insured.clone()
    };
    let nobody = PatientTerms {
        number: Some("987654".into()),
        ..insured
    };
    assert_eq!(search(patient(unseen)).await, search(patient(nobody)).await);
    let emergencies = LooksSearch {
        emergencies: true,
        ..LooksSearch::default()
    };
    assert!(search(emergencies).await.is_empty());
    let everything = LooksSearch::default();
    let there = elsewhere.clinic.client.looks(&elsewhere.staff, &everything);
    assert!(there.await.unwrap().looks.is_empty());
    let link = here.clinic.sign_in("link_app").await.token;
    for token in [&viewer, &link] {
        check(
            client.looks(token, &LooksSearch::default()).await,
            "not_permitted",
        );
    }
    let export = LooksExport {
        encoding: "cp932".into(),
        search: LooksSearch::default(),
    };
    let file = client.export_looks(&here.staff, &export).await.unwrap();
    let text = exchange::encoding::windows_31j::decode(&file).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(
        text.lines()
            .nth(1)
            .unwrap()
            .contains("administrator,見本　百恵"),
        "{text}"
    );
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 7);
    let searches = store.count_deeds(domain::audit::Deed::LookSearch).unwrap();
    assert_eq!(
        searches, 13,
        "each search and the export, and no refused one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_goes_on_where_a_page_ended_and_loses_no_look() {
    let world = World::start_with_cards().await;
    let ward = ward(&world, "1319999999").await;
    let id = ward.consent(Case::Renewed, &["checkups"]).await;
    for _ in 0..7 {
        // Several in one instant, too.
        assert!(ward.looks_at(&id).await && ward.looks_at(&id).await);
        world.pass_seconds(1);
    }
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 7);
    let mut search = LookSearch {
        limit: 3,
        ..LookSearch::default()
    };
    let mut found = Vec::new();
    loop {
        let page = store.looks_anywhere(None, &search).unwrap();
        found.extend(page.looks.iter().map(|it| it.look.id));
        let Some(next) = page.next else { break };
        search.after = Some(next);
    }
    let mut distinct = found.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!((found.len(), distinct.len()), (14, 14));
}
