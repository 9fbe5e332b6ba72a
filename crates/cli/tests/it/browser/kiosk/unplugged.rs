//! A reader that is unplugged while a patient stands at it, and plugged in again: what the kiosk shows, what the doctor says. The made-up
//! readers of vpcd are no USB devices, and pcscd lets such a reader go only with a start of its own: so it is started without it here.

use std::path::PathBuf;

use super::super::Walk;
use super::CLINIC;

impl Walk {
    fn readers_file(&self) -> PathBuf {
        self.dir.path().join("demo/readers/conf/readers")
    }

    /// Has the card service run with these readers and no others.
    fn plug(&self, readers: &str) {
        let service = self.dir.path().join("demo/readers/service.control");
        self.tell(&service, "stop");
        std::fs::write(self.readers_file(), readers).unwrap();
        self.tell(&service, "start");
    }

    /// Has the terminal look at everything, and waits for what it finds.
    async fn examined(&self, outcome: &str) {
        self.open("support").await;
        self.press("form[action='/support/examine'] button").await;
        let shown = self.attribute("[data-outcome]", "data-outcome").await;
        assert_eq!(
            shown.as_deref(),
            Some(outcome),
            "{}",
            self.text("main").await
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_unplugged_is_said_at_the_kiosk_and_named_by_the_doctor() {
    let walk = Walk::start().await;
    let all = std::fs::read_to_string(walk.readers_file()).unwrap();
    let stanzas = all.split_inclusive("\n\n");
    let others: String = stanzas
        .filter(|it| !it.contains("\"onshi medical\""))
        .collect();
    assert_ne!(all, others);
    walk.open_kiosk(CLINIC).await;
    walk.place("valid");
    walk.screen("method").await;
    let at_kiosk = walk.browser.current_url().await.unwrap();

    walk.plug(&others);
    walk.screen("reader-out").await;
    walk.is_accessible().await;
    walk.picture("kiosk-reader-out").await;
    walk.examined("broken").await;
    walk.open("").await;
    assert!(walk.shows("[data-code=reader_of_other_name]").await);

    walk.plug("");
    walk.examined("broken").await;
    walk.picture("support-reader-unplugged").await;
    walk.open("").await;
    assert!(walk.shows("[data-code=reader_unplugged]").await);

    walk.plug(&all);
    walk.browser.goto(at_kiosk.as_str()).await.unwrap();
    // The card lay there all the time.
    walk.screen("method").await;
    walk.choose("pin").await;
    walk.type_pin("1234").await;
    walk.agree_to_all().await;
    walk.see(&["見本　一花 様"]).await;
    walk.examined("good").await;
    walk.end().await;
}
