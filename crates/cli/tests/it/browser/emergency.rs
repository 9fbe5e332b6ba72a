//! A disaster as an operator opens it on the center's page and a doctor uses it: before, while it is open, and after it was closed (G28).

mod ambulance;

use fantoccini::Locator;
use fantoccini::wd::WindowHandle;

use super::Walk;
use super::every_page::{look, look_as_it_is};
use crate::running::succeed;

impl Walk {
    /// The operator's shell.
    fn windows(&self, arguments: &[&str]) -> String {
        let folder = self.dir.path().join("demo/center");
        let folder = folder.display().to_string();
        let mut all = vec!["emergency"];
        all.extend(arguments);
        all.extend(["--data-dir", &folder, "--operator", "unyo1", "--json"]);
        succeed(&all)
    }

    /// Opens a window for the demo's facilities until two hours from now; its identifier.
    pub(super) fn open_window(&self, kind: &str, place: &[&str]) -> String {
        let until = crate::turned_clock::clock()()
            .plus_seconds(7_200)
            .to_string();
        let mut arguments = vec![
            "open",
            "--kind",
            kind,
            "--reason",
            "令和8年の地震（練習ではありません）",
            "--until",
            &until,
        ];
        arguments.extend(place);
        let line: serde_json::Value = serde_json::from_str(&self.windows(&arguments)).unwrap();
        assert_eq!(line["standing"], "open");
        line["id"].as_str().unwrap().to_owned()
    }

    /// Asks on the operator's page for an outage of all facilities, which waits, and comes back to the terminal; its identifier.
    async fn ask_for_outage_beside(&self) -> String {
        let terminal = self.browser.window().await.unwrap();
        let operator = self.browser.new_window(false).await.unwrap().handle;
        self.browser.switch_to_window(operator).await.unwrap();
        self.operate("/modes").await;
        self.enter().await;
        let kind = self.browser.find(Locator::Id("kind")).await.unwrap();
        kind.select_by_value("outage_everywhere").await.unwrap();
        self.send(&[("reason", "回線の障害（練習ではありません）")])
            .await;
        self.see(&["承認待ち", "demo が申請"]).await;
        assert!(!self.shows("main form[action$='/approve']").await);
        look(self, "operator-modes-waiting").await;
        self.browser.switch_to_window(terminal).await.unwrap();
        let listed: serde_json::Value = serde_json::from_str(&self.windows(&["list"])).unwrap();
        assert_eq!(listed[0]["standing"], "waiting", "{listed}");
        listed[0]["id"].as_str().unwrap().to_owned()
    }

    /// Opens a disaster for Tokyo on the operator's page, which stands in a window beside; comes back to the terminal. Both windows.
    async fn open_disaster_beside(&self) -> [WindowHandle; 2] {
        let terminal = self.browser.window().await.unwrap();
        let operator = self.browser.new_window(false).await.unwrap().handle;
        let switch = self.browser.switch_to_window(operator.clone());
        switch.await.unwrap();
        self.operate("/modes").await;
        self.enter().await;
        self.send(&[("reason", "")]).await;
        look_as_it_is(self, "operator-modes-errors").await;
        let reason = ("reason", "令和8年の地震（練習ではありません）");
        self.send(&[reason, ("prefecture", "13")]).await;
        assert_eq!(self.code("main .onshi-banner").await, "open");
        self.see(&["災害時医療情報閲覧", "開放中", "東京都"]).await;
        look(self, "operator-modes").await;
        let switch = self.browser.switch_to_window(terminal.clone());
        switch.await.unwrap();
        [terminal, operator]
    }

    /// What facilities did, as the operator reads it, and the end of the window at once; comes back to the terminal.
    async fn close_disaster_beside(&self, [terminal, operator]: [WindowHandle; 2]) {
        self.browser.switch_to_window(operator).await.unwrap();
        self.press("main a[href^='/modes/']").await;
        self.see(&["1319999999", "etsuran"]).await;
        assert!(!self.text("main").await.contains("百恵"), "without names");
        look(self, "operator-mode-usage").await;
        self.operate("/modes").await;
        self.press("main a[href$='/close']").await;
        look(self, "operator-mode-close").await;
        self.press_box("confirm").await;
        self.press("main form [data-tone=danger]").await;
        assert_eq!(self.code("main .onshi-banner").await, "close");
        self.picture("operator-modes-closed").await;
        self.browser.switch_to_window(terminal).await.unwrap();
    }

    pub(super) async fn tick(&self, css: &str) {
        let found = self.browser.find(Locator::Css(css)).await.unwrap();
        found.click().await.unwrap();
    }

