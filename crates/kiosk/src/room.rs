//! The one who runs the flow: takes what card, center and page say, asks the flow what follows, has it done and shows the screen.
//! One task owns all of it; nothing of a person outlives the flow's `Forget`.

mod clock;
mod own;

use std::sync::Arc;

use api::card::CardCheck;
use api::own::OwnPage;
use api::reader::Reader;
use api::session::SessionFacility;
use card::card_desk::{CardDesk, Event as DeskEvent, Placed};
use card::error::CardError;
use card::pin::Pin;
use domain::back_off::BackOff;
use domain::facility_kind::FacilityKind;
use domain::identification::Method;
use domain::questions::{Choice, Question};
use domain::reader::{ReaderMode, ReaderState};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::config::Times;
use crate::flow::asking::Stage;
use crate::flow::facts::{Card, FaceMatching, Facts, Keys, Line, Presence};
use crate::flow::failure::{Refusal, Unreadable};
use crate::flow::own::{Own, OwnAnswer};
use crate::flow::{Effect, Event, Step, advance};
use crate::link::{self, Link, News, OpenCheck, OpenPage, Report, Sent};
use crate::profile::Steps;
use crate::reading;
use crate::screens::Press;
use crate::texts::{Language, Overrides, Texts, Words};
use crate::told::Identity;
use crate::view::{self, Comfort, Seen};

/// What the page sends.
#[derive(Debug)]
pub(crate) enum Input {
    /// A button of the screen with this number. An old screen's is dropped, so that a second tap answers nothing else.
    Press(u64, Press),
    /// A PIN typed on the screen with this number; `None` for what is no PIN.
    Pin(u64, Option<Pin>),
    /// Something was touched.
    Touched,
    /// Staff are called, or the call is taken back.
    Call(bool),
    /// A language.
    Speak(Language),
    /// Size of type and colours.
    Comfort(Comfort),
}

enum Message {
    Input(Input),
    Desk(DeskEvent),
    News(Box<News>),
    Read(Placed, Result<Card, Unreadable>),
    Identified(u64, Box<Result<CardCheck, Refusal>>),
    Sent(u64, Sent),
    Opened(u64, Box<Result<OwnPage, Refusal>>),
    Own(u64, OwnAnswer),
}

/// What is on the screen: its HTML with a number that changes with every change of the HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) number: u64,
    pub(crate) html: String,
    pub(crate) language: Language,
    pub(crate) comfort: Comfort,
}

/// The page's way to the room.
#[derive(Clone)]
pub(crate) struct Front {
    messages: mpsc::Sender<Message>,
    pub(crate) shown: watch::Receiver<Shown>,
}

impl Front {
    pub(crate) async fn tell(&self, input: Input) {
        // A room that is gone shows nothing any more; the page notices by its lost stream.
        let _ = self.messages.send(Message::Input(input)).await;
    }
}

/// What a room is made of.
pub(crate) struct Parts {
    pub(crate) desk: CardDesk,
    pub(crate) desk_events: mpsc::UnboundedReceiver<DeskEvent>,
    pub(crate) link: Link,
    pub(crate) kiosk: link::Kiosk,
    /// Whether the desk holds terminal keys.
    pub(crate) keys: Keys,
    pub(crate) times: Times,
    pub(crate) steps: Steps,
    pub(crate) overrides: Overrides,
    pub(crate) texts: Texts,
}

struct Room {
    desk: CardDesk,
    link: Link,
    times: Times,
    steps: Steps,
    overrides: Overrides,
    held_keys: Keys,
    messages: mpsc::Sender<Message>,
    reports: watch::Sender<Report>,
    shown: watch::Sender<Shown>,

    step: Step,
    facts: Facts,
    lies: Lies,
    /// Counts steps: the number in the page's forms.
    turn: u64,
    /// Counts what was begun at card and center: an answer to an earlier one is not ours any more.
    attempt: u64,
    /// Another number for each visit.
    visit: u32,
    open: Option<OpenCheck>,
    own_page: Option<OpenPage>,
    pin: Option<Pin>,
    pin_incomplete: bool,

    words: Words,
    kind: FacilityKind,
    facility: String,
    comfort: Comfort,
    called_at: Option<Instant>,
    /// The visit staff were called in.
    called_in: u32,
    touched_at: Instant,
    renewed_at: Instant,
    /// Answers that could not be sent are sent again then.
    again_at: Option<Instant>,
    waits: BackOff,
}

/// What lies on the reader.
enum Lies {
    Nothing,
    Card(Placed),
    Unusable(Unreadable),
}

