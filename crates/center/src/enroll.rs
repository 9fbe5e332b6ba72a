//! Enrolment by an operator (G08, contracts §9): a facility, its first accounts, its notice. Keeps no reference ID.

use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::{Actor, Deed, Event};
use domain::facility_kind::FacilityKind;
use domain::identification::{Abilities, FaceCapability, TerminalKeys};
use domain::institution_code::InstitutionCode;
use domain::lockout;
use domain::password::Password;
use domain::reader::ReaderId;
use pki::notice::{DOWNLOAD_DAYS, ReferenceId, RequestId, VALIDITY_MONTHS};
use serde::{Deserialize, Serialize};
use store::access::{Earlier, Facility, Notice};
use store::accounts::{Account, Created};

use crate::app::{App, random};
use crate::passwords;
use crate::trouble::Refused;

/// A facility to enroll.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Institution code.
    pub code: String,
    /// Kind of facility; by the institution code when absent.
    #[serde(default)]
    pub kind: Option<String>,
    /// Name.
    pub name: String,
    /// Terminal name.
    pub terminal: String,
}

/// What a reader has that only an operator can vouch for (contracts §2).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderEnrolment {
    /// Institution code.
    pub code: String,
    /// The reader: its account, or `pc:` and the name of a terminal.
    pub reader: String,
    /// Whether it holds terminal keys, which let a card sign without its PIN.
    pub terminal_keys: bool,
    /// Whether it compares faces.
    pub face: bool,
}

/// What the operator hands to the facility, shown once: the notice's block and the first accounts.
#[derive(Clone, Serialize, Deserialize)]
pub struct Enrolled {
    /// Issuer (発行者): the root's fingerprint stands beside it.
    pub issuer: String,
    /// SHA-256 of the root.
    pub root_fingerprint: String,
    /// Subject (発行先).
    pub code: String,
    /// Terminal name (端末名称等).
    pub terminal: String,
    /// Request ID.
    pub request_id: String,
    /// Reference ID.
    pub reference_id: String,
    /// Months the certificate is valid from its download.
    pub validity_months: i32,
    /// Last day of download.
    pub download_until: String,
    /// Address of the download page (電子証明書ダウンロードサイト).
    pub download_site: String,
    /// The secret number of the application (G06), with which the operator resets the master; empty when the facility has one already.
    #[serde(default)]
    pub secret_number: String,
    /// The accounts made, with their first passwords; empty when the facility had its accounts already.
    pub accounts: Vec<FirstAccount>,
}

impl std::fmt::Debug for Enrolled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Enrolled({}, …)", self.code)
    }
}

/// An account made at set-up.
#[derive(Clone, Serialize, Deserialize)]
pub struct FirstAccount {
    /// Kind.
    pub kind: String,
    /// Identifier.
    pub id: String,
    /// First password; a person changes it at the first sign-in.
    pub password: String,
}

impl std::fmt::Debug for FirstAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FirstAccount({}, …)", self.id)
    }
}

/// Enrols a facility or another of its terminals; an error is a text for the operator.
pub(crate) async fn enroll(app: &App, enrolment: Enrolment) -> Result<Enrolled, String> {
    let now = app.now();
    let code = InstitutionCode::parse(&enrolment.code).map_err(|error| format!("code: {error}"))?;
    let by_code = || FacilityKind::of_fee_table_digit(code.fee_table_digit());
    let kind = enrolment
        .kind
        .as_deref()
        .map_or_else(by_code, FacilityKind::parse);
    let kind = kind.ok_or("kind: one of medical, dental, pharmacy, home_nursing")?;
    for (member, text, max) in [
        ("name", &enrolment.name, 100),
        ("terminal", &enrolment.terminal, 60),
    ] {
        domain::personal_text::check(text, max).map_err(|error| format!("{member}: {error}"))?;
    }
    let failed = |error: store::engine::StoreError| error.to_string();
    let refused = |_: Refused| "the center failed; see its log".to_owned();
    // Two PCs under one name could not be told apart: neither in the list nor when one is revoked.
    if app
        .engine
        .knows_terminal(code, &enrolment.terminal)
        .map_err(failed)?
    {
        return Err(taken(code, &enrolment.terminal));
    }
    let known = app.engine.facility(code).map_err(failed)?.is_some();
    app.engine
        .store_facility(Facility {
            code,
            kind,
            name: enrolment.name,
        })
        .await
        .map_err(failed)?;
    let mut accounts = Vec::new();
    let mut secret_number = String::new();
    if !known {
        let kinds = [AccountKind::Master]
            .into_iter()
            .chain(kind.differences().set_up_accounts.iter().copied());
        let mut rows = Vec::new();
        for kind in kinds {
            let id = AccountId::parse(kind.as_str()).map_err(|error| error.to_string())?;
            let password = Password::generate(&random::<40>().map_err(refused)?);
            accounts.push(FirstAccount {
                kind: kind.as_str().into(),
                id: id.to_string(),
                password: password.expose().into(),
            });
            rows.push(Account {
                facility: code,
                id,
                kind,
                state: AccountState::Active,
                display_name: kind.label_ja().into(),
                designation: None,
                ambulance: domain::codes::setting::Right::NotGiven,
                password: passwords::hash(app, password, now, !kind.is_system())
                    .await
                    .map_err(refused)?,
                lockout: lockout::State::default(),
            });
        }
        let created = app.engine.create_accounts(rows, Vec::new(), None);
        if let Created::Taken(id) = created.await.map_err(failed)? {
            return Err(format!("account {id} exists already"));
        }
        secret_number = crate::recoveries::give_secret_number(app, &enrolment.code).await?;
    }
    if !known {
        let mut event =
            crate::sessions::event(now, Actor::Operator("local".into()), Deed::FacilityEnroll);
        event.detail = format!("facility={code}");
        app.engine.record(event).await.map_err(failed)?;
    }
    let notice = notice(app, code, enrolment.terminal, Earlier::Stay).await?;
    Ok(Enrolled {
        secret_number,
        accounts,
        ..notice
    })
}

