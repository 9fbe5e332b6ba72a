//! The general card reader at this PC (G31): the flow of a reader, run for the staff account that opened it, one at a time. Holds no PIN
//! beyond its one use and nothing of a patient beyond the flow's `Forget`.

mod own;
mod seat;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::card::CardCheck;
use api::client::lots::Lots;
use api::reader::Reader;
use card::card_desk::{CardDesk, Event as DeskEvent, Placed};
use card::error::CardError;
use card::pin::Pin;
use domain::identification::Method;
use domain::questions::Choice;
use kiosk::flow::asking::Stage;
use kiosk::flow::facts::{Card, Keys, Presence};
use kiosk::flow::failure::{Refusal, Unreadable};
use kiosk::flow::own::Own;
use kiosk::flow::{Effect, Event, Step, advance};
use kiosk::link::{self, Link, OpenCheck, Sent};
use kiosk::machine::Machine;
use kiosk::profile::Steps;
use kiosk::reading;
use kiosk::screens::Press;
use kiosk::texts::Words;
use kiosk::told::{Identity, Told, told};
use tokio::sync::{mpsc, watch};

use crate::browsers::Key;
use seat::Seat;
pub(crate) use seat::Sitting;

/// A presence is renewed this often while a check is open; the center keeps one for five minutes.
const RENEW_EVERY: Duration = Duration::from_secs(120);

/// The reader of this PC.
#[derive(Clone)]
pub(crate) struct GeneralReader(Arc<Inner>);

struct Inner {
    desk: CardDesk,
    held: Keys,
    state: Mutex<State>,
    /// Counts what changed, for pages that listen.
    news: watch::Sender<u64>,
}

struct State {
    lies: Lies,
    seat: Option<Seat>,
    /// Counts screens of all seats: the number in their forms.
    turn: u64,
    /// Counts what was begun at card and center: an answer to an earlier one is not awaited any more.
    attempt: u64,
}

/// What lies on the reader.
#[derive(Clone, Copy)]
enum Lies {
    NoReader,
    Nothing,
    Card(Placed),
    Unusable(Unreadable),
}

/// How a patient is identified.
struct Proof {
    method: Method,
    pin: Option<Pin>,
    /// Whether staff confirmed the holder of the card that lies there.
    confirmed: bool,
}

/// What the page shows of a seat.
pub(crate) struct View {
    pub(crate) told: Told,
    pub(crate) turn: u64,
    /// The change of the reader that this shows.
    pub(crate) seen: u64,
    /// The check that was made last at this seat.
    pub(crate) check: Option<String>,
    /// Whether that check is of a patient who has gone.
    pub(crate) check_is_earlier: bool,
    /// Whether staff's own confirmation is awaited.
    pub(crate) confirm: bool,
    /// Whether a person is to act; otherwise the page renews itself.
    pub(crate) waits_for_person: bool,
}

/// Whether somebody else uses the reader.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seating {
    Yours,
    /// Of the account of this name, with a patient under way.
    Taken(String),
}

