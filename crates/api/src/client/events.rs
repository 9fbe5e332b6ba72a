//! The stream of `GET /v1/events`: connects again after a loss and goes on behind the last event received. Decides nothing about them.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use domain::back_off::BackOff;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use pki::client::Refusal;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::cards::BACKGROUND;
use super::{Client, ClientError, LIMIT, accepted};
use crate::event::Event;
use crate::routes;

/// A connection on which nothing came for so long is lost: the center says something every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);

/// The longest wait before the first try to connect again, and before every further one. Each is spread by the lot: all terminals of the country
/// lose their streams together when a center starts again.
const WAITS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// The longest line taken, in bytes.
const MOST_BYTES: usize = 64 << 10;

/// What comes out of the stream.
#[derive(Debug)]
pub enum Received {
    /// The line stands (again). Events told only as they happen may have been missed: what they are about is to be read once.
    Connected,
    /// An event.
    Event(Event),
    /// Nothing to hear; what comes later goes on behind [`Events::last_id`]. Comes at the start, so that a client that keeps the
    /// place misses nothing even if it ends before its first event.
    Moved,
    /// The line was lost, or there is none; the next call connects again after a wait.
    Lost(ClientError),
}

/// Events of one account. Made by [`Client::events`]; reads nothing until asked.
#[derive(Debug)]
pub struct Events {
    client: Client,
    token: String,
    last_id: Option<String>,
    line: Option<Incoming>,
    /// A connection on its way; a task of its own, which goes on while nobody waits for it.
    opening: JoinSet<Result<Incoming, ClientError>>,
    parser: Parser,
    waits: BackOff,
    /// Not to connect before; at once at first.
    connect_at: Option<Instant>,
    silence: Duration,
    /// The line is lost then, unless something comes.
    lost_at: Instant,
}

impl Client {
    /// The events an account's rights cover, behind `last_id` where one is known. The requests are no person's.
    #[must_use]
    pub fn events(&self, token: &str, last_id: Option<String>) -> Events {
        Events {
            client: self.clone(),
            token: token.to_owned(),
            last_id,
            line: None,
            opening: JoinSet::new(),
            parser: Parser::default(),
            waits: BackOff::new(WAITS.0, WAITS.1),
            connect_at: None,
            silence: SILENCE,
            lost_at: Instant::now() + SILENCE,
        }
    }

    /// Asks for the stream.
    async fn listen(&self, token: &str, last_id: Option<&str>) -> Result<Incoming, ClientError> {
        let path = self.ground.path(routes::EVENTS);
        let mut request = Request::get(format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::ACCEPT, "text/event-stream")
            .header(BACKGROUND, "1");
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let request = request
            .body(Full::<Bytes>::default())
            .map_err(|_| ClientError::Address)?;
        let line = self.line();
        let response = tokio::time::timeout(LIMIT, line.http.request(request)).await;
        let response = response.map_err(|_| ClientError::Connection(Refusal::Line))?;
        let response =
            response.map_err(|error| ClientError::Connection(line.refusals.of(&error)))?;
        line.refusals.answered();
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response.into_body());
        }
        let body = http_body_util::Limited::new(response.into_body(), MOST_BYTES);
        let body = tokio::time::timeout(LIMIT, body.collect()).await;
        let lost = || ClientError::Connection(Refusal::Line);
        let bytes = body.map_err(|_| lost())?.map_err(|_| lost())?.to_bytes();
        accepted(status, bytes).and(Err(ClientError::Answer))
    }
}

impl Events {
    /// The id of the last event received: where to go on after a restart.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// Goes on with another session.
    pub fn renew(&mut self, token: &str) {
        token.clone_into(&mut self.token);
        self.line = None;
        self.opening = JoinSet::new();
    }

    /// Waits for what comes next. May be dropped and called again without losing an event, and however often that is done: a silent
    /// line is noticed all the same, and one that was lost connects again.
    ///
    /// # Errors
    /// [`ClientError::Problem`] when the center refuses: the session ended, say. After [`Events::renew`] it may be called again.
    pub async fn next(&mut self) -> Result<Received, ClientError> {
        loop {
            if let Some((id, event)) = self.parser.take() {
                let moved = id.is_some();
                self.last_id = id.or_else(|| self.last_id.take());
                match event {
                    Some(event) => return Ok(Received::Event(event)),
                    None if moved => return Ok(Received::Moved),
                    None => continue,
                }
            }
            let Some(line) = &mut self.line else {
                return self.connect().await;
            };
            match tokio::time::timeout_at(self.lost_at, line.frame()).await {
                Ok(Some(Ok(frame))) => {
                    self.lost_at = Instant::now() + self.silence;
                    let read = frame.data_ref().map(|bytes| self.parser.read(bytes));
                    if read == Some(Err(TooLong)) {
                        return Ok(self.lost(ClientError::Answer));
                    }
                }
                Ok(Some(Err(_)) | None) | Err(_) => {
                    return Ok(self.lost(ClientError::Connection(Refusal::Line)));
                }
            }
        }
    }

