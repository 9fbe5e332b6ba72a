//! Loss, revocation and issue anew by the operator (G08): what works until when.

use center::control::{Order, Reply, send};
use center::enroll::{Enrolled, Enrolment};
use center::reissue::{CertificateLine, RevokeEarlier, Terminal, WaitingLine};
use pki::authority::KeyKind;
use pki::est::NewKey;
use pki::identity::Identity;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::{P12, World, check, read_answer};

const DAY: i64 = 86_400;

impl World {
    pub(crate) async fn revoke(&self, identity: &Identity) {
        let fingerprint = identity.fingerprint();
        let text = fingerprint
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let reply = send(self.dir.path(), &Order::Revoke(text)).await.unwrap();
        assert!(matches!(reply, Reply::Done));
    }

    async fn reissue(&self, earlier: RevokeEarlier) -> Enrolled {
        let order = Order::Reissue(terminal("受付1"), earlier);
        let Reply::Enrolled(enrolled) = send(self.dir.path(), &order).await.unwrap() else {
            panic!("not issued anew");
        };
        *enrolled
    }

    async fn list(&self, code: Option<&str>) -> Vec<CertificateLine> {
        self.lists(code).await.0
    }

    async fn lists(&self, code: Option<&str>) -> (Vec<CertificateLine>, Vec<WaitingLine>) {
        let order = Order::Certificates(code.map(str::to_owned));
        let Reply::Certificates(lines, waiting) = send(self.dir.path(), &order).await.unwrap()
        else {
            panic!("no list");
        };
        (lines, waiting)
    }

    async fn downloaded(&self, notice: &Enrolled) -> Identity {
        let file = self.download(notice, &notice.reference_id).await.unwrap();
        Identity::from_pkcs12(&file, P12).unwrap()
    }
}

