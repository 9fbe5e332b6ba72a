//! The timeline of drugs: a row for each ingredient, bars for the days its supplies last, marks for what changed, a line for today. Draws
//! what the course says; what lies outside the months shown is cut off.

use domain::civil_date::CivilDate;
use domain::medical_information::chart::Chart;
use domain::medical_information::chart::bar::{Evidence, lanes};
use domain::medical_information::chart::course::{Altered, Course};
use domain::medical_information::chart::dose::Direction;
use domain::medical_information::chart::supply::Days;
use ui::language::Words;

use super::CLAIMED;
use super::svg::{Anchor, Svg, cut};

/// Measures, in pixels at the natural width.
const WIDTH: f64 = 1200.0;
const LABELS: f64 = 320.0;
const RIGHT: f64 = 12.0;
const HEAD: f64 = 44.0;
const LANE: f64 = 18.0;
const BAR: f64 = 14.0;
const MARKS: f64 = 13.0;
const ROW_GAP: f64 = 11.0;
/// The least height of a row: two lines of label.
const ROW: f64 = 36.0;

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    More,
    Less,
    /// Another product, another usage, or an amount that does not compare.
    Other,
    /// A supply of which nobody knows how long it lasts.
    Supplied,
    /// The same, where nothing but a prescription tells of it.
    OnlyPrescribed,
}

impl Mark {
    fn of(altered: Altered) -> Option<Self> {
        match altered {
            Altered::Dose(Direction::More) => Some(Self::More),
            Altered::Dose(Direction::Less) => Some(Self::Less),
            Altered::Dose(Direction::Other) | Altered::Product | Altered::Usage => {
                Some(Self::Other)
            }
            Altered::Began | Altered::Resumed { .. } | Altered::RanOut => None,
        }
    }
}

/// Where days stand on the paper.
struct Scale {
    first: CivilDate,
    days: f64,
}

impl Scale {
    fn new(shown: Days) -> Self {
        Self {
            first: shown.first,
            days: f64::from(shown.count().max(1)),
        }
    }

    /// The left edge of a day.
    fn x(&self, day: CivilDate) -> f64 {
        let after = f64::from(self.first.days_until(day));
        LABELS + after * (WIDTH - LABELS - RIGHT) / self.days
    }
}

/// The timeline of a chart over the days shown.
pub(crate) fn timeline(chart: &Chart, shown: Days, words: &Words) -> String {
    let rows: Vec<Row> = chart.courses.iter().map(|it| Row::of(it, shown)).collect();
    let height = HEAD + rows.iter().map(Row::height).sum::<f64>() + 4.0;
    let label = words.say("timeline-label");
    let mut svg = Svg::image(
        "onshi-chart onshi-timeline",
        (WIDTH as u32, height.ceil() as u32),
        &label,
    );
    let scale = Scale::new(shown);
    axis(&mut svg, &scale, shown, height, words);
    let mut top = HEAD;
    let mut faded = false;
    for (row, course) in rows.iter().zip(&chart.courses) {
        if !faded && !course.state.may_be_taken() && HEAD < top {
            svg.line("onshi-chart__divide", (0.0, top), (WIDTH, top));
        }
        faded = !course.state.may_be_taken();
        row.draw(&mut svg, &scale, top, course);
        top += row.height();
    }
    if shown.has(chart.today) {
        let x = scale.x(chart.today);
        svg.line("onshi-chart__today", (x, HEAD - 12.0), (x, height));
    }
    svg.finish()
}

/// Months and years above the rows.
fn axis(svg: &mut Svg, scale: &Scale, shown: Days, height: f64, words: &Words) {
    let months = (shown.count() / 30).max(1);
    let step = match months {
        0..=15 => 1,
        16..=40 => 3,
        _ => 6,
    };
    let mut month = first_of_month(shown.first);
    let mut year = None;
    while month <= shown.last {
        let x = scale.x(month).max(LABELS);
        if year != Some(month.year()) {
            let text = words.say_with("chart-year", &[("year", month.year().to_string())]);
            let room = x + 60.0 < WIDTH;
            if room {
                svg.text("onshi-chart__year", (x + 3.0, 16.0), Anchor::Start, &text);
            }
            year = Some(month.year());
        }
        if (month.month() - 1) % step == 0 {
            svg.line("onshi-chart__grid", (x, HEAD - 18.0), (x, height));
            if x + 24.0 < WIDTH {
                let text = words.say_with("chart-month", &[("month", month.month().to_string())]);
                svg.text("onshi-chart__month", (x + 3.0, 34.0), Anchor::Start, &text);
            }
        }
        month = month.plus_months(1);
    }
}

fn first_of_month(day: CivilDate) -> CivilDate {
    day.plus_days(1 - i32::from(day.day()))
}

