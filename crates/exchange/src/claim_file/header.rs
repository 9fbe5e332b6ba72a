//! The head of a claim file: whose it is, to whom it goes, and which kind. Takes no claim.

use domain::claims::ReviewBody;
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::insurer_number::CheckDigit;
use domain::medical_aid::TreatmentMonth;

use crate::claim_file::cells;
use crate::claim_file::columns::{Item, Layout};
use crate::claim_file::lines::Stop;
use crate::claim_file::record::Record;
use crate::claim_file::rule::{Rule, of_files};

/// Whose file it is and to whom it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Kind of facility.
    pub kind: FacilityKind,
    /// Who reviews it.
    pub review_body: ReviewBody,
    /// Whose it is.
    pub institution: InstitutionCode,
    /// The month it is sent in.
    pub claim_month: TreatmentMonth,
    /// Which volume it is; zero where there is one alone.
    pub volume: u64,
}

/// What the first bytes say.
pub(crate) fn begins_a_claim_file(head: &[u8]) -> Result<(), Stop> {
    match head {
        b"\xEF\xBB\xBF" => Err((1, &of_files::UTF8)),
        b"HI," => Err((1, &of_files::RETURNED_FILE)),
        b"IR," | b"UK," | b"YK," | b"HM," => Ok(()),
        _ => Err((1, &of_files::NOT_A_CLAIM_FILE)),
    }
}

/// The kind a first record stands for.
pub(crate) fn kind_of(record: &Record<'_>) -> Result<FacilityKind, Stop> {
    match record.cell(1) {
        b"UK" => Ok(FacilityKind::Dental),
        b"YK" => Ok(FacilityKind::Pharmacy),
        b"HM" => Ok(FacilityKind::HomeNursing),
        b"IR" if record.cell(4) == b"3" => Err((record.line, &of_files::DENTAL_WITHOUT_RECEPTION)),
        b"IR" => Ok(FacilityKind::Medical),
        _ => Err((record.line, &of_files::NOT_A_CLAIM_FILE)),
    }
}

/// What a header says, with what is wrong in it and at which position.
pub(crate) fn read(
    kind: FacilityKind,
    layout: &Layout,
    record: &Record<'_>,
) -> (Option<Header>, Vec<(&'static Rule, usize)>) {
    let mut wrong = Vec::new();
    let at = |item| layout.position(item).unwrap_or(0);
    let cell = |item| record.cell(at(item));
    let digit = kind.differences().fee_table_digit;
    if cell(Item::FeeTable) != [b'0' + digit] {
        wrong.push((&of_files::FEE_TABLE, at(Item::FeeTable)));
    }
    let prefecture = cells::number(cell(Item::Prefecture));
    if prefecture.is_some_and(|it| !(1..=47).contains(&it)) {
        wrong.push((&of_files::PREFECTURE, at(Item::Prefecture)));
    }
    let code = [
        cell(Item::Prefecture),
        cell(Item::FeeTable),
        cell(Item::Institution),
    ]
    .concat();
    let code = std::str::from_utf8(&code).ok();
    let institution = code.and_then(|it| InstitutionCode::parse(it).ok());
    if institution.is_some_and(|it| it.check_digit() == CheckDigit::Wrong) {
        wrong.push((&of_files::INSTITUTION_CHECK_DIGIT, at(Item::Institution)));
    }
    let header = || {
        let body = cell(Item::ReviewBody).first()?;
        Some(Header {
            kind,
            review_body: ReviewBody::of_code(char::from(*body))?,
            institution: institution?,
            claim_month: cells::month(cell(Item::ClaimMonth))?.0,
            volume: cells::number(cell(Item::Volume)).unwrap_or(0),
        })
    };
    (header(), wrong)
}

impl Header {
    /// Whether another header of the file says the same.
    pub(crate) fn goes_with(&self, other: &Self) -> bool {
        self.review_body == other.review_body
            && self.institution == other.institution
            && self.claim_month == other.claim_month
    }
}
