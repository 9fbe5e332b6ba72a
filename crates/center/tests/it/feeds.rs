//! Feeds of medical information (取込): all of a batch is seen or nothing, a line that comes again replaces the earlier one, and a refusal says
//! of nobody whether they exist.

use std::os::unix::fs::PermissionsExt;

use api::medical::LookRequest;
use api::medical::record::MedicalRecord;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use center::control::{Call, Order, Reply, send};
use center::feeds::{BatchLine, FeedPart, FeedReport, NewFeed};
use domain::audit::Deed;
use domain::feed::FeedKind;
use exchange::encoding::Encoding;
use exchange::feed_file::writing;
use synthetic::card::case::Case;
use synthetic::card::holder;

use crate::world::{Clinic, World};

/// Of the person whose card is laid.
pub(crate) fn whose() -> String {
    let person = holder::registration(Case::Renewed).unwrap();
    let it = synthetic::feeds::insured(&person).unwrap();
    let symbol = it.symbol.unwrap();
    format!(
        "{},{},{},{},{}",
        it.insurer.as_digits(),
        symbol.as_str(),
        it.number.as_str(),
        it.branch.unwrap().to_digits(),
        it.birth_date
    )
}

/// A line of drugs from claims, last month.
pub(crate) fn drug(
    world: &World,
    whose: &str,
    (statement, line): (&str, u32),
    name: &str,
) -> String {
    let today = domain::civil_date::Instant::from_micros(
        world.micros.load(std::sync::atomic::Ordering::SeqCst),
    )
    .date_in_japan();
    let day = domain::medical_aid::TreatmentMonth::of(today)
        .first_day()
        .plus_days(-9);
    let month = &day.to_string()[..7];
    format!(
        "{whose},{statement},{line},{month},,架空診療所,,架空薬局,,,{day},,,{name},架空成分甲,,,,,,"
    )
}

