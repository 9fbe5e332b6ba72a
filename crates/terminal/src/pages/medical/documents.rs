//! A patient's information as a file, PDF or XML. Each file is a look of its own on record at the center, which makes it; nothing of it is kept
//! here, and its name says nothing of the patient.

use api::client::ClientError;
use api::medical::document::{DocumentFormat, DocumentRequest};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::kind::InformationKind;
use serde::Deserialize;

use super::HERE;
use super::view::{Span, ViewForm, not_seen};
use crate::pages::{Filled, Staff};
use crate::serve::App;
use crate::training::Ground;

/// The form of the file, and what was shown when it was asked for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct DocumentForm {
    format: String,
    #[serde(flatten)]
    view: ViewForm,
}

pub(crate) async fn take(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(form): Filled<DocumentForm>,
) -> Response {
    let now = app.now();
    let months = form.view.months(now.date_in_japan(), &staff.words);
    let formats = [DocumentFormat::Pdf, DocumentFormat::Xml];
    let format = formats.into_iter().find(|it| it.extension() == form.format);
    let (Ok(span), Some(format)) = (months, format) else {
        return Redirect::to(&staff.ground.at(&format!("{HERE}/{id}"))).into_response();
    };
    let names = |kinds: Vec<InformationKind>| {
        let kinds = kinds.iter();
        kinds.map(|it| it.as_str().to_owned()).collect()
    };
    let request = DocumentRequest {
        // As the page shows them; without months the file is of all years by itself.
        all_years: span != Span::default(),
        format: form.format,
        from: span.from.map(TreatmentMonth::to_iso),
        kinds: form.view.kinds().map(names),
        purpose: None,
        until: span.until.map(TreatmentMonth::to_iso),
    };
    let bytes = match file(&staff, &id, request).await {
        Ok(bytes) => bytes,
        Err(error) => return not_seen(&app, &staff, &error),
    };
    let about = match staff.ground {
        Ground::Real => "medical",
        Ground::Training => "training",
    };
    let name = format!(
        "attachment; filename=\"onshi-{about}-{}.{}\"",
        now.to_compact_in_japan(),
        format.extension()
    );
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, bytes).into_response()
}

/// The file. A center of a version that knows no `all_years` refuses whoever names it, before it looks: it is asked once more without, and its
/// file is of its months alone and says so.
async fn file(staff: &Staff, id: &str, mut request: DocumentRequest) -> Result<Bytes, ClientError> {
    let client = &staff.client;
    let taken = client
        .take_medical_document(staff.token(), id, &request)
        .await;
    let is_not_read = matches!(
        &taken,
        Err(ClientError::Problem(problem)) if problem.code == "invalid_json"
    );
    if !(request.all_years && is_not_read) {
        return taken;
    }
    request.all_years = false;
    client
        .take_medical_document(staff.token(), id, &request)
        .await
}
