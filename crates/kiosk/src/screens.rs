//! The screens patients see, as one table (G40): key of the texts, weight, buttons. Which step shows which screen stands here, too.
//! Holds no sentence: those are in the language files.

use domain::identification::Method;
use domain::questions::{Choice, Question};

use crate::flow::Step;
use crate::flow::asking::{ConsentWay, Stage};
use crate::flow::facts::{Card, Facts, Token};
use crate::flow::failure::{Failure, Outage, Unreadable};
use crate::flow::own::OwnPress;
use crate::screens::own::OwnScreen;

pub mod own;

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Screen {
    /// A card is awaited.
    Welcome,
    /// The center cannot be reached.
    CenterOut,
    /// The card reader does not answer.
    ReaderOut,
    /// The card is read.
    Reading,
    /// The card cannot be read.
    Unreadable,
    /// It is no My Number card.
    NotMyNumberCard,
    /// How to prove who one is.
    Method,
    /// The PIN.
    Pin,
    /// Card and center are at it.
    Identifying,
    /// The phone asks its holder.
    IdentifyingPhone,
    /// Staff look.
    Waiting,
    /// How to answer the questions of consent.
    Consents,
    /// One question.
    Question(Question),
    /// Answers are recorded.
    Sending,
    /// Answers wait for the line.
    Unsent,
    /// Done.
    Done,
    /// The card was taken before anything was known.
    CardGone,
    /// The card was taken between questions.
    CardGoneKept,
    /// The card is to be taken.
    TakeCard,
    /// Whether somebody is there.
    StillThere,
    /// Something failed.
    Failed(Failure),
    /// One of the patient's own page.
    Own(OwnScreen),
}

/// What a press of a button means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Press {
    /// A way to prove who one is.
    Method(Method),
    /// An answer to the question on the screen.
    Answer(Choice),
    /// A way to answer the questions of consent.
    Consent(ConsentWay),
    /// Back by one.
    Back,
    /// Once more.
    Retry,
    /// Still there.
    Continue,
    /// A button of the patient's own page.
    Own(OwnPress),
    /// The end.
    Stop,
}

impl Press {
    /// Every press.
    pub const ALL: [Self; 23] = [
        Self::Method(Method::Pin),
        Self::Method(Method::Visual),
        Self::Method(Method::Face),
        Self::Answer(Choice::Yes),
        Self::Answer(Choice::No),
        Self::Answer(Choice::Electronic),
        Self::Answer(Choice::Paper),
        Self::Answer(Choice::Unknown),
        Self::Consent(ConsentWay::All),
        Self::Consent(ConsentWay::OneByOne),
        Self::Consent(ConsentWay::None),
        Self::Back,
        Self::Retry,
        Self::Continue,
        Self::Own(OwnPress::Enter),
        Self::Own(OwnPress::Looks),
        Self::Own(OwnPress::Consents),
        Self::Own(OwnPress::Next),
        Self::Own(OwnPress::Previous),
        Self::Own(OwnPress::Withdraw),
        Self::Own(OwnPress::Confirm),
        Self::Own(OwnPress::Keep),
        Self::Stop,
    ];

    /// Its name in the page's forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Method(Method::Pin) => "pin",
            Self::Method(Method::Visual) => "visual",
            Self::Method(Method::Face) => "face",
            Self::Answer(choice) => choice.as_str(),
            Self::Consent(ConsentWay::All) => "all",
            Self::Consent(ConsentWay::OneByOne) => "one_by_one",
            Self::Consent(ConsentWay::None) => "none",
            Self::Back => "back",
            Self::Retry => "retry",
            Self::Continue => "continue",
            Self::Own(press) => press.as_str(),
            Self::Stop => "stop",
        }
    }

    /// Whether it is a way aside or back, shown smaller than what the screen asks for.
    #[must_use]
    pub fn is_quiet(self) -> bool {
        matches!(self, Self::Back | Self::Own(OwnPress::Enter))
    }

    /// The press of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|press| press.as_str() == name)
    }
}

/// A button: what it means and the key of its text.
pub type Button = (Press, &'static str);

/// How heavy a screen is, told by sign and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Something to do or to answer.
    Plain,
    /// The machine works; the person waits.
    Busy,
    /// It is done.
    Good,
    /// Something to know before going on.
    Notice,
}

impl Weight {
    /// The value of `data-weight`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Busy => "busy",
            Self::Good => "good",
            Self::Notice => "notice",
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The screen.
    pub screen: Screen,
    /// Its key: texts are `KEY-title` and `KEY-lead`; tests and help desks name it by this.
    pub key: &'static str,
    /// Its weight.
    pub weight: Weight,
    /// Its buttons, in their order. Those that do not apply to this person are left out when it is shown.
    pub buttons: &'static [Button],
}