    fn lost(&mut self, why: ClientError) -> Received {
        self.line = None;
        let wish = match &why {
            ClientError::Problem(problem) => problem.retry_after_s,
            ClientError::Connection(_)
            | ClientError::Address
            | ClientError::Answer
            | ClientError::TooLarge
            | ClientError::Tls(_) => None,
        };
        self.connect_at = Some(Instant::now() + self.waits.next(wish, self.client.lots.draw()));
        Received::Lost(why)
    }

    async fn connect(&mut self) -> Result<Received, ClientError> {
        if self.opening.is_empty() {
            if let Some(at) = self.connect_at {
                tokio::time::sleep_until(at).await;
            }
            let client = self.client.clone();
            let (token, last_id) = (self.token.clone(), self.last_id.clone());
            self.opening
                .spawn(async move { client.listen(&token, last_id.as_deref()).await });
        }
        let opened = match self.opening.join_next().await {
            Some(Ok(opened)) => opened,
            Some(Err(_)) | None => Err(ClientError::Connection(Refusal::Line)),
        };
        match opened {
            Ok(line) => {
                self.line = Some(line);
                self.lost_at = Instant::now() + self.silence;
                self.parser = Parser::default();
                self.waits.answered();
                self.connect_at = None;
                Ok(Received::Connected)
            }
            Err(ClientError::Problem(problem)) if problem.status < 500 => {
                Err(ClientError::Problem(problem))
            }
            Err(why) => Ok(self.lost(why)),
        }
    }
}

/// An id, where one came, and an event of a known kind.
type Came = (Option<String>, Option<Event>);

/// A line longer than any of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TooLong;

/// Lines of `text/event-stream` (HTML Standard §9.2.6) to events. A kind this version does not know only moves the id on.
#[derive(Debug, Default)]
struct Parser {
    rest: Vec<u8>,
    kind: String,
    data: String,
    id: Option<String>,
    ready: VecDeque<Came>,
}

