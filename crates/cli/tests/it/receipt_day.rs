//! A receipt computer through a day at a clinic, with real processes: the morning's list, reference numbers, visits by card and by number,
//! drugs of a patient who agreed, an hour without the line, each process killed in the middle. In the end every request has exactly one
//! answer, and ledger, journal and audit chain prove it.

mod receipt_computer;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use exchange::file_name::is_face_result;
use serde_json::Value;
use store::journal::Journal;

use crate::card_reader::Reader;
use crate::line::Line;
use crate::running::{Clinic, Part, wait_until};
use crate::turned_clock::TurnedClock;
use receipt_computer::ReceiptComputer;

/// Hours the clinic is open.
const HOURS: usize = 8;

/// Visits in an hour: by what the patient shows, and by card.
const BY_NUMBER: usize = 53;
const BY_CARD: usize = 12;

/// Appointments of the day, checked in one list before anybody comes.
const MORNING: usize = 300;

/// What happens in the middle of an hour.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mishap {
    None,
    GatewayKilled,
    LineCut,
    CenterKilled,
    ReceiptComputerKilled,
    ReaderGone,
}

/// The hours, from nine o'clock on.
const DAY: [Mishap; HOURS] = [
    Mishap::None,
    Mishap::GatewayKilled,
    Mishap::LineCut,
    Mishap::CenterKilled,
    Mishap::ReaderGone,
    Mishap::ReceiptComputerKilled,
    Mishap::GatewayKilled,
    Mishap::None,
];

/// Whom patients are: insurer, symbol, number, branch, birth date, and what is answered.
const PEOPLE: [[&str; 6]; 4] = [
    ["06139992", "１２３", "４５６７", "01", "19700102", "valid"],
    ["06139992", "１２３", "４５６９", "01", "19640404", "lost"],
    ["06139992", "１２３", "４５６８", "01", "19720304", "newer"],
    [
        "06139992",
        "１２３",
        "９９９９",
        "01",
        "19700102",
        "unknown",
    ],
];

/// The day of the visits, on which the people of the samples are insured or not.
const TODAY: &str = "20261123";

/// A day under way.
struct Day {
    clock: TurnedClock,
    clinic: Clinic,
    line: Line,
    runtime: tokio::runtime::Runtime,
    reader: Reader,
    gateway: Option<Part>,
    receipt_computer: ReceiptComputer,
    /// It takes results all day.
    watch: Option<Part>,
    /// Visits by number so far, and checks by card.
    numbers: usize,
    cards: Vec<String>,
}

