//! Notices, manuals, reference material and procedures, written with sample data.

use std::collections::BTreeMap;

use api::claims::ClaimsFiling;
use api::posted_notice::Notice;
use askama::Template;
use axum::http::StatusCode;
use domain::civil_date::CivilDate;
use domain::procedures::{Facts, Procedure};

use super::copies::Center;
use super::{Written, words};
use crate::lock::tests::Terminal;
use crate::manuals;
use crate::pages::notices::{self, NoticesPage};
use crate::pages::{Staff, manuals as manual_pages, procedures, receipt_link, reference_material};
use crate::pages::{credential_sheet, setup, setup_sheet};
use crate::procedures::Note;
use domain::facility_settings::Answered;
use domain::permissions::MenuEntry;
use domain::setup_sheet::{Entry, InvalidEntry};
use ui::language::Language;

/// How many pages there are here.
pub(super) const PAGES: usize = 18;

fn notice(title_en: Option<&str>) -> Notice {
    Notice {
        body_en: title_en.map(|_| "Text <b>".into()),
        body_ja: "一段落\n二行目 <b>\n\n二段落".into(),
        id: "019aae5e-0000-7000-8000-000000000001".into(),
        importance: "important".into(),
        posted_at: "2026-11-26T01:05:00.000000Z".into(),
        title_en: title_en.map(str::to_owned),
        title_ja: "工事<b>".into(),
        until: Some("2026-12-31".into()),
    }
}

pub(super) fn of_help(staff: &Staff, written: &mut Written) {
    let frame = || staff.frame("/notices");
    let line = notices::Line {
        href: "/notices/x".into(),
        title: "<a>".into(),
        posted: "B".into(),
        important: true,
        unread: true,
        japanese_only: false,
    };
    let page = NoticesPage {
        frame: frame(),
        search: notices::search_field(&staff.words, "\"<x>"),
        fetched: "C".into(),
        lines: vec![line],
    };
    written.add("notices", &page);
    for (name, title_en) in [("notice", None), ("notice-english", Some("Works"))] {
        written.add(name, &notices::notice_page(frame(), &notice(title_en)));
    }
    let page = manual_pages::manuals_page(staff.frame("/manuals"), "", true);
    written.add("manuals", &page);
    let page = manual_pages::manuals_page(staff.frame("/manuals"), "csv", false);
    written.add("manuals-found", &page);
    let dir = tempfile::tempdir().unwrap();
    let built_in = crate::reference_material::file(dir.path()).read();
    let page = reference_material::reference_page(staff.frame("/reference-material"), &built_in);
    written.add("reference-material", &page);
    std::fs::write(dir.path().join("reference_material.toml"), "as_of = 1").unwrap();
    let refused = crate::reference_material::file(dir.path()).read();
    let page = reference_material::reference_page(staff.frame("/reference-material"), &refused);
    assert!(page.frame.banners.len() == 1 && page.lines.len() == 12);
    written.add("reference-material-refused", &page);
    of_the_setup_sheet(staff, written);
    let today = CivilDate::parse_iso("2026-11-26").unwrap();
    let facts = Facts {
        certificate_until: Some(today.plus_days(30)),
    };
    let notes = Procedure::ALL.iter().map(|it| (*it, Some(Note::default())));
    let page = procedures::procedures_page(staff.frame("/procedures"), notes, &facts, today);
    assert_eq!(page.lines[1].tone, "warn");
    written.add("procedures", &page);
    let note = Note::default();
    for procedure in [Procedure::BrokenPc, Procedure::ClaimsFiling] {
        let page = procedures::procedure_page(
            Some(staff),
            staff.frame("/procedures"),
            procedure,
            &note,
            &facts,
            today,
        );
        written.add(procedure.as_str(), &page);
    }
}

