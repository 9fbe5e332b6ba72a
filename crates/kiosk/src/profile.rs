//! Reader profiles (G18, G40): what differs by a reader's maker, as data. Five come from the guide with their doubts marked; none
//! claims to be official, and a facility may write its own.

use domain::questions::Question;
use serde::Deserialize;

use crate::texts::Overrides;

/// The profiles that are built in.
pub const BUILT_IN: [(&str, &str); 6] = [
    ("generic", include_str!("../profiles/generic.toml")),
    ("fujitsu", include_str!("../profiles/fujitsu.toml")),
    ("panasonic", include_str!("../profiles/panasonic.toml")),
    ("almex", include_str!("../profiles/almex.toml")),
    ("canon", include_str!("../profiles/canon.toml")),
    ("atlas", include_str!("../profiles/atlas.toml")),
];

/// A reader profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its identifier, which the center shows to staff: 1 to 32 letters, digits, `-` or `_`.
    pub id: String,
    /// The maker, in Japanese.
    pub maker: String,
    /// Where the data come from, to be verified before use.
    pub source: Source,
    /// Which optional steps of the flow readers of this maker show.
    pub steps: Steps,
    /// How it starts.
    pub start: Start,
    /// How it stops.
    pub stop: Stop,
    /// What its screen lock is called (G17).
    pub lock: Lock,
    /// Texts it says in its own way, by language and key.
    #[serde(default)]
    pub texts: Overrides,
}

/// Where data come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The document.
    pub document: String,
    /// Its place in it.
    pub place: String,
    /// As of which edition.
    pub as_of: String,
    /// What is not certain; empty when nothing is known to be.
    #[serde(default)]
    pub doubts: Vec<String>,
}

/// Optional steps. Which ones real readers of a maker lack is not published, so all built-in profiles show all. The center decides
/// what is asked; a reader that does not show a question leaves it unanswered, which is "no".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// 特定疾病療養受療証.
    pub specified_disease: bool,
    /// 医療費助成の受給者証.
    pub medical_subsidy: bool,
    /// The prescription question.
    pub prescription: bool,
}

impl Steps {
    /// All of them.
    pub const ALL: Self = Self {
        specified_disease: true,
        medical_subsidy: true,
        prescription: true,
    };

    /// Whether this reader shows a question.
    #[must_use]
    pub fn show(self, question: Question) -> bool {
        match question {
            Question::SpecifiedDisease => self.specified_disease,
            Question::MedicalSubsidy => self.medical_subsidy,
            Question::PrescriptionIssue | Question::PrescriptionSubmit => self.prescription,
            Question::Surgery
            | Question::TreatmentAndDrugs
            | Question::Drugs
            | Question::Checkups => true,
        }
    }
}

/// How something is switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switching {
    /// It follows the PC.
    Auto,
    /// By hand.
    Manual,
}

/// What is stopped, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The PC.
    Pc,
    /// The monitor.
    Monitor,
    /// The reader.
    Reader,
}

/// How a reader starts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// By itself or by hand.
    pub how: Switching,
    /// Where its button is; absent where the guide names none.
    pub button: Option<String>,
}

/// How a reader stops.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// By itself or by hand.
    pub how: Switching,
    /// The order of the parts.
    pub order: Vec<Part>,
    /// Steps beside the order.
    #[serde(default)]
    pub steps: Vec<String>,
    /// What the guide notes.
    pub note: Option<String>,
    /// Whether it is doubtful that the note is meant for this maker.
    #[serde(default)]
    pub note_doubt: bool,
}

/// The name of the screen lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// クリアスクリーン.
    ClearScreen,
    /// スクリーンセーバー.
    ScreenSaver,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidProfile {
    /// The TOML reader's finding, with line and column.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// The identifier.
    #[error("id: not 1 to 32 letters, digits, hyphens or underscores")]
    Id,
    /// Each part is stopped once.
    #[error("stop.order: pc, monitor and reader must each stand once")]
    Order,
    /// A text that the kiosk does not have.
    #[error(transparent)]
    Texts(#[from] crate::texts::InvalidTexts),
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`InvalidProfile`].
    pub fn parse(text: &str) -> Result<Self, InvalidProfile> {
        let profile: Self = toml::from_str(text)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !(1..=32).contains(&profile.id.len()) || !profile.id.chars().all(allowed) {
            return Err(InvalidProfile::Id);
        }
        let order = &profile.stop.order;
        let each = [Part::Pc, Part::Monitor, Part::Reader];
        if order.len() != each.len() || !each.iter().all(|part| order.contains(part)) {
            return Err(InvalidProfile::Order);
        }
        crate::texts::Texts::new(domain::facility_kind::FacilityKind::Medical, &profile.texts)?;
        Ok(profile)
    }

    /// A profile that is built in.
    #[must_use]
    pub fn built_in(id: &str) -> Option<&'static str> {
        let found = BUILT_IN.iter().find(|(name, _)| *name == id);
        found.map(|(_, text)| *text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(id: &str) -> Profile {
        Profile::parse(Profile::built_in(id).unwrap()).unwrap()
    }

    #[test]
    fn every_built_in_profile_reads_and_bears_its_name() {
        for (id, text) in BUILT_IN {
            let profile = Profile::parse(text).unwrap();
            assert_eq!(profile.id, id);
            assert!(!profile.source.as_of.is_empty(), "{id}");
        }
        assert!(Profile::built_in("sony").is_none());
    }

    #[test]
    fn start_and_stop_are_as_the_guide_has_them() {
        use Part::{Monitor, Pc, Reader};
        use Switching::{Auto, Manual};
        for (id, start, stop, order) in [
            ("fujitsu", Auto, Auto, [Pc, Monitor, Reader]),
            ("panasonic", Auto, Auto, [Pc, Monitor, Reader]),
            ("almex", Manual, Manual, [Pc, Monitor, Reader]),
            ("canon", Manual, Manual, [Pc, Monitor, Reader]),
            ("atlas", Auto, Manual, [Reader, Pc, Monitor]),
        ] {
            let profile = profile(id);
            assert_eq!(profile.start.how, start, "{id}");
            assert_eq!(profile.stop.how, stop, "{id}");
            assert_eq!(profile.stop.order, order, "{id}");
            let note = matches!(id, "almex" | "canon");
            assert_eq!(profile.stop.note.is_some(), note, "{id}");
            assert_eq!(profile.stop.note_doubt, note, "{id}");
        }
        assert_eq!(profile("panasonic").lock, Lock::ClearScreen);
        assert_eq!(profile("atlas").stop.steps.len(), 2);
    }

    #[test]
    fn what_is_wrong_in_a_profile_is_named() {
        let generic = Profile::built_in("generic").unwrap();
        let told = |text: &str| Profile::parse(text).unwrap_err().to_string();
        assert!(told(&generic.replace("\"generic\"", "\"a b\"")).starts_with("id:"));
        let twice = generic.replace("\"pc\", \"monitor\"", "\"pc\", \"pc\"");
        assert!(told(&twice).starts_with("stop.order:"));
        assert!(told(&format!("{generic}\n[texts.ja]\nno-such = \"x\"\n")).contains("no-such"));
        assert!(told("colour = 1").contains("colour"));
    }
}
