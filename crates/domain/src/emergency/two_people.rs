//! Whether two operators of an emergency window are two people: names alone do not tell, since whoever adds or resets an operator holds
//! the link that operator signs in with, and whoever uses the shell may use any name. Counts as one person what may be one.

use std::collections::BTreeSet;

use crate::civil_date::Instant;
use crate::operator::SHELL;

/// Days for which what somebody gave an operator to sign in with counts as in the giver's hand, where the settings say nothing \[ours\].
///
/// ```
/// assert_eq!(domain::emergency::two_people::APPROVAL_AFTER_DAYS, 7);
/// ```
pub const APPROVAL_AFTER_DAYS: u16 = 7;

/// That an operator was given a one-time link: added, reset, or brought back.
///
/// ```
/// use domain::{civil_date::Instant, emergency::two_people::Given};
/// let given = Given { to: "tanaka".into(), by: "suzuki".into(), at: Instant::from_micros(0) };
/// assert_eq!(given.by, "suzuki");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// To whom.
    pub to: String,
    /// By whom, as the audit chain names operators.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// Why two operators may be one person.
///
/// ```
/// use domain::emergency::two_people::OnePerson;
/// assert!(OnePerson::Same.to_string().contains("another operator"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OnePerson {
    /// They have one name.
    #[error("another operator must approve")]
    Same,
    /// Both used the shell, under whatever names.
    #[error(
        "what was asked from the shell is approved on the operators' pages: all names of the shell count as one person"
    )]
    ShellTwice,
    /// What one of them signs in with came from the shell lately, and whoever uses the shell may be the other.
    #[error(
        "one of the two was added or reset from the shell lately, and whoever uses the shell may be the other"
    )]
    GivenByShell,
    /// One of them lately gave the other what it signs in with, or somebody gave it to both.
    #[error(
        "one of the two lately added or reset the other, or both were added or reset by the same person"
    )]
    GivenByOne,
}

/// Whether the operator who asked and the one who approves are two people. `given` is what operators were given lately.
///
/// # Errors
/// [`OnePerson`].
///
/// ```
/// use domain::{civil_date::Instant, emergency::two_people::{Given, OnePerson, are_two}};
/// assert_eq!(are_two("suzuki", "tanaka", &[]), Ok(()));
/// assert_eq!(are_two("local:suzuki", "tanaka", &[]), Ok(()));
/// assert_eq!(are_two("local:suzuki", "local:tanaka", &[]), Err(OnePerson::ShellTwice));
/// let given = Given { to: "tanaka".into(), by: "suzuki".into(), at: Instant::from_micros(0) };
/// assert_eq!(are_two("suzuki", "tanaka", &[given]), Err(OnePerson::GivenByOne));
/// ```
pub fn are_two(asked: &str, approves: &str, given: &[Given]) -> Result<(), OnePerson> {
    let (asked, approves) = (person(asked), person(approves));
    if asked == approves {
        let shell = asked == SHELL;
        return Err(if shell {
            OnePerson::ShellTwice
        } else {
            OnePerson::Same
        });
    }
    let hands = [hand(asked, given), hand(approves, given)];
    let [first, second] = &hands;
    let from_shell = |name: &str, hand: &BTreeSet<&str>| name != SHELL && hand.contains(SHELL);
    if from_shell(asked, first) || from_shell(approves, second) {
        return Err(OnePerson::GivenByShell);
    }
    if first.is_disjoint(second) {
        Ok(())
    } else {
        Err(OnePerson::GivenByOne)
    }
}

/// The one person all names of the shell are, or the name.
fn person(operator: &str) -> &str {
    match operator.split_once(':') {
        Some((SHELL, _)) => SHELL,
        _ => operator,
    }
}

/// All whose sign-in may be in one hand with this one: who gave and who was given, step by step.
fn hand<'a>(name: &'a str, given: &'a [Given]) -> BTreeSet<&'a str> {
    let mut hand = BTreeSet::from([name]);
    loop {
        let before = hand.len();
        for it in given {
            let (to, by) = (person(&it.to), person(&it.by));
            if hand.contains(to) || hand.contains(by) {
                hand.extend([to, by]);
            }
        }
        if hand.len() == before {
            return hand;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> Vec<Given> {
        let at = Instant::from_micros(0);
        let pairs = pairs.iter().map(|(by, to)| Given {
            to: (*to).into(),
            by: (*by).into(),
            at,
        });
        pairs.collect()
    }

    /// Whichever of the two asks.
    fn check(one: &str, other: &str, pairs: &[(&str, &str)], expected: Result<(), OnePerson>) {
        let given = given(pairs);
        for (asked, approves) in [(one, other), (other, one)] {
            assert_eq!(
                are_two(asked, approves, &given),
                expected,
                "{asked} {approves} {pairs:?}"
            );
        }
    }

    #[test]
    fn the_shell_is_one_person_whatever_names_are_typed() {
        for (one, other) in [
            ("local", "local"),
            ("local", "local:a"),
            ("local:a", "local:b"),
        ] {
            check(one, other, &[], Err(OnePerson::ShellTwice));
        }
        check("local:suzuki", "suzuki", &[], Ok(()));
        check("suzuki", "suzuki", &[], Err(OnePerson::Same));
        check("localhost", "local.a", &[], Ok(()));
    }

    #[test]
    fn whoever_gave_a_sign_in_is_no_second_person_beside_it() {
        check("a", "b", &[("a", "b")], Err(OnePerson::GivenByOne));
        check(
            "a",
            "c",
            &[("a", "b"), ("b", "c")],
            Err(OnePerson::GivenByOne),
        );
        check(
            "b",
            "c",
            &[("a", "b"), ("a", "c")],
            Err(OnePerson::GivenByOne),
        );
        check("a", "d", &[("a", "b"), ("c", "e")], Ok(()));
    }

    #[test]
    fn what_the_shell_gave_may_be_anybodys() {
        check(
            "local:x",
            "b",
            &[("local", "b")],
            Err(OnePerson::GivenByShell),
        );
        check("a", "b", &[("local", "b")], Err(OnePerson::GivenByShell));
        check(
            "a",
            "c",
            &[("local", "b"), ("b", "c")],
            Err(OnePerson::GivenByShell),
        );
        check("local", "a", &[("local", "b")], Ok(()));
    }

    #[test]
    fn operators_who_gave_to_each_other_in_a_ring_end_the_search() {
        let ring = [("a", "b"), ("b", "c"), ("c", "a")];
        check("a", "c", &ring, Err(OnePerson::GivenByOne));
        check("a", "d", &ring, Ok(()));
    }
}
