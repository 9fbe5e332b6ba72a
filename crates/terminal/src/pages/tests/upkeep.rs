//! Support, start and stop, inventory: over a terminal whose center is not there, by whoever unlocked the screen and by staff.

use std::path::PathBuf;

use axum::http::StatusCode;
use domain::diagnosis::fault::Fault as Broken;
use domain::diagnosis::{Observation, Seen, diagnose};
use domain::equipment::Part;
use domain::institution_code::InstitutionCode;
use domain::inventory::{Contents, Device, DeviceText, Version};
use domain::screen_lock::{IdleMinutes, Weakening};
use domain::support_directory::desk::{Contract, PhoneNumber};
use kiosk::profile::Profile;
use ui::language::Language;

use super::{Written, fault, standing};
use crate::config::Updates;
use crate::inventory as kept;
use crate::lock::tests::Terminal;
use crate::pages::inventory::edit::{DeviceForm, device_page};
use crate::pages::inventory::inventory_page;
use crate::pages::start_stop::{start_stop_page, stopping_page};
use crate::pages::support::support_page;
use crate::pages::{Staff, Visitor};
use crate::update::tests::{cut_off, lay_down, under_way};
use crate::update::{AtShutDown, Outcome, SelfUpdate};

/// How many pages there are here.
pub(super) const PAGES: usize = 7;

fn device(part: Part, maker: &str, model: &str) -> Device {
    let text = |it: &str| DeviceText::parse(it).ok();
    Device {
        maker: text(maker),
        model: text(model),
        serial: text("S<1>"),
        label: text("底面"),
        seller: text("見本商会"),
        phone: PhoneNumber::parse("0120-000-000"),
        ..Device::new(part)
    }
}

fn contents(reader: &str) -> Contents {
    Contents {
        contract: Some(Contract::With),
        contract_phone: PhoneNumber::parse("0120-111-111"),
        devices: vec![
            device(Part::Router, "YAMAHA", "RTX830"),
            device(Part::Reader, reader, "R1"),
            device(Part::Mobile, "見本", "M1"),
        ],
        ..Contents::default()
    }
}

/// A terminal with an inventory.
fn terminal(reader: &str) -> Terminal {
    terminal_of(reader, None)
}

/// One whose kiosk's settings name a profile.
fn terminal_of(reader: &str, profile: Option<&str>) -> Terminal {
    let terminal = Terminal::start_with(|setup, _| {
        let named = profile.and_then(Profile::built_in);
        setup.upkeep.reader_profile = named.map(|text| Profile::parse(text).unwrap());
    });
    let now = terminal.app.now();
    kept::change(
        terminal.dir.path(),
        Version(0),
        contents(reader),
        "kanri",
        now,
    )
    .unwrap();
    terminal
}

fn broken(terminal: &Terminal, fault: Broken) {
    let seen = Observation {
        step: fault.step(),
        seen: Seen::Broken(fault),
        evidence: Vec::new(),
    };
    terminal
        .app
        .upkeep
        .keep(diagnose(&[seen]), terminal.app.now());
}

pub(super) fn of_upkeep(staff: &Staff, written: &mut Written) {
    let terminal = terminal("アトラス情報サービス");
    let visitor = Visitor {
        windows: Vec::new(),
        words: staff.words.clone(),
        key: None,
        lock: Default::default(),
    };
    let app = &terminal.app;
    let standing = standing::of(Outcome::SelfCheck);
    let none = AtShutDown::Nothing;
    let support = |about| support_page(app, &visitor, about, &standing, none);
    written.add("support-bare", &support(""));
    broken(&terminal, Broken::CenterOutOfReach);
    written.add("support-broken", &support(""));
    written.add("support-hub", &support("hub"));
    let page = start_stop_page(app, &visitor, true, none).unwrap();
    written.add("start-stop", &page);
    written.add("stopping", &stopping_page(app, &visitor, true).unwrap());
    let today = app.now().date_in_japan();
    let inventory = app.upkeep.inventory();
    let frame = staff.frame("/inventory");
    let page = inventory_page(&inventory, frame, None, true, today);
    written.add("inventory", &page);
    let page = device_page(
        staff,
        &DeviceForm::default(),
        &[fault("maker"), fault("part")],
    );
    written.add("device", &page);
}

