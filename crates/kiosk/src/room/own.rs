//! What a room has done for the patient's own page: opening it, reading on, withdrawing. Keeps identifier and token until `Forget`.

use api::own::OwnPage;

use super::{Message, Room};
use crate::flow::Event;
use crate::flow::failure::Refusal;
use crate::flow::own::OwnAnswer;
use crate::link::{Link, OpenPage};
use crate::reading;

impl Room {
    pub(super) fn open_own(&mut self) {
        self.attempt += 1;
        let (attempt, pin, messages) = (self.attempt, self.pin.take(), self.messages.clone());
        let (link, desk) = (self.link.clone(), self.desk.clone());
        let placed = self.placed();
        tokio::spawn(async move {
            let result = match placed {
                Some(placed) => reading::open_own(&link, &desk, placed, pin).await,
                None => Err(Refusal::CardTaken),
            };
            let _ = messages
                .send(Message::Opened(attempt, Box::new(result)))
                .await;
        });
    }

    pub(super) fn opened(&mut self, result: Result<OwnPage, Refusal>) {
        let event = match result {
            Ok(page) => {
                self.own_page = Some(OpenPage::of(&page));
                Event::Own(OwnAnswer::Opened(Box::new(page)))
            }
            Err(refusal) => Event::Refused(refusal),
        };
        self.happens(event);
    }

    pub(super) fn read_older_looks(&mut self, after: String) {
        self.ask_own(|link, page| async move { link.older_looks(&page, after).await });
    }

    pub(super) fn withdraw(&mut self, consent: String) {
        self.ask_own(|link, page| async move { link.withdraw(&page, consent).await });
    }

    /// Asks the center something on the page that is open.
    fn ask_own<F>(&mut self, ask: impl FnOnce(Link, OpenPage) -> F + Send + 'static)
    where
        F: Future<Output = OwnAnswer> + Send + 'static,
    {
        self.attempt += 1;
        let (attempt, link, messages) = (self.attempt, self.link.clone(), self.messages.clone());
        let page = self.own_page.clone();
        tokio::spawn(async move {
            let answer = match page {
                Some(page) => ask(link, page).await,
                None => OwnAnswer::Ended,
            };
            let _ = messages.send(Message::Own(attempt, answer)).await;
        });
    }
}
