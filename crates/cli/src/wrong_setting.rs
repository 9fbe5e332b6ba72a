//! What is wrong with a line of a settings file, in plain Japanese and English: the reader's words name types of the program. Never repeats
//! what stands in the file.

/// What to write, in Japanese and English.
type Texts = (String, String);

/// Reads a text as settings; what is wrong with it.
type Read = fn(&str) -> Option<toml::de::Error>;

/// The settings of each part.
const PARTS: [Read; 4] = [
    |text| center::config::Config::parse(text).err(),
    |text| terminal::config::Config::parse(text).err(),
    |text| gateway::config::Config::parse(text).err(),
    |text| kiosk::config::Config::parse(text).err(),
];

/// What is wrong, and what to write. The file's text is asked for where the error does not say enough.
pub(crate) fn plain(error: &toml::de::Error, text: impl FnOnce() -> Option<String>) -> Texts {
    plain_of(error, text, &PARTS)
}

fn plain_of(
    error: &toml::de::Error,
    text: impl FnOnce() -> Option<String>,
    parts: &[Read],
) -> Texts {
    let message = error.message();
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return unknown_field(rest);
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        let name = quoted(rest).next().unwrap_or_default();
        return both(
            format!("{name} がありません。書き足してください。"),
            format!("{name} is missing; add it"),
        );
    }
    if let Some(rest) = message.strip_prefix("duplicate field ") {
        let name = quoted(rest).next().unwrap_or_default();
        return both(
            format!("{name} が2回書かれています。1つにしてください。"),
            format!("{name} stands there twice; leave one"),
        );
    }
    if let Some(told) = choices(message) {
        return told;
    }
    if let Some(rest) = message.strip_prefix("invalid length ") {
        return length(rest);
    }
    if message == "invalid type: map, expected a sequence" {
        return both(
            "ここは複数書ける設定です。見出しは [[folders]] のように二重の角括弧で、値は [ ] で囲んで書いてください。".to_owned(),
            "there may be several of this; write its heading in double brackets, such as [[folders]], or its value as a list in square brackets"
                .to_owned(),
        );
    }
    if message.starts_with("invalid type: ") || message.starts_with("invalid value: ") {
        let what = message.rsplit_once(", expected ").map(|(_, what)| what);
        return expected(what.unwrap_or_default());
    }
    match message {
        // The reader does not tell the name here; the line is shown.
        "duplicate key" => both(
            "同じ設定か見出しが2回書かれています。1つにしてください。".to_owned(),
            "the same setting or heading stands there twice; leave one".to_owned(),
        ),
        // A choice that is no text.
        "wanted string or table" => {
            let told = text().and_then(|text| choices_at(error, &text, parts));
            told.unwrap_or_else(|| expected("a string"))
        }
        "invalid socket address syntax" => expected("socket address"),
        "invalid IP address syntax"
        | "invalid IPv4 address syntax"
        | "invalid IPv6 address syntax" => expected("IP address"),
        // The syntax of the file, or what a setting says of itself: in both languages, or in one.
        other => match other.split_once(" / ") {
            Some((ja, en)) => both(ja.to_owned(), en.to_owned()),
            None => both(
                "書き方か値が正しくありません。".to_owned(),
                other.to_owned(),
            ),
        },
    }
}

fn both(ja: String, en: String) -> Texts {
    (ja, en)
}

/// The words between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The choices of a setting, of the reader's words for another text.
fn choices(message: &str) -> Option<Texts> {
    let rest = message.strip_prefix("unknown variant ")?;
    let (_, choices) = rest.rsplit_once(", expected ")?;
    let choices: Vec<&str> = quoted(choices).collect();
    Some(both(
        format!("{} のどれかを指定してください。", choices.join("、")),
        format!("write one of: {}", choices.join(", ")),
    ))
}

/// The choices of the setting an error is about: the reader tells them of a text that is none of them.
fn choices_at(error: &toml::de::Error, text: &str, parts: &[Read]) -> Option<Texts> {
    let span = error.span()?;
    let (before, after) = (text.get(..span.start)?, text.get(span.end..)?);
    let other = format!("{before}\"?\"{after}");
    let told = parts.iter().filter_map(|read| read(&other));
    let mut here = told.filter(|it| it.span().is_some_and(|it| it.start == span.start));
    here.find_map(|it| choices(it.message()))
}

