//! What went wrong, in the page's language: the center's problems and members, lost lines, broken parts of the password rule.

use api::client::ClientError;
use api::problem::{MemberError, Problem, Trouble};
use domain::password::Broken;
use pki::client::Refusal;
use ui::component::{ErrorSummary, Fault, Select, TextField};
use ui::language::Words;

/// A fault with a code and a text of our own.
pub(crate) fn own(words: &Words, code: &str, key: &str) -> Fault {
    Fault {
        code: code.into(),
        text: words.say(key),
    }
}

/// A problem of the center, as it is told to a clerk, with the time to wait where there is one.
pub(crate) fn of_problem(problem: &Problem, words: &Words) -> Fault {
    let mut text = words
        .choose(&problem.clerk.ja, &problem.clerk.en)
        .to_owned();
    if let Some(seconds) = problem.retry_after_s {
        let minutes = seconds.div_ceil(60);
        text.push_str(&words.say_with("wait", &[("minutes", minutes)]));
    }
    Fault {
        code: problem.code.clone(),
        text,
    }
}

/// What is wrong with a member, with the member's name.
pub(crate) fn of_member(error: &MemberError, words: &Words) -> (String, Fault) {
    let fault = Fault {
        code: error.code.clone(),
        text: words.choose(&error.text.ja, &error.text.en).to_owned(),
    };
    (error.member.clone(), fault)
}

/// What is wrong with each member a problem names.
pub(crate) fn of_members(problem: &Problem, words: &Words) -> Vec<(String, Fault)> {
    let errors = problem.errors.iter();
    errors.map(|error| of_member(error, words)).collect()
}

/// What is wrong with each member an error names; `None` where it names none.
pub(crate) fn of_named(error: &ClientError, words: &Words) -> Option<Vec<(String, Fault)>> {
    match error {
        ClientError::Problem(problem) if !problem.errors.is_empty() => {
            Some(of_members(problem, words))
        }
        _ => None,
    }
}

/// A broken part of the password rule.
pub(crate) fn of_broken(broken: Broken, words: &Words) -> Fault {
    let (ja, en) = broken.text();
    Fault {
        code: broken.code().into(),
        text: words.choose(ja, en),
    }
}

/// Why the center did not answer as hoped.
pub(crate) fn of_client(error: &ClientError, words: &Words) -> Fault {
    match error {
        ClientError::Problem(problem) => of_problem(problem, words),
        ClientError::Connection(Refusal::Certificate) => {
            own(words, "certificate_refused", "certificate-refused")
        }
        ClientError::Connection(Refusal::Clock) => own(words, "clock_wrong", "clock-wrong"),
        ClientError::Connection(Refusal::Server) => {
            own(words, "center_not_ours", "center-not-ours")
        }
        ClientError::Connection(Refusal::Line) => {
            own(words, "center_unreachable", "center-unreachable")
        }
        ClientError::TooLarge => own(words, "center_too_large", "center-too-large"),
        ClientError::Address | ClientError::Answer | ClientError::Tls(_) => {
            own(words, "center_not_understood", "center-not-understood")
        }
    }
}

/// Whether what was asked may be done though the center did not say so: the line is lost, or the center itself failed. One that was too crowded to
/// begin with it did nothing.
pub(crate) fn may_be_done(error: &ClientError) -> bool {
    let ClientError::Problem(problem) = error else {
        return true;
    };
    let crowded = [Trouble::Overloaded.code(), Trouble::Busy.code()];
    500 <= problem.status && !crowded.contains(&problem.code.as_str())
}

/// Gives each fault to the field it names, and lists all of them for the head of the page.
pub(crate) fn spread(
    faults: &[(String, Fault)],
    fields: &mut [TextField],
    selects: &mut [Select],
) -> ErrorSummary {
    let of = |name: &str| -> Vec<Fault> {
        let own = faults.iter().filter(|(member, _)| member == name);
        own.map(|(_, fault)| fault.clone()).collect()
    };
    for field in fields {
        field.errors = of(field.name);
    }
    for select in selects {
        select.errors = of(select.name);
    }
    ErrorSummary {
        code: "invalid_input".into(),
        faults: faults.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ui::language::{Language, Texts};

    use super::*;
    use crate::texts::SCREENS;

    #[test]
    fn each_reason_why_the_center_was_not_reached_has_a_way_on_of_its_own() {
        let texts = Arc::new(Texts::new(&SCREENS).unwrap());
        for (language, remedies) in [
            (Language::Japanese, ["再発行", "アドレス", "日時", "回線"]),
            (Language::English, ["Apply", "address", "date", "line"]),
        ] {
            let words = Words::new(Arc::clone(&texts), language);
            let told = |refusal| of_client(&ClientError::Connection(refusal), &words);
            let all = [
                (Refusal::Certificate, "certificate_refused"),
                (Refusal::Server, "center_not_ours"),
                (Refusal::Clock, "clock_wrong"),
                (Refusal::Line, "center_unreachable"),
            ];
            for ((refusal, code), remedy) in all.into_iter().zip(remedies) {
                let fault = told(refusal);
                assert_eq!(fault.code, code);
                assert!(fault.text.contains(remedy), "{}", fault.text);
            }
        }
    }

    #[test]
    fn an_answer_that_is_too_large_is_told_with_what_to_do_and_not_as_one_that_does_not_read() {
        let texts = Arc::new(Texts::new(&SCREENS).unwrap());
        let remedies = [
            (Language::Japanese, "条件を絞る"),
            (Language::English, "fewer at a time"),
        ];
        for (language, remedy) in remedies {
            let words = Words::new(Arc::clone(&texts), language);
            let fault = of_client(&ClientError::TooLarge, &words);
            assert_eq!(fault.code, "center_too_large");
            assert!(fault.text.contains(remedy), "{}", fault.text);
            let other = of_client(&ClientError::Answer, &words);
            assert_eq!(other.code, "center_not_understood");
        }
    }
}
