//! What the product is, which version runs and how updates stand, what it is built from, and the licences that must go with it. Shows nothing of a facility.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ui::component::Fact;

use crate::pages::{Frame, Visitor, show, updates};
use crate::serve::App;

#[derive(Template)]
#[template(path = "about.html")]
pub(super) struct AboutPage {
    pub(super) frame: Frame,
    pub(super) version: &'static str,
    pub(super) updates: Vec<Fact>,
}

pub(crate) async fn about(State(app): State<App>, visitor: Visitor) -> Response {
    let standing = app.updates.standing().await;
    let page = AboutPage {
        frame: visitor.frame("/about"),
        version: env!("CARGO_PKG_VERSION"),
        updates: updates::facts(&visitor.words, &standing),
    };
    show(StatusCode::OK, &page)
}
