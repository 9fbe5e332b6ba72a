//! Faults to put into made-up medical claims, each with the one finding that must come of it. Touches one claim at a time.

use domain::claims::Days;
use domain::medical_aid::TreatmentMonth;
use exchange::claim_file::rule::Rule;
use exchange::claim_file::rule::of_claims as rules;

use crate::claims::MadeClaim;

/// A fault, and what must be found.
#[derive(Clone, Copy)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// The rule it breaks.
    pub rule: &'static Rule,
    /// The record of the finding.
    pub record: &'static str,
    /// Puts it into a claim; `None`, with the claim as it was, where it does not suit that one.
    put: fn(&mut Lines) -> Option<()>,
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fault({})", self.name)
    }
}

impl Fault {
    /// The claim with the fault in it; `None` where it does not suit that one.
    #[must_use]
    pub fn put_into(&self, claim: &MadeClaim) -> Option<MadeClaim> {
        let mut lines = Lines(claim.lines.clone());
        (self.put)(&mut lines)?;
        Some(MadeClaim {
            lines: lines.0,
            ..claim.clone()
        })
    }
}

/// The lines of a claim, to be changed by record and position.
struct Lines(Vec<Vec<u8>>);

impl Lines {
    fn at(&self, id: &str) -> Option<usize> {
        self.0.iter().position(|it| it.starts_with(id.as_bytes()))
    }

    fn cells(&self, id: &str) -> Option<Vec<Vec<u8>>> {
        let line = self.0.get(self.at(id)?)?;
        Some(line.split(|it| *it == b',').map(<[u8]>::to_vec).collect())
    }

    fn cell(&self, id: &str, position: usize) -> Option<Vec<u8>> {
        self.cells(id)?.get(position - 1).cloned()
    }

    /// Changes a field of the first record of an id.
    fn set(&mut self, id: &str, position: usize, bytes: &[u8]) -> Option<()> {
        let at = self.at(id)?;
        let mut cells = self.cells(id)?;
        *cells.get_mut(position - 1)? = bytes.to_vec();
        *self.0.get_mut(at)? = cells.join(&b',');
        Some(())
    }

    /// Counts a number of a field up.
    fn add(&mut self, id: &str, position: usize, by: u64) -> Option<()> {
        let number: u64 = String::from_utf8(self.cell(id, position)?)
            .ok()?
            .parse()
            .ok()?;
        self.set(id, position, (number + by).to_string().as_bytes())
    }

    /// Makes the last digit of a field another.
    fn turn_last_digit(&mut self, id: &str, position: usize) -> Option<()> {
        let mut bytes = self.cell(id, position)?;
        let last = bytes.last_mut()?;
        *last = b'0' + (*last - b'0' + 1) % 10;
        self.set(id, position, &bytes)
    }

    /// Makes one digit of the claim's type another.
    fn set_type(&mut self, digit: usize, to: u8) -> Option<()> {
        let mut bytes = self.cell("RE", TYPE)?;
        *bytes.get_mut(digit)? = to;
        self.set("RE", TYPE, &bytes)
    }

    /// The month of the visits.
    fn month(&self) -> Option<TreatmentMonth> {
        let digits = String::from_utf8(self.cell("RE", MONTH)?).ok()?;
        TreatmentMonth::parse_compact(&digits)
    }

    /// The month after it, in which the claim goes out.
    fn next_month(&self) -> Option<TreatmentMonth> {
        let next = self.month()?.first_day().plus_months(1);
        Some(TreatmentMonth::of(next))
    }

    /// Goes on where a month has every day of visit.
    fn on_days_of(&self, month: TreatmentMonth) -> Option<()> {
        let (cells, days) = (self.cells("JD")?, Days::of_month(month));
        let mut marks = (1_u8..).zip(cells.iter().skip(2));
        let is_in_month = marks.all(|(day, mark)| mark.is_empty() || days.contains(day));
        is_in_month.then_some(())
    }

    /// Goes on where the insurer number begins so, and the claim has no public scheme.
    fn of_law(&self, law: &[u8]) -> Option<()> {
        let is_of_law = self.cell("HO", 2)?.starts_with(law);
        (is_of_law && self.at("KO").is_none()).then_some(())
    }

    /// Goes on where the type's last digit is one of these.
    fn of_person(&self, digits: &[u8]) -> Option<()> {
        digits
            .contains(self.cell("RE", TYPE)?.last()?)
            .then_some(())
    }
}

