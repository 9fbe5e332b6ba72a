//! A claim while its records arrive: what each says of person, payers and days, and where. Holds no text of a record it need not.

use domain::civil_date::CivilDate;
use domain::claims::claim_type::ClaimType;
use domain::claims::facts::{
    CeilingAtWindow, CeilingClass, Claim, Confirmation, Insurance, PublicScheme,
};
use domain::claims::{Days, Payer, Place};
use domain::codes::person::Sex;
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::TreatmentMonth;
use domain::person::Kana;

use crate::claim_file::cells;
use crate::claim_file::columns::{Item, Layout};
use crate::claim_file::record::Record;

/// A part of a claim: what one payer pays.
#[derive(Clone, Default)]
pub(crate) struct Part {
    /// The line it stands in.
    pub(crate) line: u64,
    pub(crate) insurer: Option<InsurerNumber>,
    /// Whether a six-digit insurer number stands there with zeros in front.
    pub(crate) has_zeros: bool,
    pub(crate) symbol: Option<String>,
    /// Number of the insured, or the beneficiary's.
    pub(crate) number: Option<String>,
    pub(crate) days: Option<u64>,
    pub(crate) points: u64,
}

/// The record JD of a payer.
#[derive(Clone, Copy, Default)]
pub(crate) struct Visits {
    pub(crate) line: u64,
    /// Days marked at all.
    pub(crate) marked: Days,
    /// Days marked as counted.
    pub(crate) counted: Days,
}

/// The record SN of a payer.
#[derive(Clone, Copy, Default)]
pub(crate) struct Confirmed {
    pub(crate) line: u64,
    pub(crate) branch: Option<Branch>,
}

/// A claim while its records arrive.
#[derive(Clone)]
pub(crate) struct OpenClaim {
    pub(crate) place: Place,
    pub(crate) is_refused: bool,
    /// How far the order of records has come.
    pub(crate) rank: u8,
    pub(crate) claim_type: Option<ClaimType>,
    pub(crate) month: Option<TreatmentMonth>,
    pub(crate) birth_date: Option<CivilDate>,
    sex: Option<Sex>,
    kana: Option<Kana>,
    pub(crate) benefit: Option<u64>,
    pub(crate) remarks: Vec<u8>,
    pub(crate) insurer: Option<Part>,
    pub(crate) schemes: Vec<Part>,
    /// Records HO and KO, those beyond what a claim may have included.
    pub(crate) parts_seen: u64,
    pub(crate) confirmed: [Option<Confirmed>; 5],
    pub(crate) visits: [Option<Visits>; 5],
    at_window: CeilingAtWindow,
    pub(crate) has_diagnosis: bool,
    pub(crate) has_detail: bool,
    /// Days on which details stand, and the line of the first detail on a day.
    pub(crate) detail_days: [Option<u64>; 31],
}

/// Most public schemes a claim may have.
pub(crate) const MOST_SCHEMES: usize = 4;

impl OpenClaim {
    /// Begun by its record RE.
    pub(crate) fn begin(place: Place, layout: &Layout, record: &Record<'_>) -> Self {
        let cell = |item| layout.position(item).map_or(&[][..], |at| record.cell(at));
        let remarks = cell(Item::Remarks).chunks_exact(2);
        let remarks = remarks.filter_map(|it| u8::try_from(cells::number(it)?).ok());
        Self {
            place,
            is_refused: false,
            rank: 0,
            claim_type: cells::text(cell(Item::ClaimType)).and_then(|it| ClaimType::parse(&it)),
            month: cells::month(cell(Item::Month)).map(|(month, _)| month),
            birth_date: cells::date(cell(Item::BirthDate)).map(|(day, _)| day),
            sex: match cell(Item::Sex) {
                b"1" => Some(Sex::Male),
                b"2" => Some(Sex::Female),
                _ => None,
            },
            kana: cells::text(cell(Item::Kana)).and_then(|it| Kana::parse(&it).ok()),
            benefit: cells::number(cell(Item::Benefit)),
            remarks: remarks.take(5).collect(),
            insurer: None,
            schemes: Vec::new(),
            parts_seen: 0,
            confirmed: [None; 5],
            visits: [None; 5],
            at_window: CeilingAtWindow::NotApplied,
            has_diagnosis: false,
            has_detail: false,
            detail_days: [None; 31],
        }
    }