/// What is drawn of a course.
struct Row {
    lanes: Vec<Vec<(Days, Evidence, Vec<CivilDate>)>>,
    marks: Vec<(CivilDate, Mark)>,
}

impl Row {
    fn of(course: &Course, shown: Days) -> Self {
        let within = |bar: &domain::medical_information::chart::bar::Bar| {
            let days = bar.days.shared(shown)?;
            let begins = bar.begins.iter().copied();
            let begins = begins.filter(|it| shown.has(*it)).collect();
            Some((days, bar.evidence, begins))
        };
        let lanes = lanes(course).into_iter();
        let lanes = lanes.map(|lane| lane.iter().filter_map(within).collect::<Vec<_>>());
        let changed = course.changes.iter();
        let changed = changed.filter_map(|it| Some((it.day, Mark::of(it.altered)?)));
        let open = course.supplies.iter().filter(|it| it.days().is_none());
        let open = open.filter_map(|it| {
            let only = it.is_only_prescribed();
            let mark = if only {
                Mark::OnlyPrescribed
            } else {
                Mark::Supplied
            };
            Some((it.start()?, mark))
        });
        let marks = changed.chain(open).filter(|(day, _)| shown.has(*day));
        let mut marks: Vec<(CivilDate, Mark)> = marks.collect();
        marks.dedup();
        Self {
            lanes: lanes.filter(|it| !it.is_empty()).collect(),
            marks,
        }
    }

    fn height(&self) -> f64 {
        let lanes = LANE * self.lanes.len().max(1) as f64;
        (MARKS + lanes).max(ROW) + ROW_GAP
    }

    fn draw(&self, svg: &mut Svg, scale: &Scale, top: f64, course: &Course) {
        let bottom = top + self.height();
        svg.line("onshi-chart__rule", (0.0, bottom), (WIDTH, bottom));
        let (name, product) = labels(course);
        let (name_at, product_at) = ((4.0, top + 18.0), (4.0, top + 37.0));
        svg.text(
            "onshi-chart__name",
            name_at,
            Anchor::Start,
            &cut(&name, 19.5),
        );
        let product = cut(&product, 22.0);
        svg.text("onshi-chart__product", product_at, Anchor::Start, &product);
        for (lane, y) in self.lanes.iter().zip(0_u8..) {
            let y = top + MARKS + LANE * f64::from(y) + 3.0;
            for (days, evidence, begins) in lane {
                let (left, right) = (scale.x(days.first), scale.x(days.last.plus_days(1)));
                bar(svg, *evidence, (left, y), ((right - left).max(1.5), BAR));
                let inner = begins.iter().filter(|it| days.first < **it);
                let inner: Vec<f64> = inner.map(|it| scale.x(*it)).collect();
                svg.ticks("onshi-chart__tick", &inner, y, BAR);
            }
        }
        let mid = top + MARKS + 3.0 + BAR / 2.0;
        for (day, it) in &self.marks {
            let x = scale.x(*day);
            match it {
                Mark::Supplied | Mark::OnlyPrescribed => {
                    mark(svg, *it, x.max(LABELS + 5.0), mid + 5.0)
                }
                Mark::More | Mark::Less | Mark::Other => mark(svg, *it, x, top + MARKS + 1.0),
            }
        }
    }
}

/// The two lines of a row: the ingredient, and what was supplied last.
fn labels(course: &Course) -> (String, String) {
    let name = course.name.as_str().to_owned();
    let latest = course.latest();
    let told: Vec<String> = latest
        .iter()
        .map(|it| {
            let drug = &it.drug;
            let quantity = drug.quantity.as_ref().map_or("", |it| it.as_str());
            let unit = drug.unit.as_ref().map_or("", |it| it.as_str());
            let product = if course.is_ingredient {
                drug.name.as_str()
            } else {
                ""
            };
            format!("{product} {quantity}{unit}").trim().to_owned()
        })
        .collect();
    (name, told.join(" + "))
}

/// A bar with its left upper corner and its size.
pub(super) fn bar(svg: &mut Svg, evidence: Evidence, at: (f64, f64), size: (f64, f64)) {
    match evidence {
        Evidence::Dispensed => svg.rect("onshi-chart__dispensed", None, at, size),
        Evidence::Claimed => svg.rect("onshi-chart__claimed", Some(CLAIMED), at, size),
        Evidence::Prescribed => svg.rect("onshi-chart__prescribed", None, at, size),
    }
}

