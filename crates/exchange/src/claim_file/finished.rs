//! What can be told of a claim only when all its records are there: payers, type, days, remarks against each other. Looks nobody up.

use domain::claims::claim_type::{ClaimType, MainPayer, PersonClass, Setting};
use domain::claims::{Days, Payer, Place, ReviewBody, is_of_the_very_old};
use domain::facility_kind::FacilityKind;
use domain::insurer_number::{CheckDigit, InsurerNumber, check_digit};
use unicode_normalization::UnicodeNormalization as _;

use crate::claim_file::columns::{self, Item};
use crate::claim_file::finding::Finding;
use crate::claim_file::header::Header;
use crate::claim_file::open_claim::{OpenClaim, Part};
use crate::claim_file::rule::{Rule, of_claims};

/// What is wrong with a claim as a whole.
pub(crate) fn check(open: &OpenClaim, kind: FacilityKind, header: Option<&Header>) -> Vec<Finding> {
    let mut checking = Checking {
        open,
        kind,
        findings: Vec::new(),
    };
    checking.months(header);
    checking.payers();
    checking.claim_type();
    if let Some(part) = &open.insurer {
        checking.insurer(part, header);
    }
    checking.schemes();
    checking.confirmations();
    checking.days();
    checking.remarks();
    checking.body();
    checking.findings
}

/// The order of public schemes by the number of their law, as one implementation has it (claims-format §2, \[B\]).
const PRIORITY: [u32; 27] = [
    13, 14, 18, 29, 30, 10, 11, 20, 21, 15, 16, 24, 22, 28, 17, 79, 19, 23, 52, 54, 51, 38, 53, 66,
    62, 25, 12,
];

struct Checking<'a> {
    open: &'a OpenClaim,
    kind: FacilityKind,
    findings: Vec<Finding>,
}

