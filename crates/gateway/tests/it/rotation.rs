//! The rotation of the link app's secret (G05), cut off at every point: afterwards the gateway asks as before, with one secret that counts.

use api::client::ClientError;
use api::rotation::NextSecret;
use api::session::{Session, SignIn};
use center::audit::AuditQuery;
use center::control::{Order, Reply, send};

use crate::link::{Link, request};

impl Link {
    async fn try_sign_in(&self, id: &str, password: &str) -> Result<Session, ClientError> {
        let body = SignIn {
            account: id.into(),
            force: true,
            password: password.into(),
        };
        self.client.sign_in(&body).await
    }

    /// Has an administrator ask for the rotation; returns the administrator's token.
    async fn ask_rotation(&self) -> String {
        let token = self.administrator().await;
        let asked = self.client.ask_rotation(&token, "link_app").await.unwrap();
        assert_eq!(asked.stage, "asked");
        token
    }

    /// The stage of the link app's last rotation.
    async fn stage(&self, token: &str) -> String {
        let all = self.client.rotations(token).await.unwrap().rotations;
        let own = all.into_iter().find(|it| it.account == "link_app");
        own.unwrap().stage
    }

    /// How often the link app signed in.
    async fn sign_ins(&self) -> usize {
        let query = AuditQuery {
            account: Some("link_app".into()),
            deed: Some("sign-in".into()),
            ..AuditQuery::default()
        };
        match send(&self.path("center"), &Order::AuditSearch(query))
            .await
            .unwrap()
        {
            Reply::Audit(lines) => lines.len(),
            other => panic!("{other:?}"),
        }
    }

    /// Answers a file: the gateway has a session.
    async fn answers(&mut self, number: usize) {
        self.put(&format!("req/OQSsiquc01req_{number:04}.xml"), request());
        assert_eq!(self.round().await.unwrap(), 1);
        let answer = format!("OQSsiquc01res_{number:04}.xml");
        assert!(self.names("res").contains(&answer));
    }

