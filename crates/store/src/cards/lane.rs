//! The way of checks by card into PostgreSQL: all that wait are looked up in one message, judged one after the other, and written in one
//! more. It takes the other writers' turn, since a check by card changes rows that others change. What is done at home goes the usual way.

use std::collections::{BTreeMap, BTreeSet};

use domain::audit::Actor;
use domain::event::EventKind;
use domain::identification::Confirmation;
use tokio_postgres::types::ToSql;

use super::questions::{self, Closing};
use super::{CardRecorded, RawChallenge, Recording, judged};
use crate::access::number;
use crate::audit::columns as events;
use crate::audit::{Chain, Content, EventRow};
use crate::checks::columns;
use crate::checks::server::KNOWN_KEY;
use crate::database::numbers::Numbers;
use crate::database::server::pool::Pool;
use crate::engine::StoreError;
use crate::readers::{self, Release};
use crate::sql::postgres::columns::{Column, column, references};
use crate::sql::postgres::{Server, Step, is_taken};
use crate::sql::{Connection, Error, Row};

/// Where checks by card are handed over.
pub(crate) type CardsLane = crate::lane::Lane<Recording, CardRecorded>;

/// Writes all of them or none.
pub(crate) fn write(
    pool: &Pool,
    connection: &Connection,
    chain: &mut Chain,
    recordings: &[Recording],
) -> Result<Vec<CardRecorded>, StoreError> {
    let Connection::Postgres(server) = connection else {
        return Err(StoreError::Closing);
    };
    pool.begin_writing(connection)?;
    // In its turn: a commit that was cut off may be under way at the server until then.
    chain.be_sure(connection)?;
    let mut group = Group::read(server, recordings)?;
    let outcomes = recordings.iter().map(|it| group.judge(it, chain));
    let outcomes = outcomes.collect::<Result<Vec<CardRecorded>, StoreError>>()?;
    // Where nothing is asked there is nothing to wait for.
    let closing: Vec<&Recording> = group.new.iter().map(|it| it.recording).collect();
    let closing = closing.into_iter();
    let closing: Vec<&Recording> = closing.filter(|it| it.card.questions.is_empty()).collect();
    group.write(server, closing.is_empty())?;
    if !closing.is_empty() {
        for it in closing {
            let facility = number(it.holder.facility);
            if let Some(check) = questions::find(connection, facility, it.id)? {
                let when = (it.at, Actor::Center);
                questions::close(connection, chain, &check, Closing::NONE, when)?;
            }
        }
        server.end("COMMIT")?;
    }
    Ok(outcomes)
}

/// A key as it is used: facility, account, key.
type Key<'r> = (i64, &'r str, &'r str);

/// What was asked, and what was answered then.
type Kept = (Vec<u8>, Vec<u8>);

/// What staff released at a reader and nobody used yet.
struct Waiting {
    release: Release,
    is_used: bool,
}

/// A check that is recorded.
struct New<'r> {
    recording: &'r Recording,
    /// Where what belongs to the card lies.
    place: i64,
    released_by: Option<String>,
    /// The number of the event its facility hears of.
    event: i64,
}

/// What a group of checks found, and what becomes of it.
struct Group<'r> {
    /// Keys that were used before, with what is kept if it was a check.
    before: BTreeMap<Key<'r>, Option<Kept>>,
    /// Checks of this group that have their key.
    keyed: BTreeMap<Key<'r>, &'r Recording>,
    challenges: BTreeMap<u128, RawChallenge>,
    /// By facility and reader.
    releases: BTreeMap<(i64, &'r str), Vec<Waiting>>,
    /// The number of each facility's last event.
    last: BTreeMap<i64, i64>,
    numbers: Numbers,
    new: Vec<New<'r>>,
    /// Challenges that are used up, and when.
    used: Vec<([u8; 16], i64)>,
    /// Facility, release and the check it is used by.
    taken: Vec<(i64, [u8; 16], [u8; 16])>,
    events: Vec<(EventRow, [u8; 32])>,
}

const LAST_EVENT: &str = "SELECT coalesce(max(seq), 0) FROM event WHERE facility = ?1";

