//! Messages about the client certificate (G08-G10): its state as the center knows it, and the report of a lost file. Hold no key.

use serde::{Deserialize, Serialize};

/// Answer of `GET /v1/certificates/current`: the certificate of the connection that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CertificateState {
    /// Institution code (発行先).
    pub facility: String,
    /// SHA-256, hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub fingerprint: String,
    /// When the loss of its file was reported, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub lost_at: Option<String>,
    /// Last instant of validity, RFC 3339.
    #[schema(format = DateTime)]
    pub not_after: String,
    /// First day on which it may be renewed.
    #[schema(format = Date)]
    pub renewable_from: String,
    /// Whether one renewed from it is in use already.
    pub renewed: bool,
    /// Terminal name (端末名称等).
    pub terminal: String,
}

/// Body of `POST /v1/certificates/current/loss`: the file of the certificate that asks, or the stick it lay on, was lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LossReport {}
