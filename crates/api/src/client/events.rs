//! The stream of `GET /v1/events`: connects again after a loss and goes on behind the last event received. Decides nothing about them.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use domain::back_off::BackOff;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use pki::client::Refusal;

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
    parser: Parser,
    waits: BackOff,
    /// How long to wait before connecting; nothing at first.
    wait: Option<Duration>,
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
            parser: Parser::default(),
            waits: BackOff::new(WAITS.0, WAITS.1),
            wait: None,
        }
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
    }

    /// Waits for what comes next. May be dropped and called again without losing an event.
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
            match tokio::time::timeout(SILENCE, line.frame()).await {
                Ok(Some(Ok(frame))) => {
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
        self.wait = Some(self.waits.next(wish, self.client.lots.draw()));
        Received::Lost(why)
    }

    async fn connect(&mut self) -> Result<Received, ClientError> {
        if let Some(wait) = self.wait {
            tokio::time::sleep(wait).await;
        }
        match self.open().await {
            Ok(line) => {
                self.line = Some(line);
                self.parser = Parser::default();
                self.waits.answered();
                self.wait = None;
                Ok(Received::Connected)
            }
            Err(ClientError::Problem(problem)) if problem.status < 500 => {
                Err(ClientError::Problem(problem))
            }
            Err(why) => Ok(self.lost(why)),
        }
    }

    async fn open(&self) -> Result<Incoming, ClientError> {
        let path = self.client.ground.path(routes::EVENTS);
        let mut request = Request::get(format!("{}{path}", self.client.base))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::ACCEPT, "text/event-stream")
            .header(BACKGROUND, "1");
        if let Some(id) = &self.last_id {
            request = request.header("last-event-id", id);
        }
        let request = request
            .body(Full::<Bytes>::default())
            .map_err(|_| ClientError::Address)?;
        let line = self.client.line();
        let response = tokio::time::timeout(LIMIT, line.http.request(request)).await;
        let response = response.map_err(|_| ClientError::Connection(Refusal::Line))?;
        let response = response.map_err(|error| {
            let told = pki::client::refusal(&error);
            ClientError::Connection(line.refusals.explain(told))
        })?;
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
    use super::*;
    use crate::event::{CheckNews, SettingsNews};

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

    #[test]
    fn a_line_without_end_is_not_gathered_for_ever() {
        let mut parser = Parser::default();
        assert_eq!(parser.read(&vec![b'x'; MOST_BYTES + 1]), Err(TooLong));
    }
}
