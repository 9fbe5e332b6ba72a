//! What one insurer says of one person, and how a line of its feed changes that. Touches nothing any other insurer said.

pub mod correction;
pub mod full;

use crate::civil_date::CivilDate;
use crate::coverage::certificate::{CeilingCertificate, DiseaseCertificate, ElderlyCertificate};
use crate::coverage::period::Period;
use crate::coverage::{Coverage, Loss, Registration};
use crate::feed::insurer::{Certificate, Change, Which};
use crate::feed::part::correction::Correction;
use crate::insurer_number::InsurerNumber;
use crate::medical_aid::Ticket;
use crate::person::Person;

/// One insurer's part of a person.
///
/// ```
/// use domain::{feed::part::Part, insurer_number::InsurerNumber};
/// let part = Part::of(InsurerNumber::parse("06139992").unwrap(), None);
/// assert!(!part.is_known && part.coverages.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which insurer's; of the register none.
    pub insurer: Option<InsurerNumber>,
    /// Whether there is such a person, in the store or in the feed.
    pub is_known: bool,
    /// Who the person is, where the feed says so.
    pub person: Option<Person>,
    /// The person's coverages with this insurer.
    pub coverages: Vec<Coverage>,
    /// Whether the insurer confirmed who the person is, although the register says otherwise.
    pub is_confirmed: bool,
    /// How often lines about the person were refused: a full file of which one was ends nothing of theirs.
    pub refused: u32,
    /// The line of a full file that brought a coverage which was not there before; 0 where none did. Two such ones would overlap, so there is one
    /// at most.
    pub brought: u64,
}

/// Why a change cannot be made.
///
/// ```
/// use domain::feed::part::NotApplied;
/// assert_ne!(NotApplied::NoSuchCoverage, NotApplied::SeveralCoverages);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotApplied {
    /// The person is in neither store nor feed.
    UnknownPerson,
    /// The insurer has no such coverage of the person.
    NoSuchCoverage,
    /// It has several, and the line does not say which.
    SeveralCoverages,
    /// The coverage would overlap another one of the person with this insurer.
    Overlaps,
    /// The coverage was there before the full file and stays; one that overlaps it and came with an earlier line of the file was taken out.
    Displaces,
    /// The loss lies before the acquisition.
    LossBeforeAcquisition,
    /// The end lies before the start.
    EndBeforeStart,
    /// The item cannot be corrected to this.
    NotCorrected,
    /// A ticket of medical aid beside a coverage that is none of medical aid.
    NoMedicalAid,
}

/// What a change did.
///
/// ```
/// use domain::feed::part::Applied;
/// assert_ne!(Applied::Began, Applied::Other);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// A coverage began or ended: there is a day by which that had to be registered.
    Began,
    /// Something else, or nothing new.
    Other,
}

impl Part {
    /// What is stored of a person with an insurer.
    #[must_use]
    pub fn of(insurer: InsurerNumber, registration: Option<&Registration>) -> Self {
        let coverages = registration.map_or(&[][..], |it| &it.coverages);
        let own = coverages.iter().filter(|it| it.insurer == insurer);
        Self {
            insurer: Some(insurer),
            is_known: registration.is_some(),
            person: None,
            coverages: own.cloned().collect(),
            is_confirmed: false,
            refused: 0,
            brought: 0,
        }
    }

    /// What the register says of somebody: nothing yet.
    #[must_use]
    pub fn of_register() -> Self {
        Self {
            insurer: None,
            is_known: false,
            person: None,
            coverages: Vec::new(),
            is_confirmed: false,
            refused: 0,
            brought: 0,
        }
    }

    /// Makes the change of a line. A correction of the person needs to know them: `stored` is who they are now, where the feed has not
    /// said so.
    ///
    /// # Errors
    /// [`NotApplied`]; then nothing was changed.
    pub fn apply(
        &mut self,
        change: &Change,
        stored: Option<&Person>,
    ) -> Result<Applied, NotApplied> {
        match change {
            Change::Person(person) | Change::Resident(person) => {
                self.is_known = true;
                self.person = Some((**person).clone());
                return Ok(Applied::Other);
            }
            Change::Coverage(_)
            | Change::Certificate(..)
            | Change::Loss(..)
            | Change::Correction(..) => {}
        }
        if !self.is_known {
            return Err(NotApplied::UnknownPerson);
        }
        match change {
            Change::Coverage(coverage) => self.put(coverage),
            Change::Certificate(which, certificate) => {
                add(self.one(which)?, certificate)?;
                Ok(Applied::Other)
            }
            Change::Loss(which, loss) => self.lose(which, *loss),
            Change::Correction(which, correction) => {
                self.correct(which.as_ref(), correction, stored)
            }
            Change::Person(_) | Change::Resident(_) => Ok(Applied::Other),
        }
    }

