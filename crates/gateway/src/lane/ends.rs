//! Ends of requests: written and synced in the work folder, noted as ready, moved into the result folder, touched, noted as done. Each
//! step for all files together; a file that cannot go on holds up none.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::civil_date::Instant;
use store::journal::{Ending, Entry, Origin, Progress};

use crate::config::SameName;
use crate::files::{Files, sync_all};
use crate::journal_steps::{Lying, Part, Row, Step, next};
use crate::lane::{End, Held, Lane, Open, Outcome, Stage};
use crate::leftovers::in_system_time;
use crate::names::{in_work, open_original, original};
use crate::round_error::{RoundError, failed, keep_first};

/// An end that lies in the work folder and is not noted yet.
struct Written {
    id: u128,
    end: End,
    /// Its parts, to be synced.
    paths: Vec<PathBuf>,
    /// The row of what the link app asks next by itself.
    further: Option<Entry>,
}

impl Lane {
    /// Writes ends, notes them as ready, and publishes them with all that was ready before and waits for none of an earlier request.
    pub(crate) fn settle(
        &mut self,
        outcomes: Vec<(u128, Outcome)>,
        now: Instant,
    ) -> Result<(), RoundError> {
        self.go_on(outcomes, Held::Left, now)
    }

    /// The same, and where it is so said for those that wait as well.
    pub(super) fn go_on(
        &mut self,
        outcomes: Vec<(u128, Outcome)>,
        held: Held,
        now: Instant,
    ) -> Result<(), RoundError> {
        let mut stuck = None;
        let mut written = Vec::new();
        let earlier = std::mem::take(&mut self.unsettled);
        for (id, outcome) in earlier.into_iter().chain(outcomes) {
            match outcome {
                Outcome::Later(pause) => self.put_back(id, Some(pause)),
                Outcome::Readable => self.found_readable(id),
                Outcome::End(end) => match self.write(id, &end) {
                    Ok(Some(parts)) => written.push(parts),
                    Ok(None) => {}
                    Err(error) => {
                        self.unsettled.push((id, Outcome::End(end)));
                        keep_first(&mut stuck, Err(failed(&self.folders, error)));
                    }
                },
            }
        }
        keep_first(&mut stuck, self.note_ready(written, now));
        keep_first(&mut stuck, self.publish(held));
        stuck.map_or(Ok(()), Err)
    }

    /// Writes the parts of an end; nothing for a file that is not under way.
    fn write(&mut self, id: u128, end: &End) -> io::Result<Option<Written>> {
        let files = Arc::clone(&self.files);
        let work = self.folders.work.clone();
        let res = self.folders.res.clone();
        let (shared, same_name) = (self.folders.shared, self.folders.same_name);
        // A second end of the same file, asked for before its lane was made anew, changes nothing.
        let claimed = |open: &&mut Open| open.entry.progress == Progress::Claimed;
        let Some(open) = self.find(id).filter(claimed) else {
            return Ok(None);
        };
        let entry = &open.entry;
        let path = |part| work.join(in_work(entry.id, part, &entry.name, entry.origin));
        let part = match end.ending {
            Ending::Answered => Part::Result,
            Ending::Rejected => Part::Rejection,
        };
        let mut paths = vec![path(part)];
        files.write(&path(part), &end.bytes)?;
        open.lying.put(part);
        files.share(&path(part), shared)?;
        match &end.original {
            Some(bytes) => {
                files.write(&path(Part::Original), bytes)?;
                open.lying.put(Part::Original);
                files.share(&path(Part::Original), shared)?;
                paths.push(path(Part::Original));
            }
            // One that an earlier try left must not be published with this end.
            None if open.lying.has(Part::Original) => {
                files.remove(&path(Part::Original))?;
                open.lying.take(Part::Original);
            }
            None => {}
        }
        if end.ending == Ending::Answered {
            // One that is taken from here on may leave its original texts, so it is noted that it lay there.
            open.held = same_name == SameName::Wait && files.is_file(&res.join(&end.name))?;
            if !open.held {
                // Nor may that of an earlier request of the same name, which nobody took, stand beside this result: it is about another. Beside
                // its own result it stays where this one waits.
                remove_stale(&*files, &res, &end.name, end.original.is_some())?;
            }
        }
        let further = match &end.further {
            Some(further) => {
                // Made of its own request's, so that a crash makes no second one.
                let (id, name) = (id ^ 1, further.name.as_str());
                let at = self.work(id, Part::Request, name, Origin::Own);
                files.write(&at, &further.bytes)?;
                paths.push(at);
                Some(self.entry(id, name, Origin::Own))
            }
            None => None,
        };
        Ok(Some(Written {
            id,
            end: end.clone(),
            paths,
            further,
        }))
    }

