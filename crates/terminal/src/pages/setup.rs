//! 「セットアップの続き」 (G35): what remains from the first sign-in of the administrator to the first check, each step with its state and its
//! page. Does no step itself.

use api::client::ClientError;
use api::client::cards::Cause;
use api::history::Search;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::certificate_care::Backup;
use domain::equipment::Part;
use domain::receipt_link::ReceiptLink;
use domain::recovery::Standing;
use domain::setup_sheet::Entry;
use ui::component::{Banner, Tone, WayOn};
use ui::language::Words;

use crate::pages::{Frame, Staff, certificates, credential_sheet, done, own_access, show};
use crate::serve::App;
use crate::setup_state::Passwords;
use crate::{days, faults, inventory, setup_sheet, setup_state, terminal_user};

/// The page's own path.
pub(crate) const HERE: &str = "/setup";

/// A step with its state.
pub(super) struct Step {
    pub(super) href: &'static str,
    pub(super) label: String,
    pub(super) about: String,
    pub(super) is_done: bool,
    pub(super) told: String,
}

#[derive(Template)]
#[template(path = "setup.html")]
pub(super) struct SetupPage {
    pub(super) frame: Frame,
    pub(super) steps: Vec<Step>,
    /// Whether every step is done.
    pub(super) complete: bool,
    /// Whether the main screen still points here.
    pub(super) open: bool,
}

/// What the steps are judged by.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) sheet: Option<String>,
    /// Whether a password on the sealed sheet was changed since.
    pub(super) sheet_is_outdated: bool,
    pub(super) has_user: bool,
    /// Whether nothing is to be done for the administrator's recovery codes.
    pub(super) good_codes: bool,
    /// When the certificate in use was backed up.
    pub(super) backup: Option<String>,
    pub(super) devices: usize,
    pub(super) knows_pc: bool,
    pub(super) link: Option<ReceiptLink>,
    pub(super) people: usize,
    pub(super) sealed_place: String,
    pub(super) checks: usize,
}

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    let refused = crate::pages::setup_sheet::for_administrators(&staff, HERE, "setup-rest");
    if let Some(refused) = refused {
        return refused;
    }
    let facts = match facts(&app, &staff).await {
        Ok(facts) => facts,
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    let mut frame = staff.frame(HERE);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    let open = setup_state::read(&app.data_dir).open;
    show(StatusCode::OK, &setup_page(frame, &facts, open))
}

async fn facts(app: &App, staff: &Staff) -> Result<Facts, ClientError> {
    let state = setup_state::read(&app.data_dir);
    let inventory = inventory::read(&app.data_dir).unwrap_or_default();
    let token = staff.token();
    let settings = staff.client.settings(token, Cause::Person).await?;
    let accounts = staff.client.accounts(token).await?;
    let own = staff.client.own_account(token).await?;
    let found = staff
        .client
        .search_by(token, &Search::default(), Cause::Person)
        .await?;
    let people = accounts.accounts.iter().filter(|it| {
        let kind = AccountKind::parse(&it.kind);
        matches!(
            kind,
            Some(AccountKind::General | AccountKind::MedicalViewer)
        )
    });
    let passwords = Passwords {
        set_at: own.passwords_set_at.first().cloned(),
        terminal_user: terminal_user::mark_now(&app.data_dir),
    };
    let own_account = credential_sheet::account_of(staff, &staff.session.account.id);
    Ok(Facts {
        sheet_is_outdated: state.is_outdated(own_account, &passwords),
        sheet: state.sheet().map(|(by, at)| {
            let at = days::show_instant(&at.to_string());
            format!("{by} {at}")
        }),
        has_user: app.lock.user_name().is_some(),
        good_codes: Standing::parse(&own.recovery.standing) == Some(Standing::Good),
        backup: staff.certificate(app).and_then(|it| {
            match app.backups.state(it.holder.fingerprint) {
                Backup::Made(at) => Some(days::show_instant(&at.to_string())),
                Backup::Never | Backup::OfEarlier => None,
            }
        }),
        devices: inventory.contents.devices.len(),
        knows_pc: inventory.contents.device(Part::Pc).is_some(),
        link: app
            .receipt_links
            .hear(&staff.session.facility.code, &settings),
        people: people.count(),
        sealed_place: setup_sheet::read(&app.data_dir)
            .unwrap_or_default()
            .of(Entry::SealedSheetPlace)
            .to_owned(),
        checks: found.checks.len(),
    })
}