/// Opens a room; it ends with the runtime.
pub(crate) fn open(parts: Parts) -> Front {
    let (messages, inbox) = mpsc::channel(64);
    let (news_to, news) = mpsc::channel(16);
    let step = Step::OutOfOrder(crate::flow::failure::Outage::Center);
    let report = Report {
        state: step.reader_state(),
        staff_called: false,
        visit: 0,
    };
    let (reports, reports_out) = watch::channel(report);
    let (shown, shown_out) = watch::channel(Shown::default());
    let now = Instant::now();
    let room = Room {
        desk: parts.desk,
        link: parts.link.clone(),
        times: parts.times,
        steps: parts.steps,
        overrides: parts.overrides,
        held_keys: parts.keys,
        messages: messages.clone(),
        reports,
        shown,
        step,
        facts: Facts {
            center: Line::Down,
            card: Presence::Absent,
            mode: ReaderMode::Unattended,
            keys: Keys::Missing,
            face: FaceMatching::Missing,
        },
        lies: Lies::Nothing,
        turn: 0,
        attempt: 0,
        visit: 0,
        open: None,
        own_page: None,
        pin: None,
        pin_incomplete: false,
        words: Words::new(Arc::new(parts.texts), Language::default()),
        kind: FacilityKind::Medical,
        facility: String::new(),
        comfort: Comfort::default(),
        called_at: None,
        called_in: 0,
        touched_at: now,
        renewed_at: now,
        again_at: None,
        waits: link::waits(),
    };
    tokio::spawn(parts.link.run(parts.kiosk, news_to, reports_out));
    tokio::spawn(pass_on(parts.desk_events, news, messages.clone()));
    tokio::spawn(room.run(inbox));
    Front {
        messages,
        shown: shown_out,
    }
}

/// Brings what desk and center say to the room.
async fn pass_on(
    mut desk: mpsc::UnboundedReceiver<DeskEvent>,
    mut news: mpsc::Receiver<News>,
    messages: mpsc::Sender<Message>,
) {
    loop {
        let message = tokio::select! {
            Some(event) = desk.recv() => Message::Desk(event),
            Some(told) = news.recv() => Message::News(Box::new(told)),
            else => return,
        };
        if messages.send(message).await.is_err() {
            return;
        }
    }
}

