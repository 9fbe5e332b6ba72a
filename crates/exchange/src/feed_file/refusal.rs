//! Why a line of a feed is refused: place, reason, remedy, in Japanese and English. Quotes nothing of the line.

use crate::feed_file::columns::Column;

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    /// The column it stands in; none where the line as a whole is meant.
    pub column: Option<&'static Column>,
    /// Why.
    pub reason: Reason,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The line is longer than a line may be.
    TooLong,
    /// The bytes are not of the file's encoding.
    Encoding,
    /// A quote is not closed, or stands in the middle of a cell.
    Quotes,
    /// Another number of cells than columns.
    Ragged {
        /// How many it has.
        found: usize,
        /// How many belong there.
        expected: usize,
    },
    /// A cell that must be filled is empty.
    Missing,
    /// A cell holds something else than its column does.
    Form,
    /// A day that has not come yet.
    InFuture,
    /// A day before the birth.
    BeforeBirth,
    /// A day outside the line's month.
    OtherMonth,
    /// Dispensed before it was prescribed.
    BeforePrescription,
    /// The lower bound is above the upper one.
    WrongRange,
    /// A cell that does not go with this kind of value.
    NotWithThisKind,
    /// Insurance and birth date lead to nobody, or to several people: which of both is not told.
    NoOnePerson,
    /// An earlier line of the statement is about another person, month, day or facility.
    OtherHead,
    /// The statement has a line of this number already.
    Twice,
}

impl Wrong {
    /// About the line as a whole.
    #[must_use]
    pub fn whole(reason: Reason) -> Self {
        Self {
            column: None,
            reason,
        }
    }

    /// Reason and remedy in Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        let form = self.column.map_or("", |column| column.form.ja());
        match self.reason {
            Reason::TooLong => "行が長すぎます（16KiBまで）。改行の抜けを確かめてください。".into(),
            Reason::Encoding => "文字コードがファイルのほかの行と違います。UTF-8 か CP932 に揃えてください。".into(),
            Reason::Quotes => "引用符（\"）が閉じていないか、途中にあります。RFC 4180 のとおりに書いてください。".into(),
            Reason::Ragged { found, expected } => {
                format!("項目の数が{found}個です。{expected}個にしてください。")
            }
            Reason::Missing => format!("空です。必ず入れてください（{form}）。"),
            Reason::Form => format!("書き方が違います。{form} にしてください。"),
            Reason::InFuture => "まだ来ていない日です。日付を確かめてください。".into(),
            Reason::BeforeBirth => "生年月日より前の日です。日付と生年月日を確かめてください。".into(),
            Reason::OtherMonth => "年月（month）の外の日です。どちらかを直してください。".into(),
            Reason::BeforePrescription => "処方日より前の調剤日です。どちらかを直してください。".into(),
            Reason::WrongRange => "下限が上限より大きくなっています。基準値を直してください。".into(),
            Reason::NotWithThisKind => "この値の種類（value_kind）では使わない項目です。空にしてください。".into(),
            Reason::NoOnePerson => {
                "この被保険者をひとりに決められません。保険者番号・記号・番号・枝番・生年月日を確かめてください。".into()
            }
            Reason::OtherHead => {
                "同じまとまり（statement）の前の行と、被保険者・年月・日・医療機関のどれかが違います。まとまりの名前を分けるか、揃えてください。".into()
            }
            Reason::Twice => {
                "同じまとまり（statement）に同じ行番号（line）がもうあります。番号を変えるか、重複を除いてください。".into()
            }
        }
    }

    /// Reason and remedy in English.
    #[must_use]
    pub fn en(&self) -> String {
        let form = self.column.map_or("", |column| column.form.en());
        match self.reason {
            Reason::TooLong => "the line is longer than 16 KiB; look for a missing line end".into(),
            Reason::Encoding => {
                "the bytes are not of the file's encoding; write all of it in UTF-8 or CP932".into()
            }
            Reason::Quotes => {
                "a quote is not closed or stands in the middle of a cell; write it by RFC 4180".into()
            }
            Reason::Ragged { found, expected } => {
                format!("{found} cells where {expected} belong; look for commas without quotes")
            }
            Reason::Missing => format!("empty; it must be filled ({form})"),
            Reason::Form => format!("not of its form; write {form}"),
            Reason::InFuture => "a day that has not come yet; look at the date".into(),
            Reason::BeforeBirth => "a day before the birth; look at both dates".into(),
            Reason::OtherMonth => "a day outside the line's month; mend one of both".into(),
            Reason::BeforePrescription => {
                "dispensed before it was prescribed; mend one of both".into()
            }
            Reason::WrongRange => "the lower bound is above the upper one; mend the range".into(),
            Reason::NotWithThisKind => "a cell that does not go with this value_kind; leave it empty".into(),
            Reason::NoOnePerson => {
                "the insured person cannot be told; look at insurer number, symbol, number, branch and birth date".into()
            }
            Reason::OtherHead => {
                "an earlier line of the same statement is about another person, month, day or facility; name the statements apart, or make them agree".into()
            }
            Reason::Twice => {
                "the statement has a line of this number already; number it anew, or leave it out".into()
            }
        }
    }
}

impl Reason {
    /// The name in reports: never changed, only added to.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Encoding => "encoding",
            Self::Quotes => "quotes",
            Self::Ragged { .. } => "ragged",
            Self::Missing => "missing",
            Self::Form => "form",
            Self::InFuture => "in_future",
            Self::BeforeBirth => "before_birth",
            Self::OtherMonth => "other_month",
            Self::BeforePrescription => "before_prescription",
            Self::WrongRange => "wrong_range",
            Self::NotWithThisKind => "not_with_this_kind",
            Self::NoOnePerson => "no_one_person",
            Self::OtherHead => "other_head",
            Self::Twice => "twice",
        }
    }
}
