//! One desk and the directory of all. What is written here was written by whoever edits the directory; nothing of it is official.

use core::fmt;
use std::collections::BTreeSet;

use crate::civil_date::{CivilDate, Instant};
use crate::equipment::Part;
use crate::holidays::Holidays;
use crate::named::named;
use crate::support_directory::hours::{Clock, Doubt, Hours, State};

named! {
    /// Whether the facility has the support contract (オフィスプライムサポート or the like).
    ///
    /// ```
    /// use domain::support_directory::desk::Contract;
    /// assert_eq!(Contract::parse("with"), Some(Contract::With));
    /// ```
    Contract {
        /// It has.
        With = "with";
        /// It has not.
        Without = "without";
    }
}

/// What one calls about.
///
/// ```
/// use domain::equipment::Part;
/// use domain::support_directory::desk::Matter;
/// assert_eq!(Matter::parse("hub"), Some(Matter::Part(Part::Hub)));
/// assert_eq!(Matter::parse("claims"), Some(Matter::Claims));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// A part that fails.
    Part(Part),
    /// 運用・操作方法, applications.
    Operation,
    /// サポート申込, 導入後の設定変更, 機器の追加.
    SetUpChange,
    /// オンライン請求.
    Claims,
    /// オンライン請求 at another PC.
    ClaimsElsewhere,
}

impl Matter {
    /// Those that are no part.
    pub const OTHERS: [Self; 4] = [
        Self::Operation,
        Self::SetUpChange,
        Self::Claims,
        Self::ClaimsElsewhere,
    ];

    /// The matter of a word in a directory.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let other = Self::OTHERS.into_iter().find(|it| it.as_str() == word);
        other.or_else(|| Part::parse(word).map(Self::Part))
    }

    /// The word in a directory.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Part(part) => part.as_str(),
            Self::Operation => "operation",
            Self::SetUpChange => "set_up_change",
            Self::Claims => "claims",
            Self::ClaimsElsewhere => "claims_elsewhere",
        }
    }

    /// Name in Japanese.
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Part(part) => part.label_ja(),
            Self::Operation => "運用・操作方法",
            Self::SetUpChange => "設定変更・機器の追加・サポートの申込み",
            Self::Claims => "オンライン請求",
            Self::ClaimsElsewhere => "別のパソコンでのオンライン請求",
        }
    }

    /// Name in English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Part(part) => part.label_en(),
            Self::Operation => "how to operate it",
            Self::SetUpChange => "changes of the set-up, added devices, the support contract",
            Self::Claims => "online claims",
            Self::ClaimsElsewhere => "online claims at another PC",
        }
    }
}

/// A desk's identifier in its directory: 1 to 40 lower-case letters, digits and hyphens.
///
/// ```
/// use domain::support_directory::desk::DeskId;
/// assert!(DeskId::parse("flets-fault").is_some());
/// assert!(DeskId::parse("Flets fault").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeskId(String);

impl DeskId {
    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let good = (1..=40).contains(&text.len()) && text.chars().all(allowed);
        good.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A telephone number as it is dialled in Japan: digits with hyphens between.
///
/// ```
/// use domain::support_directory::desk::PhoneNumber;
/// assert_eq!(PhoneNumber::parse("0120-60-7210").unwrap().as_str(), "0120-60-7210");
/// assert!(PhoneNumber::parse("113").is_some());
/// assert!(PhoneNumber::parse("ask").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads one of 3 to 15 digits. Full-width digits and hyphens, as they are typed, become ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ascii: String = text.trim().chars().map(ascii).collect();
        let digits = ascii.chars().filter(char::is_ascii_digit).count();
        let only = ascii.chars().all(|c| c.is_ascii_digit() || c == '-');
        let ends = ascii.starts_with('-') || ascii.ends_with('-') || ascii.contains("--");
        (only && !ends && (3..=15).contains(&digits)).then_some(Self(ascii))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn ascii(c: char) -> char {
    match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        '－' | 'ー' | '‐' | '−' => '-',
        _ => c,
    }
}

