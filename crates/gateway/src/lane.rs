//! The files of one folder pair on their way from `req` to `res`: performs the journal's steps on many files at once, so that they share
//! syncs and transactions. Asks nobody and reads no message: questions go out, ends come in. Blocks.

mod ends;
mod recovery;

#[cfg(test)]
mod every_interleaving;

#[cfg(test)]
mod turns;

#[cfg(test)]
mod world;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use domain::admission::WorkClass;
use domain::civil_date::Instant;
use exchange::message::Message;
use store::journal::{Ending, Entry, Journal, Origin, Progress};

use crate::arrivals::Arrivals;
use crate::files::Files;
use crate::folders::Folders;
use crate::journal_steps::{Lying, Part, Row, Step, next};
use crate::names::{MARK, Name, folded, in_work};
use crate::pace::{Room, Rooms};
use crate::round_error::{RoundError, failed, keep_first};
use crate::spelling::{Spelling, lost};

/// Requests taken in one go, so that the first of many is answered before the last is taken.
const MOST_TAKEN: usize = 256;

/// A file's place among those under way: its class of work, and how many were taken before it.
type Place = (WorkClass, u64);

/// A request in the work folder, and what lies there of it.
type Taken = (Entry, Lying);

/// One folder pair's files under way.
#[derive(Debug)]
pub(crate) struct Lane {
    folders: Folders,
    files: Arc<dyn Files>,
    journal: Journal,
    spelling: Spelling,
    arrivals: Arrivals,
    /// Files that are not done, within each class in the order they were taken.
    open: BTreeMap<Place, Open>,
    /// Their places.
    places: HashMap<u128, Place>,
    next_place: u64,
    /// Ends that could not be written yet.
    unsettled: Vec<(u128, Outcome)>,
    /// The number of the last batch of ends that was published.
    batch: u64,
    /// True when the work folder has to be compared with the journal: at the start, after a step that was cut off, and where another folder
    /// lies in its place.
    unsure: bool,
}

/// A file under way.
#[derive(Debug)]
struct Open {
    entry: Entry,
    lying: Lying,
    stage: Stage,
    /// How often it came to nothing.
    tries: u32,
    /// Whether it is known to be readable.
    readable: bool,
    /// Whether its result waits: that of an earlier request of the same name still lies where it has to go.
    held: bool,
}

impl Open {
    /// True when it may be asked about now.
    fn is_free(&self, now: Instant) -> bool {
        let free = match self.stage {
            Stage::Free(pause) => pause.is_none_or(|pause| !pause.holds(now)),
            Stage::Asked | Stage::Published(_) => false,
        };
        free && self.entry.progress == Progress::Claimed
    }
}

/// What the link app is doing about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing; it may be asked about from an instant on, set at another.
    Free(Option<Pause>),
    /// It is asked about.
    Asked,
    /// Its end is published, in the batch of this number; the touch and the journal's last row are to come.
    Published(u64),
}

/// A pause: until when, and since when, so that a clock that was set back ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) since: Instant,
    pub(crate) until: Instant,
}

impl Pause {
    pub(crate) fn holds(self, now: Instant) -> bool {
        self.since <= now && now < self.until
    }
}

/// A request to be answered.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) id: u128,
    pub(crate) name: Name,
    pub(crate) class: WorkClass,
    pub(crate) origin: Origin,
    pub(crate) bytes: Vec<u8>,
    pub(crate) purpose: Purpose,
}

/// What a request is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To ask the center.
    Asking,
    /// To reject it where it cannot be read; the center is not asked now.
    Reading,
}

/// What came of a question.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// An end to publish.
    End(End),
    /// None yet: it is asked again after the pause.
    Later(Pause),
    /// It can be read, and waits for the center.
    Readable,
}

/// The end of a request.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) ending: Ending,
    /// Its name in the result folder.
    pub(crate) name: String,
    /// The result, or the text of the rejection.
    pub(crate) bytes: Vec<u8>,
    /// The original texts of what the result's encoding lacks.
    pub(crate) original: Option<Vec<u8>>,
    /// What the link app asks next by itself.
    pub(crate) further: Option<Further>,
}

/// A request of the link app's own, made of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Further {
    pub(crate) name: Name,
    pub(crate) bytes: Vec<u8>,
}

impl End {
    /// A rejection with its text.
    pub(crate) fn rejected(name: &Name, text: String) -> Self {
        Self {
            ending: Ending::Rejected,
            name: name.rejection(),
            bytes: text.into_bytes(),
            original: None,
            further: None,
        }
    }
}

/// Whether a pass also looks for places of results that wait, one look at the result folder for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// It does: one by the clock.
    Looked,
    /// It leaves them for one by the clock.
    Left,
}

/// What one pass did.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    pub(crate) questions: Vec<Question>,
    /// True when more requests lay in the folder than were taken.
    pub(crate) more: bool,
    pub(crate) stuck: Option<RoundError>,
}

