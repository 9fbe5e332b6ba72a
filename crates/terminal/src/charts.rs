//! Charts as SVG made here on the server (G27): told apart by shape and pattern, never by colour alone, so that they are read in grey and on
//! paper. Each stands beside a table that says the same. Knows no page and reads no clock.

pub(crate) mod svg;
pub(crate) mod timeline;
pub(crate) mod trend;

use crate::charts::svg::Svg;

/// Fill of what a claim tells of.
const CLAIMED: &str = "url(#onshi-claimed)";
/// Fill of a reference range.
const RANGE: &str = "url(#onshi-range)";

/// The patterns that all charts of a page fill with. Stands once on the page, before the first chart.
pub(crate) fn patterns() -> String {
    concat!(
        r#"<svg class="onshi-patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>"#,
        r#"<pattern id="onshi-claimed" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">"#,
        r#"<rect class="onshi-chart__ground" width="5" height="5"/><rect class="onshi-chart__hatch" width="2" height="5"/></pattern>"#,
        r#"<pattern id="onshi-range" width="4" height="4" patternUnits="userSpaceOnUse">"#,
        r#"<rect class="onshi-chart__dot" width="1.2" height="1.2"/></pattern>"#,
        "</defs></svg>"
    )
    .to_owned()
}

/// A sample of a bar or mark for a legend, as it stands in the charts.
pub(crate) fn sample(of: Sample) -> String {
    let mut svg = Svg::decoration(36, 16);
    match of {
        Sample::Bar(evidence) => timeline::bar(&mut svg, evidence, (1.0, 2.0), (34.0, 12.0)),
        Sample::Mark(mark) => timeline::mark(&mut svg, mark, 18.0, 13.0),
        Sample::Range => svg.rect("onshi-chart__range", Some(RANGE), (1.0, 1.0), (34.0, 14.0)),
        Sample::Standing(standing) => trend::point(&mut svg, standing, 18.0, 8.0),
    }
    svg.finish()
}

/// What a legend explains.
#[derive(Clone, Copy)]
pub(crate) enum Sample {
    Bar(domain::medical_information::chart::bar::Evidence),
    Mark(timeline::Mark),
    Range,
    Standing(domain::medical_information::chart::trend::Standing),
}
