//! The course of an ingredient (服薬の経過): its supplies in order, what changed from one visit to the next, and where it stands on a day.
//! Never says that somebody takes or stopped a drug: only until when the records cover it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::civil_date::CivilDate;
use crate::medical_information::MedicalText;
use crate::medical_information::chart::dose::{Difference, Direction, difference};
use crate::medical_information::chart::search::folded;
use crate::medical_information::chart::supply::{Days, Length, Supply, are_two};
use crate::medical_information::drugs::Drug;

/// A supply may begin so many days before the one before it ends: people come before they run out.
pub const EARLY_DAYS: i32 = 7;
/// Days without cover by the records after which a supply is a new beginning.
pub const PAUSE_DAYS: i32 = 14;
/// Claims lag a month or more (interface §5.4): a course that ended within so many days may go on.
pub const LAG_DAYS: i32 = 62;
/// A supply of unknown length counts as recent for so many days.
pub const RECENT_DAYS: i32 = 90;

/// Where a course stands on the day it is read.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::chart::course::State};
/// let day = CivilDate::new(2026, 11, 1).unwrap();
/// assert!(State::Covered { until: day }.rank() < State::Past { last: day }.rank());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// What was dispensed lasts until this day at least.
    Covered {
        /// The last day.
        until: CivilDate,
    },
    /// Only a prescription lasts so long; whether it was dispensed is not known.
    OnlyPrescribed {
        /// The last day, were it dispensed on the day of the prescription.
        until: CivilDate,
    },
    /// What is known of ended a short while ago: records may lag.
    MayGoOn {
        /// The last day known of.
        ended: CivilDate,
    },
    /// Supplied a short while ago, for how long is not known.
    Recent {
        /// The newest supply.
        on: CivilDate,
    },
    /// Nothing newer is known.
    Past {
        /// The last day known of.
        last: CivilDate,
    },
    /// The records name no day.
    Undated,
}

impl State {
    /// The order in which states are read: what is taken now first.
    ///
    /// ```
    /// use domain::medical_information::chart::course::State;
    /// assert_eq!(State::Undated.rank(), 5);
    /// ```
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Covered { .. } => 0,
            Self::OnlyPrescribed { .. } => 1,
            Self::MayGoOn { .. } => 2,
            Self::Recent { .. } => 3,
            Self::Past { .. } => 4,
            Self::Undated => 5,
        }
    }

    /// Whether a person may be taking it on the day, as far as the records tell.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_information::chart::course::State};
    /// let day = CivilDate::new(2026, 11, 1).unwrap();
    /// assert!(State::MayGoOn { ended: day }.may_be_taken());
    /// assert!(!State::Past { last: day }.may_be_taken());
    /// ```
    #[must_use]
    pub fn may_be_taken(self) -> bool {
        self.rank() <= 3
    }
}

/// What is other from one day on.
///
/// ```
/// use domain::medical_information::chart::course::Altered;
/// assert_ne!(Altered::Began, Altered::RanOut);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Altered {
    /// It is first recorded, while other drugs were recorded long before.
    Began,
    /// It is recorded again after a pause.
    Resumed {
        /// Days without cover by the records.
        after_days: i32,
    },
    /// Another amount.
    Dose(Direction),
    /// Another product of the ingredient, such as a generic one.
    Product,
    /// Taken otherwise.
    Usage,
    /// The last supply ended, and no newer one is recorded.
    RanOut,
}

/// One change of a course.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::chart::course::{Altered, Change}};
/// let day = CivilDate::new(2026, 11, 1).unwrap();
/// let change = Change { day, altered: Altered::Product, before: vec![0], after: vec![1] };
/// assert_eq!(change.after, [1]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The day from which it counts.
    pub day: CivilDate,
    /// What is other.
    pub altered: Altered,
    /// Places of the supplies before, in [`Course::supplies`].
    pub before: Vec<usize>,
    /// Places of the supplies after.
    pub after: Vec<usize>,
}

/// The course of an ingredient.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::medical_information::chart::course::courses;
/// assert!(courses(Vec::new(), CivilDate::new(2026, 11, 26).unwrap()).is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// The ingredient; of a drug without one in the records the product.
    pub name: MedicalText,
    /// Whether `name` is an ingredient.
    pub is_ingredient: bool,
    /// Its supplies, oldest first.
    pub supplies: Vec<Supply>,
    /// What changed, oldest first.
    pub changes: Vec<Change>,
    /// Where it stands.
    pub state: State,
}

