//! Names by which a center is reached, as settings name them: they go into certificates and addresses. Resolves none.

use std::net::{IpAddr, Ipv6Addr};

use rustls_pki_types::DnsName;

use crate::config::Config;

/// A DNS name or an address, without scheme and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl HostName {
    /// Reads a name; `None` where the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bracketed = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let address = match bracketed {
            Some(six) => six.parse::<Ipv6Addr>().ok().map(IpAddr::from),
            None => text.parse::<IpAddr>().ok(),
        };
        if let Some(address) = address {
            return (!address.is_unspecified()).then(|| Self(address.to_string()));
        }
        // What clients of TLS take for a name, and browsers send in small letters.
        let name = DnsName::try_from(text).ok()?;
        Some(Self(name.as_ref().to_ascii_lowercase()))
    }

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

/// Whether certificates may have the text for all names of a domain.
fn is_wildcard(text: &str) -> bool {
    let domain = text.strip_prefix("*.");
    domain.is_some_and(|it| DnsName::try_from(it).is_ok())
}

impl Config {
    /// The names by which others reach the center: those of `host_names` that can be one. Others are not refused, since earlier versions took them.
    #[must_use]
    pub fn hosts(&self) -> Vec<HostName> {
        let names = self.host_names.iter();
        names.filter_map(|it| HostName::parse(it)).collect()
    }

    /// What stands in `host_names` and is no name of a host.
    #[must_use]
    pub fn that_are_no_hosts(&self) -> Vec<&str> {
        let names = self.host_names.iter().map(String::as_str);
        names.filter(|it| HostName::parse(it).is_none()).collect()
    }

    /// The names in the server certificate: the hosts', and wildcards, by which clients reached a center before.
    #[must_use]
    pub(crate) fn certificate_names(&self) -> Vec<String> {
        let hosts = self.hosts();
        let hosts = hosts.iter().map(|it| it.as_str().to_owned());
        let wildcards = self.host_names.iter().filter(|it| is_wildcard(it)).cloned();
        hosts.chain(wildcards).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_is_a_dns_name_or_an_address_alone() {
        for (text, in_address) in [
            ("Center.Example", "center.example"),
            ("center", "center"),
            ("192.0.2.10", "192.0.2.10"),
            ("2001:db8::10", "[2001:db8::10]"),
            ("[2001:db8::10]", "[2001:db8::10]"),
        ] {
            assert_eq!(HostName::parse(text).unwrap().in_address(), in_address);
        }
        for text in [
            "",
            "center.example:8443",
            "https://center.example",
            "*.example",
            "日本",
            "center example",
            "[192.0.2.10]",
            "0.0.0.0",
            "::",
        ] {
            assert_eq!(HostName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_host_name_is_left_out_and_a_wildcard_stays_in_the_certificate() {
        let of = |names: &str| {
            Config::parse(&format!("data_dir = \"x\"\nhost_names = {names}\n")).unwrap()
        };
        let config = of("[\"*.example\", \"center.example:8443\", \"center.example\", \"日本\"]");
        assert_eq!(config.hosts(), [HostName("center.example".into())]);
        assert_eq!(
            config.that_are_no_hosts(),
            ["*.example", "center.example:8443", "日本"]
        );
        assert_eq!(config.certificate_names(), ["center.example", "*.example"]);
        assert!(!config.is_nameless());
        assert!(of("[\"center.example:8443\"]").is_nameless());
        assert!(of("[\"center.example\"]").that_are_no_hosts().is_empty());
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
