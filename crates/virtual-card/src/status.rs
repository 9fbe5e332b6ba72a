//! Status words of ISO 7816-4, as far as the card answers them. Decides nothing.

use std::fmt;

/// Two bytes at the end of every answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// Not proven, without a counter.
    pub const NOT_PROVEN: Self = Self(0x6300);
    /// The counter could not be kept.
    pub const MEMORY: Self = Self(0x6581);
    /// A length that does not fit.
    pub const LENGTH: Self = Self(0x6700);
    /// The file is of another kind.
    pub const FILE_KIND: Self = Self(0x6981);
    /// A secret has to be verified before.
    pub const NOT_OPEN: Self = Self(0x6982);
    /// The secret is locked.
    pub const LOCKED: Self = Self(0x6984);
    /// Not at this point.
    pub const CONDITIONS: Self = Self(0x6985);
    /// No file is selected.
    pub const NO_FILE_SELECTED: Self = Self(0x6986);
    /// Data that cannot be read.
    pub const DATA: Self = Self(0x6a80);
    /// No such application or file.
    pub const NOT_FOUND: Self = Self(0x6a82);
    /// No such record.
    pub const NO_RECORD: Self = Self(0x6a83);
    /// P1 and P2 mean nothing.
    pub const PARAMETERS: Self = Self(0x6a86);
    /// No such key or data.
    pub const NO_KEY: Self = Self(0x6a88);
    /// The offset lies past the end.
    pub const OFFSET: Self = Self(0x6b00);
    /// No such instruction.
    pub const INSTRUCTION: Self = Self(0x6d00);
    /// No such class.
    pub const CLASS: Self = Self(0x6e00);

    /// So many tries are left.
    #[must_use]
    pub fn tries(left: u8) -> Self {
        Self(0x63c0 | u16::from(left.min(0x0f)))
    }

    /// So many bytes more can be fetched; zero stands for 256 or more.
    #[must_use]
    pub fn more(bytes: usize) -> Self {
        Self(0x6100 | u16::from(u8::try_from(bytes).unwrap_or(0)))
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}