    /// Lets go of all certificates, for a full file to bring those it names: [`full::join_certificates`] joins them with those that were there.
    pub fn clear_certificates(&mut self) {
        for coverage in &mut self.coverages {
            coverage.elderly.clear();
            coverage.ceilings.clear();
            coverage.diseases.clear();
            coverage.tickets.clear();
        }
    }

    /// Puts a coverage in place of the one of the same number and day of acquisition, whose certificates and loss stay, and of whose cards
    /// those stay that the new one does not put right.
    fn put(&mut self, new: &Coverage) -> Result<Applied, NotApplied> {
        self.put_beside(new, |_| true)
    }

    /// Puts a coverage beside those that may be in its way.
    fn put_beside(
        &mut self,
        new: &Coverage,
        may_be_in_the_way: impl Fn(&Coverage) -> bool,
    ) -> Result<Applied, NotApplied> {
        if ends_early(new.period) {
            return Err(NotApplied::EndBeforeStart);
        }
        let key = new.key();
        let is_same = |it: &Coverage| it.acquired == new.acquired && it.key() == key;
        let others = self.coverages.iter();
        let mut others = others.filter(|it| !is_same(it) && may_be_in_the_way(it));
        let known = self.coverages.iter().find(|it| is_same(it));
        let mut put = known.map_or_else(|| new.clone(), |known| known.renewed(new));
        if let Some(known) = known {
            put.loss = known.loss;
            put.elderly.clone_from(&known.elderly);
            put.ceilings.clone_from(&known.ceilings);
            put.diseases.clone_from(&known.diseases);
            put.tickets.clone_from(&known.tickets);
        }
        if others.any(|it| overlap(it, &put)) {
            return Err(NotApplied::Overlaps);
        }
        match self.coverages.iter_mut().find(|it| is_same(it)) {
            Some(known) => {
                *known = put;
                Ok(Applied::Other)
            }
            None => {
                self.coverages.push(put);
                Ok(Applied::Began)
            }
        }
    }

    fn lose(&mut self, which: &Which, loss: Loss) -> Result<Applied, NotApplied> {
        let place = self.place(which)?;
        let known = self.coverages.get(place);
        let known = known.ok_or(NotApplied::NoSuchCoverage)?;
        if known.acquired.is_some_and(|it| loss.date < it) {
            return Err(NotApplied::LossBeforeAcquisition);
        }
        let is_known = known.loss.is_some();
        let mut lost = known.clone();
        lost.loss = Some(loss);
        // A later loss than the known one may reach into the next coverage; one that only takes days away is never refused for that.
        let mut others = self.coverages.iter().enumerate();
        if others.any(|(at, it)| at != place && overlap(it, &lost) && !overlap(it, known)) {
            return Err(NotApplied::Overlaps);
        }
        if let Some(known) = self.coverages.get_mut(place) {
            *known = lost;
        }
        Ok(if is_known {
            Applied::Other
        } else {
            Applied::Began
        })
    }

    fn correct(
        &mut self,
        which: Option<&Which>,
        correction: &Correction,
        stored: Option<&Person>,
    ) -> Result<Applied, NotApplied> {
        match (correction, which) {
            (Correction::Confirmed, _) => self.is_confirmed = true,
            (Correction::Person(item, value), _) => {
                let person = self.person.as_ref().or(stored);
                let mut person = person.ok_or(NotApplied::UnknownPerson)?.clone();
                let set = item.set(&mut person, value.as_deref());
                set.ok_or(NotApplied::NotCorrected)?;
                self.person = Some(person);
            }
            (Correction::Coverage(item, value), Some(which)) => {
                let place = self.place(which)?;
                let mut put = self.coverages.get(place).cloned();
                let put = put.as_mut().ok_or(NotApplied::NoSuchCoverage)?;
                let set = item.set(put, value.as_deref());
                set.ok_or(NotApplied::NotCorrected)?;
                if put.acquired.zip(put.loss).is_some_and(|(a, l)| l.date < a) {
                    return Err(NotApplied::LossBeforeAcquisition);
                }
                if ends_early(put.period) {
                    return Err(NotApplied::EndBeforeStart);
                }
                let mut others = self.coverages.iter().enumerate();
                if others.any(|(at, it)| at != place && overlap(it, put)) {
                    return Err(NotApplied::Overlaps);
                }
                if let Some(known) = self.coverages.get_mut(place) {
                    known.clone_from(put);
                }
            }
            (Correction::Withdrawn, Some(which)) => {
                let place = self.place(which)?;
                self.coverages.remove(place);
            }
            (Correction::Coverage(..) | Correction::Withdrawn, None) => {
                return Err(NotApplied::NoSuchCoverage);
            }
        }
        Ok(Applied::Other)
    }

