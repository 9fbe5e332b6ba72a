//! One schema of a PostgreSQL server: where it is, and the connections to it, no more than are allowed. Knows no table.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};

use crate::database::{Migration, migrations};
use crate::engine::{OpenError, StoreError};
use crate::sql::postgres::Server;
use crate::sql::postgres::waiting::{aside, wait};
use crate::sql::{self, Connection};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a statement may take where nothing else is said: the server ends it then.
const STATEMENT: Duration = Duration::from_secs(60);

/// How long a reader waits for a connection to become free.
const FREE: Duration = Duration::from_secs(5);

/// After this long without a sign of life of the other end a connection counts as cut.
const CUT: Duration = Duration::from_secs(8);

/// The turns of writers, as numbers of advisory locks: one a schema, and one for changing schemas. The first byte are letters, so that
/// they are seldom another program's.
const TURNS: i64 = 0x6f6e_7368_6900;

/// Why an address of a server is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// It does not read as one.
    #[error(
        "not an address of a PostgreSQL database, which is postgres://USER@HOST:PORT/DATABASE or postgres:///DATABASE?host=/run/postgresql&user=USER: {0}"
    )]
    Unreadable(String),
    /// It wants an encrypted connection.
    #[error(
        "sslmode=require is not served; reach the database by a Unix socket, by loopback, or through a tunnel"
    )]
    Encrypted,
    /// A password would travel, or lie in a settings file that others read.
    #[error("the address holds a password; put it into a file and name that")]
    Password,
}

/// Where a database of a server is found. Shows no password.
#[derive(Clone)]
pub struct Address {
    config: Config,
    connections: usize,
    patience: Duration,
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
    /// Reads `postgres://USER@HOST:PORT/DATABASE`, with several hosts where there are several.
    ///
    /// # Errors
    /// [`InvalidAddress`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let unreadable = |why: &str| InvalidAddress::Unreadable(why.to_owned());
        if !is_address(text) {
            return Err(unreadable("it begins otherwise"));
        }
        let mut config: Config = text
            .parse()
            .map_err(|error: tokio_postgres::Error| unreadable(&error.to_string()))?;
        if config.get_password().is_some() {
            return Err(InvalidAddress::Password);
        }
        if config.get_ssl_mode() == SslMode::Require {
            return Err(InvalidAddress::Encrypted);
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(unreadable("it names no host"));
        }
        if config.get_dbname().is_none() {
            return Err(unreadable("it names no database"));
        }
        config
            .ssl_mode(SslMode::Disable)
            .connect_timeout(CONNECT)
            .tcp_user_timeout(CUT)
            .keepalives_idle(CUT / 2)
            .keepalives_interval(CUT / 4)
            .keepalives_retries(2)
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .application_name("onshi");
        Ok(Self {
            config,
            connections: 16,
            patience: STATEMENT,
        })
    }

    /// With a password.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// With so long for a statement at most. A writer waits a third of it for the turn of another process, and may stay silent in its own
    /// turn for a quarter.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// With so many connections for reading at most, two at least; two more write.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }
}

/// Whether a text means a server rather than a folder.
#[must_use]
pub fn is_address(text: &str) -> bool {
    ["postgres://", "postgresql://"]
        .iter()
        .any(|begin| text.starts_with(begin))
}

/// The thread that speaks with the server for all others.
#[derive(Clone)]
pub(crate) struct Speaker(Arc<Running>);

struct Running(Option<Runtime>);

impl Drop for Running {
    fn drop(&mut self) {
        // Waiting for its end is not allowed where this may be dropped.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Speaker {
    pub(crate) fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store-server")
            .enable_all()
            .build()?;
        Ok(Self(Arc::new(Running(Some(runtime)))))
    }

    fn connect(&self, config: Config) -> Result<tokio_postgres::Client, StoreError> {
        let Running(Some(runtime)) = &*self.0 else {
            return Err(StoreError::Closing);
        };
        let connecting = runtime.spawn(async move {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(error = %error, "a connection to the database ended");
                }
            });
            Ok::<_, tokio_postgres::Error>(client)
        });
        // Several hosts are tried one after the other, each for that long.
        match wait(connecting, CONNECT * 4) {
            Some(Ok(connected)) => Ok(connected.map_err(sql::Error::Postgres)?),
            Some(Err(_)) | None => Err(sql::Error::NoAnswer.into()),
        }
    }
}

/// The connections to one schema.
pub(crate) struct Pool {
    speaker: Speaker,
    address: Address,
    schema: &'static str,
    turn: i64,
    readers: Mutex<Readers>,
    freed: Condvar,
}

#[derive(Default)]
struct Readers {
    idle: Vec<Connection>,
    lent: usize,
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, schema {}", self.address, self.schema)
    }
}

