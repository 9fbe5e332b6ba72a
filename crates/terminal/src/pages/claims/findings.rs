//! What the checks of a submission found, as a page of some claims: how often each rule did, what is shown of it, and the ways on. Judges nothing.

use api::claims::found::{ClaimFound, ClaimsFound, ClaimsPageAsked, ClaimsRuleFound, ClaimsWeight};
use api::claims::submission::{ClaimsFinding, ClaimsResult};
use ui::language::Words;

use crate::days;

/// In place of a rule's name in a path, where every rule is meant.
const ANY: &str = "any";

/// What was found, in words.
pub(in crate::pages) struct Found {
    /// Every rule that found something.
    pub(in crate::pages) rules: Vec<Rule>,
    /// Whether all that was found is asked for, from the first claim on.
    pub(in crate::pages) is_start: bool,
    /// The ways to what is asked for.
    pub(in crate::pages) weights: Vec<Way>,
    /// The rule that alone is asked for, in words.
    pub(in crate::pages) rule: Option<String>,
    /// What was found of the file.
    pub(in crate::pages) file: Vec<Finding>,
    pub(in crate::pages) claims: Vec<Claim>,
    pub(in crate::pages) previous: Option<String>,
    pub(in crate::pages) next: Option<String>,
}

/// A rule with how often it found something.
pub(in crate::pages) struct Rule {
    pub(in crate::pages) text: String,
    pub(in crate::pages) severity: String,
    pub(in crate::pages) tone: &'static str,
    pub(in crate::pages) count: String,
    /// Where that is shown alone; none of what is about the file.
    pub(in crate::pages) href: Option<String>,
}

/// A way to other findings.
pub(in crate::pages) struct Way {
    pub(in crate::pages) href: String,
    pub(in crate::pages) text: String,
    pub(in crate::pages) is_here: bool,
}

/// A finding.
pub(in crate::pages) struct Finding {
    pub(in crate::pages) severity: String,
    pub(in crate::pages) tone: &'static str,
    pub(in crate::pages) place: String,
    pub(in crate::pages) text: String,
}

/// A claim of which something was found.
pub(in crate::pages) struct Claim {
    pub(in crate::pages) number: u32,
    pub(in crate::pages) title: String,
    pub(in crate::pages) findings: Vec<Finding>,
    pub(in crate::pages) more: Option<String>,
    pub(in crate::pages) proposal: Option<String>,
    pub(in crate::pages) proof: Option<String>,
}

/// What a path asks for. Whatever it does not say is as at the start.
pub(super) fn asked(weight: &str, rule: &str, from: &str) -> ClaimsPageAsked {
    ClaimsPageAsked {
        from: from.parse().unwrap_or(0),
        weight: ClaimsWeight::parse(weight).unwrap_or_default(),
        rule: (rule != ANY).then(|| rule.to_owned()),
    }
}

/// The path of what is asked for.
pub(super) fn path(id: &str, asked: &ClaimsPageAsked) -> String {
    if *asked == ClaimsPageAsked::default() {
        return format!("/claims/submissions/{id}");
    }
    let (weight, rule) = (asked.weight.as_str(), asked.rule.as_deref().unwrap_or(ANY));
    format!(
        "/claims/submissions/{id}/found/{weight}/{rule}/{}",
        asked.from
    )
}

/// A page of a submission's findings in words.
pub(super) fn shown(
    id: &str,
    found: &ClaimsFound,
    asked: &ClaimsPageAsked,
    words: &Words,
) -> Found {
    let to = |from: Option<u32>| {
        let from = from?;
        let other = ClaimsPageAsked {
            from,
            ..asked.clone()
        };
        Some(path(id, &other) + "#claims")
    };
    let of_rule = found
        .rules
        .iter()
        .find(|it| asked.rule.as_ref() == Some(&it.rule));
    Found {
        rules: found.rules.iter().map(|it| rule(id, it, words)).collect(),
        is_start: *asked == ClaimsPageAsked::default(),
        weights: ClaimsWeight::ALL.map(|it| way(id, it, asked, words)).into(),
        rule: of_rule.map(|it| words.choose(&it.text.ja, &it.text.en).clone()),
        file: found.file.iter().map(|it| finding(it, words)).collect(),
        claims: found.claims.iter().map(|it| claim(it, words)).collect(),
        previous: to(found.previous),
        next: to(found.next),
    }
}

