//! The load generator: keep-alive connections that each send the next question when the last answer is in. Judges no answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use api::client::Client;
use bytes::Bytes;
use clap::ValueEnum;
use pki::identity::Identity;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Barrier, mpsc};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// One in this many answers goes to the verifier.
const SAMPLE: usize = 100;

/// Who asks: a client certificate and a session opened with it.
#[derive(Clone)]
pub(crate) struct Asker {
    pub(crate) root: CertificateDer<'static>,
    pub(crate) identity: Identity,
    pub(crate) token: String,
}

/// What makes the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Generator {
    /// Bytes that were written before and a look at the answer's length: as little work as can be.
    Bytes,
    /// The typed client that terminals, gateways and commands call the center with.
    Client,
}

/// Where and what to ask.
pub(crate) struct Target {
    pub(crate) generator: Generator,
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
    pub(crate) askers: Vec<Asker>,
    pub(crate) bodies: Arc<[String]>,
    /// Takes a sample of the answers.
    pub(crate) samples: Option<mpsc::UnboundedSender<Vec<u8>>>,
}

/// What came of a run.
pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    latencies_us: Vec<u32>,
    /// Bytes of the last answer's body.
    pub(crate) answer_bytes: usize,
}

impl Outcome {
    /// The latency that `percent` of the answers stayed within, in microseconds.
    pub(crate) fn percentile_us(&self, percent: usize) -> u32 {
        let at = self.latencies_us.len() * percent / 100;
        self.latencies_us
            .get(at)
            .or(self.latencies_us.last())
            .copied()
            .unwrap_or_default()
    }
}

/// Asks over so many connections for so long. A first quarter of a second more is not counted.
pub(crate) async fn run(
    target: &Target,
    connections: usize,
    time: Duration,
    offset: usize,
) -> anyhow::Result<Outcome> {
    let start = Arc::new(Barrier::new(connections));
    let mut tasks = Vec::new();
    for index in 0..connections {
        let asker = target
            .askers
            .get(index % target.askers.len())
            .context("nobody asks")?
            .clone();
        let mut connection = Connection {
            line: Line::open(target, &asker).await?,
            keys: (offset as u64) << 32 | (index as u64) << 20,
        };
        let (bodies, samples, start) =
            (target.bodies.clone(), target.samples.clone(), start.clone());
        let first = offset.wrapping_mul(7919).wrapping_add(index * 104_729);
        tasks.push(tokio::spawn(async move {
            start.wait().await;
            connection
                .ask_until(
                    Instant::now() + Duration::from_millis(250),
                    time,
                    &bodies,
                    first,
                    samples,
                )
                .await
        }));
    }
    let mut latencies_us = Vec::new();
    let mut answer_bytes = 0;
    for task in tasks {
        let (own, bytes) = task.await??;
        latencies_us.extend(own);
        answer_bytes = bytes;
    }
    latencies_us.sort_unstable();
    Ok(Outcome {
        per_second: latencies_us.len() as f64 / time.as_secs_f64(),
        latencies_us,
        answer_bytes,
    })
}

struct Connection {
    line: Line,
    keys: u64,
}

impl Connection {
    async fn ask_until(
        &mut self,
        counted_from: Instant,
        time: Duration,
        bodies: &[String],
        first: usize,
        samples: Option<mpsc::UnboundedSender<Vec<u8>>>,
    ) -> anyhow::Result<(Vec<u32>, usize)> {
        let end = counted_from + time;
        let mut latencies = Vec::new();
        let mut bytes = 0;
        for count in 0_usize.. {
            let body = bodies
                .get((first + count) % bodies.len())
                .context("no questions")?;
            self.keys += 1;
            let sent = Instant::now();
            if end <= sent {
                break;
            }
            let answer = self.line.ask(self.keys, body).await?;
            if counted_from <= sent {
                latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
            bytes = answer.len();
            if let Some(samples) = &samples
                && count % SAMPLE == 0
            {
                // Without a verifier there is nothing to sample for; its end is noticed by its parent.
                let _ = samples.send(answer.to_vec());
            }
        }
        Ok((latencies, bytes))
    }
}

/// One keep-alive connection.
enum Line {
    Bytes(Box<BytesLine>),
    Client(Box<ClientLine>),
}

struct BytesLine {
    stream: TlsStream<TcpStream>,
    head: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

struct ClientLine {
    client: Client,
    path: &'static str,
    token: String,
    answer: Bytes,
}

impl Line {
    async fn open(target: &Target, asker: &Asker) -> anyhow::Result<Self> {
        match target.generator {
            Generator::Bytes => Ok(Self::Bytes(Box::new(BytesLine::open(target, asker).await?))),
            Generator::Client => {
                let base = format!("https://{}", target.address);
                let client = Client::new(&base, &asker.root, Some(&asker.identity))?;
                Ok(Self::Client(Box::new(ClientLine {
                    client,
                    path: target.path,
                    token: asker.token.clone(),
                    answer: Bytes::new(),
                })))
            }
        }
    }

    /// Asks once; the answer stays until the next question.
    async fn ask(&mut self, key: u64, body: &str) -> anyhow::Result<&[u8]> {
        match self {
            Self::Bytes(line) => line.ask(key, body).await,
            Self::Client(line) => {
                let (key, body) = (format!("{key:032x}"), body.as_bytes().to_vec());
                let asked = line.client.call(
                    http::Method::POST,
                    line.path,
                    Some(&line.token),
                    Some(&key),
                    Some(body),
                );
                line.answer = asked.await?;
                Ok(&line.answer)
            }
        }
    }
}

impl BytesLine {
    async fn open(target: &Target, asker: &Asker) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(target.address)
            .await
            .with_context(|| format!("cannot connect to {}", target.address))?;
        stream.set_nodelay(true)?;
        let tls = Arc::new(pki::client::config(&asker.root, Some(&asker.identity))?);
        let name = ServerName::try_from("localhost")?;
        Ok(Self {
            stream: TlsConnector::from(tls).connect(name, stream).await?,
            head: format!(
                "POST {} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
                target.path, asker.token
            ),
            request: Vec::with_capacity(1024),
            answer: Vec::with_capacity(16 << 10),
        })
    }

    async fn ask(&mut self, key: u64, body: &str) -> anyhow::Result<&[u8]> {
        self.request.clear();
        write_request(&mut self.request, &self.head, key, body);
        self.stream.write_all(&self.request).await?;
        self.stream.flush().await?;
        self.answer.clear();
        let head = loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(at) = self.answer.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = std::str::from_utf8(self.answer.get(..head).unwrap_or_default())?;
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.context("an answer without length")?.parse()?;
        let good = text.starts_with("HTTP/1.1 200");
        while self.answer.len() < head + length {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection within an answer");
            }
        }
        let body = self.answer.get(head..).unwrap_or_default();
        if !good {
            bail!("refused: {}", String::from_utf8_lossy(body));
        }
        Ok(body)
    }
}

fn write_request(out: &mut Vec<u8>, head: &str, key: u64, body: &str) {
    use std::io::Write;
    out.extend_from_slice(head.as_bytes());
    // Writing to a vector cannot fail.
    let _ = write!(
        out,
        "idempotency-key: {key:032x}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
}
