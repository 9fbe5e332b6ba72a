//! 「医療情報確認」 as a doctor and a pharmacist walk it, and as a receptionist does not (G26, G27).

mod ending;

use std::process::Command;

use super::Walk;
use super::every_page::{look, look_as_it_is};
use super::readers::PC;
use crate::running::succeed;

/// A patient agrees at the PC's card reader to all that is asked.
async fn agree(walk: &Walk) {
    walk.sign_in("general").await;
    walk.open("card").await;
    walk.stage("welcome").await;
    walk.lay(PC, "everything");
    walk.stage("method").await;
    walk.tap("#live [value=pin]").await;
    walk.send(&[("pin", "1234")]).await;
    walk.answer_all().await;
    walk.sign_out().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_reads_what_the_patient_takes_now_what_changed_and_what_to_check() {
    let walk = Walk::start().await;
    agree(&walk).await;
    walk.sign_in("medical_viewer").await;
    walk.open("").await;
    walk.press("main a[href='/medical']").await;
    walk.see(&["見本　百恵", "お薬", "健診", "来院時の同意", "あと23時間"])
        .await;
    look(&walk, "medical").await;
    walk.send(&[("words", "いない人")]).await;
    walk.see(&["合う患者はいません"]).await;
    walk.send(&[("words", "見本")]).await;
    walk.press("main .onshi-patients a").await;
    walk.see(&["見本　百恵", "いまのお薬", "確認が必要な点", "最近の変更"])
        .await;
    assert!(walk.shows("svg.onshi-timeline").await);
    assert!(walk.shows("svg.onshi-trend").await);
    look(&walk, "medical-patient").await;
    // Another period, words of the record, and what is no month.
    walk.fill(&[("words", "いないお薬")]).await;
    walk.press("main .onshi-search [data-tone=primary]").await;
    walk.see(&["「いないお薬」を含む記録だけ", "いまのお薬"])
        .await;
    walk.fill(&[("from", "きのう"), ("words", "")]).await;
    walk.press("main .onshi-search [data-tone=primary]").await;
    assert_eq!(walk.code("#from-error-1").await, "month");
    // What is taken now is told of twelve months, though three are shown.
    walk.press("main [name=span][value='3']").await;
    walk.see(&["表示期間にかかわらず", "いまのお薬"]).await;
    walk.press("main [name=span][value=all]").await;
    walk.picture("medical-patient-all").await;
    walk.press("main form[action$='/print'] [data-tone=secondary]")
        .await;
    assert!(walk.shows("main.onshi-main--paper details[open]").await);
    walk.devtools(
        "Emulation.setEmulatedMedia",
        serde_json::json!({"media": "print"}),
    )
    .await;
    walk.picture("medical-paper").await;
    // The page on the screen prints only the way to the page for printing.
    walk.devtools(
        "Emulation.setEmulatedMedia",
        serde_json::json!({"media": ""}),
    )
    .await;
    walk.press("main a[href^='/medical/'].onshi-button").await;
    walk.devtools(
        "Emulation.setEmulatedMedia",
        serde_json::json!({"media": "print"}),
    )
    .await;
    let shown = "return document.querySelector('.onshi-record').checkVisibility()";
    assert_eq!(walk.script(shown).await, serde_json::json!(false));
    walk.devtools(
        "Emulation.setEmulatedMedia",
        serde_json::json!({"media": ""}),
    )
    .await;
    files(&walk).await;
    walk.end().await;
}

/// The buttons of PDF and XML bring real files, named after nobody, each of them a look on record.
async fn files(walk: &Walk) {
    let pdf = walk.download("main [value=pdf]", "pdf").await;
    let pages = say(Command::new("pdfinfo").arg(&pdf));
    assert!(pages.contains("Tagged:          yes"), "{pages}");
    let text = say(Command::new("pdftotext").arg("-raw").arg(&pdf).arg("-"));
    let letters: String = text.split_whitespace().collect();
    assert!(letters.contains("見本百恵"), "{text}");
    let period = "手術、健診は閲覧できる全期間";
    assert!(letters.contains(period), "{text}");
    let xml = walk.download("main [value=xml]", "xml").await;
    let schema = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/schemas/OnshiMedicalInformation.xsd"
    );
    let mut xmllint = Command::new("xmllint");
    say(xmllint
        .args(["--noout", "--nonet", "--schema", schema])
        .arg(&xml));
    for file in [pdf, xml] {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.starts_with("onshi-medical-20"), "{name}");
    }
    // The page is still there.
    walk.see(&["いまのお薬"]).await;
    let folder = walk.dir.path().join("demo/center").display().to_string();
    let looks = succeed(&["audit", "looks", "--data-dir", &folder, "--json"]);
    for way in ["page", "print", "pdf", "xml"] {
        assert!(looks.contains(&format!("\"{way}\"")), "{way}: {looks}");
    }
}

