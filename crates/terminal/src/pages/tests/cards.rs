//! Sample data of readers and checks by card, and what their pages owe beside the rest.

use api::card::{CardCheckRecord, CertificateWorth, Consent};
use api::check::SpecifiedDisease;
use api::history::{History, HistoryEntry};
use api::own::{OwnConsent, OwnLook, OwnPage};
use api::reader::{Reader, Readers};
use domain::facility_kind::FacilityKind;
use domain::reader::ReaderMode;
use kiosk::flow::Step;
use kiosk::flow::facts::{Card, FaceMatching, Facts, Keys, Line, Presence, Token};
use kiosk::flow::own::{Own, Place, Record};
use kiosk::texts::{Language, Texts, Words};
use kiosk::told::told;

use super::copies::Center;
use super::{Written, answer, fault, staff, tags};
use crate::general_reader::{Seating, Sitting, View};
use crate::pages::card::CardPage;
use crate::pages::readers::{ReadersPage, Reminder};
use crate::pages::{Staff, readers, result, settings};

pub(super) fn of_readers(staff: &Staff, written: &mut Written) {
    let found = || History {
        checks: vec![card_entry()],
        next: None,
    };
    let live = |readers: Vec<Reader>, found| {
        let readers = Readers { readers };
        readers::readers_live(
            readers,
            found,
            Reminder::On,
            "2026-11-23 09:15".into(),
            &staff.words,
        )
    };
    let states = [
        "away",
        "idle",
        "card",
        "waiting_for_staff",
        "asking",
        "trouble",
    ];
    let all = states.iter().map(|state| reader(state)).collect();
    let page = ReadersPage {
        frame: staff.frame("/readers"),
        live: live(all, found()),
    };
    written.add("readers", &page);
    let page = ReadersPage {
        frame: staff.frame("/readers"),
        live: live(Vec::new(), History::default()),
    };
    written.add("readers-none", &page);
    for (name, step) in steps() {
        let texts = Texts::new(FacilityKind::Medical, &Default::default()).unwrap();
        let language = Language::parse(staff.words.language().tag()).unwrap();
        let words = Words::new(texts.into(), language);
        let view = View {
            told: told(&step, &facts(), &words, true),
            turn: 3,
            seen: 7,
            check: Some("019aae5e-0000-7000-8000-000000000001".into()),
            check_is_earlier: false,
            confirm: matches!(step, Step::WaitingForStaff(_)),
            waits_for_person: step.waits_for_person(),
        };
        let page = CardPage {
            frame: staff.frame("/card"),
            taken: None,
            view: Some(view),
        };
        written.add(&format!("card-{name}"), &page);
    }
    let page = CardPage {
        frame: staff.frame("/card"),
        taken: Some("受付<2>".into()),
        view: None,
    };
    written.add("card-taken", &page);
    let form = settings::SettingsForm::default();
    let page = settings::settings_page(staff, &form, &[], Some(vec![change()]));
    written.add("settings", &page);
    let faults = [fault("drugs"), fault("visual_return_minutes")];
    let page = settings::settings_page(staff, &form, &faults, Some(Vec::new()));
    written.add("settings-errors", &page);
    let page = settings::history::HistoryPage {
        frame: staff.frame("/settings/history"),
        changes: vec![change()],
        older: Some("/settings/history?before=2".into()),
    };
    written.add("settings-history", &page);
}

fn facts() -> Facts {
    Facts {
        center: Line::Up,
        card: Presence::There,
        mode: ReaderMode::Unattended,
        keys: Keys::Held,
        face: FaceMatching::Missing,
    }
}