impl Lane {
    pub(crate) fn new(
        folders: Folders,
        files: Arc<dyn Files>,
        journal: Journal,
        spelling: Spelling,
    ) -> Self {
        Self {
            folders,
            files,
            journal,
            spelling,
            arrivals: Arrivals::default(),
            open: BTreeMap::new(),
            places: HashMap::new(),
            next_place: 0,
            unsettled: Vec::new(),
            batch: 0,
            unsure: true,
        }
    }

    /// How many files lie in the request folder and are not taken.
    pub(crate) fn waiting(&self) -> usize {
        self.arrivals.waiting()
    }

    /// How many results wait until the earlier one of the same name is taken.
    pub(crate) fn held(&self) -> usize {
        self.open.values().filter(|open| open.held).count()
    }

    /// The number of the last batch of ends that was published, where any end still waits for its touch.
    pub(crate) fn published(&self) -> Option<u64> {
        let waits = |it: &Open| matches!(it.stage, Stage::Published(_));
        self.open.values().any(waits).then_some(self.batch)
    }

    /// Takes what lies whole in `req`, goes on with what was cut off, and hands out questions where there is room for them.
    pub(crate) fn pass(&mut self, rooms: &Rooms, held: Held, now: Instant) -> Pass {
        let mut pass = Pass::default();
        // Somebody may have made the folder anew, or taken its disk away from below it.
        self.unsure |= !self.files.exists(&self.folders.work.join(MARK));
        if self.unsure {
            if let Err(error) = self.mark() {
                pass.stuck = Some(error);
                return pass;
            }
            keep_first(&mut pass.stuck, self.recover(now));
            if let Err(error) = self.fill_mark() {
                pass.stuck = Some(error);
                return pass;
            }
        }
        match self.take(now) {
            Ok(more) => pass.more = more,
            Err(error) => keep_first(&mut pass.stuck, Err(error)),
        }
        keep_first(&mut pass.stuck, self.go_on(Vec::new(), held, now));
        for (class, room) in rooms {
            let asked = self.ask(*class, *room, now, &mut pass.questions);
            keep_first(&mut pass.stuck, asked);
        }
        pass
    }

    /// Moves every request that may be taken into the work folder and notes them all as claimed. True when more lay there.
    fn take(&mut self, now: Instant) -> Result<bool, RoundError> {
        let files = Arc::clone(&self.files);
        let folders = &self.folders;
        let found = self
            .arrivals
            .look(&*files, folders, &self.spelling, MOST_TAKEN, now)
            .map_err(|error| failed(folders, error))?;
        let mut stuck = None;
        let mut taken = Vec::new();
        for name in found.ready {
            let id = uuid::Uuid::now_v7().as_u128();
            let (from, to) = (
                self.folders.req.join(name.as_str()),
                self.work(id, Part::Request, name.as_str(), Origin::Folder),
            );
            match files.rename(&from, &to) {
                Ok(()) => {
                    self.arrivals.taken(name.as_str());
                    let entry = self.entry(id, name.as_str(), Origin::Folder);
                    taken.push((entry, Lying::only(&[Part::Request])));
                }
                // Its writer took it away again.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !files.exists(&from) => {}
                Err(error) => keep_first(&mut stuck, Err(failed(&self.folders, error))),
            }
        }
        if !taken.is_empty() {
            // Whatever is cut off from here on lies in the work folder without a row. What an earlier look left to be done stays so.
            let before = self.unsure;
            self.unsure = true;
            let (noted, trouble) = self.note(taken, now)?;
            self.unsure = before || trouble.is_some();
            keep_first(&mut stuck, trouble.map_or(Ok(()), Err));
            for (entry, lying) in noted {
                self.insert(entry, lying);
            }
        }
        stuck.map_or(Ok(found.more), Err)
    }

    /// Notes requests in the work folder as claimed once the disk has them: else a power cut could take the bytes the center was asked about. One
    /// that cannot be synced stays without a row. Returns those that were noted, and why others were not.
    fn note(
        &self,
        taken: Vec<Taken>,
        now: Instant,
    ) -> Result<(Vec<Taken>, Option<RoundError>), RoundError> {
        let request = |(it, _): &Taken| self.work(it.id, Part::Request, &it.name, it.origin);
        let mut paths: Vec<PathBuf> = taken.iter().map(request).collect();
        paths.extend([self.folders.req.clone(), self.folders.work.clone()]);
        let mut outcomes = self.files.sync(&paths).into_iter();
        let (mut noted, mut stuck) = (Vec::new(), None);
        for (it, outcome) in taken.into_iter().zip(outcomes.by_ref()) {
            match outcome {
                Ok(()) => noted.push(it),
                // Gone meanwhile: it has no bytes to lose, and is rejected by name.
                Err(error) if error.kind() == io::ErrorKind::NotFound => noted.push(it),
                Err(error) => keep_first(&mut stuck, Err(failed(&self.folders, error))),
            }
        }
        let folders: io::Result<()> = outcomes.collect();
        folders.map_err(|error| failed(&self.folders, error))?;
        let rows = noted.iter().map(|(entry, _)| entry.clone()).collect();
        self.journal.keep(rows, now)?;
        Ok((noted, stuck))
    }

