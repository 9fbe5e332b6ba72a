//! Claims and checks: what was registered changed since, and what the facility asked at the time counts as proof.

use api::check::CheckRequest;
use domain::coverage::{Coverage, Loss};
use domain::insurer_number::InsurerNumber;

use super::*;

/// The day on which everybody was checked.
const CHECKED: &str = "2026-09-20T10:00:00+09:00";

fn asked(person: &Registration, coverage: &Coverage) -> CheckRequest {
    CheckRequest {
        birth_date: person.person.birth_date.to_string(),
        insurer_number: coverage.insurer.as_digits(),
        number: coverage.number.as_str().into(),
        symbol: coverage.symbol.as_ref().map(|it| it.as_str().into()),
        visit_date: Some("2026-09-20".into()),
        ..CheckRequest::default()
    }
}

/// Those who came, with their one coverage.
fn with_one_coverage<'a>(
    made: &'a [MadeClaim],
    people: &'a [Registration],
) -> Vec<(&'a MadeClaim, &'a Registration, &'a Coverage)> {
    let one = |claim: &'a MadeClaim| {
        let person = &people[claim.person as usize];
        let [coverage] = person.coverages.as_slice() else {
            return None;
        };
        coverage
            .symbol
            .is_some()
            .then_some((claim, person, coverage))
    };
    made.iter().filter_map(one).collect()
}

/// A clinic that was signed in in September; the administrator's token at the center.
async fn in_september(people: &[Registration]) -> (Claimant, String) {
    let world = world_at(CHECKED).await;
    let claimant = Claimant::at(world, "fund", people).await;
    let token = administrator(&claimant).await;
    (claimant, token)
}

/// The token of a new session of the clinic's administrator.
async fn administrator(claimant: &Claimant) -> String {
    let clinic = &claimant.clinic;
    let session = clinic.try_sign_in("administrator", "Kanri-7654321", true);
    session.await.unwrap().token
}

/// Turns to the days of sending, and signs in there.
async fn in_october(claimant: &mut Claimant) {
    to_send(claimant, IN_TIME).await;
}

async fn to_send(claimant: &mut Claimant, at: &str) {
    turn_to(&claimant.world, at);
    let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
    let session = claimant.clinic.client.claims_sign_in(&asked).await;
    claimant.session = session.unwrap();
}

#[tokio::test]
async fn an_eligibility_that_changed_yesterday_is_told_with_the_check_that_was_made_before() {
    let people = people(60);
    let clinic = made(ReviewBody::Fund);
    let made = claims(&clinic, &people);
    let (mut claimant, token) = in_september(&people).await;
    let alone = with_one_coverage(&made, &people);
    let (claim, person, coverage) = alone[0];
    let answered = claimant
        .clinic
        .client
        .check(&token, "key-1", &asked(person, coverage))
        .await;
    let answered = answered.unwrap().0;
    assert_eq!(answered.verdict, 1);
    in_october(&mut claimant).await;
    // Yesterday an insurer reported: since August the person has been with another one.
    let mut changed = person.clone();
    let mut other = coverage.clone();
    other.insurer = InsurerNumber::parse("06139992").unwrap();
    changed.coverages[0].loss = Some(Loss {
        date: domain::civil_date::CivilDate::new(2026, 8, 2).unwrap(),
        reason: None,
    });
    changed.coverages.push(other);
    let engine = crate::places::store(&claimant.world.dir.path().join("center.db"), 7);
    engine.store_people(vec![changed]).await.unwrap();
    let sent = claimant.send(&file(&clinic, &made), 1 << 20).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!((checked.refused, checked.to_confirm), (0, 1));
    let number = made.iter().position(|it| it == claim).unwrap() as u32 + 1;
    let found = claimant.findings(&sent.id).await;
    assert!(found.iter().all(|it| it.claim == Some(number)), "{found:?}");
    assert!(found.iter().any(|it| it.rule == "other_insurer"));
    let results = claimant.results(&sent.id).await;
    let [result] = results.as_slice() else {
        panic!("one claim: {results:?}");
    };
    let proposal = result.proposal.as_ref().unwrap();
    assert_eq!(proposal.kind, "move");
    assert_eq!(proposal.parts[0].insurer_number, "06139992");
    // The receipt of September is verified and counts as proof of what was answered then.
    assert_eq!(result.proofs.len(), 1);
    assert_eq!(result.proofs[0].check_id, answered.check_id);
    assert_eq!(
        (result.proofs[0].day.as_str(), result.proofs[0].verdict),
        ("2026-09-20", 1)
    );
    let file = claimant.file(&sent.id, ClaimsFile::Corrections).await;
    let line = file.lines().nth(1).unwrap();
    assert!(
        line.contains("振替") && line.contains(&answered.check_id),
        "{line}"
    );
}

