//! Applications for certificates as they are kept, on both engines alike: once, so many at most, closed by a notice or an operator, and not
//! for good.

use domain::audit::{Actor, Deed, Event};
use domain::certificate_application::{
    ApplicationKind, ApplicationState, ContactName, ContactPhone, KEPT_DAYS, MOST_OF_FACILITY,
    MOST_OPEN, Remark,
};
use domain::civil_date::{CivilDate, Instant};
use domain::institution_code::InstitutionCode;
use store::access::{Earlier, Notice};
use store::applications::{Application, Applied, Closing};
use store::engine::Engine;

use crate::cards::{FACILITY, now};
use crate::{Place, on_both};

const OTHER: &str = "1319800010";

fn application(number: &str, facility: &str, terminal: &str) -> Application {
    Application {
        number: number.into(),
        facility: InstitutionCode::parse(facility).unwrap(),
        name: "見本クリニック".into(),
        terminal: terminal.into(),
        kind: ApplicationKind::First,
        contact: ContactName::parse("見本 花子").unwrap(),
        phone: ContactPhone::parse("03-0000-0000").unwrap(),
        remark: Some(Remark::parse("平日の午前に").unwrap()),
        at: now(),
        state: ApplicationState::Open,
        closed: None,
        reason: None,
    }
}

fn event(deed: Deed, at: Instant) -> Event {
    Event {
        at,
        actor: Actor::Operator("suzuki".into()),
        deed,
        subject: None,
        detail: String::new(),
    }
}

async fn apply(engine: &Engine, application: &Application) -> Applied {
    let applied = engine.apply_for_certificate(application.clone()).await;
    applied.unwrap()
}

fn days_later(days: i64) -> Instant {
    now().plus_seconds(days * 86_400)
}

async fn an_application_is_kept_as_it_came_and_once(place: &Place) {
    let engine = place.open();
    let one = application("AAAA22223333", FACILITY, "受付1");
    assert_eq!(apply(&engine, &one).await, Applied::Done);
    assert_eq!(
        engine.application("AAAA22223333").unwrap(),
        Some(one.clone())
    );
    assert_eq!(engine.application("AAAA22223334").unwrap(), None);
    let later = Application {
        at: now().plus_seconds(1),
        ..one.clone()
    };
    let kept = Applied::Again(Box::new(one.clone()));
    assert_eq!(apply(&engine, &later).await, kept);
    let other = Application {
        terminal: "受付2".into(),
        remark: None,
        ..later
    };
    assert_eq!(apply(&engine, &other).await, Applied::NumberTaken);
    let second = Application {
        number: "AAAA22223335".into(),
        ..other.clone()
    };
    assert_eq!(apply(&engine, &second).await, Applied::Done);
    // Whoever has the first one's number and the second one's content alone is not led to the second.
    assert_eq!(apply(&engine, &other).await, Applied::NumberTaken);
    let kept = Applied::Again(Box::new(second.clone()));
    assert_eq!(apply(&engine, &second).await, kept);
    assert_eq!(engine.count_open_applications().unwrap(), 2);
    // Page by page, the oldest first.
    let first = engine.open_applications(None, 1).unwrap();
    assert_eq!(first, std::slice::from_ref(&one));
    let after = Some((one.at, one.number.as_str()));
    assert_eq!(engine.open_applications(after, 9).unwrap(), [second]);
}

async fn a_code_and_all_together_have_so_many_open_at_most(place: &Place) {
    let engine = place.open();
    for number in 0..MOST_OF_FACILITY {
        let one = application(&number.to_string(), FACILITY, "受付1");
        assert_eq!(apply(&engine, &one).await, Applied::Done);
    }
    let more = application("more", FACILITY, "受付1");
    assert_eq!(apply(&engine, &more).await, Applied::TooManyOfFacility);
    // The same form again is no further one.
    let first = application("0", FACILITY, "受付1");
    let kept = Applied::Again(Box::new(first.clone()));
    assert_eq!(apply(&engine, &first).await, kept);
    let rest = MOST_OPEN - MOST_OF_FACILITY - 1;
    let fill = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rest})
         INSERT INTO certificate_application SELECT 'N' || i, 1310000001, 'n', 't', 'first', 'c', 'p', NULL, 1, 'open', NULL, NULL, 1 FROM n"
    );
    assert_eq!(place.run(&fill), i64::from(rest));
    let last = application("last", OTHER, "受付1");
    assert_eq!(apply(&engine, &last).await, Applied::Done);
    let over = application("over", OTHER, "受付2");
    assert_eq!(apply(&engine, &over).await, Applied::TooMany);
    // What was let go makes room.
    while engine.forget_applications(now()).await.unwrap() {}
    assert_eq!(apply(&engine, &over).await, Applied::Done);
}

