//! How self-update stands, as facts for a page (G38): which version, which waits, how the last one ended, why none comes. Orders nothing.

use ui::component::Fact;
use ui::language::Words;

use crate::days;
use crate::update::{LastUpdate, Outcome, Standing};

/// The facts of a support page.
pub(crate) fn facts(words: &Words, it: &Standing) -> Vec<Fact> {
    let none = || words.say("update-none");
    let when = |at: &Option<String>| at.as_deref().map_or_else(none, days::show_instant);
    let running = || it.running.clone();
    let mut facts = vec![
        fact(
            words,
            "update-installed",
            it.installed.clone().unwrap_or_else(running),
        ),
        fact(
            words,
            "update-waiting",
            it.waiting.clone().unwrap_or_else(none),
        ),
        fact(words, "update-looked", when(&it.looked)),
        match &it.last {
            None => fact(words, "update-last", none()),
            Some(last) => ended(words, last),
        },
    ];
    if let Some(put_off) = &it.put_off {
        let until = days::show_instant(&put_off.until);
        facts.push(Fact {
            label: words.say("update-put-off"),
            text: days::show_instant(&put_off.at),
            meaning: words.say_with("update-put-off-why", &[("until", until)]),
        });
    }
    if let Some(stopped) = &it.stopped {
        let text = words.choose(&stopped.ja, &stopped.en).to_owned();
        facts.push(fact(words, "update-stopped", text));
    }
    facts
}

fn ended(words: &Words, last: &LastUpdate) -> Fact {
    let key = match last.outcome {
        Outcome::Installed => "update-ended-installed",
        Outcome::NotInstalled => "update-ended-not-installed",
        Outcome::SelfCheck => "update-ended-self-check",
        Outcome::NotRunning => "update-ended-not-running",
        Outcome::CutOff => "update-ended-cut-off",
    };
    let versions = [("from", last.from.as_str()), ("to", last.to.as_str())];
    Fact {
        label: words.say("update-last"),
        text: days::show_instant(&last.ended),
        meaning: words.say_with(key, &versions),
    }
}

fn fact(words: &Words, label: &str, text: String) -> Fact {
    Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    }
}
