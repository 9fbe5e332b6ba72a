//! What insurers send (医療保険者等のファイル): kinds of files, and the change each line asks for. The layouts are our own, since none is
//! public. Reads no file; what becomes of a change is `part`'s.

use crate::civil_date::CivilDate;
use crate::coverage::certificate::{CeilingCertificate, DiseaseCertificate, ElderlyCertificate};
use crate::coverage::{Coverage, Loss};
use crate::feed::part::correction::Correction;
use crate::insured::{InsuranceKey, InsuredNumber, Symbol};
use crate::insurer_number::InsurerNumber;
use crate::medical_aid::Ticket;
use crate::named::named;
use crate::person::Person;

named! {
    /// What a file of an insurer holds.
    ///
    /// ```
    /// use domain::feed::insurer::InsurerKind;
    /// assert_eq!(InsurerKind::parse("losses"), Some(InsurerKind::Losses));
    /// ```
    InsurerKind {
        /// Who the members are (加入者).
        Persons = "persons";
        /// Their coverages (資格).
        Coverages = "coverages";
        /// Certificates beside a coverage (認定証等).
        Certificates = "certificates";
        /// Ends of coverages (資格喪失).
        Losses = "losses";
        /// Single items put right (訂正).
        Corrections = "corrections";
        /// An extract of the resident register (住民情報), without any individual number: of no insurer.
        Residents = "residents";
    }
}

impl InsurerKind {
    /// The kind in Japanese.
    ///
    /// ```
    /// use domain::feed::insurer::InsurerKind;
    /// assert_eq!(InsurerKind::Losses.label_ja(), "資格喪失");
    /// ```
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Persons => "加入者",
            Self::Coverages => "資格",
            Self::Certificates => "認定証等",
            Self::Losses => "資格喪失",
            Self::Corrections => "訂正",
            Self::Residents => "住民情報",
        }
    }

    /// The kind in English.
    ///
    /// ```
    /// use domain::feed::insurer::InsurerKind;
    /// assert_eq!(InsurerKind::Persons.label_en(), "Members");
    /// ```
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Persons => "Members",
            Self::Coverages => "Coverages",
            Self::Certificates => "Certificates",
            Self::Losses => "Losses",
            Self::Corrections => "Corrections",
            Self::Residents => "Residents",
        }
    }

    /// Whether a file of the kind can be all that its insurer has: only what can end by not being named.
    ///
    /// ```
    /// use domain::feed::insurer::InsurerKind;
    /// assert!(InsurerKind::Coverages.may_be_full());
    /// assert!(!InsurerKind::Losses.may_be_full());
    /// ```
    #[must_use]
    pub fn may_be_full(self) -> bool {
        match self {
            Self::Coverages | Self::Certificates => true,
            Self::Persons | Self::Losses | Self::Corrections | Self::Residents => false,
        }
    }

    /// Whether its lines are an insurer's, and not the register's.
    ///
    /// ```
    /// use domain::feed::insurer::InsurerKind;
    /// assert!(!InsurerKind::Residents.is_of_insurer());
    /// ```
    #[must_use]
    pub fn is_of_insurer(self) -> bool {
        match self {
            Self::Persons
            | Self::Coverages
            | Self::Certificates
            | Self::Losses
            | Self::Corrections => true,
            Self::Residents => false,
        }
    }
}

named! {
    /// How much of an insurer a file holds.
    ///
    /// ```
    /// use domain::feed::insurer::Scope;
    /// assert_eq!(Scope::parse("full"), Some(Scope::Full));
    /// ```
    Scope {
        /// All there is: what it does not name is over (全件).
        Full = "full";
        /// What changed (差分).
        Delta = "delta";
    }
}

named! {
    /// What becomes of what a full file does not name. Nothing is deleted either way, and both are in the report to the insurer.
    ///
    /// ```
    /// use domain::feed::insurer::Unnamed;
    /// assert_eq!(Unnamed::parse("end"), Some(Unnamed::End));
    /// ```
    Unnamed {
        /// It ends, by a loss on the day of the file or at the day before, for the insurer to look at.
        End = "end";
        /// It stays, and is only listed.
        List = "list";
    }
}

/// Which of a member's coverages a line is about. Without a day of acquisition there must be one alone.
///
/// ```
/// use domain::feed::insurer::Which;
/// use domain::insured::InsuredNumber;
/// let which = Which { symbol: None, number: InsuredNumber::parse("4567").unwrap(), acquired: None };
/// assert_eq!(format!("{which:?}"), "Which(…)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Which {
    /// The symbol (記号).
    pub symbol: Option<Symbol>,
    /// The number (番号).
    pub number: InsuredNumber,
    /// The day of acquisition (資格取得日).
    pub acquired: Option<CivilDate>,
}

impl Which {
    /// The matching form at an insurer.
    ///
    /// ```
    /// use domain::{feed::insurer::Which, insured::InsuredNumber, insurer_number::InsurerNumber};
    /// let which = Which { symbol: None, number: InsuredNumber::parse("４５").unwrap(), acquired: None };
    /// assert_eq!(which.key(InsurerNumber::parse("06139992").unwrap()).as_str(), "06139992//45");
    /// ```
    #[must_use]
    pub fn key(&self, insurer: InsurerNumber) -> InsuranceKey {
        InsuranceKey::new(insurer, self.symbol.as_ref(), &self.number)
    }
}

impl core::fmt::Debug for Which {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Which(…)")
    }
}

/// A certificate as a line brings it.
///
/// ```
/// use domain::coverage::certificate::ElderlyCertificate;
/// use domain::coverage::period::Period;
/// use domain::coverage::ratio::Ratio;
/// use domain::feed::insurer::Certificate;
/// let ratio = Ratio::from_percent(20);
/// let certificate = Certificate::Elderly(ElderlyCertificate { issued: None, period: Period::default(), ratio });
/// assert_ne!(certificate, Certificate::Elderly(ElderlyCertificate { issued: None, period: Period::default(), ratio: None }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// Elderly recipient (高齢受給者証).
    Elderly(ElderlyCertificate),
    /// Ceiling (限度額適用認定証).
    Ceiling(CeilingCertificate),
    /// Specified disease (特定疾病療養受療証).
    Disease(DiseaseCertificate),
    /// A ticket of medical aid (医療券・調剤券).
    Ticket(Box<Ticket>),
}

/// What a line asks for, of one person.
///
/// ```
/// use domain::{civil_date::CivilDate, coverage::Loss, feed::insurer::{Change, Which}, insured::InsuredNumber};
/// let which = Which { symbol: None, number: InsuredNumber::parse("1").unwrap(), acquired: None };
/// let loss = Loss { date: CivilDate::new(2026, 4, 1).unwrap(), reason: None };
/// assert_eq!(format!("{:?}", Change::Loss(which, loss)), "Change(…)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Who the member is.
    Person(Box<Person>),
    /// A coverage, its certificates and loss left out.
    Coverage(Box<Coverage>),
    /// A certificate beside one.
    Certificate(Which, Certificate),
    /// The end of one.
    Loss(Which, Loss),
    /// An item of the person, or of a coverage, put right.
    Correction(Option<Which>, Correction),
    /// What the register says of somebody.
    Resident(Box<Person>),
}

impl core::fmt::Debug for Change {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Change(…)")
    }
}