impl<'r> Group<'r> {
    /// Looks up everything the group is judged by, in one message.
    fn read(server: &Server, recordings: &'r [Recording]) -> Result<Self, StoreError> {
        let keyed: Vec<Key<'r>> = recordings.iter().filter_map(key_of).collect();
        let ids: Vec<[u8; 16]> = recordings
            .iter()
            .map(|it| it.challenge.to_be_bytes())
            .collect();
        let at_readers: BTreeSet<(i64, &str)> = recordings
            .iter()
            .map(|it| (it.record.row.facility, it.reader.as_str()))
            .collect();
        let at_readers = Vec::from_iter(at_readers);
        let facilities: BTreeSet<i64> = at_readers.iter().map(|it| it.0).collect();
        let facilities = Vec::from_iter(facilities);
        let earliest = recordings.iter().map(|it| it.at.as_micros()).min();
        let earliest = earliest.unwrap_or_default();
        let mut asked: Vec<(&str, Vec<&(dyn ToSql + Sync)>)> = Vec::new();
        asked.extend(keyed.iter().map(|(facility, account, key)| {
            let of: Vec<&(dyn ToSql + Sync)> = vec![facility, account, key];
            (KNOWN_KEY, of)
        }));
        let ids: Vec<&[u8]> = ids.iter().map(|it| &it[..]).collect();
        asked.extend(ids.iter().map(|id| {
            let of: Vec<&(dyn ToSql + Sync)> = vec![id];
            (super::CHALLENGE, of)
        }));
        asked.extend(at_readers.iter().map(|(facility, reader)| {
            let of: Vec<&(dyn ToSql + Sync)> = vec![facility, reader, &earliest];
            (readers::WAITING, of)
        }));
        asked.extend(facilities.iter().map(|facility| {
            let of: Vec<&(dyn ToSql + Sync)> = vec![facility];
            (LAST_EVENT, of)
        }));
        let mut found = ask(server, &asked)?.into_iter();
        let mut before = BTreeMap::new();
        for (key, rows) in keyed.iter().zip(found.by_ref()) {
            if let Some(row) = rows.first() {
                let (question, answer): (Option<Vec<u8>>, Option<Vec<u8>>) =
                    (row.get(0)?, row.get(1)?);
                before.insert(*key, question.zip(answer));
            }
        }
        let mut challenges = BTreeMap::new();
        for (recording, rows) in recordings.iter().zip(found.by_ref()) {
            if let Some(row) = rows.first() {
                challenges.insert(recording.challenge, super::raw_challenge(row)?);
            }
        }
        let mut releases = BTreeMap::new();
        for (at, rows) in at_readers.iter().zip(found.by_ref()) {
            let waiting = rows.iter().map(|row| {
                Ok(Waiting {
                    release: readers::release(row)?,
                    is_used: false,
                })
            });
            releases.insert(*at, waiting.collect::<Result<Vec<_>, StoreError>>()?);
        }
        let mut last = BTreeMap::new();
        for (facility, rows) in facilities.iter().zip(found) {
            let row = rows.first().ok_or(StoreError::Row("event"))?;
            last.insert(*facility, row.get(0)?);
        }
        Ok(Self {
            before,
            keyed: BTreeMap::new(),
            challenges,
            releases,
            last,
            numbers: Numbers::default(),
            new: Vec::new(),
            used: Vec::new(),
            taken: Vec::new(),
            events: Vec::new(),
        })
    }

