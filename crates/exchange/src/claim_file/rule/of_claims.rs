//! Rules about a record or a claim. In a record outside of any claim they refuse the file. Data alone.

use super::{Rule, claim, warning};
use crate::claim_file::columns::Mark::{A, B};

/// All of them.
pub const ALL: &[&Rule] = &[
    &QUOTE,
    &CONTROL_CHARACTER,
    &NOT_CP932,
    &OUTSIDE_JIS,
    &RECORD_ID,
    &RECORD_UNKNOWN,
    &RECORD_OF_OTHERS,
    &RECORD_ORDER,
    &BEFORE_CLAIM,
    &FIELD_COUNT,
    &FIELD_MISSING,
    &FIELD_FORM,
    &FIELD_WIDTHS,
    &FIELD_TOO_LONG,
    &FIELD_NOT_EMPTY,
    &DATE,
    &CLAIM_NUMBER,
    &CLAIM_TYPE,
    &TYPE_OF_OTHER_KIND,
    &TYPE_VERY_OLD,
    &TYPE_PAYERS,
    &TYPE_IN_HOSPITAL,
    &MONTH_NOT_BEFORE,
    &BORN_LATER,
    &BENEFIT,
    &REMARK_MISSING,
    &REMARK_UNFIT,
    &NO_PAYER,
    &INSURER_TWICE,
    &SCHEMES_TOO_MANY,
    &SCHEME_ORDER,
    &INSURER_ZEROS,
    &INSURER_CHECK_DIGIT,
    &REVIEW_BODY,
    &SYMBOL_VERY_OLD,
    &NUMBER_VERY_OLD,
    &NUMBER_CHECK_DIGIT,
    &BRANCH_UNFIT,
    &SYMBOL_ASSOCIATION,
    &SYMBOL_SOCIETY,
    &SCHEME_CHECK_DIGIT,
    &BENEFICIARY_CHECK_DIGIT,
    &BENEFICIARY_UNFIT,
    &PAYER_ABSENT,
    &PAYER_TWICE,
    &PAYER_ORDER,
    &HOW_CONFIRMED,
    &DAYS_MISSING,
    &DAY_NOT_IN_MONTH,
    &DAY_MARK,
    &DAYS_COUNT,
    &WINDOW_CLASS,
    &NO_DIAGNOSIS,
    &NO_DETAIL,
    &TIMES,
    &DETAIL_DAY,
    &FACTS,
];