pub(super) fn of_the_setup_sheet(staff: &Staff, written: &mut Written) {
    let page = setup_sheet::SheetPage {
        frame: staff.frame("/setup-sheet"),
        made: "A".into(),
        heads: setup_sheet::heads(&staff.words),
        sections: crate::setup_sheet::sheet(&crate::setup_sheet::tests::facts(), &staff.words),
    };
    written.add("setup-sheet", &page);
    let facts = setup::Facts::default();
    let page = setup::setup_page(staff.frame("/setup"), &facts, true);
    assert!(!page.complete);
    written.add("setup", &page);
    let facts = setup::Facts {
        sheet: Some("<kanri>".into()),
        sheet_is_outdated: false,
        has_user: true,
        good_codes: true,
        backup: Some("B".into()),
        devices: 3,
        knows_pc: true,
        link: Some(domain::receipt_link::ReceiptLink {
            results_flow: Answered::Yes,
            asks_by_itself: Answered::No,
        }),
        people: 2,
        sealed_place: "<金庫>".into(),
        checks: 1,
    };
    let page = setup::setup_page(staff.frame("/setup"), &facts, false);
    assert!(page.complete);
    written.add("setup-complete", &page);
    // Neither a set-up without recovery codes is complete, nor one whose backup was put off or whose sealed sheet is outdated.
    for facts in [
        setup::Facts {
            sheet_is_outdated: true,
            ..facts.clone()
        },
        setup::Facts {
            good_codes: false,
            ..facts.clone()
        },
        setup::Facts {
            backup: None,
            ..facts
        },
    ] {
        assert!(!setup::setup_page(staff.frame("/setup"), &facts, false).complete);
    }
    let page = credential_sheet::form_page(staff, "\"<user>", &[]);
    written.add("credential-sheet", &page);
    let user = ("OqsUser".to_owned(), "<Abc>-123".to_owned());
    let mut page = credential_sheet::sheet_page(staff, "A".into(), "<Xyz>-456".into(), user, &[]);
    written.add("credential-sheet-made", &page);
    page.stands = staff.words.say("credential-perhaps");
    page.fields.clear();
    written.add("credential-sheet-sent", &page);
    let typed = BTreeMap::from([(Entry::RouterKeeper, "pw: <x>".to_owned())]);
    for (name, wrong) in [
        ("setup-sheet-entries", vec![]),
        (
            "setup-sheet-entries-errors",
            vec![(Entry::RouterKeeper, InvalidEntry::Password)],
        ),
    ] {
        let page = setup_sheet::entries_page(staff, 1, &typed, &wrong);
        written.add(name, &page);
    }
}

