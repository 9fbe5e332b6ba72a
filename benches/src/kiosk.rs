//! A visit at the kiosk, from the card to the last screen, with a scripted person who needs no time: through real pcscd, the virtual
//! card, the kiosk's page and the center. Prints the split; asserts no time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;

use crate::running::onshi;

/// A visit that takes longer is stuck.
const STUCK: Duration = Duration::from_secs(30);

/// `bench kiosk`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder for the demo that is measured.
    #[arg(long)]
    dir: PathBuf,
    /// Visits measured, after five that are not.
    #[arg(long, default_value_t = 30)]
    visits: usize,
    /// Whose card: a case of the demo's tray.
    #[arg(long, default_value = "everything")]
    case: String,
}

/// What one visit took, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Visit {
    /// pcscd notices the card, the kiosk does not know of it yet.
    noticed: f64,
    whole: f64,
    card: f64,
    center: f64,
    screens: usize,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let dir = arguments.dir.join("kiosk");
    let mut demo = Demo::start(&dir)?;
    let mut page = Page::open(&demo.json)?;
    let persona = dir.join(format!("cards/{}.toml", arguments.case));
    let mut visits = Vec::new();
    for at in 0..arguments.visits + 5 {
        let visit = visit(&mut demo, &mut page, &persona)?;
        if 5 <= at {
            visits.push(visit);
        }
    }
    report(&arguments.case, &visits)
}

/// One visit; the card is taken at the end.
fn visit(demo: &mut Demo, page: &mut Page, persona: &Path) -> anyhow::Result<Visit> {
    demo.split();
    let placed = Instant::now();
    demo.order(&format!("place {}", persona.display()))?;
    let present = Instant::now();
    let mut screens = 0;
    loop {
        let screen = page.next()?;
        screens += 1;
        match screen.name.as_str() {
            "done" => break,
            "method" => page.press(&screen, "pin")?,
            "pin" => page.post("/pin", &format!("turn={}&pin=1234", screen.turn))?,
            "consents" => page.press(&screen, "all")?,
            "prescription-issue" | "prescription-submit" => page.press(&screen, "paper")?,
            "specified-disease"
            | "medical-subsidy"
            | "surgery"
            | "treatment-and-drugs"
            | "drugs"
            | "checkups" => page.press(&screen, "yes")?,
            "welcome" | "reading" | "identifying" | "sending" => {}
            other => bail!("the kiosk shows {other}, so nothing is measured"),
        }
    }
    let whole = present.elapsed();
    let (card, center) = demo.split();
    demo.order("remove")?;
    while page.next()?.name != "welcome" {}
    Ok(Visit {
        noticed: millis(present - placed),
        whole: millis(whole),
        card,
        center,
        screens,
    })
}

fn report(case: &str, visits: &[Visit]) -> anyhow::Result<()> {
    let of = |member: fn(&Visit) -> f64| -> anyhow::Result<(f64, f64)> {
        let mut values: Vec<f64> = visits.iter().map(member).collect();
        values.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let last = values.len().saturating_sub(1) as f64;
            values.get((last * part).round() as usize).copied()
        };
        at(0.5).zip(at(0.95)).context("no visits were measured")
    };
    let screens = visits.first().map_or(0, |visit| visit.screens);
    println!(
        "{} visits with the card {case}, {screens} screens each; milliseconds, median and p95",
        visits.len()
    );
    for (name, member) in [
        (
            "card present to completion",
            (|it| it.whole) as fn(&Visit) -> f64,
        ),
        ("  card", |it| it.card),
        ("  center", |it| it.center),
        ("  pages and the rest", |it| {
            (it.whole - it.card - it.center).max(0.0)
        }),
        ("before: until the reader has the card", |it| it.noticed),
    ] {
        let (median, p95) = of(member)?;
        println!("{name:40} {median:8.1} {p95:8.1}");
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A running demo.
struct Demo {
    child: Child,
    json: Value,
    control: PathBuf,
    /// Microseconds at card and center, as the kiosk logs them.
    times: Receiver<(u64, u64)>,
}

impl Demo {
    fn start(dir: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(onshi()?)
            .args(["demo", "--dir"])
            .arg(dir)
            .env("ONSHI_LOG", "warn,kiosk=debug")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().context("no standard output")?;
        let errors = child.stderr.take().context("no standard error")?;
        let times = read_times(errors);
        let mut lines = BufReader::new(out).lines();
        let ready = lines.find(|line| matches!(line, Ok(line) if line.contains("serving until")));
        ready.context("the demo did not start")??;
        std::thread::spawn(move || lines.for_each(drop));
        let json = serde_json::from_slice(&std::fs::read(dir.join("demo.json"))?)?;
        let control = dir.join("readers/onshi medical.control");
        if !control.exists() {
            let _ = child.kill();
            bail!("the demo has no card readers; its standard error says why");
        }
        Ok(Self {
            child,
            json,
            control,
            times,
        })
    }

    fn order(&self, line: &str) -> anyhow::Result<()> {
        let mut stream = UnixStream::connect(&self.control)?;
        writeln!(stream, "{line}")?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        if answer.contains("\"error\"") {
            bail!("{line}: {answer}");
        }
        Ok(())
    }

    /// Milliseconds at card and center since the last time it was asked.
    fn split(&mut self) -> (f64, f64) {
        // The last line may still be on its way through the pipe.
        let mut sums = (0, 0);
        while let Ok((card, center)) = self.times.recv_timeout(Duration::from_millis(50)) {
            sums = (sums.0 + card, sums.1 + center);
        }
        (sums.0 as f64 / 1000.0, sums.1 as f64 / 1000.0)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads `card_us=` and `center_us=` from the log, line by line.
fn read_times(errors: ChildStderr) -> Receiver<(u64, u64)> {
    let (told, times) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            let line = plain(&line);
            let value = |name: &str| -> u64 {
                let rest = line.split(name).nth(1).unwrap_or_default();
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                digits.parse().unwrap_or(0)
            };
            let found = (value("card_us="), value("center_us="));
            if found != (0, 0) && told.send(found).is_err() {
                return;
            }
        }
    });
    times
}

