//! The medical information of a patient on paper (G27): what was asked for, how far it can be trusted, then drugs, treatment, surgery
//! and checkups, the newest first. Judges nothing and leaves nothing out of what it is given.

mod checkups;
mod drugs;
mod surgery;
mod treatment;

use domain::civil_date::CivilDate;
use domain::civil_date::Instant;
use domain::codes::person::Sex;
use domain::era::to_japanese;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::MedicalInformation;
use domain::medical_information::drugs::{NamedFacility, Source};
use domain::medical_information::kind::{InformationKind, Purpose};
use domain::medical_information::look::Months;
use domain::person::{Kana, PersonName};
use krilla::metadata::DateTime;

use crate::CannotBePrinted;
use crate::pdf::{About, write};
use crate::sheet::{BODY, HEIGHT, INNER, MARGIN, Mark, Of, SMALL, STRONG, Sheet, WIDTH};
use crate::table::{Cell, Table};
use crate::text::{Setter, Style};
use crate::typeface::{Typeface, Weight};

/// The facility whose document it is.
#[derive(Debug, Clone, Copy)]
pub struct Facility<'a> {
    /// Its code.
    pub code: InstitutionCode,
    /// Its name.
    pub name: &'a str,
}

/// Whose information it is.
#[derive(Debug, Clone, Copy)]
pub struct Patient<'a> {
    /// Name, as given.
    pub name: &'a PersonName,
    /// Name in kana.
    pub kana: Option<&'a Kana>,
    /// Day of birth.
    pub birth_date: CivilDate,
    /// Sex.
    pub sex: Sex,
}

/// What is said in a black band on every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marking {
    /// Seen in a disaster (災害時医療情報閲覧).
    Disaster,
    /// Seen for a patient brought by an ambulance (救急時医療情報閲覧).
    Ambulance,
    /// For training (練習): no real patient.
    Training,
    /// The center's people are made up.
    Synthetic,
}

impl Marking {
    fn text(self) -> &'static str {
        match self {
            Self::Disaster => "災害時医療情報閲覧 Seen in a disaster",
            Self::Ambulance => "救急時医療情報閲覧 Seen in an emergency (ambulance)",
            Self::Training => "練習用 - 実在の患者ではありません Training - no real patient",
            Self::Synthetic => {
                "架空のデータ - 実在の患者ではありません Made-up data - no real patient"
            }
        }
    }
}

/// A patient's medical information as one look showed it.
#[derive(Debug, Clone, Copy)]
pub struct MedicalRecord<'a> {
    /// The facility.
    pub facility: Facility<'a>,
    /// The patient.
    pub patient: Patient<'a>,
    /// Who had it made: an account's name or ID.
    pub made_by: &'a str,
    /// When.
    pub at: Instant,
    /// The look under which it is on record.
    pub look: u128,
    /// What for.
    pub purpose: Purpose,
    /// What was asked for and is open; of anything else nothing is told.
    pub kinds: &'a [InformationKind],
    /// From which sources drugs were asked for.
    pub sources: &'a [Source],
    /// Of which months.
    pub months: Months,
    /// Which kinds are of all that may be seen, whatever the months.
    pub all_years: &'a [InformationKind],
    /// What every page is marked with.
    pub markings: &'a [Marking],
    /// What was seen.
    pub information: &'a MedicalInformation,
}

