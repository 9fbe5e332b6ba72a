//! Where a claims account works: the time claims are taken, a file to send, files on their way, and what was sent. Keeps nothing.

use api::claims::ClaimsUpload;
use api::claims::submission::ClaimsSubmission;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use ui::component::{Banner, Fault, NextPage, TextField, Tone, Width};
use ui::language::Words;

use super::contacts::Contacts;
use super::{Claimant, WORK};
use crate::days;
use crate::pages::{Filled, Frame, show};
use crate::serve::App;

#[derive(Template)]
#[template(path = "claims_work.html")]
pub(in crate::pages) struct WorkPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) tenant: String,
    pub(in crate::pages) who: String,
    pub(in crate::pages) window: String,
    pub(in crate::pages) file: TextField,
    pub(in crate::pages) uploads: Vec<Open>,
    pub(in crate::pages) heads: Vec<String>,
    pub(in crate::pages) lines: Vec<Line>,
    pub(in crate::pages) next: Option<NextPage>,
    /// Whether newer ones stand on a page before.
    pub(in crate::pages) is_further: bool,
    pub(in crate::pages) contacts: Contacts,
}

/// A file on its way.
pub(in crate::pages) struct Open {
    pub(in crate::pages) id: String,
    pub(in crate::pages) text: String,
}

/// A submission in the list.
pub(in crate::pages) struct Line {
    pub(in crate::pages) id: String,
    pub(in crate::pages) number: String,
    pub(in crate::pages) sent: String,
    pub(in crate::pages) file_name: String,
    pub(in crate::pages) counts: String,
    pub(in crate::pages) state: String,
    pub(in crate::pages) tone: &'static str,
    pub(in crate::pages) is_correction: bool,
}

/// A submission as its line says it.
pub(super) fn line(it: &ClaimsSubmission, words: &Words) -> Line {
    let (state, tone) = match it.state.as_str() {
        "checking" => ("claims-state-checking", "warn"),
        "refused" => ("claims-state-refused", "bad"),
        "checked" => ("claims-state-checked", "warn"),
        "accepted" => ("claims-state-accepted", "good"),
        _ => ("claims-state-withdrawn", "bad"),
    };
    let counts = [
        ("claims", it.claims),
        ("refused", it.refused),
        ("confirm", it.to_confirm),
    ];
    Line {
        id: it.id.clone(),
        number: it.number.clone(),
        sent: days::show_instant(&it.sent_at),
        file_name: it.file_name.clone(),
        counts: words.say_with("claims-counts", &counts),
        state: words.say(state),
        tone,
        is_correction: it.corrects.is_some(),
    }
}

/// A field for a claim file.
pub(super) fn file_field(words: &Words) -> TextField {
    TextField {
        width: Width::Full,
        support: words.say("claims-file-support"),
        ..TextField::new("file", words.say("claims-file"))
    }
}

/// How much of a file arrived.
pub(super) fn arrived(it: &ClaimsUpload, words: &Words) -> String {
    let of = [
        ("name", it.file_name.clone()),
        ("bytes", it.offset.to_string()),
    ];
    words.say_with("claims-upload-open", &of)
}

pub(crate) async fn page(State(app): State<App>, claimant: Claimant) -> Response {
    shown(&app, &claimant, StatusCode::OK, None).await
}

/// Where a further page of the list begins.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct FurtherForm {
    after: String,
}

/// A further page of the list: what was sent before.
pub(crate) async fn further(
    State(app): State<App>,
    claimant: Claimant,
    Filled(form): Filled<FurtherForm>,
) -> Response {
    behind(&app, &claimant, Some(&form.after), (StatusCode::OK, None)).await
}

/// The page, with what went wrong on the way to it.
pub(super) async fn shown(
    app: &App,
    claimant: &Claimant,
    status: StatusCode,
    fault: Option<Fault>,
) -> Response {
    behind(app, claimant, None, (status, fault)).await
}

async fn behind(
    app: &App,
    claimant: &Claimant,
    after: Option<&str>,
    (status, fault): (StatusCode, Option<Fault>),
) -> Response {
    let words = claimant.words();
    let (client, token) = (&claimant.client, claimant.token());
    let listed = match after {
        Some(after) => client.claims_submissions_after(token, after).await,
        None => client.claims_submissions(token).await,
    };
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) => return claimant.failed(app, &error),
    };
    let entry = claimant.client.claims_entry().await.ok();
    let tenant = entry.as_ref().and_then(|it| {
        let mut tenants = it.tenants.iter();
        tenants.find(|it| it.id == claimant.session.tenant)
    });
    let mut frame = claimant.visitor.frame(WORK);
    frame
        .banners
        .extend(fault.map(|fault| Banner::new(Tone::Error, fault)));
    let name = &claimant.session.tenant_name;
    let heads = [
        "claims-number",
        "claims-sent",
        "claims-file-name",
        "claims-claims",
        "state",
    ];
    let open = listed.uploads.iter().map(|it| Open {
        id: it.id.clone(),
        text: arrived(it, words),
    });
    let page = WorkPage {
        tenant: words.choose(&name.ja, &name.en).clone(),
        who: claimant.session.account.display_name.clone(),
        window: tenant.map_or_else(String::new, |it| super::window(&it.submission, words)),
        file: file_field(words),
        uploads: open.collect(),
        heads: heads.into_iter().map(|it| words.say(it)).collect(),
        lines: listed
            .submissions
            .iter()
            .map(|it| line(it, words))
            .collect(),
        next: listed.next.as_ref().map(|next| NextPage {
            action: WORK,
            terms: vec![("after", next.clone())],
        }),
        is_further: after.is_some(),
        contacts: Contacts::of(app, words),
        frame,
    };
    show(status, &page)
}
