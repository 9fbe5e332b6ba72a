//! Copies (控え) of what the center answered to a session today, for when it is out of reach (contracts §10). Sealed with a key that lives in
//! memory beside them, never on disk; gone with the session, after its idle minutes, and at the end of the day in Japan.

use std::cmp::Reverse;
use std::time::Duration;

use api::card::CardCheckRecord;
use api::check::Answer;
use api::history::HistoryEntry;
use domain::civil_date::{CivilDate, Instant};
use pki::sealed::{MachineKey, SealError};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::serve::App;

/// So many are kept of a session: the newest.
const MOST: usize = 500;

/// And no more than these bytes of them.
const MOST_BYTES: usize = 4 << 20;

/// Copies whose time is over are looked for this often, so that they go while nobody asks.
const EVERY: Duration = Duration::from_secs(30);

/// A check as it was answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PastAnswer {
    /// The check's identifier.
    pub(crate) id: String,
    /// When it was answered, RFC 3339.
    pub(crate) at: String,
    /// Its line of the history, where that was seen.
    pub(crate) row: Option<HistoryEntry>,
    /// What stood on its page, where that was seen.
    pub(crate) detail: Option<Detail>,
}

/// What stood on the page of a check.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Detail {
    /// Of one by number.
    Number(Answer),
    /// Of one by card.
    Card(Box<CardCheckRecord>),
}

impl Detail {
    /// What was answered.
    pub(crate) fn answer(&self) -> &Answer {
        match self {
            Self::Number(answer) => answer,
            Self::Card(record) => &record.check,
        }
    }
}

impl PastAnswer {
    /// A line of the history.
    pub(crate) fn of_row(row: HistoryEntry) -> Self {
        Self {
            id: row.check_id.clone(),
            at: row.at.clone(),
            row: Some(row),
            detail: None,
        }
    }

    /// What a page showed.
    pub(crate) fn of(detail: Detail) -> Self {
        let answer = detail.answer();
        Self {
            id: answer.check_id.clone(),
            at: answer.as_of.clone(),
            row: None,
            detail: Some(detail),
        }
    }

    /// A check that an account made here, of an insurer number.
    pub(crate) fn made(answer: Answer, account: &str, insurer_number: &str) -> Self {
        let row = HistoryEntry {
            account: account.to_owned(),
            insurer_number: insurer_number.to_owned(),
            origin: "page".to_owned(),
            ..row_of(&answer)
        };
        Self {
            row: Some(row),
            ..Self::of(Detail::Number(answer))
        }
    }

    /// Its line in the list; what is not known of it is empty there.
    pub(crate) fn line(&self) -> Option<HistoryEntry> {
        let derived = || self.detail.as_ref().map(|it| row_of(it.answer()));
        self.row.clone().or_else(derived)
    }

    /// The same with what was known before and is not told again.
    fn or(self, known: Option<Self>) -> Self {
        let Some(known) = known else {
            return self;
        };
        Self {
            row: self.row.or(known.row),
            detail: self.detail.or(known.detail),
            ..self
        }
    }
}

/// A line of the history, as far as an answer tells.
fn row_of(answer: &Answer) -> HistoryEntry {
    let first = answer.results.first();
    HistoryEntry {
        account: String::new(),
        at: answer.as_of.clone(),
        check_id: answer.check_id.clone(),
        insurer_number: first.map_or_else(String::new, |it| it.insurer_number.clone()),
        method: None,
        name: first.map(|it| it.name.clone()),
        origin: String::new(),
        verdict: answer.verdict,
        visit_date: answer.visit_date.clone(),
    }
}

/// The copies of one session.
#[derive(Default)]
pub(crate) struct Copies(Option<Held>);

/// Copies with the key they are sealed with.
struct Held {
    key: MachineKey,
    day: CivilDate,
    /// When a person last asked for something.
    acted: Instant,
    /// Without a person's request for so long the session is over.
    idle_s: i64,
    /// The newest first.
    sealed: Vec<Sealed>,
}

struct Sealed {
    id: String,
    at: Instant,
    bytes: Vec<u8>,
}