#[tokio::test]
async fn without_a_sign_in_support_start_stop_and_inventory_open_and_name_no_staff() {
    let terminal = terminal("パナソニック");
    for path in [
        "/support",
        "/start-stop",
        "/inventory",
        "/support?about=router",
    ] {
        let answer = terminal.get(path, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.text.contains("受付の花子"), "{path}");
    }
    let start = terminal.get("/", "").await.text;
    assert!(start.contains("href=\"/support\""));
}

#[tokio::test]
async fn the_desk_of_the_model_installed_and_the_contracts_own_number_are_shown() {
    let terminal = terminal("パナソニック");
    broken(&terminal, Broken::RouterSilent);
    let page = terminal.get("/support", "").await.text;
    assert!(
        page.contains("data-desk=\"office-prime-dedicated\""),
        "{page}"
    );
    assert!(page.contains("0120-111-111") && page.contains("RTX830"));
    assert!(page.contains("S&#60;1&#62;") && page.contains("1319999999"));
    assert!(!page.contains("data-desk=\"router-yamaha\""));
    let mobile = terminal.get("/support?about=mobile", "").await.text;
    assert!(mobile.contains("見本商会") && mobile.contains("0120-000-000"));
    let first = terminal.get("/", "").await.text;
    assert!(first.contains("data-code=\"router_silent\""), "{first}");
}

#[tokio::test]
async fn a_procedure_shows_the_desk_of_the_model_installed() {
    for (maker, shown, other) in [
        ("NEC", "見本商会", "data-desk=\"pc-hp\""),
        ("HP", "data-desk=\"pc-hp\"", "見本商会"),
    ] {
        let terminal = Terminal::start();
        let contents = Contents {
            contract: Some(Contract::Without),
            devices: vec![device(Part::Pc, maker, "M1")],
            ..Contents::default()
        };
        let (dir, now) = (terminal.dir.path(), terminal.app.now());
        kept::change(dir, Version(0), contents, "kanri", now).unwrap();
        let page = terminal.get("/procedures/broken_pc", "").await.text;
        assert!(page.contains(shown) && !page.contains(other), "{page}");
    }
    let page = Terminal::start().get("/procedures/more_devices", "").await;
    let desk = "data-desk=\"startpack-reception\" data-state=";
    assert!(page.text.contains(desk) && page.text.contains("0120-087-033"));
}

#[tokio::test]
async fn home_visit_nursing_is_offered_no_reader_to_call_about() {
    let code = InstitutionCode::parse("1369999998").unwrap();
    for (facility, offered) in [(Some(code), false), (None, true)] {
        let terminal = Terminal::start_with(|setup, _| {
            if let Some(code) = facility {
                setup.certificates[0].holder.facility = code;
            }
        });
        let page = terminal.get("/support", "").await.text;
        assert_eq!(page.contains("about=reader#call"), offered, "{page}");
    }
}

#[tokio::test]
async fn home_visit_nursing_has_readers_of_a_pc_or_mobile_device_in_its_inventory() {
    for (code, kind, is_face) in [
        ("1319999999", "medical", true),
        ("1369999998", "home_nursing", false),
    ] {
        let terminal = Terminal::start_with(|setup, _| {
            let facility = InstitutionCode::parse(code).unwrap();
            setup.certificates[0].holder.facility = facility;
        });
        let (dir, now) = (terminal.dir.path(), terminal.app.now());
        kept::change(dir, Version(0), contents("見本"), "kanri", now).unwrap();
        let page = terminal.get("/inventory", "").await.text;
        let name = "カードリーダー（パソコン・モバイル端末用）";
        assert_eq!(page.contains(name), !is_face, "{code}: {page}");
        assert_eq!(page.contains("起動と終了"), is_face, "{code}: {page}");
        let mut staff = super::staff(Language::Japanese, "administrator");
        staff.session.facility.kind = kind.into();
        let page = device_page(&staff, &DeviceForm::default(), &[]);
        let offered = |part: Part| {
            let mut options = page.part.options.iter();
            options.find(|it| it.value == part.as_str()).unwrap()
        };
        assert_eq!(offered(Part::Reader).label == name, !is_face, "{code}");
        assert_eq!(offered(Part::Mobile).label, "モバイル端末");
    }
}

