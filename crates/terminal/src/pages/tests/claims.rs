//! The pages of claims (G33): they say whom to ask.

use axum::http::StatusCode;
use ui::component::{Radio, TextField};
use ui::language::Language;

use super::{Written, staff};
use crate::lock::tests::Terminal;
use crate::pages::Staff;
use crate::pages::claims::contacts::Contacts;
use crate::pages::claims::work::{Line, Open, WorkPage};
use crate::pages::claims::{DoorPage, FormPage};

/// How many pages there are here.
pub(super) const PAGES: usize = 3;

const DESK: &str = "0120-60-7210";

fn work(staff: &Staff, contacts: Contacts) -> WorkPage {
    let line = Line {
        id: "s".into(),
        number: "1".into(),
        sent: "A".into(),
        file_name: "<a>.uke".into(),
        counts: "B".into(),
        state: "C".into(),
        tone: "good",
        is_correction: true,
    };
    WorkPage {
        frame: staff.frame("/claims/work"),
        tenant: "A".into(),
        who: "B".into(),
        window: "C".into(),
        file: TextField::new("file", "D".into()),
        uploads: vec![Open {
            id: "u".into(),
            text: "<a>".into(),
        }],
        heads: vec!["E".into()],
        lines: vec![line],
        contacts,
    }
}

pub(super) fn of_claims(staff: &Staff, written: &mut Written) {
    let terminal = Terminal::start();
    let contacts = || Contacts::of(&terminal.app, &staff.words);
    let radio = || Radio {
        value: "a".into(),
        label: "<A>".into(),
        support: vec!["B".into()],
        chosen: true,
        barred: false,
    };
    let door = DoorPage {
        frame: staff.frame("/claims"),
        tenants: vec![radio()],
        certificates: vec![radio()],
        contacts: contacts(),
    };
    written.add("claims-door", &door);
    let form = FormPage {
        frame: staff.frame("/claims/sign-in/fund/0"),
        title: "A".into(),
        lead: "B".into(),
        action: "/claims/sign-in",
        hidden: vec![("tenant", "fund".into())],
        fields: vec![TextField::new("account", "C".into())],
        force: None,
        submit: "D".into(),
        contacts: Some(contacts()),
    };
    written.add("claims-sign-in", &form);
    written.add("claims-work", &work(staff, contacts()));
}

#[test]
fn the_desk_for_claims_and_the_payers_page_as_a_code_stand_where_claims_are_handed_in() {
    for language in Language::ALL {
        let mut written = Written(Vec::new());
        of_claims(&staff(language, "administrator"), &mut written);
        for (name, page) in written.0.into_iter().take(3) {
            assert!(page.contains(DESK), "{name}");
            assert_eq!(page.matches("<svg role=\"img\"").count(), 1, "{name}");
        }
    }
}

#[tokio::test]
async fn door_and_sign_in_say_whom_to_ask_also_where_the_center_is_away() {
    let terminal = Terminal::start();
    for path in ["/claims", "/claims/sign-in/fund/0"] {
        let page = terminal.get(path, "").await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        for part in [DESK, "<svg role=\"img\"", "https://www.ssk.or.jp/"] {
            assert!(page.text.contains(part), "{path}: {part}");
        }
    }
}
