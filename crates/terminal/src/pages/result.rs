//! The answer to a check as a receptionist reads it: verdict, why, what to do, then the coverage. Changes no character of a name.

pub(crate) mod card;
mod tickets;

use api::check::answered::verdict_of_number;
use api::check::{Answer, Ceiling, CoverageResult};
use api::client::ClientError;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::{CardClassification, LossReason, Preschool};
use domain::codes::person::{Relationship, Sex};
use ui::component::{self, Fact, Fault};
use ui::language::Words;

use crate::copies::{Detail, PastAnswer};
use crate::pages::{Frame, Staff, copies, show, trouble};
use crate::serve::App;
use crate::{days, faults};

#[derive(Template)]
#[template(path = "result.html")]
pub(super) struct ResultPage {
    pub(super) frame: Frame,
    pub(super) verdict: component::Verdict,
    pub(super) why: Vec<String>,
    pub(super) what_to_do: Vec<String>,
    pub(super) remarks: Vec<Fault>,
    pub(super) people: Vec<Person>,
    pub(super) record: Vec<Fact>,
    /// Of a check by card.
    pub(super) card: Option<card::CardPart>,
}

/// One coverage of the answer with its person.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) kana: Option<String>,
    /// The ratio the patient pays, where the coverage counts on the day.
    pub(super) ratio: Option<Ratio>,
    pub(super) ceiling: Option<Vec<Fact>>,
    /// The tickets of medical aid, line by line.
    pub(super) tickets: Vec<Vec<Fact>>,
    pub(super) coverage: Vec<Fact>,
}

/// The ratio (負担割合) and what states it.
pub(super) struct Ratio {
    pub(super) tenths: String,
    pub(super) from: String,
}

pub(crate) async fn result(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
) -> Response {
    let here = format!("/checks/{id}");
    if !is_identifier(&id) {
        return no_such_check(&staff);
    }
    let answer = staff.client.past_check(staff.token(), &id).await;
    match answer {
        Ok(answer) => match result_page(&answer, None, staff.frame(&here)) {
            Some(page) => {
                let copy = PastAnswer::of(Detail::Number(answer));
                copies::keep(&app, &staff, vec![copy]);
                show(StatusCode::OK, &page)
            }
            None => staff.failed(&app, &ClientError::Answer, &here),
        },
        Err(error) => copies::result_or_failed(&app, &staff, &error, &id, &here),
    }
}

/// What is no identifier is not sent on, so that it cannot become another route of the center.
pub(super) fn is_identifier(id: &str) -> bool {
    id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn no_such_check(staff: &Staff) -> Response {
    let fault = faults::own(&staff.words, "not_found", "no-such-check");
    trouble(StatusCode::NOT_FOUND, staff.frame("/history"), fault)
}

/// The page of an answer; `None` for a verdict this version does not know, which must not be shown as another.
pub(super) fn result_page(
    answer: &Answer,
    card: Option<card::CardPart>,
    frame: Frame,
) -> Option<ResultPage> {
    let verdict = verdict_of_number(answer.verdict)?;
    let words = &frame.words;
    let first = answer.results.first();
    let asked = match card {
        Some(_) => Asked::ByCard,
        None => Asked::ByNumber,
    };
    Some(ResultPage {
        verdict: component::Verdict {
            code: verdict.code(),
            sign: sign(verdict),
            word: words
                .choose(verdict.label_ja(), verdict.label_en())
                .to_owned(),
            about: about(answer, words),
        },
        why: why(verdict, first, asked, &answer.visit_date, words),
        what_to_do: what_to_do(verdict, answer, asked, words),
        remarks: remarks(answer, words),
        people: answer
            .results
            .iter()
            .map(|it| person(it, verdict, asked, words))
            .collect(),
        record: record(answer, words),
        card,
        frame,
    })
}

/// How the answer was asked for: what is wrong with a number is not wrong with a card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    ByNumber,
    ByCard,
}

/// A sign that is told apart without colour and on a black-and-white print.
fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "○",
        Verdict::Invalid => "×",
        Verdict::NewerExists | Verdict::ValidUnregistered => "△",
        Verdict::NotFound => "－",
        Verdict::Several => "？",
    }
}

/// What the center remarked.
pub(super) fn remarks(answer: &Answer, words: &Words) -> Vec<Fault> {
    let remarks = answer.messages.iter().map(|remark| Fault {
        code: remark.code.clone(),
        text: words.choose(&remark.text.ja, &remark.text.en).to_owned(),
    });
    remarks.collect()
}

