//! Of which version a store is: found, and told of, without applying a step of the schema to it.

use std::path::Path;

use rusqlite::OpenFlags;

use crate::access::{MIGRATIONS, SERVER_MIGRATIONS};
use crate::database::server::Address;
use crate::database::server::pool::Pool;
use crate::database::server::speaker::Speaker;
use crate::database::{Migration, migrations};
use crate::engine::{Engine, OpenError, files};
use crate::sql::{self, Connection};
use crate::{registry, restoring};

/// The steps of a store's files, in their order.
const OF_FILES: [&[Migration]; 2] = [MIGRATIONS, registry::MIGRATIONS];

/// Refuses a folder whose files this version cannot open: a newer one wrote them, or their schema was changed. Those of an older version are
/// taken: they get what they lack when they are opened.
///
/// # Errors
/// [`OpenError::Newer`], [`OpenError::Changed`], or why a file is not read.
pub fn refuse_unknown(dir: &Path) -> Result<(), OpenError> {
    for (file, steps) in files(dir).iter().zip(OF_FILES) {
        steps_lacking(file, steps)?;
    }
    Ok(())
}

impl Engine {
    /// Opens as [`Engine::open_center`] does what this version wrote; makes and applies nothing.
    ///
    /// # Errors
    /// [`OpenError::Older`] where a step is lacking, and [`OpenError`], with the remedy.
    pub fn open_center_as_it_is(path: &Path, chain: [u8; 16]) -> Result<Self, OpenError> {
        let dir = path.parent().unwrap_or(Path::new("."));
        if restoring::is_cut_off(dir) {
            return Err(OpenError::HalfRestored { path: dir.into() });
        }
        for (file, steps) in files(dir).iter().zip(OF_FILES) {
            refuse_older(file, steps_lacking(file, steps)?, steps)?;
        }
        Self::open_center(path, chain)
    }

    /// Opens as [`Engine::open_server`] does what this version wrote; makes and applies nothing.
    ///
    /// # Errors
    /// [`OpenError::Older`] where a step is lacking, and [`OpenError`], with the remedy.
    pub fn open_server_as_it_is(address: &Address, chain: [u8; 16]) -> Result<Self, OpenError> {
        let speaker = Speaker::start().map_err(|error| OpenError::Server {
            place: address.to_string(),
            why: error.to_string(),
        })?;
        let schemas = [
            ("center", 1, SERVER_MIGRATIONS),
            ("registry", 2, registry::SERVER_MIGRATIONS),
        ];
        for (name, number, steps) in schemas {
            let pool = Pool::new(speaker.clone(), address, (name, number), "center");
            let place = pool.to_string();
            refuse_older(Path::new(&place), pool.lacking(steps)?, steps)?;
        }
        Self::open_server(address, chain)
    }
}

fn refuse_older(place: &Path, lacking: usize, steps: &[Migration]) -> Result<(), OpenError> {
    if lacking == 0 {
        return Ok(());
    }
    Err(OpenError::Older {
        path: place.into(),
        found: steps.len().saturating_sub(lacking),
        known: steps.len(),
    })
}

/// How many steps a file lacks.
fn steps_lacking(file: &Path, steps: &[Migration]) -> Result<usize, OpenError> {
    let failed = |error: sql::Error| OpenError::of_file(file, error);
    let log = std::fs::metadata(file.with_extension("db-wal"));
    // Whoever may write takes the empty log away again that SQLite lays beside a file it reads; one that holds something is left to the
    // center.
    let flags = if log.is_ok_and(|it| it.len() != 0) {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    };
    let opened = rusqlite::Connection::open_with_flags(file, flags);
    let connection = Connection::Sqlite(opened.map_err(|error| failed(error.into()))?);
    let text = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migration'";
    let tables: i64 = connection
        .query_row(text, [], |row| row.get(0))
        .map_err(failed)?;
    if tables == 0 {
        return Ok(steps.len());
    }
    Ok(migrations::lacking(&connection, file, steps)?.len())
}
