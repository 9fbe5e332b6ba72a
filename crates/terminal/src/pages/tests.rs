//! Every page with sample data in every language, held to what each owes: one heading, labels, unique identifiers, language, nothing inline.

mod access;
mod bulk_orders;
mod cards;
mod certificates;
mod claims;
mod claims_entry;
mod copies;
mod emergency;
mod help;
mod home_care;
mod inventory;
mod link;
mod looks;
mod medical;
mod own_passwords;
mod screen_lock;
mod spoken;
mod standing;
mod training;
mod typed;
mod upkeep;

use std::collections::BTreeSet;
use std::sync::Arc;

use api::account::{Account, AccountChange, Accounts, ImportLine, ImportReport, UnusualSignIn};
use api::check::{Answer, Ceiling, CoverageResult, Elderly, Remark, Ticket};
use api::history::{History, HistoryEntry};
use api::problem::{MemberError, Text};
use api::session::{PasswordState, Session, SessionAccount, SessionFacility};
use domain::civil_date::CivilDate;
use domain::civil_date::Instant;
use pki::authority::Authority;
use pki::sealed::MachineKey;
use ui::component::{Checkbox, Kind, Radio, TextField};
use ui::language::Texts;

use super::*;
use crate::texts::SCREENS;

fn words(language: Language) -> Words {
    Words::new(Arc::new(Texts::new(&SCREENS).unwrap()), language)
}

/// A client of a center that is not there: nothing is asked here.
pub(crate) fn client() -> Client {
    let dir = tempfile::tempdir().unwrap();
    let machine = MachineKey::open(&dir.path().join("key")).unwrap();
    let authority = Authority::open(dir.path(), &machine, Instant::from_micros(0)).unwrap();
    Client::new("https://center.example", authority.root(), None).unwrap()
}

/// Where certificates come from, where no center is.
pub(crate) fn certificate_setup(dir: &std::path::Path) -> crate::certificates::Setup {
    let elsewhere = tempfile::tempdir().unwrap();
    let machine = MachineKey::open(&elsewhere.path().join("key")).unwrap();
    let authority = Authority::open(elsewhere.path(), &machine, Instant::from_micros(0)).unwrap();
    crate::certificates::Setup {
        installed: pki::installed::Installed::of(dir),
        name: "clinic".into(),
        root: authority.root().clone(),
        center: "https://center.example".into(),
        enroll: "https://center.example:8444".into(),
        downloads: dir.join("downloads"),
        clock: Arc::new(|| Instant::from_micros(0)),
    }
}

pub(crate) fn state() -> PasswordState {
    PasswordState {
        change_needed: true,
        expires_on: Some("2027-01-22".into()),
        set_at: "2026-11-23T03:00:00.000000Z".into(),
    }
}

fn staff(language: Language, kind: &str) -> Staff {
    Staff {
        windows: Vec::new(),
        words: words(language),
        key: [0; 32],
        client: client(),
        session: Session {
            account: SessionAccount {
                display_name: "受付 <b>".into(),
                id: "uketsuke".into(),
                kind: kind.into(),
            },
            facility: SessionFacility {
                code: "1319999999".into(),
                kind: "medical".into(),
                name: "見本\"クリニック".into(),
            },
            ends_after_min: 30,
            entry: "full".into(),
            password: state(),
            token: "t".into(),
        },
        lock: screen_lock::open(),
        ground: Ground::Real,
    }
}

fn answer(verdict: u8) -> Answer {
    let some = |text: &str| Some(text.to_owned());
    Answer {
        as_of: "2026-11-23T00:15:02.000000Z".into(),
        check_id: "019aae5e-0000-7000-8000-000000000001".into(),
        facility: "1319999999".into(),
        messages: vec![Remark {
            code: "insurer_check_digit".into(),
            text: Text::new("検証番号が合いません。", "The check digit does not fit."),
        }],
        receipt: some("a.b.c"),
        receipt_salt: some("salt"),
        results: vec![CoverageResult {
            birth_date: "1970-01-02".into(),
            ceiling: Some(Ceiling {
                category: some("A03"),
                kind: "02".into(),
                ..Ceiling::default()
            }),
            ceiling_consent: true,
            classification: "01".into(),
            elderly: Some(Elderly {
                ratio_percent: Some(20),
                ..Elderly::default()
            }),
            insurer_name: "架空健康保険組合".into(),
            insurer_number: "06139992".into(),
            kana: some("ｼｶｸ ﾀﾛｳ"),
            loss_date: some("2026-10-01"),
            loss_reason: some("03"),
            name: "髙﨑　葛\u{E0100}".into(),
            number: "４５６７".into(),
            sex: "1".into(),
            ..CoverageResult::default()
        }],
        verdict,
        visit_date: "2026-11-23".into(),
    }
}

