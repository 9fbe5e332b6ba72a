//! What must be right on the machine before PINs are typed into it. Looks only; changes nothing.

use std::path::Path;

/// How the smart-card service of this machine treats what passes through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceLogging {
    /// No pcscd was seen: not started yet, in another namespace, hidden, or another system than Linux.
    NotSeen,
    /// It logs no commands.
    Quiet,
    /// It writes every command, PINs among them, into its log (proved: reference §8.4).
    LogsPins {
        /// Its process.
        process: u32,
        /// What makes it do so.
        cause: String,
    },
}

impl ServiceLogging {
    /// What to tell whoever runs the machine, in both languages; `None` when nothing is wrong.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        match self {
            Self::NotSeen | Self::Quiet => None,
            Self::LogsPins { process, cause } => Some(format!(
                "カードリーダーのサービス pcscd（プロセス {process}）が {cause} のため暗証番号を記録に残します。外して再起動し、記録を消してください。 / \
                 the card reader service pcscd (process {process}) writes PINs into its log because of {cause}; start it without and \
                 erase its log"
            )),
        }
    }
}

/// Arguments of pcscd that make it log commands, or more than it should. It takes shortened long ones, too.
const LONG: [&str; 2] = ["--apdu", "--debug"];
const SHORT: [char; 2] = ['a', 'd'];

/// Its short arguments behind which a value follows.
const WITH_VALUE: [char; 4] = ['c', 't', 's', 'r'];

/// The variable by which the USB driver logs what it exchanges, and the bit of its value that does.
const DRIVER_VARIABLE: &str = "LIBCCID_ifdLogLevel=";
const DRIVER_COMMUNICATION: u32 = 0x04;

/// Looks for running pcscd processes. Arguments are readable for everybody; the driver's variable only for root or the user of
/// the service, and is skipped where it is not.
#[must_use]
pub fn service_logging() -> ServiceLogging {
    service_logging_below(Path::new("/proc"))
}

/// The same below another folder than `/proc`.
#[must_use]
pub fn service_logging_below(processes: &Path) -> ServiceLogging {
    let mut seen = ServiceLogging::NotSeen;
    for entry in std::fs::read_dir(processes).into_iter().flatten().flatten() {
        let process = entry.file_name().to_str().and_then(|it| it.parse().ok());
        let Some(process) = process else {
            continue;
        };
        let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        if name.trim_end() != "pcscd" {
            continue;
        }
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let variables = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let cause = logging_argument(&arguments).or_else(|| logging_variable(&variables));
        if let Some(cause) = cause {
            return ServiceLogging::LogsPins { process, cause };
        }
        seen = ServiceLogging::Quiet;
    }
    seen
}

fn logging_argument(arguments: &[u8]) -> Option<String> {
    zero_ended(arguments).skip(1).find(|word| {
        if word.starts_with("--") {
            return 4 <= word.len() && LONG.iter().any(|long| long.starts_with(word.as_str()));
        }
        let flags = word.strip_prefix('-').unwrap_or_default().chars();
        let mut flags = flags.take_while(|flag| !WITH_VALUE.contains(flag));
        flags.any(|flag| SHORT.contains(&flag))
    })
}

fn logging_variable(variables: &[u8]) -> Option<String> {
    zero_ended(variables).find(|variable| {
        let value = variable.strip_prefix(DRIVER_VARIABLE).unwrap_or_default();
        let level = match value.strip_prefix("0x") {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
            None => value.parse(),
        };
        level.is_ok_and(|level| level & DRIVER_COMMUNICATION != 0)
    })
}

fn zero_ended(bytes: &[u8]) -> impl Iterator<Item = String> {
    let words = bytes.split(|b| *b == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_log_commands_are_found() {
        let check = |line: &str, cause: Option<&str>| {
            let arguments = line.replace(' ', "\0");
            assert_eq!(
                logging_argument(arguments.as_bytes()).as_deref(),
                cause,
                "{line}"
            );
        };
        check("/usr/sbin/pcscd --foreground --auto-exit", None);
        check("pcscd -f -c /data/apdu", None);
        check("pcscd -f -c/data/apdu", None);
        check("pcscd --foreground --apdu", Some("--apdu"));
        check("pcscd --ap", Some("--ap"));
        check("pcscd -f -d", Some("-d"));
        check("pcscd -fa", Some("-fa"));
        check("-a", None);
    }

    #[test]
    fn the_drivers_own_log_is_found() {
        let check = |value: &str, logs: bool| {
            let variables = format!("HOME=/\0LIBCCID_ifdLogLevel={value}\0");
            assert_eq!(
                logging_variable(variables.as_bytes()).is_some(),
                logs,
                "{value}"
            );
        };
        check("0x000F", true);
        check("0x0004", true);
        check("7", true);
        check("0x0003", false);
        check("3", false);
        check("", false);
    }

    /// A folder like `/proc` with one process.
    fn processes(name: &str, arguments: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let process = folder.path().join("42");
        std::fs::create_dir(&process).unwrap();
        std::fs::create_dir(folder.path().join("self")).unwrap();
        std::fs::write(process.join("comm"), format!("{name}\n")).unwrap();
        std::fs::write(process.join("cmdline"), arguments.replace(' ', "\0")).unwrap();
        folder
    }

    #[test]
    fn a_running_service_is_judged_by_its_arguments() {
        let judged = |name, arguments| service_logging_below(processes(name, arguments).path());
        let logs = judged("pcscd", "/usr/sbin/pcscd --foreground --apdu");
        let warning = logs.warning().unwrap();
        assert!(warning.contains("42") && warning.contains("--apdu"));
        assert_eq!(judged("pcscd", "pcscd -f"), ServiceLogging::Quiet);
        assert_eq!(judged("other", "other --apdu"), ServiceLogging::NotSeen);
        assert_eq!(judged("pcscd", "pcscd -f").warning(), None);
    }

    #[test]
    fn a_machine_without_the_service_is_said_to_have_none() {
        let nowhere = Path::new("/nonexistent");
        assert_eq!(service_logging_below(nowhere), ServiceLogging::NotSeen);
    }
}
