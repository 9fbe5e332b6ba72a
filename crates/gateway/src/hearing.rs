//! Hears of closed checks at readers by the center's events, and notes each in the journal before it hears the next; hears that the
//! account's password shall change. Reads no check.

use std::sync::Arc;
use std::time::Duration;

use api::client::ClientError;
use api::client::events::{Events, Received};
use api::client::lots::Lots;
use api::event::Event;
use domain::back_off::BackOff;
use store::journal::deliveries::{Delivery, Heard};
use store::journal::{Journal, State};

use crate::clock::Clock;
use crate::round_error::RoundError;
use crate::session::Session;

/// Between a refusal and the next try, the first and the longest.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Listens beside the rounds.
#[derive(Debug)]
pub struct Hearing {
    session: Arc<Session>,
    journal: Journal,
    clock: Clock,
    /// Names of the folder pairs that take readers' results.
    folders: Vec<String>,
    /// The stream, and the token it was opened with.
    stream: Option<(Events, String)>,
    /// What was heard and the journal has not taken yet. The stream is behind it already and does not bring it again.
    unkept: Option<Heard>,
}

impl Hearing {
    pub(crate) fn new(
        session: Arc<Session>,
        journal: Journal,
        clock: Clock,
        folders: Vec<String>,
    ) -> Self {
        Self {
            session,
            journal,
            clock,
            folders,
            stream: None,
            unkept: None,
        }
    }

    /// Listens without end. Why it cannot is told once, and again after it could.
    pub async fn run(mut self) {
        let mut told = false;
        let (mut waits, lots) = (BackOff::new(PAUSE, LONGEST_PAUSE), Lots::default());
        loop {
            match self.next().await {
                Ok(()) => {
                    told = false;
                    waits.answered();
                }
                Err(error) => {
                    let wish_s = error.come_back_s();
                    if !told {
                        tracing::warn!(error = %error, "results of readers wait and are delivered later");
                    }
                    told = true;
                    tokio::time::sleep(waits.next(wish_s, lots.draw())).await;
                }
            }
        }
    }

    /// Hears one thing and keeps it; first of all what was heard before and could not be kept.
    ///
    /// # Errors
    /// [`RoundError`]; the next call goes on where this one was.
    pub async fn next(&mut self) -> Result<(), RoundError> {
        self.keep().await?;
        let now = self.clock.now();
        if self.stream.is_none() {
            let token = self.session.token(now).await?;
            let events = self
                .session
                .client
                .events(&token, self.journal.last_event()?);
            self.stream = Some((events, token));
        }
        let Some((events, token)) = &mut self.stream else {
            return Ok(());
        };
        let event = match events.next().await {
            Ok(Received::Event(event)) => Some(event),
            Ok(Received::Connected) => return Ok(()),
            Ok(Received::Moved) => None,
            Ok(Received::Lost(error)) => return Err(RoundError::Center(error)),
            Err(error) => {
                if let ClientError::Problem(problem) = &error
                    && problem.status == 401
                {
                    self.session.forget(token).await;
                    *token = self.session.token(now).await?;
                    events.renew(token);
                    return Ok(());
                }
                return Err(RoundError::Center(error));
            }
        };
        let place = events.last_id().map(str::to_owned);
        let deliveries = self.deliveries(event.as_ref());
        self.unkept = Some(Heard {
            event: place,
            deliveries,
        });
        if let Some(Event::Rotation(_)) = &event {
            let now = self.clock.now();
            self.session.rotate(now).await;
            let now_good = self.session.token(now).await?;
            if let Some((events, token)) = &mut self.stream
                && *token != now_good
            {
                events.renew(&now_good);
                *token = now_good;
            }
        }
        self.keep().await
    }

    /// Has the journal take what was heard.
    async fn keep(&mut self) -> Result<(), RoundError> {
        if let Some(heard) = &self.unkept {
            self.journal.hear(heard.clone(), self.clock.now()).await?;
            self.unkept = None;
        }
        Ok(())
    }

    /// A delivery to each folder where the event closes a check.
    fn deliveries(&self, event: Option<&Event>) -> Vec<Delivery> {
        let Some(Event::CardCheck(news)) = event else {
            return Vec::new();
        };
        let closed = matches!(news.state.as_str(), "answered" | "closed_without_answers");
        let Some(check) = uuid::Uuid::parse_str(&news.id).ok().filter(|_| closed) else {
            return Vec::new();
        };
        let delivery = |folder: &String| Delivery {
            check_id: check.as_u128(),
            folder: folder.clone(),
            id: uuid::Uuid::now_v7().as_u128(),
            name: None,
            state: State::Claimed,
        };
        self.folders.iter().map(delivery).collect()
    }
}
