//! Why an operator's wish was not fulfilled: for the shell in both languages at once, for a page in its own, at the member it is about.

use std::fmt;

use api::problem::Problem;
use axum::http::StatusCode;
use store::engine::StoreError;
use ui::component::Fault;
use ui::language::Words;

use crate::trouble::Refused;

/// What is told. Holds no secret that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The member it is about; empty where it is about the whole.
    pub(crate) member: &'static str,
    /// Stable code.
    pub(crate) code: String,
    ja: String,
    en: String,
    status: StatusCode,
}

impl Told {
    /// Something wrong with a member of what was asked.
    pub(crate) fn of(
        member: &'static str,
        code: &str,
        ja: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            member,
            code: code.into(),
            ja: ja.into(),
            en: en.into(),
            status: StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// There is no such thing.
    pub(crate) fn none(member: &'static str, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            ..Self::of(member, "not_found", ja, en)
        }
    }

    /// A page's form asked for something that is not done there.
    pub(crate) fn no_such_deed() -> Self {
        Self::none("", "この操作はありません。", "there is no such deed")
    }

    /// The same about a member that has another name where it was asked.
    pub(crate) fn at(self, member: &'static str) -> Self {
        Self { member, ..self }
    }

    /// For a page.
    pub(crate) fn fault(&self, words: &Words) -> Fault {
        Fault {
            code: self.code.clone(),
            text: words.choose(&self.ja, &self.en).clone(),
        }
    }

    /// For a page that shows it at the member it is about.
    pub(crate) fn at_member(&self, words: &Words) -> (String, Fault) {
        (self.member.to_owned(), self.fault(words))
    }

    /// The status of a page that shows it.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

/// What a page shows at its members: nothing, or the one thing that is wrong.
pub(crate) fn faults(told: Option<&Told>, words: &Words) -> Vec<(String, Fault)> {
    told.map(|told| told.at_member(words)).into_iter().collect()
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.member.is_empty() {
            write!(f, "{}: ", self.member)?;
        }
        write!(f, "{} / {}", self.ja, self.en)
    }
}

impl From<&Problem> for Told {
    fn from(problem: &Problem) -> Self {
        Self {
            status: StatusCode::from_u16(problem.status)
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            ..Self::of("", &problem.code, &problem.clerk.ja, &problem.clerk.en)
        }
    }
}

impl From<Problem> for Told {
    fn from(problem: Problem) -> Self {
        Self::from(&problem)
    }
}

impl From<Refused> for Told {
    fn from(refused: Refused) -> Self {
        Self::from(refused.problem())
    }
}

impl From<StoreError> for Told {
    #[track_caller]
    fn from(error: StoreError) -> Self {
        // Logs it, once.
        Refused::from(error).into()
    }
}

impl From<Told> for String {
    fn from(told: Told) -> Self {
        told.to_string()
    }
}
