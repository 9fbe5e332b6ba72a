//! The texts of the staff pages: one Fluent file per screen and language. Says nothing by itself.

use ui::language::Screen;

macro_rules! screen {
    ($name:literal) => {
        Screen {
            name: $name,
            ja: include_str!(concat!("../languages/ja/", $name, ".ftl")),
            en: include_str!(concat!("../languages/en/", $name, ".ftl")),
        }
    };
}

/// Every screen of the terminal.
pub(crate) const SCREENS: [Screen; 30] = [
    screen!("frame"),
    screen!("sign-in"),
    screen!("menu"),
    screen!("check"),
    screen!("result"),
    screen!("history"),
    screen!("bulk"),
    screen!("readers"),
    screen!("card"),
    screen!("medical"),
    screen!("settings"),
    screen!("accounts"),
    screen!("rotations"),
    screen!("own-access"),
    screen!("import"),
    screen!("password"),
    screen!("about"),
    screen!("lock"),
    screen!("certificates"),
    screen!("notices"),
    screen!("manuals"),
    screen!("reference-material"),
    screen!("procedures"),
    screen!("support"),
    screen!("start-stop"),
    screen!("link-state"),
    screen!("inventory"),
    screen!("setup-sheet"),
    screen!("setup"),
    screen!("setup-wizard"),
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use ui::language::{SHARED, Screen, Texts};

    use super::*;

    /// The keys of a Fluent file with the variables each names.
    fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut last = String::new();
        for line in text.lines() {
            if let Some((key, _)) = line.split_once(" = ")
                && line.starts_with(|c: char| c.is_ascii_lowercase())
            {
                last = key.to_owned();
                keys.insert(last.clone(), BTreeSet::new());
            }
            for variable in line.split("{ $").skip(1) {
                let end = variable.find([' ', '}']).unwrap_or(variable.len());
                keys.get_mut(&last)
                    .unwrap()
                    .insert(variable[..end].to_owned());
            }
        }
        keys
    }

    fn screens() -> impl Iterator<Item = Screen> {
        SCREENS.into_iter().chain([SHARED])
    }

    /// All sources and templates that speak, as one text.
    fn sources() -> String {
        let mut folders = vec![
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"),
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src"),
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/templates"),
        ];
        let mut text = String::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    text.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        text
    }

    #[test]
    fn every_text_is_there_in_every_language_with_the_same_values() {
        assert!(Texts::new(&SCREENS).is_ok());
        for screen in screens() {
            assert_eq!(keys(screen.ja), keys(screen.en), "{}", screen.name);
        }
    }

    #[test]
    fn no_text_is_unused_and_none_is_missing() {
        let sources = sources();
        let all: BTreeSet<String> = screens().flat_map(|it| keys(it.ja).into_keys()).collect();
        for key in &all {
            assert!(sources.contains(&format!("\"{key}\"")), "{key} is unused");
        }
        let said = sources.split("say(\"").chain(sources.split("say_with(\""));
        for rest in said.filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())) {
            let key = rest.split('"').next().unwrap();
            let is_key = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            let is_test = ["no-such-key", "greeting"].contains(&key);
            assert!(!is_key || is_test || all.contains(key), "{key} is missing");
        }
    }
}