fn ticket() -> Ticket {
    let some = |text: &str| Some(text.to_owned());
    Ticket {
        combination: some("01"),
        facility: "1319999999".into(),
        facility_name: some("見本<診療所>"),
        illnesses: vec!["見本の病".into()],
        issue_number: some("0000123"),
        kind: some("01"),
        month: "2026-11".into(),
        self_pay_yen: Some(1_000),
        treatment: some("99"),
        ..Ticket::default()
    }
}

#[test]
fn a_ticket_is_shown_line_by_line_and_an_unknown_code_is_not_shown_as_another() {
    for language in Language::ALL {
        let mut aided = answer(1);
        aided.results[0].classification = "A1".into();
        aided.results[0].tickets = vec![ticket()];
        let page =
            result::result_page(&aided, None, staff(language, "general").frame("/")).unwrap();
        let person = &page.people[0];
        assert!(person.ceiling.is_none() && person.ratio.is_none());
        let texts: Vec<&str> = person.tickets[0]
            .iter()
            .map(|it| it.text.as_str())
            .collect();
        assert!(texts.contains(&"0000123") && texts.contains(&"1319999999 見本<診療所>"));
        assert!(!texts.contains(&"99") && !texts.contains(&""));
        assert_eq!(texts.len(), 7);
    }
}

fn account(id: &str, kind: &str) -> Account {
    Account {
        ambulance: false,
        designated_by: None,
        designation: None,
        display_name: "受付".into(),
        id: id.into(),
        kind: kind.into(),
        locked: true,
        password: state(),
        profession: None,
        state: "active".into(),
        version: "v".into(),
    }
}

fn fault(member: &str) -> (String, Fault) {
    let fault = Fault {
        code: "required".into(),
        text: "<fill this in>".into(),
    };
    (member.into(), fault)
}

/// Pages with their names.
struct Written(Vec<(String, String)>);

impl Written {
    fn add(&mut self, name: &str, page: &impl Template) {
        self.0.push((name.to_owned(), page.render().unwrap()));
    }
}

/// All pages with their names.
fn pages(language: Language) -> Vec<(String, String)> {
    let staff = staff(language, "administrator");
    let mut written = Written(Vec::new());
    before_sign_in(&staff.words, &mut written);
    screen_lock::of_the_lock(&staff, &mut written);
    certificates::of_the_certificate(&staff, &mut written);
    of_reception(&staff, &mut written);
    cards::of_readers(&staff, &mut written);
    copies::of_copies(&staff, &mut written);
    of_administration(&staff, &mut written);
    access::of_access(&staff, &mut written);
    help::of_help(&staff, &mut written);
    upkeep::of_upkeep(&staff, &mut written);
    link::of_the_link(&staff, &mut written);
    bulk_orders::of_bulk_orders(&staff, &mut written);
    medical::of_medical_information(&staff, &mut written);
    claims::of_claims(&staff, &mut written);
    looks::of_looks_and_withdrawal(&staff, &mut written);
    training::of_training(&staff, &mut written);
    written.0
}

fn before_sign_in(words: &Words, written: &mut Written) {
    let radio = |place: usize| Radio {
        value: format!("c{place}"),
        label: "受付端末".into(),
        support: vec!["a".into(), "b".into()],
        chosen: place == 1,
        barred: place == 2,
    };
    let visitor = Visitor {
        windows: Vec::new(),
        words: words.clone(),
        key: None,
        lock: Head::default(),
    };
    let mut frame = visitor.frame("/");
    frame.banners.push(done(fault("x").1));
    written.add(
        "certificates",
        &sign_in::CertificatesPage {
            frame,
            certificates: vec![radio(1), radio(2)],
        },
    );
    let fields = vec![
        TextField::new("account", words.say("account")),
        TextField {
            kind: Kind::Password,
            ..TextField::new("password", words.say("password"))
        },
    ];
    written.add(
        "sign-in",
        &sign_in::SignInPage {
            frame: visitor.frame("/sign-in"),
            certificate: radio(1),
            fields,
            force: Some(Checkbox {
                name: "force",
                label: words.say("end-earlier"),
                support: words.say("end-earlier-support"),
                value: "1".into(),
                checked: true,
            }),
        },
    );
    let about = about::AboutPage {
        frame: visitor.frame("/about"),
        version: "1",
        updates: standing::facts(&visitor),
    };
    written.add("about", &about);
}

