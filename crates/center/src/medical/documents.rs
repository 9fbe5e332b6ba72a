//! `/v1/medical/patients/{id}/documents` (G27): what a look shows, as a PDF or an XML file. The look is on record before a byte of the file exists;
//! who may not be seen is as unknown here as anywhere.

use api::medical::LookWish;
use api::medical::document::{DocumentFormat, DocumentRequest};
use api::problem::Trouble;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::medical_information::drugs::Source;
use domain::medical_information::kind::InformationKind;
use domain::medical_information::look::Months;
use domain::permit::ViewMedicalPages;
use exchange::medical_document::{self, People};
use store::sight::Seen;

use super::seen;
use crate::extract::{Body, Granted};
use crate::link::apart;
use crate::printing;
use crate::records::Records;
use crate::trouble::{Refused, internal};

pub(crate) async fn take(
    State(records): State<Records>,
    Granted(permit): Granted<ViewMedicalPages>,
    Path(id): Path<String>,
    body: Body<DocumentRequest>,
) -> Result<Response, Refused> {
    let read = body.value.read();
    let (format, wish) = read.map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    // Before the look, so that none is recorded for a file that is not made: each holds its file in memory.
    let _turn = records
        .exporting
        .acquire()
        .await
        .map_err(|_| Trouble::Busy)?;
    let mut found = seen(&records, &permit, &id, wish.clone()).await?;
    let mut all_years: Vec<InformationKind> = Vec::new();
    if body.value.all_years && wish.months != Months::default() {
        all_years.extend(InformationKind::ALL);
        all_years.retain(|kind| {
            kind.is_of_all_years() && found.look.under.iter().any(|it| it.kind == *kind)
        });
    }
    if !all_years.is_empty() {
        let wish = LookWish {
            kinds: Some(all_years.clone()),
            months: Months::default(),
            ..wish
        };
        let whole = seen(&records, &permit, &id, wish).await?.information;
        found.information.surgeries = whole.surgeries;
        found.information.checkups = whole.checkups;
    }
    let about = match records.people {
        People::Real => "medical",
        People::MadeUp => "training",
    };
    let name = format!(
        "attachment; filename=\"onshi-{about}-{}.{}\"",
        found.look.at.to_compact_in_japan(),
        format.extension()
    );
    let writer = records.clone();
    let bytes = apart(move || write(&writer, format, &found, &all_years)).await??;
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

/// The file of what was seen, with the kinds of it that are of all years, whatever the months.
fn write(
    records: &Records,
    format: DocumentFormat,
    seen: &Seen,
    all_years: &[InformationKind],
) -> Result<Vec<u8>, Refused> {
    match format {
        DocumentFormat::Pdf => printing::record(records, seen, Source::ALL, all_years),
        DocumentFormat::Xml => {
            let written = medical_document::to_xml(
                &seen.look,
                &seen.person,
                &seen.information,
                all_years,
                records.people,
            );
            written.map_err(internal(
                "a document of medical information cannot be written",
            ))
        }
    }
}