#[tokio::test]
async fn a_claim_that_states_no_check_is_excused_by_a_check_of_the_month() {
    let people = people(60);
    let clinic = made(ReviewBody::Fund);
    let mut made = claims(&clinic, &people);
    let (mut claimant, token) = in_september(&people).await;
    let alone = with_one_coverage(&made, &people);
    let (first, second) = (alone[0], alone[1]);
    let (checked, unchecked) = (first.0.clone(), second.0.clone());
    let asked = asked(first.1, first.2);
    claimant
        .clinic
        .client
        .check(&token, "key-1", &asked)
        .await
        .unwrap();
    in_october(&mut claimant).await;
    for claim in &mut made {
        if *claim == checked || *claim == unchecked {
            claim.lines.retain(|it| !it.starts_with(b"SN,1,"));
        }
    }
    let at = |wanted: &MadeClaim| {
        let found = made.iter().position(|it| it.person == wanted.person);
        u32::try_from(found.unwrap()).unwrap() + 1
    };
    let sent = claimant.send(&file(&clinic, &made), 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    let found = claimant.findings(&sent.id).await;
    let never: Vec<_> = found
        .iter()
        .filter(|it| it.rule == "never_confirmed")
        .map(|it| it.claim)
        .collect();
    assert_eq!(never, [Some(at(&unchecked))], "{found:?}");
}

/// The persons whose claims state no check, and none was found.
async fn never_confirmed(
    claimant: &Claimant,
    clinic: &MadeClinic,
    claims: &[MadeClaim],
) -> Vec<u64> {
    let sent = claimant.send(&file(clinic, claims), 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    let found = claimant.findings(&sent.id).await;
    let never = found.iter().filter(|it| it.rule == "never_confirmed");
    never
        .map(|it| claims[it.claim.unwrap() as usize - 1].person)
        .collect()
}

#[tokio::test]
async fn a_check_excuses_the_month_of_the_visit_it_is_about_whenever_it_was_asked() {
    let people = people(120);
    let september = made(ReviewBody::Fund);
    let october = MadeClinic {
        month: TreatmentMonth::parse_iso("2026-10").unwrap(),
        ..made(ReviewBody::Fund)
    };
    let mut of_september = claims(&september, &people);
    let mut of_october = claims(&october, &people);
    let mut both = with_one_coverage(&of_september, &people);
    both.retain(|(claim, ..)| of_october.iter().any(|it| it.person == claim.person));
    let question = |at: usize, day: &str| CheckRequest {
        visit_date: Some(day.into()),
        ..asked(both[at].1, both[at].2)
    };
    // One is asked about on the day before the visit, the other days after it.
    let (before, after) = (question(0, "2026-10-01"), question(1, "2026-09-29"));
    let persons = [both[0].0.person, both[1].0.person];
    for claim in of_september.iter_mut().chain(&mut of_october) {
        if persons.contains(&claim.person) {
            claim.lines.retain(|it| !it.starts_with(b"SN,1,"));
        }
    }
    let world = world_at("2026-09-30T10:00:00+09:00").await;
    let mut claimant = Claimant::at(world, "fund", &people).await;
    let token = administrator(&claimant).await;
    let client = &claimant.clinic.client;
    client.check(&token, "key-1", &before).await.unwrap();
    turn_to(&claimant.world, "2026-10-02T10:00:00+09:00");
    let token = administrator(&claimant).await;
    client.check(&token, "key-2", &after).await.unwrap();
    in_october(&mut claimant).await;
    let never = never_confirmed(&claimant, &september, &of_september).await;
    assert_eq!(never, [persons[0]]);
    to_send(&mut claimant, "2026-11-07T12:00:00+09:00").await;
    let never = never_confirmed(&claimant, &october, &of_october).await;
    assert_eq!(never, [persons[1]]);
}
