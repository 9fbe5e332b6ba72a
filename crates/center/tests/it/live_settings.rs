//! A facility's setting that changes: the next card is asked otherwise, and what is open shows less, at once and without anybody signing in
//! anew (G21, operations §1.8).

use api::client::cards::Cause;
use api::settings::Settings;
use domain::medical_information::kind::InformationKind;
use synthetic::card::case::Case;

use crate::withdrawals::{Ward, page, ward};
use crate::world::World;

/// A setting, what a card that has everything is asked with it off, and the kinds that are open then.
type Row = (
    fn(&mut Settings) -> &mut String,
    &'static [&'static str],
    &'static [&'static str],
);

const ROWS: [Row; 4] = [
    (
        |it| &mut it.surgery,
        &["treatment_and_drugs", "checkups"],
        &["checkups", "drugs", "treatment"],
    ),
    (
        |it| &mut it.treatment,
        &["surgery", "drugs", "checkups"],
        &["checkups", "drugs", "surgery"],
    ),
    (
        |it| &mut it.drugs,
        &["surgery", "treatment_and_drugs", "checkups"],
        &["checkups", "surgery", "treatment"],
    ),
    (
        |it| &mut it.checkups,
        &["surgery", "treatment_and_drugs"],
        &["drugs", "surgery", "treatment"],
    ),
];

impl Ward {
    async fn switch(&self, setting: fn(&mut Settings) -> &mut String, to: &str) {
        let client = &self.clinic.client;
        let mut settings = client.settings(&self.staff, Cause::Person).await.unwrap();
        *setting(&mut settings) = to.into();
        let version = settings.version.clone();
        let changed = client.change_settings(&self.staff, version.as_deref(), &settings);
        changed.await.unwrap();
    }

    /// The consents that the next card is asked for.
    async fn asks(&self) -> Vec<String> {
        let laid = self.clinic.lay(&self.reader, Case::Everything, "pin").await;
        let mut asked = laid.unwrap().questions;
        let consents = ["surgery", "treatment_and_drugs", "drugs", "checkups"];
        asked.retain(|it| consents.contains(&it.as_str()));
        asked
    }

    /// The kinds that are open: as a page that is open hears, and as the next look brings.
    async fn shows(&self, id: &str) -> Vec<String> {
        let client = &self.clinic.client;
        let open = client.open_now(&self.staff, id).await.unwrap();
        let mut open: Vec<String> = open.kinds.into_iter().map(|it| it.kind).collect();
        let asked = page();
        let looked = client.look_at_medical_information(&self.staff, id, &asked);
        let looked = looked.await.unwrap();
        let mut seen: Vec<String> = looked.opened.iter().map(|it| it.kind.clone()).collect();
        open.sort();
        seen.sort();
        assert_eq!(open, seen);
        let shows = |kind: InformationKind| seen.iter().any(|it| it == kind.as_str());
        assert_eq!(
            !looked.surgeries.is_empty(),
            shows(InformationKind::Surgery)
        );
        assert_eq!(
            !looked.checkups.is_empty(),
            shows(InformationKind::Checkups)
        );
        seen
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_changes_is_asked_by_and_shown_by_at_once() {
    let world = World::start_with_cards().await;
    let ward = ward(&world, "1319999999").await;
    let all = ["surgery", "treatment_and_drugs", "checkups"];
    let id = ward.consent(Case::Everything, &all).await;
    let everything = ward.shows(&id).await;
    assert_eq!(everything, ["checkups", "drugs", "surgery", "treatment"]);
    assert_eq!(ward.asks().await, all);
    for (setting, asked, open) in ROWS {
        ward.switch(setting, "off").await;
        assert_eq!(ward.asks().await, asked);
        assert_eq!(ward.shows(&id).await, open);
        ward.switch(setting, "on").await;
        assert_eq!(ward.asks().await, all);
        assert_eq!(ward.shows(&id).await, everything);
    }
}
