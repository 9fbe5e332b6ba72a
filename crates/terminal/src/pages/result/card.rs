//! What a check by card adds to its result: how the holder was identified and by whom, what the patient agreed to and until when.

use api::card::{CardCheckRecord, Consent};
use api::check::SpecifiedDisease;
use api::client::ClientError;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::card_certificate::CertificateState;
use domain::codes::disease::SpecificDisease;
use domain::identification::Method;
use domain::medical_information::kind::InformationKind;
use domain::questions::{Choice, Question};
use ui::component::Fact;
use ui::language::Words;

use super::{Facts, is_identifier, no_such_check, result_page, yen};
use crate::copies::{Detail, PastAnswer};
use crate::days;
use crate::pages::history::method_key;
use crate::pages::medical::kind_key;
use crate::pages::readers::Again;
use crate::pages::withdrawal::Offer;
use crate::pages::{Staff, copies, show};
use crate::serve::App;

/// What stands on the page beside the coverage.
pub(in crate::pages) struct CardPart {
    pub(in crate::pages) identity: Vec<Fact>,
    pub(in crate::pages) consents: Vec<Fact>,
    /// Specified-disease certificates, line by line.
    pub(in crate::pages) diseases: Vec<Vec<Fact>>,
    /// The page's own path while the patient still answers: it then renews itself.
    pub(in crate::pages) open: Option<String>,
    /// What may be withdrawn of what the patient agreed to.
    pub(in crate::pages) withdrawal: Option<Offer>,
}

pub(crate) async fn result(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Query(again): Query<Again>,
    headers: HeaderMap,
) -> Response {
    if !is_identifier(&id) {
        return no_such_check(&staff);
    }
    let here = format!("/card-checks/{id}");
    let cause = again.cause_of(&headers);
    match staff.client.card_check(staff.token(), &id, cause).await {
        Ok(record) => {
            let mut part = card_part(&record, &here, &staff.words);
            part.withdrawal = Offer::of_check(&staff, &record, app.now());
            match result_page(&record.check, Some(part), staff.frame(&here)) {
                Some(page) => {
                    let copy = PastAnswer::of(Detail::Card(Box::new(record)));
                    copies::keep(&app, &staff, vec![copy]);
                    show(StatusCode::OK, &page)
                }
                None => staff.failed(&app, &ClientError::Answer, &here),
            }
        }
        Err(error) => copies::result_or_failed(&app, &staff, &error, &id, &here),
    }
}

pub(in crate::pages) fn card_part(record: &CardCheckRecord, here: &str, words: &Words) -> CardPart {
    let open = record.closed_at.is_none();
    CardPart {
        identity: identity(record, words),
        consents: consents(record, words),
        diseases: record
            .specified_diseases
            .iter()
            .map(|it| disease(it, words))
            .collect(),
        open: open.then(|| here.to_owned()),
        withdrawal: None,
    }
}

fn identity(record: &CardCheckRecord, words: &Words) -> Vec<Fact> {
    let mut facts = Facts {
        words,
        lines: Vec::new(),
    };
    let method = Method::parse(&record.method).map(|it| words.say(method_key(it)));
    let vouched = match record.vouched_by.as_str() {
        "card" => words.say("vouched-card"),
        "reader" => words.say("vouched-reader"),
        "staff" => words.say("vouched-staff"),
        _ => String::new(),
    };
    facts.explain("identified-by", method, vouched);
    facts.add("released-by", record.released_by.clone());
    facts.add("reader", Some(record.reader.clone()));
    let worth = CertificateState::parse(&record.certificate.state);
    let meaning = match worth {
        Some(CertificateState::AboutToExpire) => words.say("certificate-ends-soon"),
        Some(CertificateState::EligibilityOnly) => words.say("certificate-ended"),
        Some(CertificateState::Valid) | None => String::new(),
    };
    let until = days::show(&record.certificate.expires_on, words);
    facts.explain("certificate-until", Some(until), meaning);
    facts.lines
}

/// What the patient was asked, each with the answer. What was asked and not answered is "no".
fn consents(record: &CardCheckRecord, words: &Words) -> Vec<Fact> {
    let mut facts = Facts {
        words,
        lines: Vec::new(),
    };
    for asked in &record.questions {
        let Some(question) = Question::parse(asked) else {
            continue;
        };
        let answered = record.consents.iter().find(|it| it.question == *asked);
        let text = match answered {
            Some(consent) => answer(question, consent, words),
            None if record.closed_at.is_none() => words.say("answer-awaited"),
            None => words.say("answer-none"),
        };
        let until = answered
            .filter(|it| it.answer == Choice::Yes.as_str())
            .map(|it| match days::show_end(&it.valid_until) {
                Some(at) => words.say_with("counts-until", &[("at", at)]),
                None => words.say("medical-until-withdrawn"),
            });
        let meaning = withdrawn(question, record, words).or(until);
        facts.explain(
            question_key(question),
            Some(text),
            meaning.unwrap_or_default(),
        );
    }
    facts.lines
}

/// Which of what a question opened was withdrawn since.
fn withdrawn(question: Question, record: &CardCheckRecord, words: &Words) -> Option<String> {
    let gone = |kind: &str| record.withdrawn.iter().any(|it| it == kind);
    let kinds = InformationKind::of(question).iter();
    let kinds = kinds.filter(|it| gone(it.as_str()));
    let kinds: Vec<String> = kinds.map(|it| words.say(kind_key(*it))).collect();
    let kinds = kinds.join(words.choose("・", ", "));
    (!kinds.is_empty()).then(|| words.say_with("withdrawal-since", &[("kinds", kinds)]))
}

fn question_key(question: Question) -> &'static str {
    match question {
        Question::SpecifiedDisease => "asked-specified-disease",
        Question::MedicalSubsidy => "asked-medical-subsidy",
        Question::Surgery => "asked-surgery",
        Question::TreatmentAndDrugs => "asked-treatment-and-drugs",
        Question::Drugs => "asked-drugs",
        Question::Checkups => "asked-checkups",
        Question::PrescriptionIssue => "asked-prescription-issue",
        Question::PrescriptionSubmit => "asked-prescription-submit",
    }
}

fn answer(question: Question, consent: &Consent, words: &Words) -> String {
    let key = match (Choice::parse(&consent.answer), question) {
        (Some(Choice::Yes), Question::SpecifiedDisease) => "answer-provided",
        (Some(Choice::No), Question::SpecifiedDisease) => "answer-not-provided",
        (Some(Choice::Yes), Question::MedicalSubsidy) => "answer-used",
        (Some(Choice::No), Question::MedicalSubsidy) => "answer-not-used",
        (Some(Choice::Yes), _) => "answer-agreed",
        (Some(Choice::No), _) => "answer-not-agreed",
        (Some(Choice::Electronic), _) => "answer-electronic",
        (Some(Choice::Paper), _) => "answer-paper",
        (Some(Choice::Unknown), _) => "answer-unknown",
        (None, _) => return consent.answer.clone(),
    };
    words.say(key)
}

fn disease(it: &SpecifiedDisease, words: &Words) -> Vec<Fact> {
    let mut facts = Facts {
        words,
        lines: Vec::new(),
    };
    let disease = SpecificDisease::from_code(&it.disease);
    let label = disease.map(|it| words.choose(it.label_ja(), it.label_en()).to_owned());
    facts.add("disease", label);
    facts.day("issued", &it.issued_date);
    facts.day("valid-from", &it.valid_from);
    facts.day("valid-until", &it.valid_until);
    facts.add("disease-self-pay", it.self_pay_yen.map(|it| yen(it, words)));
    facts.lines
}
