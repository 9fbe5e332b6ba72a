//! What operators do for the claims entry: accounts of the review bodies, filings accepted or refused, time opened beside the calendar. Gives nobody a
//! right at the center.

pub(crate) mod openings;

use domain::account::{AccountId, AccountState};
use domain::audit::{Actor, Deed, Event};
use domain::claims::tenant::Tenant;
use domain::institution_code::InstitutionCode;
use domain::lockout;
use domain::password::Password;
use serde::{Deserialize, Serialize};
use store::accounts::Edited;
use store::claims::Key;
use store::claims::accounts::{ClaimsAccount, Made};
use store::claims::filings::{Decided, Decision, Filing};

use self::openings::{Stop, open, open_times, stop_opening};
use crate::app::{App, random};
use crate::enroll::institution;
use crate::passwords::{self, Asker};
use crate::sessions::event;
use crate::told::Told;

/// Characters a reason may have.
const MOST_REASON: usize = 200;

/// Which account is meant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimsAccountName {
    /// Review body: `fund` or `federation-NN`.
    pub tenant: String,
    /// Institution code.
    pub code: String,
    /// Identifier.
    pub id: String,
}

/// An order about the claims entry.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsOrder {
    /// Make an account: its name, and the name to show.
    AddAccount(ClaimsAccountName, String),
    /// Give an account a new first password.
    ResetAccount(ClaimsAccountName),
    /// Disable an account.
    DisableAccount(ClaimsAccountName),
    /// Enable it again.
    EnableAccount(ClaimsAccountName),
    /// List the accounts of a facility, or all; of a review body, or of all.
    ListAccounts(Option<String>, Option<String>),
    /// List the filings of all facilities.
    ListFilings,
    /// Accept a filing by its identifier.
    AcceptFiling(String),
    /// Refuse a filing, with the reason.
    RefuseFiling(String, String),
    /// Open the entry beside its calendar.
    Open(NewClaimsOpening),
    /// Take back an opening that has not begun, by its identifier.
    WithdrawOpening(String),
    /// End an opening that has begun.
    EndOpening(String),
    /// List the openings that are not over.
    ListOpenings,
}

/// Time to open beside the calendar.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewClaimsOpening {
    /// The review body; all of them without one.
    pub tenant: Option<String>,
    /// From when: RFC 3339, or day and time in Japan.
    pub from: String,
    /// Until when.
    pub until: String,
    /// Why, as facilities read it.
    pub reason: String,
}

/// What comes back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsReply {
    /// An account with its first password, shown once.
    Account(FirstPassword),
    /// Accounts.
    Accounts(Vec<ClaimsAccountLine>),
    /// Filings.
    Filings(ClaimsFilingList),
    /// Openings.
    Openings(Vec<ClaimsOpeningLine>),
    /// Done.
    Done,
}

/// An account with its first password: the person changes it at the first sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub struct FirstPassword {
    /// The account.
    pub name: ClaimsAccountName,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for FirstPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FirstPassword({:?}, …)", self.name)
    }
}

/// An account as an operator looks at it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClaimsAccountLine {
    /// Its name.
    pub name: ClaimsAccountName,
    /// Name to show.
    pub display_name: String,
    /// `active` or `disabled`.
    pub state: String,
    /// Until when it waits after wrong passwords.
    pub locked_until: Option<String>,
}

/// A filing as an operator looks at it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClaimsFilingLine {
    /// The facility's institution code.
    pub code: String,
    /// The facility's name.
    pub facility: String,
    /// The filing.
    #[serde(flatten)]
    pub filing: api::claims::ClaimsFiling,
}

/// The filings an operator looks at: those that wait first, in the order they were handed in; then the newest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClaimsFilingList {
    /// The filings, up to a bound.
    pub filings: Vec<ClaimsFilingLine>,
    /// How many there are.
    pub all: u32,
    /// How many of them wait.
    pub waiting: u32,
}

