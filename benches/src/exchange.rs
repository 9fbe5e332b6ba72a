//! One answer of a single check, from its typed form to a file and back, in both encodings and as its image, in microseconds. The floor
//! of the same run: copying the file, and the bare XML parser passing over it and keeping nothing.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, anyhow};
use clap::Args;
use exchange::answer::{Answer, Unrepresentable};
use exchange::encoding::Encoding;
use exchange::message::Message;
use quick_xml::Reader;
use quick_xml::events::Event;

/// A whole answer, with ceiling, specified disease and consents: the sample of a reader's result.
const SAMPLE: &[u8] = include_bytes!(
    "../../crates/exchange/tests/samples/OQSsiquc01res_face_13199999990123456789abcdef0123_20261123091502.xml"
);

/// Answers in one round of a measurement.
const IN_ROUND: u32 = 20;

/// `bench exchange`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Rounds of 20 answers for each line.
    #[arg(long, default_value_t = 1000)]
    rounds: usize,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (answer, _) = Answer::from_xml(Message::SingleCheck, SAMPLE)?;
    let xml = |encoding| -> anyhow::Result<Vec<u8>> {
        let written = answer.to_xml(encoding, Unrepresentable::Reduced);
        Ok(written.map_err(|error| anyhow!("{error}"))?.bytes)
    };
    let utf8 = xml(Encoding::Utf8)?;
    let shift_jis = xml(Encoding::ShiftJis)?;
    let image = answer.to_json().to_string();
    let rounds = arguments.rounds;
    println!(
        "one answer: {} bytes in UTF-8, {} in Shift_JIS, {} as image; median of {rounds} rounds of {IN_ROUND}",
        utf8.len(),
        shift_jis.len(),
        image.len()
    );
    let copied = measured(rounds, || Ok(utf8.clone()))?;
    let parsed = measured(rounds, || bare(&utf8))?;
    let floor = copied + parsed;
    println!("floor: copy {copied:.2} µs, bare parser {parsed:.2} µs");
    for (name, encoding, bytes) in [
        ("XML UTF-8", Encoding::Utf8, &utf8),
        ("XML Shift_JIS", Encoding::ShiftJis, &shift_jis),
    ] {
        let write = measured(rounds, || xml(encoding))?;
        let read = measured(rounds, || {
            Ok(Answer::from_xml(Message::SingleCheck, bytes)?)
        })?;
        print(name, write, read, floor);
    }
    let write = measured(rounds, || Ok(answer.to_json().to_string()))?;
    let read = measured(rounds, || {
        let image = serde_json::from_str(&image)?;
        Ok(Answer::from_json(Message::SingleCheck, &image)?)
    })?;
    print("image", write, read, floor);
    Ok(())
}

fn print(name: &str, write: f64, read: f64, floor: f64) {
    let both = write + read;
    let ratio = both / floor;
    println!(
        "{name}: written in {write:.2} µs, read in {read:.2} µs, both {both:.2} µs, {ratio:.1} times the floor"
    );
}

/// The bare parser over a file.
fn bare(bytes: &[u8]) -> anyhow::Result<()> {
    let text = std::str::from_utf8(bytes).context("the sample is UTF-8")?;
    let mut reader = Reader::from_str(text);
    loop {
        if let Event::Eof = black_box(reader.read_event()?) {
            return Ok(());
        }
    }
}

/// The median of the rounds, in microseconds for one. Rounds are short: what else runs on the machine falls into few of them.
fn measured<T>(rounds: usize, mut one: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<f64> {
    let mut all = Vec::with_capacity(rounds);
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        for _ in 0..IN_ROUND {
            black_box(one()?);
        }
        all.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(IN_ROUND));
    }
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2)
        .copied()
        .context("one round at least")
}
