//! The guide's reference material (G36): each topic with our manual, and a QR code for another device. Leads to no foreign page: the
//! terminal has no internet.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ui::component::{Banner, Fault, Tone};
use ui::language::Words;
use ui::qr_code::QrCode;

use crate::manuals;
use crate::pages::manuals::frame;
use crate::pages::{Frame, Visitor, show};
use crate::reference_material::{Material, Now};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/reference-material";

/// A piece of material as the page shows it.
pub(super) struct Line {
    pub(super) title: String,
    pub(super) place: String,
    /// The address, for a person who cannot read the code.
    pub(super) url: Option<String>,
    pub(super) code: Option<QrCode>,
    /// What the code is called to a screen reader.
    pub(super) code_name: String,
    /// Address and title of our manual of its topic.
    pub(super) manual: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "reference_material.html")]
pub(super) struct ReferencePage {
    pub(super) frame: Frame,
    pub(super) as_of: String,
    pub(super) lines: Vec<Line>,
}

pub(crate) async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let now = app.reference_material.read();
    let page = reference_page(frame(&app, &visitor, HERE), &now);
    show(StatusCode::OK, &page)
}

pub(super) fn reference_page(mut frame: Frame, now: &Now) -> ReferencePage {
    let words = frame.words.clone();
    if let Some(trouble) = &now.trouble {
        let fault = Fault {
            code: "reference_material_refused".to_owned(),
            text: words.say_with(
                "reference-material-refused",
                &[("trouble", trouble.to_string())],
            ),
        };
        frame.banners.push(Banner::new(Tone::Warning, fault));
    }
    ReferencePage {
        as_of: words.say_with("reference-material-as-of", &[("as_of", &now.data.as_of)]),
        lines: now
            .data
            .material
            .iter()
            .map(|it| line(it, &words))
            .collect(),
        frame,
    }
}

/// A piece of material in words, with the code of its address.
pub(super) fn line(it: &Material, words: &Words) -> Line {
    let title = words.choose(&it.title, &it.title_en).clone();
    let manual = manuals::find(it.manual.0).map(|manual| {
        let title = words.choose(&manual.title_ja, &manual.title_en);
        (format!("/manuals/{}", manual.name), title.clone())
    });
    Line {
        place: it.place.clone(),
        url: it.url.clone(),
        code: it.url.as_deref().and_then(QrCode::of),
        code_name: words.say_with("material-qr", &[("title", title.as_str())]),
        manual,
        title,
    }
}