fn rule(id: &str, it: &ClaimsRuleFound, words: &Words) -> Rule {
    let (severity, tone) = severity(&it.severity);
    let alone = ClaimsPageAsked {
        rule: Some(it.rule.clone()),
        ..ClaimsPageAsked::default()
    };
    let counts = [("claims", it.claims), ("findings", it.findings)];
    let is_of_claims = 0 < it.claims;
    let key = if is_of_claims {
        "claims-found-in"
    } else {
        "claims-found-of-file"
    };
    Rule {
        text: words.choose(&it.text.ja, &it.text.en).clone(),
        severity: words.say(severity),
        tone,
        count: words.say_with(key, &counts),
        href: is_of_claims.then(|| path(id, &alone) + "#claims"),
    }
}

fn way(id: &str, weight: ClaimsWeight, asked: &ClaimsPageAsked, words: &Words) -> Way {
    let to = ClaimsPageAsked {
        weight,
        ..ClaimsPageAsked::default()
    };
    Way {
        href: path(id, &to) + "#claims",
        text: words.say(match weight {
            ClaimsWeight::All => "claims-show-all",
            ClaimsWeight::Refusals => "claims-show-refusals",
            ClaimsWeight::Notes => "claims-show-notes",
        }),
        is_here: asked.weight == weight && asked.rule.is_none(),
    }
}

fn severity(severity: &str) -> (&'static str, &'static str) {
    match severity {
        "file" => ("claims-severity-file", "bad"),
        "claim" => ("claims-severity-claim", "bad"),
        _ => ("claims-severity-warning", "warn"),
    }
}

fn claim(it: &ClaimFound, words: &Words) -> Claim {
    let place = [
        ("claim", u64::from(it.claim.claim)),
        ("line", it.claim.line),
    ];
    Claim {
        number: it.claim.claim,
        title: words.say_with("claims-claim-at", &place),
        findings: it.findings.iter().map(|it| finding(it, words)).collect(),
        more: (0 < it.more).then(|| words.say_with("claims-more", &[("count", it.more)])),
        proposal: proposal(&it.claim, words),
        proof: it.claim.proofs.first().map(|proof| {
            let day = days::show(&proof.day, words);
            words.say_with("claims-proof", &[("day", day)])
        }),
    }
}

fn finding(it: &ClaimsFinding, words: &Words) -> Finding {
    let line = it
        .line
        .map(|line| words.say_with("claims-line", &[("line", line)]));
    let field = it.field.as_ref();
    let field = field.map(|it| words.choose(&it.ja, &it.en).clone());
    let place: Vec<String> = [line, it.record.clone(), field]
        .into_iter()
        .flatten()
        .collect();
    let (severity, tone) = severity(&it.severity);
    Finding {
        severity: words.say(severity),
        tone,
        place: place.join(" "),
        text: words.choose(&it.text.ja, &it.text.en).clone(),
    }
}

/// What is proposed for a claim. Where no other coverage is known, the findings say all there is.
fn proposal(it: &ClaimsResult, words: &Words) -> Option<String> {
    let proposal = it.proposal.as_ref().filter(|of| !of.parts.is_empty())?;
    let parts = proposal.parts.iter().map(|part| {
        let days: Vec<String> = part.days.iter().map(ToString::to_string).collect();
        let days = (!days.is_empty()).then(|| {
            words.say_with(
                "claims-days",
                &[("days", days.join(words.choose("・", ", ")))],
            )
        });
        let named = [
            ("insurer-number", Some(part.insurer_number.clone())),
            ("symbol", part.symbol.clone()),
            ("number", Some(part.number.clone())),
            ("branch", part.branch.clone()),
        ];
        let named = named
            .into_iter()
            .filter_map(|(key, text)| Some(format!("{} {}", words.say(key), text?)));
        let all: Vec<String> = days.into_iter().chain(named).collect();
        all.join(words.choose("　", ", "))
    });
    let parts = parts.collect::<Vec<_>>().join(" / ");
    let key = match proposal.kind.as_str() {
        "move" => "claims-move",
        "split" => "claims-split",
        _ => "claims-decide",
    };
    Some(words.say_with(key, &[("coverage", parts)]))
}
