//! The document of a patient's medical information.

use std::sync::OnceLock;

use domain::civil_date::{CivilDate, Instant};
use domain::codes::person::Sex;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::checkup::{Checkup, Item, ItemCode, ReferenceRange, Value};
use domain::medical_information::drugs::{
    Drug, DrugDay, DrugMonth, NamedFacility, Source, Treatment,
};
use domain::medical_information::kind::{InformationKind, Purpose};
use domain::medical_information::look::Months;
use domain::medical_information::surgery::Surgery;
use domain::medical_information::{Amount, MedicalCode, MedicalInformation, MedicalText};
use domain::person::{Kana, PersonName};
use print::{Facility, Marking, MedicalRecord, Patient, Typeface};

use crate::looked_at::Document;

fn typeface() -> &'static Typeface {
    static TYPEFACE: OnceLock<Typeface> = OnceLock::new();
    TYPEFACE.get_or_init(|| {
        let font = |path| ui::assets::find(path).unwrap().bytes;
        let (regular, bold) = (ui::assets::REGULAR_FONT, ui::assets::BOLD_FONT);
        Typeface::from_woff2(font(regular), font(bold)).unwrap()
    })
}

fn words(text: &str) -> MedicalText {
    MedicalText::parse(text).unwrap()
}

fn date(text: &str) -> CivilDate {
    CivilDate::parse_iso(text).unwrap()
}

fn month(text: &str) -> TreatmentMonth {
    TreatmentMonth::parse_iso(text).unwrap()
}

fn facility(code: &str, name: &str) -> NamedFacility {
    NamedFacility {
        code: InstitutionCode::parse(code).ok(),
        name: MedicalText::parse(name).ok(),
    }
}

fn drug(name: &str) -> Drug {
    Drug {
        code: MedicalCode::parse("990000001").ok(),
        ingredient: Some(words("架空成分")),
        quantity: Amount::parse("1.50").ok(),
        unit: Some(words("錠")),
        usage: Some(words("１日１回朝食後服用")),
        times: Some(28),
        ..Drug::new(words(name))
    }
}

fn drug_month(source: Source, of: &str, drugs: Vec<Drug>) -> DrugMonth {
    let day = date(&format!("{of}-05"));
    DrugMonth {
        prescriber: facility("1312345678", "架空医院"),
        dispenser: facility("1349999999", "架空薬局"),
        days: vec![DrugDay {
            dispensed: (source != Source::Prescription).then_some(day),
            prescribed: Some(day),
            drugs,
            treatments: Vec::new(),
        }],
        ..DrugMonth::new(source, month(of))
    }
}

fn item(code: &str, name: &str, amount: &str, unit: &str) -> Item {
    Item {
        code: ItemCode::parse(code).unwrap(),
        name: words(name),
        value: Value::Measured {
            amount: words(amount),
            unit: MedicalText::parse(unit).ok(),
        },
        range: ReferenceRange {
            low: None,
            high: Amount::parse("129").ok(),
        },
        method: None,
    }
}

fn checkup(day: &str, pressure: &str) -> Checkup {
    let mut ecg = item("9A110160800000049", "心電図（所見）", "-", "mmHg");
    ecg.value = Value::Words(words("所見なし"));
    ecg.range = ReferenceRange::default();
    let mut sugar = item("1A020000000190111", "尿糖", "-", "mmHg");
    sugar.value = Value::Coded {
        code: words("1"),
        table: None,
        name: Some(words("－")),
    };
    sugar.range = ReferenceRange::default();
    Checkup {
        facility: facility("1312345678", "架空健診センター"),
        items: vec![
            item("9A751000000000001", "収縮期血圧", pressure, "mmHg"),
            ecg,
            sugar,
        ],
        ..Checkup::new(date(day))
    }
}