/// How many values belong there, of the reader's words for it.
fn length(rest: &str) -> Texts {
    let what = rest.rsplit_once(", expected ").map(|(_, what)| what);
    let mut words = what.unwrap_or_default().split(' ');
    match words.find_map(|word| word.parse::<usize>().ok()) {
        Some(count) => both(
            format!("値の数が違います。1組に {count} 個の値を書いてください。"),
            format!("another number of values belongs there; write {count} values in each group"),
        ),
        None => both(
            "値の数が違います。".to_owned(),
            "another number of values belongs there".to_owned(),
        ),
    }
}

fn unknown_field(rest: &str) -> Texts {
    let mut names = quoted(rest);
    let name = names.next().unwrap_or_default();
    let known: Vec<&str> = names.collect();
    let (mut ja, mut en) = (
        format!(
            "{name} という設定は、ここにはありません。つづりと、どの見出し（[…]）の下にあるかを確かめてください。"
        ),
        format!(
            "there is no setting {name} here; look at its spelling and at the heading it stands under"
        ),
    );
    if !known.is_empty() {
        ja.push_str(&format!("ここにある設定: {}", known.join("、")));
        en.push_str(&format!("; settings here: {}", known.join(", ")));
    }
    (ja, en)
}

/// What belongs there, of the reader's words for it.
fn expected(what: &str) -> Texts {
    let (ja, en) = match what {
        "a boolean" => ("true か false".to_owned(), "true or false".to_owned()),
        "a string" | "a borrowed string" => (
            "引用符（\"）で囲んだ文字".to_owned(),
            "a text in quotation marks".to_owned(),
        ),
        "path string" => (
            "引用符（\"）で囲んだファイルやフォルダーの場所".to_owned(),
            "the place of a file or folder, in quotation marks".to_owned(),
        ),
        "socket address" => (
            "引用符（\"）で囲んだアドレスとポート（127.0.0.1:8443 など）".to_owned(),
            "an address with its port in quotation marks, such as \"127.0.0.1:8443\"".to_owned(),
        ),
        "IP address" => (
            "引用符（\"）で囲んだ IP アドレス（127.0.0.1 など）".to_owned(),
            "an IP address in quotation marks, such as \"127.0.0.1\"".to_owned(),
        ),
        "a sequence" => (
            "[ ] で囲んだ並び".to_owned(),
            "a list in square brackets".to_owned(),
        ),
        "a map" => a_table(),
        _ if what.starts_with("struct ") => a_table(),
        _ => match number(what) {
            Some(texts) => texts,
            None => ("別の種類の値".to_owned(), format!("another value: {what}")),
        },
    };
    both(
        format!("この値は使えません。{ja}を書いてください。"),
        format!("this value cannot be used; write {en}"),
    )
}

fn a_table() -> Texts {
    (
        "[見出し] の下に1行ずつの設定".to_owned(),
        "settings, a line each, under a [heading]".to_owned(),
    )
}