/// A number of a desk; the directory may leave it to the facility.
///
/// ```
/// use domain::support_directory::desk::Phone;
/// let by_post = Phone { number: None, when: None, note: Some("郵送にてお知らせ".into()) };
/// assert!(by_post.number.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// The number; `None` where the facility has to fill it in.
    pub number: Option<PhoneNumber>,
    /// In which situation it is the one.
    pub when: Option<String>,
    /// A note.
    pub note: Option<String>,
}

/// Something a desk is for. Empty lists of models and makers do not limit.
///
/// ```
/// use domain::equipment::Part;
/// use domain::support_directory::desk::{Matter, Scope};
/// let routers = Scope { matter: Matter::Part(Part::Router), models: vec!["RTX830".into()], makers: Vec::new() };
/// assert_eq!(routers.matter.as_str(), "router");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The matter.
    pub matter: Matter,
    /// Of these models alone.
    pub models: Vec<String>,
    /// Of these makers alone, by the names they go by.
    pub makers: Vec<String>,
}

/// How a desk takes calls.
///
/// ```
/// use domain::support_directory::desk::Reception;
/// assert_ne!(Reception::WebFormOnly, Reception::HoursNotKnown);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reception {
    /// At these hours.
    At(Hours),
    /// By its web form alone.
    WebFormOnly,
    /// At hours the directory does not give.
    HoursNotKnown,
}

/// When a desk makes repairs: its second clock.
///
/// ```
/// use domain::support_directory::desk::Repairs;
/// assert_eq!(Repairs::AsReception, Repairs::AsReception);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repairs {
    /// Nothing is said: as long as somebody answers.
    AsReception,
    /// At these hours.
    At(Hours),
    /// At these times of the day; on which days is not said.
    DaysNotStated(Hours),
}

/// A desk.
///
/// ```
/// use domain::support_directory::desk::{Contract, Desk, DeskId, Reception, Repairs};
/// let desk = Desk {
///     id: DeskId::parse("example").unwrap(),
///     name: "見本の窓口".into(),
///     group: None,
///     scope: Vec::new(),
///     not_for: Vec::new(),
///     contracts: vec![Contract::With],
///     phones: Vec::new(),
///     email: None,
///     url: None,
///     reception: Reception::HoursNotKnown,
///     repairs: Repairs::AsReception,
///     have_ready: Vec::new(),
///     cost: None,
///     notes: Vec::new(),
///     filled_in: false,
/// };
/// assert!(desk.is_of_contract());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// Identifier.
    pub id: DeskId,
    /// Name.
    pub name: String,
    /// The larger body it belongs to.
    pub group: Option<String>,
    /// What it is for.
    pub scope: Vec<Scope>,
    /// What it is expressly not for.
    pub not_for: Vec<Matter>,
    /// For whom.
    pub contracts: Vec<Contract>,
    /// Its numbers.
    pub phones: Vec<Phone>,
    /// E-mail address.
    pub email: Option<String>,
    /// Web page or form.
    pub url: Option<String>,
    /// When it answers.
    pub reception: Reception,
    /// When it makes repairs.
    pub repairs: Repairs,
    /// What to have at hand.
    pub have_ready: Vec<String>,
    /// What it costs.
    pub cost: Option<String>,
    /// Other notes.
    pub notes: Vec<String>,
    /// Whether name and number are the facility's own, from its inventory.
    pub filled_in: bool,
}

impl Desk {
    /// Whether it is for facilities with the support contract alone.
    #[must_use]
    pub fn is_of_contract(&self) -> bool {
        self.is_for(Contract::With) && !self.is_for(Contract::Without)
    }

    /// Whether it is for facilities with, or without, the support contract.
    #[must_use]
    pub fn is_for(&self, contract: Contract) -> bool {
        self.contracts.contains(&contract)
    }