fn of_reception(staff: &Staff, written: &mut Written) {
    let mut trouble = TroublePage {
        frame: staff.frame("/"),
        signed_in: true,
        copies: Some(WayOn {
            href: "/history".into(),
            text: "C".into(),
        }),
    };
    let mut banner = Banner::new(Tone::Error, fault("x").1);
    banner.title = "A".into();
    banner.way_on = Some(WayOn {
        href: "/check".into(),
        text: "B".into(),
    });
    trouble.frame.banners.push(banner);
    written.add("trouble", &trouble);
    let entry = || menu::Entry {
        href: "/check",
        label: "A".into(),
        about: "B".into(),
        note: Some("C".into()),
    };
    written.add(
        "menu",
        &menu::MenuPage {
            frame: staff.frame("/"),
            checks: vec![entry(), entry()],
            accounts: vec![entry()],
            facility: vec![entry()],
            help: vec![entry()],
        },
    );
    let form = check::CheckForm::default();
    let faults = [
        fault("insurer_number"),
        fault("number"),
        fault("birth_date"),
    ];
    written.add("check", &check::check_page(staff, &form, &[]));
    let mut page = check::check_page(staff, &form, &faults);
    page.ask_anyway = Some("06139991".into());
    written.add("check-errors", &page);
    for verdict in 1..=6 {
        let page = result::result_page(&answer(verdict), None, staff.frame("/checks/x")).unwrap();
        written.add(&format!("result-{verdict}"), &page);
    }
    let mut aided = answer(1);
    aided.results[0].classification = "A1".into();
    aided.results[0].tickets = vec![ticket()];
    let page = result::result_page(&aided, None, staff.frame("/checks/x")).unwrap();
    written.add("result-ticket", &page);
    for (name, closed_at) in [
        ("open", None),
        ("closed", Some("2026-11-23T00:15:09Z".into())),
    ] {
        let record = cards::card_check(closed_at);
        let part = result::card::card_part(&record, "/card-checks/x", &staff.words);
        let page = result::result_page(&record.check, Some(part), staff.frame("/card-checks/x"));
        written.add(&format!("result-card-{name}"), &page.unwrap());
    }
    let found = History {
        checks: vec![HistoryEntry {
            account: "uketsuke".into(),
            at: "2026-11-23T00:15:02.000000Z".into(),
            check_id: "c".into(),
            insurer_number: "06139992".into(),
            method: None,
            name: None,
            origin: "file".into(),
            verdict: 6,
            visit_date: "2026-11-23".into(),
        }],
        next: Some("c".into()),
    };
    let form = history::SearchForm::default();
    let today = CivilDate::parse_iso("2026-11-25").unwrap();
    let page = history::history_page(staff.frame("/history"), &form, Some((found, today)), &[]);
    written.add("history", &page);
    let faults = [fault("from"), fault("verdict")];
    let page = history::history_page(staff.frame("/history"), &form, None, &faults);
    written.add("history-errors", &page);
}

fn of_administration(staff: &Staff, written: &mut Written) {
    let list = Accounts {
        accounts: vec![account("link_app", "link_app")],
        unusual_sign_ins: vec![UnusualSignIn {
            account: "uketsuke".into(),
            at: "2026-11-23T00:15:02.000000Z".into(),
            terminal: "受付 <b>".into(),
            unusual: vec!["new_certificate".into(), "hour".into()],
        }],
    };
    let page = accounts::list_page(staff.frame("/accounts"), staff.kind(), list);
    written.add("accounts", &page);
    let form = accounts::registration::NewForm::default();
    let faults = [fault("id"), fault("kind"), fault("password")];
    let page =
        accounts::registration::new_page(staff.frame("/new-account"), staff.kind(), &form, &faults);
    written.add("account-new", &page);
    for (id, kind) in [("link_app", "link_app"), ("ishi", "medical_viewer")] {
        let problem = Some((Tone::Error, fault("x").1));
        let faults = [fault("display_name"), fault("password")];
        let frame = staff.frame("/accounts/x");
        let typed = AccountChange::default();
        let account = account(id, kind);
        let page = accounts::account::account_page(frame, account, &typed, problem, &faults);
        written.add(&format!("account-{id}"), &page);
    }
    let report = ImportReport {
        done: false,
        lines: vec![ImportLine {
            errors: vec![MemberError::new("id", "form", "誤り", "wrong")],
            id: "a".into(),
            line: 2,
        }],
    };
    let frame = staff.frame("/import-accounts");
    let page = import::import_page(frame, Some(report), &[fault("file")]);
    written.add("import", &page);
    let faults = [fault("old_password"), fault("new_password"), fault("again")];
    let problem = Some(fault("x").1);
    let frame = staff.frame("/password");
    let page = password::password_page(frame, &state(), "abc+", problem, &faults);
    written.add("password", &page);
    for (name, sent) in [("password-confirm", false), ("password-confirm-sent", true)] {
        let page = password::ConfirmPage {
            frame: staff.frame("/password/confirm"),
            facts: Vec::new(),
            sent,
        };
        written.add(name, &page);
    }
}

