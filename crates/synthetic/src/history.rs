//! Made-up histories over the made-up catalogue: chronic courses with changes of dose, generics, courses that overlap, short ones, surgery,
//! yearly checkups with trends. The same call always makes the same history; nothing lies after the day it is made for.

use std::collections::BTreeMap;

use domain::civil_date::CivilDate;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::checkup::Checkup;
use domain::medical_information::drugs::{Drug, DrugDay, DrugMonth, NamedFacility, Source};
use domain::medical_information::surgery::Surgery;
use domain::medical_information::{Amount, MedicalCode, MedicalInformation};

use crate::catalogue::{
    INGREDIENTS, MEASURED, Maker, SURGERIES, Taken, coded_and_worded, drug, text, treatment,
};
use crate::draw::Draw;

/// Who prescribes: the first two by electronic prescriptions.
const PRESCRIBERS: [(&str, &str); 4] = [
    ("1319999999", "架空診療所"),
    ("1319999981", "架空第二診療所"),
    ("1319999973", "架空病院"),
    ("1339999998", "架空歯科医院"),
];

/// Who dispenses.
const DISPENSERS: [(&str, &str); 3] = [
    ("1349999999", "架空薬局"),
    ("1349999981", "架空駅前薬局"),
    ("1349999973", "架空みなみ薬局"),
];

/// Prescribers with electronic prescriptions.
const ELECTRONIC: usize = 2;

/// Days for which electronic prescriptions are kept here.
const ELECTRONIC_DAYS: i32 = 100;

/// One in this many people has no history at all.
const WITHOUT: u64 = 6;

/// Twenty years, and the five that a history goes back.
const LEAST_AGE_DAYS: i32 = 25 * 366;

/// Days between two dispensings of a long course.
const USUAL_DAYS: i32 = 28;

/// One drug taken for some time, as prescribed by one facility.
struct Course {
    ingredient: usize,
    first: CivilDate,
    last: CivilDate,
    every_days: i32,
    /// Strength and pieces a day from a day on, in order.
    doses: Vec<(CivilDate, usize, u8)>,
    generic_from: Option<CivilDate>,
    prescriber: usize,
    /// Where it is dispensed, and from when elsewhere.
    dispensers: (usize, Option<(CivilDate, usize)>),
}

/// One drug handed out on one day.
struct Handed {
    day: CivilDate,
    prescriber: usize,
    dispenser: usize,
    drug: Drug,
}

/// The history of a person of a seed, who was `born` then; `None` for the one in six who has none, and for whoever was no adult all
/// the time: what is made here is of adults.
#[must_use]
pub fn of(seed: u64, index: u64, born: CivilDate, today: CivilDate) -> Option<MedicalInformation> {
    if today < born.plus_days(LEAST_AGE_DAYS) {
        return None;
    }
    let mut draw = Draw::of(seed ^ 0x6d65_6469_6361_6c00, index);
    if draw.one_in(WITHOUT) {
        return None;
    }
    let count = draw.below(4);
    let mut courses = Vec::new();
    for _ in 0..count {
        courses.push(long_course(&mut draw, today));
    }
    for _ in 0..draw.below(4) {
        courses.push(short_course(&mut draw, today));
    }
    let mut surgeries = Vec::new();
    if draw.one_in(8) {
        let at = usize::try_from(draw.below(SURGERIES.len() as u64)).unwrap_or(0);
        surgeries.push(surgery(
            at,
            today.plus_days(-draw.between(60, 1_000)),
            None,
        )?);
    }
    let checkups = match draw.below(4) {
        0 => Vec::new(),
        _ => yearly(&mut draw, today, 5)?,
    };
    assemble(&courses, surgeries, checkups, today)
}