impl Course {
    /// The newest supply.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_information::chart::course::courses};
    /// let courses = courses(Vec::new(), CivilDate::new(2026, 11, 26).unwrap());
    /// assert!(courses.iter().all(|it| it.newest().is_some()));
    /// ```
    #[must_use]
    pub fn newest(&self) -> Option<&Supply> {
        self.supplies.last()
    }

    /// The supplies of the newest visit that supplied it: what is taken together.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_information::chart::course::courses};
    /// let courses = courses(Vec::new(), CivilDate::new(2026, 11, 26).unwrap());
    /// assert!(courses.iter().all(|it| !it.latest().is_empty()));
    /// ```
    #[must_use]
    pub fn latest(&self) -> Vec<&Supply> {
        let Some(newest) = self.newest() else {
            return Vec::new();
        };
        self.of_visit(newest)
    }

    /// What may be taken on a day: of each prescriber whose supply lasts on it the newest visit's; where nobody's does, the newest of all.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_information::chart::course::courses};
    /// let today = CivilDate::new(2026, 11, 26).unwrap();
    /// assert!(courses(Vec::new(), today).iter().all(|it| !it.taken(today).is_empty()));
    /// ```
    #[must_use]
    pub fn taken(&self, day: CivilDate) -> Vec<&Supply> {
        let lasts = |it: &&Supply| it.days().is_some_and(|days| days.has(day));
        let mut newest: Vec<&Supply> = Vec::new();
        for supply in self.supplies.iter().rev().filter(lasts) {
            let prescriber = &supply.prescriber;
            if newest.iter().all(|it| are_two(&it.prescriber, prescriber)) {
                newest.push(supply);
            }
        }
        if newest.is_empty() {
            return self.latest();
        }
        let visits = newest.into_iter().flat_map(|it| self.of_visit(it));
        visits.filter(lasts).collect()
    }

    fn of_visit(&self, one: &Supply) -> Vec<&Supply> {
        let same =
            |it: &&Supply| it.start() == one.start() && !are_two(&it.prescriber, &one.prescriber);
        self.supplies.iter().filter(same).collect()
    }
}

/// Sorts supplies into courses: by ingredient, where the records name it for the product anywhere, else by product.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_aid::TreatmentMonth};
/// use domain::medical_information::{MedicalText, chart::{course::courses, supply::supplies}};
/// use domain::medical_information::drugs::{Drug, DrugDay, DrugMonth, Source};
/// let of = |name: &str, day: CivilDate| {
///     let mut record = DrugMonth::new(Source::Dispensing, TreatmentMonth::of(day));
///     let mut drug = Drug::new(MedicalText::parse(name).unwrap());
///     drug.ingredient = MedicalText::parse("架空成分").ok();
///     record.days.push(DrugDay { dispensed: Some(day), drugs: vec![drug], ..DrugDay::default() });
///     record
/// };
/// let day = |month| CivilDate::new(2026, month, 5).unwrap();
/// let records = [of("先発錠", day(9)), of("後発錠", day(10))];
/// assert_eq!(courses(supplies(&records), day(11)).len(), 1);
/// ```
#[must_use]
pub fn courses(supplies: Vec<Supply>, today: CivilDate) -> Vec<Course> {
    let reaches = supplies.iter().find_map(Supply::start);
    let ingredients = Ingredients::of(&supplies);
    let mut by_key: BTreeMap<String, (bool, Vec<Supply>)> = BTreeMap::new();
    for supply in supplies {
        let (is_ingredient, key) = ingredients.key(&supply.drug);
        let course = by_key.entry(key).or_insert((is_ingredient, Vec::new()));
        course.1.push(supply);
    }
    let mut courses: Vec<Course> = by_key
        .into_values()
        .filter_map(|(is_ingredient, supplies)| course(is_ingredient, supplies, reaches, today))
        .collect();
    // Stable: courses that stand alike keep the order of their keys.
    courses.sort_by_key(|it| {
        (
            it.state.rank(),
            Reverse(it.newest().and_then(Supply::start)),
        )
    });
    courses
}

