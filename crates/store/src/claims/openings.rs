//! What operators opened beside the calendar of the claims entry. Added, taken back, never deleted.

use domain::audit::Event;
use domain::civil_date::Instant;
use domain::claims::tenant::Tenant;
use domain::claims::window::Opening;

use crate::engine::{Engine, StoreError};
use crate::sql::params;

/// An opening with who made it and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeOpening {
    /// Identifier.
    pub id: u128,
    /// The review body; none where it is for all.
    pub tenant: Option<Tenant>,
    /// When it is open.
    pub opening: Opening,
    /// Why, in the operator's words, as facilities read it.
    pub reason: String,
    /// Who made it.
    pub operator: String,
    /// When.
    pub made: Instant,
    /// When it was taken back.
    pub withdrawn: Option<Instant>,
}

impl Engine {
    /// Makes an opening, with its event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_claims(&self, made: MadeOpening, event: Event) -> Result<(), StoreError> {
        self.write(move |connection, batch| {
            connection
                .prepare_cached("INSERT INTO claims_opening VALUES (?1,?2,?3,?4,?5,?6,?7,NULL)")?
                .execute(params![
                    made.id.to_be_bytes(),
                    made.tenant.map(|it| it.to_string()),
                    made.opening.from().as_micros(),
                    made.opening.until().as_micros(),
                    made.reason,
                    made.operator,
                    made.made.as_micros()
                ])?;
            batch.append(connection, &event, None)
        })
        .await
    }

    /// Takes an opening back, with the event. False when there is none in force of this identifier.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw_claims_opening(
        &self,
        id: u128,
        event: Event,
    ) -> Result<bool, StoreError> {
        self.write(move |connection, batch| {
            let text =
                "UPDATE claims_opening SET withdrawn = ?2 WHERE id = ?1 AND withdrawn IS NULL";
            let changed = connection
                .prepare_cached(text)?
                .execute(params![id.to_be_bytes(), event.at.as_micros()])?;
            if changed == 0 {
                return Ok(false);
            }
            batch.append(connection, &event, None)?;
            Ok(true)
        })
        .await
    }

    /// The openings that end after an instant, by their beginning, those taken back among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claims_openings(&self, after: Instant) -> Result<Vec<MadeOpening>, StoreError> {
        const TABLE: &str = "claims_opening";
        self.read(|connection| {
            let text = "SELECT * FROM claims_opening WHERE ?1 < until ORDER BY begins, id";
            let mut statement = connection.prepare_cached(text)?;
            let mut rows = statement.query([after.as_micros()])?;
            let mut openings = Vec::new();
            while let Some(row) = rows.next()? {
                let tenant: Option<String> = row.get("tenant")?;
                let tenant = tenant.map(|it| Tenant::parse(&it).ok_or(StoreError::Row(TABLE)));
                let at = |column: &str| Ok::<_, StoreError>(Instant::from_micros(row.get(column)?));
                let withdrawn: Option<i64> = row.get("withdrawn")?;
                openings.push(MadeOpening {
                    id: super::id(&row, "id")?,
                    tenant: tenant.transpose()?,
                    opening: Opening::new(at("begins")?, at("until")?)
                        .ok_or(StoreError::Row(TABLE))?,
                    reason: row.get("reason")?,
                    operator: row.get("operator")?,
                    made: at("made")?,
                    withdrawn: withdrawn.map(Instant::from_micros),
                });
            }
            Ok(openings)
        })
    }
}