impl MedicalRecord<'_> {
    /// The document, as PDF/UA-1. The same record gives the same bytes.
    ///
    /// # Errors
    /// [`CannotBePrinted`].
    pub fn to_pdf(&self, typeface: &Typeface) -> Result<Vec<u8>, CannotBePrinted> {
        let mut sheet = Sheet::new(Setter::new(typeface.letters()?));
        self.opening(&mut sheet);
        for kind in InformationKind::ALL {
            if self.kinds.contains(kind) {
                self.section(&mut sheet, *kind);
            }
        }
        told_about_letters(&mut sheet);
        self.every_page(&mut sheet);
        let about = About {
            title: TITLE.to_owned(),
            made: made(self.at),
            id: self.look().to_string(),
        };
        write(&sheet, typeface, about)
    }

    fn look(&self) -> uuid::Uuid {
        uuid::Uuid::from_u128(self.look)
    }

    fn opening(&self, sheet: &mut Sheet<'_>) {
        sheet.title(TITLE);
        let patient = self.patient;
        let name = Cell(vec![(patient.name.as_str().to_owned(), NAME)]);
        let name = name.and_small(patient.kana.map(Kana::as_str));
        let birth = format!(
            "{}（{}）　{}",
            patient.birth_date,
            to_japanese(patient.birth_date),
            patient.sex.label_ja()
        );
        let facility = format!("{}（{}）", self.facility.name, self.facility.code);
        let made = format!(
            "{}　{}（日本時間）",
            self.made_by,
            self.at.to_minute_in_japan()
        );
        let mut table = Table::of_facts(sheet, [1.0, 3.2]);
        for (head, en, cell) in [
            ("患者氏名", "Patient", name),
            ("生年月日・性別", "Birth, sex", Cell::of(birth)),
            ("医療機関等", "Facility", Cell::of(facility)),
            ("出力者・日時", "Made by, at", Cell::of(made)),
            ("閲覧番号", "Look", Cell::of(self.look().to_string())),
            ("目的", "Purpose", Cell::of(purpose(self.purpose))),
            ("対象期間", "Months", Cell::of(self.period())),
            ("含む情報", "Shown", Cell::strong(self.shown())),
            ("含まない情報", "Not shown", Cell::of(self.not_shown())),
        ] {
            table.row(sheet, &[Cell::strong(format!("{head} {en}")), cell]);
        }
        sheet.skip(6.0);
        sheet.framed(&[
            (LIMITS_JA.to_owned(), STRONG),
            (LIMITS_EN.to_owned(), SMALL),
        ]);
    }

    fn period(&self) -> String {
        let Months { from, until } = self.months;
        let months = match (from.map(month), until.map(month)) {
            (Some(from), Some(until)) => format!("{from} から {until} まで"),
            (Some(from), None) => format!("{from} から"),
            (None, Some(until)) => format!("{until} まで"),
            (None, None) => return "指定なし（閲覧できる全期間） all that may be seen".to_owned(),
        };
        if self.all_years.is_empty() {
            return months;
        }
        let (ja, en): (Vec<_>, Vec<_>) = self.all_years.iter().map(|it| self.name_of(*it)).unzip();
        let (ja, en) = (ja.join("、"), en.join(", "));
        format!("{months}（{ja}は閲覧できる全期間） {en}: all that may be seen")
    }

    fn shown(&self) -> String {
        let told = |kind: &InformationKind| {
            let count = match kind {
                InformationKind::Drugs => {
                    let months = &self.information.drugs;
                    let days = months.iter().flat_map(|it| &it.days);
                    format!("{}件", days.map(|it| it.drugs.len()).sum::<usize>())
                }
                InformationKind::Treatment => {
                    let months = &self.information.drugs;
                    let days = months.iter().flat_map(|it| &it.days);
                    format!("{}件", days.map(|it| it.treatments.len()).sum::<usize>())
                }
                InformationKind::Surgery => format!("{}件", self.information.surgeries.len()),
                InformationKind::Checkups => format!("{}回", self.information.checkups.len()),
            };
            format!("{} {count}", self.name_of(*kind).0)
        };
        let shown = InformationKind::ALL
            .iter()
            .filter(|it| self.kinds.contains(it));
        shown.map(told).collect::<Vec<_>>().join("、")
    }

    fn not_shown(&self) -> String {
        let hidden = InformationKind::ALL
            .iter()
            .filter(|it| !self.kinds.contains(it));
        let names: Vec<_> = hidden.map(|it| self.name_of(*it).0).collect();
        match names.is_empty() {
            true => "なし none".to_owned(),
            false => format!(
                "{}（求めていないか、同意または医療機関等の設定により開かれていません not asked for or not open）",
                names.join("、")
            ),
        }
    }

    fn name_of(&self, kind: InformationKind) -> (&'static str, &'static str) {
        let prescriptions = self
            .sources
            .iter()
            .any(|it| it.is_electronic_prescription());
        match kind {
            InformationKind::Drugs if prescriptions => (
                "薬剤（処方・調剤を含む）",
                "Drugs, prescriptions, dispensings",
            ),
            InformationKind::Drugs => (
                "薬剤（レセプトのみ、処方・調剤を含まない）",
                "Drugs from claims alone, no electronic prescriptions",
            ),
            InformationKind::Treatment => ("診療", "Treatment"),
            InformationKind::Surgery => ("手術", "Surgery"),
            InformationKind::Checkups => ("健診", "Health checkups"),
        }
    }

    fn section(&self, sheet: &mut Sheet<'_>, kind: InformationKind) {
        let (ja, en) = self.name_of(kind);
        sheet.section(ja, en);
        let laid = match kind {
            InformationKind::Drugs => drugs::lay(sheet, &self.information.drugs),
            InformationKind::Treatment => treatment::lay(sheet, &self.information.drugs),
            InformationKind::Surgery => surgery::lay(sheet, &self.information.surgeries),
            InformationKind::Checkups => checkups::lay(sheet, &self.information.checkups),
        };
        if let Laid::Nothing = laid {
            let nothing = match self.all_years.contains(&kind) {
                true => NOTHING_OF_ALL_YEARS,
                false => NOTHING,
            };
            sheet.paragraph(nothing, BODY);
        }
    }

    /// What stands at the head and foot of every page, now that their number is known.
    fn every_page(&self, sheet: &mut Sheet<'_>) {
        let patient = self.patient;
        let head_left = format!("{TITLE}　{}", self.facility.name);
        // The day of birth first: a long name is cut here, as it stands in full on the first page.
        let head_right = format!("{} 生　{}", patient.birth_date, patient.name.as_str());
        let foot_left = format!(
            "閲覧番号 {}　出力 {} {}",
            self.look(),
            self.at.to_minute_in_japan(),
            self.made_by
        );
        let markings: Vec<_> = self.markings.iter().map(|it| it.text()).collect();
        let marking = (!markings.is_empty()).then(|| markings.join("　"));
        let total = sheet.pages.len();
        for at in 0..total {
            let mut marks = Vec::new();
            let mut text = |setter: &mut Setter<'_>, text: &str, style, baseline, side, most| {
                let line = first_line(setter, text, style, most);
                let left = match side {
                    Side::Left => MARGIN,
                    Side::Right => WIDTH - MARGIN - line.width,
                };
                marks.push(Mark::Text {
                    left,
                    baseline,
                    line,
                    of: Of::Page,
                });
            };
            let setter = &mut sheet.setter;
            text(setter, &head_left, RUNNING, 58.0, Side::Left, INNER * 0.5);
            text(
                setter,
                &head_right,
                RUNNING_STRONG,
                58.0,
                Side::Right,
                INNER * 0.48,
            );
            let foot = HEIGHT - 34.0;
            text(setter, &foot_left, RUNNING, foot, Side::Left, INNER * 0.8);
            let page = format!("{} / {total} ページ", at + 1);
            text(
                setter,
                &page,
                RUNNING_STRONG,
                foot,
                Side::Right,
                INNER * 0.18,
            );
            if let Some(marking) = &marking {
                text(setter, marking, BAND, 41.0, Side::Left, INNER);
                marks.insert(
                    0,
                    Mark::Shade {
                        left: 0.0,
                        top: 27.0,
                        width: WIDTH,
                        height: 19.0,
                        grey: 0,
                    },
                );
            }
            marks.push(Mark::Rule {
                top: 64.0,
                grey: 0,
                thick: 0.6,
            });
            marks.push(Mark::Rule {
                top: HEIGHT - 46.0,
                grey: 0,
                thick: 0.6,
            });
            if let Some(page) = sheet.pages.get_mut(at) {
                marks.append(page);
                *page = marks;
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// Whether a section has anything to show.
enum Laid {
    Something,
    Nothing,
}

const TITLE: &str = "医療情報";
const NAME: Style = Style::new(Weight::Bold, 12.0);
const RUNNING: Style = Style::new(Weight::Regular, 7.5).grey(40);
const RUNNING_STRONG: Style = Style::new(Weight::Bold, 8.5);
const BAND: Style = Style::new(Weight::Bold, 10.0).grey(255);

const NOTHING: &str =
    "この期間に登録された情報はありません。 Nothing is registered for this period.";
const NOTHING_OF_ALL_YEARS: &str =
    "閲覧できる全期間に、登録された情報はありません。 Nothing that may be seen is registered.";

const LIMITS_JA: &str = "この一覧がすべてとは限りません。レセプトの情報は請求のあとに登録されるため、1か月以上遅れることがあります。請求されていないもの（自費の診療や市販薬など）は含まれません。ここにないことは、使っていない・受けていないことを意味しません。患者本人にも確かめてください。";
const LIMITS_EN: &str = "This list may be incomplete. What comes from claims is registered after claiming and may lag by a month or more; what was not claimed (paid privately, bought over the counter) is missing. Absence here does not mean that something was not taken or done. Ask the patient as well.";

/// A text of one line on every page: what does not fit ends in "…", as it stands in full on the first page.
fn first_line(setter: &mut Setter<'_>, text: &str, style: Style, most: f32) -> crate::text::Line {
    let lines = setter.lines(text, style, most - style.size);
    let count = lines.len();
    let first = lines.into_iter().next();
    match first {
        Some(line) if 1 < count => setter.line(&format!("{}…", line.text.trim_end()), style),
        Some(line) => line,
        None => setter.line("", style),
    }
}

/// Says which characters stand in boxes or in their usual form.
fn told_about_letters(sheet: &mut Sheet<'_>) {
    let lacking = std::mem::take(&mut sheet.setter.lacking);
    if lacking.characters.is_empty() && lacking.variants.is_empty() {
        return;
    }
    sheet.section("文字について", "Characters");
    let number = |c: &char| format!("U+{:04X}", u32::from(*c));
    if !lacking.characters.is_empty() {
        let list: Vec<_> = lacking.characters.iter().map(number).collect();
        let text = format!(
            "枠の中の数字は、この文書の書体にない文字の番号（Unicode）です。文字そのものは失われておらず、コピーや検索では元の文字になります。 A number in a box stands for a character that the typeface lacks: {}",
            list.join("、")
        );
        sheet.paragraph(&text, BODY);
    }
    if !lacking.variants.is_empty() {
        let list: Vec<_> = lacking
            .variants
            .iter()
            .map(|(c, selector)| format!("{c}（{}+{}）", number(c), number(selector)))
            .collect();
        let text = format!(
            "次の文字は、指定された字形が書体にないため、標準の字形で示しています。 Shown in the usual form, as the typeface lacks the form asked for: {}",
            list.join("、")
        );
        sheet.paragraph(&text, BODY);
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Treatment => "診療 treatment",
        Purpose::Dispensing => "調剤 dispensing",
        Purpose::Disaster => "災害時の診療 care in a disaster",
        Purpose::Ambulance => "救急時の診療 care in an emergency",
        Purpose::Own => "本人の確認 the patient's own wish to know",
    }
}

fn month(month: TreatmentMonth) -> String {
    let day = month.first_day();
    format!("{}年{}月", day.year(), day.month())
}

/// A facility as a record names it; `None` where nothing is known of it.
fn facility(it: &NamedFacility) -> Option<String> {
    let name = it.name.as_ref().map(|it| it.as_str());
    match (name, it.code) {
        (Some(name), Some(code)) => Some(format!("{name}（{code}）")),
        (Some(name), None) => Some(name.to_owned()),
        (None, Some(code)) => Some(code.to_string()),
        (None, None) => None,
    }
}

fn day(day: Option<CivilDate>) -> String {
    day.map_or_else(|| "-".to_owned(), |it| it.to_string())
}

fn made(at: Instant) -> DateTime {
    let text = at.to_compact_in_japan();
    let part = |from: usize, until: usize| {
        text.get(from..until)
            .and_then(|it| it.parse().ok())
            .unwrap_or_default()
    };
    let small = |from, until| u8::try_from(part(from, until)).unwrap_or_default();
    DateTime::new(part(0, 4))
        .month(small(4, 6))
        .day(small(6, 8))
        .hour(small(8, 10))
        .minute(small(10, 12))
        .second(small(12, 14))
        .utc_offset_hour(9)
}
