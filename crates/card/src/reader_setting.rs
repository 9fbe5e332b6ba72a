//! The setting `reader`: which card reader of the machine a part uses. Opens none that this build cannot read.

use crate::reader::Reader;

/// Which of the machine's readers is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderName {
    /// The first one the service lists.
    First,
    /// The first one whose name contains this text. Services add numbers to names that change when a reader is plugged in again.
    Containing(String),
}

/// Why a setting names no reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoReader {
    /// It does not have the form.
    #[error(
        "reader = \"{0}\" は設定できません。\"pcsc:\"（最初のリーダー）または \"pcsc:名前の一部\" と書いてください。 / reader = \"{0}\" names no reader; write \"pcsc:\" for the first one or \"pcsc:PART OF ITS NAME\""
    )]
    Form(String),
    /// This build reads no cards.
    #[error(
        "この実行ファイルはカードリーダーに対応していません。機能 pcsc を付けて作り直してください（cargo build --features pcsc）。 / this build reads no cards; build it with the feature pcsc (cargo build --features pcsc)"
    )]
    NotBuilt,
}

impl ReaderName {
    /// Reads the setting: `pcsc:` for the first reader, `pcsc:TEXT` for the first whose name contains the text.
    ///
    /// # Errors
    /// [`NoReader::Form`].
    pub fn parse(setting: &str) -> Result<Self, NoReader> {
        match setting.strip_prefix("pcsc:") {
            None => Err(NoReader::Form(setting.to_owned())),
            Some("") => Ok(Self::First),
            Some(name) => Ok(Self::Containing(name.to_owned())),
        }
    }

    /// The reader of that name, which need not be there yet.
    ///
    /// # Errors
    /// [`NoReader::NotBuilt`] without the feature `pcsc`.
    #[cfg(feature = "pcsc")]
    pub fn reader(&self) -> Result<Box<dyn Reader>, NoReader> {
        Ok(Box::new(crate::pcsc::PcscReader::new(self.clone())))
    }

    /// The reader of that name, which need not be there yet.
    ///
    /// # Errors
    /// [`NoReader::NotBuilt`] without the feature `pcsc`.
    #[cfg(not(feature = "pcsc"))]
    pub fn reader(&self) -> Result<Box<dyn Reader>, NoReader> {
        Err(NoReader::NotBuilt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_names_the_first_reader_or_a_part_of_a_name() {
        assert_eq!(ReaderName::parse("pcsc:"), Ok(ReaderName::First));
        let part = ReaderName::Containing("PaSoRi".to_owned());
        assert_eq!(ReaderName::parse("pcsc:PaSoRi"), Ok(part));
        for wrong in ["", "pcsc", "PaSoRi", "usb:1"] {
            assert!(matches!(ReaderName::parse(wrong), Err(NoReader::Form(_))));
        }
    }

    #[test]
    #[cfg(not(feature = "pcsc"))]
    fn a_build_without_the_feature_says_that_it_reads_no_cards() {
        let reader = ReaderName::First.reader();
        assert!(matches!(reader, Err(NoReader::NotBuilt)));
        assert!(NoReader::NotBuilt.to_string().contains("feature pcsc"));
    }
}
