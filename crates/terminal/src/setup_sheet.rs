//! The set-up sheet (G35): its lines with what settings, inventory, center and facility say. Holds no password; what the facility writes
//! by hand lies in one file of the data folder, changed only by whoever saw its last version.

mod entries;

use domain::equipment::Part;
use domain::facility_kind::FacilityKind;
use domain::facility_settings::{Answered, FacilitySettings};
use domain::inventory::{Contents, Device};
use domain::setup_sheet::{Both, Entry, Known, LINES, Section, Source};
use domain::support_directory::desk::Contract;
use ui::language::Words;

use crate::inventory::part_name;

pub(crate) use entries::{Entries, NotKept, change, read};

/// A section as it is shown and printed.
#[derive(Debug)]
pub(crate) struct SheetSection {
    pub(crate) title: String,
    pub(crate) lines: Vec<SheetLine>,
}

/// A line: No., 設定項目, 詳細項目, デフォルト値, PC設定記入欄, ヒアリング内容.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SheetLine {
    pub(crate) number: usize,
    pub(crate) item: String,
    pub(crate) detail: String,
    pub(crate) default: String,
    pub(crate) value: String,
    pub(crate) explanation: String,
}

/// What a sheet is filled from.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) facility: String,
    pub(crate) kind: Option<FacilityKind>,
    /// ID of the administrator the sheet is made by.
    pub(crate) administrator: String,
    /// Terminal and last day of each certificate of this PC.
    pub(crate) certificates: Vec<String>,
    pub(crate) terminal_user: Option<String>,
    pub(crate) screen_lock: String,
    pub(crate) center: String,
    pub(crate) root_fingerprint: String,
    /// What the center says; `None` while it does not answer.
    pub(crate) center_says: Option<CenterSays>,
    pub(crate) inventory: Contents,
    pub(crate) entries: Entries,
}

/// What only the center knows.
#[derive(Debug)]
pub(crate) struct CenterSays {
    pub(crate) settings: FacilitySettings,
    /// The accounts but the administrator's: whether it is a reader's, and its kind with its ID.
    pub(crate) accounts: Vec<(bool, String)>,
}

/// The sheet in the order of the guide's tabs.
pub(crate) fn sheet(facts: &Facts, words: &Words) -> Vec<SheetSection> {
    // Without a face reader there is nothing to write of one (G37); a PC's own reader stands with the PC.
    let reader = has_face_reader(facts);
    let shown = Section::ALL
        .iter()
        .filter(|it| **it != Section::Reader || reader);
    let sections = shown.map(|section| {
        let mut lines: Vec<SheetLine> = LINES
            .iter()
            .filter(|it| it.section == *section)
            .map(|it| SheetLine {
                number: 0,
                item: say(it.item, words),
                detail: say(it.detail, words),
                default: say(it.default, words),
                value: match it.source {
                    Source::Entry(entry) => facts.entries.of(entry).to_owned(),
                    Source::Known(known) => known_value(known, facts, words),
                },
                explanation: say(it.explanation, words),
            })
            .collect();
        lines.extend(devices(*section, facts, words));
        for (place, line) in lines.iter_mut().enumerate() {
            line.number = place + 1;
        }
        SheetSection {
            title: say(section.title(), words),
            lines,
        }
    });
    sections.collect()
}

