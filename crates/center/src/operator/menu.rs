//! The first page: what an operator may do here. Every operator may do everything.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{
    Frame, Operator, audit, claims, facilities, feeds, load, modes, notices, own_password, people,
    show,
};

/// A page of the menu.
struct Entry {
    href: &'static str,
    /// Key of its name.
    name: &'static str,
    /// Key of what it is for.
    about: &'static str,
}

/// The pages, in the order of the menu.
const ENTRIES: [Entry; 10] = [
    Entry {
        href: load::HERE,
        name: "load",
        about: "load-about",
    },
    Entry {
        href: facilities::HERE,
        name: "facilities",
        about: "facilities-about",
    },
    Entry {
        href: feeds::HERE,
        name: "feeds",
        about: "feeds-about",
    },
    Entry {
        href: notices::HERE,
        name: "notices",
        about: "notices-about",
    },
    Entry {
        href: modes::HERE,
        name: "modes",
        about: "modes-about",
    },
    Entry {
        href: claims::HERE,
        name: "claims",
        about: "claims-about",
    },
    Entry {
        href: audit::HERE,
        name: "audit",
        about: "audit-about",
    },
    Entry {
        href: audit::looks::HERE,
        name: "looks",
        about: "looks-about",
    },
    Entry {
        href: people::HERE,
        name: "people",
        about: "people-about",
    },
    Entry {
        href: own_password::HERE,
        name: "own-password",
        about: "own-password-about",
    },
];

#[derive(Template)]
#[template(path = "operator/menu.html")]
struct MenuPage {
    frame: Frame,
    entries: &'static [Entry],
}

pub(super) async fn page(operator: Operator) -> Response {
    let page = MenuPage {
        frame: operator.frame("/"),
        entries: &ENTRIES,
    };
    show(StatusCode::OK, &page)
}