fn everything() -> MedicalInformation {
    let mut treated = DrugMonth::new(Source::Claims, month("2026-09"));
    treated.prescriber = facility("1312345678", "架空医院");
    treated.days.push(DrugDay {
        dispensed: Some(date("2026-09-12")),
        treatments: vec![Treatment {
            code: MedicalCode::parse("160000001").ok(),
            times: Some(1),
            ..Treatment::new(words("架空血液検査"))
        }],
        ..DrugDay::default()
    });
    let mut surgery = Surgery::new(date("2024-03-01"), words("架空腹腔鏡手術"));
    surgery.facility = facility("1312345678", "架空病院");
    surgery.note = Some(words("全身麻酔"));
    MedicalInformation {
        drugs: vec![
            drug_month(Source::Claims, "2026-08", vec![drug("架空錠１０ｍｇ")]),
            drug_month(
                Source::Dispensing,
                "2026-10",
                vec![drug("見本カプセル２００µｇ")],
            ),
            drug_month(Source::Prescription, "2026-11", vec![drug("見本散５％")]),
            treated,
        ],
        surgeries: vec![surgery],
        checkups: vec![checkup("2025-06-10", "128"), checkup("2026-06-12", "134")],
    }
}

/// A record, taken apart by the tests that want another.
struct Made {
    name: PersonName,
    kana: Kana,
    kinds: &'static [InformationKind],
    all_years: &'static [InformationKind],
    markings: &'static [Marking],
    information: MedicalInformation,
}

impl Made {
    fn of(information: MedicalInformation) -> Self {
        Self {
            name: PersonName::parse("資格　太郎").unwrap(),
            kana: Kana::parse("シカク　タロウ").unwrap(),
            kinds: InformationKind::ALL,
            all_years: &[],
            markings: &[],
            information,
        }
    }

    fn pdf(&self) -> Vec<u8> {
        let record = MedicalRecord {
            facility: Facility {
                code: InstitutionCode::parse("1312345678").unwrap(),
                name: "架空医院",
            },
            patient: Patient {
                name: &self.name,
                kana: Some(&self.kana),
                birth_date: date("1960-04-01"),
                sex: Sex::Male,
            },
            made_by: "doctor01",
            at: Instant::parse("2026-11-26T00:15:00Z").unwrap(),
            look: 0x0190_0000_0000_7000_8000_0000_0000_0001,
            purpose: Purpose::Treatment,
            kinds: self.kinds,
            sources: Source::ALL,
            months: Months {
                from: Some(month("2023-12")),
                until: Some(month("2026-11")),
            },
            all_years: self.all_years,
            markings: self.markings,
            information: &self.information,
        };
        record.to_pdf(typeface()).unwrap()
    }

    fn document(&self) -> Document {
        Document::new(&self.pdf())
    }
}

#[test]
fn all_that_was_seen_can_be_read_and_copied() {
    let document = Made::of(everything()).document();
    let text = document.letters();
    for told in [
        "資格太郎",
        "シカクタロウ",
        "1960-04-01（昭和35年4月1日）",
        "架空医院（1312345678）",
        "doctor01",
        "2026-11-2609:15",
        "01900000-0000-7000-8000-000000000001",
        "2023年12月から2026年11月まで",
        "【レセプト】",
        "【調剤情報】",
        "【処方情報】",
        "調剤：架空薬局（1349999999）",
        "見本カプセル２００µｇ",
        "架空成分",
        "990000001",
        "1.50錠",
        "１日１回朝食後服用",
        "28",
        "架空血液検査",
        "架空腹腔鏡手術",
        "全身麻酔",
        "収縮期血圧",
        "〜129",
        "134",
        "128",
        "－（1）",
        "この一覧がすべてとは限りません",
        "1/",
    ] {
        assert!(text.contains(told), "{told} is not in {text}");
    }
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    assert_eq!(Made::of(everything()).pdf(), Made::of(everything()).pdf());
}

#[test]
fn the_file_is_sound_tagged_and_has_its_fonts_within() {
    let document = Made::of(everything()).document();
    assert!(
        document
            .check()
            .contains("No syntax or stream encoding errors")
    );
    let fonts = document.fonts();
    for font in fonts.lines().skip(2) {
        let columns: Vec<&str> = font.split_whitespace().rev().collect();
        // From the right: two of the object's number, then Unicode, subset, embedded.
        assert_eq!(columns[2..5], ["yes", "yes", "yes"], "{fonts}");
    }
    let facts = document.facts();
    for fact in [
        "医療情報",
        "Tagged:          yes",
        "(A4)",
        "JavaScript:      no",
    ] {
        assert!(facts.contains(fact), "{facts}");
    }
    let structure = document.structure();
    for part in ["H1", "H2", "Table", "THead", "TH", "TD"] {
        assert!(structure.contains(part), "{part}: {structure}");
    }
}

