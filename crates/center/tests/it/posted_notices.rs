//! Notices the operator posts and facilities read.

use center::control::{Order, Reply, send};
use center::posted_notices::{NewNotice, NoticeLine};

use crate::world::{Clinic, World};

fn notice(title: &str) -> NewNotice {
    NewNotice {
        title: title.into(),
        body: "本文です。\n二行目です。".into(),
        ..NewNotice::default()
    }
}

async fn post(world: &World, new: NewNotice) -> Result<String, String> {
    match send(world.dir.path(), &Order::PostNotice(Box::new(new)))
        .await
        .unwrap()
    {
        Reply::Posted(id) => Ok(id),
        Reply::Refused(why) => Err(why),
        other => panic!("{other:?}"),
    }
}

async fn list(world: &World) -> Vec<NoticeLine> {
    match send(world.dir.path(), &Order::ListNotices).await.unwrap() {
        Reply::Notices(lines) => lines,
        other => panic!("{other:?}"),
    }
}

async fn titles(clinic: &Clinic) -> Vec<String> {
    let notices = clinic.client.notices().await.unwrap().notices;
    notices.into_iter().map(|it| it.title_ja).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_read_with_the_certificate_alone_by_those_it_reaches_until_it_is_over_or_taken_back()
 {
    let world = World::start().await;
    // Tokyo and Hiroshima.
    let (tokyo, hiroshima) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    let all = post(&world, notice("全員")).await.unwrap();
    world.pass_seconds(1);
    let english = NewNotice {
        english: Some(("To Tokyo".into(), "Text".into())),
        important: true,
        prefectures: vec!["13".into()],
        ..notice("東京")
    };
    post(&world, english).await.unwrap();
    world.pass_seconds(1);
    let until = {
        let today = domain::civil_date::Instant::from_micros(crate::world::now_micros());
        today.date_in_japan().plus_days(1).to_string()
    };
    let one = NewNotice {
        facilities: vec!["3410712362".into()],
        until: Some(until),
        ..notice("広島の一施設")
    };
    post(&world, one).await.unwrap();
    assert_eq!(titles(&tokyo).await, ["東京", "全員"]);
    assert_eq!(titles(&hiroshima).await, ["広島の一施設", "全員"]);
    let read = tokyo.client.notices().await.unwrap().notices;
    assert_eq!(read[0].importance, "important");
    assert_eq!(read[0].title_en.as_deref(), Some("To Tokyo"));
    assert_eq!(read[1].body_ja, "本文です。\n二行目です。");
    world.pass_seconds(3 * 86_400);
    assert_eq!(titles(&hiroshima).await, ["全員"]);
    let reply = send(world.dir.path(), &Order::WithdrawNotice(all.clone())).await;
    assert!(matches!(reply.unwrap(), Reply::Done));
    assert_eq!(titles(&tokyo).await, ["東京"]);
    let again = send(world.dir.path(), &Order::WithdrawNotice(all)).await;
    assert!(matches!(again.unwrap(), Reply::Refused(_)));
    let states: Vec<String> = list(&world).await.into_iter().map(|it| it.state).collect();
    assert_eq!(states, ["over", "in_force", "withdrawn"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_would_reach_nobody_or_say_nothing_is_refused_with_the_reason() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let with = |change: &dyn Fn(&mut NewNotice)| {
        let mut new = notice("題");
        change(&mut new);
        new
    };
    let refused = [
        (with(&|it| it.title = " ".into()), "題が空"),
        (with(&|it| it.body = "a\u{7}".into()), "制御文字"),
        (with(&|it| it.title = "長".repeat(101)), "100"),
        (with(&|it| it.kinds = vec!["clinic".into()]), "kind: clinic"),
        (
            with(&|it| it.prefectures = vec!["48".into()]),
            "prefecture: 48",
        ),
        (
            with(&|it| it.facilities = vec!["3410712362".into()]),
            "3410712362",
        ),
        (
            with(&|it| it.facilities = vec!["34107".into()]),
            "facility: 34107",
        ),
        (
            with(&|it| it.until = Some("2020-01-01".into())),
            "2020-01-01",
        ),
        (with(&|it| it.until = Some("soon".into())), "until: soon"),
    ];
    for (new, reason) in refused {
        let why = post(&world, new).await.unwrap_err();
        assert!(why.contains(reason) && why.contains(" / "), "{why}");
    }
    for number in 0..200 {
        post(&world, notice(&format!("第{number}号")))
            .await
            .unwrap();
    }
    let why = post(&world, notice("溢れる")).await.unwrap_err();
    assert!(why.contains("200"), "{why}");
    assert_eq!(titles(&clinic).await.len(), 200);
}
