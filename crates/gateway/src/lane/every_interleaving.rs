//! Whatever happens in whatever order - crashes at any step, power cuts, duplicate names, half files, locks, files and folders that go and
//! come back, a full disk, a clock that jumps, a center that is away: every request has exactly one end under its own name.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use domain::admission::WorkClass;
use domain::civil_date::Instant;
use proptest::prelude::*;
use store::journal::{Ending, Journal, Origin, Progress};

use crate::config::FolderPair;
use crate::folders::Folders;
use crate::journal_steps::Part;
use crate::lane::world::{Change, Crash, Fault, Moment, World, folder};
use crate::lane::{End, Further, Held, Lane, Outcome, Pause, Purpose, Question};
use crate::names::{Form, InWork, MARK, Name, in_work};
use crate::pace::{Room, Rooms};
use crate::spelling::Spelling;

/// Few names, so that they recur; two are one for a share that knows no capital letters.
const NAMES: [&str; 4] = [
    "OQSsiquc01req_1.xml",
    "OQSsiquc01req_2.xml",
    "oqssiquc01req_1.xml",
    "OQSsiquc01req_3.XML",
];

/// What a writer calls a file until it is whole.
const TEMPORARY: &str = ".writing.tmp";

#[derive(Debug, Clone)]
enum Event {
    Put(usize),
    PutAsTemporary(usize),
    PutHalf(usize),
    PutRubbish(usize),
    /// Every half file is written to its end.
    GoOn,
    TakeRequestAway(usize),
    TakeResults,
    Lock(usize),
    UnlockAll,
    Fault(Fault),
    Clock(i64),
    Pass(usize),
    /// One of the questions is answered.
    Answer(usize),
    /// All are, together.
    AnswerAll,
    /// The center is not there, or says later.
    Refuse,
    Later(usize),
    Close,
    /// The process ends so many steps later, at this moment of one.
    Crash(usize, Moment),
    /// The power goes so many steps later; the number says what is lost.
    PowerCut(usize, Moment, usize),
}

fn any_event() -> impl Strategy<Value = Event> {
    let name = 0..NAMES.len();
    let moment = prop_oneof![
        Just(Moment::Before),
        Just(Moment::Within),
        Just(Moment::After)
    ];
    let fault = prop_oneof![
        Just(Fault::Full),
        Just(Fault::ReadOnly),
        Just(Fault::ResultFolderGone),
        Just(Fault::NoSync),
        Just(Fault::NoLook)
    ];
    prop_oneof![
        6 => name.clone().prop_map(Event::Put),
        1 => name.clone().prop_map(Event::PutAsTemporary),
        1 => name.clone().prop_map(Event::PutHalf),
        1 => name.clone().prop_map(Event::PutRubbish),
        1 => Just(Event::GoOn),
        1 => name.clone().prop_map(Event::TakeRequestAway),
        1 => Just(Event::TakeResults),
        1 => name.prop_map(Event::Lock),
        1 => Just(Event::UnlockAll),
        1 => fault.prop_map(Event::Fault),
        2 => Just(Event::Fault(Fault::None)),
        2 => (-100_i64..100).prop_map(Event::Clock),
        8 => (0_usize..5).prop_map(Event::Pass),
        4 => (0_usize..5).prop_map(Event::Answer),
        4 => Just(Event::AnswerAll),
        1 => Just(Event::Refuse),
        1 => (0_usize..5).prop_map(Event::Later),
        5 => Just(Event::Close),
        4 => (0_usize..30, moment.clone()).prop_map(|(steps, moment)| Event::Crash(steps, moment)),
        3 => (0_usize..30, moment, any::<usize>())
            .prop_map(|(steps, moment, number)| Event::PowerCut(steps, moment, number)),
    ]
}

