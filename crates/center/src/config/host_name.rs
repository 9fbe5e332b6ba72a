//! Names by which a center is reached, as settings name them: they go into certificates and addresses. Resolves none.

use std::net::IpAddr;

use rustls_pki_types::DnsName;
use serde::Deserialize;

/// A DNS name or an address, without scheme and port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HostName(String);

/// The text is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "ホスト名（center.example など）か IP アドレスを、https:// もポートも付けずに書いてください。* や日本語の名前は使えません。 / \
     write a host name such as center.example, or an IP address, without https:// and port; no *, and letters of ASCII alone"
)]
pub struct InvalidHostName;

impl TryFrom<String> for HostName {
    type Error = InvalidHostName;

    fn try_from(text: String) -> Result<Self, InvalidHostName> {
        if let Ok(address) = text.parse::<IpAddr>() {
            let is_one = !address.is_unspecified();
            return is_one
                .then(|| Self(address.to_string()))
                .ok_or(InvalidHostName);
        }
        // What clients of TLS take for a name, and browsers send in small letters.
        let name = DnsName::try_from(text.as_str()).map_err(|_| InvalidHostName)?;
        Ok(Self(name.as_ref().to_ascii_lowercase()))
    }
}

impl HostName {
    /// As certificates name it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As addresses of pages name it.
    #[must_use]
    pub fn in_address(&self) -> String {
        if self.0.contains(':') {
            format!("[{}]", self.0)
        } else {
            self.0.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_host_name_is_a_dns_name_or_an_address_alone() {
        let read = |text: &str| HostName::try_from(text.to_owned());
        for (text, in_address) in [
            ("Center.Example", "center.example"),
            ("center", "center"),
            ("192.0.2.10", "192.0.2.10"),
            ("2001:db8::10", "[2001:db8::10]"),
        ] {
            assert_eq!(read(text).unwrap().in_address(), in_address);
        }
        for text in [
            "",
            "center.example:8443",
            "https://center.example",
            "*.example",
            "日本",
            "center example",
            "[2001:db8::10]",
            "0.0.0.0",
            "::",
        ] {
            assert_eq!(read(text), Err(InvalidHostName), "{text}");
            let settings = format!("data_dir = \"x\"\nhost_names = [\"{text}\"]\n");
            let error = Config::parse(&settings).unwrap_err().to_string();
            assert!(error.contains("line 2"), "{error}");
        }
    }

    #[test]
    fn a_center_that_others_are_to_reach_without_a_name_is_told_from_one_for_this_machine() {
        let parse = |further: &str| Config::parse(&format!("data_dir = \"x\"\n{further}")).unwrap();
        let own = "[listen]\napi = \"127.0.0.1:0\"\nenroll = \"[::1]:0\"\n";
        assert!(parse("").is_nameless());
        assert!(!parse(own).is_nameless());
        assert!(parse(&own.replace("[::1]", "0.0.0.0")).is_nameless());
        assert!(!parse("host_names = [\"center.example\"]\n").is_nameless());
        let home = format!("{own}home = \"0.0.0.0:0\"\n");
        assert!(parse(&home).is_nameless());
        assert!(
            !parse(&format!(
                "{home}[home]\naddress = \"https://home.example\"\n"
            ))
            .is_nameless()
        );
    }
}
