//! Facts of self-update with every way an update ends, for the page that shows them.

use api::problem::Text;
use ui::component::Fact;

use crate::pages::{Visitor, updates};
use crate::update::{LastUpdate, Outcome, PutOff, Standing};

pub(super) fn facts(visitor: &Visitor) -> Vec<Fact> {
    let outcomes = [
        Outcome::Installed,
        Outcome::NotInstalled,
        Outcome::SelfCheck,
        Outcome::NotRunning,
        Outcome::CutOff,
    ];
    let facts = |outcome| updates::facts(&visitor.words, &of(outcome));
    outcomes.into_iter().flat_map(facts).collect()
}

pub(super) fn of(outcome: Outcome) -> Standing {
    Standing {
        installed: Some("0.1.0-1".into()),
        running: "0.1.0".into(),
        waiting: None,
        last: Some(LastUpdate {
            began: "2026-11-26T18:00:00Z".into(),
            ended: "2026-11-26T18:01:00Z".into(),
            from: "0.1.0-1".into(),
            to: "0.2.0-1".into(),
            outcome,
        }),
        put_off: Some(PutOff {
            at: "2026-11-26T03:00:00Z".into(),
            until: "2026-11-26T11:00:00Z".into(),
        }),
        looked: Some("2026-11-26T18:00:00Z".into()),
        stopped: Some(Text::new("理由", "reason")),
    }
}
