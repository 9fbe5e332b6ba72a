//! Traces for a collector of OpenTelemetry: `[traces]` of `center.toml` (docs/operations/traces.md). Unknown keys are errors; sends nothing.

use std::num::NonZeroU32;
use std::path::PathBuf;

use axum::http::Uri;
use rustls_pki_types::CertificateDer;
use serde::Deserialize;

/// `[traces]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traces {
    /// The collector's address for OTLP over HTTP.
    pub endpoint: Endpoint,
    /// File with the certificate of the authority that vouches for the collector (PEM); `https` needs one.
    pub root_file: Option<PathBuf>,
    /// Which share of the work is traced, from 0 to 1.
    pub ratio: Share,
    /// Whether callers' `traceparent` counts: then it decides whether a request is traced.
    pub accept_parent: bool,
    /// Traces that wait to be sent; what comes beyond is dropped and counted.
    pub waiting: NonZeroU32,
    /// How long the collector may take to answer.
    pub answer_ms: NonZeroU32,
}

impl Default for Traces {
    fn default() -> Self {
        let most = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            endpoint: Endpoint::default(),
            root_file: None,
            ratio: Share::default(),
            accept_parent: false,
            waiting: most(2_048),
            answer_ms: most(10_000),
        }
    }
}

impl Traces {
    /// Whether this build and the named file allow them.
    ///
    /// # Errors
    /// [`NotTraced`].
    pub fn is_possible(&self) -> Result<(), NotTraced> {
        if !cfg!(feature = "otel") {
            return Err(NotTraced::NotBuilt);
        }
        self.root().map(|_| ())
    }

    /// The authority of an encrypted collector.
    ///
    /// # Errors
    /// [`NotTraced::NoRoot`] and [`NotTraced::Root`].
    pub(crate) fn root(&self) -> Result<Option<CertificateDer<'static>>, NotTraced> {
        if !self.endpoint.is_encrypted() {
            return Ok(None);
        }
        let file = self.root_file.as_ref().ok_or(NotTraced::NoRoot)?;
        let failed = |why: String| NotTraced::Root(file.clone(), why);
        let bytes = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
        let root = pki::identity::first_certificate(&bytes);
        root.ok_or_else(|| failed("no certificate (PEM)".into()))
            .map(Some)
    }
}

/// A share, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Share(f64);

/// The number is no share.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a share is a number from 0 to 1, and not {0}")]
pub struct NoShare(f64);

impl Default for Share {
    fn default() -> Self {
        Self(0.01)
    }
}

impl TryFrom<f64> for Share {
    type Error = NoShare;

    fn try_from(share: f64) -> Result<Self, NoShare> {
        let fits = (0.0..=1.0).contains(&share);
        fits.then_some(Self(share)).ok_or(NoShare(share))
    }
}

impl Share {
    /// The number.
    #[must_use]
    pub fn number(self) -> f64 {
        self.0
    }
}

/// Where a collector is: `http` to this machine alone, `https` to any.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Endpoint(String);

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// The text is no collector's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// It is no address.
    #[error(
        "not an address of the form http://127.0.0.1:4318 or https://host:4318, without what comes after `?` or before `@`"
    )]
    Form,
    /// Unencrypted to another machine.
    #[error(
        "plain http goes to this machine alone (127.0.0.1, [::1], localhost); name another one by https"
    )]
    Plain,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self("http://127.0.0.1:4318".into())
    }
}

impl TryFrom<String> for Endpoint {
    type Error = InvalidEndpoint;

    fn try_from(text: String) -> Result<Self, InvalidEndpoint> {
        let uri: Uri = text.parse().map_err(|_| InvalidEndpoint::Form)?;
        let authority = uri.authority().ok_or(InvalidEndpoint::Form)?;
        if uri.query().is_some() || authority.as_str().contains('@') || authority.host().is_empty()
        {
            return Err(InvalidEndpoint::Form);
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_own(authority.host()) => {}
            Some("http") => return Err(InvalidEndpoint::Plain),
            Some(_) | None => return Err(InvalidEndpoint::Form),
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// Whether a host is this machine.
fn is_own(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = host.parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |it| it.is_loopback())
}

impl Endpoint {
    /// Whether it is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.starts_with("https")
    }

    /// The address without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why no traces can be sent, though the settings ask for them.
#[derive(Debug, thiserror::Error)]
pub enum NotTraced {
    /// The program was built without them.
    #[error(
        "[traces]: this build has none; build it with `cargo build --release -p cli --features otel`, or take [traces] out of the settings"
    )]
    NotBuilt,
    /// `https` without an authority.
    #[error(
        "traces.root_file: an https collector needs the file of its authority's certificate (PEM)"
    )]
    NoRoot,
    /// The random generator.
    #[error("the system's random generator failed")]
    Random,
    /// The authority's file.
    #[error("traces.root_file {0}: {1}")]
    Root(PathBuf, String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn of(text: &str) -> Result<Option<Traces>, String> {
        let config = Config::parse(&format!("data_dir = \"x\"\n{text}"));
        config
            .map(|it| it.traces)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_traced_unless_the_table_stands_there() {
        assert_eq!(of(""), Ok(None));
        let traces = of("[traces]").unwrap().unwrap();
        assert_eq!(traces, Traces::default());
        assert_eq!(traces.endpoint.as_str(), "http://127.0.0.1:4318");
        assert!(!traces.accept_parent);
    }

    #[test]
    fn a_share_is_from_none_to_all() {
        for (text, share) in [("0", 0.0), ("1", 1.0), ("0.25", 0.25)] {
            let traces = of(&format!("[traces]\nratio = {text}")).unwrap().unwrap();
            assert!((traces.ratio.number() - share).abs() < f64::EPSILON);
        }
        for text in ["-0.1", "1.01", "nan", "inf"] {
            let refused = of(&format!("[traces]\nratio = {text}")).unwrap_err();
            assert!(refused.contains("line 3"), "{refused}");
        }
    }

    #[test]
    fn plain_http_goes_to_this_machine_alone() {
        let read = |text: &str| Endpoint::try_from(text.to_owned());
        for text in [
            "http://127.0.0.1:4318",
            "http://localhost:4318",
            "http://[::1]:4318",
            "https://collector.example:4318",
            "https://collector.example/otlp",
        ] {
            assert_eq!(read(text).unwrap().as_str(), text);
        }
        let slash = read("https://collector.example/").unwrap();
        assert_eq!(slash.as_str(), "https://collector.example");
        for text in [
            "http://collector.example:4318",
            "http://192.0.2.1",
            "http://0.0.0.0",
        ] {
            assert_eq!(read(text), Err(InvalidEndpoint::Plain), "{text}");
        }
        for text in [
            "",
            "127.0.0.1:4318",
            "grpc://127.0.0.1:4317",
            "https://",
            "https://user:password@collector.example",
            "https://collector.example/?key=1",
        ] {
            assert_eq!(read(text), Err(InvalidEndpoint::Form), "{text}");
        }
    }
}
