//! Which batches an answer came from (取込元). Tells nothing of the answer itself.

use domain::feed::BatchNumber;
use domain::institution_code::InstitutionCode;

use crate::engine::{Engine, StoreError};
use crate::registry::feeds::batches::Batch;
use crate::sql::{OptionalExtension, params};

impl Engine {
    /// The batches a facility's check was answered from; `None` where the facility has no such check, nothing where no feed brought what
    /// was answered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sources_of_check(
        &self,
        facility: InstitutionCode,
        id: u128,
    ) -> Result<Option<Vec<Batch>>, StoreError> {
        let facility = facility.as_u64().cast_signed();
        let id = id.to_be_bytes();
        let waiting = self.held().recent.of_id(facility, &id);
        let sources: Option<Option<String>> = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT sources FROM check_record WHERE facility = ?1 AND id = ?2 AND seq = coalesce(
                   ?3, (SELECT check_seq FROM check_of_facility WHERE facility = ?1 AND id = ?2))",
            )?;
            Ok(statement
                .query_row(params![facility, id, waiting], |row| row.get(0))
                .optional()?)
        })?;
        let Some(sources) = sources else {
            return Ok(None);
        };
        let mut batches = Vec::new();
        for number in sources.iter().flat_map(|it| it.split(',')) {
            let number = number.parse().ok().and_then(BatchNumber::new);
            let number = number.ok_or(StoreError::Row("check_record"))?;
            batches.extend(self.feed_batch(number)?);
        }
        Ok(Some(batches))
    }
}