#[tokio::test]
async fn two_displays_of_different_makers_lead_to_two_desks_each_with_its_own_serial() {
    let terminal = Terminal::start();
    let display = |model: &str, serial: &str, place: &str| Device {
        serial: DeviceText::parse(serial).ok(),
        place: DeviceText::parse(place).ok(),
        ..device(Part::Display, "見本", model)
    };
    let contents = Contents {
        contract: Some(Contract::Without),
        devices: vec![
            display("P22", "S-11", "受付"),
            display("LCD-CF131XDB-M", "S-22", "診察室"),
            display("P22", "S-33", "会計"),
        ],
        ..Contents::default()
    };
    let (dir, now) = (terminal.dir.path(), terminal.app.now());
    kept::change(dir, Version(0), contents, "kanri", now).unwrap();
    let page = terminal.get("/support?about=display", "").await.text;
    for (desk, own, others) in [
        ("display-hp", &["S-11", "受付", "S-33", "会計"][..], "S-22"),
        ("display-iodata", &["S-22", "診察室"][..], "S-11"),
    ] {
        let mark = format!("data-desk=\"{desk}\"");
        let mut found = page.split(&mark).skip(1);
        let section = found.next().unwrap().split("</section>").next().unwrap();
        for own in own {
            assert!(section.contains(own), "{desk}: {own}");
        }
        assert!(!section.contains(others), "{desk}");
        assert!(found.next().is_none(), "{desk} twice");
    }
    let (_, ready) = page.split_once("お手元にご用意ください").unwrap();
    for serial in ["S-11", "S-22", "S-33"] {
        assert!(ready.contains(serial), "{serial}");
    }
}

#[tokio::test]
async fn an_examination_is_made_on_demand_and_its_record_can_be_saved() {
    let terminal = terminal("パナソニック");
    let made = terminal.post("/support/examine", "", "").await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    let page = terminal.get("/support", "").await.text;
    assert!(
        page.contains("data-outcome=\"broken\""),
        "its center is not there: {page}"
    );
    let record = terminal.get("/support/report", "").await;
    let name = record.header("content-disposition");
    assert!(
        name.starts_with("attachment; filename=\"onshi-support-2027"),
        "{name}"
    );
    assert!(record.text.contains("RTX830") && record.text.contains("[root_unreadable]"));
}

#[tokio::test]
async fn a_reader_that_goes_first_keeps_the_pc_from_being_stopped() {
    let atlas = terminal("アトラス情報サービス");
    let page = atlas.get("/start-stop", "").await.text;
    assert!(page.contains("MATSUMURA"), "{page}");
    // Its steps are all there is to do: nobody is told to cut its power first.
    assert!(
        !page.contains("カードリーダーの電源を手で切ります"),
        "{page}"
    );
    let refused = atlas.post("/start-stop/stop", "", "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("data-code=\"wrong_order\""));
    let stopped = atlas.post("/start-stop/stop", "", "reader=1").await;
    assert_eq!(stopped.status, StatusCode::OK);
    assert!(stopped.text.contains("data-stopping=\"person\""));
    // Those of other makers follow, or are switched off behind the PC with their note.
    for (maker, note) in [
        ("パナソニック", false),
        ("アルメックス", true),
        ("キヤノンマーケティングジャパン", true),
    ] {
        let terminal = terminal(maker);
        let stopped = terminal.post("/start-stop/stop", "", "").await;
        assert_eq!(stopped.status, StatusCode::OK, "{maker}");
        assert_eq!(
            stopped.text.contains("本体システム更新の為"),
            note,
            "{maker}"
        );
        assert_eq!(
            stopped.text.contains("カードリーダーの電源を手で切ります"),
            note,
            "{maker}"
        );
    }
}

