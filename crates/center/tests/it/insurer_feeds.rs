//! Insurers' feeds (取込): members, coverages, certificates, losses and corrections come whole or not at all, what changes too much waits for
//! an operator, what was published can be undone, and of whom the register says something else no medical information is seen.

mod identity;
mod misuse;
pub(crate) mod resuming;

use api::check::{Answer, CheckRequest};
use center::control::{Call, Order, Reply, send};
use center::feeds::{FeedPart, FeedReport, NewFeed};
use center::insurer_feeds::RemarkLine;
use domain::audit::Deed;
use domain::feed::insurer::InsurerKind;
use exchange::encoding::Encoding;
use exchange::insurer_file::writing;

use crate::feeds::part;
use crate::world::{Clinic, World};

pub(crate) const INSURER: &str = "06990014";

/// A member's identifier.
pub(crate) fn id(at: u32) -> String {
    format!("00000000-0000-0000-9000-{at:012}")
}

pub(crate) fn person(at: u32) -> String {
    format!("{INSURER},{},架空　員{at},,ｶｸｳ ｲﾝ,,1,,1980-05-06,,", id(at))
}

pub(crate) fn coverage(at: u32, ratio: &str) -> String {
    format!(
        "{INSURER},{},01,架空組合,７７,{at},01,1,,2026-04-01,,2026-04-01,,{ratio},,",
        id(at)
    )
}

pub(crate) fn loss(at: u32, date: &str) -> String {
    format!("{INSURER},{},７７,{at},,{date},03,", id(at))
}

pub(crate) fn correction(at: u32, item: &str, value: &str) -> String {
    format!("{INSURER},{},７７,{at},,{item},{value}", id(at))
}

