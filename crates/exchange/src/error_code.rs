//! The error codes of our own: what each says to the clerk, who must act and what helps. The official list is not public; these are
//! `E0001` and up, a range no client is known to look for. `docs/receipt-computers.md` prints the table.

/// Who must act on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The clerk at the desk.
    Clerk,
    /// The receipt computer's vendor.
    Vendor,
    /// Who runs the center, or the terminal's people.
    Operator,
}

impl Actor {
    /// In Japanese.
    #[must_use]
    pub const fn ja(self) -> &'static str {
        match self {
            Self::Clerk => "窓口の職員",
            Self::Vendor => "レセコンのベンダー",
            Self::Operator => "運用者",
        }
    }

    /// In English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Clerk => "the clerk",
            Self::Vendor => "the vendor",
            Self::Operator => "the operator",
        }
    }
}

/// One line of the table. `{}` in a text is the name of the item meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// The code on the wire.
    pub code: &'static str,
    /// Who must act.
    pub actor: Actor,
    /// The text on the wire, in Japanese.
    pub ja: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// What helps, in Japanese.
    pub remedy_ja: &'static str,
    /// What helps, in English.
    pub remedy_en: &'static str,
}

// A macro because the closed set and its texts are one list, which Rust gives no other way to share.
macro_rules! error_codes {
    ($( $(#[$doc:meta])* $name:ident = $code:literal, $actor:ident, $ja:literal, $en:literal, $remedy_ja:literal, $remedy_en:literal; )+) => {
        /// An error code of ours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorCode { $( #[doc = $en] $(#[doc = ""] #[$doc])* $name, )+ }

        impl ErrorCode {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$( Self::$name, )+];

            /// Its line of the table.
            #[must_use]
            pub const fn explained(self) -> Explained {
                match self {
                    $( Self::$name => Explained {
                        code: $code,
                        actor: Actor::$actor,
                        ja: $ja,
                        en: $en,
                        remedy_ja: $remedy_ja,
                        remedy_en: $remedy_en,
                    }, )+
                }
            }
        }
    };
}

error_codes! {
    Missing = "E0001", Vendor, "必須項目（{}）が設定されていません。", "A compulsory item ({}) is missing.",
        "その項目を入れて送り直してください。", "Fill in the item and send it again.";
    NotADate = "E0002", Vendor, "{}が正しい日付（yyyyMMdd）ではありません。", "{} is not a date (yyyyMMdd).",
        "西暦8桁の実在する日付を入れてください。", "Give an existing day as eight digits.";
    OtherFacility = "E0003", Vendor, "医療機関コードがこの端末の医療機関のものではありません。", "The institution code is not that of the signed-in facility.",
        "レセコンに設定した医療機関コードを確認してください。", "Check the institution code in the receipt computer's settings.";
    UnknownCode = "E0004", Vendor, "{}の値がコード表にありません。", "The value of {} is not in its code table.",
        "コード表（docs/codes.md）の値を入れてください。", "Give a value of the code table (docs/codes.md).";
    WrongForm = "E0005", Vendor, "{}の形式または桁数が正しくありません。", "{} has a wrong form or length.",
        "項目の表にある形式と桁数に合わせてください。", "Keep to the form and length in the table of items.";
    WrongPeriod = "E0006", Vendor, "{}の期間が正しくありません（開始が終了より後です）。", "The period of {} is not right: it ends before it begins.",
        "開始と終了を確認してください。", "Check its beginning and end.";
    TooManyLines = "E0007", Vendor, "件数が上限を超えています。", "There are more lines than one request may have.",
        "電文を分けて送ってください。", "Send them in several requests.";
    NoLine = "E0008", Vendor, "照会する内容が1件もありません。", "There is no line to answer.",
        "1件以上を入れて送り直してください。", "Send at least one line.";
    NoSuchCoverage = "E0010", Clerk, "該当する資格情報が存在しません。", "There is no such coverage.",
        "保険者番号・記号・番号・枝番・生年月日を資格確認書等と照らし合わせてください。", "Compare insurer number, symbol, number, branch and date of birth with what the patient holds.";
    SeveralMatch = "E0011", Clerk, "該当する資格が複数あります。", "Several coverages match.",
        "枝番を入れて照会し直してください。", "Ask again with the branch number.";
    NumberInUse = "E0012", Clerk, "この照会番号は別の方に登録されています。", "The reference number is registered for another person.",
        "別の照会番号を使うか、登録済みの方を確認してください。", "Use another number, or look up who has it.";
    UnknownReception = "E0020", Vendor, "受付番号に該当する受付がありません。", "There is no such reception number.",
        "01res で受け取った受付番号を、同じ医療機関から送ってください。", "Send the reception number of the 01res, from the same facility.";
    NoLongerKept = "E0021", Clerk, "結果の保存期間を過ぎています。", "The result is no longer kept.",
        "もう一度照会してください。", "Ask anew.";
    OtherReception = "E0022", Vendor, "受付番号が別の種類の照会のものです。", "The reception number is of another kind of request.",
        "受付に対応する 02req を送ってください。", "Send the 02req that belongs to it.";
    TooManyOpen = "E0023", Clerk, "処理中の受付が多すぎます。", "Too many requests of the facility are still being worked on.",
        "先の受付の結果を待ってから送り直してください。", "Wait for the results of the earlier ones and send it again.";
    FetchedTooOften = "E0024", Vendor, "結果の取得回数が上限を超えています。", "The result was fetched as often as it may be.",
        "保存した結果を使うか、もう一度照会してください。", "Use the saved result, or ask anew.";
    ListTooLong = "E0025", Clerk, "対象者が上限を超えました。", "More people fit than a result may hold.",
        "期間を短くして照会し直してください。", "Ask again for a shorter period.";
    NoConsent = "E0030", Clerk, "同意情報が登録されていないか、有効期限が切れています。", "There is no consent, or it has expired.",
        "患者に顔認証付きカードリーダーで同意してもらってください。", "Ask the patient to consent at the reader.";
    NotForMachines = "E0031", Operator, "診療情報は、この医療機関の設定では連携で取得できません。", "Treatment is not given to machine accounts by the facility's setting.",
        "端末の画面で閲覧するか、管理者が設定を変更してください。", "View it on the terminal, or let an administrator change the setting.";
    NoInformation = "E0033", Clerk, "該当する情報がありません。", "There is no such information.",
        "期間を確認してください。記録がない場合もあります。", "Check the period; there may be no record.";
    NotUsed = "E0034", Operator, "この医療機関の設定では、この情報を利用しません。", "By its settings the facility does not use this information.",
        "管理アカウントの方が環境設定（薬剤情報・診療情報・健診情報）を確認してください。", "Let an administrator look at the settings of drugs, treatment and checkups.";
    Refused = "E0100", Vendor, "{}", "The center refused a value; the text says which.",
        "示された項目を直して送り直してください。", "Correct the item and send it again.";
    Unavailable = "E0200", Operator, "一時的に処理できません。", "It cannot be processed for the time being.",
        "しばらくしてから送り直してください。続く場合は運用者に連絡してください。", "Send it again later; tell the operator if it lasts.";
}

impl ErrorCode {
    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.explained().code
    }

    /// This error.
    #[must_use]
    pub fn plain(self) -> Unanswerable {
        self.about("")
    }

    /// This error about an item, named in Japanese.
    ///
    /// ```
    /// use exchange::error_code::ErrorCode;
    /// let error = ErrorCode::Missing.about("保険者番号");
    /// assert_eq!(error.message, "必須項目（保険者番号）が設定されていません。");
    /// ```
    #[must_use]
    pub fn about(self, item: &str) -> Unanswerable {
        Unanswerable {
            code: self,
            message: self.explained().ja.replace("{}", item),
        }
    }
}

/// A request that is readable but not answerable: it gets an error as its answer, as the interface has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswerable {
    /// The code.
    pub code: ErrorCode,
    /// What is wrong, for the receipt computer's screen.
    pub message: String,
}

/// The table as Markdown, for `docs/receipt-computers.md`.
#[must_use]
pub fn table_markdown() -> String {
    let mut out = String::from(
        "| code | 動く人 / who acts | 文言 / text | 対処 / remedy |\n|---|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        let it = code.explained();
        let (ja, en) = (it.ja.replace("{}", "…"), it.en.replace("{}", "…"));
        out.push_str(&format!(
            "| {} | {} / {} | {ja}<br>{en} | {}<br>{} |\n",
            it.code,
            it.actor.ja(),
            it.actor.en(),
            it.remedy_ja,
            it.remedy_en
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice_and_all_are_of_our_range() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ErrorCode::ALL {
            let code = code.code();
            assert!(code.starts_with("E0") && code.len() == 5, "{code}");
            assert!(seen.insert(code), "{code} stands twice");
        }
    }
}
