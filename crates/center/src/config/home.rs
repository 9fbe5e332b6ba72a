//! Settings of home care and remote care (G32). What is not known to be official has a default that says so.

use std::net::IpAddr;

use serde::Deserialize;

/// `[home]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Home {
    /// The address that patients and devices use, where something with a certificate of the public stands in front of the listener: it goes into
    /// facilities' addresses and QR codes. Without it, the first of `host_names` and the listener's port.
    pub address: Option<PublicAddress>,
    /// Days after which what a patient agreed to at home ends by itself; without it nothing ends before it is withdrawn. Whether there is an
    /// official end is not known (operations §2.1).
    pub consent_days: Option<u16>,
    /// Proxies in front of the listener: whom they name in `X-Forwarded-For` counts as the one a request comes from. Nobody else's header counts.
    pub proxies: Vec<Network>,
}

/// An address, or all that begin as it does: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    /// In the form of IPv6, where an IPv4 address has its last 32 bits.
    bits: u128,
    /// How many of the first bits count.
    length: u32,
}

/// The text is no such network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a network of the form 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32")]
pub struct InvalidNetwork;

impl TryFrom<String> for Network {
    type Error = InvalidNetwork;

    fn try_from(text: String) -> Result<Self, InvalidNetwork> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text.as_str(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork)?;
        let (bits, own) = match address {
            IpAddr::V4(four) => (four.to_ipv6_mapped().to_bits(), 32),
            IpAddr::V6(six) => (six.to_bits(), u128::BITS),
        };
        let digits = |it: &&str| it.bytes().all(|b| b.is_ascii_digit());
        let length = match length {
            None => own,
            Some(text) => {
                let text = Some(text).filter(digits).ok_or(InvalidNetwork)?;
                text.parse().map_err(|_| InvalidNetwork)?
            }
        };
        if own < length {
            return Err(InvalidNetwork);
        }
        let length = u128::BITS - own + length;
        Ok(Self { bits, length })
    }
}

impl Network {
    /// Whether an address lies in it; an IPv4 address in the form of IPv6 is the same address.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let bits = match address {
            IpAddr::V4(four) => four.to_ipv6_mapped().to_bits(),
            IpAddr::V6(six) => six.to_bits(),
        };
        self.length <= (self.bits ^ bits).leading_zeros()
    }
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

    #[test]
    fn a_network_holds_the_addresses_that_begin_as_it_does() {
        let holds = |network: &str, address: &str| {
            let network = Network::try_from(network.to_owned()).unwrap();
            network.holds(address.parse().unwrap())
        };
        assert!(holds("192.0.2.1", "192.0.2.1"));
        assert!(holds("192.0.2.1", "::ffff:192.0.2.1"));
        assert!(!holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("192.0.2.0/24", "192.0.2.255"));
        assert!(!holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("0.0.0.0/0", "198.51.100.7"));
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("::/0", "192.0.2.1"));
        for text in [
            "",
            "localhost",
            "192.0.2.0/33",
            "192.0.2.0/",
            "192.0.2.0/+8",
            "2001:db8::/129",
            "192.0.2.1:443",
        ] {
            assert_eq!(Network::try_from(text.to_owned()), Err(InvalidNetwork));
        }
    }
}
