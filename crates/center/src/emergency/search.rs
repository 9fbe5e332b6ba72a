//! A search without a card, the same in every mode: who was found is on record with the mode before it is answered, and so is a refusal.

use api::emergency::asked::{Asked, read};
use api::emergency::{FoundPerson, PersonSearch, SearchOutcome};
use api::problem::Trouble;
use api::problem::emergency::EmergencyTrouble;
use domain::audit::{Deed, Event};
use domain::coverage::Registration;
use domain::emergency::description::Item;
use domain::emergency::{FOUND_FOR_S, Way, WithoutCard};
use domain::permit::Permit;
use domain::person::Person;
use store::checks::NewCheck;
use store::emergency::searches::{Came, NewSearch, SearchRecorded, Searched};
use store::kept_answers::{Earlier, KeptAnswer};
use store::registry::without_card::{FoundWithoutCard, Sought};
use uuid::Uuid;

use crate::app::random;
use crate::emergency::trouble;
use crate::records::Records;
use crate::sessions::{actor, event};
use crate::trouble::Refused;

/// What a body asks for; wrong members are all named.
pub(super) fn sought(search: &PersonSearch) -> Result<(Sought, Way), Refused> {
    let asked = read(search).map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    Ok(match asked {
        Asked::Described(description) => (Sought::Described(description), Way::Description),
        Asked::Insured(key, branch, birth_date) => (
            Sought::Insured {
                key,
                branch,
                birth_date,
            },
            Way::Insurance,
        ),
    })
}

/// Who was found, once it is on record.
pub(super) enum Found {
    /// This person, by the search of this identifier.
    One(u128, Box<Registration>),
    /// One more item would tell.
    OneMore(Item),
    /// Nobody.
    Nobody,
}

/// A search that was understood: where it is made, by what, and what it brought.
pub(super) struct Made {
    pub(super) window: Option<u128>,
    pub(super) way: Way,
    pub(super) found: FoundWithoutCard,
}

/// What a search is answered with, where it is one with what was found: the check, recorded with it, and what is kept under the request's key.
#[derive(Default)]
pub(super) struct Answered {
    pub(super) check: Option<NewCheck>,
    pub(super) kept: Option<KeptAnswer>,
}

/// What became of a search.
pub(super) enum Recorded {
    /// It is on record, and this was found.
    Now(Found),
    /// The request's key was used before.
    Before(Earlier),
}

/// Puts a search on record and only then says who was found.
pub(super) async fn record<A: WithoutCard>(
    records: &Records,
    permit: &Permit<A>,
    made: Made,
) -> Result<Found, Refused> {
    match record_answered(records, permit, made, Answered::default()).await? {
        Recorded::Now(found) => Ok(found),
        // Nothing was to be kept.
        Recorded::Before(_) => Err(Refused::internal(
            "a search answered before",
            &"nothing was to be kept",
        )),
    }
}

/// The same, with what it is answered with.
pub(super) async fn record_answered<A: WithoutCard>(
    records: &Records,
    permit: &Permit<A>,
    made: Made,
    answered: Answered,
) -> Result<Recorded, Refused> {
    let now = records.now();
    let id = records.check_ids.next(now, random()?);
    let came = match &made.found {
        FoundWithoutCard::One(one) => Came::One(one.person.id),
        FoundWithoutCard::OneMore(_) => Came::OneMore,
        FoundWithoutCard::Nobody => Came::Nobody,
    };
    let mut event = told(records, permit, Deed::EmergencySearch);
    if let Came::One(person) = came {
        event.subject = Some(person.as_u128());
    }
    let window = made.window.map(|it| Uuid::from_u128(it).to_string());
    event.detail = format!(
        "{} search={} way={} came={} window={}",
        event.detail,
        Uuid::from_u128(id),
        made.way.as_str(),
        came.as_str(),
        window.unwrap_or_default()
    );
    let new = NewSearch {
        id,
        window: made.window,
        way: made.way,
        came,
        check: answered.check,
    };
    let limits = records.emergency.search_limits();
    let recorded = records
        .engine
        .record_search(permit, new, limits, event, answered.kept);
    match recorded.await? {
        SearchRecorded::Done => {}
        SearchRecorded::Before(earlier) => return Ok(Recorded::Before(earlier)),
        SearchRecorded::TooMany(who, seconds) => {
            let why = match who {
                Searched::Account => EmergencyTrouble::TooManySearches,
                Searched::Facility => EmergencyTrouble::TooManySearchesHere,
            };
            return Err(Refused::after(trouble(why), seconds));
        }
        SearchRecorded::Closed => {
            return Err(refuse(records, permit, EmergencyTrouble::Closed).await?);
        }
    }
    Ok(Recorded::Now(match made.found {
        FoundWithoutCard::One(one) => Found::One(id, one),
        FoundWithoutCard::OneMore(item) => Found::OneMore(item),
        FoundWithoutCard::Nobody => Found::Nobody,
    }))
}

/// What is answered to a search.
pub(super) fn outcome(records: &Records, found: &Found) -> SearchOutcome {
    match found {
        Found::One(id, one) => SearchOutcome {
            found: Some(person(records, *id, &one.person)),
            item: None,
            outcome: "one".into(),
        },
        Found::OneMore(item) => SearchOutcome {
            item: Some(item.as_str().into()),
            outcome: "one_more".into(),
            found: None,
        },
        Found::Nobody => SearchOutcome {
            outcome: "nobody".into(),
            ..SearchOutcome::default()
        },
    }
}

/// The person as staff compare them with the patient. The address stays away: what was not asked about is not told.
fn person(records: &Records, search: u128, it: &Person) -> FoundPerson {
    FoundPerson {
        birth_date: it.birth_date.to_string(),
        kana: it.kana.as_ref().map(|kana| kana.as_str().to_owned()),
        name: it.name.as_str().to_owned(),
        search: Uuid::from_u128(search).to_string(),
        sex: it.sex.code().into(),
        until: records.now().plus_seconds(FOUND_FOR_S).to_string(),
    }
}

/// A refusal, on record.
pub(super) async fn refuse<A: WithoutCard>(
    records: &Records,
    permit: &Permit<A>,
    why: EmergencyTrouble,
) -> Result<Refused, Refused> {
    let mut event = told(records, permit, Deed::EmergencyRefused);
    event.detail = format!("{} code={}", event.detail, trouble(why).code());
    records.engine.record(event).await?;
    Ok(trouble(why).into())
}

/// An event under a mode.
pub(super) fn told<A: WithoutCard>(records: &Records, permit: &Permit<A>, deed: Deed) -> Event {
    let mut event = event(records.now(), actor(permit.holder().clone()), deed);
    event.detail = format!("mode={}", A::MODE.as_str());
    event
}
