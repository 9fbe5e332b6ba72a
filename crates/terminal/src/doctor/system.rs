//! What the operating system tells of network and devices: files below `/proc/self` and `/sys`, read only, so that a service which sees
//! nothing else of `/proc` can read them. Linux alone; where a file is missing nothing is told, and the doctor says that it did not look.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Where the system tells of itself.
#[derive(Debug, Clone)]
pub struct System {
    /// `/proc`.
    pub proc: PathBuf,
    /// `/sys`.
    pub sys: PathBuf,
    /// `/etc/resolv.conf`.
    pub resolv_conf: PathBuf,
    /// The port of name servers.
    pub name_server_port: u16,
}

impl Default for System {
    fn default() -> Self {
        Self {
            proc: "/proc".into(),
            sys: "/sys".into(),
            resolv_conf: "/etc/resolv.conf".into(),
            name_server_port: 53,
        }
    }
}

/// A network interface other than loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) name: String,
    /// Whether a cable or radio link is there.
    pub(super) is_linked: bool,
}

/// Flag of a route that is up (`RTF_UP`).
const UP: u32 = 0x1;

/// Flag of a neighbour whose address is known (`ATF_COM`).
const COMPLETE: u32 = 0x2;

impl System {
    /// The interfaces; `None` where the system does not tell.
    pub(super) fn interfaces(&self) -> Option<Vec<Interface>> {
        let mut interfaces = Vec::new();
        for entry in std::fs::read_dir(self.sys.join("class/net")).ok()? {
            let Ok(entry) = entry else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == "lo" {
                continue;
            }
            // An interface that is switched off gives an error in place of its carrier.
            let carrier = std::fs::read_to_string(entry.path().join("carrier"));
            interfaces.push(Interface {
                name,
                is_linked: carrier.is_ok_and(|it| it.trim() == "1"),
            });
        }
        interfaces.sort_by(|a, b| a.name.cmp(&b.name));
        Some(interfaces)
    }

    /// The next router on the way out: `None` where the system does not tell, `Some(None)` where there is no way out.
    pub(super) fn router(&self) -> Option<Option<IpAddr>> {
        let text = std::fs::read_to_string(self.proc.join("self/net/route")).ok()?;
        let four = text.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, destination, gateway, flags, _, _, _, mask, ..] = fields.as_slice() else {
                return None;
            };
            let number = |text: &str| u32::from_str_radix(text, 16).ok();
            let is_default = number(destination)? == 0 && number(mask)? == 0;
            let is_up = number(flags)? & UP != 0;
            // Written in the machine's order of bytes.
            let gateway = Ipv4Addr::from(number(gateway)?.to_ne_bytes());
            (is_default && is_up).then_some(IpAddr::V4(gateway))
        });
        Some(four.or_else(|| self.router6()))
    }

    fn router6(&self) -> Option<IpAddr> {
        let text = std::fs::read_to_string(self.proc.join("self/net/ipv6_route")).ok()?;
        text.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [destination, length, _, _, gateway, _, _, _, _, interface] = fields.as_slice()
            else {
                return None;
            };
            let is_default = destination.bytes().all(|it| it == b'0') && *length == "00";
            let bits = u128::from_str_radix(gateway, 16).ok()?;
            let leads_out = is_default && *interface != "lo" && bits != 0;
            leads_out.then(|| IpAddr::from(bits.to_be_bytes()))
        })
    }

    /// Whether a router of the local network answers; `None` where the system does not know or tell.
    pub(super) fn answers(&self, router: IpAddr) -> Option<bool> {
        let text = std::fs::read_to_string(self.proc.join("self/net/arp")).ok()?;
        let own = router.to_string();
        text.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [address, _, flags, ..] = fields.as_slice() else {
                return None;
            };
            let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok()?;
            (*address == own).then_some(flags & COMPLETE != 0)
        })
    }

    /// The name servers of the settings.
    pub(super) fn name_servers(&self) -> Vec<SocketAddr> {
        let text = std::fs::read_to_string(&self.resolv_conf).unwrap_or_default();
        let servers = text.lines().filter_map(|line| {
            let address = line.trim().strip_prefix("nameserver")?.trim();
            let address = address.split(['%', ' ', '\t']).next()?;
            let address: IpAddr = address.parse().ok()?;
            Some(SocketAddr::new(address, self.name_server_port))
        });
        servers.collect()
    }

    /// Names of input devices; `None` where the system does not tell.
    pub(super) fn input_devices(&self) -> Option<Vec<String>> {
        let entries = std::fs::read_dir(self.sys.join("class/input")).ok()?;
        let names = entries.flatten().filter_map(|entry| {
            let name = std::fs::read_to_string(entry.path().join("device/name")).ok()?;
            Some(name.trim().to_owned())
        });
        Some(names.collect())
    }
}
