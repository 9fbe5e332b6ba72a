//! What kind of thing lies on the reader: a card or a phone. Told apart by EF 0006 of JPKI, never by its ATR.

/// The kinds that carry a key for user authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The plastic card.
    Card,
    /// スマホ用電子証明書 of an Android phone: nothing is read before the PIN.
    Android,
    /// My Number card of an iPhone: its holder confirms on the phone.
    IPhone,
}

/// Length of the label at the start of EF 0006.
pub(crate) const LABEL_BYTES: usize = 32;

impl TokenKind {
    /// Reads the label of EF 0006; `None` for one nobody has described.
    #[must_use]
    pub fn of_label(label: &[u8]) -> Option<Self> {
        let end = label.iter().rposition(|b| !matches!(b, b' ' | 0 | 0xFF));
        let label = label.get(..end.map_or(0, |end| end + 1))?;
        match label {
            b"JPKIAPICCTOKEN2" | b"JPKIAPICCTOKEN" => Some(Self::Card),
            b"JPKIAPGPSETOKEN" => Some(Self::Android),
            b"JPKIAPIOSTOKEN" => Some(Self::IPhone),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_space_padded() {
        let check = |label: &str, kind| {
            assert_eq!(TokenKind::of_label(format!("{label:32}").as_bytes()), kind);
        };
        check("JPKIAPICCTOKEN2", Some(TokenKind::Card));
        check("JPKIAPGPSETOKEN", Some(TokenKind::Android));
        check("JPKIAPIOSTOKEN", Some(TokenKind::IPhone));
        check("SOMETHING ELSE", None);
        check("", None);
    }
}
