//! Full files at both engines: what they do not name ends or is listed, and nothing of whom a line was refused.

use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::CardClassification;
use domain::coverage::certificate::{CeilingCertificate, ElderlyCertificate};
use domain::coverage::period::Period;
use domain::coverage::ratio::Ratio;
use domain::feed::insurer::Certificate;
use domain::insured::InsuredNumber;

use super::*;
use crate::on_both;

on_both!(
    a_full_file_takes_a_changed_number_and_spares_whom_it_has_a_refused_line_of,
    a_full_file_that_names_a_stored_coverage_and_one_that_overlaps_it_keeps_the_stored_one,
    a_full_file_of_certificates_leaves_those_it_does_not_name_ended_or_listed
);

fn date(year: i16, month: i8, day: i8) -> CivilDate {
    CivilDate::new(year, month, day).unwrap()
}

fn today() -> CivilDate {
    now().date_in_japan()
}

/// A member with one coverage since 2025 and no certificate.
fn member(at: u64) -> Registration {
    let mut it = members(at..at + 1).remove(0);
    let name = it.coverages[0].insurer_name.clone();
    let number = InsuredNumber::parse(&(at + 1).to_string()).unwrap();
    let mut coverage = Coverage::new(CardClassification::General, insurer(), name, number);
    coverage.acquired = Some(date(2025, 4, 1));
    it.coverages = vec![coverage];
    it
}

async fn load_members(engine: &Engine, all: &[Registration]) {
    let delta = Scope::Delta;
    load(engine, (InsurerKind::Persons, delta, 1), persons(all)).await;
    load(engine, (InsurerKind::Coverages, delta, 2), coverages(all)).await;
}

/// The days on which the coverages of each were lost.
fn losses_of(engine: &Engine, all: &[Registration]) -> Vec<Vec<Option<CivilDate>>> {
    let of_one = |it: Option<Registration>| {
        let coverages = it.unwrap().coverages.into_iter();
        coverages.map(|it| it.loss.map(|it| it.date)).collect()
    };
    stored(engine, all).into_iter().map(of_one).collect()
}

/// Whom the report calls not named, with what became of it.
fn unnamed(came: &Came) -> Vec<(Option<PersonId>, &str)> {
    let remarks = came.remarks.iter();
    let remarks = remarks.filter(|it| it.what == What::Unnamed);
    remarks.map(|it| (it.person, it.detail.as_str())).collect()
}

async fn a_full_file_takes_a_changed_number_and_spares_whom_it_has_a_refused_line_of(
    place: &Place,
) {
    let engine = place.open();
    let all: Vec<Registration> = (0..3).map(member).collect();
    load_members(&engine, &all).await;
    let before = stored(&engine, &all);
    let mut moved = all[1].clone();
    moved.coverages[0].number = InsuredNumber::parse("101").unwrap();
    moved.coverages[0].acquired = Some(date(2026, 6, 1));
    let moved = [moved];
    // The first one's line was refused, the second has another number, the third is not named.
    let full = (InsurerKind::Coverages, Scope::Full, 3);
    let refused = (Some(all[0].person.id), Unnamed::End);
    let (arriving, came) = load_as(&engine, full, coverages(&moved), refused).await;
    assert_eq!(came.refused, 0);
    let after = [
        vec![None],
        vec![Some(date(2026, 6, 1)), None],
        vec![Some(today())],
    ];
    assert_eq!(losses_of(&engine, &all), after);
    let mut told = vec![
        (Some(all[1].person.id), "end,1"),
        (Some(all[2].person.id), "end,1"),
    ];
    told.sort_unstable();
    let mut unnamed_there = unnamed(&came);
    unnamed_there.sort_unstable();
    assert_eq!(unnamed_there, told);
    // A refused line that names nobody may be anybody's: what is not named is listed.
    let full = (InsurerKind::Coverages, Scope::Full, 4);
    let unread = (None, Unnamed::End);
    let (_, again) = load_as(&engine, full, coverages(&moved), unread).await;
    assert_eq!(losses_of(&engine, &all), after);
    assert_eq!(unnamed(&again), [(Some(all[0].person.id), "list,1")]);
    // Named again the third stays lost: a line of a full file is remarked on, one of a delta may be of past days.
    let both = [moved[0].clone(), all[2].clone()];
    let nobody = (Some(PersonId::from_u128(u128::MAX)), Unnamed::List);
    for (id, scope, lines) in [(5, Scope::Full, vec![3_u64]), (6, Scope::Delta, vec![])] {
        let file = (InsurerKind::Coverages, scope, id);
        let (_, named) = load_as(&engine, file, coverages(&both), nobody).await;
        let changed = named.changed.added + named.changed.replaced;
        assert_eq!((named.refused, changed), (0, 0));
        assert_eq!(losses_of(&engine, &all), after);
        let lost = named.remarks.iter().filter(|it| it.what == What::Lost);
        let lost = lost.map(|it| (it.line, it.detail.clone()));
        let told = lines
            .into_iter()
            .map(|line| (line, format!("{},99", today())));
        assert_eq!(Vec::from_iter(lost), Vec::from_iter(told));
    }
    let of = (Counted::default(), came.changed);
    let undone = engine.undo_insurer_feed(arriving, of, now()).await;
    assert_eq!(undone.unwrap(), Undone::Done(2));
    assert!(stored(&engine, &all) == before, "not as before");
}