/// Which product has which ingredient, as any record says.
struct Ingredients {
    by_code: BTreeMap<String, String>,
    by_name: BTreeMap<String, String>,
}

impl Ingredients {
    fn of(supplies: &[Supply]) -> Self {
        let (mut by_code, mut by_name) = (BTreeMap::new(), BTreeMap::new());
        for drug in supplies.iter().map(|it| &it.drug) {
            let Some(ingredient) = &drug.ingredient else {
                continue;
            };
            let ingredient = folded(ingredient.as_str());
            if let Some(code) = &drug.code {
                by_code.insert(code.as_str().to_owned(), ingredient.clone());
            }
            by_name.insert(folded(drug.name.as_str()), ingredient);
        }
        Self { by_code, by_name }
    }

    /// Whether the ingredient is known, and what the drug is sorted by.
    fn key(&self, drug: &Drug) -> (bool, String) {
        let name = folded(drug.name.as_str());
        let own = drug.ingredient.as_ref().map(|it| folded(it.as_str()));
        let by_code = || self.by_code.get(drug.code.as_ref()?.as_str()).cloned();
        let by_name = || self.by_name.get(&name).cloned();
        match own.or_else(by_code).or_else(by_name) {
            Some(ingredient) => (true, format!("i{ingredient}")),
            None => (false, format!("p{name}")),
        }
    }
}

fn course(
    is_ingredient: bool,
    supplies: Vec<Supply>,
    reaches: Option<CivilDate>,
    today: CivilDate,
) -> Option<Course> {
    let newest_first = || supplies.iter().rev();
    let ingredient = newest_first().find_map(|it| it.drug.ingredient.clone());
    let name = ingredient.or_else(|| newest_first().next().map(|it| it.drug.name.clone()))?;
    let state = state(&supplies, today);
    let changes = changes(&supplies, reaches, state);
    Some(Course {
        name,
        is_ingredient,
        supplies,
        changes,
        state,
    })
}

fn state(supplies: &[Supply], today: CivilDate) -> State {
    let last_of = |wanted: bool| {
        let of = supplies
            .iter()
            .filter(|it| it.is_only_prescribed() == wanted);
        of.filter_map(Supply::days).map(|it| it.last).max()
    };
    let (dispensed, prescribed) = (last_of(false), last_of(true));
    let newest = supplies.iter().filter_map(Supply::start).max();
    let open = supplies.iter().filter(|it| it.days().is_none());
    let open = open.filter_map(Supply::start).max();
    match (dispensed, prescribed, open, newest) {
        (Some(until), _, _, _) if today <= until => State::Covered { until },
        (_, Some(until), _, _) if today <= until => State::OnlyPrescribed { until },
        (_, _, Some(on), _) if on.days_until(today) <= RECENT_DAYS => State::Recent { on },
        (_, _, _, None) => State::Undated,
        (dispensed, prescribed, open, Some(newest)) => {
            let last = [dispensed, prescribed, open, Some(newest)];
            let last = last.into_iter().flatten().max().unwrap_or(newest);
            if open != Some(last) && last.days_until(today) <= LAG_DAYS {
                State::MayGoOn { ended: last }
            } else {
                State::Past { last }
            }
        }
    }
}

/// The supplies of one visit that are taken alike: of one day and one prescriber, all daily, all when needed, or all for an unknown time.
struct Visit {
    day: CivilDate,
    taken: core::mem::Discriminant<Length>,
    places: Vec<usize>,
}

fn visits(supplies: &[Supply]) -> Vec<Visit> {
    let mut visits: Vec<Visit> = Vec::new();
    for (place, supply) in supplies.iter().enumerate() {
        let Some(day) = supply.start() else {
            continue;
        };
        let same = visits.iter_mut().rev().take_while(|it| it.day == day);
        let taken = core::mem::discriminant(&Length::of(&supply.drug));
        let same = same.filter(|it| it.taken == taken).find(|it| {
            let other = it.places.first().and_then(|place| supplies.get(*place));
            other.is_some_and(|other| !are_two(&supply.prescriber, &other.prescriber))
        });
        match same {
            Some(visit) => visit.places.push(place),
            None => visits.push(Visit {
                day,
                taken,
                places: vec![place],
            }),
        }
    }
    visits
}

fn of<'a>(supplies: &'a [Supply], visit: &Visit) -> Vec<&'a Supply> {
    let places = visit.places.iter();
    places.filter_map(|place| supplies.get(*place)).collect()
}

