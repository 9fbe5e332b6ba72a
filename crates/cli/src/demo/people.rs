//! Whom the demo asks about: three people of each case, with the verdict each is to get. All are invented.

use serde_json::{Value, json};

/// Case, insurer number, symbol, number, branch, birth date, verdict; an empty text is left out of a question.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    u8,
);

#[rustfmt::skip]
const PEOPLE: [Row; 18] = [
    ("valid", "06139992", "123", "4567", "01", "1970-01-02", 1),
    ("valid", "39139993", "", "01234567", "", "1948-03-03", 1),
    ("valid", "06139992", "123", "4570", "01", "1988-08-08", 1),
    ("lost", "06139992", "123", "4569", "01", "1964-04-04", 2),
    ("lost", "06139992", "123", "4580", "01", "1964-04-04", 2),
    ("lost", "06139992", "123", "4581", "01", "1964-04-04", 2),
    ("newer", "06139992", "123", "4568", "01", "1972-03-04", 3),
    ("newer", "06139992", "123", "4582", "01", "1964-04-04", 3),
    ("newer", "06139992", "123", "4583", "01", "1964-04-04", 3),
    ("unknown", "06139992", "123", "9997", "01", "1970-01-02", 4),
    ("unknown", "06139992", "123", "9998", "01", "1970-01-02", 4),
    ("unknown", "06139992", "123", "9999", "01", "1970-01-02", 4),
    ("several", "06139992", "123", "4571", "", "2019-02-02", 5),
    ("several", "06139992", "123", "4584", "", "2019-02-02", 5),
    ("several", "06139992", "123", "4585", "", "2019-02-02", 5),
    ("unregistered", "12139995", "", "1000001", "", "1975-07-07", 6),
    ("unregistered", "12139995", "", "1000002", "", "1975-07-07", 6),
    ("unregistered", "12139995", "", "1000003", "", "1975-07-07", 6),
];

/// The member `people` of demo.json (contracts §13).
pub(crate) fn describe() -> Vec<Value> {
    let person = |(case, insurer, symbol, number, branch, birth_date, verdict): &Row| {
        json!({
            "case": case, "insurer_number": insurer, "symbol": symbol, "number": number, "branch": branch,
            "birth_date": birth_date, "expect_verdict": verdict,
        })
    };
    PEOPLE.iter().map(person).collect()
}