pub(super) fn about(answer: &Answer, words: &Words) -> String {
    let day = days::show(&answer.visit_date, words);
    match answer.results.as_slice() {
        [one] => words.say_with(
            "about-person",
            &[("name", one.name.as_str()), ("day", day.as_str())],
        ),
        _ => words.say_with("about-day", &[("day", day.as_str())]),
    }
}

pub(super) fn why(
    verdict: Verdict,
    first: Option<&CoverageResult>,
    asked: Asked,
    visit: &str,
    words: &Words,
) -> Vec<String> {
    match verdict {
        Verdict::Valid => vec![words.say("why-valid")],
        Verdict::Invalid | Verdict::NewerExists => {
            let mut reasons = vec![first.map_or_else(
                || words.say("why-invalid"),
                |coverage| why_not_covered(coverage, visit, words),
            )];
            if verdict == Verdict::NewerExists {
                reasons.push(words.say("why-newer"));
            }
            reasons
        }
        Verdict::NotFound if asked == Asked::ByCard => vec![words.say("why-not-found-by-card")],
        Verdict::NotFound => vec![words.say("why-not-found")],
        Verdict::Several if first.is_none() => vec![words.say("why-several-people")],
        Verdict::Several => vec![words.say("why-several-coverages")],
        Verdict::ValidUnregistered => vec![words.say("why-unregistered")],
    }
}

/// Why a coverage does not cover the day (contracts §5). Days of messages compare as texts.
fn why_not_covered(coverage: &CoverageResult, visit: &str, words: &Words) -> String {
    let shown = |day: &Option<String>| days::show(day.as_deref().unwrap_or_default(), words);
    let before = |day: &Option<String>| day.as_deref().is_some_and(|day| day <= visit);
    let after = |day: &Option<String>| day.as_deref().is_some_and(|day| visit < day);
    let ended = coverage.valid_until.as_deref();
    if before(&coverage.loss_date) {
        let day = shown(&coverage.loss_date);
        let reason = coverage
            .loss_reason
            .as_deref()
            .and_then(LossReason::from_code);
        return match reason {
            Some(reason) => {
                let reason = words.choose(reason.label_ja(), reason.label_en());
                words.say_with("why-lost-for", &[("day", day.as_str()), ("reason", reason)])
            }
            None => words.say_with("why-lost", &[("day", day.as_str())]),
        };
    }
    if ended.is_some_and(|last| last < visit) {
        return words.say_with("why-over", &[("day", shown(&coverage.valid_until))]);
    }
    if after(&coverage.acquired_date) {
        return words.say_with("why-not-yet", &[("day", shown(&coverage.acquired_date))]);
    }
    if after(&coverage.valid_from) {
        return words.say_with("why-not-yet", &[("day", shown(&coverage.valid_from))]);
    }
    words.say("why-invalid")
}

fn what_to_do(verdict: Verdict, answer: &Answer, asked: Asked, words: &Words) -> Vec<String> {
    let first = answer.results.first();
    let keys: &[&str] = match verdict {
        Verdict::Valid if asked == Asked::ByCard => &["do-valid-by-card"],
        Verdict::NotFound if asked == Asked::ByCard => &["do-invalid-by-card", "do-invalid-late"],
        Verdict::Valid => &["do-valid"],
        Verdict::Invalid => {
            let reason = first.and_then(|it| it.loss_reason.as_deref());
            match reason.and_then(LossReason::from_code) {
                Some(LossReason::Death) => &["do-death"],
                Some(LossReason::PublicAssistance) => &["do-public-assistance"],
                Some(LossReason::OtherInsurance | LossReason::Other) | None => match asked {
                    Asked::ByNumber => &["do-invalid", "do-invalid-late"],
                    Asked::ByCard => &["do-invalid-by-card", "do-invalid-late"],
                },
            }
        }
        Verdict::NewerExists => &["do-newer"],
        Verdict::NotFound => &["do-not-found", "do-not-found-late"],
        Verdict::Several if first.is_none() => &["do-several-people"],
        Verdict::Several => &["do-several-coverages"],
        Verdict::ValidUnregistered => &["do-unregistered"],
    };
    let again = is_ahead(answer).then_some("do-again-then");
    let keys = keys.iter().copied().chain(again);
    keys.map(|key| words.say(key)).collect()
}

/// True when the day of visit was yet to come when the answer was given: what is registered may change until then.
fn is_ahead(answer: &Answer) -> bool {
    let day = CivilDate::parse_iso(&answer.visit_date);
    let asked = Instant::parse(&answer.as_of).map(Instant::date_in_japan);
    matches!((day, asked), (Ok(day), Ok(asked)) if asked < day)
}

