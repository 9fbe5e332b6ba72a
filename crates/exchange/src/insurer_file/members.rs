//! The cells of one line of an insurer's file to the change it asks for, kind by kind. Names every cell that is wrong, not the first alone.

use domain::civil_date::CivilDate;
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::{CardClassification, LossReason, Preschool};
use domain::codes::disease::SpecificDisease;
use domain::codes::person::{Relationship, Sex};
use domain::codes::ticket;
use domain::coverage::certificate::{CeilingCertificate, DiseaseCertificate, ElderlyCertificate};
use domain::coverage::period::Period;
use domain::coverage::ratio::Ratio;
use domain::coverage::{Coverage, InsurerName, Loss};
use domain::feed::insurer::{Certificate, Change, InsurerKind, Which};
use domain::feed::part::correction::Correction;
use domain::institution_code::InstitutionCode;
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::{Ticket, TicketText};
use domain::person::{Address, Kana, Person, PersonId, PersonName, PostalCode};

use super::Said;
use crate::feed_file::columns::Column;
use crate::feed_file::members::{Members, date, month};
use crate::feed_file::refusal::{Reason, Wrong};

/// Reads a line of as many cells as columns, of a file of an insurer.
pub(super) fn parse(
    (kind, insurer): (InsurerKind, Option<InsurerNumber>),
    columns: &[&'static Column],
    cells: &[String],
    today: CivilDate,
) -> Result<Said, Vec<Wrong>> {
    let mut members = Members::new(columns, cells, today);
    if kind.is_of_insurer() {
        members.insurer(insurer);
    }
    let person = members.cell("person", person_id);
    let (mut happened, mut notified) = (None, None);
    let change = match kind {
        InsurerKind::Persons => {
            let person = person.and_then(|id| members.person(id));
            person.map(|it| Change::Person(Box::new(it)))
        }
        InsurerKind::Residents => {
            let person = person.and_then(|id| members.person(id));
            person.map(|it| Change::Resident(Box::new(it)))
        }
        InsurerKind::Coverages => {
            let coverage = insurer.and_then(|insurer| members.coverage(insurer));
            notified = members.day("notified");
            happened = coverage.as_ref().and_then(|it| it.acquired);
            coverage.map(|it| Change::Coverage(Box::new(it)))
        }
        InsurerKind::Certificates => {
            let which = members.which();
            let certificate = members.certificate();
            which
                .zip(certificate)
                .map(|(which, it)| Change::Certificate(which, it))
        }
        InsurerKind::Losses => {
            let which = members.which();
            let loss = members.loss();
            notified = members.day("notified");
            happened = loss.map(|it| it.date);
            which.zip(loss).map(|(which, it)| Change::Loss(which, it))
        }
        InsurerKind::Corrections => members.correction(),
    };
    if !members.wrong.is_empty() {
        return Err(members.wrong);
    }
    let read = person.zip(change).map(|(person, change)| Said {
        person,
        change,
        happened,
        notified,
    });
    // Whatever is missing was named above.
    read.ok_or_else(|| vec![Wrong::whole(Reason::Missing)])
}

/// Whom a line names, whatever else is wrong with it.
pub(super) fn whom(
    columns: &[&'static Column],
    cells: &[String],
    today: CivilDate,
) -> Option<PersonId> {
    Members::new(columns, cells, today).cell("person", person_id)
}

/// A person's identifier: a UUID with its hyphens. Twelve digits are none, whatever stands in them.
fn person_id(text: &str) -> Option<PersonId> {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_hex = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    if lengths != [8, 4, 4, 4, 12] || !text.bytes().all(is_hex) {
        return None;
    }
    let id = u128::from_str_radix(&text.replace('-', ""), 16);
    id.ok().map(PersonId::from_u128)
}

impl Members<'_> {
    fn insurer(&mut self, insurer: Option<InsurerNumber>) {
        let named = self.cell("insurer_number", |it| InsurerNumber::parse(it).ok());
        if named.is_some() && named != insurer {
            self.note_at("insurer_number", Reason::OtherInsurer);
        }
    }

    fn person(&mut self, id: PersonId) -> Option<Person> {
        let name = |it: &str| PersonName::parse(it).ok();
        let kana = |it: &str| Kana::parse(it).ok();
        let (own, other) = (self.cell("name", name), self.cell("name_of_other", name));
        let (read, read_other) = (self.cell("kana", kana), self.cell("kana_of_other", kana));
        let sex = self.cell("sex", Sex::from_code);
        let shown_sex = self.cell("shown_sex", Sex::from_code);
        let birth_date = self.day("birth_date");
        let postal_code = self.cell("postal_code", |it| PostalCode::parse(it).ok());
        let address = self.cell("address", |it| Address::parse(it).ok());
        Some(Person {
            id,
            name: own?,
            name_of_other: other,
            kana: read,
            kana_of_other: read_other,
            sex: sex?,
            shown_sex,
            birth_date: birth_date?,
            address,
            postal_code,
        })
    }

    fn coverage(&mut self, insurer: InsurerNumber) -> Option<Coverage> {
        let classification = self.cell("classification", CardClassification::from_code);
        let insurer_name = self.cell("insurer_name", |it| InsurerName::parse(it).ok());
        let symbol = self.cell("symbol", |it| Symbol::parse(it).ok());
        let number = self.cell("number", |it| InsuredNumber::parse(it).ok());
        let branch = self.cell("branch", |it| Branch::parse(it).ok());
        let relationship = self.cell("relationship", Relationship::from_code);
        let insured_name = self.cell("insured_name", |it| PersonName::parse(it).ok());
        let (acquired, issued) = (self.cell("acquired", date), self.cell("issued", date));
        let period = self.period();
        let ratio = self.cell("ratio", ratio);
        let preschool = self.cell("preschool", Preschool::from_code);
        let mut it = Coverage::new(classification?, insurer, insurer_name?, number?);
        (it.symbol, it.branch) = (symbol, branch);
        (it.relationship, it.insured_name) = (relationship, insured_name);
        (it.acquired, it.issued, it.period) = (Some(acquired?), issued, period);
        (it.ratio, it.preschool) = (ratio, preschool);
        Some(it)
    }

    fn period(&mut self) -> Period {
        let period = Period {
            start: self.cell("valid_from", date),
            end: self.cell("valid_until", date),
        };
        if period.start.zip(period.end).is_some_and(|(s, e)| e < s) {
            self.note_at("valid_until", Reason::EndBeforeStart);
        }
        period
    }

    fn which(&mut self) -> Option<Which> {
        let symbol = self.cell("symbol", |it| Symbol::parse(it).ok());
        let number = self.cell("number", |it| InsuredNumber::parse(it).ok());
        let acquired = self.cell("acquired", date);
        Some(Which {
            symbol,
            number: number?,
            acquired,
        })
    }

    fn certificate(&mut self) -> Option<Certificate> {
        const NAMES: [&str; 4] = ["elderly", "ceiling", "disease", "ticket"];
        let name = self.cell("certificate", |it| NAMES.into_iter().find(|n| *n == it));
        let issued = self.cell("issued", date);
        let period = self.period();
        let ratio = self.cell("ratio", ratio);
        let kind = self.cell("ceiling_kind", CertificateKind::from_code);
        let category = self.cell("category", Category::from_code);
        let long_term_since = self.cell("long_term_since", date);
        let disease = self.cell("disease", SpecificDisease::from_code);
        let self_pay_yen = self.cell("self_pay_yen", |it| it.parse().ok());
        let facility = self.cell("facility_code", |it| InstitutionCode::parse(it).ok());
        let month = self.cell("month", month);
        let ticket_kind = self.cell("ticket_kind", ticket::Kind::from_code);
        let issue_number = self.cell("issue_number", |it| TicketText::parse(it).ok());
        let name = name?;
        self.belong(name);
        Some(match name {
            "elderly" => Certificate::Elderly(ElderlyCertificate {
                issued,
                period,
                ratio,
            }),
            "ceiling" => Certificate::Ceiling(CeilingCertificate {
                kind: self.needed("ceiling_kind", kind)?,
                category,
                issued,
                period,
                long_term_since,
            }),
            "disease" => Certificate::Disease(DiseaseCertificate {
                disease: self.needed("disease", disease)?,
                issued,
                period,
                self_pay_yen,
            }),
            _ => {
                let facility = self.needed("facility_code", facility);
                let month = self.needed("month", month);
                let mut it = Ticket::new(facility?, month?);
                (it.period, it.self_pay_yen) = (period, self_pay_yen);
                (it.kind, it.issue_number) = (ticket_kind, issue_number);
                Certificate::Ticket(Box::new(it))
            }
        })
    }

    /// Refuses cells that go with other certificates.
    fn belong(&mut self, certificate: &str) {
        const OWN: [(&str, &[&str]); 4] = [
            ("elderly", &["issued", "ratio"]),
            (
                "ceiling",
                &["issued", "ceiling_kind", "category", "long_term_since"],
            ),
            ("disease", &["issued", "disease", "self_pay_yen"]),
            (
                "ticket",
                &[
                    "facility_code",
                    "month",
                    "ticket_kind",
                    "issue_number",
                    "self_pay_yen",
                ],
            ),
        ];
        let own = OWN.iter().find(|(name, _)| *name == certificate);
        let own = own.map_or(&[][..], |(_, own)| own);
        let mut foreign: Vec<&str> = OWN
            .iter()
            .flat_map(|(_, all)| all.iter().copied())
            .collect();
        foreign.retain(|it| !own.contains(it));
        foreign.sort_unstable();
        foreign.dedup();
        for name in foreign {
            if self.is_filled(name) {
                self.note_at(name, Reason::NotWithThisKind);
            }
        }
    }

    fn needed<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.is_filled(name) {
            self.note_at(name, Reason::Missing);
        }
        value
    }

    fn loss(&mut self) -> Option<Loss> {
        let day = self.cell("loss_date", date);
        let reason = self.cell("loss_reason", LossReason::from_code);
        Some(Loss { date: day?, reason })
    }

    fn correction(&mut self) -> Option<Change> {
        let symbol = self.cell("symbol", |it| Symbol::parse(it).ok());
        let number = self.cell("number", |it| InsuredNumber::parse(it).ok());
        let acquired = self.cell("acquired", date);
        let item = self.cell("item", |it| Some(it.to_owned()))?;
        let value = self.cell("value", |it| Some(it.to_owned()));
        let correction = Correction::parse(&item, &value.unwrap_or_default());
        let Some(correction) = correction else {
            self.note_at("value", Reason::NotCorrected);
            return None;
        };
        let which = number.map(|number| Which {
            symbol,
            number,
            acquired,
        });
        if correction.needs_coverage() && which.is_none() {
            self.needed("number", None::<()>);
        }
        Some(Change::Correction(which, correction))
    }
}

fn ratio(text: &str) -> Option<Ratio> {
    Ratio::from_percent(text.parse().ok()?)
}