    pub(super) async fn search_person(&self, name: &str, birth_date: &str) {
        self.fill(&[("name", name), ("birth_date", birth_date)])
            .await;
        let sex = self.browser.find(Locator::Id("sex")).await.unwrap();
        sex.select_by_value("2").await.unwrap();
        self.press("main form [data-tone=primary]").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disaster_opened_by_an_operator_is_used_with_oral_consent_and_closed() {
    let walk = Walk::start().await;
    walk.sign_in("medical_viewer").await;
    walk.open("").await;
    assert!(!walk.shows("#modes section").await);
    assert!(!walk.shows("main a[href='/emergency']").await);
    walk.open("history").await;
    let windows = walk.open_disaster_beside().await;
    // The page that is open says so by itself.
    walk.appears("#modes [data-mode=disaster]").await;
    walk.open("").await;
    assert!(walk.shows("main a[href='/emergency']").await);
    look(&walk, "menu-in-disaster").await;
    walk.open("emergency").await;
    look(&walk, "emergency").await;
    walk.press("main .onshi-modes a").await;
    look(&walk, "disaster").await;
    walk.search_person("架空　花子", "1958-10-09").await;
    walk.see(&["該当する方がいません"]).await;
    walk.search_person("みほん ももえ", "昭和33年10月9日").await;
    walk.see(&["一人に決まりませんでした", "住所"]).await;
    look_as_it_is(&walk, "disaster-one-more").await;
    walk.search_person("見本　百恵", "1958-10-09").await;
    walk.see(&["患者の確認と同意の記録", "見本　百恵"]).await;
    look_as_it_is(&walk, "disaster-found").await;
    walk.press("main form [data-tone=primary]").await;
    assert_eq!(walk.code("[role=alert]").await, "consent_needed");
    walk.tick("main [name=consent][value=oral]").await;
    walk.press("main form [data-tone=primary]").await;
    walk.see(&["見本　百恵", "災害"]).await;
    look(&walk, "disaster-chart").await;
    // Also after another language was chosen.
    assert!(walk.shows("main a[href^='/checks/']").await);
    walk.close_disaster_beside(windows).await;
    let gone = Locator::Css("#modes:not(:has(section))");
    let wait = walk.wait();
    wait.for_element(gone).await.unwrap();
    walk.press("header button[value=ja]").await;
    assert_eq!(
        walk.code("main [data-code=unknown_patient]").await,
        "unknown_patient"
    );
    walk.open("emergency/disaster").await;
    walk.search_person("見本　百恵", "1958-10-09").await;
    assert_eq!(walk.code("[role=alert]").await, "emergency_closed");
    walk.open("emergency/reports").await;
    walk.see(&["未報告"]).await;
    look(&walk, "emergency-reports").await;
    walk.press("main td a").await;
    walk.see(&["まだ報告していません", "口頭同意あり", "医療情報を閲覧した"])
        .await;
    look(&walk, "emergency-report").await;
    let text = walk
        .browser
        .find(Locator::Css("main textarea"))
        .await
        .unwrap();
    text.send_keys("1名の診療のために閲覧した。").await.unwrap();
    walk.press("main form [data-tone=secondary]").await;
    walk.see(&["利用報告を送りました", "1名の診療のために閲覧した。"])
        .await;
    let folder = walk.dir.path().join("demo/center").display().to_string();
    let verified = succeed(&["audit", "verify", "--data-dir", &folder]);
    assert!(!verified.is_empty());
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_answers_eligibility_alone_and_a_receptionist_is_told_who_may() {
    let walk = Walk::start_with(&["--two-operators"]).await;
    walk.sign_in("general").await;
    walk.open("history").await;
    let window = walk.ask_for_outage_beside().await;
    walk.open("").await;
    assert!(!walk.shows("#modes section").await, "not approved yet");
    // A second operator, at the shell.
    walk.windows(&["approve", "--id", &window]);
    walk.appears("#modes [data-mode=outage]").await;
    let banner = walk.text("#modes").await;
    assert!(
        banner.contains("このアカウントでは利用できません"),
        "{banner}"
    );
    assert!(!walk.shows("main a[href='/emergency']").await);
    look(&walk, "menu-in-outage").await;
    walk.open("emergency/outage").await;
    walk.search_person("見本　百恵", "1958-10-09").await;
    assert_eq!(walk.code("[role=alert]").await, "not_permitted");
    walk.sign_out().await;
    walk.sign_in("medical_viewer").await;
    walk.open("emergency/outage").await;
    look(&walk, "outage").await;
    walk.search_person("見本　百恵", "1958-10-09").await;
    walk.see(&["資格照会の結果（システム障害時）", "見本　百恵"])
        .await;
    look_as_it_is(&walk, "outage-result").await;
    walk.open("medical").await;
    assert!(
        !walk.text("main").await.contains("百恵"),
        "an outage opens nothing"
    );
    walk.end().await;
}
