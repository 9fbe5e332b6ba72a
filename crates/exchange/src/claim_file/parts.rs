//! The records of an open claim, each taken where it belongs, with what is wrong in it beyond its form. Tells nobody.

use domain::claims::Days;
use domain::facility_kind::FacilityKind;
use domain::insured::Branch;

use crate::claim_file::cells;
use crate::claim_file::columns::{Form, Item, Layout, Mark};
use crate::claim_file::open_claim::{Confirmed, MOST_SCHEMES, OpenClaim, Visits};
use crate::claim_file::record::Record;
use crate::claim_file::rule::{Rule, of_claims};

/// Takes a record of a claim; answers what is wrong and at which position, zero for the record as a whole.
pub(crate) fn take(
    open: &mut OpenClaim,
    kind: FacilityKind,
    id: [u8; 2],
    layout: &Layout,
    record: &Record<'_>,
) -> Vec<(&'static Rule, usize)> {
    let mut wrong: Vec<(&'static Rule, usize)> = Vec::new();
    // Of a record that is known by inference alone the place is not known either: it is held against none, and none against it.
    if layout.mark != Mark::C {
        let rank = rank(kind, id);
        if rank < open.rank {
            wrong.push((&of_claims::RECORD_ORDER, 0));
        }
        // What follows is held against this one: one misplaced record is one finding.
        open.rank = rank;
    }
    match &id {
        b"HO" | b"KO" => {
            open.parts_seen += 1;
            let part = OpenClaim::part(layout, record);
            if id == *b"HO" {
                if open.insurer.is_some() {
                    wrong.push((&of_claims::INSURER_TWICE, 0));
                } else {
                    open.insurer = Some(part);
                }
            } else if open.schemes.len() < MOST_SCHEMES {
                open.schemes.push(part);
            } else {
                wrong.push((&of_claims::SCHEMES_TOO_MANY, 0));
            }
        }
        b"SN" => confirmed(open, record, &mut wrong),
        b"JD" => visits(open, record, &mut wrong),
        b"MF" if !record.cell(2).is_empty() && !open.window(record.cell(2)) => {
            wrong.push((&of_claims::WINDOW_CLASS, 2));
        }
        b"SY" | b"HS" => open.has_diagnosis = true,
        b"SI" | b"SS" | b"IY" | b"TO" | b"SH" | b"KI" | b"KA" => {
            open.has_detail = true;
            if let Some(first) = layout.position(Item::FirstDay) {
                detail(open, record, first, layout, &mut wrong);
            }
        }
        _ => {}
    }
    wrong
}

/// Where a record stands in a claim: none may come before one of a lower rank (claims-format §2, \[A\]). Within the details of pharmacies
/// and nursing stations the order is not known.
fn rank(kind: FacilityKind, id: [u8; 2]) -> u8 {
    let has_diagnoses = matches!(kind, FacilityKind::Medical | FacilityKind::Dental);
    match &id {
        b"HO" => 1,
        b"KO" => 2,
        b"SN" => 3,
        b"JD" => 4,
        b"MF" => 5,
        b"GR" => 6,
        b"SY" | b"HS" if has_diagnoses => 7,
        b"SJ" => 9,
        _ => 8,
    }
}

/// Takes a record SN.
fn confirmed(open: &mut OpenClaim, record: &Record<'_>, wrong: &mut Vec<(&'static Rule, usize)>) {
    let Some(payer) = payer(record) else { return };
    if record.cell(3) != b"01" && cells::misfit(Form::Fixed(2), record.cell(3)).is_none() {
        wrong.push((&of_claims::HOW_CONFIRMED, 3));
    }
    let later = open.confirmed.iter().skip(payer + 1).any(Option::is_some);
    let Some(slot) = open.confirmed.get_mut(payer) else {
        return;
    };
    if slot.is_some() {
        wrong.push((&of_claims::PAYER_TWICE, 2));
    } else if later {
        wrong.push((&of_claims::PAYER_ORDER, 2));
    }
    let branch = cells::text(record.cell(7));
    *slot = Some(Confirmed {
        line: record.line,
        branch: branch.and_then(|it| Branch::parse(&it).ok()),
    });
}

/// Takes a record JD.
fn visits(open: &mut OpenClaim, record: &Record<'_>, wrong: &mut Vec<(&'static Rule, usize)>) {
    let Some(payer) = payer(record) else { return };
    let mut visits = Visits {
        line: record.line,
        ..Visits::default()
    };
    let of_month = open.month.map(Days::of_month);
    for day in 1..=31_u8 {
        let position = usize::from(day) + 2;
        match record.cell(position) {
            b"" | b"0" => continue,
            b"1" => visits.counted.insert(day),
            b"2" => {}
            _ => {
                wrong.push((&of_claims::DAY_MARK, position));
                continue;
            }
        }
        visits.marked.insert(day);
        if of_month.is_some_and(|it| !it.contains(day)) {
            wrong.push((&of_claims::DAY_NOT_IN_MONTH, position));
        }
    }
    let later = open.visits.iter().skip(payer + 1).any(Option::is_some);
    let Some(slot) = open.visits.get_mut(payer) else {
        return;
    };
    if slot.is_some() {
        wrong.push((&of_claims::PAYER_TWICE, 2));
    } else if later {
        wrong.push((&of_claims::PAYER_ORDER, 2));
    }
    *slot = Some(visits);
}

/// The payer of SN and JD, from 0.
fn payer(record: &Record<'_>) -> Option<usize> {
    let number = cells::number(record.cell(2))?;
    usize::try_from(number)
        .ok()?
        .checked_sub(1)
        .filter(|it| *it < 5)
}

/// Takes the days of a detail.
fn detail(
    open: &mut OpenClaim,
    record: &Record<'_>,
    first: usize,
    layout: &Layout,
    wrong: &mut Vec<(&'static Rule, usize)>,
) {
    let mut sum = 0;
    for (position, noted) in (first..).zip(&mut open.detail_days) {
        let cell = record.cell(position);
        if cell.is_empty() {
            continue;
        }
        match cells::number(cell) {
            Some(0) => {}
            Some(times) => {
                sum += times;
                noted.get_or_insert(record.line);
            }
            None => wrong.push((&of_claims::FIELD_FORM, position)),
        }
    }
    let position = layout.position(Item::Times).unwrap_or(0);
    if sum != 0 && cells::number(record.cell(position)).is_some_and(|times| times != sum) {
        wrong.push((&of_claims::TIMES, position));
    }
}
