//! Practice (練習) at the terminal: the pages of the modes under addresses of their own, over a client that reaches made-up patients and nobody
//! else. A page of practice says what it is at its head, in its title, in its frame and on paper; it decides no right.

use std::convert::Infallible;
use std::fmt;

use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::Response;
use serde::de::DeserializeOwned;

use crate::pages::{Filled, Staff, Turned, Visitor};
use crate::serve::App;

/// What begins the address of every page of practice.
const PREFIX: &str = "/training";

/// Which people a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Those who exist.
    Real,
    /// Those made up for practice.
    Training,
}

impl Ground {
    /// Where a page lies on this side.
    pub(crate) fn at(self, path: &str) -> String {
        match self {
            Self::Real => path.to_owned(),
            Self::Training => format!("{PREFIX}{path}"),
        }
    }

    /// The side a page's own path lies on.
    pub(crate) fn of(path: &str) -> Self {
        match path.strip_prefix(PREFIX) {
            Some(rest) if rest.starts_with('/') => Self::Training,
            Some(_) | None => Self::Real,
        }
    }

    /// The key of the words that lead back to the modes' first page.
    pub(crate) fn way_back(self) -> &'static str {
        match self {
            Self::Real => "to-emergency",
            Self::Training => "to-training",
        }
    }

    /// True where nobody exists.
    pub(crate) fn is_training(self) -> bool {
        self == Self::Training
    }
}

/// The name in the style sheet.
impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Real => "real",
            Self::Training => "training",
        })
    }
}

/// What the pages of practice share: a page that is given it gets a [`Staff`] of practice and no other.
#[derive(Clone)]
pub(crate) struct Training(pub(crate) App);

impl FromRef<Training> for App {
    fn from_ref(training: &Training) -> Self {
        training.0.clone()
    }
}

impl FromRequestParts<Training> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        training: &Training,
    ) -> Result<Self, Infallible> {
        <Self as FromRequestParts<App>>::from_request_parts(parts, &training.0).await
    }
}

impl FromRequestParts<Training> for Staff {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, training: &Training) -> Result<Self, Turned> {
        let staff = <Self as FromRequestParts<App>>::from_request_parts(parts, &training.0);
        Ok(staff.await?.in_training())
    }
}

impl<T: DeserializeOwned> FromRequest<Training> for Filled<T> {
    type Rejection = Response;

    async fn from_request(request: Request, training: &Training) -> Result<Self, Response> {
        <Self as FromRequest<App>>::from_request(request, &training.0).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_practice_lies_under_its_own_address_and_no_other_does() {
        let page = Ground::Training.at("/medical/1");
        assert_eq!(page, "/training/medical/1");
        assert_eq!(Ground::of(&page), Ground::Training);
        for real in ["/medical/1", "/", "/trainings", "/training", ""] {
            assert_eq!(Ground::of(real), Ground::Real, "{real}");
            assert_eq!(Ground::Real.at(real), real);
        }
    }
}
