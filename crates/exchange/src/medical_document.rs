//! The medical information of a patient as an XML document (G27). Drugs, treatment and checkups stand in the interface's own shape, all else in
//! one of ours that says so itself. Never claims to be official.

use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::medical_information::checkup::{Checkup, Item};
use domain::medical_information::kind::{Basis, InformationKind};
use domain::medical_information::look::Look;
use domain::medical_information::{MedicalInformation, MedicalText, surgery};
use domain::person::Person;

use crate::answer::medical_information::{checkups, drugs};
use crate::answer::{CannotBeWritten, Unrepresentable};
use crate::document::xml_text::Text;
use crate::encoding::Encoding;
use crate::schema::xsd;
use crate::tables::Part;
use crate::tables::medical_document::{MedicalDocument, MoreOfCheckup, MoreOfItem, Surgery};

/// The name of the document's root. Ours, like the whole frame.
pub const ROOT: &str = "OnshiMedicalInformation";

/// What the document says of itself.
const NOTICE: &str = "この形式はonshi独自のもので、公式の仕様ではありません。YZKsiquc01resとTKKsiquc01resの中だけが公開情報から集めた外部インターフェイスの要素名です。一覧がすべてとは限りません：レセプトの情報は1か月以上遅れることがあり、請求されていないものは含まれません。 / This shape is onshi's own and not official; only inside YZKsiquc01res and TKKsiquc01res stand element names gathered of the interface. It may be incomplete: claims lag, and what was not claimed is missing.";

/// What the document says first where nobody in it exists.
const MADE_UP: &str = "練習用です。実在の患者ではありません。 / For training: no real patient. ";

/// Whether the people of a document exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    /// They are registered.
    Real,
    /// They are made up, for training (練習), and the document says so.
    MadeUp,
}

/// The document of what a look showed, in UTF-8; some kinds of it of all years, whatever the look's months.
///
/// # Errors
/// [`CannotBeWritten`] where a text holds a character that XML does not know.
pub fn to_xml(
    look: &Look,
    person: &Person,
    information: &MedicalInformation,
    all_years: &[InformationKind],
    people: People,
) -> Result<Vec<u8>, CannotBeWritten> {
    let mut text = Text::under(ROOT, Encoding::Utf8, Unrepresentable::Refuse);
    let mut document = document(look, person, information);
    document.all_years = names(all_years);
    document.notice = Some(match people {
        People::Real => NOTICE.to_owned(),
        People::MadeUp => format!("{MADE_UP}{NOTICE}"),
    });
    document.write(&mut text);
    Ok(text.finish()?.bytes)
}

/// Its schema (XML Schema 1.0).
#[must_use]
pub fn schema() -> String {
    let about = "医療情報のXML文書（onshi独自の形式） / medical information as XML, in a shape of onshi's own";
    xsd::under(ROOT, about, MedicalDocument::ROWS)
}

fn document(look: &Look, person: &Person, information: &MedicalInformation) -> MedicalDocument {
    let kinds = kinds(look);
    let of = |kind| kinds.contains(&kind);
    let drugs_are_told = of(InformationKind::Drugs) || of(InformationKind::Treatment);
    MedicalDocument {
        notice: None,
        look: Some(uuid(look.id)),
        made_at: Some(instant(look.at)),
        facility: Some(facility(look.facility)),
        purpose: Some(look.purpose.as_str().to_owned()),
        emergencies: emergencies(look),
        from: look.months.from.map(|it| it.to_compact()),
        until: look.months.until.map(|it| it.to_compact()),
        all_years: Vec::new(),
        kinds: names(&kinds),
        drugs: drugs_are_told.then(|| drugs(person, &information.drugs, look.facility)),
        checkups: of(InformationKind::Checkups).then(|| checkups(person, &information.checkups)),
        more_of_checkups: information.checkups.iter().map(more_of).collect(),
        surgeries: information.surgeries.iter().map(surgery).collect(),
    }
}

fn names(kinds: &[InformationKind]) -> Vec<String> {
    kinds.iter().map(|it| it.as_str().to_owned()).collect()
}

/// The kinds a look was at, each once.
fn kinds(look: &Look) -> Vec<InformationKind> {
    let seen = |kind: &&InformationKind| look.under.iter().any(|it| it.kind == **kind);
    InformationKind::ALL.iter().filter(seen).copied().collect()
}

fn emergencies(look: &Look) -> Vec<String> {
    let rests_on = |basis: &&Basis| look.under.iter().any(|it| it.basis == **basis);
    let all = Basis::ALL.iter().filter(|it| it.is_emergency());
    all.filter(rests_on)
        .map(|it| it.as_str().to_owned())
        .collect()
}

fn more_of(it: &Checkup) -> MoreOfCheckup {
    MoreOfCheckup {
        date: Some(it.day.to_compact()),
        facility: it.facility.code.map(facility),
        facility_name: text(it.facility.name.as_ref()),
        items: it.items.iter().filter_map(more_of_item).collect(),
    }
}

fn more_of_item(it: &Item) -> Option<MoreOfItem> {
    let more = MoreOfItem {
        code: Some(it.code.as_str().to_owned()),
        low: it.range.low.as_ref().map(|it| it.as_str().to_owned()),
        high: it.range.high.as_ref().map(|it| it.as_str().to_owned()),
        method: text(it.method.as_ref()),
    };
    let knows_more = more.low.is_some() || more.high.is_some() || more.method.is_some();
    knows_more.then_some(more)
}

fn surgery(it: &surgery::Surgery) -> Surgery {
    Surgery {
        date: Some(it.day.to_compact()),
        code: it.code.as_ref().map(|it| it.as_str().to_owned()),
        name: text(Some(&it.name)),
        facility: it.facility.code.map(facility),
        facility_name: text(it.facility.name.as_ref()),
        note: text(it.note.as_ref()),
    }
}

fn text(it: Option<&MedicalText>) -> Option<String> {
    it.map(|it| it.as_str().to_owned())
}

fn facility(it: InstitutionCode) -> String {
    it.to_string()
}

fn instant(it: Instant) -> String {
    it.to_string()
}

/// The identifier as UUIDs are written.
fn uuid(it: u128) -> String {
    let digits = format!("{it:032x}");
    let part = |from: usize, until: usize| digits.get(from..until).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}
