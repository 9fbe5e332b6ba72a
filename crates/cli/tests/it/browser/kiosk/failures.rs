//! Every failure has its screen and its way on (G25), with the card that brings it.

use super::super::Walk;
use super::CLINIC;
use crate::running::in_time;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_tells_what_is_left_and_stops_before_the_last_try() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.place("valid");
    walk.screen("method").await;
    walk.choose("pin").await;
    walk.type_pin("12").await;
    walk.wait_for(".kiosk-alert").await;
    walk.see(&["数字4けた"]).await;
    assert_eq!(walk.tries(), 3, "what is no PIN reaches no card");
    walk.type_pin("9999").await;
    // The alert of before stands there until the card has answered.
    let told = async {
        let text = "return document.querySelector('.kiosk-alert')?.textContent ?? ''";
        while !walk
            .script(text)
            .await
            .as_str()
            .unwrap()
            .contains("あと2回")
        {}
    };
    in_time("how many tries are left", told).await;
    walk.screen("pin").await;
    assert_eq!(walk.tries(), 2);
    walk.type_pin("9999").await;
    walk.screen("pin-last-try").await;
    assert_eq!(walk.code("main").await, "pin_last_try");
    assert_eq!(walk.tries(), 1, "the last try is never risked");
    assert!(walk.shows("main [value=visual]").await);
    walk.take();
    walk.screen("welcome").await;
    // The same card comes again: it is not asked for its PIN.
    walk.order(CLINIC, "insert");
    walk.screen("pin-last-try").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_card_that_cannot_be_used_is_told_why_and_the_next_one_goes_on() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    for (case, screen) in [
        ("locked", "pin-locked"),
        ("no_pin", "pin-locked"),
        ("last_try", "pin-last-try"),
        ("not_a_my_number_card", "not-my-number-card"),
    ] {
        walk.place(case);
        walk.screen(screen).await;
        walk.take();
        walk.screen("welcome").await;
    }
    for (case, screen) in [
        ("expired_long", "card-expired"),
        ("revoked", "card-revoked"),
        ("unregistered", "not-registered"),
        ("no_coverage", "no-coverage"),
        ("several", "several-coverages"),
    ] {
        walk.identify(case).await;
        walk.screen(screen).await;
        assert_eq!(walk.code("main").await, screen.replace('-', "_"));
        assert!(walk.shows("footer [value=stop]").await, "{case}");
        assert!(walk.shows("footer [name=call]").await, "{case}");
        walk.take();
        walk.screen("welcome").await;
    }
    walk.identify("valid").await;
    walk.agree_to_all().await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_certificate_is_worth_is_told_at_the_end() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    for (case, text) in [
        ("expired_recently", "有効期限が切れています"),
        ("about_to_expire", "有効期限は"),
    ] {
        walk.identify(case).await;
        walk.agree_to_all().await;
        walk.see(&[text]).await;
        walk.take();
        walk.screen("welcome").await;
    }
    walk.identify("rare_name").await;
    walk.agree_to_all().await;
    walk.see(&["𠮷髙　葛\u{E0100}子 様"]).await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_service_that_stops_is_told_and_comes_back() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    let service = |line| {
        use std::io::{BufRead, BufReader, Write};
        let socket = walk.dir.path().join("demo/readers/service.control");
        let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
        writeln!(stream, "{line}").unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
    };
    walk.place("valid");
    walk.screen("method").await;
    service("stop");
    walk.screen("reader-out").await;
    service("start");
    walk.wait()
        .for_element(fantoccini::Locator::Css(
            "main[data-screen=welcome], main[data-screen=method]",
        ))
        .await
        .unwrap();
    walk.end().await;
}
