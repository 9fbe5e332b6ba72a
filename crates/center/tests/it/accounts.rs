//! Accounts: one by one and from a file.

use api::account::{AccountChange, ImportReport, NewAccount};
use api::client::ClientError;
use api::history::FileEncoding;
use http::Method;
use serde_json::{Value, json};

use crate::world::{World, check};

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_managed_by_those_who_may() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (administrator, _) = clinic.administrator().await;
    let new = |id: &str, kind: &str, password: &str| json!({"id": id, "kind": kind, "display_name": "受付", "password": password});
    let register = async |body: Value| {
        clinic
            .call(
                Method::POST,
                api::routes::ACCOUNTS,
                &administrator.token,
                &body,
            )
            .await
    };
    register(new("uketsuke", "general", "Staff-1234567"))
        .await
        .unwrap();
    check(
        register(new("uketsuke", "general", "Staff-1234567")).await,
        "account_exists",
    );
    check(
        register(new("kanri2", "administrator", "Staff-1234567")).await,
        "invalid_input",
    );
    check(
        register(new("x", "wizard", "Staff-1234567")).await,
        "invalid_input",
    );
    check(
        register(new("karte", "web_api", "Staff-123456")).await,
        "password_rule",
    );
    // What is left for a link app whose password is refused: its account is not changed by hand, and another may be made.
    register(new("link_app2", "link_app", "Renkei-1234567"))
        .await
        .unwrap();
    let other = clinic.try_sign_in("link_app2", "Renkei-1234567", true);
    assert_eq!(other.await.unwrap().entry, "full");
    let edit = async |id: &str, body: Value| {
        let path = api::routes::ACCOUNT.replace("{id}", id);
        clinic
            .call(Method::PATCH, &path, &administrator.token, &body)
            .await
    };
    check(
        edit("link_app", json!({"state": "disabled"})).await,
        "system_account",
    );
    check(
        edit("master", json!({"state": "disabled"})).await,
        "not_found",
    );
    edit("uketsuke", json!({"state": "disabled"}))
        .await
        .unwrap();
    check(
        clinic.try_sign_in("uketsuke", "Staff-1234567", true).await,
        "wrong_credentials",
    );
    let link = clinic.sign_in("link_app").await;
    check(
        clinic
            .call(Method::GET, api::routes::ACCOUNTS, &link.token, &json!({}))
            .await,
        "not_permitted",
    );
}

const HEAD: &str = "id,kind,display_name,profession,designation,designated_by,password\n";
const EARLIER: &str = "id,kind,display_name,designation,password\n";

/// As what somebody looks, their work, and who designated them.
fn grounds(account: &api::account::Account) -> [Option<&str>; 3] {
    [
        account.profession.as_deref(),
        account.designation.as_deref(),
        account.designated_by.as_deref(),
    ]
}