impl ClaimsFilingList {
    /// Whether there are more than it shows.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        u32::try_from(self.filings.len()).is_ok_and(|shown| shown < self.all)
    }
}

/// An opening as an operator looks at it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ClaimsOpeningLine {
    /// Identifier.
    pub id: String,
    /// The review body; none where it is for all.
    pub tenant: Option<String>,
    /// From when.
    pub from: String,
    /// Until when.
    pub until: String,
    /// Why.
    pub reason: String,
    /// Who made it.
    pub operator: String,
    /// `planned`, `open`, `ended` or `withdrawn`.
    pub state: String,
}

/// Does what an operator orders.
pub(crate) async fn obey(app: &App, order: ClaimsOrder, by: Actor) -> Result<ClaimsReply, Told> {
    match order {
        ClaimsOrder::AddAccount(name, shown) => Ok(ClaimsReply::Account(
            add_account(app, &name, &shown, by).await?,
        )),
        ClaimsOrder::ResetAccount(name) => {
            Ok(ClaimsReply::Account(reset_account(app, &name, by).await?))
        }
        ClaimsOrder::DisableAccount(name) => {
            set_state(app, &name, AccountState::Disabled, by).await?;
            Ok(ClaimsReply::Done)
        }
        ClaimsOrder::EnableAccount(name) => {
            set_state(app, &name, AccountState::Active, by).await?;
            Ok(ClaimsReply::Done)
        }
        ClaimsOrder::ListAccounts(code, tenant) => {
            let tenant = tenant.as_deref().map(tenant_of).transpose()?;
            let mut found = accounts(app, code.as_deref())?;
            if let Some(tenant) = tenant.map(|it| it.to_string()) {
                found.retain(|it| it.name.tenant == tenant);
            }
            Ok(ClaimsReply::Accounts(found))
        }
        ClaimsOrder::ListFilings => Ok(ClaimsReply::Filings(filings(app)?)),
        ClaimsOrder::AcceptFiling(id) => {
            decide(app, &id, Decision::Accept, by).await?;
            Ok(ClaimsReply::Done)
        }
        ClaimsOrder::RefuseFiling(id, reason) => {
            refuse(app, &id, &reason, by).await?;
            Ok(ClaimsReply::Done)
        }
        ClaimsOrder::Open(new) => {
            open(app, &new, by).await?;
            Ok(ClaimsReply::Done)
        }
        ClaimsOrder::WithdrawOpening(id) => {
            stop_opening(app, &id, Stop::Withdraw, by).await?;
            Ok(ClaimsReply::Done)
        }
        ClaimsOrder::EndOpening(id) => {
            stop_opening(app, &id, Stop::End, by).await?;
            Ok(ClaimsReply::Done)
        }
        ClaimsOrder::ListOpenings => Ok(ClaimsReply::Openings(open_times(app)?)),
    }
}

/// Makes an account of a review body for a facility.
pub(crate) async fn add_account(
    app: &App,
    name: &ClaimsAccountName,
    display_name: &str,
    by: Actor,
) -> Result<FirstPassword, Told> {
    let key = key(app, name)?;
    let shown = display_name.trim();
    let shown = if shown.is_empty() {
        key.id.to_string()
    } else {
        shown.to_owned()
    };
    if MOST_REASON < shown.chars().count() {
        return Err(Told::of(
            "display_name",
            "length",
            "表示名が長すぎます。",
            "the name to show is too long",
        ));
    }
    let (password, row) = new_password(app).await?;
    let account = ClaimsAccount {
        key: key.clone(),
        state: AccountState::Active,
        display_name: shown,
        password: row,
        lockout: lockout::State::default(),
    };
    let event = about(app, by, &key, "made");
    match app.engine.make_claims_account(account, event).await? {
        Made::Done => Ok(FirstPassword {
            name: name.clone(),
            password,
        }),
        Made::Taken => Err(Told::of(
            "id",
            "taken",
            "この利用者IDは、この請求先ですでに使われています。別のIDにしてください。",
            "the identifier is in use at this review body; choose another",
        )),
    }
}

