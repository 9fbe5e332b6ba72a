//! Why a file was rejected: line, element, reason, remedy, in Japanese and English. Quotes nothing of the file.

/// A rejected file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {reason}", .element.as_ref().map(|it| format!(", element {it}")).unwrap_or_default())]
pub struct Rejected {
    /// Line, from 1; 0 where there are no lines, as in a JSON image.
    pub line: usize,
    /// Element, where one is meant.
    pub element: Option<String>,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Larger than its message may be: 1 MiB, or 16 MiB with many lines.
    #[error("the file is larger than its message may be (1 MiB; 16 MiB for bulk messages)")]
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
    /// More elements than any message has.
    #[error("more elements than any message has")]
    TooManyElements,
    /// The root or a compulsory group is missing.
    #[error("a compulsory group is missing")]
    MissingGroup,
    /// A value too long for its element.
    #[error("a value too long for its element")]
    TooLong,
    /// Another root than `XmlMsg`.
    #[error("the root is not XmlMsg")]
    WrongRoot,
    /// An element that may stand once stands twice.
    #[error("an element that may stand once stands twice")]
    Repeated,
    /// Something else than a text where a value belongs.
    #[error("something else than a text where a value belongs")]
    NotText,
    /// A value where a group of elements belongs.
    #[error("a value where a group of elements belongs")]
    NotAGroup,
    /// A text between elements.
    #[error("a text between elements")]
    StrayText,
    /// A control character in a value.
    #[error("a control character in a value")]
    ControlCharacter,
    /// A line break within a value.
    #[error("a line break within a value")]
    LineBreak,
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
            | Self::TooManyElements
            | Self::MissingGroup
            | Self::TooLong
            | Self::WrongRoot
            | Self::Repeated
            | Self::NotText
            | Self::NotAGroup
            | Self::StrayText
            | Self::ControlCharacter
            | Self::LineBreak => false,
        }
    }

    /// What is wrong, in Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::TooLarge => "ファイルが大きすぎます（上限は1MiB、一括の電文は16MiB）。",
            Self::Empty => "ファイルが空です。",
            Self::UnknownEncoding => "宣言された文字コードは UTF-8 でも Shift_JIS でもありません。",
            Self::WrongEncoding => "宣言された文字コードと内容が一致しません。",
            Self::Incomplete => "ファイルが途中で終わっています。",
            Self::Malformed => "XMLとして正しくありません。",
            Self::Doctype => "DOCTYPE は受け付けません。",
            Self::TooDeep => "要素の入れ子が深すぎます。",
            Self::TooManyElements => "要素が多すぎます。",
            Self::MissingGroup => "必須の要素がありません。",
            Self::TooLong => "値が長すぎます。",
            Self::WrongRoot => "最上位の要素が XmlMsg ではありません。",
            Self::Repeated => "一度だけ書ける要素が二度書かれています。",
            Self::NotText => "値を書くところに、文字列以外のものがあります。",
            Self::NotAGroup => "要素を書くところに、値があります。",
            Self::StrayText => "要素の間に文字があります。",
            Self::ControlCharacter => "値に制御文字があります。",
            Self::LineBreak => "値の途中に改行があります。",
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
            | Self::TooManyElements
            | Self::MissingGroup
            | Self::TooLong
            | Self::WrongRoot
            | Self::Repeated
            | Self::NotText
            | Self::NotAGroup
            | Self::StrayText
            | Self::ControlCharacter
            | Self::LineBreak => (
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
        let line = match self.line {
            0 => "-".to_owned(),
            line => line.to_string(),
        };
        let (remedy_ja, remedy_en) = self.reason.remedy();
        format!(
            "行 / line: {line}\r\n要素 / element: {element}\r\n理由 / reason: {} / {}\r\n対処 / remedy: {remedy_ja} / {remedy_en}\r\n",
            self.reason.ja(),
            self.reason
        )
    }
}
