//! JSON Schema (2020-12) of a message's image: no member beside those of its table, no empty group below header and body, an error's code and
//! text beside a bad outcome alone (XSD 1.0 cannot say the last).

use serde_json::{Map, Value, json};

use crate::document::{ROOT, entry_of};
use crate::schema::{Way, most_characters, pattern};
use crate::tables::{Form, Holds, Presence, Row};

/// The schema, indented.
#[must_use]
pub fn schema(way: Way) -> String {
    let title = format!(
        "{}: {} / {}",
        way.name(),
        way.message.ja(),
        way.message.en()
    );
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": { ROOT: halves(way.rows()) },
        "required": [ROOT],
        "additionalProperties": false,
    });
    format!("{schema:#}\n")
}

/// Header and body, which may be empty.
fn halves(rows: &[Row]) -> Value {
    object(rows, |row| match row.holds {
        Holds::Group(rows) => object(rows, member),
        Holds::Value | Holds::Values | Holds::Groups(_) => member(row),
    })
}

fn object(rows: &[Row], of: impl Fn(&Row) -> Value) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for row in rows {
        properties.insert(row.element.to_owned(), of(row));
        if row.presence == Presence::Must {
            required.push(row.element);
        }
    }
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if let (Some(outcome), Value::Object(members)) = (outcome_of(rows), &mut schema) {
        members.extend(outcome);
    }
    schema
}

/// Elements that say how processing ended, with the code that says well and the one that says not; where there is none of the latter,
/// every other code does.
const OUTCOMES: [(&str, &str, Option<&str>); 2] = [
    ("SegmentOfResult", "1", Some("9")),
    ("ResultCode", "1", None),
];

/// What belongs to errors stands beside a bad outcome and not beside a good one.
fn outcome_of(rows: &[Row]) -> Option<Map<String, Value>> {
    let has = |element: &str| rows.iter().any(|row| row.element == element);
    let (element, good, bad) = OUTCOMES.into_iter().find(|(element, ..)| has(element))?;
    let of_errors: Vec<&str> = rows
        .iter()
        .filter(|row| row.presence == Presence::OnError)
        .map(|row| row.element)
        .collect();
    let each: Vec<Value> = of_errors
        .iter()
        .map(|element| json!({ "required": [element] }))
        .collect();
    let is_good = json!({ "properties": { element: { "const": good } } });
    let is_bad = match bad {
        Some(code) => json!({ "properties": { element: { "const": code } } }),
        None => json!({ "not": is_good }),
    };
    let rules = json!([
        { "if": is_good, "then": { "not": { "anyOf": each } } },
        { "if": is_bad, "then": { "required": of_errors } },
    ]);
    Some(Map::from_iter([("allOf".to_owned(), rules)]))
}

/// A group below header and body: never empty.
fn group(rows: &[Row]) -> Value {
    let mut schema = object(rows, member);
    if let Value::Object(members) = &mut schema {
        members.insert("minProperties".to_owned(), json!(1));
    }
    schema
}

fn member(row: &Row) -> Value {
    let mut schema = match (row.holds, entry_of(row)) {
        (Holds::Value, _) => value(row.form),
        (Holds::Values, _) => array(&value(row.form)),
        (Holds::Group(rows), _) => group(rows),
        (Holds::Groups(rows), None) => array(&group(rows)),
        (Holds::Groups(rows), Some(entry)) => array(&json!({
            "type": "object",
            "properties": { entry: group(rows) },
            "required": [entry],
            "additionalProperties": false,
        })),
    };
    if let Value::Object(members) = &mut schema {
        let text = format!("{} / {}", row.ja, row.en);
        members.insert("description".to_owned(), json!(text));
    }
    schema
}

fn array(of: &Value) -> Value {
    json!({ "type": "array", "items": of, "minItems": 1 })
}

fn value(form: Form) -> Value {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("string"));
    if let Some(most) = most_characters(form) {
        schema.insert("minLength".to_owned(), json!(1));
        schema.insert("maxLength".to_owned(), json!(most));
    }
    if let Some(pattern) = pattern(form) {
        schema.insert("pattern".to_owned(), json!(format!("^({pattern})$")));
    }
    if let Form::Code(table) = form {
        let codes: Vec<_> = table.items.iter().map(|(code, ..)| code).collect();
        schema.insert("enum".to_owned(), json!(codes));
    }
    Value::Object(schema)
}