impl Parser {
    fn take(&mut self) -> Option<Came> {
        self.ready.pop_front()
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            self.line(line.trim_end_matches(['\n', '\r']));
        }
        if MOST_BYTES < self.rest.len().max(self.data.len()) {
            return Err(TooLong);
        }
        Ok(())
    }

    fn line(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" if line.is_empty() => {
                let event = Event::read(&self.kind, &self.data);
                self.ready.push_back((self.id.take(), event));
                self.kind.clear();
                self.data.clear();
            }
            "event" => value.clone_into(&mut self.kind),
            "data" => self.data.push_str(value),
            "id" => self.id = Some(value.to_owned()),
            // A comment, or a field of a later version.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::net::{IpAddr, Ipv4Addr};
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll};

    use http::Response;
    use http_body_util::combinators::BoxBody;
    use hyper::body::{Body, Frame};
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use pki::authority::Authority;
    use pki::sealed::MachineKey;
    use pki::server::certificate::ServerCertificate;
    use pki::server::{ClientCertificate, Listener, Versions};
    use tokio::net::TcpListener;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::client::lots::Lots;
    use crate::event::{CheckNews, SettingsNews};
    use crate::problem::{Problem, Trouble};

    #[test]
    fn events_come_whole_however_the_line_is_cut() {
        let news = [
            Event::Settings(SettingsNews {
                version: "1".into(),
            }),
            Event::Check(CheckNews {
                id: "019aae5e-0000-7000-8000-000000000001".into(),
            }),
        ];
        let [first, second] = &news;
        let text = format!(
            ": heart\n\nid: 7\nevent: settings\ndata: {}\n\nid: 8\nevent: weather\ndata: {{}}\n\nevent: check\r\ndata: {}\r\n\r\n",
            first.data(),
            second.data()
        );
        for cut in 0..text.len() {
            let mut parser = Parser::default();
            let (head, tail) = text.as_bytes().split_at(cut);
            parser.read(head).unwrap();
            parser.read(tail).unwrap();
            let came: Vec<Came> = parser
                .ready
                .drain(..)
                .filter(|(id, event)| id.is_some() || event.is_some())
                .collect();
            let expected = [
                (Some("7".into()), Some(first.clone())),
                (Some("8".into()), None),
                (None, Some(second.clone())),
            ];
            assert_eq!(came, expected);
        }
    }

    /// At every beat whoever listens has something else to do.
    const BEAT: Duration = Duration::from_millis(10);

    /// What is not there within so long never comes: a slow machine is no fault.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A body of which nothing comes.
    struct Silence;

    impl Body for Silence {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    /// A center that counts whoever wants to listen.
    struct Center {
        client: Client,
        asked: Arc<AtomicUsize>,
        /// As many are answered as it has permits.
        gate: Arc<Semaphore>,
    }

    fn now() -> domain::civil_date::Instant {
        domain::civil_date::Instant::from_micros(0).plus_seconds(1_800_000_000)
    }

    /// A center that turns so many away for a second, and has nothing to say to all others.
    async fn center(turned_away: usize, permits: usize) -> Center {
        let dir = tempfile::tempdir().unwrap();
        let machine = MachineKey::open(&dir.path().join("key")).unwrap();
        let authority = Authority::open(dir.path(), &machine, now()).unwrap();
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let identity = authority
            .issue_server(&["localhost".into()], &[local], now())
            .unwrap();
        let config = pki::server::config(
            &ServerCertificate::new(&identity).unwrap(),
            authority.root(),
            ClientCertificate::None,
            Versions::Tls13,
        )
        .unwrap();
        let socket = TcpListener::bind((local, 0)).await.unwrap();
        let mut listener =
            Listener::start(socket, config, ClientCertificate::None, PATIENCE).unwrap();
        let base = format!("https://{}", listener.address());
        let client = Client::by(Arc::new(now), &base, authority.root(), None).unwrap();
        let center = Center {
            client: client.with_lots(Lots::by(|| 0)),
            asked: Arc::default(),
            gate: Arc::new(Semaphore::new(permits)),
        };
        let (asked, gate) = (Arc::clone(&center.asked), Arc::clone(&center.gate));
        tokio::spawn(async move {
            while let Some(accepted) = listener.next().await {
                let (asked, gate) = (Arc::clone(&asked), Arc::clone(&gate));
                let service = service_fn(move |_: Request<Incoming>| {
                    let (asked, gate) = (Arc::clone(&asked), Arc::clone(&gate));
                    async move { reply(turned_away, &asked, &gate).await }
                });
                let stream = TokioIo::new(accepted.stream);
                tokio::spawn(http1::Builder::new().serve_connection(stream, service));
            }
        });
        center
    }

    async fn reply(
        turned_away: usize,
        asked: &AtomicUsize,
        gate: &Semaphore,
    ) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
        let earlier = asked.fetch_add(1, Ordering::SeqCst);
        gate.acquire().await.unwrap().forget();
        if turned_away <= earlier {
            return Ok(Response::new(Silence.boxed()));
        }
        let problem = Problem {
            retry_after_s: Some(1),
            ..Trouble::Overloaded.problem()
        };
        let body = Full::<Bytes>::from(serde_json::to_vec(&problem).unwrap());
        let mut response = Response::new(body.boxed());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        Ok(response)
    }

    /// What comes next to somebody who drops the listening at every beat.
    async fn next_between_beats(events: &mut Events) -> Received {
        let came = async {
            loop {
                if let Ok(received) = tokio::time::timeout(BEAT, events.next()).await {
                    return received.unwrap();
                }
            }
        };
        let came = tokio::time::timeout(PATIENCE, came).await;
        came.expect("something comes within a minute")
    }

    #[tokio::test]
    async fn a_silent_line_is_lost_to_whoever_listens_between_other_things() {
        let center = center(0, 1).await;
        let mut events = center.client.events("t", None);
        events.silence = BEAT * 20;
        let received = next_between_beats(&mut events).await;
        assert!(matches!(received, Received::Connected), "{received:?}");
        let received = next_between_beats(&mut events).await;
        assert!(matches!(received, Received::Lost(_)), "{received:?}");
    }

    #[tokio::test]
    async fn whoever_was_told_to_come_back_later_does_so_between_other_things() {
        let center = center(1, 2).await;
        let mut events = center.client.events("t", None);
        let begun = Instant::now();
        let received = next_between_beats(&mut events).await;
        assert!(matches!(received, Received::Lost(_)), "{received:?}");
        let received = next_between_beats(&mut events).await;
        assert!(matches!(received, Received::Connected), "{received:?}");
        assert!(Duration::from_secs(1) <= begun.elapsed(), "not earlier");
        assert_eq!(center.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_connection_on_its_way_outlives_whoever_waits_for_it() {
        let center = center(0, 0).await;
        let mut events = center.client.events("t", None);
        let mut beats_left = 20;
        while 0 < beats_left {
            let received = tokio::time::timeout(BEAT, events.next()).await;
            assert!(received.is_err(), "{received:?}");
            beats_left -= center.asked.load(Ordering::SeqCst).min(1);
        }
        center.gate.add_permits(1);
        let received = next_between_beats(&mut events).await;
        assert!(matches!(received, Received::Connected), "{received:?}");
        assert_eq!(center.asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_line_without_end_is_not_gathered_for_ever() {
        let mut parser = Parser::default();
        assert_eq!(parser.read(&vec![b'x'; MOST_BYTES + 1]), Err(TooLong));
    }
}
