//! Insurers and the resident register about who somebody is: where they contradict, no medical information is seen, and eligibility is told.

use api::check::{Answer, CheckRequest};
use api::medical::LookRequest;
use domain::coverage::Registration;
use domain::feed::insurer::InsurerKind;
use exchange::encoding::Encoding;
use exchange::insurer_file::writing;
use synthetic::card::case::Case;
use synthetic::card::holder;

use super::{feed, file, load, order, remarks, send_file};
use crate::world::{Clinic, World};
use center::control::Order;
use center::feeds::{FeedReport, NewFeed};

fn patient() -> Registration {
    holder::registration(Case::Renewed).unwrap()
}

/// A clinic at which the patient agreed to show the drugs.
struct Desk {
    clinic: Clinic,
    staff: String,
    reader: String,
    app: String,
    id: String,
    asked: std::cell::Cell<u32>,
}

impl Desk {
    async fn of(world: &World) -> Self {
        let clinic = world.enrol("1319999999").await;
        let (staff, _) = clinic.administrator().await;
        let reader = clinic.sign_in("reader").await.token;
        let app = clinic.sign_in("link_app").await.token;
        let laid = clinic.lay(&reader, Case::Renewed, "pin").await.unwrap();
        clinic
            .answer(&reader, &laid, &[("drugs", "yes"), ("checkups", "yes")])
            .await
            .unwrap();
        let listed = clinic.client.medical_patients(&staff.token).await.unwrap();
        Self {
            id: listed.patients[0].id.clone(),
            staff: staff.token,
            reader,
            app,
            asked: std::cell::Cell::new(0),
            clinic,
        }
    }

    /// What is answered about a number and a birth date today.
    async fn ask(&self, (insurer, symbol, number): (&str, &str, &str), born: &str) -> Answer {
        let request = CheckRequest {
            birth_date: born.into(),
            insurer_number: insurer.into(),
            symbol: Some(symbol.into()),
            number: number.into(),
            ..CheckRequest::default()
        };
        self.asked.set(self.asked.get() + 1);
        let key = format!("k{}", self.asked.get());
        let asked = self.clinic.client.check(&self.app, &key, &request).await;
        asked.unwrap().0
    }

    /// The same about the patient's own number.
    async fn ask_own(&self, born: &str) -> Answer {
        let coverage = patient().coverages.remove(0);
        let insurer = coverage.insurer.as_digits();
        let symbol = coverage.symbol.unwrap();
        let own = (insurer.as_str(), symbol.as_str(), coverage.number.as_str());
        self.ask(own, born).await
    }

    /// Whether the patient is listed, and whether a look is answered.
    async fn sees(&self) -> (bool, bool) {
        let client = &self.clinic.client;
        let listed = client.medical_patients(&self.staff).await.unwrap();
        let request = LookRequest {
            way: "page".into(),
            ..LookRequest::default()
        };
        let look = client.look_at_medical_information(&self.staff, &self.id, &request);
        (!listed.patients.is_empty(), look.await.is_ok())
    }
}

/// The patient with another name.
fn named(name: &str) -> Registration {
    let mut registration = patient();
    registration.person.name = domain::person::PersonName::parse(name).unwrap();
    registration
}

async fn say(world: &World, kind: InsurerKind, name: &str) -> FeedReport {
    say_of(world, kind, &named(name)).await
}

/// The register, or the patient's insurer, says something of them. A file of so few members may be held: an operator releases it.
async fn say_of(world: &World, kind: InsurerKind, registration: &Registration) -> FeedReport {
    let coverage = &registration.coverages[0];
    let feed = NewFeed {
        insurer: kind.is_of_insurer().then_some(coverage.insurer.as_digits()),
        ..feed(kind)
    };
    let mut bytes = file(kind, []);
    bytes.extend(writing::lines(kind, registration, coverage, Encoding::Utf8).unwrap());
    let mut report = send_file(world, feed, &bytes).await.unwrap();
    if report.state == "held" {
        let number = report.number.unwrap().to_string();
        report = order(world, Order::ReleaseFeed(number)).await.unwrap();
    }
    assert_eq!((report.state.as_str(), report.refused), ("published", 0));
    report
}

