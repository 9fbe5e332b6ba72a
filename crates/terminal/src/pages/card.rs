//! The check by card at this PC's general card reader (G31), with PIN or staff's look. The patient types the PIN and answers; the page
//! works without JavaScript by reading itself again.

use api::client::cards::Cause;
use api::reader::Reader;
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use card::pin::Pin;
use domain::facility_kind::FacilityKind;
use kiosk::link::Link;
use kiosk::screens::Press;
use kiosk::texts::{Language, Texts, Words};
use serde::Deserialize;
use ui::component::{Banner, Tone};
use zeroize::Zeroizing;

use crate::faults;
use crate::general_reader::{GeneralReader, Seating, Sitting, View};
use crate::pages::readers::Again;
use crate::pages::{Filled, Frame, Staff, show};
use crate::serve::{App, CardReader};

/// The page's own path.
pub(super) const HERE: &str = "/card";

#[derive(Template)]
#[template(path = "card.html")]
pub(super) struct CardPage {
    pub(super) frame: Frame,
    /// Who uses the reader, if another does.
    pub(super) taken: Option<String>,
    pub(super) view: Option<View>,
}

pub(crate) async fn page(
    State(app): State<App>,
    staff: Staff,
    Query(again): Query<Again>,
    headers: HeaderMap,
) -> Response {
    seated(&app, &staff, again.cause_of(&headers), false).await
}

/// Sends away whoever uses the reader.
pub(crate) async fn take(State(app): State<App>, staff: Staff) -> Response {
    seated(&app, &staff, Cause::Person, true).await
}

async fn seated(app: &App, staff: &Staff, cause: Cause, force: bool) -> Response {
    let reader = match &app.card_reader {
        CardReader::Open(reader) => reader,
        CardReader::None => return without_reader(staff, None),
        CardReader::NotBuilt(why) => return without_reader(staff, Some(why)),
    };
    // Asked each time: whether the session still stands, and what this PC may do.
    let pc = match own_reader(app, staff, cause).await {
        Ok(pc) => pc,
        Err(error) => return staff.failed(app, &error, HERE),
    };
    let sitting = Sitting {
        browser: staff.key,
        name: staff.session.account.display_name.clone(),
        link: Link::of_session(
            staff.client.bound_to_certificate(),
            app.center_name.clone(),
            staff.session.clone(),
        ),
        cause,
        force,
    };
    let taken = match reader.sit(sitting, pc.as_ref()) {
        Seating::Yours => None,
        Seating::Taken(name) => Some(name),
    };
    let words = words(staff);
    let view = words.and_then(|words| reader.view(&staff.key, &words));
    show(
        StatusCode::OK,
        &CardPage {
            frame: staff.frame(HERE),
            taken,
            view,
        },
    )
}

/// This PC as a reader, where it was enrolled as one.
async fn own_reader(
    app: &App,
    staff: &Staff,
    cause: Cause,
) -> Result<Option<Reader>, api::client::ClientError> {
    let readers = staff.client.readers(staff.token(), cause).await?;
    let terminal = staff.terminal(app);
    let own = terminal.map(|terminal| format!("pc:{terminal}"));
    Ok(readers
        .readers
        .into_iter()
        .find(|it| Some(&it.id) == own.as_ref()))
}

/// What the patient reads, in the page's language and for this kind of facility.
fn words(staff: &Staff) -> Option<Words> {
    let kind = FacilityKind::parse(&staff.session.facility.kind)?;
    let texts = Texts::new(kind, &Default::default()).ok()?;
    let language = Language::parse(staff.words.language().tag()).unwrap_or_default();
    Some(Words::new(texts.into(), language))
}

fn without_reader(staff: &Staff, why: Option<&str>) -> Response {
    let mut frame = staff.frame(HERE);
    let mut fault = faults::own(&staff.words, "no_card_reader", "no-card-reader");
    if let Some(why) = why {
        fault.text = why.to_owned();
    }
    frame.banners.push(Banner::new(Tone::Warning, fault));
    let page = CardPage {
        frame,
        taken: None,
        view: None,
    };
    show(StatusCode::OK, &page)
}

/// A button of a screen.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Pressed {
    turn: u64,
    press: String,
}

pub(crate) async fn press(
    State(app): State<App>,
    staff: Staff,
    Filled(pressed): Filled<Pressed>,
) -> Response {
    if let (Some(reader), Some(press)) = (app.card_reader.get(), Press::parse(&pressed.press)) {
        reader.press(&staff.key, pressed.turn, press);
    }
    Redirect::to(HERE).into_response()
}

/// A PIN. It stands in the body alone, is read from a buffer that is wiped, and never becomes part of a message of ours.
pub(crate) async fn pin(State(app): State<App>, staff: Staff, body: Bytes) -> Response {
    let text = Zeroizing::new(body.to_vec());
    drop(body);
    if let (Some(reader), Some((turn, pin))) = (app.card_reader.get(), read_pin(&text)) {
        reader.pin(&staff.key, turn, pin);
    }
    Redirect::to(HERE).into_response()
}

/// Reads `turn=N&pin=DDDD` in either order. Digits need no percent-encoding; whatever else stands there is no PIN.
fn read_pin(body: &[u8]) -> Option<(u64, Option<Pin>)> {
    let text = std::str::from_utf8(body).ok()?;
    let value = |name: &str| {
        let mut parts = text.split('&');
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    Some((value("turn")?.parse().ok()?, Pin::parse(value("pin")?).ok()))
}

/// Staff compared face and photo of the patient in front of them.
pub(crate) async fn confirm(
    State(app): State<App>,
    staff: Staff,
    Filled(pressed): Filled<Pressed>,
) -> Response {
    if let Some(reader) = app.card_reader.get() {
        reader.confirm(&staff.key, pressed.turn);
    }
    Redirect::to(HERE).into_response()
}

/// What a reader that is open is asked by.
impl CardReader {
    pub(crate) fn get(&self) -> Option<&GeneralReader> {
        match self {
            Self::Open(reader) => Some(reader),
            Self::None | Self::NotBuilt(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_from_the_body_and_anything_else_is_none() {
        let pin = |body: &str| read_pin(body.as_bytes()).map(|(turn, pin)| (turn, pin.is_some()));
        assert_eq!(pin("turn=3&pin=1234"), Some((3, true)));
        assert_eq!(pin("pin=0000&turn=12"), Some((12, true)));
        for short in ["turn=3&pin=", "turn=3&pin=123", "turn=3&pin=%31234"] {
            assert_eq!(pin(short), Some((3, false)), "{short}");
        }
        for broken in ["", "pin=1234", "turn=x&pin=1234", "turn=3"] {
            assert_eq!(pin(broken), None, "{broken}");
        }
    }
}