/// At 17:00, with an update that waits and with these hours of reception, at a facility of a code; and where the PC is switched off.
fn with_update(hours: &str, facility: &str) -> (Terminal, PathBuf) {
    let terminal = Terminal::start_with(|setup, now| {
        assert_eq!(now.to_minute_in_japan(), "2027-01-15 17:00");
        let dir = setup.screen_lock.data_dir.clone();
        setup.updates = SelfUpdate::new(&dir, &lay_down(&dir, hours));
        setup.upkeep.power_off = Some(dir.join("power-off"));
        setup.certificates[0].holder.facility = InstitutionCode::parse(facility).unwrap();
    });
    let order = terminal.dir.path().join("power-off");
    (terminal, order)
}

const CLINIC: &str = "1319999999";
const HOME_NURSING: &str = "1369999998";

#[tokio::test]
async fn update_and_switch_off_is_offered_after_reception_and_before_it_is_said_from_when_on() {
    for (hours, button, later) in [
        ("08:00-20:00", "パソコンを終了する", true),
        ("08:00-16:00", "更新してシャットダウン", false),
    ] {
        let (terminal, _) = with_update(hours, CLINIC);
        let page = terminal.get("/start-stop", "").await.text;
        let danger = page.split("data-tone=\"danger\">").nth(1).unwrap();
        assert!(danger.starts_with(&format!("{button}</button>")), "{hours}");
        let says_when = page.contains("0.2.0-1") && page.contains("2027-01-15 20:00 以降");
        assert_eq!(says_when, later, "{hours}");
        let support = terminal.get("/support", "").await.text;
        assert!(!support.contains("/support/stop"), "{hours}");
        let state = terminal.dir.path().join("update-state");
        cut_off(&state);
        let page = terminal.get("/start-stop", "").await.text;
        assert!(page.contains("更新が途中で止まっています。"), "{hours}");
        let _at_work = under_way(&state);
        let page = terminal.get("/start-stop", "").await.text;
        assert!(page.contains("更新を入れている途中です。"), "{hours}");
    }
}

#[tokio::test]
async fn home_visit_nursing_updates_and_switches_off_from_support_after_reception_alone() {
    let (terminal, order) = with_update("08:00-20:00", HOME_NURSING);
    let page = terminal.get("/support", "").await.text;
    assert!(page.contains("2027-01-15 20:00 以降") && !page.contains("/support/stop"));
    let refused = terminal.post("/support/stop", "", "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text.contains("data-code=\"reception\"") && !order.exists());
    let (terminal, order) = with_update("08:00-16:00", HOME_NURSING);
    let page = terminal.get("/support", "").await.text;
    assert!(page.contains("action=\"/support/stop\"") && page.contains("更新してシャットダウン"));
    let stopped = terminal.post("/support/stop", "", "").await;
    assert_eq!(stopped.status, StatusCode::OK);
    assert!(stopped.text.contains("data-stopping=\"itself\"") && order.exists());
    assert!(!stopped.text.contains("href=\"/start-stop\""));
    let (clinic, order) = with_update("08:00-16:00", CLINIC);
    let elsewhere = clinic.post("/support/stop", "", "").await;
    assert_eq!(elsewhere.header("location"), "/start-stop");
    assert!(!order.exists(), "the reader may have to go first");
}

#[tokio::test]
async fn after_reception_the_first_pages_say_that_a_reader_is_switched_off_to_update_itself() {
    for (hours, maker, said) in [
        ("08:00-16:00", "アルメックス", true),
        ("08:00-16:00", "パナソニック", false),
        ("08:00-20:00", "アルメックス", false),
    ] {
        let (terminal, _) = with_update(hours, CLINIC);
        let (dir, now) = (terminal.dir.path(), terminal.app.now());
        kept::change(dir, Version(0), contents(maker), "kanri", now).unwrap();
        let staff = terminal.sign_in("general");
        for cookie in ["", staff.as_str()] {
            let page = terminal.get("/", cookie).await;
            assert_eq!(page.status, StatusCode::OK);
            let says = page.text.contains("data-code=\"switch_reader_off\"");
            assert_eq!(says, said, "{hours} {maker}");
        }
    }
}

