//! The inventory changed by an administrator over a center that lets them.

use axum::http::StatusCode;
use domain::civil_date::CivilDate;
use domain::inventory::{Contents, Version};
use domain::support_directory::desk::Contract;

use super::copies::Center;
use crate::inventory as kept;

#[tokio::test]
async fn a_free_set_up_of_the_pc_counts_for_the_day_it_was_used_and_can_be_taken_back() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let (dir, now) = (terminal.dir.path(), terminal.app.now());
    let contents = Contents {
        contract: Some(Contract::With),
        ..Contents::default()
    };
    kept::change(dir, Version(0), contents, "kanri", now).unwrap();
    let cookie = terminal.sign_in("administrator");
    let used = || kept::read(dir).unwrap().contents.free_set_ups;
    let (note, remove) = ("/inventory/free-set-up", "/inventory/free-set-up/remove");
    let page = terminal.get("/inventory", &cookie).await;
    let today = "name=\"day\" value=\"2027-01-15\"";
    assert!(page.text.contains(today), "{}", page.text);
    // The one of last month takes none of this month's.
    let page = terminal
        .post(note, &cookie, "version=1&day=2026-12-31")
        .await;
    assert_eq!(page.header("location"), "/inventory", "{}", page.text);
    let last_month = CivilDate::parse_iso("2026-12-31").unwrap();
    assert_eq!(used(), [last_month]);
    let page = terminal.get("/inventory", &cookie).await;
    assert!(page.text.contains("残り 1 回"), "{}", page.text);
    assert!(page.text.contains("（2026-12-31） の記録を取り消す"));
    for (day, code) in [
        ("2027-01-16", "in_future"),
        ("", "required"),
        ("soon", "form"),
    ] {
        let body = format!("version=2&day={day}");
        let page = terminal.post(note, &cookie, &body).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
        let code = format!("data-code=\"{code}\"");
        assert!(page.text.contains(&code), "{day}: {}", page.text);
    }
    // Nobody takes back what somebody else changed meanwhile, and no clerk anything.
    let stale = "version=1&day=2026-12-31";
    let page = terminal.post(remove, &cookie, stale).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "{}", page.text);
    let shown = "version=2&day=2026-12-31";
    let page = terminal
        .post(remove, &terminal.sign_in("general"), shown)
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", page.text);
    assert_eq!(used(), [last_month]);
    let page = terminal.post(remove, &cookie, shown).await;
    assert_eq!(page.header("location"), "/inventory", "{}", page.text);
    assert!(used().is_empty());
    terminal
        .post(note, &cookie, "version=3&day=2027-01-15")
        .await;
    let page = terminal.get("/inventory", &cookie).await;
    assert!(page.text.contains("残り 0 回"), "{}", page.text);
}
