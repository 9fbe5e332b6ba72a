//! What a facility of home care is told before a round, on the main screen and above the list: codes and consents that end soon, and what ended
//! lately. Whose that was is shown on a page of its own, to those who may read the history, and is on record.

use api::client::ClientError;
use api::client::cards::Cause;
use api::home_care::{EndedHomeConsent, EndedHomePatient, HomeCareNotices};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::permissions::Action;
use ui::component::{Banner, Fault, Tone, WayOn};
use ui::language::Words;

use super::{HERE, Whose, care, devices};
use crate::days;
use crate::pages::result::is_identifier;
use crate::pages::{Frame, Staff, show};
use crate::serve::App;

/// What was agreed and is over.
pub(in crate::pages) struct EndedLine {
    pub(super) care: String,
    pub(super) at: String,
    pub(super) why: String,
    /// Where it says whose it was, for those who may read the history.
    pub(super) whose: Option<String>,
}

#[derive(Template)]
#[template(path = "home_care_ended.html")]
pub(in crate::pages) struct EndedPage {
    frame: Frame,
    whose: Whose,
    line: EndedLine,
    /// The check at which it was agreed, unless it was let go.
    check: Option<String>,
}

/// What there is to know; nothing where the center cannot be asked now, and then the page itself says that.
pub(super) async fn read(staff: &Staff) -> HomeCareNotices {
    let found = staff
        .client
        .home_care_notices(staff.token(), Cause::Background);
    found.await.unwrap_or_default()
}

/// On the main screen.
pub(in crate::pages) async fn reminders(staff: &Staff) -> Vec<Banner> {
    let notices = read(staff).await;
    let mut banners = ending(staff, &notices);
    let ended = notices.ended.len();
    if 0 < ended {
        let way = (HERE, "home-to-list");
        banners.push(banner(
            &staff.words,
            ("home_ended", "home-ended-lately"),
            ended,
            way,
        ));
    }
    banners
}

/// What ends soon.
pub(super) fn ending(staff: &Staff, notices: &HomeCareNotices) -> Vec<Banner> {
    let mut banners = Vec::new();
    let (codes, consents) = (notices.codes_end_soon, notices.consents_end_soon);
    if 0 < codes && staff.may(Action::ManageHomeCare) {
        let way = (devices::HERE, "home-devices");
        let what = ("home_codes_end", "home-codes-end-soon");
        banners.push(banner(&staff.words, what, codes as usize, way));
    }
    if 0 < consents {
        let way = (HERE, "home-to-list");
        let what = ("home_consents_end", "home-consents-end-soon");
        banners.push(banner(&staff.words, what, consents as usize, way));
    }
    banners
}

fn banner(
    words: &Words,
    (code, key): (&str, &str),
    count: usize,
    (href, way): (&str, &str),
) -> Banner {
    let fault = Fault {
        code: code.into(),
        text: words.say_with(key, &[("count", count.to_string().as_str())]),
    };
    let mut banner = Banner::new(Tone::Note, fault);
    banner.way_on = Some(WayOn {
        href: href.into(),
        text: words.say(way),
    });
    banner
}

/// What ended lately, line by line.
pub(super) fn ended(staff: &Staff, notices: &HomeCareNotices) -> Vec<EndedLine> {
    let reads = staff.may(Action::ReadHistory);
    let lines = notices.ended.iter();
    lines.map(|it| line(it, reads, &staff.words)).collect()
}

pub(super) async fn whose(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
) -> Response {
    let asked = staff
        .client
        .ended_home_consent(staff.token(), Cause::Person, &id);
    match asked.await {
        Ok(found) => show(StatusCode::OK, &ended_page(&staff, &found)),
        // An older center has no such page; the check at which it was agreed says whose it was.
        Err(ClientError::Problem(problem)) if problem.code == "not_found" && is_identifier(&id) => {
            Redirect::to(&format!("/checks/{id}")).into_response()
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// Whose it was.
pub(in crate::pages) fn ended_page(staff: &Staff, found: &EndedHomePatient) -> EndedPage {
    let check = &found.ended.check_id;
    let (kana, number) = (found.kana.as_deref(), found.reference_number.as_deref());
    let about = (kana, Some(found.birth_date.as_str()), number);
    EndedPage {
        frame: staff.frame(&format!("{HERE}/ended/{check}")),
        whose: Whose::told(&found.name, about, &staff.words),
        line: line(&found.ended, false, &staff.words),
        check: found.check_kept.then(|| format!("/checks/{check}")),
    }
}

fn line(it: &EndedHomeConsent, reads: bool, words: &Words) -> EndedLine {
    EndedLine {
        care: care(&it.care, words),
        at: days::show_instant(&it.ended_at),
        why: words.say(match it.why.as_str() {
            "expired" => "home-ended-by-itself",
            _ => "home-ended-withdrawn",
        }),
        whose: reads.then(|| format!("{HERE}/ended/{}", it.check_id)),
    }
}
