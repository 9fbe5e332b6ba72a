//! Printable documents (PDF): laid out by hand in the product's own typeface, tagged for those who do not see them. Looks nothing up,
//! reads no clock, and puts nothing on paper that it was not given.

mod medical_record;
mod pdf;
mod sheet;
mod table;
mod text;
mod typeface;

pub use medical_record::{Facility, Marking, MedicalRecord, Patient};
pub use typeface::{Typeface, UnreadableTypeface};

/// Why there is no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotBePrinted {
    /// The typeface cannot be read.
    #[error(transparent)]
    Typeface(#[from] UnreadableTypeface),
    /// The pages could not be written as a tagged PDF.
    #[error("the pages cannot be written as a tagged PDF")]
    NotWritten,
}
