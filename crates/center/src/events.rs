//! Server-sent events (contracts §2): what happens at a facility, as far as an account's rights go, from where its client left off. Holds
//! no event in memory: a client that does not read waits for itself alone.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::Duration;

use api::event::{
    CardCheckNews, CheckNews, EmergencyNews, Event, RotationNews, SettingsNews, WithdrawalNews,
};
use api::problem::{MemberError, Trouble};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::event::{EventKind, Whose, hears};
use domain::institution_code::InstitutionCode;
use domain::permit::{Permit, ReceiveEvents, SignedIn};
use domain::session::is_good;
use hyper::body::Frame;
use store::events::Happening;
use tokio::sync::{broadcast, mpsc, watch};

use crate::app::{App, Shared};
use crate::extract::{Granted, TokenHash};
use crate::trouble::Refused;

/// Something is said at least this often, so that both ends notice a line that was lost.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A client that takes nothing for so long is let go.
const PATIENCE: Duration = Duration::from_secs(60);

/// Streams of one account with one certificate at most.
const MOST_STREAMS: usize = 8;

/// Events read at once.
const STEP: u32 = 100;

/// Checks by number that a slow client may be behind; older ones are not told of any more.
const CHECKS: usize = 64;

/// Who waits for events, by facility.
#[derive(Default)]
pub(crate) struct Events(RwLock<HashMap<InstitutionCode, Listening>>);

struct Listening {
    wake: watch::Sender<()>,
    checks: broadcast::Sender<u128>,
    emergency: watch::Sender<()>,
    streams: Vec<SignedIn>,
}

/// One stream's place among those that wait; given back when it is dropped.
struct Place {
    app: App,
    who: SignedIn,
    wake: watch::Receiver<()>,
    checks: broadcast::Receiver<u128>,
    emergency: watch::Receiver<()>,
}

impl Events {
    /// Tells a facility's streams that rows were written, or a session ended.
    pub(crate) fn wake(&self, facility: InstitutionCode) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(listening) = all.get(&facility) {
            listening.wake.send_replace(());
        }
    }

    /// Tells a facility's streams of a check by number or without a card. It is no row: the check is one, and a row more would cost each check.
    pub(crate) fn check(&self, facility: InstitutionCode, id: u128) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(listening) = all.get(&facility) {
            // Nobody may be left that hears of it.
            let _ = listening.checks.send(id);
        }
    }

    /// Tells the streams of these facilities that what is open without a card changed. It is no row: whoever is away reads the state
    /// when they are back.
    pub(crate) fn emergency(&self, reaches: impl Fn(InstitutionCode) -> bool) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (_, listening) in all.iter().filter(|(facility, _)| reaches(**facility)) {
            listening.emergency.send_replace(());
        }
    }

    fn join(app: &App, who: &SignedIn) -> Option<Place> {
        let mut all = app.events.0.write().unwrap_or_else(PoisonError::into_inner);
        let listening = all.entry(who.facility).or_insert_with(|| Listening {
            wake: watch::Sender::new(()),
            checks: broadcast::Sender::new(CHECKS),
            emergency: watch::Sender::new(()),
            streams: Vec::new(),
        });
        let own = listening.streams.iter().filter(|other| *other == who);
        if MOST_STREAMS <= own.count() {
            return None;
        }
        listening.streams.push(who.clone());
        app.metrics.count_stream(1);
        Some(Place {
            app: app.clone(),
            who: who.clone(),
            wake: listening.wake.subscribe(),
            checks: listening.checks.subscribe(),
            emergency: listening.emergency.subscribe(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let events = &self.app.events;
        let mut all = events.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(listening) = all.get_mut(&self.who.facility) else {
            return;
        };
        if let Some(at) = listening.streams.iter().position(|it| *it == self.who) {
            listening.streams.swap_remove(at);
            self.app.metrics.count_stream(-1);
        }
        if listening.streams.is_empty() {
            all.remove(&self.who.facility);
        }
    }
}

pub(crate) async fn receive(
    State(app): State<App>,
    Granted(permit): Granted<ReceiveEvents>,
    token: TokenHash,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    // Joined before the last number is read: what is written in between wakes the stream.
    let place = Events::join(&app, permit.holder()).ok_or(Trouble::Busy)?;
    let last = app.engine.last_happening(&permit)?;
    let after = match headers.get("last-event-id") {
        // A number ahead of all is from before a restored backup: what is there now has been heard of or is gone.
        Some(id) => last.min(read_id(id).ok_or_else(wrong_id)?),
        None => last,
    };
    let (sender, receiver) = mpsc::channel(1);
    let stream = Stream {
        permit,
        token,
        after,
        sender,
    };
    tokio::spawn(stream.run(place));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::new(Lines(receiver))).into_response())
}

