//! A facility through the years of its certificate, with real processes whose clock is turned: what must happen by itself does, what
//! people must do is said in time, and nobody is surprised.

use crate::plain_browser::{Browser, Page, Terminal};
use crate::running::{Clinic, sample, wait_until};
use crate::turned_clock::TurnedClock;

/// Under 13 characters: good for 60 days (G02).
const SHORT: &str = "Kanri-26#a";
/// Long enough to stay.
const LONG: &str = "Kanri-2027-Tegami";

/// Of the renewed certificate's file.
const P12: &str = "Atarashii-12345678";

/// A number as a receipt computer's file asks for it.
const REQUEST: &str = "OQSsiquc01req_202611230001.xml";

#[test]
fn a_facility_lives_through_the_months_of_its_certificate() {
    let mut clock = TurnedClock::start();
    let clinic = Clinic::start();
    clinic.enrol();
    let terminal = Terminal::start(&clinic, ["clinic", "spare"]);
    clinic.set_up_gateway();
    share_the_certificate(&clinic);
    let _gateway = clinic.start_gateway();
    let first = std::fs::read_to_string(clinic.path("administrator.pw")).unwrap();
    let mut browser = terminal.browser();
    browser.sign_in("administrator", &first);
    browser
        .change_password(&first, SHORT)
        .says(200, &["<h1>メニュー</h1>"]);

    // A quarter of an hour without anybody: the screen is locked, the receipt computer goes on.
    clock.pass_seconds(14 * 60);
    browser.get("/").says(200, &["<h1>メニュー</h1>"]);
    clock.pass_seconds(15 * 60);
    browser.get("/").says(403, &["ログイン解除"]);
    answers_a_file(&clinic, 1);

    // Sixty days later the password is none any more: the form to change it opens, and nothing else.
    clock.pass_days(59);
    next_day(&terminal)
        .sign_in("administrator", SHORT)
        .says(200, &["<h1>メニュー</h1>"]);
    clock.pass_days(2);
    let mut browser = next_day(&terminal);
    browser
        .sign_in("administrator", SHORT)
        .says(200, &["<h1>パスワード変更</h1>"]);
    browser
        .get("/accounts")
        .says(200, &["<h1>パスワード変更</h1>"]);
    browser
        .change_password(SHORT, LONG)
        .says(200, &["<h1>メニュー</h1>"]);

    // The link app's does not expire, and it goes on whatever day it is.
    let mut day = 61;
    for month in 3.. {
        if LIFE_DAYS - 100 < day + 30 {
            break;
        }
        clock.pass_days(30);
        day += 30;
        answers_a_file(&clinic, month);
        if month % 12 == 1 {
            // Whoever connects anew trusts the center still: its own certificate lasts a year, and it makes itself the next.
            wait_until("an answer over a new connection", || {
                clinic.check("clinic.p12", &SOMEBODY).status.success()
            });
        }
    }

    // The certificate's end comes near: said on the main screen, not before its time.
    let menu = signed_in(&terminal);
    assert!(!menu.has_code("certificate_ending"), "{}", menu.text());
    clock.pass_days((LIFE_DAYS - 85 - day) as u64);
    assert!(signed_in(&terminal).has_code("certificate_ending"));

    // It is renewed, and the day on which the old one ended passes by.
    let mut browser = terminal.browser();
    browser.sign_in("administrator", LONG);
    let new = [("password", P12), ("password_again", P12)];
    browser.post("/certificates/renew", &new).says(200, &[]);
    let menu = browser.get("/");
    assert!(!menu.has_code("certificate_ending"), "{}", menu.text());
    assert!(menu.has_code("backup_needed"), "{}", menu.text());
    answers_a_file(&clinic, 1_000);
    clock.pass_days(120);
    answers_a_file(&clinic, 1_001);
    let menu = signed_in(&terminal);
    assert!(!menu.has_code("certificate_expired"), "{}", menu.text());

    // Whom to call is said without anybody signed in; what was found good years ago is not said of today.
    let page = terminal.browser().get("/support?about=line_terminator");
    page.says(200, &["0120-248-995"]);
    assert!(!page.text().contains("data-outcome"), "{}", page.text());
    let page = terminal.browser().post("/support/examine", &[]);
    page.says(200, &["data-outcome=\"good\""]);
}

/// Days of a certificate: 39 months, short by a few days at most.
const LIFE_DAYS: i64 = 39 * 30 + 16;

/// The link app shows the certificate of the terminal, which is the PC's.
fn share_the_certificate(clinic: &Clinic) {
    let file = clinic.path("gateway.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let shared = format!(
        "[identity]\nname = \"clinic\"\nfolder = \"{}\"\n",
        clinic.path("terminal")
    );
    assert!(text.contains("[identity]\nname = \"clinic\"\n"));
    let text = text.replace("[identity]\nname = \"clinic\"\n", &shared);
    std::fs::write(file, text).unwrap();
}

/// The main screen of an administrator who just came in.
fn signed_in(terminal: &Terminal) -> Page {
    let page = next_day(terminal).sign_in("administrator", LONG);
    page.says(200, &["<h1>メニュー</h1>"]);
    page
}

/// Somebody of the samples.
pub(crate) const SOMEBODY: [&str; 10] = [
    "--insurer",
    "06139992",
    "--symbol",
    "123",
    "--number",
    "4567",
    "--branch",
    "01",
    "--birth",
    "1970-01-02",
];

/// A browser after the night: somebody opened the locked screen.
fn next_day(terminal: &Terminal) -> Browser<'_> {
    let mut browser = terminal.browser();
    browser.get("/").says(403, &["ログイン解除"]);
    browser
        .post("/unlock", &[("back", "/")])
        .says(200, &["name=\"certificate\""]);
    browser
}

/// The receipt computer asks, and is answered.
fn answers_a_file(clinic: &Clinic, month: u32) {
    let name = |kind: &str| format!("OQSsiquc01{kind}_{month:016}.xml");
    let written = clinic.path("request.part");
    std::fs::write(&written, sample(REQUEST)).unwrap();
    std::fs::rename(written, clinic.path(&format!("req/{}", name("req")))).unwrap();
    let answer = std::path::PathBuf::from(clinic.path(&format!("res/{}", name("res"))));
    wait_until("an answer", || answer.exists());
}