fn changes(supplies: &[Supply], reaches: Option<CivilDate>, state: State) -> Vec<Change> {
    let visits = visits(supplies);
    let mut changes = Vec::new();
    let mut add = |day, altered, before: &[usize], after: &[usize]| {
        changes.push(Change {
            day,
            altered,
            before: before.to_vec(),
            after: after.to_vec(),
        });
    };
    for (place, visit) in visits.iter().enumerate() {
        let earlier = visits.get(..place).unwrap_or_default();
        let later = visits.get(place + 1..).unwrap_or_default();
        let before = before(supplies, earlier, visit);
        let Some(before) = before.filter(|it| !goes_on_beside(supplies, it, (visit, later))) else {
            let long_before = |it: CivilDate| LAG_DAYS < it.days_until(visit.day);
            if earlier.is_empty() && reaches.is_some_and(long_before) {
                add(visit.day, Altered::Began, &[], &visit.places);
            }
            continue;
        };
        if let Some(after_days) = pause(supplies, earlier, visit) {
            let altered = Altered::Resumed { after_days };
            add(visit.day, altered, &before.places, &visit.places);
        }
        let Difference {
            dose,
            product,
            usage,
        } = difference(&of(supplies, before), &of(supplies, visit));
        let altered = [
            dose.map(Altered::Dose),
            product.then_some(Altered::Product),
            usage.then_some(Altered::Usage),
        ];
        for altered in altered.into_iter().flatten() {
            add(visit.day, altered, &before.places, &visit.places);
        }
    }
    if let (State::Past { last }, Some(visit)) = (state, visits.last())
        && of(supplies, visit).iter().all(|it| it.days().is_some())
    {
        add(last, Altered::RanOut, &visit.places, &[]);
    }
    changes
}

/// The visit a visit is compared with: the newest before it by the same prescriber; else the newest of all, unless its supply still lasts
/// for longer than people come early: then two prescribe side by side, and nothing changed from one to the other.
fn before<'a>(supplies: &[Supply], earlier: &'a [Visit], visit: &Visit) -> Option<&'a Visit> {
    let own = of(supplies, visit);
    let prescriber = &own.first()?.prescriber;
    let alike = || earlier.iter().rev().filter(|it| it.taken == visit.taken);
    let same = alike().find(|it| {
        let of = of(supplies, it);
        it.day < visit.day && of.iter().all(|it| !are_two(&it.prescriber, prescriber))
    });
    let newest = || {
        let newest = alike().find(|it| it.day < visit.day)?;
        let last = of(supplies, newest);
        let last = last.iter().filter_map(|it| Some(it.days()?.last)).max();
        let lasts = last.is_some_and(|last| EARLY_DAYS < visit.day.days_until(last) + 1);
        (!lasts).then_some(newest)
    };
    same.or_else(newest)
}

/// Whether another prescriber, whose supply a visit is compared with, went on supplying after it: then it is one beside the other, and no change.
fn goes_on_beside(supplies: &[Supply], before: &Visit, (visit, later): (&Visit, &[Visit])) -> bool {
    let prescriber = |it: &Visit| of(supplies, it).first().map(|it| &it.prescriber);
    let (Some(other), Some(own)) = (prescriber(before), prescriber(visit)) else {
        return false;
    };
    let last = of(supplies, before)
        .iter()
        .filter_map(|it| Some(it.days()?.last))
        .max();
    let in_time = |it: &&Visit| last.is_some_and(|last| last.days_until(it.day) <= PAUSE_DAYS);
    let mut next = later.iter().filter(in_time).filter_map(prescriber);
    are_two(other, own) && next.any(|it| !are_two(it, other))
}

/// Days without cover before a visit, where they make a pause and the records say how long all before it lasted.
fn pause(supplies: &[Supply], earlier: &[Visit], visit: &Visit) -> Option<i32> {
    let before: Vec<&Supply> = earlier.iter().flat_map(|it| of(supplies, it)).collect();
    let days: Vec<Days> = before.iter().map(|it| it.days()).collect::<Option<_>>()?;
    let last = days.iter().map(|it| it.last).max()?;
    let without = last.days_until(visit.day) - 1;
    (PAUSE_DAYS < without).then_some(without)
}
