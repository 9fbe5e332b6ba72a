//! Where staff look, by the two facts about the receipt computer (G16): notes of the main screen and hints on pages. Closes no page:
//! what is not used in normal use stays usable.

use api::client::cards::Cause;
use domain::facility_kind::FacilityKind;
use domain::permissions::{Action, MenuEntry};
use domain::receipt_link::{Place, ReceiptLink};
use ui::component::{Banner, Tone, WayOn};

use crate::faults;
use crate::pages::{Staff, settings};
use crate::serve::App;

/// The link of the person's facility, asked anew; `None` when the center does not tell.
pub(super) async fn ask(app: &App, staff: &Staff) -> Option<ReceiptLink> {
    let settings = staff.client.settings(staff.token(), Cause::Background);
    let settings = settings.await.ok()?;
    let facility = &staff.session.facility.code;
    app.receipt_links.hear(facility, &settings)
}

/// What the check page says where checks are made at the receipt computer.
pub(super) fn of_checks(app: &App, staff: &Staff) -> Option<Banner> {
    let link = app.receipt_links.of(&staff.session.facility.code)?;
    let there = link.checks_at() == Place::ReceiptComputer;
    there.then(|| hint(staff, "checks_elsewhere", "link-checks-elsewhere"))
}

/// Where the history says the results of readers are.
pub(super) fn of_results(app: &App, staff: &Staff) -> Option<Banner> {
    let link = app.receipt_links.of(&staff.session.facility.code)?;
    let kind = FacilityKind::parse(&staff.session.facility.kind)?;
    kind.differences().has_reader.then_some(())?;
    Some(match link.reader_results_at() {
        Place::ReceiptComputer => hint(staff, "results_elsewhere", "link-results-elsewhere"),
        Place::Terminal => hint(staff, "results_here", "link-results-here"),
    })
}

/// What the page of the readers says where their results are read at the receipt computer: what is still done here is the visual check
/// (G14).
pub(super) fn of_readers(app: &App, staff: &Staff) -> Option<Banner> {
    let link = app.receipt_links.of(&staff.session.facility.code)?;
    let there = link.reader_results_at() == Place::ReceiptComputer;
    there.then(|| hint(staff, "results_flow", "link-results-flow"))
}

/// Where doctors look at what a patient agreed to show.
pub(super) fn of_medical(app: &App, staff: &Staff) -> Option<Banner> {
    let link = app.receipt_links.of(&staff.session.facility.code)?;
    Some(match link.reader_results_at() {
        Place::ReceiptComputer => hint(staff, "medical_elsewhere", "link-medical-elsewhere"),
        Place::Terminal => hint(staff, "medical_here", "link-medical-here"),
    })
}

/// Asks whoever may answer for the facts nobody asked for yet.
pub(super) fn unanswered(staff: &Staff, link: Option<ReceiptLink>) -> Option<Banner> {
    let may = staff.may(Action::EditSettings);
    let missing = link.is_some_and(|link| !link.is_answered());
    (may && missing).then(|| Banner {
        way_on: Some(WayOn {
            href: settings::HERE.to_owned(),
            text: staff.words.say("link-to-settings"),
        }),
        ..hint(staff, "link_unanswered", "link-unanswered")
    })
}

/// The note of an entry that is not used in normal use (G12).
pub(super) fn note(staff: &Staff, link: Option<ReceiptLink>, entry: MenuEntry) -> Option<String> {
    let usual = link.is_none_or(|link| link.is_usual(entry));
    (!usual).then(|| staff.words.say("menu-not-usual"))
}

fn hint(staff: &Staff, code: &str, key: &str) -> Banner {
    Banner::new(Tone::Note, faults::own(&staff.words, code, key))
}