pub(crate) fn file(kind: FeedKind, lines: &[String]) -> Vec<u8> {
    let mut bytes = writing::header(kind, Encoding::Utf8).unwrap();
    for line in lines {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

pub(crate) fn feed(kind: FeedKind) -> NewFeed {
    NewFeed {
        kind: kind.as_str().into(),
        file_name: "feed.csv".into(),
        ..NewFeed::default()
    }
}

/// Sends a file in pieces of some bytes.
pub(crate) async fn load(world: &World, feed: NewFeed, bytes: &[u8]) -> Result<FeedReport, String> {
    let mut call = Call::place(world.dir.path()).await.unwrap();
    call.announce(feed).await.unwrap();
    for piece in bytes.chunks(100) {
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

pub(crate) fn part(bytes: &[u8]) -> FeedPart {
    FeedPart::Bytes(STANDARD.encode(bytes))
}

pub(crate) async fn batches(world: &World) -> Vec<BatchLine> {
    match send(world.dir.path(), &Order::ListFeeds).await.unwrap() {
        Reply::Feeds(batches) => batches,
        other => panic!("{other:?}"),
    }
}

fn changes(it: &FeedReport) -> (u64, u64, u64) {
    (it.added, it.replaced, it.unchanged)
}

/// A clinic at which the person agreed to show the drugs, and a look at them.
pub(crate) struct Desk {
    clinic: Clinic,
    token: String,
    patient: String,
}

impl Desk {
    async fn of(world: &World) -> Self {
        let clinic = world.enrol("1319999999").await;
        let (staff, _) = clinic.administrator().await;
        let reader = clinic.sign_in("reader").await.token;
        let laid = clinic.lay(&reader, Case::Renewed, "pin").await.unwrap();
        clinic
            .answer(&reader, &laid, &[("drugs", "yes"), ("checkups", "yes")])
            .await
            .unwrap();
        let listed = clinic.client.medical_patients(&staff.token).await.unwrap();
        Self {
            patient: listed.patients[0].id.clone(),
            token: staff.token,
            clinic,
        }
    }

    async fn look(&self) -> MedicalRecord {
        let request = LookRequest {
            way: "page".into(),
            ..LookRequest::default()
        };
        let client = &self.clinic.client;
        let look = client.look_at_medical_information(&self.token, &self.patient, &request);
        look.await.unwrap()
    }

    /// The names of drugs that a test wrote, in the order they are told.
    async fn drugs(&self) -> Vec<String> {
        let record = self.look().await;
        let days = record.months.into_iter().flat_map(|it| it.days);
        let drugs = days.flat_map(|it| it.drugs).map(|it| it.name);
        drugs.filter(|name| name.starts_with("試験")).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_comes_again_changes_nothing_and_a_corrected_line_replaces_its_own_alone() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let line = |number, name| drug(&world, &whose(), ("R1", number), name);
    let first = file(FeedKind::Drugs, &[line(1, "試験錠一"), line(2, "試験錠二")]);
    let report = load(&world, feed(FeedKind::Drugs), &first).await.unwrap();
    assert_eq!(
        (report.state.as_str(), changes(&report)),
        ("published", (2, 0, 0))
    );
    assert_eq!(desk.drugs().await, ["試験錠一", "試験錠二"]);
    let again = load(&world, feed(FeedKind::Drugs), &first).await.unwrap();
    assert_eq!(changes(&again), (0, 0, 2));
    assert_eq!(desk.drugs().await, ["試験錠一", "試験錠二"]);
    let corrected = file(FeedKind::Drugs, &[line(2, "試験錠弐"), line(3, "試験錠三")]);
    let report = load(&world, feed(FeedKind::Drugs), &corrected)
        .await
        .unwrap();
    assert_eq!(changes(&report), (1, 1, 0));
    assert_eq!(desk.drugs().await, ["試験錠一", "試験錠弐", "試験錠三"]);
    let listed = batches(&world).await;
    assert_eq!(listed.len(), 3);
    assert!(
        listed
            .iter()
            .all(|it| it.state == "published" && it.report.is_none())
    );
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 6);
    assert_eq!(store.count_deeds(Deed::FeedBegin).unwrap(), 3);
    assert_eq!(store.count_deeds(Deed::FeedEnd).unwrap(), 3);
    assert!(
        store
            .verify_audit(&[], |_, _, _| true)
            .unwrap()
            .faults
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_was_another_persons_leaves_them() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let taro = "06139992,１２３,４５６７,01,1970-01-02";
    for (whose, expected) in [
        (whose(), vec!["試験錠"]),
        (taro.into(), vec![]),
        (whose(), vec!["試験錠"]),
    ] {
        let lines = [drug(&world, &whose, ("R1", 1), "試験錠")];
        let bytes = file(FeedKind::Drugs, &lines);
        load(&world, feed(FeedKind::Drugs), &bytes).await.unwrap();
        assert_eq!(desk.drugs().await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_brings_no_line_of_the_person_it_was_about_before() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let taro = "06139992,１２３,４５６７,01,1970-01-02";
    let others = [1, 2].map(|at| drug(&world, taro, ("R1", at), "他人錠"));
    let own = [drug(&world, &whose(), ("R1", 1), "試験錠")];
    for lines in [&others[..], &own] {
        let bytes = file(FeedKind::Drugs, lines);
        load(&world, feed(FeedKind::Drugs), &bytes).await.unwrap();
    }
    assert_eq!(desk.drugs().await, ["試験錠"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_and_several_are_one_and_the_same_refusal() {
    let world = World::start().await;
    let twins = "06139992,１２３,４５７１";
    let lines = [
        format!("{twins},01,2019-02-02"),
        format!("{twins},02,2019-02-02"),
        // Both of them, and nobody.
        format!("{twins},,2019-02-02"),
        format!("{twins},03,2019-02-02"),
        format!("{twins},01,2019-02-03"),
        "06139992,１２３,９９９９,01,1970-01-02".into(),
    ];
    let numbered = (1..).zip(&lines);
    let lines: Vec<String> = numbered
        .map(|(at, whose)| drug(&world, whose, (&format!("R{at}"), 1), "試験錠"))
        .collect();
    let tried = NewFeed {
        dry_run: true,
        ..feed(FeedKind::Drugs)
    };
    let report = load(&world, tried, &file(FeedKind::Drugs, &lines))
        .await
        .unwrap();
    assert_eq!(
        (report.state.as_str(), report.accepted, report.refused),
        ("tried", 2, 4)
    );
    assert_eq!(report.would.as_deref(), Some("stopped"));
    let mut told: Vec<_> = report
        .first
        .iter()
        .map(|it| (&it.reason, &it.ja, &it.en))
        .collect();
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    let places: Vec<u64> = report.first.iter().map(|it| it.line).collect();
    assert_eq!(places, [4, 5, 6, 7]);
    assert!(
        batches(&world).await.is_empty(),
        "what is tried is no batch"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_refused_lines_stop_the_batch_and_stand_in_a_file_for_the_centers_user_alone() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let line = |at: u32, name: &str| drug(&world, &whose(), ("R1", at), name);
    let bad = |line: String| line.replace("架空薬局,,", "架空薬局,???,");
    let mut lines: Vec<String> = (1..=19).map(|at| line(at, "試験錠")).collect();
    lines.push(bad(line(20, "試験錠")));
    lines.push(line(1, "試験錠再び"));
    let report = load(
        &world,
        feed(FeedKind::Drugs),
        &file(FeedKind::Drugs, &lines),
    )
    .await
    .unwrap();
    // Two of 21 are more than a twentieth.
    assert_eq!((report.state.as_str(), report.refused), ("stopped", 2));
    assert!(desk.drugs().await.is_empty());
    let reasons: Vec<_> = report.reasons.keys().map(String::as_str).collect();
    assert_eq!(reasons, ["form", "twice"]);
    let path = report.report.unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(
        text.contains("\n21,origin,form,") && text.contains("\n22,,twice,"),
        "{text}"
    );
    assert_eq!(
        batches(&world).await[0].report.as_deref(),
        Some(path.as_str())
    );
    // One of 20 is not.
    lines.pop();
    let report = load(
        &world,
        feed(FeedKind::Drugs),
        &file(FeedKind::Drugs, &lines),
    )
    .await
    .unwrap();
    assert_eq!((report.state.as_str(), report.refused), ("published", 1));
    assert_eq!(desk.drugs().await.len(), 19);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_cut_off_leaves_nothing_and_the_next_one_is_taken() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let lines = [drug(&world, &whose(), ("R1", 1), "試験錠")];
    let bytes = file(FeedKind::Drugs, &lines);
    let mut call = Call::place(world.dir.path()).await.unwrap();
    call.announce(feed(FeedKind::Drugs)).await.unwrap();
    call.send(&part(&bytes)).await.unwrap();
    let meanwhile = load(&world, feed(FeedKind::Drugs), &bytes)
        .await
        .unwrap_err();
    assert!(
        meanwhile.contains("取込") && meanwhile.contains("another feed"),
        "{meanwhile}"
    );
    assert!(desk.drugs().await.is_empty());
    drop(call);
    // The center hears of the end of the call when it hears of it.
    let given_up = async {
        while batches(&world).await[0].state != "given_up" {
            tokio::task::yield_now().await;
        }
    };
    crate::patience::in_time("the end of the batch", given_up).await;
    assert!(desk.drugs().await.is_empty());
    let report = load(&world, feed(FeedKind::Drugs), &bytes).await.unwrap();
    assert_eq!(changes(&report), (1, 0, 0));
    assert_eq!(desk.drugs().await, ["試験錠"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_of_its_kind_is_refused_with_what_to_do() {
    let world = World::start().await;
    let lines = [drug(
        &world,
        "06139992,１２３,４５６７,01,1970-01-02",
        ("R1", 1),
        "試験錠",
    )];
    let bytes = file(FeedKind::Drugs, &lines);
    let check = async |feed: NewFeed, bytes: &[u8], ja: &str, en: &str| {
        let why = load(&world, feed, bytes).await.unwrap_err();
        assert!(why.contains(ja) && why.contains(en), "{why}");
    };
    check(feed(FeedKind::Surgery), &bytes, "8番目の列", "column 8").await;
    let header = &file(FeedKind::Drugs, &[]);
    check(feed(FeedKind::Drugs), header, "行がありません", "no line").await;
    check(feed(FeedKind::Drugs), b"", "見出し", "header").await;
    let unknown = NewFeed {
        kind: "teeth".into(),
        ..feed(FeedKind::Drugs)
    };
    check(unknown, &bytes, "次のどれか", "name one of").await;
    let unknown = NewFeed {
        encoding: Some("euc".into()),
        ..feed(FeedKind::Drugs)
    };
    check(unknown, &bytes, "cp932", "name utf-8 or cp932").await;
    let wrong = NewFeed {
        encoding: Some("utf-8".into()),
        ..feed(FeedKind::Drugs)
    };
    let text = String::from_utf8(bytes.clone()).unwrap();
    let cp932 = exchange::encoding::windows_31j::encode(&text).unwrap();
    let report = load(&world, wrong, &cp932).await.unwrap();
    assert_eq!((report.state.as_str(), report.refused), ("stopped", 1));
    let right = load(&world, feed(FeedKind::Drugs), &cp932).await.unwrap();
    assert_eq!((right.state.as_str(), right.accepted), ("published", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_history_comes_back_by_feeds_as_it_was() {
    let world = World::start_with_cards().await;
    let desk = Desk::of(&world).await;
    let today = domain::civil_date::Instant::from_micros(
        world.micros.load(std::sync::atomic::Ordering::SeqCst),
    )
    .date_in_japan();
    let before = desk.look().await;
    let person = holder::registration(Case::Renewed).unwrap();
    let insured = synthetic::feeds::insured(&person).unwrap();
    let history = synthetic::history::rich(today).unwrap();
    for (kind, lines) in synthetic::feeds::lines("T", &history) {
        let mut bytes = writing::header(kind, Encoding::ShiftJis).unwrap();
        for line in &lines {
            bytes.extend(writing::line(kind, &insured, line, Encoding::ShiftJis).unwrap());
        }
        let report = load(&world, feed(kind), &bytes).await.unwrap();
        assert_eq!(
            (report.refused, report.added),
            (0, lines.len() as u64),
            "{kind:?}"
        );
    }
    let after = desk.look().await;
    let counted = |it: &MedicalRecord| {
        let days = it.months.iter().flat_map(|it| &it.days);
        days.map(|day| day.drugs.len()).sum::<usize>()
    };
    // The treatment was not agreed to, and what is older than the settings say is not shown.
    let first = &after.look_back;
    let since = |source: &str| match source {
        "claims" => first.claims.clone(),
        _ => first.prescriptions.clone(),
    };
    let shown = history.drugs.iter().flat_map(|month| {
        let since = since(month.source.as_str());
        month
            .days
            .iter()
            .filter(move |day| since <= day.dispensed.or(day.prescribed).unwrap().to_string())
    });
    let shown: usize = shown.map(|day| day.drugs.len()).sum();
    assert_eq!(counted(&after), counted(&before) + shown);
    assert_eq!(after.checkups.len(), before.checkups.len() + 5);
    assert!(after.surgeries.is_empty(), "to surgery they said nothing");
}