impl Day {
    fn begin() -> Self {
        let clock = TurnedClock::start();
        let mut clinic = Clinic::start();
        clinic.trust_cards();
        clinic.enrol();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let line = runtime.block_on(Line::lay(&clinic.api));
        let reader = runtime.block_on(Reader::sign_in(&clinic, clock.clock()));
        clinic.set_up_gateway();
        clinic.deliver_faces();
        let file = clinic.path("gateway.toml");
        let settings = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, settings.replace(&clinic.api, &line.address)).unwrap();
        let gateway = Some(clinic.start_gateway());
        let receipt_computer = ReceiptComputer::set_up(&clinic);
        let watch = Some(receipt_computer.watch());
        Self {
            clock,
            clinic,
            line,
            runtime,
            reader,
            gateway,
            receipt_computer,
            watch,
            numbers: 0,
            cards: Vec::new(),
        }
    }

    /// Patients show a card at the reader.
    fn patients_by_card(&mut self, count: usize) {
        for _ in 0..count {
            self.cards.push(self.runtime.block_on(self.reader.check()));
        }
    }

    /// Somebody checks in by card until the gateway hears of it: one set up anew begins with what happens from then on. These are no
    /// visits; returns how many they were.
    fn warm_up(&mut self) -> usize {
        let checks = std::cell::Cell::new(0);
        wait_until("the first result of a reader", || {
            self.runtime.block_on(self.reader.check());
            checks.set(checks.get() + 1);
            self.report()["from_readers"] != 0
        });
        checks.get()
    }

    /// Patients show something else at the desk, and the receipt computer asks.
    fn patients_by_number(&mut self, count: usize) {
        let list = self.list("visits.csv", "PT", self.numbers..self.numbers + count);
        self.receipt_computer
            .ask(&["check", "--people", &list, "--date", TODAY]);
        self.numbers += count;
    }

    /// A list of people, each with a number that the receipt computer gives.
    fn list(&self, name: &str, mark: &str, people: std::ops::Range<usize>) -> String {
        let mut text = String::from("insurer,symbol,number,branch,birth,patient,reference\n");
        for at in people {
            let [insurer, symbol, number, branch, birth, _] = PEOPLE[at % PEOPLE.len()];
            let line =
                format!("{insurer},{symbol},{number},{branch},{birth},{mark}{at:06},K{at:06}\n");
            text.push_str(&line);
        }
        let list = self.clinic.path(name);
        std::fs::write(&list, text).unwrap();
        list
    }

    /// The list of appointments is handed in; center and link app fall over while it is worked off.
    fn morning(&mut self) {
        let list = self.list("morning.csv", "MO", 0..MORNING);
        let before = self.answered();
        let asking =
            self.receipt_computer
                .start(&["bulk-check", "--people", &list, "--date", TODAY]);
        wait_until("a reception number", || before < self.answered());
        self.clinic.center.take().unwrap().kill();
        self.gateway.take().unwrap().kill();
        self.clinic.start_center();
        self.gateway = Some(self.clinic.start_gateway());
        asking.ends_well();
        let lines = self.bulk_lines("OQSmuquc02");
        assert_eq!(lines.len(), MORNING);
        for (at, line) in lines.iter().enumerate() {
            assert_eq!(line["patient"], format!("MO{at:06}"), "in their order");
            // In a list nobody is an error of their line.
            match PEOPLE[at % PEOPLE.len()][5] {
                "unknown" => assert_eq!(line["code"], "E0010", "{line}"),
                validity => assert_eq!(line["validity"], validity, "{line}"),
            }
        }
    }

    /// The clinic's own numbers: of two people in a list, of a third alone. The first has no coverage here, which its line says.
    fn reference_numbers(&mut self) {
        let list = self.list("numbers.csv", "RN", 1..4);
        let asking = ["bulk-reference-numbers", "--people", &list];
        self.receipt_computer.start(&asking).ends_well();
        let outcomes: Vec<Value> = self
            .bulk_lines("OQSmuimm02")
            .iter()
            .map(|line| line["outcome"].clone())
            .collect();
        assert_eq!(outcomes, ["answer", "answer", "error"]);
        let [insurer, symbol, number, branch, _, _] = PEOPLE[0];
        let person = [
            "reference-number",
            "--insurer",
            insurer,
            "--symbol",
            symbol,
            "--number",
            number,
            "--branch",
            branch,
            "--reference",
            "K000000",
        ];
        self.receipt_computer.start(&person).ends_well();
    }

    /// A patient agrees to everything at the reader, and the record asks for drugs and checkups right away.
    fn a_patient_agrees(&mut self) {
        let check = self
            .runtime
            .block_on(self.reader.check_and_agree("everything"));
        let of_it = |result: &Value| result["file"].as_str().unwrap().contains(&digits(&check));
        wait_until("the result with the consents", || {
            self.receipt_computer.results().iter().any(of_it)
        });
        let results = self.receipt_computer.results();
        let result = results.iter().find(|result| of_it(result)).unwrap();
        let person = &result["people"][0];
        assert_eq!(person["consents"]["drugs"], "1", "{result}");
        let mut coverage = Vec::new();
        for member in ["insurer", "symbol", "number", "branch"] {
            if let Some(text) = person[member].as_str() {
                coverage.extend([format!("--{member}"), text.to_owned()]);
            }
        }
        let today = self.clock.clock()().date_in_japan();
        let month = |day: domain::civil_date::CivilDate| day.to_compact()[..6].to_owned();
        let months = [
            "--first".to_owned(),
            month(today.plus_months(-3)),
            "--last".to_owned(),
            month(today),
        ];
        for (command, months) in [("drugs", &months[..]), ("checkup", &[])] {
            let words = std::iter::once(command);
            let coverage = coverage.iter().chain(months).map(String::as_str);
            let asked: Vec<&str> = words.chain(coverage).collect();
            self.receipt_computer.start(&asked).ends_well();
        }
        let results = self.receipt_computer.results();
        let said = |prefix: &str| {
            let mut of_it = results.iter().filter(|result| {
                let request = result["request"].as_str();
                request.is_some_and(|request| request.starts_with(prefix))
            });
            of_it.next().unwrap().clone()
        };
        let (drugs, checkup) = (said("YZK"), said("TKK"));
        assert!(drugs["more"]["drugs"][0].is_string(), "{drugs}");
        assert!(checkup["more"]["checkups"][0].is_string(), "{checkup}");
        self.cards.push(check);
    }

    /// The lines of the one result of a bulk request.
    fn bulk_lines(&self, prefix: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for result in self.receipt_computer.results() {
            let request = result["request"].as_str().unwrap_or_default();
            if request.starts_with(prefix) && result["outcome"] == "answer" {
                found.push(result["lines"].as_array().unwrap().clone());
            }
        }
        assert_eq!(found.len(), 1, "{prefix} has one result");
        found.remove(0)
    }

    fn report(&self) -> Value {
        self.receipt_computer.report()
    }

    fn answered(&self) -> u64 {
        self.report()["answered"].as_u64().unwrap()
    }

    fn hour(&mut self, mishap: Mishap) {
        let before = self.answered();
        if mishap == Mishap::LineCut {
            self.line.cut();
        } else {
            self.patients_by_card(BY_CARD);
        }
        self.patients_by_number(BY_NUMBER);
        let in_the_middle = || before + 5 < self.answered();
        match mishap {
            Mishap::None => {}
            Mishap::ReaderGone => {
                // Nobody closes the check: within the hour the center does, and its result comes.
                let check = self.reader.check_and_fall_over("everything");
                self.cards.push(self.runtime.block_on(check));
            }
            Mishap::GatewayKilled => {
                wait_until("a few answers", in_the_middle);
                self.gateway.take().unwrap().kill();
                self.gateway = Some(self.clinic.start_gateway());
            }
            Mishap::CenterKilled => {
                wait_until("a few answers", in_the_middle);
                self.clinic.center.take().unwrap().kill();
                self.clinic.start_center();
            }
            Mishap::ReceiptComputerKilled => {
                wait_until("a few answers", in_the_middle);
                self.watch.take().unwrap().kill();
                self.watch = Some(self.receipt_computer.watch());
            }
            Mishap::LineCut => {
                self.clock.pass_seconds(3_600);
                // What was asked during the hour lies safely, whoever falls over meanwhile.
                self.gateway.take().unwrap().kill();
                self.gateway = Some(self.clinic.start_gateway());
                self.line.mend();
            }
        }
        if mishap != Mishap::LineCut {
            self.clock.pass_seconds(3_600);
        }
    }

    fn journal(&self) -> Journal {
        Journal::open(&PathBuf::from(self.clinic.path("gateway/journal.db"))).unwrap()
    }

    /// What the receipt computer kept: the file's name, its text.
    fn kept(&self) -> Vec<(String, String)> {
        let there = std::fs::read_dir(self.receipt_computer.kept()).unwrap();
        let read = |path: PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        };
        there.map(|entry| read(entry.unwrap().path())).collect()
    }
}

