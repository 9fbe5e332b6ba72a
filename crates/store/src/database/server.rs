//! Where a database of a PostgreSQL server is found, how it is reached, and how long it is waited for. Connects to nothing by itself.

mod encryption;
mod pipeline;
pub(crate) mod pool;
pub(crate) mod replicas;
pub(crate) mod speaker;

use std::fmt;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use self::encryption::Encryption;
pub use self::encryption::InvalidRoots;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// What a connection may take at least, however short all other limits are.
const LEAST_CONNECT: Duration = Duration::from_secs(1);

/// How long a statement may take where nothing else is said: the server ends it then.
const STATEMENT: Duration = Duration::from_secs(60);

/// How far a replica may be behind where nothing else is said.
const BEHIND: Duration = Duration::from_secs(1);

/// After this long without a sign of life of the other end a connection counts as cut.
const CUT: Duration = Duration::from_secs(8);

/// Why an address of a server is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// It does not read as one.
    #[error(
        "not an address of a PostgreSQL database, which is postgres://USER@HOST:PORT/DATABASE or postgres:///DATABASE?host=/run/postgresql&user=USER: {0}"
    )]
    Unreadable(String),
    /// It wants encryption, and by whom the server is known is not said.
    #[error(
        "sslmode={0} needs the certificates of the authorities that vouch for the server (root_file)"
    )]
    NoRoots(&'static str),
    /// It wants less than that every connection is encrypted, with authorities given all the same, or goes where there is no encryption.
    #[error("with root_file every connection is encrypted: {0} does not go with it")]
    NotEncrypted(&'static str),
    /// The authorities do not read as certificates.
    #[error("root_file: {0}")]
    Roots(#[from] InvalidRoots),
    /// A password would travel, or lie in a settings file that others read.
    #[error("the address holds a password; put it into a file and name that")]
    Password,
}

/// Where a database of a server is found. Shows no password.
#[derive(Clone)]
pub struct Address {
    config: Config,
    encryption: Option<Encryption>,
    connections: usize,
    patience: Duration,
    replicas: Vec<Self>,
    behind: Duration,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |host: &Host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        };
        let hosts: Vec<String> = self.config.get_hosts().iter().map(host).collect();
        let name = self.config.get_dbname().unwrap_or_default();
        write!(f, "PostgreSQL at {}, database {name}", hosts.join(","))
    }
}

impl Address {
    /// Reads `postgres://USER@HOST:PORT/DATABASE`, with several hosts where there are several. It is reached without encryption.
    ///
    /// # Errors
    /// [`InvalidAddress`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let (address, mode) = Self::read(text)?;
        match mode {
            Some(mode @ ("require" | "verify-ca" | "verify-full")) => {
                Err(InvalidAddress::NoRoots(mode))
            }
            Some(_) | None => Ok(address),
        }
    }

    /// Reads an address as [`Address::parse`] does. Every connection is encrypted, to a server that shows a certificate of the address's own
    /// name from one of these authorities (PEM): what others call `verify-full`.
    ///
    /// # Errors
    /// [`InvalidAddress`].
    pub fn parse_encrypted(text: &str, roots: &[u8]) -> Result<Self, InvalidAddress> {
        let (mut address, mode) = Self::read(text)?;
        if let Some(mode @ ("disable" | "allow" | "prefer")) = mode {
            return Err(InvalidAddress::NotEncrypted(mode));
        }
        let is_socket = |host: &Host| matches!(host, Host::Unix(_));
        if address.config.get_hosts().iter().any(is_socket) {
            return Err(InvalidAddress::NotEncrypted("a Unix socket"));
        }
        address.encryption = Some(Encryption::of(roots)?);
        address.config.ssl_mode(SslMode::Require);
        Ok(address)
    }

    /// The address without encryption, and what it says of it.
    fn read(text: &str) -> Result<(Self, Option<&'static str>), InvalidAddress> {
        let unreadable = |why: &str| InvalidAddress::Unreadable(why.to_owned());
        if !is_address(text) {
            return Err(unreadable("it begins otherwise"));
        }
        let (text, mode) = without_mode(text)?;
        let mut config: Config = text
            .parse()
            .map_err(|error: tokio_postgres::Error| unreadable(&error.to_string()))?;
        if config.get_password().is_some() {
            return Err(InvalidAddress::Password);
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(unreadable("it names no host"));
        }
        if config.get_dbname().is_none() {
            return Err(unreadable("it names no database"));
        }
        config
            .ssl_mode(SslMode::Disable)
            .keepalives_retries(2)
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .application_name("onshi");
        let address = Self {
            config,
            encryption: None,
            connections: 16,
            patience: STATEMENT,
            replicas: Vec::new(),
            behind: BEHIND,
        };
        Ok((address.with_patience(STATEMENT), mode))
    }

    /// With a password.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// With so long for a statement at most, and all other limits in proportion. A writer waits a third of it for the turn of another
    /// process, and may stay silent in its own turn for a quarter.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        let cut = self.cut();
        self.config
            .connect_timeout(self.connect())
            .tcp_user_timeout(cut)
            // The system counts these in seconds.
            .keepalives_idle((cut / 2).max(LEAST_CONNECT))
            .keepalives_interval((cut / 4).max(LEAST_CONNECT));
        self
    }

    fn in_proportion(&self, limit: Duration) -> Duration {
        limit.mul_f64(self.patience.as_secs_f64() / STATEMENT.as_secs_f64())
    }

    fn connect(&self) -> Duration {
        self.in_proportion(CONNECT).max(LEAST_CONNECT)
    }

    fn cut(&self) -> Duration {
        self.in_proportion(CUT)
    }

    /// With servers that follow this one, for readings that may be so far behind.
    #[must_use]
    pub fn with_replicas(mut self, replicas: Vec<Self>, behind: Duration) -> Self {
        self.replicas = replicas;
        for replica in &mut self.replicas {
            replica.config.target_session_attrs(TargetSessionAttrs::Any);
        }
        self.behind = behind;
        self
    }

    /// With so many connections for reading at most, two at least; two more write.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }
}

