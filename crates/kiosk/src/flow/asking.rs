//! The questions of one visit and the walk through them (G20-G22). Asks only what the center asks; an answer can be corrected
//! until the last one is given.

use domain::questions::{Choice, Question};

use crate::flow::facts::Card;
use crate::flow::failure::Failure;

/// What the center said of the person.
#[derive(Clone, PartialEq, Eq)]
pub struct Visit {
    /// The name to show, in full.
    pub name: String,
    /// The verdict.
    pub outcome: Outcome,
    /// What is to be said of the certificate.
    pub certificate: Certificate,
    /// What is asked.
    pub questions: Vec<Question>,
}

impl std::fmt::Debug for Visit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Visit({:?}, {:?}, …)", self.outcome, self.questions)
    }
}

/// The verdict of a card check, as far as the patient is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Covered (1).
    Covered,
    /// Medical aid without a ticket at this facility (6).
    NoTicket,
    /// Not covered (2), or never was (4).
    NotCovered,
    /// Several coverages of equal rank (5).
    Several,
}

/// What is to be said of a certificate on the last screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// Nothing.
    Valid,
    /// It ends soon, on this day.
    AboutToExpire(String),
    /// It has ended; only the check is possible, for a while.
    Expired,
}

impl Visit {
    /// The failure the verdict is to the patient, if it is one.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self.outcome {
            Outcome::Covered | Outcome::NoTicket => None,
            Outcome::NotCovered => Some(Failure::NoCoverage),
            Outcome::Several => Some(Failure::SeveralCoverages),
        }
    }
}

/// How the questions of consent are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsentWay {
    /// 全て同意する.
    All,
    /// 個別に同意する.
    OneByOne,
    /// None: ours.
    None,
}

/// A question on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// How to answer the questions of consent.
    Consents,
    /// One question.
    One(Question),
}

/// A person between the first question and the last.
#[derive(Clone, PartialEq, Eq)]
pub struct Asking {
    /// The card.
    pub card: Card,
    /// What the center said.
    pub visit: Visit,
    way: Option<ConsentWay>,
    answers: Vec<(Question, Choice)>,
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asking({:?}, …)", self.stage())
    }
}

impl Asking {
    /// Before the first question.
    #[must_use]
    pub fn new(card: Card, visit: Visit) -> Self {
        Self {
            card,
            visit,
            way: None,
            answers: Vec::new(),
        }
    }

    /// What is on the screen; `None` when all is answered.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        self.stages().find(|stage| !self.is_answered(*stage))
    }

    /// The questions of consent among those asked, in their order.
    pub fn consents(&self) -> impl Iterator<Item = Question> {
        let asked = |question: &Question| self.visit.questions.contains(question);
        CONSENTS.into_iter().filter(asked)
    }

    /// Which question of how many this is, counted from 1, for the line above it.
    #[must_use]
    pub fn place(&self) -> (usize, usize) {
        let done = self.stages().filter(|stage| self.is_answered(*stage));
        let count = self.stages().count();
        ((done.count() + 1).min(count), count)
    }

    /// Whether there is an answer to correct.
    #[must_use]
    pub fn may_go_back(&self) -> bool {
        self.stages().any(|stage| self.is_answered(stage))
    }

    /// Takes the answer to the question on the screen; any other is an old press and ignored.
    pub fn answer(&mut self, question: Question, answer: Choice) {
        if self.stage() == Some(Stage::One(question)) && question.choices().contains(&answer) {
            self.answers.push((question, answer));
        }
    }

    /// Takes the way of consent, where it is asked.
    pub fn consent(&mut self, way: ConsentWay) {
        if self.stage() != Some(Stage::Consents) {
            return;
        }
        self.way = Some(way);
        let answer = match way {
            ConsentWay::All => Choice::Yes,
            ConsentWay::None => Choice::No,
            ConsentWay::OneByOne => return,
        };
        let answered: Vec<_> = self.consents().map(|question| (question, answer)).collect();
        self.answers.extend(answered);
    }

    /// Takes back the answer before.
    pub fn back(&mut self) {
        let Some(last) = self
            .stages()
            .filter(|stage| self.is_answered(*stage))
            .last()
        else {
            return;
        };
        match last {
            Stage::One(question) => self.answers.retain(|(answered, _)| *answered != question),
            Stage::Consents => {
                self.way = None;
                self.answers
                    .retain(|(answered, _)| !CONSENTS.contains(answered));
            }
        }
    }

    /// The answers so far, in the order asked.
    #[must_use]
    pub fn answers(&self) -> Vec<(Question, Choice)> {
        self.answers.clone()
    }

    /// The stages as far as they are known: single consents appear when they are asked one by one. A single question of
    /// consent is asked at once: "all" and "one by one" would be the same.
    fn stages(&self) -> impl Iterator<Item = Stage> {
        let consents: Vec<Question> = self.consents().collect();
        let one_by_one = consents.len() == 1 || self.way == Some(ConsentWay::OneByOne);
        let asks_way = 1 < consents.len();
        let asked = |question: &Question| self.visit.questions.contains(question);
        let before = BEFORE.into_iter().filter(asked).map(Stage::One);
        let way = asks_way.then_some(Stage::Consents);
        let single = consents
            .into_iter()
            .filter(move |_| one_by_one)
            .map(Stage::One);
        let after = AFTER.into_iter().filter(asked).map(Stage::One);
        before
            .chain(way)
            .chain(single)
            .chain(after)
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn is_answered(&self, stage: Stage) -> bool {
        match stage {
            Stage::Consents => self.way.is_some(),
            Stage::One(question) => self.answers.iter().any(|(it, _)| *it == question),
        }
    }
}

/// The order of the guide's pages 11 and 12.
const BEFORE: [Question; 2] = [Question::SpecifiedDisease, Question::MedicalSubsidy];
const CONSENTS: [Question; 4] = [
    Question::Surgery,
    Question::TreatmentAndDrugs,
    Question::Drugs,
    Question::Checkups,
];
const AFTER: [Question; 2] = [Question::PrescriptionIssue, Question::PrescriptionSubmit];