impl GeneralReader {
    /// Opens the desk; it ends with the runtime.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn open(machine: Machine) -> std::io::Result<Self> {
        let held = machine.keys();
        let (reader, settings) = machine.desk_settings();
        let (desk, events) = CardDesk::open(reader, settings)?;
        let inner = Arc::new(Inner {
            desk,
            held,
            state: Mutex::new(State {
                lies: Lies::NoReader,
                seat: None,
                turn: 0,
                attempt: 0,
            }),
            news: watch::Sender::new(0),
        });
        tokio::spawn(listen(Arc::clone(&inner), events));
        Ok(Self(inner))
    }

    /// Tells of every change.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.0.news.subscribe()
    }

    /// Takes the seat, unless somebody else has a patient under way and is not to be sent away. A page that reads itself again takes
    /// none from another: two of them would take it from each other without end.
    pub(crate) fn sit(&self, sitting: Sitting, pc: Option<&Reader>) -> Seating {
        let mut state = self.0.lock();
        let facts = seat::facts(self.0.held, pc, lies_there(&state.lies));
        match &mut state.seat {
            Some(seat) if seat.browser == sitting.browser => {
                let mode = seat.facts.mode;
                (seat.facts.keys, seat.facts.mode) = (facts.keys, facts.mode);
                if mode != facts.mode {
                    self.0.happens(&mut state, Event::ModeChanged);
                    self.0.tell();
                }
                return Seating::Yours;
            }
            Some(seat) if !seat.makes_room_for(&sitting) => {
                return Seating::Taken(seat.name.clone());
            }
            Some(_) => self.0.happens(&mut state, Event::Stop),
            None => {}
        }
        state.attempt += 1;
        state.turn += 1;
        state.seat = Some(Seat::new(sitting, facts));
        match state.lies {
            Lies::NoReader => self.0.happens(&mut state, Event::ReaderLost),
            Lies::Card(_) | Lies::Unusable(_) => self.0.happens(&mut state, Event::CardPlaced),
            Lies::Nothing => {}
        }
        self.0.tell();
        Seating::Yours
    }

    /// Gives the seat back; what is under way ends without answers. Returns when the center knows, so that whoever signs out next
    /// leaves no questions open.
    pub(crate) async fn leave(&self, browser: &Key) {
        let left = {
            let mut state = self.0.lock();
            let own = state.seat.as_ref().is_some_and(|it| it.browser == *browser);
            if !own {
                return;
            }
            state.attempt += 1;
            state.turn += 1;
            state.seat.take()
        };
        self.0.tell();
        let Some(Seat {
            step,
            link,
            open: Some(open),
            ..
        }) = left
        else {
            return;
        };
        match step {
            // Answers on their way are not called back: their request ends first.
            Step::Sending(_) => drop(open.lock().await),
            step if step.holds_check() => {
                link.answer(&open, &[]).await;
            }
            _ => {}
        }
    }

    /// What the seat of a browser shows.
    pub(crate) fn view(&self, browser: &Key, words: &Words) -> Option<View> {
        let state = self.0.lock();
        let seat = state.seat.as_ref().filter(|it| it.browser == *browser)?;
        Some(View {
            told: told(&seat.step, &seat.facts, words, seat.pin_incomplete),
            turn: state.turn,
            seen: *self.0.news.borrow(),
            check: seat.check.clone(),
            check_is_earlier: matches!(seat.step, Step::Welcome | Step::OutOfOrder(_)),
            confirm: matches!(seat.step, Step::WaitingForStaff(_)),
            // Where a card is awaited the page hears of it, or renews itself.
            waits_for_person: awaits_somebody(&seat.step) && seat.step != Step::Own(Own::Start),
        })
    }

    /// A button. One of a screen that is gone does nothing.
    pub(crate) fn press(&self, browser: &Key, turn: u64, press: Press) {
        self.0.at(browser, turn, |inner, state| {
            let step = state.seat.as_ref().map(|seat| &seat.step);
            if let Some(event) = step.and_then(|step| meaning(press, step)) {
                inner.happens(state, event);
            }
        });
    }

    /// A PIN; `None` for what is no PIN.
    pub(crate) fn pin(&self, browser: &Key, turn: u64, pin: Option<Pin>) {
        self.0.at(browser, turn, |inner, state| {
            let Some(seat) = &mut state.seat else {
                return;
            };
            seat.pin_incomplete = pin.is_none();
            seat.pin = pin;
            if seat.pin.is_some() {
                inner.happens(state, Event::PinTyped);
            }
            if let Some(seat) = &mut state.seat {
                seat.pin = None;
            }
        });
    }

    /// Staff compared face and photo before the screen of this number. It holds for the card that lies there then and for no other.
    pub(crate) fn confirm(&self, browser: &Key, turn: u64) {
        self.0.at(browser, turn, |inner, state| {
            let Some(seat) = &mut state.seat else {
                return;
            };
            if !matches!(seat.step, Step::WaitingForStaff(_)) {
                return;
            }
            seat.confirmed = true;
            inner.happens(state, Event::Released);
            if let Some(seat) = &mut state.seat {
                seat.confirmed = false;
            }
        });
    }
}

/// Whether the step waits for somebody. A patient's card may stay for answers that could not be sent; whoever sits at a PC ends that too.
fn awaits_somebody(step: &Step) -> bool {
    step.waits_for_person() || matches!(step, Step::Unsent(_))
}

fn meaning(press: Press, step: &Step) -> Option<Event> {
    Some(match press {
        Press::Method(method) => Event::Chosen(method),
        Press::Answer(choice) => answered(choice, step)?,
        Press::Consent(way) => Event::Consented(way),
        Press::Back => Event::Back,
        Press::Retry => Event::Retry,
        Press::Continue => Event::Continue,
        Press::Own(press) => Event::Pressed(press),
        Press::Stop => Event::Stop,
    })
}

fn answered(choice: Choice, step: &Step) -> Option<Event> {
    let Step::Asking(asking) = step else {
        return None;
    };
    match asking.stage()? {
        Stage::One(question) => Some(Event::Answered(question, choice)),
        Stage::Consents => None,
    }
}

