//! Why somebody may look at medical information (G01): as 医師, 歯科医師 or 薬剤師, or because somebody of the facility designated the person
//! (医療機関の選定者). Says what is missing and what does not belong; how long a text may be is the caller's.

/// As what a medical viewer looks.
///
/// ```
/// use domain::account::grounds::Profession;
/// assert_eq!(Profession::parse("pharmacist"), Some(Profession::Pharmacist));
/// assert_eq!(Profession::parse("医師"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profession {
    /// 医師.
    Physician,
    /// 歯科医師.
    Dentist,
    /// 薬剤師.
    Pharmacist,
    /// 選定者: somebody else, whom one of the facility designated.
    Designated,
}

impl Profession {
    /// All of them, in the order of a form.
    pub const ALL: [Self; 4] = [
        Self::Physician,
        Self::Dentist,
        Self::Pharmacist,
        Self::Designated,
    ];

    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Physician => "physician",
            Self::Dentist => "dentist",
            Self::Pharmacist => "pharmacist",
            Self::Designated => "designated",
        }
    }

    /// The one of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// The name in Japanese.
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Physician => "医師",
            Self::Dentist => "歯科医師",
            Self::Pharmacist => "薬剤師",
            Self::Designated => "選定者",
        }
    }

    /// The name in English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Physician => "physician",
            Self::Dentist => "dentist",
            Self::Pharmacist => "pharmacist",
            Self::Designated => "designated person",
        }
    }
}

/// What an account says of it.
///
/// ```
/// use domain::account::grounds::{Grounds, GroundsFault, Profession};
/// let designated = Grounds { profession: Some(Profession::Designated), ..Grounds::default() };
/// assert_eq!(designated.faults(), [GroundsFault::NoDesignator]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds {
    /// As what; `None` where nobody asked for it yet.
    pub profession: Option<Profession>,
    /// The work of a designated person (職種), where it is said. Without a profession: what was typed while this was one free text.
    pub designation: Option<String>,
    /// Who designated the person.
    pub designated_by: Option<String>,
}

/// What is wrong with a medical viewer's grounds.
///
/// ```
/// use domain::account::grounds::{Grounds, GroundsFault};
/// assert_eq!(Grounds::default().faults(), [GroundsFault::NoProfession]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroundsFault {
    /// It is not said as what the person looks.
    NoProfession,
    /// It is not said who designated the person.
    NoDesignator,
    /// A physician, dentist or pharmacist is designated by nobody, yet work is given.
    NeedlessDesignation,
    /// The same of whoever designated.
    NeedlessDesignator,
}

impl Grounds {
    /// What is wrong with them, of a medical viewer.
    #[must_use]
    pub fn faults(&self) -> Vec<GroundsFault> {
        match self.profession {
            None => vec![GroundsFault::NoProfession],
            Some(Profession::Designated) => {
                let missing = self.designated_by.is_none();
                missing
                    .then_some(GroundsFault::NoDesignator)
                    .into_iter()
                    .collect()
            }
            Some(Profession::Physician | Profession::Dentist | Profession::Pharmacist) => {
                let work = self.designation.as_ref();
                let who = self.designated_by.as_ref();
                work.map(|_| GroundsFault::NeedlessDesignation)
                    .into_iter()
                    .chain(who.map(|_| GroundsFault::NeedlessDesignator))
                    .collect()
            }
        }
    }
}