    /// Says what becomes of one check, after those before it in the group.
    fn judge(&mut self, it: &'r Recording, chain: &mut Chain) -> Result<CardRecorded, StoreError> {
        if let Some(known) = self.known(it) {
            return Ok(known);
        }
        let made = self.challenges.get(&it.challenge).cloned();
        if let Err(refused) = judged(made, &it.holder, it.challenge, it.at)? {
            return Ok(CardRecorded::Challenge(refused));
        }
        self.use_up(it);
        let released_by = match it.confirmation {
            Confirmation::NotNeeded => None,
            Confirmation::Needed => {
                let Some(account) = self.take_release(it) else {
                    self.events.push(chain.next(&it.refusal, None));
                    return Ok(CardRecorded::NotReleased);
                };
                Some(account)
            }
        };
        // However this patient was identified: a release that is left was theirs, and confirms nobody after them.
        for waiting in self.waiting(it) {
            waiting.release.expires = waiting.release.expires.min(it.at);
        }
        let facility = it.record.row.facility;
        let mut event = it.record.event.clone();
        event.detail.push_str(&it.detail(released_by.as_deref()));
        let content = Content {
            facility,
            record: 0,
            hash: it.record.hash,
        };
        self.events.push(chain.next(&event, Some(content)));
        self.keyed.extend(key_of(it).map(|key| (key, it)));
        let last = self.last.entry(facility).or_default();
        *last += 1;
        self.new.push(New {
            recording: it,
            place: self.numbers.next(it.at),
            released_by: released_by.clone(),
            event: *last,
        });
        Ok(CardRecorded::New { released_by })
    }

    /// What the key of a check was answered, before or in this group.
    fn known(&self, it: &'r Recording) -> Option<CardRecorded> {
        let key = key_of(it)?;
        let (question, answer) = match self.before.get(&key) {
            Some(Some((question, answer))) => (&question[..], &answer[..]),
            Some(None) => return Some(CardRecorded::Conflict),
            None => {
                let row = &self.keyed.get(&key)?.record.row;
                (&row.question[..], &row.answer[..])
            }
        };
        Some(if question == it.record.row.question {
            CardRecorded::Before(answer.to_vec())
        } else {
            CardRecorded::Conflict
        })
    }

    fn use_up(&mut self, it: &Recording) {
        let at = it.at.as_micros();
        if let Some(made) = self.challenges.get_mut(&it.challenge) {
            made.4 = Some(at);
        }
        self.used.push((it.challenge.to_be_bytes(), at));
    }

    fn waiting(&mut self, it: &'r Recording) -> impl Iterator<Item = &mut Waiting> {
        let at = (it.record.row.facility, it.reader.as_str());
        let all = self.releases.get_mut(&at).into_iter().flatten();
        all.filter(|it| !it.is_used)
    }

    /// Takes the release that ends first: the account that gave it.
    fn take_release(&mut self, it: &'r Recording) -> Option<String> {
        let at = it.at;
        let waiting = self.waiting(it).filter(|it| at < it.release.expires);
        let first = waiting.min_by_key(|it| it.release.expires)?;
        first.is_used = true;
        let (release, account) = (first.release.id, first.release.account.clone());
        let facility = it.record.row.facility;
        let taken = (facility, release.to_be_bytes(), it.id.to_be_bytes());
        self.taken.push(taken);
        Some(account)
    }

    /// Writes what becomes of the group in one message, and ends the transaction with it where nothing is left to do in it.
    fn write(&self, server: &Server, is_last: bool) -> Result<(), StoreError> {
        let new = &self.new;
        let records = new.iter().map(|it| &it.recording.record);
        let records = Vec::from_iter(records);
        let (keys, checks) = (columns::keys(&records), columns::checks(&records));
        let (of_cards, chain) = (columns_of_cards(new), events::columns(&self.events));
        let told = columns_of_events(new);
        let whole = [
            (columns::KEYS, &keys),
            (columns::CHECKS, &checks),
            (CARDS, &of_cards),
            (TOLD, &told),
        ];
        let mut steps: Vec<(&str, Vec<&(dyn ToSql + Sync)>)> = Vec::new();
        let used = self.used.iter().map(|(id, at)| (&id[..], *at));
        let used = Vec::from_iter(used);
        for (id, at) in &used {
            steps.push((super::USE_UP, vec![id, at]));
        }
        let taken = self.taken.iter();
        let taken = taken.map(|(facility, id, by)| (*facility, &id[..], &by[..]));
        let taken = Vec::from_iter(taken);
        for (facility, id, by) in &taken {
            steps.push((readers::TAKE, vec![facility, id, by]));
        }
        let ended = new.iter().map(|it| {
            let it = it.recording;
            (
                it.record.row.facility,
                it.reader.as_str(),
                it.at.as_micros(),
            )
        });
        let ended = Vec::from_iter(ended);
        for (facility, reader, at) in &ended {
            steps.push((readers::END, vec![facility, reader, at]));
        }
        if !new.is_empty() {
            steps.extend(whole.map(|(text, columns)| (text, references(columns))));
        }
        if !self.events.is_empty() {
            steps.push((events::INSERT, references(&chain)));
        }
        if is_last {
            steps.push(("COMMIT", Vec::new()));
        }
        let texts = steps.iter().map(|(text, _)| server.prepare(text));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let steps = texts.iter().zip(&steps);
        let steps: Vec<Step<'_>> = steps.map(|(text, (_, of))| (text, &of[..])).collect();
        let run = server.run_together(&steps, is_last);
        run.map_err(|error| match error {
            // A check by number came under a key since it was looked for: such checks wait for no turn.
            Error::Postgres(it) if is_taken(&it, "idempotency") => StoreError::KeyUsed,
            error => error.into(),
        })
    }
}