/// A history that shows everything a page can show: for people with cards, who are looked at most.
#[must_use]
pub fn rich(today: CivilDate) -> Option<MedicalInformation> {
    let ago = |months: i32| today.plus_months(-months).plus_days(-9);
    let open = today.plus_days(USUAL_DAYS);
    let long = |ingredient, first, prescriber, dispenser| Course {
        ingredient,
        first,
        last: open,
        every_days: USUAL_DAYS,
        doses: vec![(first, 0, 1)],
        generic_from: None,
        prescriber,
        dispensers: (dispenser, None),
    };
    let courses = [
        // Stronger after two years, a generic since last year, another pharmacy since half a year.
        Course {
            doses: vec![(ago(34), 0, 1), (ago(14), 1, 1), (ago(5), 2, 1)],
            generic_from: Some(ago(10)),
            dispensers: (0, Some((ago(6), 1))),
            ..long(0, ago(34), 0, 0)
        },
        Course {
            doses: vec![(ago(26), 1, 2), (ago(3), 0, 2)],
            ..long(2, ago(26), 1, 1)
        },
        // Given up a year ago.
        Course {
            last: ago(12),
            ..long(4, ago(30), 0, 0)
        },
        long(1, ago(19), 0, 0),
        // The same ingredient from somebody who did not know.
        Course {
            generic_from: Some(ago(60)),
            ..long(0, ago(2), 2, 2)
        },
        // Short ones, the last of them beside the first.
        for_days(5, ago(22), (1, 1, 0), 5),
        for_days(6, ago(8), (1, 1, 0), 7),
        for_days(5, today.plus_days(-11), (2, 0, 0), 14),
        for_days(7, ago(4), (0, 0, 0), 10),
        for_days(8, today.plus_days(-40), (1, 1, 1), 14),
        for_days(9, ago(7), (1, 2, 2), 14),
    ];
    let surgeries = vec![surgery(2, ago(17), Some("左"))?, surgery(3, ago(29), None)?];
    let checkups = yearly(&mut Draw::of(1, 1), today, 5)?;
    assemble(&courses, surgeries, checkups, today)
}

/// A history of five years with at least so many lines of drugs from claims, as nobody has it: what pages are measured with.
#[must_use]
pub fn long(drug_lines: usize, today: CivilDate) -> Option<MedicalInformation> {
    let mut draw = Draw::of(5, 5);
    let taken = |it: &usize| {
        INGREDIENTS
            .get(*it)
            .is_some_and(|it| it.taken == Taken::Long)
    };
    let ingredients: Vec<usize> = (0..INGREDIENTS.len()).filter(taken).collect();
    // Thirteen dispensings a year, five years.
    let count = drug_lines.div_ceil(13 * 5 - 3);
    let mut courses = Vec::new();
    for (at, ingredient) in ingredients.into_iter().cycle().take(count).enumerate() {
        let first = today
            .plus_months(-60)
            .plus_days(i32::try_from(at % 28).unwrap_or(0));
        courses.push(Course {
            ingredient,
            first,
            last: today,
            every_days: USUAL_DAYS,
            doses: vec![
                (first, at % 3, 1),
                (first.plus_days(draw.between(300, 1_400)), (at + 1) % 3, 2),
            ],
            generic_from: (at % 2 == 0).then(|| first.plus_days(draw.between(200, 1_500))),
            prescriber: at % PRESCRIBERS.len(),
            dispensers: (at % DISPENSERS.len(), None),
        });
    }
    let surgeries = vec![surgery(0, today.plus_months(-20), None)?];
    let checkups = yearly(&mut draw, today, 5)?;
    assemble(&courses, surgeries, checkups, today)
}