#[test]
fn a_receipt_computers_day_ends_with_one_answer_for_every_request() {
    let mut day = Day::begin();
    let first = day.warm_up();
    day.morning();
    day.reference_numbers();
    for mishap in DAY {
        day.hour(mishap);
    }
    day.a_patient_agrees();
    let (numbers, cards) = (day.numbers, day.cards.len());
    assert!(500 <= numbers + cards, "{numbers} and {cards} visits");

    // The line stands again and everybody runs: everything that was asked is answered.
    wait_until("every answer", || {
        day.report()["open"] == serde_json::json!([])
    });
    wait_until("every result of the reader", || {
        let kept = day.kept();
        day.cards.iter().all(|check| {
            let digits = digits(check);
            kept.iter().any(|(name, _)| name.contains(&digits))
        })
    });
    day.watch.take().unwrap().kill();
    let report = day.report();
    assert_eq!(report["asked"], report["answered"], "{report}");
    assert_eq!(report["trouble"], serde_json::json!([]), "{report}");
    let outcomes = report["outcomes"].as_object().unwrap();
    let good = ["answer", "processing"];
    assert!(
        outcomes.keys().all(|it| good.contains(&it.as_str())),
        "{report}"
    );
    // Its own crash may have it see one file again, no other.
    assert!(report["again"].as_u64().unwrap() <= 1, "{report}");
    for folder in ["req", "res", "face"] {
        let left = std::fs::read_dir(day.clinic.path(folder)).unwrap();
        assert_eq!(left.count(), 0, "nothing is left in {folder}");
    }
    every_visit_has_its_own_answer(&day);
    every_answer_holds_to_its_schema(&day);

    wait_until("the journal to note the last answer", || {
        day.journal().unfinished().unwrap().is_empty()
    });
    day.gateway.take().unwrap().kill();
    the_journal_proves_it(&day, &report);
    day.clinic.center.take().unwrap().kill();
    let audit = day.clinic.audit();
    assert_eq!(audit["whole"], true, "{audit}");
    // Each line of the list is a check too.
    let checks = numbers + MORNING + cards + first;
    assert_eq!(audit["checks"], checks, "{audit}");
}