impl Copies {
    /// Keeps what was answered today; of other days nothing is kept.
    pub(crate) fn keep(&mut self, answers: Vec<PastAnswer>, idle_minutes: u32, now: Instant) {
        self.wipe_if_over(now);
        let today = now.date_in_japan();
        let answers = answers.into_iter().filter_map(|answer| {
            let at = Instant::parse(&answer.at).ok()?;
            (at.date_in_japan() == today).then_some((at, answer))
        });
        let answers: Vec<_> = answers.collect();
        if answers.is_empty() {
            return;
        }
        let held = match self.0.take() {
            Some(held) => Ok(held),
            None => Held::new(today, idle_minutes, now),
        };
        match held {
            Ok(mut held) => {
                for (at, answer) in answers {
                    held.keep(at, answer);
                }
                held.bound();
                self.0 = Some(held);
            }
            Err(error) => tracing::error!(error = %error, "no copies of answers are kept"),
        }
    }

    /// The copy of a check.
    pub(crate) fn find(&mut self, id: &str, now: Instant) -> Option<PastAnswer> {
        self.wipe_if_over(now);
        let held = self.0.as_ref()?;
        held.unseal(held.sealed.iter().find(|it| it.id == id)?)
    }

    /// All copies, the newest first.
    pub(crate) fn all(&mut self, now: Instant) -> Vec<PastAnswer> {
        self.wipe_if_over(now);
        let Some(held) = &self.0 else {
            return Vec::new();
        };
        held.sealed
            .iter()
            .filter_map(|it| held.unseal(it))
            .collect()
    }

    /// Whether there are any.
    pub(crate) fn holds_any(&mut self, now: Instant) -> bool {
        self.wipe_if_over(now);
        self.0.as_ref().is_some_and(|held| !held.sealed.is_empty())
    }

    /// Lets the copy of one check go.
    pub(crate) fn forget(&mut self, id: &str) {
        if let Some(held) = &mut self.0 {
            held.sealed.retain(|it| it.id != id);
        }
    }

    /// Notes that a person asked for something.
    pub(crate) fn act(&mut self, now: Instant) {
        self.wipe_if_over(now);
        if let Some(held) = &mut self.0 {
            held.acted = now;
        }
    }

    /// Lets all of them go, and their key, when the day or the session is over.
    pub(crate) fn wipe_if_over(&mut self, now: Instant) {
        if self.0.as_ref().is_some_and(|held| held.is_over(now)) {
            self.0 = None;
        }
    }
}

impl Held {
    fn new(day: CivilDate, idle_minutes: u32, now: Instant) -> Result<Self, SealError> {
        Ok(Self {
            key: MachineKey::in_memory()?,
            day,
            acted: now,
            idle_s: i64::from(idle_minutes) * 60,
            sealed: Vec::new(),
        })
    }

    fn is_over(&self, now: Instant) -> bool {
        now.date_in_japan() != self.day || self.acted.plus_seconds(self.idle_s) <= now
    }

    fn keep(&mut self, at: Instant, answer: PastAnswer) {
        let place = self.sealed.iter().position(|it| it.id == answer.id);
        let known = place.map(|place| self.sealed.swap_remove(place));
        let answer = answer.or(known.and_then(|it| self.unseal(&it)));
        if let Some(bytes) = self.seal(&answer) {
            let id = answer.id;
            self.sealed.push(Sealed { id, at, bytes });
        }
    }

    /// Leaves the newest, as many as are kept.
    fn bound(&mut self) {
        self.sealed.sort_by_key(|it| Reverse(it.at));
        self.sealed.truncate(MOST);
        let mut left = MOST_BYTES;
        self.sealed.retain(|it| {
            let rest = left.checked_sub(it.bytes.len());
            left = rest.unwrap_or_default();
            rest.is_some()
        });
    }

    fn seal(&self, answer: &PastAnswer) -> Option<Vec<u8>> {
        let plain = Zeroizing::new(serde_json::to_vec(answer).ok()?);
        self.key.seal_bytes(&plain).ok()
    }

    fn unseal(&self, sealed: &Sealed) -> Option<PastAnswer> {
        let plain = self.key.unseal_bytes(&sealed.bytes)?;
        serde_json::from_slice(&plain).ok()
    }
}

