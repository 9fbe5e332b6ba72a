//! Which desks to call about a matter: by the contract, and by the model installed. Where neither is known it says so and lists what
//! comes into question.

use crate::civil_date::CivilDate;
use crate::support_directory::desk::{Contract, Desk, Matter, Scope, SupportDirectory};

/// What is known of the device a call is about.
///
/// ```
/// use domain::support_directory::choice::Installed;
/// assert_eq!(Installed::default().model, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Installed<'a> {
    /// Its maker.
    pub maker: Option<&'a str>,
    /// Its model.
    pub model: Option<&'a str>,
}

/// Why a desk is listed.
///
/// ```
/// use domain::support_directory::choice::Why;
/// assert_ne!(Why::Right, Why::AskFirst);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is for this.
    Right,
    /// The contract does not say whether it is for this; it is asked first.
    AskFirst,
    /// It is for some models or makers, and the one installed is not known.
    IfThisModel,
}

/// A desk to call.
///
/// ```
/// # fn name(choice: domain::support_directory::choice::Choice<'_>) -> &str { &choice.desk.name }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<'a> {
    /// The desk.
    pub desk: &'a Desk,
    /// Why it.
    pub why: Why,
}

impl SupportDirectory {
    /// The desks for a matter, the one to call first at the head. With the contract its own number takes every call it is for; what it is
    /// not for goes to the makers; what it does not speak of is asked there first. None where the directory has no desk for the
    /// model installed: then the seller is called.
    #[must_use]
    pub fn desks_for(
        &self,
        matter: Matter,
        contract: Option<Contract>,
        installed: Installed<'_>,
    ) -> Vec<Choice<'_>> {
        let desks = self.desks();
        let fitting = |desk: &'_ Desk| fit(desk, matter, installed);
        let for_all = |desk: &&Desk| !desk.is_of_contract() && desk.is_for(Contract::With);
        let known_to_all = desks.iter().filter(for_all).any(|it| fitting(it).is_some());
        let mut choices = Vec::new();
        let mut taken = false;
        if contract != Some(Contract::Without) {
            for desk in desks.iter().filter(|it| it.is_of_contract()) {
                let names = desk.scope.iter().any(|it| it.matter == matter);
                let silent = matches!(matter, Matter::Part(_))
                    && !names
                    && !desk.not_for.contains(&matter)
                    && !known_to_all;
                let why = fitting(desk).or(silent.then_some(Why::AskFirst));
                taken |= why == Some(Why::Right);
                choices.extend(why.map(|why| Choice { desk, why }));
            }
        }
        let directly = contract != Some(Contract::With) || !taken;
        let others = desks.iter().filter(|it| !it.is_of_contract());
        for desk in others.filter(|it| it.is_for(Contract::With) || directly) {
            choices.extend(fitting(desk).map(|why| Choice { desk, why }));
        }
        choices
    }
}

fn fit(desk: &Desk, matter: Matter, installed: Installed<'_>) -> Option<Why> {
    let scopes = desk.scope.iter().filter(|it| it.matter == matter);
    let fits: Vec<Why> = scopes.filter_map(|it| of_scope(it, installed)).collect();
    fits.iter()
        .find(|it| **it == Why::Right)
        .or(fits.first())
        .copied()
}

/// A scope without lists fits whatever is installed; lists fit what they name, and perhaps what is not known.
fn of_scope(scope: &Scope, installed: Installed<'_>) -> Option<Why> {
    let of = |list: &[String], given: Option<&str>| match given {
        _ if list.is_empty() => Some(Why::Right),
        None => Some(Why::IfThisModel),
        Some(given) => list
            .iter()
            .any(|it| is_named(it, given))
            .then_some(Why::Right),
    };
    let model = of(&scope.models, installed.model)?;
    let maker = of(&scope.makers, installed.maker)?;
    Some(if model == Why::Right { maker } else { model })
}

/// Labels and people write a model with and without its maker, hyphens and blanks.
fn is_named(listed: &str, given: &str) -> bool {
    let plain = |text: &str| -> String {
        let kept = text.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_uppercase).collect()
    };
    let (listed, given) = (plain(listed), plain(given));
    !given.is_empty() && (given.contains(&listed) || listed.contains(&given))
}

/// How many of a month's free re-set-ups of the PC are left (有償オプション: 月1回まで).
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::support_directory::choice::free_set_ups_left;
/// let day = |text| CivilDate::parse_iso(text).unwrap();
/// let used = [day("2026-10-31"), day("2026-11-02")];
/// assert_eq!(free_set_ups_left(&used, day("2026-11-26"), 1), 0);
/// assert_eq!(free_set_ups_left(&used, day("2026-12-01"), 1), 1);
/// ```
#[must_use]
pub fn free_set_ups_left(used: &[CivilDate], today: CivilDate, a_month: usize) -> usize {
    let this_month = |day: &&CivilDate| (day.year(), day.month()) == (today.year(), today.month());
    a_month.saturating_sub(used.iter().filter(this_month).count())
}