#[tokio::test]
async fn a_set_up_sheet_that_lacks_a_file_names_it_and_is_not_written_over_it() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("administrator");
    let sheet = terminal.get("/setup-sheet", &cookie).await;
    assert_eq!(sheet.status, StatusCode::OK, "{}", sheet.text);
    for (name, code) in [
        ("inventory.json", "inventory_unreadable"),
        ("setup-sheet.json", "setup_sheet_unreadable"),
    ] {
        let file = terminal.dir.path().join(name);
        std::fs::write(&file, "{").unwrap();
        for at in ["/setup-sheet", "/setup-sheet/file"] {
            let page = terminal.get(at, &cookie).await;
            assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{at}");
            let code = format!("data-code=\"{code}\"");
            let says = page.text.contains(&code) && page.text.contains(name);
            assert!(says, "{at}: {}", page.text);
        }
        std::fs::remove_file(file).unwrap();
    }
    let file = terminal.dir.path().join("setup-sheet.json");
    std::fs::write(&file, "{").unwrap();
    let path = "/setup-sheet/entries";
    let typed = "version=0&sealed_sheet_place=safe";
    for page in [
        terminal.get(path, &cookie).await,
        terminal.post(path, &cookie, typed).await,
    ] {
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
        let says = page.text.contains("data-code=\"setup_sheet_unreadable\"");
        assert!(says && page.text.contains("setup-sheet.json"));
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{");
}

#[test]
fn every_manual_is_one_page_whose_links_lead_within_this_terminal() {
    for language in Language::ALL {
        let staff = super::staff(language, "general");
        for manual in manuals::of_facility(true) {
            let here = format!("/manuals/{}", manual.name);
            let page = manual_pages::manual_page(staff.frame(&here), manual);
            let text = askama::Template::render(&page).unwrap();
            super::check(manual.name, &text, language);
            assert!(text.contains("lang=\"ja\""), "{}", manual.name);
        }
    }
}

#[test]
fn the_manual_says_where_a_result_waits_for_the_one_before_it() {
    let staff = super::staff(Language::Japanese, "general");
    let manual = manuals::find("receipt-computer").unwrap();
    let page = manual_pages::manual_page(staff.frame("/manuals/receipt-computer"), manual);
    let text = askama::Template::render(&page).unwrap();
    assert!(text.contains("同じ名前の前の結果") && text.contains("href=\"/link-state\""));
}

#[test]
fn a_notice_without_english_is_marked_as_japanese_and_its_lines_are_kept() {
    let frame = super::staff(Language::English, "general").frame("/notices/x");
    let page = notices::notice_page(frame, &notice(None));
    assert!(page.japanese_only);
    assert_eq!(
        page.paragraphs,
        [vec!["一段落", "二行目 <b>"], vec!["二段落"]]
    );
    let frame = super::staff(Language::English, "general").frame("/notices/x");
    let page = notices::notice_page(frame, &notice(Some("Works")));
    assert_eq!((page.title.as_str(), page.japanese_only), ("Works", false));
}

#[test]
fn the_filing_for_claims_leads_whoever_may_make_it_to_its_page() {
    let today = CivilDate::parse_iso("2026-11-26").unwrap();
    for (kind, to) in [
        ("administrator", "/claims/filings"),
        ("general", "/reference-material"),
    ] {
        let staff = super::staff(Language::Japanese, kind);
        let (note, facts) = (Note::default(), Facts::default());
        let filing = Procedure::ClaimsFiling;
        let frame = staff.frame("/procedures");
        let page = procedures::procedure_page(Some(&staff), frame, filing, &note, &facts, today);
        assert_eq!(page.page, Some(to), "{kind}");
    }
}

#[test]
fn each_filing_and_how_far_it_is_stands_on_the_pages_of_procedures() {
    let filing = |id: &str, state: &str, reason: Option<&str>, terminal: &str| ClaimsFiling {
        state: state.into(),
        reason: reason.map(str::to_owned),
        terminal: terminal.into(),
        ..super::claims::filing(id, "見本支払基金")
    };
    // The newest first.
    let filings = vec![
        filing("f-3", "accepted", None, "受付端末1"),
        filing("f-2", "handed_in", None, "事務室"),
        filing("f-1", "refused", Some("印がありません"), "受付端末1"),
    ];
    let today = CivilDate::parse_iso("2026-11-26").unwrap();
    let staff = super::staff(Language::Japanese, "administrator");
    let (note, facts) = (Note::default(), Facts::default());
    let notes = Procedure::ALL.iter().map(|it| (*it, Some(Note::default())));
    let list =
        || procedures::procedures_page(staff.frame("/procedures"), notes.clone(), &facts, today);
    let one = || {
        let frame = staff.frame("/procedures");
        let filing = Procedure::ClaimsFiling;
        procedures::procedure_page(Some(&staff), frame, filing, &note, &facts, today)
    };
    let mut page = list();
    page.tell(Ok(filings.clone()));
    let text = page.render().unwrap();
    assert_eq!(text.matches("data-filing").count(), 2);
    assert!(text.contains("見本支払基金") && text.contains("受付端末1") && text.contains("受理"));
    assert!(text.contains("提出済み（審査中）") && !text.contains("不受理"));
    let mut page = one();
    page.tell(Ok(filings));
    let text = page.render().unwrap();
    for shown in ["受理", "提出済み（審査中）", "不受理", "印がありません"] {
        assert!(text.contains(shown), "{shown}");
    }
    let mut page = one();
    page.tell(Ok(Vec::new()));
    assert!(page.render().unwrap().contains("届出はまだありません"));
    let lost = || super::fault("x").1;
    let (mut list, mut one) = (list(), one());
    list.tell(Err(lost()));
    one.tell(Err(lost()));
    for text in [list.render().unwrap(), one.render().unwrap()] {
        assert!(text.contains("いまは確かめられません"));
        assert!(!text.contains("届出はまだありません"));
    }
}

#[test]
fn whoever_applies_for_a_certificate_is_told_where() {
    let address = "https://center.example:8444/application";
    let to = |procedure| {
        let words = words(Language::Japanese);
        procedures::application_page(procedure, address.into(), &words).map(|it| it.text)
    };
    for procedure in [
        Procedure::CertificateApplication,
        Procedure::CertificateReissue,
    ] {
        assert_eq!(to(procedure).as_deref(), Some(address));
    }
    assert_eq!(to(Procedure::CertificateRenewal), None);
}

#[test]
fn a_certificate_that_is_over_is_led_to_its_re_issue_and_to_no_renewal() {
    let today = CivilDate::parse_iso("2026-11-26").unwrap();
    let note = Note::default();
    let (renewal, reissue) = (Procedure::CertificateRenewal, Procedure::CertificateReissue);
    for (left, is_over) in [(-1, true), (0, false)] {
        let facts = Facts {
            certificate_until: Some(today.plus_days(left)),
        };
        let staff = super::staff(Language::Japanese, "administrator");
        let frame = || staff.frame("/procedures");
        let notes = [(renewal, Some(note.clone()))].into_iter();
        let list = procedures::procedures_page(frame(), notes, &facts, today);
        let list = list.render().unwrap();
        let own = procedures::procedure_page(Some(&staff), frame(), renewal, &note, &facts, today);
        let own = own.render().unwrap();
        let to = "href=\"/procedures/certificate_reissue\">電子証明書の再発行<";
        for page in [list, own] {
            assert_eq!(page.contains(to), is_over, "{page}");
            assert_eq!(page.contains("もう行えません"), is_over, "{page}");
            assert!(!is_over || !page.contains("行ってください<"), "{page}");
        }
        let page = procedures::procedure_page(None, frame(), reissue, &note, &facts, today);
        assert!(page.instead.is_none());
        assert_eq!(page.state.contains("今すぐ"), is_over);
    }
}

#[test]
fn a_clerk_notes_nothing_and_an_administrator_is_asked_what_nobody_answered() {
    let today = CivilDate::parse_iso("2026-11-26").unwrap();
    let (facts, note) = (Facts::default(), Note::default());
    for (kind, may) in [("general", false), ("administrator", true)] {
        let staff = super::staff(Language::Japanese, kind);
        let procedure = Procedure::Succession;
        let frame = staff.frame("/procedures");
        let page = procedures::procedure_page(Some(&staff), frame, procedure, &note, &facts, today);
        assert_eq!(page.form.is_some(), may, "{kind}");
        let settings = domain::facility_settings::FacilitySettings::default();
        let link = domain::receipt_link::ReceiptLink::of(&settings);
        assert_eq!(receipt_link::unanswered(&staff, Some(link)).is_some(), may);
        assert!(receipt_link::note(&staff, Some(link), MenuEntry::History).is_none());
        assert!(receipt_link::unanswered(&staff, None).is_none());
    }
    assert!(!words(Language::English).say("link-unanswered").is_empty());
}

#[tokio::test]
async fn a_page_of_the_set_up_is_refused_by_its_own_name() {
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("general");
    for (path, name) in [
        (setup::HERE, "セットアップの続き"),
        (setup_sheet::HERE, "セットアップシート"),
        (credential_sheet::HERE, "封をした控え"),
    ] {
        let page = terminal.get(path, &cookie).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        let told = format!("「{name}」は管理アカウントの画面です");
        assert!(page.text.contains(&told), "{path}: {}", page.text);
    }
}

#[test]
fn a_title_without_english_is_marked_as_japanese_in_the_list_too() {
    for language in Language::ALL {
        let staff = super::staff(language, "general");
        let notices = [notice(None), notice(Some("Works"))];
        let lines = notices.map(|it| notices::line(&it, false, &staff.words));
        let page = NoticesPage {
            frame: staff.frame("/notices"),
            search: notices::search_field(&staff.words, ""),
            fetched: String::new(),
            lines: lines.into(),
        };
        let page = page.render().unwrap();
        let marked = page.matches("\" lang=\"ja\">工事").count();
        assert_eq!(marked, usize::from(language == Language::English));
    }
}

#[test]
fn two_pages_that_lead_to_each_other_have_titles_of_their_own() {
    for language in Language::ALL {
        let pages = super::pages(language);
        let title = |name: &str| {
            let (_, page) = pages.iter().find(|(known, _)| known == name).unwrap();
            let (_, rest) = page.split_once("<title>").unwrap();
            rest.split_once("</title>").unwrap().0.to_owned()
        };
        for (one, other) in [
            ("claims-door", "claims-work"),
            ("training-reports", "training-report"),
        ] {
            assert_ne!(title(one), title(other));
        }
    }
}
