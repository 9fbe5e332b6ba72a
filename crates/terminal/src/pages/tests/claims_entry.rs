//! The claims entry as browsers use it: a file goes in pieces the center takes, and a sign-in takes the place of another at the center, too.

use std::sync::Mutex;

use api::claims::{ClaimsSession, ClaimsSignIn, ClaimsUpload, ClaimsUploadEnd};
use api::problem::Trouble;
use api::problem::claims::ClaimsTrouble;
use api::routes;
use axum::body::Bytes;
use axum::http::Request;
use axum::http::request::Parts;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use super::copies::Center;
use super::own_passwords::{claimant, form};
use crate::lock::tests::{Terminal, claims_login};

/// What the center of a test knows of its claims entry.
#[derive(Default)]
pub(super) struct Entry {
    /// Bytes one request may bring.
    most: usize,
    /// What arrived of the file.
    arrived: Vec<u8>,
    /// Pieces it arrived in.
    pieces: usize,
    /// Whether the next piece is told as too slow, and arrives once somebody asked for it.
    is_late: bool,
    /// A piece that arrives late.
    held: Vec<u8>,
    /// Tokens that were signed out.
    signed_out: Vec<String>,
}

/// Whether it is asked of the entry's sign-ins and files.
pub(super) fn is_asked(path: &str) -> bool {
    path.starts_with(routes::CLAIMS_SESSIONS) || path.starts_with(routes::CLAIMS_UPLOADS)
}

/// What the entry answers.
pub(super) async fn answer(
    request: hyper::Request<Incoming>,
    entry: &Mutex<Entry>,
) -> std::io::Result<hyper::Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let (status, body) = entry.lock().unwrap().reply(&head, &body);
    let answer = hyper::Response::builder().status(status);
    Ok(answer.body(Full::from(body)).unwrap())
}

impl Entry {
    fn reply(&mut self, head: &Parts, body: &[u8]) -> (u16, Vec<u8>) {
        let refused = |trouble: Trouble| {
            let problem = trouble.problem();
            (problem.status, serde_json::to_vec(&problem).unwrap())
        };
        match (head.method.as_str(), head.uri.path()) {
            ("POST", routes::CLAIMS_SESSIONS) => {
                let asked: ClaimsSignIn = serde_json::from_slice(body).unwrap();
                let session = ClaimsSession {
                    token: asked.tenant.clone(),
                    tenant: asked.tenant,
                    ..claims_login().session
                };
                (201, serde_json::to_vec(&session).unwrap())
            }
            ("DELETE", routes::CLAIMS_SESSION_CURRENT) => {
                let token = head.headers["authorization"].to_str().unwrap();
                self.signed_out.push(token.to_owned());
                (204, Vec::new())
            }
            ("POST", routes::CLAIMS_UPLOADS) => (201, self.upload()),
            ("PUT", "/v1/claims/uploads/u/content") if self.most < body.len() => {
                refused(Trouble::BodyTooLarge)
            }
            ("GET", "/v1/claims/uploads/u") => {
                let known = self.upload();
                self.arrived.append(&mut self.held);
                (200, known)
            }
            ("PUT", "/v1/claims/uploads/u/content") if std::mem::take(&mut self.is_late) => {
                self.held = body.to_vec();
                refused(Trouble::TooSlow)
            }
            ("PUT", "/v1/claims/uploads/u/content") => {
                let here = format!("from={}", self.arrived.len());
                if head.uri.query() != Some(here.as_str()) {
                    return refused(Trouble::Claims(ClaimsTrouble::Offset));
                }
                self.arrived.extend_from_slice(body);
                self.pieces += 1;
                (200, self.upload())
            }
            ("POST", "/v1/claims/uploads/u/end") => {
                let end: ClaimsUploadEnd = serde_json::from_slice(body).unwrap();
                let submission = serde_json::json!({
                    "account": "seikyu", "claims": 0, "file_name": "RECEIPTC.UKE", "findings": 0, "id": "s",
                    "number": "S202701150001", "points": 0, "refused": 0, "sent_at": "2027-01-15T08:00:00.000000Z",
                    "sha256": end.sha256, "size_bytes": end.size_bytes, "state": "checking", "to_confirm": 0,
                });
                (201, serde_json::to_vec(&submission).unwrap())
            }
            _ => refused(Trouble::NotFound),
        }
    }

    fn upload(&self) -> Vec<u8> {
        let upload = ClaimsUpload {
            account: "seikyu".into(),
            corrects: None,
            file_name: "RECEIPTC.UKE".into(),
            id: "u".into(),
            most_bytes: self.most as u64,
            offset: self.arrived.len() as u64,
            started_at: "2027-01-15T08:00:00.000000Z".into(),
            submission: None,
        };
        serde_json::to_vec(&upload).unwrap()
    }
}

#[tokio::test]
async fn a_file_goes_in_pieces_of_the_size_the_center_takes() {
    let center = Center::start().await;
    center.entry.lock().unwrap().most = 4_096;
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    let file: String = ('a'..='z').cycle().take(20_000).collect();
    send(&terminal, &cookie, &file).await;
    let entry = center.entry.lock().unwrap();
    assert_eq!(
        (entry.arrived.as_slice(), entry.pieces),
        (file.as_bytes(), 5)
    );
}

#[tokio::test]
async fn a_piece_that_arrived_after_it_was_given_up_is_not_sent_again() {
    let center = Center::start().await;
    {
        let mut entry = center.entry.lock().unwrap();
        (entry.most, entry.is_late) = (1 << 20, true);
    }
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    let file: String = ('a'..='z').cycle().take((1 << 20) + 26).collect();
    send(&terminal, &cookie, &file).await;
    let entry = center.entry.lock().unwrap();
    assert!(entry.arrived == file.as_bytes() && entry.held.is_empty());
    assert_eq!(entry.pieces, 1, "what was left behind the late one");
}

/// Sends a file from the page.
async fn send(terminal: &Terminal, cookie: &str, file: &str) {
    let request = Request::post("/claims/send")
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=b");
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"RECEIPTC.UKE\"\r\n\r\n{file}\r\n--b--\r\n"
    );
    let page = terminal.send(request, body).await;
    assert_eq!(
        page.header("location"),
        "/claims/submissions/s",
        "{}",
        page.text
    );
}

#[tokio::test]
async fn a_sign_in_at_another_review_body_ends_the_earlier_one_at_the_center() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = claimant(&terminal);
    for (tenant, ended) in [
        ("federation-13", "Bearer t"),
        ("fund", "Bearer federation-13"),
    ] {
        let typed = form(&[
            ("tenant", tenant),
            ("place", "0"),
            ("account", "seikyu"),
            ("password", "Seikyu-7654321"),
        ]);
        let page = terminal.post("/claims/sign-in", &cookie, &typed).await;
        assert_eq!(page.header("location"), "/claims/work", "{}", page.text);
        let signed_out = center.entry.lock().unwrap().signed_out.pop();
        assert_eq!(signed_out.as_deref(), Some(ended));
    }
}
