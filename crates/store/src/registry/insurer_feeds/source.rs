//! Which batches an answer came from (取込元). Tells nothing of the answer itself.

use domain::feed::BatchNumber;
use domain::institution_code::InstitutionCode;

use crate::engine::{Engine, StoreError};
use crate::registry::feeds::batches::Batch;

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
        let Some(kept) = self.answer_of(facility.as_u64().cast_signed(), id)? else {
            return Ok(None);
        };
        let sources = kept.sources;
        let mut batches = Vec::new();
        for number in sources.iter().flat_map(|it| it.split(',')) {
            let number = number.parse().ok().and_then(BatchNumber::new);
            let number = number.ok_or(StoreError::Row("check_record"))?;
            batches.extend(self.feed_batch(number)?);
        }
        Ok(Some(batches))
    }
}