/// A connection that is given back when this is dropped.
struct Lent<'p> {
    pool: &'p Pool,
    connection: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut readers = self.pool.readers();
        readers.lent -= 1;
        let usable = |it: &Connection| match it {
            Connection::Postgres(server) => !server.is_lost() && !server.is_within(),
            Connection::Sqlite(_) => false,
        };
        readers.idle.extend(self.connection.take().filter(usable));
        drop(readers);
        self.pool.freed.notify_one();
    }
}

impl Pool {
    /// Of the schema of this name and number, whose readers see the tables of another one as well; connects to nothing yet.
    pub(crate) fn new(
        speaker: Speaker,
        address: &Address,
        (name, number): (&'static str, i64),
        beside: &str,
    ) -> Self {
        let mut address = address.clone();
        let millis = Duration::as_millis;
        // `synchronous_commit`: whatever the server is set to, nothing is acknowledged before it is on the disk.
        let options = format!(
            "-c search_path={name},{beside} -c synchronous_commit=on -c statement_timeout={} -c lock_timeout={} \
             -c idle_in_transaction_session_timeout={} -c default_transaction_isolation=read\\ committed -c jit=off",
            millis(&address.patience),
            millis(&(address.patience / 3)),
            millis(&(address.patience / 4))
        );
        address.config.options(options);
        Self {
            speaker,
            address,
            schema: name,
            turn: TURNS + number,
            readers: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> Result<Connection, StoreError> {
        let client = self.speaker.connect(self.address.config.clone())?;
        // The server ends what takes long; who hears nothing even then is cut off.
        let patience = self.address.patience + CUT;
        Ok(Connection::Postgres(Server::new(client, patience)))
    }

    /// Begins a transaction when no other writer's runs.
    pub(super) fn begin_writing(&self, connection: &Connection) -> sql::Result<()> {
        match connection {
            Connection::Postgres(server) => {
                let turn = self.turn;
                server.begin(&format!("BEGIN; SELECT pg_advisory_xact_lock({turn})"))
            }
            Connection::Sqlite(_) => Err(sql::Error::NoAnswer),
        }
    }

    /// Reads on the calling thread.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        aside(|| {
            let mut lent = self.lend()?;
            let connection = match lent.connection.take() {
                Some(idle) => idle,
                None => self.connect()?,
            };
            work(lent.connection.insert(connection))
        })
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let most = (self.address.connections / 2).max(1);
        let end = Instant::now() + FREE;
        let mut readers = self.readers();
        while most <= readers.lent {
            let Some(rest) = end.checked_duration_since(Instant::now()) else {
                return Err(StoreError::Away("all connections are in use".into()));
            };
            let waited = self.freed.wait_timeout(readers, rest);
            (readers, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        readers.lent += 1;
        let lost = |it: &Connection| matches!(it, Connection::Postgres(server) if server.is_lost());
        readers.idle.retain(|it| !lost(it));
        Ok(Lent {
            connection: readers.idle.pop(),
            pool: self,
        })
    }

    /// Applies what the schema lacks; processes that begin at once do so one after the other.
    pub(super) fn migrate(&self, steps: &[Migration]) -> Result<(), OpenError> {
        let failed = |error: StoreError| self.not_opened(error.to_string());
        let connection = self.connect().map_err(failed)?;
        self.examine(&connection)?;
        let run = |text: &str| {
            let ran = connection.execute_batch(text);
            ran.map_err(|error| failed(error.into()))
        };
        // It ends with the connection, whatever happens.
        run(&format!("SELECT pg_advisory_lock({TURNS})"))?;
        run(&format!("CREATE SCHEMA IF NOT EXISTS {}", self.schema))?;
        migrations::apply(&connection, Path::new(&self.to_string()), steps)
    }

    /// Refuses a server that would answer otherwise than a file does, or lose what it acknowledged.
    fn examine(&self, connection: &Connection) -> Result<(), OpenError> {
        let text = "SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding'),
            (SELECT d.datcollate::text FROM pg_database d WHERE d.datname = current_database()), current_setting('fsync')";
        let asked = connection.query_row(text, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        });
        let (version, encoding, order, fsync): (i64, String, String, String) =
            asked.map_err(|error| self.not_opened(error.to_string()))?;
        let why = if version < 150_000 {
            "it is older than PostgreSQL 15".to_owned()
        } else if encoding != "UTF8" {
            format!("its encoding is {encoding}, not UTF8")
        } else if !["C", "POSIX", "C.UTF-8", "C.utf8"].contains(&order.as_str()) {
            format!("it sorts by {order}; create it with LC_COLLATE 'C'")
        } else if fsync != "on" {
            "its setting fsync is off, so that a power cut loses what was acknowledged".to_owned()
        } else {
            return Ok(());
        };
        Err(self.not_opened(why))
    }

    pub(super) fn not_opened(&self, why: String) -> OpenError {
        OpenError::Server {
            place: self.to_string(),
            why,
        }
    }
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
            InvalidAddress::Encrypted
        );
    }
}
