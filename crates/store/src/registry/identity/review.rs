//! What versions before the rule left: contradictions of insurers that insure somebody no more, and that keep them from view for good where no
//! file names them again. Looks at everybody of whom something contradicts; compares nothing.

use domain::person::PersonId;

use super::Testimonies;
use crate::engine::{Engine, StoreError};
use crate::registry::households::registrations_of;
use crate::sql::{Connection, params};

/// People looked at at a time.
const PEOPLE: u32 = 500;

/// How far a review came. Each process makes one: what contradicts is little, and nothing has to be kept of it.
#[derive(Debug, Default)]
pub struct Reviewed {
    behind: Option<PersonId>,
    is_over: bool,
}

impl Engine {
    /// Ends the contradictions of insurers that insure somebody no more, among the next few hundred people. True when there may be more.
    ///
    /// # Errors
    /// [`StoreError`]; then the same people come next.
    pub async fn review_contradictions(&self, reviewed: &mut Reviewed) -> Result<bool, StoreError> {
        if reviewed.is_over {
            return Ok(false);
        }
        let behind = reviewed.behind;
        let (last, ended) = self.registry().read(|connection| {
            let people = next(connection, behind)?;
            let (_, ended) = review(connection, &people)?;
            Ok((people.last().copied(), ended))
        })?;
        if !ended.is_empty() {
            self.registry()
                .write(move |connection, _| {
                    // Once more: a file may have come meanwhile.
                    let (testimonies, _) = review(connection, &ended)?;
                    testimonies.write(connection)
                })
                .await?;
        }
        match last {
            Some(last) => reviewed.behind = Some(last),
            None => reviewed.is_over = true,
        }
        Ok(!reviewed.is_over)
    }
}

/// The next people of whom something contradicts that nobody confirmed.
fn next(connection: &Connection, behind: Option<PersonId>) -> Result<Vec<PersonId>, StoreError> {
    let text = "SELECT DISTINCT person FROM identity_claim WHERE ?1 < person AND items <> '' AND confirmed = 0
        ORDER BY person LIMIT ?2";
    let behind = behind.map_or(Vec::new(), |it| it.as_u128().to_be_bytes().to_vec());
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![behind, PEOPLE])?;
    let mut people = Vec::new();
    while let Some(row) = rows.next()? {
        people.push(PersonId::from_u128(u128::from_be_bytes(row.get(0)?)));
    }
    Ok(people)
}

/// What is said of people once what idle insurers say keeps nothing from view, and of whom that is something else.
fn review(
    connection: &Connection,
    people: &[PersonId],
) -> Result<(Testimonies, Vec<PersonId>), StoreError> {
    let mut testimonies = Testimonies::read(connection, people)?;
    let mut ended = Vec::new();
    for (person, stored) in registrations_of(connection, people)? {
        if testimonies.end_of_uninsured(&stored) {
            ended.push(person);
        }
    }
    Ok((testimonies, ended))
}