async fn a_full_file_that_names_a_stored_coverage_and_one_that_overlaps_it_keeps_the_stored_one(
    place: &Place,
) {
    let engine = place.open();
    let one = [member(0)];
    load_members(&engine, &one).await;
    let before = stored(&engine, &one);
    let line = |it: &Coverage| (one[0].person.id, Change::Coverage(Box::new(it.clone())));
    let mut had = one[0].coverages[0].clone();
    had.ratio = Ratio::from_percent(20);
    let mut new = had.clone();
    new.number = InsuredNumber::parse("101").unwrap();
    new.acquired = Some(date(2026, 6, 1));
    let (had, new) = (line(&had), line(&new));
    // The last has them in two pieces: the line that is taken says that an earlier one was left out, which is told as well.
    let mut apart = vec![new.clone(); PIECE];
    apart.push(had.clone());
    let files = [
        (vec![had.clone(), new.clone()], vec![(3, "another")]),
        (vec![new, had], vec![(2, "another")]),
        (
            apart,
            vec![(2, "overlaps"), (PIECE as u64 + 2, "displaces")],
        ),
    ];
    for (id, (lines, refused)) in (3..).zip(files) {
        let full = (InsurerKind::Coverages, Scope::Full, id);
        let (arriving, came) = load(&engine, full, lines).await;
        assert_eq!(came.refused, 1);
        let told = came.remarks.iter().filter(|it| it.what == What::Refused);
        let told = told.filter(|it| it.detail != "unreadable");
        let told = told.map(|it| (it.line, it.detail.as_str()));
        assert_eq!(Vec::from_iter(told), refused);
        assert!(unnamed(&came).is_empty());
        assert_eq!(losses_of(&engine, &one), [vec![None]]);
        let it = stored(&engine, &one).remove(0).unwrap().coverages.remove(0);
        assert!(it.number == one[0].coverages[0].number);
        assert_eq!(it.ratio, Ratio::from_percent(20));
        let of = (Counted::default(), came.changed);
        let undone = engine.undo_insurer_feed(arriving, of, now()).await;
        assert_eq!(undone.unwrap(), Undone::Done(1));
        assert!(stored(&engine, &one) == before, "not as before");
    }
}

/// Lines of certificates beside somebody's one coverage.
fn certificates(of: &Registration, all: &[Certificate]) -> Vec<(PersonId, Change)> {
    let line = |it: &Certificate| {
        let coverage = &of.coverages[0];
        let which = Which {
            symbol: coverage.symbol.clone(),
            number: coverage.number.clone(),
            acquired: coverage.acquired,
        };
        (of.person.id, Change::Certificate(which, it.clone()))
    };
    all.iter().map(line).collect()
}

fn elderly(year: i16, percent: u8) -> Certificate {
    Certificate::Elderly(ElderlyCertificate {
        issued: None,
        period: Period {
            start: Some(date(year, 8, 1)),
            end: None,
        },
        ratio: Ratio::from_percent(percent),
    })
}

fn ceiling() -> Certificate {
    Certificate::Ceiling(CeilingCertificate {
        kind: CertificateKind::Ceiling,
        category: Some(Category::A03),
        issued: None,
        period: Period {
            start: Some(date(2026, 8, 1)),
            end: Some(date(2027, 7, 31)),
        },
        long_term_since: None,
    })
}

async fn a_full_file_of_certificates_leaves_those_it_does_not_name_ended_or_listed(place: &Place) {
    let engine = place.open();
    let one = [member(0)];
    load_members(&engine, &one).await;
    let delta = (InsurerKind::Certificates, Scope::Delta, 3);
    let had = certificates(&one[0], &[elderly(2025, 10), ceiling()]);
    load(&engine, delta, had).await;
    let before = stored(&engine, &one);
    let yesterday = today().plus_days(-1);
    for (id, setting, detail, ends) in [
        (4, Unnamed::End, "end,2", [yesterday, yesterday]),
        (5, Unnamed::List, "list,2", [date(2027, 7, 31); 2]),
    ] {
        let full = (InsurerKind::Certificates, Scope::Full, id);
        let named = certificates(&one[0], &[elderly(2026, 20)]);
        let nobody = Some(PersonId::from_u128(u128::MAX));
        let (arriving, came) = load_as(&engine, full, named, (nobody, setting)).await;
        assert_eq!(unnamed(&came), [(Some(one[0].person.id), detail)]);
        let it = stored(&engine, &one).remove(0).unwrap().coverages.remove(0);
        let ratio = |day| it.elderly_on(day).and_then(|it| it.ratio);
        assert_eq!(ratio(date(2026, 7, 1)), Ratio::from_percent(10));
        assert_eq!(ratio(today()), Ratio::from_percent(20));
        let end = it.elderly[0].period.end.unwrap_or(ends[0]);
        assert_eq!([end, it.ceilings[0].period.end.unwrap()], ends);
        let is_listed = it.elderly[0].period.end.is_none();
        assert_eq!(is_listed, setting == Unnamed::List);
        let of = (Counted::default(), came.changed);
        let undone = engine.undo_insurer_feed(arriving, of, now()).await;
        assert_eq!(undone.unwrap(), Undone::Done(1));
        assert!(stored(&engine, &one) == before, "not as before");
    }
}
