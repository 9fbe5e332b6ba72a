//! 「ログインの安全」: a person's own recovery codes, second factors and sign-ins (G06). Codes are shown once, to be printed; nothing here
//! concerns anybody else.

pub(crate) mod factor;

use api::access::{OwnAccount, SecondFactor, SignInRecord};
use api::client::ClientError;
use api::emergency::AmbulanceAccess;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::AccountKind;
use domain::permissions::Action;
use domain::recovery::{Standing, is_asked_of, resets_password};
use domain::second_factor::{FactorKind, Policy};
use domain::sign_in_notice::{Outcome, ProvedBy, Unusual};
use serde::Deserialize;
use ui::component::{
    Banner, Choice, ErrorSummary, Fault, Kind, Need, Select, TextField, Tone, WayOn, Width,
};
use ui::language::Words;

use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/own-access";

/// The page of the sign-ins.
pub(crate) const SIGN_INS: &str = "/own-access/sign-ins";

#[derive(Template)]
#[template(path = "own_access.html")]
pub(super) struct OwnAccessPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) recovery: String,
    pub(super) recovery_tone: &'static str,
    pub(super) recovery_about: String,
    pub(super) password: TextField,
    pub(super) factors: Vec<FactorLine>,
    /// The form for another factor; none where nothing asks the person for one.
    pub(super) new: Option<NewFactor>,
}

/// A second factor in the list.
pub(super) struct FactorLine {
    id: String,
    name: String,
    kind: String,
    added: String,
    used: String,
    /// Identifier of the field that takes it away.
    field: String,
    /// Why it was not taken away.
    fault: Option<Fault>,
}

/// The form for another factor.
pub(super) struct NewFactor {
    /// What it is for, where the facility asks for none at sign-in.
    lead: Option<String>,
    kind: Select,
    fields: Vec<TextField>,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub(super) struct CodesPage {
    pub(super) frame: Frame,
    pub(super) codes: Vec<String>,
    pub(super) account: String,
    pub(super) day: String,
    /// The key of how a code is used.
    pub(super) how: &'static str,
}

#[derive(Template)]
#[template(path = "sign_ins.html")]
pub(super) struct SignInsPage {
    pub(super) frame: Frame,
    pub(super) heads: Vec<String>,
    pub(super) lines: Vec<SignInLine>,
}

/// A sign-in in the list.
pub(super) struct SignInLine {
    at: String,
    terminal: String,
    certificate: String,
    outcome: String,
    tone: &'static str,
    unusual: String,
}

/// What was typed into the form of another factor.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct FactorForm {
    kind: String,
    name: String,
    password: String,
}

fn factor_line(it: &SecondFactor, faults: &[(String, Fault)], words: &Words) -> FactorLine {
    let field = factor::removal_field(&it.id);
    let fault = faults.iter().find(|(name, _)| *name == field);
    FactorLine {
        fault: fault.map(|(_, fault)| fault.clone()),
        field,
        id: it.id.clone(),
        name: it.name.clone(),
        kind: kind_label(&it.kind, words),
        added: days::show_instant(&it.added_at),
        used: it
            .used_at
            .as_deref()
            .map(days::show_instant)
            .unwrap_or_default(),
    }
}

fn kind_label(kind: &str, words: &Words) -> String {
    match FactorKind::parse(kind) {
        Some(FactorKind::Totp) => words.say("factor-totp"),
        Some(FactorKind::Passkey) => words.say("factor-passkey"),
        None => kind.to_owned(),
    }
}

/// Whether codes reset the person's password, too. The codes of the others stand for a lost second factor alone.
fn resets(kind: Option<AccountKind>) -> bool {
    kind.is_some_and(resets_password)
}