pub(crate) fn file(kind: InsurerKind, lines: impl IntoIterator<Item = String>) -> Vec<u8> {
    let mut bytes = writing::header(kind, Encoding::Utf8).unwrap();
    for line in lines {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

pub(crate) fn feed(kind: InsurerKind) -> NewFeed {
    NewFeed {
        kind: kind.as_str().into(),
        file_name: "insurer.csv".into(),
        insurer: kind.is_of_insurer().then(|| INSURER.into()),
        ..NewFeed::default()
    }
}

/// Sends a file in pieces.
pub(crate) async fn send_file(
    world: &World,
    feed: NewFeed,
    bytes: &[u8],
) -> Result<FeedReport, String> {
    let mut call = Call::place(world.dir.path()).await.unwrap();
    call.announce(feed).await.unwrap();
    for piece in bytes.chunks(4_000) {
        match call.send(&part(piece)).await.unwrap() {
            Reply::FeedProgress(_) => {}
            Reply::Refused(why) => return Err(why),
            other => panic!("{other:?}"),
        }
    }
    match call.send(&FeedPart::End).await.unwrap() {
        Reply::Feed(report) => Ok(*report),
        Reply::Refused(why) => Err(why),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn load(
    world: &World,
    kind: InsurerKind,
    lines: impl IntoIterator<Item = String>,
) -> FeedReport {
    send_file(world, feed(kind), &file(kind, lines))
        .await
        .unwrap()
}

/// So many members with a ratio.
pub(crate) async fn members(world: &World, count: u32) {
    let persons = load(world, InsurerKind::Persons, (0..count).map(person)).await;
    let coverages = (0..count).map(|at| coverage(at, "30"));
    let coverages = load(world, InsurerKind::Coverages, coverages).await;
    for report in [persons, coverages] {
        assert_eq!(
            (report.state.as_str(), report.added),
            ("published", u64::from(count))
        );
    }
}

pub(crate) async fn order(world: &World, order: Order) -> Result<FeedReport, String> {
    match send(world.dir.path(), &order).await.unwrap() {
        Reply::Feed(report) => Ok(*report),
        Reply::Refused(why) => Err(why),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn remarks(world: &World, batch: &FeedReport) -> Vec<RemarkLine> {
    let order = Order::FeedRemarks(batch.number.unwrap().to_string(), None);
    match send(world.dir.path(), &order).await.unwrap() {
        Reply::FeedRemarks(remarks) => remarks,
        other => panic!("{other:?}"),
    }
}

/// A clinic that asks about members.
pub(crate) struct Desk {
    clinic: Clinic,
    token: String,
    asked: std::cell::Cell<u32>,
}

impl Desk {
    pub(crate) async fn of(world: &World) -> Self {
        let clinic = world.enrol("1319999999").await;
        let token = clinic.sign_in("link_app").await.token;
        Self {
            clinic,
            token,
            asked: std::cell::Cell::new(0),
        }
    }

    /// What is answered about a member today.
    pub(crate) async fn ask(&self, at: u32) -> Answer {
        let request = CheckRequest {
            birth_date: "1980-05-06".into(),
            insurer_number: INSURER.into(),
            symbol: Some("77".into()),
            number: at.to_string(),
            ..CheckRequest::default()
        };
        self.asked.set(self.asked.get() + 1);
        let key = format!("k{}", self.asked.get());
        let asked = self.clinic.client.check(&self.token, &key, &request).await;
        asked.unwrap().0
    }

    pub(crate) async fn verdict(&self, at: u32) -> u8 {
        self.ask(at).await.verdict
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_answered_as_their_insurer_says_and_a_file_twice_changes_nothing() {
    let world = World::start().await;
    let desk = Desk::of(&world).await;
    members(&world, 3).await;
    assert_eq!([desk.verdict(0).await, desk.verdict(9).await], [1, 4]);
    for (kind, lines) in [
        (InsurerKind::Persons, person(0)),
        (InsurerKind::Coverages, coverage(0, "30")),
    ] {
        let again = load(&world, kind, [lines]).await;
        assert_eq!((again.unchanged, again.added, again.replaced), (1, 0, 0));
    }
    let lost = load(&world, InsurerKind::Losses, [loss(0, "2026-05-01")]).await;
    assert_eq!(lost.replaced, 1);
    assert_eq!([desk.verdict(0).await, desk.verdict(1).await], [2, 1]);
    let again = load(&world, InsurerKind::Losses, [loss(0, "2026-05-01")]).await;
    assert_eq!(again.unchanged, 1);
    let back = load(
        &world,
        InsurerKind::Corrections,
        [correction(0, "loss_date", "")],
    )
    .await;
    assert_eq!((back.replaced, desk.verdict(0).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_the_batch_it_was_answered_from() {
    let world = World::start().await;
    let desk = Desk::of(&world).await;
    members(&world, 1).await;
    let check = desk.ask(0).await.check_id;
    load(&world, InsurerKind::Losses, [loss(0, "2026-05-01")]).await;
    let later = desk.ask(0).await.check_id;
    let mut numbers = Vec::new();
    for check in [check, later] {
        let order = Order::FeedSources("1319999999".into(), check);
        let Reply::Feeds(batches) = send(world.dir.path(), &order).await.unwrap() else {
            panic!("no batches");
        };
        numbers.extend(batches.iter().map(|it| (it.number, it.kind.clone())));
    }
    // The second from the loss, and from the card that stayed.
    let named = [(2, "coverages"), (2, "coverages"), (3, "losses")];
    assert_eq!(numbers, named.map(|(at, kind)| (at, kind.to_owned())));
    let foreign = Order::FeedSources("3410712362".into(), desk.ask(0).await.check_id);
    let refused = send(world.dir.path(), &foreign).await.unwrap();
    assert!(matches!(refused, Reply::Refused(_)), "{refused:?}");
    // Who asked is on record, also of what was refused.
    let store = crate::places::store(&world.dir.path().join("center.db"), 6);
    assert_eq!(store.count_deeds(Deed::FeedRead).unwrap(), 3);
}

/// As in 2025-07, when a setting of one city's system left ratios blank.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_takes_the_ratio_of_a_twentieth_waits_for_an_operator() {
    let world = World::start().await;
    let desk = Desk::of(&world).await;
    members(&world, 40).await;
    let one = load(&world, InsurerKind::Coverages, [coverage(0, "")]).await;
    assert_eq!(one.state, "published");
    let two = load(
        &world,
        InsurerKind::Coverages,
        [1, 2].map(|at| coverage(at, "")),
    )
    .await;
    assert_eq!(
        (two.state.as_str(), two.added, two.replaced),
        ("held", 0, 0)
    );
    let weighed = two.weighed.unwrap();
    assert_eq!(
        (weighed.before.with_ratio, weighed.after.with_ratio),
        (39, 37)
    );
    assert!(two.held_for[0].1.contains("co-payment ratio"));
    let ratio = |answer: Answer| answer.results[0].ratio_percent;
    assert!(ratio(desk.ask(1).await).is_some());
    // Until it is settled, the insurer's other files wait.
    let losses = file(InsurerKind::Losses, [loss(3, "2026-05-01")]);
    let waits = send_file(&world, feed(InsurerKind::Losses), &losses);
    let why = waits.await.unwrap_err();
    // The command, and the buttons of the page.
    let buttons = ["「取り込む」", "「却下する」", "Release it", "Reject it"];
    for part in ["onshi feed release 4"].iter().chain(&buttons) {
        assert!(why.contains(part), "{part}: {why}");
    }
    let number = two.number.unwrap().to_string();
    let rejected = order(&world, Order::RejectFeed(number.clone()))
        .await
        .unwrap();
    assert_eq!(rejected.state, "rejected");
    assert!(order(&world, Order::ReleaseFeed(number)).await.is_err());
    assert!(ratio(desk.ask(1).await).is_some());
    let two = load(
        &world,
        InsurerKind::Coverages,
        [1, 2].map(|at| coverage(at, "")),
    )
    .await;
    let number = two.number.unwrap().to_string();
    let released = order(&world, Order::ReleaseFeed(number)).await.unwrap();
    assert_eq!(
        (released.state.as_str(), released.replaced),
        ("published", 2)
    );
    assert!(ratio(desk.ask(1).await).is_none());
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 6);
    for (deed, count) in [(Deed::FeedReject, 1), (Deed::FeedRelease, 1)] {
        assert_eq!(store.count_deeds(deed).unwrap(), count);
    }
}

/// As it came then: days before the certificates begin.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_batch_takes_from_a_later_day_on_holds_it_as_well() {
    let world = World::start().await;
    let today = domain::civil_date::Instant::from_micros(
        world.micros.load(std::sync::atomic::Ordering::SeqCst),
    )
    .date_in_japan();
    let elderly = |at: u32, (from, until): (i32, i32), ratio: &str| {
        let (from, until) = (today.plus_days(from), today.plus_days(until));
        format!(
            "{INSURER},{},７７,{at},,elderly,,{from},{until},{ratio},,,,,,,,,",
            id(at)
        )
    };
    load(&world, InsurerKind::Persons, (0..40).map(person)).await;
    let coverages = (0..40).map(|at| coverage(at, ""));
    load(&world, InsurerKind::Coverages, coverages).await;
    let now = (0..40).map(|at| elderly(at, (-100, 10), "20"));
    let now = load(&world, InsurerKind::Certificates, now).await;
    assert_eq!((now.state.as_str(), now.replaced), ("published", 40));
    let blank = (0..40).map(|at| elderly(at, (11, 375), ""));
    let blank = load(&world, InsurerKind::Certificates, blank).await;
    assert_eq!((blank.state.as_str(), blank.replaced), ("held", 0));
    let weighed = blank.weighed.unwrap();
    assert_eq!((weighed.ratio_gone, weighed.after.with_ratio), (40, 40));
    assert!(blank.held_for[0].1.contains("co-payment ratio"));
    let number = blank.number.unwrap().to_string();
    order(&world, Order::RejectFeed(number)).await.unwrap();
    let next = (0..40).map(|at| elderly(at, (11, 375), "20"));
    let next = load(&world, InsurerKind::Certificates, next).await;
    assert_eq!((next.state.as_str(), next.replaced), ("published", 40));
    let ahead = today.plus_days(30).to_string();
    let lost = (0..40).map(|at| loss(at, &ahead));
    let lost = load(&world, InsurerKind::Losses, lost).await;
    let gone = lost.weighed.unwrap().members_gone;
    assert_eq!((lost.state.as_str(), gone), ("held", 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_file_ends_what_it_does_not_name_and_tells_so() {
    let world = World::start().await;
    let desk = Desk::of(&world).await;
    members(&world, 30).await;
    let full = NewFeed {
        full: true,
        ..feed(InsurerKind::Coverages)
    };
    let named = file(InsurerKind::Coverages, (1..30).map(|at| coverage(at, "30")));
    let report = send_file(&world, full.clone(), &named).await.unwrap();
    assert_eq!(
        (report.state.as_str(), report.replaced, report.unchanged),
        ("published", 1, 29)
    );
    assert_eq!([desk.verdict(0).await, desk.verdict(1).await], [2, 1]);
    let told = remarks(&world, &report).await;
    assert_eq!((told.len(), told[0].what.as_str()), (1, "unnamed"));
    assert_eq!(told[0].person.as_deref(), Some(id(0).as_str()));
    // One that is named again stays lost: the line is taken, and the insurer is told how to take the loss back.
    let again = file(InsurerKind::Coverages, (0..30).map(|at| coverage(at, "30")));
    let report = send_file(&world, full.clone(), &again).await.unwrap();
    assert_eq!((report.state.as_str(), report.refused), ("published", 0));
    assert_eq!(report.remarks.unwrap().lost, 1);
    assert_eq!([desk.verdict(0).await, desk.verdict(1).await], [2, 1]);
    let told = remarks(&world, &report).await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].what.as_str(), told[0].line), ("lost", 2));
    assert_eq!(told[0].person.as_deref(), Some(id(0).as_str()));
    assert!(told[0].detail.ends_with(",99"), "{}", told[0].detail);
    assert!(told[0].ja.contains("loss_date"), "{}", told[0].ja);
    // Half of all members gone is no change of members.
    let half = file(
        InsurerKind::Coverages,
        (15..30).map(|at| coverage(at, "30")),
    );
    let report = send_file(&world, full, &half).await.unwrap();
    assert_eq!(report.state, "held");
    assert_eq!(report.weighed.unwrap().members_gone, 14);
    assert_eq!(desk.verdict(1).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_file_ends_nothing_of_whom_it_has_a_refused_line_and_takes_a_changed_number() {
    let world = World::start().await;
    let desk = Desk::of(&world).await;
    members(&world, 60).await;
    let full = NewFeed {
        full: true,
        ..feed(InsurerKind::Coverages)
    };
    let bad = coverage(0, "3割");
    let today = world.now().date_in_japan();
    let began = today.plus_days(-50);
    let moved = format!(
        "{INSURER},{},01,架空組合,７７,101,01,1,,{began},,{began},,30,,",
        id(1)
    );
    let good = || (2..60).map(|at| coverage(at, "30"));
    let named = file(
        InsurerKind::Coverages,
        [bad, moved].into_iter().chain(good()),
    );
    let report = send_file(&world, full.clone(), &named).await.unwrap();
    assert_eq!((report.state.as_str(), report.refused), ("published", 1));
    assert_eq!([desk.verdict(0).await, desk.verdict(101).await], [1, 1]);
    let told = remarks(&world, &report).await;
    let told: Vec<(u64, Option<&str>, &str)> = told
        .iter()
        .map(|it| (it.line, it.person.as_deref(), it.detail.as_str()))
        .collect();
    let (first, second) = (id(0), id(1));
    let expected = [
        (2, Some(first.as_str()), "form"),
        // By nobody's notification, and so many days late.
        (3, Some(second.as_str()), "0,40"),
        (3, Some(second.as_str()), "end,1"),
    ];
    assert_eq!(told, expected);
    // A line that names nobody may be anybody's: nothing ends for not being named.
    let nobodys = coverage(2, "30").replacen(&id(2), "somebody", 1);
    let lines = [nobodys].into_iter().chain(good().skip(1));
    let text = file(InsurerKind::Coverages, lines);
    let report = send_file(&world, full, &text).await.unwrap();
    assert_eq!((report.state.as_str(), report.refused), ("published", 1));
    assert_eq!([desk.verdict(0).await, desk.verdict(2).await], [1, 1]);
    assert_eq!(report.remarks.unwrap().unnamed, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undone_batch_leaves_everything_as_it_was() {
    let world = World::start().await;
    let desk = Desk::of(&world).await;
    members(&world, 3).await;
    let changes = [coverage(0, "20"), coverage(1, "20")];
    let changed = load(&world, InsurerKind::Coverages, changes).await;
    load(&world, InsurerKind::Losses, [loss(1, "2026-05-01")]).await;
    let number = changed.number.unwrap().to_string();
    let refused = order(&world, Order::UndoFeed(number.clone()))
        .await
        .unwrap_err();
    assert!(
        refused.contains("batch 4") && refused.contains("1 people"),
        "{refused}"
    );
    let ratio = |answer: Answer| answer.results[0].ratio_percent;
    assert_eq!(ratio(desk.ask(0).await), Some(20));
    order(&world, Order::UndoFeed("4".into())).await.unwrap();
    order(&world, Order::UndoFeed(number.clone()))
        .await
        .unwrap();
    assert_eq!(ratio(desk.ask(0).await), Some(30));
    assert_eq!(desk.verdict(1).await, 1);
    assert!(order(&world, Order::UndoFeed(number)).await.is_err());
    for number in ["2", "1"] {
        order(&world, Order::UndoFeed(number.into())).await.unwrap();
    }
    assert_eq!(desk.verdict(0).await, 4);
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 6);
    assert_eq!(
        store.people().unwrap(),
        synthetic::samples::people().len() as u64
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn late_registrations_are_told_by_line_and_by_insurer() {
    let world = World::start().await;
    let today = domain::civil_date::Instant::from_micros(
        world.micros.load(std::sync::atomic::Ordering::SeqCst),
    )
    .date_in_japan();
    load(&world, InsurerKind::Persons, (0..3).map(person)).await;
    let acquired = |at: u32, days: i32, notified: i32| {
        format!(
            "{INSURER},{},01,架空組合,７７,{at},01,1,,{},,,,30,,{}",
            id(at),
            today.plus_days(-days),
            today.plus_days(-notified)
        )
    };
    let lines = [acquired(0, 9, 5), acquired(1, 9, 2), acquired(2, 20, 8)];
    let report = load(&world, InsurerKind::Coverages, lines).await;
    assert_eq!(report.remarks.unwrap().late, 2);
    let told = remarks(&world, &report).await;
    let days: Vec<&str> = told.iter().map(|it| it.detail.as_str()).collect();
    assert_eq!(days, ["2,0", "7,3"]);
    let order = Order::LateRegistrations;
    let Reply::LateRegistrations(late) = send(world.dir.path(), &order).await.unwrap() else {
        panic!("no list");
    };
    let it = &late[0];
    assert_eq!(
        (it.insurer.as_str(), it.late, it.by_employer, it.by_insurer),
        (INSURER, 2, 2, 1)
    );
}