/// A step of each shape of the card page.
fn steps() -> [(&'static str, Step); 6] {
    let card = Card {
        token: Token::Card,
        tries: Some(3),
        mark: None,
    };
    [
        ("method", Step::Method(card.clone())),
        (
            "pin",
            Step::Pin {
                card: card.clone(),
                wrong: Some(2),
            },
        ),
        ("waiting", Step::WaitingForStaff(card.clone())),
        ("own-start", Step::Own(Own::Start)),
        ("own-looks", own(card.clone(), Place::Looks(0))),
        ("own-consent", own(card, Place::Consent(0))),
    ]
}

/// A patient's own page.
fn own(card: Card, place: Place) -> Step {
    let at = || "2026-11-23T00:15:02.000000Z".to_owned();
    let page = OwnPage {
        consents: vec![OwnConsent {
            basis: "disaster".into(),
            consent: "c".into(),
            facility: "見本<診療所>".into(),
            given: at(),
            home_care: None,
            kinds: vec!["drugs".into(), "weather".into()],
            until: None,
        }],
        expires_at: at(),
        id: "019aae5e-0000-7000-8000-000000000001".into(),
        looks: vec![OwnLook {
            at: at(),
            basis: Some("ambulance".into()),
            emergency: true,
            facility: "見本<診療所>".into(),
            kinds: vec!["surgery".into(), "treatment".into()],
            purpose: "ambulance".into(),
            viewer: "medical_viewer".into(),
            way: "page".into(),
        }],
        name: "資格<太郎>".into(),
        next: Some("older".into()),
        token: "t".into(),
    };
    Step::Own(Own::At(Box::new(Record::new(card, page)), place))
}

pub(super) fn card_check(closed_at: Option<String>) -> CardCheckRecord {
    let some = |text: &str| Some(text.to_owned());
    let consent = |question: &str, answer: &str| Consent {
        answer: answer.into(),
        at: "2026-11-23T00:15:08Z".into(),
        question: question.into(),
        valid_until: "2026-11-24T00:15:08Z".into(),
    };
    let questions = [
        "specified_disease",
        "surgery",
        "drugs",
        "checkups",
        "prescription_issue",
        "weather",
    ];
    let consents = vec![
        consent("specified_disease", "yes"),
        consent("surgery", "no"),
        consent("drugs", "yes"),
        consent("prescription_issue", "electronic"),
    ];
    CardCheckRecord {
        account: "reader".into(),
        certificate: CertificateWorth {
            expires_on: "2027-01-02".into(),
            state: "about_to_expire".into(),
            token: "card".into(),
        },
        check: answer(1),
        consents: if closed_at.is_some() {
            consents
        } else {
            Vec::new()
        },
        specified_diseases: vec![SpecifiedDisease {
            disease: "1".into(),
            self_pay_yen: Some(10_000),
            ..SpecifiedDisease::default()
        }],
        closed_at,
        method: "visual".into(),
        questions: questions.map(str::to_owned).into(),
        reader: "reader".into(),
        released_by: some("uketsuke<"),
        state: "answered".into(),
        vouched_by: "staff".into(),
        withdrawn: Vec::new(),
    }
}

fn card_entry() -> HistoryEntry {
    HistoryEntry {
        account: "reader".into(),
        at: "2026-11-23T00:15:02.000000Z".into(),
        check_id: "c".into(),
        insurer_number: "06139992".into(),
        method: Some("pin".into()),
        name: Some("資格<太郎>".into()),
        origin: "card".into(),
        verdict: 1,
        visit_date: "2026-11-23".into(),
    }
}

fn reader(state: &str) -> Reader {
    Reader {
        face: false,
        id: format!("reader-{state}"),
        mode: if state == "idle" {
            "visual"
        } else {
            "unattended"
        }
        .into(),
        mode_since: Some("2026-11-23T00:00:00Z".into()),
        name: "受付<1>".into(),
        profile: None,
        returns_at: Some("2026-11-23T00:10:00Z".into()),
        staff_called: state == "trouble",
        state: state.into(),
        terminal_keys: state != "away",
        visit: Some(7),
    }
}

#[test]
fn the_page_of_a_card_says_who_vouched_and_what_was_agreed_until_when() {
    let record = card_check(Some("2026-11-23T00:15:09Z".into()));
    let staff = staff(ui::language::Language::Japanese, "general");
    let part = result::card::card_part(&record, "/card-checks/x", &staff.words);
    let said: Vec<(String, String, String)> = part
        .identity
        .into_iter()
        .chain(part.consents)
        .map(|it| (it.label, it.text, it.meaning))
        .collect();
    let check = |label: &str, text: &str, meaning: &str| {
        let found = said.iter().find(|(it, _, _)| it == label);
        let (_, shown, means) = found.unwrap_or_else(|| panic!("{label} is not there"));
        assert!(
            shown == text && means.contains(meaning),
            "{label}: {shown}, {means}"
        );
    };
    check("本人確認の方法", "職員の目視", "職員が確認しました");
    check("確認した職員のアカウント", "uketsuke<", "");
    check(
        "特定疾病療養受療証の提供",
        "提供する",
        "2026-11-24 09:15 まで有効",
    );
    check("手術情報の提供", "同意しない", "");
    check("健診情報の提供", "回答なし（同意なしとして扱います）", "");
    check("処方箋の発行方法", "電子処方箋", "");
    assert!(part.open.is_none());
}

#[test]
fn staff_are_told_of_who_waits_before_all_else_and_reminded_of_a_visual_mode() {
    let staff = staff(ui::language::Language::Japanese, "general");
    let codes = |reminder| {
        let states = ["idle", "waiting_for_staff", "trouble", "card"];
        let readers = states.iter().map(|state| reader(state)).collect();
        let live = readers::readers_live(
            Readers { readers },
            History::default(),
            reminder,
            String::new(),
            &staff.words,
        );
        live.alerts
            .into_iter()
            .map(|it| it.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        codes(Reminder::On),
        ["still_visual", "waiting_for_staff", "staff_called"]
    );
    assert_eq!(codes(Reminder::Off), ["waiting_for_staff", "staff_called"]);
}

#[test]
fn whom_staff_confirm_is_the_patient_they_saw_and_the_next_one_is_anybody() {
    let staff = staff(ui::language::Language::default(), "general");
    let page = |state: &str| {
        let readers = Readers {
            readers: vec![reader(state)],
        };
        let live = readers::readers_live(
            readers,
            History::default(),
            Reminder::On,
            String::new(),
            &staff.words,
        );
        let frame = staff.frame("/readers");
        askama::Template::render(&ReadersPage { frame, live }).unwrap()
    };
    let named = r#"name="visit" value="7""#;
    assert!(page("waiting_for_staff").contains(named));
    let next = page("idle");
    assert!(next.contains("/readers/release") && !next.contains(named));
}

#[test]
fn the_part_of_the_readers_keeps_whoever_stands_in_it_and_speaks_no_alert_twice() {
    let staff = staff(ui::language::Language::Japanese, "general");
    let mut written = Written(Vec::new());
    of_readers(&staff, &mut written);
    let found = written.0.iter().find(|(name, _)| name == "readers");
    let (around, live) = found.unwrap().1.split_once("<div id=\"live\">").unwrap();
    let live = live.split("</details>").next().unwrap();
    assert!(around.contains("data-spoken=\"#live [data-alert]\" aria-live=\"assertive\""));
    assert!(live.contains("data-alert") && !live.contains("role=\"alert\""));
    for tag in tags(live) {
        // Where nothing has the identifier any more, the focus goes back to the beginning of the page.
        if ["a", "button", "select"].contains(&tag.name.as_str()) {
            assert!(tag.get("id").is_some(), "{:?}", tag.attributes);
        }
    }
    for id in [
        "release-reader-waiting_for_staff",
        "mode-reader-idle",
        "minutes-reader-card",
    ] {
        assert!(live.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[test]
fn a_pcs_own_card_reader_is_offered_no_mode() {
    let staff = staff(ui::language::Language::default(), "general");
    let page = |id: &str| {
        let own = Reader {
            id: id.into(),
            ..reader("idle")
        };
        let readers = Readers { readers: vec![own] };
        let at = "2026-11-23 09:15".into();
        let found = History::default();
        let live = readers::readers_live(readers, found, Reminder::On, at, &staff.words);
        let frame = staff.frame("/readers");
        askama::Template::render(&ReadersPage { frame, live }).unwrap()
    };
    assert!(page("reader").contains("/readers/mode"));
    let at_pc = page("pc:受付端末1");
    assert!(!at_pc.contains("/readers/mode") && !at_pc.contains("/readers/release"));
}

fn change() -> settings::history::HistoryLine {
    settings::history::HistoryLine {
        at: "2026-11-26 10:05".into(),
        account: "<kanri>".into(),
        setting: "A".into(),
        was: "B".into(),
        became: "C".into(),
    }
}

#[test]
fn the_setting_of_faces_says_that_the_screens_do_not_compare_them_yet() {
    let defaults = domain::facility_settings::FacilitySettings::default();
    let form = settings::filled(&api::settings::Settings::from(&defaults));
    for (language, said) in [
        (ui::language::Language::Japanese, "顔の照合はまだできません"),
        (ui::language::Language::English, "do not compare faces yet"),
    ] {
        let staff = staff(language, "administrator");
        let page = settings::settings_page(&staff, &form, &[], None);
        let page = askama::Template::render(&page).unwrap();
        let (_, from_label) = page.split_once("for=\"face_policy\"").unwrap();
        let (field, _) = from_label.split_once("<select").unwrap();
        assert!(field.contains(said), "{field}");
    }
}

#[test]
fn home_visit_nursing_is_offered_no_settings_of_readers_and_prescriptions_and_keeps_them() {
    let defaults = domain::facility_settings::FacilitySettings::default();
    let form = settings::filled(&api::settings::Settings::from(&defaults));
    for (kind, offered) in [("home_nursing", false), ("pharmacy", true)] {
        let mut staff = staff(ui::language::Language::Japanese, "administrator");
        staff.session.facility.kind = kind.into();
        let page = settings::settings_page(&staff, &form, &[], None);
        let page = askama::Template::render(&page).unwrap();
        // Every setting is sent once, shown or not.
        for (name, _) in defaults.values() {
            let times = page.matches(&format!(" name=\"{name}\"")).count();
            assert_eq!(times, 1, "{kind}: {name}");
        }
        for name in [
            "face_policy",
            "visual_reminder",
            "visual_return_minutes",
            "electronic_prescriptions",
            "prescription_forms",
            "prescription_question",
        ] {
            let hidden = page.contains(&format!("<input type=\"hidden\" name=\"{name}\""));
            assert_eq!(hidden, !offered, "{kind}: {name}");
        }
        let subsidy = "<input type=\"hidden\" name=\"medical_subsidy\"";
        assert!(!page.contains(subsidy), "{kind}: it is asked at home, too");
    }
}

#[tokio::test]
async fn signing_in_again_leaves_the_card_readers_seat_that_the_session_before_had() {
    let center = Center::start().await;
    let (_, empty) = card::memory::Tray::new();
    let terminal = center.terminal_with(|setup| {
        setup.reader = crate::serve::PcReader::Machine(kiosk::machine::Machine::over(empty));
    });
    let cookie = terminal.sign_in("general");
    let mut headers = axum::http::HeaderMap::new();
    headers.insert(axum::http::header::COOKIE, cookie.parse().unwrap());
    let key = crate::browsers::key(&headers).unwrap();
    let sitting = |browser| {
        let staff = staff(ui::language::Language::Japanese, "general");
        let center = terminal.app.center_name.clone();
        Sitting {
            browser,
            name: "受付".into(),
            link: kiosk::link::Link::of_session(staff.client, center, staff.session),
            cause: api::client::cards::Cause::Background,
            force: false,
        }
    };
    let reader = terminal.app.card_reader.get().unwrap();
    assert_eq!(reader.sit(sitting(key), None), Seating::Yours);
    let taken = Seating::Taken("受付".into());
    assert_eq!(reader.sit(sitting([2; 32]), None), taken);
    // The session ended, and the same person signs in.
    let browsers = &terminal.app.browsers;
    browsers
        .with(&key, |browser| browser.session = None)
        .unwrap();
    let form = "account=uketsuke&password=Uketsuke-2026";
    let page = terminal.post("/sign-in", &cookie, form).await;
    assert_eq!(page.header("location"), "/", "{}", page.text);
    assert_eq!(reader.sit(sitting([2; 32]), None), Seating::Yours);
}
