//! What a crash or a cut-off step left: compares the work folder with the journal and goes on from there.

use std::collections::BTreeMap;
use std::io;

use domain::civil_date::Instant;
use store::journal::{Ending, Entry, Origin, Progress, State};

use crate::files::sync_all;
use crate::journal_steps::{Lying, Part, Row, Step, next};
use crate::lane::Lane;
use crate::names::{BLANK_AT_MOST, InWork, MARK, MARK_TEXT};
use crate::round_error::{RoundError, failed, keep_first};

/// What lies in the work folder of one request.
#[derive(Debug, Default)]
struct Left {
    lying: Lying,
    request: Option<(String, Origin)>,
}

impl Lane {
    /// Marks the work folder as the one the journal speaks of. Where files are under way and the mark is missing it is another folder: the
    /// setting was changed, or a share is not there. What is absent from such a one was not published, readers' results neither.
    pub(super) fn mark(&self) -> Result<(), RoundError> {
        let failed = |error| failed(&self.folders, error);
        let names = self.files.names(&self.folders.work).map_err(failed)?;
        if names.iter().any(|name| name == MARK) {
            return Ok(());
        }
        let folder = &self.folders.name;
        let files = self.journal.unfinished()?;
        let results = self.journal.undelivered()?;
        let results = results.iter().filter(|it| it.state == State::Ready);
        let mut under_way = files.iter().map(|it| &it.folder);
        if under_way.any(|it| it == folder) || results.map(|it| &it.folder).any(|it| it == folder) {
            return Err(RoundError::OtherWork(folder.clone()));
        }
        self.write_mark()
    }

    /// By a rename: half a mark would be taken for a blank one, and a blank one may be another user's.
    fn write_mark(&self) -> Result<(), RoundError> {
        let failed = |error| failed(&self.folders, error);
        let work = &self.folders.work;
        let (new, mark) = (work.join(format!("{MARK}.next")), work.join(MARK));
        self.files
            .write(&new, MARK_TEXT.as_bytes())
            .map_err(failed)?;
        sync_all(&*self.files, std::slice::from_ref(&new)).map_err(failed)?;
        self.files.rename(&new, &mark).map_err(failed)?;
        sync_all(&*self.files, std::slice::from_ref(work)).map_err(failed)
    }

    /// Gives a blank mark its text once nothing is owed of which it alone tells that it was lost: what is ready from then on and absent was
    /// published. Until then the work folder is looked at again.
    pub(super) fn fill_mark(&mut self) -> Result<(), RoundError> {
        if self.unsure {
            return Ok(());
        }
        self.unsure = true;
        if self.is_blank()? {
            if self.owes()? {
                return Ok(());
            }
            self.write_mark()?;
        }
        self.unsure = false;
        Ok(())
    }

