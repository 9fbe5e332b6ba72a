//! SVG written piece by piece. Every text is escaped; there is no style and no script in it, so that the pages' policy holds.

use std::fmt::Write as _;

/// An image under way.
pub(crate) struct Svg {
    text: String,
}

/// Where a text stands to its place.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Svg {
    /// An image that says what it is; it grows with its place, and its own units are pixels at its natural width.
    pub(crate) fn image(class: &str, (width, height): (u32, u32), label: &str) -> Self {
        let label = escaped(label);
        let text = format!(
            r#"<svg class="{class}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{label}">"#
        );
        Self { text }
    }

    /// An image beside a text that says the same.
    pub(crate) fn decoration(width: u32, height: u32) -> Self {
        let text = format!(
            r#"<svg class="onshi-sample" viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true" focusable="false">"#
        );
        Self { text }
    }

    pub(crate) fn rect(
        &mut self,
        class: &str,
        fill: Option<&str>,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
    ) {
        let fill = fill.map_or(String::new(), |fill| format!(r#" fill="{fill}""#));
        let _ = write!(
            self.text,
            r#"<rect class="{class}"{fill} x="{}" y="{}" width="{}" height="{}"/>"#,
            short(x),
            short(y),
            short(width),
            short(height)
        );
    }

    pub(crate) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let (x1, y1, x2, y2) = (short(x1), short(y1), short(x2), short(y2));
        let _ = write!(
            self.text,
            r#"<path class="{class}" d="M{x1} {y1}L{x2} {y2}"/>"#
        );
    }

    /// A shape or line through points; closed where it is filled.
    pub(crate) fn path(&mut self, class: &str, points: &[(f64, f64)], closed: bool) {
        let mut shape = String::new();
        for (place, (x, y)) in points.iter().enumerate() {
            let step = if place == 0 { 'M' } else { 'L' };
            let _ = write!(shape, "{step}{} {}", short(*x), short(*y));
        }
        if closed {
            shape.push('Z');
        }
        let _ = write!(self.text, r#"<path class="{class}" d="{shape}"/>"#);
    }

    /// Many short upright lines as one shape.
    pub(crate) fn ticks(&mut self, class: &str, at: &[f64], y: f64, height: f64) {
        if at.is_empty() {
            return;
        }
        let mut shape = String::new();
        for x in at {
            let _ = write!(shape, "M{} {}v{}", short(*x), short(y), short(height));
        }
        let _ = write!(self.text, r#"<path class="{class}" d="{shape}"/>"#);
    }

    pub(crate) fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        let (x, y, radius) = (short(x), short(y), short(radius));
        let _ = write!(
            self.text,
            r#"<circle class="{class}" cx="{x}" cy="{y}" r="{radius}"/>"#
        );
    }

    pub(crate) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let _ = write!(
            self.text,
            r#"<text class="{class}" x="{}" y="{}" text-anchor="{}">{}</text>"#,
            short(x),
            short(y),
            anchor.as_str(),
            escaped(text)
        );
    }

    pub(crate) fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

/// A coordinate to a tenth, without a needless end.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A text cut to a width, with an ellipsis where something is missing. Widths are guessed: wide characters as one, others as six tenths.
pub(crate) fn cut(text: &str, width: f64) -> String {
    let of = |it: char| if it.is_ascii() { 0.6 } else { 1.0 };
    if text.chars().map(of).sum::<f64>() <= width {
        return text.to_owned();
    }
    let mut left = width - 1.0;
    let mut kept = String::new();
    for it in text.chars() {
        left -= of(it);
        if left < 0.0 {
            break;
        }
        kept.push(it);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_record_holds_is_text_and_never_markup() {
        let mut svg = Svg::image("a", (10, 10), "<b> & \"c\"");
        svg.text("t", (1.0, 2.0), Anchor::Start, "</text><script>");
        let text = svg.finish();
        assert_eq!(
            text,
            "<svg class=\"a\" viewBox=\"0 0 10 10\" width=\"10\" height=\"10\" role=\"img\" aria-label=\"&lt;b&gt; &amp; &quot;c&quot;\">\
             <text class=\"t\" x=\"1\" y=\"2\" text-anchor=\"start\">&lt;/text&gt;&lt;script&gt;</text></svg>"
        );
    }

    #[test]
    fn coordinates_are_short() {
        let of = |it| short(it);
        assert_eq!(
            (of(1.0), of(0.25), of(-0.04)),
            ("1".into(), "0.2".into(), "-0".into())
        );
    }

    #[test]
    fn a_long_name_is_cut_and_says_so() {
        assert_eq!(cut("架空錠１０ｍｇ", 7.0), "架空錠１０ｍｇ");
        assert_eq!(cut("架空錠１０ｍｇ「見本」", 7.0), "架空錠１０ｍ…");
    }
}
