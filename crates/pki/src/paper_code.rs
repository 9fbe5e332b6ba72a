//! Codes that are printed once and typed in later: recovery codes and the secret number of an application (G06). Stores none.

use crate::issue_notice::{InvalidId, ReferenceId};

/// A printed code: 20 letters and digits in groups of four, of which 19 carry 95 random bits and the last finds a typing error.
#[derive(Debug, Clone)]
pub struct PaperCode(ReferenceId);

impl PaperCode {
    /// Makes one from random bytes.
    #[must_use]
    pub fn generate(random: [u8; 32]) -> Self {
        Self(ReferenceId::generate(random))
    }

    /// Reads what a person typed: small letters, blanks and hyphens do not matter.
    ///
    /// # Errors
    /// [`InvalidId`].
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        ReferenceId::parse(text).map(Self)
    }

    /// In groups of four, as printed.
    #[must_use]
    pub fn printed(&self) -> String {
        self.0.printed()
    }

    /// What is stored: SHA-256. The code is random enough that no slow hash is needed.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.0.hash()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_as_a_person_types_it_and_a_typing_error_is_found() {
        let code = PaperCode::generate([7; 32]);
        let printed = code.printed();
        let typed = printed.to_lowercase().replace('-', " ");
        assert_eq!(PaperCode::parse(&typed).unwrap().hash(), code.hash());
        assert!(!format!("{code:?}").contains(&printed));
        let mut wrong = printed.clone();
        wrong.replace_range(0..1, if printed.starts_with('2') { "3" } else { "2" });
        assert!(matches!(PaperCode::parse(&wrong), Err(InvalidId::Typing)));
    }
}