fn standing(
    own: &OwnAccount,
    kind: Option<AccountKind>,
    words: &Words,
) -> (String, &'static str, String) {
    let left = own.recovery.left.to_string();
    let printed = own.recovery.printed_at.as_deref().map(days::show_instant);
    let (good, missing) = if resets(kind) {
        ("recovery-good-about", "recovery-missing-about")
    } else {
        ("recovery-good-factor", "recovery-missing-factor")
    };
    let (key, about, tone) = match Standing::parse(&own.recovery.standing) {
        Some(Standing::Good) => ("recovery-good", good, "good"),
        Some(Standing::Few) => ("recovery-few", "recovery-few-about", "warn"),
        Some(Standing::Outdated) => ("recovery-outdated", "recovery-outdated-about", "warn"),
        Some(Standing::Missing) | None => ("recovery-missing", missing, "bad"),
    };
    let mut text = words.say(about);
    if let Some(printed) = printed {
        let values = [("left", left.as_str()), ("at", &printed)];
        let gap = words.choose("", " ");
        text = format!("{text}{gap}{}", words.say_with("recovery-left", &values));
    }
    (words.say(key), tone, text)
}

/// What the page has to know of the person beside the center's own answer.
#[derive(Clone, Copy, Default)]
pub(super) struct Whose {
    /// The account's kind.
    pub(super) kind: Option<AccountKind>,
    /// Whether ambulance mode asks the account for a second factor, which it does whatever the facility asks for at sign-in.
    pub(super) in_ambulance: bool,
}

impl Whose {
    /// Asks for what matters alone: where sign-ins ask for a factor the form is there anyhow.
    async fn of(staff: &Staff, own: &OwnAccount) -> Result<Self, ClientError> {
        let is_off = Policy::parse(&own.second_factor) == Some(Policy::Off);
        let in_ambulance = if is_off && staff.may(Action::ViewInAmbulance) {
            needs_factor(&staff.client.ambulance_access(staff.token()).await?)
        } else {
            false
        };
        Ok(Self {
            kind: staff.kind(),
            in_ambulance,
        })
    }
}

/// Whether a second factor is all that ambulance mode still asks an account for, or was given already.
pub(super) fn needs_factor(access: &AmbulanceAccess) -> bool {
    matches!(access.missing.as_deref(), None | Some("factor"))
}

pub(super) fn own_access_page(
    mut frame: Frame,
    (own, whose): (&OwnAccount, Whose),
    form: &FactorForm,
    faults: &[(String, Fault)],
) -> OwnAccessPage {
    let words = frame.words.clone();
    let policy = Policy::parse(&own.second_factor).unwrap_or(Policy::Offered);
    if policy == Policy::Required && own.second_factors.is_empty() {
        let fault = faults::own(&words, "second_factor_missing", "factor-required-now");
        frame.banners.push(Banner::new(Tone::Warning, fault));
    }
    let mut fields = vec![
        TextField {
            support: words.say("factor-name-support"),
            value: form.name.clone(),
            ..TextField::new("name", words.say("factor-name"))
        },
        TextField {
            kind: Kind::Password,
            autocomplete: "current-password",
            ..TextField::new("password", words.say("own-password"))
        },
    ];
    let kinds = [
        (FactorKind::Totp, "factor-totp"),
        (FactorKind::Passkey, "factor-passkey"),
    ];
    let mut kind = [Select {
        name: "kind",
        label: words.say("factor-kind"),
        support: words.say("factor-kind-support"),
        need: Need::Required,
        width: Width::Medium,
        options: kinds
            .map(|(kind, key)| Choice {
                value: kind.as_str().into(),
                label: words.say(key),
            })
            .into(),
        value: form.kind.clone(),
        errors: Vec::new(),
    }];
    let mut codes_password = [TextField {
        kind: Kind::Password,
        autocomplete: "current-password",
        ..TextField::new("codes_password", words.say("own-password"))
    }];
    let summary = faults::spread(faults, &mut fields, &mut kind);
    faults::spread(faults, &mut codes_password, &mut []);
    let [kind] = kind;
    let [password] = codes_password;
    let (recovery, recovery_tone, recovery_about) = standing(own, whose.kind, &words);
    OwnAccessPage {
        summary,
        recovery,
        recovery_tone,
        recovery_about,
        password,
        factors: own
            .second_factors
            .iter()
            .map(|it| factor_line(it, faults, &words))
            .collect(),
        new: (policy != Policy::Off || whose.in_ambulance).then_some(NewFactor {
            lead: whose
                .in_ambulance
                .then(|| words.say("factor-for-ambulance")),
            kind,
            fields,
        }),
        frame,
    }
}