/// Lets copies go whose time is over, for as long as the terminal runs.
pub(crate) async fn wipe(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        app.browsers.wipe_copies(app.now());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What a check of somebody was answered at an instant.
    pub(crate) fn answered(id: u32, at: Instant) -> Answer {
        Answer {
            as_of: at.to_string(),
            check_id: format!("019aae5e-0000-7000-8000-{id:012}"),
            facility: "1319999999".into(),
            messages: Vec::new(),
            receipt: None,
            receipt_salt: None,
            results: vec![api::check::CoverageResult {
                insurer_number: "06139992".into(),
                name: "資格　太郎".into(),
                ..Default::default()
            }],
            verdict: 1,
            visit_date: at.date_in_japan().to_string(),
        }
    }

    fn copy(id: u32, at: Instant) -> PastAnswer {
        PastAnswer::of(Detail::Number(answered(id, at)))
    }

    fn noon() -> Instant {
        Instant::parse("2026-11-23T03:00:00Z").unwrap()
    }

    #[test]
    fn a_copy_lies_sealed_and_is_what_was_answered() {
        let mut copies = Copies::default();
        copies.keep(vec![copy(1, noon())], 30, noon());
        let held = copies.0.as_ref().unwrap();
        let text = String::from_utf8_lossy(&held.sealed[0].bytes).into_owned();
        assert!(!text.contains("太郎") && !text.contains("06139992"));
        let known = copies.find(&copy(1, noon()).id, noon()).unwrap();
        assert!(known == copy(1, noon()));
        assert!(copies.find(&copy(2, noon()).id, noon()).is_none());
    }

    #[test]
    fn copies_go_at_midnight_in_japan_and_when_nobody_asks_for_the_idle_minutes() {
        let late = Instant::parse("2026-11-23T14:59:00Z").unwrap();
        let kept = |at: Instant| {
            let mut copies = Copies::default();
            copies.keep(vec![copy(1, at)], 30, at);
            copies
        };
        assert!(kept(late).holds_any(late.plus_seconds(59)));
        assert!(!kept(late).holds_any(late.plus_seconds(60)));
        let mut copies = kept(noon());
        assert!(copies.holds_any(noon().plus_seconds(29 * 60)));
        copies.act(noon().plus_seconds(29 * 60));
        assert!(copies.holds_any(noon().plus_seconds(58 * 60)));
        copies.wipe_if_over(noon().plus_seconds(59 * 60));
        assert!(copies.0.is_none());
        // Nothing of another day is kept.
        let mut copies = Copies::default();
        copies.keep(vec![copy(1, noon().plus_seconds(-86_400))], 30, noon());
        assert!(copies.0.is_none());
    }

    #[test]
    fn the_newest_are_kept_and_no_more_than_there_is_room_for() {
        let mut copies = Copies::default();
        let at = |id: u32| noon().plus_seconds(i64::from(id));
        let many = (1..=502).map(|id| copy(id, at(id))).collect();
        copies.keep(many, 30, noon().plus_seconds(600));
        let all = copies.all(noon().plus_seconds(600));
        assert_eq!(all.len(), MOST);
        assert!(all[0].id.ends_with("502") && all[MOST - 1].id.ends_with("003"));
        let large = |id: u32| {
            let mut answer = answered(id, at(id));
            answer.results[0].name = "あ".repeat(1 << 19);
            PastAnswer::of(Detail::Number(answer))
        };
        let mut copies = Copies::default();
        copies.keep((1..=4).map(large).collect(), 30, noon());
        assert_eq!(copies.all(noon()).len(), 2);
    }

    #[test]
    fn what_the_history_tells_and_what_a_page_told_are_one_copy() {
        let made = PastAnswer::made(answered(1, noon()), "uketsuke", "06139992");
        let row = made.line().unwrap();
        assert_eq!((row.account.as_str(), row.verdict), ("uketsuke", 1));
        let mut copies = Copies::default();
        copies.keep(vec![made], 30, noon());
        let told = HistoryEntry {
            origin: "file".into(),
            ..row
        };
        copies.keep(vec![PastAnswer::of_row(told)], 30, noon());
        copies.keep(vec![copy(1, noon())], 30, noon());
        let all = copies.all(noon());
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].line().unwrap().origin, "file");
        assert!(all[0].detail.is_some());
        copies.forget(&all[0].id);
        assert!(!copies.holds_any(noon()));
    }
}
