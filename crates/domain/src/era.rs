//! Japanese eras (元号): showing a date by era and reading a birth date as people write it. Knows the five eras since 1868.

use unicode_normalization::UnicodeNormalization;

use crate::civil_date::{CivilDate, InvalidDate};

struct Era {
    name: &'static str,
    letter: char,
    /// Its number in claims and on forms.
    digit: char,
    first: (i16, i8, i8),
}

/// Newest first. The law changes this table a few times a century.
const ERAS: [Era; 5] = [
    Era {
        name: "令和",
        letter: 'R',
        digit: '5',
        first: (2019, 5, 1),
    },
    Era {
        name: "平成",
        letter: 'H',
        digit: '4',
        first: (1989, 1, 8),
    },
    Era {
        name: "昭和",
        letter: 'S',
        digit: '3',
        first: (1926, 12, 25),
    },
    Era {
        name: "大正",
        letter: 'T',
        digit: '2',
        first: (1912, 7, 30),
    },
    Era {
        name: "明治",
        letter: 'M',
        digit: '1',
        first: (1868, 1, 25),
    },
];

/// A date by era, as on a card: 「令和8年11月23日」, the first year being 元年.
///
/// ```
/// use domain::{civil_date::CivilDate, era::to_japanese};
/// assert_eq!(to_japanese(CivilDate::new(2019, 5, 1).unwrap()), "令和元年5月1日");
/// assert_eq!(to_japanese(CivilDate::new(1970, 1, 2).unwrap()), "昭和45年1月2日");
/// ```
#[must_use]
pub fn to_japanese(day: CivilDate) -> String {
    let Some((era, year)) = era_of(day) else {
        return day.to_string();
    };
    let year = match year {
        1 => "元".to_owned(),
        year => year.to_string(),
    };
    format!("{}{year}年{}月{}日", era.name, day.month(), day.day())
}

/// The year within its era, as a card's number B has it: 55 for 1980, 1 for 2019 from May.
///
/// ```
/// use domain::{civil_date::CivilDate, era::year_of_era};
/// assert_eq!(year_of_era(CivilDate::new(1980, 2, 17).unwrap()), 55);
/// assert_eq!(year_of_era(CivilDate::new(2019, 4, 30).unwrap()), 31);
/// assert_eq!(year_of_era(CivilDate::new(2019, 5, 1).unwrap()), 1);
/// ```
#[must_use]
pub fn year_of_era(day: CivilDate) -> i16 {
    era_of(day).map_or(day.year(), |(_, year)| year)
}

fn era_of(day: CivilDate) -> Option<(&'static Era, i16)> {
    let date = (day.year(), day.month(), day.day());
    let era = ERAS.iter().find(|era| era.first <= date)?;
    Some((era, day.year() - era.first.0 + 1))
}

/// Reads a date as people type it: `1970-01-02`, `1970/1/2`, `19700102`, `S45.1.2`, `S450102`, `3450102` with the era's number as in claims,
/// `昭45.1.2`, `昭和45年1月2日`, full width or half.
///
/// ```
/// use domain::{civil_date::CivilDate, era::parse};
/// let day = CivilDate::new(1970, 1, 2);
/// for text in [
///     "1970-01-02", "1970/1/2", "19700102", "S45.1.2", "ｓ４５／１／２", "S450102", "3450102", "昭45.1.2", "昭和45年1月2日",
/// ] {
///     assert_eq!(parse(text), day, "{text}");
/// }
/// ```
///
/// # Errors
/// [`InvalidDate`]; a year beyond the end of its era is [`InvalidDate::NoSuchDay`].
pub fn parse(text: &str) -> Result<CivilDate, InvalidDate> {
    let text: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    if let Ok(day) = CivilDate::parse_compact(&text) {
        return Ok(day);
    }
    let era = ERAS
        .iter()
        .find_map(|era| Some((era, without_era(&text, era)?)));
    let digits = era.as_ref().map_or(text.as_str(), |(_, rest)| rest);
    let digits = match (digits.get(..2), digits.get(2..4), digits.get(4..)) {
        (Some(year), Some(month), Some(day)) if era.is_some() && is_number(digits, 6) => {
            format!("{year}-{month}-{day}")
        }
        _ => digits.replacen("元年", "1年", 1),
    };
    let mut parts = digits
        .trim_end_matches('日')
        .split(['-', '/', '.', '年', '月', '\u{2212}', '\u{2010}']);
    let mut number = || {
        let part = parts
            .next()
            .filter(|part| !part.is_empty() && part.len() <= 4);
        let part = part.filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
        part.and_then(|part| part.parse::<i16>().ok())
            .ok_or(InvalidDate::Form)
    };
    let (year, month, day) = (number()?, number()?, number()?);
    if parts.next().is_some() {
        return Err(InvalidDate::Form);
    }
    let small = |part: i16| i8::try_from(part).map_err(|_| InvalidDate::NoSuchDay);
    let Some((era, _)) = era else {
        return CivilDate::new(year, small(month)?, small(day)?);
    };
    if year == 0 {
        return Err(InvalidDate::NoSuchDay);
    }
    let date = CivilDate::new(era.first.0 + year - 1, small(month)?, small(day)?)?;
    // 「昭和64年1月8日」 never was: the day belongs to the next era.
    if to_japanese(date).starts_with(era.name) {
        Ok(date)
    } else {
        Err(InvalidDate::NoSuchDay)
    }
}

