//! A month's claims of synthetic people as claim files, one for each kind of facility and review body. Sends nothing.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use domain::civil_date::CivilDate;
use domain::claims::ReviewBody;
use domain::facility_kind::FacilityKind;
use domain::medical_aid::TreatmentMonth;
use synthetic::claims::fault::{Fault, OF_FEDERATION, OF_FUND};
use synthetic::claims::{Clinic, MadeClaim};
use synthetic::population::Population;

use crate::progress::Progress;
use crate::told;

/// The first month there is: nobody's loss lies in it or later.
const FIRST: (i16, i8) = (2026, 8);

/// Reads a month of which claims are made.
pub(super) fn month(text: &str) -> Result<TreatmentMonth, String> {
    let first = CivilDate::new(FIRST.0, FIRST.1, 1).map(TreatmentMonth::of);
    TreatmentMonth::parse_iso(text)
        .filter(|it| first.is_ok_and(|first| first <= *it))
        .ok_or_else(|| {
            "2026-08 以降の月を 2026-08 の形で指定してください / name a month from 2026-08 on, written like that"
                .into()
        })
}

/// The month whose claims go out on a day.
pub(crate) fn last_month(today: CivilDate) -> TreatmentMonth {
    let first = TreatmentMonth::of(today).first_day();
    TreatmentMonth::of(first.plus_days(-1))
}

/// A file being written.
struct Open {
    clinic: Clinic,
    path: PathBuf,
    file: BufWriter<std::fs::File>,
    claims: u32,
    parts: u64,
    points: u64,
    /// Faults not put into a claim yet.
    faults: Vec<Fault>,
    /// Claims with a fault: number, rule, name.
    seeded: String,
}

/// Writes the claims of those who came of so many people of a seed; answers the claims of each file.
pub(crate) fn write(
    dir: &Path,
    (seed, people): (u64, u64),
    month: TreatmentMonth,
    with_faults: bool,
) -> anyhow::Result<BTreeMap<String, u32>> {
    std::fs::create_dir_all(dir).map_err(|error| told::unwritable(dir, &error))?;
    let mut all = Vec::new();
    for kind in FacilityKind::ALL {
        for review_body in ReviewBody::ALL {
            let clinic = Clinic {
                kind,
                review_body: *review_body,
                month,
            };
            all.push(Open::make(dir, clinic, with_faults)?);
        }
    }
    // Certificates are of a year: of that of the month.
    let population = Population::as_of(seed, month.first_day());
    let mut progress = Progress::new("claims", people);
    for index in 0..people {
        let person = population.person(index).context("no such person")?;
        for open in &mut all {
            let claim = open.clinic.claim((seed, index), &person, open.claims + 1);
            if let Some(claim) = claim {
                open.append(claim)?;
            }
        }
        progress.reached(index + 1);
    }
    let mut written = BTreeMap::new();
    for open in all {
        let name = open.path.display().to_string();
        written.insert(name, open.claims);
        open.end()?;
    }
    Ok(written)
}

impl Open {
    fn make(dir: &Path, clinic: Clinic, with_faults: bool) -> anyhow::Result<Self> {
        let name = format!(
            "{}-{}.uke",
            clinic.kind.as_str(),
            clinic.review_body.as_str()
        );
        let path = dir.join(name);
        let file = create(&path)?;
        let is_medical = clinic.kind == FacilityKind::Medical && with_faults;
        let faults: &[Fault] = match clinic.review_body {
            _ if !is_medical => &[],
            ReviewBody::Fund => &OF_FUND,
            ReviewBody::Federation => &OF_FEDERATION,
        };
        let mut open = Self {
            clinic,
            path,
            file,
            claims: 0,
            parts: 0,
            points: 0,
            faults: faults.to_vec(),
            seeded: String::new(),
        };
        let header = clinic.header().context("no header")?;
        open.put(&header)?;
        Ok(open)
    }

    fn append(&mut self, claim: MadeClaim) -> anyhow::Result<()> {
        self.claims += 1;
        let mut fitting = self.faults.iter().enumerate();
        let found = fitting.find_map(|(at, fault)| Some((at, fault.put_into(&claim)?)));
        let claim = match found {
            Some((at, changed)) => {
                let fault = self.faults.remove(at);
                self.seeded += &format!("{},{},{}\r\n", self.claims, fault.rule.id, fault.name);
                changed
            }
            None => claim,
        };
        self.parts += claim.parts();
        self.points += claim.points;
        let bytes = claim.bytes(&self.clinic);
        self.put(&bytes)
    }

    fn end(mut self) -> anyhow::Result<()> {
        let end = self.clinic.end(self.parts, self.points);
        self.put(&end.context("no total")?)?;
        let flushed = self.file.flush();
        flushed.map_err(|error| told::unwritable(&self.path, &error))?;
        if self.seeded.is_empty() {
            return Ok(());
        }
        let path = self.path.with_extension("faults.csv");
        let mut list = create(&path)?;
        let text = format!("claim,rule,fault\r\n{}", self.seeded);
        let written = list.write_all(text.as_bytes()).and_then(|()| list.flush());
        written.map_err(|error| told::unwritable(&path, &error))
    }

    fn put(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| told::unwritable(&self.path, &error))
    }
}

fn create(path: &Path) -> anyhow::Result<BufWriter<std::fs::File>> {
    let made = std::fs::File::create_new(path);
    let made = made.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => told::exists(path),
        _ => told::unwritable(path, &error),
    })?;
    Ok(BufWriter::new(made))
}
