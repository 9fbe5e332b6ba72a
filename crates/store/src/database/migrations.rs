//! The steps of a schema, each applied once and kept with its text, so that a change of one is found. Applies none backwards.

use std::path::Path;

use crate::database::Migration;
use crate::engine::OpenError;
use crate::sql::{self, Connection};

/// Applies what a database lacks. `place` is the one that is named when that fails. Nobody else may do so at the same time.
pub(super) fn apply(
    connection: &Connection,
    place: &Path,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    let failed = |error: sql::Error| OpenError::of_file(place, error);
    let table = "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, text TEXT NOT NULL)";
    connection.execute_batch(table).map_err(failed)?;
    for (name, text) in lacking(connection, place, migrations)? {
        let step = || {
            connection.execute_batch("BEGIN")?;
            connection.execute_batch(text)?;
            connection.execute("INSERT INTO migration VALUES (?1, ?2)", (name, text))?;
            connection.execute_batch("COMMIT")
        };
        step().map_err(failed)?;
    }
    Ok(())
}

/// The steps a database lacks, in which their table is there. Changes nothing.
pub(crate) fn lacking<'m>(
    connection: &Connection,
    place: &Path,
    migrations: &'m [Migration],
) -> Result<&'m [Migration], OpenError> {
    let failed = |error: sql::Error| OpenError::of_file(place, error);
    let mut statement = connection
        .prepare_cached("SELECT name, text FROM migration ORDER BY name")
        .map_err(failed)?;
    let applied = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed)?;
    let applied: Vec<(String, String)> = applied.collect::<Result<_, _>>().map_err(failed)?;
    if migrations.len() < applied.len() {
        return Err(OpenError::Newer {
            path: place.into(),
            found: applied.len(),
            known: migrations.len(),
        });
    }
    for (done, known) in applied.iter().zip(migrations) {
        if (done.0.as_str(), done.1.as_str()) != *known {
            return Err(OpenError::Changed { path: place.into() });
        }
    }
    Ok(migrations.get(applied.len()..).unwrap_or_default())
}