/// What follows the era's name, the first character of it, its letter, or its number where six digits follow.
fn without_era<'a>(text: &'a str, era: &Era) -> Option<&'a str> {
    if let Some(rest) = text.strip_prefix(era.name) {
        return Some(rest);
    }
    let first = text.chars().next()?;
    let rest = text.get(first.len_utf8()..)?;
    let is_named = first.to_ascii_uppercase() == era.letter || era.name.starts_with(first);
    (is_named || first == era.digit && is_number(rest, 6)).then_some(rest)
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eras_change_on_their_day() {
        for (date, shown) in [
            ("2019-04-30", "平成31年4月30日"),
            ("2019-05-01", "令和元年5月1日"),
            ("1989-01-07", "昭和64年1月7日"),
            ("1989-01-08", "平成元年1月8日"),
            ("1926-12-24", "大正15年12月24日"),
            ("1926-12-25", "昭和元年12月25日"),
            ("1912-07-29", "明治45年7月29日"),
            ("1868-01-25", "明治元年1月25日"),
        ] {
            let day = CivilDate::parse_iso(date).unwrap();
            assert_eq!(to_japanese(day), shown);
            assert_eq!(parse(shown), Ok(day));
        }
    }

    #[test]
    fn an_era_is_shortened_in_many_ways() {
        let day = CivilDate::new(2026, 11, 3).unwrap();
        for text in [
            "R8.11.3",
            "令8.11.3",
            "R081103",
            "令081103",
            "５０８１１０３",
            "㋿8年11月3日",
        ] {
            assert_eq!(parse(text), Ok(day), "{text}");
        }
        for (text, iso) in [
            ("1010125", "1868-01-25"),
            ("2150101", "1926-01-01"),
            ("4310430", "2019-04-30"),
            ("昭23.3.3", "1948-03-03"),
        ] {
            assert_eq!(
                parse(text),
                Ok(CivilDate::parse_iso(iso).unwrap()),
                "{text}"
            );
        }
        for text in ["4310501", "S640108", "5000101", "3451301"] {
            assert_eq!(parse(text), Err(InvalidDate::NoSuchDay), "{text}");
        }
        // Without an era six digits could be anything, and an era has a number from 1 to 5.
        for text in [
            "450102",
            "6450102",
            "0450102",
            "S4501",
            "3-450102",
            "和45.1.2",
        ] {
            assert_eq!(parse(text), Err(InvalidDate::Form), "{text}");
        }
    }

    #[test]
    fn days_outside_their_era_are_refused() {
        for text in ["昭和64年1月8日", "H31.5.1", "S0.1.1", "平成元年1月7日"] {
            assert_eq!(parse(text), Err(InvalidDate::NoSuchDay), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "S45",
            "X45.1.2",
            "1970-1-2-3",
            "1970--2",
            "昭和四十五年",
            "99999-1-1",
        ] {
            assert_eq!(parse(text), Err(InvalidDate::Form), "{text}");
        }
        assert_eq!(parse("S45.2.30"), Err(InvalidDate::NoSuchDay));
        assert_eq!(parse("1970/300/1"), Err(InvalidDate::NoSuchDay));
    }
}
