//! Recovery codes, the secret number of the application, succession, and what becomes of those who guess.

use api::account::AccountChange;
use api::session::PasswordChange;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_resets_the_administrators_password_once_also_while_locked() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let own = clinic.client.own_account(&session.token).await.unwrap();
    assert_eq!(own.recovery.standing, "missing");
    let set_before = own.passwords_set_at;
    let codes = clinic
        .client
        .print_recovery_codes(&session.token, &password)
        .await;
    let codes = codes.unwrap().codes;
    for _ in 0..5 {
        let _ = clinic
            .try_sign_in("administrator", "Chigau-123", true)
            .await;
    }
    check(
        clinic.try_sign_in("administrator", &password, true).await,
        "account_locked",
    );
    world.pass_seconds(1);
    let new = "Atarashii-2026";
    // A password against the rule uses no code up; neither do a typing error and somebody else's account.
    let broken = clinic.recover("administrator", &codes[0], "kantan").await;
    check(broken, "password_rule");
    check(
        clinic
            .recover("administrator", "2222-2222-2222-2222-2223", new)
            .await,
        "recovery_refused",
    );
    for other in ["link_app", "reader", "nobody", "受付"] {
        check(
            clinic.recover(other, &codes[0], new).await,
            "recovery_refused",
        );
    }
    clinic
        .recover("administrator", &codes[0], new)
        .await
        .unwrap();
    check(
        clinic
            .recover("administrator", &codes[0], "Betsuno-2026-a")
            .await,
        "recovery_refused",
    );
    let again = clinic
        .try_sign_in("administrator", new, true)
        .await
        .unwrap();
    // The record is older than the password: a new one is asked for.
    let own = clinic.client.own_account(&again.token).await.unwrap();
    assert_eq!(own.recovery.standing, "outdated");
    assert_eq!(own.recovery.left, 7);
    // The reset stands first among the passwords that were set, above those of before.
    let (newest, earlier) = own.passwords_set_at.split_first().unwrap();
    assert_eq!(*newest, again.password.set_at);
    assert!(!earlier.is_empty() && earlier == set_before, "{earlier:?}");
    let unusual: Vec<&str> = own.unusual_sign_ins[0]
        .unusual
        .iter()
        .map(|it| &**it)
        .collect();
    assert!(unusual.contains(&"failures"), "{unusual:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_recovery_codes_wait_by_themselves_and_tell_nothing_of_accounts() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let codes = clinic
        .client
        .print_recovery_codes(&session.token, &password)
        .await;
    let codes = codes.unwrap().codes;
    let foreign = pki::paper_code::PaperCode::generate([9; 32]).printed();
    for account in ["administrator", "nobody"] {
        for _ in 0..4 {
            let refused = clinic.recover(account, &foreign, "Atarashii-2026").await;
            check(refused, "recovery_refused");
        }
        let fifth = clinic.recover(account, &foreign, "Atarashii-2026").await;
        check(fifth, "account_locked");
    }
    check(
        clinic
            .recover("administrator", &codes[0], "Atarashii-2026")
            .await,
        "account_locked",
    );
    // The password is not what was guessed at: signing in goes on.
    clinic
        .try_sign_in("administrator", &password, true)
        .await
        .unwrap();
    world.pass_seconds(15 * 60);
    clinic
        .recover("administrator", &codes[0], "Atarashii-2026")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_tries_only_so_many_recoveries_whatever_accounts_it_names() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let other = world.enrol_terminal(CODE, "受付2").await;
    let foreign = pki::paper_code::PaperCode::generate([9; 32]).printed();
    for number in 0..30 {
        let account = format!("nobody{number}");
        let refused = clinic.recover(&account, &foreign, "Atarashii-2026").await;
        check(refused, "recovery_refused");
    }
    let tried = clinic.recover("nobody", &foreign, "Atarashii-2026").await;
    check(tried, "too_many_requests");
    let tried = other.recover("nobody", &foreign, "Atarashii-2026").await;
    check(tried, "recovery_refused");
    world.pass_seconds(2);
    let tried = clinic.recover("nobody", &foreign, "Atarashii-2026").await;
    check(tried, "recovery_refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_codes_take_the_place_of_the_earlier_ones() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let print = async || {
        let codes = clinic
            .client
            .print_recovery_codes(&session.token, &password)
            .await;
        codes.unwrap().codes
    };
    let (first, second) = (print().await, print().await);
    check(
        clinic
            .recover("administrator", &first[0], "Atarashii-2026")
            .await,
        "recovery_refused",
    );
    clinic
        .recover("administrator", &second[0], "Atarashii-2026")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_whoever_had_the_account_before_open_nothing_after_its_reset() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (session, password) = clinic.administrator().await;
    let token = &session.token;
    let former = clinic.client.print_recovery_codes(token, &password).await;
    let former = former.unwrap().codes;
    let master = clinic.sign_in("master").await;
    let own = PasswordChange {
        new_password: "Masuta-7654321".into(),
        old_password: clinic.password("master"),
    };
    let token = &master.token;
    clinic.client.change_password(token, &own).await.unwrap();
    let masters = clinic.client.print_recovery_codes(token, &own.new_password);
    let masters = masters.await.unwrap().codes;
    let given = AccountChange {
        password: Some("Kotai-2026-abc".into()),
        ..AccountChange::default()
    };
    let edited = clinic
        .client
        .edit_account(token, "administrator", None, &given);
    edited.await.unwrap();
    let refused = clinic.recover("administrator", &former[0], "Atarashii-2026");
    check(refused.await, "recovery_refused");
    let number = clinic.enrolled.secret_number.clone();
    let reset = Order::ResetMaster(CODE.into(), number);
    assert!(matches!(world.order(reset).await, Reply::MasterReset(_)));
    let refused = clinic.recover("master", &masters[0], "Atarashii-2026");
    check(refused.await, "recovery_refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_master_is_reset_with_the_secret_number_once_and_five_wrong_ones_freeze_it() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let number = clinic.enrolled.secret_number.clone();
    assert!(!number.is_empty());
    let reset = async |number: &str| {
        world
            .order(Order::ResetMaster(CODE.into(), number.into()))
            .await
    };
    let Reply::MasterReset(given) = reset(&number).await else {
        panic!("not reset");
    };
    let master = clinic
        .try_sign_in("master", &given.password, true)
        .await
        .unwrap();
    assert!(master.password.change_needed);
    check(
        clinic
            .try_sign_in("master", &clinic.password("master"), true)
            .await,
        "wrong_credentials",
    );
    assert!(
        matches!(reset(&number).await, Reply::Refused(_)),
        "good once"
    );
    for _ in 0..4 {
        assert!(matches!(reset(&number).await, Reply::Refused(_)));
    }
    let frozen = reset(&given.secret_number).await;
    let Reply::Refused(why) = frozen else {
        panic!("five wrong ones freeze the number");
    };
    for part in [
        "「秘密番号を新しく発行する」",
        "Issue a new secret number",
        "onshi enroll secret-number",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let Reply::SecretNumber(new) = world.order(Order::SecretNumber(CODE.into())).await else {
        panic!("no new number");
    };
    assert!(matches!(reset(&new).await, Reply::MasterReset(_)));
    let nowhere = world.order(Order::SecretNumber("3410712362".into())).await;
    assert!(matches!(nowhere, Reply::Refused(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_succession_ends_the_former_people_and_no_machine() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (administrator, password) = clinic.administrator().await;
    let link = clinic.sign_in("link_app").await;
    let codes = clinic
        .client
        .print_recovery_codes(&administrator.token, &password)
        .await;
    let codes = codes.unwrap().codes;
    let order = Order::Succeed(CODE.into(), "新しい医院".into());
    let Reply::MasterReset(given) = world.order(order).await else {
        panic!("not passed on");
    };
    assert_eq!(given.ended, 1);
    check(
        clinic.client.accounts(&administrator.token).await,
        "not_signed_in",
    );
    check(
        clinic.try_sign_in("administrator", &password, true).await,
        "wrong_credentials",
    );
    check(
        clinic
            .recover("administrator", &codes[0], "Atarashii-2026")
            .await,
        "recovery_refused",
    );
    clinic.ask(&link.token, "k", "4567").await.unwrap();
    assert_eq!(clinic.sign_in("link_app").await.facility.name, "新しい医院");
    let master = clinic
        .try_sign_in("master", &given.password, true)
        .await
        .unwrap();
    assert!(master.password.change_needed);
}
