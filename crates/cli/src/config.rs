//! Looks at a settings file and at the files and folders it names, and says line by line what is wrong. Changes nothing: no
//! folder, key or database is made.

mod bulk;
mod earlier_values;
mod folders;
mod listeners;
mod named_files;
mod part;
mod times;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use domain::card_challenge::{CenterName, InvalidCenterName};
use kiosk::config::TerminalKeys;
use pki::installed::Installed;
use pki::sealed::{is_open_to_others, is_sealed};
use serde_json::json;
use terminal::running;

use self::part::Part;
use crate::{system, told, wrong_setting};

/// `onshi config`.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say whether a settings file and what it names are good; ends with 1 when not.
    #[command(after_help = "Example: onshi config check /etc/onshi/gateway.toml")]
    Check {
        /// Settings file.
        file: PathBuf,
        /// Whose settings; told from the file when left out.
        #[arg(long)]
        part: Option<Part>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// One thing that is wrong, with the line of its setting.
struct Finding {
    line: usize,
    key: &'static str,
    ja: String,
    en: String,
}

pub(crate) fn run(command: ConfigCommand) -> anyhow::Result<ExitCode> {
    let ConfigCommand::Check { file, part, json } = command;
    let text = told::read_text(&file)?;
    let part = part.unwrap_or_else(|| Part::of(&text));
    let mut look = Look::of(&text);
    let read = match part {
        Part::Center => center::config::Config::parse(&text).map(|it| look.center(&it)),
        Part::Terminal => terminal::config::Config::parse(&text).map(|it| look.terminal(&it)),
        Part::Gateway => gateway::config::Config::parse(&text).map(|it| look.gateway(&it)),
        Part::Kiosk => kiosk::config::Config::parse(&text).map(|it| look.kiosk(&it)),
    };
    if let Err(error) = read {
        if !json {
            return Err(told::settings(&file, &error));
        }
        look.misread(&error);
    }
    let good = look.findings.is_empty();
    let shown = file.display().to_string();
    if json {
        let shown_of = |all: &[Finding]| {
            let shown = all
                .iter()
                .map(|it| json!({"line": it.line, "key": it.key, "ja": it.ja, "en": it.en}));
            shown.collect::<Vec<_>>()
        };
        out!(
            "{}",
            json!({
                "file": shown, "part": part.name(), "good": good, "findings": shown_of(&look.findings),
                "remarks": shown_of(&look.remarks),
            })
        );
    } else {
        for it in &look.findings {
            out!("{shown}:{}: {}: {} / {}", it.line, it.key, it.ja, it.en);
        }
        for it in &look.remarks {
            out!(
                "{shown}:{}: {}: 注意: {} / remark: {}",
                it.line,
                it.key,
                it.ja,
                it.en
            );
        }
        if good {
            out!("{shown}: 問題ありません / good ({})", part.name());
        }
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Look<'a> {
    text: &'a str,
    findings: Vec<Finding>,
    /// What is as the settings allow it, and should be known.
    remarks: Vec<Finding>,
}

impl<'a> Look<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text,
            findings: Vec::new(),
            remarks: Vec::new(),
        }
    }
}