    /// True where a person put a blank mark into the work folder, since the one before was lost with what was ready in it.
    fn is_blank(&self) -> Result<bool, RoundError> {
        match self.files.size(&self.folders.work.join(MARK)) {
            Ok(bytes) => Ok(bytes <= BLANK_AT_MOST),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed(&self.folders, error)),
        }
    }

    /// Whether a request was set back whose new end is not ready yet, or a reader's result may have to be.
    fn owes(&self) -> Result<bool, RoundError> {
        let is_set_back = |entry: &Entry| {
            let open = self.places.get(&entry.id);
            let open = open.and_then(|place| self.open.get(place));
            matches!(entry.progress, Progress::Ready(..))
                && open.is_some_and(|open| open.entry.progress == Progress::Claimed)
        };
        let folder = &self.folders.name;
        let results = self.journal.undelivered()?;
        let mut results = results.iter();
        if results.any(|it| it.state == State::Ready && it.folder == *folder) {
            return Ok(true);
        }
        Ok(self.journal.unfinished()?.iter().any(is_set_back))
    }

    /// Notes what lies in the work folder without a row, deletes what is of no use, and opens every file that is not done.
    pub(super) fn recover(&mut self, now: Instant) -> Result<(), RoundError> {
        let mut left = self.left()?;
        let is_blank = self.is_blank()?;
        let mut stuck = None;
        let mut clean = true;
        let mut found = Vec::new();
        for mut entry in self.journal.unfinished()? {
            if entry.folder != self.folders.name {
                continue;
            }
            let lying = left.remove(&entry.id).unwrap_or_default().lying;
            match self.is_lost(&entry, lying, is_blank) {
                Ok(false) => {}
                Ok(true) => {
                    // As if it were never answered: its request is gone, so it is rejected.
                    entry.progress = Progress::Claimed;
                    if let Some(place) = self.places.remove(&entry.id) {
                        self.open.remove(&place);
                    }
                }
                Err(error) => {
                    clean = false;
                    keep_first(&mut stuck, Err(error));
                    continue;
                }
            }
            found.push((entry, lying));
        }
        let mut unknown = Vec::new();
        for (id, left) in left {
            let (name, origin) = left.request.unwrap_or((String::new(), Origin::Folder));
            let row = self.journal.entry(id)?;
            let known = row.as_ref().map_or(Row::Unknown(origin), Row::Noted);
            match next(known, left.lying) {
                Step::Note => unknown.push((self.entry(id, &name, origin), left.lying)),
                Step::ThrowAway(_) => {
                    // Without a row nothing was ever noted of it, so nothing of it is needed.
                    let over = Progress::Done(Ending::Rejected, String::new());
                    let entry = row.unwrap_or_else(|| Entry {
                        progress: over,
                        ..self.entry(id, &name, origin)
                    });
                    let thrown = self.throw_away(&entry, left.lying);
                    clean &= thrown.is_ok();
                    keep_first(&mut stuck, thrown);
                }
                Step::Answer | Step::RejectLost | Step::Publish(_) | Step::Close | Step::Over => {}
            }
        }
        if !unknown.is_empty() {
            let (noted, trouble) = self.note(unknown, now)?;
            clean &= trouble.is_none();
            keep_first(&mut stuck, trouble.map_or(Ok(()), Err));
            found.extend(noted);
        }
        for (entry, lying) in found {
            self.insert(entry, lying);
        }
        self.unsure = !clean;
        stuck.map_or(Ok(()), Err)
    }

    /// True for an end that was lost together with the work folder it was ready in, before it was published. An answered request lies there
    /// until its result is published and noted; one that was given back does not, so of it only what this process knows counts, or the
    /// blank mark of whoever lost the folder.
    fn is_lost(&self, entry: &Entry, lying: Lying, is_blank: bool) -> Result<bool, RoundError> {
        let Progress::Ready(ending, name) = &entry.progress else {
            return Ok(false);
        };
        let end = match ending {
            Ending::Answered => Part::Result,
            Ending::Rejected => Part::Rejection,
        };
        let open = self.places.get(&entry.id);
        let open = open.and_then(|place| self.open.get(place));
        let unknown = is_blank || *ending == Ending::Answered;
        let was_to_come = open.map_or(unknown, |open| open.lying.has(end));
        if !was_to_come || lying.has(end) || lying.has(Part::Request) {
            return Ok(false);
        }
        if !self.files.exists(&self.folders.res) {
            return Err(failed(&self.folders, io::ErrorKind::NotFound.into()));
        }
        // What lies there of a held result's name is an earlier one's.
        let held = open.is_some_and(|open| open.held);
        Ok(held || !self.files.exists(&self.folders.res.join(name)))
    }

    fn left(&self) -> Result<BTreeMap<u128, Left>, RoundError> {
        let names = self.files.names(&self.folders.work);
        let mut all: BTreeMap<u128, Left> = BTreeMap::new();
        for name in names.map_err(|error| failed(&self.folders, error))? {
            let Some(it) = InWork::parse(&name) else {
                continue;
            };
            let left = all.entry(it.id).or_default();
            left.lying.put(it.part);
            left.request = it.request.or(left.request.take());
        }
        Ok(all)
    }
}
