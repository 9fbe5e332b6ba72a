//! Certificates that a restored store does not know: what was revoked since reaches them, on both engines alike.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use store::access::{Earlier, Notice};
use store::certificates::outside::{self, Again, Ended};
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
    assert!(!engine.knows_certificates().unwrap());
    assert_eq!(
        shown(&engine, certificate(1, "受付1", 0), 5).await,
        Adopted::Now
    );
    assert_eq!(
        shown(&engine, certificate(1, "受付1", 0), 6).await,
        Adopted::Known
    );
    assert!(engine.knows_certificates().unwrap());
    let known = engine.certificates_of(facility()).unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].first_used, Some(at(5)));
    let gone = revoked(&engine, terminal("受付1"), 10).await;
    assert_eq!(gone, Some(vec![[1; 32]]));
}

async fn a_terminal_is_known_by_a_certificate_that_was_shown_as_by_a_notice(place: &Place) {
    let engine = place.open();
    let known = || ["受付1", "受付2"].map(|it| engine.knows_terminal(facility(), it).unwrap());
    assert_eq!(known(), [false, false]);
    assert_eq!(
        shown(&engine, certificate(1, "受付1", 0), 1).await,
        Adopted::Now
    );
    assert_eq!(known(), [true, false]);
    let notice = |request_id: &str, terminal: &str, second| Notice {
        request_id: request_id.into(),
        reference_hash: [2; 32],
        facility: facility(),
        terminal: terminal.into(),
        issued: at(second),
        deadline: now().date_in_japan().plus_days(180),
        wrong_tries: 0,
        earlier: Earlier::Stay,
        closed: false,
    };
    for (request_id, second) in [("T2", 5), ("T3", 6)] {
        let made = event(Deed::NoticeIssue, second);
        let stored = engine.store_notice(notice(request_id, "受付2", second), made);
        stored.await.unwrap();
    }
    assert_eq!(known(), [true, true]);
    let listed = || {
        let lines = engine.terminals_of(facility()).unwrap().into_iter();
        let lines = lines.map(|it| (it.name, it.notice.map(|it| it.issued)));
        lines.collect::<Vec<_>>()
    };
    let second = ("受付2".to_owned(), Some(at(6)));
    assert_eq!(listed(), [("受付1".to_owned(), None), second.clone()]);
    let stored = engine.store_notice(notice("T4", "受付1", 7), event(Deed::NoticeIssue, 7));
    stored.await.unwrap();
    assert_eq!(listed(), [("受付1".to_owned(), Some(at(7))), second]);
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

/// A notice that replaces an earlier one, and its certificate number 2, issued at second 6 and not used.
async fn issued_anew(engine: &Engine) {
    issued_anew_at(engine, 6).await;
}

/// The same, issued at another second.
async fn issued_anew_at(engine: &Engine, second: i64) {
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
        ..certificate(2, "受付1", second)
    };
    let stored = engine.store_certificate(anew, event(Deed::CertificateIssue, second));
    assert!(stored.await.unwrap());
}

async fn the_first_use_of_one_issued_anew_reaches_those_that_are_not_known(place: &Place) {
    let engine = place.open();
    assert_eq!(
        shown(&engine, certificate(1, "受付1", 0), 1).await,
        Adopted::Now
    );
    issued_anew(&engine).await;
    // Renewed from the one that goes, and later than the one that takes its place.
    let renewed = Certificate {
        renews: Some([1; 32]),
        ..certificate(4, "受付1", 7)
    };
    let stored = engine.store_certificate(renewed, event(Deed::CertificateIssue, 7));
    assert!(stored.await.unwrap());
    let used = engine.use_certificate([2; 32], event(Deed::CertificateRevoke, 8));
    let mut gone = used.await.unwrap();
    gone.sort_unstable();
    assert_eq!(gone, [[1; 32], [4; 32]]);
    let becomes = shown(&engine, certificate(3, "受付1", 5), 9).await;
    assert_eq!(becomes, Adopted::Refused);
}

async fn the_first_use_of_one_issued_anew_reaches_none_issued_later(place: &Place) {
    let engine = place.open();
    issued_anew(&engine).await;
    // As the same notice downloaded again, which the copy does not know: one is shown before the first use of the earlier, one after it.
    let becomes = shown(&engine, certificate(3, "受付1", 8), 10).await;
    assert_eq!(becomes, Adopted::Now);
    let used = engine.use_certificate([2; 32], event(Deed::CertificateRevoke, 20));
    assert!(used.await.unwrap().is_empty());
    let becomes = shown(&engine, certificate(4, "受付1", 9), 30).await;
    assert_eq!(becomes, Adopted::Now);
}

