//! The form of `holidays.toml`. Computes no holiday.

use std::collections::BTreeMap;

use domain::civil_date::CivilDate;
use domain::holidays::Holidays;
use serde::{Deserialize, Deserializer};

/// Holidays with where they come from.
#[derive(Debug)]
pub struct HolidayList {
    /// The holidays.
    pub holidays: Holidays,
    /// Their source.
    pub source: String,
}

/// No holidays and no days: everything is doubtful then.
impl Default for HolidayList {
    fn default() -> Self {
        Self {
            holidays: Holidays::none(),
            source: String::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidaysFile {
    source: String,
    first: Day,
    last: Day,
    /// Until when the days of the equinoxes are announced; later ones are computed.
    #[serde(default)]
    announced_to: Option<Day>,
    days: BTreeMap<Day, String>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Day(CivilDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<Self, D::Error> {
        let text = String::deserialize(it)?;
        CivilDate::parse_iso(&text).map(Self).map_err(|error| {
            serde::de::Error::custom(format!(
                "\"{text}\": 日は 2026-11-23 の形で書いてください / write the day like 2026-11-23: {error}"
            ))
        })
    }
}

/// Reads the file.
pub(super) fn parse(text: &str) -> Result<HolidayList, String> {
    let file: HolidaysFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let days = file.days.into_iter().map(|(day, name)| (day.0, name));
    let holidays = Holidays::new(file.first.0, file.last.0, days.collect());
    let holidays = holidays.map_err(|error| error.to_string())?;
    Ok(HolidayList {
        holidays: match file.announced_to {
            Some(day) => holidays.announced_to(day.0),
            None => holidays,
        },
        source: file.source,
    })
}