    fn place(&self, which: &Which) -> Result<usize, NotApplied> {
        let fits = |it: &Coverage| {
            which.key(it.insurer) == it.key()
                && (which.acquired.is_none() || which.acquired == it.acquired)
        };
        let all = self.coverages.iter().enumerate();
        let mut fitting = all.filter(|(_, it)| fits(it)).map(|(place, _)| place);
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(NotApplied::SeveralCoverages),
            (None, _) => Err(NotApplied::NoSuchCoverage),
        }
    }

    fn one(&mut self, which: &Which) -> Result<&mut Coverage, NotApplied> {
        let place = self.place(which)?;
        let one = self.coverages.get_mut(place);
        one.ok_or(NotApplied::NoSuchCoverage)
    }
}

/// Adds a certificate, in place of the one of the same kind and start.
fn add(coverage: &mut Coverage, certificate: &Certificate) -> Result<(), NotApplied> {
    if ends_early(period_of(certificate)) {
        return Err(NotApplied::EndBeforeStart);
    }
    match certificate {
        Certificate::Elderly(it) => put_in(&mut coverage.elderly, it, is_same_elderly),
        Certificate::Ceiling(it) => put_in(&mut coverage.ceilings, it, is_same_ceiling),
        Certificate::Disease(it) => put_in(&mut coverage.diseases, it, is_same_disease),
        Certificate::Ticket(it) => {
            if !coverage.classification.is_medical_aid() {
                return Err(NotApplied::NoMedicalAid);
            }
            put_in(&mut coverage.tickets, it, is_same_ticket);
        }
    }
    Ok(())
}

fn period_of(certificate: &Certificate) -> Period {
    match certificate {
        Certificate::Elderly(it) => it.period,
        Certificate::Ceiling(it) => it.period,
        Certificate::Disease(it) => it.period,
        Certificate::Ticket(it) => it.period,
    }
}

fn is_same_elderly(one: &ElderlyCertificate, other: &ElderlyCertificate) -> bool {
    one.period.start == other.period.start
}

fn is_same_ceiling(one: &CeilingCertificate, other: &CeilingCertificate) -> bool {
    one.kind == other.kind && one.period.start == other.period.start
}

fn is_same_disease(one: &DiseaseCertificate, other: &DiseaseCertificate) -> bool {
    one.disease == other.disease && one.period.start == other.period.start
}

fn is_same_ticket(one: &Ticket, other: &Ticket) -> bool {
    (one.facility, one.month) == (other.facility, other.month)
        && one.issue_number == other.issue_number
}

fn put_in<T: Clone>(all: &mut Vec<T>, new: &T, is_same: fn(&T, &T) -> bool) {
    match all.iter_mut().find(|known| is_same(known, new)) {
        Some(known) => known.clone_from(new),
        None => all.push(new.clone()),
    }
}

fn ends_early(period: Period) -> bool {
    period.start.zip(period.end).is_some_and(|(s, e)| e < s)
}

fn begins(it: &Coverage) -> CivilDate {
    it.acquired.unwrap_or_else(CivilDate::earliest)
}

/// Whether two coverages hold on a common day, by acquisition and loss. The day of a loss is the first without.
fn overlap(one: &Coverage, other: &Coverage) -> bool {
    let is_over = |it: &Coverage, day| it.loss.is_some_and(|loss| loss.date <= day);
    let is_empty = |it: &Coverage| is_over(it, begins(it));
    !is_empty(one)
        && !is_empty(other)
        && !is_over(one, begins(other))
        && !is_over(other, begins(one))
}

#[cfg(test)]
mod tests;
