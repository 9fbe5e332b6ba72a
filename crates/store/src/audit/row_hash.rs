//! The hash of rows as they lie in their tables now: what an audit event vouches for. Knows no table.

use sha2::{Digest, Sha256};

use crate::engine::StoreError;
use crate::sql::{Connection, ValueRef, params};

/// The hash of all values of a record's rows: those of the first text, which must be there, then those of the others. ?1 is the record's
/// facility, ?2 its number.
pub(crate) fn of(
    connection: &Connection,
    texts: &[&str],
    record: (i64, i64),
) -> Result<Option<[u8; 32]>, StoreError> {
    let mut sha = Sha256::new();
    for (place, text) in texts.iter().enumerate() {
        let found = absorb(&mut sha, connection, text, record)?;
        if place == 0 && found == 0 {
            return Ok(None);
        }
    }
    Ok(Some(sha.finalize().into()))
}

/// Takes in every kind of value with its length, so that no two rows read alike. Returns how many rows there were.
fn absorb(
    sha: &mut Sha256,
    connection: &Connection,
    text: &str,
    record: (i64, i64),
) -> Result<usize, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params![record.0, record.1])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        for column in 0..columns {
            let (kind, bytes) = match row.get_ref(column)? {
                ValueRef::Null => (0_u8, Vec::new()),
                ValueRef::Integer(it) => (1, it.to_be_bytes().to_vec()),
                ValueRef::Real(it) => (2, it.to_be_bytes().to_vec()),
                ValueRef::Text(it) => (3, it.to_vec()),
                ValueRef::Blob(it) => (4, it.to_vec()),
            };
            sha.update([kind]);
            sha.update((bytes.len() as u64).to_be_bytes());
            sha.update(bytes);
        }
    }
    Ok(count)
}