/// The sheet as CSV (RFC 4180) with a byte order mark, for spreadsheets.
pub(crate) fn csv(sections: &[SheetSection], heads: &[String; 6]) -> String {
    let mut text = String::from("\u{feff}");
    let mut row = |cells: &[&str]| {
        let quoted = cells
            .iter()
            .map(|cell| format!("\"{}\"", harmless(cell).replace('"', "\"\"")));
        text.push_str(&quoted.collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    };
    for section in sections {
        row(&[&section.title]);
        row(&heads.each_ref().map(String::as_str));
        for line in &section.lines {
            let number = line.number.to_string();
            row(&[
                &number,
                &line.item,
                &line.detail,
                &line.default,
                &line.value,
                &line.explanation,
            ]);
        }
    }
    text
}

/// A cell that a spreadsheet would take for a formula is led by an apostrophe, as in the center's files (`exchange::csv_file`).
fn harmless(cell: &str) -> String {
    let starts = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠',
    ];
    if cell.starts_with(starts) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn say(both: Both, words: &Words) -> String {
    words.choose(both.0, both.1).to_owned()
}

fn known_value(known: Known, facts: &Facts, words: &Words) -> String {
    let unknown = || words.say("sheet-center-away");
    let of_center = |value: &dyn Fn(&CenterSays) -> String| {
        facts.center_says.as_ref().map_or_else(unknown, value)
    };
    let answered = |answer: Answered| {
        words.say(match answer {
            Answered::Yes => "answered-yes",
            Answered::No => "answered-no",
            Answered::NotAsked => "answered-not-asked",
        })
    };
    let kept = || {
        let place = facts.entries.of(Entry::SealedSheetPlace);
        if place.is_empty() {
            words.say("sheet-sealed-nowhere")
        } else {
            words.say_with("sheet-sealed-at", &[("place", place)])
        }
    };
    let phone = |number: &Option<domain::support_directory::desk::PhoneNumber>| {
        number.as_ref().map_or("", |it| it.as_str()).to_owned()
    };
    match known {
        Known::Facility => facts.facility.clone(),
        Known::Kind => facts.kind.map_or_else(String::new, |kind| {
            let row = kind.differences();
            words.choose(row.name_ja, row.name_en).to_owned()
        }),
        Known::SupportContract => match facts.inventory.contract {
            Some(Contract::With) => {
                let number = phone(&facts.inventory.contract_phone);
                words.say_with("sheet-with-contract", &[("number", number)])
            }
            Some(Contract::Without) => words.say("sheet-without-contract"),
            None => String::new(),
        },
        Known::Installer => {
            let name = facts.inventory.installer.as_ref();
            let name = name.map_or("", |it| it.as_str());
            format!("{name} {}", phone(&facts.inventory.installer_phone))
                .trim()
                .to_owned()
        }
        Known::ResultsFlow => of_center(&|it| answered(it.settings.results_flow)),
        Known::ReceiptComputerAsks => of_center(&|it| answered(it.settings.receipt_computer_asks)),
        Known::TerminalUser => match &facts.terminal_user {
            Some(user) => user.clone(),
            None => words.say("sheet-no-terminal-user"),
        },
        Known::TerminalUserPassword | Known::AdministratorPassword => kept(),
        Known::Administrator => facts.administrator.clone(),
        Known::Accounts => of_center(&|it| joined(&it.accounts, false)),
        Known::ReaderAccounts => of_center(&|it| joined(&it.accounts, true)),
        Known::Certificates => facts.certificates.join("、"),
        Known::ScreenLock => facts.screen_lock.clone(),
        Known::Center => facts.center.clone(),
        Known::Root => facts.root_fingerprint.clone(),
    }
}

fn joined(accounts: &[(bool, String)], readers: bool) -> String {
    let wanted = accounts.iter().filter(|(reader, _)| *reader == readers);
    let texts: Vec<&str> = wanted.map(|(_, text)| text.as_str()).collect();
    texts.join("、")
}

/// Whether the facility has face readers, as its kind says; who does not know is shown everything.
fn has_face_reader(facts: &Facts) -> bool {
    facts.kind.is_none_or(|it| it.differences().has_reader)
}

/// In which section a device is written down.
fn section_of(part: Part, facts: &Facts) -> Section {
    match part {
        Part::Reader if has_face_reader(facts) => Section::Reader,
        Part::Pc | Part::Display | Part::DisplaySwitch | Part::Reader => Section::Pc,
        Part::Hub
        | Part::Router
        | Part::LineTerminator
        | Part::OpticalWiring
        | Part::Fibre
        | Part::ExchangeBuilding => Section::Router,
        Part::ReceiptComputer | Part::Mobile | Part::Software | Part::Center => Section::System,
    }
}

/// The lines the inventory fills: each device in its section, all of them in the layout by their place, the chain in the system.
fn devices(section: Section, facts: &Facts, words: &Words) -> Vec<SheetLine> {
    let name = |part: Part| part_name(facts.kind, part, words).to_owned();
    let text = |it: &Option<domain::inventory::DeviceText>| {
        it.as_ref().map_or("", |it| it.as_str()).to_owned()
    };
    let line = |item: String, detail: String, value: String, explanation: String| SheetLine {
        number: 0,
        item,
        detail,
        default: String::new(),
        value,
        explanation,
    };
    let all = facts.inventory.devices.iter();
    let model = |device: &Device| {
        let both = [text(&device.maker), text(&device.model)];
        both.join(" ").trim().to_owned()
    };
    if section == Section::Layout {
        return all
            .map(|it| line(name(it.part), model(it), text(&it.place), String::new()))
            .collect();
    }
    let mut lines: Vec<SheetLine> = all
        .filter(|it| section_of(it.part, facts) == section)
        .map(|it| {
            let label = text(&it.label);
            let serial = text(&it.serial);
            let value = if serial.is_empty() {
                model(it)
            } else {
                words.say_with("sheet-device", &[("model", model(it)), ("serial", serial)])
            };
            let explanation = if label.is_empty() {
                String::new()
            } else {
                words.say_with("sheet-label", &[("place", label)])
            };
            line(name(it.part), words.say("sheet-model"), value, explanation)
        })
        .collect();
    if section == Section::System {
        let chain = Part::CHAIN.iter().map(|part| name(*part));
        let chain: Vec<String> = chain.collect();
        let order = words.say("sheet-chain");
        lines.push(line(order, String::new(), chain.join(" → "), String::new()));
    }
    lines
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use domain::inventory::DeviceText;
    use ui::language::{Language, Texts};

    use super::*;
    use crate::texts::SCREENS;

    pub(crate) fn facts() -> Facts {
        let mut router = Device::new(Part::Router);
        router.model = DeviceText::parse("RTX830").ok();
        router.serial = DeviceText::parse("S-123").ok();
        router.place = DeviceText::parse("受付の棚").ok();
        Facts {
            facility: "1319999999 見本クリニック".into(),
            kind: Some(FacilityKind::Medical),
            administrator: "administrator".into(),
            certificates: vec!["受付1 2030-02-26".into()],
            terminal_user: Some("OqsUser".into()),
            screen_lock: "スクリーンセーバー 15分".into(),
            center: "https://center.example:8443".into(),
            root_fingerprint: "AB:CD".into(),
            center_says: Some(CenterSays {
                settings: FacilitySettings::default(),
                accounts: vec![
                    (false, "連携アプリ用 link_app".into()),
                    (true, "reader".into()),
                ],
            }),
            inventory: Contents {
                devices: vec![router],
                ..Contents::default()
            },
            entries: Entries::default(),
        }
    }

    fn words() -> Words {
        Words::new(Arc::new(Texts::new(&SCREENS).unwrap()), Language::Japanese)
    }

    #[test]
    fn the_sheet_has_the_guides_sections_and_its_devices_where_they_belong() {
        let sections = sheet(&facts(), &words());
        let titles: Vec<&str> = sections.iter().map(|it| it.title.as_str()).collect();
        assert_eq!(titles[1], "1. PC設定");
        assert_eq!(titles.len(), 7);
        let find = |section: usize, text: &str| {
            let lines = sections[section].lines.iter();
            lines.filter(|it| it.value.contains(text)).count()
        };
        assert_eq!((find(5, "RTX830"), find(3, "受付の棚")), (1, 1));
        assert_eq!((find(1, "OqsUser"), find(2, "reader")), (1, 1));
        // The guide's own numbers: 3 the terminal user's name, 4 its password.
        let pc = &sections[1].lines;
        assert_eq!((pc[2].number, pc[2].value.as_str()), (3, "OqsUser"));
        assert!(pc[3].value.contains("封"), "{}", pc[3].value);
    }

    #[test]
    fn home_visit_nursing_writes_of_a_reader_only_where_it_has_one_and_of_no_face_reader() {
        let lines = |devices: Vec<Device>| {
            let nursing = Facts {
                kind: Some(FacilityKind::HomeNursing),
                inventory: Contents {
                    devices,
                    ..Contents::default()
                },
                ..facts()
            };
            let sections = sheet(&nursing, &words());
            assert!(
                sections
                    .iter()
                    .all(|it| !it.title.contains("カードリーダー"))
            );
            let pc = &sections[1];
            assert_eq!(pc.title, "1. PC設定");
            let readers = pc
                .lines
                .iter()
                .filter(|it| it.item.contains("カードリーダー"));
            readers.map(|it| it.item.clone()).collect::<Vec<_>>()
        };
        assert!(lines(Vec::new()).is_empty());
        assert_eq!(
            lines(vec![Device::new(Part::Reader)]),
            ["カードリーダー（パソコン・モバイル端末用）"]
        );
    }

    #[test]
    fn a_center_that_does_not_answer_leaves_the_rest_of_the_sheet() {
        let without = Facts {
            center_says: None,
            ..facts()
        };
        let sections = sheet(&without, &words());
        let texts: Vec<&str> = sections
            .iter()
            .flat_map(|it| it.lines.iter().map(|line| line.value.as_str()))
            .collect();
        assert!(texts.iter().any(|it| it.contains("接続できない")));
        assert!(texts.contains(&"OqsUser"));
    }

    #[test]
    fn a_file_of_the_sheet_quotes_its_cells_and_holds_no_formula() {
        let sections = [SheetSection {
            title: "題".into(),
            lines: vec![SheetLine {
                number: 1,
                item: "a\"b".into(),
                detail: "=1+1".into(),
                default: String::new(),
                value: "x,y".into(),
                explanation: String::new(),
            }],
        }];
        let text = csv(
            &sections,
            &["1", "2", "3", "4", "5", "6"].map(str::to_owned),
        );
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines[0], "\u{feff}\"題\"");
        assert_eq!(lines[2], "\"1\",\"a\"\"b\",\"'=1+1\",\"\",\"x,y\",\"\"");
        // Spreadsheets read full-width signs, and what follows a tab or a line break, as well.
        for cell in ["＝1+1", "＋1", "－1", "＠x", "\t=1", "\r=1", "\n=1", "'=1"] {
            assert_eq!(harmless(cell), format!("'{cell}"));
        }
        assert_eq!(harmless("受付＝1"), "受付＝1");
    }
}