/// What is wrong with each line of a report: (line, member, code).
fn wrong(report: &ImportReport) -> Vec<(u32, &str, &str)> {
    let lines = report.lines.iter();
    lines
        .flat_map(|line| {
            line.errors
                .iter()
                .map(|it| (line.line, &*it.member, &*it.code))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_accounts_is_imported_whole_in_either_encoding() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (administrator, _) = clinic.administrator().await;
    let import = async |file: Vec<u8>, encoding| {
        let token = &administrator.token;
        clinic
            .client
            .import_accounts(token, file, encoding)
            .await
            .unwrap()
    };
    let file = format!(
        "{HEAD}uke1,general,受付　一郎,,,,Staff-1234567\nkango,medical_viewer,看護,designated,看護師,院長 見本一郎,Staff-7654321\n"
    );
    let report = import(file.into_bytes(), FileEncoding::Utf8).await;
    assert!(report.done && wrong(&report).is_empty());
    // A file of before makes every kind but a medical viewer.
    let file = format!("{EARLIER}uke2,general,髙橋,,Staff-1234567\n");
    let file = exchange::encoding::windows_31j::encode(&file).unwrap();
    assert!(import(file, FileEncoding::Cp932).await.done);
    let accounts = clinic.client.accounts(&administrator.token).await.unwrap();
    let named = |id: &str| accounts.accounts.iter().find(|it| it.id == id).unwrap();
    assert_eq!(named("uke2").display_name, "髙橋");
    assert_eq!(
        grounds(named("kango")),
        [Some("designated"), Some("看護師"), Some("院長 見本一郎")]
    );
    let session = clinic
        .try_sign_in("uke1", "Staff-1234567", false)
        .await
        .unwrap();
    assert!(session.password.change_needed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_wrong_line_makes_no_account_and_names_every_fault() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (administrator, _) = clinic.administrator().await;
    let token = &administrator.token;
    let check = async |file: String, expected: &[(u32, &str, &str)]| {
        let report = clinic
            .client
            .import_accounts(token, file.into_bytes(), FileEncoding::Utf8)
            .await
            .unwrap();
        assert!(!report.done);
        assert_eq!(wrong(&report), expected);
        let all = report.lines.iter().flat_map(|line| &line.errors);
        for error in all {
            assert!(!error.text.ja.is_ascii() && error.text.en.is_ascii());
        }
    };
    let long = "あ".repeat(61);
    let file = format!(
        "{HEAD}good,general,受付,,,,Staff-1234567\n\ngood,general,受付,,,,Staff-1234567\nlink_app,reader,x,,,,Staff-1234567\n\
         boss,administrator,x,,,,Staff-1234567\nx,wizard,{long},,,,Staff-1234567\n受付,general,\"a\u{7}\",,x,,short\nimport,general,x,,,,Staff-1234567\n\
         i1,medical_viewer,x,,,,Staff-1234567\ni2,medical_viewer,x,nurse,,,Staff-1234567\ni3,medical_viewer,x,designated,,,Staff-1234567\n\
         i4,medical_viewer,x,dentist,x,x,Staff-1234567\nx2,general,x,dentist,,,Staff-1234567\n"
    );
    check(
        file,
        &[
            (4, "id", "duplicate"),
            (5, "id", "taken"),
            (6, "kind", "not_yours"),
            (7, "kind", "not_yours"),
            (7, "display_name", "form"),
            (8, "id", "form"),
            (8, "display_name", "form"),
            (8, "designation", "not_for_kind"),
            (8, "password", "too_short"),
            (8, "password", "no_digit"),
            (8, "password", "no_upper_case"),
            (8, "password", "no_special"),
            (9, "id", "form"),
            (10, "profession", "required"),
            (11, "profession", "unknown"),
            (12, "designated_by", "required"),
            (13, "designation", "not_for_profession"),
            (13, "designated_by", "not_for_profession"),
            (14, "profession", "not_for_kind"),
        ],
    )
    .await;
    check("id;kind\n".into(), &[(1, "header", "header")]).await;
    check(format!("{HEAD}a,general\n"), &[(2, "file", "ragged")]).await;
    // A file of before says nothing of a medical viewer that counts.
    let file = format!("{EARLIER}a,medical_viewer,x,院長,Staff-1234567\n");
    check(file, &[(2, "profession", "required")]).await;
    let many = "a,general,x,,,,p\n".repeat(201);
    check(format!("{HEAD}{many}"), &[(202, "file", "too_many")]).await;
    let large = "x".repeat(300 << 10).into_bytes();
    crate::world::check(
        clinic
            .client
            .import_accounts(token, large, FileEncoding::Utf8)
            .await,
        "body_too_large",
    );
    assert_eq!(
        clinic.client.accounts(token).await.unwrap().accounts.len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_changed_since_it_was_shown_is_left_as_it_is() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (administrator, _) = clinic.administrator().await;
    let (client, token) = (&clinic.client, &administrator.token);
    let new = NewAccount {
        ambulance: false,
        designated_by: None,
        designation: None,
        display_name: "受付".into(),
        id: "uketsuke".into(),
        kind: "general".into(),
        password: "Staff-1234567".into(),
        profession: None,
    };
    let shown = client.register_account(token, &new).await.unwrap();
    let rename = |name: &str| AccountChange {
        display_name: Some(name.into()),
        ..AccountChange::default()
    };
    let first = client
        .edit_account(token, "uketsuke", Some(&shown.version), &rename("一番"))
        .await
        .unwrap();
    assert_ne!(first.version, shown.version);
    check(
        client
            .edit_account(token, "uketsuke", Some(&shown.version), &rename("二番"))
            .await,
        "changed",
    );
    let now = client.account(token, "uketsuke").await.unwrap();
    assert_eq!(now, first);
    client
        .edit_account(token, "uketsuke", None, &rename("三番"))
        .await
        .unwrap();
    check(client.account(token, "master").await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_repeated_under_its_key_is_done_once() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (administrator, _) = clinic.administrator().await;
    let send = async |method: Method, path: &str, key: &str, body: Value| {
        let token = Some(&*administrator.token);
        let sent = clinic
            .client
            .send::<Value>(method, path, token, Some(key), Some(&body));
        sent.await
    };
    let new = json!({"id": "uke", "kind": "general", "display_name": "受付", "password": "Staff-1234567"});
    let path = api::routes::ACCOUNTS;
    let first = send(Method::POST, path, "k1", new.clone()).await.unwrap();
    let second = send(Method::POST, path, "k1", new.clone()).await.unwrap();
    assert_eq!(first, second);
    check(
        send(Method::POST, path, "k2", new.clone()).await,
        "account_exists",
    );
    let mut other = new;
    other["id"] = "uke2".into();
    check(
        send(Method::POST, path, "k1", other).await,
        "idempotency_conflict",
    );
    let path = api::routes::ACCOUNT.replace("{id}", "uke");
    let disable = json!({"state": "disabled"});
    let off = send(Method::PATCH, &path, "k3", disable.clone()).await;
    let on = send(Method::PATCH, &path, "k4", json!({"state": "active"})).await;
    assert_ne!(off.as_ref().unwrap(), &on.unwrap());
    let repeated = send(Method::PATCH, &path, "k3", disable).await;
    assert_eq!(repeated.unwrap(), off.unwrap());
    let now = clinic.client.account(&administrator.token, "uke").await;
    assert_eq!(now.unwrap().state, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_given_by_a_manager_is_none_of_the_last_five() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (administrator, _) = clinic.administrator().await;
    let (client, token) = (&clinic.client, &administrator.token);
    let new = NewAccount {
        ambulance: false,
        designated_by: None,
        designation: None,
        display_name: "受付".into(),
        id: "uketsuke".into(),
        kind: "general".into(),
        password: "Staff-123".into(),
        profession: None,
    };
    client.register_account(token, &new).await.unwrap();
    let give = async |password: &str| {
        let given = AccountChange {
            password: Some(password.into()),
            ..AccountChange::default()
        };
        client.edit_account(token, "uketsuke", None, &given).await
    };
    for (password, expected) in [("Staff-123", "repeated"), ("Staff-456", "same_start")] {
        let Err(ClientError::Problem(problem)) = give(password).await else {
            panic!("{password} was given");
        };
        assert_eq!(problem.code, "password_rule");
        let errors = problem.errors.iter();
        let errors: Vec<_> = errors.map(|it| (&*it.member, &*it.code)).collect();
        assert_eq!(errors, [("password", expected)]);
    }
    let still = clinic.try_sign_in("uketsuke", "Staff-123", false).await;
    still.unwrap();
    give("Betsu-123").await.unwrap();
    check(
        clinic.try_sign_in("uketsuke", "Staff-123", true).await,
        "wrong_credentials",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_medical_viewer_is_a_profession_or_was_designated_by_somebody() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (administrator, _) = clinic.administrator().await;
    let (client, token) = (&clinic.client, &administrator.token);
    let new = |id: &str, profession: Option<&str>, by: Option<&str>| NewAccount {
        ambulance: false,
        designated_by: by.map(str::to_owned),
        designation: None,
        display_name: "見本".into(),
        id: id.into(),
        kind: "medical_viewer".into(),
        password: "Staff-1234567".into(),
        profession: profession.map(str::to_owned),
    };
    for (profession, by) in [
        (None, None),
        (None, Some("院長")),
        (Some("nurse"), None),
        (Some("designated"), None),
        (Some("pharmacist"), Some("院長")),
    ] {
        let new = new("ishi", profession, by);
        check(client.register_account(token, &new).await, "invalid_input");
    }
    let new = new("ishi", Some("dentist"), None);
    let made = client.register_account(token, &new).await.unwrap();
    assert_eq!(grounds(&made), [Some("dentist"), None, None]);
    let edit =
        async |change: AccountChange| client.edit_account(token, "ishi", None, &change).await;
    let designated = || AccountChange {
        profession: Some("designated".into()),
        ..AccountChange::default()
    };
    check(edit(designated()).await, "invalid_input");
    let by = AccountChange {
        designated_by: Some("院長 見本一郎".into()),
        designation: Some("看護師".into()),
        ..designated()
    };
    let now = edit(by).await.unwrap();
    let expected = [Some("designated"), Some("看護師"), Some("院長 見本一郎")];
    assert_eq!(grounds(&now), expected);
    let renamed = AccountChange {
        display_name: Some("新しい名".into()),
        ..AccountChange::default()
    };
    assert_eq!(grounds(&edit(renamed).await.unwrap()), expected);
    // Who becomes a physician was designated by nobody.
    let physician = AccountChange {
        profession: Some("physician".into()),
        ..AccountChange::default()
    };
    let now = edit(physician).await.unwrap();
    assert_eq!(grounds(&now), [Some("physician"), None, None]);
}
