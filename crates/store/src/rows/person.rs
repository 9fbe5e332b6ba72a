//! The packed form of a person with their coverages. A row, not the domain: it may change only together with a migration.

use domain::civil_date::CivilDate;
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::{CardClassification, LossReason, Preschool};
use domain::codes::disease::SpecificDisease;
use domain::codes::person::{Relationship, Sex};
use domain::coverage::card::Card;
use domain::coverage::certificate::{CeilingCertificate, DiseaseCertificate, ElderlyCertificate};
use domain::coverage::period::Period;
use domain::coverage::ratio::Ratio;
use domain::coverage::{Coverage, InsurerName, Loss, Registration};
use domain::feed::BatchNumber;
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::person::{Address, Kana, Person, PersonId, PersonName, PostalCode};

use super::packing::{Packer, Unpacker};
use super::tickets;
use crate::engine::StoreError;

/// Packs a registration that stands alone.
pub(crate) fn pack(registration: &Registration) -> Result<Vec<u8>, StoreError> {
    let mut row = Packer::default();
    row.day(registration.person.birth_date);
    pack_into(&mut row, registration)?;
    Ok(row.finish())
}

/// Packs all of a registration but the birth date, which the reader knows already.
pub(super) fn pack_into(
    row: &mut Packer<'_>,
    registration: &Registration,
) -> Result<(), StoreError> {
    let person = &registration.person;
    row.flags([
        person.name_of_other.is_some(),
        person.kana.is_some(),
        person.kana_of_other.is_some(),
        person.shown_sex.is_some(),
        person.address.is_some(),
        person.postal_code.is_some(),
    ]);
    row.text(person.name.as_str());
    let others = [
        person.name_of_other.as_ref().map(PersonName::as_str),
        person.kana.as_ref().map(Kana::as_str),
        person.kana_of_other.as_ref().map(Kana::as_str),
        person.address.as_ref().map(Address::as_str),
        person.postal_code.as_ref().map(PostalCode::as_str),
    ];
    others.into_iter().flatten().for_each(|it| row.text(it));
    row.code(person.sex.code());
    if let Some(sex) = person.shown_sex {
        row.code(sex.code());
    }
    row.number(registration.coverages.len() as u64);
    for coverage in &registration.coverages {
        pack_coverage(row, coverage, &person.name)?;
    }
    Ok(())
}

fn pack_coverage(row: &mut Packer<'_>, it: &Coverage, name: &PersonName) -> Result<(), StoreError> {
    let is_own = it.insured_name.as_ref() == Some(name);
    row.flags([
        it.relationship.is_some(),
        it.symbol.is_some(),
        it.branch.is_some(),
        it.insured_name.is_some(),
        is_own,
        it.acquired.is_some(),
        it.issued.is_some(),
        it.loss.is_some(),
        it.ratio.is_some(),
        it.preschool.is_some(),
        !it.elderly.is_empty(),
        !it.ceilings.is_empty(),
        !it.diseases.is_empty(),
        !it.tickets.is_empty(),
        // Behind the others: without an earlier card a row is packed as it always was, and so is one whose latest has its number.
        !it.earlier.is_empty(),
        it.card_source != it.source,
    ]);
    row.code(it.classification.code());
    row.number(it.insurer.as_u32().into());
    row.text(it.insurer_name.as_str());
    row.text(it.number.as_str());
    row.number(it.source.map_or(0, BatchNumber::as_u32).into());
    if let Some(relationship) = it.relationship {
        row.code(relationship.code());
    }
    if let Some(symbol) = &it.symbol {
        row.text(symbol.as_str());
    }
    if let Some(branch) = it.branch {
        row.code(&branch.to_digits());
    }
    if let Some(insured) = it.insured_name.as_ref().filter(|_| !is_own) {
        row.text(insured.as_str());
    }
    let days = [it.acquired, it.issued];
    days.into_iter().flatten().for_each(|day| row.day(day));
    pack_period(row, it.period);
    if let Some(loss) = it.loss {
        row.day(loss.date);
        row.flags([loss.reason.is_some()]);
        if let Some(reason) = loss.reason {
            row.code(reason.code());
        }
    }
    if let Some(ratio) = it.ratio {
        row.number(ratio.as_percent().into());
    }
    if let Some(preschool) = it.preschool {
        row.code(preschool.code());
    }
    if it.card_source != it.source {
        row.number(it.card_source.map_or(0, BatchNumber::as_u32).into());
    }
    pack_earlier(row, it);
    pack_certificates(row, it)
}

