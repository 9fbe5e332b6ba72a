//! What a client hears of at `GET /v1/events` (contracts §2): server-sent events with JSON data. An event says that something
//! changed and names it; it holds nothing of a patient.

use serde::{Deserialize, Serialize};

use crate::reader::{Reader, Release};

/// A check by card was opened or closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CardCheckNews {
    /// The check's identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// The reader.
    pub reader: String,
    /// `opened`, `answered` or `closed_without_answers`.
    #[schema(pattern = "^(opened|answered|closed_without_answers)$")]
    pub state: String,
}

/// A check by number was made, one without a card in an emergency, or one at home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CheckNews {
    /// The check's identifier.
    #[schema(format = "uuid")]
    pub id: String,
}

/// The facility's settings changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SettingsNews {
    /// The new `ETag`, without its quotes.
    pub version: String,
}

/// The rotation of a system account's secret moved on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RotationNews {
    /// The account.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,32}$")]
    pub account: String,
}

/// A consent to medical information was withdrawn: lists and pages that show any of the patient are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WithdrawalNews {
    /// What gave the newest right that ended: a check by card, or an emergency's opening.
    #[schema(format = "uuid")]
    pub id: String,
}

/// What is open for the facility without a card changed: read the state anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EmergencyNews {
    /// The modes whose windows are open now: `disaster`, `outage`.
    pub open: Vec<String>,
}

/// One event, by its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `reader`: mode or state changed; the whole reader as it is now.
    Reader(Reader),
    /// `release`: staff released one check at a reader.
    Release(Release),
    /// `card_check`: a check by card was opened or closed.
    CardCheck(CardCheckNews),
    /// `check`: a check by number was made, or one without a card in an emergency. Told as it happens and never again: after a connection was lost, read the history.
    Check(CheckNews),
    /// `settings`: the settings changed.
    Settings(SettingsNews),
    /// `rotation`: a system account's rotation was asked for, moved on or was taken back.
    Rotation(RotationNews),
    /// `consent_withdrawn`: a consent to medical information was withdrawn.
    ConsentWithdrawn(WithdrawalNews),
    /// `emergency`: an emergency window opened, closed or changed. Told as it happens and never again.
    Emergency(EmergencyNews),
    /// `home_care`: a patient answered at home or from afar, or a later visit was checked there without the card.
    HomeCare(CheckNews),
}

impl Event {
    /// The name of its kind on the line.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Reader(_) => "reader",
            Self::Release(_) => "release",
            Self::CardCheck(_) => "card_check",
            Self::Check(_) => "check",
            Self::Settings(_) => "settings",
            Self::Rotation(_) => "rotation",
            Self::ConsentWithdrawn(_) => "consent_withdrawn",
            Self::Emergency(_) => "emergency",
            Self::HomeCare(_) => "home_care",
        }
    }

    /// Its data on the line: one line of JSON.
    #[must_use]
    pub fn data(&self) -> String {
        let text = match self {
            Self::Reader(it) => serde_json::to_string(it),
            Self::Release(it) => serde_json::to_string(it),
            Self::CardCheck(it) => serde_json::to_string(it),
            Self::Check(it) => serde_json::to_string(it),
            Self::Settings(it) => serde_json::to_string(it),
            Self::Rotation(it) => serde_json::to_string(it),
            Self::ConsentWithdrawn(it) => serde_json::to_string(it),
            Self::Emergency(it) => serde_json::to_string(it),
            Self::HomeCare(it) => serde_json::to_string(it),
        };
        // Texts and numbers in named members always serialise.
        text.unwrap_or_default()
    }

    /// Reads an event; `None` for a kind or data that this version does not know.
    #[must_use]
    pub fn read(kind: &str, data: &str) -> Option<Self> {
        match kind {
            "reader" => serde_json::from_str(data).ok().map(Self::Reader),
            "release" => serde_json::from_str(data).ok().map(Self::Release),
            "card_check" => serde_json::from_str(data).ok().map(Self::CardCheck),
            "check" => serde_json::from_str(data).ok().map(Self::Check),
            "settings" => serde_json::from_str(data).ok().map(Self::Settings),
            "rotation" => serde_json::from_str(data).ok().map(Self::Rotation),
            "consent_withdrawn" => serde_json::from_str(data).ok().map(Self::ConsentWithdrawn),
            "emergency" => serde_json::from_str(data).ok().map(Self::Emergency),
            "home_care" => serde_json::from_str(data).ok().map(Self::HomeCare),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_and_one_of_a_later_version_is_passed_over() {
        let event = Event::CardCheck(CardCheckNews {
            id: "019aae5e-0000-7000-8000-000000000001".into(),
            reader: "reader".into(),
            state: "opened".into(),
        });
        assert_eq!(
            Event::read(event.kind(), &event.data()),
            Some(event.clone())
        );
        assert_eq!(Event::read("weather", &event.data()), None);
        assert!(!event.data().contains('\n'));
    }

    #[test]
    fn the_interfaces_document_names_every_kind() {
        let told = crate::openapi::operations::all()
            .find(|it| it.path == crate::routes::EVENTS)
            .map(|it| it.summary)
            .unwrap();
        let check = || CheckNews { id: String::new() };
        let events = [
            Event::CardCheck(CardCheckNews {
                id: String::new(),
                reader: String::new(),
                state: String::new(),
            }),
            Event::Check(check()),
            Event::Settings(SettingsNews {
                version: String::new(),
            }),
            Event::Rotation(RotationNews {
                account: String::new(),
            }),
            Event::ConsentWithdrawn(WithdrawalNews { id: String::new() }),
            Event::Emergency(EmergencyNews { open: Vec::new() }),
            Event::HomeCare(check()),
        ];
        let kinds = events.iter().map(Event::kind);
        for kind in kinds.chain(["reader", "release"]) {
            let mut words = told.split(|c: char| c != '_' && !c.is_alphanumeric());
            assert!(words.any(|word| word == kind), "{kind}: {told}");
        }
    }
}