impl Look<'_> {
    fn center(&mut self, config: &center::config::Config) {
        self.makeable("data_dir", 0, &config.data_dir);
        match &config.database {
            Some(database) => self.database(database),
            None => self.machine_key(&config.data_dir),
        }
        if let Some(dir) = &config.checkpoint_dir {
            self.folder("checkpoint_dir", 0, dir);
            if dir.starts_with(&config.data_dir) {
                self.find(
                    "checkpoint_dir",
                    0,
                    "data_dir の中にあります。別のディスクか別の機器に置いてください。",
                    "it lies inside data_dir; put it on another disk or machine",
                );
            }
        }
        self.listeners(config);
        self.times(config);
        self.bulk(config);
        self.earlier_values(config);
        if let Err(error) = domain::card_challenge::CenterName::parse(&config.name) {
            let ja = "センター名は、空白を含まない1〜64文字の半角英数字・記号です。";
            self.find("name", 0, ja, &error.to_string());
        }
        self.cards(&config.cards);
        if let Some(traces) = &config.traces {
            self.traces(traces);
        }
        if let Some(dir) = &config.updates.dir {
            // The center only reads there.
            self.is_folder("dir", 0, dir);
        }
    }

    /// A store without its machine key: it was brought back, and its keys were not yet, or no center used it so far.
    fn machine_key(&mut self, data_dir: &Path) {
        let is_there = |name: &str| data_dir.join(name).is_file();
        if is_there("center.db") && !is_there("machine.key") {
            let shown = data_dir.display();
            self.remark(
                "data_dir",
                &format!(
                    "{shown} にデータベースがありますが、machine.key がありません。復元したものなら、保管してある machine.key、receipt.key、receipt-retired.keys、ca/ を、センターを起動する前に戻してください。"
                ),
                &format!(
                    "{shown} holds a store and no machine.key; where it was restored, bring machine.key, receipt.key, receipt-retired.keys and ca/ back from where they are kept before the center starts"
                ),
            );
        }
    }

    fn unreadable(&mut self, key: &'static str, path: &Path, why: &str) {
        let shown = path.display();
        self.find(
            key,
            0,
            &format!("{shown} を読み取れません。ファイルと権限を確かめてください。"),
            &format!("{shown}: {why}"),
        );
    }

    fn terminal(&mut self, config: &terminal::config::Config) {
        self.makeable("data_dir", 0, &config.data_dir);
        self.address(&config.center);
        self.root(&config.ca);
        self.identity(&config.installed(), &config.identity.name);
        if !config.listen.ip().is_loopback() {
            self.find(
                "listen",
                0,
                "端末の画面は 127.0.0.1 か [::1] でだけ表示できます。",
                "staff pages are served on loopback only: 127.0.0.1 or [::1]",
            );
        }
        self.free("listen", config.listen, &running::file(&config.data_dir));
        self.publisher(&config.updates);
        self.neighbour("kiosk", config.doctor.kiosk.as_deref(), |text| {
            kiosk::config::Config::parse(text).err()
        });
        self.neighbour("gateway", config.doctor.gateway.as_deref(), |text| {
            gateway::config::Config::parse(text).err()
        });
        let center_name = CenterName::parse(&config.center_name).err();
        let keys = config.terminal_keys.as_ref();
        self.card_reader(center_name, config.reader.as_deref());
        self.terminal_keys(keys, 0, "onshi terminal seal-key");
    }

    /// The settings file of another part, which the doctor reads.
    fn neighbour(
        &mut self,
        key: &'static str,
        file: Option<&Path>,
        wrong: impl FnOnce(&str) -> Option<toml::de::Error>,
    ) {
        let Some(file) = file else { return };
        let found = told::read_text(file).map(|text| wrong(&text));
        match found {
            Err(error) => self.told(key, &error),
            Ok(Some(error)) => self.told(key, &told::settings(file, &error)),
            Ok(None) => {}
        }
    }

    /// The pinned key, where self-update is set up.
    fn publisher(&mut self, updates: &terminal::config::Updates) {
        let Some(file) = &updates.publisher else {
            return;
        };
        let read = told::read_text(file);
        let key = read.and_then(|text| Ok(pki::publisher::PublisherKey::parse(&text)?));
        if let Err(error) = key {
            self.told("publisher", &error);
        }
    }

    fn card_reader(&mut self, center_name: Option<InvalidCenterName>, reader: Option<&str>) {
        if let Some(error) = center_name {
            self.find(
                "center_name",
                0,
                "空白のない半角英数字・記号1〜64文字で書いてください。",
                &format!("{error}; write 1 to 64 visible ASCII characters"),
            );
        }
        if let Some(Err(error)) = reader.map(kiosk::machine::Machine::of) {
            self.told("reader", &anyhow::anyhow!("{error}"));
        }
    }

    /// Terminal keys; their file is the settings' secret file of this place.
    fn terminal_keys(&mut self, keys: Option<&TerminalKeys>, at: usize, sealing: &str) {
        if let Some(keys) = keys {
            self.secret(&keys.secret_file, at, sealing);
            if let Err(error) = told::read_bytes(&keys.certificate) {
                self.told("certificate", &error);
            }
        }
    }

    fn gateway(&mut self, config: &gateway::config::Config) {
        self.makeable("data_dir", 0, &config.data_dir);
        self.address(&config.center);
        self.root(&config.ca);
        self.identity(&config.installed(), &config.identity.name);
        self.secret(
            &config.account.secret_file,
            0,
            "onshi gateway seal-password",
        );
        if config.folders.is_empty() {
            self.find(
                "folders",
                0,
                "フォルダーが1組もありません。[[folders]] を書いてください。",
                "no folders; write [[folders]]",
            );
        }
        self.folder_pairs(&config.folders);
    }

    fn kiosk(&mut self, config: &kiosk::config::Config) {
        self.makeable("data_dir", 0, &config.data_dir);
        self.address(&config.center);
        self.root(&config.ca);
        self.identity(&config.installed(), &config.identity.name);
        self.secret(&config.account.secret_file, 0, "onshi kiosk seal-password");
        self.terminal_keys(config.terminal_keys.as_ref(), 1, "onshi kiosk seal-key");
        self.card_reader(config.center_name().err(), Some(&config.reader));
        if let Err(error) = crate::kiosk::profile(&config.profile) {
            self.told("profile", &error);
        }
        if !config.listen.pages.ip().is_loopback() {
            self.find(
                "pages",
                0,
                "患者さんの画面は 127.0.0.1 か [::1] でだけ表示できます。",
                "patients' pages are served on loopback only: 127.0.0.1 or [::1]",
            );
        }
        if config.times.answer_s < 20 {
            self.find(
                "answer_s",
                0,
                "20秒以上にしてください（WCAG 2.2.1）。",
                "at least 20 seconds (WCAG 2.2.1)",
            );
        }
        let lock = running::file(&config.data_dir);
        self.free("pages", config.listen.pages, &lock);
    }

    /// A text that is no settings file of the part.
    fn misread(&mut self, error: &toml::de::Error) {
        let before = error.span().and_then(|span| self.text.get(..span.start));
        let (ja, en) = wrong_setting::plain(error, || Some(self.text.to_owned()));
        self.findings.push(Finding {
            line: before.map_or(1, |it| it.matches('\n').count() + 1),
            key: "",
            ja: format!("設定ファイルに誤りがあります。この行を直してください。{ja}"),
            en: format!("not a good settings file; mend this line: {en}"),
        });
    }

    /// An error that is told in both languages already.
    fn told(&mut self, key: &'static str, error: &anyhow::Error) {
        let text = error.to_string();
        let (ja, en) = text.split_once(" / ").unwrap_or((&text, &text));
        self.find(key, 0, ja, en);
    }

    /// A folder that is there and takes files, or can be made.
    fn makeable(&mut self, key: &'static str, nth: usize, folder: &Path) {
        if folder.exists() {
            return self.folder(key, nth, folder);
        }
        match nearest(folder) {
            Some(parent) => self.folder(key, nth, &parent),
            None => self.find(
                key,
                nth,
                "フォルダーがありません。",
                "there is no such folder",
            ),
        }
    }

    /// A folder that takes files of whoever runs this.
    fn folder(&mut self, key: &'static str, nth: usize, folder: &Path) {
        if !self.is_folder(key, nth, folder) {
            return;
        }
        let shown = folder.display();
        match system::takes_files(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => self.find(
                key,
                nth,
                &format!("{shown} は読み取り専用のファイルシステムにあります。書き込める場所を指定してください。"),
                &format!("{shown} lies on a read-only file system; name a place that can be written"),
            ),
            Err(error) => self.find(
                key,
                nth,
                &format!("{shown} に書き込めません。権限を確かめてください。"),
                &format!("{shown} takes no files ({error}); look at its rights"),
            ),
        }
    }

    /// Whether a folder is there; tells of one that is not.
    fn is_folder(&mut self, key: &'static str, nth: usize, folder: &Path) -> bool {
        let shown = folder.display();
        match std::fs::metadata(folder) {
            Ok(found) if found.is_dir() => return true,
            Ok(_) => self.find(
                key,
                nth,
                &format!("{shown} はフォルダーではありません。"),
                &format!("{shown} is no folder"),
            ),
            Err(error) => self.find(
                key,
                nth,
                &format!("{shown} を開けません。場所と権限を確かめてください。"),
                &format!("{shown}: {error}; look at its place and rights"),
            ),
        }
        false
    }

    fn address(&mut self, center: &str) {
        let parsed: Option<http::Uri> = center.parse().ok();
        if !parsed.is_some_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some()) {
            self.find(
                "center",
                0,
                "https://ホスト:ポート の形で書いてください。",
                "write it like https://host:port",
            );
        }
    }

    fn root(&mut self, ca: &Path) {
        if let Err(error) = crate::client::root(ca) {
            self.told("ca", &error);
        }
    }

    fn identity(&mut self, installed: &Installed, name: &str) {
        if !installed.file(name).is_file() {
            self.find(
                "name",
                0,
                &format!("電子証明書 {name} がありません。`onshi certificate import` で取り込んでください。"),
                &format!("no certificate {name}; bring one in with `onshi certificate import`"),
            );
        }
    }

    fn secret(&mut self, file: &Path, nth: usize, seal: &str) {
        let shown = file.display();
        match std::fs::read(file) {
            Err(error) => self.find(
                "secret_file",
                nth,
                &format!("{shown} を読めません。`{seal}` で作ってください。"),
                &format!("{shown}: {error}; make it with `{seal}`"),
            ),
            Ok(bytes) if !is_sealed(&bytes) => self.find(
                "secret_file",
                nth,
                &format!("{shown} は封印されていません。`{seal}` で封印してください。"),
                &format!("{shown} is not sealed; seal it with `{seal}`"),
            ),
            Ok(_) => {
                if is_open_to_others(file) {
                    self.find(
                        "secret_file",
                        nth,
                        &format!("他の利用者が読めます。chmod 600 {shown} を実行してください。"),
                        &format!("other users may read it; run: chmod 600 {shown}"),
                    );
                }
            }
        }
    }

    fn find(&mut self, key: &'static str, nth: usize, ja: &str, en: &str) {
        let found = self.said(key, nth, ja, en);
        self.findings.push(found);
    }

    /// Tells of what is not wrong.
    fn remark(&mut self, key: &'static str, ja: &str, en: &str) {
        let said = self.said(key, 0, ja, en);
        self.remarks.push(said);
    }

    fn said(&self, key: &'static str, nth: usize, ja: &str, en: &str) -> Finding {
        Finding {
            line: line_of(self.text, key, nth),
            key,
            ja: ja.into(),
            en: en.into(),
        }
    }
}

