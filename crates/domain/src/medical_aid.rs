//! Tickets of medical aid (医療扶助の医療券・調剤券). Decides only which of them stand for a facility and a month.

use crate::civil_date::CivilDate;
use crate::codes::ticket::{
    Combination, ElderlyCare, Inconsistency, InfectiousDisease, Kind, PrefecturalExpense,
    SocialInsurance, Treatment,
};
use crate::coverage::period::Period;
use crate::institution_code::InstitutionCode;
use crate::personal_text::personal_text;

personal_text! {
    /// A text on a ticket: a name, an illness, a remark.
    ///
    /// ```
    /// use domain::medical_aid::TicketText;
    /// assert_eq!(TicketText::parse("見本診療所").unwrap().as_str(), "見本診療所");
    /// ```
    TicketText, 200
}

/// A month of treatment (診療年月).
///
/// ```
/// use domain::{civil_date::CivilDate, medical_aid::TreatmentMonth};
/// let month = TreatmentMonth::of(CivilDate::new(2026, 11, 23).unwrap());
/// assert_eq!(month.to_compact(), "202611");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreatmentMonth {
    year: i16,
    month: i8,
}

impl core::fmt::Debug for TreatmentMonth {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.to_iso())
    }
}

impl TreatmentMonth {
    /// The month a day lies in.
    #[must_use]
    pub fn of(day: CivilDate) -> Self {
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// The first day of the month.
    #[must_use]
    pub fn first_day(self) -> CivilDate {
        // The month came from a day of the calendar, so its first day is one as well.
        CivilDate::new(self.year, self.month, 1).unwrap_or_else(|_| CivilDate::earliest())
    }

    /// A month written `yyyy-MM`.
    ///
    /// ```
    /// use domain::medical_aid::TreatmentMonth;
    /// assert_eq!(TreatmentMonth::parse_iso("2026-11").unwrap().to_iso(), "2026-11");
    /// assert!(TreatmentMonth::parse_iso("2026-13").is_none());
    /// ```
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        CivilDate::parse_iso(&format!("{text}-01"))
            .ok()
            .map(Self::of)
    }

    /// The month as `yyyy-MM`.
    #[must_use]
    pub fn to_iso(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }

    /// A month written as six digits, `yyyyMM`.
    ///
    /// ```
    /// use domain::medical_aid::TreatmentMonth;
    /// assert_eq!(TreatmentMonth::parse_compact("202611").unwrap().to_iso(), "2026-11");
    /// assert!(TreatmentMonth::parse_compact("202613").is_none());
    /// ```
    #[must_use]
    pub fn parse_compact(text: &str) -> Option<Self> {
        CivilDate::parse_compact(&format!("{text}01"))
            .ok()
            .map(Self::of)
    }

    /// The six digits `yyyyMM`.
    #[must_use]
    pub fn to_compact(self) -> String {
        format!("{:04}{:02}", self.year, self.month)
    }
}

/// A ticket registered for one facility and one month (`MedicalTicketInfo`, interface §2.3.1); what is not registered is absent.
///
/// ```
/// use domain::{civil_date::CivilDate, institution_code::InstitutionCode, medical_aid::{Ticket, TreatmentMonth, has_ticket}};
/// let facility = InstitutionCode::parse("1319999999").unwrap();
/// let day = CivilDate::new(2026, 11, 23).unwrap();
/// let tickets = [Ticket::new(facility, TreatmentMonth::of(day))];
/// assert!(has_ticket(&tickets, facility, day));
/// assert!(!has_ticket(&tickets, facility, day.plus_months(1)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The designated facility (指定医療機関).
    pub facility: InstitutionCode,
    /// Its name.
    pub facility_name: Option<TicketText>,
    /// The month it is for.
    pub month: TreatmentMonth,
    /// Which of the two tickets (券種別).
    pub kind: Option<Kind>,
    /// Days on which it counts.
    pub period: Period,
    /// Its number (交付番号).
    pub issue_number: Option<TicketText>,
    /// The facility that issued the prescription (処方箋発行元医療機関).
    pub prescriber: Option<InstitutionCode>,
    /// Its name.
    pub prescriber_name: Option<TicketText>,
    /// Illnesses (傷病名), up to three.
    pub illnesses: Vec<TicketText>,
    /// What it is for (診療別).
    pub treatment: Option<Treatment>,
    /// What the patient pays, in yen (本人支払額).
    pub self_pay_yen: Option<u32>,
    /// Who answers for the district (地区担当員).
    pub district_contact: Option<TicketText>,
    /// Who handles the case (取扱担当者).
    pub handling_contact: Option<TicketText>,
    /// Whether medical aid pays alone (単独・併用).
    pub combination: Option<Combination>,
    /// Whether there is an employees' insurance (社保の有無).
    pub social_insurance: Option<SocialInsurance>,
    /// Whether it contradicts other data (整合性).
    pub inconsistency: Option<Inconsistency>,
    /// Whether article 37-2 of the infectious diseases act applies.
    pub infectious_disease: Option<InfectiousDisease>,
    /// Whether medical care for the elderly applies.
    pub elderly_care: Option<ElderlyCare>,
    /// Whether the prefecture bears a part.
    pub prefectural_expense: Option<PrefecturalExpense>,
    /// Remarks (備考), up to three.
    pub remarks: Vec<TicketText>,
}

impl Ticket {
    /// A ticket of which only facility and month are known.
    #[must_use]
    pub fn new(facility: InstitutionCode, month: TreatmentMonth) -> Self {
        Self {
            facility,
            facility_name: None,
            month,
            kind: None,
            period: Period::default(),
            issue_number: None,
            prescriber: None,
            prescriber_name: None,
            illnesses: Vec::new(),
            treatment: None,
            self_pay_yen: None,
            district_contact: None,
            handling_contact: None,
            combination: None,
            social_insurance: None,
            inconsistency: None,
            infectious_disease: None,
            elderly_care: None,
            prefectural_expense: None,
            remarks: Vec::new(),
        }
    }
}

/// The tickets that stand for this facility in the month of `day`. No other facility's is ever shown to it.
///
/// ```
/// use domain::{civil_date::CivilDate, institution_code::InstitutionCode, medical_aid::{Ticket, TreatmentMonth, tickets_of}};
/// let [ours, theirs] = ["1319999999", "3410712362"].map(|it| InstitutionCode::parse(it).unwrap());
/// let day = CivilDate::new(2026, 11, 23).unwrap();
/// let tickets = [Ticket::new(theirs, TreatmentMonth::of(day)), Ticket::new(ours, TreatmentMonth::of(day))];
/// assert_eq!(tickets_of(&tickets, ours, day), [&tickets[1]]);
/// ```
#[must_use]
pub fn tickets_of(tickets: &[Ticket], facility: InstitutionCode, day: CivilDate) -> Vec<&Ticket> {
    let month = TreatmentMonth::of(day);
    tickets
        .iter()
        .filter(|ticket| ticket.facility == facility && ticket.month == month)
        .collect()
}

/// True when a ticket stands for this facility in the month of `day` (contracts §5, verdict 6; our reading).
///
/// ```
/// use domain::{civil_date::CivilDate, institution_code::InstitutionCode, medical_aid::has_ticket};
/// let facility = InstitutionCode::parse("1319999999").unwrap();
/// assert!(!has_ticket(&[], facility, CivilDate::new(2026, 11, 23).unwrap()));
/// ```
#[must_use]
pub fn has_ticket(tickets: &[Ticket], facility: InstitutionCode, day: CivilDate) -> bool {
    !tickets_of(tickets, facility, day).is_empty()
}