#[tokio::test]
async fn where_nobody_wrote_the_hours_of_reception_no_page_says_that_it_is_over() {
    for (written, said) in [(false, false), (true, true)] {
        let terminal = Terminal::start_with(|setup, _| {
            let dir = setup.screen_lock.data_dir.clone();
            let mut updates = Updates::default();
            if written {
                updates.reception = Some(updates.schedule().reception);
            }
            setup.updates = SelfUpdate::new(&dir, &updates);
        });
        let open = Some(Weakening::UntilNextStart);
        let (lock, now) = (&terminal.app.lock, terminal.app.now());
        lock.weaken(open, "kanri", now).unwrap();
        terminal.pass(3 * 3_600 + 1_800);
        let (dir, now) = (terminal.dir.path(), terminal.app.now());
        assert_eq!(now.to_minute_in_japan(), "2027-01-15 20:30");
        kept::change(dir, Version(0), contents("アルメックス"), "kanri", now).unwrap();
        let staff = terminal.sign_in("general");
        for cookie in ["", staff.as_str()] {
            let page = terminal.get("/", cookie).await.text;
            let says = page.contains("data-code=\"switch_reader_off\"");
            assert_eq!(says, said, "{page}");
        }
    }
}

#[tokio::test]
async fn the_inventory_counts_before_the_settings_of_the_reader_and_the_page_says_which() {
    let corrected = terminal_of("アトラス情報サービス", Some("fujitsu"));
    let page = corrected.get("/start-stop", "").await.text;
    assert!(page.contains("MATSUMURA"), "{page}");
    assert!(page.contains("アトラス情報サービス株式会社（機器一覧の登録による）"));
    let refused = corrected.post("/start-stop/stop", "", "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("data-code=\"wrong_order\""));
    // A maker that no profile is of leaves the reader's settings in force.
    let named = terminal_of("見本電機", Some("fujitsu"));
    let page = named.get("/start-stop", "").await.text;
    assert!(page.contains("富士通Japan株式会社（カードリーダーの設定による）"));
    assert!(!page.contains("MATSUMURA"));
    let stopped = named.post("/start-stop/stop", "", "").await;
    assert_eq!(stopped.status, StatusCode::OK);
    let page = terminal("見本電機").get("/start-stop", "").await.text;
    assert!(page.contains("メーカーがわからないため"), "{page}");
}

#[tokio::test]
async fn where_the_pcs_button_is_stands_there_for_the_maker_it_is_known_of() {
    for (maker, is_known) in [
        ("", false),
        ("NEC", false),
        ("日本HP", true),
        ("株式会社日本ヒューレット・パカード", true),
    ] {
        let terminal = Terminal::start();
        let contents = Contents {
            devices: vec![
                device(Part::Pc, maker, "M1"),
                device(Part::Reader, "パナソニック", "R1"),
            ],
            ..Contents::default()
        };
        let (dir, now) = (terminal.dir.path(), terminal.app.now());
        kept::change(dir, Version(0), contents, "kanri", now).unwrap();
        let page = terminal.get("/start-stop", "").await.text;
        assert_eq!(page.contains("HP 正面右下"), is_known, "{maker}: {page}");
        let neutral = "場所は機種によって違います";
        assert_eq!(page.contains(neutral), !is_known, "{maker}: {page}");
    }
}

#[tokio::test]
async fn what_is_pressed_when_updates_wait_is_as_the_data_of_the_place_name_it() {
    let terminal = terminal("パナソニック");
    let data = include_str!("../../../data/start_stop.toml");
    let edited = data.replace("更新してシャットダウン", "更新して終了");
    std::fs::write(terminal.dir.path().join("start_stop.toml"), edited).unwrap();
    let page = terminal.get("/start-stop", "").await.text;
    assert!(page.contains("<p lang=\"ja\">更新して終了</p>"), "{page}");
    assert!(!page.contains("更新してシャットダウン"), "{page}");
}