/// The numbers a setting takes, of the program's name for their kind.
fn number(what: &str) -> Option<Texts> {
    let (least, kind) = match what.strip_prefix("a nonzero ") {
        Some(kind) => (1, kind),
        None => (0, what),
    };
    let most = match kind {
        "u8" => u64::from(u8::MAX),
        "u16" => u64::from(u16::MAX),
        "u32" => u64::from(u32::MAX),
        "u64" | "usize" => {
            return Some((
                format!("{least} 以上の整数"),
                format!("a whole number of at least {least}"),
            ));
        }
        "i8" | "i16" | "i32" | "i64" => {
            return Some(("整数".to_owned(), "a whole number".to_owned()));
        }
        "f32" | "f64" => return Some(("数".to_owned(), "a number".to_owned())),
        _ => return None,
    };
    Some((
        format!("{least} から {most} までの整数"),
        format!("a whole number from {least} to {most}"),
    ))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::num::NonZeroU16;
    use std::path::PathBuf;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Refuse,
        Accept,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "read alone")]
    struct Table {
        days: Option<u8>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "read alone")]
    struct Hours {
        first: u8,
        last: u8,
        from: u8,
        until: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "read alone")]
    struct Settings {
        folder: PathBuf,
        small: Option<u8>,
        minutes: Option<NonZeroU16>,
        large: Option<u32>,
        share: Option<f64>,
        listen: Option<SocketAddr>,
        files: Option<Vec<PathBuf>>,
        choice: Option<Choice>,
        is_on: Option<bool>,
        table: Option<Table>,
        hours: Option<Vec<Hours>>,
    }

    fn of(text: &str) -> Texts {
        let read: Read = |text| toml::from_str::<Settings>(text).err();
        plain_of(&read(text).unwrap(), || Some(text.to_owned()), &[read])
    }

    #[test]
    fn no_line_is_told_in_the_programs_words() {
        for (line, ja, en) in [
            ("", "folder がありません", "folder is missing"),
            (
                "folder = 5",
                "フォルダーの場所",
                "the place of a file or folder",
            ),
            (
                "small = 300",
                "0 から 255 までの整数",
                "a whole number from 0 to 255",
            ),
            (
                "small = -1",
                "0 から 255 までの整数",
                "a whole number from 0 to 255",
            ),
            (
                "small = \"5\"",
                "0 から 255 までの整数",
                "a whole number from 0 to 255",
            ),
            (
                "minutes = 0",
                "1 から 65535 までの整数",
                "a whole number from 1 to 65535",
            ),
            (
                "large = 1.5",
                "0 から 4294967295 までの整数",
                "from 0 to 4294967295",
            ),
            ("share = \"x\"", "数", "a number"),
            (
                "listen = \"here\"",
                "アドレスとポート",
                "an address with its port",
            ),
            (
                "listen = 8443",
                "アドレスとポート",
                "an address with its port",
            ),
            ("files = 5", "[ ] で囲んだ並び", "a list in square brackets"),
            (
                "files = [5]",
                "フォルダーの場所",
                "the place of a file or folder",
            ),
            (
                "choice = \"dance\"",
                "refuse、accept のどれか",
                "one of: refuse, accept",
            ),
            ("is_on = 5", "true か false", "true or false"),
            ("table = 5", "[見出し]", "under a [heading]"),
            (
                "dayz = 5",
                "dayz という設定",
                "there is no setting dayz here",
            ),
            (
                "table = { dayz = 5 }",
                "ここにある設定: days",
                "settings here: days",
            ),
            (
                "small = 1\nsmall = 2",
                "2回書かれています",
                "stands there twice",
            ),
            (
                "[files]\nname = \"x\"",
                "[[folders]] のように二重の角括弧",
                "double brackets, such as [[folders]]",
            ),
            (
                "choice = 5",
                "refuse、accept のどれか",
                "one of: refuse, accept",
            ),
            (
                "hours = [[5, 7]]",
                "4 個の値",
                "write 4 values in each group",
            ),
            ("small = ", "書き方か値", ""),
        ] {
            let folder = if line.contains("folder") || line.is_empty() {
                ""
            } else {
                "folder = \"x\"\n"
            };
            let told = of(&format!("{folder}{line}\n"));
            assert!(
                told.0.contains(ja) && told.1.contains(en),
                "{line}: {told:?}"
            );
            for word in [
                "u8",
                "u16",
                "u32",
                "path string",
                "struct",
                "invalid type",
                "invalid length",
                "wanted",
                "duplicate",
            ] {
                let is_said = told.0.contains(word) || told.1.contains(word);
                assert!(!is_said, "{line}: {told:?}");
            }
        }
    }

    #[test]
    fn the_choices_of_a_setting_of_any_part_are_told() {
        let text = "data_dir = \"/x\"\n[cards]\nstale_lists = 5\n";
        let error = center::config::Config::parse(text).unwrap_err();
        let told = plain(&error, || Some(text.to_owned()));
        assert!(told.1.contains("one of: refuse, accept"), "{told:?}");
        // Without the file's text it is told in plain words all the same.
        let told = plain(&error, || None);
        assert!(told.1.contains("a text in quotation marks"), "{told:?}");
    }

    #[test]
    fn a_file_is_told_of_with_the_line_and_without_the_programs_words() {
        let text = "data_dir = \"/x\"\n[certificates]\nrenewal_days = \"many\"\n";
        let error = center::config::Config::parse(text).unwrap_err();
        let told = crate::told::settings("center.toml".as_ref(), &error).to_string();
        assert!(
            told.contains("line 3") && told.contains("renewal_days"),
            "{told}"
        );
        assert!(
            told.contains("までの整数") && told.contains("a whole number"),
            "{told}"
        );
        assert!(!told.contains("expected"), "{told}");
    }
}
