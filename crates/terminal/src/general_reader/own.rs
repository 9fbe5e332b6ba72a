//! What the reader at the PC has done for a patient's own page, as the kiosk's room does. Keeps identifier and token until `Forget`.

use std::sync::Arc;

use kiosk::flow::Event;
use kiosk::flow::failure::Refusal;
use kiosk::flow::own::OwnAnswer;
use kiosk::link::{Link, OpenPage};
use kiosk::reading;

use super::{Inner, Lies, State};

impl Inner {
    pub(super) fn open_own(self: &Arc<Self>, state: &mut State) {
        let Some(seat) = &mut state.seat else {
            return;
        };
        state.attempt += 1;
        let placed = match state.lies {
            Lies::Card(placed) => Some(placed),
            Lies::NoReader | Lies::Nothing | Lies::Unusable(_) => None,
        };
        let (link, pin, attempt) = (seat.link.clone(), seat.pin.take(), state.attempt);
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            let result = match placed {
                Some(placed) => reading::open_own(&link, &inner.desk, placed, pin).await,
                None => Err(Refusal::CardTaken),
            };
            let mut state = inner.lock();
            // Nobody waits for what came too late; the look itself is on record.
            if attempt != state.attempt {
                return;
            }
            let event = match result {
                Ok(page) => {
                    if let Some(seat) = &mut state.seat {
                        seat.own_page = Some(OpenPage::of(&page));
                    }
                    Event::Own(OwnAnswer::Opened(Box::new(page)))
                }
                Err(refusal) => Event::Refused(refusal),
            };
            inner.happens(&mut state, event);
        });
    }

    /// Asks the center something on the page that is open.
    pub(super) fn ask_own<F>(
        self: &Arc<Self>,
        state: &mut State,
        ask: impl FnOnce(Link, OpenPage) -> F + Send + 'static,
    ) where
        F: Future<Output = OwnAnswer> + Send + 'static,
    {
        let Some(seat) = &state.seat else {
            return;
        };
        state.attempt += 1;
        let (link, page, attempt) = (seat.link.clone(), seat.own_page.clone(), state.attempt);
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            let answer = match page {
                Some(page) => ask(link, page).await,
                None => OwnAnswer::Ended,
            };
            let mut state = inner.lock();
            if attempt == state.attempt {
                inner.happens(&mut state, Event::Own(answer));
            }
        });
    }
}