async fn the_first_use_of_one_issued_anew_takes_nothing_back_of_a_revocation(place: &Place) {
    let engine = place.open();
    issued_anew(&engine).await;
    let gone = revoked(&engine, terminal("受付1"), 10).await;
    assert_eq!(gone, Some(vec![[2; 32]]));
    let used = engine.use_certificate([2; 32], event(Deed::CertificateRevoke, 11));
    assert!(used.await.unwrap().is_empty());
    let becomes = shown(&engine, certificate(3, "受付1", 9), 12).await;
    assert_eq!(becomes, Adopted::Refused);
}

async fn what_a_restore_undid_is_revoked_again_as_it_was(place: &Place) {
    let (before, folder) = (place.open(), tempfile::tempdir().unwrap());
    let in_copy = certificate(1, "受付1", 0);
    assert_eq!(shown(&before, in_copy.clone(), 1).await, Adopted::Now);
    assert_eq!(
        shown(&before, certificate(2, "受付1", 2), 3).await,
        Adopted::Now
    );
    revoked(&before, terminal("受付1"), 10).await;
    revoked(&before, Which::Line([3; 32]), 11).await;
    // What is enrolled afterwards is in force, and stays so.
    assert_eq!(
        shown(&before, certificate(4, "受付1", 12), 13).await,
        Adopted::Now
    );
    let ended = before.ended_since(at(-100)).unwrap();
    // The one by its fingerprint, and the terminal's end, which is always told.
    assert_eq!(before.ended_since(at(11)).unwrap().len(), 2);
    outside::append(folder.path(), &ended).unwrap();
    let (read, _) = outside::read(folder.path()).unwrap();
    assert_eq!(read.ended, ended);
    assert!(read.unreadable.is_empty());
    let another = place.another();
    let after = another.open();
    assert_eq!(shown(&after, in_copy, 1).await, Adopted::Now);
    let event = event(Deed::CertificateRevoke, 20);
    let events = after.events().unwrap();
    let again = after.end_again(&read.ended, &event).await.unwrap();
    let done = Again {
        certificates: 3,
        terminals: 1,
    };
    assert_eq!(again, done);
    assert_eq!(after.events().unwrap(), events + 4);
    let again = after.end_again(&read.ended, &event).await.unwrap();
    assert_eq!(again, Again::default());
    let known = after.certificate(&[1; 32]).unwrap().unwrap();
    assert_eq!(known.revoked, Some(at(10)), "with its time");
    for (number, issued, becomes) in [
        (2, 2, Adopted::Refused),
        (5, 9, Adopted::Refused),
        (4, 12, Adopted::Now),
    ] {
        let of = certificate(number, "受付1", issued);
        assert_eq!(shown(&after, of, 30).await, becomes, "{number}");
    }
}

async fn the_end_of_a_terminals_earlier_ones_spares_the_one_that_took_their_place(place: &Place) {
    let before = place.open();
    issued_anew_at(&before, 8).await;
    let used = before.use_certificate([2; 32], event(Deed::CertificateRevoke, 9));
    used.await.unwrap();
    let ended = before.ended_since(at(0)).unwrap();
    assert_eq!(ended.len(), 1);
    let another = place.another();
    let after = another.open();
    let revoked = event(Deed::CertificateRevoke, 20);
    let again = after.end_again(&ended, &revoked);
    assert_eq!(again.await.unwrap().terminals, 1);
    for (number, issued, becomes) in [(1, 3, Adopted::Refused), (2, 8, Adopted::Now)] {
        let of = certificate(number, "受付1", issued);
        assert_eq!(shown(&after, of, 30).await, becomes, "{number}");
    }
}

async fn a_first_use_long_after_the_issue_is_told_as_the_end_of_the_terminals_earlier_ones(
    place: &Place,
) {
    let engine = place.open();
    issued_anew(&engine).await;
    let used = engine.use_certificate([2; 32], event(Deed::CertificateRevoke, 5_000));
    assert!(used.await.unwrap().is_empty());
    let ended = engine.ended_since(at(4_400)).unwrap();
    assert!(
        matches!(ended.as_slice(), [Ended::Terminal { .. }]),
        "{ended:?}"
    );
}

on_both!(
    one_that_is_shown_is_known_from_then_on_and_goes_with_its_terminal,
    a_terminal_is_known_by_a_certificate_that_was_shown_as_by_a_notice,
    what_a_terminal_was_revoked_of_reaches_those_shown_later_but_not_those_issued_later,
    one_that_is_revoked_by_its_fingerprint_alone_is_refused_when_it_is_shown,
    the_first_use_of_one_issued_anew_reaches_those_that_are_not_known,
    what_a_restore_undid_is_revoked_again_as_it_was,
    the_end_of_a_terminals_earlier_ones_spares_the_one_that_took_their_place,
    a_first_use_long_after_the_issue_is_told_as_the_end_of_the_terminals_earlier_ones,
    the_first_use_of_one_issued_anew_reaches_none_issued_later,
    the_first_use_of_one_issued_anew_takes_nothing_back_of_a_revocation,
);