/// A line without the colours of a terminal.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in line.chars() {
        match (inside, c) {
            (false, '\u{1b}') => inside = true,
            (true, c) => inside = c != 'm',
            (false, c) => text.push(c),
        }
    }
    text
}

/// The kiosk's page as a browser holds it: the stream of screens and a connection for what is pressed.
struct Page {
    host: String,
    cookie: String,
    stream: BufReader<TcpStream>,
    presses: TcpStream,
}

struct Screen {
    name: String,
    turn: String,
}

impl Page {
    fn open(demo: &Value) -> anyhow::Result<Self> {
        let launch = demo.pointer("/facilities/0/kiosk").and_then(Value::as_str);
        let launch = launch.context("the demo has no kiosk")?;
        let rest = launch.trim_start_matches("http://");
        let (host, path) = rest.split_once('/').context("no launch address")?;
        let port = host.rsplit(':').next().unwrap_or_default().parse()?;
        let connect = || -> anyhow::Result<TcpStream> {
            let stream = TcpStream::connect(("127.0.0.1", port))?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(STUCK))?;
            Ok(stream)
        };
        let mut presses = connect()?;
        write!(presses, "GET /{path} HTTP/1.1\r\nhost: {host}\r\n\r\n")?;
        let head = head(&mut presses)?;
        let cookie = head
            .split("set-cookie: ")
            .nth(1)
            .and_then(|it| it.split(';').next());
        let cookie = cookie.context("the kiosk did not let us in")?.to_owned();
        let mut stream = connect()?;
        write!(
            stream,
            "GET /events HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n"
        )?;
        let mut page = Self {
            host: host.to_owned(),
            cookie,
            stream: BufReader::new(stream),
            presses,
        };
        while page.next()?.name != "welcome" {}
        Ok(page)
    }

    /// The next screen that is pushed.
    fn next(&mut self) -> anyhow::Result<Screen> {
        let mut screen: Option<Screen> = None;
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                bail!("the kiosk ended its stream");
            }
            let within = |name: &str| {
                let rest = line.split(name).nth(1)?;
                Some(rest.split('"').next()?.to_owned())
            };
            if let Some(name) = within("data-screen=\"") {
                screen = Some(Screen {
                    name,
                    turn: String::new(),
                });
            }
            if let (Some(turn), Some(screen)) = (within("name=\"turn\" value=\""), &mut screen) {
                screen.turn = turn;
            }
            // The bar ends the screen.
            if line.contains("</footer>")
                && let Some(screen) = screen.take()
            {
                return Ok(screen);
            }
        }
    }

    fn press(&mut self, screen: &Screen, press: &str) -> anyhow::Result<()> {
        self.post("/press", &format!("turn={}&press={press}", screen.turn))
    }

    fn post(&mut self, path: &str, body: &str) -> anyhow::Result<()> {
        let (host, cookie) = (&self.host, &self.cookie);
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\nx-onshi-script: 1\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.presses.write_all(request.as_bytes())?;
        let head = head(&mut self.presses)?;
        if !head.contains(" 204 ") {
            bail!(
                "the kiosk did not take a press: {}",
                head.lines().next().unwrap_or_default()
            );
        }
        Ok(())
    }
}

/// The head of an answer that has no body.
fn head(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend_from_slice(&byte);
    }
    Ok(String::from_utf8_lossy(&head).to_lowercase())
}
