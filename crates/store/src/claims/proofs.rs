//! What the checks of a claim file ask the store of people: whom an insurance leads to, and the facility's own checks of the months the
//! claims are about. Answers nothing about other facilities' checks.

use domain::claims::entry::Holder;
use domain::coverage::Registration;
use domain::insured::InsuranceKey;

use crate::access::number;
use crate::checks::{Line, Search};
use crate::engine::{Engine, StoreError};

impl Engine {
    /// Everybody the insurance of a claim leads to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn look_up_for_claims(
        &self,
        _holder: &Holder,
        key: &InsuranceKey,
    ) -> Result<Vec<Registration>, StoreError> {
        self.led_to(key, None)
    }

    /// A check of the holder's facility, as it was answered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn check_for_claims(
        &self,
        holder: &Holder,
        id: u128,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.answer_of(number(holder.facility), id)?;
        Ok(found.map(|it| it.answer))
    }

    /// The checks of the holder's facility that fit, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn checks_for_claims(
        &self,
        holder: &Holder,
        search: &Search,
    ) -> Result<Vec<Line>, StoreError> {
        self.search_of(number(holder.facility), search)
    }
}
