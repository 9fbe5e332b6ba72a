//! Whose turn it is: which files are asked about next, and which wait.

use std::sync::Arc;

use domain::admission::WorkClass;
use domain::civil_date::Instant;
use store::journal::{Ending, Journal};

use crate::config::FolderPair;
use crate::files::Files;
use crate::folders::Folders;
use crate::lane::world::{Fault, World, folder};
use crate::lane::{End, Held, Lane, Outcome, Purpose, Question};
use crate::names::{Form, beside, original};
use crate::pace::{Room, Rooms};
use crate::spelling::Spelling;

const NOW: Instant = Instant::from_micros(1_000_000_000_000);

const ONE: &str = "OQSsiquc01req_1.xml";
const ONE_RESULT: &str = "OQSsiquc01res_1.xml";

/// A result without original texts.
fn answer(question: &Question, bytes: &str) -> End {
    End {
        ending: Ending::Answered,
        name: question.name.result(Form::Xml),
        bytes: bytes.as_bytes().to_vec(),
        original: None,
        further: None,
    }
}

fn tries(questions: usize, reads: usize) -> Room {
    Room::Tries { questions, reads }
}

/// A link app over folders in memory.
struct Desk {
    world: Arc<World>,
    lane: Lane,
    _dir: tempfile::TempDir,
}

impl Desk {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let world = Arc::new(World::new());
        let files: Arc<dyn Files> = Arc::<World>::clone(&world);
        let pair = FolderPair::new("receipt", folder("req"), folder("res"), folder("work"));
        let journal = Journal::open(&dir.path().join("journal.db")).unwrap();
        let lane = Lane::new(Folders::from(&pair), files, journal, Spelling::of(&pair));
        Self {
            world,
            lane,
            _dir: dir,
        }
    }

    fn put(&self, name: &str) {
        self.world.put(&folder("req").join(name), b"what it says");
    }

    fn pass(&mut self, rooms: &[(WorkClass, Room)]) -> Vec<Question> {
        let rooms: Rooms = rooms.iter().copied().collect();
        let pass = self.lane.pass(&rooms, Held::Looked, NOW);
        assert!(pass.stuck.is_none(), "{:?}", pass.stuck);
        pass.questions
    }

    /// Asks about the first name, and publishes and closes what is answered.
    fn answer_one(&mut self, bytes: &str, texts: Option<&[u8]>) {
        self.put(ONE);
        let question = self.pass(&[(WorkClass::Check, Room::All(64))]).remove(0);
        let mut end = answer(&question, bytes);
        end.original = texts.map(<[u8]>::to_vec);
        let ends = vec![(question.id, Outcome::End(end))];
        self.lane.settle(ends, NOW).unwrap();
        self.lane.close(u64::MAX, NOW).unwrap();
    }

    /// What lies in the place of the first name's result.
    fn result(&self) -> Vec<u8> {
        let id = self.world.id(&folder("res").join(ONE_RESULT)).unwrap();
        self.world.content(id)
    }

    /// The names of what is asked about.
    fn asked(&mut self, rooms: &[(WorkClass, Room)]) -> Vec<String> {
        let questions = self.pass(rooms);
        let names = questions.iter().map(|it| it.name.as_str().to_owned());
        names.collect()
    }
}

#[test]
fn a_single_check_is_asked_while_bulk_requests_taken_before_it_are_turned_away() {
    let mut desk = Desk::open();
    desk.put("OQSmuquc01req_1.xml");
    let open = (WorkClass::Bulk, Room::All(64));
    let turned_away = desk.pass(&[(WorkClass::Check, Room::All(64)), open]);
    assert_eq!(turned_away[0].class, WorkClass::Bulk);
    desk.lane.put_back(turned_away[0].id, None);
    desk.put("OQSsiquc01req_2.xml");
    let rooms = [
        (WorkClass::Check, Room::All(64)),
        (WorkClass::Bulk, tries(0, 0)),
    ];
    assert_eq!(desk.asked(&rooms), ["OQSsiquc01req_2.xml"]);
    assert_eq!(desk.asked(&[open]), ["OQSmuquc01req_1.xml"]);
}

#[test]
fn a_file_that_comes_to_nothing_each_time_lets_others_try() {
    let mut desk = Desk::open();
    for number in 1..=3 {
        desk.put(&format!("OQSmuquc01req_{number}.xml"));
    }
    let one = [(WorkClass::Bulk, tries(1, 0))];
    let mut tried = Vec::new();
    for _ in 0..6 {
        let question = desk.pass(&one).remove(0);
        tried.push(question.name.as_str().to_owned());
        desk.lane.put_back(question.id, None);
    }
    let (first, second) = tried.split_at(3);
    assert_eq!(first, second, "in turn");
    assert!(first.is_sorted() && first[0] != first[1], "{first:?}");
}

#[test]
fn while_the_center_is_away_each_file_is_read_once_and_asked_about_later() {
    let mut desk = Desk::open();
    for number in 1..=3 {
        desk.put(&format!("OQSsiquc01req_{number}.xml"));
    }
    let away = [(WorkClass::Check, tries(1, 64))];
    let questions = desk.pass(&away);
    let purposes: Vec<Purpose> = questions.iter().map(|it| it.purpose).collect();
    let (asking, reading) = (Purpose::Asking, Purpose::Reading);
    assert_eq!(purposes, [asking, reading, reading]);
    desk.lane.put_back(questions[0].id, None);
    let read = questions[1..].iter().map(|it| (it.id, Outcome::Readable));
    desk.lane.settle(read.collect(), NOW).unwrap();
    let nothing: [(WorkClass, Room); 1] = [(WorkClass::Check, tries(0, 64))];
    assert!(desk.pass(&nothing).is_empty(), "read already");
    let all = [(WorkClass::Check, Room::All(64))];
    assert_eq!(desk.asked(&all).len(), 3);
}

