//! The records and rules of claim files as Markdown, as docs/claims.md holds them. Reads nothing.

use std::fmt::Write as _;

use domain::facility_kind::FacilityKind;

use crate::claim_file::columns::{self, Form, Layout, Need};
use crate::claim_file::rule;

/// Rules, then records.
#[must_use]
pub fn whole() -> String {
    format!("## Rules\n\n{}\n## Records\n\n{}", rules(), records())
}

/// The records of all kinds.
#[must_use]
pub fn records() -> String {
    let mut page = String::new();
    for kind in FacilityKind::ALL {
        let names = kind.differences();
        // Writing to a text cannot fail.
        let _ = writeln!(page, "### {} / {}\n", names.name_ja, names.name_en);
        page.push_str(
            "| id | レコード | record | fields | known | from |\n|---|---|---|---|---|---|\n",
        );
        for layout in columns::layouts(kind) {
            let Layout {
                id,
                ja,
                en,
                mark,
                sources,
                ..
            } = layout;
            let count = match layout.count {
                0 => "not known".to_owned(),
                count => count.to_string(),
            };
            let _ = writeln!(
                page,
                "| `{id}` | {ja} | {en} | {count} | {} | {sources} |",
                mark.as_str()
            );
        }
        page.push('\n');
        for layout in columns::layouts(kind)
            .iter()
            .filter(|it| 1 < it.fields.len())
        {
            fields(&mut page, layout);
        }
    }
    page
}

fn fields(page: &mut String, layout: &Layout) {
    let _ = writeln!(page, "#### `{}` {} / {}\n", layout.id, layout.ja, layout.en);
    page.push_str("| # | 項目 | field | form | must | known |\n|---|---|---|---|---|---|\n");
    for (position, field) in (1..).zip(layout.fields) {
        let must = match field.need {
            Need::Must => "yes",
            Need::May => "",
            Need::Never => "empty",
        };
        let form = form(field.form);
        let _ = writeln!(
            page,
            "| {position} | {} | {} | {form} | {must} | {} |",
            field.ja,
            field.en,
            field.mark.as_str()
        );
    }
    page.push('\n');
}

fn form(form: Form) -> String {
    match form {
        Form::Fixed(count) => format!("{count} digits"),
        Form::Digits(count) => format!("1 to {count} digits"),
        Form::Ascii(count) => format!("half width, to {count} bytes"),
        Form::Wide(count) => format!("full width, to {count} bytes"),
        Form::Text(count) => format!("full or half width, to {count} bytes"),
        Form::Pairs(count) => format!("pairs of digits, to {count} bytes"),
        Form::Insurer => "8 bytes, blanks in front".to_owned(),
        Form::OneOf(first, last) => format!("{first} to {last}"),
        Form::Date => "YYYYMMDD or GYYMMDD".to_owned(),
        Form::Month => "YYYYMM or GYYMM".to_owned(),
        Form::Anything => "not looked at".to_owned(),
    }
}

/// All rules.
#[must_use]
pub fn rules() -> String {
    let mut page = String::from(
        "| rule | refuses | known | their number | 内容 | what |\n|---|---|---|---|---|---|\n",
    );
    for rule in rule::all() {
        let official = rule.official.map_or_else(String::new, |it| {
            format!("{} ({})", it.number, it.mark.as_str())
        });
        let refuses = match rule.severity {
            domain::claims::Severity::File => "file",
            domain::claims::Severity::Claim => "claim",
            domain::claims::Severity::Warning => "-",
        };
        let _ = writeln!(
            page,
            "| `{}` | {refuses} | {} | {official} | {} | {} |",
            rule.id,
            rule.mark.as_str(),
            rule.ja,
            rule.en
        );
    }
    page
}
