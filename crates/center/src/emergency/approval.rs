//! Who may approve what waits of an emergency window: another person than the one who asked, as far as names, links and the shell tell.
//! Decides nothing by itself: the store judges again in the transaction that approves.

use domain::civil_date::Instant;
use domain::emergency::two_people::{Given, OnePerson, are_two};
use domain::emergency::window::EmergencyWindow;
use domain::operator::{OperatorState, SHELL};

use crate::app::Shared;
use crate::told::Told;

/// Everybody who might approve, and what they were given lately to sign in with.
pub(super) struct Approvers {
    /// Operators who sign in on the pages, and the shell.
    names: Vec<String>,
    given: Vec<Given>,
    days: u16,
}

impl Approvers {
    pub(super) fn read(app: &Shared, now: Instant) -> Result<Self, Told> {
        let all = app.engine.operators()?;
        let active = all.iter().filter(|it| it.state == OperatorState::Active);
        let names = active.map(|it| it.name.to_string());
        let given = app
            .engine
            .operators_given(app.emergency.given_counts_after(now))?;
        Ok(Self {
            names: names.chain([SHELL.to_owned()]).collect(),
            given,
            days: app.emergency.approval_after_days,
        })
    }

    /// Who may approve what waits of a window; nobody where nothing waits.
    pub(super) fn of(&self, window: &EmergencyWindow) -> Vec<String> {
        let Some(waiting) = window.waiting() else {
            return Vec::new();
        };
        let may = |name: &&String| are_two(&waiting.operator, name, &self.given).is_ok();
        self.names.iter().filter(may).cloned().collect()
    }

    /// Why somebody may not approve, and who may instead.
    pub(super) fn refused(&self, why: OnePerson, window: Option<&EmergencyWindow>) -> Told {
        let days = self.days;
        let (ja, en) = match why {
            OnePerson::Same => (
                "申請した運用者は、自分の申請を承認できません。別の運用者が承認してください。".to_owned(),
                "whoever asked cannot approve; another operator must approve".to_owned(),
            ),
            OnePerson::ShellTwice => (
                "センターの機器（シェル）からの申請は、シェルからは承認できません。--operator の名前が違っても1人とみなします。運用者の画面で承認してください。".to_owned(),
                "what was asked from the shell is not approved from the shell: all names of --operator count as one person; approve it on the operators' pages".to_owned(),
            ),
            OnePerson::GivenByShell => (
                format!("申請した運用者か承認する運用者が、この{days}日のうちにセンターの機器（シェル）から追加・再設定されています。シェルを使う人が両方を兼ねられるため、承認できません。"),
                format!("one of the two was added or reset from the shell within {days} days, and whoever uses the shell may be the other"),
            ),
            OnePerson::GivenByOne => (
                format!("申請した運用者と承認する運用者は、この{days}日のうちに、一方が他方を追加・再設定したか、同じ人に追加・再設定されています。1人が両方を兼ねられるため、承認できません。"),
                format!("within {days} days one of the two added or reset the other, or the same person added or reset both, and may be both"),
            ),
        };
        let names = window.map(|it| self.of(it)).unwrap_or_default();
        let (who_ja, who_en) = self.instead(&names);
        Told::of(
            "",
            "one_person",
            format!("{ja}{who_ja}"),
            format!("{en}. {who_en}"),
        )
    }

    fn instead(&self, names: &[String]) -> (String, String) {
        let days = self.days;
        if names.is_empty() {
            return (
                format!(
                    "いま承認できる運用者はいません。追加・再設定から{days}日たった運用者が必要です（docs/operations/emergency.md）。"
                ),
                format!(
                    "Nobody can approve it now: that takes an operator who was added or reset more than {days} days ago (docs/operations/emergency.md)"
                ),
            );
        }
        let say = |shell: &str, between: &str| {
            let names = names.iter().map(String::as_str);
            let names = names.map(|name| if name == SHELL { shell } else { name });
            names.collect::<Vec<_>>().join(between)
        };
        (
            format!(
                "いま承認できるのは: {}",
                say("センターの機器（シェル）", "、")
            ),
            format!("Who can approve it now: {}", say("the shell", ", ")),
        )
    }
}
