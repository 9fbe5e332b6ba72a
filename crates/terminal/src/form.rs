//! Forms: a field with its label, support and errors, so that they never part company. Decides nothing about values.

use api::problem::{MemberError, Problem};

/// One input.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) ja: &'static str,
    pub(crate) en: &'static str,
    pub(crate) support: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) value: String,
    pub(crate) errors: Vec<Shown>,
}

/// A text in both languages with its code.
pub(crate) struct Shown {
    pub(crate) code: String,
    pub(crate) ja: String,
    pub(crate) en: String,
}

impl Shown {
    pub(crate) fn problem(problem: &Problem) -> Self {
        Self {
            code: problem.code.clone(),
            ja: problem.clerk.ja.clone(),
            en: problem.clerk.en.clone(),
        }
    }

    fn member(error: &MemberError) -> Self {
        Self {
            code: error.code.clone(),
            ja: error.text.ja.clone(),
            en: error.text.en.clone(),
        }
    }
}

impl Field {
    pub(crate) fn text(
        name: &'static str,
        ja: &'static str,
        en: &'static str,
        support: &'static str,
    ) -> Self {
        Self {
            name,
            kind: "text",
            ja,
            en,
            support,
            autocomplete: "off",
            value: String::new(),
            errors: Vec::new(),
        }
    }

    pub(crate) fn password(
        name: &'static str,
        ja: &'static str,
        en: &'static str,
        support: &'static str,
    ) -> Self {
        Self {
            kind: "password",
            ..Self::text(name, ja, en, support)
        }
    }

    pub(crate) fn with(mut self, value: &str) -> Self {
        value.clone_into(&mut self.value);
        self
    }

    /// What describes the input: its support text and its errors.
    pub(crate) fn described_by(&self) -> String {
        let mut ids = format!("{}-support", self.name);
        for index in 1..=self.errors.len() {
            ids.push_str(&format!(" {}-error-{index}", self.name));
        }
        ids
    }
}

/// Gives every field the errors that name it.
pub(crate) fn with_errors(mut fields: Vec<Field>, errors: &[MemberError]) -> Vec<Field> {
    for field in &mut fields {
        let own = errors.iter().filter(|error| error.member == field.name);
        field.errors = own.map(Shown::member).collect();
    }
    fields
}