/// A tag of a page: its name and attributes.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The opening tags of a page. Values stand in quotes and hold no `>`, which askama writes as `&#62;`.
fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    for part in page.split('<').skip(1) {
        let tag = part.split('>').next().unwrap();
        if tag.starts_with(['/', '!']) {
            continue;
        }
        let (name, mut rest) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while !rest.trim().is_empty() {
            rest = rest.trim_start();
            let end = rest.find([' ', '=', '\n']).unwrap_or(rest.len());
            let (attribute, after) = rest.split_at(end);
            let Some(quoted) = after.strip_prefix('=') else {
                attributes.push((attribute.to_owned(), String::new()));
                rest = after;
                continue;
            };
            let quote = quoted.chars().next().unwrap();
            assert!(['"', '\''].contains(&quote), "an unquoted value: {tag}");
            let (value, after) = quoted[1..].split_once(quote).unwrap();
            attributes.push((attribute.to_owned(), value.to_owned()));
            rest = after;
        }
        tags.push(Tag {
            name: name.to_owned(),
            attributes,
        });
    }
    tags
}

fn check(name: &str, page: &str, language: Language) {
    let tags = tags(page);
    let of = |tag: &str| tags.iter().filter(|it| it.name == tag).count();
    assert_eq!((of("h1"), of("main"), of("title")), (1, 1, 1), "{name}");
    let html = tags.iter().find(|it| it.name == "html").unwrap();
    assert_eq!(html.get("lang"), Some(language.tag()), "{name}");
    let mut ids = BTreeSet::new();
    for id in tags.iter().filter_map(|it| it.get("id")) {
        assert!(ids.insert(id), "{name}: identifier {id} twice");
    }
    let labels: BTreeSet<&str> = tags.iter().filter_map(|it| it.get("for")).collect();
    for tag in &tags {
        let is_input = ["input", "select", "textarea"].contains(&tag.name.as_str());
        if is_input && tag.get("type") != Some("hidden") {
            let id = tag.get("id").unwrap_or_default();
            assert!(labels.contains(id), "{name}: input {id} has no label");
        }
        for attribute in ["aria-describedby", "aria-labelledby"] {
            let named = tag.get(attribute).unwrap_or_default().split_whitespace();
            for id in named {
                assert!(
                    ids.contains(id),
                    "{name}: {attribute} names {id}, which is not there"
                );
            }
        }
        assert!(
            tag.name != "style" && tag.get("style").is_none(),
            "{name}: a style inline"
        );
        let inline = tag.name == "script" && tag.get("src").is_none();
        let handler = tag
            .attributes
            .iter()
            .any(|(name, _)| name.starts_with("on"));
        assert!(!inline && !handler, "{name}: a script inline");
        for attribute in ["src", "href", "action", "formaction", "hx-post"] {
            let to = tag.get(attribute).unwrap_or("/");
            let own = to.starts_with(['/', '#']) && !to.starts_with("//");
            assert!(own || to == "data:,", "{name}: leads to {to}");
        }
    }
}

#[test]
fn every_page_in_every_language_has_one_heading_labels_unique_identifiers_and_nothing_inline() {
    for language in Language::ALL {
        let pages = pages(language);
        assert_eq!(
            pages.len(),
            53 + access::PAGES
                + bulk_orders::PAGES
                + claims::PAGES
                + copies::PAGES
                + help::PAGES
                + link::PAGES
                + looks::PAGES
                + medical::PAGES
                + training::PAGES
                + upkeep::PAGES
        );
        for (name, page) in pages {
            check(&name, &page, language);
        }
    }
}

#[test]
fn what_people_typed_is_text_and_never_markup() {
    for (name, page) in pages(Language::Japanese) {
        assert!(
            !page.contains("受付 <b>") && !page.contains("<fill"),
            "{name}"
        );
    }
}

#[test]
fn a_page_in_english_says_nothing_of_its_own_in_japanese() {
    // The samples' data and the names of eras stay Japanese in every language, and hold none of these.
    let ours = [
        "確認する",
        "メニュー",
        "パスワード",
        "ください",
        "有効",
        "受診日",
    ];
    for (name, page) in pages(Language::English) {
        // What is Japanese in every language, such as the text of a manual, is marked so.
        let page = page.split("lang=\"ja\"").enumerate().map(|(place, part)| {
            let end = if place == 0 {
                0
            } else {
                part.find('<').unwrap_or(0)
            };
            &part[end..]
        });
        let page: String = page.collect();
        for word in ours {
            assert!(!page.contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn an_answer_of_a_verdict_this_version_does_not_know_is_shown_as_none() {
    let staff = staff(Language::Japanese, "general");
    assert!(result::result_page(&answer(7), None, staff.frame("/")).is_none());
}
