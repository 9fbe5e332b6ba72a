//! From a finding of `domain` to the answer's members and back. Adds nothing the finding does not hold.

pub mod certificates;

use domain::check::{CeilingConsent, Entry, Finding, Verdict};
use domain::civil_date::{CivilDate, Instant};
use domain::codes::coverage::{CardClassification, LossReason, Preschool};
use domain::codes::person::{Relationship, Sex};
use domain::coverage::period::Period;
use domain::coverage::ratio::Ratio;
use domain::coverage::{Coverage, InsurerName, Loss};
use domain::institution_code::InstitutionCode;
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::person::{Address, Kana, Person, PersonId, PersonName, PostalCode};

use crate::canonical;
use crate::check::answered::certificates::{
    ceiling, elderly, read_ceiling, read_elderly, read_ticket, ticket,
};
use crate::check::{Answer, CoverageResult, Remark};

/// What an answer says beside its finding.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// The check's identifier: a UUID's 128 bits.
    pub check_id: u128,
    /// The facility that asked.
    pub facility: InstitutionCode,
    /// When the data were read.
    pub as_of: Instant,
    /// The day asked about.
    pub visit_date: CivilDate,
    /// The consent the question carried.
    pub ceiling_consent: CeilingConsent,
    /// Remarks on the question.
    pub remarks: Vec<Remark>,
}

/// Writes the answer, without its receipt.
#[must_use]
pub fn write(
    finding: &Finding<'_>,
    reference_number: Option<&str>,
    circumstances: &Circumstances,
) -> Answer {
    let results = finding.entries.iter();
    Answer {
        as_of: circumstances.as_of.to_string(),
        check_id: uuid::Uuid::from_u128(circumstances.check_id).to_string(),
        facility: circumstances.facility.to_string(),
        messages: circumstances.remarks.clone(),
        receipt: None,
        receipt_salt: None,
        results: results
            .map(|entry| result(entry, reference_number, circumstances.ceiling_consent))
            .collect(),
        verdict: verdict_number(finding.verdict),
        visit_date: circumstances.visit_date.to_string(),
    }
}

/// The canonical bytes of an answer: what a receipt digests. Members stand in order, so plain serialising gives them.
#[must_use]
pub fn canonical_bytes(answer: &Answer) -> Vec<u8> {
    let mut out = Vec::with_capacity(1536);
    // Writing to a vector of members that are texts, numbers and truth values cannot fail.
    if serde_json::to_writer(&mut out, answer).is_err() {
        out.clear();
    }
    out
}

/// Puts receipt and salt into the canonical bytes of an answer, so that it is serialised once.
#[must_use]
pub fn with_receipt(canonical: &[u8], receipt: &str, salt: &str) -> Vec<u8> {
    const NEXT: &[u8] = b",\"results\":[";
    // Inside a text the quotes would be escaped, so the first match is the member itself.
    let at = canonical
        .windows(NEXT.len())
        .position(|window| window == NEXT)
        .unwrap_or(canonical.len());
    let (head, tail) = canonical.split_at(at);
    let added = receipt.len() + salt.len() + 64;
    let mut out = Vec::with_capacity(canonical.len() + added);
    out.extend_from_slice(head);
    out.extend_from_slice(b",\"receipt\":\"");
    out.extend_from_slice(receipt.as_bytes());
    out.extend_from_slice(b"\",\"receipt_salt\":\"");
    out.extend_from_slice(salt.as_bytes());
    out.push(b'"');
    out.extend_from_slice(tail);
    out
}

/// The verdict as a number, 1-6.
#[must_use]
pub fn verdict_number(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Valid => 1,
        Verdict::Invalid => 2,
        Verdict::NewerExists => 3,
        Verdict::NotFound => 4,
        Verdict::Several => 5,
        Verdict::ValidUnregistered => 6,
    }
}

/// The verdict of a number.
#[must_use]
pub fn verdict_of_number(number: u8) -> Option<Verdict> {
    Verdict::ALL
        .iter()
        .copied()
        .find(|verdict| verdict_number(*verdict) == number)
}

fn text(date: Option<CivilDate>) -> Option<String> {
    date.map(|date| date.to_string())
}

