//! What the components of `templates/components` are given: one type each, so that a label, its support and its errors never
//! part company. Holds no text of its own and judges no value.

/// Something to tell, with the code that tests and help desks name it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Stable code.
    pub code: String,
    /// Text in the page's language.
    pub text: String,
}

/// Whether a field must be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must, and says so.
    Required,
    /// It need not, and says so.
    Optional,
    /// Nothing is said: in a search, where all are optional.
    Plain,
}

/// How wide an input is: as wide as what is typed into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// A few characters.
    Short,
    /// A number or an identifier.
    Medium,
    /// The whole line.
    Full,
}

impl Width {
    /// The value of `data-width`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Medium => "medium",
            Self::Full => "full",
        }
    }
}

/// Kind of a text input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Digits, typed on a number pad where there is one.
    Digits,
    /// A password.
    Password,
}

impl Kind {
    /// The value of `type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text | Self::Digits => "text",
            Self::Password => "password",
        }
    }

    /// The value of `inputmode`.
    #[must_use]
    pub fn input_mode(self) -> Option<&'static str> {
        match self {
            Self::Digits => Some("numeric"),
            Self::Text | Self::Password => None,
        }
    }
}

/// Where an input is sent while it is typed, for feedback that also comes after sending the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// Where to.
    pub post: &'static str,
    /// Identifier of the element that shows the answer.
    pub target: &'static str,
}

/// One line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextField {
    /// Name and identifier: the JSON member's (contracts §3).
    pub name: &'static str,
    /// Label.
    pub label: String,
    /// How to fill it.
    pub support: String,
    /// Kind.
    pub kind: Kind,
    /// Whether it must be filled.
    pub need: Need,
    /// Width.
    pub width: Width,
    /// The value of `autocomplete`.
    pub autocomplete: &'static str,
    /// What stands in it; never a password.
    pub value: String,
    /// What is wrong.
    pub errors: Vec<Fault>,
    /// Feedback while typing.
    pub live: Option<Live>,
}

impl TextField {
    /// An empty field for text that must be filled.
    #[must_use]
    pub fn new(name: &'static str, label: String) -> Self {
        Self {
            name,
            label,
            support: String::new(),
            kind: Kind::Text,
            need: Need::Required,
            width: Width::Medium,
            autocomplete: "off",
            value: String::new(),
            errors: Vec::new(),
            live: None,
        }
    }

    /// Identifiers of what describes the input.
    #[must_use]
    pub fn described_by(&self) -> Option<String> {
        described_by(self.name, &self.support, &self.errors)
    }
}

/// One of a few values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// Name and identifier.
    pub name: &'static str,
    /// Label.
    pub label: String,
    /// How to choose.
    pub support: String,
    /// Whether a choice must be made.
    pub need: Need,
    /// Width.
    pub width: Width,
    /// The values.
    pub options: Vec<Choice>,
    /// The one chosen.
    pub value: String,
    /// What is wrong.
    pub errors: Vec<Fault>,
}

impl Select {
    /// Identifiers of what describes the input.
    #[must_use]
    pub fn described_by(&self) -> Option<String> {
        described_by(self.name, &self.support, &self.errors)
    }
}

/// A value of a [`Select`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
}

/// One of a few things that need a line of explanation each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Radio {
    /// What is sent.
    pub value: String,
    /// Label.
    pub label: String,
    /// Explanation, line by line.
    pub support: Vec<String>,
    /// Whether it is chosen.
    pub chosen: bool,
    /// Whether it cannot be chosen; the explanation says why.
    pub barred: bool,
}

/// A tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkbox {
    /// Name and identifier.
    pub name: &'static str,
    /// Label.
    pub label: String,
    /// What the tick means.
    pub support: String,
    /// What is sent when ticked.
    pub value: String,
    /// Whether it is ticked.
    pub checked: bool,
}

fn described_by(name: &str, support: &str, errors: &[Fault]) -> Option<String> {
    let support = (!support.is_empty()).then(|| format!("{name}-support"));
    let errors = (1..=errors.len()).map(|index| format!("{name}-error-{index}"));
    let ids: Vec<String> = support.into_iter().chain(errors).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// Looks of a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonTone {
    /// The one thing most people do on this page.
    Primary,
    /// Another way.
    Secondary,
    /// Takes something away.
    Danger,
    /// As light as a link.
    Quiet,
}

impl ButtonTone {
    /// The value of `data-tone`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Danger => "danger",
            Self::Quiet => "quiet",
        }
    }
}

/// Weight of a [`Banner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something failed.
    Error,
    /// Something to look at before going on.
    Warning,
    /// Something was done.
    Success,
    /// Something good to know.
    Note,
}

impl Tone {
    /// The value of `data-tone`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Success => "success",
            Self::Note => "note",
        }
    }

    /// Whether a screen reader reads it at once.
    #[must_use]
    pub fn interrupts(self) -> bool {
        match self {
            Self::Error | Self::Warning => true,
            Self::Success | Self::Note => false,
        }
    }
}

/// A notification banner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// Weight.
    pub tone: Tone,
    /// Stable code; empty where there is none.
    pub code: String,
    /// Title; may be empty.
    pub title: String,
    /// Text.
    pub text: String,
    /// What to do about it on another page.
    pub way_on: Option<WayOn>,
}

/// A link out of a banner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayOn {
    /// Where to.
    pub href: String,
    /// Text.
    pub text: String,
}

impl Banner {
    /// A banner of a fault.
    #[must_use]
    pub fn new(tone: Tone, fault: Fault) -> Self {
        Self {
            tone,
            code: fault.code,
            title: String::new(),
            text: fault.text,
            way_on: None,
        }
    }
}

/// All that is wrong in a form, each leading to its field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorSummary {
    /// Stable code of the whole.
    pub code: String,
    /// Field and fault.
    pub faults: Vec<(String, Fault)>,
}

/// A row of a description list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// Its value.
    pub text: String,
    /// What the value means for the person reading; may be empty.
    pub meaning: String,
}

/// The way to the next page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPage {
    /// Where the terms are sent.
    pub action: &'static str,
    /// Search terms, the mark of the next page among them.
    pub terms: Vec<(&'static str, String)>,
}

/// A verdict on a coverage, as shown at the top of its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `1` to `6` (OQSCD006).
    pub code: &'static str,
    /// A sign told apart without colour.
    pub sign: &'static str,
    /// The verdict in words.
    pub word: String,
    /// Of whom, for which day.
    pub about: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_described_by_its_support_and_each_of_its_errors() {
        let mut field = TextField::new("number", "番号".into());
        assert_eq!(field.described_by(), None);
        let fault = Fault {
            code: "required".into(),
            text: "番号を入力してください。".into(),
        };
        field.errors = vec![fault.clone(), fault];
        assert_eq!(
            field.described_by().as_deref(),
            Some("number-error-1 number-error-2")
        );
        field.support = "20文字まで".into();
        assert_eq!(
            field.described_by().as_deref(),
            Some("number-support number-error-1 number-error-2")
        );
    }
}
