//! A month's claims of a clinic over a population, as claim files that are in form and agree with the registrations. Medical and
//! pharmacy claims are whole; of dental and nursing claims, whose details no public text describes, the details hold codes alone.
//! Points are invented and mean nothing.

mod details;
pub mod fault;

use domain::claims::claim_type::{ClaimType, MainPayer, PersonClass, Setting};
use domain::claims::eligibility::last_day_before_school;
use domain::claims::{Days, ReviewBody, is_of_the_very_old};
use domain::codes::ceiling::Category;
use domain::codes::person::{Relationship, Sex};
use domain::coverage::validity::covers;
use domain::coverage::{Coverage, Registration};
use domain::facility_kind::FacilityKind;
use domain::insurer_number::check_digit;
use domain::medical_aid::TreatmentMonth;
use exchange::claim_file::columns::Item;
use exchange::claim_file::writing::{self, Line};
use unicode_normalization::UnicodeNormalization as _;

use crate::claims::details::Detail;
use crate::draw::Draw;

/// One in this many patients has a public scheme beside the insurance.
const SCHEME: u64 = 8;

/// One in this many people comes in a month.
const COMES: u64 = 3;

/// A public scheme (難病, law 54) and a beneficiary of it, both with right check digits.
const BEARER: &str = "54139993";
const BENEFICIARY: &str = "9999996";

/// Sets the draws of claims apart from others.
const CLAIMS: u64 = 0x636c_6169_6d73;

/// Whose claims they are, for which month, to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clinic {
    /// Kind of facility.
    pub kind: FacilityKind,
    /// Who reviews them.
    pub review_body: ReviewBody,
    /// The month of the visits; the claims go out in the next. Registrations are as of this month: they hold certificates of one year.
    pub month: TreatmentMonth,
}

/// A claim as lines without their ends.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeClaim {
    /// The person's index in the population.
    pub person: u64,
    /// Its records, RE first.
    pub lines: Vec<Vec<u8>>,
    /// What counts as points in the total.
    pub points: u64,
}

impl std::fmt::Debug for MadeClaim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MadeClaim({}, …)", self.person)
    }
}

impl MadeClaim {
    /// Records HO and KO, as the total counts them.
    #[must_use]
    pub fn parts(&self) -> u64 {
        let parts = self.lines.iter();
        parts
            .filter(|it| it.starts_with(b"HO,") || it.starts_with(b"KO,"))
            .count() as u64
    }

    /// Its bytes with line ends, and for dental clinics with the record that stands before each claim.
    #[must_use]
    pub fn bytes(&self, clinic: &Clinic) -> Vec<u8> {
        let mut bytes = clinic.before_each().unwrap_or_default();
        for line in &self.lines {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }
}

impl Clinic {
    /// The first record.
    ///
    /// `None` only if a built-in text did not go into a record, which a test rules out.
    #[must_use]
    pub fn header(&self) -> Option<Vec<u8>> {
        let id = match self.kind {
            FacilityKind::Medical => "IR",
            FacilityKind::Dental => "UK",
            FacilityKind::Pharmacy => "YK",
            FacilityKind::HomeNursing => "HM",
        };
        let mut line = self.institution(id)?;
        let (name, name_at) = match self.kind {
            FacilityKind::Medical => ("見本診療所", 7),
            FacilityKind::Dental => ("見本歯科医院", 7),
            FacilityKind::Pharmacy => ("見本薬局", 6),
            FacilityKind::HomeNursing => ("見本訪問看護", 6),
        };
        line = line.at(name_at, name).ok()?;
        let (volume, phone) = match self.kind {
            FacilityKind::Medical => (Some(9), Some(10)),
            FacilityKind::Dental => (Some(10), None),
            FacilityKind::Pharmacy => (Some(8), Some(9)),
            FacilityKind::HomeNursing => (None, Some(8)),
        };
        if let Some(at) = volume {
            line = line.at(at, "00").ok()?;
        }
        if let Some(at) = phone {
            line = line.at(at, "00-0000-0000").ok()?;
        }
        Some(line.bytes())
    }

    /// The last record and the byte after it; of nursing stations, whose total is doubtful, the byte alone.
    #[must_use]
    pub fn end(&self, parts: u64, points: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        if self.kind != FacilityKind::HomeNursing {
            let line = Line::new(self.kind, "GO").ok()?;
            let line = line.with(Item::Count, &parts.to_string()).ok()?;
            let line = line.with(Item::Total, &points.to_string()).ok()?;
            bytes = line.with(Item::Volume, "99").ok()?.bytes();
        }
        bytes.extend(writing::end());
        Some(bytes)
    }

