//! A diagnosis in words and as JSON: for the shell, the log and the desk that is called. Holds nothing of people: evidence is names of
//! machines, addresses, times and counts.

use domain::civil_date::Instant;
use domain::diagnosis::fault::Fault;
use domain::diagnosis::{Diagnosis, NotChecked, Observation, Seen};
use domain::equipment::Part;
use domain::inventory::{Device, DeviceText};
use serde_json::{Value, json};
use ui::language::Language;

/// What a report says of the place it is from.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    /// When it was made.
    pub at: Option<Instant>,
    /// The facility's institution code, which desks ask for.
    pub facility: Option<String>,
    /// The devices, of which maker, model and serial number are written.
    pub devices: Vec<Device>,
    /// Version and updates.
    pub version: String,
}

/// How a step stands, in both languages.
#[must_use]
pub fn state(seen: Seen) -> (String, String) {
    let both = |ja: &str, en: &str| (ja.to_owned(), en.to_owned());
    match seen {
        Seen::Good => both("正常", "ok"),
        Seen::Slow => both("遅い", "slow"),
        Seen::Broken(_) => both("異常", "broken"),
        Seen::NotChecked(why) => {
            let (ja, en) = not_checked(why);
            (format!("未確認（{ja}）"), format!("not checked: {en}"))
        }
    }
}

fn not_checked(why: NotChecked) -> (String, String) {
    let both = |ja: &str, en: &str| (ja.to_owned(), en.to_owned());
    match why {
        NotChecked::NotSetUp => both("この端末では使っていません", "not in use here"),
        NotChecked::After(step) => (
            format!("先に「{}」を直してください", step.label_ja()),
            format!("mend first: {}", step.label_en()),
        ),
        NotChecked::NotBuilt => both(
            "この実行ファイルはカードを読みません",
            "this build reads no cards",
        ),
        NotChecked::NobodySignedIn => both("だれもサインインしていません", "nobody is signed in"),
        NotChecked::NotTold => both("このパソコンでは分かりません", "this PC does not tell"),
    }
}

/// The word of a state in JSON.
#[must_use]
pub fn word(seen: Seen) -> &'static str {
    match seen {
        Seen::Good => "ok",
        Seen::Slow => "slow",
        Seen::Broken(_) => "broken",
        Seen::NotChecked(_) => "not_checked",
    }
}

/// The one sentence about everything, in both languages.
#[must_use]
pub fn summary(diagnosis: &Diagnosis) -> (String, String) {
    match diagnosis.first_broken() {
        Some(fault) => {
            let what = fault.texts().what;
            (what.0.to_owned(), what.1.to_owned())
        }
        None if diagnosis.is_slow() => (
            "異常はありませんが、応答の遅いところがあります。".into(),
            "Nothing is broken, but something answers slowly.".into(),
        ),
        None => (
            "確認したところはすべて正常です。".into(),
            "Everything that was looked at works.".into(),
        ),
    }
}

/// Evidence in one line.
#[must_use]
pub fn evidence(observation: &Observation, language: Language) -> String {
    let facts = observation.evidence.iter().map(|fact| {
        let name = language.choose(fact.name.label_ja(), fact.name.label_en());
        format!("{name}: {}", fact.value)
    });
    facts.collect::<Vec<_>>().join(language.choose("、", ", "))
}

/// Evidence in one line, in English, for the shell.
#[must_use]
pub fn english_evidence(observation: &Observation) -> String {
    evidence(observation, Language::English)
}

/// The report in Japanese, for the shell.
#[must_use]
pub fn japanese(diagnosis: &Diagnosis, heading: &Heading) -> String {
    text(diagnosis, heading, Language::Japanese)
}

