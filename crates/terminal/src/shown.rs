//! An answer as a receptionist reads it: what it means, what to do, the coverage line by line. Changes no character of a name.

use api::check::CoverageResult;
use domain::check::Verdict;
use domain::civil_date::CivilDate;
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::{CardClassification, LossReason};
use domain::codes::person::{Relationship, Sex};

/// A person of an answer.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) rows: Vec<(&'static str, String)>,
}

/// What to do on a verdict, in Japanese and English.
pub(crate) fn what_to_do(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Valid => (
            "この資格で受付できます。",
            "Reception may go on with this coverage.",
        ),
        Verdict::Invalid => (
            "資格がありません。下の理由を確かめ、新しい資格確認書がないか患者に尋ねてください。",
            "Not covered. See the reason below and ask the patient for a newer certificate.",
        ),
        Verdict::NewerExists => (
            "別の新しい資格があります。新しい資格確認書またはマイナンバーカードで確認し直してください。",
            "Another coverage is in force. Check again with the newer certificate or the card.",
        ),
        Verdict::NotFound => (
            "該当する資格がありません。番号と生年月日の打ち間違いを確かめてください。",
            "No such coverage. Look for typing errors in numbers and birth date.",
        ),
        Verdict::Several => (
            "複数の人が該当します。枝番を入力して確認し直してください。",
            "Several people match. Enter the branch and check again.",
        ),
        Verdict::ValidUnregistered => (
            "有効ですが、この医療機関の医療券が登録されていません。福祉事務所に確認してください。",
            "Valid, but no ticket is registered for this facility. Ask the welfare office.",
        ),
    }
}

fn date(text: &str) -> String {
    CivilDate::parse_iso(text).map_or_else(
        |_| text.to_owned(),
        |day| format!("{}（{day}）", domain::era::to_japanese(day)),
    )
}

/// Name and lines of one coverage.
pub(crate) fn person(result: &CoverageResult) -> Person {
    let mut rows = Vec::new();
    let mut row = |label, text: Option<String>| {
        if let Some(text) = text {
            rows.push((label, text));
        }
    };
    let label = |code: &Option<String>, find: fn(&str) -> Option<&'static str>| {
        code.as_deref()
            .map(|code| find(code).map_or_else(|| code.to_owned(), str::to_owned))
    };
    let day = |text: &Option<String>| text.as_deref().map(date);
    row("カナ", result.kana.clone());
    row(
        "性別",
        Some(Sex::from_code(&result.sex).map_or_else(String::new, |sex| sex.label_ja().to_owned())),
    );
    row("生年月日", Some(date(&result.birth_date)));
    row(
        "区分",
        CardClassification::from_code(&result.classification).map(|it| it.label_ja().to_owned()),
    );
    row(
        "保険者",
        Some(format!("{} {}", result.insurer_number, result.insurer_name)),
    );
    row("記号", result.symbol.clone());
    row("番号", Some(result.number.clone()));
    row("枝番", result.branch.clone());
    row(
        "本人・家族",
        label(&result.relationship, |code| {
            Relationship::from_code(code).map(Relationship::label_ja)
        }),
    );
    row("資格取得日", day(&result.acquired_date));
    row("資格喪失日", day(&result.loss_date));
    row(
        "喪失事由",
        label(&result.loss_reason, |code| {
            LossReason::from_code(code).map(LossReason::label_ja)
        }),
    );
    row("有効開始日", day(&result.valid_from));
    row("有効終了日", day(&result.valid_until));
    row(
        "負担割合",
        result
            .ratio_percent
            .map(|percent| format!("{}割", percent / 10)),
    );
    row(
        "高齢受給者証",
        result
            .elderly
            .as_ref()
            .and_then(|it| it.ratio_percent)
            .map(|percent| format!("{}割", percent / 10)),
    );
    if let Some(ceiling) = &result.ceiling {
        let kind = CertificateKind::from_code(&ceiling.kind).map_or("", CertificateKind::label_ja);
        let category = ceiling
            .category
            .as_deref()
            .and_then(Category::from_code)
            .map_or("", Category::label_ja);
        row("限度額", Some(format!("{kind} 適用区分 {category}")));
    }
    row("住所", result.address.clone());
    row("照会番号", result.reference_number.clone());
    Person {
        name: result.name.clone(),
        rows,
    }
}