async fn a_notice_closes_what_it_answers_and_an_operator_the_rest(place: &Place) {
    let engine = place.open();
    for (number, facility, terminal) in [
        ("one", FACILITY, "受付1"),
        ("again", FACILITY, "受付1"),
        ("elsewhere", FACILITY, "受付2"),
        ("stranger", OTHER, "受付1"),
    ] {
        apply(&engine, &application(number, facility, terminal)).await;
    }
    let made = now().plus_seconds(60);
    let notice = Notice {
        request_id: "BBBB22223333".into(),
        reference_hash: [1; 32],
        facility: InstitutionCode::parse(FACILITY).unwrap(),
        terminal: "受付1".into(),
        issued: made,
        deadline: CivilDate::new(2027, 5, 25).unwrap(),
        wrong_tries: 0,
        earlier: Earlier::Stay,
        closed: false,
    };
    let issued = event(Deed::NoticeIssue, made);
    engine.store_notice(notice, issued).await.unwrap();
    let state = |number: &str| engine.application(number).unwrap().unwrap().state;
    assert_eq!(state("one"), ApplicationState::Issued);
    assert_eq!(state("again"), ApplicationState::Issued);
    assert_eq!(state("elsewhere"), ApplicationState::Open);
    assert_eq!(state("stranger"), ApplicationState::Open);
    assert_eq!(engine.count_deeds(Deed::ApplicationClose).unwrap(), 2);
    let close = async |number: &str, closing: Closing| {
        let event = event(Deed::ApplicationClose, made);
        let closed = engine.close_application(number.into(), closing, event);
        closed.await.unwrap()
    };
    let why = Closing::Declined("連絡が取れません".into());
    assert!(close("stranger", why.clone()).await);
    assert!(!close("stranger", Closing::Issued).await, "closed already");
    assert!(!close("nobody", why).await);
    let declined = engine.application("stranger").unwrap().unwrap();
    assert_eq!(declined.state, ApplicationState::Declined);
    assert_eq!(declined.reason.as_deref(), Some("連絡が取れません"));
    assert_eq!(declined.closed, Some(made));
    assert!(close("elsewhere", Closing::Issued).await);
    assert_eq!(engine.count_open_applications().unwrap(), 0);
    assert_eq!(engine.count_deeds(Deed::ApplicationClose).unwrap(), 4);
}

async fn an_application_goes_when_it_waited_too_long_or_was_closed_long_ago(place: &Place) {
    let engine = place.open();
    for number in ["open", "declined"] {
        apply(&engine, &application(number, FACILITY, "受付1")).await;
    }
    let closed = days_later(100);
    let declined = Closing::Declined("重複".into());
    let event = event(Deed::ApplicationClose, closed);
    let done = engine.close_application("declined".into(), declined, event);
    assert!(done.await.unwrap());
    for (days, open, declined) in [
        (KEPT_DAYS, true, true),
        (KEPT_DAYS + 1, false, true),
        (KEPT_DAYS + 100, false, true),
        (KEPT_DAYS + 101, false, false),
    ] {
        while engine.forget_applications(days_later(days)).await.unwrap() {}
        let is_there = |number: &str| engine.application(number).unwrap().is_some();
        assert_eq!(
            (is_there("open"), is_there("declined")),
            (open, declined),
            "{days}"
        );
    }
}

on_both!(
    an_application_is_kept_as_it_came_and_once,
    a_code_and_all_together_have_so_many_open_at_most,
    a_notice_closes_what_it_answers_and_an_operator_the_rest,
    an_application_goes_when_it_waited_too_long_or_was_closed_long_ago,
);