fn long_course(draw: &mut Draw, today: CivilDate) -> Course {
    let first = today.plus_days(-draw.between(40, 1_700));
    let ends = draw.one_in(4);
    let last = if ends {
        first.plus_days(draw.between(60, 700))
    } else {
        today.plus_days(USUAL_DAYS)
    };
    let mut doses = vec![(first, draw.below(2) as usize, 1)];
    if draw.one_in(2) {
        let strength = draw.below(3) as usize;
        doses.push((
            first.plus_days(draw.between(60, 700)),
            strength,
            1 + u8::from(draw.one_in(3)),
        ));
    }
    let moved = draw.one_in(3).then(|| {
        (
            first.plus_days(draw.between(90, 900)),
            draw.below(3) as usize,
        )
    });
    Course {
        ingredient: ingredient(draw, &[Taken::Long]),
        first,
        last,
        every_days: [USUAL_DAYS, 30, 56]
            .into_iter()
            .nth(draw.below(3) as usize)
            .unwrap_or(USUAL_DAYS),
        doses,
        generic_from: draw
            .one_in(2)
            .then(|| first.plus_days(draw.between(30, 900))),
        prescriber: draw.below(PRESCRIBERS.len() as u64) as usize,
        dispensers: (draw.below(DISPENSERS.len() as u64) as usize, moved),
    }
}

fn short_course(draw: &mut Draw, today: CivilDate) -> Course {
    let ingredient = ingredient(draw, &[Taken::Short, Taken::AsNeeded, Taken::Outside]);
    let places = (
        draw.below(PRESCRIBERS.len() as u64) as usize,
        draw.below(DISPENSERS.len() as u64) as usize,
        draw.below(3) as usize,
    );
    let days = draw.between(4, 14);
    for_days(
        ingredient,
        today.plus_days(-draw.between(1, 1_000)),
        places,
        days,
    )
}

/// A course that is handed out once: who prescribes, who dispenses, which strength.
fn for_days(
    ingredient: usize,
    day: CivilDate,
    (prescriber, dispenser, strength): (usize, usize, usize),
    days: i32,
) -> Course {
    Course {
        ingredient,
        first: day,
        last: day,
        every_days: days,
        doses: vec![(day, strength, 3)],
        generic_from: None,
        prescriber,
        dispensers: (dispenser, None),
    }
}

fn ingredient(draw: &mut Draw, taken: &[Taken]) -> usize {
    let all: Vec<usize> = (0..INGREDIENTS.len())
        .filter(|at| {
            INGREDIENTS
                .get(*at)
                .is_some_and(|it| taken.contains(&it.taken))
        })
        .collect();
    draw.one_of(&all).copied().unwrap_or(0)
}

impl Course {
    fn handed_out(&self, until: CivilDate) -> Option<Vec<Handed>> {
        let mut all = Vec::new();
        let mut day = self.first;
        while day <= self.last.min(until) {
            let (_, strength, pieces) = self.doses.iter().rev().find(|(from, ..)| *from <= day)?;
            let maker = match self.generic_from {
                Some(from) if from <= day => Maker::Generic,
                Some(_) | None => Maker::First,
            };
            let mut drug = drug(self.ingredient, maker, *strength)?;
            drug.quantity = Amount::parse(&pieces.to_string()).ok();
            drug.times = u16::try_from(self.every_days).ok();
            let (at_first, moved) = self.dispensers;
            let dispenser = moved
                .filter(|(from, _)| *from <= day)
                .map_or(at_first, |it| it.1);
            all.push(Handed {
                day,
                prescriber: self.prescriber,
                dispenser,
                drug,
            });
            day = day.plus_days(self.every_days);
        }
        Some(all)
    }
}

fn assemble(
    courses: &[Course],
    surgeries: Vec<Surgery>,
    checkups: Vec<Checkup>,
    today: CivilDate,
) -> Option<MedicalInformation> {
    let mut handed = Vec::new();
    for course in courses {
        handed.extend(course.handed_out(today)?);
    }
    handed.sort_by_key(|it| (it.day, it.prescriber, it.dispenser));
    let this_month = TreatmentMonth::of(today);
    // Claims come a month late.
    let claimed = handed
        .iter()
        .filter(|it| TreatmentMonth::of(it.day) < this_month);
    let mut drugs = months(Source::Claims, claimed)?;
    let claimed = handed
        .iter()
        .filter(|it| TreatmentMonth::of(it.day) < this_month);
    drugs.extend(treated(claimed)?);
    let recent =
        |it: &&Handed| it.prescriber < ELECTRONIC && today.plus_days(-ELECTRONIC_DAYS) <= it.day;
    drugs.extend(months(Source::Dispensing, handed.iter().filter(recent))?);
    drugs.extend(months(Source::Prescription, handed.iter().filter(recent))?);
    drugs.sort_by_key(|it| (it.month, it.source));
    Some(MedicalInformation {
        drugs,
        surgeries,
        checkups,
    })
}