const FACE: Button = (Press::Method(Method::Face), "method-face");
const PIN: Button = (Press::Method(Method::Pin), "method-pin");
const VISUAL: Button = (Press::Method(Method::Visual), "method-visual");
const OTHER: Button = (Press::Retry, "other-method");
const RETRY: Button = (Press::Retry, "retry");
const BACK: Button = (Press::Back, "back");
const AGREE: &[Button] = &[
    (Press::Answer(Choice::Yes), "agree"),
    (Press::Answer(Choice::No), "not-agree"),
    BACK,
];
const NO_BUTTONS: &[Button] = &[];

const fn row(screen: Screen, key: &'static str, weight: Weight, buttons: &'static [Button]) -> Row {
    Row {
        screen,
        key,
        weight,
        buttons,
    }
}

const fn failed(failure: Failure, key: &'static str, buttons: &'static [Button]) -> Row {
    row(Screen::Failed(failure), key, Weight::Notice, buttons)
}

/// The table.
#[rustfmt::skip]
pub const TABLE: [Row; 42] = [
    row(Screen::Welcome, "welcome", Weight::Plain, &[(Press::Own(OwnPress::Enter), "own-enter")]),
    row(Screen::CenterOut, "center-out", Weight::Notice, NO_BUTTONS),
    row(Screen::ReaderOut, "reader-out", Weight::Notice, NO_BUTTONS),
    row(Screen::Reading, "reading", Weight::Busy, NO_BUTTONS),
    row(Screen::Unreadable, "unreadable", Weight::Notice, NO_BUTTONS),
    row(Screen::NotMyNumberCard, "not-my-number-card", Weight::Notice, NO_BUTTONS),
    row(Screen::Method, "method", Weight::Plain, &[FACE, PIN, VISUAL]),
    row(Screen::Pin, "pin", Weight::Plain, &[(Press::Back, "pin-back")]),
    row(Screen::Identifying, "identifying", Weight::Busy, NO_BUTTONS),
    row(Screen::IdentifyingPhone, "identifying-phone", Weight::Busy, NO_BUTTONS),
    row(Screen::Waiting, "waiting", Weight::Busy, &[PIN]),
    row(Screen::Question(Question::SpecifiedDisease), "specified-disease", Weight::Plain,
        &[(Press::Answer(Choice::Yes), "provide"), (Press::Answer(Choice::No), "not-provide"), BACK]),
    row(Screen::Question(Question::MedicalSubsidy), "medical-subsidy", Weight::Plain,
        &[(Press::Answer(Choice::Yes), "use"), (Press::Answer(Choice::No), "not-use"), BACK]),
    row(Screen::Consents, "consents", Weight::Plain, &[
        (Press::Consent(ConsentWay::All), "consent-all"), (Press::Consent(ConsentWay::OneByOne), "consent-one-by-one"),
        (Press::Consent(ConsentWay::None), "consent-none"), BACK]),
    row(Screen::Question(Question::Surgery), "surgery", Weight::Plain, AGREE),
    row(Screen::Question(Question::TreatmentAndDrugs), "treatment-and-drugs", Weight::Plain, AGREE),
    row(Screen::Question(Question::Drugs), "drugs", Weight::Plain, AGREE),
    row(Screen::Question(Question::Checkups), "checkups", Weight::Plain, AGREE),
    row(Screen::Question(Question::PrescriptionIssue), "prescription-issue", Weight::Plain,
        &[(Press::Answer(Choice::Electronic), "electronic"), (Press::Answer(Choice::Paper), "paper"), BACK]),
    row(Screen::Question(Question::PrescriptionSubmit), "prescription-submit", Weight::Plain, &[
        (Press::Answer(Choice::Electronic), "electronic"), (Press::Answer(Choice::Paper), "paper"),
        (Press::Answer(Choice::Unknown), "unknown"), BACK]),
    row(Screen::Sending, "sending", Weight::Busy, NO_BUTTONS),
    row(Screen::Unsent, "unsent", Weight::Notice, &[(Press::Retry, "send-again")]),
    row(Screen::Done, "done", Weight::Good, NO_BUTTONS),
    row(Screen::CardGone, "card-gone", Weight::Notice, NO_BUTTONS),
    row(Screen::CardGoneKept, "card-gone-kept", Weight::Notice, NO_BUTTONS),
    row(Screen::TakeCard, "take-card", Weight::Plain, NO_BUTTONS),
    row(Screen::StillThere, "still-there", Weight::Notice, &[(Press::Continue, "continue")]),
    failed(Failure::PinLastTry, "pin-last-try", &[VISUAL]),
    failed(Failure::PinLocked, "pin-locked", &[VISUAL]),
    failed(Failure::FaceNotMatched, "face-not-matched", &[OTHER, VISUAL]),
    failed(Failure::CardExpired, "card-expired", NO_BUTTONS),
    failed(Failure::CardNotYetValid, "card-not-yet-valid", NO_BUTTONS),
    failed(Failure::CardRevoked, "card-revoked", NO_BUTTONS),
    failed(Failure::RevocationUnknown, "revocation-unknown", NO_BUTTONS),
    failed(Failure::CardNotAccepted, "card-not-accepted", NO_BUTTONS),
    failed(Failure::NotRegistered, "not-registered", NO_BUTTONS),
    failed(Failure::NoCoverage, "no-coverage", NO_BUTTONS),
    failed(Failure::SeveralCoverages, "several-coverages", NO_BUTTONS),
    failed(Failure::CenterUnreachable, "center-unreachable", &[RETRY]),
    failed(Failure::MethodNotAllowed, "method-not-allowed", &[OTHER]),
    failed(Failure::CenterRefused, "center-refused", &[OTHER]),
    failed(Failure::AnswersNotTaken, "answers-not-taken", NO_BUTTONS),
];

