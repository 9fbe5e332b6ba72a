//! Why a file was rejected: line, element, reason, remedy, in Japanese and English. Quotes nothing of the file.

/// A rejected file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {reason}", .element.as_ref().map(|it| format!(", element {it}")).unwrap_or_default())]
pub struct Rejected {
    /// Line, from 1.
    pub line: usize,
    /// Element, where one is meant.
    pub element: Option<String>,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Larger than 1 MiB.
    #[error("the file is larger than 1 MiB")]
    TooLarge,
    /// No byte at all: perhaps still being written.
    #[error("the file is empty")]
    Empty,
    /// The declared encoding is neither UTF-8 nor Shift_JIS.
    #[error("the declared encoding is neither UTF-8 nor Shift_JIS")]
    UnknownEncoding,
    /// The bytes are not of the declared encoding.
    #[error("the bytes are not of the declared encoding")]
    WrongEncoding,
    /// The file ends in the middle: perhaps still being written.
    #[error("the file ends in the middle")]
    Incomplete,
    /// No well-formed XML.
    #[error("not well-formed XML")]
    Malformed,
    /// A document type declaration, which no message has.
    #[error("a DOCTYPE is not accepted")]
    Doctype,
    /// Elements nested too deep.
    #[error("elements nested too deep")]
    TooDeep,
    /// The root or a compulsory group is missing.
    #[error("a compulsory group is missing")]
    MissingGroup,
    /// A value too long for its element.
    #[error("a value too long for its element")]
    TooLong,
}

impl Reason {
    /// True when the file may be right once its writer has finished.
    #[must_use]
    pub fn may_pass(self) -> bool {
        match self {
            Self::TooLarge | Self::Empty | Self::Incomplete => true,
            Self::UnknownEncoding
            | Self::WrongEncoding
            | Self::Malformed
            | Self::Doctype
            | Self::TooDeep
            | Self::MissingGroup
            | Self::TooLong => false,
        }
    }

    /// What is wrong, in Japanese.
    fn ja(self) -> &'static str {
        match self {
            Self::TooLarge => "ファイルが1MiBを超えています。",
            Self::Empty => "ファイルが空です。",
            Self::UnknownEncoding => "宣言された文字コードは UTF-8 でも Shift_JIS でもありません。",
            Self::WrongEncoding => "宣言された文字コードと内容が一致しません。",
            Self::Incomplete => "ファイルが途中で終わっています。",
            Self::Malformed => "XMLとして正しくありません。",
            Self::Doctype => "DOCTYPE は受け付けません。",
            Self::TooDeep => "要素の入れ子が深すぎます。",
            Self::MissingGroup => "必須の要素がありません。",
            Self::TooLong => "値が長すぎます。",
        }
    }

    /// What to do, in Japanese and English.
    fn remedy(self) -> (&'static str, &'static str) {
        match self {
            Self::Incomplete | Self::Empty => (
                "書き込みが完了してから req フォルダーに置き直してください。",
                "write the file completely, then put it into req again",
            ),
            Self::UnknownEncoding | Self::WrongEncoding => (
                "XML宣言の encoding を実際の文字コードに合わせてください。",
                "make the encoding of the XML declaration fit the bytes",
            ),
            Self::TooLarge
            | Self::Malformed
            | Self::Doctype
            | Self::TooDeep
            | Self::MissingGroup
            | Self::TooLong => (
                "レセコンの担当ベンダーに、この内容とともに連絡してください。",
                "tell the receipt computer's vendor, with this text",
            ),
        }
    }
}

impl Rejected {
    /// The text of the `.err` file: UTF-8, CRLF.
    #[must_use]
    pub fn text(&self) -> String {
        let element = self.element.as_deref().unwrap_or("-");
        let (remedy_ja, remedy_en) = self.reason.remedy();
        format!(
            "行 / line: {}\r\n要素 / element: {element}\r\n理由 / reason: {} / {}\r\n対処 / remedy: {remedy_ja} / {remedy_en}\r\n",
            self.line,
            self.reason.ja(),
            self.reason
        )
    }
}
