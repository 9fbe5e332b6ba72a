//! The life of one request file as a state machine: from what the journal says and what lies in the work folder to the one step that
//! comes next (contracts §11). Pure: reads nothing, writes nothing, knows no clock.
//!
//! ```text
//! taken into work ──note──▶ Claimed ──answer──▶ Ready ──publish each part──▶ close ──▶ Done ──throw away the rest
//!                              │                  ▲
//!                              └─ request gone ───┘ (rejected)
//! ```
//! Every step may be cut off before, within or after it: [`next`] says what to do from whatever is found afterwards, and a step done
//! twice does no harm. What lies finished in the work folder of a ready file was not published; what is absent was.

use store::journal::{Ending, Entry, Origin, Progress};

/// A file of one request in the work folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The original texts of what the result's encoding lacks: published before the result, so that whoever sees the result finds it.
    Original,
    /// The result.
    Result,
    /// The text that says why the request was rejected: published before the request is given back.
    Rejection,
    /// The request itself.
    Request,
}

impl Part {
    /// Every part, in the order they are published.
    pub(crate) const ALL: [Self; 4] =
        [Self::Original, Self::Result, Self::Rejection, Self::Request];
}

/// Which parts lie in the work folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Lying([bool; 4]);

impl Lying {
    /// The parts given, and no other.
    #[must_use]
    pub(crate) fn only(parts: &[Part]) -> Self {
        let mut lying = Self::default();
        for part in parts {
            lying.put(*part);
        }
        lying
    }

    /// Whether a part lies there.
    #[must_use]
    pub(crate) fn has(self, part: Part) -> bool {
        let places = Part::ALL.into_iter().zip(self.0);
        places.into_iter().any(|(it, lies)| it == part && lies)
    }

    /// A part lies there from now on.
    pub(crate) fn put(&mut self, part: Part) {
        self.set(part, true);
    }

    /// A part lies there no more.
    pub(crate) fn take(&mut self, part: Part) {
        self.set(part, false);
    }

    fn set(&mut self, part: Part, lies: bool) {
        for (it, place) in Part::ALL.into_iter().zip(&mut self.0) {
            if it == part {
                *place = lies;
            }
        }
    }
}

/// The step that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The journal does not know the request that lies in the work folder: note it.
    Note,
    /// Read the request, ask the center or reject; write the end beside it, sync, note it as ready.
    Answer,
    /// The request is gone from the work folder, which nobody but the link app may empty: reject it by name.
    RejectLost,
    /// Move a part into the result folder.
    Publish(Part),
    /// Everything is published: touch it and note it as done.
    Close,
    /// Delete a part that is of no use any more.
    ThrowAway(Part),
    /// It is over.
    Over,
}

/// What the journal says of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Row<'a> {
    /// Nothing; who asks is known by the file's name.
    Unknown(Origin),
    /// This.
    Noted(&'a Entry),
}

/// What comes next for a file, from its row in the journal and what lies in the work folder.
#[must_use]
pub(crate) fn next(row: Row<'_>, lying: Lying) -> Step {
    let entry = match row {
        Row::Unknown(Origin::Folder) if lying.has(Part::Request) => return Step::Note,
        Row::Unknown(Origin::Folder | Origin::Own) => return throw_away(lying, &Part::ALL),
        Row::Noted(entry) => entry,
    };
    match &entry.progress {
        Progress::Claimed if lying.has(Part::Request) => Step::Answer,
        Progress::Claimed => Step::RejectLost,
        Progress::Ready(ending, _) => {
            let part = parts(*ending, entry.origin)
                .iter()
                .find(|part| lying.has(**part));
            part.map_or(Step::Close, |part| Step::Publish(*part))
        }
        Progress::Done(..) => throw_away(lying, &Part::ALL),
    }
}

/// The parts that are published, in their order. A request of the link app's own is given back to nobody.
fn parts(ending: Ending, origin: Origin) -> &'static [Part] {
    match (ending, origin) {
        (Ending::Answered, _) => &[Part::Original, Part::Result],
        (Ending::Rejected, Origin::Folder) => &[Part::Rejection, Part::Request],
        (Ending::Rejected, Origin::Own) => &[Part::Rejection],
    }
}