/// What an address says of encryption, and the rest of it.
fn without_mode(text: &str) -> Result<(String, Option<&'static str>), InvalidAddress> {
    const MODES: [&str; 6] = [
        "disable",
        "allow",
        "prefer",
        "require",
        "verify-ca",
        "verify-full",
    ];
    let Some((before, query)) = text.split_once('?') else {
        return Ok((text.to_owned(), None));
    };
    let (said, rest): (Vec<&str>, Vec<&str>) =
        query.split('&').partition(|it| it.starts_with("sslmode="));
    let rest = format!("{before}?{}", rest.join("&"));
    let Some(said) = said.last().and_then(|it| it.strip_prefix("sslmode=")) else {
        return Ok((rest, None));
    };
    let mode = MODES.into_iter().find(|it| *it == said);
    let unknown = || InvalidAddress::Unreadable(format!("sslmode={said} is not known"));
    Ok((rest, Some(mode.ok_or_else(unknown)?)))
}

/// Whether a text means a server rather than a folder.
#[must_use]
pub fn is_address(text: &str) -> bool {
    ["postgres://", "postgresql://"]
        .iter()
        .any(|begin| text.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_shows_no_password() {
        let text = "postgres://onshi@db1:5433,db2:5434/onshi";
        let address = Address::parse(text).unwrap().with_password("geheim");
        assert_eq!(address.to_string(), "PostgreSQL at db1,db2, database onshi");
        assert!(!format!("{address:?}").contains("geheim"));
        assert!(Address::parse("postgres:///onshi?host=/run/postgresql&user=onshi").is_ok());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let refused = |text: &str| Address::parse(text).map(|_| ()).unwrap_err();
        for text in [
            "/var/lib/onshi",
            "mysql://a@b/c",
            "postgres://",
            "postgres://a@/db",
            "postgres://u@h:x/d",
            "postgres://u@h",
        ] {
            assert!(
                matches!(refused(text), InvalidAddress::Unreadable(_)),
                "{text}"
            );
        }
        assert_eq!(refused("postgres://u:p@h/d"), InvalidAddress::Password);
        assert_eq!(
            refused("postgres://u@h/d?sslmode=require"),
            InvalidAddress::NoRoots("require")
        );
    }

    #[test]
    fn encryption_is_whole_or_refused() {
        let refused = |text: &str, roots: &[u8]| {
            let parsed = Address::parse_encrypted(text, roots);
            parsed.map(|_| ()).unwrap_err()
        };
        let none = InvalidAddress::Roots(InvalidRoots::None);
        for mode in ["", "?sslmode=require", "?sslmode=verify-full"] {
            assert_eq!(refused(&format!("postgres://u@h/d{mode}"), b""), none);
        }
        assert_eq!(
            refused("postgres://u@h/d?sslmode=prefer", b""),
            InvalidAddress::NotEncrypted("prefer")
        );
        assert_eq!(
            refused("postgres:///d?host=/run/postgresql&user=u", b""),
            InvalidAddress::NotEncrypted("a Unix socket")
        );
        let torn = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(
            refused("postgres://u@h/d", torn),
            InvalidAddress::Roots(InvalidRoots::Unreadable(1))
        );
        assert!(matches!(
            refused("postgres://u@h/d?sslmode=maybe", b""),
            InvalidAddress::Unreadable(_)
        ));
    }
}