fn result(
    entry: &Entry<'_>,
    reference_number: Option<&str>,
    consent: CeilingConsent,
) -> CoverageResult {
    let (person, coverage, card) = (entry.person, entry.coverage, &entry.card);
    let name = |name: &Option<PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
    let kana = |kana: &Option<Kana>| kana.as_ref().map(|kana| kana.as_str().to_owned());
    CoverageResult {
        acquired_date: text(coverage.acquired),
        address: person.address.as_ref().map(|it| it.as_str().to_owned()),
        birth_date: person.birth_date.to_string(),
        branch: coverage.branch.map(Branch::to_digits),
        ceiling: entry.ceiling.map(ceiling),
        ceiling_consent: consent == CeilingConsent::Given,
        classification: card.classification.code().into(),
        elderly: entry.elderly.map(elderly),
        insured_name: name(&coverage.insured_name),
        insurer_name: coverage.insurer_name.as_str().into(),
        insurer_number: coverage.insurer.as_digits(),
        issued_date: text(card.issued),
        kana: kana(&person.kana),
        kana_of_other: kana(&person.kana_of_other),
        loss_date: text(coverage.loss.map(|loss| loss.date)),
        loss_reason: coverage
            .loss
            .and_then(|loss| loss.reason)
            .map(|reason| reason.code().into()),
        name: person.name.as_str().into(),
        name_of_other: name(&person.name_of_other),
        number: coverage.number.as_str().into(),
        postal_code: person.postal_code.as_ref().map(|it| it.as_str().to_owned()),
        preschool: card.preschool.map(|it| it.code().into()),
        ratio_percent: card.ratio.map(Ratio::as_percent),
        reference_number: reference_number.map(str::to_owned),
        relationship: coverage.relationship.map(|it| it.code().into()),
        sex: person.sex.code().into(),
        shown_sex: person.shown_sex.map(|sex| sex.code().into()),
        symbol: coverage.symbol.as_ref().map(|it| it.as_str().to_owned()),
        tickets: entry.tickets.iter().map(|it| ticket(it)).collect(),
        valid_from: text(card.period.start),
        valid_until: text(card.period.end),
    }
}

/// One coverage of an answer in the words of `domain`. The person carries no identifier: a facility never learns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The person.
    pub person: Person,
    /// The coverage, with at most one elderly and one ceiling certificate: those of the day; of the tickets those of facility and
    /// month.
    pub coverage: Coverage,
    /// The facility's own number for the patient.
    pub reference_number: Option<String>,
}

