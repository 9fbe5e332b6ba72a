//! That a store was brought back, from a copy or to a point in time: an event of its audit chain, which says how far it reached then.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;

use crate::engine::{Engine, StoreError};
use crate::sql::params;

/// So many characters of a copy's name stand in the event.
const NAME_LENGTH: usize = 64;

/// How far a store reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Events in all chains.
    pub events: u64,
    /// When the last one was written; `None` where there is none.
    pub last: Option<Instant>,
}

impl Engine {
    /// Records that what is here now was brought back; says how far it reached before this. `from` names the copy or the point; whatever does
    /// not belong into a name is left out of it.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was recorded.
    pub async fn record_restore(
        &self,
        from: &str,
        at: Instant,
        actor: Actor,
    ) -> Result<Reach, StoreError> {
        let reach = self.reach()?;
        let last = reach.last.map_or("none".into(), |it| it.to_string());
        let event = Event {
            at,
            actor,
            deed: Deed::Restore,
            subject: None,
            detail: format!("from={} events={} last={last}", plain(from), reach.events),
        };
        self.record(event).await?;
        Ok(reach)
    }

    fn reach(&self) -> Result<Reach, StoreError> {
        let (events, heads) = (self.events()?, self.heads()?);
        self.read(|connection| {
            let text = "SELECT at FROM audit_event WHERE chain = ?1 AND seq = ?2";
            let mut statement = connection.prepare_cached(text)?;
            let mut last: Option<i64> = None;
            for head in &heads {
                let at = statement.query_row(params![head.chain, head.seq], |row| row.get(0))?;
                last = last.max(Some(at));
            }
            Ok(Reach {
                events,
                last: last.map(Instant::from_micros),
            })
        })
    }
}

/// A name as one word.
fn plain(name: &str) -> String {
    let letters = name.chars().take(NAME_LENGTH);
    let is_kept = |it: char| it.is_alphanumeric() || "-_.:+".contains(it);
    letters
        .map(|it| if is_kept(it) { it } else { '_' })
        .collect()
}
