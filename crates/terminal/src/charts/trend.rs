//! The trend of one item of checkups: a line through its results, each with its number, over the reference range of its time. Results that
//! are no number are not drawn; the table has them.

use domain::civil_date::CivilDate;
use domain::medical_information::chart::decimal::Decimal;
use domain::medical_information::chart::trend::{Point, Series, Standing};
use domain::medical_information::checkup::Value;
use domain::medical_information::{Amount, MedicalText};

use super::RANGE;
use super::svg::{Anchor, Svg};

/// Measures, in pixels at the natural width.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 26.0;

/// A drawn result.
struct Drawn<'a> {
    point: &'a Point,
    number: f64,
    x: f64,
}

/// The trend of an item; `label` says in words what the image shows.
pub(crate) fn trend(series: &Series, label: &str) -> String {
    let mut svg = Svg::image(
        "onshi-chart onshi-trend",
        (WIDTH as u32, HEIGHT as u32),
        label,
    );
    let drawn = drawn(series);
    let Some(scale) = Scale::of(&drawn) else {
        return svg.finish();
    };
    ranges(&mut svg, &drawn, &scale);
    let line: Vec<(f64, f64)> = drawn.iter().map(|it| (it.x, scale.y(it.number))).collect();
    svg.path("onshi-chart__line", &line, false);
    let mut year = None;
    for it in &drawn {
        let y = scale.y(it.number);
        point(&mut svg, it.point.standing, it.x, y);
        let text = number(it.point).unwrap_or_default();
        let above = y - 9.0;
        svg.text("onshi-chart__value", (it.x, above), Anchor::Middle, text);
        if year != Some(it.point.day.year()) {
            year = Some(it.point.day.year());
            let text = it.point.day.year().to_string();
            svg.text(
                "onshi-chart__month",
                (it.x, HEIGHT - 8.0),
                Anchor::Middle,
                &text,
            );
        }
    }
    svg.finish()
}

/// The result of a measured item as it was written.
fn number(point: &Point) -> Option<&str> {
    match &point.value {
        Value::Measured { amount, .. } => Some(MedicalText::as_str(amount)),
        Value::Coded { .. } | Value::Words(_) => None,
    }
}

fn drawn(series: &Series) -> Vec<Drawn<'_>> {
    let days = series.points.iter().filter(|it| it.number.is_some());
    let days: Vec<CivilDate> = days.map(|it| it.day).collect();
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Vec::new();
    };
    let all = f64::from(first.days_until(*last).max(1));
    let room = WIDTH - LEFT - RIGHT - 24.0;
    let of = |point| {
        let it: &Point = point;
        Some(Drawn {
            point: it,
            number: it.number?.to_f64(),
            x: LEFT + 12.0 + f64::from(first.days_until(it.day)) * room / all,
        })
    };
    series.points.iter().filter_map(of).collect()
}

/// From numbers to places, with the ranges in sight.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(drawn: &[Drawn<'_>]) -> Option<Self> {
        let numbers = drawn.iter().flat_map(|it| {
            let range = &it.point.range;
            [Some(it.number), bound(&range.low), bound(&range.high)]
        });
        let mut numbers = numbers.flatten();
        let first = numbers.next()?;
        let (low, high) = numbers.fold((first, first), |(low, high), it| {
            (low.min(it), high.max(it))
        });
        let room = if low < high {
            (high - low) * 0.12
        } else {
            high.abs().max(1.0) * 0.12
        };
        Some(Self {
            low: low - room,
            high: high + room,
        })
    }

    fn y(&self, number: f64) -> f64 {
        let part = (number - self.low) / (self.high - self.low);
        HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)
    }
}

fn bound(it: &Option<Amount>) -> Option<f64> {
    Some(Decimal::parse(it.as_ref()?.as_str())?.to_f64())
}