/// Gives an account a new first password; its sessions end.
pub(crate) async fn reset_account(
    app: &App,
    name: &ClaimsAccountName,
    by: Actor,
) -> Result<FirstPassword, Told> {
    let key = key(app, name)?;
    let (password, row) = new_password(app).await?;
    let event = about(app, by, &key, "password=reset");
    let set = app
        .engine
        .set_claims_password(key, None, row, None, event, None);
    if set.await? != Edited::Done {
        return Err(unknown());
    }
    Ok(FirstPassword {
        name: name.clone(),
        password,
    })
}

/// Disables an account, or enables it again.
pub(crate) async fn set_state(
    app: &App,
    name: &ClaimsAccountName,
    state: AccountState,
    by: Actor,
) -> Result<(), Told> {
    let key = key(app, name)?;
    let event = about(app, by, &key, &format!("state={}", state.as_str()));
    let set = app.engine.set_claims_account_state(key, state, event);
    if set.await? { Ok(()) } else { Err(unknown()) }
}

/// The accounts of a facility, or all.
pub(crate) fn accounts(app: &App, code: Option<&str>) -> Result<Vec<ClaimsAccountLine>, Told> {
    let now = app.now();
    let facility = code.map(institution).transpose()?;
    let found = app.engine.claims_accounts(facility)?;
    let line = |it: ClaimsAccount| ClaimsAccountLine {
        name: ClaimsAccountName {
            tenant: it.key.tenant.to_string(),
            code: it.key.facility.to_string(),
            id: it.key.id.to_string(),
        },
        display_name: it.display_name,
        state: it.state.as_str().into(),
        locked_until: it
            .lockout
            .until
            .filter(|until| now < *until)
            .map(|at| at.to_string()),
    };
    Ok(found.into_iter().map(line).collect())
}

/// The filings of all facilities: those that wait first.
pub(crate) fn filings(app: &App) -> Result<ClaimsFilingList, Told> {
    let found = app.engine.filings()?;
    let filings: Result<Vec<_>, Told> = found.iter().map(|it| filing_line(app, it)).collect();
    Ok(ClaimsFilingList {
        filings: filings?,
        all: app.engine.count_filings()?,
        waiting: app.engine.count_waiting_filings()?,
    })
}

/// One filing.
pub(crate) fn filing(app: &App, id: &str) -> Result<ClaimsFilingLine, Told> {
    let found = app.engine.filing(id_of(id)?)?;
    filing_line(app, &found.ok_or_else(no_filing)?)
}

fn filing_line(app: &App, it: &Filing) -> Result<ClaimsFilingLine, Told> {
    let facility = app.engine.facility(it.facility)?;
    Ok(ClaimsFilingLine {
        code: it.facility.to_string(),
        facility: facility.map(|it| it.name).unwrap_or_default(),
        filing: super::filings::shown(it),
    })
}

/// Refuses a filing that is handed in, for a reason the facility reads.
pub(crate) async fn refuse(app: &App, id: &str, reason: &str, by: Actor) -> Result<Filing, Told> {
    let decision = Decision::Refuse(reasoned("reason", reason)?);
    decide(app, id, decision, by).await
}