/// Every row: of the check and of the patient's own page.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().chain(&own::TABLE)
}

/// The row of a screen.
#[must_use]
pub fn find(screen: Screen) -> Option<&'static Row> {
    rows().find(|row| row.screen == screen)
}

impl Screen {
    /// The screen of a step.
    #[must_use]
    pub fn of(step: &Step) -> Self {
        match step {
            Step::Welcome => Self::Welcome,
            Step::OutOfOrder(Outage::Center) => Self::CenterOut,
            Step::OutOfOrder(Outage::Reader) => Self::ReaderOut,
            Step::Reading { .. } => Self::Reading,
            Step::Unreadable { why, .. } => match why {
                Unreadable::Silent => Self::Unreadable,
                Unreadable::NotMyNumberCard => Self::NotMyNumberCard,
            },
            Step::Method(_) => Self::Method,
            Step::Pin { .. } => Self::Pin,
            Step::Identifying { card, .. } if card.token == Token::Iphone => Self::IdentifyingPhone,
            Step::Identifying { .. } => Self::Identifying,
            Step::WaitingForStaff(_) => Self::Waiting,
            Step::Asking(asking) => match asking.stage() {
                Some(Stage::Consents) => Self::Consents,
                Some(Stage::One(question)) => Self::Question(question),
                None => Self::Sending,
            },
            Step::Sending(_) => Self::Sending,
            Step::Unsent(_) => Self::Unsent,
            Step::Done(_) => Self::Done,
            Step::Failed { failure, .. } => Self::Failed(*failure),
            Step::CardGone { kept: None, .. } => Self::CardGone,
            Step::CardGone { kept: Some(_), .. } => Self::CardGoneKept,
            Step::Own(own) => own::screen(own),
            Step::TakeCard => Self::TakeCard,
            Step::StillThere { .. } => Self::StillThere,
        }
    }
}

/// Whether a button applies to this person at this step: nothing is offered that would do nothing.
#[must_use]
pub fn applies(press: Press, step: &Step, facts: &Facts) -> bool {
    match (press, step) {
        (Press::Method(method), step) => card(step).is_some_and(|card| facts.offers(method, card)),
        (Press::Back, Step::Asking(asking)) => asking.may_go_back(),
        (press, Step::Own(own)) => own::applies(press, own),
        _ => true,
    }
}

/// Whether the end is offered: wherever a person is under way.
#[must_use]
pub fn may_stop(step: &Step) -> bool {
    match step {
        Step::Own(own) => own::may_stop(own),
        Step::Method(_)
        | Step::Pin { .. }
        | Step::Identifying { .. }
        | Step::WaitingForStaff(_)
        | Step::Asking(_)
        | Step::Unsent(_)
        | Step::Failed { .. }
        | Step::Reading { .. }
        | Step::CardGone { .. }
        | Step::Unreadable { .. }
        | Step::StillThere { .. } => true,
        Step::Welcome | Step::OutOfOrder(_) | Step::Sending(_) | Step::Done(_) | Step::TakeCard => {
            false
        }
    }
}

fn card(step: &Step) -> Option<&Card> {
    match step {
        Step::Method(card) | Step::WaitingForStaff(card) => Some(card),
        Step::Pin { card, .. } | Step::Identifying { card, .. } => Some(card),
        Step::Failed { card, .. } => card.as_ref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
