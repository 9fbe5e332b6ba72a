//! Conditional requests (RFC 9110 §13.1): an answer gets an `ETag`, and nothing comes back while it is the one at hand. Changes no
//! answer but a successful one.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::trouble::Refused;

pub(crate) async fn read(request: Request, next: Next) -> Response {
    let at_hand = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The bodies of our own answers lie in memory already.
    let bytes = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Refused::internal("an answer has no end", &error).into_response(),
    };
    let tag = match parts.headers.get(header::ETAG) {
        Some(tag) => tag.clone(),
        None => tag_of(&bytes),
    };
    parts.headers.insert(header::ETAG, tag.clone());
    if at_hand.is_some_and(|at_hand| names(&at_hand, &tag)) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// True when an `If-Match` names the version (RFC 9110 §13.1.1); weak ones never do.
pub(crate) fn fits(if_match: &str, version: &str) -> bool {
    let quoted = format!("\"{version}\"");
    if_match.trim() == "*" || if_match.split(',').any(|tag| tag.trim() == quoted)
}

fn tag_of(bytes: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(bytes);
    let hex: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    HeaderValue::from_str(&format!("\"{hex}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// True when the header names the tag; a weak one counts (RFC 9110 §8.8.3.2).
fn names(at_hand: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(at_hand), Ok(tag)) = (at_hand.to_str(), tag.to_str()) else {
        return false;
    };
    let mut each = at_hand.split(',').map(str::trim);
    at_hand.trim() == "*" || each.any(|one| one.strip_prefix("W/").unwrap_or(one) == tag)
}
