//! Reference numbers: registered by receipt computers and by people, come back with every answer, belong to one patient.

use api::client::ClientError;
use api::reference_number::{
    ReferenceNumberRegistration, ReferenceNumberRemoval, ReferenceNumberSearch,
};
use serde_json::{Value, json};

use crate::bulk::{OWN, at, message, order, plain, result, units};
use crate::world::World;

pub(crate) fn number(text: &str, insured: &str, branch: Option<&str>) -> Value {
    let mut it = json!({
        "ReferenceNumber": text, "InsurerNumber": "06139992", "InsuredCardSymbol": "123",
        "InsuredIdentificationNumber": insured,
    });
    if let Some(branch) = branch {
        it["InsuredBranchNumber"] = branch.into();
    }
    it
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_registered_in_bulk_have_a_result_each_and_come_back_with_checks() {
    let world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let token = clinic.sign_in("link_app").await.token;
    let body = json!({"ReferenceNumberRegistrationInfo": [
        number("000123", "4567", None),
        number("000123", "4571", Some("01")),
        number("000124", "4571", None),
        number("000125", "nobody", None),
        number("000126", "4567", None),
        json!({"ReferenceNumber": "1", "InsurerNumber": "06139992"}),
    ]});
    let reception = order(&clinic, &token, "OQSmuimm01", &message(&plain(OWN), &body)).await;
    let done = result(&clinic, &token, "OQSmuimm02", &reception).await;
    let told: Vec<_> = units(&done, "BulkRegistrationUnit")
        .iter()
        .map(|unit| {
            (
                unit["ProcessingResultStatus"].as_str().unwrap(),
                unit["ProcessingResultCode"].as_str(),
            )
        })
        .collect();
    let expected = [
        ("1", None),
        ("2", Some("E0012")),
        ("2", Some("E0011")),
        ("2", Some("E0010")),
        ("1", None),
        ("2", Some("E0001")),
    ];
    assert_eq!(told, expected);
    let changed = &units(&done, "BulkRegistrationUnit")[4]["ProcessingResultMessage"];
    assert!(
        changed.as_str().unwrap().contains("000123"),
        "it says what it was: {changed}"
    );
    assert_eq!(at(&done, "MessageHeader/NumberOfNormalProcessing"), "2");
    let single = crate::link::single_check("４５６７");
    let answer = clinic
        .client
        .link(&token, "s", "OQSsiquc01", &single)
        .await
        .unwrap();
    let back = "MessageBody/ResultList/0/ResultOfQualificationConfirmation/ReferenceNumber";
    assert_eq!(at(&answer, back), "000126");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_at_the_terminal_register_look_up_change_and_remove_numbers() {
    let world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let (staff, _) = clinic.administrator().await;
    let (client, token) = (&clinic.client, staff.token.as_str());
    let of = |number: &str, insured: &str, branch: &str| ReferenceNumberRegistration {
        reference_number: number.into(),
        insurer_number: "06139992".into(),
        symbol: Some("123".into()),
        number: insured.into(),
        branch: Some(branch.into()),
        birth_date: if insured == "4571" {
            "2019-02-02"
        } else {
            "1970-01-02"
        }
        .into(),
    };
    let new = client
        .register_reference_number(token, "1", &of("000123", "4567", ""))
        .await
        .unwrap();
    assert_eq!(
        (new.outcome.as_str(), new.name.as_str()),
        ("new", "資格　太郎")
    );
    let again = client
        .register_reference_number(token, "1", &of("000123", "4567", ""))
        .await
        .unwrap();
    assert_eq!(again, new, "the same request");
    let changed = client
        .register_reference_number(token, "2", &of("000200", "4567", ""))
        .await
        .unwrap();
    assert_eq!(
        (changed.outcome.as_str(), changed.was.as_deref()),
        ("changed", Some("000123"))
    );
    for _ in 0..2 {
        let taken = client
            .register_reference_number(token, "3", &of("000200", "4571", "01"))
            .await;
        refused(taken, "reference_number", "taken");
    }
    refused(
        client
            .register_reference_number(token, "4", &of("7", "4571", ""))
            .await,
        "branch",
        "several",
    );
    let by_number = ReferenceNumberSearch {
        reference_number: Some("000200".into()),
        ..Default::default()
    };
    let found = client
        .search_reference_number(token, &by_number)
        .await
        .unwrap();
    assert_eq!(
        (found.outcome.as_str(), found.name.as_str()),
        ("found", "資格　太郎")
    );
    // By a message it was registered without a birth date: who sends messages learns nobody's name by it.
    let machine = clinic.sign_in("link_app").await.token;
    let refusal = client.search_reference_number(&machine, &by_number).await;
    let Err(ClientError::Problem(problem)) = refusal else {
        panic!("{refusal:?}");
    };
    assert_eq!(problem.code, "not_permitted");
    let by_card = ReferenceNumberSearch {
        insurer_number: Some("06139992".into()),
        symbol: Some("123".into()),
        number: Some("4567".into()),
        birth_date: Some("1970-01-02".into()),
        ..Default::default()
    };
    let found = client
        .search_reference_number(token, &by_card)
        .await
        .unwrap();
    assert_eq!(found.reference_number.as_deref(), Some("000200"));
    // Who does not know the birth date is told nothing.
    for (birth_date, member, code) in [
        (Some("1970-01-03"), "number", "not_found"),
        (None, "birth_date", "required"),
    ] {
        let other = ReferenceNumberSearch {
            birth_date: birth_date.map(str::to_owned),
            ..by_card.clone()
        };
        refused(
            client.search_reference_number(token, &other).await,
            member,
            code,
        );
    }
    let removal = ReferenceNumberRemoval {
        reference_number: "000200".into(),
    };
    client
        .remove_reference_number(token, "5", &removal)
        .await
        .unwrap();
    client
        .remove_reference_number(token, "5", &removal)
        .await
        .unwrap();
    for _ in 0..2 {
        refused(
            client.remove_reference_number(token, "6", &removal).await,
            "reference_number",
            "unknown",
        );
    }
    refused(
        client.search_reference_number(token, &by_number).await,
        "reference_number",
        "unknown",
    );
}

pub(crate) fn refused<T: std::fmt::Debug>(
    outcome: Result<T, ClientError>,
    member: &str,
    code: &str,
) {
    let Err(ClientError::Problem(problem)) = outcome else {
        panic!("{outcome:?}");
    };
    let error = &problem.errors[0];
    assert_eq!((error.member.as_str(), error.code.as_str()), (member, code));
}