    /// Its state at an instant, and what is not certain about that: of today and the days to its next opening, and of its repairs.
    #[must_use]
    pub fn state(&self, at: Instant, holidays: &Holidays) -> (State, Vec<Doubt>) {
        let today = at.date_in_japan();
        let reception = match &self.reception {
            Reception::At(hours) => hours,
            Reception::WebFormOnly => return (State::WebFormOnly, Vec::new()),
            Reception::HoursNotKnown => return (State::HoursNotKnown, Vec::new()),
        };
        let mut doubts = Vec::new();
        let until = match reception.clock(at, holidays) {
            Clock::Open { until } => {
                add_doubts(&mut doubts, reception, today, None, holidays);
                until
            }
            Clock::Closed { until } => {
                add_doubts(&mut doubts, reception, today, until, holidays);
                return (State::Closed { until }, doubts);
            }
        };
        let repairs = match &self.repairs {
            Repairs::AsReception => return (State::Open { until }, doubts),
            Repairs::At(hours) => hours,
            Repairs::DaysNotStated(hours) => {
                doubts.push(Doubt::RepairDays);
                hours
            }
        };
        let state = match repairs.clock(at, holidays) {
            Clock::Open { .. } => {
                add_doubts(&mut doubts, repairs, today, None, holidays);
                State::Open { until }
            }
            Clock::Closed { until } => {
                add_doubts(&mut doubts, repairs, today, until, holidays);
                State::ReceptionOnly { repair_from: until }
            }
        };
        (state, doubts)
    }
}

/// Adds what is not certain about the days from one to the day on which the clock opens next: each of them is told to be closed, or open.
fn add_doubts(
    doubts: &mut Vec<Doubt>,
    hours: &Hours,
    from: CivilDate,
    opens: Option<Instant>,
    holidays: &Holidays,
) {
    let last = opens.map_or(from, Instant::date_in_japan);
    for ahead in 0..=from.days_until(last) {
        for doubt in hours.doubts(from.plus_days(ahead), holidays) {
            if !doubts.contains(&doubt) {
                doubts.push(doubt);
            }
        }
    }
}

/// Why a directory is none.
///
/// ```
/// use domain::support_directory::desk::{InvalidDirectory, SupportDirectory};
/// assert_eq!(SupportDirectory::new("2026".into(), Vec::new(), Vec::new()), Err(InvalidDirectory::Empty));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDirectory {
    /// It holds no desk.
    #[error("窓口がひとつもありません。 / it holds no desk")]
    Empty,
    /// Two desks of one identifier.
    #[error("id = \"{0}\" の窓口が2つあります。 / two desks have the id \"{0}\"")]
    Twice(String),
    /// A desk that nobody is to call.
    #[error("id = \"{0}\": contract が空です。 / id = \"{0}\": contract is empty")]
    ForNobody(String),
}

/// All desks.
///
/// ```
/// use domain::support_directory::desk::SupportDirectory;
/// assert!(SupportDirectory::new("2026".into(), Vec::new(), Vec::new()).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SupportDirectory {
    as_of: String,
    notes: Vec<String>,
    desks: Vec<Desk>,
}

impl SupportDirectory {
    /// A directory with the edition it is of.
    ///
    /// # Errors
    /// [`InvalidDirectory`].
    pub fn new(
        as_of: String,
        notes: Vec<String>,
        desks: Vec<Desk>,
    ) -> Result<Self, InvalidDirectory> {
        if desks.is_empty() {
            return Err(InvalidDirectory::Empty);
        }
        let mut ids = BTreeSet::new();
        for desk in &desks {
            let id = desk.id.as_str().to_owned();
            if desk.contracts.is_empty() {
                return Err(InvalidDirectory::ForNobody(id));
            }
            if !ids.insert(&desk.id) {
                return Err(InvalidDirectory::Twice(id));
            }
        }
        Ok(Self {
            as_of,
            notes,
            desks,
        })
    }

    /// The edition it is of.
    #[must_use]
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// What it notes for all.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// All desks, in order.
    #[must_use]
    pub fn desks(&self) -> &[Desk] {
        &self.desks
    }
}