/// Lines of a description list; what is absent gets no line.
struct Facts<'a> {
    words: &'a Words,
    lines: Vec<Fact>,
}

impl Facts<'_> {
    fn add(&mut self, label: &str, text: Option<String>) {
        self.explain(label, text, String::new());
    }

    fn explain(&mut self, label: &str, text: Option<String>, meaning: String) {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return;
        };
        self.lines.push(Fact {
            label: self.words.say(label),
            text,
            meaning,
        });
    }

    fn day(&mut self, label: &str, day: &Option<String>) {
        let text = day.as_deref().map(|day| days::show(day, self.words));
        self.add(label, text);
    }
}

/// An amount as it is written on paper: 「10,000円」.
fn yen(amount: u32, words: &Words) -> String {
    let digits = amount.to_string();
    let mut written = String::new();
    for (left, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        written.push(digit);
        if left != 0 && left % 3 == 0 {
            written.push(',');
        }
    }
    words.say_with("yen", &[("yen", written)])
}

pub(super) fn person(
    result: &CoverageResult,
    verdict: Verdict,
    asked: Asked,
    words: &Words,
) -> Person {
    let classification = CardClassification::from_code(&result.classification);
    // Medical aid is no insurance: it knows neither ratio nor ceiling.
    let is_insurance = !classification.is_some_and(CardClassification::is_medical_aid);
    let counts = is_insurance && matches!(verdict, Verdict::Valid | Verdict::Several);
    Person {
        name: result.name.clone(),
        kana: result.kana.clone(),
        ratio: counts.then(|| ratio(result, words)),
        ceiling: counts.then(|| ceiling(result, asked, words)),
        tickets: result
            .tickets
            .iter()
            .map(|it| tickets::facts(it, words))
            .collect(),
        coverage: coverage(result, words),
    }
}

/// The ratio that counts: the elderly recipient certificate's before the card's.
fn ratio(result: &CoverageResult, words: &Words) -> Ratio {
    let in_words =
        |percent: u8| words.say_with("ratio", &[("tenths", percent / 10), ("percent", percent)]);
    let elderly = result.elderly.as_ref().and_then(|it| it.ratio_percent);
    match (elderly, result.ratio_percent) {
        (Some(percent), _) => Ratio {
            tenths: in_words(percent),
            from: words.say("ratio-elderly"),
        },
        (None, Some(percent)) => Ratio {
            tenths: in_words(percent),
            from: words.say("ratio-card"),
        },
        (None, None) => Ratio {
            tenths: words.say("ratio-none"),
            from: words.say("ratio-by-law"),
        },
    }
}

/// The ceiling certificate with what it means at the desk, or why there is none to show.
fn ceiling(result: &CoverageResult, asked: Asked, words: &Words) -> Vec<Fact> {
    let mut facts = Facts {
        words,
        lines: Vec::new(),
    };
    match &result.ceiling {
        Some(ceiling) => ceiling_facts(&mut facts, ceiling),
        None => {
            let key = if result.ceiling_consent {
                "ceiling-none"
            } else {
                "ceiling-not-asked"
            };
            facts.add("ceiling", Some(words.say(key)));
        }
    }
    // Only the patient at a reader can agree to that certificate (interface §2.3).
    let by_number = words.say("specified-disease-not-by-number");
    facts.add(
        "specified-disease",
        (asked == Asked::ByNumber).then_some(by_number),
    );
    facts.lines
}

fn ceiling_facts(facts: &mut Facts<'_>, ceiling: &Ceiling) {
    let words = facts.words;
    let kind = CertificateKind::from_code(&ceiling.kind);
    let label = kind.map(|kind| words.choose(kind.label_ja(), kind.label_en()).to_owned());
    let meaning = kind.map(|kind| match kind {
        CertificateKind::Ceiling => words.say("ceiling-means"),
        CertificateKind::CeilingAndMeals => words.say("ceiling-and-meals-means"),
        CertificateKind::Meals => words.say("meals-means"),
    });
    facts.explain("ceiling-kind", label, meaning.unwrap_or_default());
    let category = ceiling.category.as_deref();
    let known = category.and_then(Category::from_code);
    let label = known.map(|it| words.choose(it.label_ja(), it.label_en()).to_owned());
    let meaning = match category {
        Some(code) if code.starts_with('A') => words.say("category-below-70"),
        Some(code) if code.starts_with('B') => words.say("category-from-70"),
        Some(_) | None => String::new(),
    };
    facts.explain("category", label, meaning);
    facts.day("valid-from", &ceiling.valid_from);
    facts.day("valid-until", &ceiling.valid_until);
    facts.day("long-term-since", &ceiling.long_term_since);
}