#[test]
fn what_is_published_later_is_touched_later() {
    let mut desk = Desk::open();
    let open = [(WorkClass::Check, Room::All(64))];
    for number in 1..=2 {
        desk.put(&format!("OQSsiquc01req_{number}.xml"));
        let question = desk.pass(&open).remove(0);
        let end = End::rejected(&question.name, "why".into());
        let ends = vec![(question.id, Outcome::End(end))];
        desk.lane.settle(ends, NOW).unwrap();
        assert_eq!(desk.lane.published(), Some(number));
    }
    assert_eq!(desk.lane.close(1, NOW).unwrap(), 1);
    assert_eq!(desk.lane.published(), Some(2));
    assert_eq!(desk.lane.close(2, NOW).unwrap(), 1);
    assert_eq!(desk.lane.published(), None);
}

#[test]
fn where_it_cannot_be_told_whether_a_result_lies_in_its_place_the_next_is_not_put_over_it() {
    let mut desk = Desk::open();
    desk.answer_one("first", None);
    desk.put(ONE);
    let question = desk.pass(&[(WorkClass::Check, Room::All(64))]).remove(0);
    desk.world.fault(Fault::NoLook);
    let end = vec![(question.id, Outcome::End(answer(&question, "second")))];
    assert!(desk.lane.settle(end, NOW).is_err());
    let look = |desk: &mut Desk| desk.lane.pass(&Rooms::new(), Held::Looked, NOW);
    assert!(look(&mut desk).stuck.is_some(), "tried again");
    assert_eq!(desk.result(), b"first");
    desk.world.fault(Fault::None);
    assert!(desk.pass(&[]).is_empty());
    assert_eq!((desk.result(), desk.lane.held()), (b"first".to_vec(), 1));
    // The same once it waits: what was noted is looked for anew.
    desk.world.fault(Fault::NoLook);
    assert!(look(&mut desk).stuck.is_some(), "tried again");
    desk.world.fault(Fault::None);
    desk.world.take_away(&folder("res").join(ONE_RESULT));
    assert!(desk.pass(&[]).is_empty());
    assert_eq!((desk.result(), desk.lane.held()), (b"second".to_vec(), 0));
}

#[test]
fn a_result_taken_before_the_next_is_published_leaves_no_original_texts_beside_that_one() {
    let mut desk = Desk::open();
    desk.answer_one("first", Some(b"its texts"));
    let texts = folder("res").join(original(ONE_RESULT));
    assert!(desk.world.exists(&texts));
    desk.put(ONE);
    let question = desk.pass(&[(WorkClass::Check, Room::All(64))]).remove(0);
    // After the next was written, and before it is moved.
    let taken = folder("res").join(ONE_RESULT);
    desk.world.take_away_at_sync(taken);
    let end = vec![(question.id, Outcome::End(answer(&question, "second")))];
    desk.lane.settle(end, NOW).unwrap();
    assert!(desk.pass(&[]).is_empty());
    assert_eq!((desk.result(), desk.lane.held()), (b"second".to_vec(), 0));
    assert!(!desk.world.exists(&texts));
}

#[test]
fn the_place_of_a_result_that_waits_is_looked_at_by_the_clock_and_not_after_each_answer() {
    let mut desk = Desk::open();
    desk.answer_one("first", None);
    desk.answer_one("second", None);
    assert_eq!((desk.result(), desk.lane.held()), (b"first".to_vec(), 1));
    let looks = desk.world.looks();
    for number in 2..=4 {
        desk.put(&format!("OQSsiquc01req_{number}.xml"));
    }
    let rooms = Rooms::from([(WorkClass::Check, Room::All(64))]);
    let pass = desk.lane.pass(&rooms, Held::Left, NOW);
    assert_eq!((pass.questions.len(), desk.world.looks()), (3, looks));
    for question in &pass.questions {
        let end = End::rejected(&question.name, "why".into());
        let ends = vec![(question.id, Outcome::End(end))];
        desk.lane.settle(ends, NOW).unwrap();
    }
    assert_eq!(desk.world.looks(), looks);
    assert!(desk.pass(&[]).is_empty());
    assert_eq!(desk.world.looks(), looks + 1);
    desk.world.take_away(&folder("res").join(ONE_RESULT));
    assert!(desk.pass(&[]).is_empty());
    assert_eq!((desk.result(), desk.lane.held()), (b"second".to_vec(), 0));
}

#[test]
fn what_an_earlier_look_left_to_be_done_is_not_forgotten_when_a_request_is_taken() {
    let mut desk = Desk::open();
    // Of a request nobody knows any more, and held by another program.
    let leftover = folder("work").join(beside(7, "res"));
    desk.world.put(&leftover, b"half");
    desk.world.lock(leftover.clone());
    desk.put("OQSsiquc01req_1.xml");
    let rooms = Rooms::from([(WorkClass::Check, Room::All(64))]);
    let pass = desk.lane.pass(&rooms, Held::Looked, NOW);
    assert!(pass.stuck.is_some() && pass.questions.len() == 1);
    desk.world.unlock_all();
    let pass = desk.lane.pass(&rooms, Held::Looked, NOW);
    assert!(pass.stuck.is_none());
    assert!(!desk.world.exists(&leftover));
}
