//! Holds Fluent files against each other and against the sources that say them, for the tests of every crate with pages. Reads no page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::language::Screen;

/// The keys of a Fluent file, each with the variables it names.
#[must_use]
pub fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in text.lines() {
        if let Some((key, _)) = line.split_once(" = ")
            && line.starts_with(|c: char| c.is_ascii_lowercase())
        {
            key.clone_into(&mut last);
            keys.insert(last.clone(), BTreeSet::new());
        }
        for variable in line.split("{ $").skip(1) {
            let name = variable.split([' ', '}']).next().unwrap_or_default();
            let of = keys.entry(last.clone()).or_default();
            of.insert(name.to_owned());
        }
    }
    keys
}

/// The screens whose languages do not have the same keys with the same variables.
#[must_use]
pub fn differing(screens: &[Screen]) -> Vec<&'static str> {
    let differs = |it: &&Screen| keys(it.ja) != keys(it.en);
    screens.iter().filter(differs).map(|it| it.name).collect()
}

/// All files of folders and those below, as one text.
///
/// # Errors
/// The file system's.
pub fn sources(folders: &[PathBuf]) -> std::io::Result<String> {
    let mut text = String::new();
    for folder in folders {
        collect(folder, &mut text)?;
    }
    Ok(text)
}

fn collect(folder: &Path, text: &mut String) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, text)?;
        } else {
            text.push_str(&std::fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// Keys that no source says, and keys that sources say and no screen has.
#[must_use]
pub fn unused_and_missing(screens: &[Screen], sources: &str) -> (Vec<String>, Vec<String>) {
    let all: BTreeSet<String> = screens
        .iter()
        .flat_map(|it| keys(it.ja).into_keys())
        .collect();
    let unused = all
        .iter()
        .filter(|key| !sources.contains(&format!("\"{key}\"")));
    let said = sources.split("say(\"").chain(sources.split("say_with(\""));
    let said = said.filter_map(|rest| rest.split('"').next());
    let is_key = |text: &&str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    // Said by tests of this crate.
    let is_test = |text: &&str| ["no-such-key", "greeting"].contains(text);
    let missing = said
        .filter(|text| is_key(text) && !is_test(text) && !all.contains(*text))
        .map(str::to_owned);
    (unused.cloned().collect(), missing.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_unused_missing_or_of_one_language_is_named() {
        let screen = Screen {
            name: "s",
            ja: "a = あ\nb = { $x }い\n",
            en: "a = a\nb = b\n",
        };
        assert_eq!(differing(&[screen]), ["s"]);
        let said = "words.say(\"a\"); words.say(\"c-d\"); say(\"no-such-key\")";
        let (unused, missing) = unused_and_missing(&[screen], said);
        assert_eq!((unused, missing), (vec!["b".into()], vec!["c-d".into()]));
    }
}