async fn listen(inner: Arc<Inner>, mut events: mpsc::UnboundedReceiver<DeskEvent>) {
    while let Some(event) = events.recv().await {
        inner.desk_says(event);
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the pages that listen read themselves again.
    fn tell(&self) {
        self.news.send_modify(|count| *count += 1);
    }

    /// Works at the seat of a browser, on the screen of this number.
    fn at(self: &Arc<Self>, browser: &Key, turn: u64, work: impl FnOnce(&Arc<Self>, &mut State)) {
        let mut state = self.lock();
        let own = state.seat.as_ref().is_some_and(|it| it.browser == *browser);
        if own && turn == state.turn {
            work(self, &mut state);
        }
    }

    fn desk_says(self: &Arc<Self>, event: DeskEvent) {
        let mut state = self.lock();
        let (lies, event) = match event {
            DeskEvent::Placed(placed) => (Lies::Card(placed), Event::CardPlaced),
            DeskEvent::Unreadable(error) => {
                if !matches!(error, CardError::NotMyNumberCard) {
                    tracing::info!(error = %error, "what lies on the reader cannot be used");
                }
                (
                    Lies::Unusable(reading::unreadable(&error)),
                    Event::CardPlaced,
                )
            }
            DeskEvent::Removed => (Lies::Nothing, Event::CardRemoved),
            DeskEvent::ReaderGone(missing) => {
                tracing::warn!(missing = ?missing, "the card reader does not answer; check cable and service");
                (Lies::NoReader, Event::ReaderLost)
            }
            DeskEvent::ReaderBack => (Lies::Nothing, Event::ReaderFound),
        };
        state.lies = lies;
        if let Some(seat) = &mut state.seat {
            seat.facts.card = lies_there(&lies);
        }
        self.happens(&mut state, event);
        self.tell();
    }

    /// One event through the flow. Tells of it only where something changed: whoever hears of it looks again.
    fn happens(self: &Arc<Self>, state: &mut State, event: Event) {
        let Some(seat) = &mut state.seat else {
            return;
        };
        let before = seat.step.clone();
        let step = std::mem::replace(&mut seat.step, Step::Welcome);
        let on = advance(step, event, &seat.facts);
        seat.step = on.step;
        seat.part_from_earlier_check(&on.effects);
        let is_changed = seat.step != before;
        let is_new = Identity::of(&seat.step) != Identity::of(&before);
        if is_new {
            seat.pin_incomplete = false;
            state.turn += 1;
        }
        for effect in on.effects {
            self.has_done(state, effect);
        }
        // Of what cannot be used nothing is read: it is known at once why.
        let reads =
            |seat: &Seat| matches!(seat.step, Step::Reading { .. } | Step::Own(Own::Reading));
        if let (Some(true), Lies::Unusable(why)) = (state.seat.as_ref().map(reads), state.lies) {
            self.happens(state, Event::CardUnreadable(why));
        } else if is_new {
            self.wait(state);
        }
        if is_changed {
            self.tell();
        }
    }

    fn has_done(self: &Arc<Self>, state: &mut State, effect: Effect) {
        let Some(seat) = &mut state.seat else {
            return;
        };
        match effect {
            Effect::ReadCard => {
                if let Lies::Card(placed) = state.lies {
                    tokio::spawn(Arc::clone(self).read(placed));
                }
            }
            Effect::Identify(method) => {
                state.attempt += 1;
                let placed = match state.lies {
                    Lies::Card(placed) => Some(placed),
                    Lies::NoReader | Lies::Nothing | Lies::Unusable(_) => None,
                };
                let proof = Proof {
                    method,
                    pin: seat.pin.take(),
                    confirmed: std::mem::take(&mut seat.confirmed),
                };
                let link = seat.link.clone();
                tokio::spawn(Arc::clone(self).identify(state.attempt, link, placed, proof));
            }
            Effect::Abandon => state.attempt += 1,
            Effect::OpenOwn => self.open_own(state),
            Effect::ReadOlderLooks(after) => {
                self.ask_own(state, |link, page| async move {
                    link.older_looks(&page, after).await
                });
            }
            Effect::Withdraw(consent) => {
                self.ask_own(state, |link, page| async move {
                    link.withdraw(&page, consent).await
                });
            }
            Effect::SendAnswers(answers) => {
                state.attempt += 1;
                let (link, open) = (seat.link.clone(), seat.open.clone());
                let (inner, attempt) = (Arc::clone(self), state.attempt);
                tokio::spawn(async move {
                    let sent = match &open {
                        Some(open) => link.answer(open, &answers).await,
                        None => Sent::Refused,
                    };
                    inner.sent(attempt, sent);
                });
            }
            Effect::CloseCheck => {
                if let Some(open) = seat.open.take() {
                    close(seat.link.clone(), open);
                }
            }
            Effect::Forget => (seat.pin, seat.open, seat.own_page) = (None, None, None),
        }
    }

    async fn read(self: Arc<Self>, placed: Placed) {
        let read: Result<Card, Unreadable> = reading::card(&self.desk, placed).await;
        let mut state = self.lock();
        // Another card may lie there by now.
        if matches!(state.lies, Lies::Card(now) if now.placement == placed.placement) {
            let event = match read {
                Ok(card) => Event::CardRead(card),
                Err(why) => Event::CardUnreadable(why),
            };
            self.happens(&mut state, event);
        }
    }

    async fn identify(
        self: Arc<Self>,
        attempt: u64,
        link: Link,
        placed: Option<Placed>,
        proof: Proof,
    ) {
        let result = match (proof, placed) {
            // Nothing is asked with: what staff said of a card before this one is nothing of this one.
            (
                Proof {
                    method: Method::Visual,
                    confirmed: false,
                    ..
                },
                _,
            ) => Err(Refusal::ConfirmationNeeded),
            (_, None) => Err(Refusal::CardTaken),
            (
                Proof {
                    confirmed: true, ..
                },
                Some(placed),
            ) => reading::identify_confirmed(&link, &self.desk, placed).await,
            (Proof { method, pin, .. }, Some(placed)) => {
                reading::identify(&link, &self.desk, placed, method, pin).await
            }
        };
        let open = result.as_ref().ok().and_then(link::open);
        let mut state = self.lock();
        if attempt != state.attempt {
            // Nobody waits for it: the check stands, without answers.
            if let Some(open) = open {
                close(link, open);
            }
            return;
        }
        let Some(seat) = &mut state.seat else {
            return;
        };
        let event = match result {
            Ok(check) => {
                seat.check = Some(check.check.check_id.clone());
                seat.open = open.clone();
                Event::Identified(visit(&check))
            }
            Err(refusal) => Event::Refused(refusal),
        };
        if let Some(open) = open {
            tokio::spawn(renew(link, Arc::downgrade(&open)));
        }
        self.happens(&mut state, event);
    }

    fn sent(self: &Arc<Self>, attempt: u64, sent: Sent) {
        let mut state = self.lock();
        if attempt == state.attempt {
            let event = match sent {
                Sent::Recorded => Event::Recorded,
                Sent::Lost => Event::NotSent,
                Sent::Refused => Event::NotTaken,
            };
            self.happens(&mut state, event);
            self.send_again(&mut state);
        }
    }

    /// Sends answers again after a while that could not be sent.
    fn send_again(self: &Arc<Self>, state: &mut State) {
        let Some(seat) = &mut state.seat else {
            return;
        };
        if !matches!(seat.step, Step::Unsent(_)) {
            seat.waits.answered();
            return;
        }
        let wait = seat.waits.next(None, Lots::default().draw());
        self.after(wait, state.turn, Event::SendAgain);
    }

    /// Has something happen after a while, if the screen of this number is still shown.
    fn after(self: &Arc<Self>, wait: Duration, turn: u64, event: Event) {
        let inner = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let Some(inner) = inner.upgrade() else {
                return;
            };
            let mut state = inner.lock();
            if state.turn == turn {
                inner.happens(&mut state, event);
            }
        });
    }

    /// Lets a step that ends by itself end.
    fn wait(self: &Arc<Self>, state: &State) {
        if let Some((wait, event)) = state.seat.as_ref().and_then(Seat::ends_by_itself) {
            self.after(wait, state.turn, event);
        }
    }
}

/// Closes a check without answers. One that cannot be closed now is closed by the center when the presence ends.
fn close(link: Link, open: OpenCheck) {
    tokio::spawn(async move {
        let _ = link.answer(&open, &[]).await;
    });
}

/// Says that the card is still there, as long as the check is open here.
async fn renew(link: Link, open: std::sync::Weak<tokio::sync::Mutex<link::Open>>) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let Some(open) = open.upgrade() else {
            return;
        };
        link.renew(&open).await;
    }
}

fn visit(check: &CardCheck) -> kiosk::flow::asking::Visit {
    reading::visit(check, Steps::ALL)
}

/// Whether something lies there.
fn lies_there(lies: &Lies) -> Presence {
    match lies {
        Lies::Card(_) | Lies::Unusable(_) => Presence::There,
        Lies::NoReader | Lies::Nothing => Presence::Absent,
    }
}

#[cfg(test)]
mod tests;
