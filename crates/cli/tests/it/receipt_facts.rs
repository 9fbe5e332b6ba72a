//! The two facts about a facility's receipt computer (G16): whatever its vendor answers, receipt computer, menu, notes and hints say the
//! same about who looks where.

use std::process::Command;

use crate::plain_browser::{Browser, Terminal};
use crate::running::Clinic;

/// Of a clinic's administrator, once changed.
const ADMINISTRATOR: &str = "Kanri-2026-Tegami";

#[test]
fn receipt_computer_and_terminal_follow_both_facts_and_leave_every_entry_usable() {
    let clinic = Clinic::start();
    clinic.enrol();
    let terminal = Terminal::start(&clinic, ["clinic", "spare"]);
    let first = std::fs::read_to_string(clinic.path("administrator.pw")).unwrap();
    let mut browser = terminal.browser();
    browser.sign_in("administrator", &first);
    browser.change_password(&first, ADMINISTRATOR);
    assert!(browser.get("/").has_code("link_unanswered"));
    for results_flow in [true, false] {
        for asks_by_itself in [true, false] {
            answer(&mut browser, results_flow, asks_by_itself);
            the_terminal_follows(&mut browser, results_flow, asks_by_itself);
            the_receipt_computer_follows(&clinic, results_flow, asks_by_itself);
        }
    }
}

/// The administrator enters what the vendor said; all else stays.
fn answer(browser: &mut Browser<'_>, results_flow: bool, asks_by_itself: bool) {
    let word = |yes| if yes { "yes" } else { "no" };
    let page = browser.get("/settings");
    let (version, minutes) = (page.value("version"), page.value("visual_return_minutes"));
    let fields = [
        ("version", version.as_str()),
        ("visual_return_minutes", &minutes),
        ("checkups", "on"),
        ("drugs", "on"),
        ("surgery", "on"),
        ("treatment", "on"),
        ("visual_reminder", "on"),
        ("electronic_prescriptions", "off"),
        ("link_may_read_treatment", "off"),
        ("ambulance", "off"),
        ("medical_subsidy", "off"),
        ("prescription_question", "off"),
        ("face_policy", "face_assist"),
        ("prescription_forms", "both"),
        ("second_factor", "offered"),
        ("usual_hours", "6-22"),
        ("results_flow", word(results_flow)),
        ("receipt_computer_asks", word(asks_by_itself)),
    ];
    let saved = browser.post("/settings", &fields);
    saved.says(200, &["環境設定を保存しました"]);
}

fn the_terminal_follows(browser: &mut Browser<'_>, results_flow: bool, asks_by_itself: bool) {
    let menu = browser.get("/");
    let notes = menu.text().matches("※通常運用では使用しません").count();
    assert_eq!(
        notes,
        usize::from(results_flow) + usize::from(asks_by_itself)
    );
    assert!(!menu.has_code("link_unanswered"));
    let hints = [
        ("/check", "checks_elsewhere", asks_by_itself),
        ("/history", "results_elsewhere", results_flow),
        ("/history", "results_here", !results_flow),
        ("/readers", "results_flow", results_flow),
        ("/medical", "medical_elsewhere", results_flow),
        ("/medical", "medical_here", !results_flow),
    ];
    for (path, code, is_said) in hints {
        let page = browser.get(path);
        page.says(200, &["<h1>"]);
        assert_eq!(page.has_code(code), is_said, "{path}: {code}");
        // What is not used in normal use stays in the menu, and usable.
        assert!(menu.text().contains(&format!("href=\"{path}\"")), "{path}");
    }
}

/// Told the same, it asks or points to the terminal, and touches the readers' results or leaves them to the terminal.
fn the_receipt_computer_follows(clinic: &Clinic, results_flow: bool, asks_by_itself: bool) {
    for folder in ["req", "res", "face"] {
        let _ = std::fs::remove_dir_all(clinic.path(folder));
        std::fs::create_dir(clinic.path(folder)).unwrap();
    }
    let settings = clinic.path("receipt_computer.toml");
    let text = format!(
        "institution = \"1319999999\"\nledger = \"ledger.db\"\nreq = \"req\"\nres = \"res\"\nface = \"face\"\n\
         results_flow = {results_flow}\nasks_by_itself = {asks_by_itself}\n"
    );
    std::fs::write(&settings, text).unwrap();
    let name = "OQSsiquc01res_face_13199999990123456789abcdef0123_20261123091502.xml";
    std::fs::write(
        clinic.path(&format!("face/{name}")),
        crate::running::sample(name),
    )
    .unwrap();
    let run = |what: &[&str]| {
        let mut python = Command::new("python3");
        let place = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../examples/receipt_computer"
        );
        python.args(["-B", place, "--settings", &settings, "--no-wait"]);
        python.args(what).output().unwrap()
    };
    let asked = run(&[
        "check",
        "--insurer",
        "06139992",
        "--number",
        "4567",
        "--birth",
        "19700102",
    ]);
    let left = |folder: &str| std::fs::read_dir(clinic.path(folder)).unwrap().count();
    assert_eq!(left("req"), usize::from(asks_by_itself));
    assert_eq!(asked.status.success(), asks_by_itself);
    let said = String::from_utf8(asked.stderr).unwrap();
    assert_eq!(said.contains("保険証/処方箋で確認"), !asks_by_itself);
    let looked = run(&["watch", "--count", "0"]);
    assert!(looked.status.success());
    assert_eq!(left("face"), usize::from(!results_flow));
}