    /// Syncs what was written and notes all of it as ready. What fails is kept for the next pass.
    fn note_ready(&mut self, written: Vec<Written>, now: Instant) -> Result<(), RoundError> {
        if written.is_empty() {
            return Ok(());
        }
        let mut paths: Vec<PathBuf> = Vec::new();
        for it in &written {
            paths.extend(it.paths.iter().cloned());
        }
        // The folder's entries count as much as the files' contents: a ready file that is absent was published.
        paths.push(self.folders.work.clone());
        let mut outcomes = self.files.sync(&paths).into_iter();
        let mut stuck = None;
        let mut synced = Vec::new();
        for it in written {
            let own: io::Result<()> = outcomes.by_ref().take(it.paths.len()).collect();
            match own {
                Ok(()) => synced.push(it),
                Err(error) => {
                    self.unsettled.push((it.id, Outcome::End(it.end)));
                    keep_first(&mut stuck, Err(failed(&self.folders, error)));
                }
            }
        }
        let folder: io::Result<()> = outcomes.collect();
        let noted = match folder {
            Ok(()) => {
                let rows = self.ready_rows(&synced);
                self.journal.keep(rows, now).map_err(RoundError::from)
            }
            Err(error) => Err(failed(&self.folders, error)),
        };
        if let Err(error) = noted {
            let ends = synced.into_iter().map(|it| (it.id, Outcome::End(it.end)));
            self.unsettled.extend(ends);
            return Err(stuck.unwrap_or(error));
        }
        for it in synced {
            if let Some(open) = self.find(it.id) {
                open.entry.progress = Progress::Ready(it.end.ending, it.end.name);
                open.stage = Stage::Free(None);
            }
            if let Some(further) = it.further {
                self.insert(further, Lying::only(&[Part::Request]));
            }
        }
        stuck.map_or(Ok(()), Err)
    }

    fn ready_rows(&mut self, synced: &[Written]) -> Vec<Entry> {
        let mut rows = Vec::new();
        for it in synced {
            if let Some(open) = self.find(it.id) {
                rows.push(Entry {
                    progress: Progress::Ready(it.end.ending, it.end.name.clone()),
                    ..open.entry.clone()
                });
            }
            rows.extend(it.further.clone());
        }
        rows
    }

    /// Moves the parts of every ready file into the result folder. A result whose place is taken by that of an earlier request of the same name
    /// waits until that one is gone, unless the folder says `same_name = "replace"`: each is read in its turn, and none is lost. A rejection takes the place of an earlier one: nothing makes a
    /// client delete an `.err`, and later requests of its name must not wait behind it.
    fn publish(&mut self, held: Held) -> Result<(), RoundError> {
        let mut stuck = None;
        let mut moved = Vec::new();
        for (place, open) in &mut self.open {
            if matches!(open.stage, Stage::Published(_)) {
                continue;
            }
            let entry = &open.entry;
            let Progress::Ready(ending, name) = &entry.progress else {
                continue;
            };
            // What was moved before is this file's own.
            let in_turn = self.folders.same_name == SameName::Wait;
            if in_turn && *ending == Ending::Answered && open.lying.has(Part::Result) {
                if open.held && held == Held::Left {
                    continue;
                }
                let (res, texts) = (&self.folders.res, open.lying.has(Part::Original));
                match turn_came(&*self.files, res, name, texts, &mut open.held) {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(error) => {
                        keep_first(&mut stuck, Err(failed(&self.folders, error)));
                        continue;
                    }
                }
            }
            loop {
                let part = match next(Row::Noted(entry), open.lying) {
                    Step::Publish(part) => part,
                    Step::Close => {
                        moved.push(*place);
                        break;
                    }
                    Step::Note
                    | Step::Answer
                    | Step::RejectLost
                    | Step::ThrowAway(_)
                    | Step::Over => break,
                };
                let from = in_work(entry.id, part, &entry.name, entry.origin);
                let from = self.folders.work.join(from);
                let to = match part {
                    Part::Original => original(name),
                    Part::Result | Part::Rejection => name.clone(),
                    Part::Request => entry.name.clone(),
                };
                if let Err(error) = self.files.rename(&from, &self.folders.res.join(to)) {
                    keep_first(&mut stuck, Err(failed(&self.folders, error)));
                    break;
                }
                open.lying.take(part);
            }
        }
        if !moved.is_empty() {
            let both = [self.folders.res.clone(), self.folders.work.clone()];
            let synced = sync_all(&*self.files, &both);
            match synced {
                Ok(()) => {
                    self.batch += 1;
                    for place in moved {
                        if let Some(open) = self.open.get_mut(&place) {
                            open.stage = Stage::Published(self.batch);
                        }
                    }
                }
                Err(error) => keep_first(&mut stuck, Err(failed(&self.folders, error))),
            }
        }
        stuck.map_or(Ok(()), Err)
    }