    /// The person's claim under a number; none where they did not come, are insured elsewhere or not at all, or where what is
    /// registered of them contradicts itself, as chance made it.
    #[must_use]
    pub fn claim(
        &self,
        (seed, index): (u64, u64),
        registration: &Registration,
        number: u32,
    ) -> Option<MadeClaim> {
        let mut draw = Draw::of(seed ^ CLAIMS, index);
        if !draw.one_in(COMES) {
            return None;
        }
        let days = self.days(&mut draw);
        let coverage = self.coverage(registration, days)?;
        let has_scheme = draw.one_in(SCHEME);
        let head = self.head(registration, coverage, days, has_scheme)?;
        let details = Detail::of(self.kind, self.month, days, &mut draw)?;
        let count = days.count().to_string();
        let mut lines = vec![self.receipt(registration, &head, number)?];
        let part = |id: &str| Line::new(self.kind, id).ok();
        let mut insurer = part("HO")?
            .with(Item::Insurer, &coverage.insurer.to_padded_with_blanks())
            .ok()?
            .with(Item::Number, coverage.number.as_str())
            .ok()?
            .with(Item::Days, &count)
            .ok()?
            .with(Item::Points, &details.points.to_string())
            .ok()?;
        if let Some(symbol) = &coverage.symbol {
            insurer = insurer.with(Item::Symbol, symbol.as_str()).ok()?;
        }
        lines.push(insurer);
        if has_scheme {
            let scheme = part("KO")?.with(Item::Bearer, BEARER).ok()?;
            let scheme = scheme.with(Item::Beneficiary, BENEFICIARY).ok()?;
            let scheme = scheme.with(Item::Days, &count).ok()?;
            lines.push(
                scheme
                    .with(Item::Points, &details.points.to_string())
                    .ok()?,
            );
        }
        let confirmed = part("SN")?.with(Item::Payer, "1").ok()?;
        let mut confirmed = confirmed.with(Item::How, "01").ok()?;
        if let Some(branch) = coverage
            .branch
            .filter(|_| !is_of_the_very_old(coverage.insurer))
        {
            confirmed = confirmed.with(Item::Branch, &branch.to_digits()).ok()?;
        }
        lines.push(confirmed);
        for payer in 1..=1 + usize::from(has_scheme) {
            let mut visits = part("JD")?.with(Item::Payer, &payer.to_string()).ok()?;
            for day in days.iter() {
                visits = visits.at(usize::from(day) + 2, "1").ok()?;
            }
            lines.push(visits);
        }
        let window = if head.is_ceiling_applied { "01" } else { "00" };
        lines.push(part("MF")?.with(Item::AtWindow, window).ok()?);
        lines.extend(details.lines);
        Some(MadeClaim {
            person: index,
            lines: lines.iter().map(without_end).collect(),
            points: details.points,
        })
    }

    /// One to three days of the month.
    fn days(&self, draw: &mut Draw) -> Days {
        let last = u64::from(Days::of_month(self.month).count());
        let day = |draw: &mut Draw| u8::try_from(1 + draw.below(last)).unwrap_or(1);
        (0..=draw.below(3)).map(|_| day(draw)).collect()
    }