/// A quote.
pub static QUOTE: Rule = claim(
    "quote",
    A,
    "引用符（\"）があります。レセプト電算処理のファイルでは引用符を使いません。取り除いてください。",
    "there is a quote; claim files have none, take it out",
);
/// A control character.
pub static CONTROL_CHARACTER: Rule = claim(
    "control_character",
    A,
    "制御文字（改行・タブなど）が入っています。取り除いてください。",
    "there is a control character such as a line end or tab; take it out",
);
/// Bytes that are not CP932.
pub static NOT_CP932: Rule = claim(
    "not_cp932",
    A,
    "Shift_JIS（CP932）として読めない文字があります。文字を確かめ、書き出し直してください。",
    "some bytes are no text in Shift_JIS (CP932); look at the characters and write the file anew",
);
/// A character of CP932 that is not in JIS X 0208.
pub static OUTSIDE_JIS: Rule = warning(
    "outside_jis",
    B,
    "JIS X 0208 にない文字（①・髙 など）があります。審査支払機関では「？」になります。ほかの文字に直してください。",
    "there is a character outside JIS X 0208; the review body turns it into a question mark, write another",
);
/// Not two letters.
pub static RECORD_ID: Rule = claim(
    "record_id",
    A,
    "レコード識別が英大文字2文字ではありません。行を確かめてください。",
    "the record does not begin with two capital letters; look at the line",
);
/// A record we do not know.
pub static RECORD_UNKNOWN: Rule = warning(
    "record_unknown",
    B,
    "この種類のファイルで知られていないレコードです。そのまま通しますが、確かめてください。",
    "this record is not known in this kind of file; it passes as it is, look at it",
);
/// A record that review bodies add.
pub static RECORD_OF_OTHERS: Rule = warning(
    "record_of_others",
    A,
    "審査支払機関が付けるレコードです。医療機関からは送りません。取り除いてください。",
    "review bodies add this record, institutions do not send it; take it out",
);
/// A record after one it must precede.
pub static RECORD_ORDER: Rule = claim(
    "record_order",
    A,
    "レコードの順が違います。RE・HO・KO・SN・JD・MF・傷病名・明細・症状詳記の順に書いてください。",
    "the record stands in the wrong place; write RE, HO, KO, SN, JD, MF, diagnoses, details, narratives in this order",
);
/// A record before the first RE.
pub static BEFORE_CLAIM: Rule = claim(
    "before_claim",
    A,
    "レセプト共通レコード（RE）より前にあります。RE のあとに書いてください。",
    "the record stands before any RE; write RE first",
);
/// Another number of fields.
pub static FIELD_COUNT: Rule = claim(
    "field_count",
    A,
    "項目の数が違います。省いた項目のカンマも書いてください。",
    "the number of fields is wrong; write the commas of empty fields, too",
);
/// An empty field that must be filled.
pub static FIELD_MISSING: Rule = claim(
    "field_missing",
    A,
    "必ず書く項目が空です。入れてください。",
    "a field that must be filled is empty; fill it",
);
/// Not of its form.
pub static FIELD_FORM: Rule = claim(
    "field_form",
    A,
    "項目の書き方（桁数・数字・全角など）が違います。表のとおりに直してください。",
    "the field is not of its form (digits, length, width); write it as the table says",
);
/// Full and half width in one field.
pub static FIELD_WIDTHS: Rule = claim(
    "field_widths",
    A,
    "全角と半角が混ざっています。どちらかに揃えてください。",
    "full and half width are mixed; write one of them",
);
/// Longer than the field.
pub static FIELD_TOO_LONG: Rule = claim(
    "field_too_long",
    A,
    "項目が長すぎます。表の長さに収めてください。",
    "the field is too long; keep to the table's length",
);
/// A field an institution leaves empty.
pub static FIELD_NOT_EMPTY: Rule = warning(
    "field_not_empty",
    B,
    "医療機関では空にする項目です。空にしてください。",
    "institutions leave this field empty; empty it",
);
/// No day or month.
pub static DATE: Rule = claim(
    "date",
    A,
    "年月日または年月として読めません。西暦の8桁または6桁で書いてください。",
    "this is no day or month; write eight or six digits of the western calendar",
);
/// Not the next number.
pub static CLAIM_NUMBER: Rule = claim(
    "claim_number",
    A,
    "レセプト番号が 1 からの連番になっていません。書き出し直してください。",
    "the claims are not numbered 1, 2, 3 without gaps; write the file anew",
)
.numbered("L1910, L1917", A);
/// No type of the table.
pub static CLAIM_TYPE: Rule = claim(
    "claim_type",
    A,
    "レセプト種別が表にありません。4桁の種別を確かめてください。",
    "the claim's type is none of the table; look at its four digits",
);
/// A type of another kind of facility.
pub static TYPE_OF_OTHER_KIND: Rule = claim(
    "type_of_other_kind",
    A,
    "レセプト種別が、ファイルの種類（医科・歯科・調剤・訪問看護）と違います。種別の1桁目を確かめてください。",
    "the claim's type is another kind of facility's; look at its first digit",
);
/// Very old by type and by insurer.
pub static TYPE_VERY_OLD: Rule = claim(
    "type_very_old",
    A,
    "レセプト種別と保険者番号が合いません。後期高齢者（39で始まる番号）のときだけ、種別の2桁目が 3 です。",
    "type and insurer do not go together; the second digit is 3 exactly with insurers that begin with 39",
);
/// The third digit and the payers.
pub static TYPE_PAYERS: Rule = claim(
    "type_payers",
    A,
    "レセプト種別の2・3桁目が、保険者・公費のレコードの数と合いません。種別または HO・KO を直してください。",
    "the second and third digit of the type do not go with the records HO and KO; mend one of both",
);
/// In hospital at a pharmacy.
pub static TYPE_IN_HOSPITAL: Rule = warning(
    "type_in_hospital",
    B,
    "調剤・訪問看護のレセプト種別が入院になっています。種別の末尾を確かめてください。",
    "a pharmacy's or nursing station's claim is typed as in hospital; look at the last digit",
);
/// The service month is not before the claim month.
pub static MONTH_NOT_BEFORE: Rule = claim(
    "month_not_before",
    A,
    "診療年月が請求年月より前ではありません。どちらかを直してください。",
    "the month of treatment is not before the month of the claim; mend one of both",
);
/// Born after the month.
pub static BORN_LATER: Rule = claim(
    "born_later",
    A,
    "生年月日が診療年月より後です。生年月日を確かめてください。",
    "the birth date lies after the month of treatment; look at it",
);
/// A benefit beside another insurance.
pub static BENEFIT: Rule = warning(
    "benefit",
    B,
    "給付割合は国民健康保険のときに書きます（70・80・90・100）。ほかの保険では空にしてください。",
    "the benefit is National Health Insurance's alone (70, 80, 90, 100); leave it empty otherwise",
);
/// No income remark.
pub static REMARK_MISSING: Rule = warning("remark_missing", B,
    "高齢受給者・後期高齢者のレセプトに、所得区分の特記事項（26～35、41～44）がありません。入れてください。",
    "an elderly person's claim has no remark on the income class (26 to 35, 41 to 44); write it").numbered("3006", B);