/// The range of each result's time, from half-way to the result before to half-way to the one after.
fn ranges(svg: &mut Svg, drawn: &[Drawn<'_>], scale: &Scale) {
    let end = WIDTH - RIGHT;
    let mut left = LEFT;
    for (place, it) in drawn.iter().enumerate() {
        let next = drawn.get(place + 1);
        let right = next.map_or(end, |next| (it.x + next.x) / 2.0);
        let (low, high) = (bound(&it.point.range.low), bound(&it.point.range.high));
        if low.is_some() || high.is_some() {
            let top = high.map_or(TOP - 6.0, |it| scale.y(it));
            let bottom = low.map_or(HEIGHT - BOTTOM, |it| scale.y(it));
            let size = (right - left, bottom - top);
            svg.rect("onshi-chart__range", Some(RANGE), (left, top), size);
            for bound in [high.map(|_| top), low.map(|_| bottom)]
                .into_iter()
                .flatten()
            {
                svg.line("onshi-chart__bound", (left, bound), (right, bound));
            }
        }
        left = right;
    }
    let Some(newest) = drawn.last().map(|it| &it.point.range) else {
        return;
    };
    for bound in [&newest.low, &newest.high].into_iter().flatten() {
        if let Some(number) = Decimal::parse(bound.as_str()) {
            let y = scale.y(number.to_f64()) + 4.0;
            svg.text(
                "onshi-chart__month",
                (LEFT - 5.0, y),
                Anchor::End,
                bound.as_str(),
            );
        }
    }
}

/// A result: a disc inside its range, a triangle that points out of it, a ring where nothing is known.
pub(super) fn point(svg: &mut Svg, standing: Standing, x: f64, y: f64) {
    const HALF: f64 = 6.0;
    match standing {
        Standing::Within => svg.circle("onshi-chart__within", (x, y), 4.0),
        Standing::Unknown => svg.circle("onshi-chart__unsure", (x, y), 4.0),
        Standing::Above => {
            let up = [(x, y - HALF), (x + HALF, y + 5.0), (x - HALF, y + 5.0)];
            svg.path("onshi-chart__outside", &up, true);
        }
        Standing::Below => {
            let down = [(x, y + HALF), (x + HALF, y - 5.0), (x - HALF, y - 5.0)];
            svg.path("onshi-chart__outside", &down, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::medical_information::chart::trend::series;
    use domain::medical_information::checkup::{Checkup, Item, ItemCode, ReferenceRange};

    use super::*;

    fn drawn(results: &[&str], high: &str) -> String {
        let checkups: Vec<Checkup> = (2022_i16..)
            .zip(results)
            .map(|(year, result)| Checkup {
                items: vec![Item {
                    code: ItemCode::parse("3B035000002327201").unwrap(),
                    name: MedicalText::parse("見本検査").unwrap(),
                    value: Value::Measured {
                        amount: MedicalText::parse(result).unwrap(),
                        unit: None,
                    },
                    range: ReferenceRange {
                        low: None,
                        high: Amount::parse(high).ok(),
                    },
                    method: None,
                }],
                ..Checkup::new(CivilDate::new(year, 6, 10).unwrap())
            })
            .collect();
        trend(&series(&checkups)[0], "label")
    }

    fn count(text: &str, part: &str) -> usize {
        text.matches(part).count()
    }

    #[test]
    fn a_result_outside_its_range_has_another_shape_and_its_number_stands_beside_it() {
        let text = drawn(&["28", "30", "41"], "30");
        assert_eq!(count(&text, "class=\"onshi-chart__within\""), 2);
        assert_eq!(count(&text, "class=\"onshi-chart__outside\""), 1);
        assert_eq!(count(&text, "fill=\"url(#onshi-range)\""), 3);
        for number in [">28<", ">30<", ">41<"] {
            assert!(text.contains(number), "{number}");
        }
    }

    #[test]
    fn a_result_that_is_no_number_is_not_drawn_and_equal_results_are_drawn_flat() {
        let text = drawn(&["5", "<5", "5"], "none");
        assert_eq!(count(&text, "class=\"onshi-chart__unsure\""), 2);
        assert!(!text.contains("NaN") && !text.contains("inf"));
    }

    #[test]
    fn no_number_at_all_draws_nothing() {
        assert_eq!(count(&drawn(&["1+", "2+"], "1"), "<path"), 0);
    }
}
