//! What was done in made-up claims, as far as the records' fields are known. Codes are placeholders outside the real tables where
//! possible; points are invented.

use domain::claims::Days;
use domain::facility_kind::FacilityKind;
use domain::medical_aid::TreatmentMonth;
use exchange::claim_file::columns::Item;
use exchange::claim_file::writing::Line;

use crate::draw::Draw;

/// The details of a claim and what they come to.
pub(super) struct Detail {
    pub(super) lines: Vec<Line>,
    pub(super) points: u64,
}

impl Detail {
    /// Of a kind of facility, on the days of a month.
    pub(super) fn of(
        kind: FacilityKind,
        month: TreatmentMonth,
        days: Days,
        draw: &mut Draw,
    ) -> Option<Self> {
        let first = days.iter().next()?;
        match kind {
            FacilityKind::Medical => medical(month, days, first, draw),
            FacilityKind::Dental => dental(days),
            FacilityKind::Pharmacy => pharmacy(month, days),
            FacilityKind::HomeNursing => nursing(month, days),
        }
    }
}

fn medical(month: TreatmentMonth, days: Days, first: u8, draw: &mut Draw) -> Option<Detail> {
    const KIND: FacilityKind = FacilityKind::Medical;
    let mut lines = vec![
        Line::new(KIND, "SY")
            .ok()?
            .at(2, "0000999")
            .ok()?
            .at(3, &format!("{}{first:02}", month.to_compact()))
            .ok()?
            .at(4, "1")
            .ok()?
            .at(6, "見本傷病")
            .ok()?
            .at(7, "01")
            .ok()?,
    ];
    let act = |class: &str, code: &str, points: u64, on: Days| {
        let mut line = Line::new(KIND, "SI").ok()?.at(2, class).ok()?;
        line = line.at(3, "1").ok()?.at(4, code).ok()?;
        line = line.at(6, &points.to_string()).ok()?;
        line = line.with(Item::Times, &on.count().to_string()).ok()?;
        for day in on.iter() {
            line = line.at(13 + usize::from(day), "1").ok()?;
        }
        Some(line)
    };
    let begun: Days = [first].into_iter().collect();
    let later = days.without(begun);
    lines.push(act("11", "199999901", 291, begun)?);
    let mut points = 291;
    if !later.is_empty() {
        lines.push(act("12", "199999902", 75, later)?);
        points += 75 * u64::from(later.count());
    }
    if draw.one_in(2) {
        let test = 20 + draw.below(300);
        lines.push(act("60", "199999903", test, begun)?);
        points += test;
    }
    Some(Detail { lines, points })
}

/// Diagnosis and act of which nothing but their fields' number is known: they hold their ids alone.
fn dental(days: Days) -> Option<Detail> {
    const KIND: FacilityKind = FacilityKind::Dental;
    Some(Detail {
        lines: vec![Line::new(KIND, "HS").ok()?, Line::new(KIND, "SS").ok()?],
        points: 264 + 58 * u64::from(days.count()),
    })
}

fn pharmacy(month: TreatmentMonth, days: Days) -> Option<Detail> {
    const KIND: FacilityKind = FacilityKind::Pharmacy;
    let with = |id: &str, cells: &[(usize, &str)]| {
        let mut line = Line::new(KIND, id).ok()?;
        for (at, text) in cells {
            line = line.at(*at, text).ok()?;
        }
        Some(line)
    };
    let mut lines = Vec::new();
    let mut points = 0;
    for day in days.iter() {
        let date = format!("{}{day:02}", month.to_compact());
        lines.push(with("SH", &[(2, "01"), (3, "1"), (4, "003"), (6, "3")])?);
        lines.push(with(
            "CZ",
            &[
                (2, "1"),
                (3, &date),
                (4, &date),
                (5, "1"),
                (6, "7"),
                (7, "1"),
                (8, "1"),
                (9, "01"),
                (10, "499999901"),
                (11, "24"),
                (14, "21"),
            ],
        )?);
        lines.push(with("IY", &[(2, "1"), (3, "699999901"), (4, "3")])?);
        points += 24 + 21 + 45;
    }
    for day in days.iter() {
        let date = format!("{}{day:02}", month.to_compact());
        let cells = [
            (2, date.as_str()),
            (3, "1"),
            (4, "1"),
            (5, "499999903"),
            (6, "45"),
        ];
        lines.push(with("KI", &cells)?);
    }
    Some(Detail { lines, points })
}

fn nursing(month: TreatmentMonth, days: Days) -> Option<Detail> {
    const KIND: FacilityKind = FacilityKind::HomeNursing;
    let mut lines = vec![Line::new(KIND, "SY").ok()?];
    for day in days.iter() {
        let date = format!("{}{day:02}", month.to_compact());
        let line = Line::new(KIND, "KA").ok()?.at(2, &date).ok()?;
        let line = line.at(3, "1").ok()?.at(4, "599999901").ok()?;
        lines.push(line.at(6, "5550").ok()?);
    }
    Some(Detail {
        lines,
        points: 5_550 * u64::from(days.count()),
    })
}