const TYPE: usize = 3;
const MONTH: usize = 4;

const fn fault(
    name: &'static str,
    rule: &'static Rule,
    record: &'static str,
    put: fn(&mut Lines) -> Option<()>,
) -> Fault {
    Fault {
        name,
        rule,
        record,
        put,
    }
}

/// Faults of medical claims to the payment fund. A month of 31 days has every day, so one of them suits none of its claims.
pub static OF_FUND: [Fault; 38] = [
    fault(
        "insurer's check digit",
        &rules::INSURER_CHECK_DIGIT,
        "HO",
        |it| it.turn_last_digit("HO", 2),
    ),
    // １ in full width and 2 in half.
    fault("symbol of both widths", &rules::FIELD_WIDTHS, "HO", |it| {
        it.of_law(b"06")?;
        it.set("HO", 3, b"\x82\x502")
    }),
    fault("no number", &rules::FIELD_MISSING, "HO", |it| {
        it.set("HO", 4, b"")
    }),
    fault("symbol of letters", &rules::SYMBOL_SOCIETY, "HO", |it| {
        it.of_law(b"06")?;
        it.set("HO", 3, b"ABC")
    }),
    fault(
        "short symbol of the association",
        &rules::SYMBOL_ASSOCIATION,
        "HO",
        |it| {
            it.of_law(b"01")?;
            it.set("HO", 3, b"123456")
        },
    ),
    fault("a comma too few", &rules::FIELD_COUNT, "HO", |it| {
        let at = it.at("HO")?;
        it.0.get_mut(at)?.pop().map(|_| ())
    }),
    fault("days not as visited", &rules::DAYS_COUNT, "JD", |it| {
        it.of_law(b"0")?;
        it.add("HO", 5, 1)
    }),
    fault("two insurers", &rules::INSURER_TWICE, "HO", |it| {
        let at = it.at("HO")?;
        let line = it.0.get(at)?.clone();
        it.0.insert(at, line);
        Some(())
    }),
    fault(
        "a day the month does not have",
        &rules::DAY_NOT_IN_MONTH,
        "JD",
        |it| {
            let has_31_days = Days::of_month(it.month()?).contains(31);
            if has_31_days {
                return None;
            }
            it.set("JD", 33, b"2")
        },
    ),
    fault("a mark of the review body", &rules::DAY_MARK, "JD", |it| {
        let cells = it.cells("JD")?;
        let free = cells.iter().skip(2).position(Vec::is_empty)?;
        it.set("JD", free + 3, b"9")
    }),
    fault("a payer too many", &rules::PAYER_ABSENT, "JD", |it| {
        it.of_law(b"0")?;
        let at = it.at("JD")?;
        let cells: Vec<&[u8]> = [&b"JD"[..], b"2"]
            .into_iter()
            .chain([&b""[..]; 31])
            .collect();
        it.0.insert(at + 1, cells.join(&b','));
        Some(())
    }),
    fault("no days of visit", &rules::DAYS_MISSING, "HO", |it| {
        it.of_law(b"0")?;
        let at = it.at("JD")?;
        it.0.remove(at);
        Some(())
    }),
    fault("type unknown", &rules::CLAIM_TYPE, "RE", |it| {
        it.set_type(1, b'9')
    }),
    fault(
        "type of a pharmacy",
        &rules::TYPE_OF_OTHER_KIND,
        "RE",
        |it| it.set_type(0, b'4'),
    ),
    fault("type of the very old", &rules::TYPE_VERY_OLD, "RE", |it| {
        it.set_type(1, b'3')
    }),
    fault(
        "type with a payer too many",
        &rules::TYPE_PAYERS,
        "RE",
        |it| it.set_type(2, b'4'),
    ),
    fault(
        "month of the claim itself",
        &rules::MONTH_NOT_BEFORE,
        "RE",
        |it| {
            let next = it.next_month()?;
            // A visit on a day that month lacks would be a finding of its own.
            it.on_days_of(next)?;
            it.set("RE", MONTH, next.to_compact().as_bytes())
        },
    ),
    fault("no such month", &rules::DATE, "RE", |it| {
        it.set("RE", MONTH, b"202613")
    }),
    fault("no name", &rules::FIELD_MISSING, "RE", |it| {
        it.set("RE", 5, b"")
    }),
    // ① in CP932.
    fault(
        "a circled digit in the name",
        &rules::OUTSIDE_JIS,
        "RE",
        |it| it.set("RE", 5, b"\x87\x40"),
    ),
    fault("sex not set", &rules::FIELD_FORM, "RE", |it| {
        it.set("RE", 6, b"3")
    }),
    fault("birth date of no calendar", &rules::DATE, "RE", |it| {
        it.set("RE", 7, b"19800230")
    }),
    fault("born after the visit", &rules::BORN_LATER, "RE", |it| {
        let after = it.next_month()?.first_day();
        it.set("RE", 7, after.to_compact().as_bytes())
    }),
    fault(
        "benefit beside employees' insurance",
        &rules::BENEFIT,
        "RE",
        |it| it.set("RE", 8, b"70"),
    ),
    fault(
        "remark of another income",
        &rules::REMARK_UNFIT,
        "RE",
        |it| {
            it.of_person(b"26")?;
            it.set("RE", 12, b"42")
        },
    ),
    fault("a quote", &rules::QUOTE, "RE", |it| {
        it.set("RE", 21, b"\"x\"")
    }),
    fault("a tab", &rules::CONTROL_CHARACTER, "RE", |it| {
        it.set("RE", 21, b"a\tb")
    }),
    fault("half a character", &rules::NOT_CP932, "RE", |it| {
        it.set("RE", 21, b"\x81")
    }),
    fault("kana of half width", &rules::FIELD_FORM, "RE", |it| {
        it.set("RE", 37, b"\xD0\xCE\xDD")
    }),
    fault("a branch of letters", &rules::FIELD_FORM, "SN", |it| {
        it.set("SN", 7, b"0A")
    }),
    fault(
        "confirmed by the review body",
        &rules::HOW_CONFIRMED,
        "SN",
        |it| it.set("SN", 3, b"04"),
    ),
    fault(
        "what the review body fills",
        &rules::FIELD_NOT_EMPTY,
        "SN",
        |it| it.set("SN", 4, b"06139992"),
    ),
    fault("payment of no class", &rules::WINDOW_CLASS, "MF", |it| {
        it.set("MF", 2, b"07")
    }),
    fault(
        "payment after the diagnosis",
        &rules::RECORD_ORDER,
        "MF",
        |it| {
            let at = it.at("MF")?;
            let line = it.0.remove(at);
            it.0.insert(at + 1, line);
            Some(())
        },
    ),
    fault("no diagnosis", &rules::NO_DIAGNOSIS, "RE", |it| {
        it.0.retain(|line| !line.starts_with(b"SY"));
        Some(())
    }),
    fault("no act", &rules::NO_DETAIL, "RE", |it| {
        it.0.retain(|line| !line.starts_with(b"SI"));
        Some(())
    }),
    fault("times not as on the days", &rules::TIMES, "SI", |it| {
        it.add("SI", 7, 1)
    }),
    fault(
        "scheme's check digit",
        &rules::SCHEME_CHECK_DIGIT,
        "KO",
        |it| it.turn_last_digit("KO", 2),
    ),
];