/// A member of an answer that this version does not understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer's member {0} is not understood")]
pub struct NotUnderstood(pub &'static str);

/// Reads an answer's verdict and coverages.
///
/// # Errors
/// [`NotUnderstood`] names the first member that does not fit.
pub fn read(answer: &Answer) -> Result<(Verdict, Vec<Read>), NotUnderstood> {
    let verdict = verdict_of_number(answer.verdict).ok_or(NotUnderstood("verdict"))?;
    let results = answer.results.iter().map(read_result);
    Ok((verdict, results.collect::<Result<_, _>>()?))
}

fn read_result(result: &CoverageResult) -> Result<Read, NotUnderstood> {
    let must = |date: &str, member| CivilDate::parse_iso(date).map_err(|_| NotUnderstood(member));
    let person = Person {
        id: PersonId::from_u128(0),
        name: PersonName::parse(&result.name).map_err(|_| NotUnderstood("name"))?,
        name_of_other: maybe(&result.name_of_other, "name_of_other", |t| {
            PersonName::parse(t).ok()
        })?,
        kana: maybe(&result.kana, "kana", |t| Kana::parse(t).ok())?,
        kana_of_other: maybe(&result.kana_of_other, "kana_of_other", |t| {
            Kana::parse(t).ok()
        })?,
        sex: Sex::from_code(&result.sex).ok_or(NotUnderstood("sex"))?,
        shown_sex: maybe(&result.shown_sex, "shown_sex", Sex::from_code)?,
        birth_date: must(&result.birth_date, "birth_date")?,
        address: maybe(&result.address, "address", |t| Address::parse(t).ok())?,
        postal_code: maybe(&result.postal_code, "postal_code", |t| {
            PostalCode::parse(t).ok()
        })?,
    };
    Ok(Read {
        person,
        coverage: read_coverage(result)?,
        reference_number: result.reference_number.clone(),
    })
}

fn read_coverage(result: &CoverageResult) -> Result<Coverage, NotUnderstood> {
    let classification = CardClassification::from_code(&result.classification)
        .ok_or(NotUnderstood("classification"))?;
    let insurer = InsurerNumber::parse(&result.insurer_number)
        .map_err(|_| NotUnderstood("insurer_number"))?;
    let insurer_name =
        InsurerName::parse(&result.insurer_name).map_err(|_| NotUnderstood("insurer_name"))?;
    let number = InsuredNumber::parse(&result.number).map_err(|_| NotUnderstood("number"))?;
    let mut it = Coverage::new(classification, insurer, insurer_name, number);
    it.symbol = maybe(&result.symbol, "symbol", |t| Symbol::parse(t).ok())?;
    it.branch = maybe(&result.branch, "branch", |t| Branch::parse(t).ok())?;
    it.relationship = maybe(
        &result.relationship,
        "relationship",
        Relationship::from_code,
    )?;
    it.insured_name = maybe(&result.insured_name, "insured_name", |t| {
        PersonName::parse(t).ok()
    })?;
    it.acquired = day(&result.acquired_date, "acquired_date")?;
    let reason = maybe(&result.loss_reason, "loss_reason", LossReason::from_code)?;
    it.loss = day(&result.loss_date, "loss_date")?.map(|date| Loss { date, reason });
    it.issued = day(&result.issued_date, "issued_date")?;
    it.period = period(&result.valid_from, &result.valid_until)?;
    it.ratio = ratio(result.ratio_percent)?;
    it.preschool = maybe(&result.preschool, "preschool", Preschool::from_code)?;
    let elderly = result.elderly.iter().map(read_elderly);
    it.elderly = elderly.collect::<Result<_, _>>()?;
    let ceilings = result.ceiling.iter().map(read_ceiling);
    it.ceilings = ceilings.collect::<Result<_, _>>()?;
    let tickets = result.tickets.iter().map(read_ticket);
    it.tickets = tickets.collect::<Result<_, _>>()?;
    Ok(it)
}

fn maybe<T>(
    text: &Option<String>,
    member: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, NotUnderstood> {
    match text {
        Some(text) => parse(text).map(Some).ok_or(NotUnderstood(member)),
        None => Ok(None),
    }
}

fn day(text: &Option<String>, member: &'static str) -> Result<Option<CivilDate>, NotUnderstood> {
    maybe(text, member, |text| CivilDate::parse_iso(text).ok())
}

fn period(start: &Option<String>, end: &Option<String>) -> Result<Period, NotUnderstood> {
    Ok(Period {
        start: day(start, "valid_from")?,
        end: day(end, "valid_until")?,
    })
}

fn ratio(percent: Option<u8>) -> Result<Option<Ratio>, NotUnderstood> {
    match percent {
        Some(percent) => Ratio::from_percent(percent)
            .map(Some)
            .ok_or(NotUnderstood("ratio_percent")),
        None => Ok(None),
    }
}

/// True when plain serialising gives the canonical form, which the order of the members is there for.
#[must_use]
pub fn is_canonical(answer: &Answer) -> bool {
    let plain = canonical_bytes(answer);
    let value: Option<serde_json::Value> = serde_json::from_slice(&plain).ok();
    value.and_then(|value| canonical::to_bytes(&value).ok()) == Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Ceiling, Elderly, Ticket};
    use crate::problem::Text;

    fn full() -> Answer {
        let some = |text: &str| Some(text.to_owned());
        Answer {
            as_of: "2026-11-23T00:15:02.000000Z".into(),
            check_id: "019aae5e-0000-7000-8000-000000000001".into(),
            facility: "1319999999".into(),
            messages: vec![Remark {
                code: "x,\"results\":[".into(),
                text: Text::new("\"", "\\\n"),
            }],
            receipt: None,
            receipt_salt: None,
            results: vec![CoverageResult {
                acquired_date: some("2020-04-01"),
                address: some("東京都架空区"),
                birth_date: "1970-01-02".into(),
                branch: some("01"),
                ceiling: Some(Ceiling {
                    category: some("A03"),
                    issued_date: some("2026-08-01"),
                    kind: "01".into(),
                    long_term_since: some("2026-09-01"),
                    valid_from: some("2026-08-01"),
                    valid_until: some("2027-07-31"),
                }),
                ceiling_consent: true,
                classification: "01".into(),
                elderly: Some(Elderly {
                    issued_date: some("2026-08-01"),
                    ratio_percent: Some(20),
                    valid_from: some("2026-08-01"),
                    valid_until: some("2027-07-31"),
                }),
                insured_name: some("資格　太郎"),
                insurer_name: "架空健康保険組合".into(),
                insurer_number: "06139992".into(),
                issued_date: some("2020-04-01"),
                kana: some("ｼｶｸ ﾀﾛｳ"),
                kana_of_other: some("ﾍﾞﾂ"),
                loss_date: some("2026-12-01"),
                loss_reason: some("03"),
                name: "髙﨑　葛\u{E0100}".into(),
                name_of_other: some("別"),
                number: "４５６７".into(),
                postal_code: some("100-0000"),
                preschool: None,
                ratio_percent: Some(30),
                reference_number: some("000123"),
                relationship: some("1"),
                sex: "1".into(),
                shown_sex: some("2"),
                symbol: some("１２３"),
                tickets: vec![
                    certificates::tests::full_ticket(),
                    Ticket {
                        facility: "1319999999".into(),
                        month: "2026-11".into(),
                        ..Ticket::default()
                    },
                ],
                valid_from: some("2020-04-01"),
                valid_until: some("2027-03-31"),
            }],
            verdict: 1,
            visit_date: "2026-11-23".into(),
        }
    }

    #[test]
    fn members_in_order_are_the_canonical_form() {
        assert!(is_canonical(&full()));
        let plain = canonical_bytes(&full());
        let sealed = with_receipt(&plain, "a.b.c", "salt");
        let value: serde_json::Value = serde_json::from_slice(&sealed).unwrap();
        assert_eq!(canonical::to_bytes(&value).unwrap(), sealed);
        assert_eq!(value["receipt"], "a.b.c");
        assert_eq!(value["messages"][0]["code"], "x,\"results\":[");
    }

    #[test]
    fn an_answer_read_and_written_again_is_the_same() {
        let answer = full();
        let (verdict, read) = read(&answer).unwrap();
        let entries = read.iter().map(|it| Entry {
            person: &it.person,
            coverage: &it.coverage,
            card: it.coverage.card(),
            elderly: it.coverage.elderly.first(),
            ceiling: it.coverage.ceilings.first(),
            tickets: it.coverage.tickets.iter().collect(),
        });
        let finding = Finding {
            verdict,
            entries: entries.collect(),
        };
        let circumstances = Circumstances {
            check_id: uuid::Uuid::parse_str(&answer.check_id).unwrap().as_u128(),
            facility: InstitutionCode::parse(&answer.facility).unwrap(),
            as_of: Instant::parse(&answer.as_of).unwrap(),
            visit_date: CivilDate::parse_iso(&answer.visit_date).unwrap(),
            ceiling_consent: CeilingConsent::Given,
            remarks: answer.messages.clone(),
        };
        let again = write(&finding, Some("000123"), &circumstances);
        assert!(again == answer);
    }

    #[test]
    fn an_answer_tells_the_card_of_the_day() {
        let (_, read) = read(&full()).unwrap();
        let it = &read[0];
        let mut card = it.coverage.card();
        (card.ratio, card.issued) = (Ratio::from_percent(20), None);
        card.period.end = CivilDate::new(2026, 3, 31).ok();
        let entry = Entry {
            person: &it.person,
            coverage: &it.coverage,
            card,
            elderly: None,
            ceiling: None,
            tickets: Vec::new(),
        };
        let told = result(&entry, None, CeilingConsent::Given);
        assert_eq!((told.ratio_percent, told.issued_date), (Some(20), None));
        assert_eq!(told.valid_until.as_deref(), Some("2026-03-31"));
    }

    #[test]
    fn an_answer_of_unknown_codes_is_refused_by_name() {
        let mut answer = full();
        answer.results[0].sex = "9".into();
        assert_eq!(read(&answer).unwrap_err(), NotUnderstood("sex"));
        answer.verdict = 7;
        assert_eq!(read(&answer).unwrap_err(), NotUnderstood("verdict"));
    }
}
