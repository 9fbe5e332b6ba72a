//! A month's claims of the demo's clinic at both review bodies. At the fund, where it may hand in from the start: proposals, a file taken back, one cut
//! off at 99 % and gone on with, faults looked at by rule and by claim, acceptance, and the correction of what was refused. At the federation: the
//! filing, decided by an operator who also makes the account and opens time, and the shell.

use std::path::{Path, PathBuf};

use api::claims::{ClaimsSignIn, NewClaimsUpload};
use api::client::Client;
use fantoccini::Locator;
use pki::identity::{Identity, first_certificate};
use serde_json::Value;

use super::Walk;
use super::every_page::{look, look_as_it_is};
use crate::running::onshi;
use crate::turned_clock::{TurnedClock, clock};

/// What the account's holder at the federation chooses.
const OWN_PASSWORD: &str = "Seikyu-7654321";

/// Who hands claims in: review body, account, password.
type Account<'a> = (&'a str, &'a str, &'a str);

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn file(walk: &Walk, name: &str) -> PathBuf {
    walk.dir.path().join("demo/claims").join(name)
}

/// From the door to the list of submissions.
async fn sign_in(walk: &Walk, (tenant, account, password): Account<'_>) {
    walk.open("claims").await;
    let radio = format!("main [name=tenant][value={tenant}]");
    let radio = walk.browser.find(Locator::Css(&radio)).await.unwrap();
    radio.click().await.unwrap();
    walk.press("main form[action='/claims'] [data-tone=primary]")
        .await;
    walk.send(&[("account", account), ("password", password)])
        .await;
    if walk.shows("[data-code=already_signed_in]").await {
        walk.fill(&[("password", password)]).await;
        walk.press_box("force").await;
        walk.press("main form [data-tone=primary]").await;
    }
}

/// Sends a file by the form that is on the page.
async fn choose(walk: &Walk, file: &Path) {
    // Buttons of result files bear the same name.
    let input = walk.browser.find(Locator::Id("file")).await.unwrap();
    let path = file.display().to_string();
    input.send_keys(&path).await.unwrap();
    walk.press("main form[action='/claims/send'] [data-tone=primary]")
        .await;
}

async fn send(walk: &Walk, file: &Path) {
    walk.open("claims/work").await;
    choose(walk, file).await;
}

/// Looks again until the checks are over.
async fn checked(walk: &Walk) {
    for _ in 0..1_000 {
        if walk.shows("main form[action$='/file']").await {
            return;
        }
        let here = walk.browser.current_url().await.unwrap();
        let is_submission = here.path().starts_with("/claims/submissions/");
        assert!(is_submission, "{here}: {}", walk.text("main").await);
        walk.browser.refresh().await.unwrap();
    }
    panic!("not checked: {}", walk.text("main").await);
}

/// Begins to send a file as a line does that drops at 99 %.
async fn cut_off(walk: &Walk, file: &Path, (tenant, account, password): Account<'_>) {
    let facility = &walk.demo["facilities"][0];
    let p12 = std::fs::read(text(&facility["p12"])).unwrap();
    let identity = Identity::from_pkcs12(&p12, &text(&facility["p12_password"])).unwrap();
    let center = &walk.demo["center"];
    let root = std::fs::read(text(&center["ca"])).unwrap();
    let root = first_certificate(&root).unwrap();
    let client = Client::by(clock(), &text(&center["api"]), &root, Some(&identity)).unwrap();
    let asked = ClaimsSignIn {
        account: account.into(),
        force: true,
        password: password.into(),
        tenant: tenant.into(),
    };
    let session = client.claims_sign_in(&asked).await.unwrap();
    let bytes = std::fs::read(file).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let new = NewClaimsUpload {
        file_name: name.into(),
        ..NewClaimsUpload::default()
    };
    let begun = client.begin_claims_upload(&session.token, &new).await;
    let begun = begun.unwrap();
    let cut = bytes.len() * 99 / 100;
    let kept = client.send_claims(&session.token, (&begun.id, 0), bytes[..cut].to_vec());
    assert_eq!(kept.await.unwrap().offset, cut as u64);
}

