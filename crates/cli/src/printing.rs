//! What a command says. What standard output does not take is kept until the end: a reader that went away (as with `head`) ends nothing else
//! than its reading; any other trouble is told, and the command ends with 1. What the error stream does not take is lost: nobody is left to
//! be told. Never panics, so that a part that runs goes on.

use std::fmt::Arguments;
use std::io::{Error, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use crate::told;

/// Why standard output takes nothing more.
static FAILED: OnceLock<Error> = OnceLock::new();

/// Prints a line, as `println!` does.
macro_rules! out {
    ($($text:tt)*) => {
        $crate::printing::line(format_args!($($text)*))
    };
}

/// Prints a line on the error stream, as `eprintln!` does.
macro_rules! err {
    ($($text:tt)*) => {
        $crate::printing::error_line(format_args!($($text)*))
    };
}

/// Prints a line; see `out!`.
pub(crate) fn line(text: Arguments<'_>) {
    write(|out| {
        out.write_fmt(text)?;
        out.write_all(b"\n")
    });
}

/// Prints a line on the error stream; see `err!`.
pub(crate) fn error_line(text: Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(format_args!("{text}\n"));
}

/// The error stream for logs: takes everything, whether it can be written or not.
pub(crate) struct ErrorStream;

impl Write for ErrorStream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = std::io::stderr().lock().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes a file's bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) {
    write(|out| out.write_all(bytes));
}

fn write(work: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) {
    if FAILED.get().is_some() {
        return;
    }
    if let Err(error) = work(&mut std::io::stdout().lock()) {
        // Only the first is told.
        let _ = FAILED.set(error);
    }
}

/// How a command ends that did its work.
pub(crate) fn end(code: ExitCode) -> ExitCode {
    write(|out| out.flush());
    match FAILED.get().and_then(trouble) {
        Some(error) => {
            err!("onshi: {error}");
            ExitCode::FAILURE
        }
        None => code,
    }
}

/// What is told of standard output that takes nothing more; nothing where its reader went away.
fn trouble(error: &Error) -> Option<anyhow::Error> {
    let ja = match error.kind() {
        ErrorKind::BrokenPipe => return None,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "出力先に空きがなく、結果を最後まで書き込めませんでした。空き容量を確かめて、必要ならもう一度実行してください。"
        }
        _ => {
            "結果を標準出力に最後まで書き込めませんでした。出力先を確かめて、必要ならもう一度実行してください。"
        }
    };
    Some(told::both(
        ja,
        &format!(
            "standard output did not take all that was to be said: {error}; look at where it goes, and run the command again if needed"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_went_away_is_no_trouble_and_a_full_disk_is() {
        assert!(trouble(&ErrorKind::BrokenPipe.into()).is_none());
        for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied] {
            let told = trouble(&kind.into()).unwrap().to_string();
            assert!(told.contains("書き込めませんでした") && told.contains("standard output"));
        }
    }
}