/// The report that a person saves and reads to a desk, or sends.
#[must_use]
pub fn text(diagnosis: &Diagnosis, heading: &Heading, language: Language) -> String {
    let mut lines = vec![
        language
            .choose("onshi 診断の記録", "onshi, record of a diagnosis")
            .to_owned(),
        language
            .choose(
                "個人に関する情報は含まれていません。",
                "It holds nothing about persons.",
            )
            .to_owned(),
        String::new(),
    ];
    let mut head = |ja: &str, en: &str, value: Option<String>| {
        lines.extend(value.map(|it| format!("{}: {it}", language.choose(ja, en))));
    };
    head("日時", "at", heading.at.map(Instant::to_minute_in_japan));
    head(
        "医療機関コード",
        "institution code",
        heading.facility.clone(),
    );
    head("版", "version", Some(heading.version.clone()));
    let (ja, en) = summary(diagnosis);
    head("結果", "outcome", Some(language.choose(ja, en)));
    for found in &diagnosis.found {
        lines.push(String::new());
        lines.extend(fault_lines(found.fault, language));
    }
    lines.push(String::new());
    for observation in &diagnosis.steps {
        let (ja, en) = state(observation.seen);
        let step = observation.step;
        lines.push(format!(
            "[{}] {}  {}",
            language.choose(ja, en),
            language.choose(step.label_ja(), step.label_en()),
            evidence(observation, language)
        ));
    }
    if !heading.devices.is_empty() {
        lines.push(String::new());
        lines.push(language.choose("機器", "devices").to_owned());
        let devices = heading.devices.iter();
        lines.extend(devices.map(|it| device_line(it, language)));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn device_line(device: &Device, language: Language) -> String {
    let part = device.part;
    let about = [&device.maker, &device.model, &device.serial];
    let about = about.into_iter().flatten().map(DeviceText::as_str);
    format!(
        "{}: {}",
        language.choose(part.label_ja(), part.label_en()),
        about.collect::<Vec<_>>().join(" ")
    )
}

fn fault_lines(fault: Fault, language: Language) -> [String; 3] {
    let texts = fault.texts();
    let part = fault.part();
    [
        format!(
            "{}: {} [{}]",
            language.choose(part.label_ja(), part.label_en()),
            language.choose(texts.what.0, texts.what.1),
            fault.as_str()
        ),
        format!(
            "  {}: {}",
            language.choose("対処", "remedy"),
            language.choose(texts.remedy.0, texts.remedy.1)
        ),
        String::new(),
    ]
}

/// The diagnosis as JSON.
#[must_use]
pub fn to_json(diagnosis: &Diagnosis) -> Value {
    let found = diagnosis.found.iter().map(|found| {
        let (texts, part) = (found.fault.texts(), found.fault.part());
        json!({
            "fault": found.fault.as_str(), "part": part.as_str(),
            "because_of": found.because_of.map(Fault::as_str),
            "ja": texts.what.0, "en": texts.what.1,
            "remedy_ja": texts.remedy.0, "remedy_en": texts.remedy.1,
        })
    });
    let steps = diagnosis.steps.iter().map(|it| {
        let evidence = it.evidence.iter().map(|fact| {
            (
                fact.name.as_str().to_owned(),
                Value::from(fact.value.clone()),
            )
        });
        let fault = match it.seen {
            Seen::Broken(fault) => Some(fault.as_str()),
            Seen::Good | Seen::Slow | Seen::NotChecked(_) => None,
        };
        let (ja, en) = state(it.seen);
        json!({
            "step": it.step.as_str(), "state": word(it.seen), "fault": fault, "ja": ja, "en": en,
            "evidence": Value::Object(evidence.collect()),
        })
    });
    let parts = Part::CHAIN.into_iter().chain(Part::BESIDE);
    let parts = parts.map(|part| {
        use domain::diagnosis::PartState::{Broken, Good, NotKnown, Suspect};
        let state = match diagnosis.part(part) {
            Good => "good",
            Broken => "broken",
            Suspect => "suspect",
            NotKnown => "not_known",
        };
        (part.as_str().to_owned(), Value::from(state))
    });
    let (ja, en) = summary(diagnosis);
    json!({
        "good": diagnosis.first_broken().is_none(), "ja": ja, "en": en,
        "first_broken": diagnosis.first_broken().map(Fault::as_str),
        "found": found.collect::<Vec<_>>(), "steps": steps.collect::<Vec<_>>(),
        "parts": Value::Object(parts.collect()),
    })
}
