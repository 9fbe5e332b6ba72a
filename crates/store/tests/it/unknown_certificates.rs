//! Certificates that a restored store does not know: what was revoked since reaches them, on both engines alike.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use store::access::{Earlier, Notice};
use store::certificates::unknown::Adopted;
use store::certificates::{Certificate, Which};
use store::engine::Engine;

use crate::cards::{FACILITY, now};
use crate::{Place, on_both};

fn facility() -> InstitutionCode {
    InstitutionCode::parse(FACILITY).unwrap()
}

fn at(second: i64) -> Instant {
    now().plus_seconds(second)
}

fn certificate(number: u8, terminal: &str, issued: i64) -> Certificate {
    Certificate {
        fingerprint: [number; 32],
        serial: [number; 16],
        facility: facility(),
        terminal: terminal.into(),
        notice: String::new(),
        issued: at(issued),
        not_before: at(issued),
        not_after: at(86_400),
        renews: None,
    }
}

fn event(deed: Deed, second: i64) -> Event {
    Event {
        at: at(second),
        actor: Actor::Center,
        deed,
        subject: None,
        detail: String::new(),
    }
}

/// What becomes of a certificate that is shown at this second.
async fn shown(engine: &Engine, certificate: Certificate, second: i64) -> Adopted {
    let [issue, revoke] =
        [Deed::CertificateIssue, Deed::CertificateRevoke].map(|deed| event(deed, second));
    let adopted = engine.adopt_certificate(certificate, issue, revoke);
    adopted.await.unwrap()
}

async fn revoked(engine: &Engine, which: Which, second: i64) -> Option<Vec<[u8; 32]>> {
    let event = event(Deed::CertificateRevoke, second);
    let revoked = engine.revoke_certificates(which, "asked", event);
    revoked.await.unwrap()
}

fn terminal(name: &str) -> Which {
    Which::Terminal(facility(), name.into(), None)
}

async fn one_that_is_shown_is_known_from_then_on_and_goes_with_its_terminal(place: &Place) {
    let engine = place.open();
    assert_eq!(
        shown(&engine, certificate(1, "受付1", 0), 5).await,
        Adopted::Now
    );
    assert_eq!(
        shown(&engine, certificate(1, "受付1", 0), 6).await,
        Adopted::Known
    );
    let known = engine.certificates_of(facility()).unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].first_used, Some(at(5)));
    let gone = revoked(&engine, terminal("受付1"), 10).await;
    assert_eq!(gone, Some(vec![[1; 32]]));
}

async fn what_a_terminal_was_revoked_of_reaches_those_shown_later_but_not_those_issued_later(
    place: &Place,
) {
    let engine = place.open();
    assert_eq!(revoked(&engine, terminal("受付1"), 10).await, None);
    for (number, name, issued, becomes) in [
        (1, "受付1", 10, Adopted::Refused),
        (2, "受付1", 11, Adopted::Now),
        (3, "受付2", 10, Adopted::Now),
    ] {
        let of = certificate(number, name, issued);
        assert_eq!(shown(&engine, of, 20).await, becomes, "{number}");
    }
    assert_eq!(engine.revoked_certificates().unwrap(), [[1; 32]]);
    assert_eq!(engine.revoked_since(at(20)).unwrap(), [[1; 32]]);
    let line = engine.revocations(at(30)).unwrap();
    assert_eq!(line[0].serial, [1; 16], "others are told of it");
}

async fn one_that_is_revoked_by_its_fingerprint_alone_is_refused_when_it_is_shown(place: &Place) {
    let engine = place.open();
    for second in [10, 11] {
        let gone = revoked(&engine, Which::Line([1; 32]), second).await;
        assert_eq!(gone, None, "none is known");
    }
    assert_eq!(engine.revoked_certificates().unwrap(), [[1; 32]]);
    assert_eq!(engine.revoked_since(at(10)).unwrap(), [[1; 32]]);
    assert!(engine.revoked_since(at(11)).unwrap().is_empty());
    let becomes = shown(&engine, certificate(1, "受付1", 20), 30).await;
    assert_eq!(becomes, Adopted::Refused);
    assert_eq!(engine.revoked_certificates().unwrap(), [[1; 32]]);
}

async fn the_first_use_of_one_issued_anew_reaches_those_that_are_not_known(place: &Place) {
    let engine = place.open();
    assert_eq!(
        shown(&engine, certificate(1, "受付1", 0), 1).await,
        Adopted::Now
    );
    let notice = Notice {
        request_id: "T2".into(),
        reference_hash: [2; 32],
        facility: facility(),
        terminal: "受付1".into(),
        issued: at(5),
        deadline: now().date_in_japan().plus_days(180),
        wrong_tries: 0,
        earlier: Earlier::Replaced,
        closed: false,
    };
    let stored = engine.store_notice(notice, event(Deed::NoticeIssue, 5));
    stored.await.unwrap();
    let anew = Certificate {
        notice: "T2".into(),
        ..certificate(2, "受付1", 6)
    };
    let stored = engine.store_certificate(anew, event(Deed::CertificateIssue, 6));
    assert!(stored.await.unwrap());
    let used = engine.use_certificate([2; 32], event(Deed::CertificateRevoke, 7));
    assert_eq!(used.await.unwrap(), [[1; 32]]);
    let becomes = shown(&engine, certificate(3, "受付1", 7), 8).await;
    assert_eq!(becomes, Adopted::Refused);
}

on_both!(
    one_that_is_shown_is_known_from_then_on_and_goes_with_its_terminal,
    what_a_terminal_was_revoked_of_reaches_those_shown_later_but_not_those_issued_later,
    one_that_is_revoked_by_its_fingerprint_alone_is_refused_when_it_is_shown,
    the_first_use_of_one_issued_anew_reaches_those_that_are_not_known,
);