/// The line on which a key stands for the `nth` time, from 1; the first line for one that is left out.
fn line_of(text: &str, key: &str, nth: usize) -> usize {
    let names = |line: &str| names_key(line, key);
    let mut lines = text.lines().enumerate().filter(|(_, line)| names(line));
    lines.nth(nth).map_or(1, |(at, _)| at + 1)
}

fn names_key(line: &str, key: &str) -> bool {
    let rest = line.trim_start().strip_prefix(key);
    let is_table = key.starts_with('[') && line.trim() == key;
    is_table || rest.is_some_and(|rest| rest.trim_start().starts_with('='))
}

/// The nearest folder above that exists.
fn nearest(folder: &Path) -> Option<PathBuf> {
    let mut above = folder.ancestors().filter(|it| !it.as_os_str().is_empty());
    above
        .find(|it| it.exists())
        .map_or_else(|| Some(PathBuf::from(".")), |it| Some(it.to_path_buf()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCS: &str = include_str!("../../../docs/operations/settings.md");

    /// The documented settings of a part.
    fn documented(part: Part) -> &'static str {
        let blocks = DOCS.split("```toml\n").skip(1);
        let mut blocks = blocks.map(|it| it.split("```").next().unwrap());
        blocks.find(|block| Part::of(block) == part).unwrap()
    }

    /// The same without what has a default.
    fn compulsory(block: &str) -> String {
        let kept = block
            .lines()
            .filter(|line| line.contains("must be given") || line.starts_with('['))
            .filter(|line| {
                ![
                    "[listen]",
                    "[lockout]",
                    "[limits]",
                    "[cards]",
                    "[times]",
                    "[updates]",
                    "[certificates]",
                    "[doctor]",
                ]
                .iter()
                .any(|it| line.starts_with(it))
            });
        kept.map(|line| format!("{line}\n")).collect()
    }

    fn check(part: Part, read: fn(&str) -> String) {
        let block = documented(part);
        let whole = read(block);
        assert_eq!(
            read(&compulsory(block)),
            whole,
            "the documented values are the defaults"
        );
        for setting in whole
            .split([' ', '{'])
            .filter_map(|word| word.strip_suffix(':'))
        {
            assert!(
                block.contains(&format!("{setting} =")) || block.contains(&format!("{setting}]")),
                "{setting}"
            );
        }
    }

    #[test]
    fn every_setting_is_documented_with_its_default() {
        check(Part::Center, |text| {
            format!("{:?}", center::config::Config::parse(text).unwrap())
        });
        check(Part::Terminal, |text| {
            format!("{:?}", terminal::config::Config::parse(text).unwrap())
        });
        check(Part::Gateway, |text| {
            format!("{:?}", gateway::config::Config::parse(text).unwrap())
        });
        check(Part::Kiosk, |text| {
            format!("{:?}", kiosk::config::Config::parse(text).unwrap())
        });
    }

    #[test]
    fn a_key_is_found_on_its_line() {
        let text = "request = 1\n[[folders]]\nreq = \"a\"\n[[folders]]\n  req=\"b\"\n";
        assert_eq!(line_of(text, "req", 0), 3);
        assert_eq!(line_of(text, "req", 1), 5);
        assert_eq!(line_of(text, "work", 0), 1);
    }
}
