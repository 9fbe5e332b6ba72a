//! What a panic says: its thread and place. Its text may quote what was worked on, and what is said goes to the journal: it is left out
//! unless `RUST_BACKTRACE` asks for it.

use std::ffi::OsStr;
use std::panic::PanicHookInfo;

/// From here on a panic says its place alone; with `RUST_BACKTRACE`, all that Rust says.
pub(crate) fn keep_texts_back() {
    if !asks_for_all(std::env::var_os("RUST_BACKTRACE").as_deref()) {
        std::panic::set_hook(Box::new(|panic| err!("{}", line(panic))));
    }
}

/// As Rust takes the variable.
fn asks_for_all(variable: Option<&OsStr>) -> bool {
    variable.is_some_and(|it| it != "0")
}

fn line(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("<unnamed>");
    let place = panic.location().map(ToString::to_string);
    let place = place.as_deref().unwrap_or("<unknown>");
    format!(
        "onshi: プログラムの不具合により、処理が一つ中断しました（スレッド {thread}、{place}）。この行を開発元に知らせてください。\
         個人情報を含むおそれがあるため、詳しい内容は表示していません（RUST_BACKTRACE=1 を設定すると表示します） / \
         thread {thread} panicked at {place}; report this line. Its text may hold personal data and is left out; RUST_BACKTRACE=1 shows it"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const THREAD: &str = "one that panics";

    fn panics() {
        panic!("サカイ　サクラ");
    }

    #[test]
    fn a_panic_says_its_thread_and_place_and_not_its_text() {
        let (said, heard) = mpsc::channel();
        // Other tests' panics go on as they would.
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() == Some(THREAD) {
                let _ = said.send(line(panic));
            } else {
                before(panic);
            }
        }));
        let thread = std::thread::Builder::new().name(THREAD.to_owned());
        assert!(thread.spawn(panics).unwrap().join().is_err());
        let told = heard.recv().unwrap();
        assert!(told.contains(THREAD), "{told}");
        assert!(told.contains("panics.rs:"), "{told}");
        assert!(!told.contains("サカイ"), "{told}");
    }

    #[test]
    fn all_is_said_where_the_variable_asks_for_it() {
        for (variable, all) in [
            (None, false),
            (Some("0"), false),
            (Some("1"), true),
            (Some("full"), true),
        ] {
            assert_eq!(asks_for_all(variable.map(OsStr::new)), all, "{variable:?}");
        }
    }
}