#[test]
fn what_is_not_open_is_told_apart_from_what_is_not_there() {
    let mut made = Made::of(everything());
    made.kinds = &[InformationKind::Drugs, InformationKind::Checkups];
    made.information.checkups.clear();
    let text = made.document().letters();
    assert!(text.contains("含まない情報Notshown診療、手術（"), "{text}");
    for hidden in ["架空血液検査", "架空腹腔鏡手術"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    let count = text.matches("この期間に登録された情報はありません").count();
    assert_eq!(count, 1, "of checkups alone: {text}");
}

#[test]
fn what_is_of_all_years_is_named_beside_the_months() {
    let mut made = Made::of(everything());
    made.all_years = &[InformationKind::Surgery, InformationKind::Checkups];
    made.information.surgeries.clear();
    let text = made.document().letters();
    let period = "2023年12月から2026年11月まで（手術、健診は閲覧できる全期間）";
    assert!(text.contains(period), "{text}");
    assert!(!text.contains("この期間に登録された情報はありません"));
    assert!(text.contains("閲覧できる全期間に、登録された情報はありません"));
}

#[test]
fn marks_stand_on_every_page() {
    let mut made = Made::of(thousands(200));
    made.markings = &[Marking::Disaster, Marking::Training];
    let document = made.document();
    let words = document.words();
    let pages = words.iter().map(|it| it.page).max().unwrap();
    assert!(2 < pages);
    for page in 1..=pages {
        let of_page: String = words
            .iter()
            .filter(|it| it.page == page)
            .map(|it| it.text.as_str())
            .collect();
        for told in ["災害時医療情報閲覧", "練習用", "資格太郎", "1960-04-01"] {
            assert!(of_page.contains(told), "{told} on page {page}");
        }
        assert!(
            of_page.contains(&format!("{page}/{pages}ページ")),
            "{of_page}"
        );
    }
}

/// So many drug lines over five years.
fn thousands(lines: usize) -> MedicalInformation {
    let mut drugs = Vec::new();
    let mut left = lines;
    for at in (0..60_u16).rev() {
        let of = format!("{}-{:02}", 2022 + at / 12, at % 12 + 1);
        let here = left.min(lines.div_ceil(60));
        left -= here;
        let named = (0..here).map(|nth| drug(&format!("架空錠{at}番{nth}号")));
        drugs.push(drug_month(Source::Claims, &of, named.collect()));
    }
    MedicalInformation {
        drugs,
        ..MedicalInformation::default()
    }
}

#[test]
fn two_thousand_drugs_are_all_there_under_repeated_heads() {
    let made = Made::of(thousands(2_000));
    let pdf = made.pdf();
    assert!(pdf.len() < 3 << 20, "{} bytes", pdf.len());
    let document = Document::new(&pdf);
    assert!(
        document
            .check()
            .contains("No syntax or stream encoding errors")
    );
    let text = document.text();
    assert_eq!(text.matches("架空成分").count(), 2_000);
    assert!(text.contains("（続き continued）"));
    let pages = document.words().last().unwrap().page;
    assert!((50..120).contains(&pages), "{pages}");
    assert_eq!(text.matches("Dispensed").count(), pages, "a head on each");
}

#[test]
fn the_longest_texts_overflow_nothing_and_lose_nothing() {
    let longest = |c: char| words(&c.to_string().repeat(255));
    let mut information = everything();
    let mut of_255 = drug("x");
    of_255.name = longest('薬');
    of_255.ingredient = Some(longest('W'));
    of_255.unit = Some(longest('錠'));
    of_255.usage = Some(longest('用'));
    of_255.instruction = Some(longest('示'));
    let mut record = drug_month(Source::Claims, "2026-10", vec![of_255.clone(), of_255]);
    record.prescriber.name = Some(longest('医'));
    record.dispenser.name = Some(longest('局'));
    information.drugs.push(record);
    for checkup in &mut information.checkups {
        checkup.facility.name = Some(longest('検'));
        for item in &mut checkup.items {
            item.name = longest('項');
            item.method = Some(longest('法'));
            item.value = Value::Words(longest('値'));
        }
    }
    information.surgeries[0].name = longest('術');
    information.surgeries[0].note = Some(longest('備'));
    let mut made = Made::of(information);
    made.name = PersonName::parse(&"名".repeat(PersonName::MAX_CHARS)).unwrap();
    let document = made.document();
    let text = document.letters();
    for (letter, count) in [
        ("薬", 2 * 255),
        ("W", 2 * 255),
        ("錠", 2 * 255),
        ("示", 2 * 255),
        ("値", 6 * 255),
        ("法", 3 * 255),
        ("備", 255),
        ("名", PersonName::MAX_CHARS),
    ] {
        assert!(count <= text.matches(letter).count(), "{letter}");
    }
    for word in document.words() {
        let inside =
            0.0 <= word.left && word.right <= 595.28 - 30.0 && word.bottom <= 841.89 - 25.0;
        assert!(inside && 20.0 < word.top, "{word:?}");
    }
    assert_nothing_overlaps(&document);
}

/// No word lies on another.
fn assert_nothing_overlaps(document: &Document) {
    let words = document.words();
    for (at, one) in words.iter().enumerate() {
        for other in words
            .iter()
            .skip(at + 1)
            .take_while(|it| it.page == one.page)
        {
            let across = one.right.min(other.right) - one.left.max(other.left);
            // Boxes of words are as high as their letters may get, more than a line is.
            let down = one.bottom.min(other.bottom) - one.top.max(other.top);
            let lower = (one.bottom - one.top).min(other.bottom - other.top);
            assert!(across <= 0.5 || down <= 0.45 * lower, "{one:?} {other:?}");
        }
    }
}

#[test]
fn a_character_the_typeface_lacks_is_boxed_named_and_copied_as_it_is() {
    let mut information = everything();
    let rare = "見本\u{1f48a}\u{0e01}錠";
    information.drugs[0].days[0].drugs[0].name = words(rare);
    let text = Made::of(information).document().letters();
    assert!(text.contains(rare), "{text}");
    assert!(text.contains("U+0E01、U+1F48A"), "{text}");
    assert!(!text.contains('●'));
    let all = Made::of(everything()).document().letters();
    assert!(!all.contains("U+"), "nothing is lacking otherwise");
}

#[test]
fn compatibility_ideographs_of_windows_31j_are_shown_and_copied_as_themselves() {
    let mut information = everything();
    let kanji = ['\u{f929}', '\u{f9dc}'].into_iter();
    let kanji: String = kanji.chain('\u{fa0e}'..='\u{fa2d}').collect();
    information.drugs[0].days[0].drugs[0].name = words(&kanji);
    let text = Made::of(information).document().letters();
    assert!(text.contains(&kanji), "{text}");
    assert!(!text.contains("U+"), "nothing is boxed");
}

#[test]
fn variants_of_kanji_are_shown_in_their_form_or_named() {
    let mut plain = Made::of(everything());
    plain.name = PersonName::parse("葛飾　花子").unwrap();
    let mut variant = Made::of(everything());
    variant.name = PersonName::parse("葛\u{e0100}飾　花子").unwrap();
    let text = variant.document().letters();
    assert!(
        text.contains("葛\u{e0100}飾花子"),
        "copied with its selector"
    );
    assert!(!text.contains("U+"), "the typeface has this form");
    assert_ne!(plain.pdf(), variant.pdf());
    let mut unknown = Made::of(everything());
    unknown.name = PersonName::parse("一\u{e01ef}郎").unwrap();
    let text = unknown.document().letters();
    assert!(text.contains("一（U+4E00+U+E01EF）"), "{text}");
}

#[test]
fn nothing_is_said_in_colour() {
    let document = Made::of(everything()).document();
    assert!(!document.is_coloured());
}