/// Texts with their values, asked in one message.
fn ask(
    server: &Server,
    asked: &[(&str, Vec<&(dyn ToSql + Sync)>)],
) -> Result<Vec<Vec<Row<'static>>>, StoreError> {
    let texts = asked.iter().map(|(text, _)| server.prepare(text));
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let steps = texts.iter().zip(asked);
    let steps: Vec<Step<'_>> = steps.map(|(text, (_, of))| (text, &of[..])).collect();
    let found = server.find_together(&steps)?.into_iter();
    let rows = found.map(|rows| rows.into_iter().map(Row::Postgres).collect());
    Ok(rows.collect())
}

fn key_of(it: &Recording) -> Option<Key<'_>> {
    let row = &it.record.row;
    let key = row.key.as_deref()?;
    Some((row.facility, row.account.as_str(), key))
}

const CARDS: &str = "INSERT INTO card_check SELECT * FROM unnest(?1::bigint[], ?2::bigint[], ?3::bytea[], ?4::bytea[], ?5::text[],
    ?6::bytea[], ?7::text[], ?8::text[], ?9::text[], ?10::text[], ?11::text[], ?12::text[], ?13::bigint[], ?14::text[], ?15::bytea[],
    ?16::bigint[], ?17::bigint[], ?18::text[], ?19::bigint[], ?20::bigint[])";

fn columns_of_cards<'r>(new: &'r [New<'r>]) -> Vec<Column<'r>> {
    let of = |it: &'r New<'r>| it.recording;
    vec![
        column(new, |it| it.place),
        column(new, |it| of(it).record.row.facility),
        column(new, |it| &of(it).record.row.id[..]),
        column(new, |it| {
            of(it).card.person.as_u128().to_be_bytes().to_vec()
        }),
        column(new, |it| of(it).holder.account.as_str()),
        column(new, |it| &of(it).holder.certificate[..]),
        column(new, |it| of(it).reader.as_str()),
        column(new, |it| of(it).card.method.as_str()),
        column(new, |it| of(it).card.vouched.as_str()),
        column(new, |it| it.released_by.as_deref()),
        column(new, |it| of(it).card.token.as_str()),
        column(new, |it| of(it).card.worth.as_str()),
        column(new, |it| i64::from(of(it).card.expires_on.to_epoch_days())),
        column(new, |it| of(it).questions()),
        column(new, |it| &of(it).card.withheld[..]),
        column(new, |it| of(it).at.as_micros()),
        column(new, |it| of(it).present_until().as_micros()),
        column(new, |_| domain::questions::QuestionsState::Open.as_str()),
        column(new, |_| None::<i64>),
        column(new, |it| i64::from(of(it).visit_date.to_epoch_days())),
    ]
}

const TOLD: &str = "INSERT INTO event (facility, seq, at, kind, reader, subject)
    SELECT * FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::text[], ?5::text[], ?6::bytea[])";

fn columns_of_events<'r>(new: &'r [New<'r>]) -> Vec<Column<'r>> {
    vec![
        column(new, |it| it.recording.record.row.facility),
        column(new, |it| it.event),
        column(new, |it| it.recording.at.as_micros()),
        column(new, |_| EventKind::CardCheckOpened.as_str()),
        column(new, |it| it.recording.reader.as_str()),
        column(new, |it| &it.recording.record.row.id[..]),
    ]
}