fn read_id(id: &header::HeaderValue) -> Option<i64> {
    let text = id.to_str().ok()?;
    let number = text.parse().ok()?;
    (0..).contains(&number).then_some(number)
}

fn wrong_id() -> Refused {
    let error = MemberError::new(
        "Last-Event-ID",
        "form",
        "Last-Event-ID には最後に受け取ったイベントの id を指定してください。",
        "Last-Event-ID is the id of the last event received.",
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}

/// The body of a stream.
struct Lines(mpsc::Receiver<Bytes>);

impl HttpBody for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let text = self.0.poll_recv(context);
        text.map(|text| text.map(|text| Ok(Frame::data(text))))
    }
}

struct Stream {
    permit: Permit<ReceiveEvents>,
    token: TokenHash,
    after: i64,
    sender: mpsc::Sender<Bytes>,
}

/// The stream is over: the session ended, the client is gone, or the store does not answer.
struct Over;

impl Stream {
    async fn run(mut self, mut place: Place) {
        let app = place.app.clone();
        let mut heart = tokio::time::interval(HEARTBEAT);
        let mut ends = std::pin::pin!(app.draining.begun());
        // Where the stream begins: an id without an event (HTML Standard §9.2.6), for clients that keep their place.
        if self.send(format!("id: {}\n\n", self.after)).await.is_err() {
            return;
        }
        loop {
            if self.catch_up(&app).await.is_err() {
                return;
            }
            let text = tokio::select! {
                woken = place.wake.changed() => match woken {
                    Ok(()) => continue,
                    Err(_) => return,
                },
                check = place.checks.recv() => match check {
                    Ok(id) => self.check(id),
                    // Behind: the history tells.
                    Err(broadcast::error::RecvError::Lagged(_)) => continue,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                changed = place.emergency.changed() => match changed {
                    Ok(()) => self.emergency(&app),
                    Err(_) => return,
                },
                _ = heart.tick() => ": still here\n\n".to_owned(),
                () = self.sender.closed() => return,
                // The client connects again, elsewhere or after the start.
                () = &mut ends => return,
            };
            if !self.is_signed_in(&app) || self.send(text).await.is_err() {
                return;
            }
        }
    }

    /// Sends every row that is there.
    async fn catch_up(&mut self, app: &Shared) -> Result<(), Over> {
        loop {
            if !self.is_signed_in(app) {
                return Err(Over);
            }
            let rows = app.engine.happenings(&self.permit, self.after, STEP);
            let rows = rows.map_err(|error| {
                tracing::error!(error = %error, "a stream of events ended");
                Over
            })?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            self.after = last.seq;
            let mut text = String::new();
            for row in &rows {
                if let Some(event) = self.event(app, row)? {
                    text.push_str(&format!("id: {}\n", row.seq));
                    push(&mut text, &event);
                }
            }
            self.send(text).await?;
        }
    }

    /// A session that ended, or whose account lost its right, hears no more.
    fn is_signed_in(&self, app: &Shared) -> bool {
        let session = app.engine.session(&self.token.0).ok().flatten();
        session.is_some_and(|it| {
            it.who == *self.permit.holder() && is_good(it.who.kind, it.opened, it.active, app.now())
        })
    }

    /// A row as this account hears of it; `None` when it does not, or when there is nothing left to hear.
    fn event(&self, app: &Shared, row: &Happening) -> Result<Option<Event>, Over> {
        let holder = self.permit.holder();
        let own = row.reader.as_deref() == Some(holder.account.as_str());
        let whose = if own { Whose::Own } else { Whose::Other };
        if !hears(holder.kind, row.kind, whose) {
            return Ok(None);
        }
        let now = app.now();
        let reader = row.reader.as_deref().unwrap_or_default();
        let failed = |error: store::engine::StoreError| {
            tracing::error!(error = %error, "a stream of events ended");
            Over
        };
        let card_check = |state: &str| {
            row.subject.map(|id| {
                Event::CardCheck(CardCheckNews {
                    id: uuid::Uuid::from_u128(id).to_string(),
                    reader: reader.to_owned(),
                    state: state.to_owned(),
                })
            })
        };
        Ok(match row.kind {
            EventKind::Reader => {
                let found = app.engine.reader_for_event(&self.permit, reader);
                let found = found.map_err(failed)?;
                found.map(|it| Event::Reader(crate::readers::shown(&it, now)))
            }
            EventKind::Release => {
                let id = row.subject.unwrap_or_default();
                let found = app.engine.release_for_event(&self.permit, id, now);
                let found = found.map_err(failed)?;
                found.map(|it| Event::Release(crate::readers::shown_release(&it)))
            }
            EventKind::CardCheckOpened => card_check("opened"),
            EventKind::CardCheckClosed => {
                let id = row.subject.unwrap_or_default();
                let state = app.engine.questions_state(&self.permit, id);
                let state = state.map_err(failed)?;
                state.and_then(|state| card_check(state.as_str()))
            }
            EventKind::Settings => {
                let settings = app.engine.settings(self.permit.facility());
                let version = settings.map_err(failed)?.version;
                Some(Event::Settings(SettingsNews {
                    version: crate::facility_settings::version(version),
                }))
            }
            EventKind::Rotation => Some(Event::Rotation(RotationNews {
                account: reader.to_owned(),
            })),
            EventKind::ConsentWithdrawn => row.subject.map(|id| {
                Event::ConsentWithdrawn(WithdrawalNews {
                    id: uuid::Uuid::from_u128(id).to_string(),
                })
            }),
            EventKind::HomeCare => row.subject.map(|id| {
                let id = uuid::Uuid::from_u128(id).to_string();
                Event::HomeCare(CheckNews { id })
            }),
            // Told as they happen.
            EventKind::Check | EventKind::Emergency => None,
        })
    }

    fn check(&self, id: u128) -> String {
        let mut text = String::new();
        if hears(self.permit.holder().kind, EventKind::Check, Whose::Other) {
            let id = uuid::Uuid::from_u128(id).to_string();
            push(&mut text, &Event::Check(CheckNews { id }));
        }
        text
    }

    fn emergency(&self, app: &Shared) -> String {
        let mut text = String::new();
        let holder = self.permit.holder();
        if hears(holder.kind, EventKind::Emergency, Whose::Other)
            && let Ok(windows) = crate::emergency::open_windows(app, holder.facility)
        {
            let open = windows.into_iter().map(|it| it.mode).collect();
            push(&mut text, &Event::Emergency(EmergencyNews { open }));
        }
        text
    }

    async fn send(&self, text: String) -> Result<(), Over> {
        if text.is_empty() {
            return Ok(());
        }
        let sent = tokio::time::timeout(PATIENCE, self.sender.send(text.into())).await;
        sent.map_err(|_| Over)?.map_err(|_| Over)
    }
}

fn push(text: &mut String, event: &Event) {
    text.push_str(&format!(
        "event: {}\ndata: {}\n\n",
        event.kind(),
        event.data()
    ));
}