impl Checking<'_> {
    fn found(&mut self, rule: &'static Rule, id: &[u8; 2], line: u64, item: Option<Item>) {
        let place = Place {
            line,
            ..self.open.place
        };
        let mut finding = Finding::at(rule, place, Some(*id));
        let layout = columns::layout(self.kind, *id);
        if let Some((layout, position)) = layout.and_then(|it| Some((it, it.position(item?)?))) {
            finding.position = Some(position);
            finding.field = layout.field(position);
        }
        self.findings.push(finding);
    }

    fn in_receipt(&mut self, rule: &'static Rule, item: Option<Item>) {
        self.found(rule, b"RE", self.open.place.line, item);
    }

    fn months(&mut self, header: Option<&Header>) {
        let Some(month) = self.open.month else { return };
        if header.is_some_and(|it| it.claim_month <= month) {
            self.in_receipt(&of_claims::MONTH_NOT_BEFORE, Some(Item::Month));
        }
        let next = month.first_day().plus_months(1);
        if self.open.birth_date.is_some_and(|born| next <= born) {
            self.in_receipt(&of_claims::BORN_LATER, Some(Item::BirthDate));
        }
    }

    fn payers(&mut self) {
        if self.open.insurer.is_none() && self.open.schemes.is_empty() {
            self.in_receipt(&of_claims::NO_PAYER, None);
        }
    }

    fn claim_type(&mut self) {
        let Some(it) = self.open.claim_type else {
            return;
        };
        let insurer = self.open.insurer.as_ref();
        let number = insurer.and_then(|part| part.insurer);
        if number.is_some_and(|it_is| is_of_the_very_old(it_is) != (it.main == MainPayer::VeryOld))
            && it.main != MainPayer::PublicOnly
        {
            self.in_receipt(&of_claims::TYPE_VERY_OLD, Some(Item::ClaimType));
        }
        let payers = usize::from(insurer.is_some()) + self.open.schemes.len();
        let is_public_only = it.main == MainPayer::PublicOnly;
        if payers != 0 && (usize::from(it.payers) != payers || is_public_only == insurer.is_some())
        {
            self.in_receipt(&of_claims::TYPE_PAYERS, Some(Item::ClaimType));
        }
        let has_no_beds = matches!(
            self.kind,
            FacilityKind::Pharmacy | FacilityKind::HomeNursing
        );
        if has_no_beds && it.setting == Setting::InPatient && !is_public_only {
            self.in_receipt(&of_claims::TYPE_IN_HOSPITAL, Some(Item::ClaimType));
        }
    }

    fn insurer(&mut self, part: &Part, header: Option<&Header>) {
        let line = part.line;
        let Some(insurer) = part.insurer else { return };
        if part.has_zeros {
            self.found(&of_claims::INSURER_ZEROS, b"HO", line, Some(Item::Insurer));
        }
        if insurer.check_digit() == CheckDigit::Wrong {
            self.found(
                &of_claims::INSURER_CHECK_DIGIT,
                b"HO",
                line,
                Some(Item::Insurer),
            );
        }
        // Where the retired (67) go is not known well enough (claims-format §9, \[C\]).
        let is_elsewhere = |it: &Header| it.review_body != ReviewBody::of_insurer(insurer);
        if law(insurer) != 67 && header.is_some_and(is_elsewhere) {
            self.found(&of_claims::REVIEW_BODY, b"HO", line, Some(Item::Insurer));
        }
        let is_right = matches!(self.open.benefit, Some(70 | 80 | 90 | 100));
        // 30 is the atomic-bomb handbook's without a card (claims-format §5).
        let is_special = self.open.benefit == Some(30);
        if self.open.benefit.is_some()
            && !is_special
            && (!is_right || !insurer.is_national_health_insurance())
        {
            self.in_receipt(&of_claims::BENEFIT, Some(Item::Benefit));
        }
        if is_of_the_very_old(insurer) {
            self.very_old(part);
            return;
        }
        let symbol: String = part.symbol.iter().flat_map(|it| it.nfkc()).collect();
        let is_digits = symbol.bytes().all(|it| it.is_ascii_digit());
        let is_association = is_digits && matches!(symbol.len(), 7 | 8);
        match law(insurer) {
            1 if !is_association => {
                self.found(
                    &of_claims::SYMBOL_ASSOCIATION,
                    b"HO",
                    line,
                    Some(Item::Symbol),
                );
            }
            6 | 63 if !is_digits => {
                self.found(&of_claims::SYMBOL_SOCIETY, b"HO", line, Some(Item::Symbol));
            }
            _ => {}
        }
    }

    fn very_old(&mut self, part: &Part) {
        if part.symbol.is_some() {
            self.found(
                &of_claims::SYMBOL_VERY_OLD,
                b"HO",
                part.line,
                Some(Item::Symbol),
            );
        }
        let Some(number) = &part.number else { return };
        let digits: String = number.nfkc().collect();
        let value = digits.parse::<u64>().ok().filter(|_| digits.len() == 8);
        match value {
            None => self.found(
                &of_claims::NUMBER_VERY_OLD,
                b"HO",
                part.line,
                Some(Item::Number),
            ),
            Some(value) if u64::from(check_digit(value / 10)) != value % 10 => {
                self.found(
                    &of_claims::NUMBER_CHECK_DIGIT,
                    b"HO",
                    part.line,
                    Some(Item::Number),
                );
            }
            Some(_) => {}
        }
    }

    fn schemes(&mut self) {
        let mut before = None;
        for part in &self.open.schemes {
            let Some(bearer) = part.insurer else { continue };
            if bearer.check_digit() == CheckDigit::Wrong {
                self.found(
                    &of_claims::SCHEME_CHECK_DIGIT,
                    b"KO",
                    part.line,
                    Some(Item::Bearer),
                );
            }
            // Medical supervision has no beneficiaries' numbers.
            match (&part.number, law(bearer) == 30) {
                (None, true) => {}
                (Some(number), false) => {
                    let value = number.parse::<u64>().ok().filter(|_| number.len() == 7);
                    let is_wrong = |value: u64| u64::from(check_digit(value / 10)) != value % 10;
                    if value.is_some_and(is_wrong) {
                        let rule = &of_claims::BENEFICIARY_CHECK_DIGIT;
                        self.found(rule, b"KO", part.line, Some(Item::Beneficiary));
                    }
                }
                (None, false) | (Some(_), true) => {
                    self.found(
                        &of_claims::BENEFICIARY_UNFIT,
                        b"KO",
                        part.line,
                        Some(Item::Beneficiary),
                    );
                }
            }
            let place = PRIORITY.iter().position(|it| *it == law(bearer));
            if let (Some(one), Some(two)) = (before, place)
                && two < one
            {
                self.found(
                    &of_claims::SCHEME_ORDER,
                    b"KO",
                    part.line,
                    Some(Item::Bearer),
                );
            }
            before = place.or(before);
        }
    }

    fn confirmations(&mut self) {
        for (payer, confirmed) in Payer::ALL.iter().zip(self.open.confirmed) {
            let Some(confirmed) = confirmed else { continue };
            let part = self.open.part_of(*payer);
            if part.is_none() && self.has_payers() {
                self.found(
                    &of_claims::PAYER_ABSENT,
                    b"SN",
                    confirmed.line,
                    Some(Item::Payer),
                );
            }
            let insurer = part.and_then(|it| it.insurer);
            let has_none = *payer != Payer::Insurer || insurer.is_some_and(is_of_the_very_old);
            if has_none && confirmed.branch.is_some() {
                self.found(
                    &of_claims::BRANCH_UNFIT,
                    b"SN",
                    confirmed.line,
                    Some(Item::Branch),
                );
            }
        }
    }

    fn has_payers(&self) -> bool {
        self.open.insurer.is_some() || !self.open.schemes.is_empty()
    }

    fn days(&mut self) {
        for (payer, visits) in Payer::ALL.iter().zip(self.open.visits) {
            let part = self.open.part_of(*payer);
            match (part, visits) {
                (None, Some(visits)) if self.has_payers() => {
                    self.found(
                        &of_claims::PAYER_ABSENT,
                        b"JD",
                        visits.line,
                        Some(Item::Payer),
                    );
                }
                (Some(part), None) => {
                    let id = if *payer == Payer::Insurer {
                        b"HO"
                    } else {
                        b"KO"
                    };
                    self.found(&of_claims::DAYS_MISSING, id, part.line, None);
                }
                (Some(part), Some(visits)) => {
                    let counted = u64::from(visits.counted.count());
                    if let Some(days) = part.days.filter(|it| *it != counted) {
                        self.found(&of_claims::DAYS_COUNT, b"JD", visits.line, None);
                        let last = self.findings.pop();
                        self.findings
                            .extend(last.map(|it| it.counted(counted, days)));
                    }
                }
                (None, None | Some(_)) => {}
            }
        }
        let marked = self.open.visits.iter().flatten();
        let marked = marked
            .map(|it| it.marked)
            .fold(Days::default(), Days::union);
        if marked.is_empty() {
            return;
        }
        let absent = (1..).zip(self.open.detail_days);
        let absent = absent.filter_map(|(day, line)| line.filter(|_| !marked.contains(day)));
        // One finding for a record, however many of its days are missing.
        let lines: std::collections::BTreeSet<u64> = absent.collect();
        for line in lines {
            let place = Place {
                line,
                ..self.open.place
            };
            self.findings
                .push(Finding::at(&of_claims::DETAIL_DAY, place, None));
        }
    }

    fn remarks(&mut self) {
        let Some(it) = self.open.claim_type else {
            return;
        };
        let income: Vec<u8> = self
            .open
            .remarks
            .iter()
            .copied()
            .filter(|remark| matches!(remark, 26..=35 | 41..=44))
            .collect();
        let is_fitting = |remark: &u8| fits(it, *remark);
        let is_elderly = matches!(
            it.person,
            PersonClass::Elderly | PersonClass::ElderlyLikeWorking
        ) && it.main != MainPayer::PublicOnly;
        if is_elderly && income.is_empty() {
            self.in_receipt(&of_claims::REMARK_MISSING, Some(Item::Remarks));
        } else if !income.iter().all(is_fitting) {
            self.in_receipt(&of_claims::REMARK_UNFIT, Some(Item::Remarks));
        }
    }

    fn body(&mut self) {
        let has_diagnoses = matches!(self.kind, FacilityKind::Medical | FacilityKind::Dental);
        if has_diagnoses && !self.open.has_diagnosis {
            self.in_receipt(&of_claims::NO_DIAGNOSIS, None);
        }
        if !self.open.has_detail {
            self.in_receipt(&of_claims::NO_DETAIL, None);
        }
    }
}

/// Whether a remark on the income class goes with a type (claims-format §9, \[B\]).
fn fits(it: ClaimType, remark: u8) -> bool {
    if matches!(remark, 41..=44) {
        return it.main == MainPayer::VeryOld && it.person == PersonClass::Elderly;
    }
    match it.person {
        PersonClass::ElderlyLikeWorking => matches!(remark, 26..=28 | 31..=33),
        PersonClass::Elderly => matches!(remark, 29 | 30 | 34 | 35),
        PersonClass::Insured | PersonClass::Preschool | PersonClass::Family => true,
    }
}

/// The number of the law (法別番号); zero for National Health Insurance.
fn law(insurer: InsurerNumber) -> u32 {
    insurer.as_u32() / 1_000_000
}