pub(super) fn setup_page(frame: Frame, facts: &Facts, open: bool) -> SetupPage {
    let words = frame.words.clone();
    let steps = steps(facts, &words);
    SetupPage {
        complete: steps.iter().all(|it| it.is_done),
        steps,
        open,
        frame,
    }
}

fn steps(facts: &Facts, words: &Words) -> Vec<Step> {
    let step = |href, (label, about): (&str, &str), is_done, told: String| Step {
        href,
        label: words.say(label),
        about: words.say(about),
        is_done,
        told,
    };
    let count = |key: &str, count: usize| {
        if count == 0 {
            String::new()
        } else {
            words.say_with(key, &[("count", count)])
        }
    };
    vec![
        step(
            credential_sheet::HERE,
            ("setup-sealed", "setup-sealed-about"),
            facts.sheet.is_some() && facts.has_user && !facts.sheet_is_outdated,
            told_of_sheet(facts, words),
        ),
        step(
            own_access::HERE,
            ("setup-codes", "setup-codes-about"),
            facts.good_codes,
            String::new(),
        ),
        step(
            certificates::backup::HERE,
            ("setup-backup", "setup-backup-about"),
            facts.backup.is_some(),
            facts.backup.clone().unwrap_or_default(),
        ),
        step(
            crate::pages::inventory::HERE,
            ("setup-devices", "setup-devices-about"),
            facts.knows_pc,
            count("setup-devices-count", facts.devices),
        ),
        step(
            crate::pages::settings::HERE,
            ("setup-link", "setup-link-about"),
            facts.link.is_some_and(ReceiptLink::is_answered),
            String::new(),
        ),
        step(
            "/accounts",
            ("setup-accounts", "setup-accounts-about"),
            0 < facts.people,
            count("setup-accounts-count", facts.people),
        ),
        step(
            "/setup-sheet/entries",
            ("setup-entries", "setup-entries-about"),
            !facts.sealed_place.is_empty(),
            facts.sealed_place.clone(),
        ),
        step(
            "/check",
            ("setup-check", "setup-check-about"),
            0 < facts.checks,
            String::new(),
        ),
    ]
}

/// Who made the sealed sheet and when, or that it is to be made again.
fn told_of_sheet(facts: &Facts, words: &Words) -> String {
    let sheet = facts.sheet.clone().unwrap_or_default();
    if facts.sheet_is_outdated {
        words.say_with("setup-sealed-outdated", &[("sheet", sheet)])
    } else {
        sheet
    }
}

/// Ends the set-up: the main screen points here no longer.
pub(crate) async fn end(State(app): State<App>, staff: Staff) -> Response {
    if staff.kind() == Some(AccountKind::Administrator) {
        setup_state::set_open(&app.data_dir, false);
    }
    Redirect::to("/").into_response()
}

/// Reminds the administrator of a set-up that goes on.
pub(super) fn reminder(app: &App, staff: &Staff) -> Option<Banner> {
    let may = staff.kind() == Some(AccountKind::Administrator);
    (may && setup_state::read(&app.data_dir).open).then(|| {
        let fault = faults::own(&staff.words, "setup_open", "setup-open");
        Banner {
            way_on: Some(WayOn {
                href: HERE.to_owned(),
                text: staff.words.say("setup-rest"),
            }),
            ..Banner::new(Tone::Note, fault)
        }
    })
}
