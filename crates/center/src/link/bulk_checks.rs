//! Bulk checks, `OQSmuquc01` and `02`, and what all bulk messages share: the acceptance, and the header of a result (interface §2.5).

use domain::bulk::{BulkKind, BulkState};
use domain::codes::check::ResultSegment;
use domain::permit::{AskInBulk, Permit};
use exchange::answer::Answer;
use exchange::answer::bulk::{accepted, result_header};
use exchange::request::Request;
use exchange::tables::bulk::{Accepted, ResultHeader, ResultRequest};
use exchange::tables::bulk_check::{BulkResult, CheckUnit, ResultBody};
use store::bulk::{Fetched, Order};

use super::{Asking, Stop, apart};
use crate::bulk;
use crate::repeats::Repeatable;

/// Accepts what a `…01req` orders.
pub(super) async fn accept(asking: &Asking<'_>, request: &Request) -> Result<Accepted, Stop> {
    let permit = asking.right::<AskInBulk>().await?;
    asking.of_own_facility(request.institution_code())?;
    let parts = [request.message().prefix().as_bytes(), &asking.bytes];
    let repeatable = Repeatable::of(asking.app, asking.headers, permit.holder(), &parts)?;
    let receipt = bulk::accept(asking.app, &permit, request.clone(), &repeatable).await?;
    Ok(accepted(request, receipt.reception(), receipt.at()?))
}

/// What a `…02req` asks for.
pub(super) async fn fetch(
    asking: &Asking<'_>,
    asked: &ResultRequest,
    kind: BulkKind,
) -> Result<Fetched, Stop> {
    let permit: Permit<AskInBulk> = asking.right().await?;
    asking.of_own_facility(asked.header.institution_code.as_deref())?;
    let reception = asked.body.reception_number.as_deref();
    let key = crate::repeats::key(asking.headers)?;
    bulk::fetch(asking.app, &permit, (Some(kind), reception), key).await
}

/// The result of a bulk check or a list.
pub(super) async fn result(
    asking: &Asking<'_>,
    asked: &ResultRequest,
    kind: BulkKind,
) -> Result<Answer, Stop> {
    let fetched = fetch(asking, asked, kind).await?;
    let result = told(asking, asked, fetched).await?;
    Ok(match kind {
        // The last is `bulk_reference_numbers`' own, and never comes here.
        BulkKind::Checks | BulkKind::ReferenceNumbers => Answer::BulkCheckResult(result),
        BulkKind::MedicalAid => Answer::MedicalAidListResult(result),
        BulkKind::HomeVisits => Answer::HomeVisitListResult(result),
        BulkKind::RemoteCare => Answer::OnlineListResult(result),
    })
}

async fn told(
    asking: &Asking<'_>,
    asked: &ResultRequest,
    fetched: Fetched,
) -> Result<Box<BulkResult>, Stop> {
    let (header, parts) = header(asking, asked, fetched);
    let units: Vec<CheckUnit> = apart(move || bulk::check_units(&parts)).await??;
    Ok(Box::new(BulkResult {
        header,
        body: ResultBody {
            status: None,
            units,
        },
    }))
}

/// The header of a result, and its parts where it is at its end. While it is not, the counts say how far it is.
pub(super) fn header(
    asking: &Asking<'_>,
    asked: &ResultRequest,
    fetched: Fetched,
) -> (ResultHeader, Vec<Vec<u8>>) {
    match fetched {
        Fetched::Results(order, parts) => (
            header_of(asking, asked, (&order, ResultSegment::Normal)),
            parts,
        ),
        Fetched::Without(order) | Fetched::TooOften(order) => (
            header_of(asking, asked, (&order, ResultSegment::Processing)),
            Vec::new(),
        ),
        // `bulk::fetch` answers it otherwise.
        Fetched::OtherKind => (
            result_header(asked, ResultSegment::Abnormal, asking.now),
            Vec::new(),
        ),
    }
}

fn header_of(
    asking: &Asking<'_>,
    asked: &ResultRequest,
    (order, segment): (&Order, ResultSegment),
) -> ResultHeader {
    let mut header = result_header(asked, segment, asking.now);
    tell_order(&mut header, order);
    header
}

/// Puts into a header what an order is known by and how far it is.
pub(super) fn tell_order(header: &mut ResultHeader, order: &Order) {
    if header.file_identifier.is_none() {
        header.file_identifier.clone_from(&order.identifier);
    }
    header.confirmation_date = (order.kind == BulkKind::Checks).then(|| order.day.to_compact());
    if order.state != BulkState::Listing {
        header.processed = Some(order.progress.done.to_string());
        header.processed_well = Some(order.progress.normal.to_string());
        header.failed = Some(order.progress.errors().to_string());
    }
}
