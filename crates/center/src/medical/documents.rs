//! `/v1/medical/patients/{id}/documents` (G27): what a look shows, as a PDF or an XML file. The look is on record before a byte of the file exists;
//! who may not be seen is as unknown here as anywhere.

use api::medical::document::{DocumentFormat, DocumentRequest};
use api::problem::Trouble;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::medical_information::drugs::Source;
use domain::permit::ViewMedicalPages;
use exchange::medical_document;
use store::sight::Seen;

use super::seen;
use crate::app::{App, Shared};
use crate::extract::{Body, Granted};
use crate::link::apart;
use crate::printing;
use crate::trouble::Refused;

pub(crate) async fn take(
    State(app): State<App>,
    Granted(permit): Granted<ViewMedicalPages>,
    Path(id): Path<String>,
    body: Body<DocumentRequest>,
) -> Result<Response, Refused> {
    let read = body.value.read();
    let (format, wish) = read.map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    // Before the look, so that none is recorded for a file that is not made: each holds its file in memory.
    let _turn = app.exporting.acquire().await.map_err(|_| Trouble::Busy)?;
    let seen = seen(&app, &permit, &id, wish).await?;
    let name = format!(
        "attachment; filename=\"onshi-medical-{}.{}\"",
        seen.look.at.to_compact_in_japan(),
        format.extension()
    );
    let writer = app.clone();
    let bytes = apart(move || write(&writer, format, &seen)).await??;
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

fn write(app: &Shared, format: DocumentFormat, seen: &Seen) -> Result<Vec<u8>, Refused> {
    match format {
        DocumentFormat::Pdf => printing::record(app, seen, Source::ALL),
        DocumentFormat::Xml => {
            let written = medical_document::to_xml(&seen.look, &seen.person, &seen.information);
            Ok(written.map_err(|error| {
                tracing::error!(reason = %error, "a document of medical information cannot be written");
                Trouble::Internal
            })?)
        }
    }
}
