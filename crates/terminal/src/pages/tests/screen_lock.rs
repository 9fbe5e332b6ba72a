//! Sample data of the lock's pages, and what every page owes the lock.

use ui::component::{Banner, Checkbox, Radio, TextField, Tone};
use ui::language::Language;

use super::{Written, fault, pages, tags};
use crate::lock::Head;
use crate::pages::{Staff, Visitor, lock, screen_lock};

/// A lock that is open and locks after the usual time.
pub(super) fn open() -> Head {
    Head {
        leaves_after_s: Some(900),
        ..Head::default()
    }
}

pub(super) fn of_the_lock(staff: &Staff, written: &mut Written) {
    let visitor = Visitor {
        windows: Vec::new(),
        words: staff.words.clone(),
        key: None,
        lock: Head::default(),
    };
    let mut page = lock::LockPage {
        frame: visitor.frame("/check"),
        name: "A".into(),
        goes_on: "B".into(),
        user: lock::Unlocks::Anybody,
        fields: Vec::new(),
        back: "/check".into(),
    };
    written.add("lock-without-user", &page);
    page.user = lock::Unlocks::WithoutPassword;
    written.add("lock-without-password", &page);
    page.user = lock::Unlocks::CannotTell;
    written.add("lock-cannot-tell", &page);
    page.frame
        .banners
        .push(Banner::new(Tone::Error, fault("x").1));
    page.user = lock::Unlocks::User("<user>".into());
    page.fields = vec![TextField::new("password", staff.words.say("password"))];
    written.add("lock", &page);
    let page = screen_lock::ScreenLockPage {
        frame: staff.frame("/screen-lock"),
        state: "A".into(),
        weakened: Some("B".into()),
        degrees: vec![Radio {
            value: "removed".into(),
            label: "C".into(),
            support: vec!["D".into()],
            chosen: true,
            barred: false,
        }],
        accept: Checkbox {
            name: "accepted",
            label: "E".into(),
            support: "F".into(),
            value: "1".into(),
            checked: false,
        },
    };
    written.add("screen-lock", &page);
}

#[test]
fn without_script_every_page_of_somebody_signed_in_leaves_when_the_screen_locks() {
    let pages = pages(Language::Japanese);
    let signed_in: Vec<_> = pages
        .iter()
        .filter(|(_, page)| page.contains("action=\"/sign-out\""))
        .collect();
    let is_there = |name: &str| signed_in.iter().any(|(it, _)| it == name);
    for name in [
        "result-1",
        "result-card-closed",
        "card-waiting",
        "rotations",
    ] {
        assert!(is_there(name), "{name}");
    }
    for (name, page) in signed_in {
        let tags = tags(page);
        let renewals = tags
            .iter()
            .filter(|it| it.get("http-equiv") == Some("refresh"))
            .filter_map(|it| it.get("content"));
        let renewals: Vec<&str> = renewals.collect();
        // Two would compete. What a page renews as its person's doing would keep the screen open.
        let [to] = renewals.as_slice() else {
            panic!("{name}: {renewals:?}");
        };
        let leaves = to.contains("url=/lock/wait?from=") || to.ends_with("?by=itself");
        assert!(leaves, "{name}: {to}");
    }
}