/// The page with what is wrong, after asking anew how things stand.
async fn with_faults(
    app: &App,
    staff: &Staff,
    form: &FactorForm,
    faults: &[(String, Fault)],
) -> Response {
    let own = match staff.client.own_account(staff.token()).await {
        Ok(own) => Whose::of(staff, &own).await.map(|whose| (own, whose)),
        Err(error) => Err(error),
    };
    match own {
        Ok((own, whose)) => {
            let mut frame = staff.frame(HERE);
            let told = app.browsers.with(&staff.key, |browser| browser.told.take());
            frame.banners.extend(told.flatten().map(done));
            let status = if faults.is_empty() {
                StatusCode::OK
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            let page = own_access_page(frame, (&own, whose), form, faults);
            show(status, &page)
        }
        Err(error) => staff.failed(app, &error, HERE),
    }
}

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    with_faults(&app, &staff, &FactorForm::default(), &[]).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct CodesForm {
    codes_password: String,
}

/// New codes, shown once to be printed.
pub(crate) async fn print(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<CodesForm>,
) -> Response {
    let printed = staff
        .client
        .print_recovery_codes(staff.token(), &form.codes_password);
    match printed.await {
        Ok(printed) => {
            let day = app.now().date_in_japan().to_string();
            let page = codes_page(
                staff.frame(HERE),
                printed.codes,
                (&staff.session.account.id, staff.kind()),
                &day,
            );
            show(StatusCode::OK, &page)
        }
        Err(ClientError::Problem(problem)) if matches!(problem.status, 422 | 429) => {
            let mut told: Vec<(String, Fault)> = faults::of_members(&problem, &staff.words)
                .into_iter()
                .map(|(_, fault)| ("codes_password".to_owned(), fault))
                .collect();
            if told.is_empty() {
                let fault = faults::of_problem(&problem, &staff.words);
                told.push(("codes_password".into(), fault));
            }
            with_faults(&app, &staff, &FactorForm::default(), &told).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

pub(super) fn codes_page(
    frame: Frame,
    codes: Vec<String>,
    (account, kind): (&str, Option<AccountKind>),
    day: &str,
) -> CodesPage {
    let day = days::show(day, &frame.words);
    CodesPage {
        how: if resets(kind) {
            "recovery-how"
        } else {
            "recovery-how-factor"
        },
        codes,
        account: account.to_owned(),
        day,
        frame,
    }
}

pub(super) fn sign_ins_page(frame: Frame, sign_ins: &[SignInRecord]) -> SignInsPage {
    let words = frame.words.clone();
    let heads = [
        "sign-in-at",
        "sign-in-terminal",
        "sign-in-outcome",
        "sign-in-unusual",
    ];
    SignInsPage {
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        lines: sign_ins.iter().map(|it| sign_in_line(it, &words)).collect(),
        frame,
    }
}

fn sign_in_line(it: &SignInRecord, words: &Words) -> SignInLine {
    let proved = words.say(match ProvedBy::parse(&it.proved_by) {
        Some(ProvedBy::Totp) => "proved-totp",
        Some(ProvedBy::Passkey) => "proved-passkey",
        Some(ProvedBy::RecoveryCode) => "proved-recovery-code",
        Some(ProvedBy::Password) | None => "proved-password",
    });
    let opened = Outcome::parse(&it.outcome) == Some(Outcome::Opened);
    let (key, tone) = if opened {
        ("sign-in-opened", "good")
    } else {
        ("sign-in-refused", "bad")
    };
    SignInLine {
        at: days::show_instant(&it.at),
        terminal: it.terminal.clone(),
        certificate: it.certificate.clone(),
        outcome: words.say_with(key, &[("by", proved)]),
        tone,
        unusual: unusual(&it.unusual, words),
    }
}

/// What is unusual about a sign-in, in words.
pub(super) fn unusual(unusual: &[String], words: &Words) -> String {
    let each = unusual.iter().filter_map(|name| Unusual::parse(name));
    let told: Vec<String> = each
        .map(|why| {
            words.say(match why {
                Unusual::NewCertificate => "unusual-certificate",
                Unusual::Hour => "unusual-hour",
                Unusual::Failures => "unusual-failures",
            })
        })
        .collect();
    told.join(words.choose("、", ", "))
}

/// The sign-ins; what is unusual counts as shown from now on.
pub(crate) async fn sign_ins(State(app): State<App>, staff: Staff) -> Response {
    let found = match staff.client.own_sign_ins(staff.token()).await {
        Ok(found) => found.sign_ins,
        Err(error) => return staff.failed(&app, &error, SIGN_INS),
    };
    if let Some(newest) = found.first() {
        // If it is lost the same is shown once more.
        let _ = staff
            .client
            .sign_ins_seen(staff.token(), newest.number)
            .await;
    }
    show(
        StatusCode::OK,
        &sign_ins_page(staff.frame(SIGN_INS), &found),
    )
}

/// What the main screen says of one's own account: unusual sign-ins, a missing or old record of recovery codes, a second factor to add.
pub(super) async fn reminders(staff: &Staff) -> Vec<Banner> {
    match staff.client.own_account(staff.token()).await {
        Ok(own) => banners(&own, staff.kind(), &staff.words),
        // The page itself says it when somebody goes there.
        Err(_) => Vec::new(),
    }
}

pub(super) fn banners(own: &OwnAccount, kind: Option<AccountKind>, words: &Words) -> Vec<Banner> {
    let mut banners = Vec::new();
    let mut push = |tone, code: &str, text: String, href: &str, way: &str| {
        let fault = Fault {
            code: code.into(),
            text,
        };
        let mut banner = Banner::new(tone, fault);
        banner.way_on = Some(WayOn {
            href: href.into(),
            text: words.say(way),
        });
        banners.push(banner);
    };
    for it in own.unusual_sign_ins.iter().take(3) {
        let (at, why) = (days::show_instant(&it.at), unusual(&it.unusual, words));
        let values = [
            ("at", at.as_str()),
            ("terminal", &it.terminal),
            ("why", &why),
        ];
        let text = words.say_with("unusual-sign-in", &values);
        push(
            Tone::Warning,
            "unusual_sign_in",
            text,
            SIGN_INS,
            "to-sign-ins",
        );
    }
    if kind.is_some_and(is_asked_of) {
        let told = match Standing::parse(&own.recovery.standing) {
            Some(Standing::Missing) | None => Some((Tone::Warning, "recovery-none-yet")),
            Some(Standing::Outdated) => Some((Tone::Warning, "recovery-after-password")),
            Some(Standing::Few) => Some((Tone::Note, "recovery-few-left")),
            Some(Standing::Good) => None,
        };
        if let Some((tone, key)) = told {
            push(
                tone,
                "recovery_record",
                words.say(key),
                HERE,
                "to-own-access",
            );
        }
    }
    let offered = Policy::parse(&own.second_factor) == Some(Policy::Offered);
    if offered && own.second_factors.is_empty() {
        push(
            Tone::Note,
            "second_factor_offered",
            words.say("factor-offer"),
            HERE,
            "to-own-access",
        );
    }
    banners
}
