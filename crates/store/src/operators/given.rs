//! From whom operators have what they sign in with: written with every one-time link, read where two operators have to be two people.

use domain::audit::{Actor, Event};
use domain::civil_date::Instant;
use domain::emergency::two_people::Given;
use domain::operator::OperatorName;

use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, params};

impl Engine {
    /// What operators were given after an instant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn operators_given(&self, after: Instant) -> Result<Vec<Given>, StoreError> {
        self.read(|connection| since(connection, after))
    }
}

/// Keeps that an operator was given a link by whoever acts in the event.
pub(super) fn keep(
    connection: &Connection,
    name: &OperatorName,
    event: &Event,
) -> Result<(), StoreError> {
    let Actor::Operator(by) = &event.actor else {
        return Err(StoreError::Row("operator_given"));
    };
    connection
        .prepare_cached("INSERT INTO operator_given VALUES (?1, ?2, ?3)")?
        .execute(params![event.at.as_micros(), name.as_str(), by])?;
    Ok(())
}

/// What was given after an instant. A clock that was set back leaves nothing out.
pub(crate) fn since(connection: &Connection, after: Instant) -> Result<Vec<Given>, StoreError> {
    let text = "SELECT at, operator, given_by FROM operator_given WHERE ?1 < at ORDER BY at";
    let mut statement = connection.prepare_cached(text)?;
    let rows = statement.query_map([after.as_micros()], |row| {
        Ok(Given {
            at: Instant::from_micros(row.get(0)?),
            to: row.get(1)?,
            by: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
