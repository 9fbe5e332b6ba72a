//! The page of the link app: well, in every trouble, stopped, and where there is none.

use api::link_state::{CenterSeen, FolderState, Kind, LinkState, Trouble};
use askama::Template;
use domain::civil_date::Instant;
use ui::language::Language;

use crate::doctor::{Link, Neighbour};
use crate::pages::Staff;
use crate::pages::link_state::{HERE, link_state_page};

use super::{Written, staff};

/// How many pages there are here.
pub(super) const PAGES: usize = 5;

const KINDS: [Kind; 16] = [
    Kind::Connection,
    Kind::Refused,
    Kind::SignIn,
    Kind::Secret,
    Kind::NotUnderstood,
    Kind::NoAnswer,
    Kind::Missing,
    Kind::ReadOnly,
    Kind::Rights,
    Kind::Full,
    Kind::Closed,
    Kind::Held,
    Kind::File,
    Kind::Journal,
    Kind::NoFolder,
    Kind::BrokenOff,
];

fn trouble(kind: Kind, lasts: bool) -> Trouble {
    Trouble {
        kind,
        detail: "<detail>".into(),
        since: "2026-11-26T00:15:02Z".into(),
        lasts,
    }
}

fn folder(last_trouble: Option<Trouble>) -> FolderState {
    FolderState {
        name: "<receipt>".into(),
        not_taken: 1,
        waiting: u64::from(last_trouble.is_some()),
        oldest_taken_at: last_trouble
            .is_some()
            .then(|| "2026-11-26T00:15:02Z".into()),
        answered_today: 123,
        rejected_today: 4,
        forgotten: 0,
        last_trouble,
    }
}

fn state(center: Option<Trouble>, folders: Vec<FolderState>) -> LinkState {
    LinkState {
        at: "2026-11-26T00:20:00Z".into(),
        center: CenterSeen {
            answered_at: center.is_none().then(|| "2026-11-26T00:19:58Z".into()),
            trouble: center,
        },
        folders,
        syncs: 0,
        transactions: 0,
    }
}

fn here() -> Neighbour<Link> {
    Neighbour::Here(Link {
        data_dir: "x".into(),
        folders: Vec::new(),
    })
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

pub(super) fn of_the_link(staff: &Staff, written: &mut Written) {
    let troubles = KINDS.map(|kind| folder(Some(trouble(kind, kind != Kind::Full))));
    let well = state(None, vec![folder(None)]);
    let ill = state(Some(trouble(Kind::Connection, true)), troubles.to_vec());
    let now = at("2026-11-26T00:20:05Z");
    let mut add = |name: &str, link: &Neighbour<Link>, state: Option<&LinkState>, now| {
        let page = link_state_page(staff.frame(HERE), link, state, now);
        written.add(name, &page);
    };
    add("link-state", &here(), Some(&well), now);
    add("link-state-troubles", &here(), Some(&ill), now);
    add("link-state-not-told", &here(), None, now);
    add("link-state-none", &Neighbour::None, None, now);
    let bad = Neighbour::BadSettings("gateway.toml: <line 3>".into());
    add("link-state-bad-settings", &bad, None, now);
}

#[test]
fn a_link_app_that_cannot_sign_in_is_helped_by_a_new_account_and_its_sealed_password() {
    let now = at("2026-11-26T00:20:05Z");
    for (language, new_account) in [
        (
            Language::Japanese,
            "「連携アプリ用」のアカウントを新しく登録し",
        ),
        (
            Language::English,
            "registers a new account of kind link app",
        ),
    ] {
        let staff = staff(language, "administrator");
        for kind in [Kind::Refused, Kind::SignIn, Kind::Secret] {
            let ill = state(Some(trouble(kind, true)), Vec::new());
            let page = link_state_page(staff.frame(HERE), &here(), Some(&ill), now);
            let text = page.render().unwrap();
            for said in [
                new_account,
                "gateway.toml",
                "[account]",
                "onshi gateway seal-password",
            ] {
                assert!(text.contains(said), "{said}: {text}");
            }
            assert!(!text.contains("設定し直してください"), "{text}");
        }
    }
}

#[test]
fn a_state_that_is_old_says_that_the_link_app_does_not_run() {
    let staff = staff(Language::Japanese, "general");
    let well = state(None, vec![folder(None)]);
    for (now, tone, word) in [
        ("2026-11-26T00:20:29Z", "good", "動いています"),
        ("2026-11-26T00:20:30Z", "bad", "止まっています"),
    ] {
        let page = link_state_page(staff.frame(HERE), &here(), Some(&well), at(now));
        let text = page.render().unwrap();
        let part = format!("data-part=\"app\" data-tone=\"{tone}\"");
        assert!(text.contains(&part) && text.contains(word), "{text}");
    }
}
