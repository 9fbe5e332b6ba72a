//! The connections to one schema of a server, no more than are allowed. Knows no table.

use std::fmt;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::database::server::Address;
use crate::database::server::pipeline::Pipeline;
use crate::database::server::speaker::Speaker;
use crate::database::{Migration, migrations};
use crate::engine::{OpenError, StoreError};
use crate::sql::postgres::Server;
use crate::sql::postgres::waiting::aside;
use crate::sql::{self, Connection};

/// How long a reader waits for a connection to become free.
const FREE: Duration = Duration::from_secs(5);

/// How long a step of a schema is waited for: for good, as far as anybody cares. Whether the server still lives is seen by its connection.
const STEP: Duration = Duration::from_secs(30 * 86_400);

/// The turns of writers, as numbers of advisory locks: one a schema, and one for changing schemas. The first byte are letters, so that
/// they are seldom another program's.
const TURNS: i64 = 0x6f6e_7368_6900;

/// The connections to one schema.
pub(crate) struct Pool {
    speaker: Speaker,
    address: Address,
    schema: &'static str,
    /// Where names are looked for, as every connection asks for it.
    search_path: String,
    turn: i64,
    readers: Mutex<Readers>,
    freed: Condvar,
    pub(super) pipeline: Pipeline,
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
        let search_path = format!("{name},{beside}");
        // `synchronous_commit`: whatever the server is set to, nothing is acknowledged before it is on the disk.
        let options = format!(
            "-c search_path={search_path} -c synchronous_commit=on -c statement_timeout={} -c lock_timeout={} \
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
            search_path,
            turn: TURNS + number,
            readers: Mutex::default(),
            freed: Condvar::new(),
            pipeline: Pipeline::default(),
        }
    }

    /// The same schema at the servers that follow this one, and how far they may be behind.
    pub(crate) fn replicas(&self, beside: &str) -> (Vec<Self>, Duration) {
        let number = self.turn - TURNS;
        let pool =
            |address| Self::new(self.speaker.clone(), address, (self.schema, number), beside);
        let pools = self.address.replicas.iter().map(pool).collect();
        (pools, self.address.behind)
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> Result<Connection, StoreError> {
        let client = self.client()?;
        Ok(Connection::Postgres(Server::new(client, self.patience())))
    }

    /// The same, for whoever asks it without waiting on a thread.
    pub(super) fn client(&self) -> Result<Client, StoreError> {
        self.speaker.connect(&self.address)
    }

    /// The server ends what takes long; who hears nothing even then is cut off.
    pub(super) fn patience(&self) -> Duration {
        self.address.patience + self.address.cut()
    }

    /// Begins a transaction when no other writer's runs.
    pub(crate) fn begin_writing(&self, connection: &Connection) -> sql::Result<()> {
        match connection {
            Connection::Postgres(server) => {
                let turn = self.turn;
                server.begin(&format!("BEGIN; SELECT pg_advisory_xact_lock({turn})"))
            }
            Connection::Sqlite(_) => Err(sql::Error::NoAnswer),
        }
    }

    /// Reads on the calling thread.
    pub(in crate::database) fn read<T>(
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

    /// Applies what the schema lacks; processes that begin at once do so one after the other. However long a step or the turn of another
    /// process takes: what is given up is begun anew at the next start, and would never be done.
    pub(in crate::database) fn migrate(&self, steps: &[Migration]) -> Result<(), OpenError> {
        let failed = |error: StoreError| self.not_opened(error.to_string());
        let client = self.client().map_err(failed)?;
        let connection = Connection::Postgres(Server::new(client, STEP));
        self.examine(&connection)?;
        let run = |text: &str| {
            let ran = connection.execute_batch(text);
            ran.map_err(|error| failed(error.into()))
        };
        run("SET statement_timeout = 0; SET lock_timeout = 0")?;
        // It ends with the connection, whatever happens.
        run(&format!("SELECT pg_advisory_lock({TURNS})"))?;
        run(&format!("CREATE SCHEMA IF NOT EXISTS {}", self.schema))?;
        migrations::apply(&connection, Path::new(&self.to_string()), steps)
    }

    /// How many of these steps the schema lacks. Changes nothing.
    pub(crate) fn lacking(&self, steps: &[Migration]) -> Result<usize, OpenError> {
        let failed = |error: StoreError| self.not_opened(error.to_string());
        let connection = self.connect().map_err(failed)?;
        self.examine(&connection)?;
        // Where the schema is missing the search path leads to the table of another one.
        let text = format!(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = '{}' AND table_name = 'migration'",
            self.schema
        );
        let tables = connection.query_row(&text, [], |row| row.get::<_, i64>(0));
        if tables.map_err(|error| failed(error.into()))? == 0 {
            return Ok(steps.len());
        }
        let place = self.to_string();
        Ok(migrations::lacking(&connection, Path::new(&place), steps)?.len())
    }

    /// Refuses a server that would answer otherwise than a file does, or lose what it acknowledged.
    fn examine(&self, connection: &Connection) -> Result<(), OpenError> {
        let text = "SELECT current_setting('search_path'), current_setting('synchronous_commit')";
        let asked = connection.query_row(text, [], |row| Ok((row.get(0)?, row.get(1)?)));
        let (path, commit): (String, String) =
            asked.map_err(|error| self.not_opened(error.to_string()))?;
        if let Some(setting) = lost(&self.search_path, &path, &commit) {
            let place = self.to_string();
            return Err(OpenError::SettingLost { place, setting });
        }
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

    pub(in crate::database) fn not_opened(&self, why: String) -> OpenError {
        OpenError::Server {
            place: self.to_string(),
            why,
        }
    }
}

/// What a connection asked for and did not get: a pooler in between drops it.
fn lost(asked: &str, path: &str, commit: &str) -> Option<&'static str> {
    let path: String = path.chars().filter(|it| !" \"".contains(*it)).collect();
    if path != asked {
        return Some("search_path");
    }
    (commit != "on").then_some("synchronous_commit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_lost_what_it_asked_for_is_told_apart() {
        let lost = |path, commit| lost("registry,center", path, commit);
        assert_eq!(lost("registry,center", "on"), None);
        assert_eq!(lost("registry, \"center\"", "on"), None);
        assert_eq!(lost("\"$user\", public", "on"), Some("search_path"));
        assert_eq!(lost("registry,center", "off"), Some("synchronous_commit"));
        let said = OpenError::SettingLost {
            place: "PostgreSQL at db1".into(),
            setting: "search_path",
        };
        assert!(said.to_string().contains("ignore_startup_parameters"));
    }
}