/// Faults of medical claims to the federation.
pub static OF_FEDERATION: [Fault; 6] = [
    fault(
        "zeros before six digits",
        &rules::INSURER_ZEROS,
        "HO",
        |it| {
            it.of_law(b"  ")?;
            let mut bytes = it.cell("HO", 2)?;
            bytes.splice(..2, *b"00");
            it.set("HO", 2, &bytes)
        },
    ),
    fault(
        "symbol of the very old",
        &rules::SYMBOL_VERY_OLD,
        "HO",
        |it| {
            it.of_law(b"39")?;
            it.set("HO", 3, b"123")
        },
    ),
    fault(
        "number of seven digits",
        &rules::NUMBER_VERY_OLD,
        "HO",
        |it| {
            it.of_law(b"39")?;
            it.set("HO", 4, b"9999999")
        },
    ),
    fault(
        "number's check digit",
        &rules::NUMBER_CHECK_DIGIT,
        "HO",
        |it| {
            it.of_law(b"39")?;
            it.turn_last_digit("HO", 4)
        },
    ),
    fault("branch of the very old", &rules::BRANCH_UNFIT, "SN", |it| {
        it.of_law(b"39")?;
        it.set("SN", 7, b"01")
    }),
    fault("no remark on income", &rules::REMARK_MISSING, "RE", |it| {
        it.of_person(b"80")?;
        it.set("RE", 12, b"")
    }),
];