    /// After whatever happened the gateway goes on, the rotation comes to its end, and one secret alone counts.
    async fn ends_well(&mut self, administrator: &str, old: &str) {
        self.answers(1).await;
        assert_eq!(self.stage(administrator).await, "done");
        let secret = self.secret();
        assert_eq!(secret.next().unwrap(), None, "nothing is left beside it");
        let new = secret.present().unwrap();
        assert_ne!(new.as_str(), old);
        assert!(domain::password::LONG_CHARS <= new.len());
        assert!(self.try_sign_in("link_app", old).await.is_err());
        self.try_sign_in("link_app", &new).await.unwrap();
        // As after a restart.
        self.restart();
        self.answers(2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_gateway_changes_its_secret_with_the_center_and_goes_on() {
    let mut link = Link::start().await;
    let old = link.secret().present().unwrap();
    link.listen().await;
    let administrator = link.ask_rotation().await;
    link.hear_while(async |link: &Link| link.stage(&administrator).await != "done")
        .await;
    link.ends_well(&administrator, &old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_was_away_changes_its_secret_when_it_signs_in() {
    let mut link = Link::start().await;
    let old = link.secret().present().unwrap();
    let administrator = link.ask_rotation().await;
    assert_eq!(link.stage(&administrator).await, "asked");
    link.ends_well(&administrator, &old).await;
}

/// Where the device was cut off, by the last thing that was done.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// The next secret is half on the disk.
    Sealing,
    /// It is on the disk; the center was not told.
    Sealed,
    /// The center knows it; the answer may not have come.
    Registered,
    /// The center made it the only one; the answer may not have come, and the device's file is the old one.
    SignedIn,
    /// The device's file is the new one.
    Replaced,
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_off_at_any_point_the_device_comes_back_with_a_secret_that_counts() {
    for cut in [
        Cut::Sealing,
        Cut::Sealed,
        Cut::Registered,
        Cut::SignedIn,
        Cut::Replaced,
    ] {
        let mut link = Link::start().await;
        let old = link.secret().present().unwrap();
        let administrator = link.ask_rotation().await;
        let device = link.try_sign_in("link_app", &old).await.unwrap();
        let rotation = link.client.own_rotation(&device.token).await.unwrap();
        let secret = link.secret();
        if let Cut::Sealing = cut {
            std::fs::write(link.path("link_app.sealed.next.new"), b"ONSHI-S1").unwrap();
        } else {
            let next = secret.prepare().unwrap();
            if let Cut::Registered | Cut::SignedIn | Cut::Replaced = cut {
                let body = NextSecret {
                    password: next.to_string(),
                    rotation: rotation.rotation.unwrap(),
                };
                let registered = link.client.register_next_secret(&device.token, &body);
                registered.await.unwrap();
                // Until the first sign-in with the new one the old one counts as well.
                assert_eq!(link.stage(&administrator).await, "registered");
                link.try_sign_in("link_app", &old).await.unwrap();
            }
            if let Cut::SignedIn | Cut::Replaced = cut {
                link.try_sign_in("link_app", &next).await.unwrap();
                assert!(link.try_sign_in("link_app", &old).await.is_err(), "{cut:?}");
            }
            if let Cut::Replaced = cut {
                secret.accept().unwrap();
            }
        }
        link.restart();
        link.ends_well(&administrator, &old).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_taken_back_leaves_the_old_secret_and_nothing_beside_it() {
    for registered in [false, true] {
        let mut link = Link::start().await;
        let old = link.secret().present().unwrap();
        let administrator = link.ask_rotation().await;
        let device = link.try_sign_in("link_app", &old).await.unwrap();
        let rotation = link.client.own_rotation(&device.token).await.unwrap();
        let next = link.secret().prepare().unwrap();
        let body = NextSecret {
            password: next.to_string(),
            rotation: rotation.rotation.unwrap(),
        };
        if registered {
            let told = link.client.register_next_secret(&device.token, &body);
            told.await.unwrap();
        }
        let withdrawn = link.client.withdraw_rotation(&administrator, "link_app");
        withdrawn.await.unwrap();
        assert!(link.try_sign_in("link_app", &next).await.is_err());
        let late = link.client.register_next_secret(&device.token, &body).await;
        assert!(late.is_err(), "what was taken back takes no secret");
        link.restart();
        link.answers(1).await;
        assert_eq!(link.secret().present().unwrap(), old);
        assert_eq!(link.secret().next().unwrap(), None);
        assert_eq!(link.stage(&administrator).await, "withdrawn");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_line_in_the_middle_keeps_the_link_at_work() {
    let mut link = Link::start().await;
    let old = link.secret().present().unwrap();
    let administrator = link.ask_rotation().await;
    link.secret().prepare().unwrap();
    link.restart_without_center();
    link.put("req/OQSsiquc01req_0003.xml", request());
    assert!(link.round().await.is_err(), "the center is not there");
    assert_eq!(link.secret().present().unwrap(), old);
    link.restart();
    assert_eq!(link.round().await.unwrap(), 1, "the file that waited");
    link.ends_well(&administrator, &old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_takes_no_writes_stops_the_change_and_not_the_link() {
    use std::os::unix::fs::PermissionsExt;
    let mut link = Link::start().await;
    let old = link.secret().present().unwrap();
    let administrator = link.ask_rotation().await;
    // A folder in the place of the file that is written first: as root rights alone would stop nothing.
    std::fs::create_dir(link.path("link_app.sealed.next.new")).unwrap();
    std::fs::set_permissions(
        link.path("link_app.sealed.next.new"),
        std::fs::Permissions::from_mode(0o500),
    )
    .unwrap();
    link.answers(4).await;
    assert_eq!(link.stage(&administrator).await, "asked");
    assert_eq!(link.secret().present().unwrap(), old);
    std::fs::remove_dir(link.path("link_app.sealed.next.new")).unwrap();
    link.restart();
    link.ends_well(&administrator, &old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_begin_leaves_the_session_and_is_tried_again_later() {
    let mut link = Link::start().await;
    let old = link.secret().present().unwrap();
    link.listen().await;
    // As above.
    let blocked = link.path("link_app.sealed.next.new");
    std::fs::create_dir(&blocked).unwrap();
    let before = link.sign_ins().await;
    assert_eq!(before, 1, "to listen");
    let place = link.journal.last_event().unwrap();
    let administrator = link.ask_rotation().await;
    link.hear_until(|journal| journal.last_event().unwrap() != place)
        .await;
    for number in 3..6 {
        link.answers(number).await;
    }
    assert_eq!(link.sign_ins().await, before, "one session for all of it");
    assert_eq!(link.stage(&administrator).await, "asked");
    std::fs::remove_dir(&blocked).unwrap();
    link.answers(6).await;
    assert_eq!(link.stage(&administrator).await, "asked", "not yet again");
    link.later(301);
    link.answers(7).await;
    assert_eq!(link.stage(&administrator).await, "done");
    link.ends_well(&administrator, &old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_that_cannot_take_its_place_yet_is_not_thrown_away() {
    let mut link = Link::start().await;
    let old = link.secret().present().unwrap();
    let administrator = link.ask_rotation().await;
    let device = link.try_sign_in("link_app", &old).await.unwrap();
    let own = link.client.own_rotation(&device.token).await.unwrap();
    let body = NextSecret {
        password: link.secret().prepare().unwrap().to_string(),
        rotation: own.rotation.unwrap(),
    };
    let registered = link.client.register_next_secret(&device.token, &body);
    registered.await.unwrap();
    // A folder with something in it is replaced by no file, whoever asks.
    let (file, aside) = (link.path("link_app.sealed"), link.path("aside"));
    std::fs::rename(&file, &aside).unwrap();
    std::fs::create_dir(&file).unwrap();
    std::fs::write(file.join("something"), "").unwrap();
    link.restart();
    link.answers(5).await;
    assert_eq!(link.stage(&administrator).await, "done");
    assert!(
        link.secret().next().unwrap().is_some(),
        "the one that counts"
    );
    std::fs::remove_dir_all(&file).unwrap();
    std::fs::rename(&aside, &file).unwrap();
    link.restart();
    link.ends_well(&administrator, &old).await;
}