    /// Reads requests of a class that nobody asks about yet. Of those with the same name one goes after the other.
    fn ask(
        &mut self,
        class: WorkClass,
        room: Room,
        now: Instant,
        questions: &mut Vec<Question>,
    ) -> Result<(), RoundError> {
        let (mut room, mut reads, most_tries) = match room {
            Room::All(most) => (most, 0, u32::MAX),
            Room::Tries { questions, reads } => (questions, reads, self.fewest_tries(class, now)),
        };
        let mut stuck = None;
        let mut ahead = BTreeSet::new();
        let mut gone = Vec::new();
        let files = Arc::clone(&self.files);
        let mark = self.folders.work.join(MARK);
        for (_, open) in self.open.range_mut((class, 0)..=(class, u64::MAX)) {
            if room == 0 && reads == 0 {
                break;
            }
            if !ahead.insert(folded(&open.entry.name)) {
                continue;
            }
            let purpose = if 0 < room && open.tries <= most_tries {
                Purpose::Asking
            } else if 0 < reads && !open.readable {
                Purpose::Reading
            } else {
                continue;
            };
            let free = open.is_free(now);
            let Some(name) = Name::parse(&open.entry.name).filter(|_| free) else {
                continue;
            };
            let entry = &open.entry;
            let at = in_work(entry.id, Part::Request, &entry.name, entry.origin);
            let at = self.folders.work.join(at);
            match files.read(&at, self.spelling.most_bytes(&name)) {
                Ok(bytes) => {
                    open.stage = Stage::Asked;
                    match purpose {
                        Purpose::Asking => room -= 1,
                        Purpose::Reading => reads -= 1,
                    }
                    questions.push(Question {
                        id: entry.id,
                        name,
                        class,
                        origin: entry.origin,
                        bytes,
                        purpose,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound && !files.exists(&at) => {
                    open.lying.take(Part::Request);
                    let is_lost = next(Row::Noted(&open.entry), open.lying) == Step::RejectLost;
                    // What is absent from another folder than the journal speaks of is not lost.
                    if is_lost && files.exists(&mark) {
                        gone.push((entry.id, Outcome::End(End::rejected(&name, lost()))));
                        continue;
                    }
                    open.lying.put(Part::Request);
                    open.tries = open.tries.saturating_add(1);
                    let why = if is_lost && files.exists(&self.folders.work) {
                        self.unsure = true;
                        RoundError::OtherWork(self.folders.name.clone())
                    } else {
                        failed(&self.folders, error)
                    };
                    keep_first(&mut stuck, Err(why));
                }
                Err(error) => {
                    open.tries = open.tries.saturating_add(1);
                    keep_first(&mut stuck, Err(failed(&self.folders, error)));
                }
            }
        }
        if !gone.is_empty() {
            tracing::warn!(folder = %self.folders.name, count = gone.len(), "requests are gone from the work folder and are rejected");
            keep_first(&mut stuck, self.settle(gone, now));
        }
        stuck.map_or(Ok(()), Err)
    }

    /// How often those files of a class came to nothing that did so least often, of those that may be asked about now.
    fn fewest_tries(&self, class: WorkClass, now: Instant) -> u32 {
        let mut ahead = BTreeSet::new();
        self.open
            .range((class, 0)..=(class, u64::MAX))
            .filter(|(_, open)| ahead.insert(folded(&open.entry.name)) && open.is_free(now))
            .map(|(_, open)| open.tries)
            .min()
            .unwrap_or(u32::MAX)
    }

    /// A question came to nothing: the file waits.
    pub(crate) fn put_back(&mut self, id: u128, pause: Option<Pause>) {
        if let Some(open) = self.find(id) {
            open.stage = Stage::Free(pause);
            open.tries = open.tries.saturating_add(1);
            open.readable = true;
        }
    }

    /// A file was read and waits for its question.
    fn found_readable(&mut self, id: u128) {
        if let Some(open) = self.find(id) {
            open.stage = Stage::Free(None);
            open.readable = true;
        }
    }

    fn find(&mut self, id: u128) -> Option<&mut Open> {
        let place = self.places.get(&id)?;
        self.open.get_mut(place)
    }

    fn insert(&mut self, entry: Entry, lying: Lying) {
        if self.places.contains_key(&entry.id) {
            return;
        }
        let place = (class_of(&entry.name), self.next_place);
        self.places.insert(entry.id, place);
        let open = Open {
            entry,
            lying,
            stage: Stage::Free(None),
            tries: 0,
            readable: false,
            held: false,
        };
        self.open.insert(place, open);
        self.next_place += 1;
    }

    fn entry(&self, id: u128, name: &str, origin: Origin) -> Entry {
        Entry {
            id,
            folder: self.folders.name.clone(),
            name: name.to_owned(),
            origin,
            progress: Progress::Claimed,
        }
    }

    fn work(&self, id: u128, part: Part, request: &str, origin: Origin) -> PathBuf {
        self.folders.work.join(in_work(id, part, request, origin))
    }
}

/// The class of a request. One of no message is rejected and keeps nobody waiting.
fn class_of(name: &str) -> WorkClass {
    let message = Name::parse(name).and_then(|it| it.message());
    message.map_or(WorkClass::Check, Message::work_class)
}
