//! The operator's looks at the record of looks of any facility (G27), over the control socket. Each is an event of the chain before it is
//! answered. Names nobody: a person stands there by the number they have in the registry.

use domain::account::AccountId;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::{CivilDate, Instant};
use domain::institution_code::InstitutionCode;
use domain::medical_information::kind::Basis;
use domain::person::PersonId;
use serde::{Deserialize, Serialize};
use store::looks::search::{LookSearch, Place, Placed};
use uuid::Uuid;

use crate::app::App;
use crate::trouble::how_it_stopped;

/// Looks of one answer at most.
pub const MOST_LOOKS: u32 = 5_000;

/// What an operator looks for; an absent member does not limit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookQuery {
    /// First day, in Japan: `2026-11-23`.
    pub from: Option<String>,
    /// Last day, in Japan.
    pub to: Option<String>,
    /// Institution code.
    pub facility: Option<String>,
    /// Account.
    pub account: Option<String>,
    /// Person: 32 hexadecimal digits, as `audit search` names them.
    pub person: Option<String>,
    /// `visit`, `home`, `disaster` or `ambulance`.
    pub basis: Option<String>,
    /// Only looks under an emergency.
    pub emergencies: bool,
}

/// One look, identifiers in hexadecimal or as UUIDs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookLine {
    /// Identifier.
    pub id: String,
    /// When, UTC.
    pub at: String,
    /// Where.
    pub facility: String,
    /// By whom.
    pub account: String,
    /// Of what kind the account was.
    pub account_kind: String,
    /// At whom: the person's number in the registry, in hexadecimal.
    pub person: String,
    /// Each `kind:basis:reference`.
    pub under: Vec<String>,
    /// In what way.
    pub way: String,
    /// Why.
    pub purpose: String,
    /// Whether any of it rested on an emergency.
    pub emergency: bool,
}

/// A page, and where the next one goes on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LookPage {
    /// The newest first.
    pub looks: Vec<LookLine>,
    /// Time in microseconds and number of the last one, if there may be more.
    pub next: Option<(i64, i64)>,
}

/// A page of looks, the newest first; recorded by who asks for it.
pub(crate) async fn page(
    app: &App,
    query: LookQuery,
    after: Option<(i64, i64)>,
    operator: &str,
) -> Result<LookPage, String> {
    let (facility, mut search) = parse(&query)?;
    search.after = after.map(|(at, seq)| Place {
        at: Instant::from_micros(at),
        seq,
    });
    let event = Event {
        at: app.now(),
        actor: Actor::Operator(operator.into()),
        deed: Deed::LookSearch,
        subject: search
            .people
            .as_ref()
            .and_then(|it| Some(it.first()?.as_u128())),
        detail: facility.map_or_else(
            || "facility=all".to_owned(),
            |code| format!("facility={code}"),
        ),
    };
    // A search of many pages is one search.
    if after.is_none() {
        let recorded = app.engine.record(event).await;
        recorded.map_err(|error| error.to_string())?;
    }
    let reader = app.clone();
    let found =
        tokio::task::spawn_blocking(move || reader.engine.looks_anywhere(facility, &search));
    let found = found.await.map_err(|why| how_it_stopped(&why).to_owned())?;
    let found = found.map_err(|error| error.to_string())?;
    Ok(LookPage {
        looks: found.looks.iter().map(line).collect(),
        next: found.next.map(|it| (it.at.as_micros(), it.seq)),
    })
}

fn parse(query: &LookQuery) -> Result<(Option<InstitutionCode>, LookSearch), String> {
    let day = |member: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => CivilDate::parse_iso(text).map(Some).map_err(|_| {
            format!(
                "{member}: 日付は 2026-11-23 の形で書いてください。 / write a day like 2026-11-23"
            )
        }),
    };
    let facility = query.facility.as_deref().map(InstitutionCode::parse);
    let facility = facility
        .transpose()
        .map_err(|error| format!("facility: 医療機関コード（10桁）ではありません。 / {error}"))?;
    let account = query.account.as_deref().map(AccountId::parse);
    let account = account
        .transpose()
        .map_err(|_| "account: アカウントのIDではありません。 / not an account's ID".to_owned())?;
    let people = query.person.as_deref().map(person).transpose()?;
    let basis = match query.basis.as_deref() {
        None => None,
        Some(name) => Some(Basis::parse(name).ok_or_else(|| {
            let known: Vec<&str> = Basis::ALL.iter().map(|it| it.as_str()).collect();
            format!(
                "basis: 次のいずれかです / one of these: {}",
                known.join(", ")
            )
        })?),
    };
    let next = |day: CivilDate| Instant::start_of_day_in_japan(day.plus_days(1));
    let search = LookSearch {
        from: day("from", &query.from)?.map(Instant::start_of_day_in_japan),
        until: day("to", &query.to)?.map(next),
        account,
        people: people.map(|it| vec![it]),
        basis,
        only_emergencies: query.emergencies,
        limit: MOST_LOOKS,
        ..LookSearch::default()
    };
    Ok((facility, search))
}

fn person(text: &str) -> Result<PersonId, String> {
    let id = Uuid::parse_str(text);
    id.map(|it| PersonId::from_u128(it.as_u128())).map_err(|_| {
        "person: 監査記録にある32桁の16進数を指定してください。 / give the 32 hexadecimal digits of the audit chain"
            .to_owned()
    })
}

fn line(it: &Placed) -> LookLine {
    let look = &it.look;
    LookLine {
        id: Uuid::from_u128(look.id).to_string(),
        at: look.at.to_string(),
        facility: look.facility.to_string(),
        account: look.account.as_str().into(),
        account_kind: look.account_kind.as_str().into(),
        person: format!("{:032x}", look.person.as_u128()),
        under: look
            .under
            .iter()
            .map(|it| {
                let reference = Uuid::from_u128(it.reference);
                format!("{}:{}:{reference}", it.kind.as_str(), it.basis.as_str())
            })
            .collect(),
        way: look.way.as_str().into(),
        purpose: look.purpose.as_str().into(),
        emergency: look.is_emergency(),
    }
}