fn terminal(name: &str) -> Terminal {
    Terminal {
        code: "1319999999".into(),
        terminal: name.into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_deadline_a_new_notice_brings_a_new_certificate_and_the_old_one_ends_then() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    clinic.client.certificate().await.unwrap();
    world.pass_seconds(181 * DAY);
    let late = world
        .download(&clinic.enrolled, &clinic.enrolled.reference_id)
        .await;
    check(late, "invalid_input");
    let notice = world.reissue(RevokeEarlier::WhenReplaced).await;
    assert!(notice.accounts.is_empty() && notice.terminal == "受付1");
    let new = world.downloaded(&notice).await;
    clinic
        .client
        .certificate()
        .await
        .expect("good until the new one is used");
    world.client(Some(&new)).certificate().await.unwrap();
    assert!(
        clinic.client.certificate().await.is_err(),
        "its place is taken"
    );
    let states: Vec<_> = world
        .list(Some("1319999999"))
        .await
        .into_iter()
        .map(|it| it.state)
        .collect();
    assert_eq!(states, ["used", "revoked"]);
    // The deadline of a notice issued anew is not past: what closed the earlier one is the use of the later.
    let again = world.reissue(RevokeEarlier::WhenReplaced).await;
    world.downloaded(&notice).await;
    let newest = world.downloaded(&again).await;
    world.client(Some(&newest)).certificate().await.unwrap();
    let late = world.download(&notice, &notice.reference_id).await;
    check(late, "invalid_input");
    world.downloaded(&again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_renewed_before_the_first_use_of_a_notice_issued_anew_ends_with_the_one_it_renews()
 {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    world.pass_days_by_renewal(&clinic);
    let between = world.reissue(RevokeEarlier::WhenReplaced).await;
    let before_download = world.renew(&clinic).await.unwrap();
    world.pass_seconds(60);
    let new = world.downloaded(&between).await;
    world.pass_seconds(60);
    let after_download = world.renew(&clinic).await.unwrap();
    for identity in [&clinic.identity, &after_download] {
        let asked = world.client(Some(identity)).certificate().await;
        asked.expect("good until the new one is used");
    }
    world.client(Some(&new)).certificate().await.unwrap();
    for identity in [&clinic.identity, &before_download, &after_download] {
        let asked = world.client(Some(identity)).certificate().await;
        assert!(asked.is_err(), "its place is taken");
    }
    let good = world.list(Some("1319999999")).await;
    let good = good.iter().filter(|it| it.state != "revoked").count();
    assert_eq!(good, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_renewed_from_an_unused_certificate_takes_the_place_of_all_earlier_ones() {
    let world = World::start().await;
    let mut clinic = world.enrol("1319999999").await;
    clinic.client.certificate().await.unwrap();
    let earlier = clinic.identity.clone();
    let notice = world.reissue(RevokeEarlier::WhenReplaced).await;
    clinic.identity = world.downloaded(&notice).await;
    world.pass_days_by_renewal(&clinic);
    let renewed = world.renew(&clinic).await.unwrap();
    world.client(Some(&renewed)).certificate().await.unwrap();
    let states: Vec<_> = world.list(Some("1319999999")).await;
    let fingerprint = earlier.fingerprint();
    let hex: String = fingerprint.iter().map(|it| format!("{it:02x}")).collect();
    let earlier = states.iter().find(|it| it.fingerprint == hex).unwrap();
    assert_eq!(earlier.state, "revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_without_a_certificate_is_listed_until_it_has_one() {
    let world = World::start().await;
    let enrolment = Enrolment {
        code: "1319999999".into(),
        kind: None,
        name: "見本".into(),
        terminal: "受付1".into(),
    };
    let reply = send(world.dir.path(), &Order::Enroll(enrolment)).await;
    let Reply::Enrolled(_) = reply.unwrap() else {
        panic!("not enrolled");
    };
    let listed = async || {
        let (certificates, waiting) = world.lists(Some("1319999999")).await;
        let waiting = waiting.into_iter().map(|it| (it.terminal, it.state));
        (certificates.len(), waiting.collect::<Vec<_>>())
    };
    let waits = |state: &str| (0, vec![("受付1".to_owned(), state.to_owned())]);
    assert_eq!(listed().await, waits("notice"));
    world.pass_seconds(181 * DAY);
    assert_eq!(listed().await, waits("overdue"));
    let order = Order::RevokeTerminal(terminal("受付1"));
    let reply = send(world.dir.path(), &order).await.unwrap();
    assert!(matches!(reply, Reply::Done));
    assert_eq!(listed().await, waits("closed"));
    let notice = world.reissue(RevokeEarlier::WhenReplaced).await;
    assert_eq!(listed().await, waits("notice"));
    world.downloaded(&notice).await;
    assert_eq!(listed().await, (1, Vec::new()));
    assert!(world.lists(None).await.1.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminals_name_is_enrolled_once_and_the_way_on_is_named() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let enrolment = Enrolment {
        code: "1319999999".into(),
        kind: None,
        name: "別の名前".into(),
        terminal: "受付1".into(),
    };
    let again = send(world.dir.path(), &Order::Enroll(enrolment)).await;
    let Reply::Refused(why) = again.unwrap() else {
        panic!("one name for two terminals");
    };
    assert!(why.contains("onshi enroll reissue"), "{why}");
    let session = clinic.sign_in("link_app").await;
    assert_eq!(session.facility.name, "見本", "nothing was changed");
    world.enrol_terminal("1319999999", "受付2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_terminal_changes_neither_the_name_nor_the_kind_of_its_facility() {
    let world = World::start().await;
    let enrol = async |kind: Option<&str>, name: &str, terminal: &str| {
        let enrolment = Enrolment {
            code: "1319999999".into(),
            kind: kind.map(str::to_owned),
            name: name.into(),
            terminal: terminal.into(),
        };
        let reply = send(world.dir.path(), &Order::Enroll(enrolment)).await;
        reply.unwrap()
    };
    let Reply::Enrolled(first) = enrol(Some("pharmacy"), "見本", "受付1").await else {
        panic!("not enrolled");
    };
    for (kind, name, told) in [
        (None, "別の名前", "onshi enroll succeed"),
        (Some("medical"), "見本", "pharmacy"),
    ] {
        let Reply::Refused(why) = enrol(kind, name, "受付2").await else {
            panic!("enrolled as something else");
        };
        assert!(why.contains(told), "{why}");
    }
    let second = world.enrol_terminal("1319999999", "受付2").await;
    let administrator = first.accounts.iter().find(|it| it.id == "administrator");
    let password = &administrator.unwrap().password;
    let session = second.try_sign_in("administrator", password, true).await;
    let facility = session.unwrap().facility;
    assert_eq!(
        (facility.name.as_str(), facility.kind.as_str()),
        ("見本", "pharmacy")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_stick_is_reported_by_the_administrator_and_told_to_the_operator_until_it_is_dealt_with()
 {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    assert!(world.list(None).await.is_empty());
    let general = clinic.sign_in("link_app").await.token;
    let refused = clinic.client.report_certificate_loss(&general).await;
    check(refused, "not_permitted");
    for _ in 0..2 {
        let told = clinic
            .client
            .report_certificate_loss(&session.token)
            .await
            .unwrap();
        assert!(told.lost_at.is_some());
    }
    let lost = world.list(None).await;
    assert_eq!((lost.len(), lost[0].terminal.as_str()), (1, "受付1"));
    let notice = world.reissue(RevokeEarlier::Now).await;
    assert!(
        clinic.client.certificate().await.is_err(),
        "revoked at once"
    );
    assert!(world.list(None).await.is_empty());
    let new = world.downloaded(&notice).await;
    world.client(Some(&new)).certificate().await.unwrap();
    // The notice that lay beside the stick brings no other certificate.
    let stolen = &clinic.enrolled;
    let late = world.download(stolen, &stolen.reference_id).await;
    check(late, "invalid_input");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_held_back_until_after_the_revocation_brings_no_certificate() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    world.pass_days_by_renewal(&clinic);
    let holder = clinic.identity.holder().unwrap();
    let key = NewKey::generate(KeyKind::P256, holder.facility, &holder.terminal).unwrap();
    let mut stream = world.connect_to(world.enroll, Some(&clinic.identity)).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-type: application/pkcs10\r\n\
         content-length: {}\r\n\r\n",
        api::routes::EST_REENROLL,
        key.request().len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The center asks for the body once the certificate was examined.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    world.revoke(&clinic.identity).await;
    stream.write_all(key.request()).await.unwrap();
    let answer = read_answer(&mut stream).await;
    assert_eq!(answer.code(), "certificate_revoked");
    let lines = world.list(Some("1319999999")).await;
    assert_eq!(lines.len(), 1, "nothing was issued");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_reaches_what_was_renewed_from_a_stolen_certificate() {
    let world = World::start().await;
    let mut clinic = world.enrol("1319999999").await;
    let stolen = clinic.identity.clone();
    world.pass_days_by_renewal(&clinic);
    let renewed = world.renew(&clinic).await.unwrap();
    clinic.identity = renewed.clone();
    world.client(Some(&renewed)).certificate().await.unwrap();
    world.revoke(&stolen).await;
    for identity in [&stolen, &renewed] {
        assert!(world.client(Some(identity)).certificate().await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_is_given_up_is_revoked_as_a_whole_and_another_is_left_alone() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let unknown = send(world.dir.path(), &Order::RevokeTerminal(terminal("受付9")))
        .await
        .unwrap();
    assert!(matches!(unknown, Reply::Refused(why) if why.contains("terminal")));
    let order = Order::RevokeTerminal(terminal("受付1"));
    assert!(matches!(
        send(world.dir.path(), &order).await.unwrap(),
        Reply::Done
    ));
    assert!(clinic.client.certificate().await.is_err());
    let notice = &clinic.enrolled;
    let late = world.download(notice, &notice.reference_id).await;
    check(late, "invalid_input");
}