impl Room {
    async fn run(mut self, mut inbox: mpsc::Receiver<Message>) {
        self.show();
        loop {
            let due = self.due();
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(message) => self.take(message),
                    None => return,
                },
                () = tokio::time::sleep_until(due) => self.time_passed(Instant::now()),
            }
            self.report();
            self.show();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Input(input) => self.input(input),
            Message::Desk(event) => self.desk_says(event),
            Message::News(news) => self.center_says(*news),
            Message::Read(placed, read) => {
                // Another card may lie there by now.
                if matches!(&self.lies, Lies::Card(now) if now.placement == placed.placement) {
                    self.happens(match read {
                        Ok(card) => Event::CardRead(card),
                        Err(why) => Event::CardUnreadable(why),
                    });
                }
            }
            Message::Identified(attempt, result) => self.identified(attempt, *result),
            Message::Sent(attempt, sent) if attempt == self.attempt => self.sent(sent),
            Message::Opened(attempt, result) if attempt == self.attempt => self.opened(*result),
            Message::Own(attempt, answer) if attempt == self.attempt => {
                self.happens(Event::Own(answer));
            }
            // Nobody waits for it.
            Message::Sent(..) | Message::Opened(..) | Message::Own(..) => {}
        }
    }

    fn input(&mut self, input: Input) {
        self.touched_at = Instant::now();
        match input {
            Input::Press(turn, press) if turn == self.turn => self.pressed(press),
            Input::Pin(turn, Some(pin)) if turn == self.turn => {
                self.pin = Some(pin);
                self.happens(Event::PinTyped);
                self.pin = None;
            }
            Input::Pin(turn, None) if turn == self.turn => self.pin_incomplete = true,
            Input::Press(..) | Input::Pin(..) | Input::Touched => {}
            Input::Call(called) => {
                self.called_at = called.then(Instant::now);
                self.called_in = self.visit;
            }
            Input::Speak(language) => self.words = self.words.in_language(language),
            Input::Comfort(comfort) => self.comfort = comfort,
        }
    }

    fn pressed(&mut self, press: Press) {
        let event = match (press, &self.step) {
            (Press::Method(method), _) => Event::Chosen(method),
            (Press::Answer(choice), Step::Asking(asking)) => match asking.stage() {
                Some(Stage::One(question)) => Event::Answered(question, choice),
                Some(Stage::Consents) | None => return,
            },
            (Press::Answer(_), _) => return,
            (Press::Consent(way), _) => Event::Consented(way),
            (Press::Back, _) => Event::Back,
            (Press::Retry, _) => Event::Retry,
            (Press::Continue, _) => Event::Continue,
            (Press::Own(press), _) => Event::Pressed(press),
            (Press::Stop, _) => Event::Stop,
        };
        self.happens(event);
    }

    fn desk_says(&mut self, event: DeskEvent) {
        match event {
            DeskEvent::Placed(placed) => {
                self.facts.card = Presence::There;
                self.lies = Lies::Card(placed);
                self.happens(Event::CardPlaced);
            }
            DeskEvent::Unreadable(error) => {
                if !matches!(error, CardError::NotMyNumberCard) {
                    tracing::info!(error = %error, "what lies on the reader cannot be used");
                }
                let why = reading::unreadable(&error);
                self.facts.card = Presence::There;
                self.lies = Lies::Unusable(why);
                self.happens(Event::CardPlaced);
            }
            DeskEvent::Removed => {
                self.facts.card = Presence::Absent;
                self.lies = Lies::Nothing;
                self.happens(Event::CardRemoved);
            }
            DeskEvent::ReaderGone(missing) => {
                tracing::warn!(missing = ?missing, "the card reader does not answer; check cable and service");
                self.facts.card = Presence::Absent;
                self.lies = Lies::Nothing;
                self.happens(Event::ReaderLost);
            }
            DeskEvent::ReaderBack => self.happens(Event::ReaderFound),
        }
    }

    fn center_says(&mut self, news: News) {
        match news {
            News::Up(facility, reader) => {
                self.speak_as(facility);
                self.reader_is(&reader);
                if self.facts.center == Line::Down {
                    tracing::info!("the center is reached");
                    self.facts.center = Line::Up;
                    self.happens(Event::CenterFound);
                }
            }
            News::Down => {
                if self.facts.center == Line::Up {
                    tracing::warn!("the center is not reached");
                    self.facts.center = Line::Down;
                    self.happens(Event::CenterLost);
                }
            }
            News::Reader(reader) => self.reader_is(&reader),
            News::Released => {
                self.called_at = None;
                self.happens(Event::Released);
            }
        }
    }

    fn reader_is(&mut self, reader: &Reader) {
        self.facts.keys = match (self.held_keys, reader.terminal_keys) {
            (Keys::Held, true) => Keys::Held,
            (Keys::Held | Keys::Missing, _) => Keys::Missing,
        };
        let mode = ReaderMode::parse(&reader.mode).unwrap_or(ReaderMode::Unattended);
        if mode != self.facts.mode {
            self.facts.mode = mode;
            self.called_at = None;
            self.happens(Event::ModeChanged);
        }
    }

    /// The wording of this kind of facility.
    fn speak_as(&mut self, facility: SessionFacility) {
        let kind = FacilityKind::parse(&facility.kind).unwrap_or(FacilityKind::Medical);
        self.facility = facility.name;
        if kind != self.kind {
            self.kind = kind;
            match Texts::new(kind, &self.overrides) {
                Ok(texts) => self.words = Words::new(Arc::new(texts), self.words.language()),
                Err(error) => tracing::error!(error = %error, "the texts stay as they were"),
            }
        }
    }

    /// One event through the flow.
    fn happens(&mut self, event: Event) {
        let before = Identity::of(&self.step);
        let was = self.step.reader_state();
        let is_read = matches!(event, Event::CardRead(_));
        let step = std::mem::replace(&mut self.step, Step::Welcome);
        let on = advance(step, event, &self.facts);
        self.step = on.step;
        // Whoever lays a card down next is another visit for staff, whatever is kept for whoever comes back.
        if was != ReaderState::Idle && self.step.reader_state() == ReaderState::Idle {
            self.visit = self.visit.wrapping_add(1);
        }
        if Identity::of(&self.step) != before {
            self.turn += 1;
            self.touched_at = Instant::now();
            self.pin_incomplete = false;
        }
        for effect in on.effects {
            self.has_done(effect);
        }
        // Whoever takes the card and waits has called all the same; the next person has not.
        if is_read && self.called_in != self.visit {
            self.called_at = None;
        }
        // Of what cannot be used nothing is read: it is known at once why.
        if let (Step::Reading { .. } | Step::Own(Own::Reading), Lies::Unusable(why)) =
            (&self.step, &self.lies)
        {
            let why = *why;
            self.happens(Event::CardUnreadable(why));
        }
    }

    fn has_done(&mut self, effect: Effect) {
        match effect {
            Effect::ReadCard => {
                let Lies::Card(placed) = &self.lies else {
                    return;
                };
                let (desk, placed, messages) = (self.desk.clone(), *placed, self.messages.clone());
                tokio::spawn(async move {
                    let read = reading::card(&desk, placed).await;
                    let _ = messages.send(Message::Read(placed, read)).await;
                });
            }
            Effect::Identify(method) => self.identify(method),
            Effect::Abandon => self.attempt += 1,
            Effect::OpenOwn => self.open_own(),
            Effect::ReadOlderLooks(after) => self.read_older_looks(after),
            Effect::Withdraw(consent) => self.withdraw(consent),
            Effect::SendAnswers(answers) => self.send(answers),
            Effect::CloseCheck => {
                if let Some(open) = self.open.take() {
                    close(self.link.clone(), open);
                }
            }
            Effect::Forget => {
                self.visit = self.visit.wrapping_add(1);
                self.pin = None;
                self.open = None;
                self.own_page = None;
                self.again_at = None;
                self.waits.answered();
                self.comfort = Comfort::default();
                self.words = self.words.in_language(Language::default());
            }
        }
    }

    fn identify(&mut self, method: Method) {
        self.attempt += 1;
        let (attempt, pin, messages) = (self.attempt, self.pin.take(), self.messages.clone());
        let (link, desk) = (self.link.clone(), self.desk.clone());
        let placed = self.placed();
        tokio::spawn(async move {
            let result = match placed {
                Some(placed) => reading::identify(&link, &desk, placed, method, pin).await,
                None => Err(Refusal::CardTaken),
            };
            let told = Message::Identified(attempt, Box::new(result));
            let _ = messages.send(told).await;
        });
    }

    fn identified(&mut self, attempt: u64, result: Result<CardCheck, Refusal>) {
        let open = result.as_ref().ok().and_then(link::open);
        if attempt != self.attempt {
            // Nobody waits for it: the check stands, without answers.
            if let Some(open) = open {
                close(self.link.clone(), open);
            }
            return;
        }
        self.open = open;
        self.renewed_at = Instant::now();
        self.happens(match result {
            Ok(check) => Event::Identified(reading::visit(&check, self.steps)),
            Err(refusal) => Event::Refused(refusal),
        });
        // Whatever was asked by the center alone is closed at once.
        if !self.step.holds_check()
            && let Some(open) = self.open.take()
        {
            close(self.link.clone(), open);
        }
    }

    fn placed(&self) -> Option<Placed> {
        match &self.lies {
            Lies::Card(placed) => Some(*placed),
            Lies::Nothing | Lies::Unusable(_) => None,
        }
    }

    fn send(&mut self, answers: Vec<(Question, Choice)>) {
        self.attempt += 1;
        let (attempt, link, messages) = (self.attempt, self.link.clone(), self.messages.clone());
        let open = self.open.clone();
        tokio::spawn(async move {
            let sent = match open {
                Some(open) => link.answer(&open, &answers).await,
                None => Sent::Refused,
            };
            let _ = messages.send(Message::Sent(attempt, sent)).await;
        });
    }

    /// Tells the center what staff see of this reader, when it changed.
    fn report(&self) {
        let report = Report {
            state: self.step.reader_state(),
            staff_called: self.called_at.is_some(),
            visit: self.visit,
        };
        self.reports.send_if_modified(|last| {
            let changed = *last != report;
            *last = report;
            changed
        });
    }

    /// Writes the screen, when it changed.
    fn show(&self) {
        let seen = Seen {
            step: &self.step,
            facts: &self.facts,
            words: &self.words,
            comfort: self.comfort,
            turn: self.turn,
            facility: &self.facility,
            staff_called: self.called_at.is_some(),
            pin_incomplete: self.pin_incomplete,
        };
        let html = match view::write(&seen) {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(error = %error, "a screen could not be written");
                return;
            }
        };
        let (language, comfort) = (self.words.language(), self.comfort);
        self.shown.send_if_modified(|shown| {
            let changed = shown.html != html;
            if changed {
                *shown = Shown {
                    number: shown.number + 1,
                    html,
                    language,
                    comfort,
                };
            }
            changed
        });
    }
}

/// Closes a check without answers. If that fails, the center closes it by itself when its presence ends.
fn close(link: Link, open: OpenCheck) {
    tokio::spawn(async move {
        link.answer(&open, &[]).await;
    });
}

#[cfg(test)]
mod tests;
