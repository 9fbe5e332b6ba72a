//! Tickets of medical aid (医療扶助の医療券・調剤券). Decides only whether one stands for a facility and a month.

use crate::civil_date::CivilDate;
use crate::institution_code::InstitutionCode;

/// A month of treatment (診療年月).
///
/// ```
/// use domain::{civil_date::CivilDate, medical_aid::TreatmentMonth};
/// let month = TreatmentMonth::of(CivilDate::new(2026, 11, 23).unwrap());
/// assert_eq!(month.to_compact(), "202611");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreatmentMonth {
    year: i16,
    month: i8,
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

    /// The six digits `yyyyMM`.
    #[must_use]
    pub fn to_compact(self) -> String {
        format!("{:04}{:02}", self.year, self.month)
    }
}

/// A ticket registered for one facility and one month.
///
/// ```
/// use domain::{civil_date::CivilDate, institution_code::InstitutionCode, medical_aid::{Ticket, TreatmentMonth, has_ticket}};
/// let facility = InstitutionCode::parse("1319999999").unwrap();
/// let day = CivilDate::new(2026, 11, 23).unwrap();
/// let tickets = [Ticket { facility, month: TreatmentMonth::of(day) }];
/// assert!(has_ticket(&tickets, facility, day));
/// assert!(!has_ticket(&tickets, facility, day.plus_months(1)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The designated facility (指定医療機関).
    pub facility: InstitutionCode,
    /// The month it is for.
    pub month: TreatmentMonth,
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
    let month = TreatmentMonth::of(day);
    tickets
        .iter()
        .any(|ticket| ticket.facility == facility && ticket.month == month)
}