/// Decides a filing that is handed in.
pub(crate) async fn decide(
    app: &App,
    id: &str,
    decision: Decision,
    by: Actor,
) -> Result<Filing, Told> {
    let id = id_of(id)?;
    let found = app.engine.filing(id)?.ok_or_else(no_filing)?;
    let what = match &decision {
        Decision::Accept => "accepted",
        Decision::Refuse(_) => "refused",
    };
    let operator = operator_of(&by);
    let mut event = event(app.now(), by, Deed::ClaimsFiling);
    event.subject = Some(id);
    event.detail = format!(
        "tenant={} facility={} kind={} state={what}",
        found.tenant,
        found.facility,
        found.kind.as_str()
    );
    match app
        .engine
        .decide_filing(id, decision, operator, event)
        .await?
    {
        Decided::Done(filing) => Ok(*filing),
        Decided::Unknown => Err(no_filing()),
        Decided::NotNow(_) => Err(Told::of(
            "id",
            "state",
            "この届出は提出前か、すでに決定されています。一覧を確かめてください。",
            "the filing is not handed in, or decided already; look at the list",
        )),
    }
}

fn operator_of(by: &Actor) -> String {
    match by {
        Actor::Operator(name) => name.clone(),
        Actor::Center | Actor::Client { .. } | Actor::Account { .. } => String::new(),
    }
}

async fn new_password(app: &App) -> Result<(String, store::accounts::PasswordRow), Told> {
    let password = Password::generate(&random::<40>()?);
    let text = password.expose().to_owned();
    let row = passwords::hash(app, Asker::Operator, password, app.now(), true).await?;
    Ok((text, row))
}

fn about(app: &App, by: Actor, key: &Key, what: &str) -> Event {
    let mut event = event(app.now(), by, Deed::ClaimsAccount);
    event.detail = format!(
        "tenant={} facility={} account={} {what}",
        key.tenant, key.facility, key.id
    );
    event
}

/// The whole name of an account, of a facility that is enrolled and hands claims in to the review body.
fn key(app: &App, name: &ClaimsAccountName) -> Result<Key, Told> {
    let tenant = tenant_of(&name.tenant)?;
    let facility: InstitutionCode = institution(&name.code)?;
    if app.engine.facility(facility)?.is_none() {
        return Err(Told::none(
            "code",
            "この医療機関は登録されていません。",
            "no such facility is enrolled",
        ));
    }
    if !tenant.serves(facility) {
        return Err(Told::of(
            "tenant",
            "other_prefecture",
            "この医療機関の請求先は、支払基金と、その都道府県の国保連合会です。",
            "a facility hands claims in to the fund and to the federation of its own prefecture",
        ));
    }
    let id = AccountId::parse(&name.id).map_err(|error| {
        Told::of(
            "id",
            "form",
            "利用者IDは半角の英数字と . _ - で32文字までです。",
            error.to_string(),
        )
    })?;
    Ok(Key {
        tenant,
        facility,
        id,
    })
}

fn tenant_of(text: &str) -> Result<Tenant, Told> {
    Tenant::parse(text).ok_or_else(|| {
        Told::of(
            "tenant",
            "form",
            "請求先は fund または federation-13 のように指定してください。",
            "a review body is fund or federation- and two digits of a prefecture, like federation-13",
        )
    })
}

fn id_of(text: &str) -> Result<u128, Told> {
    let id = uuid::Uuid::parse_str(text);
    id.map(|it| it.as_u128()).map_err(|_| {
        Told::none(
            "id",
            "この番号のものはありません。",
            "there is nothing of this identifier",
        )
    })
}

fn reasoned(member: &'static str, text: &str) -> Result<String, Told> {
    let text = text.trim();
    let is_plain = !text.chars().any(char::is_control);
    if text.is_empty() || MOST_REASON < text.chars().count() || !is_plain {
        return Err(Told::of(
            member,
            "length",
            "理由を1〜200文字で書いてください。医療機関に表示されます。",
            "write a reason of 1 to 200 characters; facilities read it",
        ));
    }
    Ok(text.to_owned())
}

/// There is no such account.
pub(crate) fn unknown() -> Told {
    Told::none(
        "id",
        "この利用者IDはありません。",
        "there is no such account",
    )
}

fn no_filing() -> Told {
    Told::none("id", "この届出はありません。", "there is no such filing")
}
