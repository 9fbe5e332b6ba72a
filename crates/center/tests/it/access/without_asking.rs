//! A facility that asks nobody for a second factor: what the password alone opens of an account that has one.

use api::access::NewSecondFactor;
use api::session::PasswordChange;

use super::by_code;
use crate::world::{World, check};

#[tokio::test(flavor = "multi_thread")]
async fn the_password_alone_makes_nothing_that_stands_in_a_factors_place() {
    let world = World::start().await;
    let clinic = world.enrol(super::CODE).await;
    let (session, password) = clinic.administrator().await;
    let secret = clinic.add_clock(&world, &session, &password).await;
    // Where it was added the person goes on.
    let printed = clinic
        .client
        .print_recovery_codes(&session.token, &password);
    printed.await.unwrap();
    clinic.set_second_factor(&session.token, "off").await;
    let bare = clinic.try_sign_in("administrator", &password, true).await;
    let bare = bare.unwrap();
    assert_eq!(bare.entry, "full");
    let token = &bare.token;
    let needed = "second_factor_needed";
    let printed = clinic.client.print_recovery_codes(token, &password).await;
    check(printed.map(drop), needed);
    let another = NewSecondFactor {
        kind: "totp".into(),
        name: "ほかの人のスマートフォン".into(),
        origin: None,
        password: password.clone(),
    };
    let begun = clinic.client.begin_second_factor(token, &another).await;
    check(begun.map(drop), needed);
    let own = clinic.client.own_account(token).await.unwrap();
    let only = &own.second_factors[0].id;
    let removed = clinic.client.remove_second_factor(token, only, &password);
    check(removed.await, needed);
    let proof = by_code(&world.code(&secret));
    let proved = clinic.client.prove_second_factor(token, &proof);
    proved.await.unwrap();
    let printed = clinic.client.print_recovery_codes(token, &password).await;
    printed.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_locks_though_the_password_is_shown_and_changed_in_between() {
    let world = World::start().await;
    let clinic = world.enrol(super::CODE).await;
    let (session, mut password) = clinic.administrator().await;
    clinic.add_clock(&world, &session, &password).await;
    clinic.set_second_factor(&session.token, "off").await;
    for guess in 1..=5 {
        let bare = clinic.try_sign_in("administrator", &password, true).await;
        let token = bare.unwrap().token;
        if guess == 3 {
            let change = PasswordChange {
                new_password: "Betsuno-7654321".into(),
                old_password: password,
            };
            let changed = clinic.client.change_password(&token, &change);
            changed.await.unwrap();
            password = change.new_password;
        }
        let proof = by_code("000000");
        let guessed = clinic.client.prove_second_factor(&token, &proof).await;
        let code = if guess == 5 {
            "account_locked"
        } else {
            "second_factor_wrong"
        };
        check(guessed, code);
    }
}
