//! What the product is, what it is built from, and the licences that must go with it. Shows nothing of a facility.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::pages::{Frame, Visitor, show};

#[derive(Template)]
#[template(path = "about.html")]
pub(super) struct AboutPage {
    pub(super) frame: Frame,
    pub(super) version: &'static str,
}

pub(crate) async fn about(visitor: Visitor) -> Response {
    let page = AboutPage {
        frame: visitor.frame("/about"),
        version: env!("CARGO_PKG_VERSION"),
    };
    show(StatusCode::OK, &page)
}
