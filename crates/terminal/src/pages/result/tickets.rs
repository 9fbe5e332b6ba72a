//! A ticket of medical aid on the result page, line by line (interface §2.3.1).

use api::check::Ticket;
use domain::codes::ticket::{
    Combination, ElderlyCare, Inconsistency, InfectiousDisease, Kind, PrefecturalExpense,
    SocialInsurance, Treatment,
};
use ui::component::Fact;
use ui::language::Words;

use super::{Facts, yen};

/// What is registered of a ticket.
pub(super) fn facts(ticket: &Ticket, words: &Words) -> Vec<Fact> {
    let mut facts = Facts {
        words,
        lines: Vec::new(),
    };
    let named = |code: &Option<String>, name: &Option<String>| {
        let parts: Vec<&str> = [code, name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        Some(parts.join(" "))
    };
    facts.coded("ticket-kind", &ticket.kind, |it| {
        Kind::from_code(it).map(|it| (it.label_ja(), it.label_en()))
    });
    facts.add("ticket-month", Some(ticket.month.clone()));
    facts.day("valid-from", &ticket.valid_from);
    facts.day("valid-until", &ticket.valid_until);
    facts.add("issue-number", ticket.issue_number.clone());
    facts.coded("treatment", &ticket.treatment, |it| {
        Treatment::from_code(it).map(|it| (it.label_ja(), it.label_en()))
    });
    facts.add("self-pay", ticket.self_pay_yen.map(|it| yen(it, words)));
    let facility = named(&Some(ticket.facility.clone()), &ticket.facility_name);
    facts.add("designated-facility", facility);
    facts.add(
        "prescriber",
        named(&ticket.prescriber, &ticket.prescriber_name),
    );
    facts.add("illnesses", Some(ticket.illnesses.join("、")));
    facts.add("district-contact", ticket.district_contact.clone());
    facts.add("handling-contact", ticket.handling_contact.clone());
    facts.coded("combination", &ticket.combination, |it| {
        Combination::from_code(it).map(|it| (it.label_ja(), it.label_en()))
    });
    facts.coded("social-insurance", &ticket.social_insurance, |it| {
        SocialInsurance::from_code(it).map(|it| (it.label_ja(), it.label_en()))
    });
    facts.coded("inconsistency", &ticket.inconsistency, |it| {
        Inconsistency::from_code(it).map(|it| (it.label_ja(), it.label_en()))
    });
    facts.coded("infectious-disease", &ticket.infectious_disease, |it| {
        InfectiousDisease::from_code(it).map(|it| (it.label_ja(), it.label_en()))
    });
    facts.coded("elderly-care", &ticket.elderly_care, |it| {
        ElderlyCare::from_code(it).map(|it| (it.label_ja(), it.label_en()))
    });
    facts.coded("prefectural-expense", &ticket.prefectural_expense, |it| {
        PrefecturalExpense::from_code(it).map(|it| (it.label_ja(), it.label_en()))
    });
    facts.add("remarks", Some(ticket.remarks.join("、")));
    facts.lines
}

impl Facts<'_> {
    /// A code's label; a code this version does not know gets no line.
    fn coded(
        &mut self,
        label: &str,
        code: &Option<String>,
        labels: impl Fn(&str) -> Option<(&'static str, &'static str)>,
    ) {
        let known = code.as_deref().and_then(labels);
        let text = known.map(|(ja, en)| self.words.choose(ja, en).to_owned());
        self.add(label, text);
    }
}
