//! One insured period with one insurer (資格). Says on which days it covers; which of several counts is `coverage::select`'s.

pub mod card;
pub mod certificate;
pub mod period;
pub mod ratio;
pub mod select;
pub mod validity;

use crate::civil_date::CivilDate;
use crate::codes::coverage::{CardClassification, LossReason, Preschool};
use crate::codes::disease::SpecificDisease;
use crate::codes::person::Relationship;
use crate::coverage::card::Card;
use crate::coverage::certificate::{CeilingCertificate, DiseaseCertificate, ElderlyCertificate};
use crate::coverage::period::Period;
use crate::coverage::ratio::Ratio;
use crate::feed::BatchNumber;
use crate::insured::{Branch, InsuranceKey, InsuredNumber, Symbol, branches_fit};
use crate::insurer_number::InsurerNumber;
use crate::medical_aid::Ticket;
use crate::person::{Person, PersonName};
use crate::personal_text::personal_text;

personal_text! {
    /// The name of an insurer (保険者名称) or, for medical aid, of the welfare office (福祉事務所名).
    ///
    /// ```
    /// use domain::coverage::InsurerName;
    /// assert!(InsurerName::parse("架空健康保険組合").is_ok());
    /// ```
    InsurerName, 100
}

/// How a coverage ended (資格喪失).
///
/// ```
/// use domain::{civil_date::CivilDate, coverage::Loss};
/// let loss = Loss { date: CivilDate::new(2026, 10, 1).unwrap(), reason: None };
/// assert_eq!(loss.date.month(), 10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// The day of loss: the first day without the coverage (contracts §5).
    pub date: CivilDate,
    /// Why, where the insurer said so.
    pub reason: Option<LossReason>,
}

/// One coverage with all its certificates (operations §1.5).
///
/// For medical aid (`classification` A1) insurer, number and insurer name hold the public-expense number (公費負担者番号),
/// the beneficiary number (受給者番号) and the welfare office.
///
/// ```
/// use domain::coverage::Coverage;
/// use domain::{codes::coverage::CardClassification, coverage::InsurerName, insured::InsuredNumber, insurer_number::InsurerNumber};
/// let coverage = Coverage::new(
///     CardClassification::from_code("01").unwrap(),
///     InsurerNumber::parse("06139992").unwrap(),
///     InsurerName::parse("架空健康保険組合").unwrap(),
///     InsuredNumber::parse("４５６７").unwrap(),
/// );
/// assert!(coverage.loss.is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Kind of card (被保険者証区分).
    pub classification: CardClassification,
    /// Insurer number.
    pub insurer: InsurerNumber,
    /// Insurer's name.
    pub insurer_name: InsurerName,
    /// Symbol, where the insurance has one.
    pub symbol: Option<Symbol>,
    /// Number.
    pub number: InsuredNumber,
    /// Branch, where registered.
    pub branch: Option<Branch>,
    /// The insured person or a family member.
    pub relationship: Option<Relationship>,
    /// The insured person or householder (被保険者氏名（世帯主氏名）).
    pub insured_name: Option<PersonName>,
    /// Day the coverage began (資格取得年月日).
    pub acquired: Option<CivilDate>,
    /// How it ended, if it did.
    pub loss: Option<Loss>,
    /// Day the card was issued (交付年月日).
    pub issued: Option<CivilDate>,
    /// First and last day of validity of the card (有効開始・終了年月日).
    pub period: Period,
    /// The person's share of the cost, where the card itself states it.
    pub ratio: Option<Ratio>,
    /// Whether the person is below school age (未就学区分).
    pub preschool: Option<Preschool>,
    /// Elderly recipient certificates.
    pub elderly: Vec<ElderlyCertificate>,
    /// Ceiling certificates.
    pub ceilings: Vec<CeilingCertificate>,
    /// Specified-disease certificates.
    pub diseases: Vec<DiseaseCertificate>,
    /// Tickets of medical aid.
    pub tickets: Vec<Ticket>,
    /// Its cards before the latest, the first to begin first; of the latest this type itself speaks.
    pub earlier: Vec<Card>,
    /// The batch of an insurer's feed that said so last; none where it came in another way.
    pub source: Option<BatchNumber>,
    /// The batch that said the latest card; none where that came in another way. Another one may have changed the rest of the coverage since.
    pub card_source: Option<BatchNumber>,
}

impl Coverage {
    /// A coverage of which only the compulsory items are known.
    #[must_use]
    pub fn new(
        classification: CardClassification,
        insurer: InsurerNumber,
        insurer_name: InsurerName,
        number: InsuredNumber,
    ) -> Self {
        Self {
            classification,
            insurer,
            insurer_name,
            symbol: None,
            number,
            branch: None,
            relationship: None,
            insured_name: None,
            acquired: None,
            loss: None,
            issued: None,
            period: Period::default(),
            ratio: None,
            preschool: None,
            elderly: Vec::new(),
            ceilings: Vec::new(),
            diseases: Vec::new(),
            tickets: Vec::new(),
            earlier: Vec::new(),
            source: None,
            card_source: None,
        }
    }

    /// The matching form it is found by.
    #[must_use]
    pub fn key(&self) -> InsuranceKey {
        InsuranceKey::new(self.insurer, self.symbol.as_ref(), &self.number)
    }

    /// Whether it is what a matching form and, where it was given, a branch name ([`branches_fit`]).
    #[must_use]
    pub fn goes_by(&self, key: &InsuranceKey, branch: Option<Branch>) -> bool {
        branches_fit(branch, self.branch) && self.key() == *key
    }

    /// The elderly recipient certificate that counts on `day`: of several the one that starts last.
    #[must_use]
    pub fn elderly_on(&self, day: CivilDate) -> Option<&ElderlyCertificate> {
        let valid = self.elderly.iter().filter(|c| c.period.contains(day));
        valid.max_by_key(|c| (c.period.start, c.issued))
    }

    /// The ceiling certificate that counts on `day`: of several the one that starts last.
    #[must_use]
    pub fn ceiling_on(&self, day: CivilDate) -> Option<&CeilingCertificate> {
        let valid = self.ceilings.iter().filter(|c| c.period.contains(day));
        valid.max_by_key(|c| (c.period.start, c.issued))
    }

    /// The specified-disease certificates that count on `day`, at most one for each disease: of several the one that starts last.
    #[must_use]
    pub fn diseases_on(&self, day: CivilDate) -> Vec<&DiseaseCertificate> {
        let valid = |disease| {
            let of_it = self.diseases.iter().filter(move |c| c.disease == disease);
            let valid = of_it.filter(|c| c.period.contains(day));
            valid.max_by_key(|c| (c.period.start, c.issued))
        };
        SpecificDisease::ALL
            .iter()
            .filter_map(|disease| valid(*disease))
            .collect()
    }
}

impl core::fmt::Debug for Coverage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Coverage(…)")
    }
}

/// A person with every coverage the center knows of: what one look-up brings.
///
/// ```
/// use domain::coverage::Registration;
/// fn coverages_of(registration: &Registration) -> usize {
///     registration.coverages.len()
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The person.
    pub person: Person,
    /// Their coverages, past ones included, in no order.
    pub coverages: Vec<Coverage>,
}
