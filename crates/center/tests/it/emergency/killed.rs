//! A center killed between and within the steps of an emergency: whatever was answered is on record, and nothing is half done.

use std::convert::Infallible;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};

use domain::account::{AccountId, AccountKind};
use domain::audit::Deed;
use domain::institution_code::InstitutionCode;
use domain::permit::{Permit, SignedIn, ViewInDisaster, ViewMedicalPages};
use store::looks::search::LookSearch;

use super::*;
use crate::no_writes::{serve_until_input_ends, start_child};
use crate::world::start_center_in_emergency;

const CHILD: &str = "emergency::killed::child_serves_an_emergency_until_it_is_killed";

/// Kills, and the answers before each: after a search, an opening and a look, with others under way.
const ANSWERS_BEFORE: [usize; 6] = [1, 2, 3, 7, 11, 20];

/// Who looks at the same time.
const DOCTORS: usize = 4;

/// What somebody has in hand: the center may never lose it.
#[derive(Debug)]
enum Answered {
    Search(String),
    Opening(String),
    Look(String),
}

/// Not a test of its own: the center below.
#[test]
fn child_serves_an_emergency_until_it_is_killed() {
    let emergency = Emergency {
        two_operators: false,
        searches_per_hour: 10_000.try_into().unwrap(),
        searches_per_hour_of_facility: 10_000.try_into().unwrap(),
        ..Emergency::default()
    };
    serve_until_input_ends(async |folder, micros| {
        start_center_in_emergency(folder, emergency, micros).await
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_between_the_steps_of_an_emergency_leave_nothing_half_done_or_unrecorded() {
    let start = |folder: &std::path::Path| {
        let mut program = Command::new(std::env::current_exe().unwrap());
        start_child(&mut program, CHILD, folder)
    };
    let dir = tempfile::tempdir().unwrap();
    let (mut center, [api, enroll]) = start(dir.path());
    let mut world = World::elsewhere(dir, api, enroll);
    world.register(&neighbours()).await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let window = world.disaster(6_000).await;
    let mut answered = Vec::new();
    for (round, enough) in ANSWERS_BEFORE.into_iter().enumerate() {
        let (tell, heard) = channel();
        let client = world.client(Some(&clinic.identity));
        let doctors: Vec<_> = (0..DOCTORS)
            .map(|_| tokio::spawn(cares(client.clone(), staff.clone(), tell.clone())))
            .collect();
        drop(tell);
        let before: Vec<Answered> = heard.iter().take(enough).collect();
        center.kill().unwrap();
        center.wait().unwrap();
        for doctor in doctors {
            let Err(end) = doctor.await.unwrap();
            assert!(
                matches!(end, ClientError::Connection(_)),
                "round {round}: {end}"
            );
        }
        assert_eq!(before.len(), enough, "round {round}");
        answered.extend(before);
        answered.extend(heard.iter());
        is_on_record(&world, &window, &answered);
        let [api, enroll];
        (center, [api, enroll]) = start(world.dir.path());
        (world.api, world.enroll) = (api, enroll);
    }
    let came: [fn(&Answered) -> bool; 3] = [
        |it| matches!(it, Answered::Search(_)),
        |it| matches!(it, Answered::Opening(_)),
        |it| matches!(it, Answered::Look(_)),
    ];
    for (step, is_it) in came.into_iter().enumerate() {
        assert!(answered.iter().any(is_it), "no answer of step {step}");
    }
    // It goes on as if nothing had been.
    let client = world.client(Some(&clinic.identity));
    let found = client
        .search_in_disaster(&staff, &search("高橋辺子", None))
        .await;
    assert!(found.unwrap().found.is_some());
    center.kill().unwrap();
    center.wait().unwrap();
}

/// Searches, opens and looks, one after the other, until nobody answers; with what that ended.
async fn cares(
    client: api::client::Client,
    staff: String,
    tell: Sender<Answered>,
) -> Result<Infallible, ClientError> {
    let asked = search("高橋辺子", None);
    loop {
        let found = client.search_in_disaster(&staff, &asked).await?;
        let id = found.found.as_ref().unwrap().search.clone();
        tell.send(Answered::Search(id)).unwrap();
        let consent = opening(&found, "unobtainable");
        let opened = client.open_in_disaster(&staff, &consent).await?;
        tell.send(Answered::Opening(opened.id.clone())).unwrap();
        let look = page();
        let seen = client.look_at_medical_information(&staff, &opened.id, &look);
        let seen = seen.await?;
        tell.send(Answered::Look(seen.look)).unwrap();
    }
}

fn permit<A: domain::permit::Permission>() -> Permit<A> {
    let permit = Permit::grant(SignedIn {
        facility: InstitutionCode::parse(CODE).unwrap(),
        account: AccountId::parse("administrator").unwrap(),
        kind: AccountKind::Administrator,
        certificate: [0; 32],
    });
    permit.unwrap()
}

/// Everything that was answered is there, and every row has its event and every event its row.
fn is_on_record(world: &World, window: &str, answered: &[Answered]) {
    let path = world.dir.path().join("center.db");
    let engine = crate::places::store(&path, 5);
    let id = |text: &str| uuid::Uuid::parse_str(text).unwrap().as_u128();
    let now = soon(world);
    let search = LookSearch {
        limit: 10_000,
        ..LookSearch::default()
    };
    let looks = engine.looks_anywhere(None, &search).unwrap().looks;
    for it in answered {
        let is_there = match it {
            Answered::Search(search) => {
                let permit = permit::<ViewInDisaster>();
                engine
                    .found_before(&permit, id(search), now)
                    .unwrap()
                    .is_some()
            }
            Answered::Opening(opening) => {
                let permit = permit::<ViewMedicalPages>();
                let sight = engine.sight(&permit, id(opening), now).unwrap();
                sight.is_some_and(|it| it.opened().len() == 3)
            }
            Answered::Look(look) => looks.iter().any(|it| it.look.id == id(look)),
        };
        assert!(is_there, "{it:?} was answered and is gone");
    }
    let used = engine.usage_under(id(window), None, 9).unwrap();
    let done: Vec<&str> = used
        .iter()
        .flat_map(|it| &it.done)
        .map(|it| it.deed)
        .collect();
    for (deed, rows) in [
        (Deed::EmergencySearch, &["search"][..]),
        (Deed::EmergencyOpening, &["opening"]),
    ] {
        let rows = done.iter().filter(|it| rows.contains(it)).count();
        assert_eq!(engine.count_deeds(deed).unwrap(), rows as u64, "{deed:?}");
    }
    assert_eq!(done.iter().filter(|it| **it == "look").count(), looks.len());
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
}

/// A moment at which what was searched just now may still be opened.
fn soon(world: &World) -> domain::civil_date::Instant {
    world.now().plus_seconds(60)
}
