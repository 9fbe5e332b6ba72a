//! Practising the modes (練習, operations §1.10: the modes themselves are shut in normal times): who is made up to be practised with, and for
//! how long a day of practice lasts. Knows no real patient and opens nothing.

use crate::civil_date::Instant;
use crate::coverage::Registration;
use crate::emergency::Mode;
use crate::emergency::window::{
    EmergencyWindow, Operators, Places, Planned, Reach, RefusedStep, WindowKind,
};
use crate::medical_information::MedicalInformation;
use crate::posted_notice::Prefecture;

/// Who opens the windows of a day of practice: no operator has this name.
///
/// ```
/// assert!(domain::operator::OperatorName::parse(domain::emergency::training::NOBODY).is_err());
/// ```
pub const NOBODY: &str = "-";

/// A patient who does not exist, with whom the modes are practised, and the situation in which they are met.
///
/// ```
/// use domain::{civil_date::CivilDate, codes::person::Sex, coverage::Registration, emergency::Mode};
/// use domain::emergency::training::{CardAtHand, MadeUpPatient, Scene};
/// use domain::person::{Person, PersonId, PersonName};
/// let person = Person {
///     id: PersonId::from_u128(1),
///     name: PersonName::parse("練習　太郎").unwrap(),
///     name_of_other: None,
///     kana: None,
///     kana_of_other: None,
///     sex: Sex::Male,
///     shown_sex: None,
///     birth_date: CivilDate::new(1970, 1, 2).unwrap(),
///     address: None,
///     postal_code: None,
/// };
/// let patient = MadeUpPatient {
///     registration: Registration { person, coverages: Vec::new() },
///     information: Default::default(),
///     scene: Scene { mode: Mode::Ambulance, ja: "意識がありません。", en: "Unconscious." },
///     card: CardAtHand::Yes,
/// };
/// assert!(!format!("{patient:?}").contains("太郎"));
/// ```
#[derive(Debug, Clone)]
pub struct MadeUpPatient {
    /// Who it is, as if registered.
    pub registration: Registration,
    /// What is known of them.
    pub information: MedicalInformation,
    /// How they come in.
    pub scene: Scene,
    /// Whether they bring a card.
    pub card: CardAtHand,
}

/// A situation to practise.
///
/// ```
/// use domain::emergency::{Mode, training::Scene};
/// let scene = Scene { mode: Mode::Disaster, ja: "避難所から", en: "From a shelter" };
/// assert_eq!(scene.mode, Mode::Disaster);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scene {
    /// The mode it is about.
    pub mode: Mode,
    /// In Japanese.
    pub ja: &'static str,
    /// In English.
    pub en: &'static str,
}

/// Whether a made-up patient brings a card. Ambulance mode begins with one.
///
/// ```
/// use domain::emergency::training::CardAtHand;
/// assert_ne!(CardAtHand::Yes, CardAtHand::No);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardAtHand {
    /// A card that was checked.
    Yes,
    /// None.
    No,
}

/// The windows of a day of practice, under these identifiers: one of each mode that has windows, for every facility, from the first instant
/// of the day in Japan to the first of the next. What is opened under them ends with the day.
///
/// # Errors
/// [`RefusedStep`], which a test rules out.
///
/// ```
/// use domain::{civil_date::Instant, emergency::training::windows_of_day, institution_code::InstitutionCode};
/// let now = Instant::parse("2026-11-26T03:00:00Z").unwrap();
/// let windows = windows_of_day([1, 2], now).unwrap();
/// let code = InstitutionCode::parse("1319999999").unwrap();
/// assert!(windows.iter().all(|it| it.is_open(now) && it.planned.reach.holds(code)));
/// let end = Instant::parse("2026-11-26T15:00:00Z").unwrap();
/// assert!(windows.iter().all(|it| it.until() == end));
/// ```
pub fn windows_of_day(ids: [u128; 2], now: Instant) -> Result<[EmergencyWindow; 2], RefusedStep> {
    let today = now.date_in_japan();
    let from = Instant::start_of_day_in_japan(today);
    let until = Instant::start_of_day_in_japan(today.plus_days(1));
    let open = |id, kind, reach| {
        let planned = Planned {
            id,
            kind,
            reach,
            reason: "練習 Training".into(),
            from,
        };
        EmergencyWindow::open(planned, until, NOBODY, now, Operators::One)
    };
    let everywhere = Places {
        prefectures: Prefecture::all().collect(),
        ..Places::default()
    };
    let [disaster, outage] = ids;
    Ok([
        open(disaster, WindowKind::Disaster, Reach::Within(everywhere))?,
        open(outage, WindowKind::Outage, Reach::Everywhere)?,
    ])
}