    /// Takes a record HO or KO.
    pub(crate) fn part(layout: &Layout, record: &Record<'_>) -> Part {
        let cell = |item| layout.position(item).map_or(&[][..], |at| record.cell(at));
        let filled = |item| cells::text(cell(item)).filter(|it| !it.trim().is_empty());
        let insurer = filled(Item::Insurer).or_else(|| filled(Item::Bearer));
        Part {
            line: record.line,
            insurer: insurer.and_then(|it| InsurerNumber::parse(&it).ok()),
            has_zeros: cell(Item::Insurer).starts_with(b"00"),
            symbol: filled(Item::Symbol),
            number: filled(Item::Number).or_else(|| filled(Item::Beneficiary)),
            days: cells::number(cell(Item::Days)),
            points: cells::number(cell(Item::Points)).unwrap_or(0),
        }
    }

    /// Takes a record MF; false where its class is none of the table.
    pub(crate) fn window(&mut self, class: &[u8]) -> bool {
        match class {
            b"00" => {}
            b"01" | b"02" => self.at_window = CeilingAtWindow::Applied,
            _ => return false,
        }
        true
    }

    /// The part of a payer.
    pub(crate) fn part_of(&self, payer: Payer) -> Option<&Part> {
        match payer {
            Payer::Insurer => self.insurer.as_ref(),
            Payer::FirstScheme | Payer::SecondScheme | Payer::ThirdScheme | Payer::FourthScheme => {
                self.schemes.get(payer.number().checked_sub(2)?)
            }
        }
    }

    /// The parts that are there, with their payers.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Payer, &Part)> {
        let all = Payer::ALL.iter();
        all.filter_map(|payer| Some((*payer, self.part_of(*payer)?)))
    }

    /// How many records HO and KO there are, and the points that count in the total.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let first = self.insurer.as_ref().or_else(|| self.schemes.first());
        (self.parts_seen, first.map_or(0, |it| it.points))
    }

    fn days_of(&self, payer: Payer) -> Days {
        let at = self.visits.get(payer.number() - 1).copied().flatten();
        at.map_or_else(Days::default, |it| it.marked)
    }

    /// What eligibility is held against; none where something of it cannot be told.
    pub(crate) fn facts(&self) -> Option<Claim> {
        let insurance = match &self.insurer {
            None => None,
            Some(part) => {
                let confirmed = self.confirmed.first().copied().flatten();
                let symbol = match &part.symbol {
                    Some(symbol) => Some(Symbol::parse(symbol).ok()?),
                    None => None,
                };
                Some(Insurance {
                    insurer: part.insurer?,
                    symbol,
                    number: InsuredNumber::parse(part.number.as_ref()?).ok()?,
                    branch: confirmed.and_then(|it| it.branch),
                    days: self.days_of(Payer::Insurer),
                    confirmation: if confirmed.is_some() {
                        Confirmation::Stated
                    } else {
                        Confirmation::Missing
                    },
                })
            }
        };
        let mut schemes = Vec::with_capacity(self.schemes.len());
        for (payer, part) in self.parts().filter(|(payer, _)| *payer != Payer::Insurer) {
            let number = part.number.as_ref();
            schemes.push(PublicScheme {
                payer,
                bearer: part.insurer?,
                beneficiary: number.and_then(|it| InsuredNumber::parse(it).ok()),
                days: self.days_of(payer),
            });
        }
        if insurance.is_none() && schemes.is_empty() {
            return None;
        }
        Some(Claim {
            place: self.place,
            month: self.month?,
            claim_type: self.claim_type?,
            kana: self.kana.clone(),
            sex: self.sex?,
            birth_date: self.birth_date?,
            benefit_percent: self.benefit.and_then(|it| u8::try_from(it).ok()),
            ceiling: self
                .remarks
                .iter()
                .find_map(|it| CeilingClass::of_remark(*it)),
            ceiling_at_window: self.at_window,
            insurance,
            schemes,
        })
    }
}