/// What the list shows as a file, for a spreadsheet of any kind.
async fn exported(walk: &Walk) {
    let read = |file: std::path::PathBuf| {
        let bytes = std::fs::read(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        bytes
    };
    let button = |encoding| format!("main [formaction='/looks/export'][value={encoding}]");
    let file = walk.download(&button("utf-8"), "csv").await;
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(name.ends_with("-utf-8.csv"), "{name}");
    let text = String::from_utf8(read(file)).unwrap();
    let rows: Vec<&str> = text.split_terminator("\r\n").collect();
    let [head, looks @ ..] = &rows[..] else {
        panic!("{text}");
    };
    assert!(head.contains("閲覧日時"), "{head}");
    assert!(!looks.is_empty(), "{text}");
    for it in looks {
        assert!(it.contains("見本　百恵") && it.contains("etsuran"), "{it}");
    }
    let cp932 = read(walk.download(&button("cp932"), "csv").await);
    let (again, _, wrong) = encoding_rs::SHIFT_JIS.decode(&cp932);
    assert!(!wrong);
    assert_eq!(again.split_terminator("\r\n").count(), rows.len());
    assert!(again.contains("見本　百恵"), "{again}");
}

/// What a program says that ends well.
fn say(program: &mut Command) -> String {
    let output = program.output().expect("cargo xtask test installs it");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receptionist_is_refused_alike_whether_a_patient_is_there_or_not() {
    let walk = Walk::start().await;
    agree(&walk).await;
    walk.sign_in("medical_viewer").await;
    walk.open("medical").await;
    let href = "return document.querySelector('main .onshi-patients a').getAttribute('href')";
    let there = walk.script(href).await.as_str().unwrap().to_owned();
    // Whoever may see patients learns of somebody unknown just how to go on.
    walk.open("medical/00000000-0000-4000-8000-000000000000")
        .await;
    assert_eq!(walk.code("[role=alert]").await, "unknown_patient");
    assert!(walk.shows("[role=alert] a[href='/medical']").await);
    walk.see(&["もう一度同意"]).await;
    walk.sign_out().await;
    walk.sign_in("general").await;
    assert!(!walk.shows("main a[href='/medical']").await);
    let mut told = Vec::new();
    for path in [
        there.as_str(),
        "/medical/00000000-0000-4000-8000-000000000000",
        "/medical",
    ] {
        walk.open(path.trim_start_matches('/')).await;
        assert_eq!(walk.code("[role=alert]").await, "not_permitted");
        told.push(walk.text("main").await);
    }
    assert!(told.iter().all(|it| *it == told[0]));
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receptionist_withdraws_a_consent_and_an_administrator_sees_who_had_looked() {
    let walk = Walk::start().await;
    agree(&walk).await;
    walk.sign_in("medical_viewer").await;
    walk.open("medical").await;
    // A list that was searched stays as it is.
    walk.send(&[("words", "見本")]).await;
    walk.press("main .onshi-patients a").await;
    walk.see(&["見本　百恵"]).await;
    walk.press("main form[action='/withdrawal'] button").await;
    walk.see(&["同意の取消", "見本　百恵", "お薬・診療・手術・健診"])
        .await;
    walk.press("main a[data-tone=secondary]").await;
    walk.see(&["いまのお薬"]).await;
    assert!(!walk.shows("main a[href='/looks']").await);
    walk.open("looks").await;
    assert_eq!(walk.code("[role=alert]").await, "not_permitted");
    walk.sign_out().await;
    walk.sign_in("general").await;
    walk.open("history").await;
    walk.tap("main a[href^='/card-checks/']").await;
    look_as_it_is(&walk, "result-card-withdraw").await;
    walk.press("main form[action='/withdrawal'] button").await;
    look_as_it_is(&walk, "withdrawal").await;
    walk.press("main [data-tone=danger]").await;
    assert_eq!(walk.code("#error-summary").await, "invalid_input");
    walk.press_box("reason-2").await;
    walk.fill(&[("note", "見本のメモ")]).await;
    walk.press("main [data-tone=danger]").await;
    walk.see(&["同意を取り消しました", "お薬・診療・手術・健診"])
        .await;
    look_as_it_is(&walk, "withdrawal-done").await;
    walk.press("main a[data-tone=primary]").await;
    walk.see(&["お薬・診療への同意は、その後に取り消されました。"])
        .await;
    assert!(!walk.shows("main form[action='/withdrawal']").await);
    walk.sign_out().await;
    walk.sign_in("administrator").await;
    walk.open("medical").await;
    walk.see(&["いま閲覧できる患者はいません"]).await;
    walk.press("main a[href='/looks']").await;
    walk.see(&["見本　百恵", "etsuran", "来院時の同意", "画面"])
        .await;
    look(&walk, "looks").await;
    exported(&walk).await;
    walk.press_box("emergencies").await;
    walk.send(&[]).await;
    walk.see(&["条件に合う閲覧の記録はありません"]).await;
    walk.send(&[("from", "S45.2.30")]).await;
    assert_eq!(walk.code("#error-summary").await, "invalid_input");
    walk.end().await;
}
