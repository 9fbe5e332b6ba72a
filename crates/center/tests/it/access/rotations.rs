//! Rotation of system accounts as the center sees it; the devices' side is tested with the gateway.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_system_account_is_not_changed_by_hand_and_its_rotation_is_offered() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (administrator, _) = clinic.administrator().await;
    let token = &administrator.token;
    for change in [
        json!({"state": "disabled"}),
        json!({"password": "Staff-1234567890"}),
    ] {
        let path = api::routes::ACCOUNT.replace("{id}", "reader");
        let Err(ClientError::Problem(problem)) =
            clinic.call(Method::PATCH, &path, token, &change).await
        else {
            panic!("changed by hand");
        };
        assert_eq!(problem.code, "system_account");
        for part in ["顔認証付きカードリーダー", "再設定工事", "切り替え"] {
            assert!(problem.clerk.ja.contains(part), "{}", problem.clerk.ja);
        }
    }
    let path = api::routes::ACCOUNT.replace("{id}", "reader");
    let deleted = clinic.call(Method::DELETE, &path, token, &json!({})).await;
    check(deleted, "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_may_ask_for_a_rotation_and_only_the_machine_itself_answers() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (administrator, _) = clinic.administrator().await;
    let token = &administrator.token;
    let reader = clinic.sign_in("reader").await;
    let ask = async |token: &str, account: &str| clinic.client.ask_rotation(token, account).await;
    check(ask(&reader.token, "link_app").await, "not_permitted");
    check(ask(token, "administrator").await, "not_found");
    check(ask(token, "nobody").await, "not_found");
    let asked = ask(token, "link_app").await.unwrap();
    assert_eq!(
        (asked.stage.as_str(), asked.asked_by.as_deref()),
        ("asked", Some("administrator"))
    );
    // Two administrators at once: the second is told.
    check(ask(token, "link_app").await, "rotation_open");
    // Another machine's rotation is none of the reader's business.
    let own = clinic.client.own_rotation(&reader.token).await.unwrap();
    assert_eq!(own.rotation, None);
    let link = clinic.sign_in("link_app").await;
    let rotation = clinic
        .client
        .own_rotation(&link.token)
        .await
        .unwrap()
        .rotation
        .unwrap();
    let tell = async |token: &str, password: &str| {
        let body = NextSecret {
            password: password.into(),
            rotation: rotation.clone(),
        };
        clinic.client.register_next_secret(token, &body).await
    };
    check(tell(&reader.token, "Tsugi-no-1234567").await, "no_rotation");
    check(tell(token, "Tsugi-no-1234567").await, "not_permitted");
    check(tell(&link.token, "Mijikai-2026").await, "password_rule");
    tell(&link.token, "Tsugi-no-1234567").await.unwrap();
    // The last one told counts.
    tell(&link.token, "Tsugi-no-7654321").await.unwrap();
    check(
        clinic
            .try_sign_in("link_app", "Tsugi-no-1234567", true)
            .await,
        "wrong_credentials",
    );
    clinic
        .try_sign_in("link_app", "Tsugi-no-7654321", true)
        .await
        .unwrap();
    let old = clinic.password("link_app");
    check(
        clinic.try_sign_in("link_app", &old, true).await,
        "wrong_credentials",
    );
    check(
        clinic.client.withdraw_rotation(token, "link_app").await,
        "no_rotation",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_two_pcs_use_is_not_rotated_before_one_of_them_is_gone() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (administrator, _) = clinic.administrator().await;
    let token = &administrator.token;
    let second = world.enrol_terminal(CODE, "受付2").await;
    let password = clinic.password("link_app");
    clinic
        .try_sign_in("link_app", &password, true)
        .await
        .unwrap();
    second
        .try_sign_in("link_app", &password, true)
        .await
        .unwrap();
    let ask = async || clinic.client.ask_rotation(token, "link_app").await;
    check(ask().await, "rotation_shared");
    let fingerprint = second
        .identity
        .fingerprint()
        .map(|byte| format!("{byte:02x}"))
        .concat();
    assert!(matches!(
        world.order(Order::Revoke(fingerprint)).await,
        Reply::Done
    ));
    ask().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pc_that_comes_to_use_the_account_meanwhile_is_not_shut_out_by_the_change() {
    let world = World::start().await;
    let clinic = world.enrol(CODE).await;
    let (administrator, _) = clinic.administrator().await;
    let password = clinic.password("link_app");
    let device = clinic.sign_in("link_app").await;
    let asked = clinic.client.ask_rotation(&administrator.token, "link_app");
    asked.await.unwrap();
    let own = clinic.client.own_rotation(&device.token).await.unwrap();
    let next = NextSecret {
        password: "Tsugi-no-1234567890".into(),
        rotation: own.rotation.unwrap(),
    };
    let registered = clinic.client.register_next_secret(&device.token, &next);
    registered.await.unwrap();
    let second = world.enrol_terminal(CODE, "受付2").await;
    let signed_in = second.try_sign_in("link_app", &password, true).await;
    signed_in.unwrap();
    let with_next = clinic.try_sign_in("link_app", &next.password, true).await;
    check(with_next, "wrong_credentials");
    for pc in [&clinic, &second] {
        pc.try_sign_in("link_app", &password, true).await.unwrap();
    }
}