    /// Touches every end published up to a batch, notes them as done and deletes their requests; returns how many. To be called not
    /// before the pause for watchers after that batch is over (contracts §11).
    pub(crate) fn close(&mut self, batch: u64, now: Instant) -> Result<usize, RoundError> {
        let mut done = Vec::new();
        for open in self.open.values() {
            let (Stage::Published(published), Progress::Ready(ending, name)) =
                (open.stage, &open.entry.progress)
            else {
                continue;
            };
            if batch < published {
                continue;
            }
            let at = in_system_time(now);
            self.files.touch(&self.folders.res.join(name), at);
            if (*ending, open.entry.origin) == (Ending::Rejected, Origin::Folder) {
                let given_back = self.folders.res.join(&open.entry.name);
                self.files.touch(&given_back, at);
            }
            done.push(Entry {
                progress: Progress::Done(*ending, name.clone()),
                ..open.entry.clone()
            });
        }
        self.journal.keep(done.clone(), now)?;
        let mut stuck = None;
        let count = done.len();
        for entry in done {
            let Some(place) = self.places.remove(&entry.id) else {
                continue;
            };
            let Some(open) = self.open.remove(&place) else {
                continue;
            };
            let thrown = self.throw_away(&entry, open.lying);
            keep_first(&mut stuck, thrown);
        }
        stuck.map_or(Ok(count), Err)
    }

    /// Deletes what is of no use any more. What cannot be deleted is tried again with the next look at the work folder.
    pub(super) fn throw_away(&mut self, entry: &Entry, mut lying: Lying) -> Result<(), RoundError> {
        while let Step::ThrowAway(part) = next(Row::Noted(entry), lying) {
            let path = self.work(entry.id, part, &entry.name, entry.origin);
            if let Err(error) = remove_if_there(&*self.files, &path) {
                self.unsure = true;
                return Err(failed(&self.folders, error));
            }
            lying.take(part);
        }
        Ok(())
    }
}

/// Whether a result may go to its place: none of an earlier request lies there unread. Where one lay, its original texts go: it was taken,
/// perhaps without them.
fn turn_came(
    files: &dyn Files,
    res: &Path,
    name: &str,
    has_texts: bool,
    held: &mut bool,
) -> io::Result<bool> {
    if files.is_file(&res.join(name))? {
        *held = true;
        return Ok(false);
    }
    if *held {
        remove_stale(files, res, name, has_texts)?;
        *held = false;
    }
    Ok(true)
}

/// Deletes the original texts of an earlier result of this name, which was taken without them; those that `replaced` says come anew are
/// written over.
fn remove_stale(files: &dyn Files, res: &Path, name: &str, replaced: bool) -> io::Result<()> {
    let earlier = (!replaced).then(|| original(name));
    for name in earlier.into_iter().chain(open_original(name)) {
        remove_if_there(files, &res.join(name))?;
    }
    Ok(())
}

fn remove_if_there(files: &dyn Files, path: &Path) -> io::Result<()> {
    match files.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
