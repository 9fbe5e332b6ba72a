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
    /// The line is another insurer's.
    OtherInsurer,
    /// Nobody of this identifier is known.
    UnknownPerson,
    /// The insurer has no such coverage of the person.
    NoSuchCoverage,
    /// The insurer has several, and the line does not say which.
    SeveralCoverages,
    /// It would hold on the same days as another coverage with the insurer.
    Overlaps,
    /// It was taken; what an earlier line of the file brought for the same days was left out in its favour.
    Displaces,
    /// The loss lies before the acquisition.
    LossBeforeAcquisition,
    /// The end lies before the start.
    EndBeforeStart,
    /// The item cannot be corrected to this.
    NotCorrected,
    /// A ticket beside a coverage that is none of medical aid.
    NoMedicalAid,
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
            Reason::OtherInsurer => "ほかの保険者の行です。このファイルには --insurer の保険者の行だけを入れてください。".into(),
            Reason::UnknownPerson => "この person の人が登録されていません。先に加入者（persons）を取り込んでください。".into(),
            Reason::NoSuchCoverage => "この人にこの記号・番号の資格がありません。記号・番号・資格取得日を確かめてください。".into(),
            Reason::SeveralCoverages => "この人にこの記号・番号の資格がいくつもあります。資格取得日（acquired）を入れてください。".into(),
            Reason::Overlaps => "同じ保険者の別の資格と期間が重なります。先に前の資格の喪失を送るか、資格喪失日を確かめてください。".into(),
            Reason::Displaces => "この行は、取込の前から登録されている資格なので取り込みました。期間が重なる新しい資格の行が、このファイルのこの行より前にあります。その行は取り込みませんでした。同じ person の、この行より前の行を確かめてください。".into(),
            Reason::LossBeforeAcquisition => "資格喪失日が資格取得日より前です。日付を確かめてください。".into(),
            Reason::EndBeforeStart => "終わりの日が始まりの日より前です。日付を確かめてください。".into(),
            Reason::NotCorrected => "この項目はこの値に直せません。item と value を確かめてください。".into(),
            Reason::NoMedicalAid => "医療扶助の資格ではないので、医療券は付けられません。".into(),
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
            Reason::OtherInsurer => "another insurer's line; a file holds the lines of the insurer named with --insurer alone".into(),
            Reason::UnknownPerson => "nobody of this person is known; load the members (persons) first".into(),
            Reason::NoSuchCoverage => "the person has no coverage of this symbol and number; look at both, and at the day of acquisition".into(),
            Reason::SeveralCoverages => "the person has several coverages of this symbol and number; write the day of acquisition (acquired)".into(),
            Reason::Overlaps => "it would hold on the same days as another coverage with this insurer; send the loss of the earlier one first, or look at the day of loss".into(),
            Reason::Displaces => "this line was taken, since its coverage was there before the file; a new one for the same days, from an earlier line of the file, was left out: look at the earlier lines of this person".into(),
            Reason::LossBeforeAcquisition => "the loss lies before the acquisition; look at both dates".into(),
            Reason::EndBeforeStart => "the end lies before the start; look at both dates".into(),
            Reason::NotCorrected => "the item cannot be corrected to this; look at item and value".into(),
            Reason::NoMedicalAid => "a ticket belongs beside a coverage of medical aid".into(),
        }
    }
}

impl Reason {
    /// The members without anything that is told beside them, for what was noted by name.
    const NAMED: [Self; 24] = [
        Self::TooLong,
        Self::Encoding,
        Self::Quotes,
        Self::Missing,
        Self::Form,
        Self::InFuture,
        Self::BeforeBirth,
        Self::OtherMonth,
        Self::BeforePrescription,
        Self::WrongRange,
        Self::NotWithThisKind,
        Self::NoOnePerson,
        Self::OtherHead,
        Self::Twice,
        Self::OtherInsurer,
        Self::UnknownPerson,
        Self::NoSuchCoverage,
        Self::SeveralCoverages,
        Self::Overlaps,
        Self::Displaces,
        Self::LossBeforeAcquisition,
        Self::EndBeforeStart,
        Self::NotCorrected,
        Self::NoMedicalAid,
    ];

    /// The reason of a name in a report; of a ragged line, without its counts.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let ragged = Self::Ragged {
            found: 0,
            expected: 0,
        };
        let mut all = Self::NAMED.into_iter().chain([ragged]);
        all.find(|it| it.as_str() == name)
    }

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
            Self::OtherInsurer => "other_insurer",
            Self::UnknownPerson => "unknown_person",
            Self::NoSuchCoverage => "no_such_coverage",
            Self::SeveralCoverages => "several_coverages",
            Self::Overlaps => "overlaps",
            Self::Displaces => "displaces",
            Self::LossBeforeAcquisition => "loss_before_acquisition",
            Self::EndBeforeStart => "end_before_start",
            Self::NotCorrected => "not_corrected",
            Self::NoMedicalAid => "no_medical_aid",
        }
    }
}