/// The patient's insurer confirms who they are.
async fn confirm(world: &World) -> FeedReport {
    let insurer = patient().coverages[0].insurer.as_digits();
    let id = writing::person_id(patient().person.id);
    let confirmed = file(
        InsurerKind::Corrections,
        [format!("{insurer},{id},,,,identity,confirmed")],
    );
    let feed = NewFeed {
        insurer: Some(insurer),
        ..feed(InsurerKind::Corrections)
    };
    send_file(world, feed, &confirmed).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_whom_the_register_says_something_else_nothing_is_seen_until_the_insurer_corrects() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    assert_eq!(desk.sees().await, (true, true));
    let name = patient().person.name.as_str().to_owned();
    // The same name, written another way, is no other name.
    let residents = say(&world, InsurerKind::Residents, &name.replace('　', " ")).await;
    assert_eq!(residents.remarks.unwrap().mismatches, 0);
    assert_eq!(desk.sees().await, (true, true));
    let claimed = say(&world, InsurerKind::Persons, "別人　花子").await;
    assert_eq!(claimed.remarks.unwrap().mismatches, 1);
    let told = remarks(&world, &claimed).await;
    assert_eq!((told[0].line, told[0].detail.as_str()), (2, "name"));
    assert_eq!(desk.sees().await, (false, false));
    // Eligibility is told all the same, and under the name of the register.
    let laid = desk.clinic.lay(&desk.reader, Case::Renewed, "pin").await;
    assert_eq!(laid.unwrap().check.verdict, 1);
    say(&world, InsurerKind::Persons, &name).await;
    assert_eq!(desk.sees().await, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mismatch_the_register_brings_ends_by_the_insurers_confirmation() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let residents = say(&world, InsurerKind::Residents, "新姓　花子").await;
    assert_eq!(residents.remarks.unwrap().mismatches, 1);
    assert_eq!(desk.sees().await, (false, false));
    let report = confirm(&world).await;
    assert_eq!((report.state.as_str(), report.replaced), ("published", 1));
    assert_eq!(desk.sees().await, (true, true));
    assert_eq!(confirm(&world).await.unchanged, 1);
    // Undone, it is as if nobody had confirmed it.
    let number = report.number.unwrap().to_string();
    order(&world, Order::UndoFeed(number)).await.unwrap();
    assert_eq!(desk.sees().await, (false, false));
    let number = residents.number.unwrap().to_string();
    order(&world, Order::UndoFeed(number)).await.unwrap();
    assert_eq!(desk.sees().await, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_insurer_confirmed_is_asked_again_when_the_register_names_somebody_else() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    say(&world, InsurerKind::Residents, "新姓　花子").await;
    confirm(&world).await;
    assert_eq!(desk.sees().await, (true, true));
    let third = say(&world, InsurerKind::Residents, "別姓　花子").await;
    assert_eq!(third.remarks.unwrap().mismatches, 1);
    assert_eq!(desk.sees().await, (false, false));
    let again = confirm(&world).await;
    assert_eq!(again.replaced, 1);
    assert_eq!(desk.sees().await, (true, true));
    // What is undone of the register is confirmed as it was.
    for (undone, sees) in [(again, (false, false)), (third, (true, true))] {
        let number = undone.number.unwrap().to_string();
        order(&world, Order::UndoFeed(number)).await.unwrap();
        assert_eq!(desk.sees().await, sees);
    }
}

fn patient_id() -> String {
    writing::person_id(patient().person.id)
}

/// Another insurer has the patient's identifier stand for a member of its own.
async fn link_wrongly(world: &World) -> (FeedReport, FeedReport) {
    let id = patient_id();
    let person = format!("06990014,{id},取違　太郎,,,,1,,1980-05-06,,");
    let coverage = format!("06990014,{id},01,架空組合,７７,1,01,1,,2026-04-01,,,,30,,");
    let claimed = load(world, InsurerKind::Persons, [person]).await;
    (
        claimed,
        load(world, InsurerKind::Coverages, [coverage]).await,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_insurer_links_wrongly_leaves_the_other_insurers_part_alone() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let name = patient().person.name.as_str().to_owned();
    say(&world, InsurerKind::Residents, &name).await;
    link_wrongly(&world).await;
    assert_eq!(desk.sees().await, (false, false));
    let wrong = format!("06990014,{},７７,1,,coverage,withdrawn", patient_id());
    let withdrawn = load(&world, InsurerKind::Corrections, [wrong.clone()]).await;
    let store = crate::places::store(&world.dir.path().join("center.db"), 6);
    let people = store.people().unwrap();
    assert!(0 < people);
    let laid = desk.clinic.lay(&desk.reader, Case::Renewed, "pin").await;
    assert_eq!(laid.unwrap().check.verdict, 1);
    assert_eq!(desk.sees().await, (true, true));
    // Undone, the link stands again, with what it kept from view.
    let number = withdrawn.number.unwrap().to_string();
    order(&world, Order::UndoFeed(number)).await.unwrap();
    assert_eq!(desk.sees().await, (false, false));
    load(&world, InsurerKind::Corrections, [wrong]).await;
    assert_eq!(desk.sees().await, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insurer_keeps_nothing_from_view_of_whom_it_does_not_insure() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let name = patient().person.name.as_str().to_owned();
    say(&world, InsurerKind::Residents, &name).await;
    let (claimed, covered) = link_wrongly(&world).await;
    // It is told of it with either file.
    for report in [claimed, covered] {
        assert_eq!(report.remarks.unwrap().mismatches, 1);
    }
    assert_eq!(desk.sees().await, (false, false));
    let lost = format!("06990014,{},７７,1,,2026-05-01,03,", patient_id());
    load(&world, InsurerKind::Losses, [lost]).await;
    assert_eq!(desk.sees().await, (true, true));
    let back = format!("06990014,{},７７,1,,loss_date,", patient_id());
    let back = load(&world, InsurerKind::Corrections, [back]).await;
    assert_eq!(back.remarks.unwrap().mismatches, 1);
    assert_eq!(desk.sees().await, (false, false));
}

/// The patient's insurer lost them to another one.
async fn lose(world: &World) -> FeedReport {
    let mut lost = patient();
    lost.coverages[0].loss = Some(domain::coverage::Loss {
        date: domain::civil_date::CivilDate::new(2026, 4, 1).unwrap(),
        reason: None,
    });
    say_of(world, InsurerKind::Losses, &lost).await
}

/// The number and the name under which another insurer links the patient.
const LINKED: ((&str, &str, &str), &str) = (("06990014", "77", "1"), "取違　太郎");

#[tokio::test(flavor = "multi_thread")]
async fn without_the_register_no_insurer_renames_whom_another_one_insures() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let born = patient().person.birth_date.to_string();
    let (claimed, covered) = link_wrongly(&world).await;
    for report in [&claimed, &covered] {
        assert_eq!(report.remarks.unwrap().mismatches, 1);
    }
    let told = remarks(&world, &claimed).await;
    assert_eq!(told[0].detail, "name,birth_date");
    assert_eq!(desk.sees().await, (false, false));
    let own = desk.ask_own(&born).await;
    assert_eq!((own.verdict, own.results.len()), (1, 1));
    assert_eq!(own.results[0].name, patient().person.name.as_str());
    // The patient's own insurer corrects whom it insures, with or without the other one's word.
    let renamed = say(&world, InsurerKind::Persons, "改姓　新").await;
    assert_eq!(renamed.remarks.unwrap().mismatches, 0);
    assert_eq!(desk.ask_own(&born).await.results[0].name, "改姓　新");
    assert_eq!(desk.sees().await, (false, false));
    let wrong = format!("06990014,{},７７,1,,coverage,withdrawn", patient_id());
    load(&world, InsurerKind::Corrections, [wrong]).await;
    assert_eq!(desk.sees().await, (true, true));
    let renamed = say(&world, InsurerKind::Persons, "再改　新").await;
    assert_eq!(renamed.remarks.unwrap().mismatches, 0);
    assert_eq!(desk.ask_own(&born).await.results[0].name, "再改　新");
    assert_eq!(desk.sees().await, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_register_whom_one_insurer_lost_the_next_one_names() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    lose(&world).await;
    let (claimed, covered) = link_wrongly(&world).await;
    for report in [claimed, covered] {
        assert_eq!(report.remarks.unwrap().mismatches, 0);
    }
    let (number, name) = LINKED;
    let answer = desk.ask(number, "1980-05-06").await;
    assert_eq!((answer.verdict, answer.results[0].name.as_str()), (1, name));
    assert_eq!(desk.sees().await, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_register_a_loss_that_comes_last_lets_the_next_insurer_name_them() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let (number, name) = LINKED;
    let (claimed, covered) = link_wrongly(&world).await;
    assert_eq!(desk.ask(number, "1980-05-06").await.verdict, 4);
    let lost = lose(&world).await;
    let answer = desk.ask(number, "1980-05-06").await;
    assert_eq!((answer.verdict, answer.results[0].name.as_str()), (1, name));
    assert_eq!(desk.sees().await, (true, true));
    undo(&world, &lost).await;
    assert_eq!(desk.ask(number, "1980-05-06").await.verdict, 4);
    assert_eq!(desk.sees().await, (false, false));
    // What the next insurer had sent before can go back as well, the newest first.
    undo(&world, &covered).await;
    assert_eq!(desk.sees().await, (true, true));
    undo(&world, &claimed).await;
    let own = desk.ask_own(&patient().person.birth_date.to_string()).await;
    assert_eq!((own.verdict, own.results.len()), (1, 1));
    assert_eq!(desk.sees().await, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_next_insurer_had_confirmed_stands_after_a_loss_is_undone() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    link_wrongly(&world).await;
    assert_eq!(desk.sees().await, (false, false));
    let confirmed = format!("06990014,{},,,,identity,confirmed", patient_id());
    let confirmed = load(&world, InsurerKind::Corrections, [confirmed]).await;
    assert_eq!(desk.sees().await, (true, true));
    let lost = lose(&world).await;
    let (number, name) = LINKED;
    let answer = desk.ask(number, "1980-05-06").await;
    assert_eq!((answer.verdict, answer.results[0].name.as_str()), (1, name));
    undo(&world, &lost).await;
    assert_eq!(desk.ask(number, "1980-05-06").await.verdict, 4);
    assert_eq!(desk.sees().await, (true, true));
    undo(&world, &confirmed).await;
    assert_eq!(desk.sees().await, (false, false));
}

/// An operator takes a batch back, which nothing stands in the way of.
async fn undo(world: &World, batch: &FeedReport) {
    let number = batch.number.unwrap().to_string();
    order(world, Order::UndoFeed(number)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_register_comes_to_say_what_the_insurer_said_that_is_who_is_stored() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    // Another insurer has said nothing of who they are.
    let other = format!(
        "06990014,{},01,架空組合,７７,1,01,1,,2026-04-01,,,,30,,",
        patient_id()
    );
    load(&world, InsurerKind::Coverages, [other]).await;
    let born = patient().person.birth_date.to_string();
    let mut new = named("新姓　新");
    new.person.birth_date = domain::civil_date::CivilDate::new(1989, 5, 26).unwrap();
    let born_new = new.person.birth_date.to_string();
    say_of(&world, InsurerKind::Residents, &patient()).await;
    let claimed = say_of(&world, InsurerKind::Persons, &new).await;
    assert_eq!(claimed.remarks.unwrap().mismatches, 1);
    assert_eq!(desk.ask_own(&born_new).await.verdict, 4);
    assert_eq!(desk.sees().await, (false, false));
    let register = say_of(&world, InsurerKind::Residents, &new).await;
    assert_eq!(register.remarks.unwrap().mismatches, 0);
    let answer = desk.ask_own(&born_new).await;
    assert_eq!(
        (answer.verdict, answer.results[0].name.as_str()),
        (1, "新姓　新")
    );
    assert_eq!(desk.ask_own(&born).await.verdict, 4);
    let laid = desk.clinic.lay(&desk.reader, Case::Renewed, "pin").await;
    assert_eq!(laid.unwrap().name, "新姓　新");
    assert_eq!(desk.sees().await, (true, true));
    // Undone, who was stored before is stored again, and contradicted as before.
    let number = register.number.unwrap().to_string();
    order(&world, Order::UndoFeed(number)).await.unwrap();
    let verdicts = [
        desk.ask_own(&born).await.verdict,
        desk.ask_own(&born_new).await.verdict,
    ];
    assert_eq!(verdicts, [1, 4]);
    assert_eq!(desk.sees().await, (false, false));
    // Once the insurer has said something else, the register's word cannot go alone.
    let register = say_of(&world, InsurerKind::Residents, &new).await;
    let mut kana = new.clone();
    kana.person.kana = None;
    say_of(&world, InsurerKind::Persons, &kana).await;
    let number = register.number.unwrap().to_string();
    let refused = order(&world, Order::UndoFeed(number)).await.unwrap_err();
    assert!(refused.contains("1 people"), "{refused}");
}