/// What was handed out as months of a source, by prescriber and dispenser.
fn months<'a>(source: Source, handed: impl Iterator<Item = &'a Handed>) -> Option<Vec<DrugMonth>> {
    let mut months: BTreeMap<_, DrugMonth> = BTreeMap::new();
    for it in handed {
        let month = TreatmentMonth::of(it.day);
        let dispenser = (source != Source::Prescription).then_some(it.dispenser);
        let record = months
            .entry((month, it.prescriber, dispenser))
            .or_insert_with(|| {
                let mut record = DrugMonth::new(source, month);
                record.origin = MedicalCode::parse("1").ok();
                record.in_or_out = MedicalCode::parse("2").ok();
                record.prescriber = facility(&PRESCRIBERS, it.prescriber);
                record.dispenser = dispenser
                    .map(|at| facility(&DISPENSERS, at))
                    .unwrap_or_default();
                record
            });
        let dispensed = (source != Source::Prescription).then_some(it.day);
        let same = |day: &&mut DrugDay| day.prescribed == Some(it.day);
        match record.days.iter_mut().find(same) {
            Some(day) => day.drugs.push(it.drug.clone()),
            None => record.days.push(DrugDay {
                dispensed,
                prescribed: Some(it.day),
                drugs: vec![it.drug.clone()],
                treatments: Vec::new(),
            }),
        }
    }
    Some(months.into_values().collect())
}

/// What was done at the visits: seen again each time, tested now and then.
fn treated<'a>(handed: impl Iterator<Item = &'a Handed>) -> Option<Vec<DrugMonth>> {
    let mut months: BTreeMap<_, DrugMonth> = BTreeMap::new();
    for it in handed {
        let month = TreatmentMonth::of(it.day);
        let record = months.entry((month, it.prescriber)).or_insert_with(|| {
            let mut record = DrugMonth::new(Source::Claims, month);
            record.origin = MedicalCode::parse("1").ok();
            record.in_or_out = MedicalCode::parse("2").ok();
            record.prescriber = facility(&PRESCRIBERS, it.prescriber);
            record
        });
        if record.days.iter().any(|day| day.dispensed == Some(it.day)) {
            continue;
        }
        let mut treatments = vec![treatment(0)?];
        match it.day.month() {
            1 | 7 => treatments.extend([treatment(1)?, treatment(2)?]),
            4 => treatments.push(treatment(3)?),
            10 => treatments.push(treatment(4)?),
            _ => {}
        }
        record.days.push(DrugDay {
            dispensed: Some(it.day),
            treatments,
            ..DrugDay::default()
        });
    }
    Some(months.into_values().collect())
}

fn surgery(at: usize, day: CivilDate, note: Option<&str>) -> Option<Surgery> {
    let (code, name) = SURGERIES.get(at)?;
    let mut it = Surgery::new(day, text(name)?);
    it.code = MedicalCode::parse(code).ok();
    it.facility = facility(&PRESCRIBERS, 2);
    it.note = note.and_then(text);
    Some(it)
}

