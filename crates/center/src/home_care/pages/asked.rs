//! The questions on the page of a patient at home, the answers its form sends, and what is told of them at the end.

use domain::civil_date::Instant;
use domain::questions::{Answered, Choice, Question, QuestionsState};
use store::cards::questions::Delivered;
use ui::component::Radio;

use super::{AskedQuestion, DonePage, Frame, QuestionsPage};

/// What is asked, home care first. With a form that left something out: its answers stay chosen, and what it left out is marked.
pub(super) fn questions(
    frame: Frame,
    facility: String,
    (found, until): (&Delivered, Instant),
    given: Option<&[(String, String)]>,
) -> QuestionsPage {
    let words = &frame.words;
    let choice = |value: Choice, label: String, support: String| Radio {
        value: value.as_str().into(),
        label,
        support: vec![support],
        chosen: false,
        barred: false,
    };
    let mut asked = vec![AskedQuestion {
        name: HOME_CARE,
        legend: words.say("ask-home"),
        choices: vec![
            choice(
                Choice::Yes,
                words.say("agree"),
                frame.lasting("home-yes", "home-yes-days"),
            ),
            choice(Choice::No, words.say("not-agree"), words.say("home-no")),
        ],
        missing: false,
    }];
    for question in &found.card.questions {
        let of = |choice_of: Choice| {
            let key = format!("{}-{}", group(*question), choice_of.as_str());
            choice(choice_of, words.say(&key), String::new())
        };
        asked.push(AskedQuestion {
            name: question.as_str(),
            legend: words.say(&format!("ask-{}", question.as_str().replace('_', "-"))),
            choices: question.choices().iter().map(|it| of(*it)).collect(),
            missing: false,
        });
    }
    for it in &mut asked {
        it.choose(given);
    }
    let name = found.name.clone().unwrap_or_default();
    QuestionsPage {
        who: words.say_with("questions-who", &[("name", name)]),
        facility,
        missing: asked.iter().any(|it| it.missing),
        asked,
        until: until.to_minute_in_japan(),
        frame,
    }
}

impl AskedQuestion {
    /// Chooses what a form gave; where it gave nothing that may be chosen, that is missing.
    fn choose(&mut self, given: Option<&[(String, String)]>) {
        let Some(given) = given else {
            return;
        };
        let value = value(given, self.name);
        for choice in &mut self.choices {
            choice.chosen = value == Some(choice.value.as_str());
        }
        self.missing = !self.choices.iter().any(|it| it.chosen);
    }
}

/// The name of the question about home care among the others.
const HOME_CARE: &str = "home_care";

fn group(question: Question) -> &'static str {
    use domain::questions::Group;
    match question.group() {
        Group::Certificate => "certificate",
        Group::MedicalInformation => "medical",
        Group::Prescription => "prescription",
    }
}

/// What a form says under a name.
fn value<'a>(given: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = given.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// The answers of a form; `None` where one is missing or is none.
pub(super) fn read(
    found: &Delivered,
    given: &[(String, String)],
) -> Option<(Vec<Answered>, Option<Choice>)> {
    let of = |name: &str| value(given, name).and_then(Choice::parse);
    let home_care = of(HOME_CARE).filter(|it| matches!(it, Choice::Yes | Choice::No))?;
    let mut answers = Vec::new();
    for question in &found.card.questions {
        let choice = of(question.as_str()).filter(|it| question.choices().contains(it))?;
        answers.push(Answered {
            question: *question,
            choice,
        });
    }
    Some((answers, Some(home_care)))
}

/// What became of it: what is stored, and what not.
pub(super) fn done(frame: Frame, facility: String, found: &Delivered) -> DonePage {
    let words = &frame.words;
    let agreed = found.home.and_then(|it| it.agreed);
    let mut kept = Vec::new();
    if found.card.state == QuestionsState::Answered {
        kept.push(match agreed {
            Some(Choice::Yes) => frame.lasting("stored-home-yes", "stored-home-yes-days"),
            _ => words.say("stored-home-no"),
        });
        for it in &found.consents {
            let question = it.answered.question.as_str().replace('_', "-");
            let key = format!(
                "{}-{}",
                group(it.answered.question),
                it.answered.choice.as_str()
            );
            let (asked, answered) = (words.say(&format!("told-{question}")), words.say(&key));
            let values = [("asked", asked), ("answered", answered)];
            kept.push(words.say_with("stored-line", &values));
        }
    }
    let (title, text) = match (found.card.state, agreed) {
        (QuestionsState::Answered, Some(Choice::Yes)) => ("done-title", "done-home"),
        (QuestionsState::Answered, _) => ("done-title", "done-day"),
        (QuestionsState::Open | QuestionsState::ClosedWithoutAnswers, _) => {
            ("closed-title", "closed")
        }
    };
    DonePage {
        frame,
        facility,
        title,
        text,
        kept,
    }
}

/// The keys that are made of the names of questions and answers.
#[cfg(test)]
pub(crate) fn made_keys() -> Vec<String> {
    let of = |question: &Question| {
        let name = question.as_str().replace('_', "-");
        let group = group(*question);
        let choices = question.choices().iter();
        let choices: Vec<String> = choices
            .map(|it| format!("{group}-{}", it.as_str()))
            .collect();
        [format!("ask-{name}"), format!("told-{name}")]
            .into_iter()
            .chain(choices)
            .collect::<Vec<String>>()
    };
    Question::ALL.iter().flat_map(of).collect()
}