/// A request about which one thing is known: its token.
fn whole(token: usize) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XmlMsg><MessageHeader><ArbitraryFileIdentifier>T{token};</ArbitraryFileIdentifier></MessageHeader>\
         <MessageBody><QualificationConfirmSearchInfo></QualificationConfirmSearchInfo></MessageBody></XmlMsg>"
    )
    .into_bytes()
}

fn half(token: usize) -> Vec<u8> {
    let mut bytes = whole(token);
    bytes.truncate(bytes.len() / 2 + 10);
    bytes
}

/// The token of a request or an end.
fn token(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let start = text.find(['T', 'F']).unwrap_or(text.len());
    let start = text[start..]
        .match_indices(['T', 'F'])
        .map(|(at, _)| start + at)
        .find(|at| {
            let rest: String = text[at + 1..]
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            !rest.is_empty() && text[at + 1 + rest.len()..].starts_with(';')
        });
    let Some(start) = start else {
        return String::new();
    };
    text[start..]
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Every third request has the link app ask further by itself.
fn asks_further(token: &str) -> bool {
    token.starts_with('T') && token[1..].parse::<usize>().is_ok_and(|it| it % 3 == 0)
}

/// What a center and a reader of XML would make of a question: always the same of the same.
fn end(question: &Question) -> End {
    let token = token(&question.bytes);
    let text = String::from_utf8_lossy(&question.bytes);
    let is_whole = text.ends_with("</XmlMsg>") || question.origin == Origin::Own;
    if !is_whole {
        return End::rejected(&question.name, format!("{token}; rejected."));
    }
    let number = token[1..].parse::<usize>().unwrap_or_default();
    let original = (number % 2 == 0).then(|| format!("{token}; original.").into_bytes());
    let further = asks_further(&token).then(|| Further {
        name: Name::parse(&format!("OQSsiquc01req_f{number}.xml")).unwrap(),
        bytes: format!("F{number}; further.").into_bytes(),
    });
    End {
        ending: Ending::Answered,
        name: question.name.result(Form::Xml),
        bytes: format!("{token}; answered.").into_bytes(),
        original,
        further,
    }
}

/// Room for so many questions; one alone is that of a center in trouble.
fn rooms(most: usize) -> Rooms {
    let room = if most == 1 {
        Room::Tries {
            questions: 1,
            reads: 2,
        }
    } else {
        Room::All(most)
    };
    Rooms::from([(WorkClass::Check, room)])
}

/// What comes of a question.
fn outcome(question: &Question) -> Outcome {
    let end = end(question);
    if question.purpose == Purpose::Reading && end.ending == Ending::Answered {
        return Outcome::Readable;
    }
    Outcome::End(end)
}

struct Play {
    world: Arc<World>,
    journal: Journal,
    lane: Option<Lane>,
    questions: Vec<Question>,
    halves: Vec<(usize, usize)>,
    tokens: usize,
    seconds: i64,
    /// What is lost when the process ends next: nothing but memory, or what the number says of the unsynced.
    power: Option<usize>,
}

impl Play {
    fn new(journal: Journal) -> Self {
        let world = Arc::new(World::new());
        Self {
            world,
            journal,
            lane: None,
            questions: Vec::new(),
            halves: Vec::new(),
            tokens: 0,
            seconds: 1_000_000,
            power: None,
        }
    }

    fn now(&self) -> Instant {
        Instant::from_micros(self.seconds * 1_000_000)
    }

    fn fresh(&mut self) -> usize {
        self.tokens += 1;
        self.tokens
    }

    /// Has the process do something; if it ends meanwhile, another begins.
    fn process(&mut self, work: impl FnOnce(&mut Lane, Instant) -> Vec<Question>) {
        let now = self.now();
        let mut lane = self.lane.take().unwrap_or_else(|| self.start());
        let done = catch_unwind(AssertUnwindSafe(|| {
            let questions = work(&mut lane, now);
            (lane, questions)
        }));
        match done {
            Ok((lane, questions)) => {
                self.lane = Some(lane);
                self.questions.extend(questions);
            }
            Err(cause) => {
                assert!(cause.is::<Crash>(), "the lane itself panicked");
                self.questions.clear();
                self.world.no_crash();
                if let Some(number) = self.power.take() {
                    let cut = self.world.lose_power(number);
                    self.hold_claimed_whole(&cut);
                }
            }
        }
    }

    /// Every request the journal calls claimed, about which the center may have been asked, lies there and lost nothing.
    fn hold_claimed_whole(&self, cut: &BTreeSet<usize>) {
        for entry in self.journal.unfinished().unwrap() {
            if entry.progress == Progress::Claimed {
                let at = in_work(entry.id, Part::Request, &entry.name, entry.origin);
                let lies = self.world.id(&folder("work").join(at));
                let whole = lies.is_some_and(|id| !cut.contains(&id));
                assert!(whole, "{} is claimed and lost bytes", entry.name);
            }
        }
    }

    fn start(&self) -> Lane {
        let pair = FolderPair::new("receipt", folder("req"), folder("res"), folder("work"));
        let files: Arc<dyn crate::files::Files> = Arc::<World>::clone(&self.world);
        Lane::new(
            Folders::from(&pair),
            files,
            self.journal.clone(),
            Spelling::of(&pair),
        )
    }

    fn settle(&mut self, ends: Vec<(u128, Outcome)>) {
        self.process(|lane, now| {
            let _ = lane.settle(ends, now);
            Vec::new()
        });
    }

    fn happen(&mut self, event: &Event) {
        let req = |name: &usize| folder("req").join(NAMES[*name]);
        match event {
            Event::Put(name) => {
                let token = self.fresh();
                self.world.put(&req(name), &whole(token));
            }
            Event::PutAsTemporary(name) => {
                let token = self.fresh();
                let temporary = folder("req").join(TEMPORARY);
                self.world.put(&temporary, &whole(token));
                self.world.move_file(&temporary, &req(name));
            }
            Event::PutHalf(name) => {
                let token = self.fresh();
                self.world.put(&req(name), &half(token));
                let id = self.world.id(&req(name)).unwrap();
                self.halves.push((id, token));
            }
            Event::PutRubbish(name) => {
                let token = self.fresh();
                let rubbish = format!("T{token}; \u{0} is no XML");
                self.world.put(&req(name), rubbish.as_bytes());
            }
            Event::GoOn => {
                for (id, token) in self.halves.drain(..) {
                    self.world.go_on(id, &whole(token));
                }
            }
            Event::TakeRequestAway(name) => self.world.take_away(&req(name)),
            Event::TakeResults => {
                for path in self.world.lying_in(&folder("res")) {
                    self.world.take_away(&path);
                }
            }
            Event::Lock(name) => self.world.lock(req(name)),
            Event::UnlockAll => self.world.unlock_all(),
            Event::Fault(fault) => self.world.fault(*fault),
            Event::Clock(seconds) => self.seconds += seconds,
            Event::Pass(most) => {
                let most = *most;
                self.process(|lane, now| lane.pass(&rooms(most), Held::Looked, now).questions);
            }
            Event::Answer(at) if !self.questions.is_empty() => {
                let question = self.questions.remove(at % self.questions.len());
                self.settle(vec![(question.id, outcome(&question))]);
            }
            Event::AnswerAll => self.answer_all(),
            Event::Refuse => {
                let refused = std::mem::take(&mut self.questions);
                self.process(|lane, _| {
                    for question in refused {
                        lane.put_back(question.id, None);
                    }
                    Vec::new()
                });
            }
            Event::Later(at) if !self.questions.is_empty() => {
                let question = self.questions.remove(at % self.questions.len());
                let pause = Pause {
                    since: self.now(),
                    until: self.now().plus_seconds(5),
                };
                self.settle(vec![(question.id, Outcome::Later(pause))]);
            }
            Event::Answer(_) | Event::Later(_) => {}
            Event::Close => self.process(|lane, now| {
                let _ = lane.close(u64::MAX, now);
                Vec::new()
            }),
            Event::Crash(steps, moment) => {
                self.power = None;
                self.world.crash_after(*steps, *moment);
            }
            Event::PowerCut(steps, moment, number) => {
                self.power = Some(*number);
                self.world.crash_after(*steps, *moment);
            }
        }
    }

    fn answer_all(&mut self) {
        let all = std::mem::take(&mut self.questions);
        let ends = all.iter().map(|it| (it.id, outcome(it)));
        let ends: Vec<(u128, Outcome)> = ends.collect();
        self.settle(ends);
    }

    /// Everything is well again, and time passes until nothing is left to do.
    fn come_to_rest(&mut self) {
        self.world.no_crash();
        self.world.unlock_all();
        self.world.fault(Fault::None);
        for _ in 0..60 {
            self.seconds += 60;
            self.happen(&Event::TakeResults);
            self.happen(&Event::Pass(64));
            self.answer_all();
            self.happen(&Event::Close);
        }
        // What could not be deleted on the way is deleted by the next start.
        self.lane = None;
        self.happen(&Event::Pass(64));
    }

    /// Reads the history and holds it against the rule.
    fn judge(&self) {
        let mut asked: BTreeMap<String, String> = BTreeMap::new();
        let mut ends: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut answered: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut lying: BTreeMap<std::path::PathBuf, usize> = BTreeMap::new();
        let in_folder = |path: &Path, name: &str| path.parent() == Some(folder(name).as_path());
        for (change, id) in self.world.history() {
            let bytes = self.world.content(id);
            let token = token(&bytes);
            match &change {
                Change::Link(path, _) if in_folder(path, "req") => {
                    // Written over by its own writer: the earlier one asks no more.
                    if let Some(earlier) = lying.get(path) {
                        let earlier = self.world.content(*earlier);
                        asked.remove(&self::token(&earlier));
                    }
                    if Name::parse(&file_name(path)).is_some() {
                        asked.insert(token, file_name(path));
                    }
                }
                Change::Rename(from, to) if in_folder(from, "req") && in_folder(to, "req") => {
                    if let Some(earlier) = lying.get(to) {
                        let earlier = self.world.content(*earlier);
                        asked.remove(&self::token(&earlier));
                    }
                    asked.insert(token, file_name(to));
                }
                Change::Unlink(path) if in_folder(path, "req") => {
                    asked.remove(&token);
                }
                Change::Rename(from, to) if in_folder(from, "req") && in_folder(to, "work") => {
                    let name = file_name(from).to_lowercase();
                    taken.entry(name).or_default().push(token);
                }
                Change::Rename(from, to) if in_folder(from, "work") && in_folder(to, "res") => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let name = file_name(to);
                    let part = InWork::parse(&file_name(from)).unwrap();
                    if part.request.is_some() {
                        assert_eq!(asked.get(&token), Some(&name), "given back under its name");
                    } else {
                        assert!(text.ends_with('.'), "published half: {text:?} as {name}");
                        if !text.ends_with("original.") {
                            let over = part.part == Part::Result && lying.contains_key(to);
                            assert!(!over, "{name} was put over another");
                            let place = name
                                .to_lowercase()
                                .replace("res_", "req_")
                                .replace(".err", ".xml");
                            answered.entry(place).or_default().push(token.clone());
                            ends.entry(token).or_default().push(name);
                        }
                    }
                }
                _ => {}
            }
            match change {
                Change::Link(path, id) => {
                    lying.insert(path, id);
                }
                Change::Rename(from, to) => {
                    lying.remove(&from);
                    lying.insert(to, id);
                }
                Change::Unlink(path) => {
                    lying.remove(&path);
                }
            }
        }
        for (token, name) in &asked {
            let expected = Name::parse(name).unwrap();
            let found = ends.get(token).cloned().unwrap_or_default();
            let [published] = found.as_slice() else {
                panic!("{token} ({name}) has the ends {found:?}");
            };
            let allowed = [expected.result(Form::Xml), expected.rejection()];
            assert!(allowed.contains(published), "{token}: {published}");
            if asks_further(token) && *published == allowed[0] {
                let further = format!("F{}", &token[1..]);
                let found = ends.get(&further).cloned().unwrap_or_default();
                assert_eq!(found.len(), 1, "{further} has the ends {found:?}");
            }
        }
        for (token, found) in &ends {
            assert!(
                asked.contains_key(token) || token.starts_with('F'),
                "{token} was not asked and has the ends {found:?}"
            );
        }
        // Of requests with one name each is answered in its turn.
        for (name, tokens) in &taken {
            assert_eq!(answered.get(name), Some(tokens), "the order of {name}");
        }
        let ours = |it: &&std::path::PathBuf| {
            !in_folder(it, "res") && !it.ends_with(TEMPORARY) && !it.ends_with(MARK)
        };
        let left: Vec<_> = lying.keys().filter(ours).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        assert!(self.journal.unfinished().unwrap().is_empty());
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// A folder in memory where there is one: the journal syncs, and no disk is meant here.
fn journal() -> (tempfile::TempDir, Journal) {
    let memory = tempfile::tempdir_in("/dev/shm");
    let dir = memory.or_else(|_| tempfile::tempdir()).unwrap();
    let journal = Journal::open(&dir.path().join("journal.db")).unwrap();
    (dir, journal)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_request_has_exactly_one_end_under_its_own_name(
        events in proptest::collection::vec(any_event(), 1..60),
    ) {
        let (_dir, journal) = journal();
        let mut play = Play::new(journal);
        for event in &events {
            play.happen(event);
        }
        play.come_to_rest();
        play.judge();
    }
}

/// One request, ended at every step and every moment of one, by a crash and by a power cut that loses little or all.
#[test]
fn a_single_request_survives_the_end_of_the_process_at_every_step() {
    for put in [Event::Put(0), Event::PutRubbish(0)] {
        for steps in 0..60 {
            for moment in [Moment::Before, Moment::Within, Moment::After] {
                for power in [None, Some(0), Some(1), Some(7), Some(usize::MAX)] {
                    let (_dir, journal) = journal();
                    let mut play = Play::new(journal);
                    play.tokens = 5;
                    play.happen(&put);
                    play.happen(&match power {
                        None => Event::Crash(steps, moment),
                        Some(number) => Event::PowerCut(steps, moment, number),
                    });
                    for _ in 0..3 {
                        play.seconds += 60;
                        play.happen(&Event::Pass(64));
                        play.answer_all();
                        play.happen(&Event::Close);
                    }
                    play.come_to_rest();
                    play.judge();
                }
            }
        }
    }
}

#[test]
fn ten_thousand_files_at_once_all_come_to_their_end_in_their_order() {
    let (_dir, journal) = journal();
    let mut play = Play::new(journal);
    // Numbers that ask nothing further.
    let numbers = (1..15_001).filter(|it| it % 3 != 0);
    for number in numbers.clone() {
        let name = format!("OQSsiquc01req_{number:05}.xml");
        play.world.put(&folder("req").join(name), &whole(number));
    }
    let mut asked = Vec::new();
    let mut passes = 0;
    while asked.len() < 10_000 {
        passes += 1;
        assert!(passes < 1_000, "{} of 10,000", asked.len());
        play.happen(&Event::Pass(512));
        asked.extend(play.questions.iter().map(|it| it.name.as_str().to_owned()));
        play.answer_all();
        play.happen(&Event::Close);
    }
    assert!(asked.is_sorted(), "the first come first");
    play.come_to_rest();
    play.judge();
}