    /// The one coverage that held on all the days, if its claims go to this review body.
    fn coverage<'a>(&self, registration: &'a Registration, days: Days) -> Option<&'a Coverage> {
        let mut held = registration.coverages.iter().filter(|it| {
            days.in_month(self.month).all(|(_, date)| covers(it, date))
                && ReviewBody::of_insurer(it.insurer) == self.review_body
        });
        held.next()
    }

    /// What the record RE says of the insurance.
    fn head(
        &self,
        registration: &Registration,
        coverage: &Coverage,
        days: Days,
        has_scheme: bool,
    ) -> Option<Head> {
        let (_, first) = days.in_month(self.month).next()?;
        let is_very_old = is_of_the_very_old(coverage.insurer);
        let elderly = coverage.elderly_on(first);
        let share = elderly.and_then(|it| it.ratio);
        let share = share.or(coverage.card_on(first).ratio);
        let share = share.map(|it| it.as_percent());
        let person = if is_very_old || elderly.is_some() {
            if share == Some(30) {
                PersonClass::ElderlyLikeWorking
            } else {
                PersonClass::Elderly
            }
        } else if first <= last_day_before_school(registration.person.birth_date) {
            PersonClass::Preschool
        } else if coverage.relationship == Some(Relationship::Family) {
            PersonClass::Family
        } else {
            PersonClass::Insured
        };
        let category = coverage.ceiling_on(first).and_then(|it| it.category);
        let remark = match category {
            None => None,
            Some(category) => Some(remark_of(category, person, is_very_old)?),
        };
        let is_elderly = matches!(
            person,
            PersonClass::Elderly | PersonClass::ElderlyLikeWorking
        );
        if is_elderly && remark.is_none() {
            return None;
        }
        let benefit = share.and_then(|it| 100_u8.checked_sub(it));
        Some(Head {
            claim_type: ClaimType {
                kind: self.kind,
                main: if is_very_old {
                    MainPayer::VeryOld
                } else {
                    MainPayer::Insurance
                },
                payers: 1 + u8::from(has_scheme),
                person,
                setting: Setting::OutPatient,
            },
            remark,
            benefit: benefit.filter(|_| coverage.insurer.is_national_health_insurance()),
            is_ceiling_applied: remark.is_some() && !has_scheme,
        })
    }

    fn receipt(&self, registration: &Registration, head: &Head, number: u32) -> Option<Line> {
        let person = &registration.person;
        let wide: String = person.kana.as_ref()?.as_str().nfkc().collect();
        let kana: String = wide.split_whitespace().collect();
        let name: String = person
            .name
            .as_str()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join("　");
        // A name with rare characters is written in kana.
        let name = if writing::holds(&name) {
            name
        } else {
            wide.split_whitespace().collect::<Vec<_>>().join("　")
        };
        let sex = if person.sex == Sex::Male { "1" } else { "2" };
        let mut line = Line::new(self.kind, "RE").ok()?;
        for (item, text) in [
            (Item::ClaimNumber, number.to_string()),
            (Item::ClaimType, head.claim_type.to_digits()),
            (Item::Month, self.month.to_compact()),
            (Item::Name, name),
            (Item::Sex, sex.to_owned()),
            (Item::BirthDate, person.birth_date.to_compact()),
            (Item::Kana, kana),
        ] {
            line = line.with(item, &text).ok()?;
        }
        if let Some(benefit) = head.benefit {
            line = line.with(Item::Benefit, &benefit.to_string()).ok()?;
        }
        if let Some(remark) = head.remark {
            line = line.with(Item::Remarks, remark).ok()?;
        }
        Some(line)
    }

    /// A record with what every record of the institution says.
    /// The institution code of the made-up facility, ten digits.
    #[must_use]
    pub fn institution_code(&self) -> String {
        let digit = self.kind.differences().fee_table_digit;
        let body = 13 * 10_000_000 + u64::from(digit) * 1_000_000 + 999_999;
        format!("13{digit}999999{}", check_digit(body))
    }

    fn institution(&self, id: &str) -> Option<Line> {
        let digit = self.kind.differences().fee_table_digit;
        let code = self.institution_code().split_off(3);
        let sent = TreatmentMonth::of(self.month.first_day().plus_months(1));
        let mut line = Line::new(self.kind, id).ok()?;
        for (item, text) in [
            (Item::ReviewBody, self.review_body.code().to_string()),
            (Item::Prefecture, "13".to_owned()),
            (Item::FeeTable, digit.to_string()),
            (Item::Institution, code),
            (Item::ClaimMonth, sent.to_compact()),
        ] {
            line = line.with(item, &text).ok()?;
        }
        Some(line)
    }

    fn before_each(&self) -> Option<Vec<u8>> {
        if self.kind != FacilityKind::Dental {
            return None;
        }
        let line = self.institution("IR")?;
        Some(line.at(8, "00-0000-0000").ok()?.bytes())
    }
}

/// What a record RE says of the insurance.
struct Head {
    claim_type: ClaimType,
    remark: Option<&'static str>,
    benefit: Option<u8>,
    is_ceiling_applied: bool,
}

/// The remark of a category, where it goes with person and insurance; chance gave some elderly people one that does not.
fn remark_of(category: Category, person: PersonClass, is_very_old: bool) -> Option<&'static str> {
    let is_general = person == PersonClass::Elderly;
    let is_below = !matches!(
        person,
        PersonClass::Elderly | PersonClass::ElderlyLikeWorking
    );
    match category {
        Category::A01 if is_below => Some("26"),
        Category::A02 if is_below => Some("27"),
        Category::A03 if is_below => Some("28"),
        Category::A04 if is_below => Some("29"),
        Category::A05 | Category::A06 if is_below => Some("30"),
        Category::B01 if person == PersonClass::ElderlyLikeWorking => Some("26"),
        Category::B02 if person == PersonClass::ElderlyLikeWorking => Some("27"),
        Category::B03 if person == PersonClass::ElderlyLikeWorking => Some("28"),
        Category::B04 if is_general => Some("29"),
        Category::B05 | Category::B06 | Category::B07 | Category::B08 if is_general => Some("30"),
        Category::B09 if is_general && is_very_old => Some("41"),
        Category::B10 if is_general && is_very_old => Some("42"),
        _ => None,
    }
}

fn without_end(line: &Line) -> Vec<u8> {
    let mut bytes = line.bytes();
    bytes.truncate(bytes.len().saturating_sub(2));
    bytes
}

#[cfg(test)]
mod tests;