/// Checkups of so many years, the newest first: values move a little every year and scatter about their trend.
fn yearly(draw: &mut Draw, today: CivilDate, years: i32) -> Option<Vec<Checkup>> {
    let newest = today.plus_days(-draw.between(100, 220));
    let shift = draw.between(-8, 8);
    let mut all = Vec::new();
    for years_ago in 0..years {
        let mut it = Checkup::new(
            newest
                .plus_months(-12 * years_ago)
                .plus_days(draw.between(-9, 9)),
        );
        it.facility = NamedFacility {
            code: None,
            name: text("架空健診センター"),
        };
        for item in &MEASURED {
            let trend =
                item.begins + item.begins * shift / 100 + item.moves * (years - 1 - years_ago);
            it.items.push(item.item(trend + draw.between(-2, 2))?);
        }
        it.items.extend(coded_and_worded(draw.below(3) as usize)?);
        all.push(it);
    }
    Some(all)
}

fn facility(all: &[(&str, &str)], at: usize) -> NamedFacility {
    all.get(at)
        .map_or_else(NamedFacility::default, |(code, name)| NamedFacility {
            code: InstitutionCode::parse(code).ok(),
            name: text(name),
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn today() -> CivilDate {
        CivilDate::new(2026, 11, 26).unwrap()
    }

    fn born() -> CivilDate {
        CivilDate::new(1970, 1, 2).unwrap()
    }

    fn drug_lines(it: &MedicalInformation, source: Source) -> usize {
        let months = it.drugs.iter().filter(|it| it.source == source);
        months
            .flat_map(|it| &it.days)
            .map(|day| day.drugs.len())
            .sum()
    }

    #[test]
    fn the_same_call_makes_the_same_history_and_some_people_have_none() {
        let all = |seed| {
            (0..300)
                .map(|index| of(seed, index, born(), today()))
                .collect::<Vec<_>>()
        };
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
        let none = all(1).iter().filter(|it| it.is_none()).count();
        assert!((25..85).contains(&none), "{none}");
    }

    #[test]
    fn a_rich_history_shows_everything() {
        let it = rich(today()).unwrap();
        for source in Source::ALL {
            assert!(0 < drug_lines(&it, *source), "{source:?}");
        }
        let drugs: Vec<&Drug> = it
            .drugs
            .iter()
            .flat_map(|it| &it.days)
            .flat_map(|it| &it.drugs)
            .collect();
        let names: BTreeSet<&str> = drugs.iter().map(|it| it.name.as_str()).collect();
        assert!(
            names.iter().any(|name| name.ends_with("「例」")),
            "a generic"
        );
        assert!(8 <= names.len());
        assert_eq!((it.surgeries.len(), it.checkups.len()), (2, 5));
        let prescribers: BTreeSet<_> = it.drugs.iter().map(|it| it.prescriber.code).collect();
        assert!(3 <= prescribers.len());
        assert!(
            it.drugs
                .iter()
                .flat_map(|it| &it.days)
                .any(|day| !day.treatments.is_empty())
        );
    }

    #[test]
    fn a_long_history_has_the_lines_it_was_asked_for() {
        for lines in [100, 2_000] {
            let it = long(lines, today()).unwrap();
            let found = drug_lines(&it, Source::Claims);
            assert!((lines..lines + lines / 10 + 80).contains(&found), "{found}");
        }
    }

    #[test]
    fn nothing_lies_in_the_future_and_claims_are_a_month_late_on_any_day() {
        for days in (0..400).step_by(13) {
            let day = today().plus_days(days);
            let drawn = (0..20).filter_map(|index| of(3, index, born(), day));
            for it in drawn.chain(rich(day)) {
                let days = it.drugs.iter().flat_map(|it| &it.days);
                let mut given = days.flat_map(|it| [it.dispensed, it.prescribed]).flatten();
                assert!(given.all(|it| it <= day));
                let claims = it.drugs.iter().filter(|it| it.source == Source::Claims);
                assert!(
                    claims
                        .into_iter()
                        .all(|it| it.month < TreatmentMonth::of(day))
                );
                assert!(it.checkups.iter().all(|it| it.day <= day));
                assert!(it.surgeries.iter().all(|it| it.day <= day));
            }
        }
    }
}