fn throw_away(lying: Lying, parts: &[Part]) -> Step {
    let part = parts.iter().find(|part| lying.has(**part));
    part.map_or(Step::Over, |part| Step::ThrowAway(*part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(progress: Progress, origin: Origin) -> Entry {
        Entry {
            id: 1,
            folder: "receipt".into(),
            name: "OQSsiquc01req_1.xml".into(),
            origin,
            progress,
        }
    }

    fn ready(ending: Ending) -> Progress {
        Progress::Ready(ending, "OQSsiquc01res_1.xml".into())
    }

    /// Follows the steps as if each succeeded, and returns them.
    fn walk(mut row: Option<Entry>, mut lying: Lying, ends: Ending) -> Vec<Step> {
        let mut steps = Vec::new();
        loop {
            let known = row
                .as_ref()
                .map_or(Row::Unknown(Origin::Folder), Row::Noted);
            let step = next(known, lying);
            steps.push(step);
            let origin = row.as_ref().map_or(Origin::Folder, |it| it.origin);
            match step {
                Step::Note => row = Some(entry(Progress::Claimed, origin)),
                Step::Answer | Step::RejectLost => {
                    let ending = match step {
                        Step::RejectLost => Ending::Rejected,
                        _ => ends,
                    };
                    lying.put(match ending {
                        Ending::Answered => Part::Result,
                        Ending::Rejected => Part::Rejection,
                    });
                    row = Some(entry(ready(ending), origin));
                }
                Step::Publish(part) | Step::ThrowAway(part) => lying.take(part),
                Step::Close => {
                    row = Some(entry(Progress::Done(ends, String::new()), origin));
                }
                Step::Over => return steps,
            }
            assert!(steps.len() < 12, "{steps:?}");
        }
    }

    #[test]
    fn an_answered_request_goes_its_way() {
        use Step::{Answer, Close, Note, Over, Publish, ThrowAway};
        assert_eq!(
            walk(None, Lying::only(&[Part::Request]), Ending::Answered),
            [
                Note,
                Answer,
                Publish(Part::Result),
                Close,
                ThrowAway(Part::Request),
                Over
            ]
        );
    }

    #[test]
    fn a_rejected_request_is_given_back_after_the_reason() {
        use Step::{Answer, Close, Note, Over, Publish};
        assert_eq!(
            walk(None, Lying::only(&[Part::Request]), Ending::Rejected),
            [
                Note,
                Answer,
                Publish(Part::Rejection),
                Publish(Part::Request),
                Close,
                Over
            ]
        );
    }

    #[test]
    fn the_original_texts_come_before_the_result() {
        let lying = Lying::only(&[Part::Original, Part::Result, Part::Request]);
        let row = entry(ready(Ending::Answered), Origin::Folder);
        assert_eq!(next(Row::Noted(&row), lying), Step::Publish(Part::Original));
    }

    #[test]
    fn a_half_end_of_a_claimed_file_is_never_published() {
        for part in [Part::Original, Part::Result, Part::Rejection] {
            let row = entry(Progress::Claimed, Origin::Folder);
            let lying = Lying::only(&[part, Part::Request]);
            assert_eq!(next(Row::Noted(&row), lying), Step::Answer);
        }
        // Nor one of another kind than the journal says.
        let row = entry(ready(Ending::Answered), Origin::Folder);
        let lying = Lying::only(&[Part::Rejection, Part::Request]);
        assert_eq!(next(Row::Noted(&row), lying), Step::Close);
    }

    #[test]
    fn a_request_the_journal_does_not_know_is_noted_unless_it_is_the_link_apps_own() {
        let request = Lying::only(&[Part::Request]);
        assert_eq!(next(Row::Unknown(Origin::Folder), request), Step::Note);
        // Written by the link app itself, perhaps half: made anew with the answer it belongs to.
        assert_eq!(
            next(Row::Unknown(Origin::Own), request),
            Step::ThrowAway(Part::Request)
        );
    }

    #[test]
    fn a_request_of_the_link_app_itself_is_given_back_to_nobody() {
        let row = entry(ready(Ending::Rejected), Origin::Own);
        let lying = Lying::only(&[Part::Request]);
        assert_eq!(next(Row::Noted(&row), lying), Step::Close);
    }

    #[test]
    fn from_every_state_and_every_find_the_end_is_reached() {
        let states = [
            None,
            Some(Progress::Claimed),
            Some(ready(Ending::Answered)),
            Some(ready(Ending::Rejected)),
            Some(Progress::Done(Ending::Answered, String::new())),
        ];
        for state in states {
            for origin in [Origin::Folder, Origin::Own] {
                for bits in 0..16_u8 {
                    let parts = Part::ALL.into_iter().enumerate();
                    let lying: Vec<Part> = parts
                        .filter(|(at, _)| bits & (1 << at) != 0)
                        .map(|(_, part)| part)
                        .collect();
                    let row = state.clone().map(|state| entry(state, origin));
                    walk(row, Lying::only(&lying), Ending::Answered);
                }
            }
        }
    }
}
