//! Bulk registrations of reference numbers, `OQSmuimm01` and `02` (interface §2.4): the result line by line.

use domain::bulk::BulkKind;
use exchange::answer::Answer;
use exchange::tables::bulk::ResultRequest;
use exchange::tables::reference_number::{BulkResult, BulkResultBody};

use super::bulk_checks::{fetch, header};
use super::{Asking, Stop, apart};
use crate::bulk;

pub(super) async fn result(asking: &Asking<'_>, asked: &ResultRequest) -> Result<Answer, Stop> {
    let fetched = fetch(asking, asked, BulkKind::ReferenceNumbers).await?;
    let (header, parts) = header(asking, asked, fetched);
    let units = apart(move || bulk::registration_units(&parts)).await??;
    Ok(Answer::BulkReferenceNumbersResult(Box::new(BulkResult {
        header,
        body: BulkResultBody {
            status: None,
            units,
        },
    })))
}
