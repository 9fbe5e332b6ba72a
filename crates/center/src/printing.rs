//! What the center puts on paper, by `print`, in the pages' own font. Decides nothing about who may have it.

use std::sync::LazyLock;

use domain::medical_information::drugs::Source;
use domain::medical_information::kind::{Basis, InformationKind};
use domain::medical_information::look::Look;
use exchange::medical_document::People;
use print::{Facility, Marking, MedicalRecord, Patient, Typeface, UnreadableTypeface};
use store::sight::Seen;

use crate::records::Records;
use crate::trouble::{Refused, absent};

/// Unpacked when the first document is made.
static TYPEFACE: LazyLock<Result<Typeface, UnreadableTypeface>> = LazyLock::new(|| {
    let font = |path| ui::assets::find(path).ok_or(UnreadableTypeface);
    let (regular, bold) = (ui::assets::REGULAR_FONT, ui::assets::BOLD_FONT);
    Typeface::from_woff2(font(regular)?.bytes, font(bold)?.bytes)
});

/// The medical information that a recorded look showed of some sources, as a PDF; some kinds of it of all years, whatever the look's months.
/// Takes tenths of a second for thousands of lines.
pub(crate) fn record(
    records: &Records,
    seen: &Seen,
    sources: &[Source],
    all_years: &[InformationKind],
) -> Result<Vec<u8>, Refused> {
    let Seen {
        look,
        person,
        information,
    } = seen;
    let typeface = TYPEFACE.as_ref().map_err(|error| failed(error))?;
    let facility = records.engine.facility(look.facility)?;
    let facility = facility.ok_or_else(absent("the facility of a look"))?;
    let account = records.engine.account(look.facility, &look.account)?;
    let id = look.account.as_str();
    let made_by = match account.map(|it| it.display_name) {
        Some(name) if !name.trim().is_empty() => format!("{name}（{id}）"),
        Some(_) | None => id.to_owned(),
    };
    let kinds = kinds(look);
    let markings = markings(look, records);
    let record = MedicalRecord {
        facility: Facility {
            code: facility.code,
            name: &facility.name,
        },
        patient: Patient {
            name: &person.name,
            kana: person.kana.as_ref(),
            birth_date: person.birth_date,
            sex: person.sex,
        },
        made_by: &made_by,
        at: look.at,
        look: look.id,
        purpose: look.purpose,
        kinds: &kinds,
        sources,
        months: look.months,
        all_years,
        markings: &markings,
        information,
    };
    let pdf = record.to_pdf(typeface);
    pdf.map_err(|error| failed(&error))
}

#[track_caller]
fn failed(error: &dyn std::error::Error) -> Refused {
    Refused::internal("a document cannot be printed", &error)
}

fn kinds(look: &Look) -> Vec<InformationKind> {
    let seen = |kind: &&InformationKind| look.under.iter().any(|it| it.kind == **kind);
    InformationKind::ALL.iter().filter(seen).copied().collect()
}

/// An emergency is said on every page, and what the records themselves are.
fn markings(look: &Look, records: &Records) -> Vec<Marking> {
    let rests_on = |basis| look.under.iter().any(|it| it.basis == basis);
    let all = [
        (Basis::Disaster, Marking::Disaster),
        (Basis::Ambulance, Marking::Ambulance),
    ];
    let said = all.into_iter().filter(|(basis, _)| rests_on(*basis));
    let made_up = match records.people {
        People::Real => None,
        People::MadeUp => Some(Marking::Training),
    };
    made_up
        .into_iter()
        .chain(said.map(|(_, marking)| marking))
        .collect()
}
