//! The pages of home care in a browser, joined by a device that reads the card: what they say, and how long they hold.

use api::card::PresenceRenewal;
use api::client::cards::Cause;
use api::home_care::device::HomeCardCheck;
use center::config::home::Home;
use synthetic::card::case::Case;

use crate::home_care::{Station, station_with};
use crate::world::{RawAnswer, exchange};

/// What a browser holds of its page: 32 bytes in base64url.
const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// "No" to all that a nursing station asks beside home care, which is agreed to.
const HOME_CARE_ALONE: &str = "home_care=yes&specified_disease=no&medical_subsidy=no&surgery=no&treatment_and_drugs=no&checkups=no";

impl Station {
    /// One request of the browser.
    async fn browse(&self, line: &str, form: &str) -> RawAnswer {
        let stream = self.world.connect_to(self.home, None).await;
        let host = format!("host: localhost:{}", self.home.port());
        let cookie = format!("cookie: __Host-onshi-home={SECRET}");
        let headers = [
            host.as_str(),
            "sec-fetch-site: same-origin",
            "content-type: application/x-www-form-urlencoded",
            cookie.as_str(),
        ];
        exchange(stream, line, &headers, form.as_bytes()).await
    }

    /// A page as it is shown.
    async fn page(&self, path: &str) -> String {
        let answer = self.browse(&format!("GET {path}"), "").await;
        assert_eq!(answer.status, 200, "{path}");
        String::from_utf8(answer.body).unwrap()
    }

    /// Opens the page and lays a card at the tablet for it.
    async fn joined(&self) -> HomeCardCheck {
        let begun = format!("POST /f/{}", self.address);
        let begun = self.browse(&begun, &format!("page={SECRET}")).await;
        assert_eq!(begun.status, 303);
        let waiting = self.page("/visit").await;
        let join = waiting.split("data-join=\"").nth(1).unwrap();
        let join = join.split('"').next().unwrap();
        let laid = (Case::Everything, "pin");
        let body = self.tablet.signed(&self.world, &self.address, laid).await;
        let mut body = body.unwrap();
        body.join = Some(join.to_owned());
        let key = body.challenge.clone();
        let by = self.tablet.prover(&self.world);
        let done = self.tablet.client.check_card_at_home(&by, &key, &body);
        done.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_operator_set_days_no_page_says_until_it_is_withdrawn() {
    let home = Home {
        consent_days: Some(30),
        ..Home::default()
    };
    let at = station_with(home, false).await;
    at.joined().await;
    for (query, days, never) in [
        ("", "30日", "取り消すまで"),
        ("?lang=en", "30 days", "until you withdraw"),
    ] {
        let first = at.page(&format!("/f/{}{query}", at.address)).await;
        let questions = at.page(&format!("/visit{query}")).await;
        for page in [first, questions] {
            assert!(page.contains(days), "{page}");
            assert!(!page.to_lowercase().contains(never), "{page}");
        }
    }
    let sent = at.browse("POST /visit", HOME_CARE_ALONE).await;
    assert_eq!(sent.status, 303);
    let done = at.page("/visit").await;
    assert!(done.contains("30日間"), "{done}");
    assert!(!done.contains("取り消すまで"), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_days_the_pages_say_until_it_is_withdrawn() {
    let at = station_with(Home::default(), false).await;
    at.joined().await;
    let first = at.page(&format!("/f/{}", at.address)).await;
    let questions = at.page("/visit").await;
    for page in [first, questions] {
        assert!(page.contains("取り消すまで"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_taken_as_long_as_the_page_says() {
    let at = station_with(Home::default(), false).await;
    let laid = at.joined().await;
    let ends = laid.presence.unwrap().expires_at;
    let ends = domain::civil_date::Instant::parse(&ends).unwrap();
    let left = at.world.now().seconds_until(ends);
    assert!((1_700..=1_800).contains(&left), "{left}");
    // Longer than a reader's questions stand.
    at.world.pass_seconds(360);
    let questions = at.page("/visit").await;
    assert!(
        questions.contains(&ends.to_minute_in_japan()),
        "{questions}"
    );
    let sent = at.browse("POST /visit", HOME_CARE_ALONE).await;
    assert_eq!(sent.status, 303);
    let done = at.page("/visit").await;
    assert!(done.contains("data-state=\"done-title\""), "{done}");
    let list = at.clinic.client.home_consents(&at.token, Cause::Person);
    assert_eq!(list.await.unwrap().consents.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_left_out_is_named_and_the_other_answers_stay_chosen() {
    let at = station_with(Home::default(), false).await;
    at.joined().await;
    let given = "home_care=yes&specified_disease=no&medical_subsidy=no&surgery=yes&treatment_and_drugs=maybe";
    let sent = at.browse("POST /visit?lang=ja", given).await;
    assert_eq!(sent.status, 422);
    let page = String::from_utf8(sent.body).unwrap();
    assert!(page.contains("data-code=\"missing\""), "{page}");
    for (name, value) in [
        ("home_care", "yes"),
        ("specified_disease", "no"),
        ("medical_subsidy", "no"),
        ("surgery", "yes"),
    ] {
        let chosen = format!("name=\"{name}\" value=\"{value}\" checked");
        assert!(page.contains(&chosen), "{chosen}: {page}");
        assert!(!page.contains(&format!("href=\"#{name}-1\"")), "{name}");
        assert!(!page.contains(&format!("id=\"{name}-error\"")), "{name}");
    }
    // What is no answer to a question counts as none.
    for name in ["treatment_and_drugs", "checkups"] {
        assert!(page.contains(&format!("href=\"#{name}-1\"")), "{name}");
        assert!(page.contains(&format!("id=\"{name}-1\"")), "{name}");
        assert!(page.contains(&format!("id=\"{name}-error\"")), "{name}");
    }
    assert_eq!(page.matches("\" checked").count(), 4, "{page}");
    let page = at.page("/visit").await;
    assert!(!page.contains("\" checked") && !page.contains("-error\""));
    let sent = at.browse("POST /visit", HOME_CARE_ALONE).await;
    assert_eq!(sent.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_renews_does_not_shorten_what_the_page_said() {
    let at = station_with(Home::default(), false).await;
    let laid = at.joined().await;
    let presence = laid.presence.unwrap();
    let body = PresenceRenewal {
        token: presence.token,
    };
    let by = at.tablet.prover(&at.world);
    let renewed = at.tablet.client.renew_home_presence(&by, &laid.id, &body);
    assert_eq!(renewed.await.unwrap().expires_at, presence.expires_at);
}
