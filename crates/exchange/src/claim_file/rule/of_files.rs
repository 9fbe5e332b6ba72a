//! Rules about a file as a whole. Data alone.

use super::{Rule, file, warning};
use crate::claim_file::columns::Mark::{A, B, C};

/// All of them.
pub const ALL: &[&Rule] = &[
    &NOT_A_CLAIM_FILE,
    &UTF8,
    &RETURNED_FILE,
    &DPC_FILE,
    &DENTAL_WITHOUT_RECEPTION,
    &LINE_END,
    &LINE_TOO_LONG,
    &CUT_LINE,
    &NO_END_MARK,
    &AFTER_END_MARK,
    &FILE_TOO_LARGE,
    &TOO_MANY_CLAIMS,
    &TOO_MANY_HEADERS,
    &TOO_MANY_REFUSED,
    &NO_TOTAL,
    &AFTER_TOTAL,
    &NO_CLAIM,
    &HEADER_ORDER,
    &HEADER_DIFFERS,
    &FEE_TABLE,
    &PREFECTURE,
    &INSTITUTION_CHECK_DIGIT,
    &VOLUME,
    &TOTAL_COUNT,
    &TOTAL_POINTS,
    &MIXED_DATES,
];

/// The first record is none a claim file begins with.
pub static NOT_A_CLAIM_FILE: Rule = file(
    "not_a_claim_file",
    A,
    "レセプト電算処理のファイルではありません。先頭のレコードが IR・UK・YK・HM のどれかであることを確かめてください。",
    "this is no claim file; it must begin with a record IR, UK, YK or HM",
);
/// UTF-8, with or without a byte order mark.
pub static UTF8: Rule = file(
    "utf8",
    A,
    "文字コードが UTF-8 です。BOM を付けず、Shift_JIS（CP932）で書き出してください。",
    "the file is UTF-8; write it in Shift_JIS (CP932), without a byte order mark",
);
/// A returned file.
pub static RETURNED_FILE: Rule = file(
    "returned_file",
    A,
    "返戻ファイル（HEN・SAH）の取り込みにはまだ対応していません。請求のファイルを指定してください。",
    "a returned file (HEN, SAH) is not read yet; name a file of claims",
);
/// A DPC file.
pub static DPC_FILE: Rule = file(
    "dpc_file",
    A,
    "DPC のファイル（RECEIPTD）は対象外です。医科・歯科・調剤・訪問看護のファイルを指定してください。",
    "DPC files (RECEIPTD) are out of scope; name a medical, dental, pharmacy or home-nursing file",
);
/// IR with the dental fee table at the beginning.
pub static DENTAL_WITHOUT_RECEPTION: Rule = file(
    "dental_without_reception",
    A,
    "歯科のファイルは受付情報レコード（UK）で始まります。UK から書き出してください。",
    "a dental file begins with a record UK; write it first",
);
/// A line that does not end with CR LF.
pub static LINE_END: Rule = file(
    "line_end",
    A,
    "改行が CR LF ではありません。すべての行の終わりを CR LF にしてください。",
    "the line does not end with CR LF; end every line with both",
);
/// A line longer than any record.
pub static LINE_TOO_LONG: Rule = file(
    "line_too_long",
    C,
    "1行が長すぎます。改行が抜けていないか、別のファイルでないかを確かめてください。",
    "the line is longer than any record; look for a missing line end or another file",
);
/// The last line is not whole.
pub static CUT_LINE: Rule = file(
    "cut_line",
    A,
    "最後の行が途中で切れています。ファイルを送り直すか、書き出し直してください。",
    "the last line is cut off; send the file again or write it anew",
);
/// No 0x1A at the end.
pub static NO_END_MARK: Rule = file(
    "no_end_mark",
    A,
    "ファイルの終わりの印（0x1A）がありません。途中で切れていないかを確かめ、書き出し直してください。",
    "the byte 0x1A that ends a file is missing; see whether it was cut off, and write it anew",
);
/// Bytes after 0x1A.
pub static AFTER_END_MARK: Rule = file(
    "after_end_mark",
    A,
    "終わりの印（0x1A）のあとにまだ続きがあります。ファイルをつなげていないか確かめてください。",
    "bytes follow the byte 0x1A that ends a file; see whether files were joined",
);
/// More bytes than a file may have.
pub static FILE_TOO_LARGE: Rule = file(
    "file_too_large",
    C,
    "ファイルが大きすぎます。ファイルを確かめるか、分けてください。",
    "the file is larger than a file may be; look whether it is the right one, or divide it",
);
/// A claim's number has six digits.
pub static TOO_MANY_CLAIMS: Rule = file(
    "too_many_claims",
    A,
    "レセプトが 999,999 件を超えています。ファイルを分けてください。",
    "there are more than 999,999 claims; divide the file",
);
/// More than 999 headers.
pub static TOO_MANY_HEADERS: Rule = file(
    "too_many_headers",
    A,
    "薬局情報レコード（YK）が999を超えています。ファイルを分けてください。",
    "there are more than 999 records YK; divide the file",
)
.numbered("L1928", A);
/// So many refused claims that the file is refused; the rule is the pharmacies', all other kinds are held to it by us.
pub static TOO_MANY_REFUSED: Rule = file(
    "too_many_refused", A,
    "受け付けられないレセプトが多すぎます。書き出しの設定を確かめ、ファイル全体を書き出し直してください。",
    "too many claims are refused; look at the settings of the export and write the whole file anew",
).numbered("L1920", A);
/// No GO.
pub static NO_TOTAL: Rule = file(
    "no_total",
    A,
    "請求書レコード（GO）がありません。途中で切れていないかを確かめ、書き出し直してください。",
    "there is no record GO; see whether the file was cut off, and write it anew",
);
/// Records after GO.
pub static AFTER_TOTAL: Rule = file(
    "after_total",
    A,
    "請求書レコード（GO）のあとにレコードがあります。GO は最後に一つだけ書いてください。",
    "records follow the record GO; write it once, as the last",
);
/// No claim at all.
pub static NO_CLAIM: Rule = file(
    "no_claim",
    A,
    "レセプトが1件もありません。請求するデータを選んで書き出し直してください。",
    "there is no claim; choose the claims and write the file anew",
);
/// A header that no RE follows, or an RE without its header.
pub static HEADER_ORDER: Rule = file(
    "header_order", A,
    "医療機関・薬局の情報レコードの位置が違います。IR（歯科は RE ごと）・YK の直後には RE を書いてください。",
    "a record of the institution stands in the wrong place; RE follows IR (dental: before every RE) and YK at once",
).numbered("L1704, L1923", A);
/// Another institution, review body or month than the first header's.
pub static HEADER_DIFFERS: Rule = file(
    "header_differs",
    A,
    "審査支払機関・医療機関コード・請求年月が、先頭のレコードと違います。審査支払機関ごとにファイルを分けてください。",
    "review body, institution or month differ from the first record; write one file for each",
);
/// The fee table is not the header's.
pub static FEE_TABLE: Rule = file(
    "fee_table",
    A,
    "点数表の番号が、レコードの種類と合いません。医科 1・歯科 3・調剤 4・訪問看護 6 を確かめてください。",
    "the fee table does not go with the record; it is 1 medical, 3 dental, 4 pharmacy, 6 home nursing",
);
/// No prefecture of that number.
pub static PREFECTURE: Rule = file(
    "prefecture",
    A,
    "都道府県番号は 01～47 です。医療機関の設定を確かめてください。",
    "a prefecture is 01 to 47; look at the institution's settings",
);
/// Some institutions' codes from before 1976 fail it.
pub static INSTITUTION_CHECK_DIGIT: Rule = warning(
    "institution_check_digit",
    B,
    "医療機関コードの検証番号が合いません。医療機関コードを確かめてください（古いコードには合わないものがあります）。",
    "the institution's check digit is wrong; look at the code (some old codes fail)",
);
/// The volume of the total.
pub static VOLUME: Rule = warning(
    "volume",
    A,
    "複数に分かれたファイルの一部です（マルチボリューム）。すべての部分を送ってください。",
    "this is one volume of several; send all of them",
);
/// 総件数.
pub static TOTAL_COUNT: Rule = file(
    "total_count",
    A,
    "総件数が、HO と KO の数の合計と違います（レセプトの枚数ではありません）。書き出し直してください。",
    "the number of parts is not that of the records HO and KO (it is not that of the claims); write the file anew",
);
/// 総合計点数.
pub static TOTAL_POINTS: Rule = file(
    "total_points",
    A,
    "総合計点数が、HO（HO のないレセプトは最初の KO）の合計点数の合計と違います。書き出し直してください。",
    "the sum of points is not that of the records HO (without one, of the first KO); write the file anew",
);
/// Both forms of dates in one file.
pub static MIXED_DATES: Rule = warning(
    "mixed_dates",
    B,
    "和暦（GYYMM）と西暦（YYYYMM）の年月日が混ざっています。西暦に揃えてください。",
    "dates by era and by western year are mixed; write western years alone",
);
