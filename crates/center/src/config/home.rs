//! Settings of home care and remote care (G32). What is not known to be official has a default that says so.

use serde::Deserialize;

use crate::config::network::Network;

/// `[home]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Home {
    /// The address that patients and devices use, where something with a certificate of the public stands in front of the listener: it goes into
    /// facilities' addresses and QR codes. Without it, the first of `host_names` and the listener's port.
    pub address: Option<PublicAddress>,
    /// Days after which what a patient agreed to at home ends by itself; without it nothing ends before it is withdrawn. Whether there is an
    /// official end is not known (operations §2.1). With 0 it ends at once.
    pub consent_days: Option<u16>,
    /// Proxies in front of the listener: whom they name in `X-Forwarded-For` counts as the one a request comes from. Nobody else's header counts.
    pub proxies: Vec<Network>,
}

/// An address of the form `https://host` or `https://host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicAddress(String);

/// The text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address of the form https://host or https://host:port")]
pub struct InvalidPublicAddress;

impl TryFrom<String> for PublicAddress {
    type Error = InvalidPublicAddress;

    fn try_from(text: String) -> Result<Self, InvalidPublicAddress> {
        let host = text
            .strip_prefix("https://")
            .map(|it| it.trim_end_matches('/'));
        let fits = |it: &&str| {
            let known = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
            !it.is_empty() && it.bytes().all(known)
        };
        let host = host.filter(fits).ok_or(InvalidPublicAddress)?;
        Ok(Self(host.to_ascii_lowercase()))
    }
}

impl PublicAddress {
    /// Host and port, as browsers name them.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0
    }

    /// The address with a slash at its end.
    #[must_use]
    pub fn base(&self) -> String {
        format!("https://{}/", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_public_is_a_host_over_tls_alone() {
        let read = |text: &str| PublicAddress::try_from(text.to_owned());
        assert_eq!(
            read("https://Home.example/").unwrap().base(),
            "https://home.example/"
        );
        assert_eq!(
            read("https://home.example:8446").unwrap().host(),
            "home.example:8446"
        );
        for text in [
            "http://home.example",
            "home.example",
            "https://",
            "https://home.example/path",
        ] {
            assert_eq!(read(text), Err(InvalidPublicAddress), "{text}");
        }
    }
}
