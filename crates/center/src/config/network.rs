//! Addresses and networks as settings name them. Resolves no name.

use std::net::IpAddr;

use serde::Deserialize;

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

#[cfg(test)]
mod tests {
    use super::*;

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