/// A remark that does not go with the type.
pub static REMARK_UNFIT: Rule = warning(
    "remark_unfit",
    B,
    "所得区分の特記事項がレセプト種別と合いません。特記事項と種別を確かめてください。",
    "the remark on the income class does not go with the type; look at both",
)
.numbered("3008", B);
/// Neither HO nor KO.
pub static NO_PAYER: Rule = claim(
    "no_payer",
    A,
    "保険者（HO）も公費（KO）もありません。どちらかを入れてください。",
    "there is neither HO nor KO; write one at least",
);
/// Two HO.
pub static INSURER_TWICE: Rule = claim(
    "insurer_twice",
    A,
    "保険者レコード（HO）が2つ以上あります。1つにしてください。",
    "there are several records HO; write one",
);
/// Five KO.
pub static SCHEMES_TOO_MANY: Rule = claim(
    "schemes_too_many",
    A,
    "公費レコード（KO）が5つ以上あります。4つまでにしてください。",
    "there are more than four records KO; write four at most",
);
/// The order of priority.
pub static SCHEME_ORDER: Rule = warning(
    "scheme_order",
    B,
    "公費の順が優先順位と違うようです。法別番号の順を確かめてください。",
    "the public schemes seem not to be in their order of priority; look at the laws' numbers",
);
/// Leading zeros.
pub static INSURER_ZEROS: Rule = claim(
    "insurer_zeros",
    A,
    "国民健康保険の保険者番号の前に 0 が付いています。6桁の番号の前は空白2つにしてください。",
    "a six-digit insurer number has zeros in front; write two blanks",
);
/// The insurer's check digit.
pub static INSURER_CHECK_DIGIT: Rule = claim(
    "insurer_check_digit",
    A,
    "保険者番号の検証番号が合いません。番号を確かめてください。",
    "the insurer number's check digit is wrong; look at the number",
);
/// Another review body's insurer.
pub static REVIEW_BODY: Rule = warning(
    "review_body",
    B,
    "この保険者の請求先は別の審査支払機関のようです。請求先を確かめてください。",
    "claims to this insurer seem to go to the other review body; look where it belongs",
);
/// A symbol beside 39.
pub static SYMBOL_VERY_OLD: Rule = claim(
    "symbol_very_old",
    A,
    "後期高齢者のレセプトに記号があります。空にしてください。",
    "a very old person's claim has a symbol; leave it empty",
)
.numbered("3173", B);
/// Eight digits.
pub static NUMBER_VERY_OLD: Rule = claim(
    "number_very_old",
    A,
    "後期高齢者の被保険者番号が8桁ではありません。番号を確かめてください。",
    "a very old person's number has not eight digits; look at it",
)
.numbered("3122", B);
/// Their check digit.
pub static NUMBER_CHECK_DIGIT: Rule = warning(
    "number_check_digit",
    A,
    "後期高齢者の被保険者番号の検証番号が合いません。番号を確かめてください。",
    "a very old person's number has a wrong check digit; look at it",
)
.numbered("4151", B);
/// A branch where none belongs.
pub static BRANCH_UNFIT: Rule = claim(
    "branch_unfit",
    A,
    "後期高齢者と公費には枝番がありません。枝番を空にしてください。",
    "neither the very old nor public schemes have a branch; leave it empty",
);
/// 協会けんぽ.
pub static SYMBOL_ASSOCIATION: Rule = warning(
    "symbol_association",
    B,
    "協会けんぽの記号が7桁または8桁の数字ではありません。記号を確かめてください。",
    "the association's (01) symbol has not seven or eight digits; look at it",
)
.numbered("3148", B);
/// 組合.
pub static SYMBOL_SOCIETY: Rule = warning(
    "symbol_society",
    B,
    "組合（06・63）の記号が数字ではありません。記号を確かめてください。",
    "a society's (06, 63) symbol is not all digits; look at it",
)
.numbered("3177", B);
/// The scheme's check digit.
pub static SCHEME_CHECK_DIGIT: Rule = claim(
    "scheme_check_digit",
    A,
    "公費負担者番号の検証番号が合いません。番号を確かめてください。",
    "the public scheme's check digit is wrong; look at the number",
);
/// The beneficiary's check digit.
pub static BENEFICIARY_CHECK_DIGIT: Rule = claim(
    "beneficiary_check_digit",
    A,
    "公費の受給者番号の検証番号が合いません。番号を確かめてください。",
    "the beneficiary's check digit is wrong; look at the number",
);
/// Empty for law 30, filled otherwise.
pub static BENEFICIARY_UNFIT: Rule = warning(
    "beneficiary_unfit",
    B,
    "医療観察法（30）の受給者番号は空、ほかの公費では7桁です。番号を確かめてください。",
    "the beneficiary's number is empty with law 30 and has seven digits otherwise; look at it",
);
/// A payer without HO or KO.
pub static PAYER_ABSENT: Rule = claim(
    "payer_absent",
    A,
    "負担者種別に当たる HO・KO がありません。負担者種別を確かめてください。",
    "no HO or KO stands for this payer; look at its number",
);
/// One payer twice.
pub static PAYER_TWICE: Rule = warning(
    "payer_twice",
    B,
    "同じ負担者種別のレコードが2つあります。1つにしてください。",
    "there are two records for one payer; write one",
);
/// Not ascending.
pub static PAYER_ORDER: Rule = warning(
    "payer_order",
    B,
    "負担者種別の小さい順になっていません。順を直してください。",
    "the records are not in the order of payers; mend the order",
);
/// Not 01.
pub static HOW_CONFIRMED: Rule = warning(
    "how_confirmed",
    A,
    "確認区分は、はじめての請求では 01 です。確かめてください。",
    "a first claim says 01 here; look at it",
);
/// No JD.
pub static DAYS_MISSING: Rule = warning(
    "days_missing",
    B,
    "負担者の受診日等レコード（JD）がありません。負担者ごとに入れてください。",
    "a payer has no record JD; write one for each payer",
);
/// Day 31 in a short month.
pub static DAY_NOT_IN_MONTH: Rule = claim(
    "day_not_in_month",
    A,
    "診療年月にない日に印があります。受診日を確かめてください。",
    "a day is marked that the month does not have; look at the days",
);
/// No mark of the table.
pub static DAY_MARK: Rule = claim(
    "day_mark",
    A,
    "受診日等の印は 1 または 2 です（9 は審査支払機関が使います）。直してください。",
    "a day is marked 1 or 2 (9 is the review body's); mend it",
);
/// JD and 実日数.
pub static DAYS_COUNT: Rule = warning(
    "days_count",
    B,
    "受診日等（JD）の 1 の数が、実日数・受付回数と違います。どちらかを直してください。",
    "the days marked 1 in JD are not as many as the payer's days; mend one of both",
);
/// 窓口負担額区分.
pub static WINDOW_CLASS: Rule = warning(
    "window_class",
    B,
    "窓口負担額区分が 00・01・02 のどれでもありません。区分を確かめてください。",
    "the class of the payment is none of 00, 01, 02; look at it",
);
/// No diagnosis.
pub static NO_DIAGNOSIS: Rule = warning(
    "no_diagnosis",
    B,
    "傷病名がありません。1つ以上入れてください。",
    "there is no diagnosis; write one at least",
);
/// No detail.
pub static NO_DETAIL: Rule = warning(
    "no_detail",
    B,
    "算定する明細がありません（コメントだけでは足りません）。明細を入れてください。",
    "there is no detail to be paid for (a comment is not enough); write one",
);
/// 回数.
pub static TIMES: Rule = claim(
    "times",
    A,
    "回数が、日ごとの回数の合計と違います。どちらかを直してください。",
    "the times are not the sum of those of the days; mend one of both",
);
/// A detail on a day that JD does not have.
pub static DETAIL_DAY: Rule = warning(
    "detail_day",
    B,
    "明細の算定日が、受診日等（JD）にありません。どちらかを直してください。",
    "a detail stands on a day that JD does not mark; mend one of both",
);
/// What eligibility is held against cannot be told.
pub static FACTS: Rule = warning(
    "facts",
    B,
    "資格との突き合わせに必要な項目が読めません。上の指摘を直してから、もう一度確かめてください。",
    "what eligibility is held against cannot be read; mend what stands above and check again",
);