/// `onshi claims` with a command that signs in.
fn by_the_shell(
    walk: &Walk,
    (tenant, account, password): Account<'_>,
    command: &[&str],
) -> (Option<i32>, Value) {
    let facility = &walk.demo["facilities"][0];
    let keep = |name: &str, text: &str| {
        let path = walk.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let center = &walk.demo["center"];
    let place = [
        "--center",
        &text(&center["api"]),
        "--root",
        &text(&center["ca"]),
        "--p12",
        &text(&facility["p12"]),
        "--p12-password-file",
        &keep("p12.pw", &text(&facility["p12_password"])),
        "--tenant",
        tenant,
        "--account",
        account,
        "--password-file",
        &keep("account.pw", password),
        "--json",
    ];
    let output = onshi(&[&["claims"], command, &place].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let answer = serde_json::from_slice(&output.stdout).unwrap_or(Value::String(told));
    (output.status.code(), answer)
}

/// The claims of a faulty file as they are without their faults, and no others.
fn mended(walk: &Walk, body: &str) -> PathBuf {
    let list = file(walk, &format!("faulty/medical-{body}.faults.csv"));
    let list = std::fs::read_to_string(list).unwrap();
    let seeded: Vec<&str> = list
        .lines()
        .skip(1)
        .filter_map(|it| it.split(',').next())
        .collect();
    let good = std::fs::read(file(walk, &format!("good/medical-{body}.uke"))).unwrap();
    let cells = |line: &[u8]| -> Vec<Vec<u8>> {
        line.split(|it| *it == b',').map(<[u8]>::to_vec).collect()
    };
    let (mut bytes, mut claims, mut parts, mut points) = (Vec::new(), 0, 0, 0_u64);
    let mut is_wanted = true;
    for line in good.split(|it| *it == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut cells = cells(line);
        let number = |cell: &[u8]| std::str::from_utf8(cell).unwrap().to_owned();
        match cells[0].as_slice() {
            b"RE" => {
                is_wanted = seeded.contains(&number(&cells[1]).as_str());
                if is_wanted {
                    claims += 1;
                    cells[1] = claims.to_string().into_bytes();
                }
            }
            b"HO" if is_wanted => {
                parts += 1;
                points += number(&cells[5]).parse::<u64>().unwrap();
            }
            b"KO" if is_wanted => parts += 1,
            b"GO" => {
                is_wanted = true;
                cells[1] = parts.to_string().into_bytes();
                cells[2] = points.to_string().into_bytes();
            }
            _ => {}
        }
        if is_wanted && line != b"\x1a" {
            bytes.extend(cells.join(&b','));
            bytes.extend(b"\r\n");
        }
    }
    bytes.push(0x1a);
    let path = walk.dir.path().join("mended.uke");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_for_the_fund_are_taken_back_gone_on_with_accepted_and_corrected() {
    let mut clock = TurnedClock::start();
    clock.pass_to_noon_within_a_month();
    let walk = Walk::start().await;
    let claims = walk.demo["facilities"][0]["claims"].clone();
    let (account, password) = (text(&claims["account"]), text(&claims["password"]));
    let own: Account<'_> = ("fund", &account, &password);
    let good = file(&walk, "good/medical-fund.uke");
    walk.open("claims").await;
    walk.see(&[
        "いま受け付けています",
        "このパソコンの届出は受理されています",
    ])
    .await;
    look(&walk, "claims-door").await;
    sign_in(&walk, ("fund", &account, "Chigau-123")).await;
    walk.see(&["請求先から受け取ったIDとパスワードを確かめてください"])
        .await;
    look_as_it_is(&walk, "claims-sign-in-refused").await;
    sign_in(&walk, own).await;
    walk.see(&["送信した請求はまだありません"]).await;
    look(&walk, "claims-work-empty").await;
    send(&walk, &good).await;
    checked(&walk).await;
    walk.see(&["点検済み（未確定）", "振替：", "要確認3件"])
        .await;
    look(&walk, "claims-moved").await;
    walk.press("main form[action$='/withdraw'] button").await;
    walk.see(&["取下げ"]).await;
    look(&walk, "claims-withdrawn").await;
    // The line drops; the page goes on with what the center has.
    cut_off(&walk, &good, own).await;
    sign_in(&walk, own).await;
    walk.see(&["途中で切れた送信"]).await;
    look(&walk, "claims-work-cut").await;
    walk.press("main a[href^='/claims/uploads/']").await;
    look(&walk, "claims-go-on").await;
    choose(&walk, &good).await;
    checked(&walk).await;
    walk.see(&["点検済み（未確定）", "要確認3件"]).await;
    walk.press("main form[action$='/accept'] button").await;
    walk.see(&["請求確定（"]).await;
    assert!(!walk.shows("#correction").await, "nothing was refused");
    let signed = walk.download("button[value=acceptance]", "jws").await;
    let signed = std::fs::read_to_string(signed).unwrap();
    assert_eq!(signed.trim().split('.').count(), 3);
    send(&walk, &good).await;
    assert!(walk.shows("[data-code=claims_duplicate]").await);
    look_as_it_is(&walk, "claims-twice").await;
    faults(&walk).await;
    correction(&walk).await;
    walk.open("claims/work").await;
    look(&walk, "claims-work").await;
    walk.end().await;
}

/// Faults by rule and by claim; then what is not refused is accepted.
async fn faults(walk: &Walk) {
    send(walk, &file(walk, "faulty/medical-fund.uke")).await;
    checked(walk).await;
    walk.see(&["内容ごとの件数", "レセプトごとの結果", "エラー"])
        .await;
    look(walk, "claims-submission").await;
    let csv = walk.download("nav button[value=findings]", "csv").await;
    assert!(1 < std::fs::read_to_string(csv).unwrap().lines().count());
    walk.press("main nav a[href*='/refusals/']").await;
    // A change of language keeps the place.
    look(walk, "claims-refusals").await;
    let here = walk.browser.current_url().await.unwrap();
    assert!(here.path().ends_with("/found/refusals/any/0"), "{here}");
    walk.press("main a[rel=next]").await;
    assert!(walk.shows("main a[rel=prev]").await);
    look(walk, "claims-refusals-next").await;
    walk.press("main a[rel=prev]").await;
    // Beside what is asked for, the counts are folded.
    let folded = Locator::Css("main details summary");
    let folded = walk.browser.find(folded).await.unwrap();
    folded.click().await.unwrap();
    walk.press("main details a[href*='/found/all/']").await;
    walk.see(&["次の内容だけを示しています"]).await;
    look(walk, "claims-one-rule").await;
    walk.press("main form[action$='/accept'] button").await;
    walk.see(&["請求確定", "訂正分を送る"]).await;
    look(walk, "claims-accepted").await;
}

/// What was refused is sent once more, mended; both submissions say so.
async fn correction(walk: &Walk) {
    choose(walk, &mended(walk, "fund")).await;
    checked(walk).await;
    walk.see(&["の訂正分です", "点検済み（未確定）", "エラー0件"])
        .await;
    look(walk, "claims-correction").await;
    walk.press("main form[action$='/accept'] button").await;
    walk.see(&["請求確定"]).await;
    walk.press("main > p a[href^='/claims/submissions/']").await;
    walk.see(&["訂正分は", "訂正分の送信（"]).await;
    assert!(!walk.shows("#correction").await, "it is corrected");
    look(walk, "claims-corrected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filing_to_the_federation_is_decided_by_an_operator_and_claims_are_handed_in() {
    let mut clock = TurnedClock::start();
    clock.pass_to_noon_within_a_month();
    let walk = Walk::start().await;
    walk.sign_in("administrator").await;
    walk.press("main a[href='/claims']").await;
    walk.see(&["このパソコンの届出がまだありません"]).await;
    walk.press("main a[href='/claims/filings']").await;
    walk.send(&[("starts_on", "R8.2.30")]).await;
    assert!(walk.shows("#starts_on-error-1").await);
    look_as_it_is(&walk, "claims-filings-error").await;
    let option = "main [name=tenant] option[value=federation-13]";
    let option = walk.browser.find(Locator::Css(option)).await.unwrap();
    option.click().await.unwrap();
    walk.send(&[("starts_on", "R7.12.1")]).await;
    walk.see(&["未提出", "受付端末1", "受理"]).await;
    walk.press("main form[action='/claims/filings/hand-in'] button")
        .await;
    walk.see(&["提出済み（審査中）"]).await;
    look(&walk, "claims-filings").await;
    walk.press("main a[href^='/claims/filings/']").await;
    walk.see(&["東京都国民健康保険団体連合会 御中", "受付端末1"])
        .await;
    look(&walk, "claims-filing-form").await;
    let first = operator(&walk).await;
    walk.open("notices").await;
    walk.press("form[action='/notices/refresh'] button").await;
    walk.see(&["届出が受理されました", "受付時間の延長"]).await;
    look(&walk, "claims-notices").await;
    sign_in(&walk, ("federation-13", "seikyu1", &first)).await;
    look(&walk, "claims-password").await;
    walk.send(&[
        ("old_password", &first),
        ("new_password", OWN_PASSWORD),
        ("again", OWN_PASSWORD),
    ])
    .await;
    walk.see(&["東京都国民健康保険団体連合会", "特別に"]).await;
    // The fund's file is the fund's.
    send(&walk, &file(&walk, "good/medical-fund.uke")).await;
    checked(&walk).await;
    walk.see(&["ファイルのエラー", "ほかの審査支払機関あて"])
        .await;
    look(&walk, "claims-refused").await;
    walk.press("main form[action$='/withdraw'] button").await;
    send(&walk, &file(&walk, "faulty/medical-federation.uke")).await;
    checked(&walk).await;
    walk.press("main form[action$='/accept'] button").await;
    walk.see(&["訂正分を送る"]).await;
    shell(&walk).await;
    walk.end().await;
}

/// Accepts the filing, makes an account and opens time; the account's first password.
async fn operator(walk: &Walk) -> String {
    let code = text(&walk.demo["facilities"][0]["code"]);
    walk.operate("/claims").await;
    walk.enter().await;
    walk.see(&["審査中：1件"]).await;
    look(walk, "operator-claims").await;
    walk.press("main a[href='/claims/filings']").await;
    look(walk, "operator-claims-filings").await;
    walk.press("main tbody a").await;
    walk.press("form[action$='/refuse'] button").await;
    assert_eq!(walk.code("#reason-error-1").await, "length");
    look_as_it_is(walk, "operator-claims-filing-no-reason").await;
    walk.press("form[action$='/accept'] button").await;
    assert_eq!(walk.code("main .onshi-banner").await, "accepted");
    walk.operate("/claims/accounts").await;
    look(walk, "operator-claims-accounts").await;
    walk.send(&[("code", &code)]).await;
    look(walk, "operator-claims-facility").await;
    let option = "#tenant option[value=federation-13]";
    let option = walk.browser.find(Locator::Css(option)).await.unwrap();
    option.click().await.unwrap();
    // Rows of accounts above have hidden fields of the same names.
    for (field, typed) in [("id", "seikyu1"), ("display_name", "請求係")] {
        let field = walk.browser.find(Locator::Id(field)).await.unwrap();
        field.send_keys(typed).await.unwrap();
    }
    walk.press("main form[action$='/add'] [data-tone=primary]")
        .await;
    walk.see(&["表示されるのは一度だけです"]).await;
    let first = walk.text("dl.onshi-facts dd:last-of-type code").await;
    look_as_it_is(walk, "operator-claims-issued").await;
    walk.operate("/claims/windows").await;
    walk.send(&[("from", "x"), ("until", "y"), ("reason", "障害のため")])
        .await;
    assert_eq!(walk.code("#from-error-1").await, "form");
    look_as_it_is(walk, "operator-claims-windows-error").await;
    walk.send(&[
        ("from", "2026-01-01 0:00"),
        ("until", "2099-12-31 24:00"),
        ("reason", "障害のため"),
    ])
    .await;
    assert_eq!(walk.code("main .onshi-banner").await, "opened");
    look(walk, "operator-claims-windows").await;
    first
}

/// The correction from the shell, taken back there and sent again.
async fn shell(walk: &Walk) {
    let own: Account<'_> = ("federation-13", "seikyu1", OWN_PASSWORD);
    let (_, listed) = by_the_shell(walk, own, &["list"]);
    let all = listed["submissions"].as_array().unwrap();
    let states: Vec<_> = all.iter().map(|it| text(&it["state"])).collect();
    assert_eq!(states, ["accepted", "withdrawn"], "{listed}");
    let number = text(&all[0]["number"]);
    let corrected = mended(walk, "federation").display().to_string();
    let correct = ["send", &corrected, "--corrects", &number];
    let (code, sent) = by_the_shell(walk, own, &correct);
    assert_eq!(
        (code, &sent["refused"]),
        (Some(0), &Value::from(0)),
        "{sent}"
    );
    let (code, twice) = by_the_shell(walk, own, &correct);
    assert_eq!(code, Some(1));
    assert!(twice.to_string().contains("claims_corrected"), "{twice}");
    let (code, back) = by_the_shell(walk, own, &["withdraw", &text(&sent["number"])]);
    assert_eq!((code, back["state"].as_str()), (Some(0), Some("withdrawn")));
    // A run that was cut off is gone on with.
    cut_off(walk, &file(walk, "good/medical-federation.uke"), own).await;
    let good = file(walk, "good/medical-federation.uke");
    let (code, sent) = by_the_shell(walk, own, &["send", &good.display().to_string()]);
    assert_eq!(code, Some(0), "{sent}");
    let (code, taken) = by_the_shell(walk, own, &["accept", &text(&sent["number"])]);
    assert_eq!((code, taken["state"].as_str()), (Some(0), Some("accepted")));
    let (code, none) = by_the_shell(walk, own, &["withdraw", "S000000000000"]);
    assert_eq!(code, Some(1));
    assert!(none.to_string().contains("onshi claims list"), "{none}");
}
