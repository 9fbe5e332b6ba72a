//! The tables of fields as Markdown, for the vendors' page.

use std::fmt::Write as _;

use crate::document::entry_of;
use crate::schema::Way;
use crate::tables::{Form, Holds, Known, Presence, Row};

/// The tables of every message in both directions, under one heading each.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::new();
    for way in Way::all() {
        let (ja, en) = (way.message.ja(), way.message.en());
        let _ = write!(out, "\n### {} {ja} / {en}\n\n", way.name());
        out.push_str(&table(way));
    }
    out
}

/// The table of one message in one direction.
#[must_use]
pub fn table(way: Way) -> String {
    let mut out = String::from(
        "| 要素 / element | 日本語 | English | 必須 / must | 形式 / form | 回数 / times | 確度 / known |\n|---|---|---|---|---|---|---|\n",
    );
    lines(&mut out, way.rows(), 0);
    out
}

fn lines(out: &mut String, rows: &[Row], depth: usize) {
    for row in rows {
        let times = match row.holds {
            Holds::Value | Holds::Group(_) => "1",
            Holds::Values => "0..n",
            Holds::Groups(_) if entry_of(row).is_some() => "1",
            Holds::Groups(_) => "n",
        };
        line(out, row, row.element, times, depth);
        match (row.holds, entry_of(row)) {
            (Holds::Value | Holds::Values, _) => {}
            (Holds::Group(rows), _) | (Holds::Groups(rows), None) => lines(out, rows, depth + 1),
            (Holds::Groups(rows), Some(entry)) => {
                line(out, row, entry, "n", depth + 1);
                lines(out, rows, depth + 2);
            }
        }
    }
}

fn line(out: &mut String, row: &Row, element: &str, times: &str, depth: usize) {
    let (ja, en) = (row.ja, row.en);
    let must = match row.presence {
        Presence::Must => "M",
        Presence::May => "–",
        Presence::OnError => "異常時 / on error",
    };
    let known = match row.known {
        Known::Several => "A",
        Known::One => "B",
        Known::Inferred => "C",
        Known::Ours => "onshi",
    };
    let (indent, form) = ("・".repeat(depth), form(row.form));
    let _ = writeln!(
        out,
        "| {indent}`{element}` | {ja} | {en} | {must} | {form} | {times} | {known} |"
    );
}

fn form(form: Form) -> String {
    match form {
        Form::Group | Form::List(_) => "–".to_owned(),
        Form::Text(most) | Form::Exact(most) => format!("文字 / text ≤{most}"),
        Form::Digits(many) => format!("数字 / digits {many}"),
        Form::Insurer => "数字 / digits ≤8".to_owned(),
        Form::Count => "数 / number".to_owned(),
        Form::Date => "yyyyMMdd".to_owned(),
        Form::DateTime => "yyyyMMddHHmmss".to_owned(),
        Form::Month => "yyyyMM".to_owned(),
        Form::PostalCode => "123-4567".to_owned(),
        Form::Code(table) => format!("OQSCD{:03}", table.number),
        Form::OpenCode(most) => format!("英数字 / letters, digits ≤{most}"),
        Form::Base64 => "base64".to_owned(),
    }
}