/// A mark whose foot stands at a place.
pub(super) fn mark(svg: &mut Svg, mark: Mark, x: f64, y: f64) {
    const HALF: f64 = 5.0;
    let up = [(x, y - 9.0), (x + HALF, y), (x - HALF, y)];
    let down = [(x, y), (x + HALF, y - 9.0), (x - HALF, y - 9.0)];
    let diamond = [
        (x, y - 10.0),
        (x + HALF, y - 5.0),
        (x, y),
        (x - HALF, y - 5.0),
    ];
    match mark {
        Mark::More => svg.path("onshi-chart__more", &up, true),
        Mark::Less => svg.path("onshi-chart__less", &down, true),
        Mark::Other => svg.path("onshi-chart__other", &diamond, true),
        Mark::Supplied => svg.circle("onshi-chart__supplied", (x, y - 5.0), 4.0),
        Mark::OnlyPrescribed => svg.circle("onshi-chart__unsure", (x, y - 5.0), 4.0),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::medical_aid::TreatmentMonth;
    use domain::medical_information::drugs::{Drug, DrugDay, DrugMonth, Source};
    use domain::medical_information::{Amount, MedicalText};
    use ui::language::{Language, Texts};

    use super::*;
    use crate::texts::SCREENS;

    fn day(month: i8, day: i8) -> CivilDate {
        CivilDate::new(2026, month, day).unwrap()
    }

    fn record(source: Source, on: CivilDate, quantity: &str, usage: &str) -> DrugMonth {
        let mut record = DrugMonth::new(source, TreatmentMonth::of(on));
        let drug = Drug {
            quantity: Amount::parse(quantity).ok(),
            usage: MedicalText::parse(usage).ok(),
            times: Some(28),
            ..Drug::new(MedicalText::parse("架空錠<10>").unwrap())
        };
        record.days.push(DrugDay {
            dispensed: (source != Source::Prescription).then_some(on),
            prescribed: Some(on),
            drugs: vec![drug],
            treatments: Vec::new(),
        });
        record
    }

    fn drawn(records: &[DrugMonth]) -> String {
        let shown = Days {
            first: day(9, 1),
            last: day(12, 31),
        };
        let words = Words::new(Arc::new(Texts::new(&SCREENS).unwrap()), Language::Japanese);
        timeline(&Chart::of(records, day(11, 26)), shown, &words)
    }

    fn count(text: &str, part: &str) -> usize {
        text.matches(part).count()
    }

    #[test]
    fn each_source_has_its_own_shape_and_a_raised_dose_its_mark() {
        const DAILY: &str = "１日１回朝食後";
        let text = drawn(&[
            record(Source::Claims, day(9, 1), "1", DAILY),
            record(Source::Dispensing, day(9, 29), "1", DAILY),
            record(Source::Prescription, day(10, 27), "2", DAILY),
        ]);
        assert_eq!(
            count(
                &text,
                "class=\"onshi-chart__claimed\" fill=\"url(#onshi-claimed)\""
            ),
            1
        );
        assert_eq!(count(&text, "class=\"onshi-chart__dispensed\""), 1);
        assert_eq!(count(&text, "class=\"onshi-chart__prescribed\""), 1);
        assert_eq!(count(&text, "class=\"onshi-chart__more\""), 1);
        assert_eq!(count(&text, "class=\"onshi-chart__today\""), 1);
        assert_eq!(count(&text, "class=\"onshi-chart__month\""), 4);
        assert!(text.contains("架空錠&lt;10&gt;") && !text.contains("架空錠<10>"));
    }

    #[test]
    fn what_lasts_for_an_unknown_time_is_a_mark_and_no_bar() {
        let text = drawn(&[record(Source::Dispensing, day(10, 5), "10", "発熱時")]);
        assert_eq!(count(&text, "class=\"onshi-chart__supplied\""), 1);
        assert_eq!(count(&text, "<rect"), 0);
    }

    #[test]
    fn what_lies_outside_the_months_shown_is_not_drawn() {
        let text = drawn(&[record(Source::Dispensing, day(3, 5), "1", "１日１回朝食後")]);
        assert_eq!(count(&text, "<rect"), 0);
        assert_eq!(count(&text, "class=\"onshi-chart__name\""), 1);
    }

    #[test]
    fn three_years_of_a_daily_drug_are_a_few_hundred_bytes() {
        let months = (0..39).map(|it| day(9, 1).plus_days(28 * it - 1092));
        let records: Vec<DrugMonth> = months
            .map(|on| record(Source::Claims, on, "1", "１日１回朝食後"))
            .collect();
        let shown = Days {
            first: day(9, 1).plus_days(-1092),
            last: day(12, 31),
        };
        let words = Words::new(Arc::new(Texts::new(&SCREENS).unwrap()), Language::Japanese);
        let text = timeline(&Chart::of(&records, day(11, 26)), shown, &words);
        assert_eq!(count(&text, "<rect"), 1);
        assert!(text.len() < 5_000, "{}", text.len());
    }
}