/// The digits of a check that stand in the name of its file.
fn digits(check: &str) -> String {
    check.replace('-', "")[12..].to_owned()
}

/// Each answer is of the person who was asked about.
fn every_visit_has_its_own_answer(day: &Day) {
    let mut seen = vec![0; day.numbers];
    for result in day.receipt_computer.results() {
        let Some(patient) = result["patient"].as_str() else {
            continue;
        };
        let at: usize = patient.trim_start_matches("PT").parse().unwrap();
        assert_eq!(result["validity"], PEOPLE[at % PEOPLE.len()][5], "{result}");
        seen[at] += 1;
    }
    assert!(seen.iter().all(|count| *count == 1), "{seen:?}");
}

/// A validator of other people accepts what came.
fn every_answer_holds_to_its_schema(day: &Day) {
    let mut by_message = BTreeMap::<String, Vec<String>>::new();
    for (name, _) in day.kept() {
        let message = name.split('_').next().unwrap().to_owned();
        by_message.entry(message).or_default().push(name);
    }
    for (message, names) in by_message {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let mut xmllint = Command::new("xmllint");
        xmllint.args(["--noout", "--nonet", "--schema"]);
        xmllint.arg(format!("{root}/docs/schemas/{message}.xsd"));
        xmllint.args(names).current_dir(day.receipt_computer.kept());
        let output = xmllint.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let refused: Vec<&str> = said
            .lines()
            .filter(|line| !line.ends_with(" validates"))
            .collect();
        assert!(output.status.success(), "{message}: {refused:?}");
    }
}

/// Every request is done in the journal, and nothing is under way.
fn the_journal_proves_it(day: &Day, report: &Value) {
    let journal = day.journal();
    assert_eq!(journal.unfinished().unwrap(), []);
    assert_eq!(journal.undelivered().unwrap(), []);
    let mut answers = 0;
    for (name, _) in day.kept() {
        if !is_face_result(&name) {
            let done = journal.published("receipt", &name).unwrap();
            assert!(done, "{name}");
            answers += 1;
        }
    }
    assert_eq!(
        report["answered"], answers,
        "the ledger agrees with the journal"
    );
}
