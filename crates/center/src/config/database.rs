//! Where the store lies: in files of the data folder, or in a database of a PostgreSQL server. Opens it, and knows nothing of what is in it.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

use serde::Deserialize;
use store::engine::{Engine, OpenError};
use store::server::{Address, InvalidAddress};

use crate::config::Config;

/// A database of a PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `postgres://USER@HOST:PORT/DATABASE`, without a password.
    pub url: String,
    /// File that holds the user's password; without it the server asks for none.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// File with the certificates of the authorities that vouch for the server (PEM). With it every connection is encrypted.
    #[serde(default)]
    pub root_file: Option<PathBuf>,
    /// Servers that follow this one, for searches; as `url`, with the same password and authorities.
    #[serde(default)]
    pub replicas: Vec<String>,
    /// How far behind a replica may be that is asked, in milliseconds.
    #[serde(default = "replica_lag_ms")]
    pub replica_lag_ms: NonZeroU32,
    /// Connections for reading at most, at the server and at each replica; four more write and two look up.
    #[serde(default = "connections")]
    pub connections: NonZeroU16,
}

fn replica_lag_ms() -> NonZeroU32 {
    NonZeroU32::new(1_000).unwrap_or(NonZeroU32::MIN)
}

fn connections() -> NonZeroU16 {
    NonZeroU16::new(16).unwrap_or(NonZeroU16::MIN)
}

/// Why the store could not be opened. The texts name the setting or the file.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The address.
    #[error("database.url: {0}")]
    Url(#[from] InvalidAddress),
    /// The file of the password.
    #[error("database.password_file {0}: {1}")]
    Password(PathBuf, std::io::Error),
    /// The file of the authorities.
    #[error("database.root_file {0}: {1}")]
    Roots(PathBuf, std::io::Error),
    /// The database itself.
    #[error(transparent)]
    Store(#[from] OpenError),
}

impl Database {
    /// Where it is, with its password.
    ///
    /// # Errors
    /// [`NotOpened::Url`], [`NotOpened::Password`] and [`NotOpened::Roots`].
    pub fn address(&self) -> Result<Address, NotOpened> {
        let address = self.address_of(&self.url)?;
        let replicas = self.replicas.iter().map(|url| self.address_of(url));
        let replicas = replicas.collect::<Result<Vec<_>, _>>()?;
        let behind = crate::config::duration(self.replica_lag_ms);
        Ok(address.with_replicas(replicas, behind))
    }

    fn address_of(&self, url: &str) -> Result<Address, NotOpened> {
        let connections = usize::from(self.connections.get());
        let address = match &self.root_file {
            Some(file) => {
                let roots = std::fs::read(file);
                let roots = roots.map_err(|error| NotOpened::Roots(file.clone(), error))?;
                Address::parse_encrypted(url, &roots)?
            }
            None => Address::parse(url)?,
        };
        let address = address.with_connections(connections);
        let Some(file) = &self.password_file else {
            return Ok(address);
        };
        let password = std::fs::read_to_string(file)
            .map_err(|error| NotOpened::Password(file.clone(), error))?;
        Ok(address.with_password(password.trim_end_matches(['\r', '\n'])))
    }
}

impl Config {
    /// Opens the store as a process of this audit chain.
    ///
    /// # Errors
    /// [`NotOpened`], with the remedy.
    pub fn open_store(&self, chain: [u8; 16]) -> Result<Engine, NotOpened> {
        let Some(database) = &self.database else {
            return Ok(Engine::open_center(
                &self.data_dir.join("center.db"),
                chain,
            )?);
        };
        Ok(Engine::open_server(&database.address()?, chain)?)
    }

    /// Opens the store as a process of this audit chain where this version wrote it; makes and changes nothing.
    ///
    /// # Errors
    /// [`NotOpened`], with the remedy.
    pub fn open_store_as_it_is(&self, chain: [u8; 16]) -> Result<Engine, NotOpened> {
        Ok(match &self.database {
            Some(database) => Engine::open_server_as_it_is(&database.address()?, chain)?,
            None => Engine::open_center_as_it_is(&self.data_dir.join("center.db"), chain)?,
        })
    }
}