/// Why a terminal's name is not enrolled again, and the way on.
fn taken(code: InstitutionCode, terminal: &str) -> String {
    format!(
        "端末名称等 {terminal} は {code} に登録済みです。再発行は onshi enroll reissue で、別の端末は別の名称で登録してください。 / \
         terminal: {code} has one named {terminal}; issue its certificate anew with `onshi enroll reissue`, or name another terminal otherwise"
    )
}

/// Makes a notice for a facility's terminal; an error is a text for the operator.
pub(crate) async fn notice(
    app: &App,
    code: InstitutionCode,
    terminal: String,
    earlier: Earlier,
) -> Result<Enrolled, String> {
    let now = app.now();
    let refused = |_: Refused| "the center failed; see its log".to_owned();
    let request = RequestId::generate(random().map_err(refused)?);
    let reference = ReferenceId::generate(random().map_err(refused)?);
    let deadline = now.date_in_japan().plus_days(DOWNLOAD_DAYS);
    let row = Notice {
        request_id: request.as_str().into(),
        reference_hash: reference.hash(),
        facility: code,
        terminal: terminal.clone(),
        issued: now,
        deadline,
        wrong_tries: 0,
        earlier,
        closed: false,
    };
    let event = Event {
        at: now,
        actor: Actor::Operator("local".into()),
        deed: Deed::NoticeIssue,
        subject: None,
        detail: format!("facility={code}"),
    };
    let stored = app.engine.store_notice(row, event).await;
    stored.map_err(|error| error.to_string())?;
    Ok(Enrolled {
        issuer: "onshi issuing CA".into(),
        root_fingerprint: app.authority.root_fingerprint(),
        code: code.to_string(),
        terminal,
        request_id: request.printed(),
        reference_id: reference.printed(),
        validity_months: VALIDITY_MONTHS,
        download_until: deadline.to_string(),
        download_site: app
            .download_site
            .get()
            .map(|site| site.address.clone())
            .unwrap_or_default(),
        secret_number: String::new(),
        accounts: Vec::new(),
    })
}

/// Enrols a reader; an error is a text for the operator.
pub(crate) async fn enroll_reader(app: &App, enrolment: ReaderEnrolment) -> Result<(), String> {
    let code = InstitutionCode::parse(&enrolment.code).map_err(|error| format!("code: {error}"))?;
    let wrong = "reader: the reader's account, or pc: and the name of a terminal";
    let reader = ReaderId::parse(&enrolment.reader).ok_or(wrong)?;
    // Comparing faces ends in a signature without PIN.
    if enrolment.face && !enrolment.terminal_keys {
        return Err("face: a reader that compares faces needs terminal keys, too".into());
    }
    let abilities = Abilities {
        terminal_keys: if enrolment.terminal_keys {
            TerminalKeys::Enrolled
        } else {
            TerminalKeys::None
        },
        face: if enrolment.face {
            FaceCapability::Enrolled
        } else {
            FaceCapability::None
        },
    };
    let event = Event {
        at: app.now(),
        actor: Actor::Operator("local".into()),
        deed: Deed::ReaderEnroll,
        subject: None,
        detail: format!(
            "facility={code} reader={reader} terminal_keys={} face={}",
            abilities.terminal_keys.as_str(),
            abilities.face.as_str()
        ),
    };
    let known = app
        .engine
        .enroll_reader(code, reader, abilities, event)
        .await
        .map_err(|error| error.to_string())?;
    if !known {
        return Err(format!(
            "reader: {code} has no active reader account and no terminal of this name"
        ));
    }
    app.events.wake(code);
    Ok(())
}