fn pack_earlier(row: &mut Packer<'_>, it: &Coverage) {
    let days = (|it: &Card| it.issued, |it: &Card| it.period);
    pack_list(row, &it.earlier, days, |row, it| {
        row.flags([it.ratio.is_some(), it.preschool.is_some()]);
        row.code(it.classification.code());
        row.number(it.source.map_or(0, BatchNumber::as_u32).into());
        if let Some(ratio) = it.ratio {
            row.number(ratio.as_percent().into());
        }
        if let Some(preschool) = it.preschool {
            row.code(preschool.code());
        }
    });
}

fn pack_period(row: &mut Packer<'_>, period: Period) {
    row.flags([period.start.is_some(), period.end.is_some()]);
    let days = [period.start, period.end];
    days.into_iter().flatten().for_each(|day| row.day(day));
}

/// A list that is not empty, with the days all certificates and cards have.
fn pack_list<'a, T>(
    row: &mut Packer<'_>,
    all: &'a [T],
    (issued, period): (
        impl Fn(&'a T) -> Option<CivilDate>,
        impl Fn(&'a T) -> Period,
    ),
    rest: impl Fn(&mut Packer<'_>, &'a T),
) {
    if all.is_empty() {
        return;
    }
    row.number(all.len() as u64);
    for it in all {
        let issued = issued(it);
        row.flags([issued.is_some()]);
        if let Some(day) = issued {
            row.day(day);
        }
        pack_period(row, period(it));
        rest(row, it);
    }
}

fn pack_certificates(row: &mut Packer<'_>, it: &Coverage) -> Result<(), StoreError> {
    let days = (
        |it: &ElderlyCertificate| it.issued,
        |it: &ElderlyCertificate| it.period,
    );
    pack_list(row, &it.elderly, days, |row, it| {
        row.number(it.ratio.map_or(0, |it| u64::from(it.as_percent()) + 1));
    });
    let days = (
        |it: &CeilingCertificate| it.issued,
        |it: &CeilingCertificate| it.period,
    );
    pack_list(row, &it.ceilings, days, |row, it| {
        row.flags([it.category.is_some(), it.long_term_since.is_some()]);
        row.code(it.kind.code());
        if let Some(category) = it.category {
            row.code(category.code());
        }
        if let Some(day) = it.long_term_since {
            row.day(day);
        }
    });
    let days = (
        |it: &DiseaseCertificate| it.issued,
        |it: &DiseaseCertificate| it.period,
    );
    pack_list(row, &it.diseases, days, |row, it| {
        row.code(it.disease.code());
        row.number(it.self_pay_yen.map_or(0, |yen| u64::from(yen) + 1));
    });
    if !it.tickets.is_empty() {
        row.number(it.tickets.len() as u64);
    }
    for ticket in &it.tickets {
        // One in sixty people has any: in the general form.
        let packed = postcard::to_stdvec(&tickets::row(ticket));
        row.bytes(&packed.map_err(|_| StoreError::Row("person"))?);
    }
    Ok(())
}

/// Unpacks a registration that stands alone.
pub(crate) fn unpack(id: PersonId, bytes: &[u8]) -> Result<Registration, StoreError> {
    let mut row = Unpacker::new(bytes);
    let registration = row.day().and_then(|birth| unpack_from(row, id, birth));
    registration.ok_or(StoreError::Row("person"))
}

/// Unpacks a registration that [`pack_into`] made.
pub(super) fn unpack_from(
    mut row: Unpacker<'_>,
    id: PersonId,
    birth_date: CivilDate,
) -> Option<Registration> {
    let [
        name_of_other,
        kana,
        kana_of_other,
        shown_sex,
        address,
        postal_code,
    ] = row.flags()?;
    let person = Person {
        id,
        name: PersonName::parse(&row.text()?).ok()?,
        name_of_other: given(name_of_other, || PersonName::parse(&row.text()?).ok())?,
        kana: given(kana, || Kana::parse(&row.text()?).ok())?,
        kana_of_other: given(kana_of_other, || Kana::parse(&row.text()?).ok())?,
        address: given(address, || Address::parse(&row.text()?).ok())?,
        postal_code: given(postal_code, || PostalCode::parse(&row.text()?).ok())?,
        sex: row.code(Sex::from_code)?,
        shown_sex: given(shown_sex, || row.code(Sex::from_code))?,
        birth_date,
    };
    let mut coverages = Vec::new();
    for _ in 0..row.number()? {
        coverages.push(coverage(&mut row, &person.name)?);
    }
    row.finish()?;
    Some(Registration { person, coverages })
}

/// `None` inside for what is absent, outside for what does not read.
fn given<T>(is_there: bool, read: impl FnOnce() -> Option<T>) -> Option<Option<T>> {
    if is_there {
        read().map(Some)
    } else {
        Some(None)
    }
}

fn coverage(row: &mut Unpacker<'_>, name: &PersonName) -> Option<Coverage> {
    let [
        relationship,
        symbol,
        branch,
        insured_name,
        is_own,
        acquired,
        issued,
        loss,
        ratio,
        preschool,
        elderly,
        ceilings,
        diseases,
        tickets,
        earlier,
        card_source,
    ] = row.flags()?;
    let classification = row.code(CardClassification::from_code)?;
    let insurer = u32::try_from(row.number()?).ok()?;
    let mut it = Coverage::new(
        classification,
        InsurerNumber::from_u32(insurer).ok()?,
        InsurerName::parse(&row.text()?).ok()?,
        InsuredNumber::parse(&row.text()?).ok()?,
    );
    it.source = BatchNumber::new(u32::try_from(row.number()?).ok()?);
    it.relationship = given(relationship, || row.code(Relationship::from_code))?;
    it.symbol = given(symbol, || Symbol::parse(&row.text()?).ok())?;
    it.branch = given(branch, || row.code(|text| Branch::parse(text).ok()))?;
    it.insured_name = given(insured_name, || {
        if is_own {
            return Some(name.clone());
        }
        PersonName::parse(&row.text()?).ok()
    })?;
    it.acquired = given(acquired, || row.day())?;
    it.issued = given(issued, || row.day())?;
    it.period = period(row)?;
    it.loss = given(loss, || {
        let date = row.day()?;
        let [has_reason] = row.flags()?;
        let reason = given(has_reason, || row.code(LossReason::from_code))?;
        Some(Loss { date, reason })
    })?;
    it.ratio = given(ratio, || percent(row.number()?))?;
    it.preschool = given(preschool, || row.code(Preschool::from_code))?;
    it.card_source = if card_source {
        BatchNumber::new(u32::try_from(row.number()?).ok()?)
    } else {
        it.source
    };
    if earlier {
        it.earlier = list(row, earlier_card)?;
    }
    if elderly {
        it.elderly = list(row, elderly_certificate)?;
    }
    if ceilings {
        it.ceilings = list(row, ceiling_certificate)?;
    }
    if diseases {
        it.diseases = list(row, disease_certificate)?;
    }
    if tickets {
        for _ in 0..row.number()? {
            let ticket = postcard::from_bytes(row.bytes()?).ok()?;
            it.tickets.push(tickets::ticket(&ticket)?);
        }
    }
    Some(it)
}

fn percent(number: u64) -> Option<Ratio> {
    Ratio::from_percent(u8::try_from(number).ok()?)
}

fn period(row: &mut Unpacker<'_>) -> Option<Period> {
    let [start, end] = row.flags()?;
    Some(Period {
        start: given(start, || row.day())?,
        end: given(end, || row.day())?,
    })
}

/// The items of a list, each with its day of issue and its period.
fn list<T>(
    row: &mut Unpacker<'_>,
    item: impl Fn(&mut Unpacker<'_>, Option<CivilDate>, Period) -> Option<T>,
) -> Option<Vec<T>> {
    let mut all = Vec::new();
    for _ in 0..row.number()? {
        let [has_issued] = row.flags()?;
        let issued = given(has_issued, || row.day())?;
        let period = period(row)?;
        all.push(item(row, issued, period)?);
    }
    Some(all)
}

fn earlier_card(row: &mut Unpacker<'_>, issued: Option<CivilDate>, period: Period) -> Option<Card> {
    let [ratio, preschool] = row.flags()?;
    Some(Card {
        classification: row.code(CardClassification::from_code)?,
        source: BatchNumber::new(u32::try_from(row.number()?).ok()?),
        issued,
        period,
        ratio: given(ratio, || percent(row.number()?))?,
        preschool: given(preschool, || row.code(Preschool::from_code))?,
    })
}

fn elderly_certificate(
    row: &mut Unpacker<'_>,
    issued: Option<CivilDate>,
    period: Period,
) -> Option<ElderlyCertificate> {
    let ratio = match row.number()? {
        0 => None,
        more => Some(percent(more - 1)?),
    };
    Some(ElderlyCertificate {
        issued,
        period,
        ratio,
    })
}

fn ceiling_certificate(
    row: &mut Unpacker<'_>,
    issued: Option<CivilDate>,
    period: Period,
) -> Option<CeilingCertificate> {
    let [category, long_term] = row.flags()?;
    Some(CeilingCertificate {
        kind: row.code(CertificateKind::from_code)?,
        category: given(category, || row.code(Category::from_code))?,
        issued,
        period,
        long_term_since: given(long_term, || row.day())?,
    })
}

fn disease_certificate(
    row: &mut Unpacker<'_>,
    issued: Option<CivilDate>,
    period: Period,
) -> Option<DiseaseCertificate> {
    let disease = row.code(SpecificDisease::from_code)?;
    let self_pay_yen = match row.number()? {
        0 => None,
        more => Some(u32::try_from(more - 1).ok()?),
    };
    Some(DiseaseCertificate {
        disease,
        issued,
        period,
        self_pay_yen,
    })
}

#[cfg(test)]
mod tests {
    use domain::institution_code::InstitutionCode;
    use domain::medical_aid::{Ticket, TreatmentMonth};
    use synthetic::population::Population;

    use super::*;

    /// Everything a row can hold, of the samples' people and of a population.
    fn people() -> Vec<Registration> {
        let population = Population::new(11);
        let mut all = synthetic::samples::people();
        all.extend((0..3_000).filter_map(|index| population.person(index)));
        let day = |text| CivilDate::parse_iso(text).unwrap();
        let mut full = population.person(6).unwrap();
        full.person.shown_sex = Some(Sex::Unset);
        full.person.name_of_other = Some(PersonName::parse("𠮷野　葛󠄀").unwrap());
        let coverage = &mut full.coverages[0];
        coverage.classification = CardClassification::MedicalAid;
        coverage.source = BatchNumber::new(70_000);
        coverage.card_source = BatchNumber::new(300);
        coverage.period.end = Some(day("2027-03-31"));
        coverage.loss = Some(Loss {
            date: day("2026-05-01"),
            reason: None,
        });
        coverage.ceilings.push(CeilingCertificate {
            kind: CertificateKind::Meals,
            category: None,
            issued: None,
            period: Period::default(),
            long_term_since: Some(day("2024-02-29")),
        });
        coverage.earlier.push(Card {
            classification: CardClassification::ShortTerm,
            issued: None,
            period: Period::default(),
            ratio: None,
            preschool: None,
            source: None,
        });
        coverage.earlier.push(Card {
            classification: CardClassification::General,
            issued: Some(day("2025-07-20")),
            period: Period {
                start: Some(day("2025-08-01")),
                end: Some(day("2026-07-31")),
            },
            ratio: Ratio::from_percent(20),
            preschool: Some(Preschool::BelowSchoolAge),
            source: BatchNumber::new(70_000),
        });
        let facility = InstitutionCode::parse("1319999999").unwrap();
        let month = TreatmentMonth::of(day("2026-11-01"));
        coverage.tickets.push(Ticket::new(facility, month));
        // The card came before any batch, and a batch changed the rest.
        let mut lost = population.person(6).unwrap();
        lost.coverages[0].source = BatchNumber::new(70_000);
        all.extend([lost, full]);
        all
    }

    #[test]
    fn everybody_comes_back_as_they_were_stored() {
        for person in people() {
            let packed = pack(&person).unwrap();
            let id = person.person.id;
            assert!(unpack(id, &packed).unwrap() == person, "{id:?}");
        }
    }

    #[test]
    fn a_person_takes_two_hundred_bytes_at_most_in_the_middle() {
        let population = Population::new(11);
        let people = (0..1_000).filter_map(|index| population.person(index));
        let sizes = people.map(|it| pack(&it).unwrap().len());
        let total: usize = sizes.sum();
        assert!(total < 200 * 1_000, "{total}");
    }

    #[test]
    fn a_coverage_without_an_earlier_card_or_another_number_is_packed_as_it_always_was() {
        let mut it = Population::new(11).person(6).unwrap();
        let (person, insurer) = (&mut it.person, it.coverages[0].insurer);
        (person.name_of_other, person.kana, person.kana_of_other) = (None, None, None);
        (person.shown_sex, person.address, person.postal_code) = (None, None, None);
        let name = InsurerName::parse("架空健康保険組合").unwrap();
        let number = InsuredNumber::parse("4567").unwrap();
        let coverage = Coverage::new(CardClassification::General, insurer, name, number);
        it.coverages = vec![coverage];
        let mut row = Packer::default();
        row.day(it.person.birth_date);
        row.flags([false; 6]);
        row.text(it.person.name.as_str());
        row.code(it.person.sex.code());
        row.number(1);
        // Fourteen flags: those of earlier cards and of the latest one's number came later.
        row.flags([false; 14]);
        row.code("01");
        row.number(insurer.as_u32().into());
        row.text("架空健康保険組合");
        row.text("4567");
        row.number(0);
        row.flags([false; 2]);
        let before = row.finish();
        assert_eq!(pack(&it).unwrap(), before);
        assert!(unpack(it.person.id, &before).unwrap() == it);
    }

    #[test]
    fn damaged_rows_are_refused_or_read_and_stop_nothing() {
        let everybody = people();
        let full = everybody.last().unwrap();
        let packed = pack(full).unwrap();
        for end in 0..packed.len() {
            assert!(unpack(full.person.id, &packed[..end]).is_err(), "{end}");
        }
        for at in 0..packed.len() {
            for flip in [1, 0x80, 0xff] {
                let mut damaged = packed.clone();
                damaged[at] ^= flip;
                // Another row by chance, or none: it ends, and asks for no memory that is not there.
                if let Ok(other) = unpack(full.person.id, &damaged) {
                    assert!(other.coverages.len() <= packed.len(), "{at}");
                }
            }
        }
    }
}