/// The coverage line by line (operations §1.5).
fn coverage(result: &CoverageResult, words: &Words) -> Vec<Fact> {
    let mut facts = Facts {
        words,
        lines: Vec::new(),
    };
    let say = |label: (&'static str, &'static str)| Some(words.choose(label.0, label.1).to_owned());
    let classification = CardClassification::from_code(&result.classification);
    let aid = classification.is_some_and(CardClassification::is_medical_aid);
    let meaning = if aid {
        words.say("medical-aid-means")
    } else {
        String::new()
    };
    let label = classification.and_then(|it| say((it.label_ja(), it.label_en())));
    facts.explain("classification", label, meaning);
    let insurer = format!("{} {}", result.insurer_number, result.insurer_name);
    facts.add(
        if aid { "welfare-office" } else { "insurer" },
        Some(insurer),
    );
    facts.add("symbol", result.symbol.clone());
    facts.add(
        if aid { "beneficiary-number" } else { "number" },
        Some(result.number.clone()),
    );
    facts.add("branch", result.branch.clone());
    let relationship = result.relationship.as_deref();
    let relationship = relationship.and_then(Relationship::from_code);
    facts.add(
        "relationship",
        relationship.and_then(|it| say((it.label_ja(), it.label_en()))),
    );
    facts.add("insured-name", result.insured_name.clone());
    facts.add("name-of-other", result.name_of_other.clone());
    facts.add("kana-of-other", result.kana_of_other.clone());
    let sex = result.shown_sex.as_deref().unwrap_or(&result.sex);
    let sex = Sex::from_code(sex);
    facts.add(
        "sex",
        sex.and_then(|it| say((it.label_ja(), it.label_en()))),
    );
    facts.day("birth-date", &Some(result.birth_date.clone()));
    let preschool = result.preschool.as_deref().and_then(Preschool::from_code);
    facts.add(
        "preschool",
        preschool.and_then(|it| say((it.label_ja(), it.label_en()))),
    );
    facts.day("acquired", &result.acquired_date);
    facts.day("lost", &result.loss_date);
    let reason = result
        .loss_reason
        .as_deref()
        .and_then(LossReason::from_code);
    facts.add(
        "loss-reason",
        reason.and_then(|it| say((it.label_ja(), it.label_en()))),
    );
    facts.day("issued", &result.issued_date);
    facts.day("valid-from", &result.valid_from);
    match &result.valid_until {
        Some(_) => facts.day("valid-until", &result.valid_until),
        // Insurers often do not register it: absent is not "unlimited", and not "as before" (operations §1.5).
        None => facts.add("valid-until", Some(words.say("not-registered"))),
    }
    if let Some(elderly) = &result.elderly {
        facts.day("elderly-from", &elderly.valid_from);
        facts.day("elderly-until", &elderly.valid_until);
    }
    let address = [result.postal_code.as_deref(), result.address.as_deref()];
    let address: Vec<&str> = address.into_iter().flatten().collect();
    facts.add("address", Some(address.join(" ")));
    facts.add("reference-number", result.reference_number.clone());
    facts.lines
}

pub(super) fn record(answer: &Answer, words: &Words) -> Vec<Fact> {
    let mut facts = Facts {
        words,
        lines: Vec::new(),
    };
    facts.add("check-id", Some(answer.check_id.clone()));
    facts.add("checked-at", Some(days::show_instant(&answer.as_of)));
    facts.day("visit-date", &Some(answer.visit_date.clone()));
    if answer.receipt.is_some() {
        facts.add("receipt", Some(words.say("receipt-signed")));
    }
    facts.lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ui::language::{Language, Texts};

    use super::*;
    use crate::texts::SCREENS;

    #[test]
    fn an_amount_is_written_in_groups_of_three_digits() {
        let texts = Arc::new(Texts::new(&SCREENS).unwrap());
        let words = Words::new(texts.clone(), Language::Japanese);
        for (amount, written) in [
            (0, "0円"),
            (999, "999円"),
            (10_000, "10,000円"),
            (1_234_567, "1,234,567円"),
        ] {
            assert_eq!(yen(amount, &words), written);
        }
        assert_eq!(
            yen(1_000, &Words::new(texts, Language::English)),
            "1,000 yen"
        );
    }
}
