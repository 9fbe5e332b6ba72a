//! XML Schema 1.0 of a message: elements in the order of its table, none beside them.

use std::fmt::Write as _;

use crate::document::{ROOT, entry_of};
use crate::schema::{Way, most_characters, pattern};
use crate::tables::{Form, Holds, Presence, Row};

/// The schema.
#[must_use]
pub fn schema(way: Way) -> String {
    let about = format!(
        "{}: {} / {}",
        way.name(),
        way.message.ja(),
        way.message.en()
    );
    under(ROOT, &about, way.rows())
}

/// The schema of rows under a root.
pub(crate) fn under(root: &str, about: &str, rows: &[Row]) -> String {
    let mut out = Lines::default();
    out.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    out.line("<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">");
    out.inside(|out| {
        out.documentation(about);
        out.line(&format!("<xs:element name=\"{root}\">"));
        out.inside(|out| group(out, rows));
        out.line("</xs:element>");
    });
    out.line("</xs:schema>");
    out.text
}

fn group(out: &mut Lines, rows: &[Row]) {
    out.line("<xs:complexType>");
    out.inside(|out| {
        out.line("<xs:sequence>");
        out.inside(|out| rows.iter().for_each(|row| element(out, row)));
        out.line("</xs:sequence>");
    });
    out.line("</xs:complexType>");
}

fn element(out: &mut Lines, row: &Row) {
    let least = match row.presence {
        Presence::Must => "",
        Presence::May | Presence::OnError => " minOccurs=\"0\"",
    };
    let most = match (row.holds, entry_of(row)) {
        (Holds::Values, _) | (Holds::Groups(_), None) => " maxOccurs=\"unbounded\"",
        (Holds::Value | Holds::Group(_), _) | (Holds::Groups(_), Some(_)) => "",
    };
    out.line(&format!(
        "<xs:element name=\"{}\"{least}{most}>",
        row.element
    ));
    out.inside(|out| {
        out.documentation(&format!("{} / {}", row.ja, row.en));
        match (row.holds, entry_of(row)) {
            (Holds::Value | Holds::Values, _) => value(out, row.form),
            (Holds::Group(rows), _) | (Holds::Groups(rows), None) => group(out, rows),
            (Holds::Groups(rows), Some(entry)) => list(out, entry, rows),
        }
    });
    out.line("</xs:element>");
}

fn list(out: &mut Lines, entry: &str, rows: &[Row]) {
    out.line("<xs:complexType>");
    out.inside(|out| {
        out.line("<xs:sequence>");
        out.inside(|out| {
            out.line(&format!(
                "<xs:element name=\"{entry}\" maxOccurs=\"unbounded\">"
            ));
            out.inside(|out| group(out, rows));
            out.line("</xs:element>");
        });
        out.line("</xs:sequence>");
    });
    out.line("</xs:complexType>");
}

fn value(out: &mut Lines, form: Form) {
    out.line("<xs:simpleType>");
    out.inside(|out| {
        out.line("<xs:restriction base=\"xs:string\">");
        out.inside(|out| {
            if let Some(most) = most_characters(form) {
                out.line("<xs:minLength value=\"1\"/>");
                out.line(&format!("<xs:maxLength value=\"{most}\"/>"));
            }
            if let Some(pattern) = pattern(form) {
                out.line(&format!("<xs:pattern value=\"{pattern}\"/>"));
            }
            if let Form::Code(table) = form {
                for (code, ..) in table.items {
                    out.line(&format!("<xs:enumeration value=\"{code}\"/>"));
                }
            }
        });
        out.line("</xs:restriction>");
    });
    out.line("</xs:simpleType>");
}

#[derive(Default)]
struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:1$}{line}", "", 2 * self.depth);
    }

    fn inside(&mut self, inside: impl FnOnce(&mut Self)) {
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    /// No text of a table holds a character XML sets apart; a test of the schemas would say so.
    fn documentation(&mut self, text: &str) {
        self.line("<xs:annotation>");
        self.inside(|out| out.line(&format!("<xs:documentation>{text}</xs:documentation>")));
        self.line("</xs:annotation>");
    }
}
