//! Packs the rows of keys that changed, on as many threads as the machine runs at once where they are many. Reads and writes nothing.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::thread;

use super::changes::{Becomes, Place};
use super::{BYTES, Id, Part, id_of};
use crate::engine::StoreError;

/// Keys from which on a thread more is worth its start.
const KEYS_OF_THREAD: usize = 256;

/// Rows of keys as they are to be written, and who lies in them.
#[derive(Default)]
pub(super) struct Gathered {
    /// In the order of keys.
    pub(super) rows: Vec<(Place, Becomes<Vec<u8>>)>,
    /// Those who did not lie there before.
    pub(super) places: Vec<(Id, Place)>,
    /// Those of them who lay elsewhere.
    pub(super) moved: Vec<Id>,
}

/// What is to be written of keys and their rows.
pub(super) fn gather(keys: BTreeMap<String, BTreeMap<u32, Part>>) -> Result<Gathered, StoreError> {
    let mut keys: Vec<_> = keys.into_iter().collect();
    let most = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = most.min(keys.len() / KEYS_OF_THREAD).max(1);
    let share = keys.len().div_ceil(threads);
    thread::scope(|scope| {
        let mut others = Vec::new();
        while share < keys.len() {
            let last = keys.split_off(keys.len() - share);
            others.push(scope.spawn(move || gather_in_turn(last)));
        }
        let mut all = gather_in_turn(keys)?;
        // The last share was split off first.
        for other in others.into_iter().rev() {
            let gathered = other.join();
            let gathered = gathered.map_err(|_| StoreError::Failed("packing ended".into()))??;
            all.rows.extend(gathered.rows);
            all.places.extend(gathered.places);
            all.moved.extend(gathered.moved);
        }
        Ok(all)
    })
}

fn gather_in_turn(keys: Vec<(String, BTreeMap<u32, Part>)>) -> Result<Gathered, StoreError> {
    let mut gathered = Gathered::default();
    for (key, parts) in keys {
        gathered.add(&key, parts)?;
    }
    Ok(gathered)
}

impl Gathered {
    fn add(&mut self, key: &str, mut parts: BTreeMap<u32, Part>) -> Result<(), StoreError> {
        // A row that is too long hands its last members on to a new one.
        while let Some((number, mut part)) = parts.pop_first() {
            if !part.is_changed {
                continue;
            }
            if part.members.is_empty() {
                if part.is_known {
                    self.rows.push(((key.to_owned(), number), Becomes::Gone));
                }
                continue;
            }
            let mut handed_on = Vec::new();
            let mut record = part.pack()?;
            while BYTES < record.len() && 1 < part.members.len() {
                handed_on.extend(part.members.pop());
                record = part.pack()?;
            }
            let record = Becomes::of(Some(record), part.is_known);
            self.rows.push(((key.to_owned(), number), record));
            for kept in &part.members {
                if kept.member.registration.is_some() && kept.place != Some(number) {
                    let (id, place) = (id_of(kept.member.id), (key.to_owned(), number));
                    self.places.push((id, place));
                    if kept.place.is_some() {
                        self.moved.push(id);
                    }
                }
            }
            if !handed_on.is_empty() {
                let last = parts.last_key_value().map_or(number, |(last, _)| *last);
                handed_on.reverse();
                let part = Part {
                    members: handed_on,
                    is_known: false,
                    is_changed: true,
                };
                parts.insert(last + 1, part);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use synthetic::population::Population;

    use super::super::Kept;
    use super::*;
    use crate::rows::household::Member;

    /// Rows of one or two people, one in ten emptied.
    fn keys() -> BTreeMap<String, BTreeMap<u32, Part>> {
        let population = Population::new(11);
        let keys = 0..4 * KEYS_OF_THREAD as u64;
        let keys = keys.map(|index| {
            let mut part = Part::new();
            (part.is_changed, part.is_known) = (true, true);
            let people = (index..).take(if index % 10 == 0 { 0 } else { 2 });
            let people = people.filter_map(|it| population.person(it));
            part.members.extend(people.map(|it| Kept {
                member: Member {
                    id: it.person.id,
                    birth_date: it.person.birth_date,
                    registration: Some(it),
                },
                place: None,
            }));
            (format!("{index:08}"), BTreeMap::from([(0, part)]))
        });
        keys.collect()
    }

    #[test]
    fn many_keys_are_packed_as_one_after_the_other_and_in_their_order() {
        let at_once = gather(keys()).unwrap();
        let in_turn = gather_in_turn(keys().into_iter().collect()).unwrap();
        assert!(at_once.rows.is_sorted_by(|(a, _), (b, _)| a < b));
        assert_eq!(at_once.rows, in_turn.rows);
        assert_eq!(at_once.places, in_turn.places);
    }
}
