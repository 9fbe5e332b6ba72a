//! What a form that was not taken keeps.

use api::account::AccountChange;
use askama::Template;
use ui::language::Language;

use super::{account, fault, staff};
use crate::pages::accounts::account::{account_page, meanwhile};

#[test]
fn an_account_that_was_not_changed_keeps_what_was_typed_and_says_what_it_is_now() {
    let staff = staff(Language::Japanese, "administrator");
    let typed = AccountChange {
        designation: Some("看護師、院長が選定".into()),
        display_name: Some("見本の新しい名".into()),
        ..AccountChange::default()
    };
    let now = account("ishi", "medical_viewer");
    let others = meanwhile(&now, &typed, &staff.words);
    let [(name, now_named), (designation, now_empty)] = others.as_slice() else {
        panic!("{others:?}");
    };
    assert_eq!(
        (name.as_str(), designation.as_str()),
        ("display_name", "designation")
    );
    assert!(now_named.text.contains("「受付」") && now_empty.text.contains("何も"));
    for faults in [vec![fault("display_name")], others] {
        let frame = staff.frame("/accounts/ishi");
        let page = account_page(frame, now.clone(), &typed, None, &faults);
        let page = page.render().unwrap();
        for value in ["看護師、院長が選定", "見本の新しい名"] {
            assert!(page.contains(&format!("value=\"{value}\"")), "{value}");
        }
    }
    let untouched = AccountChange::default();
    assert!(meanwhile(&now, &untouched, &staff.words).is_empty());
}