#[tokio::test]
async fn the_start_says_after_how_many_minutes_the_screen_locks_here_or_that_it_does_not() {
    let terminal = Terminal::start_with(|setup, _| {
        setup.screen_lock.idle = IdleMinutes::new(5).unwrap();
    });
    let page = terminal.get("/start-stop", "").await.text;
    assert!(
        page.contains("<p>5分操作しないと画面がロックされます"),
        "{page}"
    );
    for (degree, told) in [
        (Weakening::NoPassword, "<p>5分操作しないと画面を隠します"),
        (Weakening::UntilNextStart, "自動ではロックしません"),
    ] {
        let (lock, now) = (&terminal.app.lock, terminal.app.now());
        lock.weaken(Some(degree), "kanri", now).unwrap();
        let page = terminal.get("/start-stop", "").await.text;
        assert!(page.contains(told), "{told} is not in: {page}");
        assert!(!page.contains("画面がロックされます"), "{page}");
    }
}

#[tokio::test]
async fn a_locked_screen_shows_none_of_these_pages() {
    let terminal = terminal("パナソニック");
    terminal.app.lock.close();
    for path in ["/support", "/start-stop", "/inventory"] {
        let answer = terminal.get(path, "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(!answer.text.contains("RTX830"), "{path}");
    }
}

#[tokio::test]
async fn the_lock_screen_names_a_reader_only_where_the_kind_of_facility_has_one() {
    for (code, has_reader) in [("1319999999", true), ("1369999998", false)] {
        let terminal = Terminal::start_with(|setup, _| {
            let facility = InstitutionCode::parse(code).unwrap();
            setup.certificates[0].holder.facility = facility;
        });
        terminal.app.lock.close();
        let page = terminal.get("/", "").await.text;
        assert!(page.contains("レセコンとの連携"), "{code}: {page}");
        assert_eq!(
            page.contains("カードリーダー"),
            has_reader,
            "{code}: {page}"
        );
    }
}

#[tokio::test]
async fn the_screen_lock_is_called_as_the_maker_of_the_reader_calls_it() {
    for (maker, name) in [
        ("パナソニック", "クリアスクリーン"),
        ("アルメックス", "スクリーンセーバー"),
    ] {
        let terminal = terminal(maker);
        terminal.app.lock.close();
        let page = terminal.get("/", "").await.text;
        assert!(page.contains(name), "{maker}: {page}");
    }
}

#[tokio::test]
async fn nobody_but_an_administrator_changes_the_inventory_and_none_while_the_center_is_away() {
    let terminal = terminal("パナソニック");
    let general = terminal.sign_in("general");
    let body = "version=1&part=hub&model=X";
    let refused = terminal.post("/inventory/device", &general, body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let stranger = terminal.post("/inventory/device", "", body).await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    let administrator = terminal.sign_in("administrator");
    let wrong = "version=1&part=fax&model=X&phone=call";
    let wrong = terminal
        .post("/inventory/device", &administrator, wrong)
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("data-code=\"no_such_part\""));
    let away = terminal
        .post("/inventory/device", &administrator, body)
        .await;
    assert_eq!(away.status, StatusCode::BAD_GATEWAY);
    assert_eq!(terminal.app.upkeep.inventory().version, Version(1));
}

#[tokio::test]
async fn a_damaged_inventory_is_told_of_and_hinders_no_support() {
    let terminal = terminal("パナソニック");
    std::fs::write(terminal.dir.path().join("inventory.json"), "{").unwrap();
    let page = terminal.get("/inventory", "").await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.text.contains("data-code=\"inventory_unreadable\""));
    let support = terminal.get("/support?about=router", "").await;
    assert_eq!(support.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bad_directory_is_told_of_with_its_line_and_the_desks_stay() {
    let terminal = terminal("パナソニック");
    let file = terminal.dir.path().join("support_directory.toml");
    std::fs::write(file, "as_of = 1\n").unwrap();
    let page = terminal.get("/support?about=claims", "").await.text;
    assert!(page.contains("data-code=\"bad_data_file\"") && page.contains("line 1"));
    assert!(page.contains("0120-60-7210"));
}
